/* bizmsg_test.c: what three implementations agree on, and what must not be believed. */
#include "test.h"

#include "channel/wire/bizmsg.h"

#define KEY       "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"
#define OA_RANDOM "0123456789ABCDEF"
#define WC_RANDOM "abcdefghijklmnop"

static struct bizmsg open_as(const char *token, const char *key, const char *id)
{
	struct bizmsg b;
	assert_int_equal(bizmsg_open(str_of(token), str_of(key), str_of(id), &b), 0);
	return b;
}

static const char oa_plain[] =
	"<xml><ToUserName>gh_demo</ToUserName><MsgType>text</MsgType><Content>你好</Content></xml>";
static const char oa_encrypted[] =
	"ruzRbXuBgQPhHf9SUT8tDQDtZiacuLJ6EoX/8ioQIH14UD9+BwrPW9yWRs+gZ8DoKU+yk2nBPo7y8U73BYF1o+azCIPAF6C7HQcbSHJbhGQ1uZyUbbHRrBM5"
	"i3LCzjQi4QrQO+fFlB7jb3XxF3Ac9B7PmAyPjPIR+k//fttGZFYYaGYGsGnTJMBX7amRKgB9VsPwe1c5HcnjHyJuA0Edcw==";

TEST(bizmsg_plain_signature, "a callback's plain signature is the SHA-1 of token, time stamp and nonce in order of their bytes")
{
	struct str parts[] = { S("greenTea42"), S("1767225600"), S("930117") };
	assert_true(bizmsg_signed(parts, 3, S("567286bf53e1f78e02e890f9a6fe7a5964b074af")));
	assert_false(bizmsg_signed(parts, 3, S("567286bf53e1f78e02e890f9a6fe7a5964b074ae")));
	assert_false(bizmsg_signed(parts, 3, S("567286bf53e1f78e02e890f9a6fe7a5964b074a")));
	assert_false(bizmsg_signed(parts, 3, S("")));
	assert_false(bizmsg_signed(parts, 2, S("567286bf53e1f78e02e890f9a6fe7a5964b074af")));
}

TEST(bizmsg_message, "an encrypted message of a 公众号 is read, and written byte for byte as the platform writes it")
{
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	struct str got;
	struct bizmsg b = open_as("greenTea42", KEY, "wx1234567890abcdef");
	assert_int_equal(bizmsg_read(&b, S("ce8d4a68c72d4328c69197f04e8d0a9be110fa63"), S("1767225600"), S("930117"), str_of(oa_encrypted), &a,
	                             &got), 0);
	assert_str(got, oa_plain);
	assert_int_equal(bizmsg_write(&b, (const unsigned char *)OA_RANDOM, str_of(oa_plain), &a, &got), 0);
	assert_str(got, oa_encrypted);
}

TEST(bizmsg_last_character, "a key is the same whatever the two unused bits of its last character are")
{
	struct bizmsg b = open_as("t", KEY, "id"), again;
	static const char *const same[] = {
		"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyB", "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyC",
		"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyD",
	};
	for (int i = 0; i < 32; i++)
		assert_int_equal(b.key[i], i + 1);
	for (size_t i = 0; i < 3; i++) {
		again = open_as("t", same[i], "id");
		assert_memory_equal(b.key, again.key, sizeof b.key);
	}
}

TEST(bizmsg_wrong_key, "a key that is not 43 characters of base64 is refused")
{
	struct bizmsg b;
	assert_int_equal(bizmsg_open(S("t"), S("AQID"), S("id"), &b), E_BAD_PATTERN);
	assert_int_equal(bizmsg_open(S("t"), S(KEY "="), S("id"), &b), E_BAD_PATTERN);
	assert_int_equal(bizmsg_open(S("t"), S("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH A"), S("id"), &b), E_BAD_PATTERN);
	assert_int_equal(bizmsg_open(S("t"), S("=QIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"), S("id"), &b), E_BAD_PATTERN);
	assert_int_equal(bizmsg_open(S("t"), S(KEY), S(""), &b), E_BAD_PATTERN);
	assert_int_equal(bizmsg_open(S(""), S(KEY), S("id"), &b), E_BAD_PATTERN);
}

TEST(bizmsg_wecom, "企业微信's address check is decrypted; a message that fills its blocks carries a block of padding")
{
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	struct str got;
	struct bizmsg b = open_as("wecomTok9", KEY, "ww0a1b2c3d4e5f6071");
	static const char echo[] = "biyR8QmOWQ/hm36MJ+LcEDbQmxm0KVy/qje8SjnxSrw467LZhO4/Xs8RugRBRcLs+lhL6o0bpOtod7XoQNEWWw==";
	static const char full[] = "biyR8QmOWQ/hm36MJ+LcEBX0gM8LN2VKe0CH3J4ctgDBDPrd86np2z5TEVo3KkwCdeYescffm/UHagvYcdKzoHGUhRQOX/C/gRD7azQPd23F"
		"b/7Zu5FfaRexoMDPiT8o";
	static const char x26[] = "xxxxxxxxxxxxxxxxxxxxxxxxxx";
	char signature[SHA1_TEXT + 1];
	assert_int_equal(bizmsg_read(&b, S("bb86610edcecded61769c9d111c7bf1adbf733e8"), S("1767225700"), S("55021"), str_of(echo), &a, &got), 0);
	assert_str(got, "7104221990338015");
	assert_int_equal(bizmsg_write(&b, (const unsigned char *)WC_RANDOM, S("7104221990338015"), &a, &got), 0);
	assert_str(got, echo);
	bizmsg_sign((struct str[]){ S("wecomTok9"), S("1"), S("2"), str_of(full) }, 4, signature);
	assert_int_equal(bizmsg_read(&b, str_of(signature), S("1"), S("2"), str_of(full), &a, &got), 0);
	assert_str(got, x26);
	assert_int_equal(bizmsg_write(&b, (const unsigned char *)WC_RANDOM, str_of(x26), &a, &got), 0);
	assert_str(got, full);
}

TEST(bizmsg_not_ours, "what is unsigned, changed, cut off or meant for another account is refused")
{
	ARENA_SCOPED a;
	arena_init(&a, 8 << 20);
	struct bizmsg b = open_as("greenTea42", KEY, "wx1234567890abcdef"), other = open_as("greenTea42", KEY, "wx1234567890abcdee");
	struct str got = S("untouched"), encrypted;
	char signature[SHA1_TEXT + 1];
	assert_int_equal(bizmsg_read(&b, S("ce8d4a68c72d4328c69197f04e8d0a9be110fa64"), S("1767225600"), S("930117"), str_of(oa_encrypted), &a,
	                             &got), E_FORBIDDEN);
	assert_int_equal(bizmsg_read(&other, S("ce8d4a68c72d4328c69197f04e8d0a9be110fa63"), S("1767225600"), S("930117"), str_of(oa_encrypted),
	                             &a, &got), E_FORBIDDEN);
	assert_int_equal(bizmsg_write(&b, (const unsigned char *)OA_RANDOM, S("hello"), &a, &encrypted), 0);
	for (size_t i = 0; i < encrypted.len; i++) {      /* signed, as whoever knows the token could: any change of the cipher text */
		char *changed = str_z(&a, encrypted);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		for (int cut = 0; cut < 2; cut++) {
			struct str now = { changed, cut ? i : encrypted.len };
			bizmsg_sign((struct str[]){ b.token, S("1"), S("2"), now }, 4, signature);
			int r = bizmsg_read(&b, str_of(signature), S("1"), S("2"), now, &a, &got);
			assert_true(r == E_INVALID || r == E_FORBIDDEN || str_is(got, "hello") || got.len == 5);
			if (cut)
				assert_true(r == E_INVALID || r == E_FORBIDDEN);
		}
	}
}

TEST(bizmsg_lengths, "messages of every length around the block come back as they were")
{
	ARENA_SCOPED a;
	arena_init(&a, 8 << 20);
	struct bizmsg b = open_as("t", KEY, "wx1");
	char text[200], signature[SHA1_TEXT + 1];
	memset(text, 'q', sizeof text);
	for (size_t len = 0; len < sizeof text; len++) {
		struct str encrypted, got;
		assert_int_equal(bizmsg_write(&b, (const unsigned char *)OA_RANDOM, (struct str){ text, len }, &a, &encrypted), 0);
		bizmsg_sign((struct str[]){ b.token, S("1"), S("2"), encrypted }, 4, signature);
		assert_int_equal(bizmsg_read(&b, str_of(signature), S("1"), S("2"), encrypted, &a, &got), 0);
		assert_true(str_equal(got, (struct str){ text, len }));
	}
}

TEST(bizmsg_sha1, "a share card's signature is the SHA-1 of ticket, noncestr, timestamp and url")
{
	char got[SHA1_TEXT + 1];
	sha1_text(S("jsapi_ticket=TICKET_demo-123&noncestr=n0nceABC&timestamp=1767225600&url=https://h5.example.com/act/7?from=qr&id=42"), got);
	assert_string_equal(got, "88978fcd2b31b868c986d7d1479a56b0476d024b");
}
