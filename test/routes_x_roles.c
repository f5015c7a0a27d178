/* routes_x_roles.c: see routes_x_roles.h. */
#include "routes_x_roles.h"
#include "http/inside.h"
#include "test.h"

/* "/tags/{id}" → "/api/c/7/tags/1". */
static const char *dummy_path(const struct route *r, struct id community, char *room, size_t size)
{
	struct buf b;
	buf_init(&b, size);
	if (route_in_community(r))
		buf_format(&b, "/api/c/%lld", (long long)community.n);
	for (const char *p = r->path; *p; p++) {
		if (*p != '{') {
			buf_byte(&b, *p);
			continue;
		}
		buf_byte(&b, strncmp(p, "{id}", 4) == 0 ? '1' : 'x');
		p = strchr(p, '}');
	}
	buf_byte(&b, '\0');
	assert_false(buf_failed(&b));
	memcpy(room, b.at, b.len);
	buf_free(&b);
	return room;
}

static void expect(struct browser *b, const struct route *r, const char *path, int status,
                   const char *code, const char *who)
{
	bool body = r->in && strcmp(r->method, "GET") != 0;
	struct reply got = ask(b, r->method, path, body ? "application/json" : NULL, S("{}"));
	struct str said = json_at(&got, "error.code");
	if (got.status != status || (said.len > 0 && !str_is(said, code)))
		fail_msg("%s %s as %s: %d %.*s, expected %d %s", r->method, r->path, who, got.status, STR(said), status, code);
}

static void without_word(struct browser *b, const struct route *r, const char *path, const char *who)
{
	char word[MAC_TEXT + 1];
	snprintf(word, sizeof word, "%.*s", STR(browser_csrf_word(b)));
	browser_csrf(b, NULL);
	expect(b, r, path, 403, "csrf", who);
	browser_csrf(b, word[0] ? word : NULL);
}

/* What the role may, it is not refused for its role; what it sent is another matter. */
static void let_in(struct browser *b, const struct route *r, const char *path, const char *who)
{
	bool body = r->in && strcmp(r->method, "GET") != 0;
	struct reply got = ask(b, r->method, path, body ? "application/json" : NULL, S("{}"));
	if (got.status == 401 || got.status >= 500 || str_is(json_at(&got, "error.code"), "forbidden"))
		fail_msg("%s %s as %s: %d %.*s", r->method, r->path, who, got.status, STR(got.body));
}

static void walk(const struct route *r, const struct cast *cast)
{
	char path[256];
	struct browser *allowed = cast->by_role[r->role > ROLE_VISITOR ? r->role : ROLE_PUBLIC];
	bool get_route = strcmp(r->method, "GET") == 0;
	dummy_path(r, cast->community, path, sizeof path);
	if (r->role >= ROLE_ACCOUNT)
		expect(cast->by_role[ROLE_PUBLIC], r, path, 401, "sign_in", "nobody");
	if (route_in_community(r))
		expect(cast->by_role[ROLE_ACCOUNT], r, path, 404, "not_found", "a stranger");
	for (enum role low = ROLE_READER; low < r->role; low++)
		if (cast->by_role[low] && route_allows(r, low))
			let_in(cast->by_role[low], r, path, role_word(low));
		else if (cast->by_role[low])
			expect(cast->by_role[low], r, path, 403, "forbidden", role_word(low));
	if (!get_route && !r->no_csrf)
		without_word(allowed, r, path, "one who may");
	if (!get_route || (r->makes && strcmp(r->makes, "text/event-stream") == 0))
		return;
	let_in(allowed, r, path, "one who may");
}

size_t routes_x_roles(const struct feature *const *features, const struct cast *cast)
{
	size_t walked = 0;
	for (; *features; features++)
		for (const struct route *r = (*features)->routes; r && r->method; r++, walked++)
			walk(r, cast);
	return walked;
}

/* ---- API tokens ---- */

/* "{}" does nothing where a body or a thing is asked for; elsewhere only a GET is tried. */
static bool harmless(const struct route *r)
{
	return strcmp(r->method, "GET") == 0 || r->in || strchr(r->path, '{');
}

static void walk_tokens(const struct feature *f, const struct route *r, const struct token_cast *cast)
{
	char path[256], scope[80];
	dummy_path(r, cast->community, path, sizeof path);
	browser_bearer(cast->program, cast->by_role[ROLE_OWNER]);
	if (!route_in_community(r) || !f->api) {
		expect(cast->program, r, path, 403, "not_for_tokens", "a token of an owner");
		return;
	}
	for (enum role role = ROLE_READER; role <= ROLE_OWNER; role++) {
		if (!cast->by_role[role].len)
			continue;
		browser_bearer(cast->program, cast->by_role[role]);
		if (!route_allows(r, role))
			expect(cast->program, r, path, 403, "forbidden", role_word(role));
		else if (harmless(r))
			let_in(cast->program, r, path, role_word(role));
	}
	snprintf(scope, sizeof scope, "%s:%s", f->api, strcmp(r->method, "GET") == 0 ? "read" : "write");
	browser_bearer(cast->program, cast->without(cast->ctx, str_of(scope)));
	expect(cast->program, r, path, 403, "scope_missing", "a token without the scope");
	browser_bearer(cast->program, cast->foreign);
	expect(cast->program, r, path, 404, "not_found", "a token of another community");
}

size_t routes_x_tokens(const struct feature *const *features, const struct token_cast *cast)
{
	size_t open = 0;
	for (; *features; features++)
		for (const struct route *r = (*features)->routes; r && r->method; r++) {
			if (r->role < ROLE_ACCOUNT)
				continue;
			walk_tokens(*features, r, cast);
			open += route_in_community(r) && (*features)->api;
		}
	return open;
}
