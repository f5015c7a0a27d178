/* merge_test.c: members become one and are told apart again: nothing is lost, every identity is one member's. */
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
#include "people/twin.h"

static const struct feature *const people[] = {
	&feature_audit, &feature_community, &feature_timeline, &feature_merge, &feature_note, &feature_twin, &feature_identity, &feature_field,
	&feature_member, &feature_member_list, &feature_search, &feature_level, &feature_tag, NULL,
};

static struct id a_member(struct desk *d, const char *json) { return made(d->operator, at(d, "/members"), json); }

static struct reply look(struct desk *d, struct id member)
{
	return get(d->admin, at(d, "/members/%lld", (long long)member.n));
}

static struct reply merge(struct desk *d, struct id stays, struct id goes, const char *take)
{
	return post(d->operator, at(d, "/members/%lld/merge", (long long)stays.n),
	            text(d, "{\"from\":\"%lld\",\"take\":%s}", (long long)goes.n, take));
}

static struct reply undo_last(struct desk *d, struct id member)
{
	struct reply r = get(d->operator, at(d, "/members/%lld/merges", (long long)member.n));
	return post(d->operator, at(d, "/merges/%.*s/undo", STR(json_at(&r, "items.0.id"))), "{}");
}

static void identify(struct desk *d, struct id member, const char *channel, const char *subject)
{
	struct reply r = post(d->operator, at(d, "/members/%lld/identities", (long long)member.n),
	                      text(d, "{\"channel\":\"%s\",\"subject\":\"%s\"}", channel, subject));
	if (r.status != 200)
		fail_msg("%s %s: %d %.*s", channel, subject, r.status, STR(r.body));
}

PROMISE(merge_whole, "a merge chooses field by field, takes tags, notes, values and identities along, and its undo restores both exactly")
{
	struct desk d;
	desk_open(&d, house, people);
	made(d.admin, at(&d, "/member-fields"), "{\"key\":\"car\",\"kind\":\"choice\",\"label\":\"车型\",\"choices\":[\"坦克300\",\"朗逸\"]}");
	made(d.admin, at(&d, "/member-fields"), "{\"key\":\"km\",\"kind\":\"number\",\"label\":\"里程\"}");
	struct id a = a_member(&d, "{\"nickname\":\"晓晓\",\"city\":\"嘉兴\",\"values\":[{\"key\":\"car\",\"text\":\"朗逸\"}]}");
	struct id b = a_member(&d, "{\"nickname\":\"林晓\",\"name\":\"林晓\",\"phone\":\"13812345678\",\"city\":\"杭州\","
	                           "\"values\":[{\"key\":\"car\",\"text\":\"坦克300\"},{\"key\":\"km\",\"text\":\"12.5\"}]}");
	struct id c = a_member(&d, "{\"nickname\":\"带来的\"}");
	identify(&d, a, "wecom", "wm-a");
	identify(&d, b, "wecom", "wm-b");
	identify(&d, b, "phone", "138 1234 5678");
	put(d.operator, at(&d, "/members/%lld/tags", (long long)a.n), "{\"tags\":[\"VIP\",\"新客\"]}");
	put(d.operator, at(&d, "/members/%lld/tags", (long long)b.n), "{\"tags\":[\"VIP\",\"老客\"]}");
	made(d.operator, at(&d, "/members/%lld/notes", (long long)b.n), "{\"text\":\"怕坡起\",\"pinned\":true}");
	struct reply a_was = look(&d, a), b_was = look(&d, b);

	struct reply r = merge(&d, a, b, "[\"nickname\",\"values.car\"]");
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "nickname"), "林晓");
	assert_str(json_at(&r, "city"), "嘉兴");
	r = look(&d, a);
	assert_str(json_at(&r, "phone"), "13812345678");
	assert_str(json_at(&r, "values.0.text"), "坦克300");
	assert_str(json_at(&r, "values.1.text"), "12.5");
	assert_int_equal(json_length(&r, "identities"), 3);
	assert_int_equal(json_length(&r, "tags"), 3);
	r = get(d.reader, at(&d, "/members/%lld/notes", (long long)b.n));       /* the old number leads to the survivor */
	assert_int_equal(json_length(&r, "items"), 1);
	r = look(&d, b);
	assert_true(number_at(&r, "id") == a.n);
	r = get(d.reader, at(&d, "/members?q=linxiao"));
	assert_int_equal(json_length(&r, "items"), 1);

	r = merge(&d, b, a, "[]");
	assert_reply(r, 409, "same_member");
	r = merge(&d, c, b, "[]");                        /* who was merged is the survivor: c takes in both */
	assert_int_equal(r.status, 200);
	r = get(d.operator, at(&d, "/members/%lld/merges", (long long)c.n));
	assert_int_equal(json_length(&r, "items"), 1);
	r = undo_last(&d, c);
	assert_int_equal(r.status, 200);
	r = undo_last(&d, a);
	assert_int_equal(r.status, 200);

	static const char *const same[] = { "nickname", "name", "phone", "city", "joined_at", "created_at", "values", "tags", "identities" };
	struct reply a_is = look(&d, a), b_is = look(&d, b);
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		assert_int_equal(json_length(&a_is, same[i]), json_length(&a_was, same[i]));
		assert_true(str_equal(json_at(&a_is, same[i]), json_at(&a_was, same[i])));
		assert_int_equal(json_length(&b_is, same[i]), json_length(&b_was, same[i]));
		assert_true(str_equal(json_at(&b_is, same[i]), json_at(&b_was, same[i])));
	}
	r = get(d.reader, at(&d, "/members/%lld/notes", (long long)b.n));
	assert_int_equal(json_length(&r, "items"), 1);
	r = get(d.reader, at(&d, "/members/%lld/notes", (long long)a.n));
	assert_int_equal(json_length(&r, "items"), 0);
	desk_close(&d);
}

PROMISE(merge_order, "later merges are undone first; what was edited since stays; after 30 days it is too late")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id a = a_member(&d, "{\"nickname\":\"甲\"}"), b = a_member(&d, "{\"nickname\":\"乙\",\"city\":\"嘉兴\",\"job\":\"教练\"}");
	struct id c = a_member(&d, "{\"nickname\":\"丙\"}");
	assert_int_equal(merge(&d, a, b, "[]").status, 200);
	struct reply first = get(d.operator, at(&d, "/members/%lld/merges", (long long)a.n));
	assert_int_equal(merge(&d, a, c, "[]").status, 200);
	struct reply r = post(d.operator, at(&d, "/merges/%.*s/undo", STR(json_at(&first, "items.0.id"))), "{}");
	assert_reply(r, 409, "undo_order");
	r = put(d.operator, at(&d, "/members/%lld", (long long)a.n), "{\"nickname\":\"甲\",\"city\":\"上海\",\"job\":\"教练\"}");
	assert_int_equal(r.status, 200);
	assert_int_equal(undo_last(&d, a).status, 200);
	r = post(d.operator, at(&d, "/merges/%.*s/undo", STR(json_at(&first, "items.0.id"))), "{}");
	assert_int_equal(r.status, 200);
	r = look(&d, a);
	assert_str(json_at(&r, "city"), "上海");          /* written after the merge */
	assert_str(json_at(&r, "job"), "");               /* came with the merge */
	r = post(d.operator, at(&d, "/merges/%.*s/undo", STR(json_at(&first, "items.0.id"))), "{}");
	assert_reply(r, 409, "undo_late");
	assert_int_equal(merge(&d, a, b, "[]").status, 200);
	clock_set((struct instant){ clock_now().ms + 31 * DAY });
	browser_sign_in(d.operator, (struct id){ 13 });
	r = undo_last(&d, a);
	clock_set((struct instant){ 0 });
	assert_reply(r, 409, "undo_late");
	desk_close(&d);
}

PROMISE(merge_split, "an identity becomes a member of its own; one that is not theirs does not; taken ones say whose they are")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id a = a_member(&d, "{\"nickname\":\"甲\"}"), b = a_member(&d, "{\"nickname\":\"乙\"}");
	identify(&d, a, "wecom", "wm-1");
	identify(&d, a, "phone", "13812345678");
	struct reply r = post(d.operator, at(&d, "/members/%lld/identities", (long long)b.n), "{\"channel\":\"wecom\",\"subject\":\"wm-1\"}");
	assert_reply(r, 409, "identity_taken");
	assert_str(json_at(&r, "error.detail"), text(&d, "%lld", (long long)a.n));
	r = post(d.operator, at(&d, "/members/%lld/split", (long long)b.n), "{\"channel\":\"wecom\",\"subject\":\"wm-1\"}");
	assert_reply(r, 404, "not_found");
	/* Below admin the number was sent masked, and that is how it is meant. */
	r = post(d.operator, at(&d, "/members/%lld/split", (long long)a.n), "{\"channel\":\"phone\",\"subject\":\"138****5678\",\"nickname\":\"丁\"}");
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "nickname"), "丁");
	assert_int_equal(json_length(&r, "identities"), 1);
	r = look(&d, a);
	assert_int_equal(json_length(&r, "identities"), 1);
	r = post(d.operator, at(&d, "/members/%lld/identities/remove", (long long)a.n), "{\"channel\":\"wecom\",\"subject\":\"wm-1\"}");
	assert_int_equal(r.status, 200);
	assert_int_equal(json_length(&r, "identities"), 0);
	desk_close(&d);
}

PROMISE(merge_swept, "whichever statement of a merge or its undo fails, all of it happens or nothing")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id a = a_member(&d, "{\"nickname\":\"甲\"}"), b = a_member(&d, "{\"nickname\":\"乙\",\"city\":\"嘉兴\"}");
	identify(&d, b, "wecom", "wm-1");
	put(d.operator, at(&d, "/members/%lld/tags", (long long)b.n), "{\"tags\":[\"VIP\"]}");
	struct reply r = { 0 };
	for (long n = 0; n < 200 && r.status != 200; n++) {
		store_fault_after(n, false);
		r = merge(&d, a, b, "[]");
		store_fault_after(-1, false);
		struct reply seen = look(&d, b);
		assert_true(number_at(&seen, "id") == (r.status == 200 ? a.n : b.n));
		assert_int_equal(json_length(&seen, "identities"), 1);
		assert_int_equal(json_length(&seen, "tags"), 1);
	}
	assert_int_equal(r.status, 200);
	r = get(d.operator, at(&d, "/members/%lld/merges", (long long)a.n));
	const char *undo = at(&d, "/merges/%.*s/undo", STR(json_at(&r, "items.0.id")));
	r.status = 0;
	for (long n = 0; n < 200 && r.status != 200; n++) {
		store_fault_after(n, false);
		r = post(d.operator, undo, "{}");
		store_fault_after(-1, false);
		struct reply seen = look(&d, b);
		assert_true(number_at(&seen, "id") == (r.status == 200 ? b.n : a.n));
		assert_int_equal(json_length(&seen, "identities"), 1);
	}
	assert_int_equal(r.status, 200);
	desk_close(&d);
}

/* ---- Random merges, undos and splits ---- */

#define MEMBERS    9
#define IDENTITIES 14
#define STEPS      60
#define MERGES     STEPS

struct model {
	struct desk *d;
	struct id    members[MEMBERS + STEPS];
	int          count;
	struct { struct id id, kept, gone; bool undone; } merges[MERGES];
	int          merge_count;
	uint64_t     seed;
};

static uint64_t chance(struct model *m, uint64_t n)
{
	m->seed = m->seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (m->seed >> 33) % n;
}

/* Who each member is now, by the model's merges alone. */
static struct id alive(const struct model *m, struct id id)
{
	for (int again = 1; again;) {
		again = 0;
		for (int i = 0; i < m->merge_count; i++)
			if (!m->merges[i].undone && m->merges[i].gone.n == id.n)
				id = m->merges[i].kept, again = 1;
	}
	return id;
}

static void step_merge(struct model *m)
{
	struct id a = m->members[chance(m, (uint64_t)m->count)], b = m->members[chance(m, (uint64_t)m->count)];
	struct reply r = merge(m->d, a, b, "[]");
	if (alive(m, a).n == alive(m, b).n) {
		assert_reply(r, 409, "same_member");
		return;
	}
	assert_int_equal(r.status, 200);
	struct id kept = alive(m, a), gone = alive(m, b);
	assert_true(number_at(&r, "id") == kept.n);
	r = get(m->d->operator, at(m->d, "/members/%lld/merges", (long long)kept.n));
	m->merges[m->merge_count].id.n = number_at(&r, "items.0.id");
	m->merges[m->merge_count].kept = kept;
	m->merges[m->merge_count++].gone = gone;
}

static void step_undo(struct model *m)
{
	if (!m->merge_count)
		return;
	int i = (int)chance(m, (uint64_t)m->merge_count);
	bool later = false;
	for (int k = i + 1; k < m->merge_count; k++)
		later |= !m->merges[k].undone && (m->merges[k].kept.n == m->merges[i].kept.n || m->merges[k].gone.n == m->merges[i].kept.n);
	struct reply r = post(m->d->operator, at(m->d, "/merges/%lld/undo", (long long)m->merges[i].id.n), "{}");
	if (m->merges[i].undone)
		assert_reply(r, 409, "undo_late");
	else if (later)
		assert_reply(r, 409, "undo_order");
	else
		assert_int_equal(r.status, 200);
	m->merges[i].undone |= r.status == 200;
}

static void step_split(struct model *m)
{
	struct id a = m->members[chance(m, (uint64_t)m->count)];
	struct reply seen = look(m->d, a);
	size_t n = json_length(&seen, "identities");
	if (n < 2)
		return;
	struct str subject = json_at(&seen, text(m->d, "identities.%d.subject", (int)chance(m, n)));
	struct reply r = post(m->d->operator, at(m->d, "/members/%lld/split", (long long)a.n),
	                      text(m->d, "{\"channel\":\"wecom\",\"subject\":\"%.*s\"}", STR(subject)));
	assert_int_equal(r.status, 200);
	m->members[m->count++].n = number_at(&r, "id");
}

/* Every identity is found once, notes and members are all there, and every old number leads to who the model says. */
static void check(struct model *m)
{
	int seen[IDENTITIES] = { 0 };
	size_t notes = 0, living = 0;
	for (int i = 0; i < m->count; i++) {
		struct reply r = look(m->d, m->members[i]);
		assert_int_equal(r.status, 200);
		assert_true(number_at(&r, "id") == alive(m, m->members[i]).n);
		if (alive(m, m->members[i]).n != m->members[i].n)
			continue;
		living++;
		for (size_t k = 0; k < json_length(&r, "identities"); k++) {
			int64_t n;
			assert_true(str_to_int(json_at(&r, text(m->d, "identities.%zu.subject", k)), &n));
			seen[n]++;
		}
		r = get(m->d->operator, at(m->d, "/members/%lld/notes", (long long)m->members[i].n));
		notes += json_length(&r, "items");
	}
	for (int i = 0; i < IDENTITIES; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(notes, MEMBERS);
	struct reply r = get(m->d->operator, at(m->d, "/members?limit=200"));
	assert_int_equal(json_length(&r, "items"), living);
	assert_int_equal((size_t)number_at(&r, "total"), living);
}

PROMISE(merge_random, "random merges, undos and splits keep every identity on exactly one member and lose nothing")
{
	struct desk d;
	desk_open(&d, house, people);
	struct model *m = arena_take(&house->arena, sizeof *m);
	m->d = &d, m->seed = 20261121;
	for (int i = 0; i < MEMBERS; i++) {
		m->members[m->count++] = a_member(&d, text(&d, "{\"nickname\":\"成员%d\",\"city\":\"城%d\"}", i, i % 3));
		made(d.operator, at(&d, "/members/%lld/notes", (long long)m->members[i].n), text(&d, "{\"text\":\"注%d\"}", i));
	}
	for (int i = 0; i < IDENTITIES; i++)
		identify(&d, m->members[i % MEMBERS], "wecom", text(&d, "%d", i));
	for (int i = 0; i < STEPS; i++) {
		switch (chance(m, 5)) {
		case 0: case 1: step_merge(m); break;
		case 2: case 3: step_undo(m); break;
		default: step_split(m);
		}
		if (i % 6 == 5)
			check(m);
	}
	desk_close(&d);
}

PROMISE(merge_twins, "twins are found by number, identity and name with city; two people stay two")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id a = a_member(&d, "{\"nickname\":\"甲\",\"phone\":\"13812345678\"}");
	struct id b = a_member(&d, "{\"nickname\":\"乙\",\"phone\":\"+8613812345678\",\"name\":\"王芳\",\"city\":\"嘉兴\"}");
	struct id c = a_member(&d, "{\"nickname\":\"丙\",\"name\":\"王芳\",\"city\":\"嘉兴\"}");
	a_member(&d, "{\"nickname\":\"丁\",\"name\":\"王芳\",\"city\":\"上海\"}");
	struct reply r = get(d.reader, at(&d, "/members/twins"));
	assert_int_equal(json_length(&r, "items"), 2);
	assert_true(number_at(&r, "items.0.one.id") == a.n && number_at(&r, "items.0.other.id") == b.n);
	assert_str(json_at(&r, "items.0.reasons.0"), "phone");
	assert_str(json_at(&r, "items.0.one.phone"), "138****5678");
	r = post(d.operator, at(&d, "/members/twins/apart"), text(&d, "{\"one\":\"%lld\",\"other\":\"%lld\"}", (long long)c.n, (long long)b.n));
	assert_int_equal(r.status, 204);
	r = get(d.reader, at(&d, "/members/twins"));
	assert_int_equal(json_length(&r, "items"), 1);
	identify(&d, c, "phone", "13812345678");
	r = get(d.reader, at(&d, "/members/twins?member=%lld", (long long)c.n));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.reasons.0"), "identity");
	desk_close(&d);
}
