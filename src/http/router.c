/* router.c: from method and path to one route.
 *
 * Story      At start every pattern is split once and laid into a bucket by method and first literal word; a match is
 *            then one hash and a handful of compares. Routes with fewer holes come first, so /groups/new wins over
 *            /groups/{name}.
 * Holds      Two routes that could both match one request with equal right are refused at start, and so are roles that
 *            do not go with their path (nobody is an operator outside a community).
 * Test       router_test.c
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "http/inside.h"

static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };

enum method method_of(struct str text)
{
	for (int m = GET; m < OTHER; m++)
		if (str_is(text, methods[m]))
			return (enum method)m;
	return OTHER;
}

/* ---- Roles ---------------------------------------------------------------------------------- */

static const char *const roles[] = {
	[ROLE_PUBLIC] = "public", [ROLE_VISITOR] = "visitor", [ROLE_ACCOUNT] = "account", [ROLE_READER] = "reader",
	[ROLE_HOST] = "host", [ROLE_REVIEWER] = "reviewer", [ROLE_OPERATOR] = "operator", [ROLE_ADMIN] = "admin",
	[ROLE_OWNER] = "owner",
};

const char *role_word(enum role role)
{
	return roles[role];
}

enum role role_of_word(struct str word)
{
	for (enum role role = ROLE_READER; role <= ROLE_OWNER; role++)
		if (str_is(word, roles[role]))
			return role;
	return ROLE_ACCOUNT;
}

bool route_allows(const struct route *route, enum role role)
{
	return role >= route->role || (route->also & ALSO(role));
}

/* ---- Paths ---------------------------------------------------------------------------------- */

bool route_in_community(const struct route *route)
{
	struct str path = str_of(route->path), rest = path;
	if (rest.len == 0)
		return false;
	rest.at++, rest.len--;
	struct str first = str_cut(&rest, '/');
	return !str_among(first, "api " PEOPLES_PATHS);
}

void route_path(struct buf *b, const struct route *route)
{
	if (route_in_community(route))
		buf_str(b, S("/api/c/{community}"));
	buf_z(b, route->path);
}

/* ---- Compile --------------------------------------------------------------------------------- */

static bool segment_make(struct segment *ret, struct str text)
{
	struct segment s = { .text = text, .kind = LITERAL };
	if (text.len == 0)
		return false;
	if (text.at[0] == '{') {
		if (text.len < 3 || text.at[text.len - 1] != '}')
			return false;
		s.kind = str_equal(text, S("{id}")) ? NUMBER : str_equal(text, S("{community}")) ? COMMUNITY : WORD;
	}
	*ret = s;
	return true;
}

/* Splits "/a/{b}" into segments; false when the pattern is none. */
static bool pattern_split(struct compiled *c, struct str path)
{
	if (path.len == 0 || path.at[0] != '/')
		return false;
	int holes = 0;
	while (path.len > 0) {
		path.at++, path.len--;                          /* the slash */
		size_t len = 0;
		while (len < path.len && path.at[len] != '/')
			len++;
		if (c->count == SEGMENTS_MAX || !segment_make(&c->segments[c->count], (struct str){ path.at, len }))
			return false;
		holes += c->segments[c->count].kind == NUMBER || c->segments[c->count].kind == WORD;
		c->count++;
		path.at += len, path.len -= len;
	}
	return holes <= 1;
}

static size_t bucket_of(enum method method, struct str word)
{
	uint32_t h = 2166136261u ^ (uint32_t)method;
	for (size_t i = 0; i < word.len; i++)
		h = (h ^ (unsigned char)word.at[i]) * 16777619u;
	return (h ^ h >> 15) % BUCKETS;
}

/* The word that spreads routes best: behind /api/c/{community}/, behind /api/, or the first. */
static const struct segment *key_segment(const struct segment *s, size_t count)
{
	if (count > 1 && str_equal(s[0].text, S("api")))
		return &s[count > 3 && str_equal(s[1].text, S("c")) ? 3 : 1];
	return &s[0];
}

static int holes(const struct compiled *c)
{
	int n = 0;
	for (size_t i = 0; i < c->count; i++)
		n += c->segments[i].kind != LITERAL;
	return n;
}

static bool clash(const struct compiled *a, const struct compiled *b)
{
	if (a->method != b->method || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->segments[i].kind != b->segments[i].kind ||
		    (a->segments[i].kind == LITERAL && !str_equal(a->segments[i].text, b->segments[i].text)))
			return false;
	return true;
}

/* NULL, or what is wrong with the declaration. */
static const char *route_lint(const struct compiled *c)
{
	const struct route *r = c->route;
	if (c->method == OTHER || c->method == HEAD)
		return "the method is not one of GET POST PUT PATCH DELETE";
	if (key_segment(c->segments, c->count)->kind != LITERAL)
		return "the path must begin with a word, not a hole";
	if (!r->handle || !r->help)
		return "handler or help is missing";
	if (c->in_community != (r->role >= ROLE_READER))
		return "roles from READER up belong to community routes, and only to them";
	if (r->role == ROLE_HOST || r->role == ROLE_REVIEWER || (r->also & ~(ALSO(ROLE_HOST) | ALSO(ROLE_REVIEWER))))
		return "host and reviewer stand aside of the ladder: name them in `also`, and only them";
	if (r->output != OUT_NONE && !r->out && !(r->output == OUT_BODY && r->makes))
		return "the output is not described";
	if (r->body_max < 0 || r->body_max > BODY_MOST)
		return "body_max is out of range";
	return r->in ? row_lint(r->in, true) : NULL;
}

static const char *insert(struct router *router, struct compiled *c)
{
	struct compiled **at = &router->buckets[bucket_of(c->method, key_segment(c->segments, c->count)->text)];
	for (; *at; at = &(*at)->next) {
		if (clash(*at, c))
			return "another route has the same method and path";
		if (holes(*at) > holes(c))
			break;
	}
	for (struct compiled *later = *at; later; later = later->next)
		if (clash(later, c))
			return "another route has the same method and path";
	c->next = *at;
	*at = c;
	return NULL;
}

static const char *compile(struct router *router, struct compiled *c, const struct feature *feature, const struct route *route)
{
	*c = (struct compiled){ .route = route, .method = method_of(str_of(route->method)), .api = feature->api };
	c->in_community = route_in_community(route);
	if ((c->in_community && !pattern_split(c, S("/api/c/{community}"))) || !pattern_split(c, str_of(route->path)))
		return "the path is not a pattern";
	const char *why = route_lint(c);
	return why ? why : insert(router, c);
}

static size_t count_routes(const struct feature *const *features)
{
	size_t n = 0;
	for (; *features; features++)
		for (const struct route *r = (*features)->routes; r && r->method; r++)
			n++;
	return n;
}

int router_make(struct router *ret, const struct feature *const *features, struct arena *arena, struct str *ret_why)
{
	struct router router = { .all = mem_take((count_routes(features) + 1) * sizeof *router.all) };
	if (!router.all)
		return E_MEMORY;
	for (; *features; features++)
		for (const struct route *r = (*features)->routes; r && r->method; r++) {
			const char *why = compile(&router, &router.all[router.count++], *features, r);
			if (!why)
				continue;
			*ret_why = str_format(arena, "feature %s, route %s %s: %s", (*features)->name, r->method, r->path, why);
			router_free(&router);
			return E_INVALID;
		}
	*ret = router;
	return 0;
}

void router_free(struct router *router)
{
	mem_give(router->all);
	*router = (struct router){ .all = NULL };
}

/* ---- Match ----------------------------------------------------------------------------------- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* %E7%BE%A4 → 群. Empty with E_UTF8 for bad escapes, NUL, control characters, and what is not UTF-8. */
static int decode(struct str raw, struct arena *arena, struct str *ret)
{
	char *text = NULL;
	size_t len = 0;
	if (memchr(raw.at, '%', raw.len) && !(text = arena_take(arena, raw.len)))
		return E_MEMORY;
	for (size_t i = 0; i < raw.len; i++) {
		unsigned char c = (unsigned char)raw.at[i];
		if (c == '%') {
			if (i + 2 >= raw.len || hex(raw.at[i + 1]) < 0 || hex(raw.at[i + 2]) < 0)
				return E_UTF8;
			c = (unsigned char)(hex(raw.at[i + 1]) << 4 | hex(raw.at[i + 2]));
			i += 2;
		}
		if (c < ' ' || c == 127)
			return E_UTF8;
		if (text)
			text[len++] = (char)c;
	}
	struct str decoded = text ? (struct str){ text, len } : raw;
	if (!utf8_valid(decoded))
		return E_UTF8;
	*ret = decoded;
	return 0;
}

/* The words between the slashes; E_NOT_FOUND for empty ones, dots, or too many. */
static int path_split(struct str path, struct arena *arena, struct segment ret[SEGMENTS_MAX], size_t *ret_count)
{
	size_t count = 0;
	if (path.len == 0 || path.at[0] != '/')
		return E_NOT_FOUND;
	while (path.len > 0) {
		path.at++, path.len--;
		size_t len = 0;
		while (len < path.len && path.at[len] != '/')
			len++;
		struct str word = { path.at, len };
		path.at += len, path.len -= len;
		if (count == SEGMENTS_MAX)
			return E_NOT_FOUND;
		int r = len == 0 ? E_NOT_FOUND : decode(word, arena, &ret[count].text);
		if (r < 0)
			return r;
		if (str_equal(ret[count].text, S(".")) || str_equal(ret[count].text, S("..")))
			return E_NOT_FOUND;
		count++;
	}
	*ret_count = count;
	return 0;
}

/* Digits only, no leading zero, above 0: one id has one address. */
static bool id_parse(struct str text, struct id *ret)
{
	int64_t n;
	if (text.len == 0 || text.at[0] < '1' || text.at[0] > '9' || !str_to_int(text, &n))
		return false;
	ret->n = n;
	return true;
}

static bool fits(const struct compiled *c, const struct segment *words, size_t count, struct match *m)
{
	if (c->count != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct str word = words[i].text;
		switch (c->segments[i].kind) {
		case LITERAL:   if (!str_equal(c->segments[i].text, word)) return false; break;
		case COMMUNITY: if (!id_parse(word, &m->community)) return false; break;
		case NUMBER:    if (!id_parse(word, &m->path_id)) return false; break;
		case WORD:      m->path_text = word; break;
		}
	}
	return true;
}

static bool find(const struct router *router, enum method method, const struct segment *words, size_t count,
                 struct match *ret)
{
	const struct compiled *c = router->buckets[bucket_of(method, key_segment(words, count)->text)];
	for (; c; c = c->next) {
		struct match m = { .compiled = c };
		if (c->method == method && fits(c, words, count, &m)) {
			*ret = m;
			return true;
		}
	}
	return false;
}

/* "GET, HEAD, POST": what the path does know. Empty: nothing. */
static void allowed(const struct router *router, const struct segment *words, size_t count, char allow[40])
{
	struct match m;
	size_t len = 0;
	for (enum method known = GET; known < OTHER; known++)
		if (find(router, known == HEAD ? GET : known, words, count, &m))
			len += (size_t)snprintf(allow + len, 40 - len, "%s%s", len ? ", " : "", methods[known]);
}

int router_match(const struct router *router, enum method method, struct str path, struct arena *arena,
                 struct match *ret)
{
	struct segment words[SEGMENTS_MAX];
	size_t count = 0;
	int r = path_split(path, arena, words, &count);
	if (r < 0)
		return r;
	if (method != OTHER && find(router, method == HEAD ? GET : method, words, count, ret))
		return 0;
	struct match m = { .compiled = NULL };
	allowed(router, words, count, m.allow);
	*ret = m;
	return m.allow[0] ? E_METHOD : E_NOT_FOUND;
}
