/* judge.h: does this event concern this automation? One answer for the engine, the dry run and the test. Private to this room. */
#pragma once
#include "automation/plan.h"

enum passed {
	MEANT,                                    /* it acts */
	NOT_MEANT,                                /* another group, another word, another hour */
	BY_WHERE, BY_LIMIT,                       /* passed over, and why */
	BY_DEPTH, BY_LATE
};
#define PASSED_WORDS "acted not_meant where limit depth late"

struct court {
	struct tx         *tx;
	const struct plan *plan;
	struct outline   **outlines;              /* of each rule, prepared when first asked for; NULL: not yet */
	/* How often did it act for this member (or group) since? */
	int (*acted)(struct court *, const struct rule *, bool of_group, struct id who, struct instant since, int64_t *ret);
	void              *ctx;
};

int court_open(struct tx *, const struct plan *, struct court *ret);

/* What the trigger says of it; *ret_kind NULL: no rule begins with it. Reads nothing. */
void occasion_of(const struct plan *, const struct event *, const struct kind_rules **ret_kind, struct occasion *ret);
/* Who is behind the browser, who a merged member is now. */
int  occasion_settle(struct tx *, struct id community, struct occasion *);
/* What was written with it, when that is no message of its own but stands in the event. */
void occasion_comment(struct arena *, struct occasion *);
/* Its message: E_NOT_FOUND when it is kept no longer. */
int  occasion_message(struct tx *, struct id community, struct occasion *);

/* Does the rule listen in this group, at this hour …? Of its words `heard` tells. Reads nothing. */
bool rule_meant(const struct rule *, const struct occasion *, const struct zone *, bool heard);
/* Which rules hear one of their words in this text: heard[rule->index] = mark. */
void rules_hear(const struct plan *, struct str text, struct arena *, int *heard, int mark);

/* MEANT, BY_WHERE or BY_LIMIT, of a rule that is meant. `verdicts` (may be NULL): of each line of its conditions. */
int  rule_judge(struct court *, const struct rule *, const struct occasion *, enum passed *ret, bool *verdicts);
