/* webhook.c: facts leave for other programs (the shop's own system, a data warehouse), signed as Standard Webhooks say.
 *
 * Story      The developer of the shop's system wants to know who joined which group. She makes a webhook, chooses two kinds of
 *            event, and gets every one of them as a signed POST, in order, again and again until her server says yes. She moves
 *            to a new secret: for a while each request bears two signatures. Whoever must not hold a secret (a partner's server,
 *            a function at the edge) checks the third one with the public key from the console.
 * How        A webhook is a channel like the others, so that what leaves the house leaves by one way: its sends stand in the outbox
 *            with their retries, dead letters and re-driving, and its trouble in the console. A follower puts a send for each
 *            chosen event; the event's number names it, so it is put once.
 *            The private key of a webhook is derived from the server's root secret and its number: nothing more is kept.
 * Source     Standard Webhooks 1.0: headers webhook-id, webhook-timestamp, webhook-signature; 2xx is success, 410 ends it, 429 and
 *            5xx are tried later. Redirects are failures. Private addresses are refused, unless the server's setting allows them.
 * Holds      Events of the outbox itself are never sent: a webhook must not cause webhooks.
 *            A body holds numbers and words of Quntu's own, never a person's text: what was said is asked for through the API.
 * Test       webhook_test.c
 */
#include "channel/webhook/webhook.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/secret.h"
#include "channel/outbox/courier.h"
#include "channel/outbox/outbox.h"
#include "engine/notify/notify.h"

#define SECRET_LEAST 24
#define SECRET_MOST  64
#define HOOKS_MOST   50
#define OF_OUTBOX    "send_put send_sent send_dead send_done send_changed outbox_changed channel_changed channel_troubled"

/* ---- Signing ---------------------------------------------------------------------------------------- */

static int secret_bytes(struct str secret, unsigned char ret[SECRET_MOST + 2])
{
	struct str text = { secret.at + 6, secret.len < 6 ? 0 : secret.len - 6 };
	unsigned char room[SECRET_MOST + 8];
	int padding = 0;
	if (!str_starts(secret, S("whsec_")) || text.len % 4 || text.len > (SECRET_MOST + 2) / 3 * 4 || text.len < 4)
		return E_INVALID;
	for (size_t i = text.len; i > 0 && text.at[i - 1] == '='; i--)
		padding++;
	int n = EVP_DecodeBlock(room, (const unsigned char *)text.at, (int)text.len) - padding;
	if (padding > 2 || n < SECRET_LEAST || n > SECRET_MOST)
		return E_INVALID;
	memcpy(ret, room, (size_t)n);
	return n;
}

bool webhook_secret_good(struct str secret)
{
	unsigned char bytes[SECRET_MOST + 2];
	return secret_bytes(secret, bytes) > 0;
}

int webhook_sign(struct str secret, struct str id, struct str timestamp, struct str body, struct arena *arena, struct str *ret)
{
	unsigned char key[SECRET_MOST + 2], mac[EVP_MAX_MD_SIZE];
	char text[64];
	unsigned len = 0;
	int n = secret_bytes(secret, key);
	struct str whole = str_format(arena, "%.*s.%.*s.%.*s", STR(id), STR(timestamp), STR(body));
	if (n < 0 || arena_failed(arena))
		return n < 0 ? n : E_MEMORY;
	if (!HMAC(EVP_sha256(), key, n, (const unsigned char *)whole.at, whole.len, mac, &len))
		return E_MEMORY;
	EVP_EncodeBlock((unsigned char *)text, mac, (int)len);
	*ret = str_format(arena, "v1,%s", text);
	return 0;
}

static struct str in_base64(const char *prefix, const unsigned char *bytes, size_t len, struct arena *arena)
{
	char text[128];
	EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
	return str_format(arena, "%s%s", prefix, text);
}

int webhook_public_key(const struct key *seed, struct arena *arena, struct str *ret)
{
	unsigned char bytes[32];
	size_t len = sizeof bytes;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed->bytes, sizeof seed->bytes);
	bool good = key && EVP_PKEY_get_raw_public_key(key, bytes, &len) == 1;
	EVP_PKEY_free(key);
	if (good)
		*ret = in_base64("whpk_", bytes, len, arena);
	return good ? 0 : E_MEMORY;
}

int webhook_sign_public(const struct key *seed, struct str id, struct str timestamp, struct str body, struct arena *arena, struct str *ret)
{
	unsigned char bytes[64];
	size_t len = sizeof bytes;
	struct str whole = str_format(arena, "%.*s.%.*s.%.*s", STR(id), STR(timestamp), STR(body));
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed->bytes, sizeof seed->bytes);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = key && ctx && !arena_failed(arena) && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	            EVP_DigestSign(ctx, bytes, &len, (const unsigned char *)whole.at, whole.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	if (good)
		*ret = in_base64("v1a,", bytes, len, arena);
	return good ? 0 : E_MEMORY;
}

/* Each webhook has a key of its own: what one receiver is shown says nothing to another. */
static int seed_of(struct tx *tx, const struct channel *channel, struct key *ret)
{
	struct key features;
	char use[48];
	int r = tx_feature_key(tx, &features);
	snprintf(use, sizeof use, "webhook %lld", (long long)channel->id.n);
	if (r >= 0)
		key_derive(ret, &features, use);
	return r < 0 ? r : 0;
}

static int show_public_key(struct tx *tx, struct id community, const struct channel *channel, struct str *ret)
{
	struct key seed;
	(void)community;
	int r = seed_of(tx, channel, &seed);
	return r < 0 ? r : webhook_public_key(&seed, tx_arena(tx), ret);
}

/* ---- Delivering ---------------------------------------------------------------------------------------- */

struct target { struct id community; const struct channel *channel; struct str url, secret, before; struct key seed; };

static int target_settings(struct tx *tx, void *arg)
{
	struct target *t = arg;
	int r = channel_setting(tx, t->community, t->channel, "url", &t->url);
	if (r >= 0)
		r = channel_setting(tx, t->community, t->channel, "secret", &t->secret);
	if (r >= 0)
		r = channel_setting(tx, t->community, t->channel, "before", &t->before);
	return r < 0 ? r : seed_of(tx, t->channel, &t->seed);
}

struct health { struct id community, channel; struct str trouble; bool gone; };

static int note_health(struct tx *tx, void *arg)
{
	struct health *h = arg;
	int r = h->trouble.len ? channel_trouble(tx, h->community, h->channel, h->trouble) : channel_well(tx, h->community, h->channel);
	return r < 0 || !h->gone ? r : channel_switch_off(tx, h->community, h->channel);
}

/* With the secret, with the old one too while secrets change hands, and with the private key. */
static int sign_all(const struct target *t, struct str id, struct str timestamp, struct str body, struct arena *arena, struct str *ret)
{
	struct str mac = S(""), old = S(""), open = S("");
	int r = webhook_sign(t->secret, id, timestamp, body, arena, &mac);
	if (r >= 0)
		r = webhook_sign_public(&t->seed, id, timestamp, body, arena, &open);
	if (r < 0)
		return r;
	bool two = t->before.len && webhook_sign(t->before, id, timestamp, body, arena, &old) == 0;
	*ret = str_format(arena, "%.*s%s%.*s %.*s", STR(mac), two ? " " : "", STR(old), STR(open));
	return 0;
}

static enum delivered judged(int status, const struct send *s)
{
	if (status / 100 == 2)
		return DELIVERED;
	return status == 410 || (status / 100 == 4 && status != 429 && status != 408 && s->tries > 8) ? NEVER : NOT_NOW;
}

/* Who is pressed says for how long: 429 is of the whole endpoint and no failure; others (502, 503, 504) of this message. */
static void wait_as_told(const struct answer *a, struct delivery *d)
{
	if (d->outcome != NOT_NOW || !a->retry_after)
		return;
	d->again.ms = clock_now().ms + (a->retry_after < DAY / SECOND ? a->retry_after * SECOND : DAY);
	d->outcome = a->status == 429 ? QUOTA_USED : NOT_NOW;
}

static int deliver(struct courier *c, const struct channel *channel, const struct send *s, struct delivery *ret)
{
	struct arena *arena = courier_arena(c);
	struct target t = { .community = s->community, .channel = channel };
	struct str id = str_format(arena, "msg_%lld", (long long)s->id.n), signature = S("");
	struct str timestamp = str_format(arena, "%lld", (long long)(clock_now().ms / SECOND));
	struct answer answer = { 0 };
	int r = store_read(courier_store(c), arena, target_settings, &t);
	if (r < 0)
		return r;
	if (sign_all(&t, id, timestamp, s->body, arena, &signature) < 0) {
		*ret = (struct delivery){ .outcome = NOT_NOW, .why = S("the secret is not whsec_ and base64 of 24 to 64 bytes") };
		return 0;
	}
	const char *headers[] = {
		str_z(arena, str_format(arena, "webhook-id: %.*s", STR(id))),
		str_z(arena, str_format(arena, "webhook-timestamp: %.*s", STR(timestamp))),
		str_z(arena, str_format(arena, "webhook-signature: %.*s", STR(signature))), NULL,
	};
	struct letter letter = { .method = "POST", .url = t.url, .body = s->body, .headers = headers, .timeout_ms = 20 * SECOND,
	                         .checked = !settings_bool(courier_settings(c), "webhook_private") };
	r = courier_ask(c, &letter, &answer, &ret->why);
	if (r < 0 && r != E_NOT_SENT)
		return r;
	ret->outcome = r == 0 ? judged(answer.status, s) : NOT_NOW;
	if (r == 0 && ret->outcome != DELIVERED)
		ret->why = str_format(arena, "HTTP %d", answer.status);
	wait_as_told(&answer, ret);
	struct health h = { s->community, channel->id, ret->outcome == DELIVERED ? S("") : ret->why, answer.status == 410 };
	bool changes = h.gone || (h.trouble.len > 0) != (channel->trouble.len > 0);
	return changes ? store_write(courier_store(c), s->community, arena, note_health, &h) : 0;
}

/* ---- Following -------------------------------------------------------------------------------------------- */

struct hook { const struct channel *channel; struct str kinds; };

struct webhook_data { struct id event, community, subject, actor, object, via; int64_t n; struct str word; };

ROW(webhook_data,
	FIELD(webhook_data, event,     "The event's own number"),
	FIELD(webhook_data, community, "Community"),
	FIELD(webhook_data, subject,   "What it happened to", .optional = true),
	FIELD(webhook_data, actor,     "Who did it", .optional = true),
	FIELD(webhook_data, object,    "With what", .optional = true),
	FIELD(webhook_data, via,       "Through what", .optional = true),
	FIELD(webhook_data, n,         "How much"),
	FIELD(webhook_data, word,      "Its class"));

struct webhook_body { struct str type; struct str timestamp; struct one data; };

ROW(webhook_body,
	FIELD(webhook_body, type,      "Kind of event"),
	FIELD(webhook_body, timestamp, "When, RFC 3339"),
	FIELD(webhook_body, data,      "The event", .of = &row_webhook_data));

static int put_one(struct tx *tx, struct id community, const struct hook *h, const struct event *e)
{
	struct webhook_data data = { e->id, community, e->subject, e->actor, e->object, e->via, e->n, e->word };
	char when[32];
	BUF_SCOPED json;
	buf_init(&json, SEND_BODY_MAX);
	instant_format(zone_find(S("UTC")), e->at, when);
	struct webhook_body body = { e->kind, str_of(when), { &data } };
	row_write_json(&json, &row_webhook_body, &body);
	struct outgoing o = {
		.channel = h->channel->id, .what = "event", .body = buf_view(&json), .reason = S("webhook"),
		.source = h->channel->id, .prompt = true,
		.key = str_format(tx_arena(tx), "hook %lld %lld", (long long)h->channel->id.n, (long long)e->id.n),
	};
	if (buf_failed(&json))
		return E_MEMORY;
	int r = outbox_put(tx, community, &o, NULL);
	return r == E_NOT_FOUND ? 0 : r;              /* disconnected meanwhile */
}

static int hooks_of(struct tx *tx, struct id community, struct hook *hooks, size_t *ret_count)
{
	struct rows list;
	int r = channel_list(tx, community, S("webhook"), &list);
	*ret_count = 0;
	for (size_t i = 0; r >= 0 && i < list.count && *ret_count < HOOKS_MOST; i++) {
		struct hook *h = &hooks[*ret_count];
		h->channel = (const struct channel *)list.at + i;
		if (!str_is(h->channel->state, "on"))
			continue;
		if ((r = channel_setting(tx, community, h->channel, "kinds", &h->kinds)) >= 0)
			(*ret_count)++;
	}
	return r < 0 ? r : 0;
}

static int follow(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	struct hook hooks[HOOKS_MOST];
	size_t n;
	int r = hooks_of(tx, community, hooks, &n);
	for (size_t i = 0; r >= 0 && i < n; i++)
		for (size_t k = 0; r >= 0 && k < count; k++)
			if (!str_among(events[k].kind, OF_OUTBOX) && str_among(events[k].kind, str_z(tx_arena(tx), hooks[i].kinds)))
				r = put_one(tx, community, &hooks[i], &events[k]);
	return r < 0 ? r : 0;
}

static const struct follower followers[] = { { "webhook", "*", follow }, { 0 } };

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct channel_setting settings[] = {
	{ "url", "接收地址", "Address", "你的程序接收 POST 的地址，要用 HTTPS", "Where your program takes the POSTs; use HTTPS",
	  .needed = true, .max = 500 },
	{ "kinds", "要哪些事件", "Which events", "事件名，用空格隔开，例如 member_joined_group message_heard；全部事件名见 API 文档",
	  "Names of events with spaces between, such as member_joined_group message_heard; the API document lists them",
	  .needed = true, .max = 1000 },
	{ "secret", "签名密钥", "Signing secret", "whsec_ 开头；点「生成」得到一个，保存前复制到你的程序里",
	  "Begins with whsec_; press Generate, and copy it into your program before saving", .secret = true, .needed = true, .max = 120,
	  .generate = "whsec_" },
	{ "before", "旧密钥（更换期间）", "Old secret, while changing", "换密钥时填上旧的，两个都会签；你的程序换好后清空",
	  "While changing secrets: each request bears both signatures", .secret = true, .max = 120 },
	{ "public", "验签公钥（Ed25519）", "Public key (Ed25519)", "对方只验签、不想保管密钥时用它：每个请求都另带一个 v1a 签名",
	  "For receivers that check but keep no secret: each request bears a v1a signature as well", .shown = show_public_key },
	{ 0 },
};

const struct connector connector_webhook = {
	.kind = "webhook", .zh = "Webhook（给你的程序）", .en = "Webhook, for your programs", .can = CAN_EVENTS, .settings = settings,
	.deliver = deliver, .examine = webhook_examine,
};

const struct feature feature_webhook = { .name = "webhook", .followers = followers };
