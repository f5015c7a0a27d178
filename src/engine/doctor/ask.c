/* ask.c: a question to an address, as a stranger would ask it; clocks compared; see doctor.h. */
#include "engine/doctor/doctor.h"

#include <curl/curl.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/version.h"
#include "engine/notify/notify.h"

#define PATIENCE   (8 * SECOND)
#define ANSWER_MAX 65536
#define CLOCK_SKEW (2 * MINUTE)

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static void start_curl(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static void free_curl(CURL **curl)              { curl_easy_cleanup(*curl); }
static void free_list(struct curl_slist **list) { curl_slist_free_all(*list); }

/* What comes beyond the room is read and thrown away: the answer's status counts. */
static size_t take(char *at, size_t size, size_t count, void *body)
{
	buf_add(body, at, size * count);
	return size * count;
}

static size_t take_head(char *at, size_t size, size_t count, void *ctx)
{
	struct reached *reached = ctx;
	char line[128];
	size_t len = size * count;
	if (len > 6 && len < sizeof line && strncasecmp(at, "date: ", 6) == 0) {
		memcpy(line, at + 6, len - 6);
		line[len - 6] = '\0';
		time_t t = curl_getdate(line, NULL);
		reached->date.ms = t > 0 ? (int64_t)t * SECOND : 0;
	}
	return len;
}

static curl_socket_t open_public(void *refused, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)purpose;
	if (address_is_private(&address->addr)) {
		*(bool *)refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static struct instant certified_until(CURL *curl)
{
	struct curl_certinfo *chain = NULL;
	if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain || chain->num_of_certs < 1)
		return (struct instant){ 0 };
	for (const struct curl_slist *l = chain->certinfo[0]; l; l = l->next)
		if (strncmp(l->data, "Expire date:", 12) == 0) {
			time_t t = curl_getdate(l->data + 12, NULL);
			return (struct instant){ t > 0 ? (int64_t)t * SECOND : 0 };
		}
	return (struct instant){ 0 };
}

static bool add_headers(const struct question *q, struct curl_slist **list)
{
	struct curl_slist *longer = curl_slist_append(*list, "Expect:");
	for (const char *const *h = q->headers; longer && h && *h; h++) {
		*list = longer;
		longer = curl_slist_append(*list, *h);
	}
	if (longer)
		*list = longer;
	if (longer && q->body.len && (longer = curl_slist_append(*list, "Content-Type: application/json")))
		*list = longer;
	return longer != NULL;
}

int doctor_ask(struct checkup *c, const struct question *q, struct reached *ret)
{
	char error[CURL_ERROR_SIZE] = "";
	bool refused = false;
	long status = 0, most = (long)clock_allows(PATIENCE), left = (long)doctor_left(c);
	BUF_SCOPED body;
	buf_init(&body, ANSWER_MAX);
	*ret = (struct reached){ 0 };
	pthread_once(&curl_once, start_curl);
	__attribute__((cleanup(free_curl))) CURL *curl = curl_easy_init();
	__attribute__((cleanup(free_list))) struct curl_slist *headers = NULL;
	if (!curl || !add_headers(q, &headers))
		return E_MEMORY;
	curl_easy_setopt(curl, CURLOPT_URL, q->url);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, left < most ? left : most);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "quntu/" QUNTU_VERSION " (doctor)");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, ret);
	curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
	if (q->body.len) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)q->body.len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, q->body.at);
	}
	if (q->checked && !settings_bool(c->house->settings, "webhook_private")) {
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_public);
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &refused);
	}
	CURLcode code = curl_easy_perform(curl);
	if (code != CURLE_OK) {
		ret->why = refused ? S("the address leads into a private network: see the setting webhook_private")
		                   : str_format(c->house->arena, "%s", *error ? error : curl_easy_strerror(code));
		return E_NOT_SENT;
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	ret->status = (int)status;
	ret->body = str_copy(c->house->arena, buf_view(&body));
	ret->certified_until = certified_until(curl);
	return arena_failed(c->house->arena) ? E_MEMORY : 0;
}

void doctor_compare_clocks(struct checkup *c, struct instant there, struct str whose)
{
	int64_t ahead = there.ms - clock_now().ms;
	if (!there.ms || (ahead <= CLOCK_SKEW && ahead >= -CLOCK_SKEW))
		return;
	doctor_say(c, WARNING, "skew",
	           saying(c, "这里的时钟与 %.*s 差 %lld 秒", "the clock here and that of %.*s differ by %lld seconds", STR(whose),
	                  (long long)((ahead < 0 ? -ahead : ahead) / SECOND)),
	           saying(c, "签名、两步验证码和过期时间会对不上，平台会拒收。",
	                  "Signatures, one-time codes and expiries will not fit, and platforms refuse them."),
	           saying_as_is(c, "timedatectl set-ntp true"));
}

struct str doctor_public_url(struct checkup *c)
{
	struct str url = settings_text(c->house->settings, "public_url");
	while (url.len && url.at[url.len - 1] == '/')
		url.len--;
	return url;
}

bool url_is_local(struct str url)
{
	static const char *const here[] = { "http://localhost", "https://localhost", "http://127.", "https://127.", "http://[::1]" };
	for (size_t i = 0; i < sizeof here / sizeof *here; i++)
		if (str_starts(url, str_of(here[i])))
			return true;
	return false;
}
