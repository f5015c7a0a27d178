/* codec.h: PNG and JPEG files to pixels and back. For the files of media/ only; others use picture.h.
 *
 * Decoders trust that `picture_probe` has passed the bytes (so the size is bounded) and nothing else. They return
 * 0, E_PICTURE_BROKEN or E_MEMORY. Encoders append to the buffer: 0 or E_MEMORY.
 */
#pragma once
#include "base/buf.h"
#include "media/pixels.h"

/* Width and height from the header. 0, E_PICTURE_BROKEN or E_MEMORY. */
int png_size(struct blob file, int *ret_width, int *ret_height);
int jpeg_size(struct blob file, int *ret_width, int *ret_height);

/* channels: 1 for gray, 3 for RGB, 4 for RGBA (PNG only). `at_least`: the longer side the caller needs; a JPEG may come smaller than it
 * is, by 1/2, 1/4 or 1/8, while it is still that long (this saves most of the work); 0: full size. */
int png_decode(struct blob file, int channels, struct pixels *ret);
int jpeg_decode(struct blob file, int channels, int at_least, struct pixels *ret);

/* EXIF's orientation, 1 to 8; 1 when there is none or it makes no sense. */
int jpeg_orientation(struct blob file);

/* More than one frame, or frames announced? Read from the chunks before the pixels. */
bool png_is_animated(struct blob file);

/* Gray, RGB, or (PNG) RGBA. Nothing but pixels is written: no metadata, no time. */
int png_encode(const struct pixels *, struct buf *ret);
int jpeg_encode(const struct pixels *, int quality, struct buf *ret);
int jpeg_encode_words(const uint32_t *words, int width, int height, int quality, struct buf *ret);      /* cairo's */

/* Two colours (0xRRGGBB), one bit a pixel, set bits dark; rows are whole bytes, the leftmost pixel the highest bit. */
int png_encode_bits(const uint8_t *bits, int width, int height, uint32_t light, uint32_t dark, struct buf *ret);
