/* inside.h: what the files of the outbox share; nobody else includes it.
 *
 * put → (send waiting, its queue) → taken (turn.c, under the brakes) → delivered (worker.c) → noted (turn.c).
 */
#pragma once
#include "channel/outbox/courier.h"
#include "channel/outbox/outbox.h"
#include "people/staff.h"

/* ---- Rows ---- */

struct send_row {
	struct id      id, channel_id, target_id, group_id, member_id;
	struct str     what, body, key, reason;
	struct id      source_id, actor_id;
	bool           prompt;
	struct str     state, why, number;
	struct instant turn_at, due_at, expires_at, put_at, ended_at;
	int64_t        tries;
};
extern const struct row row_send_row;
#define SEND_COLUMNS "id, channel_id, target_id, group_id, member_id, what, body, key, reason, source_id, actor_id, prompt," \
	" state, why, number, turn_at, due_at, expires_at, put_at, ended_at, tries"

/* In SQL: a send to a member alone is for staff who see all. */
#define SEES_SEND(only, s) "(" only " = 0 OR (" s ".group_id <> 0 AND " SEES_GROUP(only, s ".community_id", s ".group_id") "))"

#define FOREVER ((struct instant){ INT64_MAX })   /* ready_at of a queue whose community is frozen */

/* Text of a field of a send's body; empty when there is none. */
struct str send_text(struct arena *, struct str body, const char *field);
/* The queue's first send is this late: made, or brought forward. */
int queue_touch(struct tx *, struct id community, struct id channel, struct id target, struct instant turn);
/* From hands to the queue or the other way: to hands. A due time after the brakes. */
int send_to_hand(struct tx *, struct id community, struct id send, struct str why);
int send_say(struct tx *, struct id community, enum outbox_event, const struct send_row *);
/* For routes with a send in the hole. */
int send_sees(struct request *);
/* How often outbox_put was called in this process: whoever sees it move has reason to look. */
int64_t outbox_puts(void);

/* ---- brake.c ---- */

struct brake {
	struct instant frozen_at;
	struct id      frozen_by;
	struct str     frozen_why;
	int64_t        quiet_from, quiet_until, quiet_days;
	int64_t        member_day, member_week, group_day, group_week;
	struct instant all_frozen_at;             /* the whole server's switch: since when, and why */
	struct str     all_frozen_why;
};
bool brake_frozen(const struct brake *);          /* by either switch */
int brake_get(struct tx *, struct id community, struct brake *ret);
/* When the quiet hours that `at` falls into end; 0: it does not. */
struct instant quiet_end(const struct brake *, const struct zone *, struct instant at);

/* A counter of send_used, as an action sees it: read once, written once, by tally_write. */
struct used { struct id community, channel, target; struct str rule; int64_t period, n, more; struct instant until; };
struct tally { struct tx *tx; struct arena *arena; struct used *at; size_t count, room; };
int tally_open(struct tx *, struct tally *ret);
int tally_write(struct tally *);

/* What one send was counted under, to be given back when it was not delivered. */
#define COUNTED_MOST 8
struct counted { struct id channel, target; const char *rule; int64_t period; struct instant until; };
struct counts  { struct counted at[COUNTED_MOST]; size_t count; };
int tally_give_back(struct tally *, struct id community, const struct counts *);

enum verdict {
	GO,                                       /* counted */
	LATER,                                    /* it moves to *ret_until,
			with all that are not prompt: they were asked for less urgently */
	CLOSED                                    /* the channel may say nothing of the kind until then: the queue waits */
};
struct asked {
	struct id community; const struct brake *brake; const struct zone *zone; const struct channel *channel;
	const struct send_row *send;
};
int brake_ask(struct tally *, const struct asked *, struct counts *ret, enum verdict *ret_verdict, struct instant *ret_until);
/* The platform said that it is enough until then. */
int brake_close(struct tx *, struct id community, struct id channel, struct str what, struct instant until);
/* How much this quota is for this channel: a setting of it may say. 0: no limit. */
int quota_limit(struct tx *, struct id community, const struct channel *, const struct quota *, int64_t *ret);
/* For hands: the first time at or after `from` that is not quiet and in a day with room; counted there. */
int brake_for_hands(struct tx *, struct id community, struct id group, struct id member, bool prompt, struct instant from,
                    struct instant *ret);

/* ---- turn.c: one transaction of a worker: note what came of sends, give queues back, take others ---- */

#define HELD_SENDS 8                              /* taken of one queue at a time */

struct load {
	struct held     *held;
	struct send      send;
	struct send_row  row;
	struct counts    counts;
	struct delivery  delivery;
	int              result;                  /* < 0: a failure of our own */
	bool             tried;
	struct load     *next;                    /* among those to be noted */
};

struct held {                                     /* a queue in a worker's hand */
	struct arena            arena;
	struct id               community, channel_id, target_id;
	struct channel          channel;
	const struct connector *connector;
	struct load             loads[HELD_SENDS];
	size_t                  count;
	_Atomic bool            halted;           /* nothing more of it may leave: frozen, or another worker has it */
	int64_t                 since;            /* clock_steady() */
	struct held            *next;
};

struct turn {
	struct id     worker;
	int64_t       lease_ms, backoff_ms;
	bool          renew;                      /* also bury the dead */
	struct load  *done;                       /* to be noted */
	struct held  *over;                       /* to be given back */
	struct held **holding; size_t holding_count;     /* halted when their community is frozen now */
	struct held **empty; size_t empty_count;         /* to take into */
	struct id     busy[2];                    /* channels that have enough of our hands already */
	size_t        taken;                      /* empty[0 … taken) are filled now */
	bool          lost;                       /* the others had buried us: what we held is theirs */
};
int turn_action(struct tx *, void *turn);
/* Is there anything to take? */
int turn_ready(struct tx *, void *ret_bool);
int turn_leave(struct tx *, void *worker_id);

