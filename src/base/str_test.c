/* str_test.c: views of text, the empty ones above all. */
#include "test.h"

TEST(str_empty, "an empty view has no address that anybody looks at")
{
	struct str none = { 0 }, rest = none;
	assert_true(str_equal(none, S("")));
	assert_true(str_equal_fold(none, S("")));
	assert_int_equal(str_compare(none, S("")), 0);
	assert_int_equal(str_find(none, 'x'), -1);
	assert_int_equal(str_trim(none).len, 0);
	assert_int_equal(str_cut(&rest, ',').len, 0);
	assert_false(str_among(none, "a b"));
	assert_false(str_among(S("a"), ""));
	assert_true(str_starts(none, none));
	assert_str(str_of(NULL), "");
}

TEST(str_comparing, "order is by bytes; what ends first comes first")
{
	assert_true(str_compare(S("a"), S("b")) < 0);
	assert_true(str_compare(S("a"), S("ab")) < 0);
	assert_true(str_compare(S("b"), S("ab")) > 0);
	assert_true(str_compare(S("\xff"), S("a")) > 0);
	assert_true(str_equal_fold(S("Content-TYPE"), S("content-type")));
	assert_false(str_equal_fold(S("@"), S("`")));
	assert_false(str_equal_fold(S("Ä"), S("ä")));
}

TEST(str_cutting, "a text is cut piece by piece until nothing is left")
{
	struct str rest = S("a,,b");
	assert_str(str_cut(&rest, ','), "a");
	assert_str(str_cut(&rest, ','), "");
	assert_str(str_cut(&rest, ','), "b");
	assert_int_equal(rest.len, 0);
	assert_str(str_trim(S(" \t\r\n x y \v\f")), "x y");
	assert_str(str_trim(S(" \n ")), "");
}

TEST(str_words, "a word is among the words only whole")
{
	assert_true(str_among(S("teal"), "grey teal blue"));
	assert_true(str_among(S("blue"), "grey teal blue"));
	assert_false(str_among(S("tea"), "grey teal blue"));
	assert_false(str_among(S("grey teal"), "grey teal blue"));
	assert_false(str_among(S(""), "grey  teal"));
}

TEST(str_numbers, "a number is the whole text, and within 64 bits")
{
	static const struct { const char *text; bool ok; int64_t n; } cases[] = {
		{ "0", true, 0 }, { "-0", true, 0 }, { "007", true, 7 }, { "-12", true, -12 },
		{ "9223372036854775807", true, INT64_MAX }, { "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 }, { "-9223372036854775809", false, 0 },
		{ "99999999999999999999999", false, 0 }, { "", false, 0 }, { "-", false, 0 }, { "+1", false, 0 },
		{ " 1", false, 0 }, { "1 ", false, 0 }, { "1.0", false, 0 }, { "0x1", false, 0 }, { "--1", false, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t n = 0;
		if (str_to_int(str_of(cases[i].text), &n) != cases[i].ok || n != cases[i].n)
			fail_msg("%s → %lld", cases[i].text, (long long)n);
	}
	int64_t untouched = 5;
	assert_false(str_to_int(S("12x"), &untouched));
	assert_int_equal(untouched, 5);
}

TEST(str_copies, "copies live in the arena, and are empty when it has no room")
{
	ARENA_SCOPED a, none;
	arena_init(&a, 10000);
	arena_init(&none, 0);
	assert_str(str_copy(&a, S("群")), "群");
	assert_string_equal(str_z(&a, S("ab")), "ab");
	assert_string_equal(str_z(&a, (struct str){ 0 }), "");
	assert_int_equal(str_format(&a, "%d-%500d", 1, 7).len, 502);
	assert_int_equal(str_copy(&none, S("x")).len, 0);
	assert_null(str_z(&none, S("x")));
	assert_int_equal(str_format(&none, "x").len, 0);
}

TEST(str_distance_counts, "the distance of two words is how many letters must change; too long a word is far from all")
{
	static char lengthy[STR_DISTANCE_MAX + 2];
	memset(lengthy, 'x', sizeof lengthy - 1);
	assert_int_equal(str_distance(S("serve"), S("serve")), 0);
	assert_int_equal(str_distance(S("sreve"), S("serve")), 2);
	assert_int_equal(str_distance(S("serv"), S("serve")), 1);
	assert_int_equal(str_distance(S(""), S("abc")), 3);
	assert_int_equal(str_distance(str_of(lengthy), S("x")), STR_DISTANCE_MAX);
}
