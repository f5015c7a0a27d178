/* poster_art.c: five backgrounds.
 *
 * Drawn on a sheet 750 wide and as high as the poster's proportions say; everything hangs from the upper or the lower
 * edge, so that a poster may be square or tall. Colours follow from one accent: a community's own colour fits each.
 * Test    Look at them: poster_test.c leaves pictures where QUNTU_TEST_PICTURES points to.
 */
#include "media/poster_art.h"

#include <math.h>

#include "media/paint.h"

#define SHEET 750.0

/* ---- Colours ------------------------------------------------------------------------------------------- */

static uint32_t mix(uint32_t a, uint32_t b, double share)
{
	uint32_t made = 0;

	for (int shift = 16; shift >= 0; shift -= 8)
		made = made << 8 | (uint32_t)lround((a >> shift & 255) * (1 - share) + (b >> shift & 255) * share);
	return made;
}

static uint32_t lighter(uint32_t rgb, double share) { return mix(rgb, 0xffffff, share); }
static uint32_t darker(uint32_t rgb, double share)  { return mix(rgb, 0x000000, share); }

static void stop(cairo_pattern_t *p, double at, uint32_t rgb, double alpha)
{
	cairo_pattern_add_color_stop_rgba(p, at, (rgb >> 16) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, alpha);
}

static void fill_pattern(cairo_t *cr, cairo_pattern_t *p)
{
	cairo_set_source(cr, p);
	cairo_fill(cr);
	cairo_pattern_destroy(p);
}

/* ---- Shapes ---------------------------------------------------------------------------------------------- */

/* From here on the sheet is 750 wide; its height. */
static double begin_sheet(cairo_t *cr, double width, double height)
{
	cairo_scale(cr, width / SHEET, width / SHEET);
	return height * SHEET / width;
}

static void slope(cairo_t *cr, double height, double lean, uint32_t top, uint32_t bottom)
{
	cairo_pattern_t *p = cairo_pattern_create_linear(SHEET / 2 - lean, 0, SHEET / 2 + lean, height);

	stop(p, 0, top, 1);
	stop(p, 1, bottom, 1);
	cairo_rectangle(cr, 0, 0, SHEET, height);
	fill_pattern(cr, p);
}

/* Light that fades out from a point. */
static void glow(cairo_t *cr, double x, double y, double radius, uint32_t rgb, double alpha)
{
	cairo_pattern_t *p = cairo_pattern_create_radial(x, y, 0, x, y, radius);

	stop(p, 0, rgb, alpha);
	stop(p, 0.5, rgb, alpha * 0.35);
	stop(p, 1, rgb, 0);
	cairo_arc(cr, x, y, radius, 0, 2 * M_PI);
	fill_pattern(cr, p);
}

static void disc(cairo_t *cr, double x, double y, double radius, uint32_t rgb, double alpha)
{
	paint_veil(cr, rgb, alpha);
	cairo_arc(cr, x, y, radius, 0, 2 * M_PI);
	cairo_fill(cr);
}

static void ring(cairo_t *cr, double x, double y, double radius, double line, uint32_t rgb, double alpha)
{
	paint_veil(cr, rgb, alpha);
	cairo_set_line_width(cr, line);
	cairo_new_sub_path(cr);
	cairo_arc(cr, x, y, radius, 0, 2 * M_PI);
	cairo_stroke(cr);
}

/* A soft shadow is many faint rounds, each a little wider. */
static void shadow(cairo_t *cr, double x, double y, double width, double height, double radius, double depth, uint32_t rgb)
{
	for (double i = depth; i > 0; i -= 2) {
		paint_veil(cr, rgb, 0.012);
		paint_round(cr, x - i, y - i + depth / 2, width + 2 * i, height + 2 * i, radius + i);
		cairo_fill(cr);
	}
}

static void card(cairo_t *cr, double x, double y, double width, double height, double radius, uint32_t rgb, uint32_t dark)
{
	shadow(cr, x, y, width, height, radius, 28, dark);
	paint_colour(cr, rgb);
	paint_round(cr, x, y, width, height, radius);
	cairo_fill(cr);
}

static void dashes(cairo_t *cr, double x, double y, double width, uint32_t rgb)
{
	static const double pattern[] = { 9, 9 };

	paint_colour(cr, rgb);
	cairo_set_line_width(cr, 2);
	cairo_set_dash(cr, pattern, 2, 0);
	cairo_move_to(cr, x, y);
	cairo_line_to(cr, x + width, y);
	cairo_stroke(cr);
	cairo_set_dash(cr, NULL, 0, 0);
}

/* The same numbers each time, from 0 to 1. */
static double scatter(unsigned *state)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) / (double)(1 << 24);
}

/* ---- 晨光: a calm invitation ------------------------------------------------------------------------------ */

static void paint_dawn(cairo_t *cr, double width, double height, uint32_t accent)
{
	double h = begin_sheet(cr, width, height);

	slope(cr, h, 240, mix(darker(accent, 0.12), 0x0b2b3a, 0.18), mix(lighter(accent, 0.22), 0x7fd0b5, 0.25));
	glow(cr, 640, 60, 520, mix(lighter(accent, 0.6), 0xfff3c4, 0.5), 0.55);
	for (int i = 0; i < 4; i++)
		ring(cr, 640, 60, 150 + i * 92, 1.5, 0xffffff, 0.22 - i * 0.045);
	disc(cr, 640, 60, 84, 0xffffff, 0.12);
	glow(cr, 60, h * 0.5, 380, 0xffffff, 0.12);
	card(cr, 40, h * 0.40, SHEET - 80, h * 0.6 - 56, 30, 0xffffff, darker(accent, 0.6));
	paint_colour(cr, lighter(accent, 0.9));
	paint_round(cr, 64, h - 56 - 24 - 270, SHEET - 128, 270, 20);
	cairo_fill(cr);
}

/* ---- 活力: a gift to share ---------------------------------------------------------------------------------- */

static void rays(cairo_t *cr, double x, double y, double reach, int count)
{
	for (int i = 0; i < count; i++) {
		double from = (i * 2 + 0.5) * M_PI / count, until = from + M_PI / count;
		cairo_pattern_t *p = cairo_pattern_create_radial(x, y, 0, x, y, reach);
		stop(p, 0, 0xffffff, 0.17);
		stop(p, 1, 0xffffff, 0.0);
		cairo_move_to(cr, x, y);
		cairo_line_to(cr, x + reach * cos(from), y + reach * sin(from));
		cairo_line_to(cr, x + reach * cos(until), y + reach * sin(until));
		cairo_close_path(cr);
		fill_pattern(cr, p);
	}
}

static void confetti(cairo_t *cr, double height, int count, const uint32_t *colours, unsigned state)
{
	for (int i = 0; i < count; i++) {
		double x = scatter(&state) * SHEET, y = scatter(&state) * height, turn = scatter(&state) * M_PI;
		double size = 6 + scatter(&state) * 10;
		uint32_t colour = colours[i % 4];
		cairo_save(cr);
		cairo_translate(cr, x, y);
		cairo_rotate(cr, turn);
		paint_veil(cr, colour, 0.85);
		if (i % 3 == 0)
			cairo_arc(cr, 0, 0, size / 2.4, 0, 2 * M_PI);
		else
			paint_round(cr, -size, -size / 4, size * 2, size / 2, size / 5);
		cairo_fill(cr);
		cairo_restore(cr);
	}
}

/* A ticket: round bites where it would be torn. */
static void ticket(cairo_t *cr, double x, double y, double width, double height, double tear, uint32_t dark)
{
	double r = 22, right = x + width, bottom = y + height, corner = 26;

	shadow(cr, x, y, width, height, corner, 26, dark);
	cairo_new_sub_path(cr);
	cairo_arc(cr, right - corner, y + corner, corner, -M_PI_2, 0);
	cairo_arc_negative(cr, right, tear, r, -M_PI_2, M_PI_2);
	cairo_arc(cr, right - corner, bottom - corner, corner, 0, M_PI_2);
	cairo_arc(cr, x + corner, bottom - corner, corner, M_PI_2, M_PI);
	cairo_arc_negative(cr, x, tear, r, M_PI_2, -M_PI_2);
	cairo_arc(cr, x + corner, y + corner, corner, M_PI, M_PI + M_PI_2);
	cairo_close_path(cr);
	paint_colour(cr, 0xffffff);
	cairo_fill(cr);
	dashes(cr, x + r + 18, tear, width - 2 * r - 36, 0xe6ddd6);
}

static void paint_spark(cairo_t *cr, double width, double height, uint32_t accent)
{
	double h = begin_sheet(cr, width, height);
	const uint32_t colours[] = { 0xffffff, 0xffe08a, lighter(accent, 0.55), 0xffd0b0 };

	slope(cr, h, 200, mix(accent, 0xff3d5a, 0.3), mix(lighter(accent, 0.12), 0xffa63d, 0.5));
	rays(cr, SHEET / 2, h * 0.36, h * 0.85, 14);
	glow(cr, SHEET / 2, h * 0.3, 420, 0xffe9a8, 0.5);
	confetti(cr, h * 0.42, 34, colours, 20261121u);
	ticket(cr, 44, h * 0.415, SHEET - 88, h * 0.585 - 60, h - 60 - 330, darker(accent, 0.55));
}

/* ---- 夜航: a lecture in the evening --------------------------------------------------------------------------- */

static void horizon(cairo_t *cr, double y, double height, uint32_t rgb)
{
	cairo_set_line_width(cr, 1.2);
	for (int i = -16; i <= 16; i++) {
		paint_veil(cr, rgb, 0.16);
		cairo_move_to(cr, SHEET / 2 + i * 26, y);
		cairo_line_to(cr, SHEET / 2 + i * 190, y + height);
		cairo_stroke(cr);
	}
	for (int i = 0; i < 11; i++) {
		double down = height * pow(i / 10.0, 2.1);
		paint_veil(cr, rgb, 0.08 + 0.012 * i);
		cairo_move_to(cr, 0, y + down);
		cairo_line_to(cr, SHEET, y + down);
		cairo_stroke(cr);
	}
}

static void paint_night(cairo_t *cr, double width, double height, uint32_t accent)
{
	double h = begin_sheet(cr, width, height);
	uint32_t ink = mix(0x0a1024, accent, 0.08), bright = lighter(accent, 0.35);
	unsigned state = 77;

	slope(cr, h, 0, ink, mix(0x1a2352, accent, 0.22));
	for (int i = 0; i < 90; i++) {
		double x = scatter(&state) * SHEET, y = scatter(&state) * h * 0.62, size = 0.6 + scatter(&state) * 1.3;
		disc(cr, x, y, size, 0xffffff, 0.25 + 0.5 * scatter(&state));
	}
	glow(cr, 590, h * 0.17, 430, bright, 0.6);
	disc(cr, 590, h * 0.17, 96, lighter(accent, 0.55), 0.95);
	glow(cr, 560, h * 0.17 - 30, 96, 0xffffff, 0.75);
	ring(cr, 590, h * 0.17, 150, 1.4, 0xffffff, 0.28);
	ring(cr, 590, h * 0.17, 214, 1.2, 0xffffff, 0.14);
	disc(cr, 590 + 150 * cos(2.4), h * 0.17 + 150 * sin(2.4), 7, 0xffffff, 0.9);
	disc(cr, 590 + 214 * cos(0.7), h * 0.17 + 214 * sin(0.7), 5, bright, 1);
	horizon(cr, h * 0.66, h * 0.34, bright);
	glow(cr, SHEET / 2, h * 0.66, 460, bright, 0.28);
	paint_veil(cr, mix(ink, 0x000000, 0.2), 0.72);
	paint_round(cr, 44, h - 60 - 300, SHEET - 88, 300, 26);
	cairo_fill_preserve(cr);
	paint_veil(cr, bright, 0.5);
	cairo_set_line_width(cr, 1.5);
	cairo_stroke(cr);
}

/* ---- 纸本: for readers ------------------------------------------------------------------------------------------ */

static void hill(cairo_t *cr, double base, double height, double sheet, double phase, uint32_t rgb)
{
	paint_colour(cr, rgb);
	cairo_move_to(cr, 0, sheet);
	for (double x = 0; x <= SHEET; x += 6) {
		double y = sin(x / 118 + phase) * 0.5 + sin(x / 53 + phase * 2.3) * 0.22 + sin(x / 260 + phase * 0.7) * 0.6;
		cairo_line_to(cr, x, base - y * height);
	}
	cairo_line_to(cr, SHEET, sheet);
	cairo_close_path(cr);
	cairo_fill(cr);
}

static void paint_paper(cairo_t *cr, double width, double height, uint32_t accent)
{
	double h = begin_sheet(cr, width, height);
	uint32_t ground = 0xf8f3e8;
	unsigned state = 1912;

	slope(cr, h, 0, 0xfbf7ee, 0xf1e9d9);
	for (int i = 0; i < 2600; i++) {
		double x = scatter(&state) * SHEET, y = scatter(&state) * h;
		disc(cr, x, y, 0.9, scatter(&state) < 0.5 ? 0x8a7650 : 0xffffff, 0.10);
	}
	disc(cr, 556, h * 0.185, 104, accent, 0.92);
	hill(cr, h * 0.70, 54, h, 0.4, mix(ground, 0x6f8f8a, 0.22));
	hill(cr, h * 0.755, 48, h, 2.1, mix(ground, 0x5a7f7c, 0.38));
	hill(cr, h * 0.815, 40, h, 4.0, mix(ground, 0x3f6a69, 0.62));
	hill(cr, h * 0.875, 30, h, 5.2, mix(ground, 0x2b5355, 0.86));
	paint_veil(cr, 0x4a3d2a, 0.7);
	cairo_set_line_width(cr, 1.4);
	cairo_rectangle(cr, 28, 28, SHEET - 56, h - 56);
	cairo_stroke(cr);
	cairo_set_line_width(cr, 0.8);
	cairo_rectangle(cr, 36, 36, SHEET - 72, h - 72);
	cairo_stroke(cr);
	card(cr, SHEET / 2 - 150, h - 78 - 322, 300, 322, 12, 0xfffdf8, 0x2b2415);
}

/* ---- 鎏金: for regulars ------------------------------------------------------------------------------------------- */

static cairo_pattern_t *gold(double x1, double y1, double x2, double y2, uint32_t accent)
{
	cairo_pattern_t *p = cairo_pattern_create_linear(x1, y1, x2, y2);

	stop(p, 0, darker(accent, 0.25), 1);
	stop(p, 0.3, lighter(accent, 0.45), 1);
	stop(p, 0.52, accent, 1);
	stop(p, 0.75, lighter(accent, 0.65), 1);
	stop(p, 1, darker(accent, 0.3), 1);
	return p;
}

static void gold_stroke(cairo_t *cr, double line, double height, uint32_t accent)
{
	cairo_pattern_t *p = gold(0, 0, SHEET, height, accent);

	cairo_set_line_width(cr, line);
	cairo_set_source(cr, p);
	cairo_stroke(cr);
	cairo_pattern_destroy(p);
}

static void paint_gold(cairo_t *cr, double width, double height, uint32_t accent)
{
	double h = begin_sheet(cr, width, height);

	slope(cr, h, 180, 0x2a2622, 0x100e0d);
	glow(cr, SHEET / 2, h * 0.2, 520, accent, 0.22);
	for (int i = 0; i < 26; i++) {                  /* silk: lines that swing apart */
		cairo_move_to(cr, -20, h * 0.34 + i * 7);
		cairo_curve_to(cr, 230, h * 0.16 + i * 17, 480, h * 0.56 - i * 9, SHEET + 20, h * 0.27 + i * 13);
		paint_veil(cr, lighter(accent, 0.25), 0.05 + 0.005 * (i % 9));
		cairo_set_line_width(cr, 1);
		cairo_stroke(cr);
	}
	paint_round(cr, 30, 30, SHEET - 60, h - 60, 22);
	gold_stroke(cr, 2, h, accent);
	paint_round(cr, 40, 40, SHEET - 80, h - 80, 16);
	gold_stroke(cr, 0.8, h, accent);
	shadow(cr, 70, h - 90 - 300, SHEET - 140, 300, 22, 24, 0x000000);
	paint_round(cr, 70, h - 90 - 300, SHEET - 140, 300, 22);
	cairo_pattern_t *p = cairo_pattern_create_linear(70, h - 390, SHEET - 70, h - 90);
	stop(p, 0, lighter(accent, 0.72), 1);
	stop(p, 0.55, lighter(accent, 0.45), 1);
	stop(p, 1, lighter(accent, 0.62), 1);
	fill_pattern(cr, p);
}

/* ---- The list ----------------------------------------------------------------------------------------------------- */

const struct poster_art poster_arts[] = {
	{ "dawn",  0x0f7f70, paint_dawn },
	{ "spark", 0xf2603c, paint_spark },
	{ "night", 0x5b7cff, paint_night },
	{ "paper", 0xc2402f, paint_paper },
	{ "gold",  0xd0a55a, paint_gold },
	{ 0 },
};

const struct poster_art *poster_art_find(struct str name)
{
	for (const struct poster_art *a = poster_arts; a->name; a++)
		if (str_is(name, a->name))
			return a;
	return NULL;
}
