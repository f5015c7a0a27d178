/* plan.h: the automations of a community, ready to be asked. Private to this room. */
#pragma once
#include "automation/automation.h"
#include "automation/match.h"
#include "people/community.h"

struct ready_act { const struct act_kind *act; const void *settings; };

struct rule {
	struct automation          a;
	const struct trigger_kind *trigger;
	struct ready_act          *acts;
	size_t                     act_count;
	int                        index;         /* among the plan's */
	bool                       listens;       /* it waits for words */
};

struct kind_rules { struct str kind; const struct trigger_kind *trigger; struct rule **rules; size_t count; bool listens; };

struct plan {
	struct id          community;
	const struct zone *zone;
	struct str         community_name;
	struct rule       *rules;
	size_t             count;
	struct kind_rules *kinds;
	size_t             kind_count;
	struct matcher    *words;                 /* of all rules that listen; NULL: none does */
	size_t             words_kind;            /* … all of which are of kinds that tell of a text */
};

/* Counted: put it back. *ret NULL: no automation is on. */
int  plan_get(struct tx *, const struct feature *const *, struct id community, struct plan **ret);
void plan_put(struct plan *);
/* A plan of this one alone, on or off, in the arena of the transaction: not to be put back. */
int  plan_of_one(struct tx *, const struct feature *const *, struct id community, const struct automation *, struct plan **ret);
const struct kind_rules *plan_kind(const struct plan *, struct str kind);

extern const struct query *const plan_queries[];
