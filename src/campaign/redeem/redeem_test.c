/* redeem_test.c: who may hand a prize out, where and when: every edge of an hour and a day, once, and whoever is asked too late
 * learns when and by whom.
 */
#include "campaign/redeem/redeem.h"

#include <pthread.h>

#include "campaign/campaign_test.h"

/* ---- Hours: pure ---- */

static struct instant wall(const char *zone, const char *text)
{
	struct instant at;
	assert_true(instant_parse(str_of(text), &at));
	(void)zone;
	return at;
}

TEST(redeem_hours, "a span begins with its first minute and ends before its last, nights run into the next day, none is always")
{
	const struct zone *z = zone_find(S("Asia/Shanghai"));
	struct open_span spans[] = { { S("12345"), 540, 1080 }, { S("6"), 1320, 120 } };          /* 9–18; Saturday 22 – 2 */
	struct rows hours = { spans, 2 };
	static const struct { const char *at; bool open; } tries[] = {
		{ "2026-11-20T08:59:59+08:00", false }, { "2026-11-20T09:00:00+08:00", true }, { "2026-11-20T17:59:59+08:00", true },
		{ "2026-11-20T18:00:00+08:00", false }, { "2026-11-21T10:00:00+08:00", false }, { "2026-11-21T21:59:59+08:00", false },
		{ "2026-11-21T22:00:00+08:00", true }, { "2026-11-22T00:00:00+08:00", true }, { "2026-11-22T01:59:59+08:00", true },
		{ "2026-11-22T02:00:00+08:00", false }, { "2026-11-22T22:00:00+08:00", false }, { "2026-11-23T01:00:00+08:00", false },
		{ "2026-11-20T01:00:00Z", true }, { "2026-11-20T10:00:00Z", false },
	};
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
		if (hours_open(hours, z, wall("", tries[i].at)) != tries[i].open)
			fail_msg("%s should be %s", tries[i].at, tries[i].open ? "open" : "closed");
	assert_true(hours_open((struct rows){ 0 }, z, wall("", "2026-11-22T03:00:00Z")));
	spans[0] = (struct open_span){ S("7"), 0, 1440 };                       /* the whole of Sunday */
	assert_true(hours_open((struct rows){ spans, 1 }, z, wall("", "2026-11-22T23:59:59+08:00")));
	assert_false(hours_open((struct rows){ spans, 1 }, z, wall("", "2026-11-23T00:00:00+08:00")));
	spans[0] = (struct open_span){ S("7"), 480, 480 };                      /* round the clock, from Sunday at eight */
	assert_true(hours_open((struct rows){ spans, 1 }, z, wall("", "2026-11-23T07:59:00+08:00")));
	assert_false(hours_open((struct rows){ spans, 1 }, z, wall("", "2026-11-23T08:00:00+08:00")));
	spans[0] = (struct open_span){ S("7"), 150, 240 };                      /* 2:30 is no minute of that day: it opens at three */
	assert_true(hours_open((struct rows){ spans, 1 }, zone_find(S("Europe/Berlin")), wall("", "2026-03-29T03:00:00+02:00")));
	assert_false(hours_open((struct rows){ spans, 1 }, zone_find(S("Europe/Berlin")), wall("", "2026-03-29T01:59:59+01:00")));
}

TEST(redeem_words, "hours are said in words")
{
	ARENA_SCOPED a;
	struct open_span spans[] = { { S("12345"), 540, 1080 }, { S("67"), 1320, 120 } };
	arena_init(&a, 1 << 16);
	assert_str(hours_text(&a, (struct rows){ spans, 2 }, LANG_ZH), "周一至周五 09:00–18:00；周六、周日 22:00–次日 02:00");
	assert_str(hours_text(&a, (struct rows){ spans, 2 }, LANG_EN), "Mon–Fri 09:00–18:00; Sat, Sun 22:00–next day 02:00");
	assert_str(hours_text(&a, (struct rows){ 0 }, LANG_ZH), "");
}

/* ---- At the counter ---- */

#define NOW "2026-11-20T10:00:00+08:00"                                         /* a Friday */

struct counter_test { struct desk d; struct running c; struct browser *clerk; const char *clerk_id, *path; };

/* A reader with an account of their own. */
static struct browser *colleague(struct desk *d, const char *name, const char *role, const char **ret_id)
{
	struct reply r = post(d->owner, at(d, "/staff"), text(d, "{\"name\":\"%s\",\"display\":\"%s\",\"role\":\"%s\"}", name, name, role));
	*ret_id = text(d, "%.*s", STR(json_at(&r, "id")));
	struct browser *b = browser_open(d->site);
	struct id account;
	assert_true(str_to_int(str_of(*ret_id), &account.n));
	site_member(d->site, account, d->community, role_of_word(str_of(role)), LANG_ZH);
	browser_sign_in(b, account);
	return b;
}

static void counter_open(struct counter_test *t, struct house *house)
{
	clock_set(wall("", NOW));
	codes_open(&t->d, house);
	t->clerk = colleague(&t->d, "clerk", "reader", &t->clerk_id);
	t->c = campaign_running(&t->d, (struct plan_draft){ .goal = 1, .prizes = "[{\"kind\":\"onsite\",\"title\":\"洗车券\",\"note\":\"到店\","
		"\"value\":5000,\"stock\":30}]" });
	t->path = at(&t->d, "/prizes/%.*s/redeeming", STR(t->c.prize));
}

/* Somebody claims; the code on their page. */
static const char *code_claimed(struct counter_test *t, int n)
{
	struct desk *d = &t->d;
	struct browser *lin = person(d, 2000 + 2 * n), *an = person(d, 2001 + 2 * n);
	const char *own = take_part(d, lin, t->c.slug, "林晓");
	assert_str(str_of(verdict(d, an, own)), "counted");
	struct reply r = act(d, lin, own, "claim", claim_json(d, &t->c));
	assert_int_equal(r.status, 200);
	const char *code = text(d, "%.*s", STR(json_at(&r, "stages.0.order.code")));
	browser_close(lin), browser_close(an);
	return code;
}

static struct reply redeem(struct counter_test *t, struct browser *b, const char *code)
{
	return post(b, at(&t->d, "/orders/redeem"), text(&t->d, "{\"code\":\"%s\"}", code));
}

static struct reply rule(struct counter_test *t, const char *from, const char *until, const char *hours, const char *places, const char *clerks)
{
	return put(t->d.operator, t->path, text(&t->d, "{\"from_at\":%s,\"until_at\":%s,\"hours\":[%s],\"places\":[%s],\"clerks\":[%s]}",
	           from, until, hours, places, clerks));
}

static void counter_close(struct counter_test *t)
{
	assert_sound(&t->d);
	desk_close(&t->d);
	clock_set((struct instant){ 0 });
}

PROMISE(redeem_clerks, "without a rule operators and hosts redeem; a rule's clerks do, whatever their role, and others are told where it is; once, and the second time when, where and by whom")
{
	struct counter_test t;
	counter_open(&t, house);
	struct desk *d = &t.d;
	const char *one = code_claimed(&t, 1), *two = code_claimed(&t, 2), *three = code_claimed(&t, 3);
	assert_reply(redeem(&t, t.clerk, one), 403, "forbidden");
	assert_int_equal(redeem(&t, d->operator, one).status, 200);
	assert_int_equal(rule(&t, "null", "null", "", "", text(d, "\"%s\"", t.clerk_id)).status, 200);
	assert_reply(redeem(&t, d->operator, two), 403, "not_clerk");
	assert_reply(redeem(&t, d->reader, two), 403, "not_clerk");
	assert_int_equal(redeem(&t, t.clerk, two).status, 200);
	assert_reply(redeem(&t, t.clerk, two), 409, "voucher_used");
	struct reply r = get(t.clerk, at(d, "/orders/named?code=%s", two));
	assert_str(json_at(&r, "items.0.handled_by"), "clerk");
	assert_str(json_at(&r, "items.0.state"), "redeemed");
	const char *shop = text(d, "%lld", (long long)made(d->operator, at(d, "/redeem-places"), text(d, "{\"id\":null,\"title\":\"东街店\",\"address\":\"东街 1 号\","
		"\"hours\":[{\"days\":\"12345\",\"opens\":540,\"closes\":1080}],\"clerks\":[\"%s\"]}", t.clerk_id)).n);
	assert_int_equal(rule(&t, "null", "null", "", text(d, "\"%s\"", shop), "").status, 200);
	clock_set(wall("", "2026-11-20T18:00:00+08:00"));
	r = redeem(&t, t.clerk, three);
	assert_reply(r, 409, "redeem_closed");
	assert_str(json_at(&r, "error.detail"), "周一至周五 09:00–18:00");
	clock_set(wall("", "2026-11-20T17:59:59+08:00"));
	assert_int_equal(redeem(&t, t.clerk, three).status, 200);
	r = get(d->operator, at(d, "/orders/named?code=%s", three));
	assert_str(json_at(&r, "items.0.place"), "东街店");
	assert_reply(del(d->operator, at(d, "/redeem-places/%s", shop)), 409, "place_in_use");
	assert_int_equal(rule(&t, "null", "null", "", "", "").status, 200);
	assert_int_equal(del(d->operator, at(d, "/redeem-places/%s", shop)).status, 204);
	assert_reply(redeem(&t, t.clerk, "nosuchcode"), 404, "voucher_unknown");
	browser_close(t.clerk);
	counter_close(&t);
}

PROMISE(redeem_times, "from its first instant until before its last a prize is redeemed, in its hours; what was published only widens, and what nobody came for expires")
{
	struct counter_test t;
	clock_set(wall("", NOW));
	codes_open(&t.d, house);
	struct desk *d = &t.d;
	t.c.id = made(d->operator, at(d, "/campaigns"), campaign_json(d, (struct plan_draft){ .goal = 1 }));
	struct reply r = get(d->operator, at(d, "/campaigns/%lld", (long long)t.c.id.n));
	t.c.stage = str_copy(&house->arena, json_at(&r, "stages.0.id")), t.c.prize = str_copy(&house->arena, json_at(&r, "stages.0.prizes.0.id"));
	t.c.slug = text(d, "%.*s", STR(json_at(&r, "slug")));
	t.path = at(d, "/prizes/%.*s/redeeming", STR(t.c.prize));
	int64_t from = wall("", "2026-11-21T00:00:00+08:00").ms, until = wall("", "2026-11-23T00:00:00+08:00").ms;
	const char *begins = text(d, "%lld", (long long)from), *ends = text(d, "%lld", (long long)until);
	assert_reply(rule(&t, ends, begins, "", "", ""), 400, "time_order");
	assert_reply(rule(&t, begins, ends, "{\"days\":\"11\",\"opens\":0,\"closes\":1}", "", ""), 400, "invalid");
	assert_reply(rule(&t, begins, ends, "", "\"77\"", ""), 404, "not_found");
	assert_reply(rule(&t, begins, ends, "", "", "\"77\""), 404, "not_found");
	assert_int_equal(rule(&t, begins, ends, "", "", "").status, 200);
	assert_int_equal(post(d->operator, at(d, "/campaigns/%lld/state", (long long)t.c.id.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}").status, 200);
	const char *one = code_claimed(&t, 11), *two = code_claimed(&t, 12), *three = code_claimed(&t, 13);
	assert_reply(redeem(&t, d->operator, one), 409, "redeem_early");
	clock_set((struct instant){ from - 1 });
	assert_reply(redeem(&t, d->operator, one), 409, "redeem_early");
	clock_set((struct instant){ from });
	assert_int_equal(redeem(&t, d->operator, one).status, 200);
	assert_reply(rule(&t, begins, text(d, "%lld", (long long)until - 1), "", "", ""), 409, "published");
	assert_reply(rule(&t, ends, "null", "", "", ""), 409, "published");
	clock_set((struct instant){ until });
	assert_reply(redeem(&t, d->operator, two), 409, "voucher_expired");
	assert_int_equal(rule(&t, begins, text(d, "%lld", (long long)until + HOUR), "", "", "").status, 200);
	assert_int_equal(redeem(&t, d->operator, two).status, 200);
	clock_set((struct instant){ until + HOUR - 1 });
	assert_int_equal(rule(&t, begins, text(d, "%lld", (long long)until + HOUR), "{\"days\":\"7\",\"opens\":0,\"closes\":1440}", "", "").status, 200);
	r = redeem(&t, d->operator, three);                                   /* Monday, 00:59 */
	assert_reply(r, 409, "redeem_closed");
	assert_str(json_at(&r, "error.detail"), "周日 00:00–24:00");
	counter_close(&t);
}

PROMISE(redeem_shown_where, "the holder's page says where, when and until when")
{
	struct counter_test t;
	counter_open(&t, house);
	struct desk *d = &t.d;
	const char *shop = text(d, "%lld", (long long)made(d->operator, at(d, "/redeem-places"), "{\"id\":null,\"title\":\"东街店\",\"address\":\"东街 1 号\","
		"\"hours\":[{\"days\":\"12345\",\"opens\":540,\"closes\":1080}],\"clerks\":[]}").n);
	assert_int_equal(rule(&t, "null", "null", "{\"days\":\"1234567\",\"opens\":600,\"closes\":1200}", text(d, "\"%s\"", shop), "").status, 200);
	struct browser *lin = person(d, 2101), *an = person(d, 2102);
	const char *own = take_part(d, lin, t.c.slug, "林晓");
	assert_str(str_of(verdict(d, an, own)), "counted");
	struct reply r = act(d, lin, own, "claim", claim_json(d, &t.c));
	assert_str(json_at(&r, "stages.0.order.redeem.places.0.title"), "东街店");
	assert_str(json_at(&r, "stages.0.order.redeem.places.0.hours"), "周一至周五 09:00–18:00");
	assert_str(json_at(&r, "stages.0.order.redeem.hours"), "周一至周日 10:00–20:00");
	counter_close(&t);
}

struct hand { struct browser *browser; const char *path; char body[64]; int status; pthread_t thread; };

static void *give(void *arg)
{
	struct hand *h = arg;
	h->status = post(h->browser, h->path, h->body).status;
	return NULL;
}

PROMISE(redeem_at_once, "twelve clerks with one code: one redeems it")
{
	static struct hand hands[12];
	struct counter_test t;
	int ok = 0;
	counter_open(&t, house);
	struct desk *d = &t.d;
	const char *code = code_claimed(&t, 21), *id;
	for (int i = 0; i < 12; i++) {
		hands[i] = (struct hand){ .browser = colleague(d, text(d, "host%d", i), "operator", &id), .path = at(d, "/orders/redeem") };
		snprintf(hands[i].body, sizeof hands[i].body, "{\"code\":\"%s\"}", code);
	}
	for (int i = 0; i < 12; i++)
		assert_int_equal(pthread_create(&hands[i].thread, NULL, give, &hands[i]), 0);
	for (int i = 0; i < 12; i++) {
		pthread_join(hands[i].thread, NULL);
		ok += hands[i].status == 200;
		browser_close(hands[i].browser);
	}
	assert_int_equal(ok, 1);
	counter_close(&t);
}
