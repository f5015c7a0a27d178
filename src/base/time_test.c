/* time_test.c: days that begin at midnight, and days that do not. */
#include "test.h"
#include "base/time.h"

static const struct zone *zone(const char *name)
{
	const struct zone *z = zone_find(str_of(name));
	if (!z)
		fail_msg("no zone %s", name);
	return z;
}

static struct instant at(const char *text)
{
	struct instant t = { 0 };
	if (!instant_parse(str_of(text), &t))
		fail_msg("%s is no instant", text);
	return t;
}

static int64_t day(const char *text)
{
	int64_t d = 0;
	if (!day_parse(str_of(text), &d))
		fail_msg("%s is no day", text);
	return d;
}

static void is_instant(const char *zone_name, struct instant t, const char *want)
{
	char text[32];
	instant_format(zone(zone_name), t, text);
	assert_string_equal(text, want);
}

TEST(clock_stands_still, "tests may stop the clock, and let it go on")
{
	clock_set((struct instant){ 12345 });
	assert_int_equal(clock_now().ms, 12345);
	clock_set((struct instant){ 0 });
	assert_true(clock_now().ms > INT64_C(1700000000000));
	int64_t before = clock_steady();
	assert_true(clock_steady() >= before);
}

TEST(day_dates, "dates are days since 1970, leap years and all; what is no date is refused")
{
	assert_int_equal(day("1970-01-01"), 0);
	assert_int_equal(day("1969-12-31"), -1);
	assert_int_equal(day("2000-02-29"), 11016);
	assert_int_equal(day("2026-11-21"), 20778);
	assert_int_equal(day("0000-03-01"), -719468);
	static const char *const bad[] = {
		"", "2026-1-01", "2026-13-01", "2026-00-01", "2026-02-29", "1900-02-29", "2026-04-31", "2026-01-00",
		"2026-01-01 ", "2026/01/01", "20260101", "-2026-01-01", "２026-01-01",
	};
	int64_t d = 77;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (day_parse(str_of(bad[i]), &d) || d != 77)
			fail_msg("%s", bad[i]);
	}
}

TEST(instant_texts, "RFC 3339 is read strictly and written back")
{
	assert_int_equal(at("1970-01-01T00:00:00Z").ms, 0);
	assert_int_equal(at("2026-11-21T09:00:00+08:00").ms, at("2026-11-21T01:00:00Z").ms);
	assert_int_equal(at("2026-11-21t01:00:00.9876z").ms, at("2026-11-21T01:00:00Z").ms + 987);
	assert_int_equal(at("1969-12-31T23:59:59.5Z").ms, -500);
	is_instant("Asia/Shanghai", at("2026-11-21T01:00:00Z"), "2026-11-21T09:00:00+08:00");
	is_instant("America/New_York", at("2026-07-01T12:00:00Z"), "2026-07-01T08:00:00-04:00");
	is_instant("UTC", (struct instant){ -1 }, "1969-12-31T23:59:59+00:00");
	static const char *const bad[] = {
		"", "2026-11-21", "2026-11-21T09:00:00", "2026-11-21T24:00:00Z", "2026-11-21T09:60:00Z",
			"2026-11-21T09:00:60Z",
		"2026-11-21T09:00Z", "2026-11-21T09:00:00.Z", "2026-11-21T09:00:00+0800", "2026-11-21T09:00:00+24:00",
		"2026-11-21T09:00:00+08:60", "2026-11-21T09:00:00Zx", "2026-11-21T09:00:00 +08:00",
	};
	struct instant t;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (instant_parse(str_of(bad[i]), &t))
			fail_msg("%s", bad[i]);
	}
}

TEST(instant_extremes, "the first and the last instant there are can be written, if not read")
{
	char text[32];
	instant_format(zone("UTC"), (struct instant){ INT64_MAX / 2 }, text);
	instant_format(zone("America/New_York"), (struct instant){ INT64_MIN / 2 }, text);
	assert_true(strlen(text) < 32);
}

TEST(zone_names, "only names of zones are looked up")
{
	static const char *const bad[] = {
		"", "/etc/passwd", "../../etc/passwd", "Asia/../UTC", "Asia", "Asia/Nowhere", "zone.tab", "tzdata.zi",
		"Asia//Shanghai", ".", "right/UTC", "Asia/Shanghai\n",
		"Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (zone_find(str_of(bad[i])))
			fail_msg("%s", bad[i]);
	}
	assert_ptr_equal(zone("Asia/Shanghai"), zone("Asia/Shanghai"));
}

TEST(zone_offsets, "summer time begins and ends to the second, in 2026 and by rule in 2080")
{
	static const struct { const char *zone, *at; double hours; } cases[] = {
		{ "Asia/Shanghai", "2026-07-01T00:00:00Z", 8 }, { "Asia/Shanghai", "1988-07-01T00:00:00Z", 9 },
		{ "UTC", "2026-07-01T00:00:00Z", 0 },
		{ "America/New_York", "2026-03-08T06:59:59Z", -5 }, { "America/New_York", "2026-03-08T07:00:00Z", -4 },
		{ "America/New_York", "2026-11-01T05:59:59Z", -4 }, { "America/New_York", "2026-11-01T06:00:00Z", -5 },
		{ "America/New_York", "2080-03-10T06:59:59Z", -5 }, { "America/New_York", "2080-03-10T07:00:00Z", -4 },
		{ "Australia/Sydney", "2080-01-15T00:00:00Z", 11 }, { "Australia/Sydney", "2080-07-15T00:00:00Z", 10 },
		{ "Europe/Dublin", "2080-07-15T00:00:00Z", 1 }, { "Europe/Dublin", "2080-01-15T00:00:00Z", 0 },
		{ "Asia/Kathmandu", "2080-01-15T00:00:00Z", 5.75 }, { "America/Sao_Paulo", "2080-01-15T00:00:00Z", -3 },
		{ "America/New_York", "1800-01-01T00:00:00Z", -17762 / 3600.0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t got = zone_offset(zone(cases[i].zone), at(cases[i].at));
		if (got != (int64_t)(cases[i].hours * 3600) * 1000 &&
			got != (int64_t)(cases[i].hours * 3600 - 0.5) * 1000)
			fail_msg("%s at %s: %lld", cases[i].zone, cases[i].at, (long long)got);
	}
}

TEST(zone_local_fields, "an instant has a date, a time and a weekday in its zone")
{
	struct local l = zone_local(zone("Asia/Shanghai"), at("2026-11-20T16:30:15Z"));
	assert_int_equal(l.year, 2026);
	assert_int_equal(l.month, 11);
	assert_int_equal(l.day, 21);
	assert_int_equal(l.hour, 0);
	assert_int_equal(l.minute, 30);
	assert_int_equal(l.second, 15);
	assert_int_equal(l.weekday, 6);
	assert_int_equal(zone_local(zone("UTC"), (struct instant){ 0 }).weekday, 4);
	assert_int_equal(zone_local(zone("UTC"), (struct instant){ -1 }).weekday, 3);
}

TEST(day_starts, "a day begins at midnight, or when the clocks say so")
{
	static const struct { const char *zone, *day, *start; } cases[] = {
		{ "Asia/Shanghai",    "2026-11-21", "2026-11-20T16:00:00Z" },
		{ "America/New_York", "2026-03-08", "2026-03-08T05:00:00Z" },
		{ "America/New_York", "2026-03-09", "2026-03-09T04:00:00Z" },
		{ "America/New_York", "2026-11-02", "2026-11-02T05:00:00Z" },
		{ "Africa/Cairo",     "2026-04-24", "2026-04-23T22:00:00Z" },      /* no midnight: 00:00 is 01:00 */
		{ "America/Havana",   "2026-11-01", "2026-11-01T04:00:00Z" },      /* two midnights: the first */
		{ "America/Havana",   "2026-03-08", "2026-03-08T05:00:00Z" },
		{ "Pacific/Apia",     "2011-12-31", "2011-12-30T10:00:00Z" },      /* the 30th never was */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct instant got = day_start(zone(cases[i].zone), day(cases[i].day));
		if (got.ms != at(cases[i].start).ms) {
			char text[32];
			instant_format(zone("UTC"), got, text);
			fail_msg("%s %s begins %s", cases[i].zone, cases[i].day, text);
		}
		assert_int_equal(day_of(zone(cases[i].zone), got), day(cases[i].day));
		assert_int_equal(day_of(zone(cases[i].zone), (struct instant){ got.ms - 1 }) < day(cases[i].day), 1);
	}
}

TEST(day_walk, "through five years of days in odd zones, each begins where the last one ended")
{
	static const char *const names[] = { "Asia/Shanghai", "America/New_York", "Africa/Cairo",
		"Australia/Lord_Howe" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct zone *z = zone(names[i]);
		for (int64_t d = day("2023-01-01"); d < day("2028-01-01"); d++) {
			struct instant start = day_start(z, d);
			assert_int_equal(day_of(z, start), d);
			assert_int_equal(day_of(z, (struct instant){ start.ms - 1 }), d - 1);
		}
	}
}

TEST(hour_starts, "hours begin on the zone's own clock")
{
	assert_int_equal(hour_start(zone("UTC"), at("2026-01-01T10:59:59.999Z")).ms, at("2026-01-01T10:00:00Z").ms);
	assert_int_equal(hour_start(zone("Asia/Kolkata"), at("2026-01-01T10:20:00Z")).ms,
		at("2026-01-01T09:30:00Z").ms);
	assert_int_equal(hour_start(zone("UTC"), (struct instant){ -1 }).ms, -HOUR);
}

TEST(zone_without_memory, "a zone that cannot be loaded for want of memory can be loaded later")
{
	for (long n = 0, struck = 1; struck; n++) {
		mem_fail_after(n);
		const struct zone *z = zone_find(S("Indian/Chagos"));
		struck = mem_failed();
		mem_fail_after(-1);
		assert_int_equal(z == NULL, struck);
	}
}
