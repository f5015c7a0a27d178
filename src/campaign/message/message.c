/* message.c: which messages a campaign has, their switches and words; see message.h. */
#include "campaign/message/message.h"

#include "base/utf8.h"
#include "campaign/draw/draw.h"
#include "campaign/packet/packet.h"
#include "channel/channel.h"
#include "people/audit.h"

#define WORDS_MOST 300
#define TOLD_SHOWN 100

/* ---- The kinds ------------------------------------------------------------------------------------------------- */

/* in: kinds of campaigns that tell it; empty: all of them. sent, staff: as a new campaign begins. */
static const struct tiding_kind {
	const char *what, *in;
	bool        sent, staff, presses;
	const char *zh, *en;
} kinds[TIDINGS] = {
	[TIDING_ENROLLED]  = { "enrolled", "", false, false, false, "{name}，你已参加「{campaign}」。{next}{link}",
	                       "{name}, you take part in “{campaign}”. {next}{link}" },
	[TIDING_HELPED]    = { "helped", "treasure likes resource build refer packet lottery", true, false, false,
	                       "{friend} {came}，现在有 {n} 位。{next}", "{friend} {came}: {n} now. {next}" },
	[TIDING_NEARLY]    = { "nearly", "treasure likes resource build refer contest", true, false, false,
	                       "{friend} {came}，就快到了：还差 {left} 位，就能领{prize}。",
	                       "{friend} {came}, and you are nearly there: {left} to go for {prize}." },
	[TIDING_STAGE]     = { "stage", "treasure likes resource build refer contest", true, false, true,
	                       "{friend} {came}，现在有 {n} 位。已达成，可以领{prize}了。{link}",
	                       "{friend} {came}: {n} now. You have reached it: claim {prize}. {link}" },
	[TIDING_AGAIN]     = { "again", "treasure likes resource build refer packet lottery", false, false, false,
	                       "{friend} 已经为你{help}过了，每人只算一次。", "{friend} has {help} you already; everybody counts once." },
	[TIDING_UNCOUNTED] = { "uncounted", "treasure likes resource build refer packet lottery", false, false, false,
	                       "{friend} 这次没有算上：{why}。", "{friend} did not count: {why}." },
	[TIDING_DEDUCTED]  = { "deducted", "treasure likes resource build refer packet lottery", true, false, false,
	                       "{friend} 的{help}扣回了：{why}。现在有 {n} 位。{next}", "{friend} no longer counts: {why}. {n} now. {next}" },
	[TIDING_MEMBER]    = { "member", "treasure likes resource build refer contest packet lottery", false, false, false,
	                       "{friend} 从你的邀请来，成了新成员，也参加了活动。", "{friend} came by your link, is a new member and takes part, too." },
	[TIDING_SHIPPED]   = { "shipped", "", true, false, true, "你的{prize}寄出了：{shipping}。", "Your {prize} is on its way: {shipping}." },
	[TIDING_STOCK]     = { "stock", "", false, true, false, "{prize}只剩 {n} 份了，达成目标的请尽快领取。{link}",
	                       "Only {n} of {prize} are left. If you have reached the goal, claim it soon. {link}" },
	[TIDING_ENDED]     = { "ended", "", false, true, false, "「{campaign}」结束了，谢谢你和朋友们。已达成的奖品请在 {until} 前领取。{link}",
	                       "“{campaign}” is over; thank you and your friends. Claim what you have reached until {until}. {link}" },
	[TIDING_FULL]      = { "full", "packet", true, false, true, "红包集齐了，你分到 {prize}。{link}",
	                       "The packet is full: {prize} are yours. {link}" },
	[TIDING_LAPSED]    = { "lapsed", "packet", true, false, true, "你的红包到时间没有集齐，已经失效，没有人得到钱。{link}",
	                       "Your packet was not full in time and has lapsed; nobody got anything. {link}" },
	[TIDING_PAID]      = { "paid", "", true, false, true, "你申请的 {prize} 已经付款：{shipping}。",
	                       "The {prize} you asked for were paid: {shipping}." },
};

#define GAP_BEGINS 10
#define DAY_BEGINS  6

const char *tiding_word(enum tiding t) { return kinds[t].what; }
bool tiding_presses(enum tiding t) { return kinds[t].presses; }
bool tiding_applies(enum tiding t, struct str kind) { return !*kinds[t].in || str_among(kind, kinds[t].in); }

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

#define SET \
	FIELD(tiding_set, what,  "What it tells", .one_of = TIDING_WORDS), \
	FIELD(tiding_set, page,  "It stands on the member's page of the campaign"), \
	FIELD(tiding_set, mp,    "… and is sent by a 公众号"), \
	FIELD(tiding_set, qq,    "… on QQ"), \
	FIELD(tiding_set, wecom, "… on WeCom"), \
	FIELD(tiding_set, staff, "… and staff are warned: of stock and ended"), \
	FIELD(tiding_set, words, "Own words, with {friend} {n} {left} {next} …; empty: the built-in ones", .max = WORDS_MOST, .lines = true, .optional = true)

ROW(tiding_set, SET);

struct tiding_line { struct tiding_set set; struct str builtin; };

static const struct field tiding_line_fields[] = { SET, FIELD(tiding_line, builtin, "The words that come with the program") };
static const struct row row_tiding_line = {
	"tiding_line", sizeof(struct tiding_line), tiding_line_fields, sizeof tiding_line_fields / sizeof *tiding_line_fields,
};
_Static_assert(offsetof(struct tiding_line, set) == 0, "its fields are read as a tiding_set's");

struct tiding_sample { struct str key, text; };
struct tiding_way { struct str kind, name; };
struct tidings_shown { int64_t gap_minutes, day_most; struct rows lines, sample, ways; };
struct tidings_draft { int64_t gap_minutes, day_most; struct rows lines; };

ROW(tiding_sample,
	FIELD(tiding_sample, key,  "Word in braces"),
	FIELD(tiding_sample, text, "What stands there for a sample member"));

ROW(tiding_way,
	FIELD(tiding_way, kind, "Kind of a channel that can write to one person"),
	FIELD(tiding_way, name, "What it is called"));

#define PACE(row) \
	FIELD(row, gap_minutes, "Helps of so many minutes are told together", .min = 0, .max = 1440), \
	FIELD(row, day_most,    "At most so many sends to a person a day", .min = 1, .max = 100)

ROW(tidings_shown,
	PACE(tidings_shown),
	FIELD(tidings_shown, lines,  "The messages this play has", .of = &row_tiding_line),
	FIELD(tidings_shown, sample, "To look at the words with", .of = &row_tiding_sample),
	FIELD(tidings_shown, ways,   "Channels that can carry them now", .of = &row_tiding_way));

ROW(tidings_draft,
	PACE(tidings_draft),
	FIELD(tidings_draft, lines, "What changes", .of = &row_tiding_set, .max = TIDINGS));

struct told_query { struct str what; struct id after; int64_t limit; };
struct told_line { struct id id, participant_id; struct str nickname, what, way; struct id send_id; struct instant at; };

ROW(told_query,
	FIELD(told_query, what,  "Only these", .one_of = TIDING_WORDS, .optional = true),
	FIELD(told_query, after, "Only those before this one", .optional = true),
	FIELD(told_query, limit, "How many", .min = 0, .max = TOLD_SHOWN, .optional = true));

ROW(told_line,
	FIELD(told_line, id,             "Message"),
	FIELD(told_line, participant_id, "To whom"),
	FIELD(told_line, nickname,       "… by name"),
	FIELD(told_line, what,           "What it told", .one_of = TIDING_WORDS),
	FIELD(told_line, way,            "Kind of channel; room: no channel reaches them, on the page of their room; page: on their page only; limit: enough for that day"),
	FIELD(told_line, send_id,        "Its send in the outbox", .optional = true),
	FIELD(told_line, at,             "When"));

struct pace { int64_t gap_minutes, day_most; };

ROW(pace,
	FIELD(pace, gap_minutes, "Told together"),
	FIELD(pace, day_most,    "A day"));

/* ---- Words: pure ------------------------------------------------------------------------------------------------- */

struct str stage_prize(const struct stage *s)
{
	return s && s->prizes.count ? ((const struct prize *)s->prizes.at)->title : s ? s->title : S("");
}

static const struct stage *stage_after(const struct campaign *c, int64_t n)
{
	const struct stage *stages = c->stages.at;
	for (size_t i = 0; i < c->stages.count; i++)
		if (stages[i].goal > n && !str_is(stages[i].whom, "friends"))
			return &stages[i];
	return NULL;
}

enum tiding tiding_of(const struct campaign *c, int64_t n, const struct stage **ret_stage)
{
	const struct stage *stages = c->stages.at;
	for (size_t i = 0; i < c->stages.count; i++)
		if (stages[i].goal == n && !str_is(stages[i].whom, "friends")) {
			*ret_stage = &stages[i];
			return TIDING_STAGE;
		}
	const struct stage *next = stage_after(c, n);
	*ret_stage = next;
	return next && next->goal - n == (next->goal >= 10 ? next->goal / 10 : 1) ? TIDING_NEARLY : TIDING_HELPED;
}

bool stock_is_low(int64_t stock, int64_t left) { return stock > 1 && left <= (stock >= 10 ? stock / 10 : 1); }

struct str tiding_why(struct str reason, enum lang lang)
{
	static const struct { const char *word, *zh, *en; } all[] = {
		{ "self", "是你自己", "it was yourself" }, { "blocked", "活动资格已暂停", "taking part is on hold" },
		{ "same_person", "是同一个人", "it is the same person" }, { "not_new", "早就是成员了，这次只算新朋友", "an old member; only newcomers count" },
		{ "helped_enough", "帮过的人已经够多", "has helped enough people" }, { "mutual", "你们已经互相助力过", "you have helped each other already" },
		{ "rejected", "核实后不通过", "rejected after a review" }, { "refused", "核实后不通过", "rejected after a review" },
		{ "packet_full", "红包已经分完", "the packet was full" }, { "packet_lapsed", "红包已经失效", "the packet had lapsed" },
		{ "day_cap", "今天领到上限了", "had enough for today" },
		{ "left", "退群了", "left the group" }, { "unfollowed", "取消关注了", "no longer follows" },
		{ "waiting", "还没到生效时间", "its time has not come yet" }, { "visit", "等到店确认", "waiting for the visit" },
		{ "burst", "同一网络短时间内太多", "too many from one network at once" }, { "listed", "在名单上", "on the list" },
		{ "told_apart", "两个成员被分开了", "two members were told apart" },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_is(reason, all[i].word))
			return str_of(lang == LANG_EN ? all[i].en : all[i].zh);
	return reason;
}

/* How many are missing to what comes next: the next goal, a packet's last share (the first is the opener's), a chance more to draw.
 * 0: nothing comes. */
static int64_t left_of(const struct campaign *c, int64_t n)
{
	const struct stage *next = stage_after(c, n);
	if (c->packet)
		return n + 1 < c->packet->shares ? c->packet->shares - 1 - n : 0;
	if (c->draw)
		return c->draw->helps_chance && n / c->draw->helps_chance < c->draw->helps_most
			? c->draw->helps_chance - n % c->draw->helps_chance : 0;
	return next ? next->goal - n : 0;
}

/* With this help a chance was gained. */
static bool gained(const struct draw *d, int64_t n)
{
	return d && d->helps_chance && n > 0 && n % d->helps_chance == 0 && n / d->helps_chance <= d->helps_most;
}

/* `lost`: a help was taken away, so nothing was gained by the one that is the last now. */
static struct str next_words(struct arena *arena, const struct campaign *c, int64_t n, bool lost, enum lang lang)
{
	const struct stage *next = stage_after(c, n);
	int64_t left = left_of(c, n);
	if (c->packet && left)
		return lang == LANG_EN ? str_format(arena, left == 1 ? "One share is free. " : "%lld shares are free. ", (long long)left)
		                       : str_format(arena, "还剩 %lld 份。", (long long)left);
	if (!lost && gained(c->draw, n))
		return lang == LANG_EN ? S("You have a draw more. ") : S("多了一次抽奖机会。");
	if (c->draw && left)
		return lang == LANG_EN ? str_format(arena, "%lld to go for a draw more. ", (long long)left)
		                       : str_format(arena, "再来 %lld 位，多一次抽奖机会。", (long long)left);
	if (!next)
		return S("");
	struct str prize = stage_prize(next);
	return lang == LANG_EN ? str_format(arena, "%lld to go for %.*s. ", (long long)left, STR(prize))
	                       : str_format(arena, "还差 %lld 位，就能领%.*s。", (long long)left, STR(prize));
}

/* What a friend has done, as the play calls it. */
static struct str came_words(struct str play, bool en)
{
	if (str_is(play, "likes"))
		return en ? S("liked your entry") : S("为你点赞成功");
	if (str_is(play, "build"))
		return en ? S("joined by your link") : S("从你的邀请进群了");
	if (str_is(play, "contest"))
		return en ? S("voted for you") : S("投了你一票");
	if (str_is(play, "refer"))
		return en ? S("came by your link") : S("从你的邀请来了");
	if (str_is(play, "packet"))
		return en ? S("took a share of your packet") : S("领了你红包里的一份");
	return en ? S("helped you") : S("为你助力成功");
}

struct filling { struct str name, value; };
#define FILLINGS 14

static void fillings(struct arena *arena, const struct telling *t, enum lang lang, struct filling ret[FILLINGS])
{
	const struct stage *next = stage_after(t->campaign, t->n);
	bool likes = str_is(t->campaign->kind, "likes"), en = lang == LANG_EN;
	const struct filling all[FILLINGS] = {
		{ S("name"), t->name }, { S("friend"), t->friend.len ? t->friend : en ? S("A friend") : S("一位好友") },
		{ S("n"), str_format(arena, "%lld", (long long)t->n) },
		{ S("left"), str_format(arena, "%lld", (long long)left_of(t->campaign, t->n)) },
		{ S("next"), next_words(arena, t->campaign, t->n, t->why.len > 0, lang) },
		{ S("prize"), t->prize.len ? t->prize : stage_prize(next) }, { S("why"), t->why }, { S("shipping"), t->shipping },
		{ S("campaign"), t->campaign->name }, { S("community"), t->community }, { S("until"), t->until }, { S("link"), t->link },
		{ S("came"), came_words(t->campaign->kind, en) }, { S("help"), en ? likes ? S("liked") : S("helped") : likes ? S("点赞") : S("助力") },
	};
	memcpy(ret, all, sizeof all);
}

/* A brace that opens no word of ours stays. */
static void fill(struct buf *out, struct str text, const struct filling *words)
{
	for (ptrdiff_t brace; (brace = str_find(text, '{')) >= 0; ) {
		struct str rest = { text.at + brace + 1, text.len - (size_t)brace - 1 };
		bool closed = str_find(rest, '}') >= 0;
		struct str name = str_cut(&rest, '}');
		size_t i = closed ? 0 : FILLINGS;
		buf_add(out, text.at, (size_t)brace);
		while (i < FILLINGS && !str_equal(words[i].name, name))
			i++;
		if (i == FILLINGS)
			buf_byte(out, '{');
		else
			buf_str(out, words[i].value);
		text = i == FILLINGS ? (struct str){ text.at + brace + 1, text.len - (size_t)brace - 1 } : rest;
	}
	buf_str(out, text);
}

struct str tiding_text(struct arena *arena, const struct tidings *set, enum tiding kind, const struct telling *t, enum lang lang)
{
	struct filling words[FILLINGS];
	struct str own = set->of[kind].words;
	BUF_SCOPED out;
	buf_init(&out, 64 << 10);
	fillings(arena, t, lang, words);
	fill(&out, own.len ? own : str_of(lang == LANG_EN ? kinds[kind].en : kinds[kind].zh), words);
	return str_copy(arena, str_trim(buf_view(&out)));
}

/* ---- Switches -------------------------------------------------------------------------------------------------- */

static QUERY(tidings_of, READS, &row_tiding_set, TAKES(K_ID, K_ID),
	"SELECT what, page, mp, qq, wecom, staff, words FROM campaign_message WHERE community_id = ?1 AND campaign_id = ?2 LIMIT 20");

static QUERY(tiding_put, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_BOOL, K_BOOL, K_BOOL, K_BOOL, K_BOOL, K_STR),
	"INSERT INTO campaign_message (community_id, campaign_id, what, page, mp, qq, wecom, staff, words) VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
	" ?7, ?8, ?9) ON CONFLICT (community_id, campaign_id, what) DO UPDATE SET page = excluded.page, mp = excluded.mp, qq = excluded.qq,"
	" wecom = excluded.wecom, staff = excluded.staff, words = excluded.words");

static QUERY(pace_of, READS, &row_pace, TAKES(K_ID, K_ID),
	"SELECT gap_minutes, day_most FROM campaign_pace WHERE community_id = ?1 AND campaign_id = ?2");

static QUERY(pace_put, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INT),
	"INSERT INTO campaign_pace (community_id, campaign_id, gap_minutes, day_most) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id, campaign_id) DO UPDATE SET gap_minutes = excluded.gap_minutes, day_most = excluded.day_most");

static int kind_of(struct str what)
{
	for (int i = 0; i < TIDINGS; i++)
		if (str_is(what, kinds[i].what))
			return i;
	return -1;
}

int tidings_get(struct tx *tx, struct id community, struct id campaign, struct tidings *ret)
{
	struct rows rows;
	struct pace pace = { GAP_BEGINS, DAY_BEGINS };
	int r = tx_one(tx, &pace_of, &pace, V(community), V(campaign));
	if ((r < 0 && r != E_NOT_FOUND) || (r = tx_all(tx, &tidings_of, &rows, V(community), V(campaign))) < 0)
		return r;
	struct tidings t = { .gap_minutes = pace.gap_minutes, .day_most = pace.day_most };
	for (int i = 0; i < TIDINGS; i++)
		t.of[i] = (struct tiding_set){ str_of(kinds[i].what), true, kinds[i].sent, kinds[i].sent, kinds[i].sent, kinds[i].staff, S("") };
	const struct tiding_set *set = rows.at;
	for (size_t i = 0; i < rows.count; i++) {
		int kind = kind_of(set[i].what);
		if (kind >= 0)
			t.of[kind] = set[i];
	}
	*ret = t;
	return 0;
}

/* ---- API --------------------------------------------------------------------------------------------------------- */

/* The newest who takes part, as they are; nobody yet: somebody made up. */
static QUERY(sample_of, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT nickname AS item FROM participant WHERE community_id = ?1 AND campaign_id = ?2 AND nickname <> '' ORDER BY id DESC LIMIT 1");

static int show_sample(struct request *rq, const struct campaign *c, struct rows *ret)
{
	struct filling words[FILLINGS];
	struct community whose;
	struct text_item name = { rq->lang == LANG_EN ? S("Lin") : S("林晓") };
	struct tiding_sample *list = arena_take_array(rq->arena, FILLINGS, sizeof *list);
	bool en = rq->lang == LANG_EN;
	int r = list ? community_get(rq->tx, rq->community, &whose) : E_MEMORY;
	if (r < 0 || ((r = tx_one(rq->tx, &sample_of, &name, V(rq->community), V(c->id))) < 0 && r != E_NOT_FOUND))
		return r;
	const struct stage *stages = c->stages.at;
	struct telling t = {
		.campaign = c, .name = name.item, .friend = en ? S("Bo") : S("安安"), .why = tiding_why(S("not_new"), rq->lang),
		.prize = c->stages.count ? stage_prize(&stages[0]) : S(""), .shipping = en ? S("SF 1234 5678") : S("顺丰 1234 5678"),
		.link = str_format(rq->arena, "%.*s/t/%.*s", STR(rq->origin), STR(c->slug)), .community = whose.name,
		.until = table_time(rq->arena, community_zone(&whose), c->claim_until),
		.n = c->stages.count && stages[0].goal > 2 ? stages[0].goal - 2 : 1,
	};
	fillings(rq->arena, &t, rq->lang, words);
	for (size_t i = 0; i < FILLINGS; i++)
		list[i] = (struct tiding_sample){ words[i].name, words[i].value };
	*ret = (struct rows){ list, FILLINGS };
	return 0;
}

static int show_ways(struct request *rq, struct rows *ret)
{
	struct rows channels;
	int r = channel_list(rq->tx, rq->community, S(""), &channels);
	struct tiding_way *list = r < 0 ? NULL : arena_take_array(rq->arena, channels.count + 1, sizeof *list);
	const struct channel *c = channels.at;
	size_t n = 0;
	for (size_t i = 0; list && i < channels.count; i++) {
		const struct connector *k = connector_of(c[i].kind);
		if (k && (k->can & CAN_TELL) && str_is(c[i].state, "on"))
			list[n++] = (struct tiding_way){ c[i].kind, c[i].name };
	}
	*ret = (struct rows){ list, n };
	return r < 0 ? r : list ? 0 : E_MEMORY;
}

static int show(struct request *rq, const struct campaign *c, struct tidings_shown *ret)
{
	struct tidings t;
	struct tiding_line *lines = arena_take_array(rq->arena, TIDINGS, sizeof *lines);
	int r = lines ? tidings_get(rq->tx, rq->community, c->id, &t) : E_MEMORY;
	struct tidings_shown shown = { 0 };
	if (r < 0 || (r = show_sample(rq, c, &shown.sample)) < 0 || (r = show_ways(rq, &shown.ways)) < 0)
		return r;
	for (int i = 0; i < TIDINGS; i++)
		if (tiding_applies((enum tiding)i, c->kind))
			lines[shown.lines.count++] = (struct tiding_line){
				t.of[i], str_of(rq->lang == LANG_EN ? kinds[i].en : kinds[i].zh),
			};
	shown.lines.at = lines, shown.gap_minutes = t.gap_minutes, shown.day_most = t.day_most;
	*ret = shown;
	return 0;
}

static int get_tidings(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	(void)in;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	return r < 0 ? r : show(rq, &c, out);
}

static int put_tidings(struct request *rq, const void *in, void *out)
{
	const struct tidings_draft *d = in;
	const struct tiding_set *set = d->lines.at;
	struct campaign c;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r >= 0)
		r = tx_run(rq->tx, &pace_put, V(rq->community), V(c.id), V(d->gap_minutes), V(d->day_most));
	for (size_t i = 0; r >= 0 && i < d->lines.count; i++)
		r = tx_run(rq->tx, &tiding_put, V(rq->community), V(c.id), V(set[i].what), V(set[i].page), V(set[i].mp), V(set[i].qq),
		           V(set[i].wecom), V(set[i].staff), V(str_trim(set[i].words)));
	if (r < 0 || (r = audit_note(rq, "campaign_messages", c.id, c.name)) < 0)
		return r;
	return show(rq, &c, out);
}

static QUERY(told_newest, READS, &row_told_line, TAKES(K_ID, K_ID, K_STR, K_ID, K_INT),
	"SELECT t.id, t.participant_id, COALESCE(p.nickname, '') AS nickname, t.what, t.way, t.send_id, t.at FROM campaign_told t"
	" LEFT JOIN participant p ON p.community_id = t.community_id AND p.id = t.participant_id"
	" WHERE t.community_id = ?1 AND t.campaign_id = ?2 AND (?3 = '' OR t.what = ?3) AND t.id < ?4 ORDER BY t.id DESC LIMIT ?5");

static int get_told(struct request *rq, const void *in, void *out)
{
	const struct told_query *q = in;
	struct page *page = out;
	struct campaign c;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = tx_all(rq->tx, &told_newest, &page->rows, V(rq->community), V(c.id), V(q->what), V(before), V(limit))) < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_told_line, limit);
	return 0;
}

static const struct route routes[] = {
	{ "GET", "/campaigns/{id}/messages", ROLE_READER,   get_tidings, NULL, &row_tidings_shown, "What members are told of it, by which way, in which words", .sees = campaign_sees },
	{ "PUT", "/campaigns/{id}/messages", ROLE_OPERATOR, put_tidings, &row_tidings_draft, &row_tidings_shown, "Switch messages on and off, by way; own words; how often" },
	{ "GET", "/campaigns/{id}/told",     ROLE_READER,   get_told,    &row_told_query, &row_told_line, "Messages that were sent, newest first", OUT_PAGE, .sees = campaign_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&tidings_of, &tiding_put, &pace_of, &pace_put, &sample_of, &told_newest, NULL,
};

const struct feature feature_campaign_message = { .name = "campaign_message", .api = "campaigns", .routes = routes, .queries = queries };
