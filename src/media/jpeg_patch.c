/* jpeg_patch.c: see jpeg_patch.h. By libjpeg-turbo's older door, which knows restart markers.
 *
 * Runs of blocks are laid out as a picture of their own: one run a row of blocks, one row of blocks a restart interval.
 * The encoder cannot tell the difference, and neither can a decoder when they are put back into their places.
 *
 * Holds   The encoder jumps when it fails. The only frame it may jump over is `encode_all`, which owns nothing.
 * Test    jpeg_patch_test.c.
 */
#include "media/jpeg_patch.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "base/mem.h"

#define STREAM_MAX (64u << 20)
#define RST0       0xd0

struct jpeg_base {
	int       width, height, across, blocks, quality;
	uint32_t  runs;
	size_t    head;                   /* the stream begins with so many bytes of tables and frame */
	size_t    len;
	uint8_t  *stream;                 /* a whole JPEG */
	uint32_t *at;                     /* where each run begins in it; [runs]: behind the last marker */
};

/* ---- The encoder ----------------------------------------------------------------------------------- */

struct failing { struct jpeg_error_mgr mgr; jmp_buf jump; };

struct sink { struct jpeg_destination_mgr mgr; struct buf *out; };

#define SINK_STEP (32u << 10)

static _Noreturn void encoder_fails(j_common_ptr c)
{
	longjmp(((struct failing *)c->err)->jump, 1);
}

static void encoder_says(j_common_ptr c)
{
	(void)c;
}

static void sink_room(j_compress_ptr c)
{
	struct sink *sink = (struct sink *)c->dest;
	char *room = buf_space(sink->out, SINK_STEP);

	if (!room)
		encoder_fails((j_common_ptr)c);
	sink->mgr.next_output_byte = (JOCTET *)room;
	sink->mgr.free_in_buffer = SINK_STEP;
}

static boolean sink_full(j_compress_ptr c)
{
	((struct sink *)c->dest)->out->len += SINK_STEP;
	sink_room(c);
	return TRUE;
}

static void sink_end(j_compress_ptr c)
{
	struct sink *sink = (struct sink *)c->dest;

	sink->out->len += SINK_STEP - sink->mgr.free_in_buffer;
}

/* A picture: `now` in the blocks that changed, `before` in the others. */
struct source { const uint32_t *before, *now; const bool *changed; };

/* What to encode: some runs of one picture. */
struct rows {
	const struct jpeg_base *base;
	struct source           source;
	const uint32_t         *runs;           /* their numbers */
	uint32_t                count;
	int                     blocks;         /* in each of them */
	uint32_t               *strip;          /* 16 lines of a run */
};

static int smaller(int a, int b) { return a < b ? a : b; }

/* One block into the strip; what sticks out of the picture repeats its edge, as encoders do. */
static void copy_block(const struct rows *rows, int block, int place)
{
	const struct jpeg_base *base = rows->base;
	int x = block % base->across * JPEG_BLOCK, y = block / base->across * JPEG_BLOCK;
	int inside = smaller(JPEG_BLOCK, base->width - x);
	const uint32_t *pixels = rows->source.changed[block] ? rows->source.now : rows->source.before;

	for (int i = 0; i < JPEG_BLOCK; i++) {
		const uint32_t *from = pixels + (size_t)smaller(y + i, base->height - 1) * base->width + x;
		uint32_t *to = rows->strip + (size_t)i * rows->blocks * JPEG_BLOCK + place * JPEG_BLOCK;
		memcpy(to, from, (size_t)inside * sizeof *to);
		for (int k = inside; k < JPEG_BLOCK; k++)
			to[k] = from[inside - 1];
	}
}

static void encode_all(j_compress_ptr c, const struct rows *rows)
{
	JSAMPROW lines[JPEG_BLOCK];
	int width = rows->blocks * JPEG_BLOCK;

	c->image_width = (JDIMENSION)width;
	c->image_height = rows->count * JPEG_BLOCK;
	c->input_components = 4;
	c->in_color_space = JCS_EXT_BGRX;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, rows->base->quality, TRUE);
	c->restart_in_rows = 1;
	jpeg_start_compress(c, TRUE);
	for (int i = 0; i < JPEG_BLOCK; i++)
		lines[i] = (JSAMPROW)(rows->strip + (size_t)i * width);
	for (uint32_t i = 0; i < rows->count; i++) {
		for (int k = 0; k < rows->blocks; k++)
			copy_block(rows, (int)rows->runs[i] * JPEG_RUN + k, k);
		for (JDIMENSION done = 0; done < JPEG_BLOCK;)
			done += jpeg_write_scanlines(c, lines + done, JPEG_BLOCK - done);
	}
	jpeg_finish_compress(c);
}

static int encode_or_fail(j_compress_ptr c, struct failing *failing, const struct rows *rows)
{
	if (setjmp(failing->jump))
		return E_MEMORY;                        /* there is no other way to fail: all else is ours */
	jpeg_create_compress(c);
	c->dest = c->client_data;               /* kept by jpeg_create_compress, as `err` is */
	encode_all(c, rows);
	return 0;
}

static int encode_rows(const struct rows *rows, struct buf *out)
{
	struct failing failing;
	struct sink sink = { .mgr = { .init_destination = sink_room, .empty_output_buffer = sink_full,
	                              .term_destination = sink_end }, .out = out };
	struct jpeg_compress_struct c = { .err = jpeg_std_error(&failing.mgr), .client_data = &sink };

	failing.mgr.error_exit = encoder_fails;
	failing.mgr.output_message = encoder_says;
	int r = encode_or_fail(&c, &failing, rows);
	jpeg_destroy_compress(&c);
	return r;
}

/* ---- The stream -------------------------------------------------------------------------------------- */

/* Behind the header of the scan; its frame's size is where *ret_frame points. */
static size_t head_of(const uint8_t *stream, size_t *ret_frame)
{
	size_t at = 2;

	*ret_frame = 0;
	for (;;) {
		uint8_t marker = stream[at + 1];
		if (marker == 0xc0)
			*ret_frame = at + 5;
		at += 2 + ((size_t)stream[at + 2] << 8 | stream[at + 3]);
		if (marker == 0xda)
			return at;
	}
}

/* Where each of `count` runs begins, and behind them; a run is followed by its marker of two bytes. */
static void find_runs(const uint8_t *stream, size_t len, size_t head, uint32_t count, uint32_t *ret)
{
	size_t at = head;

	ret[0] = (uint32_t)at;
	for (uint32_t n = 0; n < count;) {
		const uint8_t *next = memchr(stream + at, 0xff, len - at);
		at = (size_t)(next - stream) + 2;
		if (next[1] != 0)                       /* 0xff 0x00 is a 0xff */
			ret[++n] = (uint32_t)at;
	}
}

struct encoding { struct buf out; uint32_t *at; size_t head, frame; };

static void encoding_end(struct encoding *e)
{
	buf_free(&e->out);
	mem_give(e->at);
}

static int encode_runs(const struct jpeg_base *base, struct source source, const uint32_t *runs, uint32_t count, int blocks,
                       struct encoding *ret)
{
	struct encoding made = { .at = mem_take((count + 1) * sizeof *made.at) };
	uint32_t *strip = mem_take((size_t)blocks * JPEG_BLOCK * JPEG_BLOCK * sizeof *strip);

	buf_init(&made.out, STREAM_MAX);
	int r = made.at && strip
		? encode_rows(&(struct rows){ base, source, runs, count, blocks, strip }, &made.out) : E_MEMORY;
	mem_give(strip);
	if (r < 0) {
		encoding_end(&made);
		return r;
	}
	const uint8_t *stream = (const uint8_t *)made.out.at;
	made.head = head_of(stream, &made.frame);
	find_runs(stream, made.out.len, made.head, count, made.at);
	*ret = made;
	return 0;
}

/* Runs in rising order, put where `place` says; the last run of a picture may be shorter, so it is encoded apart. */
struct patches {
	uint32_t       *runs, count;            /* without the last run */
	bool            last;
	struct encoding many, one;
};

static void patches_end(struct patches *p)
{
	mem_give(p->runs);
	encoding_end(&p->many);
	encoding_end(&p->one);
}

static int patches_encode(const struct jpeg_base *base, struct source source, struct patches *p)
{
	uint32_t last = base->runs - 1;
	int r = 0;

	if (p->count > 0)
		r = encode_runs(base, source, p->runs, p->count, JPEG_RUN, &p->many);
	if (r == 0 && p->last)
		r = encode_runs(base, source, &last, 1, base->blocks - (int)last * JPEG_RUN, &p->one);
	return r;
}

static void add_run(struct buf *out, const struct encoding *e, uint32_t i, uint32_t run, uint32_t runs)
{
	char marker[2] = { (char)0xff, (char)(run + 1 < runs ? RST0 + (run & 7) : 0xd9) };

	buf_add(out, e->out.at + e->at[i], e->at[i + 1] - e->at[i] - 2);
	buf_add(out, marker, 2);
}

/* ---- The base ------------------------------------------------------------------------------------------ */

static void put_number(char *at, int n)
{
	at[0] = (char)(n >> 8);
	at[1] = (char)n;
}

static int assemble_base(struct jpeg_base *base, const struct patches *p)
{
	struct buf out;

	buf_init(&out, STREAM_MAX);
	buf_add(&out, p->many.out.at, p->many.head);
	for (uint32_t i = 0; i < base->runs; i++) {
		if (i < p->count)
			add_run(&out, &p->many, i, i, base->runs);
		else
			add_run(&out, &p->one, 0, i, base->runs);
	}
	if (buf_failed(&out)) {
		buf_free(&out);
		return E_MEMORY;
	}
	put_number(out.at + p->many.frame, base->height);
	put_number(out.at + p->many.frame + 2, base->width);
	base->head = p->many.head;
	base->stream = (uint8_t *)out.at;
	base->len = out.len;
	find_runs(base->stream, base->len, base->head, base->runs, base->at);
	return 0;
}

static int base_fill(struct jpeg_base *base, const uint32_t *pixels)
{
	struct patches p = { .last = true, .count = base->runs - 1 };
	bool *changed = mem_take((size_t)base->blocks);
	int r = E_MEMORY;

	base->at = mem_take((base->runs + 1) * sizeof *base->at);
	p.runs = mem_take(base->runs * sizeof *p.runs);
	if (base->at && p.runs && changed) {
		for (uint32_t i = 0; i < p.count; i++)
			p.runs[i] = i;
		r = patches_encode(base, (struct source){ pixels, pixels, changed }, &p);
	}
	if (r == 0)
		r = assemble_base(base, &p);
	mem_give(changed);
	patches_end(&p);
	return r;
}

static int blocks_of(int side) { return (side + JPEG_BLOCK - 1) / JPEG_BLOCK; }

int jpeg_base_make(const uint32_t *pixels, int width, int height, int quality, struct jpeg_base **ret)
{
	struct jpeg_base *base = mem_take(sizeof *base);

	if (!base)
		return E_MEMORY;
	*base = (struct jpeg_base){
		.width = width, .height = height, .quality = quality, .across = blocks_of(width),
		.blocks = blocks_of(width) * blocks_of(height),
	};
	base->runs = (uint32_t)((base->blocks + JPEG_RUN - 1) / JPEG_RUN);
	int r = base_fill(base, pixels);
	if (r < 0)
		jpeg_base_free(base);
	else
		*ret = base;
	return r;
}

void jpeg_base_free(struct jpeg_base *base)
{
	if (!base)
		return;
	mem_give(base->stream);
	mem_give(base->at);
	mem_give(base);
}

size_t jpeg_base_size(const struct jpeg_base *base)
{
	return sizeof *base + base->len + (base->runs + 1) * sizeof *base->at;
}

/* ---- Patching -------------------------------------------------------------------------------------------- */

static bool block_differs(const struct jpeg_base *base, const uint32_t *before, const uint32_t *now, int column, int row)
{
	int x = column * JPEG_BLOCK, y = row * JPEG_BLOCK;
	int wide = smaller(JPEG_BLOCK, base->width - x), end = smaller(y + JPEG_BLOCK, base->height);

	for (; y < end; y++) {
		size_t at = (size_t)y * base->width + x;
		if (memcmp(before + at, now + at, (size_t)wide * sizeof *now) != 0)
			return true;
	}
	return false;
}

static int clamp(int n, int most) { return n < 0 ? 0 : n > most ? most : n; }

/* Asked of the pixels, not of the areas: a short name in a wide box costs what it covers. */
static void mark_changed(const struct jpeg_base *base, const uint32_t *before, const uint32_t *now, struct area area,
                         bool *changed)
{
	int left = clamp(area.x, base->width) / JPEG_BLOCK, right = blocks_of(clamp(area.x + area.width, base->width));
	int top = clamp(area.y, base->height) / JPEG_BLOCK, bottom = blocks_of(clamp(area.y + area.height, base->height));

	for (int row = top; row < bottom; row++)
		for (int column = left; column < right; column++) {
			bool *mark = &changed[row * base->across + column];
			if (!*mark)
				*mark = block_differs(base, before, now, column, row);
		}
}

static bool run_changed(const struct jpeg_base *base, const bool *changed, uint32_t run)
{
	int first = (int)run * JPEG_RUN;

	return memchr(changed + first, true, (size_t)smaller(JPEG_RUN, base->blocks - first)) != NULL;
}

static void add_stretch(struct buf *out, const struct jpeg_base *base, uint32_t from, uint32_t until)
{
	buf_add(out, base->stream + base->at[from], base->at[until] - base->at[from]);
}

static int assemble(const struct jpeg_base *base, const struct patches *p, struct buf *out)
{
	size_t before = out->len;
	uint32_t kept = 0;                      /* runs below it are written */

	buf_add(out, base->stream, base->head);
	for (uint32_t i = 0; i < p->count; i++) {
		add_stretch(out, base, kept, p->runs[i]);
		add_run(out, &p->many, i, p->runs[i], base->runs);
		kept = p->runs[i] + 1;
	}
	add_stretch(out, base, kept, p->last ? base->runs - 1 : base->runs);
	if (p->last)
		add_run(out, &p->one, 0, base->runs - 1, base->runs);
	if (!buf_failed(out))
		return 0;
	out->len = before;
	return E_MEMORY;
}

int jpeg_base_patch(const struct jpeg_base *base, const uint32_t *before, const uint32_t *now, const struct area *areas,
                    size_t count, struct buf *ret)
{
	struct patches p = { .runs = mem_take(base->runs * sizeof *p.runs) };
	bool *changed = mem_take((size_t)base->blocks);
	int r = E_MEMORY;

	if (p.runs && changed) {
		for (size_t i = 0; i < count; i++)
			mark_changed(base, before, now, areas[i], changed);
		for (uint32_t i = 0; i + 1 < base->runs; i++)
			if (run_changed(base, changed, i))
				p.runs[p.count++] = i;
		p.last = run_changed(base, changed, base->runs - 1);
		r = patches_encode(base, (struct source){ before, now, changed }, &p);
	}
	if (r == 0)
		r = assemble(base, &p, ret);
	mem_give(changed);
	patches_end(&p);
	return r;
}
