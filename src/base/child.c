/* child.c: posix_spawn with a clean start: no descriptors, no blocked signals, no shell. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/err.h"
#include "base/time.h"

#define TERM_PATIENCE 5000                        /* ms between asking and killing */

extern char **environ;

const char *child_find(const char *name, struct arena *arena)
{
	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? name : NULL;
	const char *path = getenv("PATH");
	struct str rest = str_format(arena, "%s:/usr/sbin", path ? path : "/usr/bin:/bin");
	while (rest.len) {
		struct str folder = str_cut(&rest, ':');
		const char *full = str_z(arena, str_format(arena, "%.*s/%s", STR(folder), name));
		if (full && folder.len && access(full, X_OK) == 0)
			return full;
	}
	return NULL;
}

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* `out`: where standard output and standard error go. */
static int spawn(const char *const *argv, int out, struct arena *arena, pid_t *ret)
{
	const char *program = child_find(argv[0], arena);
	if (!program)
		return E_NOT_FOUND;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, usual;
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	if (posix_spawn_file_actions_init(&files) != 0)
		return E_MEMORY;
	if (posix_spawnattr_init(&how) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return E_MEMORY;
	}
	int r = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	r = r ? r : posix_spawn_file_actions_adddup2(&files, out, 1);
	r = r ? r : posix_spawn_file_actions_adddup2(&files, out, 2);
	r = r ? r : posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = r ? r : posix_spawnattr_setsigmask(&how, &none);
	r = r ? r : posix_spawnattr_setsigdefault(&how, &usual);
	/* posix_spawn's argv is not const for history's sake only. */
	r = r ? r : posix_spawn(ret, program, &files, &how, (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return r ? E_STORE : 0;
}

static void listen_to(int fd, struct buf *said)
{
	char piece[4096];
	for (;;) {
		ssize_t n = read(fd, piece, sizeof piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		if (said && said->len + (size_t)n <= said->max)
			buf_add(said, piece, (size_t)n);
	}
}

int child_run(const char *const *argv, struct buf *ret_said, struct arena *arena)
{
	int ends[2], status;
	pid_t pid;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return E_STORE;
	int r = spawn(argv, ends[1], arena, &pid);
	close(ends[1]);
	if (r == 0) {
		listen_to(ends[0], ret_said);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
		r = code_of(status);
	}
	close(ends[0]);
	return r;
}

/* posix_spawn cannot ask for the parent's death to be heard; util-linux's setpriv, part of every Debian, can. */
int child_start(const char *const *argv, const char *log, struct arena *arena, struct child *ret)
{
	const char *words[CHILD_WORDS + 5] = { "setpriv", "--pdeathsig", "TERM", "--" };
	size_t n = 4;
	for (size_t i = 0; argv[i] && i < CHILD_WORDS; i++)
		words[n++] = argv[i];
	words[4] = child_find(argv[0], arena);
	if (!words[4])
		return E_NOT_FOUND;
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (out < 0)
		return E_STORE;
	int r = spawn(words, out, arena, &ret->pid);
	close(out);
	return r;
}

bool child_runs(struct child *child)
{
	siginfo_t ended = { 0 };
	return child->pid > 0 && waitid(P_PID, (id_t)child->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       ended.si_pid == 0;
}

int child_stop(struct child *child)
{
	if (child->pid <= 0)
		return 0;
	int status = 0;
	kill(child->pid, SIGTERM);
	for (int64_t end = clock_steady() + TERM_PATIENCE; waitpid(child->pid, &status, WNOHANG) == 0;) {
		if (clock_steady() > end)
			kill(child->pid, SIGKILL);
		usleep(2000);
	}
	child->pid = 0;
	return code_of(status);
}

void child_release(struct child *child)
{
	child_stop(child);
}
