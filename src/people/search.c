/* search.c: see search.h. */
#include "people/search.h"

#include "base/utf8.h"
#include "people/pinyin.h"

#define WORD 40                   /* characters of a name that are looked at */
#define HAN_ENDS 4                /* so many ends of a name are also found by pinyin */

/* ---- The text ------------------------------------------------------------------------------------- */

/* The letters of a folded name: each Han character as its syllable or only that one's first letter. `first`: how the first
 * character is said, NULL: as usual. */
static void add_letters(struct buf *b, struct str key, bool initials, const char *first)
{
	while (key.len) {
		char bytes[4];
		uint32_t c = utf8_next(&key);
		const char *said = first ? first : pinyin_of(c);
		first = NULL;
		if (*said)
			buf_add(b, said, initials ? 1 : strlen(said));
		else
			buf_add(b, bytes, utf8_put(c, bytes));
	}
}

static bool has_han(struct str key)
{
	while (key.len)
		if (*pinyin_of(utf8_next(&key)))
			return true;
	return false;
}

static const char *surname_of(struct str key)
{
	return key.len ? pinyin_surname(utf8_next(&key)) : NULL;
}

/* A word is three parts: the name, its syllables apart, its initials; letters only where there are Han characters. */
static void add_word(struct buf *b, struct str key)
{
	const char *surname = surname_of(key);
	if (b->len)
		buf_byte(b, ' ');
	buf_str(b, key);
	if (!has_han(key))
		return;
	for (int said = 0; said < (surname ? 2 : 1); said++) {
		buf_byte(b, ' ');
		add_letters(b, key, false, said ? surname : NULL);
		buf_byte(b, ' ');
		add_letters(b, key, true, said ? surname : NULL);
	}
}

static bool holds(struct str text, struct str part)
{
	for (size_t i = 0; i + part.len <= text.len; i++)
		if (memcmp(text.at + i, part.at, part.len) == 0)
			return true;
	return false;
}

struct str search_text(struct arena *arena, struct str nickname, struct str name)
{
	struct str nick = utf8_cut(name_key(arena, nickname), WORD), real = utf8_cut(name_key(arena, name), WORD);
	BUF_SCOPED b;
	buf_init(&b, 4096);
	if (nick.len)
		add_word(&b, nick);
	if (real.len && !holds(nick, real))
		add_word(&b, real);
	return str_copy(arena, buf_view(&b));
}

/* ---- Its keys --------------------------------------------------------------------------------------- */

struct keys { struct buf json; size_t count; struct arena *arena; };

static void add_key(struct keys *keys, struct str end)
{
	struct str key = utf8_cut(end, SEARCH_KEY);
	if (key.len == 0 || keys->count == SEARCH_KEYS)
		return;
	buf_byte(&keys->json, keys->count++ ? ',' : '[');
	buf_json(&keys->json, key);
}

/* Every end of a name. */
static void add_ends(struct keys *keys, struct str key)
{
	while (key.len) {
		add_key(keys, key);
		(void)utf8_next(&key);
	}
}

/* The ends of its letters, beginning at a character; an end of one letter finds everybody, so it finds nobody. */
static void add_letter_ends(struct keys *keys, struct str key, struct str syllables, struct str initials)
{
	for (int i = 0; key.len && i < HAN_ENDS; i++) {
		size_t before = key.len;
		const char *said = pinyin_of(utf8_next(&key));
		if (*said || i == 0)
			add_key(keys, syllables);
		if (initials.len > 1)
			add_key(keys, initials);
		size_t step = *said ? strlen(said) : before - key.len;
		/* A surname said otherwise is longer or shorter: its ends are those of the usual reading. */
		if (step > syllables.len || initials.len == 0)
			return;
		syllables.at += step, syllables.len -= step;
		(void)utf8_next(&initials);
	}
}

static struct str letters(struct arena *arena, struct str key, bool initials, const char *first)
{
	BUF_SCOPED b;
	buf_init(&b, 4096);
	add_letters(&b, key, initials, first);
	return str_copy(arena, buf_view(&b));
}

/* The words of a text that are names, not letters: those were made from them. */
static struct str keys_of(struct arena *arena, struct str text)
{
	struct keys keys = { .arena = arena };
	buf_init(&keys.json, 16 * 1024);
	while (text.len) {
		struct str word = str_cut(&text, ' ');
		add_ends(&keys, word);
		if (!has_han(word))
			continue;
		const char *surname = surname_of(word);
		add_letter_ends(&keys, word, letters(arena, word, false, NULL), letters(arena, word, true, NULL));
		if (surname) {
			add_key(&keys, letters(arena, word, false, surname));
			add_key(&keys, letters(arena, word, true, surname));
		}
		for (int skip = surname ? 4 : 2; skip > 0; skip--)
			(void)str_cut(&text, ' ');
	}
	buf_z(&keys.json, keys.count ? "]" : "[]");
	struct str json = str_copy(arena, buf_view(&keys.json));
	buf_free(&keys.json);
	return json;
}

static QUERY(keys_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"INSERT INTO member_key (community_id, key, member_id) SELECT ?1, value, ?2 FROM json_each(?3) WHERE true"
	" ON CONFLICT (community_id, key, member_id) DO NOTHING",
	.pg = "INSERT INTO member_key (community_id, key, member_id) SELECT ?1, value, ?2 FROM json_array_elements_text(?3::json)"
	" ON CONFLICT (community_id, key, member_id) DO NOTHING");

static QUERY(keys_drop, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"DELETE FROM member_key WHERE community_id = ?1 AND member_id = ?2 AND key IN (SELECT value FROM json_each(?3))",
	.pg = "DELETE FROM member_key WHERE community_id = ?1 AND member_id = ?2"
	" AND key IN (SELECT value FROM json_array_elements_text(?3::json))");

/* Every key is the beginning of an end of a word of the text. */
#define FORGET(key) \
	"DELETE FROM member_key WHERE community_id = ?1 AND member_id = ?2 AND key IN (WITH RECURSIVE at(n, text) AS (SELECT 1, search" \
	" FROM member WHERE community_id = ?1 AND id = ?2 UNION ALL SELECT n + 1, text FROM at WHERE n < length(text)) SELECT " key " FROM at)"

QUERY(search_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	FORGET("substr(text, n, CASE instr(substr(text, n, 8), ' ') WHEN 0 THEN 8 ELSE instr(substr(text, n, 8), ' ') - 1 END)"),
	.pg = FORGET("split_part(substr(text, n, 8), ' ', 1)"));

int search_put(struct tx *tx, struct id community, struct id member, struct str before, struct str after)
{
	struct arena *arena = tx_arena(tx);
	int r = 0;
	if (str_equal(before, after))
		return 0;
	if (before.len && (r = tx_run(tx, &keys_drop, V(community), V(member), V(keys_of(arena, before)))) < 0)
		return r;
	if (after.len && (r = tx_run(tx, &keys_insert, V(community), V(member), V(keys_of(arena, after)))) < 0)
		return r;
	return arena_failed(arena) ? E_MEMORY : 0;
}

/* ---- Questions ---------------------------------------------------------------------------------------- */

struct str search_like(struct arena *arena, const char *before, struct str s, const char *after)
{
	size_t first = strlen(before), last = strlen(after), len = first;
	char *at = arena_take(arena, first + 2 * s.len + last + 1);
	if (!at)
		return S("");
	memcpy(at, before, first);
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '%' || s.at[i] == '_' || s.at[i] == '!')
			at[len++] = '!';
		at[len++] = s.at[i];
	}
	memcpy(at + len, after, last);
	return (struct str){ at, len + last };
}

/* The last code point stands behind whatever a name may go on with, on both stores (they compare bytes). */
struct search search_for(struct arena *arena, struct str question)
{
	struct str key = name_key(arena, question), from = utf8_cut(key, SEARCH_KEY);
	if (key.len == 0)
		return (struct search){ 0 };
	return (struct search){
		.from = from, .until = str_format(arena, "%.*s\xf4\x8f\xbf\xbf", STR(from)), .like = search_like(arena, "%", key, "%"),
	};
}

static const struct query *const queries[] = { &keys_insert, &keys_drop, &search_forget, NULL };

const struct feature feature_search = { .name = "search", .queries = queries };
