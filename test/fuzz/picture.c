/* picture.c: uploads. Whatever bytes arrive, each reader of pictures answers, and the clean copy can be read again. */
#include "base/arena.h"
#include "media/picture.h"
#include "media/qr_read.h"

#define PIXELS_TRIED 250000         /* larger pictures run the same code, slowly */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void read_all_ways(struct blob file)
{
	ARENA_SCOPED arena;
	struct picture_key key;
	struct str text;
	struct blob copy;
	enum picture_type type;
	struct picture_info info;

	arena_init(&arena, 64 << 20);
	int r = picture_reduce(file, 100, &arena, &copy, &type);
	if (r == 0 && (picture_probe(copy, &info) < 0 || info.width > 100 || info.height > 100))
		abort();
	if (picture_same_key(file, &key) == 0 && picture_likeness(key.look, key.look) != 0)
		abort();
	(void)qr_find(file, &arena, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct picture_info info;
	struct blob file = { bytes, len };

	if (picture_probe(file, &info) == 0 && (int64_t)info.width * info.height <= PIXELS_TRIED)
		read_all_ways(file);
	return 0;
}
