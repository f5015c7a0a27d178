/* mem.h: the one door to the heap, so that tests can close it.
 *
 * All of Quntu's own allocations pass here. `mem_fail_after(n)` lets n allocations succeed and fails
 * the next one (once): the sweeps of the tests walk n upward until nothing fails.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

void *mem_take(size_t size)               __attribute__((malloc, warn_unused_result));  /* zeroed */
void *mem_grow(void *old, size_t size)    __attribute__((warn_unused_result));          /* old stays valid on NULL */
void  mem_give(void *);                                                                 /* NULL is fine */

/* Fail once, after `n` more allocations on any thread; n < 0 switches it off.
 * mem_failed(): did it strike since it was set? */
void mem_fail_after(long n);
bool mem_failed(void);
