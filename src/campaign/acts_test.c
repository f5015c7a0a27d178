/* acts_test.c: automations enrol members, give them chances and put their posters into their hands, once for an event. */
#include "automation/automation_test.h"
#include "campaign/campaign.h"
#include "campaign/draw/draw.h"

#define ENDLESS_TIME "\"starts_at\":1000,\"ends_at\":4102444800000,\"claim_until\":4102444800000,\"takes_part\":\"all\",\"capacity\":0," \
	"\"strength\":\"anonymous\",\"act\":\"tap\",\"new_only\":false,\"helps_each\":0,\"mutual\":false,\"hold_minutes\":0,\"still_days\":0"

static struct id running(struct town *t, const char *kind, const char *more)
{
	struct id c = made(t->d.operator, at(&t->d, "/campaigns"), text(&t->d, "{\"kind\":\"%s\",\"name\":\"%s\",\"rules\":\"r\",\"organiser\":\"o\","
		ENDLESS_TIME "%s}", kind, kind, more));
	return c;
}

static void publish(struct town *t, struct id c)
{
	struct reply r = post(t->d.operator, at(&t->d, "/campaigns/%lld/state", (long long)c.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	assert_int_equal(r.status, 200);
}

#define CAMPAIGN_OF "{\"key\":\"campaign\",\"text\":\"%lld\"}"

PROMISE(campaign_acts, "who joins the group takes part, gets a poster and chances, each once; a campaign that is over is a failure with its name")
{
	struct town t;
	town_open(&t, house);
	struct id task = running(&t, "treasure", ",\"stages\":[{\"goal\":2,\"title\":\"一\",\"prizes\":[{\"kind\":\"onsite\",\"title\":\"洗车券\","
		"\"note\":\"n\",\"value\":100,\"stock\":5}]}]");
	struct id lottery = running(&t, "lottery", "");
	struct reply r = put(t.d.operator, at(&t.d, "/campaigns/%lld/draw", (long long)lottery.n), "{\"looks\":\"wheel\",\"mode\":\"chance\",\"draw_at\":null,"
		"\"day_chances\":1,\"most\":0,\"helps_chance\":0,\"helps_most\":0,\"wins_day\":0,\"wins_most\":0,\"thanks\":\"谢谢\",\"places\":[{\"id\":null,"
		"\"kind\":\"onsite\",\"title\":\"杯\",\"note\":\"n\",\"picture\":\"\",\"value\":100,\"link\":\"\",\"points\":0,\"stock\":5,\"redeem_days\":0,"
		"\"ppm\":100000}]}");
	assert_int_equal(r.status, 200);
	publish(&t, task), publish(&t, lottery);
	struct id a = town_automation(&t, "欢迎", text(&t.d, WHEN_JOINS AT_WILL "\"actions\":["
		"{\"what\":\"campaign_poster\",\"settings\":[" CAMPAIGN_OF ",{\"key\":\"text\",\"text\":\"{nickname}，你的海报\"}]},"
		"{\"what\":\"campaign_chances\",\"settings\":[" CAMPAIGN_OF ",{\"key\":\"amount\",\"text\":\"3\"}]}]", (long long)task.n, (long long)lottery.n));
	town_joins(&t, 1, 0);
	town_follow(&t);
	town_jobs(&t);
	r = get(t.d.reader, at(&t.d, "/campaigns/%lld/participants", (long long)task.n));
	assert_int_equal(json_length(&r, "items"), 1);
	r = get(t.d.reader, at(&t.d, "/campaigns/%lld/participants", (long long)lottery.n));
	assert_int_equal(json_length(&r, "items"), 1);
	const char *who = text(&t.d, "%.*s", STR(json_at(&r, "items.0.id")));
	r = get(t.d.reader, at(&t.d, "/participants/%s/chances", who));
	assert_str(json_at(&r, "balance"), "3");
	r = get(t.d.operator, at(&t.d, "/sends"));
	assert_int_equal(json_length(&r, "items"), 2);            /* the words, and the picture */
	assert_str(json_at(&r, "items.0.what"), "image");
	assert_non_null(memmem(json_at(&r, "items.1.text").at, json_at(&r, "items.1.text").len, "你的海报", 12));
	assert_int_equal(town_count(&t, a, "acted"), 1);
	/* A setting that names no campaign, or one that draws nothing, is refused. */
	r = post(t.d.operator, at(&t.d, "/automations"), text(&t.d, "{\"name\":\"x\"," WHEN_JOINS AT_WILL "\"groups\":[],\"channels\":[],\"codes\":[],"
		"\"tags\":[],\"where\":[],\"version\":0,\"preset\":\"\",\"words\":[],\"actions\":[{\"what\":\"campaign_chances\",\"settings\":[" CAMPAIGN_OF
		",{\"key\":\"amount\",\"text\":\"3\"}]}]}", (long long)task.n));
	assert_int_equal(r.status / 100, 4);
	/* Over: the act fails with its reason, nothing else is harmed. */
	post(t.d.operator, at(&t.d, "/campaigns/%lld/state", (long long)task.n), "{\"state\":\"ended\"}");
	post(t.d.operator, at(&t.d, "/campaigns/%lld/state", (long long)lottery.n), "{\"state\":\"ended\"}");
	town_joins(&t, 2, 0);
	town_follow(&t);
	town_jobs(&t);
	r = get(t.d.reader, at(&t.d, "/campaigns/%lld/participants", (long long)task.n));
	assert_int_equal(json_length(&r, "items"), 1);
	r = get(t.d.operator, at(&t.d, "/sends"));
	assert_int_equal(json_length(&r, "items"), 2);
	town_close(&t);
}
