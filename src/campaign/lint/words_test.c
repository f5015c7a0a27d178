/* words_test.c: promises of the list of words. */
#include "campaign/lint/words.h"

#include "test.h"

static void expect(const char *text, const char *said)
{
	ARENA_SCOPED arena;
	struct word_hit hits[WORD_HITS_MAX];
	char got[400] = "";
	size_t at = 0;

	arena_init(&arena, 1 << 20);
	size_t n = words_find(&arena, str_of(text), hits);
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(got + at, sizeof got - at, "%s%.*s:%.*s", i ? " " : "", STR(hits[i].word), STR(hits[i].kind));
	assert_string_equal(got, said);
}

TEST(words_found, "forbidden words are found, with their kind, the longest once; harmless compounds are not")
{
	expect("", "");
	expect("周末一起去徒步", "");
	expect("全国第一的课程，第一", "全国第一:absolute 第一:absolute");
	expect("最 好的ＴＯＰ１，ｎｏ．１", "最:absolute top1:absolute no.1:absolute");
	expect("最近最后第一次上课，第一名有奖", "");
	expect("最后一天", "最后一天:urgency");
	expect("保过！不过退款，稳赚", "保过:promise 不过退款:promise 稳赚:promise");
	expect("转发领红包", "转发领:inducing");
	expect("THE BEST tea, Risk-free", "the best:absolute risk-free:promise");
	expect("根治失眠，发展下线", "根治:health 下线:pyramid");
}
