/* bizmsg.h: how Tencent's platforms sign and encrypt what they send to a callback: 公众号 and 企业微信 alike.
 *
 *   WXBizMsgCrypt: AES-256-CBC, IV = the key's first 16 bytes; the plain text is 16 random bytes, the message's length
 *   (32 bits, big-endian), the message, the account's id (appid or corpid), padded to blocks of 32 by PKCS#7.
 *   Signatures are SHA-1 over their parts, sorted by bytes and put together.
 *
 * Holds      What was not signed is not decrypted; what does not end in our own id was not meant for us.
 *            Signatures, padding and id are compared in constant time.
 * Not here   XML (flatxml.h); whether a time stamp is too old: the connectors know what their platform does.
 * Test       bizmsg_test.c: vectors that three implementations agree on; fuzz harness test/fuzz/bizmsg.c
 */
#pragma once
#include "base/err.h"
#include "base/str.h"

#define BIZMSG_MOST (256 * 1024)                  /* bytes of base64 that are looked at */
#define BIZMSG_KEY  43                            /* characters of an EncodingAESKey */
#define SHA1_TEXT   40

struct bizmsg { unsigned char key[32]; struct str token, id; };

/* E_BAD_PATTERN: not a key of 43 base64 characters. (They hold 258 bits: the last two may be anything.) */
int bizmsg_open(struct str token, struct str aes_key, struct str id, struct bizmsg *ret);

/* Lower-case hex of SHA-1. */
void sha1_text(struct str, char ret[SHA1_TEXT + 1]);
/* … of the parts, sorted. At most 8. */
void bizmsg_sign(const struct str *parts, size_t count, char ret[SHA1_TEXT + 1]);
bool bizmsg_signed(const struct str *parts, size_t count, struct str signature);

/* Check the signature over token, timestamp, nonce and `encrypted` (base64), then decrypt. E_FORBIDDEN: not signed so, or not
 * for this id; E_INVALID: broken. */
int bizmsg_read(const struct bizmsg *, struct str signature, struct str timestamp, struct str nonce, struct str encrypted,
                struct arena *, struct str *ret);
/* The other way, for answers and for tests; `random`: 16 bytes that nobody can guess. */
int bizmsg_write(const struct bizmsg *, const unsigned char random[16], struct str plain, struct arena *, struct str *ret);
