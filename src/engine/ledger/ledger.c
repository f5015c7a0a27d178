/* ledger.c: entries, each with the balance after it; see ledger.h.
 *
 * How        A holder's entries stand together, the newest last, so the balance is read where the next entry is written: one
 *            place of the store for both. Who gives is asked first: what is refused has written nothing. The key is
 *            looked up before, so a repeated act ends there. Both stores run actions one after the other in effect
 *            (store.h), so looking first and writing then is safe.
 * Owns       ledger_entry.
 */
#include "engine/ledger/ledger.h"

#include "http/personal.h"

#define LIST_MOST 200

/* ---- Rows ------------------------------------------------------------------------------------- */

static const struct field ledger_entry_fields[] = {
	FIELD(ledger_entry, id,          "Entry"),
	FIELD(ledger_entry, at,          "When"),
	FIELD(ledger_entry, amount,      "How much; below zero: taken"),
	FIELD(ledger_entry, balance,     "The balance after it"),
	FIELD(ledger_entry, reason,      "Why: a stable word"),
	FIELD(ledger_entry, key,         "The act, named once"),
	FIELD(ledger_entry, source_id,   "The fact behind it", .optional = true),
	FIELD(ledger_entry, actor_id,    "Who did it", .optional = true),
	FIELD(ledger_entry, other_book,  "The other side's book, or empty"),
	FIELD(ledger_entry, other_id,    "The other side's holder", .optional = true),
	FIELD(ledger_entry, reverses_id, "The entry it takes back", .optional = true),
};
const struct row row_ledger_entry = {
	"ledger_entry", sizeof(struct ledger_entry), ledger_entry_fields, sizeof ledger_entry_fields / sizeof *ledger_entry_fields,
};

struct ledger_last { struct id id; int64_t balance; };

ROW(ledger_last,
	FIELD(ledger_last, id,      "The newest entry"),
	FIELD(ledger_last, balance, "The sum of the entries"));

/* ---- Rules ---------------------------------------------------------------------------------------- */

static bool in_range(int64_t n) { return n >= -LEDGER_MOST && n <= LEDGER_MOST; }

const struct book book_points = { "points", "point", "Points of a member" };
const struct book book_money = { "money", "fen", "Money of a member that was not paid out yet" };

static struct str name_of(const struct book *book) { return book ? str_of(book->name) : S(""); }

static struct posting mirrored(const struct posting *p)
{
	struct posting other = *p;
	other.to = p->from, other.from = p->to, other.amount = -p->amount;
	return other;
}

/* ---- Actions ---------------------------------------------------------------------------------------- */

#define OF_HOLDER " WHERE community_id = ?1 AND book = ?2 AND holder_id = ?3"
#define ENTRY_COLUMNS "id, at, amount, balance, reason, key, source_id, actor_id, other_book, other_id, reverses_id"

/* The second word about the key is for the index, which holds only those that have one. */
static QUERY(ledger_entry_by_key, READS, &row_ledger_entry, TAKES(K_ID, K_STR, K_ID, K_STR),
	"SELECT " ENTRY_COLUMNS " FROM ledger_entry" OF_HOLDER " AND key = ?4 AND key <> ''");

static QUERY(ledger_entry_by_id, READS, &row_ledger_entry, TAKES(K_ID, K_STR, K_ID, K_ID),
	"SELECT " ENTRY_COLUMNS " FROM ledger_entry" OF_HOLDER " AND id = ?4");

static QUERY(ledger_last_of, READS, &row_ledger_last, TAKES(K_ID, K_STR, K_ID),
	"SELECT id, balance FROM ledger_entry" OF_HOLDER " ORDER BY id DESC LIMIT 1");

static QUERY(ledger_entry_insert, WRITES, NULL,
	TAKES(K_ID, K_STR, K_ID, K_ID, K_STR, K_INSTANT, K_INT, K_INT, K_STR, K_ID, K_ID, K_STR, K_ID, K_ID),
	"INSERT INTO ledger_entry (community_id, book, holder_id, id, key, at, amount, balance, reason, source_id, actor_id,"
	" other_book, other_id, reverses_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)");

static int last_of(struct tx *tx, struct id community, struct str book, struct id holder, struct ledger_last *ret)
{
	*ret = (struct ledger_last){ .balance = 0 };
	int r = tx_one(tx, &ledger_last_of, ret, V(community), V(book), V(holder));
	return r == E_NOT_FOUND ? 0 : r;
}

int ledger_balance(struct tx *tx, struct id community, const struct book *book, struct id holder, int64_t *ret)
{
	struct ledger_last last;
	int r = last_of(tx, community, name_of(book), holder, &last);
	if (r >= 0)
		*ret = last.balance;
	return r;
}

/* One side: read where it stands, write where it stands then. Its numbers rise, whoever's clock is behind. */
static int write_entry(struct tx *tx, struct id community, const struct posting *p, struct id reverses, struct ledger_last *ret)
{
	struct ledger_last last;
	int r = last_of(tx, community, name_of(p->to.book), p->to.holder, &last);
	if (r < 0)
		return r;
	int64_t balance = last.balance + p->amount;
	if (p->amount < 0 && balance < p->to.floor)
		return E_NOT_ENOUGH;
	if (balance > LEDGER_MOST)
		return E_TOO_LARGE;
	struct id id = tx_new_id(tx);
	if (id.n <= last.id.n)
		id.n = last.id.n + 1;
	r = tx_run(tx, &ledger_entry_insert, V(community), V(name_of(p->to.book)), V(p->to.holder), V(id), V(p->key), V(tx_now(tx)),
	           V(p->amount), V(balance), V(p->reason), V(p->source), V(p->actor), V(name_of(p->from.book)), V(p->from.holder),
	           V(reverses));
	if (r >= 0)
		*ret = (struct ledger_last){ id, balance };
	return r < 0 ? r : 0;
}

/* The side that gives goes first: it is the one that may be refused, and then nothing has been written. */
static int post_both(struct tx *tx, struct id community, const struct posting *to, struct id reverses,
                     struct id other_reverses, int64_t *ret_balance)
{
	struct posting from = mirrored(to);
	struct ledger_last last, other;
	bool gives = to->amount < 0 || !to->from.book;
	int r = gives ? write_entry(tx, community, to, reverses, &last) : write_entry(tx, community, &from, other_reverses, &other);
	if (r >= 0 && to->from.book)
		r = gives ? write_entry(tx, community, &from, other_reverses, &other) : write_entry(tx, community, to, reverses, &last);
	if (r < 0)
		return r;
	if (ret_balance)
		*ret_balance = last.balance;
	return 1;
}

static int check_posting(const struct posting *p)
{
	if (p->key.len > LEDGER_KEY_MAX)
		return E_TOO_LONG;
	return in_range(p->amount) && in_range(p->to.floor) && in_range(p->from.floor) ? 0 : E_TOO_LARGE;
}

int ledger_post(struct tx *tx, struct id community, const struct posting *p, int64_t *ret_balance)
{
	struct ledger_entry known;
	int r = p->key.len ? check_posting(p) : E_TOO_LONG;
	if (r < 0)
		return r;
	r = tx_one(tx, &ledger_entry_by_key, &known, V(community), V(name_of(p->to.book)), V(p->to.holder), V(p->key));
	if (r == 0 && known.amount != p->amount)
		return E_CONFLICT;
	if (r == 0)
		return ret_balance ? ledger_balance(tx, community, p->to.book, p->to.holder, ret_balance) : 0;
	return r != E_NOT_FOUND ? r : post_both(tx, community, p, (struct id){ 0 }, (struct id){ 0 }, ret_balance);
}

int ledger_count(struct tx *tx, struct id community, const struct posting *p, struct id *ret_entry, int64_t *ret_balance)
{
	struct ledger_last last;
	int r = p->key.len || p->from.book ? E_INVALID : check_posting(p);
	if (r < 0 || (r = write_entry(tx, community, p, (struct id){ 0 }, &last)) < 0)
		return r;
	*ret_entry = last.id, *ret_balance = last.balance;
	return 0;
}

/* Under a key of its own, so it is there once. */
static int reverse(struct tx *tx, struct id community, const struct side *side, const struct ledger_entry *known, struct str key,
                   struct str reason, struct id actor, int64_t *ret_balance)
{
	struct ledger_entry before, other = { 0 };
	struct book other_book = { .name = str_z(tx_arena(tx), known->other_book) };
	int r = tx_one(tx, &ledger_entry_by_key, &before, V(community), V(name_of(side->book)), V(side->holder), V(key));
	if (r == 0)
		return ret_balance ? ledger_balance(tx, community, side->book, side->holder, ret_balance) : 0;
	if (r != E_NOT_FOUND)
		return r;
	if (known->other_book.len && (r = tx_one(tx, &ledger_entry_by_key, &other, V(community), V(known->other_book),
	                                         V(known->other_id), V(known->key))) < 0)
		return r;
	struct posting p = {
		.to = *side, .amount = -known->amount, .key = key, .reason = reason, .source = known->source_id, .actor = actor,
	};
	if (known->other_book.len)
		p.from = (struct side){ &other_book, known->other_id, LEDGER_NO_FLOOR };
	return post_both(tx, community, &p, known->id, other.id, ret_balance);
}

int ledger_reverse(struct tx *tx, struct id community, const struct side *side, struct str key, struct str reason,
                   struct id actor, int64_t *ret_balance)
{
	struct ledger_entry known;
	struct str back = str_format(tx_arena(tx), "reverse %.*s", STR(key));
	int r = back.len > LEDGER_KEY_MAX + 8 ? E_TOO_LONG
	      : tx_one(tx, &ledger_entry_by_key, &known, V(community), V(name_of(side->book)), V(side->holder), V(key));
	return r < 0 ? r : reverse(tx, community, side, &known, back, reason, actor, ret_balance);
}

int ledger_uncount(struct tx *tx, struct id community, const struct side *side, struct id entry, struct str reason,
                   struct id actor, int64_t *ret_balance)
{
	struct ledger_entry known;
	struct str back = str_format(tx_arena(tx), "reverse #%lld", (long long)entry.n);
	int r = tx_one(tx, &ledger_entry_by_id, &known, V(community), V(name_of(side->book)), V(side->holder), V(entry));
	return r < 0 ? r : reverse(tx, community, side, &known, back, reason, actor, ret_balance);
}

static QUERY(ledger_entries_of, READS, &row_ledger_entry, TAKES(K_ID, K_STR, K_ID, K_ID, K_INT),
	"SELECT " ENTRY_COLUMNS " FROM ledger_entry" OF_HOLDER " AND id < ?4 ORDER BY id DESC LIMIT ?5");

int ledger_entries(struct tx *tx, struct id community, const struct book *book, struct id holder, struct id before,
                   int64_t limit, struct rows *ret)
{
	struct id below = { before.n ? before.n : INT64_MAX };
	return tx_all(tx, &ledger_entries_of, ret, V(community), V(name_of(book)), V(holder), V(below),
	              V(limit < LIST_MOST ? limit : LIST_MOST));
}

/* ---- For `quntu check`: add everything up again ------------------------------------------------------ */

struct ledger_wrong { struct id community; struct str book; struct id holder; int64_t balance, sum; };

ROW(ledger_wrong,
	FIELD(ledger_wrong, community, "Community"),
	FIELD(ledger_wrong, book,      "Book"),
	FIELD(ledger_wrong, holder,    "Holder"),
	FIELD(ledger_wrong, balance,   "What is kept"),
	FIELD(ledger_wrong, sum,       "What the entries add up to"));

/* The first entry of a holder at which the sum is no longer what it says. */
static QUERY(ledger_differing, READS, &row_ledger_wrong, TAKES_NOTHING,
	"SELECT community_id AS community, book, holder_id AS holder, balance, sum FROM (SELECT community_id, book, holder_id, balance,"
	" CAST(sum(amount) OVER (PARTITION BY community_id, book, holder_id ORDER BY id) AS BIGINT) AS sum FROM ledger_entry) AS added"
	" WHERE balance <> sum LIMIT 20", .scans = true);

static QUERY(ledger_one_sided, READS, &row_ledger_wrong, TAKES_NOTHING,
	"SELECT e.community_id AS community, e.book, e.holder_id AS holder, e.amount AS balance,"
	" COALESCE((SELECT -o.amount FROM ledger_entry o WHERE o.community_id = e.community_id AND o.book = e.other_book"
	"  AND o.holder_id = e.other_id AND o.key = e.key AND o.key <> ''), 0) AS sum FROM ledger_entry e"
	" WHERE e.other_book <> '' AND NOT EXISTS (SELECT 1 FROM ledger_entry o WHERE o.community_id = e.community_id"
	"  AND o.book = e.other_book AND o.holder_id = e.other_id AND o.key = e.key AND o.key <> '' AND o.amount = -e.amount) LIMIT 20",
	.scans = true);

static int audit(struct tx *tx, void (*found)(void *, const char *what), void *ctx)
{
	static const struct { const struct query *query; const char *what; } looks[] = {
		{ &ledger_differing, "its entries add up to" }, { &ledger_one_sided, "the other side lost" },
	};
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
		struct rows rows;
		int r = tx_all_(tx, looks[i].query, &rows, NULL, 0);
		if (r < 0)
			return r;
		const struct ledger_wrong *w = rows.at;
		for (size_t k = 0; k < rows.count; k++) {
			char line[200];
			snprintf(line, sizeof line, "ledger: %.*s of %lld in community %lld holds %lld, but %s %lld", STR(w[k].book),
			         (long long)w[k].holder.n, (long long)w[k].community.n, (long long)w[k].balance, looks[i].what,
			         (long long)w[k].sum);
			found(ctx, line);
		}
	}
	return 0;
}

/* ---- What is kept about people --------------------------------------------------------------------------- */

/* Entries are never changed: of an erased person their numbers stay, and those stand for nobody any more, because every
 * row that said whose they are has gone. The features that post show a person their own balances. */
static const struct personal personal[] = {
	{ "ledger_entry", "积分、助力等的流水；删除后只剩数字，不再和你有关",
	  "Entries of points, helps and the like; after erasure they are numbers that belong to nobody", .by = BY_MEMBER },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct query *const queries[] = {
	&ledger_entry_by_key, &ledger_entry_by_id, &ledger_last_of, &ledger_entry_insert, &ledger_entries_of,
	&ledger_differing, &ledger_one_sided, NULL,
};

const struct feature feature_ledger = { .name = "ledger", .queries = queries, .audit = audit, .personal = personal };
