/* facts.h: what segments may know of a member, read from the store: of one member, or of all in pages.
 *
 * Not here   Judging (condition.h), keeping (roll.h).
 */
#pragma once
#include "people/condition.h"
#include "store/store.h"

struct fact {
	struct id      id;
	struct str     nickname_key, name, city;
	bool           phone;
	struct id      source_id, group_id, inviter_id;
	struct instant joined_at;
};

/* As columns: the values live as long as the arena. */
void fact_values(const struct fact *, struct arena *, struct str values[COLUMNS]);

int fact_one(struct tx *, struct id community, struct id member, struct fact *ret);      /* E_NOT_FOUND */
/* Up to `limit` of the members above `after`, ids rising: rows of struct fact. */
int fact_page(struct tx *, struct id community, struct id after, int64_t limit, struct rows *ret);
/* Does the community have more members than this? */
int fact_more_than(struct tx *, struct id community, int64_t n, bool *ret);

/* A member's tags; the browsers a member is known by; whom a member invited. Rows of struct id_item. */
int fact_tags(struct tx *, struct id community, struct id member, struct rows *ret);
int fact_visitors(struct tx *, struct id community, struct id member, struct rows *ret);
int fact_invited(struct tx *, struct id community, struct id member, int64_t *ret);

struct wearing { struct id member_id, tag_id; };
struct known   { struct str subject; struct id member_id; };      /* subject: a visitor's number */

/* All of them, in pages after the last one. */
int fact_wearing_page(struct tx *, struct id community, const struct wearing *after, int64_t limit, struct rows *ret);
int fact_known_page(struct tx *, struct id community, struct str after, int64_t limit, struct rows *ret);
/* Who wears a tag, ids rising: rows of struct id_item. */
int fact_wearers(struct tx *, struct id community, struct id tag, struct id after, int64_t limit, struct rows *ret);

extern const struct query *const fact_queries[];
