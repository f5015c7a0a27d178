/* inside.h: the store's own structs. Private to this room. */
#pragma once
#include "store/engine.h"
#include <pthread.h>
#include <stdatomic.h>

#define READERS_MAX 64
#define LANES_MAX   64

/* A connection, and what its transaction under way gathers. One thread at a time. */
struct runner {
	struct store *store;
	struct conn  *conn;
	enum access   access;
	struct id    *announced;                      /* communities with news, each once */
	size_t        announced_count, announced_room;
	int           node;                           /* ids of this transaction carry this number … */
	bool          made_ids;                       /* … if it made any */
	bool          spoilt;                         /* an action failed after writing without a savepoint */
	bool          alone;                          /* outside the lanes: whoever asked waits for it, and nobody for the disk */
	int64_t       new_floor;                      /* node.c: this transaction raised the floor to it; 0: it did not */
};

struct tx {
	struct runner *runner;
	struct arena  *arena;
	struct instant now;                           /* {0}: nobody has asked yet */
	int            broken;                        /* a code: only rollback helps */
	bool           batched;                       /* others share the commit … */
	bool           careful;                       /* … so the first write opens a savepoint, for undoing this action alone */
	bool           saved;                         /* it has been opened */
	bool           wrote;                         /* written without one: undoing takes the whole batch */
};

/* ---- lane.c: a queue, and the threads that empty it ---- */

struct lane_thread { struct lane *lane; struct runner runner; pthread_t thread; };

struct lane {
	struct store      *store;
	enum access        access;
	pthread_mutex_t    lock;                      /* guards the next five */
	pthread_cond_t     wake;
	struct work       *first, **last;             /* last: where the next one goes */
	size_t             queued, wake_at;           /* a sleeper is woken when so many wait */
	int                asleep;
	bool               stop;
	struct lane_thread *threads;
	int                count;
};

int  lane_start(struct lane *, struct store *, enum access, int threads, char ret_why[WHY_MAX]);
void lane_stop(struct lane *);                    /* when the queue is empty; fine on a lane that never started */
void lane_free(struct lane *);                    /* stopped, and nobody wakes it any more */
bool lane_put(struct lane *, struct work *first, struct work *last, size_t n);     /* all or none */
void lane_wake(struct lane *);                                  /* look again: the disk is free */

int  runner_open(struct runner *, struct store *, enum access, char ret_why[WHY_MAX]);
void runner_close(struct runner *);
/* One action, now, on this thread. */
int  runner_do(struct runner *, struct arena *, tx_action *, void *arg);

/* ---- node.c: ids and the number in them ---- */

struct ids {
	_Atomic uint64_t last;                        /* ms << 13 | counter of the newest id */
	_Atomic int64_t  floor;                       /* ms that the node's row allows without being raised */
	_Atomic int      number;                      /* -1: none, or lost */
	char             holder[128];
	pthread_t        keeper;                      /* PostgreSQL: renews the lease */
	bool             kept;
	bool             stop, hurry;                 /* what the keeper is told, under the lock */
	pthread_mutex_t  lock;
	pthread_cond_t   wake;
};

void node_init(struct ids *);
void node_end(struct ids *);
int  node_take(struct store *, struct runner *, char ret_why[WHY_MAX]);
int  node_keep(struct store *, char ret_why[WHY_MAX]);         /* starts the keeper, where one is needed */
void node_rest(struct store *);                                /* stops it */
void node_give(struct store *, struct runner *);
/* Before a commit: may the ids of this transaction be committed? And after it. */
int  node_vouch(struct runner *);
void node_vouched(struct runner *);

/* ---- migrate.c, check.c, backup.c, fault.c ---- */

int  migrate(struct runner *, const struct embedded_schema *, char ret_why[WHY_MAX]);
bool fault_strikes(void);

extern const struct query *const node_queries[], *const migrate_queries[], *const store_queries[];

/* ---- sync.c: the disk catches up with the writer ---- */

#define SYNC_WAITING_MAX 4096
#define ANNOUNCED_MAX     256

struct syncer {
	struct store   *store;                        /* NULL: commits are durable by themselves */
	int             file;
	pthread_t       thread;
	pthread_mutex_t lock;                         /* guards the rest */
	pthread_cond_t  wake, taken;
	struct work    *first, **last;
	size_t          waiting;
	struct id       announced[ANNOUNCED_MAX];
	size_t          announced_count;
	bool            stop;
	_Atomic bool    busy;                         /* syncing, or about to */
	_Atomic bool    failed;
};

int  syncer_start(struct syncer *, struct store *, char ret_why[WHY_MAX]);
void syncer_stop(struct syncer *);                             /* after the lanes; fine on one that never started */
/* These were committed by this runner: tell them when they are durable. */
void syncer_put(struct syncer *, const struct runner *, struct work **batch, size_t n);
/* Tell the listeners of these communities. */
void store_heard(struct store *, const struct id *communities, size_t count);

/* ---- tidy.c: the log, emptied into the database ---- */

struct tidier {
	struct store   *store;                        /* NULL: the log sees to itself */
	struct conn    *conn;
	pthread_t       thread;
	pthread_mutex_t lock;
	pthread_cond_t  wake;
	_Atomic enum { TIDY_RESTING, TIDY_WANTED, TIDY_COPIED } state;
	int             at, last;                     /* the lane's: it is wanted at so many pages; so many there were */
	_Atomic bool    stop;
};

int  tidier_start(struct tidier *, struct store *, char ret_why[WHY_MAX]);
void tidier_stop(struct tidier *);                             /* after the lanes; fine on one that never started */
/* The lane, between two batches: is it time? */
void tidier_look(struct tidier *, struct conn *lane);

struct store {
	const struct engine *engine;
	char                *where;                   /* a file's path, or PostgreSQL's URL */
	bool                 guest, lazily;
	enum lang            lang;                    /* of what is said when it does not open */
	int64_t              serial;                  /* counts the stores of this process */
	int                 *missing;                 /* of a guest: counted here, while opening */
	int                  lock_file;               /* SQLite: quntu.lock, or -1 */
	struct ids           ids;
	struct syncer        syncer;                  /* before the lanes: they put into it */
	struct tidier        tidier;
	struct lane          readers, writers[LANES_MAX];
	int                  writer_count;
	pthread_mutex_t      listen_lock;
	struct { void (*heard)(void *, struct id); void *ctx; } listeners[STORE_LISTENERS];
	_Atomic int64_t      commits, actions, rollbacks, retries, reads;
};
