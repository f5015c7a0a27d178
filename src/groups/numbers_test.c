/* numbers_test.c: the promises of figures: they equal the facts, hour by hour and day by day, whatever happens in between. */
#include <pthread.h>

#include "groups/codes_test.h"

#define LINK "https://weixin.qq.com/g/AwYAAL8kP2xVb1TzQw3mE7dR"
#define PHONES 12

/* Sessions end when the clock jumps: sign in again. */
static void go_to(struct desk *d, struct instant at)
{
	clock_set(at);
	browser_sign_in(d->operator, (struct id){ 13 });
	browser_sign_in(d->reader, (struct id){ 12 });
	browser_sign_in(d->admin, (struct id){ 14 });
}

static struct instant when(const char *rfc3339)
{
	struct instant at;
	if (!instant_parse(str_of(rfc3339), &at))
		fail_msg("%s is no instant", rfc3339);
	return at;
}

/* ---- Sums and facts ---- */

static int64_t sum_of(const struct reply *r, const char *list, const char *what)
{
	int64_t sum = 0;
	for (size_t i = 0; i < json_length(r, list); i++) {
		char path[60];
		snprintf(path, sizeof path, "%s.%zu.%s", list, i, what);
		sum += number_at(r, path);
	}
	return sum;
}

/* Counted from the visitors' rows, over all pages. */
static int64_t facts(struct desk *d, struct id code, const char *filter)
{
	int64_t count = 0;
	struct reply r = get(d->reader, at(d, "/livecodes/%lld/visits?limit=5%s", (long long)code.n, filter));
	for (;;) {
		count += (int64_t)json_length(&r, "items");
		struct str next = json_at(&r, "next");
		if (!next.len)
			return count;
		r = get(d->reader, at(d, "/livecodes/%lld/visits?limit=5%s&after=%.*s", (long long)code.n, filter, STR(next)));
	}
}

PROMISE(numbers_facts, "after random scans, looks and joins every sum equals the visitors behind it, by source, target and device")
{
	static const char *const agents[] = { "MicroMessenger/8.0 iPhone", "MicroMessenger/8.0 Android", "Mozilla/5.0 Windows", "wxwork MicroMessenger" };
	static const char *const devices[] = { "wechat-ios", "wechat-android", "desktop", "wecom" };
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ .strategy = "weighted" });
	struct id a = target_group(&d, code, group_named(&d, "一群", LINK), 3, NULL), b = target_group(&d, code, group_named(&d, "二群", LINK), 4, NULL);
	code_run(&d, code);
	const char *slugs[] = { code_slug(&d, code), source_slug(&d, code, "前台", NULL), source_slug(&d, code, "海报", NULL) };
	struct browser *phones[PHONES];
	unsigned chance = 20261121;
	int scans = 0;
	for (int i = 0; i < PHONES; i++)
		phones[i] = browser_open(d.site);
	for (int i = 0; i < 150; i++) {
		chance = chance * 1664525u + 1013904223u;
		unsigned phone = (chance >> 8) % PHONES, act = (chance >> 16) % 8;
		const char *slug = slugs[(chance >> 20) % 3];
		browser_header(phones[phone], text(&d, "User-Agent: %s", agents[phone % 4]));
		if (act < 5)
			scans += scan(phones[phone], slug).status == 200;
		else if (act < 6)
			page(phones[phone], slug);
		else
			say(phones[phone], slug, "joined", "{}");
		if (i % 40 == 20)
			follow(&d);
	}
	assert_sound(&d);
	struct reply r = get(d.reader, at(&d, "/livecodes/%lld/numbers", (long long)code.n));
	assert_int_equal(number_at(&r, "scans"), scans);
	static const char *const lists[] = { "hours", "sources", "devices" }, *const figures[] = { "scans", "visitors", "shown", "joined" };
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 4; k++)
			assert_int_equal(sum_of(&r, lists[i], figures[k]), number_at(&r, figures[k]));
	assert_int_equal(sum_of(&r, "targets", "shown"), number_at(&r, "shown"));
	assert_int_equal(number_at(&r, "shown"), 7);
	assert_int_equal(facts(&d, code, "&shown=true"), 7);
	assert_int_equal(facts(&d, code, "&joined=true"), number_at(&r, "joined"));
	assert_int_equal(facts(&d, code, text(&d, "&target=%lld", (long long)a.n)) + facts(&d, code, text(&d, "&target=%lld", (long long)b.n)), 7);
	int64_t all = facts(&d, code, ""), by_device = 0;
	for (int i = 0; i < 4; i++)
		by_device += facts(&d, code, text(&d, "&device=%s", devices[i]));
	assert_int_equal(by_device, all);
	for (size_t i = 0; i < json_length(&r, "targets"); i++) {
		struct str key = json_at(&r, text(&d, "targets.%zu.key", i));
		assert_int_equal(facts(&d, code, text(&d, "&target=%.*s&joined=true", STR(key))), number_at(&r, text(&d, "targets.%zu.joined", i)));
	}
	for (int i = 0; i < PHONES; i++)
		browser_close(phones[i]);
	desk_close(&d);
}

PROMISE(numbers_visits, "the list of visitors filters by each thing and by all of them, and refuses what is none")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ .strategy = "city" });
	struct id sh = target_group(&d, code, group_named(&d, "上海群", LINK), 0, ",\"region\":\"上海\"");
	code_run(&d, code);
	const char *front = source_slug(&d, code, "前台", NULL), *poster = source_slug(&d, code, "海报", NULL);
	struct browser *b[3];
	for (int i = 0; i < 3; i++) {
		b[i] = browser_open(d.site);
		assert_view(b[i], i ? front : poster, "choose");
	}
	page(b[1], front), page(b[2], front);
	say(b[1], front, "place", text(&d, "{\"choice\":\"%lld\"}", (long long)sh.n));
	say(b[2], front, "place", text(&d, "{\"choice\":\"%lld\"}", (long long)sh.n));
	say(b[2], front, "joined", "{\"nickname\":\"小白\"}");
	struct reply r = get(d.reader, at(&d, "/livecodes/%lld/links", (long long)code.n));
	assert_str(json_at(&r, "items.1.label"), "前台");
	long long front_id = number_at(&r, "items.1.id");
	follow(&d);
	const struct { const char *filter; int64_t count; } table[] = {
		{ "", 3 }, { text(&d, "&source=%lld", front_id), 2 }, { text(&d, "&target=%lld", (long long)sh.n), 2 }, { "&shown=true", 2 },
		{ "&joined=true", 1 }, { "&city=%E4%B8%8A%E6%B5%B7", 2 }, { "&city=x", 0 }, { "&device=desktop", 3 }, { "&device='%20OR%201=1--", 0 },
		{ text(&d, "&source=%lld&joined=true&device=desktop", front_id), 1 }, { "&source=1", 0 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (facts(&d, code, table[i].filter) != table[i].count)
			fail_msg("%s: %lld", table[i].filter, (long long)facts(&d, code, table[i].filter));
	r = get(d.reader, at(&d, "/livecodes/%lld/visits?joined=true", (long long)code.n));
	assert_str(json_at(&r, "items.0.member"), "小白");
	assert_str(json_at(&r, "items.0.source"), "前台");
	assert_str(json_at(&r, "items.0.target"), "上海群");
	r = get(d.reader, at(&d, "/livecodes/%lld/visits?limit=201", (long long)code.n));
	assert_reply(r, 400, "too_large");
	for (int i = 0; i < 3; i++)
		browser_close(b[i]);
	desk_close(&d);
}

/* ---- Hours and days ---- */

PROMISE(numbers_borders, "a day begins and ends at midnight of the community's zone, also when it has 23 or 25 hours")
{
	static const struct { const char *zone; const char *scans[4]; const char *day; int64_t count; size_t hours; } table[] = {
		{ "Asia/Shanghai", { "2026-11-20T23:59:59+08:00", "2026-11-21T00:00:00+08:00", "2026-11-21T23:59:59+08:00", "2026-11-22T00:00:00+08:00" }, "2026-11-21", 2, 2 },
		{ "Asia/Shanghai", { "2026-11-30T23:59:59+08:00", "2026-12-01T00:00:00+08:00", "2026-12-01T00:59:59+08:00", "2026-12-01T01:00:00+08:00" }, "2026-12-01", 3, 2 },
		{ "America/New_York", { "2026-10-31T23:59:59-04:00", "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00", "2026-11-01T23:59:59-05:00" }, "2026-11-01", 3, 3 },
		{ "America/New_York", { "2026-03-07T23:59:59-05:00", "2026-03-08T00:00:00-05:00", "2026-03-08T23:59:59-04:00", "2026-03-09T00:00:00-04:00" }, "2026-03-08", 2, 2 },
	};
	struct desk d;
	struct reply r;
	codes_open(&d, house);
	struct browser *b = browser_open(d.site);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		go_to(&d, when(table[i].scans[0]));
		r = put(d.admin, at(&d, "/community"), text(&d, "{\"name\":\"驾校\",\"timezone\":\"%s\"}", table[i].zone));
		assert_int_equal(r.status, 200);
		struct id code = code_made(&d, (struct code_draft){ 0 });
		target_to(&d, code, "https://go.example", 0, NULL);
		code_run(&d, code);
		const char *slug = code_slug(&d, code);
		for (int k = 0; k < 4; k++) {
			go_to(&d, when(table[i].scans[k]));
			browser_cookie(b, "quntu_visitor", NULL);
			assert_view(b, slug, "302");
		}
		follow(&d);
		r = get(d.reader, at(&d, "/livecodes/%lld/numbers?from=%s&to=%s", (long long)code.n, table[i].day, table[i].day));
		if (number_at(&r, "visitors") != table[i].count || json_length(&r, "hours") != table[i].hours)
			fail_msg("case %zu: %.*s", i, STR(r.body));
		assert_int_equal(count_of(&d, code, "visitors"), 4);
	}
	clock_set((struct instant){ 0 });
	browser_close(b);
	desk_close(&d);
}

PROMISE(numbers_spans, "a span is whole days, at most 92 of them, in order")
{
	static const struct { const char *query, *code, *field; int64_t days; } table[] = {
		{ "", "", "", 7 }, { "?from=2026-11-01&to=2026-11-01", "", "", 1 }, { "?from=2026-09-01&to=2026-12-01", "", "", 92 },
		{ "?from=2026-09-01&to=2026-12-02", "too_large", "from", 0 }, { "?from=2026-11-02&to=2026-11-01", "time_order", "to", 0 },
		{ "?from=2026-02-30", "bad_pattern", "from", 0 }, { "?to=yesterday", "bad_pattern", "to", 0 },
	};
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 });
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct reply r = get(d.reader, at(&d, "/livecodes/%lld/numbers%s", (long long)code.n, table[i].query));
		if (!str_is(json_at(&r, "error.code"), table[i].code) || !str_is(json_at(&r, "error.field"), table[i].field))
			fail_msg("%s: %d %.*s", table[i].query, r.status, STR(r.body));
		if (table[i].days)
			assert_int_equal(number_at(&r, "until") - number_at(&r, "from"), table[i].days * DAY);
	}
	desk_close(&d);
}

PROMISE(numbers_overview, "today stands beside the same weekday a week ago, up to the same hour")
{
	struct desk d;
	codes_open(&d, house);
	struct browser *b = browser_open(d.site);
	go_to(&d, when("2026-11-14T09:10:00+08:00"));
	struct id code = code_made(&d, (struct code_draft){ 0 }), group = group_named(&d, "一群", LINK);
	target_group(&d, code, group, 0, NULL);
	code_run(&d, code);
	const char *slug = code_slug(&d, code);
	static const char *const moments[] = { "2026-11-13T23:59:59+08:00", "2026-11-14T00:00:00+08:00", "2026-11-14T09:59:59+08:00", "2026-11-14T10:00:00+08:00",
		"2026-11-20T23:59:59+08:00", "2026-11-21T00:00:00+08:00", "2026-11-21T09:30:00+08:00" };
	for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
		go_to(&d, when(moments[i]));
		group_renew(&d, group, LINK);
		browser_cookie(b, "quntu_visitor", NULL);
		assert_view(b, slug, "target");
	}
	page(b, slug);
	say(b, slug, "joined", "{}");
	follow(&d);
	struct reply r = get(d.reader, at(&d, "/overview"));
	static const struct { const char *what; int64_t n; } expected[] = {
		{ "scans_today", 2 }, { "scans_before", 2 }, { "visitors_today", 2 }, { "visitors_before", 2 }, { "shown_today", 2 },
		{ "joined_today", 1 }, { "joined_before", 0 }, { "members", 1 }, { "members_today", 1 }, { "groups", 1 }, { "codes_running", 1 },
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		if (number_at(&r, expected[i].what) != expected[i].n)
			fail_msg("%s: %.*s", expected[i].what, STR(r.body));
	assert_int_equal(json_length(&r, "days"), 30);
	assert_str(json_at(&r, "days.29.day"), "2026-11-21");
	assert_str(json_at(&r, "days.22.day"), "2026-11-14");
	assert_int_equal(number_at(&r, "days.22.scans"), 3);
	clock_set((struct instant){ 0 });
	browser_close(b);
	desk_close(&d);
}

/* ---- Followers ---- */

static void *catch_up(void *arg)
{
	struct desk *d = arg;
	for (int i = 0; i < 10; i++)
		events_catch_up(d->house->store, whole_program, d->community);
	return NULL;
}

PROMISE(numbers_once, "two followers at once, a failure half-way, a restart: every scan is counted exactly once")
{
	struct desk d;
	pthread_t racers[2];
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 });
	target_to(&d, code, "https://go.example", 0, NULL);
	code_run(&d, code);
	const char *slug = code_slug(&d, code);
	struct browser *b = browser_open(d.site);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 20; i++) {
			browser_cookie(b, "quntu_visitor", NULL);
			assert_view(b, slug, "302");
		}
		if (round == 1)
			for (long n = 0; n < 6; n++) {
				store_fault_after(n, false);
				events_catch_up(house->store, whole_program, d.community);
				store_fault_after(-1, false);
			}
		for (int i = 0; i < 2; i++)
			assert_int_equal(pthread_create(&racers[i], NULL, catch_up, &d), 0);
		for (int i = 0; i < 2; i++)
			pthread_join(racers[i], NULL);
		assert_true(comes(events_catch_up(house->store, whole_program, d.community) == 0));       /* both may have been in each other's way */
		assert_int_equal(count_of(&d, code, "visitors"), 20 * (round + 1));
		assert_sound(&d);
	}
	browser_close(b);
	struct id community = d.community;
	desk_close(&d);
	house_restart(house);
	d.house = house, d.community = community;
	assert_sound(&d);
	d.site = site_open(house, whole_program, NULL, NULL);
	site_member(d.site, (struct id){ 12 }, community, ROLE_READER, LANG_ZH);
	d.reader = browser_open(d.site);
	browser_sign_in(d.reader, (struct id){ 12 });
	assert_int_equal(count_of(&d, code, "visitors"), 60);
	browser_close(d.reader);
	site_close(d.site);
}
