/* export_inside.h: what the files of the export say to each other; nobody else includes it (tests do). */
#pragma once
#include "engine/event/event.h"
#include "engine/jobs/jobs.h"
#include "people/export.h"

#define EXPORT_COLUMNS_MAX 80
#define EXPORT_PIECE       (1 << 20)
#define EXPORT_HOURS       24

/* One word of the list's filter, as in the address of the page: q, tag, source … */
struct export_filter { struct str key, value; };

/* What is wanted; kept as JSON. */
struct export_wish { struct rows columns, filter; };       /* of struct text_item, of struct export_filter */
extern const struct row row_export_filter, row_export_column, row_export_wish;

struct export {
	struct id      id, account_id;
	struct str     format, told;
	bool           phones;
	struct str     reason, state;
	int64_t        records, pieces, size, downloads;
	struct str     why;
	struct instant created_at, finished_at, expires_at;
};
extern const struct row row_export;

int export_get(struct tx *, struct id community, struct id export, struct export *ret);
int export_tell(struct tx *, struct id community, struct id export);
/* Is the wish one that can be kept? Names the field. */
int export_check(struct tx *, struct id community, const struct export_wish *, struct arena *, struct complaint *ret_why);
/* Writes the file. */
int export_run(const struct job_context *, const struct job *, struct str *ret_why);
