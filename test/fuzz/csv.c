/* csv.c: any bytes as a table; its cells, written out, are a table with as many rows. In pieces, wherever they are cut, it
 * has the same rows. */
#include "base/buf.h"
#include "base/csv.h"
#include "base/utf8.h"

#ifndef FUZZ_ENTRY
#define FUZZ_ENTRY LLVMFuzzerTestOneInput
#endif
int FUZZ_ENTRY(const uint8_t *, size_t);

#ifndef FUZZ_CSV_STREAM
#define FUZZ_CSV_STREAM
/* All rows in one number. */
static uint64_t csv_stream_sum(const uint8_t *bytes, size_t len, size_t piece)
{
	struct csv_sniff sniff = { 0 };
	struct csv_stream s;
	struct csv_row row;
	uint64_t sum = 0;
	csv_sniff(&sniff, (struct blob){ bytes, len });
	csv_stream_open(&s, csv_encoding_of(&sniff));
	for (size_t at = 0; at < len; at += piece) {
		ARENA_SCOPED a;
		arena_init(&a, 64 << 20);
		bool last = len - at <= piece;
		if (csv_stream_feed(&s, (struct blob){ bytes + at, last ? len - at : piece }, last) < 0)
			abort();
		for (int r; (r = csv_stream_next(&s, &a, &row)) != 0;) {
			if (r == E_MEMORY || row.count > CSV_COLUMNS_MAX)
				abort();
			sum = sum * 31 + (uint64_t)r + row.line;
			for (size_t i = 0; i < row.count; i++) {
				if (!utf8_valid(row.cells[i]))
					abort();
				for (size_t k = 0; k <= row.cells[i].len; k++)
					sum = sum * 31 + (k < row.cells[i].len ? (unsigned char)row.cells[i].at[k] : 256);
			}
		}
	}
	csv_stream_close(&s);
	return sum;
}
#endif

int FUZZ_ENTRY(const uint8_t *bytes, size_t len)
{
	ARENA_SCOPED a;
	arena_init(&a, 64 << 20);
	struct csv csv, again;
	size_t line = 0;
	if (len && csv_stream_sum(bytes, len, len) != csv_stream_sum(bytes, len, 1 + bytes[0] % 61))
		abort();
	if (csv_read((struct blob){ bytes, len }, 1000, &a, &csv, &line) < 0)
		return 0;
	BUF_SCOPED b;
	buf_init(&b, 64 << 20);
	/* so that commas are what separates */
	buf_z(&b, "\xef\xbb\xbf,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\r\n");
	for (size_t i = 0; i < csv.count; i++) {
		for (size_t k = 0; k < csv.rows[i].count; k++) {
			if (!utf8_valid(csv.rows[i].cells[k]))
				abort();
			csv_cell(&b, csv.rows[i].cells[k], k + 1 == csv.rows[i].count);
		}
	}
	if (csv_read((struct blob){ b.at, b.len }, 1000, &a, &again, &line) < 0 || again.count != csv.count)
		abort();
	return 0;
}
