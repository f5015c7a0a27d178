/* err.c: the table of errors.def, by code.
 *
 * Holds      The word of a code is its name in lower case, made once before main() and never changed.
 * Test       err_test.c
 */
#include "base/err.h"

static const struct { const char *name; int status; const char *text[LANGS]; } table[ERR_COUNT] = {
	[ERR_NONE] = { "OK", 200, { "好了。", "Done." } },
#define ERR(name, status, zh, en) [ERR_##name##_N] = { #name, status, { zh, en } },
#include "base/errors.def"
#undef ERR
};

#define WORD 32

static char words[ERR_COUNT][WORD];

__attribute__((constructor)) static void make_words(void)
{
	for (int i = 0; i < ERR_COUNT; i++) {
		for (int k = 0; k < WORD - 1 && table[i].name[k]; k++) {
			char c = table[i].name[k];
			words[i][k] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
		}
	}
}

/* A code that nobody declared is a defect; it must not become a second one here. */
static int place(int code)
{
	return code >= 0 ? ERR_NONE : code > -ERR_COUNT ? -code : -E_STORE;
}

const char *err_word(int code)
{
	return words[place(code)];
}

int err_status(int code)
{
	return table[place(code)].status;
}

const char *err_text(int code, enum lang lang)
{
	return table[place(code)].text[lang < LANGS ? lang : LANG_EN];
}
