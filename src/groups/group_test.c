/* group_test.c: the promises of groups and their QR pictures. */
#include "engine/event/event.h"
#include "engine/file/file.h"
#include "groups/group.h"
#include "media/picture.h"
#include "media/qr_read.h"
#include "media/sample_test.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/desk_test.h"

static const struct feature *const groups[] = { &feature_audit, &feature_community, &feature_file, &feature_group, NULL };

#define LINK "https://weixin.qq.com/g/AwYAAL8kP2xVb1TzQw3mE7dR"

static struct id a_group(struct desk *d, const char *name)
{
	return made(d->operator, at(d, "/groups"), text(d, "{\"name\":\"%s\"}", name));
}

static struct reply upload(struct desk *d, struct id group, struct blob picture, const char *expires_at)
{
	struct part parts[] = {
		{ "picture", { picture.at, picture.len }, "群二维码.png" },
		{ expires_at ? "expires_at" : NULL, str_of(expires_at), NULL },
		{ 0 },
	};
	return post_multipart(d->operator, at(d, "/groups/%lld/qr", (long long)group.n), parts);
}

static struct blob code_picture(struct desk *d)
{
	return sample_code(&d->house->arena, LINK, &QR_STYLE_PLAIN);
}

PROMISE(group_declared, "every query fits the store, every route asks for its role")
{
	struct desk d;
	desk_open(&d, house, groups);
	desk_check_queries(&d);
	desk_walk_routes(&d);
	desk_close(&d);
}

/* ---- Stages ---- */

TEST(group_stage, "a stage is proposed from size, room, age and the last week, and says why")
{
	static const struct { struct group_pulse pulse; const char *stage, *reason; } table[] = {
		{ { .members = 0,   .capacity = 500, .peak = 0,   .week_change = 0,   .age_days = 0,   .days_left = INT64_MAX }, "seeding", "few_members" },
		{ { .members = 29,  .capacity = 500, .peak = 29,  .week_change = 9,   .age_days = 400, .days_left = INT64_MAX }, "seeding", "few_members" },
		{ { .members = 30,  .capacity = 500, .peak = 30,  .week_change = 1,   .age_days = 3,   .days_left = INT64_MAX }, "growing", "filling" },
		{ { .members = 200, .capacity = 500, .peak = 200, .week_change = 5,   .age_days = 90,  .days_left = INT64_MAX }, "growing", "filling" },
		{ { .members = 200, .capacity = 500, .peak = 205, .week_change = 2,   .age_days = 90,  .days_left = INT64_MAX }, "mature", "steady" },
		{ { .members = 400, .capacity = 500, .peak = 400, .week_change = 50,  .age_days = 9,   .days_left = INT64_MAX }, "mature", "nearly_full" },
		{ { .members = 400, .capacity = 500, .peak = 430, .week_change = -20, .age_days = 90,  .days_left = INT64_MAX }, "declining", "losing_members" },
		{ { .members = 200, .capacity = 500, .peak = 300, .week_change = 0,   .age_days = 90,  .days_left = INT64_MAX }, "declining", "below_peak" },
		{ { .members = 200, .capacity = 500, .peak = 300, .week_change = 9,   .age_days = 90,  .days_left = INT64_MAX }, "growing", "filling" },
		{ { .members = 20,  .capacity = 500, .peak = 300, .week_change = 0,   .age_days = 90,  .days_left = INT64_MAX }, "closing", "mostly_left" },
		{ { .members = 400, .capacity = 500, .peak = 400, .week_change = 0,   .age_days = 20,  .days_left = 6 },         "closing", "ends_soon" },
		{ { .members = 400, .capacity = 500, .peak = 400, .week_change = 0,   .age_days = 20,  .days_left = -1 },        "closed", "ended" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct group_stage got = group_stage_proposed(&table[i].pulse);
		assert_string_equal(got.stage, table[i].stage);
		assert_string_equal(got.reason, table[i].reason);
	}
}

PROMISE(group_staged, "a stage is proposed, a person confirms it, and both stand in the history")
{
	struct desk d;
	desk_open(&d, house, groups);
	struct id g = a_group(&d, "会员群 1");
	const char *path = at(&d, "/groups/%lld", (long long)g.n);
	struct reply r = post(d.operator, text(&d, "%s/count", path), "{\"count\":120}");
	assert_str(json_at(&r, "member_count"), "120");
	assert_str(json_at(&r, "stage"), "seeding");
	assert_str(json_at(&r, "proposed_stage"), "growing");
	assert_str(json_at(&r, "proposed_reason"), "filling");
	r = post(d.operator, text(&d, "%s/stage", path), "{\"stage\":\"growing\",\"note\":\"开始热闹了\"}");
	assert_str(json_at(&r, "stage"), "growing");
	assert_str(json_at(&r, "proposed_stage"), "");
	r = get(d.reader, text(&d, "%s/history", path));
	assert_str(json_at(&r, "items.0.word"), "growing");
	assert_str(json_at(&r, "items.0.note"), "开始热闹了");
	assert_str(json_at(&r, "items.1.n"), "120");
	r = post(d.operator, text(&d, "%s/stage", path), "{\"stage\":\"blooming\"}");
	assert_reply(r, 400, "not_one_of");
	desk_close(&d);
}

PROMISE(group_week, "last week's count makes this week's change")
{
	struct desk d;
	struct instant now = clock_now();
	desk_open(&d, house, groups);
	struct id g = a_group(&d, "会员群 1");
	const char *count = at(&d, "/groups/%lld/count", (long long)g.n);
	post(d.operator, count, "{\"count\":200}");
	clock_set((struct instant){ now.ms + 8 * DAY });
	struct reply r = post(d.operator, count, "{\"count\":150}");
	clock_set((struct instant){ 0 });
	assert_str(json_at(&r, "week_change"), "-50");
	assert_str(json_at(&r, "peak"), "200");
	assert_str(json_at(&r, "proposed_stage"), "declining");
	desk_close(&d);
}

PROMISE(group_count_likely, "a count beyond twice the capacity is a slip of the finger")
{
	struct desk d;
	desk_open(&d, house, groups);
	struct id g = a_group(&d, "会员群 1");
	const char *count = at(&d, "/groups/%lld/count", (long long)g.n);
	struct reply r = post(d.operator, count, "{\"count\":1001}");
	assert_reply(r, 400, "too_large");
	assert_str(json_at(&r, "error.field"), "count");
	r = post(d.operator, count, "{\"count\":-1}");
	assert_reply(r, 400, "too_small");
	r = post(d.operator, count, "{\"count\":1000}");
	assert_int_equal(r.status / 100, 2);
	desk_close(&d);
}

/* ---- Groups ---- */

PROMISE(group_names, "a name is taken whatever its width, case or spaces; what was left out has sense")
{
	struct desk d;
	desk_open(&d, house, groups);
	struct id g = a_group(&d, "VIP 群 1");
	struct reply r = post(d.operator, at(&d, "/groups"), "{\"name\":\"ｖｉｐ群1\"}");
	assert_reply(r, 409, "name_taken");
	r = get(d.reader, at(&d, "/groups/%lld", (long long)g.n));
	assert_str(json_at(&r, "capacity"), "500");
	assert_str(json_at(&r, "scan_limit"), "200");
	assert_str(json_at(&r, "channel"), "manual");
	assert_str(json_at(&r, "lifetime"), "permanent");
	r = post(d.operator, at(&d, "/groups"), "{\"name\":\"训练营\",\"lifetime\":\"until\"}");
	assert_reply(r, 400, "missing_field");
	assert_str(json_at(&r, "error.field"), "ends_at");
	r = post(d.operator, at(&d, "/groups"), "{\"name\":\" \"}");
	assert_reply(r, 400, "too_short");
	desk_close(&d);
}

PROMISE(group_list, "the list searches names as they are meant and filters")
{
	struct desk d;
	desk_open(&d, house, groups);
	a_group(&d, "VIP 群 1");
	made(d.operator, at(&d, "/groups"), "{\"name\":\"意向群\",\"tier\":\"intent\",\"channel\":\"wecom\"}");
	struct reply r = get(d.reader, at(&d, "/groups?q=vip%%E7%%BE%%A4"));
	assert_int_equal(json_length(&r, "items"), 1);
	r = get(d.reader, at(&d, "/groups?tier=intent&channel=wecom&stage=seeding"));
	assert_str(json_at(&r, "items.0.name"), "意向群");
	r = get(d.reader, at(&d, "/groups?stage=closed"));
	assert_int_equal(json_length(&r, "items"), 0);
	r = get(d.reader, at(&d, "/groups?limit=1"));
	assert_str(json_at(&r, "items.0.name"), "意向群");
	assert_str(json_at(&r, "total"), "2");
	r = get(d.reader, at(&d, "/groups?limit=1&after=%.*s", STR(json_at(&r, "next"))));
	assert_str(json_at(&r, "items.0.name"), "VIP 群 1");
	desk_close(&d);
}

PROMISE(group_elsewhere, "another community's group does not exist")
{
	static const char *const posts[][2] = { { "count", "{\"count\":1}" }, { "stage", "{\"stage\":\"mature\"}" } };
	struct desk d;
	desk_open(&d, house, groups);
	struct id g = made(d.stranger, there(&d, "/groups"), "{\"name\":\"奶茶群\"}");
	const char *path = at(&d, "/groups/%lld", (long long)g.n);
	struct reply r = get(d.admin, path);
	assert_reply(r, 404, "not_found");
	r = put(d.admin, path, "{\"name\":\"我们的\"}");
	assert_reply(r, 404, "not_found");
	r = del(d.admin, path);
	assert_reply(r, 404, "not_found");
	for (size_t i = 0; i < 2; i++) {
		r = post(d.admin, text(&d, "%s/%s", path, posts[i][0]), posts[i][1]);
		assert_reply(r, 404, "not_found");
	}
	r = get(d.admin, text(&d, "%s/history", path));
	assert_reply(r, 404, "not_found");
	r = get(d.admin, text(&d, "%s/qrs", path));
	assert_reply(r, 404, "not_found");
	r = upload(&d, g, code_picture(&d), NULL);
	assert_reply(r, 404, "not_found");
	r = get(d.stranger, there(&d, "/groups/%lld", (long long)g.n));
	assert_str(json_at(&r, "member_count"), "0");
	desk_close(&d);
}

PROMISE(group_texts, "whatever is typed into a text field comes back as it was")
{
	static const char *const fields[] = { "name", "owner", "topic", "region", "note" };
	struct desk d;
	desk_open(&d, house, groups);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const char *odd = "'); DROP TABLE chat_group;--<b>%s";
		struct reply r = post(d.operator, at(&d, "/groups"),
			i ? text(&d, "{\"name\":\"%zu\",\"%s\":\"%s\"}", i, fields[i], odd) : text(&d, "{\"name\":\"%s\"}", odd));
		assert_str(json_at(&r, fields[i]), odd);
	}
	desk_close(&d);
}

/* ---- What live codes have to do with it ---- */

static QUERY(child_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID),
	"INSERT INTO livecode_child (community_id, id, code_id, place, kind, group_id, title, picture, url, scan_cap, expires_at,"
	" weight, windows, dates, region, latitude_e6, longitude_e6, radius_m, visitors, stopped, updated_at)"
	" VALUES (?1, ?2, ?3, 0, 'group', ?4, '', '', '', 0, 0, 1, '[]', '[]', '', 0, 0, 0, 'all', FALSE, 0)");

static QUERY(version_of, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT version AS item FROM livecode_version WHERE community_id = ?1 AND code_id = ?2");

struct use { struct id community, group; struct id_item version; };

static int use_group(struct tx *tx, void *arg)
{
	struct use *u = arg;
	struct id code = { 900 };
	return tx_run(tx, &child_insert, V(u->community), V(tx_new_id(tx)), V(code), V(u->group));
}

static int read_version(struct tx *tx, void *arg)
{
	struct use *u = arg;
	struct id code = { 900 };
	u->version = (struct id_item){ 0 };
	int r = tx_one(tx, &version_of, &u->version, V(u->community), V(code));
	return r == E_NOT_FOUND ? 0 : r;
}

static int64_t version(struct desk *d, struct use *u)
{
	assert_int_equal(store_read(d->house->store, &d->house->arena, read_version, u), 0);
	return u->version.item.n;
}

PROMISE(group_tells, "every change of count, stage, name and QR is known to the live codes; a group in use stays")
{
	struct desk d;
	desk_open(&d, house, groups);
	struct use u = { d.community, a_group(&d, "会员群 1"), { { 0 } } };
	const char *path = at(&d, "/groups/%lld", (long long)u.group.n);
	assert_int_equal(store_write(house->store, d.community, &house->arena, use_group, &u), 1);
	int64_t before = version(&d, &u), now;
	post(d.operator, text(&d, "%s/count", path), "{\"count\":3}");
	assert_true((now = version(&d, &u)) != before);
	post(d.operator, text(&d, "%s/stage", path), "{\"stage\":\"growing\"}");
	assert_true(version(&d, &u) != now);
	now = version(&d, &u);
	put(d.operator, path, "{\"name\":\"会员群一\"}");
	assert_true(version(&d, &u) != now);
	now = version(&d, &u);
	upload(&d, u.group, code_picture(&d), NULL);
	assert_true(version(&d, &u) != now);
	struct reply r = del(d.admin, path);
	assert_reply(r, 409, "group_in_use");
	r = del(d.admin, at(&d, "/groups/%lld", (long long)a_group(&d, "没人用").n));
	assert_int_equal(r.status, 204);
	desk_close(&d);
}

/* ---- QR pictures ---- */

struct briefly { struct id community, group; struct group_brief brief; };

static int read_brief(struct tx *tx, void *arg)
{
	struct briefly *b = arg;
	return group_get_brief(tx, b->community, b->group, &b->brief);
}

static struct group_brief brief(struct desk *d, struct id group)
{
	struct briefly b = { d->community, group, { { 0 } } };
	assert_int_equal(store_read(d->house->store, &d->house->arena, read_brief, &b), 0);
	return b.brief;
}

PROMISE(group_qr_kept, "an uploaded picture is read, kept clean, served, and valid for seven days")
{
	struct desk d;
	desk_open(&d, house, groups);
	struct id g = a_group(&d, "会员群 1");
	int64_t before = clock_now().ms;
	struct reply r = upload(&d, g, code_picture(&d), NULL);
	assert_int_equal(r.status / 100, 2);
	assert_str(json_at(&r, "link"), LINK);
	assert_true(number_at(&r, "expires_at") - number_at(&r, "uploaded_at") == 7 * DAY);
	assert_true(number_at(&r, "uploaded_at") >= before);
	struct group_brief b = brief(&d, g);
	assert_str(b.link, LINK);
	assert_true(b.qr_expires_at.ms == number_at(&r, "expires_at"));

	struct str file = json_at(&r, "file");
	assert_true(str_starts(file, S("/f/")));
	struct reply picture = get(d.nobody, text(&d, "%.*s", STR(file)));
	struct str again;
	assert_int_equal(picture.status, 200);
	assert_int_equal(qr_find((struct blob){ picture.body.at, picture.body.len }, &house->arena, &again), 0);
	assert_str(again, LINK);

	r = upload(&d, g, code_picture(&d), "2099-01-01T00:00:00Z");
	assert_str(json_at(&r, "expires_at"), "4070908800000");
	r = get(d.reader, at(&d, "/groups/%lld/qrs", (long long)g.n));
	assert_int_equal(json_length(&r, "items"), 2);
	assert_str(json_at(&r, "items.0.expires_at"), "4070908800000");
	desk_close(&d);
}

PROMISE(group_qr_small, "a small code in a large screenshot is still readable in what is kept")
{
	struct desk d;
	desk_open(&d, house, groups);
	struct id g = a_group(&d, "会员群 1");
	PIXELS_SCOPED screen = sample_photo(1800, 3200, 7);
	struct qr_style small = QR_STYLE_PLAIN;
	small.size = 150;
	sample_paste(&screen, sample_code(&house->arena, LINK, &small), 800, 1500);
	struct reply r = upload(&d, g, sample_jpeg(&house->arena, &screen, 85), NULL);
	assert_int_equal(r.status / 100, 2);
	r = get(d.nobody, text(&d, "%.*s", STR(json_at(&r, "file"))));
	struct str again;
	assert_int_equal(qr_find((struct blob){ r.body.at, r.body.len }, &house->arena, &again), 0);
	assert_str(again, LINK);
	desk_close(&d);
}

PROMISE(group_qr_refused, "a picture that helps nobody into the group is refused with its reason, and the old one stays")
{
	struct desk d;
	desk_open(&d, house, groups);
	struct id g = a_group(&d, "会员群 1");
	upload(&d, g, code_picture(&d), NULL);
	struct group_brief before = brief(&d, g);
	PIXELS_SCOPED photo = sample_photo(400, 300, 1);
	PIXELS_SCOPED two = sample_photo(1200, 600, 2);
	sample_paste(&two, code_picture(&d), 20, 20);
	sample_paste(&two, sample_code(&house->arena, "https://example.com/other", &QR_STYLE_PLAIN), 640, 20);
	struct blob good = code_picture(&d);
	const struct { struct blob picture; int status; const char *code; } table[] = {
		{ { "", 0 },                                   400, "picture_broken" },
		{ { "<svg onload=alert(1)>", 21 },             400, "picture_format" },
		{ { good.at, good.len / 2 },                   400, "picture_broken" },
		{ sample_png(&house->arena, &photo),           400, "picture_no_qr" },
		{ sample_png(&house->arena, &two),             400, "picture_many_qr" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct reply r = upload(&d, g, table[i].picture, NULL);
		assert_reply(r, table[i].status, table[i].code);
		assert_str(json_at(&r, "error.field"), "picture");
	}
	struct reply r = upload(&d, g, code_picture(&d), "2020-01-01T00:00:00Z");
	assert_reply(r, 400, "time_order");
	size_t large = (5 << 20) + 1;
	char *bytes = arena_take(&house->arena, large);
	memcpy(bytes, good.at, good.len);
	r = upload(&d, g, (struct blob){ bytes, large }, NULL);
	assert_reply(r, 413, "picture_too_large");
	assert_true(str_equal(brief(&d, g).file, before.file));
	desk_close(&d);
}

PROMISE(group_qr_swept, "whichever statement of an upload fails, the new picture is in use or the old one is")
{
	struct desk d;
	desk_open(&d, house, groups);
	struct id g = a_group(&d, "会员群 1");
	struct blob picture = code_picture(&d);
	struct reply r = { 0 };
	for (long n = 0; n < 60 && r.status / 100 != 2; n++) {
		store_fault_after(n, false);
		r = upload(&d, g, picture, NULL);
		store_fault_after(-1, false);
		bool kept = r.status / 100 == 2;
		if (!kept)
			assert_reply(r, 503, "store");
		assert_int_equal(brief(&d, g).file.len > 0, kept);
		struct reply qrs = get(d.reader, at(&d, "/groups/%lld/qrs", (long long)g.n));
		assert_int_equal(json_length(&qrs, "items"), kept);
	}
	assert_int_equal(r.status / 100, 2);
	desk_close(&d);
}
