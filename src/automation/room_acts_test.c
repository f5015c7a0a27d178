/* room_acts_test.c: everything the connector of rooms says it can do, done through the outbox and through automations; and a room
 * of five thousand. */
#include <unistd.h>

#include "automation/automation_test.h"
#include "channel/outbox/outbox.h"
#include "channel/web/room_test.h"
#include "engine/file/file.h"
#include "engine/jobs/jobs.h"
#include "media/sample_test.h"

/* ---- The outbox of a hall ----------------------------------------------------------------------------------------- */

struct left_over { int64_t waiting, dead; };

ROW(left_over,
	FIELD(left_over, waiting, "Not sent yet"),
	FIELD(left_over, dead,    "Given up"));

static const QUERY(sends_over, READS, &row_left_over, TAKES(K_ID),
	"SELECT COALESCE(sum(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), 0) AS waiting,"
	" COALESCE(sum(CASE WHEN state = 'dead' THEN 1 ELSE 0 END), 0) AS dead FROM send WHERE community_id = ?1", .scans = true);

struct putting { struct hall *h; struct outgoing out; struct left_over left; };

static int put_it(struct tx *tx, void *arg)
{
	struct putting *p = arg;
	return outbox_put(tx, p->h->desk.community, &p->out, NULL);
}

static int count_left(struct tx *tx, void *arg)
{
	struct putting *p = arg;
	return tx_one(tx, &sends_over, &p->left, V(p->h->desk.community));
}

static bool all_left(struct hall *h, struct putting *p)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	assert_int_equal(store_read(h->desk.house->store, &arena, count_left, p), 0);
	return p->left.waiting == 0;
}

/* Until nothing waits. How many are dead. */
static int64_t delivered(struct hall *h)
{
	const struct outbox_options o = { .store = h->desk.house->store, .settings = site_options(h->desk.site)->settings, .threads = 2 };
	struct putting p = { .h = h };
	struct outbox *outbox;
	assert_int_equal(outbox_start(&o, &outbox), 0);
	assert_true(comes(all_left(h, &p)));
	outbox_stop(outbox);
	hall_follow(h);
	return p.left.dead;
}

static void puts_in(struct hall *h, const char *what, struct str member, const char *body)
{
	struct putting p = { .h = h, .out = {
		.group = h->group, .what = what, .body = str_of(body), .key = str_of(text(&h->desk, "act-%d", ++h->key)), .reason = S("test"),
		.prompt = true,
	} };
	int64_t n;
	if (member.len && str_to_int(member, &n))
		p.out.member.n = n;
	assert_int_equal(store_write(h->desk.house->store, h->desk.community, &h->desk.house->arena, put_it, &p), 1);
}

struct keeping { struct id community; struct str key; };

static int keep_picture(struct tx *tx, void *arg)
{
	struct keeping *k = arg;
	struct pixels pixels = sample_photo(60, 40, 1);
	struct blob png = sample_png(tx_arena(tx), &pixels);
	pixels_free(&pixels);
	return file_keep(tx, k->community, png, "image/png", &k->key);
}

static const char *picture(struct hall *h)
{
	struct keeping k = { h->desk.community, { 0 } };
	assert_int_equal(store_write(h->desk.house->store, k.community, &h->desk.house->arena, keep_picture, &k), 0);
	return str_z(&h->desk.house->arena, k.key);
}

static struct str newest(struct hall *h, int phone, const char *field)
{
	struct reply r = hall_page(h, phone);
	return str_copy(&h->desk.house->arena, json_at(&r, text(&h->desk, "lines.0.%s", field)));
}

PROMISE(room_acts_said, "texts, pictures, links and announcements leave through the outbox and stand in the room once, whom they mention told")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", ""));
	hall_join(&h, 0, "林晓");
	hall_join(&h, 1, "阿宽");
	struct str lin = hall_member(&h, 0);
	puts_in(&h, "text", S(""), text(&h.desk, "{\"text\":\"明天几点？\",\"mention\":[\"%.*s\"]}", STR(lin)));
	assert_int_equal(delivered(&h), 0);
	assert_str(newest(&h, 0, "text"), "明天几点？");
	assert_str(newest(&h, 1, "mentions"), str_z(&house->arena, lin));
	puts_in(&h, "text", S(""), "{\"text\":\"看公告\",\"mention\":\"all\",\"by\":\"小助手\"}");
	assert_int_equal(delivered(&h), 0);
	assert_str(newest(&h, 1, "mentions"), "all");
	assert_str(newest(&h, 1, "voice"), "小助手");
	puts_in(&h, "image", S(""), text(&h.desk, "{\"file\":\"%s\"}", picture(&h)));
	assert_int_equal(delivered(&h), 0);
	assert_str(newest(&h, 0, "kind"), "image");
	assert_str(newest(&h, 0, "width"), "60");
	assert_int_equal(get(h.phones[0], str_z(&house->arena, newest(&h, 0, "picture"))).status, 200);
	puts_in(&h, "link", S(""), "{\"title\":\"春茶上新\",\"text\":\"今天下单\",\"url\":\"https://q.example.com/tea\",\"picture\":\"\"}");
	assert_int_equal(delivered(&h), 0);
	assert_str(newest(&h, 0, "url"), "https://q.example.com/tea");
	assert_str(newest(&h, 0, "note"), "今天下单");
	for (int i = 0; i < PINS_MOST + 2; i++)
		puts_in(&h, "notice", S(""), text(&h.desk, "{\"text\":\"公告 %d\"}", i));
	assert_int_equal(delivered(&h), 0);
	struct reply r = hall_page(&h, 0);
	assert_int_equal(json_length(&r, "pins"), PINS_MOST);
	assert_str(json_at(&r, "pins.0.text"), text(&h.desk, "公告 %d", PINS_MOST + 1));
	puts_in(&h, "image", S(""), "{\"file\":\"aaaaaaaaaaaaaaaaaaaaaa\"}");
	assert_int_equal(delivered(&h), 1);
	hall_close(&h);
}

PROMISE(room_acts_done, "renaming, cards, muting one and all, removing and taking back are done in the room; who is gone is said to be gone")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", ""));
	hall_join(&h, 0, "林晓");
	hall_join(&h, 1, "阿宽");
	struct str an = hall_member(&h, 1);
	puts_in(&h, "rename", S(""), "{\"name\":\"茶友一群\"}");
	puts_in(&h, "card", an, text(&h.desk, "{\"member\":\"%.*s\",\"card\":\"杭州-阿宽\"}", STR(an)));
	puts_in(&h, "mute", an, text(&h.desk, "{\"member\":\"%.*s\",\"seconds\":600,\"why\":\"广告\"}", STR(an)));
	assert_int_equal(delivered(&h), 0);
	struct reply r = hall_page(&h, 1);
	assert_str(json_at(&r, "room.name"), "茶友一群");
	assert_str(json_at(&r, "me.name"), "杭州-阿宽");
	assert_str(json_at(&r, "me.mute_why"), "广告");
	assert_reply(hall_say(&h, 1, "听得见吗"), 403, "muted");
	puts_in(&h, "mute", an, text(&h.desk, "{\"member\":\"%.*s\",\"seconds\":0}", STR(an)));
	assert_int_equal(delivered(&h), 0);
	assert_int_equal(hall_say(&h, 1, "加我买茶").status / 100, 2);
	puts_in(&h, "recall", S(""), text(&h.desk, "{\"number\":\"%.*s\"}", STR(newest(&h, 0, "n"))));
	assert_int_equal(delivered(&h), 0);
	assert_str(newest(&h, 0, "recalled"), "true");
	assert_str(newest(&h, 0, "text"), "");
	puts_in(&h, "mute", S(""), "{\"member\":\"0\",\"seconds\":60}");
	assert_int_equal(delivered(&h), 0);
	assert_reply(hall_say(&h, 0, "?"), 403, "room_quiet");
	puts_in(&h, "mute", S(""), "{\"member\":\"0\",\"seconds\":0}");
	puts_in(&h, "kick", an, text(&h.desk, "{\"member\":\"%.*s\",\"why\":\"广告\"}", STR(an)));
	assert_int_equal(delivered(&h), 0);
	assert_reply(hall_join(&h, 1, "又来"), 403, "room_banned");
	r = get(h.desk.operator, at(&h.desk, "/groups/%lld", (long long)h.group.n));
	assert_str(json_at(&r, "member_count"), "1");
	r = get(h.desk.operator, at(&h.desk, "/groups/%lld/seats", (long long)h.group.n));
	assert_int_equal(json_length(&r, "items"), 1);
	puts_in(&h, "recall", S(""), "{\"number\":\"99999\"}");
	puts_in(&h, "rename", S(""), "{\"name\":\" \"}");
	assert_int_equal(delivered(&h), 2);           /* what cannot be done is said to staff, not tried for ever */
	hall_close(&h);
}

/* ---- Automations -------------------------------------------------------------------------------------------------- */

static void automation(struct hall *h, const char *name, const char *more)
{
	struct id id = made(h->desk.operator, at(&h->desk, "/automations"), text(&h->desk, "{\"name\":\"%s\",%s}", name, more));
	assert_int_equal(post(h->desk.operator, at(&h->desk, "/automations/%lld/state", (long long)id.n), "{\"on\":true}").status, 200);
}

static int64_t after_automations(struct hall *h)
{
	hall_follow(h);
	assert_true(jobs_run_due(h->desk.house->store, site_options(h->desk.site)->settings, features) >= 0);
	return delivered(h);
}

static bool stands(struct hall *h, int phone, const char *words)
{
	struct reply r = hall_page(h, phone);
	return memmem(r.body.at, r.body.len, words, strlen(words)) != NULL;
}

PROMISE(room_automated, "with no platform at all: who joins is welcomed, a keyword answered with text, picture and link, a card set")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", ""));
	automation(&h, "欢迎", WHEN_JOINS AT_WILL "\"actions\":[" DOES("say", SET("text", "欢迎 {nickname}") "," SET("mention", "true")) "]");
	automation(&h, "价格", text(&h.desk, WHEN_SAYS("contains", "\"价格\"") AT_WILL "\"actions\":[" DOES("say", SET("text", "看价目表") ","
		SET("image", "%s") "," SET("link_title", "价目表") "," SET("link_url", "https://q.example.com/price")) "]", picture(&h)));
	automation(&h, "名片", WHEN_SAYS("contains", "\"我叫\"") AT_WILL "\"actions\":[" DOES("card", SET("has", "-") "," SET("text", "改好了") ","
		SET("card", "茶友-{nickname}")) "]");
	hall_join(&h, 0, "林晓");
	assert_int_equal(after_automations(&h), 0);
	assert_true(stands(&h, 0, "欢迎 林晓"));
	assert_str(newest(&h, 0, "mentions"), str_z(&house->arena, hall_member(&h, 0)));
	hall_say(&h, 0, "价格多少");
	assert_int_equal(after_automations(&h), 0);
	struct reply r = hall_page(&h, 0);
	assert_str(json_at(&r, "lines.2.text"), "看价目表");
	assert_str(json_at(&r, "lines.1.kind"), "image");
	assert_str(json_at(&r, "lines.0.url"), "https://q.example.com/price");
	hall_say(&h, 0, "我叫林晓");
	assert_int_equal(after_automations(&h), 0);
	r = hall_page(&h, 0);
	assert_str(json_at(&r, "me.name"), "茶友-林晓");
	hall_close(&h);
}

PROMISE(room_file_said, "an automation's file follows its words, and is there for the next room although it was taken back in one")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", ""));
	struct reply r = post_multipart(h.desk.operator, at(&h.desk, "/documents"), (struct part[]){
		{ "name", S("价目表.pdf"), NULL }, { "file", S("%PDF-1.7\n%%EOF"), "x" }, { 0 } });
	const char *file = str_z(&house->arena, json_at(&r, "key")), *url = text(&h.desk, "/f/%s", file);
	automation(&h, "价格", text(&h.desk, WHEN_SAYS("contains", "\"价格\"") AT_WILL "\"actions\":[" DOES("say", SET("text", "看价目表") ","
		SET("file", "%s")) "]", file));
	r = get(h.desk.reader, at(&h.desk, "/documents/%s", file));
	assert_str(json_at(&r, "name"), "价目表.pdf");
	hall_join(&h, 0, "林晓");
	for (int i = 0; i < 2; i++) {
		hall_say(&h, 0, "价格多少");
		assert_int_equal(after_automations(&h), 0);
		r = hall_page(&h, 0);
		assert_str(json_at(&r, "lines.1.text"), "看价目表");
		assert_str(json_at(&r, "lines.0.kind"), "file");
		assert_str(json_at(&r, "lines.0.text"), "价目表.pdf");
		assert_str(json_at(&r, "lines.0.picture"), url);
		assert_int_equal(post(h.desk.operator, at(&h.desk, "/groups/%lld/room", (long long)h.group.n), text(&h.desk,
			"{\"what\":\"recall\",\"member_id\":null,\"n\":%lld,\"minutes\":0,\"text\":\"\"}", (long long)number_at(&r, "lines.0.n"))).status / 100, 2);
		assert_int_equal(get(h.desk.nobody, url).status, 200);
	}
	r = post(h.desk.operator, at(&h.desk, "/automations"), "{\"name\":\"坏\"," WHEN_SAYS("contains", "\"x\"") AT_WILL "\"actions\":["
		DOES("say", SET("text", "x") "," SET("file", "aaaaaaaaaaaaaaaaaaaaaa")) "]}");
	assert_str(json_at(&r, "error.code"), "not_found");
	assert_str(json_at(&r, "error.field"), "actions[0].settings.file");
	hall_close(&h);
}

PROMISE(room_moderated, "an advertisement is taken back, its author told why, muted, then removed; the room's admins are let be")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", ""));
	automation(&h, "广告", WHEN_SAYS("contains", "\"博彩\"") AT_WILL "\"actions\":[" DOES("recall", "") ","
		DOES("mute", SET("minutes", "10") "," SET("reason", "群里不发广告")) "]");
	automation(&h, "再犯", WHEN_SAYS("contains", "\"代开发票\"") AT_WILL "\"actions\":[" DOES("kick", SET("reason", "群里不发广告")) "]");
	for (int i = 0; i < 3; i++)
		hall_join(&h, i, text(&h.desk, "成员%d", i));
	hall_staff(&h, "admin", hall_member(&h, 2), 0);
	hall_say(&h, 0, "博彩网站");
	hall_say(&h, 2, "不许说博彩");
	assert_int_equal(after_automations(&h), 0);
	assert_false(stands(&h, 1, "博彩网站"));
	assert_true(stands(&h, 1, "不许说博彩"));
	assert_true(stands(&h, 1, "群里不发广告"));
	assert_reply(hall_say(&h, 0, "?"), 403, "muted");
	hall_staff(&h, "unmute", hall_member(&h, 0), 0);
	hall_say(&h, 0, "代开发票");
	assert_int_equal(after_automations(&h), 0);
	assert_reply(hall_say(&h, 0, "?"), 403, "not_in_room");
	struct reply r = get(h.desk.operator, at(&h.desk, "/groups/%lld", (long long)h.group.n));
	assert_str(json_at(&r, "member_count"), "2");
	hall_close(&h);
}

/* ---- Five thousand ------------------------------------------------------------------------------------------------ */

#define CROWD 5000
#define BATCH  500
#define FIRST_VISITOR 100000

struct crowd { struct hall *h; int from; struct id sought; };

static int let_in(struct tx *tx, void *arg)
{
	struct crowd *c = arg;
	int r = 0;
	for (int i = c->from; r >= 0 && i < c->from + BATCH; i++) {
		struct member_origin origin = { .nickname = str_format(tx_arena(tx), "茶友%04d", i) };
		struct room room;
		struct id member;
		bool made;
		if ((r = room_of_group(tx, c->h->desk.community, c->h->group, &room)) == 0 &&
		    (r = member_of_visitor(tx, c->h->desk.community, (struct id){ FIRST_VISITOR + i }, &origin, &member, &made)) >= 0)
			r = room_enter(tx, &room, member);
		if (i == 4321)
			c->sought = member;
	}
	return r;
}

static void fill(struct crowd *c)
{
	for (c->from = 0; c->from < CROWD; c->from += BATCH) {
		ARENA_SCOPED arena;
		arena_init(&arena, 64 << 20);
		assert_int_equal(store_write(c->h->desk.house->store, c->h->desk.community, &arena, let_in, c), 0);
	}
	hall_follow(c->h);
	house_count_rows(c->h->desk.house);
}

/* Every page of the list: nobody twice, nobody missing. */
static int64_t listed(struct hall *h, struct browser *b)
{
	struct str next = S("0"), before = S("");
	int64_t n = 0, last = 0, id;
	do {
		struct reply r = get(b, text(&h->desk, "%s/people?after=%.*s", h->path, STR(next)));
		assert_int_equal(r.status, 200);
		for (size_t i = 0; i < json_length(&r, "items"); i++, n++) {
			assert_true(str_to_int(json_at(&r, text(&h->desk, "items.%zu.id", i)), &id) && id > last);
			last = id;
		}
		before = next, next = json_at(&r, "next");
	} while (next.len && !str_equal(next, before));
	return n;
}

PROMISE(room_crowd, "with five thousand in it a room takes nobody more, lists each once, finds, mentions and counts the unread as in a small one")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友大群", "\"capacity\":5000,\"scan_limit\":5000,"));
	struct crowd c = { .h = &h };
	fill(&c);
	struct browser *one = h.phones[0], *sought = h.phones[1];
	assert_reply(hall_join(&h, 2, "来晚了"), 409, "room_full");
	browser_visit(one, (struct id){ FIRST_VISITOR });
	browser_visit(sought, (struct id){ FIRST_VISITOR + 4321 });
	get(one, h.path), get(sought, h.path);
	struct reply r = get(h.desk.operator, at(&h.desk, "/groups/%lld", (long long)h.group.n));
	assert_str(json_at(&r, "member_count"), "5000");
	assert_int_equal(listed(&h, one), CROWD);
	r = get(one, hall_spot(&h, "/people?q=%E8%8C%B6%E5%8F%8B4321"));          /* 茶友4321 */
	assert_int_equal(json_length(&r, "items"), 1);
	assert_int_equal(number_at(&r, "items.0.id"), c.sought.n);
	/* The history is 5,000 joinings; a phone gets a screen of it, and is told to look anew when it is too far behind. */
	r = get(one, hall_spot(&h, "/page"));
	assert_int_equal(json_length(&r, "lines"), LINES_SHOWN);
	assert_str(json_at(&r, "room.members"), "5000");
	assert_int_equal(number_at(&r, "room.last"), CROWD);
	r = get(one, hall_spot(&h, "/news?after=1"));
	assert_str(json_at(&r, "far"), "true");
	const char *mention = text(&h.desk, "{\"text\":\"@茶友4321 在吗\",\"reply\":0,\"mentions\":[\"%lld\",\"77\"],\"key\":\"crowd-key-1\"}",
	                           (long long)c.sought.n);
	assert_int_equal(post(one, hall_spot(&h, "/say"), mention).status / 100, 2);
	r = get(sought, hall_spot(&h, "/news?after=5000"));
	assert_int_equal(number_at(&r, "lines.0.mentions"), c.sought.n);          /* who is not here is not mentioned */
	assert_reply(post(one, hall_spot(&h, "/say"), "{\"text\":\"@所有人\",\"everybody\":true,\"key\":\"crowd-key-2\"}"), 403, "forbidden");
	for (int i = 0; i < 130; i++)                 /* 130 messages of 130 people */
		browser_visit(h.phones[3], (struct id){ FIRST_VISITOR + 1000 + i }), hall_say(&h, 3, "大家好");
	r = get(sought, hall_spot(&h, "/page"));
	assert_str(json_at(&r, "me.unread"), "100");
	assert_int_equal(post(sought, hall_spot(&h, "/read"), text(&h.desk, "{\"n\":%d}", CROWD + 101)).status, 204);
	r = get(sought, hall_spot(&h, "/page"));
	assert_str(json_at(&r, "me.unread"), "30");
	assert_int_equal(post(h.phones[3], hall_spot(&h, "/leave"), "{}").status, 200);
	hall_follow(&h);
	assert_int_equal(hall_join(&h, 2, "有位置了").status, 200);
	hall_close(&h);
}
