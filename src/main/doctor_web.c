/* doctor_web.c: how the server is reached: its port, its public address, the proxy in front of it; and whether it can write mail.
 *
 * How        The public address is asked as a visitor would ask it. The answer names the server, tells the hour, and says
 *            whether a proxy passed the question on that is not believed (settings trusted_proxies).
 * Test       test/cli.sh, channel/doctor/doctor_test.c
 */
#include "main/doctor.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <unistd.h>
#include "engine/notify/notify.h"

#define CERT_SOON (14 * DAY)

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

static bool says(const struct reached *a, struct str text)
{
	return text.len && a->body.len >= text.len && memmem(a->body.at, a->body.len, text.at, text.len);
}

/* `"server":"…"` as a server of this store says it; empty when it is not known. */
static struct str own_name(struct checkup *c)
{
	struct key root;
	char name[SERVER_NAME + 1];
	if (!c->house->store || server_feature_key(c->house->store, &root) < 0)
		return S("");
	server_name(&root, name);
	return str_format(c->house->arena, "\"server\":\"%s\"", name);
}

/* "http://127.0.0.1:8300/api/state", where `listen` says so, or says everywhere. */
static const char *state_here(struct checkup *c, struct str listen, int port)
{
	bool six = str_find(listen, ':') >= 0, all = str_is(listen, "0.0.0.0") || str_is(listen, "::");
	struct str host = !all ? listen : six ? S("::1") : S("127.0.0.1");
	struct arena *arena = c->house->arena;
	return str_z(arena, str_format(arena, six ? "http://[%.*s]:%d/api/state" : "http://%.*s:%d/api/state", STR(host), port));
}

/* Does a server of that name answer on this port? */
static bool answers(struct checkup *c, struct str name, int port)
{
	struct reached a;
	const char *url = state_here(c, settings_text(c->house->settings, "listen"), port);
	return name.len && url && doctor_ask(c, &(struct question){ .url = url }, &a) == 0 && says(&a, name);
}

/* The server itself need not ask. By hand it may not be known how the running one was started: by a flag, perhaps, or a variable. */
static void see_port(struct checkup *c)
{
	int port = (int)settings_int(c->house->settings, "port");
	const char *host = str_z(c->house->arena, settings_text(c->house->settings, "listen"));
	struct str name = own_name(c);
	bool runs = server_runs(c), fits = runs ? !name.len : host && port_is_free(host, port);
	if (!c->by_hand || !port || fits || answers(c, name, port))
		doctor_say(c, SOUND, "port", saying(c, "端口 %d", "port %d", port), NOTHING, NOTHING);
	else if (runs)
		doctor_say(c, NOTICE, "port", saying(c, "服务器在运行，但在端口 %d 应答的不是它", "the server runs, but it is not what answers on port %d", port),
		           saying(c, "它启动时用了别的端口，而这里按 quntu.conf 和环境变量来查。",
		                  "It was started with another port; what is examined here goes by quntu.conf and the environment."),
		           saying(c, "检查时写上同一个端口：quntu doctor --port 端口；或把它写进 quntu.conf",
		                  "name the same port: quntu doctor --port PORT; or write it into quntu.conf"));
	else
		doctor_say(c, BROKEN, "port", saying(c, "端口 %d 被别的程序占用", "port %d is taken by another program", port),
		           saying(c, "服务器起不来。", "The server cannot start."),
		           saying(c, "查是谁：ss -ltnp 'sport = :%d'；或换一个：--port", "who: ss -ltnp 'sport = :%d'; or take another: --port", port));
}

/* ---- The public address ---------------------------------------------------------------------------- */

static void see_proxy(struct checkup *c, const struct reached *a)
{
	if (says(a, S("\"proxy_ignored\":true")))
		doctor_say(c, WARNING, "proxy", saying(c, "前面有反向代理，但没有设为可信", "there is a proxy in front that is not trusted"),
		           saying(c, "所有人看上去都来自代理：限速会误伤，记录里的地址没有用，https 认不出来。",
		                  "Everybody seems to come from the proxy: limits hit the wrong people, addresses in the log are useless,"
		                  " https is not seen."),
		           saying(c, "在 quntu.conf 里加 trusted_proxies = 代理的地址（本机为 127.0.0.1, ::1），再重启",
		                  "in quntu.conf: trusted_proxies = its address (127.0.0.1, ::1 on this machine), then restart"));
}

static void see_certificate(struct checkup *c, const struct reached *a, struct str url)
{
	int64_t left = a->certified_until.ms - clock_now().ms;
	if (a->certified_until.ms && left < CERT_SOON)
		doctor_say(c, WARNING, "certificate", saying(c, "%.*s 的证书 %lld 天后过期",
				"the certificate of %.*s ends in %lld days", STR(url), (long long)(left / DAY)),
		           saying(c, "过期后谁都打不开。", "After that nobody gets in."), saying(c, "续期：certbot renew，或看看 Caddy 的日志",
				"renew it: certbot renew, or look at Caddy's log"));
}

static void see_answer(struct checkup *c, const struct reached *a, struct str url)
{
	struct str name = server_runs(c) ? own_name(c) : S("");
	if (a->status != 200 || !says(a, S("\"first_run\"")))
		doctor_say(c, BROKEN, "address", saying(c, "%.*s 有应答，但不是群图（HTTP %d）",
				"%.*s answers, but it is no Quntu (HTTP %d)", STR(url), a->status),
		           saying(c, "扫码的人会看到别的页面。", "Whoever scans a code meets another page."),
		           saying(c, "检查域名解析和反向代理的 proxy_pass", "look at the domain's address and the proxy's proxy_pass"));
	else if (name.len && !says(a, name))
		doctor_say(c, BROKEN, "address", saying(c, "%.*s 是另一台群图，不是这个数据目录", "%.*s is another Quntu, not the one of this folder", STR(url)),
		           saying(c, "印出去的码在那台服务器上打不开。", "Codes printed here are not known there."),
		           saying(c, "改 public_url，或让代理指向这一台", "change public_url, or lead the proxy to this one"));
	else
		doctor_say(c, SOUND, "address", saying(c, "公网地址 %.*s 由这台服务器应答",
				"public address %.*s is answered by this server", STR(url)), NOTHING, NOTHING);
	see_proxy(c, a);
	see_certificate(c, a, url);
	doctor_compare_clocks(c, a->date, url);
}

static int reach(struct checkup *c, struct str url)
{
	struct reached a;
	const char *address = str_z(c->house->arena, str_format(c->house->arena, "%.*s/api/state", STR(url)));
	int r = address ? doctor_ask(c, &(struct question){ .url = address }, &a) : E_MEMORY;
	if (r == 0)
		see_answer(c, &a, url);
	else if (r == E_NOT_SENT && !server_runs(c))
		doctor_say(c, WARNING, "address", saying(c, "%.*s 现在打不开，服务器也没有在运行", "%.*s cannot be reached, and no server is running", STR(url)),
		           saying_as_is(c, "%.*s", STR(a.why)), saying(c, "启动后再看：systemctl start quntu",
				"start it and look again: systemctl start quntu"));
	else if (r == E_NOT_SENT)
		doctor_say(c, BROKEN, "address", saying(c, "%.*s 打不开", "%.*s cannot be reached", STR(url)), saying_as_is(c, "%.*s", STR(a.why)),
		           saying(c, "检查域名解析、防火墙的 443 端口、证书和反向代理",
				"look at the domain's address, port 443 in the firewall, the certificate and the proxy"));
	return r == E_NOT_SENT ? 0 : r;
}

static void see_exposure(struct checkup *c, bool https)
{
	struct str listen = settings_text(c->house->settings, "listen");
	if (https && (str_is(listen, "0.0.0.0") || str_is(listen, "::")))
		doctor_say(c, WARNING, "listen", saying(c, "listen = %.*s：不经过代理也能用明文 http 访问",
			"listen = %.*s: it can be reached past the proxy in plain http", STR(listen)),
		           saying(c, "密码会明文传输，代理上的限制也能绕过。", "Passwords travel readable, and the proxy's limits are passed by."),
		           saying(c, "代理在本机就设 listen = 127.0.0.1，否则用防火墙只放行代理",
		                  "listen = 127.0.0.1 when the proxy is on this machine, else let only the proxy through the firewall"));
}

static int see_address(struct checkup *c)
{
	struct str url = doctor_public_url(c);
	see_port(c);
	if (!url.len || url_is_local(url))
		doctor_say(c, WARNING, "public_url", saying(c, "public_url 没有设成公网地址", "public_url is not set to a public address"),
		           saying(c, "印出来的二维码手机打不开，平台的回调也进不来。", "Printed codes will not open on phones, and no platform can call."),
		           saying(c, "public_url = https://你的域名", "public_url = https://your.domain"));
	else if (!str_starts(url, S("https://")))
		doctor_say(c, WARNING, "public_url", saying(c, "public_url %.*s 不是 https", "public_url %.*s is not https", STR(url)),
		           saying(c, "密码会明文传输，微信里会有警告。", "Passwords travel readable, and WeChat warns."),
		           saying(c, "让 nginx 或 Caddy 做 https：/usr/share/doc/quntu/examples",
				"let nginx or Caddy do https: /usr/share/doc/quntu/examples"));
	int r = url.len ? reach(c, url) : 0;
	see_exposure(c, str_starts(url, S("https://")));
	return r;
}

/* ---- Mail ----------------------------------------------------------------------------------------------- */

static int see_mail(struct checkup *c)
{
	struct str why, server = settings_text(c->house->settings, "smtp_url");
	if (!server.len) {
		doctor_say(c, NOTICE, "mail", saying(c, "没有设置发件服务器", "no mail server is set"),
		           saying(c, "提醒只能在控制台里看到，发不到邮箱。", "Warnings are seen in the console alone, never in a mailbox."),
		           saying(c, "在 quntu.conf 里写 smtp_url、smtp_user、smtp_password、smtp_from，再重启",
		                  "smtp_url, smtp_user, smtp_password and smtp_from in quntu.conf, then restart"));
		return 0;
	}
	int r = notify_reach(c->house->settings, c->house->arena, &why);
	if (r == 0)
		doctor_say(c, SOUND, "mail", saying(c, "发件服务器 %.*s 收下了账号", "the mail server %.*s lets us in", STR(server)), NOTHING, NOTHING);
	else if (r == E_NOT_SENT || r == E_INVALID)
		doctor_say(c, BROKEN, "mail", saying(c, "发件服务器 %.*s 用不了：%.*s",
				"the mail server %.*s does not take our mail: %.*s", STR(server), STR(why)),
		           saying(c, "提醒发不到邮箱。", "Warnings reach no mailbox."),
		           saying(c, "检查 smtp_url、smtp_user、smtp_password（多数邮箱要用授权码，不是登录密码）和防火墙",
		                  "look at smtp_url, smtp_user, smtp_password (many providers want an application password) and the firewall"));
	return r == E_NOT_SENT || r == E_INVALID ? 0 : r;
}

/* ---- Declaration ---------------------------------------------------------------------------------------- */

static const struct examination examinations[] = {
	{ "address", "公网地址与反向代理", "Public address and proxy", OF_SERVER, 10 * SECOND, see_address },
	{ "mail", "邮件", "Mail", OF_SERVER, 12 * SECOND, see_mail },
	{ 0 },
};

const struct feature feature_reached = { .name = "reached", .examinations = examinations };
