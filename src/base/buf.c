/* buf.c: bytes that grow.
 *
 * Story      Every page and every JSON document is appended to one of these, so the appends are short and the
 *            JSON one looks at eight bytes at a time.
 * Not here   What is written: rows (row_json.c), cells (csv.c).
 * Holds      len ≤ room ≤ max (and one byte beyond room is ours). After a failure nothing is appended any more.
 * Test       buf_test.c
 */
#include "base/buf.h"

#include <stdarg.h>

#include "base/mem.h"

#define FIRST 256

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_free(struct buf *b)
{
	mem_give(b->at);
	buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

static bool grow(struct buf *b, size_t more)
{
	if (b->failed || more > b->max - b->len) {
		b->failed = true;
		return false;
	}
	size_t room = b->room ? b->room : FIRST;
	while (room < b->len + more)
		room = room > b->max / 2 ? b->max : room * 2;
	if (room > b->max)
		room = b->max;
	char *at = mem_grow(b->at, room + 1);     /* one more for the NUL that vsnprintf insists on */
	if (!at) {
		b->failed = true;
		return false;
	}
	b->at = at;
	b->room = room;
	return true;
}

static inline bool fits(struct buf *b, size_t more)
{
	return (!b->failed && more <= b->room - b->len) || grow(b, more);
}

char *buf_space(struct buf *b, size_t len)
{
	return fits(b, len) ? b->at + b->len : NULL;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	if (len == 0 || !fits(b, len))
		return;
	memcpy(b->at + b->len, bytes, len);
	b->len += len;
}

void buf_str(struct buf *b, struct str s)
{
	buf_add(b, s.at, s.len);
}

void buf_z(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_byte(struct buf *b, char c)
{
	if (fits(b, 1))
		b->at[b->len++] = c;
}

void buf_int(struct buf *b, int64_t n)
{
	static const char pairs[] =
		"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
		"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
		"8081828384858687888990919293949596979899";
	char text[20], *end = text + sizeof text, *at = end;
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
	while (left >= 100) {
		at -= 2;
		memcpy(at, pairs + left % 100 * 2, 2);
		left /= 100;
	}
	if (left >= 10) {
		at -= 2;
		memcpy(at, pairs + left * 2, 2);
	} else {
		*--at = (char)('0' + left);
	}
	if (n < 0)
		*--at = '-';
	buf_add(b, at, (size_t)(end - at));
}

void buf_format(struct buf *b, const char *format, ...)
{
	va_list list, again;
	va_start(list, format);
	va_copy(again, list);
	size_t spare = b->at && !b->failed ? b->room - b->len + 1 : 0;
	int len = vsnprintf(spare ? b->at + b->len : NULL, spare, format, list);
	if (len < 0) {
		b->failed = true;
	} else if ((size_t)len < spare) {
		b->len += (size_t)len;
	} else if (fits(b, (size_t)len)) {
		vsnprintf(b->at + b->len, (size_t)len + 1, format, again);
		b->len += (size_t)len;
	}
	va_end(again);
	va_end(list);
}

/* ---- JSON ---- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Has one of these eight bytes to be escaped: a control character, a quote, a backslash, a '<'?
 * (v - 1) & ~v has its top bit set in the lowest zero byte of v, and in no byte when there is none. */
static inline bool eight_plain(uint64_t v)
{
	uint64_t control = (v - EACH(0x20)) & ~v;
	uint64_t quote = v ^ EACH('"'), slash = v ^ EACH('\\'), less = v ^ EACH('<');
	quote = (quote - EACH(1)) & ~quote;
	slash = (slash - EACH(1)) & ~slash;
	less = (less - EACH(1)) & ~less;
	return ((control | quote | slash | less) & EACH(0x80)) == 0;
}

static inline bool plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c != '<';
}

static void json_escape(struct buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
	char brief = c == '"' ? '"' : c == '\\' ? '\\' : c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : 0;
	if (brief)
		text[1] = brief;
	buf_add(b, text, brief ? 2 : 6);
}

void buf_json(struct buf *b, struct str s)
{
	buf_byte(b, '"');
	for (size_t i = 0, from = 0; ; ) {
		for (uint64_t v; i + 8 <= s.len; i += 8) {
			memcpy(&v, s.at + i, 8);
			if (!eight_plain(v))
				break;
		}
		while (i < s.len && plain((unsigned char)s.at[i]))
			i++;
		buf_add(b, s.at ? s.at + from : NULL, i - from);
		if (i == s.len)
			break;
		json_escape(b, (unsigned char)s.at[i]);
		from = ++i;
	}
	buf_byte(b, '"');
}

/* ---- HTML, URL ---- */

void buf_html(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		switch (s.at[i]) {
		case '&':  buf_z(b, "&amp;");  break;
		case '<':  buf_z(b, "&lt;");   break;
		case '>':  buf_z(b, "&gt;");   break;
		case '"':  buf_z(b, "&quot;"); break;
		case '\'': buf_z(b, "&#39;");  break;
		default:   buf_byte(b, s.at[i]);
		}
	}
}

static bool unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void buf_url(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		if (unreserved(c))
			buf_byte(b, (char)c);
		else
			buf_add(b, (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
	}
}
