/* caller.h: an operator's browser, for benches that ask a running server one thing after the other. */
#pragma once
#include "bench/bench.h"

#define BENCH_NAME     "bench"
#define BENCH_PASSWORD "lantern-river-42"         /* of the owner that the makers of data hire */

struct caller { int fd, port; char cookie[200], csrf[120]; struct buf reply; size_t body; };      /* fd -1: not open */
#define CALLER_SCOPED __attribute__((cleanup(caller_leave))) struct caller

/* A connection to 127.0.0.1; -1: there is none. */
int  caller_connect(int port);
int  caller_sign_in(struct caller *, int port);
/* The status; the reply is in `reply`, its body from `body` on. < 0: no answer. */
int  caller_ask(struct caller *, const char *method, const char *path, const char *json);
/* The text between `before` and the next `end` of the reply. */
bool caller_cut(const struct caller *, const char *before, char end, char *ret, size_t size);
void caller_leave(struct caller *);
