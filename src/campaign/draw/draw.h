/* draw.h: the lottery (抽奖): a campaign in which chances are spent and prizes are drawn.
 *
 * Story      Lin taps the wheel. In one transaction her chance is spent, the result follows from the seed, the number of the
 *            draw and her browser's token, a piece leaves the stock, and the order stands on her page. She taps again because
 *            the train went into a tunnel: the same token, the same result. When the last flask is gone, whoever would have
 *            won it wins what there is; when nothing is left, the wheel says so and keeps her chance.
 *
 *   desk.c     the operator's side: settings, publishing, chances given by hand, the list of draws
 *   draw.c     a draw, a ticket, chances from helps
 *   lots.c     winners drawn at the set instant
 *   shown.c    what the member's page shows, and the file of draws
 *
 * Modes      chance: the result at once. lots (开奖): each chance is a ticket; the job draws the winners when it is time.
 * Chances    A day's free ones lapse with the day; those from helps and from staff stand in the ledger (book "chances"). A free
 *            one passes through the ledger too: given and spent in one transaction.
 * Holds      A draw is one transaction under the name its browser gave it. An empty prize burns no chance (fair.h says what
 *            happens instead). The limits of wins hold for the person, not the browser. Once published, nothing changes but
 *            that stock grows: the commitment covers it.
 * Test       draw_test.c; fair_test.c.
 */
#pragma once
#include "campaign/campaign.h"
#include "campaign/fair.h"

#define CHANCES_MOST  1000        /* of a day, and given at once */
#define LOTS_MOST     1000        /* winners */
#define TICKETS_MOST  100000      /* of mode lots */

struct draw_place {
	struct id    id;                          /* the prize */
	struct str   kind, title, note, picture;
	struct money value;
	struct str   link;
	int64_t      points, stock, redeem_days, ppm, remaining, codes, chances;
	struct id    lottery_id;
	struct str   lottery;
};
extern const struct row row_draw_place;

struct draw {
	struct str     looks, mode;
	struct instant draw_at;
	int64_t        day_chances, most, helps_chance, helps_most, wins_day, wins_most;
	struct str     thanks;
	struct rows    places;                    /* struct draw_place, in order */
	struct str     seed, rules, commitment;
	int64_t        drawn;
	struct str     last;
	struct instant lots_at;
};

/* ---- desk.c ---- */

/* Of a campaign of kind lottery; never set yet: as a new one begins. */
int draw_get(struct tx *, struct id community, struct id campaign, struct draw *ret);
/* The seed is made, and its commitment; part of publishing. */
int draw_publish(struct request *, const struct campaign *);
struct prize draw_prize(const struct draw_place *);
/* May the seed be shown: ended, and the lots drawn? */
bool draw_is_over(const struct campaign *, const struct draw *);

/* ---- draw.c ---- */

extern const struct book book_chances;

/* What the visitor can still do. `refused`: E_DRAW_EMPTY, E_NO_CHANCE, E_WON_ENOUGH, E_CAMPAIGN_CLOSED, or 0. */
struct standing_chances { int64_t left, drawn, wins; int refused; };
int draw_chances(struct request *, const struct campaign *, const struct draw *, const struct participant *,
                 struct standing_chances *ret);
/* The person's mark in the file. */
struct str draw_who(struct request *, const struct campaign *, const struct participant *);

/* A line is appended: numbered, chained, kept. `line`: without its number and hash. */
struct drawn_line { struct id participant; struct str who, token; int64_t day; bool free; int64_t place; struct str line; };
int draw_append(struct tx *, struct id community, struct id campaign, struct draw *, const struct drawn_line *);

/* ---- shown.c ---- */

extern const struct row row_draw_shown;
/* For the campaign's page; NULL in ret->at when it is no lottery. `me`: id 0 where the visitor takes no part. */
int draw_shown(struct request *, const struct campaign *, const struct participant *me, struct one *ret);

extern const struct feature feature_draw, feature_draw_act, feature_draw_lots, feature_draw_shown;
