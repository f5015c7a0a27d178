/* roster_test.c: whatever platforms tell, in whatever order, a group's list is what its newest facts say. */
#include "groups/roster.h"
#include "groups/group.h"
#include "groups/livecode.h"
#include "people/audit.h"
#include "people/desk_test.h"
#include "people/member.h"
#include "test.h"

#define PEOPLE 12
#define FACTS  600

extern const struct feature *const features[];

struct told { int64_t at; bool in; };

struct roster_case {
	struct id      community, group, member[PEOPLE];
	struct told    facts[PEOPLE];             /* the newest of each: what is true */
	unsigned       seed;
	int            changes;
	struct seat_fact one;
	int            result;
	struct rows    list;
};

static int random_below(struct roster_case *c, int n) { return (int)(rand_r(&c->seed) % (unsigned)n); }

static int tell_one(struct tx *tx, void *arg)
{
	struct roster_case *c = arg;
	int r = str_is(c->one.how, "left") ? roster_leave(tx, c->community, &c->one) : roster_join(tx, c->community, &c->one);
	c->result = r;
	return r < 0 ? r : 0;
}

static int told(struct house *house, struct roster_case *c, int person, bool in, int64_t at)
{
	c->one = (struct seat_fact){ .group = c->group, .member = c->member[person], .how = in ? S("qr") : S("left"), .at = { at } };
	assert_int_equal(store_write(house->store, c->community, &house->arena, tell_one, c), 0);
	return c->result;
}

static int count_it(struct tx *tx, void *arg)
{
	struct roster_case *c = arg;
	int64_t n = -1;
	int r = roster_count(tx, c->community, c->group, &n);
	struct group_brief g;
	if (r == 0 && (r = group_get_brief(tx, c->community, c->group, &g)) == 0)
		assert_int_equal(g.member_count, n);
	c->result = (int)n;
	if (r == 0)
		r = roster_page(tx, c->community, c->group, (struct id){ INT64_MIN }, 100, &c->list);
	return r < 0 ? r : 0;
}

static int keep(struct tx *tx, void *arg)
{
	struct roster_case *c = arg;
	return roster_keep(tx, c->community, c->group, true);
}

static void open_case(struct desk *d, struct roster_case *c, struct house *house)
{
	desk_open(d, house, features);
	*c = (struct roster_case){ .community = d->community, .seed = 7 };
	c->group = made(d->operator, at(d, "/groups"), "{\"name\":\"车主群\",\"channel\":\"onebot\"}");
	for (int i = 0; i < PEOPLE; i++)
		c->member[i] = made(d->operator, at(d, "/members"), text(d, "{\"nickname\":\"人%d\"}", i));
	assert_int_equal(store_write(house->store, c->community, &house->arena, keep, c), 0);
}

static void agrees(struct house *house, struct roster_case *c)
{
	int in = 0;
	for (int i = 0; i < PEOPLE; i++)
		in += c->facts[i].in;
	assert_int_equal(store_read(house->store, &house->arena, count_it, c), 0);
	assert_int_equal(c->result, in);
	assert_int_equal(c->list.count, in);
}

PROMISE(roster_any_order, "joinings and leavings told late, twice and out of order: the newest of each person is what is true")
{
	struct desk d;
	struct roster_case c;
	open_case(&d, &c, house);
	for (int i = 0; i < FACTS; i++) {
		int who = random_below(&c, PEOPLE);
		int64_t when = 1000000 + 10 * random_below(&c, 5000) + who;
		bool in = random_below(&c, 2);
		bool newer = when > c.facts[who].at, moves = newer && in != c.facts[who].in;
		if (when == c.facts[who].at)
			continue;
		assert_int_equal(told(house, &c, who, in, when), moves);
		/* a leaving of somebody who is out says nothing new, and is not remembered */
		if (newer && (in || c.facts[who].in))
			c.facts[who] = (struct told){ when, in };
		if (i % 50 == 0)
			agrees(house, &c);
	}
	agrees(house, &c);
	desk_close(&d);
}

struct whole { struct roster_case *c; struct seat_fact list[PEOPLE]; size_t count; int64_t at, changes; };

static int replace_it(struct tx *tx, void *arg)
{
	struct whole *w = arg;
	return roster_replace(tx, w->c->community, w->c->group, (struct id){ 0 }, (struct rows){ w->list, w->count },
	                      (struct instant){ w->at }, &w->changes);
}

struct counting { struct id community; const char *kind; int64_t n; };

static int count_events(struct tx *tx, void *arg)
{
	struct counting *c = arg;
	struct event_place place = { INT64_MIN, { 0 } };
	struct event *list;
	size_t count;
	int r;
	while ((r = event_next(tx, c->community, &place, &list, &count)) == 0 && count)
		for (size_t i = 0; i < count; i++)
			c->n += str_is(list[i].kind, c->kind);
	return r;
}

static int64_t events_of(struct desk *d, struct house *house, const char *kind)
{
	struct counting c = { d->community, kind, 0 };
	assert_int_equal(store_read(house->store, &house->arena, count_events, &c), 0);
	return c.n;
}

PROMISE(roster_whole_list, "a list read whole is taken over: the first one quietly, later ones by who came and who went")
{
	struct desk d;
	struct roster_case c;
	open_case(&d, &c, house);
	struct whole w = { .c = &c, .count = 5, .at = 5000 };
	for (size_t i = 0; i < 5; i++)
		w.list[i].member = c.member[i];
	told(house, &c, 4, true, 4000);                               /* came after we began to listen, before there was a list */
	assert_int_equal(store_write(house->store, d.community, &house->arena, replace_it, &w), 0);
	assert_int_equal(w.changes, 4);
	assert_int_equal(events_of(&d, house, "member_joined_group"), 1);
	/* 0 goes, 7 comes; 1 left after the list was read, so it knows nothing of that */
	told(house, &c, 1, false, 9000);
	w = (struct whole){ .c = &c, .count = 5, .at = 8000 };
	static const int next[] = { 7, 4, 3, 2, 1 };
	for (size_t i = 0; i < 5; i++)
		w.list[i].member = c.member[next[i]];
	assert_int_equal(store_write(house->store, d.community, &house->arena, replace_it, &w), 0);
	assert_int_equal(w.changes, 2);
	for (int i = 0; i < PEOPLE; i++)
		c.facts[i].in = i == 7 || (i >= 2 && i <= 4);
	agrees(house, &c);
	assert_int_equal(events_of(&d, house, "member_joined_group"), 2);
	assert_int_equal(events_of(&d, house, "member_left_group"), 2);
	desk_close(&d);
}

PROMISE(roster_by_hand, "staff put a member into a group's list and take them out; the list says since when")
{
	struct desk d;
	struct roster_case c;
	open_case(&d, &c, house);
	const char *seats = at(&d, "/groups/%lld/seats", (long long)c.group.n);
	const char *body = text(&d, "{\"member_id\":\"%lld\"}", (long long)c.member[3].n);
	struct reply r = post(d.operator, seats, body);
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "nickname"), "人3");
	post(d.operator, seats, body);
	r = get(d.reader, seats);
	assert_int_equal(number_at(&r, "total"), 1);
	r = post(d.operator, at(&d, "/groups/%lld/seats/leave", (long long)c.group.n), body);
	assert_int_equal(r.status, 200);
	r = get(d.reader, seats);
	assert_int_equal(number_at(&r, "total"), 0);
	r = get(d.reader, at(&d, "/groups/%lld/seats?gone=true", (long long)c.group.n));
	assert_str(json_at(&r, "items.0.nickname"), "人3");
	r = post(d.operator, seats, "{\"member_id\":\"1\"}");
	assert_int_equal(r.status, 404);
	assert_str(json_at(&r, "error.field"), "member_id");
	desk_close(&d);
}
