/* mirror.h: memory that follows the log: made of the store's rows, and told of whatever changed since by the events.
 *
 * Story      A segment asks for the roll of a community (people/roll.h), a page of numbers for the tree of a campaign
 *            (campaign/tree/tree.h). The first question makes it; every question then first takes in what was written since, up to
 *            its own snapshot, and answers from memory.
 * Big        What is small is made inside the question. What is not is made by a thread, in steps of one read each, so that readers
 *            are not held up; until then the answer is E_BUSY: ask again. Without that thread (command line, tests) it is always
 *            made at once. The thread keeps warm what was asked for lately, if its kind wants that, and lets go of what nobody asked
 *            for in half an hour.
 * Holds      Only transactions that cannot write may ask: what a writer sees may yet be undone. Nothing correct depends on a mirror: it
 *            may be thrown away at any moment. Whoever has one keeps others waiting until mirror_put. One that does not fit any
 *            more is spoilt, and made anew by the next question.
 * Test       mirror_test.c; segment_test.c, tree_test.c
 */
#pragma once
#include <pthread.h>

#include "engine/event/event.h"

/* What a mirror begins with; `what`: of what in the community it is, or of the community itself: 0. */
#define MIRROR(what) \
	/* The registry's, under its lock. */ \
	int64_t store; \
	struct id community, what; \
	enum mirror_state state; \
	int users; \
	int64_t used_at;                          /* clock_steady */ \
	int64_t turn;                             /* of the thread that last kept it warm */ \
	struct mirror *next; \
	pthread_mutex_t lock;                     /* guards the rest */ \
	int64_t epoch;                            /* what the log said up to here has been taken in … */ \
	struct id event; \
	bool spoilt                               /* something did not fit: make a new one */
enum mirror_state { MIRROR_WANTED, MIRROR_READY, MIRROR_SPOILT };
struct mirror { MIRROR(about); };
/* The same as a kind names it. */
#define MIRROR_AS(what) union { struct mirror mirror; struct { MIRROR(what); }; }

struct mirror_thread;
struct mirrors {                                  /* all of one kind in this process */
	const char *name;                         /* for the log: "roll of community" */
	/* A new one, with store, community and about filled in and its lock made by mirror_begin; NULL: no memory. */
	struct mirror *(*make)(int64_t store, struct id community, struct id about);
	void          (*drop)(struct mirror *);
	/* Is it to be made by the thread? Or why there is none at all. */
	int           (*is_big)(struct tx *, struct id community, struct id about, bool *ret);
	/* One step of making; `making`: of making_size, zero to begin with. Ended in any case. */
	size_t          making_size;
	int           (*step)(struct tx *, struct mirror *, void *making, bool *ret_made);
	void          (*end)(void *making);       /* may be NULL */
	/* Everything up to the transaction's snapshot. */
	int           (*follow)(struct tx *, struct mirror *);
	size_t        (*count)(const struct mirror *);
	size_t          step_arena;
	int64_t         warm_ms;                  /* after a question it is kept up to date so long; 0: not */
	int64_t         near_ms;                  /* … so often; 0: every two seconds */
	/* mirror.c's own: */
	pthread_mutex_t       registry;
	struct mirror        *first;
	struct mirror_thread *thread;
};

void mirror_begin(struct mirror *, int64_t store, struct id community, struct id about);

/* As of this transaction; nobody else has it until mirror_put. E_BUSY: it is being made. E_MEMORY. */
int  mirror_get(struct tx *, struct mirrors *, struct id community, struct id about, struct mirror **ret);
void mirror_put(struct mirrors *, struct mirror *);

/* For `follow`: each batch of the log since, until nothing is left or it is spoilt; when taking one fails it is. */
typedef int mirror_take(struct tx *, struct mirror *, const struct event *, size_t count, void *ctx);
int  mirror_follow(struct tx *, const struct mirrors *, struct mirror *, mirror_take *, void *ctx);

/* The thread of this process, of one kind; one at most. */
int  mirror_thread_start(struct store *, struct mirrors *, struct mirror_thread **ret);
void mirror_thread_stop(struct mirror_thread *);
void mirrors_empty(struct mirrors *);             /* for tests: nobody has one */
