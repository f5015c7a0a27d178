/* judge.c: does this event concern this automation? See judge.h.
 *
 * Holds      In order of cost: the trigger's narrowing and the words, which read nothing; then the conditions; then the limit.
 *            Judging writes nothing, so a dry run and a test say what the engine would do. Members are judged as they are now.
 */
#include "automation/judge.h"

#include "base/utf8.h"
#include "channel/wire/loose.h"
#include "people/member.h"
#include "people/segment.h"

int court_open(struct tx *tx, const struct plan *plan, struct court *ret)
{
	*ret = (struct court){ .tx = tx, .plan = plan, .outlines = arena_take_array(tx_arena(tx), plan->count + 1, sizeof(struct outline *)) };
	return ret->outlines ? 0 : E_MEMORY;
}

/* ---- The occasion ----------------------------------------------------------------- */

void occasion_of(const struct plan *plan, const struct event *event, const struct kind_rules **ret_kind, struct occasion *ret)
{
	*ret_kind = plan_kind(plan, event->kind);
	*ret = (struct occasion){ .event = *event };
	if (*ret_kind)
		(*ret_kind)->trigger->read(event, ret);
}

static int settle(struct tx *tx, struct id community, struct id *member)
{
	int r = member->n > 0 ? member_resolve(tx, community, *member, member) : E_NOT_FOUND;
	if (r == E_NOT_FOUND)
		*member = (struct id){ 0 };
	return r == E_NOT_FOUND ? 0 : r;
}

int occasion_settle(struct tx *tx, struct id community, struct occasion *o)
{
	int r = 0;
	if (o->visitor.n > 0 && !o->member.n)
		r = member_find_visitor(tx, community, o->visitor, &o->member);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	r = settle(tx, community, &o->member);
	return r < 0 ? r : settle(tx, community, &o->inviter);
}

void occasion_comment(struct arena *arena, struct occasion *o)
{
	LOOSE_SCOPED data = { 0 };
	if (o->event.data.len && loose_read(o->event.data, &data) == 0)
		o->text = loose_text(&data, "comment", arena);
}

int occasion_message(struct tx *tx, struct id community, struct occasion *o)
{
	struct message m;
	if (!o->message.n)
		return occasion_comment(tx_arena(tx), o), 0;
	int r = message_get(tx, community, o->message, &m);
	if (r == 0)
		o->text = m.text, o->number = m.number;
	return r;
}

/* ---- The trigger ----------------------------------------------------------------- */

static bool is_named(struct rows ids, struct id id)
{
	const struct id_item *one = ids.at;
	for (size_t i = 0; i < ids.count; i++)
		if (one[i].item.n == id.n)
			return true;
	return ids.count == 0;
}

static bool in_hours(const struct automation *a, const struct zone *zone, struct instant at)
{
	if (a->from == a->until)
		return true;
	struct local l = zone_local(zone, at);
	int64_t minute = l.hour * 60 + l.minute;
	return a->from < a->until ? minute >= a->from && minute < a->until : minute >= a->from || minute < a->until;
}

bool rule_meant(const struct rule *rule, const struct occasion *o, const struct zone *zone, bool heard)
{
	const struct automation *a = &rule->a;
	return (!rule->listens || heard) && is_named(a->groups, o->group) && is_named(a->channels, o->channel) &&
	       is_named(a->codes, o->code) && is_named(a->tags, o->tag) && in_hours(a, zone, o->event.at);
}

struct hearing { int *heard, mark; };

static void found(void *ctx, int whose)
{
	struct hearing *h = ctx;
	h->heard[whose] = h->mark;
}

void rules_hear(const struct plan *plan, struct str text, struct arena *arena, int *heard, int mark)
{
	struct hearing h = { heard, mark };
	matcher_run(plan->words, name_key(arena, text), found, &h);
}

/* ---- The conditions ----------------------------------------------------------------- */

static int outline_of(struct court *c, const struct rule *rule, struct outline **ret)
{
	struct outline **kept = &c->outlines[rule->index];
	if (!*kept) {
		struct outline *o = ARENA_NEW(tx_arena(c->tx), struct outline);
		int r = o ? segment_prepare(c->tx, c->plan->community, rule->a.where, o) : E_MEMORY;
		if (r < 0)
			return r;
		*kept = o;
	}
	*ret = *kept;
	return 0;
}

/* A line that is answered becomes an empty group: of all, which holds; of any, which does not. */
static void answer(struct line *line, bool holds) { line->ask = holds ? ASK_ALL : ASK_ANY; }

static int acted_before(struct court *c, const struct rule *rule, const struct occasion *o, bool *ret)
{
	int64_t n;
	int r = c->acted(c, rule, false, o->member, (struct instant){ 0 }, &n);
	*ret = n > 0;
	return r;
}

/* What is asked of the event; *ret_left: sentences about the member remain. */
static int answer_event(struct court *c, const struct rule *rule, const struct occasion *o, struct outline *lines, bool *ret_left)
{
	struct str said = column_text(tx_arena(c->tx), o->text);
	*ret_left = false;
	for (size_t i = 0; i < lines->count; i++) {
		struct line *line = &lines->lines[i];
		bool before = false;
		if (line->ask == ASK_FIRST) {
			int r = acted_before(c, rule, o, &before);
			if (r < 0)
				return r;
			answer(line, before == (line->holds == HOLDS_EMPTY));
		} else if (line->ask == ASK_SAID) {
			answer(line, line_accepts(line, said));
		} else if (line->ask != ASK_ALL && line->ask != ASK_ANY) {
			*ret_left = true;
		}
	}
	return 0;
}

/* Lines from i to the end of its group, when nothing is left to ask of a member. */
static bool holds_already(const struct outline *o, size_t i)
{
	const struct line *line = &o->lines[i];
	bool all = line->ask == ASK_ALL, holds = all;
	for (size_t j = i + 1; j < line->end && holds == all; j = o->lines[j].end)
		holds = holds_already(o, j);
	return holds != line->no;
}

/* Line i by itself, with all below it. */
static int line_holds(struct court *c, const struct occasion *o, const struct outline *lines, size_t i, bool *verdicts, bool *ret)
{
	const struct line *line = &lines->lines[i];
	bool all = line->ask == ASK_ALL, holds = all, one;
	int r = 0;
	if (line->ask == ASK_ALL || line->ask == ASK_ANY) {
		for (size_t j = i + 1; r >= 0 && j < line->end; j = lines->lines[j].end) {
			r = line_holds(c, o, lines, j, verdicts, &one);
			holds = all ? holds && one : holds || one;
		}
		holds = holds != line->no;
	} else {
		struct line alone = *line;
		alone.end = 1;
		r = segment_judge(c->tx, c->plan->community, &(struct outline){ &alone, 1 }, o->member, &holds);
	}
	return verdicts[i] = *ret = holds, r;
}

static int where_holds(struct court *c, const struct rule *rule, const struct occasion *o, bool *verdicts, bool *ret)
{
	struct outline *prepared, lines;
	bool left;
	int r = rule->a.where.count ? outline_of(c, rule, &prepared) : 0;
	if (r < 0 || rule->a.where.count == 0)
		return *ret = true, r;
	lines = (struct outline){ arena_take_array(tx_arena(c->tx), prepared->count, sizeof *lines.lines), prepared->count };
	if (!lines.lines)
		return E_MEMORY;
	memcpy(lines.lines, prepared->lines, prepared->count * sizeof *lines.lines);
	if ((r = answer_event(c, rule, o, &lines, &left)) < 0)
		return r;
	if (verdicts)
		return line_holds(c, o, &lines, 0, verdicts, ret);
	if (!left)
		return *ret = holds_already(&lines, 0), 0;
	return segment_judge(c->tx, c->plan->community, &lines, o->member, ret);
}

/* ---- The limit ----------------------------------------------------------------- */

/* So often in so many days of the community, today included. */
static int within_limit(struct court *c, const struct rule *rule, const struct occasion *o, bool *ret)
{
	const struct automation *a = &rule->a;
	bool of_group = str_is(a->per, "group");
	struct id who = of_group ? o->group : o->member;
	int64_t n;
	if (str_is(a->per, "none") || !who.n)
		return *ret = true, 0;
	struct instant since = day_start(c->plan->zone, day_of(c->plan->zone, o->event.at) - a->days + 1);
	int r = c->acted(c, rule, of_group, who, since, &n);
	*ret = n < a->times;
	return r;
}

int rule_judge(struct court *c, const struct rule *rule, const struct occasion *o, enum passed *ret, bool *verdicts)
{
	bool holds, within;
	int r = where_holds(c, rule, o, verdicts, &holds);
	if (r < 0 || !holds)
		return *ret = BY_WHERE, r;
	r = within_limit(c, rule, o, &within);
	*ret = within ? MEANT : BY_LIMIT;
	return r;
}
