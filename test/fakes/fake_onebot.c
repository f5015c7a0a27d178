/* fake_onebot.c: see fake_onebot.h. */
#include "fake_onebot.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wire.h"
#include "wire_ws.h"

#define MEMBERS  2000
#define MESSAGES 20000
#define FILES    50
#define FETCHED  "/data/cache/"          /* where download_file puts it */

struct onebot_fake {
	struct wire    *wire;
	struct wire_ws *line;
	pthread_mutex_t lock;
	bool            admin, owner, out, silent, offline, cut, says_1403;
	int             times;                    /* each event is told so often */
	int             numbers;
	struct { char user[24], card[80], nickname[80]; } members[MEMBERS];
	size_t          member_count;
	char           *messages[MESSAGES];
	size_t          message_count;
	struct { char *text; struct blob bytes; const char *name; } files[FILES];
	size_t          file_count;
	bool            takes_paths, refuses_files;
	char            act[200], name[120], flag[80];
	bool            mute;
	int             over_line;
};

static json_t *ok(json_t *data) { return json_pack("{s:s,s:i,s:o}", "status", "ok", "retcode", 0, "data", data ? data : json_null()); }

static json_t *refused(const char *why)
{
	return json_pack("{s:s,s:i,s:n,s:s,s:s}", "status", "failed", "retcode", 200, "data", "message", why, "wording", why);
}

/* A number, or text of digits: as text; empty: neither. */
static const char *digits(const json_t *o, const char *key, char *room, size_t size)
{
	const json_t *v = json_object_get(o, key);
	room[0] = '\0';
	if (json_is_integer(v))
		snprintf(room, size, "%lld", (long long)json_integer_value(v));
	else if (json_is_string(v) && strspn(json_string_value(v), "-0123456789") == json_string_length(v))
		snprintf(room, size, "%s", json_string_value(v));
	return room;
}

static size_t member_at(const struct onebot_fake *f, const char *user)
{
	size_t i = 0;
	while (i < f->member_count && strcmp(f->members[i].user, user) != 0)
		i++;
	return i;
}

static void join(struct onebot_fake *f, const char *user, const char *nickname)
{
	size_t i = member_at(f, user);
	if (i == MEMBERS)
		return;
	if (i == f->member_count)
		f->member_count++;
	snprintf(f->members[i].user, sizeof f->members[i].user, "%s", user);
	if (*nickname)
		snprintf(f->members[i].nickname, sizeof f->members[i].nickname, "%s", nickname);
}

static void leave(struct onebot_fake *f, const char *user)
{
	size_t i = member_at(f, user);
	if (i < f->member_count)
		f->members[i] = f->members[--f->member_count];
}

/* ---- Actions ---- */

static json_t *send_message(struct onebot_fake *f, const json_t *p)
{
	const json_t *message = json_object_get(p, "message");
	if (json_is_string(message) && strstr(json_string_value(message), "[CQ:") && !json_is_true(json_object_get(p, "auto_escape")))
		return refused("the test forbids codes in text");
	if (!json_is_array(message) || json_array_size(message) == 0 || f->message_count == MESSAGES)
		return refused("empty message");
	f->messages[f->message_count++] = json_dumps(message, JSON_COMPACT);
	return ok(json_pack("{s:i}", "message_id", ++f->numbers));
}

/* Of "base64://…", every character of it; len 0: it is none. */
static struct blob decoded(const char *file)
{
	const char *text = file + 9;
	size_t len = strncmp(file, "base64://", 9) == 0 ? strlen(text) : 0;
	unsigned char *bytes = malloc(len + 4);
	int n = len && len % 4 == 0 ? EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len) : -1;
	n -= n > 0 ? (text[len - 1] == '=') + (text[len - 2] == '=') : 0;
	if (n <= 0)
		free(bytes);
	return n > 0 ? (struct blob){ bytes, (size_t)n } : (struct blob){ 0 };
}

static json_t *take_file(struct onebot_fake *f, const json_t *p, bool group)
{
	const char *file = json_string_value(json_object_get(p, "file")), *name = json_string_value(json_object_get(p, "name"));
	char whom[24], text[400];
	digits(p, group ? "group_id" : "user_id", whom, sizeof whom);
	if (!file || !name || !*name || strchr(name, '/') || !*whom || f->file_count == FILES)
		return refused("bad parameters");
	if (f->refuses_files)
		return refused("group file space is full");
	struct blob bytes = f->takes_paths ? (struct blob){ strdup(file), strlen(file) } : decoded(file);
	if (f->takes_paths && strncmp(file, FETCHED, sizeof FETCHED - 1) != 0) {
		free((void *)(uintptr_t)bytes.at);
		return refused("open base64:: no such file or directory");
	}
	if (!bytes.len)
		return refused("no file there");
	snprintf(text, sizeof text, "%s %s %s %zu", group ? "group" : "user", whom, name, bytes.len);
	f->files[f->file_count].text = strdup(text);
	f->files[f->file_count].bytes = bytes;
	f->files[f->file_count].name = strstr(f->files[f->file_count].text, name);
	f->file_count++;
	return ok(json_pack("{s:s}", "file_id", "/9f1c-fake"));
}

static json_t *file_list(struct onebot_fake *f)
{
	json_t *list = json_array();
	for (size_t i = 0; i < f->file_count; i++) {
		char *name = strdup(f->files[i].name);
		*strrchr(name, ' ') = '\0';
		json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:s}", "file_name", name, "file_size", (json_int_t)f->files[i].bytes.len,
			"upload_time", (json_int_t)time(NULL), "uploader_name", "群图"));
		free(name);
	}
	return ok(json_pack("{s:o,s:[]}", "files", list, "folders"));
}

static json_t *group_list(struct onebot_fake *f)
{
	if (f->out)
		return ok(json_array());
	return ok(json_pack("[{s:i,s:s,s:i,s:i}]", "group_id", 600, "group_name", f->name, "member_count", (int)f->member_count,
	                    "max_member_count", 500));
}

static json_t *member_list(struct onebot_fake *f)
{
	json_t *list = json_array();
	for (size_t i = 0; i < f->member_count; i++)
		json_array_append_new(list, json_pack("{s:I,s:s,s:s,s:s,s:i}", "user_id", (json_int_t)atoll(f->members[i].user), "nickname",
			f->members[i].nickname, "card", f->members[i].card, "role", i == 0 ? "admin" : "member", "join_time", 1767225600));
	return ok(list);
}

/* Acts on people: who may, and on whom. */
static json_t *act(struct onebot_fake *f, const char *action, const json_t *p)
{
	char user[24], more[80] = "";
	const json_t *duration = json_object_get(p, "duration");
	digits(p, "user_id", user, sizeof user);
	size_t i = member_at(f, user);
	if (!f->admin)
		return refused("ERR_NOT_GROUP_ADMIN");
	if (strcmp(action, "set_group_whole_ban") != 0 && strcmp(action, "set_group_name") != 0 && i == f->member_count)
		return refused("no such member");
	if (strcmp(action, "set_group_ban") == 0) {
		if (!json_is_integer(duration) || json_integer_value(duration) >= 2592000)
			return refused("bad duration");
		snprintf(more, sizeof more, " %lld", (long long)json_integer_value(duration));
	}
	if (strcmp(action, "set_group_special_title") == 0) {     /* QQ lets the owner alone, and six characters */
		const char *title = json_string_value(json_object_get(p, "special_title"));
		if (!f->owner)
			return refused("ERR_NOT_GROUP_OWNER");
		if (!title || strlen(title) > 18 || !json_is_integer(json_object_get(p, "duration")))
			return refused("bad special_title");
		snprintf(more, sizeof more, " %s", title);
	}
	if (strcmp(action, "set_group_card") == 0)
		snprintf(f->members[i].card, sizeof f->members[i].card, "%s", json_string_value(json_object_get(p, "card")));
	if (strcmp(action, "set_group_name") == 0)
		snprintf(f->name, sizeof f->name, "%s", json_string_value(json_object_get(p, "group_name")));
	if (strcmp(action, "set_group_kick") == 0)
		leave(f, user);
	snprintf(f->act, sizeof f->act, "%s%s%s%s", action, *user ? " " : "", user, more);
	return ok(NULL);
}

/* Each request is answered once, by the flag it came with. */
static json_t *answer_request(struct onebot_fake *f, const json_t *p)
{
	const char *flag = json_string_value(json_object_get(p, "flag")), *type = json_string_value(json_object_get(p, "sub_type"));
	const char *reason = json_string_value(json_object_get(p, "reason"));
	bool yes = json_is_true(json_object_get(p, "approve"));
	if (!f->admin)
		return refused("ERR_NOT_GROUP_ADMIN");
	if (!flag || !*f->flag || strcmp(flag, f->flag) != 0 || !type || !json_is_boolean(json_object_get(p, "approve")))
		return refused("no such request");
	snprintf(f->act, sizeof f->act, "set_group_add_request %s %s %s%s%s", flag, type, yes ? "yes" : "no", reason ? " " : "",
		reason ? reason : "");
	f->flag[0] = '\0';
	return ok(NULL);
}

static json_t *answer_friend(struct onebot_fake *f, const json_t *p)
{
	const char *flag = json_string_value(json_object_get(p, "flag"));
	if (!flag || !*flag || !json_is_boolean(json_object_get(p, "approve")))
		return refused("no such request");
	snprintf(f->act, sizeof f->act, "set_friend_add_request %s %s", flag, json_is_true(json_object_get(p, "approve")) ? "yes" : "no");
	return ok(NULL);
}

static json_t *do_action(struct onebot_fake *f, const char *action, const json_t *p)
{
	char group[24], number[24];
	if (strcmp(action, "get_group_list") == 0)
		return group_list(f);
	if (strcmp(action, "get_status") == 0)
		return ok(json_pack("{s:b,s:b}", "online", !f->offline, "good", !f->offline));
	if (strcmp(action, "get_login_info") == 0)
		return ok(json_pack("{s:i,s:s}", "user_id", 10001, "nickname", "群图机器人"));
	if (strcmp(action, "get_version_info") == 0)
		return ok(json_pack("{s:s,s:s,s:s}", "app_name", "FakeOneBot", "app_version", "1.0", "protocol_version", "v11"));
	digits(p, "group_id", group, sizeof group);
	if (strcmp(action, "set_group_add_request") == 0)
		return answer_request(f, p);
	if (strcmp(action, "set_friend_add_request") == 0)
		return answer_friend(f, p);
	if (strcmp(action, "send_private_msg") == 0)
		return send_message(f, p);
	if (strcmp(action, "upload_private_file") == 0)
		return take_file(f, p, false);
	if (strcmp(action, "download_file") == 0 && json_is_string(json_object_get(p, "url")))
		return ok(json_pack("{s:s}", "file", FETCHED "9.cache"));
	if (strcmp(action, "delete_msg") == 0) {
		snprintf(f->act, sizeof f->act, "delete_msg %s", digits(p, "message_id", number, sizeof number));
		return *number ? ok(NULL) : refused("no message_id");
	}
	if (f->out || strcmp(group, FAKE_OB_GROUP) != 0)
		return refused("not in this group");
	if (strcmp(action, "send_group_msg") == 0)
		return send_message(f, p);
	if (strcmp(action, "get_group_member_list") == 0)
		return member_list(f);
	if (strcmp(action, "upload_group_file") == 0)
		return take_file(f, p, true);
	if (strcmp(action, "get_group_root_files") == 0)
		return file_list(f);
	static const char *const acts[] = { "set_group_ban", "set_group_whole_ban", "set_group_kick", "set_group_card", "set_group_name",
		"set_group_special_title" };
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
		if (strcmp(action, acts[i]) == 0)
			return act(f, action, p);
	return NULL;
}

/* ---- Telling ---- */

static int tell_line(struct onebot_fake *f, json_t *event)
{
	char *text = json_dumps(event, JSON_COMPACT);
	json_decref(event);
	for (int i = 0; i < f->times; i++)
		wire_ws_tell(f->line, str_of(text), f->cut);
	free(text);
	return 200;
}

static int tell(struct onebot_fake *f, const char *address, json_t *event)
{
	if (strcmp(address, "ws") == 0)
		return tell_line(f, event);
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	char line[100] = "X-Signature: sha1=", self[] = "X-Self-ID: " FAKE_OB_SELF;
	char *body = json_dumps(event, JSON_COMPACT);
	json_decref(event);
	HMAC(EVP_sha1(), FAKE_OB_SECRET, sizeof FAKE_OB_SECRET - 1, (const unsigned char *)body, strlen(body), mac, &len);
	for (unsigned i = 0; i < len; i++)
		snprintf(line + 18 + 2 * i, 3, "%02x", mac[i]);
	int status = wire_post(address, str_of(body), (const char *const[]){ line, self, NULL });
	free(body);
	return status;
}

static json_t *event(const char *type, const char *user)
{
	return json_pack("{s:I,s:i,s:s,s:i,s:I}", "time", (json_int_t)time(NULL), "self_id", 10001, "post_type", type, "group_id", 600,
	                 "user_id", (json_int_t)atoll(user));
}

int onebot_fake_say(struct onebot_fake *f, const char *address, const char *user, const char *nickname, const char *text)
{
	json_t *e = event("message", user);
	pthread_mutex_lock(&f->lock);
	join(f, user, nickname);
	json_object_set_new(e, "message_id", json_integer(1000000 + ++f->numbers));
	pthread_mutex_unlock(&f->lock);
	json_object_set_new(e, "message_type", json_string("group"));
	json_object_set_new(e, "message", json_pack("[{s:s,s:{s:s}}]", "type", "text", "data", "text", text));
	json_object_set_new(e, "sender", json_pack("{s:s}", "nickname", nickname));
	return tell(f, address, e);
}

int onebot_fake_puts(struct onebot_fake *f, const char *address, const char *user, const char *name, unsigned tells)
{
	json_t *notice = event("notice", user), *message = event("message", user);
	char id[24];
	int status = 200;
	pthread_mutex_lock(&f->lock);
	join(f, user, "");
	snprintf(id, sizeof id, "/file-%d", ++f->numbers);
	json_object_set_new(message, "message_id", json_integer(1000000 + ++f->numbers));
	pthread_mutex_unlock(&f->lock);
	json_object_set_new(notice, "notice_type", json_string("group_upload"));
	json_object_set_new(notice, "file", json_pack("{s:s,s:s,s:i,s:i}", "id", id, "name", name, "size", 4096, "busid", 102));
	json_object_set_new(message, "message_type", json_string("group"));
	json_object_set_new(message, "message", json_pack("[{s:s,s:{s:s,s:s,s:s}}]", "type", "file", "data", "file", name, "file_id", id,
		"file_size", "4096"));
	json_object_set_new(message, "sender", json_pack("{s:s}", "nickname", "老王"));
	if (tells & TELLS_NOTICE)
		status = tell(f, address, json_incref(notice));
	if (tells & TELLS_MESSAGE && status / 100 == 2)
		status = tell(f, address, json_incref(message));
	json_decref(notice);
	json_decref(message);
	return status;
}

int onebot_fake_move(struct onebot_fake *f, const char *address, const char *user, bool joins)
{
	json_t *e = event("notice", user);
	pthread_mutex_lock(&f->lock);
	if (joins)
		join(f, user, "");
	else
		leave(f, user);
	pthread_mutex_unlock(&f->lock);
	json_object_set_new(e, "notice_type", json_string(joins ? "group_increase" : "group_decrease"));
	json_object_set_new(e, "sub_type", json_string(joins ? "approve" : "leave"));
	json_object_set_new(e, "operator_id", json_integer(0));
	return tell(f, address, e);
}

int onebot_fake_ask(struct onebot_fake *f, const char *address, const char *user, const char *flag, const char *comment)
{
	json_t *e = event("request", user);
	json_object_set_new(e, "request_type", json_string("group"));
	json_object_set_new(e, "sub_type", json_string("add"));
	json_object_set_new(e, "flag", json_string(flag));
	json_object_set_new(e, "comment", json_string(comment));
	snprintf(f->flag, sizeof f->flag, "%s", flag);
	return tell(f, address, e);
}

void onebot_fake_beat(struct onebot_fake *f, int interval_ms)
{
	tell_line(f, json_pack("{s:I,s:i,s:s,s:s,s:{s:b,s:b},s:i}", "time", (json_int_t)time(NULL), "self_id", 10001, "post_type", "meta_event",
		"meta_event_type", "heartbeat", "status", "online", 1, "good", 1, "interval", interval_ms));
}

/* ---- The line ---- */

static int line_admits(void *ctx, const char *path, const char *token)
{
	struct onebot_fake *f = ctx;
	(void)path;
	if (f->silent)
		return 502;
	if (token && strcmp(token, FAKE_OB_TOKEN) == 0)
		return 101;
	return f->says_1403 ? 1008 : !token ? 401 : 403;
}

static char *line_greets(void *ctx, int admitted)
{
	(void)ctx;
	json_t *o = admitted == 1008
		? json_pack("{s:s,s:i,s:n,s:s,s:n}", "status", "failed", "retcode", 1403, "data", "message", "token", "echo")
		: json_pack("{s:I,s:i,s:s,s:s,s:s}", "time", (json_int_t)time(NULL), "self_id", 10001, "post_type", "meta_event", "meta_event_type",
		            "lifecycle", "sub_type", "connect");
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

static char *line_answers(void *ctx, struct str text)
{
	struct onebot_fake *f = ctx;
	json_t *o = json_loadb(text.at, text.len, 0, NULL), *reply = NULL;
	const char *action = json_string_value(json_object_get(o, "action"));
	pthread_mutex_lock(&f->lock);
	f->over_line++;
	if (action && json_is_object(json_object_get(o, "params")))
		reply = do_action(f, action, json_object_get(o, "params"));
	pthread_mutex_unlock(&f->lock);
	if (!reply)
		reply = json_pack("{s:s,s:i,s:n}", "status", "failed", "retcode", action ? 1404 : 1400, "data");
	json_object_set(reply, "echo", json_object_get(o, "echo"));
	char *ret = f->mute ? NULL : json_dumps(reply, JSON_COMPACT);
	json_decref(reply);
	json_decref(o);
	return ret;
}

static const struct wire_ws_hooks line_hooks = { line_admits, line_greets, line_answers };

/* ---- The door ---- */

static const char *text_at(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));
	return text ? text : "";
}

static json_t *by_hand(struct onebot_fake *f, const char *what, const json_t *j)
{
	int status = 200;
	if (strcmp(what, "sent") == 0) {
		json_t *list = json_array();
		pthread_mutex_lock(&f->lock);
		for (size_t i = 0; i < f->message_count; i++)
			json_array_append_new(list, json_string(f->messages[i]));
		pthread_mutex_unlock(&f->lock);
		return list;
	}
	if (strcmp(what, "files") == 0) {
		json_t *list = json_array();
		pthread_mutex_lock(&f->lock);
		for (size_t i = 0; i < f->file_count; i++) {
			char *base64 = malloc(f->files[i].bytes.len * 4 / 3 + 8);
			EVP_EncodeBlock((unsigned char *)base64, f->files[i].bytes.at, (int)f->files[i].bytes.len);
			json_array_append_new(list, json_pack("{s:s,s:s}", "what", f->files[i].text, "base64", base64));
			free(base64);
		}
		pthread_mutex_unlock(&f->lock);
		return list;
	}
	if (strcmp(what, "file") == 0)
		status = onebot_fake_puts(f, text_at(j, "address"), text_at(j, "user"), text_at(j, "name"), TELLS_NOTICE | TELLS_MESSAGE);
	else if (strcmp(what, "say") == 0)
		status = onebot_fake_say(f, text_at(j, "address"), text_at(j, "user"), text_at(j, "nickname"), text_at(j, "text"));
	else if (strcmp(what, "join") == 0 || strcmp(what, "leave") == 0)
		status = onebot_fake_move(f, text_at(j, "address"), text_at(j, "user"), *what == 'j');
	else if (strcmp(what, "ask") == 0)
		status = onebot_fake_ask(f, text_at(j, "address"), text_at(j, "user"), text_at(j, "flag"), text_at(j, "comment"));
	else if (strcmp(what, "admin") == 0)
		onebot_fake_admin(f, json_is_true(json_object_get(j, "on")));
	return strcmp(what, "act") == 0 ? json_pack("{s:s}", "act", f->act) : json_pack("{s:i}", "status", status);
}

static int admitted(const struct wire_ask *ask)
{
	const char *head = wire_header(ask, "Authorization");
	const char *token = head && strncmp(head, "Bearer ", 7) == 0 ? head + 7 : ask->query_token;
	return !token ? 401 : strcmp(token, FAKE_OB_TOKEN) != 0 ? 403 : 200;
}

static struct wire_reply answer(void *ctx, const struct wire_ask *ask)
{
	struct onebot_fake *f = ctx;
	json_t *p = json_loadb(ask->body.len ? ask->body.at : "{}", ask->body.len ? ask->body.len : 2, 0, NULL), *reply = NULL;
	struct wire_reply r = { .status = 200 };
	if (strncmp(ask->path, "_fake/", 6) == 0) {
		reply = by_hand(f, ask->path + 6, p);
	} else if (f->silent) {
		r.status = 502;
	} else if ((r.status = admitted(ask)) == 200) {
		pthread_mutex_lock(&f->lock);
		reply = p ? do_action(f, ask->path, p) : NULL;
		pthread_mutex_unlock(&f->lock);
		r.status = !p ? 400 : reply ? 200 : 404;
	}
	r.json = reply ? json_dumps(reply, JSON_COMPACT) : NULL;
	json_decref(reply);
	json_decref(p);
	return r;
}

struct onebot_fake *onebot_fake_open(int port)
{
	struct onebot_fake *f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	pthread_mutex_init(&f->lock, NULL);
	f->admin = true;
	snprintf(f->name, sizeof f->name, "车友 QQ 群");
	join(f, FAKE_OB_SELF, "群图");
	f->times = 1;
	f->wire = wire_open(port, answer, f);
	f->line = wire_ws_open(port ? port + 1 : 0, &line_hooks, f);
	return f;
}

void onebot_fake_close(struct onebot_fake *f)
{
	wire_close(f->wire);
	wire_ws_close(f->line);
	for (size_t i = 0; i < f->message_count; i++)
		free(f->messages[i]);
	for (size_t i = 0; i < f->file_count; i++) {
		free(f->files[i].text);
		free((void *)(uintptr_t)f->files[i].bytes.at);
	}
	pthread_mutex_destroy(&f->lock);
	free(f);
}

int onebot_fake_port(const struct onebot_fake *f) { return wire_port(f->wire); }
void onebot_fake_admin(struct onebot_fake *f, bool admin) { f->admin = admin; }
void onebot_fake_owner(struct onebot_fake *f, bool owner) { f->owner = owner; }
void onebot_fake_out(struct onebot_fake *f, bool out) { f->out = out; }
void onebot_fake_offline(struct onebot_fake *f, bool offline) { f->offline = offline; }
void onebot_fake_silent(struct onebot_fake *f, bool silent) { f->silent = silent; }

int onebot_fake_count(struct onebot_fake *f)
{
	pthread_mutex_lock(&f->lock);
	int n = (int)f->message_count;
	pthread_mutex_unlock(&f->lock);
	return n;
}

const char *onebot_fake_message(struct onebot_fake *f, int nth)
{
	return nth >= 0 && nth < onebot_fake_count(f) ? f->messages[nth] : "";
}

int onebot_fake_files(struct onebot_fake *f)
{
	pthread_mutex_lock(&f->lock);
	int n = (int)f->file_count;
	pthread_mutex_unlock(&f->lock);
	return n;
}

const char *onebot_fake_file(struct onebot_fake *f, int nth) { return nth >= 0 && nth < onebot_fake_files(f) ? f->files[nth].text : ""; }

struct blob onebot_fake_bytes(struct onebot_fake *f, int nth)
{
	return nth >= 0 && nth < onebot_fake_files(f) ? f->files[nth].bytes : (struct blob){ 0 };
}

void onebot_fake_paths(struct onebot_fake *f, bool paths) { f->takes_paths = paths; }
void onebot_fake_refuses_files(struct onebot_fake *f, bool refuses) { f->refuses_files = refuses; }

const char *onebot_fake_act(struct onebot_fake *f) { return f->act; }

struct wire_ws *onebot_fake_line(const struct onebot_fake *f) { return f->line; }
int onebot_fake_line_port(const struct onebot_fake *f) { return wire_ws_port(f->line); }
void onebot_fake_cut(struct onebot_fake *f, bool cut) { f->cut = cut; }
void onebot_fake_repeat(struct onebot_fake *f, int times) { f->times = times; }
void onebot_fake_mute(struct onebot_fake *f, bool mute) { f->mute = mute; }
void onebot_fake_says_1403(struct onebot_fake *f, bool says) { f->says_1403 = says; }

int onebot_fake_over_line(struct onebot_fake *f)
{
	pthread_mutex_lock(&f->lock);
	int n = f->over_line;
	pthread_mutex_unlock(&f->lock);
	return n;
}
