/* heard.c: bench `channel`, how fast Quntu hears.
 *
 * Story      A thousand groups talk at once. Each message comes as its platform sends it, is stored durably (its number, its words,
 *            its event) and goes through a hundred automations that wait for words; some act. The clock stops when the
 *            automations' cursor has passed the last of them, and so have the sums and all other followers of that round.
 * heard_per_s         without a network: events as JSON, read, and taken in by the connector, 256 in a transaction; the followers
 *                     on a second thread. What one process can hear, whichever way it comes.
 * heard_http_per_s    through the server: one signed POST for each message, as HTTP reporting does it, 256 connections. Sender and
 *                     server share the machine.
 * ack_p99_ms          the same at 2,000 a second, sent by the clock.
 * Floor      The same rows by bare statements, 256 messages in a transaction, on a copy of the same file; nobody follows.
 */
#include "bench/heard.h"

#include <pthread.h>
#include <unistd.h>

#include "bench/flood.h"
#include "channel/onebot/onebot.h"
#include "engine/event/event.h"
#include "store/schemas.h"

#define CONNECTIONS 256
#define BATCH      1024
#define PREPARED  40000                           /* requests for each second: more cannot be heard */
#define ACK_RATE   2000
#define PATIENCE  120.0                           /* seconds */

/* ---- Have they all listened? ---------------------------------------------------------------------- */

struct behind { bool yes; };

ROW(behind, FIELD(behind, yes, "Is there an event they have not seen?"));

static QUERY(bench_behind, READS, &row_behind, TAKES(K_ID),
	"SELECT EXISTS (SELECT 1 FROM event e WHERE e.community_id = ?1 AND e.epoch = 0 AND e.id > (SELECT min(f.id) FROM follower f"
	" WHERE f.community_id = ?1 AND f.name IN ('automation', 'roster_spoken', 'webhook'))) AS yes", .scans = true);

struct looking { struct id community; struct behind behind; };

static int look(struct tx *tx, void *arg)
{
	struct looking *l = arg;
	return tx_one(tx, &bench_behind, &l->behind, V(l->community));
}

static int wait_followed(struct store *store, struct id community)
{
	struct looking l = { community, { true } };
	double began = bench_seconds();
	int r = 0;
	while (r >= 0 && l.behind.yes && bench_seconds() < began + PATIENCE) {
		ARENA_SCOPED arena;
		arena_init(&arena, 1 << 20);
		r = store_read(store, &arena, look, &l);
		if (l.behind.yes)
			usleep(5000);
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
	r = r < 0 ? r : wait_followed(store, t->community);
	*ret = (double)done / (bench_seconds() - began);
	*n += (int64_t)done;
	listeners.stop = true;
	pthread_join(thread, NULL);
	store_close(store);
	return r < 0 ? r : listeners.result;
}

/* ---- Through the server ---------------------------------------------------------------------------------- */

struct served { double heard, ack_p50, ack_p99, cpu_us; int64_t errors; };

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
	    (r = wait_followed(guest, t->community)) < 0)
		return r;
	double took = bench_seconds() - began;
	bench_cpu(pid, &after);
	if ((r = bench_flood_at(port, ACK_RATE, requests + count, paced, 64, &ack)) < 0 || (r = wait_followed(guest, t->community)) < 0)
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

static int measure_served(const struct bench_run *run, const struct talk *t, int64_t *n, double floor)
{
	CHILD_SCOPED server = { 0 };
	double heard[BENCH_ROUNDS], p50[BENCH_ROUNDS], p99[BENCH_ROUNDS], cpu[BENCH_ROUNDS], start;
	int port = bench_free_port(), r = bench_serve(run, t->name, port, &server, &start);
	struct store *guest;
	struct served s;
	int64_t errors = 0;
	char note[160];
	if (r < 0 || (r = open_store(run, t->file, true, &guest)) < 0)
		return r;
	for (int i = 0; r >= 0 && i < BENCH_ROUNDS; i++)
		if ((r = hear_served(run, t, n, port, server.pid, guest, &s)) >= 0) {
			heard[i] = s.heard, p50[i] = s.ack_p50, p99[i] = s.ack_p99, cpu[i] = s.cpu_us, errors += s.errors;
		}
	store_close(guest);
	if (r < 0)
		return r;
	snprintf(note, sizeof note, "signed POSTs, %d connections, %zu automations, median of %d, %lld errors", CONNECTIONS, t->rules,
	         BENCH_ROUNDS, (long long)errors);
	print(run, t, "heard_http_per_s", "/s", bench_median(heard, BENCH_ROUNDS), floor, note);
	print(run, t, "heard_http_cpu_us", "us", bench_median(cpu, BENCH_ROUNDS), 0, "the server's CPU for one of them, following included");
	snprintf(note, sizeof note, "%d signed POSTs a second, by the clock, %zu automations listening", ACK_RATE, t->rules);
	print(run, t, "ack_p50_ms", "ms", bench_median(p50, BENCH_ROUNDS), 0, note);
	print(run, t, "ack_p99_ms", "ms", bench_median(p99, BENCH_ROUNDS), 0, note);
	return 0;
}

/* ---- All of it ------------------------------------------------------------------------------------------------ */

/* The whole measure at 100 groups and 100 automations; how it grows, by one round each. */
static const struct { size_t groups, rules; bool whole; } sizes[] = {
	{ 100, 100, true }, { 100, 0, false }, { 100, 1, false }, { 100, 10, false }, { 1, 100, false }, { 1000, 100, false },
};

static int measure(const struct bench_run *run, size_t groups, size_t rules, bool whole)
{
	double heard[BENCH_ROUNDS], floors[BENCH_ROUNDS];
	int rounds = whole ? BENCH_ROUNDS : 1, r;
	struct talk t;
	char note[160];
	int64_t n = 1;
	if ((r = talk_make(run, groups, rules, &t)) < 0)
		return r;
	for (int i = 0; r >= 0 && i < rounds; i++)
		if ((r = talk_floor(run, &t, BATCH, 1, &floors[i])) >= 0)
			r = hear_alone(run, &t, &n, run->seconds, &heard[i]);
	if (r >= 0) {
		double floor = bench_median(floors, (size_t)rounds);
		snprintf(note, sizeof note, "%zu automations, %zu groups, 256 in a transaction, until all followers have seen them", rules, groups);
		print(run, &t, "heard_per_s", "/s", bench_median(heard, (size_t)rounds), floor, note);
		if (whole)
			r = measure_served(run, &t, &n, floor);
	}
	unlink(t.file), unlink(t.copy);
	return r;
}

int bench_hearing(const struct bench_run *run)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < sizeof sizes / sizeof *sizes; i++)
		r = measure(run, sizes[i].groups, sizes[i].rules, sizes[i].whole);
	return r;
}
