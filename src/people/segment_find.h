/* segment_find.h: whom an outline means. Private to segment*.c. */
#pragma once
#include "people/roll.h"

#define SEGMENT_NESTED 8       /* segments in segments; deeper ones mean nobody */
#define SEGMENT_READS  200     /* segments that one question may read, all in all; further ones mean nobody */

struct found {
	int64_t     members, everybody;
	struct bits bits;                  /* who; empty unless found by find_keep */
	struct bits lines[CONDITION_LINES];        /* whom each line alone means */
};

/* Marks the lines about what is gone. */
int  find_lost(struct tx *, struct id community, struct outline *);
/* Prepares an outline for this moment, lost lines marked. */
int  find_outline(struct tx *, struct id community, struct rows where, struct outline *ret);
/* Whom the account `only` may see: the members of its own groups; {0}: everybody. *ret is taken already, and empty. */
int  find_seen(struct tx *, struct id community, struct roll *, struct id only, struct bits *ret);
/* Whom it means, among those that the account `only` may see. `lines`: keep whom each line means. */
int  find_members(struct tx *, struct id community, struct roll *, const struct outline *, struct id only, bool lines,
                  struct found *ret);
void found_free(struct found *);
/* Does it mean this member? From the store. */
int  find_one(struct tx *, struct id community, const struct outline *, struct id member, bool *ret);
/* Does saving `segment` (0: a new one) with this outline make a circle? E_SEGMENT_CIRCLE and the line. */
int  find_circle(struct tx *, struct id community, struct id segment, const struct outline *, size_t *ret_line);

/* segment.c's: the conditions of a saved one; E_NOT_FOUND. */
int  segment_where(struct tx *, struct id community, struct id segment, struct rows *ret);
extern const struct query *const find_queries[];
