/* fuzz_replay.c: what the fuzzers once found is run again with every test.
 *
 * Each harness of test/fuzz is built in here under a name of its own; each file of its corpus goes through it.
 */
#include "test.h"

#include <dirent.h>

#define FUZZ_ENTRY fuzz_form_bytes
#include "fuzz/form.c"
#undef FUZZ_ENTRY
#define FUZZ_ENTRY fuzz_multipart_bytes
#include "fuzz/multipart.c"
#undef FUZZ_ENTRY
#define FUZZ_ENTRY fuzz_json_bytes
#include "fuzz/json.c"
#undef FUZZ_ENTRY
#define FUZZ_ENTRY fuzz_csv_bytes
#include "fuzz/csv.c"
#undef FUZZ_ENTRY
#define FUZZ_ENTRY fuzz_bizmsg_bytes
#include "fuzz/bizmsg.c"
#undef FUZZ_ENTRY
#define FUZZ_ENTRY fuzz_flatxml_bytes
#include "fuzz/flatxml.c"
#undef FUZZ_ENTRY

#define FUZZ_ENTRY fuzz_onebot_bytes
#include "fuzz/onebot.c"
#undef FUZZ_ENTRY

#define FUZZ_ENTRY fuzz_draws_bytes
#include "fuzz/draws.c"
#undef FUZZ_ENTRY

#define CORPUS   "test/fuzz/corpus/"
#define FILE_MAX (1 << 20)

/* A copy of exactly its size on the heap, so that a sanitizer sees the byte after the last. */
static void replay_file(const char *path, int (*entry)(const uint8_t *, size_t))
{
	FILE *f = fopen(path, "rb");
	uint8_t *room = mem_take(FILE_MAX);
	assert_true(f && room);
	size_t len = fread(room, 1, FILE_MAX, f);
	fclose(f);
	uint8_t *bytes = mem_take(len);
	assert_non_null(bytes);
	memcpy(bytes, room, len);
	entry(bytes, len);
	mem_give(bytes);
	mem_give(room);
}

static void replay(const char *name, int (*entry)(const uint8_t *, size_t))
{
	char path[512];
	int files = 0;
	snprintf(path, sizeof path, CORPUS "%s", name);
	DIR *dir = opendir(path);
	if (!dir) {
		print_message("%s is not here: run from the repository\n", path);
		skip();
	}
	for (struct dirent *e; (e = readdir(dir)); ) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, CORPUS "%s/%.200s", name, e->d_name);
		replay_file(path, entry);
		files++;
	}
	closedir(dir);
	assert_true(files > 0);
	entry((const uint8_t *)"", 0);
}

TEST(fuzz_form,      "no form of the corpus does harm")              { replay("form", fuzz_form_bytes); }
TEST(fuzz_multipart, "no multipart body of the corpus does harm")    { replay("multipart", fuzz_multipart_bytes); }
TEST(fuzz_draws,     "no file of draws of the corpus does harm")     { replay("draws", fuzz_draws_bytes); }
TEST(fuzz_json,      "no JSON of the corpus does harm")              { replay("json", fuzz_json_bytes); }
TEST(fuzz_csv,       "no table of the corpus does harm")             { replay("csv", fuzz_csv_bytes); }
TEST(fuzz_bizmsg,    "no encrypted message of the corpus does harm") { replay("bizmsg", fuzz_bizmsg_bytes); }
TEST(fuzz_flatxml,   "no XML of the corpus does harm")               { replay("flatxml", fuzz_flatxml_bytes); }
TEST(fuzz_onebot,    "no OneBot report of the corpus does harm")     { replay("onebot", fuzz_onebot_bytes); }
