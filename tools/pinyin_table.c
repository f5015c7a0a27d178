/* pinyin_table.c: prints src/people/pinyin_table.h from ICU's readings of Han characters. Run by hand, once in years:
 *   gcc -o /tmp/pinyin tools/pinyin_table.c $(pkg-config --cflags --libs icu-i18n icu-uc) && /tmp/pinyin > src/people/pinyin_table.h
 * The table is kept with the sources so that building needs no ICU and every build finds people by the same letters.
 */
#include <stdio.h>
#include <string.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#define FIRST 0x4e00
#define COUNT (0xa000 - FIRST)
#define CHUNK 128

static char spelt[COUNT][8], syllables[600][8];
static int  number[COUNT], syllable_count;

/* "lǚ" → "lv": what people type; other signs above the letters go. */
static int plain(const UChar *s, int len, char ret[8])
{
	UChar room[32];
	UErrorCode error = U_ZERO_ERROR;
	static UTransliterator *apart;
	int end = len, n = 0;
	if (!apart) {
		UChar id[8];
		u_uastrcpy(id, "NFD");
		apart = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &error);
	}
	u_memcpy(room, s, len);
	utrans_transUChars(apart, room, &len, 32, 0, &end, &error);
	for (int i = 0; i < len; i++) {
		if (room[i] >= 'a' && room[i] <= 'z' && n < 7)
			ret[n++] = (char)room[i];
		else if (room[i] == 0x308 && n && ret[n - 1] == 'u')
			ret[n - 1] = 'v';
		else if (room[i] < 0x300 || room[i] > 0x36f)
			return 0;
	}
	ret[n] = '\0';
	return n;
}

static void read_chunk(UTransliterator *han, int from)
{
	UChar text[CHUNK * 16];
	int len = 0, end, at = 0;
	UErrorCode error = U_ZERO_ERROR;
	for (int i = 0; i < CHUNK; i++)
		text[len++] = (UChar)(FIRST + from + i), text[len++] = '\n';
	end = len;
	utrans_transUChars(han, text, &len, CHUNK * 16, 0, &end, &error);
	for (int i = 0; i < CHUNK; i++) {
		int begin = at;
		while (text[at] != '\n')
			at++;
		if (!plain(text + begin, at - begin, spelt[from + i]))
			spelt[from + i][0] = '\0';
		at++;
	}
}

static int number_of(const char *syllable)
{
	for (int i = 0; i < syllable_count; i++)
		if (strcmp(syllables[i], syllable) == 0)
			return i;
	memcpy(syllables[syllable_count], syllable, 8);
	return syllable_count++;
}

int main(void)
{
	UChar id[16];
	UErrorCode error = U_ZERO_ERROR;
	u_uastrcpy(id, "Han-Latin");
	UTransliterator *han = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &error);
	if (U_FAILURE(error))
		return 1;
	for (int from = 0; from < COUNT; from += CHUNK)
		read_chunk(han, from);
	number_of("");
	for (int i = 0; i < COUNT; i++)
		number[i] = number_of(spelt[i]);
	printf("/* pinyin_table.h: the reading of each character from U+4E00 to U+9FFF, without tones; made by tools/pinyin_table.c\n"
	       " * from the Unicode Consortium's data (Unihan kMandarin, CLDR), https://www.unicode.org/license.txt. */\n"
	       "#pragma once\n#include <stdint.h>\n\nstatic const char pinyin_syllables[%d][7] = {", syllable_count);
	for (int i = 0; i < syllable_count; i++)
		printf("%s\"%s\",", i % 12 ? " " : "\n\t", syllables[i]);
	printf("\n};\n\nstatic const uint16_t pinyin_numbers[%d] = {", COUNT);
	for (int i = 0; i < COUNT; i++)
		printf("%s%d,", i % 28 ? "" : "\n\t", number[i]);
	printf("\n};\n");
	return 0;
}
