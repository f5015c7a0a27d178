/* packet.h: red packets that are split (裂变红包), and the money people get in campaigns.
 *
 * Story      Lin opens a packet of ten yuan in five shares and sends her link. Four friends pass the campaign's help rule; with
 *            the fourth it is full, and everybody's share is theirs: 2.31 for Lin, 3.07 for Bo, who was lucky. Had only three
 *            come within the day, the packet would have lapsed and the ten yuan were the organiser's budget again. Bo collects
 *            shares until he has a yuan, asks for them, and the organiser pays by hand and writes down the number.
 *
 *   desk.c     the operator's side: settings, budget, publishing, the list of packets
 *   open.c     opening, taking a share, giving one back; full and lapsed
 *   give.c     fen from the budget to people and back; their balance
 *   payout.c   asking for money, and paying it
 *   shown.c    what the member's page shows, and the file of packets
 *
 * Due        full (集齐人数后瓜分): nobody has anything before the last share is taken; in time it is all, else nothing. once: each
 *            share is theirs at once, and what nobody took goes back to the budget.
 * Money      Every fen is in an account: budget (campaign) → packet (its opener's participant) → money (member) → payout (order).
 *            Opening moves a whole packet out of the budget, so what is promised is there. Nothing falls below zero.
 * Fair       Which amounts follows from the campaign's seed, the packet's number and a word of the opener's browser (fair.h).
 *            The packet's own seed is committed to when it is opened and shown when it is done; the campaign's at the end.
 * Holds      A person has one share of a packet. Shares sum to the total, none is below the least. A share that came by a help
 *            which staff reject is taken back as long as it was not paid; what was paid stays paid. An act that is sent again
 *            changes nothing. A packet of a campaign that ended has lapsed.
 * Test       packet_test.c, packet_property_test.c; fair_test.c, verify_packet_test.c.
 */
#pragma once
#include "campaign/campaign.h"
#include "campaign/fair.h"

#define PACKET_LEAST  INT64_C(100)        /* fen: guardrail G8, 1 to 200 yuan … */
#define PACKET_MOST   INT64_C(20000)      /* … of a packet, of a prize of money and of a payout; and what one person asks for a day */

extern const struct book book_budget, book_packet, book_payout;

struct packet_rule {
	struct money total;
	int64_t      shares;
	struct money least;
	struct str   split, due;
	int64_t      hours;
	struct money day_cap, budget;
	struct str   seed, rules, commitment;
	int64_t      packets, lines;
	struct str   last;
};

struct packet {
	struct id      participant_id, campaign_id;
	int64_t        number;
	struct str     token, commitment, state;
	int64_t        taken;
	struct instant opened_at, due_at, done_at;
};
extern const struct row row_packet;

struct packet_share {
	int64_t        turn;
	struct id      helper_id, member_id;
	struct str     nickname;
	struct money   amount;
	struct str     state;
	int64_t        line;
	struct instant at;
};
extern const struct row row_packet_share;

/* ---- desk.c ---- */

/* Of a campaign of kind packet; never set yet: as a new one begins. */
int packet_rule_get(struct tx *, struct id community, struct id campaign, struct packet_rule *ret);
/* The seed is made, and its commitment; part of publishing. */
int packet_publish(struct request *, const struct campaign *);
/* How many packets are open. */
int packets_open(struct tx *, struct id community, struct id campaign, int64_t *ret);

/* ---- open.c ---- */

/* Of this participant; E_NOT_FOUND. */
int packet_get(struct tx *, struct id community, struct id participant, struct packet *ret);
/* Rows of struct packet_share, by turn. */
int packet_shares(struct tx *, struct id community, struct id participant, struct rows *ret);
/* Theirs is opened, and its first share is theirs; opened before, nothing changes. E_BUDGET_GONE, E_DAY_CAP, E_CAMPAIGN_CLOSED. */
int packet_open(struct request *, const struct campaign *, const struct participant *, struct str token);
/* Its seed: to be shown only when it is done. */
bool packet_seed(const struct packet_rule *, const struct packet *, struct fair_seed *ret);
/* The person's mark in the file of packets. */
int packet_who(struct tx *, struct id campaign, struct id member, struct str *ret);

extern const struct row row_packet_shown, row_money_shown;

/* ---- give.c ---- */

int budget_left(struct tx *, struct id community, struct id campaign, int64_t *ret);
/* The organiser puts in, or (below zero) takes out again. E_NOT_ENOUGH: it is promised or given already. */
int budget_move(struct request *, struct id campaign, int64_t fen);
/* A prize of money: from the budget to the member, once for this key. E_PRIZE_GONE: the budget does not hold it. */
int money_give(struct tx *, struct id community, struct id campaign, struct id member, int64_t fen, struct str key, struct id source,
               struct id actor);
/* Pending payouts of the member are refused until this much is in their balance. E_NOT_ENOUGH: it is paid out. */
int money_recall(struct tx *, struct id community, struct id member, int64_t fen);

/* ---- payout.c ---- */

/* One that was paid; E_NOT_FOUND, also when it was not (yet). */
struct paid { struct id member_id; struct money amount; struct str note; };
int payout_paid(struct tx *, struct id community, struct id payout, struct paid *ret);
/* Those that wait are refused, the newest first, and their money is in the balance again. How many. */
int payouts_recall(struct tx *, struct id community, struct id member);

/* ---- shown.c ---- */

/* For the campaign's page; NULL in ret->at when it is no packet campaign. `owner`, `me`: id 0 where there is none. */
int packet_shown(struct request *, const struct campaign *, const struct participant *owner, const struct participant *me,
                 struct one *ret);
/* The visitor's money; NULL in ret->at where they never had any here and the campaign gives none. */
int money_shown(struct request *, const struct campaign *, struct one *ret);

extern const struct feature feature_packet, feature_packet_open, feature_money, feature_payout, feature_packet_shown;
