/* wecom_join_test.c: a join way is a target of a live code: made there, shown here, and known again in whom it brings. */
#include "wecom_place_test.h"

#include "groups/codes_test.h"

static struct reply way(struct place *p) { return get(p->desk.reader, place_at(p, "/join-ways")); }

static struct reply target(struct place *p, struct id code)
{
	return get(p->desk.owner, at(&p->desk, "/livecodes/%lld/targets", (long long)code.n));
}

static const char *draft(struct place *p, struct id code, const char *more)
{
	return text(&p->desk, "{\"title\":\"车展活码\",\"chats\":[\"wr1\"],\"auto_create\":true,\"base_name\":\"车友群\",\"base_id\":7,"
	            "\"code_id\":\"%lld\"%s}", (long long)code.n, more);
}

PROMISE(wecom_join, "a join way is made by a job, its QR is shown as the code's target, and who comes by it is known by the code")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_group(p.fake, "wr1", "车友 6 群", "wang");
	place_work(&p, 3 * SECOND);
	struct reply r = post(p.desk.owner, place_at(&p, "/groups"), "{\"subject\":\"wr1\",\"group_id\":null}");
	long long group = number_at(&r, "group_id");
	struct id code = code_made(&p.desk, (struct code_draft){ 0 });
	place_work(&p, 0);
	struct id join = made(p.desk.operator, place_at(&p, "/join-ways"), draft(&p, code, ""));
	r = target(&p, code);
	assert_str(json_at(&r, "items.0.state"), "empty");
	place_work(&p, 0);
	r = target(&p, code);
	assert_str(json_at(&r, "items.0.kind"), "wecom");
	assert_str(json_at(&r, "items.0.state"), "filling");
	assert_true(str_starts(json_at(&r, "items.0.picture_url"), S("/f/")));
	r = way(&p);
	const char *state = text(&p.desk, "%.*s", STR(json_at(&r, "items.0.state")));
	assert_str(json_at(&r, "items.0.done"), "1");
	assert_non_null(strstr(wecom_fake_way(p.fake, state), "\"room_base_name\":\"车友群\",\"room_base_id\":7"));
	assert_string_equal(wecom_fake_scan(p.fake, state, "wmA", "林晓"), "wr1");
	place_work(&p, 3 * SECOND);
	r = get(p.desk.owner, at(&p.desk, "/groups/%lld", group));
	assert_str(json_at(&r, "member_count"), "2");
	r = way(&p);
	assert_str(json_at(&r, "items.0.members"), "1");
	r = get(p.desk.owner, at(&p.desk, "/members?q=%s", "%E6%9E%97%E6%99%93"));
	struct reply one = get(p.desk.owner, at(&p.desk, "/members/%.*s", STR(json_at(&r, "items.0.id"))));
	struct reply links = get(p.desk.owner, at(&p.desk, "/livecodes/%lld/links", (long long)code.n));
	assert_true(json_at(&one, "source_id").len > 0);
	assert_true(str_equal(json_at(&one, "source_id"), json_at(&links, "items.0.id")));
	assert_int_equal(del(p.desk.operator, at(&p.desk, "/join-ways/%lld", (long long)join.n)).status, 204);
	r = target(&p, code);
	assert_str(json_at(&r, "items.0.state"), "empty");
	place_work(&p, 0);
	assert_string_equal(wecom_fake_way(p.fake, state), "");
	r = way(&p);
	assert_int_equal(json_length(&r, "items"), 0);
	place_close(&p);
}

PROMISE(wecom_join_changed, "what is changed replaces the whole there; what the platform refuses is said with its words, and asked again on demand")
{
	struct place p;
	place_open(&p, house);
	for (int i = 1; i <= 6; i++)
		wecom_fake_group(p.fake, text(&p.desk, "wr%d", i), text(&p.desk, "车友 %d 群", i), "wang");
	place_work(&p, 3 * SECOND);
	struct id code = code_made(&p.desk, (struct code_draft){ 0 });
	const char *list = place_at(&p, "/join-ways");
	assert_reply(post(p.desk.operator, list, draft(&p, (struct id){ 99 }, "")), 404, "not_found");
	assert_reply(post(p.desk.operator, list, "{\"title\":\"x\",\"chats\":[],\"auto_create\":true}"), 400, "too_short");
	assert_reply(post(p.desk.operator, list, "{\"title\":\"x\",\"chats\":[\"wr1\",\"wr1\"],\"auto_create\":true}"), 409, "conflict");
	assert_reply(post(p.desk.operator, list, "{\"title\":\"x\",\"chats\":[\"no\"],\"auto_create\":true}"), 404, "not_found");
	assert_reply(post(p.desk.operator, list,
		"{\"title\":\"x\",\"chats\":[\"wr1\",\"wr2\",\"wr3\",\"wr4\",\"wr5\",\"wr6\"],\"auto_create\":true}"), 400, "too_long");
	assert_int_equal(post(p.desk.reader, list, draft(&p, code, "")).status, 403);
	struct id join = made(p.desk.operator, list, draft(&p, code, ""));
	wecom_fake_fail(p.fake, "get_join_way", 45009, 1, 0);             /* made, but its picture is to come */
	place_work(&p, 0);
	place_work(&p, 3 * MINUTE);
	assert_int_equal(wecom_fake_calls(p.fake, "add_join_way"), 1);
	struct reply r = way(&p);
	assert_str(json_at(&r, "items.0.trouble"), "");
	assert_str(json_at(&r, "items.0.done"), json_at(&r, "items.0.wanted").at ? "1" : "");
	const char *state = text(&p.desk, "%.*s", STR(json_at(&r, "items.0.state")));
	r = put(p.desk.operator, at(&p.desk, "/join-ways/%lld", (long long)join.n),
		"{\"title\":\"新名\",\"chats\":[\"wr2\",\"wr3\"],\"auto_create\":false}");
	assert_int_equal(r.status, 200);
	wecom_fake_dismiss(p.fake, "wr3");
	place_work(&p, 3 * MINUTE);
	r = way(&p);
	assert_true(str_starts(json_at(&r, "items.0.trouble"), S("90501 ")));
	wecom_fake_group(p.fake, "wr3", "又有了", "wang");
	assert_int_equal(post(p.desk.operator, at(&p.desk, "/join-ways/%lld/again", (long long)join.n), "{}").status, 204);
	place_work(&p, 3 * MINUTE);
	assert_non_null(strstr(wecom_fake_way(p.fake, state), "\"remark\":\"新名\",\"auto_create_room\":0"));
	assert_non_null(strstr(wecom_fake_way(p.fake, state), "[\"wr2\",\"wr3\"]"));
	r = target(&p, code);
	assert_str(json_at(&r, "items.0.title"), "新名");
	assert_int_equal(json_length(&r, "items"), 1);
	place_close(&p);
}
