/* packet_property_test.c: whatever friends, clocks and colleagues do in whatever order, each packet is what was promised, and no
 * fen is made or lost.
 *
 * Story      Seven browsers open packets, help each other, are rejected and believed again, ask for money and are paid or refused,
 *            while the clock jumps to the edges of every packet's time and the job comes by when it likes. A small model knows
 *            who must have a share; after each step the store agrees, and in the end so does the file.
 */
#include "campaign/packet/packet_test.h"
#include "client.h"
#include "engine/jobs/jobs.h"
#include "people/member.h"

#define WORLDS 60
#define STEPS  60
#define PEOPLE  7

enum have { NOTHING, HAS, GONE, HELD };                   /* GONE: rejected */

struct model_packet { bool open, full, lapsed; int64_t due; enum have of[PEOPLE]; bool kept[PEOPLE]; };

struct play {
	struct desk        *d;
	struct packets      c;
	uint32_t            seed;
	int64_t             first, total, shares, least, budget, now;
	bool                once;
	struct id           opener[PEOPLE];
	struct model_packet m[PEOPLE];
};

static uint32_t draw(struct play *p, uint32_t below)
{
	p->seed = p->seed * 1664525u + 1013904223u;
	return (p->seed >> 8) % below;
}

static int64_t taken(const struct model_packet *m)
{
	int64_t n = 1;
	for (int i = 0; i < PEOPLE; i++)
		n += m->of[i] == HAS || m->kept[i];
	return n;
}

/* ---- Acts on the store, without a network ---- */

struct deed {
	struct play  *p;
	int           who, whose;
	bool          risky, accept;
	struct help   help;
	struct packet packet;
	struct rows   shares;
	struct id     opener;
	int64_t       left;
};

static struct request request_of(struct tx *tx, const struct deed *a)
{
	return (struct request){ .tx = tx, .arena = tx_arena(tx), .community = a->p->d->community, .visitor = { a->p->first + a->who },
	                         .lang = LANG_ZH, .address = S("127.0.0.1"), .origin = S("http://localhost") };
}

static int do_open(struct tx *tx, void *arg)
{
	struct deed *a = arg;
	struct request rq = request_of(tx, a);
	struct campaign c;
	struct participant me;
	int r = campaign_get(tx, rq.community, a->p->c.id, &c);
	if (r < 0 || (r = participant_make(&rq, &c, (struct id){ 0 }, S("人"), S(""), &me)) < 0 ||
	    (r = packet_open(&rq, &c, &me, str_format(rq.arena, "token-token-%05d", a->who))) < 0)
		return r;
	a->opener = me.id;
	return packet_get(tx, rq.community, me.id, &a->packet);
}

static int do_help(struct tx *tx, void *arg)
{
	struct deed *a = arg;
	struct campaign c;
	struct participant p;
	struct help_act act = { .helper = { a->p->first + a->who }, .nickname = S("友"), .at = tx_now(tx), .risk = a->risky ? "burst" : NULL };
	int r = campaign_get(tx, a->p->d->community, a->p->c.id, &c);
	if (r < 0 || (r = participant_get(tx, a->p->d->community, a->p->opener[a->whose], &p)) < 0)
		return r;
	return help_do(tx, a->p->d->community, &c, &p, &act, &a->help);
}

static int do_decide(struct tx *tx, void *arg)
{
	struct deed *a = arg;
	struct campaign c;
	struct id whose = a->p->opener[a->whose], helper = { a->p->first + a->who };
	int r = campaign_get(tx, a->p->d->community, a->p->c.id, &c);
	if (r < 0 || (r = help_of(tx, a->p->d->community, whose, helper, &a->help)) < 0)
		return r;
	return a->accept ? help_accept(tx, a->p->d->community, &c, whose, helper)
	                 : help_put(tx, a->p->d->community, c.id, &a->help, S("rejected"), S("r"), (struct id){ 0 });
}

static int do_look(struct tx *tx, void *arg)
{
	struct deed *a = arg;
	struct id whose = a->p->opener[a->whose];
	int r = packet_get(tx, a->p->d->community, whose, &a->packet);
	if (r < 0 || (r = packet_shares(tx, a->p->d->community, whose, &a->shares)) < 0)
		return r;
	r = help_of(tx, a->p->d->community, whose, (struct id){ a->p->first + a->who }, &a->help);
	return r == E_NOT_FOUND ? 0 : r;
}

static int run(struct deed *a, tx_action *action)
{
	static struct arena answers;
	arena_release(&answers);
	arena_init(&answers, 4 << 20);
	return store_write(a->p->d->house->store, a->p->d->community, &answers, action, a);
}

/* ---- Steps ---- */

static void step_open(struct play *p)
{
	struct deed a = { .p = p, .who = (int)draw(p, PEOPLE) };
	struct model_packet *m = &p->m[a.who];
	int r = run(&a, do_open);
	if (r == E_BUDGET_GONE) {
		assert_false(m->open || m->full || m->lapsed);
		return;
	}
	assert_int_equal(r, 0);
	if (p->opener[a.who].n)
		return;
	p->opener[a.who] = a.opener;
	m->open = true, m->due = a.packet.due_at.ms;
}

/* What help_do must answer: 0, or why there is no share. */
static int model_admits(const struct play *p, const struct model_packet *m)
{
	return m->lapsed || (m->open && p->now >= m->due) ? E_PACKET_LAPSED : m->full || taken(m) >= p->shares ? E_PACKET_FULL : 0;
}

static void model_taken(struct play *p, struct model_packet *m, int who)
{
	m->of[who] = HAS, m->kept[who] = false;
	if (m->open && taken(m) == p->shares)
		m->open = false, m->full = true;
}

static void step_help(struct play *p)
{
	struct deed a = { .p = p, .who = (int)draw(p, PEOPLE), .whose = (int)draw(p, PEOPLE), .risky = draw(p, 8) == 0 };
	struct model_packet *m = &p->m[a.whose];
	if (!p->opener[a.whose].n || a.who == a.whose)
		return;
	int want = m->of[a.who] == NOTHING ? model_admits(p, m) : 0, r = run(&a, do_help);
	assert_int_equal(r, want);
	if (r < 0 || m->of[a.who] != NOTHING)
		return;
	if (a.risky)
		m->of[a.who] = HELD;
	else
		model_taken(p, m, a.who);
	assert_str(a.help.state, a.risky ? "held" : "counted");
}

/* Staff's word: what staff take away while the packet is open makes a place free; where one is left it can be given again. */
static void step_decide(struct play *p)
{
	struct deed a = { .p = p, .who = (int)draw(p, PEOPLE), .whose = (int)draw(p, PEOPLE), .accept = draw(p, 2) };
	struct model_packet *m = &p->m[a.whose];
	if (!p->opener[a.whose].n || m->of[a.who] == NOTHING)
		return;
	assert_int_equal(run(&a, do_decide), 0);
	assert_int_equal(run(&a, do_look), 0);
	bool counts = str_is(a.help.state, "counted"), has = false;
	const struct packet_share *s = a.shares.at;
	for (size_t i = 0; i < a.shares.count; i++)
		has |= s[i].helper_id.n == p->first + a.who && str_among(s[i].state, "waiting given");
	if (a.accept && m->of[a.who] != HAS) {
		bool back = m->full && !m->kept[a.who] && m->of[a.who] == GONE;
		if (m->kept[a.who] || (!back && model_admits(p, m) == 0))
			assert_true(counts && has), model_taken(p, m, a.who);
		else if (counts)                  /* it was full with them, and the budget holds their share */
			assert_true(back && has), m->of[a.who] = HAS;
		else
			m->of[a.who] = GONE;
	} else if (!a.accept) {
		assert_false(counts);
		m->kept[a.who] = has;             /* it was paid */
		m->of[a.who] = GONE;
	}
}

static struct reply desk_post(struct play *p, const char *path, const char *json) { return post(p->d->operator, path, json); }

static void step_money(struct play *p)
{
	static int n;
	struct browser *b = person(p->d, p->first + draw(p, PEOPLE));
	struct reply r = act(p->d, b, p->c.slug, "payout", text(p->d, "{\"amount\":%d,\"receiver\":\"微信\",\"token\":\"token-money-%06d\"}",
		(int)(100 + draw(p, 200)), ++n));
	assert_true(r.status == 200 || r.status == 409);
	r = get(p->d->operator, text(p->d, "%s/payouts?state=to_pay", p->c.path));
	if (draw(p, 2) && json_length(&r, "items")) {
		const char *order = text(p->d, "%.*s", STR(json_at(&r, "items.0.id")));
		r = draw(p, 2) ? desk_post(p, at(p->d, "/payouts/%s/paid", order), "{\"note\":\"微信\"}")
		               : desk_post(p, at(p->d, "/payouts/%s/refuse", order), "{\"reason\":\"重填\"}");
		assert_int_equal(r.status, 200);
	}
	browser_close(b);
}

static void step_time(struct play *p)
{
	const struct model_packet *m = &p->m[draw(p, PEOPLE)];
	int64_t to = m->open && draw(p, 2) ? m->due - (int64_t)draw(p, 2) : p->now + (int64_t)draw(p, 3) * HOUR;
	if (to > p->now && to < INT64_C(1795600000000) - DAY)
		p->now = to;
	clock_set((struct instant){ p->now });
	if (draw(p, 2)) {
		packets_lapse(p->d);
		for (int i = 0; i < PEOPLE; i++)
			if (p->m[i].open && p->now >= p->m[i].due)
				p->m[i].open = false, p->m[i].lapsed = true;
	}
}

/* Of one packet, what the store says. */
static void look_at(struct play *p, int whose)
{
	struct deed a = { .p = p, .whose = whose };
	const struct model_packet *m = &p->m[whose];
	if (!p->opener[whose].n)
		return;
	assert_int_equal(run(&a, do_look), 0);
	assert_str(a.packet.state, m->full ? "full" : m->lapsed ? "lapsed" : "open");
	assert_true(a.packet.taken <= p->shares);
	const struct packet_share *s = a.shares.at;
	int64_t sum = 0;
	for (size_t i = 0; i < a.shares.count; i++) {
		assert_true(s[i].amount.fen >= p->least);
		assert_int_equal(s[i].turn <= p->shares, 1);
		sum += s[i].amount.fen;
	}
	if (m->full)
		assert_int_equal(sum, p->total);
	else
		assert_int_equal((int64_t)a.shares.count, taken(m));
	assert_true(sum <= p->total);
}

static void play(struct desk *d, uint32_t seed)
{
	struct play p = { .d = d, .seed = seed * 2654435761u + 1, .first = 10000 + (int64_t)seed * PEOPLE, .now = DURING };
	clock_set((struct instant){ DURING });
	p.shares = 2 + draw(&p, 4), p.total = 100 + draw(&p, 1900), p.least = 1 + draw(&p, (uint32_t)(p.total / p.shares));
	p.once = draw(&p, 2), p.budget = p.total * (2 + draw(&p, 5)) + draw(&p, 99);
	p.c = packets_running(d, text(d, "\"total\":%lld,\"shares\":%lld,\"least\":%lld,\"budget\":%lld,\"due\":\"%s\",\"split\":\"%s\",\"day_cap\":20000,"
		"\"hours\":%d", (long long)p.total, (long long)p.shares, (long long)p.least, (long long)p.budget, p.once ? "once" : "full",
		draw(&p, 3) ? "lucky" : "even", (int)draw(&p, 6) + 1), ",\"mutual\":true");
	for (int i = 0; i < STEPS; i++) {
		uint32_t what = draw(&p, 16);
		if (what < 3)
			step_open(&p);
		else if (what < 11)
			step_help(&p);
		else if (what < 13)
			step_decide(&p);
		else if (what < 14)
			step_money(&p);
		else
			step_time(&p);
		look_at(&p, (int)draw(&p, PEOPLE));
	}
	for (int i = 0; i < PEOPLE; i++)
		look_at(&p, i);
	assert_int_equal(post(d->operator, text(d, "%s/state", p.c.path), "{\"state\":\"ended\"}").status, 200);
	packets_lapse(d);
	struct browser *b = person(d, p.first);
	struct verified v = packets_checked(d, b, p.c.slug);
	assert_true(v.revealed && v.wrong == 0);
	browser_close(b);
}

PROMISE(packet_worlds, "whatever people, clocks and colleagues do in whatever order: packets are full or lapse as promised, no fen is made or lost, every file holds")
{
	struct desk d;
	int64_t budgets = 0;
	codes_open(&d, house);
	for (uint32_t world = 1; world <= WORLDS; world++) {
		struct play p = { .seed = world * 2654435761u + 1 };
		int64_t shares = 2 + draw(&p, 4), total = 100 + draw(&p, 1900);
		draw(&p, (uint32_t)(total / shares)), draw(&p, 2);
		budgets += total * (2 + draw(&p, 5));
		budgets += draw(&p, 99);
		play(&d, world);
		assert_conserved(&d, NULL, budgets);
	}
	assert_sound(&d);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
