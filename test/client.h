/* client.h: a house to test in.
 *
 * A house is an open, empty store with every schema of the program applied, and an arena. PROMISE (test.h) hands one to
 * its body; a test that needs two opens its own.
 */
#pragma once
#include "base/arena.h"
#include "store/store.h"

struct house {
	struct store *store;
	struct arena  arena;
	char          url[1024];                   /* opens the same store once more, as a second process would */
	char          folder[128];                 /* SQLite: made for this house, or "" */
	char          schema[64], server[900];     /* PostgreSQL: its own schema on that server, or "" */
	char          mark[80];                    /* … and what it is made of */
};

/* "sqlite:" makes a fresh folder; "sqlite:DIR/quntu.db" uses DIR and what is in it; "postgres://…" makes a fresh schema
 * in that database. NULL, with the reason on standard error, when it cannot. */
struct house *house_open(const char *store_url);
void          house_close(struct house *);      /* and everything in it is gone */

/* Closes the store and opens it again, as a restart would. */
void house_restart(struct house *);
/* Closes the store and keeps the place: for others to open it. */
void house_leave(struct house *);
/* PostgreSQL counts its rows now, as any server does by itself within a minute: without, it plans for a few. */
void house_count_rows(struct house *);
bool house_is_pg(const struct house *);
