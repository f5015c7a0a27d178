/* log.c: lines on standard error.
 *
 * Story      On a terminal a line begins with the time of day (UTC) and its level; under systemd with journald's
 *            own mark "<4>", because journald knows the time.
 * Not here   Files and rotation: whoever starts the server has both.
 * Holds      A line is one write(2), so lines of threads never mix; a text that came from outside cannot fake a
 *            second line. LINE_MAX_BYTES bytes at most.
 * Test       log_test.c
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/time.h"

#define LINE_MAX_BYTES 2048

static atomic_int level = LOG_INFO;

void log_set_level(enum log_level l)
{
	atomic_store(&level, (int)l);
}

static size_t begin(char *line, size_t room, enum log_level l)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	static const char marks[] = "7643";
	int n;
	if (getenv("JOURNAL_STREAM")) {
		n = snprintf(line, room, "<%c>", marks[l]);
	} else {
		int64_t day = ((clock_now().ms % DAY) + DAY) % DAY;
		n = snprintf(line, room, "%02d:%02d:%02dZ %-5s ", (int)(day / HOUR), (int)(day / MINUTE % 60),
		             (int)(day / SECOND % 60), names[l]);
	}
	return (size_t)n;
}

void log_line(enum log_level l, const char *format, ...)
{
	if (l >= LOG_OFF || (int)l < atomic_load_explicit(&level, memory_order_relaxed))
		return;
	int kept = errno;                       /* a log line between a failure and its report must not hide it */
	char line[LINE_MAX_BYTES];
	size_t start = begin(line, sizeof line, l), room = sizeof line - start - 1;

	va_list list;
	va_start(list, format);
	int n = vsnprintf(line + start, room, format, list);
	va_end(list);
	size_t len = start + (n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1);
	for (size_t i = start; i < len; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	}
	line[len] = '\n';
	ssize_t written = write(STDERR_FILENO, line, len + 1);
	(void)written;                          /* nowhere left to complain */
	errno = kept;
}
