/* leave.c: who leaves the group, or unfollows the account, within the days that were published no longer counts.
 *
 * Story      Bo joins by Lin's link, Lin is at five of five; two days later he leaves. Her page says four of five, and why; his
 *            says that his help was taken back. Had she claimed at five, her prize would be hers all the same.
 * How        A follower of the roster's member_left_group: of the leaver's browsers, the helps that count or wait in campaigns
 *            of act "join" whose live code leads to that group, while their days run. Of channel_unfollowed the same, in campaigns
 *            of act "follow" of that 公众号. Where nobody hears of leaving, staff mark it by hand.
 * Holds      Taking back is an entry of the ledger with its reason, read by both sides; given prizes stay. Who is still in
 *            another group of the same live code has not left. Coming back does not count again.
 * Test       reserve_test.c.
 */
#include "campaign/fraud/fraud.h"

#include "groups/livecode.h"
#include "groups/roster.h"
#include "people/audit.h"
#include "people/member.h"

#define HELPS_MOST 500            /* of one browser with days that run */

struct stay { struct id participant_id, helper_id, campaign_id, code_id; struct str state; struct instant acted_at; };

ROW(stay,
	FIELD(stay, participant_id, "For whom"),
	FIELD(stay, helper_id,      "Who"),
	FIELD(stay, campaign_id,    "Campaign"),
	FIELD(stay, code_id,        "The live code by which they joined"),
	FIELD(stay, state,          "counted or held"),
	FIELD(stay, acted_at,       "When they joined"));

struct leaving { struct id participant, helper; };

ROW(leaving,
	FIELD(leaving, participant, "For whom"),
	FIELD(leaving, helper,      "Who has left the group"));

/* ---- Rules ------------------------------------------------------------------------------------------------------ */

/* Whose days still run at that moment; joining later than leaving is another joining. */
static bool in_time(struct instant acted, int64_t days, struct instant left)
{
	return days > 0 && acted.ms <= left.ms && left.ms < acted.ms + days * DAY;
}

/* ---- Following ------------------------------------------------------------------------------------------------------ */

static QUERY(stays_of, READS, &row_stay, TAKES(K_ID, K_ID, K_INSTANT, K_INT, K_INT),
	"SELECT h.participant_id, h.helper_id, h.campaign_id, c.code_id, h.state, h.acted_at FROM help h JOIN campaign c"
	" ON c.community_id = h.community_id AND c.id = h.campaign_id WHERE h.community_id = ?1 AND h.helper_id = ?2"
	" AND h.state IN ('counted', 'held') AND c.act = 'join' AND c.still_days > 0 AND h.acted_at <= ?3"
	" AND ?3 < h.acted_at + c.still_days * ?4 ORDER BY h.participant_id LIMIT ?5");

/* Did they leave what the code leads to: the group is one of its targets, and they are in no other of them? */
int leave_is_out(struct tx *tx, struct id community, struct id code, const struct event *e, bool *ret)
{
	struct rows groups;
	bool here = false;
	int r = livecode_has_group(tx, community, code, e->subject, ret);
	if (r < 0 || !*ret || (r = roster_groups_of(tx, community, e->actor, &groups)) < 0)
		return r;
	for (size_t i = 0; r >= 0 && !here && i < groups.count; i++)
		r = livecode_has_group(tx, community, code, ((const struct id_item *)groups.at)[i].item, &here);
	*ret = !here;
	return r < 0 ? r : 0;
}

static int take_back(struct tx *tx, struct id community, const struct stay *s, struct str why, struct id actor)
{
	struct help h = { .participant_id = s->participant_id, .helper_id = s->helper_id, .state = s->state, .acted_at = s->acted_at };
	return help_put(tx, community, s->campaign_id, &h, S("refused"), why, actor);
}

static QUERY(follows_of, READS, &row_stay, TAKES(K_ID, K_ID, K_INSTANT, K_INT, K_INT, K_ID),
	"SELECT h.participant_id, h.helper_id, h.campaign_id, c.code_id, h.state, h.acted_at FROM help h JOIN campaign c"
	" ON c.community_id = h.community_id AND c.id = h.campaign_id JOIN campaign_follow f ON f.community_id = c.community_id"
	" AND f.campaign_id = c.id WHERE h.community_id = ?1 AND h.helper_id = ?2 AND h.state IN ('counted', 'held') AND c.act = 'follow'"
	" AND f.channel_id = ?6 AND c.still_days > 0 AND h.acted_at <= ?3 AND ?3 < h.acted_at + c.still_days * ?4"
	" ORDER BY h.participant_id LIMIT ?5");

static int of_browser(struct tx *tx, struct id community, const struct event *e, struct id browser)
{
	struct rows rows;
	bool group = str_is(e->kind, "member_left_group"), left = true;
	int r = group ? tx_all(tx, &stays_of, &rows, V(community), V(browser), V(e->at), V(DAY), V((int64_t)HELPS_MOST))
	              : tx_all(tx, &follows_of, &rows, V(community), V(browser), V(e->at), V(DAY), V((int64_t)HELPS_MOST), V(e->subject));
	const struct stay *s = r < 0 ? NULL : rows.at;
	for (size_t k = 0; r >= 0 && k < rows.count; k++) {
		if (group && (r = leave_is_out(tx, community, s[k].code_id, e, &left)) < 0)
			return r;
		if (left)
			r = take_back(tx, community, &s[k], group ? S("left") : S("unfollowed"), (struct id){ 0 });
	}
	return r;
}

static int apply_leaving(struct tx *tx, struct id community, const struct event *e)
{
	struct rows browsers;
	int r = member_visitors(tx, community, e->actor, &browsers);
	for (size_t i = 0; r >= 0 && i < browsers.count; i++)
		r = of_browser(tx, community, e, ((const struct id_item *)browsers.at)[i].item);
	return r < 0 ? r : 0;
}

int leave_followed(struct tx *tx, struct id community, const struct campaign *c, const struct help *h)
{
	struct stay s = { h->participant_id, h->helper_id, c->id, c->code_id, h->state, h->acted_at };
	if (!c->still_days || !str_among(h->state, "counted held"))
		return 0;
	int r = take_back(tx, community, &s, S("unfollowed"), (struct id){ 0 });
	return r < 0 ? r : 1;
}

static int apply(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = apply_leaving(tx, community, &events[i]);
	return r;
}

static const struct follower followers[] = {
	{ "campaign_leaving", "member_left_group channel_unfollowed", apply },
	{ 0 },
};

/* ---- API ------------------------------------------------------------------------------------------------------------ */

/* By hand, for groups that nobody hears: the same days hold. */
static int post_left(struct request *rq, const void *in, void *out)
{
	const struct leaving *l = in;
	struct participant p;
	struct campaign c;
	struct help h;
	(void)out;
	int r = participant_get(rq->tx, rq->community, l->participant, &p);
	if (r < 0 || (r = help_of(rq->tx, rq->community, p.id, l->helper, &h)) < 0 ||
	    (r = campaign_get(rq->tx, rq->community, p.campaign_id, &c)) < 0)
		return r;
	if (!str_among(h.state, "counted held"))
		return E_ALREADY_DECIDED;
	if ((r = fraud_left(rq->tx, rq->community, &c, p.id, l->helper, tx_now(rq->tx))) < 0)
		return r;
	if (!in_time(h.acted_at, c.still_days, tx_now(rq->tx)))
		return rq_complain(rq, E_STAYED_LONG_ENOUGH, S("helper"));
	struct stay s = { p.id, l->helper, c.id, c.code_id, h.state, h.acted_at };
	r = take_back(rq->tx, rq->community, &s, str_is(c.act, "follow") ? S("unfollowed") : S("left"), rq->account);
	return r < 0 ? r : audit_note(rq, "help_left", p.id, h.nickname);
}

/* ---- Declaration ---------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "POST", "/helps/left", ROLE_OPERATOR, post_left, &row_leaving, NULL, "This friend has left the group: within the published days the help is taken back", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = { &stays_of, &follows_of, NULL };

const struct feature feature_leave = { .name = "leave", .api = "campaigns", .routes = routes, .queries = queries, .followers = followers };
