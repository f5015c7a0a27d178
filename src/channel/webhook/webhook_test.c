/* webhook_test.c: what leaves for other programs is signed as Standard Webhooks say, once for each chosen event, in order. */
#include "channel/webhook/webhook.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/arena.h"
#include "channel/outbox/outbox.h"
#include "deliver.h"
#include "people/desk_test.h"
#include "test.h"
#include "wire.h"

extern const struct feature *const features[];

#define SECRET "whsec_ZGVtby13ZWJob29rLXNpZ25pbmcta2V5LTMyYnl0ZXM="
#define OTHER  "whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="

TEST(webhook_vector, "the sheet's signature comes out as it stands there; secrets that are none are refused")
{
	ARENA_SCOPED arena;
	struct str got;
	arena_init(&arena, 1 << 20);
	struct str body = S("{\"type\":\"group.member.joined\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"data\":{\"group_id\":7}}");
	assert_int_equal(webhook_sign(S(SECRET), S("msg_0001"), S("1767225600"), body, &arena, &got), 0);
	assert_str(got, "v1,SfzIlYca209lUV6jlr1kt5Kk557iZD7yFO0DCgQatJE=");
	static const char *const none[] = { "", "whsec_", "whsec_QUFB", "ZGVtby13ZWJob29rLXNpZ25pbmcta2V5LTMyYnl0ZXM=", "whsec_!!!!",
		"whsec_QUFBQUFBQUFB====" };
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(webhook_sign(str_of(none[i]), S("a"), S("1"), body, &arena, &got), E_INVALID);
}

/* RFC 8032, 7.1, test 2: the seed and its public half. */
TEST(webhook_public_vector, "the RFC's key comes out; the signature holds for whom has it, over id, time and body, and for nothing else")
{
	static const struct key seed = { { 0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
		0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb } };
	ARENA_SCOPED arena;
	struct str key, got;
	arena_init(&arena, 1 << 20);
	assert_int_equal(webhook_public_key(&seed, &arena, &key), 0);
	assert_str(key, "whpk_PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=");
	assert_int_equal(webhook_sign_public(&seed, S("msg_1"), S("1767225600"), S("{}"), &arena, &got), 0);
	/* Another library's word on it: the vector is computed here, by libsodium. */
	unsigned char pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES], sig[crypto_sign_BYTES];
	char expected[200];
	struct str whole = S("msg_1.1767225600.{}");
	assert_int_equal(crypto_sign_seed_keypair(pk, sk, seed.bytes), 0);
	assert_int_equal(crypto_sign_detached(sig, NULL, (const unsigned char *)whole.at, whole.len, sk), 0);
	sodium_bin2base64(expected, sizeof expected, sig, sizeof sig, sodium_base64_VARIANT_ORIGINAL);
	assert_str(got, str_z(&arena, str_format(&arena, "v1a,%s", expected)));
	assert_int_not_equal(crypto_sign_verify_detached(sig, (const unsigned char *)"msg_1.1767225600.{ }", 20, pk), 0);
}

TEST(webhook_public_sheet, "the sheet's public key and signature come out as they stand there")
{
	ARENA_SCOPED arena;
	struct key seed;
	struct str key, got;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof seed.bytes; i++)
		seed.bytes[i] = (unsigned char)i;
	struct str body = S("{\"type\":\"group.member.joined\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"data\":{\"group_id\":7}}");
	assert_int_equal(webhook_public_key(&seed, &arena, &key), 0);
	assert_str(key, "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=");
	assert_int_equal(webhook_sign_public(&seed, S("msg_0001"), S("1767225600"), body, &arena, &got), 0);
	assert_str(got, "v1a,m1R26VC4dBNGZdSkFy4YfS0SeRNliHpnUmaA3a4g83VJ6+KwKWp9x0NFPjo/KdPuR2tjACG3/JMqnbZ7mx52BA==");
}

struct receiver { int status, count; const char *retry_after; char signature[400], id[80], timestamp[40]; char *body; };

static struct wire_reply receive(void *ctx, const struct wire_ask *ask)
{
	struct receiver *r = ctx;
	snprintf(r->signature, sizeof r->signature, "%s", wire_header(ask, "webhook-signature"));
	snprintf(r->id, sizeof r->id, "%s", wire_header(ask, "webhook-id"));
	snprintf(r->timestamp, sizeof r->timestamp, "%s", wire_header(ask, "webhook-timestamp"));
	free(r->body);
	r->body = strndup(ask->body.at, ask->body.len);
	r->count++;
	return (struct wire_reply){ .status = r->status, .retry_after = r->retry_after };
}

struct waiting { struct id community, channel; struct rows sends; };

struct send_seen { struct id id; struct str key, body, what; };

ROW(send_seen,
	FIELD(send_seen, id,   "Send"),
	FIELD(send_seen, key,  "Key"),
	FIELD(send_seen, body, "Body"),
	FIELD(send_seen, what, "What"));

static QUERY(sends_waiting, READS, &row_send_seen, TAKES(K_ID, K_ID),
	"SELECT id, key, body, what FROM send WHERE community_id = ?1 AND channel_id = ?2 AND state = 'waiting' ORDER BY id LIMIT 100");

static int look(struct tx *tx, void *arg)
{
	struct waiting *w = arg;
	int r = tx_all(tx, &sends_waiting, &w->sends, V(w->community), V(w->channel));
	return r < 0 ? r : 0;
}

static struct delivery hand_over(struct desk *d, struct site *site, struct id channel, const struct send_seen *s)
{
	struct send send = { .id = s->id, .community = d->community, .what = s->what, .body = s->body, .key = s->key };
	struct delivery got = { 0 };
	assert_int_equal(deliver_once(d->house->store, site_options(site)->settings, channel, &send, &d->house->arena, &got), 0);
	return got;
}

/* With the public key that admins are shown. */
static void holds_for(struct desk *d, struct id hook, struct str signature, struct str whole)
{
	unsigned char pk[crypto_sign_PUBLICKEYBYTES], sig[crypto_sign_BYTES];
	size_t n = 0;
	struct reply r = get(d->admin, at(d, "/channels/%lld", (long long)hook.n));
	struct str key = S("");
	for (int i = 0; i < 9 && !str_starts(key, S("whpk_")); i++)
		key = json_at(&r, text(d, "values.%d.text", i));
	assert_int_equal(sodium_base642bin(pk, sizeof pk, key.at + 5, key.len - 5, NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL), 0);
	assert_int_equal(n, sizeof pk);
	assert_int_equal(sodium_base642bin(sig, sizeof sig, signature.at, signature.len, NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL), 0);
	assert_int_equal(crypto_sign_verify_detached(sig, (const unsigned char *)whole.at, whole.len, pk), 0);
}

static void signed_by(struct str secret, const struct receiver *r, struct arena *arena, struct str *ret)
{
	assert_int_equal(webhook_sign(secret, str_of(r->id), str_of(r->timestamp), str_of(r->body), arena, ret), 0);
}

PROMISE(webhook_events, "each chosen event becomes one send, others none; it arrives signed; two secrets make two signatures; gone is gone")
{
	struct desk d;
	struct receiver at_other_end = { .status = 200 };
	struct wire *wire = wire_open(0, receive, &at_other_end);
	struct site *open_site = site_open(house, features, NULL, "webhook_private=true");
	desk_open(&d, house, features);
	struct id hook = made(d.admin, at(&d, "/channels"), text(&d, "{\"kind\":\"webhook\",\"name\":\"门店系统\",\"values\":["
		"{\"key\":\"url\",\"text\":\"http://127.0.0.1:%d/in\"},{\"key\":\"kinds\",\"text\":\"tag_made tag_removed\"},"
		"{\"key\":\"secret\",\"text\":\"" SECRET "\"},{\"key\":\"before\",\"text\":\"" OTHER "\"}]}", wire_port(wire)));
	assert_int_equal(events_catch_up(house->store, features, d.community), 0);
	made(d.operator, at(&d, "/tags"), "{\"name\":\"VIP\",\"colour\":\"teal\"}");
	made(d.operator, at(&d, "/members"), "{\"nickname\":\"安安\"}");
	assert_int_equal(events_catch_up(house->store, features, d.community), 0);
	assert_int_equal(events_catch_up(house->store, features, d.community), 0);
	struct waiting w = { d.community, hook, { 0 } };
	assert_int_equal(store_read(house->store, &house->arena, look, &w), 0);
	assert_int_equal(w.sends.count, 1);
	const struct send_seen *s = w.sends.at;
	assert_non_null(memmem(s->body.at, s->body.len, "\"type\":\"tag_made\"", 17));

	assert_int_equal(hand_over(&d, d.site, hook, s).outcome, NOT_NOW);     /* loopback: refused unless the setting allows it */
	assert_int_equal(at_other_end.count, 0);
	assert_int_equal(hand_over(&d, open_site, hook, s).outcome, DELIVERED);
	ARENA_SCOPED arena;
	struct str one, two;
	arena_init(&arena, 1 << 20);
	signed_by(S(SECRET), &at_other_end, &arena, &one);
	signed_by(S(OTHER), &at_other_end, &arena, &two);
	struct str both = str_format(&arena, "%.*s %.*s v1a,", STR(one), STR(two)), all = str_of(at_other_end.signature);
	assert_true(str_starts(all, both));
	struct str v1a = { all.at + both.len, all.len - both.len };
	holds_for(&d, hook, v1a, str_format(&arena, "%s.%s.%s", at_other_end.id, at_other_end.timestamp, at_other_end.body));
	assert_str(s->body, at_other_end.body);

	at_other_end.status = 500;
	assert_int_equal(hand_over(&d, open_site, hook, s).outcome, NOT_NOW);
	struct reply r = get(d.reader, at(&d, "/channels/%lld", (long long)hook.n));
	assert_str(json_at(&r, "trouble"), "HTTP 500");
	/* Pressed: a number of seconds, an HTTP date, and nonsense. */
	at_other_end.status = 429, at_other_end.retry_after = "120";
	struct delivery later = hand_over(&d, open_site, hook, s);
	assert_int_equal(later.outcome, QUOTA_USED);
	assert_in_range(later.again.ms - clock_now().ms, 100 * SECOND, 120 * SECOND);
	at_other_end.status = 503, at_other_end.retry_after = "Fri, 01 Jan 2100 00:00:00 GMT";
	later = hand_over(&d, open_site, hook, s);
	assert_int_equal(later.outcome, NOT_NOW);
	assert_in_range(later.again.ms - clock_now().ms, DAY - 20 * SECOND, DAY);
	at_other_end.retry_after = "soon";
	later = hand_over(&d, open_site, hook, s);
	assert_int_equal(later.outcome, NOT_NOW);
	assert_int_equal(later.again.ms, 0);
	at_other_end.status = 302, at_other_end.retry_after = NULL;
	assert_int_equal(hand_over(&d, open_site, hook, s).outcome, NOT_NOW);
	at_other_end.status = 410;
	assert_int_equal(hand_over(&d, open_site, hook, s).outcome, NEVER);
	r = get(d.reader, at(&d, "/channels/%lld", (long long)hook.n));
	assert_str(json_at(&r, "state"), "off");
	assert_int_equal(store_read(house->store, &house->arena, look, &w), 0);
	assert_int_equal(w.sends.count, 0);                                    /* what waited is cancelled */
	site_close(open_site);
	desk_close(&d);
	wire_close(wire);
	free(at_other_end.body);
}
