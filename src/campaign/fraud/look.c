/* look.c: patterns of a participant's helps.
 *
 * Story      Nine helps within half a minute, all from two networks; four phones of one model in one network, the participant's
 *            own among them; browsers that were seen for two seconds and never again; three people who help each other in a
 *            ring; one browser that helps everybody. One of these alone proves nothing: each is a finding with its helps
 *            beside it, and a person decides.
 * How        The log says who reached a goal or got another four helps; they are noted, and a job looks at them a few seconds
 *            later: a reader does, and only what it found is written. So a help costs nothing for being looked at.
 * Owns       fraud_due, fraud_join.
 * Holds      What a person accepted is left out. The newest LOOK_MOST helps are looked at.
 * Test       fraud_test.c.
 */
#include "campaign/fraud/fraud.h"

#include "base/utf8.h"
#include "engine/jobs/jobs.h"
#include "http/personal.h"

#define LOOK_EVERY  (5 * SECOND)
#define LOOK_BATCH  200
#define LOOK_MOST   400
#define KNOWN_MOST  100           /* of which it is asked what else the browser did */
#define COUNT_MOST  200           /* no count goes further */
#define RING_ROOM   200           /* people who are visited in search of a ring */
#define RING_PEOPLE 5

/* ---- Patterns: no store, no clock ------------------------------------------------------------------- */

static size_t networks_in(const struct looked *h, size_t count)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;
		while (k < i && !str_equal(h[k].network, h[i].network))
			k++;
		n += k == i;
	}
	return n;
}

/* Many within seconds. From as many networks as helps it is what a lucky post looks like: little risk. */
size_t find_quick(const struct looked *h, size_t count, const struct fraud_limits *l, bool ret[], bool *ret_low)
{
	size_t found = 0, n = (size_t)l->quick_n;
	*ret_low = true;
	memset(ret, 0, count);
	for (size_t i = 0; n && i + n <= count; i++) {
		if (h[i + n - 1].acted_at.ms - h[i].acted_at.ms > l->quick_seconds * SECOND)
			continue;
		*ret_low &= networks_in(&h[i], n) * 2 > n;
		for (size_t k = i; k < i + n; k++)
			found += !ret[k], ret[k] = true;
	}
	return found;
}

size_t find_device(const struct looked *h, size_t count, struct str own_network, struct str own_device, const struct fraud_limits *l,
                   bool ret[])
{
	size_t found = 0;
	memset(ret, 0, count);
	for (size_t i = 0; l->device_n && i < count; i++) {
		int64_t same = h[i].network.len && str_equal(h[i].network, own_network) && str_equal(h[i].device, own_device);
		if (ret[i] || !h[i].network.len || !h[i].device.len)
			continue;
		for (size_t k = 0; k < count; k++)
			same += str_equal(h[k].network, h[i].network) && str_equal(h[k].device, h[i].device);
		for (size_t k = 0; same >= l->device_n && k < count; k++)
			if (str_equal(h[k].network, h[i].network) && str_equal(h[k].device, h[i].device))
				found += !ret[k], ret[k] = true;
	}
	return found;
}

size_t find_throwaway(const struct looked *h, size_t count, const struct fraud_limits *l, bool ret[])
{
	size_t found = 0;
	memset(ret, 0, count);
	for (size_t i = 0; l->throwaway_n && i < count; i++) {
		ret[i] = h[i].acted_at.ms - h[i].opened_at.ms < l->throwaway_seconds * SECOND && h[i].everywhere == 1 && !h[i].takes_part;
		found += ret[i];
	}
	/* Most friends come for one tap and go: it is much only when it is nearly all. */
	if ((int64_t)found < l->throwaway_n || found * 5 < count * 4)
		return 0;
	return found;
}

/* ---- Reading ------------------------------------------------------------------------------------------ */

ROW(looked,
	FIELD(looked, helper,    "Visitor who helps"),
	FIELD(looked, network,   "From where"),
	FIELD(looked, device,    "With what"),
	FIELD(looked, opened_at, "Opened the page"),
	FIELD(looked, acted_at,  "Did what counts"));

/* Newest; nothing that a person has accepted. */
#define LOOKED "h.helper_id AS helper, h.address AS network, h.device, h.opened_at, h.acted_at FROM "
#define NOT_ACCEPTED " AND NOT EXISTS (SELECT 1 FROM fraud_evidence v JOIN fraud_finding f ON f.community_id = v.community_id" \
	" AND f.id = v.finding_id WHERE v.community_id = ?1 AND v.participant_id = ?2 AND v.helper_id = h.helper_id AND f.state = 'accepted')"

static QUERY(helps_to_look_at, READS, &row_looked, TAKES(K_ID, K_ID, K_INT),
	"SELECT helper, network, device, opened_at, acted_at FROM (SELECT * FROM (SELECT " LOOKED OTHER_HELPS("?1", "?2")
	" AND h.state IN ('counted', 'held') AND h.acted_at > 0" NOT_ACCEPTED " ORDER BY h.opened_at DESC LIMIT ?3) AS a"
	" UNION ALL SELECT * FROM (SELECT " LOOKED COUNTED_HELPS("?1", "?2") NOT_ACCEPTED " ORDER BY e.id DESC LIMIT ?3) AS b) AS newest"
	" ORDER BY acted_at DESC, helper DESC LIMIT ?3", .scans = true);

struct habits { int64_t everywhere, here; bool takes_part; };

ROW(habits,
	FIELD(habits, everywhere, "Pages they were ever sent to"),
	FIELD(habits, here,       "Participants of this campaign they count for"),
	FIELD(habits, takes_part, "Do they take part in anything?"));

static QUERY(habits_of, READS, &row_habits, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT (SELECT count(*) FROM (SELECT 1 AS one FROM help WHERE community_id = ?1 AND helper_id = ?2 LIMIT ?4) a) AS everywhere,"
	" (SELECT count(*) FROM (SELECT 1 AS one FROM help WHERE community_id = ?1 AND helper_id = ?2 AND campaign_id = ?3"
	"  AND state IN ('counted', 'held') LIMIT ?4) b) AS here,"
	" EXISTS (SELECT 1 FROM participant WHERE community_id = ?1 AND visitor_id = ?2) AS takes_part", .scans = true);

struct came_from { struct str network, device; };

ROW(came_from,
	FIELD(came_from, network, "Network"),
	FIELD(came_from, device,  "Device"));

static QUERY(join_of, READS, &row_came_from, TAKES(K_ID, K_ID),
	"SELECT network, device FROM fraud_join WHERE community_id = ?1 AND participant_id = ?2");

static int read_helps(struct tx *tx, struct id community, const struct participant *p, struct looked **ret, size_t *ret_count)
{
	struct rows rows;
	int r = tx_all(tx, &helps_to_look_at, &rows, V(community), V(p->id), V((int64_t)LOOK_MOST));
	struct looked *h = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		struct habits habits = { .everywhere = COUNT_MOST };
		if (i < KNOWN_MOST)
			r = tx_one(tx, &habits_of, &habits, V(community), V(h[i].helper), V(p->campaign_id), V((int64_t)COUNT_MOST));
		h[i].everywhere = habits.everywhere, h[i].here = i < KNOWN_MOST ? habits.here : 0, h[i].takes_part = habits.takes_part;
	}
	for (size_t i = 0; r >= 0 && i < rows.count / 2; i++) {          /* the oldest first */
		struct looked swap = h[i];
		h[i] = h[rows.count - 1 - i], h[rows.count - 1 - i] = swap;
	}
	*ret = h, *ret_count = r < 0 ? 0 : rows.count;
	return r < 0 ? r : 0;
}

/* ---- What is found ------------------------------------------------------------------------------------- */

#define FOUND_MOST 128            /* of one look: three patterns, a ring, and stars */

struct look {
	struct tx          *tx;
	struct id           community;
	struct campaign     c;
	struct participant  p;
	struct fraud_limits l;
	int64_t             balance;              /* the participant's, when the helps were read */
	struct suspicion    found[FOUND_MOST];
	size_t              count;
};

static int put(struct look *k, const struct suspicion *s)
{
	if (k->count < FOUND_MOST)
		k->found[k->count++] = *s;
	return 0;
}

static struct str about_participant(struct look *k) { return str_format(tx_arena(k->tx), "participant %lld", (long long)k->p.id.n); }

static int note(struct look *k, const char *kind, const char *risk, int64_t n, int64_t span, const struct looked *h, size_t count,
                const bool which[])
{
	struct evidence *evidence = arena_take_array(tx_arena(k->tx), count + 1, sizeof *evidence);
	size_t taken = 0;
	for (size_t i = 0; evidence && i < count && taken < EVIDENCE_MOST; i++)
		if (which[i])
			evidence[taken++] = (struct evidence){ k->p.id, h[i].helper };
	return !evidence ? E_MEMORY : put(k, &(struct suspicion){
		.campaign = k->c.id, .participant = k->p.id, .about = about_participant(k), .kind = kind, .risk = risk, .n = n, .span = span,
		.evidence = { evidence, taken } });
}

/* One helper for many: about the helper, with all whom they helped here. (+ 0: else SQLite reads the whole table in its order.) */
static QUERY(helped_by, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT participant_id AS item FROM help WHERE community_id = ?1 AND helper_id = ?2 AND campaign_id = ?3"
	" AND state IN ('counted', 'held') ORDER BY participant_id + 0 LIMIT ?4");

static int look_for_stars(struct look *k, const struct looked *h, size_t count)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && k->l.star_n && i < count; i++) {
		struct rows whom;
		if (h[i].here < k->l.star_n)
			continue;
		r = tx_all(k->tx, &helped_by, &whom, V(k->community), V(h[i].helper), V(k->c.id), V((int64_t)EVIDENCE_MOST));
		struct evidence *evidence = r < 0 ? NULL : arena_take_array(tx_arena(k->tx), whom.count + 1, sizeof *evidence);
		const struct id_item *item = whom.at;
		for (size_t w = 0; evidence && w < whom.count; w++)
			evidence[w] = (struct evidence){ item[w].item, h[i].helper };
		r = r < 0 ? r : !evidence ? E_MEMORY : put(k, &(struct suspicion){
			.campaign = k->c.id, .about = str_format(tx_arena(k->tx), "browser %lld", (long long)h[i].helper.n), .kind = "star",
			.risk = h[i].here >= 2 * k->l.star_n ? "high" : "medium", .n = h[i].here, .evidence = { evidence, whom.count } });
	}
	return r;
}

struct edge { struct id participant_id, visitor_id; };

ROW(edge,
	FIELD(edge, participant_id, "Whom they helped"),
	FIELD(edge, visitor_id,     "… and who that is"));

static QUERY(edges_from, READS, &row_edge, TAKES(K_ID, K_ID, K_ID),
	"SELECT h.participant_id, p.visitor_id FROM help h JOIN participant p ON p.community_id = h.community_id AND p.id = h.participant_id"
	" WHERE h.community_id = ?1 AND h.helper_id = ?2 AND h.campaign_id = ?3 AND h.state IN ('counted', 'held')"
	" ORDER BY h.participant_id + 0 LIMIT 20");

struct ring { struct edge path[RING_PEOPLE]; int depth, visited; };

/* Does what `visitor` helps lead back to the participant? The path is in `ring`. 1: yes. */
static int follow_ring(struct look *k, struct ring *ring, struct id visitor)
{
	struct rows rows;
	if (ring->depth >= k->l.ring_most || ring->depth >= RING_PEOPLE || ring->visited++ > RING_ROOM)
		return 0;
	int r = tx_all(k->tx, &edges_from, &rows, V(k->community), V(visitor), V(k->c.id));
	const struct edge *e = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		ring->path[ring->depth++] = e[i];
		if (e[i].participant_id.n == k->p.id.n) {
			if (ring->depth >= 3)
				return 1;
		} else if ((r = follow_ring(k, ring, e[i].visitor_id)) != 0) {
			return r;
		}
		ring->depth--;
	}
	return r < 0 ? r : 0;
}

static int look_for_ring(struct look *k)
{
	struct ring ring = { 0 };
	struct evidence *evidence = arena_take_array(tx_arena(k->tx), RING_PEOPLE, sizeof *evidence);
	struct id helper = k->p.visitor_id, first = k->p.id;
	int r = !evidence ? E_MEMORY : k->l.ring_most >= 3 ? follow_ring(k, &ring, k->p.visitor_id) : 0;
	if (r <= 0)
		return r;
	for (int i = 0; i < ring.depth; i++) {
		evidence[i] = (struct evidence){ ring.path[i].participant_id, helper };
		helper = ring.path[i].visitor_id;
		if (ring.path[i].participant_id.n < first.n)
			first = ring.path[i].participant_id;      /* a ring is one finding, from whomever it is seen */
	}
	return put(k, &(struct suspicion){
		.campaign = k->c.id, .about = str_format(tx_arena(k->tx), "participant %lld", (long long)first.n), .kind = "ring",
		.risk = k->c.mutual ? "low" : "medium", .n = ring.depth, .evidence = { evidence, (size_t)ring.depth } });
}

static int look_at_helps(struct look *k, const struct looked *h, size_t count)
{
	struct came_from own = { 0 };
	bool which[LOOK_MOST], low;
	int r = tx_one(k->tx, &join_of, &own, V(k->community), V(k->p.id));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	int64_t n = (int64_t)find_quick(h, count, &k->l, which, &low);
	if (n && (r = note(k, "quick", low ? "low" : n >= 2 * k->l.quick_n ? "high" : "medium", n, k->l.quick_seconds, h, count, which)) < 0)
		return r;
	n = (int64_t)find_device(h, count, own.network, own.device, &k->l, which);
	if (n && (r = note(k, "device", n >= 2 * k->l.device_n ? "high" : "medium", n, 0, h, count, which)) < 0)
		return r;
	n = (int64_t)find_throwaway(h, count, &k->l, which);
	if (n && (r = note(k, "throwaway", n >= 2 * k->l.throwaway_n ? "high" : "medium", n, k->l.throwaway_seconds, h, count, which)) < 0)
		return r;
	return look_for_stars(k, h, count);
}

/* Reads only: what it costs to look is nobody's wait. What is found stays in the arena. */
static int look_at(struct tx *tx, struct look *k, struct id participant)
{
	struct looked *helps;
	size_t count;
	k->tx = tx, k->count = 0;
	int r = participant_get(tx, k->community, participant, &k->p);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = campaign_get(tx, k->community, k->p.campaign_id, &k->c)) < 0 || (r = fraud_limits(tx, k->community, &k->c, &k->l)) < 0 ||
	    (r = ledger_balance(tx, k->community, &book_help, participant, &k->balance)) < 0 ||
	    (r = read_helps(tx, k->community, &k->p, &helps, &count)) < 0 || (r = look_at_helps(k, helps, count)) < 0)
		return r;
	return look_for_ring(k);
}

/* ---- Taking part ------------------------------------------------------------------------------------------ */

static QUERY(join_note, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO fraud_join (community_id, participant_id, campaign_id, network, device, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT (community_id, participant_id) DO NOTHING");

static QUERY(joins_from, READS, &row_id_item, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_INT),
	"SELECT participant_id AS item FROM fraud_join WHERE community_id = ?1 AND campaign_id = ?2 AND network = ?3 AND at > ?4"
	" ORDER BY at DESC LIMIT ?5");

int fraud_joined(struct request *rq, const struct campaign *c, const struct participant *p)
{
	struct str network = network_of(rq->address), device = utf8_cut(rq->user_agent, 80);
	struct fraud_limits l;
	struct rows rows;
	int r = tx_run(rq->tx, &join_note, V(rq->community), V(p->id), V(c->id), V(network), V(device), V(p->joined_at));
	if (r <= 0 || (r = fraud_limits(rq->tx, rq->community, c, &l)) < 0 || !l.flood_n || !network.len)
		return r;
	struct instant since = { tx_now(rq->tx).ms - l.flood_minutes * MINUTE };
	int64_t most = l.flood_n < EVIDENCE_MOST ? l.flood_n : EVIDENCE_MOST;
	r = tx_all(rq->tx, &joins_from, &rows, V(rq->community), V(c->id), V(network), V(since), V(most));
	if (r < 0 || (int64_t)rows.count < most)
		return r < 0 ? r : 0;
	struct evidence *evidence = arena_take_array(rq->arena, rows.count, sizeof *evidence);
	const struct id_item *who = rows.at;
	for (size_t i = 0; evidence && i < rows.count; i++)
		evidence[i] = (struct evidence){ .participant_id = who[i].item };
	return !evidence ? E_MEMORY : fraud_note(rq->tx, rq->community, &(struct suspicion){
		.campaign = c->id, .about = str_format(rq->arena, "network %.*s", STR(network)), .kind = "flood", .risk = "medium",
		.n = (int64_t)rows.count, .span = l.flood_minutes * 60, .evidence = { evidence, rows.count } });
}

/* ---- Following: who is worth a look ------------------------------------------------------------------------- */

static QUERY(due_add, WRITES, NULL, TAKES(K_ID, K_ID),
	"INSERT INTO fraud_due (community_id, participant_id) VALUES (?1, ?2) ON CONFLICT (community_id, participant_id) DO NOTHING");

/* Every fourth help, later every sixteenth; and whoever reaches a goal: then it matters. */
static bool worth(const struct event *e)
{
	return str_is(e->kind, "campaign_stage") || e->n % (e->n > 64 ? 16 : 4) == 0;
}

static int by_number(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
	return (a > b) - (a < b);
}

/* Each once, in the order of their table. */
static int apply(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	int64_t *who = arena_take_array(tx_arena(tx), count + 1, sizeof *who);
	size_t n = 0;
	int r = who ? 0 : E_MEMORY;
	for (size_t i = 0; who && i < count; i++)
		if (worth(&events[i]))
			who[n++] = events[i].object.n;
	if (n)
		qsort(who, n, sizeof *who, by_number);
	for (size_t i = 0; r >= 0 && i < n; i++)
		if (i == 0 || who[i] != who[i - 1])
			r = tx_run(tx, &due_add, V(community), V(((struct id){ who[i] })));
	return r < 0 ? r : 0;
}

static const struct follower followers[] = {
	{ "campaign_fraud", "campaign_helped entry_voted campaign_stage", apply },
	{ 0 },
};

struct due { struct id community_id, participant_id; };

ROW(due,
	FIELD(due, community_id,   "Community"),
	FIELD(due, participant_id, "Who"));

static QUERY(dues, READS, &row_due, TAKES(K_INT),
	"SELECT community_id, participant_id FROM fraud_due ORDER BY community_id, participant_id LIMIT ?1", .scans = true);

static QUERY(due_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM fraud_due WHERE community_id = ?1 AND participant_id = ?2");

static int list_dues(struct tx *tx, void *arg) { return tx_all(tx, &dues, arg, V((int64_t)LOOK_BATCH)); }

struct looking { const struct due *due; struct look look; };

static int look_at_one(struct tx *tx, void *arg)
{
	struct looking *g = arg;
	g->look.community = g->due->community_id;
	return look_at(tx, &g->look, g->due->participant_id);
}

/* Whoever got more helps since then stays on the list and is looked at again. */
static int note_found(struct tx *tx, void *arg)
{
	const struct looking *g = arg;
	const struct look *k = &g->look;
	int64_t balance;
	int r = ledger_balance(tx, k->community, &book_help, g->due->participant_id, &balance);
	if (r >= 0 && (!k->p.id.n || balance == k->balance))
		r = tx_run(tx, &due_drop, V(k->community), V(g->due->participant_id));
	for (size_t i = 0; r >= 0 && i < k->count; i++)
		r = fraud_note(tx, k->community, &k->found[i]);
	return r < 0 ? r : 0;
}

static int run_looks(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct rows rows = { 0 };
	(void)job;
	int r = store_read(jc->store, jc->arena, list_dues, &rows);
	const struct due *due = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		ARENA_SCOPED arena;
		arena_init(&arena, 16 << 20);
		struct looking g = { .due = &due[i] };
		r = store_read(jc->store, &arena, look_at_one, &g);
		if (r >= 0)
			r = store_write(jc->store, due[i].community_id, &arena, note_found, &g);
	}
	if (r < 0)
		*ret_why = S("the store did not answer");
	return r < 0 ? r : 0;
}

static const struct job_kind jobs[] = {
	{ "campaign_fraud", "Looks at helps of those who come near a prize", run_looks, .every_ms = LOOK_EVERY },
	{ 0 },
};

/* ---- What is kept about people ---------------------------------------------------------------------------------- */

/* Before the participant is forgotten (features.def): it says whose these are. */
static QUERY(join_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM fraud_join WHERE community_id = ?1 AND participant_id IN"
	" (SELECT id FROM participant WHERE community_id = ?1 AND visitor_id = ?2)");

static QUERY(due_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM fraud_due WHERE community_id = ?1 AND participant_id IN"
	" (SELECT id FROM participant WHERE community_id = ?1 AND visitor_id = ?2)");

struct join_own { struct str network, device; struct instant at; };

ROW(join_own,
	FIELD(join_own, network, "Network, without its end"),
	FIELD(join_own, device,  "Device"),
	FIELD(join_own, at,      "When"));

static QUERY(joins_show, READS, &row_join_own, TAKES(K_ID, K_ID),
	"SELECT network, device, at FROM fraud_join WHERE community_id = ?1 AND participant_id IN"
	" (SELECT id FROM participant WHERE community_id = ?1 AND visitor_id = ?2) ORDER BY at LIMIT 200");

static const struct personal personal[] = {
	{ "fraud_join fraud_due", "参加活动时的网络和设备，用来发现刷量", "From where you took part in campaigns, to find fraud", "网络 设备 时间", BY_VISITOR,
	  &joins_show, .erases = { &join_forget, &due_forget } },
	{ 0 },
};

static const struct query *const queries[] = {
	&helps_to_look_at, &habits_of, &join_of, &helped_by, &edges_from, &join_note, &joins_from, &due_add, &dues, &due_drop, &join_forget,
	&due_forget, &joins_show, NULL,
};

const struct feature feature_fraud_look = {
	.name = "fraud_look", .queries = queries, .followers = followers, .jobs = jobs, .personal = personal,
};
