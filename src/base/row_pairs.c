/* row_pairs.c: rows from form fields, whichever way they came (query string, form, multipart).
 *
 * Not here   Decoding (form.c), limits (row.c).
 * Holds      A field is given once, but for a list of bare values, which is its name repeated. A file is never read
 *            as text, nor a text as a file. A record is untouched until all of it was read.
 * Test       row_test.c, test/fuzz/form.c
 */
#include "base/row.h"

#include "base/row_limits.h"
#include "base/time.h"

#define NAME_SHOWN 80       /* bytes of an unknown name that the complaint repeats */

struct reading {
	const struct pair *pairs;
	size_t             count;
	struct arena      *arena;
	struct complaint  *why;
};

static int wrong(const struct reading *rd, const struct field *f, struct str expected)
{
	return row_complain(rd->why, E_INVALID, str_of(f->name), expected);
}

static bool read_bool(struct str s, bool *ret)
{
	*ret = str_among(s, "true on yes 1");
	return *ret || s.len == 0 || str_among(s, "false off no 0");
}

/* Browsers end the lines of a text area with CRLF; everywhere else a line ends with LF. */
static struct str unix_lines(struct arena *a, struct str s)
{
	if (str_find(s, '\r') < 0)
		return s;
	char *at = arena_take(a, s.len);
	size_t len = 0;
	for (size_t i = 0; at && i < s.len; i++) {
		if (s.at[i] != '\r' || i + 1 == s.len || s.at[i + 1] != '\n')
			at[len++] = s.at[i];
	}
	return (struct str){ at, len };
}

static int read_word(const struct reading *rd, const struct field *f, struct str word, void *at)
{
	switch (f->kind) {
	case K_ID:
		if (!row_id_read(word, at))
			return row_complain(rd->why, E_BAD_PATTERN, str_of(f->name), S("not an id"));
		return 0;
	case K_INSTANT:
		if (!str_to_int(word, at) && !instant_parse(word, at))
			return wrong(rd, f, S("must be ms since 1970, or a time like 2026-11-21T09:00:00+08:00"));
		return 0;
	case K_MONEY:
	case K_INT:
		return str_to_int(word, at) ? 0 : wrong(rd, f, S("must be a whole number"));
	case K_BOOL:
		return read_bool(word, at) ? 0 : wrong(rd, f, S("must be true or false"));
	default:
		return 0;
	}
}

static int read_one(const struct reading *rd, const struct field *f, const struct pair *p, void *record)
{
	void *at = field_at(f, record);
	int r = 0;
	if (f->kind == K_BLOB) {
		if (!p->bytes.at && p->text.len)
			return wrong(rd, f, S("must be a file"));
		*(struct blob *)at = p->bytes;
	} else if (p->bytes.at) {
		return wrong(rd, f, S("must not be a file"));
	} else if (f->kind == K_STR) {
		*(struct str *)at = unix_lines(rd->arena, p->text);
	} else if (p->text.len || !f->limits.optional) {
		r = read_word(rd, f, str_trim(p->text), at);
	}
	if (r < 0)
		return r;
	if (arena_failed(rd->arena))
		return row_complain(rd->why, E_MEMORY, str_of(f->name), S(""));
	return row_check_field(f, record, rd->arena, rd->why);
}

/* ?tag=1&tag=2 */
static int read_repeated(const struct reading *rd, const struct field *f, struct rows *ret)
{
	const struct row *row = f->limits.of;
	size_t count = 0, n = 0;
	for (size_t i = 0; i < rd->count; i++)
		count += str_is(rd->pairs[i].name, f->name);
	int r = row_check_items(f, count, rd->arena, rd->why);
	if (r < 0)
		return r;
	char *at = arena_take_array(rd->arena, count, row->size);
	if (!at)
		return row_complain(rd->why, E_MEMORY, str_of(f->name), S(""));
	for (size_t i = 0; i < rd->count; i++) {
		if (!str_is(rd->pairs[i].name, f->name))
			continue;
		r = read_one(rd, row->fields, &rd->pairs[i], at + n * row->size);
		if (r < 0)
			return row_complain_inside(rd->why, r, rd->arena, f, n);
		n++;
	}
	*ret = (struct rows){ at, count };
	return 0;
}

static int read_list(const struct reading *rd, const struct field *f, const struct pair *p, struct rows *ret)
{
	if (p->bytes.at)
		return wrong(rd, f, S("must not be a file"));
	if (p->text.len == 0 && f->limits.optional)
		return 0;
	if (row_is_bare(f->limits.of))
		return read_repeated(rd, f, ret);
	struct rows list;
	int r = rows_read_json(f->limits.of, p->text, f->limits.max, rd->arena, &list, rd->why);
	if (r < 0) {
		struct str path = str_format(rd->arena, "%s%.*s", f->name, STR(rd->why->field));
		rd->why->field = path.len ? path : str_of(f->name);
		return r;
	}
	*ret = list;
	return row_check_items(f, list.count, rd->arena, rd->why);
}

static int read_pairs(const struct row *row, const struct reading *rd, bool loose, void *record)
{
	uint64_t seen = 0;
	for (size_t i = 0; i < rd->count; i++) {
		const struct pair *p = &rd->pairs[i];
		const struct field *f = row_field(row, p->name);
		if (!f && loose)
			continue;
		if (!f) {
			struct str name = { p->name.at, p->name.len < NAME_SHOWN ? p->name.len : NAME_SHOWN };
			return row_complain(rd->why, E_UNKNOWN_FIELD, name, S(""));
		}
		uint64_t bit = UINT64_C(1) << (f - row->fields);
		bool repeated = seen & bit, list = f->kind == K_ROWS;
		if (repeated && !(list && row_is_bare(f->limits.of)))
			return row_complain(rd->why, E_FORM, str_of(f->name), S("given twice"));
		int r = repeated ? 0 : list ? read_list(rd, f, p, field_at(f, record)) : read_one(rd, f, p, record);
		if (r < 0)
			return r;
		seen |= bit;
	}
	for (size_t i = 0; i < row->count; i++) {
		if (row->fields[i].kind == K_BOOL)
			seen |= UINT64_C(1) << i;
	}
	return row_check_present(row, seen, rd->why);
}

int row_read_pairs(const struct row *row, const struct pair *pairs, size_t count, bool loose, struct arena *a,
                   void *ret, struct complaint *why)
{
	struct reading rd = { pairs, count, a, why };
	void *record = arena_take(a, row->size);
	if (!record)
		return row_complain(why, E_MEMORY, S(""), S(""));
	int r = read_pairs(row, &rd, loose, record);
	if (r < 0)
		return r;
	memcpy(ret, record, row->size);
	return 0;
}
