/* node.c: ids, and the number of this process in them.
 *
 * An id is 63 bits: 42 of milliseconds since 2024, 8 of node number, 13 of a counter. One atomic word holds the newest
 * (ms, counter); the next is that plus one, or the clock if it is ahead. So ids only rise, whatever the clock does, and
 * more than 8,192 in a millisecond borrow from the next.
 *
 * Two processes with one number must be impossible. A number is a row of table `node`, with a holder, and a *floor*:
 * no id of the number was ever committed with a later time. A transaction whose ids pass the floor raises it in the
 * same commit, and the raise changes no row unless we still are the holder. Whoever takes a number over starts above
 * its floor. So neither a clock that was set back, nor a crash, nor a process that slept through its lease can repeat
 * an id; the lease's end only says when others may take the number. On SQLite the number is always 0: the lock on the
 * folder keeps others out, and no lease is renewed.
 */
#include "store/inside.h"
#include "base/log.h"
#include "base/secret.h"
#include <errno.h>
#include <unistd.h>

#define EPOCH_MS     INT64_C(1704067200000)           /* 2024-01-01 */
#define COUNTER_BITS 13
#define NODE_BITS    8
#define NODES        (1 << NODE_BITS)
#define FLOOR_AHEAD  (10 * SECOND)                    /* one raise of the floor lasts so long */
#define LEASE        (20 * SECOND)
#define RENEW        (5 * SECOND)

/* ---- Queries. PostgreSQL's clock decides there: the nodes' own may differ ---- */

#define PG_NOW "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

struct node { int64_t number; int64_t id_floor_ms; };

ROW(node,
	FIELD(node, number,      "Node number"),
	FIELD(node, id_floor_ms, "Its newest possible id"));

static QUERY(node_free, READS, &row_node, TAKES(K_INSTANT),
	"SELECT number, id_floor_ms FROM node WHERE expires_at <= ?1 ORDER BY number LIMIT 1",
	.pg = "SELECT number, id_floor_ms FROM node WHERE expires_at <= " PG_NOW " ORDER BY number LIMIT 1",
	.scans = true);

static QUERY(node_unused, READS, &row_node, TAKES_NOTHING,
	"SELECT COALESCE(MAX(number) + 1, 0) AS number, 0 AS id_floor_ms FROM node", .scans = true);

static QUERY(node_insert, WRITES, NULL, TAKES(K_INT, K_STR, K_INSTANT, K_INT),
	"INSERT INTO node (number, holder, expires_at, id_floor_ms) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (number) DO UPDATE SET holder = ?2, expires_at = ?3, id_floor_ms = ?4",
	.pg = "INSERT INTO node (number, holder, expires_at, id_floor_ms) VALUES (?1, ?2, " PG_NOW " + 20000, ?4)"
	" ON CONFLICT (number) DO UPDATE SET holder = ?2, expires_at = " PG_NOW " + 20000, id_floor_ms = ?4");

static QUERY(node_renew, WRITES, NULL, TAKES(K_INT, K_STR, K_INSTANT, K_INT),
	"UPDATE node SET expires_at = ?3, id_floor_ms = CASE WHEN id_floor_ms > ?4 THEN id_floor_ms ELSE ?4 END"
	" WHERE number = ?1 AND holder = ?2",
	.pg = "UPDATE node SET expires_at = " PG_NOW " + 20000,"
	" id_floor_ms = CASE WHEN id_floor_ms > ?4 THEN id_floor_ms ELSE ?4 END WHERE number = ?1 AND holder = ?2");

static QUERY(node_leave, WRITES, NULL, TAKES(K_INT, K_STR, K_INT),
	"UPDATE node SET expires_at = 0, id_floor_ms = ?3 WHERE number = ?1 AND holder = ?2");

const struct query *const node_queries[] = {
	&node_free, &node_unused, &node_insert, &node_renew, &node_leave, NULL,
};

/* ---- Ids ---- */

static int64_t ms_of(uint64_t last) { return (int64_t)(last >> COUNTER_BITS); }

static uint64_t next_id(struct ids *ids)
{
	int64_t now = clock_now().ms - EPOCH_MS;
	uint64_t clock = (uint64_t)(now > 0 ? now : 0) << COUNTER_BITS, last = atomic_load(&ids->last), next;
	do
		next = last >= clock ? last + 1 : clock;
	while (!atomic_compare_exchange_weak(&ids->last, &last, next));
	return next;
}

struct id tx_new_id(struct tx *tx)
{
	struct runner *r = tx->runner;
	if (r->access == READS || r->node < 0) {
		log_error(r->access == READS ? "an id was asked for in a read" : "this process has no node number: no new ids");
		tx->broken = tx->broken ? tx->broken : E_STORE;
		return (struct id){ 0 };
	}
	uint64_t n = next_id(&r->store->ids);
	r->made_ids = true;
	return (struct id){ (int64_t)(n >> COUNTER_BITS << (COUNTER_BITS + NODE_BITS)
	                              | (uint64_t)r->node << COUNTER_BITS | (n & ((1 << COUNTER_BITS) - 1))) };
}

/* ---- The floor ---- */

struct renewal { struct ids *ids; int number; int64_t floor; };

/* Changes nothing unless the number is still ours. */
static int renew(struct tx *tx, void *arg)
{
	struct renewal *it = arg;
	it->floor = ms_of(atomic_load(&it->ids->last)) + FLOOR_AHEAD;
	return tx_run(tx, &node_renew, V((int64_t)it->number), V(str_of(it->ids->holder)),
	              V(((struct instant){ tx_now(tx).ms + LEASE })), V(it->floor));
}

static void lose(struct ids *ids, int number)
{
	if (!atomic_compare_exchange_strong(&ids->number, &number, -1))
		return;
	log_error("node number %d was taken by another process while this one was away; taking a new one", number);
	pthread_mutex_lock(&ids->lock);
	ids->hurry = true;
	pthread_cond_signal(&ids->wake);
	pthread_mutex_unlock(&ids->lock);
}

/* The order matters: the floor is read first, and if the number has not changed since, it was this number's floor. */
int node_vouch(struct runner *r)
{
	struct ids *ids = &r->store->ids;
	int64_t floor = atomic_load(&ids->floor), last = ms_of(atomic_load(&ids->last));
	if (atomic_load(&ids->number) != r->node)
		return E_BUSY;                        /* run it again, with ids of the new number */
	if (last <= floor)
		return 0;

	ARENA_SCOPED arena;
	arena_init(&arena, 4096);
	struct tx tx = { .runner = r, .arena = &arena };
	struct renewal it = { .ids = ids, .number = r->node };
	int changed = renew(&tx, &it);
	if (changed < 0)
		return changed;
	if (changed == 0) {
		lose(ids, r->node);
		return E_STORE;
	}
	r->new_floor = it.floor;
	return 0;
}

/* Raises the floor in memory, now that the row has it; not if the number was lost on the way. */
static void keep_floor(struct ids *ids, int number, int64_t floor)
{
	pthread_mutex_lock(&ids->lock);
	if (atomic_load(&ids->number) == number && atomic_load(&ids->floor) < floor)
		atomic_store(&ids->floor, floor);
	pthread_mutex_unlock(&ids->lock);
}

void node_vouched(struct runner *r)
{
	if (r->new_floor)
		keep_floor(&r->store->ids, r->node, r->new_floor);
	r->new_floor = 0;
}

/* ---- Taking a number ---- */

struct taking { struct store *store; struct node got; };

static int take(struct tx *tx, void *arg)
{
	struct taking *it = arg;
	bool pg = store_is_pg(it->store);
	struct instant free_by = { pg ? 0 : INT64_MAX };      /* the folder's lock is ours: nobody else can hold a number */
	int r = tx_one(tx, &node_free, &it->got, V(free_by));
	if (r == E_NOT_FOUND)
		r = tx_one(tx, &node_unused, &it->got);
	if (r < 0)
		return r;
	if (it->got.number >= NODES)
		return E_FULL;
	return tx_run(tx, &node_insert, V(it->got.number), V(str_of(it->store->ids.holder)),
	              V(((struct instant){ tx_now(tx).ms + LEASE })), V(it->got.id_floor_ms));
}

/* The number before the floor: see node_vouch. */
static void adopt(struct ids *ids, const struct node *node)
{
	uint64_t start = (uint64_t)(node->id_floor_ms + 1) << COUNTER_BITS, last = atomic_load(&ids->last);
	pthread_mutex_lock(&ids->lock);
	while (last < start && !atomic_compare_exchange_weak(&ids->last, &last, start))
		;
	atomic_store(&ids->number, (int)node->number);
	atomic_store(&ids->floor, node->id_floor_ms);
	pthread_mutex_unlock(&ids->lock);
}

static const char *why_not(int code)
{
	return code == E_FULL ? "all 256 node numbers are in use: too many processes share this store"
	                      : "the node number could not be written";
}

int node_take(struct store *store, struct runner *r, char ret_why[WHY_MAX])
{
	char host[64] = "", word[9];
	gethostname(host, sizeof host - 1);
	secret_slug(word, sizeof word - 1);
	snprintf(store->ids.holder, sizeof store->ids.holder, "%s:%d:%s", host, (int)getpid(), word);

	ARENA_SCOPED arena;
	arena_init(&arena, 65536);
	struct taking it = { .store = store };
	int code = runner_do(r, &arena, take, &it);
	for (int i = 0; i < 10 && code == E_CONFLICT; i++)    /* two processes wanted the same new row */
		code = runner_do(r, &arena, take, &it);
	if (code < 0) {
		snprintf(ret_why, WHY_MAX, "%s", why_not(code));
		return code;
	}
	adopt(&store->ids, &it.got);
	return 0;
}

static int leave(struct tx *tx, void *arg)
{
	struct ids *ids = arg;
	return tx_run(tx, &node_leave, V((int64_t)atomic_load(&ids->number)), V(str_of(ids->holder)),
	              V(ms_of(atomic_load(&ids->last))));
}

void node_give(struct store *store, struct runner *r)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 4096);
	if (atomic_load(&store->ids.number) >= 0)
		runner_do(r, &arena, leave, &store->ids);
	atomic_store(&store->ids.number, -1);
}

/* ---- The keeper: PostgreSQL only ---- */

static void retake(struct store *store)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 65536);
	struct taking it = { .store = store };
	int code = store_write(store, (struct id){ 0 }, &arena, take, &it);
	if (code < 0) {
		log_error("no node number, so nothing new can be saved: %s", why_not(code));
		return;
	}
	adopt(&store->ids, &it.got);
	log_info("this process is node %d now", (int)it.got.number);
}

static void keep_lease(struct store *store)
{
	struct ids *ids = &store->ids;
	ARENA_SCOPED arena;
	arena_init(&arena, 65536);
	struct renewal it = { .ids = ids, .number = atomic_load(&ids->number) };
	if (it.number < 0) {
		retake(store);
		return;
	}
	int changed = store_write(store, (struct id){ 0 }, &arena, renew, &it);
	if (changed > 0)
		keep_floor(ids, it.number, it.floor);
	else if (changed < 0)
		log_warn("the lease of node number %d could not be renewed", it.number);
	else {
		lose(ids, it.number);
		retake(store);
	}
}

/* Until it is time to renew, or there is a reason to hurry or to stop. The lock is held. */
static void rest(struct ids *ids)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += RENEW / SECOND;
	int waited = 0;
	while (!ids->stop && !ids->hurry && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&ids->wake, &ids->lock, &at);
	ids->hurry = false;
}

static void *keep(void *arg)
{
	struct store *store = arg;
	struct ids *ids = &store->ids;
	pthread_mutex_lock(&ids->lock);
	while (rest(ids), !ids->stop) {
		pthread_mutex_unlock(&ids->lock);
		keep_lease(store);
		pthread_mutex_lock(&ids->lock);
	}
	pthread_mutex_unlock(&ids->lock);
	return NULL;
}

int node_keep(struct store *store, char ret_why[WHY_MAX])
{
	struct ids *ids = &store->ids;
	if (!store_is_pg(store))
		return 0;
	if (pthread_create(&ids->keeper, NULL, keep, store) != 0) {
		snprintf(ret_why, WHY_MAX, "the system gives us no more threads");
		return E_STORE;
	}
	ids->kept = true;
	return 0;
}

void node_init(struct ids *ids)
{
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&ids->wake, &steady);
	pthread_condattr_destroy(&steady);
	pthread_mutex_init(&ids->lock, NULL);
	atomic_store(&ids->number, -1);
}

void node_end(struct ids *ids)
{
	pthread_cond_destroy(&ids->wake);
	pthread_mutex_destroy(&ids->lock);
}

void node_rest(struct store *store)
{
	struct ids *ids = &store->ids;
	if (!ids->kept)
		return;
	pthread_mutex_lock(&ids->lock);
	ids->stop = true;
	pthread_cond_signal(&ids->wake);
	pthread_mutex_unlock(&ids->lock);
	pthread_join(ids->keeper, NULL);
	ids->kept = false;
}
