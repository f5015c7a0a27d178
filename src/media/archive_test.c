/* archive_test.c: zips open again, and their names stay in their folder. */
#include "media/archive.h"
#include <zip.h>
#include "media/sample_test.h"
#include "test.h"

static struct arena arena_for_names(void)
{
	struct arena arena;
	arena_init(&arena, 64 << 20);
	return arena;
}

TEST(archive_names, "names are safe on every system")
{
	static const struct { const char *name, *safe; } cases[] = {
		{ "海报.png", "海报.png" },
		{ "../../etc/passwd", "_.._etc_passwd" },
		{ "..\\..\\boot.ini", "_.._boot.ini" },
		{ ".bashrc", "bashrc" },
		{ "a:b*c?\"d\".png", "a_b_c__d_.png" },
		{ "tab\tand\nline", "tab_and_line" },
		{ "gpj.\xe2\x80\xae" "exe", "gpj._exe" },
		{ "ends in dots. . ", "ends in dots" },
		{ "", "file" },
		{ "...", "file" },
		{ "群 3 号桌 😀.jpeg", "群 3 号桌 😀.jpeg" },
	};
	ARENA_SCOPED arena = arena_for_names();

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_str(archive_name(&arena, str_of(cases[i].name)), cases[i].safe);
}

TEST(archive_long_name, "a long name is cut to 80 characters and keeps its extension")
{
	ARENA_SCOPED arena = arena_for_names();
	char name[400] = "", want[400] = "";
	for (int i = 0; i < 100; i++)
		memcpy(name + strlen(name), "群", 4);
	memcpy(want, name, 76 * 3);
	memcpy(want + 76 * 3, ".png", 5);
	memcpy(name + 300, ".png", 5);
	assert_str(archive_name(&arena, str_of(name)), want);
}

static zip_t *open_again(const struct buf *b)
{
	zip_source_t *source = zip_source_buffer_create(b->at, b->len, 0, NULL);
	zip_t *zip = zip_open_from_source(source, ZIP_CHECKCONS, NULL);
	assert_non_null(zip);
	return zip;
}

static void expect_file(zip_t *zip, zip_uint64_t index, const char *name, struct str bytes)
{
	char got[200] = "";
	zip_stat_t stat;
	assert_int_equal(zip_stat_index(zip, index, 0, &stat), 0);
	assert_string_equal(stat.name, name);
	zip_file_t *file = zip_fopen_index(zip, index, 0);
	zip_int64_t len = zip_fread(file, got, sizeof got - 1);
	assert_str(((struct str){ got, (size_t)len }), str_equal(bytes, S("")) ? "" : bytes.at);
	zip_fclose(file);
}

TEST(archive_opens_again, "what goes in comes out, in order, duplicates numbered")
{
	static const char *const names[][2] = {
		{ "海报.png", "海报.png" }, { "海报.png", "海报 (2).png" }, { "a/海报.png", "a_海报.png" }, { "海报.PNG", "海报 (3).PNG" },
		{ "empty", "empty" }, { "海报 (2).png", "海报 (2) (2).png" },
	};
	struct archive_file files[6];
	BUF_SCOPED out;

	for (int i = 0; i < 6; i++)
		files[i] = (struct archive_file){ str_of(names[i][0]), { names[i][1], i == 4 ? 0 : strlen(names[i][1]) } };
	buf_init(&out, 1 << 20);
	assert_int_equal(archive_zip(files, 6, &out), 0);
	zip_t *zip = open_again(&out);
	assert_int_equal(zip_get_num_entries(zip, 0), 6);
	for (int i = 0; i < 6; i++)
		expect_file(zip, (zip_uint64_t)i, names[i][1], i == 4 ? S("") : str_of(names[i][1]));
	zip_discard(zip);
}

TEST(archive_1000, "1,000 pictures of one name fit, 1,001 do not")
{
	static struct archive_file files[ARCHIVE_FILES_MAX + 1];
	ARENA_SCOPED arena = arena_for_names();
	struct qr_style style = QR_STYLE_PLAIN;
	struct blob code = sample_code(&arena, "one of many", &style);
	BUF_SCOPED out;
	zip_stat_t stat;

	for (int i = 0; i < ARCHIVE_FILES_MAX + 1; i++)
		files[i] = (struct archive_file){ S("码.png"), code };
	buf_init(&out, 8 << 20);
	assert_int_equal(archive_zip(files, ARCHIVE_FILES_MAX, &out), 0);
	zip_t *zip = open_again(&out);
	assert_int_equal(zip_get_num_entries(zip, 0), ARCHIVE_FILES_MAX);
	assert_int_equal(zip_stat(zip, "码 (1000).png", 0, &stat), 0);
	assert_int_equal(stat.comp_method, ZIP_CM_STORE);
	assert_int_equal(stat.size, code.len);
	zip_discard(zip);
	assert_int_equal(archive_zip(files, ARCHIVE_FILES_MAX + 1, &out), E_TOO_MANY);
}

TEST(archive_limits, "no files, bad names and too many bytes are refused, the buffer as it was")
{
	struct archive_file bad = { S("\xff.png"), { "x", 1 } }, huge[2] = {
		{ S("a"), { "x", ARCHIVE_BYTES_MAX } }, { S("b"), { "x", 1 } },
	};
	BUF_SCOPED out;

	buf_init(&out, 1 << 20);
	buf_z(&out, "before");
	assert_int_equal(archive_zip(&bad, 0, &out), E_TOO_SMALL);
	assert_int_equal(archive_zip(&bad, 1, &out), E_UTF8);
	assert_int_equal(archive_zip(huge, 2, &out), E_TOO_LARGE);
	assert_str(buf_view(&out), "before");
}

TEST(archive_sweep, "whichever allocation fails, nothing half-written is left")
{
	struct archive_file files[] = { { S("a.txt"), { "aaaa", 4 } }, { S("a.txt"), { "bbbb", 4 } } };
	bool struck = true;

	for (long n = 0; struck; n++) {
		BUF_SCOPED out;
		buf_init(&out, 1 << 20);
		mem_fail_after(n);
		int r = archive_zip(files, 2, &out);
		struck = mem_failed();
		mem_fail_after(-1);
		assert_int_equal(r, struck ? E_MEMORY : 0);
		assert_int_equal(out.len > 0, !struck);
	}
}
