/* campaign_property_test.c: whatever people, clocks and colleagues do in whatever order, a campaign keeps its promises.
 *
 * Story      A few people with more devices than hands take part, help, claim; staff accept, reject, cancel, restock, pause, merge
 *            members, undo it, split them; the clock jumps to the edges of every window. A small model in plain C is told the same and must agree after
 *            each step: who counts for whom, what is left, who got what.
 * Holds      One person counts once for a participant, never for themselves; a goal is the ledger's balance; stock is never
 *            below zero; a code is given once; outside the windows nothing counts; what was given stays.
 */
#include <pthread.h>

#include "campaign/campaign_test.h"
#include "people/member.h"
#include "people/merge.h"

#define WORLDS 100
#define STEPS   70
#define DEVICES  9
#define PRIZES   3
#define START  INT64_C(1795000000000)
#define END    INT64_C(1795600000000)
#define LAST   INT64_C(1795700000000)

/* TAKEN: had counted, and is one person's second; ASIDE: the same, and never counted. */
enum given { NOTHING, COUNTED, HELD, REFUSED, REJECTED, TAKEN, ASIDE };
#define MERGES 12

struct merged { struct id id; int kept, gone; bool moved[DEVICES]; };

struct model {
	bool       mutual;
	int64_t    each;                          /* helps of one person in the campaign; 0: no limit */
	bool       paused;
	int64_t    now, stock[PRIZES];
	bool       joined[DEVICES];
	enum given help[DEVICES][DEVICES];        /* [for whom][of whom] */
	int        age[DEVICES][DEVICES], acts;   /* which came first */
	int        group[DEVICES], groups;        /* who has the device */
	struct merged merges[MERGES];
	int        merge_count;
	int        order[DEVICES][2];             /* by stage: the prize, from 1; 0: none */
	bool       cancelled[DEVICES][2];
};

struct play {
	struct desk    *d;
	struct model    m;
	uint32_t        seed;
	int64_t         first;                    /* number of the first device */
	struct id       campaign, stages[2], prizes[PRIZES], participants[DEVICES], orders[DEVICES][2];
};

static uint32_t draw(struct play *p, uint32_t below)
{
	p->seed = p->seed * 1664525u + 1013904223u;
	return (p->seed >> 8) % below;
}

/* ---- What the model knows ---- */

static bool is_open(const struct model *m) { return !m->paused && m->now >= START && m->now < END; }
static bool stands(enum given g) { return g == COUNTED || g == HELD; }

static int64_t balance_of(const struct model *m, int whose)
{
	int64_t n = 0;
	for (int a = 0; a < DEVICES; a++)
		n += m->help[whose][a] == COUNTED;
	return n;
}

/* By all devices of whoever has this one. */
static int64_t helped_by(const struct model *m, int helper)
{
	int64_t n = 0;
	for (int d = 0; d < DEVICES; d++)
		for (int p = 0; m->group[d] == m->group[helper] && p < DEVICES; p++)
			n += stands(m->help[p][d]);
	return n;
}

/* Does a device of this person count for a page of the helper's, whichever device took part? */
static bool helped_back(const struct model *m, int whose, int helper)
{
	bool back = false;
	for (int d = 0; d < DEVICES; d++)
		for (int q = 0; q < DEVICES; q++)
			back |= m->group[d] == m->group[helper] && m->group[q] == m->group[whose] && m->joined[d] && stands(m->help[d][q]);
	return back;
}

/* Somebody's other device, or their own page. */
static bool same_person(const struct model *m, int whose, int helper)
{
	bool same = m->group[whose] == m->group[helper];
	for (int d = 0; d < DEVICES; d++)
		same |= d != helper && m->group[d] == m->group[helper] && stands(m->help[whose][d]);
	return same;
}

/* What ought to be: of each person the oldest, and none for themselves. */
static void model_settle(struct model *m, int whose)
{
	for (int g = 0; g < m->groups; g++) {
		int first = -1;
		for (int d = 0; d < DEVICES; d++) {
			enum given h = m->help[whose][d];
			if (m->group[d] == g && g != m->group[whose] && (stands(h) || h == TAKEN || h == ASIDE) &&
			    (first < 0 || m->age[whose][d] < m->age[whose][first]))
				first = d;
		}
		for (int d = 0; d < DEVICES; d++) {
			enum given *h = &m->help[whose][d];
			if (m->group[d] == g && d != first && stands(*h))
				*h = *h == COUNTED ? TAKEN : ASIDE;
			else if (d == first && (*h == TAKEN || *h == ASIDE))
				*h = *h == TAKEN ? COUNTED : HELD;
		}
	}
}

static enum given model_verdict(const struct model *m, int whose, int helper, bool risky)
{
	if (same_person(m, whose, helper))
		return ASIDE;
	if ((m->each && helped_by(m, helper) >= m->each) ||
	    (!m->mutual && helped_back(m, whose, helper)))
		return REFUSED;
	return risky ? HELD : COUNTED;
}

/* ---- Acts on the store, without a network ---- */

struct deed {
	struct play       *p;
	int                who, whose;            /* devices */
	int                stage, prize;
	bool               risky;
	int64_t            pieces;
	struct participant made;
	struct prize_order order;
	struct help        help;
	struct id          seen;
	int64_t            left, balance;
	int                result;
};

static struct request request_of(struct tx *tx, const struct deed *a)
{
	return (struct request){ .tx = tx, .arena = tx_arena(tx), .community = a->p->d->community, .visitor = { a->p->first + a->who },
	                         .lang = LANG_ZH, .address = S("127.0.0.1"), .origin = S("http://localhost") };
}

static int do_join(struct tx *tx, void *arg)
{
	struct deed *a = arg;
	struct request rq = request_of(tx, a);
	struct campaign c;
	int r = campaign_get(tx, rq.community, a->p->campaign, &c);
	return r < 0 ? r : participant_make(&rq, &c, (struct id){ 0 }, S("人"), S(""), &a->made);
}

static int do_help(struct tx *tx, void *arg)
{
	struct deed *a = arg;
	struct campaign c;
	struct participant p;
	struct help_act act = { .helper = { a->p->first + a->who }, .nickname = S("友"), .at = tx_now(tx), .risk = a->risky ? "burst" : NULL };
	int r = campaign_get(tx, a->p->d->community, a->p->campaign, &c);
	if (r < 0 || (r = participant_get(tx, a->p->d->community, a->p->participants[a->whose], &p)) < 0)
		return r;
	return help_do(tx, a->p->d->community, &c, &p, &act, &a->help);
}

static int do_claim(struct tx *tx, void *arg)
{
	struct deed *a = arg;
	struct request rq = request_of(tx, a);
	struct campaign c;
	struct participant p;
	struct claim claim = { .stage = a->p->stages[a->stage], .prize = a->p->prizes[a->prize] };
	int r = campaign_get(tx, rq.community, a->p->campaign, &c);
	if (r < 0 || (r = participant_get(tx, rq.community, a->p->participants[a->whose], &p)) < 0)
		return r;
	return prize_claim(&rq, &c, &p, &claim, &a->order);
}

static int do_restock(struct tx *tx, void *arg)
{
	struct deed *a = arg;
	struct request rq = request_of(tx, a);
	return prize_restock(&rq, a->p->prizes[a->prize], 0, a->pieces);
}

static int do_look(struct tx *tx, void *arg)
{
	struct deed *a = arg;
	int r = ledger_balance(tx, a->p->d->community, &book_help, a->p->participants[a->whose], &a->balance);
	return r < 0 ? r : prize_left(tx, a->p->d->community, a->p->prizes[a->prize], &a->left);
}

/* What a deed answers lives until the next one. */
static int run(struct deed *a, tx_action *action)
{
	static struct arena answers;
	arena_release(&answers);
	arena_init(&answers, 4 << 20);
	return store_write(a->p->d->house->store, a->p->d->community, &answers, action, a);
}

/* ---- Steps ---- */

/* As which device a person takes part who comes with this one: itself, or the first of theirs; -1: not yet. */
static int joined_as(const struct play *p, int device)
{
	int first = p->m.joined[device] ? device : -1;
	for (int d = 0; first != device && d < DEVICES; d++)
		if (p->m.joined[d] && p->m.group[d] == p->m.group[device] && (first < 0 || p->participants[d].n < p->participants[first].n))
			first = d;
	return first;
}

static void step_join(struct play *p)
{
	struct deed a = { .p = p, .who = (int)draw(p, DEVICES) };
	int r = run(&a, do_join), known = joined_as(p, a.who);
	if (known >= 0) {
		assert_int_equal(r, 0);
		assert_int_equal(a.made.id.n, p->participants[known].n);
	} else if (is_open(&p->m)) {
		assert_int_equal(r, 0);
		p->m.joined[a.who] = true, p->participants[a.who] = a.made.id;
	} else {
		assert_int_equal(r, E_CAMPAIGN_CLOSED);
	}
}

static void step_help(struct play *p)
{
	struct deed a = { .p = p, .who = (int)draw(p, DEVICES), .whose = (int)draw(p, DEVICES), .risky = draw(p, 6) == 0 };
	if (!p->m.joined[a.whose])
		return;
	enum given *known = &p->m.help[a.whose][a.who];
	int r = run(&a, do_help);
	if (*known == NOTHING && !is_open(&p->m)) {
		assert_int_equal(r, E_CAMPAIGN_CLOSED);
		return;
	}
	assert_int_equal(r, 0);
	if (*known == NOTHING) {
		*known = model_verdict(&p->m, a.whose, a.who, a.risky);
		p->m.age[a.whose][a.who] = ++p->m.acts;
	}
	static const char *const states[] = { [COUNTED] = "counted", [HELD] = "held", [REFUSED] = "refused", [REJECTED] = "rejected",
	                                      [TAKEN] = "deducted", [ASIDE] = "refused" };
	if (!str_is(a.help.state, states[*known]) && !(*known == REJECTED && str_is(a.help.state, "deducted")))
		fail_msg("%d for %d: %.*s %.*s, the model says %s", a.who, a.whose, STR(a.help.state), STR(a.help.reason), states[*known]);
}

static void step_decide(struct play *p)
{
	int whose = (int)draw(p, DEVICES), who = (int)draw(p, DEVICES);
	bool accept = draw(p, 2);
	enum given *known = &p->m.help[whose][who];
	if (!p->m.joined[whose] || *known == NOTHING)
		return;
	struct reply r = post(p->d->operator, at(p->d, "/helps/decide"), text(p->d, "{\"participant\":\"%lld\",\"helper\":\"%d\","
		"\"accept\":%s,\"reason\":\"r\"}", (long long)p->participants[whose].n, (int)p->first + who, accept ? "true" : "false"));
	bool other = *known == TAKEN || *known == ASIDE;
	bool may = accept ? *known != COUNTED && !other : *known != REJECTED && *known != TAKEN;
	if (r.status != (may ? 200 : 409))
		fail_msg("decide %d for %d, %d, accept %d: %d %.*s", who, whose, *known, accept, r.status, STR(r.body));
	if (!may)
		return;
	*known = accept ? COUNTED : REJECTED;
	model_settle(&p->m, whose);
}

/* ---- Who is who ---- */

struct meeting { struct play *p; int one, other; struct id merge, stays; };

static int member_at(struct tx *tx, struct play *p, int device, struct id *ret)
{
	bool made;
	return member_of_visitor(tx, p->d->community, (struct id){ p->first + device }, &(struct member_origin){ .nickname = S("人") }, ret, &made);
}

static int do_merge(struct tx *tx, void *arg)
{
	struct meeting *m = arg;
	struct id one, other;
	int r = member_at(tx, m->p, m->one, &one);
	if (r < 0 || (r = member_at(tx, m->p, m->other, &other)) < 0)
		return r;
	return member_merge(tx, whole_program, m->p->d->community, one, other, (struct rows){ 0 }, (struct id){ 0 }, &m->merge, &m->stays);
}

static int do_unmerge(struct tx *tx, void *arg)
{
	struct meeting *m = arg;
	return member_unmerge(tx, whole_program, m->p->d->community, m->merge, (struct id){ 0 }, &m->stays);
}

static int do_split(struct tx *tx, void *arg)
{
	struct meeting *m = arg;
	struct id member, new;
	int r = member_at(tx, m->p, m->one, &member);
	return r < 0 ? r : member_split(tx, whole_program, m->p->d->community, member, S("browser"),
	                                str_of(text(m->p->d, "%lld", (long long)(m->p->first + m->one))), S("分"), (struct id){ 0 }, &new);
}

static int meet(struct play *p, tx_action *action, struct meeting *m)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 4 << 20);
	int r = store_write(p->d->house->store, p->d->community, &arena, action, m);
	assert_int_equal(events_catch_up(p->d->house->store, whole_program, p->d->community), 0);
	return r;
}

static void settle_all(struct model *m)
{
	for (int i = 0; i < DEVICES; i++)
		model_settle(m, i);
}

static void step_merge(struct play *p)
{
	struct model *m = &p->m;
	struct meeting meeting = { .p = p, .one = (int)draw(p, DEVICES), .other = (int)draw(p, DEVICES) };
	if (m->merge_count == MERGES)
		return;
	struct merged *merged = &m->merges[m->merge_count];
	*merged = (struct merged){ .kept = m->group[meeting.one], .gone = m->group[meeting.other] };
	int r = meet(p, do_merge, &meeting);
	assert_int_equal(r, merged->kept == merged->gone ? E_SAME_MEMBER : 0);
	if (r < 0)
		return;
	for (int d = 0; d < DEVICES; d++)
		if ((merged->moved[d] = m->group[d] == merged->gone))
			m->group[d] = merged->kept;
	merged->id = meeting.merge;
	m->merge_count++;
	settle_all(m);
}

/* The last one: what a split took away since stays away. */
static void step_unmerge(struct play *p)
{
	struct model *m = &p->m;
	if (!m->merge_count)
		return;
	const struct merged *merged = &m->merges[--m->merge_count];
	assert_int_equal(meet(p, do_unmerge, &(struct meeting){ .p = p, .merge = merged->id }), 0);
	for (int d = 0; d < DEVICES; d++)
		if (merged->moved[d] && m->group[d] == merged->kept)
			m->group[d] = merged->gone;
	settle_all(m);
}

static void step_split(struct play *p)
{
	struct model *m = &p->m;
	int d = (int)draw(p, DEVICES);
	assert_int_equal(meet(p, do_split, &(struct meeting){ .p = p, .one = d }), 0);
	m->group[d] = m->groups++;
	settle_all(m);
}

/* ---- Prizes ---- */

/* Prizes 0 and 1 belong to stage 0, prize 2 to stage 1; now and then a prize of the other stage is asked for. */
static void step_claim(struct play *p)
{
	struct deed a = { .p = p, .whose = (int)draw(p, DEVICES), .stage = (int)draw(p, 2), .prize = (int)draw(p, PRIZES) };
	struct model *m = &p->m;
	int64_t goals[] = { 1, 3 };
	a.who = a.whose;
	if (!m->joined[a.whose])
		return;
	int *order = &m->order[a.whose][a.stage];
	bool foreign = (a.prize == 2) != (a.stage == 1);
	int r = run(&a, do_claim);
	int want = foreign ? E_NOT_FOUND : *order ? 0 : (m->now < START && !m->paused) || m->now >= LAST ? E_CAMPAIGN_CLOSED
	         : balance_of(m, a.whose) < goals[a.stage] ? E_STAGE_NOT_REACHED : m->stock[a.prize] == 0 ? E_PRIZE_GONE : 0;
	assert_int_equal(r, want);
	if (want < 0)
		return;
	if (!*order) {
		*order = a.prize + 1, p->orders[a.whose][a.stage] = a.order.id;
		m->stock[a.prize]--;
	}
	assert_int_equal(a.order.prize_id.n, p->prizes[*order - 1].n);        /* the first choice stays */
	assert_int_equal(a.order.id.n, p->orders[a.whose][a.stage].n);
}

static void step_cancel(struct play *p)
{
	int whose = (int)draw(p, DEVICES), stage = (int)draw(p, 2), prize = p->m.order[whose][stage] - 1;
	if (prize < 0)
		return;
	struct reply r = post(p->d->operator, at(p->d, "/orders/%lld/cancel", (long long)p->orders[whose][stage].n), "{\"reason\":\"误领\"}");
	bool may = prize != 1 && !p->m.cancelled[whose][stage];              /* a code that was seen cannot come back */
	assert_int_equal(r.status, may ? 200 : 409);
	if (may)
		p->m.cancelled[whose][stage] = true, p->m.stock[prize]++;
}

static void step_restock(struct play *p)
{
	struct deed a = { .p = p, .prize = draw(p, 2) ? 2 : 0, .pieces = (int64_t)draw(p, 5) - 3 };
	int r = run(&a, do_restock);
	bool may = p->m.stock[a.prize] + a.pieces >= 0;
	assert_int_equal(r, !may ? E_NOT_ENOUGH : a.pieces ? 1 : 0);
	if (may)
		p->m.stock[a.prize] += a.pieces;
}

static void step_pause(struct play *p)
{
	bool want = !p->m.paused;
	struct reply r = post(p->d->operator, at(p->d, "/campaigns/%lld/state", (long long)p->campaign.n),
	                      want ? "{\"state\":\"paused\"}" : "{\"state\":\"running\"}");
	if (!want && p->m.now >= END)
		assert_reply(r, 400, "time_order");
	else
		assert_int_equal(r.status, 200), p->m.paused = want;
}

static void step_clock(struct play *p)
{
	static const int64_t edges[] = { START - 1, START, DURING, DURING, DURING + DAY, END - 1, END, LAST - 1, LAST };
	p->m.now = edges[draw(p, sizeof edges / sizeof *edges)];
	clock_set((struct instant){ p->m.now });
}

static void (*const steps[])(struct play *) = {
	step_join, step_join, step_help, step_help, step_help, step_help, step_help, step_help, step_decide, step_decide, step_claim,
	step_claim, step_claim, step_cancel, step_restock, step_pause, step_clock, step_clock, step_merge, step_unmerge, step_split,
};

/* ---- Worlds ---- */

static struct id id_at(const struct reply *r, const char *path) { return (struct id){ number_at(r, path) }; }

static void open_play(struct play *p, struct desk *d, uint32_t number)
{
	uint32_t seed = number * 2654435761u;
	*p = (struct play){ .d = d, .seed = seed, .m = { .now = DURING, .mutual = seed % 2, .each = seed % 3 ? 0 : 2, .stock = { 2, 2, 1 }, .groups = DEVICES },
	                   .first = 5000 + 100 * (int64_t)number };
	for (int i = 0; i < DEVICES; i++)
		p->m.group[i] = i;
	clock_set((struct instant){ DURING });
	p->campaign = made(d->operator, at(d, "/campaigns"), campaign_json(d, (struct plan_draft){ .more = text(d,
		",\"mutual\":%s,\"helps_each\":%d,\"stages\":[{\"goal\":1,\"prizes\":[{\"kind\":\"onsite\",\"title\":\"洗车\",\"value\":1,\"stock\":2},"
		"{\"kind\":\"code\",\"title\":\"月卡\",\"value\":1,\"stock\":2}]},{\"goal\":3,\"prizes\":[{\"kind\":\"onsite\",\"title\":\"保养\","
		"\"value\":1,\"stock\":1}]}]", p->m.mutual ? "true" : "false", (int)p->m.each) }));
	struct reply r = get(d->operator, at(d, "/campaigns/%lld", (long long)p->campaign.n));
	for (int i = 0; i < 2; i++)
		p->stages[i] = id_at(&r, text(d, "stages.%d.id", i));
	for (int i = 0; i < PRIZES; i++)
		p->prizes[i] = id_at(&r, text(d, "stages.%d.prizes.%d.id", i / 2, i % 2));
	post(d->operator, at(d, "/prizes/%lld/codes", (long long)p->prizes[1].n), "{\"text\":\"AAA1\\nAAA2\"}");
	r = post(d->operator, at(d, "/campaigns/%lld/state", (long long)p->campaign.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	assert_int_equal(r.status, 200);
}

/* The store says what the model says. */
static void compare(struct play *p)
{
	for (int i = 0; i < DEVICES; i++) {
		struct deed a = { .p = p, .whose = i, .prize = i % PRIZES };
		assert_true(run(&a, do_look) >= 0);
		assert_int_equal(a.balance, balance_of(&p->m, i));
		assert_int_equal(a.left, p->m.stock[a.prize]);
		assert_true(a.balance >= 0 && a.left >= 0);
	}
}

/* Nobody has a code that another has, and what was given is given still. */
static void compare_orders(struct play *p)
{
	struct reply r = get(p->d->owner, at(p->d, "/campaigns/%lld/orders?limit=200", (long long)p->campaign.n));
	struct str codes[2 * DEVICES];
	size_t count = 0, want = 0, n = json_length(&r, "items");
	for (int i = 0; i < DEVICES; i++)
		want += !!p->m.order[i][0] + !!p->m.order[i][1];
	assert_int_equal(n, want);
	for (size_t i = 0; i < n; i++) {
		struct str code = json_at(&r, text(p->d, "items.%zu.code", i));
		assert_true(code.len > 0);
		for (size_t k = 0; k < count; k++)
			assert_false(str_equal(codes[k], code));
		codes[count++] = code;
	}
}

PROMISE(campaign_property, "whatever people, clocks and colleagues do in whatever order, a model in plain C agrees after each step")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	for (uint32_t world = 1; world <= WORLDS; world++) {
		struct play p;
		open_play(&p, &d, world);
		for (int i = 0; i < STEPS; i++) {
			steps[draw(&p, sizeof steps / sizeof *steps)](&p);
			if (i % 4 == 3)
				compare(&p);
		}
		compare(&p);
		compare_orders(&p);
	}
	assert_sound(&d);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- Two hundred hands for the last pieces, through the network ---- */

#define HANDS   8
#define EACH   25
#define PIECES 10

struct hand {
	pthread_t       thread;
	struct browser *browsers[EACH];
	const char     *slugs[EACH], *json[EACH];
	int             got, gone, other;
};

static void *reach(void *arg)
{
	struct hand *h = arg;
	for (int i = 0; i < EACH; i++) {
		char path[100];
		snprintf(path, sizeof path, "/t/%s/claim", h->slugs[i]);
		struct reply r = post(h->browsers[i], path, h->json[i]);
		h->got += r.status == 200;
		h->gone += r.status == 409 && str_is(json_at(&r, "error.code"), "prize_gone");
		h->other += r.status != 200 && r.status != 409;
	}
	return NULL;
}

PROMISE(campaign_two_hundred, "two hundred people reach for the last ten pieces and the last ten codes at once: ten get each, every code once")
{
	static struct hand hands[HANDS];
	struct desk d;
	struct play p;
	int got = 0, gone = 0;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	memset(hands, 0, sizeof hands);
	p.campaign = made(d.operator, at(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){ .more =
		",\"stages\":[{\"goal\":1,\"prizes\":[{\"kind\":\"onsite\",\"title\":\"洗车\",\"value\":1,\"stock\":10},"
		"{\"kind\":\"code\",\"title\":\"月卡\",\"value\":1,\"stock\":10}]}]" }));
	struct reply r = get(d.operator, at(&d, "/campaigns/%lld", (long long)p.campaign.n));
	const char *stage = text(&d, "%.*s", STR(json_at(&r, "stages.0.id"))), *slug = text(&d, "%.*s", STR(json_at(&r, "slug")));
	for (int i = 0; i < 2; i++)
		p.prizes[i] = id_at(&r, text(&d, "stages.0.prizes.%d.id", i));
	post(d.operator, at(&d, "/prizes/%lld/codes", (long long)p.prizes[1].n), "{\"text\":\"A1\\nA2\\nA3\\nA4\\nA5\\nA6\\nA7\\nA8\\nA9\\nB0\"}");
	r = post(d.operator, at(&d, "/campaigns/%lld/state", (long long)p.campaign.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	assert_int_equal(r.status, 200);
	struct browser *friend = person(&d, 9999);
	for (int i = 0; i < HANDS * EACH; i++) {
		struct hand *h = &hands[i / EACH];
		struct browser *b = h->browsers[i % EACH] = person(&d, 10000 + i);
		h->slugs[i % EACH] = take_part(&d, b, slug, "人");
		h->json[i % EACH] = text(&d, "{\"stage\":\"%s\",\"prize\":\"%lld\"}", stage, (long long)p.prizes[i % 2].n);
		if (i % 50 == 0)                          /* a helper too has only so many tries in ten minutes */
			browser_close(friend), friend = person(&d, 20000 + i);
		assert_str(str_of(verdict(&d, friend, h->slugs[i % EACH])), "counted");
	}
	for (int i = 0; i < HANDS; i++)
		pthread_create(&hands[i].thread, NULL, reach, &hands[i]);
	for (int i = 0; i < HANDS; i++) {
		pthread_join(hands[i].thread, NULL);
		got += hands[i].got, gone += hands[i].gone;
		assert_int_equal(hands[i].other, 0);
	}
	assert_int_equal(got, 2 * PIECES);
	assert_int_equal(gone, HANDS * EACH - 2 * PIECES);
	r = get(d.operator, at(&d, "/campaigns/%lld", (long long)p.campaign.n));
	assert_str(json_at(&r, "stages.0.prizes.0.remaining"), "0");
	assert_str(json_at(&r, "stages.0.prizes.1.remaining"), "0");
	r = get(d.owner, at(&d, "/campaigns/%lld/orders?limit=200", (long long)p.campaign.n));
	assert_int_equal(json_length(&r, "items"), 2 * PIECES);
	for (int i = 0; i < 2 * PIECES; i++)
		for (int k = 0; k < i; k++)
			assert_false(str_equal(json_at(&r, text(&d, "items.%d.code", i)), json_at(&r, text(&d, "items.%d.code", k))));
	assert_sound(&d);
	for (int i = 0; i < HANDS * EACH; i++)
		browser_close(hands[i / EACH].browsers[i % EACH]);
	browser_close(friend);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
