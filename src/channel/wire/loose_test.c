/* loose_test.c: a platform's JSON is read for what is known of it. */
#include "test.h"

#include "base/err.h"
#include "channel/wire/loose.h"

TEST(loose_reads, "what is known is found by its path, whatever else stands there")
{
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	LOOSE_SCOPED l;
	assert_int_equal(loose_read(S("{\"errcode\":0,\"n\":\"7\",\"yes\":true,\"list\":[{\"id\":\"a\"},{\"id\":\"你\",\"new\":{}}],\"x\":null}"), &l), 0);
	assert_int_equal(loose_int(&l, "errcode", -9), 0);
	assert_int_equal(loose_int(&l, "n", -9), 7);
	assert_int_equal(loose_int(&l, "nothing", -9), -9);
	assert_int_equal(loose_int(&l, "list.0.id", -9), -9);
	assert_str(loose_text(&l, "list.1.id", &a), "你");
	assert_str(loose_text(&l, "errcode", &a), "0");
	assert_str(loose_text(&l, "list.2.id", &a), "");
	assert_str(loose_text(&l, "list.x.id", &a), "");
	assert_str(loose_text(&l, "yes", &a), "1");
	assert_str(loose_json(&l, "list.1", &a), "{\"id\":\"你\",\"new\":{}}");
	assert_int_equal(loose_count(&l, "list"), 2);
	assert_int_equal(loose_count(&l, "errcode"), 0);
	struct str name, text;
	assert_true(loose_pair(&l, "list.1", 0, &a, &name, &text));
	assert_str(name, "id");
	assert_str(text, "你");
	assert_false(loose_pair(&l, "list.1", 2, &a, &name, &text));
	assert_false(loose_pair(&l, "list", 0, &a, &name, &text));
	assert_true(loose_has(&l, "x"));
	assert_false(loose_has(&l, "y"));
}

TEST(loose_broken, "what is no JSON is said to be none, and answers nothing")
{
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	static const char *const bad[] = { "", "{", "<html>", "{\"a\":\"\xff\"}", "[1,]" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		LOOSE_SCOPED l;
		assert_int_equal(loose_read(str_of(bad[i]), &l), E_JSON);
		assert_str(loose_text(&l, "a", &a), "");
		assert_int_equal(loose_count(&l, "a"), 0);
	}
}

TEST(loose_writes, "text is written raw: no \\u, no control characters, and it reads as it was")
{
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	BUF_SCOPED b;
	buf_init(&b, 1 << 16);
	loose_write(&b, S("<a href=\"x\">你好 😀\\\n\t\x01\x1f\x7f</a>"));
	assert_str(buf_view(&b), "\"<a href=\\\"x\\\">你好 😀\\\\\\n\\t</a>\"");
}
