/* roll_data.h: the memory of a roll. Private to roll*.c. All of it comes from mem.h and goes with roll_free. */
#pragma once
#include "engine/event/mirror.h"
#include "people/roll.h"

#include <pthread.h>

/* Texts, each once; a code is a number from 0 up, and 0 is the empty text. */
struct dict {
	char     *heap;
	uint32_t *ends;                    /* text i ends here and begins where i-1 ends */
	uint32_t *slots;                   /* open addressing: code + 1 */
	size_t    room, ends_room, slots_room;
	uint32_t  count;
};

/* Number → place, over an array that holds the numbers themselves. */
struct finder { uint32_t *slots; size_t room; };

struct set { uint32_t *at; size_t count, room; };        /* places, rising */

struct worn { struct id tag; struct set places; };       /* a tag, and who wears it */

/* who: a place, or STRANGER | a visitor's number. AGAIN: of the same event as the act before; counts for somebody else. */
struct told { struct id field; uint32_t *codes; struct dict dict; };      /* a custom field's column */

struct act { uint32_t who; uint16_t day, kind; };
#define STRANGER (UINT32_C(1) << 31)
#define AGAIN    (UINT32_C(1) << 30)
#define NOBODY   UINT32_MAX

struct roll {
	MIRROR_AS(none);
	const struct zone *zone;

	/* Members: place i of each array. */
	size_t          count, room, dead;
	int64_t        *ids, *joined;
	uint64_t       *alive;
	uint32_t       *codes[COLUMNS];
	struct dict     dicts[COLUMNS];
	struct finder   by_id;
	bool            shuffled;                        /* an id came that was not above all others */

	struct told    *fields;
	size_t          field_count, field_room;

	struct worn    *tags;                            /* by id */
	size_t          tag_count, tag_room;

	int64_t        *visitors;                        /* browsers and merged members; who they are: a place or NOBODY */
	uint32_t       *visitor_is;
	size_t          visitor_count, visitor_room;
	struct finder   by_visitor;

	struct act     *acts;
	size_t          act_count, act_room;
	struct dict     kinds;
};

struct roll *roll_new(int64_t store, struct id community);
void roll_free(struct roll *);

/* Each 0 or E_MEMORY. */
int  dict_code(struct dict *, struct str text, uint32_t *ret);
bool dict_find(const struct dict *, struct str text, uint32_t *ret);
struct str dict_text(const struct dict *, uint32_t code);

/* The member with these columns, new or known. */
int  roll_set(struct roll *, struct id member, struct instant joined, const struct str values[COLUMNS], uint32_t *ret_place);
void roll_remove(struct roll *, struct id member);
uint32_t roll_find(const struct roll *, int64_t member);         /* a place, or NOBODY */

/* The member's value of a custom field; empty: none. */
int  roll_tell(struct roll *, struct id field, uint32_t place, struct str text);
const struct told *roll_told(const struct roll *, struct id field);     /* NULL: nobody has a value */

int  roll_wear(struct roll *, struct id tag, uint32_t place);
/* Takes off all tags that are not among these. */
void roll_wear_only(struct roll *, uint32_t place, const struct id_item *tags, size_t count);
void roll_drop_tag(struct roll *, struct id tag);
const struct worn *roll_worn(const struct roll *, struct id tag);       /* NULL: by nobody */

int  roll_know(struct roll *, int64_t visitor, uint32_t place);
uint32_t roll_is(const struct roll *, int64_t visitor);                 /* a place, or NOBODY */
/* An act of a member (place, or NOBODY) or a visitor. `again`: AGAIN or 0. */
int  roll_act(struct roll *, struct str kind, int64_t day, uint32_t place, int64_t visitor, uint32_t again);
