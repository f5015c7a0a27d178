/* finding.c: findings with their evidence: written, listed, decided.
 *
 * Story      A colleague opens the queue: the gravest first, each a sentence with its helps below it. One press counts them all or
 *            rejects them all; the reason is what both sides will read.
 * Owns       fraud_finding, fraud_evidence.
 * Holds      A finding is decided once, by a person, with a line in the audit log. Rejecting takes what stands now: what was
 *            decided help by help before stays as it was. A flood is about people, not helps: rejecting it stops them
 *            (no further help counts, nothing can be claimed) until staff free them or an appeal does. So does rejecting that
 *            somebody left after their own prize.
 * Test       fraud_test.c.
 */
#include "campaign/fraud/fraud.h"

#include "http/personal.h"
#include "people/audit.h"

#define SHOWN        50           /* of a finding's evidence */
#define DECIDE_MOST 100

#define KINDS  "burst listed quick device throwaway ring star flood left"
#define STATES "open accepted rejected"

/* ---- Rows ------------------------------------------------------------------------------------------ */

struct evidence_line {
	struct id      participant_id, helper_id;
	struct str     participant, nickname, state, network, device;
	struct instant opened_at, acted_at, given_at, left_at;
};

ROW(evidence_line,
	FIELD(evidence_line, participant_id, "For whom, or who took part"),
	FIELD(evidence_line, participant,    "… by name"),
	FIELD(evidence_line, helper_id,      "Visitor who helps", .optional = true),
	FIELD(evidence_line, nickname,       "Their name, where known"),
	FIELD(evidence_line, state,          "What became of it"),
	FIELD(evidence_line, network,        "Network they came from, without its end"),
	FIELD(evidence_line, device,         "Device"),
	FIELD(evidence_line, opened_at,      "Opened the page, or took part"),
	FIELD(evidence_line, acted_at,       "Did what counts", .optional = true),
	FIELD(evidence_line, given_at,       "Of kind left: when the prize was given", .optional = true),
	FIELD(evidence_line, left_at,        "… and when they left the group", .optional = true));

struct finding_line {
	struct id      id, campaign_id, participant_id;
	struct str     participant, kind, risk;
	int64_t        n, span, helps;
	struct str     state, reason;
	struct instant found_at, decided_at;
	struct rows    evidence;
};

#define FINDING_KEPT \
	FIELD(finding_line, id,             "Finding"), \
	FIELD(finding_line, campaign_id,    "Campaign"), \
	FIELD(finding_line, participant_id, "About whom, when it is one", .optional = true), \
	FIELD(finding_line, participant,    "… by name"), \
	FIELD(finding_line, kind,           "What was seen", .one_of = KINDS), \
	FIELD(finding_line, risk,           "How much it says", .one_of = "low medium high"), \
	FIELD(finding_line, n,              "How many"), \
	FIELD(finding_line, span,           "… within so many seconds; 0: no matter when"), \
	FIELD(finding_line, helps,          "The participant's helps that count"), \
	FIELD(finding_line, state,          "Decided?", .one_of = STATES), \
	FIELD(finding_line, reason,         "Why it was rejected, as members read it"), \
	FIELD(finding_line, found_at,       "Found"), \
	FIELD(finding_line, decided_at,     "Decided", .optional = true)

ROW_AS(finding_kept, finding_line, FINDING_KEPT);
ROW(finding_line, FINDING_KEPT,
	FIELD(finding_line, evidence, "The first of what speaks for it", .of = &row_evidence_line));

struct finding_query { struct str state; int64_t limit; };

ROW(finding_query,
	FIELD(finding_query, state, "Only these; empty: open", .one_of = STATES, .optional = true),
	FIELD(finding_query, limit, "How many", .min = 0, .max = 100, .optional = true));

struct finding_decision { struct rows ids; bool accept; struct str reason; };
struct finding_decided { int64_t findings, helps; };

ROW(finding_decision,
	FIELD(finding_decision, ids,    "Which", .of = &row_id_item, .max = DECIDE_MOST),
	FIELD(finding_decision, accept, "All of it is right; else reject what stands"),
	FIELD(finding_decision, reason, "Why, as members will read it; asked for when rejecting", .max = 60, .optional = true));

ROW(finding_decided,
	FIELD(finding_decided, findings, "Findings that are decided now"),
	FIELD(finding_decided, helps,    "Helps that changed"));

static const struct event_kind events[] = {
	{ "campaign_suspected", "Something looks false; object: participant, word: what", "help" },
	{ "campaign_judged",    "A finding was decided; word: how", "help" },
	{ 0 },
};

/* ---- Writing ------------------------------------------------------------------------------------------ */

struct open_finding { struct id id; int64_t n; struct str risk; };

ROW(open_finding,
	FIELD(open_finding, id,   "Finding"),
	FIELD(open_finding, n,    "How many"),
	FIELD(open_finding, risk, "Risk"));

static QUERY(finding_open, READS, &row_open_finding, TAKES(K_ID, K_ID, K_STR, K_STR),
	"SELECT id, n, risk FROM fraud_finding WHERE community_id = ?1 AND campaign_id = ?2 AND state = 'open' AND kind = ?3 AND about = ?4"
	" LIMIT 1");

static QUERY(finding_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_ID, K_STR, K_STR, K_INT, K_INT, K_INSTANT),
	"INSERT INTO fraud_finding (community_id, id, campaign_id, about, participant_id, kind, risk, n, span, state, reason, found_at,"
	" decided_at, decided_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'open', '', ?10, 0, 0)");

static QUERY(finding_grow, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INT),
	"UPDATE fraud_finding SET risk = ?3, n = ?4 WHERE community_id = ?1 AND id = ?2");

static QUERY(evidence_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID),
	"INSERT INTO fraud_evidence (community_id, finding_id, participant_id, helper_id) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id, finding_id, participant_id, helper_id) DO NOTHING");

static QUERY(evidence_count, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT count(*) AS item FROM fraud_evidence WHERE community_id = ?1 AND finding_id = ?2");

static int rank(struct str risk) { return str_is(risk, "high") ? 2 : str_is(risk, "medium"); }

int fraud_note(struct tx *tx, struct id community, const struct suspicion *s)
{
	struct open_finding known;
	struct id_item many = { 0 };
	const struct evidence *e = s->evidence.at;
	struct str kind = str_of(s->kind), risk = str_of(s->risk);
	int r = tx_one(tx, &finding_open, &known, V(community), V(s->campaign), V(kind), V(s->about));
	bool fresh = r == E_NOT_FOUND;
	if (r < 0 && !fresh)
		return r;
	if (fresh) {
		known = (struct open_finding){ .id = tx_new_id(tx), .n = s->n, .risk = risk };
		r = tx_run(tx, &finding_insert, V(community), V(known.id), V(s->campaign), V(s->about), V(s->participant), V(kind), V(risk),
		           V(s->n), V(s->span), V(tx_now(tx)));
	}
	int64_t added = 0;
	for (size_t i = 0; r >= 0 && i < s->evidence.count; i++)
		added += (r = tx_run(tx, &evidence_put, V(community), V(known.id), V(e[i].participant_id), V(e[i].helper_id))) > 0;
	if (r < 0 || (!fresh && !added))
		return r < 0 ? r : 0;
	if (fresh)
		return event_emit(tx, community, &events[0], &(struct event){ .subject = s->campaign, .object = s->participant, .word = kind });
	if ((r = tx_one(tx, &evidence_count, &many, V(community), V(known.id))) < 0)
		return r;
	return tx_run(tx, &finding_grow, V(community), V(known.id), V(rank(risk) > rank(known.risk) ? risk : known.risk),
	              V(s->n > many.item.n ? s->n : many.item.n));
}

int fraud_note_help(struct tx *tx, struct id community, const struct campaign *c, const struct help *h, struct str network,
                    const struct fraud_limits *l)
{
	bool listed = str_is(h->reason, "listed");
	struct evidence evidence = { h->participant_id, h->helper_id };
	return fraud_note(tx, community, &(struct suspicion){
		.campaign = c->id, .participant = h->participant_id, .kind = listed ? "listed" : "burst", .risk = listed ? "high" : "medium",
		.about = listed ? str_format(tx_arena(tx), "participant %lld", (long long)h->participant_id.n)
		                : str_format(tx_arena(tx), "participant %lld %.*s", (long long)h->participant_id.n, STR(network)),
		.n = 1, .span = listed ? 0 : l->burst_minutes * 60, .evidence = { &evidence, 1 } });
}

static QUERY(helps_in_review, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT count(DISTINCT e.helper_id) AS item FROM fraud_evidence e JOIN fraud_finding f ON f.community_id = e.community_id"
	" AND f.id = e.finding_id JOIN help h ON h.community_id = e.community_id AND h.participant_id = e.participant_id"
	" AND h.helper_id = e.helper_id WHERE e.community_id = ?1 AND e.participant_id = ?2 AND f.state = 'open' AND f.risk <> 'low'"
	" AND h.state = 'counted'");

/* Who votes several times for one entry weighs as much. */
static QUERY(votes_in_review, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT count(*) AS item FROM contest_vote v WHERE v.community_id = ?1 AND v.participant_id = ?2 AND v.counted"
	" AND EXISTS (SELECT 1 FROM fraud_evidence e JOIN fraud_finding f ON f.community_id = e.community_id AND f.id = e.finding_id"
	" WHERE e.community_id = ?1 AND e.participant_id = ?2 AND e.helper_id = v.helper_id AND f.state = 'open' AND f.risk <> 'low')");

int fraud_in_review(struct tx *tx, struct id community, struct id participant, int64_t *ret)
{
	struct id_item helps, votes = { { 0 } };
	int r = tx_one(tx, &helps_in_review, &helps, V(community), V(participant));
	if (r < 0 || (helps.item.n && (r = tx_one(tx, &votes_in_review, &votes, V(community), V(participant))) < 0))
		return r;
	*ret = helps.item.n > votes.item.n ? helps.item.n : votes.item.n;
	return 0;
}

/* ---- Deciding ------------------------------------------------------------------------------------------- */

struct finding_head { struct id id, campaign_id; struct str kind, state; };

ROW(finding_head,
	FIELD(finding_head, id,          "Finding"),
	FIELD(finding_head, campaign_id, "Campaign"),
	FIELD(finding_head, kind,        "What was seen"),
	FIELD(finding_head, state,       "Decided?"));

static QUERY(finding_by_id, READS, &row_finding_head, TAKES(K_ID, K_ID),
	"SELECT id, campaign_id, kind, state FROM fraud_finding WHERE community_id = ?1 AND id = ?2");

ROW(evidence,
	FIELD(evidence, participant_id, "For whom, or who"),
	FIELD(evidence, helper_id,      "Whose help; 0: none"));

static QUERY(evidence_all, READS, &row_evidence, TAKES(K_ID, K_ID),
	"SELECT participant_id, helper_id FROM fraud_evidence WHERE community_id = ?1 AND finding_id = ?2"
	" ORDER BY participant_id, helper_id LIMIT 5000");

static QUERY(finding_decide, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT, K_ID),
	"UPDATE fraud_finding SET state = ?3, reason = ?4, decided_at = ?5, decided_by = ?6"
	" WHERE community_id = ?1 AND id = ?2 AND state = 'open'");

/* Nothing of it waits for anybody any more. */
static QUERY(findings_done, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_ID),
	"UPDATE fraud_finding SET state = ?3, decided_at = ?4, decided_by = ?5 WHERE community_id = ?1 AND campaign_id = ?2"
	" AND state = 'open' AND kind NOT IN ('flood', 'left') AND NOT EXISTS (SELECT 1 FROM fraud_evidence e JOIN help h"
	" ON h.community_id = e.community_id AND h.participant_id = e.participant_id AND h.helper_id = e.helper_id"
	" WHERE e.community_id = ?1 AND e.finding_id = fraud_finding.id AND h.state IN ('counted', 'held'))");

/* 1: it changed. What was decided one by one before stays. */
static int judge_help(struct request *rq, const struct campaign *c, const struct evidence *e, const struct finding_decision *d)
{
	struct help h;
	int r = help_of(rq->tx, rq->community, e->participant_id, e->helper_id, &h);
	bool counted = r == 0 && str_is(h.state, "counted"), held = r == 0 && str_is(h.state, "held");
	if (r < 0 || (!counted && !held) || (counted && d->accept))
		return r == E_NOT_FOUND ? 0 : r;
	r = d->accept ? help_accept(rq->tx, rq->community, c, e->participant_id, e->helper_id)
	              : help_put(rq->tx, rq->community, c->id, &h, S("rejected"), d->reason, rq->account);
	if (r >= 0)
		r = same_person_look(rq->tx, rq->community, e->helper_id);
	return r < 0 ? r : 1;
}

static int judge(struct request *rq, struct id id, const struct finding_decision *d, struct finding_decided *sum)
{
	struct finding_head f;
	struct campaign c;
	struct rows rows;
	int r = tx_one(rq->tx, &finding_by_id, &f, V(rq->community), V(id));
	if (r < 0 || (r = campaign_get(rq->tx, rq->community, f.campaign_id, &c)) < 0)
		return r;
	r = tx_run(rq->tx, &finding_decide, V(rq->community), V(id), V(d->accept ? S("accepted") : S("rejected")), V(d->reason),
	           V(tx_now(rq->tx)), V(rq->account));
	if (r <= 0)
		return r < 0 ? r : 0;             /* a colleague was first */
	sum->findings++;
	r = tx_all(rq->tx, &evidence_all, &rows, V(rq->community), V(id));
	const struct evidence *e = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		r = e[i].helper_id.n ? judge_help(rq, &c, &e[i], d)
		  : d->accept ? 0 : participant_block(rq->tx, rq->community, e[i].participant_id, true);
		sum->helps += r > 0;
	}
	if (r < 0 || (r = tx_run(rq->tx, &findings_done, V(rq->community), V(c.id), V(d->accept ? S("accepted") : S("rejected")),
	                         V(tx_now(rq->tx)), V(rq->account))) < 0 ||
	    (r = event_emit(rq->tx, rq->community, &events[1], &(struct event){
	     	.subject = c.id, .actor = rq->account, .object = id, .word = d->accept ? S("accepted") : S("rejected") })) < 0)
		return r;
	return audit_note(rq, d->accept ? "finding_accepted" : "finding_rejected", id, str_format(rq->arena, "%.*s%s%.*s", STR(f.kind),
	                  d->reason.len ? " · " : "", STR(d->reason)));
}

/* ---- API ---------------------------------------------------------------------------------------------------- */

static QUERY(findings_of, READS, &row_finding_kept, TAKES(K_ID, K_ID, K_STR, K_INT),
	"SELECT f.id, f.campaign_id, f.participant_id, COALESCE((SELECT p.nickname FROM participant p WHERE p.community_id = f.community_id"
	" AND p.id = f.participant_id), '') AS participant, f.kind, f.risk, f.n, f.span, COALESCE("
	BALANCE_OF("f.community_id", "'help'", "f.participant_id") ", 0) AS helps, f.state, f.reason,"
	" f.found_at, f.decided_at FROM fraud_finding f WHERE f.community_id = ?1 AND f.campaign_id = ?2 AND f.state = ?3"
	" ORDER BY CASE f.risk WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END, f.id DESC LIMIT ?4");

static QUERY(evidence_of, READS, &row_evidence_line, TAKES(K_ID, K_ID, K_INT),
	"SELECT e.participant_id, COALESCE(p.nickname, '') AS participant, e.helper_id, COALESCE(h.nickname, '') AS nickname,"
	" COALESCE(h.state, p.state, '') AS state, COALESCE(h.address, j.network, '') AS network, COALESCE(h.device, j.device, '') AS device,"
	" COALESCE(h.opened_at, j.at, 0) AS opened_at, COALESCE(h.acted_at, 0) AS acted_at, COALESCE(l.given_at, 0) AS given_at,"
	" COALESCE(l.left_at, 0) AS left_at FROM fraud_evidence e"
	" LEFT JOIN participant p ON p.community_id = e.community_id AND p.id = e.participant_id"
	" LEFT JOIN help h ON h.community_id = e.community_id AND h.participant_id = e.participant_id AND h.helper_id = e.helper_id"
	" LEFT JOIN fraud_join j ON e.helper_id = 0 AND j.community_id = e.community_id AND j.participant_id = e.participant_id"
	" LEFT JOIN fraud_left l ON l.community_id = e.community_id AND l.participant_id = e.participant_id AND l.helper_id = e.helper_id"
	" WHERE e.community_id = ?1 AND e.finding_id = ?2 ORDER BY acted_at, opened_at LIMIT ?3");

static QUERY(findings_count, READS, &row_id_item, TAKES(K_ID, K_ID, K_STR),
	"SELECT count(*) AS item FROM fraud_finding WHERE community_id = ?1 AND campaign_id = ?2 AND state = ?3");

static int get_findings(struct request *rq, const void *in, void *out)
{
	const struct finding_query *q = in;
	struct page *page = out;
	struct campaign c;
	struct id_item many;
	struct str state = q->state.len ? q->state : S("open");
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = tx_one(rq->tx, &findings_count, &many, V(rq->community), V(c.id), V(state))) < 0 ||
	    (r = tx_all(rq->tx, &findings_of, &page->rows, V(rq->community), V(c.id), V(state), V(q->limit ? q->limit : 30))) < 0)
		return r;
	struct finding_line *f = page->rows.at;
	for (size_t i = 0; r >= 0 && i < page->rows.count; i++)
		r = tx_all(rq->tx, &evidence_of, &f[i].evidence, V(rq->community), V(f[i].id), V((int64_t)SHOWN));
	page->total = many.item.n;
	return r < 0 ? r : 0;
}

static int post_decide(struct request *rq, const void *in, void *out)
{
	const struct finding_decision *d = in;
	const struct id_item *id = d->ids.at;
	struct finding_decided sum = { 0 };
	int r = 0;
	if (!d->accept && str_trim(d->reason).len < 2)
		return rq_complain(rq, E_MISSING_FIELD, S("reason"));
	for (size_t i = 0; r >= 0 && i < d->ids.count; i++)
		if ((r = judge(rq, id[i].item, d, &sum)) < 0)
			return r == E_NOT_FOUND ? rq_complain(rq, r, str_format(rq->arena, "ids[%zu]", i)) : r;
	*(struct finding_decided *)out = sum;
	return 0;
}

/* ---- What is kept about people --------------------------------------------------------------------------------- */

static QUERY(evidence_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE fraud_evidence SET helper_id = ?3 WHERE community_id = ?1 AND helper_id = ?2");

static QUERY(finding_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE fraud_finding SET about = '' WHERE community_id = ?1 AND about = 'browser ' || CAST(?2 AS TEXT)", .scans = true);

static const struct personal personal[] = {
	{ "fraud_finding fraud_evidence", .by = BY_VISITOR, .erases = { &evidence_forget, &finding_forget } },
	{ 0 },
};

static const struct route routes[] = {
	{ "GET",  "/campaigns/{id}/findings", ROLE_READER,   get_findings, &row_finding_query, &row_finding_line, "What looks false, the gravest first, with its evidence", OUT_PAGE, .sees = campaign_sees },
	{ "POST", "/fraud/decide",            ROLE_OPERATOR, post_decide,  &row_finding_decision, &row_finding_decided, "Accept or reject findings with all that stands of them" },
	{ 0 },
};

static const struct query *const queries[] = {
	&finding_open, &finding_insert, &finding_grow, &evidence_put, &evidence_count, &helps_in_review, &votes_in_review,
	&finding_by_id, &evidence_all,
	&finding_decide, &findings_done, &findings_of, &evidence_of, &findings_count, &evidence_forget, &finding_forget, NULL,
};

const struct feature feature_fraud = {
	.name = "fraud", .api = "campaigns", .routes = routes, .queries = queries, .events = events, .personal = personal,
};
