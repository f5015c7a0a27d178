/* csv_inside.h: what the two readers of tables share; nobody else includes it. */
#pragma once
#include "base/csv.h"

struct csv_reading {
	struct str    text;
	size_t        at, line;
	char          delimiter;
	struct arena *arena;
};

static inline bool csv_is_break(char c) { return c == '\n' || c == '\r'; }

void csv_skip_break(struct csv_reading *);
char csv_guess_delimiter(struct str);
/* One row, up to and with its end of line; no cells when all of them are empty. 0, E_CSV or E_MEMORY. */
int  csv_read_row(struct csv_reading *, struct csv_row *ret);
