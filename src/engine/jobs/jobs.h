/* jobs.h: work that is not a request: later, again, or with the network.
 *
 * Story      The death clock looks at every live code each few minutes; a warning must reach a webhook although it is
 *            down for an hour. An action adds a job in its own transaction; a worker of any process takes it, runs it
 *            outside any transaction, and records the outcome.
 * Holds      A job that was committed runs at least once. (community, kind, key) is unique: adding it twice is adding
 *            it once; asked for while it runs, it runs once more; asked for when it is dead, it starts afresh.
 *            A worker holds a job by a lease; a crashed worker's job is taken up when the lease runs out, so `run`
 *            must be safe to repeat. Failures back off (doubling, with jitter) up to `tries_max`, then the job stays
 *            as "dead", visible; so does one that ended the program each time. A slow job holds up those that come
 *            after it, but never a prompt one.
 * Not here   Cron expressions and people's calendars (daily/calendar); ordered sending with quotas (outbox).
 * Test       jobs_test.c: two workers never hold one job; crash during a run; back-off; repeated adding.
 */
#pragma once
#include "http/http.h"

struct job {
	struct id  id, community;
	struct str key, payload;                  /* payload: JSON or empty, ≤ 16 KiB */
	int64_t    tries;                         /* before this one */
};

struct job_context {
	struct store                *store;
	const struct settings       *settings;
	const struct feature *const *features;
	struct arena                *arena;       /* freed after the run */
};

struct job_kind {
	const char *name, *help;
	/* 0: done. < 0: failed, tried again later; say why in *ret_why (arena or static). */
	int       (*run)(const struct job_context *, const struct job *, struct str *ret_why);
	int64_t     tries_max;                    /* 0: 10 */
	int64_t     backoff_ms;                   /* first pause; 0: 10 s */
	int64_t     every_ms;                     /* > 0: runs for the whole server at this pace, armed by itself */
	bool        prompt;                       /* a platform waits seconds for it: workers of its own, woken by the commit that adds it */
};

/* Part of the caller's transaction. `due` {0}: at once. Already waiting with this key: the earlier due time counts, and
 * the first payload. */
int job_add(struct tx *, struct id community, const struct job_kind *, struct str key, struct str payload,
            struct instant due);

/* Those that are given up, by kind, and why the last of them was: rows of struct job_dead. */
struct job_dead { struct str kind; int64_t n; struct str why; };
int jobs_dead(struct tx *, struct rows *ret);

/* Those that should have begun before this time: how many (a thousand at most), and the oldest one's time. */
struct job_late { int64_t n; struct instant since; };
int jobs_late(struct tx *, struct instant before, struct job_late *ret);

struct jobs;
int  jobs_start(struct store *, const struct settings *, const struct feature *const *, struct jobs **ret);
void jobs_stop(struct jobs *);                    /* lets the running job finish */
/* Run everything that is due now, on the calling thread; how many ran, or a code. For tests and `init`. */
int  jobs_run_due(struct store *, const struct settings *, const struct feature *const *);
