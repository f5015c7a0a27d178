/* design.c: see design.h.
 *
 * Holds   Every limit of a layer stands in its row; what depends on the kind of layer is judged by `piece_check`, which names
 *         the layer and the field.
 * Test    poster_test.c.
 */
#include "campaign/poster/design.h"

#include "engine/file/file.h"
#include "media/qr_draw.h"

#define COLOUR "(#[0-9a-fA-F]{6})?"

/* ---- Rows -------------------------------------------------------------------------------------------- */



static const struct field piece_fields[] = {
	FIELD(piece, kind,        "What it is", .one_of = "text avatar qr picture"),
	FIELD(piece, name,        "As the list of layers calls it", .max = 30, .optional = true),
	FIELD(piece, element,     "Which of the six elements it is", .one_of = "none " ELEMENTS, .optional = true),
	FIELD(piece, x,           "Left edge, pixels", .min = -2048, .max = 4096),
	FIELD(piece, y,           "Upper edge", .min = -2048, .max = 4096),
	FIELD(piece, width,       "Width", .min = 1, .max = 4096),
	FIELD(piece, height,      "Height", .min = 1, .max = 4096),
	FIELD(piece, opacity,     "Percent", .min = 0, .max = 100),
	FIELD(piece, rotation,    "Degrees, clockwise", .min = -360, .max = 360, .optional = true),
	FIELD(piece, hidden,      "Not drawn", .optional = true),
	FIELD(piece, locked,      "Not moved by the designer", .optional = true),
	FIELD(piece, text,        "Text, with {variables}", .max = POSTER_TEXT_MAX, .lines = true, .optional = true),
	FIELD(piece, font,        "Family", .one_of = "sans serif", .optional = true),
	FIELD(piece, bold,        "Bold", .optional = true),
	FIELD(piece, size,        "Size of the text, pixels", .min = 0, .max = POSTER_SIZE_MAX, .optional = true),
	FIELD(piece, line_height, "Percent of the size; 0: 130", .min = 0, .max = 300, .optional = true),
	FIELD(piece, max_lines,   "Lines, then an ellipsis; 0: 1", .min = 0, .max = 30, .optional = true),
	FIELD(piece, align,       "How lines stand", .one_of = "left centre right", .optional = true),
	FIELD(piece, colour,      "#rrggbb of a text, or of a code's dark modules", .max = 7, .pattern = COLOUR, .optional = true),
	FIELD(piece, light,       "#rrggbb of a code's ground", .max = 7, .pattern = COLOUR, .optional = true),
	FIELD(piece, shape,       "Of an avatar or picture", .one_of = "square round soft", .optional = true),
	FIELD(piece, level,       "How much of a code may be damaged", .one_of = "L M Q H", .optional = true),
	FIELD(piece, quiet,       "Margin of a code, modules; 0: 4", .min = 0, .max = 10, .optional = true),
	FIELD(piece, picture,     "Key of a file: the picture, or a code's logo", .max = 22, .optional = true),
};
const struct row row_piece = { "poster_layer", sizeof(struct piece), piece_fields, sizeof piece_fields / sizeof *piece_fields };

#define DESIGN_FIELDS \
	FIELD(design, name,       "As operators read it", .min = 1, .max = 40), \
	FIELD(design, width,      "Pixels", .min = POSTER_SIDE_MIN, .max = POSTER_SIDE_MAX), \
	FIELD(design, height,     "Pixels", .min = POSTER_SIDE_MIN, .max = POSTER_SIDE_MAX), \
	FIELD(design, background, "Key of a file that fills the poster; empty: the art", .max = 22, .optional = true), \
	FIELD(design, art,        "A background that comes with the program", .one_of = "none dawn spark night paper gold", .optional = true), \
	FIELD(design, accent,     "#rrggbb of the art; empty: its own", .max = 7, .pattern = COLOUR, .optional = true), \
	FIELD(design, layers,     "From the back to the front", .of = &row_piece, .max = POSTER_LAYERS_MAX), \
	FIELD(design, version,    "Rises with every save; a save names the one it began with", .optional = true)

#define DESIGN_ROW(name_, ...) \
	static const struct field name_##_fields[] = { __VA_ARGS__ }; \
	const struct row row_##name_ = { #name_, sizeof(struct design), name_##_fields, sizeof name_##_fields / sizeof *name_##_fields }

DESIGN_ROW(poster, FIELD(design, id, "Poster"), DESIGN_FIELDS, FIELD(design, created_at, "When it was made"),
	FIELD(design, updated_at, "When it was saved last"));
DESIGN_ROW(poster_draft, DESIGN_FIELDS);
DESIGN_ROW(poster_preview, DESIGN_FIELDS, FIELD(design, member_id, "As whom; nobody in particular when missing", .optional = true));

/* ---- Filling in ------------------------------------------------------------------------------------------ */

static struct str word_or(struct str word, const char *other) { return word.len ? word : str_of(other); }

static int64_t number_or(int64_t n, int64_t other) { return n ? n : other; }

static void piece_fill(struct piece *p)
{
	bool code = str_is(p->kind, "qr");
	p->element = word_or(p->element, "none");
	p->font = word_or(p->font, "sans");
	p->align = word_or(p->align, "left");
	p->colour = word_or(p->colour, code ? "#000000" : "#1d2524");
	p->light = word_or(p->light, "#ffffff");
	p->shape = word_or(p->shape, str_is(p->kind, "avatar") ? "round" : "square");
	p->level = word_or(p->level, "M");
	p->line_height = number_or(p->line_height, 130);
	p->max_lines = number_or(p->max_lines, 1);
	p->quiet = number_or(p->quiet, 4);
}

void design_fill(struct arena *arena, struct design *d)
{
	struct piece *filled = arena_take_array(arena, d->layers.count ? d->layers.count : 1, sizeof *filled);
	const struct piece *given = d->layers.at;
	d->art = word_or(d->art, "none");
	if (!filled)
		return;                             /* the arena says so to whoever replies */
	for (size_t i = 0; i < d->layers.count; i++) {
		filled[i] = given[i];
		piece_fill(&filled[i]);
	}
	d->layers.at = filled;
}

/* ---- Judging --------------------------------------------------------------------------------------------- */

uint32_t colour_of(struct str text, uint32_t other)
{
	uint32_t n = 0;
	if (text.len != 7)
		return other;
	for (size_t i = 1; i < 7; i++) {
		char c = text.at[i];
		n = n << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return n;
}

static int file_known(struct tx *tx, struct id community, struct str key)
{
	struct blob bytes;
	return file_bytes(tx, community, key, &bytes);
}

/* What is wrong with a layer of its kind, and in which field. */
static int piece_check(struct tx *tx, struct id community, const struct piece *p, const char **ret_field)
{
	if (str_is(p->kind, "text")) {
		*ret_field = "size";
		if (p->size < POSTER_SIZE_MIN)
			return E_TOO_SMALL;
	}
	if (str_is(p->kind, "qr")) {
		*ret_field = p->width < p->height ? "width" : "height";
		if (p->width < POSTER_CODE_MIN || p->height < POSTER_CODE_MIN)
			return E_TOO_SMALL;
		*ret_field = "opacity";
		if (p->opacity < 100)
			return E_QR_CONTRAST;
		*ret_field = "colour";
		int r = qr_colours_check(colour_of(p->colour, 0), colour_of(p->light, 0xffffff));
		if (r < 0)
			return r;
	}
	*ret_field = "picture";
	if (str_is(p->kind, "picture") && !p->picture.len)
		return E_MISSING_FIELD;
	return p->picture.len ? file_known(tx, community, p->picture) : 0;
}

int design_check(struct tx *tx, struct id community, const struct design *d, struct str *ret_field)
{
	const struct piece *pieces = d->layers.at;
	const char *field = "";
	int r = d->background.len ? file_known(tx, community, d->background) : 0;
	if (r < 0) {
		*ret_field = S("background");
		return r;
	}
	for (size_t i = 0; i < d->layers.count; i++)
		if ((r = piece_check(tx, community, &pieces[i], &field)) < 0) {
			*ret_field = str_format(tx_arena(tx), "layers[%zu].%s", i, field);
			return r;
		}
	return 0;
}

/* ---- To media/ --------------------------------------------------------------------------------------------- */

static enum poster_kind kind_of(struct str kind)
{
	return str_is(kind, "avatar") ? POSTER_AVATAR : str_is(kind, "qr") ? POSTER_QR
	     : str_is(kind, "picture") ? POSTER_PICTURE : POSTER_TEXT;
}

static enum poster_align align_of(struct str align)
{
	return str_is(align, "centre") ? POSTER_CENTRE : str_is(align, "right") ? POSTER_RIGHT : POSTER_LEFT;
}

static enum poster_shape shape_of(struct str shape)
{
	return str_is(shape, "round") ? POSTER_ROUND : str_is(shape, "soft") ? POSTER_SOFT : POSTER_SQUARE;
}

static int layer_of(struct tx *tx, struct id community, const struct piece *p, struct poster_layer *ret)
{
	*ret = (struct poster_layer){
		.kind = kind_of(p->kind), .x = (int)p->x, .y = (int)p->y, .width = (int)p->width, .height = (int)p->height,
		.opacity = (int)p->opacity, .rotation = (int)p->rotation, .text = p->text, .serif = str_is(p->font, "serif"),
		.bold = p->bold, .size = (int)p->size, .line_height = (int)p->line_height, .max_lines = (int)p->max_lines,
		.align = align_of(p->align), .colour = colour_of(p->colour, 0), .light = colour_of(p->light, 0xffffff),
		.shape = shape_of(p->shape), .quiet = (int)p->quiet, .level = p->level.len ? p->level.at[0] : 'M',
	};
	return p->picture.len ? file_bytes(tx, community, p->picture, &ret->picture) : 0;
}

int design_prepare(struct tx *tx, struct id community, const struct design *d, struct poster **ret)
{
	struct poster_layer layers[POSTER_LAYERS_MAX];
	const struct piece *pieces = d->layers.at;
	struct poster_design design = {
		.width = (int)d->width, .height = (int)d->height, .art = d->art, .accent = colour_of(d->accent, 0), .layers = layers,
	};
	int r = d->background.len ? file_bytes(tx, community, d->background, &design.background) : 0;
	for (size_t i = 0; r >= 0 && i < d->layers.count && i < POSTER_LAYERS_MAX; i++)
		if (!pieces[i].hidden)
			r = layer_of(tx, community, &pieces[i], &layers[design.count++]);
	return r < 0 ? r : poster_prepare(&design, ret, NULL);
}
