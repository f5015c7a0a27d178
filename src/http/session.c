/* session.c: who is signed in.
 *
 * Story      Signing in makes a fresh token: 32 random bytes. The browser keeps token.seal, the store keeps a hash of
 *            the token. A cookie whose seal is wrong is thrown away before the store is asked, so guessing costs us
 *            nothing; a stolen copy of the table is worth nothing either.
 * Not here   Passwords and accounts (people/account).
 * Owns       session.
 * Holds      A sign-in never takes over a token the browser brought (no fixation) and ends the session it replaces.
 *            A session lives 30 days from its last use; seen_at is written at most once an hour.
 * Test       session_test.c
 */
#include <sodium.h>
#include "base/utf8.h"
#include "http/inside.h"
#include "http/queries.h"

#define AGENT_MOST 200

/* ---- Rows ------------------------------------------------------------------------------------ */

ROW_PUBLIC(session,
	FIELD(session, id,         "Session"),
	FIELD(session, account,    "Whose it is"),
	FIELD(session, seen_at,    "When it was last used, to the hour"),
	FIELD(session, expires_at, "When it ends if it is not used"));

ROW_PUBLIC(session_line,
	FIELD(session_line, id,         "Session"),
	FIELD(session_line, created_at, "When it began"),
	FIELD(session_line, seen_at,    "When it was last used, to the hour"),
	FIELD(session_line, expires_at, "When it ends if it is not used"),
	FIELD(session_line, address,    "Where it began"),
	FIELD(session_line, user_agent, "The browser, in its own words"),
	FIELD(session_line, current,    "It is the one that asks"));

/* ---- Rules ----------------------------------------------------------------------------------- */

bool session_stale(const struct session *s, struct instant now)
{
	return now.ms - s->seen_at.ms >= SEEN_STEP;
}

/* Several cookies of one name may come (another path, a parent domain): the first with our seal counts. */
bool session_token(const struct keys *keys, struct str header, struct str *ret)
{
	size_t at = 0;
	for (struct str cookie; cookie_next(header, S("quntu_session"), &at, &cookie);) {
		if (cookie.len != COOKIE_TEXT || cookie.at[TOKEN_TEXT] != '.')
			continue;
		struct str token = { cookie.at, TOKEN_TEXT }, mac = { cookie.at + TOKEN_TEXT + 1, MAC_TEXT };
		if (mac_matches(&keys->session, token, mac)) {
			*ret = token;
			return true;
		}
	}
	return false;
}

static struct str token_hash(struct str token, char room[HASH_TEXT + 1])
{
	hash_text((struct blob){ token.at, token.len }, room);
	return (struct str){ room, HASH_TEXT };
}

/* ---- Actions --------------------------------------------------------------------------------- */

QUERY(session_by_token, READS, &row_session, TAKES(K_STR, K_INSTANT),
	"SELECT id, account_id AS account, seen_at, expires_at FROM session WHERE token_hash = ?1 AND expires_at > ?2");

int session_find(struct tx *tx, struct str token, struct session *ret)
{
	char room[HASH_TEXT + 1];
	return tx_one(tx, &session_by_token, ret, V(token_hash(token, room)), V(tx_now(tx)));
}

QUERY(session_insert, WRITES, NULL, TAKES(K_STR, K_ID, K_ID, K_INSTANT, K_INSTANT, K_STR, K_STR),
	"INSERT INTO session (token_hash, id, account_id, created_at, seen_at, expires_at, address, user_agent)"
	" VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)");

QUERY(session_sweep, WRITES, NULL, TAKES(K_ID, K_INSTANT),
	"DELETE FROM session WHERE account_id = ?1 AND expires_at <= ?2");

/* Header bytes may be anything; what is not UTF-8 is not kept. */
static struct str agent_text(struct str agent)
{
	return utf8_valid(agent) ? utf8_cut(agent, AGENT_MOST) : S("");
}

int session_make(struct tx *tx, const struct keys *keys, struct id account, struct str address, struct str user_agent,
                 struct session_made *ret)
{
	struct session_made made = { .id = tx_new_id(tx) };
	unsigned char random[32];
	secret_random(random, sizeof random);
	sodium_bin2base64(made.cookie, sizeof made.cookie, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	struct str token = { made.cookie, TOKEN_TEXT };
	char room[HASH_TEXT + 1];
	struct instant now = tx_now(tx), end = { now.ms + SESSION_LIFE };
	int r = tx_run(tx, &session_sweep, V(account), V(now));
	if (r >= 0)
		r = tx_run(tx, &session_insert, V(token_hash(token, room)), V(made.id), V(account), V(now), V(end), V(address),
		           V(agent_text(user_agent)));
	if (r < 0)
		return r;
	made.cookie[TOKEN_TEXT] = '.';
	mac_text(&keys->session, token, made.cookie + TOKEN_TEXT + 1);
	*ret = made;
	return 0;
}

QUERY(session_delete, WRITES, NULL, TAKES(K_ID), "DELETE FROM session WHERE id = ?1");

int session_end(struct tx *tx, struct id session)
{
	int r = tx_run(tx, &session_delete, V(session));
	return r < 0 ? r : 0;
}

QUERY(session_delete_all, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM session WHERE account_id = ?1 AND id <> ?2");

int session_end_all(struct tx *tx, struct id account, struct id but_session)
{
	int r = tx_run(tx, &session_delete_all, V(account), V(but_session));
	return r < 0 ? r : 0;
}

QUERY(sessions_of, READS, &row_session_line, TAKES(K_ID, K_INSTANT, K_ID),
	"SELECT id, created_at, seen_at, expires_at, address, user_agent, id = ?3 AS current FROM session"
	" WHERE account_id = ?1 AND expires_at > ?2 ORDER BY seen_at DESC, id DESC LIMIT 100");

int session_list(struct request *rq, struct id account, struct rows *ret)
{
	return tx_all(rq->tx, &sessions_of, ret, V(account), V(tx_now(rq->tx)), V(rq->session));
}

QUERY(session_delete_one, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM session WHERE account_id = ?1 AND id = ?2");

int session_end_one(struct tx *tx, struct id account, struct id session)
{
	int r = tx_run(tx, &session_delete_one, V(account), V(session));
	return r < 0 ? r : r == 0 ? E_NOT_FOUND : 0;
}

QUERY(session_see, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_INSTANT, K_INSTANT),
	"UPDATE session SET seen_at = ?2, expires_at = ?3 WHERE id = ?1 AND seen_at <= ?4");

int session_touch(struct tx *tx, struct id session)
{
	struct instant now = tx_now(tx), end = { now.ms + SESSION_LIFE }, before = { now.ms - SEEN_STEP };
	int r = tx_run(tx, &session_see, V(session), V(now), V(end), V(before));
	return r < 0 ? r : 0;
}

QUERY(session_by_id, READS, &row_session, TAKES(K_ID, K_INSTANT),
	"SELECT id, account_id AS account, seen_at, expires_at FROM session WHERE id = ?1 AND expires_at > ?2");

/* ---- What handlers call ---------------------------------------------------------------------- */

int rq_sign_in(struct request *rq, struct id account)
{
	struct connection *c = connection_of(rq);
	struct session_made made;
	int r = rq->session.n ? session_end(rq->tx, rq->session) : 0;
	if (r >= 0)
		r = session_make(rq->tx, &c->server->keys, account, rq->address, rq->user_agent, &made);
	if (r < 0)
		return r;
	c->set_session = str_copy(rq->arena, str_of(made.cookie));
	rq->session = made.id;
	rq->account = account;
	rq->csrf = csrf_word(&c->server->keys, 's', made.id, rq->arena);
	return 0;
}

int rq_sign_out(struct request *rq)
{
	struct connection *c = connection_of(rq);
	int r = rq->session.n ? session_end(rq->tx, rq->session) : 0;
	if (r < 0)
		return r;
	c->set_session = S("-");                        /* reply.c: forget it */
	rq->session = rq->account = (struct id){ 0 };
	return 0;
}
