/* event_test.c: every event reaches every follower once, whoever writes, follows, fails or restarts.
 *
 * The follower here writes what it is given into a table with the event's id as key, numbered as it came: an event
 * applied twice clashes, a missing one leaves the count short, a wrong order shows in the numbers. The table is
 * `report`, because nothing else in these houses uses it.
 */
#include "engine/event/event.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "browser.h"
#include "engine/event/dirty.h"
#include "store/schemas.h"
#include "test.h"

#define COMMUNITIES 3
#define WRITERS     8
#define FACTS       150         /* tries of each writer */

static const struct event_kind kinds[] = {
	{ "fact", "Something happened", "facts" },
	{ "whisper", "Something nobody watches", NULL },
	{ 0 },
};

/* ---- The follower ---- */

struct applied { struct id id; int64_t writer, number, place; };

ROW(applied,
	FIELD(applied, id,     "Event"),
	FIELD(applied, writer, "Who wrote it"),
	FIELD(applied, number, "Which of the writer's"),
	FIELD(applied, place,  "When it was applied, counted"));

struct how_many { int64_t n; };

ROW(how_many, FIELD(how_many, n, "How many"));

static QUERY(applied_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_ID, K_INT),
	"INSERT INTO report (community_id, id, code_id, visitor_id, text, created_at) VALUES (?1, ?2, ?3, ?4, '', ?5)");

static QUERY(applied_count, READS, &row_how_many, TAKES(K_ID),
	"SELECT COUNT(*) AS n FROM report WHERE community_id = ?1");

static QUERY(applied_all, READS, &row_applied, TAKES(K_ID),
	"SELECT id, visitor_id AS writer, code_id AS number, created_at AS place FROM report WHERE community_id = ?1"
	" ORDER BY created_at");

/* Batches until the follower fails once; below 0: never. */
static _Atomic int batches_until_failure = -1;

static int apply(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	struct how_many before;
	int r = tx_one(tx, &applied_count, &before, V(community));
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = tx_run(tx, &applied_insert, V(community), V(events[i].id), V(events[i].n), V(events[i].actor),
		           V(before.n + (int64_t)i));
	return r < 0 ? r : batches_until_failure >= 0 && batches_until_failure-- == 0 ? E_FULL : 0;
}

static int refuse(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	(void)tx, (void)community, (void)events, (void)count;
	return E_FULL;
}

static const struct follower followers[] = { { "test_applied", "fact", apply }, { 0 } };
static const struct follower sum_followers[] = { { "test_summed", "fact", apply, .sums = true }, { 0 } };
static const struct follower broken_followers[] = { { "test_broken", "fact whisper", refuse }, { 0 } };

static const struct feature feature_facts = { .name = "facts", .events = kinds, .followers = followers };
static const struct feature feature_sums = { .name = "sums", .events = kinds, .followers = sum_followers };
static const struct feature feature_broken = { .name = "broken", .followers = broken_followers };
static const struct feature *const features[] = { &feature_http, &feature_facts, NULL };
static const struct feature *const features_sums[] = { &feature_http, &feature_sums, NULL };
static const struct feature *const features_broken_first[] = { &feature_broken, &feature_facts, NULL };

/* ---- Writing ---- */

struct fact { struct id writer; int64_t number, repeat; useconds_t pause; bool undo; struct id community; int64_t subjects; };

static int emit(struct tx *tx, void *arg)
{
	const struct fact *f = arg;
	int r = 0;
	for (int64_t i = 0; r >= 0 && i < f->repeat; i++) {
		struct event e = { .subject = { f->subjects ? 1 + i % f->subjects : 0 }, .actor = f->writer, .n = f->number + i };
		r = event_emit(tx, f->community, &kinds[0], &e);
		if (r >= 0)
			r = event_emit(tx, f->community, &kinds[1], &e);
	}
	if (f->pause)
		usleep(f->pause);                 /* the transaction stays open, its number below later ones */
	return r < 0 ? r : f->undo ? E_FULL : 0;
}

static int write_facts(struct store *store, struct fact fact)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 16 << 20);
	return store_write(store, fact.community, &arena, emit, &fact);
}

static struct fact facts_of(int64_t community, int64_t writer, int64_t number, int64_t count)
{
	return (struct fact){ .writer = { writer }, .number = number, .repeat = count, .community = { community } };
}

/* ---- Reading ---- */

struct looking { struct id community; struct rows rows; };

static int look_all(struct tx *tx, void *arg)
{
	struct looking *l = arg;
	return tx_all(tx, &applied_all, &l->rows, V(l->community));
}

static struct rows applied_in(struct house *house, int64_t community)
{
	struct looking l = { .community = { community } };
	if (store_read(house->store, &house->arena, look_all, &l) < 0)
		fail_msg("what was applied cannot be read");
	return l.rows;
}

/* Follows until `count` were applied; transactions of others may still hold the horizon down for a moment. */
static void follow_until(struct house *house, int64_t community, size_t count)
{
	assert_true(comes((events_catch_up(house->store, features, (struct id){ community }), applied_in(house, community).count >= count)));
	assert_int_equal(applied_in(house, community).count, count);
}

static struct store *open_second(struct house *house)
{
	struct store_options options = { .url = house->url, .schemas = embedded_schemas };
	struct store *second = NULL;
	struct str why;
	if (store_open(&options, &second, &house->arena, &why) < 0)
		fail_msg("%.*s", STR(why));
	return second;
}

/* ---- Many writers ---- */

struct crowd {
	struct store *store;
	int           writer;
	int           acknowledged[COMMUNITIES + 1];
	_Atomic bool *over;
	int           wrong;
};

/* Every 17th is undone, every 20th is slow. */
static void *write_many(void *arg)
{
	struct crowd *c = arg;
	for (int i = 1; i <= FACTS; i++) {
		struct fact f = facts_of(1 + (i + c->writer) % COMMUNITIES, 1 + c->writer, i, 1);
		f.undo = i % 17 == 0;
		f.pause = i % 20 == 0 ? 20000 : 0;
		int r = write_facts(c->store, f);
		c->acknowledged[f.community.n] += r == 0;
		c->wrong += r != (f.undo ? E_FULL : 0) && r != E_BUSY;
	}
	return NULL;
}

static void *follow_many(void *arg)
{
	struct crowd *c = arg;
	while (!*c->over)
		for (int64_t community = 1; community <= COMMUNITIES; community++) {
			int r = events_catch_up(c->store, features, (struct id){ community });
			c->wrong += r < 0 && r != E_BUSY;         /* E_BUSY: the other store's follower was first, ten times */
		}
	return NULL;
}

static void check_order(struct rows rows)
{
	const struct applied *a = rows.at;
	int64_t last[WRITERS + 1] = { 0 };
	for (size_t i = 0; i < rows.count; i++) {
		assert_int_equal(a[i].place, i);
		if (a[i].number <= last[a[i].writer] || a[i].number % 17 == 0)
			fail_msg("writer %d: %d came after %d", (int)a[i].writer, (int)a[i].number, (int)last[a[i].writer]);
		last[a[i].writer] = a[i].number;
	}
}

PROMISE(event_once, "many writers, slow ones too, over two stores: no event is missed, none applied twice, each in order")
{
	struct store *stores[2] = { house->store, house_is_pg(house) ? open_second(house) : house->store };
	struct crowd crowd[WRITERS + 2] = { 0 };
	pthread_t threads[WRITERS + 2];
	_Atomic bool over = false;
	for (int i = 0; i < WRITERS + 2; i++) {
		crowd[i] = (struct crowd){ .store = stores[i % 2], .writer = i, .over = &over };
		assert_int_equal(pthread_create(&threads[i], NULL, i < WRITERS ? write_many : follow_many, &crowd[i]), 0);
	}
	for (int i = 0; i < WRITERS + 2; i++) {
		over = i >= WRITERS;                      /* the writers are done: the followers may rest */
		pthread_join(threads[i], NULL);
	}
	for (int i = 0; i < WRITERS + 2; i++)
		assert_int_equal(crowd[i].wrong, 0);
	for (int64_t community = 1; community <= COMMUNITIES; community++) {
		int count = 0;
		for (int i = 0; i < WRITERS; i++)
			count += crowd[i].acknowledged[community];
		follow_until(house, community, (size_t)count);
		check_order(applied_in(house, community));
	}
	if (stores[1] != house->store)
		store_close(stores[1]);
}

#define SLOW_ONES 60

/* One slow transaction after the other, in another community, each over at a moment of its own. */
static void *write_slowly(void *arg)
{
	struct crowd *c = arg;
	for (int i = 0; i < SLOW_ONES || !*c->over; i++) {
		struct fact f = facts_of(2, 1, i, 1);
		f.pause = (useconds_t)(i * 7919 % 4000);
		c->wrong += write_facts(c->store, f) != 0;
	}
	return NULL;
}

PROMISE(event_hidden, "what is caught up with is all that was committed before, also when what hid it ends just then")
{
	struct store *second = house_is_pg(house) ? open_second(house) : house->store;
	_Atomic bool over = false;
	struct crowd slow = { .store = second, .over = &over };
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, write_slowly, &slow), 0);
	for (int i = 1; i <= 4 * SLOW_ONES; i++) {
		assert_int_equal(write_facts(house->store, facts_of(1, 1, i, 1)), 0);
		assert_int_equal(events_catch_up(house->store, features, (struct id){ 1 }), 0);
		assert_int_equal(applied_in(house, 1).count, i);
	}
	over = true;
	pthread_join(thread, NULL);
	assert_int_equal(slow.wrong, 0);
	if (second != house->store)
		store_close(second);
}

/* ---- Failures ---- */

PROMISE(event_crash_between_batches, "a follower that fails in its second batch keeps the first, and after a restart goes on there")
{
	assert_int_equal(write_facts(house->store, facts_of(1, 1, 1, FOLLOW_BATCH + 500)), 0);
	batches_until_failure = 1;                /* two kinds of events: what is passed over does not count in a batch */
	int r = 0;
	(void)comes((r = events_catch_up(house->store, features, (struct id){ 1 })) != 0);
	batches_until_failure = -1;
	assert_int_equal(r, E_FULL);
	assert_int_equal(applied_in(house, 1).count, FOLLOW_BATCH);
	house_restart(house);
	follow_until(house, 1, FOLLOW_BATCH + 500);
	struct rows rows = applied_in(house, 1);
	for (size_t i = 0; i < rows.count; i++)
		assert_int_equal(((const struct applied *)rows.at)[i].number, 1 + i);
}

struct pending { struct id subject; size_t count; };

static int ask_pending(struct tx *tx, void *arg)
{
	struct pending *p = arg;
	struct rows rows;
	int r = events_pending(tx, (struct id){ 1 }, "test_summed", p->subject, &rows);
	p->count = rows.count;
	return r;
}

static size_t pending(struct house *house, int64_t subject)
{
	struct pending p = { .subject = { subject } };
	assert_int_equal(store_read(house->store, &house->arena, ask_pending, &p), 0);
	return p.count;
}

PROMISE(event_slices, "sums are applied in slices by subject: one that fails keeps those before, and after a restart nothing is lost or doubled")
{
	struct fact f = facts_of(1, 1, 1, 3000);
	f.subjects = 500;                                 /* six facts each, as many whispers */
	assert_int_equal(write_facts(house->store, f), 0);
	assert_int_equal(pending(house, 1), 12);
	batches_until_failure = 1;
	int r = 0;
	(void)comes((r = events_catch_up(house->store, features_sums, (struct id){ 1 })) != 0);
	batches_until_failure = -1;
	assert_int_equal(r, E_FULL);
	size_t done = applied_in(house, 1).count;
	assert_in_range(done, 6, 2994);
	assert_int_equal(done % 6, 0);
	assert_int_equal(pending(house, 1), 0);
	assert_int_equal(pending(house, (int64_t)done / 6 + 1), 12);
	house_restart(house);
	assert_int_equal(write_facts(house->store, facts_of(1, 1, 3001, 1)), 0);      /* subject 0: before all of the batch */
	(void)comes(events_catch_up(house->store, features_sums, (struct id){ 1 }) < 0 || applied_in(house, 1).count >= 3001);
	assert_int_equal(applied_in(house, 1).count, 3001);
	assert_int_equal(pending(house, 1) + pending(house, 500) + pending(house, 0), 0);
}

static int pass(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	(void)tx, (void)community, (void)events, (void)count;
	return 0;
}

static const struct follower passing_followers[] = { { "test_passing", "*", pass }, { "test_rare", "rarity", pass }, { 0 } };
static const struct feature feature_passing = { .name = "passing", .followers = passing_followers };
static const struct feature *const features_passing[] = { &feature_passing, &feature_facts, NULL };

PROMISE(event_rush, "more than a round takes in comes to each follower once and in order, also to one that stands behind the others")
{
	for (int64_t part = 0; part < 2; part++) {
		const struct feature *const *those = part ? features_passing : &features_passing[1];
		for (int64_t i = 0; i < 4; i++)       /* as many whispers: each part is half as much again as a round */
			assert_int_equal(write_facts(house->store, facts_of(1, 1, 1 + (part * 4 + i) * FOLLOW_SUM * 3 / 16, FOLLOW_SUM * 3 / 16)), 0);
		size_t all = (size_t)(part + 1) * FOLLOW_SUM * 3 / 4;
		(void)comes(events_catch_up(house->store, those, (struct id){ 1 }) < 0 || applied_in(house, 1).count >= all);
		struct rows rows = applied_in(house, 1);
		assert_int_equal(rows.count, all);
		for (size_t i = 0; i < rows.count; i++)
			assert_int_equal(((const struct applied *)rows.at)[i].number, 1 + i);
	}
}

PROMISE(event_undone, "an event of an action that was undone does not exist")
{
	struct fact undone = facts_of(1, 1, 1, 3);
	undone.undo = true;
	assert_int_equal(write_facts(house->store, undone), E_FULL);
	assert_int_equal(write_facts(house->store, facts_of(1, 2, 7, 1)), 0);
	follow_until(house, 1, 1);
	assert_int_equal(((const struct applied *)applied_in(house, 1).at)->writer, 2);
}

PROMISE(event_broken_follower, "a follower that fails holds up no other")
{
	assert_int_equal(write_facts(house->store, facts_of(1, 1, 1, 3)), 0);
	assert_true(comes((events_catch_up(house->store, features_broken_first, (struct id){ 1 }), applied_in(house, 1).count >= 3)));
	assert_int_equal(events_catch_up(house->store, features_broken_first, (struct id){ 1 }), E_FULL);
	assert_int_equal(applied_in(house, 1).count, 3);
}

static QUERY(log_shift, WRITES, NULL, TAKES(K_INT), "UPDATE event SET epoch = epoch - ?1");

static int shift(struct tx *tx, void *arg)
{
	(void)arg;
	return tx_run(tx, &log_shift, V(INT64_C(1) << 40));
}

PROMISE(event_restored_log, "a log brought into another cluster, its epochs moved below zero, is followed from its beginning")
{
	assert_int_equal(write_facts(house->store, facts_of(1, 1, 1, 3)), 0);
	assert_true(store_write(house->store, (struct id){ 1 }, &house->arena, shift, NULL) > 0);
	assert_int_equal(write_facts(house->store, facts_of(1, 1, 4, 1)), 0);
	follow_until(house, 1, 4);
	check_order(applied_in(house, 1));
}

PROMISE(event_communities_apart, "what happens in one community is followed there alone")
{
	assert_int_equal(write_facts(house->store, facts_of(1, 1, 1, 2)), 0);
	assert_int_equal(write_facts(house->store, facts_of(2, 1, 1, 5)), 0);
	follow_until(house, 1, 2);
	assert_int_equal(applied_in(house, 2).count, 0);
	follow_until(house, 2, 5);
}

/* ---- Telling browsers ---- */

static int watch(struct site *site, struct browser *b, int64_t community)
{
	char text[400], room[4000];
	int fd = raw_open(site);
	snprintf(text, sizeof text, "GET /api/c/%lld/live HTTP/1.1\r\nHost: a\r\nCookie: quntu_session=%.*s\r\n\r\n",
	         (long long)community, STR(browser_cookie_value(b, "quntu_session")));
	raw_send(fd, text);
	struct str head = raw_read(fd, room, sizeof room, "here\n\n");
	assert_true(str_starts(head, S("HTTP/1.1 200")));
	return fd;
}

static bool hears(int fd, const char *what)
{
	char room[4000];
	struct str got = raw_read(fd, room, sizeof room, what);
	return memmem(got.at, got.len, what, strlen(what)) != NULL;
}

PROMISE(event_told, "browsers hear of each topic, from the very first event on, and of nothing that has none")
{
	struct site *site = site_open(house, features, NULL, NULL);
	struct browser *b = browser_open(site);
	struct events *events = NULL;
	for (int64_t community = 1; community <= 2; community++)
		site_member(site, (struct id){ 11 }, (struct id){ community }, ROLE_READER, LANG_ZH);
	browser_sign_in(b, (struct id){ 11 });
	int here = watch(site, b, 1), there = watch(site, b, 2);
	assert_int_equal(events_start(house->store, site_server(site), features, &events), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(write_facts(house->store, facts_of(1, 1, i, 1)), 0);
		assert_true(hears(here, "data: facts\n\n"));
	}
	assert_true(raw_untold(there));
	follow_until(house, 1, 3);
	events_stop(events);
	close(here);
	close(there);
	browser_close(b);
	site_close(site);
}

PROMISE(event_followed_by_thread, "the thread follows what is written while it runs, and stops when it is told to")
{
	struct site *site = site_open(house, features, NULL, NULL);
	struct events *events = NULL;
	assert_int_equal(events_start(house->store, site_server(site), features, &events), 0);
	assert_int_equal(write_facts(house->store, facts_of(1, 1, 1, 20)), 0);
	assert_true(comes(applied_in(house, 1).count >= 20));
	assert_int_equal(applied_in(house, 1).count, 20);
	events_stop(events);
	assert_int_equal(write_facts(house->store, facts_of(1, 1, 1, 1)), 0);     /* nobody listens any more */
	events_stop(NULL);
	site_close(site);
}

/* ---- Who has news ---- */

/* The next of those who are marked by now. */
static struct dirty_entry *marked_next(struct dirty *d)
{
	struct dirty_entry *e = dirty_next(d);
	return e || !dirty_wait(d, 0, 0) ? e : dirty_next(d);
}

TEST(dirty_each_once, "a community marked many times comes out once, and again when marked again")
{
	struct dirty d;
	dirty_init(&d);
	assert_null(marked_next(&d));
	for (int i = 0; i < 5; i++)
		dirty_mark(&d, (struct id){ 7 });
	struct dirty_entry *e = marked_next(&d);
	assert_int_equal(e->community.n, 7);
	assert_null(marked_next(&d));
	dirty_mark(&d, (struct id){ 7 });
	assert_ptr_equal(marked_next(&d), e);
	dirty_free(&d);
}

TEST(dirty_many, "entries stay where they are however many there are; what finds no memory is left out and harms nothing")
{
	struct dirty d;
	dirty_init(&d);
	dirty_mark(&d, (struct id){ 1 });
	struct dirty_entry *first = marked_next(&d);
	first->epoch = 99;
	for (int64_t i = 1; i <= 5000; i++)
		dirty_mark(&d, (struct id){ i << 21 | 1 });
	dirty_mark(&d, (struct id){ 1 });
	size_t count = 0, again = 0;
	for (struct dirty_entry *e; (e = marked_next(&d)); count++)
		again += e == first && e->epoch == 99;
	assert_int_equal(count, 5001);
	assert_int_equal(again, 1);
	for (long n = 0; n < 3; n++) {
		mem_fail_after(n);
		dirty_mark(&d, (struct id){ 1000000 + n });
		mem_fail_after(-1);
		dirty_mark(&d, (struct id){ 1000000 + n });
		assert_non_null(marked_next(&d));
		assert_null(marked_next(&d));
	}
	dirty_free(&d);
}

TEST(dirty_no_crumbs, "who is marked again while it is served gathers until the next waiting; the others of this one are served before")
{
	struct dirty d;
	dirty_init(&d);
	dirty_mark(&d, (struct id){ 1 });
	dirty_mark(&d, (struct id){ 2 });
	assert_true(dirty_wait(&d, 0, 0));
	struct dirty_entry *first = dirty_next(&d);
	dirty_mark(&d, first->community);
	struct dirty_entry *second = dirty_next(&d);
	assert_int_equal(first->community.n + second->community.n, 3);
	dirty_mark(&d, (struct id){ 3 });
	assert_null(dirty_next(&d));
	assert_true(dirty_wait(&d, 0, PATIENCE));
	assert_int_equal(dirty_next(&d)->community.n + dirty_next(&d)->community.n, first->community.n + 3);
	assert_null(dirty_next(&d));
	dirty_free(&d);
}

TEST(dirty_waiting, "waiting ends with a mark, with time, or with the end")
{
	struct dirty d;
	dirty_init(&d);
	int64_t start = clock_steady();
	assert_true(dirty_wait(&d, 10, 50));
	assert_true(clock_steady() - start >= 45);
	dirty_mark(&d, (struct id){ 1 });
	start = clock_steady();
	assert_true(dirty_wait(&d, 10, PATIENCE));
	assert_true(clock_steady() - start < PATIENCE / 2);
	dirty_stop(&d);
	assert_false(dirty_wait(&d, 10, 20000));
	dirty_free(&d);
}

static void *mark_many(void *arg)
{
	for (int64_t i = 0; i < 20000; i++)
		dirty_mark(arg, (struct id){ 1 + i % 500 });
	return NULL;
}

TEST(dirty_threads, "marks of many threads while one empties: the last mark of each community is seen")
{
	struct dirty d;
	pthread_t threads[4];
	bool seen[501] = { false };
	dirty_init(&d);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, mark_many, &d), 0);
	for (int i = 0; i < 1000; i++)
		for (struct dirty_entry *e; (e = marked_next(&d));)
			seen[e->community.n] = true;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (struct dirty_entry *e; (e = marked_next(&d));)
		seen[e->community.n] = true;
	for (int i = 1; i <= 500; i++)
		assert_true(seen[i]);
	dirty_free(&d);
}
