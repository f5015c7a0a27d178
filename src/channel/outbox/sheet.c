/* sheet.c: the run-sheet (今日待办): what a human must do now, with the words ready to copy.
 *
 * Story      It is ten; the assistant of three WeChat groups opens the run-sheet on her phone. For each group stands what is due:
 *            she copies the words, opens WeChat, pastes, ticks it off, says that 240 read it and that it took three minutes.
 *            One is no longer needed: she skips it and says why. In a lift without network the tick waits in her phone.
 * Not here   What put it there (outbox.c), tasks that are no sends (daily/).
 * Owns       send_hand.
 * Holds      An item is done or skipped once. The same person may say it again, with another proof (a phone without
 *            network repeats itself); anybody else is told that somebody was first.
 *            While the community is frozen nothing is done by hand either.
 *            Whoever sees only some groups sees only their items.
 * Test       sheet_test.c.
 */
#include "channel/outbox/inside.h"

#include "engine/file/file.h"
#include "groups/alert.h"
#include "media/picture.h"
#include "people/audit.h"
#include "people/community.h"

#define LATE_MS     HOUR
#define OVERDUE_MS  (2 * HOUR)        /* then the operator is warned */
#define SHEET_MOST  200
#define PROOF_SIDE  1600              /* pixels: enough to read a screenshot */

/* ---- Rows ------------------------------------------------------------------------------------- */

struct sheet_item {
	struct id      id, group_id, member_id;
	struct str     group, nickname, kind, opens;
	struct str     what, text, url, picture, file, name, reason, why, state;
	bool           late;
	struct instant due_at, put_at, done_at;
	struct str     who, number, proof, skipped;
	int64_t        minutes;
};

ROW(sheet_item,
	FIELD(sheet_item, id,        "Send"),
	FIELD(sheet_item, group_id,  "Group", .optional = true),
	FIELD(sheet_item, member_id, "Member", .optional = true),
	FIELD(sheet_item, group,     "Name of the group"),
	FIELD(sheet_item, nickname,  "The member"),
	FIELD(sheet_item, kind,      "Kind of channel it is for"),
	FIELD(sheet_item, opens,     "Address that opens the app on a phone"),
	FIELD(sheet_item, what,      "What is to be done"),
	FIELD(sheet_item, text,      "Words to copy"),
	FIELD(sheet_item, url,       "Address to send"),
	FIELD(sheet_item, picture,   "Picture to save and send"),
	FIELD(sheet_item, file,      "File to save and send"),
	FIELD(sheet_item, name,      "New name, of a rename or a card; the file's name"),
	FIELD(sheet_item, reason,    "Why it was put"),
	FIELD(sheet_item, why,       "Why a person must do it, in the platform's words"),
	FIELD(sheet_item, state,     "hand, done or skipped", .one_of = "hand done skipped"),
	FIELD(sheet_item, late,      "More than an hour late"),
	FIELD(sheet_item, due_at,    "By when"),
	FIELD(sheet_item, put_at,    "When it was put"),
	FIELD(sheet_item, done_at,   "When it was done or skipped", .optional = true),
	FIELD(sheet_item, who,       "Who did it"),
	FIELD(sheet_item, number,    "Proof: a number"),
	FIELD(sheet_item, proof,     "Proof: a picture"),
	FIELD(sheet_item, skipped,   "Why it was skipped"),
	FIELD(sheet_item, minutes,   "Minutes spent; 0: not said"));

struct sheet_query { struct str show; struct id group, after; int64_t limit; };

ROW(sheet_query,
	FIELD(sheet_query, show,  "now: what is due; later: what comes; over: what was done or skipped", .one_of = "now later over", .optional = true),
	FIELD(sheet_query, group, "Only this group", .optional = true),
	FIELD(sheet_query, after, "Of those that are over: only older ones", .optional = true),
	FIELD(sheet_query, limit, "How many", .min = 0, .max = SHEET_MOST, .optional = true));

struct done_draft { int64_t minutes; struct str number; struct blob picture; };

ROW(done_draft,
	FIELD(done_draft, minutes, "Minutes spent", .min = 0, .max = 600, .optional = true),
	FIELD(done_draft, number,  "Proof: a number, as it is read", .max = 40, .optional = true),
	FIELD(done_draft, picture, "Proof: a picture, PNG or JPEG", .max = 5 << 20, .optional = true));

struct skip_draft { struct str reason; };

ROW(skip_draft,
	FIELD(skip_draft, reason, "Why", .min = 1, .max = 200));

struct sheet_raw {
	struct id      id, group_id, member_id;
	struct str     group, nickname, kind, what, body, reason, why, state;
	struct instant due_at, put_at, done_at;
	struct str     who, number, proof, skipped;
	int64_t        minutes;
};

ROW(sheet_raw,
	FIELD(sheet_raw, id,        "Send"),
	FIELD(sheet_raw, group_id,  "Group"),
	FIELD(sheet_raw, member_id, "Member"),
	FIELD(sheet_raw, group,     "Its name"),
	FIELD(sheet_raw, nickname,  "Nickname"),
	FIELD(sheet_raw, kind,      "Channel of the group"),
	FIELD(sheet_raw, what,      "What"),
	FIELD(sheet_raw, body,      "With what"),
	FIELD(sheet_raw, reason,    "Reason"),
	FIELD(sheet_raw, why,       "The platform's words"),
	FIELD(sheet_raw, state,     "State"),
	FIELD(sheet_raw, due_at,    "Due"),
	FIELD(sheet_raw, put_at,    "Put"),
	FIELD(sheet_raw, done_at,   "Done"),
	FIELD(sheet_raw, who,       "Who"),
	FIELD(sheet_raw, number,    "Number"),
	FIELD(sheet_raw, proof,     "Picture"),
	FIELD(sheet_raw, skipped,   "Reason of skipping"),
	FIELD(sheet_raw, minutes,   "Minutes"));

/* ---- The list ------------------------------------------------------------------------------------------ */

#define SELECT_SHEET "SELECT s.id, s.group_id, s.member_id, COALESCE(g.name, '') AS \"group\"," \
	" COALESCE((SELECT m.nickname FROM member m WHERE m.community_id = s.community_id AND m.id = s.member_id), '') AS nickname," \
	" COALESCE(g.channel, (SELECT c.kind FROM channel c WHERE c.community_id = s.community_id AND c.id = s.channel_id), 'manual')" \
	" AS kind," \
	" s.what, s.body, s.reason, s.why, s.state, s.due_at, s.put_at, COALESCE(h.at, 0) AS done_at," \
	" COALESCE((SELECT a.display FROM account a WHERE a.id = h.account_id), '') AS who, COALESCE(h.number, '') AS number," \
	" COALESCE(h.file, '') AS proof, COALESCE(h.reason, '') AS skipped, COALESCE(h.minutes, 0) AS minutes FROM send s" \
	" LEFT JOIN chat_group g ON g.community_id = s.community_id AND g.id = s.group_id" \
	" LEFT JOIN send_hand h ON h.community_id = s.community_id AND h.send_id = s.id WHERE s.community_id = ?1 AND "
#define MAY_SEE " AND " SEES_SEND("?2", "s") " AND (?3 = 0 OR s.group_id = ?3)"

static QUERY(sheet_now, READS, &row_sheet_raw, TAKES(K_ID, K_ID, K_ID, K_INSTANT, K_INT),
	SELECT_SHEET "s.state = 'hand' AND s.due_at <= ?4" MAY_SEE " ORDER BY s.due_at, s.id LIMIT ?5");

static QUERY(sheet_later, READS, &row_sheet_raw, TAKES(K_ID, K_ID, K_ID, K_INSTANT, K_INT),
	SELECT_SHEET "s.state = 'hand' AND s.due_at > ?4" MAY_SEE " ORDER BY s.due_at, s.id LIMIT ?5");

static QUERY(sheet_over, READS, &row_sheet_raw, TAKES(K_ID, K_ID, K_ID, K_ID, K_INT),
	SELECT_SHEET "h.send_id IS NOT NULL AND s.state IN ('done', 'skipped') AND s.id < ?4" MAY_SEE " ORDER BY s.id DESC LIMIT ?5");

static QUERY(sheet_one, READS, &row_sheet_raw, TAKES(K_ID, K_ID), SELECT_SHEET "s.id = ?2");

static struct sheet_item item_of(struct request *rq, const struct sheet_raw *w)
{
	struct arena *a = rq->arena;
	const struct connector *c = connector_of(w->kind);
	struct str file = send_text(a, w->body, "file"), picture = str_is(w->what, "image") ? file : send_text(a, w->body, "picture");
	struct str text = send_text(a, w->body, "text"), title = send_text(a, w->body, "title");
	if (title.len)
		text = text.len ? str_format(a, "%.*s\n%.*s", STR(title), STR(text)) : title;
	struct str card = send_text(a, w->body, "card");
	return (struct sheet_item){
		.id = w->id, .group_id = w->group_id, .member_id = w->member_id, .group = w->group, .nickname = w->nickname,
		.kind = w->kind, .opens = str_of(c && c->opens ? c->opens : ""), .what = w->what, .text = text,
		.url = send_text(a, w->body, "url"), .picture = file_url(a, picture),
		.file = file_url(a, str_is(w->what, "file") ? file : S("")),
		.name = card.len ? card : send_text(a, w->body, "name"),
		.reason = w->reason, .why = w->why, .state = w->state,
		.late = str_is(w->state, "hand") && w->due_at.ms + LATE_MS < tx_now(rq->tx).ms,
		.due_at = w->due_at, .put_at = w->put_at, .done_at = w->done_at, .who = w->who, .number = w->number,
		.proof = file_url(a, w->proof), .skipped = w->skipped, .minutes = w->minutes,
	};
}

static int get_sheet(struct request *rq, const void *in, void *out)
{
	const struct sheet_query *q = in;
	struct page *page = out;
	struct rows rows;
	int64_t limit = q->limit ? q->limit : 100;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int r;
	if (str_is(q->show, "over"))
		r = tx_all(rq->tx, &sheet_over, &rows, V(rq->community), V(rq->only), V(q->group), V(before), V(limit));
	else
		r = tx_all(rq->tx, str_is(q->show, "later") ? &sheet_later : &sheet_now, &rows, V(rq->community), V(rq->only), V(q->group),
		           V(tx_now(rq->tx)), V(limit));
	if (r < 0)
		return r;
	const struct sheet_raw *raw = rows.at;
	struct sheet_item *items = arena_take_array(rq->arena, rows.count + 1, sizeof *items);
	if (!items)
		return E_MEMORY;
	for (size_t i = 0; i < rows.count; i++)
		items[i] = item_of(rq, &raw[i]);
	*page = (struct page){ .rows = { items, rows.count }, .total = -1 };
	if (str_is(q->show, "over"))
		page_end(rq, page, &row_sheet_item, limit);
	return 0;
}

/* ---- Done, or not ----------------------------------------------------------------------------------------- */

static int ready_done(struct request *rq, const void *in, void *out)
{
	const struct done_draft *d = in;
	struct blob *clean = ARENA_NEW(rq->arena, struct blob);
	enum picture_type type;
	(void)out;
	if (!clean)
		return E_MEMORY;
	int r = d->picture.len ? picture_reduce(d->picture, PROOF_SIDE, rq->arena, clean, &type) : 0;
	if (r < 0)
		return rq_complain(rq, r, S("picture"));
	rq->kept = clean;
	return 0;
}

static QUERY(send_of_hand, READS, &row_send_row, TAKES(K_ID, K_ID),
	"SELECT " SEND_COLUMNS " FROM send WHERE community_id = ?1 AND id = ?2");

static QUERY(hand_by, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT account_id AS item FROM send_hand WHERE community_id = ?1 AND send_id = ?2");

static QUERY(hand_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INT, K_STR, K_STR, K_STR, K_INSTANT),
	"INSERT INTO send_hand (community_id, send_id, account_id, minutes, number, file, reason, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

static QUERY(hand_ends, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"UPDATE send SET state = ?3, ended_at = ?4 WHERE community_id = ?1 AND id = ?2 AND state = 'hand'");

static QUERY(hand_amend, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_STR, K_STR, K_STR),
	"UPDATE send_hand SET minutes = ?3, number = ?4, file = CASE WHEN ?5 = '' THEN file ELSE ?5 END, reason = ?6"
	" WHERE community_id = ?1 AND send_id = ?2");

struct ending { const char *state; int64_t minutes; struct str number, file, reason; };

/* 1: it is theirs to end; 0: they had ended it so already, and may say more. */
static int begin_end(struct request *rq, const struct ending *e, struct send_row *ret)
{
	struct id_item by = { { 0 } };
	bool frozen;
	int r = tx_one(rq->tx, &send_of_hand, ret, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	if (!str_is(ret->state, "hand")) {
		r = tx_one(rq->tx, &hand_by, &by, V(rq->community), V(rq->path_id));
		bool same = by.item.n == rq->account.n && str_is(ret->state, e->state);
		return r == E_NOT_FOUND ? E_SENT_ALREADY : r < 0 ? r : same ? 0 : E_DONE_ALREADY;
	}
	if ((r = outbox_frozen(rq->tx, rq->community, &frozen)) < 0)
		return r;
	return frozen ? E_FROZEN : 1;
}

static int amend(struct request *rq, const struct ending *e)
{
	return tx_run(rq->tx, &hand_amend, V(rq->community), V(rq->path_id), V(e->minutes), V(e->number), V(e->file), V(e->reason));
}

static int end_item(struct request *rq, const struct ending *e)
{
	struct instant now = tx_now(rq->tx);
	int r = tx_run(rq->tx, &hand_insert, V(rq->community), V(rq->path_id), V(rq->account), V(e->minutes), V(e->number), V(e->file),
	               V(e->reason), V(now));
	return r < 0 ? r : tx_run(rq->tx, &hand_ends, V(rq->community), V(rq->path_id), V(str_of(e->state)), V(now));
}

static int show_item(struct request *rq, struct sheet_item *ret)
{
	struct sheet_raw raw;
	int r = tx_one(rq->tx, &sheet_one, &raw, V(rq->community), V(rq->path_id));
	if (r == 0)
		*ret = item_of(rq, &raw);
	return r;
}

static int say_by_hand(struct request *rq, const struct send_row *s)
{
	struct message said = { .group_id = s->group_id, .channel_id = s->channel_id, .kind = s->what };
	if (!str_among(s->what, "text image link file notice"))
		return 0;
	said.to_id = s->group_id.n ? said.to_id : s->member_id;
	said.text = send_text(rq->arena, s->body, str_is(s->what, "link") ? "title" : str_is(s->what, "file") ? "name" : "text");
	return message_said(rq->tx, rq->community, &said, NULL);
}

static int post_done(struct request *rq, const void *in, void *out)
{
	const struct done_draft *d = in;
	const struct blob *clean = rq->kept;
	struct ending e = { "done", d->minutes, str_trim(d->number), S(""), S("") };
	struct send_row s;
	int first = begin_end(rq, &e, &s), r = first;
	if (r >= 0 && clean && clean->len)
		r = file_keep(rq->tx, rq->community, *clean, "image/jpeg", &e.file);
	if (r < 0)
		return r;
	if (first == 0)
		return (r = amend(rq, &e)) < 0 ? r : show_item(rq, out);
	s.actor_id = rq->account;
	if ((r = end_item(rq, &e)) < 0 || (r = say_by_hand(rq, &s)) < 0 || (r = send_say(rq->tx, rq->community, SEND_DONE, &s)) < 0 ||
	    (r = audit_note(rq, "send_done", s.id, S(""))) < 0)
		return r;
	return show_item(rq, out);
}

static int post_skip(struct request *rq, const void *in, void *out)
{
	const struct skip_draft *d = in;
	struct ending e = { "skipped", 0, S(""), S(""), str_trim(d->reason) };
	struct send_row s;
	if (e.reason.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("reason"));
	int r = begin_end(rq, &e, &s);
	if (r == 0)
		return (r = amend(rq, &e)) < 0 ? r : show_item(rq, out);
	if (r < 0)
		return r;
	s.actor_id = rq->account;
	if ((r = end_item(rq, &e)) < 0 || (r = send_say(rq->tx, rq->community, SEND_CHANGED, &s)) < 0 ||
	    (r = audit_note(rq, "send_skipped", s.id, e.reason)) < 0)
		return r;
	return show_item(rq, out);
}

/* ---- Late ---------------------------------------------------------------------------------------------------- */

struct behind { struct id community_id, group_id; struct str name; int64_t n; struct instant due_at; };

ROW(behind,
	FIELD(behind, community_id, "Community"),
	FIELD(behind, group_id,     "Group"),
	FIELD(behind, name,         "Its name"),
	FIELD(behind, n,            "Items that are late"),
	FIELD(behind, due_at,       "Since when"));

static QUERY(groups_behind, READS, &row_behind, TAKES(K_ID, K_INSTANT),
	"SELECT s.community_id, s.group_id, g.name, count(*) AS n, min(s.due_at) AS due_at FROM send s"
	" JOIN chat_group g ON g.community_id = s.community_id AND g.id = s.group_id WHERE s.community_id = ?1 AND s.state = 'hand'"
	" AND s.due_at < ?2 AND NOT EXISTS (SELECT 1 FROM send_brake b WHERE b.community_id IN (0, s.community_id) AND b.frozen_at > 0)"
	" GROUP BY s.community_id, s.group_id, g.name ORDER BY s.group_id LIMIT 200");

/* Those that had a warning and are behind no more. */
static QUERY(alerts_behind, READS, &row_text_item, TAKES(K_ID, K_INSTANT),
	"SELECT a.key AS item FROM alert a WHERE a.community_id = ?1 AND a.kind = 'send_overdue' AND a.closed_at = 0 AND NOT EXISTS"
	" (SELECT 1 FROM send s WHERE s.community_id = ?1 AND s.group_id = a.subject_id AND s.state = 'hand' AND s.due_at < ?2) LIMIT 200");

static int warn_action(struct tx *tx, void *arg)
{
	const struct id *community = arg;
	struct instant before = { tx_now(tx).ms - OVERDUE_MS };
	struct rows behind, over;
	int r = tx_all(tx, &groups_behind, &behind, V(*community), V(before));
	if (r < 0 || (r = tx_all(tx, &alerts_behind, &over, V(*community), V(before))) < 0)
		return r;
	const struct text_item *key = over.at;
	for (size_t i = 0; r >= 0 && i < over.count; i++)
		r = alert_settle(tx, *community, key[i].item);
	const struct behind *b = behind.at;
	for (size_t i = 0; r >= 0 && i < behind.count; i++) {
		struct alert alert = {
			.key = str_format(tx_arena(tx), "send_overdue %lld.", (long long)b[i].group_id.n), .kind = S("send_overdue"),
			.level = S("late"), .subject = b[i].group_id, .title = b[i].name, .n = b[i].n, .due = b[i].due_at,
		};
		r = alert_raise(tx, *community, &alert);
	}
	return r < 0 ? r : 0;
}

static int communities(struct tx *tx, void *ret) { return community_list(tx, ret); }

static int warn(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct rows rows;
	(void)job, (void)ret_why;
	int r = store_read(context->store, context->arena, communities, &rows);
	const struct id_item *c = r < 0 ? NULL : rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		struct id community = c[i].item;
		r = store_write(context->store, community, context->arena, warn_action, &community);
	}
	return r < 0 ? r : 0;
}

static const struct job_kind jobs[] = {
	{ "runsheet_late", "Warns of groups whose run-sheet is two hours late", warn, .every_ms = 5 * MINUTE },
	{ 0 },
};

/* ---- Declaration ---------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/run-sheet",           ROLE_READER,   get_sheet, &row_sheet_query, &row_sheet_item, "What people must do: due now, later, or over", OUT_PAGE },
	{ "POST", "/run-sheet/{id}/done", ROLE_OPERATOR, post_done, &row_done_draft,  &row_sheet_item, "It is done, with proof",
	  .ready = ready_done, .body_max = 6 << 20, .also = ALSO(ROLE_HOST), .sees = send_sees },
	{ "POST", "/run-sheet/{id}/skip", ROLE_OPERATOR, post_skip, &row_skip_draft,  &row_sheet_item, "It is not done, and why",
	  .also = ALSO(ROLE_HOST), .sees = send_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&sheet_now, &sheet_later, &sheet_over, &sheet_one, &send_of_hand, &hand_by, &hand_insert, &hand_amend, &hand_ends, &groups_behind,
	&alerts_behind, NULL,
};

const struct feature feature_runsheet = { .name = "runsheet", .api = "messages", .routes = routes, .queries = queries, .jobs = jobs };
