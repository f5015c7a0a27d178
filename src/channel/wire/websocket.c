/* websocket.c: see websocket.h.
 *
 * libwebsockets belongs to one thread; the others leave a note (a flag, a text) under the lock and wake it. It looks at every ws after
 * each round.
 */
#include "channel/wire/websocket.h"

#include <libwebsockets.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/version.h"

#define PING_S      30
#define GIVE_UP_S   (PING_S + 45)
#define CONNECT_S   20
#define PART        (64 << 10)
#define SAY_MOST    (4 * WS_SAY_MAX)              /* bytes that wait to be sent */

struct ws {
	struct ws_door        *door;
	const struct ws_hooks *hooks;
	void                  *ctx;
	char                  *host, *path, *token;
	int                    port;
	bool                   tls;
	struct lws            *wsi;
	struct buf             message, say;      /* say: under the lock, texts with their length before each */
	size_t                 said;              /* bytes of `say` that have left */
	int                    status;
	bool                   begun, open, over;
	bool                   closing;           /* a note, under the lock */
	struct ws             *next;
};

struct ws_door {
	struct lws_context *context;
	SSL_CTX            *trust;                /* ours: the library's own is lost when it ends */
	pthread_t           thread;
	pthread_mutex_t     lock;
	struct ws          *first;                /* under the lock; taken out by the thread alone */
	_Atomic bool        stopping;
	lws_retry_bo_t      patience;
};

/* ---- The thread's side ------------------------------------------------------------------------------ */

static void end(struct ws *w, const char *why)
{
	if (w->over)
		return;
	w->over = true, w->wsi = NULL;
	w->hooks->ended(w->ctx, w->status, why);
	lws_cancel_service(w->door->context);     /* it would go to sleep first, and whoever stops the door wait for it */
}

static int hear(struct ws *w, struct lws *wsi, const char *bytes, size_t len)
{
	buf_add(&w->message, bytes, len);
	if (buf_failed(&w->message))
		return -1;
	if (lws_remaining_packet_payload(wsi) || !lws_is_final_fragment(wsi))
		return 0;
	w->hooks->said(w->ctx, buf_view(&w->message));
	buf_clear(&w->message);
	return 0;
}

/* One text; more are written when it has left. */
static int say_next(struct ws *w, struct lws *wsi)
{
	size_t len = 0;
	int r = 0;
	pthread_mutex_lock(&w->door->lock);
	char *text = NULL;
	if (w->said < w->say.len) {
		memcpy(&len, w->say.at + w->said, sizeof len);
		if ((text = mem_take(LWS_PRE + len)))
			memcpy(text + LWS_PRE, w->say.at + w->said + sizeof len, len);
		w->said += sizeof len + len;
	}
	bool more = w->said < w->say.len;
	if (!more)
		buf_clear(&w->say), w->said = 0;
	pthread_mutex_unlock(&w->door->lock);
	if (text)
		r = lws_write(wsi, (unsigned char *)text + LWS_PRE, len, LWS_WRITE_TEXT) < 0 ? -1 : 0;
	mem_give(text);
	if (more)
		lws_callback_on_writable(wsi);
	return r;
}

static int add_token(const struct ws *w, struct lws *wsi, unsigned char **at, size_t room)
{
	char value[600];
	int len = snprintf(value, sizeof value, "Bearer %s", w->token);
	if (!*w->token)
		return 0;
	return lws_add_http_header_by_name(wsi, (const unsigned char *)"authorization:", (const unsigned char *)value, len, at, *at + room);
}

static int happens(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct ws *w = user;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return add_token(w, wsi, in, len);
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		w->open = true;
		w->hooks->opened(w->ctx);
		lws_callback_on_writable(wsi);
		return 0;
	case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
		w->status = (int)lws_http_client_http_response(wsi);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:  return hear(w, wsi, in, len);
	case LWS_CALLBACK_CLIENT_WRITEABLE: return w->over ? -1 : say_next(w, wsi);
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		w->status = w->status ? w->status : (int)lws_http_client_http_response(wsi);
		end(w, in && len ? in : "the connection could not be made");
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
		w->status = 0;
		end(w, "the connection was closed");
		return 0;
	default: return 0;
	}
}

static const struct lws_protocols protocols[] = {
	{ "quntu", happens, 0, PART, 0, NULL, 0 }, { NULL, NULL, 0, 0, 0, NULL, 0 },
};

static void begin(struct ws *w)
{
	char host[300];
	snprintf(host, sizeof host, "%s:%d", w->host, w->port);
	struct lws_client_connect_info info = {
		.context = w->door->context, .address = w->host, .port = w->port, .path = w->path, .host = host, .userdata = w,
		.local_protocol_name = "quntu", .pwsi = &w->wsi, .retry_and_idle_policy = &w->door->patience,
		.ssl_connection = w->tls ? LCCSCF_USE_SSL : 0,
	};
	w->begun = true;
	if (!lws_client_connect_via_info(&info))
		end(w, "the connection could not be made");
}

/* What others noted of it. */
static void look(struct ws *w)
{
	pthread_mutex_lock(&w->door->lock);
	bool closing = w->closing || w->door->stopping, speaks = w->said < w->say.len;
	pthread_mutex_unlock(&w->door->lock);
	if (w->over)
		return;
	if (closing && !w->wsi) {
		end(w, "closed");
		return;
	}
	if (!w->begun)
		begin(w);
	else if (closing)
		lws_set_timeout(w->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	else if (w->open && speaks)
		lws_callback_on_writable(w->wsi);
}

static void give(struct ws *w)
{
	buf_free(&w->message), buf_free(&w->say);
	mem_give(w->host), mem_give(w->path), mem_give(w->token);
	mem_give(w);
}

/* false: stopping, and nobody is left. New ones come first in the list, so its rest is the thread's. */
static bool look_around(struct ws_door *d)
{
	pthread_mutex_lock(&d->lock);
	struct ws *first = d->first;
	pthread_mutex_unlock(&d->lock);
	for (struct ws *w = first; w; w = w->next)
		look(w);
	pthread_mutex_lock(&d->lock);
	for (struct ws **at = &d->first, *w; (w = *at);)
		if (w->over) {
			*at = w->next;
			give(w);
		} else {
			at = &w->next;
		}
	bool goes_on = d->first || !d->stopping;
	pthread_mutex_unlock(&d->lock);
	return goes_on;
}

static void *run(void *arg)
{
	struct ws_door *d = arg;
	while (look_around(d))
		lws_service(d->context, 0);
	return NULL;
}

/* ---- The others' side ----------------------------------------------------------------------------------- */

static void give_door(struct ws_door *d)
{
	if (d->context)
		lws_context_destroy(d->context);
	SSL_CTX_free(d->trust);
	pthread_mutex_destroy(&d->lock);
	mem_give(d);
}

int ws_start(struct ws_door **ret)
{
	struct ws_door *d = mem_take(sizeof *d);
	uint16_t ping = (uint16_t)(clock_allows(PING_S * SECOND) / SECOND);
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .gid = -1, .uid = -1, .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.http_proxy_address = "", .fd_limit_per_thread = 1024, .timeout_secs = (unsigned)(clock_allows(CONNECT_S * SECOND) / SECOND),
	};
	if (!d)
		return E_MEMORY;
	d->patience = (lws_retry_bo_t){ .secs_since_valid_ping = ping, .secs_since_valid_hangup = (uint16_t)(ping + GIVE_UP_S - PING_S) };
	info.retry_and_idle_policy = &d->patience;
	lws_set_log_level(0, NULL);
	pthread_mutex_init(&d->lock, NULL);
	d->trust = info.provided_client_ssl_ctx = SSL_CTX_new(TLS_client_method());
	d->context = d->trust && SSL_CTX_set_default_verify_paths(d->trust) ? lws_create_context(&info) : NULL;
	if (!d->context || pthread_create(&d->thread, NULL, run, d) != 0) {
		give_door(d);
		return E_MEMORY;
	}
	*ret = d;
	return 0;
}

void ws_stop(struct ws_door *d)
{
	if (!d)
		return;
	d->stopping = true;
	lws_cancel_service(d->context);
	pthread_join(d->thread, NULL);
	give_door(d);
}

static char *copy(struct str text, const char *before)
{
	size_t len = strlen(before);
	char *ret = mem_take(len + text.len + 1);
	if (ret) {
		memcpy(ret, before, len);
		if (text.len)
			memcpy(ret + len, text.at, text.len);
	}
	return ret;
}

/* scheme://host[:port][/path] */
static bool take_apart(struct ws *w, struct str url)
{
	int64_t port;
	w->tls = str_starts(url, S("wss://"));
	if (!w->tls && !str_starts(url, S("ws://")))
		return false;
	url = (struct str){ url.at + (w->tls ? 6 : 5), url.len - (w->tls ? 6 : 5) };
	ptrdiff_t slash = str_find(url, '/');
	struct str place = { url.at, slash < 0 ? url.len : (size_t)slash };
	struct str path = slash < 0 ? S("") : (struct str){ url.at + slash + 1, url.len - (size_t)slash - 1 };
	ptrdiff_t colon = str_find(place, ':');
	struct str host = { place.at, colon < 0 ? place.len : (size_t)colon };
	port = w->tls ? 443 : 80;
	if (!host.len || host.len > 250 ||
	    (colon >= 0 && !str_to_int((struct str){ place.at + colon + 1, place.len - (size_t)colon - 1 }, &port)) ||
	    port < 1 || port > 65535)
		return false;
	w->port = (int)port;
	w->host = copy(host, ""), w->path = copy(path, "/");
	return true;
}

int ws_open(struct ws_door *d, struct str url, struct str token, const struct ws_hooks *hooks, void *ctx, struct ws **ret)
{
	struct ws *w = mem_take(sizeof *w);
	if (!w)
		return E_MEMORY;
	*w = (struct ws){ .door = d, .hooks = hooks, .ctx = ctx, .token = copy(token.len < 500 ? token : S(""), "") };
	buf_init(&w->message, WS_MESSAGE_MAX);
	buf_init(&w->say, SAY_MOST);
	int r = take_apart(w, url) ? 0 : E_INVALID;
	if (r == 0 && (!w->host || !w->path || !w->token))
		r = E_MEMORY;
	if (r < 0) {
		give(w);
		return r;
	}
	*ret = w;
	pthread_mutex_lock(&d->lock);
	w->next = d->first;
	d->first = w;
	pthread_mutex_unlock(&d->lock);
	lws_cancel_service(d->context);
	return 0;
}

int ws_say(struct ws *w, struct str text)
{
	pthread_mutex_lock(&w->door->lock);
	buf_add(&w->say, &text.len, sizeof text.len);
	buf_str(&w->say, text);
	int r = buf_failed(&w->say) ? E_BUSY : 0;
	if (r < 0)                                /* whatever waited is lost with the connection */
		w->closing = true;
	pthread_mutex_unlock(&w->door->lock);
	lws_cancel_service(w->door->context);
	return r;
}

void ws_close(struct ws *w)
{
	pthread_mutex_lock(&w->door->lock);
	w->closing = true;
	pthread_mutex_unlock(&w->door->lock);
	lws_cancel_service(w->door->context);
}
