/* doctor_web.c: how the server is reached: its port, its public address, the proxy in front of it.
 *
 * How        The public address is asked as a visitor would ask it. The answer names the server, tells the hour, and says
 *            whether a proxy passed the question on that is not believed (settings trusted_proxies).
 */
#include "main/doctor.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netdb.h>
#include <unistd.h>

#define PATIENCE_S 8
#define ANSWER_MAX 65536
#define CLOCK_SKEW (2 * MINUTE)
#define NOTHING    S("")

/* ---- The port ------------------------------------------------------------------------------------ */

static bool port_is_free(const char *host, int port)
{
	char number[16];
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST }, *at;
	int yes = 1;
	snprintf(number, sizeof number, "%d", port);
	if (getaddrinfo(host, number, &hints, &at) != 0)
		return true;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	bool is_free = fd < 0 || bind(fd, at->ai_addr, at->ai_addrlen) == 0 || errno != EADDRINUSE;
	if (fd >= 0)
		close(fd);
	freeaddrinfo(at);
	return is_free;
}

void doctor_see_port(struct visit *visit)
{
	const struct call *call = visit->call;
	int port = (int)settings_int(call->settings, "port");
	const char *host = str_z(call->arena, settings_text(call->settings, "listen"));
	if (port_is_free(host, port) || visit->running)
		doctor_tell(visit, GOOD, "port", doctor_say(visit, T(visit, "端口 %d", "port %d"), port), NOTHING, NOTHING);
	else
		doctor_tell(visit, BROKEN, "port", doctor_say(visit, T(visit, "端口 %d 被别的程序占用", "port %d is taken by another program"), port),
		            str_of(T(visit, "服务器起不来。", "The server cannot start.")),
		            doctor_say(visit, T(visit, "查是谁：ss -ltnp 'sport = :%d'；或换一个：--port",
			"who: ss -ltnp 'sport = :%d'; or take another: --port"), port));
}

/* ---- The public address ---------------------------------------------------------------------------- */

struct answer { struct buf body; int64_t date; long status; char why[CURL_ERROR_SIZE]; };

static size_t take(char *at, size_t size, size_t count, void *ctx)
{
	struct answer *a = ctx;
	buf_add(&a->body, at, size * count);
	return size * count;
}

static size_t take_head(char *at, size_t size, size_t count, void *ctx)
{
	struct answer *a = ctx;
	char line[128];
	size_t len = size * count;
	if (len > 6 && len < sizeof line && strncasecmp(at, "date: ", 6) == 0) {
		memcpy(line, at + 6, len - 6);
		line[len - 6] = '\0';
		a->date = (int64_t)curl_getdate(line, NULL) * SECOND;
	}
	return len;
}

/* 0, or CURL's code. */
static int ask(const char *url, struct answer *a)
{
	CURL *curl = curl_easy_init();
	if (!curl)
		return -1;
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)PATIENCE_S);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, a->why);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, a);
	int r = (int)curl_easy_perform(curl);
	if (r != 0 && !a->why[0])
		snprintf(a->why, sizeof a->why, "%s", curl_easy_strerror((CURLcode)r));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a->status);
	curl_easy_cleanup(curl);
	return r;
}

static bool says(const struct answer *a, struct str text)
{
	return text.len && a->body.len >= text.len && memmem(a->body.at, a->body.len, text.at, text.len);
}

static void see_answer(struct visit *visit, const struct answer *a, struct str url)
{
	struct str name = doctor_say(visit, "\"server\":\"%.*s\"", STR(visit->server));
	int64_t skew = a->date ? a->date - clock_now().ms : 0;
	if (a->status != 200 || !says(a, S("\"first_run\"")))
		doctor_tell(visit, BROKEN, "address", doctor_say(visit, T(visit, "%.*s 有应答，但不是群图（HTTP %ld）",
			"%.*s answers, but it is no Quntu (HTTP %ld)"), STR(url), a->status),
		            str_of(T(visit, "扫码的人会看到别的页面。", "Whoever scans a code meets another page.")),
		            str_of(T(visit, "检查域名解析和反向代理的 proxy_pass", "look at the domain's address and the proxy's proxy_pass")));
	else if (visit->server.len && !says(a, name))
		doctor_tell(visit, BROKEN, "address", doctor_say(visit, T(visit, "%.*s 是另一台群图，不是这个数据目录",
			"%.*s is another Quntu, not the one of this folder"), STR(url)),
		            str_of(T(visit, "印出去的码在那台服务器上打不开。", "Codes printed here are not known there.")),
		            str_of(T(visit, "改 public_url，或让代理指向这一台", "change public_url, or lead the proxy to this one")));
	else
		doctor_tell(visit, GOOD, "address", doctor_say(visit, T(visit, "公网地址 %.*s 由这台服务器应答",
			"public address %.*s is answered by this server"), STR(url)), NOTHING, NOTHING);
	if (says(a, S("\"proxy_ignored\":true")))
		doctor_tell(visit, ADVICE, "proxy", str_of(T(visit, "前面有反向代理，但没有设为可信", "there is a proxy in front that is not trusted")),
		            str_of(T(visit, "所有人看上去都来自代理：限速会误伤，记录里的地址没有用，https 认不出来。",
		                     "Everybody seems to come from the proxy: limits hit the wrong people, addresses in the "
			"log are useless, https is not seen.")),
		            str_of(T(visit, "在 quntu.conf 里加 trusted_proxies = 代理的地址（本机为 127.0.0.1, ::1），再重启",
			"in quntu.conf: trusted_proxies = its address (127.0.0.1, ::1 on this machine), then restart")));
	if (skew > CLOCK_SKEW || skew < -CLOCK_SKEW)
		doctor_tell(visit, ADVICE, "skew", doctor_say(visit, T(visit, "这里的时钟与 %.*s 差 %lld 秒",
			"the clock here and that of %.*s differ by %lld seconds"), STR(url), (long long)(skew / SECOND)),
		            str_of(T(visit, "两步验证码和过期时间会对不上。", "One-time codes and expiries will not fit.")), S("timedatectl set-ntp true"));
}

static void reach(struct visit *visit, struct str url)
{
	struct answer a = { .date = 0 };
	const char *address = str_z(visit->call->arena, str_format(visit->call->arena, "%.*s/api/state", STR(url)));
	buf_init(&a.body, ANSWER_MAX);
	int r = ask(address, &a);
	if (r != 0 && !visit->running)
		doctor_tell(visit, ADVICE, "address", doctor_say(visit, T(visit, "%.*s 现在打不开，服务器也没有在运行",
			"%.*s cannot be reached, and no server is running"), STR(url)),
		            doctor_say(visit, "%s", a.why), str_of(T(visit, "启动后再看：systemctl start quntu",
			"start it and look again: systemctl start quntu")));
	else if (r != 0)
		doctor_tell(visit, BROKEN, "address", doctor_say(visit, T(visit, "%.*s 打不开", "%.*s cannot be reached"), STR(url)),
			doctor_say(visit, "%s", a.why),
		            str_of(T(visit, "检查域名解析、防火墙的 443 端口、证书和反向代理",
			"look at the domain's address, port 443 in the firewall, the certificate and the proxy")));
	else
		see_answer(visit, &a, url);
	buf_free(&a.body);
}

static bool begins(struct str url, const char *with)
{
	return str_starts(url, str_of(with));
}

static bool is_private(struct str url)
{
	return begins(url, "http://localhost") || begins(url, "https://localhost") || begins(url,
		"http://127.") || begins(url, "http://[::1]");
}

static void see_exposure(struct visit *visit, bool https)
{
	struct str listen = settings_text(visit->call->settings, "listen");
	if (https && (str_is(listen, "0.0.0.0") || str_is(listen, "::")))
		doctor_tell(visit, ADVICE, "listen", doctor_say(visit, T(visit, "listen = %.*s：不经过代理也能用明文 http 访问",
			"listen = %.*s: it can be reached past the proxy in plain http"), STR(listen)),
		            str_of(T(visit, "密码会明文传输，代理上的限制也能绕过。", "Passwords travel readable, and the proxy's limits are passed by.")),
		            str_of(T(visit, "代理在本机就设 listen = 127.0.0.1，否则用防火墙只放行代理",
			"listen = 127.0.0.1 when the proxy is on this machine, else let only the proxy through the firewall")));
}

void doctor_see_address(struct visit *visit)
{
	struct str url = settings_text(visit->call->settings, "public_url");
	while (url.len && url.at[url.len - 1] == '/')
		url.len--;
	if (!url.len || is_private(url))
		doctor_tell(visit, ADVICE, "public_url", str_of(T(visit, "public_url 没有设成公网地址", "public_url is not set to a public address")),
		            str_of(T(visit, "印出来的二维码手机打不开。", "Printed codes will not open on phones.")), str_of(T(visit,
			"public_url = https://你的域名", "public_url = https://your.domain")));
	else if (!begins(url, "https://"))
		doctor_tell(visit, ADVICE, "public_url", doctor_say(visit, T(visit, "public_url %.*s 不是 https",
			"public_url %.*s is not https"), STR(url)),
		            str_of(T(visit, "密码会明文传输，微信里会有警告。", "Passwords travel readable, and WeChat warns.")),
		            str_of(T(visit, "让 nginx 或 Caddy 做 https：/usr/share/doc/quntu/examples",
			"let nginx or Caddy do https: /usr/share/doc/quntu/examples")));
	if (url.len)
		reach(visit, url);
	see_exposure(visit, begins(url, "https://"));
}
