/* picture.h: pictures that people upload: what they are, their pixels, a clean copy, and whether two are the same.
 *
 * Only PNG and JPEG, at most 5 MB, 6000 pixels a side and 24 megapixels; every function checks this first, from the
 * header, before any memory is taken for pixels. Then it answers with one of
 *   E_PICTURE_FORMAT      neither PNG nor JPEG, by its first bytes (names and Content-Types are not believed)
 *   E_PICTURE_ANIMATED    a GIF, or a PNG of several frames
 *   E_PICTURE_TOO_LARGE   past one of the limits
 *   E_PICTURE_BROKEN      empty, truncated, corrupt
 *   E_MEMORY
 * Decoding takes up to 24 MB for gray, 72 MB for colours and 96 MB with alpha while it runs: a server lets few run at once.
 * Everything here may be called from any thread.
 */
#pragma once
#include "base/arena.h"
#include "base/secret.h"
#include "media/pixels.h"

#define PICTURE_BYTES_MAX  (5 << 20)
#define PICTURE_SIDE_MAX   6000
#define PICTURE_PIXELS_MAX 24000000

enum picture_type { PICTURE_PNG = 1, PICTURE_JPEG };

struct picture_info {
	enum picture_type type;
	int               width, height;        /* as stored: EXIF may ask for a turn by 90° */
};

/* Reads the header only: a picture that passes may still be broken further on. */
int picture_probe(struct blob file, struct picture_info *ret);

const char *picture_media_type(enum picture_type);      /* "image/png" */
const char *picture_extension(enum picture_type);       /* "png" */

/* Gray, full size, transparent parts white, not turned. The caller frees the pixels. */
int picture_read_gray(struct blob file, struct pixels *ret);

/* RGB, upright, transparent parts white; scaled down so that the longer side is at most max_side (1 to 6000).
 * The caller frees the pixels. */
int picture_read_colours(struct blob file, int max_side, struct pixels *ret);

/* The same, but what is transparent in a PNG stays so: RGBA for a PNG, RGB for a JPEG. */
int picture_read_clear(struct blob file, int max_side, struct pixels *ret);

/* A clean copy: upright, no longer than max_side, and nothing in it but pixels (no EXIF, place, author, profile or
 * hidden text). JPEG stays JPEG; PNG stays PNG, or becomes JPEG when it is a photograph that would be far larger as
 * PNG. The bytes live in the arena. */
int picture_reduce(struct blob file, int max_side, struct arena *, struct blob *ret, enum picture_type *ret_type);

/* The same, but a PNG that can be seen through somewhere stays one that can. */
int picture_reduce_clear(struct blob file, int max_side, struct arena *, struct blob *ret, enum picture_type *ret_type);

/* Two keys of one picture.
 *   exact  equal when every pixel is: survives a new name, removed metadata, a lossless copy.
 *   look   64 bits of what it looks like (dHash), nearly equal after re-encoding and scaling.
 * An equal `exact` is proof. A near `look` is a reason to show both to a person, no more: screenshots of one app by
 * two people look alike. */
struct picture_key {
	char     exact[HASH_TEXT + 1];
	uint64_t look;
};

int picture_same_key(struct blob file, struct picture_key *ret);
int picture_key_of(const struct pixels *gray, struct picture_key *ret);      /* when the pixels are at hand */

/* Bits in which two looks differ, 0 to 64: PICTURE_ALIKE or less after re-encoding, about 32 for strangers. */
#define PICTURE_ALIKE 4
int picture_likeness(uint64_t look_a, uint64_t look_b);
