/* jpeg_patch.h: a JPEG of which only the changed parts are encoded again.
 *
 * Story      A thousand people share one poster: the same background, another name, face and code on each. Encoding the
 *            whole picture a thousand times is most of the work. So the picture is encoded once with a restart marker
 *            after every JPEG_RUN blocks of 16 × 16 pixels. Between two markers the stream knows nothing of what came
 *            before, hence the runs that did not change are copied as bytes, and only the others are encoded.
 * Holds      The result holds exactly the blocks that encoding the whole new picture would give (jpeg_patch_test.c
 *            compares bytes). It depends on the pixels alone.
 *            Pixels are 0x00RRGGBB, rows without gaps; colours are 4:2:0, tables are the standard's (a stream that is
 *            put together from two encodings needs the same tables in both).
 * Not here   Drawing (poster.h), files of people (picture.h).
 */
#pragma once
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

#define JPEG_BLOCK 16           /* pixels a side; what changes should be aligned to it, or costs a block more */
#define JPEG_RUN   8            /* blocks between two markers: fewer cost bytes, more cost work for what did not change */

struct jpeg_base;

struct area { int x, y, width, height; };       /* pixels */

/* Sides from 128 to 4096. 0 or E_MEMORY. */
int    jpeg_base_make(const uint32_t *pixels, int width, int height, int quality, struct jpeg_base **ret);
void   jpeg_base_free(struct jpeg_base *);      /* NULL is fine */
size_t jpeg_base_size(const struct jpeg_base *);        /* bytes of memory it holds */

/* Appends the JPEG of `before` (of which the base was made) with the areas, and the blocks they touch, as they are in
 * `now`; what else is in `now` is not looked at. Areas may overlap and stick out. 0 or E_MEMORY: the buffer is then as
 * it was. Any thread. */
int    jpeg_base_patch(const struct jpeg_base *, const uint32_t *before, const uint32_t *now, const struct area *, size_t count,
                       struct buf *ret);
