/* row_json.c: rows as JSON, out and in.
 *
 * Story      Out: every reply of the API, so it is an own writer that only appends. In: jansson reads strictly (no
 *            duplicate keys, no trailing text, exact integers), and the descriptor decides what each value may be.
 * Not here   Blobs: they are never in JSON.
 * Holds      A record is untouched until all of it was read and kept its limits. What jansson takes from the heap
 *            passes mem.c, and when that failed the answer is E_MEMORY, never "malformed".
 * Test       row_test.c, test/fuzz/json.c
 */
#include "base/row.h"

#include "base/json.h"

#include <jansson.h>

#include "base/mem.h"
#include "base/row_limits.h"
#include "base/utf8.h"

#define NAME_SHOWN 80       /* characters of an unknown key that the complaint repeats */

/* ---- Out ---- */

static void write_value(struct buf *b, const struct field *f, const void *record)
{
	const void *at = field_at(f, record);
	switch (f->kind) {
	case K_ID:
	case K_INSTANT: {
		int64_t n = *(const int64_t *)at;
		if (n == 0 && f->limits.optional) {
			buf_add(b, "null", 4);
		} else if (f->kind == K_ID) {
			buf_byte(b, '"');
			buf_int(b, n);
			buf_byte(b, '"');
		} else {
			buf_int(b, n);
		}
		break;
	}
	case K_MONEY:
	case K_INT:
		buf_int(b, *(const int64_t *)at);
		break;
	case K_STR:
		buf_json(b, *(const struct str *)at);
		break;
	case K_BOOL:
		buf_str(b, *(const bool *)at ? S("true") : S("false"));
		break;
	case K_ROWS:
		rows_write_json(b, f->limits.of, *(const struct rows *)at);
		break;
	case K_ONE:
		if (((const struct one *)at)->at)
			row_write_json(b, f->limits.of, ((const struct one *)at)->at);
		else
			buf_z(b, "null");
		break;
	case K_BLOB:
		break;
	}
}

void row_write_json(struct buf *b, const struct row *row, const void *record)
{
	char mark = '{';
	for (size_t i = 0; i < row->count; i++) {
		const struct field *f = &row->fields[i];
		size_t len = strlen(f->name);
		char *at = f->kind == K_BLOB ? NULL : buf_space(b, len + 4);
		if (!at)
			continue;
		at[0] = mark;
		at[1] = '"';
		memcpy(at + 2, f->name, len);
		at[len + 2] = '"';
		at[len + 3] = ':';
		b->len += len + 4;
		write_value(b, f, record);
		mark = ',';
	}
	if (mark == '{')
		buf_byte(b, '{');
	buf_byte(b, '}');
}

void rows_write_json(struct buf *b, const struct row *row, struct rows rows)
{
	bool bare = row_is_bare(row);
	buf_byte(b, '[');
	for (size_t i = 0; i < rows.count; i++) {
		const void *record = (const char *)rows.at + i * row->size;
		if (i)
			buf_byte(b, ',');
		if (bare)
			write_value(b, row->fields, record);
		else
			row_write_json(b, row, record);
	}
	buf_byte(b, ']');
}

/* ---- In: jansson's part ---- */

/* jansson reports some failed allocations as malformed text; here they are known for what they are. */
static _Thread_local bool starved;

static void *json_take(size_t size)
{
	void *p = mem_take(size);
	starved |= !p;
	return p;
}

__attribute__((constructor)) static void json_start(void)
{
	json_set_alloc_funcs(json_take, mem_give);
}

static void json_drop(json_t **j)
{
	json_decref(*j);
}

#define JSON_SCOPED __attribute__((cleanup(json_drop))) json_t

bool json_starved(void)
{
	bool was = starved;
	starved = false;
	return was;
}

static int json_parse(struct str text, struct arena *a, json_t **ret, struct complaint *c)
{
	if (!utf8_valid(text))
		return row_complain(c, E_UTF8, S(""), S("the text is not UTF-8"));
	json_error_t e;
	(void)json_starved();
	json_t *j = json_loadb(text.len ? text.at : "", text.len, JSON_REJECT_DUPLICATES, &e);
	if (j) {
		*ret = j;
		return 0;
	}
	if (json_starved())
		return row_complain(c, E_MEMORY, S(""), S(""));
	int code = json_error_code(&e) == json_error_numeric_overflow ? E_TOO_LARGE : E_JSON;
	return row_complain(c, code, S(""), str_format(a, "line %d, column %d: %s", e.line, e.column, e.text));
}

/* ---- In: values ---- */

static int read_rows(const struct field *, const json_t *, struct arena *, struct rows *, struct complaint *);
static int read_one(const struct field *, json_t *, struct arena *, struct one *, struct complaint *);

static int wrong_type(struct complaint *c, const struct field *f, struct str expected)
{
	return row_complain(c, E_INVALID, str_of(f->name), expected);
}

static int read_integer(const struct field *f, const json_t *j, int64_t *ret, struct complaint *c)
{
	if (!json_is_integer(j))
		return wrong_type(c, f, S("must be a whole number"));
	*ret = json_integer_value(j);
	return 0;
}

static int read_id(const struct field *f, const json_t *j, struct id *ret, struct complaint *c)
{
	if (!json_is_string(j))
		return wrong_type(c, f, S("must be an id: digits as text"));
	if (!row_id_read((struct str){ json_string_value(j), json_string_length(j) }, ret))
		return row_complain(c, E_BAD_PATTERN, str_of(f->name), S("not an id"));
	return 0;
}

static int read_text(const struct field *f, const json_t *j, struct arena *a, struct str *ret, struct complaint *c)
{
	if (!json_is_string(j))
		return wrong_type(c, f, S("must be text"));
	struct str s = { json_string_value(j), json_string_length(j) };
	*ret = str_copy(a, s);
	return 0;
}

static int read_value(const struct field *f, const json_t *j, struct arena *a, void *at, struct complaint *c)
{
	switch (f->kind) {
	case K_ID:      return read_id(f, j, at, c);
	case K_INSTANT:
	case K_MONEY:
	case K_INT:     return read_integer(f, j, at, c);
	case K_STR:     return read_text(f, j, a, at, c);
	case K_ROWS:    return read_rows(f, j, a, at, c);
	case K_BLOB:    return wrong_type(c, f, S("a file comes by form, not in JSON"));
	case K_ONE:     return read_one(f, (json_t *)(uintptr_t)j, a, at, c);
	case K_BOOL:
		if (!json_is_boolean(j))
			return wrong_type(c, f, S("must be true or false"));
		*(bool *)at = json_is_true(j);
		return 0;
	}
	return 0;
}

static int read_field(const struct field *f, const json_t *j, struct arena *a, void *record, struct complaint *c)
{
	if (json_is_null(j)) {
		if (f->limits.optional)
			return 0;                 /* stays zero: absent */
		return row_complain(c, E_MISSING_FIELD, str_of(f->name), S("required"));
	}
	int r = read_value(f, j, a, field_at(f, record), c);
	if (r < 0)
		return r;
	if (arena_failed(a))                    /* before the limits: a text that was not copied looks empty */
		return row_complain(c, E_MEMORY, str_of(f->name), S(""));
	return row_check_field(f, record, a, c);
}

static int read_object(const struct row *row, json_t *j, struct arena *a, void *record, struct complaint *c)
{
	uint64_t seen = 0;
	const char *key;
	json_t *value;
	if (!json_is_object(j))
		return row_complain(c, E_INVALID, S(""), S("must be an object"));
	json_object_foreach(j, key, value) {
		const struct field *f = row_field(row, str_of(key));
		if (!f)
			return row_complain(c, E_UNKNOWN_FIELD, str_copy(a, utf8_cut(str_of(key), NAME_SHOWN)), S(""));
		seen |= UINT64_C(1) << (f - row->fields);
		int r = read_field(f, value, a, record, c);
		if (r < 0)
			return r;
	}
	return row_check_present(row, seen, c);
}

static int read_rows(const struct field *f, const json_t *j, struct arena *a, struct rows *ret, struct complaint *c)
{
	const struct row *row = f->limits.of;
	if (!json_is_array(j))
		return wrong_type(c, f, S("must be a list"));
	size_t count = json_array_size(j);
	int r = row_check_items(f, count, a, c);
	if (r < 0)
		return r;
	char *at = count ? arena_take_array(a, count, row->size) : NULL;
	if (count && !at)
		return row_complain(c, E_MEMORY, str_of(f->name), S(""));
	for (size_t i = 0; i < count; i++) {
		json_t *item = json_array_get(j, i);
		r = row_is_bare(row) ? read_field(row->fields, item, a, at + i * row->size, c)
		                     : read_object(row, item, a, at + i * row->size, c);
		if (r < 0)
			return row_complain_inside(c, r, a, f, i);
	}
	*ret = (struct rows){ at, count };
	return 0;
}

/* "title" inside "card" is "card.title". */
static int read_one(const struct field *f, json_t *j, struct arena *a, struct one *ret, struct complaint *c)
{
	void *record = arena_take(a, f->limits.of->size);
	if (!record)
		return row_complain(c, E_MEMORY, str_of(f->name), S(""));
	int r = read_object(f->limits.of, j, a, record, c);
	if (r < 0)
		return row_complain(c, r, str_format(a, "%s%s%.*s", f->name, c->field.len ? "." : "", STR(c->field)), c->detail);
	ret->at = record;
	return 0;
}

/* ---- In: the doors ---- */

int row_read_json(const struct row *row, struct str text, struct arena *a, void *ret, struct complaint *c)
{
	JSON_SCOPED *j = NULL;
	int r = json_parse(text, a, &j, c);
	if (r < 0)
		return r;
	void *record = arena_take(a, row->size);
	if (!record)
		return row_complain(c, E_MEMORY, S(""), S(""));
	r = read_object(row, j, a, record, c);
	if (r < 0)
		return r;
	memcpy(ret, record, row->size);
	return 0;
}

int rows_read_json(const struct row *row, struct str text, int64_t max, struct arena *a, struct rows *ret,
                   struct complaint *c)
{
	JSON_SCOPED *j = NULL;
	int r = json_parse(text, a, &j, c);
	if (r < 0)
		return r;
	const struct field list = { .name = "", .kind = K_ROWS, .limits = { .max = max, .of = row, .optional = true } };
	return read_rows(&list, j, a, ret, c);
}
