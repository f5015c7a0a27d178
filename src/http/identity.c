/* identity.c: who asks, and may they; the first thing inside every transaction.
 *
 * Story      Not signed in is 401. A community one has no part in does not exist: 404. A role too low is 403. A write
 *            without the page's word is 403 csrf. Only then is the input looked at: what is wrong with it is nobody
 *            else's business.
 *            With an API token, what its maker may is narrowed to what the token may (bearer.c).
 * Holds      Everything here is asked of the store in the transaction that acts on it, and again in the write after a
 *            `ready`: a session that ended in between changes nothing any more.
 * Test       server_test.c, and test/routes_x_roles.h over the whole table of routes
 */
#include "http/inside.h"
#include "http/queries.h"

/* Slide the session's end, at most once an hour; a read leaves it to a small write of its own (life.c). */
static int keep_alive(struct connection *c, const struct session *s)
{
	if (!session_stale(s, tx_now(c->rq.tx)))
		return 0;
	c->set_session = (struct str){ c->token.at, COOKIE_TEXT };
	if (c->phase == PHASE_HANDLE && c->lane)
		return session_touch(c->rq.tx, s->id);
	c->touch = true;
	return 0;
}

/* Fills session, account and lang when the cookie still stands for somebody. */
static int recognise(struct connection *c)
{
	struct request *rq = &c->rq;
	struct session s;
	enum lang lang;
	if (c->by_program)
		return bearer_recognise(c);
	if (c->token.len == 0)
		return 0;
	int r = session_find(rq->tx, c->token, &s);
	if (r >= 0)
		r = c->server->identity->account(rq->tx, s.account, &lang);
	if (r == E_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	rq->session = s.id;
	rq->account = s.account;
	rq->lang = lang;
	return keep_alive(c, &s);
}

static int check_role(struct connection *c)
{
	struct request *rq = &c->rq;
	rq->role = rq->account.n ? ROLE_ACCOUNT : ROLE_PUBLIC;
	if (c->route->role >= ROLE_ACCOUNT && !rq->account.n)
		return E_SIGN_IN;
	if (!c->match.compiled->in_community)
		return c->by_program ? E_NOT_FOR_TOKENS : 0;
	struct standing standing;
	int r = c->server->identity->standing(rq->tx, rq->account, rq->community, &standing);
	if (r >= 0 && c->by_program)
		r = bearer_narrow(c, &standing);
	if (r < 0)
		return r;
	rq->role = standing.role;
	rq->only = standing.only;
	if (rq->role < ROLE_READER)
		return E_NOT_FOUND;
	if (standing.refused || !route_allows(c->route, rq->role))
		return standing.refused ? standing.refused : E_FORBIDDEN;
	bool looks = c->method == GET || c->method == HEAD || c->route->closed_too;
	return looks || !c->server->identity->changeable ? 0 : c->server->identity->changeable(rq->tx, rq->community);
}

/* Is it theirs, what they ask for or would change? A route that does not say is closed to them; only a list may be silent,
 * for it filters by rq->only. */
static int check_limits(struct connection *c)
{
	struct request *rq = &c->rq;
	bool list = c->method <= HEAD && !rq->path_id.n && !rq->path_text.len;
	if (!rq->only.n || !c->match.compiled->in_community || list)
		return 0;
	return c->route->sees ? c->route->sees(rq) : E_FORBIDDEN;
}

int sees_all(struct request *rq)
{
	(void)rq;
	return 0;
}

/* A write has the store's own ids at hand; in a read, 63 random bits are as good a name. */
static struct id new_visitor(struct connection *c)
{
	if (c->lane && c->phase == PHASE_HANDLE)
		return tx_new_id(c->rq.tx);
	uint64_t n;
	secret_random(&n, sizeof n);
	return (struct id){ (int64_t)(n >> 1 | 1) };
}

static void check_visitor(struct connection *c)
{
	struct request *rq = &c->rq;
	rq->visitor = c->visitor_known;
	rq->visitor_is_new = rq->visitor.n == 0;
	if (!rq->visitor_is_new)
		return;
	if (c->visitor_made.n == 0)                     /* `ready` and `handle` meet the same person */
		c->visitor_made = new_visitor(c);
	rq->visitor = c->visitor_made;
	c->set_visitor = visitor_cookie(&c->server->keys, rq->visitor, rq->arena);
}

void rq_renew_visitor(struct request *rq)
{
	struct connection *c = connection_of(rq);
	if (!c)
		return;
	rq->visitor = new_visitor(c);
	rq->visitor_is_new = true;
	rq->csrf = (struct str){ 0 };
	c->set_visitor = visitor_cookie(&c->server->keys, rq->visitor, rq->arena);
}

/* A page for visitors carries the visitor's word, any other the session's, or the visitor's if nobody is signed in. */
struct str rq_csrf(struct request *rq)
{
	struct connection *c = connection_of(rq);
	if (rq->csrf.len || !c)
		return rq->csrf;
	const struct keys *keys = &c->server->keys;
	if (c->route->role != ROLE_VISITOR && rq->session.n)
		rq->csrf = csrf_word(keys, 's', rq->session, rq->arena);
	else if (rq->visitor.n || c->visitor_known.n)
		rq->csrf = csrf_word(keys, 'v', rq->visitor.n ? rq->visitor : c->visitor_known, rq->arena);
	return rq->csrf;
}

static int check_csrf(struct connection *c)
{
	if (c->method == GET || c->method == HEAD || c->route->no_csrf || c->by_program)
		return 0;
	struct str word = rq_csrf(&c->rq);
	return word.len == MAC_TEXT && str_equal(c->csrf_sent, word) ? 0 : E_CSRF;
}

int admit(struct connection *c)
{
	int r = recognise(c);
	if (r >= 0)
		r = check_role(c);
	if (r < 0)
		return r;
	if (c->route->role == ROLE_VISITOR)
		check_visitor(c);
	r = check_csrf(c);
	return r < 0 ? r : check_limits(c);
}
