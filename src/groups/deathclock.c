/* deathclock.c: warns before a target fills or expires.
 *
 * Story      「会员 9 群」has 14 places left and takes in 2.3 an hour: at three in the afternoon the operator reads that it
 *            will be full by nine, with a button to add a group. 48, 24 and 2 hours before a QR dies, its owner is told.
 *            If nothing is left to take over, the warning is late, not due: the next scan ends in the waiting list.
 * How        A job looks at every running code each five minutes, predicts from the hourly sums (choose.h), and raises one
 *            alert per target and threshold, and per group and threshold for a QR, however many codes show it; what is
 *            no longer true is settled. A date's key names the date: the QR of next week is warned of anew. A prediction
 *            sways, so its warning is settled only when there is plenty of time again.
 * Not here   Sending mail and webhooks (alert.c).
 * Holds      The same warning is made once. A code whose last open target dies is `late`.
 * Test       choose_test.c (the rule), deathclock_test.c.
 */
#include "engine/jobs/jobs.h"
#include "groups/alert.h"
#include "groups/group.h"
#include "groups/livecode.h"

#define LOOK_EVERY   (5 * MINUTE)
#define LOOKS_BACK_H 24
#define PLENTY       (72 * HOUR)

/* ---- Rows ------------------------------------------------------------------------------------- */

struct clock {
	struct id      id;
	struct str     title, state;
	int64_t        left, per_day;
	struct instant fills_at, dies_at;
	struct str     why;
};

ROW(clock,
	FIELD(clock, id,       "Target"),
	FIELD(clock, title,    "Its name"),
	FIELD(clock, state,    "Now", .one_of = "waiting filling full expired stopped empty"),
	FIELD(clock, left,     "Places left; -1: not limited"),
	FIELD(clock, per_day,  "Visitors a day at the present speed"),
	FIELD(clock, fills_at, "When it fills at this speed; empty: not within 60 days", .optional = true),
	FIELD(clock, dies_at,  "When it stops being shown, for whatever reason", .optional = true),
	FIELD(clock, why,      "The reason", .one_of = "fills picture_expires expires none"));

struct shown_hour { struct id child_id; struct instant hour; int64_t shown; };

ROW(shown_hour,
	FIELD(shown_hour, child_id, "Target"),
	FIELD(shown_hour, hour,     "Begin of the hour"),
	FIELD(shown_hour, shown,    "Visitors it was shown to"));

static QUERY(shown_by_hour, READS, &row_shown_hour, TAKES(K_ID, K_ID, K_INSTANT),
	"SELECT child_id, hour, CAST(sum(shown) AS BIGINT) AS shown FROM livecode_hour"
	" WHERE community_id = ?1 AND code_id = ?2 AND hour >= ?3 GROUP BY child_id, hour LIMIT 2000");

static QUERY(running_codes, READS, &row_id_item, TAKES(K_ID),
	"SELECT id AS item FROM livecode WHERE community_id = ?1 AND state = 'running'");

/* ---- Rules: no store, no clock ------------------------------------------------------------------ */

/* 48, 24 or 2 hours: the narrowest that has been reached; 0: not yet. */
static int threshold(struct instant dies, struct instant now)
{
	int64_t left = dies.ms - now.ms;
	return !dies.ms ? 0 : left <= 2 * HOUR ? 2 : left <= 24 * HOUR ? 24 : left <= 48 * HOUR ? 48 : 0;
}

static void earlier(struct clock *c, struct instant at, const char *why)
{
	if (at.ms && (!c->dies_at.ms || at.ms < c->dies_at.ms))
		c->dies_at = at, c->why = str_of(why);
}

static struct clock clock_of(const struct child *child, const struct plan *plan, struct rows shown, struct instant now)
{
	int64_t hours[LOOKS_BACK_H] = { 0 };
	const struct shown_hour *h = shown.at;
	int64_t first = now.ms - now.ms % HOUR - (LOOKS_BACK_H - 1) * HOUR;
	for (size_t i = 0; i < shown.count; i++)
		if (h[i].child_id.n == child->id.n && h[i].hour.ms >= first && h[i].hour.ms < first + LOOKS_BACK_H * HOUR)
			hours[(h[i].hour.ms - first) / HOUR] += h[i].shown;
	enum child_state state = child_state(child, plan, now);
	struct clock c = { .id = child->id, .title = child->title, .left = -1, .why = S("none"), .state = str_of(child_state_word(state)) };
	if (child->cap)
		c.left = child->cap > child->shown ? child->cap - child->shown : 0;
	if (child->member_limit && child->members) {
		int64_t seats = child->member_limit > child->members ? child->member_limit - child->members : 0;
		c.left = c.left < 0 || seats < c.left ? seats : c.left;
	}
	if (c.left >= 0 && (state == CHILD_FILLING || state == CHILD_WAITING))
		c.fills_at = fill_predicted(hours, LOOKS_BACK_H, c.left, now, &c.per_day);
	earlier(&c, c.fills_at, "fills");
	earlier(&c, child->picture_expires_at, "picture_expires");
	earlier(&c, child->expires_at, "expires");
	return c;
}

/* ---- Looking ------------------------------------------------------------------------------------------ */

struct look { struct id community, code; struct livecode settings; struct plan plan; struct clock *clocks; };

static int look_at(struct tx *tx, struct look *look)
{
	struct community community;
	struct rows shown;
	struct instant now = tx_now(tx);
	int r = community_get(tx, look->community, &community);
	if (r < 0 || (r = livecode_get(tx, look->community, look->code, &look->settings)) < 0 ||
	    (r = plan_load(tx, &community, &look->settings, &look->plan)) < 0 ||
	    (r = tx_all(tx, &shown_by_hour, &shown, V(look->community), V(look->code),
	                V((struct instant){ now.ms - LOOKS_BACK_H * HOUR }))) < 0)
		return r;
	look->clocks = arena_take_array(tx_arena(tx), look->plan.count + 1, sizeof *look->clocks);
	if (!look->clocks)
		return E_MEMORY;
	for (size_t i = 0; i < look->plan.count; i++)
		look->clocks[i] = clock_of(&look->plan.children[i], &look->plan, shown, now);
	return 0;
}

/* What may still open or is open; 0 means the next visitor meets the waiting list. */
static size_t alive(const struct look *look)
{
	size_t n = 0;
	for (size_t i = 0; i < look->plan.count; i++)
		n += str_among(look->clocks[i].state, "filling waiting");
	return n;
}

/* Of one target: it fills, or it expires. `date` tells a later date from the one that was warned of; 0: a prediction. */
static int warn_target(struct tx *tx, const struct look *look, size_t i, const char *kind, struct instant dies, int64_t date)
{
	const struct clock *c = &look->clocks[i];
	struct str name = str_format(tx_arena(tx), "clock %lld %lld %s ", (long long)look->code.n, (long long)c->id.n, kind);
	int hours = threshold(dies, tx_now(tx));
	bool plenty = !dies.ms || dies.ms > tx_now(tx).ms + PLENTY;
	if ((date ? !hours : plenty) || str_is(c->state, "stopped"))
		return alert_settle(tx, look->community, name);     /* a larger cap, a later date: the reason is gone */
	if (!hours || !str_among(c->state, "filling waiting"))
		return 0;
	return alert_raise(tx, look->community, &(struct alert){
		.key = str_format(tx_arena(tx), "%.*s%lld %d", STR(name), (long long)date, hours), .kind = str_of(kind),
		.level = alive(look) == 1 || hours == 2 ? S("late") : S("due"), .subject = look->code, .object = c->id,
		.title = look->settings.title, .more = c->title, .n = c->left, .per_day = c->per_day, .due = dies,
	});
}

/* Of a group's QR: once for all the codes that show it. */
static int warn_group(struct tx *tx, const struct look *look, size_t i)
{
	const struct child *child = &look->plan.children[i];
	struct str name = str_format(tx_arena(tx), "qr %lld ", (long long)child->group.n);
	struct group_brief group;
	int hours = threshold(child->picture_expires_at, tx_now(tx));
	if (!hours)                                   /* a new picture */
		return alert_settle(tx, look->community, name);
	if (!str_among(look->clocks[i].state, "filling waiting"))
		return 0;
	int r = group_get_brief(tx, look->community, child->group, &group);
	if (r < 0)
		return r;
	return alert_raise(tx, look->community, &(struct alert){
		.key = str_format(tx_arena(tx), "%.*s%lld %d", STR(name), (long long)child->picture_expires_at.ms, hours),
		.kind = S("qr_expires"), .level = alive(look) == 1 || hours == 2 ? S("late") : S("due"), .subject = child->group,
		.title = group.name, .more = look->settings.title, .n = look->clocks[i].left, .due = child->picture_expires_at,
	});
}

static int warn_child(struct tx *tx, const struct look *look, size_t i)
{
	const struct child *child = &look->plan.children[i];
	int r = warn_target(tx, look, i, "child_fills", look->clocks[i].fills_at, 0);
	if (r >= 0)
		r = warn_target(tx, look, i, "child_expires", child->expires_at, child->expires_at.ms);
	return r < 0 || !child->group.n ? r : warn_group(tx, look, i);
}

static int warn_all(struct tx *tx, const struct look *look)
{
	struct str dry = str_format(tx_arena(tx), "dry %lld ", (long long)look->code.n);
	int r = 0;
	for (size_t i = 0; i < look->plan.count && r >= 0; i++)
		r = warn_child(tx, look, i);
	if (r < 0)
		return r;
	if (alive(look))
		return alert_settle(tx, look->community, dry);
	return alert_raise(tx, look->community, &(struct alert){
		.key = dry, .kind = S("code_dry"), .level = S("late"), .subject = look->code, .title = look->settings.title,
		.due = tx_now(tx),
	});
}

static int look_action(struct tx *tx, void *arg)
{
	struct look look = { .community = ((struct look *)arg)->community, .code = ((struct look *)arg)->code };
	int r = look_at(tx, &look);
	return r < 0 ? r : warn_all(tx, &look);
}

/* ---- The job: a transaction a code, so that no look holds up the scans ---------------------------------- */

struct todo { struct id community; struct rows codes; };

static int list_action(struct tx *tx, void *arg)
{
	return community_list(tx, arg);
}

static int codes_action(struct tx *tx, void *arg)
{
	struct todo *todo = arg;
	return tx_all(tx, &running_codes, &todo->codes, V(todo->community));
}

static int look_at_community(const struct job_context *c, struct id community)
{
	struct todo todo = { .community = community };
	int r = store_read(c->store, c->arena, codes_action, &todo);
	const struct id_item *codes = todo.codes.at;
	for (size_t i = 0; r >= 0 && i < todo.codes.count; i++) {
		ARENA_SCOPED arena;
		arena_init(&arena, 8 << 20);
		struct look look = { .community = community, .code = codes[i].item };
		r = store_write(c->store, community, &arena, look_action, &look);
	}
	return r;
}

static int run(const struct job_context *c, const struct job *job, struct str *ret_why)
{
	struct rows communities;
	(void)job, (void)ret_why;
	int r = store_read(c->store, c->arena, list_action, &communities);
	const struct id_item *list = communities.at;
	for (size_t i = 0; r >= 0 && i < communities.count; i++)
		r = look_at_community(c, list[i].item);
	return r < 0 ? r : 0;
}

static const struct job_kind jobs[] = {
	{ "death_clock", "Warns before targets of live codes fill or expire", run, .every_ms = LOOK_EVERY },
	{ 0 },
};

/* ---- API --------------------------------------------------------------------------------------------------- */

static int get_clock(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct look look = { .community = rq->community, .code = rq->path_id };
	(void)in;
	int r = look_at(rq->tx, &look);
	if (r < 0)
		return r;
	size_t count = 0;
	for (size_t i = 0; i < look.plan.count; i++) {
		struct id group = look.plan.children[i].group;
		r = group.n ? staff_sees_group(rq->tx, rq->community, rq->only, group) : 0;
		if (r == 0)
			look.clocks[count++] = look.clocks[i];
		else if (r != E_NOT_FOUND)
			return r;
	}
	*page = (struct page){ { look.clocks, count }, (int64_t)count, S("") };
	return 0;
}

/* ---- Declaration ---------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/livecodes/{id}/clock", ROLE_READER, get_clock, NULL, &row_clock, "When each target fills or dies", OUT_PAGE, .sees = code_sees },
	{ 0 },
};

static const struct query *const queries[] = { &shown_by_hour, &running_codes, NULL };

const struct feature feature_deathclock = { .name = "deathclock", .api = "codes", .routes = routes, .queries = queries, .jobs = jobs };
