/* run.c: the engine: follows events, lets automations act, counts what became of them.
 *
 * Story      A batch of two thousand events comes, of all kinds. The plan tells which kinds anybody waits for; the texts of the
 *            messages among them are fetched with one question; a walk through each text tells who hears a word in it. What is
 *            left is a handful of events: each is judged, and who is meant acts, in the transaction that moves the cursor.
 * Holds      One run for one event and automation (automation_run is unique by them). A failing act is counted, the next ones go on.
 *            What is everybody's trouble (the store's) undoes the batch, which comes again; a clash inside an act is remembered and
 *            that act is passed by the next time, so that one bad event never holds up the others.
 *            Events that an act causes bear its depth plus one (automation_cause); beyond AUTOMATION_DEPTH nobody acts.
 *            After AUTOMATION_FAILING failed runs in a row an automation is off, and a warning says so.
 */
#include "automation/run.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "groups/alert.h"
#include "http/personal.h"
#include "people/merge.h"

#define SWEEP_EVERY HOUR
#define SWEEP_PIECE 5000
#define SHUNNED     64

/* ---- Rows ----------------------------------------------------------------- */

ROW_PUBLIC(carried,
	FIELD(carried, id,      "Event"),
	FIELD(carried, at,      "When", .optional = true),
	FIELD(carried, kind,    "What happened", .max = 60),
	FIELD(carried, subject, "To what", .optional = true),
	FIELD(carried, actor,   "By whom", .optional = true),
	FIELD(carried, object,  "With what", .optional = true),
	FIELD(carried, via,     "Through what", .optional = true),
	FIELD(carried, n,       "How much", .min = INT64_MIN, .max = INT64_MAX),
	FIELD(carried, word,    "Class", .max = 200),
	FIELD(carried, data,    "More", .max = 16000, .lines = true));

struct carried carried_of(const struct event *e)
{
	return (struct carried){ e->id, e->at, e->kind, e->subject, e->actor, e->object, e->via, e->n, e->word, e->data };
}

struct event event_of_carried(const struct carried *c)
{
	return (struct event){ .id = c->id, .at = c->at, .kind = c->kind, .subject = c->subject, .actor = c->actor, .object = c->object,
	                       .via = c->via, .n = c->n, .word = c->word, .data = c->data };
}

struct run {
	struct id      id, automation_id, event_id, member_id, group_id;
	struct instant at;
	struct str     state;
	int64_t        next, version, depth;
	struct str     error, carried;
};

ROW(run,
	FIELD(run, id,            "Run"),
	FIELD(run, automation_id, "Automation"),
	FIELD(run, event_id,      "Event"),
	FIELD(run, member_id,     "Member"),
	FIELD(run, group_id,      "Group"),
	FIELD(run, at,            "When it happened"),
	FIELD(run, state,         "How it went"),
	FIELD(run, next,          "Next action"),
	FIELD(run, version,       "Version of the automation"),
	FIELD(run, depth,         "How many automations led to it"),
	FIELD(run, error,         "What went wrong"),
	FIELD(run, carried,       "The event"));

struct total { int64_t n; };

ROW(total, FIELD(total, n, "How many"));

/* ---- Counting ----------------------------------------------------------------- */

static QUERY(count_add, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INT),
	"INSERT INTO automation_count (community_id, automation_id, what, n) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id, automation_id, what) DO UPDATE SET n = automation_count.n + excluded.n");

static QUERY(health_set, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_INT, K_BOOL, K_INSTANT, K_STR, K_STR),
	"INSERT INTO automation_health (community_id, automation_id, acted_at, failing, failed_at, error, act)"
	" VALUES (?1, ?2, ?3, ?4, ?6, ?7, ?8) ON CONFLICT (community_id, automation_id) DO UPDATE SET"
	" acted_at = CASE WHEN excluded.acted_at > automation_health.acted_at THEN excluded.acted_at ELSE automation_health.acted_at END,"
	" failing = CASE WHEN ?5 THEN ?4 ELSE automation_health.failing + ?4 END,"
	" failed_at = CASE WHEN ?7 <> '' THEN ?6 ELSE automation_health.failed_at END,"
	" error = CASE WHEN ?7 <> '' THEN ?7 ELSE automation_health.error END,"
	" act = CASE WHEN ?7 <> '' THEN ?8 ELSE automation_health.act END");

static QUERY(failing_of, READS, &row_total, TAKES(K_ID, K_ID),
	"SELECT failing AS n FROM automation_health WHERE community_id = ?1 AND automation_id = ?2");

/* Too often in a row: off, and somebody is told. */
static int stop_if_failing(struct tx *tx, struct id community, const struct rule *rule)
{
	struct total failing;
	struct alert alert = {
		.key = str_format(tx_arena(tx), "automation %lld", (long long)rule->a.id.n), .kind = S("automation_stopped"),
		.level = S("late"), .subject = rule->a.id, .title = rule->a.name, .due = tx_now(tx),
	};
	int r = tx_one(tx, &failing_of, &failing, V(community), V(rule->a.id));
	if (r < 0 || failing.n < AUTOMATION_FAILING)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = automation_stop(tx, community, rule->a.id)) <= 0)
		return r;
	return alert_raise(tx, community, &alert);
}

int counts_write(struct tx *tx, struct id community, const struct rule *rule, const struct tally *t)
{
	const struct { const char *what; int64_t n; } counts[] = {
		{ "matched", t->matched }, { "acted", t->acted }, { "failed", t->failed }, { "where", t->where }, { "limit", t->limit },
		{ "late", t->late }, { "depth", t->depth }, { "changed", t->changed }, { "off", t->off },
	};
	struct str error = str_of(t->error);
	int r = 0;
	for (size_t i = 0; r >= 0 && i < sizeof counts / sizeof *counts; i++)
		if (counts[i].n)
			r = tx_run(tx, &count_add, V(community), V(rule->a.id), V(str_of(counts[i].what)), V(counts[i].n));
	if (r < 0 || (!t->acted && !t->failed))
		return r < 0 ? r : 0;
	r = tx_run(tx, &health_set, V(community), V(rule->a.id), V(t->acted_at), V(t->failing), V(t->recovered), V(tx_now(tx)), V(error),
	           V(t->act));
	return r < 0 ? r : t->failing ? stop_if_failing(tx, community, rule) : 0;
}

/* ---- What clashed ----------------------------------------------------------------- */

bool is_everybodys(int code)
{
	return code == E_STORE || code == E_MEMORY || code == E_BUSY || code == E_CONFLICT;
}

/* A clash undoes the batch, and would do so for ever: the act that made it is passed by from then on. Of this process only; it
 * costs each process one batch. */
static pthread_mutex_t shun_lock = PTHREAD_MUTEX_INITIALIZER;
static struct shunned { int64_t serial; struct id automation, event; int64_t n; } shunned[SHUNNED];
static size_t shun_next;

static void shun(struct deed *d)
{
	pthread_mutex_lock(&shun_lock);
	shunned[shun_next++ % SHUNNED] = (struct shunned){ tx_serial(d->tx), d->automation, d->occasion->event.id, d->n };
	pthread_mutex_unlock(&shun_lock);
}

static bool is_shunned(struct deed *d)
{
	bool found = false;
	pthread_mutex_lock(&shun_lock);
	for (size_t i = 0; i < SHUNNED; i++)
		found = found || (shunned[i].serial == tx_serial(d->tx) && shunned[i].automation.n == d->automation.n &&
		                  shunned[i].event.n == d->occasion->event.id.n && shunned[i].n == d->n);
	pthread_mutex_unlock(&shun_lock);
	return found;
}

/* ---- Waiting ----------------------------------------------------------------- */

struct wait { int64_t minutes; };

ROW(wait, FIELD(wait, minutes, "So many minutes", .min = 1, .max = 7 * 24 * 60));

static int run_wait(struct deed *d, const void *settings) { (void)d, (void)settings; return 0; }

static int run_go(const struct job_context *, const struct job *, struct str *);
static int run_sweep(const struct job_context *, const struct job *, struct str *);

static const struct job_kind jobs[] = {
	{ "automation_go",    "Go on with an automation that waited", run_go },
	{ "automation_sweep", "Let go of runs and tests of long ago", run_sweep, .every_ms = SWEEP_EVERY },
	{ 0 },
};
enum { JOB_GO, JOB_SWEEP };

static QUERY(run_waits, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_STR),
	"UPDATE automation_run SET state = 'waiting', next = ?3, carried = ?4 WHERE community_id = ?1 AND id = ?2");

static int wait_for(struct deed *d, struct id run, int64_t minutes)
{
	struct carried c = carried_of(&d->occasion->event);
	struct instant due = { tx_now(d->tx).ms + minutes * MINUTE };
	BUF_SCOPED text;
	buf_init(&text, 64 * 1024);
	row_write_json(&text, &row_carried, &c);
	if (buf_failed(&text))
		return E_MEMORY;
	struct str key = str_format(tx_arena(d->tx), "%lld %lld", (long long)run.n, (long long)d->n);
	struct str name = str_format(tx_arena(d->tx), "%lld", (long long)run.n);
	int r = tx_run(d->tx, &run_waits, V(d->community), V(run), V(d->n + 1), V(buf_view(&text)));
	return r < 0 ? r : job_add(d->tx, d->community, &jobs[JOB_GO], key, name, due);
}

/* ---- Acting ----------------------------------------------------------------- */

static QUERY(cause_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INT),
	"INSERT INTO automation_cause (community_id, id, last_id, depth) VALUES (?1, ?2, ?3, ?4)");

struct going { const struct rule *rule; struct id run; struct occasion *occasion; int64_t depth; bool late; bool waits,
	failed; struct tally *tally; };

/* One act: 1, 0, its own failure, or everybody's. */
static int act_once(struct deed *d, const struct ready_act *ready, int64_t depth)
{
	if (!ready->act)
		return E_NOT_ONE_OF;
	if (is_shunned(d))
		return E_INVALID;
	struct id before = ready->act->causes ? tx_new_id(d->tx) : (struct id){ 0 };
	int r = ready->act->run(d, ready->settings);
	if (r == E_CONFLICT)
		shun(d);
	if (r > 0 && ready->act->causes) {
		int c = tx_run(d->tx, &cause_insert, V(d->community), V(before), V(tx_new_id(d->tx)), V(depth + 1));
		return c < 0 ? c : r;
	}
	return r;
}

static int act_all(struct tx *tx, const struct plan *plan, struct going *g, int64_t from)
{
	const struct rule *rule = g->rule;
	for (size_t i = (size_t)from; i < rule->act_count; i++) {
		struct deed d = {
			.tx = tx, .community = plan->community, .automation = rule->a.id, .name = rule->a.name, .site = rule->a.site,
			.occasion = g->occasion, .n = (int64_t)i, .late = g->late,
			.key = str_format(tx_arena(tx), "au.%lld.%lld.%zu", (long long)rule->a.id.n, (long long)g->occasion->event.id.n, i),
		};
		const struct ready_act *ready = &rule->acts[i];
		if (ready->act && ready->act->run == run_wait) {
			g->waits = true;
			return wait_for(&d, g->run, ((const struct wait *)ready->settings)->minutes);
		}
		int r = act_once(&d, ready, g->depth);
		if (is_everybodys(r))
			return r;
		if (r < 0) {
			g->failed = true;
			g->tally->error = err_word(r);
			g->tally->act = ((const struct action *)rule->a.actions.at)[i].what;
		}
	}
	return arena_failed(tx_arena(tx)) ? E_MEMORY : 0;
}

static QUERY(run_ends, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR),
	"UPDATE automation_run SET state = ?3, error = ?4, carried = '' WHERE community_id = ?1 AND id = ?2");

static void note(struct tally *t, const struct going *g, struct instant now)
{
	t->acted++;
	t->acted_at = now;
	if (g->failed) {
		t->failed++;
		t->failing++;
	} else {
		t->failing = 0;
		t->recovered = true;
	}
}

static int go_through(struct tx *tx, const struct plan *plan, struct going *g, int64_t from, bool first)
{
	int r = act_all(tx, plan, g, from);
	if (r < 0)
		return r;
	if (first || g->failed)
		note(g->tally, g, tx_now(tx));
	if (g->waits || (first && !g->failed))
		return 0;
	r = tx_run(tx, &run_ends, V(plan->community), V(g->run), V(g->failed ? S("failed") : S("done")),
		V(g->failed ? str_of(g->tally->error) : S("")));
	return r < 0 ? r : 0;
}

static QUERY(run_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_ID, K_INSTANT, K_INT, K_INT),
	"INSERT INTO automation_run (community_id, id, automation_id, event_id, member_id, group_id, at, state, next, version, depth, error,"
	" carried) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'done', 0, ?8, ?9, '', '')"
	" ON CONFLICT (community_id, automation_id, event_id) DO NOTHING");

static int begin(struct tx *tx, const struct plan *plan, const struct rule *rule, struct occasion *o, int64_t depth, struct tally *t)
{
	struct going g = { .rule = rule, .run = tx_new_id(tx), .occasion = o, .depth = depth, .tally = t };
	int r = tx_run(tx, &run_insert, V(plan->community), V(g.run), V(rule->a.id), V(o->event.id), V(o->member), V(o->group),
	               V(o->event.at), V(rule->a.version), V(depth));
	return r <= 0 ? r : go_through(tx, plan, &g, 0, true);
}

/* ---- Following ----------------------------------------------------------------- */

static QUERY(runs_of_member, READS, &row_total, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"SELECT count(*) AS n FROM automation_run WHERE community_id = ?1 AND member_id = ?2 AND automation_id = ?3 AND at >= ?4");

static QUERY(runs_of_group, READS, &row_total, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"SELECT count(*) AS n FROM automation_run WHERE community_id = ?1 AND group_id = ?2 AND automation_id = ?3 AND at >= ?4");

int runs_since(struct court *c, const struct rule *rule, bool of_group, struct id who, struct instant since, int64_t *ret)
{
	struct total total;
	int r = tx_one(c->tx, of_group ? &runs_of_group : &runs_of_member, &total, V(c->plan->community), V(who), V(rule->a.id), V(since));
	if (r == 0)
		*ret = total.n;
	return r;
}

struct cause { struct id id, last_id; int64_t depth; };

ROW(cause,
	FIELD(cause, id,      "Above this number"),
	FIELD(cause, last_id, "Below this number"),
	FIELD(cause, depth,   "How many automations led to it"));

static QUERY(causes_below, READS, &row_cause, TAKES(K_ID, K_ID),
	"SELECT id, last_id, depth FROM automation_cause WHERE community_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT 4");

/* On PostgreSQL several write at once: the nearest few are looked at. */
static int depth_of(struct tx *tx, struct id community, struct id event, int64_t *ret)
{
	struct rows rows;
	int r = tx_all(tx, &causes_below, &rows, V(community), V(event));
	const struct cause *c = rows.at;
	int64_t depth = 0;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if (c[i].last_id.n > event.n && c[i].depth > depth)
			depth = c[i].depth;
	*ret = depth;
	return r < 0 ? r : 0;
}

struct hearing_batch {
	struct tx    *tx;
	struct plan  *plan;
	struct court  court;
	struct tally *tallies;
	struct rows   messages;
	int          *heard, mark;
};

static int by_message(const void *key, const void *row)
{
	struct id id = *(const struct id *)key, other = ((const struct message *)row)->id;
	return (id.n > other.n) - (id.n < other.n);
}

/* The texts of a batch, with one question. */
static int read_messages(struct hearing_batch *f, const struct event *events, size_t count)
{
	struct id first = { INT64_MAX }, last = { 0 };
	for (size_t i = 0; i < count; i++) {
		const struct kind_rules *kind;
		struct occasion o;
		occasion_of(f->plan, &events[i], &kind, &o);
		if (!kind || !(kind->trigger->tells & OF_TEXT) || !o.message.n)
			continue;
		first = o.message.n < first.n ? o.message : first;
		last = o.message.n > last.n ? o.message : last;
	}
	return last.n ? messages_between(f->tx, f->plan->community, first, last, &f->messages) : 0;
}

static void take_message(struct hearing_batch *f, struct occasion *o)
{
	if (!o->message.n) {
		occasion_comment(tx_arena(f->tx), o);
		return;
	}
	const struct message *m = f->messages.count ? bsearch(&o->message, f->messages.at, f->messages.count, sizeof *m, by_message) : NULL;
	if (m)
		o->text = m->text, o->number = m->number;
}

static int consider(struct hearing_batch *f, const struct rule *rule, struct occasion *o, bool *settled)
{
	struct tally *t = &f->tallies[rule->index];
	enum passed passed;
	int64_t depth;
	int r = *settled ? 0 : occasion_settle(f->tx, f->plan->community, o);
	*settled = true;
	t->matched++;
	if (o->event.at.ms < tx_now(f->tx).ms - AUTOMATION_LATE)
		return t->late++, 0;
	if (r < 0 || (r = depth_of(f->tx, f->plan->community, o->event.id, &depth)) < 0)
		return r;
	if (depth >= AUTOMATION_DEPTH)
		return t->depth++, 0;
	if ((r = rule_judge(&f->court, rule, o, &passed, NULL)) < 0)
		return r;
	if (passed != MEANT)
		return passed == BY_WHERE ? t->where++ : t->limit++, 0;
	return begin(f->tx, f->plan, rule, o, depth, t);
}

static int hear(struct hearing_batch *f, const struct event *event)
{
	const struct kind_rules *kind;
	struct occasion o;
	bool settled = false;
	int r = 0;
	occasion_of(f->plan, event, &kind, &o);
	if (!kind || (kind->trigger->tells & OF_TEXT && !o.member.n))       /* what we said ourselves is nobody's */
		return 0;
	if (kind->trigger->tells & OF_TEXT)
		take_message(f, &o);
	f->mark++;
	if (kind->listens && o.text.len)
		rules_hear(f->plan, o.text, tx_arena(f->tx), f->heard, f->mark);
	for (size_t i = 0; r >= 0 && i < kind->count; i++) {
		const struct rule *rule = kind->rules[i];
		if (event->at.ms >= rule->a.enabled_at.ms && rule_meant(rule, &o, f->plan->zone, f->heard[rule->index] == f->mark))
			r = consider(f, rule, &o, &settled);
	}
	return r;
}

static int follow_with(struct tx *tx, struct plan *plan, const struct event *events, size_t count)
{
	struct hearing_batch f = { .tx = tx, .plan = plan };
	f.tallies = arena_take_array(tx_arena(tx), plan->count, sizeof *f.tallies);
	f.heard = arena_take_array(tx_arena(tx), plan->count, sizeof *f.heard);
	int r = f.tallies && f.heard ? court_open(tx, plan, &f.court) : E_MEMORY;
	f.court.acted = runs_since;
	if (r >= 0)
		r = read_messages(&f, events, count);
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = hear(&f, &events[i]);
	for (size_t i = 0; r >= 0 && i < plan->count; i++)
		if (f.tallies[i].matched)
			r = counts_write(tx, plan->community, &plan->rules[i], &f.tallies[i]);
	return r < 0 ? r : 0;
}

static int follow(struct tx *tx, const struct feature *const *features, struct id community, const struct event *events, size_t count)
{
	struct plan *plan;
	int r = plan_get(tx, features, community, &plan);
	if (r < 0 || !plan)
		return r;
	r = community_changeable(tx, community);
	if (r == 0)
		r = follow_with(tx, plan, events, count);
	plan_put(plan);
	return r == E_COMMUNITY_CLOSED ? 0 : r;           /* what ended or rests says nothing any more */
}

static const struct follower followers[] = { { "automation", "*", .apply_by = follow }, { 0 } };

/* ---- Going on after a wait ----------------------------------------------------------------- */

static QUERY(run_by_id, READS, &row_run, TAKES(K_ID, K_ID),
	"SELECT id, automation_id, event_id, member_id, group_id, at, state, next, version, depth, error, carried FROM automation_run"
	" WHERE community_id = ?1 AND id = ?2");

struct resuming { const struct feature *const *features; struct id community, run; };

static int resume(struct tx *tx, struct resuming *res, const struct run *run, const struct automation *a, struct plan **ret_plan,
                  struct occasion *ret)
{
	struct carried carried;
	struct complaint why;
	const struct kind_rules *kind;
	int r = row_read_json(&row_carried, run->carried, tx_arena(tx), &carried, &why);
	if (r < 0 || (r = plan_of_one(tx, res->features, res->community, a, ret_plan)) < 0)
		return r;
	struct event event = event_of_carried(&carried);
	occasion_of(*ret_plan, &event, &kind, ret);
	if (!kind)
		return E_NOT_FOUND;
	if ((r = occasion_settle(tx, res->community, ret)) < 0)
		return r;
	r = kind->trigger->tells & OF_TEXT ? occasion_message(tx, res->community, ret) : 0;
	return r == E_NOT_FOUND ? 0 : r;
}

static int go_on(struct tx *tx, void *arg)
{
	struct resuming *res = arg;
	struct run run;
	struct automation a = { 0 };
	struct tally tally = { 0 };
	struct plan *plan;
	struct occasion o;
	int r = tx_one(tx, &run_by_id, &run, V(res->community), V(res->run));
	if (r < 0 || !str_is(run.state, "waiting"))
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = automation_get(tx, res->community, run.automation_id, &a)) < 0 && r != E_NOT_FOUND)
		return r;
	struct rule gone = { .a = a };
	int open = community_changeable(tx, res->community);
	if (open < 0 && open != E_COMMUNITY_CLOSED)
		return open;
	if (r == E_NOT_FOUND || open < 0 || !a.enabled || a.version != run.version) {
		int ends = tx_run(tx, &run_ends, V(res->community), V(run.id), V(S("dropped")), V(S("")));
		if (ends < 0 || r == E_NOT_FOUND)
			return ends < 0 ? ends : 0;
		tally.off = !a.enabled || open < 0, tally.changed = !tally.off;
		return counts_write(tx, res->community, &gone, &tally);
	}
	if ((r = resume(tx, res, &run, &a, &plan, &o)) < 0)
		return r;
	struct going g = { .rule = &plan->rules[0], .run = run.id, .occasion = &o, .depth = run.depth, .late = true, .tally = &tally };
	if ((r = go_through(tx, plan, &g, run.next, false)) < 0)
		return r;
	tally.acted = 0;                          /* the run was counted when it began */
	return tally.failed ? counts_write(tx, res->community, &plan->rules[0], &tally) : 0;
}

static int run_go(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct resuming res = { .features = context->features, .community = job->community };
	(void)ret_why;
	if (!str_to_int(job->payload, &res.run.n))
		return E_INVALID;
	return store_write(context->store, job->community, context->arena, go_on, &res);
}

/* ---- Letting go ----------------------------------------------------------------- */

static QUERY(runs_old, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"DELETE FROM automation_run WHERE community_id = ?1 AND id IN (SELECT id FROM automation_run WHERE community_id = ?1 AND id < ?2"
	" AND state <> 'waiting' ORDER BY id LIMIT ?3)");

static QUERY(causes_old, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"DELETE FROM automation_cause WHERE community_id = ?1 AND id IN (SELECT id FROM automation_cause WHERE community_id = ?1 AND id < ?2"
	" ORDER BY id LIMIT ?3)");

static QUERY(run_before, READS, &row_id_item, TAKES(K_ID, K_INSTANT),
	"SELECT id AS item FROM automation_run WHERE community_id = ?1 AND at >= ?2 ORDER BY id LIMIT 1");

static int sweep(struct tx *tx, void *arg)
{
	struct id community = *(const struct id *)arg;
	struct id_item kept = { { INT64_MAX } }, caused = { { INT64_MAX } };
	int r = tx_one(tx, &run_before, &kept, V(community), V((struct instant){ tx_now(tx).ms - AUTOMATION_DAYS * DAY }));
	if (r >= 0 || r == E_NOT_FOUND)
		r = tx_one(tx, &run_before, &caused, V(community), V((struct instant){ tx_now(tx).ms - 2 * AUTOMATION_LATE }));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	int gone = tx_run(tx, &runs_old, V(community), V(kept.item), V((int64_t)SWEEP_PIECE));
	if (gone < 0 || (r = tx_run(tx, &causes_old, V(community), V(caused.item), V((int64_t)SWEEP_PIECE))) < 0)
		return gone < 0 ? gone : r;
	return gone + r;
}

static int list_communities(struct tx *tx, void *arg) { return community_list(tx, arg); }

static int run_sweep(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct rows rows;
	(void)job, (void)ret_why;
	int r = store_read(context->store, context->arena, list_communities, &rows);
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		struct id community = ((const struct id_item *)rows.at)[i].item;
		while ((r = store_write(context->store, community, context->arena, sweep, &community)) >= SWEEP_PIECE)
			continue;
	}
	return r < 0 ? r : 0;
}

/* ---- What is kept about people ----------------------------------------------------------------- */

struct done_for { struct str name; struct instant at; };

ROW(done_for,
	FIELD(done_for, name, "Automation"),
	FIELD(done_for, at,   "When"));

static QUERY(runs_shown, READS, &row_done_for, TAKES(K_ID, K_ID),
	"SELECT a.name, r.at FROM automation_run r JOIN automation a ON a.community_id = r.community_id AND a.id = r.automation_id"
	" WHERE r.community_id = ?1 AND r.member_id = ?2 ORDER BY r.id DESC LIMIT 200");

static QUERY(runs_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE automation_run SET member_id = ?3, carried = '', state = CASE WHEN state = 'waiting' THEN 'dropped' ELSE state END"
	" WHERE community_id = ?1 AND member_id = ?2");

static const struct personal personal[] = {
	{ "automation_run", "社群的自动化因为你做过的事（欢迎、回复、打标签）", "What the community’s automations did because of you (welcome, replies, tags)",
	  "自动化 时间", BY_MEMBER, &runs_shown, .erases = { &runs_forget } },
	{ 0 },
};

MEMBER_PLACE(automation_runs, "automation_run", "member_id", "CAST(id AS TEXT)", "");

static const struct member_place places[] = {
	{ "automation_runs", &automation_runs_note, &automation_runs_move, NULL },
	{ 0 },
};

/* ---- Declaration ----------------------------------------------------------------- */

static const struct query *const queries[] = {
	&count_add, &health_set, &failing_of, &run_waits, &cause_insert, &run_ends, &run_insert, &runs_of_member, &runs_of_group,
	&causes_below, &run_by_id, &runs_old, &causes_old, &run_before, &runs_shown, &runs_forget,
	&automation_runs_note, &automation_runs_move, NULL,
};

static const struct act_kind acts[] = {
	{ "wait", "等一会儿", "wait", &row_wait, "分钟", "minutes", .run = run_wait },
	{ 0 },
};

const struct feature feature_automation_run = {
	.name = "automation_run", .queries = queries, .followers = followers, .jobs = jobs, .personal = personal, .places = places,
	.acts = acts,
};
