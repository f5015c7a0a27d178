/* fake_onebot.h: a QQ client with OneBot 11 that is none: one group, 600 "车友 QQ 群", in which the bot 10001 is an admin.
 *
 * Strict     Without the token 401, with a wrong one 403. What it does not know is 404. Numbers must be numbers or text of digits; a
 *            mute must say how long (one implementation's default lifts it) and stays below thirty days; acts on people need the
 *            bot to be an admin (ERR_NOT_GROUP_ADMIN; titles: its owner, 18 bytes at most) and the person to be in the group. Codes
 *            in a text message are refused: members' words would become codes.
 * Files      upload_group_file and upload_private_file take base64:// alone, well-formed and with a name; set to take paths (as
 *            go-cqhttp does), nothing but the path that download_file told. A file is in the group's list from then on.
 * Line       The same over a WebSocket (wire_ws.h), on the next port: 401 and 403 at its door, or, as some clients do, a frame
 *            with 1403 and the end. Where an address is asked for, "ws" tells it over the line.
 * By hand    build/quntu-test --fake onebot [PORT]; POST /_fake/say {"address", "user", "text", "nickname"}, /_fake/join and
 *            /_fake/leave {"address", "user"}, /_fake/ask {"address", "user", "flag", "comment"}, /_fake/admin
 *            {"on"}, /_fake/file {"address", "user", "nickname", "name"}; GET /_fake/files: what was uploaded, as base64 of its bytes;
 *            /_fake/sent: the texts it was given; /_fake/act: what it did last.
 */
#pragma once
#include "base/str.h"

#define FAKE_OB_TOKEN  "ob-token-7"
#define FAKE_OB_SECRET "ob-secret-2026"
#define FAKE_OB_GROUP  "600"
#define FAKE_OB_SELF   "10001"

struct onebot_fake;
struct onebot_fake *onebot_fake_open(int port);           /* 0: a free one */
void                onebot_fake_close(struct onebot_fake *);
int                 onebot_fake_port(const struct onebot_fake *);
void                onebot_fake_admin(struct onebot_fake *, bool admin);
void                onebot_fake_owner(struct onebot_fake *, bool owner);     /* … and its owner */
void                onebot_fake_out(struct onebot_fake *, bool out);         /* it was removed from the group */
void                onebot_fake_silent(struct onebot_fake *, bool silent);   /* 502 to every call */
void                onebot_fake_offline(struct onebot_fake *, bool offline); /* QQ signed the account out */
/* Somebody speaks, comes or goes: told to `address`, signed. The HTTP status. */
int onebot_fake_say(struct onebot_fake *, const char *address, const char *user, const char *nickname, const char *text);
int onebot_fake_move(struct onebot_fake *, const char *address, const char *user, bool joins);
/* How many messages it was given; the nth (from 0) as its list of segments, empty when there is none. Good until it closes. */
int         onebot_fake_count(struct onebot_fake *);
const char *onebot_fake_message(struct onebot_fake *, int nth);
/* The last act on the group or a person: "set_group_ban 43 600", or empty. */
const char *onebot_fake_act(struct onebot_fake *);
/* Somebody asks to be let into the group. */
int onebot_fake_ask(struct onebot_fake *, const char *address, const char *user, const char *flag, const char *comment);

/* How many files were uploaded; the nth (from 0) as "group 600 价目.pdf 1234": where to, name, bytes; and those bytes. */
int         onebot_fake_files(struct onebot_fake *);
const char *onebot_fake_file(struct onebot_fake *, int nth);
struct blob onebot_fake_bytes(struct onebot_fake *, int nth);
void onebot_fake_paths(struct onebot_fake *, bool);           /* uploads are paths of its own machine */
void onebot_fake_refuses_files(struct onebot_fake *, bool);   /* the group's files are full */
/* A member puts a file into the group: told as a notice, as a message, or (as NapCat does) as both. */
enum onebot_tells { TELLS_NOTICE = 1, TELLS_MESSAGE = 2 };
int onebot_fake_puts(struct onebot_fake *, const char *address, const char *user, const char *name, unsigned tells);

struct wire_ws;
struct wire_ws *onebot_fake_line(const struct onebot_fake *);
int  onebot_fake_line_port(const struct onebot_fake *);
void onebot_fake_beat(struct onebot_fake *, int interval_ms);
void onebot_fake_cut(struct onebot_fake *, bool);             /* events come in three frames, a ping between */
void onebot_fake_repeat(struct onebot_fake *, int times);     /* each is told so often */
void onebot_fake_mute(struct onebot_fake *, bool);            /* actions are done, and not answered */
void onebot_fake_says_1403(struct onebot_fake *, bool);       /* a wrong token is let in, told, and shut out */
int  onebot_fake_over_line(struct onebot_fake *);             /* actions that came over it */
