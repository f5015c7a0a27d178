/* backup.h: is a store sound? */
#pragma once
#include "main/cli.h"

/* Looks at every page (SQLite). 0, or a code with *ret_why: what is damaged. */
int store_sound(const struct call *, struct store *, struct str *ret_why);
extern const struct query integrity_query;
