/* shown.c: what the member's page shows of a contest: the gallery, the entry whose page it is, my own and where it stands.
 *
 * Holds      Of others only what has passed: number, title, text, pictures, votes, the name they gave.
 * Test       contest_test.c.
 */
#include "campaign/contest/contest.h"

#include "engine/file/file.h"

#define GALLERY 20

struct entry_shown {
	int64_t        number, votes, place;
	struct str     slug, name, title, body;
	struct rows    pictures;
	struct str     state, reason;
	struct instant created_at;
};
struct contest_shown {
	struct str  slug;
	int64_t     day_votes, most_votes, entry_votes, month_quota, left, entry_left;
	struct str  pictures, why;
	struct one  entry, mine;
};

ROW_PUBLIC(entry_shown,
	FIELD(entry_shown, number,     "Its number"),
	FIELD(entry_shown, votes,      "Votes"),
	FIELD(entry_shown, place,      "Place by votes; 0: not asked for"),
	FIELD(entry_shown, slug,       "Its page: /t/SLUG"),
	FIELD(entry_shown, name,       "By whom"),
	FIELD(entry_shown, title,      "Title"),
	FIELD(entry_shown, body,       "Text"),
	FIELD(entry_shown, pictures,   "Addresses of its pictures", .of = &row_text_item),
	FIELD(entry_shown, state,      "Where it stands", .one_of = "pending passed returned"),
	FIELD(entry_shown, reason,     "Why it was returned"),
	FIELD(entry_shown, created_at, "Handed in"));

ROW_PUBLIC(contest_shown,
	FIELD(contest_shown, slug,        "The contest's own page: /t/SLUG"),
	FIELD(contest_shown, day_votes,   "Votes of one person a day; 0: no limit"),
	FIELD(contest_shown, most_votes,  "… in all"),
	FIELD(contest_shown, entry_votes, "… for one entry"),
	FIELD(contest_shown, month_quota, "Entries that pass in a month; 0: no limit"),
	FIELD(contest_shown, left,        "Votes you have left today; -1: no limit"),
	FIELD(contest_shown, entry_left,  "… for this entry; -1: no limit"),
	FIELD(contest_shown, pictures,    "Pictures of an entry", .one_of = "none optional needed"),
	FIELD(contest_shown, why,         "Why you cannot vote here now: the name of an error; empty: you can"),
	FIELD(contest_shown, entry,       "The entry whose page this is", .of = &row_entry_shown),
	FIELD(contest_shown, mine,        "Your own", .of = &row_entry_shown));

struct gallery_query { struct str sort; int64_t after; };
ROW(gallery_query,
	FIELD(gallery_query, sort,  "Newest first, or by votes", .one_of = "newest votes", .optional = true),
	FIELD(gallery_query, after, "So many are passed over", .min = 0, .max = 100000, .optional = true));

#define SHOWN \
	"SELECT e.number, e.votes, 0 AS place, p.slug, p.nickname AS name, e.title, e.body, e.pictures, e.state, e.reason," \
	" e.created_at FROM contest_entry e JOIN participant p ON p.community_id = e.community_id AND p.id = e.participant_id" \
	" WHERE e.community_id = ?1"

static QUERY(gallery_newest, READS, &row_entry_shown, TAKES(K_ID, K_ID, K_INT),
	SHOWN " AND e.campaign_id = ?2 AND e.state = 'passed' ORDER BY e.number DESC LIMIT 20 OFFSET ?3");

static QUERY(gallery_votes, READS, &row_entry_shown, TAKES(K_ID, K_ID, K_INT),
	SHOWN " AND e.campaign_id = ?2 AND e.state = 'passed' ORDER BY e.votes DESC, e.number LIMIT 20 OFFSET ?3");

static QUERY(entry_of, READS, &row_entry_shown, TAKES(K_ID, K_ID), SHOWN " AND e.participant_id = ?2");

static QUERY(entries_above, READS, &row_id_item, TAKES(K_ID, K_ID, K_INT, K_INT),
	"SELECT count(*) AS item FROM contest_entry WHERE community_id = ?1 AND campaign_id = ?2 AND state = 'passed'"
	" AND (votes > ?3 OR (votes = ?3 AND number < ?4))");

static void dress(struct request *rq, struct entry_shown *e)
{
	struct text_item *keys = e->pictures.at;
	for (size_t i = 0; i < e->pictures.count; i++)
		keys[i].item = file_url(rq->arena, keys[i].item);
}

static int one_entry(struct request *rq, const struct campaign *c, struct id participant, bool own, struct one *ret)
{
	struct entry_shown *e = ARENA_NEW(rq->arena, struct entry_shown);
	struct id_item above;
	int r = e ? tx_one(rq->tx, &entry_of, e, V(rq->community), V(participant)) : E_MEMORY;
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	bool passed = str_is(e->state, "passed");
	if (!own && !passed)
		return 0;
	if (passed && (r = tx_one(rq->tx, &entries_above, &above, V(rq->community), V(c->id), V(e->votes), V(e->number))) < 0)
		return r;
	e->place = passed ? above.item.n + 1 : 0;
	dress(rq, e);
	ret->at = e;
	return 0;
}

static int64_t said(int64_t left) { return left == INT64_MAX ? -1 : left; }

int contest_shown(struct request *rq, const struct campaign *c, const struct participant *owner, const struct participant *me,
                  struct one *ret)
{
	struct contest contest;
	struct votes_left left;
	*ret = (struct one){ NULL };
	if (!str_is(c->kind, "contest"))
		return 0;
	struct contest_shown *s = ARENA_NEW(rq->arena, struct contest_shown);
	int r = s ? contest_get(rq->tx, rq->community, c->id, &contest) : E_MEMORY;
	if (r < 0 || (r = votes_left(rq, c, &contest, owner, &left)) < 0)
		return r;
	int64_t today = left.today < left.all ? left.today : left.all;
	*s = (struct contest_shown){
		.slug = c->slug, .day_votes = contest.day_votes, .most_votes = contest.most_votes, .entry_votes = contest.entry_votes,
		.month_quota = contest.month_quota, .left = said(today), .entry_left = said(left.entry), .pictures = contest.pictures,
		.why = left.refused ? str_of(err_word(left.refused)) : S(""),
	};
	if ((owner->id.n && (r = one_entry(rq, c, owner->id, false, &s->entry)) < 0) ||
	    (me->id.n && (r = one_entry(rq, c, me->id, true, &s->mine)) < 0))
		return r;
	ret->at = s;
	return 0;
}

int liked_shown(struct request *rq, const struct campaign *c, const struct participant *owner, const struct participant *me,
                struct one *ret)
{
	*ret = (struct one){ NULL };
	const struct participant *whose = owner->id.n ? owner : me;
	return str_is(c->kind, "likes") && whose->id.n ? one_entry(rq, c, whose->id, whose == me, ret) : 0;
}

static int get_gallery(struct request *rq, const void *in, void *out)
{
	const struct gallery_query *q = in;
	struct page *page = out;
	struct campaign c;
	struct participant owner;
	int r = campaign_by_slug(rq->tx, rq->path_text, &rq->community, &c, &owner);
	if (r < 0)
		return r;
	if (!str_is(c.kind, "contest"))
		return E_NOT_FOUND;
	if ((r = tx_all(rq->tx, str_is(q->sort, "votes") ? &gallery_votes : &gallery_newest, &page->rows, V(rq->community), V(c.id),
	                V(q->after))) < 0)
		return r;
	struct entry_shown *list = page->rows.at;
	for (size_t i = 0; i < page->rows.count; i++) {
		dress(rq, &list[i]);
		list[i].place = str_is(q->sort, "votes") ? q->after + (int64_t)i + 1 : 0;
	}
	page->total = -1;
	if (page->rows.count == GALLERY)
		page->next = str_format(rq->arena, "%lld", (long long)(q->after + GALLERY));
	return 0;
}

static const struct route routes[] = {
	{ "GET", "/api/contest/{slug}/entries", ROLE_VISITOR, get_gallery, &row_gallery_query, &row_entry_shown, "A contest's gallery, 20 at a time", OUT_PAGE },
	{ 0 },
};

static const struct query *const queries[] = { &gallery_newest, &gallery_votes, &entry_of, &entries_above, NULL };

const struct feature feature_contest_shown = { .name = "contest_shown", .routes = routes, .queries = queries };
