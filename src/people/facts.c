/* facts.c: the store's side of segments; see facts.h. */
#include "people/facts.h"

ROW(fact,
	FIELD(fact, id,           "Member"),
	FIELD(fact, nickname_key, "Nickname, folded"),
	FIELD(fact, name,         "Real name"),
	FIELD(fact, city,         "City"),
	FIELD(fact, industry,     "Industry"),
	FIELD(fact, job,          "Job"),
	FIELD(fact, gender,       "Gender"),
	FIELD(fact, birthday,     "1990-05-21, or empty"),
	FIELD(fact, phone,        "Is there a number?"),
	FIELD(fact, level_id,     "Level"),
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
	values[COLUMN_INDUSTRY] = column_text(arena, f->industry);
	values[COLUMN_JOB] = column_text(arena, f->job);
	values[COLUMN_GENDER] = f->gender;
	values[COLUMN_BIRTHDAY] = f->birthday.len >= 7 ? (struct str){ f->birthday.at + 5, 2 } : S("");
	values[COLUMN_LEVEL] = column_id(arena, f->level_id);
	values[COLUMN_PHONE] = f->phone ? S("1") : S("");
	values[COLUMN_SOURCE] = column_id(arena, f->source_id);
	values[COLUMN_GROUP] = column_id(arena, f->group_id);
	values[COLUMN_INVITER] = column_id(arena, f->inviter_id);
}

#define FACTS \
	"SELECT id, nickname_key, name, city, industry, job, gender, birthday, phone <> '' AS phone, level_id, source_id, group_id," \
	" inviter_id, joined_at FROM member"

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

static QUERY(selves_of, READS, &row_id_item, TAKES(K_ID, K_ID),
	"WITH RECURSIVE was(id) AS (SELECT id FROM member_alias WHERE community_id = ?1 AND member_id = ?2"
	" UNION SELECT a.id FROM member_alias a JOIN was w ON a.member_id = w.id WHERE a.community_id = ?1)"
	" SELECT id AS item FROM was UNION ALL SELECT CAST(subject AS BIGINT) AS item FROM identity"
	" WHERE community_id = ?1 AND member_id = ?2 AND channel = 'browser' LIMIT 1000", .scans = true);

int fact_selves(struct tx *tx, struct id community, struct id member, struct rows *ret)
{
	return tx_all(tx, &selves_of, ret, V(community), V(member));
}

/* ---- Custom fields ---- */

ROW(fact_value,
	FIELD(fact_value, member_id, "Member"),
	FIELD(fact_value, field_id,  "Field"),
	FIELD(fact_value, nth,       "Which of several"),
	FIELD(fact_value, text_key,  "As it is compared"),
	FIELD(fact_value, number,    "As it is compared, where it is a number"),
	FIELD(fact_value, compared,  "Is it a number?"));

size_t fact_value_text(struct rows rows, size_t i, struct arena *arena, struct str *ret)
{
	const struct fact_value *v = rows.at, *first = &v[i];
	size_t end = i + 1;
	if (first->compared) {
		*ret = str_format(arena, "%lld", (long long)first->number);
		return end;
	}
	*ret = first->text_key;
	for (; end < rows.count && v[end].member_id.n == first->member_id.n && v[end].field_id.n == first->field_id.n; end++)
		*ret = str_format(arena, "%.*s%c%.*s", STR(*ret), SEVERAL, STR(v[end].text_key));
	return end;
}

#define FACT_VALUES \
	"SELECT v.member_id, v.field_id, v.nth, v.text_key, v.number, f.kind IN ('number', 'money', 'date') AS compared" \
	" FROM member_value v JOIN member_field f ON f.community_id = v.community_id AND f.id = v.field_id WHERE v.community_id = ?1"
#define IN_ORDER " ORDER BY v.member_id, v.field_id, v.nth LIMIT "

static QUERY(values_of_one, READS, &row_fact_value, TAKES(K_ID, K_ID), FACT_VALUES " AND v.member_id = ?2" IN_ORDER "10000");

int fact_values_of(struct tx *tx, struct id community, struct id member, struct rows *ret)
{
	return tx_all(tx, &values_of_one, ret, V(community), V(member));
}

static QUERY(values_after, READS, &row_fact_value, TAKES(K_ID, K_ID, K_ID, K_INT, K_INT),
	FACT_VALUES " AND (v.member_id, v.field_id, v.nth) > (?2, ?3, ?4)" IN_ORDER "?5");

int fact_values_page(struct tx *tx, struct id community, const struct fact_value *after, int64_t limit, struct rows *ret)
{
	return tx_all(tx, &values_after, ret, V(community), V(after->member_id), V(after->field_id), V(after->nth), V(limit));
}

ROW(alias,
	FIELD(alias, id,        "A merged member"),
	FIELD(alias, member_id, "Whose it is now"));

static QUERY(aliases_after, READS, &row_alias, TAKES(K_ID, K_ID, K_INT),
	"SELECT id, member_id FROM member_alias WHERE community_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3");

int fact_alias_page(struct tx *tx, struct id community, struct id after, int64_t limit, struct rows *ret)
{
	return tx_all(tx, &aliases_after, ret, V(community), V(after), V(limit));
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
	&fact_by_id, &facts_after, &fact_count, &tags_worn, &selves_of, &values_of_one, &values_after, &aliases_after,
	 &invited_by, &wearing_after, &known_after,
	&wearers_after, NULL,
};
