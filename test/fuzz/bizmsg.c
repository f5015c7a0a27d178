/* bizmsg.c: any bytes as an encrypted message, signed as if the sender knew the token; and any bytes there and back. */
#include "base/arena.h"
#include "channel/wire/bizmsg.h"

#ifndef FUZZ_ENTRY
#define FUZZ_ENTRY LLVMFuzzerTestOneInput
#endif
int FUZZ_ENTRY(const uint8_t *, size_t);

int FUZZ_ENTRY(const uint8_t *bytes, size_t len)
{
	ARENA_SCOPED a;
	arena_init(&a, 16 << 20);
	struct str in = { (const char *)bytes, len }, got, encrypted;
	struct bizmsg b;
	char signature[SHA1_TEXT + 1];
	if (bizmsg_open(S("token"), S("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"), S("wx1234567890abcdef"), &b) < 0)
		abort();
	bizmsg_open(S("token"), in, S("id"), &(struct bizmsg){ 0 });
	bizmsg_sign((struct str[]){ b.token, S("1"), S("2"), in }, 4, signature);
	if (bizmsg_read(&b, str_of(signature), S("1"), S("2"), in, &a, &got) == 0 && got.len >= len)
		abort();
	if (len > 1000)
		return 0;
	if (bizmsg_write(&b, (const unsigned char *)"0123456789abcdef", in, &a, &encrypted) < 0)
		abort();
	bizmsg_sign((struct str[]){ b.token, S("1"), S("2"), encrypted }, 4, signature);
	if (bizmsg_read(&b, str_of(signature), S("1"), S("2"), encrypted, &a, &got) < 0 || !str_equal(got, in))
		abort();
	return 0;
}
