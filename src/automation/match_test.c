/* match_test.c: all words at once find what each word finds by itself. */
#include "automation/match.h"

#include "base/err.h"
#include "test.h"

#define WORDS 40

static void hit(void *ctx, int whose) { ((int *)ctx)[whose]++; }

static struct str random_text(struct arena *arena, unsigned *seed, int least, int most)
{
	static const char *const letters[] = { "a", "b", "价", "价格", "格", "群" };
	struct str s = S("");
	int n = least + (int)(rand_r(seed) % (unsigned)(most - least + 1));
	for (int i = 0; i < n; i++)
		s = str_format(arena, "%.*s%s", STR(s), letters[rand_r(seed) % 6]);
	return s;
}

static bool stands_in(struct str text, struct str word, enum match_how how)
{
	if (how == MATCH_EXACT)
		return str_equal(text, word);
	if (how == MATCH_PREFIX)
		return str_starts(text, word);
	return memmem(text.at, text.len, word.at, word.len) != NULL;
}

TEST(match_all_words, "many words in one text are found as each would be by itself: held, alike, or at the beginning")
{
	unsigned seed = 7;
	for (int round = 0; round < 200; round++) {
		ARENA_SCOPED arena;
		arena_init(&arena, 16 << 20);
		struct str words[WORDS];
		enum match_how hows[WORDS];
		size_t bytes = 0;
		for (int i = 0; i < WORDS; i++) {
			words[i] = random_text(&arena, &seed, 1, 4);
			hows[i] = (enum match_how)(rand_r(&seed) % 3);
			bytes += words[i].len;
		}
		struct matcher *m = matcher_make(&arena, bytes);
		assert_non_null(m);
		for (int i = 0; i < WORDS; i++)
			assert_int_equal(matcher_add(m, words[i], hows[i], i), 0);
		for (int t = 0; t < 20; t++) {
			struct str text = random_text(&arena, &seed, 0, 12);
			int found[WORDS] = { 0 };
			matcher_run(m, text, hit, found);
			for (int i = 0; i < WORDS; i++)
				if ((found[i] > 0) != stands_in(text, words[i], hows[i]))
					fail_msg("\"%.*s\" in \"%.*s\" (%d): found %d times", STR(words[i]), STR(text), hows[i], found[i]);
		}
	}
}

TEST(match_none, "no words, or an empty text, find nothing; a word longer than the room is refused")
{
	ARENA_SCOPED arena;
	int found[1] = { 0 };
	arena_init(&arena, 1 << 20);
	struct matcher *m = matcher_make(&arena, 0);
	assert_non_null(m);
	matcher_run(m, S("有人吗"), hit, found);
	assert_int_equal(found[0], 0);
	assert_int_equal(matcher_add(m, S(""), MATCH_EXACT, 0), E_TOO_MANY);
}
