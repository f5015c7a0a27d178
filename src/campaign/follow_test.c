/* follow_test.c: who follows by a friend's code helps once, both are told, and posters arrive as pictures in the chat. */
#include "campaign/campaign.h"
#include "channel/mp/mp.h"
#include "channel/outbox/outbox.h"
#include "engine/jobs/jobs.h"
#include "fake_mp.h"
#include "people/desk_test.h"
#include "test.h"

#include <unistd.h>

extern const struct feature *const features[];

struct stand {
	struct desk     desk;
	struct mp_fake *fake;
	struct outbox  *outbox;
	struct id       channel, campaign;
	const char     *address, *slug;
};

#define BODY "{\"kind\":\"treasure\",\"name\":\"秋日礼\",\"rules\":\"r\",\"organiser\":\"o\",\"starts_at\":1000,\"ends_at\":%lld," \
	"\"claim_until\":%lld,\"takes_part\":\"all\",\"capacity\":0,\"strength\":\"anonymous\",\"act\":\"follow\",\"code_id\":null," \
	"\"new_only\":false,\"helps_each\":0,\"mutual\":false,\"hold_minutes\":0,\"still_days\":%d,\"stages\":[{\"id\":null,\"goal\":2," \
	"\"title\":\"一\",\"prizes\":[{\"id\":null,\"kind\":\"onsite\",\"title\":\"保温杯\",\"note\":\"n\",\"picture\":\"\",\"value\":3900," \
	"\"link\":\"\",\"points\":0,\"stock\":5}]}]}"

static void connect(struct stand *s)
{
	struct reply r = post(s->desk.owner, at(&s->desk, "/channels"), text(&s->desk, "{\"kind\":\"mp\",\"name\":\"友信\",\"values\":["
		"{\"key\":\"appid\",\"text\":\"" FAKE_APPID "\"},{\"key\":\"secret\",\"text\":\"" FAKE_SECRET "\"},"
		"{\"key\":\"token\",\"text\":\"" FAKE_TOKEN "\"},{\"key\":\"aes_key\",\"text\":\"" FAKE_KEY "\"},"
		"{\"key\":\"template\",\"text\":\"TPL_1\"},{\"key\":\"once_template\",\"text\":\"" FAKE_ONCE "\"},{\"key\":\"api\",\"text\":\"%s\"}]}", mp_fake_url(s->fake)));
	assert_int_equal(r.status, 200);
	s->channel.n = number_at(&r, "id");
	s->address = text(&s->desk, "%.*s", STR(json_at(&r, "address")));
}

/* still: for so many days an unfollowing takes the help back. */
static void stand_with(struct stand *s, struct house *house, int still)
{
	*s = (struct stand){ 0 };
	desk_open(&s->desk, house, features);
	s->fake = mp_fake_open(0);
	connect(s);
	long long ends = (long long)clock_now().ms + 10 * DAY;
	s->campaign = made(s->desk.operator, at(&s->desk, "/campaigns"), text(&s->desk, BODY, ends, ends, still));
	const char *state = at(&s->desk, "/campaigns/%lld/state", (long long)s->campaign.n);
	assert_reply(post(s->desk.operator, state, "{\"state\":\"running\",\"acknowledge\":\"G1\"}"), 409, "not_ready");
	assert_int_equal(put(s->desk.operator, at(&s->desk, "/campaigns/%lld/follow", (long long)s->campaign.n),
		text(&s->desk, "{\"channel_id\":\"%lld\",\"keyword\":\"我要 海报\",\"greeting\":\"欢迎来到友信\"}", (long long)s->channel.n)).status, 200);
	struct reply r = post(s->desk.operator, state, "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	assert_int_equal(r.status, 200);
	s->slug = text(&s->desk, "%.*s", STR(json_at(&r, "slug")));
	struct outbox_options options = { .store = house->store, .settings = site_options(s->desk.site)->settings, .threads = 2 };
	assert_int_equal(outbox_start(&options, &s->outbox), 0);
}

static void stand_open(struct stand *s, struct house *house) { stand_with(s, house, 0); }

static void stand_close(struct stand *s)
{
	outbox_stop(s->outbox);
	mp_fake_close(s->fake);
	desk_close(&s->desk);
}

/* Followers and jobs until there is nothing left; then the outbox until so many were sent to whom. */
static void settle(struct stand *s, const char *openid, int sent)
{
	struct store *store = s->desk.house->store;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(events_catch_up(store, features, s->desk.community), 0);
		assert_true(jobs_run_due(store, site_options(s->desk.site)->settings, features) >= 0);
	}
	(void)comes(mp_fake_sent(s->fake, openid) >= sent);
	assert_int_equal(mp_fake_sent(s->fake, openid), sent);
}

static int event(struct stand *s, const char *openid, const char *what, const char *scene, int64_t at_second)
{
	return mp_fake_event(s->fake, s->address, FAKE_SAFE, openid, what, scene, at_second);
}

/* The word after "c-" or "t-" of the newest participant. */
static const char *newest(struct stand *s)
{
	struct reply r = get(s->desk.operator, at(&s->desk, "/campaigns/%lld/participants", (long long)s->campaign.n));
	return text(&s->desk, "%.*s", STR(json_at(&r, "items.0.slug")));
}

static int64_t helps_counted(struct stand *s)
{
	struct reply r = get(s->desk.operator, at(&s->desk, "/campaigns/%lld/helps?state=counted", (long long)s->campaign.n));
	return (int64_t)json_length(&r, "items");
}

PROMISE(follow_treasure, "a fan who scans the campaign's code gets a poster; who follows by it helps once, and both are told")
{
	struct stand s;
	stand_open(&s, house);
	int64_t now = clock_now().ms / 1000;
	clock_set((struct instant){ now * SECOND });      /* her minute lasts until we say so */
	for (int again = 0; again < 3; again++)           /* the platform says it three times */
		assert_int_equal(event(&s, "oLin", "subscribe", text(&s.desk, "qrscene_c-%s", s.slug), now), 200);
	settle(&s, "oLin", 2);
	const char *lin = newest(&s);
	assert_non_null(strstr(mp_fake_message(s.fake, "oLin", 0), "欢迎来到友信"));
	assert_non_null(strstr(mp_fake_message(s.fake, "oLin", 0), "再有 2 位好友扫你的海报关注，就能领保温杯"));
	assert_non_null(strstr(mp_fake_message(s.fake, "oLin", 1), "\"msgtype\":\"image\""));
	for (int again = 0; again < 3; again++)
		assert_int_equal(event(&s, "oBo", "subscribe", text(&s.desk, "qrscene_t-%s", lin), now), 200);
	settle(&s, "oBo", 2);
	settle(&s, "oLin", 3);
	assert_non_null(strstr(mp_fake_message(s.fake, "oBo", 0), "助力成功"));
	assert_non_null(strstr(mp_fake_message(s.fake, "oLin", 2), "还差 1 位"));
	assert_int_equal(helps_counted(&s), 1);
	/* Away and back, and once more by the code: he has helped already. Lin by her own: no help. */
	event(&s, "oBo", "unsubscribe", "", now + 1);
	event(&s, "oBo", "subscribe", text(&s.desk, "qrscene_t-%s", lin), now + 2);
	event(&s, "oLin", "SCAN", text(&s.desk, "t-%s", lin), now + 3);
	settle(&s, "oBo", 4);
	settle(&s, "oLin", 5);
	assert_non_null(strstr(mp_fake_message(s.fake, "oLin", 3), "这是你自己的海报"));
	assert_int_equal(helps_counted(&s), 1);
	/* The second friend: two are enough. Lin's minute is over for us, so a template tells her. */
	assert_int_equal(event(&s, "oCai", "subscribe", text(&s.desk, "qrscene_t-%s", lin), now), 200);
	event(&s, "oDi", "SCAN", "t-nobodyatall", now);
	event(&s, "oDi", "SCAN", "c-nobodyatall", now);
	settle(&s, "oCai", 2);
	settle(&s, "oLin", 6);
	assert_int_equal(helps_counted(&s), 2);
	assert_non_null(strstr(mp_fake_message(s.fake, "oLin", 5), "已达成，可以领保温杯了"));
	settle(&s, "oDi", 0);
	stand_close(&s);
}

static const QUERY(allow_once, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"INSERT INTO mp_once (community_id, id, channel_id, subject, scene, visitor_id, nonce, back, state, send_id, at)"
	" VALUES (?1, ?2, ?3, 'oLin', 1, 1, '', '', 'allowed', 0, 1)");

static int allow(struct tx *tx, void *arg)
{
	const struct stand *s = arg;
	return tx_run(tx, &allow_once, V(s->desk.community), V(tx_new_id(tx)), V(s->channel));
}

PROMISE(follow_once, "whom we may not write to any more is told by the one message they allowed; then by the template again")
{
	struct stand s;
	char back[400];
	stand_open(&s, house);
	int64_t now = clock_now().ms / 1000;
	assert_int_equal(event(&s, "oLin", "subscribe", text(&s.desk, "qrscene_c-%s", s.slug), now), 200);
	settle(&s, "oLin", 2);
	const char *lin = newest(&s);
	assert_true(mp_fake_confirm(s.fake, text(&s.desk, "%s/mp/subscribemsg?action=get_confirm&appid=" FAKE_APPID "&scene=1&template_id=" FAKE_ONCE
		"&redirect_url=https%%3A%%2F%%2Fq.example%%2F&reserved=a#wechat_redirect", mp_fake_url(s.fake)), "oLin", true, back, sizeof back));
	assert_int_equal(store_write(house->store, s.desk.community, &house->arena, allow, &s), 1);
	clock_set((struct instant){ (now + 120) * SECOND });           /* her minute is over */
	assert_int_equal(event(&s, "oBo", "subscribe", text(&s.desk, "qrscene_t-%s", lin), now + 120), 200);
	settle(&s, "oLin", 3);
	const char *told = mp_fake_message(s.fake, "oLin", 2);
	assert_non_null(strstr(told, "\"template_id\":\"" FAKE_ONCE "\",\"scene\":\"1\""));
	assert_non_null(strstr(told, "\"title\":\"活动进展\",\"data\":{\"content\":{\"value\":\""));
	assert_non_null(strstr(told, "还差 1 位"));
	assert_int_equal(event(&s, "oCai", "subscribe", text(&s.desk, "qrscene_t-%s", lin), now + 121), 200);
	settle(&s, "oLin", 4);
	assert_non_null(strstr(mp_fake_message(s.fake, "oLin", 3), "TPL_1"));
	clock_set((struct instant){ 0 });
	stand_close(&s);
}

PROMISE(follow_still, "who unfollows within the published days no longer counts, told in whatever order; later it stays")
{
	struct stand s;
	stand_with(&s, house, 3);
	int64_t now = clock_now().ms / 1000;
	event(&s, "oLin", "subscribe", text(&s.desk, "qrscene_c-%s", s.slug), now);
	settle(&s, "oLin", 2);
	const char *lin = newest(&s);
	event(&s, "oBo", "subscribe", text(&s.desk, "qrscene_t-%s", lin), now);
	event(&s, "oCai", "subscribe", text(&s.desk, "qrscene_t-%s", lin), now);
	settle(&s, "oCai", 2);
	settle(&s, "oBo", 2);
	assert_int_equal(helps_counted(&s), 2);
	for (int again = 0; again < 2; again++)
		event(&s, "oBo", "unsubscribe", "", now + 60);
	settle(&s, "oBo", 2);
	assert_int_equal(helps_counted(&s), 1);
	struct reply r = get(s.desk.operator, at(&s.desk, "/campaigns/%lld/helps?state=deducted", (long long)s.campaign.n));
	assert_str(json_at(&r, "items.0.reason"), "unfollowed");
	event(&s, "oBo", "subscribe", text(&s.desk, "qrscene_t-%s", lin), now + 120);        /* back again: it does not count again */
	settle(&s, "oBo", 4);
	assert_int_equal(helps_counted(&s), 1);
	/* Of Di the end is told before the beginning. */
	event(&s, "oDi", "unsubscribe", "", now + 300);
	event(&s, "oDi", "subscribe", text(&s.desk, "qrscene_t-%s", lin), now + 200);
	settle(&s, "oDi", 0);
	assert_int_equal(helps_counted(&s), 1);
	clock_set((struct instant){ clock_now().ms + 4 * DAY });
	event(&s, "oCai", "unsubscribe", "", now + 4 * DAY / SECOND);
	settle(&s, "oCai", 2);
	clock_set((struct instant){ 0 });
	assert_int_equal(helps_counted(&s), 1);
	stand_close(&s);
}

PROMISE(follow_keyword, "who sends the keyword, however it is spaced, gets a poster; a friend's page tells to follow, and shows the code")
{
	struct stand s;
	stand_open(&s, house);
	assert_int_equal(mp_fake_say(s.fake, s.address, FAKE_SAFE, "oLin", "我要海报", 1, NULL, 0), 200);
	assert_int_equal(mp_fake_say(s.fake, s.address, FAKE_SAFE, "oLin", "我要海", 2, NULL, 0), 200);
	settle(&s, "oLin", 2);
	const char *lin = newest(&s);
	struct browser *b = browser_open(s.desk.site);
	struct reply r = get(b, text(&s.desk, "/t/%s/follow", lin));
	assert_str(header_of(&r, "Content-Type"), "image/png");
	r = get(b, text(&s.desk, "/t/%s/page", lin));
	assert_str(json_at(&r, "campaign.act"), "follow");
	assert_reply(post(b, text(&s.desk, "/t/%s/help", lin), "{}"), 409, "follow_first");
	r = get(s.desk.reader, at(&s.desk, "/campaigns/%lld/follow", (long long)s.campaign.n));
	assert_str(json_at(&r, "url"), text(&s.desk, "http://weixin.qq.com/q/c-%s_1", s.slug));
	/* A day later her window of messages still stands; a help is told in it. After two days, by template. */
	for (int i = 0; i < 3; i++)
		mp_fake_say(s.fake, s.address, FAKE_SAFE, "oLin", "我要海报", 10 + i, NULL, 0);
	settle(&s, "oLin", 7);                        /* five in a window, then a new message opened the next */
	browser_close(b);
	stand_close(&s);
}
