/* child.h: other programs (pg_dump, nginx, wrk), run without a shell.
 *
 * A program is looked up in PATH, then /usr/sbin. Its standard input is empty. Nothing is left behind: a child that is
 * stopped is waited for, and one that runs ends with the thread that started it, however that ends.
 */
#pragma once
#include <sys/types.h>
#include "base/arena.h"
#include "base/buf.h"

/* Path of the program, or NULL when it is not installed. */
const char *child_find(const char *name, struct arena *);

/* Run to the end; what it writes to standard output and standard error goes to `ret_said` (which may be NULL: thrown
 * away) as far as there is room. Exit code, 128 + signal, or E_NOT_FOUND (not installed), E_MEMORY, E_STORE (no
 * process). argv ends with NULL. */
int child_run(const char *const *argv, struct buf *ret_said, struct arena *);

/* Start and leave running, its words appended to the file `log`. 0 or a code as above; at most CHILD_WORDS words. */
#define CHILD_WORDS 40
struct child { pid_t pid; };
int  child_start(const char *const *argv, const char *log, struct arena *, struct child *ret);
/* SIGTERM, five seconds, SIGKILL. Harmless on {0}. Exit code as above. */
int  child_stop(struct child *);
bool child_runs(struct child *);

void child_release(struct child *);
#define CHILD_SCOPED __attribute__((cleanup(child_release))) struct child
