/* twin.c: members who may be one person, with the reasons.
 *
 * Story      The page of members says "12 pairs may be the same person". Staff look at two profiles side by side and merge
 *            them, or say that they are two people; then the pair is not shown again.
 * Reasons    phone (the same number in both profiles), identity (a number one proved is in the other's profile), name_city (the
 *            same real name and city). Names alone are no reason: there are 290,000 people called 张伟.
 * Owns       member_apart.
 * Holds      Looks at at most PAIRS pairs of each reason; names only of the newest members, so it stays quick at a million.
 * Test       member_test.c.
 */
#include "people/twin.h"

#include "http/personal.h"
#include "people/audit.h"
#include "people/member_inside.h"

#define PAIRS 50

struct pair_row { struct id one_id, other_id; struct str reason; };

ROW(pair_row,
	FIELD(pair_row, one_id,   "Member"),
	FIELD(pair_row, other_id, "Member"),
	FIELD(pair_row, reason,   "Why"));

struct twin { struct one one, other; struct rows reasons; };

ROW(twin,
	FIELD(twin, one,     "Who was there first", .of = &row_member),
	FIELD(twin, other,   "Who may be the same", .of = &row_member),
	FIELD(twin, reasons, "phone identity name_city", .of = &row_text_item));

struct apart_draft { struct id one, other; };

ROW(apart_draft,
	FIELD(apart_draft, one,   "Member"),
	FIELD(apart_draft, other, "Another member"));

struct twin_query { struct id member; };

ROW(twin_query, FIELD(twin_query, member, "Only twins of this member", .optional = true));

/* ---- Looking ------------------------------------------------------------------------------------------- */

#define NOT_APART(a, b) \
	" AND NOT EXISTS (SELECT 1 FROM member_apart x WHERE x.community_id = ?1 AND ((x.one_id = " a " AND x.other_id = " b ") OR" \
	" (x.one_id = " b " AND x.other_id = " a ")))"

/* Every number that stands twice; the first two of each are enough: the rest follow when those are one. */
static QUERY(twins_by_phone, READS, &row_pair_row, TAKES(K_ID),
	"SELECT p.one_id, p.other_id, 'phone' AS reason FROM (SELECT min(id) AS one_id, max(id) AS other_id FROM member"
	" WHERE community_id = ?1 AND phone_tail > '' GROUP BY phone_tail HAVING count(*) > 1 LIMIT 200) p"
	" WHERE p.one_id <> p.other_id" NOT_APART("p.one_id", "p.other_id") " LIMIT 50");

static QUERY(twins_of_phone, READS, &row_pair_row, TAKES(K_ID, K_ID),
	"SELECT o.id AS one_id, m.id AS other_id, 'phone' AS reason FROM member m JOIN member o ON o.community_id = m.community_id"
	" AND o.phone_tail = m.phone_tail AND o.id <> m.id WHERE m.community_id = ?1 AND m.id = ?2 AND m.phone_tail <> ''"
	NOT_APART("m.id", "o.id") " LIMIT 50");

/* A number that one is known by stands in another's profile. */
static QUERY(twins_of_identity, READS, &row_pair_row, TAKES(K_ID, K_ID, K_STR),
	"SELECT o.id AS one_id, ?2 AS other_id, 'identity' AS reason FROM member o WHERE o.community_id = ?1 AND o.phone_tail = ?3"
	" AND o.id <> ?2" NOT_APART("o.id", "?2") " LIMIT 50");

static QUERY(identity_like_phone, READS, &row_pair_row, TAKES(K_ID, K_STR, K_ID),
	"SELECT i.member_id AS one_id, ?3 AS other_id, 'identity' AS reason FROM identity i WHERE i.community_id = ?1"
	" AND i.channel = 'phone' AND i.subject = ?2 AND i.member_id <> ?3" NOT_APART("i.member_id", "?3"));

static QUERY(twins_by_identity, READS, &row_pair_row, TAKES(K_ID),
	"SELECT i.member_id AS one_id, m.id AS other_id, 'identity' AS reason FROM (SELECT id, phone FROM member WHERE community_id = ?1"
	" ORDER BY id DESC LIMIT 200) m JOIN identity i ON i.community_id = ?1 AND i.channel = 'phone' AND i.subject = m.phone"
	" AND i.member_id <> m.id WHERE m.phone <> ''" NOT_APART("m.id", "i.member_id") " LIMIT 50");

static QUERY(twins_of_name, READS, &row_pair_row, TAKES(K_ID, K_ID),
	"SELECT o.id AS one_id, m.id AS other_id, 'name_city' AS reason FROM member m"
	" JOIN member_key k ON k.community_id = m.community_id AND k.key = substr(lower(m.name), 1, 8)"
	" JOIN member o ON o.community_id = m.community_id AND o.id = k.member_id AND o.id <> m.id AND o.name = m.name AND o.city = m.city"
	" WHERE m.community_id = ?1 AND m.id = ?2 AND m.name <> '' AND m.city <> ''" NOT_APART("m.id", "o.id") " LIMIT 50");

static QUERY(twins_by_name, READS, &row_pair_row, TAKES(K_ID),
	"SELECT o.id AS one_id, m.id AS other_id, 'name_city' AS reason FROM (SELECT id, name, city FROM member WHERE community_id = ?1"
	" ORDER BY id DESC LIMIT 100) m JOIN member_key k ON k.community_id = ?1 AND k.key = substr(lower(m.name), 1, 8)"
	" JOIN member o ON o.community_id = ?1 AND o.id = k.member_id AND o.id < m.id AND o.name = m.name AND o.city = m.city"
	" WHERE m.name <> '' AND m.city <> ''" NOT_APART("m.id", "o.id") " LIMIT 50");

/* ---- Together ---------------------------------------------------------------------------------------------- */

struct pairs { struct arena *arena; struct twin *at; struct id (*ids)[2]; size_t count, room; };

static int add_pair(struct pairs *pairs, const struct pair_row *p)
{
	struct id a = p->one_id.n < p->other_id.n ? p->one_id : p->other_id, b = a.n == p->one_id.n ? p->other_id : p->one_id;
	size_t i = 0;
	while (i < pairs->count && !(pairs->ids[i][0].n == a.n && pairs->ids[i][1].n == b.n))
		i++;
	if (i == pairs->room)
		return 0;
	if (i == pairs->count) {
		pairs->ids[i][0] = a, pairs->ids[i][1] = b;
		pairs->at[i].reasons.at = arena_take_array(pairs->arena, 3, sizeof(struct text_item));
		pairs->count++;
	}
	struct text_item *reasons = pairs->at[i].reasons.at;
	if (!reasons)
		return E_MEMORY;
	for (size_t k = 0; k < pairs->at[i].reasons.count; k++)
		if (str_equal(reasons[k].item, p->reason))
			return 0;
	reasons[pairs->at[i].reasons.count++].item = p->reason;
	return 0;
}

static int add_pairs(struct pairs *pairs, int r, struct rows rows)
{
	const struct pair_row *p = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = add_pair(pairs, &p[i]);
	return r;
}

static int of_everybody(struct request *rq, struct pairs *pairs)
{
	static const struct query *const ask[] = { &twins_by_phone, &twins_by_identity, &twins_by_name };
	int r = 0;
	for (size_t i = 0; r >= 0 && i < sizeof ask / sizeof *ask; i++) {
		struct rows rows;
		r = tx_all(rq->tx, ask[i], &rows, V(rq->community));
		r = add_pairs(pairs, r, rows);
	}
	return r;
}

/* Both ways: whose profile holds a number this one is known by, and who is known by the number in this one's profile. */
static int of_identities(struct request *rq, struct id member, struct pairs *pairs)
{
	struct rows known, rows;
	struct member_profile profile;
	int r = member_identities(rq->tx, rq->community, member, &known);
	const struct member_identity *one = known.at;
	for (size_t i = 0; r >= 0 && i < known.count; i++) {
		if (!str_is(one[i].channel, "phone"))
			continue;
		r = tx_all(rq->tx, &twins_of_identity, &rows, V(rq->community), V(member), V(phone_tail(rq->arena, one[i].subject)));
		r = add_pairs(pairs, r, rows);
	}
	if (r < 0 || (r = member_profile_get(rq->tx, rq->community, member, &profile)) < 0 || profile.phone.len == 0)
		return r;
	r = tx_all(rq->tx, &identity_like_phone, &rows, V(rq->community), V(profile.phone), V(member));
	return add_pairs(pairs, r, rows);
}

static int of_member(struct request *rq, struct id member, struct pairs *pairs)
{
	static const struct query *const ask[] = { &twins_of_phone, &twins_of_name };
	int r = member_resolve(rq->tx, rq->community, member, &member);
	for (size_t i = 0; r >= 0 && i < sizeof ask / sizeof *ask; i++) {
		struct rows rows;
		r = tx_all(rq->tx, ask[i], &rows, V(rq->community), V(member));
		r = add_pairs(pairs, r, rows);
	}
	return r < 0 ? r : of_identities(rq, member, pairs);
}

static int get_twins(struct request *rq, const void *in, void *out)
{
	const struct twin_query *q = in;
	struct page *page = out;
	struct pairs pairs = {
		.arena = rq->arena, .at = arena_take_array(rq->arena, PAIRS, sizeof *pairs.at),
		.ids = arena_take_array(rq->arena, PAIRS, sizeof *pairs.ids), .room = PAIRS,
	};
	struct twin *seen = arena_take_array(rq->arena, PAIRS, sizeof *seen);
	size_t count = 0;
	if (!pairs.at || !pairs.ids || !seen)
		return E_MEMORY;
	int r = q->member.n ? of_member(rq, q->member, &pairs) : of_everybody(rq, &pairs);
	for (size_t i = 0; r >= 0 && i < pairs.count; i++) {
		struct member *one = ARENA_NEW(rq->arena, struct member), *other = ARENA_NEW(rq->arena, struct member);
		if (!one || !other)
			return E_MEMORY;
		if (member_is_seen_by(rq, pairs.ids[i][0]) < 0 || member_is_seen_by(rq, pairs.ids[i][1]) < 0)
			continue;
		struct twin *twin = &seen[count++];
		*twin = pairs.at[i];
		if ((r = member_row(rq, pairs.ids[i][0], one)) < 0 || (r = member_row(rq, pairs.ids[i][1], other)) < 0)
			return r;
		twin->one.at = one, twin->other.at = other;
	}
	page->rows = (struct rows){ seen, count };
	page->total = (int64_t)count;
	return r < 0 ? r : 0;
}

static QUERY(apart_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"INSERT INTO member_apart (community_id, one_id, other_id, at) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id, one_id, other_id) DO NOTHING");

static int post_apart(struct request *rq, const void *in, void *out)
{
	const struct apart_draft *d = in;
	struct id one, other;
	(void)out;
	int r = member_resolve(rq->tx, rq->community, d->one, &one);
	if (r < 0 || (r = member_resolve(rq->tx, rq->community, d->other, &other)) < 0)
		return r;
	if (one.n == other.n)
		return rq_complain(rq, E_SAME_MEMBER, S("other"));
	if (one.n > other.n) {
		struct id swap = one;
		one = other, other = swap;
	}
	if ((r = tx_run(rq->tx, &apart_insert, V(rq->community), V(one), V(other), V(tx_now(rq->tx)))) < 0)
		return r;
	return audit_note(rq, "members_apart", one, str_format(rq->arena, "%lld", (long long)other.n));
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static QUERY(apart_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM member_apart WHERE community_id = ?1 AND (one_id = ?2 OR other_id = ?2)");

static const struct personal personal[] = {
	{ "member_apart", .by = BY_MEMBER, .erases = { &apart_forget } },
	{ 0 },
};

static const struct route routes[] = {
	{ "GET",  "/members/twins",       ROLE_READER,   get_twins,  &row_twin_query,  &row_twin, "Pairs of members who may be one person, and why", OUT_PAGE },
	{ "POST", "/members/twins/apart", ROLE_OPERATOR, post_apart, &row_apart_draft, NULL, "They are two people: do not show the pair again", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&twins_by_phone, &twins_of_phone, &twins_of_identity, &identity_like_phone, &twins_by_identity, &twins_of_name, &twins_by_name,
	&apart_insert, &apart_forget, NULL,
};

const struct feature feature_twin = { .name = "twin", .api = "members", .routes = routes, .queries = queries, .personal = personal };
