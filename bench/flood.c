/* flood.c: a load of prepared requests; see flood.h.
 *
 * wrk asks the same thing again and again, or pays for a script with each request; a help is counted once, so every request
 * must be another person's. They are put together before, and this loop only sends, and waits for the end of each reply.
 */
#include "bench/flood.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench/caller.h"

#define REPLY_ROOM (64 << 10)

struct line { int fd; size_t got, need; double sent; char reply[REPLY_ROOM]; };

struct flood {
	const struct str *requests;
	size_t            count, next, done, errors;
	struct line      *lines;
	double           *ms;
	int               poll, open;
	bool              over;
};

static bool send_next(struct flood *f, struct line *l)
{
	if (f->over || f->next == f->count)
		return false;
	struct str r = f->requests[f->next++];
	l->got = 0, l->need = SIZE_MAX, l->sent = bench_seconds();
	return send(l->fd, r.at, r.len, MSG_NOSIGNAL) == (ssize_t)r.len;      /* smaller than any socket's buffer */
}

static void hang_up(struct flood *f, struct line *l)
{
	close(l->fd);
	l->fd = -1;
	f->open--;
}

/* How long is the whole reply? Known once its head is here. */
static void measure(struct line *l)
{
	const char *end = memmem(l->reply, l->got, "\r\n\r\n", 4);
	const char *length = end ? memmem(l->reply, (size_t)(end - l->reply), "\r\nContent-Length: ", 18) : NULL;
	if (end)
		l->need = (size_t)(end - l->reply) + 4 + (length ? strtoul(length + 18, NULL, 10) : 0);
}

static void hear(struct flood *f, struct line *l)
{
	ssize_t n = recv(l->fd, l->reply + l->got, REPLY_ROOM - 1 - l->got, 0);
	if (n <= 0) {
		f->errors++;
		hang_up(f, l);
		return;
	}
	l->got += (size_t)n;
	l->reply[l->got] = '\0';
	if (l->need == SIZE_MAX)
		measure(l);
	if (l->got < l->need)
		return;
	f->errors += strncmp(l->reply + 8, " 200", 4) != 0;
	f->ms[f->done++] = (bench_seconds() - l->sent) * 1000;
	if (!send_next(f, l))
		hang_up(f, l);
}

static int begin(struct flood *f, int port, int connections)
{
	for (int i = 0; i < connections; i++) {
		struct line *l = &f->lines[i];
		struct epoll_event wanted = { .events = EPOLLIN, .data.ptr = l };
		l->fd = caller_connect(port);
		if (l->fd < 0 || epoll_ctl(f->poll, EPOLL_CTL_ADD, l->fd, &wanted) < 0)
			return E_STORE;
		f->open++;
	}
	for (int i = 0; i < connections; i++)
		if (!send_next(f, &f->lines[i]))
			hang_up(f, &f->lines[i]);
	return 0;
}

static double percentile(double *sorted, size_t count, double share)
{
	return count ? sorted[(size_t)(share * (double)(count - 1) + 0.5)] : 0;
}

int bench_flood(int port, const struct str *requests, size_t count, int connections, double seconds, struct load *ret)
{
	struct flood f = { .requests = requests, .count = count, .poll = epoll_create1(EPOLL_CLOEXEC) };
	f.lines = mem_take((size_t)connections * sizeof *f.lines);
	f.ms = mem_take((count + 1) * sizeof *f.ms);
	int r = f.lines && f.ms && f.poll >= 0 ? begin(&f, port, connections) : E_MEMORY;
	double began = bench_seconds(), now = began;
	while (r == 0 && f.open > 0) {
		struct epoll_event heard[FLOOD_MOST];
		int n = epoll_wait(f.poll, heard, FLOOD_MOST, 5000);
		for (int i = 0; i < n; i++)
			hear(&f, heard[i].data.ptr);
		now = bench_seconds();
		f.over = now > began + seconds;
		r = n == 0 ? E_BUSY : 0;
	}
	bench_median(f.ms, f.done);               /* sorts */
	if (r == 0)
		*ret = (struct load){
			.requests_per_s = (double)f.done / (now - began), .requests = (int64_t)f.done, .errors = (int64_t)f.errors,
			.p50_ms = percentile(f.ms, f.done, 0.5), .p90_ms = percentile(f.ms, f.done, 0.9), .p99_ms = percentile(f.ms, f.done, 0.99),
		};
	for (int i = 0; f.lines && i < connections; i++)
		if (f.lines[i].fd > 0)
			close(f.lines[i].fd);
	close(f.poll);
	mem_give(f.lines), mem_give(f.ms);
	return r;
}
