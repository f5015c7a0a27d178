/* roll.c: making a roll, and following the log; who may have it when: engine/event/mirror.h. See roll.h.
 *
 * Story      A roll is made in steps of some 50,000 rows: members, tags, browsers, then the log backwards. Where the log
 *            stood at the first step is remembered, so whatever changes during the making is read again afterwards, like
 *            any change later: an event names a member, and that member's rows are read anew.
 * Holds      Steps may come from different snapshots: columns are read anew for whatever happened after the first step,
 *            and acts are taken from the log up to it and from there on, so each once.
 */
#include "people/roll.h"

#include "engine/event/event.h"
#include "people/community.h"
#include "people/facts.h"
#include "people/member.h"
#include "people/roll_data.h"

#define STEP_ROWS   20000
#define STEP_ARENA  (256 << 20)
#define ANEW_MOST   5000               /* members read again one by one; more, and the roll is made anew … */
#define ANEW_SHARE  20                 /* … or one in so many */
#define WARM_MS     (5 * MINUTE)       /* after a question it is kept up to date so long */

/* ---- Making: one step at a time -------------------------------------------------------------------------- */

struct making {
	struct roll   *roll;
	enum { BEGIN, MEMBERS, VALUES, TAGS, VISITORS, ALIASES, ACTS, MADE } stage;
	struct id      member;                 /* where each stage has come to */
	struct wearing wearing;
	struct fact_value value;
	struct id      alias;
	char           visitor[32];
	struct event_place log;
};

static int begin(struct tx *tx, struct making *m)
{
	struct community community;
	struct event_place newest;
	int r = community_get(tx, m->roll->community, &community);
	if (r < 0 || (r = event_newest(tx, m->roll->community, &newest)) < 0)
		return r;
	m->roll->zone = community_zone(&community);
	m->roll->epoch = newest.epoch, m->roll->event = newest.id;
	m->log = (struct event_place){ newest.epoch, { newest.id.n + 1 } };
	m->stage = MEMBERS;
	return 0;
}

static int put_fact(struct tx *tx, struct roll *roll, const struct fact *fact, uint32_t *ret_place)
{
	struct str values[COLUMNS];
	fact_values(fact, tx_arena(tx), values);
	if (arena_failed(tx_arena(tx)))
		return E_MEMORY;
	return roll_set(roll, fact->id, fact->joined_at, values, ret_place);
}

static int read_members(struct tx *tx, struct making *m)
{
	struct rows rows;
	uint32_t place;
	int r = fact_page(tx, m->roll->community, m->member, STEP_ROWS, &rows);
	if (r < 0)
		return r;
	const struct fact *fact = rows.at;
	for (size_t i = 0; i < rows.count; i++)
		if ((r = put_fact(tx, m->roll, &fact[i], &place)) < 0)
			return r;
	if (rows.count < STEP_ROWS)
		m->stage = VALUES;
	else
		m->member = fact[rows.count - 1].id;
	return 0;
}

/* The values of one or several members. A page may end inside a value of several rows: that one begins the next page. */
static int put_values(struct tx *tx, struct roll *roll, struct rows rows, bool more, struct fact_value *ret_last)
{
	const struct fact_value *v = rows.at;
	struct str text;
	for (size_t i = 0, next; i < rows.count; i = next) {
		next = fact_value_text(rows, i, tx_arena(tx), &text);
		if (more && next == rows.count && i > 0)
			break;
		uint32_t place = roll_find(roll, v[i].member_id.n);
		if (arena_failed(tx_arena(tx)) || (place != NOBODY && roll_tell(roll, v[i].field_id, place, text) < 0))
			return E_MEMORY;
		*ret_last = v[next - 1];
		ret_last->text_key = S("");
	}
	return 0;
}

static int read_values(struct tx *tx, struct making *m)
{
	struct rows rows;
	int r = fact_values_page(tx, m->roll->community, &m->value, STEP_ROWS, &rows);
	if (r >= 0)
		r = put_values(tx, m->roll, rows, rows.count == STEP_ROWS, &m->value);
	if (r >= 0 && rows.count < STEP_ROWS)
		m->stage = TAGS;
	return r;
}

static int read_tags(struct tx *tx, struct making *m)
{
	struct rows rows;
	int r = fact_wearing_page(tx, m->roll->community, &m->wearing, STEP_ROWS, &rows);
	if (r < 0)
		return r;
	const struct wearing *w = rows.at;
	for (size_t i = 0; i < rows.count; i++) {
		uint32_t place = roll_find(m->roll, w[i].member_id.n);
		if (place != NOBODY && roll_wear(m->roll, w[i].tag_id, place) < 0)
			return E_MEMORY;
	}
	if (rows.count < STEP_ROWS)
		m->stage = VISITORS;
	else
		m->wearing = w[rows.count - 1];
	return 0;
}

static int read_visitors(struct tx *tx, struct making *m)
{
	struct rows rows;
	int64_t visitor;
	int r = fact_known_page(tx, m->roll->community, str_of(m->visitor), STEP_ROWS, &rows);
	if (r < 0)
		return r;
	const struct known *known = rows.at;
	for (size_t i = 0; i < rows.count; i++) {
		uint32_t place = roll_find(m->roll, known[i].member_id.n);
		if (place != NOBODY && str_to_int(known[i].subject, &visitor) && roll_know(m->roll, visitor, place) < 0)
			return E_MEMORY;
	}
	if (rows.count < STEP_ROWS)
		m->stage = ALIASES;
	else
		snprintf(m->visitor, sizeof m->visitor, "%.*s", STR(known[rows.count - 1].subject));
	return 0;
}

static int read_aliases(struct tx *tx, struct making *m)
{
	struct rows rows;
	struct id now;
	int r = fact_alias_page(tx, m->roll->community, m->alias, STEP_ROWS, &rows);
	const struct alias *alias = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		r = member_resolve(tx, m->roll->community, alias[i].id, &now);
		uint32_t place = r < 0 ? NOBODY : roll_find(m->roll, now.n);
		r = place != NOBODY ? roll_know(m->roll, alias[i].id.n, place) : r == E_NOT_FOUND ? 0 : r;
		m->alias = alias[i].id;
	}
	if (r >= 0 && rows.count < STEP_ROWS)
		m->stage = ACTS;
	return r;
}

/* A member, one who was merged (known like a browser), or nobody. */
static bool is_person(const struct roll *roll, struct id id, uint32_t *ret_place)
{
	*ret_place = roll_find(roll, id.n);
	return *ret_place != NOBODY || roll_is(roll, id.n) != NOBODY;
}

/* Members are known by now. One event is one act of each member it speaks of. */
static int take_act(struct roll *roll, const struct event *e)
{
	int64_t day = day_of(roll->zone, e->at);
	uint32_t subject;
	bool of_person = e->subject.n && is_person(roll, e->subject, &subject);
	int r = of_person ? roll_act(roll, e->kind, day, subject, e->subject.n, 0) : 0;
	if (r < 0 || e->actor.n == 0)
		return r;
	return roll_act(roll, e->kind, day, roll_find(roll, e->actor.n), e->actor.n, of_person ? AGAIN : 0);
}

static int read_acts(struct tx *tx, struct making *m)
{
	int64_t first = day_of(m->roll->zone, tx_now(tx)) - CONDITION_DAYS;
	struct event *events;
	size_t count;
	int r = event_previous(tx, m->roll->community, &m->log, STEP_ROWS, &events, &count);
	bool old = count > 0;
	for (size_t i = 0; r >= 0 && i < count; i++)
		if (day_of(m->roll->zone, events[i].at) > first) {
			old = false;
			r = take_act(m->roll, &events[i]);
		}
	if (r >= 0 && (old || count < STEP_ROWS))
		m->stage = MADE;
	return r;
}

static int do_step(struct tx *tx, struct making *m)
{
	switch (m->stage) {
	case BEGIN:    return begin(tx, m);
	case MEMBERS:  return read_members(tx, m);
	case VALUES:   return read_values(tx, m);
	case TAGS:     return read_tags(tx, m);
	case VISITORS: return read_visitors(tx, m);
	case ALIASES:  return read_aliases(tx, m);
	case ACTS:     return read_acts(tx, m);
	case MADE:     break;
	}
	return 0;
}

static struct roll *roll_of(struct mirror *m) { return (struct roll *)(void *)m; }

static int step(struct tx *tx, struct mirror *mirror, void *making, bool *ret_made)
{
	struct making *m = making;
	m->roll = roll_of(mirror);
	int r = do_step(tx, m);
	*ret_made = m->stage == MADE;
	return r;
}

/* ---- Following ------------------------------------------------------------------------------------------------ */

static int tell_anew(struct tx *tx, struct roll *roll, struct id member, uint32_t place)
{
	struct fact_value last;
	struct rows rows;
	int r = fact_values_of(tx, roll->community, member, &rows);
	for (size_t i = 0; r >= 0 && i < roll->field_count; i++)
		r = roll_tell(roll, roll->fields[i].field, place, S(""));
	return r < 0 ? r : put_values(tx, roll, rows, false, &last);
}

static int read_anew(struct tx *tx, struct roll *roll, struct id member)
{
	struct rows tags, selves;
	struct fact fact;
	uint32_t place;
	int r = fact_one(tx, roll->community, member, &fact);
	if (r == E_NOT_FOUND)
		return roll_remove(roll, member), 0;
	if (r < 0 || (r = put_fact(tx, roll, &fact, &place)) < 0 || (r = tell_anew(tx, roll, member, place)) < 0 ||
	    (r = fact_tags(tx, roll->community, member, &tags)) < 0 ||
	    (r = fact_selves(tx, roll->community, member, &selves)) < 0)
		return r;
	const struct id_item *tag = tags.at, *self = selves.at;
	roll_wear_only(roll, place, tag, tags.count);
	for (size_t i = 0; r >= 0 && i < tags.count; i++)
		r = roll_wear(roll, tag[i].item, place);
	for (size_t i = 0; r >= 0 && i < selves.count; i++)
		r = roll_know(roll, self[i].item.n, place);
	if (r >= 0 && roll_is(roll, member.n) != NOBODY)
		r = roll_know(roll, member.n, place);           /* was merged once, and is somebody again */
	return r;
}

static int read_tag_anew(struct tx *tx, struct roll *roll, struct id tag)
{
	struct id after = { 0 };
	struct rows rows;
	roll_drop_tag(roll, tag);
	do {
		int r = fact_wearers(tx, roll->community, tag, after, STEP_ROWS, &rows);
		if (r < 0)
			return r;
		const struct id_item *member = rows.at;
		for (size_t i = 0; i < rows.count; i++) {
			uint32_t place = roll_find(roll, member[i].item.n);
			if (place != NOBODY && roll_wear(roll, tag, place) < 0)
				return E_MEMORY;
			after = member[i].item;
		}
	} while (rows.count == STEP_ROWS);
	return 0;
}

/* Those whom this member invited, as the roll has it. */
static int read_invited_anew(struct tx *tx, struct roll *roll, struct id inviter)
{
	struct str value = { (const char *)&inviter.n, sizeof inviter.n };
	uint32_t code;
	size_t anew = 0;
	int r = 0;
	if (inviter.n == 0 || !dict_find(&roll->dicts[COLUMN_INVITER], value, &code))
		return 0;
	for (size_t i = 0; r >= 0 && i < roll->count && !roll->spoilt; i++)
		if (roll->codes[COLUMN_INVITER][i] == code) {
			roll->spoilt = ++anew > ANEW_MOST;
			r = read_anew(tx, roll, (struct id){ roll->ids[i] });
		}
	return r;
}

/* Events that change many members at once. */
static int take_sweeping(struct tx *tx, struct roll *roll, const struct event *e)
{
	struct community community;
	int r = 0;
	if (str_is(e->kind, "tag_removed") || str_is(e->kind, "tag_merged")) {
		roll_drop_tag(roll, str_is(e->kind, "tag_merged") ? e->object : e->subject);
		if (str_is(e->kind, "tag_merged"))
			r = read_tag_anew(tx, roll, e->subject);
	} else if (str_among(e->kind, "member_removed member_merged member_unmerged member_split")) {
		if ((r = read_invited_anew(tx, roll, e->subject)) >= 0)
			r = read_invited_anew(tx, roll, e->object);
	} else if (str_is(e->kind, "field_changed")) {
		roll->spoilt |= roll_told(roll, e->subject) != NULL;        /* a choice may have been renamed for everybody */
	} else if (str_is(e->kind, "community_changed")) {
		if ((r = community_get(tx, roll->community, &community)) == 0)
			roll->spoilt |= community_zone(&community) != roll->zone;      /* other days */
	}
	return r;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* The members that these events speak of, each once. */
static size_t spoken_of(const struct roll *roll, const struct event *events, size_t count, int64_t *ret)
{
	size_t n = 0, kept = 0;
	for (size_t i = 0; i < count; i++) {
		bool of_member = str_starts(events[i].kind, S("member_"));
		if (events[i].subject.n && (of_member || roll_find(roll, events[i].subject.n) != NOBODY))
			ret[n++] = events[i].subject.n;
		if (events[i].object.n && roll_find(roll, events[i].object.n) != NOBODY)
			ret[n++] = events[i].object.n;
	}
	qsort(ret, n, sizeof *ret, by_number);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || ret[kept - 1] != ret[i])
			ret[kept++] = ret[i];
	return kept;
}

static int take_events(struct tx *tx, struct mirror *mirror, const struct event *events, size_t count, void *ctx)
{
	struct roll *roll = roll_of(mirror);
	size_t *anew = ctx;
	int64_t *members = arena_take_array(tx_arena(tx), count * 2, sizeof *members);
	int r = members ? 0 : E_MEMORY;
	size_t n = members ? spoken_of(roll, events, count, members) : 0;
	*anew += n;
	if (*anew > ANEW_MOST && *anew > roll->count / ANEW_SHARE)
		return roll->spoilt = true, 0;
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = read_anew(tx, roll, (struct id){ members[i] });
	for (size_t i = 0; r >= 0 && i < count; i++)
		if ((r = take_sweeping(tx, roll, &events[i])) >= 0)
			r = take_act(roll, &events[i]);
	return r;
}

static struct mirrors rolls;

/* What fails half-way is read again: only acts would count twice. */
static int follow(struct tx *tx, struct mirror *mirror)
{
	struct roll *roll = roll_of(mirror);
	size_t anew = 0;
	int r = mirror_follow(tx, &rolls, mirror, take_events, &anew);
	roll->spoilt |= roll->dead > 1000 && roll->dead > roll->count / 4;
	return r;
}

/* ---- Who has which: mirror.h ---- */

static struct mirror *make(int64_t store, struct id community, struct id none)
{
	struct roll *roll = roll_new(store, community);
	(void)none;
	return roll ? &roll->mirror : NULL;
}

static void drop(struct mirror *m) { roll_free(roll_of(m)); }
static size_t count(const struct mirror *m) { return ((const struct roll *)(const void *)m)->count; }

static int is_big(struct tx *tx, struct id community, struct id none, bool *ret)
{
	(void)none;
	return fact_more_than(tx, community, ROLL_AT_ONCE, ret);
}

static struct mirrors rolls = {
	.name = "roll of community", .make = make, .drop = drop, .is_big = is_big, .making_size = sizeof(struct making), .step = step,
	.follow = follow, .count = count, .step_arena = STEP_ARENA, .warm_ms = WARM_MS, .registry = PTHREAD_MUTEX_INITIALIZER,
};

int roll_get(struct tx *tx, struct id community, struct roll **ret)
{
	struct mirror *m;
	int r = mirror_get(tx, &rolls, community, (struct id){ 0 }, &m);
	if (r >= 0)
		*ret = roll_of(m);
	return r;
}

void roll_put(struct roll *roll) { mirror_put(&rolls, &roll->mirror); }

int rolls_start(struct store *store, struct mirror_thread **ret) { return mirror_thread_start(store, &rolls, ret); }
