/* pinyin.h: how a Han character is said, for finding people by the letters of their names. Pure. */
#pragma once
#include "base/str.h"

/* "xiao" for 晓; "" for what is no Han character. No tones; ü is v, as people type it. */
const char *pinyin_of(uint32_t character);
/* A family name that is said otherwise than the character usually is ("zeng" for 曾); NULL: it is not. */
const char *pinyin_surname(uint32_t character);
