/* sink.c: see sink.h. A thread for each connection; everything under one lock. */
#include "sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINES    64               /* connections at a time */
#define HEAD_MAX 8192

struct line { struct sink *sink; int fd; bool used; char queue[48]; };

struct sink {
	pthread_mutex_t   lock;
	pthread_cond_t    quiet;
	struct sink_mood  mood;
	unsigned          seed;
	int               fd, port, crossed, open;
	bool              closing;
	struct sink_word *words;
	size_t            count, room;
	int64_t           taken;
	struct line       lines[LINES];
	pthread_t         door;
};

static bool chance(struct sink *s, int of_hundred)
{
	s->seed = s->seed * 1664525u + 1013904223u;
	return (int)((s->seed >> 8) % 100) < of_hundred;
}

static void remember(struct sink *s, const char *queue, const char *key, int64_t n)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->words[i].key, key) == 0) {
			s->words[i].times++;
			return;
		}
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 256;
		s->words = realloc(s->words, s->room * sizeof *s->words);
		if (!s->words)
			abort();
	}
	struct sink_word *w = &s->words[s->count++];
	*w = (struct sink_word){ .n = n, .times = 1 };
	snprintf(w->queue, sizeof w->queue, "%s", queue);
	snprintf(w->key, sizeof w->key, "%s", key);
}

/* The answer, or NULL: none. Waits as it is told to, outside the lock. */
static const char *take(struct line *l, const char *body, char room[80], int *ret_status)
{
	struct sink *s = l->sink;
	char queue[48], key[96];
	long long n;
	*ret_status = 400;
	if (sscanf(body, "%47s %95s %lld", queue, key, &n) != 3)
		return "never: not a message";
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < LINES; i++)
		s->crossed += s->lines[i].used && strcmp(s->lines[i].queue, queue) == 0;
	snprintf(l->queue, sizeof l->queue, "%s", queue);
	int64_t wait = s->mood.slow_ms ? (int64_t)(s->seed >> 4) % (s->mood.slow_ms + 1) : 0;
	do {
		pthread_mutex_unlock(&s->lock);
		usleep((useconds_t)wait * 1000);
		wait = 1;
		pthread_mutex_lock(&s->lock);
	} while (s->mood.stalls && !s->closing);
	const struct sink_mood *m = &s->mood;
	const char *said = room;
	if (chance(s, m->refuses)) {
		*ret_status = 503, said = "busy, come again";
	} else if (m->enough_after && s->taken >= m->enough_after) {
		*ret_status = 429;
		snprintf(room, 80, "%lld", (long long)m->enough_ms);
	} else if (chance(s, m->never)) {
		*ret_status = 400, said = "errcode 40003: invalid openid";
	} else if (chance(s, m->hand)) {
		*ret_status = 409, said = "a person must";
	} else {
		remember(s, queue, key, n);
		*ret_status = 200;
		snprintf(room, 80, "m%lld", (long long)++s->taken);
		if (chance(s, m->forgets))
			said = NULL;
	}
	l->queue[0] = '\0';
	pthread_mutex_unlock(&s->lock);
	return said;
}

/* One request into `room`; its body, or NULL at the end. */
static const char *read_request(int fd, char room[HEAD_MAX])
{
	size_t len = 0, want = 0;
	char *end = NULL;
	while (len < HEAD_MAX - 1) {
		if (end && len >= want)
			return end;
		ssize_t n = recv(fd, room + len, HEAD_MAX - 1 - len, 0);
		if (n <= 0)
			return NULL;
		len += (size_t)n;
		room[len] = '\0';
		if (!end && (end = strstr(room, "\r\n\r\n"))) {
			const char *at = strcasestr(room, "\r\nContent-Length:");
			end += 4;
			want = (size_t)(end - room) + (at ? (size_t)strtoul(at + 17, NULL, 10) : 0);
		}
	}
	return NULL;
}

static void *serve(void *arg)
{
	struct line *l = arg;
	struct sink *s = l->sink;
	char room[HEAD_MAX], answer[300], said[80];
	const char *body;
	int status;
	while ((body = read_request(l->fd, room))) {
		const char *text = take(l, body, said, &status);
		if (!text)
			break;
		int n = snprintf(answer, sizeof answer, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(text), text);
		if (send(l->fd, answer, (size_t)n, MSG_NOSIGNAL) != n)
			break;
	}
	pthread_mutex_lock(&s->lock);
	close(l->fd);
	l->used = false;
	s->open--;
	pthread_cond_signal(&s->quiet);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void *open_door(void *arg)
{
	struct sink *s = arg;
	struct pollfd knock = { .fd = s->fd, .events = POLLIN };
	for (bool closing = false; !closing;) {
		int one = 1, fd;
		struct line *l = NULL;
		pthread_t thread;
		poll(&knock, 1, -1);
		pthread_mutex_lock(&s->lock);         /* who is let in is counted in that moment: sink_lines */
		closing = s->closing;
		if ((fd = accept(s->fd, NULL, NULL)) < 0) {
			pthread_mutex_unlock(&s->lock);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		for (int i = 0; i < LINES && !l && !s->closing; i++)
			if (!s->lines[i].used)
				l = &s->lines[i];
		if (l) {
			*l = (struct line){ .sink = s, .fd = fd, .used = true };
			s->open++;
			if (pthread_create(&thread, NULL, serve, l) != 0)
				abort();
			pthread_detach(thread);
		} else {
			close(fd);
		}
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

struct sink *sink_open(unsigned seed)
{
	struct sink *s = calloc(1, sizeof *s);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	if (!s)
		abort();
	s->seed = seed;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->quiet, NULL);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(s->fd, 64) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&at, &len) != 0 || pthread_create(&s->door, NULL, open_door, s) != 0)
		abort();
	s->port = ntohs(at.sin_port);
	return s;
}

void sink_close(struct sink *s)
{
	pthread_mutex_lock(&s->lock);
	s->closing = true;
	shutdown(s->fd, SHUT_RDWR);
	for (int i = 0; i < LINES; i++)
		if (s->lines[i].used)
			shutdown(s->lines[i].fd, SHUT_RDWR);
	while (s->open)
		pthread_cond_wait(&s->quiet, &s->lock);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->door, NULL);
	close(s->fd);
	free(s->words);
	free(s);
}

int sink_port(const struct sink *s) { return s->port; }

void sink_be(struct sink *s, const struct sink_mood *mood)
{
	pthread_mutex_lock(&s->lock);
	s->mood = *mood;
	pthread_mutex_unlock(&s->lock);
}

size_t sink_words(struct sink *s, struct sink_word **ret)
{
	pthread_mutex_lock(&s->lock);
	size_t count = s->count;
	*ret = malloc((count + 1) * sizeof **ret);
	if (!*ret)
		abort();
	if (count)
		memcpy(*ret, s->words, count * sizeof **ret);
	pthread_mutex_unlock(&s->lock);
	return count;
}

size_t sink_count(struct sink *s)
{
	pthread_mutex_lock(&s->lock);
	size_t count = s->count;
	pthread_mutex_unlock(&s->lock);
	return count;
}

int sink_lines(struct sink *s)
{
	pthread_mutex_lock(&s->lock);
	struct pollfd knock = { .fd = s->fd, .events = POLLIN };
	int open = s->open + (poll(&knock, 1, 0) > 0);
	pthread_mutex_unlock(&s->lock);
	return open;
}

int sink_asked(struct sink *s)
{
	int asked = 0;
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < LINES; i++)
		asked += s->lines[i].used && s->lines[i].queue[0];
	pthread_mutex_unlock(&s->lock);
	return asked;
}

int sink_times(struct sink *s, const char *key)
{
	int times = 0;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count && !times; i++)
		if (strcmp(s->words[i].key, key) == 0)
			times = s->words[i].times;
	pthread_mutex_unlock(&s->lock);
	return times;
}

int sink_crossed(struct sink *s)
{
	pthread_mutex_lock(&s->lock);
	int crossed = s->crossed;
	pthread_mutex_unlock(&s->lock);
	return crossed;
}
