/* fake_wecom_tag.c: the corp's tags of the fake 企业微信: made, renamed, deleted, marked on customers by those who have them. */
#include "fake_wecom_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LONG 30

static size_t characters(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

static bool is_name(const char *text) { return *text && characters(text) <= NAME_LONG; }

static const char *tag_named(struct wecom_fake *f, const char *name)
{
	const char *id;
	json_t *tag;
	json_object_foreach(f->tags, id, tag)
		if (strcmp(wecom_text(tag, "name"), name) == 0)
			return id;
	return "";
}

static json_t *tag_line(const char *id, json_t *tag)
{
	return json_pack("{s:s,s:s,s:i,s:i}", "id", id, "name", wecom_text(tag, "name"), "create_time", 1763770000, "order", 0);
}

static json_t *family_of(json_t *groups, const char *family)
{
	json_t *g;
	size_t i;
	json_array_foreach(groups, i, g)
		if (strcmp(wecom_text(g, "group_name"), family) == 0)
			return g;
	g = json_pack("{s:s,s:s,s:i,s:i,s:[]}", "group_id", family, "group_name", family, "create_time", 1763770000, "order", 0, "tag");
	json_array_append_new(groups, g);
	return g;
}

static bool is_asked_for(json_t *wanted, const char *id)
{
	json_t *one;
	size_t i;
	json_array_foreach(wanted, i, one)
		if (json_is_string(one) && strcmp(json_string_value(one), id) == 0)
			return true;
	return json_array_size(wanted) == 0;
}

static int list_tags(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *groups = json_array(), *tag;
	const char *id;
	(void)ask;
	json_object_set_new(out, "tag_group", groups);
	if (wecom_kinds(in, "tag_id:a group_id:a"))
		return 40058;
	json_object_foreach(f->tags, id, tag)
		if (is_asked_for(json_object_get(in, "tag_id"), id))
			json_array_append_new(json_object_get(family_of(groups, wecom_text(tag, "group")), "tag"), tag_line(id, tag));
	return 0;
}

static int add_tags(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *list = json_object_get(in, "tag"), *one, *made = json_array();
	const char *family = *wecom_text(in, "group_id") ? wecom_text(in, "group_id") : wecom_text(in, "group_name");
	size_t i;
	(void)ask;
	json_object_set_new(out, "tag_group", json_pack("{s:s,s:s,s:o}", "group_id", family, "group_name", family, "tag", made));
	if (wecom_kinds(in, "group_id:s group_name:s order:i tag:a agentid:i") || !json_array_size(list) || !is_name(family))
		return 40058;
	json_array_foreach(list, i, one) {
		if (wecom_kinds(one, "name:s order:i") || !is_name(wecom_text(one, "name")))
			return 40058;
		if (*tag_named(f, wecom_text(one, "name")))
			return 40071;
	}
	json_array_foreach(list, i, one) {
		char id[40];
		json_t *tag = json_pack("{s:s,s:s}", "group", family, "name", wecom_text(one, "name"));
		json_object_set_new(f->tags, wecom_number(f, "et", id, sizeof id), tag);
		json_array_append_new(made, tag_line(id, tag));
	}
	return 0;
}

static int edit_tag(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *tag = json_object_get(f->tags, wecom_text(in, "id"));
	const char *name = wecom_text(in, "name"), *other = tag_named(f, name);
	(void)ask, (void)out;
	if (wecom_kinds(in, "id:s name:s order:i agentid:i") || !is_name(name))
		return 40058;
	if (!tag)
		return 40068;
	if (*other && strcmp(other, wecom_text(in, "id")) != 0)
		return 40071;
	json_object_set_new(tag, "name", json_string(name));
	return 0;
}

static void unmark_all(struct wecom_fake *f, const char *tag)
{
	json_t *customer, *follow;
	const char *external, *userid;
	json_object_foreach(f->customers, external, customer)
		json_object_foreach(json_object_get(customer, "follow"), userid, follow) {
			json_t *tags = json_object_get(follow, "tags");
			for (size_t i = json_array_size(tags); i-- > 0;)
				if (strcmp(wecom_text(json_array_get(tags, i), "tag_id"), tag) == 0)
					json_array_remove(tags, i);
		}
}

static int del_tags(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *list = json_object_get(in, "tag_id"), *one;
	size_t i;
	(void)ask, (void)out;
	if (wecom_kinds(in, "tag_id:a group_id:a agentid:i") || !json_array_size(list))
		return 40058;
	json_array_foreach(list, i, one)
		if (!json_object_get(f->tags, json_is_string(one) ? json_string_value(one) : ""))
			return 40068;
	json_array_foreach(list, i, one) {
		unmark_all(f, json_string_value(one));
		json_object_del(f->tags, json_string_value(one));
	}
	return 0;
}

static json_t *follow_of(struct wecom_fake *f, const char *external, const char *userid)
{
	return json_object_get(json_object_get(json_object_get(f->customers, external), "follow"), userid);
}

static int place_of(json_t *follow, const char *tag)
{
	json_t *tags = json_object_get(follow, "tags");
	for (size_t i = 0; i < json_array_size(tags); i++)
		if (strcmp(wecom_text(json_array_get(tags, i), "tag_id"), tag) == 0)
			return (int)i;
	return -1;
}

static void set_mark(struct wecom_fake *f, json_t *follow, const char *id, bool on)
{
	json_t *tag = json_object_get(f->tags, id);
	int at = place_of(follow, id);
	if (!json_object_get(follow, "tags"))
		json_object_set_new(follow, "tags", json_array());
	if (on && at < 0)
		json_array_append_new(json_object_get(follow, "tags"), json_pack("{s:s,s:s,s:i,s:s}", "group_name", wecom_text(tag, "group"),
		                      "tag_name", wecom_text(tag, "name"), "type", 1, "tag_id", id));
	if (!on && at >= 0)
		json_array_remove(json_object_get(follow, "tags"), (size_t)at);
}

static int mark_tag(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *add = json_object_get(in, "add_tag"), *remove = json_object_get(in, "remove_tag"), *one;
	json_t *follow = follow_of(f, wecom_text(in, "external_userid"), wecom_text(in, "userid"));
	size_t i;
	(void)ask, (void)out;
	if (wecom_kinds(in, "userid:s external_userid:s add_tag:a remove_tag:a") || json_array_size(add) + json_array_size(remove) == 0)
		return 40058;
	if (!follow)
		return 84061;
	json_array_foreach(add, i, one)
		if (!json_is_string(one) || !json_object_get(f->tags, json_string_value(one)))
			return 40068;
	json_array_foreach(add, i, one)
		set_mark(f, follow, json_string_value(one), true);
	json_array_foreach(remove, i, one)
		set_mark(f, follow, json_is_string(one) ? json_string_value(one) : "", false);
	return 0;
}

const struct wecom_door wecom_doors_tag[] = {
	{ "cgi-bin/externalcontact/get_corp_tag_list", false, list_tags }, { "cgi-bin/externalcontact/add_corp_tag", false, add_tags },
	{ "cgi-bin/externalcontact/edit_corp_tag", false, edit_tag }, { "cgi-bin/externalcontact/del_corp_tag", false, del_tags },
	{ "cgi-bin/externalcontact/mark_tag", false, mark_tag },
	{ 0 },
};

/* ---- What people do ---- */

static void tell_tag(struct wecom_fake *f, const char *change, const char *tag)
{
	char fields[400];
	snprintf(fields, sizeof fields, "<Event><![CDATA[change_external_tag]]></Event><ChangeType><![CDATA[%s]]></ChangeType>"
	         "<Id><![CDATA[%s]]></Id><TagType><![CDATA[tag]]></TagType>", change, tag);
	wecom_tell(f, fields);
}

const char *wecom_fake_tag(struct wecom_fake *f, const char *family, const char *name)
{
	char id[40];
	pthread_mutex_lock(&f->lock);
	json_object_set_new(f->tags, wecom_number(f, "et", id, sizeof id), json_pack("{s:s,s:s}", "group", family, "name", name));
	tell_tag(f, "create", id);
	const char *kept = tag_named(f, name);
	pthread_mutex_unlock(&f->lock);
	return kept;
}

void wecom_fake_retag(struct wecom_fake *f, const char *tag, const char *name)
{
	char id[40];
	snprintf(id, sizeof id, "%s", tag);
	pthread_mutex_lock(&f->lock);
	if (name) {
		json_object_set_new(json_object_get(f->tags, id), "name", json_string(name));
	} else {
		unmark_all(f, id);
		json_object_del(f->tags, id);
	}
	tell_tag(f, name ? "update" : "delete", id);
	pthread_mutex_unlock(&f->lock);
}

void wecom_fake_mark(struct wecom_fake *f, const char *external, const char *userid, const char *tag, bool on)
{
	char fields[600];
	pthread_mutex_lock(&f->lock);
	set_mark(f, follow_of(f, external, userid), tag, on);
	snprintf(fields, sizeof fields, "<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[edit_external_contact]]>"
	         "</ChangeType><UserID><![CDATA[%s]]></UserID><ExternalUserID><![CDATA[%s]]></ExternalUserID><State>%d</State>", userid,
	         external, ++f->numbers);
	wecom_tell(f, fields);
	pthread_mutex_unlock(&f->lock);
}

bool wecom_fake_marked(struct wecom_fake *f, const char *external, const char *userid, const char *tag)
{
	pthread_mutex_lock(&f->lock);
	bool marked = place_of(follow_of(f, external, userid), tag) >= 0;
	pthread_mutex_unlock(&f->lock);
	return marked;
}

const char *wecom_fake_tag_named(struct wecom_fake *f, const char *name)
{
	pthread_mutex_lock(&f->lock);
	const char *id = tag_named(f, name);
	pthread_mutex_unlock(&f->lock);
	return id;
}

static void hand_tag(struct wecom_fake *f, json_t *in, json_t *out)
{
	json_object_set_new(out, "id", json_string(wecom_fake_tag(f, wecom_text(in, "family"), wecom_text(in, "name"))));
}

const struct wecom_hand wecom_hands_tag[] = { { "tag", hand_tag }, { 0 } };
