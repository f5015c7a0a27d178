/* poster_test.c: promises of poster templates. With QUNTU_TEST_PICTURES=FOLDER the designs are left there to be looked at. */
#include "campaign/poster/poster.h"

#include "campaign/poster/cache.h"
#include "campaign/poster/design.h"
#include "media/codec.h"
#include "media/qr_read.h"
#include "media/sample_test.h"
#include "people/consent.h"
#include "people/desk_test.h"
#include "world.h"

#define TEXT_AT(text, y) "{\"kind\":\"text\",\"x\":60,\"y\":" #y ",\"width\":600,\"height\":60,\"opacity\":100,\"size\":36,\"text\":\"" text "\"}"
#define CODE_AT(y) "{\"kind\":\"qr\",\"x\":256,\"y\":" #y ",\"width\":240,\"height\":240,\"opacity\":100}"
#define FACE "{\"kind\":\"avatar\",\"x\":60,\"y\":200,\"width\":100,\"height\":100,\"opacity\":100}"
#define DRAFT(version, layers) "{\"name\":\"海报\",\"width\":750,\"height\":1334,\"art\":\"dawn\",\"version\":" version ",\"layers\":[" layers "]}"
#define GOOD DRAFT("1", FACE "," TEXT_AT("{nickname} 邀请你", 400) "," CODE_AT(1000))

static struct str word(struct reply *r, const char *path) { return json_at(r, path); }

static void expect_refused(struct desk *d, const char *body, const char *code, const char *field)
{
	struct reply r = post(d->operator, at(d, "/posters"), body);
	if (r.status / 100 != 4 || !str_is(word(&r, "error.code"), code) || !str_is(word(&r, "error.field"), field))
		fail_msg("expected %s at %s, got %d %.*s", code, field, r.status, STR(r.body));
}

static struct blob bytes_of(struct reply *r) { return (struct blob){ r->body.at, r->body.len }; }

static void keep_picture(const char *name, struct blob bytes)
{
	char path[400];
	const char *folder = getenv("QUNTU_TEST_PICTURES");
	if (!folder)
		return;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fwrite(bytes.at, 1, bytes.len, f);
	fclose(f);
}

/* ---- Templates ------------------------------------------------------------------------------------------ */

PROMISE(poster_template_life, "a template is made, listed, changed, copied and deleted; missing values are what a designer expects")
{
	struct desk d;
	desk_open(&d, house, features);
	struct id id = made(d.operator, at(&d, "/posters"), GOOD);
	struct reply r = get(d.reader, at(&d, "/posters/%lld", (long long)id.n));
	assert_int_equal(r.status, 200);
	assert_str(word(&r, "layers.0.shape"), "round");
	assert_str(word(&r, "layers.1.align"), "left");
	assert_int_equal(number_at(&r, "layers.1.line_height"), 130);
	assert_str(word(&r, "layers.2.level"), "M");
	assert_int_equal(number_at(&r, "version"), 1);

	r = put(d.operator, at(&d, "/posters/%lld", (long long)id.n), DRAFT("1", TEXT_AT("你好", 20)));
	assert_int_equal(r.status, 200);
	assert_int_equal(number_at(&r, "version"), 2);
	r = put(d.operator, at(&d, "/posters/%lld", (long long)id.n), DRAFT("1", TEXT_AT("我也在改", 20)));
	assert_int_equal(r.status, 409);
	assert_str(word(&r, "error.field"), "version");

	struct id copy = made(d.operator, at(&d, "/posters/%lld/duplicate", (long long)id.n), "");
	assert_true(copy.n != id.n);
	r = get(d.reader, at(&d, "/posters"));
	assert_int_equal(number_at(&r, "total"), 2);
	assert_str(word(&r, "items.0.name"), "海报（副本）");
	assert_int_equal(del(d.operator, at(&d, "/posters/%lld", (long long)copy.n)).status, 204);
	assert_int_equal(get(d.reader, at(&d, "/posters/%lld", (long long)copy.n)).status, 404);
	assert_int_equal(post(d.reader, at(&d, "/posters"), GOOD).status, 403);
	desk_close(&d);
}

PROMISE(poster_draft_refused, "what cannot be drawn is refused, naming layer and field")
{
	struct desk d;
	desk_open(&d, house, features);
	expect_refused(&d, DRAFT("1", CODE_AT(900) ",{\"kind\":\"qr\",\"x\":0,\"y\":0,\"width\":100,\"height\":300,\"opacity\":100}"), "too_small", "layers[1].width");
	expect_refused(&d, DRAFT("1", "{\"kind\":\"qr\",\"x\":0,\"y\":0,\"width\":200,\"height\":200,\"opacity\":100,\"colour\":\"#dddddd\"}"), "qr_contrast", "layers[0].colour");
	expect_refused(&d, DRAFT("1", "{\"kind\":\"qr\",\"x\":0,\"y\":0,\"width\":200,\"height\":200,\"opacity\":50}"), "qr_contrast", "layers[0].opacity");
	expect_refused(&d, DRAFT("1", "{\"kind\":\"text\",\"x\":0,\"y\":0,\"width\":200,\"height\":200,\"opacity\":100,\"text\":\"x\"}"), "too_small", "layers[0].size");
	expect_refused(&d, DRAFT("1", "{\"kind\":\"picture\",\"x\":0,\"y\":0,\"width\":200,\"height\":200,\"opacity\":100}"), "missing_field", "layers[0].picture");
	expect_refused(&d, DRAFT("1", "{\"kind\":\"picture\",\"x\":0,\"y\":0,\"width\":200,\"height\":200,\"opacity\":100,\"picture\":\"nosuch\"}"), "not_found", "layers[0].picture");
	expect_refused(&d, DRAFT("1", "{\"kind\":\"text\",\"x\":0,\"y\":0,\"width\":0,\"height\":200,\"opacity\":100,\"size\":30}"), "too_small", "layers[0].width");
	expect_refused(&d, DRAFT("1", "{\"kind\":\"video\",\"x\":0,\"y\":0,\"width\":9,\"height\":200,\"opacity\":100}"), "not_one_of", "layers[0].kind");
	expect_refused(&d, "{\"name\":\"x\",\"width\":639,\"height\":700,\"layers\":[]}", "too_small", "width");
	expect_refused(&d, "{\"name\":\"x\",\"width\":750,\"height\":2049,\"layers\":[]}", "too_large", "height");
	expect_refused(&d, "{\"name\":\" \",\"width\":750,\"height\":1334,\"layers\":[]}", "too_short", "name");
	desk_close(&d);
}

struct using { struct id community, poster, user; int result; };

static int use_it(struct tx *tx, void *arg)
{
	struct using *u = arg;
	return poster_use(tx, u->community, u->user, S("早起打卡"), u->poster);
}

PROMISE(poster_in_use, "a template that a campaign shows is not deleted; the answer says which")
{
	struct desk d;
	desk_open(&d, house, features);
	struct id id = made(d.operator, at(&d, "/posters"), GOOD);
	struct using u = { d.community, id, { 4711 }, 0 };
	assert_int_equal(store_write(house->store, d.community, &house->arena, use_it, &u), 0);
	assert_int_equal(store_write(house->store, d.community, &house->arena, use_it, &u), 0);
	struct reply r = del(d.operator, at(&d, "/posters/%lld", (long long)id.n));
	assert_int_equal(r.status, 409);
	assert_str(word(&r, "error.code"), "poster_in_use");
	assert_str(word(&r, "error.detail"), "早起打卡");
	r = get(d.reader, at(&d, "/posters/%lld/uses", (long long)id.n));
	assert_int_equal(number_at(&r, "total"), 1);
	u.poster.n = 0;
	assert_int_equal(store_write(house->store, d.community, &house->arena, use_it, &u), 0);
	assert_int_equal(del(d.operator, at(&d, "/posters/%lld", (long long)id.n)).status, 204);
	u.poster = id;
	assert_int_equal(store_write(house->store, d.community, &house->arena, use_it, &u), E_NOT_FOUND);
	desk_close(&d);
}

/* ---- Pictures --------------------------------------------------------------------------------------------- */

static void expect_code(struct desk *d, struct reply *r, const char *begin)
{
	struct str text;
	assert_int_equal(r->status, 200);
	assert_int_equal(qr_find(bytes_of(r), &d->house->arena, &text), 0);
	assert_true(str_starts(text, str_of(begin)));
}

PROMISE(poster_preview_member, "a draft is shown as a member would have it, its code decodes, nothing is kept; strangers are not found")
{
	struct desk d;
	desk_open(&d, house, features);
	struct id member = made(d.operator, at(&d, "/members"), "{\"nickname\":\"安安\"}");
	const char *layers = FACE "," TEXT_AT("{nickname} 第 {days} 天", 400) "," CODE_AT(1000);
	const char *plain = text(&d, "{\"name\":\"x\",\"width\":750,\"height\":1334,\"layers\":[%s]}", layers);
	struct reply one = post(d.reader, at(&d, "/posters/preview"), plain);
	expect_code(&d, &one, "http");
	struct reply two = post(d.reader, at(&d, "/posters/preview"),
		text(&d, "{\"name\":\"x\",\"width\":750,\"height\":1334,\"member_id\":\"%lld\",\"layers\":[%s]}", (long long)member.n, layers));
	expect_code(&d, &two, "http");
	assert_false(str_equal(one.body, two.body));
	struct reply r = post(d.reader, at(&d, "/posters/preview"), "{\"name\":\"x\",\"width\":750,\"height\":1334,\"member_id\":\"999\",\"layers\":[]}");
	assert_int_equal(r.status, 404);
	assert_str(word(&r, "error.field"), "member_id");
	r = get(d.reader, at(&d, "/posters"));
	assert_int_equal(number_at(&r, "total"), 0);
	desk_close(&d);
}

PROMISE(poster_picture_cached, "the picture of a template carries an ETag; asked again it is not sent; a save makes another one")
{
	struct desk d;
	desk_open(&d, house, features);
	cache_empty();
	struct id id = made(d.operator, at(&d, "/posters"), GOOD);
	const char *path = at(&d, "/posters/%lld/picture", (long long)id.n);
	struct reply r = get(d.reader, path);
	expect_code(&d, &r, "http");
	struct str etag = str_copy(&house->arena, header_of(&r, "ETag"));
	assert_int_equal(etag.len, POSTER_MARK + 2);
	assert_str(header_of(&r, "Cache-Control"), "private, max-age=300");
	r = get(d.reader, at(&d, "/posters/%lld/picture?v=1", (long long)id.n));
	assert_str(header_of(&r, "Cache-Control"), "private, max-age=31536000, immutable");
	browser_header(d.reader, text(&d, "If-None-Match: %.*s", STR(etag)));
	r = get(d.reader, path);
	assert_int_equal(r.status, 304);
	assert_int_equal(r.body.len, 0);
	assert_int_equal(put(d.operator, at(&d, "/posters/%lld", (long long)id.n), DRAFT("1", CODE_AT(800))).status, 200);
	browser_header(d.reader, text(&d, "If-None-Match: %.*s", STR(etag)));
	r = get(d.reader, path);
	assert_int_equal(r.status, 200);
	desk_close(&d);
}

struct rendering { struct id community, poster; struct poster_for who; struct poster_made made; struct arena *arena; };

static int render(struct tx *tx, void *arg)
{
	struct rendering *r = arg;
	return poster_render(tx, r->community, r->poster, &r->who, PICTURE_JPEG, r->arena, &r->made);
}

static int agree(struct tx *tx, void *arg)
{
	struct rendering *r = arg;
	struct rows states;
	int64_t version = 0;
	int e = consent_states(tx, r->community, r->who.member, (struct id){ 0 }, LANG_ZH, &states);
	const struct consent_state *s = states.at;
	for (size_t i = 0; e >= 0 && i < states.count; i++)
		if (str_equal(s[i].purpose, CONSENT_AVATAR))
			version = s[i].version;
	return e < 0 ? e : consent_give(tx, r->community, &(struct consent_by){ .member = r->who.member, .via = "page" }, CONSENT_AVATAR, version);
}

static int disagree(struct tx *tx, void *arg)
{
	struct rendering *r = arg;
	return consent_withdraw(tx, r->community, &(struct consent_by){ .member = r->who.member, .via = "page" }, CONSENT_AVATAR);
}

PROMISE(poster_avatar_consent, "an avatar is on a poster while its member agrees, and initials before and after")
{
	struct desk d;
	desk_open(&d, house, features);
	struct pixels photo = sample_photo(120, 120, 6);
	struct blob png = sample_png(&house->arena, &photo);
	pixels_free(&photo);
	struct reply up = post_multipart(d.operator, at(&d, "/posters/pictures"), (struct part[]){ { "picture", { png.at, png.len }, "a.png" }, { 0 } });
	assert_int_equal(up.status, 200);
	struct rendering r = { .community = d.community, .poster = made(d.operator, at(&d, "/posters"), GOOD), .arena = &house->arena };
	r.who = (struct poster_for){ .member = made(d.operator, at(&d, "/members"), "{\"nickname\":\"安安\"}"), .nickname = S("安安"),
		.link = S("https://q.cn/x"), .avatar = str_copy(&house->arena, word(&up, "key")) };
	assert_int_equal(store_read(house->store, &house->arena, render, &r), 0);
	struct str before = r.made.bytes;
	assert_int_equal(store_write(house->store, d.community, &house->arena, agree, &r), 0);
	assert_int_equal(store_read(house->store, &house->arena, render, &r), 0);
	assert_false(str_equal(before, r.made.bytes));
	assert_int_equal(store_write(house->store, d.community, &house->arena, disagree, &r), 0);
	assert_int_equal(store_read(house->store, &house->arena, render, &r), 0);
	assert_true(str_equal(before, r.made.bytes));
	cache_empty();
	assert_int_equal(store_read(house->store, &house->arena, render, &r), 0);
	assert_true(str_equal(before, r.made.bytes));           /* drawn anew it is the same */
	desk_close(&d);
}

PROMISE(poster_uploads, "a background up to 2048 pixels is kept; animated, broken and foreign ones are refused by name")
{
	struct desk d;
	desk_open(&d, house, features);
	struct pixels photo = sample_photo(2500, 1200, 6);
	struct blob jpeg = sample_jpeg(&house->arena, &photo, 80);
	pixels_free(&photo);
	const struct { struct blob bytes; const char *code; } bad[] = {
		{ { "GIF89a\1\0\1\0", 10 }, "picture_animated" }, { { "%PDF-1.7", 8 }, "picture_format" }, { { jpeg.at, jpeg.len / 2 }, "picture_broken" },
	};
	struct reply r = post_multipart(d.operator, at(&d, "/posters/pictures"), (struct part[]){ { "picture", { jpeg.at, jpeg.len }, "a.jpg" }, { 0 } });
	assert_int_equal(r.status, 200);
	assert_int_equal(number_at(&r, "width"), 2048);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		r = post_multipart(d.operator, at(&d, "/posters/pictures"), (struct part[]){ { "picture", { bad[i].bytes.at, bad[i].bytes.len }, "a.jpg" }, { 0 } });
		assert_str(word(&r, "error.code"), bad[i].code);
		assert_str(word(&r, "error.field"), "picture");
	}
	desk_close(&d);
}

/* ---- Judging ------------------------------------------------------------------------------------------------- */

static bool found(struct reply *r, const char *code, int64_t layer, const char *what)
{
	char path[40];
	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof path, "findings.%d.code", i);
		struct str got = word(r, path);
		if (!got.len)
			return false;
		bool same = str_is(got, code);
		snprintf(path, sizeof path, "findings.%d.layer", i);
		same = same && number_at(r, path) == layer;
		snprintf(path, sizeof path, "findings.%d.word", i);
		if (same && str_is(word(r, path), what))
			return true;
	}
	return false;
}

PROMISE(poster_check_speaks, "the check names missing elements, forbidden words with their kind, and codes that phones will not read")
{
	struct desk d;
	desk_open(&d, house, features);
	struct reply r = post(d.reader, at(&d, "/posters/check"), DRAFT("0", CODE_AT(1000) "," TEXT_AT("全国第一，保过！{nikcname}", 1100) ","
		"{\"kind\":\"text\",\"x\":0,\"y\":2000,\"width\":200,\"height\":20,\"opacity\":100,\"size\":12,\"text\":\"小字\"}"));
	assert_int_equal(r.status, 200);
	assert_true(found(&r, "absolute", 1, "全国第一"));
	assert_true(found(&r, "promise", 1, "保过"));
	assert_true(found(&r, "unknown_variable", 1, "nikcname"));
	assert_true(found(&r, "code_covered", 0, ""));
	assert_true(found(&r, "text_small", 2, ""));
	assert_true(found(&r, "outside", 2, ""));
	assert_str(word(&r, "elements.0.element"), "who");
	assert_str(word(&r, "elements.0.present"), "false");
	r = post(d.reader, at(&d, "/posters/check"), DRAFT("0", ""));
	assert_true(found(&r, "no_code", -1, ""));
	desk_close(&d);
}

PROMISE(poster_starters, "each design that comes with the program has all six elements, nothing to find, and a code that decodes")
{
	struct desk d;
	desk_open(&d, house, features);
	struct reply list = get(d.reader, at(&d, "/posters/starters"));
	assert_int_equal(number_at(&list, "total"), 6);
	for (enum lang lang = LANG_ZH; lang <= LANG_EN; lang++)
		for (size_t i = 0; i < starter_count(); i++) {
			struct starter s;
			struct check check;
			assert_int_equal(starter_get(&house->arena, i, lang, &s), 0);
			assert_int_equal(design_judge(&house->arena, &s.design, &check), 0);
			assert_int_equal(check.findings.count, 0);
			const struct poster_element *e = check.elements.at;
			for (size_t k = 0; k < check.elements.count; k++)
				if (!e[k].present)
					fail_msg("%.*s lacks %.*s", STR(s.key), STR(e[k].element));
			browser_header(d.reader, lang == LANG_EN ? "Accept-Language: en" : "Accept-Language: zh-CN");
			struct reply r = get(d.reader, at(&d, "/posters/starters/picture?key=%.*s", STR(s.key)));
			expect_code(&d, &r, "http");
			keep_picture(str_z(&house->arena, str_format(&house->arena, "starter-%.*s-%d.jpg", STR(s.key), lang)), bytes_of(&r));
		}
	assert_int_equal(get(d.reader, at(&d, "/posters/starters/picture?key=nosuch")).status, 404);
	desk_close(&d);
}

/* ---- From a table --------------------------------------------------------------------------------------------- */

static struct reply batch(struct desk *d, struct id id, const char *table)
{
	return post_multipart(d->operator, at(d, "/posters/%lld/batch", (long long)id.n), (struct part[]){ { "file", str_of(table), "a.csv" }, { 0 } });
}

PROMISE(poster_batch_zip, "a table becomes a zip, a poster a row; a row that cannot be drawn is named by its line")
{
	struct desk d;
	desk_open(&d, house, features);
	struct id id = made(d.operator, at(&d, "/posters"), GOOD);
	struct reply r = batch(&d, id, "昵称,链接,天数\n安安,https://q.cn/1,3\n\"Bo, the 2nd\",https://q.cn/2,4\n");
	assert_int_equal(r.status, 200);
	assert_str(header_of(&r, "Content-Type"), "application/zip");
	assert_memory_equal(r.body.at, "PK\3\4", 4);
	assert_non_null(memmem(r.body.at, r.body.len, "001-安安.jpg", 14));
	assert_non_null(memmem(r.body.at, r.body.len, "002-Bo", 6));
	r = batch(&d, id, "nickname,link\n安安,https://q.cn/1\nBo,\n");
	assert_int_equal(r.status, 400);
	assert_str(word(&r, "error.code"), "too_short");
	assert_str(word(&r, "error.detail"), "line 3");
	r = batch(&d, id, "nickname,link\n");
	assert_str(word(&r, "error.code"), "csv_empty");
	BUF_SCOPED many;
	buf_init(&many, 1 << 20);
	buf_z(&many, "nickname,link\n");
	for (int i = 0; i < 1001; i++)
		buf_z(&many, "a,b\n");
	buf_byte(&many, '\0');
	r = batch(&d, id, many.at);
	assert_str(word(&r, "error.code"), "csv_too_many");
	desk_close(&d);
}

PROMISE(poster_brand_kept, "the brand kit has the community's colour and logo, and colours of its own")
{
	struct desk d;
	desk_open(&d, house, features);
	struct reply r = put(d.admin, at(&d, "/posters/brand"), "{\"colours\":[\"#123456\",\"#abcdef\"],\"font\":\"serif\"}");
	assert_int_equal(r.status, 200);
	r = get(d.reader, at(&d, "/posters/brand"));
	assert_str(word(&r, "colours.1"), "#abcdef");
	assert_str(word(&r, "font"), "serif");
	r = put(d.admin, at(&d, "/posters/brand"), "{\"colours\":[\"red\"],\"font\":\"serif\"}");
	assert_str(word(&r, "error.code"), "too_short");
	assert_int_equal(put(d.operator, at(&d, "/posters/brand"), "{\"colours\":[],\"font\":\"sans\"}").status, 403);
	desk_close(&d);
}

/* ---- In a campaign ---------------------------------------------------------------------------------------------- */

PROMISE(poster_participant, "who takes part has a poster at once, whose code leads to their own page; a campaign's template is in use")
{
	struct world w;
	world_open(&w, house);
	struct things *here = &w.here;
	struct browser *owner = w.by_role[ROLE_OWNER];
	const char *path = str_z(&house->arena, str_format(&house->arena, "/t/%.*s/poster", STR(here->at[THE_TASK])));
	struct reply r = get(w.by_role[ROLE_PUBLIC], path);
	struct str text, own = str_format(&house->arena, "/t/%.*s", STR(here->at[THE_TASK]));
	assert_int_equal(r.status, 200);
	keep_picture("participant.jpg", bytes_of(&r));
	assert_int_equal(qr_find(bytes_of(&r), &house->arena, &text), 0);
	assert_true(text.len > own.len && str_equal((struct str){ text.at + text.len - own.len, own.len }, own));
	struct str mark = str_copy(&house->arena, header_of(&r, "ETag"));
	browser_header(w.by_role[ROLE_PUBLIC], str_z(&house->arena, str_format(&house->arena, "If-None-Match: %.*s", STR(mark))));
	assert_int_equal(get(w.by_role[ROLE_PUBLIC], path).status, 304);
	assert_int_equal(get(w.by_role[ROLE_PUBLIC], "/t/nosuchslug/poster").status, 404);

	const char *base = str_z(&house->arena, str_format(&house->arena, "/api/c/%.*s", STR(here->at[THE_COMMUNITY])));
	struct str poster = here->at[THE_POSTER];
	r = post(owner, str_z(&house->arena, str_format(&house->arena, "%s/campaigns", base)),
		str_z(&house->arena, str_format(&house->arena, "{\"kind\":\"treasure\",\"name\":\"有海报\",\"starts_at\":1000,\"ends_at\":4102444800000,"
		"\"claim_until\":4102444800000,\"takes_part\":\"all\",\"strength\":\"anonymous\",\"act\":\"tap\",\"poster_id\":\"%.*s\","
		"\"capacity\":0,\"new_only\":false,\"helps_each\":0,\"mutual\":false,\"hold_minutes\":0,\"still_days\":0,"
		"\"stages\":[]}", STR(poster))));
	if (r.status / 100 == 2) {
		r = del(owner, str_z(&house->arena, str_format(&house->arena, "%s/posters/%.*s", base, STR(poster))));
		assert_str(word(&r, "error.code"), "poster_in_use");
		assert_true(word(&r, "error.detail").len > 0);      /* one of the campaigns that show it */
	} else {
		fail_msg("%.*s", STR(r.body));
	}
	world_close(&w);
}
