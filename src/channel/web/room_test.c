/* room_test.c: a room made by itself; who may come in, speak, rule; what each phone sees; what it costs to watch. */
#include <unistd.h>

#include "channel/outbox/outbox_test.h"
#include "channel/web/room_test.h"
#include "engine/event/event.h"
#include "media/sample_test.h"

void hall_follow(struct hall *h)
{
	assert_int_equal(events_catch_up(h->desk.house->store, features, h->desk.community), 0);
}

const char *hall_spot(struct hall *h, const char *where) { return text(&h->desk, "%s%s", h->path, where); }

void hall_open(struct hall *h, struct house *house, const char *group)
{
	*h = (struct hall){ .group = { 0 } };
	desk_open(&h->desk, house, features);
	h->group = made(h->desk.operator, at(&h->desk, "/groups"), group);
	hall_follow(h);
	struct reply r = get(h->desk.operator, at(&h->desk, "/groups/%lld/room", (long long)h->group.n));
	assert_int_equal(r.status, 200);
	h->path = str_z(&house->arena, json_at(&r, "path"));
	assert_true(strlen(h->path) > 12);
	for (int i = 0; i < PHONES; i++) {
		h->phones[i] = browser_open(h->desk.site);
		browser_visit(h->phones[i], (struct id){ 9000 + i });
		assert_int_equal(get(h->phones[i], h->path).status, 200);
	}
}

void hall_close(struct hall *h)
{
	for (int i = 0; i < PHONES; i++)
		browser_close(h->phones[i]);
	desk_close(&h->desk);
}

struct reply hall_join(struct hall *h, int phone, const char *name)
{
	struct reply r = post(h->phones[phone], hall_spot(h, "/join"), text(&h->desk, "{\"nickname\":\"%s\"}", name));
	hall_follow(h);
	return r;
}

struct reply hall_say(struct hall *h, int phone, const char *words)
{
	return post(h->phones[phone], hall_spot(h, "/say"), text(&h->desk, "{\"text\":\"%s\",\"reply\":0,\"mentions\":[],\"key\":\"key-%06d\"}", words, ++h->key));
}

/* As the page's script asks, so that errors come in its words. */
struct reply hall_look(struct hall *h, int phone, const char *where)
{
	browser_header(h->phones[phone], "Accept: application/json");
	return get(h->phones[phone], hall_spot(h, where));
}

struct reply hall_page(struct hall *h, int phone) { return get(h->phones[phone], hall_spot(h, "/page")); }

struct str hall_member(struct hall *h, int phone)
{
	struct reply r = hall_page(h, phone);
	return str_copy(&h->desk.house->arena, json_at(&r, "me.member"));
}

struct reply hall_rule(struct hall *h, int phone, const char *what, int whom, int minutes)
{
	struct reply r = post(h->phones[phone], hall_spot(h, "/rule"), text(&h->desk,
		"{\"what\":\"%s\",\"member\":\"%.*s\",\"n\":0,\"minutes\":%d,\"text\":\"w\"}", what, STR(hall_member(h, whom)), minutes));
	hall_follow(h);
	return r;
}

struct reply hall_staff(struct hall *h, const char *what, struct str whom, int minutes)
{
	struct reply r = post(h->desk.operator, at(&h->desk, "/groups/%lld/room", (long long)h->group.n), text(&h->desk,
		"{\"what\":\"%s\",\"member_id\":\"%.*s\",\"n\":0,\"minutes\":%d,\"text\":\"w\"}", what, STR(whom), minutes));
	hall_follow(h);
	return r;
}

PROMISE(room_day, "a group of channel web has a room by itself; who joins talks, is heard, answered, counted, and leaves")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", ""));
	struct reply r = hall_page(&h, 0);
	assert_str(json_at(&r, "view"), "outside");
	assert_int_equal(json_length(&r, "lines"), 0);
	assert_reply(post(h.phones[0], hall_spot(&h, "/join"), "{\"nickname\":\"\"}"), 400, "missing_field");
	assert_reply(hall_say(&h, 0, "还没进来"), 403, "not_in_room");
	r = hall_join(&h, 0, "林晓");
	assert_str(json_at(&r, "view"), "in");
	assert_str(json_at(&r, "me.name"), "林晓");
	assert_int_equal(hall_join(&h, 1, "阿宽").status, 200);
	assert_int_equal(hall_say(&h, 0, "大家好").status / 100, 2);
	r = hall_look(&h, 1, "/news?after=0");
	assert_int_equal(r.status, 200);
	size_t n = json_length(&r, "lines");
	assert_str(json_at(&r, text(&h.desk, "lines.%zu.text", n - 1)), "大家好");
	assert_str(json_at(&r, text(&h.desk, "lines.%zu.name", n - 1)), "林晓");
	r = get(h.desk.operator, at(&h.desk, "/groups/%lld/messages", (long long)h.group.n));
	assert_str(json_at(&r, "items.0.text"), "大家好");
	r = get(h.desk.operator, at(&h.desk, "/groups/%lld", (long long)h.group.n));
	assert_str(json_at(&r, "member_count"), "2");
	r = hall_page(&h, 1);
	assert_str(json_at(&r, "me.unread"), "1");
	assert_int_equal(post(h.phones[1], hall_spot(&h, "/read"), "{\"n\":99}").status, 204);
	r = hall_page(&h, 1);
	assert_str(json_at(&r, "me.unread"), "0");
	r = post(h.phones[1], hall_spot(&h, "/leave"), "{}");
	assert_str(json_at(&r, "view"), "outside");
	assert_int_equal(hall_look(&h, 1, "/news?after=0").status, 403);
	assert_int_equal(hall_look(&h, 1, "/people").status, 403);
	hall_follow(&h);
	r = get(h.desk.operator, at(&h.desk, "/groups/%lld", (long long)h.group.n));
	assert_str(json_at(&r, "member_count"), "1");
	assert_int_equal(get(h.phones[1], "/r/nothere").status, 404);
	hall_close(&h);
}

PROMISE(room_once, "a message sent again with its key is said once; what is no text to HTML and SQL comes back as it was")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", ""));
	hall_join(&h, 0, "林晓");
	const char *body = "{\"text\":" NASTY ",\"reply\":0,\"mentions\":[],\"key\":\"same-key-1\"}";
	struct reply r = post(h.phones[0], hall_spot(&h, "/say"), body);
	assert_int_equal(r.status / 100, 2);
	r = post(h.phones[0], hall_spot(&h, "/say"), body);
	assert_str(json_at(&r, "n"), "0");
	r = hall_page(&h, 0);
	assert_str(json_at(&r, "lines.0.what"), "said");
	assert_str(json_at(&r, "lines.1.what"), "joined");
	assert_int_equal(json_length(&r, "lines"), 2);
	assert_non_null(strstr(str_z(&house->arena, json_at(&r, "lines.0.text")), "<img src=x onerror=alert(1)>&amp;%s%n"));
	r = get(h.phones[0], h.path);
	assert_null(strstr(str_z(&house->arena, r.body), "<img src=x onerror"));
	for (int i = 0; i < 20 && r.status != 429; i++)
		r = hall_say(&h, 0, "快");
	assert_int_equal(r.status, 429);
	hall_close(&h);
}

PROMISE(room_rules, "muted people are silent until it ends; removed ones stay out until staff allow it; nobody rules above themselves")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", ""));
	for (int i = 0; i < 4; i++)
		assert_int_equal(hall_join(&h, i, text(&h.desk, "成员%d", i)).status, 200);
	assert_reply(hall_rule(&h, 0, "mute", 1, 10), 403, "forbidden");
	assert_int_equal(hall_staff(&h, "owner", hall_member(&h, 0), 0).status / 100, 2);
	assert_int_equal(hall_rule(&h, 0, "admin", 1, 0).status, 204);
	assert_reply(hall_rule(&h, 1, "mute", 0, 10), 403, "above_you");
	assert_reply(hall_rule(&h, 1, "admin", 2, 0), 403, "forbidden");
	assert_int_equal(hall_rule(&h, 1, "mute", 2, 10).status, 204);
	assert_reply(hall_say(&h, 2, "听得见吗"), 403, "muted");
	struct reply r = hall_page(&h, 2);
	assert_str(json_at(&r, "me.mute_why"), "w");
	assert_int_equal(hall_rule(&h, 1, "unmute", 2, 0).status, 204);
	assert_int_equal(hall_say(&h, 2, "听得见了").status / 100, 2);
	r = hall_page(&h, 2);
	int64_t n = number_at(&r, "lines.0.n");
	const char *line = text(&h.desk, "{\"n\":%lld}", (long long)n);
	assert_reply(post(h.phones[3], hall_spot(&h, "/recall"), line), 404, "not_found");
	assert_int_equal(post(h.phones[2], hall_spot(&h, "/recall"), line).status, 204);
	r = hall_page(&h, 3);
	assert_null(strstr(str_z(&house->arena, r.body), "听得见了"));
	assert_int_equal(hall_rule(&h, 0, "quiet", 1, 0).status, 204);
	assert_reply(hall_say(&h, 3, "?"), 403, "room_quiet");
	assert_int_equal(hall_say(&h, 1, "管理员说").status / 100, 2);
	assert_int_equal(hall_rule(&h, 0, "loud", 1, 0).status, 204);
	struct str gone = hall_member(&h, 3);
	assert_int_equal(hall_look(&h, 3, "/news?after=0").status, 200);
	assert_int_equal(hall_rule(&h, 1, "remove", 3, 0).status, 204);
	assert_int_equal(hall_look(&h, 3, "/news?after=0").status, 403);
	assert_reply(hall_join(&h, 3, "又是我"), 403, "room_banned");
	r = hall_page(&h, 3);
	assert_str(json_at(&r, "view"), "banned");
	r = get(h.desk.operator, at(&h.desk, "/groups/%lld/room/doors?door=banned", (long long)h.group.n));
	assert_str(json_at(&r, "items.0.why"), "w");
	assert_int_equal(hall_staff(&h, "allow", gone, 0).status / 100, 2);
	r = hall_join(&h, 3, "又是我");
	assert_str(json_at(&r, "view"), "in");
	hall_close(&h);
}

PROMISE(room_asks, "where entry is by approval, who asks waits until staff decide; a full room takes nobody")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", "\"entry_by_approval\":true,\"capacity\":1,"));
	struct reply r = hall_join(&h, 0, "林晓");
	assert_str(json_at(&r, "view"), "asked");
	hall_join(&h, 1, "阿宽");
	r = get(h.desk.operator, at(&h.desk, "/groups/%lld/room/doors?door=asked", (long long)h.group.n));
	assert_int_equal(json_length(&r, "items"), 2);
	struct str first = str_copy(&house->arena, json_at(&r, "items.0.id")), second = str_copy(&house->arena, json_at(&r, "items.1.id"));
	assert_int_equal(hall_staff(&h, "admit", first, 0).status / 100, 2);
	r = hall_page(&h, 0);
	assert_str(json_at(&r, "view"), "in");
	assert_reply(hall_staff(&h, "admit", second, 0), 409, "room_full");
	assert_int_equal(hall_staff(&h, "refuse", second, 0).status / 100, 2);
	r = hall_page(&h, 1);
	assert_str(json_at(&r, "view"), "refused");
	assert_str(json_at(&r, "shut.why"), "w");
	hall_close(&h);
}

PROMISE(room_watched, "what watching costs does not grow with those who watch: lines are read once for all of them")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", ""));
	for (int i = 0; i < PHONES; i++)
		hall_join(&h, i, text(&h.desk, "成员%d", i));
	for (int i = 0; i < PHONES; i++)
		assert_int_equal(hall_look(&h, i, "/news?after=0").status, 200);
	int64_t before = tail_readings();
	for (int n = 0; n < 5; n++) {
		struct reply said = hall_say(&h, 0, "一句话");
		int64_t line = number_at(&said, "n");
		for (int i = 0; i < PHONES; i++) {
			struct reply r = get(h.phones[i], text(&h.desk, "%s/news?after=%lld", h.path, (long long)line - 1));
			assert_int_equal(json_length(&r, "lines"), 1);
			assert_str(json_at(&r, "lines.0.text"), "一句话");
		}
	}
	assert_true(tail_readings() - before <= 5);
	hall_close(&h);
}

PROMISE(room_delivered, "what the outbox delivers stands in the room once, in staff's or the community's name; renaming and removing work")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", ""));
	hall_join(&h, 0, "林晓");
	struct outbox *outbox;
	const struct outbox_options o = { .store = house->store, .settings = site_options(h.desk.site)->settings, .threads = 2 };
	const char *say = at(&h.desk, "/groups/%lld/say", (long long)h.group.n);
	assert_reply(post(h.desk.operator, say, "{\"text\":\"营业到 20:00\",\"key\":\"desk-key-1\",\"pinned\":true}"), 200, "");
	assert_reply(post(h.desk.operator, say, "{\"text\":\"营业到 20:00\",\"key\":\"desk-key-1\",\"pinned\":true}"), 200, "");
	assert_int_equal(outbox_start(&o, &outbox), 0);
	struct reply r;
	assert_true(comes((r = hall_page(&h, 0), json_length(&r, "pins") > 0)));
	assert_str(json_at(&r, "pins.0.text"), "营业到 20:00");
	assert_str(json_at(&r, "pins.0.kind"), "notice");
	assert_str(json_at(&r, "lines.0.text"), "营业到 20:00");
	assert_int_equal(json_length(&r, "lines"), 2);
	outbox_stop(outbox);
	hall_close(&h);
}
