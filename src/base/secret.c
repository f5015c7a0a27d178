/* secret.c: libsodium's words in ours.
 *
 * Not here   Own cryptography. Signatures of the platforms (their connectors use OpenSSL).
 * Holds      Passwords: argon2id, and one at a time in a process, so that a burst of sign-ins costs 32 MiB once.
 *            Comparisons of secrets take the same time whatever they find.
 * Test       secret_test.c
 */
#include "base/secret.h"

#include <malloc.h>
#include <pthread.h>
#include <sodium.h>

#include "base/arena.h"
#include "base/err.h"

#define PASSES      3
#define PASS_MEMORY ((size_t)32 << 20)

_Static_assert(PASSWORD_HASH >= crypto_pwhash_STRBYTES, "a password's hash fits");

int secret_start(void)
{
	return sodium_init() < 0 ? E_STORE : 0;
}

void secret_random(void *ret, size_t len)
{
	randombytes_buf(ret, len);
}

uint64_t secret_random_below(uint64_t n)
{
	if (n < 2)
		return 0;
	uint64_t x, uneven = -n % n;            /* so many values at the low end would make small results likelier */
	do
		secret_random(&x, sizeof x);
	while (x < uneven);
	return x % n;
}

void secret_slug(char *ret, size_t len)
{
	static const char letters[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	const unsigned count = sizeof letters - 1, even = 256 - 256 % count;
	unsigned char bytes[64];
	for (size_t i = 0, k = sizeof bytes; i < len; ) {
		if (k == sizeof bytes) {
			secret_random(bytes, sizeof bytes);
			k = 0;
		}
		unsigned char b = bytes[k++];
		if (b < even)
			ret[i++] = letters[b % count];
	}
	ret[len] = '\0';
	sodium_memzero(bytes, sizeof bytes);
}

void key_derive(struct key *ret, const struct key *root, const char *use)
{
	crypto_generichash(ret->bytes, sizeof ret->bytes, (const unsigned char *)use, strlen(use),
	                   root->bytes, sizeof root->bytes);
}

static void digest(struct blob in, const struct key *key, unsigned char *ret, size_t len)
{
	crypto_generichash(ret, len, in.at, in.len, key ? key->bytes : NULL, key ? sizeof key->bytes : 0);
}

void mac_text(const struct key *key, struct str text, char ret[MAC_TEXT + 1])
{
	unsigned char mac[16];
	digest((struct blob){ text.at, text.len }, key, mac, sizeof mac);
	sodium_bin2base64(ret, MAC_TEXT + 1, mac, sizeof mac, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool mac_matches(const struct key *key, struct str text, struct str mac)
{
	char right[MAC_TEXT + 1];
	mac_text(key, text, right);
	return mac.len == MAC_TEXT && sodium_memcmp(right, mac.at, MAC_TEXT) == 0;
}

void hash_text(struct blob in, char ret[HASH_TEXT + 1])
{
	unsigned char hash[32];
	digest(in, NULL, hash, sizeof hash);
	sodium_bin2base64(ret, HASH_TEXT + 1, hash, sizeof hash, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* ---- Signatures ---- */

static void key_pair(const struct key *seed, unsigned char public[32], unsigned char secret[64])
{
	crypto_sign_seed_keypair(public, secret, seed->bytes);
}

void signer_name(const struct key *seed, char ret[SIGNER_TEXT + 1])
{
	unsigned char public[32], secret[64];
	key_pair(seed, public, secret);
	sodium_bin2base64(ret, SIGNER_TEXT + 1, public, sizeof public, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(secret, sizeof secret);
}

void sign_text(const struct key *seed, struct str text, char ret[SIGNATURE_TEXT + 1])
{
	unsigned char public[32], secret[64], signature[64];
	key_pair(seed, public, secret);
	crypto_sign_detached(signature, NULL, (const unsigned char *)text.at, text.len, secret);
	sodium_bin2base64(ret, SIGNATURE_TEXT + 1, signature, sizeof signature, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(secret, sizeof secret);
}

static bool read_bytes(struct str text, unsigned char *ret, size_t len)
{
	size_t got;
	return sodium_base642bin(ret, len, text.len ? text.at : "", text.len, NULL, &got, NULL,
	                         sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 && got == len;
}

bool signature_holds(struct str signer, struct str text, struct str signature)
{
	unsigned char public[32], bytes[64];
	return signer.len == SIGNER_TEXT && signature.len == SIGNATURE_TEXT && read_bytes(signer, public, sizeof public) &&
	       read_bytes(signature, bytes, sizeof bytes) &&
	       crypto_sign_verify_detached(bytes, (const unsigned char *)text.at, text.len, public) == 0;
}

/* ---- Seals ---- */

#define NONCE crypto_secretbox_xchacha20poly1305_NONCEBYTES
#define TAG   crypto_secretbox_xchacha20poly1305_MACBYTES
#define PLAIN_BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

struct str seal_text(const struct key *key, struct str text, struct arena *arena)
{
	size_t len = NONCE + TAG + text.len, size = sodium_base64_encoded_len(len, PLAIN_BASE64);
	unsigned char *box = arena_take(arena, len);
	char *out = arena_take(arena, size);
	if (!box || !out)
		return (struct str){ 0 };
	secret_random(box, NONCE);
	crypto_secretbox_xchacha20poly1305_easy(box + NONCE, (const unsigned char *)text.at, text.len, box, key->bytes);
	sodium_bin2base64(out, size, box, len, PLAIN_BASE64);
	return (struct str){ out, size - 1 };
}

bool unseal_text(const struct key *key, struct str sealed, struct arena *arena, struct str *ret)
{
	size_t len = 0;
	unsigned char *box = arena_take(arena, sealed.len + 1);
	char *out = arena_take(arena, sealed.len + 1);
	if (!box || !out || sodium_base642bin(box, sealed.len, sealed.at, sealed.len, NULL, &len, NULL, PLAIN_BASE64) != 0 ||
	    len < NONCE + TAG ||
	    crypto_secretbox_xchacha20poly1305_open_easy((unsigned char *)out, box + NONCE, len - NONCE, box, key->bytes) != 0)
		return false;
	*ret = (struct str){ out, len - NONCE - TAG };
	return true;
}

/* ---- Passwords ---- */

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool    cheaply;                 /* only ever by a test */

int password_hash(struct str password, char ret[PASSWORD_HASH])
{
	char hash[PASSWORD_HASH] = "";
	pthread_mutex_lock(&one_at_a_time);
	int r = crypto_pwhash_str_alg(hash, password.at ? password.at : "", password.len,
	                              cheaply ? 1 : PASSES, cheaply ? crypto_pwhash_MEMLIMIT_MIN : PASS_MEMORY, crypto_pwhash_ALG_ARGON2ID13);
	if (!cheaply)
		malloc_trim(0);                 /* the empty server stays small */
	pthread_mutex_unlock(&one_at_a_time);
	if (r != 0)
		return E_STORE;
	memcpy(ret, hash, sizeof hash);
	return 0;
}

bool password_matches(const char *hash, struct str password)
{
	pthread_mutex_lock(&one_at_a_time);
	int r = crypto_pwhash_str_verify(hash, password.at ? password.at : "", password.len);
	if (!cheaply)
		malloc_trim(0);
	pthread_mutex_unlock(&one_at_a_time);
	return r == 0;
}

void password_cheaply(bool so) { cheaply = so; }
