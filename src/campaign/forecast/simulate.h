/* simulate.h: a campaign played through before it begins, some hundred times by chance. Pure: no store, no clock; the same seed
 * gives the same forecast.
 *
 * Model      So many people are told, some take part. Each participant's page is opened by a number of friends that is on average
 *            `opens`, but very unequal (geometric: most bring nobody, a few bring many). Of those who open, some help; of those
 *            who help, some take part themselves, one round later. Who was reached already helps nobody else, so the audience
 *            runs out. Prizes are claimed by a share of those who reach them, while there are pieces.
 * Cost       The first SIM_PERSONS of a run are people, each by chance; beyond them chance evens out, and the run goes on with
 *            averages. Some tens of milliseconds.
 * Not here   Fraud, several helps of one friend, deductions: what is left when they are set sensibly.
 */
#pragma once
#include "base/row.h"

#define SIM_RUNS     300
#define SIM_PERSONS  3000         /* in a run */
#define SIM_STAGES   10
#define SIM_DAYS     60           /* points of the curve */
#define SIM_BARS     24           /* of the histogram */

/* Shares are of a thousand; `opens` is a hundredfold: 350 is 3.5 friends. */
struct sim_input {
	int64_t seeds, seed_joins, opens, converts, goes_on, claims;
	int64_t cycle_hours, days, audience;      /* audience 0: no limit */
	int64_t group_size;                       /* people who help join a group of so many; 0: they join none */
	int64_t ship_minutes, asks, ask_minutes;  /* a parcel's work; who of a thousand asks something, and how long that takes */
	int64_t budget;                           /* fen; 0: none */
};
extern const struct row row_sim_input;        /* also the query of the route */

struct sim_stage { int64_t goal, stock, fen; bool ships, friends, all; };      /* to friends alone; to them and who invited */

struct sim_band { int64_t low, mid, high; };                                   /* of ten runs, one is below low, one above high */
struct sim_given { int64_t goal, low, mid, high, stock, short_runs; };         /* pieces given; runs in which there were too few */
struct sim_day { int64_t day, low, mid, high; };                               /* who takes part by then */
struct sim_bar { int64_t from, until, runs; };                                 /* who takes part in the end */
struct sim_forecast {
	struct one  opened, participants, helps, groups, cost, staff_minutes;  /* struct sim_band */
	int64_t     k, over_budget, full;         /* K factor; of a thousand runs: above the budget, 90 % of the audience used up */
	struct rows given, days, bars;
};
extern const struct row row_sim_band, row_sim_forecast;

/* Into the arena; 0 or E_MEMORY. `seed` decides chance. */
int simulate(struct arena *, const struct sim_input *, const struct sim_stage *, size_t stages, uint64_t seed, struct sim_forecast *ret);
