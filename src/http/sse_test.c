/* sse_test.c: news for open browsers. */
#include <unistd.h>
#include "browser.h"
#include "http/try.h"
#include "test.h"

static const struct id ann = { 11 }, bo = { 12 }, here = { 7 }, there = { 8 };

static struct site *open_site(struct house *house)
{
	struct site *site = site_open(house, try_features, NULL, NULL);
	site_member(site, ann, here, ROLE_OWNER, LANG_ZH);
	site_member(site, ann, there, ROLE_READER, LANG_ZH);
	site_member(site, bo, here, ROLE_READER, LANG_ZH);
	return site;
}

/* A stream of this browser's session; reads up to the first comment. */
static int listen_to(struct site *site, struct browser *b, struct id community, struct str *ret_head, char *room,
                     size_t size)
{
	char text[400];
	int fd = raw_open(site);
	snprintf(text, sizeof text, "GET /api/c/%lld/live HTTP/1.1\r\nHost: a\r\nCookie: quntu_session=%.*s\r\n\r\n",
	         (long long)community.n, STR(browser_cookie_value(b, "quntu_session")));
	raw_send(fd, text);
	*ret_head = raw_read(fd, room, size, "\r\n\r\n");
	if (str_starts(*ret_head, S("HTTP/1.1 200")) && !memmem(room, ret_head->len, "here\n\n", 6))
		ret_head->len += raw_read(fd, room + ret_head->len, size - ret_head->len, "here\n\n").len;
	return fd;
}

static int count(struct str text, const char *word)
{
	int n = 0;
	for (const char *at = text.at; (at = memmem(at, text.len - (size_t)(at - text.at), word, strlen(word))); at++)
		n++;
	return n;
}

PROMISE(live_news, "who watches a community hears its topics, each once however often it changed, and nobody else's")
{
	struct site *site = open_site(house);
	struct browser *a = browser_open(site);
	browser_sign_in(a, ann);
	char room[4000];
	struct str got;
	int fd = listen_to(site, a, here, &got, room, sizeof room);
	assert_true(str_starts(got, S("HTTP/1.1 200")));
	assert_int_equal(count(got, "Content-Type: text/event-stream"), 1);
	live_tell(site_server(site), there, "groups");
	live_tell(site_server(site), here, "codes");
	got = raw_read(fd, room, sizeof room, "data: codes\n\n");
	assert_int_equal(count(got, "event: changed\ndata: codes\n\n"), 1);
	assert_int_equal(count(got, "groups"), 0);
	usleep(50000);
	for (int i = 0; i < 20000; i++)
		live_tell(site_server(site), here, i % 2 ? "codes" : "scans");
	live_tell(site_server(site), here, "last");
	got = raw_read(fd, room, sizeof room, "data: last\n\n");
	assert_true(count(got, "data: ") < 20000 && count(got, "data: scans") >= 1);
	close(fd);
	browser_close(a);
	site_close(site);
}

PROMISE(live_many_topics, "more topics than there are bits become one: everything")
{
	struct site *site = open_site(house);
	struct browser *a = browser_open(site);
	browser_sign_in(a, ann);
	char room[8000], topic[60];
	struct str got;
	int fd = listen_to(site, a, here, &got, room, sizeof room);
	for (int i = 0; i < 100; i++) {
		snprintf(topic, sizeof topic, "topic%d", i);
		live_tell(site_server(site), here, topic);
	}
	got = raw_read(fd, room, sizeof room, "data: topic62\n\n");
	assert_int_equal(count(got, "data: topic63\n"), 0);
	assert_int_equal(count(got, "data: topic62\n"), 1);
	live_tell(site_server(site), here, "one more");
	got = raw_read(fd, room, sizeof room, "data: everything\n\n");
	assert_true(count(got, "data: everything\n") >= 1);
	close(fd);
	browser_close(a);
	site_close(site);
}

PROMISE(live_limits, "an account has ten streams; one more takes the place of its oldest, and of nobody else's")
{
	struct site *site = open_site(house);
	struct browser *a = browser_open(site), *b = browser_open(site);
	browser_sign_in(a, ann);
	browser_sign_in(b, bo);
	char room[4000];
	struct str got;
	int fds[LIVE_PER_ACCOUNT + 1];
	int other = listen_to(site, b, here, &got, room, sizeof room);
	for (int i = 0; i <= LIVE_PER_ACCOUNT; i++) {
		fds[i] = listen_to(site, a, here, &got, room, sizeof room);
		assert_true(str_starts(got, S("HTTP/1.1 200")));
	}
	got = raw_read(fds[0], room, sizeof room, "0\r\n\r\n");
	assert_int_equal(count(got, "0\r\n\r\n"), 1);
	live_tell(site_server(site), here, "codes");
	for (int i = 1; i <= LIVE_PER_ACCOUNT; i++) {
		got = raw_read(fds[i], room, sizeof room, "data: codes\n\n");
		assert_int_equal(count(got, "data: codes\n"), 1);
	}
	got = raw_read(other, room, sizeof room, "data: codes\n\n");
	assert_int_equal(count(got, "data: codes\n"), 1);
	for (int i = 0; i <= LIVE_PER_ACCOUNT; i++)
		close(fds[i]);
	close(other);
	browser_close(a), browser_close(b);
	site_close(site);
}

PROMISE(live_process_limit, "a process has five hundred streams and not one more")
{
	enum { ACCOUNTS = LIVE_MOST / LIVE_PER_ACCOUNT };
	static int fds[LIVE_MOST];
	struct site *site = open_site(house);
	struct browser *b = browser_open(site);
	char room[4000];
	struct str got;
	for (int i = 0; i < ACCOUNTS; i++) {
		struct id account = { 100 + i };
		site_member(site, account, here, ROLE_READER, LANG_ZH);
		browser_sign_in(b, account);
		for (int j = 0; j < LIVE_PER_ACCOUNT; j++) {
			fds[i * LIVE_PER_ACCOUNT + j] = listen_to(site, b, here, &got, room, sizeof room);
			assert_true(str_starts(got, S("HTTP/1.1 200")));
		}
	}
	browser_sign_in(b, ann);
	struct reply r = get(b, "/api/c/7/live");
	assert_reply(r, 503, "busy");
	live_tell(site_server(site), here, "codes");
	for (int i = 0; i < LIVE_MOST; i++) {
		got = raw_read(fds[i], room, sizeof room, "data: codes\n\n");
		assert_int_equal(count(got, "data: codes\n"), 1);
		close(fds[i]);
	}
	browser_close(b);
	site_close(site);
}

PROMISE(live_pings, "a stream is pinged while its session stands, and ends when it does not")
{
	struct site *site = open_site(house);
	struct browser *a = browser_open(site), *b = browser_open(site), *c = browser_open(site);
	browser_sign_in(a, ann), browser_sign_in(b, ann), browser_sign_in(c, bo);
	char room[4000];
	struct str got;
	int stays = listen_to(site, a, here, &got, room, sizeof room);
	int ends = listen_to(site, b, here, &got, room, sizeof room);
	int removed = listen_to(site, c, here, &got, room, sizeof room);
	struct reply r = post(b, "/api/leave", NULL);
	assert_int_equal(r.status, 204);
	site_forget(site, bo);
	live_tick(site_server(site), clock_steady() + 2 * LIVE_PING);
	got = raw_read(ends, room, sizeof room, "0\r\n\r\n");
	assert_int_equal(count(got, "0\r\n\r\n"), 1);
	got = raw_read(removed, room, sizeof room, "0\r\n\r\n");
	assert_int_equal(count(got, "0\r\n\r\n"), 1);
	got = raw_read(stays, room, sizeof room, "here\n\n");
	assert_true(count(got, ": still here") >= 1);           /* its own time may have come before ours */
	close(stays), close(ends), close(removed);
	browser_close(a), browser_close(b), browser_close(c);
	site_close(site);
}

PROMISE(live_and_stopping, "a server with open streams stops, and the streams end")
{
	struct site *site = open_site(house);
	struct browser *a = browser_open(site);
	browser_sign_in(a, ann);
	char room[4000];
	struct str got;
	int fds[5];
	for (int i = 0; i < 5; i++)
		fds[i] = listen_to(site, a, here, &got, room, sizeof room);
	site_close(site);
	for (int i = 0; i < 5; i++) {
		got = raw_read(fds[i], room, sizeof room, NULL);
		assert_int_equal(count(got, "0\r\n\r\n"), 1);
		close(fds[i]);
	}
}
