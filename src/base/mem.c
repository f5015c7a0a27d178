/* mem.c: the heap, and the switch that makes it fail on demand.
 *
 * Story      A promise about running out of memory is only worth something when a test can run out of it,
 *            at every single allocation in turn.
 * Not here   Pools and sizes (arena.c), growth policy (buf.c).
 * Holds      The switch is one atomic number, so a sweep may fail an allocation of any thread; when it is off
 *            it costs one relaxed load.
 * Test       mem_test.c
 */
#include "base/mem.h"

#include <stdatomic.h>

static atomic_long left = -1;                     /* allocations until the one that fails; < 0: none will */
static atomic_bool struck;

static bool must_fail(void)
{
	if (atomic_load_explicit(&left, memory_order_relaxed) < 0)
		return false;
	if (atomic_fetch_sub(&left, 1) != 0)
		return false;
	atomic_store(&struck, true);
	return true;
}

void *mem_take(size_t size)
{
	return must_fail() ? NULL : calloc(1, size ? size : 1);
}

void *mem_grow(void *old, size_t size)
{
	return must_fail() ? NULL : realloc(old, size ? size : 1);
}

void mem_give(void *p)
{
	free(p);
}

void mem_fail_after(long n)
{
	atomic_store(&struck, false);
	atomic_store(&left, n < 0 ? -1 : n);
}

bool mem_failed(void)
{
	return atomic_load(&struck);
}
