/* utf8.c: UTF-8, and the key under which two names are one.
 *
 * Not here   Case folding beyond ASCII, normal forms: names here are Chinese and Latin, and a key that changes with
 *            a library's version would change what is unique in the store.
 * Holds      Everything that comes from outside passes utf8_valid() once; the others trust it.
 * Test       utf8_test.c
 */
#include "base/utf8.h"

#include <iconv.h>

#include "base/arena.h"

/* Length of the sequence that begins at `s`, or 0 when it is none (RFC 3629's table). */
static size_t sequence(const unsigned char *s, size_t len)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
	if (n == 0 || n > len || s[0] == 0)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
	bool outside = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
	return overlong || outside ? 0 : n;
}

/* Eight bytes of ASCII, none of them NUL? */
static bool eight_ascii(const unsigned char *s)
{
	uint64_t v;
	memcpy(&v, s, 8);
	return ((v | (v - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) == 0;
}

bool utf8_valid(struct str text)
{
	const unsigned char *s = (const unsigned char *)text.at;
	for (size_t i = 0, n; i < text.len; i += n) {
		n = text.len - i >= 8 && eight_ascii(s + i) ? 8 : sequence(s + i, text.len - i);
		if (n == 0)
			return false;
	}
	return true;
}

size_t utf8_count(struct str s)
{
	size_t count = 0;
	for (size_t i = 0; i < s.len; i++)
		count += ((unsigned char)s.at[i] & 0xc0) != 0x80;
	return count;
}

struct str utf8_cut(struct str s, size_t characters)
{
	for (size_t i = 0; i < s.len; i++) {
		if (((unsigned char)s.at[i] & 0xc0) != 0x80 && characters-- == 0)
			return (struct str){ s.at, i };
	}
	return s;
}

uint32_t utf8_next(struct str *s)
{
	const unsigned char *c = (const unsigned char *)s->at;
	size_t n = c[0] < 0x80 ? 1 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
	if (n > s->len)
		n = s->len;
	uint32_t code = n == 1 ? c[0] : c[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		code = code << 6 | (c[i] & 0x3f);
	s->at += n;
	s->len -= n;
	return code;
}

size_t utf8_put(uint32_t code, char ret[4])
{
	if (code < 0x80) {
		ret[0] = (char)code;
		return 1;
	}
	size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, code >>= 6)
		ret[i] = (char)(0x80 | (code & 0x3f));
	ret[0] = (char)((0xf00u >> n & 0xff) | code);
	return n;
}

static bool is_space(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || (c >= 0x2000 && c <= 0x200d) ||
	       c == 0x202f || c == 0x205f || c == 0x3000 || c == 0xfeff;
}

/* Full width to half, then ASCII capitals to small letters. */
static uint32_t fold(uint32_t c)
{
	static const uint16_t signs[] = { 0xa2, 0xa3, 0xac, 0xaf, 0xa6, 0xa5, 0x20a9 };   /* U+FFE0… */
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xff01 - '!';
	else if (c >= 0xffe0 && c <= 0xffe6)
		c = signs[c - 0xffe0];
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

struct str name_key(struct arena *a, struct str name)
{
	char *key = name.len ? arena_take(a, name.len) : NULL;     /* folding never lengthens */
	if (!key)
		return (struct str){ 0 };
	size_t len = 0;
	while (name.len) {
		uint32_t c = utf8_next(&name);
		if (is_space(c))
			continue;
		char bytes[4];
		size_t n = utf8_put(fold(c), bytes);
		memcpy(key + len, bytes, n);
		len += n;
	}
	return (struct str){ key, len };
}

bool utf8_from_gbk(struct arena *a, struct blob in, struct str *ret)
{
	iconv_t door = iconv_open("UTF-8", "GB18030");
	if (door == (iconv_t)-1)
		return false;
	size_t room = in.len + in.len / 2 + 4, left = room, rest = in.len;      /* two bytes become at most three */
	char *text = arena_take(a, room), *to = text, *from = (char *)(uintptr_t)in.at;
	bool ok = text && iconv(door, &from, &rest, &to, &left) != (size_t)-1;
	iconv_close(door);

	struct str whole = { text, room - left };
	if (!ok || !utf8_valid(whole))
		return false;
	*ret = whole;
	return true;
}
