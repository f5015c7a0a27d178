/* server.c: start and stop, and the one thread that keeps time.
 *
 * Story      One thread runs MHD, which serves all connections by epoll. Beside it runs the keeper: twice a second it renews the
 *            coarse clock, cuts connections past their deadline (a client that drips its headers or body byte by byte
 *            is never idle, so MHD's own time-out does not see it), and pings live streams.
 * Holds      A peer is in the ring exactly while its socket is open, so the keeper never shuts down another's number.
 *            server_stop first lets requests in flight finish: a write that was taken is answered.
 * Test       server_test.c, slow_test.c
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/log.h"
#include "base/mem.h"
#include "http/inside.h"

#define TICK_MS     500
#define LOOK_MS     250                           /* the network thread looks up at least so often */
#define WAITING_MS  1                             /* … and while writes wait for their commit */
#define STOP_WAIT   (15 * SECOND)                 /* for clients that do not take their reply */
#define BACKLOG     1024

/* ---- Connections ----------------------------------------------------------------------------- */

static void peer_enter(struct server *server, struct MHD_Connection *mhd, void **socket_context)
{
	const union MHD_ConnectionInfo *address = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct sockaddr *from = address ? address->client_addr : NULL;
	const union MHD_ConnectionInfo *socket = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct peer *p = mem_take(sizeof *p);
	*socket_context = p;
	if (!p)
		return;                                 /* served as a nameless, untrusted client */
	if (from)
		peer_name(p, from, &server->trusted);
	p->fd = socket ? socket->connect_fd : -1;
	p->deadline = clock_steady() + server->head_deadline;
	pthread_mutex_lock(&server->peers_lock);
	p->next = server->peers.next, p->prev = &server->peers;
	p->next->prev = p->prev->next = p;
	pthread_mutex_unlock(&server->peers_lock);
}

static void peer_leave(struct server *server, void **socket_context)
{
	struct peer *p = *socket_context;
	*socket_context = NULL;
	if (!p)
		return;
	pthread_mutex_lock(&server->peers_lock);
	p->prev->next = p->next;
	p->next->prev = p->prev;
	pthread_mutex_unlock(&server->peers_lock);
	mem_give(p);
}

static void on_connection(void *ctx, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		peer_enter(ctx, mhd, socket_context);
	else
		peer_leave(ctx, socket_context);
}

static void cut_late(struct server *server, int64_t now)
{
	pthread_mutex_lock(&server->peers_lock);
	for (struct peer *p = server->peers.next; p != &server->peers; p = p->next) {
		int64_t deadline = p->deadline;
		if (deadline && deadline < now && p->fd >= 0)
			shutdown(p->fd, SHUT_RDWR);             /* MHD sees the end and closes it */
	}
	pthread_mutex_unlock(&server->peers_lock);
}

/* MHD overlooks an end that comes in one moment with the last bytes before it, until the connection has been idle for too long.
 * Told once more it sees it. */
static void tell_ends(struct server *server)
{
	pthread_mutex_lock(&server->peers_lock);
	for (struct peer *p = server->peers.next; p != &server->peers; p = p->next) {
		struct pollfd look = { .fd = p->fd, .events = POLLRDHUP };
		if (p->fd >= 0 && poll(&look, 1, 0) > 0 && look.revents & POLLRDHUP)
			shutdown(p->fd, SHUT_RD);               /* the client sends nothing more anyhow; a reply still leaves */
	}
	pthread_mutex_unlock(&server->peers_lock);
}

/* Until the next tick, or until server_stop says so. */
static void keeper_rest(struct server *server)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += TICK_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&server->peers_lock);
	if (!server->stopping)
		pthread_cond_timedwait(&server->stop_asked, &server->peers_lock, &until);
	pthread_mutex_unlock(&server->peers_lock);
}

static void *keeper(void *arg)
{
	struct server *server = arg;
	while (!server->stopping) {
		int64_t now = clock_steady();
		server->clock = now;
		cut_late(server, now);
		live_tick(server, now);
		keeper_rest(server);
	}
	return NULL;
}

/* ---- Start ----------------------------------------------------------------------------------- */

/* The path as sent: router.c decodes word by word, so that %2F and %00 cannot pass for something else. */
static size_t keep_escapes(void *ctx, struct MHD_Connection *mhd, char *text)
{
	(void)ctx, (void)mhd;
	return strlen(text);
}

static void on_log(void *ctx, const char *format, va_list args)
{
	(void)ctx;
	char line[300];
	vsnprintf(line, sizeof line, format, args);
	line[strcspn(line, "\n")] = '\0';
	log_debug("http: %s", line);
}

static int explain(const struct server_options *o, struct arena *arena, struct str *ret_why, const char *listen, const char *what)
{
	*ret_why = str_format(arena, SPOKEN(o->lang, "在 %s 的 %d 端口上监听不了：%s", "cannot listen on %s port %d: %s"), listen, o->port, what);
	return E_INVALID;
}

static int bind_to(const struct addrinfo *at, int *ret)
{
	int on = 1, fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, at->ai_addr, at->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		int why = errno;
		close(fd);
		errno = why;
		return -1;
	}
	*ret = fd;
	return 0;
}

static int port_of(int fd)
{
	struct sockaddr_in6 at;
	socklen_t len = sizeof at;
	if (getsockname(fd, (struct sockaddr *)(void *)&at, &len) < 0)
		return 0;
	return ntohs(at.sin6_family == AF_INET6 ? at.sin6_port : ((struct sockaddr_in *)(void *)&at)->sin_port);
}

static int open_socket(const struct server_options *o, int *ret, struct arena *arena, struct str *ret_why)
{
	const char *where = o->listen ? o->listen : "127.0.0.1";
	char port[8];
	snprintf(port, sizeof port, "%d", o->port & 0xffff);
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *found;
	int r = getaddrinfo(where, port, &hints, &found);
	if (r != 0)
		return explain(o, arena, ret_why, where, gai_strerror(r));
	r = bind_to(found, ret);
	int why = errno;
	freeaddrinfo(found);
	return r < 0 ? explain(o, arena, ret_why, where, strerror(why)) : 0;
}

/* "https://q.example.com/" → "https://q.example.com". */
static bool origin_of(struct str url, struct str *ret)
{
	size_t scheme = str_starts(url, S("https://")) ? 8 : str_starts(url, S("http://")) ? 7 : 0;
	if (url.len == 0) {
		*ret = url;
		return true;
	}
	struct str host = { url.at + scheme, url.len - scheme };
	if (host.len > 0 && host.at[host.len - 1] == '/')
		host.len--;
	*ret = (struct str){ url.at, scheme + host.len };
	return scheme > 0 && host_valid(host);
}

static int read_settings(struct server *s, const struct server_options *o, struct arena *arena, struct str *ret_why)
{
	const struct settings *settings = o->settings;
	struct str url = settings_text(settings, "public_url"), proxies = settings_text(settings, "trusted_proxies");
	if (!origin_of(url, &s->public_origin)) {
		*ret_why = str_format(arena, SPOKEN(o->lang, "public_url 是 \"%.*s\"，应写成 https://q.example.com 这样",
		                                        "public_url is \"%.*s\"; it should look like https://q.example.com"), STR(url));
		return E_INVALID;
	}
	if (!trusted_parse(proxies, &s->trusted)) {
		*ret_why = str_format(arena, SPOKEN(o->lang, "trusted_proxies 是 \"%.*s\"，应写成地址或网段，如 10.0.0.0/8，最多 %d 个",
		                                        "trusted_proxies is \"%.*s\"; it should be addresses or networks like 10.0.0.0/8,"
		                                        " at most %d"), STR(proxies), TRUSTED_MAX);
		return E_INVALID;
	}
	s->idle_timeout_s = (int)settings_int(settings, "idle_timeout_s");
	s->api_per_minute = (int)settings_int(settings, "api_per_minute");
	return 0;
}

static int make_parts(struct server *s, const struct server_options *o, struct arena *arena, struct str *ret_why)
{
	struct key root;
	int r = read_settings(s, o, arena, ret_why);
	if (r >= 0)
		r = router_make(&s->router, o->features, arena, ret_why);
	if (r >= 0 && (r = server_secret(o->store, &root)) < 0)
		*ret_why = str_of(SPOKEN(o->lang, "数据库里的服务器密钥读不出来", "the server's secret could not be read from the store"));
	if (r < 0)
		return r;
	keys_make(&s->keys, &root);
	s->limits = limits_make();
	s->live = live_make();
	s->files = files_make(static_table);
	return s->limits && s->live && s->files ? 0 : E_MEMORY;
}

/* What the store has finished with since the last look. */
static void take_back(struct server *s)
{
	for (struct connection *c = atomic_exchange(&s->came_back, NULL), *next; c; c = next) {
		next = c->next;
		life_back(c);
	}
}

/* How long may we sleep? MHD says "not at all" while a connection has something to do. One that waits in place seems so to
 * it, but only the store can help it, and pokes us then. Among them there may be one with more to read or to send,
 * which we cannot tell: it gets its turn after WAITING_MS. */
static int patience(struct server *s)
{
	MHD_UNSIGNED_LONG_LONG left;
	if (s->answered)
		return 0;
	if (MHD_get_timeout(s->daemon, &left) != MHD_YES || left > LOOK_MS)
		left = LOOK_MS;
	return left < WAITING_MS && s->in_place > 0 ? WAITING_MS : (int)left;
}

/* The loop is ours for two reasons. MHD's own would spin while a write waits in place. And it hangs under load: a
 * connection that is resumed while MHD looks for events is only noticed at its next look, but the signal that should
 * bring that look about is taken away by this one; with 128 phones at once everybody ends up waiting. So whoever
 * resumes a connection also pokes this loop, afterwards. */
static void *network(void *arg)
{
	struct server *s = arg;
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd look[] = { { .fd = info->epoll_fd, .events = POLLIN }, { .fd = s->poke, .events = POLLIN } };
	while (!s->network_leaves) {
		poll(look, 2, patience(s));
		uint64_t pokes;
		if (look[1].revents && read(s->poke, &pokes, sizeof pokes) == sizeof pokes)
			s->poked = false;         /* before the look: what comes back from here on pokes again */
		take_back(s);
		s->answered = false;
		MHD_run(s->daemon);
		life_hand_over(s);
	}
	return NULL;
}

static void poke(struct server *s)
{
	uint64_t one = 1;
	if (!atomic_exchange(&s->poked, true) && write(s->poke, &one, sizeof one) < 0)
		log_error("the network thread cannot be woken: %s", strerror(errno));
}

void server_resume(struct server *s, struct MHD_Connection *mhd)
{
	MHD_resume_connection(mhd);
	poke(s);
}

/* Nothing of `c` may be touched afterwards: it may already be the next request's. */
void server_give_back(struct server *s, struct connection *c, bool wake)
{
	c->next = s->came_back;
	while (!atomic_compare_exchange_weak(&s->came_back, &c->next, c))
		;
	if (wake)
		poke(s);
	atomic_fetch_sub_explicit(&s->lent, 1, memory_order_release);
}

static int start_daemon(struct server *s, const struct server_options *o, int fd)
{
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_TURBO | MHD_USE_ERROR_LOG;
	s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, life_step, s,
		MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)settings_int(o->settings, "max_connections"),
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)s->idle_timeout_s,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MHD_MEMORY,
		MHD_OPTION_NOTIFY_COMPLETED, life_completed, s,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
		MHD_OPTION_URI_LOG_CALLBACK, life_uri, s,
		MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
		MHD_OPTION_END);
	if (!s->daemon)
		return E_MEMORY;
	s->network_runs = pthread_create(&s->network, NULL, network, s) == 0;
	return s->network_runs ? 0 : E_MEMORY;
}

static void stop_daemon(struct server *s)
{
	s->network_leaves = true;
	if (s->network_runs) {
		poke(s);
		pthread_join(s->network, NULL);
		take_back(s);
	}
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	if (s->poke >= 0)
		close(s->poke);
}

static void free_parts(struct server *s)
{
	life_free_list(s);
	router_free(&s->router);
	limits_free(s->limits);
	live_free(s->live);
	files_free(s->files);
	pthread_mutex_destroy(&s->peers_lock);
	pthread_cond_destroy(&s->stop_asked);
	mem_give(s);
}

static int start(struct server *s, const struct server_options *o, struct arena *arena, struct str *ret_why)
{
	int fd, r = make_parts(s, o, arena, ret_why);
	if (r < 0 || (r = open_socket(o, &fd, arena, ret_why)) < 0)
		return r;
	s->port = port_of(fd);
	s->poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if ((r = s->poke < 0 ? E_MEMORY : 0) < 0 || (r = start_daemon(s, o, fd)) < 0) {
		close(fd);
		return r;
	}
	s->keeper_runs = pthread_create(&s->keeper, NULL, keeper, s) == 0;
	return s->keeper_runs ? 0 : E_MEMORY;
}

int server_start(const struct server_options *o, struct server **ret, struct arena *arena, struct str *ret_why)
{
	struct server *s = mem_take(sizeof *s);
	if (!s)
		return E_MEMORY;
	s->store = o->store;
	s->poke = -1;
	s->gathered_last = &s->gathered;
	s->identity = o->identity;
	s->features = o->features;
	s->settings = o->settings;
	s->clock = clock_steady();
	s->head_deadline = clock_allows(HEAD_DEADLINE);
	s->body_deadline = clock_allows(BODY_DEADLINE);
	pthread_mutex_init(&s->peers_lock, NULL);
	pthread_cond_init(&s->stop_asked, NULL);
	s->peers.next = s->peers.prev = &s->peers;
	struct str why = S("");
	int r = start(s, o, arena, &why);
	if (r < 0) {
		*ret_why = why.len ? why : str_of(err_text(r, o->lang));
		stop_daemon(s);
		free_parts(s);
		return r;
	}
	*ret = s;
	return 0;
}

int server_port(const struct server *s)
{
	return s->port;
}

const struct key *rq_key(struct request *rq)
{
	static const struct key none;
	struct key *key = rq->connection ? NULL : ARENA_NEW(rq->arena, struct key);
	if (rq->connection)
		return &connection_of(rq)->server->keys.feature;
	return key && tx_feature_key(rq->tx, key) == 0 ? key : &none;        /* within.h: the program itself */
}

const struct settings *rq_settings(struct request *rq)
{
	return rq->connection ? connection_of(rq)->server->settings : NULL;
}

int rq_complain(struct request *rq, int code, struct str field)
{
	rq->complaint = (struct complaint){ code, str_copy(rq->arena, field), S("") };
	return code;
}

/* ---- Stop ------------------------------------------------------------------------------------ */

void server_stop(struct server *s)
{
	int fd = MHD_quiesce_daemon(s->daemon);
	live_stop(s->live);
	pthread_mutex_lock(&s->peers_lock);
	s->stopping = true;
	pthread_cond_signal(&s->stop_asked);
	pthread_mutex_unlock(&s->peers_lock);
	pthread_join(s->keeper, NULL);
	int64_t patience = clock_steady() + clock_allows(STOP_WAIT);
	for (int n = 0; s->lent > 0 || (s->active > 0 && clock_steady() < patience); n++) {
		if (n % 16 == 0)
			tell_ends(s);
		usleep(2000);
	}
	stop_daemon(s);
	if (fd >= 0)
		close(fd);
	free_parts(s);
}
