/* limits.c: from how many on something is looked at: defaults, and the community's own numbers.
 *
 * Story      A school's network has four hundred phones behind one address; its operator raises the number for "one network" and
 *            leaves the rest. Campaigns that check phone numbers have numbers of their own: there it is harder to cheat.
 * Owns       fraud_limit. A copy is kept for a second (KEPT_FOR): nothing is decided by it for good, only looked at.
 * Test       fraud_test.c.
 */
#include <pthread.h>

#include "campaign/fraud/fraud.h"
#include "people/audit.h"

#define KEPT_FOR SECOND
#define KEPT     64

/* ---- The table ---------------------------------------------------------------------------------- */

#define LIMIT(word, anonymous, checked, least, most) { #word, offsetof(struct fraud_limits, word), anonymous, checked, least, most }
static const struct limit {
	const char *word;
	size_t      at;
	int64_t     anonymous, checked, least, most;
} limits[] = {
	LIMIT(burst_n, 5, 8, 0, 1000),        LIMIT(burst_minutes, 10, 10, 1, 1440),
	LIMIT(quick_n, 6, 10, 0, 1000),       LIMIT(quick_seconds, 20, 15, 1, 600),
	LIMIT(device_n, 4, 8, 0, 1000),
	LIMIT(throwaway_n, 8, 15, 0, 1000),   LIMIT(throwaway_seconds, 3, 2, 1, 60),
	LIMIT(ring_most, 5, 4, 0, 5),
	LIMIT(star_n, 8, 15, 0, 1000),
	LIMIT(flood_n, 30, 60, 0, 10000),     LIMIT(flood_minutes, 10, 10, 1, 1440),
	LIMIT(left_n, 3, 5, 0, 1000),         LIMIT(left_hours, 24, 24, 1, 720),
};
#define LIMITS (sizeof limits / sizeof *limits)
#define WORDS  "burst_n burst_minutes quick_n quick_seconds device_n throwaway_n throwaway_seconds ring_most star_n flood_n flood_minutes" \
               " left_n left_hours"

struct limit_line { struct str word; int64_t anonymous, checked, anonymous_default, checked_default, least, most; };

ROW(limit_line,
	FIELD(limit_line, word,              "Which", .one_of = WORDS),
	FIELD(limit_line, anonymous,         "In campaigns that check nobody; 0: off"),
	FIELD(limit_line, checked,           "In campaigns that ask for a checked phone number; 0: off"),
	FIELD(limit_line, anonymous_default, "… unless changed"),
	FIELD(limit_line, checked_default,   "… unless changed"),
	FIELD(limit_line, least,             "At least"),
	FIELD(limit_line, most,              "At most"));

ROW_AS(limit_draft, limit_line,
	FIELD(limit_line, word,      "Which", .one_of = WORDS),
	FIELD(limit_line, anonymous, "In campaigns that check nobody; 0: off", .min = 0, .max = 10000),
	FIELD(limit_line, checked,   "In campaigns that ask for a checked phone number; 0: off", .min = 0, .max = 10000));

struct limits_input { struct rows limits; };

ROW(limits_input, FIELD(limits_input, limits, "Those that change", .of = &row_limit_draft, .max = 20));

/* ---- Reading ------------------------------------------------------------------------------------- */

struct limit_kept { struct str word; int64_t anonymous, checked; };

ROW(limit_kept,
	FIELD(limit_kept, word,      "Which"),
	FIELD(limit_kept, anonymous, "Without a check"),
	FIELD(limit_kept, checked,   "With one"));

static QUERY(limits_of, READS, &row_limit_kept, TAKES(K_ID),
	"SELECT word, anonymous, checked FROM fraud_limit WHERE community_id = ?1 ORDER BY word LIMIT 20");

static QUERY(blocks_any, READS, &row_id_item, TAKES(K_ID),
	"SELECT id AS item FROM fraud_block WHERE community_id = ?1 LIMIT 1");

struct both { struct fraud_limits anonymous, checked; };

static int64_t *number_of(struct fraud_limits *l, size_t i) { return (int64_t *)(void *)((char *)l + limits[i].at); }

static int load(struct tx *tx, struct id community, struct both *ret)
{
	struct rows rows;
	struct id_item any;
	struct both b = { 0 };
	int r = tx_all(tx, &limits_of, &rows, V(community));
	if (r < 0)
		return r;
	const struct limit_kept *kept = rows.at;
	for (size_t i = 0; i < LIMITS; i++) {
		*number_of(&b.anonymous, i) = limits[i].anonymous, *number_of(&b.checked, i) = limits[i].checked;
		for (size_t k = 0; k < rows.count; k++)
			if (str_is(kept[k].word, limits[i].word))
				*number_of(&b.anonymous, i) = kept[k].anonymous, *number_of(&b.checked, i) = kept[k].checked;
	}
	r = tx_one(tx, &blocks_any, &any, V(community));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	b.anonymous.blocks = b.checked.blocks = r == 0;
	*ret = b;
	return 0;
}

static struct { int64_t store, since; struct id community; struct both both; } table[KEPT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void fraud_limits_changed(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < KEPT; i++)
		table[i].store = 0;
	pthread_mutex_unlock(&lock);
}

int fraud_limits(struct tx *tx, struct id community, const struct campaign *c, struct fraud_limits *ret)
{
	size_t place = (size_t)((uint64_t)community.n * UINT64_C(0x9E3779B97F4A7C15) >> 40) % KEPT;
	int64_t store = tx_serial(tx), now = clock_steady();
	struct both both;
	pthread_mutex_lock(&lock);
	bool known = table[place].store == store && table[place].community.n == community.n && now - table[place].since < KEPT_FOR;
	if (known)
		both = table[place].both;
	pthread_mutex_unlock(&lock);
	if (!known) {
		int r = load(tx, community, &both);
		if (r < 0)
			return r;
		pthread_mutex_lock(&lock);
		table[place].store = store, table[place].community = community, table[place].since = now, table[place].both = both;
		pthread_mutex_unlock(&lock);
	}
	*ret = str_is(c->strength, "anonymous") ? both.anonymous : both.checked;
	return 0;
}

bool fraud_burst(struct request *rq, struct id participant, const struct fraud_limits *l)
{
	return l->burst_n && !rq_allow(rq, str_format(rq->arena, "help %lld %.*s", (long long)participant.n, STR(rq->address)),
	                               (int)l->burst_n, l->burst_minutes * MINUTE);
}

/* ---- API -------------------------------------------------------------------------------------------- */

static int get_limits(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct both both;
	(void)in;
	int r = load(rq->tx, rq->community, &both);
	struct limit_line *list = r < 0 ? NULL : arena_take_array(rq->arena, LIMITS, sizeof *list);
	if (!list)
		return r < 0 ? r : E_MEMORY;
	for (size_t i = 0; i < LIMITS; i++)
		list[i] = (struct limit_line){
			str_of(limits[i].word), *number_of(&both.anonymous, i), *number_of(&both.checked, i), limits[i].anonymous, limits[i].checked,
			limits[i].least, limits[i].most,
		};
	page->rows = (struct rows){ list, LIMITS };
	page->total = (int64_t)LIMITS;
	return 0;
}

static QUERY(limit_put, WRITES, NULL, TAKES(K_ID, K_STR, K_INT, K_INT),
	"INSERT INTO fraud_limit (community_id, word, anonymous, checked) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id, word) DO UPDATE SET anonymous = excluded.anonymous, checked = excluded.checked");

static int put_limits(struct request *rq, const void *in, void *out)
{
	const struct limits_input *input = in;
	const struct limit_line *lines = input->limits.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < input->limits.count; i++) {
		const struct limit *l = limits;
		while (!str_is(lines[i].word, l->word))
			l++;
		if (lines[i].anonymous < l->least || lines[i].anonymous > l->most || lines[i].checked < l->least || lines[i].checked > l->most)
			return rq_complain(rq, lines[i].anonymous < l->least || lines[i].checked < l->least ? E_TOO_SMALL : E_TOO_LARGE,
			                   str_format(rq->arena, "limits[%zu]", i));
		r = tx_run(rq->tx, &limit_put, V(rq->community), V(lines[i].word), V(lines[i].anonymous), V(lines[i].checked));
		if (r >= 0)
			r = audit_note(rq, "fraud_limit_set", (struct id){ 0 }, str_format(rq->arena, "%.*s %lld / %lld", STR(lines[i].word),
			               (long long)lines[i].anonymous, (long long)lines[i].checked));
	}
	fraud_limits_changed();
	return r < 0 ? r : get_limits(rq, NULL, out);
}

static const struct route routes[] = {
	{ "GET", "/fraud/limits", ROLE_READER, get_limits, NULL, &row_limit_line, "From how many on something is looked at", OUT_PAGE },
	{ "PUT", "/fraud/limits", ROLE_ADMIN,  put_limits, &row_limits_input, &row_limit_line, "Change some of them", OUT_PAGE },
	{ 0 },
};

static const struct query *const queries[] = { &limits_of, &blocks_any, &limit_put, NULL };

const struct feature feature_fraud_limits = { .name = "fraud_limits", .api = "campaigns", .routes = routes, .queries = queries };
