/* import.h: members out of a table (CSV, or XLSX that the browser has read).
 *
 * Story      A shop owner brings the list she kept for ten years: 8,000 rows, some phones with a digit missing, some people
 *            twice. She sees what will happen before it happens, mends the rows that are wrong in a table of their own, and
 *            when she chose the wrong tag for all of them, takes the whole thing back within 30 days.
 * Steps      uploading → reading → planning → checking → ready → running → done → undoing → undone; cancelled and failed end it.
 * Holds      A chunk of rows is taken in by one transaction, which also moves the import's position: whatever happens to the
 *            process, each row counts exactly once. Undo removes what was made and puts back what was overwritten, but
 *            leaves alone whom somebody changed since, and lists them.
 *            Only ADMIN and up: a table of guessed numbers would tell others which of them are known.
 * Not here   Members themselves (member.h), exports (export.h), reading tables (base/csv.h).
 * Test       import_test.c
 */
#pragma once
#include "http/http.h"

/* Groups are known above this room: groups/group.c answers. Rows of struct people_group, all of the community. */
struct people_group { struct id id; struct str name; };
extern const struct row row_people_group;
int people_groups(struct tx *, struct id community, struct rows *ret);

extern const struct feature feature_import, feature_import_read, feature_import_decide, feature_import_run;
