/* appeal.c: a participant disagrees, once a campaign, and gets an answer.
 *
 * Story      Lin reads "one network in a minute: not accepted" on her page. It was her choir. She writes so; a colleague looks
 *            again, believes her, and eleven helps count again, each by an entry of its own. Or does not, and says why.
 * Owns       fraud_appeal.
 * Holds      One appeal a participant, only where staff rejected something or stopped them, and as long as prizes are claimed.
 *            An accepted appeal counts all that staff rejected; that two browsers are one person is not theirs to change.
 * Test       fraud_test.c; web/journeys/fraud.spec.ts.
 */
#include "campaign/fraud/fraud.h"

#include "http/personal.h"
#include "people/audit.h"

#define TEXT_MOST 300
#define TRIES 10                  /* of one address, each hour */

ROW_PUBLIC(task_review,
	FIELD(task_review, waiting, "Helps that the organiser looks at"),
	FIELD(task_review, refused, "Helps that were not accepted"),
	FIELD(task_review, why,     "… and why, of the newest"),
	FIELD(task_review, appeal,  "Your word against it: may_ask, none, open, accepted, refused", .one_of = "none may_ask open accepted refused"),
	FIELD(task_review, text,    "What you wrote"),
	FIELD(task_review, answer,  "What the organiser answered"));

struct appeal_text { struct str text; };

ROW(appeal_text, FIELD(appeal_text, text, "Why it should count", .min = 5, .max = TEXT_MOST, .lines = true));

struct appeal_answer { bool accept; struct str answer; };

ROW(appeal_answer,
	FIELD(appeal_answer, accept, "Count again what was rejected, and free them"),
	FIELD(appeal_answer, answer, "What they will read", .min = 2, .max = 200, .lines = true));

struct appeal {
	struct id      participant_id, campaign_id;
	struct str     participant, text, state, answer;
	int64_t        helps, rejected;
	struct str     why;
	struct instant made_at, decided_at;
};

ROW(appeal,
	FIELD(appeal, participant_id, "Who"),
	FIELD(appeal, campaign_id,    "Campaign"),
	FIELD(appeal, participant,    "… by name"),
	FIELD(appeal, text,           "What they say", .lines = true),
	FIELD(appeal, state,          "Answered?", .one_of = "open accepted refused"),
	FIELD(appeal, answer,         "The answer", .lines = true),
	FIELD(appeal, helps,          "Their helps that count"),
	FIELD(appeal, rejected,       "… and that staff rejected"),
	FIELD(appeal, why,            "Why, of the newest"),
	FIELD(appeal, made_at,        "Written"),
	FIELD(appeal, decided_at,     "Answered", .optional = true));

struct appeal_query { struct str state; };

ROW(appeal_query, FIELD(appeal_query, state, "Only these", .one_of = "open accepted refused", .optional = true));

static const struct event_kind events[] = {
	{ "campaign_appealed", "A participant disagrees with a rejection; object: participant", "help" },
	{ "campaign_answered", "An appeal was answered; object: participant, word: how", "help" },
	{ 0 },
};

/* ---- On the participant's page ------------------------------------------------------------------------- */

/* Staff's own no: not what rules or browsers say. */
#define REJECTED "h.state IN ('rejected', 'deducted') AND h.reason NOT IN ('self', 'same_person', 'left')"

struct rejected { int64_t waiting, refused; struct str why; };

ROW(rejected,
	FIELD(rejected, waiting, "Held for staff"),
	FIELD(rejected, refused, "Rejected by staff"),
	FIELD(rejected, why,     "Why, of the newest"));

static QUERY(rejected_of, READS, &row_rejected, TAKES(K_ID, K_ID),
	"SELECT (SELECT count(*) FROM " OTHER_HELPS("?1", "?2") " AND h.state = 'held' AND h.due_at = 0) AS waiting,"
	" (SELECT count(*) FROM " OTHER_HELPS("?1", "?2") " AND " REJECTED ") AS refused,"
	" COALESCE((SELECT h.reason FROM " OTHER_HELPS("?1", "?2") " AND " REJECTED
	" ORDER BY h.acted_at DESC, h.helper_id DESC LIMIT 1), '') AS why");

#define APPEAL \
	"SELECT a.participant_id, a.campaign_id, COALESCE((SELECT p.nickname FROM participant p WHERE p.community_id = a.community_id" \
	" AND p.id = a.participant_id), '') AS participant, a.text, a.state, a.answer, COALESCE(" \
	BALANCE_OF("a.community_id", "'help'", "a.participant_id") ", 0) AS helps," \
	" (SELECT count(*) FROM " OTHER_HELPS("a.community_id", "a.participant_id") " AND " REJECTED ") AS rejected," \
	" COALESCE((SELECT h.reason FROM " OTHER_HELPS("a.community_id", "a.participant_id") " AND " REJECTED \
	" ORDER BY h.acted_at DESC, h.helper_id DESC LIMIT 1), '') AS why, a.made_at, a.decided_at FROM fraud_appeal a"

static QUERY(appeal_by_participant, READS, &row_appeal, TAKES(K_ID, K_ID), APPEAL " WHERE a.community_id = ?1 AND a.participant_id = ?2");

int fraud_review_of(struct tx *tx, struct id community, struct id participant, struct task_review *ret)
{
	struct participant p;
	struct rejected rejected;
	struct appeal appeal;
	int64_t counted;
	int r = participant_get(tx, community, participant, &p);
	if (r < 0 || (r = tx_one(tx, &rejected_of, &rejected, V(community), V(participant))) < 0 ||
	    (r = fraud_in_review(tx, community, participant, &counted)) < 0)
		return r;
	r = tx_one(tx, &appeal_by_participant, &appeal, V(community), V(participant));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	bool may = rejected.refused || str_is(p.state, "blocked");
	*ret = (struct task_review){
		.waiting = rejected.waiting + counted, .refused = rejected.refused, .why = rejected.why, .text = r == 0 ? appeal.text : S(""),
		.appeal = r == 0 ? appeal.state : may ? S("may_ask") : S("none"), .answer = r == 0 ? appeal.answer : S(""),
	};
	return 0;
}

/* ---- Asking and answering ------------------------------------------------------------------------------ */

static QUERY(appeal_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO fraud_appeal (community_id, participant_id, campaign_id, text, state, answer, made_at, decided_at, decided_by)"
	" VALUES (?1, ?2, ?3, ?4, 'open', '', ?5, 0, 0)");

static int post_appeal(struct request *rq, const void *in, void *out)
{
	struct str words = str_trim(((const struct appeal_text *)in)->text);
	struct campaign c;
	struct participant owner, me;
	struct task_review review;
	if (!rq_allow(rq, str_format(rq->arena, "appeal %.*s", STR(rq->address)), TRIES, HOUR))
		return E_SLOW_DOWN;
	int r = campaign_by_slug(rq->tx, rq->path_text, &rq->community, &c, &owner);
	if (r < 0 || (r = participant_of(rq->tx, rq->community, c.id, rq->visitor, &me)) < 0)
		return r;
	if (campaign_phase(&c, tx_now(rq->tx)) == CAMPAIGN_OVER)
		return E_CAMPAIGN_CLOSED;
	if ((r = fraud_review_of(rq->tx, rq->community, me.id, &review)) < 0)
		return r;
	if (!str_is(review.appeal, "may_ask"))
		return str_is(review.appeal, "none") ? E_NOT_FOUND : E_APPEALED;
	if (words.len < 5)
		return rq_complain(rq, E_TOO_SHORT, S("text"));
	if ((r = tx_run(rq->tx, &appeal_insert, V(rq->community), V(me.id), V(c.id), V(words), V(tx_now(rq->tx)))) < 0 ||
	    (r = event_emit(rq->tx, rq->community, &events[0], &(struct event){ .subject = c.id, .actor = rq->visitor, .object = me.id })) < 0)
		return r;
	(void)out;
	return 0;
}

static QUERY(rejected_helps, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT h.helper_id AS item FROM " OTHER_HELPS("?1", "?2") " AND " REJECTED
	" ORDER BY h.acted_at, h.helper_id LIMIT 10000");

static QUERY(appeal_decide, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT, K_ID),
	"UPDATE fraud_appeal SET state = ?3, answer = ?4, decided_at = ?5, decided_by = ?6"
	" WHERE community_id = ?1 AND participant_id = ?2 AND state = 'open'");

/* What a person believed at last is not found again. */
static QUERY(findings_believed, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE fraud_finding SET state = 'accepted' WHERE community_id = ?1 AND participant_id = ?2 AND campaign_id = ?3"
	" AND state = 'rejected'");

static int give_back(struct request *rq, const struct participant *p)
{
	struct campaign c;
	struct rows rows;
	int r = campaign_get(rq->tx, rq->community, p->campaign_id, &c);
	if (r < 0 || (r = tx_all(rq->tx, &rejected_helps, &rows, V(rq->community), V(p->id))) < 0)
		return r;
	const struct id_item *helper = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if ((r = help_accept(rq->tx, rq->community, &c, p->id, helper[i].item)) >= 0)
			r = same_person_look(rq->tx, rq->community, helper[i].item);
	if (r < 0 || (r = tx_run(rq->tx, &findings_believed, V(rq->community), V(p->id), V(p->campaign_id))) < 0)
		return r;
	return str_is(p->state, "blocked") ? participant_block(rq->tx, rq->community, p->id, false) : 0;
}

static int post_answer(struct request *rq, const void *in, void *out)
{
	const struct appeal_answer *a = in;
	struct participant p;
	struct str state = a->accept ? S("accepted") : S("refused");
	int r = participant_get(rq->tx, rq->community, rq->path_id, &p);
	if (r < 0 || (r = tx_one(rq->tx, &appeal_by_participant, out, V(rq->community), V(p.id))) < 0)
		return r;
	r = tx_run(rq->tx, &appeal_decide, V(rq->community), V(p.id), V(state), V(str_trim(a->answer)), V(tx_now(rq->tx)), V(rq->account));
	if (r <= 0)
		return r < 0 ? r : E_ALREADY_DECIDED;
	if ((a->accept && (r = give_back(rq, &p)) < 0) ||
	    (r = event_emit(rq->tx, rq->community, &events[1], &(struct event){
	     	.subject = p.campaign_id, .actor = rq->account, .object = p.id, .word = state })) < 0 ||
	    (r = audit_note(rq, a->accept ? "appeal_accepted" : "appeal_refused", p.id, a->answer)) < 0)
		return r;
	return tx_one(rq->tx, &appeal_by_participant, out, V(rq->community), V(p.id));
}

static QUERY(appeals_of, READS, &row_appeal, TAKES(K_ID, K_ID, K_STR),
	APPEAL " WHERE a.community_id = ?1 AND a.campaign_id = ?2 AND (?3 = '' OR a.state = ?3)"
	" ORDER BY CASE a.state WHEN 'open' THEN 0 ELSE 1 END, a.made_at DESC LIMIT 200");

static int get_appeals(struct request *rq, const void *in, void *out)
{
	const struct appeal_query *q = in;
	struct page *page = out;
	struct campaign c;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	page->total = -1;
	return r < 0 ? r : tx_all(rq->tx, &appeals_of, &page->rows, V(rq->community), V(c.id), V(q->state));
}

/* ---- What is kept about people ------------------------------------------------------------------------------ */

struct appeal_own { struct str text, state, answer; struct instant made_at; };

ROW(appeal_own,
	FIELD(appeal_own, text,    "What you wrote"),
	FIELD(appeal_own, state,   "What became of it"),
	FIELD(appeal_own, answer,  "The answer"),
	FIELD(appeal_own, made_at, "When"));

#define OF_VISITOR " WHERE community_id = ?1 AND participant_id IN (SELECT id FROM participant WHERE community_id = ?1 AND visitor_id = ?2)"

static QUERY(appeals_show, READS, &row_appeal_own, TAKES(K_ID, K_ID),
	"SELECT text, state, answer, made_at FROM fraud_appeal" OF_VISITOR " ORDER BY made_at LIMIT 200");

static QUERY(appeals_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM fraud_appeal" OF_VISITOR);

static const struct personal personal[] = {
	{ "fraud_appeal", "你对活动审核结果的申诉", "Appeals you wrote", "内容 状态 答复 时间", BY_VISITOR, &appeals_show, .erases = { &appeals_forget } },
	{ 0 },
};

static const struct route routes[] = {
	{ "POST", "/t/{slug}/appeal",          ROLE_VISITOR,  post_appeal, &row_appeal_text,   NULL, "Disagree with a rejection, once", OUT_NONE },
	{ "GET",  "/campaigns/{id}/appeals",   ROLE_READER,   get_appeals, &row_appeal_query,  &row_appeal, "Appeals, open ones first", OUT_PAGE, .sees = campaign_sees },
	{ "POST", "/participants/{id}/answer", ROLE_OPERATOR, post_answer, &row_appeal_answer, &row_appeal, "Answer an appeal; accepting counts again what was rejected" },
	{ 0 },
};

static const struct query *const queries[] = {
	&rejected_of, &appeal_by_participant, &appeal_insert, &rejected_helps, &appeal_decide, &findings_believed, &appeals_of, &appeals_show,
	&appeals_forget, NULL,
};

const struct feature feature_fraud_appeal = {
	.name = "fraud_appeal", .api = "campaigns", .routes = routes, .queries = queries, .events = events, .personal = personal,
};
