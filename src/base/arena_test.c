/* arena_test.c: memory that goes at once, and the ways it may not be had. */
#include "test.h"

TEST(arena_lazy_and_small, "an arena takes nothing before it is used, then 2 KB")
{
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	assert_int_equal(a.total, 0);
	assert_non_null(arena_take(&a, 10));
	assert_int_equal(a.total, 2048);
}

TEST(arena_aligned_zeroed_apart, "things of any size are aligned, zeroed and do not overlap")
{
	ARENA_SCOPED a;
	arena_init(&a, 64 << 20);
	unsigned char *last = NULL;
	size_t last_size = 0;
	for (size_t size = 0; size < 3000; size += 7) {
		unsigned char *p = arena_take(&a, size);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
		if (last_size)
			assert_int_equal(last[last_size - 1], 0xff);
		last = p;
		last_size = size;
	}
}

TEST(arena_big_keeps_small, "something big does not cost the small things their chunk")
{
	ARENA_SCOPED a;
	arena_init(&a, 64 << 20);
	char *before = arena_take(&a, 16), *big = arena_take(&a, 1 << 20), *after = arena_take(&a, 16);
	assert_non_null(big);
	assert_ptr_equal(after, before + 16);
}

TEST(arena_limit, "the limit holds, failure is sticky, and a freed arena starts again")
{
	ARENA_SCOPED a;
	arena_init(&a, 10000);
	size_t taken = 0;
	while (arena_take(&a, 100))
		taken += 100;
	assert_true(taken >= 8000 && taken <= 10000 && a.total <= 10000);
	assert_true(arena_failed(&a));
	assert_null(arena_take(&a, 1));
	arena_free(&a);
	assert_false(arena_failed(&a));
	assert_non_null(arena_take(&a, 100));
}

TEST(arena_small_limit, "an arena with less than a chunk gives what it has")
{
	ARENA_SCOPED a;
	arena_init(&a, 100);
	assert_non_null(arena_take(&a, 16));
	assert_null(arena_take(&a, 200));
	ARENA_SCOPED none;
	arena_init(&none, 0);
	assert_null(arena_take(&none, 0));
}

TEST(arena_overflow, "a count times a size that overflows is a failure, not a small piece")
{
	ARENA_SCOPED a, b;
	arena_init(&a, SIZE_MAX);
	assert_null(arena_take_array(&a, SIZE_MAX / 2, 3));
	assert_true(arena_failed(&a));
	arena_init(&b, SIZE_MAX);
	assert_null(arena_take(&b, SIZE_MAX));
	arena_free(&b);
	assert_null(arena_take(&b, SIZE_MAX - 15));
}

TEST(arena_sweep, "whichever allocation fails, the arena says so and gives everything back")
{
	for (long n = 0, struck = 1; struck; n++) {
		ARENA_SCOPED a;
		arena_init(&a, 1 << 20);
		mem_fail_after(n);
		for (size_t i = 0; i < 200; i++) {
			char *p = arena_take(&a, i * 13);
			if (p && i)
				p[i * 13 - 1] = 1;
		}
		struck = mem_failed();
		assert_int_equal(arena_failed(&a), struck);
		mem_fail_after(-1);
	}
}

TEST(arena_reset_keeps_a_clean_chunk, "a reset arena gives zeroed memory again, takes none from the system, and forgets a failure")
{
	ARENA_SCOPED a;
	arena_init(&a, 4096);
	char *first = arena_take(&a, 100);
	memset(first, 'x', 100);
	size_t total = a.total;
	assert_null(arena_take(&a, 8192));
	assert_true(arena_failed(&a));
	arena_reset(&a);
	assert_false(arena_failed(&a));
	char *again = arena_take(&a, 100);
	assert_ptr_equal(again, first);
	for (int i = 0; i < 100; i++)
		assert_int_equal(again[i], 0);
	assert_int_equal(a.total, total);
}
