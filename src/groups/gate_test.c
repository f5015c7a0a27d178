/* gate_test.c: the promises of gates: password, form, proof, voucher; and of those who decide. */
#include "groups/codes_test.h"

#include "media/sample_test.h"

#define LINK "https://weixin.qq.com/g/AwYAAL8kP2xVb1TzQw3mE7dR"

/* A running code with this gate before one group. */
static struct id gated(struct desk *d, const char *gate, const char *more)
{
	struct id code = code_made(d, (struct code_draft){ .gate = gate, .more = more });
	target_group(d, code, group_named(d, gate, LINK), 0, NULL);
	code_run(d, code);
	return code;
}

static struct reply decide(struct desk *d, struct str id, bool approve, const char *reason)
{
	return post(d->operator, at(d, "/applications/decide"),
		text(d, "{\"ids\":[\"%.*s\"],\"approve\":%s,\"reason\":\"%s\"}", STR(id), approve ? "true" : "false", reason));
}

static struct str newest(struct desk *d, const char *what)
{
	struct reply r = get(d->operator, at(d, "/applications"));
	return json_at(&r, text(d, "items.0.%s", what));
}

PROMISE(gate_password, "the word opens, spaces around it do not matter; a wrong one says so; guessing is slowed")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = gated(&d, "password", "\"gate_password\":\" 芝麻开门 \",\"gate_note\":\"问店员\",");
	const char *slug = code_slug(&d, code);
	struct browser *b = browser_open(d.site), *guesser = browser_open(d.site);
	assert_view(b, slug, "gate_password");
	struct reply r = page(b, slug);
	assert_str(json_at(&r, "gate.note"), "问店员");
	assert_null(memmem(r.body.at, r.body.len, "芝麻", strlen("芝麻")));
	assert_str(json_at(&r, "target.image"), "");
	static const char *const wrong[] = { "", "芝麻", "芝麻开门！", "' OR 1=1 --" };
	for (size_t i = 0; i < 4; i++) {
		r = say(b, slug, "gate", text(&d, "{\"password\":\"%s\"}", wrong[i]));
		assert_reply(r, 403, "gate_password");
		assert_str(json_at(&r, "error.field"), "password");
	}
	r = say(b, slug, "gate", "{\"password\":\"芝麻开门 \"}");
	assert_str(json_at(&r, "view"), "target");
	assert_view(b, slug, "target");
	r = say(b, slug, "gate", "{\"password\":\"nonsense\"}");
	assert_str(json_at(&r, "view"), "target");            /* passed is passed */
	assert_view(guesser, slug, "gate_password");
	for (int i = 0; i < 70; i++)
		r = say(guesser, slug, "gate", text(&d, "{\"password\":\"%d\"}", i));
	assert_reply(r, 429, "slow_down");
	assert_int_equal(count_of(&d, code, "shown"), 1);
	assert_sound(&d);
	browser_close(b), browser_close(guesser);
	desk_close(&d);
}

/* ---- Forms ---- */

#define QUESTIONS "\"gate_questions\":[" \
	"{\"key\":\"car\",\"label\":\"车型\",\"kind\":\"choice\",\"required\":true,\"choices\":[\"轿车\",\"卡车\"]}," \
	"{\"key\":\"phone\",\"label\":\"手机\",\"kind\":\"phone\",\"required\":true}," \
	"{\"key\":\"note\",\"label\":\"留言\",\"kind\":\"text\",\"required\":false}],"
#define ANSWERS(car, phone, note) "{\"answers\":[{\"key\":\"car\",\"text\":\"" car "\"},{\"key\":\"phone\",\"text\":\"" phone \
	"\"},{\"key\":\"note\",\"text\":\"" note "\"}]}"

PROMISE(gate_form_rules, "rules let in at once whoever keeps all of them; the others wait for a person; what is missing is named")
{
	static const struct { const char *answers, *view, *code, *field; } table[] = {
		{ ANSWERS("轿车", "13800000000", "老客户"), "target", "", "" },
		{ ANSWERS(" 轿车 ", "+86 138-0000-0000", "是老客户呀"), "target", "", "" },
		{ ANSWERS("卡车", "13800000000", "老客户"), "pending", "", "" },
		{ ANSWERS("轿车", "13800000000", ""), "pending", "", "" },
		{ ANSWERS("轿车", "13800000000", "新客户"), "pending", "", "" },
		{ ANSWERS("飞机", "13800000000", "老客户"), "", "not_one_of", "car" },
		{ ANSWERS("轿车", "12345", "老客户"), "", "bad_pattern", "phone" },
		{ ANSWERS("轿车", "1380000000x", "老客户"), "", "bad_pattern", "phone" },
		{ ANSWERS("轿车", "", "老客户"), "", "missing_field", "phone" },
		{ "{}", "", "missing_field", "car" },
		{ "{\"answers\":[{\"key\":\"car\",\"text\":\"卡车\"},{\"key\":\"car\",\"text\":\"轿车\"},{\"key\":\"phone\",\"text\":\"13800000000\"},{\"key\":\"note\",\"text\":\"老客户\"}]}", "pending", "", "" },
	};
	struct desk d;
	codes_open(&d, house);
	struct id code = gated(&d, "form", QUESTIONS "\"gate_approve\":[{\"key\":\"car\",\"holds\":\"is\",\"value\":\"轿车\"},"
		"{\"key\":\"note\",\"holds\":\"contains\",\"value\":\"老客户\"},{\"key\":\"phone\",\"holds\":\"filled\"}],");
	const char *slug = code_slug(&d, code);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct browser *b = browser_open(d.site);
		assert_view(b, slug, "gate_form");
		struct reply r = say(b, slug, "gate", table[i].answers);
		if (!str_is(json_at(&r, "view"), table[i].view) || !str_is(json_at(&r, "error.code"), table[i].code) ||
		    !str_is(json_at(&r, "error.field"), table[i].field))
			fail_msg("case %zu: %d %.*s", i, r.status, STR(r.body));
		assert_view(b, slug, *table[i].view ? table[i].view : "gate_form");
		browser_close(b);
	}
	struct reply r = get(d.operator, at(&d, "/applications?state=approved"));
	assert_int_equal(json_length(&r, "items"), 2);
	r = get(d.operator, at(&d, "/applications?state=pending"));
	assert_int_equal(json_length(&r, "items"), 4);
	assert_int_equal(count_of(&d, code, "shown"), 2);
	assert_sound(&d);
	desk_close(&d);
}

PROMISE(gate_form_decided, "pending, turned down with a reason that is read, handed in again, approved: and each is decided once")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = gated(&d, "form", QUESTIONS);
	const char *slug = source_slug(&d, code, "前台", NULL);
	struct browser *b = browser_open(d.site);
	assert_view(b, slug, "gate_form");
	struct reply r = say(b, slug, "gate", ANSWERS("轿车", "13800000000", "<b>'); DROP TABLE application;--"));
	assert_str(json_at(&r, "view"), "pending");
	for (int i = 0; i < 2; i++)
		say(b, slug, "gate", ANSWERS("卡车", "13800000000", "again"));     /* a double tap changes nothing */
	r = get(d.operator, at(&d, "/applications"));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.answers.0.text"), "轿车");
	assert_str(json_at(&r, "items.0.answers.2.text"), "<b>'); DROP TABLE application;--");
	assert_str(json_at(&r, "items.0.source"), "前台");
	struct str first = newest(&d, "id");
	r = decide(&d, first, false, "");
	assert_reply(r, 400, "missing_field");
	r = decide(&d, first, false, "请填真实车型");
	assert_str(json_at(&r, "decided"), "1");
	assert_view(b, slug, "rejected");
	r = page(b, slug);
	assert_str(json_at(&r, "gate.reason"), "请填真实车型");
	r = decide(&d, first, true, "");
	assert_reply(r, 409, "already_decided");
	r = say(b, slug, "gate", ANSWERS("卡车", "13800000000", ""));
	assert_str(json_at(&r, "view"), "pending");
	struct str second = newest(&d, "id");
	r = post(d.operator, at(&d, "/applications/decide"), text(&d, "{\"ids\":[\"%.*s\",\"%.*s\",\"%.*s\"],\"approve\":true}", STR(first), STR(second), STR(second)));
	assert_str(json_at(&r, "decided"), "1");
	assert_str(json_at(&r, "already"), "2");
	assert_view(b, slug, "target");
	r = say(b, slug, "gate", ANSWERS("卡车", "13800000000", ""));
	assert_str(json_at(&r, "view"), "target");
	r = get(d.operator, at(&d, "/applications"));
	assert_int_equal(json_length(&r, "items"), 2);
	r = post(d.stranger, there(&d, "/applications/decide"), text(&d, "{\"ids\":[\"%.*s\"],\"approve\":true}", STR(first)));
	assert_reply(r, 404, "not_found");
	r = get(d.admin, at(&d, "/audit?act=application_decided"));
	assert_int_equal(json_length(&r, "items"), 2);
	assert_sound(&d);
	browser_close(b);
	desk_close(&d);
}

/* ---- Proof ---- */

static struct reply hand_in(struct browser *b, const char *slug, struct blob picture)
{
	char path[100];
	struct part parts[] = { { "picture", { picture.at, picture.len }, "proof.png" }, { 0 } };
	snprintf(path, sizeof path, "/g/%s/gate", slug);
	return post_multipart(b, path, parts);
}

PROMISE(gate_proof, "another visitor's picture is refused to the pixel; one that was only saved anew is marked for the reviewer")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = gated(&d, "proof", "\"gate_note\":\"上传行驶证\",");
	const char *slug = code_slug(&d, code);
	struct pixels photo = sample_photo(640, 480, 7), another = sample_photo(640, 480, 8);
	struct blob png = sample_png(&house->arena, &photo), jpeg = sample_jpeg(&house->arena, &photo, 70), other = sample_png(&house->arena, &another);
	struct browser *b[4];
	for (int i = 0; i < 4; i++) {
		b[i] = browser_open(d.site);
		assert_view(b[i], slug, "gate_proof");
	}
	struct reply r = page(b[0], slug);
	assert_str(json_at(&r, "gate.task"), "上传行驶证");
	r = say(b[0], slug, "gate", "{}");
	assert_reply(r, 400, "missing_field");
	r = hand_in(b[0], slug, (struct blob){ "not a picture", 13 });
	assert_reply(r, 400, "picture_format");
	r = hand_in(b[0], slug, png);
	assert_str(json_at(&r, "view"), "pending");
	assert_str(newest(&d, "same_as"), "null");
	struct str first = newest(&d, "id");
	r = get(d.operator, text(&d, "%.*s", STR(newest(&d, "picture"))));
	assert_str(header_of(&r, "Content-Type"), "image/png");
	r = hand_in(b[1], slug, png);
	assert_reply(r, 409, "same_proof");
	r = hand_in(b[1], slug, jpeg);
	assert_str(json_at(&r, "view"), "pending");
	assert_true(str_equal(newest(&d, "same_as"), first));
	r = hand_in(b[2], slug, other);
	assert_str(json_at(&r, "view"), "pending");
	assert_str(newest(&d, "same_as"), "null");
	r = say(b[3], slug, "gate", "{\"link\":\"javascript:alert(1)\"}");
	assert_reply(r, 400, "bad_pattern");
	r = say(b[3], slug, "gate", "{\"link\":\"https://example.com/me\"}");
	assert_str(json_at(&r, "view"), "pending");
	decide(&d, first, false, "看不清");
	r = hand_in(b[0], slug, png);                         /* their own picture, again */
	assert_str(json_at(&r, "view"), "pending");
	decide(&d, newest(&d, "id"), true, "");
	assert_view(b[0], slug, "target");
	assert_sound(&d);
	pixels_free(&photo), pixels_free(&another);
	for (int i = 0; i < 4; i++)
		browser_close(b[i]);
	desk_close(&d);
}

/* ---- Vouchers ---- */

PROMISE(gate_voucher, "a member's voucher lets one visitor in and makes that member the inviter; used, wrong and foreign ones do not")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = gated(&d, "voucher", "");
	const char *slug = code_slug(&d, code);
	struct id ann = made(d.operator, at(&d, "/members"), "{\"nickname\":\"安安\"}");
	struct reply r = post(d.operator, at(&d, "/members/%lld/vouchers", (long long)ann.n), "{\"count\":2}");
	struct str first = json_at(&r, "items.0.code");
	struct id them = made(d.stranger, there(&d, "/members"), "{\"nickname\":\"外人\"}");
	r = post(d.stranger, there(&d, "/members/%lld/vouchers", (long long)them.n), "{\"count\":1}");
	struct str foreign = json_at(&r, "items.0.code");
	struct browser *a = browser_open(d.site), *b = browser_open(d.site);
	assert_view(a, slug, "gate_voucher");
	assert_view(b, slug, "gate_voucher");
	r = say(a, slug, "gate", "{\"voucher\":\"ABCDEFGHJKMN\"}");
	assert_reply(r, 404, "voucher_unknown");
	assert_str(json_at(&r, "error.field"), "voucher");
	r = say(a, slug, "gate", text(&d, "{\"voucher\":\"%.*s\"}", STR(foreign)));
	assert_reply(r, 404, "voucher_unknown");
	r = say(a, slug, "gate", text(&d, "{\"voucher\":\" %.*s \"}", STR(first)));
	assert_str(json_at(&r, "view"), "target");
	r = say(b, slug, "gate", text(&d, "{\"voucher\":\"%.*s\"}", STR(first)));
	assert_reply(r, 409, "voucher_used");
	assert_view(b, slug, "gate_voucher");
	r = say(a, slug, "joined", "{\"nickname\":\"小白\"}");
	assert_int_equal(r.status, 200);
	r = get(d.reader, at(&d, "/members"));
	assert_str(json_at(&r, "items.0.nickname"), "小白");
	assert_str(json_at(&r, "items.0.inviter_id"), text(&d, "%lld", (long long)ann.n));
	assert_sound(&d);
	browser_close(a), browser_close(b);
	desk_close(&d);
}
