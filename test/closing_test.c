/* closing_test.c: how a community ends, and that nothing of it is left when it was deleted. */
#include "engine/jobs/jobs.h"
#include "groups/livecode.h"
#include "http/inside.h"
#include "people/community.h"
#include "store/schemas.h"
#include "test.h"
#include "world.h"

extern const struct feature feature_closing;

static const char *path_at(struct world *w, const char *path)
{
	return str_z(&w->house->arena, str_format(&w->house->arena, "/api/c/%.*s%s", STR(w->here.at[THE_COMMUNITY]), path));
}

static struct id here_of(struct world *w)
{
	struct id id;
	assert_true(str_to_int(w->here.at[THE_COMMUNITY], &id.n));
	return id;
}

static void run_job(struct world *w, const char *name)
{
	struct job_context context = { w->house->store, site_options(w->site)->settings, features, &w->house->arena };
	struct str why = S("");
	for (const struct job_kind *k = feature_closing.jobs; k->name; k++)
		if (strcmp(k->name, name) == 0)
			assert_int_equal(k->run(&context, &(struct job){ .id = { 1 } }, &why), 0);
}

static void close_it(struct world *w, const char *how)
{
	struct str body = str_format(&w->house->arena, "{\"how\":\"%s\",\"name\":\" 驾校 \"}", how);
	struct reply r = post(w->by_role[ROLE_OWNER], path_at(w, "/community/close"), str_z(&w->house->arena, body));
	if (r.status != 200)
		fail_msg("%d %.*s", r.status, STR(r.body));
}

/* Every change but those that are meant for it is refused; everything can be read. */
static void closed_to(struct world *w, const struct route *r)
{
	if (!route_in_community(r) || (r->makes && strcmp(r->makes, "text/event-stream") == 0))
		return;
	bool looks = strcmp(r->method, "GET") == 0;
	const char *path = world_path(w, r, &w->here, w->here.at[THE_COMMUNITY]);
	if (!looks && r->closed_too)
		return;
	struct reply got = ask(w->by_role[ROLE_OWNER], r->method, path, looks ? NULL : "application/json", looks ? (struct str){ 0 } : S("{}"));
	if (looks ? got.status != 200 : got.status != 409 || !str_is(json_at(&got, "error.code"), "community_closed"))
		fail_msg("%s %s in a closed community: %d %.*s", r->method, r->path, got.status, STR(got.body));
}

static void all_closed(struct world *w)
{
	for (const struct feature *const *f = features; *f; f++)
		for (const struct route *r = (*f)->routes; r && r->method; r++)
			closed_to(w, r);
}

static bool says_ended(struct world *w)
{
	struct browser *visitor = browser_open(w->site);
	struct reply r = get(visitor, str_z(&w->house->arena, str_format(&w->house->arena, "/g/%.*s", STR(w->here.at[THE_LINK]))));
	bool ended = memmem(r.body.at, r.body.len, "\"view\":\"ended\"", 14) != NULL;
	browser_close(visitor);
	return ended;
}

PROMISE(closing_archived, "an archived community can be read and not changed, its codes say that it has ended, and an owner opens it again")
{
	struct world w;
	world_open(&w, house);
	assert_false(says_ended(&w));
	assert_reply(post(w.by_role[ROLE_OWNER], path_at(&w, "/community/close"), "{\"how\":\"delete\",\"name\":\"奶茶店\"}"), 400, "not_one_of");
	assert_reply(post(w.by_role[ROLE_ADMIN], path_at(&w, "/community/close"), "{\"how\":\"archive\",\"name\":\"驾校\"}"), 403, "forbidden");
	close_it(&w, "archive");
	all_closed(&w);
	assert_true(says_ended(&w));
	struct reply card = get(w.by_role[ROLE_READER], path_at(&w, "/community"));
	assert_str(json_at(&card, "state"), "archived");
	assert_reply(put(w.by_role[ROLE_OWNER], path_at(&w, "/community"), "{\"name\":\"驾校\",\"timezone\":\"Asia/Shanghai\"}"), 409, "community_closed");
	struct reply places = get(w.by_role[ROLE_OWNER], "/api/communities");
	assert_str(json_at(&places, "items.0.state"), "archived");
	assert_int_equal(post(w.by_role[ROLE_OWNER], path_at(&w, "/community/reopen"), "{}").status, 200);
	assert_false(says_ended(&w));
	assert_int_equal(post(w.by_role[ROLE_OWNER], path_at(&w, "/tags"), "{\"name\":\"又开了\"}").status, 200);
	struct reply log = get(w.by_role[ROLE_OWNER], path_at(&w, "/audit?limit=3"));
	assert_str(json_at(&log, "items.1.act"), "community_reopened");
	world_close(&w);
}

PROMISE(closing_ended, "a community whose time is over is closed by itself, and goes on when it is given more")
{
	struct world w;
	world_open(&w, house);
	assert_int_equal(put(w.by_role[ROLE_ADMIN], path_at(&w, "/community"),
		"{\"name\":\"驾校\",\"timezone\":\"Asia/Shanghai\",\"ends_at\":1000}").status, 200);
	all_closed(&w);
	struct reply card = get(w.by_role[ROLE_READER], path_at(&w, "/community"));
	assert_str(json_at(&card, "state"), "ended");
	assert_int_equal(put(w.by_role[ROLE_ADMIN], path_at(&w, "/community"), "{\"name\":\"驾校\",\"timezone\":\"Asia/Shanghai\"}").status, 200);
	assert_int_equal(post(w.by_role[ROLE_OWNER], path_at(&w, "/tags"), "{\"name\":\"又开了\"}").status, 200);
	world_close(&w);
}

static int64_t warnings(struct world *w)
{
	struct reply r = get(w->by_role[ROLE_OWNER], path_at(w, "/alerts?open=true"));
	int64_t n = 0;
	for (size_t i = 0; i < json_length(&r, "items"); i++) {
		char path[40];
		snprintf(path, sizeof path, "items.%zu.kind", i);
		n += str_is(json_at(&r, path), "community_ends");
	}
	return n;
}

PROMISE(closing_reminders, "a week and a day before its end a community reminds of it once each, and stops when it is given more time")
{
	struct world w;
	world_open(&w, house);
	int64_t now = clock_now().ms;
	struct str body = str_format(&house->arena, "{\"name\":\"驾校\",\"timezone\":\"Asia/Shanghai\",\"ends_at\":%lld}", (long long)(now + 8 * DAY));
	assert_int_equal(put(w.by_role[ROLE_ADMIN], path_at(&w, "/community"), str_z(&house->arena, body)).status, 200);
	run_job(&w, "community_reminders");
	assert_int_equal(warnings(&w), 0);
	clock_set((struct instant){ now + 2 * DAY });
	run_job(&w, "community_reminders");
	run_job(&w, "community_reminders");
	assert_int_equal(warnings(&w), 1);
	clock_set((struct instant){ now + 7 * DAY + HOUR });
	run_job(&w, "community_reminders");
	assert_int_equal(warnings(&w), 2);
	assert_int_equal(put(w.by_role[ROLE_ADMIN], path_at(&w, "/community"), "{\"name\":\"驾校\",\"timezone\":\"Asia/Shanghai\"}").status, 200);
	run_job(&w, "community_reminders");
	assert_int_equal(warnings(&w), 0);
	clock_set((struct instant){ 0 });
	world_close(&w);
}

/* ---- Nothing left ---- */

struct left { struct str name; int64_t n; };

ROW(left,
	FIELD(left, name, "Table"),
	FIELD(left, n,    "Rows of the community"));

/* "SELECT …" over every table that has a community_id. */
static const char *left_text(struct arena *arena)
{
	struct buf b;
	buf_init(&b, 64 << 10);
	buf_z(&b, "SELECT 'community' AS name, COUNT(*) AS n FROM community WHERE id = ?1");
	for (const struct embedded_schema *s = embedded_schemas; s->path; s++)
		for (const char *at = s->sql; (at = strstr(at, "CREATE TABLE ")); at++) {
			const char *name = at + strlen("CREATE TABLE "), *end = strstr(at, "\n);");
			struct str table = { name, strcspn(name, " (") };
			if (end && memmem(at, (size_t)(end - at), " community_id ", 14))
				buf_format(&b, " UNION ALL SELECT '%.*s', COUNT(*) FROM %.*s WHERE community_id = ?1", STR(table), STR(table));
		}
	const char *text = str_z(arena, buf_view(&b));
	buf_free(&b);
	return text;
}

struct counting { struct id community; struct query query; struct rows rows; };

static int count_left(struct tx *tx, void *arg)
{
	struct counting *c = arg;
	return tx_all(tx, &c->query, &c->rows, V(c->community));
}

static int64_t rows_of(struct world *w, struct id community, struct str *ret_first)
{
	struct counting c = { .community = community, .query = { "left", left_text(&w->house->arena), READS, &row_left, TAKES(K_ID), .scans = true } };
	int64_t sum = 0;
	assert_true(store_read(w->house->store, &w->house->arena, count_left, &c) >= 0);
	const struct left *l = c.rows.at;
	assert_true(c.rows.count > 30);
	for (size_t i = 0; i < c.rows.count; i++) {
		if (l[i].n && ret_first)
			*ret_first = l[i].name;
		sum += l[i].n;
	}
	return sum;
}

PROMISE(closing_erased, "thirty days after it was deleted nothing of a community is left in any table, and no other lost a row")
{
	struct world w;
	struct id there;
	struct str first = S("");
	world_open(&w, house);
	assert_true(str_to_int(w.there.at[THE_COMMUNITY], &there.n));
	int64_t theirs = rows_of(&w, there, NULL);
	assert_true(theirs > 20 && rows_of(&w, here_of(&w), NULL) > 20);
	close_it(&w, "delete");
	int64_t now = clock_now().ms;
	clock_set((struct instant){ now + 29 * DAY });
	run_job(&w, "community_erasing");
	assert_true(rows_of(&w, here_of(&w), NULL) > 20);
	clock_set((struct instant){ now + 31 * DAY });
	run_job(&w, "community_erasing");
	run_job(&w, "community_erasing");
	int64_t left = rows_of(&w, here_of(&w), &first);
	if (left)
		fail_msg("%lld rows are left, some in %.*s", (long long)left, STR(first));
	assert_int_equal(rows_of(&w, there, NULL), theirs);
	clock_set((struct instant){ 0 });
	assert_int_equal(get(w.by_role[ROLE_OWNER], path_at(&w, "/community")).status, 404);
	assert_int_equal(get(w.by_role[ROLE_OWNER], "/api/session").status, 200);
	world_close(&w);
}

PROMISE(closing_reconsidered, "within thirty days an owner takes a deletion back, and nothing was lost")
{
	struct world w;
	world_open(&w, house);
	close_it(&w, "delete");
	int64_t before = rows_of(&w, here_of(&w), NULL);
	assert_int_equal(post(w.by_role[ROLE_OWNER], path_at(&w, "/community/reopen"), "{}").status, 200);
	clock_set((struct instant){ clock_now().ms + 40 * DAY });
	run_job(&w, "community_erasing");
	clock_set((struct instant){ 0 });
	assert_true(rows_of(&w, here_of(&w), NULL) >= before);
	world_close(&w);
}
