/* source_test.c: the promises of sources: their links, tables, pictures and sheets. */
#include <zip.h>

#include "groups/codes_test.h"

#include "media/qr_draw.h"
#include "media/qr_read.h"

static struct reply add(struct desk *d, struct id code, const char *label, const char *slug)
{
	return post(d->operator, at(d, "/livecodes/%lld/links", (long long)code.n),
		text(d, "{\"label\":\"%s\",\"kind\":\"desk\",\"slug\":\"%s\"}", label, slug));
}

static struct reply import(struct desk *d, struct id code, struct str csv, bool dry_run)
{
	struct part parts[] = { { "file", csv, "来源.csv" }, { dry_run ? "dry_run" : NULL, S("true"), NULL }, { 0 } };
	return post_multipart(d->operator, at(d, "/livecodes/%lld/links/import", (long long)code.n), parts);
}

static size_t links(struct desk *d, struct id code)
{
	struct reply r = get(d->reader, at(d, "/livecodes/%lld/links", (long long)code.n));
	return json_length(&r, "items");
}

/* ---- Slugs ---- */

PROMISE(source_slugs, "a wanted short link is taken once for all communities; an odd one is refused; a made one is unguessable")
{
	static const struct { const char *slug, *code; int status; } table[] = {
		{ "front-desk", "", 200 }, { "front-desk", "slug_taken", 409 }, { "Front-desk", "", 200 }, { "abc", "bad_pattern", 400 },
		{ "a/bcd", "bad_pattern", 400 }, { "-abcd", "bad_pattern", 400 }, { "前台前台", "bad_pattern", 400 }, { "a.bcd", "bad_pattern", 400 },
		{ "a1234567890123456789012345678901234567890", "too_long", 400 }, { "a123456789012345678901234567890123456789", "", 200 }, { "abcd%20", "bad_pattern", 400 },
	};
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 });
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct reply r = add(&d, code, "前台", table[i].slug);
		if (r.status / 100 != table[i].status / 100 || !str_is(json_at(&r, "error.code"), table[i].code) ||
		    (*table[i].code && !str_is(json_at(&r, "error.field"), "slug")))
			fail_msg("%s: %d %.*s", table[i].slug, r.status, STR(r.body));
	}
	struct id theirs = made(d.stranger, there(&d, "/livecodes"), code_json(&d, (struct code_draft){ 0 }));
	struct reply r = post(d.stranger, there(&d, "/livecodes/%lld/links", (long long)theirs.n), "{\"label\":\"x\",\"kind\":\"desk\",\"slug\":\"front-desk\"}");
	assert_reply(r, 409, "slug_taken");
	const char *made_slug = source_slug(&d, code, "二号桌", NULL);
	assert_int_equal(strlen(made_slug), SLUG_MADE);
	assert_string_not_equal(made_slug, code_slug(&d, code));
	r = post(d.operator, at(&d, "/livecodes/%lld/links", (long long)code.n), "{\"label\":\"\",\"kind\":\"desk\"}");
	assert_reply(r, 400, "too_short");
	r = post(d.operator, at(&d, "/livecodes/%lld/links", (long long)code.n), "{\"label\":\"x\",\"kind\":\"main\"}");
	assert_reply(r, 400, "not_one_of");
	assert_int_equal(links(&d, code), 5);
	desk_close(&d);
}

/* ---- Tables ---- */

PROMISE(source_tables, "tables as people export them: BOM, GBK, quotes over lines, semicolons, headings or none, kinds in Chinese")
{
	static const struct { const char *csv; int64_t made; const char *label, *kind, *note, *line; } table[] = {
		{ "\xef\xbb\xbf来源,类型,备注\n一号桌,桌,靠窗\n二号桌,桌,\n", 2, "一号桌", "desk", "靠窗", "2" },
		{ "\xd2\xbb\xba\xc5\xd7\xc0,\xba\xa3\xb1\xa8\n", 1, "一号桌", "poster", "", "1" },
		{ "label;kind;note\r\nA;shop;\"x;y\"\r\n\r\nB;;\r\n", 2, "A", "shop", "x;y", "2" },
		{ "A\tshop\nB\tstaff\n", 2, "A", "shop", "", "1" },
		{ "\"A \"\"1\"\"\",post", 1, "A \"1\"", "post", "", "1" },
		{ "  A  , desk ,  n  \n", 1, "A", "desk", "n", "1" },
		{ "A,desk,n,,extra,more\n", 1, "A", "desk", "n", "1" },
		{ "来源,短链,类型\n甲,by-heading,桌牌\n", 1, "甲", "desk", "", "2" },
		{ "Label,Note,Kind\nA,n,shop\n", 1, "A", "shop", "n", "2" },
		{ "来源,短链\n乙,\n", 1, "乙", "other", "", "2" },
	};
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 });
	size_t before = links(&d, code);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct reply look = import(&d, code, str_of(table[i].csv), true);
		if (look.status / 100 != 2)
			fail_msg("case %zu: %.*s", i, STR(look.body));
		assert_str(json_at(&look, "created"), "0");
		assert_str(json_at(&look, "rows.0.label"), table[i].label);
		assert_str(json_at(&look, "rows.0.kind"), table[i].kind);
		assert_str(json_at(&look, "rows.0.note"), table[i].note);
		assert_str(json_at(&look, "rows.0.line"), table[i].line);
		assert_int_equal(links(&d, code), before);
		struct reply r = import(&d, code, str_of(table[i].csv), false);
		assert_int_equal(number_at(&r, "created"), table[i].made);
		before += (size_t)table[i].made;
		assert_int_equal(links(&d, code), before);
	}
	struct reply r = get(d.admin, at(&d, "/audit?act=sources_imported"));
	assert_int_equal(json_length(&r, "items"), 10);
	desk_close(&d);
}

PROMISE(source_tables_wrong, "a table with a bad row makes nothing and names line and column; one that is no table says so")
{
	static const char bad[] = "来源,类型,备注,短链\n好的,desk\n,desk\n\"换\n行\",desk\n坏类型,table\n短链,desk,,a b c d\n甲,desk,,same-slug\n乙,desk,,same-slug\n丙,desk,,taken-one\n";
	static const struct { const char *line, *code, *field; } errors[] = {
		{ "3", "too_short", "label" }, { "4", "invalid", "label" }, { "6", "not_one_of", "kind" }, { "7", "bad_pattern", "slug" },
		{ "9", "slug_taken", "slug" }, { "10", "slug_taken", "slug" },
	};
	static const struct { const char *csv, *code; int status; } none[] = {
		{ "来源,类型\n", "csv_empty", 400 }, { "", "missing_field", 400 }, { "\n\n", "csv_empty", 400 }, { "\"A,desk\n", "csv", 400 }, { "\"A\"x,desk", "csv", 400 },
	};
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 });
	add(&d, code, "先", "taken-one");
	struct reply r = import(&d, code, str_of(bad), false);
	assert_int_equal(r.status / 100, 2);
	assert_str(json_at(&r, "created"), "0");
	assert_int_equal(json_length(&r, "errors"), 6);
	for (int i = 0; i < 6; i++) {
		const char *got[] = { text(&d, "errors.%d.line", i), text(&d, "errors.%d.code", i), text(&d, "errors.%d.field", i) };
		if (!str_is(json_at(&r, got[0]), errors[i].line) || !str_is(json_at(&r, got[1]), errors[i].code) ||
		    !str_is(json_at(&r, got[2]), errors[i].field))
			fail_msg("error %d: %.*s", i, STR(r.body));
	}
	assert_true(json_at(&r, "errors.3.detail").len > 0);         /* what is allowed there */
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		r = import(&d, code, str_of(none[i].csv), false);
		assert_reply(r, none[i].status, none[i].code);
		assert_str(json_at(&r, "error.field"), "file");
	}
	assert_int_equal(links(&d, code), 2);
	desk_close(&d);
}

static struct str rows_of(struct desk *d, int count, bool heading)
{
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	buf_z(&b, heading ? "来源,类型\n" : "");
	for (int i = 0; i < count; i++)
		buf_format(&b, "%d 号桌,desk\n", i + 1);
	return str_copy(&d->house->arena, buf_view(&b));
}

PROMISE(source_many, "500 rows at a time, with or without headings, and 2000 links a code; one more is refused whole")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 });
	struct reply r = import(&d, code, rows_of(&d, 501, false), false);
	assert_reply(r, 400, "csv_too_many");
	r = import(&d, code, rows_of(&d, 501, true), false);
	assert_reply(r, 400, "csv_too_many");
	for (int i = 0; i < 3; i++) {
		r = import(&d, code, rows_of(&d, 500, i == 1), false);
		assert_str(json_at(&r, "created"), "500");
	}
	r = import(&d, code, rows_of(&d, 500, true), false);
	assert_reply(r, 409, "too_many");
	assert_int_equal(links(&d, code), 1501);
	r = import(&d, code, rows_of(&d, 499, true), false);
	assert_str(json_at(&r, "created"), "499");
	r = add(&d, code, "再一个", "");
	assert_reply(r, 409, "too_many");
	desk_close(&d);
}

/* ---- Pictures ---- */

static struct str read_qr(struct desk *d, struct str png)
{
	struct str link = S("");
	assert_int_equal(qr_find((struct blob){ png.at, png.len }, &d->house->arena, &link), 0);
	return link;
}

PROMISE(source_pictures, "a source's PNG reads back to its link, in every size and level; the SVG is one; odd wishes are refused")
{
	static const char *const queries[] = { "", "?size=256", "?size=1024&level=H", "?level=L", "?logo=true" };
	static const struct { const char *query, *code; } wrong[] = {
		{ "?size=1", "too_small" }, { "?size=1000000", "too_large" }, { "?level=X", "not_one_of" }, { "?size=big", "bad_pattern" },
	};
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 });
	const char *slug = source_slug(&d, code, "前台/\\\\\\\"1", NULL);
	struct reply r;
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		r = get(d.reader, at(&d, "/links/%s/qr.png%s", slug, queries[i]));
		assert_int_equal(r.status, 200);
		assert_str(header_of(&r, "Content-Type"), "image/png");
		assert_str(read_qr(&d, r.body), text(&d, "http://127.0.0.1:%d/g/%s", site_port(d.site), slug));
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		r = get(d.reader, at(&d, "/links/%s/qr.png%s", slug, wrong[i].query));
		assert_int_equal(r.status, 400);
	}
	r = get(d.reader, at(&d, "/links/%s/qr.svg", slug));
	assert_str(header_of(&r, "Content-Type"), "image/svg+xml");
	assert_non_null(memmem(r.body.at, r.body.len, "<svg", 4));
	r = get(d.reader, at(&d, "/links/nowhere1/qr.svg"));
	assert_reply(r, 404, "not_found");
	desk_close(&d);
}

PROMISE(source_printed, "the sheet is a PDF; the zip has one picture a source, also for two of one name; a code without sources prints its own")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ .title = "../车主\\\"群" });
	struct reply r = get(d.reader, at(&d, "/livecodes/%lld/codes.zip", (long long)code.n));
	assert_int_equal(r.status, 200);
	static const char *const labels[] = { "前台", "前台", "../../etc/passwd", "桌 1" };
	const char *slugs[4];
	for (int i = 0; i < 4; i++)
		slugs[i] = source_slug(&d, code, labels[i], NULL);
	r = get(d.reader, at(&d, "/livecodes/%lld/sheet.pdf", (long long)code.n));
	assert_str(header_of(&r, "Content-Type"), "application/pdf");
	assert_true(str_starts(r.body, S("%PDF-")));
	assert_null(memmem(header_of(&r, "Content-Disposition").at, header_of(&r, "Content-Disposition").len, "../", 3));
	r = get(d.reader, at(&d, "/livecodes/%lld/codes.zip?size=256", (long long)code.n));
	assert_str(header_of(&r, "Content-Type"), "application/zip");
	zip_error_t error;
	zip_source_t *source = zip_source_buffer_create(r.body.at, r.body.len, 0, &error);
	zip_t *zip = zip_open_from_source(source, ZIP_RDONLY, &error);
	assert_non_null(zip);
	assert_int_equal(zip_get_num_entries(zip, 0), 4);
	for (zip_int64_t i = 0; i < 4; i++) {
		static char png[1 << 20];
		const char *name = zip_get_name(zip, (zip_uint64_t)i, 0);
		assert_null(strstr(name, "/"));
		zip_file_t *file = zip_fopen_index(zip, (zip_uint64_t)i, 0);
		zip_int64_t len = zip_fread(file, png, sizeof png);
		zip_fclose(file);
		assert_true(len > 0);
		assert_str(read_qr(&d, (struct str){ png, (size_t)len }), text(&d, "http://127.0.0.1:%d/g/%s", site_port(d.site), slugs[i]));
	}
	zip_discard(zip);
	desk_close(&d);
}
