/* logfile.c: the pages of one commit leave for the log in one write.
 *
 * Story      SQLite writes each page of a commit by two calls, its head and its bytes; a batch of a few dozen requests makes
 *            hundreds of them. Between SQLite and its own layer for files stands this one: of the write-ahead log alone
 *            it keeps what follows on directly, and writes it when the frame that commits is whole.
 * Holds      A commit that has returned was written, and a write that fails fails the commit: the frame that commits (the
 *            second word of its head is not 0) never waits here. Whatever else is asked of the log (a read, a sync, its
 *            size) first sees what was kept. What a transaction leaves here that was undone is dropped when it gives
 *            its lock back: the next writer's frames have the same place.
 *            Frames are kept only while they come as we know them, a head and then its page. A transaction too large
 *            for the cache comes back to pages it has already written: the rest of it goes straight on.
 * Source     "WAL-mode File Format" in the documentation of SQLite: frames, and the locks of the index.
 * Test       logfile_test.c
 */
#include "base/mem.h"
#include "store/engine.h"
#include <sqlite3.h>

#define FRAME_HEAD         24
#define PAGE_MOST       65536
#define ROOM       0x1ffff                            /* SQLite writes no more at once; more of one commit leaves in several writes */
#define WRITE_LOCK          0                         /* of the locks that a log has */

struct layer {                                        /* behind SQLite's own part of an open file */
	sqlite3_io_methods        methods;            /* theirs, but for some */
	const sqlite3_io_methods *theirs;
	sqlite3_file             *other;              /* of a database its log, of a log its database; NULL: not open */
	unsigned char            *room;               /* a log's; NULL before the first frame: readers never need it */
	size_t                    kept;
	sqlite3_int64             at;                 /* where in the log the kept bytes belong */
	bool                      page_next, commits, straight;
};

static sqlite3_vfs gathering;

static sqlite3_vfs *plain(void) { return gathering.pAppData; }

static int layer_offset(void)
{
	int align = _Alignof(struct layer);
	return (plain()->szOsFile + align - 1) / align * align;
}

static struct layer *layer_of(sqlite3_file *file) { return (void *)((char *)file + layer_offset()); }

/* ---- The log ---- */

static int let_go(sqlite3_file *file)
{
	struct layer *l = layer_of(file);
	int n = (int)l->kept;
	l->kept = 0;
	return n > 0 ? l->theirs->xWrite(file, l->room, n, l->at) : SQLITE_OK;
}

static bool as_we_know(const struct layer *l, size_t n, sqlite3_int64 at)
{
	bool follows = at == l->at + (sqlite3_int64)l->kept;
	return l->room && !l->straight && n <= PAGE_MOST && (l->page_next ? follows && n != FRAME_HEAD : n == FRAME_HEAD);
}

static void keep(struct layer *l, const unsigned char *bytes, size_t n, sqlite3_int64 at)
{
	if (l->kept == 0)
		l->at = at;
	memcpy(l->room + l->kept, bytes, n);
	l->kept += n;
	if (!l->page_next)
		l->commits = bytes[4] || bytes[5] || bytes[6] || bytes[7];
	l->page_next = !l->page_next;
}

static int log_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
	struct layer *l = layer_of(file);
	if (!l->room)
		l->room = mem_take(ROOM);
	bool known = as_we_know(l, (size_t)len, at), follows = at == l->at + (sqlite3_int64)l->kept;
	bool full = !l->page_next && l->kept + FRAME_HEAD + PAGE_MOST > ROOM;
	int r = !known || !follows || full ? let_go(file) : SQLITE_OK;
	if (r != SQLITE_OK)
		return r;
	if (!known) {
		l->straight = at != 0;                /* the log's own head is no frame, and no harm */
		return l->theirs->xWrite(file, bytes, len, at);
	}
	keep(l, bytes, (size_t)len, at);
	return l->page_next || !l->commits ? SQLITE_OK : let_go(file);
}

static int log_read(sqlite3_file *file, void *room, int len, sqlite3_int64 at)
{
	int r = let_go(file);
	return r == SQLITE_OK ? layer_of(file)->theirs->xRead(file, room, len, at) : r;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int r = let_go(file);
	return r == SQLITE_OK ? layer_of(file)->theirs->xTruncate(file, size) : r;
}

static int log_sync(sqlite3_file *file, int flags)
{
	int r = let_go(file);
	return r == SQLITE_OK ? layer_of(file)->theirs->xSync(file, flags) : r;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	int r = let_go(file);
	return r == SQLITE_OK ? layer_of(file)->theirs->xFileSize(file, ret) : r;
}

static int log_close(sqlite3_file *file)
{
	struct layer *l = layer_of(file);
	layer_of(l->other)->other = NULL;
	mem_give(l->room);
	return l->theirs->xClose(file);
}

/* ---- The database, whose locks are the log's ---- */

static int db_lock(sqlite3_file *file, int first, int n, int flags)
{
	struct layer *l = layer_of(file);
	if (l->other && first == WRITE_LOCK && flags == (SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE)) {
		struct layer *log = layer_of(l->other);
		log->kept = 0;
		log->page_next = log->straight = false;
	}
	return l->theirs->xShmLock(file, first, n, flags);
}

/* ---- Opening ---- */

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	(void)vfs;
	int r = plain()->xOpen(plain(), name, file, flags, ret_flags);
	if (r != SQLITE_OK || !(flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)))
		return r;
	struct layer *l = layer_of(file);
	*l = (struct layer){ .methods = *file->pMethods, .theirs = file->pMethods };
	file->pMethods = &l->methods;
	if (flags & SQLITE_OPEN_MAIN_DB) {
		l->methods.xShmLock = db_lock;
		return r;
	}
	l->other = sqlite3_database_file_object(name);
	layer_of(l->other)->other = file;
	l->methods.xWrite = log_write;
	l->methods.xRead = log_read;
	l->methods.xTruncate = log_truncate;
	l->methods.xSync = log_sync;
	l->methods.xFileSize = log_size;
	l->methods.xClose = log_close;
	return r;
}

void logfile_register(void)
{
	sqlite3_vfs *theirs = sqlite3_vfs_find(NULL);
	gathering = *theirs;
	gathering.pAppData = theirs;
	gathering.szOsFile = layer_offset() + (int)sizeof(struct layer);
	gathering.pNext = NULL;
	gathering.zName = LOGFILE_VFS;
	gathering.xOpen = open_file;
	sqlite3_vfs_register(&gathering, 0);
}
