/* facts.h: what segments may know of a member, read from the store: of one member, or of all in pages.
 *
 * Not here   Judging (condition.h), keeping (roll.h).
 */
#pragma once
#include "people/condition.h"
#include "store/store.h"

struct fact {
	struct id      id;
	struct str     nickname_key, name, city, industry, job, gender, birthday;
	bool           phone;
	struct id      level_id, source_id, group_id, inviter_id;
	struct instant joined_at;
};

/* As columns: the values live as long as the arena. */
void fact_values(const struct fact *, struct arena *, struct str values[COLUMNS]);

int fact_one(struct tx *, struct id community, struct id member, struct fact *ret);      /* E_NOT_FOUND */
/* Up to `limit` of the members above `after`, ids rising: rows of struct fact. */
int fact_page(struct tx *, struct id community, struct id after, int64_t limit, struct rows *ret);
/* Does the community have more members than this? */
int fact_more_than(struct tx *, struct id community, int64_t n, bool *ret);

/* A member's tags. Rows of struct id_item. */
int fact_tags(struct tx *, struct id community, struct id member, struct rows *ret);
/* Under which other numbers a member acted: browsers, and members that were merged into this one. Rows of struct id_item. */
int fact_selves(struct tx *, struct id community, struct id member, struct rows *ret);
/* How many a member invited. */
int fact_invited(struct tx *, struct id community, struct id member, int64_t *ret);

/* Custom fields: a value is one or several rows. */
struct fact_value { struct id member_id, field_id; int64_t nth; struct str text_key; int64_t number; bool compared; };
/* The column's text of the value that begins at rows[i]; returns where the next one begins. */
size_t fact_value_text(struct rows, size_t i, struct arena *, struct str *ret);
int fact_values_of(struct tx *, struct id community, struct id member, struct rows *ret);
int fact_values_page(struct tx *, struct id community, const struct fact_value *after, int64_t limit, struct rows *ret);

struct wearing { struct id member_id, tag_id; };
struct known   { struct str subject; struct id member_id; };      /* subject: a visitor's number */
struct alias   { struct id id, member_id; };                       /* a merged member, and who it is now */

/* All of them, in pages after the last one. */
int fact_wearing_page(struct tx *, struct id community, const struct wearing *after, int64_t limit, struct rows *ret);
int fact_known_page(struct tx *, struct id community, struct str after, int64_t limit, struct rows *ret);
int fact_alias_page(struct tx *, struct id community, struct id after, int64_t limit, struct rows *ret);
/* Who wears a tag, ids rising: rows of struct id_item. */
int fact_wearers(struct tx *, struct id community, struct id tag, struct id after, int64_t limit, struct rows *ret);

extern const struct query *const fact_queries[];
