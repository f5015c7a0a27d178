/* match.h: many words looked for in one text at once.
 *
 * All words stand in one tree of bytes. From each character of the text the tree is walked as far as it goes; most walks end
 * at the first or second byte, so that a thousand words cost hardly more than one. Text and words are folded alike
 * (name_key: width, case, spaces), so "ＶＩＰ 卡" finds "vip卡".
 * Holds      Pure: no store, no clock. A word has at most MATCH_WORD characters; longer texts than MATCH_TEXT bytes are cut.
 * Test       match_test.c: against looking for each word by itself.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"

#define MATCH_WORD 60
#define MATCH_TEXT 4000

enum match_how { MATCH_CONTAINS, MATCH_EXACT, MATCH_PREFIX };

struct matcher;
/* In the arena; room for words of so many bytes in all. NULL: no memory. */
struct matcher *matcher_make(struct arena *, size_t bytes);
/* `word` is folded and not empty; `whose`: what is told when it is found. */
int  matcher_add(struct matcher *, struct str word, enum match_how, int whose);
/* Calls `found` for each word that the folded text holds, perhaps several times for one. */
void matcher_run(const struct matcher *, struct str text, void (*found)(void *ctx, int whose), void *ctx);
