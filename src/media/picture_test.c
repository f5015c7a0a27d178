/* picture_test.c: uploads, honest and otherwise. */
#include "media/picture.h"
#include <png.h>
#include <turbojpeg.h>
#include "base/buf.h"
#include "media/codec.h"
#include "media/sample_test.h"
#include "test.h"

#define BLOB(literal) ((struct blob){ literal, sizeof literal - 1 })

static struct arena arena_for_files(void)
{
	struct arena arena;
	arena_init(&arena, 400 << 20);
	return arena;
}

static void expect_code(struct blob file, int code)
{
	struct pixels p = { 0 };
	assert_int_equal(picture_read_gray(file, &p), code);
	assert_null(p.at);
}

static int apart(int a, int b) { return a > b ? a - b : b - a; }

/* ---- What is it ------------------------------------------------------------------------------- */

TEST(picture_probe_reads_headers, "type and size come from the header, whatever the name says")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(321, 123, 1);
	struct picture_info info;

	assert_int_equal(picture_probe(sample_png(&arena, &photo), &info), 0);
	assert_int_equal(info.type, PICTURE_PNG);
	assert_int_equal(info.width, 321);
	assert_int_equal(info.height, 123);
	assert_int_equal(picture_probe(sample_jpeg(&arena, &photo, 85), &info), 0);
	assert_int_equal(info.type, PICTURE_JPEG);
	assert_int_equal(info.width, 321);
	assert_int_equal(info.height, 123);
	assert_string_equal(picture_extension(info.type), "jpg");
	assert_string_equal(picture_media_type(PICTURE_PNG), "image/png");
}

TEST(picture_refuses_other_files, "empty, foreign and cut-off files each get their own answer")
{
	expect_code((struct blob){ NULL, 0 }, E_PICTURE_BROKEN);
	expect_code(BLOB("GIF89a\1\0\1\0"), E_PICTURE_ANIMATED);
	expect_code(BLOB("<svg onload=alert(1)>"), E_PICTURE_FORMAT);
	expect_code(BLOB("\x89PN"), E_PICTURE_FORMAT);
	expect_code(BLOB("\x89PNG\r\n\x1a\n"), E_PICTURE_BROKEN);
	expect_code(BLOB("\xff\xd8\xff"), E_PICTURE_BROKEN);
	expect_code(BLOB("\xff\xd8\xff\xe0\0\x10JFIF and then nothing"), E_PICTURE_BROKEN);
}

TEST(picture_refuses_20_megabytes, "a file of 20 MB is refused unread")
{
	struct blob file = { "", 20 << 20 };        /* one byte is there: reading on would be seen by ASan */
	expect_code(file, E_PICTURE_TOO_LARGE);
}

static struct blob png_claiming(struct buf *b, uint32_t width, uint32_t height)
{
	uint8_t header[13] = { 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0 };

	png_save_uint_32(header, width);
	png_save_uint_32(header + 4, height);
	buf_clear(b);
	buf_add(b, "\x89PNG\r\n\x1a\n", 8);
	sample_chunk(b, "IHDR", (struct blob){ header, 13 });
	sample_chunk(b, "IDAT", BLOB("x\x9c\3\0\0\0\0\1"));
	sample_chunk(b, "IEND", BLOB(""));
	return (struct blob){ b->at, b->len };
}

TEST(picture_png_bombs, "a header that claims too many pixels is refused before memory is taken")
{
	BUF_SCOPED b;
	buf_init(&b, 1000);
	mem_fail_after(1000);
	expect_code(png_claiming(&b, 60000, 60000), E_PICTURE_TOO_LARGE);
	expect_code(png_claiming(&b, 6001, 1), E_PICTURE_TOO_LARGE);
	expect_code(png_claiming(&b, 5000, 5000), E_PICTURE_TOO_LARGE);
	expect_code(png_claiming(&b, 0, 10), E_PICTURE_BROKEN);
	expect_code(png_claiming(&b, 0xffffffff, 10), E_PICTURE_BROKEN);
	expect_code(png_claiming(&b, 6000, 4000), E_PICTURE_BROKEN);       /* allowed, but the pixels are not there */
	mem_fail_after(-1);
}

static void expect_broken_when_cut(struct blob file)
{
	for (size_t i = 1; i < 10; i++)
		expect_code((struct blob){ file.at, file.len * i / 10 }, E_PICTURE_BROKEN);
	expect_code((struct blob){ file.at, file.len - 2 }, E_PICTURE_BROKEN);
}

TEST(picture_truncated_is_broken, "a picture that was not transferred whole is broken, wherever it was cut")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(200, 150, 2);
	expect_broken_when_cut(sample_png(&arena, &photo));
	expect_broken_when_cut(sample_jpeg(&arena, &photo, 85));
}

TEST(picture_corrupt_png_is_broken, "one flipped bit in a PNG's pixels is noticed by its CRC")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(200, 150, 3);
	struct blob good = sample_png(&arena, &photo);
	char *bytes = str_z(&arena, (struct str){ good.at, good.len });

	bytes[good.len / 2] ^= 4;
	expect_code((struct blob){ bytes, good.len }, E_PICTURE_BROKEN);
}

TEST(picture_corrupt_never_crashes, "a picture with any byte changed is read or refused, never worse")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(40, 30, 4);
	struct blob files[] = { sample_png(&arena, &photo), sample_jpeg(&arena, &photo, 60) };

	for (int f = 0; f < 2; f++)
		for (size_t i = 0; i < files[f].len; i += 3) {
			PIXELS_SCOPED p = { 0 };
			char *bytes = str_z(&arena, (struct str){ files[f].at, files[f].len });
			bytes[i] ^= 0x55;
			int r = picture_read_gray((struct blob){ bytes, files[f].len }, &p);
			assert_true(r == 0 || r == E_PICTURE_BROKEN || r == E_PICTURE_FORMAT || r == E_PICTURE_TOO_LARGE || r == E_PICTURE_ANIMATED);
		}
}

TEST(picture_jpeg_with_endless_scans, "a progressive JPEG may not ask for a thousand passes")
{
	ARENA_SCOPED arena = arena_for_files();
	BUF_SCOPED file;
	PIXELS_SCOPED photo = sample_photo(64, 64, 5);
	struct blob good = sample_jpeg(&arena, &photo, 85);

	buf_init(&file, 1 << 20);
	buf_add(&file, good.at, good.len);
	for (int i = 0; i < 1000; i++)
		buf_add(&file, "\xff\xda\0\10\1\1\0\0\0\0", 10);
	expect_code((struct blob){ file.at, file.len }, E_PICTURE_BROKEN);
}

/* ---- All kinds of PNG ------------------------------------------------------------------------------ */

struct kind { int type, depth; bool interlaced, transparent; };

static void to_buf(png_structp png, png_bytep at, size_t len) { buf_add(png_get_io_ptr(png), at, len); }
static void no_flush(png_structp png) { (void)png; }

/* Upper half black, lower half white, or see-through where the kind can. */
static void write_kind(struct kind kind, struct buf *ret)
{
	static const png_color palette[] = { { 0, 0, 0 }, { 255, 255, 255 }, { 9, 9, 9 } };
	static const png_color_16 key = { .index = 1, .red = 0, .green = 0, .blue = 0, .gray = 0 };
	static const png_byte alphas[] = { 255, 0, 255 };
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	uint8_t rows[2][64 * 8];
	png_bytep lines[20];
	int samples = kind.type == PNG_COLOR_TYPE_RGBA ? 4 : 2;     /* of the kinds with alpha */

	png_set_write_fn(png, ret, to_buf, no_flush);
	png_set_IHDR(png, info, 33, 20, kind.depth, kind.type,
	             kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
	if (kind.type == PNG_COLOR_TYPE_PALETTE)
		png_set_PLTE(png, info, palette, 1 << kind.depth < 3 ? 2 : 3);
	if (kind.transparent)
		png_set_tRNS(png, info, alphas, 2, &key);
	png_write_info(png, info);
	memset(rows[0], 0, sizeof rows[0]);
	memset(rows[1], 255, sizeof rows[1]);
	if (kind.type == PNG_COLOR_TYPE_PALETTE)
		memset(rows[1], kind.depth == 1 ? 255 : kind.depth == 4 ? 0x11 : 1, sizeof rows[1]);
	if (kind.type & PNG_COLOR_MASK_ALPHA) {             /* black everywhere: opaque above, transparent below */
		int bytes = kind.depth / 8;
		memset(rows[1], 0, sizeof rows[1]);
		for (int x = 0; x < 33; x++)
			memset(rows[0] + (x * samples + samples - 1) * bytes, 255, bytes);
	}
	for (int y = 0; y < 20; y++)
		lines[y] = rows[y >= 10];
	png_write_image(png, lines);
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
}

TEST(picture_every_kind_of_png, "palette, 1 to 16 bits, alpha and interlaced all come out, over white")
{
	static const struct kind kinds[] = {
		{ PNG_COLOR_TYPE_GRAY, 1 }, { PNG_COLOR_TYPE_GRAY, 4 }, { PNG_COLOR_TYPE_GRAY, 8 },
		{ PNG_COLOR_TYPE_GRAY, 16 }, { PNG_COLOR_TYPE_RGB, 8 }, { PNG_COLOR_TYPE_RGB, 16 },
		{ PNG_COLOR_TYPE_PALETTE, 1 }, { PNG_COLOR_TYPE_PALETTE, 4 },
		{ PNG_COLOR_TYPE_PALETTE, 8, false, true }, { PNG_COLOR_TYPE_PALETTE, 8, true, true },
		{ PNG_COLOR_TYPE_GRAY_ALPHA, 8 }, { PNG_COLOR_TYPE_GRAY_ALPHA, 16 }, { PNG_COLOR_TYPE_RGBA, 8 },
		{ PNG_COLOR_TYPE_RGBA, 16 }, { PNG_COLOR_TYPE_RGBA, 16, true }, { PNG_COLOR_TYPE_GRAY, 1, true },
		{ PNG_COLOR_TYPE_RGB, 8, true },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		BUF_SCOPED file;
		PIXELS_SCOPED gray = { 0 };
		PIXELS_SCOPED rgb = { 0 };
		buf_init(&file, 100000);
		write_kind(kinds[i], &file);
		struct blob blob = { file.at, file.len };
		assert_int_equal(picture_read_gray(blob, &gray), 0);
		assert_int_equal(picture_read_colours(blob, 100, &rgb), 0);
		assert_int_equal(gray.channels, 1);
		assert_int_equal(rgb.channels, 3);
		for (int y = 0; y < 20; y++)
			for (int x = 0; x < 33; x++) {
				int want = y < 10 ? 0 : 255;
				assert_int_equal(pixels_row(&gray, y)[x], want);
				for (int c = 0; c < 3; c++)
					assert_int_equal(pixels_row(&rgb, y)[x * 3 + c], want);
			}
	}
}

TEST(picture_transparent_colour_is_white, "a PNG whose one gray is declared transparent shows white there")
{
	BUF_SCOPED file;
	PIXELS_SCOPED gray = { 0 };
	buf_init(&file, 100000);
	write_kind((struct kind){ PNG_COLOR_TYPE_GRAY, 16, false, true }, &file);
	assert_int_equal(picture_read_gray((struct blob){ file.at, file.len }, &gray), 0);
	assert_int_equal(gray.at[0], 255);
}

TEST(picture_cmyk_jpeg, "a print shop's CMYK picture is read")
{
	tjhandle handle = tjInitCompress();
	unsigned char *bytes = NULL, ink[32 * 32 * 4];
	unsigned long len = 0;
	PIXELS_SCOPED gray = { 0 };
	PIXELS_SCOPED rgb = { 0 };

	for (size_t i = 0; i < sizeof ink; i += 4)          /* inverted, as in files: 255 is no ink */
		memcpy(ink + i, i < sizeof ink / 2 ? "\xff\xff\xff\xff" : "\xff\0\0\xff", 4);
	assert_int_equal(tjCompress2(handle, ink, 32, 0, 32, TJPF_CMYK, &bytes, &len, TJSAMP_444, 95, 0), 0);
	struct blob file = { bytes, len };
	assert_int_equal(picture_read_gray(file, &gray), 0);
	assert_int_equal(picture_read_colours(file, 32, &rgb), 0);
	assert_true(gray.at[0] > 250);
	assert_true(apart(pixels_row(&gray, 30)[5], 76) < 6);
	assert_true(pixels_row(&rgb, 30)[15] > 245 && pixels_row(&rgb, 30)[16] < 10);
	tjFree(bytes);
	tjDestroy(handle);
}

/* ---- Scaling ----------------------------------------------------------------------------------------- */

TEST(pixels_scale_is_a_mean, "scaling keeps flat areas flat and the mean of a picture the same")
{
	PIXELS_SCOPED photo = sample_photo(301, 203, 6);
	static const int sizes[][2] = { { 100, 67 }, { 301, 203 }, { 602, 406 }, { 1, 1 }, { 299, 1 }, { 7, 500 } };

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		PIXELS_SCOPED other = { 0 };
		uint64_t before = 0, after = 0;
		assert_int_equal(pixels_scale(&photo, sizes[i][0], sizes[i][1], &other), 0);
		for (size_t n = 0; n < pixels_size(&photo); n++)
			before += photo.at[n];
		for (size_t n = 0; n < pixels_size(&other); n++)
			after += other.at[n];
		assert_true(apart((int)(before / pixels_size(&photo)), (int)(after / pixels_size(&other))) <= 1);
	}
	PIXELS_SCOPED same = { 0 };
	assert_int_equal(pixels_scale(&photo, 301, 203, &same), 0);
	assert_memory_equal(same.at, photo.at, pixels_size(&photo));
	memset(photo.at, 255, pixels_size(&photo));
	PIXELS_SCOPED white = { 0 };
	assert_int_equal(pixels_scale(&photo, 37, 11, &white), 0);
	for (size_t n = 0; n < pixels_size(&white); n++)
		assert_int_equal(white.at[n], 255);
}

TEST(pixels_fit_keeps_proportions, "fitting never enlarges, never reaches 0")
{
	static const int cases[][5] = {
		{ 4000, 3000, 1000, 1000, 750 }, { 300, 4000, 1000, 75, 1000 },
		{ 640, 480, 1000, 640, 480 }, { 6000, 1, 100, 100, 1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int width = cases[i][0], height = cases[i][1];
		pixels_fit(&width, &height, cases[i][2]);
		assert_int_equal(width, cases[i][3]);
		assert_int_equal(height, cases[i][4]);
	}
}

/* ---- A clean copy ---------------------------------------------------------------------------------------- */

/* EXIF with a place in it, after the JPEG's first two bytes. */
static struct blob with_exif(struct arena *arena, struct blob jpeg, int orientation)
{
	BUF_SCOPED out;
	char exif[] = "\xff\xe1\0\x3c" "Exif\0\0" "MM\0\x2a\0\0\0\10" "\0\2" "\1\x0f\0\2\0\0\0\4" "Cam\0"
	              "\1\x12\0\3\0\0\0\1\0\1\0\0" "\0\0\0\0" "GPS 31.2304N";

	buf_init(&out, 1 << 20);
	buf_add(&out, jpeg.at, 2);
	exif[41] = (char)orientation;         /* the low byte of the second entry */
	exif[3] = sizeof exif - 1 - 2;
	buf_add(&out, exif, sizeof exif - 1);
	buf_add(&out, (const char *)jpeg.at + 2, jpeg.len - 2);
	struct str kept = str_copy(arena, buf_view(&out));
	return (struct blob){ kept.at, kept.len };
}

TEST(picture_reduce_removes_metadata, "the kept copy of a photograph does not say where it was taken")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(400, 300, 7);
	struct blob file = with_exif(&arena, sample_jpeg(&arena, &photo, 90), 1), clean;
	enum picture_type type;

	assert_non_null(memmem(file.at, file.len, "GPS 31", 6));
	assert_int_equal(picture_reduce(file, 1000, &arena, &clean, &type), 0);
	assert_int_equal(type, PICTURE_JPEG);
	assert_null(memmem(clean.at, clean.len, "Exif", 4));
	assert_null(memmem(clean.at, clean.len, "GPS 31", 6));
}

TEST(picture_reduce_removes_png_text, "the kept copy of a PNG has no text, time or profile")
{
	ARENA_SCOPED arena = arena_for_files();
	BUF_SCOPED file;
	PIXELS_SCOPED photo = sample_photo(50, 40, 8);
	struct blob png = sample_png(&arena, &photo), clean;
	enum picture_type type;

	buf_init(&file, 1 << 20);
	buf_add(&file, png.at, 33);
	sample_chunk(&file, "tEXt", BLOB("Author\0Zhang San"));
	sample_chunk(&file, "eXIf", BLOB("MM\0\x2a\0\0\0\10 somewhere"));
	buf_add(&file, (const char *)png.at + 33, png.len - 33);
	assert_int_equal(picture_reduce((struct blob){ file.at, file.len }, 1000, &arena, &clean, &type), 0);
	assert_int_equal(type, PICTURE_PNG);
	assert_null(memmem(clean.at, clean.len, "Zhang", 5));
	assert_null(memmem(clean.at, clean.len, "eXIf", 4));
}

TEST(picture_reduce_scales, "the copy fits the side that was asked for and keeps its proportions")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(3000, 1500, 9);
	struct blob small;
	enum picture_type type;
	struct picture_info info;

	assert_int_equal(picture_reduce(sample_jpeg(&arena, &photo, 80), 700, &arena, &small, &type), 0);
	assert_int_equal(picture_probe(small, &info), 0);
	assert_int_equal(info.width, 700);
	assert_int_equal(info.height, 350);
}

TEST(picture_reduce_photo_png, "a photograph that comes as PNG is kept as JPEG, a drawing stays PNG")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(900, 700, 10);
	struct qr_style style = QR_STYLE_PLAIN;
	struct blob kept;
	enum picture_type type;

	assert_int_equal(picture_reduce(sample_png(&arena, &photo), 2000, &arena, &kept, &type), 0);
	assert_int_equal(type, PICTURE_JPEG);
	assert_true(kept.len < 300 << 10);
	assert_int_equal(picture_reduce(sample_code(&arena, "drawing", &style), 2000, &arena, &kept, &type), 0);
	assert_int_equal(type, PICTURE_PNG);
}

TEST(picture_stands_upright, "a phone's picture is turned the way its EXIF says, all eight ways")
{
	/* 40 × 20, one corner dark; where that corner must be after the turn. */
	static const struct { int width, height, x, y; } wants[] = {
		{ 40, 20, 0, 0 }, { 40, 20, 39, 0 }, { 40, 20, 39, 19 }, { 40, 20, 0, 19 },
		{ 20, 40, 0, 0 }, { 20, 40, 19, 0 }, { 20, 40, 19, 39 }, { 20, 40, 0, 39 },
	};
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED p = { 0 };

	assert_int_equal(pixels_make(40, 20, 3, &p), 0);
	memset(p.at, 255, pixels_size(&p));
	for (int y = 0; y < 6; y++)
		memset(pixels_row(&p, y), 0, 3 * 8);
	struct blob jpeg = sample_jpeg(&arena, &p, 95);
	for (int i = 0; i < 8; i++) {
		PIXELS_SCOPED up = { 0 };
		assert_int_equal(picture_read_colours(with_exif(&arena, jpeg, i + 1), 100, &up), 0);
		assert_int_equal(up.width, wants[i].width);
		assert_int_equal(up.height, wants[i].height);
		for (int corner = 0; corner < 4; corner++) {
			int x = corner & 1 ? up.width - 1 : 0, y = corner & 2 ? up.height - 1 : 0;
			bool dark = pixels_row(&up, y)[x * 3] < 60;
			assert_int_equal(dark, x == wants[i].x && y == wants[i].y);
		}
	}
	PIXELS_SCOPED same = { 0 };
	assert_int_equal(picture_read_colours(with_exif(&arena, jpeg, 77), 100, &same), 0);
	assert_int_equal(same.width, 40);
}

/* ---- The same picture ---------------------------------------------------------------------------------------- */

static struct picture_key key_of(struct blob file)
{
	struct picture_key key;
	assert_int_equal(picture_same_key(file, &key), 0);
	return key;
}

TEST(picture_same_after_reencoding, "a picture handed in again is found after re-encoding and scaling")
{
	ARENA_SCOPED arena = arena_for_files();
	for (unsigned seed = 20; seed < 30; seed++) {
		PIXELS_SCOPED photo = sample_photo(900, 1200, seed);
		PIXELS_SCOPED smaller = { 0 };
		assert_int_equal(pixels_scale(&photo, 414, 552, &smaller), 0);
		struct picture_key first = key_of(sample_jpeg(&arena, &photo, 92));
		struct picture_key again = key_of(sample_jpeg(&arena, &photo, 92));
		struct picture_key worse = key_of(sample_jpeg(&arena, &photo, 50));
		struct picture_key small = key_of(sample_jpeg(&arena, &smaller, 70));
		assert_string_equal(first.exact, again.exact);
		assert_string_not_equal(first.exact, worse.exact);
		assert_true(picture_likeness(first.look, worse.look) <= PICTURE_ALIKE);
		assert_true(picture_likeness(first.look, small.look) <= PICTURE_ALIKE);
	}
}

TEST(picture_exact_ignores_metadata, "removing metadata does not make it another picture")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(300, 300, 40);
	struct blob file = sample_jpeg(&arena, &photo, 90);
	assert_string_equal(key_of(file).exact, key_of(with_exif(&arena, file, 1)).exact);
}

TEST(picture_strangers_differ, "different pictures have different looks")
{
	ARENA_SCOPED arena = arena_for_files();
	uint64_t looks[8];
	for (unsigned i = 0; i < 8; i++) {
		PIXELS_SCOPED photo = sample_photo(300, 400, 50 + i);
		looks[i] = key_of(sample_jpeg(&arena, &photo, 85)).look;
		for (unsigned j = 0; j < i; j++)
			assert_true(picture_likeness(looks[i], looks[j]) > PICTURE_ALIKE);
	}
	assert_int_equal(picture_likeness(0, UINT64_MAX), 64);
	assert_int_equal(picture_likeness(7, 7), 0);
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static void sweep_reduce(struct blob file)
{
	for (long n = 0;; n++) {
		ARENA_SCOPED arena = arena_for_files();
		struct blob kept = { 0 };
		enum picture_type type;
		mem_fail_after(n);
		int r = picture_reduce(file, 60, &arena, &kept, &type);
		bool struck = mem_failed();
		mem_fail_after(-1);
		assert_int_equal(r, struck ? E_MEMORY : 0);
		assert_int_equal(kept.len > 0, !struck);
		if (!struck)
			break;
	}
}

TEST(picture_sweep, "whichever allocation fails, reducing says so and leaks nothing")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(120, 90, 60);
	sweep_reduce(sample_png(&arena, &photo));
	sweep_reduce(with_exif(&arena, sample_jpeg(&arena, &photo, 85), 6));
}

TEST(picture_key_sweep, "whichever allocation fails, the key says so")
{
	ARENA_SCOPED arena = arena_for_files();
	PIXELS_SCOPED photo = sample_photo(120, 90, 61);
	struct blob file = sample_png(&arena, &photo);
	bool struck = true;
	for (long n = 0; struck; n++) {
		struct picture_key key;
		mem_fail_after(n);
		int r = picture_same_key(file, &key);
		struck = mem_failed();
		mem_fail_after(-1);
		assert_int_equal(r, struck ? E_MEMORY : 0);
	}
}
