/* secret.h: random bytes, tokens, seals and passwords; all of it libsodium's.
 *
 * A server has one root secret (32 bytes, made at `init`, kept in the store). Every use derives its
 * own key from it by name, so that a session cookie can never be replayed as a visitor's.
 */
#pragma once
#include "base/str.h"

int  secret_start(void);                                  /* once per process; 0 or E_STORE */
void secret_random(void *ret, size_t len);
uint64_t secret_random_below(uint64_t n);

/* Random text in an alphabet without look-alikes (no 0 O 1 l I): `len` characters, NUL-terminated. */
void secret_slug(char *ret, size_t len);

struct key { unsigned char bytes[32]; };
void key_derive(struct key *ret, const struct key *root, const char *use);

#define MAC_TEXT 22                                       /* 128 bits in base64url, without padding */
/* Keyed BLAKE2b of the text, as MAC_TEXT characters and NUL. */
void mac_text(const struct key *, struct str text, char ret[MAC_TEXT + 1]);
bool mac_matches(const struct key *, struct str text, struct str mac);    /* constant time */

/* Unkeyed BLAKE2b-256 as 43 characters of base64url: names content, hides tokens at rest. */
#define HASH_TEXT 43
void hash_text(struct blob, char ret[HASH_TEXT + 1]);

/* Ed25519: a signature that anybody can check who knows the signer's name, which is the public half of its key. Both in
 * base64url. The seed is a derived key: the same one always makes the same signer. */
#define SIGNER_TEXT    43
#define SIGNATURE_TEXT 86
void signer_name(const struct key *seed, char ret[SIGNER_TEXT + 1]);
void sign_text(const struct key *seed, struct str text, char ret[SIGNATURE_TEXT + 1]);
bool signature_holds(struct str signer, struct str text, struct str signature);

/* Sealed with a key: nobody without it can read it, or change it unseen. Base64url of nonce and XChaCha20-Poly1305. */
struct arena;
struct str seal_text(const struct key *, struct str text, struct arena *);          /* at NULL: out of memory */
bool       unseal_text(const struct key *, struct str sealed, struct arena *, struct str *ret);

#define PASSWORD_HASH 128
/* argon2id, 32 MiB and 3 passes (RFC 9106's second choice has 64 MiB; the empty server must stay small).
 * One runs at a time in a process. 0, or E_STORE when memory is out. */
int  password_hash(struct str password, char ret[PASSWORD_HASH]);
bool password_matches(const char *hash, struct str password);
/* For tests, which sign in some thousand people: true: from now on one pass over 8 KiB. A hash says how it was made. */
void password_cheaply(bool);
