/* jpeg_patch_test.c: promises of a JPEG put together from parts. */
#include "media/jpeg_patch.h"

#include "media/codec.h"
#include "media/paint.h"
#include "media/sample_test.h"
#include "test.h"

static uint32_t *words_of(int width, int height, unsigned seed)
{
	struct pixels photo = sample_photo(width, height, seed);
	uint32_t *words = mem_take((size_t)width * height * sizeof *words);

	assert_non_null(words);
	words_from_pixels(&photo, words);
	pixels_free(&photo);
	return words;
}

static struct jpeg_base *base_of(const uint32_t *words, int width, int height)
{
	struct jpeg_base *base = NULL;

	assert_int_equal(jpeg_base_make(words, width, height, 85, &base), 0);
	return base;
}

static void patch(const struct jpeg_base *base, const uint32_t *before, const uint32_t *now, const struct area *areas, size_t count,
                  struct buf *out)
{
	buf_init(out, 64 << 20);
	assert_int_equal(jpeg_base_patch(base, before, now, areas, count, out), 0);
}

static void expect_same_bytes(const struct buf *a, const struct buf *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->at, b->at, a->len);
}

static unsigned below(unsigned *state, unsigned n)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % n;
}

/* Some rectangles of `now` become another picture's. */
static size_t disturb(uint32_t *now, const uint32_t *other, int width, int height, struct area *areas, unsigned *state)
{
	size_t count = below(state, 5);

	for (size_t i = 0; i < count; i++) {
		struct area a = { (int)below(state, (unsigned)width), (int)below(state, (unsigned)height), 0, 0 };
		a.width = 1 + (int)below(state, (unsigned)(width - a.x));
		a.height = 1 + (int)below(state, (unsigned)(height - a.y) < 90 ? (unsigned)(height - a.y) : 90);
		for (int y = a.y; y < a.y + a.height; y++)
			memcpy(now + (size_t)y * width + a.x, other + (size_t)y * width + a.x, (size_t)a.width * sizeof *now);
		areas[i] = a;
	}
	return count;
}

TEST(jpeg_patch_is_whole, "a picture of which parts were encoded again equals, byte for byte, one encoded as a whole")
{
	static const struct { int width, height; } sizes[] = { { 750, 1334 }, { 640, 640 }, { 641, 655 }, { 128, 128 }, { 129, 150 }, { 200, 1001 } };
	unsigned state = 4711;

	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		int width = sizes[s].width, height = sizes[s].height;
		size_t size = (size_t)width * height * sizeof(uint32_t);
		uint32_t *before = words_of(width, height, 1), *other = words_of(width, height, 2), *now = mem_take(size);
		struct jpeg_base *base = base_of(before, width, height);
		for (int round = 0; round < 12; round++) {
			struct area areas[5];
			struct buf parts, whole;
			memcpy(now, before, size);
			size_t count = disturb(now, other, width, height, areas, &state);
			struct jpeg_base *fresh = base_of(now, width, height);
			patch(base, before, now, areas, count, &parts);
			patch(fresh, now, now, NULL, 0, &whole);
			expect_same_bytes(&parts, &whole);
			jpeg_base_free(fresh);
			buf_free(&parts);
			buf_free(&whole);
		}
		jpeg_base_free(base);
		mem_give(before);
		mem_give(other);
		mem_give(now);
	}
}

TEST(jpeg_patch_decodes, "its pixels are those of an ordinary JPEG of the same picture, and the strict decoder has no complaint")
{
	PIXELS_SCOPED ours = { 0 };
	PIXELS_SCOPED plain = { 0 };
	uint32_t *words = words_of(752, 1344, 3);       /* whole blocks: at a ragged edge the encoders pad differently */
	struct jpeg_base *base = base_of(words, 752, 1344);
	struct buf a, b;

	patch(base, words, words, NULL, 0, &a);
	buf_init(&b, 64 << 20);
	assert_int_equal(jpeg_encode_words(words, 752, 1344, 85, &b), 0);
	assert_int_equal(jpeg_decode((struct blob){ a.at, a.len }, 3, 0, &ours), 0);
	assert_int_equal(jpeg_decode((struct blob){ b.at, b.len }, 3, 0, &plain), 0);
	assert_int_equal(ours.width, 752);
	assert_memory_equal(ours.at, plain.at, pixels_size(&plain));
	assert_true(a.len < b.len + b.len / 20);        /* the markers cost less than a twentieth */
	buf_free(&a);
	buf_free(&b);
	jpeg_base_free(base);
	mem_give(words);
}

TEST(jpeg_patch_looks_only_there, "what stands outside of the areas in the new picture is not looked at")
{
	uint32_t *before = words_of(320, 320, 1), *now = words_of(320, 320, 2);
	struct jpeg_base *base = base_of(before, 320, 320);
	struct buf none, some;

	patch(base, before, now, NULL, 0, &none);
	patch(base, before, before, &(struct area){ -50, -50, 900, 900 }, 1, &some);
	expect_same_bytes(&none, &some);
	buf_free(&none);
	buf_free(&some);
	jpeg_base_free(base);
	mem_give(before);
	mem_give(now);
}

TEST(jpeg_patch_without_memory, "without memory nothing is written and nothing is lost")
{
	uint32_t *before = words_of(128, 128, 1), *now = words_of(128, 128, 2);
	const struct area all = { 0, 0, 128, 128 };
	struct jpeg_base *base = base_of(before, 128, 128), *other = NULL;
	struct buf out;

	buf_init(&out, 1 << 20);
	for (long n = 0;; n++) {
		mem_fail_after(n);
		int r = jpeg_base_make(now, 128, 128, 85, &other);
		if (!mem_failed())
			break;
		assert_int_equal(r, E_MEMORY);
	}
	jpeg_base_free(other);
	for (long n = 0;; n++) {
		mem_fail_after(n);
		buf_free(&out);
		int r = jpeg_base_patch(base, before, now, &all, 1, &out);
		if (!mem_failed())
			break;
		assert_int_equal(r, E_MEMORY);
		assert_int_equal(out.len, 0);
	}
	mem_fail_after(-1);
	buf_free(&out);
	jpeg_base_free(base);
	mem_give(before);
	mem_give(now);
}
