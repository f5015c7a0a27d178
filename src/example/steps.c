/* steps.c: requests at moments of the past, one by one or many at once. See inside.h. */
#include "example/inside.h"

#include "base/mem.h"
#include "groups/visit.h"

#define IN_FLIGHT  256

/* ---- Chance: the same month for the same seed ---- */

static uint64_t chance_state;

void chance_begin(uint64_t seed) { chance_state = seed; }

uint64_t chance(uint64_t below)
{
	uint64_t z = chance_state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

/* ---- Steps ---- */

static int step_action(struct tx *tx, void *arg)
{
	struct step *s = arg;
	struct proof nothing = { 0 };
	struct within who = { s->world->features, s->world->community, s->world->account, s->visitor, s->agent };
	struct within_call call = s->call;
	clock_set(s->at);
	call.kept = &nothing;
	return within_do(tx, &who, &call, &s->ret_id);
}

int step_now(struct world *w, struct step *s)
{
	s->world = w;
	return store_write(w->store, w->community, w->arena, step_action, s);
}

int owner_does(struct world *w, const char *method, const char *path, struct id id, struct instant at, struct str json, struct id *ret)
{
	struct step s = { .call = { .method = method, .path = path, .id = id, .json = json }, .at = at };
	int r = step_now(w, &s);
	if (ret)
		*ret = s.ret_id;
	return r;
}

/* ---- Many at once: visitors share commits, as they do in life ---- */

static void landed(struct work *work, int result)
{
	struct step *s = (struct step *)work;
	struct world *w = s->world;
	pthread_mutex_lock(&w->lock);
	w->flying--;
	if (result == E_GATE_CLOSED)
		w->members--;                     /* they met a full group and the waiting list, and did not join */
	else if (result < 0)
		w->failed = result;
	pthread_cond_signal(&w->landed);
	pthread_mutex_unlock(&w->lock);
	arena_free(&s->arena);
	mem_give(s);
}

int wait_below(struct world *w, int most)
{
	pthread_mutex_lock(&w->lock);
	while (w->flying > most)
		pthread_cond_wait(&w->landed, &w->lock);
	int failed = w->failed;
	pthread_mutex_unlock(&w->lock);
	return failed;
}

int fly(struct world *w, const struct step *step)
{
	struct step *s = mem_take(sizeof *s);
	int r = wait_below(w, IN_FLIGHT);
	if (!s || r < 0) {
		mem_give(s);
		return r < 0 ? r : E_MEMORY;
	}
	*s = *step;
	s->world = w;
	arena_init(&s->arena, 8 << 20);
	s->work = (struct work){ .community = w->community, .arena = &s->arena, .action = step_action, .arg = s, .done = landed };
	pthread_mutex_lock(&w->lock);
	w->flying++;
	pthread_mutex_unlock(&w->lock);
	if (!store_submit_write(w->store, &s->work)) {
		landed(&s->work, E_BUSY);
		return E_BUSY;
	}
	return 0;
}
