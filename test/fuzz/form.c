/* form.c: any bytes as a form, and its fields as a row. */
#include "base/form.h"

#ifndef FUZZ_ENTRY
#define FUZZ_ENTRY LLVMFuzzerTestOneInput
#endif
int FUZZ_ENTRY(const uint8_t *, size_t);

struct fuzz_form { struct id id; struct instant at; struct str name, kind; int64_t n; bool open; struct rows words,
	ids; };

ROW(fuzz_form,
	FIELD(fuzz_form, id,    "An id", .optional = true),
	FIELD(fuzz_form, at,    "A time", .optional = true),
	FIELD(fuzz_form, name,  "A name", .max = 10, .pattern = "[a-z]*", .optional = true),
	FIELD(fuzz_form, kind,  "A text", .max = 100, .lines = true, .optional = true),
	FIELD(fuzz_form, n,     "A number", .min = -5, .max = 5, .optional = true),
	FIELD(fuzz_form, open,  "A box"),
	FIELD(fuzz_form, words, "Words", .max = 3, .of = &row_text_item, .optional = true),
	FIELD(fuzz_form, ids,   "Ids", .max = 3, .of = &row_id_item, .optional = true));

int FUZZ_ENTRY(const uint8_t *bytes, size_t len)
{
	ARENA_SCOPED a;
	arena_init(&a, 16 << 20);
	struct pairs pairs;
	struct fuzz_form out;
	struct complaint why;
	if (form_read((struct str){ (const char *)bytes, len }, &a, &pairs) < 0)
		return 0;
	int r = row_read_pairs(&row_fuzz_form, pairs.at, pairs.count, len % 2, &a, &out, &why);
	if (r == 0 && row_check(&row_fuzz_form, &out, &a, &why) < 0)
		abort();                          /* what was read keeps the limits */
	return 0;
}
