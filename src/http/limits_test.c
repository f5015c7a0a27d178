/* limits_test.c: how often is too often. */
#include "http/inside.h"
#include "test.h"

TEST(limit_counts, "so many in a window, each key for itself, and again when time has passed")
{
	struct limits_table *t = limits_make();
	assert_non_null(t);
	for (int i = 0; i < 5; i++)
		assert_true(limits_allow(t, S("login 1.2.3.4"), 5, MINUTE, 1000));
	assert_false(limits_allow(t, S("login 1.2.3.4"), 5, MINUTE, 1000));
	assert_true(limits_allow(t, S("login 1.2.3.5"), 5, MINUTE, 1000));
	assert_false(limits_allow(t, S("login 1.2.3.4"), 5, MINUTE, 1000 + 11 * SECOND));
	assert_true(limits_allow(t, S("login 1.2.3.4"), 5, MINUTE, 1000 + 13 * SECOND));
	assert_false(limits_allow(t, S("login 1.2.3.4"), 5, MINUTE, 1000 + 13 * SECOND));
	assert_true(limits_allow(t, S(""), 1, MINUTE, 1000));
	limits_free(t);
}

TEST(limit_flood, "a flood of keys takes no memory, and one just used survives most of it")
{
	struct limits_table *t = limits_make();
	assert_non_null(t);
	for (int i = 0; i < 100000; i++) {
		char key[32];
		int len = snprintf(key, sizeof key, "key %d", i);
		assert_true(limits_allow(t, (struct str){ key, (size_t)len }, 1, HOUR, 1000 + i));
		assert_false(limits_allow(t, (struct str){ key, (size_t)len }, 1, HOUR, 1000 + i));
	}
	limits_free(t);
}
