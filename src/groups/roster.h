/* roster.h: who is in which group (名册).
 *
 * Story      A platform says that 林晓 joined 车主群 3 by a QR; the web room lets her in; staff tick her off by hand. Each of
 *            them calls here, so a group's list, its count and the facts others follow (welcome, deductions, retention) are
 *            the same wherever the group lives.
 * Holds      A member stands in a group's list once. Joining twice, or leaving twice, changes nothing and says so.
 *            Platforms tell things late, twice and out of order: a fact older than the last one that counted of this member
 *            in this group changes nothing.
 *            The group's member_count follows a list that is *kept* (roster_keep: the platform or the room tells every
 *            joining and leaving); of others it stays what was counted by hand.
 * Quiet      Who was there before we listened is put into the list without an event: nobody is welcomed years late.
 * Events     member_joined_group (subject: group, actor: member, object: inviter, via: channel, word: how),
 *            member_left_group (the same; word: left removed).
 * Test       roster_test.c: random facts in random order against a model, on both stores.
 */
#pragma once
#include "engine/event/event.h"

struct seat {                                     /* one member's place in one group */
	struct id      group_id, member_id;
	struct str     nickname, role, card;      /* role: owner admin member; card: what they are called in this group */
	struct id      inviter_id, channel_id;
	struct str     how;
	struct instant joined_at, left_at, muted_until, spoke_at;      /* left_at 0: is there */
	int64_t        spoken;                    /* messages */
};
extern const struct row row_group_seat;

#define SEAT_ROLES "owner admin member"
#define SEAT_CARD_MAX 60                          /* characters */

struct seat_fact {
	struct id      group, member, inviter, channel;
	struct str     how, card, role;           /* card, role: empty leaves them as they are */
	struct instant at;                        /* 0: now */
	bool           quiet;
};

/* 1: they are in now; 0: they were, or left later than that. E_NOT_FOUND: no such group or member. */
int roster_join(struct tx *, struct id community, const struct seat_fact *);
/* how: "left" or "removed". 1: they are out now; 0: they were, were never in, or came back later than that. */
int roster_leave(struct tx *, struct id community, const struct seat_fact *);
/* E_NOT_FOUND: was never in it. Who left is found, with left_at. */
int roster_get(struct tx *, struct id community, struct id group, struct id member, struct seat *ret);
/* Those who are in, by id: rows of struct seat, those above `after`. */
int roster_page(struct tx *, struct id community, struct id group, struct id after, int64_t limit, struct rows *ret);
/* How many are in, of a kept list; E_NOT_FOUND: it is not kept. */
int roster_count(struct tx *, struct id community, struct id group, int64_t *ret);
/* The groups a member is in: rows of struct id_item. */
int roster_groups_of(struct tx *, struct id community, struct id member, struct rows *ret);
/* From now on the list is told whole, and the group's count follows it; false: no longer. */
int roster_keep(struct tx *, struct id community, struct id group, bool kept);
/* The group is gone. */
int roster_forget(struct tx *, struct id community, struct id group);
/* What else may be set of somebody in the list. E_NOT_FOUND. Characters past SEAT_CARD_MAX are cut. */
int roster_set_card(struct tx *, struct id community, struct id group, struct id member, struct str card);
int roster_set_role(struct tx *, struct id community, struct id group, struct id member, struct str role);
int roster_mute(struct tx *, struct id community, struct id group, struct id member, struct instant until);
/* The group's whole list as its platform says it is now: who is missing there has left, who is new has joined (quietly when
 * this is the group's first list). Rows of struct seat_fact, of which group and channel are taken from the parameters; facts
 * after `at` stay. ret_changes may be NULL. */
int roster_replace(struct tx *, struct id community, struct id group, struct id channel, struct rows facts, struct instant at,
                   int64_t *ret_changes);

extern const struct feature feature_roster;
