/* scan.c: bench `scan`: a phone scans, the visit is counted durably, the landing page is answered.
 *
 * Every request is a new visitor with no cookie on a live code drawn by chance. The floor is nginx with one worker
 * that answers `return 302` and writes nothing. Rounds alternate between the two; wrk drives both with the same
 * script. The curve walks n, the number of live codes: the cost of a scan must not depend on it.
 */
#include "bench/benches.h"
#include "store/schemas.h"

#define BATCH 1000                                /* live codes made in one transaction */

/* ---- Data ------------------------------------------------------------------------------------ */

struct filling {
	const struct bench_run *run;
	scan_maker             *maker;
	struct id               community;
	size_t                  count;
	struct str             *paths;
	struct arena           *arena;
};

static int fill_batch(struct tx *tx, void *arg)
{
	struct filling *f = arg;
	int r = f->maker(tx, f->run, &f->community, f->count, f->paths);
	for (size_t i = 0; r >= 0 && i < f->count; i++)
		f->paths[i] = str_format(f->arena, "/g/%.*s", STR(f->paths[i]));
	return r;
}

/* A store with n live codes in folder/name; paths: where each is scanned. */
static int fill(const struct bench_run *run, const char *name, size_t n, scan_maker *maker, struct str *paths)
{
	struct store *store;
	struct str why;
	const char *url = str_z(run->arena, str_format(run->arena, "sqlite:%s/%s/quntu.db", run->folder, name));
	struct store_options options = { .url = url, .schemas = embedded_schemas };
	int r = url ? store_open(&options, &store, run->arena, &why) : E_MEMORY;
	if (r < 0)
		return r;
	struct id community = { 0 };
	for (size_t done = 0; r >= 0 && done < n; done += BATCH) {
		size_t count = n - done < BATCH ? n - done : BATCH;
		ARENA_SCOPED batch;
		arena_init(&batch, 512 << 20);
		struct filling f = { run, maker, community, count, paths + done, run->arena };
		r = store_write(store, community, &batch, fill_batch, &f);
		community = f.community;
	}
	store_close(store);
	return r < 0 ? r : 0;
}

/* ---- Rounds ------------------------------------------------------------------------------------- */

struct side { double rps[BENCH_ROUNDS], p99[BENCH_ROUNDS], cpu_us[BENCH_ROUNDS]; int64_t errors; };

static int load_once(const struct bench_run *run, struct child *child, int port, const struct str *paths, size_t n,
                     struct side *side, size_t round)
{
	struct load load;
	double before = 0, after = 0;
	bench_cpu(child->pid, &before);
	int r = bench_load(run, port, paths, n, &load);
	if (r < 0)
		return r;
	bench_cpu(child->pid, &after);
	side->rps[round] = load.requests_per_s;
	side->p99[round] = load.p99_ms;
	side->cpu_us[round] = load.requests ? (after - before) * 1e6 / (double)load.requests : 0;
	side->errors += load.errors;
	return 0;
}

static void print(const struct bench_run *run, struct side *ours, struct side *nginx, const char *why_no_nginx,
                  const struct memory *memory, size_t n)
{
	char note[120];
	snprintf(note, sizeof note, "wrk -t1 -c64, median of %d rounds, %lld errors", BENCH_ROUNDS,
	         (long long)ours->errors);
	struct measure m = { .bench = "scan", .n = (int64_t)n, .note = note };
	m.metric = "requests_per_s", m.unit = "1/s", m.ours = bench_median(ours->rps, BENCH_ROUNDS);
	m.floor = (struct figure){ "nginx return 302", bench_median(nginx->rps, BENCH_ROUNDS), why_no_nginx };
	bench_print(run, &m);
	m.metric = "p99_ms", m.unit = "ms", m.less_is_better = true, m.ours = bench_median(ours->p99, BENCH_ROUNDS);
	m.floor.value = bench_median(nginx->p99, BENCH_ROUNDS);
	bench_print(run, &m);
	m.metric = "cpu_us_per_scan", m.unit = "us", m.ours = bench_median(ours->cpu_us, BENCH_ROUNDS);
	m.floor = (struct figure){ 0 };
	bench_print(run, &m);
	m.metric = "pss_mb", m.unit = "MB", m.ours = memory->pss, m.note = "after the load";
	bench_print(run, &m);
}

static int point(const struct bench_run *run, size_t n, const struct str *paths, const char *name)
{
	CHILD_SCOPED quntu = { 0 };
	CHILD_SCOPED nginx = { 0 };
	struct side ours = { 0 }, floor = { 0 };
	struct memory memory = { 0 };
	double start;
	int port = bench_free_port(), r = bench_serve(run, name, port, &quntu, &start);
	if (r < 0)
		return r;
	int nginx_port = bench_free_port(), no_nginx = bench_nginx(run, nginx_port, &nginx);
	for (size_t round = 0; round < BENCH_ROUNDS && r == 0; round++) {
		r = load_once(run, &quntu, port, paths, n, &ours, round);
		if (r == 0 && no_nginx == 0)
			r = load_once(run, &nginx, nginx_port, paths, n, &floor, round);
	}
	if (r < 0)
		return r;
	bench_memory(quntu.pid, &memory);
	const char *why = no_nginx == E_NOT_FOUND ? "nginx is not installed" : "nginx did not start";
	print(run, &ours, &floor, no_nginx == 0 ? NULL : why, &memory, n);
	return 0;
}

int scan_curve(const struct bench_run *run, scan_maker *maker)
{
	if (!child_find("wrk", run->arena)) {
		fputs("bench: wrk is not installed (./dev bench installs it)\n", stderr);
		return E_NOT_FOUND;
	}
	for (size_t n = 1; n <= 100000; n *= 10) {
		struct str *paths = arena_take_array(run->arena, n, sizeof *paths);
		char name[24];
		snprintf(name, sizeof name, "scan-%zu", n);
		int r = paths ? fill(run, name, n, maker, paths) : E_MEMORY;
		if (r == 0)
			r = point(run, n, paths, name);
		if (r < 0)
			return r;
	}
	return 0;
}
