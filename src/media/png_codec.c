/* png_codec.c: PNG files, by libpng.
 *
 * Why libpng and not cairo's reader: it gives gray without 4 bytes a pixel, takes its memory from us, skips the
 * chunks that only carry metadata (and their decompression bombs), and writes one bit a pixel.
 *
 * Holds   libpng jumps when it fails. The only frames it may jump over are `read_all` and `write_all`, which own
 *         nothing: everything lives in `struct png_work`, which their callers clean up.
 * Test    picture_test.c, test/fuzz/picture.c.
 */
#include <setjmp.h>
#include <png.h>
#include "base/mem.h"
#include "media/codec.h"
#include "media/picture.h"

struct png_work {
	jmp_buf       failed;
	png_structp   png;
	png_infop     info;
	bool          no_memory;
	struct blob   file;                     /* reading: what is left of it */
	struct pixels pixels;                   /* reading: made here */
	struct buf   *out;                      /* writing */
};

/* What is written: the same for both encoders. */
struct png_lines {
	const uint8_t *at;
	size_t         line;                    /* bytes of one */
	int            width, height, depth, kind;
	png_color      palette[2];              /* of PNG_COLOR_TYPE_PALETTE: light, dark */
};

/* ---- What libpng calls ---------------------------------------------------------------------- */

static png_voidp png_take(png_structp png, png_alloc_size_t size)
{
	struct png_work *work = png_get_mem_ptr(png);
	void *memory = mem_take(size);

	if (!memory)
		work->no_memory = true;
	return memory;
}

static void png_give(png_structp png, png_voidp memory)
{
	(void)png;
	mem_give(memory);
}

static _Noreturn void png_fails(png_structp png, png_const_charp why)
{
	struct png_work *work = png_get_error_ptr(png);

	(void)why;
	longjmp(work->failed, 1);
}

static void png_warns(png_structp png, png_const_charp why)
{
	(void)png;
	(void)why;
}

static void png_more(png_structp png, png_bytep to, size_t len)
{
	struct png_work *work = png_get_io_ptr(png);

	if (len > work->file.len)
		png_error(png, "truncated");
	memcpy(to, work->file.at, len);
	work->file.at = (const char *)work->file.at + len;
	work->file.len -= len;
}

static void png_out(png_structp png, png_bytep bytes, size_t len)
{
	struct png_work *work = png_get_io_ptr(png);

	buf_add(work->out, bytes, len);
}

static void png_flushed(png_structp png)
{
	(void)png;
}

/* ---- Read ------------------------------------------------------------------------------------- */

int png_size(struct blob file, int *ret_width, int *ret_height)
{
	const uint8_t *at = file.at;

	if (file.len < 33 || memcmp(at + 8, "\0\0\0\15IHDR", 8) != 0)
		return E_PICTURE_BROKEN;
	uint32_t width = png_get_uint_32(at + 16), height = png_get_uint_32(at + 20);
	if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX)
		return E_PICTURE_BROKEN;
	*ret_width = (int)width;
	*ret_height = (int)height;
	return 0;
}

/* Whatever the file holds (palette, 1 to 16 bits, alpha, interlaced) comes out as 8-bit gray or RGB over white, or as RGBA. */
static void ask_for(struct png_work *work, int channels)
{
	static const png_color_16 white = { .red = 255, .green = 255, .blue = 255, .gray = 255 };
	png_structp png = work->png;
	int kind = png_get_color_type(png, work->info);

	png_set_expand(png);
	png_set_scale_16(png);
	if (channels == 4)
		png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
	else if (kind & PNG_COLOR_MASK_ALPHA || png_get_valid(png, work->info, PNG_INFO_tRNS))
		png_set_background_fixed(png, &white, PNG_BACKGROUND_GAMMA_SCREEN, 0, PNG_FP_1);
	if (channels == 1 && kind & PNG_COLOR_MASK_COLOR)
		png_set_rgb_to_gray_fixed(png, PNG_ERROR_ACTION_NONE, -1, -1);
	if (channels >= 3 && !(kind & PNG_COLOR_MASK_COLOR))
		png_set_gray_to_rgb(png);
}

static int read_all(struct png_work *work, int channels)
{
	png_structp png = work->png;

	if (setjmp(work->failed))
		return work->no_memory ? E_MEMORY : E_PICTURE_BROKEN;
	png_set_read_fn(png, work, png_more);
	png_set_user_limits(png, PICTURE_SIDE_MAX, PICTURE_SIDE_MAX);
	png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	png_read_info(png, work->info);
	ask_for(work, channels);

	int passes = png_set_interlace_handling(png);
	png_read_update_info(png, work->info);
	if (png_get_channels(png, work->info) != channels || png_get_bit_depth(png, work->info) != 8)
		return E_PICTURE_BROKEN;
	if (pixels_make((int)png_get_image_width(png, work->info), (int)png_get_image_height(png, work->info), channels,
	                &work->pixels) < 0)
		return E_MEMORY;
	for (int pass = 0; pass < passes; pass++)
		for (int y = 0; y < work->pixels.height; y++)
			png_read_row(png, pixels_row(&work->pixels, y), NULL);
	png_read_end(png, NULL);
	return 0;
}

static void multiply(const struct pixels *p)
{
	uint8_t *at = p->at, *end = at + pixels_size(p);

	for (; at < end; at += 4)
		for (int c = 0; c < 3; c++)
			at[c] = (uint8_t)((at[c] * at[3] + 127) / 255);
}

int png_decode(struct blob file, int channels, struct pixels *ret)
{
	struct png_work work = { .file = file };
	int r = E_MEMORY;

	work.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &work, png_fails, png_warns, &work, png_take, png_give);
	work.info = work.png ? png_create_info_struct(work.png) : NULL;
	if (work.info)
		r = read_all(&work, channels);
	png_destroy_read_struct(&work.png, &work.info, NULL);
	if (r < 0) {
		pixels_free(&work.pixels);
		return r;
	}
	if (channels == 4)
		multiply(&work.pixels);
	*ret = work.pixels;
	return 0;
}

bool png_is_animated(struct blob file)
{
	const uint8_t *p = file.at;

	for (size_t at = 8; file.len >= 12 && at <= file.len - 12;) {
		uint32_t len = png_get_uint_32(p + at);
		if (memcmp(p + at + 4, "acTL", 4) == 0)
			return true;
		if (memcmp(p + at + 4, "IDAT", 4) == 0 || len > file.len - at - 12)
			break;
		at += 12 + (size_t)len;
	}
	return false;
}

/* ---- Write ------------------------------------------------------------------------------------ */

static int write_all(struct png_work *work, const struct png_lines *lines)
{
	png_structp png = work->png;

	if (setjmp(work->failed))
		return E_MEMORY;                        /* there is no other way to fail: the header is ours */
	png_set_write_fn(png, work, png_out, png_flushed);
	png_set_IHDR(png, work->info, (png_uint_32)lines->width, (png_uint_32)lines->height, lines->depth, lines->kind,
	             PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (lines->kind == PNG_COLOR_TYPE_PALETTE)
		png_set_PLTE(png, work->info, lines->palette, 2);
	png_write_info(png, work->info);
	for (int y = 0; y < lines->height; y++)
		png_write_row(png, lines->at + (size_t)y * lines->line);
	png_write_end(png, NULL);
	return buf_failed(work->out) ? E_MEMORY : 0;
}

static int write_lines(const struct png_lines *lines, struct buf *ret)
{
	struct png_work work = { .out = ret };
	size_t before = ret->len;
	int r = E_MEMORY;

	work.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &work, png_fails, png_warns, &work, png_take, png_give);
	work.info = work.png ? png_create_info_struct(work.png) : NULL;
	if (work.info)
		r = write_all(&work, lines);
	png_destroy_write_struct(&work.png, &work.info);
	if (r < 0)
		ret->len = before;
	return r;
}

static int kind_of(int channels)
{
	return channels == 1 ? PNG_COLOR_TYPE_GRAY : channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGB_ALPHA;
}

/* PNG wants colours as they are without the alpha. */
static int encode_clear(const struct pixels *p, struct buf *ret)
{
	PIXELS_SCOPED plain = { 0 };
	int r = pixels_make(p->width, p->height, 4, &plain);
	const uint8_t *in = p->at, *end = in + pixels_size(p);

	if (r < 0)
		return r;
	for (uint8_t *out = plain.at; in < end; in += 4, out += 4) {
		for (int c = 0; c < 3; c++)
			out[c] = (uint8_t)(in[3] ? (in[c] * 255 + in[3] / 2) / in[3] : 0);
		out[3] = in[3];
	}
	return write_lines(&(struct png_lines){
		.at = plain.at, .line = (size_t)p->width * 4, .width = p->width, .height = p->height, .depth = 8, .kind = kind_of(4),
	}, ret);
}

int png_encode(const struct pixels *p, struct buf *ret)
{
	if (p->channels == 4)
		return encode_clear(p, ret);
	return write_lines(&(struct png_lines){
		.at = p->at, .line = (size_t)p->width * p->channels, .width = p->width, .height = p->height, .depth = 8,
		.kind = kind_of(p->channels),
	}, ret);
}

static png_color colour_of(uint32_t rgb)
{
	return (png_color){ (png_byte)(rgb >> 16), (png_byte)(rgb >> 8), (png_byte)rgb };
}

int png_encode_bits(const uint8_t *bits, int width, int height, uint32_t light, uint32_t dark, struct buf *ret)
{
	return write_lines(&(struct png_lines){
		.at = bits, .line = ((size_t)width + 7) / 8, .width = width, .height = height, .depth = 1,
		.kind = PNG_COLOR_TYPE_PALETTE, .palette = { colour_of(light), colour_of(dark) },
	}, ret);
}
