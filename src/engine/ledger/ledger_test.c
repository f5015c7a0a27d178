/* ledger_test.c: whatever is posted, repeated, refused and taken back: the balances are the sums, and nothing is counted
 * twice. A model in plain C is told the same and must agree.
 */
#include "engine/ledger/ledger.h"

#include <pthread.h>

#include "client.h"
#include "test.h"

static const struct book help = { "help", "help", "Help credit" };
static const struct book stock = { "stock", "piece", "Pieces of a prize" };
static const struct book wallet = { "wallet", "piece", "Pieces somebody got" };

static const struct id community = { 7 };

struct act { struct posting posting; struct side side; struct str key; int result; int64_t balance; };

static int do_post(struct tx *tx, void *arg)
{
	struct act *a = arg;
	a->result = ledger_post(tx, community, &a->posting, &a->balance);
	return a->result;
}

static int do_reverse(struct tx *tx, void *arg)
{
	struct act *a = arg;
	a->result = ledger_reverse(tx, community, &a->side, a->key, S("reversed"), (struct id){ 1 }, &a->balance);
	return a->result;
}

static int write_act(struct store *store, tx_action *action, struct act *a)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	int r = store_write(store, community, &arena, action, a);
	return r < 0 ? r : a->result;
}

static int post(struct house *house, struct side to, struct side from, int64_t amount, const char *key, int64_t *balance)
{
	struct act a = { .posting = { .to = to, .from = from, .amount = amount, .key = str_of(key), .reason = S("helped") } };
	int r = write_act(house->store, do_post, &a);
	if (balance && r >= 0)
		*balance = a.balance;
	return r;
}

static int take_back(struct house *house, struct side side, const char *key)
{
	struct act a = { .side = side, .key = str_of(key) };
	return write_act(house->store, do_reverse, &a);
}

struct looking { const struct book *book; struct id holder; int64_t balance; struct rows entries; };

static int do_look(struct tx *tx, void *arg)
{
	struct looking *l = arg;
	int r = ledger_balance(tx, community, l->book, l->holder, &l->balance);
	return r < 0 ? r : ledger_entries(tx, community, l->book, l->holder, (struct id){ 0 }, 200, &l->entries);
}

static struct looking look(struct house *house, const struct book *book, int64_t holder)
{
	struct looking l = { .book = book, .holder = { holder } };
	assert_true(store_read(house->store, &house->arena, do_look, &l) >= 0);
	return l;
}

static void count_finding(void *ctx, const char *what)
{
	fprintf(stderr, "%s\n", what);
	++*(int *)ctx;
}

static int do_audit(struct tx *tx, void *arg)
{
	return feature_ledger.audit(tx, count_finding, arg);
}

static void assert_adds_up(struct house *house)
{
	int findings = 0;
	assert_int_equal(store_read(house->store, &house->arena, do_audit, &findings), 0);
	assert_int_equal(findings, 0);
}

#define ONLY ((struct side){ 0 })
static struct side of(const struct book *book, int64_t holder) { return (struct side){ book, { holder }, 0 }; }

PROMISE(ledger_key_once, "an act posted twice counts once; another amount under its name is refused")
{
	int64_t balance = -1;
	assert_int_equal(post(house, of(&help, 1), ONLY, 1, "help 5", &balance), 1);
	assert_int_equal(post(house, of(&help, 1), ONLY, 1, "help 5", &balance), 0);
	assert_int_equal(balance, 1);
	assert_int_equal(post(house, of(&help, 1), ONLY, 2, "help 5", NULL), E_CONFLICT);
	assert_int_equal(post(house, of(&help, 2), ONLY, 1, "help 5", &balance), 1);       /* another holder's */
	assert_int_equal(look(house, &help, 1).entries.count, 1);
	assert_adds_up(house);
}

PROMISE(ledger_floor, "no balance falls below its floor, and a refused posting leaves nothing behind")
{
	assert_int_equal(post(house, of(&help, 1), ONLY, -1, "early", NULL), E_NOT_ENOUGH);
	assert_int_equal(post(house, of(&help, 1), ONLY, 3, "a", NULL), 1);
	assert_int_equal(post(house, of(&help, 1), ONLY, -4, "b", NULL), E_NOT_ENOUGH);
	assert_int_equal(post(house, of(&help, 1), ONLY, -3, "b", NULL), 1);
	struct side deep = { &help, { 1 }, -2 };
	assert_int_equal(post(house, deep, ONLY, -2, "c", NULL), 1);
	assert_int_equal(post(house, deep, ONLY, -1, "d", NULL), E_NOT_ENOUGH);
	struct looking l = look(house, &help, 1);
	assert_int_equal(l.balance, -2);
	assert_int_equal(l.entries.count, 3);
	assert_adds_up(house);
}

PROMISE(ledger_sides, "what one side gets the other loses, or nothing happens")
{
	assert_int_equal(post(house, of(&stock, 9), ONLY, 2, "filled", NULL), 1);
	assert_int_equal(post(house, of(&wallet, 1), of(&stock, 9), 1, "claim 1", NULL), 1);
	assert_int_equal(post(house, of(&wallet, 2), of(&stock, 9), 1, "claim 2", NULL), 1);
	assert_int_equal(post(house, of(&wallet, 3), of(&stock, 9), 1, "claim 3", NULL), E_NOT_ENOUGH);
	assert_int_equal(look(house, &stock, 9).balance, 0);
	assert_int_equal(look(house, &wallet, 3).entries.count, 0);
	assert_int_equal(take_back(house, of(&wallet, 2), "claim 2"), 1);
	assert_int_equal(take_back(house, of(&wallet, 2), "claim 2"), 0);
	assert_int_equal(take_back(house, of(&wallet, 2), "claim 8"), E_NOT_FOUND);
	assert_int_equal(look(house, &stock, 9).balance, 1);
	assert_int_equal(look(house, &wallet, 2).balance, 0);
	assert_int_equal(post(house, of(&wallet, 3), of(&stock, 9), 1, "claim 3", NULL), 1);
	assert_adds_up(house);
}

PROMISE(ledger_limits, "keys and amounts have limits")
{
	char long_key[LEDGER_KEY_MAX + 2];
	memset(long_key, 'k', sizeof long_key - 1);
	long_key[sizeof long_key - 1] = '\0';
	assert_int_equal(post(house, of(&help, 1), ONLY, 1, long_key, NULL), E_TOO_LONG);
	assert_int_equal(post(house, of(&help, 1), ONLY, 1, "", NULL), E_TOO_LONG);
	assert_int_equal(post(house, of(&help, 1), ONLY, LEDGER_MOST + 1, "a", NULL), E_TOO_LARGE);
	assert_int_equal(post(house, of(&help, 1), ONLY, LEDGER_MOST, "a", NULL), 1);
	assert_int_equal(post(house, of(&help, 1), ONLY, 1, "b", NULL), E_TOO_LARGE);
	assert_int_equal(look(house, &help, 1).balance, LEDGER_MOST);
}

struct count { struct posting posting; struct side side; struct id entry; int64_t balance; };

static int do_count(struct tx *tx, void *arg)
{
	struct count *c = arg;
	return ledger_count(tx, community, &c->posting, &c->entry, &c->balance);
}

static int do_uncount(struct tx *tx, void *arg)
{
	struct count *c = arg;
	return ledger_uncount(tx, community, &c->side, c->entry, S("left"), (struct id){ 1 }, &c->balance);
}

static int count(struct house *house, tx_action *action, struct count *c)
{
	return store_write(house->store, community, &house->arena, action, c);
}

PROMISE(ledger_counted, "what a row of the caller names needs no key: each is an entry, taken back once by its number")
{
	struct count one = { .posting = { .to = of(&help, 1), .amount = 1, .reason = S("helped") }, .side = of(&help, 1) }, two = one;
	assert_int_equal(count(house, do_count, &one), 0);
	assert_int_equal(count(house, do_count, &two), 0);
	assert_int_equal(two.balance, 2);
	assert_true(two.entry.n > one.entry.n);
	assert_int_equal(count(house, do_uncount, &one), 1);
	assert_int_equal(one.balance, 1);
	assert_int_equal(count(house, do_uncount, &one), 0);
	struct looking l = look(house, &help, 1);
	const struct ledger_entry *e = l.entries.at;
	assert_int_equal(l.balance, 1);
	assert_int_equal(l.entries.count, 3);
	assert_true(e[0].reverses_id.n == one.entry.n && e[0].amount == -1 && e[0].balance == 1);
	one.entry.n = 5;
	assert_int_equal(count(house, do_uncount, &one), E_NOT_FOUND);
	one.posting.amount = -2;
	assert_int_equal(count(house, do_count, &one), E_NOT_ENOUGH);
	one.posting.from = of(&stock, 9);
	assert_int_equal(count(house, do_count, &one), E_INVALID);
	assert_int_equal(post(house, of(&help, 1), ONLY, 1, "by key", NULL), 1);
	assert_int_equal(look(house, &help, 1).balance, 2);
	assert_adds_up(house);
}

static QUERY(entry_spoil, WRITES, NULL, TAKES(K_ID),
	"UPDATE ledger_entry SET balance = balance + 1 WHERE community_id = ?1 AND book = 'help' AND holder_id = 2 AND balance = 2");

static int spoil(struct tx *tx, void *arg) { (void)arg; return tx_run(tx, &entry_spoil, V(community)); }

PROMISE(ledger_checked, "`quntu check` finds a balance that is not the sum of its entries, wherever it stands")
{
	int findings = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(post(house, of(&help, 2), ONLY, 1, i == 0 ? "a" : i == 1 ? "b" : "c", NULL), 1);
	assert_adds_up(house);
	assert_int_equal(store_write(house->store, community, &house->arena, spoil, NULL), 1);
	assert_int_equal(store_read(house->store, &house->arena, do_audit, &findings), 0);
	assert_int_equal(findings, 1);
}

/* ---- Against a model ------------------------------------------------------------------------------ */

#define ACTS    400
#define HOLDERS   4

struct model { int64_t stock, wallet[HOLDERS], amount[ACTS]; int holder[ACTS]; bool reversed[ACTS]; };

static uint32_t draw(uint32_t *seed) { return (*seed = *seed * 1664525u + 1013904223u) >> 8; }

static void model_step(struct house *house, struct model *m, int i, uint32_t *seed)
{
	int64_t amount = draw(seed) % 9 == 0 ? 5 : 1 + draw(seed) % 2;
	int h = (int)(draw(seed) % HOLDERS), act = (int)(draw(seed) % (uint32_t)(i + 1));
	char key[24];
	snprintf(key, sizeof key, "act %d", act);
	struct side holder = { &wallet, { 10 + h }, 0 };
	if (draw(seed) % 4 == 0 && m->amount[act]) {                       /* take back; sometimes twice */
		struct side owner = { &wallet, { 10 + m->holder[act] }, LEDGER_NO_FLOOR };
		assert_int_equal(take_back(house, owner, key), m->reversed[act] ? 0 : 1);
		if (!m->reversed[act])
			m->stock += m->amount[act], m->wallet[m->holder[act]] -= m->amount[act];
		m->reversed[act] = true;
	} else if (m->amount[act]) {                                        /* say it again */
		holder.holder.n = 10 + m->holder[act];
		assert_int_equal(post(house, holder, of(&stock, 1), m->amount[act], key, NULL), 0);
	} else {
		int want = m->stock >= amount ? 1 : E_NOT_ENOUGH;
		assert_int_equal(post(house, holder, of(&stock, 1), amount, key, NULL), want);
		if (want == 1)
			m->stock -= amount, m->wallet[h] += amount, m->amount[act] = amount, m->holder[act] = h;
	}
}

PROMISE(ledger_model, "random postings, repeats and reversals agree with a model, entry by entry")
{
	struct model m = { .stock = 60 };
	uint32_t seed = 20261121;
	assert_int_equal(post(house, of(&stock, 1), ONLY, 60, "filled", NULL), 1);
	for (int i = 0; i < ACTS; i++)
		model_step(house, &m, i, &seed);
	assert_int_equal(look(house, &stock, 1).balance, m.stock);
	for (int h = 0; h < HOLDERS; h++)
		assert_int_equal(look(house, &wallet, 10 + h).balance, m.wallet[h]);
	assert_adds_up(house);
}

/* ---- Many at once ----------------------------------------------------------------------------------- */

#define CLAIMERS 8
#define CLAIMS  25
#define PIECES  10

struct claimer { pthread_t thread; struct house *house; int number, got; };

static void *claim(void *arg)
{
	struct claimer *c = arg;
	for (int i = 0; i < CLAIMS; i++) {
		char key[24];
		snprintf(key, sizeof key, "claim %d", c->number * CLAIMS + i);
		struct act a = { .posting = {
			.to = of(&wallet, 100 + c->number * CLAIMS + i), .from = of(&stock, 1), .amount = 1, .key = str_of(key),
			.reason = S("claimed"),
		} };
		c->got += write_act(c->house->store, do_post, &a) == 1;
	}
	return NULL;
}

PROMISE(ledger_claims, "200 claims at once for ten pieces: ten are granted")
{
	struct claimer claimers[CLAIMERS];
	int got = 0;
	assert_int_equal(post(house, of(&stock, 1), ONLY, PIECES, "filled", NULL), 1);
	for (int i = 0; i < CLAIMERS; i++) {
		claimers[i] = (struct claimer){ .house = house, .number = i };
		pthread_create(&claimers[i].thread, NULL, claim, &claimers[i]);
	}
	for (int i = 0; i < CLAIMERS; i++) {
		pthread_join(claimers[i].thread, NULL);
		got += claimers[i].got;
	}
	assert_int_equal(got, PIECES);
	assert_int_equal(look(house, &stock, 1).balance, 0);
	assert_adds_up(house);
}
