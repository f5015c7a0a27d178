/* template_test.c: a community as a file. */
#include "base/json.h"
#include "groups/built_in.h"
#include "groups/codes_test.h"
#include "groups/template.h"

#define SMALL "{\"quntu_template\":1,\"key\":\"small\",\"lang\":\"zh\",\"version\":1,\"name\":\"小店\",\"days\":21," \
	"\"card\":{\"purpose\":\"卖茶\",\"rules\":\"不吵架\"},\"tags\":[{\"name\":\"熟客\"}]," \
	"\"groups\":[{\"name\":\"茶友 1 群\",\"tier\":\"core\"}]," \
	"\"codes\":[{\"title\":\"前台\",\"look\":\"plain\",\"strategy\":\"order\",\"sticky\":true,\"duplicate_guard\":true," \
	"\"gate\":\"password\",\"qr_level\":\"M\",\"targets\":[{\"group\":\"茶友 1 群\"}],\"sources\":[{\"label\":\"门口\",\"kind\":\"poster\"}]}]}"

static const char *quoted(struct desk *d, const char *text)
{
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	buf_json(&b, str_of(text));
	return str_z(&d->house->arena, buf_view(&b));
}

/* The answer's text field as it was, out of JSON. */
static const char *file_of(struct desk *d, const struct reply *r)
{
	return str_z(&d->house->arena, json_at(r, "file"));
}

static const char *body_of(struct desk *d, const char *file, const char *more)
{
	struct str s = str_format(&d->house->arena, "{\"text\":%s%s}", quoted(d, file), more);
	return str_z(&d->house->arena, s);
}

static struct reply preview(struct desk *d, const char *json) { return post(d->admin, at(d, "/templates/preview"), json); }
static struct reply apply(struct desk *d, const char *json) { return post(d->admin, at(d, "/templates/apply"), json); }

static int64_t how_many(struct desk *d, const char *list)
{
	struct reply r = get(d->admin, at(d, "%s", list));
	return (int64_t)json_length(&r, "items");
}

/* A file that nobody signed, with the word that it was looked at. */
static struct reply apply_file(struct desk *d, const char *file, const char *more)
{
	struct reply seen = preview(d, body_of(d, file, ""));
	assert_int_equal(seen.status, 200);
	return apply(d, body_of(d, file, text(d, ",\"acknowledge\":\"%.*s\"%s", STR(json_at(&seen, "digest")), more)));
}

PROMISE(template_built_in_all, "every built-in template is whole, makes all it shows, and both languages have the same shape")
{
	struct desk d;
	codes_open(&d, house);
	size_t seen = 0;
	for (const struct built_in *b = built_in_templates; b->path; b++, seen++) {
		struct reply looked = preview(&d, body_of(&d, b->text, ""));
		if (looked.status != 200)
			fail_msg("%s: %.*s", b->path, STR(looked.body));
		size_t steps = json_length(&looked, "steps");
		assert_true(steps > 30 && json_length(&looked, "todo") >= 5 && json_length(&looked, "roles") >= 4);
		struct reply done = apply_file(&d, b->text, ",\"card\":\"replace\",\"rename\":true");
		if (done.status != 200)
			fail_msg("%s: %.*s", b->path, STR(done.body));
		assert_true(number_at(&done, "made") > 30);
	}
	assert_int_equal(seen, 4);
	struct reply en = get(d.admin, "/api/templates");
	assert_int_equal(json_length(&en, "items"), 2);
	desk_close(&d);
}

PROMISE(template_twice_is_once, "a template fills a community once, however often it is applied, and a name that is taken stays")
{
	struct desk d;
	codes_open(&d, house);
	made(d.admin, at(&d, "/groups"), "{\"name\":\"车主会员 1 群\",\"note\":\"我们自己的\"}");
	made(d.admin, at(&d, "/tags"), "{\"name\":\"核心车友\",\"colour\":\"red\"}");
	struct reply before = preview(&d, "{\"key\":\"car_club\"}");
	assert_str(json_at(&before, "verdict"), "built_in");
	assert_str(json_at(&before, "steps.3.state"), "exists");
	assert_str(json_at(&before, "steps.3.name"), "车主会员 1 群");
	struct reply first = apply(&d, "{\"key\":\"car_club\"}"), again = apply(&d, "{\"key\":\"car_club\"}");
	assert_int_equal(first.status, 200);
	assert_true(str_equal(json_at(&first, "id"), json_at(&again, "id")));
	assert_int_equal(how_many(&d, "/groups?limit=200"), 8);
	assert_int_equal(how_many(&d, "/livecodes?limit=200"), 8);
	assert_int_equal(how_many(&d, "/tags"), 22);
	struct reply mine = get(d.admin, at(&d, "/groups?q=车主会员%%201"));
	assert_str(json_at(&mine, "items.0.note"), "我们自己的");
	struct reply card = get(d.admin, at(&d, "/community"));
	assert_str(json_at(&card, "slogan"), "用车的事，群里说一声");
	assert_str(json_at(&card, "name"), "驾校");
	desk_close(&d);
}

PROMISE(template_rename, "what is there already can stay beside a new one of another name, and codes lead to the new one")
{
	struct desk d;
	codes_open(&d, house);
	made(d.admin, at(&d, "/groups"), "{\"name\":\"茶友 1 群\"}");
	struct reply done = apply_file(&d, SMALL, ",\"rename\":true");
	assert_int_equal(done.status, 200);
	struct reply groups = get(d.admin, at(&d, "/groups"));
	assert_str(json_at(&groups, "items.0.name"), "茶友 1 群 2");
	struct reply codes = get(d.admin, at(&d, "/livecodes"));
	struct reply targets = get(d.admin, at(&d, "/livecodes/%.*s/targets", STR(json_at(&codes, "items.0.id"))));
	assert_str(json_at(&targets, "items.0.group_name"), "茶友 1 群 2");
	struct reply code = get(d.admin, at(&d, "/livecodes/%.*s", STR(json_at(&codes, "items.0.id"))));
	assert_int_equal(json_at(&code, "gate_password").len, 6);
	desk_close(&d);
}

PROMISE(template_undo_untouched, "undo takes back what nobody has touched, and says why the rest stays")
{
	struct desk d;
	codes_open(&d, house);
	struct reply done = apply(&d, "{\"key\":\"car_club\",\"card\":\"replace\"}");
	const char *use = text(&d, "%.*s", STR(json_at(&done, "id")));
	struct reply codes = get(d.admin, at(&d, "/livecodes?limit=200")), tags = get(d.admin, at(&d, "/tags"));
	const char *code = text(&d, "%.*s", STR(json_at(&codes, "items.0.id")));
	assert_int_equal(post(d.admin, at(&d, "/livecodes/%s/state", code), "{\"state\":\"running\"}").status, 200);
	struct id member = made(d.admin, at(&d, "/members"), "{\"nickname\":\"安安\"}");
	const char *tag = text(&d, "%.*s", STR(json_at(&tags, "items.0.name")));
	assert_int_equal(put(d.admin, at(&d, "/members/%lld/tags", (long long)member.n), text(&d, "{\"tags\":[\"%s\"]}", tag)).status, 200);
	struct reply undone = post(d.admin, at(&d, "/templates/uses/%s/undo", use), "{}");
	assert_int_equal(undone.status, 200);
	assert_int_equal(json_length(&undone, "kept"), 4);           /* the code, its group, the tag and its tag group */
	assert_str(json_at(&undone, "kept.0.reason"), "used");
	assert_int_equal(how_many(&d, "/livecodes?limit=200"), 1);
	assert_int_equal(how_many(&d, "/groups?limit=200"), 1);
	assert_int_equal(how_many(&d, "/tags"), 1);
	struct reply card = get(d.admin, at(&d, "/community"));
	assert_str(json_at(&card, "slogan"), "");
	assert_reply(post(d.admin, at(&d, "/templates/uses/%s/undo", use), "{}"), 404, "not_found");
	assert_sound(&d);
	/* Undone, it may be applied again, and finds what stayed. */
	struct reply again = apply(&d, "{\"key\":\"car_club\"}");
	assert_int_equal(again.status, 200);
	assert_int_equal(how_many(&d, "/groups?limit=200"), 8);
	desk_close(&d);
}

PROMISE(template_signed, "a server knows its own file again; one that was changed, or nobody signed, is used only with a word")
{
	struct desk d;
	codes_open(&d, house);
	struct reply own = preview(&d, "{\"key\":\"own\"}");
	assert_str(json_at(&own, "verdict"), "own");
	const char *file = file_of(&d, &own);
	struct reply exported = get(d.admin, at(&d, "/templates/export"));
	assert_int_equal(exported.status, 200);
	struct reply back = preview(&d, body_of(&d, str_z(&house->arena, exported.body), ""));
	assert_str(json_at(&back, "verdict"), "own");
	assert_str(json_at(&back, "strange"), "false");

	char *changed = str_z(&house->arena, str_of(file)), *name = strstr(changed, "驾校");
	assert_non_null(name);
	memcpy(name, "奶茶", 6);
	struct reply strange = preview(&d, body_of(&d, changed, ""));
	assert_str(json_at(&strange, "verdict"), "changed");
	assert_reply(apply(&d, body_of(&d, changed, "")), 409, "template_strange");
	assert_reply(apply(&d, body_of(&d, changed, text(&d, ",\"acknowledge\":\"%.*s\"", STR(json_at(&own, "digest"))))),
		409, "template_strange");
	assert_int_equal(apply_file(&d, changed, "").status, 200);
	assert_str(json_at(&strange, "strange"), "true");

	struct key other = { { 9 } };
	struct template_file read;
	struct complaint why;
	struct str foreign;
	assert_int_equal(template_read(S(SMALL), &other, &house->arena, &read, &why), 0);
	assert_int_equal(template_write(&read.template, &other, &house->arena, &foreign), 0);
	struct reply theirs = preview(&d, body_of(&d, str_z(&house->arena, foreign), ""));
	assert_str(json_at(&theirs, "verdict"), "foreign");
	assert_int_equal(json_at(&theirs, "signer").len, 8);
	struct reply small = preview(&d, body_of(&d, SMALL, ""));
	assert_str(json_at(&small, "verdict"), "unsigned");
	assert_str(json_at(&small, "digest"), text(&d, "%.*s", STR(read.digest)));
	desk_close(&d);
}

PROMISE(template_nothing_personal,
	"an export holds nothing of anybody: no owner, phone, address, password, picture, member or colleague")
{
	static const char *const secrets[] = { "林群主", "13800138000", "138-0013-8000", "boss@example.com", "客服小丽", "芝麻开门",
		"安安", "weixin.qq.com", "hook.example" };
	struct desk d;
	codes_open(&d, house);
	struct id group = made(d.admin, at(&d, "/groups"),
		"{\"name\":\"甲群\",\"owner\":\"林群主\",\"note\":\"电话 138-0013-8000，找 boss@example.com\"}");
	group_renew(&d, group, "https://weixin.qq.com/g/secret");
	struct id code = made(d.admin, at(&d, "/livecodes"),
		"{\"title\":\"甲\",\"guide\":\"打 13800138000\",\"look\":\"plain\",\"strategy\":\"order\","
		"\"sticky\":true,\"duplicate_guard\":true,\"gate\":\"password\",\"gate_password\":\"芝麻开门\",\"contact\":\"客服小丽\",\"qr_level\":\"M\"}");
	target_group(&d, code, group, 10, "");
	made(d.admin, at(&d, "/members"), "{\"nickname\":\"安安\",\"phone\":\"13800138000\"}");
	assert_int_equal(put(d.admin, at(&d, "/community"), "{\"name\":\"驾校\",\"rules\":\"有事打 13800138000\",\"persona\":\"林群主本人\","
		"\"timezone\":\"Asia/Shanghai\",\"warn_email\":\"boss@example.com\",\"warn_webhook\":\"https://hook.example/x\"}").status, 200);
	struct reply r = get(d.admin, at(&d, "/templates/export"));
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
		if (memmem(r.body.at, r.body.len, secrets[i], strlen(secrets[i])))
			fail_msg("%s is in the export: %.*s", secrets[i], STR(r.body));
	assert_non_null(memmem(r.body.at, r.body.len, "甲群", 6));
	assert_non_null(memmem(r.body.at, r.body.len, "有事打 …", strlen("有事打 …")));
	desk_close(&d);
}

PROMISE(template_compare, "two templates are compared thing by thing")
{
	struct desk d;
	codes_open(&d, house);
	assert_int_equal(apply(&d, "{\"key\":\"car_club\",\"card\":\"replace\"}").status, 200);
	struct reply same = post(d.admin, at(&d, "/templates/compare"), "{\"left_key\":\"car_club\",\"right_key\":\"car_club\"}");
	assert_int_equal(json_length(&same, "items"), 0);
	struct reply own = post(d.admin, at(&d, "/templates/compare"), "{\"left_key\":\"car_club\",\"right_key\":\"own\"}");
	assert_int_equal(own.status, 200);
	assert_true(json_length(&own, "items") > 3);
	struct reply other = post(d.admin, at(&d, "/templates/compare"), "{\"left_key\":\"car_club\",\"right_key\":\"driving_school\"}");
	assert_true(json_length(&other, "items") > 30);
	assert_reply(post(d.admin, at(&d, "/templates/compare"), "{\"left_key\":\"own\",\"right_text\":\"[]\"}"), 400, "template_file");
	assert_reply(post(d.admin, at(&d, "/templates/compare"), "{\"left_key\":\"own\"}"), 400, "missing_field");
	desk_close(&d);
}

PROMISE(template_community, "a community is made from a template in one step, or not at all")
{
	struct desk d;
	codes_open(&d, house);
	struct reply r = post(d.owner, "/api/communities/from-template", "{\"name\":\"大学城校区\",\"key\":\"driving_school\"}");
	assert_int_equal(r.status, 200);
	site_member(d.site, (struct id){ 15 }, (struct id){ number_at(&r, "id") }, ROLE_OWNER, LANG_ZH);
	struct reply groups = get(d.owner, text(&d, "/api/c/%.*s/groups?limit=200", STR(json_at(&r, "id"))));
	assert_int_equal(json_length(&groups, "items"), 8);
	assert_int_equal(how_many(&d, "/groups"), 0);
	struct reply card = get(d.owner, text(&d, "/api/c/%.*s/community", STR(json_at(&r, "id"))));
	assert_str(json_at(&card, "name"), "大学城校区");
	assert_str(json_at(&card, "slogan"), "课不耽误，证也拿到");
	assert_reply(post(d.owner, "/api/communities/from-template", "{\"name\":\"x\",\"key\":\"nothing\"}"), 404, "not_found");
	assert_reply(post(d.owner, "/api/communities/from-template", "{\"name\":\"x\",\"key\":\"own\"}"), 404, "not_found");
	assert_reply(post(d.owner, "/api/communities/from-template",
		"{\"name\":\"x\",\"timezone\":\"Mars/Base\",\"key\":\"car_club\"}"), 400, "bad_pattern");
	desk_close(&d);
}

PROMISE(template_bad_files, "a file that is no template, or leads nowhere, is refused at its place and changes nothing")
{
	static const struct { const char *file, *detail; } bad[] = {
		{ "", "" }, { "{}", "quntu_template" }, { "[]", "" }, { "{\"quntu_template\":2}", "quntu_template" }, { "\xff", "" },
		{ "{\"quntu_template\":1,\"key\":\"a\",\"lang\":\"zh\",\"version\":1,\"name\":\"x\",\"groups\":[{\"name\":\"甲\"},{\"name\":\" 甲\"}]}", "groups[1].name" },
		{ "{\"quntu_template\":1,\"key\":\"a\",\"lang\":\"zh\",\"version\":1,\"name\":\"x\",\"card\":{\"kind\":\"zzz\"}}", "card.kind" },
		{ "{\"quntu_template\":1,\"key\":\"a\",\"lang\":\"zh\",\"version\":1,\"name\":\"x\",\"codes\":[{\"title\":\"甲\",\"look\":\"plain\","
		  "\"strategy\":\"order\",\"sticky\":true,\"duplicate_guard\":true,\"gate\":\"none\",\"qr_level\":\"M\",\"targets\":[{\"group\":\"无\"}]}]}",
		  "codes[0].targets[0].group" },
		{ "{\"quntu_template\":1,\"key\":\"a\",\"lang\":\"zh\",\"version\":1,\"name\":\"x\",\"admin_password\":\"x\"}", "admin_password" },
	};
	struct desk d;
	codes_open(&d, house);
	for (size_t i = 1; i < sizeof bad / sizeof *bad; i++) {
		if (i == 4)
			continue;                         /* not UTF-8: the router's own test */
		struct reply r = preview(&d, body_of(&d, bad[i].file, ""));
		if (r.status / 100 != 4 || !str_is(json_at(&r, "error.field"), "text") || !str_is(json_at(&r, "error.detail"), bad[i].detail))
			if (bad[i].detail[0])
				fail_msg("%s: %d %.*s", bad[i].file, r.status, STR(r.body));
	}
	/* A part that the routes refuse takes all of it back. */
	const char *late = "{\"quntu_template\":1,\"key\":\"a\",\"lang\":\"zh\",\"version\":1,\"name\":\"x\",\"groups\":[{\"name\":\"甲\"}],"
		"\"codes\":[{\"title\":\"乙\",\"look\":\"plain\",\"strategy\":\"order\",\"sticky\":true,\"duplicate_guard\":true,\"gate\":\"form\",\"qr_level\":\"M\"}]}";
	struct reply r = apply_file(&d, late, "");
	assert_reply(r, 400, "missing_field");
	assert_str(json_at(&r, "error.detail"), "codes[0].gate_questions");
	assert_int_equal(how_many(&d, "/groups"), 0);
	assert_reply(preview(&d, "{}"), 400, "missing_field");
	assert_reply(preview(&d, "{\"use\":\"7\"}"), 404, "not_found");
	desk_close(&d);
}
