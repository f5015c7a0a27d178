/* check.c: `quntu check`: every query, route, row and setting against the store at hand.
 *
 * Story      A developer renames a column; the next start says which queries no longer fit, before any visitor does.
 * Holds      The declarations are checked at every start (it takes milliseconds); the features' audits of the stored
 *            rows only on request. Without a store in the data folder a fresh one is made, checked and removed.
 */
#include "main/check.h"

#include <sys/stat.h>
#include <unistd.h>
#include "engine/event/event.h"
#include "engine/jobs/jobs.h"
#include "main/commands.h"

struct report { FILE *out; enum says says; const char *where; int grave; };

static void say(struct report *report, bool grave, const char *what, const char *why)
{
	if (grave || report->says == SAYS_ALL)
		fprintf(report->out, "%s %s: %s\n", grave ? "✗" : "!", what, why);
	report->grave += grave;
}

static void say_query(void *ctx, const struct finding *finding)
{
	say(ctx, finding->grave, finding->query, finding->what);
}

/* ---- Routes and rows ------------------------------------------------------------------------ */

static void check_row(struct report *report, const struct route *route, const struct row *row, bool input)
{
	const char *wrong = row ? row_lint(row, input) : NULL;
	if (!wrong)
		return;
	char what[200];
	snprintf(what, sizeof what, "%s %s, %s row %s", route->method, route->path, input ? "input" : "output", row->name);
	say(report, true, what, wrong);
}

static void check_route(struct report *report, const struct route *route)
{
	char what[200];
	snprintf(what, sizeof what, "%s %s", route->method, route->path);
	if (!route->help || !*route->help)
		say(report, true, what, "has no help");
	if (!route->handle)
		say(report, true, what, "has no handler");
	bool needs_row = route->output == OUT_JSON || route->output == OUT_PAGE;
	if (needs_row ? !route->out : route->output == OUT_NONE && route->out)
		say(report, true, what, "output kind and output row do not go together");
	if (route->output == OUT_BODY && !route->makes)
		say(report, true, what, "makes a body of an unnamed media type");
	check_row(report, route, route->in, true);
	check_row(report, route, route->out, false);
}

/* Same method and path twice. (Paths that only differ in a hole's name are the router's to refuse.) */
static void check_unique(struct report *report, const struct route *route)
{
	int same = 0;
	for (size_t i = 0; features[i]; i++)
		for (const struct route *other = features[i]->routes; other && other->method; other++)
			same += strcmp(other->method, route->method) == 0 && strcmp(other->path, route->path) == 0;
	if (same > 1)
		say(report, true, route->path, "is declared more than once");
}

static void check_routes(struct report *report)
{
	for (size_t i = 0; features[i]; i++)
		for (const struct route *route = features[i]->routes; route && route->method; route++) {
			check_route(report, route);
			check_unique(report, route);
		}
}

/* ---- Names ------------------------------------------------------------------------------------- */

#define ROWS_MOST 2000

struct known { const struct row *at[ROWS_MOST]; size_t count; };

/* OpenAPI and the typed client know a row by its name: the second of a name would be taken for the first. */
static void check_row_name(struct report *report, struct known *known, const struct row *row)
{
	if (!row)
		return;
	for (size_t i = 0; i < known->count; i++) {
		if (known->at[i] == row)
			return;
		if (strcmp(known->at[i]->name, row->name) == 0)
			say(report, true, row->name, "names two different rows");
	}
	if (known->count == ROWS_MOST)
		return say(report, true, "rows", "there are more of them than can be compared: raise ROWS_MOST");
	known->at[known->count++] = row;
	for (size_t f = 0; f < row->count; f++)
		if (row->fields[f].kind == K_ROWS || row->fields[f].kind == K_ONE)
			check_row_name(report, known, row->fields[f].limits.of);
}

static void check_row_names(struct report *report, struct arena *arena)
{
	struct known *known = ARENA_NEW(arena, struct known);
	for (size_t i = 0; known && features[i]; i++)
		for (const struct route *route = features[i]->routes; route && route->method; route++) {
			check_row_name(report, known, route->in);
			check_row_name(report, known, route->out);
		}
}

static void check_settings(struct report *report)
{
	for (const struct setting *const *table = settings_tables(); *table; table++)
		for (const struct setting *s = *table; s->name; s++) {
			if (!s->help || !*s->help || !s->zh || !*s->zh)
				say(report, true, s->name, "setting without help");
			if (s->kind == SET_INT && s->min >= s->max)
				say(report, true, s->name, "number without limits");
		}
}

static void check_events_and_jobs(struct report *report)
{
	for (size_t i = 0; features[i]; i++) {
		for (const struct event_kind *e = features[i]->events; e && e->name; e++)
			if (!e->help || !*e->help)
				say(report, true, e->name, "event without help");
		for (const struct job_kind *j = features[i]->jobs; j && j->name; j++)
			if (!j->help || !*j->help || !j->run)
				say(report, true, j->name, "job without help or without a function");
	}
}

int check_declarations(const struct call *call, struct store *store, enum says says, FILE *out)
{
	struct report report = { .out = out, .says = says };
	size_t count = 0;
	const struct query *const *queries = all_queries(call->arena, &count);
	if (!queries)
		return cli_fail("%s", err_text(E_MEMORY, call->lang));
	store_check(store, queries, say_query, &report);
	check_routes(&report);
	check_row_names(&report, call->arena);
	check_settings(&report);
	check_events_and_jobs(&report);
	return report.grave;
}

/* ---- What is stored ------------------------------------------------------------------------------ */

static void say_audit(void *ctx, const char *what)
{
	struct report *report = ctx;
	say(report, true, report->where, what);
}

static int audit(struct tx *tx, void *arg)
{
	struct report *report = arg;
	for (size_t i = 0; features[i]; i++) {
		report->where = features[i]->name;
		int r = features[i]->audit ? features[i]->audit(tx, say_audit, report) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

int check_contents(const struct call *call, struct store *store, FILE *out)
{
	struct report report = { .out = out };
	int r = store_read(store, call->arena, audit, &report);
	return r < 0 ? r : report.grave;
}

/* ---- The command ------------------------------------------------------------------------------------ */

static int check_store(const struct call *call, bool guest)
{
	struct store *store = NULL;
	int code = cli_open_store(call, guest, &store);
	if (code != EXIT_DONE)
		return code;
	size_t queries = 0;
	all_queries(call->arena, &queries);
	int grave = check_declarations(call, store, SAYS_ALL, stdout), wrong = check_contents(call, store, stdout);
	const char *kind = store_is_pg(store) ? "PostgreSQL" : "SQLite";
	store_close(store);
	if (wrong < 0)
		return cli_fail("%s", err_text(wrong, call->lang));
	printf(SAY(call, "%s：检查了 %zu 条查询，%d 个严重问题，数据问题 %d 个\n",
	                 "%s: %zu queries checked, %d grave findings, %d in what is stored\n"),
	       kind, queries, grave, wrong);
	return grave || wrong ? EXIT_FAILED : EXIT_DONE;
}

static int check(struct call *call)
{
	if (cli_store_exists(call))
		return check_store(call, true);
	char folder[] = "/tmp/quntu-check-XXXXXX";
	if (!mkdtemp(folder))
		return cli_fail("%s", SAY(call, "建不了临时目录。", "a temporary folder cannot be made."));
	call->data = folder;
	int code = check_store(call, false);
	const char *const left[] = { "quntu.db", "quntu.db-wal", "quntu.db-shm", "quntu.lock" };
	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		unlink(cli_path(call, left[i]));
	rmdir(folder);
	return code;
}

const struct command command_check = {
	"check", check, NULL, 0, 0,
	{ "核对程序与数据库", "check program and database against each other" },
	{ "用法：quntu check [--data 目录]\n\n"
	  "逐条准备所有查询，核对列名、参数、读写标记；检查路由、设置的声明；再审计已存的数据（余额、孤儿行）。\n"
	  "可以在服务器运行时使用。目录里没有数据库时，用一个临时的新库来检查。发现严重问题时退出码为 1。\n\n"
	  "例：quntu check --data /srv/quntu\n",
	  "Usage: quntu check [--data DIR]\n\n"
	  "Prepares every query and compares columns, parameters and read/write marks; checks the declarations of\n"
	  "routes and settings; then audits what is stored (sums, orphans). Safe while a server runs. Without a\n"
	  "database in the folder a fresh temporary one is checked. Exit code 1 on grave findings.\n\n"
	  "Example: quntu check --data /srv/quntu\n" },
};
