/* benches.h: the list of benches, one file each. */
#pragma once
#include "bench/bench.h"

extern const struct bench bench_empty, bench_scan, bench_poster, bench_people, bench_campaign, bench_channel, bench_room;

/* Makes `count` running live codes, each with one child, and says their slugs; in one transaction. *community is 0 the
 * first time: the maker makes one. */
typedef int scan_maker(struct tx *, const struct bench_run *, struct id *community, size_t count, struct str *ret_slugs);

/* The curve of bench `scan`, from 1 to 100,000 live codes made by `maker`. */
int scan_curve(const struct bench_run *, scan_maker *maker);
