/* sheet.c: labelled QR codes on A4, by cairo and pango.
 *
 * Story   A restaurant prints 60 codes, one for each table, cuts along the lines and sticks them on. Whoever cuts
 *         needs marks outside the cells; whoever sticks needs to read the label from a metre away.
 * Holds   Codes are shapes, not pictures: sharp on any printer. No text leaves its cell.
 *         libcairo 1.16 loses under 1 KB for each embedded font of a PDF; the rest is given back.
 * Test    sheet_test.c; and look at it: build a sheet, `pdftoppm -r 60 -png`.
 */
#include "media/sheet.h"
#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include "base/utf8.h"
#include "media/paint.h"
#include "media/qr_draw.h"

/* Points, 72 to the inch. */
#define PAGE_WIDTH   595.276
#define PAGE_HEIGHT  841.890
#define COLUMNS      3
#define ROWS         4
#define LEFT         36.0
#define TOP          70.0
#define CELL_WIDTH   ((PAGE_WIDTH - 2 * LEFT) / COLUMNS)
#define CELL_HEIGHT  ((PAGE_HEIGHT - TOP - 36.0) / ROWS)
#define CODE         114.0          /* with its quiet zone */
#define QUIET        4
#define PADDING      12.0
#define MARK         9.0            /* length of a cut mark */
#define MARK_GAP     3.0

#define INK          0x1d2524
#define SOFT         0x66706e
#define LINE         0xc9d0ce
#define ACCENT       0x0b7a6b

#define FAMILY "Noto Sans CJK SC, Noto Sans, sans-serif"

struct page {
	cairo_t     *cr;
	PangoLayout *layout;
};

/* ---- Text: a line, or two where one is too short ---------------------------------------------------- */

struct line {
	double             size;
	PangoWeight        weight;
	unsigned           colour;
	PangoAlignment     align;
	PangoEllipsizeMode cut;
	int                lines;
};

/* Labels tell apart by how they begin, and long ones by their second line; links by how they end. */
static const struct line
	title_line  = { 13,  PANGO_WEIGHT_BOLD,   INK,    PANGO_ALIGN_LEFT,   PANGO_ELLIPSIZE_END, 1 },
	page_line   = { 9,   PANGO_WEIGHT_NORMAL, SOFT,   PANGO_ALIGN_RIGHT,  PANGO_ELLIPSIZE_END, 1 },
	label_line  = { 15,  PANGO_WEIGHT_BOLD,   INK,    PANGO_ALIGN_CENTER, PANGO_ELLIPSIZE_END, 1 },
	long_label  = { 12,  PANGO_WEIGHT_BOLD,   INK,    PANGO_ALIGN_CENTER, PANGO_ELLIPSIZE_END, 2 },
	second_line = { 9.5, PANGO_WEIGHT_NORMAL, SOFT,   PANGO_ALIGN_CENTER, PANGO_ELLIPSIZE_END, 1 },
	link_line   = { 7.5, PANGO_WEIGHT_NORMAL, ACCENT, PANGO_ALIGN_CENTER, PANGO_ELLIPSIZE_MIDDLE, 1 };

/* How the text stands in this width; whether all of it does. */
static bool lay(const struct page *page, const struct line *line, struct str text, double width)
{
	PangoFontDescription *font = pango_font_description_from_string(FAMILY);

	text = utf8_cut(text, SHEET_TEXT_MAX);
	pango_font_description_set_absolute_size(font, line->size * PANGO_SCALE);
	pango_font_description_set_weight(font, line->weight);
	pango_layout_set_font_description(page->layout, font);
	pango_font_description_free(font);
	pango_layout_set_width(page->layout, (int)(width * PANGO_SCALE));
	pango_layout_set_alignment(page->layout, line->align);
	pango_layout_set_ellipsize(page->layout, line->cut);
	pango_layout_set_wrap(page->layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_height(page->layout, -line->lines);
	pango_layout_set_spacing(page->layout, line->lines > 1 ? -3 * PANGO_SCALE : 0);   /* the font's own lines stand wide */
	pango_layout_set_text(page->layout, text.len ? text.at : "", (int)text.len);
	return !pango_layout_is_ellipsized(page->layout);
}

/* With the first base line at y: lines of different scripts then stand level. */
static void show(const struct page *page, const struct line *line, double x, double y)
{
	paint_colour(page->cr, line->colour);
	cairo_move_to(page->cr, x, y - (double)pango_layout_get_baseline(page->layout) / PANGO_SCALE);
	pango_cairo_show_layout(page->cr, page->layout);
}

static void draw_line(const struct page *page, const struct line *line, struct str text,
                      double x, double y, double width)
{
	lay(page, line, text, width);
	show(page, line, x, y);
}

/* ---- One cell --------------------------------------------------------------------------------------- */

static int draw_code(const struct page *page, const struct sheet_code *code, double x, double y)
{
	struct qr qr;
	int r = qr_make(code->text, 'M', &qr);

	if (r < 0)
		return r;
	double module = CODE / (qr.side + 2 * QUIET);
	cairo_set_source_rgb(page->cr, 0, 0, 0);        /* printers mix other colours from dots */
	qr_paint(&qr, page->cr, x + QUIET * module, y + QUIET * module, module);
	return 0;
}

static int draw_cell(const struct page *page, const struct sheet_code *code, double x, double y)
{
	double left = x + PADDING, width = CELL_WIDTH - 2 * PADDING;
	int r = draw_code(page, code, x + (CELL_WIDTH - CODE) / 2, y + 5);

	if (r < 0)
		return r;
	if (lay(page, &label_line, code->label, width)) {
		show(page, &label_line, left, y + CODE + 25);
		draw_line(page, &second_line, code->second, left, y + CODE + 42, width);
	} else {
		lay(page, &long_label, code->label, width);
		show(page, &long_label, left, y + CODE + 18);
		draw_line(page, &second_line, code->second, left, y + CODE + 46.5, width);
	}
	draw_line(page, &link_line, code->link, left, y + CODE + 58, width);
	return 0;
}

/* ---- One page ----------------------------------------------------------------------------------------- */

static void stroke(cairo_t *cr, double x1, double y1, double x2, double y2)
{
	cairo_move_to(cr, x1, y1);
	cairo_line_to(cr, x2, y2);
	cairo_stroke(cr);
}

/* Where to cut: dashes between the cells. */
static void draw_dashes(cairo_t *cr, int rows)
{
	static const double dashes[] = { 2, 3 };

	paint_colour(cr, LINE);
	cairo_set_dash(cr, dashes, 2, 0);
	for (int i = 0; i <= COLUMNS; i++)
		stroke(cr, LEFT + i * CELL_WIDTH, TOP, LEFT + i * CELL_WIDTH, TOP + rows * CELL_HEIGHT);
	for (int i = 0; i <= rows; i++)
		stroke(cr, LEFT, TOP + i * CELL_HEIGHT, PAGE_WIDTH - LEFT, TOP + i * CELL_HEIGHT);
	cairo_set_dash(cr, NULL, 0, 0);
}

/* The same for who cuts a whole pile: solid marks at both ends of each cut, outside the part that is kept. */
static void draw_marks(cairo_t *cr, int rows)
{
	double right = PAGE_WIDTH - LEFT + MARK_GAP, bottom = TOP + rows * CELL_HEIGHT + MARK_GAP;

	paint_colour(cr, SOFT);
	for (int i = 0; i <= COLUMNS; i++) {
		double x = LEFT + i * CELL_WIDTH;
		stroke(cr, x, TOP - MARK_GAP - MARK, x, TOP - MARK_GAP);
		stroke(cr, x, bottom, x, bottom + MARK);
	}
	for (int i = 0; i <= rows; i++) {
		double y = TOP + i * CELL_HEIGHT;
		stroke(cr, LEFT - MARK_GAP - MARK, y, LEFT - MARK_GAP, y);
		stroke(cr, right, y, right + MARK, y);
	}
}

static void draw_head(const struct page *page, struct str title, size_t number, size_t pages)
{
	char text[48];
	double width = PAGE_WIDTH - 2 * LEFT;

	paint_colour(page->cr, ACCENT);
	cairo_rectangle(page->cr, LEFT, 31, 3, 13);
	cairo_fill(page->cr);
	draw_line(page, &title_line, title, LEFT + 10, 42, width - 90);
	snprintf(text, sizeof text, "%zu / %zu", number, pages);
	draw_line(page, &page_line, str_of(text), LEFT + width - 70, 42, 70);
}

static int draw_page(const struct page *page, const struct sheet *sheet, size_t number, size_t pages)
{
	size_t first = number * SHEET_PER_PAGE;
	size_t here = sheet->count - first < SHEET_PER_PAGE ? sheet->count - first : SHEET_PER_PAGE;
	int rows = (int)((here + COLUMNS - 1) / COLUMNS), r = 0;

	draw_head(page, sheet->title, number + 1, pages);
	cairo_set_line_width(page->cr, 0.5);
	draw_dashes(page->cr, rows);
	draw_marks(page->cr, rows);
	for (size_t i = 0; i < here && r == 0; i++)
		r = draw_cell(page, &sheet->codes[first + i], LEFT + (double)(i % COLUMNS) * CELL_WIDTH,
		              TOP + (double)(i / COLUMNS) * CELL_HEIGHT);
	cairo_show_page(page->cr);
	return r;
}

/* ---- The sheet ------------------------------------------------------------------------------------------ */

static cairo_status_t write_bytes(void *to, const unsigned char *bytes, unsigned len)
{
	struct buf *out = to;

	buf_add(out, bytes, len);
	return buf_failed(out) ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static int check(const struct sheet *sheet)
{
	if (sheet->count == 0)
		return E_TOO_SMALL;
	if (sheet->count > SHEET_CODES_MAX)
		return E_TOO_MANY;
	bool valid = utf8_valid(sheet->title);
	for (size_t i = 0; i < sheet->count && valid; i++) {
		const struct sheet_code *code = &sheet->codes[i];
		valid = utf8_valid(code->label) && utf8_valid(code->second) && utf8_valid(code->link);
	}
	return valid ? 0 : E_UTF8;
}

/* Paper has no pixels to round to. */
static PangoLayout *layout_make(cairo_t *cr)
{
	PangoLayout *layout = pango_cairo_create_layout(cr);
	PangoContext *context = pango_layout_get_context(layout);
	cairo_font_options_t *options = cairo_font_options_create();

	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	cairo_font_options_destroy(options);
	pango_context_set_round_glyph_positions(context, FALSE);
	pango_context_set_language(context, pango_language_from_string("zh-CN"));      /* which forms 直 and 骨 have */
	pango_layout_set_single_paragraph_mode(layout, TRUE);
	return layout;
}

static void set_title(cairo_surface_t *surface, struct str title)
{
	char z[4 * SHEET_TEXT_MAX + 1];

	title = utf8_cut(title, SHEET_TEXT_MAX);
	snprintf(z, sizeof z, "%.*s", STR(title));
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, z);
}

static int draw_all(cairo_surface_t *surface, const struct sheet *sheet)
{
	struct page page = { .cr = cairo_create(surface) };
	size_t pages = (sheet->count + SHEET_PER_PAGE - 1) / SHEET_PER_PAGE;
	int r = 0;

	page.layout = layout_make(page.cr);
	set_title(surface, sheet->title);
	for (size_t i = 0; i < pages && r == 0; i++)
		r = draw_page(&page, sheet, i, pages);
	g_object_unref(page.layout);
	cairo_destroy(page.cr);
	cairo_surface_finish(surface);
	return r < 0 ? r : cairo_surface_status(surface) ? E_MEMORY : 0;
}

int sheet_pdf(const struct sheet *sheet, struct buf *ret)
{
	size_t before = ret->len;
	int r = check(sheet);

	if (r < 0)
		return r;
	cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(write_bytes, ret, PAGE_WIDTH, PAGE_HEIGHT);
	r = draw_all(surface, sheet);
	cairo_surface_destroy(surface);
	if (r < 0 || buf_failed(ret)) {
		ret->len = before;
		return r < 0 ? r : E_MEMORY;
	}
	return 0;
}
