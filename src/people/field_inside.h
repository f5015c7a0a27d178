/* field_inside.h: what field.c and field_parse.c share; nobody else includes it. */
#pragma once
#include "people/field.h"

#define MAX_LINES 2000            /* characters of the longest kind of value */

struct member_field {
	struct id      id;
	struct str     key, label, kind, help;
	struct rows    choices;
	bool           required;
	int64_t        least, most;
	struct instant archived_at;
	bool           used;
	struct instant created_at;
	struct str     at_least, at_most;     /* as people read them */
	bool           archived;
};

struct parsed { struct rows texts; int64_t number; };    /* texts: of struct text_item; none: nothing was written */

int field_parse(struct arena *, const struct member_field *, struct str typed, struct parsed *ret);
/* As written before the definition changed: a choice that is none any more is a value all the same, and bounds are not asked. */
int field_parse_again(struct arena *, const struct member_field *, struct str text, struct parsed *ret);
/* "1,200.5" in units of 1/10^places. */
bool field_decimal(struct str, int places, int64_t *ret);
/* The other way: without zeros at the end, but money has two places. */
struct str field_decimal_text(struct arena *, int64_t n, bool money);
/* The choice as the definition writes it; NULL: there is none. */
const struct str *field_choice(struct arena *, const struct member_field *, struct str typed);
/* member_value.text_key */
struct str field_compared(struct arena *, struct str text);
