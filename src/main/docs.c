/* docs.c: `quntu docs DIR` and `quntu openapi`: documents made from the declarations, so that they cannot rot. */
#include "main/commands.h"

#include <errno.h>
#include <stdio.h>
#include "store/schemas.h"

#define DOC_MOST (8 * 1024 * 1024)
#define MADE     "<!-- Made by `quntu docs`; do not edit. -->\n\n"

/* ---- schema.md --------------------------------------------------------------------------------- */

/* "  name  TEXT NOT NULL,   -- as typed" → "| name | TEXT | as typed |" */
static void write_column(struct buf *out, struct str line)
{
	struct str note = S(""), rest = line;
	for (size_t i = 0; i + 1 < line.len; i++)
		if (line.at[i] == '-' && line.at[i + 1] == '-') {
			rest.len = i;
			note = str_trim((struct str){ line.at + i + 2, line.len - i - 2 });
			break;
		}
	rest = str_trim(rest);
	if (rest.len && rest.at[rest.len - 1] == ',')
		rest.len--;
	if (str_starts(rest, S("PRIMARY KEY")) || str_starts(rest, S("UNIQUE"))) {
		buf_format(out, "| *%.*s* | | |\n", STR(rest));
		return;
	}
	struct str name = str_cut(&rest, ' ');
	rest = str_trim(rest);
	struct str kind = str_cut(&rest, ' ');
	buf_format(out, "| `%.*s` | %.*s | %.*s |\n", STR(name), STR(kind), STR(note));
}

static void write_schema_line(struct buf *out, struct str line, bool *in_table)
{
	struct str words = str_trim(line);
	if (str_starts(words, S("-- ")) && !*in_table) {
		buf_format(out, "\n## %.*s\n", STR(((struct str){ words.at + 3, words.len - 3 })));
	} else if (str_starts(words, S("CREATE TABLE "))) {
		struct str rest = { words.at + 13, words.len - 13 }, name = str_cut(&rest, ' ');
		buf_format(out, "\n### %.*s\n\n| column | type | meaning |\n|---|---|---|\n", STR(name));
		*in_table = true;
	} else if (*in_table && str_starts(words, S(")"))) {
		*in_table = false;
	} else if (*in_table && words.len) {
		write_column(out, words);
	} else if (words.len) {
		buf_format(out, "\n`%.*s`\n", STR(words));
	}
}

static void write_schema(struct buf *out)
{
	buf_z(out, "# Tables\n\n" MADE
	      "Every column is NOT NULL; absence is 0 or empty text. Steps are numbered and run in order.\n");
	for (const struct embedded_schema *schema = embedded_schemas; schema->path; schema++) {
		struct str rest = str_of(schema->sql);
		bool in_table = false;
		buf_format(out, "\n---\n`%s`\n", schema->path);
		while (rest.len)
			write_schema_line(out, str_cut(&rest, '\n'), &in_table);
	}
}

/* ---- settings.md, errors.md ---------------------------------------------------------------------- */

static void write_settings(struct buf *out)
{
	const char *const kinds[] = {
		[SET_TEXT] = "text", [SET_INT] = "number", [SET_BOOL] = "yes/no", [SET_SECRET] = "secret",
	};
	buf_z(out, "# Settings\n\n" MADE
	      "From the first of: flag `--name value`, environment `QUNTU_NAME`, `DIR/quntu.conf` (`name = value`),\n"
	      "default.\n\n"
	      "| name | kind | default | what it does |\n|---|---|---|---|\n");
	for (const struct setting *const *table = settings_tables(); *table; table++)
		for (const struct setting *s = *table; s->name; s++) {
			buf_format(out, "| `%s` | %s", s->name, kinds[s->kind]);
			if (s->kind == SET_INT)
				buf_format(out, " %lld–%lld", (long long)s->min, (long long)s->max);
			const char *quote = *s->fallback ? "`" : "";
			buf_format(out, " | %s%s%s | %s |\n", quote, s->fallback, quote, s->help);
		}
}

static void write_errors(struct buf *out)
{
	buf_z(out, "# Errors\n\n" MADE
	      "An error is answered as `{\"error\": \"word\", …}` with its HTTP status; the word never changes.\n\n"
	      "| word | status | English | 中文 |\n|---|---|---|---|\n");
	for (int code = -1; code > -ERR_COUNT; code--)
		buf_format(out, "| `%s` | %d | %s | %s |\n", err_word(code), err_status(code), err_text(code, LANG_EN),
		           err_text(code, LANG_ZH));
}

/* ---- Writing them ------------------------------------------------------------------------------------ */

static void write_routes(struct buf *out) { routes_write(out, features); }

static int write_file(const char *folder, const char *name, void (*write)(struct buf *))
{
	BUF_SCOPED text;
	buf_init(&text, DOC_MOST);
	write(&text);
	if (buf_failed(&text))
		return cli_fail("%s: %s", name, err_text(E_MEMORY, LANG_EN));
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	if (!file)
		return cli_fail("%s: %s", path, strerror(errno));
	bool good = fwrite(text.at, 1, text.len, file) == text.len;
	good = fclose(file) == 0 && good;
	return good ? EXIT_DONE : cli_fail("%s: %s", path, strerror(errno));
}

static int docs(struct call *call)
{
	const struct { const char *name; void (*write)(struct buf *); } files[] = {
		{ "routes.md", write_routes }, { "schema.md", write_schema },
		{ "settings.md", write_settings }, { "errors.md", write_errors },
	};
	call->data = call->argv[0];
	int code = cli_make_folder(call);
	for (size_t i = 0; i < sizeof files / sizeof *files && code == EXIT_DONE; i++)
		code = write_file(call->argv[0], files[i].name, files[i].write);
	return code;
}

const struct command command_docs = {
	"docs", docs, NULL, 1, 1,
	{ "由程序的声明生成文档", "write the documents made from the declarations" },
	{ "用法：quntu docs 目录\n\n写出 routes.md、schema.md、settings.md、errors.md。\n例：quntu docs docs\n",
	  "Usage: quntu docs DIR\n\nWrites routes.md, schema.md, settings.md and errors.md.\nExample: quntu docs docs\n" },
	.plumbing = true,
};

static int openapi(struct call *call)
{
	BUF_SCOPED text;
	buf_init(&text, DOC_MOST);
	openapi_write(&text, features);
	if (buf_failed(&text))
		return cli_fail("%s", err_text(E_MEMORY, call->lang));
	fwrite(text.at, 1, text.len, stdout);
	putchar('\n');
	return EXIT_DONE;
}

const struct command command_openapi = {
	"openapi", openapi, NULL, 0, 0,
	{ "打印 OpenAPI 文档", "print the OpenAPI document" },
	{ "用法：quntu openapi\n\n与 /api/openapi.json 相同。\n例：quntu openapi > api.json\n",
	  "Usage: quntu openapi\n\nThe same as /api/openapi.json.\nExample: quntu openapi > api.json\n" },
	.plumbing = true,
};
