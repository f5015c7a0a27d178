/* doctor.c: `quntu doctor`: what is wrong here, why it matters, and how to mend it.
 *
 * Story      Something does not work on a Friday evening. One command runs every examination of the server, with the time that
 *            takes (engine/doctor/doctor.h), changes nothing, and says for each finding what mends it. What the running server
 *            last found of its communities and channels follows.
 * Holds      Safe while the server runs. Exit code 1 when something is broken; warnings and notices leave it 0.
 */
#include "main/doctor.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include "channel/doctor/doctor.h"
#include "main/commands.h"

/* ---- For the examinations --------------------------------------------------------------------------- */

const struct call *call_of(struct checkup *c)
{
	const struct terminal *terminal = c->by_hand;
	if (terminal)
		return terminal->call;
	struct call *call = ARENA_NEW(c->house->arena, struct call);
	static const struct call none = { .data = "" };
	const char *data = str_z(c->house->arena, settings_text(c->house->settings, "data"));
	if (!call || !data)
		return &none;
	*call = (struct call){ .command = &command_doctor, .data = data, .settings = (struct settings *)(uintptr_t)c->house->settings,
	                       .arena = c->house->arena, .lang = LANG_EN };
	return call;
}

bool server_runs(struct checkup *c)
{
	int fd = open(cli_path(call_of(c), "quntu.lock"), O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool locked = flock(fd, LOCK_EX | LOCK_NB) < 0;
	close(fd);
	return locked;
}

/* ---- The report ----------------------------------------------------------------------------------- */

struct report { const struct call *call; bool json; int told, count[BROKEN + 1]; };

struct line { struct str about, word, severity, what, why, fix, place; };

static enum severity severity_of(struct str word)
{
	for (enum severity s = SOUND; s < BROKEN; s++)
		if (str_is(word, severity_word(s)))
			return s;
	return BROKEN;
}

static void print_json(const struct report *report, const struct line *l)
{
	const struct { const char *name; struct str text; } fields[] = {
		{ "about", l->about }, { "check", l->word }, { "severity", l->severity }, { "what", l->what }, { "why", l->why }, { "fix", l->fix },
		{ "place", l->place },
	};
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		buf_format(&b, "%s\"%s\":", i ? "," : "{", fields[i].name);
		buf_json(&b, fields[i].text);
	}
	printf("%s%.*s}", report->told ? ",\n" : "\n", STR(buf_view(&b)));
}

static void tell(struct report *report, const struct line *l)
{
	static const char *const marks[] = { [SOUND] = "✓", [NOTICE] = "·", [WARNING] = "!", [BROKEN] = "✗" };
	enum severity severity = severity_of(l->severity);
	if (report->json) {
		print_json(report, l);
	} else {
		printf("%s %.*s%s%.*s\n", marks[severity], STR(l->about), l->about.len ? ": " : "", STR(l->what));
		if (l->why.len)
			printf("    %.*s\n", STR(l->why));
		if (l->fix.len)
			printf("    → %.*s\n", STR(l->fix));
	}
	report->told++;
	report->count[severity]++;
}

static struct str in_language(const struct report *report, struct saying s)
{
	return report->call->lang == LANG_ZH ? s.zh : s.en;
}

static void tell_checkup(struct report *report, const struct checkup *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct diagnosis *d = &c->said[i];
		tell(report, &(struct line){ S(""), str_of(d->word), str_of(severity_word(d->severity)), in_language(report, d->what),
		                             in_language(report, d->why), in_language(report, d->fix), d->place });
	}
}

/* ---- What the server found of its communities ---------------------------------------------------------- */

static void tell_kept(void *ctx, const struct kept_diagnosis *d)
{
	struct report *report = ctx;
	tell(report, &(struct line){ d->about, d->word, d->severity, in_language(report, d->what), in_language(report, d->why),
	                             in_language(report, d->fix), d->place });
}

static int read_kept(struct tx *tx, void *report)
{
	return doctor_each_kept(tx, WARNING, tell_kept, report);
}

/* ---- The command --------------------------------------------------------------------------------------------- */

static void examine_all(struct report *report, const struct terminal *terminal, struct store *store)
{
	const struct job_context house = { store, report->call->settings, features, report->call->arena };
	for (const struct feature *const *f = features; *f; f++)
		for (const struct examination *e = (*f)->examinations; e && e->name; e++) {
			struct checkup *c = e->of == OF_SERVER ? ARENA_NEW(report->call->arena, struct checkup) : NULL;
			if (!c)
				continue;
			*c = (struct checkup){ .house = &house, .by_hand = terminal };
			examine(c, e);
			tell_checkup(report, c);
			fflush(stdout);
		}
}

static int doctor(struct call *call)
{
	struct report report = { .call = call, .json = cli_given(call, "json") };
	struct terminal terminal = { .call = call };
	struct store *store = NULL;
	if (report.json)
		printf("{\"findings\":[");
	if (cli_store_exists(call) && cli_open_old(call, &store, &terminal.missing) != EXIT_DONE)
		store = NULL;
	examine_all(&report, &terminal, store);
	if (store && !terminal.missing)
		store_read(store, call->arena, read_kept, &report);
	if (store)
		store_close(store);
	const int *n = report.count;
	if (report.json)
		printf("\n],\"errors\":%d,\"warnings\":%d,\"notices\":%d}\n", n[BROKEN], n[WARNING], n[NOTICE]);
	else
		printf(SAY(call, "\n%d 处故障，%d 条警告，%d 条提示\n", "\n%d errors, %d warnings, %d notices\n"), n[BROKEN], n[WARNING], n[NOTICE]);
	return n[BROKEN] ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_doctor = {
	"doctor", doctor, "json", 0, 0,
	{ "检查环境，说明怎么修", "look for what is wrong, and say how to mend it" },
	{ "用法：quntu doctor [--data 目录] [--json]\n\n"
	  "查看数据目录、磁盘、内存、时钟、时区、字体、数据库、数据表、备份（真的恢复一遍再检查）、失败的任务、端口、\n"
	  "公网地址、反向代理和邮件，再列出服务器上次在社群和渠道里查到的问题。只看不改，服务器运行时也可用。每一条都说明是什么、为什么要紧、怎么修。\n"
	  "✓ 正常  · 提示  ! 警告  ✗ 故障（退出码 1）。--json 给脚本用。\n\n"
	  "例：sudo -u quntu quntu doctor --data /var/lib/quntu\n",
	  "Usage: quntu doctor [--data DIR] [--json]\n\n"
	  "Looks at folder, disk, memory, clock, time zones, fonts, database, tables, backup (which is really brought back\n"
	  "and checked), failed jobs, port, public address, proxy and mail; then tells what the server last found of\n"
	  "communities and channels. Changes nothing, safe while serving. Each finding says what it is, why it matters and\n"
	  "what mends it.\n"
	  "✓ good  · notice  ! warning  ✗ error (exit code 1). --json is for scripts.\n\n"
	  "Example: sudo -u quntu quntu doctor --data /var/lib/quntu\n" },
};
