/* callback.c: what the platform calls: is it really them, and what happened.
 *
 * Story      The operator saves the address in the app's page, which asks it at once (GET): we decrypt a number and give it back. From
 *            then on each change of customers and groups is posted here, up to four times when an answer is late.
 * How        `ready` checks and reads, in any order and as often as it comes; `heard` writes it down once and hands it to the file whose
 *            story it is. The answer is always empty: 200 and nothing ends the repetitions.
 * Holds      Everything is signed over what is encrypted, for our own corpid; what was signed longer than a quarter of an hour ago is
 *            refused. Seconds collide in a burst, so an event is named by all that tells it from another.
 */
#include "channel/wecom/wecom.h"

#include "base/secret.h"
#include "base/time.h"
#include "channel/wire/bizmsg.h"

#define AGE_MOST (15 * MINUTE)                    /* the platform tries again for less than one */

/* Who writes down what. */
static const struct { const char *event; wecom_hearing *heard; } hearings[] = {
	{ "change_external_contact", wecom_contact_heard }, { "change_external_chat", wecom_chat_heard },
	{ "change_external_tag", wecom_tag_heard },
};

/* ---- Rules ---- */

static bool is_fresh(struct str timestamp, struct instant now)
{
	int64_t seconds;
	return str_to_int(timestamp, &seconds) && seconds > 0 && seconds < INT64_MAX / SECOND &&
	       seconds * SECOND > now.ms - AGE_MOST && seconds * SECOND < now.ms + AGE_MOST;
}

/* What tells one event from another of the same second; a name of a field that is not there adds nothing. */
static const char *const naming[] = {
	"FromUserName", "CreateTime", "Event", "ChangeType", "ChatId", "UpdateDetail", "LastMemVer", "CurMemVer", "MemChangeCnt",
	"UserID", "ExternalUserID", "State", "WelcomeCode", "Id", "TagType", "FailReason", "MemChangeList/Item",
};

static int name_event(struct arena *arena, const struct flatxml *x, struct str *ret)
{
	char name[HASH_TEXT + 1];
	BUF_SCOPED all;
	buf_init(&all, 1 << 20);
	for (size_t i = 0; i < sizeof naming / sizeof *naming; i++) {
		struct str text;
		for (size_t nth = 0; (text = flatxml_nth(x, naming[i], nth)).len; nth++) {
			buf_format(&all, "%s=", naming[i]);
			buf_str(&all, text);
			buf_byte(&all, '\n');
		}
	}
	if (buf_failed(&all))
		return E_MEMORY;
	hash_text((struct blob){ all.at, all.len }, name);
	*ret = str_format(arena, "w %s", name);
	return arena_failed(arena) ? E_MEMORY : 0;
}

static int read_told(struct arena *arena, const struct flatxml *x, struct wecom_told *ret)
{
	struct wecom_told t = { .event = flatxml_get(x, "Event"), .change = flatxml_get(x, "ChangeType"), .xml = *x };
	int64_t seconds;
	if (!str_to_int(flatxml_get(x, "CreateTime"), &seconds) || seconds <= 0 || seconds > INT64_MAX / SECOND)
		return E_INVALID;
	t.at.ms = seconds * SECOND;
	int r = name_event(arena, x, &t.number);
	if (r == 0)
		*ret = t;
	return r;
}

/* ---- The two halves ---- */

/* The text that was encrypted: of a GET the echo, of a POST the event. */
static int open_text(struct callback *c, struct str encrypted, struct str *ret)
{
	struct str token, key, corpid, timestamp = callback_param(c, "timestamp");
	struct bizmsg crypt;
	int r = channel_setting(c->rq->tx, c->rq->community, c->channel, "token", &token);
	if (r < 0 || (r = channel_setting(c->rq->tx, c->rq->community, c->channel, "aes_key", &key)) < 0 ||
	    (r = channel_setting(c->rq->tx, c->rq->community, c->channel, "corpid", &corpid)) < 0)
		return r;
	if (!token.len || !is_fresh(timestamp, tx_now(c->rq->tx)) || bizmsg_open(token, key, corpid, &crypt) < 0)
		return E_FORBIDDEN;
	return bizmsg_read(&crypt, callback_param(c, "msg_signature"), timestamp, callback_param(c, "nonce"), encrypted, c->rq->arena, ret);
}

/* Base64 whose plus signs came bare, and so were read as spaces. */
static struct str with_plus(struct arena *arena, struct str text)
{
	char *copy = str_z(arena, text);
	for (char *p = copy; p && *p; p++)
		*p = *p == ' ' ? '+' : *p;
	return str_of(copy);
}

int wecom_ready(struct callback *c)
{
	struct arena *arena = c->rq->arena;
	struct flatxml x;
	struct str inner;
	int r;
	if (c->get)
		return open_text(c, with_plus(arena, callback_param(c, "echostr")), &c->reply);
	struct wecom_told *told = ARENA_NEW(arena, struct wecom_told);
	if (!told)
		return E_MEMORY;
	if ((r = flatxml_read((struct str){ c->body.at, c->body.len }, arena, &x)) < 0 ||
	    (r = open_text(c, flatxml_get(&x, "Encrypt"), &inner)) < 0 || (r = flatxml_read(inner, arena, &x)) < 0 ||
	    (r = read_told(arena, &x, told)) < 0)
		return r;
	c->kept = told;
	return 0;
}

int wecom_heard(struct callback *c)
{
	const struct wecom_told *t = c->kept;
	struct tx *tx = c->rq->tx;
	int r;
	if (c->get || !t)
		return 0;
	struct str corp = flatxml_get(&t->xml, "ToUserName");
	if (!c->channel->subject.len && corp.len <= 100 && (r = channel_is(tx, c->community, c->channel->id, corp)) < 0)
		return r;
	for (size_t i = 0; i < sizeof hearings / sizeof *hearings; i++)
		if (str_is(t->event, hearings[i].event)) {
			r = hear_once(tx, c->community, c->channel->id, t->number);
			return r > 0 ? hearings[i].heard(tx, c->community, c->channel, t) : r;
		}
	return 0;
}
