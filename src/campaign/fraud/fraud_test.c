/* fraud_test.c: what looks false is found with what speaks for it, waits for a person, is decided with a reason, and can be
 * appealed against once; nothing is blocked in silence, and what was given stays.
 */
#include "campaign/fraud/fraud.h"

#include "campaign/campaign_test.h"
#include "engine/jobs/jobs.h"
#include "people/member.h"

/* ---- Patterns, pure ---- */

#define WEAK ((struct fraud_limits){ .quick_n = 3, .quick_seconds = 10, .device_n = 3, .throwaway_n = 3, .throwaway_seconds = 3 })

static struct looked seen(int64_t second, const char *network, const char *device, int64_t took)
{
	return (struct looked){ .helper = { second + 1 }, .network = str_of(network), .device = str_of(device), .everywhere = 1,
	                        .opened_at = { 1000000 + second * 1000 - took }, .acted_at = { 1000000 + second * 1000 } };
}

TEST(fraud_quick, "helps seconds apart are found; from as many networks as helps it says little")
{
	struct fraud_limits l = WEAK;
	struct looked h[] = { seen(0, "1.1.1", "a", 9), seen(60, "1.1.1", "a", 9), seen(64, "1.1.1", "b", 9), seen(70, "1.1.1", "c", 9), seen(90, "3.3.3", "d", 9) };
	bool which[5], low;
	assert_int_equal(find_quick(h, 5, &l, which, &low), 3);
	assert_true(!which[0] && which[1] && which[2] && which[3] && !which[4] && !low);
	h[3].network = S("4.4.4"), h[1].network = S("5.5.5");
	assert_int_equal(find_quick(h, 5, &l, which, &low), 3);
	assert_true(low);
	l.quick_seconds = 9;
	assert_int_equal(find_quick(h, 5, &l, which, &low), 0);
	l.quick_n = 0, l.quick_seconds = 600;
	assert_int_equal(find_quick(h, 5, &l, which, &low), 0);
	assert_int_equal(find_quick(h, 0, &WEAK, which, &low), 0);
}

TEST(fraud_device, "one device and network together are found, the participant's own counted; an unknown network or device is nobody's")
{
	struct fraud_limits l = WEAK;
	struct looked h[] = { seen(0, "1.1.1", "a", 9), seen(1, "1.1.1", "a", 9), seen(2, "1.1.1", "b", 9), seen(3, "", "a", 9), seen(4, "", "a", 9),
	                      seen(5, "", "a", 9), seen(6, "1.1.1", "", 9) };
	bool which[7];
	assert_int_equal(find_device(h, 7, S("9.9.9"), S("a"), &l, which), 0);
	assert_int_equal(find_device(h, 7, S("1.1.1"), S("a"), &l, which), 2);
	assert_true(which[0] && which[1] && !which[2] && !which[3]);
	l.device_n = 2;
	assert_int_equal(find_device(h, 7, S(""), S(""), &l, which), 2);
}

TEST(fraud_throwaway, "browsers that came for two seconds and were never seen elsewhere are found when nearly all are so")
{
	struct fraud_limits l = WEAK;
	struct looked h[] = { seen(0, "1", "a", 500), seen(10, "2", "b", 900), seen(20, "3", "c", 100), seen(30, "4", "d", 60000) };
	bool which[4];
	assert_int_equal(find_throwaway(h, 3, &l, which), 3);
	assert_int_equal(find_throwaway(h, 4, &l, which), 0);                   /* three of four: friends who came for one tap */
	h[0].takes_part = true;
	assert_int_equal(find_throwaway(h, 3, &l, which), 0);
	h[0].takes_part = false, h[1].everywhere = 2;
	assert_int_equal(find_throwaway(h, 3, &l, which), 0);
}

/* ---- Through the doors ---- */

static void begin(struct desk *d, struct house *house)
{
	clock_set((struct instant){ DURING });
	fraud_limits_changed();
	codes_open(d, house);
}

static void finish(struct desk *d)
{
	assert_sound(d);
	desk_close(d);
	clock_set((struct instant){ 0 });
}

/* From this network, with this device. */
static struct reply do_from(struct desk *d, struct browser *b, const char *network, const char *device, const char *slug, const char *what)
{
	task(d, b, slug);
	browser_header(b, text(d, "X-Forwarded-For: %s", network));
	browser_header(b, text(d, "User-Agent: %s", device));
	return post(b, text(d, "/t/%s/%s", slug, what), "{\"nickname\":\"友\"}");
}

/* The log is followed, and whoever is due is looked at. */
static void look_now(struct desk *d)
{
	ARENA_SCOPED arena;
	struct str why = S("");
	arena_init(&arena, 8 << 20);
	follow(d);
	assert_int_equal(feature_fraud_look.jobs[0].run(&(struct job_context){ .store = d->house->store, .arena = &arena }, &(struct job){ 0 }, &why), 0);
}

static struct reply findings(struct desk *d, struct id campaign, const char *state)
{
	return get(d->operator, at(d, "/campaigns/%lld/findings?state=%s", (long long)campaign.n, state));
}

static struct reply decide(struct desk *d, const struct reply *list, int i, bool accept, const char *reason)
{
	return post(d->operator, at(d, "/fraud/decide"), text(d, "{\"ids\":[\"%.*s\"],\"accept\":%s,\"reason\":\"%s\"}",
		STR(json_at(list, text(d, "items.%d.id", i))), accept ? "true" : "false", reason));
}

PROMISE(fraud_story, "one device in one network: what counted stays, is not claimed with, is taken away with a reason, appealed against and given back")
{
	struct desk d;
	begin(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 4 });
	struct browser *lin = person(&d, 401), *friend[4];
	const char *own = take_part(&d, lin, c.slug, "林晓");
	for (int i = 0; i < 4; i++) {
		friend[i] = person(&d, 410 + i);
		struct reply r = do_from(&d, friend[i], text(&d, "203.0.113.%d", i), "Redmi 9", own, "help");
		assert_str(json_at(&r, "help.state"), "counted");
		clock_set((struct instant){ clock_now().ms + HOUR });
	}
	struct reply r = findings(&d, c.id, "open");
	assert_int_equal(json_length(&r, "items"), 0);
	look_now(&d);
	r = findings(&d, c.id, "open");
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.kind"), "device");
	assert_str(json_at(&r, "items.0.risk"), "medium");
	assert_str(json_at(&r, "items.0.participant"), "林晓");
	assert_int_equal(json_length(&r, "items.0.evidence"), 4);
	assert_str(json_at(&r, "items.0.evidence.0.network"), "203.0.113");
	assert_str(json_at(&r, "items.0.evidence.0.device"), "Redmi 9");
	assert_int_equal(helps_of(&d, lin, own), 4);                           /* it counts while it is looked at … */
	assert_reply(act(&d, lin, own, "claim", claim_json(&d, &c)), 409, "under_review");      /* … and nothing is claimed with it */
	struct reply mine = task(&d, lin, own);
	assert_str(json_at(&mine, "review.waiting"), "4");
	assert_str(json_at(&mine, "review.appeal"), "none");
	assert_reply(decide(&d, &r, 0, false, ""), 400, "missing_field");
	struct reply done = decide(&d, &r, 0, false, "同一台手机");
	assert_str(json_at(&done, "helps"), "4");
	done = decide(&d, &r, 0, true, "");
	assert_str(json_at(&done, "findings"), "0");                          /* decided once */
	assert_int_equal(helps_of(&d, lin, own), 0);
	mine = task(&d, lin, own);
	assert_str(json_at(&mine, "review.why"), "同一台手机");
	assert_str(json_at(&mine, "review.appeal"), "may_ask");
	assert_str(json_at(&mine, "friends.0.reason"), "同一台手机");
	mine = task(&d, friend[0], own);
	assert_str(json_at(&mine, "help.reason"), "同一台手机");                 /* both sides */
	assert_int_equal(act(&d, lin, own, "appeal", "{\"text\":\"这是我们店里的四台展示机\"}").status, 204);
	assert_reply(act(&d, lin, own, "appeal", "{\"text\":\"我要再说一次\"}"), 409, "appealed");
	r = get(d.operator, at(&d, "/campaigns/%lld/appeals?state=open", (long long)c.id.n));
	assert_str(json_at(&r, "items.0.rejected"), "4");
	const char *answer = at(&d, "/participants/%.*s/answer", STR(json_at(&r, "items.0.participant_id")));
	r = post(d.operator, answer, "{\"accept\":true,\"answer\":\"核实过了\"}");
	assert_str(json_at(&r, "state"), "accepted");
	assert_reply(post(d.operator, answer, "{\"accept\":false,\"answer\":\"不行\"}"), 409, "already_decided");
	assert_int_equal(helps_of(&d, lin, own), 4);
	mine = task(&d, lin, own);
	assert_str(json_at(&mine, "review.answer"), "核实过了");
	assert_int_equal(act(&d, lin, own, "claim", claim_json(&d, &c)).status, 200);
	clock_set((struct instant){ clock_now().ms + DAY });
	struct browser *fifth = person(&d, 420);
	for (int i = 0; i < 4; i++)                                           /* what was believed is not found again */
		do_from(&d, i ? person(&d, 420 + i) : fifth, text(&d, "198.51.%d.1", 100 + i), "X", own, "help");
	look_now(&d);
	r = findings(&d, c.id, "open");
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		assert_false(str_is(json_at(&r, text(&d, "items.%zu.kind", i)), "device"));
	r = get(d.admin, at(&d, "/audit"));
	assert_non_null(memmem(r.body.at, r.body.len, "finding_rejected", 16));
	assert_non_null(memmem(r.body.at, r.body.len, "appeal_accepted", 15));
	finish(&d);
}

PROMISE(fraud_listed_waits, "who is on the list is not turned away: the help waits, staff see why, and off the list or past its time it counts")
{
	struct desk d;
	begin(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ 0 });
	struct browser *lin = person(&d, 431);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	static const struct { const char *kind, *word; } ways[] = {
		{ "browser", "441" }, { "network", "203.0.113" }, { "device", "Bot 1" },
	};
	struct id id;
	for (int i = 0; i < 3; i++) {
		id = made(d.operator, at(&d, "/fraud/blocks"), text(&d, "{\"kind\":\"%s\",\"word\":\"%s\",\"reason\":\"卖助力\",\"days\":1}", ways[i].kind, ways[i].word));
		struct reply r = do_from(&d, person(&d, 441 + i), i == 1 ? "203.0.113.4" : text(&d, "10.9.%d.1", i), i == 2 ? "Bot 1" : "Y", own, "help");
		assert_str(json_at(&r, "help.state"), "held");
		assert_str(json_at(&r, "help.reason"), "listed");
	}
	struct reply r = findings(&d, c.id, "open");
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.risk"), "high");
	assert_int_equal(json_length(&r, "items.0.evidence"), 3);
	assert_str(json_at(&r, "items.0.n"), "3");
	assert_int_equal(decide(&d, &r, 0, true, "").status, 200);
	assert_int_equal(helps_of(&d, lin, own), 3);
	assert_int_equal(del(d.operator, at(&d, "/fraud/blocks/%lld", (long long)id.n)).status, 204);
	r = do_from(&d, person(&d, 451), "10.9.9.1", "Bot 1", own, "help");
	assert_str(json_at(&r, "help.state"), "counted");
	clock_set((struct instant){ DURING + 2 * DAY });
	r = do_from(&d, person(&d, 452), "203.0.113.9", "Z", own, "help");
	assert_str(json_at(&r, "help.state"), "counted");
	assert_reply(post(d.operator, at(&d, "/fraud/blocks"), "{\"kind\":\"phone\",\"word\":\"x\",\"reason\":\"卖助力\",\"days\":1}"), 400, "bad_pattern");
	finish(&d);
}

PROMISE(fraud_ring_and_star, "three who help each other in a ring, and one browser that helps everybody, are each one finding")
{
	struct desk d;
	begin(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1 });
	struct browser *p[9], *star = person(&d, 470);
	const char *own[9];
	for (int i = 0; i < 9; i++)
		own[i] = take_part(&d, p[i] = person(&d, 460 + i), c.slug, "人");
	for (int i = 0; i < 3; i++)
		assert_str(str_of(verdict(&d, p[i], own[(i + 1) % 3])), "counted");
	look_now(&d);
	struct reply r = findings(&d, c.id, "open");
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.kind"), "ring");
	assert_str(json_at(&r, "items.0.n"), "3");
	assert_int_equal(json_length(&r, "items.0.evidence"), 3);
	decide(&d, &r, 0, true, "");
	for (int i = 0; i < 9; i++)
		assert_str(str_of(verdict(&d, star, own[i])), "counted");
	look_now(&d);
	r = findings(&d, c.id, "open");
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.kind"), "star");
	assert_int_equal(json_length(&r, "items.0.evidence"), 9);
	decide(&d, &r, 0, false, "代刷");
	for (int i = 3; i < 9; i++)
		assert_int_equal(helps_of(&d, p[i], own[i]), 0);
	assert_int_equal(helps_of(&d, p[0], own[0]), 1);                      /* the ring's help was accepted */
	finish(&d);
}

PROMISE(fraud_flood, "a flood of people from one network takes part and is found; rejecting it stops them, and an appeal frees one")
{
	struct desk d;
	begin(&d, house);
	assert_int_equal(put(d.admin, at(&d, "/fraud/limits"), "{\"limits\":[{\"word\":\"flood_n\",\"anonymous\":4,\"checked\":60}]}").status, 200);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1 });
	struct browser *p[6];
	const char *own[6];
	for (int i = 0; i < 6; i++) {
		struct reply r = do_from(&d, p[i] = person(&d, 480 + i), text(&d, "198.51.100.%d", i), "X", c.slug, "join");
		assert_int_equal(r.status, 200);
		own[i] = text(&d, "%.*s", STR(json_at(&r, "me.slug")));
	}
	struct reply r = findings(&d, c.id, "open");
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.kind"), "flood");
	assert_int_equal(json_length(&r, "items.0.evidence"), 6);
	assert_int_equal(decide(&d, &r, 0, false, "批量注册").status, 200);
	assert_str(str_of(verdict(&d, person(&d, 490), own[0])), "refused blocked");
	struct reply mine = task(&d, p[0], own[0]);
	assert_str(json_at(&mine, "review.appeal"), "may_ask");
	assert_int_equal(act(&d, p[0], own[0], "appeal", "{\"text\":\"我们是一个班的同学\"}").status, 204);
	r = get(d.operator, at(&d, "/campaigns/%lld/appeals", (long long)c.id.n));
	post(d.operator, at(&d, "/participants/%.*s/answer", STR(json_at(&r, "items.0.participant_id"))), "{\"accept\":true,\"answer\":\"好的\"}");
	assert_str(str_of(verdict(&d, person(&d, 491), own[0])), "counted");
	assert_str(str_of(verdict(&d, person(&d, 492), own[1])), "refused blocked");
	finish(&d);
}

PROMISE(fraud_limits_hold, "limits are the community's own, stricter where nobody is checked, within bounds, and 0 is off")
{
	struct desk d;
	begin(&d, house);
	struct reply r = get(d.reader, at(&d, "/fraud/limits"));
	assert_str(json_at(&r, "items.0.word"), "burst_n");
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		if (memmem(json_at(&r, text(&d, "items.%zu.word", i)).at, json_at(&r, text(&d, "items.%zu.word", i)).len, "_n", 2))
			assert_true(number_at(&r, text(&d, "items.%zu.anonymous", i)) < number_at(&r, text(&d, "items.%zu.checked", i)));
	assert_reply(put(d.operator, at(&d, "/fraud/limits"), "{\"limits\":[{\"word\":\"burst_n\",\"anonymous\":0,\"checked\":0}]}"), 403, "forbidden");
	assert_reply(put(d.admin, at(&d, "/fraud/limits"), "{\"limits\":[{\"word\":\"burst_n\",\"anonymous\":1001,\"checked\":0}]}"), 400, "too_large");
	assert_reply(put(d.admin, at(&d, "/fraud/limits"), "{\"limits\":[{\"word\":\"quick_seconds\",\"anonymous\":0,\"checked\":1}]}"), 400, "too_small");
	assert_int_equal(put(d.admin, at(&d, "/fraud/limits"), "{\"limits\":[{\"word\":\"burst_n\",\"anonymous\":2,\"checked\":0}]}").status, 200);
	struct running c = campaign_running(&d, (struct plan_draft){ 0 });
	struct browser *lin = person(&d, 501);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	for (int i = 0; i < 4; i++) {
		r = do_from(&d, person(&d, 510 + i), "203.0.113.9", text(&d, "D%d", i), own, "help");
		assert_str(json_at(&r, "help.state"), i < 2 ? "counted" : "held");
	}
	r = findings(&d, c.id, "open");
	assert_str(json_at(&r, "items.0.kind"), "burst");
	assert_str(json_at(&r, "items.0.n"), "2");
	assert_str(json_at(&r, "items.0.span"), "600");
	r = post(d.operator, at(&d, "/helps/decide"), text(&d, "{\"participant\":\"%.*s\",\"helper\":\"512\",\"accept\":true}", STR(json_at(&r, "items.0.participant_id"))));
	assert_int_equal(r.status, 200);
	put(d.admin, at(&d, "/fraud/limits"), "{\"limits\":[{\"word\":\"burst_n\",\"anonymous\":0,\"checked\":0}]}");
	r = do_from(&d, person(&d, 520), "203.0.113.9", "E", own, "help");
	assert_str(json_at(&r, "help.state"), "counted");
	r = findings(&d, c.id, "open");
	decide(&d, &r, 0, false, "脚本");                       /* what was accepted one by one counted again: it goes, too */
	assert_int_equal(helps_of(&d, lin, own), 3);
	finish(&d);
}
