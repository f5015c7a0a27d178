/* fake_wecom_mass.c: mass sends (群发) of the fake 企业微信: tasks that staff confirm, their results, reminders.
 *
 * Strict     A group's task needs its owner as sender, a customer's somebody who has them; texts beyond 4,000 bytes, more than nine
 *            attachments, titles beyond 128 and descriptions beyond 512 bytes are refused, and pictures that were never uploaded. More
 *            than three reminders in a day are refused, and whatever is asked of a task that is over. A list of tasks spans a month at
 *            most. No sheet tells by which code it refuses what is over: ours is made up, so that nothing comes to rest on one.
 * Real       What was confirmed cannot be taken back, and the answer to trying so does not say it.
 */
#include "fake_wecom_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REMINDS_MOST 3
#define A_DAY_S      86400
#define A_MONTH_S    (31 * A_DAY_S)
#define LIST_MOST    100
#define OVER         86999                        /* made up */

/* ---- Made ---- */

static int check_attachment(struct wecom_fake *f, json_t *one)
{
	json_t *image = json_object_get(one, "image"), *link = json_object_get(one, "link");
	json_t *file = json_object_get(one, "file");
	bool is_file = strcmp(wecom_text(one, "msgtype"), "file") == 0;
	if (is_file || strcmp(wecom_text(one, "msgtype"), "image") == 0) {
		json_t *media = json_object_get(f->media, wecom_text(is_file ? file : image, "media_id"));
		return strcmp(wecom_text(media, "type"), is_file ? "file" : "image") == 0 ? 0 : 40007;
	}
	if (strcmp(wecom_text(one, "msgtype"), "link") != 0 || !json_is_object(link))
		return 40058;
	if (!*wecom_text(link, "title") || !*wecom_text(link, "url"))
		return 40058;
	return strlen(wecom_text(link, "title")) > 128 || strlen(wecom_text(link, "desc")) > 512 ? 45002 : 0;
}

static int check_content(struct wecom_fake *f, json_t *in)
{
	json_t *attachments = json_object_get(in, "attachments"), *one;
	const char *text = wecom_text(json_object_get(in, "text"), "content");
	size_t i;
	int code = 0;
	if (!*text && !json_array_size(attachments))
		return 40058;
	if (strlen(text) > 4000 || json_array_size(attachments) > 9)
		return 45002;
	json_array_foreach(attachments, i, one)
		code = code ? code : check_attachment(f, one);
	return code;
}

static int add_task(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	char msgid[40];
	bool group = strcmp(wecom_text(in, "chat_type"), "group") == 0;
	json_t *targets = json_object_get(in, group ? "chat_id_list" : "external_userid"), *failed = json_array();
	const char *sender = wecom_text(in, "sender"), *target = json_string_value(json_array_get(targets, 0));
	int code = wecom_kinds(in, "chat_type:s external_userid:a chat_id_list:a sender:s text:o attachments:a allow_select:b");
	(void)ask;
	json_object_set_new(out, "fail_list", failed);
	if (code || (code = check_content(f, in)))
		return code;
	if (json_array_size(targets) < 1 || json_array_size(targets) > (group ? 2000 : 10000) || !target || (group && !*sender))
		return 40058;
	json_t *where = json_object_get(group ? f->groups : f->customers, target);
	if (group && (!where || strcmp(wecom_text(where, "owner"), sender) != 0))
		return 90501;
	if (!group && (!where || !json_object_get(json_object_get(where, "follow"), sender))) {
		json_array_append_new(failed, json_string(target));
		return 0;
	}
	wecom_number(f, "msgGCAAAXtWyujaWJHDDGi0mAA", msgid, sizeof msgid);
	json_object_set_new(f->tasks, msgid, json_pack("{s:O,s:s,s:s,s:b,s:b,s:i,s:[],s:I}", "task", in, "sender", sender, "target",
	                                                target, "group", group, "over", 0, "status", 0, "reminds", "made",
	                                                (json_int_t)wecom_now()));
	json_object_set_new(out, "msgid", json_string(msgid));
	return 0;
}

/* ---- Asked about ---- */

static int open_task(struct wecom_fake *f, json_t *in, json_t **ret)
{
	*ret = json_object_get(f->tasks, wecom_text(in, "msgid"));
	return wecom_kinds(in, "msgid:s userid:s limit:i cursor:s") ? 40058 : *ret ? 0 : OVER;
}

static int get_task(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *t;
	int code = open_task(f, in, &t);
	(void)ask;
	if (code)
		return code;
	json_object_set_new(out, "task_list", json_pack("[{s:s,s:i}]", "userid", wecom_text(t, "sender"), "status",
	                                                 json_integer_value(json_object_get(t, "status")) ? 2 : 0));
	return 0;
}

static int get_result(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *t;
	int code = open_task(f, in, &t);
	(void)ask;
	if (code)
		return code;
	if (strcmp(wecom_text(in, "userid"), wecom_text(t, "sender")) != 0)
		return 40058;
	json_object_set_new(out, "send_list", json_pack("[{s:s,s:s,s:O}]",
		json_is_true(json_object_get(t, "group")) ? "chat_id" : "external_userid", wecom_text(t, "target"), "userid",
		wecom_text(t, "sender"), "status", json_object_get(t, "status")));
	return 0;
}

static bool is_over(json_t *t) { return json_is_true(json_object_get(t, "over")) || json_integer_value(json_object_get(t, "status")) != 0; }

static int remind(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *t, *one;
	size_t i, lately = 0;
	int code = open_task(f, in, &t);
	(void)ask, (void)out;
	if (code || is_over(t))
		return code ? code : OVER;
	json_array_foreach(json_object_get(t, "reminds"), i, one)
		lately += json_integer_value(one) > wecom_now() - A_DAY_S;
	if (lately >= REMINDS_MOST)
		return 45028;
	json_array_append_new(json_object_get(t, "reminds"), json_integer(wecom_now()));
	return 0;
}

static int cancel(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *t;
	int code = open_task(f, in, &t);
	(void)ask, (void)out;
	if (!code && f->confirms_first && !is_over(t))
		json_object_set_new(t, "status", json_integer(f->confirms_first));
	f->confirms_first = 0;
	if (code || json_is_true(json_object_get(t, "over")))
		return code ? code : OVER;
	if (!is_over(t))
		json_object_set_new(t, "over", json_true());
	return 0;
}

/* As many as fit on a page, from the cursor on: a number. */
static int list_tasks(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_int_t from = json_integer_value(json_object_get(in, "start_time")), until = json_integer_value(json_object_get(in, "end_time"));
	json_int_t limit = json_integer_value(json_object_get(in, "limit")), n = 0;
	int64_t skip = 0;
	bool group = strcmp(wecom_text(in, "chat_type"), "group") == 0;
	const char *msgid;
	json_t *t, *list = json_array(), *content;
	(void)ask;
	json_object_set_new(out, "group_msg_list", list);
	if (wecom_kinds(in, "chat_type:s start_time:i end_time:i creator:s filter_type:i limit:i cursor:s") || from <= 0 || until < from ||
	    until - from > A_MONTH_S)
		return 40058;
	if (*wecom_text(in, "cursor") && !str_to_int(str_of(wecom_text(in, "cursor")), &skip))
		return 40058;
	limit = limit > 0 && limit <= LIST_MOST ? limit : LIST_MOST / 2;
	json_object_foreach(f->tasks, msgid, t) {
		json_int_t made = json_integer_value(json_object_get(t, "made"));
		if (made < from || made > until || json_is_true(json_object_get(t, "group")) != group || n++ < skip)
			continue;
		if ((json_int_t)json_array_size(list) == limit) {
			char next[24];
			snprintf(next, sizeof next, "%lld", (long long)(skip + limit));
			json_object_set_new(out, "next_cursor", json_string(next));
			break;
		}
		json_t *one = json_pack("{s:s,s:s,s:I,s:i}", "msgid", msgid, "creator", "", "create_time", made, "create_type", 0);
		if ((content = json_object_get(json_object_get(t, "task"), "text")))
			json_object_set(one, "text", content);
		if ((content = json_object_get(json_object_get(t, "task"), "attachments")))
			json_object_set(one, "attachments", content);
		json_array_append_new(list, one);
	}
	return 0;
}

const struct wecom_door wecom_doors_mass[] = {
	{ "cgi-bin/externalcontact/add_msg_template", false, add_task },
	{ "cgi-bin/externalcontact/get_groupmsg_task", false, get_task },
	{ "cgi-bin/externalcontact/get_groupmsg_send_result", false, get_result },
	{ "cgi-bin/externalcontact/remind_groupmsg_send", false, remind },
	{ "cgi-bin/externalcontact/cancel_groupmsg_send", false, cancel },
	{ "cgi-bin/externalcontact/get_groupmsg_list_v2", false, list_tasks },
	{ 0 },
};

/* ---- What people do ---- */

static json_t *newest(struct wecom_fake *f)
{
	const char *msgid;
	json_t *one, *last = NULL;
	json_object_foreach(f->tasks, msgid, one)
		last = one;
	return last;
}

void wecom_fake_confirm(struct wecom_fake *f, int status)
{
	pthread_mutex_lock(&f->lock);
	if (newest(f) && !is_over(newest(f)))
		json_object_set_new(newest(f), "status", json_integer(status));
	pthread_mutex_unlock(&f->lock);
}

void wecom_fake_confirm_first(struct wecom_fake *f, int status)
{
	pthread_mutex_lock(&f->lock);
	f->confirms_first = status;
	pthread_mutex_unlock(&f->lock);
}

void wecom_fake_forget_tasks(struct wecom_fake *f)
{
	pthread_mutex_lock(&f->lock);
	json_object_clear(f->tasks);
	pthread_mutex_unlock(&f->lock);
}

int wecom_fake_tasks(struct wecom_fake *f)
{
	pthread_mutex_lock(&f->lock);
	int n = (int)json_object_size(f->tasks);
	pthread_mutex_unlock(&f->lock);
	return n;
}

int wecom_fake_reminds(struct wecom_fake *f)
{
	pthread_mutex_lock(&f->lock);
	int n = (int)json_array_size(json_object_get(newest(f), "reminds"));
	pthread_mutex_unlock(&f->lock);
	return n;
}

const char *wecom_fake_task(struct wecom_fake *f)
{
	static char text[8000];
	pthread_mutex_lock(&f->lock);
	char *all = newest(f) ? json_dumps(newest(f), JSON_COMPACT | JSON_PRESERVE_ORDER) : strdup("");
	snprintf(text, sizeof text, "%s", all);
	free(all);
	pthread_mutex_unlock(&f->lock);
	return text;
}

static void hand_confirm(struct wecom_fake *f, json_t *in, json_t *out)
{
	json_t *status = json_object_get(in, "status");
	(void)out;
	wecom_fake_confirm(f, status ? (int)json_integer_value(status) : 1);
}

const struct wecom_hand wecom_hands_mass[] = { { "confirm", hand_confirm }, { 0 } };
