/* room_model_test.c: whatever people, admins, staff and the clock do in whatever order, a room is what a plain model says.
 *
 * Story      Eight phones and a desk, thousands of steps drawn by chance: join, speak, answer, say again what was said, take back,
 *            read, mute, remove, pin, rename, quiet, hand the ownership on, let in, refuse, announce, leave; the news of joinings
 *            and leavings comes later, as followers bring it. The model is told the same and must agree: on each refusal, on
 *            every line and its number, on who is in, what they are, who may not come back, and what each has not read.
 * Holds      No line's number is missing or told twice; a room never holds more than it has places; one owner at most; who is out
 *            sees nothing; nobody rules above themselves; pins are at most PINS_MOST.
 */
#include "channel/web/web.h"
#include "http/within.h"
#include "people/desk_test.h"
#include "test.h"

extern const struct feature *const features[];

#define WORLDS  10
#define STEPS   300
#define PEOPLE  8
#define ROOMY   6                 /* places of a room */
#define LINES   1000
#define BEGAN   INT64_C(1795000000000)

enum door { OPEN, ASKED, REFUSED, BANNED };
static const char *const doors[] = { "open", "asked", "refused", "banned" };
static const char *const roles[] = { "member", "admin", "owner" };

struct person { struct id visitor, member; bool in, met; enum door door; int64_t until, muted, read; int rank; };
struct said   { const char *what; int who; int64_t at, about; bool gone; int64_t pinned_at; };        /* who -1: the community */
struct coming { int who; const char *what; };

struct model {
	struct person people[PEOPLE];
	struct said   lines[LINES + 1];           /* by number */
	int64_t       last, now;
	struct coming coming[LINES];              /* what followers have not told yet */
	int           waiting, name;
	bool          asks, quiet;
};

struct play {
	struct desk  *d;
	struct model *m;
	struct id     group;
	struct str    slug;
	uint32_t      seed;
	int64_t       keys;
	int           who;                        /* of the step at hand */
	const char   *step;
	char          wrong[400];                 /* where room and model part */
};

static int64_t draw(struct play *p, int64_t below)
{
	p->seed = p->seed * 1664525u + 1013904223u;
	return (int64_t)(p->seed >> 8) % below;
}

/* ---- The model -------------------------------------------------------------------------------------------------------- */

static int present(const struct model *m)
{
	int n = 0;
	for (int i = 0; i < PEOPLE; i++)
		n += m->people[i].in;
	return n;
}

static void add(struct model *m, const char *what, int who, int64_t about)
{
	assert_true(m->last < LINES);
	m->lines[++m->last] = (struct said){ .what = what, .who = who, .at = m->now, .about = about };
}

static void told(struct model *m, int who, const char *what) { m->coming[m->waiting++] = (struct coming){ who, what }; }

static bool is_said(const struct model *m, int64_t n) { return n >= 1 && n <= m->last && strcmp(m->lines[n].what, "said") == 0; }

static bool banned(const struct model *m, const struct person *one)
{
	return one->door == BANNED && (!one->until || one->until > m->now);
}

static int enters(struct model *m, int who)
{
	struct person *one = &m->people[who];
	if (banned(m, one))
		return E_ROOM_BANNED;
	if (present(m) >= ROOMY)
		return E_ROOM_FULL;
	if (!one->in)
		one->rank = 0, one->in = true, told(m, who, "joined");
	one->door = OPEN, one->until = 0;
	one->read = one->read > m->last ? one->read : m->last;
	return 0;
}

static void leaves(struct model *m, int who, const char *what)
{
	m->people[who].in = false;
	told(m, who, what);
}

static int pins(const struct model *m)
{
	int n = 0;
	for (int64_t i = 1; i <= m->last; i++)
		n += m->lines[i].pinned_at != 0;
	return n;
}

static int pin(struct model *m, int64_t n, bool on)
{
	if (!is_said(m, n) || m->lines[n].gone)
		return E_NOT_FOUND;
	if (!m->lines[n].pinned_at == !on)
		return 0;
	if (on && pins(m) == PINS_MOST)
		return E_TOO_MANY;
	m->lines[n].pinned_at = on ? m->now : 0;
	add(m, on ? "pinned" : "unpinned", -1, n);
	return 0;
}

static int take_back(struct model *m, int64_t n)
{
	if (!is_said(m, n))
		return E_NOT_FOUND;
	if (!m->lines[n].gone) {
		m->lines[n].gone = true, m->lines[n].pinned_at = 0;
		add(m, "recalled", m->lines[n].who, n);
	}
	return 0;
}

static void be(struct model *m, int who, int rank)
{
	if (m->people[who].rank == rank)
		return;
	for (int i = 0; rank == 2 && i < PEOPLE; i++)
		if (m->people[i].in && m->people[i].rank == 2)
			m->people[i].rank = 1, add(m, "role", i, 0);
	m->people[who].rank = rank;
	add(m, "role", who, 0);
}

static void mute(struct model *m, int who, int64_t until)
{
	m->people[who].muted = until;
	add(m, "muted", who, until);
}

static void throw_out(struct model *m, int who, int64_t until)
{
	leaves(m, who, "removed");
	m->people[who].door = BANNED, m->people[who].until = until;
}

static void be_quiet(struct model *m, bool on)
{
	if (m->quiet != on)
		m->quiet = on, add(m, "quiet", -1, on);
}

static int64_t unread(const struct model *m, int who)
{
	int64_t n = 0;
	for (int64_t i = m->people[who].read + 1; i <= m->last; i++)
		n += is_said(m, i) && m->lines[i].who != who;
	return n < 100 ? n : 100;
}

/* ---- The room --------------------------------------------------------------------------------------------------------- */

struct call { struct play *p; struct within who; struct within_call what; };

static int do_call(struct tx *tx, void *arg)
{
	struct call *c = arg;
	return within_do(tx, &c->who, &c->what, NULL);
}

static int called(struct play *p, int visitor, const char *path, const char *json)
{
	struct complaint why = { 0 };
	struct call c = {
		.p = p, .who = { .features = features, .community = p->d->community, .account = { visitor < 0 ? 1 : 0 } },
		.what = { .method = "POST", .path = path, .json = str_of(json), .text = p->slug, .id = p->group, .why = &why },
	};
	ARENA_SCOPED arena;
	arena_init(&arena, 4 << 20);
	if (visitor >= 0)
		c.who.visitor = p->m->people[visitor].visitor;
	return store_write(p->d->house->store, p->d->community, &arena, do_call, &c);
}

static void agree(struct play *p, const char *step, int got, int want)
{
	p->step = step;
	if (got != want && !(got >= 0 && want == 0))
		fail_msg("%s by %d: %s, the model says %s", step, p->who, got < 0 ? err_word(got) : "yes", want < 0 ? err_word(want) : "yes");
}

/* ---- Steps ------------------------------------------------------------------------------------------------------------ */

static void step_join(struct play *p)
{
	struct person *one = &p->m->people[p->who];
	int want = 0;
	one->met = true;
	if (!one->in && banned(p->m, one))
		want = E_ROOM_BANNED;
	else if (!one->in && p->m->asks && one->door != REFUSED)
		one->door = ASKED, one->until = 0;
	else if (!one->in && !p->m->asks)
		want = enters(p->m, p->who);
	agree(p, "join", called(p, p->who, "/r/{slug}/join", text(p->d, "{\"nickname\":\"成员%d\"}", p->who)), want);
}

static void step_leave(struct play *p)
{
	bool in = p->m->people[p->who].in;
	agree(p, "leave", called(p, p->who, "/r/{slug}/leave", "{}"), in ? 0 : E_NOT_IN_ROOM);
	if (in)
		leaves(p->m, p->who, "left");
}

static void step_say(struct play *p)
{
	struct model *m = p->m;
	const struct person *one = &m->people[p->who];
	int64_t reply = draw(p, 4) ? 0 : draw(p, m->last + 2);
	bool all = draw(p, 8) == 0, again = draw(p, 6) == 0 && p->keys;
	int want = !one->in ? E_NOT_IN_ROOM : one->muted > m->now ? E_MUTED : m->quiet && !one->rank ? E_ROOM_QUIET
	         : all && !one->rank ? E_FORBIDDEN : reply && !is_said(m, reply) ? E_NOT_FOUND : 0;
	p->keys++;
	const char *body = text(p->d, "{\"text\":\"第 %lld 句\",\"reply\":%lld,\"everybody\":%s,\"mentions\":[\"77\"],\"key\":\"key-%08lld\"}",
	                        (long long)p->keys, (long long)reply, all ? "true" : "false", (long long)p->keys);
	agree(p, "say", called(p, p->who, "/r/{slug}/say", body), want);
	if (want == 0)
		add(m, "said", p->who, 0);
	if (again)                                    /* the phone did not hear the answer: the same once more */
		agree(p, "say again", called(p, p->who, "/r/{slug}/say", body), want);
}

static void step_recall(struct play *p)
{
	struct model *m = p->m;
	const struct person *one = &m->people[p->who];
	int64_t n = draw(p, m->last + 2);
	int want = !one->in ? E_NOT_IN_ROOM : !is_said(m, n) || (m->lines[n].who != p->who && !one->rank) ? E_NOT_FOUND
	         : !one->rank && m->now - m->lines[n].at > TAKE_BACK ? E_TAKE_BACK_LATE : 0;
	if (!n)
		return;
	agree(p, "recall", called(p, p->who, "/r/{slug}/recall", text(p->d, "{\"n\":%lld}", (long long)n)), want == 0 ? take_back(m, n) : want);
}

static void step_read(struct play *p)
{
	struct person *one = &p->m->people[p->who];
	int64_t n = draw(p, p->m->last + 4);
	agree(p, "read", called(p, p->who, "/r/{slug}/read", text(p->d, "{\"n\":%lld}", (long long)n)), one->in ? 0 : E_NOT_IN_ROOM);
	n = n < p->m->last ? n : p->m->last;
	if (one->in && n > one->read)
		one->read = n;
}

static const char *const phone_rules[] = { "mute", "unmute", "remove", "pin", "unpin", "quiet", "loud", "owner", "admin", "member",
                                           "rename", "mute", "pin" };

/* On a person who is in, by somebody who may. */
static int does(struct model *m, const char *what, int whom, int64_t minutes)
{
	int64_t until = minutes ? m->now + minutes * MINUTE : 0;
	if (strcmp(what, "mute") == 0 && !minutes)
		return E_MISSING_FIELD;
	if (strcmp(what, "mute") == 0 || strcmp(what, "unmute") == 0)
		mute(m, whom, strcmp(what, "mute") == 0 ? until : 0);
	else if (strcmp(what, "remove") == 0)
		throw_out(m, whom, until);
	else
		be(m, whom, strcmp(what, "owner") == 0 ? 2 : strcmp(what, "admin") == 0);
	return 0;
}

static bool is_role(const char *what) { return strcmp(what, "owner") == 0 || strcmp(what, "admin") == 0 || strcmp(what, "member") == 0; }

static int rules(struct model *m, const struct person *one, const char *what, int whom, int64_t n, int64_t minutes, int name)
{
	if (!one->in || !one->rank)
		return one->in ? E_FORBIDDEN : E_NOT_IN_ROOM;
	if (strcmp(what, "pin") == 0 || strcmp(what, "unpin") == 0)
		return pin(m, n, what[0] == 'p');
	if (strcmp(what, "quiet") == 0 || strcmp(what, "loud") == 0)
		return be_quiet(m, what[0] == 'q'), 0;
	if (strcmp(what, "rename") == 0) {
		if (m->name != name)
			m->name = name, add(m, "renamed", -1, 0);
		return 0;
	}
	if (!m->people[whom].in)
		return E_NOT_FOUND;
	if (m->people[whom].rank >= one->rank)
		return E_ABOVE_YOU;
	return is_role(what) && one->rank < 2 ? E_FORBIDDEN : does(m, what, whom, minutes);
}

static const char *rule_json(struct play *p, const char *what, const char *key, int whom, int64_t n, int64_t minutes, int name)
{
	return text(p->d, "{\"what\":\"%s\",\"%s\":\"%lld\",\"n\":%lld,\"minutes\":%lld,\"text\":\"群 %d\"}", what, key,
	            (long long)(p->m->people[whom].member.n ? p->m->people[whom].member.n : 12345), (long long)n, (long long)minutes, name);
}

static void step_rule(struct play *p)
{
	const char *what = phone_rules[draw(p, sizeof phone_rules / sizeof *phone_rules)];
	int whom = (int)draw(p, PEOPLE), name = (int)draw(p, 3);
	int64_t n = draw(p, p->m->last + 2), minutes = draw(p, 3) * 10;
	int got = called(p, p->who, "/r/{slug}/rule", rule_json(p, what, "member", whom, n, minutes, name));
	agree(p, what, got, rules(p->m, &p->m->people[p->who], what, whom, n, minutes, name));
}

static const char *const desk_rules[] = { "admit", "refuse", "allow", "admit", "allow", "owner", "admin", "member", "mute", "unmute",
                                          "remove", "recall", "pin", "unpin", "quiet", "loud" };

static int desk_rules_so(struct model *m, const char *what, int whom, int64_t n, int64_t minutes)
{
	struct person *one = &m->people[whom];
	if (strcmp(what, "recall") == 0)
		return take_back(m, n);
	if (strcmp(what, "pin") == 0 || strcmp(what, "unpin") == 0)
		return pin(m, n, what[0] == 'p');
	if (strcmp(what, "quiet") == 0 || strcmp(what, "loud") == 0)
		return be_quiet(m, what[0] == 'q'), 0;
	if (!one->member.n)
		return E_NOT_FOUND;
	if (strcmp(what, "admit") == 0) {
		bool full = present(m) >= ROOMY;          /* refused: then nothing of it happened */
		return full ? E_ROOM_FULL : (one->door = OPEN, enters(m, whom));
	}
	if (strcmp(what, "refuse") == 0 || strcmp(what, "allow") == 0) {
		bool refuse = what[0] == 'r', may = refuse ? one->door == ASKED : one->door == REFUSED || banned(m, one);
		if (may)
			one->door = refuse ? REFUSED : OPEN, one->until = 0;
		return may ? 0 : E_ALREADY_DECIDED;
	}
	return one->in ? does(m, what, whom, minutes) : E_NOT_FOUND;
}

static void step_desk(struct play *p)
{
	const char *what = desk_rules[draw(p, sizeof desk_rules / sizeof *desk_rules)];
	int whom = (int)draw(p, PEOPLE);
	int64_t n = draw(p, p->m->last + 2), minutes = draw(p, 3) * 10;
	p->who = -1;
	int got = called(p, -1, "/groups/{id}/room", rule_json(p, what, "member_id", whom, n, minutes, 0));
	agree(p, what, got, desk_rules_so(p->m, what, whom, n, minutes));
}

struct announcing { struct play *p; bool pin; };

static int do_announce(struct tx *tx, void *arg)
{
	struct announcing *a = arg;
	struct room room;
	struct str number;
	struct spoken s = { .key = str_format(tx_arena(tx), "k%lld", (long long)a->p->keys), .kind = a->pin ? S("notice") : S("text"),
	                    .text = S("营业到 20:00"), .pin = a->pin };
	int r = room_of_group(tx, a->p->d->community, a->p->group, &room);
	return r < 0 ? r : room_speak(tx, &room, &s, &number);
}

/* As the outbox delivers: a sixth announcement makes the oldest step down. */
static void step_announce(struct play *p)
{
	struct model *m = p->m;
	struct announcing a = { p, draw(p, 2) };
	ARENA_SCOPED arena;
	arena_init(&arena, 4 << 20);
	p->keys++;
	for (int times = draw(p, 3) ? 1 : 2; times; times--)      /* delivered twice is said once */
		assert_true(store_write(p->d->house->store, p->d->community, &arena, do_announce, &a) >= 0);
	add(m, "said", -1, 0);
	if (!a.pin)
		return;
	m->lines[m->last].pinned_at = m->now;
	for (int64_t oldest = 0; pins(m) > PINS_MOST; m->lines[oldest].pinned_at = 0, oldest = 0)
		for (int64_t i = 1; i <= m->last; i++)
			if (m->lines[i].pinned_at && (!oldest || m->lines[i].pinned_at < m->lines[oldest].pinned_at))
				oldest = i;
	add(m, "pinned", -1, m->last);
}

static void step_follow(struct play *p)
{
	assert_int_equal(events_catch_up(p->d->house->store, features, p->d->community), 0);
	for (int i = 0; i < p->m->waiting; i++)
		add(p->m, p->m->coming[i].what, p->m->coming[i].who, 0);
	p->m->waiting = 0;
}

static void step_clock(struct play *p)
{
	static const int64_t jumps[] = { SECOND, 30 * SECOND, TAKE_BACK, 10 * MINUTE, 21 * MINUTE };
	p->m->now += jumps[draw(p, sizeof jumps / sizeof *jumps)];
	clock_set((struct instant){ p->m->now });
}

static void (*const steps[])(struct play *) = {
	step_join, step_join, step_join, step_say, step_say, step_say, step_say, step_say, step_leave, step_recall, step_read, step_read,
	step_rule, step_rule, step_rule, step_rule, step_desk, step_desk, step_desk, step_announce, step_follow, step_follow, step_clock,
};

/* ---- Comparing --------------------------------------------------------------------------------------------------------- */

/* On the store's thread: kept, and failed with on the test's. */
__attribute__((format(printf, 2, 3)))
static void differ(struct play *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (!p->wrong[0])
		vsnprintf(p->wrong, sizeof p->wrong, format, args);
	va_end(args);
}

static void same(struct play *p, const char *what, int64_t got, int64_t want)
{
	if (got != want)
		differ(p, "%s is %lld, the model says %lld", what, (long long)got, (long long)want);
}

static int compare_person(struct tx *tx, struct play *p, const struct room *room, int i)
{
	struct person *one = &p->m->people[i];
	struct at_door door;
	struct seat seat = { .role = S("") };
	int64_t n = 0;
	if (!one->met)
		return 0;
	int r = member_find_visitor(tx, room->community_id, one->visitor, &one->member);
	if (r == E_NOT_FOUND)                         /* asked to come in and was refused at once: never a member */
		return one->in ? r : 0;
	if (r < 0 || (r = door_of(tx, room, one->member, &door)) < 0)
		return r;
	if (banned(p->m, one) != str_is(door.door, "banned") || (one->door != BANNED && !str_is(door.door, doors[one->door])))
		differ(p, "%d stands %.*s, the model says %s until %lld", i, STR(door.door), doors[one->door], (long long)one->until);
	r = roster_get(tx, room->community_id, room->group_id, one->member, &seat);
	same(p, "being in", r == 0 && !seat.left_at.ms, one->in);
	if (r < 0 || !one->in)
		return r == E_NOT_FOUND ? 0 : r;
	if (!str_is(seat.role, roles[one->rank]))
		differ(p, "%d is %.*s, the model says %s", i, STR(seat.role), roles[one->rank]);
	same(p, "muted_until", seat.muted_until.ms, one->muted);
	same(p, "read_n", door.read_n, one->read);
	if ((r = lines_unread(tx, room, door.read_n, one->member, &n)) == 0)
		same(p, "unread", n, unread(p->m, i));
	return r;
}

static void compare_line(struct play *p, const struct line_shown *l, int64_t n)
{
	const struct said *s = &p->m->lines[n];
	int64_t who = s->who < 0 ? 0 : p->m->people[s->who].member.n;
	bool pinning = strstr(s->what, "pinned") != NULL;
	if (l->n != n || !str_is(l->what, s->what) || l->recalled != s->gone || (!pinning && l->member.n != who) ||
	    ((pinning || strcmp(s->what, "muted") == 0 || strcmp(s->what, "recalled") == 0) && l->about != s->about))
		differ(p, "line %lld: %.*s of %lld about %lld%s, the model says %s of %lld about %lld%s", (long long)l->n, STR(l->what),
		         (long long)l->member.n, (long long)l->about, l->recalled ? ", gone" : "", s->what, (long long)who, (long long)s->about,
		         s->gone ? ", gone" : "");
	if (l->recalled && l->text.len)
		differ(p, "line %lld was taken back and still says %.*s", (long long)n, STR(l->text));
}

static int compare(struct tx *tx, void *arg)
{
	struct play *p = arg;
	struct model *m = p->m;
	struct room room;
	struct rows rows;
	int r = room_of_group(tx, p->d->community, p->group, &room), owners = 0;
	if (r < 0)
		return r;
	same(p, "the newest line", room.last, m->last);
	same(p, "who is in", room.present, present(m));
	same(p, "places taken", room.present <= ROOMY, true);
	same(p, "quiet", room.quiet, m->quiet);
	for (int i = 0; r >= 0 && i < PEOPLE; i++) {
		r = compare_person(tx, p, &room, i);
		owners += m->people[i].in && m->people[i].rank == 2;
	}
	same(p, "one owner at most", owners <= 1, true);
	if (r < 0 || (r = lines_after(tx, &room, 0, LINES, &rows)) < 0)
		return r;
	same(p, "lines", (int64_t)rows.count, m->last);
	for (size_t i = 0; i < rows.count && !p->wrong[0]; i++)
		compare_line(p, (const struct line_shown *)rows.at + i, (int64_t)i + 1);
	if ((r = lines_pinned(tx, &room, &rows)) < 0)
		return r;
	same(p, "pins", (int64_t)rows.count, pins(m));
	for (size_t i = 0; i < rows.count; i++)
		same(p, "a pin", m->lines[((const struct line_shown *)rows.at)[i].n].pinned_at != 0, true);
	return 0;
}

/* ---- Worlds ------------------------------------------------------------------------------------------------------------- */

static void look(struct play *p)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 16 << 20);
	int r = store_read(p->d->house->store, &arena, compare, p);
	if (r != 0 || p->wrong[0])
		fail_msg("after %s by %d: %s%s", p->step, p->who, r < 0 ? err_word(r) : "", p->wrong);
}

/* The room has a link once its follower has made it. */
static void settle(struct play *p, int world)
{
	p->group = made(p->d->operator, at(p->d, "/groups"), text(p->d,
		"{\"name\":\"第 %d 个群\",\"channel\":\"web\",\"capacity\":%d,\"entry_by_approval\":%s,\"rename_allowed\":true,\"invite_allowed\":true,"
		"\"lifetime\":\"permanent\",\"ends_at\":null}", world, ROOMY, p->m->asks ? "true" : "false"));
	assert_int_equal(events_catch_up(p->d->house->store, features, p->d->community), 0);
	struct reply r = get(p->d->operator, at(p->d, "/groups/%lld/room", (long long)p->group.n));
	struct str path = json_at(&r, "path");
	p->slug = (struct str){ path.at + 3, path.len - 3 };
	assert_int_equal(put(p->d->operator, at(p->d, "/groups/%lld", (long long)p->group.n), text(p->d,
		"{\"name\":\"群 0\",\"channel\":\"web\",\"capacity\":%d,\"entry_by_approval\":%s,\"rename_allowed\":true,\"invite_allowed\":true,"
		"\"lifetime\":\"permanent\",\"ends_at\":null}", ROOMY, p->m->asks ? "true" : "false")).status, 200);
}

static void play_world(struct play *p, int world)
{
	*p->m = (struct model){ .now = BEGAN + world * DAY, .asks = world % 3 == 2 };
	clock_set((struct instant){ p->m->now });
	settle(p, world);
	for (int i = 0; i < PEOPLE; i++)
		p->m->people[i].visitor.n = 700000 + world * PEOPLE + i;
	for (int step = 0; step < STEPS; step++) {
		p->m->now += SECOND;
		clock_set((struct instant){ p->m->now });
		p->who = (int)draw(p, PEOPLE);
		steps[draw(p, sizeof steps / sizeof *steps)](p);
		look(p);
	}
	assert_int_equal(del(p->d->owner, at(p->d, "/groups/%lld", (long long)p->group.n)).status, 204);
}

PROMISE(room_model, "whatever people, admins, staff and the clock do in whatever order, a room is what a plain model says")
{
	struct desk d;
	struct play p = { .d = &d, .seed = 20260 };
	p.m = mem_take(sizeof *p.m);
	desk_open(&d, house, features);
	for (int world = 0; world < WORLDS; world++)
		play_world(&p, world);
	clock_set((struct instant){ 0 });
	mem_give(p.m);
	desk_close(&d);
}
