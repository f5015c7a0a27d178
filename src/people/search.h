/* search.h: by what a member is found: any part of nickname and name, pinyin, initials.
 *
 * Story      林晓 who calls herself 嘉兴小林 is found by 林, 小林, xiaolin, lx and jxxl. A member carries one text of such
 *            words (member.search); the table member_key holds the beginnings of each word's ends (小林, 林 …), so that
 *            "any part of the name" is a range of an index at 1,000,000 members.
 * Holds      member_key is derived from member.search and changes in the same transaction.
 *            A key is at most SEARCH_KEY characters; longer questions are answered by the key and checked in the text.
 * Owns       member_key.
 * Test       search_test.c.
 */
#pragma once
#include "http/http.h"

#define SEARCH_KEY   8            /* characters of a key */
#define SEARCH_KEYS 48            /* keys a member has at most */

/* What member.search holds for these names. */
struct str search_text(struct arena *, struct str nickname, struct str name);
/* The keys of a text change from `before` to `after` ("" : none). */
int search_put(struct tx *, struct id community, struct id member, struct str before, struct str after);

/* A question as typed → what a key begins with (at most SEARCH_KEY characters), what follows all such keys, and what the
 * text must hold ("%…%" for LIKE with ESCAPE '!'). All empty for a question of nothing but spaces. */
struct search { struct str from, until, like; };
struct search search_for(struct arena *, struct str question);
/* For LIKE … ESCAPE '!': its own signs made plain, between two texts ("%" or ""). */
struct str search_like(struct arena *, const char *before, struct str s, const char *after);

/* (community, member): all keys of a member that is still there, found without C: for those who erase people. */
extern const struct query search_forget;

extern const struct feature feature_search;
