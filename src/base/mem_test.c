/* mem_test.c: the switch fails exactly the allocation it was set to, once. */
#include "test.h"

TEST(mem_fails_once, "after n allocations the next one fails, and then none")
{
	mem_fail_after(2);
	void *a = mem_take(8), *b = mem_grow(NULL, 8), *c = mem_take(8), *d = mem_take(8);
	assert_true(a && b && !c && d);
	assert_true(mem_failed());
	mem_fail_after(-1);
	assert_false(mem_failed());
	mem_give(a), mem_give(b), mem_give(d);
}

TEST(mem_grow_keeps, "what could not grow is still there")
{
	char *a = mem_take(4);
	assert_non_null(a);
	memcpy(a, "abc", 4);
	mem_fail_after(0);
	assert_null(mem_grow(a, 100));
	assert_string_equal(a, "abc");
	mem_fail_after(-1);
	mem_give(a);
	mem_give(NULL);
}

TEST(mem_zero_bytes, "nothing at all still has an address, and memory comes zeroed")
{
	char *none = mem_take(0), *some = mem_take(1000);
	assert_non_null(none);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(some[i], 0);
	mem_give(none), mem_give(some);
}
