/* main.c: runs what TEST and PROMISE have registered.
 *
 * Story      build/quntu-test            everything
 *            build/quntu-test tag shop   what has "tag" or "shop" in its file, name or promise
 *            build/quntu-test --list     what there is
 *            build/quntu-test --times    … and which took longest, their houses included
 *            build/quntu-test --sqlite   promises on SQLite alone, and whatever needs no store
 *            build/quntu-test --postgres …  promises on PostgreSQL alone, and whatever needs no store
 *            build/quntu-test --fake mp|wecom|onebot [PORT]   a fake platform (test/fakes), until it is ended
 *            build/quntu-test --odd, --even  every second of them: together they are all, for two to run beside each other
 *            QUNTU_TEST_PG=postgres://…  promises run on PostgreSQL, too
 * Holds      Every test runs under cmocka, so a failed assertion or a crash ends that test and not the run. A house
 *            is opened before and closed after its promise, whatever happened in between. The last line is
 *            "N passed, N failed" (", N skipped" when some were); the exit code is 1 when one failed.
 */
#include "test.h"

#include <ftw.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/time.h"
#include "fake_mp.h"
#include "fake_onebot.h"
#include "fake_wecom.h"

#define RUNS_MAX   4096
#define TOLD_TIMES 100

/* ---- Houses: test/client.c has the real ones ---- */

struct house *house_open(const char *store_url);
void house_close(struct house *);

static bool no_houses;

__attribute__((weak)) struct house *house_open(const char *store_url)
{
	(void)store_url;
	no_houses = true;
	return NULL;
}

__attribute__((weak)) void house_close(struct house *house)
{
	(void)house;
}

/* ---- What is registered ---- */

static struct test *tests;

void test_register(struct test *t)
{
	t->next = tests;
	tests = t;
}

/* One test on one store. */
struct run {
	const struct test *test;
	bool               on_pg, passed, skipped;
	char               dir[64], label[256];
	struct house      *house;
	int64_t            began, took;            /* ms */
};

static struct run        runs[RUNS_MAX];
static struct CMUnitTest units[RUNS_MAX];
static size_t            run_count, without_pg;

/* What the command line asks for. */
static struct { bool list, times, sqlite, postgres, odd, even; char **patterns; int pattern_count; } asked;

static bool matches(const struct test *t)
{
	bool found = asked.pattern_count == 0;
	for (int i = 0; i < asked.pattern_count && !found; i++)
		found = strstr(t->file, asked.patterns[i]) || strstr(t->name, asked.patterns[i]) || strstr(t->promise, asked.patterns[i]);
	return found;
}

void test_pause(void) { usleep(2000); }

void test_later(void)
{
	struct instant was = clock_now();
	assert_true(comes(clock_now().ms > was.ms));
}

/* A test that failed half-way may have left the heap failing and the clock standing. Nobody is given up sooner than by the tests. */
static void start_fresh(void)
{
	password_cheaply(true);
	mem_fail_after(-1);
	clock_set((struct instant){ 0 });
	clock_allow(PATIENCE);
}

static void plain_run(void **state)
{
	struct run *r = *state;
	start_fresh();
	r->test->plain();
	r->passed = true;
}

/* ---- On a store ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st, (void)type, (void)walk;
	return remove(path);
}

const char *test_folder(void)
{
	const char *folder = getenv("QUNTU_TEST_DIR");
	return folder && *folder ? folder : "/tmp";
}

static int plain_begin(void **state)
{
	struct run *r = *state;
	r->began = clock_steady();
	return 0;
}

static int plain_end(void **state)
{
	struct run *r = *state;
	r->took = clock_steady() - r->began;
	return 0;
}

static int house_begin(void **state)
{
	struct run *r = *state;
	r->began = clock_steady();
	char url[sizeof r->dir + 32];
	const char *pg = getenv("QUNTU_TEST_PG");
	start_fresh();
	snprintf(r->dir, sizeof r->dir, "%s/quntu-test-XXXXXX", test_folder());
	if (!mkdtemp(r->dir))
		return -1;
	snprintf(url, sizeof url, "sqlite:%s/quntu.db", r->dir);
	r->house = house_open(r->on_pg ? pg : url);
	r->skipped = !r->house && no_houses;
	return r->house || r->skipped ? 0 : -1;
}

static int house_end(void **state)
{
	struct run *r = *state;
	start_fresh();
	if (r->house && r->passed)
		house_close(r->house);
	r->house = NULL;                              /* who failed half-way may have threads in it still: they keep it */
	nftw(r->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return plain_end(state);
}

static void house_run(void **state)
{
	struct run *r = *state;
	if (r->skipped)
		skip();
	r->test->on_store(r->house);
	r->passed = true;
}

/* ---- Choosing and counting ---- */

static void add_run(const struct test *t, bool on_pg)
{
	if (run_count == RUNS_MAX) {
		fprintf(stderr, "more than %d tests: raise RUNS_MAX\n", RUNS_MAX);
		exit(1);
	}
	struct run *r = &runs[run_count];
	const char *store = t->plain ? "" : on_pg ? " [postgres]" : " [sqlite]";
	r->test = t;
	r->on_pg = on_pg;
	snprintf(r->label, sizeof r->label, "%s %s%s: %s", t->file, t->name, store, t->promise);
	units[run_count++] = (struct CMUnitTest){
		r->label, t->plain ? plain_run : house_run, t->plain ? plain_begin : house_begin, t->plain ? plain_end : house_end, r,
	};
}

static void choose(void)
{
	const char *pg = getenv("QUNTU_TEST_PG");
	size_t place = 0;
	for (const struct test *t = tests; t; t = t->next) {
		if (!matches(t))
			continue;
		if ((asked.odd || asked.even) && (place++ % 2 == 0) != asked.odd)
			continue;
		if (!asked.postgres || t->plain)
			add_run(t, false);
		if (t->on_store && pg && *pg && !asked.sqlite)
			add_run(t, true);
		else if (t->on_store && !asked.sqlite)
			without_pg++;
	}
}

/* Registered last to first; told first to last. */
static void put_in_order(void)
{
	struct test *turned = NULL;
	for (struct test *t = tests, *next; t; t = next) {
		next = t->next;
		t->next = turned;
		turned = t;
	}
	tests = turned;
}

static void list(void)
{
	for (const struct test *t = tests; t; t = t->next) {
		if (matches(t))
			printf("%s %s%s: %s\n", t->file, t->name, t->plain ? "" : " [each store]", t->promise);
	}
}

static int by_time(const void *one, const void *other)
{
	const struct run *a = one, *b = other;
	return (a->took < b->took) - (a->took > b->took);
}

/* After the run: whatever follows no longer stands in its order. */
static void tell_times(void)
{
	qsort(runs, run_count, sizeof *runs, by_time);
	for (size_t i = 0; i < run_count && i < TOLD_TIMES; i++)
		printf("%8.2f s  %s\n", (double)runs[i].took / 1000, runs[i].label);
}

static int report(void)
{
	size_t passed = 0, skipped = without_pg, failed = 0;
	fflush(stderr);
	for (size_t i = 0; i < run_count; i++) {
		passed += runs[i].passed;
		skipped += runs[i].skipped;
		if (!runs[i].passed && !runs[i].skipped) {
			failed++;
			printf("FAILED  %s\n", runs[i].label);
		}
	}
	if (without_pg)
		printf("PostgreSQL: %zu skipped, because QUNTU_TEST_PG names no server (postgres://…).\n", without_pg);
	if (no_houses)
		printf("Stores: skipped, because test/client.c is not linked in.\n");
	printf("%zu passed, %zu failed", passed, failed);
	if (skipped)
		printf(", %zu skipped", skipped);
	printf("\n");
	return failed > 0;
}

/* For journeys, which run in another process. Ends when its standard input does. */
static void *open_mp(int port, int *ret_port)
{
	struct mp_fake *f = mp_fake_open(port);
	*ret_port = mp_fake_port(f);
	return f;
}

static void *open_wecom(int port, int *ret_port)
{
	struct wecom_fake *f = wecom_fake_open(port);
	*ret_port = wecom_fake_port(f);
	return f;
}

static void *open_onebot(int port, int *ret_port)
{
	struct onebot_fake *f = onebot_fake_open(port);
	*ret_port = onebot_fake_port(f);
	return f;
}

static void close_mp(void *f) { mp_fake_close(f); }
static void close_wecom(void *f) { wecom_fake_close(f); }
static void close_onebot(void *f) { onebot_fake_close(f); }

static const struct { const char *name; void *(*open)(int, int *); void (*close)(void *); } fakes[] = {
	{ "mp", open_mp, close_mp }, { "wecom", open_wecom, close_wecom }, { "onebot", open_onebot, close_onebot },
};

static int serve_fake(const char *which, const char *port)
{
	int64_t at = 0;
	size_t i = 0;
	int open_at;
	while (i < sizeof fakes / sizeof *fakes && strcmp(fakes[i].name, which) != 0)
		i++;
	if (i == sizeof fakes / sizeof *fakes || (port && !str_to_int(str_of(port), &at))) {
		fprintf(stderr, "there is no fake \"%s\"\n", which);
		return 1;
	}
	void *fake = fakes[i].open((int)at, &open_at);
	printf("ready at http://127.0.0.1:%d\n", open_at);
	fflush(stdout);
	while (getchar() != EOF)
		;
	fakes[i].close(fake);
	return 0;
}

static void read_words(int argc, char **argv)
{
	const struct { const char *word; bool *to; } words[] = {
		{ "--list", &asked.list }, { "--times", &asked.times }, { "--sqlite", &asked.sqlite }, { "--postgres", &asked.postgres },
		{ "--odd", &asked.odd }, { "--even", &asked.even },
	};
	int at = 1;
	for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++)
		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (strcmp(argv[at], words[i].word) == 0)
				*words[i].to = true;
	asked.patterns = argv + at, asked.pattern_count = argc - at;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "--fake") == 0)
		return serve_fake(argv[2], argc > 3 ? argv[3] : NULL);
	read_words(argc, argv);
	put_in_order();
	if (asked.list) {
		list();
		return 0;
	}
	choose();
	if (run_count + without_pg == 0) {
		fprintf(stderr, "no test has \"%s\" in its file, name or promise\n", asked.pattern_count ? asked.patterns[0] : "");
		return 1;
	}
	setlinebuf(stdout);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	_cmocka_run_group_tests("quntu", units, run_count, NULL, NULL);
	if (asked.times)
		tell_times();
	return report();
}
