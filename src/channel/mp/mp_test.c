/* mp_test.c: a 公众号 is heard once, believed only when it is the platform, and answered within what it allows. */
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "channel/mp/mp.h"
#include "engine/file/file.h"
#include "media/sample_test.h"
#include "people/desk_test.h"
#include "people/member.h"
#include "deliver.h"
#include "fake_mp.h"
#include "test.h"

extern const struct feature *const features[];

/* ---- An account, and the platform behind it ---- */

struct place {
	struct desk     desk;
	struct mp_fake *fake;
	struct id       channel;
	const char     *address;
};

static const char *settings_json(struct place *p, const char *more)
{
	return text(&p->desk, "{\"kind\":\"mp\",\"name\":\"友信\",\"values\":[{\"key\":\"appid\",\"text\":\"" FAKE_APPID "\"},"
		"{\"key\":\"secret\",\"text\":\"" FAKE_SECRET "\"},{\"key\":\"token\",\"text\":\"" FAKE_TOKEN "\"},"
		"{\"key\":\"aes_key\",\"text\":\"" FAKE_KEY "\"},{\"key\":\"api\",\"text\":\"%s\"},{\"key\":\"open\",\"text\":\"%s\"}%s]}",
		mp_fake_url(p->fake), mp_fake_url(p->fake), more);
}

/* The clock stands: the windows of a minute are used up or over when a test says so, not when it has taken its time. */
static void place_open(struct place *p, struct house *house, const char *more)
{
	clock_set(clock_now());
	desk_open(&p->desk, house, features);
	p->fake = mp_fake_open(0);
	struct reply r = post(p->desk.owner, at(&p->desk, "/channels"), settings_json(p, more));
	assert_int_equal(r.status, 200);
	p->channel.n = number_at(&r, "id");
	p->address = text(&p->desk, "%.*s", STR(json_at(&r, "address")));
	assert_true(str_starts(str_of(p->address), S("http://")));
}

static void place_close(struct place *p)
{
	mp_fake_close(p->fake);
	desk_close(&p->desk);
}

/* How many messages and followings the store holds. */
struct held_count { int64_t n; };

ROW(held_count, FIELD(held_count, n, "How many"));

static const QUERY(events_of_kind, READS, &row_held_count, TAKES(K_ID, K_STR),
	"SELECT count(*) AS n FROM event WHERE community_id = ?1 AND kind = ?2", .scans = true);
static const QUERY(sends_left, READS, &row_held_count, TAKES(K_ID, K_ID),
	"SELECT said_used + acted_used * 100 AS n FROM mp_fan WHERE community_id = ?1 AND channel_id = ?2 LIMIT 1", .scans = true);

struct counting { struct place *p; const char *kind; int64_t n; };

static int count_events(struct tx *tx, void *arg)
{
	struct counting *c = arg;
	struct held_count got;
	int r = c->kind ? tx_one(tx, &events_of_kind, &got, V(c->p->desk.community), V(str_of(c->kind)))
	                : tx_one(tx, &sends_left, &got, V(c->p->desk.community), V(c->p->channel));
	c->n = r < 0 ? 0 : got.n;
	return r == E_NOT_FOUND ? 0 : r;
}

static int64_t count_of(struct place *p, const char *kind)
{
	struct counting c = { p, kind, 0 };
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	assert_int_equal(store_read(p->desk.house->store, &a, count_events, &c), 0);
	return c.n;
}

/* What the outbox would have us do. */
static struct delivery say_to(struct place *p, struct store *store, const char *openid, const char *what, const char *body)
{
	struct send send = {
		.id = { 7 }, .community = p->desk.community, .what = str_of(what), .body = str_of(body), .key = S("k"), .person = str_of(openid),
	};
	struct delivery d = { 0 };
	assert_int_equal(deliver_once(store, site_options(p->desk.site)->settings, p->channel, &send, &p->desk.house->arena, &d), 0);
	return d;
}

static enum delivered told(struct place *p, const char *openid, const char *words)
{
	return say_to(p, p->desk.house->store, openid, "text", text(&p->desk, "{\"text\":\"%s\"}", words)).outcome;
}

static struct str trouble_of(struct place *p)
{
	struct reply r = get(p->desk.owner, at(&p->desk, "/channels/%lld", (long long)p->channel.n));
	return json_at(&r, "trouble");
}

/* ---- Hearing ---- */

PROMISE(mp_check, "the address check is answered with the very echo; a wrong signature or an old one is refused")
{
	struct place p;
	place_open(&p, house, "");
	assert_true(mp_fake_check(p.fake, p.address));
	assert_int_equal(mp_fake_say(p.fake, p.address, FAKE_UNSIGNED, "oAlice", "hi", 1, NULL, 0), 403);
	assert_int_equal(mp_fake_say(p.fake, p.address, FAKE_OLD, "oAlice", "hi", 2, NULL, 0), 403);
	assert_int_equal(mp_fake_say(p.fake, p.address, FAKE_BROKEN, "oAlice", "hi", 3, NULL, 0), 403);
	assert_int_equal(mp_fake_say(p.fake, p.address, FAKE_PLAIN, "oAlice", "hi", 4, NULL, 0), 403);
	assert_int_equal(count_of(&p, "message_heard"), 0);
	assert_int_equal(mp_fake_say(p.fake, text(&p.desk, "%s0", p.address), FAKE_SAFE, "oAlice", "hi", 5, NULL, 0), 404);
	place_close(&p);
}

PROMISE(mp_modes, "an encrypted message is heard, alone or beside its plain copy; a plain one only where the operator allows it")
{
	struct place p;
	char answer[100];
	place_open(&p, house, "");
	assert_int_equal(mp_fake_say(p.fake, p.address, FAKE_SAFE, "oAlice", "你好]]>", 1, answer, sizeof answer), 200);
	assert_string_equal(answer, "success");
	assert_int_equal(mp_fake_say(p.fake, p.address, FAKE_BOTH, "oAlice", "again", 2, answer, sizeof answer), 200);
	assert_int_equal(count_of(&p, "message_heard"), 2);
	assert_int_equal(put(p.desk.owner, at(&p.desk, "/channels/%lld", (long long)p.channel.n),
	                     settings_json(&p, ",{\"key\":\"plain\",\"text\":\"yes\"}")).status, 200);
	assert_int_equal(mp_fake_say(p.fake, p.address, FAKE_PLAIN, "oAlice", "plain", 3, answer, sizeof answer), 200);
	assert_int_equal(count_of(&p, "message_heard"), 3);
	struct reply r = get(p.desk.owner, at(&p.desk, "/channels/%lld", (long long)p.channel.n));
	assert_str(json_at(&r, "subject"), "gh_demo");
	place_close(&p);
}

PROMISE(mp_once, "what the platform sends four times, in any order, counts once; what only looks alike counts for itself")
{
	struct place p;
	place_open(&p, house, "");
	for (int time = 0; time < 4; time++) {
		assert_int_equal(mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "SUBSCRIBE", "qrscene_h-shop", 1000000001), 200);
		assert_int_equal(mp_fake_say(p.fake, p.address, FAKE_SAFE, "oAlice", "hi", 71, NULL, 0), 200);
		assert_int_equal(mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "scan", "h-shop", 1000000001), 200);
		assert_int_equal(mp_fake_event(p.fake, p.address, FAKE_SAFE, "oBob", "subscribe", "last_trade_no_4", 1000000001), 200);
	}
	assert_int_equal(count_of(&p, "message_heard"), 1);
	assert_int_equal(count_of(&p, "channel_followed"), 2);
	assert_int_equal(count_of(&p, "channel_scanned"), 1);
	assert_int_equal(mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "CLICK", "领海报", 1000000002), 200);
	assert_int_equal(mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "VIEW", "http://x", 1000000003), 200);
	assert_int_equal(mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "LOCATION", "", 1000000003), 200);
	assert_int_equal(mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "unsubscribe", "", 1000000004), 200);
	assert_int_equal(count_of(&p, "message_heard"), 2);
	assert_int_equal(count_of(&p, "channel_unfollowed"), 1);
	place_close(&p);
}

/* ---- Speaking ---- */

PROMISE(mp_windows, "a follow allows three messages in its minute, a message five within two days; beyond that people must act")
{
	struct place p;
	place_open(&p, house, "");
	mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "subscribe", "", 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(told(&p, "oAlice", "欢迎 <友信> \\\"👋\\\""), DELIVERED);
	assert_int_equal(told(&p, "oAlice", "四"), BY_HAND);
	assert_int_equal(mp_fake_sent(p.fake, "oAlice"), 3);
	assert_non_null(strstr(mp_fake_message(p.fake, "oAlice", 0), "欢迎 <友信> \\\"👋\\\""));
	mp_fake_say(p.fake, p.address, FAKE_SAFE, "oAlice", "在吗", 9, NULL, 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(told(&p, "oAlice", "在"), DELIVERED);
	assert_int_equal(told(&p, "oAlice", "六"), BY_HAND);
	assert_int_equal(mp_fake_sent(p.fake, "oAlice"), 8);
	assert_int_equal(mp_fake_calls(p.fake, "custom/send"), 8);        /* what is used up is not even asked */
	assert_int_equal(mp_fake_calls(p.fake, "stable_token"), 1);
	place_close(&p);
}

PROMISE(mp_refusals, "each refusal has its meaning: later, next day, by hand, never; what was refused does not use up a window")
{
	struct place p;
	struct delivery d;
	place_open(&p, house, "");
	mp_fake_say(p.fake, p.address, FAKE_SAFE, "oAlice", "hi", 1, NULL, 0);
	static const struct { int code; enum delivered outcome; bool again; } cases[] = {
		{ -1, NOT_NOW, false }, { 45009, QUOTA_USED, true }, { 45011, QUOTA_USED, true }, { 43004, NEVER, false },
		{ 47001, NEVER, false }, { 45015, BY_HAND, false }, { 48001, BY_HAND, false }, { 40164, NOT_NOW, true },
	};
	assert_int_equal(told(&p, "oAlice", "one"), DELIVERED);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		mp_fake_fail(p.fake, "custom/send", cases[i].code, 1, 0);
		d = say_to(&p, house->store, "oAlice", "text", "{\"text\":\"x\"}");
		assert_int_equal(d.outcome, cases[i].outcome);
		assert_int_equal(d.again.ms > clock_now().ms, cases[i].again);
		assert_true(d.why.len > 0);
	}
	assert_str(trouble_of(&p), "40164 invalid ip 203.0.113.9, not in whitelist rid: 65f2");
	for (int i = 0; i < 3; i++)               /* one was used, and the 45015 counts as used: the platform knows better */
		assert_int_equal(told(&p, "oAlice", "more"), DELIVERED);
	assert_str(trouble_of(&p), "");
	assert_int_equal(told(&p, "oAlice", "more"), BY_HAND);
	place_close(&p);
}

PROMISE(mp_token, "a token that ended or was replaced is renewed once and the message leaves; the secret's trouble is shown and goes")
{
	struct place p;
	place_open(&p, house, "");
	mp_fake_say(p.fake, p.address, FAKE_SAFE, "oAlice", "hi", 1, NULL, 0);
	assert_int_equal(told(&p, "oAlice", "1"), DELIVERED);
	mp_fake_expire(p.fake);
	assert_int_equal(told(&p, "oAlice", "2"), DELIVERED);
	assert_int_equal(mp_fake_calls(p.fake, "stable_token"), 2);
	/* The same token again from the platform although it refuses it: asked for by force, once. */
	mp_fake_fail(p.fake, "custom/send", 40001, 1, 0);
	assert_int_equal(told(&p, "oAlice", "3"), DELIVERED);
	assert_int_equal(mp_fake_calls(p.fake, "stable_token"), 4);
	assert_int_equal(mp_fake_sent(p.fake, "oAlice"), 3);
	mp_fake_expire(p.fake);
	mp_fake_bar(p.fake, true);
	assert_int_equal(told(&p, "oAlice", "4"), NOT_NOW);
	assert_true(str_starts(trouble_of(&p), S("40164 ")));
	mp_fake_bar(p.fake, false);
	assert_int_equal(told(&p, "oAlice", "5"), DELIVERED);
	assert_str(trouble_of(&p), "");
	mp_fake_fail(p.fake, "stable_token", 40125, 1, 0);
	mp_fake_expire(p.fake);
	assert_int_equal(told(&p, "oAlice", "6"), NOT_NOW);
	assert_true(str_starts(trouble_of(&p), S("40125 ")));
	place_close(&p);
}

struct racer { struct place *p; struct store *store; pthread_t thread; int delivered; };

static void *race(void *arg)
{
	struct racer *r = arg;
	ARENA_SCOPED a;
	arena_init(&a, 4 << 20);
	struct send send = { .id = { 1 }, .community = r->p->desk.community, .what = S("text"), .body = S("{\"text\":\"x\"}"), .key = S("k"),
	                     .person = S("oAlice") };
	struct delivery d = { 0 };
	if (deliver_once(r->store, site_options(r->p->desk.site)->settings, r->p->channel, &send, &a, &d) == 0)
		r->delivered = d.outcome == DELIVERED;
	return NULL;
}

PROMISE(mp_token_shared, "workers that all find the token gone ask for one, once; and no more messages leave than a window allows")
{
	struct place p;
	struct racer racers[8];
	int delivered = 0;
	place_open(&p, house, "");
	mp_fake_say(p.fake, p.address, FAKE_SAFE, "oAlice", "hi", 1, NULL, 0);
	mp_fake_fail(p.fake, "stable_token", 0, 1, 300);
	for (size_t i = 0; i < 8; i++) {
		racers[i] = (struct racer){ .p = &p, .store = house->store };
		pthread_create(&racers[i].thread, NULL, race, &racers[i]);
	}
	for (size_t i = 0; i < 8; i++) {
		pthread_join(racers[i].thread, NULL);
		delivered += racers[i].delivered;
	}
	assert_int_equal(mp_fake_calls(p.fake, "stable_token"), 1);
	assert_int_equal(delivered, 5);
	assert_int_equal(mp_fake_sent(p.fake, "oAlice"), 5);
	place_close(&p);
}

struct keeping { struct id community; struct str key; };

static int keep_file(struct tx *tx, void *arg)
{
	struct keeping *k = arg;
	struct pixels pixels = sample_photo(60, 60, 1);
	struct blob png = sample_png(tx_arena(tx), &pixels);
	pixels_free(&pixels);
	return file_keep(tx, k->community, png, "image/png", &k->key);
}

PROMISE(mp_pictures, "a picture is uploaded once and sent to many; one the platform has forgotten is uploaded anew")
{
	struct place p;
	struct keeping k;
	place_open(&p, house, "");
	k.community = p.desk.community;
	assert_int_equal(store_write(house->store, k.community, &house->arena, keep_file, &k), 0);
	const char *body = text(&p.desk, "{\"file\":\"%.*s\"}", STR(k.key));
	mp_fake_say(p.fake, p.address, FAKE_SAFE, "oAlice", "hi", 1, NULL, 0);
	mp_fake_say(p.fake, p.address, FAKE_SAFE, "oBob", "hi", 2, NULL, 0);
	assert_int_equal(say_to(&p, house->store, "oAlice", "image", body).outcome, DELIVERED);
	assert_int_equal(say_to(&p, house->store, "oBob", "image", body).outcome, DELIVERED);
	assert_int_equal(mp_fake_calls(p.fake, "media/upload"), 1);
	mp_fake_fail(p.fake, "custom/send", 40007, 1, 0);
	assert_int_equal(say_to(&p, house->store, "oBob", "image", body).outcome, NOT_NOW);
	assert_int_equal(say_to(&p, house->store, "oBob", "image", body).outcome, DELIVERED);
	assert_int_equal(mp_fake_calls(p.fake, "media/upload"), 2);
	assert_int_equal(say_to(&p, house->store, "oBob", "image", "{\"file\":\"aaaaaaaaaaaaaaaaaaaaaa\"}").outcome, NEVER);
	assert_int_equal(say_to(&p, house->store, "oBob", "link", "{\"title\":\"t\",\"text\":\"d\",\"url\":\"https://q.example.com/\",\"picture\":\"\"}").outcome,
	                 DELIVERED);
	assert_int_equal(say_to(&p, house->store, "oBob", "mute", "{}").outcome, BY_HAND);
	place_close(&p);
}

PROMISE(mp_menu_message, "words to choose from are taps in the chat; a tap is heard as its word")
{
	struct place p;
	place_open(&p, house, "");
	mp_fake_say(p.fake, p.address, FAKE_SAFE, "oAlice", "hi", 1, NULL, 0);
	const char *body = "{\"text\":\"想了解什么？\\n回复「进群」「活动」\",\"head\":\"想了解什么？\",\"choices\":[\"进群\",\"活动\"]}";
	assert_int_equal(say_to(&p, house->store, "oAlice", "text", body).outcome, DELIVERED);
	const char *sent = mp_fake_message(p.fake, "oAlice", 0);
	assert_non_null(strstr(sent, "\"msgtype\":\"msgmenu\",\"msgmenu\":{\"head_content\":\"想了解什么？\",\"list\":[{\"id\":\"1\","
		"\"content\":\"进群\"},{\"id\":\"2\",\"content\":\"活动\"}]"));
	assert_int_equal(say_to(&p, house->store, "oAlice", "text", "{\"text\":\"x\",\"choices\":[]}").outcome, DELIVERED);
	assert_non_null(strstr(mp_fake_message(p.fake, "oAlice", 1), "\"msgtype\":\"text\""));
	place_close(&p);
}

PROMISE(mp_template, "a template message needs no window, and carries each value as the platform wants it")
{
	struct place p;
	struct delivery d;
	place_open(&p, house, "");
	mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "subscribe", "", 0);
	d = say_to(&p, house->store, "oAlice", "template",
	           "{\"template\":\"TPL_1\",\"url\":\"https://q.example.com/t/x\",\"values\":{\"thing1\":\"还差 2 位\",\"time2\":\"10:00\"}}");
	assert_int_equal(d.outcome, DELIVERED);
	assert_str(d.number, "2400001");
	assert_non_null(strstr(mp_fake_message(p.fake, "oAlice", 0), "\"thing1\":{\"value\":\"还差 2 位\"}"));
	d = say_to(&p, house->store, "oAlice", "template", "{\"template\":\"no\",\"values\":{\"a\":\"b\"}}");
	assert_int_equal(d.outcome, NEVER);
	place_close(&p);
}

/* ---- In whatever order ---- */

struct fact { const char *event, *key; int64_t at; };

static const struct fact facts[] = {
	{ "subscribe", "qrscene_h-shop", 100 }, { "SCAN", "h-shop", 160 }, { "unsubscribe", "", 220 }, { "subscribe", "", 280 },
	{ "unsubscribe", "", 340 },
};
#define FACTS (sizeof facts / sizeof *facts)

/* Is she one whom the account still reaches? */
static bool reached(struct place *p, struct id member)
{
	struct reply r = post(p->desk.operator, at(&p->desk, "/sends"), text(&p->desk,
		"{\"member_id\":\"%lld\",\"what\":\"text\",\"text\":\"在吗\",\"key\":\"ask-%lld\"}", (long long)member.n, (long long)member.n));
	assert_int_equal(r.status / 100, 2);
	return !str_is(json_at(&r, "state"), "hand");
}

PROMISE(mp_orders, "follows, scans and leavings told twice and in any order count once each, and what is true is what happened last")
{
	struct place p;
	uint32_t seed = 11;
	place_open(&p, house, "");
	int64_t began = clock_now().ms / 1000 - 600;
	for (int fan = 0; fan < 24; fan++) {
		const char *openid = text(&p.desk, "oFan%02d", fan);
		size_t order[2 * FACTS];
		for (size_t i = 0; i < 2 * FACTS; i++) {          /* each twice, shuffled */
			size_t at = (seed = seed * 1664525u + 1013904223u) >> 8;
			order[i] = i % FACTS;
			size_t swap = at % (i + 1), was = order[swap];
			order[swap] = order[i], order[i] = was;
		}
		for (size_t i = 0; i < 2 * FACTS; i++) {
			const struct fact *f = &facts[order[i]];
			if (fan % 2 == 0 && f->at == 340)             /* half of them stay */
				continue;
			assert_int_equal(mp_fake_event(p.fake, p.address, FAKE_SAFE, openid, f->event, f->key, began + f->at), 200);
		}
	}
	assert_int_equal(count_of(&p, "channel_followed"), 48);
	assert_int_equal(count_of(&p, "channel_scanned"), 24);
	assert_int_equal(count_of(&p, "channel_unfollowed"), 36);
	struct reply list = get(p.desk.owner, at(&p.desk, "/members?limit=100"));
	assert_int_equal(json_length(&list, "items"), 24);
	int64_t stay = 0;
	for (size_t i = 0; i < 24; i++)
		stay += reached(&p, (struct id){ number_at(&list, text(&p.desk, "items.%zu.id", i)) });
	assert_int_equal(stay, 12);
	place_close(&p);
}

/* ---- Template messages: arrived or not ---- */

static struct str send_state(struct place *p, struct id send, const char *what)
{
	struct reply r = get(p->desk.operator, at(&p->desk, "/sends?limit=50"));
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		if (number_at(&r, text(&p->desk, "items.%zu.id", i)) == send.n)
			return str_copy(&p->desk.house->arena, json_at(&r, text(&p->desk, "items.%zu.%s", i, what)));
	return S("");
}

struct templated { struct place *p; const char *key; struct id send; };

static int put_template(struct tx *tx, void *arg)
{
	struct templated *t = arg;
	struct id member;
	int r = member_find(tx, t->p->desk.community, S("mp"), S("oAlice"), &member);
	struct outgoing o = { .channel = t->p->channel, .member = member, .what = "template", .key = str_of(t->key), .reason = S("test"),
		.body = S("{\"template\":\"TPL_1\",\"url\":\"\",\"values\":{\"thing1\":\"还差 2 位\"}}"), .prompt = true };
	return r < 0 ? r : outbox_put(tx, t->p->desk.community, &o, &t->send);
}

/* Put, and delivered by an outbox. */
static struct id template_sent(struct place *p, const char *key)
{
	struct templated t = { .p = p, .key = key };
	struct outbox_options options = { .store = p->desk.house->store, .settings = site_options(p->desk.site)->settings, .threads = 1 };
	struct outbox *outbox;
	int before = mp_fake_sent(p->fake, "oAlice");
	assert_int_equal(store_write(p->desk.house->store, p->desk.community, &p->desk.house->arena, put_template, &t), 1);
	assert_int_equal(outbox_start(&options, &outbox), 0);
	assert_true(comes(mp_fake_sent(p->fake, "oAlice") > before));
	outbox_stop(outbox);
	return t.send;
}

static void finished(struct place *p, const char *words, int64_t at)
{
	assert_int_equal(mp_fake_event(p->fake, p->address, FAKE_SAFE, "oAlice", "TEMPLATESENDJOBFINISH", words, at), 200);
	clock_set((struct instant){ clock_now().ms + 5 * SECOND });
	assert_true(jobs_run_due(p->desk.house->store, site_options(p->desk.site)->settings, features) >= 0);
	clock_set((struct instant){ 0 });
}

PROMISE(mp_finish, "a template message counts as arrived when the platform says so; one it could not deliver lies with the dead letters, with its words")
{
	struct place p;
	int64_t now = clock_now().ms / 1000;
	place_open(&p, house, "");
	mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "subscribe", "", 0);
	struct id one = template_sent(&p, "t1"), two = template_sent(&p, "t2"), three = template_sent(&p, "t3");
	assert_str(send_state(&p, one, "state"), "sent");
	assert_str(send_state(&p, one, "arrived_at"), "null");
	finished(&p, "2400001 success", now);
	assert_str(send_state(&p, one, "state"), "sent");
	assert_false(str_is(send_state(&p, one, "arrived_at"), "null"));
	for (int again = 0; again < 2; again++)
		finished(&p, "2400002 failed:user block", now + 1);
	assert_str(send_state(&p, two, "state"), "dead");
	assert_str(send_state(&p, two, "why"), "failed:user block");
	finished(&p, "2400003 failed: system failed", now + 2);
	assert_str(send_state(&p, three, "why"), "failed: system failed");
	finished(&p, "99 failed: system failed", now + 3);        /* another program's */
	assert_int_equal(count_of(&p, "mp_template_done"), 3);
	/* The platform's word comes before its answer to us. */
	finished(&p, "2400004 failed:user block", now + 4);
	struct id four = template_sent(&p, "t4");
	clock_set((struct instant){ clock_now().ms + MINUTE });
	assert_true(jobs_run_due(house->store, site_options(p.desk.site)->settings, features) >= 0);
	clock_set((struct instant){ 0 });
	assert_str(send_state(&p, four, "state"), "dead");
	place_close(&p);
}

/* ---- Codes, menu, people ---- */

static void work(struct place *p) { assert_true(jobs_run_due(p->desk.house->store, site_options(p->desk.site)->settings, features) >= 0); }

PROMISE(mp_codes, "a code is made by the platform within seconds, counts who came by it, and says what stands in its way")
{
	struct place p;
	place_open(&p, house, "");
	const char *list = at(&p.desk, "/channels/%lld/codes", (long long)p.channel.n);
	struct id shop = made(p.desk.operator, list, "{\"title\":\"徐汇店\",\"scene\":\"shop-1\",\"permanent\":true}");
	assert_reply(post(p.desk.operator, list, "{\"title\":\"再来\",\"scene\":\"shop-1\",\"permanent\":true}"), 409, "name_taken");
	assert_reply(post(p.desk.operator, list, "{\"title\":\"x\",\"scene\":\"t-abc\",\"permanent\":false}"), 400, "bad_pattern");
	assert_reply(post(p.desk.reader, list, "{\"title\":\"x\",\"permanent\":false}"), 403, "forbidden");
	struct reply r = get(p.desk.reader, at(&p.desk, "/mp-codes/%lld/picture", (long long)shop.n));
	assert_str(header_of(&r, "Content-Type"), "image/svg+xml");
	work(&p);
	r = get(p.desk.reader, list);
	assert_str(json_at(&r, "items.0.url"), "http://weixin.qq.com/q/shop-1_1");
	assert_int_equal(get(p.desk.reader, at(&p.desk, "/mp-codes/%lld/picture", (long long)shop.n)).status, 200);
	mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "subscribe", "qrscene_shop-1", 0);
	mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "SCAN", "shop-1", 0);
	made(p.desk.operator, list, "{\"title\":\"临时\",\"permanent\":false,\"days\":3}");
	mp_fake_fail(p.fake, "qrcode/create", 45029, 1, 0);
	work(&p);
	r = get(p.desk.reader, list);
	assert_str(json_at(&r, "items.0.trouble"), "45029 invalid rid: 65f2");
	assert_str(json_at(&r, "items.1.follows"), "1");
	assert_str(json_at(&r, "items.1.scans"), "1");
	assert_int_equal(del(p.desk.operator, at(&p.desk, "/mp-codes/%lld", (long long)shop.n)).status, 204);
	assert_int_equal(json_length(&r, "items"), 2);
	assert_int_equal(get(p.desk.stranger, list).status, 404);
	place_close(&p);
}

PROMISE(mp_codes_last, "a code wanted for longer than the platform keeps one is permanent; without a permanent one left it is temporary, made anew in time")
{
	struct place p;
	place_open(&p, house, "");
	const char *list = at(&p.desk, "/channels/%lld/codes", (long long)p.channel.n);
	made(p.desk.operator, list, "{\"title\":\"海报\",\"permanent\":false,\"days\":90}");
	work(&p);
	struct reply r = get(p.desk.reader, list);
	assert_str(json_at(&r, "items.0.permanent"), "true");
	assert_str(json_at(&r, "items.0.expires_at"), "null");
	mp_fake_fail(p.fake, "qrcode/create", 45029, 1, 0);
	made(p.desk.operator, list, "{\"title\":\"展架\",\"permanent\":false,\"days\":90}");
	work(&p);
	work(&p);
	r = get(p.desk.reader, list);
	assert_str(json_at(&r, "items.0.permanent"), "false");
	assert_str(json_at(&r, "items.0.trouble"), "");
	int64_t ends = number_at(&r, "items.0.expires_at"), wanted = number_at(&r, "items.0.wanted_until");
	assert_true(ends > clock_now().ms + 29 * DAY && ends < wanted);
	struct str first = str_copy(&house->arena, json_at(&r, "items.0.url"));
	clock_set((struct instant){ ends - DAY });
	struct str why;
	struct job_context jc = { house->store, site_options(p.desk.site)->settings, features, &house->arena };
	assert_int_equal(feature_mp_code.jobs[1].run(&jc, &(struct job){ .id = { 1 } }, &why), 0);
	work(&p);
	r = get(p.desk.owner, list);
	clock_set((struct instant){ 0 });
	assert_false(str_equal(json_at(&r, "items.0.url"), first));
	assert_true(number_at(&r, "items.0.expires_at") > ends + 20 * DAY);
	place_close(&p);
}

PROMISE(mp_menu, "a menu is told to the platform as it wants it, and what it says stands beside")
{
	struct place p;
	place_open(&p, house, "");
	const char *path = at(&p.desk, "/channels/%lld/menu", (long long)p.channel.n);
	static const char good[] = "{\"buttons\":[{\"name\":\"活动\",\"does\":\"keyword\",\"word\":\"领海报\",\"below\":[]},"
		"{\"name\":\"我的\",\"does\":\"menu\",\"word\":\"\",\"below\":[{\"name\":\"官网\",\"does\":\"address\",\"word\":\"https://example.com/\"}]}]}";
	struct reply r = get(p.desk.reader, path);
	assert_str(json_at(&r, "state"), "none");
	assert_reply(put(p.desk.operator, path, "{\"buttons\":[{\"name\":\"a\",\"does\":\"menu\",\"word\":\"\",\"below\":[]}]}"), 400, "missing_field");
	assert_reply(put(p.desk.operator, path, "{\"buttons\":[{\"name\":\"a\",\"does\":\"address\",\"word\":\"javascript:x\",\"below\":[]}]}"), 400,
	             "bad_pattern");
	r = put(p.desk.operator, path, good);
	assert_str(json_at(&r, "state"), "waiting");
	work(&p);
	r = get(p.desk.reader, path);
	assert_str(json_at(&r, "state"), "shown");
	assert_string_equal(mp_fake_message(p.fake, "menu", 0), "{\"button\":[{\"name\":\"活动\",\"type\":\"click\",\"key\":\"领海报\"},"
		"{\"name\":\"我的\",\"sub_button\":[{\"name\":\"官网\",\"type\":\"view\",\"url\":\"https://example.com/\"}]}]}");
	mp_fake_fail(p.fake, "menu/create", 48001, 1, 0);
	put(p.desk.operator, path, good);
	work(&p);
	r = get(p.desk.reader, path);
	assert_str(json_at(&r, "state"), "refused");
	assert_true(str_starts(json_at(&r, "trouble"), S("48001")));
	place_close(&p);
}

static bool leads_to(const struct reply *r, const char *where)
{
	return r->status == 200 && memmem(r->body.at, r->body.len, where, strlen(where));
}

PROMISE(mp_sign, "a visitor inside WeChat is known as the follower they are; a stranger's word, a used code, a virtual user are not")
{
	struct place p;
	place_open(&p, house, ",{\"key\":\"sign_in\",\"text\":\"yes\"}");
	long long c = p.desk.community.n;
	struct browser *b = browser_open(p.desk.site), *thief = browser_open(p.desk.site);
	mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "subscribe", "", 0);
	struct reply r = get(b, text(&p.desk, "/w/%lld?back=%%2Ft%%2Fabc", c));
	assert_int_equal(r.status, 302);
	struct str to = header_of(&r, "Location");
	const char *found = memmem(to.at, to.len, "&state=", 7);
	assert_true(str_starts(to, str_of(mp_fake_url(p.fake))) && found);
	const char *state = text(&p.desk, "%.*s", 24, found + 7);
	/* Somebody else's browser with our word; our browser with another word. */
	get(thief, text(&p.desk, "/w/%lld?back=/t/x", c));
	assert_int_equal(get(thief, text(&p.desk, "/w/%lld/back?code=CODE_1_oMallory&state=%s", c, state)).status, 200);
	assert_int_equal(get(b, text(&p.desk, "/w/%lld/back?code=CODE_1_oMallory&state=aaaaaaaaaaaaaaaaaaaaaaaa", c)).status, 200);
	assert_int_equal(get(b, text(&p.desk, "/w/%lld/back?code=CODE_1_oAlice&state=%s", c, state)).status, 200);
	r = get(b, text(&p.desk, "/w/%lld/wait", c));
	assert_true(leads_to(&r, text(&p.desk, "1;url=/w/%lld/wait", c)));
	work(&p);
	r = get(b, text(&p.desk, "/w/%lld/wait", c));
	assert_true(leads_to(&r, "0;url=/t/abc"));
	assert_int_equal(mp_fake_calls(p.fake, "sns/oauth2/access_token"), 1);
	struct reply list = get(p.desk.owner, at(&p.desk, "/members"));
	assert_int_equal(json_length(&list, "items"), 1);
	/* They are known: not asked again. A virtual user stays a stranger. */
	const char *card = text(&p.desk, "/api/w/%lld/card?url=http%%3A%%2F%%2F127.0.0.1%%3A%d%%2Ft%%2Fabc", c, site_port(p.desk.site));
	r = get(b, card);
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "sign_in"), "");
	mp_fake_virtual(p.fake, true);
	r = get(thief, text(&p.desk, "/w/%lld?back=/t/x", c));
	to = header_of(&r, "Location");
	state = text(&p.desk, "%.*s", 24, (const char *)memmem(to.at, to.len, "&state=", 7) + 7);
	get(thief, text(&p.desk, "/w/%lld/back?code=CODE_2_oMallory&state=%s", c, state));
	work(&p);
	list = get(p.desk.owner, at(&p.desk, "/members"));
	assert_int_equal(json_length(&list, "items"), 1);
	static const char *const nowhere[] = { "https://evil.example/", "//evil.example", "/t/x%0d%0aA:b", "/\\evil.example", "/c/1/today", "" };
	for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
	{
		r = get(b, text(&p.desk, "/w/%lld?back=%s", c, nowhere[i]));
		assert_true(r.status == 400 || leads_to(&r, text(&p.desk, "0;url=/me/%lld\"", c)));
	}
	browser_close(b);
	browser_close(thief);
	place_close(&p);
}

/* ---- One message, allowed in advance ---- */

#define ONCE ",{\"key\":\"sign_in\",\"text\":\"yes\"},{\"key\":\"once_template\",\"text\":\"" FAKE_ONCE "\"}"

static const char *fake_confirm_json(struct place *p) { return text(&p->desk, ",{\"key\":\"confirm\",\"text\":\"%s\"}", mp_fake_url(p->fake)); }

/* This browser becomes oAlice's. */
static void sign_in(struct place *p, struct browser *b)
{
	long long c = p->desk.community.n;
	struct reply r = get(b, text(&p->desk, "/w/%lld?back=%%2Ft%%2Fabc", c));
	struct str to = header_of(&r, "Location");
	get(b, text(&p->desk, "/w/%lld/back?code=CODE_1_oAlice&state=%.24s", c, (const char *)memmem(to.at, to.len, "&state=", 7) + 7));
	work(p);
}

/* Sent to the platform's question, and back with this answer, as the address says or with `openid` in it. */
static struct reply asked_once(struct place *p, struct browser *b, const char *openid, bool yes)
{
	char back[1000];
	struct reply r = get(b, text(&p->desk, "/w/%lld/once?back=%%2Ft%%2Fabc", (long long)p->desk.community.n));
	assert_int_equal(r.status, 302);
	assert_true(mp_fake_confirm(p->fake, text(&p->desk, "%.*s", STR(header_of(&r, "Location"))), openid, yes, back, sizeof back));
	return get(b, text(&p->desk, "%s", strstr(back, "/w/")));
}

struct reserving { struct place *p; int64_t send; bool is; int kept; };

static int keep_once(struct tx *tx, void *arg)
{
	struct reserving *k = arg;
	int r = mp_once_is(tx, k->p->desk.community, k->p->channel, S("oAlice"), &k->is);
	k->kept = r < 0 || !k->send ? 0 : mp_once_keep(tx, k->p->desk.community, k->p->channel, S("oAlice"), (struct id){ k->send });
	return r < 0 ? r : k->kept < 0 ? k->kept : 0;
}

static bool allowed_once(struct place *p, int64_t keep_for)
{
	struct reserving k = { .p = p, .send = keep_for };
	assert_int_equal(store_write(p->desk.house->store, p->desk.community, &p->desk.house->arena, keep_once, &k), 0);
	assert_true(!keep_for || k.kept == k.is);
	return k.is;
}

#define TITLED(text) ",{\"key\":\"once_title\",\"text\":\"" text "\"}"

PROMISE(mp_allowed, "a fan allows one message on a page of ours; it leaves once, long after the 48 hours, and then another must be allowed")
{
	struct place p;
	place_open(&p, house, ONCE);
	/* Its title has fifteen characters, whatever their bytes. */
	const char *channel = at(&p.desk, "/channels/%lld", (long long)p.channel.n);
	assert_int_equal(put(p.desk.owner, channel, settings_json(&p, ONCE TITLED("车友会活动最新进展通知一二三四五"))).status, 400);
	assert_int_equal(put(p.desk.owner, channel, settings_json(&p, ONCE TITLED("车友会活动最新进展通知一二三四"))).status, 200);
	assert_int_equal(put(p.desk.owner, channel, settings_json(&p, text(&p.desk, "%s%s", ONCE, fake_confirm_json(&p)))).status, 200);
	struct browser *b = browser_open(p.desk.site);
	long long c = p.desk.community.n;
	const char *body = "{\"once\":\"活动进展\",\"text\":\"还差 2 位\",\"url\":\"https://q.example.com/t/x\"}";
	mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "subscribe", "", 0);
	mp_fake_event(p.fake, p.address, FAKE_SAFE, "oBob", "subscribe", "", 0);
	struct reply r = get(b, text(&p.desk, "/w/%lld/once?back=/t/abc", c));
	assert_true(leads_to(&r, "0;url=/t/abc"));                    /* nobody's browser yet */
	sign_in(&p, b);
	mp_fake_later(p.fake, 72 * HOUR);
	assert_int_equal(say_to(&p, house->store, "oAlice", "template", body).outcome, NEVER);
	r = asked_once(&p, b, "oAlice", false);
	assert_true(leads_to(&r, "0;url=/t/abc"));
	assert_false(allowed_once(&p, 0));
	asked_once(&p, b, "oBob", true);                              /* another's openid in her address is no yes of hers */
	assert_false(allowed_once(&p, 0));
	r = asked_once(&p, b, "oAlice", true);
	assert_true(leads_to(&r, "0;url=/t/abc"));
	assert_true(allowed_once(&p, 7));
	mp_fake_fail(p.fake, "message/template/subscribe", -1, 1, 0);
	assert_int_equal(say_to(&p, house->store, "oAlice", "template", body).outcome, NOT_NOW);
	struct delivery d = say_to(&p, house->store, "oAlice", "template", body);
	assert_int_equal(d.outcome, DELIVERED);
	assert_non_null(strstr(mp_fake_message(p.fake, "oAlice", 0), "\"scene\":\"1\",\"url\":\"https://q.example.com/t/x\",\"title\":\"活动进展\","
		"\"data\":{\"content\":{\"value\":\"还差 2 位\"}}}"));
	assert_int_equal(say_to(&p, house->store, "oAlice", "template", body).outcome, NEVER);
	assert_false(allowed_once(&p, 0));
	for (int i = 0; i < 3; i++)
		asked_once(&p, b, "oAlice", true);
	r = get(b, text(&p.desk, "/w/%lld/once?back=/t/abc", c));       /* three wait: enough */
	assert_true(leads_to(&r, "0;url=/t/abc"));
	assert_true(allowed_once(&p, 7));
	mp_fake_fail(p.fake, "message/template/subscribe", 43101, 1, 0);
	d = say_to(&p, house->store, "oAlice", "template", body);
	assert_int_equal(d.outcome, NEVER);
	assert_true(str_starts(d.why, S("43101")));
	assert_true(allowed_once(&p, 7));
	assert_int_equal(say_to(&p, house->store, "oAlice", "template", body).outcome, DELIVERED);
	assert_int_equal(mp_fake_sent(p.fake, "oAlice"), 2);
	browser_close(b);
	place_close(&p);
}

PROMISE(mp_allowed_bad, "what comes back must be what was asked: its word, its template, its scene, once and within ten minutes, in the same browser")
{
	struct place p;
	place_open(&p, house, ONCE);
	long long c = p.desk.community.n;
	struct browser *b = browser_open(p.desk.site), *thief = browser_open(p.desk.site);
	mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "subscribe", "", 0);
	sign_in(&p, b);
	static const char *const wrong[] = { "template_id=other&scene=1", "template_id=" FAKE_ONCE "&scene=2", "template_id=" FAKE_ONCE,
		"template_id=" FAKE_ONCE "&scene=1&action=cancel" };
	for (size_t i = 0; i <= sizeof wrong / sizeof *wrong; i++) {
		struct reply r = get(b, text(&p.desk, "/w/%lld/once?back=%%2Ft%%2Fabc", c));
		struct str to = header_of(&r, "Location");
		assert_true(str_starts(to, S("https://mp.weixin.qq.com/mp/subscribemsg?action=get_confirm&appid=" FAKE_APPID "&scene=1&template_id=")));
		const char *word = text(&p.desk, "%.24s", (const char *)memmem(to.at, to.len, "&reserved=", 10) + 10);
		const char *right = "template_id=" FAKE_ONCE "&scene=1";
		if (i == 0) {
			get(thief, text(&p.desk, "/w/%lld/once/back?openid=oAlice&action=confirm&%s&reserved=%s", c, right, word));
			get(b, text(&p.desk, "/w/%lld/once/back?openid=oAlice&action=confirm&%s&reserved=aaaaaaaaaaaaaaaaaaaaaaaa", c, right));
		}
		bool late = i == sizeof wrong / sizeof *wrong;
		if (late)
			clock_set((struct instant){ clock_now().ms + 11 * MINUTE });
		get(b, text(&p.desk, "/w/%lld/once/back?openid=oAlice&action=confirm&%s&reserved=%s", c, late ? right : wrong[i], word));
		clock_set((struct instant){ 0 });
		assert_false(allowed_once(&p, 0));
	}
	browser_close(b);
	browser_close(thief);
	place_close(&p);
}

PROMISE(mp_card, "a page of ours gets a signature once there is a ticket; an address elsewhere gets none")
{
	struct place p;
	place_open(&p, house, "");
	long long c = p.desk.community.n;
	struct browser *b = browser_open(p.desk.site);
	const char *card = text(&p.desk, "/api/w/%lld/card?url=http%%3A%%2F%%2F127.0.0.1%%3A%d%%2Ft%%2Fabc%%3Ffrom%%3Dqr%%23x", c,
	                        site_port(p.desk.site));
	struct reply r = get(b, card);
	assert_str(json_at(&r, "appid"), "");
	work(&p);
	r = get(b, card);
	assert_str(json_at(&r, "appid"), FAKE_APPID);
	assert_int_equal(json_at(&r, "signature").len, 40);
	get(b, card);
	work(&p);
	assert_int_equal(mp_fake_calls(p.fake, "getticket"), 1);
	assert_int_equal(get(b, text(&p.desk, "/api/w/%lld/card?url=https%%3A%%2F%%2Fevil.example%%2F", c)).status, 400);
	assert_int_equal(get(b, text(&p.desk, "/api/w/%lld/card?url=http%%3A%%2F%%2F127.0.0.1%%3A%d.evil.example%%2F", c, site_port(p.desk.site))).status,
	                 400);
	browser_close(b);
	place_close(&p);
}

PROMISE(mp_union, "who follows two accounts of one owner is one member, as far as the platform tells")
{
	struct place p;
	place_open(&p, house, "");
	mp_fake_unite(p.fake, "oAlice", "uA");
	mp_fake_event(p.fake, p.address, FAKE_SAFE, "oAlice", "subscribe", "", 0);
	struct str why;
	struct job_context jc = { house->store, site_options(p.desk.site)->settings, features, &house->arena };
	for (int i = 0; i < 2; i++)
		assert_int_equal(feature_mp_fan.jobs[0].run(&jc, &(struct job){ .id = { 1 } }, &why), 0);
	assert_int_equal(mp_fake_calls(p.fake, "user/info/batchget"), 1);
	struct reply list = get(p.desk.owner, at(&p.desk, "/members"));
	struct reply one = get(p.desk.owner, at(&p.desk, "/members/%.*s", STR(json_at(&list, "items.0.id"))));
	assert_non_null(memmem(one.body.at, one.body.len, "\"uA\"", 4));
	place_close(&p);
}
