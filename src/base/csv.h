/* csv.h: tables that people export from spreadsheets (RFC 4180 and its habits).
 *
 * Takes UTF-8 with or without BOM, and GBK when the bytes are not UTF-8; the delimiter (comma, semicolon, tab,
 * bar) is guessed from the first line; quoted fields may hold line breaks and doubled quotes; CRLF, LF or CR end a row; empty
 * rows are skipped. A quote that never closes, or text after a closing quote, is an error that names its line. Cells
 * point into `bytes` where they can.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/buf.h"

struct csv_row { struct str *cells; size_t count; size_t line; };    /* line: where it begins, from 1 */
struct csv { struct csv_row *rows; size_t count; };      /* the first row is whatever it is: often headings */

#define CSV_COLUMNS_MAX 100

/* 0; E_CSV with *ret_line; E_CSV_TOO_MANY past max_rows; E_MEMORY. */
int csv_read(struct blob bytes, size_t max_rows, struct arena *, struct csv *ret, size_t *ret_line);

/* ---- A table too large to be held: read from its pieces, row by row ----
 *
 *   struct csv_sniff sniff = { 0 };           each piece: csv_sniff(&sniff, piece);
 *   csv_stream_open(&s, csv_encoding_of(&sniff));
 *   each piece: csv_stream_feed(&s, piece, is_last); while ((r = csv_stream_next(&s, arena, &row)) != 0) …
 *
 * A bad row (quotes, columns, more than CSV_ROW_MAX bytes) does not end the table: it comes as one cell, its first line as
 * it stood, and reading goes on with the line after it. */
enum csv_encoding { CSV_UTF8, CSV_GBK, CSV_UTF16LE, CSV_UTF16BE };

#define CSV_ROW_MAX (1 << 20)

struct csv_sniff { size_t seen, sound, broken; int left; unsigned char first[2]; };
void csv_sniff(struct csv_sniff *, struct blob piece);
/* UTF-8 with a few broken letters is still UTF-8. */
enum csv_encoding csv_encoding_of(const struct csv_sniff *);

struct csv_stream {
	enum csv_encoding encoding;
	struct buf        text;                          /* decoded, from the row before on */
	size_t            at, line;
	char              delimiter;                     /* 0: the first row says */
	bool              begun, last;
	unsigned char     carry[4];                      /* a letter whose rest is in the next piece */
	size_t            carried;
};

void csv_stream_open(struct csv_stream *, enum csv_encoding);
void csv_stream_close(struct csv_stream *);
/* The next piece; letters that are none become U+FFFD. 0, or E_MEMORY. */
int  csv_stream_feed(struct csv_stream *, struct blob piece, bool last);
/* 1: a row, valid until the next call (what was unquoted lies in the arena); E_CSV: a bad one, as told above; 0: give it
 * the next piece, or it is over; E_MEMORY. */
int  csv_stream_next(struct csv_stream *, struct arena *, struct csv_row *ret);

/* One cell, quoted when it must be, and made harmless for spreadsheets: a text that begins with = + - @ or a tab gets
 * a leading apostrophe. */
void csv_cell(struct buf *, struct str, bool last);
