/* router_test.c: which route a request meets. */
#include "http/inside.h"
#include "test.h"

static int nothing(struct request *rq, const void *in, void *out)
{
	(void)rq, (void)in, (void)out;
	return 0;
}

#define R(method, path, role) { method, path, role, nothing, .output = OUT_NONE, .help = "Nothing" }

static const struct route routes[] = {
	R("GET", "/tags", ROLE_READER), R("POST", "/tags", ROLE_OPERATOR), R("GET", "/tags/{id}", ROLE_READER),
	R("DELETE", "/tags/{id}", ROLE_ADMIN), R("POST", "/tags/{id}/merge", ROLE_ADMIN),
	R("GET", "/groups/{name}", ROLE_READER), R("GET", "/groups/new", ROLE_READER),
	R("GET", "/g/{slug}", ROLE_VISITOR), R("POST", "/api/session", ROLE_PUBLIC), { 0 },
};
static const struct feature feature = { .name = "routed", .routes = routes };
static const struct feature *const features[] = { &feature, NULL };

struct table { struct router router; struct arena arena; };

static void open_table(struct table *t)
{
	struct str why = S("");
	arena_init(&t->arena, 1 << 20);
	assert_int_equal(router_make(&t->router, features, &t->arena, &why), 0);
}

static void close_table(struct table *t)
{
	router_free(&t->router);
	arena_free(&t->arena);
}

TEST(paths_meet_routes, "a path meets its route, and what stands in the holes is handed on")
{
	static const struct { const char *method, *path, *route; int64_t community, id; const char *text; } table[] = {
		{ "GET", "/api/c/7/tags", "/tags", 7, 0, "" }, { "HEAD", "/api/c/7/tags", "/tags", 7, 0, "" },
		{ "GET", "/api/c/7/tags/12", "/tags/{id}", 7, 12, "" },
		{ "POST", "/api/c/9223372036854775807/tags/1/merge", "/tags/{id}/merge", INT64_MAX, 1, "" },
		{ "GET", "/api/c/7/groups/new", "/groups/new", 7, 0, "" },
		{ "GET", "/api/c/7/groups/%E7%BE%A4", "/groups/{name}", 7, 0, "群" },
		{ "GET", "/g/a%2Fb", "/g/{slug}", 0, 0, "a/b" }, { "POST", "/api/sess%69on", "/api/session", 0, 0, "" },
	};
	struct table t;
	open_table(&t);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct match m;
		enum method method = method_of(str_of(table[i].method));
		assert_int_equal(router_match(&t.router, method, str_of(table[i].path), &t.arena, &m), 0);
		assert_string_equal(m.compiled->route->path, table[i].route);
		assert_true(m.community.n == table[i].community && m.path_id.n == table[i].id);
		assert_str(m.path_text, table[i].text);
	}
	close_table(&t);
}

TEST(paths_meet_nothing, "what is no path of ours is 404, 405 with what it allows, or not UTF-8")
{
	static const struct { const char *method, *path; int code; const char *allow; } table[] = {
		{ "GET", "/", E_NOT_FOUND, "" }, { "GET", "", E_NOT_FOUND, "" }, { "GET", "tags", E_NOT_FOUND, "" },
		{ "GET", "/api/c/7/tags/", E_NOT_FOUND, "" }, { "GET", "/api//c/7/tags", E_NOT_FOUND, "" },
		{ "GET", "/api/c/0/tags", E_NOT_FOUND, "" }, { "GET", "/api/c/07/tags", E_NOT_FOUND, "" },
		{ "GET", "/api/c/9223372036854775808/tags", E_NOT_FOUND, "" }, { "GET", "/api/c/7/tags/x", E_NOT_FOUND, "" },
		{ "GET", "/tags", E_NOT_FOUND, "" }, { "GET", "/api/c/7/tags/../tags", E_NOT_FOUND, "" },
		{ "GET", "/api/c/7/tags/%2e%2e", E_NOT_FOUND, "" }, { "GET", "/1/2/3/4/5/6/7/8/9/10/11/12", E_NOT_FOUND, "" },
		{ "PUT", "/api/c/7/tags", E_METHOD, "GET, HEAD, POST" }, { "TRACE", "/api/session", E_METHOD, "POST" },
		{ "OPTIONS", "/api/c/7/tags/1", E_METHOD, "GET, HEAD, DELETE" },
		{ "GET", "/g/%00", E_UTF8, "" }, { "GET", "/g/%ff", E_UTF8, "" }, { "GET", "/g/%4", E_UTF8, "" },
		{ "GET", "/g/%zz", E_UTF8, "" }, { "GET", "/g/%c0%af", E_UTF8, "" }, { "GET", "/g/%0a", E_UTF8, "" },
	};
	struct table t;
	open_table(&t);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct match m = { .allow = "" };
		int r = router_match(&t.router, method_of(str_of(table[i].method)), str_of(table[i].path), &t.arena, &m);
		if (r != table[i].code)
			fail_msg("%s: %s", table[i].path, err_word(r));
		assert_string_equal(m.allow, table[i].allow);
	}
	close_table(&t);
}

TEST(routes_that_cannot_be, "a declaration that cannot be meant is refused at start, by name")
{
	static const struct route wrong[][3] = {
		{ R("GET", "/a/{id}", ROLE_READER), R("GET", "/a/{id}", ROLE_ADMIN), { 0 } },
		{ R("GET", "/a", ROLE_PUBLIC), { 0 } }, { R("GET", "/api/a", ROLE_OPERATOR), { 0 } },
		{ R("GET", "/a/{id}/b/{name}", ROLE_READER), { 0 } }, { R("GET", "a", ROLE_READER), { 0 } },
		{ R("GET", "/{name}", ROLE_READER), { 0 } }, { R("FETCH", "/a", ROLE_READER), { 0 } },
		{ { "GET", "/a", ROLE_READER, nothing, .output = OUT_NONE }, { 0 } },
		{ { "GET", "/a", ROLE_READER, nothing, .help = "No output row" }, { 0 } },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		const struct feature one = { .name = "wrong", .routes = wrong[i] };
		const struct feature *const list[] = { &one, NULL };
		struct router router;
		struct str why = S("");
		ARENA_SCOPED arena;
		arena_init(&arena, 1 << 16);
		assert_int_equal(router_make(&router, list, &arena, &why), E_INVALID);
		assert_true(str_starts(why, S("feature wrong, route ")));
	}
}
