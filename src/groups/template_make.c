/* template_make.c: what a template would make here, making it, and taking it back.
 *
 * How        Everything goes through the product's own routes (http/within.h), in one transaction: a template can make
 *            nothing that an operator could not, and a part that is refused takes the rest back with it.
 * Holds      The same template applied twice is applied once. What is there already is never changed: it is used (skip),
 *            or a new one gets another name (rename). A tag of a name is that tag.
 *            Undo takes away only what looks as it did when it was made and nobody has used.
 * Owns       template_use, template_made.
 * Test       template_test.c
 */
#include "groups/template.h"

#include "base/secret.h"
#include "base/utf8.h"
#include "groups/group.h"
#include "groups/livecode.h"
#include "http/within.h"
#include "people/audit.h"
#include "people/field.h"
#include "people/level.h"
#include "people/tag.h"

#define KINDS      "card field level tag_group tag group code"
#define NAME_MOST  40
#define NAMES_TRY  50
#define GROUP_CAP  180            /* below WeChat's 200, so that the last ones do not meet a refusal */

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW_PUBLIC(template_step,
	FIELD(template_step, kind,    "What", .one_of = KINDS),
	FIELD(template_step, name,    "Its name in the template"),
	FIELD(template_step, detail,  "What is worth knowing of it"),
	FIELD(template_step, state,   "new: will be made; exists: there is one of that name", .one_of = "new exists"),
	FIELD(template_step, becomes, "The name it would get"));

ROW_PUBLIC(template_kept,
	FIELD(template_kept, kind,   "What", .one_of = KINDS),
	FIELD(template_kept, name,   "Its name"),
	FIELD(template_kept, reason, "Why it stays", .one_of = "gone changed used"));

/* What the routes take: the same structs, other fields. */
ROW_AS(group_post, template_group,
	FIELD(template_group, name,              "Name"),
	FIELD(template_group, channel,           "Channel"),
	FIELD(template_group, tier,              "Tier"),
	FIELD(template_group, topic,             "Topic"),
	FIELD(template_group, region,            "Region"),
	FIELD(template_group, capacity,          "Most members"),
	FIELD(template_group, scan_limit,        "Scan limit"),
	FIELD(template_group, rename_allowed,    "Members may rename it"),
	FIELD(template_group, invite_allowed,    "Members may invite"),
	FIELD(template_group, entry_by_approval, "Entry by approval"),
	FIELD(template_group, lifetime,          "Has it an end?"),
	FIELD(template_group, ends_at,           "When", .optional = true),
	FIELD(template_group, note,              "Note"));

ROW_AS(code_post, template_code,
	FIELD(template_code, title,           "Title"),
	FIELD(template_code, guide,           "Guide"),
	FIELD(template_code, look,            "Look"),
	FIELD(template_code, strategy,        "Strategy"),
	FIELD(template_code, sticky,          "Sticky"),
	FIELD(template_code, duplicate_guard, "Duplicate guard"),
	FIELD(template_code, gate,            "Gate"),
	FIELD(template_code, gate_title,      "Heading"),
	FIELD(template_code, gate_note,       "Note"),
	FIELD(template_code, gate_password,   "Password"),
	FIELD(template_code, gate_questions,  "Questions", .of = &row_question),
	FIELD(template_code, gate_approve,    "Rules", .of = &row_approving),
	FIELD(template_code, tags,            "Tags", .of = &row_text_item),
	FIELD(template_code, contact,         "Contact"),
	FIELD(template_code, qr_level,        "QR level"));

ROW_AS(target_post, template_target,
	FIELD(template_target, kind,     "Kind"),
	FIELD(template_target, group_id, "Group", .optional = true),
	FIELD(template_target, title,    "Title"),
	FIELD(template_target, url,      "Address"),
	FIELD(template_target, scan_cap, "Cap"),
	FIELD(template_target, weight,   "Share"),
	FIELD(template_target, windows,  "Weekly hours", .of = &row_window),
	FIELD(template_target, dates,    "Special dates", .of = &row_special),
	FIELD(template_target, region,   "City or shop"),
	FIELD(template_target, visitors, "For whom"));

struct tag_post { struct str name, colour; struct id group_id; };

ROW(tag_post,
	FIELD(tag_post, name,     "Name"),
	FIELD(tag_post, colour,   "Colour"),
	FIELD(tag_post, group_id, "Tag group", .optional = true));

struct family_post { struct str name; };

ROW(family_post, FIELD(family_post, name, "Tag group"));

struct made { int64_t place; struct str kind; struct id thing_id; struct str name, print, before; };

ROW(made,
	FIELD(made, place,    "Order"),
	FIELD(made, kind,     "What"),
	FIELD(made, thing_id, "Thing"),
	FIELD(made, name,     "Its name"),
	FIELD(made, print,    "How it looked"),
	FIELD(made, before,   "What stood there"));

struct named { struct id id; struct str name, key; };

ROW(named,
	FIELD(named, id,   "Thing"),
	FIELD(named, name, "Its name"),
	FIELD(named, key,  "The same, folded"));

/* ---- What is there --------------------------------------------------------------------------------------- */

static QUERY(groups_named, READS, &row_named, TAKES(K_ID),
	"SELECT id, name, name_key AS key FROM chat_group WHERE community_id = ?1 ORDER BY id LIMIT 10000");
static QUERY(codes_named, READS, &row_named, TAKES(K_ID),
	"SELECT id, title AS name, '' AS key FROM livecode WHERE community_id = ?1 AND state <> 'ended' ORDER BY id LIMIT 10000");

/* The names of a community, by which a template's things are found again; grows while it is applied. */
struct names { struct named *at; size_t count, room; };
struct here  { struct names groups, codes, tags, families, levels, fields; };

static int add_name(struct arena *arena, struct names *names, struct id id, struct str name)
{
	if (names->count == names->room) {
		size_t room = names->room ? names->room * 2 : 64;
		struct named *larger = arena_take_array(arena, room, sizeof *larger);
		if (!larger)
			return E_MEMORY;
		memcpy(larger, names->at ? names->at : larger, names->count * sizeof *larger);
		*names = (struct names){ larger, names->count, room };
	}
	names->at[names->count++] = (struct named){ id, name, name_key(arena, name) };
	return arena_failed(arena) ? E_MEMORY : 0;
}

static const struct named *find(struct arena *arena, const struct names *names, struct str name)
{
	struct str key = name_key(arena, name);
	for (size_t i = 0; i < names->count; i++)
		if (str_equal(names->at[i].key, key))
			return &names->at[i];
	return NULL;
}

static int names_of(struct tx *tx, const struct query *query, struct id community, struct names *ret)
{
	struct rows rows;
	int r = tx_all(tx, query, &rows, V(community));
	const struct named *n = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = add_name(tx_arena(tx), ret, n[i].id, n[i].name);
	return r < 0 ? r : 0;
}

/* What members are described with: tag groups, levels, fields. */
static int look_at_members(struct tx *tx, struct id community, struct here *here)
{
	struct rows families, levels, fields;
	int r = tag_family_list(tx, community, &families);
	if (r < 0 || (r = level_list(tx, community, &levels)) < 0 || (r = field_list(tx, community, &fields)) < 0)
		return r;
	const struct tag_family *f = families.at;
	const struct level_brief *l = levels.at;
	const struct field_brief *d = fields.at;
	for (size_t i = 0; r >= 0 && i < families.count; i++)
		r = add_name(tx_arena(tx), &here->families, f[i].id, f[i].name);
	for (size_t i = 0; r >= 0 && i < levels.count; i++)
		r = add_name(tx_arena(tx), &here->levels, l[i].id, l[i].name);
	for (size_t i = 0; r >= 0 && i < fields.count; i++)
		r = add_name(tx_arena(tx), &here->fields, d[i].id, d[i].key);
	return r < 0 ? r : 0;
}

static int look_around(struct tx *tx, struct id community, struct here *here)
{
	struct rows rows;
	*here = (struct here){ .groups.count = 0 };
	if (!community.n)
		return 0;
	int r = names_of(tx, &groups_named, community, &here->groups);
	if (r < 0 || (r = names_of(tx, &codes_named, community, &here->codes)) < 0 || (r = tag_list(tx, community, &rows)) < 0)
		return r;
	const struct tag_brief *t = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = add_name(tx_arena(tx), &here->tags, t[i].id, t[i].name);
	return r < 0 ? r : look_at_members(tx, community, here);
}

/* "新车主 1 群" → "新车主 1 群 2": free here, and as long as a name may be. */
static struct str free_name(struct arena *arena, const struct names *names, struct str name)
{
	for (int n = 2; n < NAMES_TRY; n++) {
		struct str cut = utf8_cut(name, NAME_MOST - 3), other = str_format(arena, "%.*s %d", STR(cut), n);
		if (!find(arena, names, other))
			return other;
	}
	return name;
}

/* ---- Preview ----------------------------------------------------------------------------------------------- */

struct steps { struct template_step *at; size_t count; };

static void step(struct steps *steps, struct arena *arena, const char *kind, struct str name, struct str detail,
                 const struct names *names, bool rename)
{
	bool exists = names && find(arena, names, name) != NULL;
	steps->at[steps->count++] = (struct template_step){
		str_of(kind), name, detail, exists ? S("exists") : S("new"), exists && rename ? free_name(arena, names, name) : name,
	};
}

static struct str code_detail(struct arena *arena, const struct template_code *c)
{
	BUF_SCOPED b;
	const struct template_target *t = c->targets.at;
	const struct template_source *s = c->sources.at;
	buf_init(&b, 16384);
	for (size_t i = 0; i < c->targets.count; i++) {
		struct str to = t[i].group.len ? t[i].group : t[i].url;
		buf_format(&b, "%s%.*s", i ? " → " : "→ ", STR(to));
	}
	for (size_t i = 0; i < c->sources.count; i++)
		buf_format(&b, "%s%.*s", i ? " / " : " · ", STR(s[i].label));
	return buf_failed(&b) ? S("") : str_copy(arena, buf_view(&b));
}

int template_steps(struct tx *tx, struct id community, const struct template *t, bool rename, struct rows *ret)
{
	struct arena *arena = tx_arena(tx);
	struct here here;
	int r = look_around(tx, community, &here);
	if (r < 0)
		return r;
	size_t most = 1 + t->tags.count + t->groups.count + t->codes.count + t->levels.count + t->fields.count;
	struct steps steps = { arena_take_array(arena, most, sizeof *steps.at), 0 };
	if (!steps.at)
		return E_MEMORY;
	const struct template_tag *tag = t->tags.at;
	const struct template_group *group = t->groups.at;
	const struct template_code *code = t->codes.at;
	const struct template_level *level = t->levels.at;
	const struct template_field *field = t->fields.at;
	if (t->card.at)
		step(&steps, arena, "card", t->name, ((const struct card *)t->card.at)->slogan, NULL, false);
	for (size_t i = 0; i < t->groups.count; i++)
		step(&steps, arena, "group", group[i].name, group[i].topic, &here.groups, rename);
	for (size_t i = 0; i < t->codes.count; i++)
		step(&steps, arena, "code", code[i].title, code_detail(arena, &code[i]), &here.codes, rename);
	for (size_t i = 0; i < t->tags.count; i++)
		step(&steps, arena, "tag", tag[i].name, tag[i].group, &here.tags, false);
	for (size_t i = 0; i < t->levels.count; i++)
		step(&steps, arena, "level", level[i].name, level[i].privilege, &here.levels, false);
	for (size_t i = 0; i < t->fields.count; i++) {
		step(&steps, arena, "field", field[i].key, field[i].help, &here.fields, false);
		steps.at[steps.count - 1].name = steps.at[steps.count - 1].becomes = field[i].label;
	}
	*ret = (struct rows){ steps.at, steps.count };
	return arena_failed(arena) ? E_MEMORY : 0;
}

/* ---- Making -------------------------------------------------------------------------------------------------- */

struct making {
	struct request             *rq;
	const struct template_wish *wish;
	struct here                 here;
	struct id                   use;
	int64_t                     place;
};

static const struct feature *const used[] = { &feature_community, &feature_field, &feature_level, &feature_tag,
	&feature_group, &feature_livecode, &feature_source, NULL };

static int ask(struct request *rq, const char *method, const char *path, struct id id, const struct row *row, const void *record,
               const char *where, size_t place, struct id *ret)
{
	BUF_SCOPED json;
	struct complaint why = { 0 };
	struct within who = { .features = used, .community = rq->community, .account = rq->account, .agent = S("quntu") };
	buf_init(&json, 1 << 20);
	if (row)
		row_write_json(&json, row, record);
	if (buf_failed(&json))
		return E_MEMORY;
	struct within_call call = { .method = method, .path = path, .id = id, .json = buf_view(&json), .address = rq->address,
		.why = &why };
	int r = within_do(rq->tx, &who, &call, ret);
	if (r >= 0)
		return r;
	struct str field = str_format(rq->arena, "%s[%zu].%.*s", where, place, STR(why.field));
	rq_complain(rq, r, S("text"));
	rq->complaint.detail = field;
	return r;
}

static QUERY(made_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_STR, K_ID, K_STR, K_STR, K_STR),
	"INSERT INTO template_made (community_id, use_id, place, kind, thing_id, name, print, before)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

static int remember(struct making *m, const char *kind, struct id thing, struct str name, struct str before)
{
	struct request *rq = m->rq;
	struct str print;
	bool is_used;
	int r = template_print(rq->tx, rq->community, str_of(kind), thing, &print, &is_used);
	if (r < 0)
		return r;
	r = tx_run(rq->tx, &made_insert, V(rq->community), V(m->use), V(m->place++), V(str_of(kind)), V(thing), V(name), V(print),
	           V(before));
	return r < 0 ? r : 0;
}

/* One text of the template over one of the community's. */
static void put_text(struct str *here, struct str theirs, bool replace)
{
	if (theirs.len && (replace || !here->len))
		*here = theirs;
}

static int make_card(struct making *m, const struct template *t)
{
	struct request *rq = m->rq;
	const struct card *theirs = t->card.at;
	struct card card;
	bool replace = str_is(m->wish->card, "replace");
	BUF_SCOPED before;
	buf_init(&before, 1 << 17);
	if (!theirs || str_is(m->wish->card, "skip"))
		return 0;
	int r = community_card(rq->tx, rq->community, &card);
	if (r < 0)
		return r;
	row_write_json(&before, &row_card_draft, &card);
	for (size_t i = 0; i < row_template_card.count; i++) {
		const struct field *f = &row_template_card.fields[i];
		if (f->kind == K_STR)
			put_text(field_at(f, &card), *(const struct str *)field_at(f, theirs), replace);
	}
	if (replace && theirs->closes_at)
		card.opens_at = theirs->opens_at, card.closes_at = theirs->closes_at;
	if (t->days && (replace || !card.ends_at.ms))
		card.ends_at = (struct instant){ tx_now(rq->tx).ms + t->days * DAY };
	if (buf_failed(&before) || (r = community_card_save(rq, &card)) < 0)
		return r < 0 ? r : E_MEMORY;
	return remember(m, "card", rq->community, card.name, str_copy(rq->arena, buf_view(&before)));
}

/* The tag group of this name, made when there is none; 0: it has no name. */
static int find_family(struct making *m, struct str name, size_t place, struct id *ret)
{
	struct arena *arena = m->rq->arena;
	const struct named *there = name.len ? find(arena, &m->here.families, name) : NULL;
	*ret = there ? there->id : (struct id){ 0 };
	if (there || !name.len)
		return 0;
	struct family_post post = { name };
	int r = ask(m->rq, "POST", "/tag-groups", (struct id){ 0 }, &row_family_post, &post, "tags", place, ret);
	if (r < 0 || (r = add_name(arena, &m->here.families, *ret, name)) < 0)
		return r;
	return remember(m, "tag_group", *ret, name, S(""));
}

/* A level stands between others: where its name or its rank is taken, the community has its own. */
static int make_levels(struct making *m, struct rows levels)
{
	const struct template_level *l = levels.at;
	struct rows rows;
	int r = level_list(m->rq->tx, m->rq->community, &rows);
	const struct level_brief *here = rows.at;
	for (size_t i = 0; r >= 0 && i < levels.count; i++) {
		bool taken = false;
		struct id id;
		for (size_t k = 0; k < rows.count; k++)
			taken |= here[k].rank == l[i].rank;
		if (taken || find(m->rq->arena, &m->here.levels, l[i].name))
			continue;
		if ((r = ask(m->rq, "POST", "/levels", (struct id){ 0 }, &row_template_level, &l[i], "levels", i, &id)) >= 0)
			r = remember(m, "level", id, l[i].name, S(""));
	}
	return r;
}

static int make_fields(struct making *m, struct rows fields)
{
	const struct template_field *f = fields.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < fields.count; i++) {
		struct id id;
		if (find(m->rq->arena, &m->here.fields, f[i].key))
			continue;
		if ((r = ask(m->rq, "POST", "/member-fields", (struct id){ 0 }, &row_template_field, &f[i], "fields", i, &id)) >= 0)
			r = remember(m, "field", id, f[i].label, S(""));
	}
	return r;
}

static int make_tags(struct making *m, struct rows tags)
{
	const struct template_tag *t = tags.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < tags.count; i++) {
		struct id id;
		if (find(m->rq->arena, &m->here.tags, t[i].name))
			continue;
		struct tag_post post = { .name = t[i].name, .colour = t[i].colour.len ? t[i].colour : S("grey") };
		if ((r = find_family(m, t[i].group, i, &post.group_id)) >= 0 && (r = ask(m->rq, "POST", "/tags", (struct id){ 0 },
			&row_tag_post, &post, "tags", i, &id)) >= 0 &&
		    (r = add_name(m->rq->arena, &m->here.tags, id, t[i].name)) >= 0)
			r = remember(m, "tag", id, t[i].name, S(""));
	}
	return r;
}

/* *ret_ids: of each group of the file, the one that stands for it here. */
static int make_groups(struct making *m, const struct template *t, struct id *ret_ids)
{
	const struct template_group *groups = t->groups.at;
	struct request *rq = m->rq;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < t->groups.count; i++) {
		struct template_group g = groups[i];
		const struct named *there = find(rq->arena, &m->here.groups, g.name);
		if (there && !m->wish->rename) {
			ret_ids[i] = there->id;
			continue;
		}
		g.name = there ? free_name(rq->arena, &m->here.groups, g.name) : g.name;
		g.channel = g.channel.len ? g.channel : S("manual");
		g.tier = g.tier.len ? g.tier : S("ordinary");
		g.capacity = g.capacity ? g.capacity : 500;
		g.scan_limit = g.scan_limit ? g.scan_limit : 200;
		g.lifetime = g.days ? S("until") : S("permanent");
		g.ends_at = (struct instant){ g.days ? tx_now(rq->tx).ms + g.days * DAY : 0 };
		if ((r = ask(rq, "POST", "/groups", (struct id){ 0 }, &row_group_post, &g, "groups", i, &ret_ids[i])) >= 0 &&
		    (r = add_name(rq->arena, &m->here.groups, ret_ids[i], g.name)) >= 0)
			r = remember(m, "group", ret_ids[i], g.name, S(""));
	}
	return r;
}

static int make_targets(struct making *m, const struct template *t, const struct template_code *c, struct id code, size_t place,
                        const struct id *groups)
{
	const struct template_target *targets = c->targets.at;
	const struct template_group *all = t->groups.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < c->targets.count; i++) {
		struct template_target target = targets[i];
		target.kind = target.group.len ? S("group") : S("url");
		for (size_t k = 0; target.group.len && k < t->groups.count; k++)
			if (str_equal(all[k].name, target.group))
				target.group_id = groups[k];
		target.visitors = target.visitors.len ? target.visitors : S("all");
		target.weight = target.weight ? target.weight : 1;
		target.scan_cap = target.scan_cap || !target.group.len ? target.scan_cap : GROUP_CAP;
		r = ask(m->rq, "POST", "/livecodes/{id}/targets", code, &row_target_post, &target, "codes", place, NULL);
	}
	return r;
}

static int make_code(struct making *m, const struct template *t, size_t place, const struct id *groups)
{
	struct template_code c = ((const struct template_code *)t->codes.at)[place];
	const struct template_source *sources = c.sources.at;
	struct request *rq = m->rq;
	struct id id;
	const struct named *there = find(rq->arena, &m->here.codes, c.title);
	char word[7];
	if (there && !m->wish->rename)
		return 0;
	c.title = there ? free_name(rq->arena, &m->here.codes, c.title) : c.title;
	if (str_is(c.gate, "password") && !c.gate_password.len) {
		secret_slug(word, sizeof word - 1);
		c.gate_password = str_of(word);
	}
	int r = ask(rq, "POST", "/livecodes", (struct id){ 0 }, &row_code_post, &c, "codes", place, &id);
	if (r < 0 || (r = make_targets(m, t, &c, id, place, groups)) < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < c.sources.count; i++)
		r = ask(rq, "POST", "/livecodes/{id}/links", id, &row_template_source, &sources[i], "codes", place, NULL);
	if (r < 0 || (r = add_name(rq->arena, &m->here.codes, id, c.title)) < 0)
		return r;
	return remember(m, "code", id, c.title, S(""));
}

static QUERY(use_by_digest, READS, &row_id_item, TAKES(K_ID, K_STR),
	"SELECT id AS item FROM template_use WHERE community_id = ?1 AND digest = ?2 AND undone_at = 0 ORDER BY id LIMIT 1");

static QUERY(use_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_ID, K_INSTANT),
	"INSERT INTO template_use (community_id, id, digest, name, verdict, body, account_id, at, undone_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)");

int template_apply(struct request *rq, const struct template_file *file, const struct template_wish *wish, struct id *ret_use)
{
	const struct template *t = &file->template;
	struct making m = { .rq = rq, .wish = wish, .use = tx_new_id(rq->tx) };
	struct id_item first;
	int r = tx_one(rq->tx, &use_by_digest, &first, V(rq->community), V(file->digest));
	if (r == 0) {
		*ret_use = first.item;
		return 0;
	}
	struct id *groups = arena_take_array(rq->arena, t->groups.count + 1, sizeof *groups);
	if (r != E_NOT_FOUND || !groups)
		return r == E_NOT_FOUND ? E_MEMORY : r;
	if ((r = look_around(rq->tx, rq->community, &m.here)) < 0 ||
	    (r = tx_run(rq->tx, &use_insert, V(rq->community), V(m.use), V(file->digest), V(t->name), V(str_of(file->verdict)),
	                V(file->text), V(rq->account), V(tx_now(rq->tx)))) < 0 ||
	    (r = make_card(&m, t)) < 0 || (r = make_fields(&m, t->fields)) < 0 || (r = make_levels(&m, t->levels)) < 0 ||
	    (r = make_tags(&m, t->tags)) < 0 || (r = make_groups(&m, t, groups)) < 0)
		return r;
	for (size_t i = 0; i < t->codes.count; i++)
		if ((r = make_code(&m, t, i, groups)) < 0)
			return r;
	*ret_use = m.use;
	return audit_note(rq, "template_applied", m.use, t->name);
}

/* ---- Undoing --------------------------------------------------------------------------------------------------- */

static QUERY(made_of_use, READS, &row_made, TAKES(K_ID, K_ID),
	"SELECT place, kind, thing_id, name, print, before FROM template_made WHERE community_id = ?1 AND use_id = ?2"
	" ORDER BY place DESC LIMIT 1000");

static QUERY(use_undone, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE template_use SET undone_at = ?3 WHERE community_id = ?1 AND id = ?2 AND undone_at = 0");

/* A code that nobody has seen leaves nothing behind. */
static QUERY(drop_links, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM livecode_link WHERE community_id = ?1 AND code_id = ?2");
static QUERY(drop_fills, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM livecode_fill WHERE community_id = ?1 AND child_id IN"
	" (SELECT id FROM livecode_child WHERE community_id = ?1 AND code_id = ?2)");
static QUERY(drop_children, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM livecode_child WHERE community_id = ?1 AND code_id = ?2");
static QUERY(drop_version, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM livecode_version WHERE community_id = ?1 AND code_id = ?2");
static QUERY(drop_code, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM livecode WHERE community_id = ?1 AND id = ?2");

static int remove_code(struct request *rq, const struct made *made)
{
	static const struct query *const drops[] = { &drop_links, &drop_fills, &drop_children, &drop_version, &drop_code };
	int r = 0;
	for (size_t i = 0; r >= 0 && i < sizeof drops / sizeof *drops; i++)
		r = tx_run(rq->tx, drops[i], V(rq->community), V(made->thing_id));
	struct event changed = { .subject = made->thing_id, .actor = rq->account, .word = S("removed") };
	return r < 0 ? r : event_emit(rq->tx, rq->community, &livecode_events[LIVECODE_CHANGED], &changed);
}

static int restore_card(struct request *rq, const struct made *made)
{
	struct complaint why;
	struct card card = { 0 };
	int r = row_read_json(&row_card_draft, made->before, rq->arena, &card, &why);
	return r < 0 ? r : community_card_save(rq, &card);
}

/* Why it stays, or "" and it is gone. */
static int take_back(struct request *rq, const struct made *made, struct str *ret_reason)
{
	struct str print;
	bool is_used;
	int64_t codes = 0;
	int r = template_print(rq->tx, rq->community, made->kind, made->thing_id, &print, &is_used);
	if (r == E_NOT_FOUND) {
		*ret_reason = S("gone");
		return 0;
	}
	if (r >= 0 && str_is(made->kind, "group"))
		r = livecode_uses_group(rq->tx, rq->community, made->thing_id, &codes);
	if (r < 0)
		return r;
	*ret_reason = !str_equal(print, made->print) ? S("changed") : is_used || codes ? S("used") : S("");
	if (ret_reason->len)
		return 0;
	if (str_is(made->kind, "code"))
		return remove_code(rq, made);
	if (str_is(made->kind, "card"))
		return restore_card(rq, made);
	const char *path = str_is(made->kind, "tag") ? "/tags/{id}" : str_is(made->kind, "tag_group") ? "/tag-groups/{id}"
	                 : str_is(made->kind, "level") ? "/levels/{id}" : str_is(made->kind,
		"field") ? "/member-fields/{id}" : "/groups/{id}";
	return ask(rq, "DELETE", path, made->thing_id, NULL, NULL, "made", (size_t)made->place, NULL);
}

int template_undo(struct request *rq, struct id use, struct rows *ret_kept)
{
	struct rows rows;
	int n = 0, r = tx_run(rq->tx, &use_undone, V(rq->community), V(use), V(tx_now(rq->tx)));
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	if ((r = tx_all(rq->tx, &made_of_use, &rows, V(rq->community), V(use))) < 0)
		return r;
	const struct made *made = rows.at;
	struct template_kept *kept = arena_take_array(rq->arena, rows.count + 1, sizeof *kept);
	size_t count = 0;
	if (!kept)
		return E_MEMORY;
	for (size_t i = 0; i < rows.count; i++) {
		struct str reason = S("");
		if ((r = take_back(rq, &made[i], &reason)) < 0)
			return r;
		if (reason.len)
			kept[count++] = (struct template_kept){ made[i].kind, made[i].name, reason };
		else
			n++;
	}
	*ret_kept = (struct rows){ kept, count };
	r = audit_note(rq, "template_undone", use, str_format(rq->arena, "%d", n));
	return r < 0 ? r : n;
}

const struct query *const template_make_queries[] = {
	&groups_named, &codes_named, &made_insert, &use_by_digest, &use_insert, &made_of_use, &use_undone, &drop_links, &drop_fills,
	&drop_children, &drop_version, &drop_code, NULL,
};
