/* forecast_test.c: runs by chance follow what is assumed, never give what is not there, and are the same for the same seed; a kept
 * forecast stands beside what came of it. */
#include "campaign/campaign_test.h"
#include "campaign/forecast/forecast.h"

static const struct sim_input usual = {
	.seeds = 1000, .seed_joins = 200, .opens = 400, .converts = 400, .goes_on = 300, .claims = 900, .cycle_hours = 12, .days = 14,
	.audience = 1000000, .group_size = 200, .ship_minutes = 3, .asks = 100, .ask_minutes = 2, .budget = 500000,
};

static struct sim_forecast played(struct arena *arena, struct sim_input in, const struct sim_stage *stages, size_t n, uint64_t seed)
{
	struct sim_forecast f;
	assert_int_equal(simulate(arena, &in, stages, n, seed, &f), 0);
	return f;
}

static struct sim_band band(struct one one) { return *(const struct sim_band *)one.at; }

static void assert_ordered(struct one one)
{
	struct sim_band b = band(one);
	assert_true(0 <= b.low && b.low <= b.mid && b.mid <= b.high);
}

TEST(forecast_model, "what is expected on average comes out in the middle; a dearer, larger, longer plan gives more; stock is never exceeded")
{
	ARENA_SCOPED arena;
	arena_init(&arena, 64 << 20);
	const struct sim_stage stages[] = { { .goal = 3, .stock = 40, .fen = 5000, .ships = true }, { .goal = 8, .stock = 1000, .fen = 20000 } };
	struct sim_forecast f = played(&arena, usual, stages, 2, 7), again = played(&arena, usual, stages, 2, 7);
	assert_ordered(f.participants), assert_ordered(f.opened), assert_ordered(f.helps), assert_ordered(f.cost), assert_ordered(f.groups);
	assert_int_equal(f.k, 480);
	/* 200 to begin with, each brings 0.48 more: 200 / 0.52. */
	assert_in_range(band(f.participants).mid, 350, 420);
	assert_in_range(band(f.helps).mid, 560, 680);             /* 1.6 each */
	assert_int_equal(band(f.groups).mid, (band(f.helps).mid + 199) / 200);
	assert_memory_equal(f.participants.at, again.participants.at, sizeof(struct sim_band));
	const struct sim_given *given = f.given.at;
	assert_int_equal(f.given.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(given[i].high <= given[i].stock);
	assert_int_equal(given[0].high, 40);                      /* one in ten or more wants a flask: too few */
	assert_true(given[0].short_runs > 500);
	int64_t runs = 0;
	for (size_t i = 0; i < f.bars.count; i++)
		runs += ((const struct sim_bar *)f.bars.at)[i].runs;
	assert_int_equal(runs, SIM_RUNS);
	assert_int_equal(f.days.count, 14);
	assert_int_equal(((const struct sim_day *)f.days.at)[13].mid, band(f.participants).mid);
	struct sim_input more = usual;
	more.opens = 500;
	assert_true(band(played(&arena, more, stages, 2, 7).participants).mid > band(f.participants).mid);
}

TEST(forecast_ends, "nobody helps: only those who were told; everybody does: no more than there are; a million is counted in a moment")
{
	ARENA_SCOPED arena;
	arena_init(&arena, 64 << 20);
	struct sim_input in = usual;
	in.opens = 0;
	struct sim_forecast f = played(&arena, in, NULL, 0, 1);
	assert_in_range(band(f.participants).mid, 190, 210);
	assert_int_equal(band(f.helps).high, 0);
	assert_int_equal(band(f.groups).high, 0);
	in = usual;
	in.opens = 1000, in.converts = 900, in.goes_on = 900, in.audience = 20000, in.days = 60;
	f = played(&arena, in, NULL, 0, 1);
	assert_true(band(f.participants).high <= 20000);
	assert_true(band(f.participants).low > 10000);
	assert_int_equal(f.full, 1000);
	in.audience = 0, in.seeds = 1000000, in.days = 365, in.cycle_hours = 1;
	f = played(&arena, in, &(struct sim_stage){ .goal = 1, .stock = 5, .fen = 100, .all = true }, 1, 1);
	assert_int_equal(((const struct sim_given *)f.given.at)[0].high, 5);
	in = (struct sim_input){ .seeds = 1, .cycle_hours = 720, .days = 1 };
	f = played(&arena, in, NULL, 0, 1);
	assert_int_equal(band(f.participants).high, 0);
	assert_int_equal(f.bars.count, 1);
}

#define INPUT "{\"seeds\":%d,\"seed_joins\":%d,\"opens\":400,\"converts\":500,\"goes_on\":200,\"claims\":900,\"cycle_hours\":12,\"days\":7," \
	"\"audience\":5000,\"group_size\":0,\"ship_minutes\":3,\"asks\":50,\"ask_minutes\":3,\"budget\":0}"

PROMISE(forecast_kept, "a forecast is kept until somebody takes part, and stands beside what came of it afterwards")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1 });
	const char *path = at(&d, "/campaigns/%lld/forecast", (long long)c.id.n);
	struct reply r = get(d.reader, path);
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "kept"), "false");
	assert_str(json_at(&r, "input.opens"), "400");            /* nothing is known yet: what is usual */
	r = get(d.reader, at(&d, "/campaigns/%lld/simulate?seeds=10&seed_joins=200&opens=100&converts=500&goes_on=300&claims=900&cycle_hours=12"
		"&days=7&asks=10", (long long)c.id.n));
	assert_int_equal(r.status, 200);
	assert_int_equal(json_length(&r, "days"), 7);
	assert_reply(get(d.reader, at(&d, "/campaigns/%lld/simulate?seeds=-1", (long long)c.id.n)), 400, "too_small");
	r = put(d.operator, path, text(&d, INPUT, 2, 1000));
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "kept"), "true");
	r = put(d.operator, path, text(&d, INPUT, 3, 1000));
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "input.seeds"), "3");
	int64_t low = number_at(&r, "forecast.participants.low"), high = number_at(&r, "forecast.participants.high");
	assert_true(low >= 3 && high >= low);
	struct browser *lin = person(&d, 501), *an = person(&d, 502);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	assert_reply(put(d.operator, path, text(&d, INPUT, 2, 1000)), 409, "forecast_late");
	assert_str(str_of(verdict(&d, an, own)), "counted");
	act(&d, lin, own, "claim", claim_json(&d, &c));
	r = get(d.reader, path);
	assert_int_equal(json_length(&r, "scores"), 4);
	assert_str(json_at(&r, "scores.0.what"), "participants");
	assert_str(json_at(&r, "scores.0.actual"), "1");
	assert_str(json_at(&r, "scores.0.hit"), "false");
	assert_str(json_at(&r, "scores.2.actual"), "1");
	assert_str(json_at(&r, "scores.3.what"), "cost");
	assert_str(json_at(&r, "scores.3.actual"), "5000");
	assert_str(json_at(&r, "forecasts"), "0");
	assert_int_equal(post(d.operator, at(&d, "/campaigns/%lld/state", (long long)c.id.n), "{\"state\":\"ended\"}").status, 200);
	r = get(d.reader, path);
	assert_str(json_at(&r, "forecasts"), "1");
	assert_str(json_at(&r, "of"), "4");
	browser_close(lin), browser_close(an);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
