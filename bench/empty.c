/* empty.c: bench `empty`: how soon a server answers on an empty folder and on one that exists, and what it weighs.
 *
 * The floor of the start is the same program doing nothing (`quntu version`).
 */
#include "bench/benches.h"

#define STARTS 5

static int time_version(const struct bench_run *run, double *ret)
{
	const char *const argv[] = { run->program, "version", NULL };
	double began = bench_seconds();
	int r = child_run(argv, NULL, run->arena);
	*ret = bench_seconds() - began;
	return r == 0 ? 0 : E_STORE;
}

/* One server's life: its start, and what it weighs right after. */
static int live_once(const struct bench_run *run, const char *name, double *ret_start, struct memory *ret_memory)
{
	CHILD_SCOPED server = { 0 };
	int r = bench_serve(run, name, bench_free_port(), &server, ret_start);
	if (r < 0)
		return r;
	return bench_memory(server.pid, ret_memory) ? 0 : E_STORE;
}

static int run_empty(const struct bench_run *run)
{
	double first[STARTS], again[STARTS], nothing[STARTS], pss[STARTS], rss[STARTS];
	for (size_t i = 0; i < STARTS; i++) {
		char name[20];
		struct memory memory;
		snprintf(name, sizeof name, "empty-%zu", i);
		int r = live_once(run, name, &first[i], &memory);
		if (r == 0)
			r = live_once(run, name, &again[i], &memory);
		if (r == 0)
			r = time_version(run, &nothing[i]);
		if (r < 0)
			return r;
		pss[i] = memory.pss;
		rss[i] = memory.rss;
	}
	struct figure floor = { "quntu version", bench_median(nothing, STARTS), NULL };
	struct measure m = { .bench = "empty", .unit = "s", .less_is_better = true, .floor = floor };
	m.metric = "first_start_s", m.ours = bench_median(first, STARTS), m.note = "empty folder: makes the database";
	bench_print(run, &m);
	m.metric = "start_s", m.ours = bench_median(again, STARTS), m.note = "the folder exists";
	bench_print(run, &m);

	m = (struct measure){ .bench = "empty", .unit = "MB", .less_is_better = true };
	m.metric = "pss_mb", m.ours = bench_median(pss, STARTS), m.note = "right after the start; target 40";
	bench_print(run, &m);
	m.metric = "rss_mb", m.ours = bench_median(rss, STARTS);
	bench_print(run, &m);
	return 0;
}

const struct bench bench_empty = { "empty", "start time and memory of an empty server", run_empty };
