/* campaign.c: the operator's side of a campaign: settings, stages, prizes, publishing, ending.
 *
 * Story      The operator chooses 任务宝, fills in one form, reads what the check says, and publishes. From then on only what
 *            is better for those who take part can change: more prizes, a later end. In the end she ends it, or time does.
 * Not here   Helps (invite.c), claims and stock (prize.c), what visitors see (visit.c), numbers (funnel.c).
 * Owns       campaign, campaign_stage, prize.
 * Holds      A draft may be anything; what is published has passed guard.c, and each guardrail that was acknowledged is
 *            in the audit log. Goals rise, and each stage has a prize. An ended campaign stays ended.
 * Test       campaign_test.c.
 */
#include "campaign/draw/draw.h"
#include "campaign/packet/packet.h"

#include "base/secret.h"
#include "campaign/poster/poster.h"
#include "campaign/redeem/redeem.h"
#include "engine/jobs/jobs.h"
#include "groups/livecode.h"
#include "people/audit.h"
#include "people/segment.h"

#define SLUG_LENGTH 8
#define END_LOOK    MINUTE        /* how often the server looks whether one has ended */

/* ---- Rows ------------------------------------------------------------------------------------- */

#define KINDS      "treasure likes resource build refer lottery contest funnel packet"
#define ACTS       "tap join sign_up visit follow"
#define WHOM       "own friends all"
#define STATES     "draft running paused ended"
#define PRIZES     "physical onsite code link points money chances"

#define PRIZE_DRAFT \
	FIELD(prize, id,      "Prize; empty: a new one", .optional = true), \
	FIELD(prize, kind,    "How it is given", .one_of = PRIZES), \
	FIELD(prize, title,   "What it is", .min = 1, .max = 40), \
	FIELD(prize, note,    "How to use it, where, until when", .max = 500, .lines = true, .optional = true), \
	FIELD(prize, picture, "Key of a picture", .max = 22, .optional = true), \
	FIELD(prize, value,   "What it is worth, in fen; of kind money: how much it is", .min = 0, .max = 100000000), \
	FIELD(prize, link,    "Of kind link", .max = 1000, .pattern = "(https?://[^ ]+)?", .optional = true), \
	FIELD(prize, points,  "Of kind points", .min = 0, .max = 1000000, .optional = true), \
	FIELD(prize, stock,   "How many there are", .min = 0, .max = STOCK_MAX), \
	FIELD(prize, redeem_days, "Of kind onsite: to be redeemed within so many days; 0: no end", .min = 0, .max = 3650, .optional = true), \
	FIELD(prize, chances, "Of kind chances: so many draws …", .min = 0, .max = PRIZE_CHANCES_MAX, .optional = true), \
	FIELD(prize, lottery_id, "… in this lottery", .optional = true)

static const struct field prize_draft_fields[] = { PRIZE_DRAFT };
static const struct row row_prize_draft = {
	"prize_draft", sizeof(struct prize), prize_draft_fields, sizeof prize_draft_fields / sizeof *prize_draft_fields,
};
ROW_PUBLIC(prize, PRIZE_DRAFT,
	FIELD(prize, stage_id, "Its stage"),
	FIELD(prize, remaining, "How many are left"),
	FIELD(prize, codes,    "Of kind code: how many codes were loaded"),
	FIELD(prize, lottery,  "Of kind chances: the lottery's name"));

#define STAGE_DRAFT \
	FIELD(stage, id,    "Stage; empty: a new one", .optional = true), \
	FIELD(stage, goal,  "Helps that count", .min = 1, .max = GOAL_MAX), \
	FIELD(stage, title, "What it is called", .max = 20, .optional = true), \
	FIELD(stage, whom,  "Who gets it: who takes part, each friend who counts, or all of them; empty: who takes part", \
	      .one_of = WHOM, .optional = true)

static const struct field stage_draft_fields[] = {
	STAGE_DRAFT,
	FIELD(stage, prizes, "What is given; with several, one of them by choice", .of = &row_prize_draft, .max = STAGE_PRIZES_MAX),
};
static const struct row row_stage_draft = {
	"stage_draft", sizeof(struct stage), stage_draft_fields, sizeof stage_draft_fields / sizeof *stage_draft_fields,
};
ROW_PUBLIC(stage, STAGE_DRAFT,
	FIELD(stage, prizes, "What is given", .of = &row_prize));

#define CAMPAIGN_DRAFT \
	FIELD(campaign, kind,         "Which play", .one_of = KINDS), \
	FIELD(campaign, name,         "Its name", .min = 1, .max = 40), \
	FIELD(campaign, cover,        "Key of a picture", .max = 22, .optional = true), \
	FIELD(campaign, rules,        "As members read them", .max = 2000, .lines = true, .optional = true), \
	FIELD(campaign, organiser,    "Who stands behind it, and how to reach them", .max = 80, .optional = true), \
	FIELD(campaign, starts_at,    "Begin"), \
	FIELD(campaign, ends_at,      "End: no help counts from here on"), \
	FIELD(campaign, claim_until,  "Prizes are claimed until then"), \
	FIELD(campaign, takes_part,   "Who may take part", .one_of = "all new old"), \
	FIELD(campaign, capacity,     "At most so many take part; 0: no limit", .min = 0, .max = 10000000), \
	FIELD(campaign, strength,     "Least identity that counts", .one_of = "anonymous phone"), \
	FIELD(campaign, act,          "What a friend does to help", .one_of = ACTS), \
	FIELD(campaign, code_id,      "Of act join: the live code of the group", .optional = true), \
	FIELD(campaign, new_only,     "Only who was never a member before counts"), \
	FIELD(campaign, helps_each,   "One friend counts for so many participants; 0: no limit", .min = 0, .max = 1000), \
	FIELD(campaign, mutual,       "Two participants may help each other"), \
	FIELD(campaign, hold_minutes, "A help becomes valid so much later", .min = 0, .max = 43200), \
	FIELD(campaign, still_days,   "Leaving within so many days takes the help away; 0: never", .min = 0, .max = 90), \
	FIELD(campaign, inviter_points, "Of kind refer: points for each friend who counts", .min = 0, .max = 100000, .optional = true), \
	FIELD(campaign, friend_points, "… and for the friend", .min = 0, .max = 100000, .optional = true), \
	FIELD(campaign, month_cap,    "… for so many friends of one inviter a month; 0: no limit", .min = 0, .max = 1000, .optional = true), \
	FIELD(campaign, wait_minutes, "Of kind funnel: what is given comes so much after joining", .min = 0, .max = 10080, .optional = true), \
	FIELD(campaign, reserve,      "When a piece is put aside: at the goal; or at the claim, who comes first; empty: claim", \
	      .one_of = "goal claim", .optional = true), \
	FIELD(campaign, end_by_stock, "It ends when the last stage has nothing left", .optional = true), \
	FIELD(campaign, segment_id,   "Only members of this segment take part", .optional = true), \
	FIELD(campaign, share_title,  "Title of the share card", .max = 40, .optional = true), \
	FIELD(campaign, share_text,   "Text to copy; {link} and {name} are filled in", .max = 300, .lines = true, .optional = true), \
	FIELD(campaign, poster_id,    "Poster template; empty: the built-in one", .optional = true), \
	FIELD(campaign, board,        "Whoever takes part sees the leaderboard", .optional = true)

ROW_AS(region_name, text_item, FIELD(text_item, item, "A city or region: 杭州, 浙江省", .min = 2, .max = 20));

static const struct field campaign_draft_fields[] = {
	CAMPAIGN_DRAFT,
	FIELD(campaign, regions, "Only members of these cities or regions take part, by the city of their profile; none: whoever",
	      .of = &row_region_name, .max = REGIONS_MAX, .optional = true),
	FIELD(campaign, stages, "Rising goals", .of = &row_stage_draft, .max = STAGES_MAX, .optional = true),
};
static const struct row row_campaign_draft = {
	"campaign_draft", sizeof(struct campaign), campaign_draft_fields,
	sizeof campaign_draft_fields / sizeof *campaign_draft_fields,
};

#define CAMPAIGN_KEPT \
	FIELD(campaign, id,           "Campaign"), \
	FIELD(campaign, slug,         "Its own link: /t/SLUG"), \
	CAMPAIGN_DRAFT, \
	FIELD(campaign, state,        "Where it stands", .one_of = STATES), \
	FIELD(campaign, end_reason,   "Why it ended: time, stock, manual; or empty"), \
	FIELD(campaign, participants, "How many take part"), \
	FIELD(campaign, acknowledged, "Guardrails that were read and accepted"), \
	FIELD(campaign, published_at, "Published", .optional = true), \
	FIELD(campaign, ended_at,     "Ended", .optional = true), \
	FIELD(campaign, created_at,   "Made"), \
	FIELD(campaign, updated_at,   "Last changed")

ROW(campaign, CAMPAIGN_KEPT);           /* as the table has it; stages come from their own */

static const struct field campaign_whole_fields[] = {
	CAMPAIGN_KEPT,
	FIELD(campaign, url,    "Its own link, whole"),
	FIELD(campaign, regions, "Only members of these cities or regions take part", .of = &row_region_name),
	FIELD(campaign, stages, "By goal", .of = &row_stage),
};
const struct row row_campaign_whole = {
	"campaign_whole", sizeof(struct campaign), campaign_whole_fields,
	sizeof campaign_whole_fields / sizeof *campaign_whole_fields,
};

struct campaign_query { struct str state, kind, q; struct id after; int64_t limit; };

ROW(campaign_query,
	FIELD(campaign_query, state, "Only these", .one_of = STATES, .optional = true),
	FIELD(campaign_query, kind,  "Only of this play", .one_of = KINDS, .optional = true),
	FIELD(campaign_query, q,     "Part of the name", .max = 40, .optional = true),
	FIELD(campaign_query, after, "Only those made before this one", .optional = true),
	FIELD(campaign_query, limit, "How many", .min = 0, .max = 100, .optional = true));

struct campaign_change { struct str state, acknowledge; };

ROW(campaign_change,
	FIELD(campaign_change, state,       "The new state", .one_of = "running paused ended"),
	FIELD(campaign_change, acknowledge, "The guardrail you have read and accept", .one_of = "G1 G7", .optional = true));

/* ---- Rules: no store, no clock ------------------------------------------------------------------ */

enum phase_of campaign_phase(const struct campaign *c, struct instant now)
{
	if (str_is(c->state, "draft"))
		return CAMPAIGN_HIDDEN;
	if (now.ms >= c->claim_until.ms)
		return CAMPAIGN_OVER;
	if (str_is(c->state, "ended") || now.ms >= c->ends_at.ms)
		return CAMPAIGN_CLAIMS;
	if (str_is(c->state, "paused"))
		return CAMPAIGN_PAUSED;
	return now.ms < c->starts_at.ms ? CAMPAIGN_EARLY : CAMPAIGN_OPEN;
}

/* The stage before this one that goes to the same people. */
static const struct stage *stage_below(const struct stage *stages, size_t i)
{
	for (size_t k = i; k-- > 0;)
		if (str_equal(stages[k].whom, stages[i].whom))
			return &stages[k];
	return NULL;
}

/* Of what a form cannot say field by field: 0, or the code and *ret_field. */
static int draft_check(const struct campaign *c, struct str *ret_field)
{
	const struct stage *stages = c->stages.at;
	*ret_field = S("ends_at");
	if (c->ends_at.ms <= c->starts_at.ms)
		return E_TIME_ORDER;
	*ret_field = S("claim_until");
	if (c->claim_until.ms < c->ends_at.ms)
		return E_TIME_ORDER;
	*ret_field = S("stages");
	for (size_t i = 1; i < c->stages.count; i++) {
		const struct stage *below = stage_below(stages, i);
		if (below && stages[i].goal <= below->goal)
			return E_GOALS_RISE;
	}
	return 0;
}

/* ---- Events ----------------------------------------------------------------------------------------- */

const struct event_kind campaign_events[] = {
	[CAMPAIGN_MADE]         = { "campaign_made",         "An operator made a campaign", "campaign" },
	[CAMPAIGN_CHANGED]      = { "campaign_changed",      "Settings, stages or prizes changed", "campaign" },
	[CAMPAIGN_STATE]        = { "campaign_state",        "Published, paused or ended; word: the state", "campaign" },
	[CAMPAIGN_SEEN]         = { "campaign_seen",         "A visitor opened a page for the first time; object: whose, via: whose page,"
	                                                     " n: 1 for their first of this campaign, word: device", "help" },
	[CAMPAIGN_JOINED]       = { "campaign_joined",       "A visitor takes part; object: participant, via: through whom,"
	                                                     " n: 1 when it made them a member, word: device", "help" },
	[CAMPAIGN_HELPED]       = { "campaign_helped",       "A help counts; object: participant, n: their balance", "help" },
	[CAMPAIGN_HELP_HELD]    = { "campaign_help_held",    "A help waits for its time or for staff; object: participant, word", "help" },
	[CAMPAIGN_HELP_REFUSED] = { "campaign_help_refused", "A help does not count; object: participant, word: why", "help" },
	[CAMPAIGN_DEDUCTED]     = { "campaign_deducted",     "A help was taken away; object: participant, word: why", "help" },
	[CAMPAIGN_BLOCKED]      = { "campaign_blocked",      "Staff blocked a participant or freed them; object: who, n: 1: blocked", "help" },
	[CAMPAIGN_STAGE]        = { "campaign_stage",        "A participant reached a stage; object: participant, via: stage", "help" },
	[CAMPAIGN_CLAIMED]      = { "campaign_claimed",      "A prize was claimed; object: participant, via: order", "order" },
	[CAMPAIGN_ORDER]        = { "campaign_order",        "An order was shipped, redeemed or cancelled; word: the state", "order" },
	[CAMPAIGN_REWARDED]     = { "campaign_rewarded",     "Points for a friend; object: participant, word: given, capped, taken", "order" },
	[CAMPAIGN_DRAWN]        = { "campaign_drawn",        "A chance was spent; object: participant, n: place; or lots: n winners", "draw" },
	[CAMPAIGN_WON]          = { "campaign_won",          "A draw won; object: participant, via: order, n: place of the prize", "order" },
	[CAMPAIGN_CHANCES]      = { "campaign_chances",      "Chances came from outside of the lottery: from staff or another campaign;"
	                                                     " object: participant, n: how many", "draw" },
	[ENTRY_SUBMITTED]       = { "entry_submitted",       "An entry was handed in; object: participant, n: its number", "entry" },
	[ENTRY_PASSED]          = { "entry_passed",          "An entry is public; object: participant, n: its number", "entry" },
	[ENTRY_RETURNED]        = { "entry_returned",        "An entry was sent back; object: participant, n: its number", "entry" },
	[ENTRY_VOTED]           = { "entry_voted",           "A vote; object: participant, n: votes of the entry now", "help" },
	[CAMPAIGN_ARRIVED]      = { "campaign_arrived",      "A visitor came a step further in a funnel; word: how far", "help" },
	[CAMPAIGN_PACKET]       = { "campaign_packet",       "A red packet was opened, a share taken or given back, it was full or lapsed;"
	                                                     " object: whose, n: shares taken, word", "packet" },
	[CAMPAIGN_PAYOUT]       = { "campaign_payout",       "Money was asked for, paid or refused; object: whose page, via: order,"
	                                                     " n: fen, word", "packet" },
	{ 0 },
};

/* ---- Actions: reading --------------------------------------------------------------------------------- */

#define COLUMNS \
	"id, slug, kind, name, cover, rules, organiser, starts_at, ends_at, claim_until, takes_part, capacity, strength, act," \
	" code_id, new_only, helps_each, mutual, hold_minutes, still_days, inviter_points, friend_points, month_cap, wait_minutes," \
	" reserve, end_by_stock, segment_id," \
	" share_title, share_text, poster_id, board, state, end_reason," \
	" participants, acknowledged, published_at, ended_at, created_at, updated_at"

static QUERY(campaign_by_id, READS, &row_campaign, TAKES(K_ID, K_ID),
	"SELECT " COLUMNS " FROM campaign WHERE community_id = ?1 AND id = ?2");

/* Colleagues limited to some groups (?6) see the campaigns that fill those. */
static QUERY(campaigns_newest, READS, &row_campaign, TAKES(K_ID, K_ID, K_STR, K_STR, K_INT, K_ID, K_STR),
	"SELECT " COLUMNS " FROM campaign WHERE community_id = ?1 AND id < ?2 AND (?3 = '' OR state = ?3)"
	" AND (?7 = '' OR kind = ?7) AND (?4 = '' OR name LIKE '%' || ?4 || '%') AND "
	SEES_CAMPAIGN("?6", "campaign.community_id", "campaign.code_id") " ORDER BY id DESC LIMIT ?5");

struct stage_line { struct id id; int64_t goal; struct str title, whom; };

ROW(stage_line,
	FIELD(stage_line, id,    "Stage"),
	FIELD(stage_line, goal,  "Helps that count"),
	FIELD(stage_line, title, "What it is called"),
	FIELD(stage_line, whom,  "Who gets it"));

static QUERY(stages_of, READS, &row_stage_line, TAKES(K_ID, K_ID),
	"SELECT id, goal, title, whom FROM campaign_stage WHERE community_id = ?1 AND campaign_id = ?2 ORDER BY goal, id LIMIT 10");

static QUERY(prizes_of, READS, &row_prize, TAKES(K_ID, K_ID),
	"SELECT p.id, p.kind, p.title, p.note, p.picture, p.value, p.link, p.points, p.stock, p.redeem_days, p.chances, p.lottery_id,"
	" p.stage_id,"
	" COALESCE(" BALANCE_OF("p.community_id", "'stock'", "p.id") ", 0) AS remaining,"
	" (SELECT count(*) FROM prize_code k WHERE k.community_id = p.community_id AND k.prize_id = p.id) AS codes,"
	" " PRIZE_LOTTERY " AS lottery FROM prize p WHERE p.community_id = ?1 AND p.campaign_id = ?2"
	" ORDER BY p.stage_id, p.place, p.id LIMIT 50");

static int stages_load(struct tx *tx, struct id community, struct campaign *c)
{
	struct rows lines, prizes;
	int r = tx_all(tx, &stages_of, &lines, V(community), V(c->id));
	if (r < 0 || (r = tx_all(tx, &prizes_of, &prizes, V(community), V(c->id))) < 0)
		return r;
	struct stage *stages = arena_take_array(tx_arena(tx), lines.count ? lines.count : 1, sizeof *stages);
	if (!stages)
		return E_MEMORY;
	for (size_t i = 0; i < lines.count; i++) {
		const struct stage_line *l = (const struct stage_line *)lines.at + i;
		struct prize *all = prizes.at, *first = all;
		size_t n = 0;
		for (size_t k = 0; k < prizes.count; k++)
			if (all[k].stage_id.n == l->id.n && n++ == 0)
				first = &all[k];
		stages[i] = (struct stage){ l->id, l->goal, l->title, l->whom, { first, n } };
	}
	c->stages = (struct rows){ stages, lines.count };
	return 0;
}

static int draw_load(struct tx *tx, struct id community, struct campaign *c)
{
	struct draw *d = str_is(c->kind, "lottery") ? ARENA_NEW(tx_arena(tx), struct draw) : NULL;
	c->draw = d;
	return d ? draw_get(tx, community, c->id, d) : str_is(c->kind, "lottery") ? E_MEMORY : 0;
}

static int packet_load(struct tx *tx, struct id community, struct campaign *c)
{
	struct packet_rule *p = str_is(c->kind, "packet") ? ARENA_NEW(tx_arena(tx), struct packet_rule) : NULL;
	c->packet = p;
	return p ? packet_rule_get(tx, community, c->id, p) : str_is(c->kind, "packet") ? E_MEMORY : 0;
}

int campaign_get(struct tx *tx, struct id community, struct id campaign, struct campaign *ret)
{
	struct campaign c = { 0 };
	int r = tx_one(tx, &campaign_by_id, &c, V(community), V(campaign));
	if (r < 0 || (r = stages_load(tx, community, &c)) < 0 || (r = regions_load(tx, community, &c)) < 0 ||
	    (r = draw_load(tx, community, &c)) < 0 || (r = packet_load(tx, community, &c)) < 0)
		return r;
	*ret = c;
	return 0;
}

/* ---- Actions: saving ------------------------------------------------------------------------------------ */

static QUERY(campaign_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO campaign (community_id, id, slug, kind, name, cover, rules, organiser, starts_at, ends_at, claim_until,"
	" takes_part, capacity, strength, act, code_id, new_only, helps_each, mutual, hold_minutes, still_days, inviter_points,"
	" friend_points, month_cap, wait_minutes, reserve, end_by_stock, segment_id,"
	" share_title, share_text, poster_id, board, state, end_reason,"
	" participants, acknowledged, published_at, ended_at, created_at, updated_at)"
	" VALUES (?1, ?2, ?3, 'treasure', '', '', '', '', 0, 0, 0, 'all', 0, 'anonymous', 'tap', 0, FALSE, 0, FALSE, 0, 0, 0, 0, 0,"
	" 0, 'claim', FALSE, 0, '', '',"
	" 0, FALSE, 'draft', '', 0, '', 0, 0, ?4, ?4)");

static QUERY(campaign_update, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_INSTANT, K_INSTANT, K_INSTANT, K_STR, K_INT, K_STR, K_STR, K_ID,
	      K_BOOL, K_INT, K_BOOL, K_INT, K_INT, K_STR, K_STR, K_ID, K_INSTANT, K_BOOL),
	"UPDATE campaign SET kind = ?3, name = ?4, cover = ?5, rules = ?6, organiser = ?7, starts_at = ?8, ends_at = ?9,"
	" claim_until = ?10, takes_part = ?11, capacity = ?12, strength = ?13, act = ?14, code_id = ?15, new_only = ?16,"
	" helps_each = ?17, mutual = ?18, hold_minutes = ?19, still_days = ?20, share_title = ?21, share_text = ?22,"
	" poster_id = ?23, updated_at = ?24, board = ?25 WHERE community_id = ?1 AND id = ?2");

/* What only some plays have. */
static QUERY(campaign_update_play, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INT, K_INT, K_INT, K_STR, K_BOOL, K_ID),
	"UPDATE campaign SET inviter_points = ?3, friend_points = ?4, month_cap = ?5, wait_minutes = ?6, reserve = ?7,"
	" end_by_stock = ?8, segment_id = ?9"
	" WHERE community_id = ?1 AND id = ?2");

static QUERY(stage_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INT, K_STR, K_STR),
	"INSERT INTO campaign_stage (community_id, id, campaign_id, goal, title, whom) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT (community_id, id) DO UPDATE SET goal = excluded.goal, title = excluded.title, whom = excluded.whom");

static QUERY(stage_drop, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM campaign_stage WHERE community_id = ?1 AND id = ?2");

static QUERY(prize_put, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_ID, K_INT, K_STR, K_STR, K_STR, K_STR, K_MONEY, K_STR, K_INT, K_INT, K_INT, K_INT, K_ID),
	"INSERT INTO prize (community_id, id, campaign_id, stage_id, place, kind, title, note, picture, value, link, points, stock,"
	" redeem_days, chances, lottery_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
	" ON CONFLICT (community_id, id) DO UPDATE SET stage_id = excluded.stage_id, place = excluded.place, kind = excluded.kind,"
	" title = excluded.title, note = excluded.note, picture = excluded.picture, value = excluded.value, link = excluded.link,"
	" points = excluded.points, stock = excluded.stock, redeem_days = excluded.redeem_days, chances = excluded.chances,"
	" lottery_id = excluded.lottery_id");

static QUERY(prize_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM prize WHERE community_id = ?1 AND id = ?2");

static const struct stage *stage_of(const struct campaign *c, struct id id)
{
	const struct stage *stages = c->stages.at;
	for (size_t i = 0; id.n && i < c->stages.count; i++)
		if (stages[i].id.n == id.n)
			return &stages[i];
	return NULL;
}

static const struct prize *prize_of(const struct campaign *c, struct id id)
{
	const struct stage *stages = c->stages.at;
	for (size_t i = 0; id.n && i < c->stages.count; i++)
		for (size_t k = 0; k < stages[i].prizes.count; k++)
			if (((const struct prize *)stages[i].prizes.at)[k].id.n == id.n)
				return (const struct prize *)stages[i].prizes.at + k;
	return NULL;
}

/* Of a prize of money the budget follows: each piece that is promised lies there. */
static int prize_fund(struct request *rq, struct id campaign, const struct prize *before, const struct prize *after)
{
	int64_t was = before && str_is(before->kind, "money") ? before->stock * before->value.fen : 0;
	int64_t is = after && str_is(after->kind, "money") ? after->stock * after->value.fen : 0;
	int r = budget_move(rq, campaign, is - was);
	return r == E_NOT_ENOUGH ? rq_complain(rq, r, S("stock")) : r;
}

int prize_save(struct request *rq, struct id campaign, struct id stage, int64_t place, struct prize *p, const struct prize *before)
{
	if (!before)
		p->id = tx_new_id(rq->tx);
	if (!str_is(p->kind, "chances"))
		p->chances = 0, p->lottery_id = (struct id){ 0 };
	int r = tx_run(rq->tx, &prize_put, V(rq->community), V(p->id), V(campaign), V(stage), V(place), V(p->kind), V(p->title), V(p->note),
	               V(p->picture), V(p->value), V(p->link), V(p->points), V(p->stock), V(p->redeem_days), V(p->chances), V(p->lottery_id));
	if (r >= 0 && (r = prize_restock(rq, p->id, before ? before->stock : 0, p->stock)) == E_NOT_ENOUGH)
		r = rq_complain(rq, r, S("stock"));
	return r < 0 || (r = prize_fund(rq, campaign, before, p)) < 0 ? r : 0;
}

int prize_forget(struct request *rq, struct id campaign, const struct prize *p)
{
	int r = prize_restock(rq, p->id, p->stock, 0);
	if (r >= 0 && (r = prize_fund(rq, campaign, p, NULL)) >= 0)
		r = redeem_forget(rq->tx, rq->community, p->id);
	return r < 0 ? r : tx_run(rq->tx, &prize_drop, V(rq->community), V(p->id));
}

/* An id that is not this campaign's is taken for a new thing: nobody reaches another's by guessing. */
static int stage_save(struct request *rq, const struct campaign *known, struct stage *stage)
{
	struct prize *prizes = stage->prizes.at;
	int r;
	if (!stage_of(known, stage->id))
		stage->id = tx_new_id(rq->tx);
	r = tx_run(rq->tx, &stage_put, V(rq->community), V(stage->id), V(known->id), V(stage->goal), V(stage->title),
	           V(stage->whom));
	for (size_t i = 0; r >= 0 && i < stage->prizes.count; i++)
		r = prize_save(rq, known->id, stage->id, (int64_t)i, &prizes[i], prize_of(known, prizes[i].id));
	return r < 0 ? r : 0;
}

/* What the draft no longer names goes; its stock leaves the ledger with it. */
static int stages_forget(struct request *rq, const struct campaign *known, const struct campaign *draft)
{
	const struct stage *stages = known->stages.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < known->stages.count; i++) {
		const struct prize *prizes = stages[i].prizes.at;
		for (size_t k = 0; r >= 0 && k < stages[i].prizes.count; k++)
			if (!prize_of(draft, prizes[k].id))
				r = prize_forget(rq, known->id, &prizes[k]);
		if (r >= 0 && !stage_of(draft, stages[i].id))
			r = tx_run(rq->tx, &stage_drop, V(rq->community), V(stages[i].id));
	}
	return r < 0 ? r : 0;
}

/* The segment it is for cannot be deleted while it is. */
static int audience_use(struct request *rq, const struct campaign *known, const struct campaign *c)
{
	int r = c->segment_id.n ? segment_use(rq->tx, rq->community, c->segment_id, S("campaign"), known->id, c->name) : 0;
	if (r == E_NOT_FOUND)
		return rq_complain(rq, r, S("segment_id"));
	if (r >= 0 && !c->segment_id.n && known->segment_id.n)
		r = segment_release(rq->tx, rq->community, S("campaign"), known->id);
	return r < 0 ? r : 0;
}

static int lotteries_check(struct request *rq, const struct campaign *known, const struct campaign *c)
{
	const struct stage *stages = c->stages.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < c->stages.count; i++) {
		const struct prize *prizes = stages[i].prizes.at;
		for (size_t k = 0; r >= 0 && k < stages[i].prizes.count; k++)
			r = chances_check(rq, &prizes[k], prize_of(known, prizes[k].id),
			                  str_format(rq->arena, "stages[%zu].prizes[%zu].lottery_id", i, k));
	}
	return r;
}

static int campaign_save(struct request *rq, const struct campaign *known, struct campaign *c)
{
	struct stage *stages = c->stages.at;
	struct str field;
	struct livecode code;
	int r = draft_check(c, &field);
	if (r < 0)
		return rq_complain(rq, r, field);
	if (c->code_id.n && (r = livecode_get(rq->tx, rq->community, c->code_id, &code)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("code_id")) : r;
	if ((r = lotteries_check(rq, known, c)) < 0)
		return r;
	r = tx_run(rq->tx, &campaign_update, V(rq->community), V(known->id), V(c->kind), V(c->name), V(c->cover), V(c->rules),
	           V(c->organiser), V(c->starts_at), V(c->ends_at), V(c->claim_until), V(c->takes_part), V(c->capacity),
	           V(c->strength), V(c->act), V(c->code_id), V(c->new_only), V(c->helps_each), V(c->mutual), V(c->hold_minutes),
	           V(c->still_days), V(c->share_title), V(c->share_text), V(c->poster_id), V(tx_now(rq->tx)), V(c->board));
	if (r >= 0)
		r = tx_run(rq->tx, &campaign_update_play, V(rq->community), V(known->id), V(c->inviter_points), V(c->friend_points),
		           V(c->month_cap), V(c->wait_minutes), V(c->reserve), V(c->end_by_stock), V(c->segment_id));
	if (r >= 0 && ((r = audience_use(rq, known, c)) < 0 || (r = regions_save(rq->tx, rq->community, known->id, c->regions)) < 0))
		return r;
	if (r >= 0 && (c->poster_id.n || known->poster_id.n) &&
	    (r = poster_use(rq->tx, rq->community, known->id, c->name, c->poster_id)) == E_NOT_FOUND)
		return rq_complain(rq, r, S("poster_id"));
	if (r < 0 || (r = stages_forget(rq, known, c)) < 0)
		return r;
	if ((r = poster_use(rq->tx, rq->community, known->id, c->name, c->poster_id)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("poster_id")) : r;
	for (size_t i = 0; r >= 0 && i < c->stages.count; i++)
		r = stage_save(rq, known, &stages[i]);
	return r < 0 ? r : campaign_touch(rq->tx, rq->community, known->id);
}

static int say(struct request *rq, enum campaign_event what, const char *act, struct id campaign, struct str word)
{
	int r = event_emit(rq->tx, rq->community, &campaign_events[what],
	                   &(struct event){ .subject = campaign, .actor = rq->account, .object = campaign, .word = word });
	return r < 0 ? r : audit_note(rq, act, campaign, word);
}

/* The input's lists are the request's: an action that runs again must find them as they came. */
static int draft_copy(struct request *rq, const struct campaign *in, struct campaign *ret)
{
	struct stage *stages = arena_take_array(rq->arena, in->stages.count ? in->stages.count : 1, sizeof *stages);
	if (!stages)
		return E_MEMORY;
	*ret = *in;
	if (!ret->reserve.len)
		ret->reserve = S("claim");
	for (size_t i = 0; i < in->stages.count; i++) {
		stages[i] = ((const struct stage *)in->stages.at)[i];
		if (!stages[i].whom.len)
			stages[i].whom = S("own");
		struct prize *prizes = arena_take_array(rq->arena, stages[i].prizes.count ? stages[i].prizes.count : 1, sizeof *prizes);
		if (!prizes)
			return E_MEMORY;
		memcpy(prizes, stages[i].prizes.at, stages[i].prizes.count * sizeof *prizes);
		stages[i].prizes.at = prizes;
	}
	ret->stages.at = stages;
	return 0;
}

/* ---- Actions: publishing and ending ----------------------------------------------------------------------- */

static QUERY(campaign_set_state, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_INSTANT, K_INSTANT, K_INSTANT),
	"UPDATE campaign SET state = ?3, end_reason = ?4, acknowledged = ?5, published_at = ?6, ended_at = ?7, updated_at = ?8"
	" WHERE community_id = ?1 AND id = ?2");

static int judge(struct request *rq, const struct campaign *c, struct rows *ret)
{
	struct campaign judged = *c;
	struct livecode code;
	int r = c->code_id.n ? livecode_get(rq->tx, rq->community, c->code_id, &code) : E_NOT_FOUND;
	judged.door = r == 0 && str_is(code.state, "running");
	if (r >= 0 || r == E_NOT_FOUND)
		r = follow_chosen(rq->tx, rq->community, c->id, &judged.account);
	if (r < 0 || (r = chances_judge(rq->tx, rq->community, rq->only, &judged)) < 0)
		return r;
	return campaign_objections(rq->arena, &judged, rq->lang, ret);
}

int campaign_recheck(struct request *rq, const struct campaign *c)
{
	struct rows rows;
	int r = c->published_at.ms ? judge(rq, c, &rows) : 0;
	if (r <= 0)
		return r;
	const struct objection *worst = rows.at;
	return str_is(worst->level, "block") ? rq_complain(rq, E_NOT_READY, worst->field) : 0;
}

/* A block is final; what asks to be acknowledged passes once its name was said, and that leaves a receipt. */
static int pass_guard(struct request *rq, const struct campaign *c, struct str acknowledge)
{
	struct rows rows;
	int r = judge(rq, c, &rows);
	const struct objection *o = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		if (str_is(o[i].level, "block"))
			return rq_complain(rq, E_NOT_READY, o[i].field);
		if (!str_is(o[i].level, "acknowledge") || str_equal(c->acknowledged, o[i].rule))
			continue;
		if (!str_equal(acknowledge, o[i].rule))
			return rq_complain(rq, E_GUARDRAIL_G1, S("acknowledge"));
		r = audit_note(rq, "guardrail_acknowledged", c->id, o[i].rule);
	}
	return r < 0 ? r : 0;
}

/* Of a lottery: others still give its chances, and whoever has them could not use them any more. */
static int pass_ending(struct request *rq, const struct campaign *c, struct str acknowledge)
{
	struct campaign judged = *c;
	int r = c->draw ? chances_judge(rq->tx, rq->community, (struct id){ 0 }, &judged) : 0;
	if (r < 0 || !judged.promised_by.count)
		return r;
	if (!str_is(acknowledge, "G7"))
		return rq_complain(rq, E_GUARDRAIL_G7, S("acknowledge"));
	return audit_note(rq, "guardrail_acknowledged", c->id, acknowledge);
}

static int campaign_set(struct request *rq, const struct campaign_change *change)
{
	struct campaign c;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0)
		return r;
	bool starts = str_is(change->state, "running"), ends = str_is(change->state, "ended");
	if (str_is(c.state, "ended"))
		return ends ? 0 : E_ALREADY_ENDED;
	if (str_is(c.state, "draft") && !starts)
		return rq_complain(rq, E_NOT_READY, S("state"));
	if (starts && c.ends_at.ms <= tx_now(rq->tx).ms)
		return rq_complain(rq, E_TIME_ORDER, S("ends_at"));
	if (ends && (r = pass_ending(rq, &c, change->acknowledge)) < 0)
		return r;
	bool first = starts && !c.published_at.ms;
	if ((starts && (r = pass_guard(rq, &c, change->acknowledge)) < 0) || (first && c.draw && (r = draw_publish(rq, &c)) < 0) ||
	    (first && c.packet && (r = packet_publish(rq, &c)) < 0))
		return r;
	struct str acknowledged = c.acknowledged.len || !str_is(change->acknowledge, "G1") ? c.acknowledged : change->acknowledge;
	struct instant published = c.published_at.ms ? c.published_at : tx_now(rq->tx);
	r = tx_run(rq->tx, &campaign_set_state, V(rq->community), V(c.id), V(change->state), V(ends ? S("manual") : S("")),
	           V(acknowledged), V(published), V(ends ? tx_now(rq->tx) : (struct instant){ 0 }), V(tx_now(rq->tx)));
	if (r < 0 || (r = campaign_touch(rq->tx, rq->community, c.id)) < 0)
		return r;
	return say(rq, CAMPAIGN_STATE, "campaign_state", c.id, change->state);
}

struct over { struct id community_id, id; };

ROW(over,
	FIELD(over, community_id, "Community"),
	FIELD(over, id,           "Campaign"));

static QUERY(campaigns_over, READS, &row_over, TAKES(K_INSTANT),
	"SELECT community_id, id FROM campaign WHERE state IN ('running', 'paused') AND ends_at <= ?1 LIMIT 100", .scans = true);

static QUERY(campaign_end, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE campaign SET state = 'ended', end_reason = 'time', ended_at = ?3, updated_at = ?3"
	" WHERE community_id = ?1 AND id = ?2 AND state IN ('running', 'paused') AND ends_at <= ?3");

static QUERY(campaign_for, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT id AS item FROM campaign WHERE community_id = ?1 AND id = ?2 AND "
	SEES_CAMPAIGN("?3", "campaign.community_id", "campaign.code_id"));

int campaign_is_seen(struct request *rq, struct id campaign)
{
	struct id_item seen;
	return tx_one(rq->tx, &campaign_for, &seen, V(rq->community), V(campaign), V(rq->only));
}

int campaign_sees(struct request *rq) { return campaign_is_seen(rq, rq->path_id); }

int participant_sees(struct request *rq)
{
	struct participant p;
	int r = participant_get(rq->tx, rq->community, rq->path_id, &p);
	return r < 0 ? r : campaign_is_seen(rq, p.campaign_id);
}

/* ---- … by stock ---- */

static QUERY(campaign_shelves, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT CAST(COALESCE(sum(" BALANCE_OF("p.community_id", "'stock'", "p.id") "), 0) AS BIGINT) AS item FROM prize p"
	" WHERE p.community_id = ?1 AND p.stage_id = ?2");

static QUERY(campaign_end_stock, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE campaign SET state = 'ended', end_reason = 'stock', ended_at = ?3, updated_at = ?3"
	" WHERE community_id = ?1 AND id = ?2 AND state = 'running'");

int campaign_end_empty(struct tx *tx, struct id community, const struct campaign *c)
{
	const struct stage *last = NULL, *stages = c->stages.at;
	struct id_item left;
	for (size_t i = 0; i < c->stages.count; i++)
		if (!str_is(stages[i].whom, "friends") && (!last || stages[i].goal >= last->goal))
			last = &stages[i];
	if (!c->end_by_stock || !last)
		return 0;
	int r = tx_one(tx, &campaign_shelves, &left, V(community), V(last->id));
	if (r < 0 || left.item.n > 0)
		return r;
	r = tx_run(tx, &campaign_end_stock, V(community), V(c->id), V(tx_now(tx)));
	if (r <= 0 || (r = campaign_touch(tx, community, c->id)) < 0)
		return r;
	return event_emit(tx, community, &campaign_events[CAMPAIGN_STATE],
	                  &(struct event){ .subject = c->id, .object = c->id, .word = S("ended") });
}

static int list_over(struct tx *tx, void *arg) { return tx_all(tx, &campaigns_over, arg, V(tx_now(tx))); }

static int end_one(struct tx *tx, void *arg)
{
	const struct over *o = arg;
	int r = tx_run(tx, &campaign_end, V(o->community_id), V(o->id), V(tx_now(tx)));
	if (r <= 0 || (r = campaign_touch(tx, o->community_id, o->id)) < 0)
		return r;
	return event_emit(tx, o->community_id, &campaign_events[CAMPAIGN_STATE],
	                  &(struct event){ .subject = o->id, .object = o->id, .word = S("ended") });
}

/* Nothing counts past the end anyway (campaign_phase); this only writes it down, and says so. */
static int run_end(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct rows rows;
	(void)job;
	int r = store_read(jc->store, jc->arena, list_over, &rows);
	struct over *over = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = store_write(jc->store, over[i].community_id, jc->arena, end_one, &over[i]);
	if (r < 0)
		*ret_why = S("the store did not answer");
	return r < 0 ? r : 0;
}

static const struct job_kind jobs[] = {
	{ "campaign_end", "Ends campaigns whose time is over", run_end, .every_ms = END_LOOK },
	{ 0 },
};

/* ---- API --------------------------------------------------------------------------------------------------- */

static int get_campaigns(struct request *rq, const void *in, void *out)
{
	const struct campaign_query *q = in;
	struct page *page = out;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = tx_all(rq->tx, &campaigns_newest, &page->rows, V(rq->community), V(before), V(q->state), V(q->q), V(limit), V(rq->only),
	               V(q->kind));
	if (r < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_campaign, limit);
	return 0;
}

static int show_campaign(struct request *rq, struct id id, struct campaign *ret)
{
	int r = campaign_get(rq->tx, rq->community, id, ret);
	if (r == 0)
		ret->url = str_format(rq->arena, "%.*s/t/%.*s", STR(rq->origin), STR(ret->slug));
	return r;
}

static int get_campaign(struct request *rq, const void *in, void *out)
{
	(void)in;
	return show_campaign(rq, rq->path_id, out);
}

static QUERY(campaign_count, READS, &row_id_item, TAKES(K_ID),
	"SELECT count(*) AS item FROM campaign WHERE community_id = ?1");

static int post_campaign(struct request *rq, const void *in, void *out)
{
	char slug[SLUG_LENGTH + 1];
	struct campaign c, empty = { 0 };
	struct id_item many;
	int r = tx_one(rq->tx, &campaign_count, &many, V(rq->community));
	if (r < 0 || (r = draft_copy(rq, in, &c)) < 0)
		return r;
	if (many.item.n >= CAMPAIGNS_MAX)
		return E_TOO_MANY;
	secret_slug(slug, SLUG_LENGTH);
	empty.id = tx_new_id(rq->tx);
	r = tx_run(rq->tx, &campaign_insert, V(rq->community), V(empty.id), V(str_of(slug)), V(tx_now(rq->tx)));
	if (r < 0 || (r = campaign_save(rq, &empty, &c)) < 0 ||
	    (r = say(rq, CAMPAIGN_MADE, "campaign_made", empty.id, c.name)) < 0)
		return r;
	return show_campaign(rq, empty.id, out);
}

static int put_campaign(struct request *rq, const void *in, void *out)
{
	struct campaign c, known;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &known);
	if (r < 0 || (r = draft_copy(rq, in, &c)) < 0)
		return r;
	if (str_is(known.state, "ended"))
		return E_ALREADY_ENDED;
	struct str worse = known.published_at.ms ? campaign_worse(&known, &c) : S("");
	if (worse.len)
		return rq_complain(rq, E_PUBLISHED, worse);
	struct campaign saved;
	if ((r = campaign_save(rq, &known, &c)) < 0 || (r = show_campaign(rq, known.id, &saved)) < 0)
		return r;
	if (known.published_at.ms && (r = pass_guard(rq, &saved, S(""))) < 0)
		return r;
	*(struct campaign *)out = saved;
	return say(rq, CAMPAIGN_CHANGED, "campaign_changed", known.id, c.name);
}

static int get_check(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	struct page *page = out;
	(void)in;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	page->total = -1;
	return r < 0 ? r : judge(rq, &c, &page->rows);
}

static int post_state(struct request *rq, const void *in, void *out)
{
	int r = campaign_set(rq, in);
	return r < 0 ? r : show_campaign(rq, rq->path_id, out);
}

/* ---- Declaration --------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/campaigns",            ROLE_READER,   get_campaigns, &row_campaign_query, &row_campaign, "Campaigns, newest first, without their stages", OUT_PAGE },
	{ "POST", "/campaigns",            ROLE_OPERATOR, post_campaign, &row_campaign_draft, &row_campaign_whole, "Make a campaign; it is a draft" },
	{ "GET",  "/campaigns/{id}",       ROLE_READER,   get_campaign,  NULL, &row_campaign_whole, "A campaign with its stages and prizes", .sees = campaign_sees },
	{ "PUT",  "/campaigns/{id}",       ROLE_OPERATOR, put_campaign,  &row_campaign_draft, &row_campaign_whole, "Save it; once published, only in favour of those who take part" },
	{ "GET",  "/campaigns/{id}/check", ROLE_READER,   get_check,     NULL, &row_objection, "What stands against publishing it", OUT_PAGE, .sees = campaign_sees },
	{ "POST", "/campaigns/{id}/state", ROLE_OPERATOR, post_state,    &row_campaign_change, &row_campaign_whole, "Publish, pause, go on or end" },
	{ 0 },
};

static const struct query *const queries[] = {
	&campaign_by_id, &campaigns_newest, &stages_of, &prizes_of, &campaign_insert, &campaign_update, &campaign_update_play,
	&campaign_shelves, &campaign_end_stock, &stage_put, &stage_drop,
	&prize_put, &prize_drop, &campaign_set_state, &campaigns_over, &campaign_end, &campaign_count, &campaign_for, NULL,
};

const struct feature feature_campaign = {
	.name = "campaign", .api = "campaigns", .routes = routes, .queries = queries, .events = campaign_events, .jobs = jobs,
};
