/* setting.c: settings from flags, environment and file.
 *
 * Story      An administrator writes `port = 80800` into quntu.conf and is told the file, the line, and what is
 *            allowed; she writes `--pulic-url` and is told `public_url`.
 * Not here   What the settings are: each room has its table.
 * Holds      Every value was checked when it was read, from whichever source, so the getters cannot fail. An empty
 *            environment variable counts as not set (that is how service files unset one).
 * Test       setting_test.c
 */
#include "base/setting.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/utf8.h"

#define FILE_MAX 65536
#define NAME_MAX_LEN 64
#define NEAR         3        /* more wrong letters than this are another name */

struct value {
	const struct setting *setting;
	struct str            text;
	int64_t               n;                  /* of SET_INT and SET_BOOL */
	enum setting_source   source;
};

struct settings { struct value *at; size_t count; };

struct reading {
	struct settings *s;
	enum lang        lang;
	struct arena    *arena;
	struct str      *ret_why;
};

static int refuse(struct reading *rd, struct str why)
{
	*rd->ret_why = why;
	return E_INVALID;
}

#define SAY(zh, en) SPOKEN(rd->lang, zh, en)

/* ---- Values ---- */

static struct value *find(const struct settings *s, struct str name)
{
	for (size_t i = 0; i < s->count; i++) {
		if (str_is(name, s->at[i].setting->name))
			return &s->at[i];
	}
	return NULL;
}

static bool read_bool(struct str text, int64_t *ret)
{
	*ret = str_among(text, "true yes on 1");
	return *ret || str_among(text, "false no off 0");
}

/* `where` says which flag, variable or line this is. */
static int set(struct reading *rd, struct value *v, struct str text, enum setting_source source, struct str where)
{
	const struct setting *s = v->setting;
	int64_t n = 0;
	if (s->kind == SET_BOOL && !read_bool(text, &n))
		return refuse(rd, str_format(rd->arena, SAY("%.*s：\"%.*s\" 要写成 true 或 false。", "%.*s: \"%.*s\" is neither true nor false."),
		                             STR(where), STR(text)));
	if (s->kind == SET_INT && (!str_to_int(text, &n) || n < s->min || n > s->max))
		return refuse(rd, str_format(rd->arena, SAY("%.*s：\"%.*s\" 不是 %lld 到 %lld 之间的整数。",
		                                            "%.*s: \"%.*s\" is not a whole number from %lld to %lld."),
		                             STR(where), STR(text), (long long)s->min, (long long)s->max));
	if (!utf8_valid(text))
		return refuse(rd, str_format(rd->arena, SAY("%.*s：值不是 UTF-8 编码。", "%.*s: the value is not UTF-8."), STR(where)));
	v->text = text;
	v->n = n;
	v->source = source;
	return 0;
}

/* ---- Unknown names: which one was meant? ---- */

static int refuse_name(struct reading *rd, struct str where, struct str name)
{
	const char *nearest = NULL;
	size_t least = NEAR + 1;
	for (size_t i = 0; i < rd->s->count; i++) {
		size_t d = str_distance(name, str_of(rd->s->at[i].setting->name));
		if (d < least) {
			least = d;
			nearest = rd->s->at[i].setting->name;
		}
	}
	if (!nearest)
		return refuse(rd, str_format(rd->arena, SAY("%.*s：没有 \"%.*s\" 这项设置；`quntu settings` 列出全部。",
		                                            "%.*s: there is no setting \"%.*s\"; `quntu settings` lists all."),
		                             STR(where), STR(name)));
	return refuse(rd, str_format(rd->arena, SAY("%.*s：没有 \"%.*s\" 这项设置，最接近的是 \"%s\"；`quntu settings` 列出全部。",
	                                            "%.*s: there is no setting \"%.*s\". The nearest is \"%s\"; `quntu settings` lists all."),
	                             STR(where), STR(name), nearest));
}

/* ---- Fallbacks ---- */

static int read_fallbacks(struct reading *rd, const struct setting *const *tables)
{
	size_t count = 0;
	for (size_t t = 0; tables[t]; t++) {
		for (const struct setting *s = tables[t]; s->name; s++)
			count++;
	}
	rd->s->at = arena_take_array(rd->arena, count, sizeof *rd->s->at);
	if (!rd->s->at)
		return E_MEMORY;
	for (size_t t = 0; tables[t]; t++) {
		for (const struct setting *s = tables[t]; s->name; s++) {
			struct value *v = &rd->s->at[rd->s->count++];
			v->setting = s;
			int r = set(rd, v, str_of(s->fallback), FROM_FALLBACK, str_of(s->name));
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* ---- The file ---- */

static int read_line(struct reading *rd, struct str line, struct str where)
{
	line = str_trim(line);
	if (line.len == 0 || *line.at == '#')
		return 0;
	struct str text = line, name;
	if (str_find(line, '=') < 0)
		return refuse(rd, str_format(rd->arena, SAY("%.*s：应写成 `名字 = 值`。", "%.*s: expected `name = value`."), STR(where)));
	name = str_trim(str_cut(&text, '='));
	struct value *v = find(rd->s, name);
	if (!v)
		return refuse_name(rd, where, name);
	if (v->source == FROM_FILE)
		return refuse(rd, str_format(rd->arena, SAY("%.*s：%.*s 设了两次。", "%.*s: %.*s is set twice."), STR(where), STR(name)));
	return set(rd, v, str_trim(text), FROM_FILE, where);
}

/* The whole file in the arena; -1 with errno when it cannot be read. */
static ssize_t slurp(const char *file, char *ret)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t len = 0, n;
	while (len < FILE_MAX && (n = read(fd, ret + len, (size_t)(FILE_MAX - len))) != 0) {
		if (n < 0) {
			len = -1;
			break;
		}
		len += n;
	}
	int why = errno;
	close(fd);
	errno = why;
	return len;
}

static int read_file(struct reading *rd, const char *file, bool must_exist)
{
	char *bytes = arena_take(rd->arena, FILE_MAX);
	if (!bytes)
		return E_MEMORY;
	ssize_t len = slurp(file, bytes);
	if (len < 0 && errno == ENOENT && !must_exist)
		return 0;
	if (len < 0)
		return refuse(rd, str_format(rd->arena, SAY("%s 读不了：%s。", "%s cannot be read: %s."), file, strerrordesc_np(errno)));
	if (len == FILE_MAX)
		return refuse(rd, str_format(rd->arena, SAY("%s 超过 %d 字节。", "%s is larger than %d bytes."), file, FILE_MAX - 1));
	struct str rest = { bytes, (size_t)len };
	if (str_starts(rest, S("\xef\xbb\xbf")))       /* some editors leave their mark */
		rest = (struct str){ rest.at + 3, rest.len - 3 };
	for (int line = 1; rest.len; line++) {
		int r = read_line(rd, str_cut(&rest, '\n'), str_format(rd->arena, SAY("%s 第 %d 行", "%s, line %d"), file, line));
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- The environment ---- */

static int read_environment(struct reading *rd)
{
	for (size_t i = 0; i < rd->s->count; i++) {
		struct value *v = &rd->s->at[i];
		char name[NAME_MAX_LEN + sizeof "QUNTU_"];
		snprintf(name, sizeof name, "QUNTU_%s", v->setting->name);
		for (char *c = name; *c; c++)
			*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
		const char *text = getenv(name);
		if (!text || !*text)
			continue;
		struct str where = str_copy(rd->arena, str_of(name));
		int r = set(rd, v, str_copy(rd->arena, str_of(text)), FROM_ENVIRONMENT, where);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- Flags ---- */

/* --public-url → public_url */
static struct str flag_name(struct reading *rd, struct str flag)
{
	char *name = str_z(rd->arena, flag);
	for (size_t i = 0; name && i < flag.len; i++) {
		if (name[i] == '-')
			name[i] = '_';
	}
	return str_of(name);
}

/* Reads the flag argv[*at] and its value; moves *at to the last word it used. */
static int read_flag(struct reading *rd, int argc, char **argv, int *at)
{
	struct str word = str_of(argv[*at]), text = { word.at + 2, word.len - 2 };
	bool joined = str_find(text, '=') >= 0;
	struct str name = flag_name(rd, str_cut(&text, '='));
	struct value *v = find(rd->s, name);
	int64_t n;
	if (!v)
		return refuse_name(rd, word, name);
	struct str next = *at + 1 < argc ? str_of(argv[*at + 1]) : S("");
	if (!joined && v->setting->kind == SET_BOOL && !read_bool(next, &n)) {
		text = S("true");                 /* --flag alone */
	} else if (!joined) {
		if (*at + 1 >= argc)
			return refuse(rd, str_format(rd->arena, SAY("%.*s：后面缺少值。", "%.*s: the value is missing."), STR(word)));
		text = next;
		++*at;
	}
	return set(rd, v, text, FROM_FLAG, str_format(rd->arena, "--%.*s", STR(name)));
}

/* What is no flag stays in argv, in order. */
static int read_flags(struct reading *rd, int *argc, char **argv)
{
	int kept = *argc > 0, at = kept;
	for (; at < *argc; at++) {
		struct str word = str_of(argv[at]);
		if (!str_starts(word, S("--"))) {
			argv[kept++] = argv[at];
			continue;
		}
		if (word.len == 2)                /* "--": no flags from here on */
			break;
		int r = read_flag(rd, *argc, argv, &at);
		if (r < 0)
			return r;
	}
	for (at++; at < *argc; at++)
		argv[kept++] = argv[at];
	if (kept < *argc)
		argv[kept] = NULL;
	*argc = kept;
	return 0;
}

/* ---- The doors ---- */

int settings_read(const struct setting *const *tables, const char *file, bool file_must_exist, int *argc, char **argv, enum lang lang,
                  struct arena *a, struct settings **ret, struct str *ret_why)
{
	struct reading rd = { ARENA_NEW(a, struct settings), lang, a, ret_why };
	struct str memory = str_of(SPOKEN(lang, "内存不够", "out of memory"));
	*ret_why = memory;
	if (!rd.s)
		return E_MEMORY;
	int r = read_fallbacks(&rd, tables);
	if (r == 0 && file)
		r = read_file(&rd, file, file_must_exist);
	if (r == 0)
		r = read_environment(&rd);
	if (r == 0)
		r = read_flags(&rd, argc, argv);
	if (arena_failed(a)) {
		*ret_why = memory;
		return E_MEMORY;
	}
	if (r < 0)
		return r;
	*ret = rd.s;
	*ret_why = S("");
	return 0;
}

static const struct value *must_find(const struct settings *s, const char *name)
{
	const struct value *v = find(s, str_of(name));
	if (!v) {
		log_error("no table declares the setting %s", name);
		abort();
	}
	return v;
}

struct str settings_text(const struct settings *s, const char *name)
{
	return must_find(s, name)->text;
}

int64_t settings_int(const struct settings *s, const char *name)
{
	return must_find(s, name)->n;
}

bool settings_bool(const struct settings *s, const char *name)
{
	return must_find(s, name)->n != 0;
}

void settings_each(const struct settings *s,
                   void (*each)(void *, const struct setting *, struct str, enum setting_source), void *ctx)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct value *v = &s->at[i];
		bool hidden = v->setting->kind == SET_SECRET && v->text.len;
		each(ctx, v->setting, hidden ? S("••••") : v->text, v->source);
	}
}
