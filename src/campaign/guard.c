/* guard.c: what stands against publishing a campaign, and against changing a published one. Pure: no store, no clock.
 *
 * Story      Before the operator presses "publish" the page says what is missing (block), which platform rule the plan
 *            touches and what would be an alternative (acknowledge), and what will disappoint people (warn).
 * Rules      G1 WeChat forbids rewards that depend on sharing; G6 no cash by headcount; G8 red packets are the organiser's money, 1 to
 *            200 yuan, with a daily limit for a person; G7 prizes, stock, dates and organiser are published before
 *            the start and then only change in favour of those who take part; G10 absolute words; G12 a rules page.
 *            Their sources stand in docs; here is what is checked.
 * Holds      The same campaign gives the same objections, worst first. A block names the field that mends it.
 * Test       campaign_test.c.
 */
#include "campaign/draw/draw.h"
#include "campaign/lint/words.h"
#include "campaign/packet/packet.h"

#define OBJECTIONS_MAX   60
#define PRIZE_VALUE_MAX  5000000          /* fen: ¥50,000, guardrail G7 */
#define CLAIM_TIME_LEAST (24 * HOUR)
#define FIRST_GOAL_HIGH  10               /* more friends than most people bring */

ROW_PUBLIC(objection,
	FIELD(objection, rule,  "Its name: G1 …, or the word of a check"),
	FIELD(objection, level, "What it means", .one_of = "block acknowledge warn"),
	FIELD(objection, field, "Where to mend it, as in the form"),
	FIELD(objection, text,  "In words"));

struct list { struct arena *arena; struct objection *at; size_t count; bool en; };

static void object(struct list *l, const char *level, const char *rule, struct str field, const char *zh, const char *en)
{
	if (l->count < OBJECTIONS_MAX)
		l->at[l->count++] = (struct objection){ str_of(rule), str_of(level), field, str_of(l->en ? en : zh) };
}

/* ---- Chances of a lottery -------------------------------------------------------------------------- */

static const struct campaign *lottery_named(const struct campaign *c, struct id id)
{
	const struct campaign *lotteries = c->lotteries.at;
	for (size_t i = 0; i < c->lotteries.count; i++)
		if (lotteries[i].id.n == id.n)
			return &lotteries[i];
	return NULL;
}

/* Nothing is promised that could not be used: whoever gets chances on the last day must still find the lottery open. What runs already
 * is only told of a lottery that ended meanwhile: nobody can mend that, and the rest of it must go on. */
static void check_lottery(struct list *l, const struct campaign *c, const struct campaign *lottery, struct str at,
                          struct instant until)
{
	bool ended = str_is(lottery->state, "ended"), runs = c->published_at.ms != 0;
	if (!lottery->published_at.ms)
		object(l, "block", "chances", at, "这场抽奖还没有发布，领到的机会用不了。请先发布它。",
		       "This lottery is not published: nobody could use its chances. Publish it first.");
	else if (ended)
		object(l, runs ? "warn" : "block", "chances", at, "这场抽奖已经结束，它的机会领不了。请换一场；已经在进行的活动，请给这一级加一件可换的奖品。",
		       "This lottery has ended: its chances cannot be claimed. Choose another; where people take part already, add a prize "
		       "to choose instead.");
	else if (str_is(lottery->state, "paused"))
		object(l, "warn", "chances", at, "这场抽奖暂停着，领到的机会要等它恢复才能用。",
		       "This lottery is paused: chances wait until it goes on.");
	if (!ended && until.ms >= ENDLESS && lottery->ends_at.ms < ENDLESS)
		object(l, "warn", "chances", at, "这个活动没有截止时间，抽奖却有：它结束后机会就领不了，到时请加一件可换的奖品。",
		       "This campaign has no end and the lottery has one: then its chances cannot be claimed. Add another prize by then.");
	else if (!ended && lottery->ends_at.ms < until.ms)
		object(l, "block", "chances", at, "这场抽奖结束得太早：最后一天领到机会的人来不及抽。请把抽奖延长到领奖截止之后，或提前截止领奖。",
		       "The lottery ends too early: who claims on the last day could not draw. Let it run until claims have closed, or close "
		       "them earlier.");
	if (str_is(lottery->strength, "phone") && str_is(c->strength, "anonymous"))
		object(l, "block", "identity", at, "这场抽奖要验证手机号，这里却不用。请让这个活动也验证手机号，或换一场抽奖。",
		       "This lottery asks for a checked phone number and this campaign does not. Ask for it here, too, or choose another lottery.");
	if (!str_is(lottery->takes_part, "all") || lottery->segment_id.n || lottery->regions.count || lottery->capacity)
		object(l, "warn", "chances", at, "这场抽奖限定了谁能参加；作为奖品得到机会的人不受这些限制。",
		       "This lottery is for some people only; that does not hold for those who win chances of it.");
}

static void check_chances(struct list *l, const struct campaign *c, const struct prize *p, struct str at, struct instant until)
{
	struct str which = str_format(l->arena, "%.*s.lottery_id", STR(at)), many = str_format(l->arena, "%.*s.chances", STR(at));
	const struct campaign *lottery = lottery_named(c, p->lottery_id);
	if (!p->chances)
		object(l, "block", "prize", many, "还没有填送几次机会。", "Say how many chances.");
	if (!p->lottery_id.n || !lottery)
		object(l, "block", "prize", which, "还没有选哪一场抽奖。", "Choose the lottery.");
	else if (p->lottery_id.n == c->id.n)
		object(l, "block", "chances", which, "不能送自己这一场的机会：抽奖抽出抽奖，概率就说不清了。请换另一场，或把次数加到每天的机会里。",
		       "A lottery cannot give its own chances: its odds would no longer be what they say. Choose another, or give more a day.");
	else
		check_lottery(l, c, lottery, which, until);
	if (lottery && lottery->draw && lottery->draw->most && p->chances > lottery->draw->most)
		object(l, "block", "chances", many, "比这场抽奖里一个人能抽的总次数还多，多出来的用不了。",
		       "More than one person may draw there in all: the rest could not be used.");
}

/* ---- What is missing ------------------------------------------------------------------------------- */

static void check_prize(struct list *l, const struct campaign *c, const struct prize *p, struct str at, struct instant until)
{
	struct str stock = str_format(l->arena, "%.*s.stock", STR(at)), value = str_format(l->arena, "%.*s.value", STR(at));
	if (p->stock == 0)
		object(l, "block", "stock", stock, "这件奖品的库存是 0，没有人能领到。", "There is no stock of this prize: nobody could get it.");
	if (p->value.fen > PRIZE_VALUE_MAX)
		object(l, "block", "G7", value, "单件奖品不能超过 5 万元（规则 G7）。", "A prize may be worth at most ¥50,000 (rule G7).");
	if (str_is(p->kind, "link") && !p->link.len)
		object(l, "block", "prize", str_format(l->arena, "%.*s.link", STR(at)), "还没有填领取链接。", "The link is missing.");
	if (str_is(p->kind, "points") && !p->points)
		object(l, "block", "prize", str_format(l->arena, "%.*s.points", STR(at)), "还没有填积分数。", "Say how many points.");
	if (str_is(p->kind, "code") && p->codes < p->stock)
		object(l, "block", "prize", stock, "导入的兑换码比库存少，会有人领不到。请先导入足够的码。",
		       "There are fewer codes than stock: somebody would go without. Load more codes first.");
	if (str_is(p->kind, "money") && (p->value.fen < PACKET_LEAST || p->value.fen > PACKET_MOST))
		object(l, "block", "G8", value, "现金红包每份 1 到 200 元（规则 G8）。", "A prize of money is 1 to 200 yuan (rule G8).");
	if (str_is(p->kind, "chances"))
		check_chances(l, c, p, at, until);
	if (str_is(p->kind, "onsite") && !p->note.len)
		object(l, "warn", "prize", str_format(l->arena, "%.*s.note", STR(at)), "写清到哪里、什么时间核销，能少接很多电话。",
		       "Say where and when it is redeemed; it saves many calls.");
}

static void check_stages(struct list *l, const struct campaign *c)
{
	const struct stage *stages = c->stages.at;
	bool points = str_is(c->kind, "refer") && c->inviter_points > 0;       /* may be all there is */
	if (c->stages.count == 0 && !points)
		object(l, "block", "stages", S("stages"), "至少要有一级目标和奖品。", "There must be at least one goal with a prize.");
	for (size_t i = 0; i < c->stages.count; i++) {
		if (stages[i].prizes.count == 0)
			object(l, "block", "stages", str_format(l->arena, "stages[%zu].prizes", i), "这一级还没有奖品。", "This stage has no prize.");
		for (size_t k = 0; k < stages[i].prizes.count; k++)
			check_prize(l, c, (const struct prize *)stages[i].prizes.at + k, str_format(l->arena, "stages[%zu].prizes[%zu]", i, k),
			            c->claim_until);
	}
	if (c->stages.count && stages[0].goal > FIRST_GOAL_HIGH)
		object(l, "warn", "goal", S("stages[0].goal"), "第一级目标偏高，多数人会在 3 到 5 位好友时放弃。",
		       "The first goal is high: most people give up after three to five friends.");
}

/* ---- What each play needs ---------------------------------------------------------------------------- */

static int64_t stock_of(const struct stage *s)
{
	int64_t sum = 0;
	for (size_t i = 0; i < s->prizes.count; i++)
		sum += ((const struct prize *)s->prizes.at)[i].stock;
	return sum;
}

static bool has_stage_for(const struct campaign *c, const char *whom)
{
	const struct stage *stages = c->stages.at;
	for (size_t i = 0; i < c->stages.count; i++)
		if (str_is(stages[i].whom, whom))
			return true;
	return false;
}

/* 建群宝: people come into the group, and what it gives is everybody's. */
static void check_build(struct list *l, const struct campaign *c)
{
	const struct stage *stages = c->stages.at;
	if (!str_is(c->act, "join"))
		object(l, "block", "play", S("act"), "建群宝以进群为准，请把「好友做什么」改成加入群，并选好活码。",
		       "Group building counts who joins: let friends join a group, and choose its live code.");
	if (c->stages.count && !has_stage_for(c, "all"))
		object(l, "block", "play", S("stages"), "建群宝的福利是全群的：至少有一级要给「全群每人一份」。",
		       "In group building the benefit is everybody's: let at least one stage be for all of the group.");
	for (size_t i = 0; i < c->stages.count; i++)
		if (str_is(stages[i].whom, "all") && stages[i].prizes.count && stock_of(&stages[i]) <= stages[i].goal)
			object(l, "block", "stock", str_format(l->arena, "stages[%zu].prizes[0].stock", i),
			       "库存不够一个群分：满员时，邀请的人和进群的每一位都要有一份。",
			       "The stock does not serve one group: when it is full, the inviter and everybody who joined get one.");
}

/* 老带新: both sides get something, once, for what can be seen to have happened. */
static void check_refer(struct list *l, const struct campaign *c)
{
	if (str_is(c->act, "tap"))
		object(l, "block", "play", S("act"), "老带新要等好友真的来了再奖励：选进群、报名，或者到店后由员工确认。",
		       "A referral is rewarded once the friend has come: joined, signed up, or was confirmed by staff.");
	if (c->helps_each != 1)
		object(l, "block", "play", S("helps_each"), "一位好友只能算一次，请把「一位好友最多帮几个人」设为 1。",
		       "A friend counts once: set “one friend helps at most” to 1.");
	if (!c->inviter_points && !has_stage_for(c, "own") && !has_stage_for(c, "all"))
		object(l, "block", "play", S("inviter_points"), "还没有给邀请人的奖励：填积分，或者加一级奖品。",
		       "There is nothing for the inviter: give points, or add a stage with a prize.");
	if (!c->friend_points && !has_stage_for(c, "friends") && !has_stage_for(c, "all"))
		object(l, "block", "play", S("friend_points"), "老带新要两边都有奖励：给好友积分，或者加一份好友礼。",
		       "Both sides are rewarded: give the friend points, or add a gift for friends.");
	if (c->inviter_points && !c->month_cap)
		object(l, "warn", "cap", S("month_cap"), "没有每月上限，专门拉人刷积分的人会很快出现。",
		       "Without a monthly cap somebody will soon farm points.");
	if (!c->new_only)
		object(l, "warn", "new", S("new_only"), "没有限定新朋友，老成员之间互相邀请也会有奖励。",
		       "Not only newcomers count: old members will refer each other.");
}

/* 进群宝: what is given follows the joining, by itself. */
static void check_funnel(struct list *l, const struct campaign *c)
{
	const struct stage *stages = c->stages.at;
	if (!str_is(c->act, "join"))
		object(l, "block", "play", S("act"), "进群宝要进群后才给，请把「好友做什么」改成加入群。",
		       "A join funnel gives something for joining: let the act be joining a group.");
	if (c->stages.count && !has_stage_for(c, "friends"))
		object(l, "block", "play", S("stages"), "请把要给的资料或礼品设为「进群的每一位」。",
		       "Let what is given be for everybody who joins.");
	for (size_t i = 0; i < c->stages.count; i++)
		for (size_t k = 0; k < stages[i].prizes.count; k++)
			if (str_among(((const struct prize *)stages[i].prizes.at)[k].kind, "physical onsite"))
				object(l, "warn", "prize", str_format(l->arena, "stages[%zu].prizes[%zu].kind", i, k),
				       "这件要自己点领取；链接、兑换码、积分和抽奖机会会到时间自动送达。",
				       "This one must be claimed by hand; links, codes, points and chances arrive by themselves.");
}

static void check_kind(struct list *l, const struct campaign *c)
{
	if (str_is(c->act, "join") && !c->code_id.n)
		object(l, "block", "code", S("code_id"), "还没有选好友进哪个活码。", "Choose the live code by which friends join.");
	else if (str_is(c->act, "join") && !c->door)
		object(l, c->published_at.ms ? "warn" : "block", "code", S("code_id"), "这个活码没有在运行，好友进不了群，也就不会计数。请先启动它，或换一个。",
		       "This live code does not run: no friend could join, so nobody would count. Start it, or choose another.");
	if (str_is(c->act, "follow") && !c->account)
		object(l, "block", "account", S("act"), "还没有选好友关注哪个公众号：选好并保存公众号设置，再发布。",
		       "Choose the official account that friends follow, and save it.");
	if (str_is(c->reserve, "goal") && has_stage_for(c, "all"))
		object(l, "block", "reserve", S("reserve"), "「全群每人一份」的奖品不能在达标时预留，请改成领取时扣库存。",
		       "A prize for all of the group cannot be put aside at the goal: let the stock fall at the claim.");
	if (str_is(c->kind, "build"))
		check_build(l, c);
	if (str_is(c->kind, "refer"))
		check_refer(l, c);
	if (str_is(c->kind, "funnel"))
		check_funnel(l, c);
}

/* Of a lottery: prizes that can be drawn, chances that fit, a time for the lots. */
static void check_draw(struct list *l, const struct campaign *c, const struct draw *d)
{
	const struct draw_place *places = d->places.at;
	bool lots = str_is(d->mode, "lots"), limited = d->wins_day || d->wins_most;
	size_t room = str_is(d->looks, "grid") ? 8 : FAIR_PLACES;
	int64_t sum = 0, stock = 0;
	for (size_t i = 0; i < d->places.count; i++) {
		struct prize p = draw_prize(&places[i]);
		struct str at = str_format(l->arena, "places[%zu]", i);
		check_prize(l, c, &p, at, lots ? d->draw_at : c->ends_at);
		if (!lots && !places[i].ppm)
			object(l, "block", "G7", str_format(l->arena, "%.*s.ppm", STR(at)), "这件奖品的概率是 0，谁也抽不到（规则 G7）。",
			       "This prize has no chance at all: nobody could draw it (rule G7).");
		sum += places[i].ppm, stock += p.stock;
	}
	if (!d->places.count)
		object(l, "block", "draw", S("places"), "还没有奖品。请至少加一件，并写清数量和概率。", "There is no prize yet. Add one, with stock and probability.");
	if (!lots && sum > FAIR_WHOLE)
		object(l, "block", "G7", S("places"), "各奖品的概率加起来超过了 100%。", "The probabilities add up to more than 100%.");
	if (!lots && d->places.count && (d->places.count > room || (sum < FAIR_WHOLE && d->places.count == room)))
		object(l, "block", "draw", S("looks"), "奖品太多，转盘上放不下「谢谢参与」。九宫格最多 7 件，转盘最多 11 件；必中时各多一件。",
		       "Too many prizes to leave a place for “no prize”: 7 in a grid, 11 on a wheel; one more when everybody wins.");
	if (lots && (d->draw_at.ms < c->ends_at.ms || d->draw_at.ms > c->claim_until.ms))
		object(l, "block", "draw", S("draw_at"), "开奖要在活动结束之后、领奖截止之前。", "Winners are drawn after the end and before claims close.");
	if (lots && stock > LOTS_MOST)
		object(l, "block", "draw", S("places"), "一次开奖最多 1000 份奖品。", "At most 1,000 winners are drawn at once.");
	if (!d->day_chances && !d->helps_chance)
		object(l, "warn", "draw", S("day_chances"), "没有人会自动得到抽奖次数，只能由工作人员补发，或作为别的活动的奖品发出。",
		       "Nobody gets a chance by themselves: only staff and the prizes of other campaigns give them.");
	if (!lots && !limited)
		object(l, "warn", "draw", S("wins_most"), "没有限制中奖次数，一个人可能拿走好几份。", "Wins are not limited: one person may take several prizes.");
}

/* Of red packets: amounts and limits of guardrail G8, shares that can be split, a budget that holds one. */
static void check_packet(struct list *l, const struct packet_rule *p)
{
	if (p->total.fen < PACKET_LEAST || p->total.fen > PACKET_MOST)
		object(l, "block", "G8", S("total"), "一个红包的总额是 1 到 200 元（规则 G8）。", "A packet holds 1 to 200 yuan (rule G8).");
	if (!p->day_cap.fen || p->day_cap.fen > PACKET_MOST)
		object(l, "block", "G8", S("day_cap"), "请写每人每天最多领多少，1 到 200 元（规则 G8）。",
		       "Say how much one person may get a day, 1 to 200 yuan (rule G8).");
	else if (p->day_cap.fen < PACKET_LEAST || p->day_cap.fen * p->shares < p->total.fen)
		object(l, "block", "G8", S("day_cap"), "每人每天的上限比一份红包还少，没有人领得到。", "The daily limit is less than one share: nobody could take it.");
	if (p->shares < 2)
		object(l, "block", "packet", S("shares"), "至少分成 2 份：自己一份，好友一份。",
		       "Split it in at least 2 shares: one for the opener, one for a friend.");
	if (p->shares * p->least.fen > p->total.fen)
		object(l, "block", "packet", S("least"), "总额不够：每人最少的金额乘以份数，超过了一个红包的总额。",
		       "The total is too small: the smallest share times the shares is more than a packet holds.");
	if (p->budget.fen < p->total.fen)
		object(l, "block", "G8", S("budget"), "预算还不够开一个红包。红包由主办方出钱，请先写预算（规则 G8）。",
		       "The budget holds no packet. Red packets are the organiser's money: put a budget in first (rule G8).");
	if (p->shares > FIRST_GOAL_HIGH)
		object(l, "warn", "goal", S("shares"), "份数偏多，集不齐的红包会失效，容易失望。多数玩法是 3 到 8 份。",
		       "Many shares: packets that are not full lapse, and people are disappointed. Most have 3 to 8.");
}

static bool gives_money(const struct stage *s, size_t *ret_prize)
{
	for (size_t i = 0; i < s->prizes.count; i++)
		if (str_is(((const struct prize *)s->prizes.at)[i].kind, "money")) {
			*ret_prize = i;
			return true;
		}
	return false;
}

/* Money for people who were brought is what guardrail G6 forbids: a standing programme pays none to who brings; elsewhere one goal
 * may give a red packet, and several in a row are the same by steps. What a friend gets for coming is no reward for bringing. */
static void check_money(struct list *l, const struct campaign *c)
{
	const struct stage *stages = c->stages.at;
	size_t steps = 0, k;
	for (size_t i = 0; i < c->stages.count; i++) {
		if (str_is(stages[i].whom, "friends") || !gives_money(&stages[i], &k))
			continue;
		struct str field = str_format(l->arena, "stages[%zu].prizes[%zu].kind", i, k);
		if (str_is(c->kind, "refer"))
			object(l, "block", "G6", field, "老带新不能按人头发现金（规则 G6），请换成积分、礼品或优惠。",
			       "Nobody is paid cash for each person they bring (rule G6): give points, a gift or a discount.");
		else if (++steps == 2)
			object(l, "warn", "G6", field, "几级目标都发现金，接近按人头付钱（规则 G6）。建议只留一级，其余换成礼品。",
			       "Cash at several goals is close to paying by headcount (rule G6). Keep one, and make the others gifts.");
	}
}

static void check_texts(struct list *l, const struct campaign *c)
{
	if (!c->rules.len)
		object(l, "block", "G12", S("rules"), "请写活动规则：怎么算、奖品怎么领、时间和名额（规则 G12）。",
		       "Write the rules: what counts, how prizes are claimed, dates and numbers (rule G12).");
	if (!c->organiser.len)
		object(l, "block", "G7", S("organiser"), "请写主办方和联系方式（规则 G7）。", "Name the organiser and how to reach them (rule G7).");
	if (!c->cover.len)
		object(l, "warn", "cover", S("cover"), "有封面图的活动更容易被点开。", "A cover picture makes people open it.");
}

/* ---- What the platforms' and the law's rules say ------------------------------------------------------ */

static void check_words(struct list *l, struct str field, struct str text)
{
	struct word_hit hits[WORD_HITS_MAX];
	size_t count = words_find(l->arena, text, hits);
	for (size_t i = 0; i < count; i++) {
		struct str zh = str_format(l->arena, "“%.*s”不能用在对外的宣传里，建议换个说法（规则 G10）。", STR(hits[i].word));
		struct str en = str_format(l->arena, "\"%.*s\" may not stand in what is promised to people (rule G10).", STR(hits[i].word));
		object(l, "warn", "G10", field, str_z(l->arena, zh), str_z(l->arena, en));
	}
}

static void check_platform(struct list *l, const struct campaign *c)
{
	/* Where nobody is asked to share there is nothing to acknowledge. */
	bool shares = !str_is(c->kind, "funnel") && (c->stages.count || !str_is(c->kind, "contest"));
	if (c->draw ? c->draw->helps_chance > 0 : shares)
		object(l, "acknowledge", "G1", S("acknowledge"),
		       "微信不允许用奖励诱导分享、关注（规则 G1），违规链接会被停止访问。可以改成「进群即领」「申请领取」，或只在自有网页、QQ、线下使用；"
		       "确定要在微信里用，请确认你已了解这个风险。",
		       "WeChat forbids rewards that depend on sharing or following (rule G1) and blocks such links. Consider giving the gift "
		       "to everybody who joins or applies, or use it outside WeChat; to use it there, confirm that you know the risk.");
	if (str_is(c->strength, "anonymous"))
		object(l, "warn", "identity", S("strength"), "不验证身份时，同一个人换手机、换浏览器可能被算作几个人；可疑助力会更严格地送审。",
		       "Without checking identity, one person with several phones may count twice; suspicious helps are reviewed.");
	check_words(l, S("name"), c->name);
	check_words(l, S("rules"), c->rules);
	check_words(l, S("share_title"), c->share_title);
	check_words(l, S("share_text"), c->share_text);
}

static void check_plan(struct list *l, const struct campaign *c)
{
	if (c->ends_at.ms < ENDLESS && c->claim_until.ms - c->ends_at.ms < CLAIM_TIME_LEAST)
		object(l, "warn", "claim", S("claim_until"), "结束后留一天以上领奖，最后一刻达标的人才来得及。",
		       "Leave a day or more for claims after the end, for those who reach it at the last moment.");
	if (str_is(c->act, "join") && !c->still_days)
		object(l, "warn", "still", S("still_days"), "没有设退群扣减，可能有人领完就退群。",
		       "Nobody loses a help by leaving: some will join and leave at once.");
	if (str_is(c->act, "follow") && !c->still_days)
		object(l, "warn", "still", S("still_days"), "没有设取关扣减，可能有人助力完就取消关注。",
		       "Nobody loses a help by unfollowing: some will follow and leave at once.");
	const struct text_item *who = c->promised_by.at;
	for (size_t i = 0; i < c->promised_by.count; i++) {
		struct str zh = str_format(l->arena, "「%.*s」在送这场抽奖的机会：提前结束，领到的人就用不上了（规则 G7）。", STR(who[i].item));
		struct str en = str_format(l->arena, "“%.*s” gives its chances: if it ends early they are lost (rule G7).", STR(who[i].item));
		object(l, "warn", "G7", S("ends_at"), str_z(l->arena, zh), str_z(l->arena, en));
	}
	if (c->mutual)
		object(l, "warn", "mutual", S("mutual"), "允许互助时，参与者之间互点会很快刷完奖品。",
		       "With mutual help, participants will help each other through the stock.");
}

static int rank_of(struct str level)
{
	return str_is(level, "block") ? 0 : str_is(level, "acknowledge") ? 1 : 2;
}

/* Stable: within a level the order of the form. */
static void sort_worst_first(struct objection *o, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k > 0 && rank_of(o[k].level) < rank_of(o[k - 1].level); k--) {
			struct objection swap = o[k];
			o[k] = o[k - 1], o[k - 1] = swap;
		}
}

int campaign_objections(struct arena *arena, const struct campaign *c, enum lang lang, struct rows *ret)
{
	struct list l = { arena, arena_take_array(arena, OBJECTIONS_MAX, sizeof(struct objection)), 0, lang == LANG_EN };
	if (!l.at)
		return E_MEMORY;
	check_texts(&l, c);
	if (c->draw)
		check_draw(&l, c, c->draw);
	else if (!str_among(c->kind, "contest packet") || c->stages.count)          /* a contest may be for the honour */
		check_stages(&l, c);
	if (c->packet)
		check_packet(&l, c->packet);
	check_money(&l, c);
	check_kind(&l, c);
	check_platform(&l, c);
	check_plan(&l, c);
	sort_worst_first(l.at, l.count);
	*ret = (struct rows){ l.at, l.count };
	return (int)l.count;
}

/* ---- Once published ---------------------------------------------------------------------------------- */

static const struct prize *same_prize(const struct campaign *c, struct id id)
{
	const struct stage *stages = c->stages.at;
	for (size_t i = 0; i < c->stages.count; i++)
		for (size_t k = 0; k < stages[i].prizes.count; k++)
			if (((const struct prize *)stages[i].prizes.at)[k].id.n == id.n)
				return (const struct prize *)stages[i].prizes.at + k;
	return NULL;
}

static const struct stage *same_stage(const struct campaign *c, struct id id)
{
	const struct stage *stages = c->stages.at;
	for (size_t i = 0; i < c->stages.count; i++)
		if (stages[i].id.n == id.n)
			return &stages[i];
	return NULL;
}

static bool cap_is_tighter(int64_t before, int64_t after)          /* 0: no limit */
{
	return after != 0 && (before == 0 || after < before);
}

static bool prize_is_worse(const struct prize *before, const struct prize *after)
{
	return !after || after->stock < before->stock || after->value.fen < before->value.fen || after->points < before->points
	    || after->chances < before->chances || after->lottery_id.n != before->lottery_id.n
	    || cap_is_tighter(before->redeem_days, after->redeem_days)
	    || (str_is(before->kind, "money") && after->value.fen != before->value.fen)      /* the budget was reckoned with it */
	    || !str_equal(after->kind, before->kind) || !str_equal(after->title, before->title);
}

/* A goal may fall, a prize may be added, stock may grow; nothing that was promised goes. */
static bool stages_are_worse(const struct campaign *before, const struct campaign *after)
{
	const struct stage *stages = before->stages.at;
	for (size_t i = 0; i < before->stages.count; i++) {
		const struct stage *now = same_stage(after, stages[i].id);
		if (!now || now->goal > stages[i].goal || (!str_equal(now->whom, stages[i].whom) && !str_is(now->whom, "all")))
			return true;
		const struct prize *prizes = stages[i].prizes.at;
		for (size_t k = 0; k < stages[i].prizes.count; k++)
			if (prize_is_worse(&prizes[k], same_prize(after, prizes[k].id)))
				return true;
	}
	return false;
}

/* What people have read stays, word for word; whether another text were better for them nobody can judge. It may go on after that. */
static bool text_is_worse(struct str before, struct str after)
{
	return !str_starts(after, str_trim(before));
}

struct str campaign_worse(const struct campaign *before, const struct campaign *after)
{
	const struct { bool worse; const char *field; } looks[] = {
		{ !str_equal(before->kind, after->kind), "kind" },
		{ text_is_worse(before->rules, after->rules), "rules" },
		{ text_is_worse(before->organiser, after->organiser), "organiser" },
		{ after->starts_at.ms > before->starts_at.ms, "starts_at" },
		{ after->ends_at.ms < before->ends_at.ms, "ends_at" },
		{ after->claim_until.ms < before->claim_until.ms, "claim_until" },
		{ !str_equal(before->takes_part, after->takes_part) && !str_is(after->takes_part, "all"), "takes_part" },
		{ cap_is_tighter(before->capacity, after->capacity), "capacity" },
		{ str_is(after->strength, "phone") && str_is(before->strength, "anonymous"), "strength" },
		{ !str_equal(before->act, after->act), "act" },
		{ after->new_only && !before->new_only, "new_only" },
		{ cap_is_tighter(before->helps_each, after->helps_each), "helps_each" },
		{ before->mutual && !after->mutual, "mutual" },
		{ after->hold_minutes > before->hold_minutes, "hold_minutes" },
		{ after->still_days > before->still_days, "still_days" },
		{ after->inviter_points < before->inviter_points, "inviter_points" },
		{ after->friend_points < before->friend_points, "friend_points" },
		{ cap_is_tighter(before->month_cap, after->month_cap), "month_cap" },
		{ after->wait_minutes > before->wait_minutes, "wait_minutes" },
		{ str_is(before->reserve, "goal") && !str_is(after->reserve, "goal"), "reserve" },
		{ after->end_by_stock && !before->end_by_stock, "end_by_stock" },
		{ after->segment_id.n && after->segment_id.n != before->segment_id.n, "segment_id" },
		{ regions_are_worse(before, after), "regions" },
		{ stages_are_worse(before, after), "stages" },
	};
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
		if (looks[i].worse)
			return str_of(looks[i].field);
	return S("");
}
