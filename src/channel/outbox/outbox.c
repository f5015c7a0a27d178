/* outbox.c: sends are promised, taken back, handed to people; see outbox.h.
 *
 * Not here   Delivering (turn.c, worker.c), what holds back (brake.c), what staff see (desk.c, sheet.c).
 * Owns       send, send_queue.
 * Holds      A send that waits has a row of its queue, and that row's ready_at is not later than the first of them may go:
 *            whoever changes a send's state, turn or due time sees to it (queue_touch).
 * Test       outbox_test.c.
 */
#include "channel/outbox/inside.h"

#include <jansson.h>
#include <stdatomic.h>

#include "base/json.h"
#include "http/personal.h"
#include "people/member.h"
#include "people/merge.h"

#define WHATS "text image link file rename card title mute kick recall notice template welcome event answer"

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW_PUBLIC(send_row,
	FIELD(send_row, id,         "Send"),
	FIELD(send_row, channel_id, "Channel"),
	FIELD(send_row, target_id,  "Group, or else member"),
	FIELD(send_row, group_id,   "Group"),
	FIELD(send_row, member_id,  "Member"),
	FIELD(send_row, what,       "What is to be done"),
	FIELD(send_row, body,       "With what"),
	FIELD(send_row, key,        "What names it"),
	FIELD(send_row, reason,     "Why"),
	FIELD(send_row, source_id,  "What wanted it"),
	FIELD(send_row, actor_id,   "Who pressed a button"),
	FIELD(send_row, prompt,     "Answers what the person just did"),
	FIELD(send_row, state,      "What became of it"),
	FIELD(send_row, why,        "What the platform said"),
	FIELD(send_row, number,     "The platform's number"),
	FIELD(send_row, turn_at,    "Place in the queue"),
	FIELD(send_row, due_at,     "Not before"),
	FIELD(send_row, expires_at, "Of no use after"),
	FIELD(send_row, put_at,     "When it was put"),
	FIELD(send_row, ended_at,   "When that was over"),
	FIELD(send_row, tries,      "How often it was tried"));

/* ---- Rules ---------------------------------------------------------------------------------------- */

/* What a connector must be able to do for it. */
static unsigned needs(const char *what, bool to_person)
{
	static const struct { const char *what; unsigned can; bool says; } all[] = {
		{ "text", CAN_TEXT, true }, { "image", CAN_IMAGE, true }, { "link", CAN_LINK, true }, { "file", CAN_FILE, true },
		{ "notice", CAN_TEXT, true }, { "template", CAN_TELL, false }, { "welcome", CAN_TELL, false },
		{ "rename", CAN_RENAME, false }, { "card", CAN_CARD, false }, { "title", CAN_TITLE, false }, { "mute", CAN_MUTE, false }, { "kick", CAN_KICK, false },
		{ "recall", CAN_RECALL, false }, { "event", CAN_EVENTS, false },
		{ "answer", CAN_ADMIT, false },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(what, all[i].what) == 0)
			return !(to_person && all[i].says) ? all[i].can : CAN_TELL | (all[i].can == CAN_TEXT ? 0 : all[i].can);
	return 0;
}

static bool can_do(const struct channel *channel, const char *what, bool to_person)
{
	const struct connector *c = connector_of(channel->kind);
	unsigned wanted = needs(what, to_person);
	return c && c->deliver && !str_is(channel->state, "off") && (c->can & wanted) == wanted;
}

struct str send_text(struct arena *arena, struct str body, const char *field)
{
	json_t *json = json_loadb(body.at, body.len, 0, NULL);
	json_t *value = json_object_get(json, field);
	struct str text = json_is_string(value)
		? str_copy(arena, (struct str){ json_string_value(value), json_string_length(value) }) : S("");
	json_decref(json);
	return text;
}

static int check_outgoing(struct arena *arena, const struct outgoing *o)
{
	struct str same;
	if (!str_among(str_of(o->what), WHATS))
		return E_INVALID;
	if (o->key.len == 0 || o->key.len > SEND_KEY_MAX || o->body.len > SEND_BODY_MAX)
		return E_TOO_LONG;
	bool to_program = strcmp(o->what, "event") == 0 && o->channel.n;
	if (!o->group.n && !o->member.n && !to_program)
		return E_NOT_FOUND;
	int r = json_canonical(o->body, NULL, arena, &same);
	return r == E_MEMORY ? r : r < 0 || o->body.at[0] != '{' ? E_INVALID : 0;
}

/* ---- Events ----------------------------------------------------------------------------------------- */

const struct event_kind outbox_events[] = {
	[SEND_PUT] = { "send_put", "Something is to be said or done in a group, or to a member", "send" },
	[SEND_SENT] = { "send_sent", "The platform took it", "send" },
	[SEND_DEAD] = { "send_dead", "It could not be delivered and was given up", "send" },
	[SEND_DONE] = { "send_done", "A person did it by hand", "send" },
	[SEND_CHANGED] = { "send_changed", "It was cancelled, skipped, put into people's hands, or sent again", "send" },
	[OUTBOX_CHANGED] = { "outbox_changed", "The outbox was frozen or let go, or its brakes were set", "outbox" },
	{ 0 },
};

int send_say(struct tx *tx, struct id community, enum outbox_event what, const struct send_row *s)
{
	struct event e = {
		.subject = s->group_id.n ? s->group_id : s->member_id, .actor = s->actor_id, .object = s->id, .via = s->channel_id,
		.word = s->what,
	};
	return event_emit(tx, community, &outbox_events[what], &e);
}

/* ---- Actions ------------------------------------------------------------------------------------------ */

static _Atomic int64_t puts_here;

int64_t outbox_puts(void) { return atomic_load(&puts_here); }

struct queue_state { struct instant turn_at; };

ROW(queue_state,
	FIELD(queue_state, turn_at, "Place of its first send"));

static QUERY(queue_state_of, READS, &row_queue_state, TAKES(K_ID, K_ID, K_ID),
	"SELECT turn_at FROM send_queue WHERE community_id = ?1 AND channel_id = ?2 AND target_id = ?3");

static QUERY(queue_bring, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"INSERT INTO send_queue (community_id, channel_id, target_id, ready_at, turn_at, holder_id, held_turn, held_id)"
	" VALUES (?1, ?2, ?3, ?4, ?4, 0, 0, 0) ON CONFLICT (community_id, channel_id, target_id)"
	" DO UPDATE SET ready_at = ?4, turn_at = ?4");

/* One that comes after the first changes nothing: most puts into a full queue write no row of it. */
int queue_touch(struct tx *tx, struct id community, struct id channel, struct id target, struct instant turn)
{
	struct queue_state now;
	int r = tx_one(tx, &queue_state_of, &now, V(community), V(channel), V(target));
	atomic_fetch_add(&puts_here, 1);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if (r == 0 && now.turn_at.ms <= turn.ms)
		return 0;
	r = tx_run(tx, &queue_bring, V(community), V(channel), V(target), V(turn));
	return r < 0 ? r : 0;
}

static QUERY(send_by_key, READS, &row_id_item, TAKES(K_ID, K_STR),
	"SELECT id AS item FROM send WHERE community_id = ?1 AND key = ?2");

static QUERY(send_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_ID, K_ID, K_BOOL, K_STR, K_INSTANT, K_INSTANT, K_INSTANT),
	"INSERT INTO send (community_id, id, key, channel_id, target_id, group_id, member_id, what, body, reason, source_id,"
	" actor_id, prompt, state, turn_at, due_at, expires_at, tries, why, number, put_at, ended_at, arrived_at) VALUES (?1, ?2, ?3, ?4, ?5,"
	" ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, ?16, 0, '', '', ?17, 0, 0)");

/* The channel that carries it; 0: a person must. */
static int find_channel(struct tx *tx, struct id community, const struct outgoing *o, struct id member, struct id *ret)
{
	struct channel channel = { 0 };
	struct str subject;
	int r;
	if (o->by_hand)
		return *ret = (struct id){ 0 }, 0;
	if (o->channel.n)
		r = channel_get(tx, community, o->channel, &channel);
	else if (o->group.n)
		r = channel_of_group(tx, community, o->group, &channel, &subject);
	else
		r = channel_reach(tx, community, member, &channel, &subject);
	if (r < 0 && (r != E_NOT_FOUND || o->channel.n))
		return r;
	*ret = r == 0 && can_do(&channel, o->what, !o->group.n) ? channel.id : (struct id){ 0 };
	return 0;
}

int outbox_put(struct tx *tx, struct id community, const struct outgoing *o, struct id *ret)
{
	struct send_row s = {
		.id = tx_new_id(tx), .group_id = o->group, .what = str_of(o->what), .actor_id = o->actor,
		.turn_at = { o->due.ms > tx_now(tx).ms ? o->due.ms : tx_now(tx).ms },
	};
	struct id_item before;
	int r = check_outgoing(tx_arena(tx), o);
	if (r < 0)
		return r;
	if ((r = tx_one(tx, &send_by_key, &before, V(community), V(o->key))) != E_NOT_FOUND) {
		if (r == 0 && ret)
			*ret = before.item;
		return r;
	}
	if ((o->group.n && (r = staff_group_there(tx, community, o->group)) < 0) ||
	    (o->member.n && (r = member_resolve(tx, community, o->member, &s.member_id)) < 0) ||
	    (r = find_channel(tx, community, o, s.member_id, &s.channel_id)) < 0)
		return r;
	s.target_id = s.group_id.n ? s.group_id : s.member_id;
	if (!s.channel_id.n)
		r = brake_for_hands(tx, community, s.group_id, s.member_id, o->prompt, s.turn_at, &s.turn_at);
	else
		r = queue_touch(tx, community, s.channel_id, s.target_id, s.turn_at);
	if (r < 0 || (r = tx_run(tx, &send_insert, V(community), V(s.id), V(o->key), V(s.channel_id), V(s.target_id), V(s.group_id),
	                         V(s.member_id), V(s.what), V(o->body), V(o->reason), V(o->source), V(o->actor), V(o->prompt),
	                         V(s.channel_id.n ? S("waiting") : S("hand")), V(s.turn_at), V(o->expires), V(tx_now(tx)))) < 0 ||
	    (r = send_say(tx, community, SEND_PUT, &s)) < 0)
		return r;
	if (ret)
		*ret = s.id;
	return 1;
}

/* What a worker has in hand may be on its way: too late. */
#define NOT_IN_HAND " AND (state = 'hand' OR (state = 'waiting' AND NOT EXISTS (SELECT 1 FROM send_queue q WHERE q.community_id =" \
	" send.community_id AND q.channel_id = send.channel_id AND q.target_id = send.target_id AND q.holder_id <> 0" \
	" AND (send.turn_at < q.held_turn OR (send.turn_at = q.held_turn AND send.id <= q.held_id)))))"
#define CANCEL "UPDATE send SET state = 'cancelled', ended_at = ?3 WHERE community_id = ?1"

static QUERY(send_cancel, WRITES, &row_send_row, TAKES(K_ID, K_STR, K_INSTANT),
	CANCEL " AND key = ?2" NOT_IN_HAND " RETURNING " SEND_COLUMNS);

static QUERY(send_cancel_of, WRITES, &row_send_row, TAKES(K_ID, K_ID, K_INSTANT),
	CANCEL " AND source_id = ?2 AND state IN ('waiting', 'hand')" NOT_IN_HAND " RETURNING " SEND_COLUMNS);

static int cancelled(struct tx *tx, struct id community, struct rows rows)
{
	const struct send_row *s = rows.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = send_say(tx, community, SEND_CHANGED, &s[i]);
	return r < 0 ? r : (int)rows.count;
}

int outbox_cancel(struct tx *tx, struct id community, struct str key)
{
	struct rows rows;
	int r = tx_all(tx, &send_cancel, &rows, V(community), V(key), V(tx_now(tx)));
	return r < 0 ? r : cancelled(tx, community, rows);
}

int outbox_cancel_of(struct tx *tx, struct id community, struct id source)
{
	struct rows rows;
	int r = source.n ? tx_all(tx, &send_cancel_of, &rows, V(community), V(source), V(tx_now(tx))) : E_NOT_FOUND;
	return r < 0 ? r : cancelled(tx, community, rows);
}

static QUERY(send_hand_over, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"UPDATE send SET state = 'hand', why = ?3, due_at = ?4 WHERE community_id = ?1 AND id = ?2");

int send_to_hand(struct tx *tx, struct id community, struct id send, struct str why)
{
	int r = tx_run(tx, &send_hand_over, V(community), V(send), V(why), V(tx_now(tx)));
	return r < 0 ? r : 0;
}

/* ---- What is kept about people ----------------------------------------------------------------------- */

struct send_shown { struct str what, body, reason; struct instant put_at; };

ROW(send_shown,
	FIELD(send_shown, what,   "What was sent"),
	FIELD(send_shown, body,   "Its words"),
	FIELD(send_shown, reason, "Why"),
	FIELD(send_shown, put_at, "When"));

static QUERY(sends_shown, READS, &row_send_shown, TAKES(K_ID, K_ID),
	"SELECT what, body, reason, put_at FROM send WHERE community_id = ?1 AND member_id = ?2 ORDER BY id LIMIT 1000");

/* What waits will not be said any more; what was said stays a number. */
static QUERY(sends_stop, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE send SET state = 'cancelled' WHERE community_id = ?1 AND member_id = ?2 AND state IN ('waiting', 'hand', 'confirm')");

static QUERY(sends_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE send SET target_id = CASE WHEN target_id = ?2 THEN ?3 ELSE target_id END, member_id = ?3, body = '{}', why = '',"
	" key = 'gone ' || CAST(id AS TEXT) WHERE community_id = ?1 AND member_id = ?2");

static QUERY(queues_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM send_queue WHERE community_id = ?1 AND target_id = ?2");

static QUERY(used_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM send_used WHERE community_id = ?1 AND target_id = ?2",
	.scans = true);

static const struct personal personal[] = {
	{ "send", "发给你的消息", "Messages sent to you", "类型 内容 原因 时间", BY_MEMBER, &sends_shown,
	  .erases = { &sends_stop, &sends_forget, &queues_forget, &used_forget } },
	{ 0 },
};

/* What waits for them stays in its queue, by its old number, until it has left: the order does not change. */
MEMBER_PLACE(send, "send", "member_id", "CAST(id AS TEXT)", "");

static const struct member_place places[] = { { "send", &send_note, &send_move, NULL }, { 0 } };

/* ---- Care --------------------------------------------------------------------------------------------- */

#define KEPT_MS   (180 * DAY)     /* words of what is over; that it was, stays */
#define SWEPT     5000            /* rows in one transaction */

static QUERY(used_sweep, WRITES, NULL, TAKES(K_INSTANT), "DELETE FROM send_used WHERE until_at < ?1");

static QUERY(bodies_sweep, WRITES, NULL, TAKES(K_INSTANT, K_INT),
	"UPDATE send SET body = '{}', why = '' WHERE (community_id, id) IN (SELECT community_id, id FROM send"
	" WHERE ended_at > 0 AND ended_at < ?1 AND body <> '{}' LIMIT ?2)", .scans = true);

static int sweep_action(struct tx *tx, void *arg)
{
	struct instant now = tx_now(tx);
	(void)arg;
	int r = tx_run(tx, &used_sweep, V(now));
	return r < 0 ? r : tx_run(tx, &bodies_sweep, V((struct instant){ now.ms - KEPT_MS }), V((int64_t)SWEPT));
}

static int sweep(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return store_sweep(context->store, (struct id){ 0 }, context->arena, sweep_action, NULL, SWEPT);
}

static const struct job_kind jobs[] = {
	{ "outbox_sweep", "Forget the words of old sends and used quotas of the past", sweep, .every_ms = 12 * HOUR },
	{ 0 },
};

struct lost_send { int64_t n; };

ROW(lost_send,
	FIELD(lost_send, n, "How many"));

static QUERY(sends_lost, READS, &row_lost_send, TAKES_NOTHING,
	"SELECT count(*) AS n FROM send s WHERE state = 'waiting' AND NOT EXISTS (SELECT 1 FROM send_queue q WHERE q.community_id ="
	" s.community_id AND q.channel_id = s.channel_id AND q.target_id = s.target_id)", .scans = true);

static int audit(struct tx *tx, void (*found)(void *, const char *), void *ctx)
{
	struct lost_send lost;
	int r = tx_one_(tx, &sends_lost, &lost, NULL, 0);
	if (r == 0 && lost.n)
		found(ctx, "sends wait outside of every queue: nobody would ever send them");
	return r;
}

/* ---- Declaration ---------------------------------------------------------------------------------------- */

static const struct query *const queries[] = {
	&queue_state_of, &queue_bring, &send_by_key, &send_insert, &send_cancel, &send_cancel_of, &send_hand_over, &sends_shown,
	&sends_stop, &sends_forget, &queues_forget, &used_forget, &send_note, &send_move, &used_sweep, &bodies_sweep, &sends_lost,
	NULL,
};

const struct feature feature_outbox = {
	.name = "outbox", .queries = queries, .events = outbox_events, .settings = outbox_settings, .jobs = jobs, .personal = personal,
	.places = places, .audit = audit,
};
