/* wecom_intercept_test.c: rules about words are the same here and there, whoever changed them. */
#include "wecom_place_test.h"

#define RULE(name, words, more) "{\"name\":\"" name "\",\"words\":[" words "],\"phones\":true,\"mails\":false,\"packets\":true," \
	"\"act\":\"block\"," more "}"
#define FOR_WANG "\"users\":[\"wang\"],\"departments\":[\"2\"]"

static struct reply rules(struct place *p) { return get(p->desk.reader, place_at(p, "/intercepts")); }
static const char *one(struct place *p, struct id rule) { return at(&p->desk, "/intercepts/%lld", (long long)rule.n); }

PROMISE(wecom_intercept, "a rule is made there as wanted, changed by what comes and what goes, and deleted")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_staff(p.fake, "li");
	struct id rule = made(p.desk.owner, place_at(&p, "/intercepts"), RULE("价格", "\"内部价\",\"底价\"", FOR_WANG));
	place_work(&p, 0);
	assert_string_equal(wecom_fake_rule(p.fake, "价格"), "{\"rule_name\":\"价格\",\"word_list\":[\"内部价\",\"底价\"],\"extra_rule\":"
		"{\"semantics_list\":[1,3]},\"intercept_type\":1,\"applicable_range\":{\"user_list\":[\"wang\"],\"department_list\":[2]}}");
	struct reply r = put(p.desk.owner, one(&p, rule), "{\"name\":\"报价\",\"words\":[\"底价\"],\"phones\":false,\"mails\":true,\"packets\":false,"
	                     "\"act\":\"warn\",\"users\":[\"li\",\"wang\"],\"departments\":[]}");
	assert_int_equal(r.status, 200);
	place_work(&p, 0);
	assert_string_equal(wecom_fake_rule(p.fake, "价格"), "");
	assert_string_equal(wecom_fake_rule(p.fake, "报价"), "{\"rule_name\":\"报价\",\"word_list\":[\"底价\"],\"extra_rule\":"
		"{\"semantics_list\":[2]},\"intercept_type\":2,\"applicable_range\":{\"user_list\":[\"wang\",\"li\"],\"department_list\":[]}}");
	r = rules(&p);
	assert_str(json_at(&r, "items.0.done"), "2");
	assert_str(json_at(&r, "items.0.words.0"), "底价");
	assert_int_equal(del(p.desk.owner, one(&p, rule)).status, 204);
	place_work(&p, 0);
	assert_string_equal(wecom_fake_rule(p.fake, "报价"), "");
	r = rules(&p);
	assert_int_equal(json_length(&r, "items"), 0);
	place_close(&p);
}

PROMISE(wecom_intercept_read, "what is made, changed or deleted at the platform is so here when it was read; what is changed here meanwhile wins")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_rule_word(p.fake, "竞品", "某某汽车");
	assert_int_equal(post(p.desk.owner, place_at(&p, "/intercepts/sync"), "{}").status, 204);
	place_work(&p, 0);
	struct reply r = rules(&p);
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.name"), "竞品");
	assert_str(json_at(&r, "items.0.act"), "warn");
	assert_str(json_at(&r, "items.0.mails"), "true");
	assert_str(json_at(&r, "items.0.departments.0"), "7");
	struct id rule = { number_at(&r, "items.0.id") };
	wecom_fake_rule_word(p.fake, "竞品", "某某二手车");
	place_every(&p, &feature_wecom_intercept);
	place_work(&p, 0);
	r = rules(&p);
	assert_int_equal(json_length(&r, "items.0.words"), 2);
	/* The platform does not answer; meanwhile it is read. */
	wecom_fake_fail(p.fake, "update_intercept", -1, 1, 0);
	assert_int_equal(put(p.desk.owner, one(&p, rule), RULE("竞品", "\"别家\"", FOR_WANG)).status, 200);
	place_every(&p, &feature_wecom_intercept);
	place_work(&p, 0);
	r = rules(&p);
	assert_str(json_at(&r, "items.0.words.0"), "别家");
	place_work(&p, MINUTE);
	assert_non_null(strstr(wecom_fake_rule(p.fake, "竞品"), "\"word_list\":[\"别家\"]"));
	wecom_fake_rule_word(p.fake, "竞品", NULL);
	place_every(&p, &feature_wecom_intercept);
	place_work(&p, 0);
	r = rules(&p);
	assert_int_equal(json_length(&r, "items"), 0);
	place_close(&p);
}

PROMISE(wecom_intercept_limits, "names, words, and whom it concerns have the platform's limits; what it refuses is said; only admins write rules")
{
	struct place p;
	place_open(&p, house);
	const char *list = place_at(&p, "/intercepts");
	assert_reply(post(p.desk.owner, list, RULE("", "\"a\"", FOR_WANG)), 400, "too_short");
	assert_reply(post(p.desk.owner, list, RULE("一二三四五六七八九十一二三四五六七八九十一", "\"a\"", FOR_WANG)), 400, "too_long");
	assert_reply(post(p.desk.owner, list, RULE("a", "\"\"", FOR_WANG)), 400, "too_short");
	assert_reply(post(p.desk.owner, list, RULE("a", "\"0123456789012345678901234567890123\"", FOR_WANG)), 400, "too_long");
	assert_reply(post(p.desk.owner, list, RULE("a", "\"a\"", "\"users\":[],\"departments\":[]")), 400, "missing_field");
	assert_reply(post(p.desk.owner, list, RULE("a", "\"a\"", "\"users\":[],\"departments\":[\"x\"]")), 400, "bad_pattern");
	assert_reply(post(p.desk.owner, list, "{\"name\":\"a\",\"words\":[],\"phones\":false,\"mails\":false,\"packets\":false,\"act\":\"warn\","
	                  FOR_WANG "}"), 400, "missing_field");
	assert_int_equal(post(p.desk.operator, list, RULE("a", "\"a\"", FOR_WANG)).status, 403);
	assert_int_equal(get(p.desk.stranger, list).status, 404);
	struct id rule = made(p.desk.owner, list, RULE("a", "\"a\"", "\"users\":[\"nobody\"],\"departments\":[]"));
	place_work(&p, 0);
	struct reply r = rules(&p);
	assert_true(str_starts(json_at(&r, "items.0.trouble"), S("40003 ")));
	wecom_fake_staff(p.fake, "nobody");
	assert_int_equal(post(p.desk.owner, at(&p.desk, "/intercepts/%lld/again", (long long)rule.n), "{}").status, 204);
	place_work(&p, 0);
	assert_string_not_equal(wecom_fake_rule(p.fake, "a"), "");
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_z(&b, "{\"name\":\"多\",\"phones\":false,\"mails\":false,\"packets\":false,\"act\":\"warn\"," FOR_WANG ",\"words\":[");
	for (int i = 0; i < 300; i++)
		buf_format(&b, "%s\"一二三四五六七八九十一二三四五六七八九十一二三四五六七八%04d\"", i ? "," : "", i);
	struct str most = str_format(&house->arena, "%.*s]}", STR(buf_view(&b)));
	struct str more = str_format(&house->arena, "%.*s,\"x\"]}", STR(buf_view(&b)));
	buf_free(&b);
	assert_int_equal(post(p.desk.owner, list, str_z(&house->arena, most)).status, 200);
	assert_reply(post(p.desk.owner, list, str_z(&house->arena, more)), 400, "too_long");
	place_work(&p, 0);
	assert_string_not_equal(wecom_fake_rule(p.fake, "多"), "");
	place_close(&p);
}
