/* secret_test.c: what must be unguessable, and what must match. */
#include "test.h"
#include "base/secret.h"

TEST(secret_slugs, "slugs have the asked length, no look-alikes, and never repeat")
{
	assert_int_equal(secret_start(), 0);
	char a[201], b[201];
	secret_slug(a, 200), secret_slug(b, 200);
	assert_int_equal(strlen(a), 200);
	assert_int_equal(strcspn(a, "0O1lI-_ "), 200);
	assert_string_not_equal(a, b);
	secret_slug(a, 0);
	assert_string_equal(a, "");
}

TEST(secret_below, "random numbers stay below, and reach, their bound")
{
	bool seen[7] = { 0 };
	for (int i = 0; i < 1000; i++) {
		uint64_t n = secret_random_below(7);
		assert_true(n < 7);
		seen[n] = true;
	}
	for (int i = 0; i < 7; i++)
		assert_true(seen[i]);
	assert_int_equal(secret_random_below(1), 0);
	assert_int_equal(secret_random_below(0), 0);
	assert_true(secret_random_below(UINT64_MAX) < UINT64_MAX);
}

TEST(secret_keys, "a MAC of one use is no MAC of another")
{
	struct key root = { { 1, 2, 3 } }, session, visitor, again;
	key_derive(&session, &root, "session");
	key_derive(&visitor, &root, "visitor");
	key_derive(&again, &root, "session");
	assert_memory_not_equal(&session, &visitor, sizeof session);
	assert_memory_equal(&session, &again, sizeof session);

	char mac[MAC_TEXT + 1];
	mac_text(&session, S("account 7"), mac);
	assert_int_equal(strlen(mac), MAC_TEXT);
	assert_true(mac_matches(&session, S("account 7"), str_of(mac)));
	assert_false(mac_matches(&visitor, S("account 7"), str_of(mac)));
	assert_false(mac_matches(&session, S("account 8"), str_of(mac)));
	assert_false(mac_matches(&session, S("account 7"), (struct str){ mac, MAC_TEXT - 1 }));
	assert_false(mac_matches(&session, S("account 7"), (struct str){ 0 }));
	mac[3] ^= 1;
	assert_false(mac_matches(&session, S("account 7"), str_of(mac)));
}

TEST(secret_hash, "a hash names its content")
{
	char a[HASH_TEXT + 1], b[HASH_TEXT + 1];
	hash_text((struct blob){ "abc", 3 }, a);
	assert_string_equal(a, "vd2BPGNCOXIxce8_7phXm5SWTjuxyz5CcmLIwGjVIxk");
	hash_text((struct blob){ 0 }, b);
	assert_int_equal(strlen(b), HASH_TEXT);
	assert_string_not_equal(a, b);
}

TEST(secret_passwords, "a password matches its own hash only; the hash is argon2id")
{
	char hash[PASSWORD_HASH], other[PASSWORD_HASH];
	password_cheaply(false);                    /* as nobody else here does: the cost is promised, too */
	assert_int_equal(password_hash(S("密码 long enough"), hash), 0);
	assert_int_equal(password_hash(S("密码 long enough"), other), 0);
	assert_true(str_starts(str_of(hash), S("$argon2id$v=19$m=32768,t=3,p=1$")));
	assert_string_not_equal(hash, other);
	assert_true(password_matches(hash, S("密码 long enough")));
	assert_false(password_matches(hash, S("密码 long enough ")));
	assert_false(password_matches(hash, (struct str){ 0 }));
	assert_false(password_matches("", S("x")));
	assert_false(password_matches("no hash", S("x")));
}

TEST(signatures, "a signature holds for its text and its signer, and for nothing else")
{
	struct key root = { { 7 } }, seed, other;
	char name[SIGNER_TEXT + 1], again[SIGNER_TEXT + 1], signature[SIGNATURE_TEXT + 1];
	assert_int_equal(secret_start(), 0);
	key_derive(&seed, &root, "template");
	key_derive(&other, &root, "another");
	signer_name(&seed, name);
	signer_name(&seed, again);
	assert_string_equal(name, again);
	sign_text(&seed, S("群"), signature);
	assert_int_equal(strlen(signature), SIGNATURE_TEXT);
	assert_true(signature_holds(str_of(name), S("群"), str_of(signature)));
	assert_false(signature_holds(str_of(name), S("群 "), str_of(signature)));
	signer_name(&other, again);
	assert_false(signature_holds(str_of(again), S("群"), str_of(signature)));
	signature[5] = signature[5] == 'A' ? 'B' : 'A';
	assert_false(signature_holds(str_of(name), S("群"), str_of(signature)));
	assert_false(signature_holds(S(""), S("群"), S("")));
	assert_false(signature_holds(str_of(name), S("群"), S("!")));
}
