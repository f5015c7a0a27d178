/* words.h: words that a promise to people may not use (guardrail G10), and why. For posters, campaigns, messages. */
#pragma once
#include "base/row.h"

/* ABSOLUTE 最, 第一: terms that the advertising law forbids. PROMISE 保过, 稳赚: of a result that nobody can promise.
 * HEALTH 根治: of an effect on an illness. INDUCING 转发领: the platform blocks links of pages that press people to
 * share. PYRAMID 下线: of pay by levels. URGENCY 仅剩: allowed when it is true, and only then. */
enum word_kind { WORD_ABSOLUTE, WORD_PROMISE, WORD_HEALTH, WORD_INDUCING, WORD_PYRAMID, WORD_URGENCY, WORD_KINDS };

struct word_hit { struct str word, kind; };      /* kind: "absolute" … "urgency" */

#define WORD_HITS_MAX 20
#define WORDS_AS_OF   "2026-11-01"              /* when the list was last gone through */

/* The words in a text, each once, the longest where several overlap. How many; words and kinds are constants. */
size_t words_find(struct arena *, struct str text, struct word_hit ret[WORD_HITS_MAX]);
