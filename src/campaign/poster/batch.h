/* batch.h: many posters from one table. For the files of campaign/poster/ only. */
#pragma once
#include "http/http.h"
#include "media/poster.h"

/* A zip of one poster a row. The first row names the columns: nickname (昵称), link (链接), and any variable. `own`: what
 * fills itself in. 0; E_CSV, E_CSV_EMPTY, E_CSV_TOO_MANY (1,000 rows, or 80 MB of pictures), E_QR_TOO_LONG, E_TOO_SHORT (no
 * link) with the line in *ret_line; E_BUSY: another table is being drawn. */
int poster_batch(struct poster *, struct blob csv, const struct poster_word own[2], struct arena *, struct str *ret, size_t *ret_line);
