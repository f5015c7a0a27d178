/* fake_wecom_robot.c: group robots of the fake 企业微信: whoever has the key in the address speaks in the robot's group.
 *
 * Strict     A key that is none is 93000. Texts beyond 2,048 bytes and markdown beyond 4,096 are refused (45002), pictures that are no
 *            JPEG or PNG, larger than 2 MB, or whose md5 is not that of their bytes, news without title or address, more than eight of
 *            them, and files that this key did not upload (40007). The twenty-first message within sixty seconds is 45009.
 */
#include "fake_wecom_inside.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_A_MINUTE 20

static int check_text(json_t *text)
{
	if (wecom_kinds(text, "content:s mentioned_list:a mentioned_mobile_list:a") || !*wecom_text(text, "content"))
		return 40058;
	return strlen(wecom_text(text, "content")) > 2048 ? 45002 : 0;
}

static int check_markdown(json_t *markdown)
{
	if (wecom_kinds(markdown, "content:s") || !*wecom_text(markdown, "content"))
		return 40058;
	return strlen(wecom_text(markdown, "content")) > 4096 ? 45002 : 0;
}

static int check_image(json_t *image)
{
	const char *base64 = wecom_text(image, "base64");
	size_t len = strlen(base64);
	unsigned char *bytes = malloc(len + 4), md5[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
	int n = len && len % 4 == 0 ? EVP_DecodeBlock(bytes, (const unsigned char *)base64, (int)len) : -1;
	n -= n > 0 ? (base64[len - 1] == '=') + (base64[len - 2] == '=') : 0;
	bool known = n > 8 && (memcmp(bytes, "\x89PNG", 4) == 0 || memcmp(bytes, "\xff\xd8\xff", 3) == 0);
	if (n > 0 && EVP_Digest(bytes, (size_t)n, md5, &size, EVP_md5(), NULL))
		for (unsigned i = 0; i < size; i++)
			snprintf(hex + 2 * i, 3, "%02x", md5[i]);
	free(bytes);
	return !known ? 40058 : n > 2 << 20 ? 45002 : strcmp(hex, wecom_text(image, "md5")) == 0 ? 0 : 301019;
}

static int check_news(json_t *news)
{
	json_t *articles = json_object_get(news, "articles"), *one;
	size_t i;
	if (json_array_size(articles) < 1 || json_array_size(articles) > 8)
		return 40058;
	json_array_foreach(articles, i, one)
		if (wecom_kinds(one, "title:s description:s url:s picurl:s") || !*wecom_text(one, "title") || !*wecom_text(one, "url") ||
		    strlen(wecom_text(one, "title")) > 128 || strlen(wecom_text(one, "description")) > 512)
			return 40058;
	return 0;
}

static int check_file(json_t *robot, json_t *file)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(robot, "files"), i, one)
		if (strcmp(json_string_value(one), wecom_text(file, "media_id")) == 0)
			return 0;
	return 40007;
}

static int check(json_t *robot, json_t *in)
{
	const char *type = wecom_text(in, "msgtype");
	json_t *what = json_object_get(in, type);
	if (!json_is_object(what))
		return 40058;
	return strcmp(type, "text") == 0 ? check_text(what) : strcmp(type, "markdown") == 0 ? check_markdown(what)
	     : strcmp(type, "image") == 0 ? check_image(what) : strcmp(type, "news") == 0 ? check_news(what)
	     : strcmp(type, "file") == 0 ? check_file(robot, what) : 40058;
}

static int say(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *robot = json_object_get(f->robots, wecom_query(ask, "key")), *at = json_object_get(robot, "at"), *one;
	size_t i, lately = 0;
	(void)out;
	if (!robot)
		return 93000;
	json_array_foreach(at, i, one)
		lately += json_integer_value(one) > wecom_now() - 60;
	if (lately >= MOST_A_MINUTE)
		return 45009;
	int code = check(robot, in);
	if (!code) {
		json_array_append_new(at, json_integer(wecom_now()));
		json_object_set(robot, "said", in);
	}
	return code;
}

static int upload(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *robot = json_object_get(f->robots, wecom_query(ask, "key"));
	char media[40];
	(void)in;
	if (!robot)
		return 93000;
	if (strcmp(wecom_query(ask, "type"), "file") != 0 || !ask->body.len)
		return 40058;
	wecom_number(f, "3a8asd892asd8asd", media, sizeof media);
	json_array_append_new(json_object_get(robot, "files"), json_string(media));
	json_object_set_new(out, "type", json_string("file"));
	json_object_set_new(out, "media_id", json_string(media));
	return 0;
}

const struct wecom_door wecom_doors_robot[] = {
	{ "cgi-bin/webhook/send", false, say, .no_token = true },
	{ "cgi-bin/webhook/upload_media", false, upload, .parts = true, .no_token = true },
	{ 0 },
};

/* ---- What people do ---- */

const char *wecom_fake_robot(struct wecom_fake *f, const char *group)
{
	char key[60];
	pthread_mutex_lock(&f->lock);
	snprintf(key, sizeof key, "693a91f6-7ae0-4bc4-97a0-0ec2sifa%04d", ++f->numbers);
	json_t *robot = json_pack("{s:s,s:s,s:[],s:[]}", "key", key, "group", group, "at", "files");
	json_object_set_new(f->robots, key, robot);
	pthread_mutex_unlock(&f->lock);
	return wecom_text(robot, "key");
}

void wecom_fake_robot_gone(struct wecom_fake *f, const char *key)
{
	pthread_mutex_lock(&f->lock);
	json_object_del(f->robots, key);
	pthread_mutex_unlock(&f->lock);
}

int wecom_fake_robot_says(struct wecom_fake *f, const char *key)
{
	pthread_mutex_lock(&f->lock);
	int n = (int)json_array_size(json_object_get(json_object_get(f->robots, key), "at"));
	pthread_mutex_unlock(&f->lock);
	return n;
}

const char *wecom_fake_robot_said(struct wecom_fake *f, const char *key)
{
	static char text[8000];
	pthread_mutex_lock(&f->lock);
	json_t *said = json_object_get(json_object_get(f->robots, key), "said");
	char *all = said ? json_dumps(said, JSON_COMPACT | JSON_PRESERVE_ORDER) : strdup("");
	snprintf(text, sizeof text, "%s", all);
	free(all);
	pthread_mutex_unlock(&f->lock);
	return text;
}

static void hand_robot(struct wecom_fake *f, json_t *in, json_t *out)
{
	json_object_set_new(out, "key", json_string(wecom_fake_robot(f, wecom_text(in, "group"))));
}

static void hand_said(struct wecom_fake *f, json_t *in, json_t *out)
{
	json_object_set_new(out, "said", json_string(wecom_fake_robot_said(f, wecom_text(in, "key"))));
	json_object_set_new(out, "times", json_integer(wecom_fake_robot_says(f, wecom_text(in, "key"))));
}

const struct wecom_hand wecom_hands_robot[] = { { "robot", hand_robot }, { "robot_said", hand_said }, { 0 } };
