/* livecode_test.c: the promises of the operator's side: settings, targets, states, limits. */
#include "groups/codes_test.h"

#include "media/sample_test.h"
#include "people/audit.h"

static const struct feature *const declared[] = {
	&feature_audit, &feature_community, &feature_livecode, &feature_source, &feature_landing, &feature_scan, &feature_gate,
	&feature_numbers, &feature_deathclock, NULL,
};

PROMISE(livecode_declared, "every query fits the store, every route asks for its role")
{
	struct desk d;
	desk_open(&d, house, declared);
	desk_check_queries(&d);
	desk_walk_routes(&d);
	desk_close(&d);
}

/* ---- Settings ---- */

PROMISE(livecode_saved, "a code is made as a draft with its own link; what is saved comes back, and is in the audit log")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ .title = "车主群" });
	struct reply r = get(d.reader, at(&d, "/livecodes/%lld", (long long)code.n));
	assert_str(json_at(&r, "state"), "draft");
	r = put(d.operator, at(&d, "/livecodes/%lld", (long long)code.n), code_json(&d, (struct code_draft){
		.title = "车主俱乐部", .strategy = "rota", .gate = "form", .wandering = true, .more =
		"\"guide\":\"每周直播\\n配件折扣\",\"contact\":\"13800000000\",\"tags\":[\"车主\",\"新\"],\"starts_at\":1000,\"ends_at\":2000,"
		"\"gate_title\":\"请先登记\",\"gate_questions\":[{\"key\":\"car\",\"label\":\"车型\",\"kind\":\"choice\",\"required\":true,"
		"\"choices\":[\"轿车\",\"卡车\"]}],\"gate_approve\":[{\"key\":\"car\",\"holds\":\"is\",\"value\":\"轿车\"}]," }));
	assert_int_equal(r.status, 200);
	r = get(d.reader, at(&d, "/livecodes/%lld", (long long)code.n));
	static const char *const saved[][2] = {
		{ "title", "车主俱乐部" }, { "strategy", "rota" }, { "gate", "form" }, { "sticky", "false" }, { "duplicate_guard", "true" },
		{ "guide", "每周直播\n配件折扣" }, { "tags.1", "新" }, { "starts_at", "1000" }, { "ends_at", "2000" },
		{ "gate_questions.0.choices.1", "卡车" }, { "gate_approve.0.value", "轿车" }, { "contact", "13800000000" },
	};
	for (size_t i = 0; i < sizeof saved / sizeof *saved; i++)
		assert_str(json_at(&r, saved[i][0]), saved[i][1]);
	r = get(d.reader, at(&d, "/livecodes"));
	assert_str(json_at(&r, "items.0.title"), "车主俱乐部");
	assert_str(json_at(&r, "items.0.links"), "1");
	assert_str(json_at(&r, "items.0.slug"), code_slug(&d, code));
	r = get(d.admin, at(&d, "/audit?act=livecode_changed"));
	assert_int_equal(json_length(&r, "items"), 1);
	desk_close(&d);
}

PROMISE(livecode_list, "the list finds part of a title in any case, its own signs are plain, and pages go on where they ended")
{
	static const struct { const char *q; size_t found; } table[] = {
		{ "q=vip", 2 }, { "q=100%25", 1 }, { "q=%25", 1 }, { "q=_", 1 }, { "q=!", 1 }, { "q=%E8%BD%A6", 1 }, { "q='", 0 }, { "state=draft", 5 },
		{ "state=running", 0 }, { "limit=2", 2 }, { "", 5 },
	};
	static const char *const titles[] = { "VIP 群", "vip_2", "打折 100%", "车主群", "马上来!" };
	struct desk d;
	codes_open(&d, house);
	for (size_t i = 0; i < 5; i++)
		code_made(&d, (struct code_draft){ .title = titles[i] });
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct reply r = get(d.reader, at(&d, "/livecodes?%s", table[i].q));
		if (r.status != 200 || json_length(&r, "items") != table[i].found)
			fail_msg("%s: %d %.*s", table[i].q, r.status, STR(r.body));
	}
	struct reply r = get(d.reader, at(&d, "/livecodes?limit=3"));
	r = get(d.reader, at(&d, "/livecodes?limit=3&after=%.*s", STR(json_at(&r, "next"))));
	assert_int_equal(json_length(&r, "items"), 2);
	assert_str(json_at(&r, "items.1.title"), "VIP 群");
	assert_str(json_at(&r, "next"), "");
	desk_close(&d);
}

#define Q(key, kind, more) "{\"key\":\"" key "\",\"label\":\"?\",\"kind\":\"" kind "\",\"required\":true" more "}"

PROMISE(livecode_fields, "each setting that cannot be is refused with its code and its field, and nothing is saved")
{
	static const struct { struct code_draft draft; int status; const char *code, *field; } table[] = {
		{ { .title = "" },                                                400, "too_short",     "title" },
		{ { .title = "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一" }, 400, "too_long", "title" },
		{ { .strategy = "chaos" },                                        400, "not_one_of",    "strategy" },
		{ { .gate = "door" },                                             400, "not_one_of",    "gate" },
		{ { .gate = "password" },                                         400, "missing_field", "gate_password" },
		{ { .gate = "form" },                                             400, "missing_field", "gate_questions" },
		{ { .gate = "proof" },                                            400, "missing_field", "gate_note" },
		{ { .more = "\"starts_at\":5000,\"ends_at\":5000," },            400, "time_order",    "ends_at" },
		{ { .more = "\"colour\":\"red\"," },                              400, "unknown_field", "colour" },
		{ { .more = "\"title\":\"twice\"," },                             400, "json",          "title" },
		{ { .more = "\"look\":\"x\"," },                                  400, "json",          "look" },
		{ { .more = "\"state\":\"running\"," },                           400, "unknown_field", "state" },
		{ { .gate = "form", .more = "\"gate_questions\":[" Q("Car", "text", "") "]," }, 400, "bad_pattern", "gate_questions[0].key" },
		{ { .gate = "form", .more = "\"gate_questions\":[" Q("car", "text", "") "," Q("car", "text", "") "]," }, 409, "name_taken", "gate_questions" },
		{ { .gate = "form", .more = "\"gate_questions\":[" Q("car", "choice", "") "]," }, 400, "missing_field", "gate_questions" },
		{ { .gate = "form", .more = "\"gate_questions\":[" Q("car", "text", "") "],\"gate_approve\":[{\"key\":\"bus\",\"holds\":\"filled\"}]," },
			400, "not_one_of", "gate_approve" },
		{ { .gate = "form", .more = "\"gate_questions\":[" Q("car", "text", "") "],\"gate_approve\":[{\"key\":\"car\",\"holds\":\"contains\"}]," },
			400, "missing_field", "gate_approve" },
	};
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ .title = "旧" });
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *json = code_json(&d, table[i].draft);
		struct reply replies[] = { post(d.operator, at(&d, "/livecodes"), json),
			put(d.operator, at(&d, "/livecodes/%lld", (long long)code.n), json) };
		for (int k = 0; k < 2; k++)
			if (replies[k].status != table[i].status || !str_is(json_at(&replies[k], "error.code"), table[i].code) ||
			    (strcmp(table[i].code, "json") != 0 && !str_is(json_at(&replies[k], "error.field"), table[i].field)))
				fail_msg("case %zu: %d %.*s", i, replies[k].status, STR(replies[k].body));
	}
	struct reply r = get(d.reader, at(&d, "/livecodes"));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.title"), "旧");
	desk_close(&d);
}

PROMISE(livecode_texts, "whatever is typed into a text field comes back as it was")
{
	static const char *const fields[] = { "guide", "gate_title", "gate_note", "gate_password", "contact" };
	struct desk d;
	codes_open(&d, house);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const char *odd = "'); DROP TABLE livecode;--<b>%s 👩‍👩‍👧";
		struct reply r = post(d.operator, at(&d, "/livecodes"), code_json(&d, (struct code_draft){
			.more = text(&d, "\"%s\":\"%s\",\"tags\":[\"%s\"],", fields[i], odd, odd) }));
		assert_str(json_at(&r, fields[i]), odd);
		assert_str(json_at(&r, "tags.0"), odd);
	}
	desk_close(&d);
}

/* ---- States ---- */

static struct reply set_state(struct desk *d, struct id code, const char *state, const char *more)
{
	return post(d->operator, at(d, "/livecodes/%lld/state", (long long)code.n), text(d, "{\"state\":\"%s\"%s}", state, more));
}

PROMISE(livecode_states, "a code runs only with a target, keeps one while it runs, pauses, goes on, and ended stays ended")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 });
	struct reply r = set_state(&d, code, "running", "");
	assert_reply(r, 409, "no_target");
	r = set_state(&d, code, "draft", "");
	assert_reply(r, 400, "not_one_of");
	struct id target = target_to(&d, code, "https://a.example", 0, NULL), other = target_to(&d, code, "https://b.example", 0, NULL);
	static const char *const way[] = { "running", "running", "paused", "running" };
	for (size_t i = 0; i < 4; i++) {
		r = set_state(&d, code, way[i], "");
		assert_str(json_at(&r, "state"), way[i]);
	}
	r = del(d.operator, at(&d, "/targets/%lld", (long long)other.n));
	assert_int_equal(json_length(&r, "items"), 1);
	r = del(d.operator, at(&d, "/targets/%lld", (long long)target.n));
	assert_reply(r, 409, "no_target");
	assert_str(target_at(&d, code, 0, "url"), "https://a.example");
	r = set_state(&d, code, "ended", "");
	assert_str(json_at(&r, "state"), "ended");
	r = set_state(&d, code, "running", "");
	assert_reply(r, 409, "already_ended");
	r = set_state(&d, code, "paused", "");
	assert_reply(r, 409, "already_ended");
	r = put(d.operator, at(&d, "/livecodes/%lld", (long long)code.n), code_json(&d, (struct code_draft){ 0 }));
	assert_reply(r, 409, "already_ended");
	r = get(d.admin, at(&d, "/audit?act=livecode_state"));
	assert_int_equal(json_length(&r, "items"), 5);
	desk_close(&d);
}

PROMISE(livecode_guardrail, "a gate that asks people to share runs only when somebody has read G1, and that stands in the audit log")
{
	static const struct { const char *note; bool asks; } table[] = {
		{ "请分享到朋友圈", true }, { "转发给三个群", true }, { "Share this poster", true }, { "please REPOST", true },
		{ "上传付款截图", false }, { "上传行驶证", false },
	};
	struct desk d;
	struct reply r;
	codes_open(&d, house);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct id code = code_made(&d, (struct code_draft){ .gate = "proof", .more = text(&d, "\"gate_note\":\"%s\",", table[i].note) });
		target_to(&d, code, "https://a.example", 0, NULL);
		r = set_state(&d, code, "running", "");
		if ((r.status == 409) != table[i].asks)
			fail_msg("%s: %d", table[i].note, r.status);
		if (!table[i].asks)
			continue;
		assert_reply(r, 409, "guardrail_g1");
		assert_str(json_at(&r, "error.field"), "acknowledge");
		r = set_state(&d, code, "running", ",\"acknowledge\":\"G2\"");
		assert_reply(r, 409, "guardrail_g1");
		r = set_state(&d, code, "running", ",\"acknowledge\":\"G1\"");
		assert_str(json_at(&r, "state"), "running");
		assert_true(number_at(&r, "gate_accepted") > 0);
	}
	r = get(d.admin, at(&d, "/audit?act=guardrail_acknowledged"));
	assert_int_equal(json_length(&r, "items"), 4);
	struct id code = code_made(&d, (struct code_draft){ 0 });            /* and no way around it by saving later */
	target_to(&d, code, "https://a.example", 0, NULL);
	code_run(&d, code);
	r = put(d.operator, at(&d, "/livecodes/%lld", (long long)code.n),
		code_json(&d, (struct code_draft){ .gate = "proof", .more = "\"gate_note\":\"集赞 30 个\"," }));
	assert_reply(r, 409, "guardrail_g1");
	desk_close(&d);
}

/* ---- Targets ---- */

PROMISE(target_fields, "each target that cannot be is refused with its code and its field")
{
	static const struct { const char *kind, *more, *code, *field; int status; } table[] = {
		{ "group", "", "missing_field", "group_id", 400 },
		{ "group", ",\"group_id\":\"999\"", "not_found", "group_id", 404 },
		{ "staff", "", "missing_field", "picture", 400 },
		{ "staff", ",\"picture\":\"AAAAAAAAAAAAAAAAAAAAAA\"", "not_found", "picture", 404 },
		{ "wecom", "", "missing_field", "url", 400 },
		{ "url", "", "missing_field", "url", 400 },
		{ "url", ",\"url\":\"javascript:alert(1)\"", "bad_pattern", "url", 400 },
		{ "url", ",\"url\":\"https://a b\"", "bad_pattern", "url", 400 },
		{ "url", ",\"url\":\"https://a\\r\\nSet-Cookie: x=1\"", "invalid", "url", 400 },
		{ "door", ",\"url\":\"https://a\"", "not_one_of", "kind", 400 },
		{ "url", ",\"url\":\"https://a\",\"weight\":1001", "too_large", "weight", 400 },
		{ "url", ",\"url\":\"https://a\",\"weight\":-1", "too_small", "weight", 400 },
		{ "url", ",\"url\":\"https://a\",\"latitude_e6\":90000001", "too_large", "latitude_e6", 400 },
		{ "url", ",\"url\":\"https://a\",\"radius_m\":1000001", "too_large", "radius_m", 400 },
		{ "url", ",\"url\":\"https://a\",\"windows\":[{\"weekday\":7,\"from\":0,\"until\":1}]", "too_large", "windows[0].weekday", 400 },
		{ "url", ",\"url\":\"https://a\",\"windows\":[{\"weekday\":1,\"from\":600,\"until\":600}]", "time_order", "windows", 400 },
		{ "url", ",\"url\":\"https://a\",\"dates\":[{\"day\":\"2026-02-30\",\"from\":0,\"until\":1}]", "bad_pattern", "dates", 400 },
		{ "url", ",\"url\":\"https://a\",\"dates\":[{\"day\":\"2026-02-20\",\"from\":2,\"until\":1}]", "time_order", "dates", 400 },
		{ "url", ",\"url\":\"https://a\",\"dates\":[{\"day\":\"tomorrow\",\"from\":0,\"until\":1}]", "too_short", "dates[0].day", 400 },
	};
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 }), target = target_to(&d, code, "https://kept.example", 7, NULL);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *json = target_json(&d, table[i].kind, 0, table[i].more);
		struct reply replies[] = { post(d.operator, at(&d, "/livecodes/%lld/targets", (long long)code.n), json),
			put(d.operator, at(&d, "/targets/%lld", (long long)target.n), json) };
		for (int k = 0; k < 2; k++)
			if (replies[k].status != table[i].status || !str_is(json_at(&replies[k], "error.code"), table[i].code) ||
			    !str_is(json_at(&replies[k], "error.field"), table[i].field))
				fail_msg("case %zu: %d %.*s", i, replies[k].status, STR(replies[k].body));
	}
	struct reply r = post(d.operator, at(&d, "/livecodes/%lld/targets", (long long)code.n), target_json(&d, "url", -1, ",\"url\":\"https://a\""));
	assert_reply(r, 400, "too_small");
	assert_str(target_at(&d, code, 0, "url"), "https://kept.example");
	assert_str(target_at(&d, code, 0, "scan_cap"), "7");
	assert_str(target_at(&d, code, 1, "url"), "");
	desk_close(&d);
}

PROMISE(target_order, "targets stand in the order they were put; an order that forgets, doubles or borrows one changes nothing")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 }), other = code_made(&d, (struct code_draft){ 0 });
	long long a = target_to(&d, code, "https://a", 0, NULL).n, b = target_to(&d, code, "https://b", 0, NULL).n;
	long long c = target_to(&d, code, "https://c", 0, NULL).n, x = target_to(&d, other, "https://x", 0, NULL).n;
	const char *path = at(&d, "/livecodes/%lld/order", (long long)code.n);
	struct reply r = post(d.operator, path, text(&d, "{\"ids\":[\"%lld\",\"%lld\",\"%lld\"]}", c, a, b));
	assert_str(json_at(&r, "items.0.url"), "https://c");
	static const struct { int status; const char *code; } refusals[] = {
		{ 400, "missing_field" }, { 400, "missing_field" }, { 409, "conflict" }, { 404, "not_found" },
	};
	const char *wrong[] = {
		"{\"ids\":[]}", text(&d, "{\"ids\":[\"%lld\",\"%lld\"]}", a, b),
		text(&d, "{\"ids\":[\"%lld\",\"%lld\",\"%lld\",\"%lld\"]}", a, a, b, c), text(&d, "{\"ids\":[\"%lld\",\"%lld\",\"%lld\",\"%lld\"]}", a, b, c, x),
	};
	for (size_t i = 0; i < 4; i++) {
		r = post(d.operator, path, wrong[i]);
		assert_reply(r, refusals[i].status, refusals[i].code);
		assert_str(json_at(&r, "error.field"), "ids");
	}
	static const char *const order[] = { "https://c", "https://a", "https://b" };
	for (int i = 0; i < 3; i++)
		assert_str(target_at(&d, code, i, "url"), order[i]);
	desk_close(&d);
}

PROMISE(target_limits, "fifty targets, each with all the hours it may have, can be kept and scanned; the 51st is refused")
{
	struct desk d;
	BUF_SCOPED b;
	buf_init(&b, 64 << 10);
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 });
	buf_z(&b, "{\"kind\":\"url\",\"scan_cap\":0,\"weight\":1,\"visitors\":\"all\",\"windows\":[");
	for (int i = 0; i < WINDOWS_MAX; i++)
		buf_format(&b, "%s{\"weekday\":%d,\"from\":%d,\"until\":%d}", i ? "," : "", i % 7, i / 7 * 480, i / 7 * 480 + 480);
	buf_z(&b, "],\"dates\":[");
	for (int i = 0; i < DATES_MAX; i++)
		buf_format(&b, "%s{\"day\":\"2031-%02d-%02d\",\"from\":0,\"until\":1440}", i ? "," : "", i % 12 + 1, i / 12 + 1);
	buf_format(&b, "],\"url\":\"https://a.example/%0900d\"}", 0);
	const char *body = str_z(&house->arena, buf_view(&b));
	struct reply r = { 0 };
	for (int i = 0; i < CHILDREN_MAX; i++) {
		r = post(d.operator, at(&d, "/livecodes/%lld/targets", (long long)code.n), body);
		assert_int_equal(r.status / 100, 2);
	}
	assert_int_equal(json_length(&r, "items"), CHILDREN_MAX);
	r = post(d.operator, at(&d, "/livecodes/%lld/targets", (long long)code.n), target_json(&d, "url", 0, ",\"url\":\"https://a\""));
	assert_reply(r, 409, "too_many");
	code_run(&d, code);
	struct browser *phone = browser_open(d.site);
	assert_view(phone, code_slug(&d, code), "302");
	browser_close(phone);
	desk_close(&d);
}

PROMISE(livecode_elsewhere, "another community's code, target or group does not exist")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 }), target = target_to(&d, code, "https://a", 0, NULL);
	struct id group = group_named(&d, "会员群", NULL);
	struct id theirs = made(d.stranger, there(&d, "/livecodes"), code_json(&d, (struct code_draft){ 0 }));
	static const char *const paths[] = { "", "/targets", "/links", "/numbers", "/visits", "/clock", "/waiting", "/sheet.pdf", "/codes.zip" };
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct reply r = get(d.stranger, there(&d, "/livecodes/%lld%s", (long long)code.n, paths[i]));
		assert_reply(r, 404, "not_found");
	}
	struct reply replies[] = {
		put(d.stranger, there(&d, "/livecodes/%lld", (long long)code.n), code_json(&d, (struct code_draft){ 0 })),
		post(d.stranger, there(&d, "/livecodes/%lld/state", (long long)code.n), "{\"state\":\"ended\"}"),
		post(d.stranger, there(&d, "/livecodes/%lld/targets", (long long)code.n), target_json(&d, "url", 0, ",\"url\":\"https://a\"")),
		post(d.stranger, there(&d, "/livecodes/%lld/order", (long long)code.n), "{\"ids\":[]}"),
		post(d.stranger, there(&d, "/livecodes/%lld/links", (long long)code.n), "{\"label\":\"x\",\"kind\":\"desk\"}"),
		put(d.stranger, there(&d, "/targets/%lld", (long long)target.n), target_json(&d, "url", 0, ",\"url\":\"https://a\"")),
		del(d.stranger, there(&d, "/targets/%lld", (long long)target.n)),
		get(d.stranger, there(&d, "/links/%s/qr.png", code_slug(&d, code))),
		post(d.stranger, there(&d, "/livecodes/%lld/targets", (long long)theirs.n),
			target_json(&d, "group", 0, text(&d, ",\"group_id\":\"%lld\"", (long long)group.n))),
	};
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
		if (replies[i].status != 404)
			fail_msg("case %zu: %d %.*s", i, replies[i].status, STR(replies[i].body));
	assert_str(target_at(&d, code, 0, "url"), "https://a");
	struct reply r = get(d.reader, at(&d, "/livecodes/%lld", (long long)code.n));
	assert_str(json_at(&r, "state"), "draft");
	desk_close(&d);
}

PROMISE(livecode_group_in_use, "a group that a code shows cannot be removed until the code lets go of it; a closed one is not shown")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ 0 }), group = group_named(&d, "会员群", "https://weixin.qq.com/g/A");
	struct id target = target_group(&d, code, group, 0, NULL);
	struct reply r = del(d.admin, at(&d, "/groups/%lld", (long long)group.n));
	assert_reply(r, 409, "group_in_use");
	assert_str(target_at(&d, code, 0, "state"), "filling");
	assert_str(target_at(&d, code, 0, "group_name"), "会员群");
	r = post(d.operator, at(&d, "/groups/%lld/stage", (long long)group.n), "{\"stage\":\"closed\"}");
	assert_str(target_at(&d, code, 0, "state"), "stopped");
	r = del(d.operator, at(&d, "/targets/%lld", (long long)target.n));
	assert_int_equal(json_length(&r, "items"), 0);
	r = del(d.admin, at(&d, "/groups/%lld", (long long)group.n));
	assert_int_equal(r.status / 100, 2);
	desk_close(&d);
}
