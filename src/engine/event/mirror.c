/* mirror.c: see mirror.h. */
#include "engine/event/mirror.h"

#include <stdatomic.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"

#define UNUSED_MS (30 * MINUTE)
#define TURN_MS   2000                            /* between two looks of the thread */
#define TRIES     3

struct mirror_thread {
	struct store   *store;
	struct mirrors *of;
	pthread_t       thread;
	pthread_cond_t  wake;
	atomic_bool     stop;                     /* read between steps, outside the registry */
};

void mirror_begin(struct mirror *m, int64_t store, struct id community, struct id about)
{
	m->store = store, m->community = community, m->about = about;
	pthread_mutex_init(&m->lock, NULL);
}

/* ---- Making, following ---- */

static int make_at_once(struct tx *tx, const struct mirrors *of, struct mirror *m)
{
	void *making = mem_take(of->making_size);
	bool made = false;
	int r = making ? 0 : E_MEMORY;
	while (r >= 0 && !made) {
		ARENA_SCOPED arena;
		arena_init(&arena, of->step_arena);
		struct arena *before = tx_use_arena(tx, &arena);
		r = of->step(tx, m, making, &made);
		tx_use_arena(tx, before);
	}
	if (making && of->end)
		of->end(making);
	mem_give(making);
	return r;
}

struct stepping { const struct mirrors *of; struct mirror *mirror; void *making; bool made; };

static int step(struct tx *tx, void *arg)
{
	struct stepping *s = arg;
	return s->of->step(tx, s->mirror, s->making, &s->made);
}

static int make_in_steps(struct mirror_thread *t, struct mirror *m)
{
	struct stepping s = { .of = t->of, .mirror = m, .making = mem_take(t->of->making_size) };
	int r = s.making ? 0 : E_MEMORY;
	while (r >= 0 && !s.made && !t->stop) {
		ARENA_SCOPED arena;
		arena_init(&arena, t->of->step_arena);
		r = store_read(t->store, &arena, step, &s);
	}
	if (s.making && t->of->end)
		t->of->end(s.making);
	mem_give(s.making);
	return s.made || r < 0 ? r : E_BUSY;
}

int mirror_follow(struct tx *tx, const struct mirrors *of, struct mirror *m, mirror_take *take, void *ctx)
{
	size_t count = FOLLOW_BATCH;
	while (count == FOLLOW_BATCH && !m->spoilt) {
		ARENA_SCOPED arena;
		arena_init(&arena, of->step_arena);
		struct arena *before = tx_use_arena(tx, &arena);
		struct event_place at = { m->epoch, m->event };
		struct event *events;
		int r = event_next(tx, m->community, &at, &events, &count);
		if (r >= 0 && count && (r = take(tx, m, events, count, ctx)) < 0)
			m->spoilt = true;
		tx_use_arena(tx, before);
		if (r < 0)
			return r;
		m->epoch = at.epoch, m->event = at.id;
	}
	return 0;
}

/* ---- Who has which; with the registry ---- */

static void unlist(struct mirrors *of, struct mirror *m)         /* nobody has it */
{
	struct mirror **at = &of->first;
	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	of->drop(m);
}

static void let_old_go(struct mirrors *of)
{
	for (struct mirror *m = of->first, *next; m; m = next) {
		next = m->next;
		if (m->users == 0 && m->state == MIRROR_READY && clock_steady() > m->used_at + UNUSED_MS)
			unlist(of, m);
	}
}

static struct mirror *listed(const struct mirrors *of, int64_t store, struct id community, struct id about)
{
	for (struct mirror *m = of->first; m; m = m->next)
		if (m->store == store && m->community.n == community.n && m->about.n == about.n && m->state != MIRROR_SPOILT)
			return m;
	return NULL;
}

/* A new one, ready or wanted. */
static int list_new(struct tx *tx, struct mirrors *of, struct id community, struct id about, struct mirror **ret)
{
	bool big = false;
	let_old_go(of);
	int r = of->is_big(tx, community, about, &big);
	if (r < 0)
		return r;
	big = big && of->thread && store_serial(of->thread->store) == tx_serial(tx);
	struct mirror *m = of->make(tx_serial(tx), community, about);
	if (!m)
		return E_MEMORY;
	if (!big && (r = make_at_once(tx, of, m)) < 0) {
		of->drop(m);
		return r;
	}
	m->state = big ? MIRROR_WANTED : MIRROR_READY;
	m->used_at = clock_steady();
	m->next = of->first;
	of->first = m;
	if (big)
		pthread_cond_signal(&of->thread->wake);
	*ret = m;
	return 0;
}

/* ---- Asking ---- */

void mirror_put(struct mirrors *of, struct mirror *m)
{
	bool spoilt = m->spoilt;
	pthread_mutex_unlock(&m->lock);
	pthread_mutex_lock(&of->registry);
	if (spoilt)
		m->state = MIRROR_SPOILT;
	if (--m->users == 0 && m->state == MIRROR_SPOILT)
		unlist(of, m);
	pthread_mutex_unlock(&of->registry);
}

static int enter(struct tx *tx, struct mirrors *of, struct id community, struct id about, bool asked, struct mirror **ret)
{
	pthread_mutex_lock(&of->registry);
	struct mirror *m = listed(of, tx_serial(tx), community, about);
	int r = m ? 0 : list_new(tx, of, community, about, &m);
	if (r >= 0 && m->state == MIRROR_WANTED)
		r = E_BUSY;
	if (r >= 0) {
		m->users++;
		m->used_at = asked ? clock_steady() : m->used_at;
	}
	pthread_mutex_unlock(&of->registry);
	if (r < 0)
		return r;
	pthread_mutex_lock(&m->lock);
	*ret = m;
	return 0;
}

int mirror_get(struct tx *tx, struct mirrors *of, struct id community, struct id about, struct mirror **ret)
{
	struct mirror *m;
	if (tx_may_write(tx)) {
		log_error("the %s was asked for by a transaction that may write", of->name);
		return E_STORE;
	}
	for (int tries = 0; tries < TRIES; tries++) {
		int r = enter(tx, of, community, about, true, &m);
		if (r < 0)
			return r;
		if (!m->spoilt)
			r = of->follow(tx, m);
		if (r >= 0 && !m->spoilt) {
			*ret = m;
			return 0;
		}
		mirror_put(of, m);
		if (r < 0)
			return r;
	}
	return E_BUSY;
}

/* ---- The thread ---- */

/* With the registry, which it opens meanwhile. */
static void make_wanted(struct mirror_thread *t, struct mirror *m)
{
	struct mirrors *of = t->of;
	pthread_mutex_unlock(&of->registry);
	int64_t began = clock_steady();
	int r = make_in_steps(t, m);
	long long whose = m->about.n ? m->about.n : m->community.n;
	if (r >= 0)
		log_info("%s %lld: %zu in %lld ms", of->name, whose, of->count(m), (long long)(clock_steady() - began));
	else if (r != E_BUSY)
		log_warn("%s %lld: %s", of->name, whose, err_word(r));
	pthread_mutex_lock(&of->registry);
	if (r < 0)
		unlist(of, m);
	else
		m->state = MIRROR_READY, m->used_at = clock_steady();
}

static struct mirror *next_wanted(const struct mirrors *of, int64_t store)
{
	for (struct mirror *m = of->first; m; m = m->next)
		if (m->store == store && m->state == MIRROR_WANTED)
			return m;
	return NULL;
}

struct warming { struct mirrors *of; struct id community, about; };

static int keep_warm(struct tx *tx, void *arg)
{
	const struct warming *w = arg;
	struct mirror *m;
	int r = enter(tx, w->of, w->community, w->about, false, &m);
	if (r < 0)
		return r;
	if (!m->spoilt)
		r = w->of->follow(tx, m);
	mirror_put(w->of, m);
	return r;
}

/* One that was asked for lately and has waited for its turn. With the registry. */
static bool next_warm(struct mirrors *of, int64_t store, int64_t turn, struct warming *ret)
{
	for (struct mirror *m = of->first; m; m = m->next)
		if (m->store == store && m->state == MIRROR_READY && m->turn != turn && clock_steady() < m->used_at + of->warm_ms) {
			m->turn = turn;
			*ret = (struct warming){ of, m->community, m->about };
			return true;
		}
	return false;
}

static void *run(void *arg)
{
	struct mirror_thread *t = arg;
	struct mirrors *of = t->of;
	int64_t serial = store_serial(t->store);
	struct warming warming;
	struct mirror *m;
	pthread_mutex_lock(&of->registry);
	for (int64_t turn = 1; !t->stop; turn++) {
		int64_t wait = TURN_MS;
		while (!t->stop && (m = next_wanted(of, serial)))
			make_wanted(t, m);
		while (!t->stop && of->warm_ms && next_warm(of, serial, turn, &warming)) {
			pthread_mutex_unlock(&of->registry);
			ARENA_SCOPED arena;
			arena_init(&arena, of->step_arena);
			store_read(t->store, &arena, keep_warm, &warming);
			pthread_mutex_lock(&of->registry);
			wait = of->near_ms ? of->near_ms : TURN_MS;
		}
		let_old_go(of);
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += wait % 1000 * 1000000;
		until.tv_sec += wait / 1000 + until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (!t->stop && !next_wanted(of, serial))
			pthread_cond_timedwait(&t->wake, &of->registry, &until);
	}
	pthread_mutex_unlock(&of->registry);
	return NULL;
}

int mirror_thread_start(struct store *store, struct mirrors *of, struct mirror_thread **ret)
{
	struct mirror_thread *t = mem_take(sizeof *t);
	pthread_condattr_t monotonic;
	if (!t)
		return E_MEMORY;
	*t = (struct mirror_thread){ .store = store, .of = of };
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_lock(&of->registry);
	bool started = !of->thread && pthread_create(&t->thread, NULL, run, t) == 0;
	if (started)
		of->thread = t;
	pthread_mutex_unlock(&of->registry);
	if (!started) {
		pthread_cond_destroy(&t->wake);
		mem_give(t);
		return E_MEMORY;
	}
	*ret = t;
	return 0;
}

void mirror_thread_stop(struct mirror_thread *t)
{
	if (!t)
		return;
	struct mirrors *of = t->of;
	pthread_mutex_lock(&of->registry);
	t->stop = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&of->registry);
	pthread_join(t->thread, NULL);
	pthread_mutex_lock(&of->registry);
	of->thread = NULL;
	for (struct mirror *m = of->first, *next; m; m = next) {
		next = m->next;
		if (m->store == store_serial(t->store) && m->users == 0)
			unlist(of, m);
	}
	pthread_mutex_unlock(&of->registry);
	pthread_cond_destroy(&t->wake);
	mem_give(t);
}

void mirrors_empty(struct mirrors *of)
{
	pthread_mutex_lock(&of->registry);
	while (of->first)
		unlist(of, of->first);
	pthread_mutex_unlock(&of->registry);
}
