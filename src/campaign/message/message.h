/* message.h: what members are told of a campaign (活动消息).
 *
 * Story      Bo helps Lin. Her page says so within a second. If a 公众号 or a QQ bot can reach her and the operator has left that
 *            switched on, she reads "Bo helped you, two to go" there, too; ten friends within the hour are one message, not ten.
 *            Whoever no channel reaches, but who is in a room (channel/web), finds it there, for them alone; and everybody finds
 *            everything on the page of the campaign.
 *
 *   message.c   which kinds there are, their switches and words; the operator's side
 *   tell.c      what happened → a send in the outbox
 *   news.c      the same as a list on the member's page
 *
 * Page       The list on the page is not kept: it is told anew from what happened (the ledger's entries, helps, orders), so it
 *            costs nothing when a thousand friends a second help, and is always right.
 * Pace       Helps within `gap_minutes` are told together. `day_most` sends a day go to a person; a reached stage and a parcel go
 *            out all the same. Quiet hours and the attention budget are the outbox's.
 * Owns       campaign_message, campaign_pace, campaign_told.
 * Not here   What a fan of a 公众号 reads at once as the answer to what they did, and their poster (follow.c).
 * Test       message_test.c
 */
#pragma once
#include "campaign/campaign.h"

enum tiding {
	TIDING_ENROLLED, TIDING_HELPED, TIDING_NEARLY, TIDING_STAGE, TIDING_AGAIN, TIDING_UNCOUNTED, TIDING_DEDUCTED, TIDING_MEMBER,
	TIDING_SHIPPED, TIDING_STOCK, TIDING_ENDED, TIDING_FULL, TIDING_LAPSED, TIDING_PAID, TIDINGS
};
#define TIDING_WORDS "enrolled helped nearly stage again uncounted deducted member shipped stock ended full lapsed paid"

struct tiding_set { struct str what; bool page, mp, qq, wecom, staff; struct str words; };
struct tidings { int64_t gap_minutes, day_most; struct tiding_set of[TIDINGS]; };

const char *tiding_word(enum tiding);
/* Does a campaign of this kind tell it at all? */
bool tiding_applies(enum tiding, struct str campaign_kind);
/* Goes out although the person's day is full. */
bool tiding_presses(enum tiding);
/* As set for this campaign; what was never set is as a new campaign begins. */
int tidings_get(struct tx *, struct id community, struct id campaign, struct tidings *ret);

/* What the words are about. Of the texts, what does not apply stays empty. */
struct telling {
	const struct campaign *campaign;
	struct str             name, friend, why, prize, shipping, link, community, until;
	int64_t                n;                 /* helps that count; of stock: pieces left */
};
/* Own words, or the built-in ones of this language, filled in. */
struct str tiding_text(struct arena *, const struct tidings *, enum tiding, const struct telling *, enum lang);
/* Why it does not count, to the one who was helped; staff's own sentence stays as it is. */
struct str tiding_why(struct str reason, enum lang);
/* What an n-th help is: a stage (*ret_stage: which), nearly one (the next), or a help (the next; NULL: there is none). */
enum tiding tiding_of(const struct campaign *, int64_t n, const struct stage **ret_stage);
/* What is given at a stage, in words. */
struct str stage_prize(const struct stage *);
/* So few are left that it is said. */
bool stock_is_low(int64_t stock, int64_t left);

/* ---- news.c ---- */

extern const struct row row_task_news;
/* Newest first, for who takes part: rows of task_news. `helps`: helps_for. */
int news_of(struct request *, const struct campaign *, const struct participant *, struct rows helps, struct rows *ret);

extern const struct feature feature_campaign_message, feature_campaign_tell, feature_campaign_news;
