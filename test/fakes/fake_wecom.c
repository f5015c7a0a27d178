/* fake_wecom.c: see fake_wecom.h. Here: the door, tokens, what goes wrong, events; what lies behind each door stands in other files. */
#include "fake_wecom_inside.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "channel/wire/bizmsg.h"
#include "channel/wire/flatxml.h"

#define LIVES 7200                                /* seconds of a token */
#define COUNT(list) (sizeof (list) / sizeof *(list))

static const struct wecom_door *const doors[] = { wecom_doors_contact, wecom_doors_group, wecom_doors_join, wecom_doors_way,
                                                  wecom_doors_template, wecom_doors_tag, wecom_doors_mass, wecom_doors_handover,
                                                  wecom_doors_robot, wecom_doors_intercept };
static const struct wecom_hand *const hands[] = { wecom_hands_contact, wecom_hands_group, wecom_hands_tag, wecom_hands_mass,
                                                wecom_hands_handover, wecom_hands_robot, wecom_hands_intercept, wecom_hands_way };

int64_t wecom_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec;
}

const char *wecom_text(json_t *in, const char *key)
{
	const char *text = json_string_value(json_object_get(in, key));
	return text ? text : "";
}

const char *wecom_number(struct wecom_fake *f, const char *kind, char *ret, size_t size)
{
	snprintf(ret, size, "%s%04d", kind, ++f->numbers);
	return ret;
}

int wecom_kinds(json_t *in, const char *keys)
{
	char key[60], kind;
	for (int n = 0; sscanf(keys, " %59[^:]:%c%n", key, &kind, &n) == 2; keys += n) {
		json_t *v = json_object_get(in, key);
		if (v && !(kind == 's' ? json_is_string(v) : kind == 'i' ? json_is_integer(v) : kind == 'a' ? json_is_array(v)
		           : kind == 'o' ? json_is_object(v) : json_is_boolean(v)))
			return 40058;
	}
	return 0;
}

/* ---- Answers ---- */

static const char *words_of(int code)
{
	switch (code) {
	case 0:     return "ok";
	case -1:    return "system busy";
	case 40001: return "invalid credential, hint: [1763770000], more info at https://open.work.weixin.qq.com/devtool/query?e=40001";
	case 40013: return "invalid corpid";
	case 40014: return "invalid access_token";
	case 40058: return "invalid parameter type";
	case 41001: return "access_token missing";
	case 42001: return "access_token expired";
	case 43001: return "require GET method";
	case 43002: return "require POST method";
	case 45009: return "api freq out of limit";
	case 45033: return "api concurrent out of limit";
	case 47001: return "data format error";
	case 40003: return "invalid UserID";
	case 40007: return "invalid media_id";
	case 41050: return "invalid welcome code";
	case 41051: return "customer has been welcomed or started chatting";
	case 40068: return "invalid tagid";
	case 40071: return "invalid tag name";
	case 40096: return "invalid external userid";
	case 45002: return "content size out of limit";
	case 45028: return "remind frequency out of limit";
	case WECOM_NO_SUCH: return "invalid config_id";
	case 41096: return "another app is sending the welcome message";
	case 48002: return "api forbidden";
	case 60020: return "not allow to access from your ip, hint: [1763770000], from ip: 203.0.113.9, more info at "
	                   "https://open.work.weixin.qq.com/devtool/query?e=60020";
	case 81017: return "too many users in visible range";
	case 600018: return "invalid statistic time range";
	case 84061: return "not external contact";
	case 93000: return "invalid webhook url, hint: [1763770000], from ip: 203.0.113.9, more info at "
	                   "https://open.work.weixin.qq.com/devtool/query?e=93000";
	case 301019: return "media md5 not match";
	case 90501: return "chat id not customer group";
	default:    return "invalid";
	}
}

static char *say(int code, json_t *out)
{
	json_object_set_new(out, "errcode", json_integer(code));
	json_object_set_new(out, "errmsg", json_string(words_of(code)));
	char *text = json_dumps(out, JSON_PRESERVE_ORDER);
	json_decref(out);
	return text;
}

const char *wecom_query(const struct wire_ask *ask, const char *name)
{
	const char *text = MHD_lookup_connection_value(ask->of, MHD_GET_ARGUMENT_KIND, name);
	return text ? text : "";
}

static int give_token(struct wecom_fake *f, const struct wire_ask *ask, json_t *out)
{
	if (f->barred)
		return 60020;
	if (strcmp(wecom_query(ask, "corpid"), WECOM_CORP) != 0)
		return 40013;
	if (strcmp(wecom_query(ask, "corpsecret"), WECOM_SECRET) != 0)
		return 40001;
	if (wecom_now() >= f->token_until) {
		snprintf(f->token, sizeof f->token, "TOKEN_%d_%lld", ++f->tokens, (long long)wecom_now());
		f->token_until = wecom_now() + LIVES;
	}
	json_object_set_new(out, "access_token", json_string(f->token));
	json_object_set_new(out, "expires_in", json_integer(f->token_until - wecom_now()));
	return 0;
}

static int check_token(const struct wecom_fake *f, const char *token)
{
	if (!token || !*token)
		return 41001;
	if (strcmp(token, f->token) == 0)
		return wecom_now() < f->token_until ? f->barred ? 60020 : 0 : 42001;
	return strncmp(token, "TOKEN_", 6) == 0 ? 42001 : 40014;
}

static const struct wecom_door *door_of(const char *path)
{
	for (size_t i = 0; i < COUNT(doors); i++)
		for (const struct wecom_door *d = doors[i]; d->path; d++)
			if (strcmp(d->path, path) == 0)
				return d;
	return NULL;
}

static int answer_door(struct wecom_fake *f, const struct wire_ask *ask, const char *path, json_t *out)
{
	const struct wecom_door *door = door_of(path);
	int code = door->no_token ? 0 : check_token(f, ask->query_token);
	if (code)
		return code;
	if (door->get != (strcmp(ask->method, "GET") == 0))
		return door->get ? 43001 : 43002;
	json_t *in = door->get || door->parts ? NULL : json_loadb(ask->body.at ? ask->body.at : "", ask->body.len, 0, NULL);
	code = !door->get && !door->parts && !json_is_object(in) ? 47001 : door->answer(f, ask, in, out);
	json_decref(in);
	return code;
}

static int by_hand(struct wecom_fake *f, const char *name, struct str body, json_t *out)
{
	json_t *in = json_loadb(body.len ? body.at : "{}", body.len ? body.len : 2, 0, NULL);
	int status = 404;
	for (size_t i = 0; i < COUNT(hands) && status == 404; i++)
		for (const struct wecom_hand *h = hands[i]; h->name && status == 404; h++)
			if (strcmp(h->name, name) == 0)
				h->does(f, in, out), status = 200;
	if (strcmp(name, "tell") == 0)
		wecom_fake_tell(f, wecom_text(in, "address"), 1), status = 200;
	if (strcmp(name, "check") == 0)
		json_object_set_new(out, "same", json_boolean(wecom_fake_check(f, wecom_text(in, "address")))), status = 200;
	if (strcmp(name, "bar") == 0)
		wecom_fake_bar(f, json_is_true(json_object_get(in, "on"))), status = 200;
	json_decref(in);
	return status;
}

static void count_call(struct wecom_fake *f, const char *path)
{
	for (size_t i = 0; i < COUNT(f->calls); i++)
		if (!f->calls[i].path[0] || strcmp(f->calls[i].path, path) == 0) {
			snprintf(f->calls[i].path, sizeof f->calls[i].path, "%s", path);
			f->calls[i].n++;
			return;
		}
}

static bool failing(struct wecom_fake *f, const char *path, struct wecom_failure *ret)
{
	for (size_t i = 0; i < COUNT(f->failures); i++)
		if (f->failures[i].times > 0 && strstr(path, f->failures[i].path)) {
			f->failures[i].times--;
			*ret = f->failures[i];
			return true;
		}
	return false;
}

static void take_time(struct wecom_fake *f, const struct wecom_failure *how)
{
	while (how->stalls && !f->goes_on)
		usleep(1000);
	usleep((unsigned)how->slow_ms * 1000);
}

static struct wire_reply answer(void *ctx, const struct wire_ask *ask)
{
	struct wecom_fake *f = ctx;
	const char *path = ask->path;
	json_t *out = json_object();
	int code = 0;
	if (strncmp(path, "_fake/", 6) == 0) {
		int status = by_hand(f, path + 6, ask->body, out);
		return (struct wire_reply){ .status = status, .json = say(0, out) };
	}
	pthread_mutex_lock(&f->lock);
	size_t len = 0;
	char *picture = wecom_way_picture(f, path, &len);
	if (picture) {
		pthread_mutex_unlock(&f->lock);
		json_decref(out);
		return (struct wire_reply){ 200, picture, len, "image/png" };
	}
	count_call(f, path);
	struct wecom_failure how = { 0 };
	bool fails = failing(f, path, &how);
	pthread_mutex_unlock(&f->lock);
	take_time(f, &how);
	bool token = strcmp(path, "cgi-bin/gettoken") == 0;
	if (!token && !door_of(path)) {
		json_decref(out);
		return (struct wire_reply){ .status = 404, .json = strdup("<html>404</html>") };
	}
	pthread_mutex_lock(&f->lock);
	if (!fails || how.errcode == 0)
		code = token ? give_token(f, ask, out) : answer_door(f, ask, path, out);
	else
		code = how.errcode;
	pthread_mutex_unlock(&f->lock);
	if (code)
		json_object_clear(out);
	if (how.lost) {
		json_decref(out);
		return (struct wire_reply){ .status = 502, .json = strdup("<html>502 Bad Gateway</html>") };
	}
	return (struct wire_reply){ .status = 200, .json = say(code, out) };
}

struct wecom_fake *wecom_fake_open(int port)
{
	struct wecom_fake *f = calloc(1, sizeof *f);
	pthread_mutex_init(&f->lock, NULL);
	f->staff = json_object(), f->customers = json_object(), f->groups = json_object(), f->ways = json_object();
	f->contact_ways = json_object(), f->welcomes = json_object(), f->media = json_object();
	f->tags = json_object(), f->templates = json_object();
	f->tasks = json_object();
	f->handed = json_array();
	f->robots = json_object();
	f->rules = json_object();
	f->wire = wire_open(port, answer, f);
	if (!f->wire) {
		fprintf(stderr, "fake: port %d is taken\n", port);
		exit(1);
	}
	snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d", wire_port(f->wire));
	return f;
}

void wecom_fake_close(struct wecom_fake *f)
{
	f->goes_on = true;
	wire_close(f->wire);
	json_decref(f->staff);
	json_decref(f->customers);
	json_decref(f->groups);
	json_decref(f->ways);
	json_decref(f->contact_ways);
	json_decref(f->welcomes);
	json_decref(f->tasks);
	json_decref(f->handed);
	json_decref(f->robots);
	json_decref(f->rules);
	json_decref(f->media);
	json_decref(f->tags);
	json_decref(f->templates);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

int wecom_fake_port(const struct wecom_fake *f) { return wire_port(f->wire); }
const char *wecom_fake_url(const struct wecom_fake *f) { return f->url; }

/* ---- What goes wrong ---- */

#define LOCKED(f, act) do { pthread_mutex_lock(&(f)->lock); act; pthread_mutex_unlock(&(f)->lock); } while (0)

static void add_failure(struct wecom_fake *f, const char *path, struct wecom_failure failure)
{
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < COUNT(f->failures); i++)
		if (f->failures[i].times <= 0) {
			f->failures[i] = failure;
			snprintf(f->failures[i].path, sizeof f->failures[i].path, "%s", path);
			break;
		}
	pthread_mutex_unlock(&f->lock);
}

void wecom_fake_fail(struct wecom_fake *f, const char *path, int errcode, int times, int slow_ms)
{
	add_failure(f, path, (struct wecom_failure){ .errcode = errcode, .times = times, .slow_ms = slow_ms });
}

void wecom_fake_stall(struct wecom_fake *f, const char *path)
{
	f->goes_on = false;
	add_failure(f, path, (struct wecom_failure){ .times = 1, .stalls = true });
}

void wecom_fake_go_on(struct wecom_fake *f) { f->goes_on = true; }

void wecom_fake_lose(struct wecom_fake *f, const char *path, int times)
{
	add_failure(f, path, (struct wecom_failure){ .times = times, .lost = true });
}

void wecom_fake_expire(struct wecom_fake *f) { LOCKED(f, f->token_until = 0); }
void wecom_fake_bar(struct wecom_fake *f, bool barred) { LOCKED(f, f->barred = barred); }

int wecom_fake_calls(struct wecom_fake *f, const char *path)
{
	int n = 0;
	LOCKED(f, for (size_t i = 0; i < COUNT(f->calls); i++) n += strstr(f->calls[i].path, path) ? f->calls[i].n : 0);
	return n;
}

/* ---- Events ---- */

void wecom_fake_tell(struct wecom_fake *f, const char *address, int times)
{
	LOCKED(f, snprintf(f->address, sizeof f->address, "%s", address ? address : ""); f->told_times = times);
}

void wecom_tell(struct wecom_fake *f, const char *fields)
{
	char address[sizeof f->address];
	int times = f->told_times;
	snprintf(address, sizeof address, "%s", f->address);
	pthread_mutex_unlock(&f->lock);
	for (int i = 0; *address && i < times; i++)
		wecom_fake_event(f, address, WECOM_SAFE, fields, wecom_now());
	pthread_mutex_lock(&f->lock);
}

static void sign_query(struct buf *url, const char *token, const char *timestamp, struct str encrypted)
{
	char signature[SHA1_TEXT + 1];
	bizmsg_sign((struct str[]){ str_of(token), str_of(timestamp), S("55021"), encrypted }, 4, signature);
	buf_format(url, "?msg_signature=%s&timestamp=%s&nonce=55021", signature, timestamp);
}

int wecom_fake_event(struct wecom_fake *f, const char *address, enum wecom_fake_mode mode, const char *fields, int64_t at)
{
	ARENA_SCOPED a;
	BUF_SCOPED url, body;
	struct bizmsg crypt;
	struct str encrypted = { 0 };
	char timestamp[24];
	(void)f;
	arena_init(&a, 1 << 20);
	buf_init(&url, 4096);
	buf_init(&body, 1 << 20);
	snprintf(timestamp, sizeof timestamp, "%lld", (long long)(wecom_now() - (mode == WECOM_OLD ? 3600 : 0)));
	bizmsg_open(S(WECOM_TOKEN), S(WECOM_KEY), mode == WECOM_OTHER_CORP ? S("wwsomebodyelse") : S(WECOM_CORP), &crypt);
	struct str whole = str_format(&a, "<xml><ToUserName><![CDATA[" WECOM_CORP "]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
		"<CreateTime>%lld</CreateTime><MsgType><![CDATA[event]]></MsgType>%s</xml>", (long long)at, fields);
	bizmsg_write(&crypt, (const unsigned char *)"0123456789ABCDEF", whole, &a, &encrypted);
	buf_z(&url, address);
	sign_query(&url, mode == WECOM_UNSIGNED ? "wrong" : WECOM_TOKEN, timestamp, encrypted);
	buf_byte(&url, '\0');
	if (mode == WECOM_BROKEN)
		((char *)(uintptr_t)encrypted.at)[encrypted.len / 2] ^= 1;
	buf_format(&body, "<xml><ToUserName><![CDATA[" WECOM_CORP "]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID>"
	           "<Encrypt><![CDATA[%.*s]]></Encrypt></xml>", STR(encrypted));
	return wire_post(url.at, buf_view(&body), (const char *const[]){ "Content-Type: text/xml", NULL });
}

bool wecom_fake_check(struct wecom_fake *f, const char *address)
{
	ARENA_SCOPED a;
	BUF_SCOPED url;
	struct bizmsg crypt;
	struct str encrypted = { 0 };
	char timestamp[24], got[100] = "";
	(void)f;
	arena_init(&a, 1 << 16);
	buf_init(&url, 4096);
	snprintf(timestamp, sizeof timestamp, "%lld", (long long)wecom_now());
	bizmsg_open(S(WECOM_TOKEN), S(WECOM_KEY), S(WECOM_CORP), &crypt);
	bizmsg_write(&crypt, (const unsigned char *)"abcdefghijklmnop", S("7104221990338015"), &a, &encrypted);
	buf_z(&url, address);
	sign_query(&url, WECOM_TOKEN, timestamp, encrypted);
	buf_z(&url, "&echostr=");
	buf_url(&url, encrypted);
	buf_byte(&url, '\0');
	return wire_get(url.at, got, sizeof got) == 200 && strcmp(got, "7104221990338015") == 0;
}
