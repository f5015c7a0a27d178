/* store.h: every word the program says to SQLite or PostgreSQL.
 *
 * Story      Many requests, one commit. An *action* is a function that runs inside a transaction; the
 *            store runs it on a lane (writes) or a reader (reads). A lane is a thread with its own connection:
 *            it takes what has queued, opens one transaction, runs each action, commits once, and each caller is
 *            told when that is durable. A failed action undoes itself alone: lane.c says how. SQLite has one lane;
 *            PostgreSQL several, and a community always uses the same lane of a process.
 * Query      A constant. `quntu check` prepares each one on the store at hand and compares its columns,
 *            parameters and read/write mark with the declaration. SQL is the common subset of both stores, with
 *            parameters ?1 ?2 …; where they differ, `pg` holds the second text.
 * Durable    A write is told as done only after its log has been synced. A reader may see it a moment earlier.
 * Isolation  An action sees a serial world on both stores (PostgreSQL: SERIALIZABLE, the whole batch is retried
 *            on 40001/40P01). An action may therefore run more than once: it touches nothing but `tx`, its
 *            arena and its own argument, and starts from scratch each time.
 * Holds      No NULL comes in or goes out (row.h). Functions return 0, a count, or a negative code (err.h);
 *            outputs are untouched on failure. A transaction that is not committed rolls back.
 * Not here   Blocking I/O other than the store's, and clocks: an action asks tx_now().
 */
#pragma once
#include "base/row.h"
#include "base/time.h"

struct store;
struct tx;                                        /* one transaction, one thread, one arena */

/* ---- Values ---- */

struct value { enum kind kind; union { int64_t i; struct str s; struct blob b; } as; };

static inline struct value value_id(struct id x)           { return (struct value){ K_ID,      { .i = x.n } }; }
static inline struct value value_instant(struct instant x) { return (struct value){ K_INSTANT, { .i = x.ms } }; }
static inline struct value value_money(struct money x)     { return (struct value){ K_MONEY,   { .i = x.fen } }; }
static inline struct value value_str(struct str x)         { return (struct value){ K_STR,     { .s = x } }; }
static inline struct value value_int(int64_t x)            { return (struct value){ K_INT,     { .i = x } }; }
static inline struct value value_bool(bool x)              { return (struct value){ K_BOOL,    { .i = x } }; }
static inline struct value value_blob(struct blob x)       { return (struct value){ K_BLOB,    { .b = x } }; }

#define V(x) _Generic((x), struct id: value_id, struct instant: value_instant, struct money: value_money, \
	struct str: value_str, int64_t: value_int, int: value_int, bool: value_bool, struct blob: value_blob)(x)

/* ---- Queries ---- */

enum access { READS, WRITES };

struct query {
	const char       *name, *sql;
	enum access       access;
	const struct row *row;                    /* NULL: returns no rows */
	const enum kind  *takes;
	size_t            count;
	const char       *pg;                     /* PostgreSQL's text where it differs, else NULL */
	bool              scans;                  /* a full scan is meant: `check` keeps quiet about it */
	bool              clashes;                /* E_CONFLICT is an answer the caller goes on from (see tx_run) */
};

#define TAKES(...) (const enum kind[]){ __VA_ARGS__ }, sizeof((enum kind[]){ __VA_ARGS__ }) / sizeof(enum kind)
#define TAKES_NOTHING NULL, 0

/* static QUERY(tag_by_id, READS, &row_tag, TAKES(K_ID, K_ID), "SELECT …");
 * The name is written once; a second text for PostgreSQL follows as .pg = "…". */
#define QUERY(name_, access_, row_, takes_, sql_, ...) \
	const struct query name_ = { #name_, sql_, access_, row_, takes_, __VA_ARGS__ }

#define VALUES(...) (const struct value[]){ __VA_ARGS__ }, \
	sizeof((struct value[]){ __VA_ARGS__ }) / sizeof(struct value)
#define tx_one(tx, query, ret, ...)   tx_one_(tx, query, ret, VALUES(__VA_ARGS__))
#define tx_all(tx, query, ret, ...)   tx_all_(tx, query, ret, VALUES(__VA_ARGS__))
#define tx_run(tx, query, ...)        tx_run_(tx, query, VALUES(__VA_ARGS__))

/* One row into the query's struct, or E_NOT_FOUND. */
int tx_one_(struct tx *, const struct query *, void *ret, const struct value *, size_t);
/* All rows, at most the query's own LIMIT; never more than TX_ROWS_MAX. */
int tx_all_(struct tx *, const struct query *, struct rows *ret, const struct value *, size_t);
/* Rows changed (≥ 0), or a negative code; a unique clash is E_CONFLICT. After any failure but E_NOT_FOUND only
 * rollback helps: return the code up. The one exception is the E_CONFLICT of a query marked `.clashes`, which leaves
 * the transaction usable (the mark costs PostgreSQL a savepoint, so it is not for everybody; going on after an
 * unmarked clash fails the action on both stores). */
int tx_run_(struct tx *, const struct query *, const struct value *, size_t);

#define TX_ROWS_MAX 100000

struct id      tx_new_id(struct tx *);            /* rising in commit order on SQLite; unique among all nodes */
struct instant tx_now(struct tx *);               /* one instant per transaction */
struct arena  *tx_arena(struct tx *);             /* the caller's arena */
/* May this transaction write? Caches learn from readers only: what a writer sees may yet be undone. */
bool           tx_may_write(struct tx *);
/* Which store: a number that no other store opened by this process has had. For caches that outlive a request. */
int64_t        tx_serial(struct tx *);
/* From here on rows go to this arena instead (what must outlive the request); returns the one before, to be put
 * back. */
struct arena  *tx_use_arena(struct tx *, struct arena *);
/* On SQLite nothing; on PostgreSQL the lowest transaction number still running: events below it are all there
 * are (see engine/event). INT64_MAX on SQLite. */
int64_t        tx_horizon(struct tx *);
/* This community has news (0: the whole server has): after the commit the listeners of store_listen() hear of it. */
void           tx_announce(struct tx *, struct id community);

/* ---- Opening ---- */

/* Schemas: every schema.sql, written in PostgreSQL's words (BIGINT, TEXT, BOOLEAN, BYTEA). A line "-- 0007 tags: why"
 * begins a numbered step; steps run in order of number over all files, each once, in one transaction, and are recorded
 * with a hash of their words, comments left out (a changed old step is refused). SQLite gets INTEGER and BLOB for
 * BIGINT/BOOLEAN and BYTEA, and every table becomes STRICT and, unless it holds a BYTEA, WITHOUT ROWID. On PostgreSQL
 * TEXT gets COLLATE "C": both stores order text by its bytes, so a range of an index finds the same beginnings. */
struct embedded_schema;

struct store_options {
	const char *url;                          /* "sqlite:DIR/quntu.db" or "postgres://…" / "postgresql://…" */
	int         readers;                      /* threads that run reads; 0: 2 */
	int         lanes;                        /* PostgreSQL's writers; 0: 4. SQLite always has one */
	const struct embedded_schema *schemas;    /* schemas.h; ends with a NULL path */
	bool        lazily;                       /* PostgreSQL: a lane or reader connects when it first has something to do. For tests,
	                                             which open a thousand stores; a server would rather hear now that it may not */
	bool        guest;                        /* a tool beside a running server: no lock, no node number, no steps;
	                                             it reads, checks and backs up, and its writes are refused */
	enum lang   lang;                         /* of the sentence that says what is wrong with folder, lock or settings */
	int        *ret_missing;                  /* of a guest: how many steps the store lacks; NULL: lacking one it is refused */
};

/* Opens, takes a node number, migrates. On failure ret_why (arena) says what to do about it. */
int  store_open(const struct store_options *, struct store **ret, struct arena *, struct str *ret_why);
void store_close(struct store *);                 /* waits for what is queued; every store_submit_… has returned */
bool store_is_pg(const struct store *);
int64_t store_serial(const struct store *);       /* see tx_serial */

/* ---- Running ---- */

typedef int tx_action(struct tx *, void *arg);    /* < 0 undoes this action */

/* Waits for a reader; returns the action's code (or E_STORE, E_BUSY). Never call it, or store_write, from a store
 * thread. */
int store_read(struct store *, struct arena *, tx_action *, void *arg);
/* Blocks until durable. */
int store_write(struct store *, struct id community, struct arena *, tx_action *, void *arg);
/* Blocks until committed: durable with whatever is written next. A power cut may undo it, never without all that came after. For who
 * does it again then, because what is done and how far it has come are one action. */
int store_write_soon(struct store *, struct id community, struct arena *, tx_action *, void *arg);

/* For care: an action that changes at most so many rows and answers how many, again and again until there are fewer; each in a
 * transaction of its own, for all others wait behind it. 0 or a code. */
int store_sweep(struct store *, struct id community, struct arena *, tx_action *, void *arg, int most);
/* A guest's one small write beside a running server: on a connection of its own, durable when it returns. It can make no ids. */
int store_aside(struct store *, struct arena *, tx_action *, void *arg);

/* The same without waiting. `done` runs on a store thread after the commit (or the failure): be brief. */
struct work {
	struct id     community;                  /* chooses the lane; 0 is a lane too */
	struct arena *arena;
	tx_action    *action;
	void         *arg;
	void        (*done)(struct work *, int result);
	bool          soon;                       /* done when it is committed (store_write_soon) */
	struct work  *next;                       /* the store's; in `done`: who is told next, by the same thread, or NULL */
	int           result;                     /* the store's */
};
#define STORE_QUEUE_MAX 8192                      /* more waiting work than this is refused */
/* false: the queue is full (answer E_BUSY); nothing will be called. */
bool store_submit_read(struct store *, struct work *);
bool store_submit_write(struct store *, struct work *);
/* Several at once, linked by `next`: a lane is woken once for all of its, and commits them together. Returns those that
 * found no place, linked likewise. */
struct work *store_submit_writes(struct store *, struct work *first);

/* After each commit, once for each community announced in it; from a store thread: be brief. At most STORE_LISTENERS, told
 * apart by `ctx`; `heard` NULL: this one listens no more, and once this returns nothing is on its way to it. */
#define STORE_LISTENERS 4
void store_listen(struct store *, void (*heard)(void *ctx, struct id community), void *ctx);

/* ---- Care ---- */

struct finding { const char *query; char what[400]; bool grave; };
/* Prepare every query (list ends with NULL) and compare; `found` is called for each finding. Returns grave ones. */
int store_check(struct store *, const struct query *const *queries, void (*found)(void *, const struct finding *),
                void *ctx);

/* Write a consistent copy while serving: SQLite → one file (VACUUM INTO a temporary beside it, then renamed and
 * synced). PostgreSQL → `pg_dump` run for you, custom format. */
int store_backup(struct store *, const char *file, struct arena *, struct str *ret_why);

/* What was deleted leaves the disk, not only the tables: SQLite overwrites it as it is deleted (secure_delete) and its
 * log is emptied here; on PostgreSQL that is VACUUM's work, which runs by itself. E_BUSY: a long read was in the way. */
int store_forget(struct store *);

/* Numbers for /metrics and bench. */
struct store_figures { int64_t commits, actions, rollbacks, retries, reads, queued; };
void store_figures(struct store *, struct store_figures *ret);

/* ---- Faults: for tests ---- */

/* Let n statements pass, then fail the next one (once, or for ever); n < 0 switches it off. A "statement" is each
 * tx_one/all/run and each commit. store_fault_struck(): has it failed anything since it was set? */
void store_fault_after(long n, bool for_ever);
bool store_fault_struck(void);
/* SQLite's log is emptied from so many pages on, in stores opened after this; 0: as always. */
void store_log_at(int pages);
