/* points.c: points that people earn in campaigns (积分).
 *
 * Story      Lin brought a friend: 50 points for her, 20 for the friend. On her page she opens the balance and reads which
 *            friend each entry is for; at the desk a colleague opens the same entries beside her name.
 * Not here   What an act is worth (prize.c, refer.c), and what points buy.
 * Owns       the book "points"; its holders are members.
 * Holds      Every point is an entry of the ledger with its reason. When two members become one their points and their money do too,
 *            and when that is undone they part again.
 * Test       refer_test.c.
 */
#include "campaign/campaign.h"

#include "http/personal.h"
#include "people/member.h"

#define LIST_MOST 100

struct points_account { int64_t balance; struct rows entries; };

ROW(points_account,
	FIELD(points_account, balance, "Points now"),
	FIELD(points_account, entries, "The ledger behind them, newest first", .of = &row_ledger_entry));

/* ---- Actions ---------------------------------------------------------------------------------------- */

int points_give(struct tx *tx, struct id community, struct id member, int64_t points, struct str key, const char *reason,
                struct id source, struct id actor)
{
	struct posting p = {
		.to = { &book_points, { 0 }, 0 }, .amount = points, .key = key, .reason = str_of(reason), .source = source, .actor = actor,
	};
	int r = points > 0 ? member_resolve(tx, community, member, &p.to.holder) : 0;
	return r < 0 || points <= 0 ? r : ledger_post(tx, community, &p, NULL);
}

int account_sweep(struct tx *tx, struct id community, const struct book *book, struct id from, struct id to, struct str key,
                  struct id actor)
{
	struct posting p = {
		.to = { book, to, LEDGER_NO_FLOOR }, .from = { book, from, LEDGER_NO_FLOOR }, .key = key,
		.reason = S("merged"), .source = from, .actor = actor,
	};
	int r = ledger_balance(tx, community, book, from, &p.amount);
	return r < 0 || !p.amount ? r : ledger_post(tx, community, &p, NULL);
}

int points_take(struct tx *tx, struct id community, struct id member, struct str key, struct str reason, struct id actor)
{
	struct side side = { &book_points, member, LEDGER_NO_FLOOR };
	struct id now;
	int r = ledger_reverse(tx, community, &side, key, reason, actor, NULL);
	if (r <= 0)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = member_resolve(tx, community, member, &now)) < 0 || now.n == member.n)
		return r < 0 && r != E_NOT_FOUND ? r : 1;
	r = account_sweep(tx, community, &book_points, member, now, str_format(tx_arena(tx), "swept %.*s", STR(key)), actor);
	return r < 0 ? r : 1;
}

/* ---- Following: two members become one, and part again ---------------------------------------------------- */

static int join_accounts(struct tx *tx, struct id community, const struct book *book, const struct event *e)
{
	struct str key = str_format(tx_arena(tx), "merged %lld", (long long)e->id.n);
	return account_sweep(tx, community, book, e->object, e->subject, key, e->actor);
}

/* What the merge moved comes back; what earlier merges moved has come back before. */
static int part_accounts(struct tx *tx, struct id community, const struct book *book, const struct event *e)
{
	struct side side = { book, e->object, LEDGER_NO_FLOOR };
	struct rows rows;
	int r = ledger_entries(tx, community, book, e->object, (struct id){ 0 }, LIST_MOST, &rows);
	const struct ledger_entry *entries = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if (str_is(entries[i].reason, "merged") && entries[i].amount != 0)
			r = ledger_reverse(tx, community, &side, entries[i].key, S("unmerged"), e->actor, NULL);
	return r;
}

static int apply_merges(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	static const struct book *const books[] = { &book_points, &book_money };
	int r = 0;
	for (size_t i = 0; r >= 0 && i < 2 * count; i++) {
		const struct event *e = &events[i / 2];
		r = str_is(e->kind, "member_merged") ? join_accounts(tx, community, books[i % 2], e)
		                                     : part_accounts(tx, community, books[i % 2], e);
	}
	return r < 0 ? r : 0;
}

static const struct follower followers[] = {
	{ "points_merges", "member_merged member_unmerged", apply_merges },
	{ 0 },
};

/* ---- API ------------------------------------------------------------------------------------------------ */

static int get_points(struct request *rq, const void *in, void *out)
{
	struct points_account a;
	struct id member;
	(void)in;
	int r = member_resolve(rq->tx, rq->community, rq->path_id, &member);
	if (r < 0 || (r = ledger_balance(rq->tx, rq->community, &book_points, member, &a.balance)) < 0 ||
	    (r = ledger_entries(rq->tx, rq->community, &book_points, member, (struct id){ 0 }, LIST_MOST, &a.entries)) < 0)
		return r;
	*(struct points_account *)out = a;
	return 0;
}

/* ---- Declaration ------------------------------------------------------------------------------------------ */

static const struct route routes[] = {
	{ "GET", "/members/{id}/points", ROLE_READER, get_points, NULL, &row_points_account, "A member's points and the ledger behind them", .sees = member_sees },
	{ 0 },
};

const struct feature feature_points = { .name = "points", .api = "members", .routes = routes, .followers = followers };
