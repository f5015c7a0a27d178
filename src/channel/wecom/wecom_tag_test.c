/* wecom_tag_test.c: a tag is the same here and there: who changes it is followed, and nothing comes back. */
#include "wecom_place_test.h"

static struct id customer(struct place *p, const char *external, const char *name)
{
	wecom_fake_add(p->fake, external, name, "wang", "");
	place_work(p, 3 * SECOND);
	struct reply r = get(p->desk.owner, at(&p->desk, "/members"));
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		if (str_is(json_at(&r, text(&p->desk, "items.%zu.nickname", i)), name))
			return (struct id){ number_at(&r, text(&p->desk, "items.%zu.id", i)) };
	fail_msg("%s is not here", name);
	return (struct id){ 0 };
}

static const char *path_of(struct place *p, struct id member) { return at(&p->desk, "/members/%lld/tags", (long long)member.n); }

/* The member's tags as JSON; the names one after the other. */
static const char *tags_of(struct place *p, struct id member)
{
	struct reply r = get(p->desk.owner, at(&p->desk, "/members/%lld", (long long)member.n));
	const char *all = "";
	for (size_t i = 0; i < json_length(&r, "tags"); i++)
		all = text(&p->desk, "%s%s%.*s", all, *all ? " " : "", STR(json_at(&r, text(&p->desk, "tags.%zu", i))));
	return all;
}

static void set_tags(struct place *p, struct id member, const char *json)
{
	struct reply r = put(p->desk.operator, path_of(p, member), text(&p->desk, "{\"tags\":%s}", json));
	assert_int_equal(r.status, 200);
}

PROMISE(wecom_tag_both_ways, "a mark there is a tag here and the other way round; each change is told once, and none comes back")
{
	struct place p;
	place_open(&p, house);
	const char *buyer = text(&p.desk, "%s", wecom_fake_tag(p.fake, "阶段", "已下定")), *keen = text(&p.desk, "%s", wecom_fake_tag(p.fake, "阶段", "意向"));
	place_work(&p, 3 * SECOND);
	struct id member = customer(&p, "wmA", "林晓");
	wecom_fake_mark(p.fake, "wmA", "wang", buyer, true);
	place_work(&p, 3 * SECOND);
	assert_string_equal(tags_of(&p, member), "已下定");
	assert_int_equal(wecom_fake_calls(p.fake, "mark_tag"), 0);
	set_tags(&p, member, "[\"已下定\",\"意向\"]");
	place_work(&p, 0);
	assert_true(wecom_fake_marked(p.fake, "wmA", "wang", keen));
	assert_true(wecom_fake_marked(p.fake, "wmA", "wang", buyer));
	assert_int_equal(wecom_fake_calls(p.fake, "mark_tag"), 1);
	set_tags(&p, member, "[\"意向\"]");
	wecom_fake_mark(p.fake, "wmA", "wang", keen, false);       /* at once, at the other end */
	place_work(&p, 3 * SECOND);
	assert_string_equal(tags_of(&p, member), "");
	assert_false(wecom_fake_marked(p.fake, "wmA", "wang", buyer));
	assert_int_equal(wecom_fake_calls(p.fake, "mark_tag"), 2);
	int64_t put_events = place_events(&p, "tag_put");
	place_work(&p, 3 * SECOND);
	assert_int_equal(place_events(&p, "tag_put"), put_events);
	assert_int_equal(wecom_fake_calls(p.fake, "mark_tag"), 2);
	place_close(&p);
}

PROMISE(wecom_tag_refused, "what the platform refuses for good is said with the customer; what was only late is told again")
{
	struct place p;
	place_open(&p, house);
	const char *keen = text(&p.desk, "%s", wecom_fake_tag(p.fake, "阶段", "意向"));
	place_work(&p, 3 * SECOND);
	struct id member = customer(&p, "wmA", "林晓");
	wecom_fake_fail(p.fake, "mark_tag", 84061, 1, 0);
	set_tags(&p, member, "[\"意向\"]");
	place_work(&p, 0);
	struct reply r = get(p.desk.reader, place_at(&p, "/wecom-tag-troubles"));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.nickname"), "林晓");
	assert_str(json_at(&r, "items.0.tag"), "意向");
	assert_true(str_starts(json_at(&r, "items.0.trouble"), S("84061 ")));
	wecom_fake_fail(p.fake, "mark_tag", -1, 1, 0);
	assert_int_equal(post(p.desk.owner, place_at(&p, "/wecom-tags-sync"), "{}").status, 204);
	place_work(&p, 10 * SECOND);
	place_work(&p, 3 * MINUTE);
	assert_true(wecom_fake_marked(p.fake, "wmA", "wang", keen));
	r = get(p.desk.reader, place_at(&p, "/wecom-tag-troubles"));
	assert_int_equal(json_length(&r, "items"), 0);
	place_close(&p);
}

PROMISE(wecom_tag_corp, "the corp gets a tag of ours, it is renamed and deleted there; ours stays, and one deleted here is not made again")
{
	struct place p;
	place_open(&p, house);
	const char *list = place_at(&p, "/wecom-tags");
	struct id tag = made(p.desk.operator, at(&p.desk, "/tags"), "{\"name\":\"老客户\"}");
	const char *draft = text(&p.desk, "{\"tag_id\":\"%lld\",\"family\":\"关系\"}", (long long)tag.n);
	assert_int_equal(post(p.desk.operator, list, draft).status, 403);
	assert_reply(post(p.desk.owner, list, "{\"tag_id\":\"99\",\"family\":\"关系\"}"), 404, "not_found");
	struct id corp = made(p.desk.owner, list, draft);
	struct reply again = post(p.desk.owner, list, draft);         /* until it is made its group may be another */
	assert_int_equal(number_at(&again, "id"), corp.n);
	place_work(&p, 0);
	assert_reply(post(p.desk.owner, list, draft), 409, "conflict");
	assert_string_not_equal(wecom_fake_tag_named(p.fake, "老客户"), "");
	assert_int_equal(put(p.desk.owner, at(&p.desk, "/wecom-tags/%lld", (long long)corp.n), "{\"name\":\"老友\"}").status, 200);
	place_work(&p, 0);
	assert_string_not_equal(wecom_fake_tag_named(p.fake, "老友"), "");
	struct reply r = get(p.desk.reader, list);
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.tag"), "老客户");
	assert_str(json_at(&r, "items.0.name"), "老友");
	assert_str(json_at(&r, "items.0.wanted"), "");
	assert_int_equal(del(p.desk.owner, at(&p.desk, "/tags/%lld", (long long)tag.n)).status, 204);
	wecom_fake_tag(p.fake, "关系", "新客");
	place_work(&p, 3 * SECOND);
	r = get(p.desk.reader, list);
	assert_int_equal(json_length(&r, "items"), 2);
	assert_str(json_at(&r, "items.0.apart"), "true");
	assert_str(json_at(&r, "items.1.tag"), "新客");
	assert_int_equal(del(p.desk.owner, at(&p.desk, "/wecom-tags/%lld", (long long)corp.n)).status, 204);
	place_work(&p, 0);
	assert_string_equal(wecom_fake_tag_named(p.fake, "老友"), "");
	wecom_fake_retag(p.fake, wecom_fake_tag_named(p.fake, "新客"), NULL);
	place_work(&p, 3 * SECOND);
	r = get(p.desk.reader, list);
	assert_int_equal(json_length(&r, "items"), 0);
	r = get(p.desk.reader, at(&p.desk, "/tags"));
	assert_int_equal(json_length(&r, "items"), 1);
	place_close(&p);
}

PROMISE(wecom_tag_drop_refused, "a tag that may not be deleted from here stays with the platform's words; one that is gone there is gone, whatever the code")
{
	struct place p;
	place_open(&p, house);
	const char *list = place_at(&p, "/wecom-tags");
	wecom_fake_tag(p.fake, "阶段", "意向");
	wecom_fake_tag(p.fake, "阶段", "成交");
	place_work(&p, 3 * SECOND);
	struct reply r = get(p.desk.reader, list);
	assert_int_equal(json_length(&r, "items"), 2);
	wecom_fake_fail(p.fake, "del_corp_tag", 40068, 1, 0);
	assert_int_equal(del(p.desk.owner, at(&p.desk, "/wecom-tags/%lld", (long long)number_at(&r, "items.0.id"))).status, 204);
	place_work(&p, 0);
	r = get(p.desk.reader, list);
	assert_int_equal(json_length(&r, "items"), 2);
	assert_str(json_at(&r, "items.0.trouble"), "40068 invalid tagid");
	wecom_fake_retag(p.fake, wecom_fake_tag_named(p.fake, text(&p.desk, "%.*s", STR(json_at(&r, "items.1.name")))), NULL);
	wecom_fake_fail(p.fake, "del_corp_tag", 86996, 1, 0);
	assert_int_equal(del(p.desk.owner, at(&p.desk, "/wecom-tags/%lld", (long long)number_at(&r, "items.1.id"))).status, 204);
	place_work(&p, 0);
	r = get(p.desk.reader, list);
	assert_int_equal(json_length(&r, "items"), 1);
	place_close(&p);
}
