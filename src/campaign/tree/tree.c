/* tree.c: making a tree, and following the log; who may have it when: engine/event/mirror.h. See tree.h.
 *
 * Story      A tree is made in steps of some 20,000 rows: who takes part, what they have, what was lost, what was claimed.
 *            Where the log stood at the first step is remembered, so whatever happens during the making is taken in
 *            afterwards, like anything later: an event carries the new balance, or its participant's rows are read again.
 * Holds      Steps may come from different snapshots: everything that is taken in is absolute, so twice is as good as once.
 * Owns       nothing; reads participant, help, prize_order, ledger_entry.
 */
#include "campaign/tree/tree.h"

#include "base/mem.h"
#include "campaign/tree/tree_data.h"

#define STEP_ROWS   20000
#define STEP_ARENA  (64 << 20)
#define WARM_MS     5000               /* after a question, so that the next one, in a rush of helps, waits for a tenth of a second's … */
#define NEAR_MS     100                /* … and not for all since the last one */
#define FOLLOW_MOST 200000             /* events taken in by one question; further behind, and it is made anew */

/* ---- Rows -------------------------------------------------------------------------------------------- */

struct tree_person { struct id id, parent_id; struct instant joined_at; bool blocked; };
struct tree_number { struct id id; int64_t n; };

ROW(tree_person,
	FIELD(tree_person, id,        "Participant"),
	FIELD(tree_person, parent_id, "Through whom"),
	FIELD(tree_person, joined_at, "Since"),
	FIELD(tree_person, blocked,   "Blocked"));

ROW(tree_number,
	FIELD(tree_number, id, "Participant"),
	FIELD(tree_number, n,  "How many"));

#define LOST " (state = 'refused' OR state = 'rejected' OR state = 'deducted')"       /* as the index help_lost says it */

static QUERY(tree_people, READS, &row_tree_person, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT id, parent_id, joined_at, state = 'blocked' AS blocked FROM participant"
	" WHERE community_id = ?1 AND campaign_id = ?2 AND id > ?3 ORDER BY id LIMIT ?4");

static QUERY(tree_balances, READS, &row_tree_number, TAKES(K_ID, K_ID, K_INT),
	"SELECT holder_id AS id, CAST(sum(amount) AS BIGINT) AS n FROM ledger_entry WHERE community_id = ?1 AND book = 'help'"
	" AND holder_id > ?2 GROUP BY holder_id ORDER BY holder_id LIMIT ?3");

static QUERY(tree_lost_all, READS, &row_tree_number, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT participant_id AS id, count(*) AS n FROM help WHERE community_id = ?1 AND campaign_id = ?2 AND" LOST
	" AND participant_id > ?3 GROUP BY participant_id ORDER BY participant_id LIMIT ?4");

static QUERY(tree_lost_of, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT count(*) AS item FROM " OTHER_HELPS("?1", "?2") " AND" LOST);

/* stage_id: so that the index by participant is used, not the whole community by id. */
static QUERY(tree_claims, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT participant_id AS item FROM prize_order WHERE community_id = ?1 AND campaign_id = ?2 AND participant_id > ?3"
	" AND state <> 'cancelled' GROUP BY participant_id ORDER BY participant_id LIMIT ?4");

static QUERY(tree_claims_of, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT count(*) AS item FROM prize_order WHERE community_id = ?1 AND participant_id = ?2 AND stage_id > 0"
	" AND state <> 'cancelled'");

static QUERY(tree_blocked, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT id AS item FROM participant WHERE community_id = ?1 AND campaign_id = ?2 AND state = 'blocked' AND id > ?3"
	" ORDER BY id LIMIT ?4");

/* ---- Making: one step at a time -------------------------------------------------------------------------- */

struct making {
	struct tree *tree;
	enum { BEGIN, PEOPLE, BALANCES, LOSSES, CLAIMS, MADE } stage;
	struct id    after;                    /* where the stage has come to */
	struct rows  early;                    /* struct tree_number: a place, and the parent that was not there yet */
	size_t       early_room;
};

static void making_end(void *making) { mem_give(((struct making *)making)->early.at); }

static int begin(struct tx *tx, struct making *m)
{
	struct event_place newest;
	int r = event_newest(tx, m->tree->community, &newest);
	if (r < 0)
		return r;
	m->tree->epoch = newest.epoch, m->tree->event = newest.id;
	m->stage = PEOPLE;
	return 0;
}

static int put_aside(struct making *m, uint32_t place, struct id parent)
{
	if (m->early.count == m->early_room) {
		size_t room = m->early_room ? m->early_room * 2 : 64;
		void *larger = mem_grow(m->early.at, room * sizeof(struct tree_number));
		if (!larger)
			return E_MEMORY;
		m->early.at = larger, m->early_room = room;
	}
	((struct tree_number *)m->early.at)[m->early.count++] = (struct tree_number){ { place }, parent.n };
	return 0;
}

static void settle_early(struct making *m)
{
	const struct tree_number *early = m->early.at;
	for (size_t i = 0; i < m->early.count; i++)
		tree_set_parent(m->tree, (uint32_t)early[i].id.n, tree_place(m->tree, (struct id){ early[i].n }));
	m->early.count = 0;
}

static void next_stage(struct making *m)
{
	m->stage++;
	m->after = (struct id){ 0 };
}

static int read_people(struct tx *tx, struct making *m)
{
	struct rows rows;
	uint32_t place;
	int r = tx_all(tx, &tree_people, &rows, V(m->tree->community), V(m->tree->campaign), V(m->after), V((int64_t)STEP_ROWS));
	const struct tree_person *p = r < 0 ? NULL : rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		if ((r = tree_add(m->tree, p[i].id, p[i].joined_at, &place)) < 0)
			return r;
		uint32_t parent = p[i].parent_id.n ? tree_place(m->tree, p[i].parent_id) : TREE_NOBODY;
		tree_set_parent(m->tree, place, parent);
		tree_set_flag(m->tree, place, TREE_BLOCKED, p[i].blocked);
		if (p[i].parent_id.n && parent == TREE_NOBODY)
			r = put_aside(m, place, p[i].parent_id);
		m->after = p[i].id;
	}
	if (r >= 0 && rows.count < STEP_ROWS) {
		settle_early(m);
		next_stage(m);
	}
	return r;
}

static int read_numbers(struct tx *tx, struct making *m)
{
	bool balances = m->stage == BALANCES;
	struct rows rows;
	int r = balances
		? tx_all(tx, &tree_balances, &rows, V(m->tree->community), V(m->after), V((int64_t)STEP_ROWS))
		: tx_all(tx, &tree_lost_all, &rows, V(m->tree->community), V(m->tree->campaign), V(m->after), V((int64_t)STEP_ROWS));
	const struct tree_number *n = r < 0 ? NULL : rows.at;
	for (size_t i = 0; n && i < rows.count; i++) {
		uint32_t place = tree_place(m->tree, n[i].id);
		if (place != TREE_NOBODY && balances)
			tree_set_helps(m->tree, place, n[i].n);
		else if (place != TREE_NOBODY)
			tree_set_lost(m->tree, place, n[i].n);
		m->after = n[i].id;
	}
	if (r >= 0 && rows.count < STEP_ROWS)
		next_stage(m);
	return r;
}

static int read_flags(struct tx *tx, struct tree *tree, const struct query *query, enum tree_flag flag, struct id *after, size_t *ret_count)
{
	struct rows rows;
	int r = tx_all(tx, query, &rows, V(tree->community), V(tree->campaign), V(*after), V((int64_t)STEP_ROWS));
	const struct id_item *who = r < 0 ? NULL : rows.at;
	for (size_t i = 0; who && i < rows.count; i++) {
		uint32_t place = tree_place(tree, who[i].item);
		if (place != TREE_NOBODY)
			tree_set_flag(tree, place, flag, true);
		*after = who[i].item;
	}
	*ret_count = r < 0 ? 0 : rows.count;
	return r;
}

static int do_step(struct tx *tx, struct making *m)
{
	size_t count = STEP_ROWS;
	int r = 0;
	switch (m->stage) {
	case BEGIN:    return begin(tx, m);
	case PEOPLE:   return read_people(tx, m);
	case BALANCES: case LOSSES: return read_numbers(tx, m);
	case CLAIMS:
		r = read_flags(tx, m->tree, &tree_claims, TREE_CLAIMED, &m->after, &count);
		if (r >= 0 && count < STEP_ROWS)
			next_stage(m);
		return r;
	case MADE:     break;
	}
	return 0;
}

static struct tree *tree_of(struct mirror *m) { return (struct tree *)(void *)m; }

static int step(struct tx *tx, struct mirror *mirror, void *making, bool *ret_made)
{
	struct making *m = making;
	m->tree = tree_of(mirror);
	int r = do_step(tx, m);
	*ret_made = m->stage == MADE;
	return r;
}

/* ---- Following ------------------------------------------------------------------------------------------------ */

static int read_lost(struct tx *tx, struct tree *tree, uint32_t place)
{
	struct id_item lost;
	int r = tx_one(tx, &tree_lost_of, &lost, V(tree->community), V(tree_id(tree, place)));
	if (r >= 0)
		tree_set_lost(tree, place, lost.item.n);
	return r;
}

static int read_claimed(struct tx *tx, struct tree *tree, uint32_t place)
{
	struct id_item claims;
	int r = tx_one(tx, &tree_claims_of, &claims, V(tree->community), V(tree_id(tree, place)));
	if (r >= 0)
		tree_set_flag(tree, place, TREE_CLAIMED, claims.item.n > 0);
	return r;
}

/* Few are: all of them at once. */
static int read_blocked(struct tx *tx, struct tree *tree)
{
	struct id after = { 0 };
	size_t count = STEP_ROWS;
	int r = 0;
	for (size_t i = 0; i < tree->count; i++)
		tree_set_flag(tree, (uint32_t)i, TREE_BLOCKED, false);
	while (r >= 0 && count == STEP_ROWS)
		r = read_flags(tx, tree, &tree_blocked, TREE_BLOCKED, &after, &count);
	return r;
}

static int take_joined(struct tree *tree, const struct event *e)
{
	uint32_t place, parent = e->via.n ? tree_place(tree, e->via) : TREE_NOBODY;
	if (tree_place(tree, e->object) != TREE_NOBODY)
		return 0;
	tree->spoilt |= e->via.n && parent == TREE_NOBODY;
	int r = tree_add(tree, e->object, e->at, &place);
	if (r >= 0)
		tree_set_parent(tree, place, parent);
	return r;
}

/* `anew`: some are blocked, or no longer, and no event says who. */
static int take(struct tx *tx, struct tree *tree, const struct event *e, bool *anew)
{
	*anew |= str_among(e->kind, "member_removed campaign_blocked");
	if (e->subject.n != tree->campaign.n || !str_starts(e->kind, S("campaign_")))
		return 0;
	if (str_is(e->kind, "campaign_joined"))
		return take_joined(tree, e);
	uint32_t place = tree_place(tree, e->object);
	bool helped = str_is(e->kind, "campaign_helped"), deducted = str_is(e->kind, "campaign_deducted");
	if (place == TREE_NOBODY)
		return 0;
	if (helped || deducted)
		tree_set_helps(tree, place, e->n);
	if (deducted || str_is(e->kind, "campaign_help_refused") || (helped && tree_lost(tree, place)))
		return read_lost(tx, tree, place);
	return str_among(e->kind, "campaign_claimed campaign_order") ? read_claimed(tx, tree, place) : 0;
}

struct taking { size_t read; bool anew; };

static int take_events(struct tx *tx, struct mirror *mirror, const struct event *events, size_t count, void *ctx)
{
	struct tree *tree = tree_of(mirror);
	struct taking *t = ctx;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = take(tx, tree, &events[i], &t->anew);
	tree->spoilt |= (t->read += FOLLOW_BATCH) > FOLLOW_MOST;
	return r;
}

static struct mirrors trees;

static int follow(struct tx *tx, struct mirror *mirror)
{
	struct tree *tree = tree_of(mirror);
	struct taking t = { 0 };
	int r = mirror_follow(tx, &trees, mirror, take_events, &t);
	if (r >= 0 && t.anew && !tree->spoilt) {
		ARENA_SCOPED arena;
		arena_init(&arena, STEP_ARENA);
		struct arena *before = tx_use_arena(tx, &arena);
		r = read_blocked(tx, tree);
		tx_use_arena(tx, before);
	}
	tree->spoilt |= r < 0;
	return r < 0 ? r : 0;
}

/* ---- Who has which: mirror.h ---- */

static struct mirror *make(int64_t store, struct id community, struct id campaign)
{
	struct tree *tree = tree_new(store, community, campaign);
	return tree ? &tree->mirror : NULL;
}

static void drop(struct mirror *m) { tree_free(tree_of(m)); }
static size_t count(const struct mirror *m) { return ((const struct tree *)(const void *)m)->count; }

static int is_big(struct tx *tx, struct id community, struct id campaign, bool *ret)
{
	struct campaign c;
	int r = campaign_get(tx, community, campaign, &c);
	*ret = r >= 0 && c.participants > TREE_AT_ONCE;
	return r < 0 ? r : 0;
}

static struct mirrors trees = {
	.name = "tree of campaign", .make = make, .drop = drop, .is_big = is_big, .making_size = sizeof(struct making), .step = step,
	.end = making_end, .follow = follow, .count = count, .step_arena = STEP_ARENA,
	.warm_ms = WARM_MS, .near_ms = NEAR_MS, .registry = PTHREAD_MUTEX_INITIALIZER,
};

int tree_get(struct tx *tx, struct id community, struct id campaign, struct tree **ret)
{
	struct mirror *m;
	int r = mirror_get(tx, &trees, community, campaign, &m);
	if (r >= 0)
		*ret = tree_of(m);
	return r;
}

void tree_put(struct tree *tree) { mirror_put(&trees, &tree->mirror); }

int  trees_start(struct store *store, struct mirror_thread **ret) { return mirror_thread_start(store, &trees, ret); }
void trees_empty(void) { mirrors_empty(&trees); }

/* ---- Declaration ------------------------------------------------------------------------------------------------- */

static const struct query *const queries[] = {
	&tree_people, &tree_balances, &tree_lost_all, &tree_lost_of, &tree_claims, &tree_claims_of, &tree_blocked, NULL,
};

const struct feature feature_tree = { .name = "campaign_tree", .queries = queries };
