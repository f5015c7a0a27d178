/* ledger.h: the ledger (流水): every balance is the sum of its entries.
 *
 * Story      A friend scans Lin's poster and counts for her: her help credit rises by one, with the reason and the friend
 *            behind it. The friend leaves the group within three days: another entry takes one away. Lin claims a prize: a
 *            piece moves from the prize's stock to her. Asked "why do I have only four?", the operator opens the
 *            balance and reads the entries.
 * Book       What is counted, in which unit; each is a constant of the feature that posts to it. An account is a book and
 *            a holder: ("help", participant), ("stock", prize), ("points", member).
 * Side       An entry stands alone (a help comes from nowhere), or has another side: what one account gets another
 *            loses, in the same transaction, under the same key.
 * Holds      Entries are never changed or deleted; a correction is another entry. A key is posted once for a holder:
 *            posting it again changes nothing and says so. No balance falls below the floor it is given. Each entry says
 *            what the balance is after it, the newest is the balance, and `quntu check` adds them all up again.
 * Not here   What an act is worth, and to whom: the features that post.
 * Test       ledger_test.c: random postings, repeats and reversals against a model, on both stores.
 */
#pragma once
#include "http/http.h"

struct book { const char *name, *unit, *help; };      /* the name is kept in the store: it never changes */

extern const struct book book_points;                 /* holders are members (积分); several rooms post to it */
extern const struct book book_money;                  /* fen a member was given and has not asked for yet (红包余额) */

#define LEDGER_MOST      INT64_C(1000000000000000)    /* of one entry and of a balance */
#define LEDGER_NO_FLOOR  (-LEDGER_MOST)
#define LEDGER_KEY_MAX   80                           /* bytes */

struct side {
	const struct book *book;                      /* NULL: there is no such side */
	struct id          holder;
	int64_t            floor;                     /* when it loses, its balance must not fall below this */
};

struct posting {
	struct side to, from;                         /* `to` gets the amount, `from` loses it */
	int64_t     amount;                           /* below zero: the other way round */
	struct str  key;                              /* 1 to LEDGER_KEY_MAX bytes; names the act: "help 812" */
	struct str  reason;                           /* a stable word */
	struct id   source, actor;
};

/* 1: written; 0: this key was posted before with this amount, nothing was changed (the balance is as it is now).
 * E_NOT_ENOUGH: a side would fall below its floor; nothing was written, and the action may go on.
 * E_CONFLICT: the key was posted with another amount: two acts share a name. E_TOO_LARGE, E_TOO_LONG: see the limits.
 * ret_balance (may be NULL): of `to`, afterwards. */
int ledger_post(struct tx *, struct id community, const struct posting *, int64_t *ret_balance);

/* Take back the entry `key` of `side`, both of its sides; the entry "reverse <key>" says so. 1, or 0 when it was taken back
 * before. E_NOT_FOUND: there is no such entry. `side.floor` holds for it; the other side has no floor. */
int ledger_reverse(struct tx *, struct id community, const struct side *, struct str key, struct str reason,
                   struct id actor, int64_t *ret_balance);

/* For what happens thousands of times a second: an act that a row of the caller's own names, written in this transaction when
 * it is the first time. It has no key and no other side, so it costs one row and no index. *ret_entry: its number, for that row.
 * 0, or E_NOT_ENOUGH, E_TOO_LARGE: nothing was written. */
int ledger_count(struct tx *, struct id community, const struct posting *, struct id *ret_entry, int64_t *ret_balance);
/* As ledger_reverse, by that number. */
int ledger_uncount(struct tx *, struct id community, const struct side *, struct id entry, struct str reason, struct id actor,
                   int64_t *ret_balance);

/* In SQL: the balance of a book's holder; NULL where nothing was ever posted. `name`: 'help', in quotes. */
#define BALANCE_OF(community, name, holder) "(SELECT bal.balance FROM ledger_entry bal WHERE bal.community_id = " community \
	" AND bal.book = " name " AND bal.holder_id = " holder " ORDER BY bal.id DESC LIMIT 1)"

/* 0 where nothing was ever posted. */
int ledger_balance(struct tx *, struct id community, const struct book *, struct id holder, int64_t *ret);

struct ledger_entry {
	struct id      id;
	struct instant at;
	int64_t        amount, balance;
	struct str     reason, key;
	struct id      source_id, actor_id;
	struct str     other_book;
	struct id      other_id, reverses_id;
};
extern const struct row row_ledger_entry;

/* Newest first, those before entry `before` (0: all), at most `limit`: rows of struct ledger_entry. */
int ledger_entries(struct tx *, struct id community, const struct book *, struct id holder, struct id before,
                   int64_t limit, struct rows *ret);

extern const struct feature feature_ledger;
