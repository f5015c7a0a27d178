/* totp_test.c: the authenticator's digits are those of the RFCs. */
#include "base/totp.h"

#include "base/secret.h"
#include "base/time.h"
#include "test.h"

/* "12345678901234567890" */
#define RFC_SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

TEST(totp_rfc6238, "the digits are those of RFC 6238, appendix B (SHA-1)")
{
	static const struct { int64_t at, digits; } table[] = {
		{ 59, 94287082 }, { 1111111109, 7081804 }, { 1111111111, 14050471 }, { 1234567890, 89005924 },
		{ 2000000000, 69279037 }, { 20000000000, 65353130 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_int_equal(totp_value(S(RFC_SECRET), totp_step((struct instant){ table[i].at * SECOND })) % 100000000, table[i].digits);
}

TEST(totp_rfc4226, "… and of RFC 4226, appendix D")
{
	static const int64_t truncated[] = {
		1284755224, 1094287082, 137359152, 1726969429, 1640338314, 868254676, 1918287922, 82162583, 673399871, 645520489,
	};
	for (size_t i = 0; i < sizeof truncated / sizeof *truncated; i++)
		assert_int_equal(totp_value(S(RFC_SECRET), (int64_t)i), truncated[i]);
}

TEST(totp_skew, "a clock half a minute off is forgiven, a minute is not")
{
	struct instant now = { 1111111109 * SECOND };
	char code[20];
	for (int64_t off = -2; off <= 2; off++) {
		int64_t step = totp_step(now) + off;
		snprintf(code, sizeof code, "%06lld", (long long)(totp_value(S(RFC_SECRET), step) % 1000000));
		assert_int_equal(totp_find(S(RFC_SECRET), str_of(code), now), off < -1 || off > 1 ? 0 : step);
	}
	assert_int_equal(totp_find(S(RFC_SECRET), S("081 804"), now), totp_step(now));
	assert_int_equal(totp_find(S(RFC_SECRET), S("08180"), now), 0);
	assert_int_equal(totp_find(S(RFC_SECRET), S("0818044"), now), 0);
	assert_int_equal(totp_find(S(RFC_SECRET), S("08180x"), now), 0);
	assert_int_equal(totp_find(S("no base32!"), S("081804"), now), 0);
}

TEST(totp_address_escaped, "the address carries any name")
{
	struct arena arena;
	char secret[TOTP_SECRET + 1];
	arena_init(&arena, 1 << 16);
	assert_int_equal(secret_start(), 0);
	totp_secret(secret);
	assert_int_equal(strlen(secret), TOTP_SECRET);
	assert_true(totp_value(str_of(secret), 1) >= 0);
	assert_str(totp_address(&arena, S("群图 A&B"), S("a b"), S("ABC")),
	           "otpauth://totp/%E7%BE%A4%E5%9B%BE%20A%26B:a%20b?secret=ABC&issuer=%E7%BE%A4%E5%9B%BE%20A%26B");
	arena_free(&arena);
}
