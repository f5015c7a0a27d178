/* visit.c: the visitor's pages of a campaign: /t/SLUG, its own or a participant's.
 *
 * Story      A friend's link opens in WeChat: what this is, whose it is, one button. One tap helps; another takes part with
 *            one's own link. Who takes part sees the goals, how many are still missing, who helped and who did not count and
 *            why, and claims what is reached.
 * How        Every answer is the whole page as it is true now, as in scan.c: the browser shows and asks. Opening a friend's
 *            page is remembered (invite.c), so that joining the group afterwards counts for that friend.
 * Not here   Deciding helps (invite.c), prizes (prize.c), drawing posters.
 * Holds      What a visitor may see of others: nicknames and verdicts of those who opened their own page, no more.
 * Test       campaign_test.c; web/journeys/campaign.spec.ts.
 */
#include "campaign/contest/contest.h"
#include "campaign/draw/draw.h"
#include "campaign/fraud/fraud.h"
#include "campaign/packet/packet.h"
#include "campaign/redeem/redeem.h"
#include "campaign/message/message.h"
#include "channel/mp/mp.h"

#include "base/utf8.h"
#include "engine/file/file.h"
#include "groups/livecode.h"
#include "http/template.h"
#include "people/member.h"

#define FRIENDS_SHOWN  100
#define POINTS_SHOWN    50
#define TRIES           60        /* acts of one visitor in TRIES_TIME … */
#define CROWD         3000        /* … and of one address: a whole town's phones may share one */
#define TRIES_TIME  (10 * MINUTE)
#define PAGE_BYTES (256 << 10)

/* ---- Rows: the page, as the browser gets it ------------------------------------------------------ */

struct task_community { struct id id; struct str name, slogan, logo, colour; };
struct task_campaign {
	struct str     kind, name, cover, rules, organiser, act;
	struct instant starts_at, ends_at, claim_until;
	bool           new_only;
	int64_t        hold_minutes, still_days, participants, inviter_points, friend_points, month_cap, wait_minutes;
	struct str     strength, share_title, share_text;
	bool           board;
	struct rows    regions;
};
struct task_prize {
	struct id    id;
	struct str   kind, title, note, picture;
	struct money value;
	int64_t      points, remaining;
	bool         held;
	int64_t      chances;
	struct str   lottery;
};
struct task_order {
	struct id  id;
	struct str kind, title, state, code, qr, shipping, note;
	bool       asks_address;
	struct one redeem;
	int64_t    chances;
	struct str lottery, lottery_path;
	bool       lottery_over;
};
struct task_stage { struct id id; int64_t goal; struct str title, whom; bool reached; struct rows prizes; struct one order; };
struct task_friend { struct str nickname, state, reason; struct instant at; };
struct task_person { struct str slug, url, nickname; int64_t helps, goal; };
struct task_help { struct str state, reason; };
struct task_point { int64_t amount; struct str reason; struct instant at; };
struct task_points { int64_t balance; struct rows entries; };

ROW(task_community,
	FIELD(task_community, id,     "Community"),
	FIELD(task_community, name,   "Name"),
	FIELD(task_community, slogan, "Slogan"),
	FIELD(task_community, logo,   "Address of the logo"),
	FIELD(task_community, colour, "#rrggbb or empty"));

ROW(task_campaign,
	FIELD(task_campaign, kind,         "Which play", .one_of = "treasure likes resource build refer lottery contest funnel packet"),
	FIELD(task_campaign, name,         "Its name"),
	FIELD(task_campaign, cover,        "Address of the cover"),
	FIELD(task_campaign, rules,        "Rules"),
	FIELD(task_campaign, organiser,    "Who stands behind it"),
	FIELD(task_campaign, act,          "What a friend does", .one_of = "tap join sign_up visit follow"),
	FIELD(task_campaign, starts_at,    "Begin"),
	FIELD(task_campaign, ends_at,      "End"),
	FIELD(task_campaign, claim_until,  "Prizes are claimed until then"),
	FIELD(task_campaign, new_only,     "Only newcomers count"),
	FIELD(task_campaign, hold_minutes, "A help becomes valid so much later"),
	FIELD(task_campaign, still_days,   "Leaving within so many days takes the help away"),
	FIELD(task_campaign, participants, "How many take part"),
	FIELD(task_campaign, inviter_points, "Of kind refer: points for each friend who counts"),
	FIELD(task_campaign, friend_points, "… and for the friend"),
	FIELD(task_campaign, month_cap,    "… for so many friends a month; 0: no limit"),
	FIELD(task_campaign, wait_minutes, "Of kind funnel: what is given comes so much after joining"),
	FIELD(task_campaign, strength,     "Least identity that counts"),
	FIELD(task_campaign, share_title,  "Title of the share card"),
	FIELD(task_campaign, share_text,   "Text to copy"),
	FIELD(task_campaign, board,        "Its leaderboard is shown: /t/{slug}/board"),
	FIELD(task_campaign, regions,      "Only members of these cities or regions take part; none: whoever", .of = &row_text_item));

ROW(task_prize,
	FIELD(task_prize, id,        "Prize"),
	FIELD(task_prize, kind,      "How it is given", .one_of = "physical onsite code link points money chances"),
	FIELD(task_prize, title,     "What it is"),
	FIELD(task_prize, note,      "How to use it"),
	FIELD(task_prize, picture,   "Address of a picture"),
	FIELD(task_prize, value,     "What it is worth, in fen"),
	FIELD(task_prize, points,    "Of kind points"),
	FIELD(task_prize, remaining, "How many are left, with the one put aside for you"),
	FIELD(task_prize, held,      "One is put aside for you"),
	FIELD(task_prize, chances,   "Of kind chances: so many draws …"),
	FIELD(task_prize, lottery,   "… in the lottery of this name"));

ROW_PUBLIC(task_order,
	FIELD(task_order, id,       "Order"),
	FIELD(task_order, kind,     "How it is given"),
	FIELD(task_order, title,    "What it is"),
	FIELD(task_order, state,    "Where it stands", .one_of = "to_ship shipped to_redeem redeemed given expired cancelled"),
	FIELD(task_order, code,     "To show at the counter, the code, or the link"),
	FIELD(task_order, qr,       "The code as a QR picture, while it can be redeemed"),
	FIELD(task_order, shipping, "Carrier and number"),
	FIELD(task_order, note,     "How to use it; cancelled: why"),
	FIELD(task_order, asks_address, "It waits for an address"),
	FIELD(task_order, redeem,   "Of kind onsite: where and when it is redeemed", .of = &row_redeem_shown),
	FIELD(task_order, chances,  "Of kind chances: so many draws …"),
	FIELD(task_order, lottery,  "… in the lottery of this name"),
	FIELD(task_order, lottery_path, "… whose page is here"),
	FIELD(task_order, lottery_over, "… and nobody draws there any more"));

ROW(task_stage,
	FIELD(task_stage, id,      "Stage"),
	FIELD(task_stage, goal,    "Helps that count"),
	FIELD(task_stage, title,   "What it is called"),
	FIELD(task_stage, whom,    "Who gets it", .one_of = "own friends all"),
	FIELD(task_stage, reached, "You have reached it"),
	FIELD(task_stage, prizes,  "What is given; one of them by choice", .of = &row_task_prize),
	FIELD(task_stage, order,   "What you have claimed of it", .of = &row_task_order));

ROW(task_friend,
	FIELD(task_friend, nickname, "Name, where known"),
	FIELD(task_friend, state,    "What became of it", .one_of = "open held counted refused rejected deducted"),
	FIELD(task_friend, reason,   "Why it does not count: a word, or staff's own words"),
	FIELD(task_friend, at,       "When"));

ROW(task_person,
	FIELD(task_person, slug,     "Their link's name"),
	FIELD(task_person, url,      "Their link, whole"),
	FIELD(task_person, nickname, "Name"),
	FIELD(task_person, helps,    "Helps that count"),
	FIELD(task_person, goal,     "Their next goal; 0: all are reached"));

ROW(task_help,
	FIELD(task_help, state,  "What became of your help", .one_of = "open held counted refused rejected deducted"),
	FIELD(task_help, reason, "Why it does not count: a word"));

ROW(task_point,
	FIELD(task_point, amount, "How many; below zero: taken back"),
	FIELD(task_point, reason, "Why: a stable word"),
	FIELD(task_point, at,     "When"));

ROW(task_points,
	FIELD(task_points, balance, "Your points now"),
	FIELD(task_points, entries, "Where they come from, newest first", .of = &row_task_point));

#define VIEWS "early open paused claims over unknown"

struct task_page {
	struct str     view, lang;
	struct instant now;
	struct str     csrf, slug;
	struct one     community, campaign, owner, help, me, points, review, arrival;
	struct rows    stages, friends, crew, news;
	struct str     group, poster, region, once;
	int64_t        once_waits;
	struct one     draw, contest, liked, packet, money;
};

ROW_PUBLIC(task_page,
	FIELD(task_page, view,      "Where the campaign stands", .one_of = VIEWS),
	FIELD(task_page, lang,      "Language", .one_of = "zh en"),
	FIELD(task_page, now,       "The server's clock, for true countdowns"),
	FIELD(task_page, csrf,      "Word to send back with every act"),
	FIELD(task_page, slug,      "The link that was opened"),
	FIELD(task_page, community, "Whose it is", .of = &row_task_community),
	FIELD(task_page, campaign,  "The campaign", .of = &row_task_campaign),
	FIELD(task_page, owner,     "Whose link this is, unless your own", .of = &row_task_person),
	FIELD(task_page, help,      "Your help for the owner", .of = &row_task_help),
	FIELD(task_page, me,        "You, when you take part", .of = &row_task_person),
	FIELD(task_page, stages,    "Goals and prizes, yours where you take part", .of = &row_task_stage),
	FIELD(task_page, friends,   "Who opened your page", .of = &row_task_friend),
	FIELD(task_page, news,      "You take part: what happened, newest first", .of = &row_task_news),
	FIELD(task_page, crew,      "Of kind build: who is in the group already, by the owner's link or yours", .of = &row_task_friend),
	FIELD(task_page, arrival,   "Of kind funnel: how far you came", .of = &row_arrival),
	FIELD(task_page, points,    "Of kind refer: your points", .of = &row_task_points),
	FIELD(task_page, group,     "Of act join: where a friend joins the group"),
	FIELD(task_page, poster,    "Address of your poster"),
	FIELD(task_page, once,      "You take part: where you may let our official account tell you once; empty: nowhere"),
	FIELD(task_page, once_waits, "… and how many such messages you have allowed and not had yet"),
	FIELD(task_page, region,    "Of a campaign for some regions: do you live in one? ask: tell us with joining", .one_of = "ask in out", .optional = true),
	FIELD(task_page, review,    "You take part: what the organiser looks at or did not accept", .of = &row_task_review),
	FIELD(task_page, draw,      "Of kind lottery: what is drawn, and yours", .of = &row_draw_shown),
	FIELD(task_page, contest,   "Of kind contest: the entry, yours, and your votes", .of = &row_contest_shown),
	FIELD(task_page, liked,     "Of kind likes: what is liked here, or your own wherever it stands", .of = &row_entry_shown),
	FIELD(task_page, packet,    "Of kind packet: what is split, and the packet of this page", .of = &row_packet_shown),
	FIELD(task_page, money,     "Where money is given: yours", .of = &row_money_shown));

/* ---- Rows: what visitors send ---------------------------------------------------------------------- */

struct task_name { struct str nickname; };

ROW(task_name, FIELD(task_name, nickname, "As friends know you", .max = 20, .optional = true));

struct task_join { struct str nickname, city; };

ROW(task_join,
	FIELD(task_join, nickname, "As friends know you", .max = 20, .optional = true),
	FIELD(task_join, city,     "Where you live, where the campaign is for some cities and your profile says none", .max = 40, .optional = true));

/* ---- Which page is it? ------------------------------------------------------------------------------- */

struct task {
	struct request    *rq;
	struct community   community;
	struct campaign    campaign;
	struct participant owner, me;             /* id 0: there is none */
	struct help        help;                  /* mine for the owner; helper_id 0: none */
};

struct slug_found { struct id community_id, id; };

ROW(slug_found,
	FIELD(slug_found, community_id, "Community"),
	FIELD(slug_found, id,           "Campaign"));

static QUERY(campaign_of_slug, READS, &row_slug_found, TAKES(K_STR),
	"SELECT community_id, id FROM campaign WHERE slug = ?1");

int campaign_by_slug(struct tx *tx, struct str slug, struct id *ret_community, struct campaign *ret, struct participant *ret_owner)
{
	struct slug_found found;
	struct participant p = { 0 };
	int r = tx_one(tx, &campaign_of_slug, &found, V(slug));
	if (r == E_NOT_FOUND && (r = participant_by_slug(tx, slug, &found.community_id, &p)) == 0)
		found.id = p.campaign_id;
	if (r < 0 || (r = campaign_get(tx, found.community_id, found.id, ret)) < 0)
		return r;
	*ret_community = found.community_id, *ret_owner = p;
	return campaign_phase(ret, tx_now(tx)) == CAMPAIGN_HIDDEN ? E_NOT_FOUND : 0;
}

/* `found`: what the look for `me` came to. */
static int stand_in(struct task *t, int found)
{
	if (found < 0 && found != E_NOT_FOUND)
		return found;
	if (t->owner.id.n == t->me.id.n)
		t->owner = (struct participant){ 0 };
	return 0;
}

static int open_task(struct request *rq, struct task *t)
{
	struct id community;
	*t = (struct task){ .rq = rq };
	int r = campaign_by_slug(rq->tx, rq->path_text, &community, &t->campaign, &t->owner);
	if (r < 0)
		return r;
	rq->community = community;                /* from the link, not from a parameter: everything below stays in it */
	if ((r = community_get(rq->tx, community, &t->community)) < 0)
		return r;
	return stand_in(t, participant_of(rq->tx, community, t->campaign.id, rq->visitor, &t->me));
}

/* The same for an act on a participant's page, from what is remembered of the campaign (plan.c); `me` by this browser alone. */
static int open_help(struct request *rq, struct task *t)
{
	*t = (struct task){ .rq = rq };
	int r = participant_by_slug(rq->tx, rq->path_text, &rq->community, &t->owner);
	if (r == E_NOT_FOUND)
		return open_task(rq, t);
	if (r < 0 || (r = campaign_kept(rq->tx, rq->community, t->owner.campaign_id, &t->community, &t->campaign)) < 0)
		return r;
	return campaign_phase(&t->campaign, tx_now(rq->tx)) == CAMPAIGN_HIDDEN ? E_NOT_FOUND
	     : stand_in(t, participant_at(rq->tx, rq->community, t->campaign.id, rq->visitor, &t->me));
}

/* Who looks at a page is counted, and opening a friend's is remembered; a preview's look is not. */
static int look(struct task *t)
{
	struct request *rq = t->rq;
	if (rq->head || campaign_phase(&t->campaign, tx_now(rq->tx)) != CAMPAIGN_OPEN)
		return 0;
	int opened = str_is(t->campaign.kind, "funnel") ? arrival_see(rq, &t->campaign) : 0;
	if (opened >= 0)
		opened = t->owner.id.n ? help_open(rq, &t->campaign, &t->owner) : 0;
	return opened < 0 ? opened : campaign_seen(rq, t->campaign.id, &t->owner, opened);
}

static int remember(struct task *t)
{
	int r = look(t);
	if (r >= 0 && t->owner.id.n)
		r = help_of(t->rq->tx, t->rq->community, t->owner.id, t->rq->visitor, &t->help);
	return r == E_NOT_FOUND ? 0 : r;
}

/* ---- Filling it ------------------------------------------------------------------------------------------ */

static int64_t next_goal(const struct campaign *c, int64_t helps)
{
	const struct stage *stages = c->stages.at;
	for (size_t i = 0; i < c->stages.count; i++)
		if (stages[i].goal > helps && !str_is(stages[i].whom, "friends"))
			return stages[i].goal;
	return 0;
}

static int person_of(struct task *t, const struct participant *p, struct task_person **ret)
{
	struct task_person *person = ARENA_NEW(t->rq->arena, struct task_person);
	int64_t helps;
	int r = person ? ledger_balance(t->rq->tx, t->rq->community, &book_help, p->id, &helps) : E_MEMORY;
	if (r < 0)
		return r;
	*person = (struct task_person){
		.slug = p->slug, .url = str_format(t->rq->arena, "%.*s/t/%.*s", STR(t->rq->origin), STR(p->slug)), .nickname = p->nickname,
		.helps = helps, .goal = next_goal(&t->campaign, helps),
	};
	*ret = person;
	return 0;
}

static bool is_held(struct rows holds, struct id prize)
{
	const struct prize_hold *h = holds.at;
	for (size_t i = 0; i < holds.count; i++)
		if (h[i].prize_id.n == prize.n && str_is(h[i].state, "held"))
			return true;
	return false;
}

static struct rows prizes_shown(struct task *t, const struct stage *s, struct rows holds)
{
	struct task_prize *list = arena_take_array(t->rq->arena, s->prizes.count ? s->prizes.count : 1, sizeof *list);
	const struct prize *prizes = s->prizes.at;
	for (size_t i = 0; list && i < s->prizes.count; i++) {
		bool held = is_held(holds, prizes[i].id);
		list[i] = (struct task_prize){
			prizes[i].id, prizes[i].kind, prizes[i].title, prizes[i].note, file_url(t->rq->arena, prizes[i].picture), prizes[i].value,
			prizes[i].points, prizes[i].remaining + held, held, prizes[i].chances, prizes[i].lottery,
		};
	}
	return (struct rows){ list, list ? s->prizes.count : 0 };
}

struct one task_order_of(struct request *rq, const struct prize_order *o)
{
	struct task_order *shown = ARENA_NEW(rq->arena, struct task_order);
	struct one redeem;
	struct lottery_card lottery;
	/* Whatever the store has, the next question has it, too. */
	if (!shown || redeem_shown(rq, o, &redeem) < 0 || chances_card(rq->tx, rq->community, o, &lottery) < 0)
		return (struct one){ NULL };
	*shown = (struct task_order){
		o->id, o->kind, o->title, o->state, o->code, ticket_picture(rq, o), o->shipping, o->note,
		str_is(o->state, "to_ship") && !o->address.len, redeem, o->chances, lottery.name,
		lottery.slug.len ? str_format(rq->arena, "/t/%.*s", STR(lottery.slug)) : S(""), lottery.slug.len && lottery.over,
	};
	return (struct one){ shown };
}

static struct one order_shown(struct task *t, struct rows orders, struct id stage)
{
	const struct prize_order *o = orders.at;
	for (size_t i = 0; i < orders.count; i++)
		if (o[i].stage_id.n == stage.n)
			return task_order_of(t->rq, &o[i]);
	return (struct one){ NULL };
}

static int fill_stages(struct task *t, struct rows *ret)
{
	struct reach reach = { 0 };
	const struct stage *stages = t->campaign.stages.at;
	bool asks = t->me.id.n != 0;              /* whoever only helps reaches what is for friends, and nothing else */
	struct task_stage *list = arena_take_array(t->rq->arena, t->campaign.stages.count + 1, sizeof *list);
	struct rows orders = { 0 }, holds = { 0 };
	int r = t->me.id.n ? prize_orders_of(t->rq->tx, t->rq->community, t->me.id, &orders) : 0;
	if (r >= 0 && t->me.id.n && str_is(t->campaign.reserve, "goal"))
		r = holds_for(t->rq->tx, t->rq->community, t->me.id, &holds);
	for (size_t i = 0; i < t->campaign.stages.count; i++)
		asks |= !str_is(stages[i].whom, "own");
	if (r >= 0 && asks)
		r = reach_of(t->rq->tx, t->rq->community, &t->campaign, t->me.id, t->rq->visitor, &reach);
	if (r < 0 || !list)
		return r < 0 ? r : E_MEMORY;
	for (size_t i = 0; i < t->campaign.stages.count; i++)
		list[i] = (struct task_stage){
			.id = stages[i].id, .goal = stages[i].goal, .title = stages[i].title, .whom = stages[i].whom,
			.reached = stage_reached(&stages[i], &reach),
			.prizes = prizes_shown(t, &stages[i], holds), .order = order_shown(t, orders, stages[i].id),
		};
	*ret = (struct rows){ list, t->campaign.stages.count };
	return 0;
}

static int fill_friends(struct task *t, struct rows *ret, struct rows *ret_news)
{
	struct rows helps;
	int r = helps_for(t->rq->tx, t->rq->community, t->me.id, FRIENDS_SHOWN, &helps);
	if (r >= 0)
		r = news_of(t->rq, &t->campaign, &t->me, helps, ret_news);
	struct task_friend *list = r < 0 ? NULL : arena_take_array(t->rq->arena, helps.count + 1, sizeof *list);
	if (!list)
		return r < 0 ? r : E_MEMORY;
	const struct help *h = helps.at;
	for (size_t i = 0; i < helps.count; i++)
		list[i] = (struct task_friend){ h[i].nickname, h[i].state, h[i].reason, h[i].acted_at.ms ? h[i].acted_at : h[i].opened_at };
	*ret = (struct rows){ list, helps.count };
	return 0;
}

/* In a group everybody sees who is there: those who count, by the name they gave. */
static int fill_crew(struct task *t, struct rows *ret)
{
	const struct participant *whose = t->owner.id.n ? &t->owner : &t->me;
	struct rows helps = { 0 };
	int r = str_is(t->campaign.kind, "build") && whose->id.n ? helps_for(t->rq->tx, t->rq->community, whose->id, FRIENDS_SHOWN, &helps) : 0;
	struct task_friend *list = r < 0 ? NULL : arena_take_array(t->rq->arena, helps.count + 1, sizeof *list);
	if (!list)
		return r < 0 ? r : E_MEMORY;
	const struct help *h = helps.at;
	size_t n = 0;
	for (size_t i = 0; i < helps.count; i++)
		if (str_is(h[i].state, "counted"))
			list[n++] = (struct task_friend){ h[i].nickname, h[i].state, S(""), h[i].acted_at };
	*ret = (struct rows){ list, n };
	return 0;
}

/* Of whoever has an account, on either side. */
static int fill_points(struct task *t, struct task_points **ret)
{
	struct id member;
	struct rows entries;
	struct task_points *points;
	int r = str_is(t->campaign.kind, "refer") ? member_find_visitor(t->rq->tx, t->rq->community, t->rq->visitor, &member) : E_NOT_FOUND;
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if (!(points = ARENA_NEW(t->rq->arena, struct task_points)))
		return E_MEMORY;
	if ((r = ledger_balance(t->rq->tx, t->rq->community, &book_points, member, &points->balance)) < 0 ||
	    (r = ledger_entries(t->rq->tx, t->rq->community, &book_points, member, (struct id){ 0 }, POINTS_SHOWN, &entries)) < 0)
		return r;
	struct task_point *list = arena_take_array(t->rq->arena, entries.count + 1, sizeof *list);
	for (size_t i = 0; list && i < entries.count; i++) {
		const struct ledger_entry *e = (const struct ledger_entry *)entries.at + i;
		list[i] = (struct task_point){ e->amount, e->reason, e->at };
	}
	points->entries = (struct rows){ list, list ? entries.count : 0 };
	*ret = points;
	return 0;
}

static int fill_review(struct task *t, struct one *ret)
{
	struct task_review *review = ARENA_NEW(t->rq->arena, struct task_review);
	ret->at = review;
	return review ? fraud_review_of(t->rq->tx, t->rq->community, t->me.id, review) : E_MEMORY;
}

static int fill_arrival(struct task *t, struct one *ret)
{
	struct arrival *a = ARENA_NEW(t->rq->arena, struct arrival);
	if (!str_is(t->campaign.kind, "funnel"))
		return 0;
	int r = a ? arrival_of(t->rq->tx, t->rq->community, t->campaign.id, t->rq->visitor, a) : E_MEMORY;
	if (r == 0)
		ret->at = a;
	return r == E_NOT_FOUND ? 0 : r;
}

static struct task_campaign *campaign_shown(struct task *t)
{
	const struct campaign *c = &t->campaign;
	struct task_campaign *shown = ARENA_NEW(t->rq->arena, struct task_campaign);
	if (shown)
		*shown = (struct task_campaign){
			c->kind, c->name, file_url(t->rq->arena, c->cover), c->rules, c->organiser, c->act, c->starts_at, c->ends_at,
			c->claim_until, c->new_only, c->hold_minutes, c->still_days, c->participants, c->inviter_points, c->friend_points,
			c->month_cap, c->wait_minutes, c->strength, c->share_title, c->share_text, c->board, c->regions,
		};
	return shown;
}

static struct task_community *community_shown(struct task *t)
{
	struct task_community *shown = ARENA_NEW(t->rq->arena, struct task_community);
	if (shown)
		*shown = (struct task_community){
			t->community.id, t->community.name, t->community.slogan, file_url(t->rq->arena, t->community.logo), t->community.colour,
		};
	return shown;
}

static const char *const region_words[] = { [REGION_ANY] = "", [REGION_IN] = "in", [REGION_ASK] = "ask", [REGION_OUT] = "out" };

static const char *const view_words[] = {
	[CAMPAIGN_HIDDEN] = "unknown", [CAMPAIGN_EARLY] = "early", [CAMPAIGN_OPEN] = "open", [CAMPAIGN_PAUSED] = "paused",
	[CAMPAIGN_CLAIMS] = "claims", [CAMPAIGN_OVER] = "over",
};

static int page_of(struct task *t, struct task_page *page)
{
	struct request *rq = t->rq;
	struct task_person *owner = NULL, *me = NULL;
	struct task_help *help = NULL;
	struct task_points *points = NULL;
	struct str group = { 0 };
	enum region where;
	int r = t->owner.id.n ? person_of(t, &t->owner, &owner) : 0;
	*page = (struct task_page){
		.view = str_of(view_words[campaign_phase(&t->campaign, tx_now(rq->tx))]), .lang = rq->lang == LANG_EN ? S("en") : S("zh"),
		.now = tx_now(rq->tx), .csrf = rq_csrf(rq), .slug = rq->path_text,
	};
	if (r >= 0 && t->me.id.n && (r = person_of(t, &t->me, &me)) >= 0 && (r = fill_friends(t, &page->friends, &page->news)) >= 0)
		r = fill_review(t, &page->review);
	if (r < 0 || (r = fill_stages(t, &page->stages)) < 0 || (r = fill_crew(t, &page->crew)) < 0 || (r = fill_points(t, &points)) < 0 ||
	    (r = fill_arrival(t, &page->arrival)) < 0)
		return r;
	if ((r = region_of_visitor(rq->tx, rq->community, &t->campaign, rq->visitor, S(""), &where)) < 0)
		return r;
	page->region = str_of(region_words[where]);
	if (t->help.helper_id.n && (help = ARENA_NEW(rq->arena, struct task_help)))
		*help = (struct task_help){ t->help.state, t->help.reason };
	if (str_is(t->campaign.act, "join") && (r = link_slug(rq->tx, rq->community, t->campaign.code_id, &group)) < 0 && r != E_NOT_FOUND)
		return r;
	page->group = group.len ? str_format(rq->arena, "/g/%.*s", STR(group)) : S("");
	page->poster = t->me.id.n ? str_format(rq->arena, "/t/%.*s/poster", STR(t->me.slug)) : S("");
	struct str here = t->me.id.n ? str_format(rq->arena, "/t/%.*s", STR(t->me.slug)) : S("");
	if (here.len && (r = mp_once_path(rq, here, &page->once, &page->once_waits)) < 0)
		return r;
	page->owner.at = owner, page->me.at = me, page->help.at = help, page->points.at = points;
	if ((r = draw_shown(rq, &t->campaign, &t->me, &page->draw)) < 0 ||
	    (r = contest_shown(rq, &t->campaign, &t->owner, &t->me, &page->contest)) < 0 ||
	    (r = liked_shown(rq, &t->campaign, &t->owner, &t->me, &page->liked)) < 0 ||
	    (r = packet_shown(rq, &t->campaign, &t->owner, &t->me, &page->packet)) < 0 ||
	    (r = money_shown(rq, &t->campaign, &page->money)) < 0)
		return r;
	page->community.at = community_shown(t), page->campaign.at = campaign_shown(t);
	return page->community.at && page->campaign.at ? 0 : E_MEMORY;
}

/* ---- Answers ------------------------------------------------------------------------------------------------- */

static int answer(struct task *t, struct body *body)
{
	BUF_SCOPED json;
	struct task_page page;
	buf_init(&json, PAGE_BYTES);
	int r = page_of(t, &page);
	if (r < 0)
		return r;
	row_write_json(&json, &row_task_page, &page);
	if (buf_failed(&json))
		return E_MEMORY;
	*body = (struct body){ .bytes = str_copy(t->rq->arena, buf_view(&json)), .type = "application/json" };
	return 0;
}

int task_answer(struct request *rq, struct body *ret)
{
	struct task t;
	int r = open_task(rq, &t);
	return r < 0 || (r = remember(&t)) < 0 ? r : answer(&t, ret);
}

/* What is readable before, and without, any script; classes as web/h5 names them. */
static void plain_body(struct buf *b, const struct task_page *page)
{
	const struct task_campaign *c = page->campaign.at;
	buf_z(b, "<div class=\"page\"><header class=\"head\"><div class=\"who\"><h1>");
	buf_html(b, c ? c->name : S("群图 Quntu"));
	buf_z(b, "</h1></div></header><main class=\"main\">");
	for (struct str rest = c ? c->rules : S(""); rest.len;) {
		buf_z(b, "<p>");
		buf_html(b, str_cut(&rest, '\n'));
		buf_z(b, "</p>");
	}
	buf_z(b, "</main></div>");
}

static int html_page(struct request *rq, const struct task_page *page, struct body *body)
{
	const struct task_campaign *c = page->campaign.at;
	const struct task_community *community = page->community.at;
	struct str rest = c ? c->rules : S("");
	BUF_SCOPED plain;
	buf_init(&plain, 32 << 10);
	plain_body(&plain, page);
	return buf_failed(&plain) ? E_MEMORY : template_page(rq, &(struct shown_page){
		page->draw.at ? "h5/draw.html" : page->contest.at ? "h5/contest.html" : page->packet.at ? "h5/packet.html" : "h5/task.html",
		&row_task_page, page,
		.title = !c ? S("群图 Quntu") : c->share_title.len ? c->share_title : c->name,
		.description = str_cut(&rest, '\n'), .path = str_format(rq->arena, "/t/%.*s", STR(page->slug)),
		.image = c && c->cover.len ? c->cover : community ? community->logo : S(""), .body = buf_view(&plain),
	}, body);
}

/* ---- API -------------------------------------------------------------------------------------------------------- */

static int get_task(struct request *rq, const void *in, void *out)
{
	struct task t;
	struct task_page page;
	struct body *body = out;
	(void)in;
	int r = open_task(rq, &t);
	if (r == E_NOT_FOUND) {
		page = (struct task_page){
			.view = S("unknown"), .lang = rq->lang == LANG_EN ? S("en") : S("zh"), .now = tx_now(rq->tx), .csrf = rq_csrf(rq),
			.slug = rq->path_text,
		};
		if ((r = html_page(rq, &page, body)) == 0)
			body->status = 404;
		return r;
	}
	if (r < 0 || (r = remember(&t)) < 0 || (r = page_of(&t, &page)) < 0)
		return r;
	return html_page(rq, &page, body);
}

static int get_page(struct request *rq, const void *in, void *out)
{
	struct task t;
	(void)in;
	int r = open_task(rq, &t);
	return r < 0 || (r = remember(&t)) < 0 ? r : answer(&t, out);
}

static bool too_fast(struct request *rq)
{
	return !rq_allow(rq, str_format(rq->arena, "task %lld", (long long)rq->visitor.n), TRIES, TRIES_TIME)
	    || !rq_allow(rq, str_format(rq->arena, "task %.*s", STR(rq->address)), CROWD, TRIES_TIME);
}

static int post_join(struct request *rq, const void *in, void *out)
{
	const struct task_join *input = in;
	struct task t;
	if (too_fast(rq))
		return E_SLOW_DOWN;
	int r = open_task(rq, &t);
	if (r < 0)
		return r;
	if (!t.me.id.n && !str_trim(input->nickname).len)
		return rq_complain(rq, E_MISSING_FIELD, S("nickname"));
	bool fresh = !t.me.id.n;
	if ((r = participant_make(rq, &t.campaign, t.owner.id, input->nickname, input->city, &t.me)) < 0 ||
	    (fresh && (r = fraud_joined(rq, &t.campaign, &t.me)) < 0) || (r = remember(&t)) < 0)
		return r;
	return answer(&t, out);
}

/* Who leaves a name becomes a member, invited by whom they help. */
static int sign_up(struct task *t, struct str nickname)
{
	struct member_origin origin = { .nickname = nickname, .source_label = t->campaign.name, .inviter = t->owner.member_id };
	struct id member;
	bool made;
	if (!str_trim(nickname).len)
		return rq_complain(t->rq, E_MISSING_FIELD, S("nickname"));
	return member_of_visitor(t->rq->tx, t->rq->community, t->rq->visitor, &origin, &member, &made);
}

static int post_help(struct request *rq, const void *in, void *out)
{
	const struct task_name *input = in;
	struct task t;
	if (too_fast(rq))
		return E_SLOW_DOWN;
	int r = open_help(rq, &t);
	if (r < 0)
		return r;
	if (!t.owner.id.n)
		return rq_complain(rq, E_SELF_HELP, S("slug"));
	if (str_is(t.campaign.act, "join"))
		return E_JOIN_FIRST;              /* joining the group is the act; the group's page counts it */
	if (str_is(t.campaign.act, "follow"))
		return E_FOLLOW_FIRST;            /* the platform tells who followed (follow.c) */
	if (t.campaign.packet && !str_trim(input->nickname).len)
		return rq_complain(rq, E_MISSING_FIELD, S("nickname"));       /* whoever shares is named to the others */
	bool signs = str_is(t.campaign.act, "sign_up"), visits = str_is(t.campaign.act, "visit");
	struct fraud_limits limits;
	if ((r = fraud_limits(rq->tx, rq->community, &t.campaign, &limits)) < 0)
		return r;
	bool burst = fraud_burst(rq, t.owner.id, &limits);
	struct help_act act = {
		.helper = rq->visitor, .nickname = input->nickname, .address = rq->address, .at = tx_now(rq->tx),
		.risk = burst ? "burst" : visits ? "visit" : NULL,        /* a visit is confirmed by staff */
		.device = utf8_cut(rq->user_agent, 80), .own = &t.me,
	};
	if ((r = help_do(rq->tx, rq->community, &t.campaign, &t.owner, &act, &t.help)) < 0 ||
	    ((signs || visits) && (r = sign_up(&t, input->nickname)) < 0) ||
	    (!t.me.id.n && t.help.member_id.n &&
	     (r = stand_in(&t, participant_of(rq->tx, rq->community, t.campaign.id, rq->visitor, &t.me))) < 0))
		return r;
	return answer(&t, out);
}

/* Who has reached something by helping takes part from here on: the prize must be somebody's. */
static int come_in(struct task *t)
{
	struct request *rq = t->rq;
	struct help help = { 0 };
	struct reach reach;
	int r = reach_of(rq->tx, rq->community, &t->campaign, t->me.id, rq->visitor, &reach);
	if (r < 0 || !reach.helped)
		return r < 0 ? r : E_STAGE_NOT_REACHED;
	if (str_is(t->campaign.kind, "funnel"))
		return participant_enter(rq, &t->campaign, &t->owner, S(""), &t->me);
	if (!t->owner.id.n)
		return E_STAGE_NOT_REACHED;
	if ((r = help_of(rq->tx, rq->community, t->owner.id, rq->visitor, &help)) < 0)
		return r == E_NOT_FOUND ? E_STAGE_NOT_REACHED : r;
	return participant_enter(rq, &t->campaign, &t->owner, help.nickname, &t->me);
}

static int post_claim(struct request *rq, const void *in, void *out)
{
	struct task t;
	struct prize_order order;
	if (too_fast(rq))
		return E_SLOW_DOWN;
	int r = open_task(rq, &t);
	if (r < 0 || (r = person_strong(rq, &t.campaign)) < 0)
		return r;
	if ((!t.me.id.n && (r = come_in(&t)) < 0) || (r = prize_claim(rq, &t.campaign, &t.me, in, &order)) < 0 || (r = remember(&t)) < 0 ||
	    (r = campaign_get(rq->tx, rq->community, t.campaign.id, &t.campaign)) < 0)          /* what is left has changed */
		return r;
	return answer(&t, out);
}

/* What was given was opened: one more step of a funnel. */
static int post_opened(struct request *rq, const void *in, void *out)
{
	struct task t;
	(void)in;
	if (too_fast(rq))
		return E_SLOW_DOWN;
	int r = open_task(rq, &t);
	if (r >= 0 && str_is(t.campaign.kind, "funnel"))
		r = arrival_open(rq, &t.campaign);
	return r < 0 ? r : answer(&t, out);
}

/* ---- Declaration ---------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/t/{slug}",       ROLE_VISITOR, get_task,   NULL, NULL, "A campaign's page, or a participant's: remembers who opened it", OUT_BODY, .writes = true, .makes = "text/html" },
	{ "GET",  "/t/{slug}/page",  ROLE_VISITOR, get_page,   NULL, &row_task_page, "The page's data now", OUT_BODY, .writes = true, .makes = "application/json" },
	{ "POST", "/t/{slug}/join",  ROLE_VISITOR, post_join,  &row_task_join, &row_task_page, "Take part", OUT_BODY, .makes = "application/json" },
	{ "POST", "/t/{slug}/help",  ROLE_VISITOR, post_help,  &row_task_name, &row_task_page, "Help the one whose link this is", OUT_BODY, .makes = "application/json" },
	{ "POST", "/t/{slug}/claim", ROLE_VISITOR, post_claim, &row_claim, &row_task_page, "Claim a prize of a stage that is reached", OUT_BODY, .makes = "application/json" },
	{ "POST", "/t/{slug}/opened", ROLE_VISITOR, post_opened, NULL, &row_task_page, "Of kind funnel: you opened what you were given", OUT_BODY, .makes = "application/json" },
	{ 0 },
};

static const struct query *const queries[] = { &campaign_of_slug, NULL };

const struct feature feature_campaign_visit = { .name = "campaign_visit", .routes = routes, .queries = queries };
