/* template_export.c: a community as a template: what was thought out, and nothing about anybody.
 *
 * Story      The second shop opens. The first one's groups, codes, tags and rules are a file by now; its members, its staff,
 *            its pictures and its telephone numbers are not in it.
 * Holds      No owner of a group, no contact, no password, no picture, no address of a person is exported; what looks like a
 *            telephone number or an e-mail address in a text is blotted out.
 * Test       template_test.c
 */
#include "groups/template.h"

#include "base/secret.h"
#include "base/utf8.h"
#include "groups/livecode.h"
#include "people/field.h"
#include "people/level.h"
#include "people/tag.h"


/* ---- Rows ------------------------------------------------------------------------------------- */

struct exported_group {
	struct id      id;
	struct str     name, channel, tier, topic, region;
	int64_t        capacity, scan_limit;
	bool           rename_allowed, invite_allowed, entry_by_approval;
	int64_t        days;
	struct str     note;
	int64_t        used;
};

ROW(exported_group,
	FIELD(exported_group, id,                "Group"),
	FIELD(exported_group, name,              "Name"),
	FIELD(exported_group, channel,           "Channel"),
	FIELD(exported_group, tier,              "Tier"),
	FIELD(exported_group, topic,             "Topic"),
	FIELD(exported_group, region,            "Region"),
	FIELD(exported_group, capacity,          "Most members"),
	FIELD(exported_group, scan_limit,        "Scan limit"),
	FIELD(exported_group, rename_allowed,    "Members may rename it"),
	FIELD(exported_group, invite_allowed,    "Members may invite"),
	FIELD(exported_group, entry_by_approval, "Entry by approval"),
	FIELD(exported_group, days,              "Days it lives"),
	FIELD(exported_group, note,              "Note"),
	FIELD(exported_group, used,              "Has a picture or was counted"));

#define SELECT_GROUP \
	"SELECT id, name, channel, tier, topic, region, capacity, scan_limit, rename_allowed, invite_allowed, entry_by_approval," \
	" CASE WHEN ends_at > created_at THEN (ends_at - created_at + 86399999) / 86400000 ELSE 0 END AS days, note," \
	" CASE WHEN qr_id <> 0 OR counted_at <> 0 THEN 1 ELSE 0 END AS used FROM chat_group WHERE community_id = ?1"

static QUERY(groups_to_export, READS, &row_exported_group, TAKES(K_ID), SELECT_GROUP " ORDER BY id LIMIT 200");
static QUERY(group_to_print, READS, &row_exported_group, TAKES(K_ID, K_ID), SELECT_GROUP " AND id = ?2");

static QUERY(codes_to_export, READS, &row_id_item, TAKES(K_ID),
	"SELECT id AS item FROM livecode WHERE community_id = ?1 AND state <> 'ended' ORDER BY id LIMIT 100");

struct exported_target {
	struct str  group_name, title, url;
	int64_t     scan_cap, weight;
	struct rows windows, dates;
	struct str  region, visitors;
};

ROW(exported_target,
	FIELD(exported_target, group_name, "Group"),
	FIELD(exported_target, title,      "Title"),
	FIELD(exported_target, url,        "Address"),
	FIELD(exported_target, scan_cap,   "Cap"),
	FIELD(exported_target, weight,     "Share"),
	FIELD(exported_target, windows,    "Weekly hours", .of = &row_window),
	FIELD(exported_target, dates,      "Special dates", .of = &row_special),
	FIELD(exported_target, region,     "City or shop"),
	FIELD(exported_target, visitors,   "For whom"));

/* A staff card or a way to one is somebody's own. */
static QUERY(targets_to_export, READS, &row_exported_target, TAKES(K_ID, K_ID),
	"SELECT COALESCE(g.name, '') AS group_name, h.title, CASE WHEN h.kind = 'url' THEN h.url ELSE '' END AS url, h.scan_cap,"
	" h.weight, h.windows, h.dates, h.region, h.visitors FROM livecode_child h"
	" LEFT JOIN chat_group g ON g.community_id = h.community_id AND g.id = h.group_id"
	" WHERE h.community_id = ?1 AND h.code_id = ?2 AND (h.kind = 'url' OR (h.kind = 'group' AND g.id IS NOT NULL))"
	" ORDER BY h.place, h.id LIMIT 50");

static QUERY(sources_to_export, READS, &row_template_source, TAKES(K_ID, K_ID),
	"SELECT label, kind, note FROM livecode_link WHERE community_id = ?1 AND code_id = ?2"
	" AND kind NOT IN ('main', 'partner') ORDER BY id LIMIT 200");

static QUERY(code_was_seen, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT visitor_id AS item FROM livecode_visitor WHERE community_id = ?1 AND code_id = ?2 LIMIT 1");

/* ---- Rules ---------------------------------------------------------------------------------------- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_mail(char c) { return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') || strchr("._%+-", c); }

/* From `at`: as far as a telephone number goes, or 0. Seven digits and more, with single spaces or dashes between. */
static size_t phone_at(struct str s, size_t at)
{
	size_t end = at, digits = 0;
	if (at && is_digit(s.at[at - 1]))
		return 0;
	for (size_t i = at; i < s.len; i++)
		if (is_digit(s.at[i])) {
			digits++;
			end = i + 1;
		} else if (!(strchr(" -+()", s.at[i]) && s.at[i]) || i > end) {
			break;
		}
	return digits >= 7 && (is_digit(s.at[at]) || s.at[at] == '+') ? end - at : 0;
}

static size_t mail_at(struct str s, size_t at)
{
	size_t i = at, sign;
	if (at && is_mail(s.at[at - 1]))
		return 0;
	while (i < s.len && s.at[i] && is_mail(s.at[i]))
		i++;
	if (i == at || i >= s.len || s.at[i] != '@')
		return 0;
	for (sign = i++; i < s.len && s.at[i] && is_mail(s.at[i]);)
		i++;
	return i > sign + 1 ? i - at : 0;
}

/* The text without what leads to a person. */
static struct str discreet(struct arena *arena, struct str s)
{
	BUF_SCOPED b;
	buf_init(&b, s.len * 3 + 1);
	for (size_t i = 0; i < s.len;) {
		size_t len = phone_at(s, i);
		len = len ? len : mail_at(s, i);
		if (len) {
			buf_z(&b, "…");
			i += len;
		} else {
			buf_byte(&b, s.at[i++]);
		}
	}
	return buf_failed(&b) ? S("") : str_copy(arena, buf_view(&b));
}

/* Every text of a record, through all its lists: no field that comes later is forgotten. */
static void make_discreet(const struct row *row, void *record, struct arena *arena)
{
	for (size_t i = 0; i < row->count; i++) {
		const struct field *f = &row->fields[i];
		void *at = field_at(f, record);
		if (f->kind == K_STR && !f->limits.one_of && !f->limits.pattern)
			*(struct str *)at = discreet(arena, *(struct str *)at);
		struct rows *list = f->kind == K_ROWS ? at : NULL;
		for (size_t k = 0; list && k < list->count; k++)
			make_discreet(f->limits.of, (char *)list->at + k * f->limits.of->size, arena);
		if (f->kind == K_ONE && ((struct one *)at)->at)
			make_discreet(f->limits.of, ((struct one *)at)->at, arena);
	}
}

/* Blotted out, two names may be one: the later ones get a number, and what leads to them follows. */
static void name_discreetly(struct template *t, struct arena *arena)
{
	struct template_group *g = t->groups.at;
	const struct template_code *codes = t->codes.at;
	for (size_t i = 0; i < t->groups.count; i++) {
		struct str old = g[i].name, now = discreet(arena, old);
		bool taken = false;
		for (size_t k = 0; k < i; k++)
			taken |= str_equal(name_key(arena, g[k].name), name_key(arena, now));
		if (str_equal(old, now) && !taken)
			continue;
		struct str cut = utf8_cut(now, 34);
		now = taken ? str_format(arena, "%.*s·%zu", (int)cut.len, cut.at, i + 1) : now;
		for (size_t c = 0; c < t->codes.count; c++)
			for (size_t k = 0; k < codes[c].targets.count; k++) {
				struct template_target *target = (struct template_target *)codes[c].targets.at + k;
				target->group = str_equal(target->group, old) ? now : target->group;
			}
		g[i].name = now;
	}
}

static struct template_level level_of(const struct level_brief *l)
{
	return (struct template_level){ l->name, l->rank, l->colour, l->privilege };
}

static struct template_field field_of(const struct field_brief *f)
{
	return (struct template_field){ f->key, f->kind, f->label, f->help, f->choices, f->required };
}

/* ---- Reading -------------------------------------------------------------------------------------------- */

static struct template_group group_of(const struct exported_group *g)
{
	return (struct template_group){
		.name = g->name, .channel = g->channel, .tier = g->tier, .topic = g->topic, .region = g->region,
		.capacity = g->capacity, .scan_limit = g->scan_limit, .rename_allowed = g->rename_allowed,
		.invite_allowed = g->invite_allowed, .entry_by_approval = g->entry_by_approval, .days = g->days, .note = g->note,
	};
}

static int groups_of(struct tx *tx, struct id community, struct rows *ret)
{
	struct rows rows;
	int r = tx_all(tx, &groups_to_export, &rows, V(community));
	if (r < 0)
		return r;
	struct template_group *groups = arena_take_array(tx_arena(tx), rows.count, sizeof *groups);
	for (size_t i = 0; groups && i < rows.count; i++)
		groups[i] = group_of((const struct exported_group *)rows.at + i);
	*ret = (struct rows){ groups, groups ? rows.count : 0 };
	return 0;
}

static int targets_of(struct tx *tx, struct id community, struct id code, struct rows *ret)
{
	struct rows rows;
	int r = tx_all(tx, &targets_to_export, &rows, V(community), V(code));
	if (r < 0)
		return r;
	struct template_target *targets = arena_take_array(tx_arena(tx), rows.count, sizeof *targets);
	for (size_t i = 0; targets && i < rows.count; i++) {
		const struct exported_target *t = (const struct exported_target *)rows.at + i;
		targets[i] = (struct template_target){
			.group = t->group_name, .title = t->title, .url = t->url, .scan_cap = t->scan_cap, .weight = t->weight,
			.windows = t->windows, .dates = t->dates, .region = t->region, .visitors = t->visitors,
		};
	}
	*ret = (struct rows){ targets, targets ? rows.count : 0 };
	return 0;
}

static int code_of(struct tx *tx, struct id community, struct id id, struct template_code *ret)
{
	struct livecode c;
	struct template_code code;
	int r = livecode_get(tx, community, id, &c);
	if (r < 0)
		return r;
	code = (struct template_code){
		.title = c.title, .guide = c.guide, .look = c.look, .strategy = c.strategy, .sticky = c.sticky,
		.duplicate_guard = c.duplicate_guard, .gate = c.gate, .gate_title = c.gate_title, .gate_note = c.gate_note,
		.gate_questions = c.gate_questions, .gate_approve = c.gate_approve, .tags = c.tags, .qr_level = c.qr_level,
	};
	if ((r = targets_of(tx, community, id, &code.targets)) < 0 ||
	    (r = tx_all(tx, &sources_to_export, &code.sources, V(community), V(id))) < 0)
		return r;
	*ret = code;
	return 0;
}

static int codes_of(struct tx *tx, struct id community, struct rows *ret)
{
	struct rows rows;
	int r = tx_all(tx, &codes_to_export, &rows, V(community));
	const struct id_item *ids = rows.at;
	struct template_code *codes = r < 0 ? NULL : arena_take_array(tx_arena(tx), rows.count, sizeof *codes);
	for (size_t i = 0; codes && r >= 0 && i < rows.count; i++)
		r = code_of(tx, community, ids[i].item, &codes[i]);
	if (r < 0)
		return r;
	*ret = (struct rows){ codes, codes ? rows.count : 0 };
	return 0;
}

static int tags_of(struct tx *tx, struct id community, struct rows *ret)
{
	struct rows rows;
	int r = tag_list(tx, community, &rows);
	if (r < 0)
		return r;
	size_t count = rows.count < 200 ? rows.count : 200;
	struct template_tag *tags = arena_take_array(tx_arena(tx), count, sizeof *tags);
	for (size_t i = 0; tags && i < count; i++) {
		const struct tag_brief *t = (const struct tag_brief *)rows.at + i;
		tags[i] = (struct template_tag){ .name = t->name, .colour = t->colour, .group = t->family };
	}
	*ret = (struct rows){ tags, tags ? count : 0 };
	return 0;
}

static int levels_of(struct tx *tx, struct id community, struct rows *ret)
{
	struct rows rows;
	int r = level_list(tx, community, &rows);
	if (r < 0)
		return r;
	struct template_level *levels = arena_take_array(tx_arena(tx), rows.count, sizeof *levels);
	for (size_t i = 0; levels && i < rows.count; i++)
		levels[i] = level_of((const struct level_brief *)rows.at + i);
	*ret = (struct rows){ levels, levels ? rows.count : 0 };
	return 0;
}

static int fields_of(struct tx *tx, struct id community, struct rows *ret)
{
	struct rows rows;
	int r = field_list(tx, community, &rows);
	if (r < 0)
		return r;
	size_t count = rows.count < 50 ? rows.count : 50;
	struct template_field *fields = arena_take_array(tx_arena(tx), count, sizeof *fields);
	for (size_t i = 0; fields && i < count; i++)
		fields[i] = field_of((const struct field_brief *)rows.at + i);
	*ret = (struct rows){ fields, fields ? count : 0 };
	return 0;
}

int template_of_community(struct tx *tx, struct id community, enum lang lang, struct template *ret)
{
	struct card *card = ARENA_NEW(tx_arena(tx), struct card);
	struct template t = { .quntu_template = 1, .key = S("own"), .lang = lang == LANG_EN ? S("en") : S("zh"), .version = 1 };
	if (!card)
		return E_MEMORY;
	int r = community_card(tx, community, card);
	if (r < 0 || (r = groups_of(tx, community, &t.groups)) < 0 || (r = codes_of(tx, community, &t.codes)) < 0 ||
	    (r = tags_of(tx, community, &t.tags)) < 0 || (r = levels_of(tx, community, &t.levels)) < 0 ||
	    (r = fields_of(tx, community, &t.fields)) < 0)
		return r;
	t.name = card->name;
	t.days = card->ends_at.ms > card->created_at.ms ? (card->ends_at.ms - card->created_at.ms + DAY - 1) / DAY : 0;
	t.days = t.days > 3650 ? 3650 : t.days;
	card->persona = S("");                    /* it describes somebody */
	t.card.at = card;
	name_discreetly(&t, tx_arena(tx));
	make_discreet(&row_template, &t, tx_arena(tx));
	if (arena_failed(tx_arena(tx)))
		return E_MEMORY;
	*ret = t;
	return 0;
}

/* ---- Prints --------------------------------------------------------------------------------------------- */

static int print_of(const struct row *row, const void *record, struct arena *arena, struct str *ret)
{
	BUF_SCOPED b;
	char hash[HASH_TEXT + 1];
	buf_init(&b, 1 << 20);
	row_write_json(&b, row, record);
	if (buf_failed(&b))
		return E_MEMORY;
	hash_text((struct blob){ b.at, b.len }, hash);
	*ret = str_copy(arena, str_of(hash));
	return arena_failed(arena) ? E_MEMORY : 0;
}

static int print_group(struct tx *tx, struct id community, struct id id, struct str *ret, bool *ret_used)
{
	struct exported_group g;
	int r = tx_one(tx, &group_to_print, &g, V(community), V(id));
	if (r < 0)
		return r;
	*ret_used = g.used;
	struct template_group group = group_of(&g);
	return print_of(&row_template_group, &group, tx_arena(tx), ret);
}

static int print_code(struct tx *tx, struct id community, struct id id, struct str *ret, bool *ret_used)
{
	struct template_code code;
	struct livecode known;
	struct id_item any;
	int r = livecode_get(tx, community, id, &known);
	if (r < 0 || (r = code_of(tx, community, id, &code)) < 0)
		return r;
	if ((r = tx_one(tx, &code_was_seen, &any, V(community), V(id))) < 0 && r != E_NOT_FOUND)
		return r;
	*ret_used = r == 0 || !str_is(known.state, "draft");
	return print_of(&row_template_code, &code, tx_arena(tx), ret);
}

static int print_tag(struct tx *tx, struct id community, struct id id, struct str *ret, bool *ret_used)
{
	struct rows rows;
	int r = tag_list(tx, community, &rows);
	const struct tag_brief *t = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if (t[i].id.n == id.n) {
			*ret_used = t[i].members > 0;
			return print_of(&row_template_tag, &(struct template_tag){ .name = t[i].name, .colour = t[i].colour,
			                .group = t[i].family }, tx_arena(tx), ret);
		}
	return r < 0 ? r : E_NOT_FOUND;
}

static int print_family(struct tx *tx, struct id community, struct id id, struct str *ret, bool *ret_used)
{
	struct rows rows;
	int r = tag_family_list(tx, community, &rows);
	const struct tag_family *f = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if (f[i].id.n == id.n) {
			*ret_used = f[i].tags > 0;
			return print_of(&row_text_item, &(struct text_item){ f[i].name }, tx_arena(tx), ret);
		}
	return r < 0 ? r : E_NOT_FOUND;
}

static int print_level(struct tx *tx, struct id community, struct id id, struct str *ret, bool *ret_used)
{
	struct rows rows;
	int r = level_list(tx, community, &rows);
	const struct level_brief *l = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if (l[i].id.n == id.n) {
			struct template_level level = level_of(&l[i]);
			*ret_used = l[i].used;
			return print_of(&row_template_level, &level, tx_arena(tx), ret);
		}
	return r < 0 ? r : E_NOT_FOUND;
}

static int print_field(struct tx *tx, struct id community, struct id id, struct str *ret, bool *ret_used)
{
	struct rows rows;
	int r = field_list(tx, community, &rows);
	const struct field_brief *f = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if (f[i].id.n == id.n) {
			struct template_field field = field_of(&f[i]);
			*ret_used = f[i].used;
			return print_of(&row_template_field, &field, tx_arena(tx), ret);
		}
	return r < 0 ? r : E_NOT_FOUND;
}

int template_print(struct tx *tx, struct id community, struct str kind, struct id thing, struct str *ret, bool *ret_used)
{
	struct card card;
	*ret_used = false;
	if (str_is(kind, "group"))
		return print_group(tx, community, thing, ret, ret_used);
	if (str_is(kind, "code"))
		return print_code(tx, community, thing, ret, ret_used);
	if (str_is(kind, "tag"))
		return print_tag(tx, community, thing, ret, ret_used);
	if (str_is(kind, "tag_group"))
		return print_family(tx, community, thing, ret, ret_used);
	if (str_is(kind, "level"))
		return print_level(tx, community, thing, ret, ret_used);
	if (str_is(kind, "field"))
		return print_field(tx, community, thing, ret, ret_used);
	int r = community_card(tx, community, &card);
	return r < 0 ? r : print_of(&row_template_card, &card, tx_arena(tx), ret);
}

const struct query *const template_export_queries[] = {
	&groups_to_export, &group_to_print, &codes_to_export, &targets_to_export, &sources_to_export, &code_was_seen, NULL,
};
