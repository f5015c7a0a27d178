/* plays.c: the example community's plays: one of each kind with people in it, two that are over.
 *
 * Story      The newcomer opens 活动 and sees how each play looks when it runs: a treasure half-way, a wheel that turned this morning,
 *            last month's treasure with its one-page result beside what was expected of it, a lottery whose seed is public.
 * How        As example.c: everything goes through the product's own routes at moments of the past; each play is told by
 *            a thread of its own, so that they share their commits and the example is made about as fast as before.
 */
#include "example/inside.h"


#include "base/buf.h"
#include "base/log.h"
#include "campaign/campaign.h"
#include "groups/livecode.h"
#include "groups/visit.h"
#include "http/within.h"

#define ROOMY 10                  /* 新能源车主: a live code without a gate, with places left */
#define FIRST_VISITOR 600000      /* below a million: no real visitor's number */

static const struct play {
	const char *kind, *name, *act, *rules, *stages, *more;
	int         began, lasts, people, friends;        /* days ago, days (0: no end), who takes part, friends each at most */
	bool        over;
} plays[] = {
	{ "treasure", "金秋感恩，三人助力送保养", "tap",
	  "1. 点「我要参加」，得到你的邀请页和海报。\\n2. 三位好友助力，到店领机油保养一次；八位好友，再领行车记录仪。\\n3. 每位好友只算一次，自己不算；数量有限，先到先得。",
	  "[{\"goal\":3,\"title\":\"三人成行\",\"prizes\":[{\"kind\":\"onsite\",\"title\":\"机油保养一次\",\"note\":\"到店出示券码\","
	  "\"value\":19900,\"stock\":8}]},"
	  "{\"goal\":8,\"title\":\"八方来助\",\"prizes\":[{\"kind\":\"physical\",\"title\":\"行车记录仪\",\"note\":\"七个工作日内寄出\","
	  "\"value\":39900,\"stock\":2}]}]",
	  "", 26, 14, 22, 7, true },
	{ "treasure", "冬季用车，一起领洗车卡", "tap",
	  "1. 点「我要参加」，得到你的邀请页和海报。\\n2. 三位好友助力领洗车券，八位好友领保温杯。\\n3. 每位好友只算一次，自己不算。",
	  "[{\"goal\":3,\"title\":\"三位好友\",\"prizes\":[{\"kind\":\"onsite\",\"title\":\"精洗券一张\",\"note\":\"到店出示券码\",\"value\":5800,"
	  "\"stock\":60}]},"
	  "{\"goal\":8,\"title\":\"八位好友\",\"prizes\":[{\"kind\":\"physical\",\"title\":\"车载保温杯\",\"note\":\"七个工作日内寄出\","
	  "\"value\":8900,"
	  "\"stock\":15}]}]",
	  ",\"board\":true", 5, 12, 24, 6, false },
	{ "likes", "晒爱车，集六个赞", "tap", "1. 点「我要参加」，发给朋友看看你的爱车。\\n2. 集满六个赞，领香薰一份。\\n3. 每位朋友只能点一次。",
	  "[{\"goal\":6,\"title\":\"六个赞\",\"prizes\":[{\"kind\":\"onsite\",\"title\":\"车载香薰\",\"note\":\"到店领取\",\"value\":3900,"
	  "\"stock\":30}]}]",
	  "", 4, 10, 9, 8, false },
	{ "resource", "《冬季用车手册》", "tap", "1. 点「我要参加」。\\n2. 两位好友助力后，手册自动出现在本页。\\n3. 每人一份，不限时间看。",
	  "[{\"goal\":2,\"title\":\"两位好友\",\"prizes\":[{\"kind\":\"link\",\"title\":\"《冬季用车手册》48 页\","
	  "\"note\":\"胎压：冬天打多少\\n电瓶：换不换，怎么看\\n玻璃水：零下几度用哪种\\n雪天：起步和刹车\","
	  "\"link\":\"https://example.com/winter\",\"value\":1900,\"stock\":500}]}]",
	  "", 6, 20, 12, 4, false },
	{ "refer", "老车主带新朋友", "sign_up", "1. 点「我要参加」，得到你的邀请页，长期有效。\\n2. 好友第一次来并登记，算一位。\\n3. 积分自动到账，本页能看到每一笔。",
	  "[]", ",\"inviter_points\":50,\"friend_points\":20,\"month_cap\":10", 15, 0, 8, 3, false },
	{ "build", "周末自驾，四人成团全员有礼", "join", "1. 点「我要参加」，把邀请页发给同路的朋友。\\n2. 四位朋友进群，全群每人一份路餐包。\\n3. 数量有限，先到先得。",
	  "[{\"goal\":4,\"title\":\"四人成团\",\"whom\":\"all\",\"prizes\":["
	  "{\"kind\":\"onsite\",\"title\":\"自驾路餐包\",\"note\":\"出发当天领取\",\"value\":2800,"
	  "\"stock\":60}]}]", "", 3, 9, 5, 4, false },
	{ "funnel", "进群领保养时间表", "join", "1. 点「进群领取」，加入群后点「我已经进群了」。\\n2. 十分钟后回到本页，时间表自动出现。",
	  "[{\"goal\":1,\"whom\":\"friends\",\"prizes\":["
	  "{\"kind\":\"link\",\"title\":\"一年保养时间表\",\"note\":\"按公里数和月份\",\"link\":\"https://example.com/plan\","
	  "\"value\":0,\"stock\":300}]}]", ",\"wait_minutes\":10", 4, 20, 0, 14, false },
	{ "packet", "开红包，请车友来分", "tap",
	  "1. 留个称呼开一个红包，每人一个；好友打开你的链接，领一份，归领的人。\\n2. 四天内集齐 4 人，当场瓜分 8 元；没有集齐就失效。\\n"
	  "3. 余额满 1 元可以提现，由门店人工付款。", "[]", "", 5, 12, 9, 5, false },
	{ "lottery", "双十一，到店大转盘", "tap", "每天一次机会，转中到店领取。奖池和概率公开，开奖记录人人可查。", NULL, "", 24, 6, 12, 2, true },
	{ "lottery", "每日一转，好运常在", "tap", "每天一次机会，转中到店领取。奖池和概率公开，开奖记录人人可查。", NULL, "", 4, 14, 10, 3, false },
	{ "contest", "最美座驾，请你来投", "tap", "1. 每人交一幅作品，审核后公开。\\n2. 每人每天三票，同一作品只投一票。", "[]", "", 5, 12, 6, 5, false },
};
#define PLAYS (sizeof plays / sizeof *plays)

static const char *const names[] = {
	"李文博", "王敏", "赵一鸣", "陈佳怡", "周涛", "吴海燕", "徐子涵", "孙建国", "胡静", "朱浩然", "高雨桐", "林思远", "何艳", "郭俊豪",
	"马志强", "罗霞", "梁晓东", "宋洋", "郑秀兰", "谢磊", "韩娜", "唐杰", "冯超", "于芳",
};
#define NAMES (sizeof names / sizeof *names)

static const char *const agents[] = {
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0.49",
	"Mozilla/5.0 (Linux; Android 13; V2244A) MicroMessenger/8.0.49",
	"Mozilla/5.0 (Linux; Android 12; HarmonyOS) MicroMessenger/8.0.44",
};

/* ---- Steps ------------------------------------------------------------------------------------------------------ */

struct stage_play {
	struct store                *store;
	struct arena                 arena;
	pthread_t                    thread;
	int                          result;
	const struct world          *of;
	const struct play           *play;
	struct id                    id;
	struct str                   slug, group;     /* group: link of the live code */
	int64_t                      visitor;
	uint64_t                     chance;
	struct instant               at, until;
};

static uint64_t luck(struct stage_play *s, uint64_t below)
{
	s->chance = s->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (s->chance >> 33) % below;
}

/* One request, at a moment of the past: a transaction has one moment. */
struct moment { const struct stage_play *play; int64_t visitor; struct within_call call; struct id id; };

static int step_action(struct tx *tx, void *arg)
{
	struct moment *step = arg;
	const struct stage_play *s = step->play;
	struct proof nothing = { 0 };
	struct within_call c = step->call;
	struct within who = {
		s->of->features, s->of->community, s->of->account, { step->visitor }, str_of(agents[(uint64_t)step->visitor % 3]),
	};
	if (!c.pairs)
		c.kept = &nothing;
	clock_set(s->at);
	return within_do(tx, &who, &c, &step->id);
}

static int call(struct stage_play *s, int64_t visitor, const struct within_call *given, struct id *ret)
{
	struct complaint why;                     /* prizes run out and chances end, as in life: nothing to log */
	struct moment step = { s, visitor, *given, { 0 } };
	step.call.why = &why;
	if (visitor)
		step.call.address = str_format(&s->arena, "10.%d.%d.%d", (int)(visitor % 200), (int)(visitor / 7 % 250), (int)(visitor / 3 % 250));
	int r = store_write(s->store, s->of->community, &s->arena, step_action, &step);
	if (ret)
		*ret = step.id;
	return r;
}

/* What is true by now: the campaign, and of a visitor who they are in it and what they have reached. */
struct looking {
	const struct stage_play *play;
	struct id          visitor;
	struct campaign    campaign;
	struct participant who;
	struct reach       reach;
	struct str         link;
};

static int look_action(struct tx *tx, void *arg)
{
	struct looking *l = arg;
	const struct stage_play *s = l->play;
	int r = campaign_get(tx, s->of->community, s->id, &l->campaign);
	if (r >= 0)
		r = link_slug(tx, s->of->community, s->of->codes[ROOMY], &l->link);
	if (r < 0 || !l->visitor.n || (r = participant_of(tx, s->of->community, s->id, l->visitor, &l->who)) < 0)
		return r;
	return reach_of(tx, s->of->community, &l->campaign, l->who.id, l->visitor, &l->reach);
}

static int look(struct stage_play *s, int64_t visitor, struct looking *ret)
{
	*ret = (struct looking){ .play = s, .visitor = { visitor } };
	return store_read(s->store, &s->arena, look_action, ret);
}

static int desk(struct stage_play *s, const char *method, const char *path, struct id id, struct str json, struct id *ret)
{
	return call(s, 0, &(struct within_call){ .method = method, .path = path, .id = id, .json = json }, ret);
}

static int visit(struct stage_play *s, int64_t visitor, const char *path, struct str slug, struct str json)
{
	bool looks = strcmp(path, "/t/{slug}/page") == 0 || strcmp(path, "/g/{slug}") == 0;
	return call(s, visitor, &(struct within_call){ .method = looks ? "GET" : "POST", .path = path, .text = slug, .json = json }, NULL);
}

/* Time passes; never beyond the end of the play, nor beyond now. */
static void pass(struct stage_play *s, int64_t ms)
{
	if (s->at.ms + ms < s->until.ms)
		s->at.ms += ms;
}

static int64_t somebody(struct stage_play *s) { return s->visitor++; }

static struct str named(struct stage_play *s, int64_t visitor)
{
	return str_format(&s->arena, "{\"nickname\":\"%s\"}", names[(uint64_t)(visitor * 7) % NAMES]);
}

/* ---- The operator's side ------------------------------------------------------------------------------------------- */

static int make(struct stage_play *s)
{
	const struct play *p = s->play;
	struct arena *arena = &s->arena;
	struct looking l;
	bool joins = strcmp(p->act, "join") == 0;
	int64_t begins = s->at.ms + MINUTE, ends = p->lasts ? s->at.ms + p->lasts * DAY : ENDLESS;
	struct str code = joins ? str_format(arena, "\"%lld\"", (long long)s->of->codes[ROOMY].n) : S("null");
	int r = desk(s, "POST", "/campaigns", (struct id){ 0 }, str_format(arena,
		"{\"kind\":\"%s\",\"name\":\"%s\",\"organiser\":\"友信汽车 400-000-0000\",\"rules\":\"%s\",\"starts_at\":%lld,\"ends_at\":%lld,"
		"\"claim_until\":%lld,\"takes_part\":\"all\",\"capacity\":0,\"strength\":\"anonymous\",\"act\":\"%s\",\"code_id\":%.*s,"
		"\"new_only\":false,"
		"\"helps_each\":%d,\"mutual\":false,\"hold_minutes\":0,\"still_days\":0,\"share_text\":\"帮我点一下，就差你了：{link}\",\"stages\":%s%s}",
		p->kind, p->name, p->rules, (long long)begins, (long long)ends, (long long)(p->lasts ? ends + 7 * DAY : ENDLESS), p->act,
		STR(code), strcmp(p->kind, "refer") == 0 || strcmp(p->kind, "build") == 0, p->stages ? p->stages : "[]", p->more), &s->id);
	if (r >= 0 && strcmp(p->kind, "lottery") == 0)
		r = desk(s, "PUT", "/campaigns/{id}/draw", s->id, S(
			"{\"looks\":\"wheel\",\"mode\":\"chance\",\"draw_at\":null,\"day_chances\":1,\"most\":0,\"helps_chance\":2,\"helps_most\":4,"
			"\"wins_day\":0,"
			"\"wins_most\":2,\"thanks\":\"再接再厉\",\"places\":["
			"{\"kind\":\"onsite\",\"title\":\"免费洗车\",\"note\":\"到店出示\",\"value\":3000,\"stock\":30,\"redeem_days\":30,\"ppm\":250000},"
			"{\"kind\":\"onsite\",\"title\":\"玻璃水一瓶\",\"note\":\"到店出示\",\"value\":1500,\"stock\":40,\"redeem_days\":30,\"ppm\":300000},"
			"{\"kind\":\"onsite\",\"title\":\"四轮定位一次\",\"note\":\"到店出示\","
			"\"value\":20000,\"stock\":2,\"redeem_days\":60,\"ppm\":20000}]}"), NULL);
	if (r >= 0 && strcmp(p->kind, "packet") == 0)
		r = desk(s, "PUT", "/campaigns/{id}/packet", s->id, S(
			"{\"total\":800,\"shares\":4,\"least\":50,\"split\":\"lucky\",\"due\":\"full\",\"hours\":96,"
			"\"day_cap\":2000,\"budget\":40000}"), NULL);
	if (r < 0 || (r = look(s, 0, &l)) < 0)
		return r;
	s->slug = l.campaign.slug, s->group = l.link;
	return 0;
}

/* What was expected of it, before anybody takes part. */
static int expect(struct stage_play *s)
{
	static const struct { const char *name, *text; } given[] = {
		{ "seeds", "120" }, { "seed_joins", "100" }, { "opens", "350" }, { "converts", "900" }, { "goes_on", "250" }, { "claims", "850" },
		{ "cycle_hours", "12" }, { "days", "14" }, { "audience", "3000" }, { "group_size", "0" }, { "ship_minutes", "3" }, { "asks", "50" },
		{ "ask_minutes", "3" }, { "budget", "300000" },
	};
	struct pair pairs[sizeof given / sizeof *given] = { 0 };
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		pairs[i].name = str_of(given[i].name), pairs[i].text = str_of(given[i].text);
	return call(s, 0, &(struct within_call){
		.method = "PUT", .path = "/campaigns/{id}/forecast", .id = s->id, .pairs = pairs, .pair_count = sizeof given / sizeof *given,
	}, NULL);
}

static int turn(struct stage_play *s, const char *state)
{
	return desk(s, "POST", "/campaigns/{id}/state", s->id,
	            str_format(&s->arena, "{\"state\":\"%s\",\"acknowledge\":\"G1\"}", state), NULL);
}

/* ---- People --------------------------------------------------------------------------------------------------------- */

/* A friend looks, thinks, and does what counts. */
static int befriend(struct stage_play *s, struct str slug)
{
	int64_t friend = somebody(s);
	int r = visit(s, friend, "/t/{slug}/page", slug, S(""));
	pass(s, (25 + (int64_t)luck(s, 240)) * SECOND);
	if (r < 0 || luck(s, 100) < 18)             /* some only look */
		return r;
	if (strcmp(s->play->act, "join") != 0)
		return visit(s, friend, "/t/{slug}/help", slug, named(s, friend));
	r = visit(s, friend, "/g/{slug}", s->group, S(""));
	pass(s, 40 * SECOND);
	return r < 0 ? r : visit(s, friend, "/g/{slug}/joined", s->group, named(s, friend));
}

static int claim_first(struct stage_play *s, int64_t visitor)
{
	struct looking l;
	int r = look(s, visitor, &l);
	const struct stage *stage = l.campaign.stages.at;
	if (r < 0 || !l.campaign.stages.count || !stage_reached(stage, &l.reach) || luck(s, 100) < 15)
		return r < 0 ? r : 0;
	const struct prize *prize = stage->prizes.at;
	r = visit(s, visitor, "/t/{slug}/claim", l.who.slug, str_format(&s->arena, "{\"stage\":\"%lld\",\"prize\":\"%lld\"}",
		(long long)stage->id.n, (long long)prize->id.n));
	return r == E_PRIZE_GONE || r == E_UNDER_REVIEW ? 0 : r;
}

static int spin(struct stage_play *s, int64_t visitor, struct str slug, int turns)
{
	int r = 0;
	for (int i = 0; r >= 0 && i < turns; i++) {
		struct str token = str_format(&s->arena, "{\"token\":\"example-%lld-%d-of-the-wheel\"}", (long long)visitor, i);
		r = visit(s, visitor, "/t/{slug}/draw", slug, token);
		r = r == E_NO_CHANCE || r == E_WON_ENOUGH ? 0 : r;
		pass(s, DAY);
	}
	return r;
}

static int enter(struct stage_play *s, int64_t visitor)
{
	struct arena *arena = &s->arena;
	const struct pair pairs[] = {
		{ .name = S("nickname"), .text = str_of(names[(uint64_t)(visitor * 7) % NAMES]) },
		{ .name = S("title"), .text = str_format(arena, "%s的小车", names[(uint64_t)(visitor * 7) % NAMES]) },
		{ .name = S("body"), .text = S("开了六年，陪我跑遍了江浙。每个周末洗一次，像新的一样。") },
	};
	struct looking l;
	int r = call(s, visitor, &(struct within_call){
		.method = "POST", .path = "/t/{slug}/entry", .text = s->slug, .pairs = pairs, .pair_count = 3 }, NULL);
	if (r < 0 || (r = look(s, visitor, &l)) < 0)
		return r;
	pass(s, HOUR);
	return luck(s, 5) == 0 ? 0 : desk(s, "POST", "/entries/{id}/decide", l.who.id, S("{\"pass\":true,\"reason\":\"\"}"), NULL);
}

static int vote(struct stage_play *s, struct str slug)
{
	int64_t voter = somebody(s);
	int r = visit(s, voter, "/t/{slug}/page", slug, S(""));
	pass(s, (30 + (int64_t)luck(s, 200)) * SECOND);
	if (r >= 0)
		r = visit(s, voter, "/t/{slug}/vote", slug, str_format(&s->arena, "{\"token\":\"example-vote-%lld\"}", (long long)voter));
	return r == E_NOT_FOUND ? 0 : r;              /* it waits for a decision */
}

static int open_packet(struct stage_play *s, int64_t visitor, struct str slug)
{
	return visit(s, visitor, "/t/{slug}/packet", slug, str_format(&s->arena, "{\"nickname\":\"%s\",\"token\":\"example-packet-%lld\"}",
		names[(uint64_t)(visitor * 7) % NAMES], (long long)visitor));
}

/* Whoever has enough asks for it; the rest waits for another share. */
static int ask_money(struct stage_play *s, int64_t visitor, struct str slug)
{
	int r = visit(s, visitor, "/t/{slug}/payout", slug, str_format(&s->arena,
		"{\"amount\":150,\"receiver\":\"微信 car_%lld\",\"token\":\"example-payout-%lld\"}", (long long)visitor, (long long)visitor));
	return r == E_NOT_ENOUGH ? 0 : r;
}

/* One who takes part, through the campaign's page or a friend's, and the friends they bring. */
static int live_one(struct stage_play *s, struct str *through)
{
	int64_t visitor = somebody(s);
	bool contest = strcmp(s->play->kind, "contest") == 0, lottery = strcmp(s->play->kind, "lottery") == 0;
	bool packet = strcmp(s->play->kind, "packet") == 0;
	struct looking l;
	int r = visit(s, visitor, "/t/{slug}/page", *through, S(""));
	if (r >= 0)
		r = contest ? enter(s, visitor) : packet ? open_packet(s, visitor, *through)
		  : visit(s, visitor, "/t/{slug}/join", *through, named(s, visitor));
	if (r < 0 || (r = look(s, visitor, &l)) < 0)
		return r;
	struct instant joined = s->at;
	for (int64_t n = (int64_t)luck(s, (uint64_t)s->play->friends + 1); r >= 0 && n > 0; n--) {
		pass(s, (int64_t)luck(s, 5) * HOUR + MINUTE);
		r = contest ? vote(s, l.who.slug) : befriend(s, l.who.slug);
		r = r < 0 && help_waits(r) ? 0 : r;           /* the packet is full */
	}
	if (r >= 0 && lottery)
		r = spin(s, visitor, l.who.slug, 3);
	if (r >= 0 && packet)
		r = ask_money(s, visitor, l.who.slug);
	if (r >= 0 && !contest && !lottery && strcmp(s->play->act, "join") != 0)
		r = claim_first(s, visitor);
	if (luck(s, 3))
		*through = l.who.slug;
	s->at.ms = joined.ms;
	pass(s, (int64_t)luck(s, (uint64_t)(s->until.ms - s->at.ms) / (uint64_t)s->play->people) + HOUR);
	return r;
}

static int play_all(struct stage_play *s)
{
	struct str through;
	int r = make(s);
	if (r >= 0 && s->play->over && strcmp(s->play->kind, "treasure") == 0)
		r = expect(s);
	if (r < 0 || (r = turn(s, "running")) < 0)
		return r;
	pass(s, HOUR);
	through = s->slug;
	for (int i = 0; r >= 0 && i < s->play->people; i++)
		r = live_one(s, &through);
	for (int i = 0; r >= 0 && !s->play->people && i < s->play->friends; i++) {
		pass(s, 5 * HOUR);
		r = befriend(s, s->slug);
	}
	s->at = s->until;
	return r < 0 || !s->play->over ? r : turn(s, "ended");
}

static void *play_one(void *arg)
{
	struct stage_play *s = arg;
	s->result = play_all(s);
	if (s->result < 0)
		log_error("example: %s: %s", s->play->name, err_word(s->result));
	return NULL;
}

int make_plays(struct world *of, struct instant now)
{
	struct stage_play *all = arena_take_array(of->arena, PLAYS, sizeof *all);
	struct key root;                          /* made by the first who asks: people's marks in a lottery hang on it */
	int r = all ? server_secret(of->store, &root) : E_MEMORY;
	size_t begun = 0;
	for (; r >= 0 && begun < PLAYS; begun++) {
		struct stage_play *s = &all[begun];
		*s = (struct stage_play){
			.store = of->store, .of = of, .play = &plays[begun], .visitor = FIRST_VISITOR + (int64_t)begun * 2000,
			.chance = 20261122 + begun,
			.at = { now.ms - plays[begun].began * DAY }, .until = { now.ms - MINUTE },
		};
		if (s->play->over)
			s->until.ms = s->at.ms + s->play->lasts * DAY - HOUR;
		arena_init(&s->arena, 32 << 20);
		r = pthread_create(&s->thread, NULL, play_one, s) ? E_BUSY : 0;
	}
	for (size_t i = 0; i < begun; i++) {
		pthread_join(all[i].thread, NULL);
		r = r >= 0 && all[i].result < 0 ? all[i].result : r;
		arena_free(&all[i].arena);
	}
	clock_set((struct instant){ 0 });
	return r < 0 ? r : events_catch_up(of->store, of->features, of->community);
}
