/* err.h: every way to fail, as one table.
 *
 * A function returns 0 (or a count ≥ 0) or one of these negative codes. The word of a code is
 * stable: clients, tests and documents rely on it. Its sentences for people, one per language, stand
 * beside it in errors.def and nowhere else; they say what happened and what to do.
 */
#pragma once
#include "base/str.h"

enum err {
	ERR_NONE = 0,
#define ERR(name, status, zh, en) ERR_##name##_N,
#include "base/errors.def"
#undef ERR
	ERR_COUNT
};

enum {
#define ERR(name, status, zh, en) E_##name = -ERR_##name##_N,
#include "base/errors.def"
#undef ERR
};

enum lang { LANG_ZH, LANG_EN, LANGS };

/* A sentence that is no code's; two literals, so that the compiler checks formats in both. */
#define SPOKEN(lang, zh, en) ((lang) == LANG_ZH ? (zh) : (en))

const char *err_word(int code);                  /* "not_found"; "ok" for ≥ 0 */
int         err_status(int code);                /* HTTP status */
const char *err_text(int code, enum lang);       /* for people */
