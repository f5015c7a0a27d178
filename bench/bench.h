/* bench.h: how Quntu measures itself: beside a floor, in the same run, on the same machine.
 *
 * Story      `quntu bench scan --json` starts a server on a folder of its own and nginx beside it, loads both in turn
 *            with wrk, several rounds each, and prints one object a line:
 *            {"bench","metric","unit","ours","floor":{"name","value"},"peers":[{"name","value"}],"ratio_to_floor",
 *             "ratio_to_best_peer","n","note"}
 *            Ratios are ≥ 1 when we are better. A program that is not installed has "value":null and a "why".
 *            A curve is several lines with growing n.
 * Holds      Medians of rounds that alternate between us and the others. Nothing here is a test: a bench never fails
 *            for being slow.
 * Not here   Installing nginx and wrk (./dev bench does).
 */
#pragma once
#include "base/child.h"
#include "http/http.h"

#define BENCH_ROUNDS 3
#define PEERS_MAX    4

struct figure { const char *name; double value; const char *why; };       /* why: the reason there is no value */

struct measure {
	const char   *bench, *metric, *unit, *note;
	double        ours;
	struct figure floor, peers[PEERS_MAX];    /* an absent one has no name */
	bool          less_is_better;
	int64_t       n;                          /* size of the data; 0: none */
};

struct bench_run {                                /* what a bench is given */
	struct arena                *arena;
	const struct feature *const *features;
	const char                  *program;     /* path of quntu itself */
	const char                  *folder;      /* empty, removed afterwards */
	bool                         json;
	int                          seconds;     /* a round of load */
	int64_t                      size;        /* of a bench that grows: only this; 0: all its sizes */
};

/* run: 0, or a code after saying why. */
struct bench { const char *name, *help; int (*run)(const struct bench_run *); };

extern const struct bench *const benches[];       /* ends with NULL */

/* ---- For the benches ---- */

void   bench_print(const struct bench_run *, const struct measure *);
double bench_median(double *values, size_t count);        /* sorts them */
double bench_seconds(void);                               /* a clock that only goes forward */
int    bench_free_port(void);                             /* on 127.0.0.1; 0: none */

/* Memory of a process in MB; false when it cannot be read. */
struct memory { double pss, rss; };
bool   bench_memory(pid_t, struct memory *ret);
/* CPU seconds a process has used, its threads and the kernel's work for it included. */
bool   bench_cpu(pid_t, double *ret);
/* KiB a process has written to files. */
bool   bench_written(pid_t, double *ret);

/* Start this program as `quntu serve` on folder/name; ret_start: seconds until it answered. 0, or a code after saying
 * why. */
int    bench_serve(const struct bench_run *, const char *name, int port, struct child *ret, double *ret_start);
/* nginx with one worker that answers everything by `return 302`. E_NOT_FOUND: not installed. */
int    bench_nginx(const struct bench_run *, int port, struct child *ret);

/* wrk with one thread and so many connections, each of which asks again once it has its answer (≤ PHONES_MAX), on
 * http://127.0.0.1:port + one of the paths, drawn anew for every request. */
#define PHONES_MAX 4000
struct load { double requests_per_s, p50_ms, p90_ms, p99_ms; int64_t requests, errors; };
int    bench_load(const struct bench_run *, int port, int phones, const struct str *paths, size_t count, struct load *ret);
