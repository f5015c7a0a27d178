/* turn.c: one transaction of a worker: what came of sends is noted, queues are given back, others are taken.
 *
 * Story      A worker has 40 queues in hand. In one commit it notes 300 sends as sent, gives 20 queues back (each says again
 *            when its first send may go), looks whether somebody pressed the freeze switch, and takes 20 other queues with
 *            up to HELD_SENDS sends each, every one of them asked of the brakes and counted.
 * Owns       send_worker; moves rows of send and send_queue.
 * Holds      A queue has one holder, and only the holder's sends of it leave. A worker that is not heard of for its lease is
 *            buried: its queues are free again. What it notes after all still counts: the platform said it.
 *            A send noted as sent is never taken again: only `waiting` ones are.
 *            The action may run again: it fills `empty`, marks nothing in what it was given but `halted` and `lost`.
 * Test       outbox_test.c.
 */
#include "channel/outbox/inside.h"

#include "people/community.h"

#define TRIES_MOST    20
#define BACKOFF_MOST  HOUR
#define CLOSED_LOOK   (10 * MINUTE)     /* a community that is closed for now is asked about again after */

/* ---- Rows ------------------------------------------------------------------------------------- */

struct queue_row { struct id community_id, channel_id, target_id; };

ROW(queue_row,
	FIELD(queue_row, community_id, "Community"),
	FIELD(queue_row, channel_id,   "Channel"),
	FIELD(queue_row, target_id,    "Group or member"));

struct head { struct id id; struct instant turn_at, due_at; };

ROW(head,
	FIELD(head, id,      "Send"),
	FIELD(head, turn_at, "Place in the queue"),
	FIELD(head, due_at,  "Not before"));

struct any_ready { bool item; };

ROW(any_ready,
	FIELD(any_ready, item, "Is there one?"));

/* ---- Rules -------------------------------------------------------------------------------------------- */

/* Doubling; up to a quarter is taken off by chance, so that what failed together does not come back together. */
static int64_t backoff_after(int64_t pause, int64_t tries, uint64_t chance)
{
	for (int64_t i = 0; i < tries && pause < BACKOFF_MOST; i++)
		pause *= 2;
	if (pause > BACKOFF_MOST)
		pause = BACKOFF_MOST;
	return pause - (int64_t)(chance % (uint64_t)(pause / 4 + 1));
}

/* ---- The worker's own row -------------------------------------------------------------------------------- */

static QUERY(worker_renew, WRITES, NULL, TAKES(K_ID, K_INSTANT), "UPDATE send_worker SET alive_until = ?2 WHERE id = ?1");

static QUERY(worker_insert, WRITES, NULL, TAKES(K_ID, K_INSTANT),
	"INSERT INTO send_worker (id, alive_until) VALUES (?1, ?2)");

static QUERY(workers_dead, READS, &row_id_item, TAKES(K_INSTANT),
	"SELECT id AS item FROM send_worker WHERE alive_until < ?1 ORDER BY id LIMIT 100", .scans = true);

/* Nobody lived to say what became of the first send of each of its queues: that was a try, lest one that ends the program
 * does so for ever. */
static QUERY(dead_tried, WRITES, NULL, TAKES(K_ID),
	"UPDATE send SET tries = tries + 1 WHERE (community_id, id) IN (SELECT q.community_id, (SELECT s.id FROM send s"
	" WHERE s.community_id = q.community_id AND s.channel_id = q.channel_id AND s.target_id = q.target_id AND s.state = 'waiting'"
	" ORDER BY s.turn_at, s.id LIMIT 1) FROM send_queue q WHERE q.holder_id = ?1 AND q.holder_id <> 0)");

static QUERY(dead_free, WRITES, NULL, TAKES(K_ID, K_INSTANT),
	"UPDATE send_queue SET holder_id = 0, ready_at = ?2 WHERE holder_id = ?1 AND holder_id <> 0");

static QUERY(worker_drop, WRITES, NULL, TAKES(K_ID), "DELETE FROM send_worker WHERE id = ?1");

static int bury(struct tx *tx, struct id worker)
{
	int r = tx_run(tx, &dead_tried, V(worker));
	if (r < 0 || (r = tx_run(tx, &dead_free, V(worker), V(tx_now(tx)))) < 0)
		return r;
	return tx_run(tx, &worker_drop, V(worker));
}

static int renew(struct tx *tx, struct turn *t)
{
	struct instant until = { tx_now(tx).ms + t->lease_ms };
	struct rows dead;
	int r = tx_run(tx, &worker_renew, V(t->worker), V(until));
	t->lost = r == 0;
	if (r == 0)
		r = tx_run(tx, &worker_insert, V(t->worker), V(until));
	if (r < 0 || (r = tx_all(tx, &workers_dead, &dead, V(tx_now(tx)))) < 0)
		return r;
	const struct id_item *id = dead.at;
	for (size_t i = 0; r >= 0 && i < dead.count; i++)
		r = bury(tx, id[i].item);
	return r;
}

/* Going in peace: nothing it had was on its way. */
int turn_leave(struct tx *tx, void *worker)
{
	const struct id *id = worker;
	int r = tx_run(tx, &dead_free, V(*id), V(tx_now(tx)));
	return r < 0 ? r : tx_run(tx, &worker_drop, V(*id));
}

/* ---- Noting ------------------------------------------------------------------------------------------------ */

static QUERY(send_sent, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"UPDATE send SET state = 'sent', number = ?3, ended_at = ?4, why = '', tries = tries + 1 WHERE community_id = ?1 AND id = ?2"
	" AND state <> 'sent'");

static QUERY(send_confirm, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR),
	"UPDATE send SET state = 'confirm', number = ?3, why = ?4, tries = tries + 1 WHERE community_id = ?1 AND id = ?2"
	" AND state = 'waiting'");

static QUERY(send_later, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_STR, K_INT),
	"UPDATE send SET due_at = ?3, why = ?4, tries = tries + ?5 WHERE community_id = ?1 AND id = ?2 AND state = 'waiting'");

static QUERY(send_dead, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_INT),
	"UPDATE send SET state = 'dead', why = ?3, ended_at = ?4, tries = tries + ?5 WHERE community_id = ?1 AND id = ?2"
	" AND state = 'waiting'");

#define WHY_MOST 500

static struct str why_of(const struct load *l)
{
	struct str why = l->result < 0 ? str_of(err_word(l->result)) : l->delivery.why;
	if (why.len > WHY_MOST)
		for (why.len = WHY_MOST; why.len && (why.at[why.len] & 0xc0) == 0x80; why.len--)
			;
	return why;
}

static int give_up(struct tx *tx, struct id community, const struct send_row *s, struct str why, int64_t tried)
{
	int r = tx_run(tx, &send_dead, V(community), V(s->id), V(why), V(tx_now(tx)), V(tried));
	return r <= 0 ? r : send_say(tx, community, SEND_DEAD, s);
}

static QUERY(send_arrived, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE send SET arrived_at = ?3 WHERE community_id = ?1 AND id = ?2 AND state = 'sent' AND arrived_at = 0");
/* Confirmed by a colleague, or not: the platform was given it long before. */
static QUERY(send_confirmed, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE send SET state = 'sent', why = '', ended_at = ?3, arrived_at = ?3 WHERE community_id = ?1 AND id = ?2 AND state = 'confirm'");
static QUERY(send_unconfirmed, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"UPDATE send SET state = ?3, why = ?4, ended_at = ?5 WHERE community_id = ?1 AND id = ?2 AND state = 'confirm'");
static QUERY(send_lost, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE send SET state = 'dead', why = ?3 WHERE community_id = ?1 AND id = ?2 AND state = 'sent'");
static QUERY(send_row_by_id, READS, &row_send_row, TAKES(K_ID, K_ID),
	"SELECT " SEND_COLUMNS " FROM send WHERE community_id = ?1 AND id = ?2");

/* What was said belongs to the group's history. */
static int say_message(struct tx *tx, struct id community, const struct send_row *s, struct str number)
{
	if (!str_among(s->what, "text image link file notice"))
		return 0;
	struct str text = send_text(tx_arena(tx), s->body, str_is(s->what, "link") ? "title" : str_is(s->what, "file") ? "name" : "text");
	struct message said = {
		.group_id = s->group_id, .channel_id = s->channel_id, .to_id = s->group_id.n ? (struct id){ 0 } : s->member_id,
		.number = number, .kind = s->what, .text = text,
	};
	int r = message_said(tx, community, &said, NULL);
	return r == E_NOT_FOUND ? 0 : r;          /* the group went meanwhile; that it was sent is noted all the same */
}

static int report_confirmed(struct tx *tx, struct id community, const struct send_row *s, struct str why)
{
	int r = why.len ? tx_run(tx, &send_unconfirmed, V(community), V(s->id), V(S("dead")), V(why), V(tx_now(tx)))
	                : tx_run(tx, &send_confirmed, V(community), V(s->id), V(tx_now(tx)));
	if (r > 0 && !why.len)
		r = say_message(tx, community, s, s->number);
	if (r >= 0)
		r = send_say(tx, community, why.len ? SEND_DEAD : SEND_SENT, s);
	return r < 0 ? r : 1;
}

int outbox_report(struct tx *tx, struct id community, struct id send, struct str why)
{
	struct send_row s;
	int r = tx_one(tx, &send_row_by_id, &s, V(community), V(send));
	if (r < 0)
		return r == E_NOT_FOUND ? 1 : r;          /* forgotten meanwhile */
	if (str_is(s.state, "confirm"))
		return report_confirmed(tx, community, &s, why);
	if (!str_is(s.state, "sent"))
		return !str_is(s.state, "waiting");
	r = why.len ? tx_run(tx, &send_lost, V(community), V(send), V(why)) : tx_run(tx, &send_arrived, V(community), V(send), V(tx_now(tx)));
	if (r > 0 && why.len)
		r = send_say(tx, community, SEND_DEAD, &s);
	return r < 0 ? r : 1;
}

int outbox_withdrawn(struct tx *tx, struct id community, struct id send)
{
	struct send_row s;
	int r = tx_one(tx, &send_row_by_id, &s, V(community), V(send));
	if (r < 0 || !str_is(s.state, "confirm"))
		return r == E_NOT_FOUND ? 1 : r < 0 ? r : !str_is(s.state, "waiting");
	r = tx_run(tx, &send_unconfirmed, V(community), V(send), V(S("cancelled")), V(S("")), V(tx_now(tx)));
	return r < 0 || (r = send_say(tx, community, SEND_CHANGED, &s)) < 0 ? r : 1;
}

static int note_sent(struct tx *tx, const struct load *l)
{
	struct id community = l->held->community;
	int r = tx_run(tx, &send_sent, V(community), V(l->row.id), V(l->delivery.number), V(tx_now(tx)));
	if (r <= 0)
		return r;
	if (!l->delivery.kept)
		r = say_message(tx, community, &l->row, l->delivery.number);
	return r < 0 ? r : send_say(tx, community, SEND_SENT, &l->row);
}

static int note_later(struct tx *tx, const struct turn *t, const struct load *l)
{
	struct id community = l->held->community;
	struct instant again = l->result < 0 ? (struct instant){ 0 } : l->delivery.again;
	if (l->row.tries + 1 >= TRIES_MOST)
		return give_up(tx, community, &l->row, why_of(l), 1);
	if (again.ms <= tx_now(tx).ms)
		again.ms = tx_now(tx).ms + backoff_after(t->backoff_ms, l->row.tries, secret_random_below(UINT32_MAX));
	return tx_run(tx, &send_later, V(community), V(l->row.id), V(again), V(why_of(l)), V(INT64_C(1)));
}

static int note_quota(struct tx *tx, const struct load *l)
{
	struct id community = l->held->community;
	struct instant again = l->delivery.again;
	if (again.ms <= tx_now(tx).ms)
		again.ms = tx_now(tx).ms + MINUTE;
	int r = brake_close(tx, community, l->row.channel_id, l->row.what, again);
	return r < 0 ? r : tx_run(tx, &send_later, V(community), V(l->row.id), V(again), V(why_of(l)), V(INT64_C(0)));
}

static int note_hand(struct tx *tx, const struct load *l)
{
	int r = send_to_hand(tx, l->held->community, l->row.id, why_of(l));
	return r < 0 ? r : send_say(tx, l->held->community, SEND_CHANGED, &l->row);
}

static int note_confirm(struct tx *tx, const struct load *l)
{
	struct id community = l->held->community;
	int r = tx_run(tx, &send_confirm, V(community), V(l->row.id), V(l->delivery.number), V(why_of(l)));
	return r <= 0 ? r : send_say(tx, community, SEND_CHANGED, &l->row);
}

static int note(struct tx *tx, const struct turn *t, struct tally *tally, const struct load *l)
{
	enum delivered outcome = l->result < 0 ? NOT_NOW : l->delivery.outcome;
	int r = outcome == DELIVERED || outcome == TO_CONFIRM ? 0 : tally_give_back(tally, l->held->community, &l->counts);
	if (r < 0)
		return r;
	switch (outcome) {
	case DELIVERED:  return note_sent(tx, l);
	case NOT_NOW:    return note_later(tx, t, l);
	case QUOTA_USED: return note_quota(tx, l);
	case NEVER:      return give_up(tx, l->held->community, &l->row, why_of(l), 1);
	case BY_HAND:    return note_hand(tx, l);
	case TO_CONFIRM: return note_confirm(tx, l);
	}
	return E_INVALID;
}

/* ---- Giving back -------------------------------------------------------------------------------------------- */

#define OF_QUEUE " WHERE community_id = ?1 AND channel_id = ?2 AND target_id = ?3"

static QUERY(queue_head, READS, &row_head, TAKES(K_ID, K_ID, K_ID),
	"SELECT id, turn_at, due_at FROM send" OF_QUEUE " AND state = 'waiting' ORDER BY turn_at, id LIMIT 1");

static QUERY(queue_free, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_INSTANT, K_INSTANT),
	"UPDATE send_queue SET holder_id = 0, ready_at = ?5, turn_at = ?6" OF_QUEUE " AND holder_id = ?4");

static QUERY(queue_drop, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID),
	"DELETE FROM send_queue" OF_QUEUE " AND holder_id = ?4");

/* `from` is who holds it now. Not before `not_before`. */
static int queue_end(struct tx *tx, const struct queue_row *q, struct id from, struct instant not_before)
{
	struct head head;
	int r = tx_one(tx, &queue_head, &head, V(q->community_id), V(q->channel_id), V(q->target_id));
	if (r == E_NOT_FOUND)
		return tx_run(tx, &queue_drop, V(q->community_id), V(q->channel_id), V(q->target_id), V(from));
	if (r < 0)
		return r;
	struct instant ready = head.due_at.ms > not_before.ms ? head.due_at : not_before;
	return tx_run(tx, &queue_free, V(q->community_id), V(q->channel_id), V(q->target_id), V(from), V(ready), V(head.turn_at));
}

static int give_back(struct tx *tx, struct tally *tally, struct id worker, const struct held *h)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < h->count; i++)
		if (!h->loads[i].tried)
			r = tally_give_back(tally, h->community, &h->loads[i].counts);
	struct queue_row q = { h->community, h->channel_id, h->target_id };
	return r < 0 ? r : queue_end(tx, &q, worker, (struct instant){ 0 });
}

/* ---- Taking --------------------------------------------------------------------------------------------------- */

#define READY "SELECT community_id, channel_id, target_id FROM send_queue WHERE holder_id = 0 AND ready_at <= ?1" \
	" AND channel_id <> ?2 AND channel_id <> ?3 ORDER BY ready_at, turn_at LIMIT ?4"

static QUERY(queues_ready, WRITES, &row_queue_row, TAKES(K_INSTANT, K_ID, K_ID, K_INT), READY, .pg = READY " FOR UPDATE SKIP LOCKED");

static QUERY(queue_any_ready, READS, &row_any_ready, TAKES(K_INSTANT),
	"SELECT EXISTS (SELECT 1 FROM send_queue WHERE holder_id = 0 AND ready_at <= ?1)"
	" OR EXISTS (SELECT 1 FROM send_worker WHERE alive_until < ?1) AS item", .scans = true);

static QUERY(queue_heads, READS, &row_send_row, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT " SEND_COLUMNS " FROM send" OF_QUEUE " AND state = 'waiting' ORDER BY turn_at, id LIMIT ?4");

static QUERY(queue_hold, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_INSTANT, K_ID),
	"UPDATE send_queue SET holder_id = ?4, held_turn = ?5, held_id = ?6" OF_QUEUE);

/* What is less urgent stands where the end of the quiet, or tomorrow, stands; in the same order. */
static QUERY(queue_postpone, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"UPDATE send SET turn_at = ?4, due_at = ?4" OF_QUEUE " AND state = 'waiting' AND NOT prompt AND turn_at < ?4");

static QUERY(queue_to_hands, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR),
	"UPDATE send SET state = 'hand', why = ?4" OF_QUEUE " AND state = 'waiting'");

int turn_ready(struct tx *tx, void *ret_bool)
{
	struct any_ready any;
	int r = tx_one(tx, &queue_any_ready, &any, V(tx_now(tx)));
	if (r == 0)
		*(bool *)ret_bool = any.item;
	return r;
}

/* What queues of one community have in common, read once in an action. */
struct ward { struct id community; struct brake brake; const struct zone *zone; bool closed; };
#define WARDS 32
struct wards { struct ward at[WARDS]; size_t count, next; };

static int ward_of(struct tx *tx, struct wards *w, struct id community, struct ward **ret)
{
	struct community card;
	for (size_t i = 0; i < w->count; i++)
		if (w->at[i].community.n == community.n) {
			*ret = &w->at[i];
			return 0;
		}
	struct ward *ward = &w->at[w->next];
	*ward = (struct ward){ .community = community };
	int r = brake_get(tx, community, &ward->brake), open = r < 0 ? r : community_changeable(tx, community);
	if (r == 0)
		r = community_get(tx, community, &card);
	if (r == E_NOT_FOUND || open == E_NOT_FOUND)
		open = E_COMMUNITY_CLOSED;        /* it is being erased */
	else if (r < 0 || (open < 0 && open != E_COMMUNITY_CLOSED))
		return r < 0 ? r : open;
	else
		ward->zone = community_zone(&card);
	ward->closed = open == E_COMMUNITY_CLOSED;
	w->next = (w->next + 1) % WARDS;
	w->count += w->count < WARDS;
	*ret = ward;
	return 0;
}

/* The channel, and whom it knows the target as. 0: it can go on; 1: only people can. */
static int address(struct tx *tx, const struct queue_row *q, const struct send_row *s, struct channel *channel, struct send *send)
{
	struct channel lives;
	int r = channel_get(tx, q->community_id, q->channel_id, channel);
	if (r == E_NOT_FOUND)
		return 1;
	if (r < 0 || str_is(channel->state, "off"))
		return r < 0 ? r : 1;
	if (s->group_id.n) {
		r = channel_of_group(tx, q->community_id, s->group_id, &lives, &send->group);
		if (r < 0 || lives.id.n != channel->id.n)
			return r < 0 && r != E_NOT_FOUND ? r : 1;
	}
	r = s->member_id.n ? channel_subject(tx, q->community_id, channel, s->member_id, &send->person) : 0;
	if (r == E_NOT_FOUND)
		return s->group_id.n ? 0 : 1;     /* beside a group the connector says what it misses */
	return r;
}

struct taking { struct tx *tx; struct tally *tally; struct ward *ward; const struct queue_row *queue; struct held *held; };

/* One send of the queue: taken (1), over (0), or the queue stops here: *ret_until says until when, and *ret_move whether what is
 * not prompt moves there. */
enum take { TAKEN, PASSED, STOPPED, MOVED };
static int take_send(const struct taking *t, const struct send_row *s, enum take *ret, struct instant *ret_until)
{
	struct held *h = t->held;
	struct load *l = &h->loads[h->count];
	enum verdict verdict;
	int r;
	*ret = STOPPED, *ret_until = s->due_at;
	if (s->due_at.ms > tx_now(t->tx).ms)
		return 0;
	*ret = PASSED;
	if (s->expires_at.ms && s->expires_at.ms <= tx_now(t->tx).ms)
		return give_up(t->tx, h->community, s, s->why.len ? s->why : S("expired"), 0);
	if (s->tries >= TRIES_MOST)
		return give_up(t->tx, h->community, s, s->why.len ? s->why : S("the program ended each time"), 0);
	struct asked asked = { h->community, &t->ward->brake, t->ward->zone, &h->channel, s };
	*l = (struct load){ .held = h, .row = *s };
	if ((r = brake_ask(t->tally, &asked, &l->counts, &verdict, ret_until)) < 0)
		return r;
	*ret = verdict == GO ? TAKEN : verdict == LATER ? MOVED : STOPPED;
	if (verdict != GO)
		return 0;
	l->send = (struct send){
		.id = s->id, .community = h->community, .what = s->what, .body = s->body, .key = s->key, .group_id = s->group_id,
		.member_id = s->member_id, .tries = s->tries, .put_at = s->put_at,
	};
	h->count++;
	return 0;
}

static int hold(const struct taking *t, struct id worker)
{
	const struct send_row *last = &t->held->loads[t->held->count - 1].row;
	const struct queue_row *q = t->queue;
	return tx_run(t->tx, &queue_hold, V(q->community_id), V(q->channel_id), V(q->target_id), V(worker), V(last->turn_at), V(last->id));
}

static int to_hands(const struct taking *t)
{
	const struct queue_row *q = t->queue;
	struct event e = { .subject = q->target_id, .via = q->channel_id };
	int r = tx_run(t->tx, &queue_to_hands, V(q->community_id), V(q->channel_id), V(q->target_id), V(S("")));
	if (r < 0 || (r = event_emit(t->tx, q->community_id, &outbox_events[SEND_CHANGED], &e)) < 0)
		return r;
	return queue_end(t->tx, q, (struct id){ 0 }, (struct instant){ 0 });
}

/* Of the queue's first sends those that may leave now. Then it is held; else it says when to look again. */
static int take_queue(const struct taking *t, struct id worker)
{
	const struct queue_row *q = t->queue;
	struct held *h = t->held;
	struct instant until = { 0 };
	enum take what = PASSED;
	struct rows rows;
	int r = tx_all(t->tx, &queue_heads, &rows, V(q->community_id), V(q->channel_id), V(q->target_id), V((int64_t)HELD_SENDS));
	const struct send_row *s = r < 0 ? NULL : rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count && (what == TAKEN || what == PASSED); i++) {
		struct send whom = { 0 };
		if ((r = address(t->tx, q, &s[i], &h->channel, &whom)) > 0 && h->count == 0)
			return to_hands(t);
		if (r > 0) {
			r = 0;                        /* once those before it have left, its turn comes again */
			break;
		}
		if (r < 0 || (r = take_send(t, &s[i], &what, &until)) < 0)
			return r;
		if (what == TAKEN) {
			struct load *l = &h->loads[h->count - 1];
			l->send.group = whom.group, l->send.person = whom.person;
		}
	}
	if (r < 0)
		return r;
	if (what == MOVED && (r = tx_run(t->tx, &queue_postpone, V(q->community_id), V(q->channel_id), V(q->target_id), V(until))) < 0)
		return r;
	if (h->count)
		return hold(t, worker);
	return queue_end(t->tx, q, (struct id){ 0 }, what == STOPPED ? until : (struct instant){ 0 });
}

static QUERY(queue_park, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"UPDATE send_queue SET ready_at = ?4" OF_QUEUE " AND holder_id = 0");

static void held_begin(struct held *h, const struct queue_row *q)
{
	struct arena arena = h->arena;
	*h = (struct held){ .arena = arena, .community = q->community_id, .channel_id = q->channel_id, .target_id = q->target_id };
	arena_reset(&h->arena);
}

static int take(struct tx *tx, struct turn *t, struct tally *tally, struct wards *wards)
{
	struct rows rows;
	t->taken = 0;
	if (t->empty_count == 0)
		return 0;
	int r = tx_all(tx, &queues_ready, &rows, V(tx_now(tx)), V(t->busy[0]), V(t->busy[1]), V((int64_t)t->empty_count));
	const struct queue_row *q = r < 0 ? NULL : rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		struct held *h = t->empty[t->taken];
		struct taking taking = { tx, tally, NULL, &q[i], h };
		if ((r = ward_of(tx, wards, q[i].community_id, &taking.ward)) < 0)
			return r;
		if (brake_frozen(&taking.ward->brake) || taking.ward->closed) {
			struct instant look = { tx_now(tx).ms + CLOSED_LOOK };
			r = tx_run(tx, &queue_park, V(q[i].community_id), V(q[i].channel_id), V(q[i].target_id),
			           V(taking.ward->closed ? look : FOREVER));
			continue;
		}
		held_begin(h, &q[i]);
		struct arena *before = tx_use_arena(tx, &h->arena);
		r = take_queue(&taking, t->worker);
		tx_use_arena(tx, before);
		if (r >= 0 && arena_failed(&h->arena))
			r = E_MEMORY;
		if (r >= 0 && h->count) {
			h->connector = connector_of(h->channel.kind);
			t->taken++;
		}
	}
	return r;
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

static int halt_frozen(struct tx *tx, struct turn *t, struct wards *wards)
{
	for (size_t i = 0; i < t->holding_count; i++) {
		struct ward *ward;
		int r = ward_of(tx, wards, t->holding[i]->community, &ward);
		if (r < 0)
			return r;
		if (brake_frozen(&ward->brake) || ward->closed)
			t->holding[i]->halted = true;
	}
	return 0;
}

int turn_action(struct tx *tx, void *arg)
{
	struct turn *t = arg;
	struct wards *wards = ARENA_NEW(tx_arena(tx), struct wards);
	struct tally tally;
	int r = wards ? tally_open(tx, &tally) : E_MEMORY;
	if (r >= 0 && t->renew)
		r = renew(tx, t);
	for (const struct load *l = t->done; r >= 0 && l; l = l->next)
		r = note(tx, t, &tally, l);
	for (const struct held *h = t->over; r >= 0 && h; h = h->next)
		r = give_back(tx, &tally, t->worker, h);
	if (r < 0 || (r = halt_frozen(tx, t, wards)) < 0 || (r = take(tx, t, &tally, wards)) < 0)
		return r;
	return tally_write(&tally);
}

static const struct query *const queries[] = {
	&worker_renew, &worker_insert, &workers_dead, &dead_tried, &dead_free, &worker_drop, &send_sent, &send_later, &send_dead,
	&send_confirm, &send_confirmed, &send_unconfirmed, &send_arrived, &send_lost, &send_row_by_id,
	&queue_head, &queue_free, &queue_drop, &queues_ready, &queue_any_ready, &queue_heads, &queue_hold, &queue_postpone,
	&queue_to_hands, &queue_park, NULL,
};

const struct feature feature_outbox_turn = { .name = "outbox_turn", .queries = queries };
