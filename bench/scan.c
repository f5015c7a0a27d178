/* scan.c: bench `scan`: a phone scans, the visit is counted durably, the landing page is answered.
 *
 * Every request is a new visitor with no cookie on a live code drawn by chance. The floor is nginx with one worker
 * that answers `return 302` and writes nothing. Rounds alternate between the two; wrk drives both with the same
 * script. Two curves: one walks n, the number of live codes, with 64 phones at a time: the cost of a scan must not depend
 * on it. The other walks the phones, on one code: 64 that wait for each answer travel in two or three convoys between
 * network, writer and disk, and leave both cores idle a fifth of the time; a rush is more of them.
 */
#include "bench/benches.h"
#include "store/schemas.h"

#define PHONES  64                                /* at a time, where the codes are what grows */
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

struct match {                                     /* the two that are loaded in turn */
	const struct bench_run *run;
	struct child            quntu, nginx;
	int                     quntu_port, nginx_port, no_nginx;
	const struct str       *paths;
	size_t                  codes;
};

static int load_once(const struct match *p, const struct child *child, int port, int phones, struct side *side, size_t round)
{
	struct load load;
	double before = 0, after = 0;
	bench_cpu(child->pid, &before);
	int r = bench_load(p->run, port, phones, p->paths, p->codes, &load);
	if (r < 0)
		return r;
	bench_cpu(child->pid, &after);
	side->rps[round] = load.requests_per_s;
	side->p99[round] = load.p99_ms;
	side->cpu_us[round] = load.requests ? (after - before) * 1e6 / (double)load.requests : 0;
	side->errors += load.errors;
	return 0;
}

/* Rounds with so many phones, and the three lines they give. */
static int compare(const struct match *p, int phones, int64_t n, const char *const metrics[3])
{
	struct side ours = { 0 }, floor = { 0 };
	char note[120];
	for (size_t round = 0; round < BENCH_ROUNDS; round++) {
		int r = load_once(p, &p->quntu, p->quntu_port, phones, &ours, round);
		if (r == 0 && p->no_nginx == 0)
			r = load_once(p, &p->nginx, p->nginx_port, phones, &floor, round);
		if (r < 0)
			return r;
	}
	snprintf(note, sizeof note, "wrk -t1 -c%d, median of %d rounds, %lld errors", phones, BENCH_ROUNDS, (long long)ours.errors);
	const char *why = p->no_nginx == 0 ? NULL : p->no_nginx == E_NOT_FOUND ? "nginx is not installed" : "nginx did not start";
	struct measure m = { .bench = "scan", .n = n, .note = note, .metric = metrics[0], .unit = "1/s" };
	m.ours = bench_median(ours.rps, BENCH_ROUNDS);
	m.floor = (struct figure){ "nginx return 302", bench_median(floor.rps, BENCH_ROUNDS), why };
	bench_print(p->run, &m);
	m.metric = metrics[1], m.unit = "ms", m.less_is_better = true, m.ours = bench_median(ours.p99, BENCH_ROUNDS);
	m.floor.value = bench_median(floor.p99, BENCH_ROUNDS);
	bench_print(p->run, &m);
	m.metric = metrics[2], m.unit = "us", m.ours = bench_median(ours.cpu_us, BENCH_ROUNDS), m.floor = (struct figure){ 0 };
	bench_print(p->run, &m);
	return 0;
}

/* ---- Curves --------------------------------------------------------------------------------------- */

static const char *const by_codes[]  = { "requests_per_s", "p99_ms", "cpu_us_per_scan" };
static const char *const by_phones[] = { "requests_per_s_by_phones", "p99_ms_by_phones", "cpu_us_per_scan_by_phones" };

static int curve_of_phones(const struct match *p)
{
	int r = 0;
	for (int phones = 16; phones <= 1024 && r == 0; phones *= 4)
		r = compare(p, phones, phones, by_phones);
	return r;
}

static int point(struct match *p, const char *name)
{
	double start;
	p->quntu_port = bench_free_port();
	int r = bench_serve(p->run, name, p->quntu_port, &p->quntu, &start);
	if (r < 0)
		return r;
	p->nginx_port = bench_free_port();
	p->no_nginx = bench_nginx(p->run, p->nginx_port, &p->nginx);
	r = compare(p, PHONES, (int64_t)p->codes, by_codes);
	struct memory memory = { 0 };
	bench_memory(p->quntu.pid, &memory);
	struct measure m = { .bench = "scan", .n = (int64_t)p->codes, .metric = "pss_mb", .unit = "MB", .ours = memory.pss,
	                     .less_is_better = true, .note = "after the load" };
	if (r == 0)
		bench_print(p->run, &m);
	return r == 0 && p->codes == 1 ? curve_of_phones(p) : r;
}

int scan_curve(const struct bench_run *run, scan_maker *maker)
{
	if (!child_find("wrk", run->arena)) {
		fputs("bench: wrk is not installed (./dev bench installs it)\n", stderr);
		return E_NOT_FOUND;
	}
	int r = 0;
	for (size_t n = 1; n <= 100000 && r == 0; n *= 10) {
		struct str *paths = arena_take_array(run->arena, n, sizeof *paths);
		struct match p = { .run = run, .paths = paths, .codes = n };
		char name[24];
		snprintf(name, sizeof name, "scan-%zu", n);
		r = paths ? fill(run, name, n, maker, paths) : E_MEMORY;
		if (r == 0)
			r = point(&p, name);
		child_stop(&p.quntu);
		child_stop(&p.nginx);
	}
	return r;
}
