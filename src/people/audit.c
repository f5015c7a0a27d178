/* audit.c: the log of every act of staff.
 *
 * Story      An admin asks who stopped the live code on Friday, and sees name, hour and address.
 * Not here   What members did (events), what the server did by itself (jobs, warnings).
 * Owns       audit.
 * Holds      Lines are only ever added; of an erased member their words go.
 * Test       people_test.c, and every feature's tests by way of its acts.
 */
#include "people/audit.h"

#include "http/personal.h"

/* ---- Rows ------------------------------------------------------------------------------------- */

struct audit_line {
	struct id      id;
	struct instant at;
	struct id      account_id;
	struct str     account, act;
	struct id      subject_id;
	struct str     detail, address;
};

ROW(audit_line,
	FIELD(audit_line, id,         "Line"),
	FIELD(audit_line, at,         "When"),
	FIELD(audit_line, account_id, "Whose account"),
	FIELD(audit_line, account,    "Shown name of the account"),
	FIELD(audit_line, act,        "What was done, a stable word"),
	FIELD(audit_line, subject_id, "To what", .optional = true),
	FIELD(audit_line, detail,     "In words"),
	FIELD(audit_line, address,    "From which address"));

struct audit_query { struct str act; struct id account, after; int64_t limit; };

ROW(audit_query,
	FIELD(audit_query, act,     "Only this act", .max = 40, .optional = true),
	FIELD(audit_query, account, "Only this account", .optional = true),
	FIELD(audit_query, after,   "Only lines older than this one", .optional = true),
	FIELD(audit_query, limit,   "How many", .min = 0, .max = 200, .optional = true));

/* ---- Actions ------------------------------------------------------------------------------------- */

static QUERY(audit_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_ID, K_STR, K_ID, K_STR, K_STR),
	"INSERT INTO audit (community_id, id, at, account_id, act, subject_id, detail, address)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

int audit_note(struct request *rq, const char *act, struct id subject, struct str detail)
{
	int r = tx_run(rq->tx, &audit_insert, V(rq->community), V(tx_new_id(rq->tx)), V(tx_now(rq->tx)), V(rq->account),
	               V(str_of(act)), V(subject), V(detail), V(rq->address));
	return r < 0 ? r : 0;
}

/* ---- API -------------------------------------------------------------------------------------------- */

static QUERY(audit_lines, READS, &row_audit_line, TAKES(K_ID, K_ID, K_STR, K_ID, K_INT),
	"SELECT a.id, a.at, a.account_id, COALESCE(w.display, '') AS account, a.act, a.subject_id, a.detail, a.address"
	" FROM audit a LEFT JOIN account w ON w.id = a.account_id"
	" WHERE a.community_id = ?1 AND a.id < ?2 AND (?3 = '' OR a.act = ?3) AND (?4 = 0 OR a.account_id = ?4)"
	" ORDER BY a.id DESC LIMIT ?5");

static int get_audit(struct request *rq, const void *in, void *out)
{
	const struct audit_query *q = in;
	struct page *page = out;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = tx_all(rq->tx, &audit_lines, &page->rows, V(rq->community), V(before), V(q->act), V(q->account), V(limit));
	if (r < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_audit_line, limit);
	return 0;
}

/* ---- What is kept about people --------------------------------------------------------------------------- */

struct audit_own { struct instant at; struct str act, detail; };

ROW(audit_own,
	FIELD(audit_own, at,     "When"),
	FIELD(audit_own, act,    "What was done, a stable word"),
	FIELD(audit_own, detail, "In words"));

static QUERY(audit_show, READS, &row_audit_own, TAKES(K_ID, K_ID),
	"SELECT at, act, detail FROM audit WHERE community_id = ?1 AND subject_id = ?2 ORDER BY id DESC LIMIT 500");

/* That it was done stays; with whom goes. */
static QUERY(audit_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE audit SET subject_id = ?3, detail = '' WHERE community_id = ?1 AND subject_id = ?2");

static const struct personal personal[] = {
	{ "audit", "管理员对你的资料做过什么", "What staff did with your record", "时间 操作 说明", BY_MEMBER, &audit_show,
	  .erases = { &audit_forget } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/audit", ROLE_ADMIN, get_audit, &row_audit_query, &row_audit_line, "Who did what, newest first", OUT_PAGE },
	{ 0 },
};

static const struct query *const queries[] = { &audit_insert, &audit_lines, &audit_show, &audit_forget, NULL };

const struct feature feature_audit = { .name = "audit", .routes = routes, .queries = queries, .personal = personal };
