/* courier.c: libcurl, one thread's worth of it; see courier.h.
 *
 * Holds      Two handles, each with its own connections: one whose every socket was checked, one for the connectors' own hosts.
 * Test       courier_test.c.
 */
#include "channel/outbox/courier.h"

#include <curl/curl.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/version.h"
#include "engine/notify/notify.h"

#define TIMEOUT_MS (10 * SECOND)
#define CONNECT_MS (5 * SECOND)
#define ARENA_MAX  (64 << 20)

struct courier {
	struct store          *store;
	const struct settings *settings;
	struct arena           arena;
	CURL                  *open, *checked;
	bool                   refused;
	char                   error[CURL_ERROR_SIZE];
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

int courier_make(struct store *store, const struct settings *settings, struct courier **ret)
{
	pthread_once(&curl_once, start_curl);
	struct courier *c = mem_take(sizeof *c);
	if (!c)
		return E_MEMORY;
	*c = (struct courier){ .store = store, .settings = settings, .open = curl_easy_init(), .checked = curl_easy_init() };
	arena_init(&c->arena, ARENA_MAX);
	if (!c->open || !c->checked) {
		courier_free(c);
		return E_MEMORY;
	}
	*ret = c;
	return 0;
}

void courier_free(struct courier *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->open);
	curl_easy_cleanup(c->checked);
	arena_free(&c->arena);
	mem_give(c);
}

struct store *courier_store(struct courier *c)             { return c->store; }
const struct settings *courier_settings(struct courier *c) { return c->settings; }
struct arena *courier_arena(struct courier *c)             { return &c->arena; }

/* ---- One request ------------------------------------------------------------------------------ */

static curl_socket_t open_public(void *refused, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)purpose;
	if (address_is_private(&address->addr)) {
		*(bool *)refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_reply(char *at, size_t size, size_t count, void *reply)
{
	buf_add(reply, at, size * count);
	return buf_failed(reply) ? 0 : size * count;
}

static void free_list(struct curl_slist **l) { curl_slist_free_all(*l); }
static void free_mime(curl_mime **mime)      { curl_mime_free(*mime); }

static bool list_add(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = line ? curl_slist_append(*list, line) : NULL;
	if (longer)
		*list = longer;
	return longer != NULL;
}

static bool add_headers(const struct letter *l, struct arena *arena, struct curl_slist **list)
{
	bool good = true;
	if (l->body.len)
		good = list_add(list, str_z(arena, str_format(arena, "Content-Type: %s", l->type ? l->type : "application/json")));
	good = good && list_add(list, "Expect:");
	for (const char *const *h = l->headers; good && h && *h; h++)
		good = list_add(list, *h);
	return good;
}

static bool add_parts(const struct letter *l, curl_mime *mime)
{
	for (size_t i = 0; i < l->part_count; i++) {
		const struct letter_part *p = &l->parts[i];
		curl_mimepart *part = curl_mime_addpart(mime);
		if (!part || curl_mime_name(part, p->name) || curl_mime_data(part, p->bytes.at ? p->bytes.at : "", p->bytes.len) ||
		    (p->filename && curl_mime_filename(part, p->filename)) || (p->type && curl_mime_type(part, p->type)))
			return false;
	}
	return true;
}

static void set_up(struct courier *c, CURL *curl, const struct letter *l)
{
	long timeout = (long)clock_allows(l->timeout_ms ? l->timeout_ms : TIMEOUT_MS), connect = (long)clock_allows(CONNECT_MS);
	curl_easy_reset(curl);                    /* its connections stay */
	c->error[0] = '\0';
	c->refused = false;
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout < connect ? timeout : connect);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "quntu/" QUNTU_VERSION);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_reply);
	if (l->checked && !settings_bool(c->settings, "webhook_private")) {
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_public);
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &c->refused);
	}
}

static struct str header_said(CURL *curl, struct arena *arena, const char *name)
{
	struct curl_header *h;
	return curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK ? str_copy(arena, str_of(h->value)) : S("");
}

static int read_answer(struct courier *c, CURL *curl, const struct buf *reply, struct answer *ret)
{
	long status = 0;
	curl_off_t wait = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
	*ret = (struct answer){
		.status = (int)status, .body = str_copy(&c->arena, buf_view(reply)), .type = header_said(curl, &c->arena, "Content-Type"),
		.retry_after = wait > 0 ? (int64_t)wait : 0,
	};
	return arena_failed(&c->arena) ? E_MEMORY : 0;
}

int courier_ask(struct courier *c, const struct letter *l, struct answer *ret, struct str *ret_why)
{
	CURL *curl = l->checked ? c->checked : c->open;
	const char *url = str_z(&c->arena, l->url);
	BUF_SCOPED reply;
	buf_init(&reply, COURIER_REPLY);
	set_up(c, curl, l);
	__attribute__((cleanup(free_list))) struct curl_slist *headers = NULL;
	__attribute__((cleanup(free_mime))) curl_mime *mime = l->part_count ? curl_mime_init(curl) : NULL;
	if (!url || !add_headers(l, &c->arena, &headers) || (l->part_count && (!mime || !add_parts(l, mime))))
		return E_MEMORY;
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
	if (mime) {
		curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
	} else if (l->body.len || (l->method && strcmp(l->method, "POST") == 0)) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)l->body.len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, l->body.len ? l->body.at : "");
	}
	if (l->method && strcmp(l->method, "GET") != 0 && strcmp(l->method, "POST") != 0)
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, l->method);
	CURLcode code = curl_easy_perform(curl);
	if (c->refused) {
		*ret_why = S("the address leads into a private network: see the setting webhook_private");
		return E_NOT_SENT;
	}
	if (code != CURLE_OK) {
		*ret_why = str_format(&c->arena, "%s", *c->error ? c->error : curl_easy_strerror(code));
		return E_NOT_SENT;
	}
	return read_answer(c, curl, &reply, ret);
}
