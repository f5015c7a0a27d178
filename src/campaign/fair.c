/* fair.c: seed, commitment, rolls and chain: see fair.h, which says it byte by byte. */
#include "campaign/fair.h"

#include <sodium.h>
#include "base/secret.h"

void fair_seed_make(struct fair_seed *ret) { secret_random(ret->bytes, sizeof ret->bytes); }

static int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

bool fair_seed_read(struct str hex, struct fair_seed *ret)
{
	struct fair_seed seed;
	if (hex.len != FAIR_HEX)
		return false;
	for (size_t i = 0; i < sizeof seed.bytes; i++) {
		int high = digit(hex.at[2 * i]), low = digit(hex.at[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		seed.bytes[i] = (unsigned char)(high << 4 | low);
	}
	*ret = seed;
	return true;
}

static void hex_of(const unsigned char bytes[32], char ret[FAIR_HEX + 1]) { sodium_bin2hex(ret, FAIR_HEX + 1, bytes, 32); }

void fair_seed_hex(const struct fair_seed *seed, char ret[FAIR_HEX + 1]) { hex_of(seed->bytes, ret); }

/* The hash of two things, one after the other. */
static void hash_both(const void *first, size_t first_len, struct str second, char ret[FAIR_HEX + 1])
{
	crypto_hash_sha256_state state;
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, first, first_len);
	crypto_hash_sha256_update(&state, (const unsigned char *)(second.len ? second.at : ""), second.len);
	crypto_hash_sha256_final(&state, hash);
	hex_of(hash, ret);
}

void fair_commit(const struct fair_seed *seed, struct str rules, char ret[FAIR_HEX + 1])
{
	hash_both(seed->bytes, sizeof seed->bytes, rules, ret);
}

void fair_chain(struct str before, struct str line, char ret[FAIR_HEX + 1])
{
	char first[FAIR_HEX + 1];
	size_t len = before.len < FAIR_HEX ? before.len : FAIR_HEX;
	memcpy(first, before.len ? before.at : "", len);
	first[len] = '\n';
	hash_both(first, len + 1, line, ret);
}

int64_t fair_roll(const struct fair_seed *seed, struct str label, int64_t range)
{
	uint64_t width = (uint64_t)range, uneven = (0 - width) % width;           /* 2^64 mod range */
	int len = (int)(label.len < FAIR_LABEL ? label.len : FAIR_LABEL);
	for (unsigned counter = 0;; counter++) {
		char text[FAIR_LABEL + 16];
		unsigned char mac[crypto_auth_hmacsha256_BYTES];
		uint64_t x = 0;
		int n = snprintf(text, sizeof text, "%.*s %u", len, label.len ? label.at : "", counter);
		crypto_auth_hmacsha256(mac, (const unsigned char *)text, (unsigned long long)n, seed->bytes);
		for (size_t i = 0; i < 8; i++)
			x = x << 8 | mac[i];
		if (x <= UINT64_MAX - uneven)
			return (int64_t)(x % width);
	}
}

bool fair_any(const struct fair_place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (places[i].ppm > 0 && places[i].left > 0)
			return true;
	return false;
}

/* The place in which `roll` falls; 0: above them all. */
static int64_t fall(const struct fair_place *places, size_t count, int64_t roll, bool stocked)
{
	for (size_t i = 0; i < count; i++) {
		if (stocked && places[i].left <= 0)
			continue;
		if (roll < places[i].ppm)
			return (int64_t)i + 1;
		roll -= places[i].ppm;
	}
	return 0;
}

int64_t fair_draw(const struct fair_seed *seed, int64_t n, struct str token, const struct fair_place *places, size_t count)
{
	char label[FAIR_LABEL + 1];
	int64_t sum = 0;
	snprintf(label, sizeof label, "draw %lld %.*s", (long long)n, STR(token));
	int64_t place = fall(places, count, fair_roll(seed, str_of(label), FAIR_WHOLE), false);
	if (place == 0 || places[place - 1].left > 0)
		return place;
	for (size_t i = 0; i < count; i++)
		sum += places[i].left > 0 ? places[i].ppm : 0;
	if (sum <= 0)
		return 0;
	snprintf(label, sizeof label, "again %lld %.*s", (long long)n, STR(token));
	return fall(places, count, fair_roll(seed, str_of(label), sum), true);
}

int64_t fair_lot(const struct fair_seed *seed, int64_t k, struct str last, int64_t count)
{
	char label[FAIR_LABEL + 1];
	snprintf(label, sizeof label, "lot %lld %.*s", (long long)k, STR(last));
	return fair_roll(seed, str_of(label), count);
}

void fair_packet_seed(const struct fair_seed *seed, int64_t number, struct fair_seed *ret)
{
	char text[40];
	int n = snprintf(text, sizeof text, "packet %lld", (long long)number);
	crypto_auth_hmacsha256(ret->bytes, (const unsigned char *)text, (unsigned long long)n, seed->bytes);
}

void fair_packet_commit(const struct fair_seed *packet, char ret[FAIR_HEX + 1])
{
	hash_both(packet->bytes, sizeof packet->bytes, S(""), ret);
}

static void split_even(int64_t total, int64_t shares, int64_t *ret)
{
	for (int64_t i = 0; i < shares; i++)
		ret[i] = total / shares + (i < total % shares);
}

bool fair_split(const struct fair_seed *packet, struct str token, int64_t total, int64_t shares, int64_t least, bool even, int64_t *ret)
{
	if (shares < 1 || shares > FAIR_SHARES || least < 0 || total < 0 || least > total / shares)
		return false;
	if (even)
		return split_even(total, shares, ret), true;
	int64_t rest = total - shares * least;
	for (int64_t i = 0; i < shares; i++) {
		char label[FAIR_LABEL + 1];
		int64_t more = rest, waiting = shares - i;
		snprintf(label, sizeof label, "share %lld %.*s", (long long)i + 1, STR(token));
		if (waiting > 1)
			more = fair_roll(packet, str_of(label), 2 * rest / waiting + 1);
		ret[i] = least + more;
		rest -= more;
	}
	return true;
}
