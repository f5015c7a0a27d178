/* dirty.h: which communities have news; a set that many threads mark and one thread empties. */
#pragma once
#include <pthread.h>

#include "base/str.h"

struct dirty_entry {
	struct id community;
	bool      marked;
	bool      known;                          /* the follower thread's: its browsers' cursor is set */
	int64_t   epoch, id;                      /* … and where it stands */
};

struct dirty {
	pthread_mutex_t      lock;
	pthread_cond_t       changed;
	struct dirty_entry **entries;             /* open addressing on the id; never shrinks */
	size_t               room, count, marked;
	size_t               due;                 /* of the marked, as many as there were when waiting ended */
	bool                 stopping;
	size_t               scan;                /* where dirty_next goes on */
};

void dirty_init(struct dirty *);
void dirty_free(struct dirty *);
void dirty_mark(struct dirty *, struct id community);     /* a mark that finds no memory is left to the next sweep */
void dirty_stop(struct dirty *);
/* Wait for a mark (at most idle_ms), then gather_ms more so that others may join. false: stop. */
bool dirty_wait(struct dirty *, int64_t gather_ms, int64_t idle_ms);
/* Unmarks and returns one of those that were marked when waiting ended, or NULL: what is marked meanwhile gathers until the next
 * wait, else whoever is marked without end would be served in crumbs. The entry stays valid until dirty_free. */
struct dirty_entry *dirty_next(struct dirty *);
