/* bearer.c: a program asks, with an API token in its hand.
 *
 * Story      The shop's own system sends "Authorization: Bearer qt_…". The token is a word sealed by this server, so a made-up
 *            one is refused before the store is asked; whom a genuine one stands for, and how far it reaches, people/ knows
 *            (struct identity: bearer). A program has no page that could be tricked into sending: it needs no CSRF word, and
 *            a cookie that comes along is not looked at.
 * Scopes     A feature with `.api = "members"` opens its community routes to tokens: "members:read" its GETs, "members:write" the
 *            rest; neither includes the other. A feature without is closed to them, and so is whatever is not in a community.
 * Holds      A token never does what its maker may not do now, nor what they could not do when they made it. Routes of the
 *            public (callbacks of platforms, member pages) never look at the header.
 * Not here   Making, listing and revoking tokens (people/token); POSTs that are sent twice (once.c).
 * Test       people/token_test.c; test/routes_x_roles.h over the whole table of routes
 */
#include "http/inside.h"

#define PREFIX     "qt_"
#define SEAL_TEXT  8
#define A_MINUTE_MS (60 * SECOND)

/* ---- The word itself --------------------------------------------------------------------------- */

/* Eight letters that only this server can know, out of an alphabet that a double click takes whole. */
static void seal(const struct keys *keys, struct str body, char ret[SEAL_TEXT + 1])
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	char mac[MAC_TEXT + 1];
	mac_text(&keys->bearer, body, mac);
	for (int i = 0; i < SEAL_TEXT; i++)
		ret[i] = letters[(unsigned char)mac[i] % (sizeof letters - 1)];
	ret[SEAL_TEXT] = '\0';
}

static struct str unsealed(struct str token)
{
	return (struct str){ token.at, token.len - SEAL_TEXT };
}

void bearer_word(const struct keys *keys, char ret[BEARER_TEXT + 1])
{
	memcpy(ret, PREFIX, 3);
	secret_slug(ret + 3, BEARER_TEXT - 3 - SEAL_TEXT);
	seal(keys, (struct str){ ret, BEARER_TEXT - SEAL_TEXT }, ret + BEARER_TEXT - SEAL_TEXT);
}

static bool genuine(const struct keys *keys, struct str token)
{
	char expected[SEAL_TEXT + 1];
	if (token.len != BEARER_TEXT || !str_starts(token, S(PREFIX)))
		return false;
	seal(keys, unsealed(token), expected);
	return memcmp(token.at + BEARER_TEXT - SEAL_TEXT, expected, SEAL_TEXT) == 0;
}

struct str bearer_hash(struct str token, struct arena *arena)
{
	char hash[HASH_TEXT + 1];
	hash_text((struct blob){ token.at, token.len }, hash);
	return str_copy(arena, str_of(hash));
}

struct str rq_bearer_make(struct request *rq, struct str *ret_hash)
{
	char word[BEARER_TEXT + 1];
	bearer_word(&connection_of(rq)->server->keys, word);
	*ret_hash = bearer_hash(str_of(word), rq->arena);
	return str_copy(rq->arena, str_of(word));
}

/* ---- At the headers ----------------------------------------------------------------------------- */

/* Other schemes are a proxy's business. */
static bool bearer_sent(struct str header, struct str *ret)
{
	struct str rest = header, scheme = str_cut(&rest, ' ');
	*ret = str_trim(rest);
	return str_equal_fold(scheme, S("Bearer"));
}

int bearer_read(struct connection *c)
{
	struct server *s = c->server;
	struct str word;
	if (c->route->role < ROLE_ACCOUNT || !bearer_sent(c->heads.authorization, &word))
		return 0;
	c->by_program = true;
	c->token = (struct str){ 0 };                   /* whoever shows a token is nobody else */
	if (!genuine(&s->keys, word))
		return E_TOKEN_UNKNOWN;
	c->bearer_hash = bearer_hash(word, &c->arena);
	int64_t wait = limits_wait(s->limits, c->bearer_hash, s->api_per_minute, A_MINUTE_MS, clock_steady());
	if (wait == 0)
		return 0;
	c->retry_after_s = (wait + SECOND - 1) / SECOND;
	return E_RATE_LIMITED;
}

/* ---- In the transaction -------------------------------------------------------------------------- */

int bearer_recognise(struct connection *c)
{
	struct request *rq = &c->rq;
	enum lang lang;
	if (!c->server->identity->bearer)
		return E_TOKEN_UNKNOWN;
	int r = c->server->identity->bearer(rq->tx, c->bearer_hash, &c->bearer);
	if (r >= 0)
		r = c->server->identity->account(rq->tx, c->bearer.account, &lang);
	if (r < 0)
		return r == E_NOT_FOUND ? E_TOKEN_REVOKED : r;
	rq->token = c->bearer.token;
	rq->account = c->bearer.account;
	if (!c->bearer.stale)
		return 0;
	if (c->phase == PHASE_HANDLE && c->lane)
		return c->server->identity->bearer_used(rq->tx, rq->token, rq->address);
	c->touch = true;
	return 0;
}

bool route_open_to_tokens(const struct feature *f, const struct route *r)
{
	return f->api && route_in_community(r);
}

static bool holds_scope(const struct bearer *b, struct str scope)
{
	const struct text_item *held = b->scopes.at;
	for (size_t i = 0; i < b->scopes.count; i++)
		if (str_equal(held[i].item, scope))
			return true;
	return false;
}

static int check_scope(struct connection *c)
{
	const char *area = c->match.compiled->api;
	if (!area)
		return E_NOT_FOR_TOKENS;
	struct str scope = str_format(&c->arena, "%s:%s", area, strcmp(c->route->method, "GET") == 0 ? "read" : "write");
	if (holds_scope(&c->bearer, scope))
		return 0;
	c->rq.complaint = (struct complaint){ E_SCOPE_MISSING, S(""), scope };
	return E_SCOPE_MISSING;
}

/* Lists that only admins see do not ask which groups: who sees some groups is an operator at most. */
int bearer_narrow(struct connection *c, struct standing *s)
{
	const struct bearer *b = &c->bearer;
	if (b->community.n != c->rq.community.n)
		return E_NOT_FOUND;
	if (s->role < ROLE_READER)
		return E_TOKEN_REVOKED;
	if (b->only.n && s->only.n && b->beyond)
		return E_FORBIDDEN;
	if (b->only.n)
		s->only = b->only;
	if (b->role < s->role)
		s->role = b->role;
	if (s->only.n && s->role > ROLE_OPERATOR)
		s->role = ROLE_OPERATOR;
	return check_scope(c);
}

/* ---- Which scopes there are ------------------------------------------------------------------------ */

static bool opens(const struct feature *f, bool writes)
{
	for (const struct route *r = f->routes; r && r->method; r++)
		if (route_in_community(r) && (strcmp(r->method, "GET") != 0) == writes)
			return true;
	return false;
}

static bool in_list(const struct text_item *list, size_t count, struct str scope)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(list[i].item, scope))
			return true;
	return false;
}

struct rows scopes_of(const struct feature *const *features, struct arena *arena)
{
	struct text_item *list = arena_take_array(arena, SCOPES_MOST, sizeof *list);
	size_t count = 0;
	for (; list && *features; features++)
		for (int writes = 0; (*features)->api && writes < 2; writes++) {
			struct str scope = str_format(arena, "%s:%s", (*features)->api, writes ? "write" : "read");
			if (count < SCOPES_MOST && opens(*features, writes) && !in_list(list, count, scope))
				list[count++].item = scope;
		}
	return (struct rows){ list, count };
}
