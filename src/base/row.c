/* row.c: the limits of rows: are they declared well, and does a record keep them?
 *
 * Not here   JSON (row_json.c), forms (row_pairs.c), OpenAPI (row_schema.c): all of them ask here.
 * Holds      One place decides what a limit means, so a record from JSON, a form or a CSV is refused for the same
 *            reason with the same code. min and max both 0 mean no limit (of a number) and a max of 0 with a min
 *            above it means no upper limit; an `optional` value that is absent (0, empty) is never too small.
 * Test       row_test.c
 */
#include "base/row.h"

#include <pthread.h>
#include <regex.h>
#include <stdatomic.h>

#include "base/row_limits.h"
#include "base/utf8.h"

#define NESTED_MAX 8        /* lists in lists; deeper is a mistake */

ROW_PUBLIC(text_item, FIELD(text_item, item, "The text", .min = 1, .max = 1000));
ROW_PUBLIC(id_item,   FIELD(id_item, item, "The id"));

/* ---- Shared with the readers ---- */

int row_complain(struct complaint *c, int code, struct str field, struct str detail)
{
	*c = (struct complaint){ code, field, detail };
	return code;
}

int row_complain_inside(struct complaint *c, int code, struct arena *a, const struct field *list, size_t item)
{
	const char *dot = c->field.len && *c->field.at != '[' ? "." : "";
	struct str path = row_is_bare(list->limits.of)
		? str_format(a, "%s[%zu]", list->name, item)
		: str_format(a, "%s[%zu]%s%.*s", list->name, item, dot, STR(c->field));
	if (path.len)                           /* without memory for it the inner name must do */
		c->field = path;
	return code;
}

bool row_is_bare(const struct row *row)
{
	return row->count == 1 && strcmp(row->fields[0].name, "item") == 0;
}

const struct field *row_field(const struct row *row, struct str name)
{
	for (size_t i = 0; i < row->count; i++) {
		if (str_is(name, row->fields[i].name))
			return &row->fields[i];
	}
	return NULL;
}

bool row_id_read(struct str s, struct id *ret)
{
	return s.len >= 1 && s.len <= 19 && *s.at != '-' && str_to_int(s, &ret->n);
}

/* ---- Patterns: compiled once, kept for the life of the process ---- */

#define PATTERNS_MAX 256

static struct { const char *text; regex_t compiled; } patterns[PATTERNS_MAX];
static atomic_size_t pattern_count;
static pthread_mutex_t patterns_lock = PTHREAD_MUTEX_INITIALIZER;

static int pattern_compile(regex_t *ret, const char *pattern)
{
	char whole[512];
	int len = snprintf(whole, sizeof whole, "^(%s)$", pattern);
	return len < (int)sizeof whole ? regcomp(ret, whole, REG_EXTENDED | REG_NOSUB) : REG_ESPACE;
}

/* Patterns are constants of descriptors, so an address is a name. */
static const regex_t *pattern_find(const char *pattern, size_t from)
{
	size_t count = atomic_load_explicit(&pattern_count, memory_order_acquire);
	for (size_t i = from; i < count; i++) {
		if (patterns[i].text == pattern)
			return &patterns[i].compiled;
	}
	return NULL;
}

static const regex_t *pattern_of(const char *pattern)
{
	const regex_t *found = pattern_find(pattern, 0);
	if (found)
		return found;
	pthread_mutex_lock(&patterns_lock);
	found = pattern_find(pattern, 0);
	size_t n = atomic_load(&pattern_count);
	if (!found && n < PATTERNS_MAX && pattern_compile(&patterns[n].compiled, pattern) == 0) {
		patterns[n].text = pattern;
		atomic_store_explicit(&pattern_count, n + 1, memory_order_release);
		found = &patterns[n].compiled;
	}
	pthread_mutex_unlock(&patterns_lock);
	return found;
}

/* 0, E_BAD_PATTERN, or E_MEMORY. The text is known to hold no NUL. */
static int pattern_match(const char *pattern, struct str s, struct arena *a)
{
	const regex_t *compiled = pattern_of(pattern);
	const char *text = str_z(a, s);
	if (!compiled || !text)
		return E_MEMORY;
	int r = regexec(compiled, text, 0, NULL, 0);
	return r == 0 ? 0 : r == REG_NOMATCH ? E_BAD_PATTERN : E_MEMORY;
}

/* ---- Does a value keep its limits? ---- */

static bool has_min(const struct limits *l) { return l->min != 0 || l->max != 0; }
static bool has_max(const struct limits *l) { return l->max != 0 || l->min < 0; }

static int check_range(const struct field *f, int64_t n, struct arena *a, struct complaint *c)
{
	const struct limits *l = &f->limits;
	if (has_min(l) && n < l->min)
		return row_complain(c, E_TOO_SMALL, str_of(f->name), str_format(a, "at least %lld", (long long)l->min));
	if (has_max(l) && n > l->max)
		return row_complain(c, E_TOO_LARGE, str_of(f->name), str_format(a, "at most %lld", (long long)l->max));
	return 0;
}

static int check_length(const struct field *f, size_t n, const char *unit, struct arena *a, struct complaint *c)
{
	const struct limits *l = &f->limits;
	if ((int64_t)n < l->min)
		return row_complain(c, E_TOO_SHORT, str_of(f->name),
		                    str_format(a, "at least %lld %s", (long long)l->min, unit));
	if (l->max && (int64_t)n > l->max)
		return row_complain(c, E_TOO_LONG, str_of(f->name),
		                    str_format(a, "at most %lld %s", (long long)l->max, unit));
	return 0;
}

/* A control character that this text may not hold? C1 (U+0080…9F) is C2 80…9F in UTF-8. */
static bool has_control(struct str s, bool lines)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		if (c == 0x7f || (c < 0x20 && !(lines && (c == '\n' || c == '\r' || c == '\t'))))
			return true;
		if (c == 0xc2 && i + 1 < s.len && (unsigned char)s.at[i + 1] < 0xa0)
			return true;
	}
	return false;
}

static int check_text(const struct field *f, struct str s, struct arena *a, struct complaint *c)
{
	const struct limits *l = &f->limits;
	struct str name = str_of(f->name);
	if (!utf8_valid(s))
		return row_complain(c, E_UTF8, name, S("the text is not UTF-8"));
	int r = check_length(f, utf8_count(s), "characters", a, c);
	if (r < 0)
		return r;
	if (has_control(s, l->lines))
		return row_complain(c, E_INVALID, name,
		                    l->lines ? S("no control characters") : S("no line breaks or control characters"));
	if (l->one_of && !str_among(s, l->one_of))
		return row_complain(c, E_NOT_ONE_OF, name, str_format(a, "one of: %s", l->one_of));
	if (l->pattern && (r = pattern_match(l->pattern, s, a)) < 0)
		return row_complain(c, r, name,
		                    r == E_BAD_PATTERN ? str_format(a, "must match %s", l->pattern) : S(""));
	return 0;
}

static bool is_absent(const struct field *f, const void *at)
{
	switch (f->kind) {
	case K_STR:  return ((const struct str *)at)->len == 0;
	case K_BLOB: return ((const struct blob *)at)->len == 0;
	case K_ROWS: return ((const struct rows *)at)->count == 0;
	case K_ONE:  return !((const struct one *)at)->at;
	case K_BOOL: return !*(const bool *)at;
	default:     return *(const int64_t *)at == 0;
	}
}

int row_check_items(const struct field *f, size_t count, struct arena *a, struct complaint *c)
{
	return count == 0 && f->limits.optional ? 0 : check_length(f, count, "items", a, c);
}

int row_check_field(const struct field *f, const void *record, struct arena *a, struct complaint *c)
{
	const void *at = field_at(f, record);
	bool absent = is_absent(f, at);
	if (absent && f->limits.optional)
		return 0;
	if (absent && (f->kind == K_ID || f->kind == K_INSTANT || f->kind == K_BLOB))
		return row_complain(c, E_MISSING_FIELD, str_of(f->name), S("required"));
	switch (f->kind) {
	case K_ID:
		return *(const int64_t *)at > 0 ? 0 : row_complain(c, E_BAD_PATTERN, str_of(f->name), S("not an id"));
	case K_INSTANT: case K_MONEY: case K_INT:
		return check_range(f, *(const int64_t *)at, a, c);
	case K_STR:
		return check_text(f, *(const struct str *)at, a, c);
	case K_BLOB:
		return check_length(f, ((const struct blob *)at)->len, "bytes", a, c);
	case K_ROWS:
		return row_check_items(f, ((const struct rows *)at)->count, a, c);
	case K_BOOL: case K_ONE:
		return 0;
	}
	return 0;
}

int row_check_present(const struct row *row, uint64_t seen, struct complaint *c)
{
	for (size_t i = 0; i < row->count; i++) {
		if (!(seen >> i & 1) && !row->fields[i].limits.optional)
			return row_complain(c, E_MISSING_FIELD, str_of(row->fields[i].name), S("required"));
	}
	return 0;
}

int row_check(const struct row *row, const void *record, struct arena *a, struct complaint *c)
{
	for (size_t i = 0; i < row->count; i++) {
		const struct field *f = &row->fields[i];
		int r = row_check_field(f, record, a, c);
		if (r < 0)
			return r;
		const struct rows *list = f->kind == K_ROWS ? field_at(f, record) : NULL;
		for (size_t k = 0; list && k < list->count; k++) {
			r = row_check(f->limits.of, (const char *)list->at + k * f->limits.of->size, a, c);
			if (r < 0)
				return row_complain_inside(c, r, a, f, k);
		}
	}
	return 0;
}

/* ---- Copying ---- */

static int copy_inside(const struct field *f, struct arena *arena, void *at)
{
	if (f->kind == K_STR) {
		struct str *text = at, was = *text;
		*text = str_copy(arena, was);
	} else if (f->kind == K_BLOB) {
		struct blob *bytes = at;
		void *copy = bytes->len ? arena_take(arena, bytes->len) : NULL;
		if (copy)
			memcpy(copy, bytes->at, bytes->len);
		bytes->at = copy;
	} else if (f->kind == K_ROWS || f->kind == K_ONE) {
		struct rows list = f->kind == K_ROWS ? *(struct rows *)at : (struct rows){ ((struct one *)at)->at, 1 };
		size_t size = f->limits.of->size;
		char *copy = list.at && list.count ? arena_take_array(arena, list.count, size) : NULL;
		for (size_t i = 0; copy && i < list.count; i++)
			if (row_copy(f->limits.of, (char *)list.at + i * size, arena, copy + i * size) < 0)
				return E_MEMORY;
		*(f->kind == K_ROWS ? &((struct rows *)at)->at : &((struct one *)at)->at) = copy;
	}
	return 0;
}

int row_copy(const struct row *row, const void *record, struct arena *arena, void *ret)
{
	memcpy(ret, record, row->size);
	for (size_t i = 0; i < row->count; i++)
		if (copy_inside(&row->fields[i], arena, field_at(&row->fields[i], ret)) < 0)
			return E_MEMORY;
	return arena_failed(arena) ? E_MEMORY : 0;
}

/* ---- Is the declaration itself in order? ---- */

static const char *lint_limits(const struct field *f, bool input)
{
	const struct limits *l = &f->limits;
	bool numeric = f->kind == K_INSTANT || f->kind == K_MONEY || f->kind == K_INT;
	if (!f->help || !*f->help)
		return "has no help";
	if ((f->kind == K_ROWS || f->kind == K_ONE) != (l->of != NULL))
		return l->of ? "has rows of its own but is no list" : "is a list without .of";
	if (f->kind == K_ONE && input)
		return "is an object inside, which is only ever answered";
	if (f->kind != K_STR && (l->one_of || l->pattern || l->lines))
		return "is no text, so .one_of, .pattern and .lines mean nothing";
	if (input && !l->one_of && l->max <= 0 && (f->kind == K_STR || f->kind == K_BLOB || f->kind == K_ROWS))
		return "comes from outside and needs a .max";
	if ((numeric ? has_max(l) : l->max != 0) && l->min > l->max)
		return "has a .min above its .max";
	if (!numeric && (l->min < 0 || l->max < 0))
		return "has a negative length";
	if (l->pattern && !pattern_of(l->pattern))
		return "has a .pattern that does not compile (or there are too many)";
	return NULL;
}

static const char *lint(const struct row *row, bool input, int depth)
{
	static _Thread_local char text[160];
	if (!row->fields || row->count == 0 || row->count > ROW_FIELDS_MAX || depth > NESTED_MAX) {
		snprintf(text, sizeof text, "%s: needs 1 to %d fields, lists at most %d deep", row->name,
		         ROW_FIELDS_MAX, NESTED_MAX);
		return text;
	}
	for (size_t i = 0; i < row->count; i++) {
		const struct field *f = &row->fields[i];
		const char *wrong = lint_limits(f, input);
		if (!wrong && row_field(row, str_of(f->name)) != f)
			wrong = "is declared twice";
		if (wrong) {
			snprintf(text, sizeof text, "%s.%s %s", row->name, f->name, wrong);
			return text;
		}
		const char *inside = f->limits.of && f->limits.of != row ? lint(f->limits.of, input, depth + 1) : NULL;
		if (inside)
			return inside;
	}
	return NULL;
}

const char *row_lint(const struct row *row, bool input)
{
	return lint(row, input, 0);
}
