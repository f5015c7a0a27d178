/* roll_scan.c: a sentence runs over its column; see roll.h. */
#include "base/mem.h"
#include "people/roll_data.h"

/* ---- Places ------------------------------------------------------------------------------------------ */

size_t    roll_places(const struct roll *roll)                { return roll->count; }
struct id roll_member(const struct roll *roll, size_t place)  { return (struct id){ roll->ids[place] }; }
bool      roll_in_order(const struct roll *roll)              { return !roll->shuffled; }

int64_t roll_place(const struct roll *roll, struct id member)
{
	uint32_t place = roll_find(roll, member.n);
	return place == NOBODY ? -1 : (int64_t)place;
}

/* ---- Sets -------------------------------------------------------------------------------------------- */

int bits_take(struct bits *b, const struct roll *roll)
{
	size_t count = roll->count / 64 + 1;
	uint64_t *words = mem_take(count * sizeof *words);
	if (!words)
		return E_MEMORY;
	*b = (struct bits){ words, count };
	return 0;
}

void bits_give(struct bits *b)
{
	mem_give(b->words);
	*b = (struct bits){ 0 };
}

void bits_and(struct bits *b, const struct bits *with)
{
	for (size_t i = 0; i < b->count; i++)
		b->words[i] &= with->words[i];
}

void bits_or(struct bits *b, const struct bits *with)
{
	for (size_t i = 0; i < b->count; i++)
		b->words[i] |= with->words[i];
}

void bits_turn(struct bits *b)
{
	for (size_t i = 0; i < b->count; i++)
		b->words[i] = ~b->words[i];
}

int64_t bits_sum(const struct bits *b)
{
	int64_t sum = 0;
	for (size_t i = 0; i < b->count; i++)
		sum += __builtin_popcountll(b->words[i]);
	return sum;
}

static void bits_put(struct bits *b, size_t place) { b->words[place / 64] |= UINT64_C(1) << place % 64; }

void roll_everybody(const struct roll *roll, struct bits *ret)
{
	for (size_t i = 0; i < (roll->count + 63) / 64; i++)
		ret->words[i] = roll->alive[i];
}

/* ---- Columns: each text is judged once, then the column is looked up -------------------------------------- */

/* A custom field nobody has a value of: empty for everybody. */
static void ask_nothing(const struct line *line, struct bits *ret)
{
	if (line_accepts(line, S("")))
		bits_turn(ret);
}

static int ask_column(const struct roll *roll, const struct line *line, struct bits *ret)
{
	const struct told *told = line->column == COLUMN_FIELD ? roll_told(roll, line->field) : NULL;
	if (line->column == COLUMN_FIELD && !told)
		return ask_nothing(line, ret), 0;
	const struct dict *dict = told ? &told->dict : &roll->dicts[line->column];
	const uint32_t *codes = told ? told->codes : roll->codes[line->column];
	uint8_t *good = mem_take(dict->count + 1);
	if (!good)
		return E_MEMORY;
	for (uint32_t code = 0; code < dict->count; code++)
		good[code] = line_accepts(line, dict_text(dict, code));
	if (dict->count == 0)
		good[0] = line_accepts(line, S(""));
	for (size_t i = 0; i < roll->count; i += 64) {
		size_t n = roll->count - i < 64 ? roll->count - i : 64;
		uint64_t word = 0;
		for (size_t j = 0; j < n; j++)
			word |= (uint64_t)good[codes[i + j]] << j;
		ret->words[i / 64] = word;
	}
	mem_give(good);
	return 0;
}

static void ask_joined(const struct roll *roll, const struct line *line, struct bits *ret)
{
	for (size_t i = 0; i < roll->count; i++)
		if (line_accepts_instant(line, (struct instant){ roll->joined[i] }))
			bits_put(ret, i);
}

/* ---- Tags ------------------------------------------------------------------------------------------------- */

static void put_wearers(const struct worn *worn, struct bits *ret)
{
	for (size_t i = 0; worn && i < worn->places.count; i++)
		bits_put(ret, worn->places.at[i]);
}

static int ask_all_tags(const struct roll *roll, const struct line *line, struct bits *ret)
{
	for (size_t i = 0; i < line->id_count; i++) {
		BITS_SCOPED one = { 0 };
		if (i > 0 && bits_take(&one, roll) < 0)
			return E_MEMORY;
		put_wearers(roll_worn(roll, line->ids[i]), i ? &one : ret);
		if (i > 0)
			bits_and(ret, &one);
	}
	return 0;
}

static int ask_tag(const struct roll *roll, const struct line *line, struct bits *ret)
{
	bool any = line->holds == HOLDS_EMPTY || line->holds == HOLDS_PRESENT;
	if (line->holds == HOLDS_ALL)
		return ask_all_tags(roll, line, ret);
	for (size_t i = 0; any && i < roll->tag_count; i++)
		put_wearers(&roll->tags[i], ret);
	for (size_t i = 0; !any && i < line->id_count; i++)
		put_wearers(roll_worn(roll, line->ids[i]), ret);
	if (line->holds == HOLDS_NONE || line->holds == HOLDS_EMPTY)
		bits_turn(ret);
	return 0;
}

/* ---- How often ------------------------------------------------------------------------------------------------ */

static void put_numbers(const struct roll *roll, const struct line *line, const uint32_t *numbers, struct bits *ret)
{
	for (size_t i = 0; i < roll->count; i++)
		if (line_accepts_number(line, numbers[i]))
			bits_put(ret, i);
}

/* A member who acted and was merged into another since: that one did it. */
static uint32_t heir(const struct roll *roll, uint32_t place)
{
	for (int i = 0; place != NOBODY && i < 8 && !(roll->alive[place / 64] >> place % 64 & 1); i++)
		place = roll_is(roll, roll->ids[place]);
	return place;
}

static void count_acts(const struct roll *roll, const struct line *line, uint32_t *numbers)
{
	uint32_t kind, before = NOBODY;
	if (!dict_find(&roll->kinds, line->act, &kind))
		return;
	for (size_t i = 0; i < roll->act_count; i++) {
		const struct act *act = &roll->acts[i];
		if (act->kind != kind || act->day < line->since_day)
			continue;
		uint32_t who = act->who & ~(STRANGER | AGAIN), place = act->who & STRANGER ? roll->visitor_is[who] : who;
		place = heir(roll, place);
		if (place != NOBODY && !(act->who & AGAIN && place == before))
			numbers[place]++;
		before = place;
	}
}

/* Inviters are a column of ids: counted by code, then told to their places. */
static int count_invited(const struct roll *roll, uint32_t *numbers)
{
	const struct dict *dict = &roll->dicts[COLUMN_INVITER];
	uint32_t *by_code = mem_take((dict->count + 1) * sizeof *by_code);
	if (!by_code)
		return E_MEMORY;
	for (size_t i = 0; i < roll->count; i++)
		by_code[roll->codes[COLUMN_INVITER][i]] += roll->alive[i / 64] >> i % 64 & 1;
	for (uint32_t code = 1; code < dict->count; code++) {
		int64_t inviter;
		memcpy(&inviter, dict_text(dict, code).at, sizeof inviter);
		uint32_t place = roll_find(roll, inviter);
		if (place != NOBODY)
			numbers[place] = by_code[code];
	}
	mem_give(by_code);
	return 0;
}

static int ask_number(const struct roll *roll, const struct line *line, struct bits *ret)
{
	uint32_t *numbers = mem_take((roll->count + 1) * sizeof *numbers);
	int r = numbers ? 0 : E_MEMORY;
	if (r == 0 && line->ask == ASK_DID)
		count_acts(roll, line, numbers);
	else if (r == 0)
		r = count_invited(roll, numbers);
	if (r == 0)
		put_numbers(roll, line, numbers, ret);
	mem_give(numbers);
	return r;
}

int roll_ask(const struct roll *roll, const struct line *line, struct bits *ret)
{
	switch (line->ask) {
	case ASK_COLUMN:  return ask_column(roll, line, ret);
	case ASK_TAG:     return ask_tag(roll, line, ret);
	case ASK_JOINED:  return ask_joined(roll, line, ret), 0;
	case ASK_INVITED:
	case ASK_DID:     return ask_number(roll, line, ret);
	default:          return 0;
	}
}

/* ---- What there is ---------------------------------------------------------------------------------------------- */

struct tally { uint32_t members, code, place; };

static int by_members(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;
	return x->members != y->members ? (x->members < y->members) - (x->members > y->members) : (x->code > y->code) - (x->code < y->code);
}

int roll_values(const struct roll *roll, enum column column, const struct bits *among, size_t most, struct arena *arena,
                struct rows *ret)
{
	const struct dict *dict = &roll->dicts[column];
	struct tally *tally = mem_take((dict->count + 1) * sizeof *tally);
	struct roll_value *values = arena_take_array(arena, most, sizeof *values);
	size_t n = 0;
	if (!tally || !values) {
		mem_give(tally);
		return E_MEMORY;
	}
	for (uint32_t code = 0; code < dict->count; code++)
		tally[code].code = code;
	for (size_t i = 0; i < roll->count; i++)
		if (bits_has(among, i)) {
			struct tally *one = &tally[roll->codes[column][i]];
			one->members++, one->place = (uint32_t)i;
		}
	if (dict->count > 1)
		qsort(tally + 1, dict->count - 1, sizeof *tally, by_members);         /* 0: who has none */
	for (uint32_t i = 1; i < dict->count && n < most && tally[i].members; i++)
		values[n++] = (struct roll_value){ str_copy(arena, dict_text(dict, tally[i].code)), tally[i].members, tally[i].place };
	mem_give(tally);
	*ret = (struct rows){ values, n };
	return arena_failed(arena) ? E_MEMORY : 0;
}
