/* webhook_test.c: what leaves for other programs is signed as Standard Webhooks say, once for each chosen event, in order. */
#include "channel/webhook/webhook.h"

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

struct receiver { int status, count; char signature[300], id[80], timestamp[40]; char *body; };

static struct wire_reply receive(void *ctx, const struct wire_ask *ask)
{
	struct receiver *r = ctx;
	snprintf(r->signature, sizeof r->signature, "%s", wire_header(ask, "webhook-signature"));
	snprintf(r->id, sizeof r->id, "%s", wire_header(ask, "webhook-id"));
	snprintf(r->timestamp, sizeof r->timestamp, "%s", wire_header(ask, "webhook-timestamp"));
	free(r->body);
	r->body = strndup(ask->body.at, ask->body.len);
	r->count++;
	return (struct wire_reply){ .status = r->status };
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
	assert_string_equal(at_other_end.signature, str_z(&arena, str_format(&arena, "%.*s %.*s", STR(one), STR(two))));
	assert_str(s->body, at_other_end.body);

	at_other_end.status = 500;
	assert_int_equal(hand_over(&d, open_site, hook, s).outcome, NOT_NOW);
	struct reply r = get(d.reader, at(&d, "/channels/%lld", (long long)hook.n));
	assert_str(json_at(&r, "trouble"), "HTTP 500");
	at_other_end.status = 302;
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
