/* pixels.h: a decoded picture in memory, and the three things that are done to one: scale, turn, free.
 *
 * Gray (1 byte a pixel) or RGB (3), rows without gaps, white where the file was transparent; or RGBA (4), the colours
 * multiplied by the alpha, so that scaling mixes them rightly. Pixels are big (up to
 * 96 MB), so they are not put in arenas: whoever makes them frees them, best by PIXELS_SCOPED.
 */
#pragma once
#include <stdint.h>
#include "base/err.h"

struct pixels {
	uint8_t *at;
	int      width, height, channels;
};

/* Black pixels of this size. 0 or E_MEMORY. */
int  pixels_make(int width, int height, int channels, struct pixels *ret);
void pixels_free(struct pixels *);                      /* {0} is fine */

static inline size_t pixels_size(const struct pixels *p) { return (size_t)p->width * p->height * p->channels; }
static inline uint8_t *pixels_row(const struct pixels *p, int y) { return p->at + (size_t)y * p->width * p->channels; }

/* To exactly this size, each new pixel the exact mean of the area it covers. 0 or E_MEMORY. */
int pixels_scale(const struct pixels *, int width, int height, struct pixels *ret);

/* The largest size with the same proportions whose longer side is at most `side`; never larger than it was, never 0. */
void pixels_fit(int *width, int *height, int side);

/* Upright, from one of EXIF's eight orientations (1 is upright). 0 or E_MEMORY. */
int pixels_turn(const struct pixels *, int orientation, struct pixels *ret);

#define PIXELS_SCOPED __attribute__((cleanup(pixels_free))) struct pixels
