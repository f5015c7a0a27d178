/* payout.c: money a member asks for, and the organiser pays by hand.
 *
 * Story      Bo has 5.38 and asks for it: "微信号 bo_1990". The order stands on the organiser's page; she sends a red packet or a
 *            transfer in WeChat, writes the number down, and Bo's page says paid within a second. Another name is a stranger's:
 *            she refuses it with a reason, and the money is in Bo's balance again.
 * Holds      1 to 200 yuan a payment, 200 a person a day (guardrail G8). The money leaves the balance with the asking, so it is
 *            asked for once; refused, it comes back by the reversal of that entry. An order is decided once; what is paid stays.
 *            Asked again with the same token it is the same order. No interface of any payment platform is called.
 * Owns       payout; the book "payout".
 * Test       packet_test.c.
 */
#include "campaign/packet/packet.h"

#include "base/csv.h"
#include "people/audit.h"
#include "people/member.h"
#include "people/merge.h"
#include "http/personal.h"

#define LIST_MOST    200
#define TRIES         30
#define TRIES_TIME   (10 * MINUTE)
#define TABLE_BYTES  (64 << 20)

const struct book book_payout = { "payout", "fen", "Money of one order of payment: asked for, or paid" };

/* ---- Rows ------------------------------------------------------------------------------------- */

#define STATES "to_pay paid refused"

struct payout {
	struct id      id, campaign_id, watch_id, member_id, holder_id;
	struct str     nickname;
	struct money   amount;
	struct str     state, receiver, note, handled_by;
	struct instant asked_at, handled_at;
};

#define PAYOUT_SHOWN \
	FIELD(payout, id,         "Order"), \
	FIELD(payout, member_id,  "Whose", .optional = true), \
	FIELD(payout, nickname,   "… by name"), \
	FIELD(payout, amount,     "How much, in fen"), \
	FIELD(payout, state,      "Where it stands", .one_of = STATES), \
	FIELD(payout, receiver,   "How they are found for paying; below the role of operator only its ends"), \
	FIELD(payout, note,       "Paid: which way, and its number; refused: why"), \
	FIELD(payout, handled_by, "Colleague who did that"), \
	FIELD(payout, asked_at,   "Asked for"), \
	FIELD(payout, handled_at, "Paid or refused", .optional = true)

ROW_AS(payout_kept, payout, PAYOUT_SHOWN,
	FIELD(payout, campaign_id, "On whose page"),
	FIELD(payout, watch_id,    "What that page listens to"),
	FIELD(payout, holder_id,   "The account it came from"));
ROW(payout, PAYOUT_SHOWN);

struct payout_query { struct str state; struct id after; int64_t limit; };
struct payout_asked { struct money amount; struct str receiver, token; };
struct payout_paid { struct str note; };
struct payout_refused { struct str reason; };

ROW(payout_query,
	FIELD(payout_query, state, "Only these", .one_of = STATES, .optional = true),
	FIELD(payout_query, after, "Only those before this one", .optional = true),
	FIELD(payout_query, limit, "How many", .min = 0, .max = LIST_MOST, .optional = true));

ROW(payout_asked,
	FIELD(payout_asked, amount,   "How much, in fen: 100 to 20000", .min = 0, .max = 100000000),
	FIELD(payout_asked, receiver, "How the organiser finds you for paying: a name and WeChat ID", .min = 2, .max = 60),
	FIELD(payout_asked, token,    "Made up by the browser for this; sent twice, it is one order", .min = 16, .max = 40, .pattern = "[A-Za-z0-9_-]+"));

ROW(payout_paid, FIELD(payout_paid, note, "By which way, and its transaction number", .min = 2, .max = 80));

ROW(payout_refused, FIELD(payout_refused, reason, "Why, as the member will read it", .min = 2, .max = 60));

/* ---- Asking ------------------------------------------------------------------------------------- */

#define PAYOUT "o.id, o.member_id, COALESCE((SELECT m.nickname FROM member m WHERE m.community_id = o.community_id" \
	" AND m.id = o.member_id), '') AS nickname, o.amount, o.state, o.receiver, o.note, COALESCE((SELECT a.display FROM account a" \
	" WHERE a.id = o.handled_by), '') AS handled_by, o.asked_at, o.handled_at, o.campaign_id, o.watch_id, o.holder_id FROM payout o"

static QUERY(payout_by_id, READS, &row_payout_kept, TAKES(K_ID, K_ID), "SELECT " PAYOUT " WHERE o.community_id = ?1 AND o.id = ?2");

static QUERY(payout_by_token, READS, &row_id_item, TAKES(K_ID, K_ID, K_STR),
	"SELECT id AS item FROM payout WHERE community_id = ?1 AND member_id = ?2 AND token = ?3");

static QUERY(payout_today, READS, &row_id_item, TAKES(K_ID, K_ID, K_INT),
	"SELECT CAST(COALESCE(sum(amount), 0) AS BIGINT) AS item FROM payout WHERE community_id = ?1 AND member_id = ?2 AND day = ?3"
	" AND state <> 'refused'");

static QUERY(payout_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_MONEY, K_STR, K_STR, K_INT, K_INSTANT),
	"INSERT INTO payout (community_id, id, campaign_id, watch_id, member_id, holder_id, amount, state, token, receiver, note, day,"
	" asked_at, handled_by, handled_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, 'to_pay', ?7, ?8, '', ?9, ?10, 0, 0)");

static QUERY(payout_decide, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_ID, K_INSTANT),
	"UPDATE payout SET state = ?3, note = ?4, handled_by = ?5, handled_at = ?6 WHERE community_id = ?1 AND id = ?2 AND state = 'to_pay'");

static struct str entry_key(struct tx *tx, struct id payout) { return str_format(tx_arena(tx), "payout %lld", (long long)payout.n); }

static int say(struct tx *tx, struct id community, const struct payout *o, const char *word, struct id actor)
{
	return event_emit(tx, community, &campaign_events[CAMPAIGN_PAYOUT], &(struct event){
		.subject = o->campaign_id, .actor = actor, .object = o->watch_id, .via = o->id, .n = o->amount.fen, .word = str_of(word) });
}

static int ask(struct request *rq, const struct campaign *c, struct id watch, struct id member, const struct payout_asked *in)
{
	struct community community;
	struct id_item today;
	struct payout o = { .id = tx_new_id(rq->tx), .campaign_id = c->id, .watch_id = watch, .amount = in->amount };
	int r = community_get(rq->tx, rq->community, &community);
	if (r < 0)
		return r;
	if (in->amount.fen < PACKET_LEAST || in->amount.fen > PACKET_MOST)
		return rq_complain(rq, E_PAYOUT_AMOUNT, S("amount"));
	int64_t day = day_of(community_zone(&community), tx_now(rq->tx));
	if ((r = tx_one(rq->tx, &payout_today, &today, V(rq->community), V(member), V(day))) < 0)
		return r;
	if (today.item.n + in->amount.fen > PACKET_MOST)
		return rq_complain(rq, E_PAYOUT_DAY, S("amount"));
	struct posting p = {
		.to = { &book_payout, o.id, 0 }, .from = { &book_money, member, 0 }, .amount = in->amount.fen, .key = entry_key(rq->tx, o.id),
		.reason = S("asked"), .source = o.id, .actor = rq->visitor,
	};
	if ((r = ledger_post(rq->tx, rq->community, &p, NULL)) < 0)
		return r == E_NOT_ENOUGH ? rq_complain(rq, r, S("amount")) : r;
	r = tx_run(rq->tx, &payout_insert, V(rq->community), V(o.id), V(c->id), V(watch), V(member), V(in->amount), V(in->token),
	           V(str_trim(in->receiver)), V(day), V(tx_now(rq->tx)));
	return r < 0 ? r : say(rq->tx, rq->community, &o, "asked", rq->visitor);
}

static int post_ask(struct request *rq, const void *in, void *out)
{
	const struct payout_asked *input = in;
	struct campaign c;
	struct participant owner, me = { 0 };
	struct id member;
	struct id_item known;
	if (!rq_allow(rq, str_format(rq->arena, "payout %lld", (long long)rq->visitor.n), TRIES, TRIES_TIME))
		return E_SLOW_DOWN;
	int r = campaign_by_slug(rq->tx, rq->path_text, &rq->community, &c, &owner);
	if (r < 0 || (r = member_find_visitor(rq->tx, rq->community, rq->visitor, &member)) < 0)
		return r == E_NOT_FOUND ? E_NOT_ENOUGH : r;
	if ((r = participant_of(rq->tx, rq->community, c.id, rq->visitor, &me)) < 0 && r != E_NOT_FOUND)
		return r;
	r = tx_one(rq->tx, &payout_by_token, &known, V(rq->community), V(member), V(input->token));
	if (r == E_NOT_FOUND)
		r = ask(rq, &c, owner.id.n ? owner.id : me.id.n ? me.id : rq->visitor, member, input);
	return r < 0 ? r : task_answer(rq, out);
}

/* ---- Deciding -------------------------------------------------------------------------------------- */

/* The reversal goes to the account it came from; who has been merged away since passes it on. */
static int refuse(struct tx *tx, struct id community, const struct payout *o, struct str reason, struct id actor)
{
	struct side side = { &book_payout, o->id, 0 };
	struct str key = entry_key(tx, o->id);
	struct id now;
	int r = tx_run(tx, &payout_decide, V(community), V(o->id), V(S("refused")), V(reason), V(actor), V(tx_now(tx)));
	if (r <= 0)
		return r < 0 ? r : E_ALREADY_DECIDED;
	if ((r = ledger_reverse(tx, community, &side, key, S("refused"), actor, NULL)) < 0)
		return r;
	r = o->member_id.n ? member_resolve(tx, community, o->member_id, &now) : E_NOT_FOUND;
	if (r == 0 && now.n != o->holder_id.n)
		r = account_sweep(tx, community, &book_money, o->holder_id, now, str_format(tx_arena(tx), "swept %.*s", STR(key)), actor);
	return r < 0 && r != E_NOT_FOUND ? r : say(tx, community, o, "refused", actor);
}

static QUERY(payouts_waiting, READS, &row_payout_kept, TAKES(K_ID, K_ID),
	"SELECT " PAYOUT " WHERE o.community_id = ?1 AND o.member_id = ?2 AND o.state = 'to_pay' ORDER BY o.id DESC LIMIT 200");

int payouts_recall(struct tx *tx, struct id community, struct id member)
{
	struct rows rows;
	int r = tx_all(tx, &payouts_waiting, &rows, V(community), V(member));
	const struct payout *o = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = refuse(tx, community, &o[i], S("review"), (struct id){ 0 });
	return r < 0 ? r : (int)rows.count;
}

static int show_payout(struct request *rq, struct id id, struct payout *ret)
{
	return tx_one(rq->tx, &payout_by_id, ret, V(rq->community), V(id));
}

static int post_paid(struct request *rq, const void *in, void *out)
{
	struct str note = str_trim(((const struct payout_paid *)in)->note);
	struct payout o;
	int r = show_payout(rq, rq->path_id, &o);
	if (r < 0)
		return r;
	r = tx_run(rq->tx, &payout_decide, V(rq->community), V(o.id), V(S("paid")), V(note), V(rq->account), V(tx_now(rq->tx)));
	if (r <= 0)
		return r < 0 ? r : E_ALREADY_DECIDED;
	if ((r = say(rq->tx, rq->community, &o, "paid", rq->account)) < 0 ||
	    (r = audit_note(rq, "payout_paid", o.id, str_format(rq->arena, "%lld fen, %.*s", (long long)o.amount.fen, STR(note)))) < 0)
		return r;
	return show_payout(rq, o.id, out);
}

static int post_refuse(struct request *rq, const void *in, void *out)
{
	struct str reason = str_trim(((const struct payout_refused *)in)->reason);
	struct payout o;
	int r = show_payout(rq, rq->path_id, &o);
	if (r < 0 || (r = refuse(rq->tx, rq->community, &o, reason, rq->account)) < 0 ||
	    (r = audit_note(rq, "payout_refused", o.id, reason)) < 0)
		return r;
	return show_payout(rq, o.id, out);
}

int payout_paid(struct tx *tx, struct id community, struct id payout, struct paid *ret)
{
	struct payout o;
	int r = tx_one(tx, &payout_by_id, &o, V(community), V(payout));
	if (r < 0 || !str_is(o.state, "paid"))
		return r < 0 ? r : E_NOT_FOUND;
	*ret = (struct paid){ o.member_id, o.amount, o.note };
	return 0;
}

/* ---- Lists -------------------------------------------------------------------------------------------- */

static QUERY(payouts_of_campaign, READS, &row_payout_kept, TAKES(K_ID, K_ID, K_STR, K_ID, K_INT),
	"SELECT " PAYOUT " WHERE o.community_id = ?1 AND o.campaign_id = ?2 AND (?3 = '' OR o.state = ?3) AND o.id < ?4"
	" ORDER BY o.id DESC LIMIT ?5");

static int list(struct request *rq, struct str state, struct id after, int64_t limit, struct rows *ret)
{
	struct campaign c;
	struct id before = { after.n ? after.n : INT64_MAX };
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	return r < 0 ? r : tx_all(rq->tx, &payouts_of_campaign, ret, V(rq->community), V(c.id), V(state), V(before), V(limit));
}

static int get_payouts(struct request *rq, const void *in, void *out)
{
	const struct payout_query *q = in;
	struct page *page = out;
	int64_t limit = q->limit ? q->limit : 50;
	int r = list(rq, q->state, q->after, limit, &page->rows);
	struct payout *o = page->rows.at;
	for (size_t i = 0; r >= 0 && rq->role < ROLE_OPERATOR && i < page->rows.count; i++)
		o[i].receiver = S("***");
	page->total = -1;
	if (r >= 0)
		page_end(rq, page, &row_payout, limit);
	return r < 0 ? r : 0;
}

static int get_table(struct request *rq, const void *in, void *out)
{
	struct community community;
	struct rows rows;
	bool en = rq->lang == LANG_EN;
	BUF_SCOPED b;
	buf_init(&b, TABLE_BYTES);
	int r = list(rq, ((const struct payout_query *)in)->state, (struct id){ 0 }, TX_ROWS_MAX, &rows);
	if (r < 0 || (r = community_get(rq->tx, rq->community, &community)) < 0)
		return r;
	const struct zone *zone = community_zone(&community);
	buf_z(&b, "\xef\xbb\xbf");
	buf_z(&b, en ? "Order,Name,Pay to,Yuan,State,Note,By,Asked,Done\r\n" : "单号,称呼,收款人,金额（元）,状态,备注,处理人,申请时间,处理时间\r\n");
	const struct payout *o = rows.at;
	for (size_t i = 0; i < rows.count; i++) {
		struct str state = str_is(o[i].state, "paid") ? en ? S("paid") : S("已付") : str_is(o[i].state, "refused") ? en ? S("refused")
			: S("已退回") : en ? S("to pay") : S("待付");
		const struct str cells[] = {
			str_format(rq->arena, "P%lld", (long long)o[i].id.n), o[i].nickname, o[i].receiver, str_format(rq->arena, "%lld.%02lld",
			(long long)(o[i].amount.fen / 100), (long long)(o[i].amount.fen % 100)), state, o[i].note, o[i].handled_by,
			table_time(rq->arena, zone, o[i].asked_at), table_time(rq->arena, zone, o[i].handled_at),
		};
		for (size_t k = 0; k < sizeof cells / sizeof *cells; k++)
			csv_cell(&b, cells[k], k + 1 == sizeof cells / sizeof *cells);
	}
	if (buf_failed(&b))
		return E_TOO_LARGE;
	*(struct body *)out = (struct body){ .bytes = str_copy(rq->arena, buf_view(&b)), .type = "text/csv; charset=utf-8",
		.filename = en ? S("payments.csv") : S("付款单.csv") };
	return audit_note(rq, "payouts_exported", rq->path_id, str_format(rq->arena, "%zu", rows.count));
}

/* ---- On the member's page -------------------------------------------------------------------------------- */

struct money_line { int64_t amount; struct str reason; struct instant at; };
struct money_order { struct id id; struct money amount; struct str state, receiver, note; struct instant asked_at, handled_at; };
struct money_shown { int64_t balance, least, most, day_left; struct rows entries, payouts; };

ROW(money_line,
	FIELD(money_line, amount, "Fen; below zero: out"),
	FIELD(money_line, reason, "Why: a stable word"),
	FIELD(money_line, at,     "When"));

ROW(money_order,
	FIELD(money_order, id,         "Order"),
	FIELD(money_order, amount,     "How much, in fen"),
	FIELD(money_order, state,      "Where it stands", .one_of = STATES),
	FIELD(money_order, receiver,   "As you wrote it"),
	FIELD(money_order, note,       "Paid: which way, and its number; refused: why"),
	FIELD(money_order, asked_at,   "Asked for"),
	FIELD(money_order, handled_at, "Paid or refused", .optional = true));

ROW_PUBLIC(money_shown,
	FIELD(money_shown, balance,  "Your money now, in fen"),
	FIELD(money_shown, least,    "A payment is at least so much"),
	FIELD(money_shown, most,     "… and at most"),
	FIELD(money_shown, day_left, "You may ask for so much more today"),
	FIELD(money_shown, entries,  "Where it comes from, newest first", .of = &row_money_line),
	FIELD(money_shown, payouts,  "What you asked for, newest first", .of = &row_money_order));

static QUERY(payouts_mine, READS, &row_money_order, TAKES(K_ID, K_ID),
	"SELECT id, amount, state, receiver, note, asked_at, handled_at FROM payout WHERE community_id = ?1 AND member_id = ?2"
	" ORDER BY id DESC LIMIT 50");

/* Does this campaign give any? */
static bool gives_money(const struct campaign *c)
{
	const struct stage *stages = c->stages.at;
	for (size_t i = 0; i < c->stages.count; i++)
		for (size_t k = 0; k < stages[i].prizes.count; k++)
			if (str_is(((const struct prize *)stages[i].prizes.at)[k].kind, "money"))
				return true;
	return c->packet != NULL;
}

static int fill(struct request *rq, struct id member, struct money_shown *m)
{
	struct community community;
	struct rows entries;
	struct id_item today;
	int r = community_get(rq->tx, rq->community, &community);
	int64_t day = r < 0 ? 0 : day_of(community_zone(&community), tx_now(rq->tx));
	if (r < 0 || (r = ledger_balance(rq->tx, rq->community, &book_money, member, &m->balance)) < 0 ||
	    (r = ledger_entries(rq->tx, rq->community, &book_money, member, (struct id){ 0 }, 50, &entries)) < 0 ||
	    (r = tx_one(rq->tx, &payout_today, &today, V(rq->community), V(member), V(day))) < 0 ||
	    (r = tx_all(rq->tx, &payouts_mine, &m->payouts, V(rq->community), V(member))) < 0)
		return r;
	m->day_left = PACKET_MOST > today.item.n ? PACKET_MOST - today.item.n : 0;
	struct money_line *lines = arena_take_array(rq->arena, entries.count + 1, sizeof *lines);
	for (size_t i = 0; lines && i < entries.count; i++) {
		const struct ledger_entry *e = (const struct ledger_entry *)entries.at + i;
		lines[i] = (struct money_line){ e->amount, e->reason, e->at };
	}
	m->entries = (struct rows){ lines, lines ? entries.count : 0 };
	return lines ? 0 : E_MEMORY;
}

int money_shown(struct request *rq, const struct campaign *c, struct one *ret)
{
	struct money_shown *m = ARENA_NEW(rq->arena, struct money_shown);
	struct id member;
	*ret = (struct one){ NULL };
	if (!m)
		return E_MEMORY;
	*m = (struct money_shown){ .least = PACKET_LEAST, .most = PACKET_MOST, .day_left = PACKET_MOST };
	int r = member_find_visitor(rq->tx, rq->community, rq->visitor, &member);
	if (r == 0)
		r = fill(rq, member, m);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if (gives_money(c) || m->entries.count)
		ret->at = m;
	return 0;
}

/* ---- What is kept about people ---------------------------------------------------------------------------- */

static QUERY(payouts_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE payout SET member_id = 0, receiver = '', state = CASE WHEN state = 'to_pay' THEN 'refused' ELSE state END"
	" WHERE community_id = ?1 AND member_id = ?2");

static const struct personal personal[] = {
	{ "payout", "你的提现申请：金额、收款人和付款备注", "Payments you asked for: amount, receiver and the note of the payment",
	  "单号 金额 状态 收款人 备注 申请时间 处理时间", BY_MEMBER, &payouts_mine, .erases = { &payouts_forget } },
	{ 0 },
};

MEMBER_PLACE(payouts, "payout", "member_id", "CAST(id AS TEXT)", "");

static const struct member_place places[] = {
	{ "payouts", &payouts_note, &payouts_move, NULL },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "POST", "/t/{slug}/payout",            ROLE_VISITOR,  post_ask,    &row_payout_asked, &row_task_page, "Ask for money of yours; the same token is one order", OUT_BODY, .makes = "application/json" },
	{ "GET",  "/campaigns/{id}/payouts",     ROLE_READER,   get_payouts, &row_payout_query, &row_payout, "Money asked for on this campaign's pages, newest first", OUT_PAGE, .sees = campaign_sees },
	{ "GET",  "/campaigns/{id}/payouts.csv", ROLE_OPERATOR, get_table,   &row_payout_query, NULL, "… as a table", OUT_BODY, .writes = true, .makes = "text/csv", .sees = campaign_sees },
	{ "POST", "/payouts/{id}/paid",          ROLE_OPERATOR, post_paid,   &row_payout_paid, &row_payout, "You have paid it, by hand: which way, and its number" },
	{ "POST", "/payouts/{id}/refuse",        ROLE_OPERATOR, post_refuse, &row_payout_refused, &row_payout, "It will not be paid; the money goes back to the balance" },
	{ 0 },
};

static const struct query *const queries[] = {
	&payout_by_id, &payout_by_token, &payout_today, &payout_insert, &payout_decide, &payouts_waiting, &payouts_of_campaign, &payouts_mine,
	&payouts_forget, &payouts_note, &payouts_move, NULL,
};

const struct feature feature_payout = {
	.name = "payout", .api = "campaigns", .routes = routes, .queries = queries, .personal = personal, .places = places,
};
