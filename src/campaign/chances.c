/* chances.c: chances in a lottery as a prize of another campaign (抽奖机会).
 *
 * Story      Who brings three friends gets three turns of the spring wheel. Lin claims them: at once they are hers, a button leads
 *            to the wheel, and there she reads where they come from. The operator who wants to end the wheel early hears that the
 *            treasure still gives its chances away, and says so with her name or leaves it.
 * How        The order and the chances are one transaction: the ledger's key is the order's, so what is claimed once is given
 *            once. Whoever gets them takes part in the lottery from then on, as with anything that was won: it may be for some
 *            members only, or full, and the guard has told the operator that this does not hold for them. A page of the lottery that
 *            is open just then hears of it like of anything that happens to its participant (beside.c).
 * Over       A claim meets a lottery that is over: it is refused, and the goal stays reached, so another prize can be chosen or
 *            added. What a draw gives cannot be refused, for the draw has happened: the order stands, and says what to do.
 * Not here   What must be right before it is published (guard.c); spending chances (draw/).
 * Owns       nothing: prize_order (prize.c) and the book "chances" (draw/draw.c) hold it.
 * Test       chances_test.c.
 */
#include "campaign/draw/draw.h"

#include "groups/livecode.h"
#include "people/member.h"

#define LOTTERIES_MAX  (STAGES_MAX * STAGE_PRIZES_MAX + FAIR_PLACES)
#define PROMISED_SHOWN 5

struct lottery { struct id id; struct str kind, name, slug, state; struct instant ends_at; };

ROW(lottery,
	FIELD(lottery, id,      "Campaign"),
	FIELD(lottery, kind,    "Which play"),
	FIELD(lottery, name,    "Its name"),
	FIELD(lottery, slug,    "Its link"),
	FIELD(lottery, state,   "Where it stands"),
	FIELD(lottery, ends_at, "End"));

ROW_PUBLIC(chance_entry,
	FIELD(chance_entry, id,        "Entry"),
	FIELD(chance_entry, at,        "When"),
	FIELD(chance_entry, amount,    "How many; below zero: spent"),
	FIELD(chance_entry, balance,   "How many there were then"),
	FIELD(chance_entry, reason,    "Why: a stable word"),
	FIELD(chance_entry, source_id, "What it is for: of reason prize: the campaign whose prize it is"),
	FIELD(chance_entry, campaign,  "… by name"));

static QUERY(lottery_by_id, READS, &row_lottery, TAKES(K_ID, K_ID),
	"SELECT id, kind, name, slug, state, ends_at FROM campaign WHERE community_id = ?1 AND id = ?2");

static bool is_over(const struct lottery *l, struct instant now) { return str_is(l->state, "ended") || now.ms >= l->ends_at.ms; }

/* ---- Giving -------------------------------------------------------------------------------------------------- */

int chances_ready(struct tx *tx, struct id community, const struct prize *prize)
{
	struct lottery l;
	if (!str_is(prize->kind, "chances"))
		return 0;
	int r = tx_one(tx, &lottery_by_id, &l, V(community), V(prize->lottery_id));
	return r < 0 && r != E_NOT_FOUND ? r : r < 0 || is_over(&l, tx_now(tx)) ? E_LOTTERY_OVER : 0;
}

int chances_post(struct tx *tx, struct id community, struct id lottery, const struct posting *posting)
{
	int posted = ledger_post(tx, community, posting, NULL);
	int r = posted <= 0 ? posted : event_emit(tx, community, &campaign_events[CAMPAIGN_CHANCES], &(struct event){
		.subject = lottery, .actor = posting->actor, .object = posting->to.holder, .n = posting->amount,
	});
	return r < 0 ? r : posted;
}

int chances_give(struct tx *tx, struct id community, const struct participant *p, const struct prize *prize,
                 const struct prize_order *order, struct id visitor)
{
	struct request as = { .tx = tx, .arena = tx_arena(tx), .community = community, .visitor = visitor.n ? visitor : p->visitor_id };
	struct campaign lottery;
	struct participant there;
	int r = campaign_get(tx, community, prize->lottery_id, &lottery);
	if (r < 0 || (r = participant_come(&as, &lottery, &there)) < 0)
		return r;
	struct posting chances = {
		.to = { &book_chances, there.id, 0 }, .amount = prize->chances, .reason = S("prize"), .source = p->campaign_id,
		.actor = as.visitor, .key = str_format(as.arena, "order %lld", (long long)order->id.n),
	};
	r = chances_post(tx, community, lottery.id, &chances);
	return r < 0 ? r : 0;
}

int chances_card(struct tx *tx, struct id community, const struct prize_order *o, struct lottery_card *ret)
{
	struct lottery l = { 0 };
	int r = str_is(o->kind, "chances") ? tx_one(tx, &lottery_by_id, &l, V(community), V(o->lottery_id)) : E_NOT_FOUND;
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = (struct lottery_card){ l.name, l.slug, r < 0 || is_over(&l, tx_now(tx)) };
	return 0;
}

/* ---- Promising ------------------------------------------------------------------------------------------------ */

int chances_check(struct request *rq, const struct prize *prize, const struct prize *before, struct str field)
{
	struct lottery l;
	if (!str_is(prize->kind, "chances") || !prize->lottery_id.n)
		return 0;
	int r = tx_one(rq->tx, &lottery_by_id, &l, V(rq->community), V(prize->lottery_id));
	if (r < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, field) : r;
	if (!str_is(l.kind, "lottery"))
		return rq_complain(rq, E_NOT_ONE_OF, field);
	bool anew = !before || before->lottery_id.n != prize->lottery_id.n;
	return anew && is_over(&l, tx_now(rq->tx)) ? rq_complain(rq, E_LOTTERY_ENDED, field) : 0;
}

struct named { struct tx *tx; struct id community; struct campaign *at; size_t count; };

static int add_lottery(struct named *n, struct str kind, struct id lottery)
{
	if (!str_is(kind, "chances") || !lottery.n)
		return 0;
	for (size_t i = 0; i < n->count; i++)
		if (n->at[i].id.n == lottery.n)
			return 0;
	int r = campaign_get(n->tx, n->community, lottery, &n->at[n->count]);
	n->count += r == 0;
	return r < 0 && r != E_NOT_FOUND ? r : 0;
}

static QUERY(lottery_promised_by, READS, &row_text_item, TAKES(K_ID, K_ID, K_INSTANT, K_INT, K_ID),
	"SELECT DISTINCT c.name AS item FROM prize p JOIN campaign c ON c.community_id = p.community_id AND c.id = p.campaign_id"
	" WHERE p.community_id = ?1 AND p.lottery_id = ?2 AND p.lottery_id > 0 AND c.id <> ?2 AND c.published_at > 0"
	" AND (CASE WHEN c.kind = 'lottery' THEN c.state <> 'ended' ELSE c.claim_until > ?3 END)"
	" AND " SEES_CAMPAIGN("?5", "c.community_id", "c.code_id") " ORDER BY item LIMIT ?4");

int chances_judge(struct tx *tx, struct id community, struct id only, struct campaign *c)
{
	struct named n = { .tx = tx, .community = community, .at = arena_take_array(tx_arena(tx), LOTTERIES_MAX, sizeof *n.at) };
	const struct stage *stages = c->stages.at;
	int r = n.at ? 0 : E_MEMORY;
	for (size_t i = 0; i < c->stages.count; i++) {
		const struct prize *prizes = stages[i].prizes.at;
		for (size_t k = 0; r >= 0 && k < stages[i].prizes.count; k++)
			r = add_lottery(&n, prizes[k].kind, prizes[k].lottery_id);
	}
	const struct draw_place *places = c->draw ? c->draw->places.at : NULL;
	for (size_t i = 0; r >= 0 && c->draw && i < c->draw->places.count; i++)
		r = add_lottery(&n, places[i].kind, places[i].lottery_id);
	c->lotteries = (struct rows){ n.at, n.count };
	if (r >= 0 && c->draw && c->published_at.ms && !str_is(c->state, "ended"))
		r = tx_all(tx, &lottery_promised_by, &c->promised_by, V(community), V(c->id), V(tx_now(tx)), V((int64_t)PROMISED_SHOWN), V(only));
	return r < 0 ? r : 0;
}

/* ---- Where they come from ---------------------------------------------------------------------------------------- */

int chances_entries(struct tx *tx, struct id community, struct id participant, int64_t limit, struct rows *ret)
{
	struct rows rows;
	struct lottery from = { 0 };                   /* the last one looked at: entries of one campaign stand together */
	int r = ledger_entries(tx, community, &book_chances, participant, (struct id){ 0 }, limit, &rows);
	struct chance_entry *list = r < 0 ? NULL : arena_take_array(tx_arena(tx), rows.count + 1, sizeof *list);
	if (!list)
		return r < 0 ? r : E_MEMORY;
	const struct ledger_entry *e = rows.at;
	for (size_t i = 0; i < rows.count; i++) {
		bool won = str_is(e[i].reason, "prize");
		if (won && from.id.n != e[i].source_id.n && (r = tx_one(tx, &lottery_by_id, &from, V(community), V(e[i].source_id))) < 0) {
			if (r != E_NOT_FOUND)
				return r;
			from = (struct lottery){ 0 };
		}
		list[i] = (struct chance_entry){
			e[i].id, e[i].at, e[i].amount, e[i].balance, e[i].reason, e[i].source_id, won ? from.name : S(""),
		};
	}
	*ret = (struct rows){ list, rows.count };
	return 0;
}

static const struct query *const queries[] = { &lottery_by_id, &lottery_promised_by, NULL };

const struct feature feature_chances = { .name = "chances", .queries = queries };
