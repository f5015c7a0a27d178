/* campaign.h: bench `campaign`: the making, for the measuring. */
#pragma once
#include "bench/benches.h"

struct fair {                                     /* a campaign that has been going round for days */
	size_t      people;                       /* who take part */
	struct id   community, campaign, first;   /* participant i is first + i … */
	const char *name, *file, *copy;           /* folder, its database, and the same again for the floor */
	uint32_t   *parents;                      /* … and came through participant parents[i] - 1; 0: through nobody */
};

#define FAIR_SLUG "p%09zu"                        /* of participant i: their page is /t/ and this */

/* A store in run->folder/name. Everybody below the first came through somebody, one who has many is found by more: a
 * power-law tree; each counts as one help for who brought them. */
int fair_make(const struct bench_run *, size_t people, struct fair *ret);

/* Helps by people never seen before, for participants drawn as the tree was: whole requests, in the arena. */
int fair_helps(const struct bench_run *, const struct fair *, int64_t from, size_t count, struct str *ret);
/* Whom help number n is for. */
size_t fair_drawn(const struct fair *, int64_t n);

/* The same rows by bare statements, `batch` helps in a transaction, for so many seconds: helps a second. */
int fair_floor(const struct bench_run *, const struct fair *, int64_t from, size_t batch, double seconds, double *ret);
