/* token.c: API tokens: a program of the community's own may read and do what its scopes name.
 *
 * Story      The shop's developer needs to write new customers in and to read groups, no more. The owner makes a token with these
 *            two scopes, for ninety days, sees it once, and passes it on. In the list it stands with its first letters, its
 *            last use and from where. In spring the developer changes: one click, and the program's next request, to
 *            whichever server, is answered 401.
 * Not here   How a request shows a token and what its scopes open (http/bearer.c), which groups an account sees (staff).
 * Owns       api_token; of staff_group the rows under a token's own number.
 * Holds      A token is kept as a hash, and looked up in the store by every request: revoked, expired or without its maker is at
 *            once. It acts as its maker, with no more than the maker had then or has now. No token makes or revokes tokens.
 * Test       token_test.c; test/api_test.c and test/limited_test.c over every route
 */
#include "people/token.h"

#include "base/buf.h"
#include "people/audit.h"
#include "people/staff.h"

#define TOKENS_MOST  50                           /* that work, of one community */
#define DAYS_MOST    3650
#define PREFIX_TEXT  9                            /* "qt_" and six letters */
#define USED_STEP    MINUTE

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW_AS(scope_word, text_item, FIELD(text_item, item, "A scope", .min = 6, .max = 40, .pattern = "[a-z]+:(read|write)"));

struct token_draft { struct str name; struct rows scopes; bool only_groups; struct rows groups; int64_t days; };

ROW(token_draft,
	FIELD(token_draft, name,        "What it is for", .min = 1, .max = 40),
	FIELD(token_draft, scopes,      "What it may do: groups:read, members:write …", .of = &row_scope_word, .min = 1, .max = SCOPES_MOST),
	FIELD(token_draft, only_groups, "Only in the groups named here; it then does no more than an operator", .optional = true),
	FIELD(token_draft, groups,      "The groups", .of = &row_id_item, .max = GROUPS_MOST, .optional = true),
	FIELD(token_draft, days,        "Good for so many days; 0: until it is revoked", .min = 0, .max = DAYS_MOST));

struct token_made { struct id id; struct str token; struct instant expires_at; };

ROW(token_made,
	FIELD(token_made, id,         "Token"),
	FIELD(token_made, token,      "Put it into your program now; it is not shown again"),
	FIELD(token_made, expires_at, "Good until", .optional = true));

struct token_line {
	struct id      id;
	struct str     name, prefix;
	struct rows    scopes;
	bool           only_groups;
	struct rows    groups;
	struct str     role, made_by;
	struct instant created_at, expires_at, used_at;
	struct str     used_from;
	struct instant revoked_at;
	struct str     state;
};

ROW(token_line,
	FIELD(token_line, id,          "Token"),
	FIELD(token_line, name,        "What it is for"),
	FIELD(token_line, prefix,      "Its first letters"),
	FIELD(token_line, scopes,      "What it may do", .of = &row_text_item, .max = SCOPES_MOST),
	FIELD(token_line, only_groups, "Only in the groups named here"),
	FIELD(token_line, groups,      "Which", .of = &row_id_item, .max = GROUPS_MOST),
	FIELD(token_line, role,        "What its maker was then: it is never more", .one_of = ROLES),
	FIELD(token_line, made_by,     "Shown name of who made it"),
	FIELD(token_line, created_at,  "When"),
	FIELD(token_line, expires_at,  "Good until; null: until it is revoked", .optional = true),
	FIELD(token_line, used_at,     "Last use, to the minute", .optional = true),
	FIELD(token_line, used_from,   "… from which address"),
	FIELD(token_line, revoked_at,  "When it was revoked", .optional = true),
	FIELD(token_line, state,       "Now; alone: its maker no longer works here", .one_of = "active expired revoked alone"));

struct scope_line { struct str scope, area; bool writes; int64_t routes; };

ROW(scope_line,
	FIELD(scope_line, scope,  "groups:read"),
	FIELD(scope_line, area,   "Its part of the product"),
	FIELD(scope_line, writes, "It changes things"),
	FIELD(scope_line, routes, "How many routes it opens"));

/* For the log. */
struct pass_facts { struct rows scopes; bool only_groups; int64_t groups, days; };

ROW(pass_facts,
	FIELD(pass_facts, scopes,      "What it may do", .of = &row_text_item, .max = SCOPES_MOST),
	FIELD(pass_facts, only_groups, "Only in some groups"),
	FIELD(pass_facts, groups,      "How many"),
	FIELD(pass_facts, days,        "Good for so many days"));

struct found {
	struct id      id, community_id, made_by;
	struct str     role;
	struct rows    scopes;
	bool           only_groups, beyond;
	struct instant expires_at, used_at, revoked_at;
};

ROW(found,
	FIELD(found, id,           "Token"),
	FIELD(found, community_id, "Community"),
	FIELD(found, made_by,      "Its maker"),
	FIELD(found, role,         "Role"),
	FIELD(found, scopes,       "Scopes", .of = &row_text_item, .max = SCOPES_MOST),
	FIELD(found, only_groups,  "Only its own groups"),
	FIELD(found, beyond,       "One of which its maker is not given"),
	FIELD(found, expires_at,   "Good until"),
	FIELD(found, used_at,      "Last use"),
	FIELD(found, revoked_at,   "Revoked"));

struct tally { int64_t n; };

ROW(tally, FIELD(tally, n, "How many"));

/* ---- Rules ---------------------------------------------------------------------------------------- */

/* 0, or why it opens nothing now. Revoked counts first: it was meant. */
static int usable(const struct found *f, struct instant now)
{
	if (f->revoked_at.ms)
		return E_TOKEN_REVOKED;
	return f->expires_at.ms && f->expires_at.ms <= now.ms ? E_TOKEN_EXPIRED : 0;
}

static bool is_scope(struct str word, struct rows all)
{
	const struct text_item *scope = all.at;
	for (size_t i = 0; i < all.count; i++)
		if (str_equal(scope[i].item, word))
			return true;
	return false;
}

/* ---- What the router asks -------------------------------------------------------------------------------- */

static QUERY(token_by_hash, READS, &row_found, TAKES(K_STR),
	"SELECT t.id, t.community_id, t.made_by, t.role, t.scopes, t.only_groups,"
	" t.only_groups AND EXISTS (SELECT 1 FROM staff_group g WHERE g.community_id = t.community_id AND g.account_id = t.id"
	"  AND NOT EXISTS (SELECT 1 FROM staff_group m WHERE m.community_id = t.community_id AND m.account_id = t.made_by"
	"   AND m.group_id = g.group_id)) AS beyond,"
	" t.expires_at, t.used_at, t.revoked_at FROM api_token t WHERE t.hash = ?1");

int token_bearer(struct tx *tx, struct str hash, struct bearer *ret)
{
	struct found f;
	int r = tx_one(tx, &token_by_hash, &f, V(hash));
	if (r < 0)
		return r == E_NOT_FOUND ? E_TOKEN_UNKNOWN : r;
	*ret = (struct bearer){
		.token = f.id, .account = f.made_by, .community = f.community_id, .role = role_of_word(f.role), .scopes = f.scopes,
		.only = f.only_groups ? f.id : (struct id){ 0 }, .beyond = f.beyond, .stale = tx_now(tx).ms - f.used_at.ms >= USED_STEP,
	};
	return usable(&f, tx_now(tx));
}

static QUERY(token_see, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_STR, K_INSTANT),
	"UPDATE api_token SET used_at = ?2, used_from = ?3 WHERE id = ?1 AND used_at <= ?4");

int token_used(struct tx *tx, struct id token, struct str address)
{
	struct instant now = tx_now(tx), before = { now.ms - USED_STEP };
	int r = tx_run(tx, &token_see, V(token), V(now), V(address), V(before));
	return r < 0 ? r : 0;
}

/* ---- Making ---------------------------------------------------------------------------------------------- */

static QUERY(tokens_working, READS, &row_tally, TAKES(K_ID, K_INSTANT),
	"SELECT count(*) AS n FROM api_token WHERE community_id = ?1 AND revoked_at = 0 AND (expires_at = 0 OR expires_at > ?2)");

static QUERY(token_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_BOOL, K_STR, K_ID, K_INSTANT, K_INSTANT),
	"INSERT INTO api_token (community_id, id, hash, prefix, name, scopes, only_groups, role, made_by, created_at, expires_at,"
	" used_at, used_from, revoked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, '', 0)");

static int check_draft(struct request *rq, const struct token_draft *d)
{
	const struct text_item *scope = d->scopes.at;
	struct rows all = scopes_of(rq_features(rq), rq->arena);
	struct tally working;
	for (size_t i = 0; i < d->scopes.count; i++)
		if (!is_scope(scope[i].item, all))
			return rq_complain(rq, E_NOT_ONE_OF, S("scopes"));
	if (d->only_groups && !d->groups.count)
		return rq_complain(rq, E_MISSING_FIELD, S("groups"));
	int r = tx_one(rq->tx, &tokens_working, &working, V(rq->community), V(tx_now(rq->tx)));
	return r < 0 ? r : working.n >= TOKENS_MOST ? E_TOO_MANY : 0;
}

static int give_groups(struct request *rq, struct id token, struct rows groups)
{
	const struct id_item *group = groups.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < groups.count; i++)
		r = staff_gain_group(rq->tx, rq->community, token, group[i].item);
	return r == E_NOT_FOUND ? rq_complain(rq, r, S("groups")) : r;
}

static struct str scopes_text(struct request *rq, struct rows scopes)
{
	BUF_SCOPED b;
	buf_init(&b, 16 * 1024);
	rows_write_json(&b, &row_text_item, scopes);
	return str_copy(rq->arena, buf_view(&b));
}

static int post_token(struct request *rq, const void *in, void *out)
{
	const struct token_draft *d = in;
	struct token_made *made = out;
	struct instant now = tx_now(rq->tx), until = { d->days ? now.ms + d->days * DAY : 0 };
	struct str hash, scopes = scopes_text(rq, d->scopes);
	int r = check_draft(rq, d);
	if (r < 0)
		return r;
	*made = (struct token_made){ tx_new_id(rq->tx), rq_bearer_make(rq, &hash), until };
	struct str prefix = { made->token.at, made->token.len < PREFIX_TEXT ? made->token.len : PREFIX_TEXT };
	r = tx_run(rq->tx, &token_insert, V(rq->community), V(made->id), V(hash), V(prefix), V(d->name), V(scopes), V(d->only_groups),
	           V(str_of(role_word(rq->role))), V(rq->account), V(now), V(until));
	if (r < 0 || (d->only_groups && (r = give_groups(rq, made->id, d->groups)) < 0))
		return r;
	struct pass_facts facts = { d->scopes, d->only_groups, d->only_groups ? (int64_t)d->groups.count : 0, d->days };
	return audit_change(rq, "token_made", made->id, d->name, &row_pass_facts, NULL, &facts);
}

/* ---- The list, and the end --------------------------------------------------------------------------------- */

#define LINE \
	"SELECT t.id, t.name, t.prefix, t.scopes, t.only_groups,"
#define LINE_FROM \
	" AS groups, t.role, COALESCE(a.display, '') AS made_by, t.created_at, t.expires_at, t.used_at, t.used_from, t.revoked_at," \
	" CASE WHEN t.revoked_at > 0 THEN 'revoked' WHEN t.expires_at > 0 AND t.expires_at <= ?2 THEN 'expired'" \
	" WHEN a.id IS NULL OR a.disabled_at > 0 OR NOT EXISTS (SELECT 1 FROM staff s WHERE s.community_id = t.community_id" \
	"  AND s.account_id = t.made_by AND s.disabled_at = 0) THEN 'alone' ELSE 'active' END AS state" \
	" FROM api_token t LEFT JOIN account a ON a.id = t.made_by WHERE t.community_id = ?1 ORDER BY t.id DESC LIMIT 200"
#define ITS_GROUPS " FROM staff_group g WHERE g.community_id = t.community_id AND g.account_id = t.id)"

static QUERY(tokens_newest, READS, &row_token_line, TAKES(K_ID, K_INSTANT),
	LINE " (SELECT json_group_array(CAST(g.group_id AS TEXT))" ITS_GROUPS LINE_FROM,
	.pg = LINE " (SELECT COALESCE(json_agg(CAST(g.group_id AS TEXT) ORDER BY g.group_id)::text, '[]')" ITS_GROUPS LINE_FROM);

static int get_tokens(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &tokens_newest, &page->rows, V(rq->community), V(tx_now(rq->tx)));
	page->total = -1;
	return r < 0 ? r : 0;
}

static struct scope_line scope_line(struct request *rq, struct str scope)
{
	struct str rest = scope, area = str_cut(&rest, ':');
	struct scope_line line = { scope, area, str_is(rest, "write"), 0 };
	for (const struct feature *const *f = rq_features(rq); *f; f++)
		for (const struct route *r = (*f)->routes; (*f)->api && str_is(area, (*f)->api) && r && r->method; r++)
			line.routes += r->role >= ROLE_READER && (strcmp(r->method, "GET") != 0) == line.writes;
	return line;
}

static int get_scopes(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct rows all = scopes_of(rq_features(rq), rq->arena);
	const struct text_item *scope = all.at;
	struct scope_line *lines = arena_take_array(rq->arena, all.count, sizeof *lines);
	(void)in;
	if (all.count && !lines)
		return E_MEMORY;
	for (size_t i = 0; i < all.count; i++)
		lines[i] = scope_line(rq, scope[i].item);
	page->rows = (struct rows){ lines, all.count };
	page->total = (int64_t)all.count;
	return 0;
}

struct named { struct str name; };

ROW(named, FIELD(named, name, "Its name"));

static QUERY(token_name, READS, &row_named, TAKES(K_ID, K_ID), "SELECT name FROM api_token WHERE community_id = ?1 AND id = ?2");

static QUERY(token_revoke, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE api_token SET revoked_at = ?3 WHERE community_id = ?1 AND id = ?2 AND revoked_at = 0");

/* Again is no mistake: it is revoked. */
static int delete_token(struct request *rq, const void *in, void *out)
{
	struct named token;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &token_name, &token, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = tx_run(rq->tx, &token_revoke, V(rq->community), V(rq->path_id), V(tx_now(rq->tx)))) <= 0)
		return r;
	return audit_note(rq, "token_revoked", rq->path_id, token.name);
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/tokens",        ROLE_ADMIN, get_tokens,   NULL, &row_token_line, "API tokens, newest first", OUT_PAGE },
	{ "GET",    "/tokens/scopes", ROLE_ADMIN, get_scopes,   NULL, &row_scope_line, "What a token may be allowed to do", OUT_PAGE },
	{ "POST",   "/tokens",        ROLE_ADMIN, post_token,   &row_token_draft, &row_token_made, "Make an API token; it is shown once" },
	{ "DELETE", "/tokens/{id}",   ROLE_ADMIN, delete_token, NULL, NULL, "Revoke a token, for good", OUT_NONE, .closed_too = true },
	{ 0 },
};

static const struct query *const queries[] = {
	&token_by_hash, &token_see, &tokens_working, &token_insert, &tokens_newest, &token_name, &token_revoke, NULL,
};

const struct feature feature_token = { .name = "token", .routes = routes, .queries = queries };
