/* campaign.c: bench `campaign`: a friend taps, the help is decided and credited durably, the page is answered.
 *
 * Story      Up to 1,000,000 people take part in one campaign, in a power-law tree, each help in the ledger. Then helps come
 *            over HTTP, each from a phone that was never seen, with the console's settings for 任务宝, for participants drawn
 *            as the tree was, while an operator's browser looks at the numbers twice a second.
 * Floor      The same three rows (help, entry, event) by bare statements on a copy of the same file, as many in a
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
#define HELPS_A_SECOND  40000                     /* prepared: more cannot be counted */
#define BARELY_MOST        10                     /* … bare statements may be so many times as fast */

/* ---- The operator, who looks ---- */

#define LOOKS 25

struct looks { double ms[512]; size_t count; };

static int look(struct caller *v, const struct fair *fair, const char *what, struct looks *ret)
{
	char path[120];
	snprintf(path, sizeof path, "/api/c/%lld/campaigns/%lld/%s", (long long)fair->community.n, (long long)fair->campaign.n, what);
	double began = bench_seconds();
	int status = caller_ask(v, "GET", path, NULL);
	if (status == 503)
		return E_BUSY;                    /* it is being made */
	if (status != 200) {
		fprintf(stderr, "bench: %s: %d %.200s\n", path, status, v->reply.at ? v->reply.at : "");
		return E_STORE;
	}
	if (ret->count < sizeof ret->ms / sizeof *ret->ms)
		ret->ms[ret->count++] = (bench_seconds() - began) * 1000;
	return 0;
}

static double late(struct looks *l)               /* 95 of 100 were faster */
{
	bench_median(l->ms, l->count);
	return l->count ? l->ms[(size_t)(0.95 * (double)(l->count - 1) + 0.5)] : 0;
}

/* From the first question to its answer: everything is read from the rows. */
static int wake(struct caller *v, const struct fair *fair, double *ret_ms)
{
	struct looks first = { .count = 0 };
	double began = bench_seconds();
	int r;
	while ((r = look(v, fair, "numbers", &first)) == E_BUSY && bench_seconds() < began + 120)
		usleep(5000);
	*ret_ms = (bench_seconds() - began) * 1000;
	return r;
}

struct pages { struct looks tree, branch, board, numbers; double ready; };

static int look_around(struct caller *v, const struct fair *fair, struct pages *p)
{
	char biggest[40], branch[64];
	int r = wake(v, fair, &p->ready);
	if (r < 0 || (r = look(v, fair, "tree", &p->tree)) < 0 || !caller_cut(v, "\"id\":\"", '"', biggest, sizeof biggest))
		return r < 0 ? r : E_STORE;
	snprintf(branch, sizeof branch, "tree?parent=%s", biggest);
	for (int i = 0; r >= 0 && i < LOOKS; i++)
		if ((r = look(v, fair, "tree", &p->tree)) >= 0 && (r = look(v, fair, branch, &p->branch)) >= 0 &&
		    (r = look(v, fair, "board", &p->board)) >= 0)
			r = look(v, fair, "numbers", &p->numbers);
	return r;
}

/* A thread that looks at the leaderboard twice a second while helps come. */
struct watching { struct caller *v; const struct fair *fair; struct looks looks; _Atomic bool stop; int result; };

static void *watch(void *arg)
{
	struct watching *w = arg;
	while (!w->stop && w->result >= 0) {
		int r = look(w->v, w->fair, "board", &w->looks);
		w->result = r == E_BUSY ? 0 : r;
		usleep(500000);
	}
	return NULL;
}

/* ---- The friends, who help ---- */

struct round_of_helps {
	double  rate[BENCH_ROUNDS], floor[BENCH_ROUNDS], p99[BENCH_ROUNDS], cpu_us[BENCH_ROUNDS];
	double  client_us[BENCH_ROUNDS], kib[BENCH_ROUNDS];        /* of one help: the friends' own work, and what the server wrote to files */
	int64_t errors;
};

static int one_round(const struct bench_run *run, const struct fair *fair, struct child *server, struct watching *w, size_t round,
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
	pthread_t watcher;
	double before = 0, after = 0, own_before = 0, own_after = 0, wrote = 0, written = 0;
	int r = requests ? fair_helps(&own, fair, from, count, requests) : E_MEMORY;
	if (r < 0)
		return r;
	w->stop = false;
	if (pthread_create(&watcher, NULL, watch, w) != 0)
		return E_MEMORY;
	bench_cpu(server->pid, &before), bench_cpu(getpid(), &own_before), bench_written(server->pid, &wrote);
	r = bench_flood(w->v->port, requests, count, CONNECTIONS, run->seconds, &load);
	bench_cpu(server->pid, &after), bench_cpu(getpid(), &own_after), bench_written(server->pid, &written);
	w->stop = true;
	pthread_join(watcher, NULL);
	if (r < 0 || w->result < 0)
		return r < 0 ? r : w->result;
	ret->rate[round] = load.requests_per_s, ret->p99[round] = load.p99_ms, ret->errors += load.errors;
	double each = load.requests ? 1 / (double)load.requests : 0;
	ret->cpu_us[round] = (after - before) * 1e6 * each, ret->client_us[round] = (own_after - own_before) * 1e6 * each;
	ret->kib[round] = (written - wrote) * each;
	return fair_floor(&own, fair, from * BARELY_MOST, CONNECTIONS, run->seconds, &ret->floor[round]);
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

static void print_pages(const struct bench_run *run, const struct fair *fair, struct pages *p, struct watching *w)
{
	print(run, fair, "tree_ready_ms", "ms", p->ready, 0, "cold: from the first question until everybody is counted");
	print(run, fair, "tree_page_p95_ms", "ms", late(&p->tree), 0, "50 largest of the top level, by everybody below; over HTTP");
	print(run, fair, "branch_page_p95_ms", "ms", late(&p->branch), 0, "50 largest below the largest");
	print(run, fair, "board_p95_ms", "ms", late(&p->board), 0, "the hundred with most helps");
	print(run, fair, "numbers_p95_ms", "ms", late(&p->numbers), 0, "funnel, K and its parts, cost, splits");
	print(run, fair, "board_in_rush_p95_ms", "ms", late(&w->looks), 0, "the same while helps come; they are taken in first");
}

static int measure(const struct bench_run *run, const struct fair *fair, double made)
{
	CHILD_SCOPED server = { 0 };
	CALLER_SCOPED v = { .fd = -1 };
	struct round_of_helps helps = { .errors = 0 };
	struct pages pages = { .ready = 0 };
	struct watching watching = { .v = &v, .fair = fair };
	struct memory memory = { 0 };
	double start;
	char note[160];
	int port = bench_free_port(), r = bench_serve(run, fair->name, port, &server, &start);
	if (r < 0 || (r = caller_sign_in(&v, port)) < 0 || (r = look_around(&v, fair, &pages)) < 0)
		return r;
	for (size_t round = 0; r >= 0 && round < BENCH_ROUNDS; round++)
		r = one_round(run, fair, &server, &watching, round, &helps);
	if (r < 0)
		return r;
	bench_memory(server.pid, &memory);
	snprintf(note, sizeof note, "%d connections, median of %d rounds, %lld errors; made in %.0f s", CONNECTIONS, BENCH_ROUNDS,
	         (long long)helps.errors, made);
	print(run, fair, "helps_per_s", "1/s", bench_median(helps.rate, BENCH_ROUNDS), bench_median(helps.floor, BENCH_ROUNDS), note);
	print(run, fair, "help_p99_ms", "ms", bench_median(helps.p99, BENCH_ROUNDS), 0, note);
	print(run, fair, "cpu_us_per_help", "us", bench_median(helps.cpu_us, BENCH_ROUNDS), 0, "the server's, looking at the numbers included");
	print(run, fair, "client_us_per_help", "us", bench_median(helps.client_us, BENCH_ROUNDS), 0, "the friends' own CPU, on the same cores");
	print(run, fair, "written_kib_per_help", "KiB", bench_median(helps.kib, BENCH_ROUNDS), 0,
	      "to the log and, by its checkpoints, to the database");
	print_pages(run, fair, &pages, &watching);
	print(run, fair, "pss_mb", "MB", memory.pss, 0, "after the load, the tree included");
	return 0;
}

static int run(const struct bench_run *run)
{
	int r = 0;
	for (size_t n = run->size ? (size_t)run->size : 1000; r >= 0 && n <= CAMPAIGN_MOST; n = run->size ? SIZE_MAX : n * 10) {
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
