/* str.h: a view of UTF-8 text, and the small types that carry meaning.
 *
 * A `struct str` does not own its bytes and is not NUL-terminated; what it points into (an arena,
 * a literal, a request body) outlives it. Absent text is the empty string: nothing here is NULL
 * to a reader, and `len == 0` never dereferences `at`.
 *
 * Ids, instants and money are structs so that mixing them does not compile. Absence is a value of
 * the type: id 0 is nobody, instant 0 is never. The store therefore has no NULL (see row.h).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str     { const char *at; size_t len; };
struct blob    { const void *at; size_t len; };
struct id      { int64_t n; };        /* 63-bit, time-ordered; a string in JSON; 0: none */
struct instant { int64_t ms; };       /* milliseconds since 1970, UTC; 0: never */
struct money   { int64_t fen; };      /* 1/100 yuan; never a float */

#define S(literal) ((struct str){ "" literal, sizeof literal - 1 })

/* printf("%.*s", STR(s)) */
#define STR(s) (int)(s).len, (s).at ? (s).at : ""

struct arena;

static inline struct str str_of(const char *text)       /* NULL reads as empty */
{
	return (struct str){ text, text ? strlen(text) : 0 };
}

static inline bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool str_is(struct str a, const char *text)
{
	return str_equal(a, str_of(text));
}

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.at, prefix.at, prefix.len) == 0);
}

/* Same bytes but for ASCII case: header names, media types. */
bool str_equal_fold(struct str a, struct str b);

/* A copy with ASCII letters made small, as lower() of SQLite makes them. */
struct str str_lower(struct arena *, struct str);

/* Byte order, shorter first: <0, 0, >0. */
int str_compare(struct str a, struct str b);

/* Index of `byte`, or -1. */
ptrdiff_t str_find(struct str s, char byte);

/* Without ASCII white space at either end. */
struct str str_trim(struct str s);

/* Cut `*rest` at the first `byte`: returns what stands before it, leaves what follows in `*rest`.
 * Without such a byte the whole is returned and `*rest` becomes empty. */
struct str str_cut(struct str *rest, char byte);

/* Is `word` one of the space-separated `words`? An empty word never is. */
bool str_among(struct str word, const char *words);

/* How many letters must be put in, taken out or changed to make `a` from `b` (Levenshtein); STR_DISTANCE_MAX when one
 * is longer than that. For "did you mean". */
#define STR_DISTANCE_MAX 64
size_t str_distance(struct str a, struct str b);

/* A whole decimal number (optional '-'), nothing else: false on anything longer, empty or out of range. */
bool str_to_int(struct str s, int64_t *ret);

/* Copies in the arena; NULL-terminated copy for libraries. Empty / NULL when memory is out. */
struct str str_copy(struct arena *, struct str s);
char      *str_z(struct arena *, struct str s);
struct str str_format(struct arena *, const char *format, ...) __attribute__((format(printf, 2, 3)));
