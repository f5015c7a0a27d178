/* member_test.c: the profile, custom fields, levels, notes, the timeline, search, and the list against a plain reading. */
#include "engine/event/event.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/desk_test.h"
#include "people/field.h"
#include "people/identity.h"
#include "people/level.h"
#include "people/list.h"
#include "people/merge.h"
#include "people/note.h"
#include "people/search.h"
#include "people/tag.h"
#include "people/timeline.h"

static const struct feature *const people[] = {
	&feature_audit, &feature_community, &feature_timeline, &feature_merge, &feature_note, &feature_identity, &feature_field, &feature_member,
	&feature_member_list, &feature_search, &feature_level, &feature_tag, NULL,
};

static struct id a_member(struct desk *d, const char *json) { return made(d->operator, at(d, "/members"), json); }

static size_t found(struct browser *b, struct desk *d, const char *query)
{
	struct reply r = get(b, at(d, "/members?%s", query));
	if (r.status != 200)
		fail_msg("%s: %d %.*s", query, r.status, STR(r.body));
	return json_length(&r, "items");
}

/* ---- Custom fields ---- */

static struct reply put_value(struct desk *d, struct id member, const char *key, const char *value)
{
	return put(d->operator, at(d, "/members/%lld", (long long)member.n),
	           text(d, "{\"nickname\":\"安安\",\"values\":[{\"key\":\"%s\",\"text\":\"%s\"}]}", key, value));
}

PROMISE(field_kinds, "each of the nine kinds takes what people write, keeps it in one way, and refuses what it is not")
{
	static const struct { const char *kind, *typed, *kept, *code; } table[] = {
		{ "text", "  坦克 ", "坦克", NULL }, { "lines", "一\\n二", "一\n二", NULL }, { "text", "一\\n二", NULL, "bad_pattern" },
		{ "number", "1,200.50", "1200.5", NULL }, { "number", "-0.0001", "-0.0001", NULL }, { "number", "1.23456", NULL, "bad_pattern" },
		{ "number", "abc", NULL, "bad_pattern" }, { "money", "12.5", "12.50", NULL }, { "money", "0.001", NULL, "bad_pattern" },
		{ "date", "2026/1/5", "2026-01-05", NULL }, { "date", "2026年11月21日", "2026-11-21", NULL }, { "date", "2026-02-30", NULL, "bad_pattern" },
		{ "bool", "是", "yes", NULL }, { "bool", "N", "no", NULL }, { "bool", "maybe", NULL, "bad_pattern" },
		{ "choice", " ｔａｎｋ ", "Tank", NULL }, { "choice", "汉", NULL, "not_one_of" },
		{ "choices", "朗逸\\nTank", "Tank\n朗逸", NULL }, { "choices", "朗逸\\n汉", NULL, "not_one_of" },
		{ "link", "https://example.com/a", "https://example.com/a", NULL }, { "link", "an@example.com", "an@example.com", NULL },
		{ "link", "138 1234 5678", "138 1234 5678", NULL }, { "link", "javascript:alert(1)", NULL, "bad_pattern" },
	};
	struct desk d;
	desk_open(&d, house, people);
	struct id ann = a_member(&d, "{\"nickname\":\"安安\"}");
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		bool choice = strncmp(table[i].kind, "choice", 6) == 0;
		post(d.admin, at(&d, "/member-fields"), text(&d, "{\"key\":\"k_%s\",\"kind\":\"%s\",\"label\":\"%s\"%s}", table[i].kind, table[i].kind,
		     table[i].kind, choice ? ",\"choices\":[\"Tank\",\"朗逸\"]" : ""));
		const char *key = text(&d, "k_%s", table[i].kind);
		put_value(&d, ann, key, "");
		struct reply r = put_value(&d, ann, key, table[i].typed);
		if (table[i].code) {
			assert_reply(r, 400, table[i].code);
			assert_str(json_at(&r, "error.field"), text(&d, "values.%s", key));
			continue;
		}
		if (r.status != 200)
			fail_msg("%s %s: %.*s", table[i].kind, table[i].typed, STR(r.body));
		struct str kept = S("");
		for (size_t k = 0; k < json_length(&r, "values"); k++)
			if (str_is(json_at(&r, text(&d, "values.%zu.key", k)), key))
				kept = json_at(&r, text(&d, "values.%zu.text", k));
		assert_str(kept, table[i].kept);
	}
	desk_close(&d);
}

PROMISE(field_care, "two fields of one key, a choice in use taken out, a required one left empty: each is refused by name")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id car = made(d.admin, at(&d, "/member-fields"),
	                     "{\"key\":\"car\",\"kind\":\"choice\",\"label\":\"车型\",\"choices\":[\"坦克300\",\"朗逸\"]}");
	struct reply r = post(d.admin, at(&d, "/member-fields"), "{\"key\":\"car\",\"kind\":\"text\",\"label\":\"车\"}");
	assert_reply(r, 409, "name_taken");
	assert_str(json_at(&r, "error.field"), "key");
	struct id ann = a_member(&d, "{\"nickname\":\"安安\",\"values\":[{\"key\":\"car\",\"text\":\"朗逸\"}]}");
	r = put(d.admin, at(&d, "/member-fields/%lld", (long long)car.n), "{\"label\":\"车型\",\"choices\":[\"坦克300\"]}");
	assert_reply(r, 409, "in_use");
	r = del(d.admin, at(&d, "/member-fields/%lld", (long long)car.n));
	assert_reply(r, 409, "in_use");
	r = post(d.admin, at(&d, "/member-fields/%lld/rename", (long long)car.n), "{\"from\":\"朗逸\",\"to\":\"大众朗逸\"}");
	assert_int_equal(r.status, 200);
	r = get(d.reader, at(&d, "/members/%lld", (long long)ann.n));
	assert_str(json_at(&r, "values.0.text"), "大众朗逸");
	assert_int_equal(found(d.reader, &d, "field=car&value=%E5%A4%A7%E4%BC%97%E6%9C%97%E9%80%B8"), 1);
	assert_int_equal(found(d.reader, &d, "field=car&value=%E5%9D%A6%E5%85%8B300"), 0);

	made(d.admin, at(&d, "/member-fields"), "{\"key\":\"km\",\"kind\":\"number\",\"label\":\"里程\",\"required\":true,\"least\":\"0\",\"most\":\"100\"}");
	r = post(d.operator, at(&d, "/members"), "{\"nickname\":\"阿波\"}");
	assert_reply(r, 400, "missing_field");
	assert_str(json_at(&r, "error.field"), "values.km");
	r = post(d.operator, at(&d, "/members"), "{\"nickname\":\"阿波\",\"values\":[{\"key\":\"km\",\"text\":\"101\"}]}");
	assert_reply(r, 400, "too_large");
	r = post(d.admin, at(&d, "/member-fields/%lld/archive", (long long)car.n), "{\"archived\":true}");
	assert_int_equal(r.status, 200);
	r = get(d.reader, at(&d, "/members/%lld", (long long)ann.n));
	assert_int_equal(json_length(&r, "values"), 0);
	desk_close(&d);
}

PROMISE(member_limits, "10,000 tags on one member are refused, one tag of a one-choice group replaces another, a level in use stays")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id ann = a_member(&d, "{\"nickname\":\"安安\"}");
	BUF_SCOPED many;
	buf_init(&many, 1 << 20);
	buf_z(&many, "{\"tags\":[");
	for (int i = 0; i < 10000; i++)
		buf_format(&many, "%s\"t%d\"", i ? "," : "", i);
	buf_z(&many, "]}");
	buf_byte(&many, '\0');
	struct reply r = put(d.operator, at(&d, "/members/%lld/tags", (long long)ann.n), many.at);
	assert_int_equal(r.status / 100, 4);
	struct id group = made(d.operator, at(&d, "/tag-groups"), "{\"name\":\"意向\",\"one\":true}");
	made(d.operator, at(&d, "/tags"), text(&d, "{\"name\":\"高\",\"group_id\":\"%lld\"}", (long long)group.n));
	made(d.operator, at(&d, "/tags"), text(&d, "{\"name\":\"低\",\"group_id\":\"%lld\"}", (long long)group.n));
	r = put(d.operator, at(&d, "/members/%lld/tags", (long long)ann.n), "{\"tags\":[\"高\",\"低\"]}");
	assert_reply(r, 400, "one_of_group");
	struct id level = made(d.admin, at(&d, "/levels"), "{\"name\":\"黄金\",\"rank\":2}");
	r = post(d.admin, at(&d, "/levels"), "{\"name\":\"白银\",\"rank\":2}");
	assert_reply(r, 409, "name_taken");
	r = put(d.operator, at(&d, "/members/%lld", (long long)ann.n), text(&d, "{\"nickname\":\"安安\",\"level_id\":\"%lld\"}", (long long)level.n));
	assert_int_equal(r.status, 200);
	r = del(d.admin, at(&d, "/levels/%lld", (long long)level.n));
	assert_reply(r, 409, "in_use");
	r = put(d.operator, at(&d, "/members/%lld", (long long)ann.n), "{\"nickname\":\"安安\",\"birthday\":\"2999-01-01\"}");
	assert_reply(r, 400, "bad_pattern");
	desk_close(&d);
}

/* ---- Notes and the timeline ---- */

PROMISE(note_own, "everybody reads notes, only who wrote one edits it, pinning is open to all")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id ann = a_member(&d, "{\"nickname\":\"安安\"}");
	struct id note = made(d.operator, at(&d, "/members/%lld/notes", (long long)ann.n), "{\"text\":\"怕坡起\"}");
	made(d.admin, at(&d, "/members/%lld/notes", (long long)ann.n), "{\"text\":\"只发微信\"}");
	struct reply r = put(d.admin, at(&d, "/notes/%lld", (long long)note.n), "{\"text\":\"不怕了\"}");
	assert_reply(r, 403, "forbidden");
	r = put(d.admin, at(&d, "/notes/%lld", (long long)note.n), "{\"text\":\"怕坡起\",\"pinned\":true}");
	assert_int_equal(r.status, 200);
	r = get(d.reader, at(&d, "/members/%lld/notes", (long long)ann.n));
	assert_str(json_at(&r, "items.0.text"), "怕坡起");
	r = del(d.admin, at(&d, "/notes/%lld", (long long)note.n));
	assert_int_equal(r.status, 204);
	desk_close(&d);
}

PROMISE(timeline_follows, "what happened stands newest first, goes along with a merge, and comes back with its undo")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id a = a_member(&d, "{\"nickname\":\"甲\"}"), b = a_member(&d, "{\"nickname\":\"乙\"}");
	put(d.operator, at(&d, "/members/%lld/tags", (long long)b.n), "{\"tags\":[\"VIP\"]}");
	made(d.operator, at(&d, "/members/%lld/notes", (long long)b.n), "{\"text\":\"怕坡起\"}");
	assert_int_equal(events_catch_up(house->store, people, d.community), 0);
	struct reply r = get(d.reader, at(&d, "/members/%lld/timeline", (long long)b.n));
	assert_int_equal(json_length(&r, "items"), 3);
	assert_str(json_at(&r, "items.0.kind"), "note_made");
	assert_str(json_at(&r, "items.2.kind"), "member_joined");
	r = post(d.operator, at(&d, "/members/%lld/merge", (long long)a.n), text(&d, "{\"from\":\"%lld\"}", (long long)b.n));
	assert_int_equal(r.status, 200);
	assert_int_equal(events_catch_up(house->store, people, d.community), 0);
	r = get(d.reader, at(&d, "/members/%lld/timeline?limit=2", (long long)a.n));
	assert_str(json_at(&r, "items.0.kind"), "member_merged");
	r = get(d.reader, at(&d, "/members/%lld/timeline?limit=50&before=%.*s", (long long)a.n, STR(json_at(&r, "next"))));
	assert_int_equal(json_length(&r, "items"), 3);
	r = get(d.reader, at(&d, "/members/%lld/merges", (long long)a.n));
	post(d.operator, at(&d, "/merges/%.*s/undo", STR(json_at(&r, "items.0.id"))), "{}");
	r = get(d.reader, at(&d, "/members/%lld/timeline", (long long)b.n));
	assert_int_equal(json_length(&r, "items"), 3);
	desk_close(&d);
}

/* ---- Search ---- */

PROMISE(search_words, "somebody is found by any part of a name, by pinyin, initials, the end of the number, an identity, a tag")
{
	static const char *const hits[] = {
		"q=%E6%9E%97", "q=%E5%B0%8F%E6%9E%97", "q=%E6%99%93", "q=lx", "q=LX", "q=lin", "q=linxiao", "q=xiaolin", "q=jxxl", "q=jiaxing",
		"q=5678", "q=wm-9", "q=vip", "q=%E5%98%89%E5%85%B4%E5%B0%8F%E6%9E%97%E5%A6%88%E5%A6%88%E7%88%B1%E5%AD%A6%E8%BD%A6",
	};
	static const char *const misses[] = { "q=xl9", "q=wm", "q=45678", "q=%E6%9E%97%E6%99%93%E5%98%89", "q=%25", "q=zz" };
	struct desk d;
	desk_open(&d, house, people);
	struct id ann = a_member(&d, "{\"nickname\":\"嘉兴小林妈妈爱学车\",\"name\":\"林晓\",\"phone\":\"13812345678\"}");
	a_member(&d, "{\"nickname\":\"曾\",\"name\":\"曾单\"}");
	put(d.operator, at(&d, "/members/%lld/tags", (long long)ann.n), "{\"tags\":[\"ＶＩＰ\"]}");
	post(d.operator, at(&d, "/members/%lld/identities", (long long)ann.n), "{\"channel\":\"wecom\",\"subject\":\"wm-9\"}");
	for (size_t i = 0; i < sizeof hits / sizeof *hits; i++)
		if (found(d.operator, &d, hits[i]) != 1)
			fail_msg("%s finds %zu", hits[i], found(d.operator, &d, hits[i]));
	for (size_t i = 0; i < sizeof misses / sizeof *misses; i++)
		if (found(d.operator, &d, misses[i]) != 0)
			fail_msg("%s finds %zu", misses[i], found(d.operator, &d, misses[i]));
	assert_int_equal(found(d.operator, &d, "q=zeng"), 1);
	assert_int_equal(found(d.admin, &d, "q=45678"), 1);
	put(d.operator, at(&d, "/members/%lld", (long long)ann.n), "{\"nickname\":\"阿波\"}");
	assert_int_equal(found(d.operator, &d, "q=lx"), 0);
	assert_int_equal(found(d.operator, &d, "q=ab"), 1);
	desk_close(&d);
}

/* ---- The list against a plain reading ---- */

#define CROWD 60

/* Pages of three must give what one page of all gives, nobody twice, in the same order. */
static void pages_agree(struct desk *d, const char *query)
{
	struct reply whole = get(d->reader, at(d, "/members?limit=200&%s", query)), part = { 0 };
	assert_int_equal(whole.status, 200);
	size_t n = 0;
	struct str next = S("");
	do {
		part = get(d->reader, at(d, "/members?limit=3&%s&after=%.*s", query, STR(next)));
		assert_int_equal(part.status, 200);
		for (size_t i = 0; i < json_length(&part, "items"); i++, n++)
			if (number_at(&part, text(d, "items.%zu.id", i)) != number_at(&whole, text(d, "items.%zu.id", n)))
				fail_msg("%s: place %zu", query, n);
		next = json_at(&part, "next");
		BUF_SCOPED b;
		buf_init(&b, 4096);
		buf_url(&b, next);
		next = str_copy(&d->house->arena, buf_view(&b));
	} while (next.len);
	assert_int_equal(n, json_length(&whole, "items"));
	if (json_at(&whole, "total").len)
		assert_int_equal((size_t)number_at(&whole, "total"), n);
}

PROMISE(list_pages, "every order and filter gives everybody who passes once, page by page, and counts them")
{
	static const char *const sorts[] = { "", "sort=newest", "sort=name", "sort=active" };
	struct desk d;
	desk_open(&d, house, people);
	struct id level = made(d.admin, at(&d, "/levels"), "{\"name\":\"黄金\",\"rank\":2}");
	made(d.admin, at(&d, "/member-fields"), "{\"key\":\"km\",\"kind\":\"number\",\"label\":\"里程\"}");
	for (int i = 0; i < CROWD; i++) {
		struct id m = a_member(&d, text(&d, "{\"nickname\":\"%s%d\",\"level_id\":%s,\"values\":[{\"key\":\"km\",\"text\":\"%d\"}]}",
		                                i % 2 ? "林" : "Wang", i % 7, i % 3 ? "null" : text(&d, "\"%lld\"", (long long)level.n), i % 5));
		if (i % 4 == 0)
			put(d.operator, at(&d, "/members/%lld/tags", (long long)m.n), "{\"tags\":[\"VIP\"]}");
	}
	struct reply tags = get(d.reader, at(&d, "/tags"));
	long long tag = (long long)number_at(&tags, "items.0.id"), now = (long long)clock_now().ms;
	for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
		pages_agree(&d, sorts[i]);
		pages_agree(&d, text(&d, "%s&level=%lld", sorts[i], (long long)level.n));
		pages_agree(&d, text(&d, "%s&tag=%lld&q=lin", sorts[i], tag));
		pages_agree(&d, text(&d, "%s&field=km&value=3.0&joined_from=%lld", sorts[i], now - 1000000));
		pages_agree(&d, text(&d, "%s&joined_until=%lld", sorts[i], now + 1000000));
	}
	assert_int_equal(found(d.reader, &d, "limit=200"), CROWD);
	assert_int_equal(found(d.reader, &d, text(&d, "limit=200&tag=%lld", tag)), CROWD / 4);
	assert_int_equal(found(d.reader, &d, text(&d, "limit=200&level=%lld", (long long)level.n)), CROWD / 3);
	assert_int_equal(found(d.reader, &d, "limit=200&field=km&value=3.0"), CROWD / 5);
	assert_int_equal(found(d.reader, &d, "limit=200&q=lin"), CROWD / 2);
	struct reply r = get(d.reader, at(&d, "/members?field=nothing&value=1"));
	assert_reply(r, 400, "invalid");
	r = get(d.reader, at(&d, "/members?after=abc"));
	assert_reply(r, 400, "invalid");
	desk_close(&d);
}
