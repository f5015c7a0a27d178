/* line.c: lines to QQ clients; see line.h.
 *
 * Two threads. The keeper asks the store each second which lines there should be, takes and renews leases, connects and lets go. The
 * door's thread (wire/websocket) reads frames into a batch; a batch is given to the store whenever fewer than two are on their way
 * there, so that the next is read and run while the disk writes the last.
 *
 * Owns       channel_line.
 */
#include "channel/onebot/line.h"

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "channel/onebot/onebot.h"
#include "channel/outbox/courier.h"
#include "channel/wire/websocket.h"

#define TICK_MS       (SECOND / 4)
#define LOOK_MS       SECOND                  /* how often the store is asked */
#define LEASE_MS      (15 * SECOND)
#define RENEW_MS      (5 * SECOND)
#define PAUSE_MS      (1 * SECOND)            /* before it is tried again: doubled each time … */
#define PAUSE_MOST_MS (60 * SECOND)           /* … up to this; and this at once when the token is wrong */
#define BATCH_EVENTS  1024                    /* scans and requests of the lane wait for one batch */
#define BATCH_BYTES   (16 << 20)              /* … or so much JSON */
#define BATCH_ARENA   (256 << 20)
#define LINE_WAITING  3
#define FLYING_MOST   2
#define ANSWER_MS     (10 * SECOND)
#define LINES_MOST    1000

enum batch_state { EMPTY, FILLING, FLYING, STUCK };

struct batch {
	struct line         *line;
	enum batch_state     state;
	struct arena         arena, working;      /* of the events; of the transaction */
	struct onebot_event *events;
	size_t               count, bytes, from, upto;    /* [from, upto) is in the transaction */
	bool                 alone;               /* one failed: one at a time */
	struct work          work;
};

struct asking {                                   /* who waits for a reply */
	char           echo[24];
	bool           done;
	struct buf     reply;
	pthread_cond_t answered;
	struct asking *next;
};

struct line {
	struct lines  *lines;
	struct id      community, channel;
	struct str     url, token;                /* in `words` */
	struct arena   words;
	struct ws     *ws;                        /* NULL: there is none now */
	bool           open, wanted, refused;
	bool           greeted;                   /* it has told us something: the token is right */
	bool           fresh;                     /* the lists are to be read: nobody tells what we missed */
	int            failures;
	int64_t        retry_at, held_until, heard_at, beat_ms;  /* clock_steady(); beat_ms: the longest silence, 0: not known */
	char           why[200];                  /* of the last failure, to be noted; empty: noted */
	struct batch   batches[LINE_WAITING], *in_hand;       /* in_hand: the door's thread reads into it */
	struct asking *askings;
	struct line   *next;
};

struct lines {
	struct store    *store;
	struct ws_door  *door;
	struct id        holder;
	pthread_t        keeper;
	pthread_mutex_t  lock;                    /* guards all lines */
	pthread_cond_t   changed, room;           /* for the keeper; a batch has been stored */
	struct line     *first;
	bool             stopping;
	int64_t          look_at, renew_at, asked;
};

static pthread_mutex_t here_lock = PTHREAD_MUTEX_INITIALIZER;
static struct lines *here;

/* ---- Rows ---------------------------------------------------------------------------------------- */

struct wanted_line { struct id community_id, id; };

ROW(wanted_line,
	FIELD(wanted_line, community_id, "Community"),
	FIELD(wanted_line, id,           "Channel"));

/* Every server asks each second: of few rows, and no index would make it less. */
static QUERY(lines_wanted, READS, &row_wanted_line, TAKES_NOTHING,
	"SELECT community_id, id FROM channel WHERE kind = 'onebot' AND state = 'on' AND settings LIKE '%\"ws_url\":\"ws%' LIMIT 1000",
	.scans = true);

static QUERY(line_take, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT, K_INSTANT),
	"INSERT INTO channel_line (community_id, channel_id, holder_id, until_at) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id, channel_id) DO UPDATE SET holder_id = excluded.holder_id, until_at = excluded.until_at"
	" WHERE channel_line.holder_id = excluded.holder_id OR channel_line.until_at < ?5");

static QUERY(lines_give, WRITES, NULL, TAKES(K_ID), "DELETE FROM channel_line WHERE holder_id = ?1", .scans = true);

/* ---- Hearing -------------------------------------------------------------------------------------- */

static int store_batch(struct tx *tx, void *arg)
{
	const struct batch *b = arg;
	const struct line *l = b->line;
	struct channel c;
	struct ear ear = { .room = 0 };
	int r = channel_get(tx, l->community, l->channel, &c);
	if (r < 0 || !str_is(c.state, "on") || community_changeable(tx, l->community) == E_COMMUNITY_CLOSED)
		return r == E_NOT_FOUND ? 0 : r;      /* nobody listens any more */
	for (size_t i = b->from; r >= 0 && i < b->upto; i++)
		r = onebot_hear(tx, l->community, &c, &b->events[i], &ear);
	return r < 0 ? r : channel_is_heard(tx, l->community, &c);
}

static void batch_done(struct work *work, int result);

/* With the lock. */
static void batch_fly(struct batch *b)
{
	b->upto = b->alone ? b->from + 1 : b->count;
	arena_reset(&b->working);
	b->work = (struct work){ .community = b->line->community, .arena = &b->working, .action = store_batch, .arg = b, .done = batch_done };
	b->state = store_submit_write(b->line->lines->store, &b->work) ? FLYING : STUCK;
}

/* With the lock: what has come goes to the store, while not two are on their way. */
static void line_flush(struct line *l)
{
	int flying = 0;
	for (int i = 0; i < LINE_WAITING; i++)
		flying += l->batches[i].state == FLYING || l->batches[i].state == STUCK;
	for (int i = 0; i < LINE_WAITING && flying < FLYING_MOST; i++)
		if (l->batches[i].state == FILLING && &l->batches[i] != l->in_hand) {
			batch_fly(&l->batches[i]);
			flying++;
		}
}

static bool is_stores(int code) { return code == E_STORE || code == E_MEMORY || code == E_BUSY; }

static void batch_done(struct work *work, int result)
{
	struct batch *b = work->arg;
	struct line *l = b->line;
	struct lines *all = l->lines;
	pthread_mutex_lock(&all->lock);
	if (result < 0 && is_stores(result)) {
		b->state = STUCK;                     /* the keeper tries it again */
	} else {
		if (result < 0 && b->alone)
			log_warn("onebot: an event of channel %lld cannot be taken in: %s", (long long)l->channel.n, err_word(result));
		b->from = result < 0 && !b->alone ? b->from : b->upto;
		b->alone = b->alone || result < 0;
		if (b->from < b->count) {
			batch_fly(b);
		} else {
			arena_reset(&b->arena);
			b->state = EMPTY;
		}
	}
	line_flush(l);
	pthread_cond_broadcast(&all->room);
	pthread_mutex_unlock(&all->lock);
}

static bool has_room(const struct batch *b) { return b->count < BATCH_EVENTS && b->bytes < BATCH_BYTES; }

static bool line_has_room(const struct line *l)
{
	for (int i = 0; i < LINE_WAITING; i++)
		if (l->batches[i].state == EMPTY || (l->batches[i].state == FILLING && has_room(&l->batches[i])))
			return true;
	return false;
}

/* With the lock: where the next event goes; NULL: nowhere now. */
static struct batch *batch_open(struct line *l)
{
	struct batch *empty = NULL;
	for (int i = 0; i < LINE_WAITING; i++) {
		struct batch *b = &l->batches[i];
		if (b->state == FILLING)
			return has_room(b) ? b : NULL;
		empty = empty ? empty : b->state == EMPTY ? b : NULL;
	}
	if (!empty)
		return NULL;
	arena_reset(&empty->arena);
	empty->events = arena_take_array(&empty->arena, BATCH_EVENTS, sizeof *empty->events);
	empty->count = empty->bytes = empty->from = 0;
	empty->alone = false;
	empty->state = empty->events ? FILLING : EMPTY;
	return empty->events ? empty : NULL;
}

/* ---- Replies ------------------------------------------------------------------------------------------- */

/* A reply to one of us, or the frame that says that our token is wrong. */
static void take_reply(struct line *l, struct str text)
{
	json_t *o = json_loadb(text.at, text.len, 0, NULL);
	const char *echo = json_string_value(json_object_get(o, "echo"));
	json_int_t code = json_integer_value(json_object_get(o, "retcode"));
	pthread_mutex_lock(&l->lines->lock);
	struct asking *a = echo ? l->askings : NULL;
	while (a && strcmp(a->echo, echo) != 0)
		a = a->next;
	if (a && !a->done) {
		buf_str(&a->reply, text);
		a->done = true;
		pthread_cond_signal(&a->answered);
	} else if (code == 1401 || code == 1403) {
		l->refused = true;
	}
	pthread_mutex_unlock(&l->lines->lock);
	json_decref(o);
}

/* ---- The door's calls ------------------------------------------------------------------------------------ */

static void opened(void *ctx)
{
	struct line *l = ctx;
	pthread_mutex_lock(&l->lines->lock);
	l->open = true;
	l->greeted = false;
	l->heard_at = clock_steady();
	l->beat_ms = 0;
	pthread_mutex_unlock(&l->lines->lock);
}

static bool says_reply(struct str text) { return memmem(text.at, text.len, "\"retcode\"", 9) != NULL; }

/* Where the next event is read into; waits for room. Who sends waits with us: what has not been read is not lost. */
static struct batch *take_in_hand(struct line *l)
{
	pthread_mutex_lock(&l->lines->lock);
	l->heard_at = clock_steady();
	while (!(l->in_hand = batch_open(l)) && !line_has_room(l) && !l->lines->stopping)
		pthread_cond_wait(&l->lines->room, &l->lines->lock);
	pthread_mutex_unlock(&l->lines->lock);
	return l->in_hand;
}

/* With the lock: it is an event, so the other side has let us in. */
static void greet(struct line *l, const struct onebot_event *e)
{
	l->fresh = l->fresh || !l->greeted;
	l->greeted = true;
	l->failures = 0;
	if (e->kind == ONEBOT_BEAT && e->interval_ms > 0)
		l->beat_ms = e->interval_ms * 5 / 2;  /* one may be lost, and the next be late */
}

/* With the lock: there was no memory for what was said, and it is not said again. The line is closed, so that this is seen, and the lists
 * are read when it is back. */
static void lose(struct line *l)
{
	log_warn("onebot: no memory for what channel %lld told; its line is made anew", (long long)l->channel.n);
	snprintf(l->why, sizeof l->why, "%s", err_word(E_MEMORY));
	if (l->ws)
		ws_close(l->ws);
}

static void said(void *ctx, struct str text)
{
	struct line *l = ctx;
	struct onebot_event e;
	struct batch *b = take_in_hand(l);
	int r = b ? onebot_read(text, &b->arena, &e) : E_BUSY;
	if (r < 0 && says_reply(text))
		take_reply(l, text);
	pthread_mutex_lock(&l->lines->lock);
	if (r == 0) {
		greet(l, &e);
		if (e.kind != ONEBOT_OTHER)
			b->events[b->count++] = e;
		b->bytes += text.len;
	}
	if (!l->lines->stopping && (!b || r == E_MEMORY))
		lose(l);
	if (b && b->count == 0)
		b->state = EMPTY;
	l->in_hand = NULL;
	line_flush(l);
	pthread_mutex_unlock(&l->lines->lock);
}

static void ended(void *ctx, int status, const char *why)
{
	struct line *l = ctx;
	pthread_mutex_lock(&l->lines->lock);
	bool key = l->refused || status == 401 || status == 403;
	l->failures++;
	int64_t pause = l->failures < 7 ? PAUSE_MS << (l->failures - 1) : PAUSE_MOST_MS;
	pause = key || pause > PAUSE_MOST_MS ? PAUSE_MOST_MS : pause;
	l->retry_at = clock_steady() + pause / 2 + (int64_t)secret_random_below((uint64_t)pause / 2 + 1);
	if (key || l->failures > 1)
		snprintf(l->why, sizeof l->why, "%s", key ? "the WebSocket's access token is wrong" : why);
	l->ws = NULL;
	l->open = l->refused = false;
	for (struct asking *a = l->askings; a; a = a->next)
		pthread_cond_signal(&a->answered);
	pthread_mutex_unlock(&l->lines->lock);
}

static const struct ws_hooks hooks = { opened, said, ended };

/* ---- The keeper --------------------------------------------------------------------------------------------- */

struct line_state { struct channel channel; struct id community; struct str url, token; bool ours; };

struct keeping { struct lines *lines; struct rows wanted; struct line_state *lines_of; size_t count; bool renew; int64_t asked_at; };

static int look_action(struct tx *tx, void *arg)
{
	struct keeping *k = arg;
	int r = tx_all_(tx, &lines_wanted, &k->wanted, NULL, 0);
	k->lines_of = r < 0 ? NULL : arena_take_array(tx_arena(tx), k->wanted.count + 1, sizeof *k->lines_of);
	if (r >= 0 && !k->lines_of)
		r = E_MEMORY;
	k->count = 0;
	for (size_t i = 0; r >= 0 && i < k->wanted.count; i++) {
		const struct wanted_line *w = (const struct wanted_line *)k->wanted.at + i;
		struct line_state *s = &k->lines_of[k->count];
		*s = (struct line_state){ .community = w->community_id };
		if ((r = channel_get(tx, w->community_id, w->id, &s->channel)) < 0 ||
		    (r = channel_setting(tx, w->community_id, &s->channel, "ws_url", &s->url)) < 0 ||
		    (r = channel_setting(tx, w->community_id, &s->channel, "token", &s->token)) < 0)
			break;
		k->count++;
	}
	return r < 0 ? r : 0;
}

static int take_leases(struct tx *tx, void *arg)
{
	struct keeping *k = arg;
	struct instant now = tx_now(tx), until = { now.ms + clock_allows(LEASE_MS) };
	int r = 0;
	for (size_t i = 0; r >= 0 && i < k->count; i++) {
		struct line_state *s = &k->lines_of[i];
		r = tx_run(tx, &line_take, V(s->community), V(s->channel.id), V(k->lines->holder), V(until), V(now));
		s->ours = r > 0;
	}
	return r < 0 ? r : 0;
}

static int give_leases(struct tx *tx, void *arg)
{
	struct lines *all = arg;
	int r = tx_run(tx, &lines_give, V(all->holder));
	return r < 0 ? r : 0;
}

struct noting { struct id community, channel; char why[200]; bool fresh; };

static int note(struct tx *tx, void *arg)
{
	const struct noting *n = arg;
	int r = n->why[0] ? channel_trouble(tx, n->community, n->channel, str_of(n->why)) : 0;
	if (r >= 0 && n->fresh && (r = channel_well(tx, n->community, n->channel)) >= 0)
		r = job_add(tx, n->community, onebot_sync, str_format(tx_arena(tx), "%lld", (long long)n->channel.n), S(""), tx_now(tx));
	return r < 0 ? r : 0;
}

static struct line *line_of(struct lines *all, struct id community, struct id channel)
{
	struct line *l = all->first;
	while (l && (l->community.n != community.n || l->channel.n != channel.n))
		l = l->next;
	return l;
}

static struct line *line_make(struct lines *all, const struct line_state *s)
{
	struct line *l = mem_take(sizeof *l);
	if (!l)
		return NULL;
	*l = (struct line){ .lines = all, .community = s->community, .channel = s->channel.id, .next = all->first };
	arena_init(&l->words, 4096);
	for (int i = 0; i < LINE_WAITING; i++) {
		l->batches[i].line = l;
		arena_init(&l->batches[i].arena, BATCH_ARENA);
		arena_init(&l->batches[i].working, BATCH_ARENA);
	}
	return all->first = l;
}

static bool line_idle(const struct line *l)
{
	for (int i = 0; i < LINE_WAITING; i++)
		if (l->batches[i].state != EMPTY)
			return false;
	return !l->ws && !l->askings;
}

static void line_give(struct line *l)
{
	for (int i = 0; i < LINE_WAITING; i++) {
		arena_release(&l->batches[i].arena);
		arena_release(&l->batches[i].working);
	}
	arena_release(&l->words);
	mem_give(l);
}

/* With the lock: the lines as they should be. */
static void compare(struct keeping *k)
{
	struct lines *all = k->lines;
	for (struct line *l = all->first; l; l = l->next)
		l->wanted = false;
	for (size_t i = 0; i < k->count; i++) {
		const struct line_state *s = &k->lines_of[i];
		struct line *l = line_of(all, s->community, s->channel.id);
		if (!l && (!s->ours || !(l = line_make(all, s))))
			continue;
		if (k->renew)
			l->held_until = s->ours ? k->asked_at + clock_allows(LEASE_MS) : 0;
		l->wanted = true;
		if (str_equal(l->url, s->url) && str_equal(l->token, s->token))
			continue;
		if (l->ws)
			ws_close(l->ws);
		arena_reset(&l->words);
		l->url = str_copy(&l->words, s->url), l->token = str_copy(&l->words, s->token);
		l->retry_at = 0, l->failures = 0;
	}
}

/* With the lock: connect, give up, try again, let go. */
static void tend(struct lines *all, struct line *l, int64_t now)
{
	bool may = l->wanted && now < l->held_until && !all->stopping;
	if (!l->ws && may && now >= l->retry_at) {
		int r = ws_open(all->door, l->url, l->token, &hooks, l, &l->ws);
		if (r < 0) {
			l->retry_at = now + PAUSE_MOST_MS;
			snprintf(l->why, sizeof l->why, "%s", r == E_INVALID ? "the WebSocket address is not one" : err_word(r));
		}
	} else if (l->ws && (!may || (l->open && l->beat_ms && now - l->heard_at > l->beat_ms))) {
		ws_close(l->ws);
	}
	for (int i = 0; i < LINE_WAITING; i++)
		if (l->batches[i].state == STUCK && !all->stopping)
			batch_fly(&l->batches[i]);
		else if (l->batches[i].state == STUCK)
			l->batches[i].state = EMPTY;
}

/* With the lock. */
static void tend_all(struct lines *all)
{
	int64_t now = clock_steady();
	for (struct line **at = &all->first, *l; (l = *at);) {
		tend(all, l, now);
		if (!l->wanted && line_idle(l)) {
			*at = l->next;
			line_give(l);
			continue;
		}
		at = &l->next;
	}
}

/* What was learnt of one of the lines goes into the store: its trouble, or that it is back. false: there was nothing. */
static bool note_one(struct lines *all)
{
	struct noting n = { .fresh = false };
	pthread_mutex_lock(&all->lock);
	for (struct line *l = all->first; l; l = l->next)
		if (l->why[0] || (l->fresh && l->open)) {
			n = (struct noting){ l->community, l->channel, "", l->fresh && l->open };
			memcpy(n.why, n.fresh ? "" : l->why, n.fresh ? 1 : sizeof n.why);
			l->why[0] = '\0';
			l->fresh = false;
			break;
		}
	pthread_mutex_unlock(&all->lock);
	if (!n.channel.n)
		return false;
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	store_write(all->store, n.community, &arena, note, &n);
	return true;
}

static struct timespec in_ms(int64_t ms)
{
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_sec += ms / 1000, at.tv_nsec += ms % 1000 * 1000000;
	at.tv_sec += at.tv_nsec / 1000000000, at.tv_nsec %= 1000000000;
	return at;
}

/* What lines should there be? */
static void look_around(struct lines *all)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 8 << 20);
	struct keeping k = { .lines = all, .asked_at = clock_steady() };
	int r = store_read(all->store, &arena, look_action, &k);
	k.renew = r >= 0 && k.count && k.asked_at >= all->renew_at;
	if (k.renew && (r = store_write(all->store, (struct id){ 0 }, &arena, take_leases, &k)) >= 0)
		all->renew_at = k.asked_at + RENEW_MS;
	all->look_at = k.asked_at + LOOK_MS;
	if (r < 0)
		return;
	pthread_mutex_lock(&all->lock);
	compare(&k);
	pthread_mutex_unlock(&all->lock);
}

static void *keeper_runs(void *arg)
{
	struct lines *all = arg;
	pthread_mutex_lock(&all->lock);
	while (!all->stopping) {
		pthread_mutex_unlock(&all->lock);
		if (clock_steady() >= all->look_at)
			look_around(all);
		pthread_mutex_lock(&all->lock);
		tend_all(all);
		pthread_mutex_unlock(&all->lock);
		while (note_one(all))
			continue;
		struct timespec until = in_ms(TICK_MS);
		pthread_mutex_lock(&all->lock);
		if (!all->stopping)
			pthread_cond_timedwait(&all->changed, &all->lock, &until);
	}
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

int lines_start(struct store *store, struct lines **ret)
{
	struct lines *all = mem_take(sizeof *all);
	if (!all)
		return E_MEMORY;
	*all = (struct lines){ .store = store };
	if (store_is_pg(store))
		secret_random(&all->holder.n, sizeof all->holder.n);
	all->holder.n = store_is_pg(store) ? all->holder.n & INT64_MAX : 1;      /* SQLite has one process: it takes its own from before */
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->changed, NULL);
	pthread_cond_init(&all->room, NULL);
	int r = ws_start(&all->door);
	if (r >= 0 && pthread_create(&all->keeper, NULL, keeper_runs, all) != 0)
		r = E_MEMORY;
	if (r < 0) {
		ws_stop(all->door);
		mem_give(all);
		return r;
	}
	pthread_mutex_lock(&here_lock);
	here = all;
	pthread_mutex_unlock(&here_lock);
	*ret = all;
	return 0;
}

/* With the lock: everything that was heard is stored, or cannot be. */
static void wait_stored(struct lines *all)
{
	for (;;) {
		bool waits = false;
		for (struct line *l = all->first; l; l = l->next)
			for (int i = 0; i < LINE_WAITING; i++) {
				if (l->batches[i].state == STUCK)
					l->batches[i].state = EMPTY;
				waits = waits || l->batches[i].state != EMPTY;
			}
		if (!waits)
			return;
		pthread_cond_wait(&all->room, &all->lock);
	}
}

void lines_stop(struct lines *all)
{
	if (!all)
		return;
	pthread_mutex_lock(&here_lock);
	here = here == all ? NULL : here;
	pthread_mutex_unlock(&here_lock);
	pthread_mutex_lock(&all->lock);
	all->stopping = true;
	pthread_cond_broadcast(&all->changed);
	pthread_cond_broadcast(&all->room);
	pthread_mutex_unlock(&all->lock);
	pthread_join(all->keeper, NULL);
	ws_stop(all->door);
	pthread_mutex_lock(&all->lock);
	bool held = all->first != NULL;
	wait_stored(all);
	pthread_mutex_unlock(&all->lock);
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	if (held)
		store_write(all->store, (struct id){ 0 }, &arena, give_leases, all);
	for (struct line *l = all->first, *next; l; l = next) {
		next = l->next;
		line_give(l);
	}
	pthread_cond_destroy(&all->changed);
	pthread_cond_destroy(&all->room);
	pthread_mutex_destroy(&all->lock);
	mem_give(all);
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

static int write_call(struct buf *b, const struct line_call *call, const char *echo)
{
	buf_z(b, "{\"action\":");
	buf_json(b, call->action);
	buf_format(b, ",\"params\":");
	buf_str(b, call->parameters);
	buf_format(b, ",\"echo\":\"%s\"}", echo);
	return buf_failed(b) ? E_MEMORY : 0;
}

/* With the lock: over this line. */
static int ask_over(struct line *l, const struct line_call *call, struct arena *arena, struct str *ret_reply, struct str *ret_why)
{
	struct asking a = { .next = l->askings }, **at = &l->askings;
	struct timespec until = in_ms(clock_allows(call->wait_ms ? call->wait_ms : ANSWER_MS));
	BUF_SCOPED text;
	buf_init(&text, WS_SAY_MAX);
	buf_init(&a.reply, WS_MESSAGE_MAX);
	snprintf(a.echo, sizeof a.echo, "q%lld", (long long)++l->lines->asked);
	pthread_cond_init(&a.answered, NULL);
	int r = write_call(&text, call, a.echo);
	if (r >= 0)
		r = ws_say(l->ws, buf_view(&text));
	l->askings = &a;
	for (int waited = 0; r >= 0 && !a.done && l->open && waited == 0;)
		waited = pthread_cond_timedwait(&a.answered, &l->lines->lock, &until);
	while (*at != &a)
		at = &(*at)->next;
	*at = a.next;
	if (a.done && !buf_failed(&a.reply))
		*ret_reply = str_copy(arena, buf_view(&a.reply));
	else
		*ret_why = l->open ? S("the QQ client does not answer") : S("the connection was closed");
	r = r < 0 && r != E_BUSY ? r : a.done ? 0 : E_NOT_SENT;
	buf_free(&a.reply);
	pthread_cond_destroy(&a.answered);
	return r;
}

/* A connection for this one question: another process holds the line, or none does yet. What else comes over it is not for us. */
struct once {
	pthread_mutex_t lock;
	pthread_cond_t  changed;
	struct ws      *ws;
	bool            opened, done, over, refused;
	struct buf      reply;
	char            why[200];
};

static void once_opened(void *ctx)
{
	struct once *o = ctx;
	pthread_mutex_lock(&o->lock);
	o->opened = true;
	pthread_cond_signal(&o->changed);
	pthread_mutex_unlock(&o->lock);
}

static void once_said(void *ctx, struct str text)
{
	struct once *o = ctx;
	if (!says_reply(text))
		return;
	json_t *j = json_loadb(text.at, text.len, 0, NULL);
	const char *echo = json_string_value(json_object_get(j, "echo"));
	json_int_t code = json_integer_value(json_object_get(j, "retcode"));
	pthread_mutex_lock(&o->lock);
	if (!o->done && ((echo && strcmp(echo, "once") == 0) || code == 1401 || code == 1403)) {
		buf_str(&o->reply, text);
		o->done = true;
		pthread_cond_signal(&o->changed);
	}
	pthread_mutex_unlock(&o->lock);
	json_decref(j);
}

static void once_ended(void *ctx, int status, const char *why)
{
	struct once *o = ctx;
	pthread_mutex_lock(&o->lock);
	o->over = true, o->ws = NULL;
	o->refused = status == 401 || status == 403;
	snprintf(o->why, sizeof o->why, "%s", why);
	pthread_cond_signal(&o->changed);
	pthread_mutex_unlock(&o->lock);
}

static int ask_once(const struct line_call *call, struct arena *arena, struct str *ret_reply, struct str *ret_why)
{
	static const struct ws_hooks once_hooks = { once_opened, once_said, once_ended };
	struct once o = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
	struct timespec until = in_ms(clock_allows(call->wait_ms ? call->wait_ms : ANSWER_MS));
	struct ws_door *door;
	BUF_SCOPED text;
	buf_init(&text, WS_SAY_MAX);
	buf_init(&o.reply, WS_MESSAGE_MAX);
	int r = write_call(&text, call, "once");
	if (r < 0 || (r = ws_start(&door)) < 0)
		return r;
	pthread_mutex_lock(&o.lock);
	r = ws_open(door, call->url, call->token, &once_hooks, &o, &o.ws);
	for (int waited = 0, said_it = 0; r >= 0 && !o.done && !o.over && waited == 0;) {
		if (o.opened && !said_it++)
			r = ws_say(o.ws, buf_view(&text));
		else
			waited = pthread_cond_timedwait(&o.changed, &o.lock, &until);
	}
	pthread_mutex_unlock(&o.lock);
	ws_stop(door);
	if (o.done && !buf_failed(&o.reply))
		*ret_reply = str_copy(arena, buf_view(&o.reply));
	else if (o.refused)
		*ret_reply = S("{\"status\":\"failed\",\"retcode\":1403}");
	else
		*ret_why = o.over && o.why[0] ? str_format(arena, "%s", o.why) : S("the QQ client does not answer");
	buf_free(&o.reply);
	return r < 0 && r != E_INVALID && r != E_BUSY ? r : ret_reply->len ? 0 : E_NOT_SENT;
}

int line_ask(const struct line_call *call, struct arena *arena, struct str *ret_reply, struct str *ret_why)
{
	*ret_reply = *ret_why = S("");
	pthread_mutex_lock(&here_lock);
	struct lines *all = here;
	int r = 1;
	if (all) {
		pthread_mutex_lock(&all->lock);
		struct line *l = line_of(all, call->community, call->channel);
		pthread_mutex_unlock(&here_lock);     /* it is not given away while one of its lines is in our hand */
		if (l && l->open && l->ws)
			r = ask_over(l, call, arena, ret_reply, ret_why);
		pthread_mutex_unlock(&all->lock);
	} else {
		pthread_mutex_unlock(&here_lock);
	}
	return r == 1 ? ask_once(call, arena, ret_reply, ret_why) : r;
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct query *const queries[] = { &lines_wanted, &line_take, &lines_give, NULL };

const struct feature feature_onebot_line = { .name = "onebot_line", .queries = queries };
