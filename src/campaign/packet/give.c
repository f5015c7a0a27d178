/* give.c: fen from a campaign's budget to people and back, and what a member has.
 *
 * Story      The organiser puts 500 yuan in. A packet takes ten out of it, a lapsed one puts them back; a stage's prize of five
 *            yuan goes straight to a member. Bo opens his balance: 3.07 from Lin's packet, 5.00 a prize, 2.00 asked for.
 * Owns       the books "budget", "packet" and (with payout.c) "payout"; "money" is the ledger's own.
 * Holds      Every posting has two sides but the organiser's own putting in, so `quntu check` finds each fen again.
 * Not here   Two members becoming one (points.c moves both accounts), packets (open.c).
 * Test       packet_test.c.
 */
#include "campaign/packet/packet.h"

#include "people/member.h"

#define LIST_MOST 100

const struct book book_budget = { "budget", "fen", "Money of a campaign that is not promised yet" };
const struct book book_packet = { "packet", "fen", "Money in a red packet that is not given yet" };

struct account { int64_t balance; struct rows entries; };

ROW(account,
	FIELD(account, balance, "Fen now"),
	FIELD(account, entries, "The ledger behind them, newest first", .of = &row_ledger_entry));

int budget_left(struct tx *tx, struct id community, struct id campaign, int64_t *ret)
{
	return ledger_balance(tx, community, &book_budget, campaign, ret);
}

int budget_move(struct request *rq, struct id campaign, int64_t fen)
{
	struct posting p = {
		.to = { &book_budget, campaign, 0 }, .amount = fen, .reason = S("funded"), .source = campaign, .actor = rq->account,
		.key = str_format(rq->arena, "fund %lld", (long long)tx_new_id(rq->tx).n),
	};
	return fen ? ledger_post(rq->tx, rq->community, &p, NULL) : 0;
}

int money_give(struct tx *tx, struct id community, struct id campaign, struct id member, int64_t fen, struct str key, struct id source,
               struct id actor)
{
	struct posting p = {
		.from = { &book_budget, campaign, 0 }, .to = { &book_money, { 0 }, 0 }, .amount = fen, .key = key, .reason = S("prize"),
		.source = source, .actor = actor,
	};
	int r = fen > 0 ? member_resolve(tx, community, member, &p.to.holder) : 0;
	if (r < 0 || fen <= 0)
		return r;
	r = ledger_post(tx, community, &p, NULL);
	return r == E_NOT_ENOUGH ? E_PRIZE_GONE : r;
}

int money_recall(struct tx *tx, struct id community, struct id member, int64_t fen)
{
	int64_t has;
	int r = ledger_balance(tx, community, &book_money, member, &has);
	if (r < 0 || has >= fen)
		return r;
	if ((r = payouts_recall(tx, community, member)) < 0 || (r = ledger_balance(tx, community, &book_money, member, &has)) < 0)
		return r;
	return has >= fen ? 0 : E_NOT_ENOUGH;
}

/* ---- API ------------------------------------------------------------------------------------------------ */

static int show(struct request *rq, const struct book *book, struct id holder, struct account *ret)
{
	struct account a;
	int r = ledger_balance(rq->tx, rq->community, book, holder, &a.balance);
	if (r < 0 || (r = ledger_entries(rq->tx, rq->community, book, holder, (struct id){ 0 }, LIST_MOST, &a.entries)) < 0)
		return r;
	*ret = a;
	return 0;
}

static int get_money(struct request *rq, const void *in, void *out)
{
	struct id member;
	(void)in;
	int r = member_resolve(rq->tx, rq->community, rq->path_id, &member);
	return r < 0 ? r : show(rq, &book_money, member, out);
}

static int get_budget(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	(void)in;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	return r < 0 ? r : show(rq, &book_budget, c.id, out);
}

static const struct route routes[] = {
	{ "GET", "/members/{id}/money",    ROLE_READER, get_money,  NULL, &row_account, "A member's money and the ledger behind it", .sees = member_sees },
	{ "GET", "/campaigns/{id}/budget", ROLE_READER, get_budget, NULL, &row_account, "What is left of a campaign's money, and the ledger behind it", .sees = campaign_sees },
	{ 0 },
};

const struct feature feature_money = { .name = "money", .api = "campaigns", .routes = routes };
