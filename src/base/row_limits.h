/* row_limits.h: what the readers of rows (row_json.c, row_pairs.c) share; nobody else includes it. */
#pragma once
#include "base/row.h"

#define ROW_FIELDS_MAX 64                         /* row_lint refuses more: readers mark fields in one word */

/* Fills the complaint and returns its code. `detail` may be formatted in the arena. */
int row_complain(struct complaint *, int code, struct str field, struct str detail);
/* The same field, seen from outside: "title" inside item 2 of "children" is "children[2].title". */
int row_complain_inside(struct complaint *, int code, struct arena *, const struct field *list, size_t item);

/* A row of one field called "item" stands for the bare value. */
bool row_is_bare(const struct row *);
const struct field *row_field(const struct row *, struct str name);

/* Does the value keep the field's own limits? The rows of a list are not looked into. */
int row_check_field(const struct field *, const void *record, struct arena *, struct complaint *);
/* Is everything that must be there among the fields marked in `seen`? */
int row_check_present(const struct row *, uint64_t seen, struct complaint *);
/* May the list have so many items? Asked before it is read. */
int row_check_items(const struct field *, size_t count, struct arena *, struct complaint *);
/* The text of an id: 1 to 19 digits. */
bool row_id_read(struct str, struct id *ret);
