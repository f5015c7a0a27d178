/* store_test.c: the promises of the store, on SQLite and on PostgreSQL through the same bodies. */
#include "client.h"
#include "store/schemas.h"
#include "store/store.h"
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- A small world: shelves with counters on them ---- */

static const char world_sql[] =
	"-- 9001 world: for these tests\n"
	"CREATE TABLE shelf (\n"
	"  community_id BIGINT NOT NULL, -- first in every key\n"
	"  id BIGINT NOT NULL,\n"
	"  name TEXT NOT NULL DEFAULT ';',\n"
	"  counter BIGINT NOT NULL,\n"
	"  open BOOLEAN NOT NULL,\n"
	"  PRIMARY KEY (community_id, id), UNIQUE (community_id, name)\n"
	");\n"
	"CREATE TABLE thing (community_id BIGINT NOT NULL, id BIGINT NOT NULL, picture BYTEA NOT NULL,\n"
	"  price BIGINT NOT NULL, at BIGINT NOT NULL, list TEXT NOT NULL, PRIMARY KEY (community_id, id));\n";

struct shelf { struct id id; struct str name; int64_t counter; bool open; };

ROW(shelf,
	FIELD(shelf, id,      "Shelf"),
	FIELD(shelf, name,    "Its name"),
	FIELD(shelf, counter, "A number"),
	FIELD(shelf, open,    "May it be used?"));

struct thing { struct id id; struct blob picture; struct money price; struct instant at; struct rows list; };

ROW(thing,
	FIELD(thing, id,      "Thing"),
	FIELD(thing, picture, "Bytes"),
	FIELD(thing, price,   "In fen"),
	FIELD(thing, at,      "Since when"),
	FIELD(thing, list,    "Words about it", .of = &row_text_item, .max = 10));

struct number { int64_t n; };

ROW(number, FIELD(number, n, "A number"));

static QUERY(shelf_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_BOOL),
	"INSERT INTO shelf (community_id, id, name, counter, open) VALUES (?1, ?2, ?3, 0, ?4)");
static QUERY(shelf_insert_or_not, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_BOOL),
	"INSERT INTO shelf (community_id, id, name, counter, open) VALUES (?1, ?2, ?3, 0, ?4)", .clashes = true);
static QUERY(shelf_count_up, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE shelf SET counter = counter + 1 WHERE community_id = ?1 AND id = ?2");
static QUERY(shelf_put_counter, WRITES, &row_shelf, TAKES(K_ID, K_ID, K_INT),
	"UPDATE shelf SET counter = ?3 WHERE community_id = ?1 AND id = ?2 RETURNING id, name, counter, open");
static QUERY(shelf_by_id, READS, &row_shelf, TAKES(K_ID, K_ID),
	"SELECT id, name, counter, open FROM shelf WHERE community_id = ?1 AND id = ?2");
static QUERY(shelves, READS, &row_shelf, TAKES(K_ID),
	"SELECT id, name, counter, open FROM shelf WHERE community_id = ?1 ORDER BY id");
static QUERY(shelf_null, READS, &row_number, TAKES(K_ID),
	"SELECT MAX(counter) AS n FROM shelf WHERE community_id = ?1");
static QUERY(shelf_turned, READS, &row_shelf, TAKES(K_ID),
	"SELECT name, id, counter, open FROM shelf WHERE community_id = ?1");
static QUERY(shelf_lies, READS, NULL, TAKES(K_ID), "DELETE FROM shelf WHERE community_id = ?1");
static QUERY(shelf_greedy, READS, &row_shelf, TAKES(K_ID, K_ID),
	"SELECT id, name, counter, open FROM shelf WHERE community_id = ?1");
static QUERY(shelf_nowhere, READS, &row_number, TAKES_NOTHING, "SELECT n FROM nowhere");
static QUERY(shelf_scan, READS, &row_number, TAKES(K_INT), "SELECT counter AS n FROM shelf WHERE counter = ?1");
static QUERY(number_broken, READS, &row_number, TAKES(K_INT), "SELECT 1 / ?1 AS n");
static QUERY(thing_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_BLOB, K_MONEY, K_INSTANT, K_STR),
	"INSERT INTO thing (community_id, id, picture, price, at, list) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
static QUERY(things, READS, &row_thing, TAKES(K_ID),
	"SELECT id, picture, price, at, list FROM thing WHERE community_id = ?1 ORDER BY id");
static QUERY(shelf_drop, WRITES, NULL, TAKES(K_ID, K_STR), "DELETE FROM shelf WHERE community_id = ?1 AND name < ?2");
static QUERY(file_sound, READS, &row_text_item, TAKES_NOTHING, "SELECT integrity_check AS item FROM pragma_integrity_check LIMIT 20",
	.scans = true);
static QUERY(node_steal, WRITES, NULL, TAKES(K_INT, K_STR), "UPDATE node SET holder = ?2 WHERE number = ?1");

static const struct id home = { 7 };

/* The program's schemas and the world's; `world` may be other words than last time. */
static const struct embedded_schema *schemas_with(struct embedded_schema *ret, const char *world)
{
	size_t n = 0;
	for (const struct embedded_schema *s = embedded_schemas; s->path; s++)
		ret[n++] = *s;
	if (world)
		ret[n++] = (struct embedded_schema){ "world.sql", world };
	ret[n] = (struct embedded_schema){ NULL, NULL };
	return ret;
}

static int open_world(struct house *h, const char *world, struct store **ret, struct str *ret_why)
{
	struct embedded_schema list[64];
	struct store_options options = { .url = h->url, .schemas = schemas_with(list, world), .lang = LANG_EN };
	return store_open(&options, ret, &h->arena, ret_why);
}

static void build_world(struct house *h)
{
	struct str why;
	house_leave(h);
	assert_int_equal(open_world(h, world_sql, &h->store, &why), 0);
}

/* ---- Actions of this world ---- */

struct order { struct id shelf; struct str name; int code; struct shelf got; struct rows all; };

static int make_shelf(struct tx *tx, void *arg)
{
	struct order *o = arg;
	o->shelf = tx_new_id(tx);
	tx_announce(tx, home);
	return tx_run(tx, &shelf_insert, V(home), V(o->shelf), V(o->name), V(true));
}

static int make_shelf_then_fail(struct tx *tx, void *arg)
{
	int r = make_shelf(tx, arg);
	tx_announce(tx, (struct id){ 666 });
	return r < 0 ? r : E_INVALID;
}

static int count_up(struct tx *tx, void *arg)
{
	struct order *o = arg;
	return tx_run(tx, &shelf_count_up, V(home), V(o->shelf));
}

static int read_shelf(struct tx *tx, void *arg)
{
	struct order *o = arg;
	return tx_one(tx, &shelf_by_id, &o->got, V(home), V(o->shelf));
}

static int read_shelves(struct tx *tx, void *arg)
{
	struct order *o = arg;
	return tx_all(tx, &shelves, &o->all, V(home));
}

static int64_t count_shelves(struct house *h)
{
	struct order o = { 0 };
	assert_true(store_read(h->store, &h->arena, read_shelves, &o) >= 0);
	return (int64_t)o.all.count;
}

static struct id a_shelf(struct house *h, const char *name)
{
	struct order o = { .name = str_of(name) };
	assert_int_equal(store_write(h->store, home, &h->arena, make_shelf, &o), 1);
	return o.shelf;
}

static int64_t counter_of(struct house *h, struct id shelf)
{
	struct order o = { .shelf = shelf };
	assert_int_equal(store_read(h->store, &h->arena, read_shelf, &o), 0);
	return o.got.counter;
}

/* ---- Values ---- */

struct trial { struct thing thing; struct rows all; };

static int put_thing(struct tx *tx, void *arg)
{
	struct thing *t = arg;
	return tx_run(tx, &thing_insert, V(home), V(t->id), V(t->picture), V(t->price), V(t->at), V(S("[\"红\",\"b\"]")));
}

static int read_things(struct tx *tx, void *arg) { return tx_all(tx, &things, (struct rows *)arg, V(home)); }

PROMISE(store_values, "what goes in comes out: empty, negative, huge, bytes, lists")
{
	build_world(house);
	struct thing in[] = {
		{ .id = { 1 }, .price = { INT64_MIN }, .at = { -1 } },
		{ .id = { 2 }, .picture = { "\0\1\xff", 3 }, .price = { INT64_MAX }, .at = { 0 } },
	};
	for (int i = 0; i < 2; i++)
		assert_int_equal(store_write(house->store, home, &house->arena, put_thing, &in[i]), 1);
	struct rows out;
	assert_int_equal(store_read(house->store, &house->arena, read_things, &out), 2);
	const struct thing *t = out.at;
	assert_true(t[0].price.fen == INT64_MIN && t[0].at.ms == -1 && t[0].picture.len == 0);
	assert_true(t[1].price.fen == INT64_MAX && t[1].picture.len == 3 && memcmp(t[1].picture.at, "\0\1\xff", 3) == 0);
	assert_int_equal(t[1].list.count, 2);
	assert_str(((struct text_item *)t[1].list.at)[0].item, "红");
	struct id empty = a_shelf(house, "");
	struct order o = { .shelf = empty };
	assert_int_equal(store_read(house->store, &house->arena, read_shelf, &o), 0);
	assert_str(o.got.name, "");
	assert_true(o.got.open);
}

static int put_counter(struct tx *tx, void *arg)
{
	struct order *o = arg;
	return tx_one(tx, &shelf_put_counter, &o->got, V(home), V(o->shelf), V(42));
}

PROMISE(store_returning, "a write may return its row; without one it is E_NOT_FOUND and the output is left alone")
{
	build_world(house);
	struct order o = { .shelf = a_shelf(house, "a") };
	assert_int_equal(store_write(house->store, home, &house->arena, put_counter, &o), 0);
	assert_int_equal(o.got.counter, 42);
	assert_int_equal(counter_of(house, o.shelf), 42);
	o.shelf.n++;
	assert_int_equal(store_write(house->store, home, &house->arena, put_counter, &o), E_NOT_FOUND);
	assert_int_equal(o.got.counter, 42);
}

static int read_null(struct tx *tx, void *arg) { return tx_one(tx, &shelf_null, (struct number *)arg, V(home)); }
static int read_turned(struct tx *tx, void *arg) { return tx_all(tx, &shelf_turned, (struct rows *)arg, V(home)); }

PROMISE(store_null, "a NULL and a column out of order are refused, not guessed")
{
	build_world(house);
	struct number n;
	struct rows rows;
	assert_int_equal(store_read(house->store, &house->arena, read_null, &n), E_STORE);
	assert_int_equal(store_read(house->store, &house->arena, read_turned, &rows), E_STORE);
}

static int wrong_values(struct tx *tx, void *arg) { return (void)arg, tx_run(tx, &shelf_count_up, V(home), V(1)); }

PROMISE(store_read_only, "a read refuses to write; a guest too; values of another kind are refused")
{
	build_world(house);
	struct order o = { .name = S("a"), .shelf = a_shelf(house, "b") };
	assert_int_equal(store_read(house->store, &house->arena, count_up, &o), E_STORE);
	assert_int_equal(store_write(house->store, home, &house->arena, wrong_values, &o), E_STORE);
	assert_int_equal(counter_of(house, o.shelf), 0);

	struct embedded_schema list[64];
	struct store_options options = { .url = house->url, .schemas = schemas_with(list, world_sql), .guest = true };
	struct store *guest;
	struct str why;
	assert_int_equal(store_open(&options, &guest, &house->arena, &why), 0);
	assert_int_equal(store_read(guest, &house->arena, read_shelf, &o), 0);
	assert_str(o.got.name, "b");
	assert_int_equal(store_write(guest, home, &house->arena, count_up, &o), E_STORE);
	store_close(guest);
}

/* ---- Batches ---- */

struct shot { struct work work; struct arena arena; struct order order; bool soon; int result; sem_t *over; };

static void shot_done(struct work *work, int result)
{
	struct shot *s = (struct shot *)work;
	s->result = result;
	sem_post(s->over);
}

/* Holds a lane at `gate`, once it is `inside`: what is submitted meanwhile shares one batch. */
static sem_t inside, gate;

static int wait_at_gate(struct tx *tx, void *arg)
{
	(void)tx, (void)arg;
	sem_post(&inside);
	return sem_wait(&gate);
}

static bool shoot(struct house *h, struct shot *s, tx_action *action, sem_t *over)
{
	arena_init(&s->arena, 1 << 20);
	s->over = over;
	s->work = (struct work){
		.community = home, .arena = &s->arena, .action = action, .arg = &s->order, .done = shot_done, .soon = s->soon,
	};
	return store_submit_write(h->store, &s->work);
}

/* The first shot: the lane stands at the gate when this returns. */
static void hold(struct house *h, struct shot *s, sem_t *over)
{
	sem_init(over, 0, 0);
	sem_init(&gate, 0, 0);
	sem_init(&inside, 0, 0);
	assert_true(shoot(h, s, wait_at_gate, over));
	sem_wait(&inside);
}

static _Atomic int heard_home, heard_other;

static void hear(void *ctx, struct id community)
{
	(void)ctx;
	atomic_fetch_add(community.n == home.n ? &heard_home : &heard_other, 1);
}

#define SHOTS 21

PROMISE(store_isolation, "in one commit, an action that fails is undone alone, and only the others are announced")
{
	build_world(house);
	sem_t over;
	struct shot shots[SHOTS] = { 0 };
	char names[SHOTS][16];
	heard_home = heard_other = 0;
	store_listen(house->store, hear, NULL);
	hold(house, &shots[0], &over);
	for (int i = 1; i < SHOTS; i++) {
		snprintf(names[i], sizeof names[i], "n%d", i);
		shots[i].order = (struct order){ .name = str_of(names[i]) };
		assert_true(shoot(house, &shots[i], i % 3 == 0 ? make_shelf_then_fail : make_shelf, &over));
	}
	sem_post(&gate);
	for (int i = 0; i < SHOTS; i++)
		sem_wait(&over);
	for (int i = 1; i < SHOTS; i++) {
		assert_int_equal(shots[i].result, i % 3 == 0 ? E_INVALID : 1);
		struct order o = { .shelf = shots[i].order.shelf };
		assert_int_equal(store_read(house->store, &house->arena, read_shelf, &o), i % 3 == 0 ? E_NOT_FOUND : 0);
		arena_free(&shots[i].arena);
	}
	assert_int_equal(heard_home, 1);
	assert_int_equal(heard_other, 0);
	struct store_figures f;
	store_figures(house->store, &f);
	assert_true(f.actions >= SHOTS && f.rollbacks >= 6 && f.queued == 0);
}

static int break_it(struct tx *tx, void *arg)
{
	struct number n;
	return (void)arg, tx_one(tx, &number_broken, &n, V(0));
}

PROMISE(store_soon, "who does not wait for the disk has committed when it is told; others in its batch are told, too, and the listeners")
{
	build_world(house);
	sem_t over;
	struct shot shots[5] = { 0 };
	char names[5][16];
	struct order alone = { .name = S("alone") };
	store_listen(house->store, hear, NULL);
	heard_home = 0;
	assert_int_equal(store_write_soon(house->store, home, &house->arena, make_shelf, &alone), 1);
	assert_int_equal(counter_of(house, alone.shelf), 0);
	assert_int_equal(store_write_soon(house->store, home, &house->arena, make_shelf_then_fail, &alone), E_CONFLICT);
	store_listen(house->store, NULL, NULL);       /* nothing is on its way any more */
	assert_int_equal(heard_home, 1);
	hold(house, &shots[0], &over);
	for (int i = 1; i < 5; i++) {
		snprintf(names[i], sizeof names[i], "n%d", i);
		shots[i].order = (struct order){ .name = str_of(names[i]) };
		shots[i].soon = i % 2;
		assert_true(shoot(house, &shots[i], i == 3 ? make_shelf_then_fail : make_shelf, &over));
	}
	sem_post(&gate);
	for (int i = 0; i < 5; i++)
		sem_wait(&over);
	for (int i = 1; i < 5; i++) {
		assert_int_equal(shots[i].result, i == 3 ? E_INVALID : 1);
		arena_free(&shots[i].arena);
	}
	assert_int_equal(count_shelves(house), 4);
}

PROMISE(store_guilty, "an action that breaks the whole transaction fails alone")
{
	build_world(house);
	sem_t over;
	struct shot shots[11] = { 0 };
	char names[11][16];
	hold(house, &shots[0], &over);
	for (int i = 1; i < 11; i++) {
		snprintf(names[i], sizeof names[i], "n%d", i == 9 ? 8 : i);
		shots[i].order = (struct order){ .name = str_of(names[i]) };
		assert_true(shoot(house, &shots[i], i == 4 ? break_it : make_shelf, &over));
	}
	sem_post(&gate);
	for (int i = 0; i < 11; i++)
		sem_wait(&over);
	for (int i = 1; i < 11; i++) {
		assert_int_equal(shots[i].result, i == 4 ? E_STORE : i == 9 ? E_CONFLICT : 1);
		arena_free(&shots[i].arena);
	}
	assert_int_equal(count_shelves(house), 8);
}

PROMISE(store_queue_full, "more waiting work than fits is refused, and the rest is done")
{
	build_world(house);
	sem_t over;
	static struct shot shots[STORE_QUEUE_MAX + 2];
	memset(shots, 0, sizeof shots);
	hold(house, &shots[0], &over);
	int taken = 1;
	while (taken < STORE_QUEUE_MAX + 2 && shoot(house, &shots[taken], read_shelf, &over))
		taken++;
	assert_int_equal(taken, STORE_QUEUE_MAX + 1);
	sem_post(&gate);
	for (int i = 0; i < taken; i++)
		sem_wait(&over);
	for (int i = 0; i < taken; i++)
		arena_free(&shots[i].arena);
}

static int clash_and_go_on(struct tx *tx, void *arg)
{
	struct order *o = arg;
	int r = tx_run(tx, &shelf_insert_or_not, V(home), V(tx_new_id(tx)), V(S("taken")), V(false));
	if (r != E_CONFLICT)
		return r < 0 ? r : E_INVALID;
	return tx_run(tx, &shelf_count_up, V(home), V(o->shelf));
}

static int clash_unmarked(struct tx *tx, void *arg)
{
	struct order *o = arg;
	tx_run(tx, &shelf_insert, V(home), V(tx_new_id(tx)), V(S("taken")), V(false));
	tx_run(tx, &shelf_count_up, V(home), V(o->shelf));
	return 0;
}

PROMISE(store_conflict, "after a clash that is marked the transaction goes on; after one that is not, the action fails")
{
	build_world(house);
	struct order o = { .name = S("taken"), .shelf = a_shelf(house, "taken") };
	assert_int_equal(store_write(house->store, home, &house->arena, clash_and_go_on, &o), 1);
	assert_int_equal(counter_of(house, o.shelf), 1);
	assert_int_equal(store_write(house->store, home, &house->arena, clash_unmarked, &o), E_CONFLICT);
	assert_int_equal(store_write(house->store, home, &house->arena, make_shelf, &(struct order){ .name = S("taken") }),
	                 E_CONFLICT);
	assert_int_equal(counter_of(house, o.shelf), 1);
}

/* ---- Faults and memory ---- */

/* Two writes; the sweeps ask that both happened or neither. */
static int twice(struct tx *tx, void *arg)
{
	struct order *o = arg;
	struct shelf before;
	int r = tx_one(tx, &shelf_by_id, &before, V(home), V(o->shelf));
	if (r < 0 || (r = tx_run(tx, &shelf_count_up, V(home), V(o->shelf))) < 0)
		return r;
	tx_announce(tx, home);
	return tx_run(tx, &shelf_count_up, V(home), V(o->shelf));
}

static int try_twice(struct house *h, struct id shelf)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	return store_write(h->store, home, &arena, twice, &(struct order){ .shelf = shelf });
}

PROMISE(store_faults, "whichever statement or commit fails, an action happened whole or not at all")
{
	build_world(house);
	struct id shelf = a_shelf(house, "a");
	int64_t want = 0;
	long n = 0;
	for (bool struck = true; struck; n++) {
		store_fault_after(n, false);
		int r = try_twice(house, shelf);
		struck = store_fault_struck();
		store_fault_after(-1, false);
		assert_int_equal(r, struck ? E_STORE : 1);
		want += r < 0 ? 0 : 2;
		assert_int_equal(counter_of(house, shelf), want);
	}
	assert_in_range(n, 5, 6);
	store_fault_after(0, true);
	assert_int_equal(try_twice(house, shelf), E_STORE);
	assert_int_equal(try_twice(house, shelf), E_STORE);
}

PROMISE(store_memory, "whichever allocation fails, an action happened whole or not at all")
{
	build_world(house);
	struct id shelf = a_shelf(house, "a");
	int64_t want = 0;
	for (long n = 0; ; n++) {
		mem_fail_after(n);
		int r = try_twice(house, shelf);
		bool struck = mem_failed();
		mem_fail_after(-1);
		assert_true(r == 1 || (struck && (r == E_MEMORY || r == E_STORE)));
		want += r < 0 ? 0 : 2;
		assert_int_equal(counter_of(house, shelf), want);
		if (!struck)
			break;
	}
}

/* ---- Ids and nodes ---- */

#define CROWD   8
#define IDS   500

struct crowd {
	struct house *house;
	struct store *store;
	struct id     shelf, ids[IDS];
	pthread_t     thread;
	int           failed;
};

static int many_ids(struct tx *tx, void *arg)
{
	struct id *ids = arg;
	for (int i = 0; i < 50; i++)
		ids[i] = tx_new_id(tx);
	return 0;
}

static void *ask_ids(void *arg)
{
	struct crowd *c = arg;
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < IDS; i += 50) {
		clock_set((struct instant){ INT64_C(1767225600000) - i * HOUR });    /* back and back */
		c->failed += store_write(c->house->store, (struct id){ i }, &arena, many_ids, c->ids + i) < 0;
	}
	return NULL;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = ((const struct id *)a)->n, y = ((const struct id *)b)->n;
	return (x > y) - (x < y);
}

PROMISE(store_ids, "ids are unique over 8 threads while the clock goes back, and after a restart")
{
	static struct crowd crowd[CROWD];
	static struct id all[CROWD * IDS + 50];
	memset(crowd, 0, sizeof crowd);
	for (int i = 0; i < CROWD; i++) {
		crowd[i].house = house;
		pthread_create(&crowd[i].thread, NULL, ask_ids, &crowd[i]);
	}
	for (int i = 0; i < CROWD; i++) {
		pthread_join(crowd[i].thread, NULL);
		assert_int_equal(crowd[i].failed, 0);
		memcpy(all + i * IDS, crowd[i].ids, sizeof crowd[i].ids);
	}
	clock_set((struct instant){ INT64_C(1735689600000) });
	house_restart(house);
	struct id *last = all + CROWD * IDS;
	assert_int_equal(store_write(house->store, home, &house->arena, many_ids, last), 0);
	clock_set((struct instant){ 0 });
	struct id first_after = last[0];
	qsort(all, CROWD * IDS, sizeof *all, by_number);
	assert_true(all[0].n > 0 && all[CROWD * IDS - 1].n < first_after.n);
	for (int i = 1; i < CROWD * IDS + 50; i++)
		assert_true(all[i].n > all[i - 1].n);
}

static int node_of(struct id id) { return (int)(id.n >> 13 & 255); }

PROMISE(store_nodes, "two processes never share a node number, nor a folder")
{
	build_world(house);
	struct store *other = NULL;
	struct str why = { 0 };
	int r = open_world(house, world_sql, &other, &why);
	if (!house_is_pg(house)) {
		char pid[32];
		snprintf(pid, sizeof pid, "(process %d)", (int)getpid());
		assert_int_equal(r, E_BUSY);
		assert_non_null(memmem(why.at, why.len, pid, strlen(pid)));
		return;
	}
	assert_int_equal(r, 0);
	struct order a = { .name = S("a") }, b = { .name = S("b") };
	assert_int_equal(store_write(house->store, home, &house->arena, make_shelf, &a), 1);
	assert_int_equal(store_write(other, home, &house->arena, make_shelf, &b), 1);
	assert_int_not_equal(node_of(a.shelf), node_of(b.shelf));
	store_close(other);
	assert_int_equal(open_world(house, world_sql, &other, &why), 0);     /* the number is free again */
	assert_int_equal(store_write(other, home, &house->arena, make_shelf, &(struct order){ .name = S("c") }), 1);
	store_close(other);
}

static int steal(struct tx *tx, void *arg)
{
	return tx_run(tx, &node_steal, V(*(int64_t *)arg), V(S("thief")));
}

PROMISE(store_lost_node, "a process whose number was taken makes no ids with it, and takes another")
{
	build_world(house);
	if (!house_is_pg(house))
		return;                               /* the folder's lock rules it out */
	struct order o = { .name = S("a") };
	assert_int_equal(store_write(house->store, home, &house->arena, make_shelf, &o), 1);
	int64_t mine = node_of(o.shelf);
	assert_int_equal(store_write(house->store, home, &house->arena, steal, &mine), 1);
	clock_set((struct instant){ clock_now().ms + DAY });                 /* past the floor: it has to ask */
	o.name = S("b");
	int r = store_write(house->store, home, &house->arena, make_shelf, &o);
	assert_true(r == E_STORE || r == 1);          /* 1: its keeper saw it before us */
	assert_true(r == 1 || comes(store_write(house->store, home, &house->arena, make_shelf, &o) == 1));
	clock_set((struct instant){ 0 });
	assert_int_not_equal(node_of(o.shelf), mine);
}

/* ---- Many at once ---- */

static void *count_often(void *arg)
{
	struct crowd *c = arg;
	struct order o = { .shelf = c->shelf };
	for (int i = 0; i < 500; i++) {
		ARENA_SCOPED arena;
		arena_init(&arena, 1 << 20);
		int r;
		while ((r = (i % 2 ? store_write : store_write_soon)(c->store, home, &arena, count_up, &o)) == E_BUSY)
			;                             /* allowed to say so; nothing was counted */
		c->failed += r != 1;
	}
	return NULL;
}

PROMISE(store_counters, "eight threads that count 500 times each, on two processes where there can be two, count 4,000")
{
	static struct crowd crowd[CROWD];
	memset(crowd, 0, sizeof crowd);
	build_world(house);
	struct id shelf = a_shelf(house, "a");
	struct store *other = house->store;
	struct str why;
	if (house_is_pg(house))
		assert_int_equal(open_world(house, world_sql, &other, &why), 0);
	for (int i = 0; i < CROWD; i++) {
		crowd[i].store = i % 2 ? other : house->store;
		crowd[i].shelf = shelf;
		pthread_create(&crowd[i].thread, NULL, count_often, &crowd[i]);
	}
	for (int i = 0; i < CROWD; i++) {
		pthread_join(crowd[i].thread, NULL);
		assert_int_equal(crowd[i].failed, 0);
	}
	if (other != house->store)
		store_close(other);
	assert_int_equal(counter_of(house, shelf), CROWD * 500);
}

/* ---- Crashes ---- */

static void write_until_killed(struct house *h, int pipe_end)
{
	struct str why;
	if (open_world(h, world_sql, &h->store, &why) < 0)
		_exit(1);
	for (int i = 0; ; i++) {
		char name[16];
		snprintf(name, sizeof name, "n%d", i);
		struct order o = { .name = str_of(name) };
		if (store_write(h->store, home, &h->arena, make_shelf, &o) != 1
		    || write(pipe_end, &o.shelf, sizeof o.shelf) != sizeof o.shelf)
			_exit(1);
	}
}

PROMISE(store_kill, "what was acknowledged is there after kill -9, in whatever turn of emptying the log")
{
	build_world(house);
	house_leave(house);
	store_log_at(20);
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0)
		write_until_killed(house, ends[1]);
	close(ends[1]);
	static struct id known[20000];                /* more than a pipe holds: who kills may come late */
	size_t n = 0;
	while (n < 300 && read(ends[0], &known[n], sizeof *known) == sizeof *known)
		n++;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	while (n < sizeof known / sizeof *known && read(ends[0], &known[n], sizeof *known) == sizeof *known)
		n++;
	close(ends[0]);
	assert_true(n >= 300);
	store_log_at(0);

	struct str why;
	assert_int_equal(open_world(house, world_sql, &house->store, &why), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(counter_of(house, known[i]), 0);
	assert_in_range(count_shelves(house), n, n + 1);
}

/* How often SQLite's log has begun anew: the number of its header. */
static uint32_t log_turn(const struct house *h)
{
	char path[400];
	unsigned char n[4];
	snprintf(path, sizeof path, "%s-wal", h->url + strlen("sqlite:"));
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fseek(f, 12, SEEK_SET), 0);
	assert_int_equal(fread(n, 1, sizeof n, f), sizeof n);
	fclose(f);
	return (uint32_t)n[0] << 24 | (uint32_t)n[1] << 16 | (uint32_t)n[2] << 8 | n[3];
}

static bool one_more_shelf(struct house *h, int *n)
{
	char name[16];
	snprintf(name, sizeof name, "n%d", (*n)++);
	struct order o = { .name = str_of(name) };
	return store_write(h->store, home, &h->arena, make_shelf, &o) == 1;
}

PROMISE(store_log, "SQLite's log is emptied beside the writer and begins anew; what is in it is never lost")
{
	if (house_is_pg(house))
		return;
	store_log_at(40);
	build_world(house);
	int n = 0;
	assert_true(one_more_shelf(house, &n));
	uint32_t first = log_turn(house);
	/* However seldom the one beside gets its turn: the writer writes on, the log begins anew again and again. */
	assert_true(comes(one_more_shelf(house, &n) && log_turn(house) >= first + 5));
	while (n < 2000)
		assert_true(one_more_shelf(house, &n));
	assert_int_equal(count_shelves(house), n);
	house_leave(house);
	struct str why;
	assert_int_equal(open_world(house, world_sql, &house->store, &why), 0);
	assert_int_equal(count_shelves(house), n);
	store_log_at(0);
}

struct heap { uint64_t seed; int count; };

/* Names in no order: the trees divide everywhere. */
static int heap_shelves(struct tx *tx, void *arg)
{
	struct heap *h = arg;
	char name[24];
	int r = 0;
	for (int i = 0; r >= 0 && i < h->count; i++) {
		h->seed = h->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		snprintf(name, sizeof name, "%016llx", (unsigned long long)h->seed);
		r = tx_run(tx, &shelf_insert, V(home), V(tx_new_id(tx)), V(str_of(name)), V(true));
	}
	return r;
}

static int drop_low(struct tx *tx, void *arg) { (void)arg; return tx_run(tx, &shelf_drop, V(home), V(S("4"))); }
static int look_sound(struct tx *tx, void *arg) { return tx_all_(tx, &file_sound, arg, NULL, 0); }

PROMISE(store_pages, "trees that divide everywhere, shrink and grow again are whole, and so is the file")
{
	struct heap heap = { .seed = 20261122, .count = 500 };
	struct rows sound;
	build_world(house);
	for (int turn = 0; turn < 3; turn++) {
		size_t before = (size_t)count_shelves(house);
		for (int i = 0; i < 20; i++)
			assert_true(store_write(house->store, home, &house->arena, heap_shelves, &heap) >= 0);
		assert_int_equal(count_shelves(house), before + 10000);
		int gone = store_write(house->store, home, &house->arena, drop_low, NULL);
		assert_in_range(gone, 2000, 3000);
		assert_int_equal(count_shelves(house), before + 10000 - (size_t)gone);
	}
	if (house_is_pg(house))
		return;
	assert_true(store_read(house->store, &house->arena, look_sound, &sound) >= 0);
	assert_int_equal(sound.count, 1);
	assert_str(((const struct text_item *)sound.at)->item, "ok");
}

static void cut_connections(struct house *h)
{
	PGconn *link = PQconnectdb(h->server);
	PQclear(PQexec(link, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
	                     " WHERE application_name = 'quntu' AND pid <> pg_backend_pid()"));
	PQfinish(link);
}

PROMISE(store_lost_link, "when PostgreSQL cuts every connection, the next requests find their way")
{
	build_world(house);
	struct id shelf = a_shelf(house, "a");
	if (!house_is_pg(house))
		return;
	for (int i = 1; i <= 3; i++) {
		cut_connections(house);
		struct order o = { .shelf = shelf };
		assert_int_equal(store_write(house->store, home, &house->arena, count_up, &o), 1);
		assert_int_equal(counter_of(house, shelf), i);
	}
}

/* ---- Steps, checks, copies ---- */

static void expect_refused(struct house *h, const char *world, const char *word)
{
	struct store *store;
	struct str why = { 0 };
	assert_int_equal(open_world(h, world, &store, &why), E_STORE);
	if (!memmem(why.at, why.len, word, strlen(word)))
		fail_msg("\"%.*s\" does not say \"%s\"", STR(why), word);
}

PROMISE(store_steps, "a changed step, a newer store and a broken step are refused; better comments are not")
{
	struct str why;
	build_world(house);
	a_shelf(house, "a");
	house_leave(house);
	char changed[sizeof world_sql + 200];
	snprintf(changed, sizeof changed, "%s-- one more word about it\n", world_sql);
	assert_int_equal(open_world(house, changed, &house->store, &why), 0);
	assert_int_equal(count_shelves(house), 1);
	house_leave(house);
	expect_refused(house, "-- 9001 world: other words\nCREATE TABLE other (id BIGINT NOT NULL, PRIMARY KEY (id));",
	               "9001");
	expect_refused(house, NULL, "newer");
	snprintf(changed, sizeof changed, "%s-- 9002 world: half of it fails\nCREATE TABLE fine (id BIGINT NOT NULL,"
	         " PRIMARY KEY (id)); CREATE TABLE;", world_sql);
	expect_refused(house, changed, "9002");
	expect_refused(house, "CREATE TABLE early (id BIGINT NOT NULL, PRIMARY KEY (id));\n-- 9003 world: x\nSELECT 1;",
	               "world.sql");
	snprintf(changed, sizeof changed, "%s-- 9002 world: all of it works\nCREATE TABLE fine (id BIGINT NOT NULL,"
	         " PRIMARY KEY (id));", world_sql);
	assert_int_equal(open_world(house, changed, &house->store, &why), 0);
}

static void *start_too(void *arg)
{
	struct crowd *c = arg;
	struct house own = { 0 };
	struct str why;
	arena_init(&own.arena, 1 << 20);
	memcpy(own.url, c->house->url, sizeof own.url);
	c->failed = open_world(&own, world_sql, &own.store, &why) != 0;
	c->ids[0].n = c->failed ? 0 : a_shelf(&own, (char[]){ 'a' + (char)c->shelf.n, '\0' }).n;
	house_leave(&own);
	arena_free(&own.arena);
	return NULL;
}

PROMISE(store_start_together, "processes that start at once bring the tables up to date once")
{
	static struct crowd crowd[4];
	int count = house_is_pg(house) ? 4 : 1;
	house_leave(house);
	for (int i = 0; i < count; i++) {
		crowd[i] = (struct crowd){ .house = house, .shelf = { i } };
		pthread_create(&crowd[i].thread, NULL, start_too, &crowd[i]);
	}
	for (int i = 0; i < count; i++) {
		pthread_join(crowd[i].thread, NULL);
		assert_int_equal(crowd[i].failed, 0);
		for (int k = 0; k < i; k++)
			assert_true(crowd[i].ids[0].n != crowd[k].ids[0].n);
	}
}

PROMISE(store_open_memory, "a store that cannot be opened for want of memory says so, and opens the next time")
{
	struct str why;
	house_leave(house);
	if (house_is_pg(house))
		return;                               /* the same code, a hundred times slower */
	for (long n = 0; ; n++) {
		mem_fail_after(n);
		int r = open_world(house, world_sql, &house->store, &why);
		bool struck = mem_failed();
		mem_fail_after(-1);
		if (r == 0 && !struck)
			break;
		if (r == 0)
			house_leave(house);
		assert_true(struck && (r == 0 || r == E_MEMORY || r == E_STORE));
	}
	assert_int_equal(count_shelves(house), 0);
}

static char found_words[4000];

static void note(void *ctx, const struct finding *f)
{
	(void)ctx;
	size_t len = strlen(found_words);
	const char *weight = f->grave ? "grave" : "mild";
	snprintf(found_words + len, sizeof found_words - len, "%s %s: %s\n", weight, f->query, f->what);
}

PROMISE(store_checked, "check finds wrong columns, marks, parameters and tables, and mentions full scans")
{
	static const struct query *const good[] = {
		&shelf_insert, &shelf_insert_or_not, &shelf_count_up, &shelf_put_counter, &shelf_by_id, &shelves,
		&thing_insert, &things, NULL,
	};
	static const struct query *const bad[] = {
		&shelf_turned, &shelf_lies, &shelf_greedy, &shelf_nowhere, &shelf_scan, NULL,
	};
	build_world(house);
	found_words[0] = '\0';
	assert_int_equal(store_check(house->store, good, note, NULL), 0);
	assert_string_equal(found_words, "");
	assert_true(store_check(house->store, bad, note, NULL) >= 3);
	assert_non_null(strstr(found_words, "grave shelf_turned: column 1 is \"name\""));
	assert_non_null(strstr(found_words, "grave shelf_lies: it is marked READS and writes"));
	assert_non_null(strstr(found_words, "grave shelf_nowhere"));
	if (house_is_pg(house))
		return;                               /* it is told how many values come, and plans by what is there */
	assert_non_null(strstr(found_words, "grave shelf_greedy"));
	assert_non_null(strstr(found_words, "mild shelf_scan: reads all of shelf"));
}

static void open_copy(const char *file)
{
	struct house copy = { 0 };
	struct str why;
	arena_init(&copy.arena, 64 << 20);
	snprintf(copy.url, sizeof copy.url, "sqlite:%s", file);
	assert_int_equal(open_world(&copy, world_sql, &copy.store, &why), 0);
	assert_true(count_shelves(&copy) >= 1);
	store_close(copy.store);
	arena_free(&copy.arena);
}

static atomic_bool writing;

static void *keep_writing(void *arg)
{
	struct house *h = arg;
	for (int i = 0; atomic_load(&writing); i++) {
		ARENA_SCOPED arena;
		arena_init(&arena, 1 << 20);
		char name[16];
		snprintf(name, sizeof name, "w%d", i);
		store_write(h->store, home, &arena, make_shelf, &(struct order){ .name = str_of(name) });
	}
	return NULL;
}

PROMISE(store_copy, "a backup made while others write is whole, and opens")
{
	build_world(house);
	a_shelf(house, "a");
	char folder[] = "/tmp/quntu-copy-XXXXXX", file[128];
	struct str why = { 0 };
	pthread_t writer;
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof file, "%s/copy.db", folder);
	atomic_store(&writing, true);
	pthread_create(&writer, NULL, keep_writing, house);
	usleep(20 * 1000);
	int r = store_backup(house->store, file, &house->arena, &why);
	atomic_store(&writing, false);
	pthread_join(writer, NULL);
	assert_int_equal(r, 0);
	if (house_is_pg(house)) {
		char magic[5] = "";
		FILE *f = fopen(file, "r");
		assert_non_null(f);
		assert_int_equal(fread(magic, 1, 5, f), 5);
		fclose(f);
		assert_memory_equal(magic, "PGDMP", 5);
	} else {
		open_copy(file);
	}
	assert_int_equal(store_backup(house->store, "/nowhere/copy.db", &house->arena, &why), E_STORE);
	unlink(file);
	snprintf(file, sizeof file, "%s/quntu.lock", folder);
	unlink(file);
	rmdir(folder);
}
