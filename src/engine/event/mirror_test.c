/* mirror_test.c: a mirror says what the log says, whoever makes it and whenever: in the question, or by the thread.
 *
 * The mirror here is a sum: of the numbers in the events of a community. It is made of nothing, so it begins at the log's beginning.
 */
#include "engine/event/mirror.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "browser.h"
#include "test.h"

#define ASKERS 4
#define ROUNDS 40

static const struct event_kind kinds[] = { { "fact", "Something happened", "facts" }, { 0 } };

/* ---- A sum ---- */

struct sum { MIRROR_AS(about); int64_t sum, count; };

static atomic_int made, dropped, refuses;         /* refuses: so many batches do not fit */
static atomic_bool big;

static struct mirror *make(int64_t store, struct id community, struct id about)
{
	struct sum *s = mem_take(sizeof *s);
	if (!s)
		return NULL;
	*s = (struct sum){ .sum = 0 };
	mirror_begin(&s->mirror, store, community, about);
	made++;
	return &s->mirror;
}

static void drop(struct mirror *m)
{
	pthread_mutex_destroy(&m->lock);
	mem_give(m);
	dropped++;
}

static int is_big(struct tx *tx, struct id community, struct id about, bool *ret)
{
	(void)tx, (void)community;
	*ret = big;
	return about.n < 0 ? E_NOT_FOUND : 0;
}

/* Three steps, of which none does anything. */
static int step(struct tx *tx, struct mirror *m, void *making, bool *ret_made)
{
	int64_t *steps = making;
	(void)tx, (void)m;
	*ret_made = ++*steps == 3;
	return 0;
}

static int take(struct tx *tx, struct mirror *m, const struct event *events, size_t count, void *ctx)
{
	struct sum *s = (struct sum *)m;
	(void)tx, (void)ctx;
	if (refuses > 0) {
		refuses--;
		m->spoilt = true;
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		s->sum += events[i].n, s->count++;
	return 0;
}

static int follow(struct tx *tx, struct mirror *m);
static size_t count_of(const struct mirror *m) { return (size_t)((const struct sum *)m)->count; }

static struct mirrors sums = {
	.name = "sum of", .make = make, .drop = drop, .is_big = is_big, .making_size = sizeof(int64_t), .step = step, .follow = follow,
	.count = count_of, .step_arena = 16 << 20, .warm_ms = HOUR, .near_ms = 5, .registry = PTHREAD_MUTEX_INITIALIZER,
};

static int follow(struct tx *tx, struct mirror *m) { return mirror_follow(tx, &sums, m, take, NULL); }

/* ---- Writing, asking ---- */

static const struct id here = { 7 };

static int emit(struct tx *tx, void *arg)
{
	return event_emit(tx, here, &kinds[0], &(struct event){ .subject = { 1 }, .n = *(const int64_t *)arg });
}

static void add(struct house *house, int64_t n)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	assert_true(store_write(house->store, here, &arena, emit, &n) >= 0);
}

struct question { struct id about; int64_t sum; };

static int ask_it(struct tx *tx, void *arg)
{
	struct question *q = arg;
	struct mirror *m;
	int r = mirror_get(tx, &sums, here, q->about, &m);
	if (r < 0)
		return r;
	q->sum = ((struct sum *)m)->sum;
	mirror_put(&sums, m);
	return 0;
}

static int answer(struct store *store, int64_t *ret)
{
	struct question q = { .sum = -1 };
	ARENA_SCOPED arena;
	arena_init(&arena, 32 << 20);
	int r = store_read(store, &arena, ask_it, &q);
	*ret = q.sum;
	return r;
}

static bool is_busy(struct store *store)
{
	int64_t sum;
	return answer(store, &sum) == E_BUSY;
}

static bool answers(struct store *store, int64_t wanted)
{
	int64_t sum;
	return answer(store, &sum) == 0 && sum == wanted;
}

/* Without asking: what the thread has taken in. */
static int64_t known(void)
{
	int64_t sum = -1;
	pthread_mutex_lock(&sums.registry);
	struct mirror *m = sums.first;
	if (m) {
		pthread_mutex_lock(&m->lock);
		sum = ((struct sum *)m)->sum;
		pthread_mutex_unlock(&m->lock);
	}
	pthread_mutex_unlock(&sums.registry);
	return sum;
}

static void begin(bool is)
{
	big = is;
	refuses = made = dropped = 0;
}

PROMISE(mirror_thread_makes, "what is big is made by the thread, and said to be busy until then; what follows is in the next answer, or taken in unasked")
{
	struct mirror_thread *thread, *second;
	begin(true);
	add(house, 5);
	assert_int_equal(mirror_thread_start(house->store, &sums, &thread), 0);
	assert_int_equal(mirror_thread_start(house->store, &sums, &second), E_MEMORY);        /* one at most */
	assert_true(is_busy(house->store));
	assert_true(comes(answers(house->store, 5)));
	assert_int_equal(made, 1);
	add(house, 6);
	assert_true(comes(answers(house->store, 11)));
	add(house, 7);
	assert_true(comes(known() == 18));
	mirror_thread_stop(thread);
	assert_int_equal(dropped, 1);                                   /* nobody is left to keep it */
	assert_null(sums.first);
	assert_true(comes(answers(house->store, 18)));                         /* without the thread: at once */
	mirrors_empty(&sums);
	assert_int_equal(made, dropped);
}

PROMISE(mirror_spoilt, "a mirror that something does not fit into is made anew, by the question or by the thread, and says the same")
{
	struct mirror_thread *thread;
	begin(false);
	add(house, 1);
	assert_true(comes(answers(house->store, 1)));
	add(house, 2);
	refuses = 1;
	assert_true(comes(answers(house->store, 3)));
	assert_int_equal(made, 2);
	mirrors_empty(&sums);
	big = true;
	assert_int_equal(mirror_thread_start(house->store, &sums, &thread), 0);
	assert_true(comes(answers(house->store, 3)));
	refuses = 1;
	add(house, 4);
	assert_true(comes(refuses == 0));                               /* the thread, keeping it warm, finds it spoilt */
	assert_true(comes(answers(house->store, 7)));
	mirror_thread_stop(thread);
	assert_int_equal(made, dropped);
}

struct asker { struct store *store; atomic_int *written; bool exact; int wrong; };

/* Sums only grow, and hold at least what was written before the question (where no other server's writers hold the log's end back). */
static void *asks(void *arg)
{
	struct asker *a = arg;
	int64_t last = 0, sum;
	while (last < ROUNDS) {
		int64_t least = *a->written;
		int r = answer(a->store, &sum);
		if (r == E_BUSY)
			continue;
		a->wrong += r < 0 || sum < last || (a->exact && sum < least);
		if (r < 0)
			break;
		last = sum;
	}
	return NULL;
}

PROMISE(mirror_many, "many who ask while it is written, made, kept warm and spoilt are told no less than was written before they asked")
{
	struct mirror_thread *thread;
	atomic_int written = 0;
	struct asker askers[ASKERS];
	pthread_t threads[ASKERS];
	begin(true);
	assert_int_equal(mirror_thread_start(house->store, &sums, &thread), 0);
	for (int i = 0; i < ASKERS; i++) {
		askers[i] = (struct asker){ house->store, &written, !store_is_pg(house->store), 0 };
		pthread_create(&threads[i], NULL, asks, &askers[i]);
	}
	for (int i = 0; i < ROUNDS; i++) {
		refuses = i % 10 == 9 ? 1 : 0;
		add(house, 1);
		written++;
	}
	for (int i = 0; i < ASKERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(askers[i].wrong, 0);
	}
	mirror_thread_stop(thread);
	assert_null(sums.first);
	assert_int_equal(made, dropped);
}
