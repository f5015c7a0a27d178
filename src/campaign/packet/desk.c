/* desk.c: the operator's side of red packets: settings, budget, the seed at publishing, and the list of packets.
 *
 * Story      The operator writes ten yuan, five shares, a day's time, and 500 yuan of budget: fifty packets. The check says what
 *            guardrail G8 forbids; publishing makes the seed and shows its commitment. When the budget runs low she puts more in:
 *            that and a higher daily limit are all that can still change. Each packet opens to its shares and entries.
 * Owns       packet_rule.
 * Holds      See packet.h. A seed leaves the store only when what follows from it is over.
 * Test       packet_test.c.
 */
#include "campaign/packet/packet.h"

#include "people/audit.h"

#define LIST_MOST 200

/* ---- Rows ------------------------------------------------------------------------------------- */

#define RULE_DRAFT \
	FIELD(packet_rule, total,   "Fen in a packet", .min = 0, .max = 1000000), \
	FIELD(packet_rule, shares,  "In so many shares, the opener's too", .min = 1, .max = FAIR_SHARES), \
	FIELD(packet_rule, least,   "Fen of the smallest share", .min = 1, .max = 1000000), \
	FIELD(packet_rule, split,   "By luck, or evenly", .one_of = "lucky even"), \
	FIELD(packet_rule, due,     "Shares are due when the last is taken, or each at once", .one_of = "full once"), \
	FIELD(packet_rule, hours,   "A packet lapses so long after it was opened", .min = 1, .max = 168), \
	FIELD(packet_rule, day_cap, "Fen that one person may get here a day (G8)", .min = 0, .max = 1000000), \
	FIELD(packet_rule, budget,  "Fen the organiser puts in", .min = 0, .max = 100000000)

static const struct field rule_draft_fields[] = { RULE_DRAFT };
static const struct row row_packet_draft = {
	"packet_draft", sizeof(struct packet_rule), rule_draft_fields, sizeof rule_draft_fields / sizeof *rule_draft_fields,
};

#define RULE_KEPT RULE_DRAFT, \
	FIELD(packet_rule, seed,       "Its seed; empty before the end"), \
	FIELD(packet_rule, rules,      "The line that the commitment covers"), \
	FIELD(packet_rule, commitment, "What was promised at publishing"), \
	FIELD(packet_rule, packets,    "Packets opened"), \
	FIELD(packet_rule, lines,      "Lines of the log"), \
	FIELD(packet_rule, last,       "Hash of the newest line")

ROW(packet_rule, RULE_KEPT);

struct packet_desk {
	struct packet_rule rule;
	struct money       left, given, to_pay, paid;
	int64_t            open, full, lapsed;
};

static const struct field packet_desk_fields[] = {
	RULE_KEPT,
	FIELD(packet_desk, left,   "Fen of the budget that are not promised"),
	FIELD(packet_desk, open,   "Packets that wait for friends"),
	FIELD(packet_desk, full,   "… that were full"),
	FIELD(packet_desk, lapsed, "… that lapsed"),
	FIELD(packet_desk, given,  "Fen that became people's by shares"),
	FIELD(packet_desk, to_pay, "Fen asked for on this campaign's pages and not paid"),
	FIELD(packet_desk, paid,   "… and paid"),
};
static const struct row row_packet_desk = {
	"packet_desk", sizeof(struct packet_desk), packet_desk_fields, sizeof packet_desk_fields / sizeof *packet_desk_fields,
};
_Static_assert(offsetof(struct packet_desk, rule) == 0, "its fields are read as a packet_rule's");

struct packet_query { struct str state; struct id after; int64_t limit; };
struct packet_line {
	struct id      id;
	int64_t        number;
	struct str     nickname, state;
	int64_t        taken;
	struct money   given;
	struct instant opened_at, due_at, done_at;
};
struct packet_whole { struct packet packet; struct str seed; struct rows shares, entries; };

ROW(packet_query,
	FIELD(packet_query, state, "Only these", .one_of = "open full lapsed", .optional = true),
	FIELD(packet_query, after, "Only those of participants before this one", .optional = true),
	FIELD(packet_query, limit, "How many", .min = 0, .max = LIST_MOST, .optional = true));

ROW(packet_line,
	FIELD(packet_line, id,        "Participant"),
	FIELD(packet_line, number,    "Its number"),
	FIELD(packet_line, nickname,  "Who opened it"),
	FIELD(packet_line, state,     "Where it stands", .one_of = "open full lapsed"),
	FIELD(packet_line, taken,     "Shares somebody has"),
	FIELD(packet_line, given,     "Fen that became people's"),
	FIELD(packet_line, opened_at, "Opened"),
	FIELD(packet_line, due_at,    "Lapses"),
	FIELD(packet_line, done_at,   "Full, or lapsed", .optional = true));

static const struct field packet_whole_fields[] = {
	FIELD(packet, participant_id, "Whose"),
	FIELD(packet, number,         "Its number"),
	FIELD(packet, state,          "Where it stands", .one_of = "open full lapsed"),
	FIELD(packet, taken,          "Shares somebody has"),
	FIELD(packet, token,          "The word of the opener's browser"),
	FIELD(packet, commitment,     "Of its own seed"),
	FIELD(packet, opened_at,      "Opened"),
	FIELD(packet, due_at,         "Lapses"),
	FIELD(packet, done_at,        "Full, or lapsed", .optional = true),
	FIELD(packet_whole, seed,     "Its own seed, once it is done"),
	FIELD(packet_whole, shares,   "By turn; amounts once they are due", .of = &row_packet_share),
	FIELD(packet_whole, entries,  "The ledger of what is in it, newest first", .of = &row_ledger_entry),
};
static const struct row row_packet_whole = {
	"packet_whole", sizeof(struct packet_whole), packet_whole_fields, sizeof packet_whole_fields / sizeof *packet_whole_fields,
};
_Static_assert(offsetof(struct packet_whole, packet) == 0, "its fields are read as a packet's");

/* ---- Rules: no store, no clock ------------------------------------------------------------------ */

/* The first field that breaks what was promised; empty: none. */
static struct str breaks_promise(const struct packet_rule *was, const struct packet_rule *is)
{
	const struct { bool broken; const char *field; } looks[] = {
		{ was->total.fen != is->total.fen, "total" }, { was->shares != is->shares, "shares" }, { was->least.fen != is->least.fen, "least" },
		{ !str_equal(was->split, is->split), "split" }, { !str_equal(was->due, is->due), "due" }, { is->hours < was->hours, "hours" },
		{ is->day_cap.fen < was->day_cap.fen, "day_cap" }, { is->budget.fen < was->budget.fen, "budget" },
	};
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
		if (looks[i].broken)
			return str_of(looks[i].field);
	return S("");
}

/* What the commitment covers, on one line. */
static int rules_line(struct request *rq, const struct campaign *c, struct str *ret)
{
	const struct packet_rule *p = c->packet;
	BUF_SCOPED b;
	buf_init(&b, 4096);
	buf_z(&b, "{\"format\":\"quntu-packets-1\",\"link\":");
	buf_json(&b, c->slug);
	buf_z(&b, ",\"name\":");
	buf_json(&b, c->name);
	buf_format(&b, ",\"total\":%lld,\"shares\":%lld,\"least\":%lld,\"split\":\"%.*s\",\"due\":\"%.*s\"}", (long long)p->total.fen,
	           (long long)p->shares, (long long)p->least.fen, STR(p->split), STR(p->due));
	*ret = str_copy(rq->arena, buf_view(&b));
	return buf_failed(&b) || !ret->len ? E_MEMORY : 0;
}

/* ---- Actions ---------------------------------------------------------------------------------------- */

static QUERY(packet_rule_of, READS, &row_packet_rule, TAKES(K_ID, K_ID),
	"SELECT total, shares, least, split, due, hours, day_cap, budget, seed, rules, commitment, packets, lines, last FROM packet_rule"
	" WHERE community_id = ?1 AND campaign_id = ?2");

static QUERY(packet_rule_put, WRITES, NULL, TAKES(K_ID, K_ID, K_MONEY, K_INT, K_MONEY, K_STR, K_STR, K_INT, K_MONEY, K_MONEY),
	"INSERT INTO packet_rule (community_id, campaign_id, total, shares, least, split, due, hours, day_cap, budget, seed, rules,"
	" commitment, packets, lines, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '', '', '', 0, 0, '')"
	" ON CONFLICT (community_id, campaign_id) DO UPDATE SET total = excluded.total, shares = excluded.shares, least = excluded.least,"
	" split = excluded.split, due = excluded.due, hours = excluded.hours, day_cap = excluded.day_cap, budget = excluded.budget");

static QUERY(packet_commit, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR),
	"UPDATE packet_rule SET seed = ?3, rules = ?4, commitment = ?5, last = ?5 WHERE community_id = ?1 AND campaign_id = ?2 AND seed = ''");

int packet_rule_get(struct tx *tx, struct id community, struct id campaign, struct packet_rule *ret)
{
	struct packet_rule p = { .total = { 1000 }, .shares = 5, .least = { 1 }, .split = S("lucky"), .due = S("full"), .hours = 24,
	                         .day_cap = { 2000 } };
	int r = tx_one(tx, &packet_rule_of, &p, V(community), V(campaign));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = p;
	return 0;
}

int packet_publish(struct request *rq, const struct campaign *c)
{
	struct fair_seed seed;
	char hex[FAIR_HEX + 1], commitment[FAIR_HEX + 1];
	struct str rules;
	int r = rules_line(rq, c, &rules);
	if (r < 0)
		return r;
	fair_seed_make(&seed);
	fair_seed_hex(&seed, hex);
	fair_commit(&seed, rules, commitment);
	r = tx_run(rq->tx, &packet_commit, V(rq->community), V(c->id), V(str_of(hex)), V(rules), V(str_of(commitment)));
	return r < 0 ? r : audit_note(rq, "packet_committed", c->id, str_of(commitment));
}

struct packet_counts { int64_t open, full, lapsed, given, to_pay, paid; };

ROW(packet_counts,
	FIELD(packet_counts, open,   "Open"),
	FIELD(packet_counts, full,   "Full"),
	FIELD(packet_counts, lapsed, "Lapsed"),
	FIELD(packet_counts, given,  "Fen given"),
	FIELD(packet_counts, to_pay, "Fen to pay"),
	FIELD(packet_counts, paid,   "Fen paid"));

#define OF "community_id = ?1 AND campaign_id = ?2"
#define SUM(table, state) "CAST(COALESCE((SELECT sum(amount) FROM " table " WHERE " OF " AND state = '" state "'), 0) AS BIGINT)"

static QUERY(packet_numbers, READS, &row_packet_counts, TAKES(K_ID, K_ID),
	"SELECT (SELECT count(*) FROM packet WHERE " OF " AND state = 'open') AS open,"
	" (SELECT count(*) FROM packet WHERE " OF " AND state = 'full') AS full,"
	" (SELECT count(*) FROM packet WHERE " OF " AND state = 'lapsed') AS lapsed, " SUM("packet_share", "given") " AS given, "
	SUM("payout", "to_pay") " AS to_pay, " SUM("payout", "paid") " AS paid");

int packets_open(struct tx *tx, struct id community, struct id campaign, int64_t *ret)
{
	struct packet_counts n;
	int r = tx_one(tx, &packet_numbers, &n, V(community), V(campaign));
	if (r == 0)
		*ret = n.open;
	return r;
}

/* ---- API ------------------------------------------------------------------------------------------------ */

static int packet_campaign(struct request *rq, struct campaign *ret)
{
	int r = campaign_get(rq->tx, rq->community, rq->path_id, ret);
	return r < 0 ? r : ret->packet ? 0 : E_NOT_FOUND;
}

static int show(struct request *rq, const struct campaign *c, struct packet_desk *ret)
{
	struct packet_desk d;
	struct packet_counts n;
	int r = packet_rule_get(rq->tx, rq->community, c->id, &d.rule);
	if (r < 0 || (r = budget_left(rq->tx, rq->community, c->id, &d.left.fen)) < 0 ||
	    (r = tx_one(rq->tx, &packet_numbers, &n, V(rq->community), V(c->id))) < 0)
		return r;
	if (!str_is(c->state, "ended") || n.open)
		d.rule.seed = S("");
	d.open = n.open, d.full = n.full, d.lapsed = n.lapsed;
	d.given.fen = n.given, d.to_pay.fen = n.to_pay, d.paid.fen = n.paid;
	*ret = d;
	return 0;
}

static int get_rule(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	(void)in;
	int r = packet_campaign(rq, &c);
	return r < 0 ? r : show(rq, &c, out);
}

static int put_rule(struct request *rq, const void *in, void *out)
{
	const struct packet_rule *d = in;
	struct campaign c;
	int r = packet_campaign(rq, &c);
	if (r < 0)
		return r;
	if (str_is(c.state, "ended"))
		return E_ALREADY_ENDED;
	struct str broken = c.published_at.ms ? breaks_promise(c.packet, d) : S("");
	if (broken.len)
		return rq_complain(rq, E_PUBLISHED, broken);
	r = tx_run(rq->tx, &packet_rule_put, V(rq->community), V(c.id), V(d->total), V(d->shares), V(d->least), V(d->split), V(d->due),
	           V(d->hours), V(d->day_cap), V(d->budget));
	if (r < 0 || (r = budget_move(rq, c.id, d->budget.fen - c.packet->budget.fen)) < 0)
		return r == E_NOT_ENOUGH ? rq_complain(rq, r, S("budget")) : r;
	if ((r = campaign_touch(rq->tx, rq->community, c.id)) < 0 || (r = campaign_get(rq->tx, rq->community, c.id, &c)) < 0)
		return r;
	if ((r = campaign_recheck(rq, &c)) < 0)
		return r;
	r = event_emit(rq->tx, rq->community, &campaign_events[CAMPAIGN_CHANGED],
	               &(struct event){ .subject = c.id, .actor = rq->account, .object = c.id, .word = S("packet") });
	if (r < 0 || (r = audit_note(rq, "packet_changed", c.id, c.name)) < 0)
		return r;
	return show(rq, &c, out);
}

/* In the order of the index of participants, the newest first. */
static QUERY(packet_lines, READS, &row_packet_line, TAKES(K_ID, K_ID, K_STR, K_ID, K_INT),
	"SELECT p.participant_id AS id, p.number, COALESCE(o.nickname, '') AS nickname, p.state, p.taken,"
	" CAST(COALESCE((SELECT sum(s.amount) FROM packet_share s WHERE s.community_id = p.community_id AND s.participant_id = p.participant_id"
	"  AND s.state = 'given'), 0) AS BIGINT) AS given, p.opened_at, p.due_at, p.done_at FROM packet p LEFT JOIN participant o"
	" ON o.community_id = p.community_id AND o.id = p.participant_id WHERE p.community_id = ?1 AND p.campaign_id = ?2"
	" AND (?3 = '' OR p.state = ?3) AND p.participant_id < ?4 ORDER BY p.participant_id DESC LIMIT ?5");

static int get_packets(struct request *rq, const void *in, void *out)
{
	const struct packet_query *q = in;
	struct page *page = out;
	struct campaign c;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = packet_campaign(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &packet_lines, &page->rows, V(rq->community), V(c.id), V(q->state), V(before), V(limit))) < 0)
		return r;
	page->total = q->state.len ? -1 : c.packet->packets;
	page_end(rq, page, &row_packet_line, limit);
	return 0;
}

static int get_packet(struct request *rq, const void *in, void *out)
{
	struct packet_whole w = { 0 };
	struct packet_rule rule;
	struct fair_seed seed;
	char hex[FAIR_HEX + 1];
	(void)in;
	int r = packet_get(rq->tx, rq->community, rq->path_id, &w.packet);
	if (r < 0 || (r = packet_rule_get(rq->tx, rq->community, w.packet.campaign_id, &rule)) < 0 ||
	    (r = packet_shares(rq->tx, rq->community, w.packet.participant_id, &w.shares)) < 0 ||
	    (r = ledger_entries(rq->tx, rq->community, &book_packet, w.packet.participant_id, (struct id){ 0 }, LIST_MOST, &w.entries)) < 0)
		return r;
	struct packet_share *s = w.shares.at;
	for (size_t i = 0; i < w.shares.count; i++)
		if (str_among(s[i].state, "waiting lapsed"))
			s[i].amount.fen = 0;
	if (!str_is(w.packet.state, "open") && packet_seed(&rule, &w.packet, &seed)) {
		fair_seed_hex(&seed, hex);
		w.seed = str_copy(rq->arena, str_of(hex));
	}
	*(struct packet_whole *)out = w;
	return 0;
}

/* ---- Declaration --------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/campaigns/{id}/packet",    ROLE_READER,   get_rule,    NULL, &row_packet_desk, "What a packet campaign gives, its budget and what became of it", .sees = campaign_sees },
	{ "PUT", "/campaigns/{id}/packet",    ROLE_OPERATOR, put_rule,    &row_packet_draft, &row_packet_desk, "Save it; once published, only budget, time and the daily limit grow" },
	{ "GET", "/campaigns/{id}/packets",   ROLE_READER,   get_packets, &row_packet_query, &row_packet_line, "Packets, newest first", OUT_PAGE, .sees = campaign_sees },
	{ "GET", "/participants/{id}/packet", ROLE_READER,   get_packet,  NULL, &row_packet_whole, "A participant's packet: its shares, and the ledger behind it", .sees = participant_sees },
	{ 0 },
};

static const struct query *const queries[] = { &packet_rule_of, &packet_rule_put, &packet_commit, &packet_numbers, &packet_lines, NULL };

const struct feature feature_packet = { .name = "packet", .api = "campaigns", .routes = routes, .queries = queries };
