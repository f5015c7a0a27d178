/* outbox_test.c: what is promised is delivered: in order, once noted once, whatever breaks. */
#include "channel/outbox/outbox_test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/child.h"
#include "engine/notify/notify.h"
#include "people/community.h"
#include "people/member.h"
#include "store/schemas.h"
#include "world.h"

/* ---- Helpers ---------------------------------------------------------------------------------- */

/* `each` sends into each of the first `groups` groups, round after round; keys "PREFIX-group-n". */
static void put_many(struct office *o, const char *prefix, int groups, int each, int64_t from)
{
	char key[64];
	for (int n = 0; n < each; n++)
		for (int g = 0; g < groups; g++) {
			snprintf(key, sizeof key, "%s-%d-%lld", prefix, g, (long long)(from + n));
			assert_int_equal(office_put(o, o->groups[g], key, from + n, NULL), 1);
		}
}

static struct instant at_utc(const char *text)
{
	struct instant t;
	assert_true(instant_parse(str_of(text), &t));
	return t;
}

/* ---- Putting ------------------------------------------------------------------------------------- */

PROMISE(outbox_key, "put twice is put once; what is malformed, too long or to nobody is refused and leaves nothing")
{
	struct office o = { 0 };
	char long_key[100];
	office_open(&o, house, 1);
	assert_int_equal(office_put(&o, o.groups[0], "a", 1, NULL), 1);
	assert_int_equal(office_put(&o, o.groups[0], "a", 2, NULL), 0);
	assert_int_equal(office_put(&o, o.groups[1], "a", 3, NULL), 0);
	memset(long_key, 'k', sizeof long_key);
	long_key[81] = '\0';
	assert_int_equal(office_put(&o, o.groups[0], long_key, 1, NULL), E_TOO_LONG);
	long_key[80] = '\0';
	assert_int_equal(office_put(&o, o.groups[0], long_key, 1, NULL), 1);
	assert_int_equal(office_put(&o, o.groups[0], "", 1, NULL), E_TOO_LONG);
	assert_int_equal(office_put(&o, (struct id){ 4711 }, "b", 1, NULL), E_NOT_FOUND);
	assert_int_equal(office_put(&o, (struct id){ 0 }, "b", 1, NULL), E_NOT_FOUND);
	struct outgoing bad[] = {
		{ .what = "shout" }, { .what = "text", .body = S("[1]") }, { .what = "text", .body = S("{") }, { .what = "text", .body = S("x") },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(office_put(&o, o.groups[0], "b", 1, &bad[i]), E_INVALID);
	char *huge = calloc(1, SEND_BODY_MAX + 2);
	memset(huge, ' ', SEND_BODY_MAX + 1);
	assert_int_equal(office_put(&o, o.groups[0], "b", 1, &(struct outgoing){ .what = "text", .body = str_of(huge) }), E_TOO_LONG);
	free(huge);
	assert_int_equal(office_tally(&o).waiting, 2);
	office_close(&o);
}

PROMISE(outbox_hands, "what no channel can do is promised to a person: no channel, none that can do it, one that is off")
{
	struct office o = { 0 };
	office_open(&o, house, 1);
	assert_int_equal(office_put(&o, o.hand_group, "a", 1, NULL), 1);
	assert_int_equal(office_put(&o, o.groups[0], "b", 1, &(struct outgoing){ .what = "rename", .body = S("{\"name\":\"n\"}") }), 1);
	assert_int_equal(office_put(&o, o.groups[0], "c", 1, NULL), 1);
	assert_int_equal(office_tally(&o).hand, 2);
	assert_int_equal(office_tally(&o).waiting, 1);
	sink_be(o.sink, &(struct sink_mood){ .hand = 100 });
	struct outbox *box = office_start(&o, house->store);
	office_wait(&o);
	outbox_stop(box);
	assert_int_equal(office_tally(&o).hand, 3);
	assert_int_equal(sink_count(o.sink), 0);
	office_close(&o);
}

static int tell_member(struct tx *tx, void *arg)
{
	struct office *o = arg;
	struct outgoing out = { .member = o->member, .what = "text", .body = S("{\"text\":\"7\"}"), .key = S("tell"), .prompt = true };
	return outbox_put(tx, o->community, &out, NULL);
}

static int last_told(struct tx *tx, void *arg)
{
	struct office *o = arg;
	struct rows rows;
	int r = messages_of_group(tx, o->community, o->groups[0], (struct id){ 0 }, 10, &rows);
	return r < 0 ? r : (int)rows.count;
}

PROMISE(outbox_reaches, "a member is told over the channel that knows them; what was said in a group stands in its history")
{
	struct office o = { 0 };
	struct sink_word *words;
	office_open(&o, house, 1);
	struct outbox *box = office_start(&o, house->store);
	assert_int_equal(office_do(&o, tell_member, &o), 1);
	assert_int_equal(office_put(&o, o.groups[0], "g", 8, NULL), 1);
	office_wait(&o);
	outbox_stop(box);
	assert_int_equal(sink_words(o.sink, &words), 2);
	assert_int_equal(sink_times(o.sink, "tell"), 1);
	assert_true(strcmp(words[0].queue, "openid-1") == 0 || strcmp(words[1].queue, "openid-1") == 0);
	free(words);
	assert_int_equal(store_read(house->store, &house->arena, last_told, &o), 1);
	office_close(&o);
}

/* ---- Order and loss ---------------------------------------------------------------------------------- */

PROMISE(outbox_order, "a moody platform: each group's sends leave in their order, one at a time, and all of them do")
{
	struct office o = { 0 };
	office_open(&o, house, 7);
	sink_be(o.sink, &(struct sink_mood){ .refuses = 15, .forgets = 5, .slow_ms = 6 });
	put_many(&o, "a", GROUPS, 10, 0);
	struct outbox *box = office_start(&o, house->store);
	put_many(&o, "b", GROUPS, 10, 100);
	office_wait(&o);
	outbox_stop(box);
	assert_int_equal(office_tally(&o).sent, 20 * GROUPS);
	assert_int_equal(sink_count(o.sink), 20 * GROUPS);
	office_check_order(&o);
	office_close(&o);
}

PROMISE(outbox_two, "two workers share the work: nothing twice, nothing lost, the order kept")
{
	struct office o = { 0 };
	struct store *second = house->store;
	struct str why;
	office_open(&o, house, 3);
	sink_be(o.sink, &(struct sink_mood){ .refuses = 10, .slow_ms = 3 });
	put_many(&o, "a", GROUPS, 12, 0);
	if (house_is_pg(house)) {
		struct store_options options = { .url = house->url, .schemas = embedded_schemas };
		assert_int_equal(store_open(&options, &second, &house->arena, &why), 0);
	}
	struct outbox *one = office_start(&o, house->store), *other = office_start(&o, second);
	put_many(&o, "b", GROUPS, 12, 100);
	office_wait(&o);
	outbox_stop(one);
	outbox_stop(other);
	if (second != house->store)
		store_close(second);
	assert_int_equal(office_tally(&o).sent, 24 * GROUPS);
	struct sink_word *words;
	size_t count = sink_words(o.sink, &words);
	assert_int_equal(count, 24 * GROUPS);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(words[i].times, 1);
	free(words);
	office_check_order(&o);
	office_close(&o);
}

PROMISE(outbox_faults, "the store fails in the middle, again and again: nothing is lost, nothing is sent twice")
{
	struct office o = { 0 };
	char key[32];
	office_open(&o, house, 5);
	struct outbox *box = office_start(&o, house->store);
	for (int n = 0; n < 60; n++) {
		snprintf(key, sizeof key, "f-%d", n);
		store_fault_after(n, false);
		int r;
		while ((r = office_put(&o, o.groups[n % 3], key, n, NULL)) < 0)
			assert_int_equal(r, E_STORE);
		if (n % 7 == 0)
			usleep(3000);
	}
	for (int n = 0; n < 25; n++) {
		store_fault_after(n, false);
		usleep(2000);
	}
	store_fault_after(-1, false);
	office_wait(&o);
	outbox_stop(box);
	struct sink_word *words;
	size_t count = sink_words(o.sink, &words);
	assert_int_equal(count, 60);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(words[i].times, 1);
	free(words);
	office_check_order(&o);
	office_close(&o);
}

PROMISE(outbox_put_faults, "whichever statement of a put fails, it is put whole or not at all")
{
	struct office o = { 0 };
	char key[32];
	bool struck = true;
	office_open(&o, house, 5);
	for (int n = 0, put = 0; struck; n++) {
		snprintf(key, sizeof key, "p-%d", n);
		store_fault_after(n, false);
		int r = office_put(&o, o.groups[n % 3], key, n, NULL);
		struck = store_fault_struck();
		store_fault_after(-1, false);
		assert_true(r == 1 || r == E_STORE);
		put += r == 1;
		assert_int_equal(office_tally(&o).waiting, put);
		assert_true(n < 100);
	}
	office_close(&o);
}

/* ---- Killed ------------------------------------------------------------------------------------------- */

#define CHILD "QUNTU_OUTBOX_CHILD"      /* "PORT URL": be a worker on that store until you are killed */

TEST(outbox_child, "a worker in a process of its own, for the promise outbox_killed")
{
	const char *said = getenv(CHILD);
	if (!said)
		return;
	static const struct setting *const tables[] = { outbox_settings, notify_settings, NULL };
	struct arena arena;
	struct store *store;
	struct str why = S("");
	char *url;
	int argc = 0, port = (int)strtol(said, &url, 10);
	arena_init(&arena, 64 << 20);
	struct office o = { 0 };
	struct store_options options = { .url = url + 1, .schemas = embedded_schemas };
	assert_int_equal(secret_start(), 0);
	assert_int_equal(store_open(&options, &store, &arena, &why), 0);
	assert_int_equal(settings_read(tables, "/nonexistent", false, &argc, NULL, LANG_EN, &arena, &o.settings, &why), 0);
	office_platform(port);
	office_start(&o, store);
	for (;;)
		pause();
}

static pid_t start_worker(struct office *o)
{
	char self[1000] = "", said[1200];
	const char *argv[] = { self, "outbox_child", NULL };
	struct child child;
	assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
	snprintf(said, sizeof said, "%d %s", sink_port(o->sink), o->house->url);
	setenv(CHILD, said, 1);
	assert_int_equal(child_start(argv, "/dev/null", &o->house->arena, &child), 0);
	unsetenv(CHILD);
	return child.pid;
}

static QUERY(keys_sent, READS, &row_text_item, TAKES(K_ID), "SELECT key AS item FROM send WHERE community_id = ?1 AND state = 'sent'");

struct sent { struct id community; struct rows keys; };

static int sent_action(struct tx *tx, void *arg)
{
	struct sent *s = arg;
	return tx_all(tx, &keys_sent, &s->keys, V(s->community));
}

/* What is noted as sent now, and how often the platform has it. */
static struct sent note_sent(struct office *o, int **ret_times)
{
	struct sent s = { o->community, { 0 } };
	assert_true(store_read(o->house->store, &o->house->arena, sent_action, &s) >= 0);
	*ret_times = calloc(s.keys.count + 1, sizeof **ret_times);
	for (size_t i = 0; i < s.keys.count; i++)
		(*ret_times)[i] = sink_times(o->sink, str_z(&o->house->arena, ((const struct text_item *)s.keys.at)[i].item));
	return s;
}

static void check_not_again(struct office *o, const struct sent *s, int *times)
{
	for (size_t i = 0; i < s->keys.count; i++) {
		const char *key = str_z(&o->house->arena, ((const struct text_item *)s->keys.at)[i].item);
		if (sink_times(o->sink, key) != times[i])
			fail_msg("%s was noted as sent and is sent again", key);
	}
	free(times);
}

static QUERY(leases_over, WRITES, NULL, TAKES_NOTHING, "UPDATE send_worker SET alive_until = 1");

static int end_leases(struct tx *tx, void *arg)
{
	(void)arg;
	return tx_run_(tx, &leases_over, NULL, 0);
}

#define KILLS 4

PROMISE(outbox_killed, "kill -9 in the middle, four times: nothing is lost, nothing noted as sent is sent again, the order holds")
{
	struct office o = { 0 };
	struct sent sent[KILLS];
	int *times[KILLS];
	office_open(&o, house, 11);
	sink_be(o.sink, &(struct sink_mood){ .refuses = 10, .forgets = 5, .slow_ms = 4 });
	put_many(&o, "k", GROUPS, 40, 0);
	for (int round = 0; round < KILLS; round++) {
		house_leave(house);
		size_t before = sink_count(o.sink);
		pid_t pid = start_worker(&o);
		assert_true(comes(sink_count(o.sink) >= before + 40 + 17 * (size_t)round));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_true(comes(sink_lines(o.sink) == 0));     /* what was on its way has come */
		house_restart(house);
		sent[round] = note_sent(&o, &times[round]);
		assert_true(office_do(&o, end_leases, NULL) >= 0);      /* the time of the killed one is over */
	}
	struct outbox *box = office_start(&o, house->store);
	office_wait(&o);
	outbox_stop(box);
	for (int round = 0; round < KILLS; round++)
		check_not_again(&o, &sent[round], times[round]);
	assert_int_equal(office_tally(&o).sent, 40 * GROUPS);
	assert_int_equal(sink_count(o.sink), 40 * GROUPS);
	office_check_order(&o);
	office_close(&o);
}

/* ---- Brakes -------------------------------------------------------------------------------------------- */

TEST(outbox_quiet_end, "quiet hours: by day, over night, on chosen days, in any zone")
{
	const struct zone *china = zone_find(S("Asia/Shanghai")), *kathmandu = zone_find(S("Asia/Kathmandu"));
	struct brake none = { .quiet_days = 127 }, night = { .quiet_from = 22 * 60, .quiet_until = 8 * 60, .quiet_days = 127 };
	struct brake noon = { .quiet_from = 12 * 60, .quiet_until = 14 * 60, .quiet_days = 1 << 1 };
	struct brake friday = { .quiet_from = 22 * 60, .quiet_until = 8 * 60, .quiet_days = 1 << 5 };
	assert_int_equal(quiet_end(&none, china, at_utc("2026-11-20T23:00:00+08:00")).ms, 0);
	assert_int_equal(quiet_end(&night, china, at_utc("2026-11-20T21:59:59+08:00")).ms, 0);
	assert_int_equal(quiet_end(&night, china, at_utc("2026-11-20T22:00:00+08:00")).ms, at_utc("2026-11-21T08:00:00+08:00").ms);
	assert_int_equal(quiet_end(&night, china, at_utc("2026-11-21T07:59:59+08:00")).ms, at_utc("2026-11-21T08:00:00+08:00").ms);
	assert_int_equal(quiet_end(&night, china, at_utc("2026-11-21T08:00:00+08:00")).ms, 0);
	assert_int_equal(quiet_end(&night, kathmandu, at_utc("2026-11-20T22:30:00+05:45")).ms, at_utc("2026-11-21T08:00:00+05:45").ms);
	/* 2026-11-23 is a Monday, 2026-11-20 a Friday. */
	assert_int_equal(quiet_end(&noon, china, at_utc("2026-11-23T13:00:00+08:00")).ms, at_utc("2026-11-23T14:00:00+08:00").ms);
	assert_int_equal(quiet_end(&noon, china, at_utc("2026-11-24T13:00:00+08:00")).ms, 0);
	assert_int_equal(quiet_end(&friday, china, at_utc("2026-11-21T03:00:00+08:00")).ms, at_utc("2026-11-21T08:00:00+08:00").ms);
	assert_int_equal(quiet_end(&friday, china, at_utc("2026-11-22T03:00:00+08:00")).ms, 0);
}

static QUERY(office_brake, WRITES, NULL, TAKES(K_ID, K_INT, K_INT, K_INT, K_INT, K_INT),
	"INSERT INTO send_brake (community_id, frozen_at, frozen_by, frozen_why, quiet_from, quiet_until, quiet_days, member_day,"
	" member_week, group_day, group_week) VALUES (?1, 0, 0, '', ?2, ?3, 127, ?4, 0, ?5, ?6) ON CONFLICT (community_id) DO UPDATE SET"
	" quiet_from = ?2, quiet_until = ?3, member_day = ?4, group_day = ?5, group_week = ?6");

struct braking { struct office *o; int64_t from, until, member_day, group_day, group_week; };

static int brake_action(struct tx *tx, void *arg)
{
	struct braking *b = arg;
	return tx_run(tx, &office_brake, V(b->o->community), V(b->from), V(b->until), V(b->member_day), V(b->group_day), V(b->group_week));
}

static void set_brake(struct braking b) { assert_int_equal(office_do(b.o, brake_action, &b), 1); }

/* Until so many have left; then a moment more, in which no other may. */
static void wait_for_count(struct office *o, size_t count)
{
	(void)comes(sink_count(o->sink) >= count);
	usleep(60000);
	assert_int_equal(sink_count(o->sink), count);
}

static void set_clock(const char *text)
{
	clock_set(at_utc(text));
	usleep(1200 * 1000);                          /* the thinker looks once a second */
}

PROMISE(outbox_quiet, "in quiet hours only answers leave; at their end the rest, in its order")
{
	struct office o = { 0 };
	struct outgoing casual = { .what = "text" };
	clock_set(at_utc("2026-11-20T23:00:00+08:00"));
	office_open(&o, house, 1);
	set_brake((struct braking){ &o, 22 * 60, 8 * 60, 0, 0, 0 });
	struct outbox *box = office_start(&o, house->store);
	assert_int_equal(office_put(&o, o.groups[0], "one", 1, &casual), 1);
	assert_int_equal(office_put(&o, o.groups[0], "two", 2, &casual), 1);
	assert_int_equal(office_put(&o, o.groups[0], "answer", 0, NULL), 1);
	wait_for_count(&o, 1);
	assert_int_equal(sink_times(o.sink, "answer"), 1);
	set_clock("2026-11-21T07:59:00+08:00");
	assert_int_equal(office_put(&o, o.groups[0], "three", 3, &casual), 1);
	wait_for_count(&o, 1);
	set_clock("2026-11-21T08:00:01+08:00");
	assert_int_equal(office_put(&o, o.groups[0], "four", 4, &casual), 1);
	wait_for_count(&o, 5);
	outbox_stop(box);
	office_check_order(&o);
	office_close(&o);
}

PROMISE(outbox_budget, "a group gets so many a day and a week, a member too; answers do not count; the rest comes another day")
{
	struct office o = { 0 };
	struct outgoing casual = { .what = "text" };
	char key[16];
	clock_set(at_utc("2026-11-23T10:00:00+08:00"));       /* a Monday */
	office_open(&o, house, 1);
	set_brake((struct braking){ &o, 0, 0, 0, 2, 3 });
	struct outbox *box = office_start(&o, house->store);
	for (int n = 0; n < 5; n++) {
		snprintf(key, sizeof key, "b%d", n);
		assert_int_equal(office_put(&o, o.groups[0], key, n, &casual), 1);
	}
	wait_for_count(&o, 2);
	assert_int_equal(office_put(&o, o.groups[0], "answer", 1, NULL), 1);
	assert_int_equal(office_put(&o, o.groups[1], "other", 1, &casual), 1);
	wait_for_count(&o, 4);
	set_clock("2026-11-24T00:00:01+08:00");               /* the week has one more */
	wait_for_count(&o, 5);
	set_clock("2026-11-29T12:00:00+08:00");
	wait_for_count(&o, 5);
	set_clock("2026-11-30T00:00:01+08:00");
	wait_for_count(&o, 7);
	outbox_stop(box);
	office_check_order(&o);
	office_close(&o);
}

static QUERY(dues, READS, &row_id_item, TAKES(K_ID), "SELECT due_at AS item FROM send WHERE community_id = ?1 ORDER BY id");

static int due_action(struct tx *tx, void *arg)
{
	struct sent *of = arg;
	return tx_all(tx, &dues, &of->keys, V(of->community));
}

PROMISE(outbox_hand_brakes, "what a person must do comes due outside of quiet hours and within the budget")
{
	struct office o = { 0 };
	struct outgoing casual = { .what = "text" };
	clock_set(at_utc("2026-11-20T23:00:00+08:00"));
	office_open(&o, house, 1);
	set_brake((struct braking){ &o, 22 * 60, 8 * 60, 0, 1, 0 });
	assert_int_equal(office_put(&o, o.hand_group, "a", 1, &casual), 1);
	assert_int_equal(office_put(&o, o.hand_group, "b", 1, &casual), 1);
	struct sent s = { o.community, { 0 } };
	assert_true(store_read(house->store, &house->arena, due_action, &s) >= 0);
	const struct id_item *due = s.keys.at;
	assert_int_equal(due[0].item.n, at_utc("2026-11-21T08:00:00+08:00").ms);
	assert_int_equal(due[1].item.n, at_utc("2026-11-22T08:00:00+08:00").ms);
	office_close(&o);
}

static QUERY(refused, READS, &row_id_item, TAKES(K_ID), "SELECT id AS item FROM send WHERE community_id = ?1 AND why = '45047'");

static int refused_action(struct tx *tx, void *arg)
{
	struct sent *of = arg;
	return tx_all(tx, &refused, &of->keys, V(of->community));
}

/* Has the platform's word that it is enough been noted? */
static bool late_refused(struct office *o)
{
	struct sent s = { o->community, { 0 } };
	assert_true(store_read(o->house->store, &o->house->arena, refused_action, &s) >= 0);
	return s.keys.count > 0;
}

PROMISE(outbox_quota, "a channel says so many a minute, a group so many a day; what the platform says is enough counts too")
{
	struct office o = { 0 };
	struct outgoing image = { .what = "image", .prompt = true }, link = { .what = "link", .prompt = true };
	char key[16];
	clock_set(at_utc("2026-11-23T10:00:01+08:00"));
	office_open(&o, house, 1);
	struct outbox *box = office_start(&o, house->store);
	for (int n = 0; n < 5; n++) {
		snprintf(key, sizeof key, "i%d", n);
		assert_int_equal(office_put(&o, o.groups[n], key, n, &image), 1);
		snprintf(key, sizeof key, "l%d", n);
		assert_int_equal(office_put(&o, o.groups[6], key, n, &link), 1);
	}
	assert_int_equal(office_put(&o, o.groups[7], "text", 1, NULL), 1);
	wait_for_count(&o, 3 + 2 + 1);
	set_clock("2026-11-23T10:01:00+08:00");
	wait_for_count(&o, 5 + 2 + 1);
	set_clock("2026-11-24T00:00:00+08:00");
	wait_for_count(&o, 5 + 4 + 1);
	sink_be(o.sink, &(struct sink_mood){ .enough_after = 10, .enough_ms = 30 * MINUTE });
	assert_int_equal(office_put(&o, o.groups[7], "late1", 2, NULL), 1);
	assert_int_equal(office_put(&o, o.groups[8], "late2", 1, NULL), 1);
	assert_true(comes(late_refused(&o) && office_tally(&o).held == 0));
	wait_for_count(&o, 10);
	sink_be(o.sink, &(struct sink_mood){ 0 });
	set_clock("2026-11-24T00:29:00+08:00");
	wait_for_count(&o, 10);
	set_clock("2026-11-24T00:30:01+08:00");
	wait_for_count(&o, 12);
	outbox_stop(box);
	office_close(&o);
}

static void *stop_it(void *box)
{
	outbox_stop(box);
	return NULL;
}

PROMISE(outbox_stop_quota, "what a worker has taken and not sent when it stops counts for no quota: the next sends it")
{
	struct office o = { 0 };
	struct outgoing link = { .what = "link", .prompt = true };
	pthread_t stopper;
	char key[16];
	clock_set(at_utc("2026-11-23T10:00:01+08:00"));
	office_open(&o, house, 1);
	sink_be(o.sink, &(struct sink_mood){ .stalls = true });
	put_many(&o, "t", 4, 1, 0);                       /* half of the carriers, as many as one channel gets */
	struct outbox *box = office_start(&o, house->store);
	assert_true(comes(sink_asked(o.sink) == 4));
	for (int n = 0; n < 4; n++) {
		snprintf(key, sizeof key, "l%d", n);
		assert_int_equal(office_put(&o, o.groups[4 + n / 2], key, n, &link), 1);
	}
	assert_true(comes(office_tally(&o).held == 6));
	assert_int_equal(pthread_create(&stopper, NULL, stop_it, box), 0);
	usleep(A_WHILE * 1000);
	sink_be(o.sink, &(struct sink_mood){ 0 });
	pthread_join(stopper, NULL);
	box = office_start(&o, house->store);
	office_wait(&o);
	outbox_stop(box);
	assert_int_equal(sink_count(o.sink), 8);
	office_close(&o);
}

/* Four sends are with the platform and four wait behind them while it stops; then the platform answers. */
static void stop_with_hands_full(struct office *o, int round, int fails_after)
{
	pthread_t stopper;
	char prefix[16];
	snprintf(prefix, sizeof prefix, "r%d", round);
	sink_be(o->sink, &(struct sink_mood){ .stalls = true });
	put_many(o, prefix, 4, 2, 10 * round);
	struct outbox *box = office_start(o, o->house->store);
	assert_true(comes(sink_asked(o->sink) == 4));
	assert_int_equal(pthread_create(&stopper, NULL, stop_it, box), 0);
	usleep(A_WHILE * 1000);                   /* who thinks has gone, most likely: what is left to do is the last turn */
	store_fault_after(fails_after, false);
	sink_be(o->sink, &(struct sink_mood){ 0 });
	pthread_join(stopper, NULL);
	bool struck = store_fault_struck();
	store_fault_after(-1, false);
	assert_true(struck);
}

PROMISE(outbox_last_turn, "whichever statement of a stopping worker's last turn fails: what was delivered is noted, the rest is the next one's, nothing leaves twice")
{
	static const int fails_after[] = { 0, 1, 2, 4, 7, 11, 16 };
	struct office o = { 0 };
	struct sink_word *words;
	int rounds = sizeof fails_after / sizeof *fails_after;
	office_open(&o, house, 1);
	for (int round = 0; round < rounds; round++) {
		stop_with_hands_full(&o, round, fails_after[round]);
		assert_int_equal(office_tally(&o).sent, 8 * round + 4);
		assert_int_equal(office_tally(&o).held, 0);
		struct outbox *next = office_start(&o, house->store);
		office_wait(&o);
		outbox_stop(next);
		assert_int_equal(office_tally(&o).sent, 8 * round + 8);
	}
	size_t count = sink_words(o.sink, &words);
	assert_int_equal(count, 8 * rounds);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(words[i].times, 1);
	free(words);
	office_check_order(&o);
	office_close(&o);
}

PROMISE(outbox_due, "one that is due tomorrow holds up nobody; one that is of no use any more is given up")
{
	struct office o = { 0 };
	struct instant now = at_utc("2026-11-23T10:00:00+08:00");
	clock_set(now);
	office_open(&o, house, 1);
	struct outgoing later = { .what = "text", .prompt = true, .due = { now.ms + DAY } };
	struct outgoing stale = { .what = "text", .prompt = true, .due = { now.ms + HOUR }, .expires = { now.ms + 2 * HOUR } };
	assert_int_equal(office_put(&o, o.groups[0], "tomorrow", 3, &later), 1);
	assert_int_equal(office_put(&o, o.groups[0], "stale", 9, &stale), 1);
	struct outbox *box = office_start(&o, house->store);
	assert_int_equal(office_put(&o, o.groups[0], "now", 1, NULL), 1);
	wait_for_count(&o, 1);
	set_clock("2026-11-23T12:30:00+08:00");
	assert_int_equal(office_put(&o, o.groups[0], "noon", 2, NULL), 1);
	wait_for_count(&o, 2);
	assert_int_equal(office_tally(&o).dead, 1);
	set_clock("2026-11-24T10:00:00+08:00");
	wait_for_count(&o, 3);
	outbox_stop(box);
	office_check_order(&o);
	office_close(&o);
}

/* ---- Taking back --------------------------------------------------------------------------------------- */

struct cancelling { struct office *o; const char *key; struct id source; };

static int cancel_action(struct tx *tx, void *arg)
{
	struct cancelling *c = arg;
	return c->key ? outbox_cancel(tx, c->o->community, str_of(c->key)) : outbox_cancel_of(tx, c->o->community, c->source);
}

PROMISE(outbox_cancel, "cancelled before it left, it never leaves; what is in a worker's hand or gone cannot be cancelled")
{
	struct office o = { 0 };
	office_open(&o, house, 1);
	struct outgoing mine = { .what = "text", .source = { 77 }, .prompt = true };
	for (int n = 0; n < 4; n++) {
		char key[16];
		snprintf(key, sizeof key, "m%d", n);
		assert_int_equal(office_put(&o, n == 3 ? o.hand_group : o.groups[n], key, n, &mine), 1);
	}
	assert_int_equal(office_put(&o, o.groups[0], "other", 5, NULL), 1);
	assert_int_equal(office_do(&o, cancel_action, &(struct cancelling){ &o, "m0", { 0 } }), 1);
	assert_int_equal(office_do(&o, cancel_action, &(struct cancelling){ &o, "m0", { 0 } }), 0);
	assert_int_equal(office_do(&o, cancel_action, &(struct cancelling){ &o, "nothing", { 0 } }), 0);
	assert_int_equal(office_do(&o, cancel_action, &(struct cancelling){ &o, NULL, { 77 } }), 3);
	sink_be(o.sink, &(struct sink_mood){ .stalls = true });
	assert_int_equal(office_put(&o, o.groups[4], "slow", 1, NULL), 1);
	struct outbox *box = office_start(&o, house->store);
	assert_true(comes(sink_asked(o.sink) == 2));
	assert_int_equal(office_do(&o, cancel_action, &(struct cancelling){ &o, "slow", { 0 } }), 0);
	sink_be(o.sink, &(struct sink_mood){ 0 });
	office_wait(&o);
	assert_int_equal(office_do(&o, cancel_action, &(struct cancelling){ &o, "slow", { 0 } }), 0);
	outbox_stop(box);
	assert_int_equal(sink_count(o.sink), 2);
	assert_int_equal(office_tally(&o).cancelled, 4);
	office_close(&o);
}

PROMISE(outbox_dead, "what the platform will never take lies among the dead letters, and those behind it go on")
{
	struct office o = { 0 };
	office_open(&o, house, 2);
	sink_be(o.sink, &(struct sink_mood){ .never = 50 });
	put_many(&o, "d", 3, 10, 0);
	struct outbox *box = office_start(&o, house->store);
	office_wait(&o);
	outbox_stop(box);
	struct tally_of n = office_tally(&o);
	assert_int_equal(n.sent + n.dead, 30);
	assert_true(n.dead > 0 && n.sent > 0);
	assert_int_equal((int64_t)sink_count(o.sink), n.sent);
	office_check_order(&o);
	office_close(&o);
}
