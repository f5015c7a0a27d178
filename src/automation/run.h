/* run.h: what the files that act share. Private to this room. */
#pragma once
#include "automation/judge.h"

/* What became of events, one automation at a time; written once a batch. */
struct tally {
	int64_t        matched, acted, failed, where, limit, late, depth, changed, off;
	struct instant acted_at;
	int64_t        failing;                   /* in a row, at the end of the batch */
	bool           recovered;                 /* a run in it went well */
	const char    *error;
	struct str     act;
};
int counts_write(struct tx *, struct id community, const struct rule *, const struct tally *);

/* An event as text, for what waits. */
extern const struct row row_carried;
struct carried { struct id id; struct instant at; struct str kind; struct id subject, actor, object,
	via; int64_t n; struct str word, data; };
struct carried carried_of(const struct event *);
struct event   event_of_carried(const struct carried *);

/* struct court: acted, from the runs there were. */
int runs_since(struct court *, const struct rule *, bool of_group, struct id who, struct instant since, int64_t *ret);

/* A code after which only rolling back helps. */
bool is_everybodys(int code);
