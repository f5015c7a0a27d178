/* onebot_file_test.c: files into QQ groups and to friends, over HTTP and the line; and files that members send. */
#include "channel/onebot/line.h"
#include "channel/onebot/onebot.h"
#include "channel/outbox/outbox.h"
#include "deliver.h"
#include "engine/notify/notify.h"
#include "fake_onebot.h"
#include "people/desk_test.h"
#include "test.h"
#include "wire_ws.h"

extern const struct feature *const features[];

#define PDF "%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n%%EOF\n"

struct shop { struct desk d; struct id channel, group; struct onebot_fake *fake; struct str key; const char *hook; const struct settings *settings; };

static void shop_open(struct shop *s, struct house *house, bool line)
{
	desk_open(&s->d, house, features);
	s->fake = onebot_fake_open(0);
	s->channel = made(s->d.admin, at(&s->d, "/channels"), text(&s->d, "{\"kind\":\"onebot\",\"name\":\"车友 QQ\",\"values\":["
		"{\"key\":\"%s\",\"text\":\"%s://127.0.0.1:%d\"},{\"key\":\"token\",\"text\":\"" FAKE_OB_TOKEN "\"},"
		"{\"key\":\"secret\",\"text\":\"" FAKE_OB_SECRET "\"}]}", line ? "ws_url" : "api_url", line ? "ws" : "http",
		line ? onebot_fake_line_port(s->fake) : onebot_fake_port(s->fake)));
	s->group = made(s->d.operator, at(&s->d, "/groups"), "{\"name\":\"车主群\",\"channel\":\"onebot\"}");
	assert_int_equal(post(s->d.admin, at(&s->d, "/channels/%lld/groups", (long long)s->channel.n),
		text(&s->d, "{\"subject\":\"600\",\"group_id\":\"%lld\"}", (long long)s->group.n)).status, 200);
	struct reply r = get(s->d.admin, at(&s->d, "/channels/%lld", (long long)s->channel.n));
	s->hook = str_z(&house->arena, json_at(&r, "address"));
	r = post_multipart(s->d.operator, at(&s->d, "/documents"), (struct part[]){ { "name", S("价目 表.pdf"), NULL }, { "file", S(PDF), "x" }, { 0 } });
	assert_int_equal(r.status, 200);
	s->key = str_copy(&house->arena, json_at(&r, "key"));
	s->settings = site_options(s->d.site)->settings;
}

static void shop_close(struct shop *s)
{
	onebot_fake_close(s->fake);
	desk_close(&s->d);
}

/* As the outbox hands it over, for the `tries`th time. */
static struct delivery give(struct shop *s, const char *key, bool group, int64_t tries)
{
	struct delivery d;
	struct send send = {
		.id = { 7 }, .community = s->d.community, .what = S("file"), .key = S("k"), .group_id = group ? s->group : (struct id){ 0 },
		.group = group ? S("600") : S(""), .person = S("42"), .tries = tries, .put_at = clock_now(),
		.body = str_of(text(&s->d, "{\"file\":\"%s\",\"name\":\"价目 表.pdf\"}", key)),
	};
	assert_int_equal(deliver_once(s->d.house->store, s->settings, s->channel, &send, &s->d.house->arena, &d), 0);
	return d;
}

static void gets_it(struct shop *s, struct house *house)
{
	const char *key = str_z(&house->arena, s->key);
	assert_int_equal(give(s, key, true, 0).outcome, DELIVERED);
	assert_string_equal(onebot_fake_file(s->fake, 0), text(&s->d, "group 600 价目 表.pdf %zu", sizeof PDF - 1));
	assert_int_equal(onebot_fake_bytes(s->fake, 0).len, sizeof PDF - 1);
	assert_memory_equal(onebot_fake_bytes(s->fake, 0).at, PDF, sizeof PDF - 1);
	assert_int_equal(give(s, key, false, 0).outcome, DELIVERED);
	assert_string_equal(onebot_fake_file(s->fake, 1), text(&s->d, "user 42 价目 表.pdf %zu", sizeof PDF - 1));
}

PROMISE(onebot_file, "a file is uploaded into the group, or to a friend, byte for byte; one whose answer was lost is found there and not given twice")
{
	struct shop s;
	shop_open(&s, house, false);
	gets_it(&s, house);
	const char *key = str_z(&house->arena, s.key);
	assert_int_equal(give(&s, key, true, 1).outcome, DELIVERED);
	assert_int_equal(onebot_fake_files(s.fake), 2);
	struct delivery d = give(&s, "aaaaaaaaaaaaaaaaaaaaaa", true, 0);
	assert_int_equal(d.outcome, NEVER);
	assert_str(d.why, "the file is gone");
	shop_close(&s);
}

PROMISE(onebot_file_line, "the same goes over the WebSocket, also what is larger than any answer")
{
	struct shop s;
	struct lines *lines;
	shop_open(&s, house, true);
	gets_it(&s, house);                           /* over a connection of its own */
	assert_int_equal(lines_start(house->store, &lines), 0);
	assert_true(comes(wire_ws_count(onebot_fake_line(s.fake)) == 1));
	size_t len = 9 << 20;
	char *bytes = malloc(len);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 2654435761u >> 13);
	memcpy(bytes, "PK\3\4", 4);
	struct reply r = post_multipart(s.d.operator, at(&s.d, "/documents"),
		(struct part[]){ { "name", S("大.zip"), NULL }, { "file", { bytes, len }, "x" }, { 0 } });
	assert_int_equal(give(&s, str_z(&house->arena, json_at(&r, "key")), true, 0).outcome, DELIVERED);
	assert_int_equal(onebot_fake_bytes(s.fake, 2).len, len);
	assert_memory_equal(onebot_fake_bytes(s.fake, 2).at, bytes, len);
	free(bytes);
	lines_stop(lines);
	shop_close(&s);
}

static const struct settings *with_address(struct house *house)
{
	static const struct setting *const tables[] = { http_settings, notify_settings, outbox_settings, NULL };
	char *argv[] = { (char *)(uintptr_t)"quntu", (char *)(uintptr_t)"--public-url", (char *)(uintptr_t)"https://q.example.com", NULL };
	struct settings *settings;
	struct str why;
	int argc = 3;
	assert_int_equal(settings_read(tables, "/nonexistent", false, &argc, argv, LANG_EN, &house->arena, &settings, &why), 0);
	return settings;
}

PROMISE(onebot_file_refused, "what the client refuses is tried again and given up in its words; one that takes paths alone fetches the file first")
{
	struct shop s;
	shop_open(&s, house, false);
	const char *key = str_z(&house->arena, s.key);
	onebot_fake_refuses_files(s.fake, true);
	struct delivery d = give(&s, key, true, 0);
	assert_int_equal(d.outcome, NOT_NOW);
	assert_str(d.why, "group file space is full");
	assert_int_equal(give(&s, key, true, 3).outcome, NEVER);
	onebot_fake_refuses_files(s.fake, false);
	onebot_fake_paths(s.fake, true);
	assert_str(give(&s, key, true, 0).why, "open base64:: no such file or directory");       /* no public address: nothing to fetch */
	s.settings = with_address(house);
	d = give(&s, key, true, 0);
	assert_int_equal(d.outcome, DELIVERED);
	assert_str(d.number, "/9f1c-fake");
	assert_int_equal(memcmp(onebot_fake_bytes(s.fake, 0).at, "/data/cache/", 12), 0);
	onebot_fake_silent(s.fake, true);
	assert_int_equal(give(&s, key, true, 0).outcome, NOT_NOW);
	shop_close(&s);
}

PROMISE(onebot_file_heard, "a file that a member sends is heard by its name, once, whether told as a notice, as a message, or as both")
{
	struct shop s;
	shop_open(&s, house, false);
	static const struct { const char *name; unsigned tells; } told[] = {
		{ "报价.xlsx", TELLS_NOTICE }, { "行程.pdf", TELLS_MESSAGE }, { "合影.zip", TELLS_NOTICE | TELLS_MESSAGE },
	};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(onebot_fake_puts(s.fake, s.hook, "42", told[i].name, told[i].tells) / 100, 2);
		struct reply r = get(s.d.reader, at(&s.d, "/groups/%lld/messages", (long long)s.group.n));
		assert_int_equal(json_length(&r, "items"), i + 1);
		assert_str(json_at(&r, "items.0.kind"), "file");
		assert_str(json_at(&r, "items.0.text"), told[i].name);
	}
	shop_close(&s);
}
