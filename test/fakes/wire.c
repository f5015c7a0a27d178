/* wire.c: see wire.h. */
#include "wire.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MOST (16 << 20)

struct wire {
	struct MHD_Daemon *daemon;
	struct wire_reply (*answer)(void *, const struct wire_ask *);
	void *ctx;
	int   port;
};

static enum MHD_Result send_reply(struct MHD_Connection *c, struct wire_reply reply)
{
	char *json = reply.json ? reply.json : strdup("");
	struct MHD_Response *response = MHD_create_response_from_buffer(reply.len ? reply.len : strlen(json), json,
	                                                                MHD_RESPMEM_MUST_FREE);
	MHD_add_response_header(response, "Content-Type", reply.type ? reply.type : "application/json");
	if (reply.retry_after)
		MHD_add_response_header(response, "Retry-After", reply.retry_after);
	enum MHD_Result r = MHD_queue_response(c, (unsigned)reply.status, response);
	MHD_destroy_response(response);
	return r;
}

static enum MHD_Result step(void *ctx, struct MHD_Connection *c, const char *url, const char *method, const char *version,
                            const char *upload, size_t *len, void **con)
{
	struct wire *w = ctx;
	struct buf *body = *con;
	(void)version;
	if (!body) {
		*con = body = malloc(sizeof *body);
		buf_init(body, BODY_MOST);
		return MHD_YES;
	}
	if (*len) {
		buf_add(body, upload, *len);
		*len = 0;
		return MHD_YES;
	}
	struct wire_ask ask = {
		.method = method, .path = url + (*url == '/'), .body = buf_view(body),
		.query_token = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "access_token"),
		.of = c,
	};
	return send_reply(c, w->answer(w->ctx, &ask));
}

static void done(void *ctx, struct MHD_Connection *c, void **con, enum MHD_RequestTerminationCode why)
{
	struct buf *body = *con;
	(void)ctx, (void)c, (void)why;
	if (body)
		buf_free(body);
	free(body);
	*con = NULL;
}

struct wire *wire_open(int port, struct wire_reply (*answer)(void *, const struct wire_ask *), void *ctx)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct wire *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	*w = (struct wire){ .answer = answer, .ctx = ctx };
	w->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, step, w, MHD_OPTION_SOCK_ADDR, &at,
	                             MHD_OPTION_NOTIFY_COMPLETED, done, NULL, MHD_OPTION_END);
	if (!w->daemon) {
		free(w);
		return NULL;
	}
	w->port = MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	return w;
}

void wire_close(struct wire *w)
{
	if (w)
		MHD_stop_daemon(w->daemon);
	free(w);
}

const char *wire_header(const struct wire_ask *ask, const char *name)
{
	return MHD_lookup_connection_value(ask->of, MHD_HEADER_KIND, name);
}

int wire_port(const struct wire *w) { return w->port; }

static size_t swallow(char *bytes, size_t size, size_t count, void *ctx)
{
	(void)bytes, (void)ctx;
	return size * count;
}

int wire_post(const char *url, struct str body, const char *const *headers)
{
	long status = 0;
	CURL *curl = curl_easy_init();
	struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
	for (; headers && *headers; headers++)
		list = curl_slist_append(list, *headers);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, swallow);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.len);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.at ? body.at : "");
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(list);
	curl_easy_cleanup(curl);
	return (int)status;
}

struct got { char *at; size_t len, size; };

static size_t take(char *bytes, size_t size, size_t count, void *ctx)
{
	struct got *g = ctx;
	size_t n = size * count, room = g->size - 1 - g->len, part = n < room ? n : room;
	memcpy(g->at + g->len, bytes, part);
	g->len += part;
	g->at[g->len] = '\0';
	return n;
}

int wire_get(const char *url, char *ret, size_t size)
{
	long status = 0;
	struct got got = { ret, 0, size };
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &got);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	return (int)status;
}
