/* export_test.c: a table of members holds whom its maker may see, is nobody else's, and goes after a day. */
#include "people/export_inside.h"

#include "base/log.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/desk_test.h"
#include "people/field.h"
#include "people/level.h"
#include "people/member.h"
#include "people/search.h"
#include "people/segment.h"
#include "people/staff.h"
#include "people/tag.h"

static const struct feature *const people[] = {
	&feature_audit, &feature_staff, &feature_community, &feature_member, &feature_search, &feature_field, &feature_level,
	&feature_tag, &feature_segment, &feature_export, &feature_export_run, NULL,
};

#define COLUMNS "\"columns\":[\"nickname\",\"phone\",\"city\",\"tags\",\"field:car\"]"

static void hire(struct desk *d);

static void open_desk(struct desk *d, struct house *house)
{
	desk_open(d, house, people);
	hire(d);
	struct reply r = post(d->admin, at(d, "/member-fields"), "{\"key\":\"car\",\"kind\":\"text\",\"label\":\"车型\"}");
	assert_int_equal(r.status / 100, 2);
}

/* The desk's accounts, known to the store as well: the job asks it. */
struct hiring { struct desk *desk; int64_t account; enum role role; };

static int hire_action(struct tx *tx, void *arg)
{
	const struct hiring *h = arg;
	return account_hire(tx, h->desk->community, (struct id){ h->account }, h->role);
}

static void hire_as(struct desk *d, int64_t account, enum role role)
{
	struct hiring h = { d, account, role };
	assert_int_equal(store_write(d->house->store, d->community, &d->house->arena, hire_action, &h), 0);
}

static void hire(struct desk *d)
{
	for (int i = 0; i < 4; i++)
		hire_as(d, 12 + i, (enum role[]){ ROLE_READER, ROLE_OPERATOR, ROLE_ADMIN, ROLE_OWNER }[i]);
}

static void work(struct desk *d)
{
	assert_true(jobs_run_due(d->house->store, NULL, people) >= 0);
}

static struct id a_member(struct desk *d, const char *nickname, const char *phone, const char *city)
{
	return made(d->admin, at(d, "/members"), text(d, "{\"nickname\":\"%s\",\"phone\":\"%s\",\"city\":\"%s\"}", nickname, phone, city));
}

static struct id asked(struct desk *d, struct browser *b, const char *wish)
{
	struct id id = made(b, at(d, "/exports"), wish);
	work(d);
	return id;
}

static const char *path_of(struct desk *d, struct id export, const char *rest)
{
	return at(d, "/exports/%lld%s", (long long)export.n, rest);
}

static const char *file_of(struct desk *d, struct browser *b, struct id export)
{
	struct reply r = get(b, path_of(d, export, "/file"));
	if (r.status != 200)
		fail_msg("the file: %d %.*s", r.status, STR(r.body));
	return str_z(&d->house->arena, r.body);
}

PROMISE(export_declared, "every query fits the store, every route asks for its role")
{
	struct desk d;
	open_desk(&d, house);
	desk_check_queries(&d);
	desk_walk_routes(&d);
	desk_close(&d);
}

PROMISE(export_written, "the table holds the chosen columns of the filtered list, newest first; nothing in it is a formula")
{
	struct desk d;
	open_desk(&d, house);
	struct id ann = a_member(&d, "=HYPERLINK(1)", "13800138000", "杭州, 西湖");
	a_member(&d, "林晓", "13900139000", "@宁波");
	struct reply r = put(d.admin, at(&d, "/members/%lld/tags", (long long)ann.n), "{\"tags\":[\"VIP\",\"新客\"]}");
	assert_int_equal(r.status, 200);
	struct id id = asked(&d, d.admin, "{\"format\":\"csv\"," COLUMNS "}");
	assert_string_equal(file_of(&d, d.admin, id), "\xef\xbb\xbf昵称,手机号,城市,标签,车型\r\n林晓,139****9000,'@宁波,,\r\n"
	                    "'=HYPERLINK(1),138****8000,\"杭州, 西湖\",VIP、新客,\r\n");
	r = get(d.admin, path_of(&d, id, ""));
	assert_str(json_at(&r, "state"), "done");
	assert_int_equal(number_at(&r, "records"), 2);
	assert_int_equal(number_at(&r, "downloads"), 1);
	id = asked(&d, d.admin, "{\"format\":\"csv\",\"columns\":[\"nickname\"],\"filter\":[{\"key\":\"q\",\"value\":\"林\"}]}");
	assert_string_equal(file_of(&d, d.admin, id), "\xef\xbb\xbf昵称\r\n林晓\r\n");
	r = post(d.admin, at(&d, "/exports"), "{\"format\":\"csv\",\"columns\":[\"nickname\",\"secret\"]}");
	assert_reply(r, 400, "not_one_of");
	r = post(d.admin, at(&d, "/exports"), "{\"format\":\"csv\",\"columns\":[\"nickname\"],\"filter\":[{\"key\":\"zzz\",\"value\":\"1\"}]}");
	assert_str(json_at(&r, "error.field"), "filter");
	desk_close(&d);
}

PROMISE(export_segment, "a segment is a table too: its members and nobody else; one that is gone is told")
{
	struct desk d;
	open_desk(&d, house);
	a_member(&d, "安安", "13800138000", "杭州");
	a_member(&d, "林晓", "13900139000", "宁波");
	struct id segment = made(d.admin, at(&d, "/segments"), "{\"name\":\"杭州的\",\"where\":[{\"depth\":0,\"what\":\"all\"},{\"depth\":1,\"what\":\"city\",\"holds\":\"is\",\"texts\":[\"杭州\"]}]}");
	struct id id = asked(&d, d.admin, text(&d, "{\"format\":\"csv\",\"columns\":[\"nickname\",\"city\"],\"filter\":[{\"key\":\"segment\",\"value\":\"%lld\"}]}", (long long)segment.n));
	assert_string_equal(file_of(&d, d.admin, id), "\xef\xbb\xbf昵称,城市\r\n安安,杭州\r\n");
	struct reply r = post(d.admin, at(&d, "/exports"), "{\"format\":\"csv\",\"columns\":[\"nickname\"],\"filter\":[{\"key\":\"segment\",\"value\":\"7\"}]}");
	assert_reply(r, 404, "not_found");
	desk_close(&d);
}

PROMISE(export_phones, "whole phone numbers are for admins who say why; who is no admin any more does not get them")
{
	struct desk d;
	open_desk(&d, house);
	a_member(&d, "安安", "13800138000", "");
	struct reply r = post(d.operator, at(&d, "/exports"), "{\"format\":\"csv\"," COLUMNS ",\"phones\":true,\"reason\":\"寄生日礼物\"}");
	assert_reply(r, 403, "forbidden");
	r = post(d.admin, at(&d, "/exports"), "{\"format\":\"csv\"," COLUMNS ",\"phones\":true,\"reason\":\" 寄件 \"}");
	assert_reply(r, 400, "too_short");
	assert_str(json_at(&r, "error.field"), "reason");
	struct id id = asked(&d, d.admin, "{\"format\":\"csv\"," COLUMNS ",\"phones\":true,\"reason\":\"寄生日礼物\"}");
	assert_non_null(strstr(file_of(&d, d.admin, id), "13800138000"));
	r = get(d.admin, at(&d, "/audit?act=members_exported"));
	assert_non_null(strstr(str_z(&house->arena, json_at(&r, "items.0.detail")), "寄生日礼物"));
	id = made(d.admin, at(&d, "/exports"), "{\"format\":\"csv\"," COLUMNS ",\"phones\":true,\"reason\":\"寄生日礼物\"}");
	hire_as(&d, 14, ROLE_OPERATOR);                  /* before the job runs */
	work(&d);
	r = get(d.owner, path_of(&d, id, ""));
	assert_str(json_at(&r, "state"), "failed");
	assert_str(json_at(&r, "why"), "forbidden");
	desk_close(&d);
}

PROMISE(export_own, "a file is its maker's alone, counted each time, and cannot be fetched after a day or when it was dropped")
{
	struct desk d;
	open_desk(&d, house);
	a_member(&d, "安安", "13800138000", "");
	struct id id = asked(&d, d.operator, "{\"format\":\"csv\"," COLUMNS "}");
	struct reply r = get(d.admin, path_of(&d, id, "/file"));
	assert_reply(r, 404, "not_found");
	r = get(d.admin, path_of(&d, id, ""));
	assert_int_equal(r.status, 200);
	struct id other = asked(&d, d.admin, "{\"format\":\"xlsx\"," COLUMNS "}");
	r = get(d.operator, path_of(&d, other, ""));
	assert_reply(r, 404, "not_found");
	r = get(d.operator, at(&d, "/exports"));
	assert_int_equal(json_length(&r, "items"), 1);
	r = get(d.admin, at(&d, "/exports"));
	assert_int_equal(json_length(&r, "items"), 2);
	r = get(d.admin, path_of(&d, other, "/file"));
	assert_true(str_starts(r.body, S("PK\x03\x04")));
	file_of(&d, d.operator, id);
	file_of(&d, d.operator, id);
	r = get(d.operator, path_of(&d, id, ""));
	assert_int_equal(number_at(&r, "downloads"), 2);
	r = post(d.operator, path_of(&d, id, "/cancel"), "{}");
	assert_str(json_at(&r, "state"), "cancelled");
	r = get(d.operator, path_of(&d, id, "/file"));
	assert_reply(r, 410, "export_gone");
	clock_set((struct instant){ clock_now().ms + 25 * HOUR });
	work(&d);
	r = get(d.admin, path_of(&d, other, "/file"));
	assert_reply(r, 410, "export_gone");
	r = get(d.admin, path_of(&d, other, ""));
	clock_set((struct instant){ 0 });
	desk_close(&d);
}

PROMISE(export_torn, "killed anywhere, it begins again and is whole; members that go meanwhile are in it or not, never half")
{
	struct desk d;
	int64_t clock = clock_now().ms;
	struct id last = { 0 };
	open_desk(&d, house);
	for (int i = 0; i < 430; i++)
		last = a_member(&d, text(&d, "成员%d", i), text(&d, "139%08d", i), "杭州");
	struct id id = made(d.admin, at(&d, "/exports"), "{\"format\":\"csv\"," COLUMNS "}");
	for (long n = 2, struck = 1; struck; n = n * 2 + 1) {
		log_set_level(LOG_OFF);
		store_fault_after(n, true);
		jobs_run_due(house->store, NULL, people);
		struck = store_fault_struck();
		store_fault_after(-1, false);
		log_set_level(LOG_INFO);
		clock_set((struct instant){ clock += 10 * MINUTE });
		if (n == 5) {
			struct reply r = del(d.admin, at(&d, "/members/%lld", (long long)last.n));
			assert_int_equal(r.status, 204);
		}
	}
	work(&d);
	const char *file = file_of(&d, d.admin, id);
	size_t lines = 0;
	for (const char *p = file; (p = strstr(p, "\r\n")); p += 2)
		lines++;
	assert_int_equal(lines, 1 + 429);
	assert_non_null(strstr(file, "\r\n成员0,139****0000,杭州,,\r\n"));
	assert_null(strstr(file, "成员429,"));
	clock_set((struct instant){ 0 });
	desk_close(&d);
}
