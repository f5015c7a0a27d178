/* tree_test.c: the numbers of a campaign are what plain SQL says, however they came about and whoever counted before. */
#include "campaign/campaign_test.h"
#include "campaign/tree/tree.h"
#include "engine/jobs/jobs.h"

#define PEOPLE 14
#define ACTS   220

static uint32_t draw(uint32_t *seed, uint32_t below) { return (*seed = *seed * 1664525u + 1013904223u) % 1000003u % below; }

/* ---- What plain SQL says --------------------------------------------------------------------------- */

struct told { struct id id, parent_id; int64_t helps, lost, claims; bool blocked; };

ROW(told,
	FIELD(told, id,        "Participant"),
	FIELD(told, parent_id, "Through whom"),
	FIELD(told, helps,     "Entries of the ledger added up"),
	FIELD(told, lost,      "Helps that do not count"),
	FIELD(told, claims,    "Orders"),
	FIELD(told, blocked,   "Blocked"));

static QUERY(told_by_sql, READS, &row_told, TAKES(K_ID, K_ID),
	"SELECT p.id, p.parent_id, CAST(COALESCE((SELECT sum(e.amount) FROM ledger_entry e WHERE e.community_id = p.community_id"
	" AND e.book = 'help' AND e.holder_id = p.id), 0) AS BIGINT) AS helps, (SELECT count(*) FROM help h WHERE h.community_id = p.community_id"
	" AND h.participant_id = p.id AND h.state NOT IN ('open', 'held', 'counted')) AS lost, (SELECT count(*) FROM prize_order o"
	" WHERE o.community_id = p.community_id AND o.participant_id = p.id AND o.state <> 'cancelled') AS claims, p.state = 'blocked' AS blocked"
	" FROM participant p WHERE p.community_id = ?1 AND p.campaign_id = ?2 ORDER BY p.id");

struct comparing { const struct desk *desk; struct id campaign; size_t people; };

static size_t place_in(const struct told *all, size_t count, struct id id)
{
	size_t i = 0;
	while (i < count && all[i].id.n != id.n)
		i++;
	return i;
}

/* Everybody below, by walking up from each. */
static struct tree_sums sums_by_walking(const struct told *all, size_t count, size_t of)
{
	struct tree_sums sums = { .helps = all[of].helps };
	for (size_t i = 0; i < count; i++) {
		sums.children += all[i].parent_id.n == all[of].id.n;
		for (size_t at = place_in(all, count, all[i].parent_id); at < count; at = place_in(all, count, all[at].parent_id))
			if (at == of)
				sums.people++, sums.helps += all[i].helps;
	}
	for (size_t at = place_in(all, count, all[of].parent_id); at < count; at = place_in(all, count, all[at].parent_id))
		sums.depth++;
	return sums;
}

static int compare(struct tx *tx, void *arg)
{
	struct comparing *c = arg;
	TREE_SCOPED *tree = NULL;
	struct rows rows;
	int r = tx_all(tx, &told_by_sql, &rows, V(c->desk->community), V(c->campaign));
	if (r < 0 || (r = tree_get(tx, c->desk->community, c->campaign, &tree)) < 0 || (r = tree_sum(tree)) < 0)
		return r;
	const struct told *all = rows.at;
	assert_int_equal(tree_count(tree), rows.count);
	for (size_t i = 0; i < rows.count; i++) {
		uint32_t place = tree_place(tree, all[i].id);
		assert_true(place != TREE_NOBODY);
		uint32_t parent = tree_parent(tree, place);
		struct tree_sums got = tree_sums(tree, place), want = sums_by_walking(all, rows.count, i);
		assert_int_equal(tree_helps(tree, place), all[i].helps);
		assert_int_equal(tree_lost(tree, place), all[i].lost);
		assert_int_equal(tree_flags(tree, place), (all[i].blocked ? TREE_BLOCKED : 0) | (all[i].claims ? TREE_CLAIMED : 0));
		assert_int_equal(parent == TREE_NOBODY ? 0 : tree_id(tree, parent).n, all[i].parent_id.n);
		assert_int_equal(got.people, want.people);
		assert_int_equal(got.children, want.children);
		assert_int_equal(got.helps, want.helps);
		assert_int_equal(got.depth, want.depth);
	}
	c->people = rows.count;
	return 0;
}

static void assert_as_sql(struct desk *d, struct comparing *c)
{
	assert_int_equal(store_read(d->house->store, &d->house->arena, compare, c), 0);
}

/* ---- Whatever happens -------------------------------------------------------------------------------- */

struct crowd { struct desk *d; struct running c; struct browser *people[PEOPLE]; const char *slugs[PEOPLE]; uint32_t seed; };

static struct str participant_named(struct crowd *w, int i)
{
	struct reply r = get(w->d->reader, at(w->d, "/campaigns/%lld/participants?q=%d.", (long long)w->c.id.n, i));
	return str_copy(&w->d->house->arena, json_at(&r, "items.0.id"));
}

static void decide(struct crowd *w)
{
	struct reply r = get(w->d->reader, at(w->d, "/campaigns/%lld/helps?limit=200", (long long)w->c.id.n));
	size_t n = json_length(&r, "items");
	if (!n)
		return;
	int i = (int)draw(&w->seed, (uint32_t)n);
	post(w->d->operator, at(w->d, "/helps/decide"), text(w->d, "{\"participant\":\"%.*s\",\"helper\":\"%.*s\",\"accept\":%s,\"reason\":\"看过\"}",
	     STR(json_at(&r, text(w->d, "items.%d.participant_id", i))), STR(json_at(&r, text(w->d, "items.%d.helper_id", i))),
	     draw(&w->seed, 2) ? "true" : "false"));
}

static void claim_or_cancel(struct crowd *w, int who)
{
	struct reply r = act(w->d, w->people[who], w->slugs[who], "claim", claim_json(w->d, &w->c));
	if (r.status != 200 || draw(&w->seed, 3))
		return;
	r = get(w->d->reader, at(w->d, "/campaigns/%lld/orders", (long long)w->c.id.n));
	post(w->d->operator, at(w->d, "/orders/%.*s/cancel", STR(json_at(&r, "items.0.id"))), "{\"reason\":\"缺货\"}");
}

static void something_happens(struct crowd *w)
{
	int a = (int)draw(&w->seed, PEOPLE), b = (int)draw(&w->seed, PEOPLE), what = (int)draw(&w->seed, 20);
	if (!w->slugs[b] || what < 4) {
		const char *through = w->slugs[a] ? w->slugs[a] : w->c.slug;
		w->slugs[b] = take_part(w->d, w->people[b], through, text(w->d, "人%d.", b));
	} else if (what < 13) {
		verdict(w->d, w->people[a], w->slugs[b]);
	} else if (what < 16) {
		decide(w);
	} else if (what < 18) {
		claim_or_cancel(w, b);
	} else {
		post(w->d->operator, at(w->d, "/participants/%.*s/block", STR(participant_named(w, b))),
		     draw(&w->seed, 2) ? "{\"blocked\":true,\"reason\":\"刷票\"}" : "{\"blocked\":false,\"reason\":\"误判\"}");
	}
}

PROMISE(tree_as_sql, "after any joins, helps, decisions, claims and blocks the tree is what SQL says, followed or made anew")
{
	struct desk d;
	struct crowd w = { .d = &d, .seed = 11 };
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	w.c = campaign_running(&d, (struct plan_draft){ .goal = 1, .more = ",\"mutual\":true",
		.prizes = "[{\"kind\":\"onsite\",\"title\":\"洗车券\",\"note\":\"到店出示\",\"value\":5000,\"stock\":900}]" });
	struct comparing c = { .desk = &d, .campaign = w.c.id };
	for (int i = 0; i < PEOPLE; i++)
		w.people[i] = person(&d, 3000 + i);
	for (int i = 0; i < ACTS; i++) {
		clock_set((struct instant){ DURING + i * SECOND });
		something_happens(&w);
		if (i % 3 == 0)
			assert_as_sql(&d, &c);
		if (i % 40 == 39) {
			trees_empty();
			assert_as_sql(&d, &c);
		}
	}
	assert_int_equal(c.people, PEOPLE);
	assert_sound(&d);
	for (int i = 0; i < PEOPLE; i++)
		browser_close(w.people[i]);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- Each number and its rows -------------------------------------------------------------------------- */

static int64_t total_of(struct desk *d, const struct running *c, const char *query)
{
	struct reply r = get(d->reader, at(d, "/campaigns/%lld/participants?%s", (long long)c->id.n, query));
	assert_int_equal(r.status, 200);
	assert_int_equal(number_at(&r, "total"), json_length(&r, "items"));
	return number_at(&r, "total");
}

PROMISE(tree_numbers, "every step of the funnel has as many rows as it says; K has its parts; ways, devices and hours add up")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ 0 });
	struct browser *lin = person(&d, 501), *an = person(&d, 502), *bo = person(&d, 503), *cy = person(&d, 504), *passer = person(&d, 505);
	const char *lins = take_part(&d, lin, c.slug, "林晓");
	clock_set((struct instant){ DURING + 10 * MINUTE });
	const char *ans = take_part(&d, an, lins, "安安");
	verdict(&d, an, lins), verdict(&d, bo, lins);
	clock_set((struct instant){ DURING + 30 * MINUTE });
	take_part(&d, cy, ans, "小崔");
	task(&d, passer, c.slug), task(&d, passer, ans), task(&d, passer, ans);
	act(&d, lin, lins, "claim", claim_json(&d, &c));
	follow(&d);
	struct reply r = get(d.reader, at(&d, "/campaigns/%lld/numbers", (long long)c.id.n));
	const struct { const char *field; int64_t n; } figures[] = {
		{ "seen", 5 }, { "opened", 4 }, { "enrolled", 3 }, { "through", 2 }, { "shared", 1 }, { "claimed", 1 }, { "blocked", 0 },
		{ "helps", 2 }, { "lost", 0 }, { "depth", 3 }, { "cycle_of", 2 }, { "cycle_s", 600 }, { "given", 5000 }, { "made", 3 },
		{ "mature", 0 }, { "kept", 0 }, { "stages.0.reached", 1 }, { "ways.0.seen", 3 }, { "ways.0.joined", 2 }, { "ways.1.seen", 2 },
	};
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		if (number_at(&r, figures[i].field) != figures[i].n)
			fail_msg("%s is %lld, not %lld", figures[i].field, (long long)number_at(&r, figures[i].field), (long long)figures[i].n);
	const struct { const char *query; int64_t n; } lists[] = {
		{ "step=shared", 1 }, { "step=reached&goal=2", 1 }, { "step=reached&goal=3", 0 }, { "step=claimed", 1 }, { "step=through", 2 },
		{ "step=direct", 1 }, { "step=brought", 2 }, { "step=lost", 0 }, { "step=blocked", 0 }, { "from=1795300600000", 2 },
		{ "from=1795300600000&until=1795301700000", 1 },
	};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		assert_int_equal(total_of(&d, &c, lists[i].query), lists[i].n);
	r = get(d.reader, at(&d, "/campaigns/%lld/seen", (long long)c.id.n));
	assert_int_equal(json_length(&r, "items"), 5);
	r = get(d.reader, at(&d, "/campaigns/%lld/seen?way=friend", (long long)c.id.n));
	assert_int_equal(json_length(&r, "items"), 3);
	r = get(d.reader, at(&d, "/campaigns/%lld/trend", (long long)c.id.n));
	assert_int_equal(number_at(&r, "items.0.seen") + (json_length(&r, "items") > 1 ? number_at(&r, "items.1.seen") : 0), 5);
	r = get(d.reader, at(&d, "/campaigns/%lld/participants", (long long)c.id.n));
	assert_int_equal(del(d.admin, at(&d, "/members/%.*s", STR(json_at(&r, "items.0.member_id")))).status, 204);
	clock_set((struct instant){ DURING + 8 * DAY });
	struct job_context jc = { .store = d.house->store, .arena = &d.house->arena };
	struct str why;
	assert_int_equal(feature_campaign_seen.jobs[0].run(&jc, NULL, &why), 0);
	r = get(d.reader, at(&d, "/campaigns/%lld/numbers", (long long)c.id.n));
	assert_int_equal(number_at(&r, "mature"), 3);
	assert_int_equal(number_at(&r, "kept"), 2);
	browser_close(lin), browser_close(an), browser_close(bo), browser_close(cy), browser_close(passer);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(tree_boards, "the tree opens level by level, a path leads up to the top, members see first signs, and nothing where it is not shown")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"board\":true" });
	struct running hidden = campaign_running(&d, (struct plan_draft){ 0 });
	struct browser *lin = person(&d, 501), *an = person(&d, 502), *bo = person(&d, 503), *cy = person(&d, 504);
	const char *lins = take_part(&d, lin, c.slug, "林晓"), *ans = take_part(&d, an, lins, "安安"), *bos = take_part(&d, bo, ans, "波波");
	verdict(&d, cy, lins), verdict(&d, bo, lins), verdict(&d, cy, ans), verdict(&d, lin, bos);
	struct reply r = get(d.reader, at(&d, "/campaigns/%lld/tree", (long long)c.id.n));
	assert_int_equal(number_at(&r, "total"), 1);
	assert_str(json_at(&r, "items.0.nickname"), "林晓");
	assert_int_equal(number_at(&r, "items.0.people"), 2);
	assert_int_equal(number_at(&r, "items.0.below"), 3);
	r = get(d.reader, at(&d, "/campaigns/%lld/tree?parent=%.*s", (long long)c.id.n, STR(json_at(&r, "items.0.id"))));
	assert_str(json_at(&r, "items.0.nickname"), "安安");
	assert_int_equal(number_at(&r, "items.0.children"), 1);
	r = get(d.reader, at(&d, "/campaigns/%lld/participants?q=波", (long long)c.id.n));
	r = get(d.reader, at(&d, "/participants/%.*s/path", STR(json_at(&r, "items.0.id"))));
	assert_int_equal(json_length(&r, "items"), 3);
	assert_str(json_at(&r, "items.0.nickname"), "林晓");
	assert_int_equal(number_at(&r, "items.2.depth"), 2);
	r = get(d.reader, at(&d, "/campaigns/%lld/board", (long long)c.id.n));
	assert_int_equal(json_length(&r, "items"), 2);
	assert_int_equal(number_at(&r, "items.0.helps"), 2);
	assert_int_equal(number_at(&r, "items.1.rank"), 1);
	r = get(an, text(&d, "/t/%s/board", ans));
	assert_str(json_at(&r, "top.0.nickname"), "林**");
	assert_str(json_at(&r, "top.1.nickname"), "安安");
	assert_int_equal(number_at(&r, "me.rank"), 2);
	assert_int_equal(number_at(&r, "of"), 3);
	r = get(cy, text(&d, "/t/%s/board", ans));
	assert_int_equal(json_length(&r, "top"), 2);
	r = get(an, text(&d, "/t/%s/board", hidden.slug));
	assert_int_equal(json_length(&r, "top"), 0);
	browser_close(lin), browser_close(an), browser_close(bo), browser_close(cy);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
