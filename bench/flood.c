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
	struct line      *lines, *idle[FLOOD_MOST];
	double           *ms, rate, began;        /* rate 0: as fast as they are answered */
	int               poll, open, idle_count;
	bool              over;
};

/* When the next one is to leave, whoever has been answered. */
static double next_due(const struct flood *f) { return f->began + (double)f->next / f->rate; }

static bool send_next(struct flood *f, struct line *l)
{
	double now = bench_seconds();
	if (f->over || f->next == f->count)
		return false;
	if (f->rate > 0 && next_due(f) > now) {
		f->idle[f->idle_count++] = l;
		return true;
	}
	l->got = 0, l->need = SIZE_MAX, l->sent = f->rate > 0 ? next_due(f) : now;
	struct str r = f->requests[f->next++];
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

/* Those that wait for their time. */
static void wake(struct flood *f)
{
	while (f->idle_count && (f->over || f->next == f->count || next_due(f) <= bench_seconds())) {
		struct line *l = f->idle[--f->idle_count];
		if (!send_next(f, l))
			hang_up(f, l);
	}
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
	f->began = bench_seconds();
	for (int i = 0; i < connections; i++)
		if (!send_next(f, &f->lines[i]))
			hang_up(f, &f->lines[i]);
	return 0;
}

static double percentile(double *sorted, size_t count, double share)
{
	return count ? sorted[(size_t)(share * (double)(count - 1) + 0.5)] : 0;
}

static int flood(struct flood f, int port, int connections, double seconds, struct load *ret)
{
	f.poll = epoll_create1(EPOLL_CLOEXEC);
	f.lines = mem_take((size_t)connections * sizeof *f.lines);
	f.ms = mem_take((f.count + 1) * sizeof *f.ms);
	int r = f.lines && f.ms && f.poll >= 0 ? begin(&f, port, connections) : E_MEMORY;
	double began = bench_seconds(), now = began;
	while (r == 0 && f.open > 0) {
		struct epoll_event heard[FLOOD_MOST];
		int n = epoll_wait(f.poll, heard, FLOOD_MOST, f.idle_count ? 1 : 5000);
		for (int i = 0; i < n; i++)
			hear(&f, heard[i].data.ptr);
		now = bench_seconds();
		f.over = now > began + seconds;
		r = n == 0 && !f.idle_count ? E_BUSY : 0;
		wake(&f);
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

int bench_flood(int port, const struct str *requests, size_t count, int connections, double seconds, struct load *ret)
{
	return flood((struct flood){ .requests = requests, .count = count }, port, connections, seconds, ret);
}

int bench_flood_at(int port, double rate, const struct str *requests, size_t count, int connections, struct load *ret)
{
	return flood((struct flood){ .requests = requests, .count = count, .rate = rate }, port, connections, (double)count / rate + 5, ret);
}
