/* seen.c: who opened a page of a campaign, and what happened in which hour.
 *
 * Story      The trend of a campaign: on Tuesday at eight the newsletter went out, four hundred opened the page within the
 *            hour, ninety took part, most on iPhones. Seven days later it is known how many of those who became members
 *            that Tuesday were still there.
 * How        The first look of a visitor leaves a row (campaign_seen). A follower adds the events up by hour, way and device
 *            (campaign_hour), each exactly once. A job looks once at the members each hour made, when they are seven days old.
 * Not here   Who has how many helps (tree.c).
 * Owns       campaign_seen, campaign_hour, campaign_kept.
 * Holds      The sums of seen equal the rows of campaign_seen. Who became a member at an instant has it in both rows: that of
 *            the participant and that of the member. "Still there" is a member's row that was not removed.
 * Test       tree_test.c.
 */
#include "campaign/campaign.h"
#include "engine/jobs/jobs.h"
#include "groups/visit.h"
#include "http/personal.h"

#define KEPT_DAYS 7
#define KEPT_LOOK HOUR
#define KEPT_MOST 200             /* hours looked at by one run of the job */

/* ---- Looking ---------------------------------------------------------------------------------------- */

static QUERY(seen_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO campaign_seen (community_id, campaign_id, visitor_id, participant_id, device, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT (community_id, campaign_id, visitor_id) DO NOTHING");

int campaign_seen(struct request *rq, struct id campaign, const struct participant *owner, bool opened)
{
	struct str device = device_of_request(rq);
	if (str_is(device, "bot"))
		return 0;
	int first = tx_run(rq->tx, &seen_put, V(rq->community), V(campaign), V(rq->visitor), V(owner->id), V(device), V(tx_now(rq->tx)));
	if (first < 0 || (!first && !opened))
		return first;
	return event_emit(rq->tx, rq->community, &campaign_events[CAMPAIGN_SEEN], &(struct event){
		.subject = campaign, .actor = rq->visitor, .object = { opened ? owner->id.n : 0 }, .via = owner->id, .n = first, .word = device });
}

/* ---- Following: events → hours -------------------------------------------------------------------------- */

struct campaign_bucket {
	struct id  campaign;
	int64_t    hour;
	struct str way, device;
	int64_t    seen, opened, joined, made, helped, lost, claimed;
};

static QUERY(campaign_hour_add, WRITES, NULL,
	TAKES(K_ID, K_ID, K_INT, K_STR, K_STR, K_INT, K_INT, K_INT, K_INT, K_INT, K_INT, K_INT),
	"INSERT INTO campaign_hour (community_id, campaign_id, hour, way, device, seen, opened, joined, made, helped, lost, claimed)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (community_id, campaign_id, hour, way, device) DO UPDATE"
	" SET seen = campaign_hour.seen + excluded.seen, opened = campaign_hour.opened + excluded.opened,"
	" joined = campaign_hour.joined + excluded.joined, made = campaign_hour.made + excluded.made,"
	" helped = campaign_hour.helped + excluded.helped, lost = campaign_hour.lost + excluded.lost,"
	" claimed = campaign_hour.claimed + excluded.claimed");

static struct campaign_bucket bucket_of(const struct event *e)
{
	struct campaign_bucket b = { .campaign = e->subject, .hour = e->at.ms - e->at.ms % HOUR, .way = S(""), .device = S("") };
	bool seen = str_is(e->kind, "campaign_seen"), joined = str_is(e->kind, "campaign_joined");
	if (seen || joined) {
		b.way = e->via.n ? S("friend") : S("link");
		b.device = e->word;
	}
	b.seen = seen ? e->n : 0, b.opened = seen && e->object.n;
	b.joined = joined, b.made = joined ? e->n : 0;
	b.helped = str_is(e->kind, "campaign_helped");
	b.lost = str_among(e->kind, "campaign_help_refused campaign_deducted");
	b.claimed = str_is(e->kind, "campaign_claimed");
	return b;
}

static int compare_buckets(const void *left, const void *right)
{
	const struct campaign_bucket *a = left, *b = right;
	if (a->campaign.n != b->campaign.n)
		return a->campaign.n < b->campaign.n ? -1 : 1;
	if (a->hour != b->hour)
		return a->hour < b->hour ? -1 : 1;
	int way = str_compare(a->way, b->way);
	return way ? way : str_compare(a->device, b->device);
}

/* Neighbours that are alike become one; how many are left? */
static size_t merge(struct campaign_bucket *buckets, size_t count)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		struct campaign_bucket *last = &buckets[n - (n > 0)], *b = &buckets[i];
		if (n == 0 || compare_buckets(last, b) != 0) {
			buckets[n++] = *b;
			continue;
		}
		last->seen += b->seen, last->opened += b->opened, last->joined += b->joined, last->made += b->made;
		last->helped += b->helped, last->lost += b->lost, last->claimed += b->claimed;
	}
	return n;
}

static int apply_hours(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	struct campaign_bucket *b = arena_take_array(tx_arena(tx), count, sizeof *b);
	if (!b)
		return E_MEMORY;
	for (size_t i = 0; i < count; i++)
		b[i] = bucket_of(&events[i]);
	count = merge(b, count);                      /* most of a rush is alike: less to sort */
	qsort(b, count, sizeof *b, compare_buckets);
	count = merge(b, count);
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = tx_run(tx, &campaign_hour_add, V(community), V(b[i].campaign), V(b[i].hour), V(b[i].way), V(b[i].device), V(b[i].seen),
		           V(b[i].opened), V(b[i].joined), V(b[i].made), V(b[i].helped), V(b[i].lost), V(b[i].claimed));
	return r < 0 ? r : 0;
}

static const struct follower followers[] = {
	{ "campaign_hours", "campaign_seen campaign_joined campaign_helped campaign_help_refused campaign_deducted campaign_claimed",
	  apply_hours, .sums = true },
	{ 0 },
};

/* ---- Seven days later ------------------------------------------------------------------------------------- */

struct cohort { struct id community_id, campaign_id; int64_t hour, made; };

ROW(cohort,
	FIELD(cohort, community_id, "Community"),
	FIELD(cohort, campaign_id,  "Campaign"),
	FIELD(cohort, hour,         "Begin of the hour"),
	FIELD(cohort, made,         "Members made in it"));

static QUERY(cohorts_due, READS, &row_cohort, TAKES(K_INT, K_INT),
	"SELECT h.community_id, h.campaign_id, h.hour, CAST(sum(h.made) AS BIGINT) AS made FROM campaign_hour h"
	" WHERE h.hour <= ?1 AND h.made > 0 AND NOT EXISTS (SELECT 1 FROM campaign_kept k WHERE k.community_id = h.community_id"
	"  AND k.campaign_id = h.campaign_id AND k.hour = h.hour) GROUP BY h.community_id, h.campaign_id, h.hour LIMIT ?2", .scans = true);

static QUERY(cohort_kept, READS, &row_id_item, TAKES(K_ID, K_ID, K_INSTANT, K_INSTANT),
	"SELECT count(*) AS item FROM member m WHERE m.community_id = ?1 AND m.joined_at >= ?3 AND m.joined_at < ?4"
	" AND EXISTS (SELECT 1 FROM identity i JOIN participant p ON p.community_id = i.community_id AND p.campaign_id = ?2"
	"  AND p.visitor_id = CAST(i.subject AS BIGINT) WHERE i.community_id = m.community_id AND i.member_id = m.id"
	"  AND i.channel = 'browser' AND p.joined_at = m.joined_at)");

static QUERY(cohort_put, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INT, K_INT),
	"INSERT INTO campaign_kept (community_id, campaign_id, hour, made, kept) VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT (community_id, campaign_id, hour) DO NOTHING");

static int list_due(struct tx *tx, void *arg)
{
	return tx_all(tx, &cohorts_due, arg, V(tx_now(tx).ms - KEPT_DAYS * DAY - HOUR), V((int64_t)KEPT_MOST));
}

struct looking { const struct cohort *cohort; struct id_item kept; };

static int look_at_cohort(struct tx *tx, void *arg)
{
	struct looking *l = arg;
	struct instant from = { l->cohort->hour }, until = { l->cohort->hour + HOUR };
	return tx_one(tx, &cohort_kept, &l->kept, V(l->cohort->community_id), V(l->cohort->campaign_id), V(from), V(until));
}

static int put_cohort(struct tx *tx, void *arg)
{
	const struct looking *l = arg;
	const struct cohort *c = l->cohort;
	int64_t kept = l->kept.item.n < c->made ? l->kept.item.n : c->made;
	int r = tx_run(tx, &cohort_put, V(c->community_id), V(c->campaign_id), V(c->hour), V(c->made), V(kept));
	return r < 0 ? r : 0;
}

static int run_kept(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct rows rows = { 0 };
	(void)job;
	int r = store_read(jc->store, jc->arena, list_due, &rows);
	const struct cohort *cohorts = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		struct looking l = { .cohort = &cohorts[i] };
		if ((r = store_read(jc->store, jc->arena, look_at_cohort, &l)) >= 0)
			r = store_write(jc->store, cohorts[i].community_id, jc->arena, put_cohort, &l);
	}
	if (r < 0)
		*ret_why = S("the store did not answer");
	return r < 0 ? r : 0;
}

static const struct job_kind jobs[] = {
	{ "campaign_kept", "Counts who is still a member seven days after a campaign made them one", run_kept, .every_ms = KEPT_LOOK },
	{ 0 },
};

/* ---- What is kept about people ----------------------------------------------------------------------------- */

struct seen_own { struct str campaign, device; struct instant at; };

ROW(seen_own,
	FIELD(seen_own, campaign, "Campaign"),
	FIELD(seen_own, device,   "Kind of device"),
	FIELD(seen_own, at,       "When"));

static QUERY(seen_show, READS, &row_seen_own, TAKES(K_ID, K_ID),
	"SELECT c.name AS campaign, s.device, s.at FROM campaign_seen s JOIN campaign c ON c.community_id = s.community_id"
	" AND c.id = s.campaign_id WHERE s.community_id = ?1 AND s.visitor_id = ?2 AND s.campaign_id > 0 ORDER BY s.campaign_id LIMIT 200");

static QUERY(seen_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE campaign_seen SET visitor_id = ?3, device = '' WHERE community_id = ?1 AND visitor_id = ?2 AND campaign_id > 0");

static QUERY(seen_idle, READS, &row_id_item, TAKES(K_ID, K_INSTANT, K_INT),
	"SELECT DISTINCT s.visitor_id AS item FROM campaign_seen s WHERE s.community_id = ?1 AND s.at < ?2 AND s.visitor_id > 0"
	" AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.community_id = s.community_id AND i.channel = 'browser'"
	"  AND i.subject = CAST(s.visitor_id AS TEXT)) ORDER BY s.visitor_id LIMIT ?3", .scans = true);

static const struct personal personal[] = {
	{ "campaign_seen", "你看过的活动", "Campaigns you looked at", "活动 设备 时间", BY_VISITOR, &seen_show, .erases = { &seen_forget },
	  .idle = &seen_idle },
	{ 0 },
};

/* ---- Declaration ------------------------------------------------------------------------------------------- */

static const struct query *const queries[] = {
	&seen_put, &campaign_hour_add, &cohorts_due, &cohort_kept, &cohort_put, &seen_show, &seen_forget, &seen_idle, NULL,
};

const struct feature feature_campaign_seen = {
	.name = "campaign_seen", .queries = queries, .followers = followers, .jobs = jobs, .personal = personal,
};
