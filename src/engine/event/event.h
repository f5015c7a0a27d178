/* event.h: every fact, once, append-only; and who follows them.
 *
 * Story      A visitor scans a code. The action that counts the scan also appends an event, in the same transaction.
 *            Followers (declared by features) read the log in commit order and keep what they derive from it: hourly
 *            counts, later points, automations. Browsers that watch are told that a topic changed.
 * Order      SQLite has one writer, so ids rise in commit order. On PostgreSQL neither ids nor sequences do: a row
 *            carries the number of the transaction that wrote it (`epoch`), and followers read in order of
 *            (epoch, id) only below the lowest transaction still running (tx_horizon): nothing can still appear there.
 * Sums       A follower that only adds up is given larger batches, sorted by subject, so that each sum is written once a
 *            batch and in the order of its table. A batch is applied in slices, for the scans that come meanwhile wait
 *            behind each; the follower's row tells how much of which batch is done.
 * Holds      A follower's progress moves in the transaction that applies the events: each event is applied exactly once,
 *            by whichever process comes first. An event is never changed or deleted, but for one thing: of a person who is
 *            erased (or after the time the community set) the ids become nobody's and `data` empty. Kind, time, amount
 *            and `word` stay, so every sum stays what it was.
 * Not here   Sending anything anywhere (outbox), conditions and actions (automation).
 * Test       event_test.c: many writers, no event missed or seen twice, on both stores; crash between batches.
 */
#pragma once
#include "http/http.h"

struct event {
	struct id      id;
	struct instant at;
	struct str     kind;
	struct id      subject;                   /* what it happened to: a live code, a group */
	struct id      actor;                     /* who did it: visitor, member or account, as the kind says */
	struct id      object;                    /* with what: the child code shown */
	struct id      via;                       /* through what: the source link */
	int64_t        n;                         /* how much */
	struct str     word;                      /* a short class: device, state; never a person's own words */
	struct str     data;                      /* JSON, or empty */
};

/* Part of the caller's transaction. Of `event`, id, at and kind are filled here. */
int event_emit(struct tx *, struct id community, const struct event_kind *, const struct event *event);

struct follower {
	const char *name;                         /* names its cursor: never changes */
	const char *kinds;                        /* "livecode_scanned livecode_joined": the others are passed over; "*": all */
	/* Apply `count` events, oldest first, at most FOLLOW_BATCH. < 0: nothing of these happened; tried again later. */
	int       (*apply)(struct tx *, struct id community, const struct event *events, size_t count);
	/* Instead of `apply`, for who asks what features declare. */
	int       (*apply_by)(struct tx *, const struct feature *const *, struct id community, const struct event *events, size_t count);
	/* Their order is no matter: they come by subject, then by id, as slices of up to FOLLOW_SUM that were sorted so. */
	bool        sums;
};

#define FOLLOW_BATCH  2000
#define FOLLOW_SUM   20000

/* ---- Forgetting people ---- */

struct forgotten { struct id was, tombstone; };
/* Everywhere in the log these ids become their tombstones, and the events' data goes; in many small transactions, so that
 * nobody waits long. The followers should have caught up. Safe to repeat. */
int event_forget(struct store *, struct id community, const struct forgotten *, size_t count);
/* Who did what before that time becomes nobody; how many events were changed, or a code. At most `most` in one call. */
int event_forget_before(struct store *, struct id community, struct instant before, int64_t most);
/* How many events that would be; counts no further than `most`. */
int event_count_before(struct tx *, struct id community, struct instant before, int64_t most, int64_t *ret);
/* ---- Reading the log by oneself: for caches that may be thrown away at any time ---- */

struct event_place { int64_t epoch; struct id id; };          /* up to here, this event included */

/* The last event that can be read now; a place before every event when there is none. */
int event_newest(struct tx *, struct id community, struct event_place *ret);
/* Up to FOLLOW_BATCH events after *at, oldest first; *at moves to the last of them. */
int event_next(struct tx *, struct id community, struct event_place *at, struct event **ret, size_t *ret_count);
/* The last event from before this time: where who reads what happened since begins. */
int event_place_before(struct tx *, struct id community, struct instant since, struct event_place *ret);
/* Up to `limit` events before *at, newest first, without their data; *at moves to the last of them. */
int event_previous(struct tx *, struct id community, struct event_place *at, size_t limit, struct event **ret,
                   size_t *ret_count);
/* How often did this happen since, to or by one of `who`? An event counts once. Reads the community's log. */
int event_count_of(struct tx *, struct id community, struct str kind, struct instant since, const struct id *who,
                   size_t count, int64_t *ret);

/* Runs the followers of all features on a thread of its own, and tells watching browsers. */
struct events;
int  events_start(struct store *, struct server *, const struct feature *const *, struct events **ret);
void events_stop(struct events *);
/* Follow everything that is committed now, on the calling thread (tests, `init`, before a report). Transactions of others that began
 * before it and go on are waited for, ten seconds at most. 0 or a code. */
int  events_catch_up(struct store *, const struct feature *const *, struct id community);
/* In this transaction: the events of `subject` that this follower has yet to apply, as struct event, oldest first. */
int  events_pending(struct tx *, struct id community, const char *follower, struct id subject, struct rows *ret);
