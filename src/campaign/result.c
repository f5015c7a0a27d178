/* result.c: after the end: one page that says what came of it, and tables of everybody and every help.
 *
 * Story      On Monday the operator opens the campaign that ended on Sunday: how many took part, how many brought somebody, what
 *            was given and what it cost, who brought most, what did not count and why, and two or three sentences that the
 *            numbers themselves say. Of a lottery it says how often was drawn and won, of a contest how many entries there
 *            were, of red packets how many became full. She prints it, and takes the tables along.
 * Holds      Every number is counted from the rows when it is asked for, so it agrees with the lists. A lesson is said only when
 *            its numbers hold, and names them. Texts cannot become formulas; who took a table out stands in the audit log.
 * Not here   The funnel over time (tree/numbers.c).
 * Test       result_test.c.
 */
#include "campaign/campaign.h"

#include "base/csv.h"
#include "campaign/message/message.h"
#include "groups/livecode.h"
#include "people/audit.h"

#define TOP           10
#define REASONS       20
#define LESSONS        8
#define TABLE_BYTES (64 << 20)

struct result_prize { struct id id; struct str title; int64_t given, left; struct money value, cost; };
struct result_top { struct id id; struct str nickname; int64_t helps; };
struct result_reason { struct str state, reason; int64_t n; };
struct result_lesson { struct str text; };
struct result_fact { struct str word; int64_t n; };
struct result {
	int64_t      participants, opened, helped, counted, reached, claimed;
	struct money cost, cost_each;
	struct rows  facts, prizes, top, reasons, lessons;
};

ROW(result_prize,
	FIELD(result_prize, id,    "Prize"),
	FIELD(result_prize, title, "What it is"),
	FIELD(result_prize, given, "How many were given"),
	FIELD(result_prize, left,  "How many are left"),
	FIELD(result_prize, value, "What one is worth"),
	FIELD(result_prize, cost,  "What all that were given are worth"));

ROW(result_top,
	FIELD(result_top, id,       "Participant"),
	FIELD(result_top, nickname, "Name"),
	FIELD(result_top, helps,    "Helps that count"));

ROW(result_reason,
	FIELD(result_reason, state,  "What became of them"),
	FIELD(result_reason, reason, "Why: a word, or staff's own sentence"),
	FIELD(result_reason, n,      "How many"));

ROW(result_lesson, FIELD(result_lesson, text, "What the numbers say"));

ROW(result_fact,
	FIELD(result_fact, word, "Of a lottery: draws, wins; of a contest: entries; of red packets: full, lapsed, shares"),
	FIELD(result_fact, n,    "How many"));

ROW(result,
	FIELD(result, participants, "How many took part"),
	FIELD(result, opened,       "How many friends opened a page"),
	FIELD(result, helped,       "Participants for whom somebody counts"),
	FIELD(result, counted,      "Helps that count"),
	FIELD(result, reached,      "Participants who reached the first goal"),
	FIELD(result, claimed,      "Prizes that were given"),
	FIELD(result, cost,         "What they are worth together"),
	FIELD(result, cost_each,    "… for each help that counts"),
	FIELD(result, facts,        "What else is counted in this play", .of = &row_result_fact),
	FIELD(result, prizes,       "By prize", .of = &row_result_prize),
	FIELD(result, top,          "Who brought most", .of = &row_result_top),
	FIELD(result, reasons,      "What did not count, and why", .of = &row_result_reason),
	FIELD(result, lessons,      "What the numbers say", .of = &row_result_lesson));

/* ---- Counting --------------------------------------------------------------------------------------- */

struct result_sums { int64_t opened, counted, helped, reached; };

ROW(result_sums,
	FIELD(result_sums, opened,  "Opened"),
	FIELD(result_sums, counted, "Counted"),
	FIELD(result_sums, helped,  "Brought somebody"),
	FIELD(result_sums, reached, "Reached the first goal"));

#define BALANCES "SELECT p.id, p.nickname, " BALANCE_OF("p.community_id", "'help'", "p.id") " AS balance FROM participant p" \
	" WHERE p.community_id = ?1 AND p.campaign_id = ?2"

static QUERY(result_counts, READS, &row_result_sums, TAKES(K_ID, K_ID, K_INT),
	"SELECT (SELECT count(*) FROM help h WHERE h.community_id = ?1 AND h.campaign_id = ?2) AS opened,"
	" COALESCE(CAST(sum(b.balance) AS BIGINT), 0) AS counted, COALESCE(CAST(sum(CASE WHEN b.balance > 0 THEN 1 ELSE 0 END) AS BIGINT), 0)"
	" AS helped, COALESCE(CAST(sum(CASE WHEN b.balance >= ?3 THEN 1 ELSE 0 END) AS BIGINT), 0) AS reached"
	" FROM (" BALANCES " LIMIT 10000000) AS b", .scans = true);       /* the limit: each balance is looked up once */

static QUERY(result_prizes, READS, &row_result_prize, TAKES(K_ID, K_ID),
	"SELECT p.id, p.title, (SELECT count(*) FROM prize_order o WHERE o.community_id = p.community_id AND o.campaign_id = p.campaign_id"
	" AND o.prize_id = p.id AND o.state NOT IN ('cancelled', 'expired')) AS given, COALESCE("
	BALANCE_OF("p.community_id", "'stock'", "p.id") ", 0) AS left, p.value, p.value AS cost"
	" FROM prize p WHERE p.community_id = ?1 AND p.campaign_id = ?2 ORDER BY p.stage_id, p.place, p.id LIMIT 50");

/* Of kind packet: the shares that became people's. */
static QUERY(result_shares, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT CAST(COALESCE(sum(amount), 0) AS BIGINT) AS item FROM packet_share WHERE community_id = ?1 AND campaign_id = ?2"
	" AND state = 'given'");

/* ---- What only some plays count ---- */

static QUERY(facts_lottery, READS, &row_result_fact, TAKES(K_ID, K_ID),
	"SELECT 'draws' AS word, count(*) AS n FROM drawn WHERE community_id = ?1 AND campaign_id = ?2 AND day > 0"
	" UNION ALL SELECT 'wins' AS word, count(*) AS n FROM drawn WHERE community_id = ?1 AND campaign_id = ?2 AND place > 0",
	.scans = true);

static QUERY(facts_contest, READS, &row_result_fact, TAKES(K_ID, K_ID),
	"SELECT 'entries' AS word, count(*) AS n FROM contest_entry WHERE community_id = ?1 AND campaign_id = ?2 AND state = 'passed'");

static QUERY(facts_packet, READS, &row_result_fact, TAKES(K_ID, K_ID, K_INSTANT),
	"SELECT 'full' AS word, count(*) AS n FROM packet WHERE community_id = ?1 AND campaign_id = ?2 AND state = 'full'"
	" UNION ALL SELECT 'lapsed' AS word, count(*) AS n FROM packet WHERE community_id = ?1 AND campaign_id = ?2"
	"  AND (state = 'lapsed' OR (state = 'open' AND due_at <= ?3))"
	" UNION ALL SELECT 'shares' AS word, count(*) AS n FROM packet_share WHERE community_id = ?1 AND campaign_id = ?2 AND state = 'given'",
	.scans = true);

static int facts_of(struct request *rq, const struct campaign *c, struct rows *ret)
{
	if (str_is(c->kind, "lottery"))
		return tx_all(rq->tx, &facts_lottery, ret, V(rq->community), V(c->id));
	if (str_is(c->kind, "contest"))
		return tx_all(rq->tx, &facts_contest, ret, V(rq->community), V(c->id));
	if (str_is(c->kind, "packet"))
		return tx_all(rq->tx, &facts_packet, ret, V(rq->community), V(c->id), V(tx_now(rq->tx)));
	*ret = (struct rows){ 0 };
	return 0;
}

static int64_t fact(const struct result *r, const char *word)
{
	const struct result_fact *f = r->facts.at;
	for (size_t i = 0; i < r->facts.count; i++)
		if (str_is(f[i].word, word))
			return f[i].n;
	return 0;
}

static QUERY(result_tops, READS, &row_result_top, TAKES(K_ID, K_ID, K_INT),
	"SELECT b.id, b.nickname, b.balance AS helps FROM (" BALANCES " LIMIT 10000000) AS b WHERE b.balance > 0"
	" ORDER BY b.balance DESC, b.id LIMIT ?3", .scans = true);

static QUERY(result_reasons, READS, &row_result_reason, TAKES(K_ID, K_ID, K_INT),
	"SELECT h.state, h.reason, count(*) AS n FROM help h WHERE h.community_id = ?1 AND h.campaign_id = ?2"
	" AND h.state IN ('held', 'refused', 'rejected', 'deducted')"
	" GROUP BY h.state, h.reason ORDER BY count(*) DESC, h.state, h.reason LIMIT ?3", .scans = true);

/* ---- What the numbers say: pure -------------------------------------------------------------------------- */

static void learn(struct result *r, struct result_lesson *list, struct str text)
{
	if (r->lessons.count < LESSONS)
		list[r->lessons.count++].text = text;
}

#define LEARN(holds, zh, en, ...) do { if (holds) \
	learn(r, list, str_format(rq->arena, rq->lang == LANG_EN ? en : zh, __VA_ARGS__)); } while (0)
#define N(n) (long long)(n)

static int64_t percent(int64_t part, int64_t whole) { return whole ? part * 100 / whole : 0; }

/* `goals`: there are stages to reach. */
static void say_lessons(struct request *rq, bool goals, struct result *r, struct result_lesson *list)
{
	const struct result_reason *reason = r->reasons.at;
	const struct result_prize *prize = r->prizes.at;
	int64_t lost = 0, rejected = 0, gone = 0;
	for (size_t i = 0; i < r->reasons.count; i++) {
		lost += reason[i].n;
		rejected += str_is(reason[i].state, "rejected") || str_is(reason[i].state, "deducted") ? reason[i].n : 0;
	}
	for (size_t i = 0; i < r->prizes.count; i++)
		gone += prize[i].left == 0;
	int64_t brought = percent(r->helped, r->participants), all = r->counted + lost;
	if (!r->participants)
		learn(r, list, rq->lang == LANG_EN ? S("Nobody took part. Try it with a few people you know first.")
		                                   : S("没有人参加。先在一个熟悉的群里请三五个人试一遍。"));
	LEARN(goals && r->participants >= 10 && brought < 30,
	      "%lld%% 的参与者带来了好友（%lld 人）。第一级目标再低一点，或把海报和文案放在更前面。",
	      "%lld%% of those who took part brought a friend (%lld people). Lower the first goal, or put poster and text first.",
	      N(brought), N(r->helped));
	LEARN(goals && r->helped >= 10 && percent(r->reached, r->helped) < 30,
	      "带来好友的人里，%lld%% 走到了第一级（%lld 人）。多数人停在半路，目标偏高。",
	      "Of those who brought friends, %lld%% reached the first goal (%lld people). Most stopped half-way: it is high.",
	      N(percent(r->reached, r->helped)), N(r->reached));
	LEARN(all >= 20 && percent(lost, all) > 30,
	      "%lld%% 的助力没有算上（%lld 次），看下面的原因。规则里最常碰到的那条，下次写在页面最前面。",
	      "%lld%% of the helps did not count (%lld); see why below. Say the most frequent reason first next time.",
	      N(percent(lost, all)), N(lost));
	LEARN(rejected >= 5 && percent(rejected, all) > 10,
	      "%lld%% 的助力核实后不通过（%lld 次）。下次可以改成验证手机号，或设生效等待时间。",
	      "%lld%% of the helps were rejected (%lld). Ask for checked phone numbers next time, or let helps wait.",
	      N(percent(rejected, all)), N(rejected));
	LEARN(goals && r->reached >= 5 && percent(r->claimed, r->reached) < 80,
	      "达到目标的 %lld 人里，只发出 %lld 份奖品。领奖时间留长一点，结束前再提醒一次。",
	      "%lld people reached a goal and %lld prizes were given. Leave more days for claims, and remind before the end.",
	      N(r->reached), N(r->claimed));
	int64_t full = fact(r, "full"), lapsed = fact(r, "lapsed");
	LEARN(full + lapsed >= 5 && percent(lapsed, full + lapsed) > 50,
	      "%lld 个红包里有 %lld 个到时间没集齐。份数少一点，或者时间长一点，失望的人会少很多。",
	      "Of %lld packets %lld lapsed before they were full. Fewer shares or more hours would disappoint fewer people.",
	      N(full + lapsed), N(lapsed));
	LEARN(gone > 0, "%lld 种奖品发完了。还在增长时可以加库存，活动的后半程不会断。",
	      "%lld of the prizes ran out. Add stock while it grows.", N(gone));
}

/* ---- API ------------------------------------------------------------------------------------------------------ */

static int get_result(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	struct result_sums sums;
	struct id_item shares;
	struct result res = { 0 };
	(void)in;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	int64_t goal = r < 0 || !c.stages.count ? 1 : ((const struct stage *)c.stages.at)->goal;
	if (r < 0 || (r = tx_one(rq->tx, &result_counts, &sums, V(rq->community), V(c.id), V(goal))) < 0 ||
	    (r = tx_one(rq->tx, &result_shares, &shares, V(rq->community), V(c.id))) < 0 || (r = facts_of(rq, &c, &res.facts)) < 0 ||
	    (r = tx_all(rq->tx, &result_prizes, &res.prizes, V(rq->community), V(c.id))) < 0 ||
	    (r = tx_all(rq->tx, &result_tops, &res.top, V(rq->community), V(c.id), V((int64_t)TOP))) < 0 ||
	    (r = tx_all(rq->tx, &result_reasons, &res.reasons, V(rq->community), V(c.id), V((int64_t)REASONS))) < 0)
		return r;
	res.participants = c.participants, res.opened = sums.opened, res.counted = sums.counted, res.helped = sums.helped;
	res.reached = sums.reached;
	res.cost.fen = shares.item.n;
	struct result_prize *prize = res.prizes.at;
	for (size_t i = 0; i < res.prizes.count; i++) {
		prize[i].cost.fen = prize[i].value.fen * prize[i].given;
		res.cost.fen += prize[i].cost.fen, res.claimed += prize[i].given;
	}
	res.cost_each.fen = res.counted ? res.cost.fen / res.counted : 0;
	struct result_lesson *lessons = arena_take_array(rq->arena, LESSONS, sizeof *lessons);
	if (!lessons)
		return E_MEMORY;
	res.lessons.at = lessons;
	say_lessons(rq, c.stages.count > 0, &res, lessons);
	*(struct result *)out = res;
	return 0;
}

/* ---- Tables ------------------------------------------------------------------------------------------------------ */

struct person_line { struct id id; struct str nickname, state, through; int64_t helps, opened; struct instant joined_at; };

ROW(person_line,
	FIELD(person_line, id,        "Participant"),
	FIELD(person_line, nickname,  "Name"),
	FIELD(person_line, state,     "State"),
	FIELD(person_line, through,   "Through whom"),
	FIELD(person_line, helps,     "Helps"),
	FIELD(person_line, opened,    "Opened"),
	FIELD(person_line, joined_at, "Since"));

static QUERY(people_all, READS, &row_person_line, TAKES(K_ID, K_ID),
	"SELECT p.id, p.nickname, p.state, COALESCE((SELECT t.nickname FROM participant t WHERE t.community_id = p.community_id"
	" AND t.id = p.parent_id), '') AS through, COALESCE(" BALANCE_OF("p.community_id", "'help'", "p.id") ", 0) AS helps,"
	" (SELECT count(*) FROM " COUNTED_HELPS("p.community_id", "p.id") ") + (SELECT count(*) FROM " OTHER_HELPS("p.community_id", "p.id")
	") AS opened, p.joined_at FROM participant p WHERE p.community_id = ?1 AND p.campaign_id = ?2"
	" ORDER BY p.id + 0 LIMIT 100000");

struct given_line { struct str participant, nickname, state, reason, network; struct instant opened_at, acted_at; };

ROW(given_line,
	FIELD(given_line, participant, "For whom"),
	FIELD(given_line, nickname,    "Friend"),
	FIELD(given_line, state,       "State"),
	FIELD(given_line, reason,      "Why"),
	FIELD(given_line, network,     "Network"),
	FIELD(given_line, opened_at,   "Opened"),
	FIELD(given_line, acted_at,    "Helped"));

static QUERY(helps_all, READS, &row_given_line, TAKES(K_ID, K_ID),
	"SELECT p.nickname AS participant, h.nickname, h.state, h.reason, h.address AS network, h.opened_at, h.acted_at FROM help h"
	" JOIN participant p ON p.community_id = h.community_id AND p.id = h.participant_id WHERE h.community_id = ?1 AND h.campaign_id = ?2"
	" ORDER BY p.id, h.opened_at, h.helper_id LIMIT 100000", .scans = true);

struct table { struct request *rq; struct buf *b; const struct zone *zone; };

static void cells(struct table *t, const struct str *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		csv_cell(t->b, list[i], i + 1 == count);
}

static struct str number(struct table *t, int64_t n) { return str_format(t->rq->arena, "%lld", (long long)n); }
static struct str moment(struct table *t, struct instant at) { return table_time(t->rq->arena, t->zone, at); }

/* As the console calls them. */
static struct str state_word(struct table *t, struct str state)
{
	static const struct { const char *word, *zh, *en; } all[] = {
		{ "active", "正常", "active" }, { "blocked", "已停用", "blocked" }, { "open", "只打开", "opened only" }, { "held", "待生效", "held" },
		{ "counted", "有效", "counted" }, { "refused", "不算", "refused" }, { "rejected", "未通过", "rejected" },
		{ "deducted", "已扣回", "taken back" },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_is(state, all[i].word))
			return str_of(t->rq->lang == LANG_EN ? all[i].en : all[i].zh);
	return state;
}

static void person_row(struct table *t, const void *row)
{
	const struct person_line *p = row;
	cells(t, (const struct str[]){ p->nickname, state_word(t, p->state), p->through, number(t, p->helps), number(t, p->opened),
	                               moment(t, p->joined_at) }, 6);
}

static void help_row(struct table *t, const void *row)
{
	const struct given_line *h = row;
	cells(t, (const struct str[]){ h->participant, h->nickname, state_word(t, h->state), tiding_why(h->reason, t->rq->lang),
	                               h->network, moment(t, h->opened_at), moment(t, h->acted_at) }, 7);
}

static int table_of(struct request *rq, const struct query *query, const char *heads, void (*line)(struct table *, const void *),
                    const char *name, struct body *body)
{
	struct community community;
	struct campaign c;
	struct rows rows;
	BUF_SCOPED b;
	buf_init(&b, TABLE_BYTES);
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = community_get(rq->tx, rq->community, &community)) < 0 ||
	    (r = tx_all(rq->tx, query, &rows, V(rq->community), V(c.id))) < 0)
		return r;
	struct table t = { rq, &b, zone_find(community.timezone) };
	buf_z(&b, "\xef\xbb\xbf");
	buf_z(&b, heads);
	for (size_t i = 0; i < rows.count; i++)
		line(&t, (const char *)rows.at + i * query->row->size);
	if (buf_failed(&b))
		return E_TOO_LARGE;
	*body = (struct body){ .bytes = str_copy(rq->arena, buf_view(&b)), .type = "text/csv; charset=utf-8",
	                       .filename = str_format(rq->arena, "%.*s-%s.csv", STR(c.name), name) };
	return audit_note(rq, "campaign_exported", c.id, str_format(rq->arena, "%s %zu", name, rows.count));
}

static int get_people(struct request *rq, const void *in, void *out)
{
	(void)in;
	bool en = rq->lang == LANG_EN;
	return table_of(rq, &people_all, en ? "Name,State,Through,Helps,Opened,Since\r\n" : "称呼,状态,通过谁来,有效助力,打开过,参加时间\r\n",
	                person_row, en ? "participants" : "参与者", out);
}

static int get_helps(struct request *rq, const void *in, void *out)
{
	(void)in;
	bool en = rq->lang == LANG_EN;
	return table_of(rq, &helps_all, en ? "For,Friend,State,Why,Network,Opened,Helped\r\n" : "为谁,好友,结果,原因,网络,打开,助力\r\n",
	                help_row, en ? "helps" : "助力", out);
}

static const struct route routes[] = {
	{ "GET", "/campaigns/{id}/result",           ROLE_READER,   get_result, NULL, &row_result, "What came of it, on one page", .sees = campaign_sees },
	{ "GET", "/campaigns/{id}/participants.csv", ROLE_OPERATOR, get_people, NULL, NULL, "Everybody who took part, as a table", OUT_BODY, .writes = true, .makes = "text/csv", .sees = campaign_sees },
	{ "GET", "/campaigns/{id}/helps.csv",        ROLE_OPERATOR, get_helps,  NULL, NULL, "Every help, as a table", OUT_BODY, .writes = true, .makes = "text/csv", .sees = campaign_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&result_counts, &result_shares, &facts_lottery, &facts_contest, &facts_packet, &result_prizes, &result_tops,
	&result_reasons, &people_all, &helps_all, NULL,
};

const struct feature feature_campaign_result = { .name = "campaign_result", .api = "campaigns", .routes = routes, .queries = queries };
