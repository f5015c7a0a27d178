/* json.c: any bytes as a row; what is accepted is written and read back to the same bytes. */
#include "base/row.h"

#ifndef FUZZ_ENTRY
#define FUZZ_ENTRY LLVMFuzzerTestOneInput
#endif
int FUZZ_ENTRY(const uint8_t *, size_t);

struct fuzz_leaf { struct str t; int64_t n; };
struct fuzz_json { struct id i; struct instant at; struct money m; struct str s, p; bool b; struct rows leaves,
	words; };

ROW(fuzz_leaf,
	FIELD(fuzz_leaf, t, "A text", .min = 1, .max = 5),
	FIELD(fuzz_leaf, n, "Any number", .optional = true));

ROW(fuzz_json,
	FIELD(fuzz_json, i,      "An id", .optional = true),
	FIELD(fuzz_json, at,     "A time", .optional = true),
	FIELD(fuzz_json, m,      "Money", .min = -100, .max = 100, .optional = true),
	FIELD(fuzz_json, s,      "A text", .max = 20, .lines = true, .optional = true),
	FIELD(fuzz_json, p,      "A word", .max = 8, .pattern = "[a-z]+(-[0-9]{1,3})?", .optional = true),
	FIELD(fuzz_json, b,      "Yes or no", .optional = true),
	FIELD(fuzz_json, leaves, "Leaves", .max = 4, .of = &row_fuzz_leaf, .optional = true),
	FIELD(fuzz_json, words,  "Words", .max = 4, .of = &row_text_item, .optional = true));

static void fuzz_round(const struct fuzz_json *in, struct arena *a)
{
	struct fuzz_json out;
	struct complaint why;
	BUF_SCOPED first, second;
	buf_init(&first, 1 << 20);
	buf_init(&second, 1 << 20);
	row_write_json(&first, &row_fuzz_json, in);
	if (buf_failed(&first) || row_read_json(&row_fuzz_json, buf_view(&first), a, &out, &why) < 0)
		abort();
	row_write_json(&second, &row_fuzz_json, &out);
	if (!str_equal(buf_view(&first), buf_view(&second)))
		abort();
}

int FUZZ_ENTRY(const uint8_t *bytes, size_t len)
{
	ARENA_SCOPED a;
	arena_init(&a, 16 << 20);
	struct fuzz_json in;
	struct complaint why;
	if (row_read_json(&row_fuzz_json, (struct str){ (const char *)bytes, len }, &a, &in, &why) == 0)
		fuzz_round(&in, &a);
	return 0;
}
