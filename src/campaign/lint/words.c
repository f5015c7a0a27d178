/* words.c: see words.h; the list is words.def.
 *
 * Holds   Case, width and spaces do not hide a word (最 好, ＮＯ．１). A word inside a harmless compound is none, and one
 *         inside a longer word of the list is told once, as the longer.
 * Test    words_test.c.
 */
#include "campaign/lint/words.h"

#include "base/utf8.h"

struct entry { struct str text; enum word_kind kind; };

static const struct entry entries[] = {
#define WORD(text_, kind_) { S(text_), WORD_##kind_ },
#define FINE(text_)
#include "campaign/lint/words.def"
#undef WORD
#undef FINE
};

static const struct str fine[] = {
#define WORD(text_, kind_)
#define FINE(text_) S(text_),
#include "campaign/lint/words.def"
#undef WORD
#undef FINE
};

static const char *const kinds[WORD_KINDS] = { "absolute", "promise", "health", "inducing", "pyramid", "urgency" };

#define COUNT(list) (sizeof(list) / sizeof *(list))

static bool stands_at(struct str text, size_t at, struct str word)
{
	return word.len <= text.len - at && memcmp(text.at + at, word.at, word.len) == 0;
}

/* The harmless compound that covers the bytes from `at` to `end`, if any: it may begin before them. */
static bool is_fine(struct str text, size_t at, size_t end)
{
	for (size_t i = 0; i < COUNT(fine); i++)
		for (size_t from = at + 1 > fine[i].len ? at + 1 - fine[i].len : 0; from <= at; from++)
			if (from + fine[i].len >= end && from + fine[i].len <= text.len && stands_at(text, from, fine[i]))
				return true;
	return false;
}

/* The longest word of the list that stands here; keys: the words, folded. */
static const struct entry *entry_at(const struct str *keys, struct str text, size_t at, size_t *ret_len)
{
	const struct entry *best = NULL;
	for (size_t i = 0; i < COUNT(entries); i++)
		if (keys[i].len > (best ? *ret_len : 0) && stands_at(text, at, keys[i])) {
			best = &entries[i];
			*ret_len = keys[i].len;
		}
	return best;
}

static bool is_known(const struct word_hit *hits, size_t count, struct str word)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(hits[i].word, word))
			return true;
	return false;
}

size_t words_find(struct arena *arena, struct str text, struct word_hit ret[WORD_HITS_MAX])
{
	struct str keys[COUNT(entries)], key = name_key(arena, text);
	size_t count = 0, len = 0;
	for (size_t i = 0; i < COUNT(entries); i++)
		keys[i] = name_key(arena, entries[i].text);
	for (size_t at = 0; at < key.len && count < WORD_HITS_MAX; at += len) {
		const struct entry *e = entry_at(keys, key, at, &len);
		if (!e) {
			len = 1;
		} else if (is_fine(key, at, at + len) && e->kind != WORD_URGENCY) {
			continue;
		} else if (!is_known(ret, count, e->text)) {
			ret[count++] = (struct word_hit){ e->text, str_of(kinds[e->kind]) };
		}
	}
	return count;
}
