/* fake_wecom.h: a platform that is no platform: the part of 企业微信 that Quntu talks to, as strict as the real one is.
 *
 * Story      A test opens it on a loopback port, gives its address to a channel as `api`, lets customers add staff, join groups by a
 *            code and leave (the fake posts the events to our server, as far as the test lets it), and looks at what was asked.
 * Strict     Tokens end: one that ended is 42001, a made-up one 40014, none 41001; wrong corpid 40013, wrong secret 40001. Bodies that
 *            are no JSON are 47001, fields of a wrong type 40058. An address that is not on the list gets 60020 with that address.
 *            Groups that are not there are 90501, customers whom nobody has 84061. What is changed through it raises no event.
 * Inside     fake_wecom_inside.h, for the files that make up the fake; each adds doors (paths) to its list.
 * By hand    build/quntu-test --fake wecom [PORT] serves it for journeys; what a test does by calls is done by POST /_fake/… there.
 */
#pragma once
#include "base/str.h"

#define WECOM_CORP   "ww0a1b2c3d4e5f6071"
#define WECOM_SECRET "5ec4e7of7heapp"
#define WECOM_TOKEN  "wecomTok9"
#define WECOM_KEY    "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"

struct wecom_fake;
struct wecom_fake *wecom_fake_open(int port);     /* 0: a free one */
void               wecom_fake_close(struct wecom_fake *);
int                wecom_fake_port(const struct wecom_fake *);
const char        *wecom_fake_url(const struct wecom_fake *);

/* ---- What goes wrong ---- */

/* The next `times` calls whose path has `path` in it are answered with this errcode (0: as usual), `slow_ms` late. */
void wecom_fake_fail(struct wecom_fake *, const char *path, int errcode, int times, int slow_ms);
/* The next such call is answered when it is told to go on, or closed. */
void wecom_fake_stall(struct wecom_fake *, const char *path);
void wecom_fake_go_on(struct wecom_fake *);
/* The same calls are done, and their answers are lost on the way. */
void wecom_fake_lose(struct wecom_fake *, const char *path, int times);
void wecom_fake_expire(struct wecom_fake *);              /* the token in use has ended */
void wecom_fake_bar(struct wecom_fake *, bool barred);    /* our address is not on the list: 60020 */

/* ---- What happens there ---- */

enum wecom_fake_mode { WECOM_SAFE, WECOM_UNSIGNED, WECOM_OLD, WECOM_BROKEN, WECOM_OTHER_CORP };
/* Events go to this address (http://…/api/in/SLUG) as they happen, so many times each; NULL: nobody is told. */
void wecom_fake_tell(struct wecom_fake *, const char *address, int times);
/* Posts an event made of these fields: its HTTP status. `fields`: XML between FromUserName, CreateTime, MsgType and the end. */
int  wecom_fake_event(struct wecom_fake *, const char *address, enum wecom_fake_mode, const char *fields, int64_t at);
/* The address check. true: our server answered with the very echo. */
bool wecom_fake_check(struct wecom_fake *, const char *address);

void wecom_fake_staff(struct wecom_fake *, const char *userid);
/* A customer adds one of the staff, by a code's state or none (""); and one deletes the other. */
void wecom_fake_add(struct wecom_fake *, const char *external, const char *name, const char *userid, const char *state);
void wecom_fake_drop(struct wecom_fake *, const char *external, const char *userid, bool by_customer);
void wecom_fake_unite(struct wecom_fake *, const char *external, const char *unionid);

/* A customer group of this owner; somebody comes (scene 1 invited, 2 by a link, 3 by a QR) or goes; its name changes; it ends. `who`: an
 * external_userid, or a userid of the staff. */
void wecom_fake_group(struct wecom_fake *, const char *chat, const char *name, const char *owner);
void wecom_fake_come(struct wecom_fake *, const char *chat, const char *who, const char *name, int scene, const char *state);
void wecom_fake_go(struct wecom_fake *, const char *chat, const char *who, bool removed);
void wecom_fake_rename(struct wecom_fake *, const char *chat, const char *name);
void wecom_fake_dismiss(struct wecom_fake *, const char *chat);
void wecom_fake_large(struct wecom_fake *, bool large);           /* lists need an owner_filter: 81017 */
void wecom_fake_stale(struct wecom_fake *, int times);            /* groups are read so often as they were before their last change */
/* One of the staff leaves the corp: the groups they own wait for somebody else. */
void wecom_fake_quit(struct wecom_fake *, const char *userid);
/* userid of who owns the group; "" when there is no such group. */
const char *wecom_fake_owner(struct wecom_fake *, const char *chat);
/* Somebody scans a join way: into its first group that has room, or into one more. Its chat_id; "" when no way has this state. */
const char *wecom_fake_scan(struct wecom_fake *, const char *state, const char *who, const char *name);

/* The corp gets a tag; it is renamed, or is no more (name NULL); one of the staff marks a customer with it. Everybody is told. */
const char *wecom_fake_tag(struct wecom_fake *, const char *family, const char *name);       /* its tag_id, good until closed */
void wecom_fake_retag(struct wecom_fake *, const char *tag, const char *name);
void wecom_fake_mark(struct wecom_fake *, const char *external, const char *userid, const char *tag, bool on);

/* ---- What arrived ---- */

/* As JSON, good until the next such question; "" when there is none: a contact way by state; what this customer was welcomed with. */
const char *wecom_fake_contact_way(struct wecom_fake *, const char *state);
const char *wecom_fake_welcomed(struct wecom_fake *, const char *external);
/* The nth group welcome that is kept there. */
const char *wecom_fake_template(struct wecom_fake *, int nth);
/* Does this one of the staff mark the customer with it? */
bool wecom_fake_marked(struct wecom_fake *, const char *external, const char *userid, const char *tag);
/* The number of the corp's tag of this name; "" when there is none. */
const char *wecom_fake_tag_named(struct wecom_fake *, const char *name);

/* A join way's configuration as JSON, by state; "" when there is none. Good until the fake is closed. */
const char *wecom_fake_way(struct wecom_fake *, const char *state);

/* The newest mass-send task as JSON, and how many there are. */
const char *wecom_fake_task(struct wecom_fake *);
int         wecom_fake_tasks(struct wecom_fake *);
void        wecom_fake_forget_tasks(struct wecom_fake *);         /* there are none */
/* A rule about words as JSON, by its name; "" when there is none. */
const char *wecom_fake_rule(struct wecom_fake *, const char *name);
/* At the platform the rule gets one more word, and is made if there is none; word NULL: it is deleted. */
void        wecom_fake_rule_word(struct wecom_fake *, const char *name, const char *word);
/* Somebody adds a robot to a group: its key, good until closed. What it said last as JSON ("" nothing yet), and how often. */
const char *wecom_fake_robot(struct wecom_fake *, const char *group);
const char *wecom_fake_robot_said(struct wecom_fake *, const char *key);
int         wecom_fake_robot_says(struct wecom_fake *, const char *key);
void        wecom_fake_robot_gone(struct wecom_fake *, const char *key);       /* it is removed from its group */
/* Its colleague confirms the newest one; 1 sent, 2 no longer a customer, 3 they have had as many as are allowed. */
void        wecom_fake_confirm(struct wecom_fake *, int status);
/* The same, but in the moment before the next attempt to take one back arrives. */
void        wecom_fake_confirm_first(struct wecom_fake *, int status);
int         wecom_fake_reminds(struct wecom_fake *);              /* of the newest one */

int  wecom_fake_calls(struct wecom_fake *, const char *path);    /* calls whose path has this in it */
