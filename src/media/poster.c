/* poster.c: preparing a design, and drawing it for a person.
 *
 * Three pictures stand behind a poster. `under` holds the background and every shared layer that no personal layer lies
 * under; it is what a person's areas are painted on. `whole` is the poster without anybody's layers, with those shared
 * layers that lie over personal ones (`late`); of it the base JPEG is made. Where nothing is late, they are the same.
 *
 * Holds   A personal layer touches its area only; so outside of the areas, grown to whole blocks, a person's poster is
 *         `whole`, and inside it is painted from `under` with everything personal or late in order.
 *         Painters (fonts, glyphs, a picture of work) are few: at most PAINTERS_KEPT lie idle.
 * Test    poster_test.c.
 */
#include "media/poster_inside.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "media/codec.h"
#include "media/paint.h"
#include "media/poster_art.h"
#include "media/qr_draw.h"

#define QUALITY       85
#define PAINTERS_KEPT 4
#define WORDS_KEPT    (4u << 20)        /* a painter's picture past so many words (16 MB) is not kept */
#define TEXT_BYTES    (32u << 20)       /* of all layers of a design, with their pictures */

struct poster {
	atomic_int        owners;
	struct arena      arena;
	int               width, height;
	struct layer      layers[POSTER_LAYERS_MAX];
	size_t            count;
	struct area       areas[POSTER_LAYERS_MAX];     /* of the personal layers, in whole blocks */
	size_t            area_count;
	uint32_t         *under, *whole;
	struct jpeg_base *base;
};

static size_t words_of(const struct poster *p) { return (size_t)p->width * p->height; }

/* ---- Painters --------------------------------------------------------------------------------------- */

static pthread_mutex_t painters_lock = PTHREAD_MUTEX_INITIALIZER;
static struct painter *painters;
static int             painters_idle;

static void surface_drop(struct painter *p)
{
	if (p->cr)
		cairo_destroy(p->cr);
	if (p->surface)
		cairo_surface_destroy(p->surface);
	p->cr = NULL;
	p->surface = NULL;
}

static void painter_free(struct painter *p)
{
	surface_drop(p);
	if (p->layout)
		g_object_unref(p->layout);
	if (p->context)
		g_object_unref(p->context);
	if (p->fonts)
		g_object_unref(p->fonts);
	mem_give(p->words);
	mem_give(p);
}

static struct painter *painter_make(void)
{
	struct painter *p = mem_take(sizeof *p);

	if (!p)
		return NULL;
	cairo_font_options_t *options = cairo_font_options_create();
	p->fonts = pango_cairo_font_map_new();
	p->context = pango_font_map_create_context(p->fonts);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	pango_cairo_context_set_font_options(p->context, options);
	cairo_font_options_destroy(options);
	pango_context_set_language(p->context, pango_language_from_string("zh-CN"));
	pango_context_set_base_dir(p->context, PANGO_DIRECTION_LTR);
	p->layout = pango_layout_new(p->context);
	pango_layout_set_auto_dir(p->layout, FALSE);
	return p;
}

/* Ready to paint on `words_of(poster)` words of unknown content. */
static int painter_begin(struct painter *p, const struct poster *poster)
{
	if (p->room < words_of(poster)) {
		mem_give(p->words);
		p->words = mem_take(words_of(poster) * sizeof *p->words);
		p->room = p->words ? words_of(poster) : 0;
		if (!p->words)
			return E_MEMORY;
	}
	p->width = poster->width;
	p->surface = cairo_image_surface_create_for_data((unsigned char *)p->words, CAIRO_FORMAT_RGB24, poster->width,
	                                                 poster->height, poster->width * 4);
	p->cr = cairo_create(p->surface);
	return cairo_status(p->cr) ? E_MEMORY : 0;
}

static void painter_give(struct painter *p)
{
	surface_drop(p);
	if (p->room > WORDS_KEPT) {
		mem_give(p->words);
		p->words = NULL;
		p->room = 0;
	}
	pthread_mutex_lock(&painters_lock);
	bool keep = painters_idle < PAINTERS_KEPT;
	if (keep) {
		p->next = painters;
		painters = p;
		painters_idle++;
	}
	pthread_mutex_unlock(&painters_lock);
	if (!keep)
		painter_free(p);
}

static int painter_take(const struct poster *poster, struct painter **ret)
{
	pthread_mutex_lock(&painters_lock);
	struct painter *p = painters;
	if (p) {
		painters = p->next;
		painters_idle--;
	}
	pthread_mutex_unlock(&painters_lock);
	if (!p && !(p = painter_make()))
		return E_MEMORY;
	int r = painter_begin(p, poster);
	if (r < 0)
		painter_give(p);
	else
		*ret = p;
	return r;
}

/* ---- Layers ------------------------------------------------------------------------------------------- */

/* The smallest area around the layer, however it is turned; a text's last line may hang out by its descenders. */
static struct area area_of(const struct poster_layer *l)
{
	double hang = l->kind == POSTER_TEXT ? l->size * 0.3 : 0, turn = l->rotation * M_PI / 180;
	double half_width = l->width / 2.0, half_height = l->height / 2.0 + hang;
	double x = fabs(half_width * cos(turn)) + fabs(half_height * sin(turn));
	double y = fabs(half_width * sin(turn)) + fabs(half_height * cos(turn));
	double middle_x = l->x + l->width / 2.0, middle_y = l->y + l->height / 2.0;
	int left = (int)floor(middle_x - x - 0.01), top = (int)floor(middle_y - y - 0.01);

	return (struct area){ left, top, (int)ceil(middle_x + x + 0.01) - left, (int)ceil(middle_y + y + 0.01) - top };
}

static bool areas_touch(struct area a, struct area b)
{
	return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

static int floor_block(int n) { return n >= 0 ? n / JPEG_BLOCK * JPEG_BLOCK : 0; }

/* Grown to whole blocks, cut to the poster; without width when nothing is left. */
static struct area area_in_blocks(struct area a, const struct poster *p)
{
	int left = floor_block(a.x), top = floor_block(a.y);
	int right = floor_block(a.x + a.width + JPEG_BLOCK - 1), bottom = floor_block(a.y + a.height + JPEG_BLOCK - 1);

	right = right < p->width ? right : p->width;
	bottom = bottom < p->height ? bottom : p->height;
	return left < right && top < bottom ? (struct area){ left, top, right - left, bottom - top } : (struct area){ 0 };
}

struct str poster_variable(struct str text, size_t *at)
{
	for (size_t i = *at; i < text.len; i++) {
		if (text.at[i] != '{')
			continue;
		struct str rest = { text.at + i + 1, text.len - i - 1 };
		ptrdiff_t end = str_find(rest, '}');
		if (end <= 0)
			break;
		*at = i + 2 + (size_t)end;
		return (struct str){ rest.at, (size_t)end };
	}
	*at = text.len;
	return S("");
}

static bool is_personal(const struct poster_layer *l)
{
	size_t at = 0;

	return l->kind == POSTER_AVATAR || l->kind == POSTER_QR ||
	       (l->kind == POSTER_TEXT && poster_variable(l->text, &at).len > 0);
}

/* Over something that is drawn later than the base? */
static bool is_late(const struct poster *p, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if ((p->layers[k].personal || p->layers[k].late) && areas_touch(p->layers[k].area, p->layers[i].area))
			return true;
	return false;
}

static struct blob blob_copy(struct arena *arena, struct blob b)
{
	struct str copy = str_copy(arena, (struct str){ b.at, b.len });

	return (struct blob){ copy.at, copy.len };
}

static int check_code(const struct poster_layer *l)
{
	static const char levels[] = "LMQH";

	if (!memchr(levels, l->level, sizeof levels - 1))
		return E_NOT_ONE_OF;
	return qr_colours_check(l->colour, l->light);
}

static int layer_prepare(struct poster *p, size_t i, const struct poster_layer *given)
{
	struct layer *l = &p->layers[i];
	int r = 0;

	*l = (struct layer){ .is = *given, .area = area_of(given), .personal = is_personal(given) };
	l->is.text = str_copy(&p->arena, given->text);
	l->late = !l->personal && is_late(p, i);
	if (given->kind == POSTER_TEXT) {
		if (!utf8_valid(given->text))
			return E_UTF8;
		l->font = poster_font(given->serif, given->bold, given->size);
	}
	if (given->kind == POSTER_QR && (r = check_code(given)) < 0)
		return r;
	if (given->picture.len > 0) {
		l->is.picture = blob_copy(&p->arena, given->picture);
		r = arena_failed(&p->arena) ? E_MEMORY : layer_load(l);
	}
	if (r == 0 && l->personal) {
		struct area blocks = area_in_blocks(l->area, p);
		if (blocks.width > 0)
			p->areas[p->area_count++] = blocks;
	}
	return r < 0 ? r : arena_failed(&p->arena) ? E_MEMORY : 0;
}

static void layer_free(struct layer *l)
{
	if (l->picture)
		cairo_surface_destroy(l->picture);
	if (l->font)
		pango_font_description_free(l->font);
	mem_give(l->words);
}

/* ---- Painting ------------------------------------------------------------------------------------------- */

static void layer_clip(cairo_t *cr, const struct poster_layer *l)
{
	double hang = l->kind == POSTER_TEXT ? floor(l->size * 0.3) : 0;

	cairo_rectangle(cr, l->x, l->y - hang, l->width, l->height + 2 * hang);
	cairo_clip(cr);
}

static int paint_text(struct painter *painter, const struct layer *l, const struct poster_person *who)
{
	BUF_SCOPED text;

	buf_init(&text, 64 << 10);
	poster_fill(&text, l->is.text, who);
	poster_text(painter, l, buf_view(&text));
	return buf_failed(&text) ? E_MEMORY : 0;
}

static int paint_kind(struct painter *painter, const struct layer *l, const struct poster_person *who)
{
	switch (l->is.kind) {
	case POSTER_AVATAR:
		return poster_avatar(painter, l, who);
	case POSTER_QR:
		return poster_code(painter, l, who->link);
	case POSTER_PICTURE:
		poster_picture(painter, l);
		return 0;
	default:
		return paint_text(painter, l, who);
	}
}

static int paint_layer(struct painter *painter, const struct layer *l, const struct poster_person *who)
{
	const struct poster_layer *is = &l->is;
	bool veiled = is->opacity < 100 && is->kind != POSTER_QR;
	cairo_t *cr = painter->cr;

	if (is->opacity <= 0 && is->kind != POSTER_QR)
		return 0;
	cairo_save(cr);
	if (is->rotation % 360 != 0) {
		cairo_translate(cr, is->x + is->width / 2.0, is->y + is->height / 2.0);
		cairo_rotate(cr, is->rotation * M_PI / 180);
		cairo_translate(cr, -(is->x + is->width / 2.0), -(is->y + is->height / 2.0));
	}
	layer_clip(cr, is);
	if (veiled)
		cairo_push_group(cr);
	int r = paint_kind(painter, l, who);
	if (veiled) {
		cairo_pop_group_to_source(cr);
		cairo_paint_with_alpha(cr, is->opacity / 100.0);
	}
	cairo_restore(cr);
	return r < 0 ? r : cairo_status(cr) ? E_MEMORY : 0;
}

static void restore_area(struct painter *painter, const struct poster *p, struct area a)
{
	for (int y = a.y; y < a.y + a.height; y++) {
		size_t at = (size_t)y * p->width + a.x;
		memcpy(painter->words + at, p->under + at, (size_t)a.width * sizeof *p->under);
	}
	cairo_surface_mark_dirty_rectangle(painter->surface, a.x, a.y, a.width, a.height);
}

/* The personal areas as they are for this person; outside of them the painter's picture is not looked at. */
static int paint_areas(struct painter *painter, const struct poster *p, const struct poster_person *who,
                       const struct area *areas, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count; i++)
		restore_area(painter, p, areas[i]);
	for (size_t i = 0; i < p->count && r == 0; i++) {
		const struct layer *l = &p->layers[i];
		if (!l->personal && !l->late)
			continue;
		if (l->late) {
			cairo_save(painter->cr);
			for (size_t k = 0; k < count; k++)
				cairo_rectangle(painter->cr, areas[k].x, areas[k].y, areas[k].width, areas[k].height);
			cairo_clip(painter->cr);
		}
		r = paint_layer(painter, l, who);
		if (l->late)
			cairo_restore(painter->cr);
	}
	cairo_surface_flush(painter->surface);
	return r;
}

/* ---- Preparing -------------------------------------------------------------------------------------------- */

static int paint_background(struct painter *painter, const struct poster *p, const struct poster_design *d)
{
	const struct poster_art *art = poster_art_find(d->art);
	cairo_surface_t *picture;
	uint32_t *words;

	paint_colour(painter->cr, 0xffffff);
	cairo_paint(painter->cr);
	if (d->background.len > 0) {
		int r = cover_load(d->background, p->width, p->height, &picture, &words);
		if (r < 0)
			return r;
		cairo_set_source_surface(painter->cr, picture, 0, 0);
		cairo_paint(painter->cr);
		paint_colour(painter->cr, 0);
		cairo_surface_destroy(picture);
		mem_give(words);
	} else if (art) {
		cairo_save(painter->cr);
		art->paint(painter->cr, p->width, p->height, d->accent ? d->accent : art->accent);
		cairo_restore(painter->cr);
	}
	return 0;
}

static int keep_words(struct painter *painter, const struct poster *p, uint32_t **ret)
{
	uint32_t *words = mem_take(words_of(p) * sizeof *words);

	if (!words)
		return E_MEMORY;
	cairo_surface_flush(painter->surface);
	memcpy(words, painter->words, words_of(p) * sizeof *words);
	*ret = words;
	return 0;
}

static int paint_shared(struct painter *painter, struct poster *p, bool late, bool *ret_any)
{
	static const struct poster_person nobody;
	int r = 0;

	*ret_any = false;
	for (size_t i = 0; i < p->count && r == 0; i++) {
		if (p->layers[i].personal || p->layers[i].late != late)
			continue;
		*ret_any = true;
		r = paint_layer(painter, &p->layers[i], &nobody);
	}
	return r;
}

static int paint_base(struct painter *painter, struct poster *p, const struct poster_design *d)
{
	bool any;
	int r = paint_background(painter, p, d);

	if (r < 0 || (r = paint_shared(painter, p, false, &any)) < 0 || (r = keep_words(painter, p, &p->under)) < 0 ||
	    (r = paint_shared(painter, p, true, &any)) < 0)
		return r;
	p->whole = p->under;
	if (any && (r = keep_words(painter, p, &p->whole)) < 0)
		p->whole = p->under;
	return r;
}

static int prepare(struct poster *p, const struct poster_design *d, int *ret_layer)
{
	struct painter *painter;
	int r = 0;

	for (size_t i = 0; i < d->count && r == 0; i++) {
		p->count = i + 1;
		if ((r = layer_prepare(p, i, &d->layers[i])) < 0)
			*ret_layer = (int)i;
	}
	if (r < 0 || (r = painter_take(p, &painter)) < 0)
		return r;
	r = paint_base(painter, p, d);
	painter_give(painter);
	return r < 0 ? r : jpeg_base_make(p->whole, p->width, p->height, QUALITY, &p->base);
}

static bool side_fits(int side) { return side >= POSTER_SIDE_MIN && side <= POSTER_SIDE_MAX; }

int poster_prepare(const struct poster_design *d, struct poster **ret, int *ret_layer)
{
	int nobody, *blame = ret_layer ? ret_layer : &nobody;

	*blame = -1;
	if (!side_fits(d->width) || !side_fits(d->height))
		return d->width < POSTER_SIDE_MIN || d->height < POSTER_SIDE_MIN ? E_TOO_SMALL : E_TOO_LARGE;
	if (d->count > POSTER_LAYERS_MAX)
		return E_TOO_MANY;
	struct poster *p = mem_take(sizeof *p);
	if (!p)
		return E_MEMORY;
	arena_init(&p->arena, TEXT_BYTES);
	p->owners = 1;
	p->width = d->width;
	p->height = d->height;
	int r = prepare(p, d, blame);
	if (r < 0)
		poster_drop(p);
	else
		*ret = p;
	return r;
}

void poster_hold(struct poster *p)
{
	atomic_fetch_add(&p->owners, 1);
}

void poster_drop(struct poster *p)
{
	if (!p || atomic_fetch_sub(&p->owners, 1) > 1)
		return;
	for (size_t i = 0; i < p->count; i++)
		layer_free(&p->layers[i]);
	if (p->whole != p->under)
		mem_give(p->whole);
	mem_give(p->under);
	jpeg_base_free(p->base);
	arena_free(&p->arena);
	mem_give(p);
}

size_t poster_size(const struct poster *p)
{
	size_t pictures = p->whole == p->under ? 1 : 2;

	return sizeof *p + p->arena.total + pictures * words_of(p) * sizeof *p->under + jpeg_base_size(p->base);
}

/* ---- Drawing ------------------------------------------------------------------------------------------------ */

static int check_person(const struct poster_person *who)
{
	bool valid = utf8_valid(who->nickname) && utf8_valid(who->link);

	for (size_t i = 0; i < who->word_count && valid; i++)
		valid = utf8_valid(who->words[i].value);
	return valid ? 0 : E_UTF8;
}

static int draw_png(const struct poster *p, const uint32_t *words, struct buf *ret)
{
	PIXELS_SCOPED rgb = { 0 };
	int r = pixels_make(p->width, p->height, 3, &rgb);

	if (r < 0)
		return r;
	words_to_pixels(words, &rgb);
	return png_encode(&rgb, ret);
}

static int draw_full_jpeg(const struct poster *p, const uint32_t *words, struct buf *ret)
{
	return jpeg_encode_words(words, p->width, p->height, QUALITY, ret);
}

typedef int encoder(const struct poster *, const uint32_t *words, struct buf *ret);

/* Everything painted, then encoded as a whole. */
static int draw_all(struct poster *p, const struct poster_person *who, encoder *encode, struct buf *ret)
{
	const struct area all = { 0, 0, p->width, p->height };
	struct painter *painter;
	int r = check_person(who);

	if (r < 0 || (r = painter_take(p, &painter)) < 0)
		return r;
	if ((r = paint_areas(painter, p, who, &all, 1)) == 0)
		r = encode(p, painter->words, ret);
	painter_give(painter);
	return r;
}

static int draw_jpeg(struct poster *p, const struct poster_person *who, struct buf *ret)
{
	struct painter *painter;
	int r = check_person(who);

	if (r < 0 || (r = painter_take(p, &painter)) < 0)
		return r;
	if ((r = paint_areas(painter, p, who, p->areas, p->area_count)) == 0)
		r = jpeg_base_patch(p->base, p->whole, painter->words, p->areas, p->area_count, ret);
	painter_give(painter);
	return r;
}

int poster_draw(struct poster *p, const struct poster_person *who, enum picture_type type, struct buf *ret)
{
	return type == PICTURE_PNG ? draw_all(p, who, draw_png, ret) : draw_jpeg(p, who, ret);
}

int poster_draw_whole(struct poster *p, const struct poster_person *who, struct buf *ret)
{
	return draw_all(p, who, draw_full_jpeg, ret);
}
