/* utf8_test.c: what is UTF-8, what is one name, what is GBK. */
#include "test.h"
#include "base/utf8.h"

#define BYTES(literal) ((struct str){ literal, sizeof literal - 1 })

TEST(utf8_good, "every well-formed sequence is accepted, wherever it stands")
{
	assert_true(utf8_valid((struct str){ 0 }));
	assert_true(utf8_valid(S("plain ascii that is longer than eight bytes")));
	assert_true(utf8_valid(S("1234567群89012345😀x")));
	assert_true(utf8_valid(S("\x7f \xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf "
		"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf")));
}

TEST(utf8_bad, "overlong forms, surrogates, NUL, and what is cut off are refused, at every place")
{
	static const struct str bad[] = {
		BYTES("\x80"), BYTES("\xbf"), BYTES("\xc0\x80"), BYTES("\xc1\xbf"), BYTES("\xe0\x80\x80"),
			BYTES("\xe0\x9f\xbf"),
		BYTES("\xf0\x80\x80\x80"), BYTES("\xf0\x8f\xbf\xbf"), BYTES("\xed\xa0\x80"), BYTES("\xed\xbf\xbf"),
		BYTES("\xf4\x90\x80\x80"), BYTES("\xf5\x80\x80\x80"), BYTES("\xff"), BYTES("\xfe"), BYTES("\0"),
		BYTES("\xc2"), BYTES("\xe7\xbe"), BYTES("\xf0\x9f\x98"), BYTES("\xe7x\xa4"), BYTES("\xc2\xc2\x80"),
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		for (size_t before = 0; before < 17; before++) {
			for (size_t after = 0; after < 9; after += 8) {
				char text[40];
				memset(text, 'x', sizeof text);
				memcpy(text + before, bad[i].at, bad[i].len);
				if (utf8_valid((struct str){ text, before + bad[i].len + after }))
					fail_msg("case %zu after %zu bytes", i, before);
			}
		}
	}
}

TEST(utf8_counting, "characters are counted and cut whole")
{
	assert_int_equal(utf8_count(S("群图 Quntu 😀")), 10);
	assert_int_equal(utf8_count((struct str){ 0 }), 0);
	assert_str(utf8_cut(S("群图x"), 2), "群图");
	assert_str(utf8_cut(S("群图x"), 0), "");
	assert_str(utf8_cut(S("群图x"), 9), "群图x");
}

TEST(utf8_there_and_back, "every code point is read as it was written")
{
	for (uint32_t c = 1; c < 0x110000; c += c < 0x3000 ? 1 : 37) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		char bytes[4];
		struct str s = { bytes, utf8_put(c, bytes) };
		assert_true(utf8_valid(s));
		assert_int_equal(utf8_next(&s), c);
		assert_int_equal(s.len, 0);
	}
}

TEST(name_key_folds, "ＶＩＰ and v i p are one name; 群 and 羣 are not")
{
	static const struct { const char *a, *b; bool same; } cases[] = {
		{ "VIP", "ｖｉｐ", true }, { "增购意向", "增购 意向", true }, { "增购　意向", " 增购意向\t", true },
		{ "１号（群）", "1号(群)", true }, { "￥９", "¥9", true }, { "a\u200bb", "ab", true },
		{ "早起打卡", "早起打卡群", false }, { "群", "羣", false }, { "É", "é", false },
	};
	ARENA_SCOPED a;
	arena_init(&a, 10000);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str x = name_key(&a, str_of(cases[i].a)), y = name_key(&a, str_of(cases[i].b));
		if (str_equal(x, y) != cases[i].same)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
		assert_true(utf8_valid(x) && utf8_valid(y));
	}
	assert_int_equal(name_key(&a, S("")).len, 0);
	assert_int_equal(name_key(&a, S(" 　")).len, 0);
}

TEST(gbk_reads, "GBK and GB18030 become UTF-8; other bytes are refused")
{
	ARENA_SCOPED a;
	arena_init(&a, 10000);
	struct str s;
	assert_true(utf8_from_gbk(&a, (struct blob){ "\xc8\xba\xcd\xbc,ab", 7 }, &s));
	assert_str(s, "群图,ab");
	assert_true(utf8_from_gbk(&a, (struct blob){ "\x94\x39\xfc\x36", 4 }, &s));
	assert_str(s, "😀");
	assert_true(utf8_from_gbk(&a, (struct blob){ "", 0 }, &s));
	assert_int_equal(s.len, 0);
	assert_false(utf8_from_gbk(&a, (struct blob){ "\xff\xff", 2 }, &s));
	assert_false(utf8_from_gbk(&a, (struct blob){ "\xc8", 1 }, &s));
	assert_false(utf8_from_gbk(&a, (struct blob){ "a\0b", 3 }, &s));
}
