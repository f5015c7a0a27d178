/* limited_test.c: who sees only some groups sees nothing of the others, whatever route they ask.
 *
 * Story      Everything of the other group bears one word in its name. A limited operator walks every GET there is and must
 *            never read that word; the owner, on the same walk, reads it often. Then the operator tries to change each
 *            of these things, and none is there.
 */
#include "http/inside.h"
#include "main/cli.h"
#include "people/account.h"
#include "test.h"
#include "world.h"

#define MARK "ZZANDERS"
#define C    "/api/c/%.*s"

struct limited {
	struct world    world;
	struct things   other;                        /* the other group's things; what has no group is as in the world */
	struct browser *mine, *theirs;                /* limited to one group each */
	struct id       accounts[2];
	int             read;                         /* replies that held the mark */
};

/* ---- Making it ---- */

static int hire(struct tx *tx, void *arg)
{
	static const char *const names[] = { "mine", "theirs" };
	struct limited *l = arg;
	struct id community;
	assert_true(str_to_int(l->world.here.at[THE_COMMUNITY], &community.n));
	for (int i = 0; i < 2; i++) {
		struct id_item group;
		assert_true(str_to_int((i ? l->other : l->world.here).at[THE_GROUP], &group.item.n));
		int r = account_make(tx, str_of(names[i]), str_of(names[i]), "x", &l->accounts[i]);
		if (r < 0 || (r = staff_seat(tx, community, l->accounts[i], ROLE_OPERATOR, true, (struct rows){ &group, 1 })) < 0)
			return r;
	}
	return 0;
}

static struct str made(struct limited *l, struct browser *b, const char *path, const char *body, const char *what)
{
	struct arena *arena = &l->world.house->arena;
	struct str whole = str_format(arena, C "%s", STR(l->world.here.at[THE_COMMUNITY]), path);
	struct reply r = body ? post(b, str_z(arena, whole), body) : get(b, str_z(arena, whole));
	if (r.status / 100 != 2 || (what && !json_at(&r, what).len))
		fail_msg("%s: %d %.*s", path, r.status, STR(r.body));
	return what ? str_copy(arena, json_at(&r, what)) : S("");
}

/* The first "$" of the text is the id. */
static const char *with(struct limited *l, const char *text, struct str id)
{
	const char *at = strchr(text, '$');
	return str_z(&l->world.house->arena, str_format(&l->world.house->arena, "%.*s%.*s%s", (int)(at - text), text, STR(id), at + 1));
}

/* A campaign that fills the other group, and one who takes part. */
static void campaign(struct limited *l)
{
	struct browser *owner = l->world.by_role[ROLE_OWNER], *b = browser_open(l->world.site);
	l->other.at[THE_CAMPAIGN] = made(l, owner, "/campaigns", with(l, "{\"kind\":\"treasure\",\"name\":\"" MARK "活动\",\"rules\":\"r\","
		"\"organiser\":\"o\",\"starts_at\":1000,\"ends_at\":4102444800000,\"claim_until\":4102444800000,\"takes_part\":\"all\",\"capacity\":0,"
		"\"strength\":\"anonymous\",\"act\":\"join\",\"code_id\":\"$\",\"new_only\":false,\"helps_each\":0,\"mutual\":false,\"hold_minutes\":0,"
		"\"still_days\":0,\"stages\":[{\"goal\":1,\"title\":\"一\",\"prizes\":[{\"kind\":\"onsite\",\"title\":\"" MARK "\",\"value\":1,\"stock\":5}]}]}",
		l->other.at[THE_CODE]), "id");
	struct str slug = made(l, owner, with(l, "/campaigns/$/state", l->other.at[THE_CAMPAIGN]), "{\"state\":\"running\",\"acknowledge\":\"G1\"}", "slug");
	browser_visit(b, (struct id){ 991178 });
	assert_int_equal(get(b, with(l, "/t/$", slug)).status, 200);
	assert_int_equal(post(b, with(l, "/t/$/join", slug), "{\"nickname\":\"" MARK "\"}").status, 200);
	l->other.at[THE_PARTICIPANT] = made(l, owner, with(l, "/campaigns/$/participants", l->other.at[THE_CAMPAIGN]), NULL, "items.0.id");
	browser_close(b);
}

/* A guest of the other group's code asks to be let in, waits, and reports it. */
static void guest(struct limited *l)
{
	struct browser *b = browser_open(l->world.site);
	browser_visit(b, (struct id){ 991177 });
	assert_int_equal(get(b, with(l, "/g/$", l->other.at[THE_LINK])).status, 200);
	assert_int_equal(post(b, with(l, "/g/$/gate", l->other.at[THE_LINK]), "{\"answers\":[{\"key\":\"car\",\"text\":\"" MARK "\"}]}").status, 200);
	assert_int_equal(post(b, with(l, "/g/$/wait", l->other.at[THE_LINK]), "{\"nickname\":\"" MARK "\",\"contact\":\"" MARK "\"}").status, 200);
	assert_int_equal(post(b, with(l, "/g/$/report", l->other.at[THE_LINK]), "{\"text\":\"" MARK "\"}").status, 204);
	browser_close(b);
}

static void open_limited(struct limited *l, struct house *house)
{
	struct world *w = &l->world;
	world_open(w, house);
	struct browser *owner = w->by_role[ROLE_OWNER];
	l->other = w->here;
	l->other.at[THE_GROUP] = made(l, owner, "/groups", "{\"name\":\"" MARK "群\",\"owner\":\"" MARK "\"}", "id");
	assert_int_equal(store_write(house->store, (struct id){ 0 }, &house->arena, hire, l), 0);
	l->mine = browser_open(w->site), l->theirs = browser_open(w->site);
	browser_sign_in(l->mine, l->accounts[0]);
	browser_sign_in(l->theirs, l->accounts[1]);
	l->other.at[THE_CODE] = made(l, l->theirs, "/livecodes", "{\"title\":\"" MARK "码\",\"look\":\"plain\",\"strategy\":\"order\",\"sticky\":true,"
		"\"duplicate_guard\":true,\"gate\":\"form\",\"gate_questions\":[{\"key\":\"car\",\"label\":\"车\",\"kind\":\"text\",\"required\":true,"
		"\"choices\":[]}],\"qr_level\":\"M\"}", "id");
	l->other.at[THE_TARGET] = made(l, l->theirs, with(l, "/livecodes/$/targets", l->other.at[THE_CODE]),
		with(l, "{\"kind\":\"group\",\"group_id\":\"$\",\"title\":\"" MARK "\",\"scan_cap\":9,\"weight\":1,\"visitors\":\"all\",\"stopped\":false}",
		     l->other.at[THE_GROUP]), "items.0.id");
	l->other.at[THE_SEND] = made(l, l->theirs, "/sends",
		with(l, "{\"group_id\":\"$\",\"what\":\"text\",\"text\":\"" MARK "\",\"key\":\"1\"}", l->other.at[THE_GROUP]), "id");
	l->other.at[THE_PARTNER] = made(l, owner, "/partners", "{\"name\":\"" MARK "店\",\"offer\":\"o\",\"offer_days\":9,\"stock\":9}", "id");
	made(l, l->theirs, with(l, "/livecodes/$/links", l->other.at[THE_CODE]),
	     with(l, "{\"label\":\"" MARK "\",\"kind\":\"poster\",\"partner_id\":\"$\"}", l->other.at[THE_PARTNER]), NULL);
	l->other.at[THE_LINK] = made(l, l->theirs, with(l, "/livecodes/$/links", l->other.at[THE_CODE]), NULL, "items.0.slug");
	made(l, l->theirs, with(l, "/livecodes/$/state", l->other.at[THE_CODE]), "{\"state\":\"running\"}", NULL);
	l->other.at[THE_MEMBER] = made(l, l->theirs, "/members", "{\"nickname\":\"" MARK "员\",\"phone\":\"13912345678\"}", "id");
	l->other.at[THE_ASK] = world_asks_in(&l->world, &l->other);
	made(l, l->theirs, with(l, "/members/$/vouchers", l->other.at[THE_MEMBER]), "{\"count\":1}", NULL);
	guest(l);
	campaign(l);
	l->other.at[THE_APPLICATION] = made(l, l->theirs, "/applications", NULL, "items.0.id");
	l->other.at[THE_ALERT] = made(l, l->theirs, "/alerts", NULL, "items.0.id");
}

static void close_limited(struct limited *l)
{
	browser_close(l->mine);
	browser_close(l->theirs);
	world_close(&l->world);
}

/* ---- Walking ---- */

static bool walks(const struct route *r)
{
	return route_in_community(r) && strcmp(r->method, "GET") == 0 && !(r->makes && strcmp(r->makes, "text/event-stream") == 0);
}

static void read_as(struct limited *l, struct browser *b, const struct things *of, bool must_not)
{
	l->read = 0;
	for (const struct feature *const *f = features; *f; f++)
		for (const struct route *r = (*f)->routes; r && r->method; r++) {
			if (!walks(r))
				continue;
			struct reply got = get(b, world_path(&l->world, r, of, l->world.here.at[THE_COMMUNITY]));
			bool held = memmem(got.body.at, got.body.len, MARK, strlen(MARK)) != NULL;
			l->read += held;
			if (must_not && (held || got.status >= 500))
				fail_msg("GET %s: %d %.*s", r->path, got.status, STR(got.body));
		}
}

PROMISE(limited_reads_nothing, "who sees one group reads nothing of another, by any route, in lists, counts, search or detail")
{
	struct limited l = { 0 };
	open_limited(&l, house);
	read_as(&l, l.world.by_role[ROLE_OWNER], &l.other, false);
	assert_true(l.read > 15);                     /* so the walk can find something */
	read_as(&l, l.theirs, &l.other, false);
	assert_true(l.read > 12);                     /* … and who sees the group does */
	read_as(&l, l.mine, &l.other, true);
	read_as(&l, l.mine, &l.world.here, true);
	struct reply r = get(l.mine, with(&l, "/api/c/$/groups", l.world.here.at[THE_COMMUNITY]));
	assert_str(json_at(&r, "total"), "1");
	r = get(l.mine, with(&l, "/api/c/$/groups?q=" MARK, l.world.here.at[THE_COMMUNITY]));
	assert_int_equal(json_length(&r, "items"), 0);
	r = get(l.mine, with(&l, "/api/c/$/members?q=" MARK, l.world.here.at[THE_COMMUNITY]));
	assert_int_equal(json_length(&r, "items"), 0);
	r = get(l.mine, with(&l, "/api/c/$/members?q=5678", l.world.here.at[THE_COMMUNITY]));
	assert_int_equal(json_length(&r, "items"), 0);
	/* A campaign is theirs whose group it fills, in the list as in detail; others are the whole community's. */
	r = get(l.world.by_role[ROLE_OWNER], with(&l, "/api/c/$/campaigns", l.world.here.at[THE_COMMUNITY]));
	assert_true(json_length(&r, "items") > 0);
	r = get(l.mine, with(&l, "/api/c/$/campaigns", l.world.here.at[THE_COMMUNITY]));
	assert_int_equal(json_length(&r, "items"), 0);
	r = get(l.theirs, with(&l, "/api/c/$/campaigns", l.world.here.at[THE_COMMUNITY]));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(made(&l, l.theirs, with(&l, "/campaigns/$", l.other.at[THE_CAMPAIGN]), NULL, "name"), MARK "活动");
	assert_str(made(&l, l.theirs, with(&l, "/participants/$", l.other.at[THE_PARTICIPANT]), NULL, "nickname"), MARK);
	r = get(l.mine, with(&l, "/api/c/$/overview", l.world.here.at[THE_COMMUNITY]));
	assert_str(json_at(&r, "groups"), "1");
	assert_str(json_at(&r, "members"), "0");
	assert_str(json_at(&r, "applications"), "0");
	assert_str(json_at(&r, "scans_today"), "0");
	r = get(l.theirs, with(&l, "/api/c/$/overview", l.world.here.at[THE_COMMUNITY]));
	assert_str(json_at(&r, "members"), "1");
	close_limited(&l);
}

/* What stands in the hole is theirs or it is not there; community-wide things are closed to them. */
PROMISE(limited_changes_nothing, "who sees one group changes nothing of another: it is not there")
{
	struct limited l = { 0 };
	open_limited(&l, house);
	struct str before = world_count(&l.world);
	size_t hidden = 0;
	for (const struct feature *const *f = features; *f; f++)
		for (const struct route *r = (*f)->routes; r && r->method; r++) {
			if (!route_in_community(r) || strcmp(r->method, "GET") == 0 || !strchr(r->path, '{') || r->role > ROLE_OPERATOR)
				continue;
			const char *path = world_path(&l.world, r, &l.other, l.world.here.at[THE_COMMUNITY]);
			const char *body = r->in ? world_body(&l.world, r, &l.other) : NULL;
			struct reply got = ask(l.mine, r->method, path, body ? "application/json" : NULL, body ? str_of(body) : (struct str){ 0 });
			hidden += got.status == 404;
			if (got.status != (r->sees && r->sees != sees_all ? 404 : 403) && !(r->sees == sees_all && got.status / 100 == 4))
				fail_msg("%s %s: %d %.*s", r->method, path, got.status, STR(got.body));
		}
	assert_true(hidden > 12);
	struct reply r = post(l.mine, with(&l, "/api/c/$/applications/decide", l.world.here.at[THE_COMMUNITY]),
	                      with(&l, "{\"ids\":[\"$\"],\"approve\":true}", l.other.at[THE_APPLICATION]));
	assert_reply(r, 404, "not_found");
	assert_true(str_equal(before, world_count(&l.world)));
	close_limited(&l);
}

PROMISE(limited_shared_code, "of a code that serves two groups each sees its own part, and neither may turn it off for the other")
{
	struct limited l = { 0 };
	open_limited(&l, house);
	struct browser *owner = l.world.by_role[ROLE_OWNER];
	struct str code = made(&l, owner, "/livecodes", "{\"title\":\"两群\",\"look\":\"plain\",\"strategy\":\"order\",\"sticky\":true,"
		"\"duplicate_guard\":true,\"gate\":\"none\",\"qr_level\":\"M\"}", "id");
	for (int i = 0; i < 2; i++)
		made(&l, owner, with(&l, "/livecodes/$/targets", code),
		     with(&l, "{\"kind\":\"group\",\"group_id\":\"$\",\"scan_cap\":9,\"weight\":1,\"visitors\":\"all\",\"stopped\":false}",
		          (i ? l.other : l.world.here).at[THE_GROUP]), NULL);
	struct things of = l.world.here;
	of.at[THE_CODE] = code;
	read_as(&l, l.mine, &of, true);
	char path[200];
	snprintf(path, sizeof path, C "/livecodes/%.*s/targets", STR(l.world.here.at[THE_COMMUNITY]), STR(code));
	struct reply r = get(l.mine, path);
	assert_int_equal(json_length(&r, "items"), 1);
	r = get(owner, path);
	assert_int_equal(json_length(&r, "items"), 2);
	snprintf(path, sizeof path, C "/livecodes/%.*s/state", STR(l.world.here.at[THE_COMMUNITY]), STR(code));
	r = post(l.mine, path, "{\"state\":\"paused\"}");
	assert_reply(r, 403, "forbidden");
	close_limited(&l);
}

PROMISE(limited_makes, "what a limited operator makes is theirs: a group, a code while it is empty, a member")
{
	struct limited l = { 0 };
	open_limited(&l, house);
	made(&l, l.mine, "/groups", "{\"name\":\"新群\"}", "id");
	struct str code = made(&l, l.mine, "/livecodes", "{\"title\":\"新码\",\"look\":\"plain\",\"strategy\":\"order\",\"sticky\":true,"
		"\"duplicate_guard\":true,\"gate\":\"none\",\"qr_level\":\"M\"}", "id");
	made(&l, l.mine, "/members", "{\"nickname\":\"新人\"}", "id");
	assert_str(made(&l, l.mine, "/groups", NULL, "total"), "2");
	assert_str(made(&l, l.mine, "/livecodes", NULL, "items.0.title"), "新码");
	assert_str(made(&l, l.mine, "/members", NULL, "items.0.nickname"), "新人");
	char path[200];
	snprintf(path, sizeof path, C "/livecodes/%.*s", STR(l.world.here.at[THE_COMMUNITY]), STR(code));
	assert_int_equal(get(l.theirs, path).status, 404);
	snprintf(path, sizeof path, C "/livecodes/%.*s/targets", STR(l.world.here.at[THE_COMMUNITY]), STR(code));
	struct reply r = post(l.mine, path, with(&l, "{\"kind\":\"group\",\"group_id\":\"$\",\"scan_cap\":9,\"weight\":1,\"visitors\":\"all\","
		"\"stopped\":false}", l.other.at[THE_GROUP]));
	assert_reply(r, 404, "not_found");
	assert_str(json_at(&r, "error.field"), "group_id");
	close_limited(&l);
}

/* ---- API tokens of some groups ---- */

/* The owner's, with every scope, for one group. */
static struct browser *program_of(struct limited *l, const struct things *of)
{
	struct arena *arena = &l->world.house->arena;
	struct browser *b = browser_open(l->world.site);
	BUF_SCOPED body;
	buf_init(&body, 8192);
	buf_z(&body, "{\"name\":\"t\",\"days\":0,\"only_groups\":true,\"groups\":[");
	buf_json(&body, of->at[THE_GROUP]);
	buf_z(&body, "],\"scopes\":");
	rows_write_json(&body, &row_text_item, scopes_of(features, arena));
	buf_byte(&body, '}');
	browser_bearer(b, made(l, l->world.by_role[ROLE_OWNER], "/tokens", str_z(arena, buf_view(&body)), "token"));
	return b;
}

PROMISE(limited_token, "a token for one group reads nothing of another, by any route, changes nothing of it, and lists what is its own")
{
	struct limited l = { 0 };
	open_limited(&l, house);
	struct browser *program = program_of(&l, &l.world.here), *others = program_of(&l, &l.other);
	read_as(&l, others, &l.other, false);
	assert_true(l.read > 12);
	read_as(&l, program, &l.other, true);
	read_as(&l, program, &l.world.here, true);
	assert_str(made(&l, program, "/groups", NULL, "total"), "1");
	struct str before = world_count(&l.world);
	for (const struct feature *const *f = features; *f; f++)
		for (const struct route *r = (*f)->routes; r && r->method; r++) {
			if (!route_in_community(r) || strcmp(r->method, "GET") == 0 || !strchr(r->path, '{'))
				continue;
			const char *path = world_path(&l.world, r, &l.other, l.world.here.at[THE_COMMUNITY]);
			const char *body = r->in ? world_body(&l.world, r, &l.other) : NULL;
			struct reply got = ask(program, r->method, path, body ? "application/json" : NULL, body ? str_of(body) : (struct str){ 0 });
			if (got.status / 100 != 4)
				fail_msg("%s %s: %d %.*s", r->method, path, got.status, STR(got.body));
		}
	assert_true(str_equal(before, world_count(&l.world)));
	browser_close(program);
	browser_close(others);
	close_limited(&l);
}
