/* wecom_template_test.c: a group welcome is kept at the platform as it is wanted here, within the platform's limits. */
#include "wecom_place_test.h"

#include "engine/file/document.h"
#include "media/qr_draw.h"

#define WORDS(words) "{\"text\":\"" words "\",\"attach\":\"none\",\"notify\":true}"
#define WITH_LINK(words) "{\"text\":\"" words "\",\"attach\":\"link\",\"link_title\":\"报价单\",\"link_text\":\"11 月\"," \
	"\"link_url\":\"https://a.example/x\",\"picture\":\"\",\"notify\":false}"

static struct reply list(struct place *p) { return get(p->desk.reader, place_at(p, "/group-welcomes")); }
static const char *one(struct place *p, struct id id, const char *rest)
{
	return at(&p->desk, "/group-welcomes/%lld%s", (long long)id.n, rest);
}

PROMISE(wecom_template, "a group welcome is made at the platform by a job, with its %NICKNAME%, changed there and deleted there")
{
	struct place p;
	place_open(&p, house);
	struct id id = made(p.desk.operator, place_at(&p, "/group-welcomes"), WORDS("欢迎 {nickname}，看车找小王"));
	struct reply r = list(&p);
	assert_str(json_at(&r, "items.0.done"), "0");
	place_work(&p, 0);
	assert_non_null(strstr(wecom_fake_template(p.fake, 0), "\"notify\":1,\"text\":{\"content\":\"欢迎 %NICKNAME%，看车找小王\"}}"));
	r = list(&p);
	assert_str(json_at(&r, "items.0.done"), "1");
	assert_true(json_at(&r, "items.0.config").len > 0);
	assert_int_equal(put(p.desk.operator, one(&p, id, ""), WITH_LINK("新一季的报价")).status, 200);
	place_work(&p, 0);
	assert_non_null(strstr(wecom_fake_template(p.fake, 0), "\"text\":{\"content\":\"新一季的报价\"},\"link\":{\"title\":\"报价单\""));
	assert_int_equal(wecom_fake_calls(p.fake, "group_welcome_template/add"), 1);
	assert_int_equal(wecom_fake_calls(p.fake, "group_welcome_template/edit"), 1);
	place_work(&p, 0);
	assert_int_equal(wecom_fake_calls(p.fake, "group_welcome_template/"), 2);
	assert_int_equal(del(p.desk.operator, one(&p, id, "")).status, 204);
	assert_int_equal(del(p.desk.operator, one(&p, id, "")).status, 404);
	place_work(&p, 0);
	assert_string_equal(wecom_fake_template(p.fake, 0), "");
	r = list(&p);
	assert_int_equal(json_length(&r, "items"), 0);
	place_close(&p);
}

PROMISE(wecom_template_refused, "too many bytes or nothing at all is said before the platform is asked; what it refuses stands there in its words")
{
	struct place p;
	place_open(&p, house);
	const char *welcomes = place_at(&p, "/group-welcomes");
	char long_words[3001];
	for (size_t i = 0; i < 3000; i += 3)
		memcpy(long_words + i, "车", 3);
	long_words[3000] = 0;
	assert_reply(post(p.desk.operator, welcomes, str_z(&house->arena, str_format(&house->arena, WORDS("%s车"), long_words))), 400, "too_long");
	assert_reply(post(p.desk.operator, welcomes, WORDS(" ")), 400, "too_short");
	assert_reply(post(p.desk.operator, welcomes, "{\"text\":\"a\",\"attach\":\"image\",\"notify\":true}"), 400, "missing_field");
	assert_reply(post(p.desk.operator, welcomes, "{\"text\":\"a\",\"attach\":\"video\",\"notify\":true}"), 400, "not_one_of");
	assert_int_equal(post(p.desk.reader, welcomes, WORDS("a")).status, 403);
	wecom_fake_fail(p.fake, "group_welcome_template/add", 40063, 1, 0);
	struct id id = made(p.desk.operator, welcomes, str_z(&house->arena, str_format(&house->arena, WORDS("%s"), long_words)));
	place_work(&p, 0);
	struct reply r = list(&p);
	assert_true(str_starts(json_at(&r, "items.0.trouble"), S("40063 ")));
	assert_int_equal(post(p.desk.operator, one(&p, id, "/again"), "{}").status, 204);
	place_work(&p, 0);
	r = list(&p);
	assert_str(json_at(&r, "items.0.trouble"), "");
	assert_str(json_at(&r, "items.0.done"), "1");
	wecom_fake_fail(p.fake, "group_welcome_template/del", 40063, 1, 0);
	assert_int_equal(del(p.desk.operator, one(&p, id, "")).status, 204);
	place_work(&p, 0);
	r = list(&p);                             /* it could not be deleted there: that is not hidden */
	assert_true(str_starts(json_at(&r, "items.0.trouble"), S("40063 ")));
	assert_int_equal(post(p.desk.operator, one(&p, id, "/again"), "{}").status, 204);
	place_work(&p, 0);
	assert_string_equal(wecom_fake_template(p.fake, 0), "");
	place_close(&p);
}

PROMISE(wecom_template_hundred, "a corp has a hundred, and no more")
{
	struct place p;
	place_open(&p, house);
	const char *welcomes = place_at(&p, "/group-welcomes");
	for (int i = 0; i < 100; i++)
		assert_int_equal(post(p.desk.operator, welcomes, text(&p.desk, WORDS("欢迎 %d"), i)).status, 200);
	assert_reply(post(p.desk.operator, welcomes, WORDS("一百零一")), 409, "too_many");
	place_close(&p);
}

PROMISE(wecom_template_picture, "a picture that goes with welcomes is uploaded once for all of them")
{
	struct place p;
	struct qr_style style = QR_STYLE_PLAIN;
	BUF_SCOPED png;
	buf_init(&png, 1 << 20);
	place_open(&p, house);
	assert_int_equal(qr_png(S("https://a.example/x"), &style, &png), 0);
	struct reply up = post_multipart(p.desk.operator, at(&p.desk, "/pictures"),
	                                 (struct part[]){ { "picture", buf_view(&png), "a.png" }, { 0 } });
	assert_int_equal(up.status, 200);
	const char *draft = text(&p.desk, "{\"text\":\"\",\"attach\":\"image\",\"picture\":\"%.*s\",\"notify\":false}", STR(json_at(&up, "key")));
	for (int i = 0; i < 2; i++)
		made(p.desk.operator, place_at(&p, "/group-welcomes"), draft);
	place_work(&p, 0);
	for (int i = 0; i < 2; i++)
		assert_non_null(strstr(wecom_fake_template(p.fake, i), "{\"notify\":0,\"image\":{\"media_id\":\"media"));
	assert_int_equal(wecom_fake_calls(p.fake, "media/upload"), 1);
	place_close(&p);
}

PROMISE(wecom_speech_file, "a file goes with welcomes of customers and of groups: uploaded once for all of them, kept for good; none, and one that is not there, is refused")
{
	struct place p;
	place_open(&p, house);
	const char *welcomes = place_at(&p, "/wecom-welcomes"), *groups = place_at(&p, "/group-welcomes");
	struct reply up = post_multipart(p.desk.operator, at(&p.desk, "/documents"), (struct part[]){
		{ "name", S("价目表.pdf"), NULL }, { "file", S("%PDF-1.7\n%%EOF"), "x" }, { 0 } });
	assert_int_equal(up.status, 200);
	const char *key = text(&p.desk, "%.*s", STR(json_at(&up, "key")));
	assert_reply(post(p.desk.operator, groups, "{\"text\":\"a\",\"attach\":\"file\",\"notify\":false}"), 400, "missing_field");
	assert_reply(post(p.desk.operator, groups, "{\"text\":\"a\",\"attach\":\"file\",\"file\":\"nowhere\",\"notify\":false}"), 404, "not_found");
	for (int i = 0; i < 2; i++)
		made(p.desk.operator, groups, text(&p.desk, "{\"text\":\"\",\"attach\":\"file\",\"file\":\"%s\",\"notify\":false}", key));
	assert_int_equal(put(p.desk.operator, welcomes, text(&p.desk,
		"{\"way_id\":null,\"active\":true,\"text\":\"你好\",\"attach\":\"file\",\"file\":\"%s\"}", key)).status, 200);
	wecom_fake_tell(p.fake, p.address, 3);
	wecom_fake_add(p.fake, "wmA", "林晓", "wang", "");
	place_work(&p, 0);
	for (int i = 0; i < 2; i++)
		assert_non_null(strstr(wecom_fake_template(p.fake, i), "{\"notify\":0,\"file\":{\"media_id\":\"media"));
	assert_non_null(strstr(wecom_fake_welcomed(p.fake, "wmA"), "\"attachments\":[{\"msgtype\":\"file\",\"file\":{\"media_id\":\"media"));
	assert_int_equal(wecom_fake_calls(p.fake, "media/upload"), 1);
	clock_set((struct instant){ clock_now().ms + 8 * DAY });
	place_every(&p, &feature_document);
	clock_set((struct instant){ 0 });
	assert_int_equal(get(p.desk.operator, at(&p.desk, "/documents/%s", key)).status, 200);
	place_close(&p);
}
