/* tree.h: who brought whom, held in memory: a campaign's participants by columns.
 *
 * Story      The operator opens the numbers of a campaign in which a million people take part: the funnel, the hundred who
 *            brought most, the tree below one of them. The first question reads the participants, their balances, what did
 *            not count and what was claimed; every question then first takes in what was written since and answers by
 *            running over the columns, a few milliseconds each.
 *
 *   tree.c        making it, following the log (who may have it when: engine/event/mirror.h)
 *   tree_data.c   its memory, and the sums below each participant
 *   seen.c        who opened a page, and hours: durable sums of what happened when
 *   numbers.c     the funnel, the K-factor, cost per kept member, the trend
 *   list.c        the facts behind each number: participants by step, by parent, by rank
 *   board.c       what members see: the leaderboard and their own place
 *
 * Fresh      An answer holds for the snapshot of the asking transaction: the tree reads the log of events up to it. Whatever
 *            an event says is absolute (a balance, a parent) or read again from the rows, so nothing is counted twice
 *            wherever the reading began; each process follows for itself. A participant's row changed without an event of
 *            the campaign is never seen.
 * Big        Up to TREE_AT_ONCE participants the tree is made inside the question. Of more, a thread makes it in slices; until
 *            then the answer is E_BUSY: ask again. Without that thread (command line, tests) it is always made at once. The
 *            thread lets go of a tree after half an hour without a question.
 * Holds      Only transactions that cannot write may ask: what a writer sees may yet be undone. Nothing correct depends on
 *            it: goals, places and stock are decided by the ledger. One question at a time.
 * Cost       TREE_BYTES a participant, at most twice that while it grows; 10,000,000 participants at most.
 * Test       tree_test.c: equals plain SQL after random joins, helps, deductions and blocks; made anew equals followed.
 */
#pragma once
#include "campaign/campaign.h"

#define TREE_AT_ONCE 20000
#define TREE_BYTES   49           /* id 8, joined, parent, helps, lost 4 each, flags 1; size, below, depth, children 4 each; finding 8 */

struct tree;

/* The tree as of this transaction; nobody else has it until tree_put. E_BUSY: it is being made. E_MEMORY. */
int  tree_get(struct tx *, struct id community, struct id campaign, struct tree **ret);
void tree_put(struct tree *);
#define TREE_SCOPED __attribute__((cleanup(tree_put_scoped))) struct tree
static inline void tree_put_scoped(struct tree **tree) { if (*tree) tree_put(*tree); }

/* ---- Participants by their place: 0 to tree_count, earlier ones first; children after their parents, as a rule ---- */

#define TREE_NOBODY UINT32_MAX
enum tree_flag { TREE_BLOCKED = 1, TREE_CLAIMED = 2 };

size_t    tree_count(const struct tree *);
uint32_t  tree_place(const struct tree *, struct id participant);      /* or TREE_NOBODY */
struct id tree_id(const struct tree *, uint32_t place);
uint32_t  tree_parent(const struct tree *, uint32_t place);            /* or TREE_NOBODY */
int64_t   tree_helps(const struct tree *, uint32_t place);             /* the ledger's balance */
int64_t   tree_lost(const struct tree *, uint32_t place);              /* refused, rejected or deducted */
unsigned  tree_flags(const struct tree *, uint32_t place);
struct instant tree_joined(const struct tree *, uint32_t place);       /* to the second */

/* Everybody below somebody, however deep; after tree_sum. 0 or E_MEMORY. */
int       tree_sum(struct tree *);
struct tree_sums { int64_t people, children, helps, depth; };          /* helps: own and of all below; depth: 0 at the top */
struct tree_sums tree_sums(const struct tree *, uint32_t place);

/* How many who are not blocked have more helps. */
int64_t   tree_above(const struct tree *, int64_t helps);
#define TREE_TOP_MAX 1000
/* The first `most` (up to TREE_TOP_MAX) of an order, best first: `score` of a place, < 0: not in it; among equals the
 * earlier place. Returns how many. */
size_t    tree_top(const struct tree *, int64_t (*score)(const struct tree *, uint32_t place, const void *ctx), const void *ctx,
                   uint32_t *ret, size_t most);

/* The leaderboard as members see it: at most a second old, up to TREE_BOARD places; how many. */
#define TREE_BOARD 50
size_t    tree_board(struct tree *, uint32_t ret[TREE_BOARD]);

/* ---- The thread ---- */

struct mirror_thread;             /* engine/event/mirror.h, which stops it */
int  trees_start(struct store *, struct mirror_thread **ret);
void trees_empty(void);           /* for tests: nobody has one */

extern const struct feature feature_tree, feature_campaign_seen, feature_campaign_numbers, feature_campaign_list,
                            feature_campaign_board;
