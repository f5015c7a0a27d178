/* wecom_way_test.c: a contact way is a target of a live code, and known again in whom it brings; who adds staff is welcomed once. */
#include <unistd.h>

#include "wecom_place_test.h"

#include "engine/jobs/jobs.h"
#include "groups/codes_test.h"

extern const struct feature *const features[];

static struct reply way(struct place *p) { return get(p->desk.reader, place_at(p, "/contact-ways")); }
static struct reply welcome(struct place *p) { return get(p->desk.reader, place_at(p, "/wecom-welcomes")); }

static struct reply target(struct place *p, struct id code)
{
	return get(p->desk.owner, at(&p->desk, "/livecodes/%lld/targets", (long long)code.n));
}

static const char *draft(struct place *p, const char *title, const char *kind, const char *staff, struct id code)
{
	return text(&p->desk, "{\"title\":\"%s\",\"kind\":\"%s\",\"staff\":[%s],\"skip_verify\":true,\"code_id\":%s}", title, kind, staff,
	            code.n ? text(&p->desk, "\"%lld\"", (long long)code.n) : "null");
}

PROMISE(wecom_way, "a contact way is made by a job, its QR is shown as the code's target, and who comes by it is known by the code")
{
	struct place p;
	place_open(&p, house);
	struct id code = code_made(&p.desk, (struct code_draft){ 0 });
	place_work(&p, 0);
	struct id id = made(p.desk.operator, place_at(&p, "/contact-ways"), draft(&p, "前台", "single", "\"wang\"", code));
	place_work(&p, 0);
	struct reply r = target(&p, code);
	assert_str(json_at(&r, "items.0.kind"), "staff");
	assert_str(json_at(&r, "items.0.state"), "filling");
	assert_true(str_starts(json_at(&r, "items.0.picture_url"), S("/f/")));
	r = way(&p);
	assert_str(json_at(&r, "items.0.done"), "1");
	const char *state = text(&p.desk, "%.*s", STR(json_at(&r, "items.0.state")));
	assert_non_null(strstr(wecom_fake_contact_way(p.fake, state), "\"type\":1,\"scene\":2,\"remark\":\"前台\",\"skip_verify\":true"));
	wecom_fake_add(p.fake, "wmA", "林晓", "wang", state);
	place_work(&p, 5 * SECOND);
	r = way(&p);
	assert_str(json_at(&r, "items.0.customers"), "1");
	struct reply came = get(p.desk.reader, at(&p.desk, "/contact-ways/%lld/customers", (long long)id.n));
	assert_int_equal(json_length(&came, "items"), 1);
	assert_str(json_at(&came, "items.0.nickname"), "林晓");
	assert_str(json_at(&came, "items.0.staff"), "wang");
	r = get(p.desk.owner, at(&p.desk, "/members"));
	assert_true(str_equal(json_at(&came, "items.0.member_id"), json_at(&r, "items.0.id")));
	struct reply one = get(p.desk.owner, at(&p.desk, "/members/%.*s", STR(json_at(&r, "items.0.id"))));
	struct reply links = get(p.desk.owner, at(&p.desk, "/livecodes/%lld/links", (long long)code.n));
	assert_true(json_at(&one, "source_id").len > 0);
	assert_true(str_equal(json_at(&one, "source_id"), json_at(&links, "items.0.id")));
	assert_int_equal(put(p.desk.operator, at(&p.desk, "/contact-ways/%lld", (long long)id.n),
	                     "{\"title\":\"前台 2\",\"staff\":[\"wang\"],\"skip_verify\":false}").status, 200);
	place_work(&p, 0);
	assert_non_null(strstr(wecom_fake_contact_way(p.fake, state), "\"remark\":\"前台 2\",\"skip_verify\":false"));
	assert_int_equal(wecom_fake_calls(p.fake, "add_contact_way"), 1);
	assert_int_equal(del(p.desk.operator, at(&p.desk, "/contact-ways/%lld", (long long)id.n)).status, 204);
	r = target(&p, code);
	assert_str(json_at(&r, "items.0.state"), "empty");
	place_work(&p, 0);
	assert_string_equal(wecom_fake_contact_way(p.fake, state), "");
	place_close(&p);
}

PROMISE(wecom_way_refused, "a single code takes one of the staff; whom the platform does not know is said in its words, and asked again on demand")
{
	struct place p;
	place_open(&p, house);
	const char *list = place_at(&p, "/contact-ways");
	struct id none = { 0 };
	assert_reply(post(p.desk.operator, list, draft(&p, "x", "single", "\"wang\",\"li\"", none)), 400, "too_long");
	assert_reply(post(p.desk.operator, list, draft(&p, "x", "multi", "\"wang\",\"wang\"", none)), 409, "conflict");
	assert_reply(post(p.desk.operator, list, draft(&p, "x", "multi", "", none)), 400, "too_short");
	assert_reply(post(p.desk.operator, list, draft(&p, "x", "many", "\"wang\"", none)), 400, "not_one_of");
	assert_reply(post(p.desk.operator, list, draft(&p, "x", "multi", "\"wang\"", (struct id){ 99 })), 404, "not_found");
	assert_int_equal(post(p.desk.reader, list, draft(&p, "x", "multi", "\"wang\"", none)).status, 403);
	struct id id = made(p.desk.operator, list, draft(&p, "三人轮流", "multi", "\"wang\",\"li\"", none));
	place_work(&p, 0);
	struct reply r = way(&p);
	assert_true(str_starts(json_at(&r, "items.0.trouble"), S("40003 ")));
	wecom_fake_staff(p.fake, "li");
	assert_int_equal(post(p.desk.operator, at(&p.desk, "/contact-ways/%lld/again", (long long)id.n), "{}").status, 204);
	place_work(&p, 0);
	r = way(&p);
	assert_str(json_at(&r, "items.0.trouble"), "");
	assert_true(json_at(&r, "items.0.picture").len > 0);
	place_close(&p);
}

PROMISE(wecom_way_dropped, "a way whose deletion is refused stays, with the platform's words; one that somebody deleted there is gone, whatever the code")
{
	struct place p;
	place_open(&p, house);
	const char *list = place_at(&p, "/contact-ways");
	struct id kept = made(p.desk.operator, list, draft(&p, "前台", "single", "\"wang\"", (struct id){ 0 }));
	struct id gone = made(p.desk.operator, list, draft(&p, "车展", "single", "\"wang\"", (struct id){ 0 }));
	place_work(&p, 0);
	wecom_fake_fail(p.fake, "del_contact_way", 86994, 1, 0);
	assert_int_equal(del(p.desk.operator, at(&p.desk, "/contact-ways/%lld", (long long)kept.n)).status, 204);
	place_work(&p, 0);
	struct reply r = way(&p);
	assert_int_equal(json_length(&r, "items"), 2);
	assert_str(json_at(&r, "items.1.trouble"), "86994 invalid");
	assert_str(json_at(&r, "items.1.dropped"), "true");
	wecom_fake_lose(p.fake, "del_contact_way", 1);
	assert_int_equal(del(p.desk.operator, at(&p.desk, "/contact-ways/%lld", (long long)gone.n)).status, 204);
	place_work(&p, 0);
	place_work(&p, MINUTE);
	r = way(&p);
	assert_int_equal(json_length(&r, "items"), 1);
	assert_int_equal(post(p.desk.operator, at(&p.desk, "/contact-ways/%lld/again", (long long)kept.n), "{}").status, 204);
	place_work(&p, 0);
	r = way(&p);
	assert_int_equal(json_length(&r, "items"), 0);
	place_close(&p);
}

PROMISE(wecom_codes_limit, "contact ways and join ways are counted together; as many as the corp may have, and the next is refused here, with why")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_group(p.fake, "wr1", "车友 6 群", "wang");
	place_work(&p, 3 * SECOND);
	assert_int_equal(post(p.desk.owner, place_at(&p, "/groups"), "{\"subject\":\"wr1\",\"group_id\":null}").status, 200);
	place_work(&p, 0);
	assert_int_equal(put(p.desk.owner, place_at(&p, ""), text(&p.desk, "{\"kind\":\"wecom\",\"name\":\"友信\",\"values\":["
		"{\"key\":\"corpid\",\"text\":\"" WECOM_CORP "\"},{\"key\":\"api\",\"text\":\"%s\"},{\"key\":\"codes\",\"text\":\"2\"}]}",
		wecom_fake_url(p.fake))).status, 200);
	const char *joining = "{\"title\":\"加群\",\"chats\":[\"wr1\"],\"auto_create\":true,\"base_name\":\"车友\",\"base_id\":1,\"code_id\":null}";
	made(p.desk.operator, place_at(&p, "/contact-ways"), draft(&p, "前台", "single", "\"wang\"", (struct id){ 0 }));
	struct id join = made(p.desk.operator, place_at(&p, "/join-ways"), joining);
	assert_reply(post(p.desk.operator, place_at(&p, "/contact-ways"), draft(&p, "车展", "single", "\"wang\"", (struct id){ 0 })), 409,
	             "corp_codes");
	assert_reply(post(p.desk.operator, place_at(&p, "/join-ways"), joining), 409, "corp_codes");
	place_work(&p, 0);
	assert_int_equal(del(p.desk.operator, at(&p.desk, "/join-ways/%lld", (long long)join.n)).status, 204);
	assert_reply(post(p.desk.operator, place_at(&p, "/join-ways"), joining), 409, "corp_codes");
	place_work(&p, 0);
	made(p.desk.operator, place_at(&p, "/contact-ways"), draft(&p, "车展", "single", "\"wang\"", (struct id){ 0 }));
	place_close(&p);
}

#define WELCOME(way, text) "{\"way_id\":" way ",\"active\":true,\"text\":\"" text "\",\"attach\":\"link\",\"link_title\":\"看车\"," \
	"\"link_text\":\"\",\"link_url\":\"https://a.example/x\",\"picture\":\"\"}"

PROMISE(wecom_welcome, "who adds staff is welcomed once, by name, in the words of their contact way or the channel's")
{
	struct place p;
	place_open(&p, house);
	const char *welcomes = place_at(&p, "/wecom-welcomes");
	wecom_fake_add(p.fake, "wm0", "没人问候", "wang", "");
	place_work(&p, 0);
	assert_int_equal(wecom_fake_calls(p.fake, "send_welcome_msg"), 0);
	assert_int_equal(put(p.desk.operator, welcomes, WELCOME("null", "{nickname}，你好，我是 {staff}")).status, 200);
	struct id id = made(p.desk.operator, place_at(&p, "/contact-ways"), draft(&p, "前台", "single", "\"wang\"", (struct id){ 0 }));
	assert_int_equal(put(p.desk.operator, welcomes, text(&p.desk, WELCOME("\"%lld\"", "前台欢迎{nickname}"), (long long)id.n)).status, 200);
	struct reply r = way(&p);
	const char *state = text(&p.desk, "%.*s", STR(json_at(&r, "items.0.state")));
	wecom_fake_tell(p.fake, p.address, 3);
	wecom_fake_add(p.fake, "wmA", "林晓", "wang", "");
	wecom_fake_add(p.fake, "wmB", "周舟", "wang", state);
	place_work(&p, 0);
	assert_non_null(strstr(wecom_fake_welcomed(p.fake, "wmA"), "\"content\":\"林晓，你好，我是 wang\""));
	assert_non_null(strstr(wecom_fake_welcomed(p.fake, "wmA"), "\"msgtype\":\"link\",\"link\":{\"title\":\"看车\""));
	assert_non_null(strstr(wecom_fake_welcomed(p.fake, "wmB"), "前台欢迎周舟"));
	place_work(&p, 0);
	assert_int_equal(wecom_fake_calls(p.fake, "send_welcome_msg"), 2);
	r = welcome(&p);
	assert_str(json_at(&r, "items.0.sent"), "1");
	assert_str(json_at(&r, "items.1.sent"), "1");
	place_close(&p);
}

PROMISE(wecom_welcome_stops, "another app that is sending is waited for; a code that was used or is bad ends it; after twenty seconds nothing is said")
{
	struct place p;
	place_open(&p, house);
	const char *welcomes = place_at(&p, "/wecom-welcomes");
	assert_reply(put(p.desk.operator, welcomes, "{\"way_id\":null,\"active\":true,\"text\":\"\",\"attach\":\"none\"}"), 400, "too_short");
	assert_reply(put(p.desk.operator, welcomes, "{\"way_id\":null,\"active\":true,\"text\":\"a\",\"attach\":\"link\",\"link_title\":\"b\"}"), 400,
	             "missing_field");
	assert_reply(put(p.desk.operator, welcomes, WELCOME("\"99\"", "x")), 404, "not_found");
	assert_int_equal(put(p.desk.reader, welcomes, WELCOME("null", "x")).status, 403);
	assert_int_equal(put(p.desk.operator, welcomes, WELCOME("null", "你好")).status, 200);
	wecom_fake_fail(p.fake, "send_welcome_msg", 41096, 1, 0);
	wecom_fake_add(p.fake, "wmA", "林晓", "wang", "");
	place_work(&p, 0);
	assert_int_equal(wecom_fake_calls(p.fake, "send_welcome_msg"), 2);
	assert_true(wecom_fake_welcomed(p.fake, "wmA")[0] != 0);
	wecom_fake_fail(p.fake, "send_welcome_msg", 41051, 1, 0);
	wecom_fake_add(p.fake, "wmB", "周舟", "wang", "");
	place_work(&p, 0);
	assert_int_equal(wecom_fake_calls(p.fake, "send_welcome_msg"), 3);
	wecom_fake_add(p.fake, "wmC", "来晚了", "wang", "");
	place_work(&p, 21 * SECOND);
	assert_int_equal(wecom_fake_calls(p.fake, "send_welcome_msg"), 3);
	struct reply r = welcome(&p);
	assert_str(json_at(&r, "items.0.sent"), "1");
	assert_str(json_at(&r, "items.0.refused"), "1");
	assert_str(json_at(&r, "items.0.late"), "1");
	assert_true(str_starts(json_at(&r, "items.0.trouble"), S("41051 ")));
	place_close(&p);
}

PROMISE(wecom_welcome_unsure, "a code that is used when we ask again, our first asking without an answer, is nobody's for certain; with an answer it is another's")
{
	struct place p;
	place_open(&p, house);
	const char *welcomes = place_at(&p, "/wecom-welcomes");
	assert_int_equal(put(p.desk.operator, welcomes, WELCOME("null", "你好")).status, 200);
	wecom_fake_lose(p.fake, "send_welcome_msg", 1);
	wecom_fake_add(p.fake, "wmA", "林晓", "wang", "");
	place_work(&p, 0);
	struct reply r = welcome(&p);
	assert_str(json_at(&r, "items.0.unsure"), "1");
	assert_str(json_at(&r, "items.0.sent"), "0");
	assert_true(wecom_fake_welcomed(p.fake, "wmA")[0] != 0);
	wecom_fake_fail(p.fake, "send_welcome_msg", 41096, 1, 0);
	wecom_fake_fail(p.fake, "send_welcome_msg", 41051, 1, 0);
	wecom_fake_add(p.fake, "wmB", "周舟", "wang", "");
	place_work(&p, 0);
	r = welcome(&p);
	assert_str(json_at(&r, "items.0.refused"), "1");
	assert_str(json_at(&r, "items.0.unsure"), "1");
	assert_str(json_at(&r, "items.0.sent"), "0");
	place_close(&p);
}

static void switched(struct place *p, const char *on)
{
	assert_int_equal(post(p->desk.owner, place_at(p, "/state"), text(&p->desk, "{\"on\":%s}", on)).status, 200);
}

PROMISE(wecom_welcome_dropped, "switched off meanwhile, a greeting ends with the reason; and is forgotten after three months")
{
	struct place p;
	place_open(&p, house);
	const char *welcomes = place_at(&p, "/wecom-welcomes");
	assert_int_equal(put(p.desk.operator, welcomes, WELCOME("null", "你好")).status, 200);
	wecom_fake_add(p.fake, "wmA", "林晓", "wang", "");
	switched(&p, "false");
	place_work(&p, 0);
	switched(&p, "true");
	place_work(&p, 0);
	struct reply r = welcome(&p);
	assert_str(json_at(&r, "items.0.dropped"), "1");
	assert_str(json_at(&r, "items.0.trouble"), "the channel was switched off");
	wecom_fake_add(p.fake, "wmB", "周舟", "wang", "");
	assert_int_equal(put(p.desk.operator, welcomes,
	                     "{\"way_id\":null,\"active\":false,\"text\":\"你好\",\"attach\":\"none\"}").status, 200);
	place_work(&p, 0);
	r = welcome(&p);
	assert_str(json_at(&r, "items.0.dropped"), "2");
	assert_str(json_at(&r, "items.0.trouble"), "the welcome was switched off");
	assert_int_equal(wecom_fake_calls(p.fake, "send_welcome_msg"), 0);
	clock_set((struct instant){ clock_now().ms + 89 * DAY });
	place_every(&p, &feature_wecom_welcome);
	clock_set((struct instant){ 0 });
	r = welcome(&p);
	assert_str(json_at(&r, "items.0.dropped"), "2");
	clock_set((struct instant){ clock_now().ms + 91 * DAY });
	place_every(&p, &feature_wecom_welcome);
	clock_set((struct instant){ 0 });
	r = welcome(&p);
	assert_str(json_at(&r, "items.0.dropped"), "0");
	place_close(&p);
}

PROMISE(wecom_welcome_prompt, "a job that a slow platform holds up for seconds holds up no welcome, and each is said once")
{
	struct place p;
	struct jobs *jobs;
	struct wecom_fake *slow = wecom_fake_open(0);     /* the fakes answer one at a time, so the slow one is another */
	place_open(&p, house);
	assert_int_equal(put(p.desk.operator, place_at(&p, "/wecom-welcomes"), WELCOME("null", "{nickname}，你好")).status, 200);
	struct id other = place_another(&p, slow);
	const char *ways = at(&p.desk, "/channels/%lld/contact-ways", (long long)other.n);
	wecom_fake_staff(slow, "wang");
	wecom_fake_stall(slow, "add_contact_way");
	made(p.desk.operator, ways, draft(&p, "前台", "single", "\"wang\"", (struct id){ 0 }));
	assert_int_equal(jobs_start(house->store, site_options(p.desk.site)->settings, features, &jobs), 0);
	assert_true(comes(wecom_fake_calls(slow, "add_contact_way")));        /* the worker has it, until the platform is let go */
	wecom_fake_tell(p.fake, p.address, 3);
	wecom_fake_add(p.fake, "wmA", "林晓", "wang", "");
	assert_true(comes(*wecom_fake_welcomed(p.fake, "wmA")));
	wecom_fake_add(p.fake, "wmB", "周舟", "wang", "");
	assert_true(comes(*wecom_fake_welcomed(p.fake, "wmB")));
	struct reply r = get(p.desk.reader, ways);
	assert_str(json_at(&r, "items.0.done"), "0");
	wecom_fake_go_on(slow);
	jobs_stop(jobs);
	wecom_fake_close(slow);
	assert_int_equal(wecom_fake_calls(p.fake, "send_welcome_msg"), 2);
	r = welcome(&p);
	assert_str(json_at(&r, "items.0.sent"), "2");
	place_close(&p);
}
