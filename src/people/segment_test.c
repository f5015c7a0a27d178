/* segment_test.c: the promises of segments: the grammar, the three ways to the same answer, use and deletion. */
#include "engine/event/event.h"
#include "people/account.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/desk_test.h"
#include "people/facts.h"
#include "people/field.h"
#include "people/level.h"
#include "people/member.h"
#include "people/merge.h"
#include "people/search.h"
#include "people/segment.h"
#include "people/segment_find.h"
#include "people/tag.h"

static const struct feature find_queries_feature = { .name = "find", .queries = find_queries };
static const struct feature fact_queries_feature = { .name = "fact", .queries = fact_queries };

static const struct feature *const people[] = {
	&feature_audit, &feature_account, &feature_community, &feature_member, &feature_tag, &feature_field, &feature_level,
	&feature_search, &feature_merge, &feature_segment,	&find_queries_feature, &fact_queries_feature, NULL,
};

static const struct event_kind acts[] = { { "test_scanned", "A test", "test" }, { "test_asked", "A test", "test" } };

#define ALL(children) "[{\"depth\":0,\"what\":\"all\"}" children "]"
#define CITY(depth, holds, city) ",{\"depth\":" #depth ",\"what\":\"city\",\"holds\":\"" holds "\",\"texts\":[\"" city "\"]}"

static struct reply preview(struct desk *d, const char *where)
{
	return post(d->reader, at(d, "/segments/preview"), text(d, "{\"where\":%s}", where));
}

static struct id a_member(struct desk *d, const char *nickname, const char *city)
{
	return made(d->operator, at(d, "/members"), text(d, "{\"nickname\":\"%s\",\"city\":\"%s\"}", nickname, city));
}

static struct id a_segment(struct desk *d, const char *name, const char *where)
{
	return made(d->operator, at(d, "/segments"), text(d, "{\"name\":\"%s\",\"where\":%s}", name, where));
}

PROMISE(segment_declared, "every query fits the store, every route asks for its role")
{
	struct desk d;
	desk_open(&d, house, people);
	desk_check_queries(&d);
	desk_walk_routes(&d);
	desk_close(&d);
}

/* ---- The grammar ---- */

PROMISE(segment_grammar, "what makes no sense is refused, and the line is named")
{
	static const struct { const char *where, *code, *field; } wrong[] = {
		{ "[]", "missing_field", "where" },
		{ "[{\"depth\":0,\"what\":\"city\",\"holds\":\"present\"}]", "not_one_of", "where[0].what" },
		{ ALL(",{\"depth\":2,\"what\":\"city\",\"holds\":\"present\"}"), "invalid", "where[1].depth" },
		{ ALL(",{\"depth\":5,\"what\":\"city\",\"holds\":\"present\"}"), "too_large", "where[1].depth" },
		{ ALL(",{\"depth\":1,\"what\":\"any\"}"), "too_short", "where[1]" },
		{ ALL(CITY(1, "is", "京") CITY(2, "is", "沪")), "invalid", "where[2].depth" },
		{ ALL(",{\"depth\":1,\"what\":\"moon\",\"holds\":\"is\"}"), "not_one_of", "where[1].what" },
		{ ALL(",{\"depth\":1,\"what\":\"city\",\"holds\":\"between\",\"from\":1,\"until\":2}"), "not_one_of", "where[1].holds" },
		{ ALL(",{\"depth\":1,\"what\":\"city\"}"), "missing_field", "where[1].holds" },
		{ ALL(",{\"depth\":1,\"what\":\"city\",\"holds\":\"is\"}"), "missing_field", "where[1].texts" },
		{ ALL(CITY(1, "is", " ")), "too_short", "where[1].texts" },
		{ ALL(",{\"depth\":1,\"what\":\"tag\",\"holds\":\"any\",\"ids\":[]}"), "missing_field", "where[1].ids" },
		{ ALL(",{\"depth\":1,\"what\":\"did\",\"holds\":\"at_least\",\"n\":1,\"days\":7}"), "missing_field", "where[1].act" },
		{ ALL(",{\"depth\":1,\"what\":\"did\",\"holds\":\"at_least\",\"n\":1,\"days\":0,\"act\":\"x\"}"), "too_small", "where[1].days" },
		{ ALL(",{\"depth\":1,\"what\":\"did\",\"holds\":\"at_least\",\"n\":1,\"days\":181,\"act\":\"x\"}"), "too_large", "where[1].days" },
		{ ALL(",{\"depth\":1,\"what\":\"did\",\"holds\":\"at_least\",\"n\":1,\"days\":10000,\"act\":\"x\"}"), "too_large", "where[1].days" },
		{ ALL(",{\"depth\":1,\"what\":\"did\",\"holds\":\"at_least\",\"n\":0,\"days\":7,\"act\":\"x\"}"), "too_small", "where[1].n" },
		{ ALL(",{\"depth\":1,\"what\":\"joined\",\"holds\":\"between\",\"from\":5,\"until\":5}"), "time_order", "where[1].until" },
		{ ALL(",{\"depth\":1,\"what\":\"city\",\"holds\":\"present\",\"age\":3}"), "unknown_field", "where[1].age" },
	};
	struct desk d;
	desk_open(&d, house, people);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct reply r = preview(&d, wrong[i].where);
		if (!str_is(json_at(&r, "error.code"), wrong[i].code) || !str_is(json_at(&r, "error.field"), wrong[i].field))
			fail_msg("%s: %d %.*s, expected %s %s", wrong[i].where, r.status, STR(r.body), wrong[i].code, wrong[i].field);
	}
	desk_close(&d);
}

/* `count` sentences in one group. */
static const char *sentences(struct desk *d, size_t count)
{
	struct buf b;
	buf_init(&b, 64 * 1024);
	buf_z(&b, "{\"where\":[{\"depth\":0,\"what\":\"any\"}");
	for (size_t i = 0; i < count; i++)
		buf_z(&b, CITY(1, "is", "京"));
	buf_z(&b, "]}");
	const char *kept = str_z(&d->house->arena, buf_view(&b));
	buf_free(&b);
	return kept;
}

PROMISE(segment_limits, "40 sentences are heard, the 41st is refused")
{
	struct desk d;
	desk_open(&d, house, people);
	struct reply r = post(d.reader, at(&d, "/segments/preview"), sentences(&d, 40));
	assert_reply(r, 200, "");
	r = post(d.reader, at(&d, "/segments/preview"), sentences(&d, 41));
	assert_reply(r, 409, "too_many");
	assert_str(json_at(&r, "error.field"), "where[41]");
	r = post(d.reader, at(&d, "/segments/preview"), sentences(&d, 90));
	assert_int_equal(r.status, 400);
	desk_close(&d);
}

/* ---- Answers ---- */

PROMISE(segment_preview, "a preview counts, shows the newest and says why")
{
	struct desk d;
	desk_open(&d, house, people);
	a_member(&d, "甲", "北京");
	struct id b = a_member(&d, "乙", "ＢＥＩＪＩＮＧ");
	a_member(&d, "丙", "");
	struct reply r = preview(&d, ALL());
	assert_int_equal(number_at(&r, "members"), 3);
	assert_int_equal(number_at(&r, "everybody"), 3);
	assert_str(json_at(&r, "items.0"), "");
	r = preview(&d, "[{\"depth\":0,\"what\":\"any\"}]");
	assert_int_equal(number_at(&r, "members"), 0);
	r = preview(&d, "[{\"depth\":0,\"what\":\"any\"}" CITY(1, "is", "北京") CITY(1, "contains", "beij") "]");
	assert_int_equal(number_at(&r, "members"), 2);
	assert_int_equal(number_at(&r, "first.0.id"), b.n);
	assert_int_equal(json_length(&r, "first.0.why"), 2);       /* the group and the second sentence */
	assert_int_equal(number_at(&r, "first.0.why.1"), 2);
	r = preview(&d, "[{\"depth\":0,\"what\":\"all\"},{\"depth\":1,\"what\":\"city\",\"holds\":\"is\",\"texts\":[\"北京\"],\"no\":true}]");
	assert_int_equal(number_at(&r, "members"), 2);
	r = preview(&d, ALL(CITY(1, "is_not", "北京")));
	assert_int_equal(number_at(&r, "members"), 2);              /* also who told no city */
	desk_close(&d);
}

PROMISE(segment_saved, "a segment is saved, counted, changed by version, and its name is taken")
{
	struct desk d;
	desk_open(&d, house, people);
	a_member(&d, "甲", "北京");
	struct id id = a_segment(&d, "北京的", ALL(CITY(1, "is", "北京")));
	struct reply r = get(d.reader, at(&d, "/segments/%lld/count", (long long)id.n));
	assert_str(json_at(&r, "ready"), "true");
	assert_int_equal(number_at(&r, "members"), 1);
	r = post(d.operator, at(&d, "/segments"), "{\"name\":\" 北京的 \",\"where\":" ALL() "}");
	assert_reply(r, 409, "name_taken");
	const char *path = at(&d, "/segments/%lld", (long long)id.n);
	r = put(d.operator, path, "{\"name\":\"京\",\"version\":1,\"where\":" ALL(CITY(1, "is", "上海")) "}");
	assert_int_equal(number_at(&r, "version"), 2);
	r = put(d.operator, path, "{\"name\":\"京\",\"version\":1,\"where\":" ALL() "}");
	assert_reply(r, 409, "conflict");
	r = put(d.operator, path, "{\"name\":\"沪\",\"version\":2,\"where\":" ALL(CITY(1, "is", "上海")) "}");
	assert_int_equal(number_at(&r, "version"), 2);              /* only the name */
	r = get(d.reader, at(&d, "/segments"));
	assert_int_equal(number_at(&r, "total"), 1);
	assert_str(json_at(&r, "items.0.where.1.texts.0"), "上海");
	r = get(d.stranger, there(&d, "/segments/%lld", (long long)id.n));
	assert_reply(r, 404, "not_found");
	r = del(d.operator, path);
	assert_int_equal(r.status, 204);
	desk_close(&d);
}

#define IN(depth, id) ",{\"depth\":" #depth ",\"what\":\"segment\",\"holds\":\"is\",\"ids\":[\"%lld\"]}"

PROMISE(segment_circle, "a segment never leads back to itself, and what another one speaks of stays")
{
	struct desk d;
	desk_open(&d, house, people);
	a_member(&d, "甲", "北京");
	struct id a = a_segment(&d, "甲", ALL(CITY(1, "is", "北京")));
	struct id b = a_segment(&d, "乙", text(&d, ALL(IN(1, a)), (long long)a.n));
	struct id c = a_segment(&d, "丙", text(&d, ALL(IN(1, b)), (long long)b.n));
	struct reply r = get(d.reader, at(&d, "/segments/%lld/count", (long long)c.n));
	assert_int_equal(number_at(&r, "members"), 1);
	r = put(d.operator, at(&d, "/segments/%lld", (long long)a.n), text(&d, "{\"name\":\"甲\",\"where\":" ALL(IN(1, c)) "}", (long long)c.n));
	assert_reply(r, 400, "segment_circle");
	assert_str(json_at(&r, "error.field"), "where[1].ids");
	r = del(d.operator, at(&d, "/segments/%lld", (long long)a.n));
	assert_reply(r, 409, "segment_in_use");
	r = get(d.reader, at(&d, "/segments/%lld/uses", (long long)a.n));
	assert_str(json_at(&r, "items.0.label"), "乙");
	assert_int_equal(del(d.operator, at(&d, "/segments/%lld", (long long)c.n)).status, 204);
	assert_int_equal(del(d.operator, at(&d, "/segments/%lld", (long long)b.n)).status, 204);
	assert_int_equal(del(d.operator, at(&d, "/segments/%lld", (long long)a.n)).status, 204);
	desk_close(&d);
}

PROMISE(segment_lost, "a sentence about a tag that is gone means nobody and is named")
{
	static const char *const holds[] = { "none\",\"no\":false", "any\",\"no\":true", "all\",\"no\":false" };
	const char *lines[3];
	struct desk d;
	desk_open(&d, house, people);
	a_member(&d, "甲", "");
	struct id tag = made(d.operator, at(&d, "/tags"), "{\"name\":\"VIP\"}");
	for (size_t i = 0; i < 3; i++) {
		lines[i] = text(&d, ALL(",{\"depth\":1,\"what\":\"tag\",\"ids\":[\"%lld\"],\"holds\":\"%s}"), (long long)tag.n, holds[i]);
		struct reply r = preview(&d, lines[i]);
		assert_int_equal(json_length(&r, "lost"), 0);
		assert_int_equal(number_at(&r, "members"), i < 2);
	}
	assert_int_equal(del(d.admin, at(&d, "/tags/%lld", (long long)tag.n)).status, 204);
	for (size_t i = 0; i < 3; i++) {
		struct reply r = preview(&d, lines[i]);
		assert_int_equal(number_at(&r, "lost.0"), 1);
		assert_int_equal(number_at(&r, "members"), 0);
	}
	desk_close(&d);
}

static QUERY(limit_to, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"INSERT INTO staff_group (community_id, account_id, group_id) VALUES (?1, ?2, ?3)");
static QUERY(into_group, WRITES, NULL, TAKES(K_ID, K_ID, K_ID), "UPDATE member SET group_id = ?3 WHERE community_id = ?1 AND id = ?2");

struct limited { struct id community, segment, member; int64_t all, own; struct rows page; };

static int limit_somebody(struct tx *tx, void *arg)
{
	struct limited *l = arg;
	int r = tx_run(tx, &limit_to, V(l->community), V((struct id){ 77 }), V((struct id){ 5 }));
	return r < 0 ? r : tx_run(tx, &into_group, V(l->community), V(l->member), V((struct id){ 5 }));
}

static int count_both(struct tx *tx, void *arg)
{
	struct limited *l = arg;
	int r = segment_count(tx, l->community, l->segment, (struct id){ 0 }, &l->all);
	if (r < 0 || (r = segment_count(tx, l->community, l->segment, (struct id){ 77 }, &l->own)) < 0)
		return r;
	return segment_page_back(tx, l->community, l->segment, (struct id){ 77 }, (struct id){ INT64_MAX }, 10, &l->page);
}

PROMISE(segment_only, "who is limited to some groups counts and pages only their members")
{
	struct desk d;
	desk_open(&d, house, people);
	struct limited l = { .community = d.community, .member = a_member(&d, "甲", "北京") };
	a_member(&d, "乙", "北京");
	l.segment = a_segment(&d, "北京的", ALL(CITY(1, "is", "北京")));
	assert_true(store_write(house->store, d.community, &house->arena, limit_somebody, &l) >= 0);
	assert_int_equal(store_read(house->store, &house->arena, count_both, &l), 0);
	assert_int_equal(l.all, 2);
	assert_int_equal(l.own, 1);
	assert_int_equal(l.page.count, 1);
	assert_int_equal(((const struct id_item *)l.page.at)->item.n, l.member.n);
	desk_close(&d);
}

/* ---- Three ways, one answer: the roll, the store, and plain SQL ---- */

static uint64_t seed;

static uint32_t chance(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

#define VISITORS 60
#define TAGS     5
static const char *const cities[] = { "", "bj", "bjx", "sh", "gz" };
static const char *const tag_names_[TAGS] = { "t0", "t1", "t2", "t3", "t4" };

struct play { struct desk *d; uint32_t tag_count; const char *car; struct id tags[TAGS]; struct id levels[2], fields[3], members[VISITORS]; };

static int some_member(struct tx *tx, struct play *p)
{
	uint32_t v = chance(VISITORS);
	struct member_origin origin = {
		.nickname = chance(2) ? str_format(tx_arena(tx), "n%u", v) : S(""), .city = str_of(cities[chance(5)]),
		.source = { chance(3) ? 7000 + chance(3) : 0 }, .group = { chance(4) }, .inviter = p->members[chance(VISITORS)],
	};
	bool new;
	return member_of_visitor(tx, p->d->community, (struct id){ 900 + v }, &origin, &p->members[v], &new);
}

static int some_tags(struct tx *tx, struct play *p)
{
	struct id member = p->members[chance(VISITORS)];
	struct text_item wanted[TAGS];
	struct rows names = { wanted, 0 };
	for (uint32_t i = 0; i < p->tag_count; i++)
		if (chance(2))
			wanted[names.count++].item = str_of(tag_names_[i]);
	if (!member.n)
		return 0;
	return chance(2) ? tag_set_named(tx, p->d->community, names, member, (struct id){ 0 })
	                 : tag_put_named(tx, p->d->community, str_of(tag_names_[chance(p->tag_count)]), member);
}

static int some_profile(struct tx *tx, struct play *p)
{
	static const char *const industries[] = { "", "it", "edu" }, *const days[] = { "", "1990-02-28", "1985-11-01" };
	struct id member = p->members[chance(VISITORS)];
	struct member_value values[] = {
		{ S("car"), str_of(((const char *[]){ "", p->car, "b", "c" })[chance(4)]) },
		{ S("likes"), str_of(((const char *[]){ "", "x", "x\ny", "y\nz", "x\ny\nz" })[chance(5)]) },
		{ S("km"), str_of(((const char *[]){ "", "5", "12.5", "-3" })[chance(4)]) },
	};
	struct member_profile profile = {
		.nickname = str_format(tx_arena(tx), "p%u", chance(9)), .city = str_of(cities[chance(5)]), .industry = str_of(industries[chance(3)]),
		.gender = chance(2) ? S("female") : S(""), .birthday = str_of(days[chance(3)]), .values = { values, 3 },
		.level_id = chance(3) ? p->levels[chance(2)] : (struct id){ 0 },
	};
	struct complaint why;
	return member.n ? member_change(tx, p->d->community, member, MEMBER_SET, &profile, (struct id){ 0 }, &why) : 0;
}

static int some_act(struct tx *tx, struct play *p)
{
	uint32_t v = chance(VISITORS);
	bool by_member = p->members[v].n && chance(3) == 0;
	struct event e = { .subject = by_member ? p->members[v] : (struct id){ 5 }, .actor = { 900 + v } };
	return event_emit(tx, p->d->community, &acts[chance(2)], &e);
}

static int play(struct tx *tx, void *arg)
{
	int r = 0;
	for (int i = 0; r >= 0 && i < 12; i++)
		r = (chance(4) ? chance(2) ? some_act : some_tags : chance(2) ? some_member : some_profile)(tx, arg);
	return r < 0 ? r : 0;
}

/* One after the other, each in a transaction that may run again: chance must stay where it was. */
static void play_some(struct play *p, int turns)
{
	for (int i = 0; i < turns; i++) {
		struct play before = *p;
		uint64_t was = seed;
		int r = store_write(p->d->house->store, p->d->community, &p->d->house->arena, play, p);
		if (r < 0)
			*p = before, seed = was;
		assert_true(r >= 0);
	}
}

static void remove_some(struct play *p)
{
	uint32_t v = chance(VISITORS);
	if (!p->members[v].n)
		return;
	struct reply r = del(p->d->owner, at(p->d, "/members/%lld", (long long)p->members[v].n));
	assert_true(r.status == 204 || r.status == 404);
	p->members[v].n = 0;
}

/* Merges two members, or undoes the last merge of one. */
static void merge_some(struct play *p)
{
	uint32_t v = chance(VISITORS), w = chance(VISITORS);
	const char *a = text(p->d, "%lld", (long long)p->members[v].n), *b = text(p->d, "%lld", (long long)p->members[w].n);
	if (!p->members[v].n || !p->members[w].n || p->members[v].n == p->members[w].n)
		return;
	struct reply r = post(p->d->owner, at(p->d, "/members/%s/merge", a), text(p->d, "{\"from\":\"%s\"}", b));
	if (r.status / 100 != 2)
		fail_msg("merge: %d %.*s", r.status, STR(r.body));
	for (int i = 0; i < VISITORS; i++)
		if (p->members[i].n == p->members[w].n && i != (int)w)
			p->members[i] = p->members[v];
	p->members[w] = p->members[v];
	if (chance(2)) {
		r = get(p->d->owner, at(p->d, "/members/%s/merges", a));
		const char *merge = text(p->d, "%.*s", STR(json_at(&r, "items.0.id")));
		r = post(p->d->owner, at(p->d, "/merges/%s/undo", merge), "{}");
		if (r.status / 100 != 2)
			fail_msg("undo: %d %.*s", r.status, STR(r.body));
		str_to_int(str_of(b), &p->members[w].n);
	}
}

static const char *ids_of(struct play *p, int what)
{
	if (what == 0)
		return text(p->d, "[\"%u\"]", 7000 + chance(3));
	if (what == 1)
		return text(p->d, "[\"%u\",\"%u\"]", 1 + chance(3), 1 + chance(3));
	if (what == 2)
		return text(p->d, "[\"%lld\"]", (long long)(p->members[chance(VISITORS)].n | 1));
	return text(p->d, "[\"%lld\",\"%lld\"]", (long long)p->tags[chance(p->tag_count)].n,
	            (long long)p->tags[chance(p->tag_count)].n);
}

static const char *random_sentence(struct play *p, int depth)
{
	static const char *const texts[] = { "is", "is_not", "contains", "empty", "present" };
	static const char *const tags[] = { "any", "all", "none", "empty", "present" };
	static const char *const some[] = { "is", "is_not", "empty", "present" };
	static const char *const often[] = { "at_least", "at_most" };
	const char *no = chance(4) ? "false" : "true", *head = text(p->d, ",{\"depth\":%d,\"no\":%s,\"what\":", depth, no);
	int what = (int)chance(3);
	switch (chance(12)) {
	case 7: return text(p->d, "%s\"%s\",\"holds\":\"%s\",\"texts\":[\"%s\"]}", head, what ? "industry" : "gender",
	                    what ? texts[chance(5)] : some[chance(4)], what ? "it" : "female");
	case 8: return text(p->d, "%s\"birthday\",\"holds\":\"%s\",\"from\":%u,\"until\":%u}", head, chance(3) ? "between" : "empty",
	                    1 + chance(12), 1 + chance(12));
	case 9: return text(p->d, "%s\"level\",\"holds\":\"%s\",\"ids\":[\"%lld\"]}", head, some[chance(4)], (long long)p->levels[chance(2)].n);
	case 10: return text(p->d, "%s\"field\",\"field\":\"%lld\",\"holds\":\"%s\",\"texts\":[\"%s\",\"x\"]}", head,
	                    (long long)p->fields[chance(2)].n, texts[chance(5)], cities[1 + chance(4)]);
	case 11: return text(p->d, "%s\"field\",\"field\":\"%lld\",\"holds\":\"between\",\"from\":-40000,\"until\":%u}", head,
	                    (long long)p->fields[2].n, 60000 * chance(3));
	case 0: return text(p->d, "%s\"city\",\"holds\":\"%s\",\"texts\":[\"%s\"]}", head, texts[chance(5)], cities[1 + chance(4)]);
	case 1: return text(p->d, "%s\"%s\",\"holds\":\"%s\",\"ids\":%s}", head,
	                    what == 0 ? "source" : what == 1 ? "group" : "inviter", some[chance(4)], ids_of(p, what));
	case 2: return text(p->d, "%s\"invited\",\"holds\":\"%s\",\"n\":%u}", head, often[chance(2)], 1 + chance(3));
	case 3: return text(p->d, "%s\"tag\",\"holds\":\"%s\",\"ids\":%s}", head, tags[chance(5)], ids_of(p, 3));
	case 4: return text(p->d, "%s\"joined\",\"holds\":\"%s\",\"days\":%u}", head, chance(2) ? "within" : "before", 1 + chance(20));
	default: return text(p->d, "%s\"did\",\"holds\":\"%s\",\"act\":\"%s\",\"n\":%u,\"days\":%u}", head, often[chance(2)],
	                     acts[chance(2)].name, 1 + chance(3), 1 + chance(20));
	}
}

static void random_group(struct play *p, struct buf *b, int depth)
{
	buf_format(b, "%s{\"depth\":%d,\"what\":\"%s\",\"no\":%s}", depth ? "," : "", depth, chance(2) ? "all" : "any",
	           chance(5) ? "false" : "true");
	for (uint32_t i = 0, n = 1 + chance(3); i < n; i++)
		if (depth < 3 && chance(3) == 0)
			random_group(p, b, depth + 1);
		else
			buf_z(b, random_sentence(p, depth + 1));
}

/* Plain SQL: whom one sentence means, without its `no`. */

static QUERY(sql_everybody, READS, &row_id_item, TAKES(K_ID), "SELECT id AS item FROM member WHERE community_id = ?1");
static QUERY(sql_city, READS, &row_id_item, TAKES(K_ID, K_STR, K_STR),
	"SELECT id AS item FROM member WHERE community_id = ?1 AND ((?2 = 'is' AND city = ?3) OR (?2 = 'is_not' AND city <> ?3)"
	" OR (?2 = 'contains' AND city LIKE '%' || ?3 || '%') OR (?2 = 'empty' AND city = '') OR (?2 = 'present' AND city <> ''))");
#define SQL_ID(name, column) \
	static QUERY(name, READS, &row_id_item, TAKES(K_ID, K_STR, K_ID, K_ID), \
		"SELECT id AS item FROM member WHERE community_id = ?1 AND ((?2 = 'is' AND " column " IN (?3, ?4))" \
		" OR (?2 = 'is_not' AND " column " NOT IN (?3, ?4)) OR (?2 = 'empty' AND " column " = 0)" \
		" OR (?2 = 'present' AND " column " <> 0))")
SQL_ID(sql_source, "source_id");
SQL_ID(sql_group, "group_id");
SQL_ID(sql_inviter, "inviter_id");
SQL_ID(sql_level, "level_id");
static QUERY(sql_text, READS, &row_id_item, TAKES(K_ID, K_STR, K_STR, K_STR),
	"SELECT id AS item FROM (SELECT id, CASE WHEN ?4 = 'gender' THEN gender ELSE industry END AS v FROM member WHERE community_id = ?1) m"
	" WHERE (?2 = 'is' AND v = ?3) OR (?2 = 'is_not' AND v <> ?3) OR (?2 = 'contains' AND v LIKE '%' || ?3 || '%')"
	" OR (?2 = 'empty' AND v = '') OR (?2 = 'present' AND v <> '')");
static QUERY(sql_birthday, READS, &row_id_item, TAKES(K_ID, K_STR, K_INT, K_INT),
	"SELECT id AS item FROM member WHERE community_id = ?1 AND ((?2 = 'empty' AND birthday = '') OR (?2 = 'between' AND birthday <> ''"
	" AND ((?3 <= ?4 AND CAST(substr('0' || birthday, 7, 2) AS BIGINT) BETWEEN ?3 AND ?4) OR (?3 > ?4"
	" AND (CAST(substr('0' || birthday, 7, 2) AS BIGINT) >= ?3 OR CAST(substr('0' || birthday, 7, 2) AS BIGINT) <= ?4)))))");
#define TOLD(more) "EXISTS (SELECT 1 FROM member_value v WHERE v.community_id = ?1 AND v.member_id = m.id AND v.field_id = ?3" more ")"
static QUERY(sql_field, READS, &row_id_item, TAKES(K_ID, K_STR, K_ID, K_STR, K_STR),
	"SELECT m.id AS item FROM member m WHERE m.community_id = ?1 AND ((?2 = 'is' AND " TOLD(" AND v.text_key IN (?4, ?5)") ")"
	" OR (?2 = 'is_not' AND NOT " TOLD(" AND v.text_key IN (?4, ?5)") ") OR (?2 = 'empty' AND NOT " TOLD("") ")"
	" OR (?2 = 'contains' AND " TOLD(" AND (v.text_key LIKE '%' || ?4 || '%' OR v.text_key LIKE '%' || ?5 || '%')") ")"
	" OR (?2 = 'present' AND " TOLD("") "))");
static QUERY(sql_number, READS, &row_id_item, TAKES(K_ID, K_ID, K_INT, K_INT),
	"SELECT m.id AS item FROM member m WHERE m.community_id = ?1 AND EXISTS (SELECT 1 FROM member_value v WHERE v.community_id = ?1"
	" AND v.member_id = m.id AND v.field_id = ?2 AND v.number BETWEEN ?3 AND ?4)");
static QUERY(sql_invited, READS, &row_id_item, TAKES(K_ID, K_STR, K_INT),
	"SELECT m.id AS item FROM member m WHERE m.community_id = ?1 AND ((SELECT count(*) FROM member i WHERE i.community_id = ?1"
	" AND i.inviter_id = m.id) >= ?3) = (?2 = 'at_least') AND (?2 = 'at_least' OR ?2 = 'at_most')");
#define WEARS(n) "EXISTS (SELECT 1 FROM member_tag t WHERE t.community_id = ?1 AND t.member_id = m.id AND t.tag_id = " n ")"
static QUERY(sql_tag, READS, &row_id_item, TAKES(K_ID, K_STR, K_ID, K_ID),
	"SELECT m.id AS item FROM member m WHERE m.community_id = ?1 AND ((?2 = 'any' AND (" WEARS("?3") " OR " WEARS("?4") "))"
	" OR (?2 = 'all' AND " WEARS("?3") " AND " WEARS("?4") ") OR (?2 = 'none' AND NOT " WEARS("?3") " AND NOT " WEARS("?4") ")"
	" OR (?2 = 'empty' AND NOT " WEARS("t.tag_id") ") OR (?2 = 'present' AND " WEARS("t.tag_id") "))");
static QUERY(sql_joined, READS, &row_id_item, TAKES(K_ID, K_STR, K_INSTANT),
	"SELECT id AS item FROM member WHERE community_id = ?1 AND (joined_at >= ?3) = (?2 = 'within')");
static QUERY(sql_did, READS, &row_id_item, TAKES(K_ID, K_STR, K_STR, K_INT, K_INSTANT),
	"SELECT m.id AS item FROM member m WHERE m.community_id = ?1 AND ((SELECT count(*) FROM event e WHERE e.community_id = ?1"
	" AND e.kind = ?3 AND e.at >= ?5 AND (e.subject_id = m.id OR e.actor_id = m.id OR EXISTS (SELECT 1 FROM identity i"
	" WHERE i.community_id = ?1 AND i.channel = 'browser' AND i.member_id = m.id AND i.subject = CAST(e.actor_id AS TEXT))"
	" OR m.id IN (WITH RECURSIVE now(id) AS (SELECT member_id FROM member_alias WHERE community_id = ?1 AND id IN (e.subject_id,"
	" e.actor_id) UNION SELECT a.member_id FROM member_alias a JOIN now n ON a.id = n.id WHERE a.community_id = ?1) SELECT id FROM now))) >= ?4)"
	" = (?2 = 'at_least')");

struct asked { struct play *p; const char *where; int64_t means; };

static struct id nth_id(const struct condition *c, size_t n)
{
	const struct id_item *id = c->ids.at;
	return c->ids.count ? id[n < c->ids.count ? n : c->ids.count - 1].item : (struct id){ 0 };
}

static int sql_sentence(struct tx *tx, struct id community, const struct condition *c, struct rows *ret)
{
	const struct text_item *texts = c->texts.at;
	struct instant first = day_start(zone_find(S("Asia/Shanghai")), day_of(zone_find(S("Asia/Shanghai")), tx_now(tx)) - c->days + 1);
	struct id one = nth_id(c, 0), two = nth_id(c, 1);
	int64_t n = str_is(c->holds, "at_most") ? c->n + 1 : c->n;         /* at most 2 is not: at least 3 */
	if (str_is(c->what, "city"))
		return tx_all(tx, &sql_city, ret, V(community), V(c->holds), V(texts ? texts[0].item : S("")));
	if (str_is(c->what, "gender") || str_is(c->what, "industry"))
		return tx_all(tx, &sql_text, ret, V(community), V(c->holds), V(texts[0].item), V(c->what));
	if (str_is(c->what, "birthday"))
		return tx_all(tx, &sql_birthday, ret, V(community), V(c->holds), V(c->from), V(c->until));
	if (str_is(c->what, "field"))
		return str_is(c->holds, "between") ? tx_all(tx, &sql_number, ret, V(community), V(c->field), V(c->from), V(c->until))
		     : tx_all(tx, &sql_field, ret, V(community), V(c->holds), V(c->field), V(texts[0].item), V(texts[1].item));
	if (str_is(c->what, "level"))
		return tx_all(tx, &sql_level, ret, V(community), V(c->holds), V(one), V(two));
	if (str_is(c->what, "source"))
		return tx_all(tx, &sql_source, ret, V(community), V(c->holds), V(one), V(two));
	if (str_is(c->what, "group"))
		return tx_all(tx, &sql_group, ret, V(community), V(c->holds), V(one), V(two));
	if (str_is(c->what, "inviter"))
		return tx_all(tx, &sql_inviter, ret, V(community), V(c->holds), V(one), V(two));
	if (str_is(c->what, "invited"))
		return tx_all(tx, &sql_invited, ret, V(community), V(c->holds), V(n));
	if (str_is(c->what, "tag"))
		return tx_all(tx, &sql_tag, ret, V(community), V(c->holds), V(one), V(two));
	if (str_is(c->what, "joined"))
		return tx_all(tx, &sql_joined, ret, V(community), V(c->holds), V(first));
	return tx_all(tx, &sql_did, ret, V(community), V(c->holds), V(c->act), V(n), V(first));
}

static bool among(struct rows ids, struct id id)
{
	for (size_t i = 0; i < ids.count; i++)
		if (((const struct id_item *)ids.at)[i].item.n == id.n)
			return true;
	return false;
}

/* Fills rows[i] for every sentence first; then a group is a fold over its children. */
static bool sql_holds(const struct condition *c, size_t count, const struct rows *rows, size_t i, struct id id)
{
	bool all = str_is(c[i].what, "all"), holds = all;
	if (!all && !str_is(c[i].what, "any"))
		return among(rows[i], id) != c[i].no;
	for (size_t j = i + 1; j < count && c[j].depth > c[i].depth; j++)
		if (c[j].depth == c[i].depth + 1) {
			bool child = sql_holds(c, count, rows, j, id);
			holds = all ? holds && child : holds || child;
		}
	return holds != c[i].no;
}

static int compare(struct tx *tx, void *arg)
{
	struct asked *a = arg;
	struct id community = a->p->d->community;
	struct rows where, everybody, rows[CONDITION_LINES] = { 0 };
	struct complaint why;
	struct outline o;
	struct roll *roll;
	struct found found = { 0 };
	int r = rows_read_json(&row_condition, str_of(a->where), CONDITION_LINES, tx_arena(tx), &where, &why);
	if (r < 0 || (r = condition_check(where, tx_arena(tx), &why)) < 0 || (r = find_outline(tx, community, where, &o)) < 0)
		fail_msg("%s: %s %.*s", a->where, err_word(r), STR(why.field));
	const struct condition *c = where.at;
	for (size_t i = 0; i < where.count; i++)
		if (o.lines[i].ask > ASK_ANY && (r = sql_sentence(tx, community, &c[i], &rows[i])) < 0)
			return r;
	if ((r = tx_all(tx, &sql_everybody, &everybody, V(community))) < 0 || (r = roll_get(tx, community, &roll)) < 0 ||
	    (r = find_members(tx, community, roll, &o, (struct id){ 0 }, false, &found)) < 0)
		return r;
	int64_t means = 0;
	for (size_t i = 0; i < everybody.count; i++) {
		struct id id = ((const struct id_item *)everybody.at)[i].item;
		int64_t place = roll_place(roll, id);
		bool sql = sql_holds(c, where.count, rows, 0, id), in_roll = place >= 0 && bits_has(&found.bits, (size_t)place), one = !sql;
		if ((r = find_one(tx, community, &o, id, &one)) < 0)
			return r;
		if (sql != in_roll || sql != one)
			fail_msg("member %lld: SQL %d, roll %d, one %d: %s", (long long)id.n, sql, in_roll, one, a->where);
		means += sql;
	}
	assert_int_equal(found.members, means);
	assert_int_equal(found.everybody, everybody.count);
	a->means = means;
	roll_put(roll);
	found_free(&found);
	return 0;
}

static int64_t compare_one(struct play *p)
{
	struct buf b;
	ARENA_SCOPED arena;
	arena_init(&arena, 64 << 20);
	buf_init(&b, 64 * 1024);
	buf_z(&b, "[");
	random_group(p, &b, 0);
	buf_z(&b, "]");
	struct asked a = { p, str_z(&p->d->house->arena, buf_view(&b)), 0 };
	buf_free(&b);
	assert_int_equal(store_read(p->d->house->store, &arena, compare, &a), 0);
	return a.means;
}

PROMISE(segment_agrees, "the roll, the store and plain SQL mean the same members, whatever changes")
{
	struct desk d;
	desk_open(&d, house, people);
	struct play p = { .d = &d, .tag_count = TAGS, .car = "a" };
	struct instant now = clock_now();
	int64_t some = 0;
	seed = 20261122;
	for (int i = 0; i < TAGS; i++)
		p.tags[i] = made(d.operator, at(&d, "/tags"), text(&d, "{\"name\":\"%s\"}", tag_names_[i]));
	for (int i = 0; i < 2; i++)
		p.levels[i] = made(d.admin, at(&d, "/levels"), text(&d, "{\"name\":\"L%d\",\"rank\":%d}", i, i + 1));
	p.fields[0] = made(d.admin, at(&d, "/member-fields"), "{\"key\":\"car\",\"kind\":\"choice\",\"label\":\"车\",\"choices\":[\"a\",\"b\",\"c\"]}");
	p.fields[1] = made(d.admin, at(&d, "/member-fields"), "{\"key\":\"likes\",\"kind\":\"choices\",\"label\":\"爱\",\"choices\":[\"x\",\"y\",\"z\"]}");
	p.fields[2] = made(d.admin, at(&d, "/member-fields"), "{\"key\":\"km\",\"kind\":\"number\",\"label\":\"里程\"}");
	for (int round = 0; round < 40; round++) {
		now.ms += (int64_t)chance(20) * HOUR;
		clock_set(now);
		play_some(&p, 2);
		if (chance(3) == 0)
			remove_some(&p);
		if (chance(3) == 0)
			merge_some(&p);
		if (round == 20) {
			p.tag_count--;
			assert_int_equal(del(d.admin, at(&d, "/tags/%lld", (long long)p.tags[p.tag_count].n)).status, 204);
		}
		if (round == 25) {
			struct reply r = post(d.admin, at(&d, "/member-fields/%lld/rename", (long long)p.fields[0].n), "{\"from\":\"a\",\"to\":\"bjx\"}");
			assert_true(r.status / 100 == 2);
			p.car = "bjx";
		}
		if (round == 30) {
			struct reply r = post(d.admin, at(&d, "/tags/%lld/merge", (long long)p.tags[--p.tag_count].n),
			                      text(&d, "{\"into\":\"%lld\"}", (long long)p.tags[0].n));
			assert_int_equal(r.status, 200);
		}
		for (int i = 0; i < 8; i++)
			some += compare_one(&p) > 0;
	}
	assert_true(some > 40);                /* it is no answer that nobody is ever meant */
	clock_set((struct instant){ 0 });
	desk_close(&d);
}
