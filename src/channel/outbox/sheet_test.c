/* sheet_test.c: the run-sheet, the freeze switch and the list, as staff meet them. */
#include "channel/outbox/outbox_test.h"
#include "groups/alert.h"
#include "media/sample_test.h"
#include "people/staff.h"
#include "store/schemas.h"
#include "world.h"

struct shop { struct desk desk; struct office office; struct outbox *box; };

static void shop_open(struct shop *s, struct house *house, bool works)
{
	*s = (struct shop){ .box = NULL };
	desk_open(&s->desk, house, features);
	s->office.community = s->desk.community;
	office_open(&s->office, house, 1);
	if (works)
		s->box = office_start(&s->office, house->store);
}

static void shop_close(struct shop *s)
{
	outbox_stop(s->box);
	office_close(&s->office);
	desk_close(&s->desk);
}

static struct id say_in(struct shop *s, struct id group, const char *key, const char *words)
{
	return made(s->desk.operator, at(&s->desk, "/sends"),
	            text(&s->desk, "{\"group_id\":\"%lld\",\"what\":\"text\",\"text\":\"%s\",\"key\":\"%s\"}", (long long)group.n, words,
			key));
}

static const char *item(struct shop *s, struct id send, const char *what)
{
	return at(&s->desk, "/run-sheet/%lld/%s", (long long)send.n, what);
}

static struct str field(struct shop *s, const char *path, const char *name)
{
	struct reply r = get(s->desk.reader, at(&s->desk, "%s", path));
	assert_int_equal(r.status, 200);
	return json_at(&r, name);
}

PROMISE(sheet_done, "an item is done once, with number, minutes and picture; the same person may add to it, another is told")
{
	struct shop s;
	shop_open(&s, house, false);
	struct id send = say_in(&s, s.office.hand_group, "a", "周五答疑");
	assert_true(say_in(&s, s.office.hand_group, "a", "周五答疑").n == send.n);
	struct reply r = get(s.desk.reader, at(&s.desk, "/run-sheet"));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.text"), "周五答疑");
	assert_str(json_at(&r, "items.0.group"), "线下群");
	assert_str(json_at(&r, "items.0.opens"), "weixin://");
	assert_reply(post(s.desk.reader, item(&s, send, "done"), "{}"), 403, "forbidden");
	assert_reply(post(s.desk.stranger, item(&s, send, "done"), "{}"), 404, "not_found");
	assert_reply(post(s.desk.operator, item(&s, send, "done"), "{\"minutes\":-1}"), 400, "too_small");
	struct blob png = sample_code(&house->arena, "https://example.com", &QR_STYLE_PLAIN);
	r = post_multipart(s.desk.operator, item(&s, send, "done"), (struct part[]){
		{ "minutes", S("3"), NULL }, { "number", S("240"), NULL }, { "picture", { png.at, png.len }, "a.png" }, { 0 } });
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "state"), "done");
	assert_true(str_starts(json_at(&r, "proof"), S("/f/")));
	r = post(s.desk.operator, item(&s, send, "done"), "{\"minutes\":4,\"number\":\"250\"}");
	assert_str(json_at(&r, "number"), "250");
	assert_true(str_starts(json_at(&r, "proof"), S("/f/")));
	assert_reply(post(s.desk.admin, item(&s, send, "done"), "{}"), 409, "done_already");
	assert_reply(post(s.desk.operator, item(&s, send, "skip"), "{\"reason\":\"r\"}"), 409, "done_already");
	assert_reply(post(s.desk.operator, at(&s.desk, "/sends/%lld/cancel", (long long)send.n), "{}"), 409, "sent_already");
	assert_str(field(&s, "/run-sheet?show=over", "items.0.minutes"), "4");
	assert_int_equal(office_tally(&s.office).done, 1);
	r = get(s.desk.reader, at(&s.desk, "/groups/%lld/messages", (long long)s.office.hand_group.n));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.text"), "周五答疑");
	shop_close(&s);
}

PROMISE(sheet_bad, "what is said is checked: to whom, its words, its picture; a proof that is no picture is refused")
{
	struct shop s;
	shop_open(&s, house, false);
	struct id send = say_in(&s, s.office.hand_group, "a", "x");
	const char *path = at(&s.desk, "/sends");
	assert_reply(post(s.desk.operator, path, "{\"what\":\"text\",\"text\":\"x\",\"key\":\"k\"}"), 400, "missing_field");
	assert_reply(post(s.desk.operator, path, "{\"group_id\":\"4711\",\"what\":\"text\",\"text\":\"x\",\"key\":\"k\"}"), 404, "not_found");
	const char *empty = text(&s.desk, "{\"group_id\":\"%lld\",\"what\":\"text\",\"text\":\" \",\"key\":\"k\"}",
			(long long)s.office.hand_group.n);
	assert_reply(post(s.desk.operator, path, empty), 400, "too_short");
	const char *alien = text(&s.desk, "{\"group_id\":\"%lld\",\"what\":\"image\",\"picture\":\"abcdefghijabcdefghijab\",\"key\":\"k\"}",
	                         (long long)s.office.hand_group.n);
	assert_reply(post(s.desk.operator, path, alien), 404, "not_found");
	struct reply r = post_multipart(s.desk.operator, item(&s, send, "done"), (struct part[]){ { "picture", S("not a picture"),
			"a.png" }, { 0 } });
	assert_reply(r, 400, "picture_format");
	assert_reply(post(s.desk.operator, item(&s, send, "skip"), "{\"reason\":\"  \"}"), 400, "too_short");
	r = post(s.desk.operator, item(&s, send, "skip"), "{\"reason\":\"刚说过\"}");
	assert_str(json_at(&r, "skipped"), "刚说过");
	assert_str(field(&s, "/run-sheet?show=over", "items.0.state"), "skipped");
	shop_close(&s);
}

/* Long enough for a worker that may send to have done so. */
static void settle(void) { usleep(150 * 1000); }

PROMISE(freeze_stops, "frozen: nothing leaves, neither by a channel nor by hand, until it is let go; then all of it does, in order")
{
	struct shop s;
	char key[16];
	shop_open(&s, house, true);
	assert_reply(post(s.desk.reader, at(&s.desk, "/outbox/freeze"), "{\"frozen\":true,\"why\":\"w\"}"), 403, "forbidden");
	assert_reply(post(s.desk.operator, at(&s.desk, "/outbox/freeze"), "{\"frozen\":true,\"why\":\" \"}"), 400, "too_short");
	struct id send = say_in(&s, s.office.hand_group, "hand", "x");
	assert_reply(post(s.desk.operator, at(&s.desk, "/outbox/freeze"), "{\"frozen\":true,\"why\":\"投诉\"}"), 200, "");
	for (int n = 0; n < 20; n++) {
		snprintf(key, sizeof key, "f%d", n);
		assert_int_equal(office_put(&s.office, s.office.groups[n % 3], key, n, NULL), 1);
	}
	settle();
	assert_int_equal(sink_count(s.office.sink), 0);
	assert_int_equal(office_tally(&s.office).waiting, 20);
	assert_str(field(&s, "/outbox", "frozen_why"), "投诉");
	assert_reply(post(s.desk.operator, item(&s, send, "done"), "{}"), 409, "frozen");
	assert_reply(post(s.desk.operator, at(&s.desk, "/outbox/freeze"), "{\"frozen\":false}"), 200, "");
	office_wait(&s.office);
	assert_int_equal(sink_count(s.office.sink), 20);
	office_check_order(&s.office);
	assert_reply(post(s.desk.operator, item(&s, send, "done"), "{}"), 200, "");
	struct reply log = get(s.desk.admin, at(&s.desk, "/audit"));
	assert_true(memmem(log.body.at, log.body.len, "outbox_frozen", 13) && memmem(log.body.at, log.body.len, "outbox_thawed", 13));
	shop_close(&s);
}

PROMISE(freeze_midway, "the switch is pressed while a slow platform is being told: what is under way ends, the rest stays")
{
	struct shop s;
	char key[16];
	shop_open(&s, house, true);
	sink_be(s.office.sink, &(struct sink_mood){ .stalls = true });
	const int all = (HELD_SENDS + 4) * GROUPS;            /* more than workers take in advance */
	for (int n = 0; n < all; n++) {
		snprintf(key, sizeof key, "s%d", n);
		assert_int_equal(office_put(&s.office, s.office.groups[n % GROUPS], key, n, NULL), 1);
	}
	assert_true(comes(sink_asked(s.office.sink) > 0));
	assert_reply(post(s.desk.operator, at(&s.desk, "/outbox/freeze"), "{\"frozen\":true,\"why\":\"投诉\"}"), 200, "");
	usleep(1200 * 1000);                                  /* they look once a second */
	sink_be(s.office.sink, &(struct sink_mood){ 0 });
	assert_true(comes(office_tally(&s.office).held == 0));
	size_t then = sink_count(s.office.sink);
	assert_in_range(then, 1, HELD_SENDS * GROUPS);
	settle();
	assert_int_equal(sink_count(s.office.sink), then);
	assert_int_equal(office_tally(&s.office).waiting, all - (int64_t)then);
	assert_reply(post(s.desk.operator, at(&s.desk, "/outbox/freeze"), "{\"frozen\":false}"), 200, "");
	office_wait(&s.office);
	assert_int_equal(sink_count(s.office.sink), all);
	office_check_order(&s.office);
	shop_close(&s);
}

static int keep_server(struct tx *tx, void *arg)
{
	struct shop *s = arg;
	return account_hire(tx, s->desk.community, (struct id){ 15 }, ROLE_OWNER);
}

static int thaw_all(struct tx *tx, void *arg)
{
	(void)arg;
	return outbox_freeze_all(tx, false, (struct id){ 0 }, S(""));
}

PROMISE(freeze_all, "whoever keeps the server freezes all of it; a terminal beside it lets it go, and everything leaves in order")
{
	struct shop s;
	char key[16];
	struct store *guest;
	struct str why;
	shop_open(&s, house, true);
	const char *path = at(&s.desk, "/outbox/freeze-all"), *on = "{\"frozen\":true,\"why\":\"欢迎语写错了\"}";
	assert_reply(post(s.desk.admin, path, on), 403, "forbidden");
	assert_reply(post(s.desk.owner, path, on), 403, "forbidden");             /* owner here, but not of the server's first community */
	assert_int_equal(store_write(house->store, s.desk.community, &house->arena, keep_server, &s), 0);
	assert_reply(post(s.desk.owner, path, "{\"frozen\":true,\"why\":\" \"}"), 400, "too_short");
	struct id send = say_in(&s, s.office.hand_group, "hand", "x");
	assert_reply(post(s.desk.owner, path, on), 200, "");
	for (int n = 0; n < 20; n++) {
		snprintf(key, sizeof key, "a%d", n);
		assert_int_equal(office_put(&s.office, s.office.groups[n % 3], key, n, NULL), 1);
	}
	settle();
	assert_int_equal(sink_count(s.office.sink), 0);
	assert_str(field(&s, "/outbox", "all_frozen_why"), "欢迎语写错了");
	assert_str(field(&s, "/outbox", "frozen_at"), "null");
	assert_reply(post(s.desk.operator, item(&s, send, "done"), "{}"), 409, "frozen");
	/* The community's own switch is another: letting it go lets nothing go. */
	assert_reply(post(s.desk.operator, at(&s.desk, "/outbox/freeze"), "{\"frozen\":true,\"why\":\"投诉\"}"), 200, "");
	assert_reply(post(s.desk.operator, at(&s.desk, "/outbox/freeze"), "{\"frozen\":false}"), 200, "");
	settle();
	assert_int_equal(sink_count(s.office.sink), 0);
	struct store_options options = { .url = house->url, .schemas = embedded_schemas, .guest = true };
	assert_int_equal(store_open(&options, &guest, &house->arena, &why), 0);
	assert_int_equal(store_aside(guest, &house->arena, thaw_all, NULL), 0);
	store_close(guest);
	office_wait(&s.office);
	assert_int_equal(sink_count(s.office.sink), 20);
	office_check_order(&s.office);
	assert_reply(post(s.desk.operator, item(&s, send, "done"), "{}"), 200, "");
	shop_close(&s);
}

PROMISE(dead_letters, "dead letters show the platform's words and are sent again, one or all; what waits is cancelled")
{
	struct shop s;
	char key[16];
	shop_open(&s, house, true);
	sink_be(s.office.sink, &(struct sink_mood){ .never = 100 });
	for (int n = 0; n < 6; n++) {
		snprintf(key, sizeof key, "d%d", n);
		assert_int_equal(office_put(&s.office, s.office.groups[n % 2], key, n, NULL), 1);
	}
	office_wait(&s.office);
	struct reply r = get(s.desk.reader, at(&s.desk, "/sends?state=dead"));
	assert_int_equal(json_length(&r, "items"), 6);
	assert_str(json_at(&r, "items.0.why"), "errcode 40003: invalid openid");
	struct str id = json_at(&r, "items.5.id");
	assert_str(field(&s, "/outbox", "dead"), "6");
	sink_be(s.office.sink, &(struct sink_mood){ 0 });
	assert_reply(post(s.desk.operator, at(&s.desk, "/sends/%.*s/again", STR(id)), "{}"), 200, "");
	office_wait(&s.office);
	assert_int_equal(sink_times(s.office.sink, "d0"), 1);
	assert_reply(post(s.desk.operator, at(&s.desk, "/sends/%.*s/again", STR(id)), "{}"), 200, "");
	r = post(s.desk.operator, at(&s.desk, "/sends/again"), "{}");
	assert_str(json_at(&r, "n"), "5");
	office_wait(&s.office);
	assert_int_equal(sink_count(s.office.sink), 6);
	assert_int_equal(office_tally(&s.office).sent, 6);
	for (int n = 0; n < 6; n++) {
		snprintf(key, sizeof key, "d%d", n);
		assert_int_equal(sink_times(s.office.sink, key), 1);
	}
	r = get(s.desk.reader, at(&s.desk, "/outbox/queues"));
	assert_str(json_at(&r, "items.0.name"), "QQ");
	assert_str(json_at(&r, "items.0.quotas.0.most"), "3");
	struct id send = say_in(&s, s.office.hand_group, "c", "x");
	assert_reply(post(s.desk.operator, at(&s.desk, "/sends/%lld/cancel", (long long)send.n), "{}"), 200, "");
	assert_reply(post(s.desk.operator, at(&s.desk, "/sends/%lld/cancel", (long long)send.n), "{}"), 409, "sent_already");
	shop_close(&s);
}

PROMISE(sheet_late, "two hours late: one warning for the group; done: the warning is gone")
{
	struct shop s;
	struct instant noon;
	assert_true(instant_parse(S("2026-11-23T12:00:00+08:00"), &noon));
	clock_set(noon);
	shop_open(&s, house, false);
	struct id one = say_in(&s, s.office.hand_group, "a", "x"), two = say_in(&s, s.office.hand_group, "b", "y");
	for (int round = 0; round < 2; round++) {
		clock_set((struct instant){ noon.ms + 3 * HOUR + round * HOUR });
		assert_true(jobs_run_due(house->store, s.office.settings, (const struct feature *const[]){ &feature_runsheet, NULL }) >= 0);
		struct job_context context = { .store = house->store, .arena = &house->arena };
		struct str why;
		assert_int_equal(feature_runsheet.jobs[0].run(&context, &(struct job){ 0 }, &why), 0);
		struct reply r = get(s.desk.reader, at(&s.desk, "/alerts?open=true"));
		assert_int_equal(json_length(&r, "items"), 1);
		assert_str(json_at(&r, "items.0.kind"), "send_overdue");
		assert_str(json_at(&r, "items.0.title"), "线下群");
	}
	assert_reply(post(s.desk.operator, item(&s, one, "done"), "{}"), 200, "");
	assert_reply(post(s.desk.operator, item(&s, two, "done"), "{}"), 200, "");
	struct job_context context = { .store = house->store, .arena = &house->arena };
	struct str why;
	assert_int_equal(feature_runsheet.jobs[0].run(&context, &(struct job){ 0 }, &why), 0);
	struct reply r = get(s.desk.reader, at(&s.desk, "/alerts?open=true"));
	assert_int_equal(json_length(&r, "items"), 0);
	shop_close(&s);
}
