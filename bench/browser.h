/* browser.h: an operator's browser, for benches that ask a running server one thing after the other. */
#pragma once
#include "bench/bench.h"

#define BENCH_NAME     "bench"
#define BENCH_PASSWORD "lantern-river-42"         /* of the owner that the makers of data hire */

struct browser { int fd, port; char cookie[200], csrf[120]; struct buf reply; size_t body; };      /* fd -1: not open */
#define BROWSER_SCOPED __attribute__((cleanup(browser_leave))) struct browser

/* A connection to 127.0.0.1; -1: there is none. */
int  browser_connect(int port);
int  browser_sign_in(struct browser *, int port);
/* The status; the reply is in `reply`, its body from `body` on. < 0: no answer. */
int  browser_ask(struct browser *, const char *method, const char *path, const char *json);
/* The text between `before` and the next `end` of the reply. */
bool browser_cut(const struct browser *, const char *before, char end, char *ret, size_t size);
void browser_leave(struct browser *);
