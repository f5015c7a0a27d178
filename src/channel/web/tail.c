/* tail.c: the newest lines of rooms, in memory.
 *
 * Story      Five hundred phones watch a room; somebody says hello; all five hundred are told that there is news and ask at once.
 *            The first of them brings the new line from the store, as the JSON that everybody gets; the others find it here.
 *            What each still asks the store is one row: how far is the room, and is what I remember still true?
 * How        A ring of TAIL lines a room, and who was let in (browser → member). Both are thrown away when the room's version
 *            moves: somebody left or was removed, a line was taken back, a person was erased.
 * Holds      Filled only by readers: what a writer sees may yet be undone. Nothing correct depends on it: who writes is looked up
 *            anew. Who was let in is looked up again after DOOR_FOR, for merges move people without a word here.
 * Owns       Memory: at most ROOMS_MAX rooms, each some 100 KB when it is busy; a newcomer takes another's place.
 * Test       room_test.c: readings do not grow with those who watch.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "channel/web/web.h"

#define TAIL       128
#define ROOMS_MAX  256
#define NEAR       4
#define DOORS      16384          /* browsers of a room that are remembered; more are looked up each time */
#define DOOR_FOR   MINUTE
#define LINE_JSON  (32 << 10)

struct kept_line { int64_t n; char *json; size_t len; };
struct kept_door { int64_t visitor, member, since; };

struct kept_room {
	int64_t          store, version, last;
	struct id        community, group;
	struct kept_line lines[TAIL];             /* by n modulo TAIL */
	struct kept_door *doors;                  /* by visitor, a few places each */
};

static pthread_mutex_t   lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept_room *table[ROOMS_MAX];
static size_t            turn;
static _Atomic int64_t   readings;

int64_t tail_readings(void) { return atomic_load(&readings); }

/* ---- The table: all of it with the lock ---------------------------------------------------------- */

static size_t place_of(int64_t n, size_t places) { return (size_t)((uint64_t)n * UINT64_C(0x9E3779B97F4A7C15) >> 40) % places; }

static void forget_all(struct kept_room *k)
{
	for (size_t i = 0; i < TAIL; i++) {
		mem_give(k->lines[i].json);
		k->lines[i] = (struct kept_line){ 0 };
	}
	if (k->doors)
		memset(k->doors, 0, DOORS * sizeof *k->doors);
	k->last = 0;
}

static struct kept_room *find(struct tx *tx, const struct room *room)
{
	for (size_t i = 0, at = place_of(room->group_id.n, ROOMS_MAX); i < NEAR; i++) {
		struct kept_room *k = table[(at + i) % ROOMS_MAX];
		if (k && k->store == tx_serial(tx) && k->group.n == room->group_id.n && k->community.n == room->community_id.n)
			return k->version == room->version ? k : NULL;
	}
	return NULL;
}

/* NULL: no memory for it; everything works without. What is newer than this reader's view is left as it is. */
static struct kept_room *find_or_make(struct tx *tx, const struct room *room)
{
	struct kept_room **place = NULL;
	for (size_t i = 0, at = place_of(room->group_id.n, ROOMS_MAX); i < NEAR; i++) {
		struct kept_room **k = &table[(at + i) % ROOMS_MAX];
		if (*k && (*k)->store == tx_serial(tx) && (*k)->group.n == room->group_id.n && (*k)->community.n == room->community_id.n) {
			if ((*k)->version > room->version)
				return NULL;
			place = k;
			break;
		}
		if (!*k && !place)
			place = k;
	}
	if (!place)
		place = &table[(place_of(room->group_id.n, ROOMS_MAX) + turn++ % NEAR) % ROOMS_MAX];
	if (!*place)
		*place = mem_take(sizeof **place);
	struct kept_room *k = *place;
	if (!k)
		return NULL;
	if (k->store != tx_serial(tx) || k->group.n != room->group_id.n || k->version != room->version) {
		forget_all(k);
		k->store = tx_serial(tx), k->community = room->community_id, k->group = room->group_id, k->version = room->version;
	}
	return k;
}

/* ---- Who is let in --------------------------------------------------------------------------------- */

static struct kept_door *door_at(struct kept_room *k, struct id visitor)
{
	size_t at = place_of(visitor.n, DOORS);
	for (size_t i = 0; i < NEAR; i++)
		if (k->doors[(at + i) % DOORS].visitor == visitor.n)
			return &k->doors[(at + i) % DOORS];
	return NULL;
}

static bool door_known(struct tx *tx, const struct room *room, struct id visitor, struct id *ret)
{
	pthread_mutex_lock(&lock);
	struct kept_room *k = find(tx, room);
	const struct kept_door *d = k && k->doors ? door_at(k, visitor) : NULL;
	bool known = d && clock_steady() < d->since + DOOR_FOR;
	if (known)
		ret->n = d->member;
	pthread_mutex_unlock(&lock);
	return known;
}

static void door_keep(struct tx *tx, const struct room *room, struct id visitor, struct id member)
{
	pthread_mutex_lock(&lock);
	struct kept_room *k = find_or_make(tx, room);
	if (k && !k->doors)
		k->doors = mem_take(DOORS * sizeof *k->doors);
	if (k && k->doors) {
		struct kept_door *d = door_at(k, visitor);
		if (!d)
			d = &k->doors[(place_of(visitor.n, DOORS) + turn++ % NEAR) % DOORS];
		*d = (struct kept_door){ visitor.n, member.n, clock_steady() };
	}
	pthread_mutex_unlock(&lock);
}

int tail_door(struct tx *tx, const struct room *room, struct id visitor, struct id *ret_member)
{
	struct seat seat;
	struct id member;
	if (!tx_may_write(tx) && door_known(tx, room, visitor, ret_member))
		return 0;
	int r = member_find_visitor(tx, room->community_id, visitor, &member);
	if (r < 0 || (r = roster_get(tx, room->community_id, room->group_id, member, &seat)) < 0)
		return r;
	if (seat.left_at.ms)
		return E_NOT_FOUND;
	if (!tx_may_write(tx))
		door_keep(tx, room, visitor, member);
	*ret_member = member;
	return 0;
}

/* ---- Lines -------------------------------------------------------------------------------------------- */

/* From here on the tail reaches to room->last, or there is none. */
static int bring(struct tx *tx, const struct room *room, int64_t from)
{
	struct rows rows;
	int r = lines_after(tx, room, from, TAIL, &rows);
	const struct line_shown *l = rows.at;
	if (r < 0)
		return r;
	atomic_fetch_add(&readings, 1);
	pthread_mutex_lock(&lock);
	struct kept_room *k = find_or_make(tx, room);
	bool whole = true;
	for (size_t i = 0; k && i < rows.count; i++) {
		BUF_SCOPED json;
		buf_init(&json, LINE_JSON);
		row_write_json(&json, &row_line_shown, &l[i]);
		struct kept_line *place = &k->lines[l[i].n % TAIL];
		if (place->n >= l[i].n)
			continue;
		char *copy = buf_failed(&json) ? NULL : mem_take(json.len);
		if (!copy) {
			whole = false;
			continue;
		}
		memcpy(copy, json.at, json.len);
		mem_give(place->json);
		*place = (struct kept_line){ l[i].n, copy, json.len };
	}
	if (k && whole && k->last < room->last)
		k->last = room->last;
	pthread_mutex_unlock(&lock);
	return 0;
}

/* false: the tail does not reach so far. */
static bool from_memory(struct tx *tx, const struct room *room, int64_t after, struct buf *json, int64_t *ret_reach)
{
	pthread_mutex_lock(&lock);
	struct kept_room *k = find(tx, room);
	bool reaches = k && k->last >= room->last && k->last - after < TAIL;
	*ret_reach = k ? k->last : 0;
	if (reaches) {
		int n = 0;
		buf_byte(json, '[');
		for (int64_t i = after + 1; i <= room->last; i++) {
			const struct kept_line *l = &k->lines[i % TAIL];
			if (l->n != i)                            /* without its words */
				continue;
			buf_z(json, n++ ? "," : "");
			buf_add(json, l->json, l->len);
		}
		buf_byte(json, ']');
	}
	pthread_mutex_unlock(&lock);
	return reaches;
}

int tail_news(struct tx *tx, const struct room *room, int64_t after, struct buf *json, bool *ret_far)
{
	struct rows rows;
	int64_t reach = 0;
	int r;
	if (after >= room->last || room->last - after >= TAIL) {
		buf_z(json, "[]");
		*ret_far = after < room->last;
		return 0;
	}
	*ret_far = false;
	if (!tx_may_write(tx)) {
		if (from_memory(tx, room, after, json, &reach))
			return 0;
		int64_t from = room->last - TAIL + 1;
		if ((r = bring(tx, room, reach > from ? reach : from < 0 ? 0 : from)) < 0)
			return r;
		if (from_memory(tx, room, after, json, &reach))
			return 0;
	}
	atomic_fetch_add(&readings, 1);
	if ((r = lines_after(tx, room, after, TAIL, &rows)) < 0)
		return r;
	rows_write_json(json, &row_line_shown, rows);
	return 0;
}
