/* timeline.c: what happened with a member, newest first.
 *
 * Story      Somebody asks "since when do we know her, and who put that tag on?" The page answers in words: applied, let in,
 *            joined by the poster of shop 3, tagged, merged, noted.
 * How        A follower copies those events that speak of people into member_event, under whoever acted or was acted upon:
 *            the member, or the browser they were then. A page asks for the member's number, all numbers merged into it and
 *            all its browsers, so merges, undos and splits move no row. An index on the log itself would cost every scan.
 *            Of scans only the first of a known member at a code is kept: strangers' would be most of the table.
 * Owns       member_event, member.active_at.
 * Holds      Derived: following the log again from the start gives the same rows.
 * Test       member_test.c.
 */
#include "people/timeline.h"

#include "engine/event/event.h"
#include "http/personal.h"
#include "people/member_inside.h"

#define PAGE 30
#define MOST 100

struct happened {
	struct id      id;
	struct str     kind;
	struct instant at;
	struct id      subject_id, actor_id, object_id, via_id;
	int64_t        n;
	struct str     word;
};

ROW(happened,
	FIELD(happened, id,         "Event"),
	FIELD(happened, kind,       "What happened"),
	FIELD(happened, at,         "When"),
	FIELD(happened, subject_id, "To what", .optional = true),
	FIELD(happened, actor_id,   "By whom: an account, a visitor or a member", .optional = true),
	FIELD(happened, object_id,  "With what: tag, group, note, application", .optional = true),
	FIELD(happened, via_id,     "Through what: the link", .optional = true),
	FIELD(happened, n,          "How much"),
	FIELD(happened, word,       "Class: approved, pending …"));

struct timeline_query { struct id before; int64_t limit; };

ROW(timeline_query,
	FIELD(timeline_query, before, "Only what happened before this event", .optional = true),
	FIELD(timeline_query, limit,  "How many", .min = 0, .max = MOST, .optional = true));

/* ---- Following --------------------------------------------------------------------------------------------- */

#define STALE_MS (10 * MINUTE)    /* active_at is not moved for less */

enum whose { SUBJECT, ACTOR, VIA };

/* Which of an event's ids is the person, and whether staff did it: another visitor's number does not belong here. */
static const struct line { const char *kind; enum whose whose; bool staff; } lines[] = {
	{ "member_joined", SUBJECT, false }, { "member_merged", SUBJECT, true }, { "member_unmerged", SUBJECT, true },
	{ "member_split", SUBJECT, true }, { "tag_put", SUBJECT, true }, { "tag_taken", SUBJECT, true }, { "note_made", SUBJECT, true },
	{ "voucher_issued", SUBJECT, true }, { "voucher_vouched", SUBJECT, false }, { "voucher_given", ACTOR, false },
	{ "livecode_scanned", ACTOR, false }, { "livecode_joined", ACTOR, false }, { "livecode_applied", ACTOR, false },
	{ "livecode_waiting", ACTOR, false }, { "livecode_decided", VIA, true },
};
#define KINDS "member_joined member_merged member_unmerged member_split member_removed tag_put tag_taken note_made voucher_issued" \
	" voucher_vouched voucher_given livecode_scanned livecode_joined livecode_applied livecode_waiting livecode_decided"

static QUERY(happened_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_STR, K_INSTANT, K_ID, K_ID, K_ID, K_ID, K_INT, K_STR),
	"INSERT INTO member_event (community_id, who_id, id, kind, at, subject_id, actor_id, object_id, via_id, n, word)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (community_id, who_id, id) DO NOTHING");

static QUERY(active_set, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_INT),
	"UPDATE member SET active_at = ?3 WHERE community_id = ?1 AND id = ?2 AND active_at + ?4 < ?3");

static QUERY(happened_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM member_event WHERE community_id = ?1 AND who_id = ?2");

static const struct line *line_of(struct str kind)
{
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (str_is(kind, lines[i].kind))
			return &lines[i];
	return NULL;
}

/* A browser did something: 1, and its member was active; 0: it is nobody's. */
static int was_active(struct tx *tx, struct id community, const struct event *e)
{
	struct id member;
	int r = member_find_visitor(tx, community, e->actor, &member);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	r = tx_run(tx, &active_set, V(community), V(member), V(e->at), V(STALE_MS));
	return r < 0 ? r : 1;
}

static int follow_one(struct tx *tx, struct id community, const struct event *e)
{
	const struct line *line = line_of(e->kind);
	int known = 1;
	if (!line)                                /* member_removed */
		return tx_run(tx, &happened_drop, V(community), V(e->subject));
	struct id who = line->whose == SUBJECT ? e->subject : line->whose == ACTOR ? e->actor : e->via;
	if (line->whose == ACTOR && (known = was_active(tx, community, e)) < 0)
		return known;
	if (!who.n || (str_is(e->kind, "livecode_scanned") && !(e->n && known)))
		return 0;
	struct id actor = { line->staff ? e->actor.n : 0 }, object = { str_is(e->kind, "member_split") ? 0 : e->object.n };
	return tx_run(tx, &happened_insert, V(community), V(who), V(e->id), V(e->kind), V(e->at), V(e->subject), V(actor), V(object),
	              V(line->whose == VIA ? (struct id){ 0 } : e->via), V(e->n), V(e->word));
}

static int follow(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = follow_one(tx, community, &events[i]);
	return r < 0 ? r : 0;
}

/* ---- API ------------------------------------------------------------------------------------------------------ */

/* The member's number, those merged into it, and its browsers. */
#define NUMBERS \
	"WITH RECURSIVE old(id) AS (SELECT ?2 AS id UNION SELECT a.id FROM member_alias a JOIN old o ON a.member_id = o.id" \
	" WHERE a.community_id = ?1), who(id) AS (SELECT id FROM old UNION ALL SELECT CAST(subject AS BIGINT) FROM identity" \
	" WHERE community_id = ?1 AND member_id = ?2 AND channel = 'browser') "

static QUERY(timeline_of, READS, &row_happened, TAKES(K_ID, K_ID, K_ID, K_INT),
	NUMBERS "SELECT e.id, e.kind, e.at, e.subject_id, e.actor_id, e.object_id, e.via_id, e.n, e.word FROM who w"
	" JOIN member_event e ON e.community_id = ?1 AND e.who_id = w.id AND e.id < ?3 ORDER BY e.id DESC LIMIT ?4");

static int get_timeline(struct request *rq, const void *in, void *out)
{
	const struct timeline_query *q = in;
	struct page *page = out;
	struct id id, before = { q->before.n ? q->before.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : PAGE;
	int r = member_of_path(rq, &id);
	if (r < 0 || (r = tx_all(rq->tx, &timeline_of, &page->rows, V(rq->community), V(id), V(before), V(limit))) < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_happened, limit);
	return 0;
}

/* ---- What is kept about people ----------------------------------------------------------------------------------- */

struct happened_shown { struct str kind; struct instant at; };

ROW(happened_shown,
	FIELD(happened_shown, kind, "What happened"),
	FIELD(happened_shown, at,   "When"));

static QUERY(timeline_shown, READS, &row_happened_shown, TAKES(K_ID, K_ID),
	"SELECT kind, at FROM member_event WHERE community_id = ?1 AND who_id = ?2 ORDER BY id LIMIT 1000");

#define OLD \
	"WITH RECURSIVE old(id) AS (SELECT ?2 AS id UNION SELECT a.id FROM member_alias a JOIN old o ON a.member_id = o.id" \
	" WHERE a.community_id = ?1) SELECT id FROM old"

static QUERY(timeline_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM member_event WHERE community_id = ?1 AND who_id IN (" OLD ")");

static const struct personal personal[] = {
	{ "member_event", "你在这里的动态", "What happened with you here", "动态 时间", BY_MEMBER, &timeline_shown, .erases = { &timeline_forget } },
	{ "member_event", "这台手机的动态", "What this phone did here", "动态 时间", BY_VISITOR, &timeline_shown, .erases = { &happened_drop } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/members/{id}/timeline", ROLE_READER, get_timeline, &row_timeline_query, &row_happened, "What happened with a member, newest first", OUT_PAGE, .sees = member_sees },
	{ 0 },
};

static const struct follower followers[] = { { "member_timeline", KINDS, follow }, { 0 } };

static const struct query *const queries[] = {
	&happened_insert, &active_set, &happened_drop, &timeline_of, &timeline_shown, &timeline_forget, NULL,
};

const struct feature feature_timeline = {
	.name = "timeline", .api = "members", .routes = routes, .queries = queries, .followers = followers, .personal = personal,
};
