/* jobs.c: adding, taking by lease, running, recording; see jobs.h.
 *
 * Owns       job.
 */
#include "engine/jobs/jobs.h"

#include <pthread.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"

#define LEASE_MS      (5 * MINUTE)
#define TRIES_MAX     10
#define BACKOFF_MS    (10 * SECOND)
#define BACKOFF_LIMIT (6 * HOUR)
#define IDLE_MS       1000
#define JOB_ARENA     (64 << 20)
#define PROMPT_HANDS  3                           /* a platform that hangs does not hold up another's */

/* ---- Rows ------------------------------------------------------------------------------------- */

struct job_row {
	struct id  community_id, id;
	struct str kind, key, payload;
	int64_t    tries;
};

ROW(job_row,
	FIELD(job_row, community_id, "Community"),
	FIELD(job_row, id,           "Job"),
	FIELD(job_row, kind,         "What to do"),
	FIELD(job_row, key,          "What makes it one"),
	FIELD(job_row, payload,      "With what"),
	FIELD(job_row, tries,        "How often it was tried"));

/* ---- Rules ------------------------------------------------------------------------------------- */

/* Doubling from the kind's first pause; up to a quarter is taken off by chance, so that a thousand jobs that failed
 * together do not come back together. */
static int64_t backoff_after(const struct job_kind *kind, int64_t tries, uint64_t chance)
{
	int64_t pause = kind->backoff_ms ? kind->backoff_ms : BACKOFF_MS;
	for (int64_t i = 0; i < tries && pause < BACKOFF_LIMIT; i++)
		pause *= 2;
	if (pause > BACKOFF_LIMIT)
		pause = BACKOFF_LIMIT;
	return pause - (int64_t)(chance % (uint64_t)(pause / 4 + 1));
}

/* ---- Adding -------------------------------------------------------------------------------------- */

/* What waits comes at the earlier time; what runs keeps its lease and comes again; what is dead starts afresh. */
static QUERY(job_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_INSTANT, K_INSTANT, K_BOOL),
	"INSERT INTO job (community_id, id, kind, key, payload, state, due_at, tries, last_error, added_at, again_at, prompt)"
	" VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', ?6, 0, '', ?7, 0, ?8)"
	" ON CONFLICT (community_id, kind, key) DO UPDATE SET"
	"  state = CASE WHEN job.state = 'dead' THEN 'waiting' ELSE job.state END,"
	"  tries = CASE WHEN job.state = 'dead' THEN 0 ELSE job.tries END,"
	"  payload = CASE WHEN job.state = 'waiting' THEN job.payload ELSE excluded.payload END,"
	"  due_at = CASE WHEN job.state = 'running' OR (job.state = 'waiting' AND job.due_at < excluded.due_at)"
	"   THEN job.due_at ELSE excluded.due_at END,"
	"  again_at = CASE WHEN job.state = 'running' AND (job.again_at = 0 OR excluded.due_at < job.again_at)"
	"   THEN excluded.due_at ELSE job.again_at END");

int job_add(struct tx *tx, struct id community, const struct job_kind *kind, struct str key, struct str payload,
            struct instant due)
{
	if (!due.ms)
		due = tx_now(tx);
	int r = tx_run(tx, &job_insert, V(community), V(tx_new_id(tx)), V(str_of(kind->name)), V(key), V(payload), V(due),
	               V(tx_now(tx)), V(kind->prompt));
	if (r >= 0 && kind->prompt)
		tx_announce(tx, (struct id){ 0 });
	return r < 0 ? r : 0;
}

/* ---- Taking: a lease is a due time in the future ----------------------------------------------------- */

static QUERY(job_take, WRITES, &row_job_row, TAKES(K_INSTANT, K_INSTANT, K_BOOL),
	"UPDATE job SET state = 'running', due_at = ?2, tries = tries + 1 WHERE (community_id, id) IN"
	" (SELECT community_id, id FROM job WHERE state <> 'dead' AND prompt = ?3 AND due_at <= ?1 ORDER BY due_at LIMIT 1)"
	" RETURNING community_id, id, kind, key, payload, tries",
	.pg =
	"UPDATE job SET state = 'running', due_at = ?2, tries = tries + 1 WHERE (community_id, id) IN"
	" (SELECT community_id, id FROM job WHERE state <> 'dead' AND prompt = ?3 AND due_at <= ?1 ORDER BY due_at LIMIT 1"
	"  FOR UPDATE SKIP LOCKED)"
	" RETURNING community_id, id, kind, key, payload, tries");

struct taking { struct job_row row; bool prompt; };

static int take_action(struct tx *tx, void *arg)
{
	struct taking *t = arg;
	struct instant now = tx_now(tx);
	return tx_one(tx, &job_take, &t->row, V(now), V((struct instant){ now.ms + LEASE_MS }), V(t->prompt));
}

/* ---- Finishing: `tries` is the lease's token. A worker whose lease ran out and was taken changes nothing -- */

static QUERY(job_done, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"DELETE FROM job WHERE community_id = ?1 AND id = ?2 AND tries = ?3");

static QUERY(job_once_more, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"UPDATE job SET state = 'waiting', due_at = again_at, again_at = 0, tries = 0, last_error = ''"
	" WHERE community_id = ?1 AND id = ?2 AND tries = ?3 AND again_at > 0");

static QUERY(job_again, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INSTANT, K_STR, K_STR, K_INT),
	"UPDATE job SET due_at = ?4, state = ?5, last_error = ?6, tries = ?7"
	" WHERE community_id = ?1 AND id = ?2 AND tries = ?3");

struct outcome { const struct job_row *job; const struct job_kind *kind; int result; struct str why; };

static int64_t tries_most(const struct job_kind *kind)
{
	return kind->every_ms ? INT64_MAX : kind->tries_max ? kind->tries_max : TRIES_MAX;
}

/* A repeating kind is never away for longer than its own pace. */
static int64_t pause_after(const struct outcome *o)
{
	int64_t every = o->kind->every_ms;
	if (o->result >= 0)
		return every;
	int64_t pause = backoff_after(o->kind, o->job->tries - 1, secret_random_below(UINT32_MAX));
	return every && pause > every ? every : pause;
}

static int finish_action(struct tx *tx, void *arg)
{
	const struct outcome *o = arg;
	const struct job_row *job = o->job;
	bool good = o->result >= 0, again = o->kind->every_ms || (!good && job->tries < tries_most(o->kind));

	if (!again) {                             /* over; unless it was asked for again while it ran */
		int r = tx_run(tx, &job_once_more, V(job->community_id), V(job->id), V(job->tries));
		if (r != 0)
			return r;
		if (good)
			return tx_run(tx, &job_done, V(job->community_id), V(job->id), V(job->tries));
	}
	struct instant due = { tx_now(tx).ms + pause_after(o) };
	struct str why = good ? S("") : o->why.len ? o->why : str_of(err_word(o->result));
	return tx_run(tx, &job_again, V(job->community_id), V(job->id), V(job->tries), V(due),
	              V(again ? S("waiting") : S("dead")), V(why), V(good ? INT64_C(0) : job->tries));
}

/* ---- Running ---------------------------------------------------------------------------------------------- */

static const struct job_kind *kind_of(const struct feature *const *features, struct str name)
{
	for (; *features; features++)
		for (const struct job_kind *k = (*features)->jobs; k && k->name; k++)
			if (str_is(name, k->name))
				return k;
	return NULL;
}

static int unknown_kind(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)context, (void)job;
	*ret_why = S("this version of quntu does not know this kind of job");
	return E_NOT_FOUND;
}

static const struct job_kind unknown = { "unknown", "A job of another version", unknown_kind, .tries_max = 1000 };

/* One of the prompt, or of the others. 1: it ran; 0: nothing is due; or a code. */
static int run_one(struct store *store, const struct settings *settings, const struct feature *const *features, bool prompt)
{
	ARENA_SCOPED arena;
	struct taking taking = { .prompt = prompt };
	arena_init(&arena, JOB_ARENA);

	int r = store_write(store, (struct id){ 0 }, &arena, take_action, &taking);
	if (r == E_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	struct job_row row = taking.row;
	const struct job_kind *kind = kind_of(features, row.kind);
	struct job_context context = { store, settings, features, &arena };
	struct job job = { row.id, row.community_id, row.key, row.payload, row.tries - 1 };
	struct outcome outcome = { &row, kind ? kind : &unknown, 0, { 0 } };
	if (row.tries > tries_most(outcome.kind)) {       /* nobody lived to say that it failed */
		outcome.result = E_STORE;
		outcome.why = S("the program ended each time while it ran");
	} else {
		outcome.result = outcome.kind->run(&context, &job, &outcome.why);
	}
	if (outcome.result < 0)
		log_warn("job %.*s: %s %.*s", STR(row.kind), err_word(outcome.result), STR(outcome.why));
	r = store_write(store, (struct id){ 0 }, &arena, finish_action, &outcome);
	return r < 0 ? r : 1;
}

int jobs_run_due(struct store *store, const struct settings *settings, const struct feature *const *features)
{
	int count = 0, r;
	while ((r = run_one(store, settings, features, true)) > 0 || (r == 0 && (r = run_one(store, settings, features, false)) > 0))
		count++;
	return r < 0 ? r : count;
}

/* The server-wide repeating kinds each own one row, made when it is missing. */
static int arm_action(struct tx *tx, void *arg)
{
	for (const struct feature *const *f = arg; *f; f++)
		for (const struct job_kind *k = (*f)->jobs; k && k->name; k++)
			if (k->every_ms) {
				int r = job_add(tx, (struct id){ 0 }, k, S("every"), S(""), (struct instant){ tx_now(tx).ms + SECOND });
				if (r < 0)
					return r;
			}
	return 0;
}

struct hand { struct jobs *jobs; pthread_t thread; bool prompt, started; int64_t seen; };

struct jobs {
	struct store                *store;
	const struct settings       *settings;
	const struct feature *const *features;
	struct hand                  hands[1 + PROMPT_HANDS];     /* the first: everything that is not prompt */
	pthread_mutex_t              lock;
	pthread_cond_t               changed;
	int64_t                      news;        /* how often a prompt job was added here */
	bool                         stopping;
};

/* Until there are news for this hand, or so long. false: it is to stop. */
static bool pause_unless_stopping(struct hand *h, int64_t ms)
{
	struct jobs *jobs = h->jobs;
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	pthread_mutex_lock(&jobs->lock);
	for (int r = 0; r == 0 && ms && !jobs->stopping && !(h->prompt && h->seen != jobs->news);)
		r = pthread_cond_timedwait(&jobs->changed, &jobs->lock, &until);
	h->seen = jobs->news;
	bool go_on = !jobs->stopping;
	pthread_mutex_unlock(&jobs->lock);
	return go_on;
}

static void *work(void *arg)
{
	struct hand *h = arg;
	struct jobs *jobs = h->jobs;
	int r = 0;
	while (pause_unless_stopping(h, r == 1 ? 0 : IDLE_MS))
		r = run_one(jobs->store, jobs->settings, jobs->features, h->prompt);
	return NULL;
}

/* After the commit that added a prompt job: nobody waits for the second to pass. */
static void heard(void *ctx, struct id community)
{
	struct jobs *jobs = ctx;
	if (community.n)
		return;
	pthread_mutex_lock(&jobs->lock);
	jobs->news++;
	pthread_cond_broadcast(&jobs->changed);
	pthread_mutex_unlock(&jobs->lock);
}

static void stop(struct jobs *jobs)
{
	store_listen(jobs->store, NULL, jobs);
	pthread_mutex_lock(&jobs->lock);
	jobs->stopping = true;
	pthread_cond_broadcast(&jobs->changed);
	pthread_mutex_unlock(&jobs->lock);
	for (size_t i = 0; i < sizeof jobs->hands / sizeof *jobs->hands; i++)
		if (jobs->hands[i].started)
			pthread_join(jobs->hands[i].thread, NULL);
	pthread_cond_destroy(&jobs->changed);
	pthread_mutex_destroy(&jobs->lock);
	mem_give(jobs);
}

int jobs_start(struct store *store, const struct settings *settings, const struct feature *const *features,
               struct jobs **ret)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	int r = store_write(store, (struct id){ 0 }, &arena, arm_action, (void *)(uintptr_t)features);
	if (r < 0)
		return r;
	struct jobs *jobs = mem_take(sizeof *jobs);
	if (!jobs)
		return E_MEMORY;
	*jobs = (struct jobs){ .store = store, .settings = settings, .features = features };
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->changed, &steady);
	pthread_condattr_destroy(&steady);
	store_listen(store, heard, jobs);
	for (size_t i = 0; i < sizeof jobs->hands / sizeof *jobs->hands; i++) {
		struct hand *h = &jobs->hands[i];
		h->jobs = jobs, h->prompt = i > 0;
		if (!(h->started = pthread_create(&h->thread, NULL, work, h) == 0)) {
			stop(jobs);
			return E_MEMORY;
		}
	}
	*ret = jobs;
	return 0;
}

void jobs_stop(struct jobs *jobs)
{
	if (jobs)
		stop(jobs);
}

/* ---- Those that are given up ----------------------------------------------------------------------------------- */

ROW(job_dead,
	FIELD(job_dead, kind, "What it was to do"),
	FIELD(job_dead, n,    "How many"),
	FIELD(job_dead, why,  "Why the last one failed"));

static QUERY(jobs_given_up, READS, &row_job_dead, TAKES_NOTHING,
	"SELECT d.kind, count(*) AS n, (SELECT l.last_error FROM job l WHERE l.kind = d.kind AND l.state = 'dead'"
	" ORDER BY l.id DESC LIMIT 1) AS why FROM job d WHERE d.state = 'dead' GROUP BY d.kind ORDER BY d.kind LIMIT 100",
	.scans = true);

int jobs_dead(struct tx *tx, struct rows *ret)
{
	return tx_all_(tx, &jobs_given_up, ret, NULL, 0);
}

ROW(job_late,
	FIELD(job_late, n,     "How many"),
	FIELD(job_late, since, "When the oldest should have begun"));

static QUERY(jobs_behind, READS, &row_job_late, TAKES(K_INSTANT),
	"SELECT count(*) AS n, COALESCE(min(due_at), 0) AS since FROM"
	" (SELECT due_at FROM job WHERE state <> 'dead' AND due_at < ?1 ORDER BY due_at LIMIT 1000) l", .scans = true);

int jobs_late(struct tx *tx, struct instant before, struct job_late *ret)
{
	return tx_one(tx, &jobs_behind, ret, V(before));
}

/* ---- Declaration --------------------------------------------------------------------------------------------- */

static const struct query *const queries[] = {
	&job_insert, &job_take, &job_done, &job_once_more, &job_again, &jobs_given_up, &jobs_behind, NULL,
};

const struct feature feature_jobs = { .name = "jobs", .queries = queries };
