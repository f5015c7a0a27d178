/* qr_test.c: what qr_draw draws, qr_read reads; and what it must not read. */
#include <qrencode.h>
#include "base/buf.h"
#include "media/codec.h"
#include "media/picture.h"
#include "media/qr_draw.h"
#include "media/qr_read.h"
#include "media/sample_test.h"
#include "test.h"

#define LINK "https://quntu.example.com/g/8KfTz2?s=desk-17"

static struct arena arena_for_files(void)
{
	struct arena arena;
	arena_init(&arena, 200 << 20);
	return arena;
}

static struct qr_style style_of(int size, char level)
{
	struct qr_style style = QR_STYLE_PLAIN;
	style.size = size;
	style.level = level;
	return style;
}

static void expect_read(struct blob picture, const char *text)
{
	ARENA_SCOPED arena = arena_for_files();
	struct str got = { 0 };
	assert_int_equal(qr_find(picture, &arena, &got), 0);
	assert_str(got, text);
}

static void expect_not_read(struct blob picture, int code)
{
	ARENA_SCOPED arena = arena_for_files();
	struct str got = S("untouched");
	assert_int_equal(qr_find(picture, &arena, &got), code);
	assert_str(got, "untouched");
}

static struct pixels white(int width, int height)
{
	struct pixels p;
	assert_int_equal(pixels_make(width, height, 1, &p), 0);
	memset(p.at, 255, pixels_size(&p));
	return p;
}

static struct blob as_jpeg(struct arena *arena, struct blob picture, int quality)
{
	PIXELS_SCOPED p = { 0 };
	assert_int_equal(picture_read_colours(picture, 6000, &p), 0);
	return sample_jpeg(arena, &p, quality);
}

/* ---- Round trips --------------------------------------------------------------------------------- */

TEST(qr_round_trip, "every level and size reads back, also after a JPEG of quality 85")
{
	static const char *const texts[] = { "1", LINK, "群图：三号桌，扫码进群 😀", "BEGIN:VCARD\nFN:Ann\nEND:VCARD\n" };
	static const int sizes[] = { 128, 240, 512, 1000 };
	ARENA_SCOPED arena = arena_for_files();

	for (int i = 0; i < 4; i++)
		for (int level = 0; level < 4; level++)
			for (int k = 0; k < 4; k++) {
				struct qr_style style = style_of(sizes[k], "LMQH"[level]);
				struct picture_info info;
				struct blob png = sample_code(&arena, texts[i], &style);
				assert_int_equal(picture_probe(png, &info), 0);
				assert_int_equal(info.width, sizes[k]);
				assert_int_equal(info.height, sizes[k]);
				expect_read(png, texts[i]);
				expect_read(as_jpeg(&arena, png, 85), texts[i]);
			}
}

TEST(qr_coloured, "the brand's colour on paper white reads back")
{
	ARENA_SCOPED arena = arena_for_files();
	struct qr_style style = style_of(240, 'M');
	style.dark = 0x0b7a6b;
	style.light = 0xfdfbf5;
	expect_read(sample_code(&arena, LINK, &style), LINK);
}

TEST(qr_with_logo, "a code with a logo in its middle reads back at 240 pixels and more, also as JPEG")
{
	static const int shapes[][2] = { { 300, 300 }, { 400, 120 }, { 90, 500 }, { 20, 20 } };
	static const int sizes[] = { 240, 480, 1024 };
	ARENA_SCOPED arena = arena_for_files();

	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 3; k++) {
			PIXELS_SCOPED photo = sample_photo(shapes[i][0], shapes[i][1], 70 + (unsigned)i);
			struct qr_style style = style_of(sizes[k], 'L');
			style.logo = sample_jpeg(&arena, &photo, 85);
			struct blob png = sample_code(&arena, LINK, &style);
			expect_read(png, LINK);
			expect_read(as_jpeg(&arena, png, 85), LINK);
		}
}

TEST(qr_logo_must_be_a_picture, "a broken logo is refused, and the buffer stays as it was")
{
	BUF_SCOPED out;
	struct qr_style style = style_of(240, 'M');
	style.logo = (struct blob){ "GIF89a", 6 };
	buf_init(&out, 1 << 20);
	buf_z(&out, "before");
	assert_int_equal(qr_png(S(LINK), &style, &out), E_PICTURE_ANIMATED);
	assert_int_equal(qr_svg(S(LINK), &style, &out), E_PICTURE_ANIMATED);
	assert_str(buf_view(&out), "before");
}

/* ---- Limits ------------------------------------------------------------------------------------------ */

static int draw_code(const char *text, struct qr_style style)
{
	BUF_SCOPED out;
	buf_init(&out, 1 << 20);
	int r = qr_png(str_of(text), &style, &out);
	assert_int_equal(out.len > 0, r == 0);
	return r;
}

TEST(qr_limits, "each wrong option has its own answer")
{
	struct qr_style pale = style_of(512, 'M'), inverse = pale;
	pale.dark = 0xbbbbbb;
	inverse.dark = 0xffffff, inverse.light = 0x000000;

	assert_int_equal(draw_code("", style_of(512, 'M')), E_TOO_SHORT);
	assert_int_equal(draw_code("\xff\xfe", style_of(512, 'M')), E_UTF8);
	assert_int_equal(draw_code("x", style_of(127, 'M')), E_TOO_SMALL);
	assert_int_equal(draw_code("x", style_of(2049, 'M')), E_TOO_LARGE);
	assert_int_equal(draw_code("x", style_of(2048, 'M')), 0);
	assert_int_equal(draw_code("x", style_of(512, 'm')), E_NOT_ONE_OF);
	assert_int_equal(draw_code("x", style_of(512, 0)), E_NOT_ONE_OF);
	assert_int_equal(draw_code("x", pale), E_QR_CONTRAST);
	assert_int_equal(draw_code("x", inverse), E_QR_CONTRAST);
}

TEST(qr_too_long, "a text past version 40, or too fine for the size, is refused")
{
	static char text[9000];
	memset(text, 'x', sizeof text - 1);
	assert_int_equal(draw_code(text, style_of(2048, 'L')), E_QR_TOO_LONG);
	text[2954] = 0;
	assert_int_equal(draw_code(text, style_of(2048, 'L')), E_QR_TOO_LONG);
	text[2953] = 0;
	assert_int_equal(draw_code(text, style_of(2048, 'L')), 0);
	assert_int_equal(draw_code(text, style_of(2048, 'M')), E_QR_TOO_LONG);
	assert_int_equal(draw_code(text, style_of(360, 'L')), E_QR_TOO_LONG);
	assert_int_equal(draw_code(text, style_of(370, 'L')), 0);
}

/* ---- The drawing itself --------------------------------------------------------------------------------- */

TEST(qr_edges_are_crisp, "only two colours, modules of whole pixels, at least 4 modules of margin")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED p = { 0 };
	struct qr_style style = style_of(500, 'M');
	struct qr qr;

	assert_int_equal(qr_make(S(LINK), 'M', &qr), 0);
	int module = 500 / (qr.side + 8), margin = (500 - module * qr.side) / 2;
	assert_int_equal(picture_read_gray(sample_code(&arena, LINK, &style), &p), 0);
	for (int y = 0; y < 500; y++)
		for (int x = 0; x < 500; x++) {
			bool inside = x >= margin && y >= margin && x < margin + module * qr.side && y < margin + module * qr.side;
			bool dark = inside && qr.dark[(y - margin) / module * qr.side + (x - margin) / module];
			assert_int_equal(pixels_row(&p, y)[x], dark ? 0 : 255);
		}
	assert_true(margin >= 4 * module);
}

TEST(qr_png_is_small, "a plain code of 512 pixels takes less than 2 KB")
{
	ARENA_SCOPED arena = arena_for_files();
	struct qr_style style = QR_STYLE_PLAIN;
	assert_true(sample_code(&arena, LINK, &style).len < 2048);
}

static struct str svg_of(struct arena *arena, const char *text, const struct qr_style *style)
{
	BUF_SCOPED out;
	buf_init(&out, 4 << 20);
	assert_int_equal(qr_svg(str_of(text), style, &out), 0);
	return str_copy(arena, buf_view(&out));
}

static size_t count_of(struct str text, const char *what)
{
	const char *at = text.at, *end = at + text.len;
	size_t n = 0;
	while ((at = memmem(at, (size_t)(end - at), what, strlen(what))))
		n++, at++;
	return n;
}

TEST(qr_svg_is_safe, "the SVG has one path, no script, and its text is escaped")
{
	ARENA_SCOPED arena = arena_for_files();
	struct qr_style style = style_of(320, 'Q');
	struct str svg = svg_of(&arena, "</title><script>alert('&')</script>\n\x01", &style);

	assert_true(str_starts(svg, S("<svg ")));
	assert_int_equal(count_of(svg, "<path "), 1);
	assert_int_equal(count_of(svg, "<script"), 0);
	assert_int_equal(count_of(svg, "\x01"), 0);
	assert_int_equal(count_of(svg, "&lt;script&gt;"), 1);
	assert_int_equal(count_of(svg, "</title>"), 1);
	assert_int_equal(count_of(svg, "<image "), 0);
	assert_int_equal(count_of(svg, "width=\"320\""), 1);
}

/* Draw the path's runs again. */
static void trace(struct str svg, const struct qr *qr)
{
	static uint8_t seen[QR_SIDE_MAX * QR_SIDE_MAX];
	const char *at = memmem(svg.at, svg.len, " d=\"", 4);
	int x, y, run, back, used;

	memset(seen, 0, sizeof seen);
	for (at += 4; sscanf(at, "M%d %dh%dv1h-%dz%n", &x, &y, &run, &back, &used) == 4; at += used) {
		assert_int_equal(run, back);
		memset(seen + (y - 4) * qr->side + x - 4, 1, (size_t)run);
	}
	assert_int_equal(*at, '"');
	assert_memory_equal(seen, qr->dark, (size_t)qr->side * qr->side);
}

TEST(qr_svg_shows_the_code, "the SVG's path is the code, module for module")
{
	ARENA_SCOPED arena = arena_for_files();
	struct qr_style style = style_of(320, 'Q');
	struct qr qr;
	assert_int_equal(qr_make(S(LINK), 'Q', &qr), 0);
	struct str svg = svg_of(&arena, LINK, &style);
	trace(str_of(str_z(&arena, svg)), &qr);
}

TEST(qr_svg_logo, "the SVG carries its logo with it, re-encoded")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(64, 64, 80);
	struct qr_style style = style_of(320, 'L');
	style.logo = sample_png(&arena, &photo);
	struct str svg = svg_of(&arena, LINK, &style);
	assert_int_equal(count_of(svg, "<image "), 1);
	assert_int_equal(count_of(svg, "href=\"data:image/png;base64,iVBORw0KGgo"), 1);
	assert_int_equal(count_of(svg, "http"), 2);             /* the namespace and the title */
}

/* ---- Reading what people upload ------------------------------------------------------------------------------ */

TEST(qr_none, "a picture without a code says so")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(600, 400, 81);
	PIXELS_SCOPED dot = white(1, 1);
	expect_not_read(sample_jpeg(&arena, &photo, 85), E_PICTURE_NO_QR);
	expect_not_read(sample_png(&arena, &dot), E_PICTURE_NO_QR);
	expect_not_read((struct blob){ NULL, 0 }, E_PICTURE_BROKEN);
	expect_not_read((struct blob){ "%PDF-1.7", 8 }, E_PICTURE_FORMAT);
}

TEST(qr_two, "two different codes are too many, the same one twice is one")
{
	ARENA_SCOPED arena = arena_for_files();
	struct qr_style style = style_of(240, 'M');
	PIXELS_SCOPED page = white(700, 400);

	sample_paste(&page, sample_code(&arena, "one", &style), 40, 60);
	sample_paste(&page, sample_code(&arena, "one", &style), 400, 60);
	expect_read(sample_png(&arena, &page), "one");
	sample_paste(&page, sample_code(&arena, "two", &style), 400, 60);
	expect_not_read(sample_png(&arena, &page), E_PICTURE_MANY_QR);
}

TEST(qr_in_a_screenshot, "a small code on a phone's large screenshot is found")
{
	ARENA_SCOPED arena = arena_for_files();
	struct qr_style style = style_of(360, 'M');
	PIXELS_SCOPED screen = sample_photo(1440, 3200, 82);

	sample_paste(&screen, sample_code(&arena, LINK, &style), 900, 2500);
	expect_read(sample_jpeg(&arena, &screen, 75), LINK);
}

TEST(qr_inverted, "a light code on a dark poster is found")
{
	ARENA_SCOPED arena = arena_for_files();
	struct qr_style style = style_of(300, 'M');
	PIXELS_SCOPED poster = white(800, 1000);

	sample_paste(&poster, sample_code(&arena, LINK, &style), 200, 500);
	for (size_t i = 0; i < pixels_size(&poster); i++)
		poster.at[i] = (uint8_t)~poster.at[i];
	expect_read(sample_jpeg(&arena, &poster, 85), LINK);
}

TEST(qr_tiny, "a thumbnail with little more than a pixel a module is still read")
{
	ARENA_SCOPED arena = arena_for_files();
	struct qr_style style = style_of(370, 'L');
	PIXELS_SCOPED code = { 0 };
	PIXELS_SCOPED thumb = { 0 };

	assert_int_equal(picture_read_gray(sample_code(&arena, LINK, &style), &code), 0);
	assert_int_equal(pixels_scale(&code, 80, 80, &thumb), 0);
	expect_read(sample_jpeg(&arena, &thumb, 90), LINK);
}

TEST(qr_text_limit, "a code with more than 2,000 bytes is not taken")
{
	ARENA_SCOPED arena = arena_for_files();
	static char text[2100];
	struct qr_style style = style_of(1480, 'L');

	memset(text, 'y', 2000);
	expect_read(sample_code(&arena, text, &style), text);
	text[2000] = 'y';
	expect_not_read(sample_code(&arena, text, &style), E_TOO_LONG);
}

static struct blob code_of_bytes(struct arena *arena, const char *bytes, int len)
{
	QRcode *code = QRcode_encodeData(len, (const unsigned char *)bytes, 0, QR_ECLEVEL_M);
	PIXELS_SCOPED small = white(code->width + 8, code->width + 8);
	PIXELS_SCOPED large = { 0 };

	for (int i = 0; i < code->width * code->width; i++)
		if (code->data[i] & 1)
			pixels_row(&small, 4 + i / code->width)[4 + i % code->width] = 0;
	assert_int_equal(pixels_scale(&small, small.width * 6, small.height * 6, &large), 0);
	QRcode_free(code);
	return sample_png(arena, &large);
}

TEST(qr_other_encodings, "GBK from older generators is converted, bytes that are no text are refused")
{
	ARENA_SCOPED arena = arena_for_files();
	expect_read(code_of_bytes(&arena, "\xc9\xa8\xc2\xeb\xbd\xf8\xc8\xba", 8), "扫码进群");
	expect_not_read(code_of_bytes(&arena, "a\xff\xff\xff\0b", 6), E_UTF8);
}

/* ---- Memory --------------------------------------------------------------------------------------------------- */

static bool sweep_step(long n, const struct qr_style *style, struct blob code)
{
	ARENA_SCOPED arena = arena_for_files();
	BUF_SCOPED png;
	BUF_SCOPED svg;
	struct str text;

	buf_init(&png, 1 << 20);
	buf_init(&svg, 1 << 20);
	mem_fail_after(n);
	int r = qr_png(S(LINK), style, &png);
	if (r == 0)
		r = qr_svg(S(LINK), style, &svg);
	if (r == 0)
		r = qr_find(code, &arena, &text);
	bool struck = mem_failed();
	mem_fail_after(-1);
	assert_int_equal(r, struck ? E_MEMORY : 0);
	return struck;
}

TEST(qr_sweep, "whichever allocation fails, drawing and reading say so")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(40, 40, 83);
	struct qr_style plain = style_of(240, 'M'), logo = plain;
	struct blob code = sample_code(&arena, LINK, &plain);
	logo.logo = sample_png(&arena, &photo);
	for (long n = 0; sweep_step(n, &plain, code); n++)
		;
	for (long n = 0; sweep_step(n, &logo, code); n++)
		;
}

TEST(qr_buffer_limit, "a buffer that is too small fails and keeps nothing half-written")
{
	BUF_SCOPED out;
	struct qr_style style = QR_STYLE_PLAIN;
	buf_init(&out, 300);
	assert_int_equal(qr_png(S(LINK), &style, &out), E_MEMORY);
	assert_int_equal(out.len, 0);
}
