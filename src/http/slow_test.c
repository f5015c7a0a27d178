/* slow_test.c: clients that take their time, a store that does, and a server that is told to stop. */
#include <stdatomic.h>
#include <unistd.h>
#include "browser.h"
#include "http/try.h"
#include "test.h"

#define DRIP_MS 60

/* Sends a byte now and then until the other end closed, at most `most`: how long it was let. */
static int64_t drip(struct site *site, const char *start, int most)
{
	int64_t before = clock_steady();
	int fd = raw_open(site);
	raw_send(fd, start);
	while (raw_silent(fd, DRIP_MS) && most-- > 0)
		raw_send(fd, "x");
	close(fd);
	return clock_steady() - before;
}

PROMISE(silent_clients, "a client that says nothing is cut after the idle time-out")
{
	static const char begun[] = "POST /api/note HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{";
	struct site *strict = site_open(house, try_features, NULL, "idle_timeout_s=1"), *patient = site_open(house, try_features, NULL, NULL);
	char room[2000];
	int fd = raw_open(strict), other = raw_open(patient);
	int64_t start = clock_steady();
	raw_send(fd, begun), raw_send(other, begun);
	assert_int_equal(raw_read(fd, room, sizeof room, NULL).len, 0);
	assert_true(clock_steady() - start >= 500);
	assert_false(raw_silent(fd, 0));                        /* that was the end */
	assert_true(raw_silent(other, 0));
	close(fd), close(other);
	site_close(strict), site_close(patient);
}

PROMISE(dripping_clients, "a client that drips is never idle, and is cut at the deadline all the same")
{
	struct site *site = site_open(house, try_features, NULL, NULL);
	struct server *server = site_server(site);
	const int forever = PATIENCE / DRIP_MS;
	server->head_deadline = server->body_deadline = SECOND / 3;   /* not a minute: a test cannot wait */
	assert_in_range(drip(site, "GET /api/who HTTP/1.1\r\nX-Slow: ", forever), SECOND / 3, PATIENCE - SECOND);
	assert_in_range(drip(site, "POST /api/note HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n{", forever), SECOND / 3, PATIENCE - SECOND);
	server->head_deadline = server->body_deadline = HOUR;
	assert_true(drip(site, "POST /api/note HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n{", 20) >= 21 * DRIP_MS);
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
		if (i < 16)
			assert_true(raw_read(fds[i], room, sizeof room, "}").len > 0);
	}
	assert_true(raw_silent(fds[16], A_WHILE));
	close(fds[0]);
	assert_true(str_starts(raw_read(fds[16], room, sizeof room, "}"), S("HTTP/1.1 200")));
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
			assert_true(str_starts(raw_read(fds[i], room, sizeof room, "\r\n\r\n"), S("HTTP/1.1 302")));
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
		assert_true(str_starts(raw_read(fds[i], room, sizeof room, "\r\n\r\n"), S("HTTP/1.1 302")));
		raw_send(fds[i], "GET /g/abc HTTP/1.1\r\nHost: a\r\n\r\n");
	}
	site_close(site);
	for (int i = 0; i < 32; i++) {
		struct str got = raw_read(fds[i], room, sizeof room, "\r\n\r\n");
		assert_true(got.len == 0 || str_starts(got, S("HTTP/1.1 302")) || str_starts(got, S("HTTP/1.1 503")));
		close(fds[i]);
	}
}

/* ---- Writes that wait ---- */

/* Holds the lane of short links, so that scans wait. */
struct plug { struct work work; struct arena arena; _Atomic bool in, out, done; };

static int plug_act(struct tx *tx, void *arg)
{
	struct plug *p = arg;
	(void)tx;
	p->in = true;
	(void)comes(p->out);
	return 0;
}

static void plug_done(struct work *work, int result)
{
	(void)result;
	((struct plug *)work->arg)->done = true;
}

/* `slug` chooses the lane, as life.c does: the hash of its letters. */
static void plug_in(struct house *house, struct plug *p, const char *slug)
{
	uint64_t sum = 0;
	for (; *slug; slug++)
		sum = sum * 31 + (unsigned char)*slug;
	arena_init(&p->arena, 64 * 1024);
	p->work = (struct work){ .community = { (int64_t)(sum >> 1) }, .arena = &p->arena, .action = plug_act, .arg = p,
		.done = plug_done };
	assert_true(store_submit_write(house->store, &p->work));
	assert_true(comes(p->in));
}

static void plug_out(struct plug *p)
{
	p->out = true;
	assert_true(comes(p->done));
	arena_free(&p->arena);
}

/* Not a farewell but a reset: the server hears of it while the write is under way. */
static void vanish(int fd)
{
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	close(fd);
}

#define SCAN "GET /g/abc HTTP/1.1\r\nHost: a\r\nUser-Agent: a long name that must outlive its connection\r\n\r\n"

/* Replies of a pipeline, which may come together. */
static int redirects(int fd, int most)
{
	char room[4000];
	int n = 0;
	for (struct str got = { .len = 1 }; got.len && n < most;) {
		got = raw_read(fd, room, sizeof room, "\r\n\r\n");
		for (size_t i = 0; i + 12 <= got.len; i++)
			n += memcmp(got.at + i, "HTTP/1.1 302", 12) == 0;
	}
	return n;
}

PROMISE(waiting_crowd, "400 phones wait for their write, half of them leave meanwhile: the others are answered, in pipelines too")
{
	enum { PHONES = 400 };
	struct site *site = site_open(house, try_features, NULL, NULL);
	struct plug plug = { 0 };
	int fds[PHONES];
	for (int i = 0; i < PHONES; i++)
		fds[i] = raw_open(site);
	plug_in(house, &plug, "abc");
	for (int i = 0; i < PHONES; i++)
		raw_send(fds[i], i % 4 ? SCAN : SCAN SCAN);
	struct browser *b = browser_open(site);
	struct reply r = get(b, "/api/who");                    /* who does not write does not wait */
	assert_int_equal(r.status, 200);
	for (int i = 1; i < PHONES; i += 2)
		vanish(fds[i]);
	usleep(100000);
	plug_out(&plug);
	for (int i = 0; i < PHONES; i += 2)
		assert_int_equal(redirects(fds[i], i % 4 ? 1 : 2), i % 4 ? 1 : 2);
	for (int i = 0; i < PHONES; i += 2)
		close(fds[i]);
	browser_close(b);
	site_close(site);
}

static bool answered(struct site *site)
{
	int fd = raw_open(site);
	raw_send(fd, SCAN);
	bool well = redirects(fd, 1) == 1;
	close(fd);
	return well;
}

PROMISE(waiting_too_long, "who waits past the idle time-out is cut; the write goes on, and the server too")
{
	struct site *site = site_open(house, try_features, NULL, "idle_timeout_s=1");
	struct plug plug = { 0 };
	char room[2000];
	int fd = raw_open(site);
	plug_in(house, &plug, "abc");
	raw_send(fd, SCAN);
	assert_int_equal(raw_read(fd, room, sizeof room, "\r\n\r\n").len, 0);
	assert_false(raw_silent(fd, 0));                        /* that was the end */
	plug_out(&plug);
	close(fd);
	assert_true(comes(answered(site)));                     /* in less than a second, once the machine is not too busy */
	site_close(site);
}

static void *plug_out_soon(void *plug)
{
	usleep(200000);
	plug_out(plug);
	return NULL;
}

PROMISE(stopping_with_waiters, "a server that stops while writes wait answers them first")
{
	struct site *site = site_open(house, try_features, NULL, NULL);
	struct plug plug = { 0 };
	pthread_t soon;
	int fds[8];
	char room[2000];
	plug_in(house, &plug, "abc");
	for (int i = 0; i < 8; i++) {
		fds[i] = raw_open(site);
		raw_send(fds[i], SCAN);
	}
	assert_true(comes(site_server(site)->lent == 8));
	vanish(fds[7]);
	assert_int_equal(pthread_create(&soon, NULL, plug_out_soon, &plug), 0);
	site_close(site);
	pthread_join(soon, NULL);
	for (int i = 0; i < 7; i++) {
		assert_true(str_starts(raw_read(fds[i], room, sizeof room, "\r\n\r\n"), S("HTTP/1.1 302")));
		close(fds[i]);
	}
}
