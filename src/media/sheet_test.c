/* sheet_test.c: sheets have the pages and the fonts they should. Beauty is for eyes: pdftoppm -r 60 -png. */
#include "media/sheet.h"
#include "media/qr_draw.h"
#include "test.h"

/* fontconfig keeps its patterns until the process ends, and libcairo 1.16 loses a table for each CFF font of a PDF.
 * The sanitizer looks the name up, so it must be seen (the program's other names are hidden). */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\nleak:libcairo\n";
}

static struct sheet_code codes[SHEET_CODES_MAX + 1];

static struct sheet sheet_of(struct arena *arena, size_t count)
{
	for (size_t i = 0; i < count; i++)
		codes[i] = (struct sheet_code){
			.text = str_format(arena, "https://quntu.example.com/g/t%zu", i),
			.label = str_format(arena, "%zu 号桌", i + 1),
			.second = S("一楼 · 靠窗"),
			.link = str_format(arena, "quntu.example.com/g/t%zu", i),
		};
	return (struct sheet){ .title = S("老地方火锅 · 桌码"), .codes = codes, .count = count };
}

/* Objects of page kind: cairo writes page dictionaries uncompressed. */
static int pages_of(const struct buf *pdf)
{
	const char *at = pdf->at, *end = at + pdf->len;
	int pages = 0;

	while ((at = memmem(at, (size_t)(end - at), "/Type /Page", 11))) {
		at += 11;
		pages += *at != 's';
	}
	return pages;
}

static void expect_pages(size_t count, int pages)
{
	struct arena arena;
	BUF_SCOPED pdf;
	arena_init(&arena, 4 << 20);
	buf_init(&pdf, 16 << 20);
	struct sheet sheet = sheet_of(&arena, count);
	assert_int_equal(sheet_pdf(&sheet, &pdf), 0);
	assert_true(str_starts(buf_view(&pdf), S("%PDF-")));
	assert_non_null(memmem(pdf.at + pdf.len - 8, 8, "%%EOF", 5));
	assert_int_equal(pages_of(&pdf), pages);
	assert_true(pdf.len < 400000 + count * 5000);
	arena_free(&arena);
}

TEST(sheet_pages, "12 codes a page, none empty, 500 at most")
{
	expect_pages(1, 1);
	expect_pages(12, 1);
	expect_pages(13, 2);
	expect_pages(500, 42);
}

static int draw_with(struct sheet_code code, struct str title, size_t count)
{
	BUF_SCOPED pdf;
	struct sheet sheet = { .title = title, .codes = codes, .count = count };
	codes[0] = code;
	buf_init(&pdf, 4 << 20);
	buf_z(&pdf, "before");
	int r = sheet_pdf(&sheet, &pdf);
	if (r < 0)
		assert_str(buf_view(&pdf), "before");
	return r;
}

TEST(sheet_limits, "nothing, too much and text that is none are refused, the buffer as it was")
{
	static char text[4000];
	struct sheet_code good = { .text = S("x"), .label = S("1") }, bad_label = good, empty = good, long_text = good;

	memset(text, 'x', sizeof text - 1);
	bad_label.label = S("\xff");
	empty.text = S("");
	long_text.text = str_of(text);
	assert_int_equal(draw_with(good, S("t"), 0), E_TOO_SMALL);
	assert_int_equal(draw_with(good, S("t"), SHEET_CODES_MAX + 1), E_TOO_MANY);
	assert_int_equal(draw_with(good, S("\xc3"), 1), E_UTF8);
	assert_int_equal(draw_with(bad_label, S("t"), 1), E_UTF8);
	assert_int_equal(draw_with(empty, S("t"), 1), E_TOO_SHORT);
	assert_int_equal(draw_with(long_text, S("t"), 1), E_QR_TOO_LONG);
	assert_int_equal(draw_with(good, S("t"), 1), 0);
	assert_int_equal(draw_with(good, S(""), 1), 0);
}

TEST(sheet_embeds_fonts, "the fonts travel with the PDF")
{
	struct arena arena;
	BUF_SCOPED pdf;
	arena_init(&arena, 1 << 20);
	buf_init(&pdf, 4 << 20);
	struct sheet sheet = sheet_of(&arena, 3);
	assert_int_equal(sheet_pdf(&sheet, &pdf), 0);
	assert_non_null(memmem(pdf.at, pdf.len, "/FontFile", 9));
	arena_free(&arena);
}

TEST(sheet_sweep, "a buffer that cannot grow leaves nothing half-written")
{
	bool struck = true;
	for (long n = 0; struck; n++) {
		struct arena arena;
		BUF_SCOPED pdf;
		arena_init(&arena, 1 << 20);
		buf_init(&pdf, 4 << 20);
		struct sheet sheet = sheet_of(&arena, 1);
		mem_fail_after(n);
		int r = sheet_pdf(&sheet, &pdf);
		struck = mem_failed();
		mem_fail_after(-1);
		assert_int_equal(r, struck ? E_MEMORY : 0);
		assert_int_equal(pdf.len > 0, !struck);
		arena_free(&arena);
	}
}
