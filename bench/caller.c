/* caller.c: one signed-in browser: a kept connection, one request after the other. */
#include "bench/caller.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPLY_MAX (4 << 20)

static bool send_all(int fd, const char *at, size_t len)
{
	for (ssize_t n; len; at += n, len -= (size_t)n)
		if ((n = send(fd, at, len, MSG_NOSIGNAL)) <= 0)
			return false;
	return true;
}

static bool receive(struct caller *v)
{
	size_t need = SIZE_MAX;
	buf_clear(&v->reply);
	while (v->reply.len < need) {
		char part[65536];
		ssize_t n = recv(v->fd, part, sizeof part, 0);
		if (n <= 0)
			return false;
		buf_add(&v->reply, part, (size_t)n);
		const char *end = need == SIZE_MAX ? memmem(v->reply.at, v->reply.len, "\r\n\r\n", 4) : NULL;
		const char *length = end ? memmem(v->reply.at, v->reply.len, "\r\nContent-Length: ", 18) : NULL;
		if (end) {
			v->body = (size_t)(end - v->reply.at) + 4;
			need = v->body + (length && length < end ? strtoul(length + 18, NULL, 10) : 0);
		}
	}
	return !buf_failed(&v->reply);
}

int caller_connect(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The status; the body stands in the reply. < 0: no answer. */
int caller_ask(struct caller *v, const char *method, const char *path, const char *json)
{
	BUF_SCOPED head;
	buf_init(&head, 64 * 1024);
	buf_format(&head, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\nX-Quntu-CSRF: %s\r\n", method, path,
	           v->port, v->cookie, v->csrf);
	if (json)
		buf_format(&head, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(json), json);
	else
		buf_z(&head, "\r\n");
	if (buf_failed(&head) || !send_all(v->fd, head.at, head.len) || !receive(v) || v->reply.len < 12)
		return E_STORE;
	const char *status = v->reply.at + 9;                 /* after "HTTP/1.1 " */
	return (status[0] - '0') * 100 + (status[1] - '0') * 10 + status[2] - '0';
}

/* The text between `before` and the next quote of the reply. */
bool caller_cut(const struct caller *v, const char *before, char end, char *ret, size_t size)
{
	const char *at = memmem(v->reply.at, v->reply.len, before, strlen(before));
	const char *stop = at ? memchr(at + strlen(before), end, v->reply.len - (size_t)(at - v->reply.at) - strlen(before)) : NULL;
	if (!stop || (size_t)(stop - at) >= size)
		return false;
	snprintf(ret, size, "%.*s", (int)(stop - at - (ptrdiff_t)strlen(before)), at + strlen(before));
	return true;
}

int caller_sign_in(struct caller *v, int port)
{
	v->port = port;
	buf_init(&v->reply, REPLY_MAX);
	v->fd = caller_connect(port);
	if (v->fd < 0 || caller_ask(v, "POST", "/api/login", "{\"name\":\"" BENCH_NAME "\",\"password\":\"" BENCH_PASSWORD "\"}") / 100 != 2)
		return E_STORE;
	return caller_cut(v, "Set-Cookie: ", ';', v->cookie, sizeof v->cookie) &&
	       caller_cut(v, "\"csrf\":\"", '"', v->csrf, sizeof v->csrf) ? 0 : E_STORE;
}

void caller_leave(struct caller *v)
{
	buf_free(&v->reply);
	if (v->fd >= 0)
		close(v->fd);
}
