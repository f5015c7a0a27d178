/* condition.h: what a segment says of a member: an outline of sentences, and what it means.
 *
 * Story      "来源是 客户答疑群 且 (最近 30 天 扫码 至少 2 次 或 带有标签 VIP)" is four lines of an outline: a group that wants
 *            all of its children, a sentence, a group that wants one of them, two sentences. A line stands below the
 *            nearest line before it whose depth is one less. `condition_check` refuses what makes no sense and names the
 *            line; `outline_make` prepares an outline for judging many members.
 * Values     What a sentence looks at is a column of text: folded text (name_key), a whole number in decimal (the month of
 *            a birthday; a custom field's number, money or date as the store compares it), or the eight bytes of an id;
 *            empty when there is none. Several choices of a custom field stand in one text, SEVERAL between them. One
 *            judgement, `line_accepts`, serves the store's rows (segment_find.c) and the columns in memory (roll_scan.c).
 * Holds      Depth ≤ 4, ≤ 40 sentences, ≤ 50 values a sentence. Days are the community's; the last 1 day is today.
 *            A sentence about something that is gone (a tag, a segment) accepts nobody, turned round or not, and is
 *            marked lost.
 * Occasion   An automation asks the same sentences of whom an event is about, and two more of the event itself: what was said,
 *            and whether it is the first time. Segments know no event: there condition_check refuses them.
 * Not here   The store, members, counting.
 */
#pragma once
#include "base/row.h"
#include "base/time.h"

#define CONDITION_DEPTH     4
#define CONDITION_SENTENCES 40
#define CONDITION_LINES     80     /* sentences and groups */
#define CONDITION_VALUES    50
#define CONDITION_DAYS      180    /* how far back "did" may look */

struct condition {                 /* one line */
	int64_t     depth;
	struct str  what, holds;
	bool        no;            /* turned round */
	struct id   field;         /* the custom field of "field" */
	struct rows texts, ids;    /* any of these */
	struct str  act;           /* kind of event */
	int64_t     n, days, from, until;
};

#define SEVERAL '\x1f'

extern const struct row row_condition;

/* Members' columns. */
enum column {
	COLUMN_NICKNAME, COLUMN_NAME, COLUMN_CITY, COLUMN_INDUSTRY, COLUMN_JOB, COLUMN_GENDER, COLUMN_BIRTHDAY, COLUMN_PHONE,
	COLUMN_LEVEL, COLUMN_SOURCE, COLUMN_GROUP, COLUMN_INVITER, COLUMNS,
	COLUMN_FIELD = COLUMNS     /* a custom field: which one stands beside it */
};

enum ask {                         /* what kind of sentence a line is */
	ASK_ALL, ASK_ANY,          /* a group */
	ASK_COLUMN, ASK_TAG, ASK_INVITED, ASK_JOINED, ASK_DID, ASK_SEGMENT,
	ASK_SAID, ASK_FIRST        /* of an occasion, answered before the others are asked; left over, they accept nobody */
};
enum holds { HOLDS_IS, HOLDS_IS_NOT, HOLDS_CONTAINS, HOLDS_EMPTY, HOLDS_PRESENT, HOLDS_BETWEEN, HOLDS_ANY, HOLDS_ALL,
             HOLDS_NONE, HOLDS_AT_LEAST, HOLDS_AT_MOST, HOLDS_WITHIN, HOLDS_BEFORE };

struct line {
	enum ask       ask;
	enum holds     holds;
	enum column    column;             /* of ASK_COLUMN … */
	struct id      field;              /* … when it is COLUMN_FIELD */
	bool           no, lost;
	struct str    *wanted;             /* of ASK_COLUMN: folded texts, or ids as bytes */
	size_t         wanted_count;
	struct id     *ids;                /* of tags and segments */
	size_t         id_count;
	struct str     act;
	int64_t        n;
	int64_t        since_day;          /* of ASK_DID: this day of the community, and later */
	struct instant from, until;        /* of ASK_JOINED and ASK_DID: from ≤ t < until */
	int64_t        least, most;        /* of HOLDS_BETWEEN in a column: both inside; months may go round the year's end */
	size_t         end;                /* the first line that is not below this one */
};

struct outline { struct line *lines; size_t count; };

/* Is it an outline? 0, or a code and the line ("where[7].days") in *ret_why. */
int condition_check(struct rows where, struct arena *, struct complaint *ret_why);
/* The same where the two sentences of an occasion are allowed, and no line at all. */
int condition_check_occasion(struct rows where, struct arena *, struct complaint *ret_why);
/* Of a checked outline. E_MEMORY. */
int outline_make(struct rows where, struct instant now, const struct zone *, struct arena *, struct outline *ret);

/* ASK_COLUMN, ASK_SAID: does this value do? (Not turned round yet.) */
bool line_accepts(const struct line *, struct str value);
/* ASK_INVITED, ASK_DID: is this often enough, or seldom enough? */
bool line_accepts_number(const struct line *, int64_t n);
/* ASK_JOINED. */
bool line_accepts_instant(const struct line *, struct instant);

/* How a value is kept: as text that was folded, or as an id. */
struct str column_text(struct arena *, struct str text);
struct str column_id(struct arena *, struct id);
