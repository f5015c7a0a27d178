/* logfile_test.c: what SQLite says is committed stands in the files, whoever wrote before and whatever was undone.
 *
 * Two writers with caches of a few pages (so that most transactions spill, come back to their own frames and have them
 * undone) change one table by turns, against a model. A third connection without our layer reads what they committed,
 * and so does one of a copy of the files, taken as a power cut would leave them.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include "store/engine.h"
#include "test.h"

#define KEYS 400

struct logs {
	char     dir[200];
	sqlite3 *writers[2], *reader;
	unsigned seed;
	int      model[KEYS], tried[KEYS], marked[KEYS];       /* committed; of this transaction; at its savepoint */
};

static int below(struct logs *l, int n) { return (int)(rand_r(&l->seed) % (unsigned)n); }

static int say(sqlite3 *db, const char *text) { return sqlite3_exec(db, text, NULL, NULL, NULL); }

static sqlite3 *open_at(const char *dir, const char *name, const char *vfs)
{
	char path[260];
	sqlite3 *db;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs), SQLITE_OK);
	assert_int_equal(say(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=4;"
		"PRAGMA wal_autocheckpoint=300"), SQLITE_OK);
	return db;
}

static void begin(struct logs *l, unsigned seed)
{
	*l = (struct logs){ .seed = seed };
	snprintf(l->dir, sizeof l->dir, "%s/quntu-log-XXXXXX", test_folder());
	assert_non_null(mkdtemp(l->dir));
	logfile_register();
	for (int i = 0; i < 2; i++)
		l->writers[i] = open_at(l->dir, "q.db", LOGFILE_VFS);
	l->reader = open_at(l->dir, "q.db", NULL);
	assert_int_equal(say(l->writers[0], "CREATE TABLE t (k INTEGER PRIMARY KEY, n INTEGER, filling BLOB)"), SQLITE_OK);
}

static void finish(struct logs *l)
{
	static const char *const files[] = { "q.db", "q.db-wal", "q.db-shm", "copy.db", "copy.db-wal", "copy.db-shm" };
	char path[260];
	sqlite3_close(l->reader);
	for (int i = 0; i < 2; i++)
		sqlite3_close(l->writers[i]);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/%s", l->dir, files[i]);
		unlink(path);
	}
	rmdir(l->dir);
}

static void put(sqlite3 *db, int k, int n, int bytes)
{
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?1, ?2, zeroblob(?3)) ON CONFLICT (k) DO UPDATE SET"
		" n = excluded.n, filling = excluded.filling", -1, &st, NULL), SQLITE_OK);
	sqlite3_bind_int(st, 1, k);
	sqlite3_bind_int(st, 2, n);
	sqlite3_bind_int(st, 3, bytes);
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
}

static void put_some(struct logs *l, sqlite3 *db)
{
	for (int i = below(l, 60); i >= 0; i--) {
		int k = below(l, KEYS), n = below(l, 100000);
		put(db, k, n, below(l, 3000));
		l->tried[k] = n;
	}
}

static void transact(struct logs *l)
{
	sqlite3 *db = l->writers[below(l, 2)];
	memcpy(l->tried, l->model, sizeof l->model);
	assert_int_equal(say(db, "BEGIN IMMEDIATE"), SQLITE_OK);
	put_some(l, db);
	memcpy(l->marked, l->tried, sizeof l->tried);
	assert_int_equal(say(db, "SAVEPOINT s"), SQLITE_OK);
	put_some(l, db);
	if (below(l, 3) == 0) {
		assert_int_equal(say(db, "ROLLBACK TO s"), SQLITE_OK);
		memcpy(l->tried, l->marked, sizeof l->tried);
		put_some(l, db);
	}
	bool keeps = below(l, 3) > 0;
	assert_int_equal(say(db, keeps ? "COMMIT" : "ROLLBACK"), SQLITE_OK);
	if (keeps)
		memcpy(l->model, l->tried, sizeof l->model);
}

static void compare(struct logs *l, sqlite3 *db)
{
	int found[KEYS] = { 0 };
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT k, n FROM t", -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		found[sqlite3_column_int(st, 0)] = sqlite3_column_int(st, 1);
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	assert_memory_equal(found, l->model, sizeof found);
}

static void copy_file(struct logs *l, const char *from, const char *to)
{
	char text[600];
	snprintf(text, sizeof text, "%s/%s", l->dir, from);
	int in = open(text, O_RDONLY | O_CLOEXEC);
	snprintf(text, sizeof text, "%s/%s", l->dir, to);
	int out = open(text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(in >= 0 && out >= 0);
	static char room[65536];
	for (ssize_t n; (n = read(in, room, sizeof room)) > 0;)
		assert_int_equal(write(out, room, (size_t)n), n);
	close(in);
	close(out);
}

static void compare_after_power_cut(struct logs *l)
{
	copy_file(l, "q.db", "copy.db");
	copy_file(l, "q.db-wal", "copy.db-wal");
	sqlite3 *db = open_at(l->dir, "copy.db", NULL);
	compare(l, db);
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 0), "ok");
	sqlite3_finalize(st);
	sqlite3_close(db);
}

TEST(logs_hold, "what two writers commit by turns stands in the log, whatever of it spilled, was written again or undone")
{
	for (unsigned seed = 1; seed <= 3; seed++) {
		struct logs l;
		begin(&l, seed);
		for (int i = 0; i < 150; i++) {
			transact(&l);
			compare(&l, l.reader);
			if (i % 15 == 0)
				compare_after_power_cut(&l);
		}
		finish(&l);
	}
}

TEST(logs_full_disk, "a commit whose pages find no room fails and leaves the one before; with room again, all goes on")
{
	struct logs l;
	struct rlimit had, tight;
	begin(&l, 9);
	assert_int_equal(say(l.writers[0], "PRAGMA cache_size=2000; INSERT INTO t VALUES (1, 10, zeroblob(100))"), SQLITE_OK);
	l.model[1] = 10;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &had), 0);
	signal(SIGXFSZ, SIG_IGN);
	tight = (struct rlimit){ 200000, had.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	assert_int_not_equal(say(l.writers[0], "INSERT INTO t VALUES (2, 20, zeroblob(600000))"), SQLITE_OK);
	compare(&l, l.reader);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &had), 0);
	signal(SIGXFSZ, SIG_DFL);
	compare_after_power_cut(&l);
	assert_int_equal(say(l.writers[1], "INSERT INTO t VALUES (3, 30, zeroblob(600000))"), SQLITE_OK);
	l.model[3] = 30;
	compare(&l, l.reader);
	compare_after_power_cut(&l);
	finish(&l);
}

TEST(logs_undone, "frames of an undone transaction are not written over those of the next writer")
{
	struct logs l;
	begin(&l, 11);
	for (int i = 0; i < 40; i++) {
		sqlite3 *undone = l.writers[i % 2], *next = l.writers[1 - i % 2];
		assert_int_equal(say(undone, "PRAGMA wal_checkpoint(TRUNCATE); BEGIN IMMEDIATE"), SQLITE_OK);    /* else undoing reads the log */
		put(undone, 399, 1, 1000 * (i + 5));
		assert_int_equal(say(undone, "ROLLBACK"), SQLITE_OK);
		put(next, i, i + 1, 500 * i);
		l.model[i] = i + 1;
		compare(&l, undone);
		compare(&l, l.reader);
		compare_after_power_cut(&l);
	}
	finish(&l);
}
