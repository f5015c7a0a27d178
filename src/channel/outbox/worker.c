/* worker.c: the threads that deliver; see outbox.h.
 *
 * Story      One thread thinks, the others carry. The thinking one sleeps until somebody put a send (or a second has passed),
 *            takes queues in one transaction (turn.c), lays them out, and notes what the carriers bring back: hundreds of
 *            sends in one commit, while the next are already on their way.
 * Holds      A queue is with one carrier at a time, and its sends go one after the other. One that failed stops its queue.
 *            No more than half of the carriers work for one channel: a platform that hangs keeps the others going.
 *            Little is taken in advance while a platform is slow (`want`), for what is taken cannot be cancelled any more.
 *            No send begins after our lease may have run out: then another worker has it.
 * Test       outbox_test.c.
 */
#include "channel/outbox/inside.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define LEASE_MS     (30 * SECOND)
#define BACKOFF_MS   (2 * SECOND)
#define TICK_MS      SECOND           /* other processes' puts, and what falls due, are found this late at the most */
#define RETRY_MS     200              /* after a transaction that failed */
#define SLOTS        256              /* queues in hand at most */
#define TAKE_MOST    64               /* queues taken in one transaction: scans of the lane wait for it */
#define THREADS_MOST 64
#define SLOW_MS      1000             /* what lay about for so long was taken too early */
#define TURN_ARENA   (256 << 20)
#define HELD_ARENA   (1 << 20)

const struct setting outbox_settings[] = {
	{ "outbox_threads", SET_INT, "8", "Threads that deliver messages; 0: this process delivers none", 0, THREADS_MOST,
	  .zh = "发送消息的线程数；0 表示这个进程不发" },
	{ 0 },
};

struct carrier { struct outbox *outbox; pthread_t thread; struct courier *courier; struct id channel; bool started; };

struct harvest { struct load *done; struct held *over; bool woken, stopping, dry; };

struct outbox {
	struct store          *store;
	const struct settings *settings;
	int64_t                lease_ms, backoff_ms;
	struct id              id;
	pthread_t              thinker;
	struct carrier         carriers[THREADS_MOST];
	int                    threads;
	pthread_mutex_t        lock;
	pthread_cond_t         news, work;        /* for the thinker; for the carriers */
	_Atomic bool           stopping;
	bool                   woken;
	_Atomic int64_t        seen_puts, alive_until;   /* the second: clock_steady() */
	struct load           *done, **done_end;  /* to be noted, oldest first */
	struct held           *over;              /* to be given back */
	struct held           *ready, **ready_end;
	/* The thinker's own: */
	struct harvest         kept;              /* what no turn has noted yet: it outlives a turn that fails, also the last one */
	struct held           *slots[SLOTS], *holding[SLOTS], *empty[SLOTS];
	size_t                 slot_count, holding_count, empty_count, want;
	int64_t                renew_at;
	bool                   known;             /* our row may be in the store */
	struct arena           arena;
};

/* ---- Carriers ------------------------------------------------------------------------------------ */

/* With the lock: the oldest queue whose channel does not have half of us already. */
static struct held *next_ready(struct outbox *o)
{
	for (struct held **at = &o->ready, *h; (h = *at); at = &h->next) {
		int busy = 0;
		for (int i = 0; i < o->threads; i++)
			busy += o->carriers[i].channel.n == h->channel_id.n;
		if (busy >= (o->threads + 1) / 2)
			continue;
		*at = h->next;
		if (!*at)
			o->ready_end = at;
		return h;
	}
	return NULL;
}

static bool may_go(struct outbox *o, const struct held *h)
{
	return !h->halted && !o->stopping && clock_steady() < atomic_load(&o->alive_until);
}

/* true: the next of its queue may follow. */
static bool carry(struct carrier *c, struct load *l)
{
	struct outbox *o = c->outbox;
	struct held *h = l->held;
	struct delivery d = { .outcome = NOT_NOW };
	l->result = c->courier ? 0 : courier_make(o->store, o->settings, &c->courier);
	if (l->result == 0) {
		arena_reset(courier_arena(c->courier));
		l->result = h->connector->deliver(c->courier, &h->channel, &l->send, &d);
	}
	d.number = str_copy(&h->arena, d.number);
	d.why = str_copy(&h->arena, d.why);
	l->delivery = d;
	l->tried = true;
	l->next = NULL;
	pthread_mutex_lock(&o->lock);
	*o->done_end = l;
	o->done_end = &l->next;
	pthread_cond_signal(&o->news);
	pthread_mutex_unlock(&o->lock);
	return l->result >= 0 && d.outcome != NOT_NOW && d.outcome != QUOTA_USED;
}

static void *carrier_runs(void *arg)
{
	struct carrier *c = arg;
	struct outbox *o = c->outbox;
	pthread_mutex_lock(&o->lock);
	while (!o->stopping) {
		struct held *h = next_ready(o);
		if (!h) {
			pthread_cond_wait(&o->work, &o->lock);
			continue;
		}
		c->channel = h->channel_id;
		pthread_mutex_unlock(&o->lock);
		for (size_t i = 0; i < h->count && may_go(o, h) && carry(c, &h->loads[i]); i++)
			;
		pthread_mutex_lock(&o->lock);
		c->channel.n = 0;
		h->next = o->over;
		o->over = h;
		pthread_cond_signal(&o->news);
		if (o->ready)
			pthread_cond_signal(&o->work);        /* one that its channel's share held up may go now */
	}
	pthread_mutex_unlock(&o->lock);
	return NULL;
}

/* ---- The thinker ------------------------------------------------------------------------------------- */

static void heard(void *ctx, struct id community)
{
	struct outbox *o = ctx;
	(void)community;
	if (atomic_load(&o->seen_puts) == outbox_puts())
		return;
	pthread_mutex_lock(&o->lock);
	o->woken = true;
	pthread_cond_signal(&o->news);
	pthread_mutex_unlock(&o->lock);
}

/* With the lock. */
static void sleep_until(struct outbox *o, int64_t steady)
{
	struct timespec until = { .tv_sec = steady / 1000, .tv_nsec = steady % 1000 * 1000000 };
	pthread_cond_timedwait(&o->news, &o->lock, &until);
}

/* The two channels that fill half of what we want in hand leave the rest to others. */
static void find_busy(const struct outbox *o, struct id busy[2])
{
	size_t found = 0;
	busy[0] = busy[1] = (struct id){ -1 };
	for (size_t i = 0; i < o->holding_count && found < 2; i++) {
		struct id channel = o->holding[i]->channel_id;
		size_t n = 0;
		for (size_t k = 0; k < o->holding_count; k++)
			n += o->holding[k]->channel_id.n == channel.n;
		if (n >= (o->want + 1) / 2 && channel.n != busy[0].n)
			busy[found++] = channel;
	}
}

static void drop_from_holding(struct outbox *o, const struct held *h)
{
	for (size_t i = 0; i < o->holding_count; i++)
		if (o->holding[i] == h) {
			o->holding[i] = o->holding[--o->holding_count];
			return;
		}
}

/* After the commit. */
static void lay_out(struct outbox *o, const struct turn *t)
{
	for (struct held *h = t->over, *next; h; h = next) {
		next = h->next;
		drop_from_holding(o, h);
		o->empty[o->empty_count++] = h;
	}
	for (size_t i = 0; t->lost && i < o->holding_count; i++)
		o->holding[i]->halted = true;
	if (t->taken == 0)
		return;
	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < t->taken; i++) {
		struct held *h = t->empty[i];
		h->since = clock_steady();
		h->next = NULL;
		*o->ready_end = h;
		o->ready_end = &h->next;
		o->holding[o->holding_count++] = h;
	}
	pthread_cond_broadcast(&o->work);
	pthread_mutex_unlock(&o->lock);
}

static void take_offered(struct outbox *o, struct held **offered, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < o->empty_count; i++) {
		bool taken = false;
		for (size_t k = 0; k < count; k++)
			taken = taken || o->empty[i] == offered[k];
		if (!taken)
			o->empty[kept++] = o->empty[i];
	}
	o->empty_count = kept;
}

/* A server that says nothing takes no memory for it. */
static void make_slots(struct outbox *o, size_t wanted)
{
	while (o->empty_count < wanted && o->slot_count < SLOTS) {
		struct held *h = mem_take(sizeof *h);
		if (!h)
			return;
		arena_init(&h->arena, HELD_ARENA);
		o->slots[o->slot_count++] = o->empty[o->empty_count++] = h;
	}
}

/* 1: there may be more to take; 0; or a code, and everything is as before. */
static int turn(struct outbox *o, struct load *done, struct held *over, bool takes)
{
	int64_t now = clock_steady();
	struct held *offered[TAKE_MOST];
	struct turn t = { .worker = o->id, .lease_ms = o->lease_ms, .backoff_ms = o->backoff_ms, .done = done, .over = over, .empty = offered };
	size_t room = takes && o->want > o->holding_count ? o->want - o->holding_count : 0;
	make_slots(o, room < TAKE_MOST ? room : TAKE_MOST);
	for (size_t i = 0; i < o->empty_count && t.empty_count < room && t.empty_count < TAKE_MOST; i++)
		offered[t.empty_count++] = o->empty[i];
	t.renew = (t.empty_count || o->holding_count) && now >= o->renew_at;
	t.holding = o->holding, t.holding_count = o->holding_count;
	find_busy(o, t.busy);
	arena_reset(&o->arena);
	int r = store_write(o->store, (struct id){ 0 }, &o->arena, turn_action, &t);
	if (r < 0)
		return r;
	if (t.renew) {
		o->renew_at = now + o->lease_ms / 3;
		atomic_store(&o->alive_until, now + o->lease_ms - o->lease_ms / 5);
		o->known = true;
	}
	take_offered(o, offered, t.taken);
	lay_out(o, &t);
	return t.empty_count && t.taken == t.empty_count;
}

/* More in advance while the carriers run dry, less when things lie about. */
static void adapt(struct outbox *o, bool more, bool dry)
{
	int64_t now = clock_steady();
	size_t least = 2 * (size_t)o->threads;
	bool slow = false;
	for (size_t i = 0; i < o->holding_count; i++)
		slow = slow || now - o->holding[i]->since > SLOW_MS;
	if (slow && o->want > least)
		o->want = o->want / 2 > least ? o->want / 2 : least;
	else if (more && dry && o->want < SLOTS)
		o->want = o->want * 2 < SLOTS ? o->want * 2 : SLOTS;
}

static bool anything_ready(struct outbox *o)
{
	bool ready = false;
	arena_reset(&o->arena);
	return store_read(o->store, &o->arena, turn_ready, &ready) < 0 || ready;
}

/* Nothing in hand for a while: nobody need watch over us. */
static void go_idle(struct outbox *o)
{
	arena_reset(&o->arena);
	if (o->known && o->holding_count == 0 && store_write(o->store, (struct id){ 0 }, &o->arena, turn_leave, &o->id) >= 0) {
		o->known = false;
		o->renew_at = 0;
		atomic_store(&o->alive_until, 0);
	}
}

static struct harvest harvest(struct outbox *o, bool waits, int64_t until)
{
	pthread_mutex_lock(&o->lock);
	while (waits && !o->woken && !o->done && !o->over && !o->stopping && clock_steady() < until)
		sleep_until(o, until);
	struct harvest h = { o->done, o->over, o->woken, o->stopping, !o->ready };
	o->done = NULL, o->done_end = &o->done;
	o->over = NULL;
	o->woken = false;
	atomic_store(&o->seen_puts, outbox_puts());
	pthread_mutex_unlock(&o->lock);
	return h;
}

static void join(struct harvest *to, const struct harvest *more)
{
	struct load **end = &to->done;
	struct held **last = &to->over;
	while (*end)
		end = &(*end)->next;
	while (*last)
		last = &(*last)->next;
	*end = more->done, *last = more->over;
	to->woken = to->woken || more->woken;
	to->stopping = more->stopping, to->dry = more->dry;
}

static void *thinker_runs(void *arg)
{
	struct outbox *o = arg;
	int64_t tick = 0;
	bool more = true;
	struct harvest *h = &o->kept;
	while (!h->stopping) {
		struct harvest fresh = harvest(o, !more && !h->done && !h->over, tick);
		bool ticks = clock_steady() >= tick, looks;
		join(h, &fresh);
		if (ticks)
			tick = clock_steady() + TICK_MS;
		looks = more || h->woken || h->over || (ticks && (o->holding_count || anything_ready(o)));
		if (!looks && !h->done) {
			if (ticks)
				go_idle(o);
			continue;
		}
		int r = turn(o, h->done, h->over, looks && !h->stopping);
		if (r < 0) {
			log_warn("outbox: %s; trying again", err_word(r));
			usleep(RETRY_MS * 1000);
			continue;
		}
		more = r > 0 && o->want > o->holding_count;
		adapt(o, r > 0, h->dry);
		*h = (struct harvest){ .stopping = h->stopping };
	}
	return NULL;
}

/* ---- Life ------------------------------------------------------------------------------------------- */

static int new_id(struct tx *tx, void *ret)
{
	*(struct id *)ret = tx_new_id(tx);
	return 0;
}

static void outbox_free(struct outbox *o)
{
	for (int i = 0; i < o->threads; i++)
		courier_free(o->carriers[i].courier);
	for (size_t i = 0; i < o->slot_count; i++) {
		arena_free(&o->slots[i]->arena);
		mem_give(o->slots[i]);
	}
	arena_free(&o->arena);
	pthread_cond_destroy(&o->news);
	pthread_cond_destroy(&o->work);
	pthread_mutex_destroy(&o->lock);
	mem_give(o);
}

static void init_locks(struct outbox *o)
{
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->news, &steady);
	pthread_cond_init(&o->work, &steady);
	pthread_condattr_destroy(&steady);
}

static int outbox_make(const struct outbox_options *options, struct outbox **ret)
{
	struct outbox *o = mem_take(sizeof *o);
	if (!o)
		return E_MEMORY;
	*o = (struct outbox){
		.store = options->store, .settings = options->settings, .lease_ms = clock_allows(LEASE_MS),
		.backoff_ms = options->backoff_ms ? options->backoff_ms : BACKOFF_MS,
		.threads = options->threads, .want = 4 * (size_t)options->threads,
	};
	o->done_end = &o->done;
	o->ready_end = &o->ready;
	init_locks(o);
	arena_init(&o->arena, TURN_ARENA);
	int r = store_write(o->store, (struct id){ 0 }, &o->arena, new_id, &o->id);
	for (int i = 0; i < o->threads; i++)
		o->carriers[i].outbox = o;
	if (r < 0) {
		outbox_free(o);
		return r;
	}
	*ret = o;
	return 0;
}

static void join_carriers(struct outbox *o)
{
	pthread_mutex_lock(&o->lock);
	o->stopping = true;
	pthread_cond_broadcast(&o->work);
	pthread_cond_signal(&o->news);
	pthread_mutex_unlock(&o->lock);
	for (int i = 0; i < o->threads; i++)
		if (o->carriers[i].started)
			pthread_join(o->carriers[i].thread, NULL);
}

int outbox_start(const struct outbox_options *options, struct outbox **ret)
{
	struct outbox *o;
	if (options->threads == 0) {
		*ret = NULL;
		return 0;
	}
	int r = outbox_make(options, &o);
	if (r < 0)
		return r;
	for (int i = 0; r == 0 && i < o->threads; i++)
		if (!(o->carriers[i].started = pthread_create(&o->carriers[i].thread, NULL, carrier_runs, &o->carriers[i]) == 0))
			r = E_MEMORY;
	store_listen(o->store, heard, o);
	if (r < 0 || pthread_create(&o->thinker, NULL, thinker_runs, o) != 0) {
		store_listen(o->store, NULL, o);
		join_carriers(o);
		outbox_free(o);
		return E_MEMORY;
	}
	*ret = o;
	return 0;
}

/* What the carriers still did is noted; what they did not come to is given back, and counts for no quota. */
static void finish(struct outbox *o)
{
	struct harvest fresh, *h = &o->kept;
	while (o->ready) {
		struct held *next = o->ready->next;
		o->ready->next = o->over, o->over = o->ready;
		o->ready = next;
	}
	fresh = harvest(o, false, 0);
	join(h, &fresh);
	o->want = 0;
	for (int tries = 0; (h->done || h->over) && turn(o, h->done, h->over, false) < 0 && tries < 10; tries++)
		usleep(RETRY_MS * 1000);
	arena_reset(&o->arena);
	if (o->known && store_write(o->store, (struct id){ 0 }, &o->arena, turn_leave, &o->id) < 0)
		log_warn("outbox: could not sign off; others take over after %lld s", (long long)(o->lease_ms / SECOND));
}

void outbox_stop(struct outbox *o)
{
	if (!o)
		return;
	store_listen(o->store, NULL, o);
	join_carriers(o);
	pthread_join(o->thinker, NULL);
	finish(o);
	outbox_free(o);
}
