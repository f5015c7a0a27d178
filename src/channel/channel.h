/* channel.h: where groups live and messages go: what a connector can do, and the way through it.
 *
 * Story      The operator connects the shop's 公众号, three QQ groups and a room of Quntu's own; the WeChat groups stay with
 *            people's hands. From then on "welcome whoever joins" is one automation: where a platform lets us speak we do,
 *            elsewhere the same words stand in today's run-sheet (今日待办) with a copy button.
 *
 *   channel.c    channels of a community: made, changed, switched off; their secrets, sealed; which groups live where
 *   hear.c       what a platform tells us: messages, joinings, leavings, followers; once each, in any order
 *   message.c    what was said: the text of group and private messages, kept as long as the community says
 *   outbox/      what we say: promised in a transaction, delivered at least once, in order
 *   manual/ web/ mp/ wecom/ onebot/   the five connectors
 *   webhook/     facts that leave for other programs (whose own requests: people/token); doctor/ what is wrong
 *
 * Words      A *connector* is code for a kind of platform; a *channel* is one connected account of it (a row): this
 *            公众号, that QQ bot. A *subject* is the platform's own number of a person (openid, external_userid, QQ number) or of
 *            a group (chat_id, group_id).
 * Holds      A callback is a hint: it may come twice, late, out of order or never. hear_* dedupe by the platform's own number,
 *            and connectors poll what can be polled.
 *            Secrets leave the store only towards their platform; no answer of the API holds one.
 *            Nothing here talks to the network inside a transaction: sending is the outbox's work, asking is a job's.
 * Test       channel_test.c, hear_test.c
 */
#pragma once
#include "engine/event/event.h"
#include "engine/jobs/jobs.h"
#include "people/community.h"

/* ---- What a connector can do ---- */

enum can {
	CAN_HEAR      = 1 << 0,                   /* messages of groups */
	CAN_TEXT      = 1 << 1,                   /* say to a group … */
	CAN_IMAGE     = 1 << 2,
	CAN_LINK      = 1 << 3,                   /* a card with title, text, picture and address */
	CAN_FILE      = 1 << 4,
	CAN_MENTION   = 1 << 5,
	CAN_RENAME    = 1 << 6,                   /* the group */
	CAN_CARD      = 1 << 7,                   /* set what a member is called in the group */
	CAN_MUTE      = 1 << 8,
	CAN_KICK      = 1 << 9,
	CAN_RECALL    = 1 << 10,
	CAN_MEMBERS   = 1 << 11,                  /* list them */
	CAN_COUNT     = 1 << 12,
	CAN_IDENTIFY  = 1 << 13,                  /* who a visitor is (OAuth) */
	CAN_QUOTA     = 1 << 14,                  /* tells how much may still be sent */
	CAN_TELL      = 1 << 15,                  /* say to one person */
	CAN_HEAR_ONE  = 1 << 16,                  /* hear what one person says to the account */
	CAN_EVENTS    = 1 << 17,                  /* take events themselves: another program */
	CAN_ADMIT     = 1 << 18,                  /* answer who asks to come in */
	CAN_TITLE     = 1 << 19                   /* give a member a title that all see */
};

#define CHANNEL_KINDS "manual web mp wecom onebot webhook"

struct channel {                                  /* one connected account */
	struct id      id;
	struct str     kind, name, state;         /* state: on off */
	struct str     subject;                   /* the platform's number of the account itself: gh_…, corpid, bot's QQ; or empty */
	struct str     slug;                      /* unguessable; callbacks come to /api/in/SLUG */
	struct str     settings;                  /* JSON object of the connector's settings, without its secrets */
	struct str     trouble;                   /* what is wrong, as the platform said it; empty: nothing */
	struct instant heard_at, said_at, troubled_at, created_at;
};
extern const struct row row_channel;

struct send;                                      /* outbox/outbox.h: one thing to say or do */
struct delivery;
struct courier;                                   /* outbox/courier.h: one worker's connections to the world */

/* A setting of a connector, as the console asks for it. */
struct channel_setting {
	const char *key, *zh, *en, *zh_help, *en_help;
	bool        secret, needed, yes;          /* yes: "yes", or anything else for no */
	int64_t     max;
	const char *fallback;
	const char *unless;                       /* `needed`, unless this other setting is there; or NULL */
	const char *generate;                     /* the console offers to make one: this prefix and random bytes in base64 */
	/* Not asked for but worked out, to be copied from the console: a public key. */
	int       (*shown)(struct tx *, struct id community, const struct channel *, struct str *ret);
};

struct callback;                                  /* below */
struct checkup;                                   /* engine/doctor/doctor.h */

/* How much a platform lets a channel say: `n` sends of these kinds in each minute, hour, day or month (Beijing time), counted
 * for all processes together: of the whole channel, of one group or of one person. */
enum per     { PER_CHANNEL, PER_GROUP, PER_PERSON };
enum period  { A_MINUTE, AN_HOUR, A_DAY, A_WEEK, A_MONTH };
struct quota {
	const char *name, *zh, *en;               /* name: a stable word, one connector's own */
	const char *what;                         /* "text image" as in outgoing.what; NULL: all of them */
	enum per    by;
	int64_t     n;
	enum period each;
	const char *setting;                      /* key of a setting of the channel that says another n (0: no limit), or NULL */
	bool        days;                         /* of a month: n is as many as this one has days */
	/* Is it for what goes to this group (0: to a person)? NULL: for all. 1, 0 or a code. */
	int       (*holds)(struct tx *, struct id community, const struct channel *, struct id group);
};

struct connector {
	const char                   *kind, *zh, *en;
	unsigned                      can;
	const struct quota           *quotas;     /* ends with a NULL name; may be NULL */
	const char                   *opens;      /* its app on a phone, for those who do it by hand: "weixin://"; or NULL */
	const struct channel_setting *settings;   /* ends with a NULL key */
	/* Deliver one send, on an outbox thread, outside any transaction; may block for seconds. Says in *ret what became of it;
	 * < 0 only for failures of our own (memory, store). NULL: everything goes to people's hands. */
	int (*deliver)(struct courier *, const struct channel *, const struct send *, struct delivery *ret);
	/* A GET or POST to /api/in/SLUG: `ready` outside the write (check the signature, decrypt, parse: leave it in c->kept, answer
	 * by c->reply), `heard` in the write transaction (hear_*). Either may be NULL. < 0: refused; the platform gets 403. */
	int (*ready)(struct callback *);
	int (*heard)(struct callback *);
	/* Is it in order? For the doctor, outside any transaction, within the checkup's time. Says what it finds (channel/doctor/doctor.h).
	 * What holds of every kind (secrets there, silence, dead letters) is looked at already. May be NULL. */
	int (*examine)(struct checkup *, const struct channel *);
};
/* All of them, ends with NULL; connectors.def lists them. */
extern const struct connector *const connectors[];
const struct connector *connector_of(struct str kind);            /* NULL: there is none */
/* Tests: this one is known, too, or stands in for the one of its kind. Before anything runs. */
void connector_stand_in(const struct connector *);

struct callback {
	struct request       *rq;                 /* its tx reads in `ready` and writes in `heard` */
	struct id             community;          /* the channel's */
	const struct channel *channel;
	bool                  get;
	struct str            query;              /* as sent, undecoded; callback_param reads it */
	struct str            type, authorization, signature, self_id;     /* headers: Content-Type, Authorization, X-Signature, X-Self-ID */
	struct blob           body;               /* the very bytes */
	void                 *kept;               /* from `ready` to `heard`, in the request's arena */
	struct str            reply;              /* body of the answer; empty: 200 and nothing */
	const char           *reply_type;         /* NULL: text/plain */
	bool                  ours;               /* `ready` knows it as the doctor's own knock (doctor/doctor.h): nothing was heard */
};
/* A decoded parameter of the query; empty when there is none. */
struct str callback_param(const struct callback *, const char *name);

/* ---- channel.c ---- */

/* E_NOT_FOUND. */
int channel_get(struct tx *, struct id community, struct id channel, struct channel *ret);
int channel_by_slug(struct tx *, struct str slug, struct id *ret_community, struct channel *ret);
/* Rows of struct channel, oldest first; kind empty: all. */
int channel_list(struct tx *, struct id community, struct str kind, struct rows *ret);
/* One without settings, made by the program itself. E_TOO_MANY. */
int channel_make(struct tx *, struct id community, struct str kind, struct str name, struct id *ret);
/* Is this its number on the platform? Kept once it is known (an account's own gh_…, the bot's QQ). */
int channel_is(struct tx *, struct id community, struct id channel, struct str subject);
/* A setting's value, secret or not; its fallback when not set. Secrets are unsealed with the server's key. */
int channel_setting(struct tx *, struct id community, const struct channel *, const char *key, struct str *ret);
/* Is there a secret that this server's key does not open? (Data that was brought here from another server.) */
int channel_secret_shut(struct tx *, struct id community, struct id channel, const char *key, bool *ret);
/* What a connector must remember between processes (a token, a cursor): ≤ 2 KiB, sealed as secrets are. `until` 0: for good.
 * channel_recall: E_NOT_FOUND when there is none, or its time is over. */
int channel_remember(struct tx *, struct id community, struct id channel, const char *what, struct str value, struct instant until);
int channel_recall(struct tx *, struct id community, struct id channel, const char *what, struct str *ret, struct instant *ret_until);
int channel_forget(struct tx *, struct id community, struct id channel, const char *what);
/* The platform refuses us: shown in the console until channel_well. Both cheap when nothing changes. */
int channel_trouble(struct tx *, struct id community, struct id channel, struct str what);
int channel_well(struct tx *, struct id community, struct id channel);
/* The other side wants no more of it: what waits is cancelled. */
int channel_switch_off(struct tx *, struct id community, struct id channel);

/* Something came from it; written at most every HEARD_STEP. */
#define HEARD_STEP (10 * SECOND)
int channel_is_heard(struct tx *, struct id community, const struct channel *);

/* Which group is this, and where does a group live? E_NOT_FOUND. */
int channel_group(struct tx *, struct id community, struct id channel, struct str subject, struct id *ret_group);
int channel_of_group(struct tx *, struct id community, struct id group, struct channel *ret, struct str *ret_subject);
/* The groups that live on a channel: rows of struct channel_place. */
struct channel_place { struct id group_id; struct str subject; };
int channel_groups(struct tx *, struct id community, struct id channel, struct rows *ret);
/* The group lives there from now on; one made if `group` is 0 (named `name`, of the channel's kind). E_CONFLICT: another group
 * stands for that subject. */
int channel_bind(struct tx *, struct id community, const struct channel *, struct str subject, struct str name, struct id group,
                 struct id *ret_group);

/* It lives on no channel any more: people's hands (manual). */
int channel_unbind(struct tx *, struct id community, struct id group);

/* A group of the platform that is not bound, so that staff can choose it by name; told by connectors that list groups. */
int channel_found(struct tx *, struct id community, struct id channel, struct str subject, struct str name, int64_t members);
/* … and is there no more. */
int channel_found_gone(struct tx *, struct id community, struct id channel, struct str subject);

/* How to reach a member: the channel (one that is on and can CAN_TELL) and their subject there; the one heard of last is
 * preferred. E_NOT_FOUND: there is no way but a human's. */
int channel_reach(struct tx *, struct id community, struct id member, struct channel *ret, struct str *ret_subject);
/* The same by channels of these kinds alone ("mp onebot"). */
int channel_reach_by(struct tx *, struct id community, struct id member, const char *kinds, struct channel *ret,
                     struct str *ret_subject);

/* The member's subject on this very channel. E_NOT_FOUND: not known there. */
int channel_subject(struct tx *, struct id community, const struct channel *, struct id member, struct str *ret);

/* Did they stop following, or delete, this account? */
int channel_is_lost(struct tx *, struct id community, struct id channel, struct id member, bool *ret);

/* ---- hear.c ---- */

/* Who hears many things in one action: who is who is asked of the store once. Zero to begin with; it lives in the action's arena. */
struct ear { struct acquaintance *at; size_t room, count; };

struct heard {                                    /* said in a group, or to the account itself */
	struct str     group, person;             /* subjects; group empty: to the account */
	struct str     person_name, card, role;   /* as the platform says, or empty */
	struct str     number;                    /* the platform's own number of it: names it for good */
	struct str     kind;                      /* text image voice video file link location face other */
	struct str     text;                      /* ≤ MESSAGE_TEXT bytes are kept */
	struct str     media;                     /* address or media id, or empty */
	struct str     reply_to;                  /* number of the message it answers, or empty */
	bool           mentions_us;
	struct instant at;
	struct ear    *ear;                       /* may be NULL */
};
#define MESSAGE_TEXT 4000
/* 1: kept, with event message_heard; 0: it was known, or its group is none of ours (not bound). *ret_message, *ret_member
 * may be NULL. A member is made of a person who is not known. */
int hear_message(struct tx *, struct id community, const struct channel *, const struct heard *, struct id *ret_message,
                 struct id *ret_member);
/* Who is behind this subject; made when nobody is (nickname may be empty). `union_subject`: the platform's number across its
 * accounts (unionid), or empty: members known by it are one person. */
int hear_person(struct tx *, struct id community, const struct channel *, struct str subject, struct str union_subject,
                struct str nickname, struct id *ret_member);
/* The same of somebody of whom the platform tells how they came; a member who is known keeps their own origin. */
struct member_origin;                             /* people/member.h */
int hear_person_from(struct tx *, struct id community, const struct channel *, struct str subject, struct str union_subject,
                     struct str nickname, const struct member_origin *, struct id *ret_member);

struct came { struct str group, person, person_name, inviter, how; struct instant at; };      /* subjects; how as in seat */
int hear_joined(struct tx *, struct id community, const struct channel *, const struct came *);
int hear_left(struct tx *, struct id community, const struct channel *, const struct came *, bool removed);
/* Somebody asks to be let in (kind add), to have us in (invite), or to be a friend (group empty): kept (ask.c), with event
 * member_asked_in (subject: group, actor: member, object: the request, via: channel, word: kind, data: {"flag", "comment"}).
 * 1, or 0: known, or its group is none of ours. */
struct asked_in { struct str group, person, kind, flag, comment; struct instant at; };
int hear_asked(struct tx *, struct id community, const struct channel *, const struct asked_in *);

/* ---- ask.c ---- */

#define ASK_KINDS "add invite friend"
/* Keeps it: 1, or 0: its flag is known. */
int ask_keep(struct tx *, struct id community, struct id channel, struct id group, struct id member, const struct asked_in *,
             struct id *ret);
/* Let in or refused: 1; 0: it was answered before. E_NOT_FOUND. The answer leaves by the outbox. */
struct answering { bool approve; struct str reason; struct id actor, source; };       /* actor: account; source: automation */
int ask_answer(struct tx *, struct id community, struct id ask, const struct answering *);

/* ---- hear.c, on ---- */

/* Somebody follows the account (公众号), came to it again by a code, or went. `scene`: of the code, or empty.
 * `number` names the fact. 1, or 0: known. Events channel_followed, channel_scanned, channel_unfollowed
 * (subject: channel, actor: member, data: {"scene": …}). */
enum following { FOLLOWING_BEGAN, FOLLOWING_CODE, FOLLOWING_ENDED };
int hear_following(struct tx *, struct id community, const struct channel *, enum following, struct str person, struct str scene,
                   struct str number, struct instant at, struct id *ret_member);
/* A fact of another kind that must count once: 1 the first time this number is heard of this channel, 0 later. */
int hear_once(struct tx *, struct id community, struct id channel, struct str number);

/* ---- message.c ---- */

struct message {
	struct id      id, group_id, channel_id;  /* group 0: between the account and one member */
	struct id      member_id, to_id;          /* who said it, 0: we did; of what we told one member: whom */
	struct str     number, kind, text, media, reply_to;
	struct instant at, recalled_at;
};
extern const struct row row_message;
int message_get(struct tx *, struct id community, struct id message, struct message *ret);
/* Of a group, newest first, before id `before` (0: all): rows of struct message. */
int messages_of_group(struct tx *, struct id community, struct id group, struct id before, int64_t limit, struct rows *ret);
/* Messages with first ≤ id ≤ last, by id: what a follower needs for a batch of message_heard. At most TX_ROWS_MAX. */
int messages_between(struct tx *, struct id community, struct id first, struct id last, struct rows *ret);
/* We said it, through a channel, to a group or (group 0) to a member: so that the history is whole. Of `said`, id and at are
 * filled here when they are 0. */
int message_said(struct tx *, struct id community, const struct message *said, struct id *ret);
/* Somebody said it: 1, or 0: a message of that channel, group, number and time is here already. */
int message_heard(struct tx *, struct id community, const struct message *heard, struct id *ret);
int message_recalled(struct tx *, struct id community, struct id channel, struct id group, struct str number);

enum channel_event { CHANNEL_MADE, CHANNEL_CHANGED, CHANNEL_TROUBLED, CHANNEL_FOLLOWED, CHANNEL_SCANNED, CHANNEL_UNFOLLOWED,
                     MESSAGE_HEARD, MEMBER_ASKED_IN, MEMBER_ANSWERED };
extern const struct event_kind channel_events[];

extern const struct feature feature_channel, feature_hear, feature_message;
