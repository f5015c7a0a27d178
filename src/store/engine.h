/* engine.h: what a store must be able to do. Private to this room; sqlite.c and pg.c are the two that can.
 *
 * A conn belongs to one thread at a time. It has no opinions: batches, retries, faults and ids are lane.c's and
 * node.c's. Every function returns 0 or a count, or
 *   E_CONFLICT  a unique clash
 *   E_BUSY      somebody else was first: roll back and run the whole transaction again
 *   E_MEMORY, E_STORE
 * and has already logged what an operator should read.
 */
#pragma once
#include "store/store.h"

#define PARAMETERS_MAX 64
#define COLUMNS_MAX    64
#define WHY_MAX        400

struct engine;

struct conn { const struct engine *engine; };         /* begins sqlite.c's and pg.c's own struct */

/* Where a query's rows go: next() hands out the record to fill, or NULL when no more may come. */
struct sink {
	void        *(*next)(struct sink *);
	struct arena *arena;
	bool          only_first;
};

/* What a store says of a query, for check.c. */
struct description {
	char   problem[300];                              /* it does not even prepare */
	size_t parameters, columns;
	char   names[COLUMNS_MAX][64];
	bool   fits[COLUMNS_MAX];                         /* can the column's type fill the field? */
	int    missing;                                   /* a parameter that the text never uses, or 0 */
	bool   writes;
	char   scan[120];                                 /* the table that is read from end to end, or "" */
	char   whole[64];                                 /* … of which all that a community has is read, by the primary key, or "" */
};

struct engine {
	const char *name;
	size_t      batch_max;
	bool        redo_is_cheap;                        /* running a batch again costs less than a savepoint an action */

	int  (*open)(const char *where, enum access, struct conn **ret, char ret_why[WHY_MAX]);
	void (*close)(struct conn *);
	bool (*alive)(struct conn *);                     /* false: close it and open another */

	/* NULL: a commit is durable when it returns. Otherwise a file whose fdatasync makes all earlier commits durable. */
	int  (*log_open)(const char *where);

	/* NULL: the log sees to itself. Otherwise tidy.c does: how many pages it held after this connection's last commit; and
	 * copying of it into the database what nobody stands in the way of: *ret_left pages are still to be copied. */
	int  (*log_pages)(struct conn *);
	int  (*tidy)(struct conn *, int *ret_left);

	/* NULL: nothing to do. Otherwise empties the log, on a connection of its own. */
	int  (*forget)(const char *where);

	int  (*begin)(struct conn *, enum access);
	int  (*commit)(struct conn *);
	void (*rollback)(struct conn *);
	bool (*intact)(struct conn *);                    /* inside a transaction that can go on? */

	/* One level, around one action. rollback_to undoes and closes it. */
	int  (*savepoint)(struct conn *);
	int  (*release)(struct conn *);
	int  (*rollback_to)(struct conn *);

	/* Values fit the query (tx_run_ and its sisters saw to that). Rows changed; with a sink, rows delivered. */
	int  (*run)(struct conn *, const struct query *, const struct value *, struct sink *);
	/* Several statements of the store's own words, inside the transaction. */
	int  (*script)(struct conn *, const char *text, char ret_why[WHY_MAX]);
	/* NULL: nothing to do. After the steps: whatever the store must know of the tables. */
	int  (*settle)(struct conn *, char ret_why[WHY_MAX]);
	void (*describe)(struct conn *, const struct query *, struct description *ret);
};

/* ---- sizes.c: what SQLite is told of our tables ---- */
struct sqlite3;
int  sizes_tell(struct sqlite3 *, char ret_why[WHY_MAX]);
/* A name of a query's plan: a large table, or in this text an alias of one ("FROM help h" says "h")? */
bool sizes_are_large(const char *sql, const char *name);

extern const struct engine sqlite_engine, pg_engine;

/* pages.c: before SQLite is first used. */
void pages_configure(void);

/* ---- logfile.c: a layer below SQLite, by name; before its first connection, once or again ---- */
#define LOGFILE_VFS "quntu"
void logfile_register(void);

/* ---- engine.c: what both do alike ---- */

/* Prepared statements by query. A store keeps in `at` what it likes; slots never move while it is in use. */
struct statement { const struct query *query; void *at; bool verified; };
struct statements { struct statement *slots; size_t room, count; };

/* The query's slot, perhaps new (at == NULL); NULL when memory is out. Valid until the next call. */
struct statement *statements_find(struct statements *, const struct query *);

/* Is column i called as the query's row says? Logs when not. */
bool column_named(const struct query *, size_t i, const char *name);
/* Complaints of a column that cannot be read; E_STORE. */
int  column_null(const struct query *, const struct field *);
int  column_mistyped(const struct query *, const struct field *);
/* Bytes of a column into the record: text and blobs are copied, lists read from their JSON. 0, E_MEMORY, E_STORE. */
int  column_bytes(const struct query *, const struct field *, const void *at, size_t len, struct arena *, void *record);
/* Whole numbers, ids, instants, money and booleans. */
void column_number(const struct field *, int64_t n, void *record);

static inline bool kind_is_number(enum kind k)
{
	return k == K_ID || k == K_INSTANT || k == K_MONEY || k == K_INT || k == K_BOOL;
}
