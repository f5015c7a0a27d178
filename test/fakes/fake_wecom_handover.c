/* fake_wecom_handover.c: groups of the fake 企业微信 get another owner: one call for owners who left, one for those who work there.
 *
 * Strict     One to a hundred groups a call; the new owner is one of the staff (40003). A group is refused by itself, beside those that go
 *            over: it is none of the corp's (90501), its owner works there still (90500) or works there no more, it went over twice in 90
 *            days, three hundred of its owner's went today. For the last three the platform's numbers are not known: these are ours.
 */
#include "fake_wecom_inside.h"

#include <stdio.h>
#include <string.h>

#define NO_GROUP      90501
#define WORKS_THERE   90500
#define WORKS_NO_MORE 90502
#define TOO_OFTEN     90503
#define TOO_MANY      90504
#define DAY_S         86400
#define SPAN_S        (90 * DAY_S)
#define BEIJING_S     (8 * 3600)

static int64_t today(void) { return (wecom_now() + BEIJING_S) / DAY_S * DAY_S - BEIJING_S; }

static int64_t went(struct wecom_fake *f, const char *key, const char *value, int64_t since, bool only_on_job)
{
	json_t *one;
	size_t i;
	int64_t n = 0;
	json_array_foreach(f->handed, i, one)
		n += strcmp(wecom_text(one, key), value) == 0 && json_integer_value(json_object_get(one, "at")) >= since &&
		     (!only_on_job || json_is_true(json_object_get(one, "on_job")));
	return n;
}

static int refusal_of(struct wecom_fake *f, const char *chat, bool on_job)
{
	json_t *g = json_object_get(f->groups, chat);
	const char *owner = wecom_text(g, "owner");
	if (!g)
		return NO_GROUP;
	if ((json_object_get(f->staff, owner) != NULL) != on_job)
		return on_job ? WORKS_NO_MORE : WORKS_THERE;
	if (on_job && went(f, "chat", chat, wecom_now() - SPAN_S, true) >= 2)
		return TOO_OFTEN;
	return went(f, "owner", owner, today(), false) >= 300 ? TOO_MANY : 0;
}

static void give(struct wecom_fake *f, const char *chat, const char *owner, bool on_job)
{
	json_t *g = json_object_get(f->groups, chat), *one;
	size_t i;
	bool there = false;
	json_array_append_new(f->handed, json_pack("{s:s,s:s,s:b,s:I}", "owner", wecom_text(g, "owner"), "chat", chat, "on_job", on_job, "at",
	                                           (json_int_t)wecom_now()));
	json_object_set_new(g, "owner", json_string(owner));
	json_object_set_new(g, "status", json_integer(on_job ? 0 : 3));
	json_array_foreach(json_object_get(g, "member_list"), i, one)
		there = there || strcmp(wecom_text(one, "userid"), owner) == 0;
	if (!there)
		json_array_append_new(json_object_get(g, "member_list"), json_pack("{s:s,s:i,s:I,s:i,s:s,s:s}", "userid", owner, "type", 1,
		                      "join_time", (json_int_t)wecom_now(), "join_scene", 1, "group_nickname", "", "name", owner));
}

static int hand_over(struct wecom_fake *f, json_t *in, json_t *out, bool on_job)
{
	static const struct { int code; const char *words; } words[] = {
		{ NO_GROUP, "chat is not external group chat" }, { WORKS_THERE, "the owner of this chat is not resigned" },
		{ WORKS_NO_MORE, "the owner of this chat has resigned" }, { TOO_OFTEN, "this chat was transferred twice in 90 days" },
		{ TOO_MANY, "transfers of this owner reached the limit of the day" },
	};
	json_t *chats = json_object_get(in, "chat_id_list"), *failed = json_array(), *one;
	const char *owner = wecom_text(in, "new_owner");
	size_t i;
	json_object_set_new(out, "failed_chat_list", failed);
	if (wecom_kinds(in, "chat_id_list:a new_owner:s") || json_array_size(chats) < 1 || json_array_size(chats) > 100)
		return 40058;
	json_array_foreach(chats, i, one)
		if (!json_is_string(one))
			return 40058;
	if (!json_object_get(f->staff, owner))
		return 40003;
	json_array_foreach(chats, i, one) {
		const char *chat = json_string_value(one);
		int code = refusal_of(f, chat, on_job);
		if (!code)
			give(f, chat, owner, on_job);
		for (size_t k = 0; code && k < sizeof words / sizeof *words; k++)
			if (words[k].code == code)
				json_array_append_new(failed, json_pack("{s:s,s:i,s:s}", "chat_id", chat, "errcode", code, "errmsg", words[k].words));
	}
	return 0;
}

static int of_who_left(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	(void)ask;
	return hand_over(f, in, out, false);
}

static int on_the_job(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	(void)ask;
	return hand_over(f, in, out, true);
}

const struct wecom_door wecom_doors_handover[] = {
	{ "cgi-bin/externalcontact/groupchat/transfer", false, of_who_left },
	{ "cgi-bin/externalcontact/groupchat/onjob_transfer", false, on_the_job },
	{ 0 },
};

/* ---- What people do ---- */

void wecom_fake_quit(struct wecom_fake *f, const char *userid)
{
	const char *chat;
	json_t *g;
	pthread_mutex_lock(&f->lock);
	json_object_del(f->staff, userid);
	json_object_foreach(f->groups, chat, g)
		if (strcmp(wecom_text(g, "owner"), userid) == 0)
			json_object_set_new(g, "status", json_integer(1));
	pthread_mutex_unlock(&f->lock);
}

const char *wecom_fake_owner(struct wecom_fake *f, const char *chat)
{
	static char text[80];
	pthread_mutex_lock(&f->lock);
	snprintf(text, sizeof text, "%s", wecom_text(json_object_get(f->groups, chat), "owner"));
	pthread_mutex_unlock(&f->lock);
	return text;
}

static void hand_quit(struct wecom_fake *f, json_t *in, json_t *out)
{
	(void)out;
	wecom_fake_quit(f, wecom_text(in, "userid"));
}

static void hand_dismiss(struct wecom_fake *f, json_t *in, json_t *out)
{
	(void)out;
	wecom_fake_dismiss(f, wecom_text(in, "chat"));
}

static void hand_owner(struct wecom_fake *f, json_t *in, json_t *out)
{
	json_object_set_new(out, "owner", json_string(wecom_fake_owner(f, wecom_text(in, "chat"))));
}

const struct wecom_hand wecom_hands_handover[] = { { "quit", hand_quit }, { "dismiss", hand_dismiss }, { "owner", hand_owner }, { 0 } };
