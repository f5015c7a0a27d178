/* receipt.c: what became of a template message: the platform takes it at once, and says some seconds later whether it arrived.
 *
 * Story      "还差 1 位" is taken for 林晓; two seconds later the platform says that she has blocked the account. The send, noted as
 *            sent, lies with the dead letters from then on, with those words.
 * How        Which comes first, our note of the number or the platform's word, is open: both are rows here, and a job brings them
 *            together with the send once that is noted.
 * Owns       mp_receipt
 * Test       mp_test.c
 */
#include "channel/mp/mp.h"

#define KEPT_DAYS  3
#define WAIT       (2 * SECOND)
#define STATUS_MAX 100

struct receipt { struct id send_id; struct str status; };

ROW(receipt,
	FIELD(receipt, send_id, "Send"),
	FIELD(receipt, status,  "What became of it"));

static QUERY(mp_receipt_sent, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_ID, K_INSTANT),
	"INSERT INTO mp_receipt (community_id, channel_id, number, send_id, status, at) VALUES (?1, ?2, ?3, ?4, '', ?5)"
	" ON CONFLICT (community_id, channel_id, number) DO UPDATE SET send_id = excluded.send_id");

static QUERY(mp_receipt_told, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO mp_receipt (community_id, channel_id, number, send_id, status, at) VALUES (?1, ?2, ?3, 0, ?4, ?5)"
	" ON CONFLICT (community_id, channel_id, number) DO UPDATE SET status = excluded.status");

static QUERY(mp_receipt_get, READS, &row_receipt, TAKES(K_ID, K_ID, K_STR),
	"SELECT send_id, status FROM mp_receipt WHERE community_id = ?1 AND channel_id = ?2 AND number = ?3");

static QUERY(mp_receipt_old, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_INT),
	"DELETE FROM mp_receipt WHERE community_id = ?1 AND (channel_id, number) IN (SELECT channel_id, number FROM mp_receipt"
	" WHERE community_id = ?1 AND at < ?2 ORDER BY at LIMIT ?3)");

static const struct job_kind jobs[];

int mp_receipt_of(struct tx *tx, struct id community, struct id channel, struct str number, struct id send)
{
	int r = tx_run(tx, &mp_receipt_sent, V(community), V(channel), V(number), V(send), V(tx_now(tx)));
	return r < 0 ? r : 0;
}

int mp_receipt_says(struct tx *tx, struct id community, struct id channel, struct str number, struct str status)
{
	if (!number.len || number.len > 40)
		return 0;
	status.len = status.len < STATUS_MAX ? status.len : STATUS_MAX;
	int r = tx_run(tx, &mp_receipt_told, V(community), V(channel), V(number), V(status), V(tx_now(tx)));
	return r < 0 ? r : job_add(tx, community, &jobs[0], str_format(tx_arena(tx), "%lld %.*s", (long long)channel.n, STR(number)), S(""),
	                           (struct instant){ tx_now(tx).ms + WAIT });
}

struct bringing { struct id community, channel; struct str number; bool later; };

static int bring(struct tx *tx, void *arg)
{
	struct bringing *b = arg;
	struct receipt got;
	int r = tx_one(tx, &mp_receipt_get, &got, V(b->community), V(b->channel), V(b->number));
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	bool arrived = str_is(got.status, "success");
	r = got.send_id.n ? outbox_report(tx, b->community, got.send_id, arrived ? S("") : got.status) : 0;
	b->later = r == 0;
	return r <= 0 ? r : event_emit(tx, b->community, &mp_events[MP_TEMPLATE_DONE], &(struct event){
		.subject = b->channel, .object = got.send_id, .word = arrived ? S("success") : S("failed"), .n = 1 });
}

/* What another program sent with the same account is nobody's here: tried some times, then let be. */
static int run_receipt(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct bringing b = { .community = job->community };
	struct str rest = job->key;
	if (!str_to_int(str_cut(&rest, ' '), &b.channel.n))
		return 0;
	b.number = rest;
	int r = store_write(jc->store, job->community, jc->arena, bring, &b);
	if (r >= 0 && b.later)
		*ret_why = S("the send is not noted yet");
	return r < 0 ? r : b.later ? E_NOT_SENT : 0;
}

static int run_sweep(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return community_sweep(jc->store, jc->arena, &mp_receipt_old, KEPT_DAYS * DAY);
}

static const struct job_kind jobs[] = {
	{ "mp_receipt",  "Notes what became of a template message", run_receipt, .tries_max = 6, .backoff_ms = 2 * SECOND },
	{ "mp_receipts", "Forgets what became of template messages days ago", run_sweep, .every_ms = 6 * HOUR },
	{ 0 },
};

static const struct query *const queries[] = { &mp_receipt_sent, &mp_receipt_told, &mp_receipt_get, &mp_receipt_old, NULL };

const struct feature feature_mp_receipt = { .name = "mp_receipt", .queries = queries, .jobs = jobs };
