/* notify.c: the two senders of warnings.
 *
 * Not here   What is said and to whom (alert), trying again (engine/jobs).
 * Holds      A webhook's address was typed by an operator, who need not be the server's administrator: it may not be
 *            used to knock at machines that only this server can reach. So the address is checked after the name was
 *            resolved, at the socket itself; redirects and proxies, which would lead around the check, are off.
 *            A password is only said over TLS.
 * Test       alert_test.c, against small receivers of its own.
 */
#include "engine/notify/notify.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "base/version.h"

#define REACH_TIMEOUT    8L
#define WEBHOOK_TIMEOUT 10L    /* seconds */
#define MAIL_TIMEOUT    30L
#define HEADERS_MAX     4096

const struct setting notify_settings[] = {
	{ "smtp_url",        SET_TEXT,   "", "Mail server that carries warnings, smtps://host:465 or smtp://host:587",
	  .zh = "发提醒邮件的服务器，smtps://主机:465 或 smtp://主机:587" },
	{ "smtp_user",       SET_TEXT,   "", "Name to sign in with there; empty: without",
	  .zh = "登录邮件服务器的用户名；留空表示不登录" },
	{ "smtp_password",   SET_SECRET, "", "Password to sign in with there",
	  .zh = "登录邮件服务器的密码" },
	{ "smtp_from",       SET_TEXT,   "", "Address that warnings come from",
	  .zh = "提醒邮件的发件地址" },
	{ "webhook_private", SET_BOOL,   "false", "Warnings may be posted to loopback and private addresses too",
	  .zh = "提醒也可以发到本机和内网地址" },
	{ 0 },
};

/* ---- Rules: addresses -------------------------------------------------------------------------- */

static bool ipv4_is_private(uint32_t address)
{
	static const struct { uint32_t net; int bits; } closed[] = {
		{ 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 }, { 0x7f000000, 8 },  { 0xa9fe0000, 16 },
		{ 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0a80000, 16 }, { 0xc6120000, 15 }, { 0xe0000000, 3 },
	};
	for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
		if ((address ^ closed[i].net) >> (32 - closed[i].bits) == 0)
			return true;
	return false;
}

static uint32_t ipv4_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Only global unicast (2000::/3) is public, and of it not what merely wraps a private IPv4 address. */
static bool ipv6_is_private(const unsigned char a[16])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const unsigned char nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0)
		return ipv4_is_private(ipv4_at(a + 12));
	if (a[0] == 0x20 && a[1] == 0x02)
		return ipv4_is_private(ipv4_at(a + 2));
	return a[0] >> 5 != 1;
}

bool address_is_private(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof v4);
		return ipv4_is_private(ntohl(v4.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof v6);
		return ipv6_is_private(v6.sin6_addr.s6_addr);
	}
	return true;
}

/* ---- Rules: the head of a mail -------------------------------------------------------------------- */

/* RFC 2047: words of at most 75 characters; each begins and ends between characters. */
static void add_encoded(struct buf *b, struct str text)
{
	while (text.len) {
		buf_z(b, "=?UTF-8?Q?");
		for (size_t room = 60; text.len;) {
			struct str rest = text;
			utf8_next(&rest);
			size_t bytes = text.len - rest.len;
			if (room < 3 * bytes)
				break;
			for (size_t i = 0; i < bytes; i++)
				buf_format(b, "=%02X", (unsigned char)text.at[i]);
			room -= 3 * bytes;
			text = rest;
		}
		buf_z(b, text.len ? "?=\r\n " : "?=");
	}
}

static void add_date(struct buf *b, struct instant at)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct local l = zone_local(zone_find(S("UTC")), at);
	buf_format(b, "%.3s, %02d %.3s %d %02d:%02d:%02d +0000", days + 3 * l.weekday, l.day, months + 3 * (l.month - 1),
	           l.year, l.hour, l.minute, l.second);
}

/* ---- libcurl ----------------------------------------------------------------------------------------- */

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void free_curl(CURL **curl)           { curl_easy_cleanup(*curl); }
static void free_list(struct curl_slist **l) { curl_slist_free_all(*l); }
static void free_mime(curl_mime **mime)      { curl_mime_free(*mime); }

static size_t ignore_answer(char *at, size_t size, size_t count, void *ctx)
{
	(void)at, (void)ctx;
	return size * count;
}

/* What both have in common. NULL: out of memory. */
static CURL *curl_ready(char error[CURL_ERROR_SIZE], const char *url, const char *protocols, long timeout)
{
	pthread_once(&curl_once, start_curl);
	CURL *curl = curl_easy_init();
	if (!curl)
		return NULL;
	error[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)clock_allows(timeout * SECOND));
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_answer);
	if (curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols) || curl_easy_setopt(curl, CURLOPT_URL, url)) {
		curl_easy_cleanup(curl);
		return NULL;
	}
	return curl;
}

static int say_why(CURLcode code, const char *error, struct arena *arena, struct str *ret_why)
{
	*ret_why = str_format(arena, "%s", *error ? error : curl_easy_strerror(code));
	return E_NOT_SENT;
}

/* ---- E-mail -------------------------------------------------------------------------------------------- */

static struct curl_slist *list_add(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = line ? curl_slist_append(list, line) : NULL;
	if (!longer)
		curl_slist_free_all(list);
	return longer;
}

static struct curl_slist *mail_headers(struct str from, const struct mail *mail, struct arena *arena)
{
	static const char *const names[] = { "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted" };
	struct curl_slist *list = NULL;
	BUF_SCOPED line;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		buf_init(&line, HEADERS_MAX);
		buf_format(&line, "%s: ", names[i]);
		switch (i) {
		case 0: buf_str(&line, from); break;
		case 1: buf_str(&line, mail->to); break;
		case 2: add_encoded(&line, mail->subject); break;
		case 3: add_date(&line, mail->at); break;
		case 4: buf_format(&line, "<%.*s@quntu>", STR(mail->key)); break;
		case 5: buf_z(&line, "auto-generated"); break;
		}
		list = buf_failed(&line) ? list_add(list, NULL) : list_add(list, str_z(arena, buf_view(&line)));
		buf_free(&line);
		if (!list)
			return NULL;
	}
	return list;
}

/* A message of one text, in base64 so that no relay changes it. */
static curl_mime *mail_body(CURL *curl, struct str text)
{
	curl_mime *mime = curl_mime_init(curl);
	curl_mimepart *part = mime ? curl_mime_addpart(mime) : NULL;
	if (!part || curl_mime_data(part, text.at, text.len) || curl_mime_type(part, "text/plain; charset=utf-8") ||
	    curl_mime_encoder(part, "base64")) {
		curl_mime_free(mime);
		return NULL;
	}
	return mime;
}

int notify_email(const struct settings *settings, const struct mail *mail, struct arena *arena, struct str *ret_why)
{
	struct str url = settings_text(settings, "smtp_url"), from = settings_text(settings, "smtp_from");
	struct str user = settings_text(settings, "smtp_user");
	char error[CURL_ERROR_SIZE];
	if (!url.len || !from.len) {
		*ret_why = S("no mail server is set: see the settings smtp_url and smtp_from");
		return E_INVALID;
	}
	__attribute__((cleanup(free_curl))) CURL *curl = curl_ready(error, str_z(arena, url), "smtp,smtps", MAIL_TIMEOUT);
	__attribute__((cleanup(free_list))) struct curl_slist *headers = curl ? mail_headers(from, mail, arena) : NULL;
	__attribute__((cleanup(free_list))) struct curl_slist *to = curl ? list_add(NULL, str_z(arena, mail->to)) : NULL;
	__attribute__((cleanup(free_mime))) curl_mime *mime = curl ? mail_body(curl, mail->text) : NULL;
	if (!headers || !to || !mime || arena_failed(arena))
		return E_MEMORY;

	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, str_z(arena, from));
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
	curl_easy_setopt(curl, CURLOPT_USE_SSL, user.len ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
	if (user.len) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, str_z(arena, user));
		curl_easy_setopt(curl, CURLOPT_PASSWORD, str_z(arena, settings_text(settings, "smtp_password")));
	}
	CURLcode code = curl_easy_perform(curl);
	return code == CURLE_OK ? 0 : say_why(code, error, arena, ret_why);
}

int notify_reach(const struct settings *settings, struct arena *arena, struct str *ret_why)
{
	char error[CURL_ERROR_SIZE];
	struct str user = settings_text(settings, "smtp_user"), url = settings_text(settings, "smtp_url");
	if (!settings_text(settings, "smtp_from").len) {
		*ret_why = S("smtp_from is not set");
		return E_INVALID;
	}
	__attribute__((cleanup(free_curl))) CURL *curl = curl_ready(error, str_z(arena, url), "smtp,smtps", REACH_TIMEOUT);
	if (!curl || arena_failed(arena))
		return E_MEMORY;
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "NOOP");
	curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(curl, CURLOPT_USE_SSL, user.len ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
	if (user.len) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, str_z(arena, user));
		curl_easy_setopt(curl, CURLOPT_PASSWORD, str_z(arena, settings_text(settings, "smtp_password")));
	}
	CURLcode code = curl_easy_perform(curl);
	return code == CURLE_OK ? 0 : say_why(code, error, arena, ret_why);
}

/* ---- Webhook --------------------------------------------------------------------------------------------- */

static curl_socket_t open_public(void *refused, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)purpose;
	if (address_is_private(&address->addr)) {
		*(bool *)refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int notify_webhook(const struct settings *settings, struct str url, struct str json, struct arena *arena,
                   struct str *ret_why)
{
	char error[CURL_ERROR_SIZE];
	bool refused = false;
	long status = 0;
	__attribute__((cleanup(free_curl))) CURL *curl = curl_ready(error, str_z(arena, url), "http,https", WEBHOOK_TIMEOUT);
	__attribute__((cleanup(free_list))) struct curl_slist *headers = list_add(NULL, "Content-Type: application/json");
	if (!curl || !headers || arena_failed(arena))
		return E_MEMORY;

	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "quntu/" QUNTU_VERSION);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)json.len);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json.at);
	if (!settings_bool(settings, "webhook_private")) {
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_public);
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &refused);
	}
	CURLcode code = curl_easy_perform(curl);
	if (refused) {
		*ret_why = S("the address leads into a private network: see the setting webhook_private");
		return E_NOT_SENT;
	}
	if (code != CURLE_OK)
		return say_why(code, error, arena, ret_why);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300)
		return 0;
	*ret_why = str_format(arena, "the receiver answered %ld", status);
	return E_NOT_SENT;
}
