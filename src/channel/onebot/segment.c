/* segment.c: see segment.h. */
#include "channel/onebot/segment.h"

#include <jansson.h>

#include "base/arena.h"

struct str segment_get(const struct segment *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_is(s->data[i].name, name))
			return s->data[i].text;
	return S("");
}

/* ---- Quoting ---------------------------------------------------------------------------------------- */

static const struct { const char *quoted; char byte; } quotes[] = {
	{ "&#91;", '[' }, { "&#93;", ']' }, { "&#44;", ',' }, { "&amp;", '&' },
};

static void quote(struct buf *b, struct str text, bool comma)
{
	for (size_t i = 0; i < text.len; i++) {
		const char *quoted = NULL;
		for (size_t k = 0; k < sizeof quotes / sizeof *quotes; k++)
			if (text.at[i] == quotes[k].byte && (comma || quotes[k].byte != ','))
				quoted = quotes[k].quoted;
		if (quoted)
			buf_z(b, quoted);
		else
			buf_byte(b, text.at[i]);
	}
}

void cq_text(struct buf *b, struct str text) { quote(b, text, false); }
void cq_value(struct buf *b, struct str text) { quote(b, text, true); }

/* In one pass, so that "&amp;#91;" stays the text "&#91;". */
static struct str unquote(struct arena *arena, struct str text)
{
	char *out = arena_take(arena, text.len + 1);
	size_t n = 0;
	for (size_t i = 0; out && i < text.len; n++) {
		out[n] = text.at[i];
		size_t step = 1;
		for (size_t k = 0; text.at[i] == '&' && k < sizeof quotes / sizeof *quotes; k++)
			if (str_starts((struct str){ text.at + i, text.len - i }, str_of(quotes[k].quoted)))
				out[n] = quotes[k].byte, step = 5;
		i += step;
	}
	return out ? (struct str){ out, n } : S("");
}

/* ---- The text form ------------------------------------------------------------------------------------- */

static struct segment *more(struct segments *all)
{
	return all->count < SEGMENTS_MOST ? &all->at[all->count++] : NULL;
}

/* Most messages are one segment: room for as many as there may be. */
static bool open_segments(struct segments *all, size_t most, struct arena *arena)
{
	*all = (struct segments){ arena_take_array(arena, most < SEGMENTS_MOST ? most : SEGMENTS_MOST, sizeof *all->at), 0 };
	return all->at != NULL || most == 0;
}

static void add(struct segment *s, struct str name, struct str text)
{
	if (s->count < SEGMENT_DATA)
		s->data[s->count++] = (struct parameter){ name, text };
}

static void add_text(struct segments *all, struct str text, struct arena *arena)
{
	struct segment *s = text.len ? more(all) : NULL;
	if (!s)
		return;
	s->type = S("text");
	add(s, S("text"), unquote(arena, text));
}

/* The code that begins at `from`: how long it is; 0: it is none. */
static size_t code_length(struct str text, size_t from)
{
	struct str rest = { text.at + from, text.len - from };
	if (!str_starts(rest, S("[CQ:")))
		return 0;
	ptrdiff_t end = str_find(rest, ']');
	return end < 5 ? 0 : (size_t)end + 1;
}

static void add_code(struct segments *all, struct str code, struct arena *arena)
{
	struct segment *s = more(all);
	struct str rest = { code.at + 4, code.len - 5 };
	if (!s)
		return;
	s->type = str_cut(&rest, ',');
	while (rest.len) {
		struct str value = str_cut(&rest, ','), name = str_cut(&value, '=');
		add(s, name, unquote(arena, value));
	}
}

int segments_of_text(struct str text, struct arena *arena, struct segments *ret)
{
	struct segments all;
	size_t plain = 0, most = 1;
	for (size_t i = 0; i < text.len; i++)     /* each code, and the text after it */
		most += text.at[i] == '[' ? 2 : 0;
	if (!open_segments(&all, most, arena))
		return E_MEMORY;
	for (size_t i = 0, len; i < text.len; i += len) {
		len = text.at[i] == '[' ? code_length(text, i) : 0;
		if (len == 0) {
			len = 1;
			continue;
		}
		add_text(&all, (struct str){ text.at + plain, i - plain }, arena);
		add_code(&all, (struct str){ text.at + i, len }, arena);
		plain = i + len;
	}
	add_text(&all, (struct str){ text.at + plain, text.len - plain }, arena);
	*ret = all;
	return arena_failed(arena) ? E_MEMORY : 0;
}

/* ---- The list form ----------------------------------------------------------------------------------------- */

static struct str scalar(const json_t *v, struct arena *arena)
{
	if (json_is_string(v))
		return str_copy(arena, (struct str){ json_string_value(v), json_string_length(v) });
	if (json_is_integer(v))
		return str_format(arena, "%lld", (long long)json_integer_value(v));
	return json_is_true(v) ? S("1") : S("");
}

static int add_object(struct segments *all, const json_t *o, struct arena *arena)
{
	const json_t *type = json_object_get(o, "type"), *value;
	const char *name;
	if (!json_is_string(type))
		return E_INVALID;
	struct segment *s = more(all);
	if (!s)
		return 0;
	s->type = scalar(type, arena);
	json_object_foreach((json_t *)(uintptr_t)json_object_get(o, "data"), name, value)
		add(s, str_copy(arena, str_of(name)), scalar(value, arena));
	return 0;
}

int segments_of_json(const struct json_t *v, struct arena *arena, struct segments *ret)
{
	struct segments all;
	int r = 0;
	if (json_is_string(v))
		return segments_of_text((struct str){ json_string_value(v), json_string_length(v) }, arena, ret);
	if (!json_is_object(v) && !json_is_array(v))
		return E_INVALID;
	if (!open_segments(&all, json_is_array(v) ? json_array_size(v) : 1, arena))
		return E_MEMORY;
	if (json_is_object(v))
		r = add_object(&all, v, arena);
	for (size_t i = 0; r == 0 && json_is_array(v) && i < json_array_size(v); i++)
		r = add_object(&all, json_array_get(v, i), arena);
	if (r < 0 || arena_failed(arena))
		return r < 0 ? r : E_MEMORY;
	*ret = all;
	return 0;
}

struct str segments_words(const struct segments *all, struct arena *arena)
{
	size_t len = 0, n = 0;
	for (size_t i = 0; i < all->count; i++)
		if (str_is(all->at[i].type, "text"))
			len += segment_get(&all->at[i], "text").len;
	char *out = arena_take(arena, len + 1);
	for (size_t i = 0; out && i < all->count; i++) {
		struct str text = str_is(all->at[i].type, "text") ? segment_get(&all->at[i], "text") : S("");
		if (text.len)
			memcpy(out + n, text.at, text.len);
		n += text.len;
	}
	return out ? str_trim((struct str){ out, n }) : S("");
}
