/* tag.c: the words operators put on members, and the groups they stand in.
 *
 * Story      An operator makes 增购意向, puts it on the members who asked for a price, later finds that a colleague
 *            made 增购 意向 as well, and merges the two. A live code puts its tags on whoever passes.
 * Not here   Automatic tagging by rules (engine/automation), filters over tags (people/segment).
 *            Tags stand in groups (标签组); of a one-choice group a member carries one tag: the last put on stays.
 * Owns       tag, tag_group, member_tag.
 * Holds      A community has no two tags, and no two groups, whose names fold to the same key.
 *            A member carries at most MEMBER_TAGS_MAX tags.
 *            Merging loses no member, and no member carries a tag twice.
 * Test       people_test.c.
 */
#include "people/tag.h"

#include "base/utf8.h"
#include "engine/event/event.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/member.h"

#define MAX_TAGS   1000       /* of a community; a list nobody can read is no list */
#define MAX_GROUPS 50
#define COLOURS  "grey teal blue orange red"

/* ---- Rows ------------------------------------------------------------------------------------- */

struct tag {
	struct id      id;
	struct str     name, colour;
	struct id      group_id;
	int64_t        members;
	struct instant created_at;
};

ROW(tag,
	FIELD(tag, id,         "Tag"),
	FIELD(tag, name,       "As operators read it"),
	FIELD(tag, colour,     "Colour of the chip", .one_of = COLOURS),
	FIELD(tag, group_id,   "Tag group", .optional = true),
	FIELD(tag, members,    "How many members carry it now"),
	FIELD(tag, created_at, "When it was made"));

struct tag_draft { struct str name, colour; struct id group_id; };

ROW(tag_draft,
	FIELD(tag_draft, name,   "As operators read it", .min = 1, .max = TAG_NAME_MAX),
	FIELD(tag_draft, colour, "Colour of the chip; grey when missing", .one_of = COLOURS, .optional = true),
	FIELD(tag_draft, group_id, "Tag group; none when missing", .optional = true));

struct tag_group { struct id id; struct str name; bool one; int64_t place, tags; };

ROW(tag_group,
	FIELD(tag_group, id,    "Tag group"),
	FIELD(tag_group, name,  "As operators read it"),
	FIELD(tag_group, one,   "A member carries at most one of its tags"),
	FIELD(tag_group, place, "Order"),
	FIELD(tag_group, tags,  "How many tags stand in it"));

struct tag_group_draft { struct str name; bool one; int64_t place; };

ROW(tag_group_draft,
	FIELD(tag_group_draft, name,  "As operators read it", .min = 1, .max = TAG_NAME_MAX),
	FIELD(tag_group_draft, one,   "A member carries at most one of its tags", .optional = true),
	FIELD(tag_group_draft, place, "Order; the smaller first", .min = 0, .max = 1000, .optional = true));

struct tag_merge { struct id into; };

ROW(tag_merge,
	FIELD(tag_merge, into, "The tag that stays"));

struct held { struct id id; struct str key; struct id alone; };

ROW(held,
	FIELD(held, id,    "Tag"),
	FIELD(held, key,   "Its folded name"),
	FIELD(held, alone, "The one-choice group it stands in"));

struct tag_total { int64_t n; };

ROW(tag_total,
	FIELD(tag_total, n, "How many tags"));

/* ---- Rules ---------------------------------------------------------------------------------------- */

/* A tag cannot be merged into itself: the members would be deleted with it. */
static bool may_merge(struct id from, struct id into)
{
	return from.n != into.n;
}

/* The folded name, or why it is no name (spaces alone, too long). */
static int tag_key(struct arena *arena, struct str name, struct str *ret)
{
	struct str key = name_key(arena, name);
	if (arena_failed(arena))
		return E_MEMORY;
	if (key.len == 0)
		return E_TOO_SHORT;
	if (utf8_count(name) > TAG_NAME_MAX)
		return E_TOO_LONG;
	*ret = key;
	return 0;
}

/* ---- Events ----------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "tag_made",    "A tag was made", "tag" },
	{ "tag_changed", "A tag got another name or colour", "tag" },
	{ "tag_merged",  "Two tags became one", "tag" },
	{ "tag_removed", "A tag was deleted", "tag" },
	{ "tag_put",     "A member got a tag", "member" },
	{ "tag_taken",   "A member lost a tag", "member" },
	{ 0 },
};
enum { TAG_MADE, TAG_CHANGED, TAG_MERGED, TAG_REMOVED, TAG_PUT, TAG_TAKEN };

/* ---- Actions: tags themselves ------------------------------------------------------------------------ */

static QUERY(tag_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_ID, K_INSTANT),
	"INSERT INTO tag (community_id, id, name, name_key, colour, group_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

static QUERY(tag_group_by_id, READS, &row_tag_group, TAKES(K_ID, K_ID),
	"SELECT g.id, g.name, g.one, g.place, (SELECT count(*) FROM tag t WHERE t.community_id = g.community_id AND t.group_id = g.id)"
	" AS tags FROM tag_group g WHERE g.community_id = ?1 AND g.id = ?2");

/* E_INVALID: there is no such group. */
static int group_known(struct tx *tx, struct id community, struct id group)
{
	struct tag_group known;
	int r = group.n ? tx_one(tx, &tag_group_by_id, &known, V(community), V(group)) : 0;
	return r == E_NOT_FOUND ? E_INVALID : r;
}

/* E_NAME_TAKEN: perhaps with other spaces or width. */
static int tag_make(struct tx *tx, struct id community, const struct tag_draft *draft, struct tag *ret)
{
	struct tag tag = {
		.id = tx_new_id(tx), .name = str_trim(draft->name), .colour = draft->colour.len ? draft->colour : S("grey"),
		.group_id = draft->group_id, .created_at = tx_now(tx),
	};
	struct str key;
	int r = tag_key(tx_arena(tx), tag.name, &key);
	if (r < 0 || (r = group_known(tx, community, tag.group_id)) < 0)
		return r;
	r = tx_run(tx, &tag_insert, V(community), V(tag.id), V(tag.name), V(key), V(tag.colour), V(tag.group_id), V(tag.created_at));
	if (r < 0)
		return r == E_CONFLICT ? E_NAME_TAKEN : r;
	*ret = tag;
	return event_emit(tx, community, &events[TAG_MADE], &(struct event){ .subject = tag.id });
}

static QUERY(tag_by_id, READS, &row_tag, TAKES(K_ID, K_ID),
	"SELECT t.id, t.name, t.colour, t.group_id, (SELECT count(*) FROM member_tag m WHERE m.community_id = t.community_id"
	" AND m.tag_id = t.id) AS members, t.created_at FROM tag t WHERE t.community_id = ?1 AND t.id = ?2");

static QUERY(tag_update, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_ID),
	"UPDATE tag SET name = ?3, name_key = ?4, colour = ?5, group_id = ?6 WHERE community_id = ?1 AND id = ?2");

static int tag_change(struct tx *tx, struct id community, struct id id, const struct tag_draft *draft, struct tag *ret_before,
                      struct tag *ret)
{
	struct str name = str_trim(draft->name), key;
	struct tag tag;
	int r = tag_key(tx_arena(tx), name, &key);
	if (r < 0 || (r = tx_one(tx, &tag_by_id, &tag, V(community), V(id))) < 0 || (r = group_known(tx, community, draft->group_id)) < 0)
		return r;
	*ret_before = tag;
	tag.name = name;
	tag.group_id = draft->group_id;
	if (draft->colour.len)
		tag.colour = draft->colour;
	r = tx_run(tx, &tag_update, V(community), V(id), V(tag.name), V(key), V(tag.colour), V(tag.group_id));
	if (r < 0)
		return r == E_CONFLICT ? E_NAME_TAKEN : r;
	*ret = tag;
	return event_emit(tx, community, &events[TAG_CHANGED], &(struct event){ .subject = id });
}

static QUERY(tag_drop_members, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM member_tag WHERE community_id = ?1 AND tag_id = ?2");

static QUERY(tag_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM tag WHERE community_id = ?1 AND id = ?2");

/* E_NOT_FOUND: there was none. */
static int tag_delete(struct tx *tx, struct id community, struct id id)
{
	int r = tx_run(tx, &tag_drop_members, V(community), V(id));
	if (r < 0 || (r = tx_run(tx, &tag_drop, V(community), V(id))) < 0)
		return r;
	return r == 0 ? E_NOT_FOUND : 0;
}

static QUERY(tag_move_members, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"INSERT INTO member_tag (community_id, member_id, tag_id, tagged_at)"
	" SELECT community_id, member_id, ?3, tagged_at FROM member_tag WHERE community_id = ?1 AND tag_id = ?2"
	" ON CONFLICT (community_id, member_id, tag_id) DO NOTHING");

static int tag_merge(struct tx *tx, struct id community, struct id from, struct id into, struct tag *ret)
{
	struct tag stays;
	int r = tx_one(tx, &tag_by_id, &stays, V(community), V(into));      /* before anybody is moved to nowhere */
	if (r < 0 || (r = tx_run(tx, &tag_move_members, V(community), V(from), V(into))) < 0 ||
	    (r = tag_delete(tx, community, from)) < 0 ||
	    (r = tx_one(tx, &tag_by_id, &stays, V(community), V(into))) < 0)
		return r;
	*ret = stays;
	return event_emit(tx, community, &events[TAG_MERGED], &(struct event){ .subject = into, .object = from });
}

/* ---- Actions: tags on members -------------------------------------------------------------------------- */

#define HELD "SELECT t.id, t.name_key AS key, COALESCE((SELECT g.id FROM tag_group g WHERE g.community_id = t.community_id" \
	" AND g.id = t.group_id AND g.one), 0) AS alone"

static QUERY(tag_by_key, READS, &row_held, TAKES(K_ID, K_STR), HELD " FROM tag t WHERE t.community_id = ?1 AND t.name_key = ?2");

static QUERY(tags_held, READS, &row_held, TAKES(K_ID, K_ID),
	HELD " FROM member_tag m JOIN tag t ON t.community_id = m.community_id AND t.id = m.tag_id"
	" WHERE m.community_id = ?1 AND m.member_id = ?2 ORDER BY t.id LIMIT 1000");

static QUERY(member_tag_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"INSERT INTO member_tag (community_id, member_id, tag_id, tagged_at) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id, member_id, tag_id) DO NOTHING");

static QUERY(member_tag_drop, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"DELETE FROM member_tag WHERE community_id = ?1 AND member_id = ?2 AND tag_id = ?3");

struct carrier { struct tx *tx; struct id community, member, actor; };

static int take_off(const struct carrier *c, struct id tag)
{
	struct event taken = { .subject = c->member, .object = tag, .actor = c->actor };
	int r = tx_run(c->tx, &member_tag_drop, V(c->community), V(c->member), V(tag));
	return r <= 0 ? r : event_emit(c->tx, c->community, &events[TAG_TAKEN], &taken);
}

/* The tag of this name, made when there is none. */
static int tag_named(struct tx *tx, struct id community, struct str name, struct held *ret)
{
	struct tag made;
	struct str key;
	int r = tag_key(tx_arena(tx), name, &key);
	if (r < 0)
		return r;
	if ((r = tx_one(tx, &tag_by_key, ret, V(community), V(key))) != E_NOT_FOUND)
		return r;
	if ((r = tag_make(tx, community, &(struct tag_draft){ .name = name }, &made)) < 0)
		return r;
	*ret = (struct held){ .id = made.id, .key = key };
	return 0;
}

/* 1: it is new on the member. */
static int put_on(const struct carrier *c, struct rows held, const struct held *tag)
{
	const struct held *had = held.at;
	int r = 0;
	for (size_t i = 0; i < held.count; i++)
		if (had[i].id.n == tag->id.n)
			return 0;
	if (held.count >= MEMBER_TAGS_MAX)
		return E_TOO_MANY;
	for (size_t i = 0; r >= 0 && i < held.count; i++)
		if (tag->alone.n && had[i].alone.n == tag->alone.n)
			r = take_off(c, had[i].id);
	if (r < 0 || (r = tx_run(c->tx, &member_tag_insert, V(c->community), V(c->member), V(tag->id), V(tx_now(c->tx)))) <= 0)
		return r;
	struct event put = { .subject = c->member, .object = tag->id, .actor = c->actor };
	r = event_emit(c->tx, c->community, &events[TAG_PUT], &put);
	return r < 0 ? r : 1;
}

int tag_put_named(struct tx *tx, struct id community, struct str name, struct id member)
{
	struct carrier c = { tx, community, member, { 0 } };
	struct held tag;
	struct rows held;
	int r = tag_named(tx, community, name, &tag);
	if (r < 0 || (r = tx_all(tx, &tags_held, &held, V(community), V(member))) < 0 || (r = put_on(&c, held, &tag)) <= 0)
		return r;
	return member_changed(tx, community, member, c.actor);
}

int tag_find_named(struct tx *tx, struct id community, struct str name, struct id *ret)
{
	struct held tag;
	int r = tag_named(tx, community, name, &tag);
	if (r >= 0)
		*ret = tag.id;
	return r < 0 ? r : 0;
}

static QUERY(tag_held_by_id, READS, &row_held, TAKES(K_ID, K_ID), HELD " FROM tag t WHERE t.community_id = ?1 AND t.id = ?2");

int tag_put(struct tx *tx, struct id community, struct id tag, struct id member)
{
	struct carrier c = { tx, community, member, { 0 } };
	struct held wanted;
	struct rows held;
	int r = tx_one(tx, &tag_held_by_id, &wanted, V(community), V(tag));
	if (r < 0 || (r = tx_all(tx, &tags_held, &held, V(community), V(member))) < 0 || (r = put_on(&c, held, &wanted)) <= 0)
		return r;
	return (r = member_changed(tx, community, member, c.actor)) < 0 ? r : 1;
}

int tag_take(struct tx *tx, struct id community, struct id tag, struct id member)
{
	struct carrier c = { tx, community, member, { 0 } };
	struct rows held;
	int r = tx_all(tx, &tags_held, &held, V(community), V(member));
	const struct held *had = r < 0 ? NULL : held.at;
	bool has = false;
	for (size_t i = 0; r >= 0 && i < held.count; i++)
		has |= had[i].id.n == tag.n;
	if (r < 0 || !has || (r = take_off(&c, tag)) < 0)
		return r < 0 ? r : 0;
	return (r = member_changed(tx, community, member, c.actor)) < 0 ? r : 1;
}

static bool is_among(struct id tag, const struct held *tags, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tags[i].id.n == tag.n)
			return true;
	return false;
}

int tag_set_named(struct tx *tx, struct id community, struct rows names, struct id member, struct id actor)
{
	struct carrier c = { tx, community, member, actor };
	const struct text_item *name = names.at;
	struct held *wanted = arena_take_array(tx_arena(tx), names.count + 1, sizeof *wanted);
	struct rows rows;
	int changed = 0, r = wanted ? tx_all(tx, &tags_held, &rows, V(community), V(member)) : E_MEMORY;
	for (size_t i = 0; r >= 0 && i < names.count; i++) {
		r = tag_named(tx, community, name[i].item, &wanted[i]);
		for (size_t j = 0; r >= 0 && j < i; j++)
			if (wanted[i].alone.n && wanted[i].alone.n == wanted[j].alone.n && wanted[i].id.n != wanted[j].id.n)
				r = E_ONE_OF_GROUP;
	}
	const struct held *held = r < 0 ? NULL : rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if (!is_among(held[i].id, wanted, names.count)) {
			r = take_off(&c, held[i].id);
			changed = 1;
		}
	for (size_t i = 0; r >= 0 && i < names.count; i++) {
		r = put_on(&c, (struct rows){ 0 }, &wanted[i]);
		changed = changed || r == 1;
	}
	if (r < 0 || !changed)
		return r < 0 ? r : 0;
	return (r = member_changed(tx, community, member, actor)) < 0 ? r : 1;
}

static QUERY(tag_names_of, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT t.name AS item FROM member_tag m JOIN tag t ON t.community_id = m.community_id AND t.id = m.tag_id"
	" WHERE m.community_id = ?1 AND m.member_id = ?2 ORDER BY t.name LIMIT 1000");

int tag_names(struct tx *tx, struct id community, struct id member, struct rows *ret)
{
	return tx_all(tx, &tag_names_of, ret, V(community), V(member));
}

static QUERY(member_tag_drop_all, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM member_tag WHERE community_id = ?1 AND member_id = ?2");

int tag_drop_member(struct tx *tx, struct id community, struct id member)
{
	int r = tx_run(tx, &member_tag_drop_all, V(community), V(member));
	return r < 0 ? r : 0;
}

ROW(tag_brief,
	FIELD(tag_brief, id,      "Tag"),
	FIELD(tag_brief, name,    "Name"),
	FIELD(tag_brief, colour,  "Colour"),
	FIELD(tag_brief, family,  "Tag group"),
	FIELD(tag_brief, members, "Members"));

static QUERY(tag_briefs, READS, &row_tag_brief, TAKES(K_ID),
	"SELECT t.id, t.name, t.colour, COALESCE(g.name, '') AS family, COALESCE(u.n, 0) AS members FROM tag t"
	" LEFT JOIN tag_group g ON g.community_id = t.community_id AND g.id = t.group_id"
	" LEFT JOIN (SELECT tag_id, count(*) AS n FROM member_tag WHERE community_id = ?1 GROUP BY tag_id) u ON u.tag_id = t.id"
	" WHERE t.community_id = ?1 ORDER BY t.id LIMIT 10000");

int tag_list(struct tx *tx, struct id community, struct rows *ret)
{
	return tx_all(tx, &tag_briefs, ret, V(community));
}

ROW(tag_family,
	FIELD(tag_family, id,   "Tag group"),
	FIELD(tag_family, name, "Name"),
	FIELD(tag_family, tags, "Tags in it"));

static QUERY(tag_families, READS, &row_tag_family, TAKES(K_ID),
	"SELECT g.id, g.name, (SELECT count(*) FROM tag t WHERE t.community_id = g.community_id AND t.group_id = g.id) AS tags"
	" FROM tag_group g WHERE g.community_id = ?1 ORDER BY g.place, g.id LIMIT 1000");

int tag_family_list(struct tx *tx, struct id community, struct rows *ret)
{
	return tx_all(tx, &tag_families, ret, V(community));
}

/* ---- API -------------------------------------------------------------------------------------------- */

/* Counted once for all tags, then joined: a count a tag would walk the index a thousand times. */
static QUERY(tags_by_use, READS, &row_tag, TAKES(K_ID, K_ID),
	"SELECT t.id, t.name, t.colour, t.group_id, COALESCE(u.n, 0) AS members, t.created_at FROM tag t"
	" LEFT JOIN (SELECT tag_id, count(*) AS n FROM member_tag"
	"  WHERE community_id = ?1 AND " SEES_MEMBER("?2", "member_tag.community_id", "member_tag.member_id")
	"  GROUP BY tag_id) u ON u.tag_id = t.id"
	" WHERE t.community_id = ?1 ORDER BY members DESC, t.id LIMIT 1000");

static int get_tags(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &tags_by_use, &page->rows, V(rq->community), V(rq->only));
	page->total = (int64_t)page->rows.count;
	return r < 0 ? r : 0;
}

/* What is wrong with a draft is wrong with its name, or its group. */
static int blame_name(struct request *rq, int r)
{
	if (r == E_INVALID)
		return rq_complain(rq, r, S("group_id"));
	return r == E_NAME_TAKEN || r == E_TOO_SHORT || r == E_TOO_LONG ? rq_complain(rq, r, S("name")) : r;
}

static QUERY(tag_count, READS, &row_tag_total, TAKES(K_ID), "SELECT count(*) AS n FROM tag WHERE community_id = ?1");

/* The limit is asked of people who make tags, not of what puts them: nobody's joining may fail for a tag. */
static int post_tag(struct request *rq, const void *in, void *out)
{
	struct tag *tag = out;
	struct tag_total total;
	int r = tx_one(rq->tx, &tag_count, &total, V(rq->community));
	if (r < 0)
		return r;
	if (total.n >= MAX_TAGS)
		return E_TOO_MANY;
	r = tag_make(rq->tx, rq->community, in, tag);
	return r < 0 ? blame_name(rq, r) : audit_note(rq, "tag_made", tag->id, tag->name);
}

static int put_tag(struct request *rq, const void *in, void *out)
{
	struct tag before, *tag = out;
	int r = tag_change(rq->tx, rq->community, rq->path_id, in, &before, tag);
	return r < 0 ? blame_name(rq, r) : audit_change(rq, "tag_changed", tag->id, tag->name, &row_tag, &before, tag);
}

static int post_merge(struct request *rq, const void *in, void *out)
{
	const struct tag_merge *merge = in;
	struct tag *tag = out;
	if (!may_merge(rq->path_id, merge->into))
		return rq_complain(rq, E_INVALID, S("into"));
	int r = tag_merge(rq->tx, rq->community, rq->path_id, merge->into, tag);
	return r < 0 ? r : audit_note(rq, "tag_merged", tag->id, tag->name);
}

static int delete_tag(struct request *rq, const void *in, void *out)
{
	struct event removed = { .subject = rq->path_id, .actor = rq->account };
	struct tag tag;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &tag_by_id, &tag, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = tag_delete(rq->tx, rq->community, rq->path_id)) < 0 ||
	    (r = event_emit(rq->tx, rq->community, &events[TAG_REMOVED], &removed)) < 0)
		return r;
	return audit_note(rq, "tag_removed", rq->path_id, tag.name);
}

/* ---- API: groups of tags -------------------------------------------------------------------------------- */

static QUERY(tag_groups_all, READS, &row_tag_group, TAKES(K_ID),
	"SELECT g.id, g.name, g.one, g.place, (SELECT count(*) FROM tag t WHERE t.community_id = g.community_id AND t.group_id = g.id)"
	" AS tags FROM tag_group g WHERE g.community_id = ?1 ORDER BY g.place, g.id LIMIT 50");

static QUERY(tag_group_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_BOOL, K_INT, K_INSTANT),
	"INSERT INTO tag_group (community_id, id, name, name_key, one, place, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

static QUERY(tag_group_update, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_BOOL, K_INT),
	"UPDATE tag_group SET name = ?3, name_key = ?4, one = ?5, place = ?6 WHERE community_id = ?1 AND id = ?2");

static QUERY(tag_group_free, WRITES, NULL, TAKES(K_ID, K_ID), "UPDATE tag SET group_id = 0 WHERE community_id = ?1 AND group_id = ?2");

static QUERY(tag_group_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM tag_group WHERE community_id = ?1 AND id = ?2");

static int get_tag_groups(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &tag_groups_all, &page->rows, V(rq->community));
	page->total = (int64_t)page->rows.count;
	return r < 0 ? r : 0;
}

static int say_group(struct request *rq, const char *act, struct id group, struct str name)
{
	int r = event_emit(rq->tx, rq->community, &events[TAG_CHANGED], &(struct event){ .subject = group, .actor = rq->account });
	return r < 0 ? r : audit_note(rq, act, group, name);
}

static int post_tag_group(struct request *rq, const void *in, void *out)
{
	const struct tag_group_draft *d = in;
	struct rows all;
	struct str name = str_trim(d->name), key;
	struct id id = tx_new_id(rq->tx);
	int r = tag_key(rq->arena, name, &key);
	if (r < 0 || (r = tx_all(rq->tx, &tag_groups_all, &all, V(rq->community))) < 0)
		return blame_name(rq, r);
	if (all.count >= MAX_GROUPS)
		return E_TOO_MANY;
	r = tx_run(rq->tx, &tag_group_insert, V(rq->community), V(id), V(name), V(key), V(d->one), V(d->place), V(tx_now(rq->tx)));
	if (r < 0)
		return blame_name(rq, r == E_CONFLICT ? E_NAME_TAKEN : r);
	*(struct tag_group *)out = (struct tag_group){ .id = id, .name = name, .one = d->one, .place = d->place };
	return say_group(rq, "tag_group_made", id, name);
}

static int put_tag_group(struct request *rq, const void *in, void *out)
{
	const struct tag_group_draft *d = in;
	struct tag_group *group = out;
	struct str name = str_trim(d->name), key;
	int r = tag_key(rq->arena, name, &key);
	if (r < 0)
		return blame_name(rq, r);
	r = tx_run(rq->tx, &tag_group_update, V(rq->community), V(rq->path_id), V(name), V(key), V(d->one), V(d->place));
	if (r <= 0)
		return r == 0 ? E_NOT_FOUND : blame_name(rq, r == E_CONFLICT ? E_NAME_TAKEN : r);
	if ((r = tx_one(rq->tx, &tag_group_by_id, group, V(rq->community), V(rq->path_id))) < 0)
		return r;
	return say_group(rq, "tag_group_changed", group->id, group->name);
}

static int delete_tag_group(struct request *rq, const void *in, void *out)
{
	struct tag_group group;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &tag_group_by_id, &group, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = tx_run(rq->tx, &tag_group_free, V(rq->community), V(group.id))) < 0 ||
	    (r = tx_run(rq->tx, &tag_group_drop, V(rq->community), V(group.id))) < 0)
		return r;
	return say_group(rq, "tag_group_removed", group.id, group.name);
}

/* ---- What is kept about people --------------------------------------------------------------------------- */

static const struct personal personal[] = {
	{ "member_tag", "管理员给你贴的标签", "Tags that staff gave you", "标签", BY_MEMBER, &tag_names_of, .erases = { &member_tag_drop_all } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/tags",            ROLE_READER,   get_tags,   NULL,           &row_tag, "Tags, most used first", OUT_PAGE },
	{ "POST",   "/tags",            ROLE_OPERATOR, post_tag,   &row_tag_draft, &row_tag, "Make a tag", .sees = sees_all },
	{ "PUT",    "/tags/{id}",       ROLE_OPERATOR, put_tag,    &row_tag_draft, &row_tag, "Give it another name or colour" },
	{ "POST",   "/tags/{id}/merge", ROLE_ADMIN,    post_merge, &row_tag_merge, &row_tag, "Merge into another; cannot be undone" },
	{ "DELETE", "/tags/{id}",       ROLE_ADMIN,    delete_tag, NULL,           NULL,     "Delete, and take it off everybody", OUT_NONE },
	{ "GET",    "/tag-groups",      ROLE_READER,   get_tag_groups,   NULL,                 &row_tag_group, "Groups of tags, in order", OUT_PAGE },
	{ "POST",   "/tag-groups",      ROLE_OPERATOR, post_tag_group,   &row_tag_group_draft, &row_tag_group, "Make a group of tags" },
	{ "PUT",    "/tag-groups/{id}", ROLE_OPERATOR, put_tag_group,    &row_tag_group_draft, &row_tag_group, "Rename it, or let members carry one of its tags only" },
	{ "DELETE", "/tag-groups/{id}", ROLE_ADMIN,    delete_tag_group, NULL,                 NULL, "Delete the group; its tags stay, in no group", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&tag_held_by_id, &tag_count, &tag_insert, &tag_by_id, &tag_update, &tag_drop_members, &tag_drop, &tag_move_members, &tag_by_key,
	&member_tag_insert, &tags_held, &member_tag_drop, &tag_names_of, &member_tag_drop_all, &tags_by_use,
	&tag_group_by_id, &tag_groups_all, &tag_group_insert, &tag_group_update, &tag_group_free, &tag_group_drop,
		&tag_briefs, &tag_families, NULL,
};

const struct feature feature_tag = {
	.name = "tag", .api = "members", .routes = routes, .queries = queries, .events = events, .personal = personal,
};
