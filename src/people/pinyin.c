/* pinyin.c: see pinyin.h. One reading a character: 银行 becomes yinxing, which a search by part of the name forgives. */
#include "people/pinyin.h"

#include "people/pinyin_table.h"

#define FIRST 0x4e00

const char *pinyin_of(uint32_t character)
{
	if (character < FIRST || character - FIRST >= sizeof pinyin_numbers / sizeof *pinyin_numbers)
		return "";
	return pinyin_syllables[pinyin_numbers[character - FIRST]];
}

const char *pinyin_surname(uint32_t character)
{
	static const struct { uint32_t character; const char *said; } names[] = {
		{ U'单', "shan" }, { U'曾', "zeng" }, { U'解', "xie" }, { U'仇', "qiu" }, { U'查', "zha" }, { U'朴', "piao" },
		{ U'区', "ou" }, { U'盖', "ge" }, { U'乐', "yue" }, { U'缪', "miao" }, { U'翟', "zhai" }, { U'召', "shao" },
		{ U'员', "yun" }, { U'黑', "he" }, { U'秘', "bi" }, { U'折', "she" }, { U'洗', "xian" }, { U'种', "chong" },
		{ U'尉', "yu" }, { U'长', "zhang" }, { U'重', "chong" }, { U'万', "wan" }, { U'行', "hang" }, { U'沈', "shen" },
		{ U'冼', "xian" }, { U'任', "ren" }, { U'葛', "ge" }, { U'覃', "qin" }, { U'纪', "ji" }, { U'宁', "ning" },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].character == character)
			return strcmp(names[i].said, pinyin_of(character)) == 0 ? NULL : names[i].said;
	return NULL;
}
