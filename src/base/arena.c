/* arena.c: a request's memory in a few chunks.
 *
 * Story      Most requests fit the first 2 KB. Those that do not get chunks that grow with what was taken so far,
 *            up to 64 KB; something big gets a chunk of its own, and the small things go on in the old one.
 * Not here   Giving single things back.
 * Holds      Chunks come zeroed, so what is taken from them is. Under AddressSanitizer the part of a chunk that has
 *            not been taken is poisoned: a read past the newest thing is found, as it would be with malloc.
 * Test       arena_test.c
 */
#include "base/arena.h"

#include <sanitizer/asan_interface.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

#define FIRST   2048
#define LARGEST 65536
#define ALIGN   _Alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk       *next;
	_Alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit };
}

void arena_free(struct arena *a)
{
	for (struct arena_chunk *c = a->chunk, *next; c; c = next) {
		next = c->next;
		mem_give(c);
	}
	arena_init(a, a->limit);
}

/* Only what was used is cleared again; a chunk with room of its own size has nothing left to clear from. */
void arena_reset(struct arena *a)
{
	struct arena_chunk *kept = a->chunk;
	size_t used = a->used, room = a->room;
	if (!kept || kept->next || room > LARGEST) {
		arena_free(a);
		return;
	}
	ASAN_UNPOISON_MEMORY_REGION(kept->bytes, used);     /* the gaps that alignment left, too */
	memset(kept->bytes, 0, used);
	ASAN_POISON_MEMORY_REGION(kept->bytes, room);
	*a = (struct arena){ .chunk = kept, .room = room, .total = sizeof *kept + room, .limit = a->limit };
}

void arena_release(struct arena *a)
{
	arena_free(a);
}

/* A chunk with room for `room` bytes; NULL and failed when it may not or cannot be had. */
static struct arena_chunk *chunk_take(struct arena *a, size_t room)
{
	size_t left = a->limit - a->total, size = sizeof(struct arena_chunk) + room;
	bool fits = left >= sizeof(struct arena_chunk) && room <= left - sizeof(struct arena_chunk);
	struct arena_chunk *c = fits ? mem_take(size) : NULL;
	if (!c) {
		a->failed = true;
		return NULL;
	}
	a->total += size;
	ASAN_POISON_MEMORY_REGION(c->bytes, room);
	return c;
}

/* How large the next shared chunk is: as much as there is already, within bounds, and within the limit. */
static size_t next_room(const struct arena *a)
{
	size_t size = a->total < FIRST ? FIRST : a->total > LARGEST ? LARGEST : a->total;
	size_t left = a->limit - a->total;
	if (size > left)
		size = left;
	return size > sizeof(struct arena_chunk) ? size - sizeof(struct arena_chunk) : 0;
}

static void *take_own_chunk(struct arena *a, size_t size)
{
	struct arena_chunk *c = chunk_take(a, size);
	if (!c)
		return NULL;
	if (a->chunk) {                         /* behind the newest, which keeps its room */
		c->next = a->chunk->next;
		a->chunk->next = c;
	} else {
		a->chunk = c;
		a->used = a->room = size;
	}
	ASAN_UNPOISON_MEMORY_REGION(c->bytes, size);
	return c->bytes;
}

void *arena_take(struct arena *a, size_t size)
{
	size_t whole = size ? (size + ALIGN - 1) & ~(ALIGN - 1) : ALIGN;     /* nothing, too, has an address */
	if (a->failed || whole < size || whole > a->limit) {
		a->failed = true;
		return NULL;
	}
	if (whole > a->room - a->used) {
		size_t room = next_room(a) & ~(ALIGN - 1);
		if (whole > room / 4)
			return take_own_chunk(a, whole);
		struct arena_chunk *c = chunk_take(a, room);
		if (!c)
			return NULL;
		c->next = a->chunk;
		a->chunk = c;
		a->used = 0;
		a->room = room;
	}
	void *at = a->chunk->bytes + a->used;
	a->used += whole;
	ASAN_UNPOISON_MEMORY_REGION(at, size);
	return at;
}

void *arena_take_array(struct arena *a, size_t count, size_t size)
{
	size_t whole;
	if (__builtin_mul_overflow(count, size, &whole)) {
		a->failed = true;
		return NULL;
	}
	return arena_take(a, whole);
}
