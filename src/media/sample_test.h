/* sample_test.h: pictures for the tests, drawn on the spot: no binary files in the tree. */
#pragma once
#include "media/pixels.h"
#include "media/qr_draw.h"

/* Soft colours, a few discs and a little grain; another seed is another picture. The caller frees. */
struct pixels sample_photo(int width, int height, unsigned seed);

/* As files, in the arena. */
struct blob sample_png(struct arena *, const struct pixels *);
struct blob sample_jpeg(struct arena *, const struct pixels *, int quality);

/* A code as a PNG file. */
struct blob sample_code(struct arena *, const char *text, const struct qr_style *);

/* Lay the picture file `top` (gray) on `under` with its upper left corner at x, y. */
void sample_paste(struct pixels *under, struct blob top, int x, int y);

/* One PNG chunk: length, name, bytes, CRC. */
void sample_chunk(struct buf *, const char *name, struct blob bytes);
