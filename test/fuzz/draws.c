/* draws.c: any bytes as a file of draws. */
#include "campaign/verify.h"

#ifndef FUZZ_ENTRY
#define FUZZ_ENTRY LLVMFuzzerTestOneInput
#endif
int FUZZ_ENTRY(const uint8_t *, size_t);

int FUZZ_ENTRY(const uint8_t *bytes, size_t len)
{
	ARENA_SCOPED a;
	struct verified v;
	arena_init(&a, 16 << 20);
	if (file_verify((struct str){ (const char *)bytes, len }, &a, &v) == 0 && v.wrong == 0 && v.draws < 0)
		abort();
	return 0;
}
