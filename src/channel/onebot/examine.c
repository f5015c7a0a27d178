/* examine.c: is this QQ account in order? For the doctor.
 *
 * Looks at   our callback address, by a post signed as the client signs; the client's API: there, with our token, signed in to QQ, as
 *            the account we know, in the groups that live here; whether its posts reach us at all (its heartbeat does, each few seconds).
 * Source     OneBot 11: get_status, get_login_info, get_version_info, get_group_list.
 * Test       channel/doctor/doctor_test.c
 */
#include <jansson.h>

#include "channel/doctor/doctor.h"
#include "channel/onebot/onebot.h"
#include "channel/outbox/courier.h"

#define BEAT_LATE    (5 * MINUTE)
#define LISTED_MOST  5

struct asking { struct checkup *c; struct courier *courier; struct onebot_api api; const struct channel *channel; };

/* 1: it answered yes, *ret_data to be released; 0: what it said instead stands among the findings. */
static int ask(struct asking *a, const char *action, json_t **ret_data, enum said *ret_said, struct str *ret_why)
{
	json_t *none = json_object();
	*ret_data = NULL;
	int r = none ? onebot_do(a->courier, &a->api, action, none, ret_said, ret_data, ret_why) : E_MEMORY;
	json_decref(none);
	return r < 0 ? r : *ret_said == SAID_YES;
}

static struct str address_of(const struct asking *a) { return a->api.ws_url.len ? a->api.ws_url : a->api.url; }

static void say_silent(struct asking *a, enum said said, struct str why)
{
	struct checkup *c = a->c;
	if (said == SAID_NO_KEY)
		doctor_say(c, BROKEN, "token", saying(c, "QQ 客户端不认接口令牌（%.*s）", "the QQ client refuses the API token (%.*s)", STR(why)),
		           saying(c, "发不出去，也管不了群。", "Nothing can be said or done in groups."),
		           saying(c, "对照 NapCat / LLOneBot 里 HTTP 或 WebSocket 服务的 token，重新填「接口令牌」",
		                  "compare the token of the server in NapCat or LLOneBot, and type it anew"));
	else if (said == SAID_LATER || said == SAID_UNKNOWN)
		doctor_say(c, BROKEN, "platform", saying(c, "连不上 QQ 客户端 %.*s：%.*s",
				"the QQ client at %.*s cannot be reached: %.*s", STR(address_of(a)), STR(why)),
		           saying(c, "发不出去，也管不了群。", "Nothing can be said or done in groups."),
		           a->api.ws_url.len
		           ? saying(c, "看看 NapCat / LLOneBot 是否开着、正向 WebSocket 服务是否启用，端口和这里填的是不是一样",
		                    "see whether NapCat or LLOneBot runs with its WebSocket server on, and on the port typed here")
		           : saying(c, "看看 NapCat / LLOneBot 是否开着、HTTP 服务是否启用；在服务器上试 curl %.*s/get_status",
		                  "see whether NapCat or LLOneBot runs with its HTTP server on; try curl %.*s/get_status on the server",
				STR(a->api.url)));
	else
		doctor_say(c, WARNING, "platform", saying(c, "QQ 客户端回答了错误：%.*s", "the QQ client answered with an error: %.*s", STR(why)), NOTHING,
		           saying(c, "看看客户端的日志；升级到新版本", "look at the client's log; take a newer version"));
	doctor_place_of(c, a->channel);
}

static int see_status(struct asking *a, bool *ret_there)
{
	struct checkup *c = a->c;
	json_t *data;
	enum said said;
	struct str why;
	int r = ask(a, "get_status", &data, &said, &why);
	*ret_there = r > 0;
	if (r == 0)
		say_silent(a, said, why);
	if (r > 0 && json_is_false(json_object_get(data, "online"))) {
		doctor_say(c, BROKEN, "signed_out", saying(c, "QQ 掉线了：客户端开着，但账号没有登录",
				"QQ is signed out: the client runs, but the account is not online"),
		           saying(c, "群里听不到，也说不了话。", "Nothing is heard in the groups, nothing said."),
		           saying(c, "打开客户端（NapCat 的网页）重新扫码登录", "open the client (NapCat's page) and sign in again by its QR code"));
		doctor_place_of(c, a->channel);
		*ret_there = false;
	}
	json_decref(data);
	return r < 0 ? r : 0;
}

static int see_account(struct asking *a)
{
	struct checkup *c = a->c;
	json_t *login, *version = NULL;
	enum said said;
	struct str why;
	char number[24] = "";
	int r = ask(a, "get_login_info", &login, &said, &why);
	const json_t *user = json_object_get(login, "user_id");
	if (json_is_integer(user))
		snprintf(number, sizeof number, "%lld", (long long)json_integer_value(user));
	else if (json_is_string(user))
		snprintf(number, sizeof number, "%s", json_string_value(user));
	if (r >= 0)
		r = ask(a, "get_version_info", &version, &said, &why);
	const char *app = json_string_value(json_object_get(version, "app_name")), *what = json_string_value(json_object_get(version,
			"app_version"));
	if (r >= 0 && number[0] && a->channel->subject.len && !str_is(a->channel->subject, number)) {
		doctor_say(c, WARNING, "account", saying(c, "客户端登录的是 QQ %s，这个渠道原来是 %.*s",
				"the client is signed in as QQ %s; this channel was %.*s", number,
			STR(a->channel->subject)),
		           saying(c, "群和成员会对不上。", "Groups and members will not fit."),
		           saying(c, "换回原来的账号登录，或者为新账号另建一个渠道", "sign in with the former account, or connect the new one as another channel"));
		doctor_place_of(c, a->channel);
	} else if (r >= 0) {
		doctor_say(c, SOUND, "platform", saying(c, "QQ %s 在线（%.40s %.20s）",
				"QQ %s is online (%.40s %.20s)", number, app ? app : "OneBot", what ? what : ""),
		           NOTHING, NOTHING);
	}
	json_decref(login);
	json_decref(version);
	return r < 0 ? r : 0;
}

struct bound { struct checkup *c; const struct channel *channel; struct rows places; };

static int read_bound(struct tx *tx, void *arg)
{
	struct bound *b = arg;
	return channel_groups(tx, b->c->community, b->channel->id, &b->places);
}

static bool is_listed(const json_t *list, struct str subject)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *group = json_object_get(json_array_get(list, i), "group_id");
		char number[24];
		snprintf(number, sizeof number, "%lld", (long long)json_integer_value(group));
		if (json_is_string(group) ? str_is(subject, json_string_value(group)) : str_is(subject, number))
			return true;
	}
	return false;
}

/* Groups that live here, and that the account is not in. */
static int see_groups(struct asking *a)
{
	struct bound b = { a->c, a->channel, { NULL, 0 } };
	struct str missing = S("");
	json_t *list;
	enum said said;
	struct str why;
	int64_t n = 0;
	int r = store_read(a->c->house->store, a->c->house->arena, read_bound, &b);
	if (r < 0 || (r = ask(a, "get_group_list", &list, &said, &why)) < 0)
		return r;
	const struct channel_place *place = b.places.at;
	for (size_t i = 0; json_is_array(list) && i < b.places.count; i++)
		if (!is_listed(list, place[i].subject) && n++ < LISTED_MOST)
			missing = str_format(a->c->house->arena, "%.*s%s%.*s", STR(missing), missing.len ? "、" : "", STR(place[i].subject));
	json_decref(list);
	if (n) {
		doctor_say(a->c, WARNING, "groups", saying(a->c, "机器人不在 %lld 个绑定的群里：%.*s",
				"the bot is not in %lld of the groups bound here: %.*s", (long long)n,
			STR(missing)),
		           saying(a->c, "这些群里听不到，也发不出去。", "Nothing is heard or said there."),
		           saying(a->c, "把机器人重新拉进群，或者在下面解除绑定", "take the bot back into the group, or unbind it below"));
		doctor_place_of(a->c, a->channel);
	}
	return 0;
}

static int see_api(struct checkup *c, const struct channel *channel, bool *ret_there)
{
	struct asking a = { .c = c, .channel = channel };
	int r = courier_make(c->house->store, c->house->settings, &a.courier);
	if (r < 0)
		return r;
	if ((r = onebot_open(a.courier, c->community, channel, &a.api)) >= 0)
		r = see_status(&a, ret_there);
	if (r >= 0 && *ret_there && (r = see_account(&a)) >= 0)
		r = see_groups(&a);
	courier_free(a.courier);
	return r < 0 ? r : 0;
}

static int see_callback(struct checkup *c, const struct channel *channel)
{
	char signature[ONEBOT_SIGNATURE + 1];
	struct arena *arena = c->house->arena;
	struct str secret, self = channel->subject.len ? channel->subject : S("0");
	int r = channel_setting_of(c, channel, "secret", &secret);
	if (r < 0)
		return r;
	static const char post[] = "{\"time\":%lld,\"self_id\":\"%.*s\",\"post_type\":\"meta_event\",\"meta_event_type\":\"" ONEBOT_KNOCK "\"}";
	struct str body = str_format(arena, post, (long long)(clock_now().ms / SECOND), STR(self));
	onebot_sign(secret, (struct blob){ body.at, body.len }, signature);
	const char *headers[] = { str_z(arena, str_format(arena, "X-Signature: %s", signature)), NULL };
	return channel_knock(c, channel, &(struct knock){ .body = body, .headers = headers });
}

int onebot_examine(struct checkup *c, const struct channel *channel)
{
	bool there = false;
	struct str ws_url;
	int r = channel_setting_of(c, channel, "ws_url", &ws_url);
	if (r >= 0 && !ws_url.len && doctor_public_url(c).len)      /* without one: a client on this machine, whose beats say enough */
		r = see_callback(c, channel);
	if (r < 0 || (r = see_api(c, channel, &there)) < 0)
		return r;
	int64_t silence = clock_now().ms - channel->heard_at.ms;
	if (there && silence > BEAT_LATE) {
		doctor_say(c, WARNING, "beat", channel->heard_at.ms
		           ? saying(c, "客户端在线，但 %lld 分钟没有上报任何东西（连心跳也没有）",
		                    "the client is online, but has posted nothing for %lld minutes, not even its heartbeat",
				(long long)(silence / MINUTE))
		           : saying(c, "客户端在线，但从来没有上报过", "the client is online, but has never posted anything"),
		           saying(c, "群里说的话我们听不到。", "What is said in the groups is not heard."),
		           ws_url.len
		           ? saying(c, "看看客户端的正向 WebSocket 有没有打开心跳和事件", "see whether the client's WebSocket server sends events and heartbeats")
		           : saying(c, "在客户端里打开 HTTP 上报（POST），地址和密钥照这一页填，并打开心跳",
		                  "switch HTTP POST reports on in the client, with the address and the secret of this page, and its heartbeat"));
		doctor_place_of(c, channel);
	}
	return 0;
}
