/* merge.c: see merge.h.
 *
 * Owns       member_alias, member_merge, member_moved.
 */
#include "people/merge.h"

#include "engine/event/event.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/field.h"
#include "people/identity.h"
#include "people/member_inside.h"

#define MAX_TAKEN 80

/* ---- Rows ------------------------------------------------------------------------------------- */

/* What a merge remembers of a member: the row, and the custom fields. Tags stand in member_moved. */
struct was {
	struct str     nickname, name, phone, gender, city, industry, job, birthday;
	struct id      level_id, source_id;
	struct str     source;
	struct id      inviter_id, group_id;
	struct instant joined_at, created_at, active_at;
	struct rows    values;
};

#define WAS_TEXT(name) FIELD(was, name, "As it was", .max = 200)

ROW(was,
	WAS_TEXT(nickname), WAS_TEXT(name), WAS_TEXT(phone), WAS_TEXT(gender), WAS_TEXT(city), WAS_TEXT(industry), WAS_TEXT(job),
	WAS_TEXT(birthday), WAS_TEXT(source),
	FIELD(was, level_id,   "As it was", .optional = true),
	FIELD(was, source_id,  "As it was", .optional = true),
	FIELD(was, inviter_id, "As it was", .optional = true),
	FIELD(was, group_id,   "As it was", .optional = true),
	FIELD(was, joined_at,  "As it was"),
	FIELD(was, created_at, "As it was"),
	FIELD(was, active_at,  "As it was"),
	FIELD(was, values,     "As they were", .of = &row_member_value, .max = 200));

struct merge {
	struct id      id, kept_id, gone_id;
	struct str     kept_was, kept_became, gone_was;
	struct instant at, undone_at;
};

ROW(merge,
	FIELD(merge, id,          "Merge"),
	FIELD(merge, kept_id,     "Who stayed"),
	FIELD(merge, gone_id,     "Who went"),
	FIELD(merge, kept_was,    "Before", .lines = true),
	FIELD(merge, kept_became, "After", .lines = true),
	FIELD(merge, gone_was,    "Before", .lines = true),
	FIELD(merge, at,          "When"),
	FIELD(merge, undone_at,   "Undone"));

struct merge_line { struct id id, gone_id; struct str nickname; struct instant at; struct id account_id; bool undoable; };

ROW(merge_line,
	FIELD(merge_line, id,         "Merge"),
	FIELD(merge_line, gone_id,    "The number that member had"),
	FIELD(merge_line, nickname,   "What they were called"),
	FIELD(merge_line, at,         "When"),
	FIELD(merge_line, account_id, "Who did it", .optional = true),
	FIELD(merge_line, undoable,   "Can it be undone now? Later merges first, within 30 days"));

static const struct field taken_item_fields[] = { FIELD(text_item, item, "A field", .min = 1, .max = 40) };
static const struct row row_taken_item = { "taken_item", sizeof(struct text_item), taken_item_fields, 1 };

struct merge_draft { struct id from; struct rows take; };

ROW(merge_draft,
	FIELD(merge_draft, from, "The member that goes"),
	FIELD(merge_draft, take, "Fields that count as that member has them: nickname … level_id, values.KEY; what is empty here is taken anyway",
	      .of = &row_taken_item, .max = MAX_TAKEN, .optional = true));

struct split_draft { struct str channel, subject, nickname; };

ROW(split_draft,
	FIELD(split_draft, channel,  "Of the identity that becomes a member of its own", .one_of = CHANNELS),
	FIELD(split_draft, subject,  "Its name there, whole or masked as it was sent", .min = 1, .max = MAX_SUBJECT),
	FIELD(split_draft, nickname, "What the new member is called; the same when missing", .max = MAX_NICKNAME, .optional = true));

/* ---- Events ----------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "member_merged",   "Two members became one; subject: who stays, object: who went", "member" },
	{ "member_unmerged", "A merge was undone; subject: who had stayed, object: who came back", "member" },
	{ "member_split",    "An identity became a member of its own; object: the new member", "member" },
	{ 0 },
};
enum { MERGED, UNMERGED, SPLIT };

static int say(struct tx *tx, struct id community, int what, struct id kept, struct id other, struct id actor, struct id merge)
{
	struct event e = { .subject = kept, .actor = actor, .object = other, .via = merge };
	int r = event_emit(tx, community, &events[what], &e);
	if (r < 0 || (r = member_changed(tx, community, kept, actor)) < 0)
		return r;
	return what == MERGED ? 0 : member_changed(tx, community, other, actor);
}

/* ---- What members are -------------------------------------------------------------------------------- */

struct links { struct id source_id; struct str source; struct id inviter_id, group_id; struct instant joined_at, created_at, active_at; };

ROW(links,
	FIELD(links, source_id,  "Link"),
	FIELD(links, source,     "Its label"),
	FIELD(links, inviter_id, "Inviter"),
	FIELD(links, group_id,   "Group"),
	FIELD(links, joined_at,  "Joined"),
	FIELD(links, created_at, "Made"),
	FIELD(links, active_at,  "Active"));

static QUERY(links_of, READS, &row_links, TAKES(K_ID, K_ID),
	"SELECT source_id, source, inviter_id, group_id, joined_at, created_at, active_at FROM member WHERE community_id = ?1 AND id = ?2");

static QUERY(links_set, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_ID, K_ID, K_INSTANT, K_INSTANT),
	"UPDATE member SET source_id = ?3, source = ?4, inviter_id = ?5, group_id = ?6, joined_at = ?7, active_at = ?8"
	" WHERE community_id = ?1 AND id = ?2");

static int load(struct tx *tx, struct id community, struct id member, struct was *ret)
{
	struct member_profile p;
	struct links l;
	struct rows values;
	int r = member_profile_get(tx, community, member, &p);
	if (r < 0 || (r = tx_one(tx, &links_of, &l, V(community), V(member))) < 0 ||
	    (r = field_values_kept(tx, community, member, &values)) < 0)
		return r;
	*ret = (struct was){
		.nickname = p.nickname, .name = p.name, .phone = p.phone, .gender = p.gender, .city = p.city, .industry = p.industry,
		.job = p.job, .birthday = p.birthday, .level_id = p.level_id, .source_id = l.source_id, .source = l.source,
		.inviter_id = l.inviter_id, .group_id = l.group_id, .joined_at = l.joined_at, .created_at = l.created_at,
		.active_at = l.active_at, .values = values,
	};
	return 0;
}

static int save(struct tx *tx, struct id community, struct id member, const struct was *w)
{
	const struct member_profile p = {
		.nickname = w->nickname, .name = w->name, .phone = w->phone, .gender = w->gender, .city = w->city, .industry = w->industry,
		.job = w->job, .birthday = w->birthday, .level_id = w->level_id,
	};
	int r = tx_run(tx, &links_set, V(community), V(member), V(w->source_id), V(w->source), V(w->inviter_id), V(w->group_id),
	               V(w->joined_at), V(w->active_at));
	if (r < 0 || (r = member_restore(tx, community, member, &p)) < 0)
		return r;
	return field_restore(tx, community, member, w->values);
}

static struct str was_json(struct arena *arena, const struct was *w)
{
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	row_write_json(&b, &row_was, w);
	return str_copy(arena, buf_view(&b));
}

static int was_read(struct arena *arena, struct str json, struct was *ret)
{
	struct complaint why;
	return row_read_json(&row_was, json, arena, ret, &why);
}

/* ---- Which profile counts ------------------------------------------------------------------------------ */

static bool taken(struct rows take, const char *field)
{
	const struct text_item *item = take.at;
	for (size_t i = 0; i < take.count; i++)
		if (str_is(item[i].item, field))
			return true;
	return false;
}

static bool value_taken(struct rows take, struct str key)
{
	const struct text_item *item = take.at;
	for (size_t i = 0; i < take.count; i++)
		if (str_starts(item[i].item, S("values.")) && str_equal((struct str){ item[i].item.at + 7, item[i].item.len - 7 }, key))
			return true;
	return false;
}

static const struct member_value *value_at(struct rows values, struct str key)
{
	const struct member_value *v = values.at;
	for (size_t i = 0; i < values.count; i++)
		if (str_equal(v[i].key, key))
			return &v[i];
	return NULL;
}

static struct rows values_together(struct arena *arena, struct rows kept, struct rows gone, struct rows take)
{
	struct member_value *list = arena_take_array(arena, kept.count + gone.count + 1, sizeof *list);
	const struct member_value *k = kept.at, *g = gone.at, *other;
	size_t n = 0;
	for (size_t i = 0; list && i < kept.count; i++)
		list[n++] = value_taken(take, k[i].key) && (other = value_at(gone, k[i].key)) ? *other : k[i];
	for (size_t i = 0; list && i < gone.count; i++)
		if (!value_at(kept, g[i].key))
			list[n++] = g[i];
	return (struct rows){ list, n };
}

#define TOGETHER(field) if (!w.field.len || (taken(take, #field) && gone->field.len)) w.field = gone->field

/* Who invited whom stays a tree: whoever stood above the other keeps their inviter. */
struct kin { bool kept_below, gone_below; };

static int kin_of(struct tx *tx, struct id community, struct id kept, struct id gone, struct kin *ret)
{
	int kept_below = member_descends(tx, community, kept, gone);
	int gone_below = kept_below < 0 ? kept_below : member_descends(tx, community, gone, kept);
	*ret = (struct kin){ kept_below > 0, gone_below > 0 };
	return gone_below < 0 ? gone_below : 0;
}

static struct was together(struct arena *arena, const struct was *kept, const struct was *gone, struct kin kin, struct rows take)
{
	struct was w = *kept;
	TOGETHER(nickname);
	TOGETHER(name);
	TOGETHER(phone);
	TOGETHER(gender);
	TOGETHER(city);
	TOGETHER(industry);
	TOGETHER(job);
	TOGETHER(birthday);
	if (!w.level_id.n || (taken(take, "level_id") && gone->level_id.n))
		w.level_id = gone->level_id;
	if (!w.source_id.n && !w.source.len)
		w.source_id = gone->source_id, w.source = gone->source;
	if (kin.kept_below || (!w.inviter_id.n && !kin.gone_below))
		w.inviter_id = gone->inviter_id;
	if (!w.group_id.n)
		w.group_id = gone->group_id;
	if (gone->joined_at.ms < w.joined_at.ms)
		w.joined_at = gone->joined_at;
	if (gone->active_at.ms > w.active_at.ms)
		w.active_at = gone->active_at;
	w.values = values_together(arena, kept->values, gone->values, take);
	return w;
}

/* Undoing: what the merge made of a field goes back, what was written since stays. */
#define APART(field) if (str_equal(w.field, became->field)) w.field = before->field
#define APART_ID(field) if (w.field.n == became->field.n) w.field = before->field

static struct rows values_apart(struct arena *arena, const struct was *now, const struct was *became, const struct was *before)
{
	struct member_value *list = arena_take_array(arena, now->values.count + before->values.count + 1, sizeof *list);
	const struct member_value *n = now->values.at, *b = before->values.at;
	size_t count = 0;
	for (size_t i = 0; list && i < now->values.count; i++) {
		const struct member_value *made = value_at(became->values, n[i].key), *old = value_at(before->values, n[i].key);
		if (!made || !str_equal(made->text, n[i].text))
			list[count++] = n[i];
		else if (old)
			list[count++] = *old;
	}
	/* Cleared since: it stays cleared. */
	for (size_t i = 0; list && i < before->values.count; i++)
		if (!value_at(now->values, b[i].key) && !value_at(became->values, b[i].key))
			list[count++] = b[i];
	return (struct rows){ list, count };
}

static struct was apart(struct arena *arena, const struct was *now, const struct was *became, const struct was *before)
{
	struct was w = *now;
	APART(nickname);
	APART(name);
	APART(phone);
	APART(gender);
	APART(city);
	APART(industry);
	APART(job);
	APART(birthday);
	APART(source);
	APART_ID(level_id);
	APART_ID(source_id);
	APART_ID(inviter_id);
	APART_ID(group_id);
	w.joined_at = before->joined_at;
	if (w.active_at.ms == became->active_at.ms)
		w.active_at = before->active_at;
	w.values = values_apart(arena, now, became, before);
	return w;
}

/* ---- Rows that change hands ------------------------------------------------------------------------------- */

MEMBER_PLACE(identity, "identity", "member_id", "channel || ' ' || subject", "");
MEMBER_PLACE(inviter, "member", "inviter_id", "CAST(id AS TEXT)", " AND id <> ?4");

static const struct member_place places[] = {
	{ "identity", &identity_note, &identity_move, NULL },
	{ "inviter",  &inviter_note,  &inviter_move,  NULL },
	{ 0 },
};

static int move_places(struct tx *tx, const struct feature *const *features, struct id community, struct id from, struct id to,
                       struct id merge, bool note)
{
	int r = 0;
	/* All are noted before any moves: a place may be found by way of another (visits by the member's browsers). */
	for (int moving = !note; r >= 0 && moving < 2; moving++)
		for (const struct feature *const *f = features; r >= 0 && *f; f++)
			for (const struct member_place *p = (*f)->places; r >= 0 && p && p->name; p++)
				r = moving ? tx_run(tx, p->move, V(community), V(from), V(to), V(merge))
				           : tx_run(tx, p->note, V(community), V(from), V(merge), V(to));
	return r < 0 ? r : 0;
}

/* Tags: `tag` those that only who goes carried, `tag_both` those that stay behind in the record: the survivor carries them
 * too, or another one of their one-choice group. */
static QUERY(tags_note, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID),
	"INSERT INTO member_moved (community_id, merge_id, place, key, more)"
	" SELECT ?1, ?3, CASE WHEN EXISTS (SELECT 1 FROM member_tag k JOIN tag t ON t.community_id = k.community_id AND t.id = k.tag_id"
	" WHERE k.community_id = ?1 AND k.member_id = ?4 AND (k.tag_id = g.tag_id OR (t.group_id <> 0 AND t.group_id = own.group_id"
	" AND EXISTS (SELECT 1 FROM tag_group o WHERE o.community_id = ?1 AND o.id = t.group_id AND o.one)))) THEN 'tag_both' ELSE 'tag' END,"
	" CAST(g.tag_id AS TEXT), CAST(g.tagged_at AS TEXT) FROM member_tag g JOIN tag own ON own.community_id = g.community_id"
	" AND own.id = g.tag_id WHERE g.community_id = ?1 AND g.member_id = ?2");

static QUERY(tags_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM member_tag WHERE community_id = ?1 AND member_id = ?2");

/* ?4 'tag', or '' for both kinds; tags deleted since do not come back. */
static QUERY(tags_give, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR),
	"INSERT INTO member_tag (community_id, member_id, tag_id, tagged_at)"
	" SELECT ?1, ?2, t.id, CAST(m.more AS BIGINT) FROM member_moved m JOIN tag t ON t.community_id = m.community_id"
	" AND t.id = CAST(m.key AS BIGINT) WHERE m.community_id = ?1 AND m.merge_id = ?3 AND m.place IN ('tag', 'tag_both')"
	" AND (?4 = '' OR m.place = ?4) ON CONFLICT (community_id, member_id, tag_id) DO NOTHING");

static QUERY(tags_take, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"DELETE FROM member_tag WHERE community_id = ?1 AND member_id = ?2 AND tag_id IN (SELECT CAST(key AS BIGINT) FROM member_moved"
	" WHERE community_id = ?1 AND merge_id = ?3 AND place = 'tag')");

static QUERY(moved_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM member_moved WHERE community_id = ?1 AND merge_id = ?2");

/* Whose inviter is another now: whoever keeps that in mind hears of it. */
static QUERY(invited_moved, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT CAST(key AS BIGINT) AS item FROM member_moved WHERE community_id = ?1 AND merge_id = ?2 AND place = 'inviter'");

static int tell_invited(struct tx *tx, struct id community, struct id merge, struct id actor)
{
	struct rows rows;
	int r = tx_all(tx, &invited_moved, &rows, V(community), V(merge));
	const struct id_item *member = r < 0 ? NULL : rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = member_changed(tx, community, member[i].item, actor);
	return r;
}

/* ---- Merging -------------------------------------------------------------------------------------------------- */

static QUERY(merge_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_ID, K_INSTANT),
	"INSERT INTO member_merge (community_id, id, kept_id, gone_id, kept_was, kept_became, gone_was, account_id, at, undone_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)");

static QUERY(alias_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID),
	"INSERT INTO member_alias (community_id, id, member_id, merge_id) VALUES (?1, ?2, ?3, ?4)");

int member_merge(struct tx *tx, const struct feature *const *features, struct id community, struct id stays, struct id goes,
                 struct rows take, struct id actor, struct id *ret_merge, struct id *ret_stays)
{
	struct arena *arena = tx_arena(tx);
	struct id merge = tx_new_id(tx);
	struct was kept, gone;
	int r = member_resolve(tx, community, stays, &stays);
	if (r < 0 || (r = member_resolve(tx, community, goes, &goes)) < 0)
		return r;
	if (stays.n == goes.n)
		return E_SAME_MEMBER;
	if ((r = load(tx, community, stays, &kept)) < 0 || (r = load(tx, community, goes, &gone)) < 0)
		return r;
	struct kin kin;
	if ((r = kin_of(tx, community, stays, goes, &kin)) < 0)
		return r;
	struct was whole = together(arena, &kept, &gone, kin, take);
	if (arena_failed(arena))
		return E_MEMORY;
	if ((r = tx_run(tx, &merge_insert, V(community), V(merge), V(stays), V(goes), V(was_json(arena, &kept)), V(was_json(arena, &whole)),
	                V(was_json(arena, &gone)), V(actor), V(tx_now(tx)))) < 0 ||
	    (r = move_places(tx, features, community, goes, stays, merge, true)) < 0 ||
	    (r = tx_run(tx, &tags_note, V(community), V(goes), V(merge), V(stays))) < 0 ||
	    (r = tx_run(tx, &tags_drop, V(community), V(goes))) < 0 ||
	    (r = tx_run(tx, &tags_give, V(community), V(stays), V(merge), V(S("tag")))) < 0 ||
	    (r = member_take_out(tx, community, goes)) < 0 ||
	    (r = tx_run(tx, &alias_insert, V(community), V(goes), V(stays), V(merge))) < 0 ||
	    (r = save(tx, community, stays, &whole)) < 0 ||
	    (r = say(tx, community, MERGED, stays, goes, actor, merge)) < 0 || (r = tell_invited(tx, community, merge, actor)) < 0)
		return r;
	*ret_merge = merge, *ret_stays = stays;
	return arena_failed(arena) ? E_MEMORY : 0;
}

/* ---- Undoing ---------------------------------------------------------------------------------------------------- */

static QUERY(merge_by_id, READS, &row_merge, TAKES(K_ID, K_ID),
	"SELECT id, kept_id, gone_id, kept_was, kept_became, gone_was, at, undone_at FROM member_merge WHERE community_id = ?1 AND id = ?2");

/* A later merge into the same member, or of that member into another. */
static QUERY(merge_later, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT id AS item FROM member_merge WHERE community_id = ?1 AND (kept_id = ?2 OR gone_id = ?2) AND id > ?3 AND undone_at = 0 LIMIT 1");

static QUERY(merge_set_undone, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE member_merge SET undone_at = ?3, kept_was = '', kept_became = '', gone_was = '' WHERE community_id = ?1 AND id = ?2");

static QUERY(alias_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM member_alias WHERE community_id = ?1 AND id = ?2");

static int may_undo(struct tx *tx, struct id community, const struct merge *m)
{
	struct id_item later;
	if (m->undone_at.ms || m->at.ms + MERGE_UNDO_DAYS * DAY < tx_now(tx).ms)
		return E_UNDO_LATE;
	int r = tx_one(tx, &merge_later, &later, V(community), V(m->kept_id), V(m->id));
	return r == E_NOT_FOUND ? 0 : r < 0 ? r : E_UNDO_ORDER;
}

int member_unmerge(struct tx *tx, const struct feature *const *features, struct id community, struct id merge, struct id actor,
                   struct id *ret_stays)
{
	struct arena *arena = tx_arena(tx);
	struct was before, became, now, gone;
	struct merge m;
	int r = tx_one(tx, &merge_by_id, &m, V(community), V(merge));
	if (r < 0 || (r = may_undo(tx, community, &m)) < 0 || (r = was_read(arena, m.kept_was, &before)) < 0 ||
	    (r = was_read(arena, m.kept_became, &became)) < 0 || (r = was_read(arena, m.gone_was, &gone)) < 0 ||
	    (r = load(tx, community, m.kept_id, &now)) < 0)
		return r;
	struct was rest = apart(arena, &now, &became, &before);
	if (arena_failed(arena))
		return E_MEMORY;
	if ((r = tx_run(tx, &alias_drop, V(community), V(m.gone_id))) < 0 ||
	    (r = member_put_back(tx, community, m.gone_id, gone.created_at)) < 0 ||
	    (r = save(tx, community, m.gone_id, &gone)) < 0 ||
	    (r = tx_run(tx, &tags_take, V(community), V(m.kept_id), V(merge))) < 0 ||
	    (r = tx_run(tx, &tags_give, V(community), V(m.gone_id), V(merge), V(S("")))) < 0 ||
	    (r = move_places(tx, features, community, m.kept_id, m.gone_id, merge, false)) < 0 ||
	    (r = save(tx, community, m.kept_id, &rest)) < 0 ||
	    (r = tell_invited(tx, community, merge, actor)) < 0 ||
	    (r = tx_run(tx, &moved_drop, V(community), V(merge))) < 0 ||
	    (r = tx_run(tx, &merge_set_undone, V(community), V(merge), V(tx_now(tx)))) < 0 ||
	    (r = say(tx, community, UNMERGED, m.kept_id, m.gone_id, actor, merge)) < 0)
		return r;
	*ret_stays = m.kept_id;
	return arena_failed(arena) ? E_MEMORY : 0;
}

/* ---- Splitting ---------------------------------------------------------------------------------------------------- */

static QUERY(identity_give, WRITES, NULL, TAKES(K_ID, K_STR, K_STR, K_ID, K_ID),
	"UPDATE identity SET member_id = ?5 WHERE community_id = ?1 AND channel = ?2 AND subject = ?3 AND member_id = ?4");

int member_split(struct tx *tx, const struct feature *const *features, struct id community, struct id member, struct str channel,
                 struct str subject, struct str nickname, struct id actor, struct id *ret)
{
	struct complaint why;
	struct was w;
	struct id new, visitor;
	int r = load(tx, community, member, &w);
	if (r < 0)
		return r;
	struct member_profile p = { .nickname = nickname.len ? nickname : w.nickname };
	struct member_origin origin = { .source = w.source_id, .source_label = w.source, .inviter = w.inviter_id, .group = w.group_id };
	if ((r = member_make(tx, community, &p, &origin, actor, &new, &why)) < 0)
		return r;
	if ((r = tx_run(tx, &identity_give, V(community), V(channel), V(subject), V(member), V(new))) <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	bool browser = str_is(channel, "browser") && str_to_int(subject, &visitor.n);
	for (const struct feature *const *f = features; browser && *f; f++)
		for (const struct member_place *place = (*f)->places; place && place->name; place++)
			if (place->split && (r = tx_run(tx, place->split, V(community), V(member), V(new), V(visitor))) < 0)
				return r;
	if ((r = say(tx, community, SPLIT, member, new, actor, (struct id){ 0 })) < 0)
		return r;
	*ret = new;
	return 0;
}

/* ---- API ------------------------------------------------------------------------------------------------------------ */

static int post_merge(struct request *rq, const void *in, void *out)
{
	const struct merge_draft *d = in;
	struct id merge, stays;
	int r = member_is_seen_by(rq, d->from);
	if (r < 0)
		return rq_complain(rq, r, S("from"));
	r = member_merge(rq->tx, rq_features(rq), rq->community, rq->path_id, d->from, d->take, rq->account, &merge, &stays);
	if (r < 0)
		return r == E_SAME_MEMBER ? rq_complain(rq, r, S("from")) : r;
	if ((r = audit_note(rq, "member_merged", stays, str_format(rq->arena, "%lld → %lld", (long long)d->from.n, (long long)stays.n))) < 0)
		return r;
	return member_show(rq, stays, out);
}

/* Whoever sees the survivor. */
static int merge_sees(struct request *rq)
{
	struct merge m;
	int r = tx_one(rq->tx, &merge_by_id, &m, V(rq->community), V(rq->path_id));
	return r < 0 ? r : member_is_seen_by(rq, m.kept_id);
}

static int post_unmerge(struct request *rq, const void *in, void *out)
{
	struct id stays;
	(void)in;
	int r = member_unmerge(rq->tx, rq_features(rq), rq->community, rq->path_id, rq->account, &stays);
	if (r < 0 || (r = audit_note(rq, "member_unmerged", stays, S(""))) < 0)
		return r;
	return member_show(rq, stays, out);
}

/* Newest first: undoable as long as nothing later was merged in (they are one behind the other). */
static QUERY(merges_of, READS, &row_merge, TAKES(K_ID, K_ID),
	"SELECT id, kept_id, gone_id, kept_was, kept_became, gone_was, at, undone_at FROM member_merge"
	" WHERE community_id = ?1 AND kept_id = ?2 AND undone_at = 0 ORDER BY id DESC LIMIT 50");

struct merge_by { struct id account_id; };

ROW(merge_by, FIELD(merge_by, account_id, "Who did it"));

static QUERY(merge_account, READS, &row_merge_by, TAKES(K_ID, K_ID),
	"SELECT account_id FROM member_merge WHERE community_id = ?1 AND id = ?2");

static int get_merges(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct rows rows;
	struct id id;
	(void)in;
	int r = member_of_path(rq, &id);
	if (r < 0 || (r = tx_all(rq->tx, &merges_of, &rows, V(rq->community), V(id))) < 0)
		return r;
	const struct merge *m = rows.at;
	struct merge_line *line = arena_take_array(rq->arena, rows.count + 1, sizeof *line);
	for (size_t i = 0; line && i < rows.count; i++) {
		struct was gone;
		struct merge_by by;
		if ((r = was_read(rq->arena, m[i].gone_was, &gone)) < 0 ||
		    (r = tx_one(rq->tx, &merge_account, &by, V(rq->community), V(m[i].id))) < 0)
			return r;
		line[i] = (struct merge_line){
			.id = m[i].id, .gone_id = m[i].gone_id, .nickname = gone.nickname.len ? gone.nickname : gone.name, .at = m[i].at,
			.account_id = by.account_id, .undoable = may_undo(rq->tx, rq->community, &m[i]) == 0,
		};
	}
	page->rows = (struct rows){ line, rows.count };
	page->total = (int64_t)rows.count;
	return line ? 0 : E_MEMORY;
}

static int post_split(struct request *rq, const void *in, void *out)
{
	const struct split_draft *d = in;
	struct id id, new;
	struct str subject;
	int r = member_of_path(rq, &id);
	if (r < 0 || (r = identity_meant(rq, id, d->channel, d->subject, &subject)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("subject")) : r;
	r = member_split(rq->tx, rq_features(rq), rq->community, id, d->channel, subject, str_trim(d->nickname), rq->account, &new);
	if (r < 0 || (r = audit_note(rq, "member_split", id, str_format(rq->arena, "%.*s → %lld", STR(d->channel), (long long)new.n))) < 0)
		return r;
	return member_show(rq, new, out);
}

/* ---- What is kept about people --------------------------------------------------------------------------------------- */

/* Everything that was ever merged into them: old numbers, profiles, the lists of what moved. */
#define OLD_NUMBERS \
	"WITH RECURSIVE old(id) AS (SELECT ?2 AS id UNION SELECT a.id FROM member_alias a JOIN old o ON a.member_id = o.id" \
	" WHERE a.community_id = ?1)"

static QUERY(forget_moved, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM member_moved WHERE community_id = ?1 AND merge_id IN (" OLD_NUMBERS
	" SELECT m.id FROM member_merge m JOIN old o ON m.kept_id = o.id WHERE m.community_id = ?1)");

static QUERY(forget_merges, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM member_merge WHERE community_id = ?1 AND kept_id IN (" OLD_NUMBERS " SELECT id FROM old)");

static QUERY(forget_aliases, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM member_alias WHERE community_id = ?1 AND member_id IN (" OLD_NUMBERS " SELECT id FROM old)");

static const struct personal personal[] = {
	{ "member_merge member_moved member_alias", .by = BY_MEMBER, .erases = { &forget_moved, &forget_merges, &forget_aliases } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "POST", "/members/{id}/merge",  ROLE_OPERATOR, post_merge,   &row_merge_draft, &row_member_detail, "Merge another member into this one", .sees = member_sees },
	{ "GET",  "/members/{id}/merges", ROLE_READER,   get_merges,   NULL,             &row_merge_line, "Who was merged into this one, newest first", OUT_PAGE, .sees = member_sees },
	{ "POST", "/merges/{id}/undo",    ROLE_OPERATOR, post_unmerge, NULL,             &row_member_detail, "Tell the two apart again, as they were", .sees = merge_sees },
	{ "POST", "/members/{id}/split",  ROLE_OPERATOR, post_split,   &row_split_draft, &row_member_detail, "Make an identity a member of its own", .sees = member_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&links_of, &links_set, &identity_note, &identity_move, &inviter_note, &inviter_move, &tags_note, &tags_drop, &tags_give, &tags_take,
	&moved_drop, &invited_moved, &merge_insert, &alias_insert, &merge_by_id, &merge_later, &merge_set_undone, &alias_drop, &identity_give,
	&merges_of, &merge_account, &forget_moved, &forget_merges, &forget_aliases, NULL,
};

const struct feature feature_merge = {
	.name = "merge", .api = "members", .routes = routes, .queries = queries, .events = events, .personal = personal, .places = places,
};
