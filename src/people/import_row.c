/* import_row.c: what one row of a table says of a person, made plain; or which cell is wrong.
 *
 * Story      "＋86 138-0013 8000", "1990.5.21", "老客户、VIP": people write as they like. What can be understood is taken;
 *            what cannot is told with its column, and the row waits in the list of errors.
 * Not here   Whom the row means, and what custom fields allow (import_run.c). Nothing here asks the store.
 * Test       import_test.c
 */
#include "people/import_inside.h"

#include "base/utf8.h"
#include "people/tag.h"

#define YES "是 有 对 √ ✓ ✔ 1 y yes true x v"
#define NO  "否 无 不 × ✗ 0 n no false -"

/* ---- Dates ---- */

/* "2024年3月1日 12:30", "2024/3/1", "2024.03.01T12:30:00" → its numbers; how many there were. */
static int numbers_of(struct str s, int64_t ret[6])
{
	int count = 0;
	for (size_t i = 0; i < s.len; count++) {
		size_t from = i;
		int64_t n = 0;
		while (i < s.len && s.at[i] >= '0' && s.at[i] <= '9' && i - from < 8)
			n = n * 10 + s.at[i++] - '0';
		if (i == from || count == 6)
			return 0;
		ret[count] = n;
		size_t sign = i;
		while (i < s.len && (s.at[i] < '0' || s.at[i] > '9') && i - sign < 4)      /* one sign: 年 has three bytes */
			i++;
	}
	return count;
}

/* 20240301, or the day number that Excel keeps: 45352, counted from 1899-12-30. */
static bool bare_day(int64_t n, int64_t *ret)
{
	char text[16];
	if (n >= 10000 && n < 80000) {
		*ret = n - 25569;
		return true;
	}
	if (n < 19000101 || n > 99991231)
		return false;
	snprintf(text, sizeof text, "%04d-%02d-%02d", (int)(n / 10000), (int)(n / 100 % 100), (int)(n % 100));
	return day_parse(str_of(text), ret);
}

/* 45352.5: with the time of day. */
static bool broken_day(struct str s, int64_t *ret_day, int *ret_minute)
{
	struct str part = s, day = str_cut(&part, '.');
	int64_t whole, rest, unit = 1;
	part.len = part.len < 9 ? part.len : 9;
	if (day.len != 5 || !part.len || *part.at == '-' || !str_to_int(day, &whole) || !str_to_int(part, &rest))
		return false;
	for (size_t i = 0; i < part.len; i++)
		unit *= 10;
	*ret_minute = (int)(rest * 1440 / unit);
	return bare_day(whole, ret_day);
}

bool import_date(struct str s, int64_t *ret_day, int *ret_minute)
{
	int64_t n[6] = { 0 }, whole;
	char text[32];
	*ret_minute = 0;
	if (str_to_int(s, &whole))
		return bare_day(whole, ret_day);
	if (broken_day(s, ret_day, ret_minute))
		return true;
	int count = s.len < 40 ? numbers_of(s, n) : 0;
	if (count < 3 || n[0] < 1000 || n[0] > 9999 || n[1] > 12 || n[2] > 31 || n[3] > 23 || n[4] > 59)
		return false;
	snprintf(text, sizeof text, "%04d-%02d-%02d", (int)n[0], (int)n[1], (int)n[2]);
	*ret_minute = (int)(n[3] * 60 + n[4]);
	return day_parse(str_of(text), ret_day);
}

/* ---- Phones ---- */

static bool is_phone(struct str s)
{
	bool abroad = s.len && *s.at == '+';
	struct str digits = { s.at + abroad, s.len - abroad };
	for (size_t i = 0; i < digits.len; i++)
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return false;
	if (abroad)
		return digits.len >= 7 && digits.len <= 15;
	if (digits.len && *digits.at == '1')            /* a mobile number with a digit too few is the commonest mistake */
		return digits.len == 11 && digits.at[1] >= '3';
	return digits.len >= 7 && digits.len <= 12;
}

static struct str without(struct str s, const char *prefix)
{
	size_t len = strlen(prefix);
	bool mobile = s.len == len + 11 && s.at[len] == '1';
	return mobile && str_starts(s, str_of(prefix)) ? (struct str){ s.at + len, 11 } : s;
}

struct str import_phone(struct arena *arena, struct str typed)
{
	struct str key = name_key(arena, typed);        /* half width, no spaces */
	char *at = key.len ? arena_take(arena, key.len) : NULL;
	size_t len = 0;
	if (key.len > 2 && str_is((struct str){ key.at + key.len - 2, 2 }, ".0"))
		key.len -= 2;                           /* a number to the spreadsheet */
	for (size_t i = 0; at && i < key.len; i++)
		if (!strchr("-().", key.at[i]) || !key.at[i])
			at[len++] = key.at[i];
	struct str s = without(without(without((struct str){ at, len }, "+86"), "0086"), "86");
	return is_phone(s) ? s : S("");
}

static bool is_rounded(struct arena *arena, struct str typed)
{
	struct str key = name_key(arena, typed);
	return key.len && key.at[0] >= '0' && key.at[0] <= '9' && str_find(key, 'e') > 0 && str_find(key, '+') > 0;
}

/* ---- Cells ---- */

struct judging {
	const struct import_frame *frame;
	struct import_person      *person;
	struct text_item          *tags;
	size_t                     tag_count;
};

/* What our own tables put before a sign goes again; control characters become blanks, but for the lines of a custom field. */
static struct str plain(struct arena *arena, struct str s, bool lines)
{
	s = str_trim(s);
	if (s.len > 1 && *s.at == '\'' && strchr("=+-@", s.at[1]))
		s = (struct str){ s.at + 1, s.len - 1 };
	size_t i = 0;
	while (i < s.len && (unsigned char)s.at[i] >= 0x20 && s.at[i] != 0x7f)
		i++;
	if (i == s.len)
		return s;
	char *at = arena_take(arena, s.len);
	for (size_t k = 0; at && k < s.len; k++) {
		bool control = (unsigned char)s.at[k] < 0x20 || s.at[k] == 0x7f;
		at[k] = control && !(lines && s.at[k] == '\n') ? ' ' : s.at[k];
	}
	return (struct str){ at, at ? s.len : 0 };
}

static int add_tag(struct judging *j, struct str tag)
{
	tag = str_trim(tag);
	if (name_key(j->frame->arena, tag).len == 0)
		return 0;
	for (size_t i = 0; i < j->tag_count; i++)
		if (str_equal(j->tags[i].item, tag))
			return 0;
	if (j->tag_count == IMPORT_TAGS_MAX || utf8_count(tag) > TAG_NAME_MAX)
		return E_IMPORT_TAG;
	j->tags[j->tag_count++].item = tag;
	return 0;
}

static size_t separator(struct str s)
{
	static const char *const signs[] = { "、", "，", "；", ",", ";", "|", "\n" };
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (str_starts(s, str_of(signs[i])))
			return strlen(signs[i]);
	return 0;
}

static int add_tags(struct judging *j, struct str s)
{
	size_t from = 0;
	for (size_t i = 0; i <= s.len; i++) {
		size_t len = i < s.len ? separator((struct str){ s.at + i, s.len - i }) : 1;
		if (!len)
			continue;
		int r = add_tag(j, (struct str){ s.at + from, i - from });
		if (r < 0)
			return r;
		from = i + len, i = from - 1;
	}
	return 0;
}

static int add_flag(struct judging *j, size_t column, struct str s)
{
	const struct import_word *heading = j->frame->headings.at;
	struct str key = name_key(j->frame->arena, s);
	if (str_among(key, NO))
		return 0;
	if (!str_among(key, YES))
		return E_NOT_ONE_OF;
	return column < j->frame->headings.count ? add_tag(j, heading[column].item) : E_IMPORT_TAG;
}

static struct str each_on_a_line(struct arena *arena, struct str s)
{
	char *at = arena_take(arena, s.len);
	size_t len = 0;
	for (size_t i = 0; at && i < s.len;) {
		size_t sign = separator((struct str){ s.at + i, s.len - i });
		at[len++] = sign ? '\n' : s.at[i];
		i += sign ? sign : 1;
	}
	return (struct str){ at, at ? len : 0 };
}

static struct str day_text(const struct import_frame *frame, int64_t day)
{
	char text[16];
	struct local l = zone_local(frame->zone, (struct instant){ day_start(frame->zone, day).ms + 12 * HOUR });
	snprintf(text, sizeof text, "%04d-%02d-%02d", l.year, l.month, l.day);
	return str_copy(frame->arena, str_of(text));
}

static int plain_day(const struct import_frame *frame, struct str s, struct str *ret)
{
	int64_t day;
	int minute;
	if (!import_date(s, &day, &minute))
		return E_IMPORT_DATE;
	*ret = day_text(frame, day);
	return 0;
}

static int take_day(struct judging *j, enum import_field field, struct str s)
{
	int64_t day, today = day_of(j->frame->zone, j->frame->now);
	int minute;
	if (!import_date(s, &day, &minute) || day < -25567 || day > today)      /* not before 1900, not to come */
		return E_IMPORT_DATE;
	struct instant start = day_start(j->frame->zone, day);
	if (field == F_JOINED) {
		j->person->joined_at.ms = start.ms + minute * MINUTE;
		return j->person->joined_at.ms > 0 && j->person->joined_at.ms <= j->frame->now.ms ? 0 : E_IMPORT_DATE;
	}
	j->person->text[field] = day_text(j->frame, day);
	return 0;
}

static int take_gender(struct judging *j, struct str s)
{
	struct str key = name_key(j->frame->arena, s);
	bool male = str_among(key, "男 男性 男士 先生 male m"), female = str_among(key, "女 女性 女士 小姐 female f");
	if (str_among(key, "未知 不详 保密 unknown"))
		return 0;
	j->person->text[F_GENDER] = male ? S("male") : female ? S("female") : S("other");
	return male || female || str_among(key, "其他 other") ? 0 : E_IMPORT_GENDER;
}

static size_t most(enum import_field field)
{
	return field == F_CUSTOM ? IMPORT_CELL_MAX : field == F_SOURCE ? 60 : field >= F_WECOM ? 64 : 40;
}

/* As custom fields are written: dates as 2026-11-21, yes or no, one choice a line. */
static int take_custom(struct judging *j, size_t custom, struct str s)
{
	struct arena *arena = j->frame->arena;
	struct str kind = j->frame->customs[custom].kind, key = name_key(arena, s), *ret = &j->person->custom[custom];
	*ret = s;
	if (str_is(kind, "bool"))
		*ret = str_among(key, YES) ? S("yes") : str_among(key, NO) ? S("no") : s;
	else if (str_is(kind, "date"))
		return plain_day(j->frame, s, ret);
	else if (str_is(kind, "choices"))
		*ret = each_on_a_line(arena, s);
	return 0;
}

static int take_cell(struct judging *j, size_t column, struct str s)
{
	struct import_column c = j->frame->columns[column];
	struct arena *arena = j->frame->arena;
	s = plain(arena, s, c.field == F_CUSTOM);
	if (s.len == 0 || c.field == F_NONE)
		return 0;
	if (!utf8_valid(s) || memmem(s.at, s.len, "\xef\xbf\xbd", 3))
		return E_IMPORT_LINE;
	if (utf8_count(s) > (c.field == F_TAGS ? IMPORT_CELL_MAX : most(c.field)))
		return E_TOO_LONG;
	switch (c.field) {
	case F_PHONE:
		j->person->text[F_PHONE] = import_phone(arena, s);
		return j->person->text[F_PHONE].len ? 0 : is_rounded(arena, s) ? E_IMPORT_ROUNDED : E_IMPORT_PHONE;
	case F_BIRTHDAY:
	case F_JOINED:
		return take_day(j, c.field, s);
	case F_GENDER:
		return take_gender(j, s);
	case F_TAGS:
		return add_tags(j, s);
	case F_FLAG:
		return add_flag(j, column, s);
	case F_CUSTOM:
		return take_custom(j, c.custom, s);
	default:
		j->person->text[c.field] = s;
		return 0;
	}
}

/* ---- The row ---- */

static int fault(struct import_fault *ret, int code, int64_t column)
{
	*ret = (struct import_fault){ code, column };
	return code;
}

int import_judge(const struct import_frame *frame, const struct import_line *line, struct import_person *ret,
                 struct import_fault *ret_fault)
{
	const struct text_item *everybody = frame->plan->tags.at;
	struct judging j = { .frame = frame, .person = ret };
	*ret = (struct import_person){ .custom = arena_take_array(frame->arena, frame->custom_count + 1, sizeof *ret->custom) };
	j.tags = arena_take_array(frame->arena, IMPORT_TAGS_MAX, sizeof *j.tags);
	if (!ret->custom || !j.tags)
		return E_MEMORY;
	if (line->bad)
		return fault(ret_fault, E_IMPORT_LINE, -1);
	for (size_t i = 0; i < line->count && i < frame->plan->columns.count; i++) {
		int r = take_cell(&j, i, line->cells[i]);
		if (r < 0)
			return fault(ret_fault, r, (int64_t)i);
	}
	if (!ret->text[F_NICKNAME].len && !ret->text[F_NAME].len && !ret->text[F_PHONE].len)
		return fault(ret_fault, E_IMPORT_EMPTY, -1);
	for (size_t i = 0; i < frame->plan->tags.count; i++) {
		int r = add_tag(&j, everybody[i].item);
		if (r < 0)
			return fault(ret_fault, r, -1);
	}
	if (!ret->text[F_SOURCE].len)
		ret->text[F_SOURCE] = frame->plan->source;
	ret->tags = (struct rows){ j.tags, j.tag_count };
	return arena_failed(frame->arena) ? E_MEMORY : 0;
}
