/* form_test.c: what browsers send, and what nobody should. */
#include "test.h"
#include "base/form.h"

static struct arena arena;

static struct pairs form(struct str text)
{
	struct pairs pairs = { 0 };
	int r = form_read(text, &arena, &pairs);
	if (r < 0)
		fail_msg("%.*s is %s", STR(text), err_word(r));
	return pairs;
}

TEST(form_good, "pairs are decoded; what is empty is empty")
{
	arena_init(&arena, 1 << 20);
	struct pairs p = form(S("a=1&b=%E7%BE%A4+x&&c&=d&e==f%3d&"));
	assert_int_equal(p.count, 5);
	assert_str(p.at[0].name, "a");
	assert_str(p.at[0].text, "1");
	assert_str(p.at[1].text, "群 x");
	assert_str(p.at[2].name, "c");
	assert_str(p.at[2].text, "");
	assert_str(p.at[3].name, "");
	assert_str(p.at[3].text, "d");
	assert_str(p.at[4].text, "=f=");
	assert_null(p.at[4].bytes.at);
	assert_int_equal(form(S("")).count, 0);
	assert_int_equal(form((struct str){ 0 }).count, 0);
	assert_int_equal(form(S("&&&")).count, 0);
	arena_free(&arena);
}

TEST(form_bad, "bad escapes, bad text and too many fields are refused")
{
	static const struct { struct str text; int code; } bad[] = {
		{ S("a=%"), E_FORM }, { S("a=%4"), E_FORM }, { S("a=%zz"), E_FORM }, { S("%g1=a"), E_FORM },
			{ S("a=%4&b=1"), E_FORM },
		{ S("a=%00"), E_UTF8 }, { S("a=%C0%AF"), E_UTF8 }, { S("a=\xff"), E_UTF8 },
		{ S("%ED%A0%80=a"), E_UTF8 },
	};
	arena_init(&arena, 1 << 20);
	struct pairs p = { .count = 77 };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int r = form_read(bad[i].text, &arena, &p);
		if (r != bad[i].code || p.count != 77)
			fail_msg("%.*s is %s", STR(bad[i].text), err_word(r));
	}
	char many[2 * (FORM_PAIRS_MAX + 1)];
	for (size_t i = 0; i < sizeof many; i += 2)
		memcpy(many + i, "a&", 2);
	assert_int_equal(form_read((struct str){ many, 2 * FORM_PAIRS_MAX }, &arena, &p), 0);
	assert_int_equal(p.count, FORM_PAIRS_MAX);
	assert_int_equal(form_read((struct str){ many, sizeof many }, &arena, &p), E_FORM);
	arena_free(&arena);
}

/* ---- Multipart ---- */

#define TYPE S("multipart/form-data; boundary=xyz")
#define NAMED(name) "Content-Disposition: form-data; name=\"" name "\"\r\n"

static int parts_of(struct str type, struct str body, struct pairs *ret)
{
	*ret = (struct pairs){ .count = 77 };
	return multipart_read(type, (struct blob){ body.at, body.len }, &arena, ret);
}

static struct pairs parts(struct str type, struct str body)
{
	struct pairs p;
	int r = parts_of(type, body, &p);
	if (r < 0)
		fail_msg("%.*s\nis %s", STR(body), err_word(r));
	return p;
}

TEST(multipart_good, "texts and files, an empty part, a file with line breaks and dashes in it")
{
	arena_init(&arena, 1 << 20);
	struct str body = S("--xyz\r\n" NAMED("a") "\r\n群\r\n"
	                    "--xyz  \r\nContent-Type: image/png\r\n"
	                    "content-disposition:form-data;filename=\"C:\\pics\\群 1.png\";name=file\r\n\r\n"
	                    "\x89PNG\r\n--xy\r\n--xyzz\r\n\r\n"
	                    "--xyz\r\n" NAMED("empty") "\r\n\r\n"
	                    "--xyz\r\n" NAMED("nothing\\\"%22") "\r\n--xyz--");
	struct pairs p = parts(TYPE, body);
	assert_int_equal(p.count, 4);
	assert_str(p.at[0].name, "a");
	assert_str(p.at[0].text, "群");
	assert_null(p.at[0].bytes.at);
	assert_str(p.at[1].name, "file");
	assert_str(p.at[1].filename, "群 1.png");
	assert_str(((struct str){ p.at[1].bytes.at, p.at[1].bytes.len }), "\x89PNG\r\n--xy\r\n--xyzz\r\n");
	assert_true((const char *)p.at[1].bytes.at > body.at && (const char *)p.at[1].bytes.at < body.at + body.len);
	assert_str(p.at[2].text, "");
	assert_str(p.at[3].name, "nothing\"\"");
	assert_str(p.at[3].text, "");
	arena_free(&arena);
}

TEST(multipart_oddities, "preamble, epilogue, quoted boundary, no parts, no file chosen")
{
	arena_init(&arena, 1 << 20);
	struct pairs p = parts(S("Multipart/Form-Data ; charset=utf-8; Boundary=\"x y:z\""),
	                       S("hello\r\n--x y:z\r\n" NAMED("a") "\r\n1\r\n--x y:z--\r\nbye"));
	assert_int_equal(p.count, 1);
	assert_str(p.at[0].text, "1");
	assert_int_equal(parts(TYPE, S("--xyz--")).count, 0);
	p = parts(TYPE, S("--xyz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n\r\n--xyz--\r\n"));
	assert_non_null(p.at[0].bytes.at);
	assert_int_equal(p.at[0].bytes.len, 0);
	assert_int_equal(p.at[0].filename.len, 0);
	p = parts(TYPE, S("--xyz\r\nContent-Disposition: form-data; name=f; filename=\"../../etc/passwd"
		"\"\r\n\r\nx\r\n--xyz--"));
	assert_str(p.at[0].filename, "passwd");
	p = parts(TYPE, S("--xyz\r\nContent-Disposition: form-data; name=\"a;b=c\"\r\n"
	                  "Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n\r\nx\r\n--inner--"
		"\r\n--xyz--"));
	assert_str(p.at[0].name, "a;b=c");
	assert_str(p.at[0].text, "--inner\r\n\r\nx\r\n--inner--");
	arena_free(&arena);
}

TEST(multipart_bad_type, "without a usable boundary nothing is read")
{
	static const char *const types[] = {
		"", "multipart/form-data", "multipart/form-data;", "multipart/form-data; boundary=",
			"multipart/form-data; boundary=\"\"",
		"multipart/form-data; boundary=\"xyz", "multipart/form-data; boundary=xyz; boundary=xyz",
			"multipart/mixed; boundary=xyz",
		"multipart/form-data; boundary", "multipart/form-data boundary=xyz", "application/json",
		"multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	struct pairs p;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (parts_of(str_of(types[i]), S("--xyz\r\n" NAMED("a") "\r\n1\r\n--xyz--"), &p) != E_FORM ||
			p.count != 77)
			fail_msg("%s", types[i]);
	}
	arena_free(&arena);
}

TEST(multipart_bad_body, "a body that is cut off or malformed is refused whole")
{
	static const struct { struct str body; int code; } bad[] = {
		{ S(""), E_FORM }, { S("--xyz"), E_FORM }, { S("--xyz\r\n"), E_FORM }, { S("--xyz\n"), E_FORM },
			{ S("--xyzz--"), E_FORM },
		{ S("--xyz\r\n" NAMED("a") "\r\n1"), E_FORM },
		{ S("--xyz\r\n" NAMED("a") "\r\n1\r\n--xyz"), E_FORM },
		{ S("--xyz\r\n" NAMED("a") "\r\n1\r\n--xyz\r\n"), E_FORM },
		{ S("--xyz\r\n" NAMED("a") "\r\n1\n--xyz--"), E_FORM },
		{ S("--xyz\r\n" NAMED("a")), E_FORM },
		{ S("--xyz\r\n\r\n1\r\n--xyz--"), E_FORM },
		{ S("--xyz\r\nContent-Type: text/plain\r\n\r\n1\r\n--xyz--"), E_FORM },
		{ S("--xyz\r\n" NAMED("a") NAMED("b") "\r\n1\r\n--xyz--"), E_FORM },
		{ S("--xyz\r\n" NAMED("a") " folded\r\n\r\n1\r\n--xyz--"), E_FORM },
		{ S("--xyz\r\n" NAMED("a") "no colon\r\n\r\n1\r\n--xyz--"), E_FORM },
		{ S("--xyz\r\n" NAMED("a") "Content-Transfer-Encoding: base64\r\n\r\n1\r\n--xyz--"), E_FORM },
		{ S("--xyz\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--xyz--"), E_FORM },
		{ S("--xyz\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xyz--"), E_FORM },
		{ S("--xyz\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--xyz--"), E_FORM },
		{ S("--xyz\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n--xyz--"), E_FORM },
		{ S("--xyz\r\n" NAMED("a\x01") "\r\n1\r\n--xyz--"), E_FORM },
		{ S("--xyz\r\n" NAMED("\xff") "\r\n1\r\n--xyz--"), E_UTF8 },
		{ S("--xyz\r\n" NAMED("a") "\r\n\xff\r\n--xyz--"), E_UTF8 },
		{ S("--xyz\r\n" NAMED("a") "\r\n\0\r\n--xyz--"), E_UTF8 },
	};
	struct pairs p;
	arena_init(&arena, 4 << 20);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int r = parts_of(TYPE, bad[i].body, &p);
		if (r != bad[i].code || p.count != 77)
			fail_msg("case %zu is %s:\n%.*s", i, err_word(r), STR(bad[i].body));
	}
	assert_int_equal(parts_of(TYPE, (struct str){ 0 }, &p), E_FORM);
	arena_free(&arena);
}

TEST(multipart_bounds, "there are at most FORM_PAIRS_MAX parts, and headers have an end")
{
	struct pairs p;
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	arena_init(&arena, 4 << 20);
	for (int i = 0; i < FORM_PAIRS_MAX; i++)
		buf_z(&b, "--xyz\r\n" NAMED("a") "\r\n1\r\n");
	size_t whole = b.len;
	buf_z(&b, "--xyz--");
	assert_int_equal(parts(TYPE, buf_view(&b)).count, FORM_PAIRS_MAX);
	b.len = whole;
	buf_z(&b, "--xyz\r\n" NAMED("a") "\r\n1\r\n--xyz--");
	assert_int_equal(parts_of(TYPE, buf_view(&b), &p), E_FORM);
	buf_clear(&b);
	buf_z(&b, "--xyz\r\n" NAMED("a"));
	for (int i = 0; i < 50; i++)
		buf_z(&b, "X: y\r\n");
	buf_z(&b, "\r\n1\r\n--xyz--");
	assert_int_equal(parts_of(TYPE, buf_view(&b), &p), E_FORM);
	arena_free(&arena);
}

TEST(form_sweep, "whichever allocation fails, the answer is E_MEMORY and nothing is lost")
{
	for (size_t limit = 0; limit < 40000; limit += 100) {
		struct pairs p;
		arena_init(&arena, limit);
		int r = form_read(S("a=1&b=%E7%BE%A4+x&c=ddddddddddddddddddddddddddddd"), &arena, &p);
		assert_true(r == 0 || r == E_MEMORY);
		r = parts_of(TYPE, S("--xyz\r\n" NAMED("a") "\r\n1\r\n--xyz--"), &p);
		assert_true(r == 0 || r == E_MEMORY);
		arena_free(&arena);
	}
	for (long n = 0, struck = 1; struck; n++) {
		struct pairs p;
		arena_init(&arena, 1 << 20);
		mem_fail_after(n);
		int r = parts_of(TYPE, S("--xyz\r\n" NAMED("a") "\r\n1\r\n--xyz--"), &p);
		struck = mem_failed();
		mem_fail_after(-1);
		assert_int_equal(r, struck ? E_MEMORY : 0);
		arena_free(&arena);
	}
}
