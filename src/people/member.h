/* member.h: what other rooms may ask of members. */
#pragma once
#include "http/http.h"

struct member_origin {                        /* how a person came; all of it optional */
	struct str nickname, city;
	struct id  source;                    /* link */
	struct str source_label;
	struct id  inviter, group;
};

/* The member behind a browser (visitor), made when there is none. A known member keeps nickname, source and inviter,
 * only empty ones are filled. *ret_new: it was made now. */
int member_of_visitor(struct tx *, struct id community, struct id visitor, const struct member_origin *,
                      struct id *ret, bool *ret_new);
/* The member behind a browser, or E_NOT_FOUND. */
int member_find_visitor(struct tx *, struct id community, struct id visitor, struct id *ret);
/* What the member is called, or E_NOT_FOUND. */
int member_nickname(struct tx *, struct id community, struct id member, struct str *ret);
/* The browsers a member is known by: rows of struct id_item, oldest first. */
int member_visitors(struct tx *, struct id community, struct id member, struct rows *ret);
/* Says that more is known of a member, or something else: for rooms that keep rows about members. */
int member_changed(struct tx *, struct id community, struct id member, struct id actor);
/* Says that a member is gone (erase.h sees to it that they are). */
int member_say_removed(struct tx *, struct id community, struct id member);
/* How many, and how many since. */
int member_count(struct tx *, struct id community, struct instant since, int64_t *ret_all, int64_t *ret_since);

/* "138****1234": what staff below ADMIN see of a phone number. */
struct str phone_masked(struct arena *, struct str phone);

extern const struct feature feature_member;
