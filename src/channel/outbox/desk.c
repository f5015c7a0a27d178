/* desk.c: what staff see of the outbox and do with it.
 *
 * Story      An operator asks why the welcome did not come: under 没发出去 stand eleven sends with the platform's own words,
 *            "40003 invalid openid". They are mended at the platform and sent again with one click; one that is no longer
 *            wanted is cancelled. Above the list every channel says how many wait, for how long, and what of its quotas is used.
 * Not here   The run-sheet (sheet.c), the freeze switch and the brakes (brake.c).
 * Holds      Whoever sees only some groups sees and touches only their sends.
 * Test       desk_outbox_test.c.
 */
#include "channel/outbox/inside.h"

#include "engine/file/document.h"
#include "people/audit.h"
#include "people/member.h"

#define STATES     "waiting hand confirm sent dead cancelled done skipped"
#define AGAIN_MOST 2000               /* dead letters sent again by one click */
#define TEXT_MOST  2000

/* ---- Rows ------------------------------------------------------------------------------------- */

struct send_line {
	struct id      id;
	struct str     what, text, file, state, why, reason, number;
	struct id      group_id, member_id, channel_id;
	struct str     group, nickname, channel;
	bool           prompt;
	int64_t        tries;
	struct instant put_at, due_at, ended_at, arrived_at;
};

ROW(send_line,
	FIELD(send_line, id,         "Send"),
	FIELD(send_line, what,       "What is to be done"),
	FIELD(send_line, text,       "Its words"),
	FIELD(send_line, file,       "Of a file: where it is saved from"),
	FIELD(send_line, state,      "What became of it", .one_of = STATES),
	FIELD(send_line, why,        "What the platform said to the last try; of confirm: who must confirm it there"),
	FIELD(send_line, reason,     "Why it was put"),
	FIELD(send_line, number,     "The platform's number of it"),
	FIELD(send_line, group_id,   "Group", .optional = true),
	FIELD(send_line, member_id,  "Member", .optional = true),
	FIELD(send_line, channel_id, "Channel", .optional = true),
	FIELD(send_line, group,      "Name of the group"),
	FIELD(send_line, nickname,   "The member"),
	FIELD(send_line, channel,    "Name of the channel"),
	FIELD(send_line, prompt,     "Answers what the person just did"),
	FIELD(send_line, tries,      "How often it was tried"),
	FIELD(send_line, put_at,     "When it was put"),
	FIELD(send_line, due_at,     "Not before"),
	FIELD(send_line, ended_at,   "When that was over", .optional = true),
	FIELD(send_line, arrived_at, "When the platform said that it arrived; most say nothing", .optional = true));

struct send_query { struct str state; struct id channel, group, after; int64_t limit; };

ROW(send_query,
	FIELD(send_query, state,   "Only in this state", .one_of = STATES, .optional = true),
	FIELD(send_query, channel, "Only on this channel", .optional = true),
	FIELD(send_query, group,   "Only to this group", .optional = true),
	FIELD(send_query, after,   "Only those put before this one", .optional = true),
	FIELD(send_query, limit,   "How many", .min = 0, .max = 200, .optional = true));

struct send_draft {
	struct id group_id, member_id; struct str what, text, url, picture, file, key; bool markdown; struct instant due_at;
};

ROW(send_draft,
	FIELD(send_draft, group_id,  "To this group …", .optional = true),
	FIELD(send_draft, member_id, "… or to this member", .optional = true),
	FIELD(send_draft, what,      "What", .one_of = "text image link file notice"),
	FIELD(send_draft, text,      "Its words; of a link its title; of a file what it is called, when not as it was uploaded", .max = TEXT_MOST, .lines = true, .optional = true),
	FIELD(send_draft, url,       "Address of a link", .max = 500, .pattern = "(https?://.+)?", .optional = true),
	FIELD(send_draft, picture,   "Key of an uploaded picture", .max = 22, .optional = true),
	FIELD(send_draft, file,      "Key of an uploaded file (POST /documents)", .max = 22, .optional = true),
	FIELD(send_draft, markdown,  "Its words are markdown, for a group's robot that shows it so; others say them as they are", .optional = true),
	FIELD(send_draft, key,       "Names this send: sent twice it is one", .min = 1, .max = 40),
	FIELD(send_draft, due_at,    "Not before; at once when missing", .optional = true));

struct again_draft { struct id channel_id; };

ROW(again_draft,
	FIELD(again_draft, channel_id, "Only those of this channel", .optional = true));

struct again_done { int64_t n; };

ROW(again_done,
	FIELD(again_done, n, "How many are sent again"));

struct quota_used { struct str name; int64_t used, most; struct instant until_at; };

ROW(quota_used,
	FIELD(quota_used, name,     "Which, in your language"),
	FIELD(quota_used, used,     "So much is used; of quotas by group or person: of the fullest"),
	FIELD(quota_used, most,     "Of so much"),
	FIELD(quota_used, until_at, "When it begins anew"));

struct queue_line {
	struct id      id;
	struct str     kind, name, state, trouble;
	int64_t        waiting, dead;
	struct instant oldest_at, closed_until;
	struct rows    quotas;
};

ROW(queue_line,
	FIELD(queue_line, id,           "Channel"),
	FIELD(queue_line, kind,         "Kind of platform"),
	FIELD(queue_line, name,         "Its name"),
	FIELD(queue_line, state,        "on or off"),
	FIELD(queue_line, trouble,      "What the platform complains of"),
	FIELD(queue_line, waiting,      "How many wait, at most a thousand are counted"),
	FIELD(queue_line, dead,         "How many were given up, at most a thousand are counted"),
	FIELD(queue_line, oldest_at,    "Since when the first of those that could go waits", .optional = true),
	FIELD(queue_line, closed_until, "The platform said that it is enough until then", .optional = true),
	FIELD(queue_line, quotas,       "What of its quotas is used", .of = &row_quota_used));

/* ---- The list ------------------------------------------------------------------------------------------ */

/* `text` stands for the body until it is shown (show_words). */
#define SELECT_LINE "SELECT s.id, s.what, s.body AS text, '' AS file, s.state, s.why, s.reason, s.number, s.group_id, s.member_id," \
	" s.channel_id," \
	" COALESCE((SELECT g.name FROM chat_group g WHERE g.community_id = s.community_id AND g.id = s.group_id), '') AS \"group\"," \
	" COALESCE((SELECT m.nickname FROM member m WHERE m.community_id = s.community_id AND m.id = s.member_id), '') AS nickname," \
	" COALESCE((SELECT c.name FROM channel c WHERE c.community_id = s.community_id AND c.id = s.channel_id), '') AS channel," \
	" s.prompt, s.tries, s.put_at, s.due_at, s.ended_at, s.arrived_at FROM send s WHERE s.community_id = ?1 AND "
#define NARROWED " AND (?4 = 0 OR s.channel_id = ?4) AND (?5 = 0 OR s.group_id = ?5) AND " SEES_SEND("?6", "s") \
	" ORDER BY s.id DESC LIMIT ?7"

static QUERY(sends_of_state, READS, &row_send_line, TAKES(K_ID, K_ID, K_STR, K_ID, K_ID, K_ID, K_INT),
	SELECT_LINE "s.id < ?2 AND s.state = ?3" NARROWED);

static QUERY(sends_all, READS, &row_send_line, TAKES(K_ID, K_ID, K_STR, K_ID, K_ID, K_ID, K_INT),
	SELECT_LINE "s.id < ?2 AND ?3 = ''" NARROWED);

static QUERY(send_line_by_id, READS, &row_send_line, TAKES(K_ID, K_ID), SELECT_LINE "s.id = ?2");

/* What stands for the send in a list. */
static void show_words(struct arena *arena, struct send_line *s)
{
	static const char *const fields[] = { "text", "title", "name", "template" };
	struct str body = s->text;
	if (str_is(s->what, "file"))
		s->file = file_url(arena, send_text(arena, body, "file"));
	s->text = S("");
	for (size_t i = 0; s->text.len == 0 && i < sizeof fields / sizeof *fields; i++)
		s->text = send_text(arena, body, fields[i]);
}

static int get_sends(struct request *rq, const void *in, void *out)
{
	const struct send_query *q = in;
	struct page *page = out;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 30;
	int r = tx_all(rq->tx, q->state.len ? &sends_of_state : &sends_all, &page->rows, V(rq->community), V(before), V(q->state),
	               V(q->channel), V(q->group), V(rq->only), V(limit));
	struct send_line *s = r < 0 ? NULL : page->rows.at;
	for (size_t i = 0; r >= 0 && i < page->rows.count; i++)
		show_words(rq->arena, &s[i]);
	page->total = -1;
	page_end(rq, page, &row_send_line, limit);
	return r < 0 ? r : 0;
}

static int show_send(struct request *rq, struct id send, struct send_line *ret)
{
	int r = tx_one(rq->tx, &send_line_by_id, ret, V(rq->community), V(send));
	if (r == 0)
		show_words(rq->arena, ret);
	return r;
}

static QUERY(send_is_seen, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT s.id AS item FROM send s WHERE s.community_id = ?1 AND s.id = ?2 AND " SEES_SEND("?3", "s"));

int send_sees(struct request *rq)
{
	struct id_item seen;
	return tx_one(rq->tx, &send_is_seen, &seen, V(rq->community), V(rq->path_id), V(rq->only));
}

/* ---- Saying something -------------------------------------------------------------------------------------- */

/* {"text": …}, {"file": …}, {"title": …, "url": …}, {"file": …, "name": …} */
static struct str body_of(struct arena *arena, const struct send_draft *d, struct str name)
{
	struct buf b;
	buf_init(&b, SEND_BODY_MAX);
	bool link = str_is(d->what, "link"), image = str_is(d->what, "image"), file = str_is(d->what, "file");
	buf_z(&b, link ? "{\"title\":" : image || file ? "{\"file\":" : "{\"text\":");
	buf_json(&b, image ? d->picture : file ? d->file : d->text);
	if (file) {
		buf_z(&b, ",\"name\":");
		buf_json(&b, name);
	}
	if (d->markdown && str_is(d->what, "text"))
		buf_z(&b, ",\"markdown\":true");
	if (link) {
		buf_z(&b, ",\"url\":");
		buf_json(&b, d->url);
		if (d->picture.len) {
			buf_z(&b, ",\"picture\":");
			buf_json(&b, d->picture);
		}
	}
	buf_byte(&b, '}');
	struct str body = buf_failed(&b) ? S("") : str_copy(arena, buf_view(&b));
	buf_free(&b);
	return body;
}

static int check_draft(struct request *rq, const struct send_draft *d)
{
	struct blob picture;
	struct document document;
	bool image = str_is(d->what, "image"), file = str_is(d->what, "file");
	if (!d->group_id.n == !d->member_id.n)
		return rq_complain(rq, E_MISSING_FIELD, S("group_id"));
	if (file && d->file.len == 0)
		return rq_complain(rq, E_MISSING_FIELD, S("file"));
	if (!image && !file && str_trim(d->text).len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("text"));
	if (str_is(d->what, "link") && d->url.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("url"));
	if (image && d->picture.len == 0)
		return rq_complain(rq, E_MISSING_FIELD, S("picture"));
	if (d->picture.len && file_bytes(rq->tx, rq->community, d->picture, &picture) < 0)
		return rq_complain(rq, E_NOT_FOUND, S("picture"));
	if (image && document_get(rq->tx, rq->community, d->picture, &document) == 0)
		return rq_complain(rq, E_PICTURE_FORMAT, S("picture"));
	return 0;
}

/* The file of what is to be sent: there, called as they wish, and something that can reach them. People's hands can. */
static int take_file(struct request *rq, const struct send_draft *d, struct str *ret_name)
{
	struct channel channel;
	struct str subject, name = str_trim(d->text);
	struct document document;
	int r = d->group_id.n ? channel_of_group(rq->tx, rq->community, d->group_id, &channel, &subject)
	                      : channel_reach(rq->tx, rq->community, d->member_id, &channel, &subject);
	const struct connector *c = r == 0 ? connector_of(channel.kind) : NULL;
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if (c && c->deliver && !(c->can & CAN_FILE))
		return rq_complain(rq, E_FILE_NO_WAY, S("what"));
	r = document_take(rq->tx, rq->community, d->file, name, d->due_at, &document);
	if (r < 0)
		return rq_complain(rq, r, r == E_FILE_KIND ? S("text") : S("file"));
	*ret_name = document.name;
	return 0;
}

/* Whoever sees only some groups speaks to those. */
static int may_address(struct request *rq, const struct send_draft *d)
{
	if (d->group_id.n)
		return staff_sees_group(rq->tx, rq->community, rq->only, d->group_id);
	return rq->only.n ? E_FORBIDDEN : 0;
}

static int post_send(struct request *rq, const void *in, void *out)
{
	const struct send_draft *d = in;
	struct str name = S("");
	struct id id;
	int r = check_draft(rq, d);
	if (r < 0 || (r = may_address(rq, d)) < 0 || (str_is(d->what, "file") && (r = take_file(rq, d, &name)) < 0))
		return r;
	struct outgoing o = {
		.group = d->group_id, .member = d->member_id, .what = str_z(rq->arena, d->what), .body = body_of(rq->arena, d, name),
		.key = str_format(rq->arena, SEND_BY_DESK "%lld %.*s", (long long)rq->account.n, STR(d->key)), .reason = S("desk"),
		.actor = rq->account, .due = d->due_at, .prompt = d->due_at.ms == 0,
	};
	if (!o.what || !o.body.len)
		return E_MEMORY;
	if ((r = outbox_put(rq->tx, rq->community, &o, &id)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, d->group_id.n ? S("group_id") : S("member_id")) : r;
	if (r > 0 && (r = audit_note(rq, "send_put", id, S(""))) < 0)
		return r;
	return show_send(rq, id, out);
}

/* ---- Again, or not at all ------------------------------------------------------------------------------------ */

static QUERY(send_revive, WRITES, &row_send_row, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE send SET state = 'waiting', turn_at = ?3, due_at = ?3, tries = 0, expires_at = 0, ended_at = 0 WHERE community_id = ?1"
	" AND id = ?2 AND state = 'dead' RETURNING " SEND_COLUMNS);

static int revive(struct tx *tx, struct id community, struct id send)
{
	struct send_row s;
	int r = tx_one(tx, &send_revive, &s, V(community), V(send), V(tx_now(tx)));
	if (r < 0 || (r = queue_touch(tx, community, s.channel_id, s.target_id, s.turn_at)) < 0)
		return r;
	return send_say(tx, community, SEND_CHANGED, &s);
}

static int post_again(struct request *rq, const void *in, void *out)
{
	(void)in;
	int r = revive(rq->tx, rq->community, rq->path_id);
	if (r == E_NOT_FOUND)                     /* no dead letter any more: nothing to do */
		return show_send(rq, rq->path_id, out);
	if (r < 0 || (r = audit_note(rq, "send_again", rq->path_id, S(""))) < 0)
		return r;
	return show_send(rq, rq->path_id, out);
}

static QUERY(sends_dead, READS, &row_id_item, TAKES(K_ID, K_ID, K_INT),
	"SELECT id AS item FROM send WHERE community_id = ?1 AND state = 'dead' AND (?2 = 0 OR channel_id = ?2) ORDER BY id LIMIT ?3");

static int post_all_again(struct request *rq, const void *in, void *out)
{
	const struct again_draft *d = in;
	struct again_done *done = out;
	struct rows rows;
	int r = tx_all(rq->tx, &sends_dead, &rows, V(rq->community), V(d->channel_id), V((int64_t)AGAIN_MOST));
	const struct id_item *dead = r < 0 ? NULL : rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = revive(rq->tx, rq->community, dead[i].item);
	if (r < 0)
		return r;
	done->n = (int64_t)rows.count;
	return audit_note(rq, "sends_again", d->channel_id, str_format(rq->arena, "%zu", rows.count));
}

static QUERY(send_key_of, READS, &row_text_item, TAKES(K_ID, K_ID), "SELECT key AS item FROM send WHERE community_id = ?1 AND id = ?2");

static int post_cancel(struct request *rq, const void *in, void *out)
{
	struct text_item key;
	(void)in;
	int r = tx_one(rq->tx, &send_key_of, &key, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = outbox_cancel(rq->tx, rq->community, key.item)) < 0)
		return r;
	if (r == 0)
		return E_SENT_ALREADY;
	if ((r = audit_note(rq, "send_cancelled", rq->path_id, S(""))) < 0)
		return r;
	return show_send(rq, rq->path_id, out);
}

/* ---- Queues and quotas ----------------------------------------------------------------------------------------- */

struct queue_figures {
	struct id      id;
	struct str     kind, name, state, trouble;
	int64_t        waiting, dead;
	struct instant oldest_at, closed_until;
};

ROW(queue_figures,
	FIELD(queue_figures, id,           "Channel"),
	FIELD(queue_figures, kind,         "Kind"),
	FIELD(queue_figures, name,         "Name"),
	FIELD(queue_figures, state,        "State"),
	FIELD(queue_figures, trouble,      "Trouble"),
	FIELD(queue_figures, waiting,      "Waiting"),
	FIELD(queue_figures, dead,         "Given up"),
	FIELD(queue_figures, oldest_at,    "Oldest", .optional = true),
	FIELD(queue_figures, closed_until, "Closed until", .optional = true));

#define OF_CHANNEL(state_) "(SELECT count(*) FROM (SELECT 1 FROM send s WHERE s.community_id = c.community_id AND s.state = '" state_ \
	"' AND s.channel_id = c.id LIMIT 1000) n)"

static QUERY(queues_of, READS, &row_queue_figures, TAKES(K_ID, K_INSTANT),
	"SELECT c.id, c.kind, c.name, c.state, c.trouble, " OF_CHANNEL("waiting") " AS waiting, " OF_CHANNEL("dead") " AS dead,"
	" COALESCE((SELECT min(q.turn_at) FROM send_queue q WHERE q.community_id = c.community_id AND q.channel_id = c.id"
	"  AND q.turn_at <= ?2), 0) AS oldest_at,"
	" COALESCE((SELECT max(u.n) FROM send_used u WHERE u.community_id = c.community_id AND u.channel_id = c.id AND u.target_id = 0"
	"  AND u.rule LIKE 'closed %' AND u.n > ?2), 0) AS closed_until"
	" FROM channel c WHERE c.community_id = ?1 ORDER BY c.id LIMIT 100", .scans = true);

struct fullest { int64_t n; struct instant until_at; };

ROW(fullest,
	FIELD(fullest, n,        "Used"),
	FIELD(fullest, until_at, "Until"));

static QUERY(quota_fullest, READS, &row_fullest, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"SELECT n, until_at FROM send_used WHERE community_id = ?1 AND channel_id = ?2 AND rule = ?3 AND until_at > ?4"
	" ORDER BY n DESC LIMIT 1");

static int quotas_of(struct request *rq, const struct queue_figures *q, struct rows *ret)
{
	const struct connector *c = connector_of(q->kind);
	struct channel channel;
	size_t count = 0;
	for (const struct quota *k = c ? c->quotas : NULL; k && k->name; k++)
		count++;
	struct quota_used *used = count ? arena_take_array(rq->arena, count, sizeof *used) : NULL;
	int r = channel_get(rq->tx, rq->community, q->id, &channel);
	for (size_t i = 0; r >= 0 && i < count; i++) {
		const struct quota *k = &c->quotas[i];
		struct fullest f = { 0 };
		if (!used)
			return E_MEMORY;
		r = tx_one(rq->tx, &quota_fullest, &f, V(rq->community), V(q->id), V(str_of(k->name)), V(tx_now(rq->tx)));
		if (r == E_NOT_FOUND)
			r = 0;
		used[i] = (struct quota_used){ str_of(rq->lang == LANG_ZH ? k->zh : k->en), f.n, 0, f.until_at };
		if (r >= 0)
			r = quota_limit(rq->tx, rq->community, &channel, k, &used[i].most);
	}
	*ret = (struct rows){ used, count };
	return r;
}

static int get_queues(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct rows rows;
	(void)in;
	int r = tx_all(rq->tx, &queues_of, &rows, V(rq->community), V(tx_now(rq->tx)));
	const struct queue_figures *q = r < 0 ? NULL : rows.at;
	struct queue_line *lines = r < 0 ? NULL : arena_take_array(rq->arena, rows.count + 1, sizeof *lines);
	if (r >= 0 && !lines)
		return E_MEMORY;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		lines[i] = (struct queue_line){
			.id = q[i].id, .kind = q[i].kind, .name = q[i].name, .state = q[i].state, .trouble = q[i].trouble,
			.waiting = q[i].waiting, .dead = q[i].dead, .oldest_at = q[i].oldest_at, .closed_until = q[i].closed_until,
		};
		r = quotas_of(rq, &q[i], &lines[i].quotas);
	}
	page->rows = (struct rows){ lines, rows.count };
	page->total = (int64_t)rows.count;
	return r < 0 ? r : 0;
}

/* ---- Declaration ------------------------------------------------------------------------------------------------ */

static const struct route routes[] = {
	{ "GET",  "/sends",             ROLE_READER,   get_sends,      &row_send_query,  &row_send_line,  "What was put into the outbox, newest first", OUT_PAGE },
	{ "POST", "/sends",             ROLE_OPERATOR, post_send,      &row_send_draft,  &row_send_line,  "Say something in a group or to a member", .sees = sees_all },
	{ "POST", "/sends/{id}/again",  ROLE_OPERATOR, post_again,     NULL,             &row_send_line,  "Send a dead letter again", .sees = send_sees },
	{ "POST", "/sends/{id}/cancel", ROLE_OPERATOR, post_cancel,    NULL,             &row_send_line,  "Cancel what has not left yet", .sees = send_sees },
	{ "POST", "/sends/again",       ROLE_OPERATOR, post_all_again, &row_again_draft, &row_again_done, "Send all dead letters again, of one channel or of all" },
	{ "GET",  "/outbox/queues",     ROLE_READER,   get_queues,     NULL,             &row_queue_line, "How the channels keep up, and what of their quotas is used", OUT_PAGE },
	{ 0 },
};

static const struct query *const queries[] = {
	&sends_of_state, &sends_all, &send_line_by_id, &send_is_seen, &send_revive, &sends_dead, &send_key_of, &queues_of, &quota_fullest,
	NULL,
};

const struct feature feature_outbox_desk = { .name = "outbox_desk", .api = "messages", .routes = routes, .queries = queries };
