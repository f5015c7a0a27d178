/* sse.c: telling open browsers that something changed.
 *
 * Story      A console keeps one stream open for its community. When a topic changes, a bit is set on each of these
 *            streams and the sleeping ones are woken; the browser then asks again for what it shows. Nothing is queued:
 *            a topic that changes a thousand times before a slow browser reads is one line to it.
 * Holds      At most LIVE_MOST streams, LIVE_PER_ACCOUNT of one account: one more takes the place of the account's oldest,
 *            for a page that is left says nothing, and its stream is noticed only when it is written to.
 *            Every LIVE_PING each stream gets a comment, after the store has been asked whether its session and role
 *            still stand; if not, it ends.
 *            A visitor's stream watches one object, and what that is part of, and hears of nothing else; it has no session that
 *            could end. Visitors have their own bounds (LIVE_VISITORS …), so a crowd on a campaign never takes the staff's places.
 *            `asleep` says that MHD has the connection suspended; whoever clears it, under the lock, resumes it.
 * Not here   What changed. The stream carries topics, never data, so it cannot leak: who sees only some groups is told
 *            that groups changed, asks, and finds theirs as they were.
 * Test       sse_test.c
 */
#include "base/mem.h"
#include "http/inside.h"
#include "http/queries.h"

#define TOPICS 64
#define EVERYTHING 0                              /* the topic used when there are more than TOPICS of them */

struct stream {
	struct stream         *next, *prev;
	struct live           *live;
	struct server         *server;
	struct MHD_Connection *mhd;
	struct id              community, account, session;
	struct id              watch, within;     /* a visitor's: the one object it hears of, and what that is part of; 0: staff's */
	struct id              visitor;
	uint64_t               network;           /* … and a fingerprint of the address */
	uint64_t               dirty;             /* a bit a topic */
	int64_t                next_ping;
	bool                   ping, gone, asleep;
};

struct live {
	pthread_mutex_t lock;
	struct stream   ring;
	int             count, visitors;          /* of staff, of visitors */
	bool            stopped;
	char            topics[TOPICS][32];
	int             topic_count;
};

struct live *live_make(void)
{
	struct live *l = mem_take(sizeof *l);
	if (!l)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	l->ring.next = l->ring.prev = &l->ring;
	snprintf(l->topics[EVERYTHING], sizeof l->topics[0], "everything");
	l->topic_count = 1;
	return l;
}

void live_free(struct live *l)
{
	if (l)
		pthread_mutex_destroy(&l->lock);
	mem_give(l);
}

/* ---- A stream's life: network thread --------------------------------------------------------- */

/* As many waiting topics as fit. */
static size_t write_topics(struct stream *s, char *at, size_t room)
{
	size_t len = 0;
	for (int i = 0; i < TOPICS && s->dirty; i++) {
		if (!(s->dirty >> i & 1))
			continue;
		int n = snprintf(at + len, room - len, "event: changed\ndata: %s\n\n", s->live->topics[i]);
		if ((size_t)n >= room - len)
			break;
		s->dirty &= ~(UINT64_C(1) << i);
		len += (size_t)n;
	}
	return len;
}

static ssize_t read_stream(void *ctx, uint64_t pos, char *at, size_t room)
{
	static const char ping[] = ": still here\n\n";
	struct stream *s = ctx;
	(void)pos;
	pthread_mutex_lock(&s->live->lock);
	ssize_t len = s->gone ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)write_topics(s, at, room);
	if (len == 0 && s->ping && room >= sizeof ping) {
		memcpy(at, ping, len = sizeof ping - 1);
		s->ping = false;
	}
	if (len == 0) {
		s->asleep = true;
		MHD_suspend_connection(s->mhd);
	}
	pthread_mutex_unlock(&s->live->lock);
	return len;
}

/* Call with the lock. */
static void wake(struct stream *s)
{
	if (!s->asleep)
		return;
	s->asleep = false;
	server_resume(s->server, s->mhd);
}

static bool same_owner(const struct stream *a, const struct stream *b)
{
	return a->watch.n ? b->watch.n && a->visitor.n == b->visitor.n : !b->watch.n && a->account.n == b->account.n;
}

/* Call with the lock. The ring is in the order of coming. */
static void make_room(struct live *l, const struct stream *fresh)
{
	struct stream *oldest = NULL;
	int n = 0;
	for (struct stream *s = l->ring.next; s != &l->ring; s = s->next) {
		if (!same_owner(fresh, s) || s->gone)
			continue;
		oldest = oldest ? oldest : s;
		n++;
	}
	if (n < (fresh->watch.n ? LIVE_PER_VISITOR : LIVE_PER_ACCOUNT))
		return;
	oldest->gone = true;
	wake(oldest);
}

/* Call with the lock. */
static bool has_room(const struct live *l, const struct stream *fresh)
{
	int n = 0;
	if (l->stopped || !fresh->watch.n)
		return !l->stopped && l->count < LIVE_MOST;
	for (const struct stream *s = l->ring.next; s != &l->ring; s = s->next)
		n += s->watch.n && s->network == fresh->network;
	int64_t half = settings_int(fresh->server->settings, "max_connections") / 2;
	return l->visitors < (half < LIVE_VISITORS ? half : LIVE_VISITORS) && n < LIVE_PER_ADDRESS;
}

static uint64_t fingerprint(struct str text)                      /* FNV-1a */
{
	uint64_t h = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)text.at[i]) * UINT64_C(1099511628211);
	return h;
}

static int live_enter(struct connection *c, struct id watch, struct id within)
{
	struct live *l = c->server->live;
	struct stream *s = mem_take(sizeof *s);
	if (!s)
		return E_MEMORY;
	*s = (struct stream){ .live = l, .server = c->server, .mhd = c->mhd, .community = c->rq.community, .account = c->rq.account,
		.session = c->rq.session, .watch = watch, .within = within, .visitor = c->rq.visitor, .network = fingerprint(c->rq.address),
		.ping = true, .next_ping = c->server->clock + LIVE_PING };
	pthread_mutex_lock(&l->lock);
	int r = has_room(l, s) ? 0 : E_BUSY;
	if (r == 0) {
		make_room(l, s);
		s->next = &l->ring, s->prev = l->ring.prev;
		s->prev->next = s->next->prev = s;
		*(watch.n ? &l->visitors : &l->count) += 1;
		c->stream = s;
	}
	pthread_mutex_unlock(&l->lock);
	if (r < 0)
		mem_give(s);
	return r;
}

void live_leave(struct connection *c)
{
	struct stream *s = c->stream;
	if (!s)
		return;
	pthread_mutex_lock(&s->live->lock);
	s->prev->next = s->next;
	s->next->prev = s->prev;
	*(s->watch.n ? &s->live->visitors : &s->live->count) -= 1;
	pthread_mutex_unlock(&s->live->lock);
	mem_give(s);
	c->stream = NULL;
}

int live_reply(struct connection *c, struct id watch, struct id within, struct MHD_Response **ret)
{
	int r = live_enter(c, watch, within);
	if (r < 0)
		return r;
	struct MHD_Response *m = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, read_stream, c->stream, NULL);
	if (!m) {
		live_leave(c);
		return E_MEMORY;
	}
	*ret = m;
	return 0;
}

/* The router has already seen to session and role; reply.c opens the stream. */
int live_open(struct request *rq, const void *in, void *out)
{
	(void)rq, (void)in;
	*(struct body *)out = (struct body){ .live = true };
	return 0;
}

/* ---- News: any thread ------------------------------------------------------------------------ */

/* Call with the lock. */
static int topic_number(struct live *l, const char *topic)
{
	for (int i = 0; i < l->topic_count; i++)
		if (strcmp(l->topics[i], topic) == 0)
			return i;
	if (l->topic_count == TOPICS || strlen(topic) >= sizeof l->topics[0])
		return EVERYTHING;
	snprintf(l->topics[l->topic_count], sizeof l->topics[0], "%s", topic);
	return l->topic_count++;
}

void live_tell(struct server *server, struct id community, const char *topic)
{
	struct live *l = server->live;
	pthread_mutex_lock(&l->lock);
	uint64_t bit = UINT64_C(1) << topic_number(l, topic);
	for (struct stream *s = l->ring.next; s != &l->ring; s = s->next) {
		if (s->watch.n || s->community.n != community.n)
			continue;
		s->dirty |= bit;
		wake(s);
	}
	pthread_mutex_unlock(&l->lock);
}

static void tell_visitors(struct server *server, struct id community, struct id object, bool itself)
{
	struct live *l = server->live;
	pthread_mutex_lock(&l->lock);
	for (struct stream *s = l->ring.next; l->visitors && s != &l->ring; s = s->next) {
		bool mine = !object.n || object.n == s->watch.n || (itself && object.n == s->within.n);
		if (!s->watch.n || s->community.n != community.n || !mine)
			continue;
		s->dirty |= UINT64_C(1) << EVERYTHING;
		wake(s);
	}
	pthread_mutex_unlock(&l->lock);
}

void live_tell_of(struct server *server, struct id community, struct id object) { tell_visitors(server, community, object, true); }

void live_tell_inside(struct server *server, struct id community, struct id subject) { tell_visitors(server, community, subject, false); }

bool live_watched(struct server *server, struct id community)
{
	struct live *l = server->live;
	bool watched = false;
	pthread_mutex_lock(&l->lock);
	for (struct stream *s = l->ring.next; s != &l->ring && !watched; s = s->next)
		watched = s->community.n == community.n;
	pthread_mutex_unlock(&l->lock);
	return watched;
}

void live_stop(struct live *l)
{
	pthread_mutex_lock(&l->lock);
	l->stopped = true;
	for (struct stream *s = l->ring.next; s != &l->ring; s = s->next) {
		s->gone = true;
		wake(s);
	}
	pthread_mutex_unlock(&l->lock);
}

/* ---- Pings: the keeper's thread -------------------------------------------------------------- */

struct watch { struct id community, session; bool over; };
struct watches { const struct identity *identity; int count; struct watch at[LIVE_MOST]; };

/* Does the session still stand, and the account's part in the community? */
static int check_watch(struct tx *tx, const struct identity *identity, struct watch *w)
{
	struct session s;
	enum lang lang;
	struct standing now = { ROLE_PUBLIC, { 0 }, 0 };
	int r = tx_one(tx, &session_by_id, &s, V(w->session), V(tx_now(tx)));
	if (r >= 0)
		r = identity->account(tx, s.account, &lang);
	if (r >= 0)
		r = identity->standing(tx, s.account, w->community, &now);
	w->over = r == E_NOT_FOUND || (r >= 0 && (now.role < ROLE_READER || now.refused));
	return r == E_NOT_FOUND ? 0 : r;
}

static int check_watches(struct tx *tx, void *arg)
{
	struct watches *ws = arg;
	int r = 0;
	for (int i = 0; i < ws->count && r >= 0; i++)
		r = check_watch(tx, ws->identity, &ws->at[i]);
	return r;
}

static void collect_due(struct live *l, int64_t now, struct watches *ws)
{
	pthread_mutex_lock(&l->lock);
	for (struct stream *s = l->ring.next; s != &l->ring && ws->count < LIVE_MOST; s = s->next)
		if (s->next_ping <= now && !s->watch.n)
			ws->at[ws->count++] = (struct watch){ s->community, s->session, false };
	pthread_mutex_unlock(&l->lock);
}

static bool is_over(const struct watches *ws, const struct stream *s)
{
	for (int i = 0; i < ws->count; i++)
		if (ws->at[i].session.n == s->session.n && ws->at[i].community.n == s->community.n)
			return ws->at[i].over;
	return false;
}

void live_tick(struct server *server, int64_t now)
{
	struct live *l = server->live;
	struct watches ws = { .identity = server->identity };
	collect_due(l, now, &ws);
	ARENA_SCOPED arena;
	arena_init(&arena, 4 * 1024 * 1024);
	if (ws.count)
		store_read(server->store, &arena, check_watches, &ws);  /* if it cannot say, the stream stays until it can */
	pthread_mutex_lock(&l->lock);
	for (struct stream *s = l->ring.next; s != &l->ring; s = s->next) {
		if (s->next_ping > now)
			continue;
		s->gone |= !s->watch.n && is_over(&ws, s);
		s->ping = true;
		s->next_ping = now + LIVE_PING;
		wake(s);
	}
	pthread_mutex_unlock(&l->lock);
}
