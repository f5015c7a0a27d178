/* sample_test.c: pictures for the tests. */
#include "media/sample_test.h"
#include "media/codec.h"
#include "media/picture.h"
#include "test.h"

static int distance2(int x, int y, int cx, int cy) { return (x - cx) * (x - cx) + (y - cy) * (y - cy); }

/* Everything is laid out by thousandths, so that one seed is one scene at any size. */
struct pixels sample_photo(int width, int height, unsigned seed)
{
	struct pixels p;
	unsigned noise = seed * 2654435761u + 1;
	int discs[6][3];

	for (int i = 0; i < 6; i++)
		for (int k = 0; k < 3; k++, noise = noise * 1664525u + 1013904223u)
			discs[i][k] = (int)(noise >> 16) % (k == 2 ? 250 : 1000);
	assert_int_equal(pixels_make(width, height, 3, &p), 0);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			uint8_t *at = pixels_row(&p, y) + x * 3;
			int u = x * 1000 / width, v = y * 1000 / height;
			int tone[3] = { u / 5 + 20, v / 5 + 30, 200 - (u + v) / 12 };
			for (int i = 0; i < 6; i++)
				if (distance2(u, v, discs[i][0], discs[i][1]) < discs[i][2] * discs[i][2])
					tone[i % 3] = (tone[i % 3] + 70 + i * 20) % 256;
			noise = noise * 1664525u + 1013904223u;
			for (int c = 0; c < 3; c++)
				at[c] = (uint8_t)(tone[c] > 250 ? 250 : tone[c] + (int)(noise >> 30));
		}
	return p;
}

static struct blob keep(struct arena *arena, struct buf *file, int r)
{
	assert_int_equal(r, 0);
	struct str kept = str_copy(arena, buf_view(file));
	assert_false(arena_failed(arena));
	return (struct blob){ kept.at, kept.len };
}

struct blob sample_png(struct arena *arena, const struct pixels *p)
{
	BUF_SCOPED file;
	buf_init(&file, 200 << 20);
	return keep(arena, &file, png_encode(p, &file));
}

struct blob sample_jpeg(struct arena *arena, const struct pixels *p, int quality)
{
	BUF_SCOPED file;
	buf_init(&file, 200 << 20);
	return keep(arena, &file, jpeg_encode(p, quality, &file));
}

struct blob sample_code(struct arena *arena, const char *text, const struct qr_style *style)
{
	BUF_SCOPED file;
	buf_init(&file, 20 << 20);
	return keep(arena, &file, qr_png(str_of(text), style, &file));
}

void sample_paste(struct pixels *under, struct blob top, int x, int y)
{
	PIXELS_SCOPED gray = { 0 };
	assert_int_equal(picture_read_gray(top, &gray), 0);
	for (int j = 0; j < gray.height; j++)
		for (int i = 0; i < gray.width; i++)
			memset(pixels_row(under, y + j) + (x + i) * under->channels, pixels_row(&gray, j)[i], under->channels);
}

static uint32_t crc_of(uint32_t crc, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return crc;
}

static void add_word(struct buf *b, uint32_t n)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_byte(b, (char)(n >> shift));
}

void sample_chunk(struct buf *b, const char *name, struct blob bytes)
{
	uint32_t crc = crc_of(0xffffffffu, (const uint8_t *)name, 4);
	add_word(b, (uint32_t)bytes.len);
	buf_add(b, name, 4);
	buf_add(b, bytes.at, bytes.len);
	add_word(b, ~crc_of(crc, bytes.at, bytes.len));
}
