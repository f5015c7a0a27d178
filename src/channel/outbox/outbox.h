/* outbox.h: what we say, promised in a transaction and delivered afterwards.
 *
 * Story      An automation welcomes 林晓: in its transaction it puts one send into the outbox. A moment later a worker delivers it
 *            through the group's channel. The platform is down: it waits, doubling its patience; the quota of the hour is used
 *            up: it goes on next hour; no connector can do it: it stands in the run-sheet until a person has done it and ticked
 *            it. Given up, it lies in the dead letters with the platform's own words, and one click sends it again.
 * Order      Sends to one group (or one person) on one channel are a queue and leave one at a time, in the order of their
 *            time: of `due`, or of when they were put. A send that is tried again holds up those behind it; one that is due
 *            tomorrow, or held back by a brake until then, stands where tomorrow's stand. Queues go on beside each other.
 * Once       (community, key) is unique: putting it twice is putting it once. Delivery is at least once: a crash between the
 *            platform's yes and our note of it may repeat it, unless the platform takes our key; what is noted as sent is never
 *            sent again.
 * Brakes     Per channel: so many a minute / hour / day / month by kind of target, as the connector says (struct quota). Quiet
 *            hours and the attention budget (most sends a member or group gets a day and a week) hold back everything that
 *            is not `prompt` (an answer to what the person just did). The freeze switch holds back everything, the run-sheet
 *            too; the server has one of its own, for all communities (`quntu freeze`). A process with the setting outbox_threads = 0
 *            delivers nothing.
 * Holds      Acknowledged means durable; kill -9 loses nothing. Every send says who it is from and why (source, reason).
 *   outbox.c put and cancel · brake.c freeze, quiet hours, budget, quotas · turn.c taking and noting · worker.c the threads
 *   desk.c the console's list · sheet.c the run-sheet (今日待办) · courier.c HTTPS
 * Test       outbox_test.c: random crashes, refusals and orders against a strict fake, on both stores.
 */
#pragma once
#include "channel/channel.h"

#define SEND_BODY_MAX (16 * 1024)
#define SEND_KEY_MAX  80
#define SEND_BY_DESK  "desk "                     /* keys of what staff put by hand begin so: its picture or file is of that send alone */

/* What is to be done, `what`, and its body, a JSON object (every text ≤ 4,000 bytes):
 *   text    {"text", "mention": [member ids] or "all", "markdown": true}    image  {"file": key of an uploaded picture, or "url"}
 *           to one person also "choices": [what may be answered by a tap], "head": the words alone; `text` names them for all
 *   link    {"title", "text", "url", "picture"}              file   {"file": key of an uploaded document, "name"}
 *   rename  {"name"}     card {"member", "card"}             mute   {"member", "seconds"} (0 lifts; member 0: everybody)
 *   title   {"member", "title"} (empty takes it off)
 *   kick    {"member"}   recall {"number"}                   notice {"text"} (the group's announcement)
 *   template {"template", "url", "values": {…}}              welcome {"code", "text", …} (a platform's own greeting)
 *            to who allowed one message (公众号): {"once": its title, "text", "url"}
 *   answer  {"flag", "kind", "approve", "reason"} (to who asks to come in: ask.c)
 *   event    any object, to a channel that takes events: to another program, so neither group nor member
 */
struct outgoing {
	struct id      channel;                   /* 0: chosen: the group's own, or how the member is reached */
	struct id      group, member;             /* one of them: to whom. The group may stand beside a member to act on (kick) */
	const char    *what;
	struct str     body;                      /* JSON, ≤ SEND_BODY_MAX */
	struct str     key;                       /* 1 to SEND_KEY_MAX bytes: names this send for ever */
	struct str     reason;                    /* a stable word for staff: "automation", "campaign_helped" */
	struct id      source;                    /* the automation, campaign … that wanted it */
	struct id      actor;                     /* account, when a person pressed a button; else 0 */
	struct instant due, expires;              /* 0: now; never */
	bool           by_hand;                   /* for a person, whatever the channel can do */
	bool           prompt;                    /* answers what the person just did: no quiet hours, no budget */
};

/* Part of the caller's transaction. 1: promised; 0: this key was put before (*ret is that send). E_TOO_LONG, E_NOT_FOUND (the group
 * or member), E_INVALID (what). When no channel can do it, it is promised to a human (the run-sheet). ret may be NULL. */
int outbox_put(struct tx *, struct id community, const struct outgoing *, struct id *ret);
/* Not yet sent: it never will be. 1; 0: too late, or unknown. */
int outbox_cancel(struct tx *, struct id community, struct str key);
/* Everything that waits from this source. How many. */
int outbox_cancel_of(struct tx *, struct id community, struct id source);

/* Some platforms say only later what became of what they took. `why` empty: it arrived; else it did not, and lies with the dead
 * letters. 1, also when it was said before; 0: this send is not noted as sent yet. */
int outbox_report(struct tx *, struct id community, struct id send, struct str why);
/* What waited for a colleague's yes was taken back at the platform: cancelled. 1, also when it is over already; 0 as above. */
int outbox_withdrawn(struct tx *, struct id community, struct id send);

struct send {                                     /* what a connector is given */
	struct id      id, community;
	struct str     what, body, key;           /* key: give it to platforms that dedupe */
	struct id      group_id, member_id;
	struct str     group, person;             /* their subjects on this channel */
	int64_t        tries;                     /* before this one */
	struct instant put_at;
};

enum delivered {
	DELIVERED,                                /* the platform said yes; ret->number: its number of the message */
	NOT_NOW,                                  /* try again: at ret->again, or by the usual backoff when 0 */
	QUOTA_USED,                               /* the channel may not send (this kind) before ret->again */
	NEVER,                                    /* it will not work however often: dead letter with ret->why */
	BY_HAND,                                  /* a person must do it: the run-sheet */
	TO_CONFIRM                                /* the platform waits for a colleague's yes; ret->number: its task, ret->why: who that is.
			outbox_report, or outbox_withdrawn, says how it ended */
};
struct delivery {
	enum delivered outcome;
	struct str     number, why;               /* courier's arena; why: the platform's own words, shown to staff */
	struct instant again;
	bool           kept;                      /* it stands in the group's history already (message_said) */
};

/* Pause of a whole community (freeze switch) and of the server are the operator's routes; others ask: */
int outbox_frozen(struct tx *, struct id community, bool *ret);
/* The whole server's switch: nothing leaves, of any community, until it is let go. `by`: an account, or 0 (from the terminal). */
struct freeze { struct instant at; struct str why, who; };
int outbox_freeze_all(struct tx *, bool frozen, struct id by, struct str why);
int outbox_all_frozen(struct tx *, struct freeze *ret);       /* at 0: it is not */

/* subject: the group, or else the member; object: the send; via: the channel; word: what. */
enum outbox_event { SEND_PUT, SEND_SENT, SEND_DEAD, SEND_DONE, SEND_CHANGED, OUTBOX_CHANGED };
extern const struct event_kind outbox_events[];

/* The workers of this process. `threads` at a time deliver, half of them at most for one channel. */
struct outbox;
struct outbox_options {
	struct store *store; const struct settings *settings;
	int           threads;
	int64_t       backoff_ms;                     /* the first pause after a failure; 0: 2 s */
};
int  outbox_start(const struct outbox_options *, struct outbox **ret);
void outbox_stop(struct outbox *);                /* lets sends in flight finish, and notes them */
extern const struct setting outbox_settings[];

extern const struct feature feature_outbox, feature_outbox_brake, feature_outbox_turn, feature_outbox_desk, feature_runsheet;
