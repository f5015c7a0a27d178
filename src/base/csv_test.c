/* csv_test.c: tables as spreadsheets really write them. */
#include "test.h"
#include "base/buf.h"
#include "base/csv.h"

static struct arena arena;

/* The table as text: cells in brackets, "line:" before each row. */
static struct str shown(struct str text)
{
	static char out[4096];
	struct csv csv = { 0 };
	size_t line = 0, len = 0;
	int r = csv_read((struct blob){ text.at, text.len }, 100, &arena, &csv, &line);
	if (r < 0)
		len = (size_t)snprintf(out, sizeof out, "%s at %zu", err_word(r), line);
	for (size_t i = 0; r == 0 && i < csv.count; i++) {
		len += (size_t)snprintf(out + len, sizeof out - len, "%zu:", csv.rows[i].line);
		for (size_t k = 0; k < csv.rows[i].count; k++)
			len += (size_t)snprintf(out + len, sizeof out - len, "[%.*s]", STR(csv.rows[i].cells[k]));
	}
	return (struct str){ out, len };
}

TEST(csv_plain, "commas, semicolons or tabs; CRLF, LF or CR; with and without a last line end")
{
	arena_init(&arena, 4 << 20);
	assert_str(shown(S("a,b\n1,2\n")), "1:[a][b]2:[1][2]");
	assert_str(shown(S("a,b\r\n1,2")), "1:[a][b]2:[1][2]");
	assert_str(shown(S("a,b\r1,\r")), "1:[a][b]2:[1][]");
	assert_str(shown(S("a;b,c;d\n1;2;3")), "1:[a][b,c][d]2:[1][2][3]");
	assert_str(shown(S("a\tb,c\n1\t2")), "1:[a\tb][c]2:[1\t2]");
	assert_str(shown(S("a\tb\tc,d\n1\t2")), "1:[a][b][c,d]2:[1][2]");
	assert_str(shown(S("\"a,b\";c\n1;2")), "1:[a,b][c]2:[1][2]");
	assert_str(shown(S("one\ntwo")), "1:[one]2:[two]");
	assert_str(shown(S("a,b\n,\n")), "1:[a][b]");
	arena_free(&arena);
}

TEST(csv_empty, "nothing, or only line ends and empty cells, is an empty table")
{
	arena_init(&arena, 4 << 20);
	assert_str(shown((struct str){ 0 }), "");
	assert_str(shown(S("\n\r\n\r\n , ,\n")), "");
	assert_str(shown(S("\xef\xbb\xbf")), "");
	assert_str(shown(S("\n\na\n\n,,\nb")), "3:[a]6:[b]");
	arena_free(&arena);
}

TEST(csv_quotes, "quoted cells hold delimiters, line ends and doubled quotes")
{
	arena_init(&arena, 4 << 20);
	assert_str(shown(S("\"a,\"\"x\"\"\",\"b\r\nc\"\n1,\"\"\n2,\"\"\"\"")), "1:[a,\"x\"][b\r\nc]3:[1][]4:[2][\"]");
	assert_str(shown(S("a\"b,c \"d\"\n")), "1:[a\"b][c \"d\"]");
	assert_str(shown(S("x\n\"a\n\n\n")), "csv at 2");
	assert_str(shown(S("x\n1,2\n\"a\"b,c\n")), "csv at 3");
	assert_str(shown(S("\"a\" ,b\n")), "csv at 1");
	assert_str(shown(S("\"")), "csv at 1");
	assert_str(shown(S("\"\"")), "");
	arena_free(&arena);
}

TEST(csv_encodings, "UTF-8 with BOM, UTF-8 without, GBK; anything else is refused")
{
	arena_init(&arena, 4 << 20);
	assert_str(shown(S("\xef\xbb\xbf名字,城市\n")), "1:[名字][城市]");
	assert_str(shown(S("群图,b\n")), "1:[群图][b]");
	assert_str(shown(S("\xc3\xfb\xd7\xd6,\xc8\xba\xcd\xbc\n")), "1:[名字][群图]");
	assert_str(shown(S("\xff\xfe""a\0")), "csv at 1");
	assert_str(shown((struct str){ "a\0b", 3 }), "csv at 1");
	arena_free(&arena);
}

TEST(csv_bounds, "too many rows and too many columns are refused, exactly at the limit they are not")
{
	struct csv csv;
	size_t line = 0;
	arena_init(&arena, 4 << 20);
	assert_int_equal(csv_read((struct blob){ "a\nb\n\nc", 6 }, 3, &arena, &csv, &line), 0);
	assert_int_equal(csv.count, 3);
	assert_int_equal(csv_read((struct blob){ "a\nb\n\nc", 6 }, 2, &arena, &csv, &line), E_CSV_TOO_MANY);
	assert_int_equal(line, 4);
	char wide[2 * CSV_COLUMNS_MAX + 1];
	memset(wide, ',', sizeof wide);
	wide[0] = 'x';
	assert_int_equal(csv_read((struct blob){ wide, CSV_COLUMNS_MAX }, 2, &arena, &csv, &line), 0);
	assert_int_equal(csv.rows[0].count, CSV_COLUMNS_MAX);
	assert_int_equal(csv_read((struct blob){ wide, CSV_COLUMNS_MAX + 1 }, 2, &arena, &csv, &line), E_CSV);
	assert_int_equal(line, 1);
	arena_free(&arena);
}

TEST(csv_cells_out, "cells are quoted when they must be, and are no formulas")
{
	static const struct { const char *text, *want; } cases[] = {
		{ "", "" }, { "plain", "plain" }, { "群", "群" }, { "a,b", "\"a,b\"" }, { "a\"b", "\"a\"\"b\"" },
			{ "\"", "\"\"\"\"" },
		{ "a\nb", "\"a\nb\"" }, { " x", "\" x\"" }, { "x ", "\"x \"" }, { "=1+1", "'=1+1" },
		{ "+86", "'+86" }, { "-1", "'-1" },
		{ "@a", "'@a" }, { "\tx", "\"'\tx\"" }, { "=\"a\"", "\"'=\"\"a\"\"\"" }, { "1-2", "1-2" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char want[100];
		BUF_SCOPED b;
		buf_init(&b, 1000);
		csv_cell(&b, str_of(cases[i].text), false);
		snprintf(want, sizeof want, "%s,", cases[i].want);
		assert_str(buf_view(&b), want);
	}
	BUF_SCOPED b;
	buf_init(&b, 1000);
	csv_cell(&b, (struct str){ 0 }, true);
	assert_str(buf_view(&b), "\r\n");
}

TEST(csv_round, "what was written is read back")
{
	static const char *const cells[] = { "a,b", "c\"d\"", "e\r\nf", " g ", "群;图\t" };
	BUF_SCOPED b;
	buf_init(&b, 1000);
	for (size_t i = 0; i < 5; i++)
		csv_cell(&b, str_of(cells[i]), i == 4);
	struct csv csv;
	size_t line;
	arena_init(&arena, 1 << 20);
	assert_int_equal(csv_read((struct blob){ b.at, b.len }, 10, &arena, &csv, &line), 0);
	assert_int_equal(csv.count, 1);
	assert_int_equal(csv.rows[0].count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_str(csv.rows[0].cells[i], cells[i]);
	arena_free(&arena);
}

TEST(csv_sweep, "whichever allocation fails, the answer is E_MEMORY")
{
	static const char text[] = "\xc3\xfb,\"a\"\"b\"\n1,2\n3,4\n";
	for (long n = 0, struck = 1; struck; n++) {
		struct csv csv;
		size_t line;
		arena_init(&arena, 1 << 20);
		mem_fail_after(n);
		int r = csv_read((struct blob){ text, sizeof text - 1 }, 10, &arena, &csv, &line);
		struck = mem_failed();
		mem_fail_after(-1);
		assert_int_equal(r, struck ? E_MEMORY : 0);
		arena_free(&arena);
	}
	for (size_t limit = 0; limit < 4000; limit += 16) {
		struct csv csv;
		size_t line;
		arena_init(&arena, limit);
		int r = csv_read((struct blob){ text, sizeof text - 1 }, 10, &arena, &csv, &line);
		assert_true(r == 0 || r == E_MEMORY);
		arena_free(&arena);
	}
}

/* ---- In pieces ---- */

/* The same, fed in pieces of `size` bytes; bad rows in braces. */
static struct str streamed(struct str text, size_t size)
{
	static char out[4096];
	size_t len = 0;
	struct csv_sniff sniff = { 0 };
	struct csv_stream s;
	struct csv_row row;
	for (size_t i = 0; i < text.len; i += size)
		csv_sniff(&sniff, (struct blob){ text.at + i, text.len - i < size ? text.len - i : size });
	csv_stream_open(&s, csv_encoding_of(&sniff));
	for (size_t i = 0; i < text.len; i += size) {
		bool last = i + size >= text.len;
		assert_int_equal(csv_stream_feed(&s, (struct blob){ text.at + i, last ? text.len - i : size }, last), 0);
		for (int r; (r = csv_stream_next(&s, &arena, &row)) != 0;) {
			assert_true(r == 1 || r == E_CSV);
			len += (size_t)snprintf(out + len, sizeof out - len, "%zu:", row.line);
			for (size_t k = 0; k < row.count; k++)
				len += (size_t)snprintf(out + len, sizeof out - len, r == 1 ? "[%.*s]" : "{%.*s}", STR(row.cells[k]));
		}
	}
	csv_stream_close(&s);
	return (struct str){ out, len };
}

static void streams_as(struct str text, const char *expected)
{
	for (size_t size = 1; size <= text.len + 1; size += size < 12 ? 1 : text.len / 3 + 1)
		assert_str(streamed(text, size), expected);
}

TEST(csv_stream_pieces, "wherever a file is cut, its rows are the same")
{
	arena_init(&arena, 16 << 20);
	streams_as(S("a,b\r\n1,\"x\"\"\r\ny\"\r\n\r\n2,群"), "1:[a][b]2:[1][x\"\r\ny]5:[2][群]");
	streams_as(S("\xef\xbb\xbf昵称;城市\r安安;杭州\r"), "1:[昵称][城市]2:[安安][杭州]");
	streams_as(S("a|b,c|d\n1|2|3\n"), "1:[a][b,c][d]2:[1][2][3]");
	streams_as(S("a\tb\n\"1\t2\"\t3\n"), "1:[a][b]2:[1\t2][3]");
	arena_free(&arena);
}

TEST(csv_stream_encodings, "GBK, GB18030, UTF-16 of both kinds, and UTF-8 with a broken letter")
{
	arena_init(&arena, 16 << 20);
	streams_as(S("\xea\xc7\xb3\xc6,\xb3\xc7\xca\xd0\n\xb0\xb2\xb0\xb2,\xba\xbc\xd6\xdd\n"), "1:[昵称][城市]2:[安安][杭州]");
	streams_as(S("\x95\x32\x82\x36,\xba\xbc\n"), "1:[𠀀][杭]");
	streams_as(S("\xff\xfe\x35\x66\x09\x00\x57\x00\x0a\x00\x89\x5b\x09\x00\x31\x00"), "1:[昵][W]2:[安][1]");
	arena_free(&arena);
}

TEST(csv_stream_bad_rows, "a bad row is told with its line, as it stood, and the rows after it are read")
{
	arena_init(&arena, 16 << 20);
	streams_as(S("a,b\n\"1\"x,2\n3,4\n"), "1:[a][b]2:{\"1\"x,2}3:[3][4]");
	streams_as(S("a,b\n\"1,2\n3,4\n5,6"), "1:[a][b]2:{\"1,2}3:[3][4]4:[5][6]");
	streams_as(S("a,b\n1,2\n\""), "1:[a][b]2:[1][2]3:{\"}");
	arena_free(&arena);
}
