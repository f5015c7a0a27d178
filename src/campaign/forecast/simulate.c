/* simulate.c: see simulate.h. */
#include "campaign/forecast/simulate.h"

#include <math.h>
#include <stdlib.h>

#define ROUNDS_MAX 2000
#define ENOUGH     INT64_C(1000000000)        /* an audience nobody exhausts */

#define SHARE(member, help) FIELD(sim_input, member, help ", of a thousand", .min = 0, .max = 1000, .optional = true)

ROW_PUBLIC(sim_input,
	FIELD(sim_input, seeds,       "People who are told at the beginning; 0: all as the past suggests", .min = 0, .max = 1000000, .optional = true),
	SHARE(seed_joins, "Who of them takes part"),
	FIELD(sim_input, opens,       "Friends who open a participant's page, a hundredfold", .min = 0, .max = 10000, .optional = true),
	SHARE(converts, "Who of those who open helps"),
	SHARE(goes_on, "Who of those who help takes part"),
	SHARE(claims, "Who of those who reach a goal claims it"),
	FIELD(sim_input, cycle_hours, "From taking part to the friends' taking part", .min = 0, .max = 720, .optional = true),
	FIELD(sim_input, days,        "How long it goes on", .min = 0, .max = 365, .optional = true),
	FIELD(sim_input, audience,    "People who can be reached at all; 0: no limit", .min = 0, .max = 1000000000, .optional = true),
	FIELD(sim_input, group_size,  "Who helps joins a group of so many; 0: none", .min = 0, .max = 100000, .optional = true),
	FIELD(sim_input, ship_minutes, "Minutes of work a parcel", .min = 0, .max = 600, .optional = true),
	SHARE(asks, "Who of those who take part asks staff something"),
	FIELD(sim_input, ask_minutes, "Minutes of work a question", .min = 0, .max = 600, .optional = true),
	FIELD(sim_input, budget,      "For prizes, in fen; 0: none", .min = 0, .max = 100000000000, .optional = true));

#define BAND(row) \
	FIELD(row, low,  "One run in ten is below"), \
	FIELD(row, mid,  "Half of the runs are below"), \
	FIELD(row, high, "One run in ten is above")

ROW_PUBLIC(sim_band, BAND(sim_band));

ROW(sim_given,
	FIELD(sim_given, goal,  "Of the stage with this goal"),
	BAND(sim_given),
	FIELD(sim_given, stock, "Pieces there are"),
	FIELD(sim_given, short_runs, "Of a thousand runs, in how many they did not suffice"));

ROW(sim_day,
	FIELD(sim_day, day, "At the end of this day"),
	BAND(sim_day));

ROW(sim_bar,
	FIELD(sim_bar, from,  "From so many who take part"),
	FIELD(sim_bar, until, "… to below so many"),
	FIELD(sim_bar, runs,  "Runs"));

ROW_PUBLIC(sim_forecast,
	FIELD(sim_forecast, opened,        "Friends who open somebody's page", .of = &row_sim_band),
	FIELD(sim_forecast, participants,  "Who takes part", .of = &row_sim_band),
	FIELD(sim_forecast, helps,         "Helps that count", .of = &row_sim_band),
	FIELD(sim_forecast, groups,        "Groups that are needed", .of = &row_sim_band),
	FIELD(sim_forecast, cost,          "Prizes given, in fen", .of = &row_sim_band),
	FIELD(sim_forecast, staff_minutes, "Minutes of work", .of = &row_sim_band),
	FIELD(sim_forecast, k,             "K factor, a thousandfold"),
	FIELD(sim_forecast, over_budget,   "Of a thousand runs, in how many prizes cost more than the budget"),
	FIELD(sim_forecast, full,          "… and in how many everybody was reached"),
	FIELD(sim_forecast, given,         "Prizes, by goal", .of = &row_sim_given),
	FIELD(sim_forecast, days,          "How it grows", .of = &row_sim_day),
	FIELD(sim_forecast, bars,          "How the runs are spread", .of = &row_sim_bar));

/* ---- Chance ---------------------------------------------------------------------------------------------------- */

static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Above 0, up to 1. */
static double unit(uint64_t *state) { return ((double)(next(state) >> 11) + 1) / 9007199254740993.0; }

/* 0, 1, 2 …, on average `mean`: each more is as likely as the one before. */
static int64_t geometric(uint64_t *state, double mean)
{
	return mean <= 0 ? 0 : (int64_t)(log(unit(state)) / log(mean / (1 + mean)));
}

static int64_t binomial_few(uint64_t *state, int64_t n, double p)
{
	int64_t hits = 0;
	for (int64_t i = 0; i < n; i++)
		hits += unit(state) <= p;
	return hits;
}

/* Of many, by the normal distribution. */
static int64_t binomial(uint64_t *state, int64_t n, double p)
{
	if (n < 200)
		return binomial_few(state, n, p);
	double mean = (double)n * p, spread = sqrt(mean * (1 - p));
	double bell = sqrt(-2 * log(unit(state))) * cos(6.283185307179586 * unit(state));
	double x = mean + spread * bell;
	return x < 0 ? 0 : x > (double)n ? n : (int64_t)(x + 0.5);
}

/* ---- One run --------------------------------------------------------------------------------------------------------- */

struct run {
	const struct sim_input *in;
	const struct sim_stage *stages;
	size_t   stage_count;
	uint64_t chance;
	int64_t  cycle, audience, people, fresh, told;     /* people: who acted; fresh: who takes part anew; told: who was reached */
	double   participants, opened, helps;
	double   reached[SIM_STAGES];                 /* pieces wanted */
	int64_t  days[SIM_DAYS];
	int64_t  given[SIM_STAGES];
	bool     ran_out[SIM_STAGES];
};

struct outcome { int64_t opened, participants, helps, groups, cost, minutes; };

static double still_there(const struct run *r)
{
	double share = 1 - (double)r->told / (double)r->audience;
	return share > 0 ? share : 0;
}

static void reach(struct run *r, int64_t helps)
{
	for (size_t i = 0; i < r->stage_count; i++) {
		const struct sim_stage *s = &r->stages[i];
		if (s->friends)
			r->reached[i] += (double)helps;
		else if (helps >= s->goal)
			r->reached[i] += s->all ? (double)helps + 1 : 1;
	}
}

/* One person's friends. */
static void live_one(struct run *r, int64_t *more)
{
	const struct sim_input *in = r->in;
	int64_t opens = geometric(&r->chance, (double)in->opens / 100), helps = 0;
	r->people++;
	r->opened += (double)opens;
	for (int64_t i = 0; i < opens; i++) {
		if (unit(&r->chance) > still_there(r))
			continue;                     /* somebody who was here already */
		r->told++;
		if (unit(&r->chance) > (double)in->converts / 1000)
			continue;
		helps++;
		*more += unit(&r->chance) <= (double)in->goes_on / 1000;
	}
	r->helps += (double)helps;
	reach(r, helps);
}

/* Many at once, by averages; of so many helps as many goals are reached as of those before. */
static int64_t live_many(struct run *r, int64_t n)
{
	const struct sim_input *in = r->in;
	double there = still_there(r), opens = (double)n * (double)in->opens / 100, found = opens * there;
	double left = (double)(r->audience - r->told);
	if (found > left)
		found = left > 0 ? left : 0;
	double helps = found * (double)in->converts / 1000, as_before = r->helps > 0 ? helps / r->helps : 0;
	for (size_t i = 0; i < r->stage_count; i++)
		r->reached[i] += as_before * r->reached[i];
	r->opened += opens, r->helps += helps, r->told += (int64_t)found;
	r->people += n;
	return (int64_t)(helps * (double)in->goes_on / 1000 + 0.5);
}

static void live(struct run *r)
{
	int64_t rounds = r->in->days * 24 / r->cycle;
	int64_t points = r->in->days < SIM_DAYS ? r->in->days : SIM_DAYS;
	rounds = rounds < 1 ? 1 : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
	r->told = r->in->seeds < r->audience ? r->in->seeds : r->audience;
	r->fresh = binomial(&r->chance, r->told, (double)r->in->seed_joins / 1000);
	r->participants = (double)r->fresh;
	int64_t at = 0;
	for (int64_t round = 1; round <= rounds; round++) {
		int64_t more = 0, left = r->fresh;
		while (left > 0 && r->people < SIM_PERSONS)
			live_one(r, &more), left--;
		if (left > 0)
			more += live_many(r, left);
		r->fresh = more;
		/* Everybody of this round has taken part when it is over. */
		for (; at < points && (at + 1) * r->in->days * 24 <= round * r->cycle * points; at++)
			r->days[at] = (int64_t)(r->participants + (double)more);
		r->participants += (double)more;
	}
	for (; at < points; at++)
		r->days[at] = (int64_t)r->participants;
}

static struct outcome settle(struct run *r)
{
	const struct sim_input *in = r->in;
	double cost = 0, parcels = 0;
	for (size_t i = 0; i < r->stage_count; i++) {
		double wanted = r->reached[i] * (double)in->claims / 1000;
		r->ran_out[i] = wanted > (double)r->stages[i].stock;
		double given = r->ran_out[i] ? (double)r->stages[i].stock : wanted;
		r->given[i] = (int64_t)(given + 0.5);
		cost += given * (double)r->stages[i].fen;
		parcels += r->stages[i].ships ? given : 0;
	}
	double minutes = parcels * (double)in->ship_minutes + r->participants * (double)in->asks / 1000 * (double)in->ask_minutes;
	int64_t groups = in->group_size ? ((int64_t)r->helps + in->group_size - 1) / in->group_size : 0;
	return (struct outcome){
		(int64_t)r->opened, (int64_t)r->participants, (int64_t)r->helps, groups, (int64_t)(cost + 0.5), (int64_t)(minutes + 0.5),
	};
}

/* ---- All of them ---------------------------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* `list` is sorted by this. */
static struct sim_band band_of(int64_t *list)
{
	qsort(list, SIM_RUNS, sizeof *list, by_size);
	return (struct sim_band){ list[SIM_RUNS / 10], list[SIM_RUNS / 2], list[SIM_RUNS - 1 - SIM_RUNS / 10] };
}

static struct one band_in(struct arena *arena, const struct outcome *all, size_t offset)
{
	int64_t list[SIM_RUNS];
	struct sim_band *band = ARENA_NEW(arena, struct sim_band);
	for (size_t i = 0; i < SIM_RUNS; i++)
		memcpy(&list[i], (const char *)&all[i] + offset, sizeof list[i]);
	if (band)
		*band = band_of(list);
	return (struct one){ band };
}

static void bars_of(const struct outcome *all, struct sim_bar *bars, struct rows *ret)
{
	int64_t low = INT64_MAX, high = 0;
	for (size_t i = 0; i < SIM_RUNS; i++) {
		low = all[i].participants < low ? all[i].participants : low;
		high = all[i].participants > high ? all[i].participants : high;
	}
	int64_t step = (high - low) / SIM_BARS + 1;
	size_t count = (size_t)((high - low) / step + 1);
	for (size_t i = 0; i < count; i++)
		bars[i] = (struct sim_bar){ low + (int64_t)i * step, low + ((int64_t)i + 1) * step, 0 };
	for (size_t i = 0; i < SIM_RUNS; i++)
		bars[(all[i].participants - low) / step].runs++;
	*ret = (struct rows){ bars, count };
}

struct rehearsal {                                    /* what all runs leave */
	struct outcome outcomes[SIM_RUNS];
	int64_t        given[SIM_STAGES][SIM_RUNS], days[SIM_DAYS][SIM_RUNS], short_runs[SIM_STAGES], full;
};

static void rehearse(const struct sim_input *in, const struct sim_stage *stages, size_t count, uint64_t seed, struct rehearsal *all)
{
	for (size_t n = 0; n < SIM_RUNS; n++) {
		struct run r = {
			.in = in, .stages = stages, .stage_count = count, .chance = seed + n * UINT64_C(0x632be59bd9b4e019),
			.audience = in->audience ? in->audience : ENOUGH, .cycle = in->cycle_hours ? in->cycle_hours : 1,
		};
		live(&r);
		all->outcomes[n] = settle(&r);
		for (size_t i = 0; i < count; i++)
			all->given[i][n] = r.given[i], all->short_runs[i] += r.ran_out[i];
		for (size_t i = 0; i < SIM_DAYS; i++)
			all->days[i][n] = r.days[i];
		all->full += r.told >= r.audience - r.audience / 10;
	}
}

int simulate(struct arena *arena, const struct sim_input *in, const struct sim_stage *stages, size_t count, uint64_t seed,
             struct sim_forecast *ret)
{
	struct rehearsal *all = ARENA_NEW(arena, struct rehearsal);
	struct sim_given *given = arena_take_array(arena, SIM_STAGES, sizeof *given);
	struct sim_day *days = arena_take_array(arena, SIM_DAYS, sizeof *days);
	struct sim_bar *bars = arena_take_array(arena, SIM_BARS + 1, sizeof *bars);
	int64_t points = in->days < SIM_DAYS ? in->days : SIM_DAYS, over = 0;
	if (!all || !given || !days || !bars)
		return E_MEMORY;
	count = count < SIM_STAGES ? count : SIM_STAGES;
	rehearse(in, stages, count, seed, all);
	for (size_t i = 0; i < SIM_RUNS; i++)
		over += in->budget && all->outcomes[i].cost > in->budget;
	for (size_t i = 0; i < count; i++) {
		struct sim_band b = band_of(all->given[i]);
		given[i] = (struct sim_given){ stages[i].goal, b.low, b.mid, b.high, stages[i].stock, all->short_runs[i] * 1000 / SIM_RUNS };
	}
	for (int64_t i = 0; i < points; i++) {
		struct sim_band b = band_of(all->days[i]);
		days[i] = (struct sim_day){ (i + 1) * in->days / points, b.low, b.mid, b.high };
	}
	*ret = (struct sim_forecast){
		.opened = band_in(arena, all->outcomes, offsetof(struct outcome, opened)),
		.participants = band_in(arena, all->outcomes, offsetof(struct outcome, participants)),
		.helps = band_in(arena, all->outcomes, offsetof(struct outcome, helps)),
		.groups = band_in(arena, all->outcomes, offsetof(struct outcome, groups)),
		.cost = band_in(arena, all->outcomes, offsetof(struct outcome, cost)),
		.staff_minutes = band_in(arena, all->outcomes, offsetof(struct outcome, minutes)),
		.k = in->opens * in->converts * in->goes_on / 100000, .over_budget = over * 1000 / SIM_RUNS, .full = all->full * 1000 / SIM_RUNS,
		.given = { given, count }, .days = { days, (size_t)points },
	};
	bars_of(all->outcomes, bars, &ret->bars);
	return arena_failed(arena) ? E_MEMORY : 0;
}
