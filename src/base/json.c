/* json.c: see json.h.
 *
 * Holds      A document deeper than DEEPEST is refused: what walks it calls itself.
 * Test       json_test.c
 */
#include "base/json.h"

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/utf8.h"

#define TEXT_MOST (4 << 20)
#define DEEPEST   32

static void json_drop(json_t **j) { json_decref(*j); }
#define JSON_SCOPED __attribute__((cleanup(json_drop))) json_t

static bool too_deep(const json_t *j, int depth)
{
	const char *key;
	json_t *value;
	if (depth > DEEPEST)
		return true;
	json_object_foreach((json_t *)(uintptr_t)j, key, value)
		if (too_deep(value, depth + 1))
			return true;
	for (size_t i = 0; json_is_array(j) && i < json_array_size(j); i++)
		if (too_deep(json_array_get(j, i), depth + 1))
			return true;
	return false;
}

static int load(struct str text, json_t **ret)
{
	if (!utf8_valid(text))
		return E_UTF8;
	(void)json_starved();
	json_t *j = json_loadb(text.len ? text.at : "", text.len, JSON_REJECT_DUPLICATES, NULL);
	if (!j)
		return json_starved() ? E_MEMORY : E_JSON;
	if (too_deep(j, 0)) {
		json_decref(j);
		return E_JSON;
	}
	*ret = j;
	return 0;
}

static int add(const char *bytes, size_t len, void *ctx)
{
	buf_add(ctx, bytes, len);
	return 0;
}

static int dump(const json_t *j, size_t flags, struct arena *arena, struct str *ret)
{
	BUF_SCOPED b;
	buf_init(&b, TEXT_MOST);
	if (json_dump_callback(j, add, &b, flags | JSON_ENCODE_ANY) < 0 || buf_failed(&b))
		return E_MEMORY;
	*ret = str_copy(arena, buf_view(&b));
	return arena_failed(arena) ? E_MEMORY : 0;
}

int json_canonical(struct str text, const char *without, struct arena *arena, struct str *ret)
{
	JSON_SCOPED *j = NULL;
	int r = load(text, &j);
	if (r < 0)
		return r;
	if (without && json_is_object(j))
		json_object_del(j, without);
	return dump(j, JSON_SORT_KEYS | JSON_COMPACT, arena, ret);
}

int json_pretty(struct str text, struct arena *arena, struct str *ret)
{
	JSON_SCOPED *j = NULL;
	int r = load(text, &j);
	return r < 0 ? r : dump(j, JSON_INDENT(2), arena, ret);
}

/* ---- Differences ---- */

struct diff {
	struct arena *arena;
	bool        (*each)(void *, struct str, struct str, struct str);
	void         *ctx;
	bool          enough;
	int           failed;
};

static void tell(struct diff *d, struct str path, const json_t *before, const json_t *after)
{
	struct str a = S(""), b = S("");
	if (d->enough || d->failed)
		return;
	if ((before && (d->failed = dump(before, JSON_COMPACT | JSON_SORT_KEYS, d->arena, &a)) < 0) ||
	    (after && (d->failed = dump(after, JSON_COMPACT | JSON_SORT_KEYS, d->arena, &b)) < 0))
		return;
	d->enough = !d->each(d->ctx, path, a, b);
}

/* What people call it; NULL: it has no name. */
static const char *name_of(const json_t *item)
{
	for (const char *key = "name\0title\0label\0key\0"; json_is_object(item) && *key; key += strlen(key) + 1)
		if (json_is_string(json_object_get(item, key)))
			return json_string_value(json_object_get(item, key));
	return NULL;
}

static const json_t *counterpart(const json_t *list, const json_t *item, size_t place)
{
	const char *name = name_of(item);
	for (size_t i = 0; name && i < json_array_size(list); i++) {
		const char *other = name_of(json_array_get(list, i));
		if (other && strcmp(name, other) == 0)
			return json_array_get(list, i);
	}
	return name ? NULL : json_array_get(list, place);
}

static struct str inside(struct diff *d, struct str path, const json_t *item, size_t place)
{
	const char *name = name_of(item);
	return name ? str_format(d->arena, "%.*s[%s]", STR(path), name)
	            : str_format(d->arena, "%.*s[%zu]", STR(path), place + 1);
}

static void differ(struct diff *, struct str path, const json_t *before, const json_t *after);

static void differ_lists(struct diff *d, struct str path, const json_t *before, const json_t *after)
{
	for (size_t i = 0; i < json_array_size(before); i++) {
		const json_t *item = json_array_get(before, i);
		differ(d, inside(d, path, item, i), item, counterpart(after, item, i));
	}
	for (size_t i = 0; i < json_array_size(after); i++) {
		const json_t *item = json_array_get(after, i);
		if (!counterpart(before, item, i))
			tell(d, inside(d, path, item, i), NULL, item);
	}
}

static void differ_objects(struct diff *d, struct str path, const json_t *before, const json_t *after)
{
	const char *key, *dot = path.len ? "." : "";
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)before, key, value)
		differ(d, str_format(d->arena, "%.*s%s%s", STR(path), dot, key), value, json_object_get(after, key));
	json_object_foreach((json_t *)(uintptr_t)after, key, value)
		if (!json_object_get(before, key))
			tell(d, str_format(d->arena, "%.*s%s%s", STR(path), dot, key), NULL, value);
}

static void differ(struct diff *d, struct str path, const json_t *before, const json_t *after)
{
	if (d->enough || d->failed || (before && after && json_equal(before, after)))
		return;
	if (json_is_object(before) && json_is_object(after))
		differ_objects(d, path, before, after);
	else if (json_is_array(before) && json_is_array(after))
		differ_lists(d, path, before, after);
	else
		tell(d, path, before, after);
}

int json_diff(struct str before, struct str after, struct arena *arena,
              bool (*each)(void *, struct str, struct str, struct str), void *ctx)
{
	JSON_SCOPED *a = NULL;
	JSON_SCOPED *b = NULL;
	struct diff d = { .arena = arena, .each = each, .ctx = ctx };
	int r = load(before, &a);
	if (r < 0 || (r = load(after, &b)) < 0)
		return r;
	differ(&d, S(""), a, b);
	return d.failed ? d.failed : arena_failed(arena) ? E_MEMORY : 0;
}
