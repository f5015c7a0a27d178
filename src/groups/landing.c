/* landing.c: everything a scan must know of a code, remembered while it is true.
 *
 * Story      A poster in a metro station is scanned a thousand times a minute. Reading the code, its children, their groups
 *            and pictures each time would cost more than the scan itself; so the answer is kept, and each scan asks the
 *            store only one small question: is the version still the one I remember?
 * Holds      A version is a fresh id each time (livecode_touch), read in the scan's own transaction: what is
 *            used is what is true there, on every process. `shown` may lag behind; the store decides (scan.c).
 *            A landing is immutable but for `shown`, counted, and freed when the last user puts it back.
 *            It is kept for a minute at most: so long may `shown` be ahead of the store (a scan was undone) or behind it
 *            (another process scans, too).
 * Owns       nothing. Memory: about 1 KB a code, at most LANDINGS_MAX of them; a newcomer takes the place of another.
 */
#include <pthread.h>

#include "base/mem.h"
#include "groups/livecode.h"

#define LANDING_ARENA (2 << 20)   /* the most: 50 targets with all the hours they may have */
#define KEPT_FOR      MINUTE

/* ---- Rows ------------------------------------------------------------------------------------- */

struct link_found { struct id community_id, id, code_id, partner_id; struct str label; };

ROW(link_found,
	FIELD(link_found, community_id, "Community"),
	FIELD(link_found, id,           "Source link"),
	FIELD(link_found, code_id,      "Live code"),
	FIELD(link_found, partner_id,   "Partner"),
	FIELD(link_found, label,        "Source"));

static QUERY(link_by_slug, READS, &row_link_found, TAKES(K_STR),
	"SELECT community_id, id, code_id, partner_id, label FROM livecode_link WHERE slug = ?1");

static QUERY(version_of, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT version AS item FROM livecode_version WHERE community_id = ?1 AND code_id = ?2");

/* ---- The table: slug → landing, open addressing in small neighbourhoods ---------------------------- */

struct kept {
	struct landing landing;                   /* first: a landing is its kept */
	struct arena   arena;
	int64_t        version;
	struct instant since;
	int            users;                     /* the table is one of them */
};

#define NEAR 8                                    /* a slug lives in one of so many places */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept   **table;                     /* grows with what is kept, from 1,024 places */
static size_t          room, count, turn;

static size_t place_of(struct str slug)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < slug.len; i++)
		h = (h ^ (unsigned char)slug.at[i]) * UINT64_C(0x100000001b3);
	return (size_t)((h ^ h >> 29) & (room - 1));
}

static void let_go(struct kept *kept)             /* with the lock held */
{
	if (kept && --kept->users == 0) {
		arena_free(&kept->arena);
		mem_give(kept);
	}
}

static struct kept **find(struct str slug)        /* with the lock held */
{
	size_t at = room ? place_of(slug) : 0;
	for (size_t i = 0; room && i < NEAR; i++) {
		struct kept **k = &table[(at + i) & (room - 1)];
		if (*k && str_equal((*k)->landing.slug, slug))
			return k;
	}
	return NULL;
}

/* Its own place, a free one nearby, or somebody else's: a cache may forget. */
static struct kept **place_for(struct str slug)
{
	struct kept **own = find(slug);
	size_t at = place_of(slug);
	for (size_t i = 0; !own && i < NEAR; i++)
		if (!table[(at + i) & (room - 1)])
			own = &table[(at + i) & (room - 1)];
	return own ? own : &table[(at + turn++ % NEAR) & (room - 1)];
}

static void grow(void)
{
	size_t old_room = room;
	struct kept **old = table, **larger = mem_take((room ? room * 2 : 1024) * sizeof *larger);
	if (!larger)
		return;                           /* stays as it is: only slower */
	table = larger;
	room = room ? room * 2 : 1024;
	count = 0;
	for (size_t i = 0; i < old_room; i++)
		if (old[i]) {
			struct kept **k = place_for(old[i]->landing.slug);
			count += !*k;
			let_go(*k);
			*k = old[i];
		}
	mem_give(old);
}

static void keep(struct kept *kept)
{
	pthread_mutex_lock(&lock);
	if (count * 2 >= room && room < LANDINGS_MAX * 2)
		grow();
	if (room) {
		struct kept **k = place_for(kept->landing.slug);
		count += !*k;
		let_go(*k);
		*k = kept;
		kept->users++;
	}
	pthread_mutex_unlock(&lock);
}

/* ---- Loading -------------------------------------------------------------------------------------------- */

static int load(struct tx *tx, struct str slug, struct kept *kept)
{
	struct landing *l = &kept->landing;
	struct link_found link;
	struct id_item version;
	int r = tx_one(tx, &link_by_slug, &link, V(slug));
	if (r < 0)
		return r;
	l->slug = str_copy(tx_arena(tx), slug);
	l->link = link.id, l->partner = link.partner_id, l->link_label = link.label;
	if ((r = community_get(tx, link.community_id, &l->community)) < 0 ||
	    (r = livecode_get(tx, link.community_id, link.code_id, &l->code)) < 0 ||
	    (r = plan_load(tx, &l->community, &l->code, &l->plan)) < 0 ||
	    (r = tx_one(tx, &version_of, &version, V(link.community_id), V(link.code_id))) < 0)
		return r;
	kept->version = version.item.n;
	kept->since = tx_now(tx);
	return arena_failed(tx_arena(tx)) ? E_MEMORY : 0;
}

static int load_new(struct tx *tx, struct str slug, struct kept **ret)
{
	struct kept *kept = mem_take(sizeof *kept);
	if (!kept)
		return E_MEMORY;
	arena_init(&kept->arena, LANDING_ARENA);
	kept->users = 1;
	struct arena *before = tx_use_arena(tx, &kept->arena);
	int r = load(tx, slug, kept);
	tx_use_arena(tx, before);
	if (r < 0) {
		arena_free(&kept->arena);
		mem_give(kept);
		return r;
	}
	*ret = kept;
	return 0;
}

int landing_get(struct tx *tx, struct str slug, struct landing **ret)
{
	pthread_mutex_lock(&lock);
	struct kept **place = find(slug), *kept = place ? *place : NULL;
	if (kept)
		kept->users++;
	pthread_mutex_unlock(&lock);

	struct id_item version;
	int r = 0;
	if (kept && (r = tx_one(tx, &version_of, &version, V(kept->landing.community.id), V(kept->landing.code.id))) == 0 &&
	    version.item.n == kept->version && tx_now(tx).ms >= kept->since.ms && tx_now(tx).ms < kept->since.ms + KEPT_FOR) {
		*ret = &kept->landing;
		return 0;
	}
	if (kept)
		landing_put(&kept->landing);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if ((r = load_new(tx, slug, &kept)) < 0)
		return r;
	keep(kept);
	*ret = &kept->landing;
	return 0;
}

void landing_put(struct landing *landing)
{
	pthread_mutex_lock(&lock);
	let_go((struct kept *)landing);
	pthread_mutex_unlock(&lock);
}

/* ---- Declaration ---------------------------------------------------------------------------------------- */

static const struct query *const queries[] = { &link_by_slug, &version_of, NULL };

const struct feature feature_landing = { .name = "landing", .queries = queries };
