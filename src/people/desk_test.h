/* desk_test.h: a desk to work at in tests: a server over the house, two communities, and who works where. */
#pragma once
#include "browser.h"
#include "test.h"

struct desk {
	struct house   *house;
	struct site    *site;
	const struct feature *const *features;
	struct id       community, elsewhere;         /* the stranger is admin of the other one, and nothing here */
	struct browser *nobody, *stranger, *reader, *operator, *admin, *owner;
};

void desk_open(struct desk *, struct house *, const struct feature *const *);
void desk_close(struct desk *);

/* "/api/c/7" and what is formatted after it; in the house's arena. */
const char *at(struct desk *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same in the other community. */
const char *there(struct desk *, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *text(struct desk *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Posts, and answers the id of what was made. */
struct id made(struct browser *, const char *path, const char *json);
int64_t   number_at(const struct reply *, const char *path);

/* Every route as everybody; every query prepared on the store at hand. */
void desk_walk_routes(struct desk *);
void desk_check_queries(struct desk *);

/* For text fields: what is no text to SQL, HTML, JSON or printf comes back as it was sent. As JSON, with its quotes. */
#define NASTY "\"'); DROP TABLE member;--<img src=x onerror=alert(1)>&amp;%s%n\\\\ \\\"群🎉\""
