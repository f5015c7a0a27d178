/* heard.c: bench `channel`, how fast Quntu hears.
 *
 * Story      A thousand groups talk at once. Each message comes as its platform sends it, is stored durably (its words, its number,
 *            its event) and goes through a hundred automations that wait for words; some act. The clock stops when the
 *            automations' cursor has passed the last of them, and so have the sums and all other followers of that round.
 * heard_per_s         through the server, over the WebSocket it keeps to a QQ client: one frame for each message, as fast as it reads.
 *                     Client and server share the machine.
 * heard_http_per_s    the same by one signed POST for each message, as HTTP reporting does it, 256 connections.
 * heard_alone_per_s   without a network: events that were read before, 1024 in a transaction, one after the other; the followers on a
 *                     second thread.
 * ack_p99_ms          POSTs at 2,000 a second, sent by the clock.
 * Floor      The same rows by bare statements, 1024 messages in a transaction, on a copy of the same file; nobody follows.
 */
#include "bench/heard.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/flood.h"
#include "bench/peer.h"
#include "channel/onebot/onebot.h"
#include "engine/event/event.h"
#include "store/schemas.h"

#define CONNECTIONS 256
#define BATCH      1024
#define PREPARED  60000                           /* messages for each second: more cannot be heard */
#define PIECE        32                           /* frames sent at once */
#define ACK_RATE   2000
#define PATIENCE  120.0                           /* seconds */

/* ---- Have they all listened? ---------------------------------------------------------------------- */

struct behind { bool yes; };

ROW(behind, FIELD(behind, yes, "Is there an event they have not seen?"));

static QUERY(bench_behind, READS, &row_behind, TAKES(K_ID),
	"SELECT EXISTS (SELECT 1 FROM event e WHERE e.community_id = ?1 AND e.epoch = 0 AND e.id > (SELECT min(f.id) FROM follower f"
	" WHERE f.community_id = ?1 AND f.name IN ('automation', 'roster_spoken', 'webhook'))) AS yes", .scans = true);

static QUERY(bench_arrived, READS, &row_behind, TAKES(K_ID, K_ID, K_INSTANT),
	"SELECT NOT EXISTS (SELECT 1 FROM message INDEXED BY message_heard_as WHERE community_id = ?1 AND channel_id = ?2 AND at = ?3"
	" AND member_id <> 0) AS yes");

/* last {0}: nothing is on its way. */
struct looking { const struct talk *talk; struct instant last; struct behind behind; };

static int look(struct tx *tx, void *arg)
{
	struct looking *l = arg;
	int r = l->last.ms ? tx_one(tx, &bench_arrived, &l->behind, V(l->talk->community), V(l->talk->channel), V(l->last)) : 0;
	if (r < 0 || (l->last.ms && l->behind.yes))
		return r;
	return tx_one(tx, &bench_behind, &l->behind, V(l->talk->community));
}

static int wait_followed(struct store *store, const struct talk *talk, struct instant last)
{
	struct looking l = { talk, last, { true } };
	double began = bench_seconds();
	int r = 0;
	while (r >= 0 && l.behind.yes && bench_seconds() < began + PATIENCE) {
		ARENA_SCOPED arena;
		arena_init(&arena, 1 << 20);
		r = store_read(store, &arena, look, &l);
		if (l.behind.yes)
			usleep(10000);
	}
	return r < 0 ? r : l.behind.yes ? E_BUSY : 0;
}

static int open_store(const struct bench_run *run, const char *file, bool guest, struct store **ret)
{
	struct str why;
	const char *url = str_z(run->arena, str_format(run->arena, "sqlite:%s", file));
	struct store_options options = { .url = url, .schemas = embedded_schemas, .guest = guest };
	return url ? store_open(&options, ret, run->arena, &why) : E_MEMORY;
}

/* ---- Without a network --------------------------------------------------------------------------------- */

struct hearing { const struct talk *talk; const struct onebot_event *events; size_t count; };

static int hear_batch(struct tx *tx, void *arg)
{
	const struct hearing *h = arg;
	struct channel channel;
	struct ear ear = { .room = 0 };
	int r = channel_get(tx, h->talk->community, h->talk->channel, &channel);
	for (size_t i = 0; r >= 0 && i < h->count; i++)
		r = onebot_hear(tx, h->talk->community, &channel, &h->events[i], &ear);
	return r < 0 ? r : 0;
}

struct listeners { struct store *store; const struct feature *const *features; struct id community; _Atomic bool stop; int result; };

static void *follow(void *arg)
{
	struct listeners *f = arg;
	while (!f->stop && f->result >= 0) {
		f->result = events_catch_up(f->store, f->features, f->community);
		usleep(200000);
	}
	return NULL;
}

/* Messages a second, for `seconds` of hearing and what is left to follow then. */
static int hear_alone(const struct bench_run *run, const struct talk *t, int64_t *n, double seconds, double *ret)
{
	struct store *store;
	ARENA_SCOPED texts;
	arena_init(&texts, 1 << 30);
	size_t count = (size_t)(seconds * PREPARED), done = 0;
	struct str *events = arena_take_array(&texts, count, sizeof *events);
	for (size_t i = 0; events && i < count; i++)
		events[i] = talk_event(t, &texts, *n + (int64_t)i);
	int r = events && !arena_failed(&texts) ? open_store(run, t->file, false, &store) : E_MEMORY;
	if (r < 0)
		return r;
	struct listeners listeners = { .store = store, .features = run->features, .community = t->community };
	pthread_t thread;
	double began = bench_seconds();
	if (pthread_create(&thread, NULL, follow, &listeners) != 0) {
		store_close(store);
		return E_MEMORY;
	}
	while (r >= 0 && done + BATCH <= count && bench_seconds() < began + seconds) {
		ARENA_SCOPED arena;
		arena_init(&arena, 64 << 20);
		struct onebot_event read[BATCH];
		for (size_t i = 0; r >= 0 && i < BATCH; i++)
			r = onebot_read(events[done + i], &arena, &read[i]);
		struct hearing h = { t, read, BATCH };
		r = r < 0 ? r : store_write(store, t->community, &arena, hear_batch, &h);
		done += BATCH;
	}
	r = r < 0 ? r : wait_followed(store, t, (struct instant){ 0 });
	*ret = (double)done / (bench_seconds() - began);
	*n += (int64_t)done;
	listeners.stop = true;
	pthread_join(thread, NULL);
	store_close(store);
	return r < 0 ? r : listeners.result;
}

/* ---- Through the server ---------------------------------------------------------------------------------- */

struct served { double heard, ack_p50, ack_p99, cpu_us; int64_t errors; };

/* ---- Over the WebSocket: a QQ client that talks as fast as it is heard ---- */

struct client { int door, port, line; };          /* line -1: nobody has come */

static int client_meet(struct client *c)
{
	struct pollfd waits = { .fd = c->door, .events = POLLIN };
	char head[8192];
	if (poll(&waits, 1, 15000) != 1 || (c->line = accept(c->door, NULL, NULL)) < 0 || peer_head(c->line, head, sizeof head) < 0 ||
	    peer_accept(c->line, head) < 0)
		return E_BUSY;
	return 0;
}

static int hear_line(const struct bench_run *run, const struct talk *t, int64_t *n, struct client *c, struct store *guest, double *ret)
{
	static int64_t rounds;
	int64_t second = clock_now().ms / SECOND - DAY / SECOND + ++rounds;   /* of the last word: nobody else's, and of days that are kept */
	ARENA_SCOPED arena;
	BUF_SCOPED frames;
	arena_init(&arena, 1 << 30);
	buf_init(&frames, 1 << 30);
	size_t count = (size_t)run->seconds * PREPARED, done = 0, from = 0;
	size_t *ends = arena_take_array(&arena, count, sizeof *ends);
	for (size_t i = 0; ends && i < count; i++) {
		peer_frame(&frames, PEER_TEXT, true, talk_event(t, &arena, *n + (int64_t)i));
		ends[i] = frames.len;
	}
	size_t last = frames.len;
	peer_frame(&frames, PEER_TEXT, true, talk_last(t, &arena, second));
	if (!ends || buf_failed(&frames) || arena_failed(&arena))
		return E_MEMORY;
	double began = bench_seconds();
	for (; done + PIECE <= count && bench_seconds() < began + run->seconds; done += PIECE) {
		size_t until = ends[done + PIECE - 1];
		if (peer_send(c->line, (struct str){ frames.at + from, until - from }) < 0)
			return E_BUSY;
		from = until;
	}
	*n += (int64_t)done;
	if (peer_send(c->line, (struct str){ frames.at + last, frames.len - last }) < 0)
		return E_BUSY;
	int r = wait_followed(guest, t, (struct instant){ second * SECOND });
	*ret = (double)done / (bench_seconds() - began);
	return r;
}

/* ---- By POSTs ---- */

static int hear_served(const struct bench_run *run, const struct talk *t, int64_t *n, int port, pid_t pid, struct store *guest,
                       struct served *ret)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 30);
	size_t count = (size_t)run->seconds * PREPARED, paced = (size_t)run->seconds * ACK_RATE;
	struct str *requests = arena_take_array(&arena, count + paced, sizeof *requests);
	struct load load, ack;
	double before = 0, after = 0;
	int r = requests ? talk_requests(t, &arena, *n, count + paced, requests) : E_MEMORY;
	*n += (int64_t)(count + paced);
	bench_cpu(pid, &before);
	double began = bench_seconds();
	if (r < 0 || (r = bench_flood(port, requests, count, CONNECTIONS, run->seconds, &load)) < 0 ||
	    (r = wait_followed(guest, t, (struct instant){ 0 })) < 0)
		return r;
	double took = bench_seconds() - began;
	bench_cpu(pid, &after);
	if ((r = bench_flood_at(port, ACK_RATE, requests + count, paced, 64, &ack)) < 0 ||
	    (r = wait_followed(guest, t, (struct instant){ 0 })) < 0)
		return r;
	*ret = (struct served){ (double)load.requests / took, ack.p50_ms, ack.p99_ms, (after - before) * 1e6 / (double)load.requests,
	                        load.errors + ack.errors };
	return 0;
}

static void print(const struct bench_run *run, const struct talk *t, const char *metric, const char *unit, double ours, double floor,
                  const char *note)
{
	struct measure m = { .bench = "channel", .metric = metric, .unit = unit, .ours = ours, .note = note, .n = (int64_t)t->groups };
	m.less_is_better = strcmp(unit, "/s") != 0;
	if (floor > 0)
		m.floor = (struct figure){ "the same rows by bare statements", floor, NULL };
	bench_print(run, &m);
}

static int measure_line(const struct bench_run *run, const struct talk *t, int64_t *n, struct client *c, struct store *guest,
                        pid_t pid, int rounds, double floor)
{
	double heard[BENCH_ROUNDS], cpu[BENCH_ROUNDS], before = 0, after = 0;
	char note[160];
	int r = client_meet(c);
	for (int i = 0; r >= 0 && i < rounds; i++) {
		int64_t first = *n;
		bench_cpu(pid, &before);
		r = hear_line(run, t, n, c, guest, &heard[i]);
		bench_cpu(pid, &after);
		cpu[i] = (after - before) * 1e6 / (double)(*n - first);
	}
	if (r < 0)
		return r;
	snprintf(note, sizeof note, "over one WebSocket, %zu groups, %zu automations, until all followers have seen them", t->groups, t->rules);
	print(run, t, "heard_per_s", "/s", bench_median(heard, (size_t)rounds), floor, note);
	print(run, t, "heard_cpu_us", "us", bench_median(cpu, (size_t)rounds), 0, "the server's CPU for one of them, following included");
	return 0;
}

static int measure_posts(const struct bench_run *run, const struct talk *t, int64_t *n, int port, pid_t pid, struct store *guest,
                         double floor)
{
	double heard[BENCH_ROUNDS], p50[BENCH_ROUNDS], p99[BENCH_ROUNDS], cpu[BENCH_ROUNDS];
	struct served s;
	int64_t errors = 0;
	char note[160];
	for (int i = 0; i < BENCH_ROUNDS; i++) {
		int r = hear_served(run, t, n, port, pid, guest, &s);
		if (r < 0)
			return r;
		heard[i] = s.heard, p50[i] = s.ack_p50, p99[i] = s.ack_p99, cpu[i] = s.cpu_us, errors += s.errors;
	}
	snprintf(note, sizeof note, "signed POSTs, %d connections, %zu automations, median of %d, %lld errors", CONNECTIONS, t->rules,
	         BENCH_ROUNDS, (long long)errors);
	print(run, t, "heard_http_per_s", "/s", bench_median(heard, BENCH_ROUNDS), floor, note);
	print(run, t, "heard_http_cpu_us", "us", bench_median(cpu, BENCH_ROUNDS), 0, "the server's CPU for one of them, following included");
	snprintf(note, sizeof note, "%d signed POSTs a second, by the clock, %zu automations listening", ACK_RATE, t->rules);
	print(run, t, "ack_p50_ms", "ms", bench_median(p50, BENCH_ROUNDS), 0, note);
	print(run, t, "ack_p99_ms", "ms", bench_median(p99, BENCH_ROUNDS), 0, note);
	return 0;
}

static int measure_served(const struct bench_run *run, const struct talk *t, int64_t *n, struct client *c, bool whole, double floor)
{
	CHILD_SCOPED server = { 0 };
	double start;
	int port = bench_free_port(), r = bench_serve(run, t->name, port, &server, &start);
	struct store *guest;
	if (r < 0 || (r = open_store(run, t->file, true, &guest)) < 0)
		return r;
	r = measure_line(run, t, n, c, guest, server.pid, whole ? BENCH_ROUNDS : 1, floor);
	if (r >= 0 && whole)
		r = measure_posts(run, t, n, port, server.pid, guest, floor);
	store_close(guest);
	close(c->line);
	c->line = -1;
	return r;
}

/* ---- All of it ------------------------------------------------------------------------------------------------ */

/* The whole measure at 100 groups and 100 automations; how it grows, by one round each. */
static const struct { size_t groups, rules; bool whole; } sizes[] = {
	{ 100, 100, true }, { 100, 0, false }, { 100, 1, false }, { 100, 10, false }, { 1, 100, false }, { 1000, 100, false },
};

static int measure(const struct bench_run *run, size_t groups, size_t rules, bool whole, struct client *c)
{
	double heard[BENCH_ROUNDS], floors[BENCH_ROUNDS];
	int rounds = whole ? BENCH_ROUNDS : 1, r;
	struct talk t;
	int64_t n = 1;
	if ((r = talk_make(run, groups, rules, c->port, &t)) < 0)
		return r;
	for (int i = 0; r >= 0 && i < rounds; i++)
		if ((r = talk_floor(run, &t, BATCH, 1, &floors[i])) >= 0 && whole)
			r = hear_alone(run, &t, &n, run->seconds, &heard[i]);
	double floor = r < 0 ? 0 : bench_median(floors, (size_t)rounds);
	if (r >= 0)
		r = measure_served(run, &t, &n, c, whole, floor);
	if (r >= 0 && whole)
		print(run, &t, "heard_alone_per_s", "/s", bench_median(heard, (size_t)rounds), floor, "without a network, 1024 in a transaction");
	unlink(t.file), unlink(t.copy);
	return r;
}

int bench_hearing(const struct bench_run *run)
{
	struct client c = { .line = -1 };
	int r = (c.door = peer_listen(0, &c.port)) < 0 ? E_STORE : 0;
	for (size_t i = 0; r >= 0 && i < sizeof sizes / sizeof *sizes; i++)
		r = measure(run, sizes[i].groups, sizes[i].rules, sizes[i].whole, &c);
	if (c.door >= 0)
		close(c.door);
	return r;
}
