/* office_test.c: see outbox_test.h. */
#include "channel/outbox/outbox_test.h"

#include "engine/notify/notify.h"
#include "groups/group.h"
#include "people/community.h"
#include "people/member.h"

/* ---- The fake platform's connector ------------------------------------------------------------- */

static char where[64];

static const struct quota quotas[] = {
	{ "images_a_minute", "每分钟图片", "Pictures a minute", "image", PER_CHANNEL, 3, A_MINUTE, NULL },
	{ "links_a_day", "每群每天卡片", "Links a day in a group", "link", PER_GROUP, 2, A_DAY, NULL },
	{ 0 },
};

static int deliver(struct courier *c, const struct channel *channel, const struct send *s, struct delivery *ret)
{
	struct str whom = s->group.len ? s->group : s->person, why = S(""), text = send_text(courier_arena(c), s->body, "text");
	struct answer a = { 0 };
	int64_t ms;
	(void)channel;
	struct letter letter = { .url = str_of(where), .type = "text/plain", };
	letter.body = str_format(courier_arena(c), "%.*s %.*s %.*s", STR(whom), STR(s->key), STR(text.len ? text : S("0")));
	int r = courier_ask(c, &letter, &a, &why);
	if (r == E_NOT_SENT) {
		*ret = (struct delivery){ .outcome = NOT_NOW, .why = why };
		return 0;
	}
	if (r < 0)
		return r;
	*ret = (struct delivery){ .outcome = NOT_NOW, .why = a.body };
	if (a.status == 200)
		*ret = (struct delivery){ .outcome = DELIVERED, .number = a.body };
	else if (a.status == 400)
		ret->outcome = NEVER;
	else if (a.status == 409)
		ret->outcome = BY_HAND;
	else if (a.status == 429 && str_to_int(a.body, &ms))
		*ret = (struct delivery){ .outcome = QUOTA_USED, .again = { clock_now().ms + ms }, .why = S("45047") };
	return 0;
}

static const struct connector fake = {
	.kind = "onebot", .zh = "假平台", .en = "A fake", .can = CAN_TEXT | CAN_IMAGE | CAN_LINK | CAN_TELL | CAN_KICK, .quotas = quotas,
	.deliver = deliver,
};

void office_platform(int port)
{
	snprintf(where, sizeof where, "http://127.0.0.1:%d/send", port);
	connector_stand_in(&fake);
}

/* ---- The community ---------------------------------------------------------------------------------- */

static QUERY(office_channel, WRITES, NULL, TAKES(K_ID, K_ID),
	"INSERT INTO channel (community_id, id, kind, name, state, subject, slug, settings, trouble, troubled_at, heard_at, said_at,"
	" created_at) VALUES (?1, ?2, 'onebot', 'QQ', 'on', '', CAST(?2 AS TEXT), '{}', '', 0, 0, 0, 1)");

static int found(struct tx *tx, void *arg)
{
	struct office *o = arg;
	struct channel c;
	struct id whose;
	int r = o->community.n ? 0 : community_make(tx, S("车友会"), S("Asia/Shanghai"), &o->community);
	o->channel = tx_new_id(tx);
	if (r < 0 || (r = tx_run(tx, &office_channel, V(o->community), V(o->channel))) < 0 ||
	    (r = channel_get(tx, o->community, o->channel, &c)) < 0)
		return r;
	for (int i = 0; r >= 0 && i < GROUPS; i++)
		r = channel_bind(tx, o->community, &c, str_format(tx_arena(tx), "g%d", i), str_format(tx_arena(tx), "车主 %d 群", i),
		                 (struct id){ 0 }, &o->groups[i]);
	if (r < 0 || (r = group_of_channel(tx, o->community, S("线下群"), S("manual"), &o->hand_group)) < 0)
		return r;
	struct member_profile who = { .nickname = S("林晓") };
	if ((r = member_make(tx, o->community, &who, NULL, (struct id){ 0 }, &o->member, NULL)) < 0)
		return r;
	return member_identify(tx, o->community, o->member, S("onebot"), S("openid-1"), &whose);
}

int office_do(struct office *o, tx_action *action, void *arg)
{
	return store_write(o->house->store, o->community, &o->house->arena, action, arg);
}

void office_open(struct office *o, struct house *house, unsigned seed)
{
	static const struct setting *const tables[] = { outbox_settings, notify_settings, NULL };
	struct str why;
	int argc = 0;
	*o = (struct office){ .house = house, .sink = sink_open(seed), .community = o->community };
	assert_int_equal(secret_start(), 0);
	assert_int_equal(settings_read(tables, "/nonexistent", false, &argc, NULL, LANG_EN, &house->arena, &o->settings, &why), 0);
	office_platform(sink_port(o->sink));
	int r = office_do(o, found, o);
	assert_int_equal(r < 0 ? r : 0, 0);
}

void office_close(struct office *o)
{
	connector_stand_in(NULL);
	sink_close(o->sink);
}

struct outbox *office_start(struct office *o, struct store *store)
{
	struct outbox *outbox = NULL;
	struct outbox_options options = { store, o->settings, 8, .backoff_ms = 20 };
	assert_int_equal(outbox_start(&options, &outbox), 0);
	return outbox;
}

struct putting { struct office *office; struct outgoing out; };

static int put_action(struct tx *tx, void *arg)
{
	struct putting *p = arg;
	return outbox_put(tx, p->office->community, &p->out, NULL);
}

int office_put(struct office *o, struct id group, const char *key, int64_t n, const struct outgoing *more)
{
	struct putting p = { o, more ? *more : (struct outgoing){ .what = "text", .prompt = true } };
	p.out.group = group;
	p.out.key = str_of(key);
	p.out.reason = S("test");
	if (!p.out.body.len)
		p.out.body = str_format(&o->house->arena, "{\"text\":\"%lld\"}", (long long)n);
	return office_do(o, put_action, &p);
}

/* ---- Looking ------------------------------------------------------------------------------------------- */

ROW(tally_of,
	FIELD(tally_of, waiting,   "Waiting"),
	FIELD(tally_of, sent,      "Sent"),
	FIELD(tally_of, dead,      "Dead"),
	FIELD(tally_of, cancelled, "Cancelled"),
	FIELD(tally_of, hand,      "By hand"),
	FIELD(tally_of, done,      "Done"),
	FIELD(tally_of, held,      "Queues in hand"));

#define HOW_MANY(word) "(SELECT count(*) FROM send WHERE community_id = ?1 AND state = '" word "') AS "

static QUERY(office_count, READS, &row_tally_of, TAKES(K_ID),
	"SELECT " HOW_MANY("waiting") "waiting, " HOW_MANY("sent") "sent, " HOW_MANY("dead") "dead, " HOW_MANY("cancelled") "cancelled, "
	HOW_MANY("hand") "hand, " HOW_MANY("done") "done, (SELECT count(*) FROM send_queue WHERE holder_id <> 0) AS held");

struct counting { struct id community; struct tally_of n; };

static int count_action(struct tx *tx, void *arg)
{
	struct counting *c = arg;
	return tx_one(tx, &office_count, &c->n, V(c->community));
}

struct tally_of office_tally(struct office *o)
{
	struct counting c = { o->community, { 0 } };
	assert_int_equal(store_read(o->house->store, &o->house->arena, count_action, &c), 0);
	return c.n;
}

void office_wait(struct office *o)
{
	struct tally_of n = { .waiting = -1 };
	for (int64_t left = 0; n.waiting != 0 || n.held != 0;) {
		left = n.waiting;
		if (!comes((n = office_tally(o), n.waiting != left || (n.waiting == 0 && n.held == 0))))      /* as long as there are fewer */
			fail_msg("%lld still wait, %lld are sent, %lld dead", (long long)n.waiting, (long long)n.sent, (long long)n.dead);
	}
}

void office_check_order(struct office *o)
{
	struct sink_word *words;
	size_t count = sink_words(o->sink, &words);
	for (size_t i = 0; i < count; i++)
		for (size_t k = i; k-- > 0;)
			if (strcmp(words[i].queue, words[k].queue) == 0) {
				if (words[i].n < words[k].n)
					fail_msg("%s: %lld came after %lld", words[i].queue, (long long)words[i].n, (long long)words[k].n);
				break;
			}
	free(words);
	assert_int_equal(sink_crossed(o->sink), 0);
}
