/* list.c: members as the console lists them: filtered, searched, in three orders, a page at a time.
 *
 * Story      Of 1,000,000 members an operator wants those of one poster with one tag who live in no level, by name. Each
 *            answer comes within 100 ms, whatever is asked.
 * How        A filter that few members pass (CANDIDATES) is read whole from its own index, sifted by the others, put in order
 *            and counted exactly. Otherwise somebody matches every few members: the list walks along the order asked for
 *            (or, newest first, along the filter's index) in windows that grow, and sifts each, until the page is full. A
 *            walk that has looked at WALK_MOST members stops with what it has; `next` goes on from there.
 * Total      Exact when it was counted anyway or is cheap to count; otherwise a lower bound, and the page says so.
 * Search     member_key (search.h) for names, the reversed number for the end of a phone, a whole identity, a tag's name.
 * Segments   A saved filter (segment.h) is one filter more; it answers from memory, and E_BUSY while that is being filled.
 * Test       member_test.c: against a plain reading of every row, on random members and questions.
 */
#include "people/list.h"

#include "base/utf8.h"
#include "people/field.h"
#include "people/member_inside.h"
#include "people/search.h"
#include "people/segment.h"
#include "people/staff.h"

#define LIST_MOST  200
#define CANDIDATES 4000       /* a filter that so many pass is read whole */
#define COUNTED    100000     /* so many are counted exactly */
#define WALK_FIRST 250        /* the first window of a walk */
#define WALK_MOST  30000      /* members looked at for one page */
#define CURSOR     200

/* ---- Rows ------------------------------------------------------------------------------------- */

struct list_query {
	struct str     q;
	struct id      source, tag, group, level, inviter, segment;
	struct str     field, value;
	struct instant joined_from, joined_until;
	struct str     sort, after;
	int64_t        limit;
};


static const struct field list_query_fields[] = {
	FIELD(list_query, q,            "Part of nickname or name, their pinyin or initials, the end of the phone number, a tag, or a whole identity",
	      .max = MAX_SUBJECT, .optional = true),
	FIELD(list_query, source,       "Only who came by this link", .optional = true),
	FIELD(list_query, tag,          "Only who carries this tag", .optional = true),
	FIELD(list_query, group,        "Only who joined this group first", .optional = true),
	FIELD(list_query, level,        "Only who has this level", .optional = true),
	FIELD(list_query, inviter,      "Only whom this member invited", .optional = true),
	FIELD(list_query, segment,      "Only who is in this segment", .optional = true),
	FIELD(list_query, field,        "Key of a custom field, with value", .max = 32, .optional = true),
	FIELD(list_query, value,        "Only who has this value there", .max = 200, .optional = true),
	FIELD(list_query, joined_from,  "Only who joined then or later", .optional = true),
	FIELD(list_query, joined_until, "Only who joined before", .optional = true),
	FIELD(list_query, sort,         "newest (with a span of joining: last joined first), name, or active; newest when missing",
	      .one_of = "newest name active", .optional = true),
	FIELD(list_query, after,        "The page after this one: `next` of the page before", .max = CURSOR, .optional = true),
	FIELD(list_query, limit,        "How many", .min = 0, .max = LIST_MOST, .optional = true),
};
const struct row row_list_query = { "member_query", sizeof(struct list_query), list_query_fields,
	sizeof list_query_fields / sizeof *list_query_fields };

/* As much of a member as orders it. */
struct light { struct id id; struct str nickname_key; int64_t joined_at, active_at; };

ROW(light,
	FIELD(light, id,           "Member"),
	FIELD(light, nickname_key, "Order by name"),
	FIELD(light, joined_at,    "Order by joining"),
	FIELD(light, active_at,    "Order by last sign"));

struct list_total { int64_t n; };

ROW(list_total, FIELD(list_total, n, "How many"));

/* ---- A question, made ready ------------------------------------------------------------------------------ */

enum order { BY_ID, BY_JOINED, BY_NAME, BY_ACTIVE };
enum driver { D_NONE, D_TAG, D_SOURCE, D_GROUP, D_LEVEL, D_INVITER, D_VALUE, D_SEGMENT, D_SEARCH, DRIVERS };

struct question {
	struct request *rq;
	struct id       source, tag, group, level, inviter, segment, field;
	struct str      value;                /* as it is compared */
	int64_t         from, until;          /* of joining */
	bool            searches;
	struct str      keys_from, keys_until, like, tail, tail_until, subject;
	struct id       q_tag;
	enum order      order;
	struct light    after;                /* where the last page ended; BEGIN at first */
	bool            first;
	int64_t         limit;
};

/* ---- Queries ------------------------------------------------------------------------------------------------ */

/* Candidates of one driver, newest first: ?2 which, ?3 what it is about, ?4 a value, ?5 only below this member, ?6 how many.
 * The other branches are not entered. */
#define BRANCH(n, of, where) "SELECT * FROM (SELECT " of " WHERE ?2 = " #n " AND " where " ORDER BY id DESC LIMIT ?6) b" #n
#define DRIVEN \
	BRANCH(1, "member_id AS id FROM member_tag", "community_id = ?1 AND tag_id = ?3 AND member_id < ?5") " UNION ALL " \
	BRANCH(2, "id FROM member", "community_id = ?1 AND source_id = ?3 AND id < ?5") " UNION ALL " \
	BRANCH(3, "id FROM member", "community_id = ?1 AND group_id = ?3 AND id < ?5") " UNION ALL " \
	BRANCH(4, "id FROM member", "community_id = ?1 AND level_id = ?3 AND id < ?5") " UNION ALL " \
	BRANCH(5, "id FROM member", "community_id = ?1 AND inviter_id = ?3 AND id < ?5") " UNION ALL " \
	BRANCH(6, "member_id AS id FROM member_value", "community_id = ?1 AND field_id = ?3 AND text_key = ?4 AND member_id < ?5")
#define DRIVEN_TAKES TAKES(K_ID, K_INT, K_ID, K_STR, K_ID, K_INT)

static QUERY(list_driven, READS, &row_id_item, DRIVEN_TAKES, "SELECT id AS item FROM (" DRIVEN ") d");
static QUERY(list_driven_count, READS, &row_list_total, DRIVEN_TAKES, "SELECT count(*) AS n FROM (" DRIVEN ") d");

/* Whom a search may mean: ?2–?3 keys, ?4–?5 the reversed end of a number ('' : not asked), ?6 a whole identity, ?7 whether
 * phone numbers among those count, ?8 a tag, ?9 how many of each. */
static QUERY(list_searched, READS, &row_id_item, TAKES(K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_BOOL, K_ID, K_INT),
	"SELECT DISTINCT id AS item FROM ("
	"SELECT * FROM (SELECT member_id AS id FROM member_key WHERE community_id = ?1 AND key >= ?2 AND key < ?3 LIMIT ?9) k UNION ALL "
	"SELECT * FROM (SELECT id FROM member WHERE ?4 <> '' AND community_id = ?1 AND phone_tail >= ?4 AND phone_tail < ?5 LIMIT ?9) p"
	" UNION ALL "
	"SELECT * FROM (SELECT member_id AS id FROM identity WHERE community_id = ?1 AND subject = ?6 AND (channel <> 'phone' OR ?7)"
	" LIMIT 20) i"
	" UNION ALL "
	"SELECT * FROM (SELECT member_id AS id FROM member_tag WHERE ?8 <> 0 AND community_id = ?1 AND tag_id = ?8 LIMIT ?9) t) d");

/* Along an order from where the last page ended: ?2 ?3 ?4 that member's place and id, ?5 how many. */
#define LIGHT "SELECT id, nickname_key, joined_at, active_at FROM member WHERE community_id = ?1 AND "

static QUERY(list_by_id, READS, &row_light, TAKES(K_ID, K_ID, K_INT), LIGHT "id < ?2 ORDER BY id DESC LIMIT ?3");

static QUERY(list_by_joined, READS, &row_light, TAKES(K_ID, K_INT, K_ID, K_INT),
	LIGHT "(joined_at, id) < (?2, ?3) ORDER BY joined_at DESC, id DESC LIMIT ?4");

static QUERY(list_by_name, READS, &row_light, TAKES(K_ID, K_STR, K_ID, K_INT),
	LIGHT "(nickname_key, id) > (?2, ?3) ORDER BY nickname_key, id LIMIT ?4");

static QUERY(list_by_active, READS, &row_light, TAKES(K_ID, K_INT, K_ID, K_INT),
	LIGHT "(active_at, id) < (?2, ?3) ORDER BY active_at DESC, id DESC LIMIT ?4");

/* Those of a list of ids (JSON, ?2) that pass everything asked. */
#define IDS    "json_each(?2) j CROSS JOIN member m ON m.community_id = ?1 AND m.id = j.value"
#define IDS_PG "json_array_elements_text(?2::json) AS j(value) JOIN member m ON m.community_id = ?1 AND m.id = j.value::bigint"
#define SIFTED \
	" WHERE (?3 = 0 OR m.source_id = ?3) AND (?4 = 0 OR m.group_id = ?4) AND (?5 = 0 OR m.level_id = ?5)" \
	" AND (?6 = 0 OR m.inviter_id = ?6) AND m.joined_at >= ?7 AND m.joined_at < ?8" \
	" AND (?9 = 0 OR EXISTS (SELECT 1 FROM member_tag t WHERE t.community_id = m.community_id AND t.member_id = m.id AND t.tag_id = ?9))" \
	" AND (?10 = 0 OR EXISTS (SELECT 1 FROM member_value v WHERE v.community_id = m.community_id AND v.member_id = m.id" \
	" AND v.field_id = ?10 AND v.text_key = ?11))" \
	" AND (?12 = '' OR m.search LIKE ?12 ESCAPE '!' OR (?13 <> '' AND m.phone_tail >= ?13 AND m.phone_tail < ?14)" \
	" OR EXISTS (SELECT 1 FROM identity i WHERE i.community_id = m.community_id AND i.member_id = m.id AND i.subject = ?15" \
	" AND (i.channel <> 'phone' OR ?16))" \
	" OR (?17 <> 0 AND EXISTS (SELECT 1 FROM member_tag t WHERE t.community_id = m.community_id AND t.member_id = m.id" \
	" AND t.tag_id = ?17)))" \
	" AND " SEES_GROUP("?18", "m.community_id", "m.group_id")
#define SIFT "SELECT m.id, m.nickname_key, m.joined_at, m.active_at "

static QUERY(list_sift, READS, &row_light,
	TAKES(K_ID, K_STR, K_ID, K_ID, K_ID, K_ID, K_INT, K_INT, K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_BOOL, K_ID, K_ID),
	SIFT "FROM " IDS SIFTED, .pg = SIFT "FROM " IDS_PG SIFTED);


static QUERY(list_whole, READS, &row_member, TAKES(K_ID, K_STR),
	SELECT_MEMBER IDS, .pg = SELECT_MEMBER_PG IDS_PG);

static QUERY(list_tag_named, READS, &row_id_item, TAKES(K_ID, K_STR),
	"SELECT id AS item FROM tag WHERE community_id = ?1 AND name_key = ?2");

/* ---- Candidates --------------------------------------------------------------------------------------------- */

static struct id about(const struct question *q, enum driver d)
{
	const struct id of[DRIVERS] = {
		[D_TAG] = q->tag, [D_SOURCE] = q->source, [D_GROUP] = q->group, [D_LEVEL] = q->level, [D_INVITER] = q->inviter,
		[D_VALUE] = q->field, [D_SEGMENT] = q->segment,
	};
	return of[d];
}

static int driven(const struct question *q, enum driver d, struct id below, int64_t most, struct rows *ret)
{
	struct request *rq = q->rq;
	if (d == D_SEARCH)
		return tx_all(rq->tx, &list_searched, ret, V(rq->community), V(q->keys_from), V(q->keys_until), V(q->tail), V(q->tail_until),
		              V(q->subject), V(rq->role >= ROLE_ADMIN), V(q->q_tag), V(most));
	if (d == D_SEGMENT)
		return segment_page_back(rq->tx, rq->community, q->segment, rq->only, below, most, ret);
	return tx_all(rq->tx, &list_driven, ret, V(rq->community), V((int64_t)d), V(about(q, d)), V(q->value), V(below), V(most));
}

static struct str ids_json(struct arena *arena, const void *rows, size_t size, size_t count)
{
	BUF_SCOPED b;
	buf_init(&b, 4 << 20);
	for (size_t i = 0; i < count; i++) {
		buf_byte(&b, i ? ',' : '[');
		buf_int(&b, ((const struct id *)(const void *)((const char *)rows + i * size))->n);
	}
	buf_z(&b, count ? "]" : "[]");
	return str_copy(arena, buf_view(&b));
}

/* Those of the rows that are in the segment asked for. */
static int sift_segment(const struct question *q, struct rows *rows)
{
	struct light *light = rows->at;
	struct id *ids = arena_take_array(q->rq->arena, rows->count + 1, sizeof *ids);
	bool *in = arena_take_array(q->rq->arena, rows->count + 1, sizeof *in);
	size_t n = 0;
	if (!ids || !in)
		return E_MEMORY;
	for (size_t i = 0; i < rows->count; i++)
		ids[i] = light[i].id;
	int r = segment_sift(q->rq->tx, q->rq->community, q->segment, ids, rows->count, in);
	for (size_t i = 0; r >= 0 && i < rows->count; i++)
		if (in[i])
			light[n++] = light[i];
	rows->count = n;
	return r;
}

static int sift(const struct question *q, struct str ids, struct rows *ret)
{
	struct request *rq = q->rq;
	int r = tx_all(rq->tx, &list_sift, ret, V(rq->community), V(ids), V(q->source), V(q->group), V(q->level), V(q->inviter), V(q->from),
	              V(q->until), V(q->tag), V(q->field), V(q->value), V(q->searches ? q->like : S("")), V(q->tail), V(q->tail_until),
	              V(q->subject), V(rq->role >= ROLE_ADMIN), V(q->q_tag), V(rq->only));
	return r < 0 || q->segment.n == 0 ? r : sift_segment(q, ret);
}

/* The filter that the fewest pass, and how many that are (CANDIDATES + 1: too many to read). */
static int choose(const struct question *q, enum driver *ret, struct rows *ret_few)
{
	*ret = D_NONE, *ret_few = (struct rows){ .count = SIZE_MAX };
	for (enum driver d = D_TAG; d < DRIVERS; d++) {
		struct rows rows;
		if (d == D_SEARCH ? !q->searches : !about(q, d).n)
			continue;
		int r = driven(q, d, (struct id){ INT64_MAX }, CANDIDATES + 1, &rows);
		if (r < 0)
			return r;
		if (rows.count < ret_few->count)
			*ret = d, *ret_few = rows;
	}
	return 0;
}

/* ---- Order ------------------------------------------------------------------------------------------------------- */

static int compare(enum order order, const struct light *a, const struct light *b)
{
	int id = (a->id.n > b->id.n) - (a->id.n < b->id.n);
	int by = order == BY_NAME ? str_compare(a->nickname_key, b->nickname_key) :
	         order == BY_JOINED ? (b->joined_at > a->joined_at) - (b->joined_at < a->joined_at) :
	         order == BY_ACTIVE ? (b->active_at > a->active_at) - (b->active_at < a->active_at) : 0;
	return by ? by : order == BY_NAME ? id : -id;
}

static int by_id(const void *a, const void *b) { return compare(BY_ID, a, b); }
static int by_joined(const void *a, const void *b) { return compare(BY_JOINED, a, b); }
static int by_name(const void *a, const void *b) { return compare(BY_NAME, a, b); }
static int by_active(const void *a, const void *b) { return compare(BY_ACTIVE, a, b); }

static void put_in_order(enum order order, struct rows rows)
{
	static int (*const by[])(const void *, const void *) = {
		[BY_ID] = by_id, [BY_JOINED] = by_joined, [BY_NAME] = by_name, [BY_ACTIVE] = by_active,
	};
	if (rows.count > 1)
		qsort(rows.at, rows.count, sizeof(struct light), by[order]);
}

/* "191…" or "191…|name" or "191…|1700000000000" */
static struct str cursor_write(struct arena *arena, enum order order, const struct light *at)
{
	if (order == BY_NAME)
		return str_format(arena, "%lld|%.*s", (long long)at->id.n, STR(at->nickname_key));
	if (order == BY_ID)
		return str_format(arena, "%lld", (long long)at->id.n);
	return str_format(arena, "%lld|%lld", (long long)at->id.n, (long long)(order == BY_JOINED ? at->joined_at : at->active_at));
}

static bool cursor_read(enum order order, struct str text, struct light *ret)
{
	struct str id = str_cut(&text, '|');
	int64_t n = INT64_MAX;
	*ret = (struct light){ .id = { order == BY_NAME ? 0 : INT64_MAX }, .joined_at = INT64_MAX, .active_at = INT64_MAX };
	if (id.len == 0)
		return text.len == 0;
	if (!str_to_int(id, &ret->id.n) || (order != BY_ID && order != BY_NAME && !str_to_int(text, &n)))
		return false;
	ret->nickname_key = text, ret->joined_at = ret->active_at = n;
	return true;
}

/* ---- The page ------------------------------------------------------------------------------------------------------- */

struct found { struct light *at; size_t count; int64_t total; bool at_least; struct str next; };

/* All candidates are at hand. */
static int few(const struct question *q, struct rows ids, struct found *ret)
{
	struct rows rows;
	int r = sift(q, ids_json(q->rq->arena, ids.at, sizeof(struct id_item), ids.count), &rows);
	if (r < 0)
		return r;
	struct light *light = rows.at;
	size_t from = 0;
	put_in_order(q->order, rows);
	while (!q->first && from < rows.count && compare(q->order, &light[from], &q->after) <= 0)
		from++;
	ret->at = light + from;
	ret->count = rows.count - from;
	ret->total = (int64_t)rows.count;
	if (ret->count > (size_t)q->limit) {
		ret->count = (size_t)q->limit;
		ret->next = cursor_write(q->rq->arena, q->order, &ret->at[ret->count - 1]);
	}
	return 0;
}

/* The next members along the walk; of a driver only their ids are known before they are sifted. */
static int step(const struct question *q, enum driver d, const struct light *at, int64_t most, struct rows *ret)
{
	struct request *rq = q->rq;
	switch (d != D_NONE ? BY_ID : q->order) {
	case BY_JOINED: return tx_all(rq->tx, &list_by_joined, ret, V(rq->community), V(at->joined_at), V(at->id), V(most));
	case BY_NAME:   return tx_all(rq->tx, &list_by_name, ret, V(rq->community), V(at->nickname_key), V(at->id), V(most));
	case BY_ACTIVE: return tx_all(rq->tx, &list_by_active, ret, V(rq->community), V(at->active_at), V(at->id), V(most));
	default: break;
	}
	if (d == D_NONE)
		return tx_all(rq->tx, &list_by_id, ret, V(rq->community), V(at->id), V(most));
	int r = driven(q, d, at->id, most, ret);
	const struct id_item *id = r < 0 ? NULL : ret->at;
	struct light *light = r < 0 ? NULL : arena_take_array(rq->arena, ret->count + 1, sizeof *light);
	for (size_t i = 0; light && i < ret->count; i++)
		light[i].id = id[i].item;
	if (!light)
		return r < 0 ? r : E_MEMORY;
	ret->at = light;
	return r;
}

static int walk(const struct question *q, enum driver d, bool plain, struct found *ret)
{
	struct light *page = arena_take_array(q->rq->arena, (size_t)q->limit + 1, sizeof *page);
	struct light at = q->after;
	int64_t looked = 0, window = plain ? q->limit + 1 : WALK_FIRST;
	bool end = false;
	if (!page)
		return E_MEMORY;
	ret->at = page;
	/* One more than the page shows whether there is a next one. */
	while (!end && ret->count <= (size_t)q->limit && looked < WALK_MOST) {
		struct rows seen, good;
		int r = step(q, d, &at, window, &seen);
		if (r < 0)
			return r;
		const struct light *last = (const struct light *)seen.at + seen.count;
		end = seen.count < (size_t)window;
		looked += (int64_t)seen.count;
		window = window < 4000 ? window * 4 : window;
		end = end || (q->order == BY_JOINED && seen.count && last[-1].joined_at < q->from);      /* the rest joined before */
		if (seen.count == 0)
			break;
		at = last[-1];
		good = seen;
		if (!plain && (r = sift(q, ids_json(q->rq->arena, seen.at, sizeof(struct light), seen.count), &good)) < 0)
			return r;
		put_in_order(q->order, good);
		for (size_t i = 0; i < good.count && ret->count <= (size_t)q->limit; i++)
			page[ret->count++] = ((const struct light *)good.at)[i];
	}
	if (ret->count > (size_t)q->limit) {
		ret->count = (size_t)q->limit;
		ret->next = cursor_write(q->rq->arena, q->order, &page[ret->count - 1]);
	} else if (!end) {
		ret->next = cursor_write(q->rq->arena, q->order, &at);
	}
	ret->total = q->first ? (int64_t)ret->count : -1;
	ret->at_least = q->first && ret->next.len;
	return 0;
}

static bool others(const struct question *q, enum driver d)
{
	bool more = q->from > INT64_MIN || q->until < INT64_MAX || q->rq->only.n;
	for (enum driver e = D_TAG; e < DRIVERS; e++)
		more = more || (e != d && (e == D_SEARCH ? q->searches : about(q, e).n != 0));
	return more;
}

/* A single filter is counted along its index. */
static int count_driven(const struct question *q, enum driver d, struct found *ret)
{
	struct list_total total;
	struct request *rq = q->rq;
	if (d == D_SEARCH || !q->first || others(q, d))
		return 0;
	if (d == D_SEGMENT) {
		ret->at_least = false;
		return segment_count(rq->tx, rq->community, q->segment, rq->only, &ret->total);
	}
	int r = tx_one(rq->tx, &list_driven_count, &total, V(rq->community), V((int64_t)d), V(about(q, d)), V(q->value),
	               V((struct id){ INT64_MAX }), V((int64_t)COUNTED + 1));
	if (r < 0)
		return r;
	ret->at_least = total.n > COUNTED;
	ret->total = total.n > COUNTED ? COUNTED : total.n;
	return 0;
}

static int find(const struct question *q, struct found *ret)
{
	enum driver d;
	struct rows candidates;
	int64_t since;
	int r = choose(q, &d, &candidates);
	if (r < 0)
		return r;
	if (d != D_NONE && candidates.count <= CANDIDATES)
		return few(q, candidates, ret);
	bool plain = d == D_NONE && !others(q, D_NONE);
	enum driver along = q->order == BY_ID && d != D_SEARCH ? d : D_NONE;
	if ((r = walk(q, along, plain, ret)) < 0)
		return r;
	if (d != D_NONE)
		return count_driven(q, d, ret);
	if (!plain)
		return 0;
	ret->at_least = false;
	return member_count(q->rq->tx, q->rq->community, q->rq->only, (struct instant){ INT64_MAX }, &ret->total, &since);
}

/* ---- API ------------------------------------------------------------------------------------------------------------- */

/* A phone's end is asked for by digits alone, and below ADMIN by so many that are shown anyway. */
static void ask_search(struct question *q, struct str typed)
{
	struct arena *arena = q->rq->arena;
	struct search search = search_for(arena, typed);
	struct str digits = phone_plain(arena, str_trim(typed));
	q->searches = search.from.len > 0;
	q->keys_from = search.from, q->keys_until = search.until, q->like = search.like;
	q->subject = str_trim(typed);
	if (q->searches && phone_may_search(digits, q->rq->role)) {
		q->tail = phone_tail(arena, digits);
		q->tail_until = str_format(arena, "%.*s:", STR(q->tail));     /* ':' follows '9' */
	}
}

static int ask(struct request *rq, const struct list_query *in, struct question *ret)
{
	struct question q = {
		.rq = rq, .source = in->source, .tag = in->tag, .group = in->group, .level = in->level, .inviter = in->inviter,
		.segment = in->segment,
		.from = in->joined_from.ms ? in->joined_from.ms : INT64_MIN, .until = in->joined_until.ms ? in->joined_until.ms : INT64_MAX,
		.first = in->after.len == 0, .limit = in->limit ? in->limit : 50,
	};
	struct id_item tag = { { 0 } };
	bool span = in->joined_from.ms || in->joined_until.ms;
	q.order = str_is(in->sort, "name") ? BY_NAME : str_is(in->sort, "active") ? BY_ACTIVE : span ? BY_JOINED : BY_ID;
	if (!cursor_read(q.order, in->after, &q.after))
		return rq_complain(rq, E_INVALID, S("after"));
	int r = 0;
	if (in->field.len && (r = field_compare(rq->tx, rq->community, in->field, in->value, &q.field, &q.value)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, E_INVALID, S("field")) : r;
	ask_search(&q, in->q);
	if (q.searches) {
		r = tx_one(rq->tx, &list_tag_named, &tag, V(rq->community), V(name_key(rq->arena, in->q)));
		q.q_tag = tag.item;
	}
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	/* Joining before the walk's beginning needs no looking at. */
	if (q.order == BY_JOINED && q.first)
		q.after.joined_at = q.until;
	*ret = q;
	return arena_failed(rq->arena) ? E_MEMORY : 0;
}

/* The rows of the page, in the page's order. */
static int whole(struct request *rq, const struct found *found, struct rows *ret)
{
	struct rows rows;
	int r = tx_all(rq->tx, &list_whole, &rows, V(rq->community), V(ids_json(rq->arena, found->at, sizeof *found->at, found->count)));
	struct member *page = r < 0 ? NULL : arena_take_array(rq->arena, found->count + 1, sizeof *page);
	const struct member *m = r < 0 ? NULL : rows.at;
	size_t n = 0;
	if (!page)
		return r < 0 ? r : E_MEMORY;
	for (size_t i = 0; i < found->count; i++)
		for (size_t j = 0; j < rows.count; j++)
			if (m[j].id.n == found->at[i].id.n)
				page[n++] = m[j];
	*ret = (struct rows){ page, n };
	return 0;
}

int list_members(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct question q;
	struct found found = { .total = -1 };
	int r = ask(rq, in, &q);
	if (r < 0 || (r = find(&q, &found)) < 0 || (r = whole(rq, &found, &page->rows)) < 0)
		return r;
	page->total = found.total, page->at_least = found.at_least, page->next = found.next;
	member_mask(rq, page->rows.at, page->rows.count);
	return 0;
}

static const struct query *const queries[] = {
	&list_driven, &list_driven_count, &list_searched, &list_by_id, &list_by_joined, &list_by_name, &list_by_active, &list_sift,
	&list_whole, &list_tag_named, NULL,
};

const struct feature feature_member_list = { .name = "member_list", .queries = queries };
