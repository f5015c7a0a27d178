/* campaign.c: bench `campaign`: a friend taps, the help is decided and credited durably, the page is answered.
 *
 * Story      Up to 1,000,000 people take part in one campaign, in a power-law tree, each help in the ledger. Then helps come
 *            over HTTP, each from a phone that was never seen, with the console's settings for 任务宝, for participants drawn
 *            as the tree was, while an operator's browser looks at the numbers twice a second.
 * Floor      The same four rows (help, balance, entry, event) by bare statements on a copy of the same file, as many in a
 *            transaction as there are connections: no rules, no HTTP. Rounds alternate.
 */
#include "bench/campaign.h"

#include <pthread.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench/caller.h"
#include "bench/flood.h"

#define CAMPAIGN_MOST 1000000
#define CONNECTIONS       256
#define HELPS_A_SECOND  30000                     /* prepared: more cannot be counted */

struct round_of_helps { double rate[BENCH_ROUNDS], floor[BENCH_ROUNDS], p99[BENCH_ROUNDS], cpu_us[BENCH_ROUNDS]; int64_t errors; };

static int one_round(const struct bench_run *run, const struct fair *fair, struct child *server, int port, size_t round,
                     struct round_of_helps *ret)
{
	size_t count = (size_t)run->seconds * HELPS_A_SECOND;
	ARENA_SCOPED arena;
	arena_init(&arena, 512 << 20);
	struct bench_run own = *run;
	own.arena = &arena;
	struct str *requests = arena_take_array(&arena, count, sizeof *requests);
	int64_t from = (int64_t)(round * count);
	struct load load;
	double before = 0, after = 0;
	int r = requests ? fair_helps(&own, fair, from, count, requests) : E_MEMORY;
	bench_cpu(server->pid, &before);
	if (r < 0 || (r = bench_flood(port, requests, count, CONNECTIONS, run->seconds, &load)) < 0)
		return r;
	bench_cpu(server->pid, &after);
	ret->rate[round] = load.requests_per_s, ret->p99[round] = load.p99_ms, ret->errors += load.errors;
	ret->cpu_us[round] = load.requests ? (after - before) * 1e6 / (double)load.requests : 0;
	return fair_floor(&own, fair, from, CONNECTIONS, run->seconds, &ret->floor[round]);
}

static void print(const struct bench_run *run, const struct fair *fair, const char *metric, const char *unit, double ours, double floor,
                  const char *note)
{
	struct measure m = { .bench = "campaign", .metric = metric, .unit = unit, .ours = ours, .note = note, .n = (int64_t)fair->people };
	m.less_is_better = strcmp(unit, "1/s") != 0;
	if (floor > 0)
		m.floor = (struct figure){ "the same rows by bare statements", floor, NULL };
	bench_print(run, &m);
}

static int measure(const struct bench_run *run, const struct fair *fair, double made)
{
	CHILD_SCOPED server = { 0 };
	struct round_of_helps helps = { .errors = 0 };
	struct memory memory = { 0 };
	double start;
	char note[160];
	int port = bench_free_port(), r = bench_serve(run, fair->name, port, &server, &start);
	for (size_t round = 0; r >= 0 && round < BENCH_ROUNDS; round++)
		r = one_round(run, fair, &server, port, round, &helps);
	if (r < 0)
		return r;
	bench_memory(server.pid, &memory);
	snprintf(note, sizeof note, "%d connections, median of %d rounds, %lld errors; made in %.0f s", CONNECTIONS, BENCH_ROUNDS,
	         (long long)helps.errors, made);
	print(run, fair, "helps_per_s", "1/s", bench_median(helps.rate, BENCH_ROUNDS), bench_median(helps.floor, BENCH_ROUNDS), note);
	print(run, fair, "help_p99_ms", "ms", bench_median(helps.p99, BENCH_ROUNDS), 0, note);
	print(run, fair, "cpu_us_per_help", "us", bench_median(helps.cpu_us, BENCH_ROUNDS), 0, "the server's");
	print(run, fair, "pss_mb", "MB", memory.pss, 0, "after the load");
	return 0;
}

static int run(const struct bench_run *run)
{
	int r = 0;
	for (size_t n = 1000; r >= 0 && n <= CAMPAIGN_MOST; n *= 10) {
		struct fair fair;
		double began = bench_seconds();
		if ((r = fair_make(run, n, &fair)) < 0)
			return r;
		r = measure(run, &fair, bench_seconds() - began);
		mem_give(fair.parents);
		unlink(fair.file), unlink(fair.copy);
	}
	return r < 0 ? r : 0;
}

const struct bench bench_campaign = { "campaign", "Helps, their tree and leaderboard, from 1,000 to 1,000,000 participants", run };
