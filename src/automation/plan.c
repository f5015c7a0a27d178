/* plan.c: the automations of a community, compiled, and remembered while they are true.
 *
 * Story      A busy group says twenty thousand things a second; asking the store each time what the automations are would cost more
 *            than anything they do. So they are read once, their words put into one tree, their settings read by the rows of
 *            their acts; and each batch of events asks one small question: is the version still the one I remember?
 * Holds      A version is a fresh id each time (automation_touch), read in the batch's own transaction, and never comes twice, not
 *            even when the transaction that made it was undone: what is used is what is true there, on every process.
 *            A plan is immutable, counted, and freed when its last user puts it back.
 * Owns       nothing. Memory: PLANS_MOST plans; a newcomer takes the place of another.
 */
#include "automation/plan.h"

#include <pthread.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"

#define PLANS_MOST 256
#define PLAN_ARENA (32 << 20)

struct kept {
	struct plan  plan;                        /* first: a plan is its kept */
	struct arena arena;
	int64_t      serial, version;
	int          users;                       /* the table is one of them */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept    *table[PLANS_MOST];

static void let_go(struct kept *kept)             /* with the lock held */
{
	if (kept && --kept->users == 0) {
		arena_free(&kept->arena);
		mem_give(kept);
	}
}

static struct kept **place_of(int64_t serial, struct id community)
{
	uint64_t h = ((uint64_t)community.n ^ (uint64_t)serial << 40) * UINT64_C(0x9E3779B97F4A7C15);
	return &table[h >> 56 & (PLANS_MOST - 1)];
}

void plan_put(struct plan *plan)
{
	pthread_mutex_lock(&lock);
	let_go((struct kept *)plan);
	pthread_mutex_unlock(&lock);
}

/* ---- Compiling ----------------------------------------------------------------- */

/* An act that is there no more, or settings it no longer takes: the act fails when it is its turn, and says so. */
static int make_acts(const struct feature *const *features, struct arena *arena, struct rule *rule)
{
	const struct action *action = rule->a.actions.at;
	rule->acts = arena_take_array(arena, rule->a.actions.count + 1, sizeof *rule->acts);
	if (!rule->acts)
		return E_MEMORY;
	for (size_t i = 0; i < rule->a.actions.count; i++) {
		struct complaint why;
		void *settings = NULL;
		int r = action_read(features, &action[i], arena, &rule->acts[i].act, &settings, &why);
		if (r == E_MEMORY)
			return r;
		if (r < 0)
			rule->acts[i].act = NULL;
		rule->acts[i].settings = settings;
	}
	rule->act_count = rule->a.actions.count;
	return 0;
}

static size_t bytes_of(const struct plan *plan)
{
	size_t n = 0;
	for (size_t i = 0; i < plan->count; i++)
		for (size_t j = 0; j < plan->rules[i].a.words.count; j++)
			n += ((const struct text_item *)plan->rules[i].a.words.at)[j].item.len;
	return n;
}

static int make_words(struct plan *plan, struct arena *arena)
{
	plan->words = matcher_make(arena, bytes_of(plan));
	if (!plan->words)
		return E_MEMORY;
	for (size_t i = 0; i < plan->count; i++) {
		struct rule *rule = &plan->rules[i];
		const struct text_item *word = rule->a.words.at;
		enum match_how how = str_is(rule->a.how, "exact") ? MATCH_EXACT : str_is(rule->a.how, "prefix") ? MATCH_PREFIX : MATCH_CONTAINS;
		rule->listens = rule->trigger && rule->trigger->tells & OF_TEXT && !str_is(rule->a.how, "any") && rule->a.words.count;
		for (size_t j = 0; rule->listens && j < rule->a.words.count; j++) {
			struct str key = name_key(arena, word[j].item);
			if (key.len && matcher_add(plan->words, key, how, (int)i) < 0)
				return E_MEMORY;
		}
	}
	return arena_failed(arena) ? E_MEMORY : 0;
}

static int make_kinds(struct plan *plan, struct arena *arena)
{
	plan->kinds = arena_take_array(arena, plan->count + 1, sizeof *plan->kinds);
	if (!plan->kinds)
		return E_MEMORY;
	for (size_t i = 0; i < plan->count; i++) {
		struct rule *rule = &plan->rules[i];
		struct kind_rules *k = NULL;
		if (!rule->trigger)
			continue;
		for (size_t j = 0; j < plan->kind_count && !k; j++)
			if (plan->kinds[j].trigger == rule->trigger)
				k = &plan->kinds[j];
		if (!k) {
			k = &plan->kinds[plan->kind_count++];
			*k = (struct kind_rules){ .kind = str_of(rule->trigger->event), .trigger = rule->trigger };
			k->rules = arena_take_array(arena, plan->count, sizeof *k->rules);
			if (!k->rules)
				return E_MEMORY;
		}
		k->rules[k->count++] = rule;
		k->listens = k->listens || rule->listens;
	}
	return 0;
}

static int compile(struct tx *tx, const struct feature *const *features, struct id community, struct rows automations,
                   struct plan *plan)
{
	struct arena *arena = tx_arena(tx);
	const struct automation *a = automations.at;
	struct community card;
	int r = community_get(tx, community, &card);
	if (r < 0)
		return r;
	*plan = (struct plan){ .community = community, .zone = community_zone(&card), .community_name = card.name,
	                       .count = automations.count };
	plan->rules = arena_take_array(arena, automations.count + 1, sizeof *plan->rules);
	if (!plan->rules)
		return E_MEMORY;
	for (size_t i = 0; r >= 0 && i < automations.count; i++) {
		plan->rules[i] = (struct rule){ .a = a[i], .trigger = trigger_of(features, a[i].event), .index = (int)i };
		r = make_acts(features, arena, &plan->rules[i]);
	}
	if (r < 0 || (r = make_words(plan, arena)) < 0)
		return r;
	return make_kinds(plan, arena);
}

int plan_of_one(struct tx *tx, const struct feature *const *features, struct id community, const struct automation *a,
                struct plan **ret)
{
	struct plan *plan = ARENA_NEW(tx_arena(tx), struct plan);
	struct automation *copy = ARENA_NEW(tx_arena(tx), struct automation);
	if (!plan || !copy)
		return E_MEMORY;
	*copy = *a;
	int r = compile(tx, features, community, (struct rows){ copy, 1 }, plan);
	if (r == 0)
		*ret = plan;
	return r;
}

const struct kind_rules *plan_kind(const struct plan *plan, struct str kind)
{
	for (size_t i = 0; i < plan->kind_count; i++)
		if (str_equal(plan->kinds[i].kind, kind))
			return &plan->kinds[i];
	return NULL;
}

/* ---- Remembering ----------------------------------------------------------------- */

static QUERY(automation_version_of, READS, &row_id_item, TAKES(K_ID),
	"SELECT version AS item FROM automation_version WHERE community_id = ?1");

static int load(struct tx *tx, const struct feature *const *features, struct id community, int64_t version, struct kept **ret)
{
	struct kept *kept = mem_take(sizeof *kept);
	struct rows rows;
	if (!kept)
		return E_MEMORY;
	arena_init(&kept->arena, PLAN_ARENA);
	kept->users = 1, kept->version = version, kept->serial = tx_serial(tx);
	struct arena *before = tx_use_arena(tx, &kept->arena);
	int r = automation_enabled(tx, community, &rows);
	if (r >= 0)
		r = compile(tx, features, community, rows, &kept->plan);
	tx_use_arena(tx, before);
	if (r < 0) {
		arena_free(&kept->arena);
		mem_give(kept);
		return r;
	}
	*ret = kept;
	return 0;
}

int plan_get(struct tx *tx, const struct feature *const *features, struct id community, struct plan **ret)
{
	struct id_item version;
	int r = tx_one(tx, &automation_version_of, &version, V(community));
	if (r == E_NOT_FOUND)
		return *ret = NULL, 0;
	if (r < 0)
		return r;
	struct kept **place = place_of(tx_serial(tx), community);
	pthread_mutex_lock(&lock);
	struct kept *kept = *place;
	bool good = kept && kept->serial == tx_serial(tx) && kept->plan.community.n == community.n && kept->version == version.item.n;
	if (good)
		kept->users++;
	pthread_mutex_unlock(&lock);
	if (!good) {
		if ((r = load(tx, features, community, version.item.n, &kept)) < 0)
			return r;
		pthread_mutex_lock(&lock);
		let_go(*place);
		*place = kept;
		kept->users++;
		pthread_mutex_unlock(&lock);
	}
	*ret = kept->plan.count ? &kept->plan : NULL;
	if (!*ret)
		plan_put(&kept->plan);
	return 0;
}

const struct query *const plan_queries[] = { &automation_version_of, NULL };
