/* import_inside.h: what the files of the import say to each other; nobody else includes it (tests do).
 *
 * Order      import.c takes the file in pieces and answers the console → import_read.c makes chunks of rows out of it →
 *            import_plan.c guesses what the columns are → import_row.c judges one row → import_run.c looks who is known,
 *            writes, and takes back.
 */
#pragma once
#include "base/csv.h"
#include "engine/event/event.h"
#include "engine/jobs/jobs.h"
#include "people/import.h"
#include "people/member.h"

#define IMPORT_SIZE_MAX   ((int64_t)64 << 20)
#define IMPORT_PIECE_MAX  (1 << 20)
#define IMPORT_ROWS_MAX   500000
#define IMPORT_CELL_MAX   1000          /* characters */
#define IMPORT_CHUNK_ROWS 50            /* one transaction, some 20 ms: a scan that comes meanwhile waits so long */
#define IMPORT_TAGS_MAX   30

/* ---- The import itself: a row of `import` ---- */

struct import {
	struct id      id, account_id;
	struct str     name;
	int64_t        size, received, pieces;
	struct str     state, encoding;
	struct rows    headings;                /* of struct import_word */
	int64_t        records, chunks, plan_no, position;
	int64_t        will_make, will_update, will_skip, will_fail;
	int64_t        made, updated, skipped, failed, removed, restored, kept;
	struct str     why;
	struct instant created_at, started_at, finished_at, undone_at, swept_at;
};

/* A cell, a heading, a field's word: a bare text that may be empty. */
struct import_word { struct str item; };

extern const struct row row_import, row_import_word;

int import_get(struct tx *, struct id community, struct id import, struct import *ret);
/* Says `state` from now on; `why` of failed. Browsers that watch hear of it. */
int import_state(struct tx *, struct id community, struct id import, const char *state, struct str why);
/* Browsers ask again. */
int import_tell(struct tx *, struct id community, struct id import);
/* Work on it goes on in a job. */
int import_work(struct tx *, struct id community, struct id import);

/* ---- The plan ---- */

struct import_plan {
	bool        headings;                   /* the first row holds headings */
	struct str  match, policy;
	struct rows columns;                    /* import_word: a field's word for each column, "" for none */
	struct rows tags;                       /* text_item: put on everybody */
	struct str  source;                     /* of everybody whose row names none */
};

extern const struct row row_import_plan;

enum import_field {
	F_NONE, F_NICKNAME, F_NAME, F_PHONE, F_GENDER, F_CITY, F_INDUSTRY, F_JOB, F_BIRTHDAY, F_TAGS, F_FLAG, F_SOURCE,
	F_INVITER, F_GROUP, F_JOINED, F_WECOM, F_MP, F_ONEBOT, F_CUSTOM, IMPORT_FIELDS
};

/* A custom field of the community, as far as an import cares. */
struct import_custom { struct id id; struct str key, label, kind; };

/* The community's: rows of struct import_custom. */
int import_customs(struct tx *, struct id community, struct rows *ret);

struct import_column { enum import_field field; size_t custom; };       /* custom: index, of F_CUSTOM */

/* What judging needs to know; made once a transaction. */
struct import_frame {
	const struct import_plan   *plan;
	const struct import_custom *customs;
	size_t                      custom_count;
	struct import_column        columns[CSV_COLUMNS_MAX];
	struct rows                 headings;       /* import_word */
	struct rows                *groups;         /* of struct people_group, read when first asked for */
	const struct zone          *zone;
	struct instant              now;
	struct arena               *arena;
};

/* The plan of a table whose first rows these are. */
int import_guess(const struct csv_row *rows, size_t count, const struct import_custom *, size_t customs, struct arena *,
                 struct import_plan *ret);
/* As it is kept; nothing kept yet is a plan without columns. */
int import_plan_read(struct str json, struct arena *, struct import_plan *ret);
/* Words → columns; an unknown word is no column. 0, or a code with which columns clash or what is unknown, for people. */
int import_columns(struct import_frame *, enum lang, struct str *ret_detail);
/* A field's name for people. */
struct str import_field_label(const struct import_frame *, struct import_column, enum lang);

/* ---- One row ---- */

struct import_line { int64_t line; bool bad; struct str *cells; size_t count; };

struct import_person {
	struct str     text[F_CUSTOM];          /* by field, made plain: phone digits, dates 1990-05-21 */
	struct rows    tags;                    /* text_item */
	struct instant joined_at;               /* 0: now */
	struct str    *custom;                  /* by index; empty: nothing */
};

struct import_fault { int code; int64_t column; };      /* column −1: the row as a whole */

/* What a row says. 0, or a code with *ret_fault. */
int import_judge(const struct import_frame *, const struct import_line *, struct import_person *ret, struct import_fault *ret_fault);
/* "2024-3-1", "2024/03/01 12:30", "2024年3月1日", "20240301", Excel's day 45352 → day and minute of it; false: no date. */
bool import_date(struct str, int64_t *ret_day, int *ret_minute);
/* "138-0013 8000", "+86 13800138000", "１３８…" → "13800138000"; an empty text: it is no phone number. */
struct str import_phone(struct arena *, struct str);

/* ---- Whom it means, and what would happen ---- */

enum import_fate { FATE_MAKE, FATE_UPDATE, FATE_SKIP, FATE_FAIL, FATES };

/* What earlier rows of the same table made, where nothing is written yet: sums of their keys. */
struct import_seen { uint64_t *at; size_t room, count; };

struct import_verdict {
	enum import_fate     fate;
	struct import_person person;
	struct import_fault  fault;             /* of FATE_FAIL */
	struct id            member;            /* of FATE_UPDATE and FATE_SKIP, when they are in the store */
	struct id            inviter, group;
};

/* All that judging needs of an import that is planned. The arena is the transaction's. */
int import_frame(struct tx *, struct id community, struct id import, struct import_plan *, struct import_frame *ret);
/* < 0 only when the store or memory fails. `seen`: NULL when each row is written before the next is judged. */
int import_decide(struct tx *, struct id community, const struct import_frame *, const struct import_line *, struct import_seen *seen,
                  struct import_verdict *ret);
/* The person as a profile; the code of a column that a profile's complaint ("phone", "values.car_model") is about. */
int import_profile(const struct import_frame *, const struct import_person *, struct member_profile *ret);
struct import_fault import_fault_of(const struct import_frame *, int code, struct str field);
/* Of the store: only undoing the whole helps. Every other code is the row's own. */
bool import_is_grave(int code);
/* What the import says of its own: the heading row is nobody's. */
static inline bool import_is_heading(const struct import_frame *frame, int64_t chunk, size_t i)
{
	return frame->plan->headings && chunk == 0 && i == 0;
}

int import_check(const struct job_context *, struct id community, struct id import);
int import_run(const struct job_context *, struct id community, struct id import);
int import_undo(const struct job_context *, struct id community, struct id import);

/* ---- Chunks ---- */

int import_chunk(struct tx *, struct id community, struct id import, int64_t n, struct import_line **ret, size_t *ret_count);
/* Pieces → chunks; the state is then planning, or failed. 0, or a code: tried again later. */
int import_read(const struct job_context *, struct id community, struct id import);
