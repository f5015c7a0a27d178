/* onebot.c: any bytes as a report of OneBot, and as a message with CQ codes; quoted text reads back as it was. */
#include "base/arena.h"
#include "channel/onebot/heard.h"

#ifndef FUZZ_ENTRY
#define FUZZ_ENTRY LLVMFuzzerTestOneInput
#endif
int FUZZ_ENTRY(const uint8_t *, size_t);

int FUZZ_ENTRY(const uint8_t *bytes, size_t len)
{
	ARENA_SCOPED a;
	arena_init(&a, 64 << 20);
	struct str text = { (const char *)bytes, len };
	struct onebot_event e;
	struct segments all;
	BUF_SCOPED b;
	buf_init(&b, 8 << 20);
	(void)onebot_read(text, &a, &e);
	if (segments_of_text(text, &a, &all) < 0)
		return 0;
	cq_text(&b, text);
	if (buf_failed(&b) || segments_of_text(buf_view(&b), &a, &all) < 0)
		return 0;
	if (len > 0 && (all.count != 1 || !str_equal(segment_get(&all.at[0], "text"), text)))
		abort();
	return 0;
}
