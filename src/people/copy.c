/* copy.c: see copy.h.
 *
 * Not here   Which rows there are (each feature's `personal` lines), who may ask (passport).
 * Holds      Both files say the same: they are written from the same rows. Nothing is kept of a copy.
 * Test       passport_test.c.
 */
#include "people/copy.h"

#include "engine/file/file.h"
#include "media/archive.h"

#define JSON_MAX  (24 << 20)
#define HTML_MAX  (32 << 20)
#define FILES_MAX 200

struct copy {
	struct tx            *tx;
	struct id             community;
	const struct zone    *zone;
	enum lang             lang;
	const struct person  *person;
	struct buf            json, html;
	struct archive_file   files[FILES_MAX + 2];
	size_t                file_count;
	bool                  any;
};

/* ---- One value, for people ----------------------------------------------------------------------- */

static void html_value(struct copy *c, const struct field *f, const void *record)
{
	const void *at = field_at(f, record);
	char text[40];
	switch (f->kind) {
	case K_INSTANT:
		if (!((const struct instant *)at)->ms)
			break;
		instant_format(c->zone, *(const struct instant *)at, text);
		buf_html(&c->html, str_of(text));
		break;
	case K_ID:
		if (((const struct id *)at)->n)
			buf_int(&c->html, ((const struct id *)at)->n);
		break;
	case K_MONEY:
		buf_format(&c->html, "%lld.%02d", (long long)(((const struct money *)at)->fen / 100),
		           (int)llabs(((const struct money *)at)->fen % 100));
		break;
	case K_INT: buf_int(&c->html, *(const int64_t *)at); break;
	case K_BOOL: buf_z(&c->html, *(const bool *)at ? c->lang == LANG_EN ? "yes" : "是" : c->lang == LANG_EN ? "no" : "否"); break;
	case K_STR: buf_html(&c->html, *(const struct str *)at); break;
	default: break;
	}
}

/* A list in a cell: its items, one below the other; of an object its values. */
static void html_cell(struct copy *c, const struct field *f, const void *record)
{
	if (f->kind != K_ROWS) {
		html_value(c, f, record);
		return;
	}
	const struct rows *rows = field_at(f, record);
	for (size_t i = 0; i < rows->count; i++) {
		const char *item = (const char *)rows->at + i * f->limits.of->size;
		for (size_t k = 0; k < f->limits.of->count; k++) {
			buf_z(&c->html, k ? " · " : i ? "<br>" : "");
			html_value(c, &f->limits.of->fields[k], item);
		}
	}
}

/* The word of the person's language for field i. */
static void html_heading(struct copy *c, const struct personal *line, size_t i)
{
	struct str words = str_of(line->zh_fields), word = { 0 };
	if (c->lang == LANG_EN) {
		for (const char *p = line->shows->row->fields[i].name; *p; p++)
			buf_byte(&c->html, *p == '_' ? ' ' : *p);
		return;
	}
	for (size_t k = 0; k <= i; k++)
		word = str_cut(&words, ' ');
	buf_html(&c->html, word);
}

static void html_table(struct copy *c, const struct personal *line, struct rows rows)
{
	const struct row *row = line->shows->row;
	buf_z(&c->html, "<table><tr>");
	for (size_t i = 0; i < row->count; i++) {
		buf_z(&c->html, "<th>");
		html_heading(c, line, i);
	}
	for (size_t n = 0; n < rows.count; n++) {
		buf_z(&c->html, "\n<tr>");
		for (size_t i = 0; i < row->count; i++) {
			buf_z(&c->html, "<td>");
			html_cell(c, &row->fields[i], (const char *)rows.at + n * row->size);
		}
	}
	buf_z(&c->html, "</table>\n");
}

/* ---- Files that were handed in ----------------------------------------------------------------------- */

static int add_files(struct copy *c, const struct personal *line)
{
	const struct id_item *visitor = c->person->visitors.at;
	size_t keys = line->by == BY_MEMBER ? 1 : c->person->visitors.count;
	for (size_t i = 0; line->files && i < keys; i++) {
		struct rows names;
		int r = tx_all(c->tx, line->files, &names, V(c->community), V(line->by == BY_MEMBER ? c->person->member : visitor[i].item));
		const struct text_item *name = r < 0 ? NULL : names.at;
		for (size_t k = 0; r >= 0 && k < names.count && c->file_count < FILES_MAX; k++) {
			struct archive_file *file = &c->files[c->file_count];
			r = file_bytes(c->tx, c->community, name[k].item, &file->bytes);
			bool png = file->bytes.len > 1 && ((const unsigned char *)file->bytes.at)[0] == 0x89;
			file->name = str_format(tx_arena(c->tx), "%zu.%s", c->file_count + 1, png ? "png" : "jpg");
			c->file_count += r == 0;
			r = r == E_NOT_FOUND ? 0 : r;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- Line by line ---------------------------------------------------------------------------------------- */

static int add_line(void *ctx, const struct personal *line, struct rows rows)
{
	struct copy *c = ctx;
	buf_z(&c->json, c->any ? ",\n{\"what\":" : "{\"what\":");
	buf_json(&c->json, str_of(c->lang == LANG_EN ? line->en : line->zh));
	buf_z(&c->json, ",\"tables\":");
	buf_json(&c->json, str_of(line->tables));
	buf_z(&c->json, ",\"records\":");
	if (line->shows)
		rows_write_json(&c->json, line->shows->row, rows);
	else
		buf_z(&c->json, "[]");
	buf_z(&c->json, "}");
	c->any = true;

	buf_z(&c->html, "<h2>");
	buf_html(&c->html, str_of(c->lang == LANG_EN ? line->en : line->zh));
	buf_z(&c->html, "</h2>\n");
	if (rows.count)
		html_table(c, line, rows);
	else
		buf_z(&c->html, !line->shows ? c->lang == LANG_EN ? "<p>Kept only to be counted.</p>\n" : "<p>只用来计数。</p>\n"
		                             : c->lang == LANG_EN ? "<p>Nothing.</p>\n" : "<p>没有。</p>\n");
	return add_files(c, line);
}

static void begin(struct copy *c, const struct community *community, struct str at)
{
	buf_z(&c->json, "{\"community\":");
	buf_json(&c->json, community->name);
	buf_z(&c->json, ",\"at\":");
	buf_json(&c->json, at);
	buf_z(&c->json, ",\"kept\":[");
	buf_z(&c->html, "<!doctype html><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
	buf_html(&c->html, community->name);
	buf_z(&c->html, "</title><style>body{font:16px/1.6 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1c2320}"
	                "h2{margin-top:2em;font-size:1.1em}table{border-collapse:collapse;display:block;overflow-x:auto}"
	                "th,td{border:1px solid #d5dbd8;padding:.3em .6em;text-align:left;vertical-align:top}"
	                "th{background:#f2f5f3;white-space:nowrap}</style>\n<h1>");
	buf_html(&c->html, community->name);
	buf_z(&c->html, c->lang == LANG_EN ? ": what is kept about you</h1>\n<p>Written on " : "：这里保存的你的资料</h1>\n<p>导出时间 ");
	buf_html(&c->html, at);
	buf_z(&c->html, "</p>\n");
}

int copy_zip(struct tx *tx, const struct feature *const *features, const struct community *community, const struct person *person,
             enum lang lang, struct buf *ret)
{
	struct copy *c = ARENA_NEW(tx_arena(tx), struct copy);
	char at[32];
	if (!c)
		return E_MEMORY;
	*c = (struct copy){ .tx = tx, .community = community->id, .zone = community_zone(community), .lang = lang, .person = person };
	buf_init(&c->json, JSON_MAX);
	buf_init(&c->html, HTML_MAX);
	instant_format(c->zone, tx_now(tx), at);
	begin(c, community, str_of(at));
	int r = person_show(tx, features, person, add_line, c);
	buf_z(&c->json, "]}\n");
	if (r >= 0 && (buf_failed(&c->json) || buf_failed(&c->html)))
		r = E_TOO_LARGE;
	if (r >= 0) {
		c->files[c->file_count++] = (struct archive_file){ S("data.json"), { c->json.at, c->json.len } };
		c->files[c->file_count++] = (struct archive_file){ lang == LANG_EN ? S("data.html") : S("我的资料.html"), { c->html.at, c->html.len } };
		r = archive_zip(c->files, c->file_count, ret);
	}
	buf_free(&c->json);
	buf_free(&c->html);
	return r;
}
