/* tally.c: the desk's numbers of one campaign: what became of helps, who reached which stage, what orders wait.
 *
 * Story      The operator opens the campaign: forty take part, nine helps wait for her decision, three parcels to send. The
 *            numbers are counted when asked, so they always agree with the lists one tap away.
 * Not here   The funnel over time, trees, rates.
 * Test       campaign_test.c: against the lists.
 */
#include "campaign/campaign.h"

struct tally_line { struct str state; int64_t n; };
struct tally_stage { struct id stage; int64_t goal, reached, claimed; };
struct tally { int64_t participants; struct rows helps, orders, stages; };

ROW(tally_line,
	FIELD(tally_line, state, "State"),
	FIELD(tally_line, n,     "How many are in it"));

ROW(tally_stage,
	FIELD(tally_stage, stage,   "Stage"),
	FIELD(tally_stage, goal,    "Helps that count"),
	FIELD(tally_stage, reached, "Participants who have as many now"),
	FIELD(tally_stage, claimed, "Prizes claimed of it"));

ROW(tally,
	FIELD(tally, participants, "How many take part"),
	FIELD(tally, helps,        "Helps by state", .of = &row_tally_line),
	FIELD(tally, orders,       "Orders by state", .of = &row_tally_line),
	FIELD(tally, stages,       "By goal", .of = &row_tally_stage));

static QUERY(helps_by_state, READS, &row_tally_line, TAKES(K_ID, K_ID),
	"SELECT h.state, count(*) AS n FROM help h WHERE h.community_id = ?1 AND h.campaign_id = ?2"
	" GROUP BY h.state ORDER BY h.state LIMIT 10", .scans = true);

static QUERY(orders_by_state, READS, &row_tally_line, TAKES(K_ID, K_ID),
	"SELECT state, count(*) AS n FROM prize_order WHERE community_id = ?1 AND campaign_id = ?2 GROUP BY state ORDER BY state LIMIT 10");

static QUERY(stages_reached, READS, &row_tally_stage, TAKES(K_ID, K_ID),
	"SELECT s.id AS stage, s.goal, (SELECT count(*) FROM participant p WHERE p.community_id = s.community_id"
	"  AND p.campaign_id = s.campaign_id AND " BALANCE_OF("p.community_id", "'help'", "p.id") " >= s.goal) AS reached,"
	" (SELECT count(*) FROM prize_order o WHERE o.community_id = s.community_id AND o.campaign_id = s.campaign_id"
	"  AND o.stage_id = s.id) AS claimed"
	" FROM campaign_stage s WHERE s.community_id = ?1 AND s.campaign_id = ?2 ORDER BY s.goal, s.id LIMIT 10");

static int get_tally(struct request *rq, const void *in, void *out)
{
	struct tally t = { 0 };
	struct campaign c;
	(void)in;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = tx_all(rq->tx, &helps_by_state, &t.helps, V(rq->community), V(c.id))) < 0 ||
	    (r = tx_all(rq->tx, &orders_by_state, &t.orders, V(rq->community), V(c.id))) < 0 ||
	    (r = tx_all(rq->tx, &stages_reached, &t.stages, V(rq->community), V(c.id))) < 0)
		return r;
	t.participants = c.participants;
	*(struct tally *)out = t;
	return 0;
}

static const struct route routes[] = {
	{ "GET", "/campaigns/{id}/tally", ROLE_READER, get_tally, NULL, &row_tally, "What became of helps, stages and orders, counted now", .sees = campaign_sees },
	{ 0 },
};

static const struct query *const queries[] = { &helps_by_state, &orders_by_state, &stages_reached, NULL };

const struct feature feature_campaign_tally = { .name = "campaign_tally", .api = "campaigns", .routes = routes, .queries = queries };
