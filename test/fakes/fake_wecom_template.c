/* fake_wecom_template.c: group welcomes (入群欢迎语) of the fake 企业微信.
 *
 * Strict     A hundred a corp; text of at most 3,000 bytes; one attachment; `notify` only when one is made. What is not there can be
 *            neither edited nor deleted.
 */
#include "fake_wecom_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEMPLATES_MOST 100
#define TEXT_MOST      3000

static int check(struct wecom_fake *f, json_t *in)
{
	static const char *const kinds[] = { "image", "link", "miniprogram", "file", "video" };
	int with = 0;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		with += json_object_get(in, kinds[i]) != NULL;
	if (with > 1 || (!with && !json_object_get(in, "text")))
		return 40058;
	return wecom_check_said(f, in, in, TEXT_MOST);
}

static int add(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	char id[40];
	(void)ask;
	int code = wecom_kinds(in, "notify:i image:o link:o file:o agentid:i") ? 40058 : check(f, in);
	int64_t notify = json_object_get(in, "notify") ? json_integer_value(json_object_get(in, "notify")) : 1;
	if (code || notify < 0 || notify > 1 || json_object_size(f->templates) >= TEMPLATES_MOST)
		return code ? code : 40058;
	json_object_set(f->templates, wecom_number(f, "msg", id, sizeof id), in);
	json_object_set_new(out, "template_id", json_string(id));
	return 0;
}

static int edit(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	(void)ask, (void)out;
	int code = !json_object_get(f->templates, wecom_text(in, "template_id")) || json_object_get(in, "notify") ? 40058 : check(f, in);
	if (!code)
		json_object_set(f->templates, wecom_text(in, "template_id"), in);
	return code;
}

static int get(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *one = json_object_get(f->templates, wecom_text(in, "template_id"));
	(void)ask;
	if (one)
		json_object_update(out, one);
	return one ? 0 : 40058;
}

static int del(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	(void)ask, (void)out;
	return json_object_del(f->templates, wecom_text(in, "template_id")) == 0 ? 0 : 40058;
}

const struct wecom_door wecom_doors_template[] = {
	{ .path = "cgi-bin/externalcontact/group_welcome_template/add", .answer = add },
	{ .path = "cgi-bin/externalcontact/group_welcome_template/edit", .answer = edit },
	{ .path = "cgi-bin/externalcontact/group_welcome_template/get", .answer = get },
	{ .path = "cgi-bin/externalcontact/group_welcome_template/del", .answer = del },
	{ 0 },
};

const char *wecom_fake_template(struct wecom_fake *f, int nth)
{
	static char text[12000];
	const char *id;
	json_t *one;
	*text = 0;
	pthread_mutex_lock(&f->lock);
	json_object_foreach(f->templates, id, one)
		if (nth-- == 0) {
			char *all = json_dumps(one, JSON_COMPACT | JSON_PRESERVE_ORDER);
			snprintf(text, sizeof text, "%s", all);
			free(all);
		}
	pthread_mutex_unlock(&f->lock);
	return text;
}
