/* check.h: do the declarations hold on this store? */
#pragma once
#include <stdio.h>
#include "main/cli.h"

enum says { SAYS_GRAVE, SAYS_ALL };                /* mere warnings are for developers */

/* Queries, routes, rows and settings of every feature. Says its findings to `out`; returns the grave ones. */
int check_declarations(const struct call *, struct store *, enum says, FILE *out);
/* The features' own audits of what is stored. Returns the findings, or a negative code. */
int check_contents(const struct call *, struct store *, FILE *out);
