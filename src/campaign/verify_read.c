/* verify_read.c: what every file that can be checked has in common: see verify_read.h. */
#include "campaign/verify_read.h"

#include "campaign/fair.h"

bool verify_grow(struct arena *a, void **at, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return true;
	size_t wider = *room ? *room * 2 : 64;
	void *list = arena_take_array(a, wider, size);
	if (!list)
		return false;
	memcpy(list, *at ? *at : list, count * size);
	*at = list, *room = wider;
	return true;
}

void verify_find(struct verify_read *f, struct str zh, struct str en)
{
	if (f->v->wrong < VERIFY_FINDINGS)
		f->v->findings[f->v->wrong] = (struct verify_finding){ f->line, zh, en };
	f->v->wrong++;
}

/* "HASH JSON"; what is between them is one space. */
bool verify_split(struct str line, struct str *hash, struct str *json)
{
	struct fair_seed digits;
	if (line.len < FAIR_HEX + 3 || line.at[FAIR_HEX] != ' ')
		return false;
	*hash = (struct str){ line.at, FAIR_HEX };
	*json = (struct str){ line.at + FAIR_HEX + 1, line.len - FAIR_HEX - 1 };
	return fair_seed_read(*hash, &digits);
}

bool verify_row(struct verify_read *f, const struct row *row, struct str json, void *ret)
{
	struct complaint why;
	return row_read_json(row, json, &f->line_arena, ret, &why) == 0;
}

/* Number and chain; what was wrong with one line is not said again of the next. */
void verify_follow(struct verify_read *f, struct str before, struct str json, int64_t n)
{
	char want[FAIR_HEX + 1];
	if (n > f->n + 1)
		VERIFY_FIND_N(f, "编号应为 %lld，却是 %lld：中间少了行。", "Number %lld is due, but this is %lld: lines are missing.",
		       (long long)f->n + 1, (long long)n);
	else if (n <= f->n)
		VERIFY_FIND_N(f, "编号应为 %lld，却是 %lld：行被重复或调换了。", "Number %lld is due, but this is %lld: a line was repeated or moved.",
		       (long long)f->n + 1, (long long)n);
	else {
		fair_chain(before, json, want);
		if (!str_is(f->hash, want))
			VERIFY_FIND(f, "哈希对不上：这一行或它前面的一行被改过。", "The hash does not follow: this line, or the one before it, was changed.");
	}
	f->n = n;
}

struct str verify_last(struct str file)
{
	struct str end = str_trim(file);
	size_t at = end.len;
	while (at > 0 && end.at[at - 1] != '\n')
		at--;
	return (struct str){ end.at + at, end.len - at };
}

bool verify_next(struct verify_read *f, struct str *rest, struct str *ret_json)
{
	while (rest->len) {
		struct str line = str_cut(rest, '\n');
		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		f->line++;
		if (!line.len && !rest->len)
			return false;
		if (verify_split(line, &f->hash, ret_json))
			return true;
		VERIFY_FIND(f, "这一行读不懂：应是 64 位哈希、一个空格和内容。", "This line cannot be read: a hash of 64 digits, a space and the rest are due.");
	}
	return false;
}

int file_verify(struct str file, struct arena *arena, struct verified *ret)
{
	static const char mark[] = "\"format\":\"quntu-packets-";
	struct str rest = file, first = str_cut(&rest, '\n');
	bool packets = first.len && memmem(first.at, first.len, mark, sizeof mark - 1);
	return packets ? packets_verify(file, arena, ret) : draws_verify(file, arena, ret);
}
