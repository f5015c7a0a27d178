/* roll_data.c: columns, dictionaries and sets; see roll_data.h. */
#include "people/roll_data.h"

#include "base/mem.h"

#define MIX UINT64_C(0x9E3779B97F4A7C15)

/* Room for one more in several arrays of the same length. */
#define GROW(at, room, wanted) grow((void **)&(at), sizeof *(at), room, wanted)

static bool grow(void **at, size_t size, size_t room, size_t wanted)
{
	void *more = mem_grow(*at, wanted * size);
	if (!more)
		return false;
	memset((char *)more + room * size, 0, (wanted - room) * size);
	*at = more;
	return true;
}

static size_t larger(size_t room) { return room < 64 ? 64 : room + room / 2; }

/* ---- Dictionaries --------------------------------------------------------------------------------- */

static uint64_t hash_of(struct str s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ s.len;
	while (s.len >= 8) {
		uint64_t part;
		memcpy(&part, s.at, 8);
		h = (h ^ part) * MIX;
		h ^= h >> 32;
		s.at += 8, s.len -= 8;
	}
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.at[i]) * MIX;
	return h ^ h >> 29;
}

struct str dict_text(const struct dict *d, uint32_t code)
{
	uint32_t from = code ? d->ends[code - 1] : 0;
	return (struct str){ d->heap + from, d->ends[code] - from };
}

static uint32_t *dict_slot(const struct dict *d, struct str text)
{
	size_t at = hash_of(text) & (d->slots_room - 1);
	while (d->slots[at] && !str_equal(dict_text(d, d->slots[at] - 1), text))
		at = (at + 1) & (d->slots_room - 1);
	return &d->slots[at];
}

bool dict_find(const struct dict *d, struct str text, uint32_t *ret)
{
	uint32_t *slot = d->slots_room ? dict_slot(d, text) : NULL;
	if (!slot || !*slot)
		return false;
	*ret = *slot - 1;
	return true;
}

static bool dict_spread(struct dict *d)
{
	size_t room = d->slots_room ? d->slots_room * 2 : 64;
	uint32_t *slots = mem_take(room * sizeof *slots);
	if (!slots)
		return false;
	mem_give(d->slots);
	d->slots = slots, d->slots_room = room;
	for (uint32_t code = 0; code < d->count; code++)
		*dict_slot(d, dict_text(d, code)) = code + 1;
	return true;
}

static bool dict_room(struct dict *d, size_t len)
{
	size_t used = d->count ? d->ends[d->count - 1] : 0;
	if (used + len > d->room) {
		size_t room = larger(d->room) > used + len ? larger(d->room) : used + len + 64;
		if (room > UINT32_MAX || !GROW(d->heap, d->room, room))
			return false;
		d->room = room;
	}
	if (d->count == d->ends_room) {
		size_t room = larger(d->ends_room);
		if (!GROW(d->ends, d->ends_room, room))
			return false;
		d->ends_room = room;
	}
	return d->count * 4 < d->slots_room * 3 || dict_spread(d);
}

static int dict_add(struct dict *d, struct str text, uint32_t *ret)
{
	if (!dict_room(d, text.len))
		return E_MEMORY;
	uint32_t used = d->count ? d->ends[d->count - 1] : 0;
	if (text.len)
		memcpy(d->heap + used, text.at, text.len);
	d->ends[d->count] = used + (uint32_t)text.len;
	uint32_t *slot = dict_slot(d, text);
	*slot = ++d->count;
	*ret = *slot - 1;
	return 0;
}

int dict_code(struct dict *d, struct str text, uint32_t *ret)
{
	uint32_t empty;
	if (d->count == 0 && dict_add(d, S(""), &empty) < 0)
		return E_MEMORY;
	return dict_find(d, text, ret) ? 0 : dict_add(d, text, ret);
}

static void dict_free(struct dict *d)
{
	mem_give(d->heap), mem_give(d->ends), mem_give(d->slots);
}

/* ---- Numbers → places ------------------------------------------------------------------------------ */

static uint32_t *finder_slot(const struct finder *f, const int64_t *keys, int64_t key)
{
	size_t at = ((uint64_t)key * MIX >> 20) & (f->room - 1);
	while (f->slots[at] && keys[f->slots[at] - 1] != key)
		at = (at + 1) & (f->room - 1);
	return &f->slots[at];
}

static uint32_t finder_find(const struct finder *f, const int64_t *keys, int64_t key)
{
	uint32_t slot = f->room ? *finder_slot(f, keys, key) : 0;
	return slot ? slot - 1 : NOBODY;
}

/* keys[count] is the new one. */
static int finder_add(struct finder *f, const int64_t *keys, size_t count)
{
	if ((count + 1) * 4 > f->room * 3) {
		size_t room = f->room ? f->room * 2 : 64;
		uint32_t *slots = mem_take(room * sizeof *slots);
		if (!slots)
			return E_MEMORY;
		mem_give(f->slots);
		*f = (struct finder){ slots, room };
		for (size_t i = 0; i < count; i++)
			*finder_slot(f, keys, keys[i]) = (uint32_t)i + 1;
	}
	*finder_slot(f, keys, keys[count]) = (uint32_t)count + 1;
	return 0;
}

/* ---- Members ------------------------------------------------------------------------------------------ */

struct roll *roll_new(int64_t store, struct id community)
{
	struct roll *roll = mem_take(sizeof *roll);
	if (!roll)
		return NULL;
	mirror_begin(&roll->mirror, store, community, (struct id){ 0 });
	return roll;
}

void roll_free(struct roll *roll)
{
	for (int i = 0; i < COLUMNS; i++) {
		mem_give(roll->codes[i]);
		dict_free(&roll->dicts[i]);
	}
	for (size_t i = 0; i < roll->field_count; i++) {
		mem_give(roll->fields[i].codes);
		dict_free(&roll->fields[i].dict);
	}
	mem_give(roll->fields);
	for (size_t i = 0; i < roll->tag_count; i++)
		mem_give(roll->tags[i].places.at);
	mem_give(roll->ids), mem_give(roll->joined), mem_give(roll->alive), mem_give(roll->by_id.slots);
	mem_give(roll->tags), mem_give(roll->visitors), mem_give(roll->visitor_is), mem_give(roll->by_visitor.slots);
	mem_give(roll->acts);
	dict_free(&roll->kinds);
	pthread_mutex_destroy(&roll->lock);
	mem_give(roll);
}

uint32_t roll_find(const struct roll *roll, int64_t member) { return finder_find(&roll->by_id, roll->ids, member); }

static int make_room(struct roll *roll)
{
	size_t room = larger(roll->room);
	if (roll->count < roll->room)
		return 0;
	room = (room + 63) / 64 * 64;
	if (room >= AGAIN || !GROW(roll->ids, roll->room, room) || !GROW(roll->joined, roll->room, room) ||
	    !GROW(roll->alive, roll->room / 64, room / 64))
		return E_MEMORY;
	for (int i = 0; i < COLUMNS; i++)
		if (!GROW(roll->codes[i], roll->room, room))
			return E_MEMORY;
	for (size_t i = 0; i < roll->field_count; i++)
		if (!GROW(roll->fields[i].codes, roll->room, room))
			return E_MEMORY;
	roll->room = room;
	return 0;
}

int roll_set(struct roll *roll, struct id member, struct instant joined, const struct str values[COLUMNS], uint32_t *ret_place)
{
	uint32_t place = roll_find(roll, member.n), codes[COLUMNS];
	for (int i = 0; i < COLUMNS; i++)
		if (dict_code(&roll->dicts[i], values[i], &codes[i]) < 0)
			return E_MEMORY;
	bool known = place != NOBODY;
	if (!known) {
		if (make_room(roll) < 0)
			return E_MEMORY;
		roll->ids[roll->count] = member.n;
		if (finder_add(&roll->by_id, roll->ids, roll->count) < 0)
			return E_MEMORY;
		place = (uint32_t)roll->count++;
		roll->shuffled |= place > 0 && roll->ids[place - 1] > member.n;
	}
	roll->dead -= known && !(roll->alive[place / 64] >> place % 64 & 1);
	roll->alive[place / 64] |= UINT64_C(1) << place % 64;
	roll->joined[place] = joined.ms;
	for (int i = 0; i < COLUMNS; i++)
		roll->codes[i][place] = codes[i];
	*ret_place = place;
	return 0;
}

/* The place stays, empty: sets and acts refer to it. */
void roll_remove(struct roll *roll, struct id member)
{
	uint32_t place = roll_find(roll, member.n);
	if (place == NOBODY || !(roll->alive[place / 64] >> place % 64 & 1))
		return;
	roll->alive[place / 64] &= ~(UINT64_C(1) << place % 64);
	roll->dead++;
	roll_wear_only(roll, place, NULL, 0);
}

/* ---- Custom fields -------------------------------------------------------------------------------------- */

const struct told *roll_told(const struct roll *roll, struct id field)
{
	for (size_t i = 0; i < roll->field_count; i++)
		if (roll->fields[i].field.n == field.n)
			return &roll->fields[i];
	return NULL;
}

static struct told *new_field(struct roll *roll, struct id field)
{
	struct told told = { .field = field };
	if (roll->field_count == roll->field_room) {
		size_t room = larger(roll->field_room);
		if (!GROW(roll->fields, roll->field_room, room))
			return NULL;
		roll->field_room = room;
	}
	if (!GROW(told.codes, 0, roll->room))
		return NULL;
	roll->fields[roll->field_count] = told;
	return &roll->fields[roll->field_count++];
}

int roll_tell(struct roll *roll, struct id field, uint32_t place, struct str text)
{
	const struct told *known = roll_told(roll, field);
	struct told *told = known ? &roll->fields[known - roll->fields] : NULL;
	uint32_t code;
	if (!told && text.len == 0)
		return 0;
	if ((!told && !(told = new_field(roll, field))) || dict_code(&told->dict, text, &code) < 0)
		return E_MEMORY;
	told->codes[place] = code;
	return 0;
}

/* ---- Tags ---------------------------------------------------------------------------------------------- */

static size_t set_place(const struct set *s, uint32_t value)
{
	size_t low = 0, high = s->count;
	if (s->count && s->at[s->count - 1] < value)
		return s->count;                      /* the usual way while it is made */
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (s->at[mid] < value)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int set_add(struct set *s, uint32_t value)
{
	size_t at = set_place(s, value);
	if (at < s->count && s->at[at] == value)
		return 0;
	if (s->count == s->room) {
		size_t room = larger(s->room);
		if (!GROW(s->at, s->room, room))
			return E_MEMORY;
		s->room = room;
	}
	memmove(s->at + at + 1, s->at + at, (s->count - at) * sizeof *s->at);
	s->at[at] = value;
	s->count++;
	return 0;
}

static void set_remove(struct set *s, uint32_t value)
{
	size_t at = set_place(s, value);
	if (at == s->count || s->at[at] != value)
		return;
	memmove(s->at + at, s->at + at + 1, (s->count - at - 1) * sizeof *s->at);
	s->count--;
}

static size_t worn_at(const struct roll *roll, struct id tag)
{
	size_t low = 0, high = roll->tag_count;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (roll->tags[mid].tag.n < tag.n)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct worn *roll_worn(const struct roll *roll, struct id tag)
{
	size_t at = worn_at(roll, tag);
	return at < roll->tag_count && roll->tags[at].tag.n == tag.n ? &roll->tags[at] : NULL;
}

int roll_wear(struct roll *roll, struct id tag, uint32_t place)
{
	size_t at = worn_at(roll, tag);
	if (at == roll->tag_count || roll->tags[at].tag.n != tag.n) {
		if (roll->tag_count == roll->tag_room) {
			size_t room = larger(roll->tag_room);
			if (!GROW(roll->tags, roll->tag_room, room))
				return E_MEMORY;
			roll->tag_room = room;
		}
		memmove(roll->tags + at + 1, roll->tags + at, (roll->tag_count - at) * sizeof *roll->tags);
		roll->tags[at] = (struct worn){ .tag = tag };
		roll->tag_count++;
	}
	return set_add(&roll->tags[at].places, place);
}

static bool is_among(struct id tag, const struct id_item *tags, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tags[i].item.n == tag.n)
			return true;
	return false;
}

void roll_wear_only(struct roll *roll, uint32_t place, const struct id_item *tags, size_t count)
{
	for (size_t i = 0; i < roll->tag_count; i++)
		if (!is_among(roll->tags[i].tag, tags, count))
			set_remove(&roll->tags[i].places, place);
}

void roll_drop_tag(struct roll *roll, struct id tag)
{
	size_t at = worn_at(roll, tag);
	if (at < roll->tag_count && roll->tags[at].tag.n == tag.n)
		roll->tags[at].places.count = 0;
}

/* ---- Visitors and acts ------------------------------------------------------------------------------------ */

static int visitor_number(struct roll *roll, int64_t visitor, uint32_t *ret)
{
	uint32_t known = finder_find(&roll->by_visitor, roll->visitors, visitor);
	if (known == NOBODY) {
		if (roll->visitor_count == roll->visitor_room) {
			size_t room = larger(roll->visitor_room);
			if (room >= AGAIN || !GROW(roll->visitors, roll->visitor_room, room) ||
			    !GROW(roll->visitor_is, roll->visitor_room, room))
				return E_MEMORY;
			roll->visitor_room = room;
		}
		roll->visitors[roll->visitor_count] = visitor;
		roll->visitor_is[roll->visitor_count] = NOBODY;
		if (finder_add(&roll->by_visitor, roll->visitors, roll->visitor_count) < 0)
			return E_MEMORY;
		known = (uint32_t)roll->visitor_count++;
	}
	*ret = known;
	return 0;
}

uint32_t roll_is(const struct roll *roll, int64_t visitor)
{
	uint32_t number = finder_find(&roll->by_visitor, roll->visitors, visitor);
	return number == NOBODY ? NOBODY : roll->visitor_is[number];
}

int roll_know(struct roll *roll, int64_t visitor, uint32_t place)
{
	uint32_t number;
	if (visitor_number(roll, visitor, &number) < 0)
		return E_MEMORY;
	roll->visitor_is[number] = place;
	return 0;
}

/* What is too old to be asked for makes room first. */
static int act_room(struct roll *roll, int64_t day)
{
	size_t kept = 0;
	if (roll->act_count < roll->act_room)
		return 0;
	for (size_t i = 0; i < roll->act_count; i++)
		if (roll->acts[i].day > day - CONDITION_DAYS)
			roll->acts[kept++] = roll->acts[i];
	roll->act_count = kept;
	if (kept * 4 < roll->act_room * 3)
		return 0;
	size_t room = larger(roll->act_room);
	if (!GROW(roll->acts, roll->act_room, room))
		return E_MEMORY;
	roll->act_room = room;
	return 0;
}

int roll_act(struct roll *roll, struct str kind, int64_t day, uint32_t place, int64_t visitor, uint32_t again)
{
	uint32_t code, number = 0;
	if (day < 0 || day > UINT16_MAX)
		return 0;
	if (place == NOBODY && visitor_number(roll, visitor, &number) < 0)
		return E_MEMORY;
	if (dict_code(&roll->kinds, kind, &code) < 0 || act_room(roll, day) < 0)
		return E_MEMORY;
	roll->acts[roll->act_count++] = (struct act){
		.who = again | (place == NOBODY ? STRANGER | number : place), .day = (uint16_t)day, .kind = (uint16_t)code,
	};
	return 0;
}
