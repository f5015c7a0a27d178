/* block.c: the list of whom staff want to see first (黑名单).
 *
 * Story      A number that sold helps by the hundred last month is put on the list with the reason, for ninety days. When its
 *            phone helps again, the help waits and says why to staff; nobody is turned away without a look.
 * Owns       fraud_block.
 * Test       fraud_test.c.
 */
#include "campaign/fraud/fraud.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/member.h"
#include "people/phone.h"

#define BLOCKS_MOST 2000          /* in a community */
#define DAYS_MOST   3650

#define KINDS "browser member phone network device"

struct block {
	struct id      id;
	struct str     kind, word, reason;
	struct instant until, made_at;
};

ROW(block,
	FIELD(block, id,      "Entry"),
	FIELD(block, kind,    "What is known of them", .one_of = KINDS),
	FIELD(block, word,    "Its number, the phone (below the role of admin only its ends), the network, the device"),
	FIELD(block, reason,  "Why, for colleagues"),
	FIELD(block, until,   "Until then; empty: for good", .optional = true),
	FIELD(block, made_at, "Since"));

struct block_draft { struct str kind, word, reason; int64_t days; };

ROW(block_draft,
	FIELD(block_draft, kind,   "What is known of them", .one_of = KINDS),
	FIELD(block_draft, word,   "A browser's or member's number, a phone, a network as findings show it, a device", .min = 1, .max = 80),
	FIELD(block_draft, reason, "Why, for colleagues", .min = 2, .max = 100),
	FIELD(block_draft, days,   "For so many days; 0: for good", .min = 0, .max = DAYS_MOST));

struct block_query { struct id after; int64_t limit; };

ROW(block_query,
	FIELD(block_query, after, "Only those before this one", .optional = true),
	FIELD(block_query, limit, "How many", .min = 0, .max = 200, .optional = true));

/* ---- At a help ------------------------------------------------------------------------------------ */

static QUERY(block_hit, READS, &row_id_item, TAKES(K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_INSTANT),
	"SELECT id AS item FROM fraud_block WHERE community_id = ?1 AND (until = 0 OR until > ?7) AND ((kind = 'browser' AND word = ?2)"
	" OR (kind = 'member' AND word = ?3) OR (kind = 'phone' AND word = ?4) OR (kind = 'network' AND word = ?5)"
	" OR (kind = 'device' AND word = ?6)) LIMIT 1");

int fraud_listed(struct tx *tx, struct id community, const struct help_act *act, struct id member, struct str network, bool *ret)
{
	struct member_profile profile = { 0 };
	struct id_item hit;
	struct arena *arena = tx_arena(tx);
	int r = member.n ? member_profile_get(tx, community, member, &profile) : 0;
	if (r < 0)
		return r;
	r = tx_one(tx, &block_hit, &hit, V(community), V(str_format(arena, "%lld", (long long)act->helper.n)),
	           V(str_format(arena, "%lld", (long long)member.n)), V(phone_normal(arena, profile.phone)), V(network), V(act->device),
	           V(act->at));
	*ret = r == 0;
	return r == E_NOT_FOUND ? 0 : r;
}

/* ---- API -------------------------------------------------------------------------------------------- */

static QUERY(blocks_newest, READS, &row_block, TAKES(K_ID, K_ID, K_INT, K_ID),
	"SELECT id, kind, word, reason, until, made_at FROM fraud_block WHERE community_id = ?1 AND id < ?2 AND ?4 = 0"
	" ORDER BY id DESC LIMIT ?3");

static QUERY(block_by_id, READS, &row_block, TAKES(K_ID, K_ID),
	"SELECT id, kind, word, reason, until, made_at FROM fraud_block WHERE community_id = ?1 AND id = ?2");

static QUERY(blocks_count, READS, &row_id_item, TAKES(K_ID), "SELECT count(*) AS item FROM fraud_block WHERE community_id = ?1");

static QUERY(block_put, WRITES, &row_id_item, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_INSTANT, K_ID, K_INSTANT),
	"INSERT INTO fraud_block (community_id, id, kind, word, reason, until, made_by, made_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
	" ON CONFLICT (community_id, kind, word) DO UPDATE SET reason = excluded.reason, until = excluded.until"
	" RETURNING id AS item");

static QUERY(block_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM fraud_block WHERE community_id = ?1 AND id = ?2");

static void mask(struct request *rq, struct block *list, size_t count)
{
	for (size_t i = 0; rq->role < ROLE_ADMIN && i < count; i++)
		if (str_is(list[i].kind, "phone"))
			list[i].word = phone_masked(rq->arena, list[i].word);
}

static int get_blocks(struct request *rq, const void *in, void *out)
{
	const struct block_query *q = in;
	struct page *page = out;
	struct id_item many;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = tx_one(rq->tx, &blocks_count, &many, V(rq->community));
	if (r < 0 || (r = tx_all(rq->tx, &blocks_newest, &page->rows, V(rq->community), V(before), V(limit), V(rq->only))) < 0)
		return r;
	mask(rq, page->rows.at, page->rows.count);
	page->total = rq->only.n ? 0 : many.item.n;          /* the list is the whole community's */
	page_end(rq, page, &row_block, limit);
	return 0;
}

/* As it is compared: a phone by its digits, numbers as numbers. */
static int plain_word(struct request *rq, const struct block_draft *d, struct str *ret)
{
	struct str word = str_trim(d->word);
	int64_t number;
	if (str_is(d->kind, "phone"))
		word = phone_normal(rq->arena, word);
	bool good = word.len && (!str_among(d->kind, "browser member") || (str_to_int(word, &number) && number > 0));
	*ret = word;
	return good ? 0 : rq_complain(rq, E_BAD_PATTERN, S("word"));
}

static int post_block(struct request *rq, const void *in, void *out)
{
	const struct block_draft *d = in;
	struct id_item many, id;
	struct str word;
	struct instant until = { d->days ? tx_now(rq->tx).ms + d->days * DAY : 0 };
	int r = plain_word(rq, d, &word);
	if (r < 0 || (r = tx_one(rq->tx, &blocks_count, &many, V(rq->community))) < 0)
		return r;
	if (many.item.n >= BLOCKS_MOST)
		return E_TOO_MANY;
	r = tx_one(rq->tx, &block_put, &id, V(rq->community), V(tx_new_id(rq->tx)), V(d->kind), V(word), V(d->reason), V(until),
	           V(rq->account), V(tx_now(rq->tx)));
	fraud_limits_changed();
	if (r < 0 || (r = audit_note(rq, "fraud_listed", id.item, d->reason)) < 0 ||
	    (r = tx_one(rq->tx, &block_by_id, out, V(rq->community), V(id.item))) < 0)
		return r;
	mask(rq, out, 1);
	return 0;
}

static int delete_block(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	int r = tx_run(rq->tx, &block_drop, V(rq->community), V(rq->path_id));
	fraud_limits_changed();
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	return audit_note(rq, "fraud_unlisted", rq->path_id, S(""));
}

/* ---- What is kept about people ------------------------------------------------------------------------ */

static QUERY(block_forget_browser, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM fraud_block WHERE community_id = ?1 AND kind = 'browser' AND word = CAST(?2 AS TEXT)");

static QUERY(block_forget_member, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM fraud_block WHERE community_id = ?1 AND kind = 'member' AND word = CAST(?2 AS TEXT)");

static const struct personal personal[] = {
	{ "fraud_block", .by = BY_VISITOR, .erases = { &block_forget_browser } },
	{ "fraud_block", .by = BY_MEMBER,  .erases = { &block_forget_member } },
	{ 0 },
};

static const struct route routes[] = {
	{ "GET",    "/fraud/blocks",      ROLE_READER,   get_blocks,   &row_block_query, &row_block, "Whose helps are looked at first, newest first", OUT_PAGE },
	{ "POST",   "/fraud/blocks",      ROLE_OPERATOR, post_block,   &row_block_draft, &row_block, "Put somebody on the list; again: with another reason or time" },
	{ "DELETE", "/fraud/blocks/{id}", ROLE_OPERATOR, delete_block, NULL, NULL, "Take somebody off the list", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&block_hit, &blocks_newest, &block_by_id, &blocks_count, &block_put, &block_drop, &block_forget_browser, &block_forget_member, NULL,
};

const struct feature feature_fraud_block = {
	.name = "fraud_block", .api = "campaigns", .routes = routes, .queries = queries, .personal = personal,
};
