/* contest.h: submissions and votes (征集 / 投票).
 *
 * Story      "Show us your car": Lin writes a title, adds two pictures and hands it in. The operator looks at it, sends it back
 *            once with a reason, then lets it pass. It stands in the gallery with its number; Lin sends her link, friends vote,
 *            three a day each. At fifty votes a stage of the campaign is reached, and she claims its prize.
 *
 *   desk.c     the operator's side: settings, the queue of what was handed in
 *   entry.c    handing in
 *   vote.c     voting
 *   shown.c    what the member's page shows
 *
 * How        An entry is its participant's: one each, on the participant's own page. A vote is an entry in the participant's
 *            ledger of helps, so stages, claims and orders are those of every campaign. Who votes helps: a person's first vote
 *            for an entry is judged as any help (invite.c, fraud/), and their votes for it share that verdict.
 * Holds      Nothing is shown before somebody let it pass. Nobody votes for themselves; limits hold for the person, whatever
 *            browsers they use. A vote has the name its browser gave it: sent twice, it is one. A vote is given once and for all;
 *            whether it counts follows the verdict.
 * Test       contest_test.c.
 */
#pragma once
#include "campaign/campaign.h"

#define ENTRY_PICTURES 3

struct contest {
	int64_t    day_votes, most_votes, entry_votes, month_quota;
	struct str pictures;
	int64_t    entries;
};

/* Never set yet: as a new one begins. */
int contest_get(struct tx *, struct id community, struct id campaign, struct contest *ret);

struct entry {
	struct id      id;                        /* the participant */
	int64_t        number;
	struct str     title, body;
	struct rows    pictures;                  /* struct text_item: keys */
	struct str     state, reason;
	int64_t        votes;
	struct instant created_at, decided_at;
};
extern const struct row row_entry;
#define ENTRY_COLUMNS "e.participant_id AS id, e.number, e.title, e.body, e.pictures, e.state, e.reason, e.votes, e.created_at," \
	" e.decided_at"

/* The contest of a link, and whose page it is (id 0: its own); E_NOT_FOUND: it is none. */
int contest_page(struct request *, struct campaign *ret, struct participant *ret_owner);
/* E_NOT_FOUND. */
int entry_get(struct tx *, struct id community, struct id participant, struct entry *ret);

/* What one person may still do for one entry (participant 0: for any). */
struct votes_left { int64_t today, all, entry; int refused; };
int votes_left(struct request *, const struct campaign *, const struct contest *, const struct participant *for_whom,
               struct votes_left *ret);

/* ---- vote.c: what becomes of a person's votes for an entry ---- */

/* Those that do not count yet do now, each by an entry in the ledger. How many. */
int votes_count(struct tx *, struct id community, const struct campaign *, struct id participant, struct id helper);
/* Those that count are taken away, each by an entry. How many; *ret_balance: what is left, where it is more than none. */
int votes_take(struct tx *, struct id community, struct id participant, struct id helper, struct str word, struct id actor,
               int64_t *ret_balance);

extern const struct row row_contest_shown, row_entry_shown;
/* Of kind likes: what is liked on this page: the owner's, when it has passed, else one's own wherever it stands. */
int liked_shown(struct request *, const struct campaign *, const struct participant *owner, const struct participant *me,
                struct one *ret);
/* For the campaign's page; NULL in ret->at when it is no contest. `owner`, `me`: id 0 where there is none. */
int contest_shown(struct request *, const struct campaign *, const struct participant *owner, const struct participant *me,
                  struct one *ret);

extern const struct feature feature_contest, feature_contest_entry, feature_contest_vote, feature_contest_shown;
