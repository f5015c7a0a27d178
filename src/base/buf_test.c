/* buf_test.c: appending, escaping, and stopping at the maximum. */
#include "test.h"
#include "base/buf.h"

TEST(buf_everything, "pieces follow one another")
{
	BUF_SCOPED b;
	buf_init(&b, 1000);
	buf_str(&b, S("群"));
	buf_str(&b, (struct str){ 0 });
	buf_byte(&b, ' ');
	buf_int(&b, INT64_MIN);
	buf_z(&b, " ");
	buf_int(&b, INT64_MAX);
	buf_format(&b, " %d/%s", 0, "x");
	assert_str(buf_view(&b), "群 -9223372036854775808 9223372036854775807 0/x");
}

TEST(buf_numbers, "numbers of every length are written as printf writes them")
{
	for (int64_t n = 1; n > 0 && n < INT64_MAX / 11; n = n * 7 + 3) {
		BUF_SCOPED b;
		char want[64];
		buf_init(&b, 100);
		buf_int(&b, n), buf_byte(&b, ' '), buf_int(&b, -n);
		snprintf(want, sizeof want, "%lld %lld", (long long)n, (long long)-n);
		assert_str(buf_view(&b), want);
	}
}

TEST(buf_maximum, "exactly the maximum fits, one more fails and everything after it")
{
	BUF_SCOPED b;
	buf_init(&b, 300);
	for (int i = 0; i < 300; i++)
		buf_byte(&b, 'x');
	assert_false(buf_failed(&b));
	buf_byte(&b, 'y');
	assert_true(buf_failed(&b));
	assert_int_equal(b.len, 300);
	assert_null(buf_space(&b, 0));
	buf_clear(&b);
	assert_false(buf_failed(&b));
	buf_format(&b, "%300d", 7);
	assert_false(buf_failed(&b));
	assert_int_equal(b.len, 300);
	buf_clear(&b);
	buf_format(&b, "%301d", 7);
	assert_true(buf_failed(&b));
	BUF_SCOPED none;
	buf_init(&none, 0);
	buf_byte(&none, 'x');
	assert_true(buf_failed(&none));
}

TEST(buf_format_grows, "a formatted text longer than the room is whole")
{
	BUF_SCOPED b;
	buf_init(&b, 100000);
	buf_z(&b, "a");
	buf_format(&b, "%5000d|%s", 7, "end");
	assert_int_equal(b.len, 5005);
	assert_memory_equal(b.at + b.len - 5, "7|end", 5);
}

static void json_is(struct str s, const char *want)
{
	BUF_SCOPED b;
	buf_init(&b, 10000);
	buf_json(&b, s);
	assert_str(buf_view(&b), want);
}

TEST(buf_json_escapes, "JSON text is quoted; nothing in it can end a script element")
{
	json_is(S(""), "\"\"");
	json_is((struct str){ 0 }, "\"\"");
	json_is(S("活码"), "\"活码\"");
	json_is(S("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
	json_is(S("</script>"), "\"\\u003c/script>\"");
	json_is(S("\n\r\t\b\x01\x1f"), "\"\\n\\r\\t\\u0008\\u0001\\u001f\"");
	json_is(S("\x7f\xf0\x9f\x98\x80"), "\"\x7f\xf0\x9f\x98\x80\"");
	json_is((struct str){ "a\0b", 3 }, "\"a\\u0000b\"");
}

TEST(buf_json_every_place, "a byte that must be escaped is found at every place of a long text")
{
	static const char bad[] = "\"\\<\x01\x1f\n";
	for (size_t len = 1; len < 40; len++) {
		for (size_t at = 0; at < len; at++) {
			char text[40];
			BUF_SCOPED b;
			buf_init(&b, 1000);
			memset(text, at % 2 ? 'x' : '\xe7', sizeof text);
			text[at] = bad[(len + at) % 6];
			buf_json(&b, (struct str){ text, len });
			size_t want = text[at] == '<' || text[at] == 1 || text[at] == 0x1f ? 6 : 2;
			assert_int_equal(b.len, len - 1 + want + 2);
			assert_int_equal(b.at[1 + at], '\\');
		}
	}
}

TEST(buf_html_url, "HTML and URLs are escaped")
{
	BUF_SCOPED b;
	buf_init(&b, 1000);
	buf_html(&b, S("<a href='x'>\"&\"</a>群"));
	assert_str(buf_view(&b), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt;群");
	buf_clear(&b);
	buf_url(&b, S("a b/群?~-._"));
	assert_str(buf_view(&b), "a%20b%2F%E7%BE%A4%3F~-._");
}

TEST(buf_sweep, "whichever allocation fails, the buffer says so and keeps what it had")
{
	for (long n = 0, struck = 1; struck; n++) {
		BUF_SCOPED b;
		buf_init(&b, 1 << 20);
		mem_fail_after(n);
		for (int i = 0; i < 500; i++) {
			buf_json(&b, S("some text"));
			buf_format(&b, "%d %50d", i, i);
		}
		struck = mem_failed();
		assert_int_equal(buf_failed(&b), struck);
		mem_fail_after(-1);
	}
}
