/* plan.c: a campaign as helps need it, remembered while it is true.
 *
 * Story      A campaign goes round: a thousand friends a second tap, and each tap needs the rules, the goals and the prizes.
 *            Reading them each time would cost more than the help itself; so they are kept, and each tap asks the store only
 *            one small question: is the version still the one I remember?
 * Holds      A version is a fresh id each time (campaign_touch), read in the transaction that uses it: settings, stages and
 *            state are what is true there, in every process. What changes without a version (participants, stock, the
 *            community's card) is read again after KEPT_FOR, and nothing is decided by it: places and stock are decided in
 *            the transaction that takes them.
 *            Whoever asks gets a copy: nothing of the table is seen outside the lock.
 * Owns       campaign_version. Memory: some 10 KB a campaign, at most PLANS_MAX of them; a newcomer takes another's place.
 * Test       campaign_test.c: a change is seen by the next help; what was rolled back never is.
 */
#include <pthread.h>

#include "base/mem.h"
#include "campaign/campaign.h"

#define PLAN_ARENA (1 << 20)      /* the most: ten stages of five prizes with all their words */
#define KEPT_FOR   SECOND
#define NEAR       4              /* a campaign lives in one of so many places */

static QUERY(version_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"INSERT INTO campaign_version (community_id, campaign_id, version) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (community_id, campaign_id) DO UPDATE SET version = excluded.version");

static QUERY(version_of, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT version AS item FROM campaign_version WHERE community_id = ?1 AND campaign_id = ?2");

int campaign_touch(struct tx *tx, struct id community, struct id campaign)
{
	int r = tx_run(tx, &version_put, V(community), V(campaign), V(tx_new_id(tx)));
	return r < 0 ? r : 0;
}

/* ---- The table ------------------------------------------------------------------------------------- */

static const struct field card_fields[] = {       /* the texts of a community that a copy must own */
	FIELD(community, name, "Name"), FIELD(community, slogan, "Slogan"), FIELD(community, logo, "Logo"),
	FIELD(community, colour, "Colour"), FIELD(community, rules, "Rules"), FIELD(community, timezone, "Zone"),
	FIELD(community, warn_email, "Warnings"), FIELD(community, warn_webhook, "Warnings"),
};
static const struct row row_plan_card = {
	"plan_card", sizeof(struct community), card_fields, sizeof card_fields / sizeof *card_fields,
};

struct plan_kept {
	int64_t          store, version, since;   /* since: clock_steady */
	struct community community;
	struct campaign  campaign;
	struct arena     arena;
};

static pthread_mutex_t   lock = PTHREAD_MUTEX_INITIALIZER;
static struct plan_kept *table[PLANS_MAX];
static size_t            turn;

static size_t place_of(struct id campaign) { return (size_t)((uint64_t)campaign.n * UINT64_C(0x9E3779B97F4A7C15) >> 40) % PLANS_MAX; }

/* With the lock. */
static struct plan_kept **find(int64_t store, struct id campaign)
{
	for (size_t i = 0, at = place_of(campaign); i < NEAR; i++) {
		struct plan_kept **k = &table[(at + i) % PLANS_MAX];
		if (*k && (*k)->store == store && (*k)->campaign.id.n == campaign.n)
			return k;
	}
	return NULL;
}

static void let_go(struct plan_kept *kept)
{
	if (kept) {
		arena_free(&kept->arena);
		mem_give(kept);
	}
}

static void keep(struct plan_kept *kept)
{
	pthread_mutex_lock(&lock);
	struct plan_kept **own = find(kept->store, kept->campaign.id);
	size_t at = place_of(kept->campaign.id);
	for (size_t i = 0; !own && i < NEAR; i++)
		if (!table[(at + i) % PLANS_MAX])
			own = &table[(at + i) % PLANS_MAX];
	if (!own)
		own = &table[(at + turn++ % NEAR) % PLANS_MAX];
	let_go(*own);
	*own = kept;
	pthread_mutex_unlock(&lock);
}

static int copy(const struct community *community, const struct campaign *campaign, struct arena *arena,
                struct community *ret_community, struct campaign *ret)
{
	struct community own;
	struct campaign c;
	if (row_copy(&row_plan_card, community, arena, &own) < 0 || row_copy(&row_campaign_whole, campaign, arena, &c) < 0)
		return E_MEMORY;
	*ret_community = own, *ret = c;
	return 0;
}

/* 1: it was there, and true; 0: it was not. */
static int look(struct tx *tx, struct id campaign, int64_t version, struct community *ret_community, struct campaign *ret)
{
	int r = 0;
	pthread_mutex_lock(&lock);
	struct plan_kept **place = find(tx_serial(tx), campaign), *k = place ? *place : NULL;
	if (k && k->version == version && clock_steady() < k->since + KEPT_FOR)
		r = copy(&k->community, &k->campaign, tx_arena(tx), ret_community, ret) < 0 ? E_MEMORY : 1;
	pthread_mutex_unlock(&lock);
	return r;
}

/* A cache without memory for it is only slower. */
static void remember(struct tx *tx, int64_t version, const struct community *community, const struct campaign *c)
{
	struct plan_kept *kept = mem_take(sizeof *kept);
	if (!kept)
		return;
	arena_init(&kept->arena, PLAN_ARENA);
	kept->store = tx_serial(tx), kept->version = version, kept->since = clock_steady();
	if (copy(community, c, &kept->arena, &kept->community, &kept->campaign) < 0)
		let_go(kept);
	else
		keep(kept);
}

int campaign_kept(struct tx *tx, struct id community, struct id campaign, struct community *ret_community, struct campaign *ret)
{
	struct id_item version = { { 0 } };
	int r = tx_one(tx, &version_of, &version, V(community), V(campaign));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if ((r = r < 0 ? 0 : look(tx, campaign, version.item.n, ret_community, ret)) != 0)
		return r < 0 ? r : 0;
	struct community own;
	struct campaign c;
	if ((r = campaign_get(tx, community, campaign, &c)) < 0 || (r = community_get(tx, community, &own)) < 0)
		return r;
	if (version.item.n && !c.draw && !c.packet)       /* what these decide by is never old */
		remember(tx, version.item.n, &own, &c);
	*ret_community = own, *ret = c;
	return 0;
}

/* ---- Declaration ---------------------------------------------------------------------------------------- */

static const struct query *const queries[] = { &version_put, &version_of, NULL };

const struct feature feature_campaign_plan = { .name = "campaign_plan", .queries = queries };
