/* fraud.h: what looks false in a campaign, with what speaks for it; and what staff and members say to it (防刷).
 *
 * Story      Twelve helps for one participant come from one network within a minute. From the sixth on they wait; a colleague
 *            opens the finding, sees who, when, from where, and counts or rejects all of it by one press, with a reason. The
 *            participant reads that reason on their page, writes why it is wrong, and gets an answer.
 *
 *   limits.c     from how many on something is looked at: the community's own numbers
 *   block.c      the list of whom staff want to see first
 *   look.c       patterns of a participant's helps; pure, and the follower and job that bring them helps to look at
 *   left.c       who leaves the group right after the reward
 *   finding.c    findings with their evidence: written, listed, decided
 *   appeal.c     one appeal a participant, and its answer
 *
 * Holds      Nothing is blocked in silence: a help that waits says so to both sides, and only a person rejects it. What
 *            counted stays counted while it is looked at, but a goal that is reached only with it is not claimed meanwhile.
 *            A rejection takes away what counted by an entry of its own; a prize that was given stays.
 *            Of an address only the network is kept. What a person accepted is not found again.
 */
#pragma once
#include "campaign/campaign.h"

/* ---- limits.c ---- */

struct fraud_limits {             /* 0: this is not looked at */
	int64_t burst_n, burst_minutes;           /* helps for one participant from one network … */
	int64_t quick_n, quick_seconds;           /* … from few networks, seconds apart */
	int64_t device_n;                         /* … with one kind of device in one network, the participant's own included */
	int64_t throwaway_n, throwaway_seconds;   /* … by browsers that were seen for so many seconds, and never elsewhere */
	int64_t ring_most;                        /* people who help each other in a ring of at most so many */
	int64_t star_n;                           /* participants one helper helps */
	int64_t flood_n, flood_minutes;           /* people who take part from one network */
	int64_t left_n, left_hours;               /* who leave the group so soon after the prize they joined for */
	bool    blocks;                           /* is anything on the list? */
};
/* As this campaign's identity asks for; may be a second old. */
int fraud_limits(struct tx *, struct id community, const struct campaign *, struct fraud_limits *ret);
void fraud_limits_changed(void);
/* One more from this address for the participant: more than there should be? */
bool fraud_burst(struct request *, struct id participant, const struct fraud_limits *);

/* ---- block.c ---- */

/* Is the helper on the list, by whatever it is known by? `network` as kept. *ret_reason: staff's. */
int fraud_listed(struct tx *, struct id community, const struct help_act *, struct id member, struct str network, bool *ret);

/* ---- finding.c ---- */

struct evidence { struct id participant_id, helper_id; };
struct suspicion {
	struct id   campaign, participant;        /* participant 0: several */
	struct str  about;
	const char *kind, *risk;
	int64_t     n, span;
	struct rows evidence;                     /* struct evidence */
};
#define EVIDENCE_MOST 200         /* of one suspicion */
/* Opens a finding, or adds to the one that is open. */
int fraud_note(struct tx *, struct id community, const struct suspicion *);
/* A help waits because of `risk`: its finding. */
int fraud_note_help(struct tx *, struct id community, const struct campaign *, const struct help *, struct str network,
                    const struct fraud_limits *);
/* Helps of the participant that count, and are looked at with more than little risk. */
int fraud_in_review(struct tx *, struct id community, struct id participant, int64_t *ret);

/* ---- look.c ---- */

/* Somebody took part, from there: remembered, and a flood of them is found. */
int fraud_joined(struct request *, const struct campaign *, const struct participant *);

/* ---- left.c ---- */

/* They left the group then: `helper` who had joined for the participant, or 0: the participant. Noted where a prize was given
 * shortly before, and found when there are many. */
int fraud_left(struct tx *, struct id community, const struct campaign *, struct id participant, struct id helper, struct instant at);

struct looked {                                   /* a help, as patterns see it */
	struct id      helper;
	struct str     network, device;
	struct instant opened_at, acted_at;
	int64_t        everywhere, here;          /* pages this browser was ever sent to; participants of this campaign it counts for */
	bool           takes_part;
};
/* Which of `count` helps (oldest first) look false: into `ret` (room for count), how many. Pure. */
size_t find_quick(const struct looked *, size_t count, const struct fraud_limits *, bool ret[], bool *ret_low);
size_t find_device(const struct looked *, size_t count, struct str own_network, struct str own_device, const struct fraud_limits *,
                   bool ret[]);
size_t find_throwaway(const struct looked *, size_t count, const struct fraud_limits *, bool ret[]);

/* ---- appeal.c ---- */

struct task_review {                              /* on the participant's own page */
	int64_t    waiting, refused;              /* helps that are looked at; that staff rejected */
	struct str why;                           /* the newest rejection's */
	struct str appeal, text, answer;          /* appeal: none open accepted refused */
};
extern const struct row row_task_review;
int fraud_review_of(struct tx *, struct id community, struct id participant, struct task_review *ret);

extern const struct feature feature_fraud_limits, feature_fraud_block, feature_fraud, feature_fraud_look, feature_fraud_left,
                            feature_fraud_appeal;
