/* test.h: how a promise is written down.
 *
 *   TEST(name_key_folds_width, "ＶＩＰ and vip are one name") { … }         once
 *   PROMISE(tag_twice, "a tag put twice is put once") { … use house … }      once on SQLite, once on PostgreSQL
 *
 * Whoever waits for something waits with comes(): a slow machine may take its time, only what never comes fails.
 *
 *   assert_true(comes(sink_count(sink) == 20));
 *
 * Assertions are cmocka's. Tests register themselves; `build/quntu-test [--list] [PATTERN]` runs them.
 * A PROMISE gets an open, empty store (schema applied) as `house`; the harness for HTTP is test/client.h.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/time.h"

struct house;                                  /* test/client.h */

struct test {
	const char  *file, *name, *promise;
	void       (*plain)(void);
	void       (*on_store)(struct house *house);
	struct test *next;
};

void test_register(struct test *);
/* Where houses are built: QUNTU_TEST_DIR (memory is faster than a disk), else /tmp. */
const char *test_folder(void);

#define TEST(name_, promise_) \
	static void test_##name_(void); \
	__attribute__((constructor)) static void register_##name_(void) { \
		static struct test t = { __FILE__, #name_, promise_, test_##name_, NULL, NULL }; test_register(&t); } \
	static void test_##name_(void)

#define PROMISE(name_, promise_) \
	static void test_##name_(struct house *); \
	__attribute__((constructor)) static void register_##name_(void) { \
		static struct test t = { __FILE__, #name_, promise_, NULL, test_##name_, NULL }; test_register(&t); } \
	static void test_##name_(struct house *house)

#define assert_str(got, expected) do { \
	struct str got_ = (got), want_ = str_of(expected); \
	if (!str_equal(got_, want_)) fail_msg("%s is \"%.*s\", expected \"%.*s\"", #got, STR(got_), STR(want_)); } while (0)

/* What must come is waited for so long: no machine is that slow, so only a broken promise uses it up. */
#define PATIENCE (2 * MINUTE)
/* … and what must not come, so long: too short a look lets a mistake pass, and fails nobody who is in order. */
#define A_WHILE  300

void test_pause(void);                         /* a moment */
void test_later(void);                         /* until what comes is later than what was; the clock goes */

/* Looks again and again: true as soon as the condition holds, false when patience has ended. */
#define comes(condition_) ({ \
	bool came_; \
	for (int64_t end_ = clock_steady() + PATIENCE; !(came_ = (condition_)) && clock_steady() < end_;) \
		test_pause(); \
	came_; })
