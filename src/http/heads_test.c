/* heads_test.c: small readings of what clients say. */
#include "http/inside.h"
#include "test.h"

TEST(cookies_by_name, "cookies are found by whole name, each of them")
{
	struct str header = S("a=1; xquntu=no; quntu=yes;quntu=also ; quntu ; b"), value;
	size_t at = 0;
	assert_true(cookie_next(header, S("quntu"), &at, &value));
	assert_str(value, "yes");
	assert_true(cookie_next(header, S("quntu"), &at, &value));
	assert_str(value, "also");
	assert_true(cookie_next(header, S("quntu"), &at, &value));
	assert_str(value, "");
	assert_false(cookie_next(header, S("quntu"), &at, &value));
}

TEST(languages, "the cookie chooses the language, then the browser's order, then Chinese")
{
	assert_int_equal(lang_of(S(""), S("")), LANG_ZH);
	assert_int_equal(lang_of(S(""), S("fr-FR, en;q=0.9, zh;q=0.8")), LANG_EN);
	assert_int_equal(lang_of(S(""), S("zh-CN,zh;q=0.9,en;q=0.8")), LANG_ZH);
	assert_int_equal(lang_of(S("quntu_lang=en"), S("zh-CN")), LANG_EN);
	assert_int_equal(lang_of(S("quntu_lang=zh-CN"), S("en")), LANG_ZH);
	assert_int_equal(lang_of(S("quntu_lang="), S("en")), LANG_EN);
}

TEST(hosts, "a Host is letters, digits and a few marks")
{
	assert_true(host_valid(S("q.example.com:8300")));
	assert_true(host_valid(S("[::1]:8300")));
	assert_false(host_valid(S("")));
	assert_false(host_valid(S("a b")));
	assert_false(host_valid(S("evil.com/x")));
	assert_false(host_valid(S("evil.com@x")));
	assert_false(host_valid(S("群.cn")));
	assert_true(host_is_local(S("localhost:8300")));
	assert_true(host_is_local(S("127.0.0.1")));
	assert_true(host_is_local(S("[::1]:8300")));
	assert_false(host_is_local(S("rebind.example.com:8300")));
}
