/* onebot_line_test.c: the WebSocket to a QQ client: heard once each however it comes, back after it broke, one holder at a time. */
#include "channel/onebot/line.h"

#include <pthread.h>
#include <unistd.h>

#include "channel/onebot/onebot.h"
#include "channel/outbox/outbox.h"
#include "deliver.h"
#include "fake_onebot.h"
#include "people/desk_test.h"
#include "test.h"
#include "wire_ws.h"

extern const struct feature *const features[];

struct wired { struct desk d; struct id channel, group; struct onebot_fake *fake; };

static int bind_group(struct tx *tx, void *arg)
{
	struct wired *w = arg;
	struct channel c;
	int r = channel_get(tx, w->d.community, w->channel, &c);
	return r < 0 ? r : channel_bind(tx, w->d.community, &c, S("600"), S("车友 QQ 群"), (struct id){ 0 }, &w->group);
}

static void open_wired(struct wired *w, struct house *house, const char *token)
{
	desk_open(&w->d, house, features);
	w->fake = onebot_fake_open(0);
	w->channel = made(w->d.admin, at(&w->d, "/channels"), text(&w->d, "{\"kind\":\"onebot\",\"name\":\"车友 QQ\",\"values\":["
		"{\"key\":\"ws_url\",\"text\":\"ws://127.0.0.1:%d\"},{\"key\":\"token\",\"text\":\"%s\"}]}",
		onebot_fake_line_port(w->fake), token));
	assert_true(store_write(house->store, w->d.community, &house->arena, bind_group, w) >= 0);
}

static void close_wired(struct wired *w)
{
	onebot_fake_close(w->fake);
	desk_close(&w->d);
}

static bool waits_for(int (*what)(struct wired *), struct wired *w, int wanted)
{
	bool came_so = comes(what(w) == wanted);
	if (!came_so)
		printf("waited for %d, is %d\n", wanted, what(w));
	return came_so;
}

static int connected(struct wired *w) { return wire_ws_count(onebot_fake_line(w->fake)); }
static int came(struct wired *w)      { return wire_ws_came(onebot_fake_line(w->fake)); }

static int said(struct wired *w)
{
	struct reply r = get(w->d.reader, at(&w->d, "/groups/%lld/messages?limit=100", (long long)w->group.n));
	int n = 0;
	while (json_at(&r, text(&w->d, "items.%d.id", n)).len)
		n++;
	return n;
}

static int troubled(struct wired *w)
{
	struct reply r = get(w->d.admin, at(&w->d, "/channels/%lld", (long long)w->channel.n));
	return json_at(&r, "trouble").len > 0;
}

static int works(struct wired *w)
{
	int r = jobs_run_due(w->d.house->store, site_options(w->d.site)->settings, features);
	assert_true(r >= 0);
	return r;
}

static int seated(struct wired *w)
{
	struct reply r = get(w->d.reader, at(&w->d, "/groups/%lld/seats", (long long)w->group.n));
	return works(w), (int)number_at(&r, "total");
}

PROMISE(line_hears, "events come in over the line, cut into frames and told twice, once each; in a batch an event that cannot be taken in is passed by")
{
	struct wired w;
	struct lines *lines;
	open_wired(&w, house, FAKE_OB_TOKEN);
	assert_int_equal(lines_start(house->store, &lines), 0);
	assert_true(waits_for(connected, &w, 1));
	onebot_fake_cut(w.fake, true);
	onebot_fake_repeat(w.fake, 2);
	for (int i = 0; i < 30; i++)
		assert_int_equal(onebot_fake_say(w.fake, "ws", text(&w.d, "%d", 42 + i % 3), "老王", text(&w.d, "第 %d 句，有人去自驾吗", i)), 200);
	assert_true(waits_for(said, &w, 30));
	wire_ws_tell(onebot_fake_line(w.fake), S("nonsense"), false);
	wire_ws_tell(onebot_fake_line(w.fake), S("{\"post_type\":\"message\",\"message_type\":\"group\",\"self_id\":10001}"), false);
	wire_ws_tell(onebot_fake_line(w.fake), S(""), false);
	onebot_fake_say(w.fake, "ws", "42", "老王", "还在吗");
	assert_true(waits_for(said, &w, 31));
	assert_true(comes(wire_ws_pongs(onebot_fake_line(w.fake)) > 0));
	assert_int_equal(troubled(&w), 0);
	lines_stop(lines);
	assert_true(waits_for(connected, &w, 0));
	close_wired(&w);
}

static int at_the_last(struct wired *w)
{
	struct reply r = get(w->d.reader, at(&w->d, "/groups/%lld/messages?limit=1", (long long)w->group.n));
	return str_is(json_at(&r, "items.0.text"), "第 4999 句");
}

PROMISE(line_flood, "five thousand messages at once are all there when the line is closed")
{
	struct wired w;
	struct lines *lines;
	open_wired(&w, house, FAKE_OB_TOKEN);
	assert_int_equal(lines_start(house->store, &lines), 0);
	assert_true(waits_for(connected, &w, 1));
	for (int i = 0; i < 5000; i++)
		wire_ws_tell(onebot_fake_line(w.fake), str_of(text(&w.d, "{\"time\":%d,\"self_id\":10001,\"post_type\":\"message\",\"message_type\":\"group\","
			"\"message_id\":%d,\"group_id\":600,\"user_id\":%d,\"message\":\"第 %d 句\"}", 1767225600 + i, i, 42 + i % 7, i)), false);
	assert_true(waits_for(at_the_last, &w, 1));
	lines_stop(lines);
	assert_int_equal(events_catch_up(house->store, features, w.d.community), 0);
	struct reply r = get(w.d.reader, at(&w.d, "/groups/%lld/seats", (long long)w.group.n));
	int64_t spoken = 0;
	for (int i = 0; i < 7; i++)
		spoken += number_at(&r, text(&w.d, "items.%d.spoken", i));
	assert_int_equal(spoken, 5000);
	close_wired(&w);
}

static struct delivery tell_them(struct wired *w, const char *body)
{
	struct send send = {
		.id = { 7 }, .community = w->d.community, .what = S("text"), .body = str_of(body), .key = S("k"), .group_id = w->group, .group = S("600"),
	};
	struct delivery d = { 0 };
	assert_int_equal(deliver_once(w->d.house->store, site_options(w->d.site)->settings, w->channel, &send, &w->d.house->arena, &d), 0);
	return d;
}

PROMISE(line_says, "what is to be said goes over the line, each reply to whom it answers; without a line here, over a connection of its own")
{
	struct wired w;
	struct lines *lines;
	open_wired(&w, house, FAKE_OB_TOKEN);
	struct delivery d = tell_them(&w, "{\"text\":\"一\"}");         /* nobody holds a line in this process */
	assert_int_equal(d.outcome, DELIVERED);
	assert_true(d.number.len > 0);
	assert_int_equal(came(&w), 1);
	assert_true(waits_for(connected, &w, 0));
	while (works(&w))
		;
	assert_int_equal(lines_start(house->store, &lines), 0);
	assert_true(comes(works(&w)));                 /* it stands, so the lists are to be read anew */
	for (int i = 0; i < 5; i++)
		assert_int_equal(tell_them(&w, "{\"text\":\"二\"}").outcome, DELIVERED);
	assert_int_equal(came(&w), 2);
	assert_int_equal(onebot_fake_over_line(w.fake) >= 6, 1);
	assert_string_equal(onebot_fake_message(w.fake, 5), "[{\"type\":\"text\",\"data\":{\"text\":\"二\"}}]");
	lines_stop(lines);
	close_wired(&w);
}

PROMISE(line_returns, "a line that broke, or whose heartbeat stopped, is made again, and the lists are read anew")
{
	struct wired w;
	struct lines *lines;
	open_wired(&w, house, FAKE_OB_TOKEN);
	assert_int_equal(lines_start(house->store, &lines), 0);
	assert_true(waits_for(connected, &w, 1));
	onebot_fake_move(w.fake, "http://127.0.0.1:1/", "42", true);   /* nobody tells us */
	wire_ws_break(onebot_fake_line(w.fake));
	assert_true(waits_for(came, &w, 2));
	assert_true(waits_for(connected, &w, 1));
	assert_true(waits_for(seated, &w, 2));
	onebot_fake_beat(w.fake, 100);                                 /* and then nothing */
	assert_true(waits_for(came, &w, 3));
	lines_stop(lines);
	close_wired(&w);
}

PROMISE(line_refused, "a wrong token is the channel's trouble, whichever way it is refused, and is not knocked with every second")
{
	struct wired w;
	struct lines *lines;
	open_wired(&w, house, "wrong");
	assert_int_equal(lines_start(house->store, &lines), 0);
	assert_true(waits_for(troubled, &w, 1));
	assert_int_equal(tell_them(&w, "{\"text\":\"x\"}").outcome, NOT_NOW);
	lines_stop(lines);
	struct reply r = ask(w.d.admin, "PUT", at(&w.d, "/channels/%lld", (long long)w.channel.n), "application/json",
		str_of(text(&w.d, "{\"kind\":\"onebot\",\"name\":\"车友 QQ\",\"values\":[{\"key\":\"ws_url\",\"text\":\"ws://127.0.0.1:%d/\"},"
		            "{\"key\":\"token\",\"text\":\"" FAKE_OB_TOKEN "\"}]}", onebot_fake_line_port(w.fake))));
	assert_int_equal(r.status, 200);
	assert_int_equal(lines_start(house->store, &lines), 0);
	assert_true(waits_for(troubled, &w, 0));
	lines_stop(lines);
	onebot_fake_says_1403(w.fake, true);
	ask(w.d.admin, "PUT", at(&w.d, "/channels/%lld", (long long)w.channel.n), "application/json",
		str_of(text(&w.d, "{\"kind\":\"onebot\",\"name\":\"车友 QQ\",\"values\":[{\"key\":\"ws_url\",\"text\":\"ws://127.0.0.1:%d/\"},"
		            "{\"key\":\"token\",\"text\":\"also wrong\"}]}", onebot_fake_line_port(w.fake))));
	assert_int_equal(lines_start(house->store, &lines), 0);
	assert_true(waits_for(troubled, &w, 1));
	lines_stop(lines);
	close_wired(&w);
}

/* ---- One holder ------------------------------------------------------------------------------------------ */

struct lease { struct id community, channel; struct instant until; };

static QUERY(test_lease, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"INSERT INTO channel_line (community_id, channel_id, holder_id, until_at) VALUES (?1, ?2, 77, ?3)");

static int lease_action(struct tx *tx, void *arg)
{
	const struct lease *l = arg;
	return tx_run(tx, &test_lease, V(l->community), V(l->channel), V(l->until));
}

PROMISE(line_one_holder, "while another process holds the line we do not; when its lease has run out we take it")
{
	struct wired w;
	struct lines *lines;
	open_wired(&w, house, FAKE_OB_TOKEN);
	clock_set(clock_now());
	struct lease l = { w.d.community, w.channel, { clock_now().ms + 4000 } };
	assert_int_equal(store_write(house->store, w.d.community, &house->arena, lease_action, &l), 1);
	assert_int_equal(lines_start(house->store, &lines), 0);
	usleep(2000000);                               /* the store is asked every second */
	assert_int_equal(came(&w), 0);
	clock_set((struct instant){ l.until.ms + 1 });
	assert_true(waits_for(connected, &w, 1));
	lines_stop(lines);
	close_wired(&w);
}

