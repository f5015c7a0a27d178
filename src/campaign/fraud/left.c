/* left.c: who leaves the group right after the reward.
 *
 * Story      Lin claims her prize at noon; by evening she is out of the group, and so are four of the five who joined for her.
 *            Each leaving is noted beside the hour of the claim; from the third friend on it is a finding: who, when they came,
 *            when the prize was given, when they left. A colleague looks, and takes back what still counts, or does not.
 * How        A follower of the roster's member_left_group, and staff's own word where nobody hears of leaving (leave.c). Only
 *            campaigns whose act is joining a group, and only the groups of their live code.
 * Owns       fraud_left.
 * Holds      A finding takes nothing away: leave.c does, where days were published; here a person decides. Somebody who leaves
 *            alone after their own claim says little; with friends it says much. What a person accepted is not found again.
 * Test       left_test.c.
 */
#include "campaign/fraud/fraud.h"

#include "http/personal.h"
#include "people/member.h"

#define EACH_MOST 200             /* campaigns and helps of one browser that are looked at */

struct leaver { struct id participant_id, helper_id, campaign_id, code_id; };

ROW(leaver,
	FIELD(leaver, participant_id, "For whom they joined, or who they are"),
	FIELD(leaver, helper_id,      "Who left; 0: the participant"),
	FIELD(leaver, campaign_id,    "Campaign"),
	FIELD(leaver, code_id,        "The live code by which people join"));

/* ---- Noting ------------------------------------------------------------------------------------------------- */

struct given { struct instant at; };

ROW(given, FIELD(given, at, "The newest prize"));

static QUERY(given_before, READS, &row_given, TAKES(K_ID, K_ID, K_INSTANT),
	"SELECT CAST(COALESCE(max(created_at), 0) AS BIGINT) AS at FROM prize_order WHERE community_id = ?1 AND participant_id = ?2"
	" AND created_at <= ?3 AND state <> 'cancelled'");

static QUERY(left_note, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT, K_INSTANT),
	"INSERT INTO fraud_left (community_id, participant_id, helper_id, given_at, left_at) VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT (community_id, participant_id, helper_id) DO NOTHING");

ROW(evidence,
	FIELD(evidence, participant_id, "Who was given something"),
	FIELD(evidence, helper_id,      "Who left; 0: they themselves"));

static QUERY(left_together, READS, &row_evidence, TAKES(K_ID, K_ID, K_INT),
	"SELECT l.participant_id, l.helper_id FROM fraud_left l WHERE l.community_id = ?1 AND l.participant_id = ?2 AND NOT EXISTS"
	" (SELECT 1 FROM fraud_evidence e JOIN fraud_finding f ON f.community_id = e.community_id AND f.id = e.finding_id"
	"  WHERE e.community_id = ?1 AND e.participant_id = ?2 AND e.helper_id = l.helper_id AND f.kind = 'left' AND f.state <> 'open')"
	" ORDER BY l.helper_id LIMIT ?3");

/* Alone it says little; many, or some together with who got the prize, say much. NULL: nothing yet. */
static const char *risk_of(const struct evidence *e, size_t count, int64_t least)
{
	bool themselves = count && e[0].helper_id.n == 0;
	int64_t friends = (int64_t)count - themselves;
	return friends >= least ? themselves || friends >= 2 * least ? "high" : "medium" : themselves ? "low" : NULL;
}

int fraud_left(struct tx *tx, struct id community, const struct campaign *c, struct id participant, struct id helper, struct instant at)
{
	struct fraud_limits l;
	struct given given;
	struct rows rows;
	int r = fraud_limits(tx, community, c, &l);
	if (r < 0 || !l.left_n || (r = tx_one(tx, &given_before, &given, V(community), V(participant), V(at))) < 0)
		return r;
	if (!given.at.ms || at.ms - given.at.ms >= l.left_hours * HOUR)
		return 0;
	if ((r = tx_run(tx, &left_note, V(community), V(participant), V(helper), V(given.at), V(at))) < 0 ||
	    (r = tx_all(tx, &left_together, &rows, V(community), V(participant), V((int64_t)EVIDENCE_MOST))) < 0)
		return r;
	const char *risk = risk_of(rows.at, rows.count, l.left_n);
	return !risk ? 0 : fraud_note(tx, community, &(struct suspicion){
		.campaign = c->id, .participant = participant, .about = str_format(tx_arena(tx), "participant %lld", (long long)participant.n),
		.kind = "left", .risk = risk, .n = (int64_t)rows.count, .span = l.left_hours * 3600, .evidence = rows });
}

/* ---- Following ------------------------------------------------------------------------------------------------ */

static QUERY(parts_of_browser, READS, &row_leaver, TAKES(K_ID, K_ID, K_INT),
	"SELECT p.id AS participant_id, CAST(0 AS BIGINT) AS helper_id, p.campaign_id, c.code_id FROM participant p JOIN campaign c"
	" ON c.community_id = p.community_id AND c.id = p.campaign_id WHERE p.community_id = ?1 AND p.visitor_id = ?2"
	" AND c.act = 'join' AND c.kind <> 'funnel' ORDER BY p.campaign_id + 0 LIMIT ?3");

static QUERY(joins_of_browser, READS, &row_leaver, TAKES(K_ID, K_ID, K_INT),
	"SELECT h.participant_id, h.helper_id, h.campaign_id, c.code_id FROM help h JOIN campaign c ON c.community_id = h.community_id"
	" AND c.id = h.campaign_id WHERE h.community_id = ?1 AND h.helper_id = ?2 AND h.campaign_id > 0"
	" AND h.state IN ('counted', 'held', 'deducted') AND c.act = 'join' AND c.kind <> 'funnel' ORDER BY h.campaign_id LIMIT ?3");

static int look_at(struct tx *tx, struct id community, const struct event *e, const struct rows *rows)
{
	const struct leaver *l = rows->at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < rows->count; i++) {
		struct campaign c;
		bool out;
		if ((r = leave_is_out(tx, community, l[i].code_id, e, &out)) >= 0 && out &&
		    (r = campaign_get(tx, community, l[i].campaign_id, &c)) >= 0)
			r = fraud_left(tx, community, &c, l[i].participant_id, l[i].helper_id, e->at);
	}
	return r;
}

static int apply_leaving(struct tx *tx, struct id community, const struct event *e)
{
	struct rows browsers, rows;
	int r = member_visitors(tx, community, e->actor, &browsers);
	for (size_t i = 0; r >= 0 && i < browsers.count; i++) {
		struct id browser = ((const struct id_item *)browsers.at)[i].item;
		if ((r = tx_all(tx, &parts_of_browser, &rows, V(community), V(browser), V((int64_t)EACH_MOST))) < 0 ||
		    (r = look_at(tx, community, e, &rows)) < 0 ||
		    (r = tx_all(tx, &joins_of_browser, &rows, V(community), V(browser), V((int64_t)EACH_MOST))) < 0)
			break;
		r = look_at(tx, community, e, &rows);
	}
	return r < 0 ? r : 0;
}

static int apply(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = apply_leaving(tx, community, &events[i]);
	return r;
}

static const struct follower followers[] = {
	{ "campaign_left", "member_left_group", apply },
	{ 0 },
};

/* ---- What is kept about people -------------------------------------------------------------------------------- */

struct left_own { struct instant given_at, left_at; };

ROW(left_own,
	FIELD(left_own, given_at, "The prize was given"),
	FIELD(left_own, left_at,  "You left the group"));

#define PARTS_OF_VISITOR "(SELECT id FROM participant WHERE community_id = ?1 AND visitor_id = ?2)"

static QUERY(left_show, READS, &row_left_own, TAKES(K_ID, K_ID),
	"SELECT given_at, left_at FROM fraud_left WHERE community_id = ?1 AND (helper_id = ?2 OR (helper_id = 0 AND participant_id IN "
	PARTS_OF_VISITOR ")) ORDER BY left_at LIMIT 200");

/* Before the participant is forgotten (features.def): it says whose these are. */
static QUERY(left_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM fraud_left WHERE community_id = ?1 AND (helper_id = ?2 OR participant_id IN " PARTS_OF_VISITOR ")");

static const struct personal personal[] = {
	{ "fraud_left", "领奖之后不久有人退群的时间，用来发现刷奖", "When somebody left a group soon after a prize, to find fraud", "领奖 退群", BY_VISITOR,
	  &left_show, .erases = { &left_forget } },
	{ 0 },
};

static const struct query *const queries[] = {
	&given_before, &left_note, &left_together, &parts_of_browser, &joins_of_browser, &left_show, &left_forget, NULL,
};

const struct feature feature_fraud_left = {
	.name = "fraud_left", .queries = queries, .followers = followers, .personal = personal,
};
