/* trial.c: what would happen: to one event now (dry run), and to all events of the last days (test).
 *
 * Story      Before 关键词回复 is switched on, the operator takes a message from this morning and reads, line by line, which
 *            condition holds and what would be said. Then the test: over the last 30 days it would have answered 214 times,
 *            eleven of them to people who only told a joke. They take a word out, and test again.
 * Holds      A test asks what the engine asks (judge.h), in the same order, and counts its own lines for the limits: on what
 *            happened since an automation went on, both say the same. Members are judged as they are today, and who was
 *            erased is nobody.
 *            A test is a job: it keeps its place every TEST_STEP events, goes on there after a crash, and can be cancelled.
 * Owns       automation_test, automation_test_line. Lines: TEST_LINES a test, the last TESTS_KEPT tests of an automation.
 * Test       trial_test.c
 */
#include "automation/run.h"

#include "base/utf8.h"
#include "engine/jobs/jobs.h"
#include "groups/group.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/member.h"
#include "people/merge.h"

#define TEST_LINES  2000      /* more would act: the test ends there and says so */
#define TESTS_KEPT  5
#define TEXT_SHOWN  200       /* characters of what was said */
#define SAID_SHOWN  500
#define RECENT_MOST 20
#define RECENT_READ 20000     /* events looked through for them */
#define LINES_PAGE  50

/* ---- Rows ----------------------------------------------------------------- */

struct recent { struct id id, member_id; struct instant at; struct str nickname, group, text; };

ROW(recent,
	FIELD(recent, id,        "Event"),
	FIELD(recent, member_id, "Who", .optional = true),
	FIELD(recent, at,        "When"),
	FIELD(recent, nickname,  "What they are called"),
	FIELD(recent, group,     "In which group"),
	FIELD(recent, text,      "What was said"));

struct supposed { struct id event, member, group; struct str text; };

ROW(supposed,
	FIELD(supposed, event,  "One of the recent events; or else, supposed:", .optional = true),
	FIELD(supposed, member, "This member …", .optional = true),
	FIELD(supposed, group,  "… in this group", .optional = true),
	FIELD(supposed, text,   "… says this", .max = 1000, .lines = true, .optional = true));

struct sentence_verdict { int64_t line; bool holds; };

ROW(sentence_verdict,
	FIELD(sentence_verdict, line,  "Line of the conditions, counted from 0"),
	FIELD(sentence_verdict, holds, "It holds for this event"));

struct would { struct str what, said; bool speaks; };

ROW(would,
	FIELD(would, what,   "Act"),
	FIELD(would, said,   "What would be said"),
	FIELD(would, speaks, "It says something"));

struct dry { bool meant; struct str outcome, nickname, group, text; struct rows verdicts, actions; };

ROW(dry,
	FIELD(dry, meant,    "Its trigger, groups, words and hours are met"),
	FIELD(dry, outcome,  "acted: it would act; or why not", .one_of = PASSED_WORDS),
	FIELD(dry, nickname, "Whom it is about"),
	FIELD(dry, group,    "In which group"),
	FIELD(dry, text,     "What was said"),
	FIELD(dry, verdicts, "Of each condition", .of = &row_sentence_verdict),
	FIELD(dry, actions,  "What would be done, in order", .of = &row_would));

struct testing { int64_t days; };

ROW(testing, FIELD(testing, days, "So many days back", .min = 1, .max = AUTOMATION_DAYS));

struct automation_test {
	struct id      id, automation_id;
	int64_t        version, days;
	struct instant since, until, reached_at;
	struct str     state;
	int64_t        seen, matched, acted, by_where, by_limit, people;
	struct str     error;
	struct instant created_at;
	int64_t        epoch;
	struct id      event_id;
};

#define TEST_FIELDS \
	FIELD(automation_test, id,            "Test"), \
	FIELD(automation_test, automation_id, "Automation"), \
	FIELD(automation_test, version,       "… in this version"), \
	FIELD(automation_test, days,          "So many days back"), \
	FIELD(automation_test, since,         "From here …"), \
	FIELD(automation_test, until,         "… to here"), \
	FIELD(automation_test, reached_at,    "Read up to here", .optional = true), \
	FIELD(automation_test, state,         "Where it stands", .one_of = "waiting running done full cancelled failed"), \
	FIELD(automation_test, seen,          "Events looked at"), \
	FIELD(automation_test, matched,       "… that its trigger meets"), \
	FIELD(automation_test, acted,         "… for which it would have acted"), \
	FIELD(automation_test, by_where,      "… passed over for a condition"), \
	FIELD(automation_test, by_limit,      "… for its limit"), \
	FIELD(automation_test, people,        "Different people it would have acted for"), \
	FIELD(automation_test, error,         "What went wrong"), \
	FIELD(automation_test, created_at,    "When it was asked for")

ROW(automation_test, TEST_FIELDS);

static const struct field test_kept_fields[] = {
	TEST_FIELDS, FIELD(automation_test, epoch, "Its place in the log"), FIELD(automation_test, event_id, "… up to this event"),
};
static const struct row row_test_kept = {
	"automation_test_kept", sizeof(struct automation_test), test_kept_fields, sizeof test_kept_fields / sizeof *test_kept_fields,
};

struct automation_test_line { struct id id, event_id, member_id, group_id; struct instant at; struct str nickname, group, text, said; };

ROW(automation_test_line,
	FIELD(automation_test_line, id,        "Line"),
	FIELD(automation_test_line, event_id,  "Event"),
	FIELD(automation_test_line, member_id, "Who would have been affected", .optional = true),
	FIELD(automation_test_line, group_id,  "In which group", .optional = true),
	FIELD(automation_test_line, at,        "When"),
	FIELD(automation_test_line, nickname,  "What they are called"),
	FIELD(automation_test_line, group,     "Name of the group"),
	FIELD(automation_test_line, text,      "What was said"),
	FIELD(automation_test_line, said,      "What would have been said"));

struct line_query { struct id after; };

ROW(line_query, FIELD(line_query, after, "Only those after this one", .optional = true));

struct trial_total { int64_t n; };

ROW(trial_total, FIELD(trial_total, n, "How many"));

/* ---- What would be said ----------------------------------------------------------------- */

static struct deed deed_of(struct tx *tx, const struct plan *plan, const struct rule *rule, const struct occasion *o, size_t i)
{
	return (struct deed){ .tx = tx, .community = plan->community, .automation = rule->a.id, .name = rule->a.name, .site = rule->a.site,
	                      .occasion = o, .n = (int64_t)i, .key = S("trial") };
}

static int says(struct tx *tx, const struct plan *plan, const struct rule *rule, const struct occasion *o, size_t i, struct str *ret)
{
	const struct ready_act *ready = &rule->acts[i];
	struct deed d = deed_of(tx, plan, rule, o, i);
	*ret = S("");
	int r = ready->act && ready->act->says ? ready->act->says(&d, ready->settings, ret) : 0;
	return is_everybodys(r) ? r : 0;
}

static int names_of(struct tx *tx, struct id community, const struct occasion *o, struct str *ret_nickname, struct str *ret_group)
{
	struct group_brief group = { 0 };
	int r = o->group.n ? group_get_brief(tx, community, o->group, &group) : 0;
	*ret_group = r == 0 ? group.name : S("");
	*ret_nickname = S("");
	if (r == 0 || r == E_NOT_FOUND)
		r = o->member.n ? member_nickname(tx, community, o->member, ret_nickname) : 0;
	return r == E_NOT_FOUND ? 0 : r;
}

/* ---- Recent events ----------------------------------------------------------------- */

/* Newest first; `each` answers 1 to go on, 0 to stop. */
static int back_through(struct tx *tx, struct id community, int (*each)(void *, const struct event *), void *ctx)
{
	struct event_place at;
	struct event *events;
	size_t count, read = 0;
	int r = event_newest(tx, community, &at);
	bool first = true;
	for (; r >= 0 && read < RECENT_READ; read += count) {
		struct event_place from = { at.epoch, { at.id.n + first } };      /* the newest one, too */
		if ((r = event_previous(tx, community, &from, FOLLOW_BATCH, &events, &count)) < 0 || count == 0)
			return r;
		at = from, first = false;
		for (size_t i = 0; i < count; i++)
			if ((r = each(ctx, &events[i])) <= 0)
				return r;
	}
	return r < 0 ? r : 0;
}

struct collecting { struct tx *tx; const struct plan *plan; struct recent *items; size_t count; struct id wanted; struct event found; };

static int occasion_whole(struct tx *tx, const struct plan *plan, const struct event *e, struct occasion *ret)
{
	const struct kind_rules *kind;
	occasion_of(plan, e, &kind, ret);
	if (!kind || (kind->trigger->tells & OF_TEXT && !ret->member.n))
		return 0;
	int r = occasion_settle(tx, plan->community, ret);
	if (r >= 0 && kind->trigger->tells & OF_TEXT)
		r = occasion_message(tx, plan->community, ret);
	return r < 0 && r != E_NOT_FOUND ? r : 1;
}

static int collect(void *ctx, const struct event *e)
{
	struct collecting *c = ctx;
	struct occasion o;
	struct recent *item = &c->items[c->count];
	int r = occasion_whole(c->tx, c->plan, e, &o);
	if (r <= 0)
		return r < 0 ? r : 1;
	*item = (struct recent){ .id = e->id, .member_id = o.member, .at = e->at, .text = utf8_cut(o.text, TEXT_SHOWN) };
	if ((r = names_of(c->tx, c->plan->community, &o, &item->nickname, &item->group)) < 0)
		return r;
	return ++c->count < RECENT_MOST;
}

static int plan_for(struct request *rq, struct id automation, struct plan **ret)
{
	struct automation a;
	int r = automation_get(rq->tx, rq->community, automation, &a);
	return r < 0 ? r : plan_of_one(rq->tx, rq_features(rq), rq->community, &a, ret);
}

static int get_recent(struct request *rq, const void *in, void *out)
{
	struct collecting c = { .tx = rq->tx, .items = arena_take_array(rq->arena, RECENT_MOST + 1, sizeof(struct recent)) };
	struct page *page = out;
	struct plan *plan;
	(void)in;
	int r = c.items ? plan_for(rq, rq->path_id, &plan) : E_MEMORY;
	if (r < 0)
		return r;
	c.plan = plan;
	if ((r = back_through(rq->tx, rq->community, collect, &c)) < 0)
		return r;
	*page = (struct page){ .rows = { c.items, c.count }, .total = (int64_t)c.count };
	return 0;
}

/* ---- The dry run ----------------------------------------------------------------- */

static int find(void *ctx, const struct event *e)
{
	struct collecting *c = ctx;
	if (e->id.n != c->wanted.n)
		return 1;
	c->found = *e;
	return 0;
}

/* The event asked about, or one that never happened. */
static int suppose(struct request *rq, const struct plan *plan, const struct supposed *s, struct occasion *ret)
{
	struct collecting c = { .tx = rq->tx, .plan = plan, .wanted = s->event };
	struct member_brief member;
	int r = s->event.n ? back_through(rq->tx, rq->community, find, &c) : 0;
	if (r < 0)
		return r;
	if (s->event.n && !c.found.id.n)
		return rq_complain(rq, E_NOT_FOUND, S("event"));
	if (s->event.n)
		return (r = occasion_whole(rq->tx, plan, &c.found, ret)) < 0 ? r : r == 0 ? rq_complain(rq, E_NOT_FOUND, S("event")) : 0;
	if (s->member.n && (r = member_get_brief(rq->tx, rq->community, rq->only, s->member, &member)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("member")) : r;
	if (s->group.n && (r = staff_group_there(rq->tx, rq->community, s->group)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("group")) : r;
	*ret = (struct occasion){ .member = s->member, .group = s->group, .text = s->text, .number = S("-"),
	                          .event = { .at = tx_now(rq->tx), .kind = plan->rules[0].a.event } };
	return 0;
}

static int verdicts_of(struct request *rq, struct court *court, const struct rule *rule, const struct occasion *o, bool meant,
	struct dry *dry)
{
	size_t lines = rule->a.where.count, n = 0;
	bool *holds = arena_take_array(rq->arena, lines + 1, sizeof *holds);
	struct sentence_verdict *v = arena_take_array(rq->arena, lines + 1, sizeof *v);
	enum passed passed;
	if (!holds || !v)
		return E_MEMORY;
	int r = rule_judge(court, rule, o, &passed, holds);
	for (size_t i = 0; i < lines; i++)
		v[n++] = (struct sentence_verdict){ (int64_t)i, holds[i] };
	dry->verdicts = (struct rows){ v, n };
	dry->outcome = !meant ? S("not_meant") : passed == MEANT ? S("acted") : passed == BY_WHERE ? S("where") : S("limit");
	return r;
}

static int would_do(struct request *rq, const struct plan *plan, const struct occasion *o, struct dry *dry)
{
	const struct rule *rule = &plan->rules[0];
	struct would *w = arena_take_array(rq->arena, rule->act_count + 1, sizeof *w);
	int r = w ? 0 : E_MEMORY;
	for (size_t i = 0; r >= 0 && i < rule->act_count; i++) {
		w[i].what = ((const struct action *)rule->a.actions.at)[i].what;
		w[i].speaks = rule->acts[i].act && rule->acts[i].act->says;
		r = says(rq->tx, plan, rule, o, i, &w[i].said);
	}
	dry->actions = (struct rows){ w, rule->act_count };
	return r;
}

static int dry_run(struct request *rq, const struct supposed *s, struct dry *dry)
{
	struct plan *plan;
	struct occasion o;
	struct court court;
	int r = plan_for(rq, rq->path_id, &plan);
	if (r < 0 || (r = suppose(rq, plan, s, &o)) < 0 || (r = court_open(rq->tx, plan, &court)) < 0)
		return r;
	const struct rule *rule = &plan->rules[0];
	int heard = 0;
	court.acted = runs_since;
	if (rule->listens && o.text.len)
		rules_hear(plan, o.text, rq->arena, &heard, 1);
	dry->meant = rule_meant(rule, &o, plan->zone, heard == 1);
	dry->text = utf8_cut(o.text, TEXT_SHOWN);
	if ((r = names_of(rq->tx, rq->community, &o, &dry->nickname, &dry->group)) < 0 ||
	    (r = verdicts_of(rq, &court, rule, &o, dry->meant, dry)) < 0)
		return r;
	return would_do(rq, plan, &o, dry);
}

/* A question, though it comes by POST. */
static int ready_try(struct request *rq, const void *in, void *out)
{
	struct dry *dry = ARENA_NEW(rq->arena, struct dry);
	(void)out;
	int r = dry ? dry_run(rq, in, dry) : E_MEMORY;
	rq->kept = r < 0 ? NULL : dry;
	return r < 0 ? r : 0;
}

static int post_try(struct request *rq, const void *in, void *out)
{
	(void)in;
	if (!rq->kept)
		return E_BUSY;
	*(struct dry *)out = *(const struct dry *)rq->kept;
	return 0;
}

/* ---- The test: its rows ----------------------------------------------------------------- */

#define TEST_COLUMNS \
	"SELECT t.id, t.automation_id, t.version, t.days, t.since, t.until, t.reached_at, t.state, t.seen, t.matched, t.acted, t.by_where," \
	" t.by_limit, (SELECT count(DISTINCT l.member_id) FROM automation_test_line l WHERE l.community_id = t.community_id AND" \
		" l.test_id = t.id)" \
	" AS people, t.error, t.created_at, t.epoch, t.event_id FROM automation_test t WHERE t.community_id = ?1"

static QUERY(test_by_id, READS, &row_test_kept, TAKES(K_ID, K_ID), TEST_COLUMNS " AND t.id = ?2");

static QUERY(tests_of, READS, &row_test_kept, TAKES(K_ID, K_ID), TEST_COLUMNS " AND t.automation_id = ?2 ORDER BY t.id DESC LIMIT 5");

static QUERY(test_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INT, K_INT, K_INSTANT, K_INSTANT, K_INT, K_ID, K_ID),
	"INSERT INTO automation_test (community_id, id, automation_id, version, days, since, until, state, epoch, event_id, reached_at, seen,"
	" matched, acted, by_where, by_limit, error, made_by, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'waiting', ?8, ?9,"
		" 0, 0, 0, 0, 0, 0,"
	" '', ?10, ?7)");

static QUERY(test_moves, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INT, K_ID, K_INSTANT, K_INT, K_INT, K_INT, K_INT, K_INT, K_ID),
	"UPDATE automation_test SET state = ?3, epoch = ?4, event_id = ?5, reached_at = ?6, seen = seen + ?7, matched = matched + ?8,"
	" acted = acted + ?9, by_where = by_where + ?10, by_limit = by_limit + ?11 WHERE community_id = ?1 AND id = ?2"
	" AND event_id = ?12 AND state IN ('waiting', 'running')");

static QUERY(test_ends, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR),
	"UPDATE automation_test SET state = ?3, error = ?4 WHERE community_id = ?1 AND id = ?2 AND state IN ('waiting', 'running')");

static QUERY(line_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_INSTANT, K_ID, K_ID, K_STR, K_STR),
	"INSERT INTO automation_test_line (community_id, id, test_id, event_id, at, member_id, group_id, text, said)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");

static QUERY(lines_of_member, READS, &row_trial_total, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"SELECT count(*) AS n FROM automation_test_line WHERE community_id = ?1 AND member_id = ?2 AND test_id = ?3 AND at >= ?4");

static QUERY(lines_of_group, READS, &row_trial_total, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"SELECT count(*) AS n FROM automation_test_line WHERE community_id = ?1 AND group_id = ?2 AND test_id = ?3 AND at >= ?4");

static QUERY(lines_page, READS, &row_automation_test_line, TAKES(K_ID, K_ID, K_ID),
	"SELECT l.id, l.event_id, l.member_id, l.group_id, l.at, COALESCE((SELECT m.nickname FROM member m WHERE m.community_id ="
		" l.community_id"
	" AND m.id = l.member_id), '') AS nickname, COALESCE((SELECT g.name FROM chat_group g WHERE g.community_id = l.community_id"
	" AND g.id = l.group_id), '') AS \"group\", l.text, l.said FROM automation_test_line l WHERE l.community_id = ?1 AND l.test_id = ?2"
	" AND l.id > ?3 ORDER BY l.id LIMIT 50");

static QUERY(tests_old, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"DELETE FROM automation_test WHERE community_id = ?1 AND automation_id = ?2 AND id < ?3");

static QUERY(lines_old, WRITES, NULL, TAKES(K_ID),
	"DELETE FROM automation_test_line WHERE community_id = ?1 AND test_id NOT IN (SELECT id FROM automation_test WHERE community_id = ?1)",
	.scans = true);

/* ---- The test: the job ----------------------------------------------------------------- */

struct made_line { struct id event, member, group; struct instant at; struct str text, said; };

struct trial {
	const struct feature *const *features;
	struct id                    community, id;
	struct automation_test       test;
	struct event_place           from, until;
	struct made_line            *lines;
	size_t                       line_count;
	int64_t                      seen, matched, where, limit, acted;
	bool                         over, full, gone;
	struct instant               reached;
};

/* The lines already kept, and those of this step. */
static int lines_since(struct court *c, const struct rule *rule, bool of_group, struct id who, struct instant since, int64_t *ret)
{
	struct trial *t = c->ctx;
	struct trial_total total;
	(void)rule;
	int r = tx_one(c->tx, of_group ? &lines_of_group : &lines_of_member, &total, V(t->community), V(who), V(t->id), V(since));
	if (r < 0)
		return r;
	for (size_t i = 0; i < t->line_count; i++)
		total.n += (of_group ? t->lines[i].group : t->lines[i].member).n == who.n && t->lines[i].at.ms >= since.ms;
	*ret = total.n;
	return 0;
}

static int keep_line(struct tx *tx, struct trial *t, const struct plan *plan, const struct occasion *o)
{
	const struct rule *rule = &plan->rules[0];
	struct made_line *line = &t->lines[t->line_count];
	*line = (struct made_line){ .event = o->event.id, .member = o->member, .group = o->group, .at = o->event.at, .said = S(""),
	                            .text = utf8_cut(o->text, TEXT_SHOWN) };
	for (size_t i = 0; i < rule->act_count && !line->said.len; i++) {
		int r = says(tx, plan, rule, o, i, &line->said);
		if (r < 0)
			return r;
	}
	line->said = utf8_cut(line->said, SAID_SHOWN);
	t->line_count++;
	t->acted++;
	return 0;
}

static int try_event(struct tx *tx, struct trial *t, const struct plan *plan, struct court *court, const struct event *e)
{
	const struct rule *rule = &plan->rules[0];
	const struct kind_rules *kind;
	struct occasion o;
	enum passed passed;
	int heard = 0, r = 0;
	occasion_of(plan, e, &kind, &o);
	if (!kind || (kind->trigger->tells & OF_TEXT && !o.member.n))
		return 0;
	if (kind->trigger->tells & OF_TEXT && (r = occasion_message(tx, t->community, &o)) < 0 && r != E_NOT_FOUND)
		return r;
	if (rule->listens && o.text.len)
		rules_hear(plan, o.text, tx_arena(tx), &heard, 1);
	if (!rule_meant(rule, &o, plan->zone, heard == 1))
		return 0;
	t->matched++;
	if ((r = occasion_settle(tx, t->community, &o)) < 0 || (r = rule_judge(court, rule, &o, &passed, NULL)) < 0)
		return r;
	if (passed != MEANT)
		return passed == BY_WHERE ? t->where++ : t->limit++, 0;
	return keep_line(tx, t, plan, &o);
}

/* One step: a batch of the log, judged while reading. */
static int step(struct tx *tx, void *arg)
{
	struct trial *t = arg;
	struct automation a;
	struct plan *plan;
	struct court court;
	struct event *events;
	size_t count;
	int r = tx_one(tx, &test_by_id, &t->test, V(t->community), V(t->id));
	if (r < 0 || !str_among(t->test.state, "waiting running"))
		return t->gone = true, r == E_NOT_FOUND ? 0 : r;
	if ((r = automation_get(tx, t->community, t->test.automation_id, &a)) < 0)
		return t->gone = r == E_NOT_FOUND, r;
	t->from = (struct event_place){ t->test.epoch, t->test.event_id };
	t->lines = arena_take_array(tx_arena(tx), FOLLOW_BATCH, sizeof *t->lines);
	struct event_place at = t->from;
	if (!t->lines || (r = plan_of_one(tx, t->features, t->community, &a, &plan)) < 0 || (r = court_open(tx, plan, &court)) < 0 ||
	    (r = event_next(tx, t->community, &at, &events, &count)) < 0)
		return t->lines ? r : E_MEMORY;
	court.acted = lines_since, court.ctx = t;
	t->reached = t->test.until;
	t->over = count == 0;
	for (size_t i = 0; r >= 0 && i < count && !t->over; i++) {
		t->over = events[i].at.ms >= t->test.until.ms;
		t->full = t->test.acted + t->acted >= TEST_LINES;
		if (t->over || t->full)
			break;
		t->seen++;
		t->reached = events[i].at;
		r = try_event(tx, t, plan, &court, &events[i]);
	}
	t->until = at;
	return r;
}

static int keep_step(struct tx *tx, void *arg)
{
	struct trial *t = arg;
	struct str state = t->full ? S("full") : t->over ? S("done") : S("running");
	int r = tx_run(tx, &test_moves, V(t->community), V(t->id), V(state), V(t->until.epoch), V(t->until.id), V(t->reached), V(t->seen),
	               V(t->matched), V(t->acted), V(t->where), V(t->limit), V(t->from.id));
	if (r <= 0)
		return t->gone = r == 0, r;               /* cancelled, or another worker's */
	for (size_t i = 0; r >= 0 && i < t->line_count; i++) {
		const struct made_line *l = &t->lines[i];
		r = tx_run(tx, &line_insert, V(t->community), V(tx_new_id(tx)), V(t->id), V(l->event), V(l->at), V(l->member),
			V(l->group), V(l->text),
		           V(l->said));
	}
	tx_announce(tx, t->community);
	return r;
}

struct failing { struct trial *t; int code; };

static int keep_failure(struct tx *tx, void *arg)
{
	struct failing *f = arg;
	return tx_run(tx, &test_ends, V(f->t->community), V(f->t->id), V(S("failed")), V(str_of(err_word(f->code))));
}

/* Trying again would not help. */
static int fail(const struct job_context *context, struct trial *t, int code)
{
	struct failing f = { t, code };
	int r = store_write(context->store, t->community, context->arena, keep_failure, &f);
	return r < 0 ? r : 0;
}

static int run_test(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct id test;
	(void)ret_why;
	if (!str_to_int(job->payload, &test.n))
		return E_INVALID;
	for (;;) {
		ARENA_SCOPED arena;
		arena_init(&arena, 64 << 20);
		struct trial t = { .features = context->features, .community = job->community, .id = test };
		int r = store_read(context->store, &arena, step, &t);
		if (r >= 0 && !t.gone)
			r = store_write(context->store, job->community, &arena, keep_step, &t);
		if (r < 0 || t.gone || t.over || t.full)
			return r >= 0 ? 0 : is_everybodys(r) ? r : fail(context, &t, r);
	}
}

static const struct job_kind jobs[] = {
	{ "automation_test", "Test an automation on past events", run_test },
	{ 0 },
};

/* ---- The test: API ----------------------------------------------------------------- */

static int drop_old(struct request *rq, struct id automation)
{
	struct rows rows;
	int r = tx_all(rq->tx, &tests_of, &rows, V(rq->community), V(automation));
	if (r < 0 || rows.count < TESTS_KEPT)
		return r < 0 ? r : 0;
	struct id oldest = ((const struct automation_test *)rows.at)[TESTS_KEPT - 2].id;
	r = tx_run(rq->tx, &tests_old, V(rq->community), V(automation), V(oldest));
	return r < 0 ? r : tx_run(rq->tx, &lines_old, V(rq->community));
}

static int post_test(struct request *rq, const void *in, void *out)
{
	const struct testing *q = in;
	struct automation a;
	struct event_place from;
	struct id id = tx_new_id(rq->tx);
	struct instant since = { tx_now(rq->tx).ms - q->days * DAY };
	struct str key = str_format(rq->arena, "%lld", (long long)id.n);
	int r = automation_get(rq->tx, rq->community, rq->path_id, &a);
	if (r < 0 || (r = drop_old(rq, a.id)) < 0 || (r = event_place_before(rq->tx, rq->community, since, &from)) < 0)
		return r;
	if ((r = tx_run(rq->tx, &test_insert, V(rq->community), V(id), V(a.id), V(a.version), V(q->days), V(since),
		V(tx_now(rq->tx)), V(from.epoch),
	                V(from.id), V(rq->account))) < 0 ||
	    (r = job_add(rq->tx, rq->community, &jobs[0], key, key, (struct instant){ 0 })) < 0 ||
	    (r = audit_note(rq, "automation_tested", a.id, a.name)) < 0)
		return r;
	return tx_one(rq->tx, &test_by_id, out, V(rq->community), V(id));
}

static int get_tests(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct automation a;
	(void)in;
	int r = automation_get(rq->tx, rq->community, rq->path_id, &a);
	if (r < 0 || (r = tx_all(rq->tx, &tests_of, &page->rows, V(rq->community), V(a.id))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

static int get_test(struct request *rq, const void *in, void *out)
{
	(void)in;
	return tx_one(rq->tx, &test_by_id, out, V(rq->community), V(rq->path_id));
}

static int get_lines(struct request *rq, const void *in, void *out)
{
	const struct line_query *q = in;
	struct page *page = out;
	struct automation_test test;
	int r = tx_one(rq->tx, &test_by_id, &test, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = tx_all(rq->tx, &lines_page, &page->rows, V(rq->community), V(rq->path_id), V(q->after))) < 0)
		return r;
	page->total = test.acted;
	page_end(rq, page, &row_automation_test_line, LINES_PAGE);
	return 0;
}

static int post_cancel(struct request *rq, const void *in, void *out)
{
	(void)in;
	int r = tx_run(rq->tx, &test_ends, V(rq->community), V(rq->path_id), V(S("cancelled")), V(S("")));
	return r < 0 ? r : tx_one(rq->tx, &test_by_id, out, V(rq->community), V(rq->path_id));
}

/* ---- What is kept about people ----------------------------------------------------------------- */

static QUERY(lines_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM automation_test_line WHERE community_id = ?1 AND member_id = ?2");

static const struct personal personal[] = { { "automation_test_line", .by = BY_MEMBER, .erases = { &lines_forget } }, { 0 } };

MEMBER_PLACE(automation_lines, "automation_test_line", "member_id", "CAST(id AS TEXT)", "");

static const struct member_place places[] = { { "automation_lines", &automation_lines_note, &automation_lines_move, NULL }, { 0 } };

/* ---- Declaration ----------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/automations/{id}/recent",      ROLE_READER,   get_recent,  NULL,           &row_recent, "Recent events its trigger tells of, for a dry run", OUT_PAGE },
	{ "POST", "/automations/{id}/try",         ROLE_READER,   post_try,    &row_supposed,  &row_dry, "What would happen to this event now; nothing does", .ready = ready_try },
	{ "GET",  "/automations/{id}/tests",       ROLE_READER,   get_tests,   NULL,           &row_automation_test, "Its last tests, newest first", OUT_PAGE },
	{ "POST", "/automations/{id}/tests",       ROLE_OPERATOR, post_test,   &row_testing,   &row_automation_test, "Test it on past events" },
	{ "GET",  "/automation-tests/{id}",        ROLE_READER,   get_test,    NULL,           &row_automation_test, "How far a test has come" },
	{ "GET",  "/automation-tests/{id}/lines",  ROLE_READER,   get_lines,   &row_line_query, &row_automation_test_line, "Whom it would have concerned, oldest first", OUT_PAGE },
	{ "POST", "/automation-tests/{id}/cancel", ROLE_OPERATOR, post_cancel, NULL,           &row_automation_test, "Stop a test; what it found stays" },
	{ 0 },
};

static const struct query *const queries[] = {
	&test_by_id, &tests_of, &test_insert, &test_moves, &test_ends, &line_insert, &lines_of_member, &lines_of_group, &lines_page, &tests_old,
	&lines_old, &lines_forget, &automation_lines_note, &automation_lines_move, NULL,
};

const struct feature feature_automation_test = {
	.name = "automation_test", .api = "automations", .routes = routes, .queries = queries, .jobs = jobs,
	.personal = personal, .places = places,
};
