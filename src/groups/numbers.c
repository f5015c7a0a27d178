/* numbers.c: how many scanned, saw and joined; where from, when, on what; and the facts behind each figure.
 *
 * Story      The operator opens the code on Monday: 412 scans, 380 visitors, 301 shown, 184 joined; the front desk converts
 *            twice as well as the poster. A click on any figure lists the visitors it is made of.
 * How        A follower adds the events up by hour, source, target and device (livecode_hour), and by target alone
 *            (livecode_fill.shown). It also lists each code's visitors (livecode_seen): their own rows lie in the order
 *            of their coming, so that a scan writes them cheaply. Events are applied exactly once, so all this is
 *            provable: `quntu check` compares it with the visitors' rows, and with the places taken.
 * Not here   Members' activity and retention (insight).
 * Owns       livecode_hour, livecode_seen; what livecode_fill says of targets shown.
 * Test       numbers_test.c.
 */
#include "groups/livecode.h"
#include "people/member.h"

#define DAYS_MAX       92         /* 2,208 hours, and one more when clocks are turned back */

/* ---- Following: events → hours ------------------------------------------------------------------ */

struct bucket { struct id code, link, child; int64_t hour, scans, visitors, shown, joined; struct str device; };

static QUERY(hour_add, WRITES, NULL,
	TAKES(K_ID, K_ID, K_INT, K_ID, K_ID, K_STR, K_INT, K_INT, K_INT, K_INT),
	"INSERT INTO livecode_hour (community_id, code_id, hour, link_id, child_id, device, scans, visitors, shown, joined)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
	" ON CONFLICT (community_id, code_id, hour, link_id, child_id, device) DO UPDATE SET"
	" scans = livecode_hour.scans + excluded.scans, visitors = livecode_hour.visitors + excluded.visitors,"
	" shown = livecode_hour.shown + excluded.shown, joined = livecode_hour.joined + excluded.joined");

static QUERY(fill_add, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"UPDATE livecode_fill SET shown = shown + ?3 WHERE community_id = ?1 AND child_id = ?2");

static QUERY(seen_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"INSERT INTO livecode_seen (community_id, code_id, visitor_id) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (community_id, code_id, visitor_id) DO NOTHING");

int livecode_seen_by(struct tx *tx, struct id community, struct id code, struct id visitor)
{
	int r = tx_run(tx, &seen_insert, V(community), V(code), V(visitor));
	return r < 0 ? r : 0;
}

static int bucket_write(struct tx *tx, struct id community, const struct bucket *b)
{
	int r = tx_run(tx, &hour_add, V(community), V(b->code), V(b->hour), V(b->link), V(b->child), V(b->device), V(b->scans),
	               V(b->visitors), V(b->shown), V(b->joined));
	if (r >= 0 && b->shown)
		r = tx_run(tx, &fill_add, V(community), V(b->child), V(b->shown));
	return r < 0 ? r : 0;
}

/* Which bucket: the order is that of the table's key, so a batch is written from one end of it to the other. */
static int compare_buckets(const void *left, const void *right)
{
	const struct bucket *a = left, *b = right;
	const int64_t ways[] = { a->code.n - b->code.n, a->hour - b->hour, a->link.n - b->link.n, a->child.n - b->child.n };
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (ways[i])
			return ways[i] < 0 ? -1 : 1;
	return str_compare(a->device, b->device);
}

/* A first scan that shows a target is one event; later showings are events of their own. */
static struct bucket bucket_of(const struct event *e)
{
	struct bucket b = {
		.code = e->subject, .link = e->via, .child = e->object, .device = e->word, .hour = e->at.ms - e->at.ms % HOUR,
	};
	if (str_is(e->kind, "livecode_scanned")) {
		b.scans = 1;
		b.visitors = e->n;
		b.shown = e->n && e->object.n;
	} else if (str_is(e->kind, "livecode_shown")) {
		b.shown = 1;
	} else {
		b.joined = 1;
	}
	return b;
}

/* Buckets that are the same and stand together become one; how many are left? */
static size_t merge(struct bucket *buckets, size_t count)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		struct bucket *last = &buckets[n - (n > 0)], *b = &buckets[i];
		if (n == 0 || compare_buckets(last, b) != 0) {
			buckets[n++] = *b;
			continue;
		}
		last->scans += b->scans, last->visitors += b->visitors;
		last->shown += b->shown, last->joined += b->joined;
	}
	return n;
}

/* A busy hour is a handful of buckets: each is written once a slice, however many events it holds. */
static int apply_hours(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	struct bucket *buckets = arena_take_array(tx_arena(tx), count, sizeof *buckets);
	if (!buckets)
		return E_MEMORY;
	for (size_t i = 0; i < count; i++) {
		buckets[i] = bucket_of(&events[i]);
		int r = buckets[i].visitors ? livecode_seen_by(tx, community, events[i].subject, events[i].actor) : 0;
		if (r < 0)
			return r;
	}
	count = merge(buckets, count);                /* most of a rush is alike: less to sort */
	qsort(buckets, count, sizeof *buckets, compare_buckets);
	count = merge(buckets, count);
	for (size_t i = 0; i < count; i++) {
		int r = bucket_write(tx, community, &buckets[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

int livecode_shown_lately(struct tx *tx, struct id community, struct id code, struct id child, int64_t *ret)
{
	struct rows pending;
	int r = events_pending(tx, community, "livecode_hours", code, &pending);
	if (r < 0)
		return r;
	const struct event *events = pending.at;
	int64_t n = 0;
	for (size_t i = 0; i < pending.count; i++)
		if (events[i].object.n == child.n && str_among(events[i].kind, "livecode_scanned livecode_shown"))
			n += bucket_of(&events[i]).shown;
	*ret = n;
	return 0;
}

static QUERY(codes_of_community, READS, &row_id_item, TAKES(K_ID), "SELECT id AS item FROM livecode WHERE community_id = ?1");

/* Landing pages show the community's name, logo and rules: they must look again. */
static int apply_community(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	struct rows codes;
	(void)events, (void)count;
	int r = tx_all(tx, &codes_of_community, &codes, V(community));
	const struct id_item *code = codes.at;
	for (size_t i = 0; r >= 0 && i < codes.count; i++)
		r = livecode_touch(tx, community, code[i].item);
	return r < 0 ? r : 0;
}

static const struct follower followers[] = {
	{ "livecode_hours", "livecode_scanned livecode_shown livecode_joined", apply_hours, .sums = true },
	{ "livecode_community", "community_changed", apply_community },
	{ 0 },
};

/* ---- Rows ------------------------------------------------------------------------------------- */

struct span { struct str from, to; };

ROW(span,
	FIELD(span, from, "First day, 2026-11-01; a week ago when missing", .max = 10, .pattern = "([0-9]{4}-[0-9]{2}-[0-9]{2})?", .optional = true),
	FIELD(span, to,   "Last day; today when missing", .max = 10, .pattern = "([0-9]{4}-[0-9]{2}-[0-9]{2})?", .optional = true));

struct part { struct str key, label; int64_t scans, visitors, shown, joined; };

ROW(part,
	FIELD(part, key,      "Which: an id or a word"),
	FIELD(part, label,    "Its name"),
	FIELD(part, scans,    "Scans, repeated ones too"),
	FIELD(part, visitors, "Visitors, each once"),
	FIELD(part, shown,    "… who were shown a target"),
	FIELD(part, joined,   "… who said they joined"));

struct moment { struct instant at; int64_t scans, visitors, shown, joined; };

ROW(moment,
	FIELD(moment, at,       "Begin of the hour"),
	FIELD(moment, scans,    "Scans"),
	FIELD(moment, visitors, "Visitors"),
	FIELD(moment, shown,    "Shown"),
	FIELD(moment, joined,   "Joined"));

struct numbers {
	int64_t        scans, visitors, shown, joined;
	struct instant from, until;
	struct rows    hours, sources, targets, devices, cities;
};

ROW(numbers,
	FIELD(numbers, scans,    "Scans, repeated ones too; bots are not counted"),
	FIELD(numbers, visitors, "Visitors, each once"),
	FIELD(numbers, shown,    "… who were shown a target"),
	FIELD(numbers, joined,   "… who said they joined; a scan is not a join"),
	FIELD(numbers, from,     "Counted from here"),
	FIELD(numbers, until,    "… to here"),
	FIELD(numbers, hours,    "By hour", .of = &row_moment),
	FIELD(numbers, sources,  "By source", .of = &row_part),
	FIELD(numbers, targets,  "By target", .of = &row_part),
	FIELD(numbers, devices,  "By device", .of = &row_part),
	FIELD(numbers, cities,   "By city, of visitors who named one", .of = &row_part));

struct visit_line {
	struct id      id;
	struct str     source, target, device, city;
	struct instant first_at, last_at;
	int64_t        scans;
	struct instant passed_at, joined_at;
	struct id      member_id;
	struct str     member;
};

ROW(visit_line,
	FIELD(visit_line, id,        "Visitor"),
	FIELD(visit_line, source,    "Source of the first scan"),
	FIELD(visit_line, target,    "Target shown"),
	FIELD(visit_line, device,    "Device"),
	FIELD(visit_line, city,      "City"),
	FIELD(visit_line, first_at,  "First scan"),
	FIELD(visit_line, last_at,   "Last scan"),
	FIELD(visit_line, scans,     "Scans"),
	FIELD(visit_line, passed_at, "Passed the gate", .optional = true),
	FIELD(visit_line, joined_at, "Said they joined", .optional = true),
	FIELD(visit_line, member_id, "Member", .optional = true),
	FIELD(visit_line, member,    "Their nickname"));

struct visit_query { struct id source, target; struct str device, city; bool joined, shown; struct id after; int64_t limit; };

ROW(visit_query,
	FIELD(visit_query, source, "Only through this source", .optional = true),
	FIELD(visit_query, target, "Only those shown this target", .optional = true),
	FIELD(visit_query, device, "Only on this device", .max = 20, .optional = true),
	FIELD(visit_query, city,   "Only from this city", .max = 20, .optional = true),
	FIELD(visit_query, joined, "Only those who joined", .optional = true),
	FIELD(visit_query, shown,  "Only those who were shown a target", .optional = true),
	FIELD(visit_query, after,  "Only visitors before this one", .optional = true),
	FIELD(visit_query, limit,  "How many", .min = 0, .max = 200, .optional = true));

/* ---- One code's numbers ------------------------------------------------------------------------------ */

#define SUMS " CAST(COALESCE(sum(h.scans), 0) AS BIGINT) AS scans, CAST(COALESCE(sum(h.visitors), 0) AS BIGINT) AS visitors," \
	" CAST(COALESCE(sum(h.shown), 0) AS BIGINT) AS shown, CAST(COALESCE(sum(h.joined), 0) AS BIGINT) AS joined"
#define SPAN " WHERE h.community_id = ?1 AND h.code_id = ?2 AND h.hour >= ?3 AND h.hour < ?4 AND " \
	SEES_CHILD("?5", "h.community_id", "h.child_id")

static QUERY(numbers_by_hour, READS, &row_moment, TAKES(K_ID, K_ID, K_INSTANT, K_INSTANT, K_ID),
	"SELECT h.hour AS at," SUMS " FROM livecode_hour h" SPAN " GROUP BY h.hour ORDER BY h.hour LIMIT 2209");

static QUERY(numbers_by_source, READS, &row_part, TAKES(K_ID, K_ID, K_INSTANT, K_INSTANT, K_ID),
	"SELECT CAST(h.link_id AS TEXT) AS key, COALESCE(min(l.label), '') AS label," SUMS " FROM livecode_hour h"
	" LEFT JOIN livecode_link l ON l.community_id = h.community_id AND l.code_id = h.code_id AND l.id = h.link_id" SPAN
	" GROUP BY h.link_id ORDER BY visitors DESC, h.link_id LIMIT 500");

static QUERY(numbers_by_target, READS, &row_part, TAKES(K_ID, K_ID, K_INSTANT, K_INSTANT, K_ID),
	"SELECT CAST(h.child_id AS TEXT) AS key, COALESCE(min(CASE WHEN c.title <> '' THEN c.title ELSE g.name END), '')"
	" AS label," SUMS " FROM livecode_hour h"
	" LEFT JOIN livecode_child c ON c.community_id = h.community_id AND c.id = h.child_id"
	" LEFT JOIN chat_group g ON g.community_id = c.community_id AND g.id = c.group_id" SPAN
	" AND h.child_id <> 0 GROUP BY h.child_id ORDER BY shown DESC, h.child_id LIMIT 100");

static QUERY(numbers_by_device, READS, &row_part, TAKES(K_ID, K_ID, K_INSTANT, K_INSTANT, K_ID),
	"SELECT h.device AS key, h.device AS label," SUMS " FROM livecode_hour h" SPAN
	" GROUP BY h.device ORDER BY visitors DESC, h.device LIMIT 20");

static QUERY(numbers_by_city, READS, &row_part, TAKES(K_ID, K_ID, K_INSTANT, K_INSTANT, K_ID),
	"SELECT v.city AS key, v.city AS label, CAST(sum(v.scans) AS BIGINT) AS scans, count(*) AS visitors,"
	" CAST(sum(CASE WHEN v.child_id <> 0 THEN 1 ELSE 0 END) AS BIGINT) AS shown,"
	" CAST(sum(CASE WHEN v.joined_at <> 0 THEN 1 ELSE 0 END) AS BIGINT) AS joined"
	" FROM livecode_seen s JOIN livecode_visitor v ON v.community_id = s.community_id AND v.visitor_id = s.visitor_id"
	"  AND v.code_id = s.code_id"
	" WHERE s.community_id = ?1 AND s.code_id = ?2 AND v.first_at >= ?3 AND v.first_at < ?4 AND v.city <> ''"
	" AND " SEES_CHILD("?5", "v.community_id", "v.child_id")
	" GROUP BY v.city ORDER BY visitors DESC, v.city LIMIT 100");

/* Whole days of the community's zone. */
static int span_of(struct request *rq, const struct span *span, struct instant *ret_from, struct instant *ret_until)
{
	struct community community;
	int r = community_get(rq->tx, rq->community, &community);
	if (r < 0)
		return r;
	const struct zone *zone = community_zone(&community);
	int64_t to = day_of(zone, tx_now(rq->tx)), from;
	if (span->to.len && !day_parse(span->to, &to))
		return rq_complain(rq, E_BAD_PATTERN, S("to"));
	from = to - 6;
	if (span->from.len && !day_parse(span->from, &from))
		return rq_complain(rq, E_BAD_PATTERN, S("from"));
	if (from > to)
		return rq_complain(rq, E_TIME_ORDER, S("to"));
	if (to - from >= DAYS_MAX)
		return rq_complain(rq, E_TOO_LARGE, S("from"));
	*ret_from = day_start(zone, from);
	*ret_until = day_start(zone, to + 1);
	return 0;
}

static int get_numbers(struct request *rq, const void *in, void *out)
{
	struct numbers n = { 0 };
	struct livecode code;
	int r = livecode_get(rq->tx, rq->community, rq->path_id, &code);
	if (r < 0 || (r = span_of(rq, in, &n.from, &n.until)) < 0)
		return r;
	struct { const struct query *query; struct rows *rows; } parts[] = {
		{ &numbers_by_hour, &n.hours }, { &numbers_by_source, &n.sources }, { &numbers_by_target, &n.targets },
		{ &numbers_by_device, &n.devices }, { &numbers_by_city, &n.cities },
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if ((r = tx_all(rq->tx, parts[i].query, parts[i].rows, V(rq->community), V(rq->path_id), V(n.from), V(n.until), V(rq->only))) < 0)
			return r;
	const struct moment *hours = n.hours.at;
	for (size_t i = 0; i < n.hours.count; i++) {
		n.scans += hours[i].scans, n.visitors += hours[i].visitors;
		n.shown += hours[i].shown, n.joined += hours[i].joined;
	}
	*(struct numbers *)out = n;
	return 0;
}

/* ---- The facts behind them -------------------------------------------------------------------------------- */

static QUERY(visits_of, READS, &row_visit_line, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_BOOL, K_BOOL, K_INT, K_ID),
	"SELECT v.visitor_id AS id, COALESCE((SELECT l.label FROM livecode_link l WHERE l.community_id = v.community_id"
	"  AND l.code_id = v.code_id AND l.id = v.link_id), '') AS source,"
	" COALESCE((SELECT CASE WHEN c.title <> '' THEN c.title ELSE g.name END FROM livecode_child c LEFT JOIN chat_group g"
	"  ON g.community_id = c.community_id AND g.id = c.group_id WHERE c.community_id = v.community_id AND c.id = v.child_id), '')"
	"  AS target, v.device, v.city, v.first_at, v.last_at, v.scans, v.passed_at, v.joined_at, v.member_id,"
	" COALESCE((SELECT m.nickname FROM member m WHERE m.community_id = v.community_id AND m.id = v.member_id AND "
	SEES_GROUP("?11", "m.community_id", "m.group_id") "), '') AS member"
	" FROM livecode_seen s JOIN livecode_visitor v ON v.community_id = s.community_id AND v.visitor_id = s.visitor_id"
	"  AND v.code_id = s.code_id WHERE s.community_id = ?1 AND s.code_id = ?2 AND s.visitor_id < ?3"
	" AND (?4 = 0 OR v.link_id = ?4) AND (?5 = 0 OR v.child_id = ?5) AND (?6 = '' OR v.device = ?6)"
	" AND (?7 = '' OR v.city = ?7) AND (NOT ?8 OR v.joined_at <> 0) AND (NOT ?9 OR v.child_id <> 0)"
	" AND " SEES_CHILD("?11", "v.community_id", "v.child_id")
	" ORDER BY s.visitor_id DESC LIMIT ?10");

static int get_visits(struct request *rq, const void *in, void *out)
{
	const struct visit_query *q = in;
	struct page *page = out;
	struct livecode code;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = livecode_get(rq->tx, rq->community, rq->path_id, &code);
	if (r < 0)
		return r;
	r = tx_all(rq->tx, &visits_of, &page->rows, V(rq->community), V(rq->path_id), V(before), V(q->source), V(q->target),
	           V(q->device), V(q->city), V(q->joined), V(q->shown), V(limit), V(rq->only));
	if (r < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_visit_line, limit);
	return 0;
}

/* ---- The overview: today beside the same weekday a week ago ------------------------------------------------- */

struct day_line { struct str day; int64_t scans, visitors, shown, joined; };

ROW(day_line,
	FIELD(day_line, day,      "The date"),
	FIELD(day_line, scans,    "Scans"),
	FIELD(day_line, visitors, "Visitors"),
	FIELD(day_line, shown,    "Shown a target"),
	FIELD(day_line, joined,   "Said they joined"));

struct overview {
	int64_t     scans_today, scans_before, visitors_today, visitors_before, joined_today, joined_before;
	int64_t     shown_today, shown_before, members, members_today, members_before, groups, codes_running, applications;
	struct rows days, hours;
};

ROW(overview,
	FIELD(overview, scans_today,     "Scans since midnight"),
	FIELD(overview, scans_before,    "… by this hour a week ago"),
	FIELD(overview, visitors_today,  "New visitors since midnight"),
	FIELD(overview, visitors_before, "… by this hour a week ago"),
	FIELD(overview, shown_today,     "Shown a target since midnight"),
	FIELD(overview, shown_before,    "… by this hour a week ago"),
	FIELD(overview, joined_today,    "Said they joined since midnight"),
	FIELD(overview, joined_before,   "… by this hour a week ago"),
	FIELD(overview, members,         "Members in all"),
	FIELD(overview, members_today,   "… who came since midnight"),
	FIELD(overview, members_before,  "… who came on that day a week ago, by this hour"),
	FIELD(overview, groups,          "Groups that are not closed"),
	FIELD(overview, codes_running,   "Live codes that run"),
	FIELD(overview, applications,    "Applications that wait for a decision"),
	FIELD(overview, days,            "The last 30 days", .of = &row_day_line),
	FIELD(overview, hours,           "Today by hour", .of = &row_moment));

static QUERY(all_by_hour, READS, &row_moment, TAKES(K_ID, K_INSTANT, K_INSTANT, K_ID),
	"SELECT h.hour AS at," SUMS " FROM livecode_hour h WHERE h.community_id = ?1 AND h.hour >= ?2 AND h.hour < ?3 AND "
	SEES_CODE("?4", "h.community_id", "h.code_id") " AND " SEES_CHILD("?4", "h.community_id", "h.child_id")
	" GROUP BY h.hour ORDER BY h.hour LIMIT 2209");

struct counts { int64_t groups, codes_running, applications, members_before; };

ROW(counts,
	FIELD(counts, groups,         "Groups"),
	FIELD(counts, codes_running,  "Running codes"),
	FIELD(counts, applications,   "Waiting applications"),
	FIELD(counts, members_before, "Members who came in a span"));

static QUERY(count_things, READS, &row_counts, TAKES(K_ID, K_INSTANT, K_INSTANT, K_ID),
	"SELECT (SELECT count(*) FROM chat_group g WHERE g.community_id = ?1 AND g.stage <> 'closed' AND "
	SEES_GROUP("?4", "g.community_id", "g.id") ") AS groups,"
	" (SELECT count(*) FROM livecode c WHERE c.community_id = ?1 AND c.state = 'running' AND "
	SEES_CODE("?4", "c.community_id", "c.id") ") AS codes_running,"
	" (SELECT count(*) FROM application a WHERE a.community_id = ?1 AND a.state = 'pending' AND "
	SEES_CODE("?4", "a.community_id", "a.code_id") ") AS applications,"
	" (SELECT count(*) FROM member m WHERE m.community_id = ?1 AND m.created_at >= ?2 AND m.created_at < ?3 AND "
	SEES_GROUP("?4", "m.community_id", "m.group_id") ") AS members_before");

static void date_text(int64_t day, struct arena *arena, struct str *ret)
{
	struct local l = zone_local(zone_find(S("UTC")), (struct instant){ day * DAY });
	*ret = str_format(arena, "%04d-%02d-%02d", l.year, l.month, l.day);
}

/* Sums of the hours that lie in [from, until). */
static struct day_line sum_between(struct rows hours, struct instant from, struct instant until)
{
	struct day_line sum = { 0 };
	const struct moment *h = hours.at;
	for (size_t i = 0; i < hours.count; i++)
		if (h[i].at.ms >= from.ms && h[i].at.ms < until.ms) {
			sum.scans += h[i].scans, sum.visitors += h[i].visitors;
			sum.shown += h[i].shown, sum.joined += h[i].joined;
		}
	return sum;
}

static int fill_days(struct request *rq, const struct zone *zone, int64_t today, struct rows hours, struct rows *ret)
{
	struct day_line *days = arena_take_array(rq->arena, 30, sizeof *days);
	if (!days)
		return E_MEMORY;
	for (int64_t i = 0; i < 30; i++) {
		int64_t day = today - 29 + i;
		days[i] = sum_between(hours, day_start(zone, day), day_start(zone, day + 1));
		date_text(day, rq->arena, &days[i].day);
	}
	*ret = (struct rows){ days, 30 };
	return 0;
}

static int get_overview(struct request *rq, const void *in, void *out)
{
	struct overview o = { 0 };
	struct community community;
	struct counts counts;
	struct rows hours;
	(void)in;
	int r = community_get(rq->tx, rq->community, &community);
	if (r < 0)
		return r;
	const struct zone *zone = community_zone(&community);
	struct instant now = tx_now(rq->tx);
	int64_t today = day_of(zone, now);
	struct instant midnight = day_start(zone, today), before = day_start(zone, today - 7);
	struct instant same_hour = { before.ms + (now.ms - midnight.ms) / HOUR * HOUR + HOUR };
	if ((r = tx_all(rq->tx, &all_by_hour, &hours, V(rq->community), V(day_start(zone, today - 29)), V(day_start(zone, today + 1)),
	                V(rq->only))) < 0 ||
	    (r = fill_days(rq, zone, today, hours, &o.days)) < 0 ||
	    (r = tx_all(rq->tx, &all_by_hour, &o.hours, V(rq->community), V(midnight), V(day_start(zone, today + 1)), V(rq->only))) < 0 ||
	    (r = tx_one(rq->tx, &count_things, &counts, V(rq->community), V(before), V(same_hour), V(rq->only))) < 0 ||
	    (r = member_count(rq->tx, rq->community, rq->only, midnight, &o.members, &o.members_today)) < 0)
		return r;
	struct day_line now_sum = sum_between(hours, midnight, day_start(zone, today + 1));
	struct day_line then = sum_between(hours, before, same_hour);
	o.scans_today = now_sum.scans, o.scans_before = then.scans;
	o.visitors_today = now_sum.visitors, o.visitors_before = then.visitors;
	o.shown_today = now_sum.shown, o.shown_before = then.shown;
	o.joined_today = now_sum.joined, o.joined_before = then.joined;
	o.groups = counts.groups, o.codes_running = counts.codes_running, o.applications = counts.applications;
	o.members_before = counts.members_before;
	*(struct overview *)out = o;
	return 0;
}

/* ---- Audit: do the sums follow from the facts? ------------------------------------------------------------------ */

struct mismatch { struct id code_id; int64_t by_hour, listed, by_visitor; };

ROW(mismatch,
	FIELD(mismatch, code_id,    "Live code"),
	FIELD(mismatch, by_hour,    "Visitors by the hourly sums"),
	FIELD(mismatch, listed,     "Visitors in its list"),
	FIELD(mismatch, by_visitor, "Visitors by their rows"));

/* Only codes whose events have all been followed: there is a cursor, and it stands at the newest event. */
#define FOLLOWED " EXISTS (SELECT 1 FROM follower f WHERE f.community_id = ?1 AND f.name = 'livecode_hours')" \
	" AND NOT EXISTS (SELECT 1 FROM event e, follower f WHERE e.community_id = ?1" \
	"  AND f.community_id = ?1 AND f.name = 'livecode_hours' AND (e.epoch, e.id) > (f.epoch, f.id))"

static QUERY(sums_that_differ, READS, &row_mismatch, TAKES(K_ID),
	"SELECT s.code_id, s.by_hour, s.listed, s.by_visitor FROM (SELECT c.id AS code_id,"
	" CAST(COALESCE((SELECT sum(h.visitors) FROM livecode_hour h WHERE h.community_id = c.community_id AND h.code_id = c.id), 0)"
	"  AS BIGINT) AS by_hour, (SELECT count(*) FROM livecode_seen n JOIN livecode_visitor v ON v.community_id = n.community_id"
	"  AND v.visitor_id = n.visitor_id AND v.code_id = n.code_id WHERE n.community_id = c.community_id AND n.code_id = c.id"
	"  AND v.scans > 0) AS listed, COALESCE(v.visitors, 0) AS by_visitor FROM livecode c"
	" LEFT JOIN (SELECT code_id, count(*) AS visitors FROM livecode_visitor WHERE community_id = ?1 AND scans > 0"
	"  GROUP BY code_id) v ON v.code_id = c.id WHERE c.community_id = ?1) s"
	" WHERE (s.by_hour <> s.by_visitor OR s.listed <> s.by_visitor) AND" FOLLOWED " LIMIT 20",
	.scans = true);

struct seat_mismatch { struct id child_id; int64_t shown, taken, joined, shown_by_hour, joined_by_hour; };

ROW(seat_mismatch,
	FIELD(seat_mismatch, child_id,       "Target"),
	FIELD(seat_mismatch, shown,          "Shown to so many"),
	FIELD(seat_mismatch, taken,          "Places taken; without a cap the same"),
	FIELD(seat_mismatch, joined,         "… who said they joined"),
	FIELD(seat_mismatch, shown_by_hour,  "Shown by the hourly sums"),
	FIELD(seat_mismatch, joined_by_hour, "Joined by the hourly sums"));

static QUERY(seats_that_differ, READS, &row_seat_mismatch, TAKES(K_ID),
	"SELECT s.child_id, s.shown, s.taken, s.joined, s.shown_by_hour, s.joined_by_hour FROM (SELECT f.child_id, f.shown,"
	" CASE WHEN EXISTS (SELECT 1 FROM livecode_child c WHERE c.community_id = f.community_id AND c.id = f.child_id"
	"  AND c.scan_cap > 0) THEN f.taken ELSE f.shown END AS taken, f.joined,"
	" CAST(COALESCE(h.shown, 0) AS BIGINT) AS shown_by_hour, CAST(COALESCE(h.joined, 0) AS BIGINT) AS joined_by_hour"
	" FROM livecode_fill f LEFT JOIN (SELECT child_id, sum(shown) AS shown, sum(joined) AS joined FROM livecode_hour"
	" WHERE community_id = ?1 GROUP BY child_id) h ON h.child_id = f.child_id WHERE f.community_id = ?1) s"
	" WHERE (s.shown <> s.shown_by_hour OR s.taken <> s.shown OR s.joined <> s.joined_by_hour) AND" FOLLOWED " LIMIT 20",
	.scans = true);

static int audit(struct tx *tx, void (*found)(void *, const char *), void *ctx)
{
	struct rows communities, rows;
	int r = community_list(tx, &communities);
	const struct id_item *c = communities.at;
	for (size_t i = 0; r >= 0 && i < communities.count; i++) {
		if ((r = tx_all(tx, &sums_that_differ, &rows, V(c[i].item))) < 0)
			break;
		const struct mismatch *m = rows.at;
		for (size_t k = 0; k < rows.count; k++) {
			char text[200];
			snprintf(text, sizeof text, "live code %lld: %lld visitors by hour, %lld in its list, %lld by their rows",
			         (long long)m[k].code_id.n, (long long)m[k].by_hour, (long long)m[k].listed,
			         (long long)m[k].by_visitor);
			found(ctx, text);
		}
		if ((r = tx_all(tx, &seats_that_differ, &rows, V(c[i].item))) < 0)
			break;
		const struct seat_mismatch *seat = rows.at;
		for (size_t k = 0; k < rows.count; k++) {
			char text[200];
			snprintf(text, sizeof text, "target %lld: shown to %lld, places taken %lld, joined by %lld; by hour %lld and %lld",
			         (long long)seat[k].child_id.n, (long long)seat[k].shown, (long long)seat[k].taken,
			         (long long)seat[k].joined, (long long)seat[k].shown_by_hour, (long long)seat[k].joined_by_hour);
			found(ctx, text);
		}
	}
	return r < 0 ? r : 0;
}

/* ---- Declaration ------------------------------------------------------------------------------------------------ */

static const struct route routes[] = {
	{ "GET", "/livecodes/{id}/numbers", ROLE_READER, get_numbers,  &row_span, &row_numbers, "A live code's numbers over whole days", .sees = code_sees },
	{ "GET", "/livecodes/{id}/visits",  ROLE_READER, get_visits,   &row_visit_query, &row_visit_line, "The visitors behind the numbers, newest first", OUT_PAGE, .sees = code_sees },
	{ "GET", "/overview",               ROLE_READER, get_overview, NULL, &row_overview, "Today's numbers beside those of a week ago" },
	{ 0 },
};

static const struct query *const queries[] = {
	&hour_add, &fill_add, &seen_insert, &codes_of_community, &numbers_by_hour, &numbers_by_source, &numbers_by_target, &numbers_by_device,
	&numbers_by_city, &visits_of, &all_by_hour, &count_things, &sums_that_differ, &seats_that_differ, NULL,
};

const struct feature feature_numbers = {
	.name = "numbers", .api = "codes", .routes = routes, .queries = queries, .followers = followers, .audit = audit,
};
