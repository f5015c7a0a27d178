/* qr_read.c: the QR code in an uploaded picture, by libzbar.
 *
 * Story   An operator uploads a screenshot of the group's code: 1440 × 3200, dark mode, the code in a corner of a
 *         poster; or a thumbnail of 90 pixels that somebody forwarded twice. zbar alone misses many of them. It is
 *         shown the picture several times: at a reading distance first, then as it is, doubled, smaller, inverted.
 * Not here  What the link means (groups/), colours (a QR code is read in gray).
 * Holds   zbar looks for QR codes only: its other readers are code that nobody here needs.
 * Test    qr_test.c, test/fuzz/picture.c.
 */
#include "media/qr_read.h"
#include <zbar.h>
#include "base/utf8.h"
#include "media/picture.h"

#define READING_SIDE 1600       /* large enough for a code in a corner, small enough to be quick */
#define DOUBLE_UP_TO 1200       /* longer pictures have enough pixels */

/* What was seen so far. */
struct sight {
	zbar_image_scanner_t *scanner;
	int                   codes;                /* different texts: 0, 1, 2 (or more) */
	bool                  too_long;
	size_t                len;
	char                  bytes[QR_READ_MAX];   /* of the first */
};

static void scanner_free(struct sight *s)
{
	if (s->scanner)
		zbar_image_scanner_destroy(s->scanner);
}

static int scanner_make(struct sight *s)
{
	s->scanner = zbar_image_scanner_create();
	if (!s->scanner)
		return E_MEMORY;
	zbar_image_scanner_set_config(s->scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(s->scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_scanner_set_config(s->scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);     /* it guesses encodings badly */
	return 0;
}

static void note_code(struct sight *s, const char *bytes, size_t len)
{
	if (s->codes > 0 && len == s->len && (len > sizeof s->bytes || memcmp(bytes, s->bytes, len) == 0))
		return;
	s->codes++;
	s->len = len;
	s->too_long = len > sizeof s->bytes;
	if (!s->too_long)
		memcpy(s->bytes, bytes, len);
}

/* ---- One look ---------------------------------------------------------------------------------- */

static int look_at(struct sight *s, const struct pixels *gray)
{
	zbar_image_t *image = zbar_image_create();

	if (!image)
		return E_MEMORY;
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, (unsigned)gray->width, (unsigned)gray->height);
	zbar_image_set_data(image, gray->at, pixels_size(gray), NULL);          /* NULL: the pixels stay ours */
	int seen = zbar_scan_image(s->scanner, image);
	const zbar_symbol_t *symbol = seen > 0 ? zbar_image_first_symbol(image) : NULL;
	for (; symbol; symbol = zbar_symbol_next(symbol))
		if (zbar_symbol_get_type(symbol) == ZBAR_QRCODE)
			note_code(s, zbar_symbol_get_data(symbol), zbar_symbol_get_data_length(symbol));
	zbar_image_destroy(image);
	return s->codes;
}

static int look_scaled(struct sight *s, const struct pixels *gray, int width, int height)
{
	PIXELS_SCOPED other = { 0 };
	int r = pixels_scale(gray, width, height, &other);

	return r < 0 ? r : look_at(s, &other);
}

static void invert(const struct pixels *gray)
{
	size_t size = pixels_size(gray);

	for (size_t i = 0; i < size; i++)
		gray->at[i] = (uint8_t)~gray->at[i];
}

/* ---- All looks, until one sees something ----------------------------------------------------------- */

static int look_at_sizes(struct sight *s, const struct pixels *full)
{
	int width = full->width, height = full->height, r;

	pixels_fit(&width, &height, READING_SIDE);
	if (width != full->width && (r = look_scaled(s, full, width, height)) != 0)
		return r;
	if ((r = look_at(s, full)) != 0)
		return r;
	if (full->width <= DOUBLE_UP_TO && full->height <= DOUBLE_UP_TO &&
	    (r = look_scaled(s, full, full->width * 2, full->height * 2)) != 0)
		return r;
	return width < 2 || height < 2 ? 0 : look_scaled(s, full, width / 2, height / 2);
}

static int look_for_code(struct sight *s, const struct pixels *full)
{
	int r = look_at_sizes(s, full);

	if (r != 0)
		return r;
	invert(full);
	return look_at_sizes(s, full);
}

static int text_of(const struct sight *s, struct arena *arena, struct str *ret)
{
	struct str text = { s->bytes, s->len };

	if (s->codes == 0)
		return E_PICTURE_NO_QR;
	if (s->codes > 1)
		return E_PICTURE_MANY_QR;
	if (s->too_long)
		return E_TOO_LONG;
	if (!utf8_valid(text) && !utf8_from_gbk(arena, (struct blob){ s->bytes, s->len }, &text))
		return arena_failed(arena) ? E_MEMORY : E_UTF8;
	text = str_copy(arena, text);
	if (arena_failed(arena))
		return E_MEMORY;
	*ret = text;
	return 0;
}

int qr_find(struct blob picture, struct arena *arena, struct str *ret_text)
{
	PIXELS_SCOPED gray = { 0 };
	__attribute__((cleanup(scanner_free))) struct sight sight = { 0 };
	int r = picture_read_gray(picture, &gray);

	if (r < 0 || (r = scanner_make(&sight)) < 0 || (r = look_for_code(&sight, &gray)) < 0)
		return r;
	return text_of(&sight, arena, ret_text);
}
