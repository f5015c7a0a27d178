/* jobs_test.c: a job that was committed runs, is held by one worker at a time, and is never lost.
 *
 * A crash in the middle of a run is played by failing every statement after it: what a worker that died did not say. The
 * clock stands where the test puts it, so leases and pauses take no time.
 */
#include "engine/jobs/jobs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "client.h"
#include "store/schemas.h"
#include "test.h"

#define LEASE (5 * MINUTE)      /* as jobs.c has it */
#define LIMIT (6 * HOUR)

static const struct id here = { 7 };
static const struct instant noon = { INT64_C(1795600000000) };

/* ---- Kinds of jobs ---- */

static _Atomic int runs, holding, together;
static char        payload_seen[64];
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;

static int run_well(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)context, (void)ret_why;
	int now = ++holding, most = together;
	while (now > most && !atomic_compare_exchange_weak(&together, &most, now))
		;
	pthread_mutex_lock(&seen_lock);
	snprintf(payload_seen, sizeof payload_seen, "%.*s", STR(job->payload));
	pthread_mutex_unlock(&seen_lock);
	usleep(1000);
	runs++;
	holding--;
	return 0;
}

static int run_badly(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	runs++;
	*ret_why = str_format(context->arena, "try %d: 没有网络", (int)job->tries + 1);
	return E_NOT_SENT;
}

static int run_and_die(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)context, (void)job, (void)ret_why;
	runs++;
	store_fault_after(0, true);
	return 0;
}

static const struct job_kind kinds[];
static int add_to(struct store *, const struct job_kind *, const char *key, const char *payload, struct instant due);

/* While it runs, it is asked for again: at once the first time. */
static int run_and_ask(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)ret_why;
	int now = ++holding;
	together = now > together ? now : together;
	if (runs++ == 0)
		add_to(context->store, &kinds[3], "a", "second", (struct instant){ 0 });
	snprintf(payload_seen, sizeof payload_seen, "%.*s", STR(job->payload));
	jobs_run_due(context->store, NULL, context->features);    /* another worker looks for work just now */
	holding--;
	return 0;
}

static _Atomic bool held_up;
static _Atomic int  hurried;

/* A platform that does not answer, until the test lets go. */
static int run_slowly(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)context, (void)job, (void)ret_why;
	runs++;
	(void)comes(!held_up);
	return 0;
}

static int run_promptly(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)context, (void)job, (void)ret_why;
	hurried++;
	return 0;
}

static const struct job_kind kinds[] = {
	{ "well", "Does it", run_well },
	{ "badly", "Fails", run_badly, .tries_max = 4, .backoff_ms = 1000 },
	{ "deadly", "Ends the program", run_and_die, .tries_max = 2 },
	{ "asked", "Is asked for again while it runs", run_and_ask },
	{ "stubborn", "Fails and is given many tries", run_badly, .tries_max = 40 },
	{ "often", "Comes round by itself", run_well, .every_ms = 10 * MINUTE },
	{ "slow", "Waits for a platform", run_slowly },
	{ "prompt", "Must not wait", run_promptly, .prompt = true },
	{ 0 },
};

static const struct job_kind sick[] = { { "often", "Comes round, and fails", run_badly, .every_ms = 10 * MINUTE }, { 0 } };
static const struct job_kind foreign = { "of_tomorrow", "A kind of a later version", run_well };

static const struct feature feature_test = { .name = "test", .jobs = kinds };
static const struct feature feature_sick = { .name = "sick", .jobs = sick };
static const struct feature *const features[] = { &feature_test, NULL };
static const struct feature *const sick_features[] = { &feature_sick, NULL };

/* ---- Adding, running, looking ---- */

struct adding { const struct job_kind *kind; const char *key, *payload; struct instant due; int result; };

static int add_action(struct tx *tx, void *arg)
{
	const struct adding *a = arg;
	int r = job_add(tx, here, a->kind, str_of(a->key), str_of(a->payload), a->due);
	return r < 0 ? r : a->result;
}

static int add_to(struct store *store, const struct job_kind *kind, const char *key, const char *payload, struct instant due)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	return store_write(store, here, &arena, add_action, &(struct adding){ kind, key, payload, due, 0 });
}

static void add(struct house *house, int kind, const char *key, int64_t due_ms)
{
	assert_int_equal(add_to(house->store, &kinds[kind], key, "payload", (struct instant){ due_ms }), 0);
}

static int run_due(struct house *house)
{
	return jobs_run_due(house->store, NULL, features);
}

struct seen { struct str kind, key, payload, state, last_error; int64_t due_at, tries; };

ROW(seen,
	FIELD(seen, kind, "Kind"), FIELD(seen, key, "Key"), FIELD(seen, payload, "Payload"), FIELD(seen, state, "State"),
	FIELD(seen, last_error, "Why it failed"), FIELD(seen, due_at, "When"), FIELD(seen, tries, "How often"));

static QUERY(jobs_seen, READS, &row_seen, TAKES_NOTHING,
	"SELECT kind, key, payload, state, last_error, due_at, tries FROM job ORDER BY kind, key", .scans = true);

static int see_action(struct tx *tx, void *arg)
{
	return tx_all_(tx, &jobs_seen, arg, NULL, 0);
}

static struct rows all_jobs(struct house *house)
{
	struct rows rows = { 0 };
	assert_true(store_read(house->store, &house->arena, see_action, &rows) >= 0);
	return rows;
}

static struct seen only_job(struct house *house)
{
	struct rows rows = all_jobs(house);
	assert_int_equal(rows.count, 1);
	return *(const struct seen *)rows.at;
}

static void begin(int64_t now)
{
	runs = holding = together = 0;
	clock_set((struct instant){ now });
}

/* ---- Adding ---- */

PROMISE(job_added_twice, "added twice is once; the earlier time and the first payload count")
{
	begin(noon.ms);
	add(house, 0, "a", noon.ms + HOUR);
	assert_int_equal(add_to(house->store, &kinds[0], "a", "other", (struct instant){ noon.ms + 2 * HOUR }), 0);
	assert_int_equal(only_job(house).due_at, noon.ms + HOUR);
	add(house, 0, "a", noon.ms + MINUTE);
	assert_int_equal(only_job(house).due_at, noon.ms + MINUTE);
	assert_int_equal(run_due(house), 0);
	clock_set((struct instant){ noon.ms + MINUTE });
	assert_int_equal(run_due(house), 1);
	assert_string_equal(payload_seen, "payload");
	assert_int_equal(all_jobs(house).count, 0);
	add(house, 0, "a", 0);
	add(house, 0, "b", 0);
	assert_int_equal(run_due(house), 2);
	assert_int_equal(runs, 3);
}

PROMISE(job_undone, "a job of an action that was undone does not exist")
{
	begin(noon.ms);
	struct adding undone = { &kinds[0], "a", "", { 0 }, E_FULL };
	assert_int_equal(store_write(house->store, here, &house->arena, add_action, &undone), E_FULL);
	assert_int_equal(run_due(house), 0);
	assert_int_equal(all_jobs(house).count, 0);
}

/* ---- Holding ---- */

static void *work(void *arg)
{
	int ran = 0, r;
	while ((r = jobs_run_due(arg, NULL, features)) > 0 || r == E_BUSY)       /* the other store was first */
		ran += r > 0 ? r : 0;
	return (void *)(intptr_t)ran;
}

PROMISE(job_one_holder, "workers of two stores run a hundred jobs, each once")
{
	begin(0);
	struct store_options options = { .url = house->url, .schemas = embedded_schemas };
	struct store *stores[2] = { house->store, house->store };
	struct str why;
	if (house_is_pg(house))
		assert_int_equal(store_open(&options, &stores[1], &house->arena, &why), 0);
	pthread_t threads[4];
	for (int i = 0; i < 100; i++)
		add(house, 0, str_z(&house->arena, str_format(&house->arena, "%d", i)), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, stores[i % 2]), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(runs, 100);
	assert_int_equal(all_jobs(house).count, 0);
	if (stores[1] != house->store)
		store_close(stores[1]);
}

PROMISE(job_asked_while_running, "asked for while it runs, a job keeps its one worker and runs once more afterwards")
{
	begin(noon.ms);
	assert_int_equal(add_to(house->store, &kinds[3], "a", "first", (struct instant){ 0 }), 0);
	assert_int_equal(run_due(house), 2);
	assert_int_equal(runs, 2);
	assert_int_equal(together, 1);
	assert_string_equal(payload_seen, "second");
	assert_int_equal(all_jobs(house).count, 0);
}

/* ---- Crashes ---- */

static void crash_in_a_run(struct house *house)
{
	assert_int_equal(run_due(house), E_STORE);
	store_fault_after(-1, false);
	house_restart(house);
}

PROMISE(job_crash, "the job of a worker that died waits for the end of its lease, and then runs again")
{
	begin(noon.ms);
	add(house, 2, "a", 0);
	crash_in_a_run(house);
	assert_int_equal(run_due(house), 0);
	clock_set((struct instant){ noon.ms + LEASE - 1 });
	assert_int_equal(run_due(house), 0);
	assert_int_equal(runs, 1);
	clock_set((struct instant){ noon.ms + LEASE });
	crash_in_a_run(house);
	assert_int_equal(runs, 2);
}

PROMISE(job_deadly, "a job that ends the program each time is dead after its tries, and the rest go on")
{
	begin(noon.ms);
	add(house, 2, "a", 0);
	for (int i = 1; i <= 2; i++) {
		crash_in_a_run(house);
		clock_set((struct instant){ noon.ms + i * LEASE });
	}
	add(house, 0, "b", 0);
	assert_int_equal(run_due(house), 2);
	assert_int_equal(runs, 3);
	assert_str(only_job(house).state, "dead");
	assert_true(only_job(house).last_error.len > 0);
}

/* ---- Failing ---- */

PROMISE(job_backs_off, "pauses double, less a chance of a quarter; after the last try the job is dead and says why")
{
	int64_t now = noon.ms;
	begin(now);
	add(house, 1, "a", 0);
	for (int try = 1; try <= 4; try++) {
		assert_int_equal(run_due(house), 1);
		assert_int_equal(run_due(house), 0);
		struct seen job = only_job(house);
		int64_t pause = job.due_at - now, full = 1000 << (try - 1);
		assert_true(try == 4 || (pause <= full && pause >= full - full / 4));
		assert_int_equal(job.tries, try);
		assert_str(job.state, try < 4 ? "waiting" : "dead");
		assert_str(job.last_error, str_z(&house->arena, str_format(&house->arena, "try %d: 没有网络", try)));
		clock_set((struct instant){ job.due_at - 1 });
		assert_int_equal(run_due(house), 0);
		clock_set((struct instant){ now = job.due_at });
	}
	clock_set((struct instant){ noon.ms + 1000 * DAY });
	assert_int_equal(run_due(house), 0);
	assert_int_equal(runs, 4);
}

PROMISE(job_backs_off_apart, "the longest pause is six hours, and jobs that failed together do not come back together")
{
	int64_t now = noon.ms;
	begin(now);
	for (int i = 0; i < 8; i++)
		add(house, 4, str_z(&house->arena, str_format(&house->arena, "%d", i)), 0);
	for (int try = 0; try < 15; try++) {
		assert_int_equal(run_due(house), 8);
		clock_set((struct instant){ now += LIMIT });
	}
	struct rows rows = all_jobs(house);
	const struct seen *job = rows.at;
	int64_t different = 0;
	for (size_t i = 0; i < rows.count; i++) {
		int64_t pause = job[i].due_at - (now - LIMIT);
		assert_true(pause <= LIMIT && pause >= LIMIT - LIMIT / 4);
		different += job[i].due_at != job[0].due_at;
	}
	assert_true(different > 0);
}

PROMISE(job_revived, "a dead job that is asked for again starts afresh, with what it is given now")
{
	begin(noon.ms);
	add(house, 1, "a", 0);
	while (!str_is(only_job(house).state, "dead")) {
		run_due(house);
		clock_set((struct instant){ clock_now().ms + HOUR });
	}
	assert_int_equal(add_to(house->store, &kinds[1], "a", "new", (struct instant){ 0 }), 0);
	assert_str(only_job(house).state, "waiting");
	assert_str(only_job(house).payload, "new");
	assert_int_equal(run_due(house), 1);
	assert_int_equal(only_job(house).tries, 1);
}

PROMISE(job_unknown, "a job of a kind this version does not know is kept, and says so")
{
	begin(noon.ms);
	assert_int_equal(add_to(house->store, &foreign, "a", "p", (struct instant){ 0 }), 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(run_due(house), 1);
		clock_set((struct instant){ clock_now().ms + LIMIT });
	}
	assert_str(only_job(house).state, "waiting");
	assert_str(only_job(house).payload, "p");
	assert_true(only_job(house).last_error.len > 0);
	assert_int_equal(runs, 0);
}

/* ---- Coming round ---- */

static struct jobs *start(struct house *house, const struct feature *const *list)
{
	struct jobs *jobs = NULL;
	assert_int_equal(jobs_start(house->store, NULL, list, &jobs), 0);
	return jobs;
}

static void wait_for_runs(int count)
{
	(void)comes(runs >= count);
	assert_int_equal(runs, count);
}

PROMISE(job_every, "what comes round by itself is armed at the start, once, and after each run at its pace")
{
	begin(noon.ms);
	jobs_stop(start(house, features));
	jobs_stop(start(house, features));
	assert_int_equal(only_job(house).due_at, noon.ms + SECOND);
	for (int i = 1; i <= 3; i++) {
		int64_t due = only_job(house).due_at;
		clock_set((struct instant){ due });
		assert_int_equal(run_due(house), 1);
		assert_int_equal(runs, i);
		assert_int_equal(only_job(house).due_at, due + 10 * MINUTE);
	}
}

PROMISE(job_every_failing, "what comes round and fails is never dead, and never away for longer than its pace")
{
	begin(noon.ms);
	jobs_stop(start(house, sick_features));
	for (int i = 1; i <= 30; i++) {
		clock_set((struct instant){ only_job(house).due_at });
		assert_int_equal(jobs_run_due(house->store, NULL, sick_features), 1);
		assert_true(only_job(house).due_at - clock_now().ms <= 10 * MINUTE);
	}
	assert_str(only_job(house).state, "waiting");
	assert_int_equal(runs, 30);
}

PROMISE(job_worker, "the worker finds what becomes due; stopping it lets the running job finish")
{
	begin(0);
	struct jobs *jobs = start(house, features);
	wait_for_runs(1);                         /* the one that comes round */
	add(house, 0, "a", 0);
	wait_for_runs(2);
	add(house, 0, "b", 0);
	jobs_stop(jobs);
	assert_int_equal(holding, 0);
	jobs_stop(NULL);
}

PROMISE(job_prompt, "a prompt job does not wait for a slow one that holds the worker, and runs once")
{
	begin(0);
	hurried = 0;
	held_up = true;
	struct jobs *jobs = start(house, features);
	wait_for_runs(1);
	add(house, 6, "a", 0);
	wait_for_runs(2);                         /* it holds the worker from now on */
	add(house, 0, "b", 0);
	for (int i = 0; i < 5; i++) {
		add(house, 7, str_z(&house->arena, str_format(&house->arena, "%d", i)), 0);
		assert_true(comes(hurried > i));
	}
	assert_int_equal(hurried, 5);
	assert_int_equal(runs, 2);
	held_up = false;
	wait_for_runs(3);
	jobs_stop(jobs);
	assert_int_equal(hurried, 5);
}
