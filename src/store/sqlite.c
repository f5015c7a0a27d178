/* sqlite.c: the embedded store.
 *
 * One file in write-ahead mode. SQLite itself syncs only around checkpoints (synchronous=NORMAL); the log is synced by
 * sync.c before anybody is told that something was saved, which is what synchronous=FULL would do, while the next
 * batch is already being written. The one writing connection keeps a bigger page cache; readers see the last commit and
 * are never in its way. Statements are prepared once a connection and values are bound in place, so a warm query
 * allocates nothing. What is deleted is overwritten (secure_delete): people who were erased are not left on free pages.
 */
#include "store/engine.h"
#include "base/log.h"
#include "base/mem.h"
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

#define BUSY_MS            1000                       /* only a second program on the same file can make us wait */
#define WRITER_CACHE_LEAST 16000                      /* KiB; of larger machines a part of the memory, for tables that are larger, too */
#define WRITER_CACHE_MOST 256000
#define WRITER_CACHE_PART     64
#define READER_CACHE_KIB    4000L
#define LOG_BYTES_KEPT 256000000                      /* a log that a long read made bigger is cut back to this */

enum control { BEGIN_READ, BEGIN_WRITE, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK_TO, CONTROLS };

static const char *const control_text[CONTROLS] = {
	"BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", "SAVEPOINT action", "RELEASE action", "ROLLBACK TO action",
};

struct sqlite {
	struct conn       base;
	sqlite3          *db;
	sqlite3_stmt     *control[CONTROLS];
	struct statements statements;
	int               log_pages;
};

static struct sqlite *sqlite_of(struct conn *conn) { return (struct sqlite *)conn; }

/* The code for what SQLite just said; logs what is not an everyday answer. */
static int verdict(struct sqlite *s, const char *who)
{
	int code = sqlite3_extended_errcode(s->db);
	switch (code) {
	case SQLITE_CONSTRAINT_UNIQUE: case SQLITE_CONSTRAINT_PRIMARYKEY: case SQLITE_CONSTRAINT_ROWID:
		return E_CONFLICT;
	case SQLITE_NOMEM: case SQLITE_IOERR_NOMEM:
		return E_MEMORY;
	}
	if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
		return E_BUSY;
	log_error("%s: %s (SQLite %d)", who, sqlite3_errmsg(s->db), code);
	return E_STORE;
}

/* ---- Opening ---- */

/* Our connections are never shared between threads, and nobody reads SQLite's memory statistics: both cost locks. */
static void configure_once(void)
{
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	pages_configure();
	logfile_register();
}

static bool pragma(struct sqlite *s, const char *text)
{
	return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK;
}

static long writer_cache(void)
{
	long kib = sysconf(_SC_PHYS_PAGES) / 1024 * sysconf(_SC_PAGESIZE) / WRITER_CACHE_PART;
	return kib < WRITER_CACHE_LEAST ? WRITER_CACHE_LEAST : kib > WRITER_CACHE_MOST ? WRITER_CACHE_MOST : kib;
}

/* Instead of SQLite's own, which would copy the log in the middle of the lane's work: tidy.c. */
static int note_log(void *arg, sqlite3 *db, const char *name, int pages)
{
	(void)db, (void)name;
	((struct sqlite *)arg)->log_pages = pages;
	return SQLITE_OK;
}

static bool tune(struct sqlite *s, enum access access)
{
	char text[300];
	snprintf(text, sizeof text, "PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"
	         "PRAGMA secure_delete=ON; PRAGMA cache_size=-%ld; PRAGMA journal_size_limit=%d; PRAGMA query_only=%d",
	         access == WRITES ? writer_cache() : READER_CACHE_KIB, LOG_BYTES_KEPT, access == READS);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	sqlite3_wal_hook(s->db, note_log, s);
	if (access == WRITES && !pragma(s, "PRAGMA journal_mode=WAL"))
		return false;
	return pragma(s, text)
	    && sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) == SQLITE_OK
	    && sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL) == SQLITE_OK
	    && sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL) == SQLITE_OK;
}

static bool prepare_controls(struct sqlite *s)
{
	int r = SQLITE_OK;
	for (int i = 0; r == SQLITE_OK && i < CONTROLS; i++)
		r = sqlite3_prepare_v3(s->db, control_text[i], -1, SQLITE_PREPARE_PERSISTENT, &s->control[i], NULL);
	return r == SQLITE_OK;
}

static void sqlite_close(struct conn *conn)
{
	struct sqlite *s = sqlite_of(conn);
	for (int i = 0; i < CONTROLS; i++)
		sqlite3_finalize(s->control[i]);
	for (size_t i = 0; i < s->statements.room; i++)
		sqlite3_finalize(s->statements.slots[i].at);
	mem_give(s->statements.slots);
	sqlite3_close(s->db);
	mem_give(s);
}

static int sqlite_open(const char *path, enum access access, struct conn **ret, char ret_why[WHY_MAX])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, configure_once);

	struct sqlite *s = mem_take(sizeof *s);
	if (!s) {
		snprintf(ret_why, WHY_MAX, "memory is out");
		return E_MEMORY;
	}
	s->base.engine = &sqlite_engine;
	/* Readers open for writing too: the log of a crashed server has to be recovered by whoever comes first. */
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (access == WRITES ? SQLITE_OPEN_CREATE : 0);
	if (sqlite3_open_v2(path, &s->db, flags, LOGFILE_VFS) == SQLITE_OK && tune(s, access) && prepare_controls(s)) {
		*ret = &s->base;
		return 0;
	}
	snprintf(ret_why, WHY_MAX, "%s: %s", path, s->db ? sqlite3_errmsg(s->db) : "memory is out");
	sqlite_close(&s->base);
	return E_STORE;
}

static bool sqlite_alive(struct conn *conn) { (void)conn; return true; }

/* ---- Transactions ---- */

static int control(struct conn *conn, enum control which)
{
	struct sqlite *s = sqlite_of(conn);
	int r = sqlite3_step(s->control[which]) == SQLITE_DONE ? 0 : verdict(s, control_text[which]);
	sqlite3_reset(s->control[which]);
	return r;
}

static int sqlite_begin(struct conn *conn, enum access access)
{
	return control(conn, access == WRITES ? BEGIN_WRITE : BEGIN_READ);
}

/* SQLite rolls back by itself when the disk is full or breaks: it is then back in autocommit. */
static bool sqlite_intact(struct conn *conn) { return !sqlite3_get_autocommit(sqlite_of(conn)->db); }

static int sqlite_log_open(const char *where)
{
	char path[4096];
	int len = snprintf(path, sizeof path, "%s-wal", where);
	return len < (int)sizeof path ? open(path, O_RDWR | O_CLOEXEC) : -1;
}

static int sqlite_log_pages(struct conn *conn) { return sqlite_of(conn)->log_pages; }

static int sqlite_tidy(struct conn *conn, int *ret_left)
{
	int log = 0, copied = 0;
	int code = sqlite3_wal_checkpoint_v2(sqlite_of(conn)->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &log, &copied);
	*ret_left = log - copied;
	return code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY ? 0 : E_STORE;
}

static int sqlite_forget(const char *where)
{
	char why[WHY_MAX];
	struct conn *conn;
	int r = sqlite_open(where, WRITES, &conn, why);
	if (r < 0) {
		log_error("emptying the database's log: %s", why);
		return r;
	}
	int code = sqlite3_wal_checkpoint_v2(sqlite_of(conn)->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite_close(conn);
	return code == SQLITE_OK ? 0 : (code & 0xff) == SQLITE_BUSY ? E_BUSY : E_STORE;
}

static int sqlite_commit(struct conn *conn) { return control(conn, COMMIT); }

static void sqlite_rollback(struct conn *conn)
{
	if (sqlite_intact(conn))
		control(conn, ROLLBACK);
}

static int sqlite_savepoint(struct conn *conn) { return control(conn, SAVEPOINT); }
static int sqlite_release(struct conn *conn)   { return control(conn, RELEASE); }

static int sqlite_rollback_to(struct conn *conn)
{
	int r = control(conn, ROLLBACK_TO);
	return r < 0 ? r : control(conn, RELEASE);
}

/* ---- Queries ---- */

static int prepare(struct sqlite *s, const struct query *query, sqlite3_stmt **ret)
{
	struct statement *slot = statements_find(&s->statements, query);
	if (!slot)
		return E_MEMORY;
	if (slot->at) {
		*ret = slot->at;
		return 0;
	}
	sqlite3_stmt *stmt = NULL;
	if (sqlite3_prepare_v3(s->db, query->sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
		return verdict(s, query->name);
	size_t columns = (size_t)sqlite3_column_count(stmt), fields = query->row ? query->row->count : 0;
	bool good = columns == fields;
	if (!good)
		log_error("query %s: %zu columns, its row has %zu", query->name, columns, fields);
	for (size_t i = 0; good && i < fields; i++)
		good = column_named(query, i, sqlite3_column_name(stmt, (int)i));
	if (!good) {
		sqlite3_finalize(stmt);
		return E_STORE;
	}
	*ret = slot->at = stmt;
	return 0;
}

/* Values stay where they are until the statement is reset: nothing is copied. Empty is never NULL. */
static int bind(sqlite3_stmt *stmt, int i, const struct value *v)
{
	switch (v->kind) {
	case K_STR:
		return sqlite3_bind_text64(stmt, i, v->as.s.len ? v->as.s.at : "", v->as.s.len, SQLITE_STATIC, SQLITE_UTF8);
	case K_BLOB:
		return sqlite3_bind_blob64(stmt, i, v->as.b.len ? v->as.b.at : "", v->as.b.len, SQLITE_STATIC);
	default:
		return sqlite3_bind_int64(stmt, i, v->as.i);
	}
}

static int read_column(const struct query *query, const struct field *field, sqlite3_stmt *stmt, int i,
                       struct arena *arena, void *record)
{
	int type = sqlite3_column_type(stmt, i);
	if (type == SQLITE_NULL)
		return column_null(query, field);
	if (kind_is_number(field->kind)) {
		if (type != SQLITE_INTEGER)
			return column_mistyped(query, field);
		column_number(field, sqlite3_column_int64(stmt, i), record);
		return 0;
	}
	if (type != (field->kind == K_BLOB ? SQLITE_BLOB : SQLITE_TEXT))
		return column_mistyped(query, field);
	const void *at = field->kind == K_BLOB ? sqlite3_column_blob(stmt, i) : sqlite3_column_text(stmt, i);
	size_t len = (size_t)sqlite3_column_bytes(stmt, i);
	if (!at && len > 0)
		return E_MEMORY;
	return column_bytes(query, field, at, len, arena, record);
}

static int read_record(const struct query *query, sqlite3_stmt *stmt, struct sink *sink)
{
	void *record = sink->next(sink);
	if (!record)
		return E_MEMORY;
	for (size_t i = 0; i < query->row->count; i++) {
		int r = read_column(query, &query->row->fields[i], stmt, (int)i, sink->arena, record);
		if (r < 0)
			return r;
	}
	return 0;
}

static int step_through(struct sqlite *s, const struct query *query, sqlite3_stmt *stmt, struct sink *sink)
{
	int rows = 0;
	for (;;) {
		int step = sqlite3_step(stmt);
		if (step == SQLITE_DONE)
			return sink ? rows : query->access == WRITES ? sqlite3_changes(s->db) : 0;
		if (step != SQLITE_ROW)
			return verdict(s, query->name);
		if (!sink || (sink->only_first && rows > 0))
			continue;                         /* a write with RETURNING runs to its end all the same */
		int r = read_record(query, stmt, sink);
		if (r < 0)
			return r;
		rows++;
		if (sink->only_first && query->access == READS)
			return rows;
	}
}

static int sqlite_run(struct conn *conn, const struct query *query, const struct value *values, struct sink *sink)
{
	struct sqlite *s = sqlite_of(conn);
	sqlite3_stmt *stmt = NULL;
	int r = prepare(s, query, &stmt);
	if (r < 0)
		return r;
	for (size_t i = 0; i < query->count; i++)
		if (bind(stmt, (int)i + 1, &values[i]) != SQLITE_OK)
			return verdict(s, query->name);
	r = step_through(s, query, stmt, sink);
	sqlite3_reset(stmt);
	return r;
}

static int sqlite_script(struct conn *conn, const char *text, char ret_why[WHY_MAX])
{
	struct sqlite *s = sqlite_of(conn);
	if (sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	snprintf(ret_why, WHY_MAX, "%s", sqlite3_errmsg(s->db));
	return E_STORE;
}

static int sqlite_settle(struct conn *conn, char ret_why[WHY_MAX]) { return sizes_tell(sqlite_of(conn)->db, ret_why); }

/* ---- Describing ---- */

/* "SEARCH help USING PRIMARY KEY (community_id=?)": all that a community has (sizes.c). */
static bool reads_community(const char *sql, const char *detail, char ret[64])
{
	static const char end[] = " USING PRIMARY KEY (community_id=?)";
	size_t len = strlen(detail), tail = sizeof end - 1;
	if (strncmp(detail, "SEARCH ", 7) != 0 || len < 7 + tail || strcmp(detail + len - tail, end) != 0 || len - 7 - tail >= 64)
		return false;
	memcpy(ret, detail + 7, len - 7 - tail);
	ret[len - 7 - tail] = '\0';
	return sizes_are_large(sql, ret);
}

/* A part of the query that SQLite makes first has a name of its own, and is no table. */
static void note_made(const char *detail, char *made, size_t room)
{
	const char *name = strncmp(detail, "MATERIALIZE ", 12) == 0 ? detail + 12
		: strncmp(detail, "CO-ROUTINE ", 11) == 0 ? detail + 11 : NULL;
	size_t len = strlen(made);
	if (name && len + strlen(name) + 2 < room)
		snprintf(made + len, room - len, "%s%s|", len ? "" : "|", name);
}

static bool is_made(const char *made, const char *name)
{
	char as[70];
	size_t len = strcspn(name, " ");
	return snprintf(as, sizeof as, "|%.*s|", (int)len, name) < (int)sizeof as && strstr(made, as);
}

/* "SCAN tag" reads a table from end to end; "SCAN tag USING INDEX …" and subqueries, "SCAN (…", do not count. */
static void describe_plan(struct sqlite *s, const struct query *query, struct description *ret)
{
	char *text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", query->sql), made[400] = "";
	sqlite3_stmt *plan = NULL;
	if (text && sqlite3_prepare_v2(s->db, text, -1, &plan, NULL) == SQLITE_OK)
		while (sqlite3_step(plan) == SQLITE_ROW) {
			const char *detail = (const char *)sqlite3_column_text(plan, 3);
			char whole[64];
			if (!detail)
				continue;
			note_made(detail, made, sizeof made);
			if (!ret->scan[0] && strncmp(detail, "SCAN ", 5) == 0 && detail[5] != '(' && !is_made(made, detail + 5)
			    && !strstr(detail, "USING") && !strstr(detail, "VIRTUAL TABLE") && !strstr(detail, "CONSTANT ROW"))
				snprintf(ret->scan, sizeof ret->scan, "%s", detail + 5);
			if (!ret->whole[0] && reads_community(query->sql, detail, whole))
				snprintf(ret->whole, sizeof ret->whole, "%s", whole);
		}
	sqlite3_finalize(plan);
	sqlite3_free(text);
}

static void sqlite_describe(struct conn *conn, const struct query *query, struct description *ret)
{
	struct sqlite *s = sqlite_of(conn);
	sqlite3_stmt *stmt = NULL;
	*ret = (struct description){ 0 };
	if (sqlite3_prepare_v2(s->db, query->sql, -1, &stmt, NULL) != SQLITE_OK || !stmt) {
		snprintf(ret->problem, sizeof ret->problem, "%s", stmt ? "" : sqlite3_errmsg(s->db));
		return;
	}
	ret->parameters = (size_t)sqlite3_bind_parameter_count(stmt);
	for (int i = (int)ret->parameters; i >= 1; i--)
		if (!sqlite3_bind_parameter_name(stmt, i))
			ret->missing = i;
	ret->columns = (size_t)sqlite3_column_count(stmt);
	for (size_t i = 0; i < ret->columns && i < COLUMNS_MAX; i++) {
		snprintf(ret->names[i], sizeof ret->names[i], "%s", sqlite3_column_name(stmt, (int)i));
		/* SQLite knows no types of expressions; STRICT tables and read_column see to them. */
		ret->fits[i] = !query->row || i >= query->row->count || query->row->fields[i].kind != K_ONE;
	}
	ret->writes = !sqlite3_stmt_readonly(stmt);
	sqlite3_finalize(stmt);
	describe_plan(s, query, ret);
}

const struct engine sqlite_engine = {
	"SQLite", 256, true,
	sqlite_open, sqlite_close, sqlite_alive,
	sqlite_log_open, sqlite_log_pages, sqlite_tidy, sqlite_forget,
	sqlite_begin, sqlite_commit, sqlite_rollback, sqlite_intact,
	sqlite_savepoint, sqlite_release, sqlite_rollback_to,
	sqlite_run, sqlite_script, sqlite_settle, sqlite_describe,
};
