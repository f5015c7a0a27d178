/* time.c: the clock, the calendar, and the zones of the IANA.
 *
 * Story      An operator's day begins at midnight in the community's zone, on the day the clocks change too.
 * Not here   Leap seconds (files of "right/" are refused), calendars other than the Gregorian.
 * Holds      A zone is immutable once it is in the list, and the list only grows: by at most the zones that the
 *            system has. Every count and index of a zone file is checked before it is used.
 * Test       time_test.c: midnights that do not exist, midnights that come twice, the far future.
 */
#include "base/time.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/mem.h"

#define ZONE_DIR  "/usr/share/zoneinfo/"
#define ZONE_NAME 64
#define ZONE_FILE 65536     /* bytes; the largest real one has under 4,000 */

/* ---- Clock ---- */

static _Atomic int64_t stands_at, allowed_least;

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return t.tv_sec * SECOND + t.tv_nsec / 1000000;
}

struct instant clock_now(void)
{
	int64_t set = atomic_load_explicit(&stands_at, memory_order_relaxed);
	return (struct instant){ set ? set : clock_ms(CLOCK_REALTIME) };
}

void clock_set(struct instant at)
{
	atomic_store(&stands_at, at.ms);
}

int64_t clock_steady(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t clock_allows(int64_t ms)
{
	int64_t least = atomic_load_explicit(&allowed_least, memory_order_relaxed);
	return ms > least ? ms : least;
}

void clock_allow(int64_t least_ms)
{
	atomic_store(&allowed_least, least_ms);
}

/* ---- Calendar (days from civil and back, for the proleptic Gregorian calendar) ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int64_t year, int month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return month == 2 && leap(year) ? 29 : days[month - 1];
}

/* Years begin in March here, so that the leap day is the last of its year. */
static int64_t days_of(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = floor_div(year, 400), year_of_era = year - era * 400;
	int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void civil_of(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
	days += 719468;
	int64_t era = floor_div(days, 146097), d = days - era * 146097;
	int64_t year = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	int64_t day_of_year = d - (365 * year + year / 4 - year / 100);
	int64_t m = (5 * day_of_year + 2) / 153;
	*ret_month = (int)(m < 10 ? m + 3 : m - 9);
	*ret_day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
	*ret_year = year + era * 400 + (*ret_month <= 2);
}

static int weekday_of(int64_t days)
{
	return (int)(((days + 4) % 7 + 7) % 7);       /* 1970-01-01 was a Thursday */
}

/* ---- Zones ---- */

/* When summer time begins or ends each year: the footer's "M3.2.0/2", "J60" or "59". */
struct turn { char form; int month, week, day; int64_t at; };          /* at: seconds after midnight */

struct zone {
	struct zone *next;
	char         name[ZONE_NAME];
	size_t       count;
	int64_t     *turns;                       /* seconds since 1970 */
	int32_t     *offsets;                     /* from turns[i] on */
	int32_t      before;                      /* before the first */
	int32_t      standard, summer;            /* after the last, by rule */
	bool         has_rule, has_summer;
	struct turn  begins, ends;
};

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const unsigned char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* ---- The footer: "EST5EDT,M3.2.0,M11.1.0" ---- */

static bool footer_number(const char **at, int max, int *ret)
{
	int n = 0, digits = 0;
	for (; **at >= '0' && **at <= '9' && digits < 4; (*at)++, digits++)
		n = n * 10 + (**at - '0');
	*ret = n;
	return digits > 0 && n <= max;
}

static bool footer_name(const char **at)
{
	const char *from = *at;
	if (**at == '<') {
		*at += strcspn(*at, ">");
		return *(*at)++ == '>';
	}
	while ((**at >= 'A' && **at <= 'Z') || (**at >= 'a' && **at <= 'z'))
		(*at)++;
	return *at - from >= 3;
}

/* [+-]hh[:mm[:ss]] in seconds */
static bool footer_time(const char **at, int64_t *ret)
{
	int sign = **at == '-' ? -1 : 1, part[3] = { 0 };
	if (**at == '-' || **at == '+')
		(*at)++;
	if (!footer_number(at, 167, &part[0]))
		return false;
	for (int i = 1; i < 3 && **at == ':'; i++) {
		(*at)++;
		if (!footer_number(at, 59, &part[i]))
			return false;
	}
	*ret = sign * (part[0] * INT64_C(3600) + part[1] * 60 + part[2]);
	return true;
}

static bool footer_turn(const char **at, struct turn *ret)
{
	struct turn t = { .form = '0', .at = 2 * 3600 };
	bool ok;
	if (*(*at)++ != ',')
		return false;
	if (**at == 'M' || **at == 'J')
		t.form = *(*at)++;
	if (t.form == 'M') {
		ok = footer_number(at, 12, &t.month) && *(*at)++ == '.' &&
		     footer_number(at, 5, &t.week) && *(*at)++ == '.' &&
		     footer_number(at, 6, &t.day) && t.month > 0 && t.week > 0;
	} else {
		ok = footer_number(at, 365, &t.day);
	}
	if (ok && **at == '/') {
		(*at)++;
		ok = footer_time(at, &t.at);
	}
	*ret = t;
	return ok;
}

static bool footer_read(struct zone *z, const char *at)
{
	int64_t west, summer_west;
	if (!footer_name(&at) || !footer_time(&at, &west))
		return false;
	z->standard = (int32_t)-west;
	z->has_rule = true;
	if (!*at)
		return true;
	if (!footer_name(&at))
		return false;
	summer_west = west - 3600;
	if (*at != ',' && !footer_time(&at, &summer_west))
		return false;
	z->summer = (int32_t)-summer_west;
	z->has_summer = true;
	return footer_turn(&at, &z->begins) && footer_turn(&at, &z->ends) && !*at;
}

/* The turn's local second of that year, since 1970. */
static int64_t turn_second(const struct turn *t, int64_t year)
{
	int64_t day;
	if (t->form == 'M') {
		int64_t first = days_of(year, t->month, 1);
		int skip = (t->day - weekday_of(first) + 7) % 7 + (t->week - 1) * 7;
		while (skip >= month_days(year, t->month))      /* week 5 is "the last" */
			skip -= 7;
		day = first + skip;
	} else if (t->form == 'J') {                    /* 1…365: 29 February is never counted */
		day = days_of(year, 1, 1) + t->day - 1 + (leap(year) && t->day >= 60);
	} else {
		day = days_of(year, 1, 1) + t->day;
	}
	return day * 86400 + t->at;
}

static int32_t rule_offset(const struct zone *z, int64_t second)
{
	if (!z->has_summer)
		return z->standard;
	int64_t year;
	int month, day;
	civil_of(floor_div(second + z->standard, 86400), &year, &month, &day);
	int64_t begin = turn_second(&z->begins, year) - z->standard;
	int64_t end = turn_second(&z->ends, year) - z->summer;
	bool summer = begin < end ? second >= begin && second < end       /* north */
	                          : second >= begin || second < end;      /* south: over the new year */
	return summer ? z->summer : z->standard;
}

/* ---- The file (RFC 8536) ---- */

struct counts { size_t isut, isstd, leaps, turns, types, chars; };

#define HEADER 44

static bool header_read(const unsigned char *p, size_t len, struct counts *ret)
{
	if (len < HEADER || memcmp(p, "TZif", 4) != 0)
		return false;
	*ret = (struct counts){ be32(p + 20), be32(p + 24), be32(p + 28), be32(p + 32), be32(p + 36), be32(p + 40) };
	return ret->isut <= ZONE_FILE && ret->isstd <= ZONE_FILE && ret->leaps <= ZONE_FILE &&
	       ret->turns <= ZONE_FILE && ret->types <= 256 && ret->chars <= ZONE_FILE;
}

static size_t block_size(const struct counts *c, size_t time)
{
	return c->turns * (time + 1) + c->types * 6 + c->chars + c->leaps * (time + 4) + c->isstd + c->isut;
}

static bool block_read(struct zone *z, const unsigned char *p, const struct counts *c)
{
	const unsigned char *indexes = p + c->turns * 8, *types = indexes + c->turns;
	z->before = (int32_t)be32(types);
	z->count = c->turns;
	for (size_t i = 0; i < c->turns; i++) {
		if (indexes[i] >= c->types)
			return false;
		z->turns[i] = be64(p + i * 8);
		z->offsets[i] = (int32_t)be32(types + indexes[i] * 6);
	}
	return true;
}

static struct zone *zone_parse(const unsigned char *p, size_t len)
{
	struct counts c;
	if (!header_read(p, len, &c) || p[4] < '2')
		return NULL;
	size_t skip = HEADER + block_size(&c, 4);        /* the 32-bit block is for readers of last century */
	if (skip > len || !header_read(p + skip, len - skip, &c) || c.types == 0 || c.leaps > 0)
		return NULL;
	size_t at = skip + HEADER, end = at + block_size(&c, 8);
	if (end >= len || p[end] != '\n' || p[len - 1] != '\n')
		return NULL;

	struct zone *z = mem_take(sizeof *z + c.turns * (sizeof *z->turns + sizeof *z->offsets));
	if (!z)
		return NULL;
	z->turns = (int64_t *)(z + 1);
	z->offsets = (int32_t *)(z->turns + c.turns);

	char footer[128] = "";
	size_t footer_len = len - 1 > end ? len - 2 - end : 0;
	if (footer_len < sizeof footer)
		memcpy(footer, p + end + 1, footer_len);
	if (!block_read(z, p + at, &c) || (*footer && !footer_read(z, footer))) {
		mem_give(z);
		return NULL;
	}
	return z;
}

static struct zone *zone_load(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return NULL;
	struct zone *z = NULL;
	unsigned char *bytes = mem_take(ZONE_FILE);
	ssize_t len = bytes ? read(file, bytes, ZONE_FILE) : -1;
	if (len > 0 && len < ZONE_FILE)
		z = zone_parse(bytes, (size_t)len);
	mem_give(bytes);
	close(file);
	return z;
}

static bool name_allowed(struct str name)
{
	if (name.len == 0 || name.len >= ZONE_NAME || *name.at == '/' || *name.at == '.')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		          c == '_' || c == '+' || c == '-' || (c == '/' && name.at[i - 1] != '/');
		if (!ok)
			return false;
	}
	return true;
}

static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone *zones;

const struct zone *zone_find(struct str name)
{
	if (!name_allowed(name))
		return NULL;
	pthread_mutex_lock(&zones_lock);
	struct zone *z = zones;
	while (z && !str_is(name, z->name))
		z = z->next;
	if (!z) {
		char path[sizeof ZONE_DIR + ZONE_NAME];
		snprintf(path, sizeof path, ZONE_DIR "%.*s", STR(name));
		z = zone_load(path);
		if (z) {
			memcpy(z->name, name.at, name.len);
			z->next = zones;
			zones = z;
		}
	}
	pthread_mutex_unlock(&zones_lock);
	return z;
}

/* ---- Questions ---- */

int64_t zone_offset(const struct zone *z, struct instant t)
{
	int64_t second = floor_div(t.ms, SECOND);
	size_t low = 0, high = z->count;         /* how many turns are not after `second`? */
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (z->turns[middle] <= second)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == z->count && z->has_rule)
		return rule_offset(z, second) * SECOND;
	return (low ? z->offsets[low - 1] : z->before) * SECOND;
}

/* Past any calendar: instants that mean "never" stay numbers when days are counted from them. */
#define FAR (INT64_C(1) << 60)

static int64_t local_ms(const struct zone *z, struct instant t)
{
	t.ms = t.ms > FAR ? FAR : t.ms < -FAR ? -FAR : t.ms;
	return t.ms + zone_offset(z, t);
}

struct local zone_local(const struct zone *z, struct instant t)
{
	int64_t ms = local_ms(z, t), day = floor_div(ms, DAY), rest = ms - day * DAY, year;
	struct local l = {
		.hour = (int)(rest / HOUR), .minute = (int)(rest / MINUTE % 60), .second = (int)(rest / SECOND % 60),
		.weekday = weekday_of(day),
	};
	civil_of(day, &year, &l.month, &l.day);
	l.year = (int)year;
	return l;
}

int64_t day_of(const struct zone *z, struct instant t)
{
	return floor_div(local_ms(z, t), DAY);
}

struct instant day_start(const struct zone *z, int64_t day)
{
	int64_t midnight = day * DAY;
	int64_t before = zone_offset(z, (struct instant){ midnight - DAY });
	struct instant t = { midnight - before };
	int64_t after = zone_offset(z, t);
	if (after == before)
		return t;                         /* nothing changed since yesterday; the first of two midnights */
	struct instant later = { midnight - after };
	if (zone_offset(z, later) == after)
		return later;
	/* Clocks skip midnight: the day begins when they do, somewhere between the two. */
	int64_t low = later.ms, high = t.ms;
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (zone_offset(z, (struct instant){ middle }) == after)
			high = middle;
		else
			low = middle;
	}
	return (struct instant){ high };
}

struct instant hour_start(const struct zone *z, struct instant t)
{
	int64_t ms = local_ms(z, t);
	return (struct instant){ t.ms - (ms - floor_div(ms, HOUR) * HOUR) };
}

/* ---- Text ---- */

static bool digits(struct str *s, size_t count, int *ret)
{
	if (s->len < count)
		return false;
	int n = 0;
	for (size_t i = 0; i < count; i++) {
		if (s->at[i] < '0' || s->at[i] > '9')
			return false;
		n = n * 10 + (s->at[i] - '0');
	}
	*s = (struct str){ s->at + count, s->len - count };
	*ret = n;
	return true;
}

static bool sign(struct str *s, const char *one_of, char *ret)
{
	if (s->len == 0 || !strchr(one_of, *s->at) || !*s->at)
		return false;
	*ret = *s->at;
	*s = (struct str){ s->at + 1, s->len - 1 };
	return true;
}

static bool day_take(struct str *s, int64_t *ret)
{
	int year, month, day;
	char c;
	if (!digits(s, 4, &year) || !sign(s, "-", &c) || !digits(s, 2, &month) || !sign(s, "-", &c) ||
	    !digits(s, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > month_days(year, month))
		return false;
	*ret = days_of(year, month, day);
	return true;
}

bool day_parse(struct str s, int64_t *ret)
{
	int64_t day;
	if (!day_take(&s, &day) || s.len)
		return false;
	*ret = day;
	return true;
}

/* ".123456": what is finer than a millisecond is dropped. */
static bool fraction_take(struct str *s, int *ret_ms)
{
	char c;
	int ms = 0, weight = 100, digit;
	if (!sign(s, ".", &c))
		return true;
	if (!digits(s, 1, &digit))
		return false;
	do {
		ms += digit * weight;
		weight /= 10;
	} while (digits(s, 1, &digit));
	*ret_ms = ms;
	return true;
}

static bool offset_take(struct str *s, int64_t *ret)
{
	char c;
	int hour, minute;
	if (!sign(s, "Zz+-", &c))
		return false;
	if (c == 'Z' || c == 'z') {
		*ret = 0;
		return true;
	}
	if (!digits(s, 2, &hour) || hour > 23)
		return false;
	int64_t minus = c == '-' ? -1 : 1;
	if (!sign(s, ":", &c) || !digits(s, 2, &minute) || minute > 59)
		return false;
	*ret = minus * (hour * HOUR + minute * MINUTE);
	return true;
}

bool instant_parse(struct str s, struct instant *ret)
{
	int64_t day, offset;
	int hour, minute, second, ms = 0;
	char c;
	if (!day_take(&s, &day) || !sign(&s, "Tt ", &c) || !digits(&s, 2, &hour) || !sign(&s, ":", &c) ||
	    !digits(&s, 2, &minute) || !sign(&s, ":", &c) || !digits(&s, 2, &second) || !fraction_take(&s, &ms) ||
	    !offset_take(&s, &offset) || s.len)
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*ret = (struct instant){ day * DAY + hour * HOUR + minute * MINUTE + second * SECOND + ms - offset };
	return true;
}

void instant_format(const struct zone *z, struct instant t, char ret[32])
{
	struct local l = zone_local(z, t);
	int64_t minutes = zone_offset(z, t) / MINUTE;
	int far = (int)(minutes < 0 ? -minutes : minutes);
	char text[96];
	snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", l.year, l.month, l.day, l.hour,
	         l.minute, l.second, minutes < 0 ? '-' : '+', far / 60, far % 60);
	memcpy(ret, text, 31);
	ret[31] = '\0';
}
