/* field_parse.c: what a value of each kind looks like: as people write it, as it is kept, as it is compared. Pure. */
#include "people/field_inside.h"

#include "base/utf8.h"

#define MAX_TEXT     200
#define MAX_LINK     300
#define KEY_COMPARED 60           /* characters of member_value.text_key */
#define ONE          10000        /* a number's unit */

/* ---- Rules: what a value of each kind looks like ------------------------------------------------------- */

static int one_text(struct arena *arena, struct str text, struct parsed *ret)
{
	struct text_item *item = ARENA_NEW(arena, struct text_item);
	if (!item)
		return E_MEMORY;
	item->item = text;
	ret->texts = (struct rows){ item, 1 };
	return 0;
}

bool field_decimal(struct str s, int places, int64_t *ret)
{
	bool minus = s.len && *s.at == '-', point = false;
	int64_t n = 0;
	int after = 0, digits = 0;
	for (size_t i = minus; i < s.len; i++) {
		if (s.at[i] == ',' && digits && !point)
			continue;
		if (s.at[i] == '.' && !point && digits) {
			point = true;
			continue;
		}
		if (s.at[i] < '0' || s.at[i] > '9' || ++digits > 16 || (point && ++after > places))
			return false;
		n = n * 10 + (s.at[i] - '0');
	}
	if (!digits || (point && !after))
		return false;
	for (; after < places; after++)
		if (n > INT64_C(100000000000000000))
			return false;
		else
			n *= 10;
	*ret = minus ? -n : n;
	return n <= INT64_C(9000000000000000);
}

struct str field_decimal_text(struct arena *arena, int64_t n, bool money)
{
	long long whole = llabs((long long)n) / (money ? 100 : ONE), part = llabs((long long)n) % (money ? 100 : ONE);
	const char *sign = n < 0 ? "-" : "";
	if (money)
		return str_format(arena, "%s%lld.%02lld", sign, whole, part);
	if (!part)
		return str_format(arena, "%s%lld", sign, whole);
	struct str s = str_format(arena, "%s%lld.%04lld", sign, whole, part);
	while (s.len && s.at[s.len - 1] == '0')
		s.len--;
	return s;
}

/* 2026-11-21, 2026/1/5, 2026年1月5日. */
static bool date(struct arena *arena, struct str s, struct str *ret, int64_t *ret_day)
{
	int part[3] = { 0 }, n = 0;
	bool in = false;
	for (size_t i = 0; i < s.len; i++) {
		bool digit = s.at[i] >= '0' && s.at[i] <= '9';
		if (digit && !in && n++ == 3)
			return false;
		if (digit && (part[n - 1] = part[n - 1] * 10 + (s.at[i] - '0')) > 9999)
			return false;
		if (!digit && s.at[i] != '-' && s.at[i] != '/' && s.at[i] != '.' && !(s.at[i] & 0x80))
			return false;
		in = digit;
	}
	if (n != 3)
		return false;
	*ret = str_format(arena, "%04d-%02d-%02d", part[0], part[1], part[2]);
	return day_parse(*ret, ret_day);
}

static bool yes_or_no(struct str s, bool *ret)
{
	*ret = str_among(s, "yes y true 1 是 有 对 √ ✓");
	return *ret || str_among(s, "no n false 0 否 无 没有 不");
}

static bool is_link(struct str s)
{
	if (str_starts(s, S("http://")) || str_starts(s, S("https://")))
		return s.len > 10 && str_find(s, ' ') < 0;
	ptrdiff_t sign = str_find(s, '@');
	if (sign > 0)
		return str_find(s, ' ') < 0 && (size_t)sign + 3 < s.len && memchr(s.at + sign, '.', s.len - (size_t)sign);
	size_t digits = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] >= '0' && s.at[i] <= '9')
			digits++;
		else if (s.at[i] != '-' && s.at[i] != ' ' && !(s.at[i] == '+' && i == 0))
			return false;
	}
	return digits >= 3 && digits <= 20;
}

const struct str *field_choice(struct arena *arena, const struct member_field *f, struct str typed)
{
	const struct text_item *choice = f->choices.at;
	struct str key = name_key(arena, typed);
	for (size_t i = 0; i < f->choices.count; i++)
		if (str_equal(name_key(arena, choice[i].item), key))
			return &choice[i].item;
	return NULL;
}

static int parse_choices(struct arena *arena, const struct member_field *f, struct str typed, struct parsed *ret)
{
	bool *wanted = arena_take_array(arena, f->choices.count + 1, sizeof *wanted);
	struct text_item *list = arena_take_array(arena, f->choices.count + 1, sizeof *list);
	const struct text_item *choice = f->choices.at;
	if (!wanted || !list)
		return E_MEMORY;
	while (typed.len) {
		struct str line = str_trim(str_cut(&typed, '\n'));
		const struct str *known = line.len ? field_choice(arena, f, line) : NULL;
		if (line.len && !known)
			return E_NOT_ONE_OF;
		for (size_t i = 0; known && i < f->choices.count; i++)
			wanted[i] = wanted[i] || &choice[i].item == known;
	}
	size_t n = 0;
	for (size_t i = 0; i < f->choices.count; i++)
		if (wanted[i])
			list[n++].item = choice[i].item;
	ret->texts = (struct rows){ list, n };
	return 0;
}

static int bounded(const struct member_field *f, int64_t n)
{
	if (f->least == 0 && f->most == 0)
		return 0;
	return n < f->least ? E_TOO_SMALL : n > f->most ? E_TOO_LARGE : 0;
}

static int parse_text(struct arena *arena, struct str typed, size_t most, bool lines, struct parsed *ret)
{
	if (utf8_count(typed) > most)
		return E_TOO_LONG;
	if (!lines && str_find(typed, '\n') >= 0)
		return E_BAD_PATTERN;
	return one_text(arena, typed, ret);
}

int field_parse(struct arena *arena, const struct member_field *f, struct str typed, struct parsed *ret)
{
	const struct str *choice;
	struct str text;
	bool yes;
	typed = str_trim(typed);
	*ret = (struct parsed){ 0 };
	if (typed.len == 0)
		return 0;
	if (str_is(f->kind, "text") || str_is(f->kind, "lines"))
		return parse_text(arena, typed, str_is(f->kind, "text") ? MAX_TEXT : MAX_LINES, str_is(f->kind, "lines"), ret);
	if (str_is(f->kind, "link"))
		return is_link(typed) ? parse_text(arena, typed, MAX_LINK, false, ret) : E_BAD_PATTERN;
	if (str_is(f->kind, "choices"))
		return parse_choices(arena, f, typed, ret);
	if (str_is(f->kind, "choice"))
		return (choice = field_choice(arena, f, typed)) ? one_text(arena, *choice, ret) : E_NOT_ONE_OF;
	if (str_is(f->kind, "date"))
		return date(arena, typed, &text, &ret->number) ? one_text(arena, text, ret) : E_BAD_PATTERN;
	if (str_is(f->kind, "bool")) {
		if (!yes_or_no(name_key(arena, typed), &yes))
			return E_BAD_PATTERN;
		ret->number = yes;
		return one_text(arena, yes ? S("yes") : S("no"), ret);
	}
	bool money = str_is(f->kind, "money");
	if (!field_decimal(typed, money ? 2 : 4, &ret->number))
		return E_BAD_PATTERN;
	int r = bounded(f, ret->number);
	return r < 0 ? r : one_text(arena, field_decimal_text(arena, ret->number, money), ret);
}

struct str field_compared(struct arena *arena, struct str text)
{
	return utf8_cut(name_key(arena, text), KEY_COMPARED);
}

int field_parse_again(struct arena *arena, const struct member_field *f, struct str text, struct parsed *ret)
{
	struct member_field loose = *f;
	loose.least = loose.most = 0;
	int r = field_parse(arena, &loose, text, ret);
	if (r != E_NOT_ONE_OF)
		return r;
	struct text_item *list = arena_take_array(arena, text.len + 1, sizeof *list);
	size_t n = 0;
	if (!list)
		return E_MEMORY;
	while (text.len)
		list[n++].item = str_cut(&text, '\n');
	*ret = (struct parsed){ .texts = { list, n } };
	return 0;
}
