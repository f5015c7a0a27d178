/* archive.c: many files as one zip, by libzip.
 *
 * Holds   What a name says never leaves the folder it is unpacked in.
 *         Pictures are stored as they are: they are compressed already, and deflating 500 of them again costs seconds.
 * Test    archive_test.c opens what this writes.
 */
#include "media/archive.h"
#include <zip.h>
#include "base/arena.h"
#include "base/utf8.h"
#include "media/picture.h"

#define NAME_MAX_CHARACTERS 80
#define EXTENSION_MAX       10              /* characters with the dot; longer ones are no extensions */

/* ---- Names -------------------------------------------------------------------------------------- */

/* Characters that are separators, reserved on Windows, invisible, or turn the reading direction. */
static bool is_unsafe(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code < 0x80 && strchr("/\\:*?\"<>|", (int)code)) ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static struct str replace_unsafe(struct arena *arena, struct str name)
{
	char *out = arena_take(arena, name.len + 1);        /* nothing gets longer: an unsafe character becomes one byte */
	size_t len = 0;

	while (out && name.len > 0) {
		struct str rest = name;
		if (is_unsafe(utf8_next(&rest))) {
			out[len++] = '_';
		} else {
			memcpy(out + len, name.at, name.len - rest.len);
			len += name.len - rest.len;
		}
		name = rest;
	}
	return out ? (struct str){ out, len } : (struct str){ 0 };
}

/* Dots and spaces at the ends hide files, climb folders, or vanish on Windows. */
static struct str trim_dots(struct str name)
{
	while (name.len > 0 && (name.at[0] == '.' || name.at[0] == ' '))
		name = (struct str){ name.at + 1, name.len - 1 };
	while (name.len > 0 && (name.at[name.len - 1] == '.' || name.at[name.len - 1] == ' '))
		name.len--;
	return name;
}

/* "海报.png" → "海报" and ".png". */
static void split_name(struct str name, struct str *ret_stem, struct str *ret_extension)
{
	size_t dot = name.len;

	for (size_t i = name.len; i > 1 && name.len - i < EXTENSION_MAX; i--)
		if (name.at[i - 1] == '.') {
			dot = i - 1;
			break;
		}
	*ret_stem = (struct str){ name.at, dot };
	*ret_extension = (struct str){ name.at + dot, name.len - dot };
}

struct str archive_name(struct arena *arena, struct str name)
{
	struct str stem, extension;
	struct str safe = trim_dots(replace_unsafe(arena, name));

	if (arena_failed(arena))
		return (struct str){ 0 };
	if (safe.len == 0)
		return S("file");
	split_name(safe, &stem, &extension);
	stem = utf8_cut(stem, NAME_MAX_CHARACTERS - utf8_count(extension));
	return str_format(arena, "%.*s%.*s", STR(stem), STR(extension));
}

static bool is_taken(const struct str *names, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal_fold(names[i], name))
			return true;
	return false;
}

/* The name, or the first "name (n)" that none of those before has. */
static struct str unique_name(struct arena *arena, const struct str *names, size_t count, struct str name)
{
	struct str stem, extension, tried = name;

	split_name(name, &stem, &extension);
	for (int n = 2; is_taken(names, count, tried) && !arena_failed(arena); n++)
		tried = str_format(arena, "%.*s (%d)%.*s", STR(stem), n, STR(extension));
	return tried;
}

static int name_all(struct arena *arena, const struct archive_file *files, size_t count, struct str **ret)
{
	struct str *names = arena_take_array(arena, count, sizeof *names);

	for (size_t i = 0; names && i < count; i++) {
		if (!utf8_valid(files[i].name))
			return E_UTF8;
		names[i] = unique_name(arena, names, i, archive_name(arena, files[i].name));
	}
	if (arena_failed(arena))
		return E_MEMORY;
	*ret = names;
	return 0;
}

/* ---- The zip -------------------------------------------------------------------------------------- */

static bool is_compressed(struct blob bytes)
{
	struct picture_info info;

	return picture_probe(bytes, &info) == 0;
}

static int add_file(zip_t *zip, const char *name, struct blob bytes)
{
	zip_source_t *source = zip_source_buffer(zip, bytes.at, bytes.len, 0);
	zip_int64_t index = source ? zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) : -1;

	if (index < 0) {
		zip_source_free(source);
		return E_MEMORY;
	}
	if (is_compressed(bytes) && zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0) < 0)
		return E_MEMORY;
	return 0;
}

static int add_all(zip_t *zip, const struct archive_file *files, size_t count)
{
	ARENA_SCOPED arena;
	struct str *names;

	arena_init(&arena, 16 << 20);
	int r = name_all(&arena, files, count, &names);
	for (size_t i = 0; r == 0 && i < count; i++) {
		const char *name = str_z(&arena, names[i]);
		r = name ? add_file(zip, name, files[i].bytes) : E_MEMORY;
	}
	return r;
}

static int copy_out(zip_source_t *source, struct buf *ret)
{
	char part[16 << 10];
	zip_int64_t len;

	if (zip_source_open(source) < 0)
		return E_MEMORY;
	while ((len = zip_source_read(source, part, sizeof part)) > 0)
		buf_add(ret, part, (size_t)len);
	zip_source_close(source);
	return len < 0 || buf_failed(ret) ? E_MEMORY : 0;
}

static int write_zip(zip_source_t *source, const struct archive_file *files, size_t count, struct buf *ret)
{
	zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, NULL);

	if (!zip)
		return E_MEMORY;
	zip_source_keep(source);                /* zip_close gives one hold up; this one is for copy_out */
	int r = add_all(zip, files, count);
	if (r == 0 && zip_close(zip) < 0)
		r = E_MEMORY;
	else if (r == 0)
		zip = NULL;
	if (zip)
		zip_discard(zip);
	return r < 0 ? r : copy_out(source, ret);
}

static int check_size(const struct archive_file *files, size_t count)
{
	size_t sum = 0;

	if (count == 0)
		return E_TOO_SMALL;
	if (count > ARCHIVE_FILES_MAX)
		return E_TOO_MANY;
	for (size_t i = 0; i < count; i++) {
		if (files[i].bytes.len > ARCHIVE_BYTES_MAX - sum)
			return E_TOO_LARGE;
		sum += files[i].bytes.len;
	}
	return 0;
}

int archive_zip(const struct archive_file *files, size_t count, struct buf *ret)
{
	size_t before = ret->len;
	int r = check_size(files, count);

	if (r < 0)
		return r;
	zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
	if (!source)
		return E_MEMORY;
	r = write_zip(source, files, count, ret);
	zip_source_free(source);
	if (r < 0)
		ret->len = before;
	return r;
}
