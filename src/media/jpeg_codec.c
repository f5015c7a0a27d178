/* jpeg_codec.c: JPEG files, by libturbojpeg.
 *
 * Holds   Any warning of the decoder counts as broken: it would otherwise paint the missing part gray and call it
 *         a picture.
 *         A progressive file may ask for a pass over all pixels with a dozen bytes; how often it may is bounded.
 * Test    picture_test.c, test/fuzz/picture.c.
 */
#include <turbojpeg.h>
#include "base/mem.h"
#include "media/codec.h"

#define SCANS_MAX 64        /* cameras and editors write about 10; embedded thumbnails count too */

static void handle_free(tjhandle *handle)
{
	if (*handle)
		tjDestroy(*handle);
}
#define HANDLE_SCOPED __attribute__((cleanup(handle_free))) tjhandle

static int read_header(tjhandle handle, struct blob file, int *width, int *height, int *ret_colours)
{
	int sampling;

	*width = *height = 0;                   /* a file of tables alone is read well, and says nothing of a size */
	if (tjDecompressHeader3(handle, file.at, file.len, width, height, &sampling, ret_colours) != 0)
		return E_PICTURE_BROKEN;
	return *width > 0 && *height > 0 ? 0 : E_PICTURE_BROKEN;
}

int jpeg_size(struct blob file, int *ret_width, int *ret_height)
{
	HANDLE_SCOPED handle = tjInitDecompress();
	int width, height, colours;
	int r = handle ? read_header(handle, file, &width, &height, &colours) : E_MEMORY;

	if (r < 0)
		return r;
	*ret_width = width;
	*ret_height = height;
	return 0;
}

/* ---- Read --------------------------------------------------------------------------------------- */

static int count_scans(struct blob file)
{
	const char *at = file.at, *end = at + file.len;
	int scans = 0;

	while ((at = memmem(at, (size_t)(end - at), "\xff\xda", 2))) {
		scans++;
		at += 2;
	}
	return scans;
}

static tjscalingfactor shrink_while(int longer, int at_least)
{
	for (int by = 8; at_least > 0 && by > 1; by /= 2) {
		tjscalingfactor factor = { 1, by };
		if (TJSCALED(longer, factor) >= at_least)
			return factor;
	}
	return (tjscalingfactor){ 1, 1 };
}

/* Print shops send CMYK, which the library hands over as it is: inverted, the way Adobe writes it. */
static void from_cmyk(const struct pixels *cmyk, const struct pixels *to)
{
	size_t count = (size_t)to->width * to->height;
	const uint8_t *in = cmyk->at;
	uint8_t *out = to->at;

	for (size_t i = 0; i < count; i++, in += 4, out += to->channels) {
		int red = in[0] * in[3] / 255, green = in[1] * in[3] / 255, blue = in[2] * in[3] / 255;
		if (to->channels == 1) {
			out[0] = (uint8_t)((red * 299 + green * 587 + blue * 114) / 1000);
		} else {
			out[0] = (uint8_t)red;
			out[1] = (uint8_t)green;
			out[2] = (uint8_t)blue;
		}
	}
}

static int decode_as(tjhandle handle, struct blob file, int format, const struct pixels *to)
{
	return tjDecompress2(handle, file.at, file.len, to->at, to->width, 0, to->height, format, 0) != 0
		? E_PICTURE_BROKEN : 0;
}

static int decode_into(tjhandle handle, struct blob file, bool cmyk, const struct pixels *to)
{
	if (!cmyk)
		return decode_as(handle, file, to->channels == 1 ? TJPF_GRAY : TJPF_RGB, to);

	PIXELS_SCOPED four = { 0 };
	int r = pixels_make(to->width, to->height, 4, &four);
	if (r < 0 || (r = decode_as(handle, file, TJPF_CMYK, &four)) < 0)
		return r;
	from_cmyk(&four, to);
	return 0;
}

int jpeg_decode(struct blob file, int channels, int at_least, struct pixels *ret)
{
	HANDLE_SCOPED handle = tjInitDecompress();
	struct pixels made;
	int width, height, colours;
	int r = handle ? read_header(handle, file, &width, &height, &colours) : E_MEMORY;

	if (r < 0)
		return r;
	if (count_scans(file) > SCANS_MAX)
		return E_PICTURE_BROKEN;
	tjscalingfactor factor = shrink_while(width > height ? width : height, at_least);
	r = pixels_make(TJSCALED(width, factor), TJSCALED(height, factor), channels, &made);
	if (r < 0)
		return r;
	r = decode_into(handle, file, colours == TJCS_CMYK || colours == TJCS_YCCK, &made);
	if (r < 0)
		pixels_free(&made);
	else
		*ret = made;
	return r;
}

/* ---- Which side is up ----------------------------------------------------------------------------
 * Phones store what the sensor saw and note in EXIF how they were held. The note goes away with the rest of the
 * metadata, so it must be obeyed first. Only this one tag is read. */

static uint32_t number_at(struct blob tiff, size_t at, int bytes)
{
	const uint8_t *p = tiff.at;
	bool little = p[0] == 'I';
	uint32_t n = 0;

	for (int i = 0; i < bytes; i++)
		n = n << 8 | p[at + (size_t)(little ? bytes - 1 - i : i)];
	return n;
}

static int orientation_in(struct blob tiff)
{
	if (tiff.len < 14)
		return 1;
	size_t at = number_at(tiff, 4, 4);
	if (at > tiff.len - 2)
		return 1;
	uint32_t entries = number_at(tiff, at, 2);
	for (at += 2; entries > 0 && tiff.len - at >= 12; entries--, at += 12) {
		if (number_at(tiff, at, 2) != 0x0112)
			continue;
		uint32_t found = number_at(tiff, at + 8, 2);
		return found >= 1 && found <= 8 ? (int)found : 1;
	}
	return 1;
}

int jpeg_orientation(struct blob file)
{
	const uint8_t *p = file.at;
	size_t at = 2;

	while (file.len - at >= 10 && p[at] == 0xff && p[at + 1] != 0xda) {      /* segments, until the pixels begin */
		size_t len = (size_t)p[at + 2] << 8 | p[at + 3];
		if (len < 2 || len > file.len - at - 2)
			break;
		if (p[at + 1] == 0xe1 && len > 8 && memcmp(p + at + 4, "Exif\0", 6) == 0)
			return orientation_in((struct blob){ p + at + 10, len - 8 });
		at += 2 + len;
	}
	return 1;
}

/* ---- Write --------------------------------------------------------------------------------------- */

static int encode_as(const void *pixels, int width, int height, int format, int quality, struct buf *ret)
{
	HANDLE_SCOPED handle = tjInitCompress();
	unsigned char *bytes = NULL;
	unsigned long len = 0;
	size_t before = ret->len;
	int sampling = format == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_420;

	if (handle && tjCompress2(handle, pixels, width, 0, height, format, &bytes, &len, sampling, quality, TJFLAG_ACCURATEDCT) == 0)
		buf_add(ret, bytes, len);
	tjFree(bytes);
	if (len > 0 && !buf_failed(ret))
		return 0;
	ret->len = before;
	return E_MEMORY;
}

int jpeg_encode(const struct pixels *p, int quality, struct buf *ret)
{
	return encode_as(p->at, p->width, p->height, p->channels == 1 ? TJPF_GRAY : TJPF_RGB, quality, ret);
}

int jpeg_encode_words(const uint32_t *words, int width, int height, int quality, struct buf *ret)
{
	return encode_as(words, width, height, TJPF_BGRX, quality, ret);
}
