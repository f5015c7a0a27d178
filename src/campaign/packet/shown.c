/* shown.c: what the member's page shows of a packet, and the file of packets that anybody may check.
 *
 * Story      Lin's page says three of five, four hours left, and who came. When it is full everybody sees who got what, and the
 *            packet's seed stands beside its commitment. After the campaign's end the file holds all that `quntu verify` needs.
 * File       /t/SLUG/packets, and /api/packets/SLUG/lines?after=50000 for more of a long log (proof.h). The seed is told after
 *            the end, when no packet is open.
 * Holds      No amount is shown before it is due. Whole names only to those who share the packet; the file holds none, and no id
 *            of the store: a person is a mark that means nothing elsewhere.
 * Test       packet_test.c.
 */
#include "campaign/packet/packet.h"

#include "base/utf8.h"
#include "campaign/fraud/fraud.h"
#include "campaign/proof.h"
#include "people/member.h"

#define LINE_MOST 1400                            /* bytes of a line of the file */

struct share_shown { int64_t turn; struct str nickname; struct money amount; struct str state; bool mine; struct instant at; };
struct packet_page {
	int64_t        number;
	struct str     owner, state, token, commitment, seed;
	int64_t        taken;
	struct instant opened_at, due_at, done_at;
	bool           mine;
	struct rows    shares;
};
struct packet_shown {
	struct money total, least, day_cap;
	int64_t      shares, hours;
	struct str   split, due;
	bool         left;
	struct str   commitment, rules, last, seed;
	int64_t      packets, lines;
	struct str   who, why;
	struct one   packet;
};

ROW(share_shown,
	FIELD(share_shown, turn,     "Which share; the first is the opener's"),
	FIELD(share_shown, nickname, "Name; whole for those who share the packet"),
	FIELD(share_shown, amount,   "Fen; 0: not due yet"),
	FIELD(share_shown, state,    "Where it stands", .one_of = "waiting given lapsed back"),
	FIELD(share_shown, mine,     "Yours"),
	FIELD(share_shown, at,       "When"));

ROW(packet_page,
	FIELD(packet_page, number,     "Its number in the campaign"),
	FIELD(packet_page, owner,      "Who opened it"),
	FIELD(packet_page, state,      "Where it stands now", .one_of = "open full lapsed"),
	FIELD(packet_page, token,      "The word of the opener's browser, once it is done: the split follows from it and the seed"),
	FIELD(packet_page, commitment, "Of its own seed, said when it was opened"),
	FIELD(packet_page, seed,       "Its own seed, once it is done"),
	FIELD(packet_page, taken,      "Shares somebody has"),
	FIELD(packet_page, opened_at,  "Opened"),
	FIELD(packet_page, due_at,     "Lapses, unless it is full before"),
	FIELD(packet_page, done_at,    "Full, or lapsed", .optional = true),
	FIELD(packet_page, mine,       "You opened it"),
	FIELD(packet_page, shares,     "Who has which share, by turn", .of = &row_share_shown));

ROW_PUBLIC(packet_shown,
	FIELD(packet_shown, total,      "Fen in a packet"),
	FIELD(packet_shown, shares,     "In so many shares"),
	FIELD(packet_shown, least,      "The smallest share"),
	FIELD(packet_shown, day_cap,    "One person gets at most so many fen here a day"),
	FIELD(packet_shown, hours,      "A packet lapses so long after it was opened"),
	FIELD(packet_shown, split,      "By luck, or evenly", .one_of = "lucky even"),
	FIELD(packet_shown, due,        "Shares are due when the last is taken, or each at once", .one_of = "full once"),
	FIELD(packet_shown, left,       "The budget holds another packet"),
	FIELD(packet_shown, commitment, "What was promised at publishing"),
	FIELD(packet_shown, rules,      "The line that the commitment covers"),
	FIELD(packet_shown, last,       "Hash of the newest line of the log"),
	FIELD(packet_shown, seed,       "The campaign's seed; empty before the end"),
	FIELD(packet_shown, packets,    "Packets opened so far"),
	FIELD(packet_shown, lines,      "Lines of the log"),
	FIELD(packet_shown, who,        "Your mark in the file, once you have a share"),
	FIELD(packet_shown, why,        "Why you cannot have a share here: the name of an error; empty: you can, or have one"),
	FIELD(packet_shown, packet,     "The packet of this page: the owner's, else your own", .of = &row_packet_page));

/* ---- The page ------------------------------------------------------------------------------------------ */

static bool is_mine(const struct request *rq, const struct packet_share *s, struct id member)
{
	return s->helper_id.n == rq->visitor.n || (member.n && s->member_id.n == member.n);
}

static int fill_shares(struct request *rq, struct rows shares, struct id member, struct packet_page *page)
{
	const struct packet_share *s = shares.at;
	struct share_shown *list = arena_take_array(rq->arena, shares.count + 1, sizeof *list);
	bool inside = page->mine;
	for (size_t i = 0; i < shares.count; i++)
		inside |= is_mine(rq, &s[i], member);
	for (size_t i = 0; list && i < shares.count; i++) {
		bool due = str_among(s[i].state, "given back");
		list[i] = (struct share_shown){
			s[i].turn, inside ? s[i].nickname : str_format(rq->arena, "%.*s**", STR(utf8_cut(s[i].nickname, 1))),
			due ? s[i].amount : (struct money){ 0 }, s[i].state, is_mine(rq, &s[i], member), s[i].at,
		};
	}
	page->shares = (struct rows){ list, shares.count };
	return list ? 0 : E_MEMORY;
}

/* As it is now: past its time, or its campaign's, it has lapsed although the job has not come by. */
static struct str state_now(const struct campaign *c, const struct packet *p, struct instant now)
{
	bool late = now.ms >= p->due_at.ms || str_is(c->state, "ended");
	return str_is(p->state, "open") && late ? S("lapsed") : p->state;
}

static int fill_packet(struct request *rq, const struct campaign *c, const struct participant *whose, struct id member, bool mine,
                       struct packet_shown *s)
{
	struct packet_page *page = ARENA_NEW(rq->arena, struct packet_page);
	struct packet p;
	struct fair_seed seed;
	struct rows shares;
	char hex[FAIR_HEX + 1];
	int r = page ? packet_get(rq->tx, rq->community, whose->id, &p) : E_MEMORY;
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	*page = (struct packet_page){
		.number = p.number, .owner = whose->nickname, .state = state_now(c, &p, tx_now(rq->tx)),
		.commitment = p.commitment, .taken = p.taken, .opened_at = p.opened_at, .due_at = p.due_at, .done_at = p.done_at, .mine = mine,
	};
	if (!str_is(p.state, "open") && packet_seed(c->packet, &p, &seed)) {
		fair_seed_hex(&seed, hex);
		page->seed = str_copy(rq->arena, str_of(hex)), page->token = p.token;
	}
	if ((r = packet_shares(rq->tx, rq->community, whose->id, &shares)) < 0 || (r = fill_shares(rq, shares, member, page)) < 0)
		return r;
	s->packet.at = page;
	return 0;
}

static int fill(struct request *rq, const struct campaign *c, const struct participant *owner, const struct participant *me,
                struct packet_shown *s)
{
	const struct participant *whose = owner->id.n ? owner : me;
	struct id member = { 0 };
	int64_t left, open;
	int r = budget_left(rq->tx, rq->community, c->id, &left);
	if (r < 0 || (r = packets_open(rq->tx, rq->community, c->id, &open)) < 0 ||
	    ((r = member_find_visitor(rq->tx, rq->community, rq->visitor, &member)) < 0 && r != E_NOT_FOUND) ||
	    (whose->id.n && (r = fill_packet(rq, c, whose, member, whose == me, s)) < 0))
		return r;
	s->left = left >= s->total.fen;
	if (str_is(c->state, "ended") && !open)
		s->seed = c->packet->seed;
	if (member.n && (r = packet_who(rq->tx, c->id, member, &s->who)) < 0)
		return r;
	if (owner->id.n) {
		r = packet_admits(rq->tx, rq->community, c, owner->id, rq->visitor, member);
		s->why = r < 0 && help_waits(r) ? str_of(err_word(r)) : S("");
		return r < 0 && !help_waits(r) ? r : 0;
	}
	return 0;
}

int packet_shown(struct request *rq, const struct campaign *c, const struct participant *owner, const struct participant *me,
                 struct one *ret)
{
	const struct packet_rule *p = c->packet;
	*ret = (struct one){ NULL };
	if (!p)
		return 0;
	struct packet_shown *s = ARENA_NEW(rq->arena, struct packet_shown);
	if (!s)
		return E_MEMORY;
	*s = (struct packet_shown){
		.total = p->total, .shares = p->shares, .least = p->least, .day_cap = p->day_cap, .hours = p->hours, .split = p->split,
		.due = p->due, .commitment = p->commitment, .rules = p->rules, .last = p->last, .packets = p->packets, .lines = p->lines,
	};
	int r = fill(rq, c, owner, me, s);
	if (r == 0)
		ret->at = s;
	return r;
}

/* ---- Opening -------------------------------------------------------------------------------------------- */

struct packet_opening { struct str nickname, city, token; };

ROW(packet_opening,
	FIELD(packet_opening, nickname, "As friends know you", .max = 20, .optional = true),
	FIELD(packet_opening, city,     "Where you live, where the campaign is for some cities and your profile says none", .max = 40, .optional = true),
	FIELD(packet_opening, token,    "Made up by the browser for this packet; the split follows from it", .min = 16, .max = 40, .pattern = "[A-Za-z0-9_-]+"));

/* Taking part and opening are one act: where the budget holds no packet any more, nobody has taken part for nothing. */
static int post_open(struct request *rq, const void *in, void *out)
{
	const struct packet_opening *input = in;
	struct campaign c;
	struct participant owner, me;
	if (!rq_allow(rq, str_format(rq->arena, "packet %lld", (long long)rq->visitor.n), 30, 10 * MINUTE) ||
	    !rq_allow(rq, str_format(rq->arena, "packet %.*s", STR(rq->address)), 3000, 10 * MINUTE))
		return E_SLOW_DOWN;
	int r = campaign_by_slug(rq->tx, rq->path_text, &rq->community, &c, &owner);
	if (r < 0)
		return r;
	if (!c.packet)
		return E_NOT_FOUND;
	r = participant_of(rq->tx, rq->community, c.id, rq->visitor, &me);
	if (r == E_NOT_FOUND && !str_trim(input->nickname).len)
		return rq_complain(rq, E_MISSING_FIELD, S("nickname"));
	int strong = person_strong(rq, &c);
	if (strong < 0)
		return strong;
	if (r == E_NOT_FOUND && (r = participant_make(rq, &c, owner.id, input->nickname, input->city, &me)) >= 0)
		r = fraud_joined(rq, &c, &me);
	return r < 0 || (r = packet_open(rq, &c, &me, input->token)) < 0 ? r : task_answer(rq, out);
}

/* ---- The file ------------------------------------------------------------------------------------------- */

struct file_query { int64_t after; };
ROW(file_query, FIELD(file_query, after, "Only lines behind this number", .min = 0, .max = INT64_MAX, .optional = true));

static QUERY(packet_file, READS, &row_proof_line, TAKES(K_ID, K_ID, K_INT, K_INT),
	"SELECT hash, line FROM packet_line WHERE community_id = ?1 AND campaign_id = ?2 AND n > ?3 ORDER BY n LIMIT ?4");

static int write_file(struct request *rq, int64_t after, struct body *ret)
{
	struct campaign c;
	struct participant owner;
	int64_t open;
	int r = campaign_by_slug(rq->tx, rq->path_text, &rq->community, &c, &owner);
	if (r < 0)
		return r;
	if (!c.packet || !c.packet->commitment.len)
		return E_NOT_FOUND;
	struct proof p = {
		.name = "packets", .counted = "lines", .slug = c.slug, .commitment = c.packet->commitment, .rules = c.packet->rules,
		.seed = c.packet->seed, .last = c.packet->last, .after = after, .total = c.packet->lines,
	};
	if ((r = packets_open(rq->tx, rq->community, c.id, &open)) < 0 ||
	    (r = tx_all(rq->tx, &packet_file, &p.lines, V(rq->community), V(c.id), V(after), V((int64_t)PROOF_LINES))) < 0)
		return r;
	p.over = str_is(c.state, "ended") && !open;
	return proof_write(rq, &p, LINE_MOST, ret);
}

static int get_file(struct request *rq, const void *in, void *out)
{
	(void)in;
	return write_file(rq, 0, out);
}

static int get_more(struct request *rq, const void *in, void *out) { return write_file(rq, ((const struct file_query *)in)->after, out); }

static const struct route routes[] = {
	{ "POST", "/t/{slug}/packet",          ROLE_VISITOR, post_open, &row_packet_opening, &row_task_page, "Take part, and open a red packet of your own; opened before, it is that one", OUT_BODY, .makes = "application/json" },
	{ "GET",  "/t/{slug}/packets",         ROLE_VISITOR, get_file,  NULL, NULL, "The file of packets, for `quntu verify`; of a long log its first 50,000 lines", OUT_BODY, .makes = "text/plain" },
	{ "GET",  "/api/packets/{slug}/lines", ROLE_VISITOR, get_more,  &row_file_query, NULL, "… and 50,000 lines from ?after= on", OUT_BODY, .makes = "text/plain" },
	{ 0 },
};

static const struct query *const queries[] = { &packet_file, NULL };

const struct feature feature_packet_shown = { .name = "packet_shown", .routes = routes, .queries = queries };
