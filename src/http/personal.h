/* personal.h: what a feature keeps about people, declared so that nothing can be forgotten.
 *
 * Story      A member opens "my page" and reads, line by line, what is kept about them; takes a copy; has it erased. All
 *            three go through these lines, and so does the retention timer. Who adds a table adds a line: a table with a
 *            column that names a person and neither a line nor an excuse fails personal_test.c.
 * Person     A member's id, and the numbers of their browsers (visitors). Each line says by which of them it is found; a
 *            table that holds both has two lines.
 * Erasing    Rows that sums, stock or ledgers count stay, without the person: their id becomes a *tombstone*, a negative
 *            number that stands for nobody and is made afresh for each id that is erased. The others are deleted.
 *            Free text goes in both cases.
 * Holds      Only text and ids of the feature's own tables are touched. `shows` states its LIMIT.
 */
#pragma once
#include "http/http.h"

enum person_key { BY_MEMBER, BY_VISITOR };

struct personal {
	const char         *tables;               /* "waiting report": for which this line answers */
	const char         *zh, *en;              /* what is kept and why, said to the person; NULL: nothing of its own to show */
	const char         *zh_fields;            /* a word for each field of `shows`, in its order, for a readable copy */
	enum person_key     by;
	const struct query *shows;                /* (community, who) → rows for the list and the copy */
	const struct query *files;                /* (community, who) → keys of uploaded files (struct text_item); they go too */
	const struct query *erases[4];            /* (community, who) or (community, who, tombstone), run in order */
	const struct query *idle;                 /* of visitors (community, before, most) → ids (struct id_item) of those who are no
	                                             members and were last heard of here before then; the retention timer erases them */
};
