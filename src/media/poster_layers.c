/* poster_layers.c: faces, codes and pictures of posters.
 *
 * Holds   An avatar that cannot be read is no reason to have no poster: initials stand in for it.
 *         A code's modules are whole pixels (when it is not turned), its ground is never seen through.
 * Test    poster_test.c.
 */
#include "media/poster_inside.h"

#include <math.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "media/paint.h"
#include "media/qr_draw.h"

#define MODULE_MIN 2            /* pixels: smaller ones are lost when the picture is sent and shrunk */

/* ---- Pictures -------------------------------------------------------------------------------------------- */

/* The longer side a file must have so that its shorter one covers. */
static int side_to_cover(const struct picture_info *info, int width, int height)
{
	double scale = fmax((double)width / info->width, (double)height / info->height);
	double longer = scale * fmax(info->width, info->height);

	return longer < 1 ? 1 : longer > PICTURE_SIDE_MAX ? PICTURE_SIDE_MAX : (int)ceil(longer);
}

static cairo_surface_t *surface_of(uint32_t *words, const struct pixels *p)
{
	return cairo_image_surface_create_for_data((unsigned char *)words, p->channels == 4 ? CAIRO_FORMAT_ARGB32
		: CAIRO_FORMAT_RGB24, p->width, p->height, p->width * 4);
}

/* Pixels as a surface over width × height; they may be a little larger or, when the file was small, smaller. */
static int cover_with(const struct pixels *p, int width, int height, cairo_surface_t **ret, uint32_t **ret_words)
{
	uint32_t *words = mem_take((size_t)p->width * p->height * sizeof *words);

	if (!words)
		return E_MEMORY;
	words_from_pixels(p, words);
	cairo_surface_t *made = surface_of(words, p);
	double scale = fmin((double)p->width / width, (double)p->height / height);
	cairo_surface_set_device_scale(made, scale, scale);
	cairo_surface_set_device_offset(made, (p->width - width * scale) / 2, (p->height - height * scale) / 2);
	*ret = made;
	*ret_words = words;
	return 0;
}

int cover_load(struct blob file, int width, int height, cairo_surface_t **ret, uint32_t **ret_words)
{
	PIXELS_SCOPED p = { 0 };
	struct picture_info info;
	int r = picture_probe(file, &info);

	if (r < 0 || (r = picture_read_clear(file, side_to_cover(&info, width, height), &p)) < 0)
		return r;
	return cover_with(&p, width, height, ret, ret_words);
}

int layer_load(struct layer *l)
{
	int width = l->is.width, height = l->is.height;

	if (l->is.kind == POSTER_QR)
		width = height = (width < height ? width : height) / 5;
	return cover_load(l->is.picture, width, height, &l->picture, &l->words);
}

static void path_of(cairo_t *cr, enum poster_shape shape, double x, double y, double width, double height)
{
	double smaller = fmin(width, height);

	if (shape == POSTER_ROUND && width == height)
		cairo_arc(cr, x + width / 2, y + height / 2, width / 2, 0, 2 * M_PI);
	else if (shape == POSTER_SQUARE)
		cairo_rectangle(cr, x, y, width, height);
	else
		paint_round(cr, x, y, width, height, shape == POSTER_ROUND ? smaller / 2 : smaller / 8);
}

static void fill_with(cairo_t *cr, cairo_surface_t *picture, const struct poster_layer *l)
{
	cairo_set_source_surface(cr, picture, l->x, l->y);
	cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_BILINEAR);
	cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
	path_of(cr, l->shape, l->x, l->y, l->width, l->height);
	cairo_fill(cr);
	paint_colour(cr, 0);                    /* lets go of the picture */
}

void poster_picture(struct painter *painter, const struct layer *l)
{
	if (l->picture)
		fill_with(painter->cr, l->picture, &l->is);
}

/* ---- Faces -------------------------------------------------------------------------------------------------- */

/* Calm, and dark enough for white letters. */
static const uint32_t grounds[] = {
	0x0b7a6b, 0x3b6fb6, 0x8a5a9e, 0xb4552d, 0x5b7f3a, 0xa8476a, 0x47748a, 0x94702a,
};

static uint32_t ground_of(struct str nickname)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < nickname.len; i++)
		h = (h ^ (unsigned char)nickname.at[i]) * 16777619u;
	return grounds[(h >> 8) % (sizeof grounds / sizeof *grounds)];
}

/* Who has no name has a head and shoulders. */
static void paint_nobody(cairo_t *cr, double x, double y, double size)
{
	paint_colour(cr, 0xffffff);
	cairo_arc(cr, x, y - size * 0.12, size * 0.17, 0, 2 * M_PI);
	cairo_fill(cr);
	cairo_arc(cr, x, y + size * 0.42, size * 0.3, M_PI, 2 * M_PI);
	cairo_fill(cr);
}

static int paint_initials(struct painter *painter, const struct poster_layer *l, struct str nickname)
{
	double x = l->x + l->width / 2.0, y = l->y + l->height / 2.0, size = fmin(l->width, l->height);

	nickname = utf8_cut(str_trim(nickname), POSTER_VALUE_MAX);
	path_of(painter->cr, l->shape, l->x, l->y, l->width, l->height);
	paint_colour(painter->cr, nickname.len ? ground_of(nickname) : 0x9aa5a2);
	cairo_fill(painter->cr);
	paint_colour(painter->cr, 0xffffff);
	if (nickname.len)
		return poster_initial(painter, nickname, x, y, size * 0.5);
	paint_nobody(painter->cr, x, y, size);
	return 0;
}

int poster_avatar(struct painter *painter, const struct layer *l, const struct poster_person *who)
{
	cairo_surface_t *picture;
	uint32_t *words;

	if (who->avatar.len > 0) {
		int r = cover_load(who->avatar, l->is.width, l->is.height, &picture, &words);
		if (r == 0) {
			fill_with(painter->cr, picture, &l->is);
			cairo_surface_destroy(picture);
			mem_give(words);
			return 0;
		}
		if (r == E_MEMORY)
			return r;
	}
	return paint_initials(painter, &l->is, who->nickname);
}

/* ---- Codes --------------------------------------------------------------------------------------------------- */

static void fill_words(uint32_t *row, int from, int count, uint32_t colour)
{
	for (int i = from; i < from + count; i++)
		row[i] = colour;
}

/* Straight into the picture's words: a path of 500 rectangles costs cairo ten times as much. */
static void code_in_words(struct painter *painter, const struct qr *qr, int x, int y, int module, uint32_t dark)
{
	for (int row = 0; row < qr->side; row++) {
		uint32_t *line = painter->words + (size_t)(y + row * module) * painter->width;
		for (int column = 0; column < qr->side; column++)
			if (qr->dark[row * qr->side + column])
				fill_words(line, x + column * module, module, dark);
		for (int i = 1; i < module; i++)
			memcpy(line + (size_t)i * painter->width + x, line + x, (size_t)qr->side * module * sizeof *line);
	}
}

static void paint_logo(cairo_t *cr, const struct layer *l, const struct qr *qr, double x, double y, double module)
{
	double hidden = qr_logo_modules(qr->side) * module, room = hidden * 5 / 6;
	double left = x + (qr->side * module - hidden) / 2, top = y + (qr->side * module - hidden) / 2, rim = (hidden - room) / 2;
	double made_for = fmin(l->is.width, l->is.height) / 5;

	paint_colour(cr, 0xffffff);
	paint_round(cr, left, top, hidden, hidden, hidden / 6);
	cairo_fill(cr);
	cairo_save(cr);
	cairo_translate(cr, left + rim, top + rim);
	cairo_scale(cr, room / floor(made_for), room / floor(made_for));
	cairo_set_source_surface(cr, l->picture, 0, 0);
	cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
	paint_round(cr, 0, 0, floor(made_for), floor(made_for), made_for / 8);
	cairo_fill(cr);
	cairo_restore(cr);
	paint_colour(cr, 0);
}

static bool inside(const struct painter *painter, const struct poster_layer *l)
{
	return l->rotation % 360 == 0 && l->x >= 0 && l->y >= 0 && l->x + l->width <= painter->width &&
	       l->y + l->height <= cairo_image_surface_get_height(painter->surface);
}

int poster_code(struct painter *painter, const struct layer *l, struct str link)
{
	const struct poster_layer *is = &l->is;
	cairo_t *cr = painter->cr;
	struct qr qr;
	int r = qr_make(link, l->picture ? 'H' : is->level, &qr);

	if (r < 0)
		return r;
	int room = is->width < is->height ? is->width : is->height, module = room / (qr.side + 2 * is->quiet);
	int x = is->x + (is->width - module * qr.side) / 2, y = is->y + (is->height - module * qr.side) / 2;
	if (module < MODULE_MIN)
		return E_QR_TOO_LONG;
	paint_colour(cr, is->light);
	cairo_rectangle(cr, is->x, is->y, is->width, is->height);
	cairo_fill(cr);
	if (inside(painter, is)) {
		cairo_surface_flush(painter->surface);
		code_in_words(painter, &qr, x, y, module, is->colour);
		cairo_surface_mark_dirty_rectangle(painter->surface, is->x, is->y, is->width, is->height);
	} else {
		paint_colour(cr, is->colour);
		qr_paint(&qr, cr, x, y, module);
	}
	if (l->picture)
		paint_logo(cr, l, &qr, x, y, module);
	return 0;
}
