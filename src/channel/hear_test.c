/* hear_test.c: what platforms tell counts once, in whatever order; secrets stay inside; groups live in one place. */
#include "channel/channel.h"
#include "groups/roster.h"
#include "people/desk_test.h"
#include "people/member.h"
#include "test.h"

extern const struct feature *const features[];

#define MESSAGES 200

struct hearing {
	struct id      community, channel, group;
	struct heard   heard;
	struct came    came;
	bool           removed;
	enum following what;
	struct str     scene;
	struct id      message, member;
	int            told;
};

static int the_channel(struct tx *tx, struct hearing *h, struct channel *c)
{
	return channel_get(tx, h->community, h->channel, c);
}

static int bind_it(struct tx *tx, void *arg)
{
	struct hearing *h = arg;
	struct channel c;
	int r = the_channel(tx, h, &c);
	return r < 0 ? r : channel_bind(tx, h->community, &c, S("g1"), S("车主群"), (struct id){ 0 }, &h->group);
}

static int hear_it(struct tx *tx, void *arg)
{
	struct hearing *h = arg;
	struct channel c;
	int r = the_channel(tx, h, &c);
	h->told = r < 0 ? r : hear_message(tx, h->community, &c, &h->heard, &h->message, &h->member);
	return h->told < 0 ? h->told : 0;
}

static int came_it(struct tx *tx, void *arg)
{
	struct hearing *h = arg;
	struct channel c;
	int r = the_channel(tx, h, &c);
	h->told = r < 0 ? r : h->removed ? hear_left(tx, h->community, &c, &h->came, true) : hear_joined(tx, h->community, &c, &h->came);
	return h->told < 0 ? h->told : 0;
}

static int follow_it(struct tx *tx, void *arg)
{
	struct hearing *h = arg;
	struct channel c;
	int r = the_channel(tx, h, &c);
	h->told = r < 0 ? r
		: hear_following(tx, h->community, &c, h->what, h->heard.person, h->scene, h->heard.number, h->heard.at, &h->member);
	return h->told < 0 ? h->told : 0;
}

static int64_t write(struct house *house, struct hearing *h, tx_action *action)
{
	assert_int_equal(store_write(house->store, h->community, &house->arena, action, h), 0);
	return h->told;
}

static void open_hearing(struct desk *d, struct hearing *h, struct house *house)
{
	desk_open(d, house, features);
	*h = (struct hearing){ .community = d->community };
	h->channel = made(d->admin, at(d, "/channels"), "{\"kind\":\"manual\",\"name\":\"车友 QQ\",\"values\":[]}");
	write(house, h, bind_it);
}

PROMISE(hear_once_each, "a storm of repeated and reordered messages is kept once each, with one event each, and makes each speaker once")
{
	struct desk d;
	struct hearing h;
	open_hearing(&d, &h, house);
	unsigned seed = 11;
	bool known[MESSAGES] = { false };
	for (int i = 0; i < 3 * MESSAGES; i++) {
		int n = (int)(rand_r(&seed) % MESSAGES);
		h.heard = (struct heard){
			.group = S("g1"), .person = str_format(&house->arena, "q%d", n % 7), .person_name = S("老王"), .kind = S("text"),
			.number = str_format(&house->arena, "%d", n), .text = S("有人去自驾吗"), .at = { 1000 + n },
		};
		assert_int_equal(write(house, &h, hear_it), !known[n]);
		known[n] = true;
	}
	h.heard.group = S("not ours");
	h.heard.number = S("x");
	assert_int_equal(write(house, &h, hear_it), 0);
	int64_t kept = 0;
	for (int i = 0; i < MESSAGES; i++)
		kept += known[i];
	assert_int_equal(events_catch_up(house->store, features, d.community), 0);
	struct reply r = get(d.reader, at(&d, "/groups/%lld/seats", (long long)h.group.n));
	int64_t spoken = 0;
	for (int i = 0; i < 7; i++)
		spoken += number_at(&r, text(&d, "items.%d.spoken", i));
	assert_int_equal(spoken, kept);
	r = get(d.reader, at(&d, "/members"));
	assert_int_equal(number_at(&r, "total"), 7);
	r = get(d.reader, at(&d, "/groups/%lld/messages?limit=3", (long long)h.group.n));
	assert_str(json_at(&r, "items.0.text"), "有人去自驾吗");
	assert_str(json_at(&r, "items.0.nickname"), "老王");
	desk_close(&d);
}

PROMISE(hear_followers, "a follower is met once, whatever comes first; whoever went is not reached, and is again when they come back")
{
	struct desk d;
	struct hearing h;
	open_hearing(&d, &h, house);
	h.heard = (struct heard){ .person = S("o-1"), .number = S("scan1"), .at = { 5000 } };
	h.what = FOLLOWING_CODE, h.scene = S("p_81");
	assert_int_equal(write(house, &h, follow_it), 1);
	assert_int_equal(write(house, &h, follow_it), 0);
	struct id first = h.member;
	h.heard.number = S("sub1"), h.heard.at.ms = 4900, h.what = FOLLOWING_BEGAN;
	assert_int_equal(write(house, &h, follow_it), 1);
	assert_int_equal(h.member.n, first.n);
	struct reply r = get(d.reader, at(&d, "/members"));
	assert_int_equal(number_at(&r, "total"), 1);
	desk_close(&d);
}

PROMISE(hear_coming_and_going, "joining and leaving reach the group's list; the inviter is known by their number on the platform")
{
	struct desk d;
	struct hearing h;
	open_hearing(&d, &h, house);
	h.came = (struct came){ .group = S("g1"), .person = S("q1"), .person_name = S("林晓"), .how = S("qr"), .at = { 1000 } };
	assert_int_equal(write(house, &h, came_it), 1);
	h.came = (struct came){ .group = S("g1"), .person = S("q2"), .inviter = S("q1"), .how = S("invite"), .at = { 2000 } };
	assert_int_equal(write(house, &h, came_it), 1);
	assert_int_equal(write(house, &h, came_it), 0);
	struct reply r = get(d.reader, at(&d, "/groups/%lld/seats", (long long)h.group.n));
	assert_str(json_at(&r, "items.0.nickname"), "林晓");
	assert_true(str_equal(json_at(&r, "items.1.inviter_id"), json_at(&r, "items.0.member_id")));
	h.removed = true, h.came.at.ms = 1500;
	assert_int_equal(write(house, &h, came_it), 0);
	h.came.at.ms = 3000;
	assert_int_equal(write(house, &h, came_it), 1);
	desk_close(&d);
}

struct memory { struct hearing *h; struct str value; };

static int remember_it(struct tx *tx, void *arg)
{
	struct memory *m = arg;
	return channel_remember(tx, m->h->community, m->h->channel, "token", S("secret-token-1"), (struct instant){ tx_now(tx).ms + MINUTE });
}

static int recall_it(struct tx *tx, void *arg)
{
	struct memory *m = arg;
	return channel_recall(tx, m->h->community, m->h->channel, "token", &m->value, NULL);
}

PROMISE(channel_desk, "channels are connected, switched, bound to groups and let go; what must be kept is sealed")
{
	struct desk d;
	struct hearing h;
	open_hearing(&d, &h, house);
	struct memory m = { &h, S("") };
	assert_int_equal(store_write(house->store, d.community, &house->arena, remember_it, &m), 0);
	assert_int_equal(store_read(house->store, &house->arena, recall_it, &m), 0);
	assert_str(m.value, "secret-token-1");

	const char *one = at(&d, "/channels/%lld", (long long)h.channel.n);
	struct reply r = get(d.reader, one);
	assert_str(json_at(&r, "name"), "车友 QQ");
	assert_int_equal(number_at(&r, "groups"), 1);
	assert_int_equal(ask(d.admin, "DELETE", one, NULL, S("")).status, 409);
	r = post(d.admin, text(&d, "%s/groups/remove", one), text(&d, "{\"group_id\":\"%lld\"}", (long long)h.group.n));
	assert_int_equal(r.status, 204);
	assert_int_equal(ask(d.admin, "DELETE", one, NULL, S("")).status, 204);
	assert_int_equal(get(d.reader, one).status, 404);
	r = post(d.admin, at(&d, "/channels"), "{\"kind\":\"manual\",\"name\":\"x\",\"values\":[{\"key\":\"zzz\",\"text\":\"1\"}]}");
	assert_int_equal(r.status, 400);
	assert_str(json_at(&r, "error.field"), "values[0].key");
	assert_int_equal(post(d.operator, at(&d, "/channels"), "{\"kind\":\"manual\",\"name\":\"x\",\"values\":[]}").status, 403);
	desk_close(&d);
}
