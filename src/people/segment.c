/* segment.c: saved filters over members, and the console's way to build them; see segment.h.
 *
 * Story      An operator puts sentences together; after every change the console asks `preview`: how many, who are the
 *            first, and which sentence each of them fulfils. Saved, a segment has a name and a version; others use it.
 * Owns       segment, segment_use.
 * Holds      Saved conditions passed condition_check and make no circle. A segment that is used cannot be deleted.
 * Not here   The grammar (condition.c), judging (segment_find.c), the memory (roll.c).
 * Test       segment_test.c
 */
#include "people/segment.h"

#include "base/utf8.h"
#include "engine/event/event.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/facts.h"
#include "people/segment_find.h"

#define NAME_MAX_   40
#define MAX_SEGMENTS 200       /* of a community */
#define FIRST_MOST  20         /* members in a preview */
#define VALUES_MOST 300        /* cities or sources offered */

/* ---- Rows ------------------------------------------------------------------------------------- */

struct segment {
	struct id      id;
	struct str     name;
	struct rows    where;
	int64_t        version, uses;
	struct str     made_by;
	struct instant created_at, changed_at;
};

ROW(segment,
	FIELD(segment, id,         "Segment"),
	FIELD(segment, name,       "As operators read it"),
	FIELD(segment, where,      "What it says of its members: an outline, the first line is a group", .of = &row_condition,
	      .max = CONDITION_LINES),
	FIELD(segment, version,    "Counts the changes of what it says"),
	FIELD(segment, uses,       "How many things use it"),
	FIELD(segment, made_by,    "Who made it"),
	FIELD(segment, created_at, "When it was made"),
	FIELD(segment, changed_at, "… and last changed"));

struct segment_draft { struct str name; struct rows where; int64_t version; };

ROW(segment_draft,
	FIELD(segment_draft, name,    "As operators read it", .min = 1, .max = NAME_MAX_),
	FIELD(segment_draft, where,   "What it says of its members", .of = &row_condition, .max = CONDITION_LINES),
	FIELD(segment_draft, version, "The version that was edited; another one is a conflict", .min = 0, .max = 1000000000,
	      .optional = true));

struct segment_question { struct id id; struct rows where; };

ROW(segment_question,
	FIELD(segment_question, id,    "The segment that is being edited", .optional = true),
	FIELD(segment_question, where, "What is said of members", .of = &row_condition, .max = CONDITION_LINES));

struct number { int64_t item; };

ROW(number, FIELD(number, item, "Line, counted from 0"));

struct segment_first {
	struct id      id;
	struct str     nickname, name, city, source;
	struct instant joined_at;
	struct rows    why;
};

ROW(segment_first,
	FIELD(segment_first, id,        "Member"),
	FIELD(segment_first, nickname,  "Nickname"),
	FIELD(segment_first, name,      "Real name"),
	FIELD(segment_first, city,      "City"),
	FIELD(segment_first, source,    "The label of the link that brought them"),
	FIELD(segment_first, joined_at, "Member since"),
	FIELD(segment_first, why,       "The lines this member fulfils", .of = &row_number));

struct segment_answer { bool ready; int64_t members, everybody; struct rows lost, first; };

#define ANSWER_FIELDS \
	FIELD(segment_answer, ready,     "false: a large community is being brought into memory; ask again in a second"), \
	FIELD(segment_answer, members,   "How many members it means now"), \
	FIELD(segment_answer, everybody, "… of how many"), \
	FIELD(segment_answer, lost,      "Lines about a tag or segment that is gone; they mean nobody", .of = &row_number)

static const struct field segment_count_fields[] = { ANSWER_FIELDS };
static const struct row row_segment_count = {
	"segment_count", sizeof(struct segment_answer), segment_count_fields, sizeof segment_count_fields / sizeof *segment_count_fields,
};

ROW(segment_answer, ANSWER_FIELDS,
	FIELD(segment_answer, first, "The newest of them", .of = &row_segment_first));

struct segment_user { struct str kind; struct id id; struct str label; struct instant since; };

ROW(segment_user,
	FIELD(segment_user, kind,  "What uses it: segment, campaign, send"),
	FIELD(segment_user, id,    "Which one"),
	FIELD(segment_user, label, "What that is called"),
	FIELD(segment_user, since, "Since when"));

struct segment_value { struct id id; struct str text; int64_t members; };

ROW(segment_value,
	FIELD(segment_value, id,      "Of sources: the link", .optional = true),
	FIELD(segment_value, text,    "City (folded), or the source's label"),
	FIELD(segment_value, members, "How many members"));

struct values_query { struct str what; };

ROW(values_query, FIELD(values_query, what, "Of which column; city when missing", .one_of = "city source", .optional = true));

struct where_only { struct rows where; };

ROW(where_only, FIELD(where_only, where, "Conditions", .of = &row_condition));

struct segment_total { int64_t n; };

ROW(segment_total, FIELD(segment_total, n, "How many"));

/* ---- Events ------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "segment_made",    "A segment was saved", "segment" },
	{ "segment_changed", "A segment got another name or other conditions", "segment" },
	{ "segment_removed", "A segment was deleted", "segment" },
	{ 0 },
};
enum { SEGMENT_MADE, SEGMENT_CHANGED, SEGMENT_REMOVED };

/* ---- What others ask ------------------------------------------------------------------------------ */

static QUERY(segment_conditions, READS, &row_where_only, TAKES(K_ID, K_ID),
	"SELECT conditions AS \"where\" FROM segment WHERE community_id = ?1 AND id = ?2");

int segment_where(struct tx *tx, struct id community, struct id segment, struct rows *ret)
{
	struct where_only w;
	int r = tx_one(tx, &segment_conditions, &w, V(community), V(segment));
	if (r == 0)
		*ret = w.where;
	return r;
}

static QUERY(segment_called, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT name AS item FROM segment WHERE community_id = ?1 AND id = ?2");

int segment_name(struct tx *tx, struct id community, struct id segment, struct str *ret)
{
	struct text_item name;
	int r = tx_one(tx, &segment_called, &name, V(community), V(segment));
	if (r == 0)
		*ret = name.item;
	return r;
}

static int outline_of(struct tx *tx, struct id community, struct id segment, struct outline *ret)
{
	struct rows where;
	int r = segment_where(tx, community, segment, &where);
	return r < 0 ? r : find_outline(tx, community, where, ret);
}

int segment_has(struct tx *tx, struct id community, struct id segment, struct id member, bool *ret)
{
	struct outline o;
	int r = outline_of(tx, community, segment, &o);
	return r < 0 ? r : find_one(tx, community, &o, member, ret);
}

int segment_prepare(struct tx *tx, struct id community, struct rows where, struct outline *ret)
{
	return find_outline(tx, community, where, ret);
}

int segment_judge(struct tx *tx, struct id community, const struct outline *o, struct id member, bool *ret)
{
	return find_one(tx, community, o, member, ret);
}

/* The roll is held while `use` runs. */
static int with_found(struct tx *tx, struct id community, const struct outline *o, struct id only, bool lines,
                      int (*use)(struct tx *, struct roll *, const struct found *, void *), void *arg)
{
	struct found found = { 0 };
	struct roll *roll;
	int r = roll_get(tx, community, &roll);
	if (r < 0)
		return r;
	r = find_members(tx, community, roll, o, only, lines, &found);
	if (r >= 0)
		r = use(tx, roll, &found, arg);
	roll_put(roll);
	found_free(&found);
	return r;
}

static int use_count(struct tx *tx, struct roll *roll, const struct found *found, void *arg)
{
	(void)tx, (void)roll;
	*(int64_t *)arg = found->members;
	return 0;
}

int segment_count(struct tx *tx, struct id community, struct id segment, struct id only, int64_t *ret)
{
	struct outline o;
	int r = outline_of(tx, community, segment, &o);
	return r < 0 ? r : with_found(tx, community, &o, only, false, use_count, ret);
}

struct sifting { const struct id *ids; size_t count; bool *ret; };

static int use_sift(struct tx *tx, struct roll *roll, const struct found *found, void *arg)
{
	struct sifting *s = arg;
	(void)tx;
	for (size_t i = 0; i < s->count; i++) {
		int64_t place = roll_place(roll, s->ids[i]);
		s->ret[i] = place >= 0 && bits_has(&found->bits, (size_t)place);
	}
	return 0;
}

int segment_sift(struct tx *tx, struct id community, struct id segment, const struct id *ids, size_t count, bool *ret)
{
	struct sifting s = { ids, count, ret };
	struct outline o;
	int r = outline_of(tx, community, segment, &o);
	return r < 0 ? r : with_found(tx, community, &o, (struct id){ 0 }, false, use_sift, &s);
}

struct turning { struct id from; int64_t limit; bool back; struct rows *ret; };

static int by_id(const void *a, const void *b)
{
	int64_t x = ((const struct id_item *)a)->item.n, y = ((const struct id_item *)b)->item.n;
	return (x > y) - (x < y);
}

/* The first place whose id is above `id`, in a roll that is in order. */
static size_t place_above(const struct roll *roll, struct id id)
{
	size_t low = 0, high = roll_places(roll);
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (roll_member(roll, mid).n <= id.n)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int page_in_order(struct tx *tx, struct roll *roll, const struct found *found, struct turning *t)
{
	struct id_item *items = arena_take_array(tx_arena(tx), (size_t)t->limit, sizeof *items);
	size_t n = 0, most = (size_t)t->limit, end = roll_places(roll);
	if (!items)
		return E_MEMORY;
	if (t->back)
		for (size_t i = place_above(roll, (struct id){ t->from.n - 1 }); i-- > 0 && n < most; ) {
			if (bits_has(&found->bits, i))
				items[n++].item = roll_member(roll, i);
		}
	else
		for (size_t i = place_above(roll, t->from); i < end && n < most; i++)
			if (bits_has(&found->bits, i))
				items[n++].item = roll_member(roll, i);
	*t->ret = (struct rows){ items, n };
	return 0;
}

/* Ids do not rise with the places: all that may stand on the page, sorted. Seldom; see roll.h. */
static int use_page(struct tx *tx, struct roll *roll, const struct found *found, void *arg)
{
	struct turning *t = arg;
	if (roll_in_order(roll))
		return page_in_order(tx, roll, found, t);
	struct id_item *items = arena_take_array(tx_arena(tx), (size_t)found->members + 1, sizeof *items);
	size_t n = 0;
	if (!items)
		return E_MEMORY;
	for (size_t i = 0; i < roll_places(roll); i++) {
		struct id id = roll_member(roll, i);
		if (bits_has(&found->bits, i) && (t->back ? id.n < t->from.n : id.n > t->from.n))
			items[n++].item = id;
	}
	qsort(items, n, sizeof *items, by_id);
	for (size_t i = 0; t->back && i < n / 2; i++) {
		struct id_item other = items[i];
		items[i] = items[n - 1 - i], items[n - 1 - i] = other;
	}
	*t->ret = (struct rows){ items, n < (size_t)t->limit ? n : (size_t)t->limit };
	return 0;
}

int segment_page(struct tx *tx, struct id community, struct id segment, struct id only, struct id after, int64_t limit,
                 struct rows *ret)
{
	struct turning t = { after, limit, false, ret };
	struct outline o;
	int r = outline_of(tx, community, segment, &o);
	return r < 0 ? r : with_found(tx, community, &o, only, false, use_page, &t);
}

int segment_page_back(struct tx *tx, struct id community, struct id segment, struct id only, struct id before, int64_t limit,
                      struct rows *ret)
{
	struct turning t = { before, limit, true, ret };
	struct outline o;
	int r = outline_of(tx, community, segment, &o);
	return r < 0 ? r : with_found(tx, community, &o, only, false, use_page, &t);
}

/* ---- Who uses it ------------------------------------------------------------------------------------ */

static QUERY(use_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_ID, K_STR, K_INSTANT),
	"INSERT INTO segment_use (community_id, segment_id, user_kind, user_id, label, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT (community_id, segment_id, user_kind, user_id) DO UPDATE SET label = excluded.label");

int segment_use(struct tx *tx, struct id community, struct id segment, struct str kind, struct id user, struct str label)
{
	struct str name;
	int r = segment_name(tx, community, segment, &name);
	if (r >= 0)
		r = tx_run(tx, &use_insert, V(community), V(segment), V(kind), V(user), V(label), V(tx_now(tx)));
	return r < 0 ? r : 0;
}

static QUERY(use_drop, WRITES, NULL, TAKES(K_ID, K_STR, K_ID),
	"DELETE FROM segment_use WHERE community_id = ?1 AND user_kind = ?2 AND user_id = ?3");

int segment_release(struct tx *tx, struct id community, struct str kind, struct id user)
{
	int r = tx_run(tx, &use_drop, V(community), V(kind), V(user));
	return r < 0 ? r : 0;
}

/* A segment uses those it speaks of. */
static int use_inner(struct tx *tx, struct id community, struct id segment, struct str name, const struct outline *o)
{
	int r = segment_release(tx, community, S("segment"), segment);
	for (size_t i = 0; i < o->count; i++)
		for (size_t j = 0; r >= 0 && o->lines[i].ask == ASK_SEGMENT && j < o->lines[i].id_count; j++) {
			r = segment_use(tx, community, o->lines[i].ids[j], S("segment"), segment, name);
			r = r == E_NOT_FOUND ? 0 : r;           /* it is gone: the line is lost, and said to be */
		}
	return r;
}

/* ---- Saving ------------------------------------------------------------------------------------------- */

/* Every way in passes here: is it an outline, and does it lead nowhere back? */
static int check(struct request *rq, struct id segment, struct rows where, struct outline *ret)
{
	size_t line = 0;
	int r = condition_check(where, rq->arena, &rq->complaint);
	if (r < 0)
		return r == E_MEMORY ? r : rq_complain(rq, r, rq->complaint.field);
	if ((r = find_outline(rq->tx, rq->community, where, ret)) < 0)
		return r;
	r = find_circle(rq->tx, rq->community, segment, ret, &line);
	return r == E_SEGMENT_CIRCLE ? rq_complain(rq, r, str_format(rq->arena, "where[%zu].ids", line)) : r;
}

static int as_text(struct request *rq, struct rows where, struct str *ret)
{
	BUF_SCOPED text;
	buf_init(&text, 1 << 20);
	rows_write_json(&text, &row_condition, where);
	if (buf_failed(&text))
		return E_MEMORY;
	*ret = str_copy(rq->arena, buf_view(&text));
	return arena_failed(rq->arena) ? E_MEMORY : 0;
}

#define SEGMENTS \
	"SELECT s.id, s.name, s.conditions AS \"where\", s.version, (SELECT count(*) FROM segment_use u" \
	" WHERE u.community_id = s.community_id AND u.segment_id = s.id) AS uses," \
	" COALESCE((SELECT a.display FROM account a WHERE a.id = s.made_by), '') AS made_by, s.created_at, s.changed_at FROM segment s"

static QUERY(segment_by_id, READS, &row_segment, TAKES(K_ID, K_ID), SEGMENTS " WHERE s.community_id = ?1 AND s.id = ?2");

static QUERY(segment_list, READS, &row_segment, TAKES(K_ID), SEGMENTS " WHERE s.community_id = ?1 ORDER BY s.id DESC LIMIT 200");

static QUERY(segment_total_of, READS, &row_segment_total, TAKES(K_ID), "SELECT count(*) AS n FROM segment WHERE community_id = ?1");

static QUERY(segment_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_ID, K_INSTANT),
	"INSERT INTO segment (community_id, id, name, name_key, conditions, version, made_by, changed_by, created_at, changed_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6, ?7, ?7)");

static QUERY(segment_update, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_INT, K_ID, K_INSTANT),
	"UPDATE segment SET name = ?3, name_key = ?4, conditions = ?5, version = ?6, changed_by = ?7, changed_at = ?8"
	" WHERE community_id = ?1 AND id = ?2");

static int draft_parts(struct request *rq, struct id segment, const struct segment_draft *draft, struct str *ret_name,
                       struct str *ret_key, struct str *ret_text, struct outline *ret)
{
	*ret_name = str_trim(draft->name);
	*ret_key = name_key(rq->arena, *ret_name);
	if (ret_key->len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("name"));
	int r = check(rq, segment, draft->where, ret);
	return r < 0 ? r : as_text(rq, draft->where, ret_text);
}

static int taken(struct request *rq, int r) { return r == E_CONFLICT ? rq_complain(rq, E_NAME_TAKEN, S("name")) : r; }

static int post_segment(struct request *rq, const void *in, void *out)
{
	const struct segment_draft *draft = in;
	struct str name, key, text;
	struct segment_total total;
	struct outline o;
	struct id id = tx_new_id(rq->tx);
	int r = tx_one(rq->tx, &segment_total_of, &total, V(rq->community));
	if (r < 0)
		return r;
	if (total.n >= MAX_SEGMENTS)
		return E_TOO_MANY;
	if ((r = draft_parts(rq, (struct id){ 0 }, draft, &name, &key, &text, &o)) < 0)
		return r;
	r = tx_run(rq->tx, &segment_insert, V(rq->community), V(id), V(name), V(key), V(text), V(rq->account), V(tx_now(rq->tx)));
	if (r < 0 || (r = use_inner(rq->tx, rq->community, id, name, &o)) < 0 ||
	    (r = event_emit(rq->tx, rq->community, &events[SEGMENT_MADE], &(struct event){ .subject = id, .actor = rq->account })) < 0 ||
	    (r = audit_note(rq, "segment_made", id, name)) < 0)
		return taken(rq, r);
	return tx_one(rq->tx, &segment_by_id, out, V(rq->community), V(id));
}

static int put_segment(struct request *rq, const void *in, void *out)
{
	const struct segment_draft *draft = in;
	struct event changed = { .subject = rq->path_id, .actor = rq->account };
	struct str name, key, text, before;
	struct segment known;
	struct outline o;
	int r = tx_one(rq->tx, &segment_by_id, &known, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	if (draft->version && draft->version != known.version)
		return E_CONFLICT;
	if ((r = draft_parts(rq, rq->path_id, draft, &name, &key, &text, &o)) < 0 || (r = as_text(rq, known.where, &before)) < 0)
		return r;
	int64_t version = known.version + !str_equal(before, text);
	r = tx_run(rq->tx, &segment_update, V(rq->community), V(rq->path_id), V(name), V(key), V(text), V(version), V(rq->account),
	           V(tx_now(rq->tx)));
	if (r < 0 || (r = use_inner(rq->tx, rq->community, rq->path_id, name, &o)) < 0 ||
	    (r = event_emit(rq->tx, rq->community, &events[SEGMENT_CHANGED], &changed)) < 0 ||
	    (r = audit_note(rq, "segment_changed", rq->path_id, name)) < 0)
		return taken(rq, r);
	return tx_one(rq->tx, &segment_by_id, out, V(rq->community), V(rq->path_id));
}

static QUERY(segment_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM segment WHERE community_id = ?1 AND id = ?2");

static int delete_segment(struct request *rq, const void *in, void *out)
{
	struct event removed = { .subject = rq->path_id, .actor = rq->account };
	struct segment known;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &segment_by_id, &known, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	if (known.uses)
		return E_SEGMENT_IN_USE;
	if ((r = segment_release(rq->tx, rq->community, S("segment"), rq->path_id)) < 0 ||
	    (r = tx_run(rq->tx, &segment_drop, V(rq->community), V(rq->path_id))) < 0 ||
	    (r = event_emit(rq->tx, rq->community, &events[SEGMENT_REMOVED], &removed)) < 0)
		return r;
	return audit_note(rq, "segment_removed", rq->path_id, known.name);
}

/* ---- Reading --------------------------------------------------------------------------------------------- */

static int get_segments(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &segment_list, &page->rows, V(rq->community));
	page->total = (int64_t)page->rows.count;
	return r < 0 ? r : 0;
}

static int get_segment(struct request *rq, const void *in, void *out)
{
	(void)in;
	return tx_one(rq->tx, &segment_by_id, out, V(rq->community), V(rq->path_id));
}

static QUERY(segment_users, READS, &row_segment_user, TAKES(K_ID, K_ID),
	"SELECT user_kind AS kind, user_id AS id, label, since FROM segment_use WHERE community_id = ?1 AND segment_id = ?2"
	" ORDER BY since, user_id LIMIT 200");

static int get_uses(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct str name;
	(void)in;
	int r = segment_name(rq->tx, rq->community, rq->path_id, &name);
	if (r < 0 || (r = tx_all(rq->tx, &segment_users, &page->rows, V(rq->community), V(rq->path_id))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

/* ---- Counting and looking ----------------------------------------------------------------------------------- */

static QUERY(first_by_id, READS, &row_segment_first, TAKES(K_ID, K_ID),
	"SELECT id, nickname, name, city, source, joined_at, '[]' AS why FROM member WHERE community_id = ?1 AND id = ?2");

struct answering { struct id community; struct segment_answer *answer; size_t lines; bool first; };

static int why(struct tx *tx, const struct found *found, size_t lines, size_t place, struct rows *ret)
{
	struct number *numbers = arena_take_array(tx_arena(tx), lines, sizeof *numbers);
	size_t n = 0;
	for (size_t i = 0; numbers && i < lines; i++)
		if (found->lines[i].words && bits_has(&found->lines[i], place))
			numbers[n++].item = (int64_t)i;
	*ret = (struct rows){ numbers, n };
	return numbers ? 0 : E_MEMORY;
}

static int use_answer(struct tx *tx, struct roll *roll, const struct found *found, void *arg)
{
	struct answering *a = arg;
	struct segment_first *first = a->first ? arena_take_array(tx_arena(tx), FIRST_MOST, sizeof *first) : NULL;
	size_t n = 0;
	a->answer->ready = true;
	a->answer->members = found->members, a->answer->everybody = found->everybody;
	if (a->first && !first)
		return E_MEMORY;
	for (size_t i = roll_places(roll); a->first && i-- > 0 && n < FIRST_MOST; ) {
		if (!bits_has(&found->bits, i))
			continue;
		int r = tx_one(tx, &first_by_id, &first[n], V(a->community), V(roll_member(roll, i)));
		if (r == E_NOT_FOUND)
			continue;
		if (r < 0 || (r = why(tx, found, a->lines, i, &first[n].why)) < 0)
			return r;
		n++;
	}
	a->answer->first = (struct rows){ first, n };
	return 0;
}

static int answer(struct request *rq, const struct outline *o, bool first, struct segment_answer *ret)
{
	struct number *lost = arena_take_array(rq->arena, o->count, sizeof *lost);
	size_t n = 0;
	if (!lost)
		return E_MEMORY;
	for (size_t i = 0; i < o->count; i++)
		if (o->lines[i].lost)
			lost[n++].item = (int64_t)i;
	*ret = (struct segment_answer){ .lost = { lost, n } };
	struct answering a = { rq->community, ret, o->count, first };
	int r = with_found(rq->tx, rq->community, o, rq->only, first, use_answer, &a);
	return r == E_BUSY ? 0 : r;
}

static int get_count(struct request *rq, const void *in, void *out)
{
	struct outline o;
	(void)in;
	int r = outline_of(rq->tx, rq->community, rq->path_id, &o);
	return r < 0 ? r : answer(rq, &o, false, out);
}

static QUERY(source_label, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT source AS item FROM member WHERE community_id = ?1 AND id = ?2");

static int as_value(struct request *rq, const struct roll *roll, const struct roll_value *value, bool source,
                    struct segment_value *ret)
{
	struct text_item label = { value->value };
	*ret = (struct segment_value){ .members = value->members };
	if (source) {
		memcpy(&ret->id.n, value->value.at, sizeof ret->id.n);
		int r = tx_one(rq->tx, &source_label, &label, V(rq->community), V(roll_member(roll, value->place)));
		if (r < 0)
			return r;
	}
	ret->text = label.item;
	return 0;
}

/* What there is to choose from, and how many members each has. */
static int get_values(struct request *rq, const void *in, void *out)
{
	const struct values_query *q = in;
	struct page *page = out;
	struct roll *roll;
	struct rows values;
	BITS_SCOPED seen = { 0 };
	bool source = str_is(q->what, "source");
	if (rq->only.n) {                         /* whose they are, the values do not say */
		*page = (struct page){ .total = 0 };
		return 0;
	}
	int r = roll_get(rq->tx, rq->community, &roll);
	if (r < 0)
		return r;
	if ((r = bits_take(&seen, roll)) == 0 && (r = find_seen(rq->tx, rq->community, roll, rq->only, &seen)) == 0)
		r = roll_values(roll, source ? COLUMN_SOURCE : COLUMN_CITY, &seen, VALUES_MOST, rq->arena, &values);
	struct segment_value *found = r < 0 ? NULL : arena_take_array(rq->arena, values.count + 1, sizeof *found);
	if (r >= 0 && !found)
		r = E_MEMORY;
	for (size_t i = 0; r >= 0 && i < values.count; i++)
		r = as_value(rq, roll, (const struct roll_value *)values.at + i, source, &found[i]);
	roll_put(roll);
	if (r < 0)
		return r;
	page->rows = (struct rows){ found, values.count };
	page->total = (int64_t)values.count;
	return 0;
}

/* A question, though it comes by POST: it is answered while reading, and `handle` only hands it over. */
static int ready_preview(struct request *rq, const void *in, void *out)
{
	const struct segment_question *q = in;
	struct segment_answer *kept = ARENA_NEW(rq->arena, struct segment_answer);
	struct outline o;
	(void)out;
	if (!kept)
		return E_MEMORY;
	int r = check(rq, q->id, q->where, &o);
	if (r < 0 || (r = answer(rq, &o, true, kept)) < 0)
		return r;
	rq->kept = kept;
	return 0;
}

static int post_preview(struct request *rq, const void *in, void *out)
{
	(void)in;
	if (!rq->kept)
		return E_BUSY;
	*(struct segment_answer *)out = *(const struct segment_answer *)rq->kept;
	return 0;
}

/* ---- What is kept about people --------------------------------------------------------------------------------- */

/* A sentence may name who invited; it then names nobody. */
static QUERY(segment_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE segment SET conditions = replace(conditions, '\"' || CAST(?2 AS TEXT) || '\"', '\"' || CAST(?3 AS TEXT) || '\"')"
	" WHERE community_id = ?1 AND conditions LIKE '%\"' || CAST(?2 AS TEXT) || '\"%'");

static const struct personal personal[] = {
	{ "segment", .by = BY_MEMBER, .erases = { &segment_forget } },
	{ 0 },
};

/* ---- Declaration ------------------------------------------------------------------------------------------------ */

static const struct route routes[] = {
	{ "GET",    "/segments",            ROLE_READER,   get_segments,   NULL, &row_segment, "Segments, newest first", OUT_PAGE },
	{ "POST",   "/segments",            ROLE_OPERATOR, post_segment,   &row_segment_draft, &row_segment, "Save a segment", .sees = sees_all },
	{ "POST",   "/segments/preview",    ROLE_READER,   post_preview,   &row_segment_question, &row_segment_answer,
	  "How many members this means now, and the newest of them; nothing is saved", .ready = ready_preview, .sees = sees_all },
	{ "GET",    "/segments/values",     ROLE_READER,   get_values,     &row_values_query, &row_segment_value,
	  "What there is to choose from, most members first", OUT_PAGE },
	{ "GET",    "/segments/{id}",       ROLE_READER,   get_segment,    NULL, &row_segment, "One segment", .sees = sees_all },
	{ "PUT",    "/segments/{id}",       ROLE_OPERATOR, put_segment,    &row_segment_draft, &row_segment, "Save it again" },
	{ "DELETE", "/segments/{id}",       ROLE_OPERATOR, delete_segment, NULL, NULL, "Delete one that nothing uses", OUT_NONE },
	{ "GET",    "/segments/{id}/count", ROLE_READER,   get_count,      NULL, &row_segment_count, "How many members it means now", .sees = sees_all },
	{ "GET",    "/segments/{id}/uses",  ROLE_READER,   get_uses,       NULL, &row_segment_user, "What uses it", OUT_PAGE },
	{ 0 },
};

static const struct query *const queries[] = {
	&segment_conditions, &segment_called, &use_insert, &use_drop, &segment_by_id, &segment_list, &segment_total_of,
	&segment_insert, &segment_update, &segment_drop, &segment_users, &first_by_id, &segment_forget,
	&source_label, NULL,
};

const struct feature feature_segment = {
	.name = "segment", .api = "members", .routes = routes, .queries = queries, .events = events, .personal = personal,
};

/* What stands in files of its own, for `quntu check`. */
const struct feature feature_segment_find = { .name = "segment_find", .queries = find_queries };
const struct feature feature_facts = { .name = "facts", .queries = fact_queries };
