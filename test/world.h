/* world.h: two communities with one thing of each kind, everybody who may come to the door, and a good request for every
 * route that takes something. For tests that walk over all routes of the program.
 */
#pragma once
#include "browser.h"

/* Names of things: $group in a path or body stands for the group's id; $n for a number that is never the same. */
enum thing {
	THE_COMMUNITY, THE_GROUP, THE_CODE, THE_TARGET, THE_LINK, THE_MEMBER, THE_TAG, THE_OTHER_TAG, THE_ALERT, THE_PARTNER,
	THE_APPLICATION, THE_VOUCHER, THE_STAFF, THE_PICTURE, THE_SEGMENT, THE_IMPORT, THE_EXPORT, THE_INVITE, THE_DOOR, THE_RESET,
	THE_SESSION,
	THE_FIELD, THE_LEVEL, THE_TAG_GROUP, THE_NOTE, THE_MERGE,
	THE_USE,
	THE_CAMPAIGN, THE_TASK, THE_PARTICIPANT, THE_STAGE, THE_PRIZE, THE_ORDER,
	THE_LOTTERY, THE_DRAW, THE_PLAYER, THE_WON,
	THE_PACKET, THE_RED, THE_OPENER, THE_PAYOUT,
	THE_CONTEST, THE_ENTRY, THE_ENTRANT, THE_INTENT,
	THE_RECEIPT,
	THE_POSTER,
	THE_AUTOMATION, THE_TRIAL,
	THE_CHANNEL, THE_HOOK,
	THE_SEND,
	THE_FINDING, THE_BLOCK,
	THE_PLACE,
	THE_MP, THE_MP_CODE,
	THE_WECOM, THE_JOIN_WAY, THE_CONTACT_WAY, THE_GROUP_WELCOME, THE_WECOM_TAG, THE_INTERCEPT,
	THE_ROOM,
	THE_ASK,
	THE_TOKEN,
	THE_DOCUMENT,
	THINGS                                        /* last */
};

struct things { struct str at[THINGS]; const char *mark; };      /* mark: stands in all their texts; $mark */

struct world {
	struct house   *house;
	struct site    *site;
	struct things   here, there;
	/* Who they are in `here`. [ROLE_PUBLIC]: nobody; [ROLE_VISITOR]: with a visitor's cookie; [ROLE_ACCOUNT]: no part in it. */
	struct browser *by_role[ROLE_OWNER + 1];
	struct browser *foreign;                      /* owner of `there`, nobody in `here` */
	int64_t         n;
};

extern const struct feature *const features[];        /* main/tables.c */

void world_open(struct world *, struct house *);
void world_close(struct world *);

/* The path of a route with everything filled in, in the house's arena. `of`: whose things; `community`: below which. */
const char *world_path(struct world *, const struct route *, const struct things *of, struct str community);
/* A good body for a route with `in`; `of`: whose things it names. Fails the test when there is none: write one. */
const char *world_body(struct world *, const struct route *, const struct things *of);
/* Does a good body succeed? Not for passwords, and not where only a form or somebody else's doing leads on. */
bool        world_body_succeeds(const struct route *);
/* Does the body name a thing by its id? */
bool        world_body_names(const struct route *);
/* As the one who may, each time from another address, so that nobody is told to slow down. */
struct reply world_ask(struct world *, const struct route *, const char *path, struct str body);
struct browser *world_browser(struct world *, const struct route *);

/* Their member asks to come into their group: the request. */
struct str world_asks_in(struct world *, const struct things *of);
/* Rows of every table, as one text to compare. */
struct str world_count(struct world *);
