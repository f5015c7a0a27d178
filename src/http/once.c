/* once.c: a POST that a program sends twice is done once.
 *
 * Story      A till writes a customer in, and the line drops before the answer. It sends the same request again with the same
 *            Idempotency-Key, and gets what it would have got the first time; there is one customer.
 * Holds      The answer is kept in the transaction that did the deed: both or neither, whatever crashes, in whichever process.
 *            A refusal is not kept: nothing was done, so asking again tries again. One key is one request: with another path or
 *            body it is refused. Kept for a day, sealed with the key itself.
 * Not here   Answers that are no JSON (pictures, tables): they are drawn, and drawn again.
 * Owns       api_once.
 * Test       people/token_test.c
 */
#include "http/inside.h"
#include "http/queries.h"

#define KEY_MOST   200
#define ONCE_LIFE  DAY

struct answered { struct str asked, answer; };

ROW(answered,
	FIELD(answered, asked,  "Hash of the request"),
	FIELD(answered, answer, "What was answered, sealed"));

static bool applies(const struct connection *c)
{
	return c->by_program && c->method == POST && c->heads.once.len && c->route->output != OUT_BODY;
}

static struct str hash_of(struct connection *c, struct str text)
{
	char hash[HASH_TEXT + 1];
	hash_text((struct blob){ text.at, text.len }, hash);
	return str_copy(&c->arena, str_of(hash));
}

static struct str request_hash(struct connection *c)
{
	char body[HASH_TEXT + 1];
	hash_text((struct blob){ c->body.at, c->body.len }, body);
	return hash_of(c, str_format(&c->arena, "%.*s?%.*s %s", STR(c->path), STR(c->query), body));
}

static struct key seal_key(struct connection *c)
{
	struct key key;
	char *word = str_z(&c->arena, c->heads.once);
	key_derive(&key, &c->server->keys.bearer, word ? word : "");
	return key;
}

QUERY(once_find, READS, &row_answered, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"SELECT asked, answer FROM api_once WHERE community_id = ?1 AND token_id = ?2 AND key_hash = ?3 AND answered_at > ?4");

int once_before(struct connection *c)
{
	struct request *rq = &c->rq;
	struct answered known;
	struct str answer;
	struct instant oldest = { tx_now(rq->tx).ms - ONCE_LIFE };
	if (!applies(c))
		return 0;
	if (c->heads.once.len > KEY_MOST)
		return rq_complain(rq, E_TOO_LONG, S("Idempotency-Key"));
	int r = tx_one(rq->tx, &once_find, &known, V(rq->community), V(rq->token), V(hash_of(c, c->heads.once)), V(oldest));
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if (!str_equal(known.asked, request_hash(c)))
		return E_ONCE_OTHER;
	struct key key = seal_key(c);
	if (!unseal_text(&key, known.answer, &c->arena, &answer))
		return E_STORE;
	buf_clear(&c->reply);
	buf_str(&c->reply, answer);
	return buf_failed(&c->reply) ? E_MEMORY : 1;
}

QUERY(once_sweep, WRITES, NULL, TAKES(K_INSTANT), "DELETE FROM api_once WHERE answered_at <= ?1");

QUERY(once_keep, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_INSTANT),
	"INSERT INTO api_once (community_id, token_id, key_hash, asked, answer, answered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT (community_id, token_id, key_hash) DO NOTHING");

/* Not kept: another process was answering the same key meanwhile. This deed is undone; who asks again gets that answer. */
int once_after(struct connection *c)
{
	struct request *rq = &c->rq;
	struct instant now = tx_now(rq->tx), oldest = { now.ms - ONCE_LIFE };
	if (!applies(c))
		return 0;
	struct key key = seal_key(c);
	struct str answer = seal_text(&key, buf_view(&c->reply), &c->arena);
	int r = arena_failed(&c->arena) ? E_MEMORY : tx_run(rq->tx, &once_sweep, V(oldest));
	if (r >= 0)
		r = tx_run(rq->tx, &once_keep, V(rq->community), V(rq->token), V(hash_of(c, c->heads.once)), V(request_hash(c)), V(answer), V(now));
	return r < 0 ? r : r == 0 ? E_CONFLICT : 0;
}
