/* open.c: a packet is opened, its shares are taken and given back, and it is full or has lapsed.
 *
 * Story      Two hundred friends tap Lin's packet in the same second; four shares are left, four get one, the others read that
 *            it is full and may still help somebody else. Bo's help turns out to be Lin's own second phone: his place is free
 *            again; had the packet been full, his 3.07 were an entry back to the budget.
 * How        The opener's is share 1; who counts next has the lowest turn that is free. What turn K is worth was certain when the
 *            packet was opened. Every act is a line of the campaign's log, numbered and chained, so it is serial for a campaign.
 *            A packet past its time has lapsed whether the job that writes it down has come by or not.
 * Owns       packet, packet_share, packet_line.
 * Holds      See packet.h.
 * Test       packet_test.c, packet_property_test.c.
 */
#include "campaign/packet/packet.h"

#include "engine/jobs/jobs.h"
#include "http/personal.h"
#include "people/member.h"
#include "people/merge.h"

#define LAPSE_LOOK  (10 * SECOND)
#define LAPSE_BATCH 500

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW_PUBLIC(packet,
	FIELD(packet, participant_id, "Whose"),
	FIELD(packet, campaign_id,    "Campaign"),
	FIELD(packet, number,         "Its number in the campaign, from 1 on"),
	FIELD(packet, token,          "The word of the opener's browser"),
	FIELD(packet, commitment,     "Of its own seed"),
	FIELD(packet, state,          "Where it stands", .one_of = "open full lapsed"),
	FIELD(packet, taken,          "Shares somebody has"),
	FIELD(packet, opened_at,      "Opened"),
	FIELD(packet, due_at,         "Lapses, unless it is full before"),
	FIELD(packet, done_at,        "Full, or lapsed", .optional = true));

ROW_PUBLIC(packet_share,
	FIELD(packet_share, turn,      "Which share, from 1 on; the first is the opener's"),
	FIELD(packet_share, helper_id, "Whose, as a visitor"),
	FIELD(packet_share, member_id, "… as a member", .optional = true),
	FIELD(packet_share, nickname,  "Their name"),
	FIELD(packet_share, amount,    "How much, in fen"),
	FIELD(packet_share, state,     "Where it stands", .one_of = "waiting given lapsed back"),
	FIELD(packet_share, line,      "Line of the log by which they have it"),
	FIELD(packet_share, at,        "When"));

/* ---- Reading ---------------------------------------------------------------------------------- */

#define PACKET "participant_id, campaign_id, number, token, commitment, state, taken, opened_at, due_at, done_at FROM packet"
#define SHARE  "turn, helper_id, member_id, nickname, amount, state, line, at FROM packet_share"

static QUERY(packet_by_id, READS, &row_packet, TAKES(K_ID, K_ID), "SELECT " PACKET " WHERE community_id = ?1 AND participant_id = ?2");

static QUERY(shares_of, READS, &row_packet_share, TAKES(K_ID, K_ID),
	"SELECT " SHARE " WHERE community_id = ?1 AND participant_id = ?2 ORDER BY turn LIMIT 100");

static QUERY(packet_today, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT CAST(COALESCE(sum(amount), 0) AS BIGINT) AS item FROM packet_share WHERE community_id = ?1 AND member_id = ?2"
	" AND campaign_id = ?3 AND day = ?4 AND state IN ('waiting', 'given')");

int packet_get(struct tx *tx, struct id community, struct id participant, struct packet *ret)
{
	return tx_one(tx, &packet_by_id, ret, V(community), V(participant));
}

int packet_shares(struct tx *tx, struct id community, struct id participant, struct rows *ret)
{
	return tx_all(tx, &shares_of, ret, V(community), V(participant));
}

bool packet_seed(const struct packet_rule *rule, const struct packet *p, struct fair_seed *ret)
{
	struct fair_seed seed;
	if (!fair_seed_read(rule->seed, &seed))
		return false;
	fair_packet_seed(&seed, p->number, ret);
	return true;
}

int packet_who(struct tx *tx, struct id campaign, struct id member, struct str *ret)
{
	struct key key;
	char mark[MAC_TEXT + 1];
	int r = tx_feature_key(tx, &key);
	if (r < 0)
		return r;
	mac_text(&key, str_format(tx_arena(tx), "packet %lld %lld", (long long)campaign.n, (long long)member.n), mark);
	*ret = str_copy(tx_arena(tx), str_of(mark));
	return 0;
}

/* One packet in hand, with all that an act on it needs; read anew in each transaction's act. */
struct hand {
	struct tx         *tx;
	struct id          community, campaign;
	struct packet_rule rule;
	struct packet      packet;
	struct fair_seed   seed;                  /* the packet's own */
	struct rows        shares;
	int64_t            amounts[FAIR_SHARES];
};

static int split(struct hand *h)
{
	const struct packet_rule *rule = &h->rule;
	return packet_seed(rule, &h->packet, &h->seed) &&
	       fair_split(&h->seed, h->packet.token, rule->total.fen, rule->shares, rule->least.fen, str_is(rule->split, "even"), h->amounts)
		? 0 : E_STORE;
}

/* E_PACKET_NONE: they have opened none. */
static int take_in_hand(struct hand *h, struct tx *tx, struct id community, struct id participant)
{
	*h = (struct hand){ .tx = tx, .community = community };
	int r = packet_get(tx, community, participant, &h->packet);
	if (r < 0)
		return r == E_NOT_FOUND ? E_PACKET_NONE : r;
	h->campaign = h->packet.campaign_id;
	if ((r = packet_rule_get(tx, community, h->campaign, &h->rule)) < 0 || (r = packet_shares(tx, community, participant, &h->shares)) < 0)
		return r;
	return split(h);
}

static struct packet_share *share_of(const struct hand *h, struct id helper)
{
	struct packet_share *s = h->shares.at;
	for (size_t i = 0; i < h->shares.count; i++)
		if (s[i].helper_id.n == helper.n)
			return &s[i];
	return NULL;
}

/* The lowest turn nobody has; 0: none is free. */
static int64_t free_turn(const struct hand *h)
{
	const struct packet_share *s = h->shares.at;
	int64_t turn = 1;
	for (size_t i = 0; i < h->shares.count && s[i].turn == turn; i++)
		turn++;
	return turn <= h->rule.shares ? turn : 0;
}

/* ---- The log ------------------------------------------------------------------------------------ */

static QUERY(packet_line_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_STR, K_STR),
	"INSERT INTO packet_line (community_id, campaign_id, n, line, hash) VALUES (?1, ?2, ?3, ?4, ?5)");

static QUERY(packet_log_move, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_STR, K_INT),
	"UPDATE packet_rule SET lines = ?3, last = ?4, packets = packets + ?5"
	" WHERE community_id = ?1 AND campaign_id = ?2 AND lines = ?3 - 1");

/* `rest`: what follows number, time and packet. *h->rule goes on with it. */
static int append(struct hand *h, struct str rest, bool opens)
{
	char hash[FAIR_HEX + 1];
	struct arena *arena = tx_arena(h->tx);
	int64_t n = h->rule.lines + 1;
	struct str line = str_format(arena, "{\"n\":%lld,\"at\":%lld,\"packet\":%lld,%.*s}", (long long)n, (long long)tx_now(h->tx).ms,
	                             (long long)h->packet.number, STR(rest));
	fair_chain(h->rule.last, line, hash);
	struct str kept = str_copy(arena, str_of(hash));
	if (!rest.len || !line.len || !kept.len)
		return E_MEMORY;
	int r = tx_run(h->tx, &packet_line_insert, V(h->community), V(h->campaign), V(n), V(line), V(kept));
	if (r < 0 || (r = tx_run(h->tx, &packet_log_move, V(h->community), V(h->campaign), V(n), V(kept), V((int64_t)opens))) < 0)
		return r;
	h->rule.lines = n, h->rule.last = kept;
	return r ? 0 : E_CONFLICT;
}

/* ---- Money ---------------------------------------------------------------------------------------- */

static QUERY(share_set, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_STR, K_INT),
	"UPDATE packet_share SET state = ?4, line = ?5 WHERE community_id = ?1 AND participant_id = ?2 AND turn = ?3");

static int mark(struct hand *h, struct packet_share *s, const char *state)
{
	s->state = str_of(state);
	int r = tx_run(h->tx, &share_set, V(h->community), V(h->packet.participant_id), V(s->turn), V(s->state), V(s->line));
	return r < 0 ? r : 0;
}

static struct str entry_key(struct hand *h, const char *what, int64_t line)
{
	return str_format(tx_arena(h->tx), "%s %lld %lld", what, (long long)h->packet.participant_id.n, (long long)line);
}

/* What is in the packet, to the budget. */
static int to_budget(struct hand *h, int64_t fen, struct str key, struct str reason)
{
	struct posting p = {
		.to = { &book_budget, h->campaign, 0 }, .from = { &book_packet, h->packet.participant_id, 0 }, .amount = fen, .key = key,
		.reason = reason, .source = h->packet.participant_id,
	};
	return fen ? ledger_post(h->tx, h->community, &p, NULL) : 0;
}

/* The share becomes its holder's money; of somebody who is no member any more, the budget's. */
static int give(struct hand *h, struct packet_share *s)
{
	struct posting p = {
		.to = { &book_money, { 0 }, 0 }, .from = { &book_packet, h->packet.participant_id, 0 }, .amount = s->amount.fen,
		.key = entry_key(h, "share", s->line), .reason = S("packet"), .source = h->packet.participant_id, .actor = s->helper_id,
	};
	int r = s->member_id.n ? member_resolve(h->tx, h->community, s->member_id, &p.to.holder) : E_NOT_FOUND;
	if (r == E_NOT_FOUND) {
		r = to_budget(h, s->amount.fen, p.key, S("nobody"));
		return r < 0 ? r : mark(h, s, "back");
	}
	if (r < 0 || (s->amount.fen && (r = ledger_post(h->tx, h->community, &p, NULL)) < 0))
		return r;
	return mark(h, s, "given");
}

/* ---- Full, or lapsed --------------------------------------------------------------------------------- */

static QUERY(packet_done, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"UPDATE packet SET state = ?3, done_at = ?4 WHERE community_id = ?1 AND participant_id = ?2 AND state = 'open'");

static int say(struct hand *h, struct id actor, const char *word)
{
	return event_emit(h->tx, h->community, &campaign_events[CAMPAIGN_PACKET], &(struct event){
		.subject = h->campaign, .actor = actor, .object = h->packet.participant_id, .n = h->packet.taken, .word = str_of(word) });
}

/* {"end":"full","seed":"…","fen":[231,307,…]}: of each turn what its holder has; 0: nothing. */
static struct str ending(struct hand *h, const char *how)
{
	char hex[FAIR_HEX + 1];
	const struct packet_share *s = h->shares.at;
	BUF_SCOPED b;
	buf_init(&b, 4096);
	fair_seed_hex(&h->seed, hex);
	buf_format(&b, "\"end\":\"%s\",\"seed\":\"%s\",\"fen\":[", how, hex);
	for (int64_t turn = 1; turn <= h->rule.shares; turn++) {
		int64_t fen = 0;
		for (size_t i = 0; i < h->shares.count; i++)
			if (s[i].turn == turn && str_among(s[i].state, "given back"))
				fen = s[i].amount.fen;
		buf_format(&b, "%s%lld", turn > 1 ? "," : "", (long long)fen);
	}
	buf_z(&b, "]");
	return buf_failed(&b) ? S("") : str_copy(tx_arena(h->tx), buf_view(&b));
}

static int finish(struct hand *h, const char *how, struct id actor)
{
	struct packet_share *s = h->shares.at;
	bool full = strcmp(how, "full") == 0;
	struct instant at = tx_now(h->tx);
	int64_t rest;
	int r = 0;
	if (!full && at.ms > h->packet.due_at.ms)         /* it lapsed at its time, whenever the job came by */
		at = h->packet.due_at;
	for (size_t i = 0; r >= 0 && i < h->shares.count; i++)
		if (str_is(s[i].state, "waiting"))
			r = full ? give(h, &s[i]) : mark(h, &s[i], "lapsed");
	if (r < 0 || (r = ledger_balance(h->tx, h->community, &book_packet, h->packet.participant_id, &rest)) < 0 ||
	    (r = to_budget(h, rest, entry_key(h, "lapsed", h->packet.number), S("lapsed"))) < 0 ||
	    (r = tx_run(h->tx, &packet_done, V(h->community), V(h->packet.participant_id), V(str_of(how)), V(at))) < 0)
		return r;
	h->packet.state = str_of(how);
	r = append(h, ending(h, how), false);
	return r < 0 ? r : say(h, actor, how);
}

/* ---- May they? ------------------------------------------------------------------------------------------ */

static int today(struct hand *h, int64_t *ret)
{
	struct community community;
	int r = community_get(h->tx, h->community, &community);
	if (r == 0)
		*ret = day_of(community_zone(&community), tx_now(h->tx));
	return r;
}

/* With this share, would they have more than the campaign gives a person a day? */
static int within_cap(struct hand *h, struct id member, int64_t fen)
{
	struct id_item had = { { 0 } };
	int64_t day;
	int r = today(h, &day);
	if (r >= 0 && member.n)
		r = tx_one(h->tx, &packet_today, &had, V(h->community), V(member), V(h->campaign), V(day));
	return r < 0 ? r : h->rule.day_cap.fen && had.item.n + fen > h->rule.day_cap.fen ? E_DAY_CAP : 0;
}

static int admits(struct hand *h, struct id helper, struct id member)
{
	const struct packet_share *own = share_of(h, helper);
	int64_t turn = free_turn(h);
	if (own && !str_is(own->state, "lapsed"))
		return 0;                         /* they have it, or had it before it was taken back */
	if (str_is(h->packet.state, "lapsed") || (str_is(h->packet.state, "open") && tx_now(h->tx).ms >= h->packet.due_at.ms))
		return E_PACKET_LAPSED;
	if (str_is(h->packet.state, "full") || !turn)
		return E_PACKET_FULL;
	return within_cap(h, member, h->amounts[turn - 1]);
}

int packet_admits(struct tx *tx, struct id community, const struct campaign *c, struct id participant, struct id helper, struct id member)
{
	struct hand h;
	int r = c->packet ? take_in_hand(&h, tx, community, participant) : 0;
	return r < 0 || !c->packet ? r : admits(&h, helper, member);
}

/* ---- Taking, and giving back ------------------------------------------------------------------------------ */

static QUERY(share_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_ID, K_ID, K_ID, K_STR, K_MONEY, K_INT, K_INT, K_INSTANT),
	"INSERT INTO packet_share (community_id, participant_id, turn, campaign_id, helper_id, member_id, nickname, amount, state, line, day,"
	" at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'waiting', ?9, ?10, ?11)");

static QUERY(share_drop, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"DELETE FROM packet_share WHERE community_id = ?1 AND participant_id = ?2 AND turn = ?3");

static QUERY(packet_count, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"UPDATE packet SET taken = taken + ?3 WHERE community_id = ?1 AND participant_id = ?2");

/* The next free share becomes theirs. Of the list in hand only what follows needs is new: it is read again. */
static int take(struct hand *h, struct id helper, struct id member, struct str nickname, struct str line)
{
	int64_t day, turn = free_turn(h);
	int r = today(h, &day);
	if (r < 0 || !turn)
		return r < 0 ? r : E_PACKET_FULL;
	struct money amount = { h->amounts[turn - 1] };
	if ((r = append(h, line, turn == 1 && h->packet.taken == 0)) < 0 ||
	    (r = tx_run(h->tx, &share_insert, V(h->community), V(h->packet.participant_id), V(turn), V(h->campaign), V(helper), V(member),
	                V(nickname), V(amount), V(h->rule.lines), V(day), V(tx_now(h->tx)))) < 0 ||
	    (r = tx_run(h->tx, &packet_count, V(h->community), V(h->packet.participant_id), V((int64_t)1))) < 0 ||
	    (r = packet_shares(h->tx, h->community, h->packet.participant_id, &h->shares)) < 0)
		return r;
	h->packet.taken++;
	if (str_is(h->rule.due, "once") && (r = give(h, share_of(h, helper))) < 0)
		return r;
	return h->packet.taken >= h->rule.shares ? finish(h, "full", helper) : say(h, helper, turn == 1 ? "opened" : "taken");
}

/* Staff think otherwise after the packet was full: what came back is theirs again, as far as the budget holds it. */
static int give_again(struct hand *h, struct packet_share *s)
{
	struct str who;
	struct posting p = {
		.to = { &book_packet, h->packet.participant_id, 0 }, .from = { &book_budget, h->campaign, 0 }, .amount = s->amount.fen,
		.reason = S("again"), .source = h->packet.participant_id,
	};
	int r = packet_who(h->tx, h->campaign, s->member_id, &who);
	if (r < 0 || (r = append(h, str_format(tx_arena(h->tx), "\"turn\":%lld,\"who\":\"%.*s\"", (long long)s->turn, STR(who)), false)) < 0)
		return r;
	s->line = h->rule.lines, p.key = entry_key(h, "again", s->line);
	if (s->amount.fen && (r = ledger_post(h->tx, h->community, &p, NULL)) < 0)
		return r == E_NOT_ENOUGH ? E_BUDGET_GONE : r;
	return (r = give(h, s)) < 0 ? r : say(h, s->helper_id, "taken");
}

int packet_take(struct tx *tx, struct id community, const struct campaign *c, const struct participant *owner, struct id helper,
                struct str nickname)
{
	struct member_origin origin = { .nickname = nickname, .source_label = c->name, .inviter = owner->member_id };
	struct hand h;
	struct id member;
	struct str who;
	bool made;
	int r = take_in_hand(&h, tx, community, owner->id);
	if (r < 0)
		return r;
	struct packet_share *own = share_of(&h, helper);
	if (own)
		return str_is(own->state, "back") ? give_again(&h, own) : 0;
	if ((r = member_of_visitor(tx, community, helper, &origin, &member, &made)) < 0 || (r = admits(&h, helper, member)) < 0 ||
	    (r = packet_who(tx, h.campaign, member, &who)) < 0)
		return r;
	struct str line = str_format(tx_arena(tx), "\"turn\":%lld,\"who\":\"%.*s\"", (long long)free_turn(&h), STR(who));
	return take(&h, helper, member, nickname, line);
}

/* Money that was given comes back into the packet; what is paid stays paid (E_NOT_ENOUGH). */
static int take_back(struct hand *h, const struct packet_share *s, struct str word, struct id actor)
{
	struct posting p = {
		.to = { &book_packet, h->packet.participant_id, 0 }, .from = { &book_money, { 0 }, 0 }, .amount = s->amount.fen,
		.key = entry_key(h, "back", s->line), .reason = word, .source = h->packet.participant_id, .actor = actor,
	};
	int r = member_resolve(h->tx, h->community, s->member_id, &p.from.holder);
	if (r < 0)
		return r == E_NOT_FOUND ? E_NOT_ENOUGH : r;
	return (r = money_recall(h->tx, h->community, p.from.holder, s->amount.fen)) < 0 || !s->amount.fen ? r
		: ledger_post(h->tx, h->community, &p, NULL);
}

/* Its place is free again. */
static int make_free(struct hand *h, const struct packet_share *s)
{
	int r = tx_run(h->tx, &share_drop, V(h->community), V(h->packet.participant_id), V(s->turn));
	return r < 0 ? r : tx_run(h->tx, &packet_count, V(h->community), V(h->packet.participant_id), V((int64_t)-1));
}

int packet_back(struct tx *tx, struct id community, struct id participant, struct id helper, struct str word, struct id actor)
{
	struct hand h;
	int r = take_in_hand(&h, tx, community, participant);
	struct packet_share *s = r < 0 ? NULL : share_of(&h, helper);
	if (r < 0 || !s || !str_among(s->state, "waiting given"))
		return r == E_PACKET_NONE ? 0 : r < 0 ? r : 0;
	bool given = str_is(s->state, "given"), open = str_is(h.packet.state, "open");
	if (given && str_among(word, "left unfollowed"))
		return 0;                         /* what was granted stays when they go */
	if (given && (r = take_back(&h, s, word, actor)) < 0)
		return r == E_NOT_ENOUGH ? 0 : r;
	if ((r = append(&h, str_format(tx_arena(tx), "\"turn\":%lld,\"back\":true", (long long)s->turn), false)) < 0)
		return r;
	if (open)
		r = make_free(&h, s);
	else if ((r = to_budget(&h, s->amount.fen, entry_key(&h, "budget", h.rule.lines), word)) >= 0)
		r = mark(&h, s, "back");
	if (r < 0)
		return r;
	h.packet.taken -= open;
	return say(&h, helper, "back");
}

/* ---- Opening ---------------------------------------------------------------------------------------------- */

static QUERY(packet_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INT, K_STR, K_STR, K_INSTANT, K_INSTANT),
	"INSERT INTO packet (community_id, participant_id, campaign_id, number, token, commitment, state, taken, opened_at, due_at, done_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open', 0, ?7, ?8, 0)");

/* A whole packet leaves the budget, or nothing does. */
static int fill(struct hand *h, struct id actor)
{
	struct posting p = {
		.to = { &book_packet, h->packet.participant_id, 0 }, .from = { &book_budget, h->campaign, 0 }, .amount = h->rule.total.fen,
		.key = entry_key(h, "opened", h->packet.number), .reason = S("opened"), .source = h->packet.participant_id, .actor = actor,
	};
	int r = ledger_post(h->tx, h->community, &p, NULL);
	return r == E_NOT_ENOUGH ? E_BUDGET_GONE : r == 0 ? E_CONFLICT : r < 0 ? r : 0;
}

static int open_new(struct request *rq, const struct campaign *c, const struct participant *p, struct str token)
{
	char commitment[FAIR_HEX + 1];
	struct str who;
	struct hand h = { .tx = rq->tx, .community = rq->community, .campaign = c->id };
	int r = packet_rule_get(rq->tx, rq->community, c->id, &h.rule);
	if (r < 0)
		return r;
	int64_t due = tx_now(rq->tx).ms + h.rule.hours * HOUR;
	h.packet = (struct packet){
		.participant_id = p->id, .campaign_id = c->id, .number = h.rule.packets + 1, .token = token, .state = S("open"),
		.opened_at = tx_now(rq->tx), .due_at.ms = due < c->ends_at.ms ? due : c->ends_at.ms,
	};
	if ((r = split(&h)) < 0 || (r = within_cap(&h, p->member_id, h.amounts[0])) < 0 || (r = fill(&h, p->visitor_id)) < 0 ||
	    (r = packet_who(rq->tx, c->id, p->member_id, &who)) < 0)
		return r;
	fair_packet_commit(&h.seed, commitment);
	r = tx_run(rq->tx, &packet_insert, V(rq->community), V(p->id), V(c->id), V(h.packet.number), V(token), V(str_of(commitment)),
	           V(h.packet.opened_at), V(h.packet.due_at));
	return r < 0 ? r : take(&h, p->visitor_id, p->member_id, p->nickname, str_format(rq->arena,
		"\"who\":\"%.*s\",\"token\":\"%.*s\",\"commitment\":\"%s\"", STR(who), STR(token), commitment));
}

int packet_open(struct request *rq, const struct campaign *c, const struct participant *p, struct str token)
{
	struct packet known;
	int r = packet_get(rq->tx, rq->community, p->id, &known);
	if (r != E_NOT_FOUND)
		return r;
	if (campaign_phase(c, tx_now(rq->tx)) != CAMPAIGN_OPEN || !c->packet->commitment.len)
		return E_CAMPAIGN_CLOSED;
	return str_is(p->state, "blocked") ? E_NOT_FOR_YOU : open_new(rq, c, p, token);
}

/* ---- Time is up -------------------------------------------------------------------------------------------- */

struct lapsing { struct id community_id, participant_id; };

ROW(lapsing,
	FIELD(lapsing, community_id,   "Community"),
	FIELD(lapsing, participant_id, "Whose packet"));

static QUERY(packets_late, READS, &row_lapsing, TAKES(K_INSTANT, K_INT),
	"SELECT p.community_id, p.participant_id FROM packet p WHERE p.state = 'open' AND (p.due_at <= ?1 OR EXISTS (SELECT 1 FROM campaign c"
	" WHERE c.community_id = p.community_id AND c.id = p.campaign_id AND c.state = 'ended')) ORDER BY p.due_at LIMIT ?2", .scans = true);

static int list_late(struct tx *tx, void *arg) { return tx_all(tx, &packets_late, arg, V(tx_now(tx)), V((int64_t)LAPSE_BATCH)); }

static int lapse_one(struct tx *tx, void *arg)
{
	const struct lapsing *l = arg;
	struct campaign c;
	struct hand h;
	int r = take_in_hand(&h, tx, l->community_id, l->participant_id);
	if (r < 0 || !str_is(h.packet.state, "open") || (r = campaign_get(tx, l->community_id, h.campaign, &c)) < 0)
		return r == E_PACKET_NONE ? 0 : r;
	return tx_now(tx).ms < h.packet.due_at.ms && !str_is(c.state, "ended") ? 0 : finish(&h, "lapsed", (struct id){ 0 });
}

static int run_lapse(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct rows rows = { 0 };
	(void)job;
	int r = store_read(jc->store, jc->arena, list_late, &rows);
	struct lapsing *l = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = store_write(jc->store, l[i].community_id, jc->arena, lapse_one, &l[i]);
	if (r < 0)
		*ret_why = str_of(err_text(r, LANG_EN));
	return r < 0 ? r : 0;
}

static const struct job_kind jobs[] = {
	{ "packet_lapse", "Red packets that were not full in time go back to the budget", run_lapse, .every_ms = LAPSE_LOOK },
	{ 0 },
};

/* ---- For `quntu check`: what a packet holds is what it says ---------------------------------------------------- */

struct packet_wrong { struct id community_id, participant_id; int64_t holds, due; };

ROW(packet_wrong,
	FIELD(packet_wrong, community_id,   "Community"),
	FIELD(packet_wrong, participant_id, "Whose packet"),
	FIELD(packet_wrong, holds,          "What is in it"),
	FIELD(packet_wrong, due,            "What should be"));

/* Open: all that was not given yet; done: nothing. */
static QUERY(packets_unsound, READS, &row_packet_wrong, TAKES_NOTHING,
	"SELECT * FROM (SELECT p.community_id, p.participant_id, COALESCE(" BALANCE_OF("p.community_id", "'packet'", "p.participant_id")
	", 0) AS holds, CASE WHEN p.state <> 'open' THEN 0 ELSE r.total - CAST(COALESCE((SELECT sum(s.amount) FROM packet_share s"
	" WHERE s.community_id = p.community_id AND s.participant_id = p.participant_id AND s.state IN ('given', 'back')), 0) AS BIGINT) END"
	" AS due"
	" FROM packet p JOIN packet_rule r ON r.community_id = p.community_id AND r.campaign_id = p.campaign_id) AS each_packet"
	" WHERE holds <> due LIMIT 20", .scans = true);

static QUERY(shares_unsound, READS, &row_packet_wrong, TAKES_NOTHING,
	"SELECT * FROM (SELECT p.community_id, p.participant_id, p.taken AS holds, (SELECT count(*) FROM packet_share s"
	" WHERE s.community_id = p.community_id AND s.participant_id = p.participant_id) AS due FROM packet p) AS each_packet"
	" WHERE holds <> due LIMIT 20", .scans = true);

static int audit(struct tx *tx, void (*found)(void *, const char *what), void *ctx)
{
	static const struct { const struct query *query; const char *what; } looks[] = {
		{ &packets_unsound, "fen, but should hold" }, { &shares_unsound, "shares by its own word, but has" },
	};
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
		struct rows rows;
		int r = tx_all_(tx, looks[i].query, &rows, NULL, 0);
		if (r < 0)
			return r;
		const struct packet_wrong *w = rows.at;
		for (size_t k = 0; k < rows.count; k++) {
			char line[200];
			snprintf(line, sizeof line, "packet: that of participant %lld in community %lld holds %lld %s %lld",
			         (long long)w[k].participant_id.n, (long long)w[k].community_id.n, (long long)w[k].holds, looks[i].what,
			         (long long)w[k].due);
			found(ctx, line);
		}
	}
	return 0;
}

/* ---- What is kept about people ----------------------------------------------------------------------------------- */

struct share_own { struct str campaign; struct money amount; struct str state; struct instant at; };

ROW(share_own,
	FIELD(share_own, campaign, "Campaign"),
	FIELD(share_own, amount,   "How much, in fen; 0: not due yet"),
	FIELD(share_own, state,    "Where it stands"),
	FIELD(share_own, at,       "When"));

static QUERY(shares_show, READS, &row_share_own, TAKES(K_ID, K_ID),
	"SELECT c.name AS campaign, CASE WHEN s.state = 'given' THEN s.amount ELSE 0 END AS amount, s.state, s.at FROM packet_share s"
	" JOIN campaign c ON c.community_id = s.community_id AND c.id = s.campaign_id WHERE s.community_id = ?1 AND s.helper_id = ?2"
	" ORDER BY s.at LIMIT 500");

static QUERY(shares_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE packet_share SET helper_id = ?3, member_id = 0, nickname = '' WHERE community_id = ?1 AND helper_id = ?2");

static const struct personal personal[] = {
	{ "packet_share", "你在裂变红包里的份额；删除后只剩金额，不再和你有关", "Your shares of red packets; after erasure only the amounts stay",
	  "活动 金额 状态 时间", BY_VISITOR, &shares_show, .erases = { &shares_forget } },
	{ "packet", "你开过的红包", "Red packets you opened", .by = BY_VISITOR },
	{ 0 },
};

MEMBER_PLACE_BY_BROWSER(shares, "packet_share", "member_id", "helper_id");

static const struct member_place places[] = {
	{ "shares", &shares_note, &shares_move, &shares_split },
	{ 0 },
};

/* ---- Declaration ------------------------------------------------------------------------------------------------------ */

static const struct query *const queries[] = {
	&packet_by_id, &shares_of, &packet_today, &packet_line_insert, &packet_log_move, &share_set, &packet_done, &share_insert, &share_drop,
	&packet_count, &packet_insert, &packets_late, &packets_unsound, &shares_unsound, &shares_show, &shares_forget, &shares_note,
	&shares_move, &shares_split, NULL,
};

const struct feature feature_packet_open = {
	.name = "packet_open", .queries = queries, .jobs = jobs, .audit = audit, .personal = personal, .places = places,
};
