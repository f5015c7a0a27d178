/* inside.h: what the files of this room share: the community being made, and steps in its past.
 *
 *   example.c   the club: its groups, codes, members and a month of scans
 *   talk.c      the room where they talk, what answers there, and what waits for somebody's hands today
 *   plays.c     a campaign of each kind, with people in it
 *   steps.c     requests at moments of the past, one by one or many at once
 */
#pragma once
#include <pthread.h>
#include "example/example.h"
#include "http/within.h"

#define CLUBS  6
#define CODES 12

struct world {
	struct store                *store;
	const struct feature *const *features;
	struct arena                *arena;
	struct id                    community, account;
	struct id                    groups[CLUBS], codes[CODES];
	struct str                   slugs[CODES][6];
	size_t                       slug_count[CODES];
	int64_t                      members;
	pthread_mutex_t              lock;
	pthread_cond_t               landed;
	int                          flying, failed;
};

/* A request at a moment of the past. */
struct step {
	struct work          work;
	struct arena         arena;
	struct world        *world;
	struct instant       at;
	struct id            visitor;
	struct str           agent;
	struct within_call   call;
	struct id            ret_id;
};

/* ---- steps.c ---- */

void chance_begin(uint64_t seed);
uint64_t chance(uint64_t below);                  /* the same numbers for the same seed */

int step_now(struct world *, struct step *);
/* A request of the owner's. ret (may be NULL): the "id" of its answer. */
int owner_does(struct world *, const char *method, const char *path, struct id, struct instant at, struct str json, struct id *ret);
/* Together with others, as visitors come; a copy is kept until it has landed. */
int fly(struct world *, const struct step *);
/* Waits until at most so many are in the air; < 0 when one failed. */
int wait_below(struct world *, int most);

/* ---- talk.c ---- */

int make_talk(struct world *, struct instant now);
/* What speaks and what people must do: after everything of the past has been followed. */
int make_automations(struct world *, struct instant now);
int make_run_sheet(struct world *, struct instant now);

/* ---- plays.c ---- */

/* One of each kind with people in it; two that are over, one of them with a forecast. */
int make_plays(struct world *, struct instant now);
