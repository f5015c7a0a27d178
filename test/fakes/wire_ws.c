/* wire_ws.c: see wire_ws.h. One thread for each connection. */
#include "wire_ws.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/peer.h"

#define MOST 16

struct wire_ws {
	struct wire_ws_hooks hooks;
	void           *ctx;
	int             fd, port;
	pthread_t       door, threads[64];
	int             thread_count;
	pthread_mutex_t lock;
	int             open[MOST], count, came, pongs;
};

struct guest { struct wire_ws *wire; int fd; };

static void send_text(struct wire_ws *w, int fd, int opcode, struct str text)
{
	BUF_SCOPED b;
	buf_init(&b, 16 << 20);
	peer_frame(&b, opcode, true, text);
	pthread_mutex_lock(&w->lock);
	peer_send(fd, buf_view(&b));
	pthread_mutex_unlock(&w->lock);
}

static void send_and_free(struct wire_ws *w, int fd, char *text)
{
	if (text)
		send_text(w, fd, PEER_TEXT, str_of(text));
	free(text);
}

/* The token of "Authorization: Bearer X"; NULL: none. */
static const char *token_of(const char *head, char *room, size_t size)
{
	const char *at = strcasestr(head, "\r\nAuthorization: Bearer ");
	if (!at)
		return NULL;
	snprintf(room, size, "%.*s", (int)strcspn(at + 24, "\r\n"), at + 24);
	return room;
}

static bool let_in(struct wire_ws *w, int fd)
{
	char head[8192], room[200], path[200], line[80];
	if (peer_head(fd, head, sizeof head) < 0 || sscanf(head, "GET %199s HTTP/1.1", path) != 1)
		return false;
	int status = w->hooks.admit(w->ctx, path, token_of(head, room, sizeof room));
	if (status != 101 && status != 1008) {
		int len = snprintf(line, sizeof line, "HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);
		peer_send(fd, (struct str){ line, (size_t)len });
		return false;
	}
	if (peer_accept(fd, head) < 0)
		return false;
	send_and_free(w, fd, w->hooks.greet(w->ctx, status));
	if (status == 1008)
		send_text(w, fd, PEER_CLOSE, (struct str){ "\x03\xf0", 2 });
	return status == 101;
}

static void listen_to(struct wire_ws *w, int fd)
{
	BUF_SCOPED frame;
	bool last;
	buf_init(&frame, 16 << 20);
	for (int opcode; (opcode = peer_read(fd, &frame, &last)) >= 0 && opcode != PEER_CLOSE;) {
		if (opcode == PEER_TEXT && last)
			send_and_free(w, fd, w->hooks.answer(w->ctx, buf_view(&frame)));
		if (opcode == PEER_PING)
			send_text(w, fd, PEER_PONG, buf_view(&frame));
		pthread_mutex_lock(&w->lock);
		w->pongs += opcode == PEER_PONG;
		pthread_mutex_unlock(&w->lock);
	}
}

static void *serve(void *arg)
{
	struct guest g = *(struct guest *)arg;
	struct wire_ws *w = g.wire;
	free(arg);
	if (let_in(w, g.fd)) {
		pthread_mutex_lock(&w->lock);
		w->open[w->count++] = g.fd;
		w->came++;
		pthread_mutex_unlock(&w->lock);
		listen_to(w, g.fd);
		pthread_mutex_lock(&w->lock);
		for (int i = 0; i < w->count; i++)
			if (w->open[i] == g.fd)
				w->open[i--] = w->open[--w->count];
		pthread_mutex_unlock(&w->lock);
	}
	close(g.fd);
	return NULL;
}

static void *welcome(void *arg)
{
	struct wire_ws *w = arg;
	for (int fd; (fd = accept(w->fd, NULL, NULL)) >= 0;) {
		struct guest *g = malloc(sizeof *g);
		*g = (struct guest){ w, fd };
		if (w->thread_count == 64 || pthread_create(&w->threads[w->thread_count++], NULL, serve, g) != 0)
			abort();
	}
	return NULL;
}

struct wire_ws *wire_ws_open(int port, const struct wire_ws_hooks *hooks, void *ctx)
{
	struct wire_ws *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->hooks = *hooks, w->ctx = ctx;
	pthread_mutex_init(&w->lock, NULL);
	if ((w->fd = peer_listen(port, &w->port)) < 0)       /* somebody has that one */
		w->fd = peer_listen(0, &w->port);
	if (w->fd < 0 || pthread_create(&w->door, NULL, welcome, w) != 0)
		abort();
	return w;
}

void wire_ws_close(struct wire_ws *w)
{
	shutdown(w->fd, SHUT_RDWR);
	pthread_join(w->door, NULL);
	wire_ws_break(w);
	for (int i = 0; i < w->thread_count; i++)
		pthread_join(w->threads[i], NULL);
	close(w->fd);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

int wire_ws_port(const struct wire_ws *w) { return w->port; }

void wire_ws_tell(struct wire_ws *w, struct str text, bool cut)
{
	BUF_SCOPED b;
	buf_init(&b, 64 << 20);
	size_t one = text.len / 3, two = text.len * 2 / 3;
	if (cut) {                                /* in the middle of a character, like as not */
		peer_frame(&b, PEER_TEXT, false, (struct str){ text.at, one });
		peer_frame(&b, PEER_PING, true, S("there?"));
		peer_frame(&b, PEER_MORE, false, (struct str){ text.at + one, two - one });
		peer_frame(&b, PEER_MORE, true, (struct str){ text.at + two, text.len - two });
	} else {
		peer_frame(&b, PEER_TEXT, true, text);
	}
	pthread_mutex_lock(&w->lock);
	for (int i = 0; i < w->count; i++)
		peer_send(w->open[i], buf_view(&b));
	pthread_mutex_unlock(&w->lock);
}

void wire_ws_break(struct wire_ws *w)
{
	pthread_mutex_lock(&w->lock);
	for (int i = 0; i < w->count; i++)
		shutdown(w->open[i], SHUT_RDWR);
	pthread_mutex_unlock(&w->lock);
}

static int locked(struct wire_ws *w, const int *n)
{
	pthread_mutex_lock(&w->lock);
	int ret = *n;
	pthread_mutex_unlock(&w->lock);
	return ret;
}

int wire_ws_count(struct wire_ws *w) { return locked(w, &w->count); }
int wire_ws_came(struct wire_ws *w)  { return locked(w, &w->came); }
int wire_ws_pongs(struct wire_ws *w) { return locked(w, &w->pongs); }
