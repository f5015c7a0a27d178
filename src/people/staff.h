/* staff.h: who works in a community, as what, and which groups they see.
 *
 * An account may be limited to named groups. Then rq->only is its id, and whatever it is shown or may change belongs to one
 * of its groups. Two ways to keep that: a query takes V(rq->only) and says SEES_GROUP("?4", "g.community_id", "g.id"); a
 * route with a hole names a `sees` (http.h).
 */
#pragma once
#include "http/http.h"

/* True in SQL when `only` is 0 or the group is one of theirs. Each is a parameter or a column. */
#define SEES_GROUP(only, community, group) \
	"(" only " = 0 OR EXISTS (SELECT 1 FROM staff_group sg WHERE sg.community_id = " community \
	" AND sg.account_id = " only " AND sg.group_id = " group "))"

/* 0, or E_NOT_FOUND: not one of theirs. `only` 0 sees all. */
int staff_sees_group(struct tx *, struct id community, struct id only, struct id group);
/* Whoever makes a group sees it. */
int staff_gain_group(struct tx *, struct id community, struct id account, struct id group);
/* E_NOT_FOUND: no such group in this community. */
int staff_group_there(struct tx *, struct id community, struct id group);
/* The group they were given first, or E_NOT_FOUND. */
int staff_first_group(struct tx *, struct id community, struct id account, struct id *ret);
/* The group is gone. */
int staff_forget_group(struct tx *, struct id community, struct id group);

/* Make this account staff of a community; hiring again changes the role. It sees all groups; a host none yet. */
int account_hire(struct tx *, struct id community, struct id account, enum role role);
/* Role and limit in one; `groups`: rows of struct id_item. E_NOT_FOUND: a group that is not there. */
int staff_seat(struct tx *, struct id community, struct id account, enum role role, bool only_groups, struct rows groups);
/* May they be edited by whoever asks? E_NOT_FOUND; E_ABOVE_YOU. *ret: their role. */
int staff_editable(struct request *, struct id account, enum role *ret);
/* 0, or E_WORKS_ELSEWHERE: their password and second factor also open a community that is not the asker's. */
int staff_wholly_ours(struct request *, struct id account);

/* Does this account keep the server? Whoever owns its first community does: that one was made when the server was set up. */
int staff_keeps_server(struct tx *, struct id account, bool *ret);

#define ROLES       "reader host reviewer operator admin owner"
#define GROUPS_MOST 500          /* named to one account */

/* What the router asks. */
extern const struct identity account_identity;

extern const struct feature feature_staff;
