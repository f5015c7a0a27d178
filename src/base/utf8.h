/* utf8.h: is it UTF-8, how long is it, and when are two names one name. */
#pragma once
#include "base/str.h"

bool   utf8_valid(struct str);                     /* no overlongs, no surrogates, no NUL */
size_t utf8_count(struct str);                     /* code points; the text is valid */
struct str utf8_cut(struct str, size_t characters);   /* at most so many from the start */
/* Next code point, moving *s on; the text is valid and not empty. */
uint32_t utf8_next(struct str *s);
size_t   utf8_put(uint32_t code, char ret[4]);

/* Names that differ only in ASCII case, full/half width or spaces have one key. */
struct str name_key(struct arena *, struct str name);

/* GBK (GB18030) bytes → UTF-8; false when they are not GBK. */
bool utf8_from_gbk(struct arena *, struct blob, struct str *ret);
