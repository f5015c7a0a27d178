/* alert_test.c: the promises of warnings, and of the two ways out of the house. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "engine/event/event.h"
#include "engine/jobs/jobs.h"
#include "groups/alert.h"
#include "engine/notify/notify.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/desk_test.h"

extern const struct feature feature_event, feature_jobs;

static const struct feature *const alerts[] = {
	&feature_event, &feature_jobs, &feature_audit, &feature_community, &feature_alert, NULL,
};

struct raising { struct id community; struct alert alert; const char *prefix; };

static int raise_it(struct tx *tx, void *arg)
{
	struct raising *r = arg;
	return alert_raise(tx, r->community, &r->alert);
}

static int settle(struct tx *tx, void *arg)
{
	struct raising *r = arg;
	return alert_settle(tx, r->community, str_of(r->prefix));
}

static struct raising filling(struct desk *d, const char *key)
{
	return (struct raising){ d->community, { .key = str_of(key), .kind = S("child_fills"), .level = S("due"),
		.subject = { 900 }, .object = { 901 }, .title = S("会员活码"), .more = S("会员群 3"), .n = 12, .per_day = 40,
		.due = { INT64_C(4070880000000) } }, NULL };
}

static void raise_alert(struct desk *d, struct raising r)
{
	assert_int_equal(store_write(d->house->store, d->community, &d->house->arena, raise_it, &r), 0);
}

static size_t listed(struct desk *d, const char *query)
{
	struct reply r = get(d->reader, at(d, "/alerts?%s", query));
	return json_length(&r, "items");
}

PROMISE(alert_declared, "every query fits the store, every route asks for its role")
{
	struct desk d;
	desk_open(&d, house, alerts);
	desk_check_queries(&d);
	desk_walk_routes(&d);
	desk_close(&d);
}

PROMISE(alert_once, "a warning is raised once; closing it does not raise it again; settling closes by prefix")
{
	struct desk d;
	desk_open(&d, house, alerts);
	raise_alert(&d, filling(&d, "child/1/48"));
	raise_alert(&d, filling(&d, "child/1/48"));
	raise_alert(&d, filling(&d, "child/1/24"));
	raise_alert(&d, filling(&d, "child/10/48"));
	assert_int_equal(listed(&d, "open=true"), 3);
	struct raising r = filling(&d, "");
	r.prefix = "child/1/";
	assert_int_equal(store_write(house->store, d.community, &house->arena, settle, &r), 0);
	assert_int_equal(listed(&d, "open=true"), 1);
	assert_int_equal(listed(&d, ""), 3);

	struct reply open = get(d.reader, at(&d, "/alerts?open=true"));
	const char *close = at(&d, "/alerts/%.*s/close", STR(json_at(&open, "items.0.id")));
	struct reply got = post(d.operator, close, "{}");
	assert_int_equal(got.status / 100, 2);
	assert_str(json_at(&got, "closed_by"), "13");
	got = post(d.admin, close, "{}");
	assert_str(json_at(&got, "closed_by"), "13");
	raise_alert(&d, filling(&d, "child/10/48"));
	assert_int_equal(listed(&d, "open=true"), 0);
	desk_close(&d);
}

PROMISE(alert_again, "when its reason went away and came back, a warning is raised anew, even one that a person closed")
{
	struct desk d;
	desk_open(&d, house, alerts);
	struct raising r = filling(&d, "clock 1 48");
	r.prefix = "clock 1 ";
	for (int i = 0; i < 3; i++) {
		raise_alert(&d, r);
		assert_int_equal(listed(&d, "open=true"), 1);
		if (i == 1) {
			struct reply open = get(d.reader, at(&d, "/alerts?open=true"));
			post(d.operator, at(&d, "/alerts/%.*s/close", STR(json_at(&open, "items.0.id"))), "{}");
		}
		assert_int_equal(store_write(house->store, d.community, &house->arena, settle, &r), 0);
		assert_int_equal(listed(&d, "open=true"), 0);
	}
	assert_int_equal(listed(&d, ""), 3);
	desk_close(&d);
}

PROMISE(alert_elsewhere, "another community's warning does not exist")
{
	struct desk d;
	desk_open(&d, house, alerts);
	raise_alert(&d, filling(&d, "a"));
	struct reply r = get(d.reader, at(&d, "/alerts"));
	r = post(d.stranger, there(&d, "/alerts/%.*s/close", STR(json_at(&r, "items.0.id"))), "{}");
	assert_reply(r, 404, "not_found");
	assert_int_equal(listed(&d, "open=true"), 1);
	desk_close(&d);
}

/* ---- Receivers: a mail server and a web server that know just enough ------------------------------- */

struct receiver {
	int         socket, port, connections, status;    /* status: what the web server answers, and where it points */
	bool        mail;
	pthread_t   thread;
	char        heard[16384];
	size_t      len;
};

static void say(int fd, const char *text)
{
	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

/* More bytes, or false when the other end has gone. */
static bool hear(struct receiver *rc, int fd)
{
	ssize_t n = read(fd, rc->heard + rc->len, sizeof rc->heard - 1 - rc->len);
	if (n <= 0)
		return false;
	rc->len += (size_t)n;
	rc->heard[rc->len] = '\0';
	return true;
}

static void serve_mail(struct receiver *rc, int fd)
{
	bool in_data = false;
	size_t line = rc->len;
	say(fd, "220 test\r\n");
	while (hear(rc, fd))
		for (char *end; (end = strstr(rc->heard + line, "\r\n"));) {
			const char *said = rc->heard + line;
			bool dot = strncmp(said, ".\r", 2) == 0, data = strncmp(said, "DATA", 4) == 0;
			if (!in_data || dot)
				say(fd, data ? "354 go on\r\n" : "250 fine\r\n");
			in_data = in_data ? !dot : data;
			line = (size_t)(end + 2 - rc->heard);
		}
}

static void serve_web(struct receiver *rc, int fd)
{
	char answer[200];
	const char *body, *length;
	while (hear(rc, fd)) {
		if (!(body = strstr(rc->heard, "\r\n\r\n")) || !(length = strstr(rc->heard, "Content-Length: ")))
			continue;
		if (strlen(body + 4) >= strtoul(length + 16, NULL, 10))
			break;
	}
	snprintf(answer, sizeof answer, "HTTP/1.1 %d x\r\nLocation: http://127.0.0.1:%d/again\r\nContent-Length: 0\r\n"
	         "Connection: close\r\n\r\n", rc->status, rc->port);
	say(fd, answer);
}

static void *receive(void *arg)
{
	struct receiver *rc = arg;
	for (int fd; (fd = accept(rc->socket, NULL, NULL)) >= 0; close(fd)) {
		rc->connections++;
		rc->len = 0;
		(rc->mail ? serve_mail : serve_web)(rc, fd);
	}
	return NULL;
}

static void receiver_open(struct receiver *rc, bool mail, int status)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof address;
	*rc = (struct receiver){ .socket = socket(AF_INET, SOCK_STREAM, 0), .mail = mail, .status = status };
	assert_int_equal(bind(rc->socket, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(rc->socket, 4), 0);
	assert_int_equal(getsockname(rc->socket, (struct sockaddr *)&address, &len), 0);
	rc->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&rc->thread, NULL, receive, rc), 0);
}

/* After this, what it heard is ours alone. */
static void receiver_close(struct receiver *rc)
{
	shutdown(rc->socket, SHUT_RDWR);
	pthread_join(rc->thread, NULL);
	close(rc->socket);
}

/* ---- Sending ---------------------------------------------------------------------------------------------- */

static struct settings *settings_of(struct house *house, const char *const *flags)
{
	static const struct setting *const tables[] = { http_settings, notify_settings, NULL };
	char *argv[20] = { (char *)(uintptr_t)"quntu" };
	int argc = 1;
	struct settings *settings;
	struct str why;
	for (; *flags; flags++)
		argv[argc++] = (char *)(uintptr_t)*flags;
	assert_int_equal(settings_read(tables, "/nonexistent", false, &argc, argv, LANG_EN, &house->arena, &settings, &why), 0);
	return settings;
}

static void warn_at(struct desk *d, const char *email, const char *webhook)
{
	struct reply r = put(d->admin, at(d, "/community"), text(d,
		"{\"name\":\"驾校\",\"timezone\":\"Asia/Shanghai\",\"warn_email\":\"%s\",\"warn_webhook\":\"%s\"}", email, webhook));
	if (r.status != 200)
		fail_msg("community: %d %.*s", r.status, STR(r.body));
}

static QUERY(job_errors, READS, &row_text_item, TAKES(K_ID), "SELECT last_error AS item FROM job WHERE community_id = ?1");

struct waiting { struct id community; struct rows errors; };

static int read_waiting(struct tx *tx, void *arg)
{
	struct waiting *w = arg;
	return tx_all(tx, &job_errors, &w->errors, V(w->community));
}

/* Why the one job that is left did not succeed; "" when none is left. */
static struct str trouble(struct desk *d)
{
	struct waiting w = { d->community, { 0 } };
	assert_true(store_read(d->house->store, &d->house->arena, read_waiting, &w) >= 0);
	assert_in_range(w.errors.count, 0, 1);
	return w.errors.count ? ((struct text_item *)w.errors.at)[0].item : S("");
}

PROMISE(alert_webhook, "a warning is posted as JSON with a sentence and a link for people")
{
	struct desk d;
	struct receiver rc;
	desk_open(&d, house, alerts);
	receiver_open(&rc, false, 204);
	struct settings *settings = settings_of(house, (const char *const[]){
		"--webhook-private", "true", "--public-url", "https://q.example.com/", NULL });
	warn_at(&d, "", text(&d, "http://127.0.0.1:%d/robot", rc.port));
	raise_alert(&d, filling(&d, "a"));
	assert_int_equal(jobs_run_due(house->store, settings, alerts), 1);
	receiver_close(&rc);
	assert_int_equal(rc.connections, 1);
	assert_non_null(strstr(rc.heard, "POST /robot HTTP/1.1\r\n"));
	assert_non_null(strstr(rc.heard, "Content-Type: application/json"));
	struct reply told = { .body = str_of(strstr(rc.heard, "\r\n\r\n") + 4), .arena = &house->arena };
	assert_str(json_at(&told, "event"), "alert");
	assert_str(json_at(&told, "subject"), "会员活码 · 会员群 3 快满了");
	assert_str(json_at(&told, "community"), "驾校");
	assert_str(json_at(&told, "n"), "12");
	assert_str(json_at(&told, "link"), text(&d, "https://q.example.com/c/%lld/codes/900", (long long)d.community.n));
	assert_str(json_at(&told, "text"), text(&d, "会员活码 · 会员群 3 快满了\n\n社群：驾校\n时间：2099 年 1 月 1 日 00:00\n"
		"还剩：12 个位置，最近每天约 40 人加入\n怎么办：给活码加上下一个群，或者把这个群清一清、调高上限。\n\n"
		"去处理：https://q.example.com/c/%lld/codes/900\n", (long long)d.community.n));
	assert_str(trouble(&d), "");
	desk_close(&d);
}

PROMISE(alert_report, "what a visitor reported stands in the text, whole; what is urgent says so")
{
	struct desk d;
	struct receiver rc;
	desk_open(&d, house, alerts);
	receiver_open(&rc, false, 200);
	struct settings *settings = settings_of(house, (const char *const[]){ "--webhook-private", "true", NULL });
	warn_at(&d, "", text(&d, "http://127.0.0.1:%d/", rc.port));
	struct raising r = filling(&d, "report 1");
	r.alert.kind = S("report"), r.alert.level = S("late"), r.alert.more = S("有人\n骗钱 <b>"), r.alert.due = (struct instant){ 1 };
	raise_alert(&d, r);
	assert_int_equal(jobs_run_due(house->store, settings, alerts), 1);
	receiver_close(&rc);
	struct reply told = { .body = str_of(strstr(rc.heard, "\r\n\r\n") + 4), .arena = &house->arena };
	assert_str(json_at(&told, "subject"), "紧急：会员活码 被访客举报了");
	assert_str(json_at(&told, "more"), "有人\n骗钱 <b>");
	assert_non_null(strstr(str_z(&house->arena, json_at(&told, "text")), "访客说：有人\n骗钱 <b>\n"));
	desk_close(&d);
}

PROMISE(alert_webhook_fails, "any answer but 2xx is tried again, and a redirect is not followed")
{
	clock_set(clock_now());                       /* what failed before is not due again */
	static const int answers[] = { 500, 302 };
	for (size_t i = 0; i < 2; i++) {
		struct desk d;
		struct receiver rc;
		desk_open(&d, house, alerts);
		receiver_open(&rc, false, answers[i]);
		struct settings *settings = settings_of(house, (const char *const[]){ "--webhook-private", "true", NULL });
		warn_at(&d, "", text(&d, "http://127.0.0.1:%d/robot", rc.port));
		raise_alert(&d, filling(&d, "a"));
		assert_int_equal(jobs_run_due(house->store, settings, alerts), 1);
		receiver_close(&rc);
		assert_int_equal(rc.connections, 1);
		assert_str(trouble(&d), text(&d, "the receiver answered %d", answers[i]));
		desk_close(&d);
	}
}

PROMISE(alert_webhook_private, "without the administrator's word nothing inside is knocked at, whatever the address is called")
{
	clock_set(clock_now());                       /* what failed before is not due again */
	static const char *const hosts[] = { "127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433" };
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct desk d;
		struct receiver rc;
		desk_open(&d, house, alerts);
		receiver_open(&rc, false, 204);
		struct settings *settings = settings_of(house, (const char *const[]){ NULL });
		warn_at(&d, "", text(&d, "http://%s:%d/", hosts[i], rc.port));
		raise_alert(&d, filling(&d, "a"));
		assert_int_equal(jobs_run_due(house->store, settings, alerts), 1);
		receiver_close(&rc);
		assert_int_equal(rc.connections, 0);
		assert_str(trouble(&d), "the address leads into a private network: see the setting webhook_private");
		desk_close(&d);
	}
}

PROMISE(alert_email, "a warning arrives as a mail whose subject and text are whole")
{
	struct desk d;
	struct receiver rc;
	desk_open(&d, house, alerts);
	receiver_open(&rc, true, 0);
	struct settings *settings = settings_of(house, (const char *const[]){
		"--smtp-url", text(&d, "smtp://127.0.0.1:%d", rc.port), "--smtp-from", "quntu@example.com", NULL });
	warn_at(&d, "boss@example.com", "");
	raise_alert(&d, filling(&d, "a"));
	assert_int_equal(jobs_run_due(house->store, settings, alerts), 1);
	receiver_close(&rc);
	assert_non_null(strstr(rc.heard, "MAIL FROM:<quntu@example.com>"));
	assert_non_null(strstr(rc.heard, "RCPT TO:<boss@example.com>"));
	assert_non_null(strstr(rc.heard, "\r\nTo: boss@example.com\r\n"));
	assert_non_null(strstr(rc.heard, "\r\nSubject: =?UTF-8?Q?=E3=80=90=E7=BE=A4=E5=9B=BE"));
	assert_non_null(strstr(rc.heard, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"));
	assert_non_null(strstr(rc.heard, "5Lya5ZGY5rS756CB"));      /* 会员活码 */
	for (const char *line = rc.heard, *end; (end = strstr(line, "\r\n")); line = end + 2)
		assert_in_range(end - line, 0, 200);
	assert_str(trouble(&d), "");
	desk_close(&d);
}

PROMISE(alert_email_unset, "a mail that nobody can carry stays, and says which setting is missing")
{
	struct desk d;
	desk_open(&d, house, alerts);
	warn_at(&d, "boss@example.com", "");
	raise_alert(&d, filling(&d, "a"));
	assert_int_equal(jobs_run_due(house->store, settings_of(house, (const char *const[]){ NULL }), alerts), 1);
	assert_str(trouble(&d), "no mail server is set: see the settings smtp_url and smtp_from");
	desk_close(&d);
}

PROMISE(alert_closed_first, "a warning that was closed before it was sent is not sent")
{
	struct desk d;
	struct receiver rc;
	desk_open(&d, house, alerts);
	receiver_open(&rc, false, 204);
	struct settings *settings = settings_of(house, (const char *const[]){ "--webhook-private", "true", NULL });
	warn_at(&d, "", text(&d, "http://127.0.0.1:%d/", rc.port));
	struct raising r = filling(&d, "a");
	raise_alert(&d, r);
	r.prefix = "a";
	assert_int_equal(store_write(house->store, d.community, &house->arena, settle, &r), 0);
	assert_int_equal(jobs_run_due(house->store, settings, alerts), 1);
	receiver_close(&rc);
	assert_int_equal(rc.connections, 0);
	assert_str(trouble(&d), "");
	desk_close(&d);
}

/* ---- Addresses --------------------------------------------------------------------------------------------- */

TEST(alert_addresses, "which addresses are nobody's business")
{
	static const struct { const char *address; bool private; } table[] = {
		{ "127.0.0.1", true }, { "10.1.2.3", true }, { "172.16.0.1", true }, { "172.31.255.255", true }, { "172.32.0.1", false },
		{ "192.168.1.1", true }, { "169.254.169.254", true }, { "100.64.0.1", true }, { "100.128.0.1", false },
		{ "0.0.0.0", true }, { "224.0.0.1", true }, { "255.255.255.255", true }, { "8.8.8.8", false }, { "198.18.0.1", true },
		{ "::", true }, { "::1", true }, { "fe80::1", true }, { "fc00::1", true }, { "fd12::1", true }, { "ff02::1", true },
		{ "::ffff:127.0.0.1", true }, { "::ffff:8.8.8.8", false }, { "64:ff9b::a00:1", true }, { "2002:7f00:1::", true },
		{ "2400:3200::1", false },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct sockaddr_storage s = { 0 };
		struct sockaddr_in *v4 = (struct sockaddr_in *)&s;
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&s;
		bool six = strchr(table[i].address, ':');
		s.ss_family = six ? AF_INET6 : AF_INET;
		assert_int_equal(inet_pton(s.ss_family, table[i].address, six ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr), 1);
		if (address_is_private((struct sockaddr *)&s) != table[i].private)
			fail_msg("%s", table[i].address);
	}
}
