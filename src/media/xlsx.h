/* xlsx.h: a table for spreadsheets, written row by row without being held.
 *
 * Every cell is text: no formula can come of what somebody calls themselves, and no phone number loses its digits. */
#pragma once
#include <stdio.h>

#include "base/err.h"

#define XLSX_ROWS_MAX 1048575                 /* below the headings */

struct xlsx;
/* A sheet with these headings, in a file of its own below the system's folder for such. 0, E_MEMORY or E_STORE (no room). */
int  xlsx_open(const struct str *headings, size_t count, struct xlsx **ret);
/* E_TOO_MANY past XLSX_ROWS_MAX. */
int  xlsx_row(struct xlsx *, const struct str *cells, size_t count);
/* The file, to be read from its beginning; it is gone when it is closed. The xlsx is gone in any case. */
int  xlsx_close(struct xlsx *, FILE **ret);
void xlsx_drop(struct xlsx *);
