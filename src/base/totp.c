/* totp.c: OpenSSL's HMAC in the words of RFC 6238 and 4226.
 *
 * Not here   Own cryptography; who has which secret (people/second).
 * Test       totp_test.c: the vectors of the RFCs
 */
#include "base/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/time.h"

#define STEP        (30 * SECOND)
#define KEY_MOST    64
#define SKEW        1                             /* steps on either side of now */

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void totp_secret(char ret[TOTP_SECRET + 1])
{
	for (size_t i = 0; i < TOTP_SECRET; i++)
		ret[i] = base32[secret_random_below(32)];
	ret[TOTP_SECRET] = '\0';
}

/* Bytes, or negative. */
static int key_bytes(struct str secret, unsigned char ret[KEY_MOST])
{
	uint32_t bits = 0;
	int have = 0, len = 0;
	for (size_t i = 0; i < secret.len; i++) {
		const char *at = secret.at[i] ? strchr(base32, secret.at[i]) : NULL;
		if (!at || len == KEY_MOST)
			return -1;
		bits = bits << 5 | (uint32_t)(at - base32);
		have += 5;
		if (have >= 8)
			ret[len++] = (unsigned char)(bits >> (have -= 8));
	}
	return len;
}

int64_t totp_value(struct str secret, int64_t step)
{
	unsigned char key[KEY_MOST], message[8], mac[EVP_MAX_MD_SIZE];
	unsigned mac_len = 0;
	int key_len = key_bytes(secret, key);
	for (int i = 0; i < 8; i++)
		message[i] = (unsigned char)(step >> 8 * (7 - i));
	if (key_len <= 0 || !HMAC(EVP_sha1(), key, key_len, message, sizeof message, mac, &mac_len) || mac_len != 20)
		return -1;
	const unsigned char *at = mac + (mac[19] & 15);
	return (int64_t)(at[0] & 127) << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

int64_t totp_step(struct instant now)
{
	return now.ms / STEP;
}

static int64_t number_of(struct str code)
{
	int64_t n = 0;
	int digits = 0;
	for (size_t i = 0; i < code.len; i++) {
		if (code.at[i] == ' ')
			continue;
		if (code.at[i] < '0' || code.at[i] > '9' || ++digits > TOTP_DIGITS)
			return -1;
		n = n * 10 + code.at[i] - '0';
	}
	return digits == TOTP_DIGITS ? n : -1;
}

int64_t totp_find(struct str secret, struct str code, struct instant now)
{
	int64_t n = number_of(code), found = 0;
	for (int64_t step = totp_step(now) - SKEW; step <= totp_step(now) + SKEW; step++) {
		int64_t value = totp_value(secret, step);
		if (n >= 0 && value >= 0 && value % 1000000 == n)
			found = step;
	}
	return found;
}

struct str totp_address(struct arena *arena, struct str issuer, struct str account, struct str secret)
{
	BUF_SCOPED b;
	buf_init(&b, 2048);
	buf_z(&b, "otpauth://totp/");
	buf_url(&b, issuer);
	buf_byte(&b, ':');
	buf_url(&b, account);
	buf_format(&b, "?secret=%.*s&issuer=", STR(secret));
	buf_url(&b, issuer);
	return buf_failed(&b) ? S("") : str_copy(arena, buf_view(&b));
}
