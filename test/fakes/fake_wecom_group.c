/* fake_wecom_group.c: customer groups of the fake 企业微信: their list, their members, their numbers, and the events of it. */
#include "fake_wecom_inside.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"

#define DAY_S     86400
#define BEIJING_S (8 * 3600)

/* ---- Lists ---- */

static bool owner_asked(json_t *owners, const char *owner)
{
	json_t *one;
	size_t i;
	json_array_foreach(owners, i, one)
		if (json_is_string(one) && strcmp(json_string_value(one), owner) == 0)
			return true;
	return false;
}

static int list_groups(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *owners = json_object_get(json_object_get(in, "owner_filter"), "userid_list"), *list = json_array(), *g;
	int64_t limit = json_integer_value(json_object_get(in, "limit")), status = json_integer_value(json_object_get(in, "status_filter"));
	const char *chat, *cursor = wecom_text(in, "cursor");
	int from = 0, at = 0, code = wecom_kinds(in, "status_filter:i owner_filter:o cursor:s limit:i");
	(void)ask;
	if (!code && (limit < 1 || limit > 1000 || status < 0 || status > 3 || (*cursor && sscanf(cursor, "C%d", &from) != 1)))
		code = 40058;
	if (!code && owners && (json_array_size(owners) < 1 || json_array_size(owners) > 100))
		code = 40058;
	if (!code && f->large && !owners)
		code = 81017;
	json_object_set_new(out, "group_chat_list", list);
	if (code)
		return code;
	json_object_foreach(f->groups, chat, g) {
		if ((owners && !owner_asked(owners, wecom_text(g, "owner"))) || at++ < from)
			continue;
		if ((int64_t)json_array_size(list) == limit) {
			char next[20];
			snprintf(next, sizeof next, "C%d", at - 1);
			json_object_set_new(out, "next_cursor", json_string(next));
			break;
		}
		json_array_append_new(list, json_pack("{s:s,s:O}", "chat_id", chat, "status", json_object_get(g, "status")));
	}
	return 0;
}

static int get_group(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *g = json_object_get(f->groups, wecom_text(in, "chat_id"));
	(void)ask;
	if (wecom_kinds(in, "chat_id:s need_name:i"))
		return 40058;
	if (!g)
		return 90501;
	if (f->stale > 0 && json_object_get(g, "before"))
		f->stale--, g = json_object_get(g, "before");
	json_t *copy = json_deep_copy(g), *one;
	size_t i;
	json_object_del(copy, "status");
	json_object_del(copy, "before");
	json_array_foreach(json_object_get(copy, "member_list"), i, one)
		if (json_integer_value(json_object_get(in, "need_name")) != 1)
			json_object_del(one, "name");
	json_object_set_new(out, "group_chat", copy);
	return 0;
}

/* ---- Numbers ---- */

static int64_t day_at(int64_t seconds) { return (seconds + BEIJING_S) / DAY_S * DAY_S - BEIJING_S; }

static json_t *numbers_of(struct wecom_fake *f, json_t *owners, const char *owner, int64_t day)
{
	int64_t groups = 0, members = 0, fresh = 0;
	const char *chat;
	json_t *g, *one;
	size_t i;
	json_object_foreach(f->groups, chat, g) {
		if (owner ? strcmp(wecom_text(g, "owner"), owner) != 0 : !owner_asked(owners, wecom_text(g, "owner")))
			continue;
		groups++;
		json_array_foreach(json_object_get(g, "member_list"), i, one) {
			bool customer = json_integer_value(json_object_get(one, "type")) == 2;
			members += customer;
			fresh += customer && day_at(json_integer_value(json_object_get(one, "join_time"))) == day;
		}
	}
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:i}", "new_chat_cnt", (json_int_t)0, "chat_total", (json_int_t)groups, "chat_has_msg",
	                 (json_int_t)groups, "new_member_cnt", (json_int_t)fresh, "member_total", (json_int_t)members, "member_has_msg",
	                 (json_int_t)(members / 2), "msg_total", (json_int_t)(groups * 10), "migrate_trainee_chat_cnt", 0);
}

static int range_of(json_t *in, json_t **owners, int64_t *from, int64_t *until)
{
	int64_t today = day_at(clock_now().ms / 1000);         /* as whoever asks counts days: midnight may come meanwhile */
	*owners = json_object_get(json_object_get(in, "owner_filter"), "userid_list");
	if (wecom_kinds(in, "day_begin_time:i day_end_time:i owner_filter:o order_by:i order_asc:i offset:i limit:i") ||
	    json_array_size(*owners) < 1 || json_array_size(*owners) > 100)
		return 40058;
	*from = day_at(json_integer_value(json_object_get(in, "day_begin_time")));
	*until = json_object_get(in, "day_end_time") ? day_at(json_integer_value(json_object_get(in, "day_end_time"))) : *from;
	return *until >= today || *from < today - 180 * DAY_S || *until < *from || *until - *from > 29 * DAY_S ? 600018 : 0;
}

static int statistic(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *owners, *items = json_array(), *one;
	int64_t from, until, limit = json_object_get(in, "limit") ? json_integer_value(json_object_get(in, "limit")) : 500;
	int64_t order = json_object_get(in, "order_by") ? json_integer_value(json_object_get(in, "order_by")) : 1;
	int64_t offset = json_integer_value(json_object_get(in, "offset"));
	size_t i;
	int code = range_of(in, &owners, &from, &until);
	(void)ask;
	json_object_set_new(out, "items", items);
	if (code || limit < 1 || limit > 1000 || order < 1 || order > 4 || offset < 0)
		return code ? code : 40058;
	json_array_foreach(owners, i, one)
		if ((int64_t)i >= offset && (int64_t)json_array_size(items) < limit)
			json_array_append_new(items, json_pack("{s:O,s:o}", "owner", one, "data", numbers_of(f, NULL, json_string_value(one), until)));
	json_object_set_new(out, "total", json_integer((json_int_t)json_array_size(owners)));
	json_object_set_new(out, "next_offset", json_integer(offset + (json_int_t)json_array_size(items)));
	return 0;
}

static int statistic_by_day(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *owners, *items = json_array();
	int64_t from, until;
	int code = range_of(in, &owners, &from, &until);
	(void)ask;
	json_object_set_new(out, "items", items);
	for (int64_t day = from; !code && day <= until; day += DAY_S)
		json_array_append_new(items, json_pack("{s:I,s:o}", "stat_time", (json_int_t)day, "data", numbers_of(f, owners, NULL, day)));
	return code;
}

const struct wecom_door wecom_doors_group[] = {
	{ "cgi-bin/externalcontact/groupchat/list", false, list_groups },
	{ "cgi-bin/externalcontact/groupchat/get", false, get_group },
	{ "cgi-bin/externalcontact/groupchat/statistic", false, statistic },
	{ "cgi-bin/externalcontact/groupchat/statistic_group_by_day", false, statistic_by_day },
	{ 0 },
};

/* ---- What people do ---- */

/* The group is about to change: what it was is kept for those who read too early. */
static void remember(json_t *g)
{
	json_object_del(g, "before");
	json_object_set_new(g, "before", json_deep_copy(g));
}

static void next_version(struct wecom_fake *f, json_t *g)
{
	char version[40];
	f->numbers++;
	snprintf(version, sizeof version, "%08x%08x%016x", 0x9c3f97c2u, (unsigned)f->numbers * 2654435761u, (unsigned)f->numbers);
	json_object_set_new(g, "member_version", json_string(version));
}

static void tell_chat(struct wecom_fake *f, const char *chat, const char *change, const char *more)
{
	char fields[2000];
	snprintf(fields, sizeof fields, "<Event><![CDATA[change_external_chat]]></Event><ChatId><![CDATA[%s]]></ChatId>"
	         "<ChangeType><![CDATA[%s]]></ChangeType>%s", chat, change, more);
	wecom_tell(f, fields);
}

static void tell_members(struct wecom_fake *f, const char *chat, const char *detail, const char *scene, const char *who,
                         const char *last)
{
	char more[1200], now[60];
	snprintf(now, sizeof now, "%s", wecom_text(json_object_get(f->groups, chat), "member_version"));
	snprintf(more, sizeof more, "<UpdateDetail><![CDATA[%s]]></UpdateDetail>%s<MemChangeCnt>1</MemChangeCnt><MemChangeList>"
	         "<Item><![CDATA[%s]]></Item></MemChangeList><LastMemVer><![CDATA[%s]]></LastMemVer><CurMemVer><![CDATA[%s]]></CurMemVer>",
	         detail, scene, who, last, now);
	tell_chat(f, chat, "update", more);
}

static json_t *member_of(struct wecom_fake *f, const char *who, const char *name, int scene, const char *state)
{
	bool staff = json_object_get(f->staff, who);
	json_t *m = json_pack("{s:s,s:i,s:I,s:i,s:{s:s},s:s,s:s}", "userid", who, "type", staff ? 1 : 2, "join_time",
	                      (json_int_t)wecom_now(), "join_scene", scene, "invitor", "userid", staff ? "" : "wang", "group_nickname", "",
	                      "name", name);
	const char *unionid = wecom_text(json_object_get(f->customers, who), "unionid");
	if (*unionid)
		json_object_set_new(m, "unionid", json_string(unionid));
	if (*state)
		json_object_set_new(m, "state", json_string(state));
	if (scene != 1)
		json_object_del(m, "invitor");
	return m;
}

json_t *wecom_group_made(struct wecom_fake *f, const char *chat, const char *name, const char *owner)
{
	if (!json_object_get(f->staff, owner))
		json_object_set_new(f->staff, owner, json_object());
	json_t *g = json_pack("{s:s,s:s,s:s,s:I,s:s,s:[],s:i,s:[o]}", "chat_id", chat, "name", name, "owner", owner, "create_time",
	                      (json_int_t)wecom_now(), "notice", "", "admin_list", "status", 0, "member_list",
	                      member_of(f, owner, owner, 1, ""));
	next_version(f, g);
	json_object_set_new(f->groups, chat, g);
	tell_chat(f, chat, "create", "");
	return json_object_get(f->groups, chat);
}

void wecom_come(struct wecom_fake *f, const char *chat, const char *who, const char *name, int scene, const char *state)
{
	char last[60];
	json_t *g = json_object_get(f->groups, chat);
	if (!g)
		return;
	remember(g);
	snprintf(last, sizeof last, "%s", wecom_text(g, "member_version"));
	json_array_append_new(json_object_get(g, "member_list"), member_of(f, who, name, scene, state));
	next_version(f, g);
	tell_members(f, chat, "add_member", scene == 3 ? "<JoinScene>3</JoinScene>" : "<JoinScene>0</JoinScene>", who, last);
}

#define LOCKED(f, act) do { pthread_mutex_lock(&(f)->lock); act; pthread_mutex_unlock(&(f)->lock); } while (0)

void wecom_fake_group(struct wecom_fake *f, const char *chat, const char *name, const char *owner)
{
	LOCKED(f, wecom_group_made(f, chat, name, owner));
}

void wecom_fake_come(struct wecom_fake *f, const char *chat, const char *who, const char *name, int scene, const char *state)
{
	LOCKED(f, wecom_come(f, chat, who, name, scene, state));
}

static void go(struct wecom_fake *f, const char *chat, const char *who, bool removed)
{
	char last[60];
	json_t *g = json_object_get(f->groups, chat), *list = json_object_get(g, "member_list"), *one;
	size_t i;
	remember(g);
	snprintf(last, sizeof last, "%s", wecom_text(g, "member_version"));
	json_array_foreach(list, i, one)
		if (strcmp(wecom_text(one, "userid"), who) == 0) {
			json_array_remove(list, i);
			break;
		}
	next_version(f, g);
	tell_members(f, chat, "del_member", removed ? "<QuitScene>1</QuitScene>" : "<QuitScene>0</QuitScene>", who, last);
}

void wecom_fake_go(struct wecom_fake *f, const char *chat, const char *who, bool removed) { LOCKED(f, go(f, chat, who, removed)); }

void wecom_fake_rename(struct wecom_fake *f, const char *chat, const char *name)
{
	pthread_mutex_lock(&f->lock);
	json_t *g = json_object_get(f->groups, chat);
	remember(g);
	json_object_set_new(g, "name", json_string(name));
	tell_chat(f, chat, "update", "<UpdateDetail><![CDATA[change_name]]></UpdateDetail>");
	pthread_mutex_unlock(&f->lock);
}

void wecom_fake_dismiss(struct wecom_fake *f, const char *chat)
{
	LOCKED(f, json_object_del(f->groups, chat); tell_chat(f, chat, "dismiss", ""));
}

void wecom_fake_large(struct wecom_fake *f, bool large) { LOCKED(f, f->large = large); }
void wecom_fake_stale(struct wecom_fake *f, int times) { LOCKED(f, f->stale = times); }

static void hand_group(struct wecom_fake *f, json_t *in, json_t *out)
{
	(void)out;
	wecom_fake_group(f, wecom_text(in, "chat"), wecom_text(in, "name"), wecom_text(in, "owner"));
}

static void hand_come(struct wecom_fake *f, json_t *in, json_t *out)
{
	(void)out;
	wecom_fake_come(f, wecom_text(in, "chat"), wecom_text(in, "who"), wecom_text(in, "name"), 3, wecom_text(in, "state"));
}

static void hand_go(struct wecom_fake *f, json_t *in, json_t *out)
{
	(void)out;
	wecom_fake_go(f, wecom_text(in, "chat"), wecom_text(in, "who"), json_is_true(json_object_get(in, "removed")));
}

/* {"who", "name", "state" or "url": what the scanned picture says}: a phone looks at a join way's QR. */
static void hand_scan(struct wecom_fake *f, json_t *in, json_t *out)
{
	char state[40] = "";
	const char *url = wecom_text(in, "url"), *config = strrchr(url, '/');
	pthread_mutex_lock(&f->lock);
	snprintf(state, sizeof state, "%s", config ? wecom_text(json_object_get(f->ways, config + 1), "state") : wecom_text(in, "state"));
	pthread_mutex_unlock(&f->lock);
	json_object_set_new(out, "chat", json_string(wecom_fake_scan(f, state, wecom_text(in, "who"), wecom_text(in, "name"))));
}

const struct wecom_hand wecom_hands_group[] = {
	{ "group", hand_group }, { "come", hand_come }, { "go", hand_go }, { "scan", hand_scan }, { 0 },
};
