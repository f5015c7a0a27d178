/* bizmsg.c: WXBizMsgCrypt on OpenSSL; see bizmsg.h. */
#include "channel/wire/bizmsg.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/arena.h"

#define BLOCK      32
#define HEAD       20                             /* random bytes and length */
#define PARTS_MOST 8

static bool is_base64(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '+' && c != '/')
			return false;
	}
	return true;
}

int bizmsg_open(struct str token, struct str aes_key, struct str id, struct bizmsg *ret)
{
	unsigned char text[BIZMSG_KEY + 1], bytes[BLOCK + 1];
	if (aes_key.len != BIZMSG_KEY || !is_base64(aes_key) || !token.len || !id.len)
		return E_BAD_PATTERN;
	memcpy(text, aes_key.at, BIZMSG_KEY);
	text[BIZMSG_KEY] = '=';                   /* OpenSSL's decoder does not mind the two bits too many; stricter ones do */
	if (EVP_DecodeBlock(bytes, text, sizeof text) != sizeof bytes)
		return E_BAD_PATTERN;
	memcpy(ret->key, bytes, sizeof ret->key);
	ret->token = token, ret->id = id;
	return 0;
}

/* ---- Signatures ---- */

static void hex_of(const unsigned char *bytes, size_t len, char *ret)
{
	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		ret[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	ret[2 * len] = '\0';
}

/* A failing digest (memory) leaves a signature that matches nothing. */
static void sha1_of(const struct str *parts, size_t count, char ret[SHA1_TEXT + 1])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good = md && EVP_DigestInit_ex(md, EVP_sha1(), NULL) == 1;
	for (size_t i = 0; good && i < count; i++)
		good = !parts[i].len || EVP_DigestUpdate(md, parts[i].at, parts[i].len) == 1;
	good = good && EVP_DigestFinal_ex(md, bytes, &len) == 1 && len == SHA1_TEXT / 2;
	EVP_MD_CTX_free(md);
	ret[0] = '\0';
	if (good)
		hex_of(bytes, len, ret);
}

void sha1_text(struct str text, char ret[SHA1_TEXT + 1]) { sha1_of(&text, 1, ret); }

void bizmsg_sign(const struct str *parts, size_t count, char ret[SHA1_TEXT + 1])
{
	struct str sorted[PARTS_MOST];
	size_t n = count < PARTS_MOST ? count : PARTS_MOST;
	for (size_t i = 0; i < n; i++) {
		size_t at = i;
		for (; at > 0 && str_compare(sorted[at - 1], parts[i]) > 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = parts[i];
	}
	sha1_of(sorted, n, ret);
}

bool bizmsg_signed(const struct str *parts, size_t count, struct str signature)
{
	char right[SHA1_TEXT + 1];
	bizmsg_sign(parts, count, right);
	return right[0] && signature.len == SHA1_TEXT && CRYPTO_memcmp(right, signature.at, SHA1_TEXT) == 0;
}

/* ---- Encryption ---- */

/* Without padding of its own: CBC both ways over whole blocks. */
static int cipher(const struct bizmsg *b, bool encrypt, const unsigned char *in, size_t len, unsigned char *out)
{
	int first = 0, last = 0;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	bool good = c && EVP_CipherInit_ex(c, EVP_aes_256_cbc(), NULL, b->key, b->key, encrypt) == 1 &&
	            EVP_CIPHER_CTX_set_padding(c, 0) == 1 && EVP_CipherUpdate(c, out, &first, in, (int)len) == 1 &&
	            EVP_CipherFinal_ex(c, out + first, &last) == 1 && (size_t)(first + last) == len;
	EVP_CIPHER_CTX_free(c);
	return good ? 0 : E_INVALID;
}

/* base64 → bytes; its padding only at the end. */
static int decode(struct str text, struct arena *arena, unsigned char **ret, size_t *ret_len)
{
	size_t equals = 0;
	while (equals < 2 && equals < text.len && text.at[text.len - 1 - equals] == '=')
		equals++;
	if (!text.len || text.len % 4 || text.len > BIZMSG_MOST || !is_base64((struct str){ text.at, text.len - equals }))
		return E_INVALID;
	unsigned char *bytes = arena_take(arena, text.len / 4 * 3);
	if (!bytes)
		return E_MEMORY;
	int len = EVP_DecodeBlock(bytes, (const unsigned char *)text.at, (int)text.len);
	if (len < 0)
		return E_INVALID;
	*ret = bytes, *ret_len = (size_t)len - equals;
	return 0;
}

/* How many bytes of padding end it; 0: they are wrong. All of them are looked at, whatever the first says. */
static size_t padding(const unsigned char *bytes, size_t len)
{
	size_t pad = bytes[len - 1];
	unsigned char wrong = pad < 1 || pad > BLOCK;
	for (size_t i = 1; i <= BLOCK; i++)
		wrong |= (unsigned char)(i <= pad ? bytes[len - i] ^ pad : 0);
	return wrong ? 0 : pad;
}

static int decrypt(const struct bizmsg *b, struct str encrypted, struct arena *arena, struct str *ret)
{
	unsigned char *bytes, *plain;
	size_t len, pad;
	int r = decode(encrypted, arena, &bytes, &len);
	if (r < 0)
		return r;
	if (!len || len % BLOCK)
		return E_INVALID;
	if (!(plain = arena_take(arena, len)))
		return E_MEMORY;
	if ((r = cipher(b, false, bytes, len, plain)) < 0)
		return r;
	if (!(pad = padding(plain, len)) || len - pad < HEAD)
		return E_INVALID;
	len -= pad;
	size_t said = (size_t)plain[16] << 24 | (size_t)plain[17] << 16 | (size_t)plain[18] << 8 | plain[19];
	if (said > len - HEAD)
		return E_INVALID;
	if (len - HEAD - said != b->id.len || CRYPTO_memcmp(plain + HEAD + said, b->id.at, b->id.len) != 0)
		return E_FORBIDDEN;
	*ret = (struct str){ (const char *)plain + HEAD, said };
	return 0;
}

int bizmsg_read(const struct bizmsg *b, struct str signature, struct str timestamp, struct str nonce, struct str encrypted,
                struct arena *arena, struct str *ret)
{
	struct str parts[] = { b->token, timestamp, nonce, encrypted };
	return bizmsg_signed(parts, 4, signature) ? decrypt(b, encrypted, arena, ret) : E_FORBIDDEN;
}

int bizmsg_write(const struct bizmsg *b, const unsigned char random[16], struct str plain, struct arena *arena, struct str *ret)
{
	size_t len = HEAD + plain.len + b->id.len, pad = BLOCK - len % BLOCK;
	if (plain.len > BIZMSG_MOST / 2)
		return E_TOO_LONG;
	unsigned char *in = arena_take(arena, len + pad), *out = arena_take(arena, len + pad);
	char *text = arena_take(arena, (len + pad + 2) / 3 * 4 + 1);
	if (!in || !out || !text)
		return E_MEMORY;
	memcpy(in, random, 16);
	for (int i = 0; i < 4; i++)
		in[16 + i] = (unsigned char)(plain.len >> 8 * (3 - i));
	if (plain.len)
		memcpy(in + HEAD, plain.at, plain.len);
	memcpy(in + HEAD + plain.len, b->id.at, b->id.len);
	memset(in + len, (int)pad, pad);
	int r = cipher(b, true, in, len + pad, out);
	if (r < 0)
		return r;
	*ret = (struct str){ text, (size_t)EVP_EncodeBlock((unsigned char *)text, out, (int)(len + pad)) };
	return 0;
}
