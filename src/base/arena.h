/* arena.h: memory for one request or one job; everything in it goes at once.
 *
 * Allocation may fail (limit reached, memory out): the arena then turns *sticky*: every later
 * allocation fails too and `arena_failed` says so. Callers that only pass pointers on need not
 * check each one; the request's edge checks once, before commit and before reply.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunk;        /* newest first */
	size_t              used, room;   /* in the newest chunk */
	size_t              total, limit; /* bytes taken from the system, and the most it may take */
	bool                failed;
};

/* No memory is taken before the first allocation. */
void arena_init(struct arena *, size_t limit);
void arena_free(struct arena *);            /* ready for use again, with the same limit */
/* The same, but one small chunk stays: for whoever begins a next request at once. */
void arena_reset(struct arena *);

/* Zeroed, aligned for any type. NULL when failed. */
void *arena_take(struct arena *, size_t size) __attribute__((malloc, warn_unused_result));
void *arena_take_array(struct arena *, size_t count, size_t size) __attribute__((warn_unused_result));

static inline bool arena_failed(const struct arena *a) { return a->failed; }

#define ARENA_NEW(arena, type) ((type *)arena_take(arena, sizeof(type)))

void arena_release(struct arena *);
#define ARENA_SCOPED __attribute__((cleanup(arena_release))) struct arena
