/* fake_wecom_way.c: contact ways (联系我), welcomes and pictures of the fake 企业微信.
 *
 * Strict     A single code has exactly one of the staff, all of whom must be there (40003); type and scene cannot be changed. A welcome
 *            code is good once (41051) and for twenty seconds (41050). Texts are counted in bytes. A picture must have been
 *            uploaded (40007).
 */
#include "fake_wecom_inside.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WELCOME_LIVES  20

static const char *dump(json_t *what)
{
	static char text[12000];
	char *all = what ? json_dumps(what, JSON_COMPACT | JSON_PRESERVE_ORDER) : strdup("");
	snprintf(text, sizeof text, "%s", all);
	free(all);
	return text;
}

/* ---- Contact ways ---- */

static int check_staff(struct wecom_fake *f, json_t *in, int64_t type)
{
	json_t *staff = json_object_get(in, "user"), *one;
	size_t i;
	if (!json_array_size(staff) || json_array_size(staff) > 100 || (type == 1 && json_array_size(staff) != 1))
		return 40058;
	json_array_foreach(staff, i, one)
		if (!json_object_get(f->staff, json_string_value(one) ? json_string_value(one) : ""))
			return 40003;
	return 0;
}

static int check_words(json_t *in)
{
	if (wecom_kinds(in, "type:i scene:i style:i remark:s skip_verify:b state:s user:a party:a config_id:s"))
		return 40058;
	return strlen(wecom_text(in, "state")) > 30 ? 40058 : 0;
}

static int add_way(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	char config[40], url[200];
	int64_t type = json_integer_value(json_object_get(in, "type")), scene = json_integer_value(json_object_get(in, "scene"));
	(void)ask;
	int code = check_words(in);
	if (code || (code = check_staff(f, in, type)))
		return code;
	if (type < 1 || type > 2 || scene < 1 || scene > 2)
		return 40058;
	json_t *way = json_deep_copy(in);
	wecom_number(f, "way", config, sizeof config);
	snprintf(url, sizeof url, "%s/wwhead/%s/0", f->url, config);
	json_object_set_new(way, "config_id", json_string(config));
	json_object_set_new(way, "qr_code", json_string(url));
	json_object_set_new(f->contact_ways, config, way);
	json_object_set_new(out, "config_id", json_string(config));
	json_object_set_new(out, "qr_code", json_string(url));
	return 0;
}

static int get_way(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *way = json_object_get(f->contact_ways, wecom_text(in, "config_id"));
	(void)ask;
	if (way)
		json_object_set(out, "contact_way", way);
	return way ? 0 : WECOM_NO_SUCH;
}

static int update_way(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *way = json_object_get(f->contact_ways, wecom_text(in, "config_id"));
	(void)ask, (void)out;
	int code = way ? check_words(in) : WECOM_NO_SUCH;
	if (code || (code = check_staff(f, in, json_integer_value(json_object_get(way, "type")))))
		return code;
	if (json_object_get(in, "type") || json_object_get(in, "scene"))
		return 40058;
	json_object_update(way, in);
	return 0;
}

static int del_way(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	(void)ask, (void)out;
	return json_object_del(f->contact_ways, wecom_text(in, "config_id")) == 0 ? 0 : WECOM_NO_SUCH;
}

const char *wecom_fake_contact_way(struct wecom_fake *f, const char *state)
{
	const char *config, *text = "";
	json_t *way;
	pthread_mutex_lock(&f->lock);
	json_object_foreach(f->contact_ways, config, way)
		if (strcmp(wecom_text(way, "state"), state) == 0)
			text = dump(way);
	pthread_mutex_unlock(&f->lock);
	return text;
}

/* ---- What is said ---- */

static int check_link(json_t *link)
{
	if (wecom_kinds(link, "title:s picurl:s desc:s url:s") || !*wecom_text(link, "title") || !*wecom_text(link, "url"))
		return 40058;
	return strlen(wecom_text(link, "title")) > 128 || strlen(wecom_text(link, "desc")) > 512 ? 40058 : 0;
}

static int check_image(struct wecom_fake *f, json_t *image)
{
	if (wecom_kinds(image, "media_id:s pic_url:s"))
		return 40058;
	return *wecom_text(image, "pic_url") || json_object_get(f->media, wecom_text(image, "media_id")) ? 0 : 40007;
}

static int check_file(struct wecom_fake *f, json_t *file)
{
	json_t *media = json_object_get(f->media, wecom_text(file, "media_id"));
	return wecom_kinds(file, "media_id:s") ? 40058 : strcmp(wecom_text(media, "type"), "file") == 0 ? 0 : 40007;
}

int wecom_check_said(struct wecom_fake *f, json_t *in, json_t *of, size_t most)
{
	json_t *text = json_object_get(in, "text"), *link = json_object_get(of, "link"), *image = json_object_get(of, "image");
	json_t *file = json_object_get(of, "file");
	if (wecom_kinds(in, "text:o") || wecom_kinds(text, "content:s") || (!text && !of))
		return 40058;
	if (strlen(wecom_text(text, "content")) > most || (text && !*wecom_text(text, "content")))
		return 40058;
	return link ? check_link(link) : image ? check_image(f, image) : file ? check_file(f, file) : 0;
}

const char *wecom_welcome_code(struct wecom_fake *f, const char *external, const char *userid, char *ret, size_t size)
{
	snprintf(ret, size, "WELCOME_%d", ++f->numbers);
	json_object_set_new(f->welcomes, ret, json_pack("{s:s,s:s,s:I}", "external", external, "userid", userid, "until",
	                                                (json_int_t)(wecom_now() + WELCOME_LIVES)));
	return ret;
}

static int send_welcome(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *w = json_object_get(f->welcomes, wecom_text(in, "welcome_code")), *list = json_object_get(in, "attachments"), *one;
	size_t i;
	int code = wecom_kinds(in, "welcome_code:s attachments:a");
	(void)ask, (void)out;
	if (code || !w || wecom_now() > json_integer_value(json_object_get(w, "until")))
		return code ? code : 41050;
	if (json_object_get(w, "said"))
		return 41051;
	if (json_array_size(list) > 9 || (!json_array_size(list) && (code = wecom_check_said(f, in, NULL, 4000))))
		return code ? code : 40058;
	json_array_foreach(list, i, one)
		if (!json_object_get(one, wecom_text(one, "msgtype")) || (code = wecom_check_said(f, in, one, 4000)))
			return code ? code : 40058;
	json_object_set(w, "said", in);
	return 0;
}

const char *wecom_fake_welcomed(struct wecom_fake *f, const char *external)
{
	const char *code, *text = "";
	json_t *w;
	pthread_mutex_lock(&f->lock);
	json_object_foreach(f->welcomes, code, w)
		if (strcmp(wecom_text(w, "external"), external) == 0 && json_object_get(w, "said"))
			text = dump(json_object_get(w, "said"));
	pthread_mutex_unlock(&f->lock);
	return text;
}

static void hand_welcomed(struct wecom_fake *f, json_t *in, json_t *out)
{
	json_t *said = json_loads(wecom_fake_welcomed(f, wecom_text(in, "external")), 0, NULL);
	if (said)
		json_object_set_new(out, "said", said);
}

const struct wecom_hand wecom_hands_way[] = { { "welcomed", hand_welcomed }, { 0 } };

static int upload(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	const char *type = MHD_lookup_connection_value(ask->of, MHD_GET_ARGUMENT_KIND, "type");
	char media[40];
	(void)in;
	bool file = type && strcmp(type, "file") == 0;
	if (!type || (!file && strcmp(type, "image") != 0) || !ask->body.len)
		return 40058;
	if ((file && !memmem(ask->body.at, ask->body.len, "filename=\"", 10)) || !memmem(ask->body.at, ask->body.len, "name=\"media\"", 12))
		return 40058;
	json_object_set_new(f->media, wecom_number(f, "media", media, sizeof media), json_pack("{s:s}", "type", type));
	json_object_set_new(out, "media_id", json_string(media));
	return 0;
}

const struct wecom_door wecom_doors_way[] = {
	{ .path = "cgi-bin/externalcontact/add_contact_way", .answer = add_way },
	{ .path = "cgi-bin/externalcontact/get_contact_way", .answer = get_way },
	{ .path = "cgi-bin/externalcontact/update_contact_way", .answer = update_way },
	{ .path = "cgi-bin/externalcontact/del_contact_way", .answer = del_way },
	{ .path = "cgi-bin/externalcontact/send_welcome_msg", .answer = send_welcome },
	{ .path = "cgi-bin/media/upload", .answer = upload, .parts = true },
	{ 0 },
};
