/* forecast.c: a campaign's forecast: what is assumed, what follows, and what came of it; see forecast.h. */
#include "campaign/forecast/forecast.h"

#include "groups/livecode.h"
#include "people/audit.h"

#define PAST_MOST   5             /* campaigns that say how it usually goes … */
#define PAST_PEOPLE 50000         /* … of at most so many participants each */
#define SCORES_MOST 50

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

struct scored { struct str what; int64_t low, mid, high, actual; bool hit; };
struct past { int64_t campaigns, participants, children, opened, helps, reached, claimed; };
struct forecast_shown {
	bool           kept, open;
	struct instant made_at;
	struct one     input, forecast, past;
	struct rows    scores;
	int64_t        places, forecasts, hits, of;
};

ROW(scored,
	FIELD(scored, what,   "Which number", .one_of = "opened participants helps cost"),
	FIELD(scored, low,    "The forecast's band: from"),
	FIELD(scored, mid,    "… the middle"),
	FIELD(scored, high,   "… to"),
	FIELD(scored, actual, "What came of it"),
	FIELD(scored, hit,    "It lies in the band"));

ROW(past,
	FIELD(past, campaigns,    "Campaigns that ended here"),
	FIELD(past, participants, "Who took part in them"),
	FIELD(past, children,     "… through a friend's link"),
	FIELD(past, opened,       "Friends who opened a page"),
	FIELD(past, helps,        "Helps that counted"),
	FIELD(past, reached,      "Who reached the first goal"),
	FIELD(past, claimed,      "Prizes of it claimed"));

ROW(forecast_shown,
	FIELD(forecast_shown, kept,      "There is a forecast that was kept"),
	FIELD(forecast_shown, open,      "It may be kept, or kept anew: nobody takes part yet"),
	FIELD(forecast_shown, made_at,   "When it was kept", .optional = true),
	FIELD(forecast_shown, input,     "What it assumes; none kept: what the past suggests", .of = &row_sim_input),
	FIELD(forecast_shown, forecast,  "What was expected, as it was kept", .of = &row_sim_forecast),
	FIELD(forecast_shown, past,      "How it went here before", .of = &row_past),
	FIELD(forecast_shown, scores,    "The forecast beside what came of it", .of = &row_scored),
	FIELD(forecast_shown, places,    "Places left in the groups of its live code"),
	FIELD(forecast_shown, forecasts, "Kept forecasts of campaigns that ended"),
	FIELD(forecast_shown, hits,      "… their numbers that lay in the band"),
	FIELD(forecast_shown, of,        "… of so many"));

struct forecast_kept { struct str input, forecast; struct instant made_at; };

ROW(forecast_kept,
	FIELD(forecast_kept, input,    "Assumed"),
	FIELD(forecast_kept, forecast, "Expected"),
	FIELD(forecast_kept, made_at,  "When"));

/* ---- The campaign in the model's words ----------------------------------------------------------------------------- */

/* Of prizes to choose from, the dearest is expected. */
static struct sim_stage stage_of(const struct stage *s)
{
	const struct prize *p = s->prizes.at;
	struct sim_stage ret = { .goal = s->goal, .friends = str_is(s->whom, "friends"), .all = str_is(s->whom, "all") };
	for (size_t i = 0; i < s->prizes.count; i++) {
		ret.stock += p[i].stock;
		ret.fen = p[i].value.fen > ret.fen ? p[i].value.fen : ret.fen;
		ret.ships |= str_is(p[i].kind, "physical");
	}
	return ret;
}

static int run(struct request *rq, const struct campaign *c, const struct sim_input *in, struct sim_forecast *ret)
{
	struct sim_stage stages[SIM_STAGES];
	const struct stage *s = c->stages.at;
	size_t count = c->stages.count < SIM_STAGES ? c->stages.count : SIM_STAGES;
	for (size_t i = 0; i < count; i++)
		stages[i] = stage_of(&s[i]);
	return simulate(rq->arena, in, stages, count, (uint64_t)c->id.n, ret);
}

/* ---- The past ------------------------------------------------------------------------------------------------------- */

#define HELPS_OF_P BALANCE_OF("p.community_id", "'help'", "p.id")

static QUERY(past_of, READS, &row_past, TAKES(K_ID, K_INT, K_INT),
	"SELECT count(DISTINCT c.id) AS campaigns, count(p.id) AS participants,"
	" COALESCE(CAST(sum(CASE WHEN p.parent_id <> 0 THEN 1 ELSE 0 END) AS BIGINT), 0) AS children,"
	" COALESCE(CAST(sum((SELECT count(*) FROM " COUNTED_HELPS("p.community_id", "p.id") ") + (SELECT count(*) FROM "
	OTHER_HELPS("p.community_id", "p.id") ")) AS BIGINT), 0) AS opened,"
	" COALESCE(CAST(sum(" HELPS_OF_P ") AS BIGINT), 0) AS helps,"
	" COALESCE(CAST(sum(CASE WHEN " HELPS_OF_P " >= c.first_goal THEN 1 ELSE 0 END) AS BIGINT), 0) AS reached,"
	" COALESCE(CAST(sum((SELECT count(*) FROM prize_order o WHERE o.community_id = p.community_id AND o.participant_id = p.id"
	"  AND o.stage_id = c.first_stage)) AS BIGINT), 0) AS claimed"
	" FROM (SELECT k.id, k.community_id, COALESCE((SELECT s.goal FROM campaign_stage s WHERE s.community_id = k.community_id"
	"   AND s.campaign_id = k.id ORDER BY s.goal, s.id LIMIT 1), 1) AS first_goal,"
	"  COALESCE((SELECT s.id FROM campaign_stage s WHERE s.community_id = k.community_id AND s.campaign_id = k.id"
	"   ORDER BY s.goal, s.id LIMIT 1), 0) AS first_stage FROM campaign k WHERE k.community_id = ?1 AND k.state = 'ended'"
	"  AND k.kind IN ('treasure', 'likes', 'resource', 'build', 'refer') AND k.participants >= 5 AND k.participants <= ?3"
	"  ORDER BY k.ended_at DESC, k.id DESC LIMIT ?2) c"
	" JOIN participant p ON p.community_id = c.community_id AND p.campaign_id = c.id", .scans = true);

static int past_here(struct request *rq, struct past *ret)
{
	return tx_one(rq->tx, &past_of, ret, V(rq->community), V((int64_t)PAST_MOST), V((int64_t)PAST_PEOPLE));
}

static int64_t share(int64_t part, int64_t whole, int64_t scale, int64_t otherwise, int64_t most)
{
	int64_t n = whole ? part * scale / whole : otherwise;
	return n > most ? most : n;
}

/* How it begins: what was measured here before, else what is usual. */
static struct sim_input suggestion(const struct campaign *c, const struct past *past)
{
	int64_t days = (c->ends_at.ms - c->starts_at.ms + DAY - 1) / DAY;
	bool known = past->participants >= 20;
	return (struct sim_input){
		.seeds = 200, .seed_joins = 150, .opens = share(past->opened, known ? past->participants : 0, 100, 400, 10000),
		.converts = share(past->helps, known ? past->opened : 0, 1000, 450, 1000),
		.goes_on = share(past->children, known ? past->helps : 0, 1000, 300, 1000),
		.claims = share(past->claimed, known ? past->reached : 0, 1000, 850, 1000),
		.cycle_hours = 12, .days = days < 1 ? 7 : days > 365 ? 30 : days, .audience = 5000,
		.group_size = str_is(c->act, "join") ? 200 : 0, .ship_minutes = 3, .asks = 50, .ask_minutes = 3,
	};
}

/* ---- What came of it ----------------------------------------------------------------------------------------------------- */

static QUERY(came_of, READS, &row_past, TAKES(K_ID, K_ID),
	"SELECT 1 AS campaigns, count(*) AS participants, 0 AS children,"
	" (SELECT count(*) FROM help h WHERE h.community_id = ?1 AND h.campaign_id = ?2) AS opened,"
	" COALESCE(CAST(sum(" HELPS_OF_P ") AS BIGINT), 0) AS helps, 0 AS reached,"
	" COALESCE((SELECT CAST(sum(z.value) AS BIGINT) FROM prize_order o JOIN prize z ON z.community_id = o.community_id"
	"  AND z.id = o.prize_id WHERE o.community_id = ?1 AND o.campaign_id = ?2 AND o.state NOT IN ('cancelled', 'expired')), 0) AS claimed"
	" FROM participant p WHERE p.community_id = ?1 AND p.campaign_id = ?2", .scans = true);

static struct scored score(const char *what, struct one band, int64_t actual)
{
	const struct sim_band *b = band.at;
	return (struct scored){ str_of(what), b->low, b->mid, b->high, actual, b->low <= actual && actual <= b->high };
}

#define SCORES 4

static int score_all(struct tx *tx, struct id community, struct id campaign, const struct sim_forecast *f, struct scored ret[SCORES])
{
	struct past came;
	int r = tx_one(tx, &came_of, &came, V(community), V(campaign));
	if (r < 0)
		return r;
	ret[0] = score("participants", f->participants, came.participants);
	ret[1] = score("opened", f->opened, came.opened);
	ret[2] = score("helps", f->helps, came.helps);
	ret[3] = score("cost", f->cost, came.claimed);
	return 0;
}

/* ---- Keeping ------------------------------------------------------------------------------------------------------------------ */

static QUERY(forecast_of, READS, &row_forecast_kept, TAKES(K_ID, K_ID),
	"SELECT input, forecast, made_at FROM campaign_forecast WHERE community_id = ?1 AND campaign_id = ?2");

static QUERY(forecasts_ended, READS, &row_id_item, TAKES(K_ID, K_INT),
	"SELECT f.campaign_id AS item FROM campaign_forecast f JOIN campaign c ON c.community_id = f.community_id AND c.id = f.campaign_id"
	" WHERE f.community_id = ?1 AND c.state = 'ended' AND c.participants > 0 AND c.participants <= 50000"
	" ORDER BY f.campaign_id DESC LIMIT ?2");

static QUERY(forecast_put, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_ID, K_INSTANT),
	"INSERT INTO campaign_forecast (community_id, campaign_id, input, forecast, made_by, made_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT (community_id, campaign_id) DO UPDATE SET input = excluded.input, forecast = excluded.forecast,"
	" made_by = excluded.made_by, made_at = excluded.made_at");

/* E_NOT_FOUND: none was kept. */
static int kept(struct tx *tx, struct id community, struct id campaign, struct sim_input *ret_input, struct sim_forecast *ret,
                struct instant *ret_at)
{
	struct forecast_kept k;
	struct complaint why;
	int r = tx_one(tx, &forecast_of, &k, V(community), V(campaign));
	if (r < 0)
		return r;
	*ret_at = k.made_at;
	return row_read_json(&row_sim_input, k.input, tx_arena(tx), ret_input, &why) < 0 ||
	       row_read_json(&row_sim_forecast, k.forecast, tx_arena(tx), ret, &why) < 0 ? E_STORE : 0;
}

/* Of all that were kept here and are over: how often they were right. */
static int judge_all(struct request *rq, struct forecast_shown *shown)
{
	struct rows rows;
	int r = tx_all(rq->tx, &forecasts_ended, &rows, V(rq->community), V((int64_t)SCORES_MOST));
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		struct id campaign = ((const struct id_item *)rows.at)[i].item;
		struct sim_input in;
		struct sim_forecast f;
		struct instant at;
		struct scored scores[SCORES];
		if ((r = kept(rq->tx, rq->community, campaign, &in, &f, &at)) < 0 ||
		    (r = score_all(rq->tx, rq->community, campaign, &f, scores)) < 0)
			break;
		shown->forecasts++, shown->of += SCORES;
		for (size_t k = 0; k < SCORES; k++)
			shown->hits += scores[k].hit;
	}
	return r < 0 ? r : 0;
}

/* Of the groups behind its live code, as last counted. */
static int places_left(struct request *rq, const struct campaign *c, int64_t *ret)
{
	struct community whose;
	struct livecode code;
	struct plan plan;
	*ret = 0;
	int r = c->code_id.n ? livecode_get(rq->tx, rq->community, c->code_id, &code) : E_NOT_FOUND;
	if (r == 0)
		r = community_get(rq->tx, rq->community, &whose);
	if (r < 0 || (r = plan_load(rq->tx, &whose, &code, &plan)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	for (size_t i = 0; i < plan.count; i++) {
		const struct child *child = &plan.children[i];
		enum child_state state = child_state(child, &plan, tx_now(rq->tx));
		int64_t cap = child->cap ? child->cap - child->shown : INT64_MAX;
		int64_t room = child->member_limit ? child->member_limit - child->members : INT64_MAX;
		int64_t left = cap < room ? cap : room;
		if ((state == CHILD_WAITING || state == CHILD_FILLING) && left > 0 && left < INT64_MAX)
			*ret += left;
	}
	return 0;
}

static int show(struct request *rq, const struct campaign *c, struct forecast_shown *ret)
{
	struct forecast_shown shown = { .open = c->participants == 0 && !str_is(c->state, "ended") };
	struct sim_input *in = ARENA_NEW(rq->arena, struct sim_input);
	struct sim_forecast *f = ARENA_NEW(rq->arena, struct sim_forecast);
	struct past *past = ARENA_NEW(rq->arena, struct past);
	struct scored *scores = arena_take_array(rq->arena, SCORES, sizeof *scores);
	if (!in || !f || !past || !scores)
		return E_MEMORY;
	int r = past_here(rq, past);
	if (r < 0 || (r = places_left(rq, c, &shown.places)) < 0 || (r = judge_all(rq, &shown)) < 0)
		return r;
	r = kept(rq->tx, rq->community, c->id, in, f, &shown.made_at);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	shown.kept = r == 0;
	shown.forecast.at = shown.kept ? f : NULL;
	if (!shown.kept)
		*in = suggestion(c, past);
	if (shown.kept && c->participants && (r = score_all(rq->tx, rq->community, c->id, f, scores)) < 0)
		return r;
	shown.input.at = in, shown.past.at = past;
	shown.scores = (struct rows){ scores, shown.kept && c->participants ? SCORES : 0 };
	*ret = shown;
	return 0;
}

/* ---- API ------------------------------------------------------------------------------------------------------------------------- */

static int get_simulation(struct request *rq, const void *in, void *out)
{
	struct sim_input input = *(const struct sim_input *)in;
	struct campaign c;
	struct past past;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r >= 0 && !input.seeds && (r = past_here(rq, &past)) >= 0)
		input = suggestion(&c, &past);
	return r < 0 ? r : run(rq, &c, &input, out);
}

static int get_forecast(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	(void)in;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	return r < 0 ? r : show(rq, &c, out);
}

/* The runs are made before the store is written to. */
static int ready_forecast(struct request *rq, const void *in, void *out)
{
	struct sim_forecast *f = ARENA_NEW(rq->arena, struct sim_forecast);
	struct campaign c;
	(void)out;
	int r = f ? campaign_get(rq->tx, rq->community, rq->path_id, &c) : E_MEMORY;
	rq->kept = f;
	return r < 0 ? r : run(rq, &c, in, f);
}

static int put_forecast(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	struct sim_forecast *f = rq->kept;
	BUF_SCOPED input, forecast;
	buf_init(&input, 4096);
	buf_init(&forecast, 64 << 10);
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0)
		return r;
	if (c.participants || str_is(c.state, "ended"))
		return E_FORECAST_LATE;
	if (!((const struct sim_input *)in)->seeds)
		return rq_complain(rq, E_TOO_SMALL, S("seeds"));
	row_write_json(&input, &row_sim_input, in);
	row_write_json(&forecast, &row_sim_forecast, f);
	if (buf_failed(&input) || buf_failed(&forecast))
		return E_MEMORY;
	r = tx_run(rq->tx, &forecast_put, V(rq->community), V(c.id), V(buf_view(&input)), V(buf_view(&forecast)), V(rq->account),
	           V(tx_now(rq->tx)));
	if (r < 0 || (r = audit_note(rq, "campaign_forecast", c.id, c.name)) < 0)
		return r;
	return show(rq, &c, out);
}

static const struct route routes[] = {
	{ "GET", "/campaigns/{id}/simulate", ROLE_READER,   get_simulation, &row_sim_input, &row_sim_forecast, "Play it through by chance, some hundred times; nothing is kept", .sees = campaign_sees },
	{ "GET", "/campaigns/{id}/forecast", ROLE_READER,   get_forecast,   NULL, &row_forecast_shown, "The forecast that was kept, beside what came of it; and what the past suggests", .sees = campaign_sees },
	{ "PUT", "/campaigns/{id}/forecast", ROLE_OPERATOR, put_forecast,   &row_sim_input, &row_forecast_shown, "Keep a forecast, until somebody takes part", .ready = ready_forecast },
	{ 0 },
};

static const struct query *const queries[] = { &past_of, &came_of, &forecast_of, &forecasts_ended, &forecast_put, NULL };

const struct feature feature_campaign_forecast = { .name = "campaign_forecast", .routes = routes, .queries = queries };
