/* people_test.c: the promises of tags and members. */
#include "engine/event/event.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/desk_test.h"
#include "people/field.h"
#include "people/level.h"
#include "people/list.h"
#include "people/search.h"
#include "people/tag.h"

static const struct feature *const people[] = {
	&feature_audit, &feature_community, &feature_member, &feature_member_list, &feature_search, &feature_field, &feature_level, &feature_tag, NULL,
};

static void put_tags(struct desk *d, struct id member, const char *tags)
{
	struct reply r = put(d->operator, at(d, "/members/%lld/tags", (long long)member.n), text(d, "{\"tags\":%s}", tags));
	if (r.status != 200)
		fail_msg("tags %s: %d %.*s", tags, r.status, STR(r.body));
}

static struct id a_member(struct desk *d, const char *nickname, const char *phone)
{
	return made(d->operator, at(d, "/members"), text(d, "{\"nickname\":\"%s\",\"phone\":\"%s\"}", nickname, phone));
}

static size_t found(struct browser *b, struct desk *d, const char *query)
{
	struct reply r = get(b, at(d, "/members?%s", query));
	assert_int_equal(r.status, 200);
	return json_length(&r, "items");
}

/* The n-th tag of GET /tags: who carries it. */
static int64_t carried(struct desk *d, struct id tag)
{
	struct reply r = get(d->reader, at(d, "/tags"));
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		if (number_at(&r, text(d, "items.%zu.id", i)) == tag.n)
			return number_at(&r, text(d, "items.%zu.members", i));
	return -1;
}

PROMISE(people_declared, "every query fits the store, every route asks for its role")
{
	struct desk d;
	desk_open(&d, house, people);
	desk_check_queries(&d);
	desk_walk_routes(&d);
	desk_close(&d);
}

/* ---- Tags ---- */

PROMISE(tag_one_name, "names that differ in case, width or spaces are one name")
{
	static const char *const same[][2] = {
		{ "VIP", " ｖｉｐ " }, { "增购意向", "增购 意向" }, { "Ａ1", "a１" }, { "早 起", "早　起" },
	};
	struct desk d;
	desk_open(&d, house, people);
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		made(d.operator, at(&d, "/tags"), text(&d, "{\"name\":\"%s\",\"colour\":\"teal\"}", same[i][0]));
		struct reply r = post(d.operator, at(&d, "/tags"), text(&d, "{\"name\":\"%s\"}", same[i][1]));
		assert_reply(r, 409, "name_taken");
		assert_str(json_at(&r, "error.field"), "name");
	}
	struct reply r = post(d.operator, at(&d, "/tags"), "{\"name\":\"早起打卡\"}");
	assert_int_equal(r.status / 100, 2);
	r = post(d.operator, at(&d, "/tags"), "{\"name\":\"   \"}");
	assert_reply(r, 400, "too_short");
	desk_close(&d);
}

PROMISE(tag_renamed, "a renamed tag keeps its members; a taken name is refused, its own is not")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id ann = a_member(&d, "安安", "");
	put_tags(&d, ann, "[\"VIP\",\"新客\"]");
	struct reply r = get(d.reader, at(&d, "/tags"));
	struct id first = { number_at(&r, "items.0.id") };
	r = put(d.operator, at(&d, "/tags/%lld", (long long)first.n), "{\"name\":\" vip \",\"colour\":\"red\"}");
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "name"), "vip");
	assert_str(json_at(&r, "members"), "1");
	r = put(d.operator, at(&d, "/tags/%lld", (long long)first.n), "{\"name\":\"新 客\"}");
	assert_reply(r, 409, "name_taken");
	desk_close(&d);
}

PROMISE(tag_merged, "merging loses nobody and doubles nobody; a tag is not merged into itself")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id a = made(d.operator, at(&d, "/tags"), "{\"name\":\"增购\"}");
	struct id b = made(d.operator, at(&d, "/tags"), "{\"name\":\"想买车\"}");
	put_tags(&d, a_member(&d, "安安", ""), "[\"增购\"]");
	put_tags(&d, a_member(&d, "阿波", ""), "[\"增购\",\"想买车\"]");
	put_tags(&d, a_member(&d, "小蔡", ""), "[\"想买车\"]");

	struct reply r = post(d.admin, at(&d, "/tags/%lld/merge", (long long)a.n), text(&d, "{\"into\":\"%lld\"}", (long long)a.n));
	assert_reply(r, 400, "invalid");
	assert_int_equal(carried(&d, a), 2);
	r = post(d.admin, at(&d, "/tags/%lld/merge", (long long)b.n), text(&d, "{\"into\":\"%lld\"}", (long long)a.n));
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "members"), "3");
	assert_int_equal(carried(&d, a), 3);
	assert_int_equal(carried(&d, b), -1);
	r = post(d.admin, at(&d, "/tags/%lld/merge", (long long)b.n), text(&d, "{\"into\":\"%lld\"}", (long long)a.n));
	assert_reply(r, 404, "not_found");
	desk_close(&d);
}

PROMISE(tag_merge_swept, "whichever statement of a merge fails, all of it happens or nothing")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id a = made(d.operator, at(&d, "/tags"), "{\"name\":\"增购\"}");
	struct id b = made(d.operator, at(&d, "/tags"), "{\"name\":\"想买车\"}");
	put_tags(&d, a_member(&d, "安安", ""), "[\"增购\"]");
	put_tags(&d, a_member(&d, "阿波", ""), "[\"增购\",\"想买车\"]");
	const char *path = at(&d, "/tags/%lld/merge", (long long)b.n), *body = text(&d, "{\"into\":\"%lld\"}", (long long)a.n);
	struct reply r = { 0 };
	for (long n = 0; n < 40 && r.status != 200; n++) {
		store_fault_after(n, false);
		r = post(d.admin, path, body);
		store_fault_after(-1, false);
		assert_int_equal(carried(&d, a), 2);
		assert_int_equal(carried(&d, b), r.status == 200 ? -1 : 1);
	}
	assert_int_equal(r.status, 200);
	desk_close(&d);
}

PROMISE(tag_deleted, "a deleted tag is taken off everybody")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id ann = a_member(&d, "安安", "");
	put_tags(&d, ann, "[\"VIP\"]");
	struct reply tags = get(d.reader, at(&d, "/tags"));
	struct str id = json_at(&tags, "items.0.id");
	struct reply r = del(d.admin, at(&d, "/tags/%.*s", STR(id)));
	assert_int_equal(r.status, 204);
	r = del(d.admin, at(&d, "/tags/%.*s", STR(id)));
	assert_reply(r, 404, "not_found");
	r = get(d.reader, at(&d, "/members/%lld", (long long)ann.n));
	assert_int_equal(json_length(&r, "tags"), 0);
	desk_close(&d);
}

/* ---- Members ---- */

TEST(phone_mask, "a phone number is shown by its ends, a short one by less")
{
	static const char *const table[][2] = {
		{ "13812341234", "138****1234" }, { "+8613812341234", "+86****1234" }, { "62345678", "****78" }, { "110", "****" },
		{ "", "" },
	};
	ARENA_SCOPED arena;
	arena_init(&arena, 4096);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_str(phone_masked(&arena, str_of(table[i][0])), table[i][1]);
}

PROMISE(member_phone, "below admin a phone number is masked, cannot be searched out, and survives being saved back")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id ann = a_member(&d, "安安", "138 1234-5678");
	const char *path = at(&d, "/members/%lld", (long long)ann.n);
	struct reply r = get(d.admin, path);
	assert_str(json_at(&r, "phone"), "13812345678");
	r = get(d.operator, path);
	assert_str(json_at(&r, "phone"), "138****5678");
	r = get(d.reader, at(&d, "/members"));
	assert_str(json_at(&r, "items.0.phone"), "138****5678");

	assert_int_equal(found(d.operator, &d, "q=5678"), 1);
	assert_int_equal(found(d.operator, &d, "q=45678"), 0);
	assert_int_equal(found(d.admin, &d, "q=45678"), 1);
	assert_int_equal(found(d.admin, &d, "q=1381234"), 0);

	r = put(d.operator, path, "{\"nickname\":\"安安\",\"phone\":\"138****5678\",\"job\":\"教练\"}");
	assert_int_equal(r.status, 200);
	r = get(d.admin, path);
	assert_str(json_at(&r, "phone"), "13812345678");
	assert_str(json_at(&r, "job"), "教练");
	r = put(d.operator, path, "{\"nickname\":\"安安\",\"phone\":\"139****5678\"}");
	assert_reply(r, 400, "bad_pattern");
	assert_str(json_at(&r, "error.field"), "phone");
	desk_close(&d);
}

PROMISE(member_search, "search folds names, takes no jokers, and every filter narrows")
{
	struct desk d;
	desk_open(&d, house, people);
	put_tags(&d, a_member(&d, "Ａnn 安安", ""), "[\"VIP\"]");
	a_member(&d, "100%", "");
	a_member(&d, "a_b!", "");
	assert_int_equal(found(d.reader, &d, "q=ANN"), 1);
	assert_int_equal(found(d.reader, &d, "q=n%20%E5%AE%89"), 1);
	assert_int_equal(found(d.reader, &d, "q=%25"), 1);
	assert_int_equal(found(d.reader, &d, "q=_"), 1);
	assert_int_equal(found(d.reader, &d, "q=!"), 1);
	assert_int_equal(found(d.reader, &d, "q=zzz"), 0);
	assert_int_equal(found(d.reader, &d, "q="), 3);
	struct reply tags = get(d.reader, at(&d, "/tags"));
	assert_int_equal(found(d.reader, &d, text(&d, "tag=%.*s", STR(json_at(&tags, "items.0.id")))), 1);
	assert_int_equal(found(d.reader, &d, "tag=1"), 0);
	assert_int_equal(found(d.reader, &d, "source=1"), 0);
	assert_int_equal(found(d.reader, &d, "group=1"), 0);
	desk_close(&d);
}

PROMISE(member_pages, "a list goes on where it stopped, newest first, nobody twice")
{
	struct desk d;
	desk_open(&d, house, people);
	for (int i = 0; i < 5; i++)
		a_member(&d, text(&d, "第%d位", i), "");
	struct reply r = get(d.reader, at(&d, "/members?limit=2"));
	assert_str(json_at(&r, "items.0.nickname"), "第4位");
	assert_str(json_at(&r, "total"), "5");
	r = get(d.reader, at(&d, "/members?limit=2&after=%.*s", STR(json_at(&r, "next"))));
	assert_str(json_at(&r, "items.0.nickname"), "第2位");
	r = get(d.reader, at(&d, "/members?limit=2&after=%.*s", STR(json_at(&r, "next"))));
	assert_str(json_at(&r, "items.0.nickname"), "第0位");
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "next"), "");
	desk_close(&d);
}

PROMISE(member_tags_set, "a member carries exactly the tags that were set, however they were typed")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id ann = a_member(&d, "安安", "");
	const char *path = at(&d, "/members/%lld", (long long)ann.n);
	put_tags(&d, ann, "[\"VIP\",\"新客\",\"ｖｉｐ\"]");
	struct reply r = get(d.reader, path);
	assert_int_equal(json_length(&r, "tags"), 2);
	put_tags(&d, ann, "[\" v i p \"]");
	r = get(d.reader, path);
	assert_int_equal(json_length(&r, "tags"), 1);
	assert_str(json_at(&r, "tags.0"), "VIP");
	put_tags(&d, ann, "[]");
	r = get(d.reader, path);
	assert_int_equal(json_length(&r, "tags"), 0);
	desk_close(&d);
}

PROMISE(people_elsewhere, "another community's members and tags do not exist")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id bo = made(d.stranger, there(&d, "/members"), "{\"nickname\":\"阿波\"}");
	struct id tag = made(d.stranger, there(&d, "/tags"), "{\"name\":\"VIP\"}");
	struct reply r = get(d.admin, at(&d, "/members/%lld", (long long)bo.n));
	assert_reply(r, 404, "not_found");
	r = put(d.admin, at(&d, "/members/%lld", (long long)bo.n), "{\"nickname\":\"x\"}");
	assert_reply(r, 404, "not_found");
	r = put(d.admin, at(&d, "/members/%lld/tags", (long long)bo.n), "{\"tags\":[\"x\"]}");
	assert_reply(r, 404, "not_found");
	r = del(d.admin, at(&d, "/members/%lld", (long long)bo.n));
	assert_reply(r, 404, "not_found");
	r = put(d.admin, at(&d, "/tags/%lld", (long long)tag.n), "{\"name\":\"x\"}");
	assert_reply(r, 404, "not_found");
	r = del(d.admin, at(&d, "/tags/%lld", (long long)tag.n));
	assert_reply(r, 404, "not_found");
	assert_int_equal(found(d.admin, &d, ""), 0);
	r = get(d.stranger, there(&d, "/members/%lld", (long long)bo.n));
	assert_str(json_at(&r, "nickname"), "阿波");
	desk_close(&d);
}

PROMISE(people_texts, "whatever is typed into a text field comes back as it was")
{
	static const char *const fields[] = { "nickname", "name", "city", "industry", "job" };
	struct desk d;
	desk_open(&d, house, people);
	made(d.admin, at(&d, "/member-fields"), "{\"key\":\"wish\",\"kind\":\"lines\",\"label\":\"愿望\"}");
	struct reply want = post(d.operator, at(&d, "/members"),
	                         "{\"nickname\":" "\"x\"" ",\"values\":[{\"key\":\"wish\",\"text\":" NASTY "}]}");
	struct str nasty = json_at(&want, "values.0.text");
	assert_true(nasty.len > 60);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		struct str cut = { nasty.at, 36 };
		BUF_SCOPED body;
		buf_init(&body, 4096);
		buf_format(&body, "{\"%s\":", fields[i]);
		buf_json(&body, cut);
		buf_z(&body, i ? ",\"nickname\":\"x\"}" : "}");
		buf_byte(&body, '\0');
		struct reply r = post(d.operator, at(&d, "/members"), body.at);
		assert_true(str_equal(json_at(&r, fields[i]), cut));
	}
	struct reply r = post(d.operator, at(&d, "/tags"), "{\"name\":\"'; DROP TABLE tag;--<b>\"}");
	assert_str(json_at(&r, "name"), "'; DROP TABLE tag;--<b>");
	r = post(d.operator, at(&d, "/members"), "{\"nickname\":\"a\\nb\"}");
	assert_int_equal(r.status, 400);
	desk_close(&d);
}

PROMISE(member_deleted, "a deleted member leaves nothing behind")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id ann = a_member(&d, "安安", "");
	put_tags(&d, ann, "[\"VIP\"]");
	const char *path = at(&d, "/members/%lld", (long long)ann.n);
	struct reply r = del(d.admin, path);
	assert_int_equal(r.status, 204);
	r = get(d.admin, path);
	assert_reply(r, 404, "not_found");
	r = get(d.reader, at(&d, "/tags"));
	assert_str(json_at(&r, "items.0.members"), "0");
	desk_close(&d);
}

/* ---- Members behind browsers ---- */

struct visit { struct id community, visitor; struct member_origin origin; struct id member; bool new; int64_t all, since; };

static int arrive(struct tx *tx, void *arg)
{
	struct visit *v = arg;
	return member_of_visitor(tx, v->community, v->visitor, &v->origin, &v->member, &v->new);
}

static int count(struct tx *tx, void *arg)
{
	struct visit *v = arg;
	return member_count(tx, v->community, (struct id){ 0 }, (struct instant){ 0 }, &v->all, &v->since);
}

static int find(struct tx *tx, void *arg)
{
	struct visit *v = arg;
	return member_find_visitor(tx, v->community, v->visitor, &v->member);
}

PROMISE(member_visitor, "a browser is one member; a second visit fills what is empty and overwrites nothing")
{
	struct desk d;
	desk_open(&d, house, people);
	struct visit v = { .community = d.community, .visitor = { 77 }, .origin = { .source = { 5 }, .source_label = S("海报") } };
	assert_int_equal(store_write(house->store, d.community, &house->arena, arrive, &v), 0);
	assert_true(v.new);
	struct id ann = v.member;
	v.origin = (struct member_origin){ .nickname = S("安安"), .source = { 6 }, .source_label = S("门店"), .group = { 9 } };
	assert_int_equal(store_write(house->store, d.community, &house->arena, arrive, &v), 0);
	assert_false(v.new);
	assert_true(v.member.n == ann.n);
	v.origin = (struct member_origin){ .nickname = S("别人"), .group = { 10 } };
	assert_int_equal(store_write(house->store, d.community, &house->arena, arrive, &v), 0);

	struct reply r = get(d.reader, at(&d, "/members/%lld", (long long)ann.n));
	assert_str(json_at(&r, "nickname"), "安安");
	assert_str(json_at(&r, "source"), "海报");
	assert_str(json_at(&r, "source_id"), "5");
	assert_str(json_at(&r, "group_id"), "9");
	assert_str(json_at(&r, "identities.0.channel"), "browser");
	assert_int_equal(found(d.reader, &d, "q=%E5%AE%89"), 1);
	v.community = d.elsewhere;
	assert_int_equal(store_read(house->store, &house->arena, find, &v), E_NOT_FOUND);
	desk_close(&d);
}

/* After a failure nobody is there; after a success both the member and the way to find them are. */
static void whole_or_nothing(struct house *house, struct visit *v, int result)
{
	assert_int_equal(store_read(house->store, &house->arena, count, v), 0);
	assert_int_equal(v->all, result == 0);
	assert_int_equal(store_read(house->store, &house->arena, find, v), result == 0 ? 0 : E_NOT_FOUND);
}

static int arrive_once(struct house *house, struct visit *v)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	return store_write(house->store, v->community, &arena, arrive, v);
}

PROMISE(member_swept, "whichever statement or allocation fails, a visitor becomes a member whole or not at all")
{
	int r = -1;
	for (long n = 0; n < 40 && r < 0; n++) {
		struct visit v = { .community = { 7 }, .visitor = { 77 }, .origin = { .nickname = S("安安") } };
		store_fault_after(n, false);
		r = arrive_once(house, &v);
		store_fault_after(-1, false);
		whole_or_nothing(house, &v, r);
	}
	assert_int_equal(r, 0);
	r = -1;
	for (long n = 0; n < 400 && r < 0; n++) {
		struct visit v = { .community = { 8 }, .visitor = { 78 }, .origin = { .nickname = S("阿波") } };
		mem_fail_after(n);
		r = arrive_once(house, &v);
		mem_fail_after(-1);
		whole_or_nothing(house, &v, r);
	}
	assert_int_equal(r, 0);
}
