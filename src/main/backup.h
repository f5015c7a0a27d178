/* backup.h: is a store sound? */
#pragma once
#include "main/cli.h"

/* Looks at every page (SQLite). 0, or a code with *ret_why: what is damaged. */
int store_sound(const struct call *, struct store *, struct str *ret_why);
/* Can this backup be brought back? It is, into a folder of its own below the data folder, looked at, and removed again
 * (PostgreSQL: pg_restore reads all of it). 0, or E_STORE with *ret_why. */
int backup_restorable(const struct call *, const char *file, struct str *ret_why);
extern const struct query integrity_query;
