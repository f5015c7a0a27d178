/* redeem.h: who may hand a prize out, where and when (核销).
 *
 * Story      The car wash is redeemed at two shops, Monday to Saturday, until the end of the month, by their own cashiers. A
 *            cashier's phone reads Lin's code: it is theirs to give, now, once. At the third shop the page says which shops
 *            it is for; on Sunday when they open; the second time who gave it out, when and where.
 *
 *   redeem.c     the rule of each prize; redeeming
 *   place.c      shops: address, opening hours, who works there
 *
 * Holds      Hours and dates are the community's, by its own clock. Where a rule names clerks or shops, only these redeem (and
 *            admins, who could name themselves); where it names none, operators and hosts. An order is redeemed once.
 *            Once published a prize's dates only widen (guardrail G7).
 * Test       redeem_test.c; web/journeys/redeem.spec.ts.
 */
#pragma once
#include "campaign/campaign.h"

#define REDEEM_PLACES 100         /* of a community */
#define REDEEM_SPANS   14
#define REDEEM_CLERKS  50

/* Open on these days (1 Monday … 7 Sunday), from minute to minute of the day; closing at or before opening means the next day. */
struct open_span { struct str days; int64_t opens, closes; };
extern const struct row row_open_span;

struct redeem_place { struct id id; struct str title, address; struct rows hours, clerks; };
extern const struct row row_redeem_place;

struct redeem_rule {
	struct id      prize;
	struct instant from_at, until_at;         /* 0: no such limit */
	struct rows    hours, places, clerks;     /* struct open_span; struct id_item */
};

/* ---- place.c ---- */

/* Pure. No spans: always open. */
bool hours_open(struct rows spans, const struct zone *, struct instant);
/* "周一至周五 09:00–18:00；周六 10:00–16:00"; empty: always. */
struct str hours_text(struct arena *, struct rows spans, enum lang);
/* The first that is not sane; empty: none. */
struct str hours_wrong(struct arena *, struct rows spans);

/* Those of the community's places that the list names, by name: rows of struct redeem_place. */
int redeem_places(struct tx *, struct id community, struct rows ids, struct rows *ret);

/* ---- redeem.c ---- */

/* Nothing was set: no limits. */
int redeem_rule_of(struct tx *, struct id community, struct id prize, struct redeem_rule *ret);
/* The prize goes. */
int redeem_forget(struct tx *, struct id community, struct id prize);

/* As it is kept. */
int redeem_json(struct arena *, const struct row *, struct rows, struct str *ret);
/* Each is staff here; else a complaint that names it. */
int redeem_clerks_check(struct request *, struct rows clerks);

/* For the holder's page. */
struct redeem_shown { struct instant from_at, until_at; struct str hours; struct rows places; };
extern const struct row row_redeem_shown;
int redeem_shown(struct request *, const struct prize_order *, struct one *ret);

extern const struct feature feature_redeem, feature_redeem_place;
