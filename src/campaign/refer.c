/* refer.c: 老带新 (refer a friend): a standing programme in which both sides get something for a friend who counts.
 *
 * Story      Lin's link brings Bo into the group: 50 points for her, 20 for him, at once and for each further friend, up to
 *            ten a month. A month later staff find that Bo is Lin's second phone and reject the help: both entries are taken
 *            back, and both read why. The car wash that Lin claimed for her third friend stays hers.
 * How        A follower of helps that count, and of those that were taken away. What was given is written down with the
 *            points of that day, so a later change of the settings takes back what was given, not what would be given now.
 * Owns       refer_reward.
 * Holds      A friend is rewarded once at a time, and with the one who brought them; the two entries have one key. What was
 *            taken back is given again, under another key, when the help counts again. The cap counts
 *            rewards of a calendar month in the community's zone; the friend beyond it still gets theirs.
 * Not here   When a friend counts (invite.c). Prizes: a stage's `whom` says whether it is the inviter's or the friend's.
 * Test       refer_test.c: random friends, months and rejections against a model, on both stores.
 */
#include "campaign/campaign.h"

#include "http/personal.h"
#include "people/member.h"

struct reward {
	struct id      participant_id, helper_id, inviter_id, member_id;
	int64_t        inviter_points, friend_points, turn;
	struct str     state;
	struct instant at;
};

ROW(reward,
	FIELD(reward, participant_id, "Who brought them"),
	FIELD(reward, helper_id,      "The friend, as a visitor"),
	FIELD(reward, inviter_id,     "Whose account got the points", .optional = true),
	FIELD(reward, member_id,      "The friend's account", .optional = true),
	FIELD(reward, inviter_points, "What the inviter got"),
	FIELD(reward, friend_points,  "What the friend got"),
	FIELD(reward, turn,           "How often it was given"),
	FIELD(reward, state,          "given; capped: the friend alone got theirs; taken: both were taken back", .one_of = "given capped taken"),
	FIELD(reward, at,             "When"));

struct refer_sums { int64_t friends, capped, taken, inviter_points, friend_points; };

ROW(refer_sums,
	FIELD(refer_sums, friends,        "Friends for whom both sides were rewarded"),
	FIELD(refer_sums, capped,         "Friends beyond the month's cap: only they were"),
	FIELD(refer_sums, taken,          "Rewards that were taken back"),
	FIELD(refer_sums, inviter_points, "Points that inviters have of it"),
	FIELD(refer_sums, friend_points,  "Points that friends have of it"));

/* ---- Rules ------------------------------------------------------------------------------------------------- */

static int64_t month_of(const struct community *c, struct instant at)
{
	const struct zone *zone = zone_find(c->timezone);
	struct local local = zone_local(zone ? zone : zone_find(S("UTC")), at);
	return (int64_t)local.year * 12 + local.month;
}

/* ---- Actions --------------------------------------------------------------------------------------------------- */

static QUERY(rewards_of_month, READS, &row_id_item, TAKES(K_ID, K_ID, K_INT),
	"SELECT count(*) AS item FROM refer_reward WHERE community_id = ?1 AND participant_id = ?2 AND month = ?3 AND state = 'given'");

static QUERY(reward_put, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_ID, K_INT, K_INT, K_INT, K_STR, K_INSTANT, K_INT),
	"INSERT INTO refer_reward (community_id, participant_id, helper_id, campaign_id, inviter_id, member_id, month, inviter_points,"
	" friend_points, state, at, turn) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
	" ON CONFLICT (community_id, participant_id, helper_id) DO UPDATE SET inviter_id = excluded.inviter_id,"
	" member_id = excluded.member_id, month = excluded.month, inviter_points = excluded.inviter_points,"
	" friend_points = excluded.friend_points, state = excluded.state, at = excluded.at, turn = excluded.turn");

static QUERY(reward_of, READS, &row_reward, TAKES(K_ID, K_ID, K_ID),
	"SELECT participant_id, helper_id, inviter_id, member_id, inviter_points, friend_points, turn, state, at FROM refer_reward"
	" WHERE community_id = ?1 AND participant_id = ?2 AND helper_id = ?3");

static QUERY(reward_take, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE refer_reward SET state = 'taken' WHERE community_id = ?1 AND participant_id = ?2 AND helper_id = ?3 AND state <> 'taken'");

static struct str reward_key(struct tx *tx, const struct reward *w)
{
	return str_format(tx_arena(tx), "refer %lld %lld %lld", (long long)w->participant_id.n, (long long)w->helper_id.n, (long long)w->turn);
}

static int say_reward(struct tx *tx, struct id community, struct id campaign, const struct reward *w, struct str word)
{
	return event_emit(tx, community, &campaign_events[CAMPAIGN_REWARDED], &(struct event){
		.subject = campaign, .actor = w->helper_id, .object = w->participant_id, .n = w->inviter_points, .word = word });
}

static int both_members(struct tx *tx, struct id community, struct reward *w)
{
	struct participant p;
	int r = participant_get(tx, community, w->participant_id, &p);
	if (r == 0 && p.member_id.n)
		r = member_resolve(tx, community, p.member_id, &w->inviter_id);
	if (r == E_NOT_FOUND)
		r = 0;                            /* the inviter was erased: the friend's is still theirs */
	if (r == 0 && (r = member_find_visitor(tx, community, w->helper_id, &w->member_id)) == E_NOT_FOUND)
		r = 0;
	return r;
}

static int reward_give(struct tx *tx, struct id community, const struct campaign *c, const struct event *e)
{
	struct reward known = { 0 };
	struct id_item many = { 0 };
	struct community zone;
	int r = tx_one(tx, &reward_of, &known, V(community), V(e->object), V(e->actor));
	if (r != E_NOT_FOUND && (r < 0 || !str_is(known.state, "taken")))
		return r;                         /* given already */
	struct reward w = { .participant_id = e->object, .helper_id = e->actor, .friend_points = c->friend_points, .turn = known.turn + 1,
	                    .at = e->at };
	if ((r = community_get(tx, community, &zone)) < 0 || (r = both_members(tx, community, &w)) < 0)
		return r;
	int64_t month = month_of(&zone, e->at);
	if (c->month_cap && (r = tx_one(tx, &rewards_of_month, &many, V(community), V(w.participant_id), V(month))) < 0)
		return r;
	bool capped = c->month_cap && many.item.n >= c->month_cap;
	w.state = capped ? S("capped") : S("given");
	w.inviter_points = capped || !w.inviter_id.n ? 0 : c->inviter_points;
	if (!w.member_id.n)
		w.friend_points = 0;
	r = tx_run(tx, &reward_put, V(community), V(w.participant_id), V(w.helper_id), V(c->id), V(w.inviter_id), V(w.member_id),
	           V(month), V(w.inviter_points), V(w.friend_points), V(w.state), V(w.at), V(w.turn));
	if (r < 0)
		return r;
	struct str key = reward_key(tx, &w);
	if ((r = points_give(tx, community, w.inviter_id, w.inviter_points, key, "referred", w.helper_id, w.helper_id)) < 0 ||
	    (r = points_give(tx, community, w.member_id, w.friend_points, key, "welcomed", w.participant_id, w.helper_id)) < 0)
		return r;
	return say_reward(tx, community, c->id, &w, w.state);
}

static int reward_reverse(struct tx *tx, struct id community, const struct event *e)
{
	struct reward w;
	int r = tx_one(tx, &reward_of, &w, V(community), V(e->object), V(e->actor));
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = tx_run(tx, &reward_take, V(community), V(e->object), V(e->actor))) <= 0)
		return r;
	struct str key = reward_key(tx, &w);
	if ((w.inviter_points && (r = points_take(tx, community, w.inviter_id, key, e->word, e->actor)) < 0) ||
	    (w.friend_points && (r = points_take(tx, community, w.member_id, key, e->word, e->actor)) < 0))
		return r;
	return say_reward(tx, community, e->subject, &w, S("taken"));
}

static int apply_helps(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	struct campaign c = { 0 };
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++) {
		const struct event *e = &events[i];
		if (str_is(e->kind, "campaign_deducted")) {
			r = reward_reverse(tx, community, e);
			continue;
		}
		if (c.id.n != e->subject.n && (r = campaign_get(tx, community, e->subject, &c)) < 0)
			return r;
		if (str_is(c.kind, "refer") && (c.inviter_points || c.friend_points))
			r = reward_give(tx, community, &c, e);
	}
	return r < 0 ? r : 0;
}

static const struct follower followers[] = {
	{ "refer_rewards", "campaign_helped campaign_deducted", apply_helps },
	{ 0 },
};

/* ---- API ------------------------------------------------------------------------------------------------------------ */

static QUERY(refer_sum, READS, &row_refer_sums, TAKES(K_ID, K_ID),
	"SELECT COALESCE(sum(CASE WHEN state = 'given' THEN 1 ELSE 0 END), 0) AS friends,"
	" COALESCE(sum(CASE WHEN state = 'capped' THEN 1 ELSE 0 END), 0) AS capped,"
	" COALESCE(sum(CASE WHEN state = 'taken' THEN 1 ELSE 0 END), 0) AS taken,"
	" CAST(COALESCE(sum(CASE WHEN state = 'taken' THEN 0 ELSE inviter_points END), 0) AS BIGINT) AS inviter_points,"
	" CAST(COALESCE(sum(CASE WHEN state = 'taken' THEN 0 ELSE friend_points END), 0) AS BIGINT) AS friend_points"
	" FROM refer_reward WHERE community_id = ?1 AND campaign_id = ?2");

static int get_rewards(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	(void)in;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	return r < 0 ? r : tx_one(rq->tx, &refer_sum, out, V(rq->community), V(c.id));
}

/* ---- What is kept about people ---------------------------------------------------------------------------------------- */

struct reward_own { struct str campaign, state; int64_t points; struct instant at; };

ROW(reward_own,
	FIELD(reward_own, campaign, "Campaign"),
	FIELD(reward_own, points,   "Points"),
	FIELD(reward_own, state,    "What became of it"),
	FIELD(reward_own, at,       "When"));

static QUERY(rewards_show, READS, &row_reward_own, TAKES(K_ID, K_ID),
	"SELECT c.name AS campaign, CASE WHEN r.inviter_id = ?2 THEN r.inviter_points ELSE r.friend_points END AS points, r.state, r.at"
	" FROM refer_reward r JOIN campaign c ON c.community_id = r.community_id AND c.id = r.campaign_id"
	" WHERE r.community_id = ?1 AND (r.inviter_id = ?2 OR r.member_id = ?2) ORDER BY r.at LIMIT 500");

static QUERY(inviters_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE refer_reward SET inviter_id = 0 WHERE community_id = ?1 AND inviter_id = ?2", .scans = true);

static QUERY(friends_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE refer_reward SET member_id = 0 WHERE community_id = ?1 AND member_id = ?2", .scans = true);

static QUERY(helpers_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE refer_reward SET helper_id = ?3 WHERE community_id = ?1 AND helper_id = ?2");

static const struct personal personal[] = {
	{ "refer_reward", "老带新活动里，因为你或你的好友得到的积分", "Points for friends you brought, or for having come", "活动 积分 结果 时间", BY_MEMBER,
	  &rewards_show, .erases = { &inviters_forget, &friends_forget } },
	{ "refer_reward", NULL, NULL, NULL, BY_VISITOR, .erases = { &helpers_forget } },
	{ 0 },
};

/* ---- Declaration ---------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/campaigns/{id}/rewards", ROLE_READER, get_rewards, NULL, &row_refer_sums, "Of kind refer: what inviters and friends were given", .sees = campaign_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&rewards_of_month, &reward_put, &reward_of, &reward_take, &refer_sum, &rewards_show, &inviters_forget, &friends_forget,
	&helpers_forget, NULL,
};

const struct feature feature_refer = {
	.name = "refer", .api = "campaigns", .routes = routes, .queries = queries, .followers = followers, .personal = personal,
};
