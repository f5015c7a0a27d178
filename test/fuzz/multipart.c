/* multipart.c: a Content-Type up to the first line end, the rest is the body. */
#include "base/form.h"
#include "base/utf8.h"

#ifndef FUZZ_ENTRY
#define FUZZ_ENTRY LLVMFuzzerTestOneInput
#endif
int FUZZ_ENTRY(const uint8_t *, size_t);

int FUZZ_ENTRY(const uint8_t *bytes, size_t len)
{
	ARENA_SCOPED a;
	arena_init(&a, 16 << 20);
	struct str body = { (const char *)bytes, len }, type = str_cut(&body, '\n');
	struct pairs pairs;
	if (multipart_read(type, (struct blob){ body.at, body.len }, &a, &pairs) < 0)
		return 0;
	for (size_t i = 0; i < pairs.count; i++) {
		const struct pair *p = &pairs.at[i];
		const char *at = p->bytes.at;
		if (!utf8_valid(p->name) || !utf8_valid(p->text) || !utf8_valid(p->filename))
			abort();
		if (at && (at < body.at || at + p->bytes.len > body.at + body.len))
			abort();                  /* a file is part of the body */
	}
	return 0;
}
