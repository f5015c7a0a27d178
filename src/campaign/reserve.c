/* reserve.c: a piece put aside for who has reached a goal, until they claim it.
 *
 * Story      Ten flasks, and Lin is the tenth to reach the goal. She is on the train and claims in the evening; the eleventh
 *            reaches it at noon and sees that none is left. Lin's flask is still hers. Had she lost a friend before claiming,
 *            hers would have gone back to the shelf; had she never claimed, too, when the time for claims was over.
 * How        Setting `reserve`: at `claim`, who comes first gets it; at `goal`, one piece moves in the ledger from the stock to
 *            the participant's account "held", in the transaction that counts the help. Claiming moves it back and takes the
 *            piece that was chosen, in one transaction. Of several prizes to choose from the fullest shelf gives the piece.
 * Owns       prize_hold, the book "held".
 * Holds      Who reached the goal while there was stock never meets an empty shelf. Stock, what is put aside and what was
 *            given add up to what was promised. A hold ends once: claimed, lost with the goal, or expired.
 * Test       reserve_test.c: random helps, losses, claims and time against a model, on both stores.
 */
#include "campaign/campaign.h"

#include "engine/jobs/jobs.h"
#include "http/personal.h"

#define LOOK      MINUTE
#define BATCH        200

const struct book book_held = { "held", "piece", "Pieces put aside for a participant who has reached a goal" };

ROW_PUBLIC(prize_hold,
	FIELD(prize_hold, participant_id, "For whom"),
	FIELD(prize_hold, stage_id,       "Stage"),
	FIELD(prize_hold, campaign_id,    "Campaign"),
	FIELD(prize_hold, prize_id,       "Of which prize the piece is"),
	FIELD(prize_hold, turn,           "How often one was put aside"),
	FIELD(prize_hold, state,          "Where it stands", .one_of = "held claimed released"),
	FIELD(prize_hold, until,          "Until when"));

#define HOLD "participant_id, stage_id, campaign_id, prize_id, turn, state, until FROM prize_hold"

static QUERY(hold_of, READS, &row_prize_hold, TAKES(K_ID, K_ID, K_ID),
	"SELECT " HOLD " WHERE community_id = ?1 AND participant_id = ?2 AND stage_id = ?3");

static QUERY(holds_of, READS, &row_prize_hold, TAKES(K_ID, K_ID),
	"SELECT " HOLD " WHERE community_id = ?1 AND participant_id = ?2 ORDER BY stage_id LIMIT 10");

static QUERY(hold_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_INT, K_INSTANT),
	"INSERT INTO prize_hold (community_id, participant_id, stage_id, campaign_id, prize_id, turn, state, until)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'held', ?7) ON CONFLICT (community_id, participant_id, stage_id) DO UPDATE SET"
	" prize_id = excluded.prize_id, turn = excluded.turn, state = excluded.state, until = excluded.until");

static QUERY(hold_end, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR),
	"UPDATE prize_hold SET state = ?4 WHERE community_id = ?1 AND participant_id = ?2 AND stage_id = ?3 AND state = 'held'");

static QUERY(hold_longer, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"UPDATE prize_hold SET until = ?4 WHERE community_id = ?1 AND participant_id = ?2 AND stage_id = ?3 AND state = 'held'");

static struct str hold_key(struct tx *tx, const struct prize_hold *h)
{
	return str_format(tx_arena(tx), "hold %lld %lld %lld", (long long)h->stage_id.n, (long long)h->participant_id.n, (long long)h->turn);
}

/* ---- Putting aside ------------------------------------------------------------------------------------------ */

/* The prize with the most left; NULL: every shelf is empty. */
static int fullest(struct tx *tx, struct id community, const struct stage *s, const struct prize **ret)
{
	const struct prize *prizes = s->prizes.at;
	int64_t most = 0, left;
	int r = 0;
	*ret = NULL;
	for (size_t i = 0; r >= 0 && i < s->prizes.count; i++)
		if ((r = prize_left(tx, community, prizes[i].id, &left)) >= 0 && left > most)
			most = left, *ret = &prizes[i];
	return r < 0 ? r : 0;
}

int hold_make(struct tx *tx, struct id community, const struct campaign *c, struct id participant, const struct stage *s)
{
	struct prize_hold h = { .participant_id = participant, .stage_id = s->id };
	const struct prize *prize;
	bool claimed;
	if (!str_is(c->reserve, "goal") || !str_is(s->whom, "own"))
		return 0;
	int r = tx_one(tx, &hold_of, &h, V(community), V(participant), V(s->id));
	if (r != E_NOT_FOUND && (r < 0 || !str_is(h.state, "released")))
		return r;                         /* put aside or claimed already */
	if ((r = prize_claimed(tx, community, participant, s->id, &claimed)) < 0 || claimed ||
	    (r = fullest(tx, community, s, &prize)) < 0 || !prize)
		return r;
	h.prize_id = prize->id, h.turn++;
	struct posting p = {
		.to = { &book_held, participant, 0 }, .from = { &book_stock, prize->id, 0 }, .amount = 1, .key = hold_key(tx, &h),
		.reason = S("reserved"), .source = s->id,
	};
	if ((r = ledger_post(tx, community, &p, NULL)) < 0 ||
	    (r = tx_run(tx, &hold_put, V(community), V(participant), V(s->id), V(c->id), V(prize->id), V(h.turn), V(c->claim_until))) < 0)
		return r;
	return campaign_end_empty(tx, community, c);
}

int hold_finish(struct tx *tx, struct id community, struct id participant, struct id stage, const char *how)
{
	struct prize_hold h;
	struct side side = { &book_held, participant, 0 };
	int r = tx_one(tx, &hold_of, &h, V(community), V(participant), V(stage));
	if (r < 0 || !str_is(h.state, "held"))
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = tx_run(tx, &hold_end, V(community), V(participant), V(stage), V(str_of(how)))) <= 0)
		return r;
	return ledger_reverse(tx, community, &side, hold_key(tx, &h), str_of(how), (struct id){ 0 }, NULL);
}

int holds_for(struct tx *tx, struct id community, struct id participant, struct rows *ret)
{
	return tx_all(tx, &holds_of, ret, V(community), V(participant));
}

/* ---- Lost with the goal ---------------------------------------------------------------------------------------- */

static int let_go(struct tx *tx, struct id community, const struct event *e)
{
	struct campaign c;
	struct rows rows;
	int64_t balance;
	int r = holds_for(tx, community, e->object, &rows);
	if (r <= 0 || (r = campaign_get(tx, community, e->subject, &c)) < 0 ||
	    (r = ledger_balance(tx, community, &book_help, e->object, &balance)) < 0)
		return r;
	const struct prize_hold *h = rows.at;
	const struct stage *stages = c.stages.at;
	for (size_t i = 0; i < rows.count; i++)
		for (size_t k = 0; r >= 0 && k < c.stages.count; k++)
			if (stages[k].id.n == h[i].stage_id.n && stages[k].goal > balance)
				r = hold_finish(tx, community, e->object, h[i].stage_id, "released");
	return r;
}

static int apply_losses(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = let_go(tx, community, &events[i]);
	return r < 0 ? r : 0;
}

static const struct follower followers[] = {
	{ "campaign_holds", "campaign_deducted", apply_losses },
	{ 0 },
};

/* ---- Never claimed ------------------------------------------------------------------------------------------------ */

struct hold_due { struct id community_id, campaign_id, participant_id, stage_id; };

ROW(hold_due,
	FIELD(hold_due, community_id,   "Community"),
	FIELD(hold_due, campaign_id,    "Campaign"),
	FIELD(hold_due, participant_id, "For whom"),
	FIELD(hold_due, stage_id,       "Stage"));

static QUERY(holds_due, READS, &row_hold_due, TAKES(K_INSTANT, K_INT),
	"SELECT community_id, campaign_id, participant_id, stage_id FROM prize_hold WHERE state = 'held' AND until <= ?1"
	" ORDER BY until LIMIT ?2", .scans = true);

static int list_due(struct tx *tx, void *arg) { return tx_all(tx, &holds_due, arg, V(tx_now(tx)), V((int64_t)BATCH)); }

static int expire(struct tx *tx, void *arg)
{
	const struct hold_due *d = arg;
	struct campaign c;
	int r = campaign_get(tx, d->community_id, d->campaign_id, &c);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if (c.claim_until.ms > tx_now(tx).ms)     /* claims go on longer than they were to */
		return tx_run(tx, &hold_longer, V(d->community_id), V(d->participant_id), V(d->stage_id), V(c.claim_until));
	return hold_finish(tx, d->community_id, d->participant_id, d->stage_id, "released");
}

static int run_expire(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct rows rows = { 0 };
	(void)job;
	int r = store_read(jc->store, jc->arena, list_due, &rows);
	struct hold_due *due = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = store_write(jc->store, due[i].community_id, jc->arena, expire, &due[i]);
	if (r < 0)
		*ret_why = S("the store did not answer");
	return r < 0 ? r : 0;
}

static const struct job_kind jobs[] = {
	{ "prize_holds", "Puts pieces back that were put aside and never claimed", run_expire, .every_ms = LOOK },
	{ 0 },
};

/* ---- Declaration ---------------------------------------------------------------------------------------------------- */

/* By participant, who is forgotten by invite.c; it says of nobody what their order would not. */
static const struct personal personal[] = {
	{ "prize_hold", NULL, NULL, NULL, BY_VISITOR },
	{ 0 },
};

static const struct query *const queries[] = { &hold_of, &holds_of, &hold_put, &hold_end, &hold_longer, &holds_due, NULL };

const struct feature feature_reserve = {
	.name = "reserve", .queries = queries, .followers = followers, .jobs = jobs, .personal = personal,
};
