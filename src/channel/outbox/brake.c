/* brake.c: what holds sends back: the freeze switch, quiet hours, the attention budget, the platforms' quotas.
 *
 * Story      A crisis: the owner presses the freeze switch and says why; from that moment nothing leaves, on no channel and by
 *            nobody's hand, and every page of the console says so. On a usual day: nobody is written to between 22:00 and
 *            8:00, no member gets more than two messages a day, and the hundredth QQ message of a minute waits for the next.
 * Not here   Who asks (turn.c), campaigns, which have their own switch.
 * Owns       send_brake (the whole server's switch is a row of community 0), send_used.
 * Holds      What is counted is counted before it is sent, for all processes in one row: a crash may count a send that never
 *            left, never the other way.
 *            Days and hours of quiet and budget are the community's; those of quotas are the platforms', in Beijing.
 * Test       outbox_test.c.
 */
#include "channel/outbox/inside.h"

#include "people/audit.h"

#define HAND_DAYS 60              /* so far ahead a day with room is looked for; then it is put there all the same */
#define ALL_DAYS  127

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW(brake,
	FIELD(brake, frozen_at,   "Since when nothing leaves", .optional = true),
	FIELD(brake, frozen_by,   "Who pressed the switch", .optional = true),
	FIELD(brake, frozen_why,  "Why"),
	FIELD(brake, quiet_from,  "Quiet from this minute of the day"),
	FIELD(brake, quiet_until, "… until this one"),
	FIELD(brake, quiet_days,  "Days on which they begin"),
	FIELD(brake, member_day,  "Sends a member gets a day"),
	FIELD(brake, member_week, "… a week"),
	FIELD(brake, group_day,   "Sends a group gets a day"),
	FIELD(brake, group_week,  "… a week"));

struct brake_page {
	struct instant frozen_at;
	struct str     frozen_who, frozen_why;
	int64_t        quiet_from, quiet_until, quiet_days, member_day, member_week, group_day, group_week;
	int64_t        waiting, hand, overdue, dead;
	struct instant quiet_until_at;
	struct instant all_frozen_at;
	struct str     all_frozen_who, all_frozen_why;
	bool           may_freeze_all;
};

ROW(brake_page,
	FIELD(brake_page, frozen_at,      "Since when nothing leaves; null: it does", .optional = true),
	FIELD(brake_page, frozen_who,     "Who pressed the switch"),
	FIELD(brake_page, frozen_why,     "Why"),
	FIELD(brake_page, quiet_from,     "Quiet from this minute of the community's day"),
	FIELD(brake_page, quiet_until,    "… until this one; the same: no quiet hours"),
	FIELD(brake_page, quiet_days,     "Days on which they begin: 1 Sunday, 2 Monday, 4 Tuesday …, added up"),
	FIELD(brake_page, member_day,     "Sends that a member gets a day at most; 0: any number"),
	FIELD(brake_page, member_week,    "… a week"),
	FIELD(brake_page, group_day,      "Sends that a group gets a day at most; 0: any number"),
	FIELD(brake_page, group_week,     "… a week"),
	FIELD(brake_page, waiting,        "Sends that wait for their platform"),
	FIELD(brake_page, hand,           "Sends that wait for a person"),
	FIELD(brake_page, overdue,        "… and are more than an hour late"),
	FIELD(brake_page, dead,           "Sends that were given up"),
	FIELD(brake_page, quiet_until_at, "It is quiet now, until then", .optional = true),
	FIELD(brake_page, all_frozen_at,  "Since when nothing leaves the whole server; null: it does", .optional = true),
	FIELD(brake_page, all_frozen_who, "Who pressed that switch; empty: somebody at the server's terminal"),
	FIELD(brake_page, all_frozen_why, "Why"),
	FIELD(brake_page, may_freeze_all, "You keep the server, and may freeze all of it"));

struct brake_draft { int64_t quiet_from, quiet_until, quiet_days, member_day, member_week, group_day, group_week; };

ROW(brake_draft,
	FIELD(brake_draft, quiet_from,  "Quiet from this minute of the day", .min = 0, .max = 1439),
	FIELD(brake_draft, quiet_until, "… until this one; the same: no quiet hours", .min = 0, .max = 1439),
	FIELD(brake_draft, quiet_days,  "Days on which they begin: 1 Sunday, 2 Monday, 4 Tuesday …, added up", .min = 0, .max = ALL_DAYS),
	FIELD(brake_draft, member_day,  "Sends that a member gets a day at most; 0: any number", .min = 0, .max = 1000),
	FIELD(brake_draft, member_week, "… a week", .min = 0, .max = 1000),
	FIELD(brake_draft, group_day,   "Sends that a group gets a day at most; 0: any number", .min = 0, .max = 1000),
	FIELD(brake_draft, group_week,  "… a week", .min = 0, .max = 1000));

struct freeze_draft { bool frozen; struct str why; };

ROW(freeze_draft,
	FIELD(freeze_draft, frozen, "true: nothing leaves any more; false: it goes on"),
	FIELD(freeze_draft, why,    "Why, for colleagues and the log", .max = 200, .optional = true));

struct used_n { int64_t n; };

ROW(used_n,
	FIELD(used_n, n, "So much is used"));

/* ---- Rules: time ------------------------------------------------------------------------------------- */

static bool begins_on(const struct brake *b, int64_t day)
{
	int weekday = (int)(((day + 4) % 7 + 7) % 7);           /* day 0 was a Thursday */
	return b->quiet_days >> weekday & 1;
}

static struct instant at_minute(const struct zone *zone, int64_t day, int64_t minute)
{
	return (struct instant){ day_start(zone, day).ms + minute * MINUTE };
}

struct instant quiet_end(const struct brake *b, const struct zone *zone, struct instant at)
{
	struct local l = zone_local(zone, at);
	int64_t day = day_of(zone, at), minute = l.hour * 60 + l.minute;
	bool over_night = b->quiet_from > b->quiet_until;
	if (b->quiet_from == b->quiet_until)
		return (struct instant){ 0 };
	if (begins_on(b, day) && minute >= b->quiet_from && (over_night || minute < b->quiet_until))
		return at_minute(zone, over_night ? day + 1 : day, b->quiet_until);
	if (over_night && begins_on(b, day - 1) && minute < b->quiet_until)
		return at_minute(zone, day, b->quiet_until);
	return (struct instant){ 0 };
}

struct span { int64_t period; struct instant until; };

static struct span span_of(enum period each, const struct zone *zone, struct instant at)
{
	struct local l = zone_local(zone, at);
	int64_t day = day_of(zone, at), week = (day + 3) / 7;         /* weeks begin on Monday */
	switch (each) {
	case A_MINUTE: return (struct span){ at.ms / MINUTE, { (at.ms / MINUTE + 1) * MINUTE } };
	case AN_HOUR:  return (struct span){ at.ms / HOUR, { (at.ms / HOUR + 1) * HOUR } };
	case A_DAY:    return (struct span){ day, day_start(zone, day + 1) };
	case A_WEEK:   return (struct span){ week, day_start(zone, (week + 1) * 7 - 3) };
	case A_MONTH:  break;
	}
	int64_t next = day - l.day + 29;                              /* the 29th of this month, or the 1st of the next */
	while (zone_local(zone, day_start(zone, next)).month == l.month)
		next++;
	return (struct span){ l.year * 12 + l.month, day_start(zone, next) };
}

static const struct zone *platform_zone(void) { return zone_find(S("Asia/Shanghai")); }

static int64_t days_of_month(struct instant at)
{
	const struct zone *zone = platform_zone();
	return day_of(zone, span_of(A_MONTH, zone, at).until) - day_of(zone, at) + zone_local(zone, at).day - 1;
}

/* ---- Counting ------------------------------------------------------------------------------------------- */

static QUERY(used_of, READS, &row_used_n, TAKES(K_ID, K_ID, K_ID, K_STR, K_INT),
	"SELECT n FROM send_used WHERE community_id = ?1 AND channel_id = ?2 AND target_id = ?3 AND rule = ?4 AND period = ?5");

static QUERY(used_add, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_INT, K_INT, K_INSTANT),
	"INSERT INTO send_used (community_id, channel_id, target_id, rule, period, n, until_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
	" ON CONFLICT (community_id, channel_id, target_id, rule, period) DO UPDATE SET n = send_used.n + ?6");

#define TALLY_BEGIN 64

int tally_open(struct tx *tx, struct tally *ret)
{
	*ret = (struct tally){ .tx = tx, .arena = tx_arena(tx) };
	return 0;
}

static bool tally_grow(struct tally *t)
{
	size_t room = t->room ? 2 * t->room : TALLY_BEGIN;
	struct used *larger = arena_take_array(t->arena, room, sizeof *larger);
	if (!larger)
		return false;
	if (t->count)
		memcpy(larger, t->at, t->count * sizeof *larger);
	t->at = larger, t->room = room;
	return true;
}

static int tally_of(struct tally *t, struct id community, const struct counted *c, struct used **ret)
{
	struct used_n n = { 0 };
	for (size_t i = 0; i < t->count; i++) {
		struct used *u = &t->at[i];
		if (u->target.n == c->target.n && u->period == c->period && u->channel.n == c->channel.n && u->community.n == community.n &&
		    str_is(u->rule, c->rule)) {
			*ret = u;
			return 0;
		}
	}
	if (t->count == t->room && !tally_grow(t))
		return E_MEMORY;
	int r = tx_one(t->tx, &used_of, &n, V(community), V(c->channel), V(c->target), V(str_of(c->rule)), V(c->period));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = &t->at[t->count++];
	**ret = (struct used){ community, c->channel, c->target, str_of(c->rule), c->period, n.n, 0, c->until };
	return 0;
}

int tally_write(struct tally *t)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < t->count; i++) {
		const struct used *u = &t->at[i];
		if (u->more)
			r = tx_run(t->tx, &used_add, V(u->community), V(u->channel), V(u->target), V(u->rule), V(u->period), V(u->more), V(u->until));
	}
	return r < 0 ? r : 0;
}

int tally_give_back(struct tally *t, struct id community, const struct counts *counts)
{
	struct used *u;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < counts->count; i++)
		if ((r = tally_of(t, community, &counts->at[i], &u)) >= 0)
			u->more--;
	return r;
}

/* ---- Asking --------------------------------------------------------------------------------------------- */

static QUERY(brake_of, READS, &row_brake, TAKES(K_ID),
	"SELECT frozen_at, frozen_by, frozen_why, quiet_from, quiet_until, quiet_days, member_day, member_week, group_day, group_week"
	" FROM send_brake WHERE community_id = ?1");

/* The whole server's switch is a row of nobody's. */
#define WHOLE_SERVER ((struct id){ 0 })

int brake_get(struct tx *tx, struct id community, struct brake *ret)
{
	struct brake b = { .quiet_days = ALL_DAYS }, all = { .quiet_days = ALL_DAYS };
	int r = tx_one(tx, &brake_of, &b, V(community));
	if (r == 0 || r == E_NOT_FOUND)
		r = tx_one(tx, &brake_of, &all, V(WHOLE_SERVER));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	b.all_frozen_at = all.frozen_at, b.all_frozen_why = all.frozen_why;
	*ret = b;
	return 0;
}

bool brake_frozen(const struct brake *b) { return b->frozen_at.ms || b->all_frozen_at.ms; }

int outbox_frozen(struct tx *tx, struct id community, bool *ret)
{
	struct brake b;
	int r = brake_get(tx, community, &b);
	if (r == 0)
		*ret = brake_frozen(&b);
	return r;
}

/* A counter with its limit: what asks adds these up, then looks whether one is full. */
struct limit { struct counted counted; int64_t most; };
struct limits_of { struct limit at[COUNTED_MOST]; size_t count; };

static void add_limit(struct limits_of *l, struct id channel, struct id target, const char *rule, struct span span, int64_t most)
{
	if (most > 0 && l->count < COUNTED_MOST)
		l->at[l->count++] = (struct limit){ { channel, target, rule, span.period, span.until }, most };
}

static void add_budget(struct limits_of *l, const struct brake *b, const struct zone *zone, struct id group, struct id member,
                       struct instant at)
{
	struct id target = group.n ? group : member, none = { 0 };
	add_limit(l, none, target, "day", span_of(A_DAY, zone, at), group.n ? b->group_day : b->member_day);
	add_limit(l, none, target, "week", span_of(A_WEEK, zone, at), group.n ? b->group_week : b->member_week);
}

/* The first that is full: NULL when there is none. */
static int find_full(struct tally *t, struct id community, const struct limits_of *l, const struct limit **ret)
{
	struct used *u;
	*ret = NULL;
	for (size_t i = 0; i < l->count; i++) {
		int r = tally_of(t, community, &l->at[i].counted, &u);
		if (r < 0)
			return r;
		if (u->n + u->more >= l->at[i].most) {
			*ret = &l->at[i];
			return 0;
		}
	}
	return 0;
}

static int count_all(struct tally *t, struct id community, const struct limits_of *l, struct counts *ret)
{
	struct used *u;
	for (size_t i = 0; i < l->count; i++) {
		int r = tally_of(t, community, &l->at[i].counted, &u);
		if (r < 0)
			return r;
		u->more++;
		if (ret)
			ret->at[ret->count++] = l->at[i].counted;
	}
	return 0;
}

/* A setting of the channel may say another limit than the sheet. */
int quota_limit(struct tx *tx, struct id community, const struct channel *channel, const struct quota *quota, int64_t *ret)
{
	struct str text = S("");
	int64_t n;
	int r = quota->setting ? channel_setting(tx, community, channel, quota->setting, &text) : 0;
	if (r >= 0)
		*ret = str_to_int(text, &n) ? n : quota->days ? days_of_month(tx_now(tx)) : quota->n;
	return r;
}

static int add_quotas(struct tx *tx, const struct asked *q, struct limits_of *l)
{
	const struct connector *connector = connector_of(q->channel->kind);
	const struct send_row *s = q->send;
	for (const struct quota *quota = connector ? connector->quotas : NULL; quota && quota->name; quota++) {
		int64_t most;
		if ((quota->what && !str_among(s->what, quota->what)) || (quota->by == PER_GROUP && !s->group_id.n) ||
		    (quota->by == PER_PERSON && s->group_id.n))
			continue;
		int r = quota->holds ? quota->holds(tx, q->community, q->channel, s->group_id) : 1;
		if (r == 0)
			continue;
		if (r < 0 || (r = quota_limit(tx, q->community, q->channel, quota, &most)) < 0)
			return r;
		add_limit(l, q->channel->id, quota->by == PER_CHANNEL ? (struct id){ 0 } : s->target_id, quota->name,
		          span_of(quota->each, platform_zone(), tx_now(tx)), most);
	}
	return 0;
}

/* "closed text": what is kept there is until when, not how often. */
static const char *closed_rule(struct arena *arena, struct str what)
{
	return str_z(arena, str_format(arena, "closed %.*s", STR(what)));
}

static int closed_until(struct tally *t, const struct asked *q, struct instant *ret)
{
	struct counted closed = { .channel = q->channel->id, .rule = closed_rule(t->arena, q->send->what) };
	struct used *u;
	int r = closed.rule ? tally_of(t, q->community, &closed, &u) : E_MEMORY;
	if (r >= 0)
		ret->ms = u->n > tx_now(t->tx).ms ? u->n : 0;
	return r;
}

static QUERY(used_close, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO send_used (community_id, channel_id, target_id, rule, period, n, until_at) VALUES (?1, ?2, 0, ?3, 0, ?4, ?4)"
	" ON CONFLICT (community_id, channel_id, target_id, rule, period) DO UPDATE SET n = ?4, until_at = ?4");

int brake_close(struct tx *tx, struct id community, struct id channel, struct str what, struct instant until)
{
	const char *rule = closed_rule(tx_arena(tx), what);
	int r = rule ? tx_run(tx, &used_close, V(community), V(channel), V(str_of(rule)), V(until)) : E_MEMORY;
	return r < 0 ? r : 0;
}

int brake_ask(struct tally *t, const struct asked *q, struct counts *ret, enum verdict *ret_verdict, struct instant *ret_until)
{
	struct instant now = tx_now(t->tx), end;
	struct limits_of budget = { .count = 0 }, quotas = { .count = 0 };
	const struct limit *full = NULL;
	int r;
	if (!q->send->prompt) {
		if ((end = quiet_end(q->brake, q->zone, now)).ms) {
			*ret_verdict = LATER, *ret_until = end;
			return 0;
		}
		add_budget(&budget, q->brake, q->zone, q->send->group_id, q->send->member_id, now);
		if ((r = find_full(t, q->community, &budget, &full)) < 0)
			return r;
		if (full) {
			*ret_verdict = LATER, *ret_until = full->counted.until;
			return 0;
		}
	}
	if ((r = closed_until(t, q, &end)) < 0 || (r = add_quotas(t->tx, q, &quotas)) < 0 ||
	    (r = find_full(t, q->community, &quotas, &full)) < 0)
		return r;
	if (end.ms || full) {
		*ret_verdict = CLOSED, *ret_until = end.ms ? end : full->counted.until;
		return 0;
	}
	ret->count = 0;
	if ((r = count_all(t, q->community, &budget, ret)) < 0 || (r = count_all(t, q->community, &quotas, ret)) < 0)
		return r;
	*ret_verdict = GO;
	return 0;
}

int brake_for_hands(struct tx *tx, struct id community, struct id group, struct id member, bool prompt, struct instant from,
                    struct instant *ret)
{
	struct community card;
	struct brake brake;
	struct tally tally;
	struct instant at = from, end;
	int r = prompt ? 0 : brake_get(tx, community, &brake);
	if (r < 0 || prompt) {
		*ret = r < 0 ? *ret : from;
		return r;
	}
	if ((r = community_get(tx, community, &card)) < 0 || (r = tally_open(tx, &tally)) < 0)
		return r;
	const struct zone *zone = community_zone(&card);
	for (int tries = 0; tries < HAND_DAYS; tries++) {
		struct limits_of budget = { .count = 0 };
		const struct limit *full;
		if ((end = quiet_end(&brake, zone, at)).ms)
			at = end;
		add_budget(&budget, &brake, zone, group, member, at);
		if ((r = find_full(&tally, community, &budget, &full)) < 0)
			return r;
		if (!full) {
			if ((r = count_all(&tally, community, &budget, NULL)) < 0 || (r = tally_write(&tally)) < 0)
				return r;
			break;
		}
		at = full->counted.until;
	}
	*ret = at;
	return 0;
}

/* ---- API ------------------------------------------------------------------------------------------------- */

struct brake_counts { int64_t waiting, hand, overdue, dead; struct str who; };

ROW(brake_counts,
	FIELD(brake_counts, waiting, "Waiting"),
	FIELD(brake_counts, hand,    "By hand"),
	FIELD(brake_counts, overdue, "Late"),
	FIELD(brake_counts, dead,    "Given up"),
	FIELD(brake_counts, who,     "Who froze it"));

/* Counts no further than a thousand: these stand on every page. */
#define COUNT_SENDS(more) "(SELECT count(*) FROM (SELECT 1 FROM send s WHERE s.community_id = ?1 AND " more \
	" AND " SEES_SEND("?3", "s") " LIMIT 1000) n)"

static QUERY(brake_count, READS, &row_brake_counts, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"SELECT " COUNT_SENDS("s.state = 'waiting'") " AS waiting, " COUNT_SENDS("s.state = 'hand' AND s.due_at <= ?4") " AS hand, "
	COUNT_SENDS("s.state = 'hand' AND s.due_at <= ?4 - 3600000") " AS overdue, " COUNT_SENDS("s.state = 'dead'") " AS dead,"
	" COALESCE((SELECT display FROM account WHERE id = ?2), '') AS who", .scans = true);

static int show_brake(struct request *rq, struct brake_page *ret)
{
	struct brake b;
	struct brake_counts n;
	struct community card;
	struct freeze all;
	bool keeps = false;
	int r = brake_get(rq->tx, rq->community, &b);
	if (r >= 0 && (r = outbox_all_frozen(rq->tx, &all)) >= 0)
		r = staff_keeps_server(rq->tx, rq->account, &keeps);
	if (r < 0 || (r = tx_one(rq->tx, &brake_count, &n, V(rq->community), V(b.frozen_by), V(rq->only), V(tx_now(rq->tx)))) < 0 ||
	    (r = community_get(rq->tx, rq->community, &card)) < 0)
		return r;
	*ret = (struct brake_page){
		.frozen_at = b.frozen_at, .frozen_who = n.who, .frozen_why = b.frozen_why, .quiet_from = b.quiet_from,
		.quiet_until = b.quiet_until, .quiet_days = b.quiet_days, .member_day = b.member_day, .member_week = b.member_week,
		.group_day = b.group_day, .group_week = b.group_week, .waiting = n.waiting, .hand = n.hand, .overdue = n.overdue,
		.dead = n.dead, .quiet_until_at = quiet_end(&b, community_zone(&card), tx_now(rq->tx)),
		.all_frozen_at = all.at, .all_frozen_who = all.who, .all_frozen_why = all.why, .may_freeze_all = keeps,
	};
	return 0;
}

static int get_brake(struct request *rq, const void *in, void *out)
{
	(void)in;
	return show_brake(rq, out);
}

#define NEW_BRAKE "INSERT INTO send_brake (community_id, frozen_at, frozen_by, frozen_why, quiet_from, quiet_until, quiet_days," \
	" member_day, member_week, group_day, group_week) VALUES "

static QUERY(brake_set, WRITES, NULL, TAKES(K_ID, K_INT, K_INT, K_INT, K_INT, K_INT, K_INT, K_INT),
	NEW_BRAKE "(?1, 0, 0, '', ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (community_id) DO UPDATE SET quiet_from = ?2,"
	" quiet_until = ?3, quiet_days = ?4, member_day = ?5, member_week = ?6, group_day = ?7, group_week = ?8");

static int say_changed(struct request *rq, struct str word)
{
	struct event e = { .subject = rq->community, .actor = rq->account, .word = word };
	return event_emit(rq->tx, rq->community, &outbox_events[OUTBOX_CHANGED], &e);
}

static int put_brake(struct request *rq, const void *in, void *out)
{
	const struct brake_draft *d = in;
	struct brake b;
	int r = brake_get(rq->tx, rq->community, &b);
	struct brake_draft before = { b.quiet_from, b.quiet_until, b.quiet_days, b.member_day, b.member_week, b.group_day, b.group_week };
	if (r < 0 || (r = tx_run(rq->tx, &brake_set, V(rq->community), V(d->quiet_from), V(d->quiet_until), V(d->quiet_days),
	                         V(d->member_day), V(d->member_week), V(d->group_day), V(d->group_week))) < 0 ||
	    (r = audit_change(rq, "outbox_set", rq->community, S(""), &row_brake_draft, &before, d)) < 0 ||
	    (r = say_changed(rq, S("set"))) < 0)
		return r;
	return show_brake(rq, out);
}

static QUERY(brake_freeze, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_ID, K_STR, K_INT),
	NEW_BRAKE "(?1, ?2, ?3, ?4, 0, 0, ?5, 0, 0, 0, 0) ON CONFLICT (community_id) DO UPDATE SET frozen_at = ?2, frozen_by = ?3,"
	" frozen_why = ?4");

static QUERY(queues_thaw, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_INSTANT),
	"UPDATE send_queue SET ready_at = ?2 WHERE community_id = ?1 AND ready_at = ?3");

static int post_freeze(struct request *rq, const void *in, void *out)
{
	const struct freeze_draft *d = in;
	struct str why = str_trim(d->why);
	struct brake b;
	int r = brake_get(rq->tx, rq->community, &b);
	if (r < 0)
		return r;
	if (d->frozen && why.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("why"));
	if (d->frozen == (b.frozen_at.ms != 0))
		return show_brake(rq, out);
	struct instant now = tx_now(rq->tx), since = { d->frozen ? now.ms : 0 };
	r = tx_run(rq->tx, &brake_freeze, V(rq->community), V(since), V(d->frozen ? rq->account : (struct id){ 0 }),
	           V(d->frozen ? why : S("")), V((int64_t)ALL_DAYS));
	if (r >= 0 && !d->frozen)
		r = tx_run(rq->tx, &queues_thaw, V(rq->community), V(now), V(FOREVER));
	if (r < 0 || (r = audit_note(rq, d->frozen ? "outbox_frozen" : "outbox_thawed", rq->community, why)) < 0 ||
	    (r = say_changed(rq, d->frozen ? S("frozen") : S("thawed"))) < 0)
		return r;
	return show_brake(rq, out);
}

/* ---- The whole server ------------------------------------------------------------------------------------ */

ROW(freeze,
	FIELD(freeze, at,  "Since when", .optional = true),
	FIELD(freeze, why, "Why"),
	FIELD(freeze, who, "Who pressed the switch"));

static QUERY(freeze_of_all, READS, &row_freeze, TAKES_NOTHING,
	"SELECT b.frozen_at AS at, b.frozen_why AS why, COALESCE((SELECT a.display FROM account a WHERE a.id = b.frozen_by), '') AS who"
	" FROM send_brake b WHERE b.community_id = 0");

static QUERY(queues_thaw_all, WRITES, NULL, TAKES(K_INSTANT, K_INSTANT),
	"UPDATE send_queue SET ready_at = ?1 WHERE ready_at = ?2 AND NOT EXISTS (SELECT 1 FROM send_brake b"
	" WHERE b.community_id = send_queue.community_id AND b.frozen_at > 0)", .scans = true);

int outbox_all_frozen(struct tx *tx, struct freeze *ret)
{
	struct freeze all = { .at = { 0 } };
	int r = tx_one_(tx, &freeze_of_all, &all, NULL, 0);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = all;
	return 0;
}

int outbox_freeze_all(struct tx *tx, bool frozen, struct id by, struct str why)
{
	struct instant now = tx_now(tx), since = { frozen ? now.ms : 0 };
	int r = tx_run(tx, &brake_freeze, V(WHOLE_SERVER), V(since), V(by), V(frozen ? why : S("")), V((int64_t)ALL_DAYS));
	if (r >= 0 && !frozen)
		r = tx_run(tx, &queues_thaw_all, V(now), V(FOREVER));
	return r < 0 ? r : 0;
}

/* Browsers of the other communities hear of it within a minute, when they ask again. */
static int post_freeze_all(struct request *rq, const void *in, void *out)
{
	const struct freeze_draft *d = in;
	struct str why = str_trim(d->why);
	bool keeps = false;
	int r = staff_keeps_server(rq->tx, rq->account, &keeps);
	if (r < 0 || !keeps)
		return r < 0 ? r : E_FORBIDDEN;
	if (d->frozen && why.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("why"));
	if ((r = outbox_freeze_all(rq->tx, d->frozen, rq->account, why)) < 0 ||
	    (r = audit_note(rq, d->frozen ? "server_frozen" : "server_thawed", rq->community, why)) < 0 ||
	    (r = say_changed(rq, d->frozen ? S("frozen") : S("thawed"))) < 0)
		return r;
	return show_brake(rq, out);
}

/* ---- Declaration ---------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/outbox",        ROLE_READER,   get_brake,   NULL,              &row_brake_page, "What holds sends back, and how many wait" },
	{ "PUT",  "/outbox",        ROLE_OPERATOR, put_brake,   &row_brake_draft,  &row_brake_page, "Set quiet hours and the attention budget" },
	{ "POST", "/outbox/freeze", ROLE_OPERATOR, post_freeze, &row_freeze_draft, &row_brake_page, "Freeze everything that leaves, or let it go on" },
	{ "POST", "/outbox/freeze-all", ROLE_OWNER, post_freeze_all, &row_freeze_draft, &row_brake_page,
	  "Freeze the whole server, or let it go on: for whoever owns its first community", .closed_too = true },
	{ 0 },
};

static const struct query *const queries[] = {
	&used_of, &used_add, &brake_of, &used_close, &brake_count, &brake_set, &brake_freeze, &queues_thaw, &freeze_of_all,
	&queues_thaw_all, NULL,
};

const struct feature feature_outbox_brake = { .name = "outbox_brake", .api = "messages", .routes = routes, .queries = queries };
