/* fake_mp.c: see fake_mp.h. */
#include "fake_mp.h"

#include <curl/curl.h>
#include <jansson.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "channel/wire/bizmsg.h"
#include "channel/wire/flatxml.h"

#define FANS      20000
#define MESSAGES  40000
#define FAILURES  16
#define CALLS     64
#define SAID      256
#define LIVES_MS  (7200 * 1000LL)
#define KEEP_MS   (300 * 1000LL)
#define HOUR_MS   (3600 * 1000LL)

#define ONCES 20
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
struct fan { char openid[64], unionid[64]; bool follows; int64_t said_at, acted_at; int said_used, acted_used; bool allowed[ONCES]; };
struct message { char openid[64]; char *body; };
struct failure { char path[60]; int errcode, times, slow_ms; };

struct mp_fake {
	struct MHD_Daemon *daemon;
	pthread_mutex_t    lock;
	int                port;
	char               url[60];
	int64_t            ahead_ms;
	char               token[64], older[64];
	int64_t            token_until, forced_at;
	int                tokens, forced, codes, pictures, numbers;
	bool               barred, virtual;
	int64_t            skew_ms;
	char               who[64];
	struct fan        *fans;
	size_t             fan_count;
	struct message    *messages;
	size_t             message_count;
	struct failure     failures[FAILURES];
	struct { char path[60]; int n; } calls[CALLS];
	int64_t            picture_at[1000];
	int64_t            said_at[SAID][2];      /* MsgId, CreateTime */
};

static int64_t now_ms(const struct mp_fake *f)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000 + f->ahead_ms;
}

/* ---- People ---- */

static struct fan *fan_of(struct mp_fake *f, const char *openid, bool make)
{
	for (size_t i = 0; i < f->fan_count; i++)
		if (strcmp(f->fans[i].openid, openid) == 0)
			return &f->fans[i];
	if (!make || f->fan_count == FANS)
		return NULL;
	struct fan *fan = &f->fans[f->fan_count++];
	snprintf(fan->openid, sizeof fan->openid, "%s", openid);
	return fan;
}

/* 0, or what the platform says. */
static int use_window(struct mp_fake *f, struct fan *fan)
{
	int64_t now = now_ms(f);
	if (fan->acted_at && now - fan->acted_at < 60000 && fan->acted_used < 3) {
		fan->acted_used++;
		return 0;
	}
	if (fan->said_at && now - fan->said_at < 48 * HOUR_MS) {
		if (fan->said_used >= 5)
			return 45047;
		fan->said_used++;
		return 0;
	}
	return fan->acted_at && now - fan->acted_at < 60000 ? 45047 : 45015;
}

static void keep_message(struct mp_fake *f, const char *openid, const char *body)
{
	if (f->message_count == MESSAGES)
		return;
	struct message *m = &f->messages[f->message_count++];
	snprintf(m->openid, sizeof m->openid, "%s", openid);
	m->body = strdup(body);
}

/* ---- Answers: JSON text, to be freed ---- */

static const char *words_of(int code)
{
	switch (code) {
	case 0: return "ok";
	case -1: return "system error";
	case 40001: return "invalid credential, access_token is invalid or not latest";
	case 40014: return "invalid access_token";
	case 40164: return "invalid ip 203.0.113.9, not in whitelist";
	case 41001: return "access_token missing";
	case 42001: return "access_token expired";
	case 43004: return "require subscribe";
	case 45009: return "reach max api daily quota limit";
	case 45015: return "response out of time limit or subscription is canceled";
	case 45047: return "out of response count limit";
	case 47001: return "data format error";
	case 48001: return "api unauthorized";
	default: return "invalid";
	}
}

static char *say(int code)
{
	char text[200];
	snprintf(text, sizeof text, "{\"errcode\":%d,\"errmsg\":\"%s rid: 65f2\"}", code, words_of(code));
	return strdup(text);
}

static const char *text_at(json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));
	return text ? text : "";
}

static char *stable_token(struct mp_fake *f, json_t *j)
{
	char text[300];
	int64_t now = now_ms(f);
	if (f->barred)
		return say(40164);
	if (strcmp(text_at(j, "grant_type"), "client_credential") != 0)
		return say(40002);
	if (strcmp(text_at(j, "appid"), FAKE_APPID) != 0)
		return say(40013);
	if (strcmp(text_at(j, "secret"), FAKE_SECRET) != 0)
		return say(40125);
	bool force = json_is_true(json_object_get(j, "force_refresh"));
	if (force && (f->forced >= 20 || now - f->forced_at < 30000))
		return say(f->forced >= 20 ? 45009 : 45011);
	if (force || now > f->token_until - KEEP_MS) {
		snprintf(f->older, sizeof f->older, "%s", force ? "" : f->token);
		snprintf(f->token, sizeof f->token, "TOKEN_%d_%lld", ++f->tokens, (long long)now);
		f->token_until = now + LIVES_MS;
		f->forced += force, f->forced_at = force ? now : f->forced_at;
	}
	snprintf(text, sizeof text, "{\"access_token\":\"%s\",\"expires_in\":%lld}", f->token,
	         (long long)((f->token_until - now) / 1000));
	return strdup(text);
}

static int check_token(struct mp_fake *f, const char *token)
{
	if (f->barred)
		return 40164;
	if (!token || !*token)
		return 41001;
	if (strcmp(token, f->token) == 0)
		return now_ms(f) < f->token_until ? 0 : 42001;
	if (*f->older && strcmp(token, f->older) == 0)
		return now_ms(f) - (f->token_until - LIVES_MS) < KEEP_MS ? 0 : 42001;
	return strncmp(token, "TOKEN_", 6) == 0 ? 40001 : 40014;
}

static char *custom_send(struct mp_fake *f, json_t *j, const char *body)
{
	struct fan *fan = fan_of(f, text_at(j, "touser"), false);
	const char *type = text_at(j, "msgtype");
	json_t *part = json_object_get(j, type);
	if (!fan)
		return say(40003);
	if (!json_is_object(part))
		return say(40008);
	if (strcmp(type, "text") == 0 && !*text_at(part, "content"))
		return say(44004);
	if (strcmp(type, "image") == 0) {
		int n = -1;
		if (sscanf(text_at(part, "media_id"), "MEDIA_%d", &n) != 1 || n < 1 || n > f->pictures ||
		    now_ms(f) - f->picture_at[n] > 72 * HOUR_MS)
			return say(40007);
	} else if (strcmp(type, "news") == 0) {
		if (json_array_size(json_object_get(part, "articles")) != 1)
			return say(45008);
	} else if (strcmp(type, "msgmenu") == 0) {
		json_t *list = json_object_get(part, "list"), *one;
		size_t i;
		if (!*text_at(part, "head_content") || !json_array_size(list))
			return say(47001);
		json_array_foreach(list, i, one)
			if (!*text_at(one, "id") || !*text_at(one, "content"))
				return say(47001);
	} else if (strcmp(type, "text") != 0) {
		return say(40008);
	}
	if (!fan->follows)
		return say(43004);
	int code = use_window(f, fan);
	if (code == 0)
		keep_message(f, fan->openid, body);
	return say(code);
}

static char *template_send(struct mp_fake *f, json_t *j, const char *body)
{
	char text[100];
	const char *key;
	json_t *value;
	struct fan *fan = fan_of(f, text_at(j, "touser"), false);
	if (!fan)
		return say(40003);
	if (strncmp(text_at(j, "template_id"), "TPL_", 4) != 0)
		return say(40037);
	if (!json_is_object(json_object_get(j, "data")) || !json_object_size(json_object_get(j, "data")))
		return say(47003);
	json_object_foreach(json_object_get(j, "data"), key, value)
		if (!*text_at(value, "value"))
			return say(47003);
	if (!fan->follows)
		return say(43004);
	keep_message(f, fan->openid, body);
	snprintf(text, sizeof text, "{\"errcode\":0,\"errmsg\":\"ok\",\"msgid\":%d}", 2400000 + ++f->numbers);
	return strdup(text);
}

/* ---- One message, allowed in advance ---- */

static size_t characters(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

static bool is_scene(const char *text)
{
	int64_t n;
	return str_to_int(str_of(text), &n) && n >= 0 && n <= 10000;
}

/* Several agreements to one scene are one. */
static char *once_send(struct mp_fake *f, json_t *j, const char *body)
{
	struct fan *fan = fan_of(f, text_at(j, "touser"), false);
	json_t *content = json_object_get(json_object_get(j, "data"), "content");
	int64_t scene = 0;
	if (!fan)
		return say(40003);
	if (strcmp(text_at(j, "template_id"), FAKE_ONCE) != 0)
		return say(40037);
	if (!is_scene(text_at(j, "scene")) || !*text_at(j, "title") || characters(text_at(j, "title")) > 15 || !*text_at(content, "value") ||
	    characters(text_at(content, "value")) > 200)
		return say(47003);
	str_to_int(str_of(text_at(j, "scene")), &scene);
	if (scene >= ONCES || !fan->allowed[scene])
		return say(43101);
	fan->allowed[scene] = false;
	keep_message(f, fan->openid, body);
	return say(0);
}

static char *qrcode_create(struct mp_fake *f, json_t *j)
{
	char text[300];
	const char *name = text_at(j, "action_name");
	json_t *scene = json_object_get(json_object_get(j, "action_info"), "scene");
	const char *word = text_at(scene, "scene_str");
	int64_t life = json_integer_value(json_object_get(j, "expire_seconds"));
	bool for_ever = strcmp(name, "QR_LIMIT_STR_SCENE") == 0;
	if ((!for_ever && strcmp(name, "QR_STR_SCENE") != 0) || !*word || strlen(word) > 64 ||
	    (!for_ever && (life < 60 || life > 2592000)))
		return say(40053);
	f->codes++;
	if (for_ever)
		snprintf(text, sizeof text,
		         "{\"ticket\":\"TICKET_%d\",\"url\":\"http:\\/\\/weixin.qq.com\\/q\\/%s_%d\"}", f->codes, word, f->codes);
	else
		snprintf(text, sizeof text,
		         "{\"ticket\":\"TICKET_%d\",\"expire_seconds\":%lld,\"url\":\"http:\\/\\/weixin.qq.com\\/q\\/%s_%d\"}",
		         f->codes, (long long)life, word, f->codes);
	return strdup(text);
}

/* multipart, looked at closely enough: a field `media` with a file name, holding a PNG or JPEG of at most 2 MB. */
static char *media_upload(struct mp_fake *f, const char *type, const char *body, size_t len)
{
	char text[200];
	const char *field = memmem(body, len, "name=\"media\"", 12);
	const char *begin = field ? memmem(field, len - (size_t)(field - body), "\r\n\r\n", 4) : NULL;
	if (!type || strcmp(type, "image") != 0)
		return say(40004);
	if (!begin || !memmem(field, (size_t)(begin - field), "filename=\"", 10))
		return say(41005);
	begin += 4;
	size_t left = len - (size_t)(begin - body);
	if (left > (2 << 20) + 200)
		return say(45001);
	if (left < 4 || (memcmp(begin, "\x89PNG", 4) != 0 && memcmp(begin, "\xff\xd8\xff", 3) != 0))
		return say(40005);
	if (f->pictures == 999)
		return say(45009);
	f->picture_at[++f->pictures] = now_ms(f);
	snprintf(text, sizeof text, "{\"type\":\"image\",\"media_id\":\"MEDIA_%d\",\"created_at\":%lld}", f->pictures,
	         (long long)(now_ms(f) / 1000));
	return strdup(text);
}

static char *user_infos(struct mp_fake *f, json_t *j)
{
	json_t *list = json_object_get(j, "user_list"), *out = json_array(), *one;
	size_t i;
	if (json_array_size(list) < 1 || json_array_size(list) > 100) {
		json_decref(out);
		return say(40032);
	}
	json_array_foreach(list, i, one) {
		struct fan *fan = fan_of(f, text_at(one, "openid"), false);
		json_t *info = json_pack("{s:i,s:s}", "subscribe", fan && fan->follows, "openid", text_at(one, "openid"));
		if (fan && fan->unionid[0])
			json_object_set_new(info, "unionid", json_string(fan->unionid));
		json_array_append_new(out, info);
	}
	json_t *whole = json_pack("{s:o}", "user_info_list", out);
	char *text = json_dumps(whole, 0);
	json_decref(whole);
	return text;
}

static int wrong_button(json_t *b, bool top)
{
	json_t *sub = json_object_get(b, "sub_button"), *one;
	const char *name = text_at(b, "name"), *type = text_at(b, "type");
	size_t i;
	if (!*name || strlen(name) > (top ? 16 : 60))
		return 40018;
	if (top && json_is_array(sub)) {
		if (json_array_size(sub) < 1 || json_array_size(sub) > 5)
			return 40023;
		json_array_foreach(sub, i, one)
			if (wrong_button(one, false))
				return wrong_button(one, false);
		return 0;
	}
	if (strcmp(type, "click") == 0)
		return *text_at(b, "key") && strlen(text_at(b, "key")) <= 128 ? 0 : 40019;
	return strcmp(type, "view") == 0 && strncmp(text_at(b, "url"), "http", 4) == 0 ? 0 : 40017;
}

static char *menu_create(struct mp_fake *f, json_t *j, const char *body)
{
	json_t *list = json_object_get(j, "button"), *one;
	size_t i;
	if (json_array_size(list) < 1 || json_array_size(list) > 3)
		return say(40016);
	json_array_foreach(list, i, one)
		if (wrong_button(one, true))
			return say(wrong_button(one, true));
	keep_message(f, "menu", body);
	return say(0);
}

static char *openid_of_code(struct mp_fake *f, struct MHD_Connection *c)
{
	char text[300];
	const char *appid = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "appid");
	const char *secret = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "secret");
	const char *code = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "code");
	if (!appid || strcmp(appid, FAKE_APPID) != 0)
		return say(40013);
	if (!secret || strcmp(secret, FAKE_SECRET) != 0)
		return say(40125);
	if (!code || strncmp(code, "CODE_", 5) != 0)
		return say(40029);
	struct fan *spent = fan_of(f, code, true);
	if (spent->follows)
		return say(40163);
	spent->follows = true;
	struct fan *fan = fan_of(f, code + 5 + strcspn(code + 5, "_") + 1, true);
	snprintf(text, sizeof text, "{\"access_token\":\"W\",\"expires_in\":7200,\"refresh_token\":\"R\",\"scope\":\"snsapi_base\","
	         "\"openid\":\"%s\"%s%s%s%s}", fan->openid, fan->unionid[0] ? ",\"unionid\":\"" : "", fan->unionid, fan->unionid[0] ? "\"" : "",
	         f->virtual ? ",\"is_snapshotuser\":1" : "");
	return strdup(text);
}

static char *answer_json(struct mp_fake *f, const char *path, json_t *j, const char *body)
{
	if (strcmp(path, "/cgi-bin/message/custom/send") == 0)
		return custom_send(f, j, body);
	if (strcmp(path, "/cgi-bin/message/template/send") == 0)
		return template_send(f, j, body);
	if (strcmp(path, "/cgi-bin/message/template/subscribe") == 0)
		return once_send(f, j, body);
	if (strcmp(path, "/cgi-bin/qrcode/create") == 0)
		return qrcode_create(f, j);
	if (strcmp(path, "/cgi-bin/user/info/batchget") == 0)
		return user_infos(f, j);
	if (strcmp(path, "/cgi-bin/menu/create") == 0)
		return menu_create(f, j, body);
	return NULL;
}

/* ---- Requests ---- */

struct request { struct buf body; };

static char *answer_api(struct mp_fake *f, struct MHD_Connection *c, const char *method, const char *path, struct buf *body)
{
	bool post = strcmp(method, "POST") == 0, token_door = strcmp(path, "/cgi-bin/stable_token") == 0;
	if (strcmp(path, "/sns/oauth2/access_token") == 0)
		return openid_of_code(f, c);
	int code = token_door ? 0 : check_token(f, MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "access_token"));
	if (code)
		return say(code);
	if (strcmp(path, "/cgi-bin/ticket/getticket") == 0)
		return post ? say(43001) : strdup("{\"errcode\":0,\"errmsg\":\"ok\",\"ticket\":\"TICKET_demo-123\",\"expires_in\":7200}");
	if (strcmp(path, "/cgi-bin/menu/delete") == 0)
		return say(0);
	if (!post)
		return say(43002);
	if (strcmp(path, "/cgi-bin/media/upload") == 0)
		return media_upload(f, MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "type"), body->at, body->len);
	if (memmem(body->at, body->len, "\\u", 2))
		return say(40033);
	json_t *j = json_loadb(body->len ? body->at : "", body->len, 0, NULL);
	if (!json_is_object(j)) {
		json_decref(j);
		return say(47001);
	}
	buf_byte(body, '\0');
	char *text = token_door ? stable_token(f, j) : answer_json(f, path, j, body->at);
	json_decref(j);
	return text;
}

static void count_call(struct mp_fake *f, const char *path)
{
	for (size_t i = 0; i < CALLS; i++)
		if (!f->calls[i].path[0] || strcmp(f->calls[i].path, path) == 0) {
			snprintf(f->calls[i].path, sizeof f->calls[i].path, "%s", path);
			f->calls[i].n++;
			return;
		}
}

static struct failure *failure_of(struct mp_fake *f, const char *path)
{
	for (size_t i = 0; i < FAILURES; i++)
		if (f->failures[i].times > 0 && strstr(path, f->failures[i].path))
			return &f->failures[i];
	return NULL;
}

/* The sign-in page: nobody is asked; the browser goes back with a code. */
static struct MHD_Response *authorize(struct mp_fake *f, struct MHD_Connection *c)
{
	char to[2000];
	const char *back = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "redirect_uri");
	const char *state = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "state");
	const char *scope = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "scope");
	struct MHD_Response *m = MHD_create_response_from_buffer(0, (void *)(uintptr_t)"", MHD_RESPMEM_PERSISTENT);
	if (!back || !state || !scope || strcmp(scope, "snsapi_base") != 0 || strlen(state) > 128)
		return m;
	snprintf(to, sizeof to, "%s?code=CODE_%d_%s&state=%s", back, ++f->numbers, f->who, state);
	MHD_add_response_header(m, "Location", to);
	return m;
}

static char *by_hand(struct mp_fake *f, const char *path, struct buf *body);

/* The words of a request, as a browser wrote them. */
static enum MHD_Result add_word(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct buf *query = ctx;
	(void)kind;
	buf_format(query, "%s%s=", query->len ? "&" : "", name);
	buf_url(query, str_of(value ? value : ""));
	return MHD_YES;
}

/* Where a fan is asked for one message (the address's end, #wechat_redirect, stays in their browser), and where the answer leads. */
static struct MHD_Response *ask_fan(struct mp_fake *f, struct MHD_Connection *c, const char *answer, int *ret_status)
{
	char to[2000];
	BUF_SCOPED query, address, page;
	buf_init(&query, 4000), buf_init(&address, 8000), buf_init(&page, 16000);
	MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, add_word, &query);
	buf_format(&address, "%s/mp/subscribemsg?%.*s#wechat_redirect", f->url, STR(buf_view(&query)));
	buf_byte(&address, '\0');
	if (!mp_fake_confirm(f, address.at, f->who, strcmp(answer, "/yes") == 0, to, sizeof to)) {
		*ret_status = 400;
	} else if (*answer) {
		*ret_status = 302;
	} else {
		buf_z(&page, "<!doctype html><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><h1>友信汽车</h1><p>申请给你发送一条消息");
		for (int yes = 1; yes >= 0; yes--) {
			buf_format(&page, "<p><a href=\"/mp/subscribemsg/%s?", yes ? "yes" : "no");
			buf_html(&page, buf_view(&query));
			buf_format(&page, "\">%s</a>", yes ? "允许" : "拒绝");
		}
	}
	struct MHD_Response *m = MHD_create_response_from_buffer(page.len, page.at, MHD_RESPMEM_MUST_COPY);
	MHD_add_response_header(m, "Content-Type", "text/html");
	if (*ret_status == 302)
		MHD_add_response_header(m, "Location", to);
	return m;
}

/* The library tells the true time unless it is told another. */
static void add_date(const struct mp_fake *f, struct MHD_Response *m)
{
	char date[60];
	time_t t = time(NULL) + (time_t)(f->skew_ms / 1000);
	struct tm utc;
	if (f->skew_ms && strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&t, &utc)))
		MHD_add_response_header(m, "Date", date);
}

static enum MHD_Result serve(void *cls, struct MHD_Connection *c, const char *path, const char *method, const char *version,
                             const char *bytes, size_t *len, void **kept)
{
	struct mp_fake *f = cls;
	struct request *rq = *kept;
	(void)version;
	if (!rq) {
		rq = calloc(1, sizeof *rq);
		buf_init(&rq->body, 16 << 20);
		*kept = rq;
		return MHD_YES;
	}
	if (*len) {
		buf_add(&rq->body, bytes, *len);
		*len = 0;
		return MHD_YES;
	}
	struct MHD_Response *m;
	int status = 200, slow = 0;
	char *text = NULL;
	if (strncmp(path, "/mp/subscribemsg", 16) == 0) {
		m = ask_fan(f, c, path + 16, &status);
		enum MHD_Result r = MHD_queue_response(c, (unsigned)status, m);
		MHD_destroy_response(m);
		return r;
	}
	if (strncmp(path, "/_fake/", 7) == 0) {
		text = by_hand(f, path, &rq->body);
	} else {
		pthread_mutex_lock(&f->lock);
		count_call(f, path);
		struct failure *failure = failure_of(f, path);
		if (failure) {
			failure->times--, slow = failure->slow_ms;
			text = failure->errcode ? say(failure->errcode) : NULL;
		}
		pthread_mutex_unlock(&f->lock);
		if (slow)
			usleep((unsigned)slow * 1000);
		pthread_mutex_lock(&f->lock);
		bool sign = strcmp(path, "/connect/oauth2/authorize") == 0;
		if (sign) {
			m = authorize(f, c);
			pthread_mutex_unlock(&f->lock);
			enum MHD_Result r = MHD_queue_response(c, 302, m);
			MHD_destroy_response(m);
			return r;
		}
		if (!text)
			text = answer_api(f, c, method, path, &rq->body);
		pthread_mutex_unlock(&f->lock);
	}
	if (!text)
		status = 404, text = strdup("<html>404</html>");
	m = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	MHD_add_response_header(m, "Content-Type", "application/json; encoding=utf-8");
	add_date(f, m);
	enum MHD_Result r = MHD_queue_response(c, (unsigned)status, m);
	MHD_destroy_response(m);
	return r;
}

static void completed(void *cls, struct MHD_Connection *c, void **kept, enum MHD_RequestTerminationCode why)
{
	struct request *rq = *kept;
	(void)cls, (void)c, (void)why;
	if (rq)
		buf_free(&rq->body);
	free(rq);
}

struct mp_fake *mp_fake_open(int port)
{
	struct mp_fake *f = calloc(1, sizeof *f);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	f->fans = calloc(FANS, sizeof *f->fans);
	f->messages = calloc(MESSAGES, sizeof *f->messages);
	pthread_mutex_init(&f->lock, NULL);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	f->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL, serve, f,
	                             MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
	if (!f->daemon) {
		fprintf(stderr, "fake: port %d is taken\n", port);
		exit(1);
	}
	f->port = MHD_get_daemon_info(f->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d", f->port);
	return f;
}

void mp_fake_close(struct mp_fake *f)
{
	MHD_stop_daemon(f->daemon);
	for (size_t i = 0; i < f->message_count; i++)
		free(f->messages[i].body);
	pthread_mutex_destroy(&f->lock);
	free(f->messages);
	free(f->fans);
	free(f);
}

int mp_fake_port(const struct mp_fake *f) { return f->port; }
const char *mp_fake_url(const struct mp_fake *f) { return f->url; }

/* ---- What goes wrong ---- */

#define LOCKED(f, act) do { pthread_mutex_lock(&(f)->lock); act; pthread_mutex_unlock(&(f)->lock); } while (0)

static const char *word_of(const char *address, const char *name, char *ret, size_t size)
{
	const char *at = strstr(address, name);
	size_t n = 0;
	for (at = at ? at + strlen(name) : ""; *at && *at != '&' && *at != '#' && n + 1 < size; at++) {
		unsigned byte = (unsigned char)*at;
		if (*at == '%' && sscanf(at + 1, "%2x", &byte) == 1)
			at += 2;
		ret[n++] = (char)byte;
	}
	ret[n] = 0;
	return ret;
}

bool mp_fake_confirm(struct mp_fake *f, const char *address, const char *openid, bool yes, char *ret, size_t size)
{
	char appid[80], scene[40], template[80], back[400], reserved[200];
	int64_t n = 0;
	word_of(address, "&appid=", appid, sizeof appid), word_of(address, "&scene=", scene, sizeof scene);
	word_of(address, "&template_id=", template, sizeof template), word_of(address, "&redirect_url=", back, sizeof back);
	word_of(address, "&reserved=", reserved, sizeof reserved);
	if (strncmp(address, f->url, strlen(f->url)) != 0 || !strstr(address, "/mp/subscribemsg?action=get_confirm&") ||
	    !strstr(address, "#wechat_redirect") || strcmp(appid, FAKE_APPID) != 0 || strcmp(template, FAKE_ONCE) != 0 || !is_scene(scene) ||
	    strncmp(back, "http", 4) != 0 || strlen(reserved) > 128 || strspn(reserved, LETTERS) != strlen(reserved))
		return false;
	str_to_int(str_of(scene), &n);
	if (yes && n < ONCES)
		LOCKED(f, fan_of(f, openid, true)->allowed[n] = true);
	snprintf(ret, size, "%s?%s%s%stemplate_id=%s&action=%s&scene=%s&reserved=%s", back, yes ? "openid=" : "", yes ? openid : "",
	         yes ? "&" : "", template, yes ? "confirm" : "cancel", scene, reserved);
	return true;
}

void mp_fake_fail(struct mp_fake *f, const char *path, int errcode, int times, int slow_ms)
{
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < FAILURES; i++)
		if (f->failures[i].times <= 0) {
			f->failures[i] = (struct failure){ .errcode = errcode, .times = times, .slow_ms = slow_ms };
			snprintf(f->failures[i].path, sizeof f->failures[i].path, "%s", path);
			break;
		}
	pthread_mutex_unlock(&f->lock);
}

void mp_fake_expire(struct mp_fake *f) { LOCKED(f, f->token_until = now_ms(f) - 1; f->older[0] = '\0'); }
void mp_fake_bar(struct mp_fake *f, bool barred) { LOCKED(f, f->barred = barred); }
void mp_fake_skew(struct mp_fake *f, int64_t ms) { LOCKED(f, f->skew_ms = ms); }
void mp_fake_virtual(struct mp_fake *f, bool on) { LOCKED(f, f->virtual = on); }
void mp_fake_later(struct mp_fake *f, int64_t ms) { LOCKED(f, f->ahead_ms += ms); }
void mp_fake_who(struct mp_fake *f, const char *openid) { LOCKED(f, snprintf(f->who, sizeof f->who, "%s", openid)); }

void mp_fake_unite(struct mp_fake *f, const char *openid, const char *unionid)
{
	LOCKED(f, snprintf(fan_of(f, openid, true)->unionid, 64, "%s", unionid));
}

int mp_fake_calls(struct mp_fake *f, const char *path)
{
	int n = 0;
	LOCKED(f, for (size_t i = 0; i < CALLS; i++) n += strstr(f->calls[i].path, path) ? f->calls[i].n : 0);
	return n;
}

int mp_fake_sent(struct mp_fake *f, const char *openid)
{
	int n = 0;
	LOCKED(f, for (size_t i = 0; i < f->message_count; i++) n += !openid || strcmp(f->messages[i].openid, openid) == 0);
	return n;
}

const char *mp_fake_message(struct mp_fake *f, const char *openid, int nth)
{
	const char *found = "";
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->message_count; i++)
		if ((!openid || strcmp(f->messages[i].openid, openid) == 0) && nth-- == 0) {
			found = f->messages[i].body;
			break;
		}
	pthread_mutex_unlock(&f->lock);
	return found;
}

/* ---- Callbacks ---- */

struct got { char *at; size_t len, size; };

static size_t take_answer(char *bytes, size_t size, size_t count, void *ctx)
{
	struct got *g = ctx;
	size_t n = size * count, room = g->size ? g->size - 1 - g->len : 0, take = n < room ? n : room;
	if (take)
		memcpy(g->at + g->len, bytes, take);
	g->len += take;
	if (g->size)
		g->at[g->len] = '\0';
	return n;
}

/* POST, or GET without a body. The HTTP status, 0 when nobody answered. */
static int call(const char *url, const char *body, size_t len, struct got *got)
{
	long status = 0;
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: text/xml");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, got);
	if (body) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	}
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return (int)status;
}

static void sign_query(struct buf *url, const char *token, const char *timestamp)
{
	char signature[SHA1_TEXT + 1];
	bizmsg_sign((struct str[]){ str_of(token), str_of(timestamp), S("930117") }, 3, signature);
	buf_format(url, "?signature=%s&timestamp=%s&nonce=930117", signature, timestamp);
}

static int post_xml(struct mp_fake *f, const char *address, enum mp_fake_mode mode, struct str fields, char *answer, size_t size)
{
	ARENA_SCOPED a;
	BUF_SCOPED url, body;
	struct bizmsg crypt;
	struct str encrypted = { 0 };
	char timestamp[24], signature[SHA1_TEXT + 1];
	arena_init(&a, 1 << 20);
	buf_init(&url, 4096);
	buf_init(&body, 1 << 20);
	snprintf(timestamp, sizeof timestamp, "%lld", (long long)(now_ms(f) / 1000 - (mode == FAKE_OLD ? 3600 : 0)));
	bizmsg_open(S(FAKE_TOKEN), S(FAKE_KEY), S(FAKE_APPID), &crypt);
	struct str whole = str_format(&a, "<xml><ToUserName><![CDATA[gh_demo]]></ToUserName>%.*s</xml>", STR(fields));
	if (mode != FAKE_PLAIN) {
		bizmsg_write(&crypt, (const unsigned char *)"0123456789ABCDEF", whole, &a, &encrypted);
		if (mode == FAKE_BROKEN)
			((char *)(uintptr_t)encrypted.at)[encrypted.len / 2] ^= 1;
	}
	buf_z(&url, address);
	sign_query(&url, mode == FAKE_UNSIGNED ? "wrong" : FAKE_TOKEN, timestamp);
	if (mode != FAKE_PLAIN) {
		bizmsg_sign((struct str[]){ mode == FAKE_BROKEN ? S("wrong") : S(FAKE_TOKEN), str_of(timestamp), S("930117"), encrypted }, 4,
		            signature);
		buf_format(&url, "&encrypt_type=aes&msg_signature=%s", signature);
	}
	buf_byte(&url, '\0');
	if (mode == FAKE_PLAIN)
		buf_str(&body, whole);
	else
		buf_format(&body, "<xml><ToUserName><![CDATA[gh_demo]]></ToUserName>%.*s<Encrypt><![CDATA[%.*s]]></Encrypt></xml>",
		           mode == FAKE_BOTH ? (int)fields.len : 0, fields.len ? fields.at : "", STR(encrypted));
	struct got got = { answer, 0, answer ? size : 0 };
	return call(url.at, body.at, body.len, &got);
}

int mp_fake_say(struct mp_fake *f, const char *address, enum mp_fake_mode mode, const char *openid, const char *text, int64_t msgid,
                char *answer, size_t size)
{
	BUF_SCOPED b;
	buf_init(&b, 1 << 18);
	pthread_mutex_lock(&f->lock);
	struct fan *fan = fan_of(f, openid, true);
	fan->follows = true, fan->said_at = now_ms(f), fan->said_used = 0;      /* who does not follow has no chat */
	int64_t *said = f->said_at[(uint64_t)msgid % SAID];       /* told again, a message keeps its time */
	if (said[0] != msgid)
		said[0] = msgid, said[1] = now_ms(f) / 1000;
	int64_t at = said[1];
	pthread_mutex_unlock(&f->lock);
	flatxml_cdata(&b, "FromUserName", str_of(openid));
	flatxml_int(&b, "CreateTime", at);
	flatxml_cdata(&b, "MsgType", S("text"));
	flatxml_cdata(&b, "Content", str_of(text));
	flatxml_int(&b, "MsgId", msgid);
	return post_xml(f, address, mode, buf_view(&b), answer, size);
}

/* "2400001 failed:user block" */
static void write_finish(struct buf *b, const char *key)
{
	struct str status = str_of(key), number = str_cut(&status, ' ');
	flatxml_cdata(b, "MsgID", number);
	flatxml_cdata(b, "Status", status);
}

int mp_fake_event(struct mp_fake *f, const char *address, enum mp_fake_mode mode, const char *openid, const char *event, const char *key,
                  int64_t at)
{
	BUF_SCOPED b;
	buf_init(&b, 1 << 18);
	pthread_mutex_lock(&f->lock);
	struct fan *fan = fan_of(f, openid, true);
	if (strcasecmp(event, "subscribe") == 0)
		fan->follows = true;
	if (strcasecmp(event, "unsubscribe") == 0)
		fan->follows = false;
	else if (strcasecmp(event, "VIEW") != 0 && strcasecmp(event, "TEMPLATESENDJOBFINISH") != 0)
		fan->acted_at = now_ms(f), fan->acted_used = 0;
	pthread_mutex_unlock(&f->lock);
	flatxml_cdata(&b, "FromUserName", str_of(openid));
	flatxml_int(&b, "CreateTime", at ? at : now_ms(f) / 1000);
	flatxml_cdata(&b, "MsgType", S("event"));
	flatxml_cdata(&b, "Event", str_of(event));
	if (strcasecmp(event, "TEMPLATESENDJOBFINISH") == 0)
		write_finish(&b, key);
	else
		flatxml_cdata(&b, "EventKey", str_of(key));
	return post_xml(f, address, mode, buf_view(&b), NULL, 0);
}

bool mp_fake_check(struct mp_fake *f, const char *address)
{
	char timestamp[24], answer[100] = "";
	BUF_SCOPED url;
	buf_init(&url, 4096);
	snprintf(timestamp, sizeof timestamp, "%lld", (long long)(now_ms(f) / 1000));
	buf_z(&url, address);
	sign_query(&url, FAKE_TOKEN, timestamp);
	buf_z(&url, "&echostr=5837%2B46");
	buf_byte(&url, '\0');
	struct got got = { answer, 0, sizeof answer };
	return call(url.at, NULL, 0, &got) == 200 && strcmp(answer, "5837+46") == 0;
}

/* ---- By hand: for journeys ---- */

/* POST /_fake/say {"address", "openid", "text"}, /_fake/event {… "event", "key"}, /_fake/check {"address"}, /_fake/who {"openid"},
 * /_fake/bar {"on"}; GET /_fake/sent: every accepted body with its openid. */
static char *by_hand(struct mp_fake *f, const char *path, struct buf *body)
{
	char text[60];
	int status = 0;
	json_t *j = json_loadb(body->len ? body->at : "{}", body->len ? body->len : 2, 0, NULL);
	const char *what = path + 7, *address = text_at(j, "address"), *openid = text_at(j, "openid");
	if (strcmp(what, "sent") == 0) {
		json_t *list = json_array();
		LOCKED(f, for (size_t i = 0; i < f->message_count; i++) json_array_append_new(list, json_pack("{s:s,s:s}", "openid",
			f->messages[i].openid, "body", f->messages[i].body)));
		char *all = json_dumps(list, 0);
		json_decref(list);
		json_decref(j);
		return all;
	}
	if (strcmp(what, "say") == 0)
		status = mp_fake_say(f, address, FAKE_SAFE, openid, text_at(j, "text"), now_ms(f) * 10 + ++f->numbers, NULL, 0);
	else if (strcmp(what, "event") == 0)
		status = mp_fake_event(f, address, FAKE_SAFE, openid, text_at(j, "event"), text_at(j, "key"), 0);
	else if (strcmp(what, "check") == 0)
		status = mp_fake_check(f, address) ? 200 : 400;
	else if (strcmp(what, "who") == 0)
		mp_fake_who(f, openid);
	else if (strcmp(what, "bar") == 0)
		mp_fake_bar(f, json_is_true(json_object_get(j, "on")));
	json_decref(j);
	snprintf(text, sizeof text, "{\"status\":%d}", status);
	return strdup(text);
}
