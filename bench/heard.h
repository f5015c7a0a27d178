/* heard.h: bench `channel`, the hearing half: the making, for the measuring. */
#pragma once
#include "bench/benches.h"

struct talk {                                     /* QQ groups that talk, and automations that listen */
	size_t      groups, rules, people;
	struct id   community, channel;
	const char *name, *file, *copy;           /* folder, its database, and the same again for the floor */
	struct str  slug;                         /* of its callback */
	int         port;                         /* of its WebSocket; the maker is told it */
};

#define TALK_SECRET "bench-secret"

/* A store in run->folder/name: `groups` groups on one QQ account, twenty people or more in each, known; `rules` automations
 * that listen for words, most with conditions and a daily limit; one message in fifty holds a word of one of them.
 * `port`: where the account's WebSocket is. */
int talk_make(const struct bench_run *, size_t groups, size_t rules, int port, struct talk *ret);

/* The event of message number n, as NapCat writes it: about 600 bytes of JSON. */
struct str talk_event(const struct talk *, struct arena *, int64_t n);
/* The last word: a message of this very second, by which its coming can be told. */
struct str talk_last(const struct talk *, struct arena *, int64_t second);
/* The same as a whole signed POST, for `count` messages from number `from` on. */
int talk_requests(const struct talk *, struct arena *, int64_t from, size_t count, struct str *ret);

/* The same rows by bare statements, `batch` messages in a transaction, for so many seconds: messages a second. */
int talk_floor(const struct bench_run *, const struct talk *, size_t batch, double seconds, double *ret);

/* This half of bench `channel`. */
int bench_hearing(const struct bench_run *);
