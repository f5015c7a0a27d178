/* source.c: sources (来源): many short links of one live code, each telling where a person came from.
 *
 * Story      The dealer wants to know which of 50 desks brings members. The operator uploads a table of 50 labels; out comes
 *            an A4 sheet to print and cut, or a zip of pictures. All fifty lead to the same targets, so caps and the
 *            death clock stay true; only the source differs.
 * Not here   Counting (numbers.c); partners' vouchers (alliance.c).
 * Owns       livecode_link.
 * Holds      A slug belongs to one link for ever and is unguessable when we make it. An import is all or nothing: a table
 *            with a bad row changes nothing and says which rows to mend.
 * Test       source_test.c.
 */
#include "base/csv.h"
#include "base/utf8.h"
#include "engine/file/file.h"
#include "groups/alliance.h"
#include "groups/livecode.h"
#include "media/archive.h"
#include "media/qr_draw.h"
#include "media/sheet.h"
#include "people/audit.h"

#define LINKS_MAX   2000       /* of one code */
#define IMPORT_MAX  500        /* rows of one table */
#define KINDS       "main poster shop staff post partner desk other"

/* ---- Rows ------------------------------------------------------------------------------------- */

struct link {
	struct id      id;
	struct str     slug, url, label, kind, note;
	struct id      partner_id;
	int64_t        visitors, joined;
	struct instant created_at;
};

ROW(link,
	FIELD(link, id,         "Source"),
	FIELD(link, slug,       "Short link"),
	FIELD(link, url,        "The same, whole"),
	FIELD(link, label,      "Source, as operators read it"),
	FIELD(link, kind,       "What it is", .one_of = KINDS),
	FIELD(link, note,       "Note"),
	FIELD(link, partner_id, "Partner", .optional = true),
	FIELD(link, visitors,   "Visitors it brought"),
	FIELD(link, joined,     "… who said they joined"),
	FIELD(link, created_at, "Made"));

struct link_draft { struct str label, kind, note, slug; struct id partner_id; };

ROW(link_draft,
	FIELD(link_draft, label,      "Source, as operators read it", .min = 1, .max = 40),
	FIELD(link_draft, kind,       "What it is", .one_of = "poster shop staff post partner desk other"),
	FIELD(link_draft, note,       "Note, printed under the label", .max = 60, .optional = true),
	FIELD(link_draft, slug,       "Wanted short link; made when empty", .max = SLUG_MAX, .pattern = "(" SLUG_PATTERN ")?", .optional = true),
	FIELD(link_draft, partner_id, "Partner whose voucher goes with it", .optional = true));

struct import_input { struct blob file; bool dry_run; };

ROW(import_input,
	FIELD(import_input, file,    "CSV: label, kind, note, slug; with headings (label or 来源 first) in any order", .max = 1 << 20),
	FIELD(import_input, dry_run, "Only look", .optional = true));

struct import_row   { int64_t line; struct str label, kind, note, slug; };
struct import_error { int64_t line; struct str code, message, field, detail; };
struct import_result { int64_t created; struct rows rows, errors; };

ROW(import_row,
	FIELD(import_row, line,  "Line of the table"),
	FIELD(import_row, label, "Source"),
	FIELD(import_row, kind,  "What it is"),
	FIELD(import_row, note,  "Note"),
	FIELD(import_row, slug,  "Wanted short link"));

ROW(import_error,
	FIELD(import_error, line,    "Line of the table"),
	FIELD(import_error, code,    "Stable word"),
	FIELD(import_error, message, "What is wrong"),
	FIELD(import_error, field,   "In which column"),
	FIELD(import_error, detail,  "What is allowed"));

ROW(import_result,
	FIELD(import_result, created, "Sources made; 0 when looking only or when a row is wrong"),
	FIELD(import_result, rows,    "What was read", .of = &row_import_row),
	FIELD(import_result, errors,  "Rows to mend", .of = &row_import_error));

struct qr_query { int64_t size; struct str level; bool logo; };

ROW(qr_query,
	FIELD(qr_query, size,  "Pixels; 512 when missing", .min = QR_SIZE_MIN, .max = QR_SIZE_MAX, .optional = true),
	FIELD(qr_query, level, "How much may be damaged; the code's own when missing", .one_of = "L M Q H", .optional = true),
	FIELD(qr_query, logo,  "With the code's logo", .optional = true));

/* ---- Making links ------------------------------------------------------------------------------------ */

static QUERY(link_insert, WRITES, NULL, TAKES(K_STR, K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_ID, K_INSTANT),
	"INSERT INTO livecode_link (slug, community_id, id, code_id, label, kind, note, partner_id, created_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");

int link_make(struct tx *tx, struct id community, struct id code, struct str slug, struct str label, const char *kind,
              struct str note, struct id partner, struct id *ret, struct str *ret_slug)
{
	char made[SLUG_MADE + 1];
	struct id id = tx_new_id(tx);
	if (!slug.len) {
		secret_slug(made, SLUG_MADE);
		slug = str_copy(tx_arena(tx), str_of(made));
	}
	int r = tx_run(tx, &link_insert, V(slug), V(community), V(id), V(code), V(label), V(str_of(kind)), V(note), V(partner),
	               V(tx_now(tx)));
	if (r < 0)
		return r == E_CONFLICT ? E_SLUG_TAKEN : r;
	*ret = id;
	*ret_slug = slug;
	return 0;
}

static QUERY(link_first_slug, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT slug AS item FROM livecode_link WHERE community_id = ?1 AND code_id = ?2 ORDER BY id LIMIT 1");

int link_slug(struct tx *tx, struct id community, struct id code, struct str *ret_slug)
{
	struct text_item slug;
	int r = tx_one(tx, &link_first_slug, &slug, V(community), V(code));
	if (r < 0)
		return r;
	*ret_slug = slug.item;
	return 0;
}

struct link_name { struct id id; struct str label; };

ROW(link_name,
	FIELD(link_name, id,    "Link"),
	FIELD(link_name, label, "Its label"));

static QUERY(link_first_name, READS, &row_link_name, TAKES(K_ID, K_ID),
	"SELECT id, label FROM livecode_link WHERE community_id = ?1 AND code_id = ?2 ORDER BY id LIMIT 1");

int link_first(struct tx *tx, struct id community, struct id code, struct id *ret, struct str *ret_label)
{
	struct link_name link;
	int r = tx_one(tx, &link_first_name, &link, V(community), V(code));
	if (r < 0)
		return r;
	*ret = link.id, *ret_label = link.label;
	return 0;
}

struct str link_url(struct request *rq, struct str slug)
{
	return slug.len ? str_format(rq->arena, "%.*s/g/%.*s", STR(rq->origin), STR(slug)) : S("");
}

static QUERY(link_total, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT count(*) AS item FROM livecode_link WHERE community_id = ?1 AND code_id = ?2");

static int may_add(struct request *rq, struct id code, int64_t more)
{
	struct livecode known;
	struct id_item total;
	int r = livecode_get(rq->tx, rq->community, code, &known);
	if (r < 0 || (r = tx_one(rq->tx, &link_total, &total, V(rq->community), V(code))) < 0)
		return r;
	return total.item.n + more > LINKS_MAX ? E_TOO_MANY : 0;
}

/* ---- Lists --------------------------------------------------------------------------------------------- */

/* Counts come from the hourly sums, so they stay fast with a million visitors. */
static QUERY(links_of, READS, &row_link, TAKES(K_ID, K_ID, K_ID),
	"SELECT l.id, l.slug, '' AS url, l.label, l.kind, l.note, l.partner_id,"
	" CAST(COALESCE(sum(h.visitors), 0) AS BIGINT) AS visitors, CAST(COALESCE(sum(h.joined), 0) AS BIGINT) AS joined,"
	" l.created_at FROM livecode_link l LEFT JOIN livecode_hour h ON h.community_id = l.community_id"
	" AND h.code_id = l.code_id AND h.link_id = l.id AND " SEES_CHILD("?3", "h.community_id", "h.child_id")
	" WHERE l.community_id = ?1 AND l.code_id = ?2"
	" GROUP BY l.slug, l.id, l.label, l.kind, l.note, l.partner_id, l.created_at ORDER BY l.id LIMIT 2000");

static int links_page(struct request *rq, struct id code, struct page *page)
{
	struct livecode known;
	int r = livecode_get(rq->tx, rq->community, code, &known);
	if (r < 0 || (r = tx_all(rq->tx, &links_of, &page->rows, V(rq->community), V(code), V(rq->only))) < 0)
		return r;
	struct link *links = page->rows.at;
	for (size_t i = 0; i < page->rows.count; i++)
		links[i].url = link_url(rq, links[i].slug);
	page->total = (int64_t)page->rows.count;
	return 0;
}

static int get_links(struct request *rq, const void *in, void *out)
{
	(void)in;
	return links_page(rq, rq->path_id, out);
}

static int post_link(struct request *rq, const void *in, void *out)
{
	const struct link_draft *d = in;
	struct id id;
	struct str slug;
	int r = may_add(rq, rq->path_id, 1);
	if (r < 0)
		return r;
	if (d->partner_id.n && (r = partner_known(rq->tx, rq->community, d->partner_id)) < 0)
		return rq_complain(rq, r, S("partner_id"));
	r = link_make(rq->tx, rq->community, rq->path_id, d->slug, d->label, str_z(rq->arena, d->kind), d->note, d->partner_id,
	              &id, &slug);
	if (r < 0)
		return r == E_SLUG_TAKEN ? rq_complain(rq, r, S("slug")) : r;
	r = event_emit(rq->tx, rq->community, &livecode_events[LIVECODE_CHANGED],
	               &(struct event){ .subject = rq->path_id, .actor = rq->account, .via = id });
	if (r < 0 || (r = audit_note(rq, "source_added", rq->path_id, d->label)) < 0)
		return r;
	return links_page(rq, rq->path_id, out);
}

/* ---- Import: read, judge every row, then all or nothing --------------------------------------------------- */

static const struct { const char *zh, *word; } kind_words[] = {
	{ "海报", "poster" }, { "门店", "shop" }, { "员工", "staff" }, { "文章", "post" }, { "合作方", "partner" }, { "伙伴", "partner" },
	{ "桌牌", "desk" }, { "工位", "desk" }, { "前台", "desk" }, { "桌", "desk" }, { "其他", "other" },
};

static struct str kind_of(struct str text)
{
	for (size_t i = 0; i < sizeof kind_words / sizeof *kind_words; i++)
		if (str_is(text, kind_words[i].zh))
			return str_of(kind_words[i].word);
	return text.len ? text : S("other");
}

enum column { LABEL, KIND, NOTE, SLUG, COLUMNS };

static int column_named(struct str cell)
{
	static const char *const words[COLUMNS][8] = {
		[LABEL] = { "label", "source", "name", "来源", "名称", "标签", "来源名称" },
		[KIND]  = { "kind", "type", "类型", "种类" },
		[NOTE]  = { "note", "备注", "说明" },
		[SLUG]  = { "slug", "link", "短链", "短链接" },
	};
	for (int column = 0; column < COLUMNS; column++)
		for (size_t i = 0; words[column][i]; i++)
			if (str_equal_fold(str_trim(cell), str_of(words[column][i])))
				return column;
	return COLUMNS;
}

/* A row that begins with a heading of the label is one of headings: then a column is what its heading says, and what its place
 * says where the heading is none that is known. Else there are none, and the place alone says it. */
static bool read_headings(const struct csv_row *row, size_t ret_cell[COLUMNS])
{
	bool named[COLUMNS] = { 0 }, headings = row->count && column_named(row->cells[0]) == LABEL;
	for (size_t i = 0; i < COLUMNS; i++)
		ret_cell[i] = i;
	for (size_t i = 0; headings && i < row->count; i++) {
		int column = column_named(row->cells[i]);
		if (column < COLUMNS && !named[column])
			ret_cell[column] = i, named[column] = true;
	}
	for (size_t i = 0; headings && i < COLUMNS; i++)
		if (!named[i] && i < row->count && column_named(row->cells[i]) < COLUMNS)
			ret_cell[i] = SIZE_MAX;       /* another's place, and no heading: the table has no such column */
	return headings;
}

struct import {
	struct import_row   *rows;
	struct import_error *errors;
	size_t               row_count, error_count;
};

static void import_fail(struct import *im, struct request *rq, size_t line, int code, struct str field, struct str detail)
{
	im->errors[im->error_count++] = (struct import_error){
		(int64_t)line, str_of(err_word(code)), str_of(err_text(code, rq->lang)), field, detail,
	};
}

static void import_judge(struct import *im, struct request *rq, const struct csv_row *row, const size_t cell[COLUMNS])
{
	struct link_draft d = { 0 };
	struct complaint why = { 0 };
	struct str cells[COLUMNS] = { { 0 } };
	for (size_t i = 0; i < COLUMNS; i++)
		if (cell[i] < row->count)
			cells[i] = str_trim(row->cells[cell[i]]);
	d = (struct link_draft){ cells[LABEL], kind_of(cells[KIND]), cells[NOTE], cells[SLUG], { 0 } };
	int r = row_check(&row_link_draft, &d, rq->arena, &why);
	for (size_t i = 0; r == 0 && d.slug.len && i < im->row_count; i++)
		if (str_equal(im->rows[i].slug, d.slug))
			r = E_SLUG_TAKEN, why.field = S("slug");
	if (r < 0) {
		import_fail(im, rq, row->line, r, why.field, why.detail);
		return;
	}
	im->rows[im->row_count++] = (struct import_row){ (int64_t)row->line, d.label, d.kind, d.note, d.slug };
}

/* Reading a table takes no store: it happens before the transaction. */
static int ready_import(struct request *rq, const void *in, void *out)
{
	const struct import_input *input = in;
	struct import *im = ARENA_NEW(rq->arena, struct import);
	struct csv csv;
	size_t line = 0;
	(void)out;
	int r = csv_read(input->file, IMPORT_MAX + 1, rq->arena, &csv, &line);
	if (r < 0) {
		rq_complain(rq, r, S("file"));
		rq->complaint.detail = str_format(rq->arena, "line %zu", line);
		return r;
	}
	size_t cell[COLUMNS] = { 0 }, first = csv.count && read_headings(&csv.rows[0], cell);
	if (csv.count == first)
		return rq_complain(rq, E_CSV_EMPTY, S("file"));
	if (csv.count - first > IMPORT_MAX)       /* the one more that was read was for headings */
		return rq_complain(rq, E_CSV_TOO_MANY, S("file"));
	if (!im || !(im->rows = arena_take_array(rq->arena, csv.count, sizeof *im->rows)) ||
	    !(im->errors = arena_take_array(rq->arena, csv.count * 2, sizeof *im->errors)))
		return E_MEMORY;
	for (size_t i = first; i < csv.count; i++)
		import_judge(im, rq, &csv.rows[i], cell);
	rq->kept = im;
	return 0;
}

static QUERY(slug_known, READS, &row_text_item, TAKES(K_STR), "SELECT slug AS item FROM livecode_link WHERE slug = ?1");

static int post_import(struct request *rq, const void *in, void *out)
{
	const struct import_input *input = in;
	struct import_result *result = out;
	struct import im = *(const struct import *)rq->kept;      /* a copy: the action may run again */
	struct text_item known;
	struct id id;
	struct str slug;
	int r = may_add(rq, rq->path_id, (int64_t)im.row_count);
	for (size_t i = 0; r >= 0 && i < im.row_count; i++) {
		if (!im.rows[i].slug.len)
			continue;
		r = tx_one(rq->tx, &slug_known, &known, V(im.rows[i].slug));
		if (r == 0)
			import_fail(&im, rq, (size_t)im.rows[i].line, E_SLUG_TAKEN, S("slug"), S(""));
		r = r == E_NOT_FOUND ? 0 : r;
	}
	bool make = r >= 0 && !input->dry_run && im.error_count == 0;
	for (size_t i = 0; make && r >= 0 && i < im.row_count; i++)
		r = link_make(rq->tx, rq->community, rq->path_id, im.rows[i].slug, im.rows[i].label,
		              str_z(rq->arena, im.rows[i].kind), im.rows[i].note, (struct id){ 0 }, &id, &slug);
	if (r < 0)
		return r;
	*result = (struct import_result){
		make ? (int64_t)im.row_count : 0, { im.rows, im.row_count }, { im.errors, im.error_count },
	};
	if (!make)
		return 0;
	r = event_emit(rq->tx, rq->community, &livecode_events[LIVECODE_CHANGED],
	               &(struct event){ .subject = rq->path_id, .actor = rq->account });
	return r < 0 ? r : audit_note(rq, "sources_imported", rq->path_id, str_format(rq->arena, "%zu", im.row_count));
}

/* ---- Pictures of codes --------------------------------------------------------------------------------------- */

static int style_of(struct request *rq, const struct livecode *code, const struct qr_query *q, struct qr_style *ret)
{
	*ret = QR_STYLE_PLAIN;
	ret->level = q->level.len ? q->level.at[0] : code->qr_level.len ? code->qr_level.at[0] : 'M';
	if (q->size)
		ret->size = (int)q->size;
	if (!q->logo || !code->qr_logo.len)
		return 0;
	int r = file_bytes(rq->tx, rq->community, code->qr_logo, &ret->logo);
	return r == E_NOT_FOUND ? 0 : r;
}

struct link_brief { struct id code_id; struct str label; };

ROW(link_brief,
	FIELD(link_brief, code_id, "Live code"),
	FIELD(link_brief, label,   "Source"));

static QUERY(link_of_community, READS, &row_link_brief, TAKES(K_ID, K_STR),
	"SELECT code_id, label FROM livecode_link WHERE community_id = ?1 AND slug = ?2");

static int link_sees(struct request *rq)
{
	struct link_brief link;
	int r = tx_one(rq->tx, &link_of_community, &link, V(rq->community), V(rq->path_text));
	return r < 0 ? r : livecode_sees(rq->tx, rq->community, rq->only, link.code_id);
}

static int draw_link(struct request *rq, const struct qr_query *q, bool svg, struct body *body)
{
	struct link_brief link;
	struct livecode code;
	struct qr_style style;
	BUF_SCOPED picture;
	buf_init(&picture, 8 << 20);
	int r = tx_one(rq->tx, &link_of_community, &link, V(rq->community), V(rq->path_text));
	if (r < 0 || (r = livecode_get(rq->tx, rq->community, link.code_id, &code)) < 0 || (r = style_of(rq, &code, q, &style)) < 0)
		return r;
	struct str url = link_url(rq, rq->path_text);
	if ((r = svg ? qr_svg(url, &style, &picture) : qr_png(url, &style, &picture)) < 0)
		return r;
	*body = (struct body){
		.bytes = str_copy(rq->arena, buf_view(&picture)), .type = svg ? "image/svg+xml" : "image/png",
		.filename = str_format(rq->arena, "%.*s.%s", STR(archive_name(rq->arena, link.label)), svg ? "svg" : "png"),
	};
	return 0;
}

static int get_png(struct request *rq, const void *in, void *out) { return draw_link(rq, in, false, out); }
static int get_svg(struct request *rq, const void *in, void *out) { return draw_link(rq, in, true, out); }

static QUERY(links_to_print, READS, &row_link, TAKES(K_ID, K_ID, K_INT),
	"SELECT id, slug, '' AS url, label, kind, note, partner_id, 0 AS visitors, 0 AS joined, created_at"
	" FROM livecode_link WHERE community_id = ?1 AND code_id = ?2 AND kind <> 'main' ORDER BY id DESC LIMIT ?3");

static QUERY(link_main, READS, &row_link, TAKES(K_ID, K_ID),
	"SELECT id, slug, '' AS url, label, kind, note, partner_id, 0 AS visitors, 0 AS joined, created_at"
	" FROM livecode_link WHERE community_id = ?1 AND code_id = ?2 AND kind = 'main'");

/* The newest sources, oldest of them first; the code's own link when there are none. */
static int load_links(struct request *rq, struct rows *ret)
{
	int r = tx_all(rq->tx, &links_to_print, ret, V(rq->community), V(rq->path_id), V((int64_t)IMPORT_MAX));
	if (r >= 0 && ret->count == 0)
		r = tx_all(rq->tx, &link_main, ret, V(rq->community), V(rq->path_id));
	struct link *links = ret->at;
	for (size_t i = 0; r >= 0 && i < ret->count / 2; i++) {
		struct link other = links[i];
		links[i] = links[ret->count - 1 - i];
		links[ret->count - 1 - i] = other;
	}
	return r < 0 ? r : ret->count ? 0 : E_NOT_FOUND;
}

static int get_sheet(struct request *rq, const void *in, void *out)
{
	struct body *body = out;
	struct livecode code;
	struct rows rows;
	BUF_SCOPED pdf;
	(void)in;
	buf_init(&pdf, 24 << 20);
	int r = livecode_get(rq->tx, rq->community, rq->path_id, &code);
	if (r < 0 || (r = load_links(rq, &rows)) < 0)
		return r;
	const struct link *links = rows.at;
	struct sheet_code *codes = arena_take_array(rq->arena, rows.count, sizeof *codes);
	if (!codes)
		return E_MEMORY;
	for (size_t i = 0; i < rows.count; i++) {
		struct str url = link_url(rq, links[i].slug);
		codes[i] = (struct sheet_code){ url, links[i].label, links[i].note, url };
	}
	if ((r = sheet_pdf(&(struct sheet){ code.title, codes, rows.count }, &pdf)) < 0)
		return r;
	*body = (struct body){
		.bytes = str_copy(rq->arena, buf_view(&pdf)), .type = "application/pdf",
		.filename = str_format(rq->arena, "%.*s.pdf", STR(archive_name(rq->arena, code.title))),
	};
	return 0;
}

static int get_zip(struct request *rq, const void *in, void *out)
{
	struct body *body = out;
	struct livecode code;
	struct qr_style style;
	struct rows rows;
	BUF_SCOPED zip;
	buf_init(&zip, 64 << 20);
	int r = livecode_get(rq->tx, rq->community, rq->path_id, &code);
	if (r < 0 || (r = style_of(rq, &code, in, &style)) < 0 || (r = load_links(rq, &rows)) < 0)
		return r;
	const struct link *links = rows.at;
	struct archive_file *files = arena_take_array(rq->arena, rows.count, sizeof *files);
	for (size_t i = 0; files && i < rows.count; i++) {
		BUF_SCOPED png;
		buf_init(&png, 8 << 20);
		if ((r = qr_png(link_url(rq, links[i].slug), &style, &png)) < 0)
			return r;
		struct str kept = str_copy(rq->arena, buf_view(&png));
		files[i] = (struct archive_file){ str_format(rq->arena, "%.*s.png", STR(links[i].label)), { kept.at, kept.len } };
	}
	if (!files || arena_failed(rq->arena))
		return E_MEMORY;
	if ((r = archive_zip(files, rows.count, &zip)) < 0)
		return r;
	*body = (struct body){
		.bytes = str_copy(rq->arena, buf_view(&zip)), .type = "application/zip",
		.filename = str_format(rq->arena, "%.*s.zip", STR(archive_name(rq->arena, code.title))),
	};
	return 0;
}

/* ---- Declaration ------------------------------------------------------------------------------------------------ */

static const struct route routes[] = {
	{ "GET",  "/livecodes/{id}/links",        ROLE_READER,   get_links,   NULL, &row_link, "Sources of a live code, with what each brought", OUT_PAGE, .sees = code_sees },
	{ "POST", "/livecodes/{id}/links",        ROLE_OPERATOR, post_link,   &row_link_draft, &row_link, "Add a source; answers all of them", OUT_PAGE, .sees = code_sees },
	{ "POST", "/livecodes/{id}/links/import", ROLE_OPERATOR, post_import, &row_import_input, &row_import_result, "Add up to 500 sources from a CSV, or look at what it holds", .ready = ready_import, .body_max = 2 << 20, .sees = code_sees },
	{ "GET",  "/livecodes/{id}/sheet.pdf",    ROLE_READER,   get_sheet,   NULL, NULL, "The sources as an A4 sheet to print and cut", OUT_BODY, .makes = "application/pdf", .sees = code_sees },
	{ "GET",  "/livecodes/{id}/codes.zip",    ROLE_READER,   get_zip,     &row_qr_query, NULL, "The sources as pictures", OUT_BODY, .makes = "application/zip", .sees = code_sees },
	{ "GET",  "/links/{slug}/qr.png",         ROLE_READER,   get_png,     &row_qr_query, NULL, "A source's QR code as PNG", OUT_BODY, .makes = "image/png", .sees = link_sees },
	{ "GET",  "/links/{slug}/qr.svg",         ROLE_READER,   get_svg,     &row_qr_query, NULL, "A source's QR code as SVG", OUT_BODY, .makes = "image/svg+xml", .sees = link_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&link_insert, &link_first_slug, &link_first_name, &link_total, &links_of, &slug_known, &link_of_community, &links_to_print,
	&link_main, NULL,
};

const struct feature feature_source = { .name = "source", .api = "codes", .routes = routes, .queries = queries };
