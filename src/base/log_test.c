/* log_test.c: a line is a line. */
#include "test.h"
#include "base/log.h"

#include <unistd.h>

/* What `say` writes on standard error. */
static size_t heard(void (*say)(void), char *ret, size_t room)
{
	int ends[2], kept = dup(STDERR_FILENO);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	say();
	dup2(kept, STDERR_FILENO);
	close(kept);
	ssize_t n = read(ends[0], ret, room - 1);
	close(ends[0]);
	ret[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void say_two_lines(void) { log_warn("a\nfake line\r %d", 7); }
static void say_debug(void)     { log_debug("nobody asked"); }
static void say_long(void)      { log_error("%5000d", 7); }

TEST(log_one_line, "a text cannot fake a second line, and a long one is cut")
{
	char text[8192];
	size_t n = heard(say_two_lines, text, sizeof text);
	assert_non_null(strstr(text, "a fake line  7\n"));
	assert_ptr_equal(strchr(text, '\n'), text + n - 1);
	n = heard(say_long, text, sizeof text);
	assert_true(n > 1000 && n <= 2048);
	assert_ptr_equal(strchr(text, '\n'), text + n - 1);
}

TEST(log_levels, "what is below the level is not said")
{
	char text[512];
	assert_int_equal(heard(say_debug, text, sizeof text), 0);
	log_set_level(LOG_DEBUG);
	assert_true(heard(say_debug, text, sizeof text) > 0);
	log_set_level(LOG_OFF);
	assert_int_equal(heard(say_long, text, sizeof text), 0);
	log_set_level(LOG_INFO);
}
