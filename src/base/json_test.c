/* json_test.c */
#include "test.h"

#include "base/err.h"
#include "base/json.h"

static struct str canonical(struct arena *arena, const char *text)
{
	struct str ret;
	assert_int_equal(json_canonical(str_of(text), "signature", arena, &ret), 0);
	return ret;
}

TEST(json_canonical, "one document has one spelling, whatever the order, the spaces and the escapes")
{
	ARENA_SCOPED arena;
	struct str ret;
	arena_init(&arena, 1 << 20);
	assert_str(canonical(&arena, "{ \"b\": [1, {\"y\":true,\"x\":null}],\n \"a\":\"\\u7fa4\", \"signature\":{} }"),
	           "{\"a\":\"群\",\"b\":[1,{\"x\":null,\"y\":true}]}");
	assert_true(str_equal(canonical(&arena, "{\"a\":1,\"b\":2}"), canonical(&arena, "{\"b\":2,\"a\":1}")));
	assert_int_equal(json_canonical(S("{\"a\":1,\"a\":2}"), NULL, &arena, &ret), E_JSON);
	assert_int_equal(json_canonical(S("{\"a\":\"\xff\"}"), NULL, &arena, &ret), E_UTF8);
	assert_int_equal(json_canonical(S("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"), NULL, &arena, &ret), E_JSON);
	assert_int_equal(json_canonical(S(""), NULL, &arena, &ret), E_JSON);
}

TEST(json_pretty, "a file for people: a line a field, in the order it came in")
{
	ARENA_SCOPED arena;
	struct str ret;
	arena_init(&arena, 1 << 20);
	assert_int_equal(json_pretty(S("{\"b\":1,\"a\":[]}"), &arena, &ret), 0);
	assert_str(ret, "{\n  \"b\": 1,\n  \"a\": []\n}");
}

static bool note(void *ctx, struct str path, struct str before, struct str after)
{
	struct buf *b = ctx;
	buf_format(b, "%.*s:%.*s>%.*s ", STR(path), STR(before), STR(after));
	return true;
}

TEST(json_diff, "differences are named by what people call the things, not by their place")
{
	ARENA_SCOPED arena;
	BUF_SCOPED b;
	arena_init(&arena, 1 << 20);
	buf_init(&b, 4096);
	assert_int_equal(json_diff(
		S("{\"groups\":[{\"name\":\"甲\",\"capacity\":500},{\"name\":\"乙\",\"capacity\":500}],\"tags\":[\"a\"],\"v\":1}"),
		S("{\"groups\":[{\"name\":\"丙\",\"capacity\":1},{\"name\":\"甲\",\"capacity\":200}],\"tags\":[\"b\"],\"w\":2}"),
		&arena, note, &b), 0);
	assert_str(buf_view(&b), "groups[甲].capacity:500>200 groups[乙]:{\"capacity\":500,\"name\":\"乙\"}> "
	           "groups[丙]:>{\"capacity\":1,\"name\":\"丙\"} tags[1]:\"a\">\"b\" v:1> w:>2 ");
	buf_clear(&b);
	assert_int_equal(json_diff(S("{\"a\":1}"), S("{ \"a\" : 1 }"), &arena, note, &b), 0);
	assert_int_equal(b.len, 0);
}
