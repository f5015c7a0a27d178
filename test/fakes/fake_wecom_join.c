/* fake_wecom_join.c: join ways (加入群聊) of the fake 企业微信: made, changed, scanned; its pictures. */
#include "fake_wecom_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "media/qr_draw.h"

#define GROUP_MOST 200                            /* in a group that is filled by a code */
#define PICTURES   "wwhead/"                      /* path of a picture, as it never is that of an interface */

static size_t characters(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static int check_way(struct wecom_fake *f, json_t *in)
{
	json_t *chats = json_object_get(in, "chat_id_list"), *one;
	int64_t scene = json_integer_value(json_object_get(in, "scene")), create = json_integer_value(json_object_get(in, "auto_create_room"));
	size_t i;
	if (wecom_kinds(in, "scene:i remark:s auto_create_room:i room_base_name:s room_base_id:i chat_id_list:a state:s mark_source:b"))
		return 40058;
	if (scene < 1 || scene > 2 || create < 0 || create > 1 || strlen(wecom_text(in, "state")) > 30 ||
	    characters(wecom_text(in, "room_base_name")) > 40 || json_array_size(chats) < 1 || json_array_size(chats) > 5)
		return 40058;
	json_array_foreach(chats, i, one)
		if (!json_is_string(one) || !json_object_get(f->groups, json_string_value(one)))
			return 90501;
	return 0;
}

/* `update` replaces the whole: what is not said has its default again. */
static void keep_way(struct wecom_fake *f, const char *config, json_t *in)
{
	char url[200];
	json_t *way = json_pack("{s:s,s:O,s:s,s:i,s:s,s:i,s:O,s:s}", "config_id", config, "scene", json_object_get(in, "scene"), "remark",
	                        wecom_text(in, "remark"), "auto_create_room", 1, "room_base_name", wecom_text(in, "room_base_name"),
	                        "room_base_id", 1, "chat_id_list", json_object_get(in, "chat_id_list"), "state", wecom_text(in, "state"));
	if (json_object_get(in, "auto_create_room"))
		json_object_set(way, "auto_create_room", json_object_get(in, "auto_create_room"));
	if (json_object_get(in, "room_base_id"))
		json_object_set(way, "room_base_id", json_object_get(in, "room_base_id"));
	snprintf(url, sizeof url, "%s/" PICTURES "%s/0", f->url, config);
	if (json_integer_value(json_object_get(in, "scene")) == 2)
		json_object_set_new(way, "qr_code", json_string(url));
	json_object_set_new(f->ways, config, way);
}

static int add_way(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	char config[40];
	int code = check_way(f, in);
	(void)ask;
	if (code)
		return code;
	keep_way(f, wecom_number(f, "cfg", config, sizeof config), in);
	json_object_set_new(out, "config_id", json_string(config));      /* nothing else: the picture must be asked for */
	return 0;
}

static int get_way(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *way = json_object_get(f->ways, wecom_text(in, "config_id"));
	(void)ask;
	if (!way)
		return WECOM_NO_SUCH;
	json_object_set(out, "join_way", way);
	return 0;
}

static int update_way(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	(void)ask, (void)out;
	if (!json_object_get(f->ways, wecom_text(in, "config_id")))
		return WECOM_NO_SUCH;
	int code = check_way(f, in);
	if (!code)
		keep_way(f, wecom_text(in, "config_id"), in);
	return code;
}

static int del_way(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	(void)ask, (void)out;
	return json_object_del(f->ways, wecom_text(in, "config_id")) == 0 ? 0 : WECOM_NO_SUCH;
}

const struct wecom_door wecom_doors_join[] = {
	{ "cgi-bin/externalcontact/groupchat/add_join_way", false, add_way },
	{ "cgi-bin/externalcontact/groupchat/get_join_way", false, get_way },
	{ "cgi-bin/externalcontact/groupchat/update_join_way", false, update_way },
	{ "cgi-bin/externalcontact/groupchat/del_join_way", false, del_way },
	{ 0 },
};

char *wecom_way_picture(struct wecom_fake *f, const char *path, size_t *ret_len)
{
	char config[60] = "", says[120];
	struct qr_style style = QR_STYLE_PLAIN;
	BUF_SCOPED png;
	buf_init(&png, 1 << 20);
	if (sscanf(path, PICTURES "%59[^/]", config) != 1 || (!json_object_get(f->ways, config) && !json_object_get(f->contact_ways, config)))
		return NULL;
	snprintf(says, sizeof says, "https://work.weixin.qq.com/gm/%s", config);
	if (qr_png(str_of(says), &style, &png) < 0)
		return NULL;
	char *copy = malloc(png.len);
	memcpy(copy, png.at, png.len);
	*ret_len = png.len;
	return copy;
}

/* ---- What people do ---- */

static json_t *way_of(struct wecom_fake *f, const char *state)
{
	const char *config;
	json_t *way;
	json_object_foreach(f->ways, config, way)
		if (*state && strcmp(wecom_text(way, "state"), state) == 0)
			return way;
	return NULL;
}

static const char *room_in(struct wecom_fake *f, json_t *way)
{
	json_t *chats = json_object_get(way, "chat_id_list"), *one;
	size_t i;
	json_array_foreach(chats, i, one) {
		json_t *g = json_object_get(f->groups, json_string_value(one));
		if (g && json_array_size(json_object_get(g, "member_list")) < GROUP_MOST)
			return json_string_value(one);
	}
	return NULL;
}

static const char *one_more(struct wecom_fake *f, json_t *way)
{
	char chat[40], name[200];
	int64_t number = json_integer_value(json_object_get(way, "room_base_id"));
	json_t *chats = json_object_get(way, "chat_id_list");
	snprintf(name, sizeof name, "%s%lld", wecom_text(way, "room_base_name"), (long long)number);
	json_object_set_new(way, "room_base_id", json_integer(number + 1));
	wecom_group_made(f, wecom_number(f, "wrauto", chat, sizeof chat), name, "wang");
	json_array_append_new(chats, json_string(chat));
	return json_string_value(json_array_get(chats, json_array_size(chats) - 1));
}

const char *wecom_fake_scan(struct wecom_fake *f, const char *state, const char *who, const char *name)
{
	const char *chat = "";
	pthread_mutex_lock(&f->lock);
	json_t *way = way_of(f, state);
	if (way) {
		chat = room_in(f, way);
		if (!chat && json_integer_value(json_object_get(way, "auto_create_room")) == 1)
			chat = one_more(f, way);
		if (chat)
			wecom_come(f, chat, who, name, 3, state);
	}
	pthread_mutex_unlock(&f->lock);
	return chat ? chat : "";
}

const char *wecom_fake_way(struct wecom_fake *f, const char *state)
{
	static char text[2000];
	pthread_mutex_lock(&f->lock);
	json_t *way = way_of(f, state);
	char *all = way ? json_dumps(way, JSON_COMPACT | JSON_PRESERVE_ORDER) : strdup("");
	snprintf(text, sizeof text, "%s", all);
	free(all);
	pthread_mutex_unlock(&f->lock);
	return text;
}
