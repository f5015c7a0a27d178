/* pixels.c: a decoded picture in memory.
 *
 * Holds   Scaling is exact integer arithmetic: a white picture stays white, and the same picture gives the same
 *         bytes on every machine (the perceptual key depends on it).
 * Not here  Files (codec.h), and what an upload may be (picture.h).
 * Test    picture_test.c.
 */
#include "media/pixels.h"
#include "base/mem.h"

int pixels_make(int width, int height, int channels, struct pixels *ret)
{
	struct pixels made = { .width = width, .height = height, .channels = channels };
	made.at = mem_take(pixels_size(&made));
	if (!made.at)
		return E_MEMORY;
	*ret = made;
	return 0;
}

void pixels_free(struct pixels *p)
{
	mem_give(p->at);
	*p = (struct pixels){ 0 };
}

/* ---- Scale --------------------------------------------------------------------------------
 * Lay both grids over a ruler of `from * to` marks: an old pixel is `to` marks long and a new one `from`. How much
 * of the one lies in the other is then a whole number, and nothing is ever rounded but the last division. */

/* The old pixels that a new one covers, and how many marks of the first and the last of them. */
struct span { int32_t first, last; uint32_t begin, end; };

struct scaler {
	const struct pixels *from;
	struct span         *columns;
	int                  width, height;         /* of the new picture */
	int                  row;                   /* which old row `across` holds; -1: none */
	uint32_t            *across;                /* that row, already scaled sideways */
	uint64_t            *sum;                   /* the new row as it adds up */
};

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b)  { return a > b ? a : b; }

/* How many marks pixel `i` (`length` marks long) and pixel `j` (`other` marks long) share. */
static int64_t shared_marks(int64_t i, int64_t length, int64_t j, int64_t other)
{
	return smaller((i + 1) * length, (j + 1) * other) - larger(i * length, j * other);
}

/* One row for a number of channels that the compiler knows: the loop over them then is none. */
static inline __attribute__((always_inline)) void add_across(const struct scaler *s, const uint8_t *row, int channels)
{
	uint32_t *out = s->across;

	for (int x = 0; x < s->width; x++, out += channels) {
		struct span span = s->columns[x];
		const uint8_t *in = row + (size_t)span.first * channels;
		uint32_t sum[4] = { 0 };
		for (int c = 0; c < channels; c++)
			sum[c] = span.begin * in[c];
		for (int32_t i = span.first + 1; i < span.last; i++) {
			in += channels;
			for (int c = 0; c < channels; c++)
				sum[c] += (uint32_t)s->width * in[c];
		}
		for (int c = 0; c < channels; c++)
			out[c] = sum[c] + (span.last > span.first ? span.end * in[channels + c] : 0);
	}
}

static void scale_across(struct scaler *s, int y)
{
	const struct pixels *from = s->from;
	const uint8_t *row = pixels_row(from, y);

	if (s->row == y)
		return;
	s->row = y;
	if (from->channels == 1)
		add_across(s, row, 1);
	else if (from->channels == 3)
		add_across(s, row, 3);
	else
		add_across(s, row, 4);
}

static struct span span_of(int64_t n, int from, int to)
{
	int64_t first = n * from / to, last = ((n + 1) * from - 1) / to;

	return (struct span){
		(int32_t)first, (int32_t)last, (uint32_t)shared_marks(first, to, n, from), (uint32_t)shared_marks(last, to, n, from),
	};
}

/* n / whole. A processor divides such long numbers slowly; its guess by a fraction is at most one off. */
static uint64_t divide(uint64_t n, uint64_t whole, double fraction)
{
	uint64_t guess = (uint64_t)((double)n * fraction);

	return guess * whole > n ? guess - 1 : (guess + 1) * whole <= n ? guess + 1 : guess;
}

static void scale_row(struct scaler *s, int y, uint8_t *out)
{
	const struct pixels *from = s->from;
	size_t count = (size_t)s->width * from->channels;
	uint64_t whole = (uint64_t)from->width * from->height;
	struct span span = span_of(y, from->height, s->height);
	double fraction = 1.0 / (double)whole;

	memset(s->sum, 0, sizeof *s->sum * count);
	for (int64_t i = span.first; i <= span.last; i++) {
		uint64_t weight = i == span.first ? span.begin : i == span.last ? span.end : (uint64_t)s->height;
		scale_across(s, (int)i);
		for (size_t n = 0; n < count; n++)
			s->sum[n] += weight * s->across[n];
	}
	for (size_t n = 0; n < count; n++)
		out[n] = (uint8_t)divide(s->sum[n] + whole / 2, whole, fraction);
}

int pixels_scale(const struct pixels *from, int width, int height, struct pixels *ret)
{
	size_t count = (size_t)width * from->channels;
	struct scaler s = { .from = from, .width = width, .height = height, .row = -1 };
	struct pixels made = { 0 };
	int r = pixels_make(width, height, from->channels, &made);

	s.across = mem_take(count * sizeof *s.across);
	s.sum = mem_take(count * sizeof *s.sum);
	s.columns = mem_take((size_t)width * sizeof *s.columns);
	if (r < 0 || !s.across || !s.sum || !s.columns) {
		pixels_free(&made);
		r = E_MEMORY;
	} else {
		for (int x = 0; x < width; x++)
			s.columns[x] = span_of(x, from->width, width);
		for (int y = 0; y < height; y++)
			scale_row(&s, y, pixels_row(&made, y));
		*ret = made;
	}
	mem_give(s.across);
	mem_give(s.sum);
	mem_give(s.columns);
	return r;
}

void pixels_fit(int *width, int *height, int side)
{
	int64_t longer = larger(*width, *height);

	if (longer <= side)
		return;
	*width = (int)larger(1, (*width * (int64_t)side + longer / 2) / longer);
	*height = (int)larger(1, (*height * (int64_t)side + longer / 2) / longer);
}

/* ---- Turn ---------------------------------------------------------------------------------- */

/* EXIF's orientations as three mirrors: swap the axes first, then flip across, then down. */
static const struct { bool swap, across, down; } turns[] = {
	[1] = { false, false, false }, [2] = { false, true,  false },
	[3] = { false, true,  true  }, [4] = { false, false, true  },
	[5] = { true,  false, false }, [6] = { true,  true,  false },
	[7] = { true,  true,  true  }, [8] = { true,  false, true  },
};

int pixels_turn(const struct pixels *from, int orientation, struct pixels *ret)
{
	bool swap = turns[orientation].swap;
	int channels = from->channels;
	struct pixels made;
	int r = pixels_make(swap ? from->height : from->width, swap ? from->width : from->height, channels, &made);

	if (r < 0)
		return r;
	for (int y = 0; y < made.height; y++) {
		uint8_t *out = pixels_row(&made, y);
		for (int x = 0; x < made.width; x++, out += channels) {
			int across = turns[orientation].across ? made.width - 1 - x : x;
			int down = turns[orientation].down ? made.height - 1 - y : y;
			memcpy(out, pixels_row(from, swap ? across : down) + (size_t)(swap ? down : across) * channels, channels);
		}
	}
	*ret = made;
	return 0;
}
