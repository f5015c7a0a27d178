/* funnel.c: 进群宝: from a poster through the live code and its gate into the group, and what is given then.
 *
 * Story      The poster says "join, and get the winter guide". A visitor opens the campaign's page, taps, passes the gate of the
 *            live code, joins the group and says so. Ten minutes later, when the greeting has been read, the guide lies on
 *            the campaign's page. The operator sees where people are lost: 400 came, 310 opened the code, 180 passed the gate …
 * How        The page remembers who came; a follower of the live code's events notes how far they got, and a job gives what
 *            is due: a stage for "friends" whose only prize needs no answer (link, code, points) comes by itself, any
 *            other waits for its button (prize.c).
 * Owns       arrival.
 * Holds      Given once to a visitor; nothing before its time. Who joined without having seen the page gets theirs all the
 *            same, and is counted in each step. When nothing is left the page says so, and nobody waits in vain.
 * Not here   The live code and its gates (groups/), helps: nobody has to bring anybody.
 * Test       kinds_test.c: random steps in any order against a model.
 */
#include "campaign/campaign.h"

#include "engine/jobs/jobs.h"
#include "groups/livecode.h"
#include "http/personal.h"
#include "people/member.h"

#define RUNNING_MOST 100          /* funnels of one live code */

ROW_PUBLIC(arrival,
	FIELD(arrival, state,      "Where they stand", .one_of = "coming joined given gone"),
	FIELD(arrival, seen_at,    "Opened the campaign's page", .optional = true),
	FIELD(arrival, scanned_at, "Opened the live code", .optional = true),
	FIELD(arrival, shown_at,   "Passed the gate", .optional = true),
	FIELD(arrival, joined_at,  "Joined", .optional = true),
	FIELD(arrival, due_at,     "When what is given comes", .optional = true),
	FIELD(arrival, given_at,   "Given", .optional = true),
	FIELD(arrival, opened_at,  "Opened it", .optional = true));

struct funnel_steps { int64_t seen, scanned, shown, joined, given, opened, gone; };

ROW(funnel_steps,
	FIELD(funnel_steps, seen,    "Opened the campaign's page"),
	FIELD(funnel_steps, scanned, "Opened the live code"),
	FIELD(funnel_steps, shown,   "Passed the gate and saw a group"),
	FIELD(funnel_steps, joined,  "Said that they joined"),
	FIELD(funnel_steps, given,   "Were given what was promised"),
	FIELD(funnel_steps, opened,  "Opened it"),
	FIELD(funnel_steps, gone,    "Came when nothing was left"));

/* ---- Actions: steps ------------------------------------------------------------------------------------ */

#define OF_VISITOR " WHERE community_id = ?1 AND campaign_id = ?2 AND visitor_id = ?3"

static QUERY(arrival_by_visitor, READS, &row_arrival, TAKES(K_ID, K_ID, K_ID),
	"SELECT state, seen_at, scanned_at, shown_at, joined_at, due_at, given_at, opened_at FROM arrival" OF_VISITOR);

static QUERY(arrival_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"INSERT INTO arrival (community_id, campaign_id, visitor_id, state, seen_at, scanned_at, shown_at, joined_at, due_at, given_at,"
	" opened_at) VALUES (?1, ?2, ?3, 'coming', ?4, 0, 0, 0, 0, 0, 0) ON CONFLICT (community_id, campaign_id, visitor_id) DO NOTHING");

static QUERY(arrival_scanned, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"UPDATE arrival SET scanned_at = ?4" OF_VISITOR " AND scanned_at = 0");

static QUERY(arrival_shown, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"UPDATE arrival SET shown_at = ?4, scanned_at = CASE WHEN scanned_at = 0 THEN ?4 ELSE scanned_at END" OF_VISITOR " AND shown_at = 0");

static QUERY(arrival_joined, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT, K_INSTANT),
	"UPDATE arrival SET state = 'joined', joined_at = ?4, due_at = ?5,"
	" scanned_at = CASE WHEN scanned_at = 0 THEN ?4 ELSE scanned_at END, shown_at = CASE WHEN shown_at = 0 THEN ?4 ELSE shown_at END"
	OF_VISITOR " AND joined_at = 0");

static QUERY(arrival_given, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_INSTANT),
	"UPDATE arrival SET state = ?4, given_at = ?5" OF_VISITOR " AND state <> 'given'");

static QUERY(arrival_opened, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"UPDATE arrival SET opened_at = ?4" OF_VISITOR " AND given_at > 0 AND opened_at = 0");

/* As object, too: their own page watches them (beside.c, get_live). */
static int say_arrived(struct tx *tx, struct id community, struct id campaign, struct id visitor, const char *word)
{
	return event_emit(tx, community, &campaign_events[CAMPAIGN_ARRIVED], &(struct event){
		.subject = campaign, .object = visitor, .actor = visitor, .word = str_of(word) });
}

int arrival_of(struct tx *tx, struct id community, struct id campaign, struct id visitor, struct arrival *ret)
{
	return tx_one(tx, &arrival_by_visitor, ret, V(community), V(campaign), V(visitor));
}

int arrival_see(struct request *rq, const struct campaign *c)
{
	int r = tx_run(rq->tx, &arrival_insert, V(rq->community), V(c->id), V(rq->visitor), V(tx_now(rq->tx)));
	return r <= 0 ? r : say_arrived(rq->tx, rq->community, c->id, rq->visitor, "coming");
}

int arrival_open(struct request *rq, const struct campaign *c)
{
	return tx_run(rq->tx, &arrival_opened, V(rq->community), V(c->id), V(rq->visitor), V(tx_now(rq->tx)));
}

/* ---- Giving what is due -------------------------------------------------------------------------------------- */

static int run_give(const struct job_context *, const struct job *, struct str *ret_why);

static const struct job_kind jobs[] = {
	{ "funnel_give", "Gives what is due to who joined through a funnel", run_give },
	{ 0 },
};

struct due { struct id community, campaign, visitor; };

/* The one prize of a stage that needs no answer; NULL: there is a choice to make, or an address to leave. */
static const struct prize *gives_itself(const struct stage *s)
{
	const struct prize *p = s->prizes.at;
	return str_is(s->whom, "friends") && s->prizes.count == 1 && str_among(p->kind, "link code points chances") ? p : NULL;
}

static int give(struct tx *tx, void *arg)
{
	const struct due *d = arg;
	struct request rq = { .tx = tx, .arena = tx_arena(tx), .community = d->community, .visitor = d->visitor };
	struct arrival a;
	struct campaign c;
	struct participant p;
	struct prize_order order;
	int r = arrival_of(tx, d->community, d->campaign, d->visitor, &a);
	if (r < 0 || !str_is(a.state, "joined") || a.due_at.ms > tx_now(tx).ms)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = campaign_get(tx, d->community, d->campaign, &c)) < 0 || (r = participant_come(&rq, &c, &p)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	const struct stage *stages = c.stages.at;
	for (size_t i = 0; r >= 0 && i < c.stages.count; i++) {
		const struct prize *prize = gives_itself(&stages[i]);
		if (prize)
			r = prize_claim(&rq, &c, &p, &(struct claim){ .stage = stages[i].id, .prize = prize->id }, &order);
	}
	if (r < 0 || (r = tx_run(tx, &arrival_given, V(d->community), V(d->campaign), V(d->visitor), V(S("given")), V(tx_now(tx)))) < 0)
		return r;
	return say_arrived(tx, d->community, d->campaign, d->visitor, "given");
}

static int none_left(struct tx *tx, void *arg)
{
	const struct due *d = arg;
	struct instant never = { 0 };
	int r = tx_run(tx, &arrival_given, V(d->community), V(d->campaign), V(d->visitor), V(S("gone")), V(never));
	return r < 0 ? r : say_arrived(tx, d->community, d->campaign, d->visitor, "gone");
}

static int run_give(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct str rest = job->key;
	int64_t campaign, visitor;
	if (!str_to_int(str_cut(&rest, ' '), &campaign) || !str_to_int(rest, &visitor))
		return 0;
	struct due d = { job->community, { campaign }, { visitor } };
	int r = store_write(jc->store, job->community, jc->arena, give, &d);
	if (r == E_PRIZE_GONE || r == E_LOTTERY_OVER)
		r = store_write(jc->store, job->community, jc->arena, none_left, &d);
	if (r == E_CAMPAIGN_CLOSED || r == E_NOT_FOR_YOU)
		r = 0;                            /* the time for claims is over */
	if (r < 0)
		*ret_why = S("the store did not answer");
	return r < 0 ? r : 0;
}

/* ---- Following the live code ------------------------------------------------------------------------------------ */

struct funnel_of { struct id id; int64_t wait_minutes; };

ROW(funnel_of,
	FIELD(funnel_of, id,           "Campaign"),
	FIELD(funnel_of, wait_minutes, "What is given comes so much after joining"));

static QUERY(funnels_of_code, READS, &row_funnel_of, TAKES(K_ID, K_ID, K_INSTANT, K_INT),
	"SELECT id, wait_minutes FROM campaign WHERE community_id = ?1 AND code_id = ?2 AND kind = 'funnel' AND state = 'running'"
	" AND starts_at <= ?3 AND ends_at > ?3 ORDER BY id LIMIT ?4");

static int joined(struct tx *tx, struct id community, const struct funnel_of *f, const struct event *e)
{
	struct instant due = { e->at.ms + f->wait_minutes * MINUTE };
	int r = tx_run(tx, &arrival_insert, V(community), V(f->id), V(e->actor), V(e->at));
	if (r < 0 || (r = tx_run(tx, &arrival_joined, V(community), V(f->id), V(e->actor), V(e->at), V(due))) <= 0)
		return r;
	struct str key = str_format(tx_arena(tx), "%lld %lld", (long long)f->id.n, (long long)e->actor.n);
	if ((r = job_add(tx, community, &jobs[0], key, S(""), due)) < 0)
		return r;
	return say_arrived(tx, community, f->id, e->actor, "joined");
}

static int step(struct tx *tx, struct id community, const struct funnel_of *f, const struct event *e)
{
	if (str_is(e->kind, "livecode_joined"))
		return joined(tx, community, f, e);
	const struct query *how = e->object.n ? &arrival_shown : &arrival_scanned;      /* object: the target they were shown */
	return tx_run(tx, how, V(community), V(f->id), V(e->actor), V(e->at));
}

/* They come by subject: what is asked of a live code is asked once. */
static int apply_steps(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	struct rows funnels = { 0 };
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++) {
		if (i == 0 || events[i].subject.n != events[i - 1].subject.n)
			r = tx_all(tx, &funnels_of_code, &funnels, V(community), V(events[i].subject), V(events[i].at), V((int64_t)RUNNING_MOST));
		for (size_t k = 0; r >= 0 && k < funnels.count; k++)
			r = step(tx, community, (const struct funnel_of *)funnels.at + k, &events[i]);
	}
	return r < 0 ? r : 0;
}

static const struct follower followers[] = {
	{ "funnel_steps", "livecode_scanned livecode_shown livecode_joined", apply_steps, .sums = true },
	{ 0 },
};

/* ---- API ------------------------------------------------------------------------------------------------------------ */

static QUERY(funnel_count, READS, &row_funnel_steps, TAKES(K_ID, K_ID),
	"SELECT count(*) AS seen, COALESCE(sum(CASE WHEN scanned_at > 0 THEN 1 ELSE 0 END), 0) AS scanned,"
	" COALESCE(sum(CASE WHEN shown_at > 0 THEN 1 ELSE 0 END), 0) AS shown,"
	" COALESCE(sum(CASE WHEN joined_at > 0 THEN 1 ELSE 0 END), 0) AS joined,"
	" COALESCE(sum(CASE WHEN given_at > 0 THEN 1 ELSE 0 END), 0) AS given,"
	" COALESCE(sum(CASE WHEN opened_at > 0 THEN 1 ELSE 0 END), 0) AS opened,"
	" COALESCE(sum(CASE WHEN state = 'gone' THEN 1 ELSE 0 END), 0) AS gone FROM arrival WHERE community_id = ?1 AND campaign_id = ?2");

static int get_steps(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	(void)in;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	return r < 0 ? r : tx_one(rq->tx, &funnel_count, out, V(rq->community), V(c.id));
}

/* ---- What is kept about people ---------------------------------------------------------------------------------------- */

struct arrival_own { struct str campaign, state; struct instant seen_at, joined_at; };

ROW(arrival_own,
	FIELD(arrival_own, campaign,  "Campaign"),
	FIELD(arrival_own, state,     "How far you came"),
	FIELD(arrival_own, seen_at,   "Opened", .optional = true),
	FIELD(arrival_own, joined_at, "Joined", .optional = true));

static QUERY(arrivals_show, READS, &row_arrival_own, TAKES(K_ID, K_ID),
	"SELECT c.name AS campaign, a.state, a.seen_at, a.joined_at FROM arrival a JOIN campaign c ON c.community_id = a.community_id"
	" AND c.id = a.campaign_id WHERE a.community_id = ?1 AND a.visitor_id = ?2 ORDER BY a.campaign_id LIMIT 200");

static QUERY(arrivals_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE arrival SET visitor_id = ?3 WHERE community_id = ?1 AND visitor_id = ?2");

static QUERY(arrivals_idle, READS, &row_id_item, TAKES(K_ID, K_INSTANT, K_INT),
	"SELECT DISTINCT a.visitor_id AS item FROM arrival a WHERE a.community_id = ?1 AND a.seen_at < ?2 AND a.visitor_id > 0"
	" AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.community_id = a.community_id AND i.channel = 'browser'"
	"  AND i.subject = CAST(a.visitor_id AS TEXT)) ORDER BY a.visitor_id LIMIT ?3", .scans = true);

static const struct personal personal[] = {
	{ "arrival", "你打开过的进群领取活动，和走到了哪一步", "Campaigns that give something for joining, and how far you came", "活动 进度 打开 进群", BY_VISITOR,
	  &arrivals_show, .erases = { &arrivals_forget }, .idle = &arrivals_idle },
	{ 0 },
};

/* ---- Declaration ---------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/campaigns/{id}/steps", ROLE_READER, get_steps, NULL, &row_funnel_steps, "Of kind funnel: how many came how far" },
	{ 0 },
};

static const struct query *const queries[] = {
	&arrival_by_visitor, &arrival_insert, &arrival_scanned, &arrival_shown, &arrival_joined, &arrival_given, &arrival_opened,
	&funnels_of_code, &funnel_count, &arrivals_show, &arrivals_forget, &arrivals_idle, NULL,
};

const struct feature feature_funnel = {
	.name = "funnel", .api = "campaigns", .routes = routes, .queries = queries, .followers = followers, .jobs = jobs, .personal = personal,
};
