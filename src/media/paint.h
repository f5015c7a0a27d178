/* paint.h: the strokes that everybody here who paints with cairo needs. For the files of media/ only. */
#pragma once
#include <cairo.h>
#include "media/pixels.h"

void paint_colour(cairo_t *, uint32_t rgb);                     /* 0xRRGGBB as the source */
void paint_veil(cairo_t *, uint32_t rgb, double opacity);       /* the same, to be seen through */
/* The path of a rectangle with round corners. */
void paint_round(cairo_t *, double x, double y, double width, double height, double radius);

/* cairo's words: 0x00RRGGBB; of four channels 0xAARRGGBB. */
void words_from_pixels(const struct pixels *, uint32_t *ret);
void words_to_pixels(const uint32_t *, const struct pixels *rgb);

/* Relative luminance after WCAG 2: 0 for black, 1 for white; and the ratio of two colours, 1 to 21. */
double paint_luminance(uint32_t rgb);
double paint_contrast(uint32_t one, uint32_t other);
