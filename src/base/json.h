/* json.h: JSON text as text: spelt one agreed way, for signatures; spelt for people, for files that are compared. */
#pragma once
#include "base/buf.h"

struct arena;

/* Keys sorted, no white space, without the outermost key `without` (NULL: all of it): the same document always has the
 * same bytes, whoever wrote it. E_JSON, E_UTF8, E_MEMORY. */
int json_canonical(struct str json, const char *without, struct arena *, struct str *ret);
/* Indented, keys in the order they came in: a changed field is a changed line. */
int json_pretty(struct str json, struct arena *, struct str *ret);

/* What differs between two documents: `each` is called with a path for people ("groups[新车主 1 群].capacity") and both
 * values as JSON ("" where there is none). Items of a list are the same when their `name`, `title` or `label` is, else
 * by their place. Stops when `each` returns false. */
int json_diff(struct str before, struct str after, struct arena *,
              bool (*each)(void *ctx, struct str path, struct str before, struct str after), void *ctx);

/* Has jansson lacked memory on this thread since this was last asked? It cannot say so itself: what it then calls malformed is not. */
bool json_starved(void);
