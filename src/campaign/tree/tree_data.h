/* tree_data.h: the memory of a tree. Private to tree*.c. All of it comes from mem.h and goes with tree_free. */
#pragma once
#include "campaign/tree/tree.h"
#include "engine/event/mirror.h"

#define TREE_MOST 10000000

struct tree {
	MIRROR_AS(campaign);

	size_t          count, room;
	int64_t        *ids;
	uint32_t       *joined;                   /* seconds since 1970 */
	uint32_t       *parent;                   /* place + 1; 0: none */
	uint32_t       *helps, *lost;
	uint8_t        *flags;
	uint32_t       *slots;                    /* id → place + 1, open addressing */
	size_t          slots_room;
	bool            shuffled;                 /* somebody stands before their parent */

	uint32_t        board[TREE_BOARD];        /* as of board_at (clock_steady) */
	size_t          board_count;
	int64_t         board_at;

	bool            summed;                   /* what follows is as the columns above say */
	uint32_t       *size, *below, *depth, *children;
	size_t          sums_room;
};

struct tree *tree_new(int64_t store, struct id community, struct id campaign);
void tree_free(struct tree *);

/* One more participant, unless known: *ret_place. 0, E_MEMORY, E_TOO_MANY. */
int  tree_add(struct tree *, struct id participant, struct instant joined, uint32_t *ret_place);
void tree_set_parent(struct tree *, uint32_t place, uint32_t parent);
void tree_set_helps(struct tree *, uint32_t place, int64_t helps);
void tree_set_lost(struct tree *, uint32_t place, int64_t lost);
void tree_set_flag(struct tree *, uint32_t place, enum tree_flag, bool on);
