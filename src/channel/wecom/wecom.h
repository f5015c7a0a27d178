/* wecom.h: 企业微信 (WeCom): customer groups whose members we know by name, and codes that fill one group after another.
 *
 * Story      The shop's staff keep customers in groups of 企业微信. Quntu lists those groups, staff bind the ones they run here, and from
 *            then on every joining and leaving is known with who came how, and by which code. What is
 *            said to a group or a customer is a task that a colleague confirms on their phone (群发); renaming and removing the platform
 *            does not offer at all: such things stand in the run-sheet.
 *
 *   wecom.c     the connector: its settings, what it can do
 *   api.c       how the platform gives a token, and what its errors mean (asking: wechat/)
 *   callback.c  what the platform calls: the address check; events, always encrypted, in any order, up to four times
 *   contact.c   customers: who of the staff has whom, and who they are
 *   group.c     customer groups: which there are, who is in them, who came how
 *   day.c       the platform's own numbers of each day
 *   examine.c   is it in order? For the doctor
 *   tag.c       the corp's tags, and which customer carries them: the same here and there
 *   send.c      what leaves: tasks for a colleague to confirm
 *   mass.c      … and how each of them ends
 *   trace.c     … and whether it is there, when the answer to making it was lost
 *   robot.c     what leaves by a group's own robot, at once
 *   wish.c      what the platform keeps for us: wanted here, made there
 *   join.c      join ways (加入群聊): codes that fill up to five groups, as targets of live codes
 *   way.c       contact ways (联系我): codes by which customers add staff, as targets of live codes
 *   welcome.c   the first words to a customer who adds staff, within twenty seconds
 *   handover.c  customer groups get another owner
 *   intercept.c words that staff may not say: rules, the same here and there
 *   template.c  the first words to who joins a customer group, which a colleague applies in the app
 *   speech.c    what such welcomes are made of: text, and a link or a picture
 *
 * Words      *corp*: one 企业微信 (corpid). *staff*: its own people (userid). *customer*: somebody of WeChat whom staff added
 *            (external_userid). A *customer group* has both (chat_id). Staff are known here by the subject "staff:USERID", so that
 *            nobody's userid is taken for a customer's.
 * Holds      A callback is a hint: what it tells of is asked for again. What we change through the API raises no callback: our own
 *            rows are changed with it. Platform hosts are settings, so that tests and proxies may stand in for them.
 * Test       wecom_test.c, against test/fakes/fake_wecom.c, which refuses what the platform refuses
 */
#pragma once
#include "channel/channel.h"
#include "channel/outbox/outbox.h"
#include "channel/wechat/wechat.h"
#include "channel/wire/flatxml.h"

#define WECOM_API   "https://qyapi.weixin.qq.com"
#define WECOM_STAFF "staff:"

extern const struct connector connector_wecom;
extern const struct feature feature_wecom_wish, feature_wecom_contact, feature_wecom_group, feature_wecom_day, feature_wecom_join,
                            feature_wecom_way, feature_wecom_welcome, feature_wecom_template, feature_wecom_tag,
                            feature_wecom_mass, feature_wecom_handover,
                            feature_wecom_robot, feature_wecom_intercept;

/* ---- api.c: on a thread that may wait, outside any transaction ---- */

struct wecom { WECHAT_AS(corpid); };              /* one app of one corp, ready to be asked */
int wecom_open(struct courier *, struct id community, const struct channel *, struct wecom *ret);

enum { WECOM_BUSY = WECHAT_BUSY, WECOM_NOBODY = WECHAT_NOBODY, WECOM_NONSENSE = WECHAT_NONSENSE };
#define wecom_reply wechat_reply                  /* struct wecom_reply: the same */

/* As wechat_ask. A refused token (40014, 42001) is renewed and what was asked is asked once more; 45033 (too many at once) is asked again
 * a moment later; after 45009 (too often) nobody asks for WECOM_REST. */
int wecom_ask(struct wecom *, const struct letter *, struct wecom_reply *ret);
#define WECOM_REST MINUTE
/* POST of a JSON body; body.len 0: GET. */
int wecom_call(struct wecom *, const char *path, struct str body, struct wecom_reply *ret);
/* By a robot's key instead of a token; `path` ends where the key begins. Nothing of what it says is the account's trouble. */
int wecom_ask_robot(struct wecom *, const char *path, struct str key, const struct letter *, struct wecom_reply *ret);
/* Nobody there, busy, too often, or something staff can mend: worth asking again. Everything else is a final no. */
bool wecom_later(int64_t code);

/* ---- callback.c ---- */

struct wecom_told {                               /* one event, ready to be written down */
	struct str     event, change;             /* "change_external_chat", "update" */
	struct flatxml xml;                       /* all of it */
	struct str     number;                    /* names it for good */
	struct instant at;
};
int wecom_ready(struct callback *);
int wecom_heard(struct callback *);
/* Each hears of its own kind of event, once of each; callback.c has the list. */
typedef int wecom_hearing(struct tx *, struct id community, const struct channel *, const struct wecom_told *);
wecom_hearing wecom_contact_heard, wecom_chat_heard, wecom_tag_heard;

/* ---- contact.c ---- */

struct wecom_follow {                             /* one of the staff and one customer */
	struct str     subject, staff, state;     /* customer, userid; state: of the code they came by, or empty */
	int64_t        way;                       /* add_way as the platform numbers it; 0: not known */
	bool           half;                      /* the customer has not confirmed yet */
	struct instant added_at, gone_at;         /* gone_at 0: they still have each other */
	struct str     gone_how;                  /* staff customer: who deleted whom */
};
extern const struct row row_wecom_follow;
/* Those who have this customer now, who came first before the others: rows of struct wecom_follow. */
int wecom_follows(struct tx *, struct id community, struct id channel, struct str subject, struct rows *ret);

/* Who they are, and which tags they carry, is asked so much later. */
int wecom_contact_soon(struct tx *, struct id community, struct id channel, struct str subject, int64_t in_ms);

/* ---- tag.c ---- */

struct wecom_push { struct str staff, tag; bool on; };   /* to be marked, or not any more */
/* In the transaction that keeps what externalcontact/get said of a customer: what was marked there comes here; what was put on here
 * is to be told: rows of struct wecom_push, in the transaction's arena. */
int wecom_marks_merge(struct tx *, struct id community, struct id channel, struct id member, struct str subject, const struct loose *,
                      struct rows *ret);
/* After it, outside: E_NOT_SENT: later. What is refused for good (84061) is kept with the mark. */
int wecom_marks_push(struct wecom *, struct id community, struct str subject, struct rows pushes, struct str *ret_why);

/* ---- group.c ---- */

/* It is read again soon: something changed there. */
int wecom_group_again(struct tx *, struct id community, struct id channel, struct str subject);
/* We gave it this owner (userid), which the platform tells nobody; it is read again, too. */
int wecom_group_owned(struct tx *, struct id community, struct id channel, struct str subject, struct str owner);

struct wecom_group {
	struct str     subject, name, owner, notice;      /* chat_id; owner: userid */
	int64_t        status, members, staff;
	struct id      group_id;                  /* the group here; 0: not run here */
	struct str     group_name, version, wanted;
	struct instant wanted_at, asked_at, gone_at;
	struct str     trouble;
};
extern const struct row row_wecom_group;
/* E_NOT_FOUND: never heard of. */
int wecom_group_get(struct tx *, struct id community, struct id channel, struct str subject, struct wecom_group *ret);
int wecom_group_is_gone(struct tx *, struct id community, struct id channel, struct str subject);
/* For jobs that go round: every channel of this kind that is on. */
int wecom_channels(struct tx *, int (*each)(struct tx *, struct id community, struct id channel));
/* For routes with a channel in the hole: E_NOT_FOUND: it is none of 企业微信. */
int wecom_of(struct request *, struct channel *ret);

/* ---- day.c ---- */

/* The days that are missing are fetched soon: asked when groups and their owners are known. */
int wecom_days_want(struct tx *, struct id community, struct id channel);

/* ---- examine.c ---- */

struct checkup;                                   /* doctor/doctor.h */
int wecom_examine(struct checkup *, const struct channel *);
/* Our address as the platform saw it, in its words of a refusal (60020); "?" when it does not say. */
struct str wecom_address_in(struct str words);

/* ---- send.c ---- */

int wecom_deliver(struct courier *, const struct channel *, const struct send *, struct delivery *ret);
/* The bytes of a send's picture, made small enough (2 MB); none: *ret_why is said. */
int wecom_picture(struct wecom *, const struct loose *body, struct blob *ret, enum picture_type *, struct delivery *ret_why);
/* Not more than so many bytes, cut between characters. */
struct str wecom_cut(struct str text, size_t most);

/* ---- robot.c ---- */

/* 1: *ret says what became of it; 0: the group has no robot. */
int wecom_robot_deliver(const struct wecom *, const struct send *, const struct loose *body, struct delivery *ret);
/* For quotas: does what goes to this group leave by a robot; or as a mass-send task? */
int wecom_robot_holds(struct tx *, struct id community, const struct channel *, struct id group);
int wecom_mass_holds(struct tx *, struct id community, const struct channel *, struct id group);
/* Groups whose robot was refused what it said last: how many, and the names of some. */
int wecom_robots_refused(struct tx *, struct id community, struct id channel, int64_t *ret, struct str *ret_names);
/* What a robot posts of a picture. */
int wecom_robot_image(struct buf *, struct blob bytes);

/* ---- mass.c ---- */

struct wecom_task {                               /* given to the platform, to be confirmed by one of the staff */
	struct id      id, channel_id, send_id;
	struct str     msgid, sender, sender_name, state;
	bool           cancel;
	struct instant made_at;                   /* of one that is asked for: when it was */
};
extern const struct row row_wecom_task;
/* The one of this send that is asked for, open, or of which the platform does not tell. E_NOT_FOUND. */
int wecom_task_of(struct tx *, struct id community, struct id send, struct wecom_task *ret);
/* Written before the platform is asked for it; t->id 0: a new one. */
int wecom_task_asked(struct tx *, struct id community, struct wecom_task *t);
/* … it took it, as t->msgid; it said no; it does not tell whether. */
int wecom_task_took(struct tx *, struct id community, const struct wecom_task *t);
int wecom_task_refused(struct tx *, struct id community, struct id task);
int wecom_task_lost(struct tx *, struct id community, struct id task, struct str words);
/* Is this number one of ours? */
int wecom_task_is_known(struct tx *, struct id community, struct id channel, struct str msgid);
/* POST of {"msgid": …} and `more`; who must confirm it goes with WECOM_TASK_RESULT. */
#define WECOM_TASK_RESULT "/cgi-bin/externalcontact/get_groupmsg_send_result"
int wecom_task_call(struct wecom *, const struct wecom_task *, const char *path, const char *more, struct wecom_reply *ret);

/* ---- trace.c ---- */

/* The task of this send whose answer was lost, in the platform's list: *ret_msgid, empty: it is not there. *ret_code ≠ 0: the
 * platform does not tell, with *ret_words. */
int wecom_trace(struct wecom *, const struct send *, const struct loose *body, const struct wecom_task *, struct str *ret_msgid,
                int64_t *ret_code, struct str *ret_words);

/* ---- wish.c ---- */

/* QR codes made through the API, join ways and contact ways together: so many a corp may have. How many this channel has, and how
 * many of them it may have (setting "codes"). */
#define WECOM_CODES 500000
int wecom_codes_room(struct tx *, struct id community, const struct channel *, int64_t *ret_used, int64_t *ret_most);

/* ---- join.c ---- */

#define WECOM_STATE_MAX 30                        /* bytes of a state; ours are shorter */

struct member_origin;                             /* people/member.h */
/* Where somebody with this state came from: the live code of our join way, or the state itself. */
int wecom_source(struct tx *, struct id community, struct id channel, struct str state, struct member_origin *);
/* The picture behind the address the platform gives: read, and drawn anew. *ret_code: what stopped it, with *ret_trouble. */
int wecom_qr(struct wecom *, struct str url, struct blob *ret_png, int64_t *ret_code, struct str *ret_trouble);

/* ---- way.c ---- */

/* The same of a contact way's state; an unknown one leaves *ret as it is. */
int wecom_way_source(struct tx *, struct id community, struct id channel, struct str state, struct member_origin *ret);
/* Which contact way has this state; 0: none. */
int wecom_way_of(struct tx *, struct id community, struct id channel, struct str state, struct id *ret);
/* E_NOT_FOUND: this channel has no such contact way. */
int wecom_way_is_of(struct tx *, struct id community, struct id channel, struct id way);

/* ---- welcome.c ---- */

/* A customer was added with this code to welcome them by; nothing happens without one, or when nothing is to be said. */
int wecom_welcome_heard(struct tx *, struct id community, const struct channel *, const struct wecom_follow *, struct str code);

/* ---- upload.c ---- */

#define WECOM_FILE_LEAST 5                        /* bytes; the most are a document's own limit */

/* A file of ours, given to the platform: *ret_media is its number, good for three days. By a robot's `key`, for that robot; empty: for what
 * the app sends. `name` empty: as it is called here. ret->code ≠ 0: it could not be; WECHAT_UNFIT: it never can, in our words. */
int wecom_upload(struct wecom *, struct str file, struct str name, struct str key, struct str *ret_media, struct wecom_reply *ret);

/* ---- speech.c ---- */

struct wecom_speech { struct str text, attach, link_title, link_text, link_url, picture, file; };
#define WECOM_SPEECH struct str text, attach, link_title, link_text, link_url, picture, file    /* the same, among a row's own members */
#define WECOM_SPEECH_OF(x) \
	(struct wecom_speech){ (x)->text, (x)->attach, (x)->link_title, (x)->link_text, (x)->link_url, (x)->picture, (x)->file }
#define WECOM_SPEECH_FIELDS(type, most) \
	FIELD(type, text,       "What is said; {nickname} stands for the customer", .max = most, .optional = true, .lines = true), \
	FIELD(type, attach,     "What goes with it", .one_of = "none link image file"), \
	FIELD(type, link_title, "Of a link: its title", .max = 128, .optional = true), \
	FIELD(type, link_text,  "… what stands below", .max = 512, .optional = true), \
	FIELD(type, link_url,   "… where it leads", .max = 1000, .pattern = "(https?://[^ ]+)?", .optional = true), \
	FIELD(type, picture,    "Key of the picture; of a link its small one", .max = 22, .optional = true), \
	FIELD(type, file,       "Key of an uploaded file (POST /documents)", .max = 22, .optional = true)
/* Is it whole, within the platform's bytes, and is its picture or file there? The file stays for good from now on. */
int wecom_speech_check(struct request *, const struct wecom_speech *, size_t text_most);
/* The parts that the platform wants: *ret_part is `"link":{…}`, `"image":{…}`, `"file":{…}`, or empty. A picture or file is uploaded first,
 * unless that was done within three days. *ret_code ≠ 0: it could not be, with *ret_trouble. */
int wecom_speech_part(struct wecom *, const struct wecom_speech *, struct str *ret_part, int64_t *ret_code, struct str *ret_trouble);
/* Every `name` in it replaced, and cut to so many bytes at a character's end. */
struct str wecom_speech_fill(struct arena *, struct str text, const char *name, struct str by, size_t most);
