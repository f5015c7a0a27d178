/* member.h: what other rooms may ask of members.
 *
 * Story      A scan makes a member of a visitor; an import writes thousands in; staff edit one. All of them come through
 *            member_make and member_change, so search keys, custom fields and events are always right.
 * Numbers    A member that was merged into another keeps its number as an alias: whoever kept it asks member_resolve.
 * Events     member_changed (subject: member) whenever profile, custom fields, identities or tags changed.
 */
#pragma once
#include "people/staff.h"

/* One custom field: `key` of its definition, and the value as people write it (several choices: one a line). */
struct member_value { struct str key, text; };
extern const struct row row_member_value;

#define MEMBER_VALUES_MAX 60                  /* custom fields of a community */

/* Everything staff may write into a profile. As row_member_profile it is also the body of the routes. */
struct member_profile {
	struct str  nickname, name, phone, gender, city, industry, job;
	struct str  birthday;                 /* 1990-05-21 */
	struct id   level_id;
	struct rows values;                   /* of struct member_value; what is not named stays as it is, an empty text clears */
};
extern const struct row row_member_profile;

struct member_origin {                        /* how a person came; all of it optional */
	struct str nickname, city;            /* of a visitor: a profile has its own */
	struct id  source;                    /* link */
	struct str source_label;
	struct id  inviter, group;
	struct instant joined;                /* 0: now */
};

enum member_how {
	MEMBER_SET,                           /* the profile is whole: what is empty in it becomes empty */
	MEMBER_GIVEN,                         /* what is not empty in it replaces what is known */
	MEMBER_FILL                           /* what is not empty in it fills what is not known yet */
};

/* Would this profile be taken? 0, or what is wrong with it. Writes nothing: import asks it before a batch. */
int member_check(struct tx *, struct id community, const struct member_profile *, struct complaint *ret_why);
/* A new member. `origin` may be NULL. `actor`: account or visitor. On a wrong value: its code, and *ret_why names the field
 * ("phone", "values.car_model"). Custom fields that are required are asked for by the routes, not here. */
int member_make(struct tx *, struct id community, const struct member_profile *, const struct member_origin *, struct id actor,
                struct id *ret, struct complaint *ret_why);
/* 1: something changed; 0: all of it was known. E_NOT_FOUND: there is no such member (a merged one is resolved). */
int member_change(struct tx *, struct id community, struct id member, enum member_how, const struct member_profile *,
                  struct id actor, struct complaint *ret_why);
/* The profile with its custom fields, unmasked. */
int member_profile_get(struct tx *, struct id community, struct id member, struct member_profile *ret);
/* With profile, custom fields, tags and identities. What other rooms keep about them stays (erase.h takes that too). */
int member_delete(struct tx *, struct id community, struct id member, struct id actor);
/* Says that more is known of a member, or something else: for whoever keeps rows about members. Moves changed_at. */
int member_changed(struct tx *, struct id community, struct id member, struct id actor);

/* Who is known so: by an identity; "phone" also finds the oldest member with this number in the profile. E_NOT_FOUND. */
int member_find(struct tx *, struct id community, struct str channel, struct str subject, struct id *ret);
/* The same, and what they are called: one question for who is heard all day. */
int member_find_named(struct tx *, struct id community, struct str channel, struct str subject, struct id *ret, struct str *ret_nickname);
/* One more way to know them. 1; 0: it was theirs already; E_CONFLICT: it is *ret_whose. */
int member_identify(struct tx *, struct id community, struct id member, struct str channel, struct str subject,
                    struct id *ret_whose);
/* The member itself, or who it was merged into. E_NOT_FOUND. */
int member_resolve(struct tx *, struct id community, struct id member, struct id *ret);

/* The member behind a browser (visitor), made when there is none. A known member keeps nickname, source and inviter,
 * only empty ones are filled. *ret_new: it was made now. */
int member_of_visitor(struct tx *, struct id community, struct id visitor, const struct member_origin *,
                      struct id *ret, bool *ret_new);
/* The member behind a browser, or E_NOT_FOUND. */
int member_find_visitor(struct tx *, struct id community, struct id visitor, struct id *ret);
/* What the member is called, or E_NOT_FOUND. */
int member_nickname(struct tx *, struct id community, struct id member, struct str *ret);
/* What else rooms show of a member: E_NOT_FOUND also when `only` (0: all) may not see them. */
struct member_brief { struct str nickname; struct id group_id; struct instant joined_at; };
int member_get_brief(struct tx *, struct id community, struct id only, struct id member, struct member_brief *ret);
/* The browsers a member is known by: rows of struct id_item, oldest first. */
int member_visitors(struct tx *, struct id community, struct id member, struct rows *ret);
/* Says that a member is gone (erase.h sees to it that they are). */
int member_say_removed(struct tx *, struct id community, struct id member);
/* Since when they are a member, or E_NOT_FOUND. */
int member_since(struct tx *, struct id community, struct id member, struct instant *ret);
/* How many, and how many since, of those that `only` (0: all) may see. */
int member_count(struct tx *, struct id community, struct id only, struct instant since, int64_t *ret_all, int64_t *ret_since);

/* "138****1234": what staff below ADMIN see of a phone number. */
struct str phone_masked(struct arena *, struct str phone);
/* As people type it → as it is kept: digits, perhaps a + in front; +86 before a mobile number goes. */
struct str phone_plain(struct arena *, struct str typed);

/* In SQL: may `only` see this member? */
#define SEES_MEMBER(only, community, member) \
	"(" only " = 0 OR EXISTS (SELECT 1 FROM member sm WHERE sm.community_id = " community " AND sm.id = " member \
	" AND " SEES_GROUP(only, "sm.community_id", "sm.group_id") "))"
/* For routes with a member in the hole. */
int member_sees(struct request *);

extern const struct feature feature_member;
