/* loose.h: JSON of platforms: read for what we know of it, whatever else stands there; and text written as they take it.
 *
 * Rows (base/row.h) are strict, for what people send us; a platform adds fields whenever it likes.
 * Test       loose_test.c
 */
#pragma once
#include "base/buf.h"

struct loose { void *json; };

/* E_JSON, E_MEMORY. Free it, whatever came of it. */
int  loose_read(struct str text, struct loose *ret);
void loose_free(struct loose *);
#define LOOSE_SCOPED __attribute__((cleanup(loose_free))) struct loose

/* What stands at "user_info_list.0.openid". Text: of a number its digits, of a truth "1" or "0"; empty: nothing is there. The text
 * is copied into the arena. */
struct str loose_text(const struct loose *, const char *path, struct arena *);
int64_t    loose_int(const struct loose *, const char *path, int64_t otherwise);
size_t     loose_count(const struct loose *, const char *path);       /* of a list */
bool       loose_has(const struct loose *, const char *path);
/* Name and text of the nth member of an object; false: there are no more. */
bool       loose_pair(const struct loose *, const char *path, size_t nth, struct arena *, struct str *ret_name, struct str *ret_text);
/* The value there as JSON again; empty: nothing. */
struct str loose_json(const struct loose *, const char *path, struct arena *);

/* A JSON string, quotes included, in raw UTF-8: some platforms refuse \u (公众号: 40033). Control characters but line breaks and
 * tabs are left out. */
void loose_write(struct buf *, struct str);
