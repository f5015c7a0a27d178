/* doctor.c: running an examination, and the words of what it finds; see doctor.h. */
#include "engine/doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#define SENTENCE_MOST 1500
#define LATE_BY(most) ((most) + (most) / 2)       /* so late it is worth a word */

const char *severity_word(enum severity s)
{
	static const char *const words[] = { [SOUND] = "ok", [NOTICE] = "notice", [WARNING] = "warning", [BROKEN] = "error" };
	return words[s];
}

int64_t doctor_left(const struct checkup *c)
{
	int64_t left = c->until - clock_steady();
	return left > 1 ? left : 1;
}

/* ---- Words ------------------------------------------------------------------------------------ */

static struct str sentence(struct checkup *c, const char *format, va_list args)
{
	char text[SENTENCE_MOST];
	int n = vsnprintf(text, sizeof text, format, args);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
	while (len && len == sizeof text - 1 && (text[len - 1] & 0xc0) == 0x80)
		len--;
	return str_copy(c->house->arena, (struct str){ text, len });
}

struct saying saying(struct checkup *c, const char *zh, const char *en, ...)
{
	struct saying ret;
	va_list args, again;
	va_start(args, en);
	va_copy(again, args);
	ret.zh = sentence(c, zh, args);
	ret.en = sentence(c, en, again);
	va_end(again);
	va_end(args);
	return ret;
}

struct saying saying_as_is(struct checkup *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str text = sentence(c, format, args);
	va_end(args);
	return (struct saying){ text, text };
}

void doctor_say(struct checkup *c, enum severity severity, const char *word, struct saying what, struct saying why, struct saying fix)
{
	c->worst = severity > c->worst ? severity : c->worst;
	if (c->count < DIAGNOSES_MOST)
		c->said[c->count++] = (struct diagnosis){ word, severity, what, why, fix, S("") };
}

void doctor_place(struct checkup *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (c->count)
		c->said[c->count - 1].place = sentence(c, format, args);
	va_end(args);
}

/* ---- Running ------------------------------------------------------------------------------------ */

static struct saying unfinished(struct checkup *c, const struct examination *e, int code)
{
	return (struct saying){
		str_format(c->house->arena, "「%s」没有查完：%s", e->zh, err_text(code, LANG_ZH)),
		str_format(c->house->arena, "%s: not examined to the end: %s", e->en, err_text(code, LANG_EN)),
	};
}

void examine(struct checkup *c, const struct examination *e)
{
	int64_t began = clock_steady();
	c->until = began + clock_allows(e->most_ms);
	int r = e->look(c);
	int64_t took = clock_steady() - began;
	if (r < 0)
		doctor_say(c, WARNING, "unfinished", unfinished(c, e, r), NOTHING, saying(c, "过一会儿再查一次；总是这样就看看服务器日志",
			"examine again in a while; should it stay so, look at the server's log"));
	else if (took > clock_allows(LATE_BY(e->most_ms)) && !c->by_hand)
		doctor_say(c, NOTICE, "slow", saying(c, "查这一项用了 %lld 秒", "it took %lld seconds to examine this", (long long)(took / SECOND)),
		           NOTHING, saying(c, "机器或对方可能很忙；闲的时候再查一次", "the machine, or the other side, may be busy: examine again later"));
}
