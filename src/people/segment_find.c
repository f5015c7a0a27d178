/* segment_find.c: an outline judged: over the roll for all members at once, over the store for one; see segment_find.h.
 *
 * Holds      Both ways read the same values (facts.h) and ask the same judgement (condition.h); they differ in how they
 *            come to the values. Segments in segments are read from the store as they are now.
 */
#include "people/segment_find.h"

#include "engine/event/event.h"
#include "people/community.h"
#include "people/facts.h"

/* ---- Preparing ------------------------------------------------------------------------------------------ */

static QUERY(tag_is, READS, &row_id_item, TAKES(K_ID, K_ID), "SELECT id AS item FROM tag WHERE community_id = ?1 AND id = ?2");

static QUERY(segment_is, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT id AS item FROM segment WHERE community_id = ?1 AND id = ?2");

static QUERY(level_is, READS, &row_id_item, TAKES(K_ID, K_ID), "SELECT id AS item FROM level WHERE community_id = ?1 AND id = ?2");

static QUERY(field_is, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT id AS item FROM member_field WHERE community_id = ?1 AND id = ?2");

/* What its ids are, when they can be gone; NULL otherwise. */
static const struct query *exists(const struct line *line)
{
	if (line->ask == ASK_TAG)
		return &tag_is;
	if (line->ask == ASK_SEGMENT)
		return &segment_is;
	return line->ask == ASK_COLUMN && line->column == COLUMN_LEVEL ? &level_is : NULL;
}

/* All of what it speaks of is gone, or one of what it wants all of. */
static int mark_lost(struct tx *tx, struct id community, struct line *line)
{
	const struct query *query = exists(line);
	struct id_item item;
	size_t gone = 0;
	if (line->ask == ASK_COLUMN && line->column == COLUMN_FIELD) {
		int r = tx_one(tx, &field_is, &item, V(community), V(line->field));
		line->lost = r == E_NOT_FOUND;
		return line->lost ? 0 : r;
	}
	for (size_t i = 0; query && i < line->id_count; i++) {
		int r = tx_one(tx, query, &item, V(community), V(line->ids[i]));
		if (r < 0 && r != E_NOT_FOUND)
			return r;
		gone += r == E_NOT_FOUND;
	}
	line->lost = gone && (gone == line->id_count || line->holds == HOLDS_ALL);
	return 0;
}

int find_lost(struct tx *tx, struct id community, struct outline *o)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < o->count; i++)
		r = mark_lost(tx, community, &o->lines[i]);
	return r;
}

int find_outline(struct tx *tx, struct id community, struct rows where, struct outline *ret)
{
	struct community c;
	int r = community_get(tx, community, &c);
	if (r < 0 || (r = outline_make(where, tx_now(tx), community_zone(&c), tx_arena(tx), ret)) < 0)
		return r;
	return find_lost(tx, community, ret);
}

/* ---- All members at once ---------------------------------------------------------------------------------- */

struct judging {
	struct tx    *tx;
	struct id     community;
	struct roll  *roll;
	int           nested, *left;       /* so many segments may still be read for this question */
	struct bits  *kept;                /* whom each line means, or NULL */
};

static int judge(struct judging *, const struct outline *, size_t i, struct bits *ret);

static int judge_group(struct judging *f, const struct outline *o, size_t i, struct bits *ret)
{
	bool all = o->lines[i].ask == ASK_ALL, first = true;
	if (all && o->lines[i].end == i + 1)
		roll_everybody(f->roll, ret);
	for (size_t j = i + 1; j < o->lines[i].end; j = o->lines[j].end) {
		BITS_SCOPED one = { 0 };
		int r = first ? 0 : bits_take(&one, f->roll);
		if (r < 0 || (r = judge(f, o, j, first ? ret : &one)) < 0)
			return r;
		if (!first)
			(all ? bits_and : bits_or)(ret, &one);
		first = false;
	}
	return 0;
}

static int judge_segment(struct judging *f, const struct line *line, struct bits *ret)
{
	struct judging inner = { f->tx, f->community, f->roll, f->nested + 1, f->left, NULL };
	for (size_t i = 0; i < line->id_count && f->nested < SEGMENT_NESTED && (*f->left)-- > 0; i++) {
		BITS_SCOPED one = { 0 };
		struct rows where;
		struct outline o;
		int r = segment_where(f->tx, f->community, line->ids[i], &where);
		if (r == E_NOT_FOUND)
			continue;
		if (r < 0 || (r = find_outline(f->tx, f->community, where, &o)) < 0 || (r = bits_take(&one, f->roll)) < 0 ||
		    (r = judge(&inner, &o, 0, &one)) < 0)
			return r;
		bits_or(ret, &one);
	}
	if (line->holds == HOLDS_IS_NOT)
		bits_turn(ret);
	return 0;
}

static int judge(struct judging *f, const struct outline *o, size_t i, struct bits *ret)
{
	const struct line *line = &o->lines[i];
	int r = 0;
	if (line->ask == ASK_ALL || line->ask == ASK_ANY)
		r = judge_group(f, o, i, ret);
	else if (line->ask == ASK_SEGMENT)
		r = line->lost ? 0 : judge_segment(f, line, ret);
	else if (!line->lost)
		r = roll_ask(f->roll, line, ret);
	if (r < 0)
		return r;
	if (line->no && !line->lost)
		bits_turn(ret);
	if (f->kept) {
		if ((r = bits_take(&f->kept[i], f->roll)) < 0)
			return r;
		bits_or(&f->kept[i], ret);
	}
	return 0;
}

static QUERY(groups_seen, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT group_id AS item FROM staff_group WHERE community_id = ?1 AND account_id = ?2 ORDER BY group_id LIMIT 1000");

int find_seen(struct tx *tx, struct id community, struct roll *roll, struct id only, struct bits *ret)
{
	struct line of_group = { .ask = ASK_COLUMN, .holds = HOLDS_IS, .column = COLUMN_GROUP };
	BITS_SCOPED own = { 0 };
	struct rows rows;
	roll_everybody(roll, ret);
	if (only.n == 0)
		return 0;
	int r = tx_all(tx, &groups_seen, &rows, V(community), V(only));
	if (r < 0 || (r = bits_take(&own, roll)) < 0)
		return r;
	const struct id_item *group = rows.at;
	of_group.wanted = arena_take_array(tx_arena(tx), rows.count + 1, sizeof *of_group.wanted);
	if (!of_group.wanted)
		return E_MEMORY;
	for (; of_group.wanted_count < rows.count; of_group.wanted_count++)
		of_group.wanted[of_group.wanted_count] = column_id(tx_arena(tx), group[of_group.wanted_count].item);
	if ((r = roll_ask(roll, &of_group, &own)) < 0)
		return r;
	bits_and(ret, &own);
	return 0;
}

int find_members(struct tx *tx, struct id community, struct roll *roll, const struct outline *o, struct id only, bool lines,
                 struct found *ret)
{
	int left = SEGMENT_READS;
	struct judging f = { tx, community, roll, 0, &left, lines ? ret->lines : NULL };
	BITS_SCOPED everybody = { 0 };
	int r = bits_take(&everybody, roll);
	if (r < 0 || (r = find_seen(tx, community, roll, only, &everybody)) < 0 || (r = bits_take(&ret->bits, roll)) < 0 ||
	    (r = judge(&f, o, 0, &ret->bits)) < 0)
		return r;
	bits_and(&ret->bits, &everybody);
	for (size_t i = 0; lines && i < o->count; i++)
		if (ret->lines[i].words)
			bits_and(&ret->lines[i], &everybody);
	ret->members = bits_sum(&ret->bits);
	ret->everybody = bits_sum(&everybody);
	return 0;
}

void found_free(struct found *found)
{
	bits_give(&found->bits);
	for (size_t i = 0; i < CONDITION_LINES; i++)
		bits_give(&found->lines[i]);
}

/* ---- One member ------------------------------------------------------------------------------------------- */

struct person {
	struct tx  *tx;
	struct id   community, member;
	int         nested, left;
	struct fact fact;
	struct str  values[COLUMNS];
	struct rows tags, told;
};

static int one_holds(struct person *, const struct outline *, size_t i, bool *ret);

static int one_group(struct person *one, const struct outline *o, size_t i, bool *ret)
{
	bool all = o->lines[i].ask == ASK_ALL, holds = all;
	int r = 0;
	for (size_t j = i + 1; r >= 0 && j < o->lines[i].end && holds == all; j = o->lines[j].end)
		r = one_holds(one, o, j, &holds);
	*ret = holds;
	return r;
}

static bool one_tag(const struct person *one, const struct line *line)
{
	const struct id_item *tag = one->tags.at;
	size_t worn = 0;
	for (size_t i = 0; i < line->id_count; i++)
		for (size_t j = 0; j < one->tags.count; j++)
			worn += tag[j].item.n == line->ids[i].n;
	switch (line->holds) {
	case HOLDS_ANY:  return worn > 0;
	case HOLDS_ALL:  return worn == line->id_count;
	case HOLDS_NONE: return worn == 0;
	default:         return (one->tags.count > 0) == (line->holds == HOLDS_PRESENT);
	}
}

static struct str one_value(const struct person *one, const struct line *line)
{
	const struct fact_value *v = one->told.at;
	struct str text = S("");
	if (line->column != COLUMN_FIELD)
		return one->values[line->column];
	for (size_t i = 0; i < one->told.count; i++)
		if (v[i].field_id.n == line->field.n) {
			fact_value_text(one->told, i, tx_arena(one->tx), &text);
			break;
		}
	return text;
}

static int one_did(struct person *one, const struct line *line, bool *ret)
{
	struct rows selves;
	int64_t n = 0;
	int r = fact_selves(one->tx, one->community, one->member, &selves);
	struct id *who = r < 0 ? NULL : arena_take_array(tx_arena(one->tx), selves.count + 1, sizeof *who);
	if (!who)
		return r < 0 ? r : E_MEMORY;
	who[0] = one->member;
	for (size_t i = 0; i < selves.count; i++)
		who[i + 1] = ((const struct id_item *)selves.at)[i].item;
	r = event_count_of(one->tx, one->community, line->act, line->from, who, selves.count + 1, &n);
	*ret = line_accepts_number(line, n);
	return r;
}

static int one_segment(struct person *one, const struct line *line, bool *ret)
{
	bool inside = false;
	for (size_t i = 0; i < line->id_count && !inside && one->nested < SEGMENT_NESTED && one->left-- > 0; i++) {
		struct rows where;
		struct outline o;
		int r = segment_where(one->tx, one->community, line->ids[i], &where);
		if (r == E_NOT_FOUND)
			continue;
		one->nested++;
		if (r < 0 || (r = find_outline(one->tx, one->community, where, &o)) < 0 || (r = one_holds(one, &o, 0, &inside)) < 0)
			return r;
		one->nested--;
	}
	*ret = inside == (line->holds == HOLDS_IS);
	return 0;
}

static int one_holds(struct person *one, const struct outline *o, size_t i, bool *ret)
{
	const struct line *line = &o->lines[i];
	int64_t invited = 0;
	bool holds = false;
	int r = 0;
	if (line->lost) {
		*ret = false;
		return 0;
	}
	switch (line->ask) {
	case ASK_ALL: case ASK_ANY: r = one_group(one, o, i, &holds); break;
	case ASK_COLUMN:            holds = line_accepts(line, one_value(one, line)); break;
	case ASK_TAG:               holds = one_tag(one, line); break;
	case ASK_JOINED:            holds = line_accepts_instant(line, one->fact.joined_at); break;
	case ASK_DID:               r = one_did(one, line, &holds); break;
	case ASK_SEGMENT:           r = one_segment(one, line, &holds); break;
	case ASK_SAID: case ASK_FIRST: break;
	case ASK_INVITED:
		r = fact_invited(one->tx, one->community, one->member, &invited);
		holds = line_accepts_number(line, invited);
		break;
	}
	*ret = holds != line->no;
	return r;
}

int find_one(struct tx *tx, struct id community, const struct outline *o, struct id member, bool *ret)
{
	struct person one = { .tx = tx, .community = community, .member = member, .left = SEGMENT_READS };
	int r = fact_one(tx, community, member, &one.fact);
	if (r == E_NOT_FOUND)
		return *ret = false, 0;
	if (r < 0 || (r = fact_tags(tx, community, member, &one.tags)) < 0 ||
	    (r = fact_values_of(tx, community, member, &one.told)) < 0)
		return r;
	fact_values(&one.fact, tx_arena(tx), one.values);
	return one_holds(&one, o, 0, ret);
}

/* ---- Circles ------------------------------------------------------------------------------------------------ */

static int leads_to(struct tx *tx, struct id community, struct id from, struct id to, int nested, int *left,
                    bool *ret)
{
	struct rows where;
	if (from.n == to.n || nested > SEGMENT_NESTED || --*left < 0)
		return *ret = true, 0;
	int r = segment_where(tx, community, from, &where);
	const struct condition *c = where.at;
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	for (size_t i = 0; r >= 0 && i < where.count && !*ret; i++)
		for (size_t j = 0; r >= 0 && str_is(c[i].what, "segment") && j < c[i].ids.count && !*ret; j++)
			r = leads_to(tx, community, ((const struct id_item *)c[i].ids.at)[j].item, to, nested + 1, left, ret);
	return r;
}

int find_circle(struct tx *tx, struct id community, struct id segment, const struct outline *o, size_t *ret_line)
{
	bool circle = false;
	int left = SEGMENT_READS;
	for (size_t i = 0; i < o->count; i++)
		for (size_t j = 0; o->lines[i].ask == ASK_SEGMENT && j < o->lines[i].id_count; j++) {
			int r = leads_to(tx, community, o->lines[i].ids[j], segment, 1, &left, &circle);
			if (r < 0)
				return r;
			if (circle)
				return *ret_line = i, E_SEGMENT_CIRCLE;
		}
	return 0;
}

const struct query *const find_queries[] = { &tag_is, &segment_is, &level_is, &field_is, &groups_seen, NULL };
