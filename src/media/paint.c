/* paint.c: see paint.h. */
#include "media/paint.h"

#include <math.h>

void paint_veil(cairo_t *cr, uint32_t rgb, double opacity)
{
	cairo_set_source_rgba(cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, opacity);
}

void paint_colour(cairo_t *cr, uint32_t rgb)
{
	paint_veil(cr, rgb, 1);
}

void paint_round(cairo_t *cr, double x, double y, double width, double height, double radius)
{
	cairo_new_sub_path(cr);
	cairo_arc(cr, x + width - radius, y + radius, radius, -M_PI_2, 0);
	cairo_arc(cr, x + width - radius, y + height - radius, radius, 0, M_PI_2);
	cairo_arc(cr, x + radius, y + height - radius, radius, M_PI_2, M_PI);
	cairo_arc(cr, x + radius, y + radius, radius, M_PI, M_PI + M_PI_2);
	cairo_close_path(cr);
}

static uint32_t word(const uint8_t *in)
{
	return (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
}

void words_from_pixels(const struct pixels *p, uint32_t *ret)
{
	const uint8_t *in = p->at;
	size_t count = (size_t)p->width * p->height;

	for (size_t i = 0; i < count; i++, in += p->channels)
		ret[i] = word(in) | (p->channels == 4 ? (uint32_t)in[3] << 24 : 0);
}

void words_to_pixels(const uint32_t *words, const struct pixels *rgb)
{
	uint8_t *out = rgb->at;
	size_t count = (size_t)rgb->width * rgb->height;

	for (size_t i = 0; i < count; i++, out += 3) {
		out[0] = (uint8_t)(words[i] >> 16);
		out[1] = (uint8_t)(words[i] >> 8);
		out[2] = (uint8_t)words[i];
	}
}

double paint_luminance(uint32_t rgb)
{
	static const double weights[] = { 0.2126, 0.7152, 0.0722 };
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double c = (rgb >> (16 - 8 * i) & 255) / 255.0;
		sum += weights[i] * (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

double paint_contrast(uint32_t one, uint32_t other)
{
	double a = paint_luminance(one), b = paint_luminance(other);

	return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}
