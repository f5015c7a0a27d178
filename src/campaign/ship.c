/* ship.c: orders out as a table, and shipping numbers back in from one.
 *
 * Story      The clerk downloads what waits, the warehouse fills in carrier and number, the clerk drops the sheet on the page: what
 *            fits is shipped, and each line that does not fit is named with the reason, as it stood.
 * Sheet      CSV as spreadsheets write it (UTF-8 or GBK; an XLSX is read by the browser first). Headings say which column is
 *            what; without headings: order, carrier, number. An order is named by its number or its code.
 * Holds      A sheet sent twice ships nothing twice; a line that is wrong stops no other. Texts cannot become formulas.
 *            Who took the table out stands in the audit log.
 * Test       ship_test.c.
 */
#include "campaign/campaign.h"

#include "base/csv.h"
#include "people/audit.h"

#define SHEET_LINES 5000
#define SHEET_BYTES (2 << 20)
#define WRONG_MOST   200
#define EXPORT_BYTES (64 << 20)
#define SHIPPING_MAX  60

struct sheet_input { struct blob sheet; };
struct sheet_wrong { int64_t line; struct str text, why; };
struct sheet_result { int64_t shipped, corrected, known, wrong; struct rows lines; };

ROW(sheet_input, FIELD(sheet_input, sheet, "The table: CSV, UTF-8 or GBK", .max = SHEET_BYTES));

ROW(sheet_wrong,
	FIELD(sheet_wrong, line, "Line of the table"),
	FIELD(sheet_wrong, text, "As it stands there"),
	FIELD(sheet_wrong, why,  "Why it does not fit"));

ROW(sheet_result,
	FIELD(sheet_result, shipped,   "Orders that are shipped now"),
	FIELD(sheet_result, corrected, "Shipped before, with another number now"),
	FIELD(sheet_result, known,     "Shipped before with this number"),
	FIELD(sheet_result, wrong,     "Lines that do not fit"),
	FIELD(sheet_result, lines,     "The first of them", .of = &row_sheet_wrong));

struct export_query { struct str state; };

ROW(export_query, FIELD(export_query, state, "Only these; empty: all", .max = 20, .optional = true));

/* ---- Reading a sheet: no store ------------------------------------------------------------------------ */

enum column { ORDER, CARRIER, NUMBER, COLUMNS };

static int column_of(struct str heading)
{
	static const struct { const char *word; enum column column; } words[] = {
		{ "订单号", ORDER }, { "订单", ORDER }, { "订单编号", ORDER }, { "兑换码", ORDER }, { "order", ORDER }, { "order id", ORDER },
		{ "order number", ORDER }, { "code", ORDER }, { "快递", CARRIER }, { "快递公司", CARRIER }, { "物流公司", CARRIER },
		{ "承运商", CARRIER }, { "carrier", CARRIER }, { "单号", NUMBER }, { "快递单号", NUMBER }, { "运单号", NUMBER }, { "物流单号", NUMBER },
		{ "number", NUMBER }, { "tracking", NUMBER }, { "tracking number", NUMBER },
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_equal_fold(str_trim(heading), str_of(words[i].word)))
			return (int)words[i].column;
	return -1;
}

/* Where each column stands; false: the first row holds no headings. */
static bool find_columns(const struct csv_row *first, int ret[COLUMNS])
{
	bool found = false;
	for (int i = 0; i < COLUMNS; i++)
		ret[i] = -1;
	for (size_t i = 0; i < first->count; i++) {
		int column = column_of(first->cells[i]);
		if (column >= 0 && ret[column] < 0)
			ret[column] = (int)i, found = true;
	}
	for (int i = 0; !found && i < COLUMNS; i++)
		ret[i] = i;
	return found;
}

/* What was taken out with an apostrophe against formulas comes back with it. */
static struct str cell(const struct csv_row *row, int at)
{
	struct str text = at >= 0 && (size_t)at < row->count ? str_trim(row->cells[at]) : S("");
	return text.len && text.at[0] == '\'' ? (struct str){ text.at + 1, text.len - 1 } : text;
}

static struct str line_text(struct arena *arena, const struct csv_row *row)
{
	struct str text = S("");
	for (size_t i = 0; i < row->count && text.len < 120; i++)
		text = str_format(arena, "%.*s%s%.*s", STR(text), i ? " | " : "", STR(row->cells[i]));
	return text.len ? text : S("—");
}

/* ---- Shipping what it says ------------------------------------------------------------------------------ */

struct sheet { struct request *rq; struct sheet_result result; struct sheet_wrong *wrong; };

static void complain(struct sheet *s, const struct csv_row *row, const char *zh, const char *en)
{
	if (s->result.wrong++ < WRONG_MOST)
		s->wrong[s->result.lines.count++] = (struct sheet_wrong){
			(int64_t)row->line, line_text(s->rq->arena, row), str_of(s->rq->lang == LANG_EN ? en : zh) };
}

static int ship_line(struct sheet *s, const struct csv_row *row, const int at[COLUMNS])
{
	struct str name = cell(row, at[ORDER]), carrier = cell(row, at[CARRIER]), number = cell(row, at[NUMBER]);
	struct str shipping = str_trim(str_format(s->rq->arena, "%.*s %.*s", STR(carrier), STR(number)));
	struct prize_order o;
	if (!name.len)
		return complain(s, row, "没有订单号", "There is no order number"), 0;
	if (!shipping.len)
		return complain(s, row, "没有快递和单号", "Carrier and number are missing"), 0;
	if (shipping.len > SHIPPING_MAX)
		return complain(s, row, "快递和单号太长了", "Carrier and number are too long"), 0;
	int r = prize_order_named(s->rq->tx, s->rq->community, name, &o);
	if (r == E_NOT_FOUND)
		return complain(s, row, "没有这个订单；长数字可能被表格改写了，请用导出表里的订单号",
		                "There is no such order; spreadsheets change long numbers: use the one of the exported table"), 0;
	if (r < 0)
		return r;
	if (!str_among(o.state, "to_ship shipped"))
		return complain(s, row, str_is(o.kind, "physical") ? "这个订单已经取消或结束，不用寄" : "这件奖品不用寄",
		                str_is(o.kind, "physical") ? "This order is cancelled or over" : "This prize is not sent by post"), 0;
	bool again = str_is(o.state, "shipped");
	if ((r = prize_ship(s->rq, &o, shipping)) < 0)
		return r;
	*(r == 0 ? &s->result.known : again ? &s->result.corrected : &s->result.shipped) += 1;
	return 0;
}

static int post_sheet(struct request *rq, const void *in, void *out)
{
	const struct sheet_input *input = in;
	struct sheet s = { .rq = rq };
	struct csv csv;
	size_t line;
	int at[COLUMNS];
	int r = csv_read(input->sheet, SHEET_LINES + 1, rq->arena, &csv, &line);
	if (r < 0)
		return rq_complain(rq, r, r == E_CSV ? str_format(rq->arena, "sheet, line %zu", line) : S("sheet"));
	s.wrong = arena_take_array(rq->arena, WRONG_MOST, sizeof *s.wrong);
	if (!s.wrong)
		return E_MEMORY;
	s.result.lines.at = s.wrong;
	if (!csv.count)
		return rq_complain(rq, E_MISSING_FIELD, S("sheet"));
	for (size_t i = find_columns(&csv.rows[0], at); r >= 0 && i < csv.count; i++)
		r = ship_line(&s, &csv.rows[i], at);
	if (r < 0)
		return r;
	*(struct sheet_result *)out = s.result;
	return 0;
}

/* ---- The table ---------------------------------------------------------------------------------------------- */

static struct str word_of(struct request *rq, struct str word)
{
	static const struct { const char *word, *zh, *en; } words[] = {
		{ "to_ship", "待发货", "to send" }, { "shipped", "已发货", "sent" }, { "to_redeem", "待核销", "to redeem" },
		{ "redeemed", "已核销", "redeemed" }, { "given", "已发放", "given" }, { "expired", "已过期", "expired" },
		{ "cancelled", "已取消", "cancelled" }, { "physical", "寄出", "by post" }, { "onsite", "到店核销", "at the counter" },
		{ "code", "兑换码", "unique code" }, { "link", "链接", "link" }, { "points", "积分", "points" },
		{ "money", "现金红包", "red packet" }, { "chances", "抽奖机会", "chances" },
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_is(word, words[i].word))
			return str_of(rq->lang == LANG_EN ? words[i].en : words[i].zh);
	return word;
}

struct str table_time(struct arena *arena, const struct zone *zone, struct instant at)
{
	if (!at.ms)
		return S("");
	struct local l = zone_local(zone, at);
	return str_format(arena, "%04d-%02d-%02d %02d:%02d", l.year, l.month, l.day, l.hour, l.minute);
}

static void order_line(struct request *rq, struct buf *b, const struct zone *zone, const struct prize_order *o)
{
	bool named = str_among(o->kind, "onsite physical") && o->code.len;
	struct str kind = word_of(rq, o->kind);
	if (str_is(o->kind, "chances"))
		kind = rq->lang == LANG_EN ? str_format(rq->arena, "%lld %.*s · %.*s", (long long)o->chances, STR(kind), STR(o->lottery))
		                           : str_format(rq->arena, "%.*s %lld 次 · %.*s", STR(kind), (long long)o->chances, STR(o->lottery));
	const struct str cells[] = {
		named ? o->code : str_format(rq->arena, "%lld", (long long)o->id.n), word_of(rq, o->state), o->title, kind,
		o->participant, o->receiver, o->phone, o->address, S(""), o->shipping, named ? S("") : o->code,
		table_time(rq->arena, zone, o->created_at), table_time(rq->arena, zone, o->handled_at), o->handled_by,
	};
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		csv_cell(b, cells[i], i + 1 == sizeof cells / sizeof *cells);
}

static int get_export(struct request *rq, const void *in, void *out)
{
	static const char zh[] = "订单号,状态,奖品,方式,参与者,收件人,电话,地址,快递,单号,兑换码,领取时间,处理时间,处理人\r\n";
	static const char en[] = "Order,State,Prize,Kind,Participant,Receiver,Phone,Address,Carrier,Number,Code,Claimed,Handled,By\r\n";
	const struct export_query *q = in;
	struct body *body = out;
	struct community community;
	struct campaign c;
	struct rows rows;
	BUF_SCOPED b;
	buf_init(&b, EXPORT_BYTES);
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = community_get(rq->tx, rq->community, &community)) < 0 ||
	    (r = prize_orders_all(rq->tx, rq->community, c.id, q->state, &rows)) < 0)
		return r;
	const struct zone *zone = zone_find(community.timezone);
	buf_z(&b, "\xef\xbb\xbf");                 /* or spreadsheets take it for GBK */
	buf_z(&b, rq->lang == LANG_EN ? en : zh);
	for (size_t i = 0; i < rows.count; i++)
		order_line(rq, &b, zone, (const struct prize_order *)rows.at + i);
	if (buf_failed(&b))
		return E_TOO_LARGE;
	*body = (struct body){
		.bytes = str_copy(rq->arena, buf_view(&b)), .type = "text/csv; charset=utf-8",
		.filename = str_format(rq->arena, "%.*s-%s.csv", STR(c.name), rq->lang == LANG_EN ? "orders" : "订单"),
	};
	return audit_note(rq, "orders_exported", c.id, str_format(rq->arena, "%zu", rows.count));
}

static const struct route routes[] = {
	{ "POST", "/orders/sheet",                 ROLE_OPERATOR, post_sheet, &row_sheet_input, &row_sheet_result, "Ship what a table says; names the lines that do not fit", .body_max = SHEET_BYTES + 4096 },
	{ "GET",  "/campaigns/{id}/orders.csv",    ROLE_OPERATOR, get_export, &row_export_query, NULL, "Orders as a table for spreadsheets", OUT_BODY, .writes = true, .makes = "text/csv", .sees = campaign_sees },
	{ 0 },
};

const struct feature feature_prize_ship = { .name = "prize_ship", .api = "campaigns", .routes = routes };
