/* flood.h: many phones at once: prepared requests, each sent once, over kept connections. */
#pragma once
#include "bench/bench.h"

#define FLOOD_MOST 256                            /* connections */

/* Sends them in their order, one at a time on each of `connections`, until they are used up or the time is over. Whatever is
 * not 200 is an error. */
int bench_flood(int port, const struct str *requests, size_t count, int connections, double seconds, struct load *ret);
/* The same at `rate` a second, whoever has been answered: times count from when a request was due to leave. */
int bench_flood_at(int port, double rate, const struct str *requests, size_t count, int connections, struct load *ret);
