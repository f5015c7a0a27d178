/* lots.c: winners drawn at the set instant (开奖).
 *
 * Story      Three hundred tickets are in. At eight in the evening the job draws: for each prize in order, for each piece, one
 *            of the tickets that are still in. A ticket wins once; whoever has won as often as one may is out with all
 *            their tickets. Each lot is a line of the log, so the file shows it.
 * Holds      All lots of a campaign are drawn in one transaction, once. Fewer tickets than prizes: the rest stays in stock.
 * Test       draw_test.c.
 */
#include "campaign/draw/draw.h"

#include "engine/jobs/jobs.h"

#define LOOK MINUTE

struct due { struct id community_id, campaign_id; };
struct ticket { int64_t n; struct id participant_id; struct str who; };

ROW(due,
	FIELD(due, community_id, "Community"),
	FIELD(due, campaign_id,  "Campaign"));

ROW(ticket,
	FIELD(ticket, n,              "Number"),
	FIELD(ticket, participant_id, "Whose"),
	FIELD(ticket, who,            "Their mark"));

static QUERY(lots_due, READS, &row_due, TAKES(K_INSTANT),
	"SELECT community_id, campaign_id FROM draw WHERE mode = 'lots' AND lots_at = 0 AND seed <> '' AND draw_at <= ?1 LIMIT 50",
	.scans = true);

static QUERY(lots_tickets, READS, &row_ticket, TAKES(K_ID, K_ID),
	"SELECT n, participant_id, who FROM drawn WHERE community_id = ?1 AND campaign_id = ?2 AND place = -1 ORDER BY n LIMIT 100000");

static QUERY(lots_done, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE draw SET lots_at = ?3 WHERE community_id = ?1 AND campaign_id = ?2 AND lots_at = 0");

/* ---- Rules: no store, no clock ------------------------------------------------------------------ */

/* The ticket goes; with `whole`, all tickets of its holder. How many are left. */
static size_t take_out(struct ticket *tickets, size_t count, size_t which, bool whole)
{
	struct str who = tickets[which].who;
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (i != which && !(whole && str_equal(tickets[i].who, who)))
			tickets[kept++] = tickets[i];
	return kept;
}

static int64_t wins_of(const struct ticket *winners, size_t count, struct str who)
{
	int64_t n = 0;
	for (size_t i = 0; i < count; i++)
		n += str_equal(winners[i].who, who);
	return n;
}

/* ---- Actions ----------------------------------------------------------------------------------------- */

struct lots {
	struct tx      *tx;
	struct id       community;
	struct campaign campaign;
	struct draw     draw;
	struct fair_seed seed;
	struct str      last;                     /* hash of the last ticket */
	struct ticket  *in, *won;
	size_t          count, winners;
};

static int give_lot(struct lots *l, size_t place, const struct ticket *t)
{
	struct prize prize = draw_prize((const struct draw_place *)l->draw.places.at + place);
	struct participant p;
	struct prize_order order;
	struct arena *a = tx_arena(l->tx);
	int64_t k = (int64_t)l->winners + 1;
	int r = participant_get(l->tx, l->community, t->participant_id, &p);
	if (r < 0)
		return r;
	struct drawn_line line = {
		.participant = p.id, .token = str_format(a, "lot %lld", (long long)k), .place = (int64_t)place + 1,
		.line = str_format(a, "{\"n\":%lld,\"lot\":%lld,\"ticket\":%lld,\"place\":%zu}", (long long)l->draw.drawn + 1, (long long)k,
		                   (long long)t->n, place + 1),
	};
	if ((r = prize_give(l->tx, l->community, &p, (struct id){ -(l->draw.drawn + 1) }, &prize, &(struct claim){ 0 }, &order)) < 0 ||
	    (r = draw_append(l->tx, l->community, l->campaign.id, &l->draw, &line)) < 0)
		return r;
	return event_emit(l->tx, l->community, &campaign_events[CAMPAIGN_WON], &(struct event){
		.subject = l->campaign.id, .actor = p.visitor_id, .object = p.id, .via = order.id, .n = (int64_t)place + 1 });
}

static int draw_lots(struct lots *l)
{
	const struct draw_place *places = l->draw.places.at;
	for (size_t i = 0; i < l->draw.places.count; i++)
		for (int64_t piece = places[i].remaining; piece > 0 && l->count && l->winners < LOTS_MOST; piece--) {
			size_t which = (size_t)fair_lot(&l->seed, (int64_t)l->winners + 1, l->last, (int64_t)l->count);
			struct ticket t = l->in[which];
			int r = give_lot(l, i, &t);
			if (r < 0)
				return r;
			l->won[l->winners++] = t;
			bool whole = l->draw.wins_most && wins_of(l->won, l->winners, t.who) >= l->draw.wins_most;
			l->count = take_out(l->in, l->count, which, whole);
		}
	return 0;
}

static int draw_due(struct tx *tx, void *arg)
{
	const struct due *due = arg;
	struct lots l = { .tx = tx, .community = due->community_id };
	struct rows tickets;
	int r = campaign_get(tx, due->community_id, due->campaign_id, &l.campaign);
	if (r < 0 || !l.campaign.draw)
		return r == E_NOT_FOUND ? 0 : r;
	l.draw = *l.campaign.draw;
	if (l.draw.lots_at.ms || l.draw.draw_at.ms > tx_now(tx).ms || !fair_seed_read(l.draw.seed, &l.seed))
		return 0;
	if ((r = tx_all(tx, &lots_tickets, &tickets, V(due->community_id), V(due->campaign_id))) < 0)
		return r;
	l.last = l.draw.last, l.in = tickets.at, l.count = tickets.count;
	l.won = arena_take_array(tx_arena(tx), LOTS_MOST, sizeof *l.won);
	if (!l.won)
		return E_MEMORY;
	if ((r = draw_lots(&l)) < 0 || (r = tx_run(tx, &lots_done, V(l.community), V(l.campaign.id), V(tx_now(tx)))) < 0)
		return r;
	return event_emit(tx, l.community, &campaign_events[CAMPAIGN_DRAWN], &(struct event){
		.subject = l.campaign.id, .n = (int64_t)l.winners, .word = S("lots") });
}

static int list_due(struct tx *tx, void *arg) { return tx_all(tx, &lots_due, arg, V(tx_now(tx))); }

static int run_lots(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct rows rows = { 0 };
	(void)job;
	int r = store_read(jc->store, jc->arena, list_due, &rows);
	struct due *due = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = store_write(jc->store, due[i].community_id, jc->arena, draw_due, &due[i]);
	if (r < 0)
		*ret_why = str_of(err_text(r, LANG_EN));
	return r < 0 ? r : 0;
}

static const struct job_kind jobs[] = {
	{ "draw_lots", "Draws the winners of lotteries whose time has come", run_lots, .every_ms = LOOK },
	{ 0 },
};

static const struct query *const queries[] = { &lots_due, &lots_tickets, &lots_done, NULL };

const struct feature feature_draw_lots = { .name = "draw_lots", .queries = queries, .jobs = jobs };
