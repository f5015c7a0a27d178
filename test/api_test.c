/* api_test.c: what holds of every route there is, made from the route table alone.
 *
 * Story      Somebody adds a route. Without a line here it is walked as everybody, asked for other people's things, fed
 *            every kind of wrong input its row can have, given text that is no text to SQL, HTML or a terminal, and its
 *            reply is held against the row it declares. Only a good request has to be written once (test/world.c).
 * Holds      What is refused has a stable code, names the field, and leaves the store as it was.
 */
#include <jansson.h>

#include "base/utf8.h"
#include "http/inside.h"
#include "main/cli.h"
#include "routes_x_roles.h"
#include "test.h"
#include "world.h"

static bool is_get(const struct route *r) { return strcmp(r->method, "GET") == 0; }
static bool is_stream(const struct route *r) { return r->makes && strcmp(r->makes, "text/event-stream") == 0; }
static bool sends_json(const struct route *r) { return r->in && !is_get(r); }
static bool gives_json(const struct route *r)
{
	return r->output == OUT_JSON || r->output == OUT_PAGE || (r->out && r->makes && strcmp(r->makes, "application/json") == 0);
}

/* Calls `visit` with each route. */
static void each_route(struct world *w, void (*visit)(struct world *, const struct route *))
{
	for (const struct feature *const *f = features; *f; f++)
		for (const struct route *r = (*f)->routes; r && r->method; r++)
			visit(w, r);
}

/* ---- Declarations ---- */

static void complain(void *ctx, const struct finding *f)
{
	bool whole = strstr(f->what, "all that a community has");
	*(int *)ctx += whole;
	if (f->grave || whole)
		fprintf(stderr, "%s: %s\n", f->query, f->what);
}

PROMISE(api_queries, "every query of every feature fits the store at hand, and follows an index where a table is large")
{
	size_t count = 0;
	int whole = 0;
	const struct query *const *queries = all_queries(&house->arena, &count);
	assert_non_null(queries);
	assert_true(count > 100);
	assert_int_equal(store_check(house->store, queries, complain, &whole), 0);
	assert_int_equal(whole, 0);
}

static void lint(const struct route *r, const struct row *row, bool input)
{
	const char *wrong = row ? row_lint(row, input) : NULL;
	if (wrong)
		fail_msg("%s %s: %s", r->method, r->path, wrong);
}

TEST(api_rows, "every route and every row is declared in order, and no two routes are one")
{
	struct router router;
	ARENA_SCOPED arena;
	struct str why = S("");
	arena_init(&arena, 1 << 20);
	for (const struct feature *const *f = features; *f; f++)
		for (const struct route *r = (*f)->routes; r && r->method; r++) {
			lint(r, r->in, true);
			lint(r, r->out, false);
		}
	if (router_make(&router, features, &arena, &why) < 0)
		fail_msg("%.*s", STR(why));
	router_free(&router);
}

TEST(api_words, "features, events and the words of errors have one name each")
{
	for (int a = 1; a < ERR_COUNT; a++)
		for (int b = 1; b < a; b++)
			assert_string_not_equal(err_word(-a), err_word(-b));
	for (const struct feature *const *f = features; *f; f++)
		for (const struct feature *const *g = features; g < f; g++) {
			assert_string_not_equal((*f)->name, (*g)->name);
			for (const struct event_kind *k = (*f)->events; k && k->name; k++)
				for (const struct event_kind *l = (*g)->events; l && l->name; l++)
					assert_string_not_equal(k->name, l->name);
		}
}

/* ---- Who may ---- */

static void ask_as_visitor(struct world *w, const struct route *r)
{
	if (r->role < ROLE_ACCOUNT)
		return;
	const char *path = world_path(w, r, &w->here, w->here.at[THE_COMMUNITY]);
	struct reply got = ask(w->by_role[ROLE_VISITOR], r->method, path, NULL, (struct str){ 0 });
	if (got.status != 401)
		fail_msg("%s %s as a visitor: %d", r->method, r->path, got.status);
}

PROMISE(api_roles, "every route asks for the role it declares, and every write for its word")
{
	struct world w;
	world_open(&w, house);
	struct cast cast = { .community = { 0 } };
	assert_true(str_to_int(w.here.at[THE_COMMUNITY], &cast.community.n));
	memcpy(cast.by_role, w.by_role, sizeof cast.by_role);
	assert_true(routes_x_roles(features, &cast) > 60);
	each_route(&w, ask_as_visitor);
	world_close(&w);
}

/* ---- … and which programs ---- */

struct minting { struct world *w; struct str scopes[SCOPES_MOST], tokens[SCOPES_MOST]; size_t count; };

/* Every scope but one, as JSON. */
static const char *scopes_but(struct minting *m, struct str one)
{
	BUF_SCOPED b;
	buf_init(&b, 8192);
	struct rows all = scopes_of(features, &m->w->house->arena);
	const struct text_item *scope = all.at;
	for (size_t i = 0; i < all.count; i++)
		if (!str_equal(scope[i].item, one))
			buf_format(&b, "%s\"%.*s\"", b.len ? "," : "", STR(scope[i].item));
	return str_z(&m->w->house->arena, buf_view(&b));
}

static struct str mint(struct minting *m, struct browser *b, struct str community, struct str but)
{
	struct arena *arena = &m->w->house->arena;
	struct reply r = post(b, str_z(arena, str_format(arena, "/api/c/%.*s/tokens", STR(community))),
		str_z(arena, str_format(arena, "{\"name\":\"t\",\"scopes\":[%s],\"days\":1}", scopes_but(m, but))));
	if (r.status != 200)
		fail_msg("a token: %d %.*s", r.status, STR(r.body));
	return str_copy(arena, json_at(&r, "token"));
}

static struct str minted_without(void *ctx, struct str scope)
{
	struct minting *m = ctx;
	size_t i = 0;
	while (i < m->count && !str_equal(m->scopes[i], scope))
		i++;
	if (i < m->count)
		return m->tokens[i];
	m->scopes[m->count] = str_copy(&m->w->house->arena, scope);
	return m->tokens[m->count++] = mint(m, m->w->by_role[ROLE_OWNER], m->w->here.at[THE_COMMUNITY], scope);
}

/* An admin makes a token, and is something less from then on. */
static struct str of_demoted(struct minting *m, enum role role)
{
	struct world *w = m->w;
	struct arena *arena = &w->house->arena;
	struct browser *boss = w->by_role[ROLE_OWNER], *b = browser_open(w->site);
	struct str place = w->here.at[THE_COMMUNITY];
	const char *path = str_z(arena, str_format(arena, "/api/c/%.*s/staff", STR(place)));
	struct reply r = post(boss, path, str_z(arena, str_format(arena, "{\"name\":\"maker-%s\",\"display\":\"d\",\"role\":\"admin\"}", role_word(role))));
	struct id account = { 0 };
	if (!str_to_int(json_at(&r, "id"), &account.n))
		fail_msg("a colleague: %d %.*s", r.status, STR(r.body));
	browser_sign_in(b, account);
	struct str token = mint(m, b, place, S(""));
	r = put(boss, str_z(arena, str_format(arena, "%s/%lld", path, (long long)account.n)),
	        str_z(arena, str_format(arena, "{\"role\":\"%s\"}", role_word(role))));
	assert_int_equal(r.status, 200);
	browser_close(b);
	return token;
}

PROMISE(api_tokens, "every route refuses a token without its scope, opens to one with it as to its maker's present role, or is closed to tokens")
{
	struct world w;
	struct minting m = { .w = &w };
	world_open(&w, house);
	struct token_cast cast = { .program = browser_open(w.site), .without = minted_without, .ctx = &m };
	assert_true(str_to_int(w.here.at[THE_COMMUNITY], &cast.community.n));
	for (enum role role = ROLE_READER; role <= ROLE_ADMIN; role++)
		if (role != ROLE_HOST)                    /* sees only some groups: limited_test.c */
			cast.by_role[role] = of_demoted(&m, role);
	cast.by_role[ROLE_OWNER] = mint(&m, w.by_role[ROLE_OWNER], w.here.at[THE_COMMUNITY], S(""));
	cast.foreign = mint(&m, w.foreign, w.there.at[THE_COMMUNITY], S(""));
	assert_true(routes_x_tokens(features, &cast) > 100);
	assert_true(m.count > 10);
	world_close(&w);
}

/* ---- Other people's things ---- */

static void ask_elsewhere(struct world *w, const struct route *r, const struct things *in_path, const struct things *in_body,
                          bool only_404)
{
	const char *path = world_path(w, r, in_path, w->there.at[THE_COMMUNITY]);
	struct str body = sends_json(r) ? str_of(world_body(w, r, in_body)) : (struct str){ 0 };
	struct reply got = ask(w->foreign, r->method, path, sends_json(r) ? "application/json" : NULL, body);
	if (only_404 ? got.status != 404 || !str_is(json_at(&got, "error.code"), "not_found") : got.status / 100 != 4)
		fail_msg("%s %s with another community's things: %d %.*s", r->method, path, got.status, STR(got.body));
}

static bool has_hole(const struct route *r) { return strchr(r->path, '{') != NULL; }

static void reach_elsewhere(struct world *w, const struct route *r)
{
	if (!route_in_community(r) || is_stream(r))
		return;
	bool as_form = r->in && !is_get(r) && !world_body_succeeds(r) && r->ready;      /* `ready` looks at the file first */
	struct str before = world_count(w);
	if (has_hole(r))
		ask_elsewhere(w, r, &w->here, &w->there, !as_form);
	if (sends_json(r) && world_body_names(r))
		ask_elsewhere(w, r, &w->there, &w->here, false);
	if (!str_equal(before, world_count(w)))
		fail_msg("%s %s changed something by another community's id", r->method, r->path);
}

static struct reply look(struct world *w, struct browser *b, const char *path)
{
	struct reply r = get(b, str_z(&w->house->arena, str_format(&w->house->arena, "/api/c/%.*s%s", STR(w->here.at[THE_COMMUNITY]), path)));
	assert_int_equal(r.status, 200);
	return r;
}

PROMISE(api_elsewhere, "another community's things are not found, by path or in a body, and nothing happens to them")
{
	static const char *const lists[] = { "/groups", "/livecodes", "/members", "/tags", "/partners", "/vouchers", "/applications",
	                                     "/alerts", "/staff" };
	struct world w;
	struct reply before[sizeof lists / sizeof *lists];
	world_open(&w, house);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		before[i] = look(&w, w.by_role[ROLE_OWNER], lists[i]);
	each_route(&w, reach_elsewhere);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct reply after = look(&w, w.by_role[ROLE_OWNER], lists[i]);
		assert_true(str_equal(before[i].body, after.body));
	}
	world_close(&w);
}

/* ---- Shapes ---- */

static void check_object(const json_t *, const struct row *, const char *where);

static bool kind_holds(const json_t *j, const struct field *f)
{
	bool absent = json_is_null(j) && f->limits.optional;
	switch (f->kind) {
	case K_ID: {
		int64_t n;
		return absent || (json_is_string(j) && str_to_int(str_of(json_string_value(j)), &n));
	}
	case K_INSTANT: return absent || json_is_integer(j);
	case K_MONEY: case K_INT: return json_is_integer(j);
	case K_BOOL: return json_is_boolean(j);
	case K_ROWS: return json_is_array(j);
	case K_ONE:  return json_is_null(j) || json_is_object(j);
	case K_STR:
		return json_is_string(j) && (!f->limits.one_of || json_string_length(j) == 0 ||
		                             str_among(str_of(json_string_value(j)), f->limits.one_of));
	case K_BLOB: return false;
	}
	return false;
}

static void check_value(const json_t *j, const struct field *f, const char *where)
{
	if (!j || !kind_holds(j, f))
		fail_msg("%s.%s is not what its row says", where, f->name);
	if (f->kind == K_ONE && !json_is_null(j))
		check_object(j, f->limits.of, f->name);
	bool bare = f->kind == K_ROWS && f->limits.of->count == 1 && strcmp(f->limits.of->fields[0].name, "item") == 0;
	for (size_t i = 0; f->kind == K_ROWS && i < json_array_size(j); i++)
		if (bare)
			check_value(json_array_get(j, i), f->limits.of->fields, f->name);
		else
			check_object(json_array_get(j, i), f->limits.of, f->name);
}

static void check_object(const json_t *j, const struct row *row, const char *where)
{
	size_t shown = 0;
	for (size_t i = 0; i < row->count; i++) {
		if (row->fields[i].kind == K_BLOB)
			continue;
		check_value(json_object_get(j, row->fields[i].name), &row->fields[i], where);
		shown++;
	}
	if (json_object_size(j) != shown)
		fail_msg("%s: %zu fields, %s has %zu", where, json_object_size(j), row->name, shown);
}

static void check_page(const json_t *j, const struct row *row, const char *where)
{
	const json_t *items = json_object_get(j, "items"), *total = json_object_get(j, "total");
	if (json_object_size(j) != 3u + !!json_object_get(j, "at_least") || !json_is_array(items) || !(json_is_integer(total) || json_is_null(total)) ||
	    !json_is_string(json_object_get(j, "next")))
		fail_msg("%s is no page", where);
	for (size_t i = 0; i < json_array_size(items); i++)
		check_object(json_array_get(items, i), row, where);
}

/* A success has the declared shape; a failure says code, message, field and detail. */
static void check_shape(const struct route *r, const struct reply *got)
{
	if (got->status / 100 == 2 && !gives_json(r))
		return;
	json_t *j = json_loadb(got->body.at, got->body.len, JSON_REJECT_DUPLICATES, NULL);
	if (!j)
		fail_msg("%s %s: %d, and no JSON: %.*s", r->method, r->path, got->status, STR(got->body));
	const json_t *error = json_object_get(j, "error");
	if (got->status / 100 == 2 && r->output == OUT_PAGE)
		check_page(j, r->out, r->path);
	else if (got->status / 100 == 2)
		check_object(j, r->out, r->path);
	else
		for (const char *names = "code\0message\0field\0detail\0"; *names; names += strlen(names) + 1)
			if (!json_is_string(json_object_get(error, names)))
				fail_msg("%s %s: %d without error.%s", r->method, r->path, got->status, names);
	json_decref(j);
}

/* ---- Wrong input ---- */

/* One route, its path and a good body to spoil. */
struct probe { struct world *w; const struct route *r; const char *path; json_t *good; struct buf body; };

/* {"field":RAW, and the rest of the good body}: what is wrong comes first. RAW NULL: without the field. */
static struct str spoiled(struct probe *p, const char *field, const char *raw)
{
	const char *key;
	json_t *value;
	bool first = true;
	buf_clear(&p->body);
	buf_byte(&p->body, '{');
	if (raw) {
		buf_format(&p->body, "\"%s\":", field);
		buf_z(&p->body, raw);
		first = false;
	}
	json_object_foreach(p->good, key, value) {
		if (strcmp(key, field) == 0)
			continue;
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		buf_format(&p->body, "%s\"%s\":", first ? "" : ",", key);
		buf_z(&p->body, text);
		free(text);
		first = false;
	}
	buf_byte(&p->body, '}');
	assert_false(buf_failed(&p->body));
	return buf_view(&p->body);
}

static bool is_code(struct str word)
{
	for (int i = 1; i < ERR_COUNT; i++)
		if (str_is(word, err_word(-i)))
			return true;
	return false;
}

static void refused(struct probe *p, struct str body, const char *field, const char *what)
{
	struct reply got = world_ask(p->w, p->r, p->path, body);
	struct str named = json_at(&got, "error.field");
	bool in_range = got.status >= 400 && got.status < 500 && got.status != 401 && got.status != 403 && got.status != 429;
	if (!in_range || !is_code(json_at(&got, "error.code")))
		fail_msg("%s %s, %s %s: %d %.*s", p->r->method, p->r->path, field ? field : "", what, got.status, STR(got.body));
	if (field && !str_starts(named, str_of(field)))
		fail_msg("%s %s, %s %s: names \"%.*s\": %.*s", p->r->method, p->r->path, field, what, STR(named), STR(got.body));
	check_shape(p->r, &got);
}

static void field_refused(struct probe *p, const struct field *f, const char *raw, const char *what)
{
	refused(p, spoiled(p, f->name, raw), f->name, what);
}

/* Long texts live for one route: all of them together would fill the house. */
static struct arena long_texts;

static void forget_long_texts(void)
{
	arena_release(&long_texts);
	arena_init(&long_texts, 64 << 20);
}

static char *repeated(const char *before, const char *unit, size_t count, const char *after)
{
	size_t size = strlen(before) + strlen(unit) * count + strlen(after) + 1;
	char *at = arena_take(&long_texts, size);
	assert_non_null(at);
	size_t len = (size_t)snprintf(at, size, "%s", before);
	for (size_t i = 0; i < count; i++, len += strlen(unit))
		memcpy(at + len, unit, strlen(unit));
	snprintf(at + len, size - len, "%s", after);
	return at;
}

static void spoil_text(struct probe *p, const struct field *f)
{
	const struct limits *l = &f->limits;
	for (const char *raw = "12\0[]\0{}\0true\0"; *raw; raw += strlen(raw) + 1)
		field_refused(p, f, raw, "of a wrong type");
	if (l->one_of)
		field_refused(p, f, "\"zzz\"", "none of the choices");
	if (l->max > 0)
		field_refused(p, f, repeated("\"", "长", (size_t)l->max + 1, "\""), "too long");
	if (!l->optional && (l->min > 0 || l->one_of))
		field_refused(p, f, "\"\"", "empty");
	field_refused(p, f, "\"a\\u0001b\"", "with a control character");
	field_refused(p, f, "\"a\\u001b[31mb\"", "with an escape");
	if (!l->lines)
		field_refused(p, f, "\"a\\nb\"", "with a line break");
	refused(p, spoiled(p, f->name, "\"a\\u0000b\""), NULL, "with a NUL");
	refused(p, spoiled(p, f->name, "\"a\\ud800b\""), NULL, "with half a character");
	refused(p, spoiled(p, f->name, "\"\xff\xfe\""), NULL, "not UTF-8");
	refused(p, spoiled(p, f->name, "\"\xc0\xaf\""), NULL, "overlong UTF-8");
}

static void spoil_number(struct probe *p, const struct field *f)
{
	const struct limits *l = &f->limits;
	char raw[32];
	for (const char *t = "\"12\"\0001.5\0true\0[]\0"; *t; t += strlen(t) + 1)
		field_refused(p, f, t, "of a wrong type");
	refused(p, spoiled(p, f->name, "99999999999999999999"), NULL, "past all numbers");
	if (l->min == 0 && l->max == 0)
		return;
	snprintf(raw, sizeof raw, "%lld", (long long)l->max + 1);
	field_refused(p, f, raw, "too large");
	snprintf(raw, sizeof raw, "%lld", (long long)l->min - 1);
	if (!l->optional || l->min != 1)
		field_refused(p, f, raw, "too small");
	field_refused(p, f, "9223372036854775807", "the largest there is");
	field_refused(p, f, "-9223372036854775808", "the smallest there is");
}

static void spoil_list(struct probe *p, const struct field *f)
{
	for (const char *raw = "{}\0\"x\"\0005\0[5]\0[true]\0[[]]\0"; *raw; raw += strlen(raw) + 1)
		field_refused(p, f, raw, "of a wrong type");
	field_refused(p, f, repeated("[0", ",0", (size_t)f->limits.max, "]"), "too many");
	field_refused(p, f, "[{\"zzz\":1}]", "with an unknown field inside");
	if (f->limits.min > 0 && !f->limits.optional)
		field_refused(p, f, "[]", "too few");
}

static void spoil_field(struct probe *p, const struct field *f)
{
	static const char *const wrong_ids[] = { "5", "\"abc\"", "\"-1\"", "\"1.5\"", "\"99999999999999999999\"", "[]", "\" 1\"", NULL };
	switch (f->kind) {
	case K_STR:  spoil_text(p, f); break;
	case K_INT: case K_MONEY: case K_INSTANT: spoil_number(p, f); break;
	case K_ROWS: spoil_list(p, f); break;
	case K_BLOB: field_refused(p, f, "\"x\"", "a file in JSON"); break;
	case K_ID:
		for (const char *const *raw = wrong_ids; *raw; raw++)
			field_refused(p, f, *raw, "no id");
		break;
	case K_BOOL:
		field_refused(p, f, "\"yes\"", "of a wrong type");
		field_refused(p, f, "1", "of a wrong type");
		break;
	case K_ONE: break;
	}
	field_refused(p, f, repeated("", "[", 200, repeated("", "]", 200, "")), "two hundred lists deep");
	if (!f->limits.optional) {
		field_refused(p, f, "null", "null");
		refused(p, spoiled(p, f->name, NULL), p->r->in->count == 1 || f->kind != K_BLOB ? f->name : NULL, "missing");
	}
}

static void spoil_whole(struct probe *p)
{
	static const char *const wrong[] = { "", "[]", "null", "5", "\"x\"", "{", "{}}", "{\"a\"}", "\xef\xbb\xbf{}", "{\"\":1}", "\xff" };
	const char *first = p->r->in->fields[0].name;
	struct world *w = p->w;
	bool needs = false;
	for (size_t i = 0; i < p->r->in->count; i++)
		needs |= !p->r->in->fields[i].limits.optional;
	for (size_t i = needs ? 0 : 1; i < sizeof wrong / sizeof *wrong; i++)
		refused(p, str_of(wrong[i]), NULL, "malformed");
	refused(p, spoiled(p, "zzz", "1"), "zzz", "unknown");
	refused(p, spoiled(p, "__proto__", "{}"), "__proto__", "unknown");
	struct str twice = str_format(&w->house->arena, "{\"%s\":null,%.*s", first, (int)spoiled(p, "", NULL).len - 1,
	                              p->body.at + 1);
	if (json_object_get(p->good, first))
		refused(p, twice, NULL, "twice");
	refused(p, str_of(repeated("", "[", 5000, "")), NULL, "deeper than any reader goes");
	refused(p, str_of(repeated("{\"zzz\":\"", "0123456789abcdef", 65536, "\"}")), NULL, "a megabyte");
}

static void spoil(struct world *w, const struct route *r)
{
	if (!sends_json(r))
		return;
	struct probe p = { w, r, world_path(w, r, &w->here, w->here.at[THE_COMMUNITY]),
		json_loads(world_body(w, r, &w->here), JSON_REJECT_DUPLICATES, NULL), { 0 } };
	if (!p.good)
		fail_msg("the good request of %s %s is no JSON", r->method, r->path);
	buf_init(&p.body, 4 << 20);
	forget_long_texts();
	struct str before = world_count(w);
	for (size_t i = 0; i < r->in->count; i++)
		spoil_field(&p, &r->in->fields[i]);
	spoil_whole(&p);
	if (!str_equal(before, world_count(w)))
		fail_msg("%s %s changed the store by wrong input", r->method, r->path);
	buf_free(&p.body);
	json_decref(p.good);
}

PROMISE(api_wrong_input, "whatever is wrong with an input is refused by name, and the store stays as it was")
{
	struct world w;
	world_open(&w, house);
	each_route(&w, spoil);
	arena_release(&long_texts);
	world_close(&w);
}

/* ---- Text that is no text to others ---- */

static const char *const nasty[] = {
	"'; DROP TABLE member;--", "<script>alert(1)</script>", "{{page}}", "行\xe2\x80\xa8隔\xe2\x80\xa9段", "👨‍👩‍👧‍👦🎉", "שלום \xe2\x80\xae" "abc",
	"\" onload=\"x\\", "%s%n%d $1 ?1 \\u0000", "&lt;b&gt; &amp;",
};

static bool holds_text(const json_t *value, const char *text)
{
	for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++)
		if (holds_text(json_array_get(value, i), text))
			return true;
	return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

static const struct field *field_named(const struct row *row, const char *name)
{
	for (size_t i = 0; row && i < row->count; i++)
		if (strcmp(row->fields[i].name, name) == 0)
			return &row->fields[i];
	return NULL;
}

static bool is_text_list(const struct field *f) { return f->kind == K_ROWS && f->limits.of == &row_text_item; }

/* Two fields share a name with another thing of the reply: a stage's note is the history's, the page's contact is the code's. */
static bool shows(const struct route *r, const struct field *f)
{
	return f && (f->kind == K_STR || is_text_list(f)) && strcmp(r->path, "/groups/{id}/stage") != 0 &&
	       strcmp(r->path, "/g/{slug}/wait") != 0;
}


/* Is it in the reply, in the field of the same name? */
static bool came_back(const struct route *r, const struct reply *got, const char *field, const char *text)
{
	json_t *j = json_loadb(got->body.at, got->body.len, 0, NULL);
	const json_t *items = json_object_get(j, "items");
	bool found = holds_text(json_object_get(j, field), text);
	for (size_t i = 0; r->output == OUT_PAGE && i < json_array_size(items); i++)
		found |= holds_text(json_object_get(json_array_get(items, i), field), text);
	json_decref(j);
	return found;
}

/* Told apart by a number at the end, because many names may exist only once. */
static void send_text(struct probe *p, const struct field *f, const char *text)
{
	char sent[400];
	const struct field *shown = field_named(p->r->out, f->name);
	size_t room = f->kind == K_STR && f->limits.max < 30 ? (size_t)f->limits.max - 4 : 20;
	struct str cut = utf8_cut(str_of(text), room);
	snprintf(sent, sizeof sent, "%.*s%d", STR(cut), (int)(p->w->n++ % 10000));
	BUF_SCOPED raw;
	buf_init(&raw, 4096);
	buf_z(&raw, is_text_list(f) ? "[" : "");
	buf_json(&raw, str_of(sent));
	buf_z(&raw, is_text_list(f) ? "]" : "");
	buf_byte(&raw, '\0');
	/* The good body again: names in it must be new ones. */
	json_decref(p->good);
	p->good = json_loads(world_body(p->w, p->r, &p->w->here), 0, NULL);
	struct reply got = world_ask(p->w, p->r, p->path, spoiled(p, f->name, raw.at));
	check_shape(p->r, &got);
	if (str_is(json_at(&got, "error.code"), "already_decided"))
		return;                                   /* a decision is taken once */
	if (got.status / 100 != 2)
		fail_msg("%s %s, %s = %s: %d %.*s", p->r->method, p->r->path, f->name, sent, got.status, STR(got.body));
	if (shows(p->r, shown) && !came_back(p->r, &got, f->name, sent))
		fail_msg("%s %s, %s = %s came back otherwise: %.*s", p->r->method, p->r->path, f->name, sent, STR(got.body));
}

static void send_nasty(struct world *w, const struct route *r)
{
	if (!sends_json(r) || !world_body_succeeds(r))
		return;
	const char *path = world_path(w, r, &w->here, w->here.at[THE_COMMUNITY]);
	struct probe p = { w, r, path, json_object(), { 0 } };
	struct reply good = world_ask(w, r, path, str_of(world_body(w, r, &w->here)));
	if (good.status / 100 != 2)
		fail_msg("%s %s: %d %.*s to the good request", r->method, r->path, good.status, STR(good.body));
	check_shape(r, &good);
	buf_init(&p.body, 1 << 20);
	for (size_t i = 0; i < r->in->count; i++) {
		const struct field *f = &r->in->fields[i];
		bool free_text = f->kind == K_STR && !f->limits.one_of && !f->limits.pattern && f->limits.max >= 8 &&
		                 strcmp(f->name, "timezone") != 0 && !strstr(f->help, "Key of");
		for (size_t k = 0; (free_text || is_text_list(f)) && k < sizeof nasty / sizeof *nasty; k++)
			send_text(&p, f, nasty[k]);
	}
	buf_free(&p.body);
	json_decref(p.good);
}

static void get_well(struct world *w, const struct route *r)
{
	if (!is_get(r) || is_stream(r) || r->raw)     /* raw: for a platform that signs what it asks */
		return;
	struct reply got = world_ask(w, r, world_path(w, r, &w->here, w->here.at[THE_COMMUNITY]), S(""));
	if (got.status != 200)
		fail_msg("GET %s: %d %.*s", r->path, got.status, STR(got.body));
	check_shape(r, &got);
	if (r->makes && strncmp(r->makes, "text/html", 9) == 0 && memmem(got.body.at, got.body.len, "<script>alert", 13))
		fail_msg("GET %s hands a script through", r->path);
}

PROMISE(api_nasty_text, "text that means something to SQL, HTML, JSON, printf or a terminal comes back as it was sent")
{
	struct world w;
	world_open(&w, house);
	each_route(&w, send_nasty);
	each_route(&w, get_well);
	world_close(&w);
}

/* ---- Numbers at the edge ---- */

/* Pictures and sheets do not look at times. */
static void get_json_well(struct world *w, const struct route *r)
{
	if (gives_json(r))
		get_well(w, r);
}

static void send_edges(struct world *w, const struct route *r)
{
	static const char *const edges[] = { "0", "1", "-1", "253402300800000", "-9223372036854775808", "9223372036854775807" };
	const size_t last = sizeof edges / sizeof *edges - 1, last_but_one = last - 1;
	if (!sends_json(r))
		return;
	for (size_t i = 0; i < r->in->count; i++) {
		const struct field *f = &r->in->fields[i];
		for (size_t k = 0; (f->kind == K_INSTANT || f->kind == K_INT) && k < sizeof edges / sizeof *edges; k++) {
			struct probe p = { w, r, world_path(w, r, &w->here, w->here.at[THE_COMMUNITY]),
				json_loads(world_body(w, r, &w->here), 0, NULL), { 0 } };
			buf_init(&p.body, 1 << 20);
			struct reply got = world_ask(w, r, p.path, spoiled(&p, f->name, edges[k]));
			if (got.status >= 500)
				fail_msg("%s %s, %s = %s: %d", r->method, r->path, f->name, edges[k], got.status);
			check_shape(r, &got);
			buf_free(&p.body);
			json_decref(p.good);
			if (got.status / 100 == 2 && (k == last_but_one || k == last))
				each_route(w, get_json_well);
		}
	}
}

PROMISE(api_edges, "the largest and smallest times and numbers are refused or kept, and every page still opens")
{
	struct world w;
	world_open(&w, house);
	each_route(&w, send_edges);
	world_close(&w);
}

/* ---- Hostile query strings ---- */

static void ask_query(struct world *w, const struct route *r, const char *query)
{
	const char *path = world_path(w, r, &w->here, w->here.at[THE_COMMUNITY]);
	struct str whole = str_format(&w->house->arena, "%s?%s", path, query);
	struct reply got = world_ask(w, r, str_z(&w->house->arena, whole), S(""));
	if (got.status >= 500 || got.status == 401 || got.status == 403)
		fail_msg("GET %s?%.60s: %d %.*s", r->path, query, got.status, STR(got.body));
	check_shape(r, &got);
}

/* Wrong for its field: refused by name. */
static void wrong_query(struct world *w, const struct route *r, const struct field *f, const char *value)
{
	const char *path = world_path(w, r, &w->here, w->here.at[THE_COMMUNITY]);
	struct str whole = str_format(&w->house->arena, "%s?%s=%s", path, f->name, value);
	struct reply got = world_ask(w, r, str_z(&w->house->arena, whole), S(""));
	if (got.status != 400 || !str_is(json_at(&got, "error.field"), f->name))
		fail_msg("GET %s?%s=%.60s: %d %.*s", r->path, f->name, value, got.status, STR(got.body));
}

static void spoil_query(struct world *w, const struct route *r, const struct field *f)
{
	char number[32];
	if (f->kind == K_STR && f->limits.one_of)
		wrong_query(w, r, f, "zzz");
	if (f->kind == K_STR && f->limits.max)
		wrong_query(w, r, f, repeated("", "a", (size_t)f->limits.max + 1, ""));
	if (f->kind == K_STR)
		wrong_query(w, r, f, "a%01b");
	if (f->kind == K_ID || f->kind == K_INT || f->kind == K_INSTANT) {
		wrong_query(w, r, f, "abc");
		wrong_query(w, r, f, "99999999999999999999");
	}
	if (f->kind == K_INT && f->limits.max && f->limits.max < INT64_MAX) {
		snprintf(number, sizeof number, "%lld", (long long)f->limits.max + 1);
		wrong_query(w, r, f, number);
	}
	if (f->kind == K_BOOL)
		wrong_query(w, r, f, "perhaps");
}

static void hostile_queries(struct world *w, const struct route *r)
{
	static const char *const general[] = {
		"utm_source=x&gclid=1", "%", "=&&==&", "q=%00", "q=%ff", "q=%27%3BDROP%20TABLE%20member%3B--", "q=%25%5F%5C!", "after=-1",
		"after=0", "after=1", "after=9223372036854775807", "limit=-1", "limit=0", "limit=1", "limit=1&limit=2", "after[]=1",
		"q=%E2%80%A8%F0%9F%8E%89", "from=9999-99-99&to=0000-00-00", "from=2026-11-30&to=2026-11-01", "from=0000-01-01&to=9999-12-31",
		"from=0001-01-01&to=0001-01-02", "state=%F0%9F%8E%89", "q=%22%3E%3Cscript%3E", "csrf=x", "size=0", "size=1", "margin=-1",
	};
	if (!is_get(r) || is_stream(r))
		return;
	forget_long_texts();
	for (size_t i = 0; i < sizeof general / sizeof *general; i++)
		ask_query(w, r, general[i]);
	ask_query(w, r, repeated("q=", "%F0%9F%8E%89", 400, ""));
	ask_query(w, r, repeated("a=1", "&a=1", 200, ""));
	for (size_t i = 0; r->in && i < r->in->count; i++)
		spoil_query(w, r, &r->in->fields[i]);
}

PROMISE(api_queries_of_strangers, "no query string upsets a page: what is wrong is named, what is unknown is passed over")
{
	struct world w;
	world_open(&w, house);
	each_route(&w, hostile_queries);
	arena_release(&long_texts);
	world_close(&w);
}
