/* draw.c: one draw, decided in one transaction; and the chances that helps give.
 *
 * Story      Two hundred people tap for the last flask in the same second. One gets it; the others win what else there is, or
 *            are told that nothing is left, with their chance unspent. A phone that lost the answer asks again with the same
 *            token and reads what it won.
 * How        A free chance of the day passes through the ledger (given, spent); others are spent from it, with the floor 0. The
 *            piece leaves the stock as any prize does (prize.c). The line of the log is numbered and chained last.
 * Owns       drawn; the book "chances".
 * Holds      See draw.h.
 * Test       draw_test.c: random people, days and stock against a model; many at once for the last prize.
 */
#include "campaign/draw/draw.h"

#include "base/secret.h"
#include "http/personal.h"

#define TRIES      120            /* draws of one visitor in TRIES_TIME … */
#define CROWD      6000           /* … and of one address */
#define TRIES_TIME (10 * MINUTE)

const struct book book_chances = { "chances", "chance", "Chances a participant gained and has not spent" };

struct draw_token { struct str token; };

ROW(draw_token, FIELD(draw_token, token, "Made up by the browser for this draw; sent twice, it is one draw", .min = 16, .max = 40,
	.pattern = "[A-Za-z0-9_-]+"));

/* ---- Actions: chances --------------------------------------------------------------------------------- */

struct spent { int64_t drawn, free_today, wins, wins_today; };

ROW(spent,
	FIELD(spent, drawn,      "Draws in all"),
	FIELD(spent, free_today, "Free ones today"),
	FIELD(spent, wins,       "Prizes in all"),
	FIELD(spent, wins_today, "Prizes today"));

/* Of the person, on whatever browser. Winners of lots stand under their tickets' marks too, with day 0: a prize, no draw. */
static QUERY(draws_spent, READS, &row_spent, TAKES(K_ID, K_ID, K_STR, K_INT),
	"SELECT COALESCE(SUM(CASE WHEN day > 0 THEN 1 ELSE 0 END), 0) AS drawn,"
	" COALESCE(SUM(CASE WHEN day = ?4 AND free THEN 1 ELSE 0 END), 0) AS free_today,"
	" COALESCE(SUM(CASE WHEN place > 0 THEN 1 ELSE 0 END), 0) AS wins,"
	" COALESCE(SUM(CASE WHEN place > 0 AND day = ?4 THEN 1 ELSE 0 END), 0) AS wins_today"
	" FROM drawn WHERE community_id = ?1 AND campaign_id = ?2 AND who = ?3");

struct str draw_who(struct request *rq, const struct campaign *c, const struct participant *p)
{
	char mark[MAC_TEXT + 1];
	struct id who = p->member_id.n ? p->member_id : p->visitor_id;
	mac_text(rq_key(rq), str_format(rq->arena, "draw %lld %lld", (long long)c->id.n, (long long)who.n), mark);
	return str_copy(rq->arena, str_of(mark));
}

static bool stock_left(const struct draw *d)
{
	const struct draw_place *places = d->places.at;
	bool lots = str_is(d->mode, "lots");
	for (size_t i = 0; i < d->places.count; i++)
		if (places[i].remaining > 0 && (lots || places[i].ppm > 0))
			return true;
	return false;
}

static int refusal(const struct campaign *c, const struct draw *d, const struct participant *p, struct instant now,
                   const struct spent *s, int64_t left)
{
	const struct { bool holds; int code; } reasons[] = {
		{ campaign_phase(c, now) != CAMPAIGN_OPEN || !d->commitment.len, E_CAMPAIGN_CLOSED },
		{ str_is(d->mode, "lots") && (d->lots_at.ms || now.ms >= d->draw_at.ms), E_CAMPAIGN_CLOSED },
		{ str_is(p->state, "blocked"), E_NOT_FOR_YOU },
		{ str_is(d->mode, "lots") && d->drawn >= TICKETS_MOST, E_FULL },
		{ !stock_left(d), E_DRAW_EMPTY },
		{ str_is(d->mode, "chance") && d->wins_most && s->wins >= d->wins_most, E_WON_ENOUGH },
		{ str_is(d->mode, "chance") && d->wins_day && s->wins_today >= d->wins_day, E_WON_ENOUGH_TODAY },
		{ left <= 0, E_NO_CHANCE },
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].holds)
			return reasons[i].code;
	return 0;
}

struct turn { struct str who; int64_t day; struct spent spent; struct standing_chances chances; };

static int take_turn(struct request *rq, const struct campaign *c, const struct draw *d, const struct participant *p,
                     struct turn *ret)
{
	struct community community;
	struct turn t = { .who = draw_who(rq, c, p) };
	struct instant now = tx_now(rq->tx);
	int64_t gained;
	int r = community_get(rq->tx, rq->community, &community);
	if (r < 0)
		return r;
	t.day = day_of(community_zone(&community), now);
	if ((r = tx_one(rq->tx, &draws_spent, &t.spent, V(rq->community), V(c->id), V(t.who), V(t.day))) < 0 ||
	    (r = ledger_balance(rq->tx, rq->community, &book_chances, p->id, &gained)) < 0)
		return r;
	int64_t free_left = d->day_chances - t.spent.free_today, left = (free_left > 0 ? free_left : 0) + gained;
	if (d->most && left > d->most - t.spent.drawn)
		left = d->most > t.spent.drawn ? d->most - t.spent.drawn : 0;
	t.chances = (struct standing_chances){ left, t.spent.drawn, t.spent.wins, refusal(c, d, p, now, &t.spent, left) };
	*ret = t;
	return 0;
}

int draw_chances(struct request *rq, const struct campaign *c, const struct draw *d, const struct participant *p,
                 struct standing_chances *ret)
{
	struct turn t;
	int r = take_turn(rq, c, d, p, &t);
	if (r == 0)
		*ret = t.chances;
	return r;
}

/* A free one first: it lapses with the day. */
static int spend(struct request *rq, const struct campaign *c, const struct draw *d, const struct participant *p,
                 const struct turn *t, struct str token, bool *ret_free)
{
	struct posting out = {
		.to = { &book_chances, p->id, 0 }, .amount = -1, .key = str_format(rq->arena, "draw %.*s", STR(token)), .reason = S("drawn"),
		.source = c->id, .actor = rq->visitor,
	};
	bool is_free = t->spent.free_today < d->day_chances;
	int r = 1;
	if (is_free) {
		struct posting in = out;
		in.amount = 1, in.reason = S("day");
		in.key = str_format(rq->arena, "day %lld %lld", (long long)t->day, (long long)t->spent.free_today + 1);
		r = ledger_post(rq->tx, rq->community, &in, NULL);
	}
	if (r > 0)
		r = ledger_post(rq->tx, rq->community, &out, NULL);
	*ret_free = is_free;
	return r == E_NOT_ENOUGH ? E_NO_CHANCE : r == 0 ? E_CONFLICT : r < 0 ? r : 0;
}

/* ---- Actions: the log ------------------------------------------------------------------------------------ */

static QUERY(drawn_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_INT, K_ID, K_STR, K_STR, K_INT, K_BOOL, K_INT, K_STR, K_STR, K_INSTANT),
	"INSERT INTO drawn (community_id, campaign_id, n, participant_id, who, token, day, free, place, line, hash, at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");

static QUERY(draw_move, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_STR),
	"UPDATE draw SET drawn = ?3, last = ?4 WHERE community_id = ?1 AND campaign_id = ?2 AND drawn = ?3 - 1");

int draw_append(struct tx *tx, struct id community, struct id campaign, struct draw *d, const struct drawn_line *l)
{
	char hash[FAIR_HEX + 1];
	int64_t n = d->drawn + 1;
	fair_chain(d->last, l->line, hash);
	struct str kept = str_copy(tx_arena(tx), str_of(hash));
	int r = tx_run(tx, &drawn_insert, V(community), V(campaign), V(n), V(l->participant), V(l->who), V(l->token), V(l->day), V(l->free),
	               V(l->place), V(l->line), V(kept), V(tx_now(tx)));
	if (r < 0 || (r = tx_run(tx, &draw_move, V(community), V(campaign), V(n), V(kept))) < 0)
		return r;
	if (r == 0)
		return E_CONFLICT;
	d->drawn = n, d->last = kept;
	return 0;
}

/* ---- Actions: a draw ---------------------------------------------------------------------------------------- */

static struct str day_text(struct arena *a, int64_t day)
{
	struct instant at = { day * DAY };                        /* the calendar's day, whatever the zone */
	char text[32];
	instant_format(zone_find(S("UTC")), at, text);
	return str_copy(a, (struct str){ text, 10 });
}

static struct str line_of(struct request *rq, const struct draw *d, const struct turn *t, struct str token, int64_t place)
{
	const struct draw_place *places = d->places.at;
	BUF_SCOPED b;
	buf_init(&b, 4096);
	buf_format(&b, "{\"n\":%lld,\"at\":%lld,\"day\":\"%.*s\",\"who\":\"%.*s\",\"token\":\"%.*s\"", (long long)d->drawn + 1,
	           (long long)tx_now(rq->tx).ms, STR(day_text(rq->arena, t->day)), STR(t->who), STR(token));
	if (place >= 0) {
		buf_z(&b, ",\"left\":[");
		for (size_t i = 0; i < d->places.count; i++)
			buf_format(&b, "%s%lld", i ? "," : "", (long long)places[i].remaining);
		buf_format(&b, "],\"place\":%lld", (long long)place);
	}
	buf_z(&b, "}");
	return str_copy(rq->arena, buf_view(&b));
}

/* The prize and its order; the number of the draw stands where a stage would. */
static int win(struct request *rq, const struct campaign *c, const struct draw *d, const struct participant *p, int64_t place)
{
	struct prize prize = draw_prize((const struct draw_place *)d->places.at + place - 1);
	struct prize_order order;
	struct id number = { -(d->drawn + 1) };
	int r = prize_give(rq->tx, rq->community, p, number, &prize, &(struct claim){ .visitor = rq->visitor }, &order);
	return r < 0 ? r : event_emit(rq->tx, rq->community, &campaign_events[CAMPAIGN_WON], &(struct event){
		.subject = c->id, .actor = p->visitor_id, .object = p->id, .via = order.id, .n = place });
}

static int64_t place_drawn(const struct draw *d, struct str token)
{
	const struct draw_place *places = d->places.at;
	struct fair_place fair[FAIR_PLACES];
	struct fair_seed seed;
	for (size_t i = 0; i < d->places.count; i++)
		fair[i] = (struct fair_place){ places[i].ppm, places[i].remaining };
	return fair_seed_read(d->seed, &seed) ? fair_draw(&seed, d->drawn + 1, token, fair, d->places.count) : E_STORE;
}

static int draw_once(struct request *rq, const struct campaign *c, const struct participant *p, struct str token)
{
	struct draw d = *c->draw;
	struct turn t;
	bool is_free;
	int r = take_turn(rq, c, &d, p, &t);
	if (r < 0 || (r = t.chances.refused) < 0 || (r = spend(rq, c, &d, p, &t, token, &is_free)) < 0)
		return r;
	int64_t place = str_is(d.mode, "lots") ? -1 : place_drawn(&d, token);
	if (place < -1)
		return (int)place;
	struct drawn_line line = { p->id, t.who, token, t.day, is_free, place, line_of(rq, &d, &t, token, place) };
	if (!line.line.len)
		return E_MEMORY;
	if ((place > 0 && (r = win(rq, c, &d, p, place)) < 0) ||
	    (r = draw_append(rq->tx, rq->community, c->id, &d, &line)) < 0)
		return r;
	return event_emit(rq->tx, rq->community, &campaign_events[CAMPAIGN_DRAWN], &(struct event){
		.subject = c->id, .actor = p->visitor_id, .object = p->id, .n = place });
}

/* ---- Following: helps that give chances ------------------------------------------------------------------------ */

struct helps_rule { int64_t helps_chance, helps_most; };

ROW(helps_rule,
	FIELD(helps_rule, helps_chance, "So many helps give a chance"),
	FIELD(helps_rule, helps_most,   "Chances from helps at most"));

static QUERY(draw_helps_rule, READS, &row_helps_rule, TAKES(K_ID, K_ID),
	"SELECT helps_chance, helps_most FROM draw WHERE community_id = ?1 AND campaign_id = ?2 AND helps_chance > 0");

/* A chance once given stays, also when the help is taken away; the same multiple gives it once. */
static int apply_help(struct tx *tx, struct id community, const struct event *e)
{
	struct helps_rule rule;
	int r = tx_one(tx, &draw_helps_rule, &rule, V(community), V(e->subject));
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	int64_t which = e->n / rule.helps_chance;
	if (e->n <= 0 || e->n % rule.helps_chance || which > rule.helps_most)
		return 0;
	struct posting posting = {
		.to = { &book_chances, e->object, 0 }, .amount = 1, .key = str_format(tx_arena(tx), "helps %lld", (long long)which),
		.reason = S("helped"), .source = e->subject, .actor = e->actor,
	};
	return ledger_post(tx, community, &posting, NULL);
}

static int apply_helps(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = apply_help(tx, community, &events[i]);
	return r;
}

static const struct follower followers[] = {
	{ "draw_chances", "campaign_helped", apply_helps },
	{ 0 },
};

/* ---- API ------------------------------------------------------------------------------------------------------------ */

static QUERY(drawn_by_token, READS, &row_id_item, TAKES(K_ID, K_ID, K_STR),
	"SELECT n AS item FROM drawn WHERE community_id = ?1 AND participant_id = ?2 AND token = ?3");

static int post_draw(struct request *rq, const void *in, void *out)
{
	const struct draw_token *input = in;
	struct campaign c;
	struct participant owner, me;
	struct id_item known;
	if (!rq_allow(rq, str_format(rq->arena, "draw %lld", (long long)rq->visitor.n), TRIES, TRIES_TIME) ||
	    !rq_allow(rq, str_format(rq->arena, "draw %.*s", STR(rq->address)), CROWD, TRIES_TIME))
		return E_SLOW_DOWN;
	int r = campaign_by_slug(rq->tx, rq->path_text, &rq->community, &c, &owner);
	if (r < 0)
		return r;
	if (!c.draw)
		return E_NOT_FOUND;
	if ((r = participant_of(rq->tx, rq->community, c.id, rq->visitor, &me)) < 0)
		return r == E_NOT_FOUND ? E_TAKE_PART_FIRST : r;
	r = tx_one(rq->tx, &drawn_by_token, &known, V(rq->community), V(me.id), V(input->token));
	if (r == E_NOT_FOUND && (r = person_strong(rq, &c)) == 0)
		r = draw_once(rq, &c, &me, input->token);
	return r < 0 ? r : task_answer(rq, out);
}

static int post_address(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	struct participant owner, me;
	int r = campaign_by_slug(rq->tx, rq->path_text, &rq->community, &c, &owner);
	if (r < 0 || (r = participant_of(rq->tx, rq->community, c.id, rq->visitor, &me)) < 0 ||
	    (r = prize_address(rq, &c, &me, in)) < 0)
		return r;
	return task_answer(rq, out);
}

/* ---- What is kept about people ------------------------------------------------------------------------------------------ */

struct draw_own { struct str campaign; int64_t n; struct str who, token; struct instant at; };

ROW(draw_own,
	FIELD(draw_own, campaign, "Campaign"),
	FIELD(draw_own, n,        "Number of the draw"),
	FIELD(draw_own, who,      "Your mark in the file of draws"),
	FIELD(draw_own, token,    "What your browser made up for it"),
	FIELD(draw_own, at,       "When"));

/* Nothing here names anybody: of the participant only a number stays, and that is forgotten in its own table. */
static QUERY(draws_show, READS, &row_draw_own, TAKES(K_ID, K_ID),
	"SELECT c.name AS campaign, d.n, d.who, d.token, d.at FROM participant p JOIN drawn d ON d.community_id = p.community_id"
	" AND d.participant_id = p.id JOIN campaign c ON c.community_id = d.community_id AND c.id = d.campaign_id"
	" WHERE p.community_id = ?1 AND p.visitor_id = ?2 ORDER BY d.at, d.n LIMIT 500");

static const struct personal personal[] = {
	{ "drawn", "你在抽奖里的每一次抽取", "Each of your draws in lotteries", "活动 编号 记号 随机码 时间", BY_VISITOR, &draws_show },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "POST", "/t/{slug}/draw",    ROLE_VISITOR, post_draw,    &row_draw_token, &row_task_page, "Spend a chance; the same token answers the same draw", OUT_BODY, .makes = "application/json" },
	{ "POST", "/t/{slug}/address", ROLE_VISITOR, post_address, &row_order_address, &row_task_page, "Where a prize that was won is to be sent, until it has left", OUT_BODY, .makes = "application/json" },
	{ 0 },
};

static const struct query *const queries[] = {
	&draws_spent, &drawn_insert, &draw_move, &draw_helps_rule, &drawn_by_token, &draws_show, NULL,
};

const struct feature feature_draw_act = {
	.name = "draw_act", .routes = routes, .queries = queries, .followers = followers, .personal = personal,
};
