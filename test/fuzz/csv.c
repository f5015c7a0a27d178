/* csv.c: any bytes as a table; its cells, written out, are a table with as many rows. */
#include "base/buf.h"
#include "base/csv.h"
#include "base/utf8.h"

#ifndef FUZZ_ENTRY
#define FUZZ_ENTRY LLVMFuzzerTestOneInput
#endif
int FUZZ_ENTRY(const uint8_t *, size_t);

int FUZZ_ENTRY(const uint8_t *bytes, size_t len)
{
	ARENA_SCOPED a;
	arena_init(&a, 64 << 20);
	struct csv csv, again;
	size_t line = 0;
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
