/* qr_draw.c: QR codes, by libqrencode, drawn here.
 *
 * Story   A live code's QR is fetched by every visitor of a poster, so the plain one must cost next to nothing: a row
 *         of modules is packed into bits once and repeated. The one with a logo is made once and kept; it is painted
 *         by cairo.
 * Not here  Posters (engine), printed sheets (sheet.h).
 * Holds   Module edges fall on pixel edges. What a logo hides is at most a fifth of the width, so 4 % of the modules
 *         at the level that can lose 30 %.
 * Test    qr_test.c reads back what this draws.
 */
#include "media/qr_draw.h"
#include <errno.h>
#include <math.h>
#include <qrencode.h>
#include "base/mem.h"
#include "base/utf8.h"
#include "media/codec.h"
#include "media/paint.h"
#include "media/picture.h"

#define QUIET        4          /* modules */
#define CONTRAST_MIN 3.0        /* WCAG's ratio for graphics; scanners see a little better than that */
#define LOGO_SIDE    512        /* pixels kept of a logo in an SVG */

/* ---- Rules ----------------------------------------------------------------------------------- */

/* Scanners want dark on light, not only apart. */
static bool contrast_enough(uint32_t dark, uint32_t light)
{
	return paint_luminance(light) > paint_luminance(dark) && paint_contrast(dark, light) >= CONTRAST_MIN;
}

int qr_colours_check(uint32_t dark, uint32_t light)
{
	return contrast_enough(dark, light) ? 0 : E_QR_CONTRAST;
}

static int level_of(char letter, QRecLevel *ret)
{
	switch (letter) {
	case 'L': *ret = QR_ECLEVEL_L; return 0;
	case 'M': *ret = QR_ECLEVEL_M; return 0;
	case 'Q': *ret = QR_ECLEVEL_Q; return 0;
	case 'H': *ret = QR_ECLEVEL_H; return 0;
	default:  return E_NOT_ONE_OF;
	}
}

static int style_check(const struct qr_style *style)
{
	if (style->size < QR_SIZE_MIN)
		return E_TOO_SMALL;
	if (style->size > QR_SIZE_MAX)
		return E_TOO_LARGE;
	return qr_colours_check(style->dark, style->light);
}

/* A fifth, and as odd or even as the code so that it hides whole ones. */
int qr_logo_modules(int side)
{
	int modules = side / 5;

	return modules - ((side - modules) & 1);
}

/* ---- The code ----------------------------------------------------------------------------------- */

int qr_make(struct str text, char letter, struct qr *ret)
{
	char z[QR_BYTES_MAX * 3];               /* digits take a third of the room */
	QRecLevel level;
	int r = level_of(letter, &level);

	if (r < 0)
		return r;
	if (text.len == 0)
		return E_TOO_SHORT;
	if (text.len >= sizeof z)
		return E_QR_TOO_LONG;
	if (!utf8_valid(text))
		return E_UTF8;
	memcpy(z, text.at, text.len);
	z[text.len] = 0;

	QRcode *code = QRcode_encodeString(z, 0, level, QR_MODE_8, 1);
	if (!code)
		return errno == ERANGE ? E_QR_TOO_LONG : E_MEMORY;
	ret->side = code->width;
	for (int i = 0; i < code->width * code->width; i++)
		ret->dark[i] = code->data[i] & 1;
	QRcode_free(code);
	return 0;
}

/* The next run of dark modules in row y at or after *x: its length, and *x moved to where it begins; 0: no more. */
static int next_run(const struct qr *qr, int y, int *x)
{
	const uint8_t *row = qr->dark + (size_t)y * qr->side;
	int end;

	while (*x < qr->side && !row[*x])
		++*x;
	for (end = *x; end < qr->side && row[end]; end++)
		;
	return end - *x;
}

void qr_paint(const struct qr *qr, cairo_t *cr, double left, double top, double module)
{
	for (int y = 0; y < qr->side; y++)
		for (int x = 0, run; (run = next_run(qr, y, &x)) > 0; x += run)
			cairo_rectangle(cr, left + x * module, top + y * module, run * module, module);
	cairo_fill(cr);
}

/* Where the code stands in a picture of `size` pixels. */
struct place { int module, margin; };

static int place_in(const struct qr *qr, int size, struct place *ret)
{
	int module = size / (qr->side + 2 * QUIET);

	if (module < 2)
		return E_QR_TOO_LONG;
	*ret = (struct place){ module, (size - module * qr->side) / 2 };
	return 0;
}

/* ---- PNG without a logo ------------------------------------------------------------------------------ */

static void set_bits(uint8_t *row, int from, int count)
{
	for (int i = from; i < from + count; i++)
		row[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

static int png_plain(const struct qr *qr, struct place at, const struct qr_style *style, struct buf *ret)
{
	size_t line = ((size_t)style->size + 7) / 8;
	uint8_t *bits = mem_take(line * style->size);

	if (!bits)
		return E_MEMORY;
	for (int y = 0; y < qr->side; y++) {
		uint8_t *row = bits + line * (at.margin + y * at.module);
		for (int x = 0, run; (run = next_run(qr, y, &x)) > 0; x += run)
			set_bits(row, at.margin + x * at.module, run * at.module);
		for (int i = 1; i < at.module; i++)
			memcpy(row + line * i, row, line);
	}
	int r = png_encode_bits(bits, style->size, style->size, style->light, style->dark, ret);
	mem_give(bits);
	return r;
}

/* ---- PNG with a logo --------------------------------------------------------------------------------- */

/* The logo in the middle of a white rounded square; `left` is the square's left (and upper) edge, `box` its side. */
static int paint_logo(cairo_t *cr, const struct pixels *logo, double left, double box)
{
	double room = box * 5 / 6;              /* a white rim keeps the logo apart from the modules */
	double x = left + floor((box - logo->width) / 2), y = left + floor((box - logo->height) / 2);
	uint32_t *words = mem_take((size_t)logo->width * logo->height * sizeof *words);

	if (!words)
		return E_MEMORY;
	words_from_pixels(logo, words);
	paint_colour(cr, 0xffffff);
	paint_round(cr, left, left, box, box, box / 6);
	cairo_fill(cr);

	cairo_surface_t *picture = cairo_image_surface_create_for_data((unsigned char *)words, CAIRO_FORMAT_RGB24,
		logo->width, logo->height, logo->width * 4);
	cairo_set_source_surface(cr, picture, x, y);
	paint_round(cr, x, y, logo->width, logo->height, fmin(room / 8, fmin(logo->width, logo->height) / 2.0));
	cairo_fill(cr);
	paint_colour(cr, 0xffffff);               /* lets go of `words` before they go */
	cairo_surface_destroy(picture);
	mem_give(words);
	return 0;
}

static int paint_all(cairo_t *cr, const struct qr *qr, struct place at, const struct qr_style *style)
{
	PIXELS_SCOPED logo = { 0 };
	int modules = qr_logo_modules(qr->side), box = modules * at.module;
	int r = picture_read_colours(style->logo, box * 5 / 6, &logo);

	if (r < 0)
		return r;
	paint_colour(cr, style->light);
	cairo_paint(cr);
	cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
	paint_colour(cr, style->dark);
	qr_paint(qr, cr, at.margin, at.margin, at.module);
	cairo_set_antialias(cr, CAIRO_ANTIALIAS_DEFAULT);
	r = paint_logo(cr, &logo, at.margin + (qr->side - modules) / 2 * at.module, box);
	return r < 0 ? r : cairo_status(cr) ? E_MEMORY : 0;
}

static int png_with_logo(const struct qr *qr, struct place at, const struct qr_style *style, struct buf *ret)
{
	PIXELS_SCOPED rgb = { 0 };
	uint32_t *words = mem_take((size_t)style->size * style->size * sizeof *words);
	int r = words ? pixels_make(style->size, style->size, 3, &rgb) : E_MEMORY;

	if (r == 0) {
		cairo_surface_t *surface = cairo_image_surface_create_for_data((unsigned char *)words, CAIRO_FORMAT_RGB24,
			style->size, style->size, style->size * 4);
		cairo_t *cr = cairo_create(surface);
		r = paint_all(cr, qr, at, style);
		cairo_destroy(cr);
		cairo_surface_finish(surface);
		cairo_surface_destroy(surface);
	}
	if (r == 0) {
		words_to_pixels(words, &rgb);
		r = png_encode(&rgb, ret);
	}
	mem_give(words);
	return r;
}

int qr_png(struct str text, const struct qr_style *style, struct buf *ret)
{
	struct qr qr;
	struct place at;
	bool logo = style->logo.len > 0;
	int r = style_check(style);

	if (r < 0 || (r = qr_make(text, logo ? 'H' : style->level, &qr)) < 0 || (r = place_in(&qr, style->size, &at)) < 0)
		return r;
	return logo ? png_with_logo(&qr, at, style, ret) : png_plain(&qr, at, style, ret);
}

/* ---- SVG --------------------------------------------------------------------------------------------- */

/* The text, for those who do not see the code; characters that XML cannot hold become spaces. */
static void svg_title(struct str text, struct buf *ret)
{
	buf_z(ret, "<title>");
	while (text.len > 0) {
		struct str rest = text;
		uint32_t code = utf8_next(&rest);
		struct str one = { text.at, text.len - rest.len };
		buf_html(ret, code < 0x20 || code == 0xfffe || code == 0xffff ? S(" ") : one);
		text = rest;
	}
	buf_z(ret, "</title>");
}

static void svg_path(const struct qr *qr, uint32_t dark, struct buf *ret)
{
	buf_format(ret, "<path fill=\"#%06x\" d=\"", dark & 0xffffff);
	for (int y = 0; y < qr->side; y++)
		for (int x = 0, run; (run = next_run(qr, y, &x)) > 0; x += run)
			buf_format(ret, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
	buf_z(ret, "\"/>");
}

static void add_base64(struct blob bytes, struct buf *ret)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *at = bytes.at;

	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t three = (uint32_t)at[i] << 16 | (left > 1 ? (uint32_t)at[i + 1] << 8 : 0) | (left > 2 ? at[i + 2] : 0);
		char four[4] = { digits[three >> 18], digits[three >> 12 & 63],
		                 left > 1 ? digits[three >> 6 & 63] : '=', left > 2 ? digits[three & 63] : '=' };
		buf_add(ret, four, sizeof four);
	}
}

static int svg_logo(const struct qr *qr, struct blob file, struct buf *ret)
{
	ARENA_SCOPED arena;
	struct blob logo;
	enum picture_type type;
	int modules = qr_logo_modules(qr->side);
	double left = QUIET + (qr->side - modules) / 2, room = modules * 5 / 6.0, rim = (modules - room) / 2;

	arena_init(&arena, 16 << 20);
	int r = picture_reduce(file, LOGO_SIDE, &arena, &logo, &type);
	if (r < 0)
		return r;
	buf_format(ret, "<rect x=\"%g\" y=\"%g\" width=\"%d\" height=\"%d\" rx=\"%.3f\" fill=\"#ffffff\"/>",
	           left, left, modules, modules, modules / 6.0);
	buf_format(ret, "<image x=\"%.3f\" y=\"%.3f\" width=\"%.3f\" height=\"%.3f\" href=\"data:%s;base64,",
	           left + rim, left + rim, room, room, picture_media_type(type));
	add_base64(logo, ret);
	buf_z(ret, "\"/>");
	return 0;
}

static int svg_write(struct str text, const struct qr *qr, const struct qr_style *style, struct buf *ret)
{
	int side = qr->side + 2 * QUIET, r = 0;

	buf_format(ret, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
	           " role=\"img\" shape-rendering=\"crispEdges\">", style->size, style->size, side, side);
	svg_title(text, ret);
	buf_format(ret, "<rect width=\"%d\" height=\"%d\" fill=\"#%06x\"/>", side, side, style->light & 0xffffff);
	svg_path(qr, style->dark, ret);
	if (style->logo.len > 0)
		r = svg_logo(qr, style->logo, ret);
	buf_z(ret, "</svg>\n");
	return r < 0 ? r : buf_failed(ret) ? E_MEMORY : 0;
}

int qr_svg(struct str text, const struct qr_style *style, struct buf *ret)
{
	struct qr qr;
	size_t before = ret->len;
	int r = style_check(style);

	if (r < 0 || (r = qr_make(text, style->logo.len > 0 ? 'H' : style->level, &qr)) < 0)
		return r;
	r = svg_write(text, &qr, style, ret);
	if (r < 0)
		ret->len = before;
	return r;
}
