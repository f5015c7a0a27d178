/* automation.h: automations (自动化): when an event happens and conditions hold, then actions.
 *
 * Story      新人进了车主群: a minute later one greeting names the four who came, each carries the tag 新客, and whoever invited
 *            them gets 10 points. Somebody writes 报价: the price list follows, and the tag 有意向. Each of these is an
 *            automation that an operator wrote as a sentence, looked at in a dry run, tested on the last 90 days, and switched on.
 *
 *   act.h        what features declare: triggers and acts
 *   match.c      pure: many words in one text
 *   automation.c what is saved, and the console's list and editor
 *   loop.c       pure: do these automations set each other off for ever?
 *   plan.c       the automations of a community, ready to be asked; remembered while they are true
 *   judge.c      does this event concern this automation? Asked by the engine, the dry run and the test alike
 *   run.c        the follower: acts, counts, waits, switches off what keeps failing
 *   acts.c       what we declare ourselves     acts_group.c  … in a group: mute, remove, strikes, cards
 *   preset.c     good ones to begin with
 *   trial.c      the dry run, and the test on past events
 *
 * Owns       automation*, see schema.sql.
 * Holds      Each event counts once: the follower's progress, the run and what it put into outbox and ledger commit together.
 *            What an automation does is known by its key: (automation, event, act).
 *            Automations that could set each other off without end are not switched on (E_AUTOMATION_LOOP, with the way round); should
 *            one slip through, it ends at depth AUTOMATION_DEPTH. What we said ourselves is nobody's message.
 *            A community that ended or is archived has no automations: events pass, what waited is dropped.
 *            An automation hears of events since it was switched on, and of none older than a day.
 * Not here   Delivering (channel/outbox), judging members (people/segment), keeping messages (channel).
 * Test       automation_test.c, trial_test.c, match_test.c
 */
#pragma once
#include "automation/act.h"
#include "people/condition.h"

#define AUTOMATIONS_MOST   200      /* of a community */
#define AUTOMATION_ACTIONS 10       /* of one */
#define AUTOMATION_WORDS   200      /* it may listen for */
#define AUTOMATION_NAMED   50       /* groups, channels, codes, tags it may be narrowed to */
#define AUTOMATION_DEPTH   5        /* automations that one event may set off, one after the other */
#define AUTOMATION_FAILING 10       /* failed runs in a row after which it is switched off */
#define AUTOMATION_DAYS    90       /* runs are kept, and the most a test looks back */
#define AUTOMATION_LATE    DAY      /* older events are let pass */

struct action_setting { struct str key, text; };
struct action { struct str what; struct rows settings; };        /* of struct action_setting; a list is its key repeated */
extern const struct row row_action;

struct automation {
	struct id      id;
	struct str     name;
	bool           enabled;
	struct instant enabled_at;
	struct str     stopped, event;
	struct rows    groups, channels, codes, tags;                /* struct id_item */
	struct str     how;
	struct rows    words;                                        /* struct text_item */
	int64_t        from, until;
	struct rows    where, actions;                               /* struct condition, struct action */
	struct str     per;
	int64_t        times, days;
	struct str     site;
	int64_t        version;
	struct str     preset;
	struct instant created_at, changed_at;
};

/* E_NOT_FOUND. */
int automation_get(struct tx *, struct id community, struct id automation, struct automation *ret);
/* Those that are on: rows of struct automation, by id. */
int automation_enabled(struct tx *, struct id community, struct rows *ret);
/* What is remembered of this community's automations is true no longer. */
int automation_touch(struct tx *, struct id community);
/* Off, because it keeps failing. */
int automation_stop(struct tx *, struct id community, struct id automation);

/* The settings of an action in the struct of its act: 0, or E_NOT_ONE_OF (no such act) … with the field in *ret_why. */
int action_read(const struct feature *const *, const struct action *, struct arena *, const struct act_kind **ret_act,
                void **ret_settings, struct complaint *ret_why);

/* Save a draft (of struct automation, what row_automation_draft names) as a new one, off. */
int automation_make(struct request *, const struct automation *, struct id *ret);
extern const struct row row_automation_draft;

/* ---- loop.c ---- */

struct chained {                                  /* an automation, as far as it sets off others */
	struct str  name;
	struct str  event;
	struct rows tags;                         /* keys of the tags it is narrowed to (struct text_item); empty: any */
	struct { const struct act_kind *act; struct rows tags; } acts[AUTOMATION_ACTIONS];       /* keys of the tags it names */
	size_t      act_count;
};
/* Does `all[first]` come back to itself? The way there, as indexes, first and last alike; 0: no. */
size_t chain_loops(const struct chained *all, size_t count, size_t first, size_t *path, size_t path_room);
