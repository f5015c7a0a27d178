/* fake_wecom_contact.c: staff and customers of the fake 企业微信: who has whom, and the events of it. */
#include "fake_wecom_inside.h"

#include <microhttpd.h>
#include <stdio.h>

static json_t *customer(struct wecom_fake *f, const char *external, bool make)
{
	json_t *c = json_object_get(f->customers, external);
	if (!c && make) {
		c = json_pack("{s:s,s:o}", "name", "", "follow", json_object());
		json_object_set_new(f->customers, external, c);
	}
	return c;
}

static int get_contact(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	const char *external = MHD_lookup_connection_value(ask->of, MHD_GET_ARGUMENT_KIND, "external_userid"), *userid;
	json_t *c = external ? customer(f, external, false) : NULL, *one;
	(void)in;
	if (!external || !*external)
		return 40058;
	if (!c || !json_object_size(json_object_get(c, "follow")))
		return 84061;
	json_t *who = json_pack("{s:s,s:s,s:i,s:s,s:i}", "external_userid", external, "name", wecom_text(c, "name"), "type", 1,
	                        "avatar", "", "gender", 0);
	if (*wecom_text(c, "unionid"))
		json_object_set(who, "unionid", json_object_get(c, "unionid"));
	json_object_set_new(out, "external_contact", who);
	json_t *list = json_array();
	json_object_foreach(json_object_get(c, "follow"), userid, one) {
		json_t *copy = json_deep_copy(one);
		json_object_set_new(copy, "userid", json_string(userid));
		json_array_append_new(list, copy);
	}
	json_object_set_new(out, "follow_user", list);
	return 0;
}

static int get_follow_users(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *list = json_array(), *one;
	const char *userid;
	(void)ask, (void)in;
	json_object_foreach(f->staff, userid, one)
		json_array_append_new(list, json_string(userid));
	json_object_set_new(out, "follow_user", list);
	return 0;
}

const struct wecom_door wecom_doors_contact[] = {
	{ "cgi-bin/externalcontact/get", true, get_contact },
	{ "cgi-bin/externalcontact/get_follow_user_list", true, get_follow_users },
	{ 0 },
};

/* ---- What people do ---- */

static void tell_contact(struct wecom_fake *f, const char *change, const char *external, const char *userid, const char *more)
{
	char fields[1000];
	snprintf(fields, sizeof fields, "<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[%s]]></ChangeType>"
	         "<UserID><![CDATA[%s]]></UserID><ExternalUserID><![CDATA[%s]]></ExternalUserID>%s", change, userid, external, more);
	wecom_tell(f, fields);
}

void wecom_fake_staff(struct wecom_fake *f, const char *userid)
{
	pthread_mutex_lock(&f->lock);
	json_object_set_new(f->staff, userid, json_object());
	pthread_mutex_unlock(&f->lock);
}

void wecom_fake_add(struct wecom_fake *f, const char *external, const char *name, const char *userid, const char *state)
{
	char more[300], code[60];
	pthread_mutex_lock(&f->lock);
	json_t *c = customer(f, external, true);
	json_object_set_new(c, "name", json_string(name));
	json_object_set_new(json_object_get(c, "follow"), userid,
	                    json_pack("{s:s,s:s,s:I,s:i,s:s}", "remark", "", "description", "", "createtime",
	                              (json_int_t)wecom_now(), "add_way", 1, "state", state));
	snprintf(more, sizeof more, "<State><![CDATA[%s]]></State><WelcomeCode><![CDATA[%s]]></WelcomeCode>", state,
	         wecom_welcome_code(f, external, userid, code, sizeof code));
	tell_contact(f, "add_external_contact", external, userid, more);
	pthread_mutex_unlock(&f->lock);
}

void wecom_fake_drop(struct wecom_fake *f, const char *external, const char *userid, bool by_customer)
{
	pthread_mutex_lock(&f->lock);
	json_object_del(json_object_get(customer(f, external, true), "follow"), userid);
	tell_contact(f, by_customer ? "del_follow_user" : "del_external_contact", external, userid, "");
	pthread_mutex_unlock(&f->lock);
}

void wecom_fake_unite(struct wecom_fake *f, const char *external, const char *unionid)
{
	pthread_mutex_lock(&f->lock);
	json_object_set_new(customer(f, external, true), "unionid", json_string(unionid));
	pthread_mutex_unlock(&f->lock);
}

static void hand_staff(struct wecom_fake *f, json_t *in, json_t *out)
{
	(void)out;
	wecom_fake_staff(f, wecom_text(in, "userid"));
}

static void hand_add(struct wecom_fake *f, json_t *in, json_t *out)
{
	(void)out;
	wecom_fake_add(f, wecom_text(in, "external"), wecom_text(in, "name"), wecom_text(in, "userid"), wecom_text(in, "state"));
}

const struct wecom_hand wecom_hands_contact[] = { { "staff", hand_staff }, { "add", hand_add }, { 0 } };
