/* tree_data.c: the memory of a tree; see tree_data.h.
 *
 * How        A participant is a place in a handful of arrays. The sums below each are not kept up to date by every help (a
 *            chain may be as deep as there are people) but made when they are asked for: one run from the last place to the
 *            first adds each to its parent, three milliseconds for a million.
 */
#include "campaign/tree/tree_data.h"

#include "base/mem.h"

#define BOARD_KEPT    SECOND
#define BOARD_AT_ONCE 10000       /* so few are counted each time */
#define MIX UINT64_C(0x9E3779B97F4A7C15)

static bool grow(void **at, size_t room, size_t size)
{
	void *larger = mem_grow(*at, room * size);
	if (larger)
		*at = larger;
	return larger != NULL;
}
#define GROW(at, room) grow((void **)&(at), room, sizeof *(at))

struct tree *tree_new(int64_t store, struct id community, struct id campaign)
{
	struct tree *tree = mem_take(sizeof *tree);
	if (!tree)
		return NULL;
	mirror_begin(&tree->mirror, store, community, campaign);
	return tree;
}

void tree_free(struct tree *tree)
{
	mem_give(tree->ids), mem_give(tree->joined), mem_give(tree->parent), mem_give(tree->helps), mem_give(tree->lost);
	mem_give(tree->flags), mem_give(tree->slots);
	mem_give(tree->size), mem_give(tree->below), mem_give(tree->depth), mem_give(tree->children);
	pthread_mutex_destroy(&tree->lock);
	mem_give(tree);
}

/* ---- Finding ------------------------------------------------------------------------------------ */

static uint32_t *slot_of(const struct tree *tree, int64_t id)
{
	size_t at = ((uint64_t)id * MIX >> 20) & (tree->slots_room - 1);
	while (tree->slots[at] && tree->ids[tree->slots[at] - 1] != id)
		at = (at + 1) & (tree->slots_room - 1);
	return &tree->slots[at];
}

uint32_t tree_place(const struct tree *tree, struct id participant)
{
	uint32_t slot = tree->slots_room ? *slot_of(tree, participant.n) : 0;
	return slot ? slot - 1 : TREE_NOBODY;
}

static int more_slots(struct tree *tree)
{
	size_t room = tree->slots_room ? tree->slots_room * 2 : 64;
	uint32_t *slots = mem_take(room * sizeof *slots);
	if (!slots)
		return E_MEMORY;
	mem_give(tree->slots);
	tree->slots = slots, tree->slots_room = room;
	for (size_t i = 0; i < tree->count; i++)
		*slot_of(tree, tree->ids[i]) = (uint32_t)i + 1;
	return 0;
}

static int more_room(struct tree *tree)
{
	size_t room = tree->room ? tree->room + tree->room / 2 : 64;
	if (!GROW(tree->ids, room) || !GROW(tree->joined, room) || !GROW(tree->parent, room) || !GROW(tree->helps, room) ||
	    !GROW(tree->lost, room) || !GROW(tree->flags, room))
		return E_MEMORY;
	tree->room = room;
	return 0;
}

/* ---- Columns -------------------------------------------------------------------------------------- */

int tree_add(struct tree *tree, struct id participant, struct instant joined, uint32_t *ret_place)
{
	uint32_t place = tree_place(tree, participant);
	if (place != TREE_NOBODY) {
		*ret_place = place;
		return 0;
	}
	if (tree->count == TREE_MOST)
		return E_TOO_MANY;
	if ((tree->count == tree->room && more_room(tree) < 0) || ((tree->count + 1) * 4 > tree->slots_room * 3 && more_slots(tree) < 0))
		return E_MEMORY;
	place = (uint32_t)tree->count;
	tree->ids[place] = participant.n;
	tree->joined[place] = (uint32_t)(joined.ms / SECOND);
	tree->parent[place] = tree->helps[place] = tree->lost[place] = 0;
	tree->flags[place] = 0;
	*slot_of(tree, participant.n) = place + 1;
	tree->count++;
	tree->summed = false;
	*ret_place = place;
	return 0;
}

void tree_set_parent(struct tree *tree, uint32_t place, uint32_t parent)
{
	tree->parent[place] = parent == TREE_NOBODY ? 0 : parent + 1;
	tree->shuffled |= parent != TREE_NOBODY && parent > place;
	tree->summed = false;
}

void tree_set_helps(struct tree *tree, uint32_t place, int64_t helps)
{
	tree->helps[place] = helps < 0 ? 0 : helps > UINT32_MAX ? UINT32_MAX : (uint32_t)helps;
	tree->summed = false;
}

void tree_set_lost(struct tree *tree, uint32_t place, int64_t lost) { tree->lost[place] = (uint32_t)lost; }

void tree_set_flag(struct tree *tree, uint32_t place, enum tree_flag flag, bool on)
{
	tree->flags[place] = (uint8_t)(on ? tree->flags[place] | flag : tree->flags[place] & ~flag);
}

size_t    tree_count(const struct tree *tree) { return tree->count; }
struct id tree_id(const struct tree *tree, uint32_t place) { return (struct id){ tree->ids[place] }; }
uint32_t  tree_parent(const struct tree *tree, uint32_t place) { return tree->parent[place] - 1; }
int64_t   tree_helps(const struct tree *tree, uint32_t place) { return tree->helps[place]; }
int64_t   tree_lost(const struct tree *tree, uint32_t place) { return tree->lost[place]; }
unsigned  tree_flags(const struct tree *tree, uint32_t place) { return tree->flags[place]; }
struct instant tree_joined(const struct tree *tree, uint32_t place) { return (struct instant){ tree->joined[place] * SECOND }; }

/* ---- Sums ------------------------------------------------------------------------------------------ */

static int sums_room(struct tree *tree)
{
	if (tree->sums_room >= tree->count)
		return 0;
	if (!GROW(tree->size, tree->room) || !GROW(tree->below, tree->room) || !GROW(tree->depth, tree->room) ||
	    !GROW(tree->children, tree->room))
		return E_MEMORY;
	tree->sums_room = tree->room;
	return 0;
}

static void add_to_parent(struct tree *tree, size_t place)
{
	uint32_t parent = tree->parent[place];
	if (!parent)
		return;
	tree->size[parent - 1] += tree->size[place] + 1;
	tree->below[parent - 1] += tree->below[place];
	tree->children[parent - 1]++;
}

/* How deep somebody stands whose parents may come later; a ring, which cannot be, would end at the count. */
static uint32_t depth_by_walking(const struct tree *tree, size_t place)
{
	uint32_t depth = 0;
	for (uint32_t p = tree->parent[place]; p && depth < tree->count; p = tree->parent[p - 1])
		depth++;
	return depth;
}

/* Deepest first, where the places alone do not say so. */
static int sum_shuffled(struct tree *tree)
{
	uint32_t *begins = mem_take((tree->count + 2) * sizeof *begins), *order = mem_take((tree->count + 1) * sizeof *order);
	if (begins && order) {
		for (size_t i = 0; i < tree->count; i++)
			begins[(tree->depth[i] = depth_by_walking(tree, i)) + 1]++;
		for (size_t i = 0; i < tree->count; i++)
			begins[i + 1] += begins[i];
		for (size_t i = 0; i < tree->count; i++)
			order[begins[tree->depth[i]]++] = (uint32_t)i;
		for (size_t i = tree->count; i-- > 0;)
			add_to_parent(tree, order[i]);
	}
	int r = begins && order ? 0 : E_MEMORY;
	mem_give(begins), mem_give(order);
	return r;
}

int tree_sum(struct tree *tree)
{
	int r = tree->summed ? 0 : sums_room(tree);
	if (tree->summed || r < 0 || tree->count == 0)
		return r;
	memset(tree->size, 0, tree->count * sizeof *tree->size);
	memset(tree->children, 0, tree->count * sizeof *tree->children);
	memcpy(tree->below, tree->helps, tree->count * sizeof *tree->below);
	if (tree->shuffled && (r = sum_shuffled(tree)) < 0)
		return r;
	for (size_t i = 0; !tree->shuffled && i < tree->count; i++)
		tree->depth[i] = tree->parent[i] ? tree->depth[tree->parent[i] - 1] + 1 : 0;
	for (size_t i = tree->shuffled ? 0 : tree->count; i-- > 0;)
		add_to_parent(tree, i);
	tree->summed = true;
	return 0;
}

struct tree_sums tree_sums(const struct tree *tree, uint32_t place)
{
	return (struct tree_sums){ tree->size[place], tree->children[place], tree->below[place], tree->depth[place] };
}

/* ---- Orders ------------------------------------------------------------------------------------------ */

int64_t tree_above(const struct tree *tree, int64_t helps)
{
	int64_t n = 0;
	for (size_t i = 0; i < tree->count; i++)
		n += tree->helps[i] > helps && !(tree->flags[i] & TREE_BLOCKED);
	return n;
}

struct scored { int64_t score; uint32_t place; };

static bool worse(struct scored a, struct scored b) { return a.score != b.score ? a.score < b.score : a.place > b.place; }

/* The worst stands at the root. */
static void sink(struct scored *heap, size_t count, size_t at)
{
	for (size_t child; (child = at * 2 + 1) < count; at = child) {
		if (child + 1 < count && worse(heap[child + 1], heap[child]))
			child++;
		if (!worse(heap[child], heap[at]))
			return;
		struct scored swap = heap[at];
		heap[at] = heap[child], heap[child] = swap;
	}
}

static int best_first(const void *a, const void *b) { return worse(*(const struct scored *)a, *(const struct scored *)b) ? 1 : -1; }

size_t tree_top(const struct tree *tree, int64_t (*score)(const struct tree *, uint32_t place, const void *ctx), const void *ctx,
                uint32_t *ret, size_t most)
{
	struct scored heap[TREE_TOP_MAX];
	size_t n = 0;
	most = most < TREE_TOP_MAX ? most : TREE_TOP_MAX;
	for (size_t i = 0; most && i < tree->count; i++) {
		struct scored one = { score(tree, (uint32_t)i, ctx), (uint32_t)i };
		if (one.score < 0 || (n == most && !worse(heap[0], one)))
			continue;
		if (n == most) {
			heap[0] = one;
			sink(heap, n, 0);
			continue;
		}
		heap[n++] = one;
		for (size_t k = n == most ? n / 2 : 0; k-- > 0;)
			sink(heap, n, k);
	}
	qsort(heap, n, sizeof *heap, best_first);
	for (size_t i = 0; i < n; i++)
		ret[i] = heap[i].place;
	return n;
}

static int64_t by_helps(const struct tree *tree, uint32_t place, const void *unused)
{
	(void)unused;
	return tree->flags[place] & TREE_BLOCKED || !tree->helps[place] ? -1 : (int64_t)tree->helps[place];
}

size_t tree_board(struct tree *tree, uint32_t ret[TREE_BOARD])
{
	if (!tree->board_at || clock_steady() > tree->board_at + BOARD_KEPT || tree->count <= BOARD_AT_ONCE) {
		tree->board_count = tree_top(tree, by_helps, NULL, tree->board, TREE_BOARD);
		tree->board_at = clock_steady();
	}
	memcpy(ret, tree->board, tree->board_count * sizeof *ret);
	return tree->board_count;
}
