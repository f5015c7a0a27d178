/* numbers.c: the funnel of a campaign, how it grows, what it costs, and when.
 *
 * Story      The operator opens the numbers: 12,400 saw a page, 3,100 took part, 1,900 of them brought somebody, 640 reached
 *            the first goal. Each participant's pages were opened by 2.1 people, one in four took part: K is 0.52. Half of
 *            those who brought somebody did so within forty minutes.
 * Holds      Every figure is counted in the asking transaction or is a sum of events (seen.c), and can be opened to its rows
 *            (list.c). A rate is never sent without its parts: the page divides.
 *            Cost: what was given, at the value published; kept: members made by taking part whose seven days are over.
 * Not here   Who brought whom (list.c), what members see (board.c).
 * Test       tree_test.c: against plain SQL.
 */
#include "campaign/tree/tree.h"

#include "base/mem.h"

#define TREND_DAYS 92

struct number_stage { struct id stage; int64_t goal; struct str title; int64_t reached; };
struct number_part { struct str key; int64_t seen, joined; };
struct campaign_numbers {
	int64_t      seen, opened, enrolled, through, shared, claimed, blocked, helps, lost, depth, cycle_s, cycle_of;
	struct rows  stages;
	struct money given;
	int64_t      made, mature, kept;
	struct rows  ways, devices;
};

ROW(number_stage,
	FIELD(number_stage, stage,   "Stage"),
	FIELD(number_stage, goal,    "Helps that count"),
	FIELD(number_stage, title,   "What it is called"),
	FIELD(number_stage, reached, "Participants who have as many now"));

ROW(number_part,
	FIELD(number_part, key,    "Which"),
	FIELD(number_part, seen,   "Visitors who opened a page, each once"),
	FIELD(number_part, joined, "Participants"));

ROW(campaign_numbers,
	FIELD(campaign_numbers, seen,     "Visitors who opened any page of it, each once"),
	FIELD(campaign_numbers, opened,   "Openings of participants' pages, each visitor once a page: invitations that arrived"),
	FIELD(campaign_numbers, enrolled, "Participants"),
	FIELD(campaign_numbers, through,  "… who came through a participant's link"),
	FIELD(campaign_numbers, shared,   "… who have a help"),
	FIELD(campaign_numbers, claimed,  "… who claimed a prize"),
	FIELD(campaign_numbers, blocked,  "… who are blocked"),
	FIELD(campaign_numbers, helps,    "Helps that count"),
	FIELD(campaign_numbers, lost,     "Helps refused, rejected or taken away"),
	FIELD(campaign_numbers, depth,    "Levels of the invite tree"),
	FIELD(campaign_numbers, cycle_s,  "Half of those who brought somebody did so within so many seconds"),
	FIELD(campaign_numbers, cycle_of, "… of how many"),
	FIELD(campaign_numbers, stages,   "By goal", .of = &row_number_stage),
	FIELD(campaign_numbers, given,    "Prizes given, at the value published, and shares of red packets, in fen"),
	FIELD(campaign_numbers, made,     "Members made by taking part"),
	FIELD(campaign_numbers, mature,   "… whose seven days are over"),
	FIELD(campaign_numbers, kept,     "… of whom are still members on day 7"),
	FIELD(campaign_numbers, ways,     "By way: friend, through a participant's link; link, the campaign's own", .of = &row_number_part),
	FIELD(campaign_numbers, devices,  "By kind of device", .of = &row_number_part));

struct trend_hour { struct instant at; int64_t seen, joined, helped, lost, claimed; };

ROW(trend_hour,
	FIELD(trend_hour, at,      "Begin of the hour"),
	FIELD(trend_hour, seen,    "Visitors who came first"),
	FIELD(trend_hour, joined,  "Took part"),
	FIELD(trend_hour, helped,  "Helps that began to count"),
	FIELD(trend_hour, lost,    "Helps refused, rejected or taken away"),
	FIELD(trend_hour, claimed, "Prizes claimed"));

/* ---- What the tree tells --------------------------------------------------------------------------- */

/* The value in the middle; the array is left half sorted. */
static uint32_t median(uint32_t *at, size_t count)
{
	size_t low = 0, high = count - 1, middle = (count - 1) / 2;
	while (low < high) {
		uint32_t pivot = at[low + (high - low) / 2];
		size_t i = low, k = high;
		for (;;) {
			while (at[i] < pivot)
				i++;
			while (at[k] > pivot)
				k--;
			if (i >= k)
				break;
			uint32_t swap = at[i];
			at[i++] = at[k], at[k--] = swap;
		}
		if (middle <= k)
			high = k;
		else
			low = k + 1;
	}
	return at[middle];
}

/* From taking part to the first who took part through it. */
static int count_cycle(const struct tree *tree, struct campaign_numbers *n)
{
	size_t count = tree_count(tree), of = 0;
	uint32_t *waited = mem_take((count + 1) * sizeof *waited);
	if (!waited)
		return E_MEMORY;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t parent = tree_parent(tree, i);
		if (parent == TREE_NOBODY)
			continue;
		int64_t s = (tree_joined(tree, i).ms - tree_joined(tree, parent).ms) / SECOND;
		uint32_t after = (uint32_t)(s > 0 ? s : 0) + 1;
		if (!waited[parent] || after < waited[parent])
			waited[parent] = after;
	}
	for (size_t i = 0; i < count; i++)
		if (waited[i])
			waited[of++] = waited[i];
	n->cycle_of = (int64_t)of;
	n->cycle_s = of ? median(waited, of) - 1 : 0;
	mem_give(waited);
	return 0;
}

static int count_people(struct tree *tree, const struct campaign *c, struct campaign_numbers *n, struct arena *arena)
{
	const struct stage *stages = c->stages.at;
	struct number_stage *list = arena_take_array(arena, c->stages.count + 1, sizeof *list);
	int r = list ? tree_sum(tree) : E_MEMORY;
	if (r < 0)
		return r;
	for (size_t k = 0; k < c->stages.count; k++)
		list[k] = (struct number_stage){ stages[k].id, stages[k].goal, stages[k].title, 0 };
	for (uint32_t i = 0; i < tree_count(tree); i++) {
		int64_t helps = tree_helps(tree, i), depth = tree_sums(tree, i).depth + 1;
		n->through += tree_parent(tree, i) != TREE_NOBODY;
		n->shared += helps > 0, n->helps += helps, n->lost += tree_lost(tree, i);
		n->claimed += (tree_flags(tree, i) & TREE_CLAIMED) != 0, n->blocked += (tree_flags(tree, i) & TREE_BLOCKED) != 0;
		n->depth = depth > n->depth ? depth : n->depth;
		for (size_t k = 0; k < c->stages.count && helps >= list[k].goal; k++)
			list[k].reached++;
	}
	n->enrolled = (int64_t)tree_count(tree);
	n->stages = (struct rows){ list, c->stages.count };
	return count_cycle(tree, n);
}

/* ---- What the hours tell ----------------------------------------------------------------------------- */

struct hour_sums { int64_t seen, opened, made, mature, kept; struct money given; };

ROW(hour_sums,
	FIELD(hour_sums, seen,   "Visitors"),
	FIELD(hour_sums, opened, "Pages opened"),
	FIELD(hour_sums, made,   "Members made"),
	FIELD(hour_sums, mature, "… seven days ago or more"),
	FIELD(hour_sums, kept,   "… and kept"),
	FIELD(hour_sums, given,  "Value of the prizes given"));

#define SUM(column) "CAST(COALESCE(sum(" column "), 0) AS BIGINT)"
#define OF_CAMPAIGN " WHERE community_id = ?1 AND campaign_id = ?2"

static QUERY(numbers_sums, READS, &row_hour_sums, TAKES(K_ID, K_ID),
	"SELECT h.seen, h.opened, h.made, k.mature, k.kept, g.given FROM"
	" (SELECT " SUM("seen") " AS seen, " SUM("opened") " AS opened, " SUM("made") " AS made FROM campaign_hour" OF_CAMPAIGN ") AS h,"
	" (SELECT " SUM("made") " AS mature, " SUM("kept") " AS kept FROM campaign_kept" OF_CAMPAIGN ") AS k,"
	" (SELECT " SUM("p.value * (p.stock - COALESCE(" BALANCE_OF("p.community_id", "'stock'", "p.id") ", 0))") " AS given FROM prize p"
	"  WHERE p.community_id = ?1 AND p.campaign_id = ?2) AS g", .scans = true);

/* Of kind packet: the shares that became people's. */
static QUERY(numbers_packets, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT " SUM("amount") " AS item FROM packet_share" OF_CAMPAIGN " AND state = 'given'");

static QUERY(numbers_by_way, READS, &row_number_part, TAKES(K_ID, K_ID),
	"SELECT way AS key, " SUM("seen") " AS seen, " SUM("joined") " AS joined FROM campaign_hour" OF_CAMPAIGN
	" AND way <> '' GROUP BY way ORDER BY way LIMIT 10");

static QUERY(numbers_by_kind, READS, &row_number_part, TAKES(K_ID, K_ID),
	"SELECT device AS key, " SUM("seen") " AS seen, " SUM("joined") " AS joined FROM campaign_hour" OF_CAMPAIGN
	" AND device <> '' GROUP BY device ORDER BY seen DESC, device LIMIT 20");

static QUERY(trend_hours, READS, &row_trend_hour, TAKES(K_ID, K_ID, K_INSTANT),
	"SELECT hour AS at, " SUM("seen") " AS seen, " SUM("joined") " AS joined, " SUM("helped") " AS helped, " SUM("lost") " AS lost, "
	SUM("claimed") " AS claimed FROM campaign_hour" OF_CAMPAIGN " AND hour >= ?3 GROUP BY hour ORDER BY hour LIMIT 2232");

/* ---- API -------------------------------------------------------------------------------------------------- */

static int get_numbers(struct request *rq, const void *in, void *out)
{
	TREE_SCOPED *tree = NULL;
	struct campaign_numbers n = { 0 };
	struct hour_sums sums;
	struct id_item shares;
	struct campaign c;
	(void)in;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = tx_one(rq->tx, &numbers_sums, &sums, V(rq->community), V(c.id))) < 0 ||
	    (r = tx_one(rq->tx, &numbers_packets, &shares, V(rq->community), V(c.id))) < 0 ||
	    (r = tx_all(rq->tx, &numbers_by_way, &n.ways, V(rq->community), V(c.id))) < 0 ||
	    (r = tx_all(rq->tx, &numbers_by_kind, &n.devices, V(rq->community), V(c.id))) < 0 ||
	    (r = tree_get(rq->tx, rq->community, c.id, &tree)) < 0 || (r = count_people(tree, &c, &n, rq->arena)) < 0)
		return r;
	n.seen = sums.seen, n.opened = sums.opened, n.made = sums.made, n.mature = sums.mature, n.kept = sums.kept;
	n.given.fen = sums.given.fen + shares.item.n;
	*(struct campaign_numbers *)out = n;
	return 0;
}

static int get_trend(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct campaign c;
	(void)in;
	page->total = -1;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	struct instant since = { tx_now(rq->tx).ms - TREND_DAYS * DAY };
	return r < 0 ? r : tx_all(rq->tx, &trend_hours, &page->rows, V(rq->community), V(c.id), V(since));
}

static const struct route routes[] = {
	{ "GET", "/campaigns/{id}/numbers", ROLE_READER, get_numbers, NULL, &row_campaign_numbers, "The funnel, how it grows and what it costs, counted now", .sees = campaign_sees },
	{ "GET", "/campaigns/{id}/trend",   ROLE_READER, get_trend,   NULL, &row_trend_hour, "What happened by hour, in the last 92 days", OUT_PAGE, .sees = campaign_sees },
	{ 0 },
};

static const struct query *const queries[] = { &numbers_sums, &numbers_packets, &numbers_by_way, &numbers_by_kind, &trend_hours, NULL };

const struct feature feature_campaign_numbers = { .name = "campaign_numbers", .api = "campaigns", .routes = routes, .queries = queries };
