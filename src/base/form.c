/* form.c: query strings, forms and multipart bodies.
 *
 * Story      A browser sends a=1&b=%E7%BE%A4, or a picture between two boundaries; a careless or hostile client
 *            sends anything at all.
 * Not here   JSON (row_json.c), what the fields mean (row_pairs.c), nested multipart and transfer encodings (no
 *            browser makes them; RFC 7578 withdrew both).
 * Holds      Nothing is read outside the body. What is malformed is refused whole; there is no best guess.
 * Test       form_test.c, test/fuzz/form.c, test/fuzz/multipart.c
 */
#include "base/form.h"

#include "base/utf8.h"

#define BOUNDARY_MAX     70      /* RFC 2046 */
#define PART_HEADERS_MAX 16
#define HEADER_LINE_MAX  2048

/* ---- Forms ---- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int decode(struct str s, struct arena *a, struct str *ret)
{
	if (s.len == 0) {
		*ret = S("");
		return 0;
	}
	char *at = arena_take(a, s.len);
	size_t len = 0;
	if (!at)
		return E_MEMORY;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i] == '+' ? ' ' : s.at[i];
		if (c == '%') {
			int high = i + 2 < s.len ? hex(s.at[i + 1]) : -1, low = i + 2 < s.len ? hex(s.at[i + 2]) : -1;
			if (high < 0 || low < 0)
				return E_FORM;
			c = (char)(high << 4 | low);
			i += 2;
		}
		at[len++] = c;
	}
	*ret = (struct str){ at, len };
	return utf8_valid(*ret) ? 0 : E_UTF8;
}

static size_t count_pairs(struct str text)
{
	size_t count = 0;
	while (text.len)
		count += str_cut(&text, '&').len > 0;
	return count;
}

int form_read(struct str text, struct arena *a, struct pairs *ret)
{
	size_t count = count_pairs(text), n = 0;
	if (count > FORM_PAIRS_MAX)
		return E_FORM;
	struct pair *at = arena_take_array(a, count, sizeof *at);
	if (!at)
		return E_MEMORY;
	while (text.len) {
		struct str value = str_cut(&text, '&');
		if (value.len == 0)
			continue;
		struct str name = str_cut(&value, '=');
		int r = decode(name, a, &at[n].name);
		if (r == 0)
			r = decode(value, a, &at[n].text);
		if (r < 0)
			return r;
		n++;
	}
	*ret = (struct pairs){ at, n };
	return 0;
}

/* ---- Multipart: header lines ---- */

/* Cuts the next parameter from `; name=value; name="value"`. False at the end; *ret_ok false when malformed. */
static bool parameter_cut(struct str *rest, struct str *ret_name, struct str *ret_value, bool *ret_ok)
{
	*rest = str_trim(*rest);
	*ret_ok = true;
	if (rest->len == 0)
		return false;
	*ret_ok = false;
	if (*rest->at != ';')
		return false;
	struct str s = str_trim((struct str){ rest->at + 1, rest->len - 1 });
	ptrdiff_t equals = str_find(s, '=');
	if (equals <= 0)
		return false;
	*ret_name = str_trim((struct str){ s.at, (size_t)equals });
	s = (struct str){ s.at + equals + 1, s.len - (size_t)equals - 1 };
	size_t end;
	if (s.len && *s.at == '"') {
		for (end = 1; end < s.len && s.at[end] != '"'; end++)
			end += s.at[end] == '\\' && end + 1 < s.len && s.at[end + 1] == '"';
		if (end >= s.len)
			return false;
		*ret_value = (struct str){ s.at + 1, end - 1 };
		end++;
	} else {
		for (end = 0; end < s.len && s.at[end] != ';'; end++)
			;
		*ret_value = str_trim((struct str){ s.at, end });
	}
	*rest = (struct str){ s.at + end, s.len - end };
	*ret_ok = true;
	return true;
}

/* Browsers write a quote in a name as %22 (before, as \") and leave everything else but line breaks alone. */
static int unquote(struct str s, struct arena *a, struct str *ret)
{
	char *at = arena_take(a, s.len + 1);
	size_t len = 0;
	if (!at)
		return E_MEMORY;
	for (size_t i = 0; i < s.len; i++) {
		struct str rest = { s.at + i, s.len - i };
		char c = s.at[i];
		if (str_starts(rest, S("%22"))) {
			c = '"';
			i += 2;
		} else if (str_starts(rest, S("\\\""))) {
			c = '"';
			i++;
		}
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return E_FORM;
		at[len++] = c;
	}
	*ret = (struct str){ at, len };
	return utf8_valid(*ret) ? 0 : E_UTF8;
}

static struct str last_component(struct str path)
{
	for (size_t i = path.len; i > 0; i--) {
		if (path.at[i - 1] == '/' || path.at[i - 1] == '\\')
			return (struct str){ path.at + i, path.len - i };
	}
	return path;
}

/* form-data; name="picture"; filename="群.png" */
static int disposition_read(struct str value, struct arena *a, struct pair *part, bool *ret_named, bool *ret_file)
{
	struct str name, text, kind = value;
	bool ok, named = false, file = false;
	ptrdiff_t end = str_find(value, ';');
	if (end >= 0)
		kind.len = (size_t)end;
	struct str rest = { kind.at + kind.len, value.len - kind.len };
	if (!str_equal_fold(str_trim(kind), S("form-data")) || *ret_named)
		return E_FORM;
	while (parameter_cut(&rest, &name, &text, &ok)) {
		bool is_name = str_equal_fold(name, S("name")), is_file = str_equal_fold(name, S("filename"));
		if ((is_name && named) || (is_file && file))
			return E_FORM;
		int r = is_name || is_file ? unquote(text, a, is_name ? &part->name : &part->filename) : 0;
		if (r < 0)
			return r;
		named |= is_name;
		file |= is_file;
	}
	if (!ok || !named)
		return E_FORM;
	part->filename = last_component(part->filename);
	*ret_named = true;
	*ret_file = file;
	return 0;
}

static int header_read(struct str line, struct arena *a, struct pair *part, bool *named, bool *file)
{
	struct str value = line;
	if (str_find(line, ':') <= 0 || *line.at == ' ' || *line.at == '\t')
		return E_FORM;
	struct str name = str_cut(&value, ':');
	value = str_trim(value);
	if (str_equal_fold(name, S("Content-Disposition")))
		return disposition_read(value, a, part, named, file);
	if (str_equal_fold(name, S("Content-Transfer-Encoding"))) {
		bool bare = str_equal_fold(value, S("binary")) || str_equal_fold(value, S("8bit")) ||
		            str_equal_fold(value, S("7bit"));
		return bare ? 0 : E_FORM;
	}
	return 0;
}

/* ---- Multipart: boundaries ---- */

struct split { struct str rest, delimiter; };    /* delimiter: CRLF "--" boundary */

/* The line that ends with CRLF, cut from the rest. */
static bool line_cut(struct str *rest, struct str *ret)
{
	const char *end = rest->len ? memmem(rest->at, rest->len, "\r\n", 2) : NULL;
	if (!end || end - rest->at > HEADER_LINE_MAX)
		return false;
	*ret = (struct str){ rest->at, (size_t)(end - rest->at) };
	*rest = (struct str){ end + 2, rest->len - ret->len - 2 };
	return true;
}

enum after { AFTER_NOTHING, AFTER_PART, AFTER_LAST };

/* What follows the word of a delimiter makes it one: "--" (the last), or spaces and CRLF. Moves *rest behind it. */
static enum after delimiter_end(struct str *rest)
{
	struct str s = *rest;
	if (str_starts(s, S("--"))) {
		*rest = (struct str){ s.at + 2, s.len - 2 };
		return AFTER_LAST;
	}
	while (s.len && (*s.at == ' ' || *s.at == '\t'))
		s = (struct str){ s.at + 1, s.len - 1 };
	if (!str_starts(s, S("\r\n")))
		return AFTER_NOTHING;
	*rest = (struct str){ s.at + 2, s.len - 2 };
	return AFTER_PART;
}

/* Everything up to the next delimiter, cut from the rest. */
static enum after content_cut(struct split *sp, struct str *ret)
{
	struct str s = sp->rest;
	for (const char *found; s.len; s = (struct str){ found + 2, s.len - (size_t)(found + 2 - s.at) }) {
		found = memmem(s.at, s.len, sp->delimiter.at, sp->delimiter.len);
		if (!found)
			break;
		const char *behind = found + sp->delimiter.len;
		struct str rest = { behind, s.len - (size_t)(behind - s.at) };
		enum after after = delimiter_end(&rest);
		if (after != AFTER_NOTHING) {
			*ret = (struct str){ sp->rest.at, (size_t)(found - sp->rest.at) };
			sp->rest = rest;
			return after;
		}
	}
	return AFTER_NOTHING;
}

static int boundary_read(struct str type, struct arena *a, struct str *ret_delimiter)
{
	struct str name, text, rest = type, boundary = { 0 };
	bool ok;
	struct str media = str_cut(&rest, ';');
	if (!str_equal_fold(str_trim(media), S("multipart/form-data")))
		return E_FORM;
	rest = (struct str){ media.at + media.len, type.len - media.len };
	while (parameter_cut(&rest, &name, &text, &ok)) {
		if (!str_equal_fold(name, S("boundary")))
			continue;
		if (boundary.len)
			return E_FORM;
		boundary = text;
	}
	if (!ok || boundary.len == 0 || boundary.len > BOUNDARY_MAX)
		return E_FORM;
	*ret_delimiter = str_format(a, "\r\n--%.*s", STR(boundary));
	return ret_delimiter->len ? 0 : E_MEMORY;
}

/* ---- Multipart: parts ---- */

static int part_read(struct split *sp, struct arena *a, struct pair *ret, enum after *ret_after)
{
	struct str line, content;
	struct pair part = { 0 };
	bool named = false, file = false;
	for (size_t lines = 0; ; lines++) {
		if (lines > PART_HEADERS_MAX || !line_cut(&sp->rest, &line))
			return E_FORM;
		if (line.len == 0)
			break;
		int r = header_read(line, a, &part, &named, &file);
		if (r < 0)
			return r;
	}
	/* The CRLF of the empty line is also that of a delimiter which follows at once: an empty part. */
	sp->rest = (struct str){ sp->rest.at - 2, sp->rest.len + 2 };
	const char *begin = sp->rest.at + 2;
	*ret_after = content_cut(sp, &content);
	if (*ret_after == AFTER_NOTHING || !named)
		return E_FORM;
	content = content.len < 2 ? (struct str){ begin, 0 } : (struct str){ begin, content.len - 2 };
	if (file)
		part.bytes = (struct blob){ content.at, content.len };
	else if (utf8_valid(content))
		part.text = str_copy(a, content);
	else
		return E_UTF8;
	*ret = part;
	return arena_failed(a) ? E_MEMORY : 0;
}

/* The first delimiter stands at the very start, or after a preamble that nobody reads. */
static enum after begin_parts(struct split *sp)
{
	struct str first = { sp->delimiter.at + 2, sp->delimiter.len - 2 }, preamble;
	if (!str_starts(sp->rest, first))
		return content_cut(sp, &preamble);
	sp->rest = (struct str){ sp->rest.at + first.len, sp->rest.len - first.len };
	return delimiter_end(&sp->rest);
}

int multipart_read(struct str type, struct blob body, struct arena *a, struct pairs *ret)
{
	struct split sp = { .rest = { body.at, body.len } };
	int r = boundary_read(type, a, &sp.delimiter);
	if (r < 0)
		return r;
	struct pair *at = arena_take_array(a, FORM_PAIRS_MAX, sizeof *at);
	if (!at)
		return E_MEMORY;
	size_t count = 0;
	enum after after = begin_parts(&sp);
	if (after == AFTER_NOTHING)
		return E_FORM;
	while (after == AFTER_PART) {
		if (count == FORM_PAIRS_MAX)
			return E_FORM;
		r = part_read(&sp, a, &at[count++], &after);
		if (r < 0)
			return r;
	}
	*ret = (struct pairs){ at, count };
	return 0;
}
