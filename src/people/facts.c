/* facts.c: the store's side of segments; see facts.h. */
#include "people/facts.h"

ROW(fact,
	FIELD(fact, id,           "Member"),
	FIELD(fact, nickname_key, "Nickname, folded"),
	FIELD(fact, name,         "Real name"),
	FIELD(fact, city,         "City"),
	FIELD(fact, phone,        "Is there a number?"),
	FIELD(fact, source_id,    "Link"),
	FIELD(fact, group_id,     "First group"),
	FIELD(fact, inviter_id,   "Member who invited them"),
	FIELD(fact, joined_at,    "Member since"));

ROW(wearing,
	FIELD(wearing, member_id, "Member"),
	FIELD(wearing, tag_id,    "Tag"));

ROW(known,
	FIELD(known, subject,   "Visitor"),
	FIELD(known, member_id, "Member"));

struct fact_total { int64_t n; };

ROW(fact_total, FIELD(fact_total, n, "How many"));

void fact_values(const struct fact *f, struct arena *arena, struct str values[COLUMNS])
{
	values[COLUMN_NICKNAME] = f->nickname_key;
	values[COLUMN_NAME] = column_text(arena, f->name);
	values[COLUMN_CITY] = column_text(arena, f->city);
	values[COLUMN_PHONE] = f->phone ? S("1") : S("");
	values[COLUMN_SOURCE] = column_id(arena, f->source_id);
	values[COLUMN_GROUP] = column_id(arena, f->group_id);
	values[COLUMN_INVITER] = column_id(arena, f->inviter_id);
}

#define FACTS "SELECT id, nickname_key, name, city, phone <> '' AS phone, source_id, group_id, inviter_id, joined_at FROM member"

static QUERY(fact_by_id, READS, &row_fact, TAKES(K_ID, K_ID), FACTS " WHERE community_id = ?1 AND id = ?2");

int fact_one(struct tx *tx, struct id community, struct id member, struct fact *ret)
{
	return tx_one(tx, &fact_by_id, ret, V(community), V(member));
}

static QUERY(facts_after, READS, &row_fact, TAKES(K_ID, K_ID, K_INT),
	FACTS " WHERE community_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3");

int fact_page(struct tx *tx, struct id community, struct id after, int64_t limit, struct rows *ret)
{
	return tx_all(tx, &facts_after, ret, V(community), V(after), V(limit));
}

static QUERY(fact_count, READS, &row_fact_total, TAKES(K_ID, K_INT),
	"SELECT count(*) AS n FROM (SELECT 1 FROM member WHERE community_id = ?1 LIMIT ?2) AS few", .scans = true);

int fact_more_than(struct tx *tx, struct id community, int64_t n, bool *ret)
{
	struct fact_total total;
	int r = tx_one(tx, &fact_count, &total, V(community), V(n + 1));
	if (r == 0)
		*ret = total.n > n;
	return r;
}

static QUERY(tags_worn, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT tag_id AS item FROM member_tag WHERE community_id = ?1 AND member_id = ?2 ORDER BY tag_id LIMIT 100000");

int fact_tags(struct tx *tx, struct id community, struct id member, struct rows *ret)
{
	return tx_all(tx, &tags_worn, ret, V(community), V(member));
}

static QUERY(visitors_of, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT CAST(subject AS BIGINT) AS item FROM identity"
	" WHERE community_id = ?1 AND member_id = ?2 AND channel = 'browser' ORDER BY subject LIMIT 1000");

int fact_visitors(struct tx *tx, struct id community, struct id member, struct rows *ret)
{
	return tx_all(tx, &visitors_of, ret, V(community), V(member));
}

static QUERY(invited_by, READS, &row_fact_total, TAKES(K_ID, K_ID),
	"SELECT count(*) AS n FROM member WHERE community_id = ?1 AND inviter_id = ?2");

int fact_invited(struct tx *tx, struct id community, struct id member, int64_t *ret)
{
	struct fact_total total;
	int r = tx_one(tx, &invited_by, &total, V(community), V(member));
	if (r == 0)
		*ret = total.n;
	return r;
}

static QUERY(wearing_after, READS, &row_wearing, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT member_id, tag_id FROM member_tag WHERE community_id = ?1 AND (member_id, tag_id) > (?2, ?3)"
	" ORDER BY member_id, tag_id LIMIT ?4");

int fact_wearing_page(struct tx *tx, struct id community, const struct wearing *after, int64_t limit, struct rows *ret)
{
	return tx_all(tx, &wearing_after, ret, V(community), V(after->member_id), V(after->tag_id), V(limit));
}

static QUERY(known_after, READS, &row_known, TAKES(K_ID, K_STR, K_INT),
	"SELECT subject, member_id FROM identity WHERE community_id = ?1 AND channel = 'browser' AND subject > ?2"
	" ORDER BY subject LIMIT ?3");

int fact_known_page(struct tx *tx, struct id community, struct str after, int64_t limit, struct rows *ret)
{
	return tx_all(tx, &known_after, ret, V(community), V(after), V(limit));
}

static QUERY(wearers_after, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT member_id AS item FROM member_tag WHERE community_id = ?1 AND tag_id = ?2 AND member_id > ?3"
	" ORDER BY member_id LIMIT ?4");

int fact_wearers(struct tx *tx, struct id community, struct id tag, struct id after, int64_t limit, struct rows *ret)
{
	return tx_all(tx, &wearers_after, ret, V(community), V(tag), V(after), V(limit));
}

const struct query *const fact_queries[] = {
	&fact_by_id, &facts_after, &fact_count, &tags_worn, &visitors_of, &invited_by, &wearing_after, &known_after,
	&wearers_after, NULL,
};
