/* xlsx_test.c: what we write is a table that spreadsheets open, and nothing in it is a formula. */
#include "media/xlsx.h"

#include <zip.h>

#include "test.h"

static struct arena arena;

/* A part of the file, as text. */
static struct str part_of(FILE *file, const char *name)
{
	static char bytes[1 << 20], text[1 << 20];
	zip_error_t why;
	size_t len = fread(bytes, 1, sizeof bytes, file);
	zip_source_t *source = zip_source_buffer_create(bytes, len, 0, &why);
	zip_t *zip = zip_open_from_source(source, ZIP_RDONLY, &why);
	assert_non_null(zip);
	zip_file_t *part = zip_fopen(zip, name, 0);
	assert_non_null(part);
	zip_int64_t n = zip_fread(part, text, sizeof text - 1);
	zip_fclose(part);
	zip_close(zip);
	assert_true(n > 0);
	return (struct str){ text, (size_t)n };
}

static bool holds(struct str text, const char *word)
{
	return memmem(text.at, text.len, word, strlen(word)) != NULL;
}

TEST(xlsx_written, "texts come out as texts, whatever they begin with; a long one is cut between letters")
{
	struct xlsx *x;
	FILE *file;
	arena_init(&arena, 4 << 20);
	struct str headings[] = { S("昵称"), S("手机号") };
	char *long_text = arena_take(&arena, 40000);
	for (size_t i = 0; i < 39999; i += 3)
		memcpy(long_text + i, "群", 3);
	assert_int_equal(xlsx_open(headings, 2, &x), 0);
	assert_int_equal(xlsx_row(x, (struct str[]){ S("=1+1<&>\""), S("013800138000") }, 2), 0);
	assert_int_equal(xlsx_row(x, (struct str[]){ { 0 }, { long_text, 39999 } }, 2), 0);
	assert_int_equal(xlsx_close(x, &file), 0);
	struct str sheet = part_of(file, "xl/worksheets/sheet1.xml");
	fclose(file);
	assert_true(holds(sheet, "昵称"));
	assert_true(holds(sheet, "=1+1&lt;&amp;&gt;"));
	assert_true(holds(sheet, "013800138000"));
	assert_false(holds(sheet, "<f>"));
	assert_true(holds(sheet, "群群</t>"));
	arena_free(&arena);
}

TEST(xlsx_dropped, "one that is not wanted any more leaves no file")
{
	struct xlsx *x;
	assert_int_equal(xlsx_open((struct str[]){ S("a") }, 1, &x), 0);
	xlsx_drop(x);
}
