/* csv_stream.c: a table of half a million rows, read from pieces of a file without holding the file.
 *
 * Story      A dealer brings the customers of ten years: 64 MB that Excel wrote in GBK. One look over all pieces tells
 *            the encoding; the second gives rows. Row 31,007 has a quote that never closes: it alone is bad.
 * Not here   Where the pieces are kept, what columns mean (people/import).
 * Holds      Memory: one piece, one row (CSV_ROW_MAX) and what is between them, whatever the file claims.
 * Test       csv_test.c, test/fuzz/csv.c
 */
#include "base/csv_inside.h"

#include <errno.h>
#include <iconv.h>

#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* ---- Which encoding ---- */

static int length_of(unsigned char c)
{
	return c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
}

void csv_sniff(struct csv_sniff *s, struct blob piece)
{
	const unsigned char *at = piece.at;
	for (size_t i = 0; i < piece.len; i++, s->seen++) {
		if (s->seen < 2)
			s->first[s->seen] = at[i];
		if (s->left > 0 && (at[i] & 0xc0) == 0x80) {
			s->sound += --s->left == 0;
			continue;
		}
		int len = length_of(at[i]);
		s->broken += s->left > 0 || len == 0;
		s->left = len > 1 ? len - 1 : 0;
	}
}

enum csv_encoding csv_encoding_of(const struct csv_sniff *s)
{
	if (s->seen >= 2 && s->first[0] == 0xff && s->first[1] == 0xfe)
		return CSV_UTF16LE;
	if (s->seen >= 2 && s->first[0] == 0xfe && s->first[1] == 0xff)
		return CSV_UTF16BE;
	size_t broken = s->broken + (s->left > 0);
	return broken * 20 <= s->sound ? CSV_UTF8 : CSV_GBK;
}

/* ---- Decoding ---- */

static const char *const names[] = { "UTF-8", "GB18030", "UTF-16LE", "UTF-16BE" };

void csv_stream_open(struct csv_stream *s, enum csv_encoding encoding)
{
	*s = (struct csv_stream){ .encoding = encoding, .line = 1 };
	buf_init(&s->text, (size_t)64 << 20);
}

void csv_stream_close(struct csv_stream *s)
{
	buf_free(&s->text);
}

/* Every NUL goes the way of broken letters: text is text. */
static void add_decoded(struct csv_stream *s, const char *at, size_t len)
{
	for (size_t i = 0, from = 0; i <= len; i++) {
		if (i < len && at[i])
			continue;
		buf_add(&s->text, at + from, i - from);
		if (i < len)
			buf_z(&s->text, REPLACEMENT);
		from = i + 1;
	}
}

/* Converts what it can; what is cut at the end of `in` is carried over, what is broken replaced. */
static int decode(struct csv_stream *s, iconv_t door, struct str in, bool last)
{
	char *from = (char *)(uintptr_t)in.at, out[4096];
	size_t rest = in.len, unit = s->encoding >= CSV_UTF16LE ? 2 : 1;
	while (rest) {
		char *to = out;
		size_t left = sizeof out;
		size_t r = iconv(door, &from, &rest, &to, &left);
		int why = errno;
		add_decoded(s, out, sizeof out - left);
		if (r != (size_t)-1 || why == E2BIG)
			continue;
		if (why == EINVAL && !last && rest <= sizeof s->carry)
			break;
		buf_z(&s->text, REPLACEMENT);
		size_t skip = rest < unit ? rest : unit;
		from += skip, rest -= skip;
		iconv(door, NULL, NULL, NULL, NULL);
	}
	memcpy(s->carry, from, rest);
	s->carried = rest;
	return buf_failed(&s->text) ? E_MEMORY : 0;
}

/* What was read goes; what was carried comes before the piece. */
int csv_stream_feed(struct csv_stream *s, struct blob piece, bool last)
{
	BUF_SCOPED whole;
	buf_init(&whole, (size_t)64 << 20);
	if (s->at)
		memmove(s->text.at, s->text.at + s->at, s->text.len - s->at);
	s->text.len -= s->at;
	s->at = 0;
	s->last = last;
	buf_add(&whole, s->carry, s->carried);
	buf_add(&whole, piece.at, piece.len);
	if (buf_failed(&whole))
		return E_MEMORY;
	iconv_t door = iconv_open("UTF-8", names[s->encoding]);
	if (door == (iconv_t)-1)
		return E_MEMORY;
	int r = decode(s, door, buf_view(&whole), last);
	iconv_close(door);
	if (r == 0 && !s->begun && s->text.len >= 3) {
		s->begun = true;
		if (memcmp(s->text.at, "\xef\xbb\xbf", 3) == 0)
			s->at = 3;
	}
	return r;
}

/* ---- Rows ---- */

/* The first line of what could not be read, as it stood; 0 while its end is not there yet. */
static int bad_row(struct csv_stream *s, struct csv_reading *rd, struct arena *a, struct csv_row *ret)
{
	size_t from = s->at;
	struct csv_reading skip = { rd->text, from, s->line, 0, a };
	while (skip.at < skip.text.len && !csv_is_break(skip.text.at[skip.at]) && skip.at - from < CSV_ROW_MAX)
		skip.at++;
	if (!s->last && (skip.at == skip.text.len || (skip.text.at[skip.at] == '\r' && skip.at + 1 == skip.text.len)))
		return 0;
	struct str *cell = ARENA_NEW(a, struct str);
	if (!cell)
		return E_MEMORY;
	*cell = (struct str){ rd->text.at + from, skip.at - from };
	*ret = (struct csv_row){ cell, 1, s->line };
	if (skip.at < skip.text.len && csv_is_break(skip.text.at[skip.at]))
		csv_skip_break(&skip);
	s->at = skip.at, s->line = skip.line;
	return E_CSV;
}

/* By the whole first line. */
static bool guess(const struct csv_stream *s, char *ret)
{
	struct str rest = { s->text.at + s->at, s->text.len - s->at };
	size_t len = 0;
	while (len < rest.len && !csv_is_break(rest.at[len]))
		len++;
	*ret = csv_guess_delimiter(rest);
	return len < rest.len || s->last || len > CSV_ROW_MAX;
}

/* Could the next piece still change what was read? A CR may be half of a CRLF, a quote half of two. */
static bool is_open(const struct csv_stream *s, const struct csv_reading *rd, int r)
{
	return !s->last && rd->at == rd->text.len && (r == E_CSV || rd->text.at[rd->at - 1] != '\n');
}

int csv_stream_next(struct csv_stream *s, struct arena *a, struct csv_row *ret)
{
	for (;;) {
		struct csv_reading rd = { { s->text.at, s->text.len }, s->at, s->line, s->delimiter, a };
		if (s->at == s->text.len || (!s->begun && !s->last))
			return 0;
		if (!rd.delimiter && !guess(s, &rd.delimiter))
			return 0;
		int r = csv_read_row(&rd, ret);
		if (r == E_MEMORY)
			return r;
		if (rd.at - s->at > CSV_ROW_MAX)
			return bad_row(s, &rd, a, ret);
		if (is_open(s, &rd, r))
			return 0;
		if (r == E_CSV)
			return bad_row(s, &rd, a, ret);
		s->at = rd.at, s->line = rd.line;
		if (ret->count) {
			s->delimiter = rd.delimiter;
			return 1;
		}
	}
}
