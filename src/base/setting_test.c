/* setting_test.c: who wins, and how a mistake is told. */
#include "test.h"
#include "base/err.h"
#include "base/setting.h"

#include <unistd.h>

static const struct setting table_a[] = {
	{ "public_url", SET_TEXT, "", "Address that people see" },
	{ "port", SET_INT, "8300", "Port", 1, 65535 },
	{ "secure_cookies", SET_BOOL, "true", "HTTPS only" },
	{ 0 },
};
static const struct setting table_b[] = { { "smtp_password", SET_SECRET, NULL, "Mail" }, { 0 } };
static const struct setting *const tables[] = { table_a, table_b, NULL };

static struct arena arena;
static struct settings *settings;
static struct str why;
static char *argv[16];
static int argc;
static enum lang lang = LANG_EN;

/* Reads with this file text (NULL: there is no file) and these words. */
static int read_with(const char *text, const char *words)
{
	static char line[256], file[64];
	snprintf(line, sizeof line, "quntu %s", words);
	argc = 0;
	for (char *at = line, *word; (word = strsep(&at, " ")); ) {
		if (*word)
			argv[argc++] = word;
	}
	argv[argc] = NULL;
	snprintf(file, sizeof file, "/tmp/quntu-setting-XXXXXX");
	int fd = mkstemp(file);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text ? text : "", strlen(text ? text : "")), strlen(text ? text : ""));
	close(fd);
	if (!text)
		unlink(file);
	arena_free(&arena);
	int r = settings_read(tables, file, false, &argc, argv, lang, &arena, &settings, &why);
	unlink(file);
	return r;
}

static void begin(void)
{
	arena_init(&arena, 1 << 20);
	unsetenv("QUNTU_PUBLIC_URL"), unsetenv("QUNTU_PORT"), unsetenv("QUNTU_SECURE_COOKIES"),
		unsetenv("QUNTU_SMTP_PASSWORD");
}

static void ends_in(struct str s, const char *part)
{
	if (!s.len || !strstr(str_z(&arena, s), part))
		fail_msg("\"%.*s\" does not say \"%s\"", STR(s), part);
}

TEST(setting_precedence, "a flag beats the environment, that beats the file, that beats the fallback")
{
	begin();
	assert_int_equal(read_with(NULL, ""), 0);
	assert_int_equal(settings_int(settings, "port"), 8300);
	assert_true(settings_bool(settings, "secure_cookies"));
	assert_str(settings_text(settings, "smtp_password"), "");
	assert_int_equal(read_with("# a comment\n\n port = 1 \r\nsecure_cookies=no\npublic_url = a = b # c", ""), 0);
	assert_int_equal(settings_int(settings, "port"), 1);
	assert_false(settings_bool(settings, "secure_cookies"));
	assert_str(settings_text(settings, "public_url"), "a = b # c");
	setenv("QUNTU_PORT", "2", 1);
	assert_int_equal(read_with("port = 1", ""), 0);
	assert_int_equal(settings_int(settings, "port"), 2);
	assert_int_equal(read_with("port = 1", "--port 3"), 0);
	assert_int_equal(settings_int(settings, "port"), 3);
	setenv("QUNTU_PORT", "", 1);
	assert_int_equal(read_with("port = 1", ""), 0);
	assert_int_equal(settings_int(settings, "port"), 1);
	arena_free(&arena);
}

TEST(setting_flags, "flags are taken out of the words, in any order and spelling; -- ends them")
{
	begin();
	assert_int_equal(read_with(NULL, "serve --public-url=https://a.b/?c=d here --port 9 --secure-cookies=off"
		" -x -- --port"), 0);
	assert_int_equal(argc, 5);
	assert_string_equal(argv[1], "serve");
	assert_string_equal(argv[2], "here");
	assert_string_equal(argv[3], "-x");
	assert_string_equal(argv[4], "--port");
	assert_null(argv[5]);
	assert_str(settings_text(settings, "public_url"), "https://a.b/?c=d");
	assert_false(settings_bool(settings, "secure_cookies"));
	assert_int_equal(read_with("secure_cookies = no", "--secure_cookies serve"), 0);
	assert_true(settings_bool(settings, "secure_cookies"));
	assert_int_equal(argc, 2);
	assert_int_equal(read_with(NULL, "--secure-cookies no serve"), 0);
	assert_false(settings_bool(settings, "secure_cookies"));
	assert_int_equal(argc, 2);
	arena_free(&arena);
}

TEST(setting_mistakes, "a mistake names its place, what is wrong, and the nearest name")
{
	begin();
	assert_int_equal(read_with("\n# x\npulic_url = x", ""), E_INVALID);
	ends_in(why, "line 3");
	ends_in(why, "\"public_url\"");
	assert_int_equal(read_with(NULL, "--prot 7"), E_INVALID);
	ends_in(why, "--prot");
	ends_in(why, "\"port\"");
	assert_int_equal(read_with(NULL, "--elephants 7"), E_INVALID);
	ends_in(why, "\"elephants\"; `quntu settings`");
	assert_int_equal(read_with("port = 80800", ""), E_INVALID);
	ends_in(why, "from 1 to 65535");
	assert_int_equal(read_with("port = 1\nport = 2", ""), E_INVALID);
	ends_in(why, "twice");
	assert_int_equal(read_with("port", ""), E_INVALID);
	assert_int_equal(read_with("= 1", ""), E_INVALID);
	assert_int_equal(read_with("public_url = \xff", ""), E_INVALID);
	assert_int_equal(read_with(NULL, "--port"), E_INVALID);
	ends_in(why, "missing");
	assert_int_equal(read_with(NULL, "--secure-cookies=perhaps"), E_INVALID);
	setenv("QUNTU_PORT", "x", 1);
	assert_int_equal(read_with(NULL, ""), E_INVALID);
	ends_in(why, "QUNTU_PORT");
	unsetenv("QUNTU_PORT");
	assert_int_equal(settings_read(tables, "/nowhere/quntu.conf", true, &argc, argv, lang, &arena, &settings, &why),
		E_INVALID);
	ends_in(why, "/nowhere/quntu.conf");
	assert_int_equal(settings_read(tables, "/tmp", false, &argc, argv, lang, &arena, &settings, &why), E_INVALID);
	arena_free(&arena);
}

TEST(setting_mistakes_zh, "in Chinese, too, a mistake names its place, what is wrong, and the nearest name")
{
	static const struct { const char *file, *words, *says; } table[] = {
		{ "\n# x\npulic_url = x", "", " 第 3 行：没有 \"pulic_url\" 这项设置，最接近的是 \"public_url\"；" },
		{ NULL, "--elephants 7", "--elephants：没有 \"elephants\" 这项设置；`quntu settings`" },
		{ "port = 80800", "", " 第 1 行：\"80800\" 不是 1 到 65535 之间的整数。" }, { "port = 1\nport = 2", "", "port 设了两次。" },
		{ "port", "", "应写成 `名字 = 值`。" }, { "public_url = \xff", "", "不是 UTF-8 编码。" },
		{ NULL, "--port", "--port：后面缺少值。" }, { NULL, "--secure-cookies=perhaps", "\"perhaps\" 要写成 true 或 false。" },
	};
	begin();
	lang = LANG_ZH;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		assert_int_equal(read_with(table[i].file, table[i].words), E_INVALID);
		ends_in(why, table[i].says);
	}
	assert_int_equal(settings_read(tables, "/nowhere/quntu.conf", true, &argc, argv, lang, &arena, &settings, &why), E_INVALID);
	ends_in(why, "/nowhere/quntu.conf 读不了：");
	lang = LANG_EN;
	arena_free(&arena);
}

static void tell(void *ctx, const struct setting *s, struct str value, enum setting_source source)
{
	char *out = ctx;
	size_t len = strlen(out);
	snprintf(out + len, 512 - len, "%s=%.*s/%d ", s->name, STR(value), source);
}

TEST(setting_listing, "all settings are listed with their sources, and secrets are not")
{
	char out[512] = "";
	begin();
	assert_int_equal(read_with("smtp_password = hush", "--port 9"), 0);
	settings_each(settings, tell, out);
	assert_string_equal(out, "public_url=/0 port=9/3 secure_cookies=true/0 smtp_password=••••/1 ");
	assert_str(settings_text(settings, "smtp_password"), "hush");
	arena_free(&arena);
}

TEST(setting_sweep, "whichever allocation fails, the answer is E_MEMORY with a reason")
{
	begin();
	for (long n = 0, struck = 1; struck; n++) {
		mem_fail_after(n);
		int r = read_with("port = 7\npublic_url = x", "--secure-cookies=no");
		struck = mem_failed();
		mem_fail_after(-1);
		assert_int_equal(r, struck ? E_MEMORY : 0);
		assert_true(r == 0 || why.len);
	}
	arena_free(&arena);
}
