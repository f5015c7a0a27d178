/* err_test.c: every code has a word, a status and a sentence in each language. */
#include "test.h"
#include "base/err.h"
#include "base/utf8.h"

TEST(err_complete, "no code lacks a word, a status or a sentence")
{
	for (int code = -1; code > -ERR_COUNT; code--) {
		assert_true(strlen(err_word(code)) > 0 && strlen(err_word(code)) < 31);
		assert_true(err_status(code) >= 400 && err_status(code) < 600);
		for (enum lang l = 0; l < LANGS; l++) {
			assert_true(*err_text(code, l));
			assert_true(utf8_valid(str_of(err_text(code, l))));
		}
		for (int other = code - 1; other > -ERR_COUNT; other--)
			assert_string_not_equal(err_word(code), err_word(other));
	}
}

TEST(err_words, "words are the names in lower case; what nobody declared is the store's trouble")
{
	assert_string_equal(err_word(0), "ok");
	assert_string_equal(err_word(7), "ok");
	assert_int_equal(err_status(7), 200);
	assert_string_equal(err_word(E_NOT_FOUND), "not_found");
	assert_int_equal(err_status(E_NOT_FOUND), 404);
	assert_string_equal(err_word(E_UTF8), "utf8");
	assert_string_equal(err_word(-ERR_COUNT), "store");
	assert_string_equal(err_word(INT32_MIN), "store");
}
