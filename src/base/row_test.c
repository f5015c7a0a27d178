/* row_test.c: one descriptor; JSON and forms, in and out; the same limits for all. */
#include "test.h"
#include "base/row.h"

/* ---- A row of every kind ---- */

struct child { struct str title; int64_t weight; };

ROW(child,
	FIELD(child, title,  "As visitors read it", .min = 1, .max = 5),
	FIELD(child, weight, "Share of the visitors", .min = 1, .max = 100, .optional = true));

struct all {
	struct id      id, parent;
	struct instant starts_at, ends_at;
	struct money   price;
	struct str     name, note, colour, slug;
	int64_t        count, any;
	bool           open;
	struct blob    picture;
	struct rows    children, words, ids;
};

ROW(all,
	FIELD(all, id,        "Itself"),
	FIELD(all, parent,    "Above it", .optional = true),
	FIELD(all, starts_at, "When it begins"),
	FIELD(all, ends_at,   "When it ends", .optional = true),
	FIELD(all, price,     "In fen", .min = 0, .max = 100000),
	FIELD(all, name,      "As operators read it", .min = 1, .max = 4),
	FIELD(all, note,      "For colleagues", .max = 20, .lines = true, .optional = true),
	FIELD(all, colour,    "Of the chip", .one_of = "grey teal", .optional = true),
	FIELD(all, slug,      "In the link", .max = 20, .pattern = "[a-z]+|[0-9]{2}"),
	FIELD(all, count,     "How many", .min = -5, .max = 5),
	FIELD(all, any,       "Any number"),
	FIELD(all, open,      "Is it open?"),
	FIELD(all, picture,   "A file", .max = 10, .optional = true),
	FIELD(all, children,  "What is below", .max = 3, .of = &row_child),
	FIELD(all, words,     "Some words", .max = 3, .of = &row_text_item, .optional = true),
	FIELD(all, ids,       "Some ids", .max = 3, .of = &row_id_item, .optional = true));

#define GOOD_HEAD "{\"id\":\"9223372036854775807\",\"starts_at\":1,\"price\":0,\"name\":\"群图\",\"slug\":\"ab\"," \
	"\"count\":-5,\"any\":-9223372036854775808,\"open\":true,\"children\":"
#define GOOD GOOD_HEAD "[{\"title\":\"a\"},{\"title\":\"群\",\"weight\":2}]}"

static struct arena arena;

static int read_all(const char *json, struct all *ret, struct complaint *why)
{
	return row_read_json(&row_all, str_of(json), &arena, ret, why);
}

/* `json` is refused with this code, at this place. */
static void refused(const char *json, int code, const char *field)
{
	struct all all = { .any = 77 };
	struct complaint why = { 0 };
	int r = read_all(json, &all, &why);
	if (r != code || why.code != code)
		fail_msg("%s\nis %s, expected %s", json, err_word(r), err_word(code));
	if (!str_is(why.field, field))
		fail_msg("%s\ncomplains about \"%.*s\", expected \"%s\"", json, STR(why.field), field);
	assert_int_equal(all.any, 77);
}

/* The good object, with one member replaced (or added). */
static const char *with(const char *name, const char *value)
{
	static char text[4096];
	struct { const char *name, *value; } members[] = {
		{ "id", "\"12\"" }, { "starts_at", "1" }, { "price", "0" }, { "name", "\"x\"" }, { "slug", "\"ab\"" },
		{ "count", "0" }, { "any", "0" }, { "open", "false" }, { "children", "[]" },
	};
	size_t len = 0, found = 0;
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		bool same = strcmp(name, members[i].name) == 0;
		found |= same;
		if (!same || value)
			len += (size_t)snprintf(text + len, sizeof text - len, "%c\"%s\":%s", len ? ',' : '{',
				members[i].name,
			                        same ? value : members[i].value);
	}
	if (!found)
		len += (size_t)snprintf(text + len, sizeof text - len, ",\"%s\":%s", name, value);
	snprintf(text + len, sizeof text - len, "}");
	return text;
}

static void accepted(const char *json)
{
	struct all all;
	struct complaint why = { 0 };
	int r = read_all(json, &all, &why);
	if (r < 0)
		fail_msg("%s\nis %s: %.*s %.*s", json, err_word(r), STR(why.field), STR(why.detail));
}

/* ---- In, from JSON ---- */

TEST(row_json_good, "everything that keeps the limits is read exactly")
{
	struct all all;
	struct complaint why;
	arena_init(&arena, 1 << 20);
	assert_int_equal(read_all(GOOD, &all, &why), 0);
	assert_int_equal(all.id.n, INT64_MAX);
	assert_int_equal(all.any, INT64_MIN);
	assert_int_equal(all.parent.n, 0);
	assert_str(all.name, "群图");
	assert_true(all.open);
	assert_int_equal(all.children.count, 2);
	const struct child *child = all.children.at;
	assert_str(child[1].title, "群");
	assert_int_equal(child[1].weight, 2);
	assert_int_equal(all.words.count, 0);
	accepted(with("parent", "null"));
	accepted(with("note", "\"a\\nb\\tc\""));
	accepted(with("note", "null"));
	accepted(with("colour", "\"\""));
	accepted(with("words", "[\"a\",\"群\"]"));
	accepted(with("ids", "[\"1\",\"2\"]"));
	accepted(with("slug", "\"12\""));
	arena_free(&arena);
}

TEST(row_json_limits, "what does not keep a limit is refused, with its code and its place")
{
	arena_init(&arena, 8 << 20);
	refused(with("id", "12"), E_INVALID, "id");
	refused(with("id", "\"\""), E_BAD_PATTERN, "id");
	refused(with("id", "\"-1\""), E_BAD_PATTERN, "id");
	refused(with("id", "\"1 \""), E_BAD_PATTERN, "id");
	refused(with("id", "\"9223372036854775808\""), E_BAD_PATTERN, "id");
	refused(with("id", "\"00000000000000000001\""), E_BAD_PATTERN, "id");
	refused(with("id", "\"0\""), E_MISSING_FIELD, "id");
	refused(with("id", "null"), E_MISSING_FIELD, "id");
	refused(with("starts_at", "null"), E_MISSING_FIELD, "starts_at");
	refused(with("starts_at", "0"), E_MISSING_FIELD, "starts_at");
	refused(with("starts_at", "\"1\""), E_INVALID, "starts_at");
	refused(with("price", "-1"), E_TOO_SMALL, "price");
	refused(with("price", "100001"), E_TOO_LARGE, "price");
	refused(with("price", "1.0"), E_INVALID, "price");
	refused(with("count", "-6"), E_TOO_SMALL, "count");
	refused(with("count", "6"), E_TOO_LARGE, "count");
	refused(with("count", "1e0"), E_INVALID, "count");
	refused(with("count", "true"), E_INVALID, "count");
	refused(with("name", "\"\""), E_TOO_SHORT, "name");
	refused(with("name", "\"群图群图群\""), E_TOO_LONG, "name");
	refused(with("name", "\"a\\n\""), E_INVALID, "name");
	refused(with("name", "\"\\u007f\""), E_INVALID, "name");
	refused(with("name", "\"\\u0085\""), E_INVALID, "name");
	refused(with("name", "7"), E_INVALID, "name");
	refused(with("note", "\"\\u0001\""), E_INVALID, "note");
	refused(with("colour", "\"gre\""), E_NOT_ONE_OF, "colour");
	refused(with("slug", "\"ab1\""), E_BAD_PATTERN, "slug");
	refused(with("slug", "\"123\""), E_BAD_PATTERN, "slug");
	refused(with("slug", "\"\""), E_BAD_PATTERN, "slug");
	refused(with("open", "0"), E_INVALID, "open");
	refused(with("open", "null"), E_MISSING_FIELD, "open");
	refused(with("picture", "\"x\""), E_INVALID, "picture");
	refused(with("any", NULL), E_MISSING_FIELD, "any");
	refused(with("nobody", "1"), E_UNKNOWN_FIELD, "nobody");
	refused(with("children", "{}"), E_INVALID, "children");
	refused(with("children", "[1]"), E_INVALID, "children[0]");
	refused(with("children", "[{\"title\":\"a\"},{\"title\":\"abcdef\"}]"), E_TOO_LONG, "children[1].title");
	refused(with("children", "[{}]"), E_MISSING_FIELD, "children[0].title");
	refused(with("children", "[{\"title\":\"a\",\"x\":1}]"), E_UNKNOWN_FIELD, "children[0].x");
	refused(with("children", "[{},{},{},{}]"), E_TOO_LONG, "children");
	refused(with("words", "[\"a\",7]"), E_INVALID, "words[1]");
	refused(with("words", "[null]"), E_MISSING_FIELD, "words[0]");
	refused(with("words", "[{\"item\":\"a\"}]"), E_INVALID, "words[0]");
	refused(with("ids", "[\"1\",\"x\"]"), E_BAD_PATTERN, "ids[1]");
	arena_free(&arena);
}

TEST(row_json_malformed, "what is no JSON, not one object, or not UTF-8 is refused as such")
{
	arena_init(&arena, 8 << 20);
	static const char *const bad[] = {
		"", " ", "{", "}", "nul", "[1", "{\"id\":}", "{'id':1}", "{\"id\":\"1\",}", "{\"id\":\"1\"} x",
			GOOD GOOD, "\"text\"", "7",
		"{\"id\":\"1\",\"id\":\"1\"}", "{\"name\":\"\\ud800\"}", "{\"name\":\"\\udc00x\"}",
			"{\"name\":\"\\u0000\"}",
		"{\"na\\u0000me\":1}", "{\"name\":\"a\nb\"}", "{\"any\":01}", "{\"any\":+1}", "{\"any\":NaN}",
			"{\"any\":0x1}", "// {}",
		GOOD_HEAD "[{\"title\":\"a\",\"title\":\"b\"}]}",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refused(bad[i], E_JSON, "");
	refused("[]", E_INVALID, "");
	refused("{}", E_MISSING_FIELD, "id");
	refused("{\"any\":9223372036854775808}", E_TOO_LARGE, "");
	refused("{\"any\":-99999999999999999999999}", E_TOO_LARGE, "");
	refused("{\"any\":1e999}", E_TOO_LARGE, "");
	refused("{\"name\":\"\xc0\xaf\"}", E_UTF8, "");
	refused("{\"name\":\"\xed\xa0\x80\"}", E_UTF8, "");
	refused("{\"name\":\"\xe7\xbe\"}", E_UTF8, "");
	refused("\xef\xbb\xbf{}", E_JSON, "");
	struct all all;
	struct complaint why;
	assert_int_equal(row_read_json(&row_all, (struct str){ "{}\0", 3 }, &arena, &all, &why), E_UTF8);
	assert_int_equal(row_read_json(&row_all, (struct str){ 0 }, &arena, &all, &why), E_JSON);
	arena_free(&arena);
}

TEST(row_json_deep, "JSON a million brackets deep is refused and nothing falls over")
{
	static char text[1000001];
	arena_init(&arena, 8 << 20);
	memset(text, '[', sizeof text - 1);
	refused(text, E_JSON, "");
	for (size_t i = 0; i + 5 < sizeof text; i += 5)
		memcpy(text + i, "{\"a\":", 5);
	refused(text, E_JSON, "");
	arena_free(&arena);
}

TEST(row_json_surrogates, "a pair of surrogate escapes is one character")
{
	struct all all;
	struct complaint why;
	arena_init(&arena, 1 << 20);
	assert_int_equal(read_all(with("name", "\"\\ud83d\\ude00\\u7fa4\""), &all, &why), 0);
	assert_str(all.name, "😀群");
	arena_free(&arena);
}

TEST(rows_json_lists, "lists are read and bounded; bare values stand for rows of one item")
{
	struct rows rows;
	struct complaint why;
	arena_init(&arena, 1 << 20);
	assert_int_equal(rows_read_json(&row_id_item, S("[\"1\",\"22\"]"), 2, &arena, &rows, &why), 0);
	assert_int_equal(rows.count, 2);
	assert_int_equal(((struct id_item *)rows.at)[1].item.n, 22);
	assert_int_equal(rows_read_json(&row_id_item, S("[]"), 2, &arena, &rows, &why), 0);
	assert_int_equal(rows.count, 0);
	assert_int_equal(rows_read_json(&row_id_item, S("[\"1\",\"2\",\"3\"]"), 2, &arena, &rows, &why), E_TOO_LONG);
	assert_int_equal(rows_read_json(&row_child, S("[{\"title\":\"a\"},{\"title\":\"\"}]"), 9, &arena, &rows,
		&why), E_TOO_SHORT);
	assert_str(why.field, "[1].title");
	assert_int_equal(rows_read_json(&row_id_item, S("{}"), 2, &arena, &rows, &why), E_INVALID);
	arena_free(&arena);
}

TEST(row_json_sweep, "whichever allocation fails, the answer is E_MEMORY, never a wrong record")
{
	static const char json[] = GOOD_HEAD "[{\"title\":\"a\"},{\"title\":\"b\"}],\"words\":[\"x\",\"y\"],"
		"\"note\":\"0123456789\"}";
	for (long n = 0, struck = 1; struck; n++) {
		struct all all = { .any = 77 };
		struct complaint why = { 0 };
		arena_init(&arena, 1 << 20);
		mem_fail_after(n);
		int r = read_all(json, &all, &why);
		struck = mem_failed();
		mem_fail_after(-1);
		if (struck && r == 0)
			assert_int_equal(all.children.count, 2);  /* jansson did without */
		else
			assert_int_equal(r, struck ? E_MEMORY : 0);
		assert_int_equal(all.any, r ? 77 : INT64_MIN);
		arena_free(&arena);
	}
	for (size_t limit = 0; limit < 6000; limit += 16) {
		struct all all;
		struct complaint why = { 0 };
		arena_init(&arena, limit);
		int r = read_all(json, &all, &why);
		assert_true(r == 0 || r == E_MEMORY);
		arena_free(&arena);
	}
}

TEST(row_json_sweep_refused, "memory that runs out while complaining is no reason to crash")
{
	for (long n = 0, struck = 1; struck; n++) {
		struct all all;
		struct complaint why = { 0 };
		arena_init(&arena, 1 << 20);
		mem_fail_after(n);
		int r = read_all(with("children", "[{\"title\":\"abcdef\"}]"), &all, &why);
		struck = mem_failed();
		mem_fail_after(-1);
		assert_true(r == E_TOO_LONG || (struck && r == E_MEMORY));
		arena_free(&arena);
	}
}

/* ---- Out ---- */

TEST(row_json_out, "a record is written with ids as text, absent ids and instants as null, and no blobs")
{
	BUF_SCOPED b;
	buf_init(&b, 10000);
	struct child children[] = { { S("<a>"), 1 }, { S("群"), 0 } };
	struct text_item words[] = { { S("x") }, { S("\"") } };
	struct all all = {
		.id = { 7 }, .starts_at = { 1 }, .price = { -3 }, .name = S("a\"b"), .open = true,
		.picture = { "xx", 2 },
		.children = { children, 2 }, .words = { words, 2 },
	};
	row_write_json(&b, &row_all, &all);
	assert_str(buf_view(&b),
		"{\"id\":\"7\",\"parent\":null,\"starts_at\":1,\"ends_at\":null,\"price\":-3,\"name\":\"a\\\"b\","
		"\"note\":\"\","
		"\"colour\":\"\",\"slug\":\"\",\"count\":0,\"any\":0,\"open\":true,\"children\":[{"
		"\"title\":\"\\u003ca>\",\"weight\":1},"
		"{\"title\":\"群\",\"weight\":0}],\"words\":[\"x\",\"\\\"\"],\"ids\":[]}");
}

TEST(row_json_round, "what was written is read back the same")
{
	struct all all, again;
	struct complaint why;
	BUF_SCOPED b;
	buf_init(&b, 10000);
	arena_init(&arena, 1 << 20);
	assert_int_equal(read_all(GOOD, &all, &why), 0);
	row_write_json(&b, &row_all, &all);
	assert_int_equal(row_read_json(&row_all, buf_view(&b), &arena, &again, &why), 0);
	BUF_SCOPED twice;
	buf_init(&twice, 10000);
	row_write_json(&twice, &row_all, &again);
	assert_true(str_equal(buf_view(&b), buf_view(&twice)));
	arena_free(&arena);
}

struct only_blob { struct blob file; };
ROW(only_blob, FIELD(only_blob, file, "A file", .max = 5));

TEST(row_json_empty, "a row of which nothing may be shown is an empty object")
{
	BUF_SCOPED b;
	buf_init(&b, 100);
	row_write_json(&b, &row_only_blob, &(struct only_blob){ 0 });
	rows_write_json(&b, &row_child, (struct rows){ 0 });
	assert_str(buf_view(&b), "{}[]");
	BUF_SCOPED small;
	buf_init(&small, 10);
	row_write_json(&small, &row_all, &(struct all){ 0 });
	assert_true(buf_failed(&small));
}

struct house_row { struct one owner, nobody; };
ROW(house_row,
	FIELD(house_row, owner,  "Who", .of = &row_child),
	FIELD(house_row, nobody, "Nobody", .of = &row_child, .optional = true));

TEST(row_json_object_inside, "an object inside an object is written whole, or null; files may have one, routes take none")
{
	struct child owner = { S("a"), 1 };
	struct house_row house = { .owner = { &owner } };
	struct complaint why = { 0 };
	BUF_SCOPED b;
	buf_init(&b, 1000);
	arena_init(&arena, 1 << 20);
	row_write_json(&b, &row_house_row, &house);
	assert_str(buf_view(&b), "{\"owner\":{\"title\":\"a\",\"weight\":1},\"nobody\":null}");
	assert_null(row_lint(&row_house_row, false));
	assert_non_null(row_lint(&row_house_row, true));
	struct house_row read = { .owner = { NULL } };
	assert_int_equal(row_read_json(&row_house_row, S("{\"owner\":{\"title\":\"a\",\"weight\":1},\"nobody\":{\"title\":\"b\"}}"), &arena, &read, &why), 0);
	assert_str(((struct child *)read.owner.at)->title, "a");
	assert_int_equal(row_read_json(&row_house_row, S("{\"owner\":{\"weight\":1},\"nobody\":{\"title\":\"b\"}}"), &arena, &read, &why), E_MISSING_FIELD);
	assert_str(why.field, "owner.title");
	assert_int_equal(row_read_json(&row_house_row, S("{\"owner\":5,\"nobody\":{\"title\":\"b\"}}"), &arena, &read, &why), E_INVALID);
	assert_str(why.field, "owner");
	arena_free(&arena);
}

/* ---- Forms ---- */

#define TEXT(name_, text_) { .name = S(name_), .text = S(text_) }
#define NEEDED TEXT("id", "5"), TEXT("starts_at", "2026-11-21T09:00:00+08:00"), TEXT("price", " 12 "), \
	TEXT("name", "群"), TEXT("slug", "ab"), TEXT("count", "1"), TEXT("any", "-1"), \
	TEXT("children", "[{\"title\":\"a\"}]")

static int from_pairs(const struct pair *pairs, size_t count, bool loose, struct all *ret, struct complaint *why)
{
	return row_read_pairs(&row_all, pairs, count, loose, &arena, ret, why);
}

#define FROM(loose, ret, why, ...) from_pairs((const struct pair[]){ __VA_ARGS__ }, \
	sizeof((struct pair[]){ __VA_ARGS__ }) / sizeof(struct pair), loose, ret, why)

TEST(row_pairs_good, "a form is read: boxes, repeated names, files, empty optional fields, CRLF")
{
	struct all all;
	struct complaint why = { 0 };
	arena_init(&arena, 1 << 20);
	assert_int_equal(FROM(false, &all, &why, NEEDED), 0);
	assert_int_equal(all.id.n, 5);
	assert_int_equal(all.starts_at.ms, INT64_C(1795222800000));
	assert_int_equal(all.price.fen, 12);
	assert_false(all.open);
	assert_int_equal(all.children.count, 1);
	assert_int_equal(FROM(false, &all, &why, NEEDED, TEXT("open", "on"), TEXT("words", "a"), TEXT("words", "群"),
	                      TEXT("parent", ""), TEXT("ends_at", ""), TEXT("ids", ""), TEXT("note", "a\r\nb\rc\n"),
	                      { .name = S("picture"), .bytes = { "png", 3 }, .filename = S("x.png") }), 0);
	assert_true(all.open);
	assert_int_equal(all.words.count, 2);
	assert_str(((struct text_item *)all.words.at)[1].item, "群");
	assert_str(all.note, "a\nb\rc\n");
	assert_int_equal(all.picture.len, 3);
	assert_int_equal(all.ids.count, 0);
	assert_int_equal(FROM(true, &all, &why, NEEDED, TEXT("utm_source", "x"), TEXT("utm_source", "y")), 0);
	arena_free(&arena);
}

static void pairs_refused(struct pair extra, int code, const char *field)
{
	struct pair pairs[] = { NEEDED, extra };
	struct all all;
	struct complaint why = { 0 };
	int r = from_pairs(pairs, sizeof pairs / sizeof *pairs, false, &all, &why);
	if (r != code || !str_is(why.field, field))
		fail_msg("%.*s=%.*s is %s about \"%.*s\"", STR(extra.name), STR(extra.text), err_word(r),
			STR(why.field));
}

TEST(row_pairs_bad, "a form keeps the same limits as JSON")
{
	struct all all;
	struct complaint why = { 0 };
	arena_init(&arena, 8 << 20);
	pairs_refused((struct pair)TEXT("utm_source", "x"), E_UNKNOWN_FIELD, "utm_source");
	pairs_refused((struct pair)TEXT("name", "x"), E_FORM, "name");
	pairs_refused((struct pair)TEXT("parent", "x"), E_BAD_PATTERN, "parent");
	pairs_refused((struct pair)TEXT("ends_at", "tomorrow"), E_INVALID, "ends_at");
	pairs_refused((struct pair)TEXT("open", "maybe"), E_INVALID, "open");
	pairs_refused((struct pair)TEXT("colour", "red"), E_NOT_ONE_OF, "colour");
	pairs_refused((struct pair)TEXT("note", "123456789012345678901"), E_TOO_LONG, "note");
	pairs_refused((struct pair)TEXT("note", "\xff"), E_UTF8, "note");
	pairs_refused((struct pair)TEXT("picture", "no file"), E_INVALID, "picture");
	pairs_refused((struct pair)TEXT("ids", "x"), E_BAD_PATTERN, "ids[0]");
	pairs_refused((struct pair){ .name = S("note"), .bytes = { "x", 1 } }, E_INVALID, "note");
	pairs_refused((struct pair){ .name = S("words"), .bytes = { "x", 1 } }, E_INVALID, "words");
	pairs_refused((struct pair){ .name = S("picture"), .bytes = { "12345678901", 11 } }, E_TOO_LONG, "picture");
	assert_int_equal(FROM(false, &all, &why, TEXT("id", "5")), E_MISSING_FIELD);
	assert_str(why.field, "starts_at");
	assert_int_equal(FROM(false, &all, &why, TEXT("children", "[{\"title\":\"\"}]")), E_TOO_SHORT);
	assert_str(why.field, "children[0].title");
	assert_int_equal(FROM(false, &all, &why, TEXT("children", "[{")), E_JSON);
	assert_str(why.field, "children");
	assert_int_equal(FROM(false, &all, &why, TEXT("price", "")), E_INVALID);
	assert_int_equal(row_read_pairs(&row_all, NULL, 0, false, &arena, &all, &why), E_MISSING_FIELD);
	arena_free(&arena);
}

TEST(row_pairs_sweep, "whichever allocation fails while a form is read, the answer is E_MEMORY")
{
	for (long n = 0, struck = 1; struck; n++) {
		struct all all;
		struct complaint why = { 0 };
		arena_init(&arena, 1 << 20);
		mem_fail_after(n);
		int r = FROM(false, &all, &why, NEEDED, TEXT("note", "a\r\nb"), TEXT("words", "a"));
		struck = mem_failed();
		mem_fail_after(-1);
		assert_true(r == 0 || (struck && r == E_MEMORY));
		arena_free(&arena);
	}
}

/* ---- Checking and describing ---- */

TEST(row_check_record, "a record filled by hand is held to the same limits, lists and all")
{
	struct child children[] = { { S("a"), 0 }, { S("toolong"), 1 } };
	struct all all = { .id = { 1 }, .starts_at = { 1 }, .name = S("x"), .slug = S("ab") };
	struct complaint why = { 0 };
	arena_init(&arena, 1 << 20);
	assert_int_equal(row_check(&row_all, &all, &arena, &why), 0);
	all.children = (struct rows){ children, 2 };
	assert_int_equal(row_check(&row_all, &all, &arena, &why), E_TOO_LONG);
	assert_str(why.field, "children[1].title");
	assert_str(why.detail, "at most 5 characters");
	all.children.count = 1;
	all.name = S("\xff");
	assert_int_equal(row_check(&row_all, &all, &arena, &why), E_UTF8);
	all.name = S("x");
	all.parent.n = -1;
	assert_int_equal(row_check(&row_all, &all, &arena, &why), E_BAD_PATTERN);
	arena_free(&arena);
}

struct odd { struct str a; int64_t n; struct rows list; };

static const char *lint_of(struct field field, bool input)
{
	struct row row = { "odd", sizeof(struct odd), &field, 1 };
	return row_lint(&row, input);
}

#define LINT(input, member, help, ...) lint_of((struct field)FIELD(odd, member, help, __VA_ARGS__), input)

TEST(row_lint_finds, "a declaration that says too little or nonsense is found")
{
	assert_null(row_lint(&row_all, true));
	assert_null(row_lint(&row_text_item, true));
	assert_null(row_lint(&row_id_item, true));
	assert_null(LINT(true, a, "A", .max = 3));
	assert_null(LINT(true, n, "N", .min = 1));
	assert_null(LINT(false, a, "A"));
	assert_string_equal(LINT(true, a, "A"), "odd.a comes from outside and needs a .max");
	assert_non_null(LINT(false, a, "", .max = 3));
	assert_non_null(LINT(false, n, "N", .min = 3, .max = 2));
	assert_non_null(LINT(false, a, "A", .max = 3, .pattern = "(a"));
	assert_non_null(LINT(false, list, "L", .max = 3));
	assert_non_null(LINT(true, list, "L", .of = &row_child));
	assert_null(LINT(false, list, "L", .of = &row_child));
	assert_non_null(LINT(false, n, "N", .one_of = "1 2"));
	const struct field twice[] = { FIELD(odd, n, "N"), FIELD(odd, n, "N") };
	assert_non_null(row_lint(&(struct row){ "odd", sizeof(struct odd), twice, 2 }, false));
}

struct brief { struct id id; struct id parent; struct str colour, slug;
	struct rows children, words; struct blob file; };
ROW(brief,
	FIELD(brief, id,       "Itself"),
	FIELD(brief, parent,   "Above it", .optional = true),
	FIELD(brief, colour,   "Chip", .one_of = "grey teal", .optional = true),
	FIELD(brief, slug,     "In \"links\"", .min = 2, .max = 9, .pattern = "[a-z\\.]+"),
	FIELD(brief, children, "Below", .max = 3, .of = &row_child),
	FIELD(brief, words,    "Words", .max = 3, .of = &row_text_item, .optional = true),
	FIELD(brief, file,     "File", .max = 3, .optional = true));

TEST(row_schema_texts, "the schema says what is read and what is written")
{
	BUF_SCOPED b;
	buf_init(&b, 10000);
	row_write_schema(&b, &row_brief, true);
	assert_str(buf_view(&b),
		"{\"type\":\"object\",\"properties\":{"
		"\"id\":{\"type\":\"string\",\"pattern\":\"^[0-9]{1,19}$\",\"description\":\"Itself\"},"
		"\"parent\":{\"type\":[\"string\",\"null\"],\"pattern\":\"^[0-9]{1,19}$\","
		"\"description\":\"Above it\"},"
		"\"colour\":{\"type\":[\"string\",\"null\"],\"enum\":[\"grey\",\"teal\",\"\",null],"
		"\"description\":\"Chip\"},"
		"\"slug\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":9,\"pattern\":\"^([a-z\\\\.]+)$\","
		"\"description\":\"In \\\"links\\\"\"},"
		"\"children\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/child\"},\"maxItems\":3,"
			"\"description\":\"Below\"},"
		"\"words\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\","
		"\"minLength\":1,\"maxLength\":1000,\"description\":\"The text\"},"
		"\"maxItems\":3,\"description\":\"Words\"},"
		"\"file\":{\"type\":\"string\",\"format\":\"binary\",\"description\":\"File\"}},"
		"\"required\":[\"id\",\"slug\",\"children\"],\"additionalProperties\":false}");
	buf_clear(&b);
	row_write_schema(&b, &row_child, false);
	assert_str(buf_view(&b),
		"{\"type\":\"object\",\"properties\":{"
		"\"title\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":5,"
		"\"description\":\"As visitors read it\"},"
		"\"weight\":{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":0,\"maximum\":100,\"description\":"
			"\"Share of the visitors\"}},"
		"\"required\":[\"title\",\"weight\"]}");
}

/* ---- Copies ---- */

struct copied_line { struct str word; int64_t n; };
struct copied { struct id id; struct str text; struct rows lines; struct one first; };

ROW(copied_line, FIELD(copied_line, word, "A word"), FIELD(copied_line, n, "A number"));

ROW(copied,
	FIELD(copied, id,    "Id"),
	FIELD(copied, text,  "Text"),
	FIELD(copied, lines, "Lines", .of = &row_copied_line),
	FIELD(copied, first, "The first", .of = &row_copied_line));

TEST(row_copy_shares_nothing, "a copy outlives what it was made of, its lists and inner rows too")
{
	arena_init(&arena, 1 << 20);
	char word[] = "abc";
	struct copied_line lines[] = { { { word, 3 }, 1 }, { { word + 1, 2 }, 2 } };
	struct copied from = { { 7 }, { word, 2 }, { lines, 2 }, { lines } }, to;
	assert_int_equal(row_copy(&row_copied, &from, &arena, &to), 0);
	memcpy(word, "xyz", 3);
	lines[0] = lines[1] = (struct copied_line){ { 0 }, 9 };
	const struct copied_line *got = to.lines.at, *first = to.first.at;
	assert_true(to.id.n == 7 && str_is(to.text, "ab") && to.lines.count == 2);
	assert_true(str_is(got[0].word, "abc") && got[0].n == 1 && str_is(got[1].word, "bc") && got[1].n == 2);
	assert_true(str_is(first->word, "abc") && first->n == 1);
	from = (struct copied){ 0 };
	assert_int_equal(row_copy(&row_copied, &from, &arena, &to), 0);
	assert_true(!to.lines.at && !to.first.at);
	arena_free(&arena);
}
