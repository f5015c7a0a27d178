/* callback.c: what the platform calls: is it really them, and what happened.
 *
 * Story      The operator saves the address at the platform, which asks it at once (GET). From then on every message, follow and
 *            scan is posted here, up to four times when an answer is late.
 * How        `ready` checks and reads, in any order and as often as it comes; `heard` writes it down once: messages by MsgId, events
 *            by who, when and what. The answer is always "success": answers to people leave through the outbox.
 * Holds      The plain signature covers token, time and nonce, not the body: whoever once saw an address could post anything. So a
 *            plain body counts only where the operator has said so; everything else must be encrypted for our appid.
 *            What was signed longer than a quarter of an hour ago is refused.
 */
#include "channel/mp/mp.h"

#include "base/time.h"
#include "channel/wire/bizmsg.h"
#include "channel/wire/flatxml.h"

#define AGE_MOST  (15 * MINUTE)                   /* the platform tries again for less than one */
#define SCENE_WAS "qrscene_"

/* What a callback says, ready to be written down. */
struct told {
	enum { TOLD_NOTHING, TOLD_MESSAGE, TOLD_FOLLOW, TOLD_SCAN, TOLD_UNFOLLOW, TOLD_CLICK, TOLD_TEMPLATE } what;
	struct heard   heard;                     /* of a message or a click */
	struct str     account, person, scene, number, status;
	struct instant at;
};

/* ---- Rules: is it them? ---- */

static bool is_fresh(struct str timestamp, struct instant now)
{
	int64_t seconds;
	return str_to_int(timestamp, &seconds) && seconds > 0 && seconds < INT64_MAX / SECOND &&
	       seconds * SECOND > now.ms - AGE_MOST && seconds * SECOND < now.ms + AGE_MOST;
}

/* The XML to read, decrypted where it was encrypted. */
static int open_body(struct callback *c, struct str token, struct flatxml *ret)
{
	struct arena *arena = c->rq->arena;
	struct str timestamp = callback_param(c, "timestamp"), nonce = callback_param(c, "nonce"), appid, key, plain_allowed, inner;
	struct str signature = callback_param(c, "msg_signature"), encrypted;
	struct bizmsg crypt;
	int r = flatxml_read((struct str){ c->body.at, c->body.len }, arena, ret);
	if (r < 0 || (r = channel_setting(c->rq->tx, c->rq->community, c->channel, "appid", &appid)) < 0 ||
	    (r = channel_setting(c->rq->tx, c->rq->community, c->channel, "aes_key", &key)) < 0 ||
	    (r = channel_setting(c->rq->tx, c->rq->community, c->channel, "plain", &plain_allowed)) < 0)
		return r;
	encrypted = flatxml_get(ret, "Encrypt");
	if (str_is(callback_param(c, "encrypt_type"), "aes") || (encrypted.len && signature.len)) {
		if ((r = bizmsg_open(token, key, appid, &crypt)) < 0 ||
		    (r = bizmsg_read(&crypt, signature, timestamp, nonce, encrypted, arena, &inner)) < 0)
			return r;
		return flatxml_read(inner, arena, ret);
	}
	return str_is(plain_allowed, "yes") ? 0 : E_FORBIDDEN;
}

/* ---- Rules: what happened? ---- */

static const struct { const char *theirs, *ours, *text, *media; } messages[] = {
	{ "text",       "text",     "Content",     NULL },
	{ "image",      "image",    NULL,          "PicUrl" },
	{ "voice",      "voice",    "Recognition", "MediaId" },
	{ "video",      "video",    NULL,          "MediaId" },
	{ "shortvideo", "video",    NULL,          "MediaId" },
	{ "location",   "location", "Label",       NULL },
	{ "link",       "link",     "Title",       "Url" },
};

static void tell_message(const struct flatxml *x, struct str type, struct told *t)
{
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
		if (str_is(type, messages[i].theirs)) {
			t->what = TOLD_MESSAGE;
			t->number = flatxml_get(x, "MsgId");
			t->heard.kind = str_of(messages[i].ours);
			if (messages[i].text)
				t->heard.text = flatxml_get(x, messages[i].text);
			if (messages[i].media)
				t->heard.media = flatxml_get(x, messages[i].media);
		}
}

static struct str scene_of(struct str key)
{
	if (!str_starts(key, S(SCENE_WAS)))
		return S("");                     /* "scanbarcode|…", "last_trade_no_…": no code of ours */
	return (struct str){ key.at + strlen(SCENE_WAS), key.len - strlen(SCENE_WAS) };
}

/* A click on a key is what the person wants to say: it is heard as its word, as if they had typed it. */
static void tell_event(const struct flatxml *x, struct told *t)
{
	struct str event = flatxml_get(x, "Event"), key = flatxml_get(x, "EventKey");
	if (str_equal_fold(event, S("subscribe"))) {
		t->what = TOLD_FOLLOW, t->scene = scene_of(key);
	} else if (str_equal_fold(event, S("SCAN"))) {
		t->what = TOLD_SCAN, t->scene = key;
	} else if (str_equal_fold(event, S("unsubscribe"))) {
		t->what = TOLD_UNFOLLOW;
	} else if (str_equal_fold(event, S("CLICK")) || str_equal_fold(event, S("scancode_waitmsg")) ||
	           str_equal_fold(event, S("scancode_push"))) {
		t->what = TOLD_CLICK, t->heard.kind = S("text"), t->heard.text = key;
	} else if (str_equal_fold(event, S("TEMPLATESENDJOBFINISH"))) {
		t->what = TOLD_TEMPLATE;
		t->status = flatxml_get(x, "Status");
		t->scene = flatxml_get(x, "MsgID");
	}
}

static int read_told(struct arena *arena, const struct flatxml *x, struct told *ret)
{
	struct told t = { .person = flatxml_get(x, "FromUserName"), .account = flatxml_get(x, "ToUserName") };
	struct str type = flatxml_get(x, "MsgType"), event = flatxml_get(x, "Event");
	int64_t seconds;
	if (!t.person.len || t.person.len > 100 || !str_to_int(flatxml_get(x, "CreateTime"), &seconds) || seconds <= 0 ||
	    seconds > INT64_MAX / SECOND)
		return E_INVALID;
	t.at.ms = seconds * SECOND;
	if (str_equal_fold(type, S("event")))
		tell_event(x, &t);
	else
		tell_message(x, type, &t);
	if (!t.number.len || t.number.len > 60)   /* events have no number of their own */
		t.number = str_format(arena, "%.*s %lld %.*s %.*s", STR(t.person), (long long)seconds, STR(event), STR(t.scene));
	if (t.scene.len > MP_SCENE_MAX)
		t.scene = S("");
	t.heard.person = t.person, t.heard.number = t.number, t.heard.at = t.at;
	*ret = t;
	return arena_failed(arena) ? E_MEMORY : 0;
}

/* ---- The two halves ---- */

int mp_ready(struct callback *c)
{
	struct str token, timestamp = callback_param(c, "timestamp");
	struct flatxml x;
	int r = channel_setting(c->rq->tx, c->rq->community, c->channel, "token", &token);
	if (r < 0)
		return r;
	struct str parts[] = { token, timestamp, callback_param(c, "nonce") };
	if (!token.len || !bizmsg_signed(parts, 3, callback_param(c, "signature")) || !is_fresh(timestamp, tx_now(c->rq->tx)))
		return E_FORBIDDEN;
	if (c->get) {
		c->reply = callback_param(c, "echostr");
		return 0;
	}
	struct told *told = ARENA_NEW(c->rq->arena, struct told);
	if (!told)
		return E_MEMORY;
	if ((r = open_body(c, token, &x)) < 0 || (r = read_told(c->rq->arena, &x, told)) < 0)
		return r;
	c->kept = told;
	c->reply = S("success");
	return 0;
}

static int hear_follow(struct callback *c, const struct told *t)
{
	static const enum following how[] = {
		[TOLD_FOLLOW] = FOLLOWING_BEGAN, [TOLD_SCAN] = FOLLOWING_CODE, [TOLD_UNFOLLOW] = FOLLOWING_ENDED,
	};
	struct id member;
	struct tx *tx = c->rq->tx;
	int r = hear_following(tx, c->rq->community, c->channel, how[t->what], t->person, t->scene, t->number, t->at, &member);
	if (r <= 0)
		return r;
	if (t->scene.len && (r = mp_code_met(tx, c->rq->community, c->channel->id, t->scene, t->what == TOLD_FOLLOW)) < 0)
		return r;
	return mp_fan_did(tx, c->rq->community, c->channel->id, t->person, t->what == TOLD_UNFOLLOW ? MP_HEARD : MP_ACTED, t->at);
}

int mp_heard(struct callback *c)
{
	const struct told *t = c->kept;
	struct tx *tx = c->rq->tx;
	int r;
	if (c->get || !t)
		return 0;
	if (!c->channel->subject.len && t->account.len <= 100 &&
	    (r = channel_is(tx, c->rq->community, c->channel->id, t->account)) < 0)
		return r;
	switch (t->what) {
	case TOLD_MESSAGE:
	case TOLD_CLICK:
		r = hear_message(tx, c->rq->community, c->channel, &t->heard, NULL, NULL);
		if (r > 0)
			r = mp_fan_did(tx, c->rq->community, c->channel->id, t->person, t->what == TOLD_CLICK ? MP_ACTED : MP_SAID,
			               t->at);
		break;
	case TOLD_FOLLOW:
	case TOLD_SCAN:
	case TOLD_UNFOLLOW:
		r = hear_follow(c, t);
		break;
	case TOLD_TEMPLATE:
		r = hear_once(tx, c->rq->community, c->channel->id, t->number);
		if (r > 0)
			r = mp_receipt_says(tx, c->rq->community, c->channel->id, t->scene, t->status);
		break;
	default:
		r = 0;
	}
	return r < 0 ? r : 0;
}
