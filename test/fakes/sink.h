/* sink.h: a platform that takes messages, as strict and as moody as the real ones.
 *
 * It speaks plain HTTP on a loopback port, in the test's own process, so it goes on while a server is killed. A message is one
 * line "QUEUE KEY N". It remembers every one in the order it took them, and whether two of one queue were ever there at a time.
 */
#pragma once
#include "base/str.h"

struct sink;
struct sink_mood {                                /* of a hundred messages */
	int     refuses;                          /* 503, not taken */
	int     forgets;                          /* taken, and the connection ends without an answer */
	int     never;                            /* 400: not wanted at any time */
	int     hand;                             /* 409: a person must */
	int64_t slow_ms;                          /* at most so long for an answer */
	bool    stalls;                           /* no answer while it is of this mood */
	int64_t enough_after;                     /* so many messages in all, then 429; 0: no end */
	int64_t enough_ms;                        /* … and how long that is to last */
};
struct sink_word { char queue[48], key[96]; int64_t n; int times; };

struct sink *sink_open(unsigned seed);
void         sink_close(struct sink *);
int          sink_port(const struct sink *);
void         sink_be(struct sink *, const struct sink_mood *);
/* What it took, the first time each, in that order: a copy, given back with free(). */
size_t       sink_words(struct sink *, struct sink_word **ret);
size_t       sink_count(struct sink *);           /* of them */
int          sink_lines(struct sink *);           /* connections that are open, or knock */
int          sink_asked(struct sink *);           /* messages that wait for their answer */
/* How often this key was taken. */
int          sink_times(struct sink *, const char *key);
/* How often two messages of one queue were there at once. Must be 0. */
int          sink_crossed(struct sink *);
