/* people.h: bench `people`: the making, for the measuring. */
#pragma once
#include "bench/benches.h"

struct people { size_t members; struct id community; const char *name, *file; };

/* A store in run->folder/name with so many members. Needs the sqlite3 program. */
int people_make(const struct bench_run *, size_t members, struct people *ret);
