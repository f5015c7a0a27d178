/* choose_test.c: the promises of choosing: each strategy is a table of cases. */
#include "groups/choose.h"
#include "test.h"

#define OPEN   .kind = CHILD_URL, .url = { "https://a", 9 }, .weight = 1
#define NOBODY (-1)

static const struct zone *shanghai(void) { return zone_find(S("Asia/Shanghai")); }

static struct instant when(const char *rfc3339)
{
	struct instant at;
	if (!instant_parse(str_of(rfc3339), &at))
		fail_msg("%s is no instant", rfc3339);
	return at;
}

static struct plan plan_of(enum strategy strategy, struct child *children, size_t count)
{
	for (size_t i = 0; i < count; i++)
		children[i].id.n = (int64_t)i + 1;
	return (struct plan){ .strategy = strategy, .sticky = true, .zone = shanghai(), .children = children, .count = count };
}

static struct chooser now_there(void)
{
	return (struct chooser){ .now = when("2026-11-21T12:00:00+08:00") };      /* a Saturday */
}

/* ---- Open or not ---- */

TEST(choose_state, "a target is full, expired, stopped, empty, waiting or open, and the first of them counts")
{
	static struct window never[] = { { 0, 0, 1 } };
	const int64_t now = when("2026-11-21T12:00:00+08:00").ms;
	const struct { const char *state; struct child child; } table[] = {
		{ "filling", { OPEN } },
		{ "empty",   { .kind = CHILD_URL } },
		{ "empty",   { .kind = CHILD_GROUP } },
		{ "filling", { .kind = CHILD_GROUP, .url = S("/r/room") } },
		{ "filling", { .kind = CHILD_GROUP, .picture = S("k") } },
		{ "filling", { .kind = CHILD_WECOM, .picture = S("k") } },
		{ "filling", { .kind = CHILD_WECOM, .url = S("https://a") } },
		{ "empty",   { .kind = CHILD_STAFF, .url = S("https://a") } },
		{ "stopped", { OPEN, .stopped = true, .cap = 1, .shown = 1 } },
		{ "full",    { OPEN, .cap = 3, .shown = 3 } },
		{ "filling", { OPEN, .cap = 3, .shown = 2 } },
		{ "filling", { OPEN, .cap = 0, .shown = 1000000 } },
		{ "full",    { OPEN, .members = 200, .member_limit = 200 } },
		{ "filling", { OPEN, .members = 199, .member_limit = 200 } },
		{ "filling", { OPEN, .members = 900, .member_limit = 0 } },
		{ "expired", { OPEN, .expires_at = { now } } },
		{ "filling", { OPEN, .expires_at = { now + 1 } } },
		{ "expired", { OPEN, .picture_expires_at = { now - 1 }, .cap = 1, .shown = 1 } },
		{ "waiting", { OPEN, .windows = never, .window_count = 1 } },
		{ "full",    { OPEN, .windows = never, .window_count = 1, .cap = 1, .shown = 1 } },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct child c = table[i].child;
		struct plan plan = plan_of(IN_ORDER, &c, 1);
		if (strcmp(child_state_word(child_state(&c, &plan, (struct instant){ now })), table[i].state) != 0)
			fail_msg("case %zu is no %s", i, table[i].state);
	}
}

/* ---- Hours ---- */

static struct window office[] = { { 1, 540, 1080 }, { 6, 600, 720 } };                /* Monday 9–18, Saturday 10–12 */
static struct special feast[] = {
	{ { "2026-12-24", 10 }, 480, 720 }, { { "2026-12-25", 10 }, 0, 0 }, { { "2027-01-01", 10 }, 0, 1440 }, { { "2027-02-29", 10 }, 0, 1440 },
};

TEST(choose_hours, "a special date wins over the week, to the minute, in the community's zone, over the ends of months and years")
{
	static const struct { const char *at; bool open; const char *opens; } table[] = {
		{ "2026-11-21T10:00:00+08:00", true,  NULL },
		{ "2026-11-21T09:59:59+08:00", false, "2026-11-21T10:00:00+08:00" },
		{ "2026-11-21T11:59:59+08:00", true,  NULL },
		{ "2026-11-21T12:00:00+08:00", false, "2026-11-23T09:00:00+08:00" },
		{ "2026-11-30T09:00:00+08:00", true,  NULL },                            /* the last day of a month, a Monday */
		{ "2026-11-30T18:00:00+08:00", false, "2026-12-05T10:00:00+08:00" },
		{ "2026-12-24T07:59:00+08:00", false, "2026-12-24T08:00:00+08:00" },     /* a Thursday: only the date opens it */
		{ "2026-12-24T08:00:00+08:00", true,  NULL },
		{ "2026-12-23T16:30:00Z",      false, "2026-12-24T08:00:00+08:00" },     /* already the 24th in Shanghai */
		{ "2026-12-24T03:59:59Z",      true,  NULL },
		{ "2026-12-24T12:00:00+08:00", false, "2026-12-26T10:00:00+08:00" },     /* the 25th is shut all day */
		{ "2026-12-31T23:59:59+08:00", false, "2027-01-01T00:00:00+08:00" },
		{ "2027-01-01T23:59:59+08:00", true,  NULL },
		{ "2027-01-02T00:00:00+08:00", false, "2027-01-02T10:00:00+08:00" },
	};
	struct child c = { OPEN, .windows = office, .window_count = 2, .dates = feast, .date_count = 4 };
	struct plan plan = plan_of(IN_ORDER, &c, 1);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct instant now = when(table[i].at), opens = child_opens_at(&c, &plan, now);
		if ((child_state(&c, &plan, now) == CHILD_FILLING) != table[i].open)
			fail_msg("%s is %s", table[i].at, table[i].open ? "shut" : "open");
		if (opens.ms != (table[i].opens ? when(table[i].opens).ms : 0))
			fail_msg("%s opens at %lld", table[i].at, (long long)opens.ms);
	}
}

TEST(choose_hours_days, "hours keep to the wall clock when the clocks are turned; a special day ends at midnight")
{
	static struct window sunday[] = { { 0, 550, 560 } };                     /* 9:10 to 9:20 */
	static struct special shut[] = { { { "2026-11-01", 10 }, 0, 0 } };
	struct child early = { OPEN, .windows = sunday, .window_count = 1 }, rest = { OPEN, .dates = shut, .date_count = 1 };
	struct plan plan = plan_of(IN_ORDER, &early, 1);
	plan.zone = zone_find(S("America/New_York"));
	static const struct { const char *now, *opens; } turned[] = {
		{ "2026-03-07T12:00:00-05:00", "2026-03-08T09:10:00-04:00" },
		{ "2026-10-31T12:00:00-04:00", "2026-11-01T09:10:00-05:00" },
	};
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(child_opens_at(&early, &plan, when(turned[i].now)).ms, when(turned[i].opens).ms);
	assert_int_equal(child_opens_at(&rest, &plan, when("2026-11-01T00:30:00-04:00")).ms, when("2026-11-02T00:00:00-05:00").ms);
	assert_int_equal(child_opens_at(&rest, &plan, when("2026-11-02T00:00:00-05:00")).ms, 0);
	static struct special long_ago[] = { { { "2020-01-01", 10 }, 0, 1440 } };
	static struct window none[] = { { 3, 600, 600 } };
	struct child never = { OPEN, .windows = none, .window_count = 1, .dates = long_ago, .date_count = 1 };
	assert_int_equal(child_opens_at(&never, &plan, when("2026-11-02T00:00:00-05:00")).ms, 0);
}

TEST(choose_rota, "who is open by date goes before who is open by week, and they before who always is")
{
	static struct window week[] = { { 6, 0, 1440 } };
	static struct special date[] = { { { "2026-11-28", 10 }, 0, 1440 } };
	static const struct { const char *at; int rota, order; } table[] = {
		{ "2026-11-20T12:00:00+08:00", 0, 0 },       /* Friday: only the first */
		{ "2026-11-21T12:00:00+08:00", 1, 0 },       /* Saturday: the second by week */
		{ "2026-11-28T12:00:00+08:00", 2, 0 },       /* the Saturday with a date */
		{ "2026-11-28T00:00:00+08:00", 2, 0 },
		{ "2026-11-27T23:59:59+08:00", 0, 0 },
		{ "2026-11-29T00:00:00+08:00", 0, 0 },
	};
	struct child c[] = { { OPEN }, { OPEN, .windows = week, .window_count = 1 },
		{ OPEN, .windows = week, .window_count = 1, .dates = date, .date_count = 1, .stopped = false } };
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct plan plan = plan_of(ROTA, c, 3);
		struct chooser v = { .now = when(table[i].at) };
		assert_int_equal(choose_child(&plan, &v), table[i].rota);
		plan.strategy = IN_ORDER;
		assert_int_equal(choose_child(&plan, &v), table[i].order);
	}
}

/* ---- Strategies ---- */

TEST(choose_order, "in order: the first that is open; a full, expired, stopped, shut or tried one is passed over")
{
	const struct instant past = when("2026-11-21T11:59:59+08:00");
	static struct window sunday[] = { { 0, 0, 1440 } };
	struct child c[] = { { OPEN, .cap = 1, .shown = 1 }, { OPEN, .expires_at = past }, { OPEN, .stopped = true },
		{ OPEN, .windows = sunday, .window_count = 1 }, { OPEN }, { OPEN } };
	struct plan plan = plan_of(IN_ORDER, c, 6);
	struct chooser v = now_there();
	assert_int_equal(choose_child(&plan, &v), 4);
	v.tried = 1 << 4;
	assert_int_equal(choose_child(&plan, &v), 5);
	v.tried |= 1 << 5;
	assert_int_equal(choose_child(&plan, &v), NOBODY);
	plan.count = 0;
	assert_int_equal(choose_child(&plan, &v), NOBODY);
}

TEST(choose_balanced, "balanced: the least full by share of its cap; without a cap, by number; the first of equals")
{
	static const struct { struct { int64_t cap, shown; } child[3]; int chosen; } table[] = {
		{ { { 100, 50 }, { 10, 4 },  { 10, 5 } },   1 },
		{ { { 100, 50 }, { 10, 10 }, { 10, 5 } },   0 },
		{ { { 0, 100 },  { 0, 99 },  { 0, 98 } },   2 },
		{ { { 0, 0 },    { 100, 0 }, { 0, 0 } },    0 },
		{ { { 1, 1 },    { 1, 1 },   { 1, 1 } },    NOBODY },
		{ { { 200, 100 }, { 0, 99 }, { 200, 101 } }, 1 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct child c[3] = { { OPEN }, { OPEN }, { OPEN } };
		for (int k = 0; k < 3; k++)
			c[k].cap = table[i].child[k].cap, c[k].shown = table[i].child[k].shown;
		struct plan plan = plan_of(BALANCED, c, 3);
		struct chooser v = now_there();
		if (choose_child(&plan, &v) != table[i].chosen)
			fail_msg("case %zu: %d", i, choose_child(&plan, &v));
	}
}

TEST(choose_weighted, "weighted: shares follow the weights over many chances; weight 0 gets nobody unless all have it")
{
	struct child c[] = { { OPEN }, { OPEN }, { OPEN }, { OPEN } };
	const int64_t weights[] = { 5, 0, 3, 2 };
	struct plan plan = plan_of(WEIGHTED, c, 4);
	struct chooser v = now_there();
	int got[4] = { 0 };
	for (int i = 0; i < 4; i++)
		c[i].weight = weights[i];
	for (int i = 0; i < 100000; i++) {
		v.chance = (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15) >> 11;
		int k = choose_child(&plan, &v);
		assert_true(k >= 0 && k < 4);
		got[k]++;
	}
	for (int i = 0; i < 4; i++)
		if (llabs(got[i] - weights[i] * 10000) > 1000)
			fail_msg("weight %d got %d of 100000", (int)weights[i], got[i]);
	c[0].weight = c[2].weight = c[3].weight = 0;
	assert_int_equal(choose_child(&plan, &v), 0);
	c[3].weight = 1000, v.chance = UINT64_MAX;
	assert_int_equal(choose_child(&plan, &v), 3);
	c[3].stopped = true;
	assert_int_equal(choose_child(&plan, &v), 0);
}

TEST(choose_city, "by city: their own, else one for everywhere, never another city's")
{
	static const struct { const char *city; unsigned tried; int chosen; } table[] = {
		{ "上海", 0, 1 }, { "北京", 0, 0 }, { "广州", 0, 2 }, { "", 0, 2 }, { "上海", 1 << 1, 2 }, { "上海", 1 << 1 | 1 << 2, NOBODY },
		{ "上", 0, 2 },
	};
	struct child c[] = { { OPEN, .region = S("北京") }, { OPEN, .region = S("上海") }, { OPEN }, { OPEN, .region = S("上海") } };
	c[3].stopped = true;
	struct plan plan = plan_of(BY_CITY, c, 4);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct chooser v = now_there();
		v.city = str_of(table[i].city), v.tried = table[i].tried;
		if (choose_child(&plan, &v) != table[i].chosen)
			fail_msg("%s: %d", table[i].city, choose_child(&plan, &v));
		assert_int_equal(choose_needs_place(&plan, &v), v.city.len == 0);
	}
	struct child plain[] = { { OPEN } };
	struct plan simple = plan_of(BY_CITY, plain, 1);
	struct chooser v = now_there();
	assert_false(choose_needs_place(&simple, &v));
}

TEST(choose_distance, "distances on the globe are right within half a percent, over the date line, too")
{
	static const struct { int64_t from[2], to[2], metres; } table[] = {
		{ { 31230400, 121473700 }, { 31230400, 121473700 }, 0 },
		{ { 31230400, 121473700 }, { 39904200, 116407400 }, 1067000 },       /* Shanghai – Beijing */
		{ { 0, 179999000 }, { 0, -179999000 }, 222 },
		{ { 90000000, 0 }, { -90000000, 0 }, 20015087 },
		{ { 0, 0 }, { 0, 180000000 }, 20015087 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		int64_t d = distance_m(table[i].from[0], table[i].from[1], table[i].to[0], table[i].to[1]);
		if (llabs(d - table[i].metres) > table[i].metres / 200 + 1)
			fail_msg("case %zu: %lld m", i, (long long)d);
	}
}

TEST(choose_nearest, "nearest: the closest shop that reaches them; out of range, one without a place; by name when they hide")
{
	struct child c[] = {
		{ OPEN, .latitude_e6 = 31230000, .longitude_e6 = 121470000, .radius_m = 5000, .region = S("人民广场") },
		{ OPEN, .latitude_e6 = 31240000, .longitude_e6 = 121500000, .radius_m = 5000, .region = S("陆家嘴") },
		{ OPEN },
	};
	struct plan plan = plan_of(NEAREST, c, 3);
	struct chooser v = now_there();
	assert_true(choose_needs_place(&plan, &v));
	assert_int_equal(choose_child(&plan, &v), 2);
	v.city = S("陆家嘴");
	assert_false(choose_needs_place(&plan, &v));
	assert_int_equal(choose_child(&plan, &v), 1);
	v.placed = true, v.latitude_e6 = 31231000, v.longitude_e6 = 121472000;
	assert_int_equal(choose_child(&plan, &v), 0);
	v.latitude_e6 = 31239000, v.longitude_e6 = 121498000;
	assert_int_equal(choose_child(&plan, &v), 1);
	v.tried = 1 << 1;
	assert_int_equal(choose_child(&plan, &v), 0);
	v.tried = 0, v.latitude_e6 = 39904200, v.longitude_e6 = 116407400;
	assert_int_equal(choose_child(&plan, &v), 2);
	plan.count = 2;
	assert_int_equal(choose_child(&plan, &v), NOBODY);
	c[0].radius_m = 100;
	v.latitude_e6 = 31230000 + 899, v.longitude_e6 = 121470000;               /* 99.96 m north */
	c[1].stopped = true;
	assert_int_equal(choose_child(&plan, &v), 0);
	v.latitude_e6 += 10;
	assert_int_equal(choose_child(&plan, &v), NOBODY);
}

/* ---- Who they are ---- */

TEST(choose_visitors, "targets for new ones and for those who come back")
{
	struct child c[] = { { OPEN, .visitors = VISITORS_RETURNING }, { OPEN, .visitors = VISITORS_NEW }, { OPEN } };
	struct plan plan = plan_of(IN_ORDER, c, 3);
	struct chooser v = now_there();
	assert_int_equal(choose_child(&plan, &v), 1);
	v.returning = true;
	assert_int_equal(choose_child(&plan, &v), 0);
	v.tried = 1;
	assert_int_equal(choose_child(&plan, &v), 2);
}

TEST(choose_sticky, "who was shown a target sees it again, also when its cap is reached, but not when it cannot be joined")
{
	const struct instant past = when("2026-11-21T11:00:00+08:00");
	static struct window sunday[] = { { 0, 0, 1440 } };
	const struct { struct child mine; bool wandering; int chosen; } table[] = {
		{ { OPEN }, false, 1 },
		{ { OPEN }, true, 0 },
		{ { OPEN, .cap = 2, .shown = 2 }, false, 1 },
		{ { OPEN, .cap = 2, .shown = 2 }, true, 0 },
		{ { OPEN, .members = 200, .member_limit = 200 }, false, 0 },
		{ { OPEN, .members = 200, .member_limit = 200, .cap = 2, .shown = 2 }, false, 0 },
		{ { OPEN, .cap = 2, .shown = 2, .windows = sunday, .window_count = 1 }, false, 0 },
		{ { OPEN, .expires_at = past, .cap = 2, .shown = 2 }, false, 0 },
		{ { OPEN, .stopped = true }, false, 0 },
		{ { OPEN, .visitors = VISITORS_RETURNING }, false, 0 },
	};
	struct child full[] = { { OPEN, .cap = 1, .shown = 1 }, { OPEN, .cap = 1, .shown = 1, .stopped = true } };
	struct plan all_full = plan_of(IN_ORDER, full, 2);
	struct chooser doubter = now_there();
	assert_int_equal(choose_child(&all_full, &doubter), NOBODY);
	doubter.doubts = true;
	assert_int_equal(choose_child(&all_full, &doubter), 0);
	doubter.tried = 1;
	assert_int_equal(choose_child(&all_full, &doubter), NOBODY);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct child c[] = { { OPEN }, table[i].mine };
		struct plan plan = plan_of(IN_ORDER, c, 2);
		struct chooser v = now_there();
		plan.sticky = !table[i].wandering;
		v.shown_before.n = 2;
		if (choose_child(&plan, &v) != table[i].chosen)
			fail_msg("case %zu: %d", i, choose_child(&plan, &v));
	}
}

/* ---- The death clock ---- */

TEST(choose_fill, "when it fills follows from the last day and the last six hours, and from nothing else")
{
	static const struct { int64_t hours[26]; size_t n; int64_t left, per_day, in_hours; } table[] = {
		{ { 0 }, 0, 10, 0, 0 },                                                /* nothing is known */
		{ { 0 }, 24, 10, 0, 0 },                                               /* nobody comes */
		{ { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 24, 10, 24, 10 },
		{ { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 24, 0, 24, -1 },
		{ { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 24, -3, 24, -1 },
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 4 }, 24, 25, 60, 10 },   /* a rush */
		{ { 4, 4, 4, 4, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 24, 5, 12, 10 },    /* a quiet night */
		{ { 99, 99, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 26, 1440, 24, 1440 },
		{ { 99, 99, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 26, 1441, 24, 0 },  /* past 60 days */
		{ { 2, 2, 2 }, 3, 6, 48, 3 },
	};
	const struct instant now = { 1000 * HOUR };
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		int64_t per_day = -1;
		struct instant at = fill_predicted(table[i].hours, table[i].n, table[i].left, now, &per_day);
		int64_t want = table[i].in_hours == 0 ? 0 : table[i].in_hours < 0 ? now.ms : now.ms + table[i].in_hours * HOUR;
		if (per_day != table[i].per_day || llabs(at.ms - want) > 1)
			fail_msg("case %zu: %lld a day, in %lld ms", i, (long long)per_day, (long long)(at.ms - now.ms));
	}
}
