/* backup.c: a consistent copy of a store that goes on serving.
 *
 * The copy is made beside its place under another name, synced, and renamed: a file with the right name is a whole
 * backup, whatever happened meanwhile. SQLite: VACUUM INTO, from a reader's snapshot. PostgreSQL: its own pg_dump; the
 * address goes through the environment, for a password on a command line is everybody's to read.
 */
#include "store/inside.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENVIRONMENT_MAX 400

/* ---- SQLite ---- */

static int copy_sqlite(struct store *store, const char *file, char ret_why[WHY_MAX])
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	bool good = sqlite3_open_v2(store->where, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK
	         && sqlite3_busy_timeout(db, 5000) == SQLITE_OK
	         && sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &stmt, NULL) == SQLITE_OK
	         && sqlite3_bind_text(stmt, 1, file, -1, SQLITE_STATIC) == SQLITE_OK
	         && sqlite3_step(stmt) == SQLITE_DONE;
	if (!good)
		snprintf(ret_why, WHY_MAX, "%s", db ? sqlite3_errmsg(db) : "memory is out");
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return good ? 0 : E_STORE;
}

/* ---- PostgreSQL ---- */

/* Our environment, with PGHOST, PGPASSWORD … of the address in place of those that were there. */
static bool environment_for(const char *url, struct arena *arena, char **ret)
{
	PQconninfoOption *options = PQconninfoParse(url, NULL);
	size_t n = 0;
	for (char **e = environ; *e && n < ENVIRONMENT_MAX; e++)
		if (strncmp(*e, "PG", 2) != 0)
			ret[n++] = *e;
	for (PQconninfoOption *o = options; o && o->keyword && n < ENVIRONMENT_MAX; o++)
		if (o->envvar && o->val && !(ret[n++] = (char *)(uintptr_t)str_format(arena, "%s=%s", o->envvar, o->val).at))
			n = ENVIRONMENT_MAX;
	ret[n < ENVIRONMENT_MAX ? n : 0] = NULL;
	PQconninfoFree(options);
	return options && n < ENVIRONMENT_MAX;
}

static int wait_for(pid_t pid, char ret_why[WHY_MAX])
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return E_STORE;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	snprintf(ret_why, WHY_MAX, "pg_dump failed; what it says stands above");
	return E_STORE;
}

static int copy_pg(struct store *store, const char *file, char ret_why[WHY_MAX])
{
	ARENA_SCOPED arena;
	arena_init(&arena, 65536);
	char *environment[ENVIRONMENT_MAX + 1];
	char *words[] = { (char[]){ "pg_dump" }, (char[]){ "--format=custom" }, (char[]){ "--no-password" },
	                  (char[]){ "--file" }, str_z(&arena, str_of(file)), NULL };
	pid_t pid;
	if (!environment_for(store->where, &arena, environment) || arena_failed(&arena)) {
		snprintf(ret_why, WHY_MAX, "the store's address cannot be read");
		return E_STORE;
	}
	int r = posix_spawnp(&pid, words[0], NULL, NULL, words, environment);
	if (r != 0) {
		snprintf(ret_why, WHY_MAX, "pg_dump cannot be run: %s; install postgresql-client", strerror(r));
		return E_STORE;
	}
	return wait_for(pid, ret_why);
}

/* ---- Both ---- */

static bool sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return good;
}

static bool put_in_place(const char *temporary, const char *file)
{
	char folder[512];
	snprintf(folder, sizeof folder, "%s", file);
	char *slash = strrchr(folder, '/');
	if (!slash)
		snprintf(folder, sizeof folder, ".");
	else
		slash[slash == folder] = '\0';
	return sync_path(temporary, O_RDONLY) && rename(temporary, file) == 0 && sync_path(folder, O_RDONLY | O_DIRECTORY);
}

int store_backup(struct store *store, const char *file, struct arena *arena, struct str *ret_why)
{
	char why[WHY_MAX] = "", temporary[512];
	int len = snprintf(temporary, sizeof temporary, "%s.part-%d", file, (int)getpid());
	if (len >= (int)sizeof temporary) {
		*ret_why = S("the file's name is too long");
		return E_INVALID;
	}
	unlink(temporary);
	int r = store_is_pg(store) ? copy_pg(store, temporary, why) : copy_sqlite(store, temporary, why);
	if (r == 0 && !put_in_place(temporary, file)) {
		snprintf(why, sizeof why, "%s", strerror(errno));
		r = E_STORE;
	}
	if (r < 0) {
		unlink(temporary);
		*ret_why = str_format(arena, "no backup was written to %s: %s", file, why);
	}
	return r;
}
