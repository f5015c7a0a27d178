/* store.c: the room's front door: opening, what an action may say, and waiting for it. See store.h. */
#include "store/inside.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define READERS     2
#define LANES       4
#define PATH_ROOM 512

/* ---- What an action may say ---- */

/* From here on only rollback helps. */
static int broken(struct tx *tx, int code)
{
	if (!tx->broken)
		tx->broken = code;
	return code;
}

/* In C11 `true` and `a == b` are ints: V() of them is one, too. */
static bool kind_fits(const struct value *value, enum kind takes)
{
	return value->kind == takes
	    || (takes == K_BOOL && value->kind == K_INT && (value->as.i == 0 || value->as.i == 1));
}

/* May this query run here, with these values? A mismatch is a defect of the caller. */
static int refuse(struct tx *tx, const struct query *query, const struct value *values, size_t count)
{
	if (query->access == WRITES && tx->runner->access == READS) {
		log_error("query %s writes, but this is a read", query->name);
		return broken(tx, E_STORE);
	}
	bool fits = count == query->count && count <= PARAMETERS_MAX;
	for (size_t i = 0; fits && i < count; i++)
		fits = kind_fits(&values[i], query->takes[i]);
	if (fits)
		return 0;
	log_error("query %s: the values given are not what it takes", query->name);
	return broken(tx, E_STORE);
}

static int run(struct tx *tx, const struct query *query, const struct value *values, size_t count, struct sink *sink)
{
	const struct engine *e = tx->runner->conn->engine;
	if (tx->broken) {
		if (tx->broken == E_CONFLICT)
			log_error("query %s: the action went on after a clash that is not marked .clashes", query->name);
		return tx->broken;
	}
	int r = refuse(tx, query, values, count);
	if (r < 0)
		return r;
	if (fault_strikes())
		return broken(tx, E_STORE);
	tx->wrote |= query->access == WRITES && tx->batched && !tx->careful;
	if (query->access == WRITES && tx->careful && tx->batched && !tx->saved) {
		r = e->savepoint(tx->runner->conn);
		if (r < 0)
			return broken(tx, r);
		tx->saved = true;
	}
	r = e->run(tx->runner->conn, query, values, sink);
	if (r < 0 && !(r == E_CONFLICT && query->clashes))
		broken(tx, r);
	return r;
}

struct one_row { struct sink sink; void *record; };

static void *next_of_one(struct sink *sink) { return ((struct one_row *)sink)->record; }

int tx_one_(struct tx *tx, const struct query *query, void *ret, const struct value *values, size_t count)
{
	struct one_row one = { { next_of_one, tx->arena, true }, arena_take(tx->arena, query->row->size) };
	if (!one.record)
		return broken(tx, E_MEMORY);
	int r = run(tx, query, values, count, &one.sink);
	if (r < 0)
		return r;
	if (r == 0)
		return E_NOT_FOUND;
	memcpy(ret, one.record, query->row->size);
	return 0;
}

struct all_rows { struct sink sink; const struct query *query; char *at; size_t count, room; };

/* Doubles; what it leaves behind in the arena is at most as much again. */
static void *next_of_all(struct sink *sink)
{
	struct all_rows *all = (struct all_rows *)sink;
	size_t size = all->query->row->size;
	if (all->count == TX_ROWS_MAX) {
		log_error("query %s: more than %d rows; it needs a LIMIT", all->query->name, TX_ROWS_MAX);
		return NULL;
	}
	if (all->count == all->room) {
		size_t room = all->room ? all->room * 2 : 8;
		char *at = arena_take_array(sink->arena, room, size);
		if (!at)
			return NULL;
		if (all->count)
			memcpy(at, all->at, all->count * size);
		all->at = at;
		all->room = room;
	}
	return all->at + all->count++ * size;
}

int tx_all_(struct tx *tx, const struct query *query, struct rows *ret, const struct value *values, size_t count)
{
	struct all_rows all = { { next_of_all, tx->arena, false }, query, NULL, 0, 0 };
	int r = run(tx, query, values, count, &all.sink);
	if (r >= 0)
		*ret = (struct rows){ all.at, all.count };
	return r;
}

int tx_run_(struct tx *tx, const struct query *query, const struct value *values, size_t count)
{
	return run(tx, query, values, count, NULL);
}

struct instant tx_now(struct tx *tx)
{
	if (tx->now.ms == 0)
		tx->now = clock_now();
	return tx->now;
}

struct arena *tx_arena(struct tx *tx) { return tx->arena; }

struct arena *tx_use_arena(struct tx *tx, struct arena *arena)
{
	struct arena *before = tx->arena;
	tx->arena = arena;
	return before;
}

bool    tx_may_write(struct tx *tx) { return tx->runner->access == WRITES; }
int64_t tx_serial(struct tx *tx)    { return tx->runner->store->serial; }

struct horizon { int64_t lowest; };

ROW(horizon, FIELD(horizon, lowest, "The lowest transaction number still running"));

static QUERY(store_horizon, READS, &row_horizon, TAKES_NOTHING, "SELECT 0 AS lowest",
	.pg = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS lowest");

int64_t tx_horizon(struct tx *tx)
{
	struct horizon now;
	if (!store_is_pg(tx->runner->store))
		return INT64_MAX;
	return tx_one(tx, &store_horizon, &now) < 0 ? 0 : now.lowest;     /* 0: nothing is sure */
}

void tx_announce(struct tx *tx, struct id community)
{
	struct runner *r = tx->runner;
	for (size_t i = r->announced_count; i-- > 0; )        /* the newest first: it is mostly the same again */
		if (r->announced[i].n == community.n)
			return;
	if (r->announced_count == r->announced_room) {
		size_t room = r->announced_room ? r->announced_room * 2 : 64;
		struct id *more = mem_grow(r->announced, room * sizeof *more);
		if (!more) {
			broken(tx, E_MEMORY);
			return;
		}
		r->announced = more;
		r->announced_room = room;
	}
	r->announced[r->announced_count++] = community;
}

/* ---- Waiting ---- */

static struct lane *lane_of(struct store *store, struct id community)
{
	uint64_t mixed = (uint64_t)community.n * UINT64_C(0x9E3779B97F4A7C15) >> 32;
	return &store->writers[mixed % (uint64_t)store->writer_count];
}

bool store_submit_read(struct store *store, struct work *work) { return lane_put(&store->readers, work, work, 1); }

bool store_submit_write(struct store *store, struct work *work)
{
	return !store->guest && lane_put(lane_of(store, work->community), work, work, 1);
}

struct work *store_submit_writes(struct store *store, struct work *first)
{
	struct work *refused = NULL;
	for (struct work *from = first, *rest; from; from = rest) {
		struct lane *lane = lane_of(store, from->community);
		struct work *last = from;
		size_t n = 1;
		for (; last->next && lane_of(store, last->next->community) == lane; n++)
			last = last->next;
		rest = last->next;
		if (store->guest || !lane_put(lane, from, last, n)) {
			last->next = refused;
			refused = from;
		}
	}
	return refused;
}

struct waiting { struct work work; pthread_mutex_t lock; pthread_cond_t over; bool is_over; int result; };

static void stop_waiting(struct work *work, int result)
{
	struct waiting *w = (struct waiting *)work;
	pthread_mutex_lock(&w->lock);
	w->result = result;
	w->is_over = true;
	pthread_cond_signal(&w->over);                /* inside the lock: *w is gone as soon as it opens */
	pthread_mutex_unlock(&w->lock);
}

static int wait_for(struct store *store, struct work work, bool (*submit)(struct store *, struct work *))
{
	struct waiting w = { .work = work, .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER };
	w.work.done = stop_waiting;
	if (!submit(store, &w.work))
		return E_BUSY;
	pthread_mutex_lock(&w.lock);
	while (!w.is_over)
		pthread_cond_wait(&w.over, &w.lock);
	pthread_mutex_unlock(&w.lock);
	pthread_cond_destroy(&w.over);
	pthread_mutex_destroy(&w.lock);
	return w.result;
}

int store_read(struct store *store, struct arena *arena, tx_action *action, void *arg)
{
	return wait_for(store, (struct work){ .arena = arena, .action = action, .arg = arg }, store_submit_read);
}

static int write_and_wait(struct store *store, struct work work)
{
	if (store->guest) {
		log_error("a write was asked of a guest");
		return E_STORE;
	}
	return wait_for(store, work, store_submit_write);
}

int store_write(struct store *store, struct id community, struct arena *arena, tx_action *action, void *arg)
{
	return write_and_wait(store, (struct work){ .community = community, .arena = arena, .action = action, .arg = arg });
}

int store_write_soon(struct store *store, struct id community, struct arena *arena, tx_action *action, void *arg)
{
	return write_and_wait(store, (struct work){ .community = community, .arena = arena, .action = action, .arg = arg, .soon = true });
}

int store_sweep(struct store *store, struct id community, struct arena *arena, tx_action *action, void *arg, int most)
{
	int r;
	do
		r = store_write(store, community, arena, action, arg);
	while (r >= most);
	return r < 0 ? r : 0;
}

void store_listen(struct store *store, void (*heard)(void *, struct id), void *ctx)
{
	size_t i = 0;
	pthread_mutex_lock(&store->listen_lock);
	while (i < STORE_LISTENERS && !(store->listeners[i].heard && store->listeners[i].ctx == ctx))
		i++;
	for (size_t k = 0; i == STORE_LISTENERS && heard && k < STORE_LISTENERS; k++)
		if (!store->listeners[k].heard)
			i = k;
	if (i < STORE_LISTENERS) {
		store->listeners[i].heard = heard;
		store->listeners[i].ctx = ctx;
	}
	pthread_mutex_unlock(&store->listen_lock);
}

void store_figures(struct store *store, struct store_figures *ret)
{
	int64_t queued = 0;
	for (int i = 0; i <= store->writer_count; i++) {
		struct lane *lane = i < store->writer_count ? &store->writers[i] : &store->readers;
		pthread_mutex_lock(&lane->lock);
		queued += (int64_t)lane->queued;
		pthread_mutex_unlock(&lane->lock);
	}
	*ret = (struct store_figures){
		.commits = atomic_load(&store->commits), .actions = atomic_load(&store->actions),
		.rollbacks = atomic_load(&store->rollbacks), .retries = atomic_load(&store->retries),
		.reads = atomic_load(&store->reads), .queued = queued,
	};
}

bool    store_is_pg(const struct store *store)  { return store->engine == &pg_engine; }
int64_t store_serial(const struct store *store) { return store->serial; }

/* ---- Opening ---- */

/* Two servers on one folder would each believe to be alone. The lock is the kernel's: it ends with the process. */
static int lock_folder(struct store *store, const char *folder, char ret_why[WHY_MAX])
{
	char path[PATH_ROOM + 16], pid[24] = "";
	snprintf(path, sizeof path, "%s/quntu.lock", folder);
	store->lock_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (store->lock_file < 0) {
		snprintf(ret_why, WHY_MAX, SPOKEN(store->lang, "%.300s 打不开：%s", "%.300s cannot be opened: %s"), path, strerror(errno));
		return E_STORE;
	}
	if (flock(store->lock_file, LOCK_EX | LOCK_NB) < 0) {
		ssize_t n = read(store->lock_file, pid, sizeof pid - 1);
		snprintf(ret_why, WHY_MAX, SPOKEN(store->lang, "%.300s 正被另一个 quntu 使用（进程 %.*s），请先停掉它",
		                                  "%.300s is in use by another quntu (process %.*s); stop it first"), folder,
		         (int)(n > 0 ? n : 1), n > 0 ? pid : "?");
		return E_BUSY;
	}
	int len = snprintf(pid, sizeof pid, "%d", (int)getpid());
	if (ftruncate(store->lock_file, 0) < 0 || pwrite(store->lock_file, pid, (size_t)len, 0) != len)
		log_warn("%s could not be written: %s", path, strerror(errno));       /* only the message would miss it */
	return 0;
}

static int prepare_folder(struct store *store, char ret_why[WHY_MAX])
{
	char folder[PATH_ROOM];
	if (snprintf(folder, sizeof folder, "%s", store->where) >= (int)sizeof folder) {
		snprintf(ret_why, WHY_MAX, SPOKEN(store->lang, "路径太长：%.200s …", "the path is too long: %.200s …"), store->where);
		return E_INVALID;
	}
	char *slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	else
		snprintf(folder, sizeof folder, ".");
	if (mkdir(folder[0] ? folder : "/", 0700) < 0 && errno != EEXIST) {
		snprintf(ret_why, WHY_MAX, SPOKEN(store->lang, "建不了目录 %.300s：%s", "the folder %.300s cannot be made: %s"), folder,
		         strerror(errno));
		return E_STORE;
	}
	return lock_folder(store, folder, ret_why);
}

static int choose_engine(struct store *store, const char *url, char ret_why[WHY_MAX])
{
	struct str whole = str_of(url);
	if (str_starts(whole, S("sqlite:")) && whole.len > 7) {
		store->engine = &sqlite_engine;
		url += 7;
	} else if (str_starts(whole, S("postgres://")) || str_starts(whole, S("postgresql://"))) {
		store->engine = &pg_engine;
	} else {
		snprintf(ret_why, WHY_MAX, SPOKEN(store->lang, "store 应写成 \"sqlite:目录/quntu.db\" 或 \"postgres://…\"，而不是 \"%.200s\"",
		                                  "a store is \"sqlite:FOLDER/quntu.db\" or \"postgres://…\", not \"%.200s\""), url);
		return E_INVALID;
	}
	size_t len = strlen(url) + 1;
	store->where = mem_take(len);
	if (!store->where) {
		snprintf(ret_why, WHY_MAX, "memory is out");
		return E_MEMORY;
	}
	memcpy(store->where, url, len);
	return 0;
}

/* Steps and node number, on a connection of their own. A guest only looks whether the steps agree. */
static int move_in(struct store *store, const struct embedded_schema *schemas, char ret_why[WHY_MAX])
{
	struct runner r;
	int code = runner_open(&r, store, store->guest ? READS : WRITES, ret_why);
	if (code < 0)
		return code;
	code = migrate(&r, schemas, ret_why);
	if (code == 0 && !store->guest && store->engine->settle)
		code = store->engine->settle(r.conn, ret_why);
	if (code == 0 && !store->guest)
		code = node_take(store, &r, ret_why);
	runner_close(&r);
	return code;
}

static int start(struct store *store, const struct store_options *options, char ret_why[WHY_MAX])
{
	int readers = options->readers > 0 ? options->readers : READERS;
	int lanes = !store_is_pg(store) ? 1 : options->lanes > 0 ? options->lanes : LANES;
	if (readers > READERS_MAX || lanes > LANES_MAX) {
		snprintf(ret_why, WHY_MAX, SPOKEN(store->lang, "readers 最多 %d，lanes 最多 %d", "at most %d readers and %d lanes"), READERS_MAX,
		         LANES_MAX);
		return E_INVALID;
	}
	store->lazily = options->lazily && store_is_pg(store);
	int r = lane_start(&store->readers, store, READS, readers, ret_why);
	if (r < 0 || store->guest)
		return r;
	while (store->writer_count < lanes) {
		r = lane_start(&store->writers[store->writer_count++], store, WRITES, 1, ret_why);
		if (r < 0)
			return r;
	}
	if (store->engine->log_open && (r = syncer_start(&store->syncer, store, ret_why)) < 0)
		return r;
	if (store->engine->tidy && (r = tidier_start(&store->tidier, store, ret_why)) < 0)
		return r;
	return node_keep(store, ret_why);
}

static int open_all(struct store *store, const struct store_options *options, char ret_why[WHY_MAX])
{
	int r = choose_engine(store, options->url, ret_why);
	if (r == 0 && !store_is_pg(store) && !store->guest)
		r = prepare_folder(store, ret_why);
	if (r == 0)
		r = move_in(store, options->schemas, ret_why);
	if (r == 0)
		r = start(store, options, ret_why);
	return r;
}

int store_open(const struct store_options *options, struct store **ret, struct arena *arena, struct str *ret_why)
{
	char why[WHY_MAX] = "memory is out";
	static _Atomic int64_t opened;
	struct store *store = mem_take(sizeof *store);
	int r = E_MEMORY;
	if (store) {
		store->serial = atomic_fetch_add(&opened, 1) + 1;
		store->guest = options->guest;
		store->lang = options->lang;
		store->missing = options->ret_missing;
		store->lock_file = -1;
		pthread_mutex_init(&store->listen_lock, NULL);
		node_init(&store->ids);
		r = secret_start();
		if (r == 0)
			r = open_all(store, options, why);
		if (r == 0) {
			*ret = store;
			return 0;
		}
		store_close(store);
	}
	*ret_why = str_format(arena, "%s", why);
	return r;
}

int store_aside(struct store *store, struct arena *arena, tx_action *action, void *arg)
{
	struct runner r;
	char why[WHY_MAX];
	int code = runner_open(&r, store, WRITES, why);
	if (code < 0) {
		log_error("writing aside: %s", why);
		return code;
	}
	code = runner_do(&r, arena, action, arg);
	int file = code >= 0 && store->engine->log_open ? store->engine->log_open(store->where) : -1;
	if (file >= 0 && fdatasync(file) < 0)
		code = E_STORE;
	if (file >= 0)
		close(file);
	runner_close(&r);
	return code;
}

int store_forget(struct store *store)
{
	return store->engine->forget ? store->engine->forget(store->where) : 0;
}

static void move_out(struct store *store)
{
	struct runner r;
	char why[WHY_MAX];
	if (atomic_load(&store->ids.number) < 0 || runner_open(&r, store, WRITES, why) < 0)
		return;
	node_give(store, &r);
	runner_close(&r);
}

void store_close(struct store *store)
{
	node_rest(store);
	for (int i = 0; i < store->writer_count; i++)
		lane_stop(&store->writers[i]);
	syncer_stop(&store->syncer);                  /* it wakes the first of them to the end */
	tidier_stop(&store->tidier);
	for (int i = 0; i < store->writer_count; i++)
		lane_free(&store->writers[i]);
	lane_stop(&store->readers);
	lane_free(&store->readers);
	if (!store->guest)
		move_out(store);
	if (store->lock_file >= 0)
		close(store->lock_file);
	node_end(&store->ids);
	pthread_mutex_destroy(&store->listen_lock);
	mem_give(store->where);
	mem_give(store);
}

const struct query *const store_queries[] = { &store_horizon, NULL };
