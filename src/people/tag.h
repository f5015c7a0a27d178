/* tag.h: what other rooms may ask of tags. */
#pragma once
#include "http/http.h"

/* Put the tag of this name on the member, making it when there is none; doing it twice is doing it once.
 * Of a one-choice group the others come off. E_TOO_SHORT, E_TOO_LONG: that is no name. E_TOO_MANY: the member carries
 * MEMBER_TAGS_MAX already; a caller may go on. */
int tag_put_named(struct tx *, struct id community, struct str name, struct id member);
/* The tag of this name, made when there is none. E_TOO_SHORT, E_TOO_LONG. */
int tag_find_named(struct tx *, struct id community, struct str name, struct id *ret);
/* One tag on, or off; doing it twice is doing it once. 1: something changed. tag_put: E_NOT_FOUND: no such tag; E_TOO_MANY. */
int tag_put(struct tx *, struct id community, struct id tag, struct id member);
int tag_take(struct tx *, struct id community, struct id tag, struct id member);
/* The member carries these tags (rows of struct text_item) and no other; what stays keeps its date. 1: something changed.
 * E_ONE_OF_GROUP: two of them exclude each other. */
int tag_set_named(struct tx *, struct id community, struct rows names, struct id member, struct id actor);
/* Names of a member's tags: rows of struct text_item. */
int tag_names(struct tx *, struct id community, struct id member, struct rows *ret);
/* All tags of a community, oldest first: rows of struct tag_brief. */
struct tag_brief { struct id id; struct str name, colour, family; int64_t members; };
int tag_list(struct tx *, struct id community, struct rows *ret);
/* Its tag groups: rows of struct tag_family. */
struct tag_family { struct id id; struct str name; int64_t tags; };
int tag_family_list(struct tx *, struct id community, struct rows *ret);
/* The member goes: take all tags off. */
int tag_drop_member(struct tx *, struct id community, struct id member);

#define MEMBER_TAGS_MAX 100   /* on one member, whoever puts them */
#define TAG_NAME_MAX 24       /* characters; longer names break the chips in every list */

extern const struct feature feature_tag;
