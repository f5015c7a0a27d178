/* slow_test.c: clients that take their time, and a server that is told to stop. */
#include <unistd.h>
#include "browser.h"
#include "http/try.h"
#include "test.h"

/* Sends a byte every 60 ms; how many until the other end closed, at most `most`. */
static int drip(struct site *site, const char *start, int most)
{
	char room[2000];
	int fd = raw_open(site), sent = 0;
	raw_send(fd, start);
	for (; sent < most; sent++) {
		int64_t before = clock_steady();
		raw_send(fd, "x");
		raw_read(fd, room, sizeof room, NULL, 60);
		if (clock_steady() - before < 40)
			break;                              /* readable at once: closed */
	}
	close(fd);
	return sent;
}

PROMISE(silent_clients, "a client that says nothing is cut after the idle time-out")
{
	struct site *site = site_open(house, try_features, NULL, "idle_timeout_s=1");
	char room[2000];
	int fd = raw_open(site);
	int64_t start = clock_steady();
	raw_send(fd, "POST /api/note HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{");
	raw_read(fd, room, sizeof room, NULL, 8000);
	assert_in_range(clock_steady() - start, 500, 6000);
	close(fd);
	site_close(site);
}

PROMISE(dripping_clients, "a client that drips is never idle, and is cut at the deadline all the same")
{
	struct site *site = site_open(house, try_features, NULL, NULL);
	struct server *server = site_server(site);
	server->head_deadline = server->body_deadline = SECOND / 3;   /* not a minute: a test cannot wait */
	assert_in_range(drip(site, "GET /api/who HTTP/1.1\r\nX-Slow: ", 99), 4, 60);
	assert_in_range(drip(site, "POST /api/note HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n{", 99), 4, 60);
	server->head_deadline = server->body_deadline = MINUTE;
	assert_int_equal(drip(site, "POST /api/note HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n{", 20), 20);
	site_close(site);
}

PROMISE(connection_limit, "past the limit of connections a client waits until another goes")
{
	struct site *site = site_open(house, try_features, NULL, "max_connections=16");
	int fds[17];
	char room[2000];
	for (int i = 0; i < 17; i++) {
		fds[i] = raw_open(site);
		raw_send(fds[i], "GET /api/who HTTP/1.1\r\nHost: a\r\n\r\n");
		bool served = raw_read(fds[i], room, sizeof room, "}", i < 16 ? 5000 : 300).len > 0;
		assert_int_equal(served, i < 16);
	}
	close(fds[0]);
	assert_true(str_starts(raw_read(fds[16], room, sizeof room, "}", 5000), S("HTTP/1.1 200")));
	for (int i = 1; i < 17; i++)
		close(fds[i]);
	site_close(site);
}

PROMISE(vanished_clients, "clients that go away in the middle leave nothing behind")
{
	struct site *site = site_open(house, try_features, NULL, NULL);
	static const char *const starts[] = { "", "GET", "GET /g/abc HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /api/note HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{",
		"POST /api/note HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab" };
	for (int i = 0; i < 200; i++) {
		int fd = raw_open(site);
		raw_send(fd, starts[i % 5]);
		close(fd);
	}
	struct browser *b = browser_open(site);
	struct reply r = get(b, "/api/who");
	assert_int_equal(r.status, 200);
	browser_close(b);
	site_close(site);
}

/* More than MHD takes from epoll in one look (128): its own loop let such a crowd wait for half a minute. */
PROMISE(crowd, "300 phones at once are all answered, round after round")
{
	enum { PHONES = 300, ROUNDS = 8 };
	struct site *site = site_open(house, try_features, NULL, NULL);
	int fds[PHONES];
	char room[2000];
	for (int i = 0; i < PHONES; i++)
		fds[i] = raw_open(site);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < PHONES; i++)
			raw_send(fds[i], "GET /g/abc HTTP/1.1\r\nHost: a\r\n\r\n");
		for (int i = 0; i < PHONES; i++)
			assert_true(str_starts(raw_read(fds[i], room, sizeof room, "\r\n\r\n", 8000), S("HTTP/1.1 302")));
	}
	for (int i = 0; i < PHONES; i++)
		close(fds[i]);
	site_close(site);
}

PROMISE(stopping, "a server that stops first answers what it has begun, and takes nothing more")
{
	struct site *site = site_open(house, try_features, NULL, NULL);
	int fds[32];
	for (int i = 0; i < 32; i++) {
		fds[i] = raw_open(site);
		raw_send(fds[i], "GET /g/abc HTTP/1.1\r\nHost: a\r\n\r\n");
	}
	char room[2000];
	for (int i = 0; i < 32; i++) {
		assert_true(str_starts(raw_read(fds[i], room, sizeof room, "\r\n\r\n", 5000), S("HTTP/1.1 302")));
		raw_send(fds[i], "GET /g/abc HTTP/1.1\r\nHost: a\r\n\r\n");
	}
	site_close(site);
	for (int i = 0; i < 32; i++) {
		struct str got = raw_read(fds[i], room, sizeof room, "\r\n\r\n", 5000);
		assert_true(got.len == 0 || str_starts(got, S("HTTP/1.1 302")) || str_starts(got, S("HTTP/1.1 503")));
		close(fds[i]);
	}
}
