/* automation.c: what an operator wrote: saved, checked, listed, switched on and off; see automation.h.
 *
 * Owns       automation, automation_version.
 * Holds      What is saved can run: its trigger, acts and settings are known, what it names is there, it sets off no chain that comes
 *            back to it. Switching on checks again: others may have changed.
 */
#include "automation/automation.h"

#include "base/utf8.h"
#include "channel/outbox/outbox.h"
#include "groups/alert.h"
#include "groups/livecode.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/segment.h"
#include "people/staff.h"
#include "people/tag.h"

#define NAME_MOST     40
#define SETTINGS_MOST 40
#define SETTING_TEXT  1000
#define TIMES_MOST    1000
#define HOWS          "any exact contains prefix"
#define PERS          "none member group"
#define JSON_MOST     (256 * 1024)

/* ---- Rows ----------------------------------------------------------------- */

ROW(action_setting,
	FIELD(action_setting, key,  "Which setting; a list repeats it", .min = 1, .max = 40, .pattern = "[a-z_]+"),
	FIELD(action_setting, text, "Its value", .max = SETTING_TEXT, .lines = true));

ROW_PUBLIC(action,
	FIELD(action, what,     "What is done", .min = 1, .max = 40, .pattern = "[a-z_]+"),
	FIELD(action, settings, "How", .of = &row_action_setting, .max = SETTINGS_MOST));

#define SAID \
	FIELD(automation, event,    "Kind of event it begins with", .min = 1, .max = 60, .pattern = "[a-z_]+"), \
	FIELD(automation, groups,   "In one of these groups; none: any", .of = &row_id_item, .max = AUTOMATION_NAMED, .optional = true), \
	FIELD(automation, channels, "By one of these channels", .of = &row_id_item, .max = AUTOMATION_NAMED, .optional = true), \
	FIELD(automation, codes,    "By one of these live codes", .of = &row_id_item, .max = AUTOMATION_NAMED, .optional = true), \
	FIELD(automation, tags,     "Of one of these tags", .of = &row_id_item, .max = AUTOMATION_NAMED, .optional = true), \
	FIELD(automation, how,      "What was said is, holds or begins with one of the words; any: whatever it is", .one_of = HOWS), \
	FIELD(automation, words,    "The words", .of = &row_text_item, .max = AUTOMATION_WORDS, .optional = true), \
	FIELD(automation, from,     "From this minute of the community’s day", .min = 0, .max = 1440), \
	FIELD(automation, until,    "… until this one; both alike: all day", .min = 0, .max = 1440), \
	FIELD(automation, where,    "What must hold: an outline, as of a segment; two more sentences ask what was said and whether it is the first time", \
	      .of = &row_condition, .max = CONDITION_LINES, .optional = true), \
	FIELD(automation, actions,  "What is done, in order", .of = &row_action, .max = AUTOMATION_ACTIONS), \
	FIELD(automation, per,      "Acts at most so often for each of these", .one_of = PERS), \
	FIELD(automation, times,    "… so many times", .min = 0, .max = TIMES_MOST), \
	FIELD(automation, days,     "… in so many days, today included", .min = 0, .max = AUTOMATION_DAYS)

#define KEPT \
	FIELD(automation, id,         "Automation"), \
	FIELD(automation, name,       "As operators read it"), \
	FIELD(automation, enabled,    "It is on"), \
	FIELD(automation, enabled_at, "It hears of what happened since", .optional = true), \
	FIELD(automation, stopped,    "Why it went off by itself: failing; or empty"), \
	SAID, \
	FIELD(automation, version,    "Counts the changes"), \
	FIELD(automation, preset,     "Made from this preset, or empty"), \
	FIELD(automation, created_at, "When it was made"), \
	FIELD(automation, changed_at, "… and last changed")

ROW(automation, KEPT, FIELD(automation, site, "Address of this server, for links"));

struct automation_whole {
	struct automation a;
	int64_t           matched, acted, failed, by_where, by_limit, by_late, by_depth;
	struct instant    acted_at, failed_at;
	struct str        error, act, made_by;
};

/* The same fields, inside a larger struct whose first member it is. */
static const struct field automation_whole_fields[] = {
	KEPT,
	FIELD(automation_whole, matched,   "Events that its trigger met"),
	FIELD(automation_whole, acted,     "… for which it acted"),
	FIELD(automation_whole, failed,    "… of which one of the actions failed"),
	FIELD(automation_whole, by_where,  "… passed over for a condition"),
	FIELD(automation_whole, by_limit,  "… for its limit"),
	FIELD(automation_whole, by_late,   "… because they were older than a day"),
	FIELD(automation_whole, by_depth,  "… at the end of a long chain of automations"),
	FIELD(automation_whole, acted_at,  "Acted last", .optional = true),
	FIELD(automation_whole, failed_at, "Failed last", .optional = true),
	FIELD(automation_whole, error,     "… with this code"),
	FIELD(automation_whole, act,       "… in this action"),
	FIELD(automation_whole, made_by,   "Who made it"),
};
static const struct row row_automation_whole = {
	"automation_whole", sizeof(struct automation_whole), automation_whole_fields,
	sizeof automation_whole_fields / sizeof *automation_whole_fields,
};

/* What may be written: the draft is a struct automation of which these fields are filled. */
static const struct field automation_draft_fields[] = {
	FIELD(automation, name,    "As operators read it", .min = 1, .max = NAME_MOST),
	SAID,
	FIELD(automation, version, "The version that was edited; another one is a conflict", .min = 0, .max = 1000000000, .optional = true),
	FIELD(automation, preset,  "The preset it began with", .max = 40, .pattern = "[a-z_]*", .optional = true),
};
const struct row row_automation_draft = {
	"automation_draft", sizeof(struct automation), automation_draft_fields,
		sizeof automation_draft_fields / sizeof *automation_draft_fields,
};

struct switching { bool on; };

ROW(switching, FIELD(switching, on, "On or off"));

struct trigger_line { struct str event, zh, en; bool group, inviter, channel, code, tag, text, ask; };

ROW(trigger_line,
	FIELD(trigger_line, event,   "Kind of event"),
	FIELD(trigger_line, zh,      "In Chinese"),
	FIELD(trigger_line, en,      "In English"),
	FIELD(trigger_line, group,   "It tells of a group"),
	FIELD(trigger_line, inviter, "… of who invited"),
	FIELD(trigger_line, channel, "… of a channel"),
	FIELD(trigger_line, code,    "… of a live code"),
	FIELD(trigger_line, tag,     "… of a tag"),
	FIELD(trigger_line, text,    "… of what was said"),
	FIELD(trigger_line, ask,     "… of a request to come in"));

struct act_field { struct str name, kind, zh, en, one_of; bool optional, lines; int64_t min, max; };

ROW(act_field,
	FIELD(act_field, name,     "Setting"),
	FIELD(act_field, kind,     "id text int bool list"),
	FIELD(act_field, zh,       "In Chinese"),
	FIELD(act_field, en,       "In English"),
	FIELD(act_field, one_of,   "Words it may be"),
	FIELD(act_field, optional, "It may be left out"),
	FIELD(act_field, lines,    "It may have lines"),
	FIELD(act_field, min,      "Smallest, or fewest characters"),
	FIELD(act_field, max,      "Largest, or most characters"));

struct act_line { struct str name, zh, en; bool group, member, text, ask; struct rows settings; };

ROW(act_line,
	FIELD(act_line, name,     "Act"),
	FIELD(act_line, zh,       "In Chinese"),
	FIELD(act_line, en,       "In English"),
	FIELD(act_line, group,    "It needs a group"),
	FIELD(act_line, member,   "… a member"),
	FIELD(act_line, text,     "… a message"),
	FIELD(act_line, ask,      "… a request to come in"),
	FIELD(act_line, settings, "What can be set", .of = &row_act_field));

struct kinds { struct rows triggers, acts; };

ROW(kinds,
	FIELD(kinds, triggers, "With what an automation may begin", .of = &row_trigger_line),
	FIELD(kinds, acts,     "What it may do", .of = &row_act_line));

struct automation_run_line { struct id id, member_id; struct str nickname, group, state, error; struct instant at; };

ROW(automation_run_line,
	FIELD(automation_run_line, id,        "Run"),
	FIELD(automation_run_line, member_id, "Whom it was about", .optional = true),
	FIELD(automation_run_line, nickname,  "What they are called"),
	FIELD(automation_run_line, group,     "Group"),
	FIELD(automation_run_line, state,     "How it went", .one_of = "done waiting failed dropped"),
	FIELD(automation_run_line, error,     "What went wrong"),
	FIELD(automation_run_line, at,        "When"));

struct run_query { struct id after; };

ROW(run_query, FIELD(run_query, after, "Only those before this one", .optional = true));

struct automation_total { int64_t n; };

ROW(automation_total, FIELD(automation_total, n, "How many"));

/* ---- What features declare ----------------------------------------------------------------- */

const struct trigger_kind *trigger_of(const struct feature *const *features, struct str event)
{
	for (; *features; features++)
		for (const struct trigger_kind *t = (*features)->triggers; t && t->event; t++)
			if (str_is(event, t->event))
				return t;
	return NULL;
}

const struct act_kind *act_of(const struct feature *const *features, struct str name)
{
	for (; *features; features++)
		for (const struct act_kind *a = (*features)->acts; a && a->name; a++)
			if (str_is(name, a->name))
				return a;
	return NULL;
}

int action_read(const struct feature *const *features, const struct action *action, struct arena *arena, const struct act_kind **ret_act,
                void **ret_settings, struct complaint *ret_why)
{
	const struct action_setting *s = action->settings.at;
	const struct act_kind *act = act_of(features, action->what);
	if (!act)
		return *ret_why = (struct complaint){ E_NOT_ONE_OF, S("what"), action->what }, E_NOT_ONE_OF;
	struct pair *pairs = arena_take_array(arena, action->settings.count + 1, sizeof *pairs);
	void *settings = arena_take(arena, act->settings->size);
	if (!pairs || !settings)
		return E_MEMORY;
	for (size_t i = 0; i < action->settings.count; i++)
		pairs[i] = (struct pair){ .name = s[i].key, .text = s[i].text };
	int r = row_read_pairs(act->settings, pairs, action->settings.count, false, arena, settings, ret_why);
	if (r < 0)
		return r;
	*ret_act = act, *ret_settings = settings;
	return 0;
}

/* ---- Reading ----------------------------------------------------------------- */

#define COLUMNS_OF \
	"a.id, a.name, a.enabled, a.enabled_at, a.stopped, a.event, a.groups, a.channels, a.codes, a.tags, a.how, a.words," \
	" a.from_minute AS \"from\", a.until_minute AS until, a.conditions AS \"where\", a.actions, a.per, a.times, a.days," \
		" a.version, a.preset," \
	" a.created_at, a.changed_at"

static QUERY(automation_by_id, READS, &row_automation, TAKES(K_ID, K_ID),
	"SELECT " COLUMNS_OF ", a.site FROM automation a WHERE a.community_id = ?1 AND a.id = ?2");

static QUERY(automations_on, READS, &row_automation, TAKES(K_ID),
	"SELECT " COLUMNS_OF ", a.site FROM automation a WHERE a.community_id = ?1 AND a.enabled ORDER BY a.id LIMIT 200");

int automation_get(struct tx *tx, struct id community, struct id automation, struct automation *ret)
{
	return tx_one(tx, &automation_by_id, ret, V(community), V(automation));
}

int automation_enabled(struct tx *tx, struct id community, struct rows *ret)
{
	return tx_all(tx, &automations_on, ret, V(community));
}

#define COUNTED(word) \
	"COALESCE((SELECT c.n FROM automation_count c WHERE c.community_id = a.community_id AND c.automation_id = a.id AND c.what" \
	" = '" word "'), 0)"

#define WHOLE \
	"SELECT " COLUMNS_OF ", " COUNTED("matched") " AS matched, " COUNTED("acted") " AS acted, " COUNTED("failed") " AS failed, " \
	COUNTED("where") " AS by_where, " COUNTED("limit") " AS by_limit, " COUNTED("late") " AS by_late, " COUNTED("depth") " AS by_depth," \
	" COALESCE(h.acted_at, 0) AS acted_at, COALESCE(h.failed_at, 0) AS failed_at, COALESCE(h.error, '') AS error," \
	" COALESCE(h.act, '') AS act, COALESCE((SELECT p.display FROM account p WHERE p.id = a.made_by), '') AS made_by" \
	" FROM automation a LEFT JOIN automation_health h ON h.community_id = a.community_id AND h.automation_id = a.id WHERE" \
	" a.community_id = ?1"

static QUERY(automation_whole_by_id, READS, &row_automation_whole, TAKES(K_ID, K_ID), WHOLE " AND a.id = ?2");

/* They speak to all groups: who sees only some sees none of them. */
static QUERY(automations_all, READS, &row_automation_whole, TAKES(K_ID, K_ID), WHOLE " AND ?2 = 0 ORDER BY a.id DESC LIMIT 200");

static int get_automations(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &automations_all, &page->rows, V(rq->community), V(rq->only));
	page->total = (int64_t)page->rows.count;
	return r < 0 ? r : 0;
}

static int get_automation(struct request *rq, const void *in, void *out)
{
	(void)in;
	return tx_one(rq->tx, &automation_whole_by_id, out, V(rq->community), V(rq->path_id));
}

static QUERY(automation_runs, READS, &row_automation_run_line, TAKES(K_ID, K_ID, K_ID),
	"SELECT r.id, r.member_id, COALESCE((SELECT m.nickname FROM member m WHERE m.community_id = r.community_id AND m.id = r.member_id), '')"
	" AS nickname, COALESCE((SELECT g.name FROM chat_group g WHERE g.community_id = r.community_id AND g.id = r.group_id),"
		" '') AS \"group\","
	" r.state, r.error, r.at FROM automation_run r WHERE r.community_id = ?1 AND r.automation_id = ?2 AND r.id < ?3 ORDER BY"
		" r.id DESC LIMIT 50");

static int get_runs(struct request *rq, const void *in, void *out)
{
	const struct run_query *q = in;
	struct page *page = out;
	struct automation a;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int r = automation_get(rq->tx, rq->community, rq->path_id, &a);
	if (r < 0 || (r = tx_all(rq->tx, &automation_runs, &page->rows, V(rq->community), V(rq->path_id), V(before))) < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_automation_run_line, 50);
	return 0;
}

/* ---- What there is to choose from ----------------------------------------------------------------- */

static struct str kind_word(const struct field *f)
{
	switch (f->kind) {
	case K_ID:   return S("id");
	case K_INT:  return S("int");
	case K_BOOL: return S("bool");
	case K_ROWS: return S("list");
	default:     return S("text");
	}
}

static struct rows act_fields(struct arena *arena, const struct act_kind *act)
{
	struct act_field *fields = arena_take_array(arena, act->settings->count, sizeof *fields);
	struct str zh = str_of(act->zh_fields), en = str_of(act->en_fields);
	for (size_t i = 0; fields && i < act->settings->count; i++) {
		const struct field *f = &act->settings->fields[i];
		fields[i] = (struct act_field){
			str_of(f->name), kind_word(f), str_cut(&zh, ' '), str_cut(&en, ' '), str_of(f->limits.one_of), f->limits.optional,
			f->limits.lines, f->limits.min, f->limits.max,
		};
	}
	return (struct rows){ fields, fields ? act->settings->count : 0 };
}

static size_t count_kinds(const struct feature *const *features)
{
	size_t n = 0;
	for (; *features; features++) {
		for (const struct trigger_kind *t = (*features)->triggers; t && t->event; t++)
			n++;
		for (const struct act_kind *a = (*features)->acts; a && a->name; a++)
			n++;
	}
	return n;
}

static int get_kinds(struct request *rq, const void *in, void *out)
{
	const struct feature *const *features = rq_features(rq);
	size_t most = count_kinds(features) + 1, triggers = 0, acts = 0;
	struct trigger_line *t = arena_take_array(rq->arena, most, sizeof *t);
	struct act_line *a = arena_take_array(rq->arena, most, sizeof *a);
	(void)in;
	if (!t || !a)
		return E_MEMORY;
	for (; *features; features++) {
		for (const struct trigger_kind *k = (*features)->triggers; k && k->event; k++)
			t[triggers++] = (struct trigger_line){
				str_of(k->event), str_of(k->zh), str_of(k->en), k->tells & OF_GROUP, k->tells & OF_INVITER, k->tells & OF_CHANNEL,
				k->tells & OF_CODE, k->tells & OF_TAG, k->tells & OF_TEXT, k->tells & OF_ASK,
			};
		for (const struct act_kind *k = (*features)->acts; k && k->name; k++)
			a[acts++] = (struct act_line){ str_of(k->name), str_of(k->zh), str_of(k->en), k->needs & OF_GROUP, k->needs & OF_MEMBER,
			                               k->needs & OF_TEXT, k->needs & OF_ASK, act_fields(rq->arena, k) };
	}
	*(struct kinds *)out = (struct kinds){ { t, triggers }, { a, acts } };
	return arena_failed(rq->arena) ? E_MEMORY : 0;
}

/* ---- Is it sound? ----------------------------------------------------------------- */

static int wrong(struct request *rq, int code, const char *field) { return rq_complain(rq, code, str_of(field)); }

static int channel_there(struct tx *tx, struct id community, struct id channel)
{
	struct channel c;
	return channel_get(tx, community, channel, &c);
}

static int code_there(struct tx *tx, struct id community, struct id code)
{
	struct livecode l;
	return livecode_get(tx, community, code, &l);
}

static int tag_there(struct tx *tx, struct id community, struct id tag)
{
	struct rows rows;
	int r = tag_list(tx, community, &rows);
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if (((const struct tag_brief *)rows.at)[i].id.n == tag.n)
			return 0;
	return r < 0 ? r : E_NOT_FOUND;
}

/* Narrowed to what the trigger tells of, and to what is there. */
static int check_named(struct request *rq, const struct trigger_kind *trigger, const struct automation *a)
{
	const struct { const char *field; struct rows ids; unsigned aspect; int (*there)(struct tx *, struct id, struct id); } lists[] = {
		{ "groups", a->groups, OF_GROUP, staff_group_there }, { "channels", a->channels, OF_CHANNEL, channel_there },
		{ "codes", a->codes, OF_CODE, code_there }, { "tags", a->tags, OF_TAG, tag_there },
	};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (lists[i].ids.count && !(trigger->tells & lists[i].aspect))
			return wrong(rq, E_INVALID, lists[i].field);
		for (size_t j = 0; j < lists[i].ids.count; j++) {
			int r = lists[i].there(rq->tx, rq->community, ((const struct id_item *)lists[i].ids.at)[j].item);
			if (r < 0)
				return r == E_NOT_FOUND ? wrong(rq, r, lists[i].field) : r;
		}
	}
	return 0;
}

static int check_words(struct request *rq, const struct trigger_kind *trigger, const struct automation *a)
{
	const struct text_item *word = a->words.at;
	bool listens = !str_is(a->how, "any");
	if (listens && !(trigger->tells & OF_TEXT))
		return wrong(rq, E_INVALID, "how");
	if (listens && !a->words.count)
		return wrong(rq, E_MISSING_FIELD, "words");
	for (size_t i = 0; i < a->words.count; i++) {
		if (!name_key(rq->arena, word[i].item).len)
			return wrong(rq, E_TOO_SHORT, "words");
		if (utf8_count(word[i].item) > 60)
			return wrong(rq, E_TOO_LONG, "words");
	}
	return 0;
}

static int check_limit(struct request *rq, const struct trigger_kind *trigger, const struct automation *a)
{
	if (str_is(a->per, "none"))
		return 0;
	if (str_is(a->per, "group") && !(trigger->tells & OF_GROUP))
		return wrong(rq, E_INVALID, "per");
	return a->times < 1 ? wrong(rq, E_TOO_SMALL, "times") : a->days < 1 ? wrong(rq, E_TOO_SMALL, "days") : 0;
}

static int blame_action(struct request *rq, size_t i, int code, struct str field, bool setting)
{
	return rq_complain(rq, code, str_format(rq->arena, "actions[%zu].%s%.*s", i, setting ? "settings." : "", STR(field)));
}

static int check_actions(struct request *rq, const struct trigger_kind *trigger, const struct automation *a)
{
	const struct action *action = a->actions.at;
	if (!a->actions.count)
		return wrong(rq, E_MISSING_FIELD, "actions");
	for (size_t i = 0; i < a->actions.count; i++) {
		const struct act_kind *act;
		void *settings;
		struct complaint why;
		struct str field = S("");
		int r = action_read(rq_features(rq), &action[i], rq->arena, &act, &settings, &why);
		if (r < 0)
			return r == E_MEMORY ? r : blame_action(rq, i, r, why.field, !str_is(why.field, "what"));
		if (act->needs & ~trigger->tells)
			return blame_action(rq, i, E_INVALID, S("what"), false);
		if (act->check && (r = act->check(rq->tx, rq->community, settings, &field)) < 0)
			return blame_action(rq, i, r, field, true);
	}
	return 0;
}

/* ---- Loops ----------------------------------------------------------------- */

static struct rows tag_keys(struct arena *arena, struct rows names)
{
	struct text_item *keys = arena_take_array(arena, names.count + 1, sizeof *keys);
	for (size_t i = 0; keys && i < names.count; i++)
		keys[i].item = name_key(arena, ((const struct text_item *)names.at)[i].item);
	return (struct rows){ keys, keys ? names.count : 0 };
}

static struct rows keys_of_tags(struct arena *arena, struct rows known, struct rows ids)
{
	struct text_item *keys = arena_take_array(arena, ids.count + 1, sizeof *keys);
	const struct tag_brief *tag = known.at;
	size_t n = 0;
	for (size_t i = 0; keys && i < ids.count; i++)
		for (size_t j = 0; j < known.count; j++)
			if (tag[j].id.n == ((const struct id_item *)ids.at)[i].item.n)
				keys[n++].item = name_key(arena, tag[j].name);
	return (struct rows){ keys, n };
}

static void chain_of(struct request *rq, const struct automation *a, struct rows tags, struct chained *ret)
{
	const struct action *action = a->actions.at;
	*ret = (struct chained){ .name = a->name, .event = a->event, .tags = keys_of_tags(rq->arena, tags, a->tags) };
	for (size_t i = 0; i < a->actions.count; i++) {
		const struct act_kind *act;
		void *settings;
		struct complaint why;
		if (action_read(rq_features(rq), &action[i], rq->arena, &act, &settings, &why) < 0)
			continue;
		ret->acts[ret->act_count].act = act;
		ret->acts[ret->act_count++].tags = act->tags ? tag_keys(rq->arena, act->tags(settings)) : (struct rows){ 0 };
	}
}

/* With those that are on. The way round is told as "甲 → 乙 → 甲". */
static int check_loops(struct request *rq, struct id self, const struct automation *draft)
{
	struct rows on, tags;
	size_t path[AUTOMATIONS_MOST + 3], count = 1;
	int r = automation_enabled(rq->tx, rq->community, &on);
	if (r < 0 || (r = tag_list(rq->tx, rq->community, &tags)) < 0)
		return r;
	struct chained *all = arena_take_array(rq->arena, on.count + 1, sizeof *all);
	if (!all)
		return E_MEMORY;
	chain_of(rq, draft, tags, &all[0]);
	for (size_t i = 0; i < on.count && count <= AUTOMATIONS_MOST; i++)
		if (((const struct automation *)on.at)[i].id.n != self.n)
			chain_of(rq, (const struct automation *)on.at + i, tags, &all[count++]);
	size_t length = chain_loops(all, count, 0, path, sizeof path / sizeof *path);
	if (!length)
		return arena_failed(rq->arena) ? E_MEMORY : 0;
	struct str way = S("");
	for (size_t i = 0; i < length; i++)
		way = str_format(rq->arena, "%.*s%s%.*s", STR(way), i ? " → " : "", STR(all[path[i]].name));
	rq_complain(rq, E_AUTOMATION_LOOP, S("actions"));
	rq->complaint.detail = way;
	return E_AUTOMATION_LOOP;
}

static int check(struct request *rq, struct id self, const struct automation *a)
{
	const struct trigger_kind *trigger = trigger_of(rq_features(rq), a->event);
	if (!trigger)
		return wrong(rq, E_NOT_ONE_OF, "event");
	int r = check_named(rq, trigger, a);
	if (r < 0 || (r = check_words(rq, trigger, a)) < 0 || (r = check_limit(rq, trigger, a)) < 0)
		return r;
	if ((r = condition_check_occasion(a->where, rq->arena, &rq->complaint)) < 0)
		return r == E_MEMORY ? r : rq_complain(rq, r, rq->complaint.field);
	if ((r = check_actions(rq, trigger, a)) < 0)
		return r;
	return check_loops(rq, self, a);
}

/* ---- Saving ----------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "automation_made",    "An operator made an automation", "automation" },
	{ "automation_changed", "An automation was changed, or switched on or off; word: on off, or empty", "automation" },
	{ "automation_removed", "An automation was deleted", "automation" },
	{ "automation_stopped", "An automation went off by itself, because it kept failing", "automation" },
	{ 0 },
};
enum { AUTOMATION_MADE, AUTOMATION_CHANGED, AUTOMATION_REMOVED, AUTOMATION_STOPPED };

static QUERY(version_set, WRITES, NULL, TAKES(K_ID, K_ID),
	"INSERT INTO automation_version (community_id, version) VALUES (?1, ?2) ON CONFLICT (community_id) DO UPDATE SET version"
		" = excluded.version");

int automation_touch(struct tx *tx, struct id community)
{
	int r = tx_run(tx, &version_set, V(community), V(tx_new_id(tx)));
	return r < 0 ? r : 0;
}

static QUERY(automation_off, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE automation SET enabled = FALSE, enabled_at = 0, stopped = ?3 WHERE community_id = ?1 AND id = ?2 AND enabled");

int automation_stop(struct tx *tx, struct id community, struct id automation)
{
	int r = tx_run(tx, &automation_off, V(community), V(automation), V(S("failing")));
	if (r <= 0)
		return r;
	if ((r = automation_touch(tx, community)) < 0 ||
	    (r = event_emit(tx, community, &events[AUTOMATION_STOPPED], &(struct event){ .subject = automation })) < 0)
		return r;
	return 1;
}

/* Its segments cannot be deleted while it speaks of them. */
static int use_segments(struct request *rq, struct id automation, const struct automation *a)
{
	const struct condition *c = a->where.at;
	int r = segment_release(rq->tx, rq->community, S("automation"), automation);
	for (size_t i = 0; i < a->where.count; i++)
		for (size_t j = 0; r >= 0 && str_is(c[i].what, "segment") && j < c[i].ids.count; j++) {
			r = segment_use(rq->tx, rq->community, ((const struct id_item *)c[i].ids.at)[j].item, S("automation"), automation, a->name);
			r = r == E_NOT_FOUND ? 0 : r;     /* it is gone: the line is lost, and said to be */
		}
	return r;
}

struct texts { struct str name, key, groups, channels, codes, tags, words, where, actions; };

static int as_text(struct request *rq, const struct row *row, struct rows rows, struct str *ret)
{
	BUF_SCOPED text;
	buf_init(&text, JSON_MOST);
	rows_write_json(&text, row, rows);
	*ret = str_copy(rq->arena, buf_view(&text));
	return buf_failed(&text) || arena_failed(rq->arena) ? E_MEMORY : 0;
}

static int texts_of(struct request *rq, const struct automation *a, struct texts *t)
{
	int r = 0;
	t->name = str_trim(a->name);
	t->key = name_key(rq->arena, t->name);
	if (!t->key.len)
		return wrong(rq, E_TOO_SHORT, "name");
	if ((r = as_text(rq, &row_id_item, a->groups, &t->groups)) < 0 || (r = as_text(rq, &row_id_item, a->channels, &t->channels)) < 0 ||
	    (r = as_text(rq, &row_id_item, a->codes, &t->codes)) < 0 || (r = as_text(rq, &row_id_item, a->tags, &t->tags)) < 0 ||
	    (r = as_text(rq, &row_text_item, a->words, &t->words)) < 0 || (r = as_text(rq, &row_condition, a->where, &t->where)) < 0)
		return r;
	return as_text(rq, &row_action, a->actions, &t->actions);
}

static QUERY(automation_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_INT, K_INT, K_STR, K_STR, K_STR, K_INT, K_INT, K_STR,
	      K_STR, K_ID, K_INSTANT),
	"INSERT INTO automation (community_id, id, name, name_key, enabled, enabled_at, stopped, event, groups, channels, codes,"
		" tags, how, words,"
	" from_minute, until_minute, conditions, actions, per, times, days, site, version, preset, made_by, changed_by, created_at, changed_at)"
	" VALUES (?1, ?2, ?3, ?4, FALSE, 0, '', ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, 1, ?20,"
		" ?21, ?21, ?22, ?22)");

static QUERY(automation_update, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_INT, K_INT, K_STR, K_STR, K_STR, K_INT, K_INT, K_STR,
	      K_ID, K_INSTANT),
	"UPDATE automation SET name = ?3, name_key = ?4, event = ?5, groups = ?6, channels = ?7, codes = ?8, tags = ?9, how = ?10, words = ?11,"
	" from_minute = ?12, until_minute = ?13, conditions = ?14, actions = ?15, per = ?16, times = ?17, days = ?18, site = ?19,"
	" version = version + 1, changed_by = ?20, changed_at = ?21 WHERE community_id = ?1 AND id = ?2");

static QUERY(automation_count_all, READS, &row_automation_total, TAKES(K_ID),
	"SELECT count(*) AS n FROM automation WHERE community_id = ?1");

static int told(struct request *rq, int kind, const char *act, struct id id, struct str name, const char *word)
{
	struct event e = { .subject = id, .actor = rq->account, .word = str_of(word) };
	int r = automation_touch(rq->tx, rq->community);
	if (r < 0 || (r = event_emit(rq->tx, rq->community, &events[kind], &e)) < 0)
		return r;
	return audit_note(rq, act, id, name);
}

int automation_make(struct request *rq, const struct automation *a, struct id *ret)
{
	struct automation_total total;
	struct texts t;
	struct id id = tx_new_id(rq->tx);
	int r = tx_one(rq->tx, &automation_count_all, &total, V(rq->community));
	if (r < 0)
		return r;
	if (total.n >= AUTOMATIONS_MOST)
		return E_TOO_MANY;
	if ((r = texts_of(rq, a, &t)) < 0 || (r = check(rq, id, a)) < 0)
		return r;
	r = tx_run(rq->tx, &automation_insert, V(rq->community), V(id), V(t.name), V(t.key), V(a->event), V(t.groups), V(t.channels),
		V(t.codes),
	           V(t.tags), V(a->how), V(t.words), V(a->from), V(a->until), V(t.where), V(t.actions), V(a->per), V(a->times), V(a->days),
	           V(rq->origin), V(a->preset), V(rq->account), V(tx_now(rq->tx)));
	if (r < 0)
		return r == E_CONFLICT ? wrong(rq, E_NAME_TAKEN, "name") : r;
	*ret = id;
	r = use_segments(rq, id, a);
	return r < 0 ? r : told(rq, AUTOMATION_MADE, "automation_made", id, t.name, "");
}

static int post_automation(struct request *rq, const void *in, void *out)
{
	struct id id;
	int r = automation_make(rq, in, &id);
	return r < 0 ? r : tx_one(rq->tx, &automation_whole_by_id, out, V(rq->community), V(id));
}

static int put_automation(struct request *rq, const void *in, void *out)
{
	const struct automation *a = in;
	struct automation known;
	struct texts t;
	int r = automation_get(rq->tx, rq->community, rq->path_id, &known);
	if (r < 0)
		return r;
	if (a->version && a->version != known.version)
		return E_CONFLICT;
	if ((r = texts_of(rq, a, &t)) < 0 || (r = check(rq, rq->path_id, a)) < 0)
		return r;
	r = tx_run(rq->tx, &automation_update, V(rq->community), V(rq->path_id), V(t.name), V(t.key), V(a->event), V(t.groups), V(t.channels),
	           V(t.codes), V(t.tags), V(a->how), V(t.words), V(a->from), V(a->until), V(t.where), V(t.actions), V(a->per), V(a->times),
	           V(a->days), V(rq->origin), V(rq->account), V(tx_now(rq->tx)));
	if (r < 0)
		return r == E_CONFLICT ? wrong(rq, E_NAME_TAKEN, "name") : r;
	if ((r = use_segments(rq, rq->path_id, a)) < 0 ||
	    (r = told(rq, AUTOMATION_CHANGED, "automation_changed", rq->path_id, t.name, "")) < 0)
		return r;
	return tx_one(rq->tx, &automation_whole_by_id, out, V(rq->community), V(rq->path_id));
}

/* ---- On and off ----------------------------------------------------------------- */

static QUERY(automation_on, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE automation SET enabled = TRUE, enabled_at = ?3, stopped = '' WHERE community_id = ?1 AND id = ?2 AND NOT enabled");

static QUERY(health_clear, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE automation_health SET failing = 0 WHERE community_id = ?1 AND automation_id = ?2");

static int switch_on(struct request *rq, const struct automation *a)
{
	int r = check(rq, a->id, a);
	if (r < 0 || (r = tx_run(rq->tx, &automation_on, V(rq->community), V(a->id), V(tx_now(rq->tx)))) <= 0)
		return r;
	if ((r = tx_run(rq->tx, &health_clear, V(rq->community), V(a->id))) < 0 ||
	    (r = alert_settle(rq->tx, rq->community, str_format(rq->arena, "automation %lld", (long long)a->id.n))) < 0)
		return r;
	return told(rq, AUTOMATION_CHANGED, "automation_on", a->id, a->name, "on");
}

static int switch_off(struct request *rq, const struct automation *a)
{
	int r = tx_run(rq->tx, &automation_off, V(rq->community), V(a->id), V(S("")));
	if (r <= 0 || (r = outbox_cancel_of(rq->tx, rq->community, a->id)) < 0)
		return r;
	return told(rq, AUTOMATION_CHANGED, "automation_off", a->id, a->name, "off");
}

static int post_state(struct request *rq, const void *in, void *out)
{
	const struct switching *s = in;
	struct automation a;
	int r = automation_get(rq->tx, rq->community, rq->path_id, &a);
	if (r < 0 || (r = s->on ? switch_on(rq, &a) : switch_off(rq, &a)) < 0)
		return r;
	return tx_one(rq->tx, &automation_whole_by_id, out, V(rq->community), V(rq->path_id));
}

#define DROP(name, table, column) \
	static QUERY(name, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM " table " WHERE community_id = ?1 AND " column " = ?2")
DROP(automation_drop, "automation", "id");
DROP(counts_drop, "automation_count", "automation_id");
DROP(health_drop, "automation_health", "automation_id");
DROP(greets_drop, "automation_greet", "automation_id");
DROP(tests_drop, "automation_test", "automation_id");

static QUERY(test_lines_drop, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM automation_test_line WHERE community_id = ?1 AND test_id IN"
	" (SELECT id FROM automation_test WHERE community_id = ?1 AND automation_id = ?2)");

static int delete_automation(struct request *rq, const void *in, void *out)
{
	const struct query *const drops[] = { &automation_drop, &counts_drop, &health_drop, &greets_drop, &test_lines_drop, &tests_drop };
	struct automation a;
	(void)in, (void)out;
	int r = automation_get(rq->tx, rq->community, rq->path_id, &a);
	for (size_t i = 0; r >= 0 && i < sizeof drops / sizeof *drops; i++)
		r = tx_run(rq->tx, drops[i], V(rq->community), V(a.id));
	if (r < 0 || (r = segment_release(rq->tx, rq->community, S("automation"), a.id)) < 0 ||
	    (r = outbox_cancel_of(rq->tx, rq->community, a.id)) < 0)
		return r;
	return told(rq, AUTOMATION_REMOVED, "automation_removed", a.id, a.name, "");
}

/* ---- What is kept about people ----------------------------------------------------------------- */

/* A sentence may name who invited; it then names nobody. */
static QUERY(automation_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE automation SET conditions = replace(conditions, '\"' || CAST(?2 AS TEXT) || '\"', '\"' || CAST(?3 AS TEXT) || '\"')"
	" WHERE community_id = ?1 AND conditions LIKE '%\"' || CAST(?2 AS TEXT) || '\"%'");

static const struct personal personal[] = { { "automation", .by = BY_MEMBER, .erases = { &automation_forget } }, { 0 } };

/* ---- Declaration ----------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/automations",            ROLE_READER,   get_automations,   NULL, &row_automation_whole, "Automations, newest first", OUT_PAGE },
	{ "POST",   "/automations",            ROLE_OPERATOR, post_automation,   &row_automation_draft, &row_automation_whole, "Make one; it is off", .body_max = JSON_MOST },
	{ "GET",    "/automations/kinds",      ROLE_READER,   get_kinds,         NULL, &row_kinds, "With what an automation may begin, and what it may do", .sees = sees_all },
	{ "GET",    "/automations/{id}",       ROLE_READER,   get_automation,    NULL, &row_automation_whole, "One automation" },
	{ "PUT",    "/automations/{id}",       ROLE_OPERATOR, put_automation,    &row_automation_draft, &row_automation_whole, "Change it; what waits of the version before is dropped", .body_max = JSON_MOST },
	{ "DELETE", "/automations/{id}",       ROLE_OPERATOR, delete_automation, NULL, NULL, "Delete it, and what it has not sent yet", OUT_NONE },
	{ "POST",   "/automations/{id}/state", ROLE_OPERATOR, post_state,        &row_switching, &row_automation_whole, "Switch it on or off; off takes back what it has not sent yet" },
	{ "GET",    "/automations/{id}/runs",  ROLE_READER,   get_runs,          &row_run_query, &row_automation_run_line, "What it did lately, newest first", OUT_PAGE },
	{ 0 },
};

static const struct query *const queries[] = {
	&automation_by_id, &automations_on, &automation_whole_by_id, &automations_all, &automation_runs, &version_set,
		&automation_off, &automation_insert, &automation_update, &automation_count_all, &automation_on, &health_clear,
	&automation_drop, &counts_drop, &health_drop, &greets_drop, &tests_drop, &test_lines_drop, &automation_forget, NULL,
};

const struct feature feature_automation = {
	.name = "automation", .api = "automations", .routes = routes, .queries = queries, .events = events, .personal = personal,
};
