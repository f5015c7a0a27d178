/* verify_read.h: reading a file that can be checked, line by line: hash, space, JSON; numbered and chained. What its lines mean is
 * the business of verify.c (draws) and verify_packet.c (red packets).
 */
#pragma once
#include "campaign/verify.h"

#define VERIFY_LINE (1 << 20)                     /* bytes of arena for one line */

struct verify_read {
	struct arena    *arena, line_arena;       /* line_arena: of the line at hand */
	struct verified *v;
	int64_t          line, n;                 /* of the file, of the log */
	struct str       hash;                    /* of the line at hand */
};

struct int_item { int64_t item; };
extern const struct row row_int_item;

/* Room for one more in a list of `count`. */
bool verify_grow(struct arena *, void **at, size_t count, size_t *room, size_t size);
void verify_find(struct verify_read *, struct str zh, struct str en);
#define VERIFY_FIND(f, zh, en) verify_find(f, S(zh), S(en))
#define VERIFY_FIND_N(f, zh, en, ...) verify_find(f, str_format((f)->arena, zh, __VA_ARGS__), str_format((f)->arena, en, __VA_ARGS__))
/* "HASH JSON"; what is between them is one space. */
bool verify_split(struct str line, struct str *hash, struct str *json);
/* The last line. */
struct str verify_last(struct str file);
/* Cut the next line off that can be read: its hash into f->hash. Those that cannot are findings. false: there is none any more. */
bool verify_next(struct verify_read *, struct str *rest, struct str *ret_json);
bool verify_row(struct verify_read *, const struct row *, struct str json, void *ret);
/* Number and chain; what was wrong with one line is not said again of the next. */
void verify_follow(struct verify_read *, struct str before, struct str json, int64_t n);
