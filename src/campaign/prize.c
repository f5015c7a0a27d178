/* prize.c: from a reached goal to the prize in somebody's hands.
 *
 * Story      Lin has three helps and claims the car wash: a code appears on her page, the counter scans it, done. Who chose
 *            the thermos flask leaves an address; the clerk copies ten of them, ships, and pastes the numbers back.
 *            Two hundred people reach for the last ten flasks at once: ten get one, the others choose something else.
 * How        A piece moves in the ledger from the prize's stock to the participant, under the name of the stage: so a stage
 *            gives one prize, and the stock cannot fall below zero. Whether the goal is reached is asked of the ledger.
 * Owns       prize_order, prize_code.
 * Holds      A prize that was given is never taken back by losing helps. A unique code is given once.
 *            Cancelling an order before it has left puts the piece back; the stage stays spent.
 * Test       campaign_test.c; claims at once: ledger_test.c.
 */
#include "campaign/fraud/fraud.h"
#include "campaign/packet/packet.h"
#include "campaign/redeem/redeem.h"

#include "base/secret.h"
#include "engine/jobs/jobs.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/member.h"

#define CODE_LENGTH  10
#define CODES_MAX 10000           /* in one upload */
#define SHIP_MAX    500           /* orders in one sheet */
#define LIST_MOST   200
#define LATE_LOOK  (10 * MINUTE)
#define LATE_BATCH  500

const struct book book_stock = { "stock", "piece", "Pieces of a prize that are left" };
const struct book book_prize = { "prize", "piece", "Pieces a participant was given" };

/* ---- Rows ------------------------------------------------------------------------------------- */

#define ORDER_STATES "to_ship shipped to_redeem redeemed given expired cancelled"

ROW_PUBLIC(prize_order,
	FIELD(prize_order, id,             "Order"),
	FIELD(prize_order, campaign_id,    "Campaign"),
	FIELD(prize_order, participant_id, "Whose"),
	FIELD(prize_order, participant,    "… by name"),
	FIELD(prize_order, stage_id,       "Stage"),
	FIELD(prize_order, prize_id,       "Prize"),
	FIELD(prize_order, kind,           "How it is given", .one_of = "physical onsite code link points money chances"),
	FIELD(prize_order, title,          "What it is"),
	FIELD(prize_order, state,          "Where it stands", .one_of = ORDER_STATES),
	FIELD(prize_order, code,           "To show at the counter, or the code itself"),
	FIELD(prize_order, chances,        "Of kind chances: so many draws …"),
	FIELD(prize_order, lottery_id,     "… in this lottery", .optional = true),
	FIELD(prize_order, lottery,        "… by name"),
	FIELD(prize_order, receiver,       "Receiver"),
	FIELD(prize_order, phone,          "Phone; below the role of admin only its ends"),
	FIELD(prize_order, address,        "Address", .lines = true),
	FIELD(prize_order, shipping,       "Carrier and number"),
	FIELD(prize_order, note,           "How to use it", .lines = true),
	FIELD(prize_order, handled_by,     "Colleague who did that"),
	FIELD(prize_order, handled_at,     "Shipped, redeemed or cancelled", .optional = true),
	FIELD(prize_order, place,          "Redeemed at which shop"),
	FIELD(prize_order, expires_at,     "To be redeemed by then", .optional = true),
	FIELD(prize_order, created_at,     "Claimed"));

ROW_PUBLIC(claim,
	FIELD(claim, stage,    "Which stage"),
	FIELD(claim, prize,    "Which of its prizes"),
	FIELD(claim, receiver, "Of kind physical: receiver", .max = 30, .optional = true),
	FIELD(claim, phone,    "Of kind physical: phone", .max = 20, .pattern = "([+]?[0-9][0-9 -]{5,18})?", .optional = true),
	FIELD(claim, address,  "Of kind physical: address", .max = 200, .lines = true, .optional = true));

ROW_PUBLIC(order_address,
	FIELD(order_address, order,    "Order"),
	FIELD(order_address, receiver, "Receiver", .min = 1, .max = 30),
	FIELD(order_address, phone,    "Phone", .max = 20, .pattern = "[+]?[0-9][0-9 -]{5,18}"),
	FIELD(order_address, address,  "Address", .min = 1, .max = 200, .lines = true));

struct order_query { struct str state, q; struct id prize, after; int64_t limit; };

ROW(order_query,
	FIELD(order_query, state, "Only these", .one_of = ORDER_STATES, .optional = true),
	FIELD(order_query, q,     "Part of a name, phone, code or number", .max = 40, .optional = true),
	FIELD(order_query, prize, "Only of this prize", .optional = true),
	FIELD(order_query, after, "Only those before this one", .optional = true),
	FIELD(order_query, limit, "How many", .min = 0, .max = LIST_MOST, .optional = true));

struct codes_input { struct str text; };
struct codes_result { int64_t added, known; };

ROW(codes_input, FIELD(codes_input, text, "A code a line", .min = 1, .max = 200000, .lines = true));

ROW(codes_result,
	FIELD(codes_result, added, "New codes"),
	FIELD(codes_result, known, "Codes that were there before"));

struct ship_line { struct id order; struct str shipping; };
struct ship_input { struct rows orders; };
struct ship_result { int64_t shipped, passed_over; };

ROW(ship_line,
	FIELD(ship_line, order,    "Order"),
	FIELD(ship_line, shipping, "Carrier and number", .min = 1, .max = 60));

ROW(ship_input, FIELD(ship_input, orders, "What was sent", .of = &row_ship_line, .max = SHIP_MAX));

ROW(ship_result,
	FIELD(ship_result, shipped,     "Orders that are shipped now"),
	FIELD(ship_result, passed_over, "Orders that were not waiting to be shipped"));

struct cancelling { struct str reason; };

ROW(cancelling, FIELD(cancelling, reason, "Why, as the holder will read it", .min = 2, .max = 60));

/* ---- Rules ---------------------------------------------------------------------------------------- */

static const struct stage *stage_in(const struct campaign *c, struct id id)
{
	const struct stage *stages = c->stages.at;
	for (size_t i = 0; i < c->stages.count; i++)
		if (stages[i].id.n == id.n)
			return &stages[i];
	return NULL;
}

static const struct prize *prize_in(const struct stage *s, struct id id)
{
	const struct prize *prizes = s->prizes.at;
	for (size_t i = 0; i < s->prizes.count; i++)
		if (prizes[i].id.n == id.n)
			return &prizes[i];
	return NULL;
}

static struct str missing_field(const struct prize *p, const struct claim *claim)
{
	if (!str_is(p->kind, "physical"))
		return S("");
	return !claim->receiver.len ? S("receiver") : !claim->phone.len ? S("phone") : !claim->address.len ? S("address") : S("");
}

static struct str first_state(struct str kind)
{
	return str_is(kind, "physical") ? S("to_ship") : str_is(kind, "onsite") ? S("to_redeem") : S("given");
}

/* ---- Actions: stock ----------------------------------------------------------------------------------- */

int prize_restock(struct request *rq, struct id prize, int64_t before, int64_t after)
{
	if (before == after)
		return 0;
	struct posting p = {
		.to = { &book_stock, prize, 0 }, .amount = after - before, .reason = S("restocked"), .source = prize, .actor = rq->account,
		.key = str_format(rq->arena, "restock %lld", (long long)tx_new_id(rq->tx).n),
	};
	return ledger_post(rq->tx, rq->community, &p, NULL);
}

int prize_left(struct tx *tx, struct id community, struct id prize, int64_t *ret)
{
	return ledger_balance(tx, community, &book_stock, prize, ret);
}

/* ---- Actions: claiming -------------------------------------------------------------------------------- */

#define ORDER "id, campaign_id, participant_id, COALESCE((SELECT p.nickname FROM participant p" \
	" WHERE p.community_id = prize_order.community_id AND p.id = prize_order.participant_id), '') AS participant, stage_id, prize_id," \
	" kind, title, state, code, chances, lottery_id, COALESCE((SELECT l.name FROM campaign l" \
	" WHERE l.community_id = prize_order.community_id AND l.id = prize_order.lottery_id), '') AS lottery," \
	" receiver, phone, address, shipping, note, COALESCE((SELECT a.display FROM account a" \
	" WHERE a.id = prize_order.handled_by), '') AS handled_by, handled_at, place, expires_at, created_at FROM prize_order"

static QUERY(order_by_id, READS, &row_prize_order, TAKES(K_ID, K_ID), "SELECT " ORDER " WHERE community_id = ?1 AND id = ?2");

static QUERY(order_of_stage, READS, &row_prize_order, TAKES(K_ID, K_ID, K_ID),
	"SELECT " ORDER " WHERE community_id = ?1 AND participant_id = ?2 AND stage_id = ?3");

/* In the order of an index of its own: SQLite would rather read the whole community's orders by id. */
static QUERY(orders_of_participant, READS, &row_prize_order, TAKES(K_ID, K_ID),
	"SELECT " ORDER " WHERE community_id = ?1 AND participant_id = ?2 AND stage_id > 0 ORDER BY stage_id LIMIT 10");

static QUERY(orders_won, READS, &row_prize_order, TAKES(K_ID, K_ID),
	"SELECT " ORDER " WHERE community_id = ?1 AND participant_id = ?2 AND stage_id < 0 ORDER BY stage_id LIMIT 50");

static QUERY(order_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_INSTANT, K_INSTANT, K_INT,
	      K_ID),
	"INSERT INTO prize_order (community_id, id, campaign_id, participant_id, stage_id, prize_id, kind, title, state, code,"
	" chances, lottery_id, receiver, phone, address, shipping, note, handled_by, handled_at, place, expires_at, created_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?17, ?18, ?11, ?12, ?13, '', ?14, 0, 0, '', ?15, ?16)");

/* The first code nobody has: read and taken by one statement. */
static QUERY(code_take, WRITES, &row_text_item, TAKES(K_ID, K_ID, K_ID),
	"UPDATE prize_code SET order_id = ?3 WHERE community_id = ?1 AND prize_id = ?2 AND code = (SELECT code FROM prize_code"
	" WHERE community_id = ?1 AND prize_id = ?2 AND order_id = 0 ORDER BY code LIMIT 1) RETURNING code AS item");

int prize_orders_of(struct tx *tx, struct id community, struct id participant, struct rows *ret)
{
	return tx_all(tx, &orders_of_participant, ret, V(community), V(participant));
}

int prize_orders_won(struct tx *tx, struct id community, struct id participant, struct rows *ret)
{
	return tx_all(tx, &orders_won, ret, V(community), V(participant));
}

int prize_claimed(struct tx *tx, struct id community, struct id participant, struct id stage, bool *ret)
{
	struct prize_order o;
	int r = tx_one(tx, &order_of_stage, &o, V(community), V(participant), V(stage));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = r == 0;
	return 0;
}

static int code_for(struct tx *tx, struct id community, const struct prize *p, struct id order, struct str *ret)
{
	struct text_item code;
	char made[CODE_LENGTH + 1];
	int r = 0;
	*ret = S("");
	if (str_is(p->kind, "code")) {
		if ((r = tx_one(tx, &code_take, &code, V(community), V(p->id), V(order))) < 0)
			return r == E_NOT_FOUND ? E_PRIZE_GONE : r;
		*ret = code.item;
	} else if (str_is(p->kind, "link")) {
		*ret = p->link;
	} else if (str_among(p->kind, "onsite physical")) {          /* short and of letters: no spreadsheet rounds it */
		secret_slug(made, CODE_LENGTH);
		*ret = str_copy(tx_arena(tx), str_of(made));
	}
	return 0;
}

static int points_for(struct tx *tx, struct id community, const struct participant *p, const struct prize *prize, struct id order)
{
	struct str key = str_format(tx_arena(tx), "order %lld", (long long)order.n);
	return points_give(tx, community, p->member_id, prize->points, key, "prize", order, p->visitor_id);
}

static int money_for(struct tx *tx, struct id community, const struct participant *p, const struct prize *prize, struct id order)
{
	struct str key = str_format(tx_arena(tx), "order %lld", (long long)order.n);
	return money_give(tx, community, p->campaign_id, p->member_id, prize->value.fen, key, order, p->visitor_id);
}

/* The piece moves from the stock to the participant; the name of the stage is the entry's name. */
static int take_piece(struct tx *tx, struct id community, const struct participant *p, struct id stage, const struct prize *prize)
{
	struct posting piece = {
		.to = { &book_prize, p->id, 0 }, .from = { &book_stock, prize->id, 0 }, .amount = 1, .reason = S("claimed"),
		.key = str_format(tx_arena(tx), "stage %lld %lld", (long long)stage.n, (long long)p->id.n), .source = stage, .actor = p->visitor_id,
	};
	int r = ledger_post(tx, community, &piece, NULL);
	return r == E_NOT_ENOUGH ? E_PRIZE_GONE : r;
}

static int until_when(struct tx *tx, struct id community, const struct prize *prize, struct prize_order *o)
{
	struct redeem_rule rule;
	int r = redeem_rule_of(tx, community, prize->id, &rule);
	if (r < 0)
		return r;
	if (prize->redeem_days)
		o->expires_at.ms = o->created_at.ms + prize->redeem_days * DAY;
	if (rule.until_at.ms && (!o->expires_at.ms || rule.until_at.ms < o->expires_at.ms))
		o->expires_at = rule.until_at;
	return 0;
}

int prize_give(struct tx *tx, struct id community, const struct participant *p, struct id stage, const struct prize *prize,
               const struct claim *claim, struct prize_order *ret)
{
	struct prize_order o = {
		.id = tx_new_id(tx), .campaign_id = p->campaign_id, .participant_id = p->id, .stage_id = stage, .prize_id = prize->id,
		.kind = prize->kind, .title = prize->title, .state = first_state(prize->kind), .receiver = claim->receiver,
		.phone = claim->phone, .address = claim->address, .note = prize->note, .created_at = tx_now(tx),
		.chances = prize->chances, .lottery_id = prize->lottery_id, .lottery = prize->lottery,
	};
	int r = str_is(prize->kind, "onsite") ? until_when(tx, community, prize, &o) : 0;
	if (r < 0)
		return r;
	r = take_piece(tx, community, p, stage, prize);
	if (r < 0 || (r = code_for(tx, community, prize, o.id, &o.code)) < 0 ||
	    (str_is(prize->kind, "points") && (r = points_for(tx, community, p, prize, o.id)) < 0) ||
	    (str_is(prize->kind, "money") && (r = money_for(tx, community, p, prize, o.id)) < 0) ||
	    (str_is(prize->kind, "chances") && (r = chances_give(tx, community, p, prize, &o, claim->visitor)) < 0))
		return r;
	r = tx_run(tx, &order_insert, V(community), V(o.id), V(o.campaign_id), V(o.participant_id), V(o.stage_id), V(o.prize_id),
	           V(o.kind), V(o.title), V(o.state), V(o.code), V(o.receiver), V(o.phone), V(o.address), V(o.note), V(o.expires_at),
	           V(o.created_at), V(o.chances), V(o.lottery_id));
	if (r < 0)
		return r;
	*ret = o;
	return event_emit(tx, community, &campaign_events[CAMPAIGN_CLAIMED], &(struct event){
		.subject = p->campaign_id, .actor = p->visitor_id, .object = p->id, .via = o.id, .word = o.kind });
}

int prize_claim(struct request *rq, const struct campaign *c, const struct participant *p, const struct claim *claim,
                struct prize_order *ret)
{
	const struct stage *s = stage_in(c, claim->stage);
	const struct prize *prize = s ? prize_in(s, claim->prize) : NULL;
	enum phase_of phase = campaign_phase(c, tx_now(rq->tx));
	struct claim here = *claim;
	struct reach reach;
	int64_t looked_at;
	if (!prize)
		return E_NOT_FOUND;
	int r = tx_one(rq->tx, &order_of_stage, ret, V(rq->community), V(p->id), V(s->id));
	if (r != E_NOT_FOUND)
		return r;
	if (phase != CAMPAIGN_OPEN && phase != CAMPAIGN_PAUSED && phase != CAMPAIGN_CLAIMS)
		return E_CAMPAIGN_CLOSED;
	if (str_is(p->state, "blocked"))
		return E_NOT_FOR_YOU;
	if ((r = reach_of(rq->tx, rq->community, c, p->id, p->visitor_id, &reach)) < 0)
		return r;
	if (!stage_reached(s, &reach))
		return E_STAGE_NOT_REACHED;
	if ((r = fraud_in_review(rq->tx, rq->community, p->id, &looked_at)) < 0)
		return r;
	reach.own -= looked_at;
	if (!stage_reached(s, &reach))
		return E_UNDER_REVIEW;
	struct str missing = missing_field(prize, claim);
	if (missing.len)
		return rq_complain(rq, E_MISSING_FIELD, missing);
	here.visitor = rq->visitor;
	if ((r = chances_ready(rq->tx, rq->community, prize)) < 0 ||
	    (r = hold_finish(rq->tx, rq->community, p->id, s->id, "claimed")) < 0 ||
	    (r = prize_give(rq->tx, rq->community, p, s->id, prize, &here, ret)) < 0)
		return r;
	return campaign_end_empty(rq->tx, rq->community, c);
}

static QUERY(order_send_to, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_STR),
	"UPDATE prize_order SET receiver = ?4, phone = ?5, address = ?6 WHERE community_id = ?1 AND id = ?2 AND participant_id = ?3"
	" AND state = 'to_ship'");

int prize_address(struct request *rq, const struct campaign *c, const struct participant *p, const struct order_address *to)
{
	struct prize_order o;
	enum phase_of phase = campaign_phase(c, tx_now(rq->tx));
	int r = tx_one(rq->tx, &order_by_id, &o, V(rq->community), V(to->order));
	if (r < 0)
		return r;
	if (o.participant_id.n != p->id.n)
		return E_NOT_FOUND;
	if (phase != CAMPAIGN_OPEN && phase != CAMPAIGN_PAUSED && phase != CAMPAIGN_CLAIMS)
		return E_CAMPAIGN_CLOSED;
	r = tx_run(rq->tx, &order_send_to, V(rq->community), V(o.id), V(p->id), V(str_trim(to->receiver)), V(to->phone),
	           V(str_trim(to->address)));
	return r < 0 ? r : r ? 0 : E_ALREADY_DECIDED;
}

/* ---- Actions: orders ------------------------------------------------------------------------------------ */

static QUERY(order_ship, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_ID, K_INSTANT),
	"UPDATE prize_order SET state = 'shipped', shipping = ?3, handled_by = ?4, handled_at = ?5"
	" WHERE community_id = ?1 AND id = ?2 AND state IN ('to_ship', 'shipped') AND shipping <> ?3");

static QUERY(order_redeem, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT, K_STR),
	"UPDATE prize_order SET state = 'redeemed', handled_by = ?3, handled_at = ?4, place = ?5"
	" WHERE community_id = ?1 AND id = ?2 AND state = 'to_redeem'");

static QUERY(order_cancel, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_ID, K_INSTANT),
	"UPDATE prize_order SET state = 'cancelled', note = ?3, handled_by = ?4, handled_at = ?5"
	" WHERE community_id = ?1 AND id = ?2 AND state IN ('to_ship', 'to_redeem')");

static QUERY(order_of_code, READS, &row_prize_order, TAKES(K_ID, K_STR),
	"SELECT " ORDER " WHERE community_id = ?1 AND code = ?2 AND kind = 'onsite'");

int prize_order_shown(struct tx *tx, struct id community, struct str code, struct prize_order *ret)
{
	return tx_one(tx, &order_of_code, ret, V(community), V(code));
}

static int say_order(struct request *rq, const struct prize_order *o, const char *act, const char *state)
{
	int r = event_emit(rq->tx, rq->community, &campaign_events[CAMPAIGN_ORDER], &(struct event){
		.subject = o->campaign_id, .actor = rq->account, .object = o->participant_id, .via = o->id, .word = str_of(state) });
	return r < 0 ? r : audit_note(rq, act, o->id, o->title);
}

/* ---- API -------------------------------------------------------------------------------------------------- */

static QUERY(orders_of_campaign, READS, &row_prize_order, TAKES(K_ID, K_ID, K_ID, K_STR, K_INT, K_STR, K_ID),
	"SELECT " ORDER " WHERE community_id = ?1 AND campaign_id = ?2 AND id < ?3 AND (?4 = '' OR state = ?4) AND (?7 = 0 OR prize_id = ?7)"
	" AND (?6 = '' OR code = ?6 OR receiver LIKE '%' || ?6 || '%' OR phone LIKE '%' || ?6 || '%' OR shipping LIKE '%' || ?6 || '%'"
	" OR EXISTS (SELECT 1 FROM participant n WHERE n.community_id = ?1 AND n.id = prize_order.participant_id"
	"  AND n.nickname LIKE '%' || ?6 || '%')) ORDER BY id DESC LIMIT ?5");

/* Every way out to staff passes here. */
void prize_orders_mask(struct request *rq, struct prize_order *orders, size_t count)
{
	for (size_t i = 0; rq->role < ROLE_OPERATOR && i < count; i++) {
		orders[i].phone = phone_masked(rq->arena, orders[i].phone);
		orders[i].address = S("");
		orders[i].code = S("");
	}
}

static int get_orders(struct request *rq, const void *in, void *out)
{
	const struct order_query *q = in;
	struct page *page = out;
	struct campaign c;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = tx_all(rq->tx, &orders_of_campaign, &page->rows, V(rq->community), V(rq->path_id), V(before), V(q->state),
	                         V(limit), V(str_trim(q->q)), V(q->prize))) < 0)
		return r;
	page->total = -1;
	prize_orders_mask(rq, page->rows.at, page->rows.count);
	page_end(rq, page, &row_prize_order, limit);
	return 0;
}

static int show_order(struct request *rq, struct id id, struct prize_order *ret)
{
	int r = tx_one(rq->tx, &order_by_id, ret, V(rq->community), V(id));
	if (r == 0)
		prize_orders_mask(rq, ret, 1);
	return r;
}

static QUERY(order_named, READS, &row_prize_order, TAKES(K_ID, K_STR), "SELECT " ORDER " WHERE community_id = ?1 AND code = ?2 LIMIT 1");

int prize_order_named(struct tx *tx, struct id community, struct str name, struct prize_order *ret)
{
	struct id id;
	int r = tx_one(tx, &order_named, ret, V(community), V(name));
	return r == E_NOT_FOUND && str_to_int(name, &id.n) ? tx_one(tx, &order_by_id, ret, V(community), V(id)) : r;
}

static QUERY(orders_all, READS, &row_prize_order, TAKES(K_ID, K_ID, K_STR),
	"SELECT " ORDER " WHERE community_id = ?1 AND campaign_id = ?2 AND (?3 = '' OR state = ?3) ORDER BY id LIMIT 100000");

int prize_orders_all(struct tx *tx, struct id community, struct id campaign, struct str state, struct rows *ret)
{
	return tx_all(tx, &orders_all, ret, V(community), V(campaign), V(state));
}

int prize_ship(struct request *rq, const struct prize_order *o, struct str shipping)
{
	int r = tx_run(rq->tx, &order_ship, V(rq->community), V(o->id), V(shipping), V(rq->account), V(tx_now(rq->tx)));
	if (r <= 0)
		return r;
	r = say_order(rq, o, "order_shipped", "shipped");
	return r < 0 ? r : 1;
}

static int post_ship(struct request *rq, const void *in, void *out)
{
	const struct ship_input *input = in;
	const struct ship_line *lines = input->orders.at;
	struct ship_result result = { 0 };
	struct prize_order o;
	for (size_t i = 0; i < input->orders.count; i++) {
		int r = tx_one(rq->tx, &order_by_id, &o, V(rq->community), V(lines[i].order));
		if (r < 0)
			return r == E_NOT_FOUND ? rq_complain(rq, r, str_format(rq->arena, "orders[%zu].order", i)) : r;
		if ((r = prize_ship(rq, &o, lines[i].shipping)) < 0)
			return r;
		bool moved = str_is(o.state, "to_ship") || str_is(o.state, "shipped");
		result.shipped += moved, result.passed_over += !moved;
	}
	*(struct ship_result *)out = result;
	return 0;
}

int prize_redeem(struct request *rq, const struct prize_order *o, struct str place, struct prize_order *ret)
{
	int r = tx_run(rq->tx, &order_redeem, V(rq->community), V(o->id), V(rq->account), V(tx_now(rq->tx)), V(place));
	if (r <= 0)
		return r < 0 ? r : E_VOUCHER_USED;
	r = say_order(rq, o, "order_redeemed", "redeemed");
	return r < 0 ? r : show_order(rq, o->id, ret);
}

static QUERY(orders_until, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INSTANT, K_INSTANT, K_ID),
	"UPDATE prize_order SET expires_at = CASE WHEN ?3 > 0 AND (?5 = 0 OR created_at + ?3 < ?5) THEN created_at + ?3 ELSE ?5 END"
	" WHERE community_id = ?1 AND campaign_id = ?6 AND prize_id = ?2 AND state = 'to_redeem' AND expires_at = ?4");

int prize_orders_until(struct tx *tx, struct id community, const struct prize_order *of, int64_t redeem_days, struct instant before,
                       struct instant until)
{
	if (!before.ms || before.ms == until.ms)
		return 0;
	int r = tx_run(tx, &orders_until, V(community), V(of->prize_id), V(redeem_days * DAY), V(before), V(until), V(of->campaign_id));
	return r < 0 ? r : 0;
}

static int piece_back(struct tx *tx, struct id community, const struct prize_order *o, const char *why, struct id actor)
{
	struct side side = { &book_prize, o->participant_id, 0 };
	struct str key = str_format(tx_arena(tx), "stage %lld %lld", (long long)o->stage_id.n, (long long)o->participant_id.n);
	return ledger_reverse(tx, community, &side, key, str_of(why), actor, NULL);
}

/* The piece goes back to the stock; the stage stays spent, so that nobody claims, cancels and claims again. */
static int post_cancel(struct request *rq, const void *in, void *out)
{
	const struct cancelling *input = in;
	struct prize_order o;
	int r = tx_one(rq->tx, &order_by_id, &o, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	r = tx_run(rq->tx, &order_cancel, V(rq->community), V(o.id), V(input->reason), V(rq->account), V(tx_now(rq->tx)));
	if (r <= 0)
		return r < 0 ? r : E_ALREADY_DECIDED;
	if ((r = piece_back(rq->tx, rq->community, &o, "cancelled", rq->account)) < 0 ||
	    (r = say_order(rq, &o, "order_cancelled", "cancelled")) < 0)
		return r;
	return show_order(rq, o.id, out);
}

static QUERY(code_add, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"INSERT INTO prize_code (community_id, prize_id, code, order_id) VALUES (?1, ?2, ?3, 0)"
	" ON CONFLICT (community_id, prize_id, code) DO NOTHING");

static QUERY(prize_kind, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT kind AS item FROM prize WHERE community_id = ?1 AND id = ?2");

static int post_codes(struct request *rq, const void *in, void *out)
{
	struct str rest = ((const struct codes_input *)in)->text;
	struct codes_result result = { 0 };
	struct text_item kind;
	int r = tx_one(rq->tx, &prize_kind, &kind, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	if (!str_is(kind.item, "code"))
		return rq_complain(rq, E_INVALID, S("text"));
	for (int64_t line = 1; rest.len; line++) {
		struct str code = str_trim(str_cut(&rest, '\n'));
		if (code.len == 0)
			continue;
		if (code.len > 60 || result.added + result.known >= CODES_MAX)
			return rq_complain(rq, code.len > 60 ? E_TOO_LONG : E_TOO_MANY, str_format(rq->arena, "text, line %lld", (long long)line));
		if ((r = tx_run(rq->tx, &code_add, V(rq->community), V(rq->path_id), V(code))) < 0)
			return r;
		result.added += r, result.known += !r;
	}
	*(struct codes_result *)out = result;
	return audit_note(rq, "codes_added", rq->path_id, str_format(rq->arena, "%lld", (long long)result.added));
}

/* ---- What nobody came for -------------------------------------------------------------------------------- */

struct order_late { struct id community_id, id; };

ROW(order_late,
	FIELD(order_late, community_id, "Community"),
	FIELD(order_late, id,           "Order"));

static QUERY(orders_late, READS, &row_order_late, TAKES(K_INSTANT, K_INT),
	"SELECT community_id, id FROM prize_order WHERE state = 'to_redeem' AND expires_at > 0 AND expires_at <= ?1"
	" ORDER BY expires_at LIMIT ?2", .scans = true);

static QUERY(order_expire, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE prize_order SET state = 'expired', handled_at = ?3 WHERE community_id = ?1 AND id = ?2 AND state = 'to_redeem'"
	" AND expires_at > 0 AND expires_at <= ?3");

static int list_late(struct tx *tx, void *arg) { return tx_all(tx, &orders_late, arg, V(tx_now(tx)), V((int64_t)LATE_BATCH)); }

static int expire_one(struct tx *tx, void *arg)
{
	const struct order_late *late = arg;
	struct prize_order o;
	int r = tx_run(tx, &order_expire, V(late->community_id), V(late->id), V(tx_now(tx)));
	if (r <= 0 || (r = tx_one(tx, &order_by_id, &o, V(late->community_id), V(late->id))) < 0 ||
	    (r = piece_back(tx, late->community_id, &o, "expired", (struct id){ 0 })) < 0)
		return r;
	return event_emit(tx, late->community_id, &campaign_events[CAMPAIGN_ORDER], &(struct event){
		.subject = o.campaign_id, .object = o.participant_id, .via = o.id, .word = S("expired") });
}

static int run_late(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct rows rows = { 0 };
	(void)job;
	int r = store_read(jc->store, jc->arena, list_late, &rows);
	struct order_late *late = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = store_write(jc->store, late[i].community_id, jc->arena, expire_one, &late[i]);
	if (r < 0)
		*ret_why = S("the store did not answer");
	return r < 0 ? r : 0;
}

static const struct job_kind jobs[] = {
	{ "prize_expire", "Prizes nobody came for go back to the stock", run_late, .every_ms = LATE_LOOK },
	{ 0 },
};

/* ---- What is kept about people ------------------------------------------------------------------------- */

struct order_own { struct str title, state, receiver, phone, address; struct instant created_at; };

ROW(order_own,
	FIELD(order_own, title,      "Prize"),
	FIELD(order_own, state,      "Where it stands"),
	FIELD(order_own, receiver,   "Receiver"),
	FIELD(order_own, phone,      "Phone"),
	FIELD(order_own, address,    "Address"),
	FIELD(order_own, created_at, "Claimed"));

#define OF_VISITOR " WHERE community_id = ?1 AND participant_id IN (SELECT id FROM participant WHERE community_id = ?1 AND visitor_id = ?2)"

static QUERY(orders_show, READS, &row_order_own, TAKES(K_ID, K_ID),
	"SELECT title, state, receiver, phone, address, created_at FROM prize_order" OF_VISITOR " ORDER BY id LIMIT 200");

/* What has not left cannot leave any more; that it was given stays, for the stock's sake. Before participant is forgotten
 * (features.def): it says whose these are. */
static QUERY(orders_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE prize_order SET receiver = '', phone = '', address = '', code = '', note = '',"
	" state = CASE WHEN state IN ('to_ship', 'to_redeem') THEN 'cancelled' ELSE state END" OF_VISITOR);

static const struct personal personal[] = {
	{ "prize_order", "你领取的奖品和收货信息", "Prizes you claimed, and where they were sent", "奖品 状态 收件人 电话 地址 领取时间", BY_VISITOR,
	  &orders_show, .erases = { &orders_forget } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/campaigns/{id}/orders", ROLE_READER,   get_orders,  &row_order_query, &row_prize_order, "Orders, newest first", OUT_PAGE, .sees = campaign_sees },
	{ "POST", "/orders/ship",           ROLE_OPERATOR, post_ship,   &row_ship_input, &row_ship_result, "These were sent; saying it again corrects the number" },
	{ "POST", "/orders/{id}/cancel",    ROLE_OPERATOR, post_cancel, &row_cancelling, &row_prize_order, "Cancel an order that has not left; the piece goes back" },
	{ "POST", "/prizes/{id}/codes",     ROLE_OPERATOR, post_codes,  &row_codes_input, &row_codes_result, "Add unique codes to a prize", .body_max = 1 << 20 },
	{ 0 },
};

static const struct query *const queries[] = {
	&order_by_id, &order_of_stage, &orders_of_participant, &orders_won, &order_insert, &code_take, &order_send_to,
	&order_ship, &order_redeem, &order_cancel, &orders_until, &order_of_code, &orders_of_campaign, &code_add, &prize_kind, &orders_show,
	&orders_forget, &orders_late, &order_expire, &order_named, &orders_all, NULL,
};

const struct feature feature_prize = {
	.name = "prize", .api = "campaigns", .routes = routes, .queries = queries, .jobs = jobs, .personal = personal,
};
