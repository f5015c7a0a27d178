/* picture.c: pictures that people upload.
 *
 * Story   A visitor hands in a 9 MB photograph of a screen, a broken download, a GIF named .png, a bomb that claims
 *         60,000 × 60,000 pixels, or last week's proof once more. Each gets its own answer, and what is kept is small
 *         and says nothing about where it was taken.
 * Not here  The formats themselves (png_codec.c, jpeg_codec.c), reading QR codes (qr_read.h).
 * Holds   No pixel memory is taken before the header has passed the limits.
 * Test    picture_test.c draws its own pictures.
 */
#include "media/picture.h"
#include "base/buf.h"
#include "media/codec.h"

#define QUALITY        85
#define PNG_BYTES_FINE (300 << 10)      /* below it a lossless copy is kept as it is; drawings and screenshots are */

/* ---- What is it ------------------------------------------------------------------------------ */

static bool begins_with(struct blob file, const char *magic, size_t len)
{
	return file.len >= len && memcmp(file.at, magic, len) == 0;
}

static int type_of(struct blob file, enum picture_type *ret)
{
	if (begins_with(file, "\x89PNG\r\n\x1a\n", 8))
		*ret = PICTURE_PNG;
	else if (begins_with(file, "\xff\xd8\xff", 3))
		*ret = PICTURE_JPEG;
	else
		return begins_with(file, "GIF8", 4) ? E_PICTURE_ANIMATED : E_PICTURE_FORMAT;
	return 0;
}

static bool too_large(const struct picture_info *info)
{
	return info->width > PICTURE_SIDE_MAX || info->height > PICTURE_SIDE_MAX ||
	       (int64_t)info->width * info->height > PICTURE_PIXELS_MAX;
}

int picture_probe(struct blob file, struct picture_info *ret)
{
	struct picture_info info;
	int r;

	if (file.len == 0)
		return E_PICTURE_BROKEN;
	if (file.len > PICTURE_BYTES_MAX)
		return E_PICTURE_TOO_LARGE;
	if ((r = type_of(file, &info.type)) < 0)
		return r;
	r = (info.type == PICTURE_PNG ? png_size : jpeg_size)(file, &info.width, &info.height);
	if (r < 0)
		return r;
	if (too_large(&info))
		return E_PICTURE_TOO_LARGE;
	if (info.type == PICTURE_PNG && png_is_animated(file))
		return E_PICTURE_ANIMATED;
	*ret = info;
	return 0;
}

const char *picture_media_type(enum picture_type type) { return type == PICTURE_PNG ? "image/png" : "image/jpeg"; }
const char *picture_extension(enum picture_type type)  { return type == PICTURE_PNG ? "png" : "jpg"; }

/* ---- Its pixels -------------------------------------------------------------------------------- */

int picture_read_gray(struct blob file, struct pixels *ret)
{
	struct picture_info info;
	int r = picture_probe(file, &info);

	if (r < 0)
		return r;
	return info.type == PICTURE_PNG ? png_decode(file, 1, ret) : jpeg_decode(file, 1, 0, ret);
}

/* Replace the pixels by others that were made from them. */
static void become(struct pixels *p, struct pixels made)
{
	pixels_free(p);
	*p = made;
}

static int shrink_to(struct pixels *p, int max_side)
{
	int width = p->width, height = p->height;
	struct pixels made;

	pixels_fit(&width, &height, max_side);
	if (width == p->width && height == p->height)
		return 0;
	int r = pixels_scale(p, width, height, &made);
	if (r == 0)
		become(p, made);
	return r;
}

static int set_upright(struct pixels *p, int orientation)
{
	struct pixels made;

	if (orientation == 1)
		return 0;
	int r = pixels_turn(p, orientation, &made);
	if (r == 0)
		become(p, made);
	return r;
}

static int read_upright(struct blob file, int max_side, int png_channels, struct pixels *ret)
{
	PIXELS_SCOPED work = { 0 };
	struct picture_info info;
	int r = picture_probe(file, &info);

	if (r < 0)
		return r;
	r = info.type == PICTURE_PNG ? png_decode(file, png_channels, &work) : jpeg_decode(file, 3, max_side, &work);
	if (r < 0 || (r = shrink_to(&work, max_side)) < 0)
		return r;
	if (info.type == PICTURE_JPEG && (r = set_upright(&work, jpeg_orientation(file))) < 0)
		return r;
	*ret = work;
	work = (struct pixels){ 0 };            /* the caller's now */
	return 0;
}

int picture_read_colours(struct blob file, int max_side, struct pixels *ret)
{
	return read_upright(file, max_side, 3, ret);
}

int picture_read_clear(struct blob file, int max_side, struct pixels *ret)
{
	return read_upright(file, max_side, 4, ret);
}

/* ---- A clean copy -------------------------------------------------------------------------------- */

static int encode_as(enum picture_type type, const struct pixels *p, struct buf *out)
{
	return type == PICTURE_PNG ? png_encode(p, out) : jpeg_encode(p, QUALITY, out);
}

static int keep_bytes(struct arena *arena, const struct buf *out, struct blob *ret)
{
	struct str kept = str_copy(arena, buf_view(out));

	if (arena_failed(arena))
		return E_MEMORY;
	*ret = (struct blob){ kept.at, kept.len };
	return 0;
}

static bool seen_through(const struct pixels *p)
{
	for (size_t i = 3; p->channels == 4 && i < pixels_size(p); i += 4)
		if (p->at[i] < 255)
			return true;
	return false;
}

int picture_reduce_clear(struct blob file, int max_side, struct arena *arena, struct blob *ret, enum picture_type *ret_type)
{
	PIXELS_SCOPED p = { 0 };
	BUF_SCOPED out;
	int r = picture_read_clear(file, max_side, &p);

	buf_init(&out, 4 * (size_t)PICTURE_PIXELS_MAX);
	if (r < 0 || !seen_through(&p))
		return r < 0 ? r : picture_reduce(file, max_side, arena, ret, ret_type);
	if ((r = png_encode(&p, &out)) < 0)
		return r;
	*ret_type = PICTURE_PNG;
	return keep_bytes(arena, &out, ret);
}

int picture_reduce(struct blob file, int max_side, struct arena *arena, struct blob *ret, enum picture_type *ret_type)
{
	PIXELS_SCOPED p = { 0 };
	BUF_SCOPED out;
	enum picture_type type;
	int r = picture_read_colours(file, max_side, &p);

	buf_init(&out, 4 * (size_t)PICTURE_PIXELS_MAX);
	if (r < 0 || (r = type_of(file, &type)) < 0 || (r = encode_as(type, &p, &out)) < 0)
		return r;
	if (type == PICTURE_PNG && out.len > PNG_BYTES_FINE) {
		buf_clear(&out);
		type = PICTURE_JPEG;
		if ((r = encode_as(type, &p, &out)) < 0)
			return r;
	}
	if ((r = keep_bytes(arena, &out, ret)) < 0)
		return r;
	*ret_type = type;
	return 0;
}

/* ---- Is it the same one -------------------------------------------------------------------------- */

/* dHash: shrink to 9 × 8 and note, for each pixel, whether it gets lighter to its right. */
static uint64_t look_of(const struct pixels *nine_by_eight)
{
	uint64_t look = 0;

	for (int y = 0; y < 8; y++) {
		const uint8_t *row = pixels_row(nine_by_eight, y);
		for (int x = 0; x < 8; x++)
			look = look << 1 | (row[x] < row[x + 1]);
	}
	return look;
}

int picture_key_of(const struct pixels *gray, struct picture_key *ret)
{
	PIXELS_SCOPED small = { 0 };
	int r = pixels_scale(gray, 9, 8, &small);

	if (r < 0)
		return r;
	hash_text((struct blob){ gray->at, pixels_size(gray) }, ret->exact);
	ret->look = look_of(&small);
	return 0;
}

int picture_same_key(struct blob file, struct picture_key *ret)
{
	PIXELS_SCOPED gray = { 0 };
	int r = picture_read_gray(file, &gray);

	return r < 0 ? r : picture_key_of(&gray, ret);
}

int picture_likeness(uint64_t look_a, uint64_t look_b)
{
	return __builtin_popcountll(look_a ^ look_b);
}
