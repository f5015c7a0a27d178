/* onebot.c: QQ groups, through an implementation of OneBot 11 (NapCat, LLOneBot, Lagrange, go-cqhttp).
 *
 * Story      The operator runs a QQ client with NapCat beside Quntu, gives it our callback address and a secret, and us its API
 *            address. The groups it is in appear by name; those that are bound are heard. A member writes 加油; the automation
 *            answers; a rule mutes a spammer for ten minutes. The client is offline for an hour: when its heartbeat comes
 *            back, the lists of members are read anew, for nothing of that hour is told again.
 * Source     OneBot 11; what implementations do otherwise is noted where it matters.
 * Hears      HTTP POST, signed with X-Signature (HMAC-SHA1 of the very bytes). Unsigned posts are refused: anybody could
 *            send them. Or, where a WebSocket address is typed, over the line we keep there (line.h).
 * Says       HTTP API, or that line. Texts travel as segments, never as CQ codes, so that nobody's words become code. What `status` says
 *            counts, not the codes, which differ between implementations.
 * Holds      Our own messages (message_sent, or from the account itself) are never heard: no loops.
 *            duration is always sent with a mute: one implementation's default lifts it.
 * Test       onebot_test.c, against test/fakes/onebot.c
 */
#include "channel/onebot/onebot.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/log.h"
#include "channel/onebot/line.h"
#include "channel/outbox/courier.h"
#include "channel/outbox/outbox.h"
#include "engine/file/file.h"
#include "groups/roster.h"
#include "people/member.h"

#define CAN (CAN_HEAR | CAN_TEXT | CAN_IMAGE | CAN_LINK | CAN_FILE | CAN_MENTION | CAN_RENAME | CAN_CARD | CAN_MUTE | CAN_KICK | \
	CAN_RECALL | CAN_MEMBERS | CAN_COUNT | CAN_TELL | CAN_HEAR_ONE | CAN_ADMIT | CAN_TITLE)

#define BAN_MAX      2591999      /* go-cqhttp refuses thirty days and more */
#define SYNC_EVERY   (10 * MINUTE)
#define TRIES_MOST   4            /* of what the client refuses: a muted bot may be let speak again */
#define MEMBERS_MOST 10000

/* ---- Hearing ---------------------------------------------------------------------------------------- */

void onebot_sign(struct str secret, struct blob body, char ret[ONEBOT_SIGNATURE + 1])
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	ret[0] = '\0';
	if (!secret.len || !HMAC(EVP_sha1(), secret.at, (int)secret.len, body.at, body.len, mac, &len) || len != 20)
		return;
	memcpy(ret, "sha1=", 5);
	for (unsigned i = 0; i < len; i++)
		snprintf(ret + 5 + 2 * i, 3, "%02x", mac[i]);
}

bool onebot_signature_holds(struct str secret, struct blob body, struct str signature)
{
	char right[ONEBOT_SIGNATURE + 1];
	onebot_sign(secret, body, right);
	return right[0] && signature.len == ONEBOT_SIGNATURE && CRYPTO_memcmp(signature.at, right, ONEBOT_SIGNATURE) == 0;
}

static int ready(struct callback *c)
{
	struct str secret;
	struct onebot_event *e = ARENA_NEW(c->rq->arena, struct onebot_event);
	if (c->get)
		return E_METHOD;
	int r = channel_setting(c->rq->tx, c->community, c->channel, "secret", &secret);
	if (r < 0 || !e)
		return r < 0 ? r : E_MEMORY;
	if (!onebot_signature_holds(secret, c->body, c->signature))
		return E_BAD_SIGNATURE;
	c->kept = e;
	r = onebot_read((struct str){ (const char *)c->body.at, c->body.len }, c->rq->arena, e);
	c->ours = r == 0 && e->kind == ONEBOT_KNOCKED;
	return r;
}

static bool from_ourselves(const struct onebot_event *e) { return e->self.len && str_equal(e->self, e->user); }

/* 0: this file was told already, as a message or as a notice. */
static int heard_file_first(struct tx *tx, struct id community, const struct channel *channel, const struct onebot_event *e)
{
	return hear_once(tx, community, channel->id, e->file);
}

static int heard_message(struct tx *tx, struct id community, const struct channel *channel, const struct onebot_event *e, struct ear *ear)
{
	int r = e->file.len ? heard_file_first(tx, community, channel, e) : 1;
	if (r <= 0)
		return r;
	struct heard h = {
		.group = e->kind == ONEBOT_GROUP_MESSAGE ? e->group : S(""), .person = e->user, .person_name = e->nickname, .card = e->card,
		.role = e->role, .number = e->number, .kind = e->what, .text = e->words, .media = e->media, .reply_to = e->reply_to,
		.mentions_us = e->mentions_us, .at = e->at, .ear = ear,
	};
	return hear_message(tx, community, channel, &h, NULL, NULL);
}

static int heard_coming(struct tx *tx, struct id community, const struct channel *channel, const struct onebot_event *e)
{
	struct came f = { .group = e->group, .person = e->user, .how = str_is(e->sub_type, "invite") ? S("invite") : S("link"), .at = e->at };
	if (e->kind == ONEBOT_JOINED && str_is(e->sub_type, "invite"))
		f.inviter = e->operator;
	return e->kind == ONEBOT_JOINED ? hear_joined(tx, community, channel, &f)
	                                : hear_left(tx, community, channel, &f, e->kind == ONEBOT_REMOVED);
}

/* About somebody in a group's list: their card, what they may do, whether they may speak. Who is not in it yet is passed over. */
static int heard_of_seat(struct tx *tx, struct id community, const struct channel *channel, const struct onebot_event *e)
{
	struct id group, member;
	struct instant until = { e->seconds > 0 ? e->at.ms + e->seconds * SECOND : 0 };
	int r = channel_group(tx, community, channel->id, e->group, &group);
	if (r == 0)
		r = member_find(tx, community, channel->kind, e->user, &member);
	if (r == 0)
		r = e->kind == ONEBOT_CARD ? roster_set_card(tx, community, group, member, e->card)
		  : e->kind == ONEBOT_ROLE ? roster_set_role(tx, community, group, member, e->role)
		                           : roster_mute(tx, community, group, member, until);
	return r == E_NOT_FOUND ? 0 : r;
}

static int heard_recall(struct tx *tx, struct id community, const struct channel *channel, const struct onebot_event *e)
{
	struct id group;
	int r = channel_group(tx, community, channel->id, e->group, &group);
	return r < 0 ? (r == E_NOT_FOUND ? 0 : r) : message_recalled(tx, community, channel->id, group, e->number);
}

#define GONE "the bot is no longer in group"

/* That a group has shut us out is true until the lists are read and it is there again: no beat and no send unsays it. */
static bool is_shut_out(const struct channel *channel) { return str_starts(channel->trouble, S(GONE)); }

/* A group that nobody has bound is nothing to worry about. */
static int heard_gone(struct tx *tx, struct id community, const struct channel *channel, struct str group)
{
	struct id bound;
	int r = channel_group(tx, community, channel->id, group, &bound);
	if (r == E_NOT_FOUND)
		return channel_found_gone(tx, community, channel->id, group);
	return r < 0 ? r : channel_trouble(tx, community, channel->id, str_format(tx_arena(tx), GONE " %.*s", STR(group)));
}

/* The client went and came back: what happened meanwhile is not told again, so the lists are read. */
static int heard_beat(struct tx *tx, struct id community, const struct channel *channel, const struct onebot_event *e);
static int read_lists_now(struct tx *tx, struct id community, const struct channel *channel);

/* What the account itself says is never heard; what became of it is: in a group or out of it, its words taken back. */
static int heard_of_us(struct tx *tx, struct id community, const struct channel *channel, const struct onebot_event *e)
{
	switch (e->kind) {
	case ONEBOT_LEFT: case ONEBOT_REMOVED: case ONEBOT_GROUP_GONE: return heard_gone(tx, community, channel, e->group);
	case ONEBOT_JOINED:   return read_lists_now(tx, community, channel);
	case ONEBOT_RECALLED: return heard_recall(tx, community, channel, e);
	case ONEBOT_BEAT:     return heard_beat(tx, community, channel, e);
	default:              return 0;
	}
}

int onebot_hear(struct tx *tx, struct id community, const struct channel *channel, const struct onebot_event *e, struct ear *ear)
{
	struct asked_in asked = { e->group, e->user, e->sub_type, e->flag, e->comment, e->at };
	int r = e->self.len && !str_equal(e->self, channel->subject) ? channel_is(tx, community, channel->id, e->self) : 0;
	if (r < 0 || from_ourselves(e))
		return r < 0 ? r : heard_of_us(tx, community, channel, e);
	switch (e->kind) {
	case ONEBOT_GROUP_MESSAGE: case ONEBOT_PRIVATE_MESSAGE: return heard_message(tx, community, channel, e, ear);
	case ONEBOT_JOINED: case ONEBOT_LEFT: case ONEBOT_REMOVED: return heard_coming(tx, community, channel, e);
	case ONEBOT_CARD: case ONEBOT_ROLE: case ONEBOT_MUTED: return heard_of_seat(tx, community, channel, e);
	case ONEBOT_RECALLED:   return heard_recall(tx, community, channel, e);
	case ONEBOT_ASKED:      return hear_asked(tx, community, channel, &asked);
	case ONEBOT_BEAT:       return heard_beat(tx, community, channel, e);
	case ONEBOT_GROUP_GONE: return heard_gone(tx, community, channel, e->group);
	case ONEBOT_OTHER: case ONEBOT_KNOCKED: return 0;
	}
	return 0;
}

static int heard(struct callback *c)
{
	int r = onebot_hear(c->rq->tx, c->community, c->channel, c->kept, NULL);
	return r < 0 ? r : 0;
}

/* ---- Asking its API ---------------------------------------------------------------------------------------- */

static int api_settings(struct tx *tx, void *arg)
{
	struct onebot_api *a = arg;
	int r = channel_setting(tx, a->community, a->channel, "api_url", &a->url);
	if (r >= 0)
		r = channel_setting(tx, a->community, a->channel, "ws_url", &a->ws_url);
	return r < 0 ? r : channel_setting(tx, a->community, a->channel, "token", &a->token);
}

int onebot_open(struct courier *c, struct id community, const struct channel *channel, struct onebot_api *ret)
{
	*ret = (struct onebot_api){ .community = community, .channel = channel };
	int r = store_read(courier_store(c), courier_arena(c), api_settings, ret);
	while (r >= 0 && ret->url.len && ret->url.at[ret->url.len - 1] == '/')
		ret->url.len--;
	return r < 0 ? r : 0;
}

/* Over HTTP: the reply, and its HTTP status. */
static int ask_http(struct courier *c, const struct onebot_api *a, const char *action, struct str parameters, struct str *ret,
                    int *ret_status, struct str *ret_why)
{
	struct arena *arena = courier_arena(c);
	const char *headers[] = { a->token.len ? str_z(arena, str_format(arena, "Authorization: Bearer %.*s", STR(a->token))) : NULL, NULL };
	struct str url = str_format(arena, "%.*s/%s", STR(a->url), action);
	struct letter letter = { .url = url, .body = parameters, .headers = headers, .timeout_ms = a->wait_ms };
	struct answer answer = { 0 };
	int r = courier_ask(c, &letter, &answer, ret_why);
	*ret = answer.body, *ret_status = answer.status;
	return r;
}

static struct str text_of(const json_t *v) { return json_is_string(v) ? str_of(json_string_value(v)) : S(""); }

/* `status` counts; the codes differ between implementations, but for the four that stand for HTTP's on a WebSocket. */
static enum said verdict(const json_t *reply, int status)
{
	struct str word = text_of(json_object_get(reply, "status"));
	json_int_t code = json_integer_value(json_object_get(reply, "retcode"));
	if (status == 401 || status == 403 || code == 1401 || code == 1403)
		return SAID_NO_KEY;
	if (status == 404 || code == 1404)
		return SAID_UNKNOWN;
	return str_is(word, "ok") || str_is(word, "async") ? SAID_YES : word.len ? SAID_REFUSED : SAID_LATER;
}

int onebot_do(struct courier *c, const struct onebot_api *a, const char *action, json_t *parameters, enum said *ret, json_t **ret_data,
                  struct str *ret_why)
{
	struct arena *arena = courier_arena(c);
	char *dumped = json_dumps(parameters, JSON_COMPACT);
	struct str text = str_of(dumped ? dumped : "{}"), answer = S("");
	struct line_call call = { a->community, a->channel->id, a->ws_url, a->token, str_of(action), text, a->wait_ms };
	int status = 0;
	*ret = SAID_LATER, *ret_data = NULL, *ret_why = S("");
	int r = a->ws_url.len ? line_ask(&call, arena, &answer, ret_why) : ask_http(c, a, action, text, &answer, &status, ret_why);
	free(dumped);
	if (r < 0)
		return r == E_NOT_SENT ? 0 : r;
	json_t *reply = json_loadb(answer.at ? answer.at : "", answer.len, 0, NULL);
	struct str wording = text_of(json_object_get(reply, "wording")), message = text_of(json_object_get(reply, "message"));
	*ret = verdict(reply, status);
	*ret_why = wording.len ? str_copy(arena, wording) : message.len ? str_copy(arena, message)
	         : *ret == SAID_NO_KEY ? S("the access token is wrong") : str_format(arena, "HTTP %d", status);
	if (*ret == SAID_YES)
		*ret_data = json_incref(json_object_get(reply, "data"));
	json_decref(reply);
	return 0;
}

json_t *onebot_number(struct str text)
{
	int64_t n;
	return str_to_int(text, &n) ? json_integer(n) : json_stringn(text.at ? text.at : "", text.len);
}

static void add_segment(json_t *list, const char *type, const char *name, struct str text)
{
	json_array_append_new(list, json_pack("{s:s,s:{s:o}}", "type", type, "data", name, json_stringn(text.at ? text.at : "", text.len)));
}

/* ---- Saying -------------------------------------------------------------------------------------------------- */

struct looking {
	struct id             community, member;
	const struct channel *channel;
	struct str            file, subject;
	struct blob           bytes;
};

static int look_up(struct tx *tx, void *arg)
{
	struct looking *l = arg;
	if (l->file.len)
		return file_bytes(tx, l->community, l->file, &l->bytes);
	return channel_subject(tx, l->community, l->channel, l->member, &l->subject);
}

/* A member's QQ number; empty when it is not known. */
static struct str subject_of(struct courier *c, const struct channel *channel, const struct send *s, struct str member)
{
	struct looking l = { .community = s->community, .channel = channel };
	if (!str_to_int(member, &l.member.n) || store_read(courier_store(c), courier_arena(c), look_up, &l) < 0)
		return S("");
	return l.subject;
}

static struct str field(struct courier *c, const json_t *body, const char *name)
{
	const json_t *v = json_object_get(body, name);
	return json_is_string(v) ? str_copy(courier_arena(c), (struct str){ json_string_value(v), json_string_length(v) })
	     : json_is_integer(v) ? str_format(courier_arena(c), "%lld", (long long)json_integer_value(v)) : S("");
}

/* A picture of ours travels in the call: the client may stand on another machine. */
static struct str picture(struct courier *c, const struct channel *channel, const struct send *s, const json_t *body, const char *key)
{
	struct arena *arena = courier_arena(c);
	struct str file = field(c, body, key), url = field(c, body, "url");
	struct looking l = { .community = s->community, .channel = channel, .file = file };
	if (!file.len || store_read(courier_store(c), arena, look_up, &l) < 0)
		return url;
	char *out = arena_take(arena, 9 + 4 * ((l.bytes.len + 2) / 3) + 1);
	if (!out)
		return S("");
	memcpy(out, "base64://", 9);
	int n = EVP_EncodeBlock((unsigned char *)out + 9, l.bytes.at, (int)l.bytes.len);
	return (struct str){ out, 9 + (size_t)n };
}

static json_t *message_of(struct courier *c, const struct channel *channel, const struct send *s, const json_t *body)
{
	json_t *list = json_array();
	const json_t *mention = json_object_get(body, "mention");
	if (json_is_string(mention) && strcmp(json_string_value(mention), "all") == 0)
		add_segment(list, "at", "qq", S("all"));
	for (size_t i = 0; i < json_array_size(mention); i++) {
		const json_t *one = json_array_get(mention, i);
		struct str qq = json_is_string(one) ? subject_of(c, channel, s, str_of(json_string_value(one))) : S("");
		if (qq.len)
			add_segment(list, "at", "qq", qq);
	}
	if (json_array_size(list))
		add_segment(list, "text", "text", S(" "));
	if (str_is(s->what, "text"))
		add_segment(list, "text", "text", field(c, body, "text"));
	if (str_is(s->what, "image"))
		add_segment(list, "image", "file", picture(c, channel, s, body, "file"));
	if (str_is(s->what, "link"))      /* a "share" is blocked by most clients: words and address always arrive */
		add_segment(list, "text", "text", str_format(courier_arena(c), "%.*s\n%.*s\n%.*s", STR(field(c, body, "title")),
			STR(field(c, body, "text")), STR(field(c, body, "url"))));
	return list;
}

/* To who asks to come in. Some implementations tell by sub_type which of their lists the flag is looked for in. */
static const char *answer_of(struct courier *c, const json_t *body, json_t *p)
{
	struct str kind = field(c, body, "kind");
	bool friend = str_is(kind, "friend");
	json_object_del(p, "group_id"), json_object_del(p, "user_id");
	json_object_set(p, "flag", json_object_get(body, "flag"));
	json_object_set(p, "approve", json_object_get(body, "approve"));
	if (!friend) {
		json_object_set_new(p, "sub_type", json_stringn(kind.at, kind.len));
		json_object_set(p, "reason", json_object_get(body, "reason"));
	}
	return friend ? "set_friend_add_request" : "set_group_add_request";
}

/* The action for a send, and its parameters; NULL: this connector has none. */
static const char *action_of(struct courier *c, const struct channel *channel, const struct send *s, const json_t *body, json_t *p)
{
	int64_t seconds = json_integer_value(json_object_get(body, "seconds"));
	struct str member = subject_of(c, channel, s, field(c, body, "member"));
	if (s->group.len)
		json_object_set_new(p, "group_id", onebot_number(s->group));
	if (member.len)
		json_object_set_new(p, "user_id", onebot_number(member));
	if (str_is(s->what, "text") || str_is(s->what, "image") || str_is(s->what, "link")) {
		json_object_set_new(p, "message", message_of(c, channel, s, body));
		if (!s->group.len)
			json_object_set_new(p, "user_id", onebot_number(s->person));
		return s->group.len ? "send_group_msg" : "send_private_msg";
	}
	if (str_is(s->what, "answer"))
		return answer_of(c, body, p);
	if (str_is(s->what, "recall")) {
		json_object_set_new(p, "message_id", onebot_number(field(c, body, "number")));
		return "delete_msg";
	}
	if (str_is(s->what, "rename")) {
		json_object_set(p, "group_name", json_object_get(body, "name"));
		return "set_group_name";
	}
	if (str_is(s->what, "notice")) {
		json_object_set(p, "content", json_object_get(body, "text"));
		return "_send_group_notice";
	}
	if (str_is(s->what, "mute") && !member.len && !json_object_get(body, "member")) {
		json_object_set_new(p, "enable", json_boolean(seconds > 0));
		return "set_group_whole_ban";
	}
	if (!member.len)
		return NULL;
	if (str_is(s->what, "card")) {
		json_object_set(p, "card", json_object_get(body, "card"));
		return "set_group_card";
	}
	if (str_is(s->what, "title")) {           /* for good: what a duration does differs between clients */
		json_object_set(p, "special_title", json_object_get(body, "title"));
		json_object_set_new(p, "duration", json_integer(-1));
		return "set_group_special_title";
	}
	if (str_is(s->what, "mute")) {
		json_object_set_new(p, "duration", json_integer(seconds > BAN_MAX ? BAN_MAX : seconds));
		return "set_group_ban";
	}
	return str_is(s->what, "kick") ? "set_group_kick" : NULL;
}

struct well { struct id community, channel; struct str trouble; };

static int note_health(struct tx *tx, void *arg)
{
	struct well *w = arg;
	int r = w->trouble.len ? channel_trouble(tx, w->community, w->channel, w->trouble) : channel_well(tx, w->community, w->channel);
	return r < 0 ? r : 0;
}

/* What became of it, in the outbox's words; the channel's health moves only when it changes. */
static int outcome(struct courier *c, const struct channel *channel, const struct send *s, enum said said, struct str why,
                   struct delivery *ret)
{
	struct well well = { s->community, channel->id, said == SAID_NO_KEY ? why : S("") };
	ret->why = why;
	ret->outcome = said == SAID_YES ? DELIVERED : said == SAID_UNKNOWN ? BY_HAND
	             : said == SAID_NEVER || (said == SAID_REFUSED && s->tries + 1 >= TRIES_MOST) ? NEVER : NOT_NOW;
	bool changes = said == SAID_NO_KEY || (said == SAID_YES && channel->trouble.len && !is_shut_out(channel));
	return changes ? store_write(courier_store(c), s->community, courier_arena(c), note_health, &well) : 0;
}

static int deliver(struct courier *c, const struct channel *channel, const struct send *s, struct delivery *ret)
{
	struct onebot_api api;
	enum said said = SAID_UNKNOWN;
	struct str why = S("");
	json_t *data = NULL;
	int r = onebot_open(c, s->community, channel, &api);
	if (r < 0)
		return r;
	json_t *body = json_loadb(s->body.at, s->body.len, 0, NULL), *p = json_object();
	bool file = str_is(s->what, "file");
	struct str made = S("");
	const char *action = file ? NULL : action_of(c, channel, s, body, p);
	if (file)
		r = onebot_send_file(c, &api, s, body, &said, &made, &why);
	else if (action)
		r = onebot_do(c, &api, action, p, &said, &data, &why);
	else
		why = S("this member has no QQ number here");
	json_decref(p);
	json_decref(body);
	if (r >= 0) {
		ret->number = file ? made : field(c, data, "message_id");
		r = outcome(c, channel, s, said, why, ret);
	}
	json_decref(data);
	return r < 0 ? r : 0;
}

/* ---- Reading the lists ------------------------------------------------------------------------------------------ */

struct reading {
	struct id            community;
	const struct channel *channel;
	const json_t         *groups, *members;
	struct str            group;              /* whose members */
	struct id             group_id;
	struct rows           channels, bound;
	struct instant        at;
};

static struct str as_text(struct arena *arena, const json_t *v)
{
	return json_is_string(v) ? str_of(json_string_value(v))
	     : json_is_integer(v) ? str_format(arena, "%lld", (long long)json_integer_value(v)) : S("");
}

/* Are we still in the groups that live here? */
static int see_bound(struct tx *tx, const struct reading *g, const struct str *listed, size_t count)
{
	struct rows bound;
	int r = channel_groups(tx, g->community, g->channel->id, &bound);
	const struct channel_place *place = bound.at;
	for (size_t i = 0; r >= 0 && json_is_array(g->groups) && i < bound.count; i++) {
		size_t k = 0;
		while (k < count && !str_equal(listed[k], place[i].subject))
			k++;
		if (k == count)
			return heard_gone(tx, g->community, g->channel, place[i].subject);
	}
	return r < 0 ? r : channel_well(tx, g->community, g->channel->id);
}

static int keep_groups(struct tx *tx, void *arg)
{
	struct reading *g = arg;
	size_t count = json_array_size(g->groups);
	struct str *listed = arena_take_array(tx_arena(tx), count + 1, sizeof *listed);
	int r = listed ? 0 : E_MEMORY;
	for (size_t i = 0; r >= 0 && i < count; i++) {
		const json_t *one = json_array_get(g->groups, i);
		listed[i] = as_text(tx_arena(tx), json_object_get(one, "group_id"));
		r = channel_found(tx, g->community, g->channel->id, listed[i],
		                  as_text(tx_arena(tx), json_object_get(one, "group_name")),
		                  json_integer_value(json_object_get(one, "member_count")));
	}
	return r < 0 ? r : see_bound(tx, g, listed, count);
}

static struct str role_word_of(const json_t *one)
{
	struct str role = str_of(json_string_value(json_object_get(one, "role")));
	return str_among(role, SEAT_ROLES) ? role : S("member");
}

static int keep_members(struct tx *tx, void *arg)
{
	struct reading *g = arg;
	size_t n = json_array_size(g->members);
	struct seat_fact *facts = arena_take_array(tx_arena(tx), n, sizeof *facts);
	if (n && !facts)
		return E_MEMORY;
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(g->members, i);
		struct str name = as_text(tx_arena(tx), json_object_get(one, "nickname"));
		int r = hear_person(tx, g->community, g->channel, as_text(tx_arena(tx), json_object_get(one, "user_id")), S(""), name,
		                    &facts[i].member);
		if (r < 0)
			return r;
		facts[i].card = as_text(tx_arena(tx), json_object_get(one, "card"));
		facts[i].role = role_word_of(one);
		facts[i].at.ms = json_integer_value(json_object_get(one, "join_time")) * SECOND;
	}
	return roster_replace(tx, g->community, g->group_id, g->channel->id, (struct rows){ facts, n }, g->at, NULL);
}

static int read_members(struct courier *c, const struct onebot_api *a, struct reading *g, struct str group, struct id group_id)
{
	enum said said;
	struct str why;
	json_t *p = json_pack("{s:o,s:b}", "group_id", onebot_number(group), "no_cache", 1), *data = NULL;
	int r = onebot_do(c, a, "get_group_member_list", p, &said, &data, &why);
	json_decref(p);
	if (r >= 0 && said == SAID_YES && json_is_array(data) && json_array_size(data) && json_array_size(data) <= MEMBERS_MOST) {
		g->members = data, g->group = group, g->group_id = group_id;
		r = store_write(courier_store(c), g->community, courier_arena(c), keep_members, g);
	}
	json_decref(data);
	return r;
}

static int list_bound(struct tx *tx, void *arg)
{
	struct reading *g = arg;
	g->at = tx_now(tx);
	return channel_groups(tx, g->community, g->channel->id, &g->bound);
}

static int read_channel(struct courier *c, struct id community, const struct channel *channel)
{
	struct reading g = { .community = community, .channel = channel };
	struct onebot_api api;
	enum said said;
	struct str why;
	json_t *p = json_pack("{s:b}", "no_cache", 1), *data = NULL;
	int r = onebot_open(c, community, channel, &api);
	if (r >= 0)
		r = onebot_do(c, &api, "get_group_list", p, &said, &data, &why);
	json_decref(p);
	if (r < 0)
		return r;
	if (said != SAID_YES) {
		struct well well = { community, channel->id, why.len ? why : S("the QQ client does not answer") };
		json_decref(data);
		return store_write(courier_store(c), community, courier_arena(c), note_health, &well);
	}
	g.groups = data;
	r = store_write(courier_store(c), community, courier_arena(c), keep_groups, &g);
	json_decref(data);
	if (r >= 0)
		r = store_read(courier_store(c), courier_arena(c), list_bound, &g);
	const struct channel_place *place = g.bound.at;
	for (size_t i = 0; r >= 0 && i < g.bound.count; i++)
		r = read_members(c, &api, &g, place[i].subject, place[i].group_id);
	return r < 0 ? r : 0;
}

static int list_channels(struct tx *tx, void *arg)
{
	struct reading *g = arg;
	int r = channel_list(tx, g->community, S("onebot"), &g->channels);
	return r < 0 ? r : 0;
}

static int list_communities(struct tx *tx, void *arg)
{
	int r = community_list(tx, arg);
	return r < 0 ? r : 0;
}

/* Of one community when the job names it, else of all of them. */
static int run_sync(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct rows all = { 0 };
	struct id_item one = { job->community };
	struct courier *c;
	(void)ret_why;
	int r = courier_make(context->store, context->settings, &c);
	if (r < 0)
		return r;
	if (job->community.n)
		all = (struct rows){ &one, 1 };
	else
		r = store_read(context->store, context->arena, list_communities, &all);
	for (size_t i = 0; r >= 0 && i < all.count; i++) {
		struct reading g = { .community = ((const struct id_item *)all.at)[i].item };
		r = store_read(context->store, context->arena, list_channels, &g);
		const struct channel *channel = g.channels.at;
		for (size_t k = 0; r >= 0 && k < g.channels.count; k++)
			if (str_is(channel[k].state, "on"))
				r = read_channel(c, g.community, &channel[k]);
	}
	courier_free(c);
	return r < 0 ? r : 0;
}

/* Connected or edited, or a group was bound: nobody waits for the next round. */
static int follow_channel(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	struct channel channel;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++) {
		r = channel_get(tx, community, events[i].subject, &channel);
		if (r == 0 && str_is(channel.kind, "onebot") && str_is(channel.state, "on"))
			r = read_lists_now(tx, community, &channel);
		r = r == E_NOT_FOUND ? 0 : r;
	}
	return r < 0 ? r : 0;
}

static const struct follower followers[] = { { "onebot_channels", "channel_made channel_changed", follow_channel }, { 0 } };

static const struct job_kind jobs[] = {
	{ "onebot_look", "Reads the groups and members of QQ accounts", run_sync, .every_ms = SYNC_EVERY },
	{ "onebot_sync", "Reads them at once: a QQ client has come back", run_sync },
	{ 0 },
};

const struct job_kind *const onebot_sync = &jobs[1];

static int read_lists_now(struct tx *tx, struct id community, const struct channel *channel)
{
	return job_add(tx, community, onebot_sync, str_format(tx_arena(tx), "%lld", (long long)channel->id.n), S(""), tx_now(tx));
}

static int heard_beat(struct tx *tx, struct id community, const struct channel *channel, const struct onebot_event *e)
{
	struct instant now = tx_now(tx);
	if (!e->good)
		return channel_trouble(tx, community, channel->id, S("the QQ client is offline"));
	bool shut = is_shut_out(channel);
	int r = shut ? 0 : channel_well(tx, community, channel->id);
	bool away = (channel->trouble.len && !shut) || now.ms - channel->heard_at.ms > 2 * MINUTE;
	return r < 0 || !away ? r : read_lists_now(tx, community, channel);
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct channel_setting settings[] = {
	{ "ws_url", "WebSocket 地址", "WebSocket address",
	  "推荐：NapCat、LLOneBot、Lagrange 等的正向 WebSocket 服务，例如 ws://127.0.0.1:3001。填了它，下面两项 HTTP 的就不用填",
	  "Preferred: the WebSocket server of NapCat, LLOneBot, Lagrange …, such as ws://127.0.0.1:3001. With it, neither the API address"
	  " nor the reporting secret below is needed", .max = 300 },
	{ "api_url", "接口地址", "API address", "NapCat、LLOneBot 等的 HTTP 服务，例如 http://127.0.0.1:3000",
	  "The HTTP server of NapCat, LLOneBot …, such as http://127.0.0.1:3000", .needed = true, .unless = "ws_url", .max = 200 },
	{ "token", "接口令牌", "API token", "HTTP 或 WebSocket 服务里填的 access token，没有就留空",
	  "The access token of that server, if it has one", .secret = true, .max = 200 },
	{ "secret", "上报密钥", "Reporting secret", "HTTP 上报（POST）里的 secret / token。没有签名的消息一律不收",
	  "The secret (token) of its HTTP POST reports. Unsigned reports are refused", .secret = true, .needed = true, .unless = "ws_url",
	  .max = 200 },
	{ 0 },
};

const struct connector connector_onebot = {
	.kind = "onebot", .zh = "QQ（OneBot）", .en = "QQ (OneBot)", .can = CAN, .settings = settings, .deliver = deliver, .ready = ready,
	.heard = heard, .examine = onebot_examine,
};

const struct feature feature_onebot = { .name = "onebot", .jobs = jobs, .followers = followers };
