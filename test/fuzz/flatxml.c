/* flatxml.c: any bytes as a callback's XML; what was read is UTF-8 and, written out, reads the same. */
#include "base/arena.h"
#include "base/utf8.h"
#include "channel/wire/flatxml.h"

#ifndef FUZZ_ENTRY
#define FUZZ_ENTRY LLVMFuzzerTestOneInput
#endif
int FUZZ_ENTRY(const uint8_t *, size_t);

int FUZZ_ENTRY(const uint8_t *bytes, size_t len)
{
	ARENA_SCOPED a;
	arena_init(&a, 64 << 20);
	struct flatxml x, again;
	if (flatxml_read((struct str){ (const char *)bytes, len }, &a, &x) < 0)
		return 0;
	for (size_t i = 0; i < x.count && i < 20; i++) {
		BUF_SCOPED b;
		buf_init(&b, 8 << 20);
		if (!utf8_valid(x.fields[i].text) || !utf8_valid(x.fields[i].path))
			abort();
		buf_z(&b, "<xml>");
		flatxml_cdata(&b, "t", x.fields[i].text);
		buf_z(&b, "</xml>");
		if (b.len <= FLATXML_MOST && (flatxml_read(buf_view(&b), &a, &again) < 0 ||
		    !str_equal(flatxml_get(&again, "t"), x.fields[i].text)) && !memchr(x.fields[i].text.at, '\r', x.fields[i].text.len))
			abort();
	}
	return 0;
}
