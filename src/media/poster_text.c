/* poster_text.c: texts of posters.
 *
 * Story   A nickname is whatever a person typed: Arabic among Chinese, eight flags, a character that turns the line
 *         around, two hundred marks on one letter. It stands in its place and disturbs nothing else.
 * Holds   Lines are as far apart as the design says, whatever fonts fill them; the em box of the first begins at the
 *         layer's upper edge, so what a designer draws around a text fits.
 *         A value that runs from right to left is isolated: its neighbours keep their order.
 * Test    poster_test.c.
 */
#include "media/poster_inside.h"

#include "base/utf8.h"
#include "media/paint.h"

#define ASCENT 0.88             /* of an em, as CJK fonts stand on their line */
#define ISOLATE "\xe2\x81\xa8"  /* U+2068 … U+2069 */
#define ISOLATE_END "\xe2\x81\xa9"
#define LINE_BREAK "\xe2\x80\xa8"       /* U+2028: a new line of the same paragraph */

/* ---- Filling in ---------------------------------------------------------------------------------------- */

static bool between(uint32_t code, uint32_t first, uint32_t last) { return code >= first && code <= last; }

static bool runs_leftward(uint32_t code)
{
	return between(code, 0x590, 0x8ff) || between(code, 0xfb1d, 0xfdff) || between(code, 0xfe70, 0xfeff) ||
	       between(code, 0x10800, 0x10fff) || between(code, 0x1e800, 0x1efff);
}

/* Marks of direction, annotation and order of bytes: nobody sees them, and they change what is around. */
static bool is_invisible(uint32_t code)
{
	return between(code, 0x202a, 0x202e) || between(code, 0x2060, 0x206f) || between(code, 0x200e, 0x200f) ||
	       between(code, 0xfff9, 0xfffc) || code == 0x61c || code == 0xfeff || code == 0xad;
}

static bool is_control(uint32_t code)
{
	return code < 0x20 || between(code, 0x7f, 0x9f) || between(code, 0x2028, 0x2029);
}

static bool any_leftward(struct str text)
{
	while (text.len > 0)
		if (runs_leftward(utf8_next(&text)))
			return true;
	return false;
}

static void add_clean(struct buf *out, struct str text, bool lines)
{
	while (text.len > 0) {
		struct str rest = text;
		uint32_t code = utf8_next(&rest);
		if (lines && code == '\n')
			buf_z(out, LINE_BREAK);
		else if (is_control(code))
			buf_byte(out, ' ');
		else if (!is_invisible(code))
			buf_add(out, text.at, text.len - rest.len);
		text = rest;
	}
}

static void add_value(struct buf *out, struct str value)
{
	value = utf8_cut(str_trim(value), POSTER_VALUE_MAX);
	bool leftward = any_leftward(value);
	if (leftward)
		buf_z(out, ISOLATE);
	add_clean(out, value, false);
	if (leftward)
		buf_z(out, ISOLATE_END);
}

static struct str value_of(struct str name, const struct poster_person *who)
{
	for (size_t i = 0; i < who->word_count; i++)
		if (str_equal(who->words[i].name, name))
			return who->words[i].value;
	return str_is(name, "nickname") ? who->nickname : S("");
}

void poster_fill(struct buf *out, struct str text, const struct poster_person *who)
{
	text = utf8_cut(text, POSTER_TEXT_MAX);
	for (size_t from = 0, at = 0; from < text.len; from = at) {
		struct str name = poster_variable(text, &at);
		size_t until = name.len ? at - name.len - 2 : text.len;
		add_clean(out, (struct str){ text.at + from, until - from }, true);
		if (name.len)
			add_value(out, value_of(name, who));
	}
}

/* ---- Laying out -------------------------------------------------------------------------------------------- */

PangoFontDescription *poster_font(bool serif, bool bold, double size)
{
	PangoFontDescription *font = pango_font_description_new();

	pango_font_description_set_family_static(font, serif ? "Noto Serif CJK SC, Noto Serif, serif"
	                                                     : "Noto Sans CJK SC, Noto Sans, sans-serif");
	pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
	return font;
}

static int lines_that_fit(const struct poster_layer *l)
{
	int pitch = l->size * l->line_height / 100, fit = (l->height + pitch / 3) / (pitch > 0 ? pitch : 1);

	fit = fit < l->max_lines ? fit : l->max_lines;
	return fit > 1 ? fit : 1;
}

static const PangoAlignment alignments[] = { PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER, PANGO_ALIGN_RIGHT };

void poster_text(struct painter *painter, const struct layer *l, struct str text)
{
	const struct poster_layer *is = &l->is;
	PangoLayout *layout = painter->layout;
	int lines = lines_that_fit(is);
	double pitch = is->size * is->line_height / 100.0, base = is->y + (pitch - is->size) / 2 + is->size * ASCENT;

	if (text.len == 0)
		return;
	pango_layout_set_font_description(layout, l->font);
	pango_layout_set_width(layout, is->width * PANGO_SCALE);
	pango_layout_set_alignment(layout, alignments[is->align]);
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	pango_layout_set_height(layout, -lines);
	pango_layout_set_text(layout, text.at, (int)text.len);
	paint_colour(painter->cr, is->colour);

	PangoLayoutIter *iter = pango_layout_get_iter(layout);
	int n = 0;
	do {
		PangoRectangle place;
		pango_layout_iter_get_line_extents(iter, NULL, &place);
		cairo_move_to(painter->cr, is->x + (double)place.x / PANGO_SCALE, base + n * pitch);
		pango_cairo_show_layout_line(painter->cr, pango_layout_iter_get_line_readonly(iter));
	} while (++n < lines && pango_layout_iter_next_line(iter));
	pango_layout_iter_free(iter);
}

/* ---- Initials ------------------------------------------------------------------------------------------------- */

/* Up to the next place where a cursor may stand. */
static struct str first_letter(struct str name)
{
	char clean[256];
	PangoLogAttr marks[65];
	struct str cut = utf8_cut(name, 60);
	size_t count = utf8_count(cut), letters = 1;

	if (cut.len >= sizeof clean)
		return utf8_cut(name, 1);
	memcpy(clean, cut.at, cut.len);
	clean[cut.len] = 0;
	pango_get_log_attrs(clean, (int)cut.len, -1, pango_language_from_string("zh-CN"), marks, (int)count + 1);
	while (letters < count && !marks[letters].is_cursor_position)
		letters++;
	return utf8_cut(name, letters);
}

int poster_initial(struct painter *painter, struct str nickname, double x, double y, double size)
{
	BUF_SCOPED text;
	PangoFontDescription *font = poster_font(false, true, size);
	PangoRectangle ink;

	buf_init(&text, 4096);
	add_clean(&text, first_letter(nickname), false);
	if (text.len == 1 && text.at[0] >= 'a' && text.at[0] <= 'z')
		text.at[0] = (char)(text.at[0] - 'a' + 'A');
	pango_layout_set_font_description(painter->layout, font);
	pango_layout_set_width(painter->layout, -1);
	pango_layout_set_ellipsize(painter->layout, PANGO_ELLIPSIZE_NONE);
	pango_layout_set_text(painter->layout, text.len ? text.at : "", (int)text.len);
	pango_layout_get_extents(painter->layout, &ink, NULL);
	cairo_move_to(painter->cr, x - (ink.x + ink.width / 2.0) / PANGO_SCALE, y - (ink.y + ink.height / 2.0) / PANGO_SCALE);
	pango_cairo_show_layout(painter->cr, painter->layout);
	pango_font_description_free(font);
	return buf_failed(&text) ? E_MEMORY : 0;
}
