/* row_schema.c: rows as JSON Schema (OpenAPI 3.1), from which the web client's types are made.
 *
 * Story      An input may leave out what is optional, or send null; an output always has every field. What is
 *            absent is null in an output when it is an id or an instant, and empty when it is text.
 * Not here   Paths and responses (http/openapi.c).
 * Test       row_test.c
 */
#include "base/row.h"

#include "base/row_limits.h"

static void write_key(struct buf *b, const char *key)
{
	buf_byte(b, ',');
	buf_json(b, str_of(key));
	buf_byte(b, ':');
}

static void write_number(struct buf *b, const char *key, int64_t n)
{
	write_key(b, key);
	buf_int(b, n);
}

static void write_type(struct buf *b, const char *type, bool or_null)
{
	buf_z(b, "\"type\":");
	if (or_null)
		buf_format(b, "[\"%s\",\"null\"]", type);
	else
		buf_format(b, "\"%s\"", type);
}

static void write_choices(struct buf *b, const struct limits *l, bool or_null)
{
	write_key(b, "enum");
	char mark = '[';
	for (struct str rest = str_of(l->one_of); rest.len; mark = ',') {
		buf_byte(b, mark);
		buf_json(b, str_cut(&rest, ' '));
	}
	if (l->optional)
		buf_z(b, ",\"\"");
	if (or_null)
		buf_z(b, ",null");
	buf_byte(b, ']');
}

static void write_text(struct buf *b, const struct limits *l, bool or_null)
{
	write_type(b, "string", or_null);
	if (l->one_of)
		write_choices(b, l, or_null);
	if (l->min > 0 && !l->optional)
		write_number(b, "minLength", l->min);
	if (l->max > 0)
		write_number(b, "maxLength", l->max);
	if (l->pattern) {
		write_key(b, "pattern");
		buf_z(b, l->optional ? "\"^(|" : "\"^(");
		size_t quote = b->len;            /* buf_json quotes its text; here it stands inside a longer one */
		buf_json(b, str_of(l->pattern));
		if (!buf_failed(b)) {
			memmove(b->at + quote, b->at + quote + 1, b->len - quote - 2);
			b->len -= 2;
		}
		buf_z(b, ")$\"");
	}
}

static void write_integer(struct buf *b, const struct limits *l, bool or_null)
{
	write_type(b, "integer", or_null);
	buf_z(b, ",\"format\":\"int64\"");
	if (l->min != 0 || l->max != 0)
		write_number(b, "minimum", l->optional && l->min > 0 ? 0 : l->min);
	if (l->max != 0 || l->min < 0)
		write_number(b, "maximum", l->max);
}

static void write_field(struct buf *, const struct field *, bool input);

static void write_list(struct buf *b, const struct limits *l, bool input)
{
	write_type(b, "array", input && l->optional);
	write_key(b, "items");
	if (row_is_bare(l->of))
		write_field(b, l->of->fields, input);
	else
		buf_format(b, "{\"$ref\":\"#/components/schemas/%s\"}", l->of->name);
	if (l->min > 0 && !l->optional)
		write_number(b, "minItems", l->min);
	if (l->max > 0)
		write_number(b, "maxItems", l->max);
}

static void write_field(struct buf *b, const struct field *f, bool input)
{
	const struct limits *l = &f->limits;
	bool or_null = l->optional && (input || f->kind == K_ID || f->kind == K_INSTANT);
	buf_byte(b, '{');
	switch (f->kind) {
	case K_ID:
		write_type(b, "string", or_null);
		buf_z(b, ",\"pattern\":\"^[0-9]{1,19}$\"");
		break;
	case K_INSTANT:
	case K_MONEY:
	case K_INT:
		write_integer(b, l, or_null);
		break;
	case K_STR:
		write_text(b, l, or_null);
		break;
	case K_BOOL:
		write_type(b, "boolean", or_null);
		break;
	case K_BLOB:
		buf_z(b, "\"type\":\"string\",\"format\":\"binary\"");
		break;
	case K_ROWS:
		write_list(b, l, input);
		break;
	case K_ONE:
		buf_format(b, "\"oneOf\":[{\"$ref\":\"#/components/schemas/%s\"},{\"type\":\"null\"}]", l->of->name);
		break;
	}
	write_key(b, "description");
	buf_json(b, str_of(f->help));
	buf_byte(b, '}');
}

/* A file is part of a form, and never of a JSON reply. */
static bool is_shown(const struct field *f, bool input)
{
	return input || f->kind != K_BLOB;
}

void row_write_schema(struct buf *b, const struct row *row, bool input)
{
	buf_z(b, "{\"type\":\"object\",\"properties\":{");
	const char *mark = "";
	for (size_t i = 0; i < row->count; i++) {
		const struct field *f = &row->fields[i];
		if (!is_shown(f, input))
			continue;
		buf_z(b, mark);
		buf_json(b, str_of(f->name));
		buf_byte(b, ':');
		write_field(b, f, input);
		mark = ",";
	}
	buf_z(b, "},\"required\":[");
	mark = "";
	for (size_t i = 0; i < row->count; i++) {
		const struct field *f = &row->fields[i];
		if (!is_shown(f, input) || (input && f->limits.optional))
			continue;
		buf_z(b, mark);
		buf_json(b, str_of(f->name));
		mark = ",";
	}
	buf_z(b, input ? "],\"additionalProperties\":false}" : "]}");
}
