/* str.c: looking at text, and copying it into an arena.
 *
 * Not here   Anything that knows more than ASCII (utf8.c), appending (buf.c).
 * Holds      An empty view may have a NULL `at`: it is never dereferenced.
 * Test       str_test.c
 */
#include "base/str.h"

#include <stdarg.h>

#include "base/arena.h"

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

bool str_equal_fold(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (lower((unsigned char)a.at[i]) != lower((unsigned char)b.at[i]))
			return false;
	}
	return true;
}

int str_compare(struct str a, struct str b)
{
	size_t both = a.len < b.len ? a.len : b.len;
	int order = both ? memcmp(a.at, b.at, both) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

ptrdiff_t str_find(struct str s, char byte)
{
	const char *found = s.len ? memchr(s.at, byte, s.len) : NULL;
	return found ? found - s.at : -1;
}

static bool white(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.len && white(s.at[s.len - 1]))
		s.len--;
	while (s.len && white(*s.at)) {
		s.at++;
		s.len--;
	}
	return s;
}

struct str str_cut(struct str *rest, char byte)
{
	struct str whole = *rest;
	ptrdiff_t i = str_find(whole, byte);
	if (i < 0) {
		*rest = (struct str){ whole.len ? whole.at + whole.len : whole.at, 0 };
		return whole;
	}
	*rest = (struct str){ whole.at + i + 1, whole.len - (size_t)i - 1 };
	return (struct str){ whole.at, (size_t)i };
}

bool str_among(struct str word, const char *words)
{
	struct str rest = str_of(words);
	while (word.len && rest.len) {
		if (str_equal(str_cut(&rest, ' '), word))
			return true;
	}
	return false;
}

bool str_to_int(struct str s, int64_t *ret)
{
	bool minus = s.len && *s.at == '-';
	int64_t n = 0;
	if (s.len == (size_t)minus)
		return false;
	for (size_t i = minus; i < s.len; i++) {
		int digit = s.at[i] - '0';
		if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, minus ? -digit : digit, &n))
			return false;
	}
	*ret = n;
	return true;
}

struct str str_copy(struct arena *a, struct str s)
{
	char *at = s.len ? arena_take(a, s.len) : NULL;
	if (!at)
		return (struct str){ 0 };
	memcpy(at, s.at, s.len);
	return (struct str){ at, s.len };
}

struct str str_lower(struct arena *a, struct str s)
{
	char *at = s.len ? arena_take(a, s.len) : NULL;
	for (size_t i = 0; at && i < s.len; i++)
		at[i] = s.at[i] >= 'A' && s.at[i] <= 'Z' ? (char)(s.at[i] + 32) : s.at[i];
	return (struct str){ at, at ? s.len : 0 };
}

char *str_z(struct arena *a, struct str s)
{
	char *at = arena_take(a, s.len + 1);      /* zeroed: the end is there already */
	if (at && s.len)
		memcpy(at, s.at, s.len);
	return at;
}

struct str str_format(struct arena *a, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	int len = vsnprintf(NULL, 0, format, list);
	va_end(list);

	char *at = len >= 0 ? arena_take(a, (size_t)len + 1) : NULL;
	if (!at)
		return (struct str){ 0 };
	va_start(list, format);
	vsnprintf(at, (size_t)len + 1, format, list);
	va_end(list);
	return (struct str){ at, (size_t)len };
}

size_t str_distance(struct str a, struct str b)
{
	size_t row[STR_DISTANCE_MAX + 1];
	if (a.len > STR_DISTANCE_MAX || b.len > STR_DISTANCE_MAX)
		return STR_DISTANCE_MAX;
	for (size_t k = 0; k <= b.len; k++)
		row[k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			size_t change = diagonal + (a.at[i - 1] != b.at[k - 1]);
			size_t shift = (row[k] < row[k - 1] ? row[k] : row[k - 1]) + 1;
			diagonal = row[k];
			row[k] = change < shift ? change : shift;
		}
	}
	return row[b.len];
}
