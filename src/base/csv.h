/* csv.h: tables that people export from spreadsheets (RFC 4180 and its habits).
 *
 * Takes UTF-8 with or without BOM, and GBK when the bytes are not UTF-8; the delimiter (comma, semicolon, tab) is
 * guessed from the first line; quoted fields may hold line breaks and doubled quotes; CRLF, LF or CR end a row; empty
 * rows are skipped. A quote that never closes, or text after a closing quote, is an error that names its line. Cells
 * point into `bytes` where they can.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct csv_row { struct str *cells; size_t count; size_t line; };    /* line: where it begins, from 1 */
struct csv { struct csv_row *rows; size_t count; };      /* the first row is whatever it is: often headings */

#define CSV_COLUMNS_MAX 64

/* 0; E_CSV with *ret_line; E_CSV_TOO_MANY past max_rows; E_MEMORY. */
int csv_read(struct blob bytes, size_t max_rows, struct arena *, struct csv *ret, size_t *ret_line);

struct buf;
/* One cell, quoted when it must be, and made harmless for spreadsheets: a text that begins with = + - @ or a tab gets
 * a leading apostrophe. */
void csv_cell(struct buf *, struct str, bool last);
