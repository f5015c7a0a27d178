/* row.h: one struct, one descriptor; SQL rows, JSON, forms, query strings and OpenAPI all read it.
 *
 * A field's kind follows from its C type (`_Generic`), so a wrong type does not compile.
 *
 * No NULL. Every column of every table is NOT NULL and absence is a value of the type: id 0,
 * instant 0, empty text, empty blob. An `optional` id or instant is `null` in JSON when 0, and an
 * optional field may be missing on input. A NULL that comes out of a query (an outer join without
 * COALESCE) is a defect and reads as E_STORE, naming query and column.
 *
 * Blobs (`struct blob`) travel between SQL and C, arrive from multipart forms, and are never
 * written into JSON. Lists (`struct rows`, field `.of` their row) are JSON arrays, or JSON text in
 * one SQL column; a row of one field called "item" stands for the bare value ([“a”, “b”]).
 *
 * Limits are stated here or they do not exist: for an input row every text, blob and list has a max
 * (`row_lint` insists). Text is counted in characters, blobs in bytes, lists in items.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct rows { void *at; size_t count; };         /* an array of structs, in an arena */
struct one  { void *at; };                       /* one struct, or NULL: an object in an object; no route takes one in (row_lint) */

enum kind { K_ID = 1, K_INSTANT, K_MONEY, K_STR, K_INT, K_BOOL, K_BLOB, K_ROWS, K_ONE };

struct row;

struct limits {
	int64_t           min, max;
	const char       *one_of;                /* "a b c" */
	const char       *pattern;               /* POSIX extended expression, matched whole */
	bool              optional;              /* may be missing or null on input */
	bool              lines;                 /* text may hold line breaks; otherwise no control characters at all */
	const struct row *of;                    /* of K_ROWS and K_ONE */
};

struct field {
	const char   *name;
	size_t        offset;
	enum kind     kind;
	const char   *help;
	struct limits limits;
};

struct row {
	const char         *name;
	size_t              size;
	const struct field *fields;
	size_t              count;
};

#define KIND_OF(lvalue) _Generic((lvalue), \
	struct id: K_ID, struct instant: K_INSTANT, struct money: K_MONEY, struct str: K_STR, \
	int64_t: K_INT, bool: K_BOOL, struct blob: K_BLOB, struct rows: K_ROWS, struct one: K_ONE)

/* FIELD(tag, name, "As operators read it", .min = 1, .max = 24) */
#define FIELD(type, member, help, ...) \
	{ #member, offsetof(struct type, member), KIND_OF(((struct type *)0)->member), help, { __VA_ARGS__ } }

#define ROW_(linkage, name, type, ...) \
	static const struct field name##_fields[] = { __VA_ARGS__ }; \
	linkage const struct row row_##name = { #name, sizeof(struct type), name##_fields, \
		sizeof name##_fields / sizeof *name##_fields }
#define ROW(type, ...)              ROW_(static, type, type, __VA_ARGS__)   /* for this file */
#define ROW_PUBLIC(type, ...)       ROW_(, type, type, __VA_ARGS__)         /* declared `extern` in a header */
#define ROW_AS(name, type, ...)     ROW_(static, name, type, __VA_ARGS__)   /* another choice of a struct's fields */
#define ROW_AS_PUBLIC(name, type, ...) ROW_(, name, type, __VA_ARGS__)

/* The two bare lists. */
struct text_item { struct str item; };
struct id_item   { struct id item; };
extern const struct row row_text_item, row_id_item;

/* What was wrong with an input: which field (a path like "children[2].title") and why. */
struct complaint { int code; struct str field; struct str detail; };

/* ---- Out ---- */

/* {"id":"123", …}. Ids as strings, instants and money as numbers. */
void row_write_json(struct buf *, const struct row *, const void *record);
void rows_write_json(struct buf *, const struct row *, struct rows);

/* ---- In: each returns 0, or a code with *ret_why filled; strings live in the arena ---- */

/* JSON text, strict: one object, UTF-8, no duplicate or unknown keys, every non-optional field present. */
int row_read_json(const struct row *, struct str json, struct arena *, void *ret, struct complaint *ret_why);
/* A JSON array of objects (or of bare values). */
int rows_read_json(const struct row *, struct str json, int64_t max, struct arena *, struct rows *ret,
                   struct complaint *ret_why);

/* One form field, decoded. */
struct pair { struct str name; struct str text; struct blob bytes; struct str filename; };

/* Form, multipart or query-string fields. Unknown names are refused unless `loose` (query strings carry
 * other people's tracking parameters). A box that is not ticked is not sent, so a missing bool is false; an
 * empty text for an optional field means it is absent; a list of bare values is its name repeated, any
 * other list is JSON; an instant may be RFC 3339; CRLF in a text becomes LF. */
int row_read_pairs(const struct row *, const struct pair *, size_t count, bool loose, struct arena *, void *ret,
                   struct complaint *ret_why);

/* Does a record keep the limits of its row? For rows that were filled by hand (CSV). */
int row_check(const struct row *, const void *record, struct arena *, struct complaint *ret_why);

/* A record that shares nothing with this one: its texts, blobs and lists are copied into the arena, as far as the row
 * names them. 0 or E_MEMORY. */
int row_copy(const struct row *, const void *record, struct arena *, void *ret);

/* ---- Describe ---- */

/* JSON Schema of the row (OpenAPI 3.1), as an object. Nested rows appear as "#/components/schemas/NAME". */
void row_write_schema(struct buf *, const struct row *, bool input);
/* NULL, or what is wrong with the declaration itself: a limit missing, help missing, a list without `of`. */
const char *row_lint(const struct row *, bool input);

static inline void *field_at(const struct field *f, const void *record)
{
	return (char *)(uintptr_t)record + f->offset;
}
