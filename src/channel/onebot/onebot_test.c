/* onebot_test.c: OneBot 11 as it is written, and as its implementations speak it. */
#include "channel/onebot/onebot.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include "base/arena.h"
#include "channel/outbox/outbox.h"
#include "deliver.h"
#include "fake_onebot.h"
#include "groups/roster.h"
#include "people/desk_test.h"
#include "people/member.h"
#include "test.h"

extern const struct feature *const features[];

#define SECRET "ob-secret-2026"

static struct str cq(struct arena *arena, void (*quote)(struct buf *, struct str), struct str text)
{
	BUF_SCOPED b;
	buf_init(&b, 1 << 16);
	quote(&b, text);
	return str_copy(arena, buf_view(&b));
}

TEST(onebot_vectors, "the sheet's signature and quotings come out as they stand there")
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	struct str body = S("{\"time\":1767225600,\"self_id\":10001,\"post_type\":\"meta_event\",\"meta_event_type\":\"heartbeat\","
	                    "\"status\":{\"online\":true,\"good\":true},\"interval\":5000}");
	struct blob bytes = { body.at, body.len };
	assert_true(onebot_signature_holds(S(SECRET), bytes, S("sha1=7a2085895bc62319802b5865ea2a15f1b3515b6c")));
	assert_false(onebot_signature_holds(S(SECRET), bytes, S("sha1=7a2085895bc62319802b5865ea2a15f1b3515b6d")));
	assert_false(onebot_signature_holds(S(SECRET), bytes, S("7a2085895bc62319802b5865ea2a15f1b3515b6c")));
	assert_false(onebot_signature_holds(S(""), bytes, S("sha1=7a2085895bc62319802b5865ea2a15f1b3515b6c")));
	assert_str(cq(&arena, cq_text, S("a&[b],c")), "a&amp;&#91;b&#93;,c");
	assert_str(cq(&arena, cq_value, S("a&[b],c")), "a&amp;&#91;b&#93;&#44;c");

	struct segments all;
	assert_int_equal(segments_of_text(S("[CQ:share,url=http://x/?a=1&amp;b=2,title=a&amp;&#91;b&#93;&#44;c]"), &arena, &all), 0);
	assert_int_equal(all.count, 1);
	assert_str(all.at[0].type, "share");
	assert_str(segment_get(&all.at[0], "url"), "http://x/?a=1&b=2");
	assert_str(segment_get(&all.at[0], "title"), "a&[b],c");
}

TEST(onebot_codes, "codes and text are told apart; what is no code stays text; quoting is read once")
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	static const struct { const char *text; size_t count; const char *words; } all[] = {
		{ "", 0, "" }, { "群里好", 1, "群里好" }, { "看图 [CQ:image,file=a.jpg] 吧", 3, "看图  吧" },
		{ "[CQ:face,id=178]", 1, "" }, { "[CQ:at,qq=all]大家好", 2, "大家好" }, { "[CQ:", 1, "[CQ:" }, { "a[CQ:image", 1, "a[CQ:image" },
		{ "&amp;#91;x&#91;", 1, "&#91;x[" }, { "[[CQ:face,id=1]]", 3, "[]" }, { "&#44;&amp", 1, ",&amp" },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct segments got;
		assert_int_equal(segments_of_text(str_of(all[i].text), &arena, &got), 0);
		assert_int_equal(got.count, all[i].count);
		assert_str(segments_words(&got, &arena), all[i].words);
	}
}

TEST(onebot_events, "each kind of event is read, in the words of each implementation; what is no event is refused")
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	struct onebot_event e;
#define IS(json, wanted) assert_int_equal(onebot_read(S(json), &arena, &e), 0); assert_int_equal(e.kind, wanted)
#define HEAD "{\"time\":1767225600,\"self_id\":10001,"
	IS(HEAD "\"post_type\":\"message\",\"message_type\":\"group\",\"sub_type\":\"normal\",\"message_id\":-77,"
	   "\"group_id\":\"600\",\"user_id\":42,"
	   "\"message\":"
	   "\"[CQ:at,qq=10001] 加油&#91;1&#93;\",\"sender\":{\"nickname\":\"老王\",\"card\":\"杭州 老王\",\"role\":\"admin\"}}",
	   ONEBOT_GROUP_MESSAGE);
	assert_str(e.number, "-77");
	assert_str(e.group, "600");
	assert_str(e.words, "加油[1]");
	assert_true(e.mentions_us);
	assert_str(e.card, "杭州 老王");
	assert_true(e.at.ms == 1767225600000);
	IS(HEAD "\"post_type\":\"message\",\"message_type\":\"group\",\"message_id\":1,\"group_id\":600,"
	   "\"user_id\":42,\"message_format\":\"array\","
	   "\"message\":[{\"type\":\"reply\",\"data\":{\"id\":\"55\"}},{\"type\":\"image\",\"data\":{\"file\":\"a\","
		"\"url\":\"http://x/a\"}}]}",
	   ONEBOT_GROUP_MESSAGE);
	assert_str(e.what, "image");
	assert_str(e.media, "http://x/a");
	assert_str(e.reply_to, "55");
	IS(HEAD "\"post_type\":\"message_sent\",\"message_type\":\"group\",\"message_id\":1,\"group_id\":600,"
	   "\"user_id\":10001,\"message\":\"x\"}", ONEBOT_OTHER);
	IS(HEAD "\"post_type\":\"notice\",\"notice_type\":\"group_increase\",\"sub_type\":\"invite\","
	   "\"group_id\":600,\"user_id\":43,\"operator_id\":42}", ONEBOT_JOINED);
	assert_str(e.operator, "42");
	IS(HEAD "\"post_type\":\"notice\",\"notice_type\":\"group_decrease\",\"sub_type\":\"kick\",\"group_id\":600,"
	   "\"user_id\":43,\"operator_id\":42}", ONEBOT_REMOVED);
	IS(HEAD "\"post_type\":\"notice\",\"notice_type\":\"group_decrease\",\"sub_type\":\"disband\","
	   "\"group_id\":600,\"user_id\":0}", ONEBOT_GROUP_GONE);
	IS(HEAD "\"post_type\":\"notice\",\"notice_type\":\"group_dismiss\",\"group_id\":600,\"user_id\":0}", ONEBOT_GROUP_GONE);
	IS(HEAD "\"post_type\":\"notice\",\"notice_type\":\"group_ban\",\"sub_type\":\"lift_ban\",\"group_id\":600,"
	   "\"user_id\":0,\"duration\":-1}", ONEBOT_MUTED);
	assert_int_equal(e.seconds, -1);
	IS(HEAD "\"post_type\":\"request\",\"request_type\":\"group\",\"sub_type\":\"add\",\"group_id\":600,"
	   "\"user_id\":9,\"comment\":\"我是车主\",\"flag\":\"f1\"}", ONEBOT_ASKED);
	assert_str(e.flag, "f1");
	IS(HEAD "\"post_type\":\"meta_event\",\"meta_event_type\":\"heartbeat\",\"status\":{\"online\":false,"
	   "\"good\":true},\"interval\":5000}", ONEBOT_BEAT);
	assert_false(e.good);
	IS(HEAD "\"post_type\":\"news\"}", ONEBOT_OTHER);
	static const char *const none[] = { "", "{}", "[]", "{\"post_type\":5}", "x", "{\"post_type\":\"message\","
		"\"post_type\":\"message\"}",
		HEAD "\"post_type\":\"message\",\"message_type\":\"group\",\"user_id\":42,\"message\":\"x\"}",
		HEAD "\"post_type\":\"message\",\"message_type\":\"group\",\"message_id\":3,\"user_id\":42,\"message\":\"x\"}",
		HEAD "\"post_type\":\"message\",\"message_type\":\"group\",\"message_id\":3,\"group_id\":6,\"user_id\":42,\"message\":7}" };
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(onebot_read(str_of(none[i]), &arena, &e), E_INVALID);
#undef IS
}

/* ---- Through the door ---------------------------------------------------------------------------------- */

struct qq { struct desk d; struct id channel, group; struct str hook; };

static void open_qq(struct qq *q, struct house *house)
{
	desk_open(&q->d, house, features);
	q->channel = made(q->d.admin, at(&q->d, "/channels"), "{\"kind\":\"onebot\",\"name\":\"车友 QQ\",\"values\":["
		"{\"key\":\"api_url\",\"text\":\"http://127.0.0.1:1\"},{\"key\":\"secret\",\"text\":\"" SECRET "\"}]}");
	q->group = made(q->d.operator, at(&q->d, "/groups"), "{\"name\":\"车主群\",\"channel\":\"onebot\"}");
	struct reply r = post(q->d.admin, at(&q->d, "/channels/%lld/groups", (long long)q->channel.n),
	                      text(&q->d, "{\"subject\":\"600\",\"group_id\":\"%lld\"}", (long long)q->group.n));
	assert_int_equal(r.status, 200);
	r = get(q->d.admin, at(&q->d, "/channels/%lld", (long long)q->channel.n));
	struct str address = json_at(&r, "address");
	const char *slash = strrchr(str_z(&house->arena, address), '/');
	q->hook = str_format(&house->arena, "/api/in%s", slash);
}

static const char *signature(struct house *house, const char *body)
{
	unsigned char mac[64];
	unsigned len = 0;
	char line[80] = "X-Signature: sha1=";
	assert_non_null(HMAC(EVP_sha1(), SECRET, sizeof SECRET - 1, (const unsigned char *)body, strlen(body), mac, &len));
	for (unsigned i = 0; i < len; i++)
		snprintf(line + 18 + 2 * i, 3, "%02x", mac[i]);
	return str_z(&house->arena, str_of(line));
}

static int told(struct qq *q, struct house *house, const char *body, bool sign)
{
	browser_header(q->d.nobody, sign ? signature(house, body) : "X-Signature: sha1=00");
	struct reply r = ask(q->d.nobody, "POST", str_z(&house->arena, q->hook), "application/json", str_of(body));
	return r.status;
}

PROMISE(onebot_hears, "signed reports are heard once, ours and unsigned ones never; joinings, cards, mutes and recalls reach the list")
{
	struct qq q;
	open_qq(&q, house);
	const char *hello = "{\"time\":1767225600,\"self_id\":10001,\"post_type\":\"message\","
		"\"message_type\":\"group\",\"message_id\":5,\"group_id\":600,"
		"\"user_id\":42,\"message\":\"有人去自驾吗\",\"sender\":{\"nickname\":\"老王\"}}";
	assert_int_equal(told(&q, house, hello, false), 403);
	assert_int_equal(told(&q, house, hello, true), 200);
	assert_int_equal(told(&q, house, hello, true), 200);
	assert_int_equal(told(&q, house, "{\"time\":1767225601,\"self_id\":10001,\"post_type\":\"message\","
		"\"message_type\":\"group\",\"message_id\":6,"
		"\"group_id\":600,\"user_id\":10001,\"message\":\"我自己说的\"}", true), 200);
	assert_int_equal(told(&q, house, "{\"time\":1767225602,\"self_id\":10001,\"post_type\":\"notice\","
		"\"notice_type\":\"group_increase\","
		"\"sub_type\":\"approve\",\"group_id\":600,\"user_id\":43,\"operator_id\":42}", true), 200);
	assert_int_equal(told(&q, house, "{\"time\":1767225603,\"self_id\":10001,\"post_type\":\"notice\","
		"\"notice_type\":\"group_card\","
		"\"group_id\":600,\"user_id\":43,\"card_new\":\"嘉兴 安安\",\"card_old\":\"\"}", true), 200);
	struct reply r = get(q.d.reader, at(&q.d, "/groups/%lld/messages", (long long)q.group.n));
	assert_str(json_at(&r, "items.0.text"), "有人去自驾吗");
	assert_int_equal(json_at(&r, "items.1.text").len, 0);
	r = get(q.d.reader, at(&q.d, "/groups/%lld/seats", (long long)q.group.n));
	assert_str(json_at(&r, "items.0.card"), "嘉兴 安安");
	assert_int_equal(told(&q, house, "{\"time\":1767225604,\"self_id\":10001,\"post_type\":\"notice\","
		"\"notice_type\":\"group_recall\","
		"\"group_id\":600,\"user_id\":42,\"operator_id\":42,\"message_id\":5}", true), 200);
	r = get(q.d.reader, at(&q.d, "/groups/%lld/messages", (long long)q.group.n));
	assert_true(number_at(&r, "items.0.recalled_at") > 0);
	r = get(q.d.admin, at(&q.d, "/channels/%lld", (long long)q.channel.n));
	assert_str(json_at(&r, "subject"), "10001");
	assert_null(memmem(r.body.at, r.body.len, SECRET, strlen(SECRET)));
	assert_int_equal(told(&q, house, "{\"post_type\":", true), 400);
	desk_close(&q.d);
}

/* ---- Against a client ------------------------------------------------------------------------------------ */

static void open_against(struct qq *q, struct house *house, struct onebot_fake *fake)
{
	open_qq(q, house);
	struct reply r = ask(q->d.admin, "PUT", at(&q->d, "/channels/%lld", (long long)q->channel.n), "application/json",
		str_of(text(&q->d, "{\"kind\":\"onebot\",\"name\":\"车友 QQ\",\"values\":[{\"key\":\"api_url\",\"text\":\"http://127.0.0.1:%d/\"},"
		            "{\"key\":\"token\",\"text\":\"" FAKE_OB_TOKEN "\"}]}", onebot_fake_port(fake))));
	assert_int_equal(r.status, 200);
}

static struct delivery tell_them(struct qq *q, const char *what, const char *body, int64_t tries)
{
	struct send send = {
		.id = { 7 }, .community = q->d.community, .what = str_of(what), .body = str_of(body), .key = S("k"), .group_id = q->group,
		.group = S("600"), .tries = tries,
	};
	struct delivery d = { 0 };
	assert_int_equal(deliver_once(q->d.house->store, site_options(q->d.site)->settings, q->channel, &send, &q->d.house->arena, &d), 0);
	return d;
}

static struct id seat_named(struct qq *q, const char *nickname)
{
	struct reply r = get(q->d.reader, at(&q->d, "/groups/%lld/seats", (long long)q->group.n));
	for (int i = 0; i < 10; i++)
		if (str_is(json_at(&r, text(&q->d, "items.%d.nickname", i)), nickname)) {
			struct id id = { 0 };
			assert_true(str_to_int(json_at(&r, text(&q->d, "items.%d.member_id", i)), &id.n));
			return id;
		}
	fail_msg("nobody is called %s", nickname);
	return (struct id){ 0 };
}

PROMISE(onebot_says, "what the outbox gives is said and done as the client wants it; refusals come with its words and are not tried for ever")
{
	struct qq q;
	struct onebot_fake *fake = onebot_fake_open(0);
	open_against(&q, house, fake);
	const char *hook = text(&q.d, "http://127.0.0.1:%d%.*s", site_port(q.d.site), STR(q.hook));
	assert_int_equal(onebot_fake_say(fake, hook, "42", "老王", "在吗"), 200);
	assert_int_equal(events_catch_up(house->store, features, q.d.community), 0);
	struct id wang = seat_named(&q, "老王");

	struct delivery d = tell_them(&q, "text", "{\"text\":\"[CQ:at,qq=all] 词\"}", 0);
	assert_int_equal(d.outcome, DELIVERED);
	assert_int_equal(d.number.len > 0, 1);
	assert_string_equal(onebot_fake_message(fake, 0), "[{\"type\":\"text\",\"data\":{\"text\":\"[CQ:at,qq=all] 词\"}}]");
	d = tell_them(&q, "text", text(&q.d, "{\"text\":\"欢迎\",\"mention\":[\"%lld\"]}", (long long)wang.n), 0);
	assert_int_equal(d.outcome, DELIVERED);
	assert_non_null(strstr(onebot_fake_message(fake, 1), "{\"type\":\"at\",\"data\":{\"qq\":\"42\"}}"));
	assert_int_equal(tell_them(&q, "mute", text(&q.d, "{\"member\":\"%lld\",\"seconds\":9999999}", (long long)wang.n), 0).outcome, DELIVERED);
	assert_string_equal(onebot_fake_act(fake), "set_group_ban 42 2591999");
	assert_int_equal(tell_them(&q, "card", text(&q.d, "{\"member\":\"%lld\",\"card\":\"嘉兴 王\"}", (long long)wang.n), 0).outcome, DELIVERED);
	const char *honour = text(&q.d, "{\"member\":\"%lld\",\"title\":\"月度车友\"}", (long long)wang.n);
	assert_str(tell_them(&q, "title", honour, 0).why, "ERR_NOT_GROUP_OWNER");
	onebot_fake_owner(fake, true);
	assert_int_equal(tell_them(&q, "title", honour, 0).outcome, DELIVERED);
	assert_string_equal(onebot_fake_act(fake), "set_group_special_title 42 月度车友");
	assert_int_equal(tell_them(&q, "recall", "{\"number\":\"-77\"}", 0).outcome, DELIVERED);
	assert_string_equal(onebot_fake_act(fake), "delete_msg -77");
	assert_int_equal(tell_them(&q, "kick", "{\"member\":\"1\"}", 0).outcome, BY_HAND);
	assert_int_equal(tell_them(&q, "notice", "{\"text\":\"周六自驾\"}", 0).outcome, BY_HAND);

	onebot_fake_admin(fake, false);
	d = tell_them(&q, "mute", text(&q.d, "{\"member\":\"%lld\",\"seconds\":60}", (long long)wang.n), 0);
	assert_int_equal(d.outcome, NOT_NOW);
	assert_str(d.why, "ERR_NOT_GROUP_ADMIN");
	assert_int_equal(tell_them(&q, "mute", text(&q.d, "{\"member\":\"%lld\",\"seconds\":60}", (long long)wang.n), 9).outcome, NEVER);
	onebot_fake_silent(fake, true);
	assert_int_equal(tell_them(&q, "text", "{\"text\":\"x\"}", 9).outcome, NOT_NOW);
	onebot_fake_close(fake);
	assert_int_equal(tell_them(&q, "text", "{\"text\":\"x\"}", 0).outcome, NOT_NOW);
	desk_close(&q.d);
}

static int sync_now(struct tx *tx, void *arg)
{
	struct qq *q = arg;
	return job_add(tx, q->d.community, onebot_sync, S("now"), S(""), tx_now(tx));
}

static void read_lists(struct qq *q, struct house *house)
{
	assert_int_equal(store_write(house->store, q->d.community, &house->arena, sync_now, q), 0);
	assert_true(jobs_run_due(house->store, site_options(q->d.site)->settings, features) > 0);
}

PROMISE(onebot_lists, "groups and members are read: who was there is in the list without a word, who came or went while nobody told is noticed")
{
	struct qq q;
	struct onebot_fake *fake = onebot_fake_open(0);
	open_against(&q, house, fake);
	const char *nowhere = "http://127.0.0.1:1/";
	onebot_fake_move(fake, nowhere, "42", true);
	onebot_fake_move(fake, nowhere, "43", true);
	read_lists(&q, house);
	struct reply r = get(q.d.reader, at(&q.d, "/groups/%lld/seats", (long long)q.group.n));
	assert_int_equal(number_at(&r, "total"), 3);
	onebot_fake_move(fake, nowhere, "43", false);
	onebot_fake_move(fake, nowhere, "44", true);
	read_lists(&q, house);
	r = get(q.d.reader, at(&q.d, "/groups/%lld/seats", (long long)q.group.n));
	assert_int_equal(number_at(&r, "total"), 3);
	r = get(q.d.reader, at(&q.d, "/groups/%lld", (long long)q.group.n));
	assert_int_equal(number_at(&r, "member_count"), 3);
	r = get(q.d.admin, at(&q.d, "/channels/%lld/found", (long long)q.channel.n));
	assert_int_equal(number_at(&r, "total"), 0);           /* the only one is bound */
	onebot_fake_close(fake);
	read_lists(&q, house);
	r = get(q.d.reader, at(&q.d, "/channels/%lld", (long long)q.channel.n));
	assert_true(json_at(&r, "trouble").len > 0);
	r = get(q.d.reader, at(&q.d, "/groups/%lld/seats", (long long)q.group.n));
	assert_int_equal(number_at(&r, "total"), 3);           /* silence is no reason to think that everybody left */
	desk_close(&q.d);
}

PROMISE(onebot_removed, "the bot is removed from a group: that stands at the account until it is back, whatever beats and answers come meanwhile")
{
	struct qq q;
	struct onebot_fake *fake = onebot_fake_open(0);
	open_against(&q, house, fake);
	static const char gone[] = "{\"time\":1767225600,\"self_id\":10001,\"post_type\":\"notice\",\"notice_type\":\"group_decrease\","
		"\"sub_type\":\"kick_me\",\"group_id\":%d,\"user_id\":10001,\"operator_id\":42}";
	static const char beat[] = "{\"time\":1767225601,\"self_id\":10001,\"post_type\":\"meta_event\",\"meta_event_type\":\"heartbeat\","
		"\"status\":{\"online\":true,\"good\":true},\"interval\":5000}";
	const char *where = at(&q.d, "/channels/%lld", (long long)q.channel.n);
	assert_int_equal(told(&q, house, text(&q.d, gone, 601), true), 200);  /* not bound: nobody's trouble */
	struct reply r = get(q.d.reader, where);
	assert_str(json_at(&r, "trouble"), "");
	onebot_fake_out(fake, true);
	assert_int_equal(told(&q, house, text(&q.d, gone, 600), true), 200);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(told(&q, house, beat, true), 200);
		r = get(q.d.reader, where);
		assert_str(json_at(&r, "trouble"), "the bot is no longer in group 600");
		read_lists(&q, house);
	}
	onebot_fake_out(fake, false);
	read_lists(&q, house);
	r = get(q.d.reader, where);
	assert_str(json_at(&r, "trouble"), "");
	onebot_fake_out(fake, true);                                          /* nobody told: the list does */
	read_lists(&q, house);
	r = get(q.d.reader, where);
	assert_str(json_at(&r, "trouble"), "the bot is no longer in group 600");
	onebot_fake_close(fake);
	desk_close(&q.d);
}

/* ---- Who asks to come in ----------------------------------------------------------------------------------- */

static bool acted(struct onebot_fake *fake, const char *act)
{
	bool as_told = comes(strcmp(onebot_fake_act(fake), act) == 0);
	if (!as_told)
		printf("acted \"%s\", expected \"%s\"\n", onebot_fake_act(fake), act);
	return as_told;
}

PROMISE(onebot_asked_in, "who asks to come in stands in the list once, with what they wrote; one answer leaves, with its reason, and no second")
{
	struct qq q;
	struct outbox *outbox;
	struct onebot_fake *fake = onebot_fake_open(0);
	open_against(&q, house, fake);
	struct outbox_options options = { .store = house->store, .settings = site_options(q.d.site)->settings, .threads = 1 };
	assert_int_equal(outbox_start(&options, &outbox), 0);
	const char *hook = text(&q.d, "http://127.0.0.1:%d%.*s", site_port(q.d.site), STR(q.hook));
	assert_int_equal(onebot_fake_ask(fake, hook, "77", "f-1", "宝马 3 系 \"白\" <车>"), 200);
	assert_int_equal(onebot_fake_ask(fake, hook, "77", "f-1", "宝马 3 系 \"白\" <车>"), 200);
	struct reply r = get(q.d.reader, at(&q.d, "/asks?group_id=%lld", (long long)q.group.n));
	assert_int_equal(json_at(&r, "items.1.id").len, 0);
	assert_str(json_at(&r, "items.0.comment"), "宝马 3 系 \"白\" <车>");
	assert_str(json_at(&r, "items.0.state"), "open");
	const char *answer = at(&q.d, "/asks/%.*s/answer", STR(json_at(&r, "items.0.id")));
	assert_int_equal(post(q.d.reader, answer, "{\"approve\":true}").status, 403);
	assert_int_equal(post(q.d.stranger, answer, "{\"approve\":true}").status, 404);
	r = post(q.d.operator, answer, "{\"approve\":true}");
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "state"), "approved");
	assert_true(acted(fake, "set_group_add_request f-1 add yes "));
	r = post(q.d.operator, answer, "{\"approve\":false,\"reason\":\"反悔\"}");
	assert_str(json_at(&r, "error.code"), "already_decided");

	assert_int_equal(onebot_fake_ask(fake, hook, "78", "f-2", "随便看看"), 200);
	r = get(q.d.reader, at(&q.d, "/asks?channel_id=%lld", (long long)q.channel.n));
	assert_int_equal(json_at(&r, "items.1.id").len, 0);           /* the answered one is not asked for */
	r = post(q.d.operator, at(&q.d, "/asks/%.*s/answer", STR(json_at(&r, "items.0.id"))), "{\"approve\":false,\"reason\":\"请写明车型\"}");
	assert_str(json_at(&r, "state"), "refused");
	assert_true(acted(fake, "set_group_add_request f-2 add no 请写明车型"));
	/* A friend, too; there is no place for a reason. */
	assert_int_equal(told(&q, house, "{\"time\":1767225600,\"self_id\":10001,\"post_type\":\"request\",\"request_type\":\"friend\",\"user_id\":79,"
		"\"comment\":\"我是老王\",\"flag\":\"fr-1\"}", true), 200);
	r = get(q.d.reader, at(&q.d, "/asks?channel_id=%lld", (long long)q.channel.n));
	assert_str(json_at(&r, "items.0.kind"), "friend");
	assert_int_equal(post(q.d.operator, at(&q.d, "/asks/%.*s/answer", STR(json_at(&r, "items.0.id"))), "{\"approve\":true}").status, 200);
	assert_true(acted(fake, "set_friend_add_request fr-1 yes"));
	r = get(q.d.reader, at(&q.d, "/asks?all=true"));
	assert_int_equal(json_at(&r, "items.1.id").len > 0, 1);
	outbox_stop(outbox);
	onebot_fake_close(fake);
	desk_close(&q.d);
}
