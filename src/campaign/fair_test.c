/* fair_test.c: seed, commitment, rolls and chain give what other tools give (the vectors were made with Python's hashlib and
 * hmac), and every result of a range is equally likely.
 */
#include "campaign/fair.h"

#include "test.h"

static struct fair_seed counting(void)
{
	struct fair_seed s;
	for (size_t i = 0; i < sizeof s.bytes; i++)
		s.bytes[i] = (unsigned char)i;
	return s;
}

TEST(fair_vectors, "commitment, rolls and chain are those of the documented formula")
{
	struct fair_seed seed = counting(), again;
	char hex[FAIR_HEX + 1], commitment[FAIR_HEX + 1], chain[FAIR_HEX + 1];
	fair_commit(&seed, S("{\"format\":\"quntu-draws-1\"}"), commitment);
	assert_string_equal(commitment, "21e98c4cd00c029c472e2ca7d36f1206877f9ad4a926d04b13adf574682f22b9");
	fair_chain(str_of(commitment), S("{\"n\":1}"), chain);
	assert_string_equal(chain, "f3889a6401bc8243b6742195c636d2666cd33fec5a2ae61cf8ec1b11f1098456");
	assert_int_equal(fair_roll(&seed, S("draw 1 abcdefghijklmnop"), FAIR_WHOLE), 82204);
	assert_int_equal(fair_roll(&seed, S("draw 2 abcdefghijklmnop"), FAIR_WHOLE), 14453);
	assert_int_equal(fair_roll(&seed, S("again 1 abcdefghijklmnop"), 300000), 158433);
	assert_int_equal(fair_roll(&seed, S("draw 3 t"), (INT64_C(1) << 62) + 1), INT64_C(285717565696018698));   /* its second try */
	assert_int_equal(fair_roll(&seed, S("anything"), 1), 0);
	fair_seed_hex(&seed, hex);
	assert_true(fair_seed_read(str_of(hex), &again));
	assert_memory_equal(seed.bytes, again.bytes, sizeof seed.bytes);
	hex[3] = 'G';
	assert_false(fair_seed_read(str_of(hex), &again));
	assert_false(fair_seed_read((struct str){ hex, 63 }, &again));
}

TEST(fair_draw_place, "a result falls where its parts lie; an empty prize is drawn again among those that are left")
{
	struct fair_seed seed = counting();
	struct fair_place places[3] = { { 82204, 1 }, { 1, 1 }, { 500000, 1 } };
	assert_int_equal(fair_draw(&seed, 1, S("abcdefghijklmnop"), places, 3), 2);            /* 82204 is the second's only part */
	places[1].left = 0;
	assert_int_equal(fair_draw(&seed, 1, S("abcdefghijklmnop"), places, 3), 3);
	places[2].left = 0;
	assert_int_equal(fair_draw(&seed, 1, S("abcdefghijklmnop"), places, 3), 1);
	assert_true(fair_any(places, 3));
	places[0].left = 0;
	assert_false(fair_any(places, 3));
	places[0] = (struct fair_place){ 82204, 1 };
	assert_int_equal(fair_draw(&seed, 1, S("abcdefghijklmnop"), places, 1), 0);            /* just above the only prize */
}

TEST(fair_even, "ten thousand rolls fall evenly into seven places, and into a prize as often as it says")
{
	struct fair_seed seed = counting();
	struct fair_place places[2] = { { 100000, 1 }, { 250000, 1 } };
	int64_t seen[7] = { 0 }, won[3] = { 0 };
	double chi = 0;
	char label[40];
	for (int i = 0; i < 10000; i++) {
		snprintf(label, sizeof label, "t%015d", i);
		seen[fair_roll(&seed, str_of(label), 7)]++;
		won[fair_draw(&seed, i + 1, str_of(label), places, 2)]++;
	}
	for (int i = 0; i < 7; i++)
		chi += ((double)seen[i] - 10000.0 / 7) * ((double)seen[i] - 10000.0 / 7) / (10000.0 / 7);
	assert_true(chi < 22.5);                  /* 6 degrees of freedom: once in a thousand seeds it would be more */
	assert_in_range(won[1], 900, 1100);
	assert_in_range(won[2], 2350, 2650);
}

TEST(fair_split_holds, "whatever total, shares and least: the sum is the total, no share is below the least, the same seed gives the same split")
{
	struct fair_seed seed = counting(), packet;
	uint32_t dice = 5;
	char token[24];
	for (int i = 0; i < 20000; i++) {
		int64_t one[FAIR_SHARES], two[FAIR_SHARES], sum = 0;
		dice = dice * 1664525u + 1013904223u;
		int64_t shares = 1 + (dice >> 8) % FAIR_SHARES;
		dice = dice * 1664525u + 1013904223u;
		int64_t total = shares + (dice >> 8) % 20000;
		dice = dice * 1664525u + 1013904223u;
		int64_t least = 1 + (dice >> 8) % (total / shares);
		if (i >= 2000)                    /* small ones are quick, and have all the edges */
			shares = 1 + shares % 6, total = shares * least + total % 7;
		fair_packet_seed(&seed, i + 1, &packet);
		snprintf(token, sizeof token, "token-token-%07d", i);
		assert_true(fair_split(&packet, str_of(token), total, shares, least, i % 5 == 0, one));
		assert_true(fair_split(&packet, str_of(token), total, shares, least, i % 5 == 0, two));
		for (int64_t k = 0; k < shares; k++) {
			assert_true(one[k] >= least && one[k] == two[k]);
			assert_true(i % 5 || one[k] == total / shares || one[k] == total / shares + 1);
			sum += one[k];
		}
		assert_int_equal(sum, total);
	}
	int64_t none[FAIR_SHARES];
	assert_false(fair_split(&packet, S("t"), 10, 11, 1, false, none));
	assert_false(fair_split(&packet, S("t"), 10, 0, 1, false, none));
	assert_false(fair_split(&packet, S("t"), 1000, FAIR_SHARES + 1, 1, false, none));
}

/* Made with Python: hmac.new(bytes(range(32)), b"packet 1", "sha256") and so on. */
TEST(fair_split_vector, "a split as another tool makes it")
{
	struct fair_seed seed = counting(), packet;
	char hex[FAIR_HEX + 1];
	int64_t fen[5];
	fair_packet_seed(&seed, 1, &packet);
	fair_seed_hex(&packet, hex);
	assert_string_equal(hex, "22e53ac19d5df12dd5516ceffaecf0d996bda8a28667c249b0810ce38f2d7aef");
	fair_packet_commit(&packet, hex);
	assert_string_equal(hex, "4a599e497df9a01cd629f43f8ef9ce99cf315756f73db478d793f5900443160d");
	assert_true(fair_split(&packet, S("abcdefghijklmnop"), 1000, 5, 1, false, fen));
	const int64_t want[5] = { 82, 331, 190, 303, 94 };
	for (int i = 0; i < 5; i++)
		assert_int_equal(fen[i], want[i]);
}
