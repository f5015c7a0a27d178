/* vote.c: voting for an entry.
 *
 * Story      Lin's friends vote: three a day each, once for an entry. A phone that lost the answer asks again with the same token.
 *            Forty votes come from one network within a minute: from the sixth voter on they wait, say so to the voter and to Lin,
 *            and stand in the fraud queue with network and device, like any help.
 * How        A person's first vote for an entry is their help for it: invite.c decides (newcomers only, mutual help, time to wait),
 *            fraud/ looks at it. Their later votes for the entry share that verdict, from whichever of their browsers they come.
 *            A vote that counts is an entry in the ledger of helps under its own id; limits are counted in the transaction
 *            that writes it, also for votes that wait.
 * Owns       contest_vote.
 * Holds      See contest.h. What was refused spends nothing. Taken away is another entry; counted again another one.
 * Test       contest_test.c, vote_test.c.
 */
#include "campaign/contest/contest.h"

#include "base/utf8.h"
#include "campaign/fraud/fraud.h"
#include "http/personal.h"
#include "people/member.h"

#define TRIES       120
#define CROWD      3000
#define TRIES_TIME (10 * MINUTE)
#define VOTES_MOST 10000          /* of one person for one entry */

struct vote_input { struct str token; };

ROW(vote_input, FIELD(vote_input, token, "Made up by the browser for this vote; sent twice, it is one vote", .min = 16, .max = 40,
	.pattern = "[A-Za-z0-9_-]+"));

/* ---- Voting -------------------------------------------------------------------------------------------------- */

struct voted { int64_t today, in_all, entry; };

ROW(voted,
	FIELD(voted, today, "Votes today"),
	FIELD(voted, in_all, "Votes in all"),
	FIELD(voted, entry, "Votes for this entry"));

/* Of the person: this browser, and the others of the member behind it. */
static QUERY(votes_given, READS, &row_voted, TAKES(K_ID, K_ID, K_ID, K_ID, K_INT, K_ID),
	"SELECT COALESCE(SUM(CASE WHEN day = ?5 THEN 1 ELSE 0 END), 0) AS today, count(*) AS in_all,"
	" COALESCE(SUM(CASE WHEN participant_id = ?6 THEN 1 ELSE 0 END), 0) AS entry FROM contest_vote"
	" WHERE community_id = ?1 AND campaign_id = ?2 AND (visitor_id = ?3 OR visitor_id IN (SELECT CAST(i.subject AS BIGINT) FROM identity i"
	" WHERE i.community_id = ?1 AND i.member_id = ?4 AND ?4 <> 0 AND i.channel = 'browser'))");

static QUERY(vote_by_token, READS, &row_id_item, TAKES(K_ID, K_ID, K_STR),
	"SELECT id AS item FROM contest_vote WHERE community_id = ?1 AND visitor_id = ?2 AND token = ?3");

static QUERY(vote_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_INT, K_INSTANT),
	"INSERT INTO contest_vote (community_id, id, campaign_id, participant_id, visitor_id, helper_id, counted, turn, token, day, at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, FALSE, 0, ?7, ?8, ?9)");

static QUERY(vote_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM contest_vote WHERE community_id = ?1 AND id = ?2");

static QUERY(entry_passed, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT participant_id AS item FROM contest_entry WHERE community_id = ?1 AND participant_id = ?2 AND state = 'passed'");

static int64_t rest(int64_t limit, int64_t given)              /* 0: no limit */
{
	return limit == 0 ? INT64_MAX : limit > given ? limit - given : 0;
}

static int today_of(struct request *rq, int64_t *ret)
{
	struct community community;
	int r = community_get(rq->tx, rq->community, &community);
	if (r == 0)
		*ret = day_of(community_zone(&community), tx_now(rq->tx));
	return r;
}

int votes_left(struct request *rq, const struct campaign *c, const struct contest *contest, const struct participant *for_whom,
               struct votes_left *ret)
{
	struct id member = { 0 };
	struct voted given;
	int64_t day;
	int r = today_of(rq, &day);
	if (r < 0 || ((r = member_find_visitor(rq->tx, rq->community, rq->visitor, &member)) < 0 && r != E_NOT_FOUND) ||
	    (r = tx_one(rq->tx, &votes_given, &given, V(rq->community), V(c->id), V(rq->visitor), V(member), V(day), V(for_whom->id))) < 0)
		return r;
	bool self = for_whom->id.n && (for_whom->visitor_id.n == rq->visitor.n || (member.n && member.n == for_whom->member_id.n));
	struct votes_left left = {
		rest(contest->day_votes, given.today), rest(contest->most_votes, given.in_all), rest(contest->entry_votes, given.entry), 0,
	};
	left.refused = campaign_phase(c, tx_now(rq->tx)) != CAMPAIGN_OPEN ? E_CAMPAIGN_CLOSED : self ? E_SELF_HELP
		: !left.all ? E_NO_VOTE : !left.today ? E_NO_VOTE_TODAY : for_whom->id.n && !left.entry ? E_VOTED : 0;
	*ret = left;
	return 0;
}

/* ---- Votes in the ledger ------------------------------------------------------------------------------------- */

struct vote_kept { struct id id; int64_t turn; };

ROW(vote_kept,
	FIELD(vote_kept, id,   "Vote"),
	FIELD(vote_kept, turn, "How often it was counted"));

static QUERY(votes_as, READS, &row_vote_kept, TAKES(K_ID, K_ID, K_ID, K_BOOL, K_INT),
	"SELECT id, turn FROM contest_vote WHERE community_id = ?1 AND participant_id = ?2 AND helper_id = ?3 AND counted = ?4"
	" ORDER BY id + 0 LIMIT ?5");

static QUERY(vote_turn, WRITES, NULL, TAKES(K_ID, K_ID, K_BOOL, K_INT),
	"UPDATE contest_vote SET counted = ?3, turn = ?4 WHERE community_id = ?1 AND id = ?2");

static QUERY(entry_votes_move, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"UPDATE contest_entry SET votes = votes + ?3 WHERE community_id = ?1 AND participant_id = ?2");

/* One that counts again after it was taken away has another name: entries are never changed. */
static struct str vote_key(struct tx *tx, struct id vote, int64_t turn)
{
	return turn == 1 ? str_format(tx_arena(tx), "vote %lld", (long long)vote.n)
	                 : str_format(tx_arena(tx), "vote %lld %lld", (long long)vote.n, (long long)turn);
}

int votes_count(struct tx *tx, struct id community, const struct campaign *c, struct id participant, struct id helper)
{
	struct rows rows;
	int r = tx_all(tx, &votes_as, &rows, V(community), V(participant), V(helper), V(false), V((int64_t)VOTES_MOST));
	const struct vote_kept *v = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		struct event e = { .subject = c->id, .actor = helper, .object = participant };
		struct posting posting = {
			.to = { &book_help, participant, 0 }, .amount = 1, .key = vote_key(tx, v[i].id, v[i].turn + 1), .reason = S("voted"),
			.source = v[i].id, .actor = helper,
		};
		if ((r = tx_run(tx, &vote_turn, V(community), V(v[i].id), V(true), V(v[i].turn + 1))) >= 0 &&
		    (r = ledger_post(tx, community, &posting, &e.n)) >= 0 &&
		    (r = event_emit(tx, community, &campaign_events[ENTRY_VOTED], &e)) >= 0)
			r = goal_reached(tx, community, c, &e);
	}
	if (r >= 0)
		r = tx_run(tx, &entry_votes_move, V(community), V(participant), V((int64_t)rows.count));
	return r < 0 ? r : (int)rows.count;
}

int votes_take(struct tx *tx, struct id community, struct id participant, struct id helper, struct str word, struct id actor,
               int64_t *ret_balance)
{
	struct side side = { &book_help, participant, LEDGER_NO_FLOOR };
	struct rows rows;
	int r = tx_all(tx, &votes_as, &rows, V(community), V(participant), V(helper), V(true), V((int64_t)VOTES_MOST));
	const struct vote_kept *v = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if ((r = tx_run(tx, &vote_turn, V(community), V(v[i].id), V(false), V(v[i].turn))) >= 0)
			r = ledger_reverse(tx, community, &side, vote_key(tx, v[i].id, v[i].turn), word, actor, ret_balance);
	if (r >= 0 && rows.count)
		r = tx_run(tx, &entry_votes_move, V(community), V(participant), V(-(int64_t)rows.count));
	return r < 0 ? r : (int)rows.count;
}

/* ---- A vote ---------------------------------------------------------------------------------------------------- */

static bool stands(const struct help *h) { return str_is(h->state, "counted") || str_is(h->state, "held"); }

/* The help under which this person's votes for the entry stand: this browser's, or another one's of the same member.
 * acted_at 0: none yet. */
static int own_help(struct request *rq, const struct participant *p, struct help *ret)
{
	struct help h = { 0 };
	struct id member;
	struct rows browsers = { 0 };
	int r = help_of(rq->tx, rq->community, p->id, rq->visitor, &h);
	if (r == E_NOT_FOUND)
		h = (struct help){ 0 };
	if ((r < 0 && r != E_NOT_FOUND) || stands(&h) || (r = member_find_visitor(rq->tx, rq->community, rq->visitor, &member)) < 0) {
		*ret = h;
		return r == E_NOT_FOUND ? 0 : r;
	}
	r = member_visitors(rq->tx, rq->community, member, &browsers);
	for (size_t i = 0; r >= 0 && i < browsers.count; i++) {
		struct help other;
		r = help_of(rq->tx, rq->community, p->id, ((const struct id_item *)browsers.at)[i].item, &other);
		if (r == 0 && stands(&other)) {
			*ret = other;
			return 0;
		}
		r = r == E_NOT_FOUND ? 0 : r;
	}
	*ret = h;
	return r < 0 ? r : 0;
}

/* A person's first vote for this entry: it is judged, and counted by the verdict (invite.c). Refused, it was none. */
static int judge_first(struct request *rq, const struct campaign *c, const struct participant *p, struct id vote)
{
	struct fraud_limits limits;
	struct help h;
	int r = fraud_limits(rq->tx, rq->community, c, &limits);
	if (r < 0)
		return r;
	struct help_act act = {
		.helper = rq->visitor, .address = rq->address, .at = tx_now(rq->tx), .device = utf8_cut(rq->user_agent, 80),
		.risk = fraud_burst(rq, p->id, &limits) ? "burst" : NULL,
	};
	r = help_do(rq->tx, rq->community, c, p, &act, &h);
	return r < 0 || stands(&h) ? r : tx_run(rq->tx, &vote_drop, V(rq->community), V(vote));
}

static int vote_once(struct request *rq, const struct campaign *c, const struct participant *p, struct str token)
{
	struct contest contest;
	struct votes_left left;
	struct id_item passed;
	struct help own;
	int64_t day;
	int r = contest_get(rq->tx, rq->community, c->id, &contest);
	if (r < 0 || (r = votes_left(rq, c, &contest, p, &left)) < 0 || (r = left.refused) < 0 || (r = today_of(rq, &day)) < 0)
		return r;
	if (str_is(p->state, "blocked"))
		return E_NOT_FOR_YOU;
	if ((r = tx_one(rq->tx, &entry_passed, &passed, V(rq->community), V(p->id))) < 0 || (r = own_help(rq, p, &own)) < 0)
		return r;
	if (own.acted_at.ms && !stands(&own))
		return 0;                         /* the page says why theirs do not count */
	struct id vote = tx_new_id(rq->tx), as = own.acted_at.ms ? own.helper_id : rq->visitor;
	r = tx_run(rq->tx, &vote_insert, V(rq->community), V(vote), V(c->id), V(p->id), V(rq->visitor), V(as), V(token), V(day),
	           V(tx_now(rq->tx)));
	if (r < 0 || !own.acted_at.ms)
		return r < 0 ? r : judge_first(rq, c, p, vote);
	return str_is(own.state, "counted") ? votes_count(rq->tx, rq->community, c, p->id, as) : 0;
}

static int post_vote(struct request *rq, const void *in, void *out)
{
	const struct vote_input *input = in;
	struct campaign c;
	struct participant owner;
	struct id_item known;
	if (!rq_allow(rq, str_format(rq->arena, "vote %lld", (long long)rq->visitor.n), TRIES, TRIES_TIME) ||
	    !rq_allow(rq, str_format(rq->arena, "vote %.*s", STR(rq->address)), CROWD, TRIES_TIME))
		return E_SLOW_DOWN;
	int r = contest_page(rq, &c, &owner);
	if (r < 0)
		return r;
	if (!owner.id.n)
		return E_NOT_FOUND;               /* the campaign's own page: nobody's entry */
	r = tx_one(rq->tx, &vote_by_token, &known, V(rq->community), V(rq->visitor), V(input->token));
	if (r == E_NOT_FOUND)
		r = vote_once(rq, &c, &owner, input->token);
	return r < 0 ? r : task_answer(rq, out);
}

/* ---- What is kept about people ------------------------------------------------------------------------------------------ */

struct vote_own { struct str campaign, title; struct instant at; };

ROW(vote_own,
	FIELD(vote_own, campaign, "Campaign"),
	FIELD(vote_own, title,    "For which entry"),
	FIELD(vote_own, at,       "When"));

static QUERY(own_votes, READS, &row_vote_own, TAKES(K_ID, K_ID),
	"SELECT c.name AS campaign, COALESCE(e.title, '') AS title, v.at FROM contest_vote v JOIN campaign c"
	" ON c.community_id = v.community_id AND c.id = v.campaign_id LEFT JOIN contest_entry e"
	" ON e.community_id = v.community_id AND e.participant_id = v.participant_id"
	" WHERE v.community_id = ?1 AND v.visitor_id = ?2 ORDER BY v.id LIMIT 500");

static QUERY(vote_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE contest_vote SET visitor_id = ?3 WHERE community_id = ?1 AND visitor_id = ?2");

static QUERY(vote_as_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE contest_vote SET helper_id = ?3 WHERE community_id = ?1 AND helper_id = ?2");

static const struct personal personal[] = {
	{ "contest_vote", "你投过的票", "Votes you gave", "活动 作品 时间", BY_VISITOR, &own_votes, .erases = { &vote_forget, &vote_as_forget } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "POST", "/t/{slug}/vote", ROLE_VISITOR, post_vote, &row_vote_input, &row_task_page, "Vote for the entry whose page this is; the same token is one vote", OUT_BODY, .makes = "application/json" },
	{ 0 },
};

static const struct query *const queries[] = {
	&votes_given, &vote_by_token, &vote_insert, &vote_drop, &votes_as, &vote_turn, &entry_votes_move, &entry_passed, &own_votes,
	&vote_forget, &vote_as_forget, NULL,
};

const struct feature feature_contest_vote = {
	.name = "contest_vote", .routes = routes, .queries = queries, .personal = personal,
};
