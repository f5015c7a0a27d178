/* web.h: Quntu's own group room: a page on the phone where a group talks, with no platform at all.
 *
 * Story      林晓 scans the shop's code and stands in the room: rules, a nickname, in. She says hello; an automation welcomes her;
 *            another phone sees both within a second. An admin mutes who advertises, staff pin the opening hours. Whatever
 *            works in groups of other platforms works here, for the room is one more connector.
 *
 *   room.c    rooms, made by themselves; their lines; who is at the door; what is kept about people
 *   tail.c    the newest lines in memory: a thousand phones that ask for news cost a thousand small looks and one reading
 *   speak.c   what members say: texts, pictures, answers, taking back
 *   visit.c   the page: joining, history, who is here, one's own card, leaving
 *   rule.c    what owner and admins of a room may do, on the phone
 *   desk.c    the room in the console: its link and QR, staff's words, who asks to come in, who may not come back
 *   notice.c  what is said to one member alone
 *   web.c     the connector: what the outbox delivers, and what automations do
 *
 * Words      A *line* is one thing that happened in a room, numbered 1, 2, 3 … A phone knows the last it has seen and asks for
 *            what came after. What was said is a message (channel/message.c); the line says where it stands.
 * Holds      A line's number is given in the transaction that writes it: no number is missing, none appears late.
 *            What members say goes through hear_message: events, numbers and automations are those of every platform.
 *            Outsiders see the name, the rules and how many are in; never what is said.
 *            Who was removed comes back only when staff allow it or the time is over.
 * Test       room_test.c, room_model_test.c, automation/room_acts_test.c; web/journeys/room.spec.ts
 */
#pragma once
#include "channel/channel.h"
#include "groups/roster.h"
#include "people/member.h"

#define SAY_MOST      1000        /* characters of one message */
#define WHY_MOST      100
#define PINS_MOST     5
#define LINES_SHOWN   40          /* of the history at once */
#define TAKE_BACK     (2 * MINUTE)
#define MENTIONS_MOST 20
#define LINES_EVER    INT64_C(1000000000000)

struct room {
	struct id  community_id, group_id, channel_id;
	struct str slug, name;
	int64_t    last, version, capacity, present;
	bool       quiet, asks;                   /* asks: who enters is looked at first */
};

struct room_line {
	int64_t    n;
	struct str what;
	struct id  member_id, message_id;
	int64_t    about;
	struct str voice, note, picture;
	int64_t    width, height, size;
	bool       own;                           /* the picture, or file, is of this line alone */
	struct str mentions;
	int64_t    reply;
	struct instant at;
};

/* A line as phones get it. */
struct line_shown {
	int64_t    n;
	struct str what;
	struct id  member;
	struct str name, role, voice, kind, text, url, note, picture;
	int64_t    width, height, size, about, reply;
	struct str quote_name, quote, mentions;
	bool       recalled;
	struct instant at;
};
extern const struct row row_line_shown;

struct at_door { struct str door, why; struct instant until_at; struct str mute_why; int64_t read_n; };

/* ---- room.c ---- */

/* E_NOT_FOUND. */
int room_open(struct tx *, struct str slug, struct room *ret);
int room_of_group(struct tx *, struct id community, struct id group, struct room *ret);
/* "/r/SLUG" */
struct str room_path(struct arena *, const struct room *);
/* The next line; its number in *ret_n (may be NULL). `told`: another event of this transaction tells who watches the group.
 * `moves`: what is remembered of the room is true no more. */
enum line_flags { LINE_TOLD = 1, LINE_MOVES = 2 };
int room_add(struct tx *, const struct room *, const struct room_line *, unsigned flags, int64_t *ret_n);
/* The next number, for a line whose message must know it: goes into room_add by line.n. */
int room_number(struct tx *, const struct room *, int64_t *ret);
/* Something changed that is no line: who watches asks again. */
int room_changed(struct tx *, const struct room *, struct str word);
int line_get(struct tx *, const struct room *, int64_t n, struct room_line *ret);
/* Rows of struct line_shown: the `limit` newest before `before` (0: all) that people read, newest first. */
int lines_before(struct tx *, const struct room *, int64_t before, int64_t limit, struct rows *ret);
/* Everything after `after`, oldest first. */
int lines_after(struct tx *, const struct room *, int64_t after, int64_t limit, struct rows *ret);
/* Announcements on top: rows of struct line_shown. */
int lines_pinned(struct tx *, const struct room *, struct rows *ret);
/* A line is taken back, with its message, its own picture or file and its place on top. 0 also when it was. */
int line_recall(struct tx *, const struct room *, int64_t n);
/* E_NOT_FOUND: nothing was said there, or it was taken back. E_TOO_MANY. */
int line_pin(struct tx *, const struct room *, int64_t n, bool on);
/* How many messages of others came after this line; counts no further than 100. */
int lines_unread(struct tx *, const struct room *, int64_t after, struct id but, int64_t *ret);

/* What the room remembers of them; all empty when nothing. A ban that is over is none. */
int door_of(struct tx *, const struct room *, struct id member, struct at_door *ret);
int door_set(struct tx *, const struct room *, struct id member, const char *door, struct str why, struct instant until);
int door_read(struct tx *, const struct room *, struct id member, int64_t n);
/* Lets them in: E_ROOM_FULL, E_ROOM_BANNED. */
int room_enter(struct tx *, const struct room *, struct id member);
/* Somebody may look no more: at once, not when the line of it comes. */
int room_shut(struct tx *, const struct room *);
/* Out, and not back before `until` (0: before staff allow it). */
int room_remove(struct tx *, const struct room *, struct id member, struct str why, struct instant until);
/* until 0: may speak again. */
int room_mute(struct tx *, const struct room *, struct id member, struct instant until, struct str why);
/* One owner at a time: whoever was it before is an admin then. 0 also when they are that already. */
int room_role(struct tx *, const struct room *, struct id member, struct str role);
int room_quiet(struct tx *, const struct room *, bool on);
int room_rename(struct tx *, const struct room *, struct str name);

/* We speak: a message of nobody's, and its line. `text`, `kind` as in message. 0: this key was said before. */
struct spoken { struct str key, kind, text, url; struct room_line line; bool pin; };
int room_speak(struct tx *, const struct room *, const struct spoken *, struct str *ret_number);

/* ---- tail.c ---- */

/* Is this browser somebody in the room? Remembered for a while where the room is only read. E_NOT_FOUND. */
int tail_door(struct tx *, const struct room *, struct id visitor, struct id *ret_member);
/* Lines after `after` as a JSON list, from memory where it can be. *ret_far: there are too many; look at the page anew. */
int tail_news(struct tx *, const struct room *, int64_t after, struct buf *json, bool *ret_far);
/* How often lines were read from the store for this process: for tests. */
int64_t tail_readings(void);

/* ---- visit.c ---- */

struct guest {                                    /* somebody on the page */
	struct request *rq;
	struct room     room;
	struct id       member;                   /* 0: a browser that is nobody here yet */
	struct seat     seat;                     /* of who is in */
	bool            in;
};
/* By the slug in the path; sets the request's community. E_NOT_FOUND: no such room. */
int guest_open(struct request *, struct guest *ret);
/* … who must be in: E_NOT_IN_ROOM. */
int guest_inside(struct request *, struct guest *ret);
static inline bool guest_rules(const struct guest *g) { return g->in && !str_is(g->seat.role, "member"); }
struct str seat_name(const struct seat *);

/* ---- notice.c ---- */

/* To one member, on the page of whichever room they are in; nobody else sees it. `path`: of our own page, or empty. 0: they are in
 * no room, or this key was put before; else 1. */
int notice_to(struct tx *, struct id community, struct id member, struct str key, struct str text, struct str path);

extern const struct feature feature_room, feature_room_visit, feature_room_speak, feature_room_rule, feature_room_desk, feature_room_notice;
