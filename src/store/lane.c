/* lane.c: many actions, one commit.
 *
 * Story      A lane is a queue with threads that empty it. Writers have one thread a lane: it takes everything that
 *            waits (up to the engine's batch_max), runs each action in one transaction, commits, and then tells each
 *            caller. Readers are one lane with several threads; what they take shares a snapshot.
 * Undo       An action that failed is undone alone. Most never fail after their first write, so on SQLite a batch runs
 *            without savepoints; when one does fail so, everything is rolled back and the batch runs again with a
 *            savepoint at the first write of each. On PostgreSQL, where again is dear, they are there from the start.
 * Again      E_BUSY from the store (somebody was first) rolls the whole batch back and runs it again after a short,
 *            random pause, halved from the third try on: the actions that clash end up apart. When an action
 *            breaks the transaction itself, those before it are run again without it, then it alone, then the rest.
 * Durable    On SQLite a committed batch is handed to sync.c, which tells the callers once the log is on the disk; the
 *            lane runs meanwhile what arrives, and commits it when the disk is free. Who need not wait for the disk
 *            (store_write_soon) is told at once. On PostgreSQL a commit is durable when it returns, and the lane tells all
 *            of them.
 * Waking     Never with the lock held that the sleeper needs: it would run into it and sleep again, two switches for nothing.
 * Lost       A connection that breaks before COMMIT is opened again and the batch runs once more. One that breaks
 *            during COMMIT leaves the outcome unknown: E_STORE, and the caller must look.
 */
#include "store/inside.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include <unistd.h>

#define BATCH_MAX     256
#define GATHER_AT       8                     /* worth waking up for while the disk is busy anyway */
#define GATHER_ENOUGH  32                     /* so many are worth a commit of their own, which the disk's next turn finds done */
#define READ_BATCH     32
#define TRIES          10
#define PAUSE_MAX_MS  100
#define REOPEN_TRIES    4

/* ---- Runners ---- */

int runner_open(struct runner *r, struct store *store, enum access access, char ret_why[WHY_MAX])
{
	*r = (struct runner){ .store = store, .access = access };
	return store->engine->open(store->where, access, &r->conn, ret_why);
}

void runner_close(struct runner *r)
{
	if (r->conn)
		r->conn->engine->close(r->conn);
	mem_give(r->announced);
	*r = (struct runner){ 0 };
}

static void pause_ms(int64_t ms) { usleep((useconds_t)(ms * 1000)); }

/* A living connection, opened again if need be; the waits add up to about two seconds. */
static bool runner_revive(struct runner *r)
{
	const struct engine *e = r->store->engine;
	if (r->conn && e->alive(r->conn))
		return true;
	if (r->conn)
		e->close(r->conn);
	r->conn = NULL;
	char why[WHY_MAX] = "";
	for (int i = 0; i < REOPEN_TRIES; i++) {
		if (i > 0)
			pause_ms(INT64_C(25) << 2 * i);
		if (e->open(r->store->where, r->access, &r->conn, why) == 0)
			return true;
	}
	log_error("%s cannot be reached: %s", e->name, why);
	return false;
}

/* ---- One action ---- */

/* What an action leaves behind when it is undone: nothing. 0, or the code that breaks the whole transaction. */
static int undo(struct tx *tx, size_t announced)
{
	struct runner *r = tx->runner;
	const struct engine *e = r->conn->engine;
	r->announced_count = announced;
	if (r->access == WRITES)
		atomic_fetch_add_explicit(&r->store->rollbacks, 1, memory_order_relaxed);
	if (tx->saved && e->rollback_to(r->conn) < 0)
		return E_STORE;
	return tx->batched && !e->intact(r->conn) ? E_STORE : 0;
}

/* Runs it and keeps its code in work->result. 0, or the code that breaks the whole transaction. */
static int act(struct runner *r, struct work *work, bool batched, bool careful)
{
	const struct engine *e = r->conn->engine;
	struct tx tx = { .runner = r, .arena = work->arena, .batched = batched, .careful = careful };
	size_t announced = r->announced_count;
	int code = work->action(&tx, work->arg);
	if (tx.broken && code >= 0)
		code = tx.broken;                     /* it looked away; the store does not */
	if (arena_failed(work->arena) && code >= 0)
		code = E_MEMORY;
	work->result = code;
	if (tx.broken == E_BUSY || (tx.broken && !e->alive(r->conn)))
		return tx.broken;                     /* not its fault */
	if (code < 0 && tx.wrote) {
		r->spoilt = true;
		return E_BUSY;
	}
	if (code < 0)
		return undo(&tx, announced);
	return tx.saved ? e->release(r->conn) : 0;
}

/* ---- One batch ---- */

/* With the lock. */
static size_t take_queued(struct lane *lane, struct work **ret_batch, size_t most)
{
	size_t n = 0;
	for (; n < most && lane->first; n++) {
		ret_batch[n] = lane->first;
		lane->first = lane->first->next;
	}
	if (!lane->first)
		lane->last = &lane->first;
	lane->queued -= n;
	return n;
}

void lane_wake(struct lane *lane)
{
	pthread_mutex_lock(&lane->lock);
	bool wake = lane->asleep > 0;
	pthread_mutex_unlock(&lane->lock);
	if (wake)
		pthread_cond_signal(&lane->wake);
}

enum outcome { SETTLED, AGAIN, LOST, BROKEN, FAILED };

static enum outcome give_up(struct runner *r, int code)
{
	const struct engine *e = r->conn->engine;
	e->rollback(r->conn);
	return !e->alive(r->conn) ? LOST : code == E_BUSY ? AGAIN : BROKEN;
}

static enum outcome finish(struct runner *r, int *ret_code)
{
	const struct engine *e = r->conn->engine;
	if (r->access == READS) {
		e->commit(r->conn);                   /* nothing to lose: the answers are in the arenas */
		return SETTLED;
	}
	int code = r->made_ids ? node_vouch(r) : 0;
	if (code == E_BUSY)
		return give_up(r, code);
	if (code == 0)
		code = fault_strikes() ? E_STORE : e->commit(r->conn);
	if (code == 0) {
		node_vouched(r);
		return SETTLED;
	}
	*ret_code = code == E_MEMORY ? E_MEMORY : E_STORE;
	return give_up(r, code) == AGAIN ? AGAIN : FAILED;
}

static bool all_soon(struct work **batch, size_t n)
{
	size_t i = 0;
	while (i < n && batch[i]->soon)
		i++;
	return i == n;
}

/* While the disk is busy with the batch before, a commit would only wait for it: rather run what arrives meanwhile in this
 * transaction, unless it is large enough to be written down while the disk works. false: nothing was added, commit. */
static bool gather(struct lane *lane, struct work **batch, size_t *n)
{
	size_t before = *n, most = lane->store->engine->batch_max;
	if (all_soon(batch, before))
		return false;
	pthread_mutex_lock(&lane->lock);
	lane->asleep++;
	lane->wake_at = GATHER_AT;
	while (*n < GATHER_ENOUGH && lane->queued < GATHER_AT && !lane->stop && lane->store->syncer.busy)
		pthread_cond_wait(&lane->wake, &lane->lock);
	lane->wake_at = 1;
	lane->asleep--;
	if (lane->store->syncer.busy)
		*n += take_queued(lane, batch + *n, most - *n);
	pthread_mutex_unlock(&lane->lock);
	return *n > before;
}

/* Runs the works in one transaction, and those that `more` (may be NULL) brings meanwhile. SETTLED: each has its
 * result. Otherwise nothing was saved: *ret_code says why, and BROKEN says how many works went well before, in
 * *ret_good. */
static enum outcome attempt(struct runner *r, struct work **batch, size_t *n, struct lane *more, bool careful,
                            int *ret_code, size_t *ret_good)
{
	const struct engine *e = r->conn->engine;
	r->announced_count = 0;
	r->made_ids = r->spoilt = false;
	r->new_floor = 0;
	r->node = atomic_load(&r->store->ids.number);
	int code = e->begin(r->conn, r->access);
	size_t i = 0;
	bool refused = false;                         /* the only one, so there is nothing to keep and nobody to wait for */
	do {
		for (; i < *n && code == 0; i++) {
			*ret_good = i;
			code = act(r, batch[i], *n > 1, careful);
		}
		refused = *n == 1 && batch[0]->result < 0;
	} while (code == 0 && !refused && more && gather(more, batch, n));
	if (code < 0) {
		*ret_code = code;
		return give_up(r, code);
	}
	if (refused) {
		e->rollback(r->conn);
		return SETTLED;
	}
	return finish(r, ret_code);
}

static void pause_before(int try)
{
	int64_t most = INT64_C(1) << (try < 7 ? try : 7);
	if (most > PAUSE_MAX_MS)
		most = PAUSE_MAX_MS;
	usleep((useconds_t)(secret_random_below((uint64_t)most * 1000) + 200));
}

void store_heard(struct store *store, const struct id *communities, size_t count)
{
	if (count == 0)
		return;
	pthread_mutex_lock(&store->listen_lock);
	for (size_t k = 0; k < STORE_LISTENERS; k++)      /* in the lock: once nobody listens, nothing is on its way */
		for (size_t i = 0; store->listeners[k].heard && i < count; i++)
			store->listeners[k].heard(store->listeners[k].ctx, communities[i]);
	pthread_mutex_unlock(&store->listen_lock);
}

static void tell_now(struct work **batch, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		batch[i]->next = i + 1 < n ? batch[i + 1] : NULL;
		batch[i]->done(batch[i], batch[i]->result);
	}
}

/* Takes out who waits for the commit alone, and tells them; how many are left? */
static size_t tell_soon(struct work **batch, size_t n)
{
	size_t left = 0;
	for (size_t i = 0; i < n; i++)
		if (batch[i]->soon)
			tell_now(&batch[i], 1);
		else
			batch[left++] = batch[i];
	return left;
}

static void tell(struct runner *r, struct work **batch, size_t n)
{
	struct store *store = r->store;
	if (r->access == WRITES) {
		atomic_fetch_add_explicit(&store->commits, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&store->actions, (int64_t)n, memory_order_relaxed);
	} else {
		atomic_fetch_add_explicit(&store->reads, (int64_t)n, memory_order_relaxed);
	}
	if (r->access == WRITES && store->syncer.store && !r->alone && (n = tell_soon(batch, n)) > 0) {
		syncer_put(&store->syncer, r, batch, n);
		return;
	}
	store_heard(store, r->announced, r->announced_count);
	tell_now(batch, n);
}

static void fail_all(struct work **batch, size_t n, int code)
{
	for (size_t i = 0; i < n; i++) {
		batch[i]->next = NULL;
		batch[i]->done(batch[i], code);
	}
}

/* Brings the first works of the batch to an end, one way or the other; how many? With `more`, the batch may grow. */
static size_t settle(struct runner *r, struct work **batch, size_t *ret_n, struct lane *more)
{
	size_t n = *ret_n;
	int code = E_STORE;
	size_t good = 0;
	bool lost = false, stuck = r->store->syncer.failed, careful = !r->store->engine->redo_is_cheap;
	for (int try = 1; !stuck && runner_revive(r); try++) {
		enum outcome outcome = attempt(r, batch, &n, more, careful, &code, &good);
		if (more)
			*ret_n = n;
		more = NULL;                          /* what has to be done again grows no further */
		if (outcome == SETTLED) {
			tell(r, batch, n);
			if (r->access == WRITES && r->store->tidier.store && !r->alone)
				tidier_look(&r->store->tidier, r->conn);
			return n;
		}
		if (outcome == AGAIN && r->spoilt) {
			careful = true;
		} else if (outcome == AGAIN && try < TRIES) {
			atomic_fetch_add_explicit(&r->store->retries, 1, memory_order_relaxed);
			pause_before(try);
			n = try >= 3 ? (n + 1) / 2 : n;
		} else if (outcome == LOST && !lost) {
			lost = true;
		} else if (outcome == BROKEN && n > 1) {
			n = good > 0 ? good : 1;
		} else {
			code = outcome == AGAIN ? E_BUSY : code;
			break;
		}
	}
	fail_all(batch, n, code);
	return n;
}

static void ignore(struct work *work, int result) { work->result = result; }

int runner_do(struct runner *r, struct arena *arena, tx_action *action, void *arg)
{
	struct work work = { .arena = arena, .action = action, .arg = arg, .done = ignore };
	struct work *batch = &work;
	size_t one = 1;
	r->alone = true;
	settle(r, &batch, &one, NULL);
	return work.result;
}

/* ---- The queue ---- */

static size_t share_of(const struct lane *lane)
{
	if (lane->access == WRITES)
		return lane->store->engine->batch_max;
	size_t share = lane->queued / (size_t)lane->count + 1;
	return share < READ_BATCH ? share : READ_BATCH;
}

/* Waits for work; 0 when the lane is stopped and empty. */
static size_t take(struct lane *lane, struct work **ret_batch)
{
	pthread_mutex_lock(&lane->lock);
	lane->asleep++;
	while (!lane->first && !lane->stop)
		pthread_cond_wait(&lane->wake, &lane->lock);
	lane->asleep--;
	size_t n = take_queued(lane, ret_batch, share_of(lane));
	pthread_mutex_unlock(&lane->lock);
	return n;
}

static void *empty_queue(void *arg)
{
	struct lane_thread *t = arg;
	struct work *batch[BATCH_MAX];
	size_t n;
	struct lane *more = t->lane->access == WRITES && t->lane->store->engine->log_open ? t->lane : NULL;
	while ((n = take(t->lane, batch)) > 0) {
		size_t done = settle(&t->runner, batch, &n, more);
		while (done < n) {
			size_t left = n - done;
			done += settle(&t->runner, batch + done, &left, NULL);
		}
	}
	return NULL;
}

bool lane_put(struct lane *lane, struct work *first, struct work *last, size_t n)
{
	last->next = NULL;
	pthread_mutex_lock(&lane->lock);
	bool fits = lane->queued + n <= STORE_QUEUE_MAX && !lane->stop;
	if (fits) {
		*lane->last = first;
		lane->last = &last->next;
		lane->queued += n;
	}
	bool wake = fits && lane->asleep > 0 && lane->queued >= lane->wake_at;
	pthread_mutex_unlock(&lane->lock);
	if (wake)
		pthread_cond_signal(&lane->wake);
	return fits;
}

int lane_start(struct lane *lane, struct store *store, enum access access, int threads, char ret_why[WHY_MAX])
{
	*lane = (struct lane){ .store = store, .access = access, .wake_at = 1 };
	lane->last = &lane->first;
	pthread_mutex_init(&lane->lock, NULL);
	pthread_cond_init(&lane->wake, NULL);
	lane->threads = mem_take((size_t)threads * sizeof *lane->threads);
	if (!lane->threads) {
		snprintf(ret_why, WHY_MAX, "memory is out");
		return E_MEMORY;
	}
	for (; lane->count < threads; lane->count++) {
		struct lane_thread *t = &lane->threads[lane->count];
		t->lane = lane;
		t->runner = (struct runner){ .store = store, .access = access };
		int r = store->lazily ? 0 : runner_open(&t->runner, store, access, ret_why);
		if (r < 0)
			return r;
	}
	for (int i = 0; i < threads; i++)
		if (pthread_create(&lane->threads[i].thread, NULL, empty_queue, &lane->threads[i]) != 0) {
			lane->threads[i].thread = 0;
			snprintf(ret_why, WHY_MAX, "the system gives us no more threads");
			return E_STORE;
		}
	return 0;
}

void lane_stop(struct lane *lane)
{
	if (!lane->store)
		return;
	pthread_mutex_lock(&lane->lock);
	lane->stop = true;
	pthread_cond_broadcast(&lane->wake);
	pthread_mutex_unlock(&lane->lock);
	for (int i = 0; i < lane->count; i++) {
		if (lane->threads[i].thread)
			pthread_join(lane->threads[i].thread, NULL);
		runner_close(&lane->threads[i].runner);
	}
	mem_give(lane->threads);
	lane->threads = NULL;
	lane->count = 0;
}

void lane_free(struct lane *lane)
{
	if (!lane->store)
		return;
	pthread_cond_destroy(&lane->wake);
	pthread_mutex_destroy(&lane->lock);
	*lane = (struct lane){ 0 };
}
