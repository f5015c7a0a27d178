/* desk.c: the operator's side of a contest: its settings, and the queue of what was handed in.
 *
 * Story      Forty entries came in overnight. The operator goes through them with the keyboard: pass, pass, back with "the number
 *            plate can be read". Words that may not be promised are marked. The month's twenty places are full: the next waits.
 * Owns       contest; the states of contest_entry.
 * Holds      An entry that was returned can be handed in again; one that passed can be taken down again, with a reason. The
 *            month's quota is decided in the transaction that lets it pass.
 * Test       contest_test.c.
 */
#include "campaign/contest/contest.h"

#include "campaign/lint/words.h"
#include "engine/file/file.h"
#include "people/audit.h"

#define LIST_MOST 100
#define ENTRY_STATES "pending passed returned"

#define CONTEST_DRAFT \
	FIELD(contest, day_votes,   "Votes of one person a day; 0: no limit", .min = 0, .max = 100), \
	FIELD(contest, most_votes,  "… in all; 0: no limit", .min = 0, .max = 10000), \
	FIELD(contest, entry_votes, "… for one entry; 0: no limit", .min = 0, .max = 1000), \
	FIELD(contest, month_quota, "Entries that pass in a calendar month; 0: no limit", .min = 0, .max = 100000), \
	FIELD(contest, pictures,    "Pictures of an entry", .one_of = "none optional needed")

ROW_AS(contest_draft, contest, CONTEST_DRAFT);
ROW(contest, CONTEST_DRAFT,
	FIELD(contest, entries, "Entries handed in so far"));

struct entry_query { struct str state, sort; int64_t after, limit; };
struct entry_line {
	struct id      id;
	int64_t        number;
	struct str     nickname, title, body;
	struct rows    pictures, words;
	struct str     state, reason;
	int64_t        votes;
	struct instant created_at, decided_at;
};
struct entry_decision { bool pass; struct str reason; };

ROW(entry_query,
	FIELD(entry_query, state, "Only these", .one_of = ENTRY_STATES, .optional = true),
	FIELD(entry_query, sort,  "Newest first, or by votes", .one_of = "newest votes", .optional = true),
	FIELD(entry_query, after, "So many are passed over", .min = 0, .max = 100000, .optional = true),
	FIELD(entry_query, limit, "How many", .min = 0, .max = LIST_MOST, .optional = true));

#define ENTRY_LINE \
	FIELD(entry_line, id,         "Whose: the participant"), \
	FIELD(entry_line, number,     "Its number"), \
	FIELD(entry_line, nickname,   "By whom"), \
	FIELD(entry_line, title,      "Title"), \
	FIELD(entry_line, body,       "Text"), \
	FIELD(entry_line, pictures,   "Addresses of its pictures", .of = &row_text_item), \
	FIELD(entry_line, state,      "Where it stands", .one_of = ENTRY_STATES), \
	FIELD(entry_line, reason,     "Why it was returned"), \
	FIELD(entry_line, votes,      "Votes"), \
	FIELD(entry_line, created_at, "Handed in"), \
	FIELD(entry_line, decided_at, "Decided", .optional = true)

ROW(entry_line, ENTRY_LINE);
ROW_AS(entry_reviewed, entry_line, ENTRY_LINE,
	FIELD(entry_line, words, "Words in it that a promise may not use", .of = &row_text_item));

ROW(entry_decision,
	FIELD(entry_decision, pass,   "Show it; else send it back"),
	FIELD(entry_decision, reason, "Why not, as its owner will read it", .max = 100, .optional = true));

/* ---- Actions --------------------------------------------------------------------------------------- */

static QUERY(contest_by_campaign, READS, &row_contest, TAKES(K_ID, K_ID),
	"SELECT day_votes, most_votes, entry_votes, month_quota, pictures, entries FROM contest"
	" WHERE community_id = ?1 AND campaign_id = ?2");

static QUERY(contest_put, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INT, K_INT, K_INT, K_STR),
	"INSERT INTO contest (community_id, campaign_id, day_votes, most_votes, entry_votes, month_quota, pictures, entries)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) ON CONFLICT (community_id, campaign_id) DO UPDATE SET day_votes = excluded.day_votes,"
	" most_votes = excluded.most_votes, entry_votes = excluded.entry_votes, month_quota = excluded.month_quota,"
	" pictures = excluded.pictures");

int contest_get(struct tx *tx, struct id community, struct id campaign, struct contest *ret)
{
	struct contest c = { .day_votes = 3, .entry_votes = 1, .pictures = S("optional") };
	int r = tx_one(tx, &contest_by_campaign, &c, V(community), V(campaign));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = c;
	return 0;
}

static int contest_of(struct request *rq, struct id campaign, struct campaign *c, struct contest *ret)
{
	int r = campaign_get(rq->tx, rq->community, campaign, c);
	if (r < 0)
		return r;
	return str_among(c->kind, "contest likes") ? contest_get(rq->tx, rq->community, c->id, ret) : E_NOT_FOUND;
}

/* Fewer votes than were promised. */
static bool fewer(int64_t before, int64_t after) { return after != 0 && (before == 0 || after < before); }

static int get_contest(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	(void)in;
	return contest_of(rq, rq->path_id, &c, out);
}

static int put_contest(struct request *rq, const void *in, void *out)
{
	const struct contest *d = in;
	struct campaign c;
	struct contest known;
	int r = contest_of(rq, rq->path_id, &c, &known);
	if (r < 0)
		return r;
	if (str_is(c.state, "ended"))
		return E_ALREADY_ENDED;
	if (c.published_at.ms && (fewer(known.day_votes, d->day_votes) || fewer(known.most_votes, d->most_votes) ||
	                          fewer(known.entry_votes, d->entry_votes)))
		return rq_complain(rq, E_PUBLISHED, S("day_votes"));
	r = tx_run(rq->tx, &contest_put, V(rq->community), V(c.id), V(d->day_votes), V(d->most_votes), V(d->entry_votes),
	           V(d->month_quota), V(d->pictures));
	if (r < 0 || (r = audit_note(rq, "contest_changed", c.id, c.name)) < 0)
		return r;
	return contest_get(rq->tx, rq->community, c.id, out);
}

/* ---- The queue -------------------------------------------------------------------------------------------- */

#define LINES \
	"SELECT e.participant_id AS id, e.number, COALESCE(p.nickname, '') AS nickname, e.title, e.body, e.pictures, e.state," \
	" e.reason, e.votes, e.created_at, e.decided_at FROM contest_entry e LEFT JOIN participant p" \
	" ON p.community_id = e.community_id AND p.id = e.participant_id WHERE e.community_id = ?1"

static QUERY(entries_newest, READS, &row_entry_line, TAKES(K_ID, K_ID, K_STR, K_INT, K_INT),
	LINES " AND e.campaign_id = ?2 AND (?3 = '' OR e.state = ?3) ORDER BY e.number DESC LIMIT ?4 OFFSET ?5");

static QUERY(entries_by_votes, READS, &row_entry_line, TAKES(K_ID, K_ID, K_STR, K_INT, K_INT),
	LINES " AND e.campaign_id = ?2 AND (?3 = '' OR e.state = ?3) ORDER BY e.votes DESC, e.number LIMIT ?4 OFFSET ?5");

static QUERY(entry_line_by_id, READS, &row_entry_line, TAKES(K_ID, K_ID), LINES " AND e.participant_id = ?2");

static struct rows words_in(struct arena *a, const struct entry_line *e)
{
	struct word_hit hits[WORD_HITS_MAX];
	struct str text = str_format(a, "%.*s\n%.*s", STR(e->title), STR(e->body));
	size_t count = words_find(a, text, hits);
	struct text_item *list = arena_take_array(a, count + 1, sizeof *list);
	for (size_t i = 0; list && i < count; i++)
		list[i].item = hits[i].word;
	return (struct rows){ list, list ? count : 0 };
}

static void dress(struct request *rq, struct entry_line *e)
{
	struct text_item *keys = e->pictures.at;
	for (size_t i = 0; i < e->pictures.count; i++)
		keys[i].item = file_url(rq->arena, keys[i].item);
	e->words = words_in(rq->arena, e);
}

static int get_entries(struct request *rq, const void *in, void *out)
{
	const struct entry_query *q = in;
	struct page *page = out;
	struct campaign c;
	struct contest contest;
	int64_t limit = q->limit ? q->limit : 30;
	int r = contest_of(rq, rq->path_id, &c, &contest);
	if (r < 0 || (r = tx_all(rq->tx, str_is(q->sort, "votes") ? &entries_by_votes : &entries_newest, &page->rows, V(rq->community),
	                         V(c.id), V(q->state), V(limit), V(q->after))) < 0)
		return r;
	struct entry_line *lines = page->rows.at;
	for (size_t i = 0; i < page->rows.count; i++)
		dress(rq, &lines[i]);
	page->total = q->state.len ? -1 : contest.entries;
	if ((int64_t)page->rows.count == limit)
		page->next = str_format(rq->arena, "%lld", (long long)(q->after + limit));
	return 0;
}

static QUERY(entries_of_month, READS, &row_id_item, TAKES(K_ID, K_ID, K_INT),
	"SELECT count(*) AS item FROM contest_entry WHERE community_id = ?1 AND campaign_id = ?2 AND month = ?3 AND state = 'passed'");

static QUERY(entry_decide, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INT, K_ID, K_INSTANT),
	"UPDATE contest_entry SET state = ?3, reason = ?4, month = ?5, decided_by = ?6, decided_at = ?7"
	" WHERE community_id = ?1 AND participant_id = ?2 AND state <> ?3");

static int month_now(struct request *rq, int64_t *ret)
{
	struct community community;
	int r = community_get(rq->tx, rq->community, &community);
	if (r < 0)
		return r;
	struct local now = zone_local(community_zone(&community), tx_now(rq->tx));
	*ret = now.year * 100 + now.month;
	return 0;
}

static int post_decide(struct request *rq, const void *in, void *out)
{
	const struct entry_decision *d = in;
	struct participant p;
	struct campaign c;
	struct contest contest;
	struct entry_line line;
	struct id_item passed;
	int64_t month = 0;
	int r = participant_get(rq->tx, rq->community, rq->path_id, &p);
	if (r < 0 || (r = contest_of(rq, p.campaign_id, &c, &contest)) < 0 ||
	    (r = tx_one(rq->tx, &entry_line_by_id, &line, V(rq->community), V(p.id))) < 0)
		return r;
	if (!d->pass && !str_trim(d->reason).len)
		return rq_complain(rq, E_MISSING_FIELD, S("reason"));
	if (d->pass && (r = month_now(rq, &month)) < 0)
		return r;
	if (d->pass && contest.month_quota) {
		if ((r = tx_one(rq->tx, &entries_of_month, &passed, V(rq->community), V(c.id), V(month))) < 0)
			return r;
		if (passed.item.n >= contest.month_quota && !str_is(line.state, "passed"))
			return E_MONTH_FULL;
	}
	r = tx_run(rq->tx, &entry_decide, V(rq->community), V(p.id), V(d->pass ? S("passed") : S("returned")),
	           V(d->pass ? S("") : str_trim(d->reason)), V(month), V(rq->account), V(tx_now(rq->tx)));
	if (r <= 0)
		return r < 0 ? r : E_ALREADY_DECIDED;
	r = event_emit(rq->tx, rq->community, &campaign_events[d->pass ? ENTRY_PASSED : ENTRY_RETURNED],
	               &(struct event){ .subject = c.id, .actor = rq->account, .object = p.id, .n = line.number });
	if (r < 0 || (r = audit_note(rq, d->pass ? "entry_passed" : "entry_returned", p.id, line.title)) < 0 ||
	    (r = tx_one(rq->tx, &entry_line_by_id, &line, V(rq->community), V(p.id))) < 0)
		return r;
	dress(rq, &line);
	*(struct entry_line *)out = line;
	return 0;
}

/* ---- Declaration --------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/campaigns/{id}/contest", ROLE_READER,   get_contest, NULL, &row_contest, "A contest's limits" },
	{ "PUT",  "/campaigns/{id}/contest", ROLE_OPERATOR, put_contest, &row_contest_draft, &row_contest, "Save them; once published, votes only become more" },
	{ "GET",  "/campaigns/{id}/entries", ROLE_READER,   get_entries, &row_entry_query, &row_entry_reviewed, "What was handed in; state pending: what waits", OUT_PAGE },
	{ "POST", "/entries/{id}/decide",    ROLE_OPERATOR, post_decide, &row_entry_decision, &row_entry_reviewed, "Show an entry, or send it back with a reason" },
	{ 0 },
};

static const struct query *const queries[] = {
	&contest_by_campaign, &contest_put, &entries_newest, &entries_by_votes, &entry_line_by_id, &entries_of_month, &entry_decide, NULL,
};

const struct feature feature_contest = { .name = "contest", .api = "campaigns", .routes = routes, .queries = queries };
