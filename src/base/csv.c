/* csv.c: tables from spreadsheets, and cells for them.
 *
 * Story      An operator exports her member list: Excel in China writes GBK with commas, Numbers writes UTF-8 with
 *            semicolons, a colleague pastes tabs. All of them upload it here and see which line is wrong.
 * Not here   Tables that come in pieces (csv_stream.c), headings and what columns mean (the features'), .xlsx.
 * Holds      The cells of a row are at most CSV_COLUMNS_MAX, the rows at most what the caller says; memory is
 *            taken for what is there, not for what is claimed.
 * Test       csv_test.c, test/fuzz/csv.c
 */
#include "base/csv_inside.h"

#include "base/utf8.h"

static bool at_end(const struct csv_reading *rd)
{
	return rd->at == rd->text.len;
}

/* CRLF, LF and CR are each one end of a line. */
void csv_skip_break(struct csv_reading *rd)
{
	bool cr = rd->text.at[rd->at++] == '\r';
	if (cr && !at_end(rd) && rd->text.at[rd->at] == '\n')
		rd->at++;
	rd->line++;
}

/* The one that stands most often in the first line, outside of quotes; the earlier of two alike. */
char csv_guess_delimiter(struct str s)
{
	static const char known[] = { ',', '\t', ';', '|' };
	size_t seen[sizeof known] = { 0 }, best = 0;
	bool quoted = false;
	for (size_t i = 0; i < s.len && !csv_is_break(s.at[i]); i++) {
		quoted ^= s.at[i] == '"';
		for (size_t k = 0; !quoted && k < sizeof known; k++)
			seen[k] += s.at[i] == known[k];
	}
	for (size_t k = 1; k < sizeof known; k++)
		best = seen[k] > seen[best] ? k : best;
	return known[best];
}

static struct str undouble(struct arena *a, struct str s)
{
	char *at = arena_take(a, s.len);
	size_t len = 0;
	for (size_t i = 0; at && i < s.len; i++) {
		at[len++] = s.at[i];
		i += s.at[i] == '"';              /* the second of two */
	}
	return (struct str){ at, len };
}

static int read_quoted(struct csv_reading *rd, struct str *ret)
{
	const struct str t = rd->text;
	size_t from = ++rd->at;
	bool doubled = false;
	for (;;) {
		if (at_end(rd))
			return E_CSV;
		char c = t.at[rd->at];
		if (csv_is_break(c)) {
			csv_skip_break(rd);
			continue;
		}
		rd->at++;
		if (c != '"')
			continue;
		if (at_end(rd) || t.at[rd->at] != '"')
			break;
		doubled = true;
		rd->at++;
	}
	struct str inside = { t.at + from, rd->at - 1 - from };
	if (!at_end(rd) && t.at[rd->at] != rd->delimiter && !csv_is_break(t.at[rd->at]))
		return E_CSV;                     /* text after a closing quote */
	*ret = doubled ? undouble(rd->arena, inside) : inside;
	return arena_failed(rd->arena) ? E_MEMORY : 0;
}

static int read_cell(struct csv_reading *rd, struct str *ret)
{
	size_t from = rd->at;
	if (!at_end(rd) && rd->text.at[from] == '"')
		return read_quoted(rd, ret);
	while (!at_end(rd) && rd->text.at[rd->at] != rd->delimiter && !csv_is_break(rd->text.at[rd->at]))
		rd->at++;
	*ret = (struct str){ rd->text.at + from, rd->at - from };
	return 0;
}

/* One row, up to and with its end of line. Its cells are kept only when one of them says something. */
int csv_read_row(struct csv_reading *rd, struct csv_row *ret)
{
	struct str cells[CSV_COLUMNS_MAX];
	size_t count = 0, line = rd->line;
	bool empty = true;
	for (;;) {
		if (count == CSV_COLUMNS_MAX)
			return E_CSV;
		int r = read_cell(rd, &cells[count]);
		if (r < 0)
			return r;
		empty &= str_trim(cells[count++]).len == 0;
		if (at_end(rd))
			break;
		if (csv_is_break(rd->text.at[rd->at])) {
			csv_skip_break(rd);
			break;
		}
		rd->at++;                         /* the delimiter */
	}
	*ret = (struct csv_row){ .line = line };
	if (empty)
		return 0;
	struct str *kept = arena_take_array(rd->arena, count, sizeof *kept);
	if (!kept)
		return E_MEMORY;
	memcpy(kept, cells, count * sizeof *kept);
	*ret = (struct csv_row){ kept, count, line };
	return 0;
}

/* No table has more rows than lines. */
static size_t count_lines(struct str s)
{
	size_t lines = 1;
	for (size_t i = 0; i < s.len; i++)
		lines += csv_is_break(s.at[i]);
	return lines;
}

static int text_of(struct blob bytes, struct arena *a, struct str *ret)
{
	struct str s = { bytes.at, bytes.len };
	if (str_starts(s, S("\xef\xbb\xbf")))
		s = (struct str){ s.at + 3, s.len - 3 };
	if (!utf8_valid(s) && !utf8_from_gbk(a, bytes, &s))
		return arena_failed(a) ? E_MEMORY : E_CSV;
	*ret = s;
	return 0;
}

int csv_read(struct blob bytes, size_t max_rows, struct arena *a, struct csv *ret, size_t *ret_line)
{
	struct csv_reading rd = { .line = 1, .arena = a };
	int r = text_of(bytes, a, &rd.text);
	if (r < 0) {
		*ret_line = 1;
		return r;
	}
	rd.delimiter = csv_guess_delimiter(rd.text);
	size_t lines = count_lines(rd.text), count = 0;
	struct csv_row *rows = arena_take_array(a, lines < max_rows ? lines : max_rows, sizeof *rows);
	if (!rows)
		return E_MEMORY;
	while (!at_end(&rd)) {
		struct csv_row row;
		size_t line = rd.line;
		r = csv_read_row(&rd, &row);
		if (r == 0 && row.count && count == max_rows)
			r = E_CSV_TOO_MANY;
		if (r < 0) {
			*ret_line = line;
			return r;
		}
		if (row.count)
			rows[count++] = row;
	}
	*ret = (struct csv){ rows, count };
	return 0;
}

/* ---- Out ---- */

static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (strchr(",;\"\r\n\t", s.at[i]) && s.at[i])
			return true;
	}
	return s.len && (*s.at == ' ' || s.at[s.len - 1] == ' ');
}

void csv_cell(struct buf *b, struct str s, bool last)
{
	bool formula = s.len && *s.at && strchr("=+-@\t\r", *s.at);
	bool quotes = needs_quotes(s);
	if (quotes)
		buf_byte(b, '"');
	if (formula)
		buf_byte(b, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '"')
			buf_byte(b, '"');
		buf_byte(b, s.at[i]);
	}
	if (quotes)
		buf_byte(b, '"');
	buf_str(b, last ? S("\r\n") : S(","));
}
