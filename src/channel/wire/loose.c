/* loose.c: see loose.h. */
#include "channel/wire/loose.h"

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"

int loose_read(struct str text, struct loose *ret)
{
	json_error_t why;
	ret->json = json_loadb(text.len ? text.at : "", text.len, JSON_ALLOW_NUL, &why);
	return ret->json ? 0 : json_error_code(&why) == json_error_out_of_memory ? E_MEMORY : E_JSON;
}

void loose_free(struct loose *l)
{
	json_decref(l->json);
	l->json = NULL;
}

static const json_t *at(const struct loose *l, const char *path)
{
	const json_t *j = l->json;
	struct str rest = str_of(path);
	while (j && rest.len) {
		struct str word = str_cut(&rest, '.');
		int64_t index;
		if (json_is_array(j))
			j = str_to_int(word, &index) && index >= 0 ? json_array_get(j, (size_t)index) : NULL;
		else
			j = json_object_getn(j, word.at, word.len);
	}
	return j;
}

static struct str text_of(const json_t *j, struct arena *arena)
{
	if (json_is_string(j))
		return str_copy(arena, (struct str){ json_string_value(j), json_string_length(j) });
	if (json_is_integer(j))
		return str_format(arena, "%lld", (long long)json_integer_value(j));
	return json_is_boolean(j) ? json_is_true(j) ? S("1") : S("0") : S("");
}

struct str loose_text(const struct loose *l, const char *path, struct arena *arena) { return text_of(at(l, path), arena); }

bool loose_pair(const struct loose *l, const char *path, size_t nth, struct arena *arena, struct str *ret_name, struct str *ret_text)
{
	json_t *j = (json_t *)(uintptr_t)at(l, path);
	void *i = json_object_iter(j);
	while (i && nth--)
		i = json_object_iter_next(j, i);
	if (!i)
		return false;
	*ret_name = str_copy(arena, (struct str){ json_object_iter_key(i), json_object_iter_key_len(i) });
	*ret_text = text_of(json_object_iter_value(i), arena);
	return true;
}

int64_t loose_int(const struct loose *l, const char *path, int64_t otherwise)
{
	const json_t *j = at(l, path);
	int64_t n;
	if (json_is_integer(j))
		return json_integer_value(j);
	if (json_is_string(j) && str_to_int((struct str){ json_string_value(j), json_string_length(j) }, &n))
		return n;
	return json_is_boolean(j) ? json_is_true(j) : otherwise;
}

size_t loose_count(const struct loose *l, const char *path) { return json_array_size(at(l, path)); }
bool   loose_has(const struct loose *l, const char *path)   { return at(l, path) != NULL; }

static int add(const char *bytes, size_t len, void *ctx)
{
	buf_add(ctx, bytes, len);
	return 0;
}

struct str loose_json(const struct loose *l, const char *path, struct arena *arena)
{
	const json_t *j = at(l, path);
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	if (!j || json_dump_callback(j, add, &b, JSON_COMPACT | JSON_ENCODE_ANY) < 0 || buf_failed(&b))
		return S("");
	return str_copy(arena, buf_view(&b));
}

void loose_write(struct buf *b, struct str text)
{
	buf_byte(b, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c == '"' || c == '\\') {
			buf_byte(b, '\\');
			buf_byte(b, (char)c);
		} else if (c == '\n' || c == '\t') {
			buf_z(b, c == '\n' ? "\\n" : "\\t");
		} else if (c >= 0x20 && c != 0x7f) {
			buf_byte(b, (char)c);
		}
	}
	buf_byte(b, '"');
}
