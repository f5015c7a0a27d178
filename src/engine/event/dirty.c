/* dirty.c: see dirty.h. The table holds pointers so that an entry stays where it is when the table grows. */
#include "engine/event/dirty.h"

#include <errno.h>
#include <time.h>

#include "base/mem.h"

void dirty_init(struct dirty *d)
{
	pthread_condattr_t steady;
	*d = (struct dirty){ 0 };
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&d->changed, &steady);
	pthread_condattr_destroy(&steady);
}

void dirty_free(struct dirty *d)
{
	for (size_t i = 0; i < d->room; i++)
		mem_give(d->entries[i]);
	mem_give(d->entries);
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->lock);
}

static size_t slot_of(const struct dirty *d, struct id community)
{
	size_t i = (size_t)((uint64_t)community.n * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (d->room - 1);
	while (d->entries[i] && d->entries[i]->community.n != community.n)
		i = (i + 1) & (d->room - 1);
	return i;
}

static bool grow(struct dirty *d)
{
	struct dirty larger = { .room = d->room ? d->room * 2 : 64 };
	larger.entries = mem_take(larger.room * sizeof *larger.entries);
	if (!larger.entries)
		return false;
	for (size_t i = 0; i < d->room; i++)
		if (d->entries[i])
			larger.entries[slot_of(&larger, d->entries[i]->community)] = d->entries[i];
	mem_give(d->entries);
	d->entries = larger.entries;
	d->room = larger.room;
	return true;
}

static struct dirty_entry *entry_for(struct dirty *d, struct id community)
{
	if (d->count * 2 >= d->room && !grow(d))
		return NULL;
	size_t i = slot_of(d, community);
	if (!d->entries[i]) {
		d->entries[i] = mem_take(sizeof **d->entries);
		if (!d->entries[i])
			return NULL;
		d->entries[i]->community = community;
		d->count++;
	}
	return d->entries[i];
}

void dirty_mark(struct dirty *d, struct id community)
{
	pthread_mutex_lock(&d->lock);
	struct dirty_entry *e = entry_for(d, community);
	if (e && !e->marked) {
		e->marked = true;
		if (d->marked++ == 0)
			pthread_cond_signal(&d->changed);
	}
	pthread_mutex_unlock(&d->lock);
}

void dirty_stop(struct dirty *d)
{
	pthread_mutex_lock(&d->lock);
	d->stopping = true;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

/* With the lock held; false when the time is up. */
static bool sleep_for(struct dirty *d, int64_t ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000)
		until.tv_sec++, until.tv_nsec -= 1000000000;
	return pthread_cond_timedwait(&d->changed, &d->lock, &until) != ETIMEDOUT;
}

bool dirty_wait(struct dirty *d, int64_t gather_ms, int64_t idle_ms)
{
	pthread_mutex_lock(&d->lock);
	while (!d->stopping && d->marked == 0)
		if (!sleep_for(d, idle_ms))
			break;
	if (!d->stopping && d->marked)
		while (!d->stopping && sleep_for(d, gather_ms))
			;
	bool go_on = !d->stopping;
	d->due = d->marked;
	pthread_mutex_unlock(&d->lock);
	return go_on;
}

struct dirty_entry *dirty_next(struct dirty *d)
{
	struct dirty_entry *found = NULL;
	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; d->due && i < d->room && !found; i++) {
		struct dirty_entry *e = d->entries[d->scan = (d->scan + 1) & (d->room - 1)];
		if (e && e->marked)
			found = e;
	}
	if (found) {
		found->marked = false;
		d->marked--;
		d->due--;
	}
	pthread_mutex_unlock(&d->lock);
	return found;
}
