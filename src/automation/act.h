/* act.h: what a feature declares to automations: with which events they may begin, and what they may do.
 *
 * Story      The room campaign/ knows how to put a member's poster into their hands. It lists an act "poster" among its feature's
 *            `acts`: a row of settings and a function. From then on the console offers it, dry runs show it, and
 *            automations do it; this room has never heard of posters.
 * Act        Runs inside the transaction of the event's batch, with many others: point reads and writes, no sums, no network; what is
 *            to be said goes into the outbox. Its settings travel as a list of {key, text} and are read by its row, as a form is.
 * Holds      A failure that leaves the transaction usable (E_NOT_FOUND, E_INVALID, E_TOO_MANY …) is the act's own: it is counted,
 *            and the other acts go on. E_STORE, E_MEMORY, E_BUSY and E_CONFLICT are everybody's: the batch is tried again.
 *            An act is run once for an event. Its key names it for ever, for outbox and ledger.
 * Test       automation_test.c
 */
#pragma once
#include "channel/channel.h"

/* What a trigger tells of, an act needs, and the operator may narrow by. */
enum aspect { OF_MEMBER = 1, OF_INVITER = 2, OF_GROUP = 4, OF_CHANNEL = 8, OF_CODE = 16, OF_TAG = 32, OF_TEXT = 64, OF_ASK = 128 };

struct occasion {                                 /* an event, as automations see it */
	struct event   event;
	struct id      member, inviter, group, channel, code, tag, message;
	struct id      visitor;                   /* when a browser did it: the member behind it is looked for when needed */
	struct str     text;                      /* what was said; empty too when it is kept no longer */
	struct str     number;                    /* the platform's own number of the message */
};

struct trigger_kind {
	const char *event, *zh, *en;              /* the event's kind; "某人进群", "somebody joins a group" */
	unsigned    tells;                        /* aspects */
	/* Fills the ids from the event's fields; reads nothing. The message of OF_TEXT (its id) is fetched afterwards. */
	void      (*read)(const struct event *, struct occasion *ret);
};

struct automation;

struct deed {                                     /* one act for one event */
	struct tx              *tx;
	struct id               community, automation;
	struct str              name, site;       /* of the automation; "https://…" of this server, or empty */
	const struct occasion  *occasion;
	int64_t                 n;                /* place of the act */
	struct str              key;              /* names this act for this event: ≤ 60 bytes */
	bool                    late;             /* long after: it waited */
};

struct act_kind {
	const char       *name, *zh, *en;         /* "say"; "在群里说", "say in the group" */
	const struct row *settings;
	const char       *zh_fields, *en_fields;  /* a word for each setting, in order: for consoles that do not know this act */
	unsigned          needs;                  /* aspects that the trigger must tell of */
	const char       *causes;                 /* kinds of events that may come of it, or NULL: loops are found by them */
	/* Beyond the limits of its row: do the things exist? A code, and the field's name in *ret_field. May be NULL. */
	int (*check)(struct tx *, struct id community, const void *settings, struct str *ret_field);
	/* 1: done; 0: there was nothing to do; < 0: see above. */
	int (*run)(struct deed *, const void *settings);
	/* The words that would be said, for previews; reads only. NULL: it says nothing. */
	int (*says)(struct deed *, const void *settings, struct str *ret);
	/* Which tags it puts on or takes off (rows of struct text_item), for loops. NULL: any. */
	struct rows (*tags)(const void *settings);
};

const struct trigger_kind *trigger_of(const struct feature *const *, struct str event);       /* NULL: there is none */
const struct act_kind     *act_of(const struct feature *const *, struct str name);

/* ---- For acts that say something ---- */

/* {nickname} {group} {community} {inviter} {count} {people} {invited} filled in. `people`: greeted together; 0: one. */
int deed_fill(struct deed *, struct str text, struct str nickname, int64_t people, struct str *ret);
/* Put a send into the outbox, as of this automation: prompt unless it waited. `suffix` tells several of one act apart. */
int deed_send(struct deed *, const char *what, struct id group, struct id member, struct str body, const char *suffix);

extern const struct feature feature_automation, feature_automation_run, feature_automation_acts, feature_automation_test,
                            feature_automation_preset;
