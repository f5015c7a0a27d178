/* message.c: what was said: in groups, to the account, and by us.
 *
 * Story      A keyword reply needs the words; so does staff who asks "what was said before he was muted?". Every message that a
 *            connector hears, and every one the outbox delivered, is a row here. After as many days as the community keeps
 *            them they are gone, and the events (who spoke when, where) remain for the numbers.
 * Not here   Reactions to words (automation), the web room's own page (web/), files themselves (engine/file).
 * Owns       message.
 * Holds      Texts are cut at MESSAGE_TEXT bytes, between characters. Staff limited to groups read those groups' messages, and
 *            of private ones none.
 * Test       channel_test.c
 */
#include "channel/channel.h"

#include "groups/group.h"
#include "http/personal.h"
#include "people/member.h"
#include "people/merge.h"
#include "people/staff.h"

#define LIST_MOST   100
#define MEDIA_MAX   1000
#define KEEP_DAYS   180
#define KINDS       "text image voice video file link location face notice other"

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW_PUBLIC(message,
	FIELD(message, id,          "Message"),
	FIELD(message, group_id,    "Group; nobody's: between the account and one member", .optional = true),
	FIELD(message, channel_id,  "Channel", .optional = true),
	FIELD(message, member_id,   "Who said it; nobody: we did", .optional = true),
	FIELD(message, to_id,       "Whom we told it, where it was one member", .optional = true),
	FIELD(message, number,      "The platform's number of it"),
	FIELD(message, kind,        "What it is", .one_of = KINDS),
	FIELD(message, text,        "What it says", .lines = true),
	FIELD(message, media,       "Address or key of what it carries, or empty"),
	FIELD(message, reply_to,    "The platform's number of the message it answers, or empty"),
	FIELD(message, at,          "When"),
	FIELD(message, recalled_at, "When it was taken back", .optional = true));

struct message_line { struct id id, member_id, to_id; struct str nickname, number, kind, text, media; struct instant at, recalled_at; };

ROW(message_line,
	FIELD(message_line, id,          "Message"),
	FIELD(message_line, member_id,   "Who said it; nobody: we did", .optional = true),
	FIELD(message_line, to_id,       "Whom we told it", .optional = true),
	FIELD(message_line, nickname,    "What they are called"),
	FIELD(message_line, number,      "The platform's number of it; in a room its line"),
	FIELD(message_line, kind,        "What it is", .one_of = KINDS),
	FIELD(message_line, text,        "What it says", .lines = true),
	FIELD(message_line, media,       "Address or key of what it carries, or empty"),
	FIELD(message_line, at,          "When"),
	FIELD(message_line, recalled_at, "When it was taken back", .optional = true));

struct message_query { struct id after; int64_t limit; };

ROW(message_query,
	FIELD(message_query, after, "Only messages before this one", .optional = true),
	FIELD(message_query, limit, "How many", .min = 0, .max = LIST_MOST, .optional = true));

/* ---- Actions ------------------------------------------------------------------------------------------ */

static struct str cut(struct str text, size_t most)
{
	if (text.len <= most)
		return text;
	while (most && ((unsigned char)text.at[most] & 0xc0) == 0x80)
		most--;
	return (struct str){ text.at, most };
}

static QUERY(message_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_INSTANT),
	"INSERT INTO message (community_id, id, group_id, channel_id, member_id, to_id, number, kind, text, media, reply_to, at, recalled_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0)");

static QUERY(message_insert_heard, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_INSTANT),
	"INSERT INTO message (community_id, id, group_id, channel_id, member_id, to_id, number, kind, text, media, reply_to, at, recalled_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0) ON CONFLICT DO NOTHING");

static int insert(struct tx *tx, const struct query *q, struct id community, const struct message *m, struct id id)
{
	struct str kind = str_among(m->kind, KINDS) ? m->kind : S("other");
	return tx_run(tx, q, V(community), V(id), V(m->group_id), V(m->channel_id), V(m->member_id), V(m->to_id),
	              V(cut(m->number, 120)), V(kind), V(cut(m->text, MESSAGE_TEXT)), V(cut(m->media, MEDIA_MAX)),
	              V(cut(m->reply_to, 120)), V(m->at.ms ? m->at : tx_now(tx)));
}

int message_said(struct tx *tx, struct id community, const struct message *m, struct id *ret)
{
	struct id id = m->id.n ? m->id : tx_new_id(tx);
	int r = insert(tx, &message_insert, community, m, id);
	if (r < 0)
		return r;
	if (ret)
		*ret = id;
	return 0;
}

int message_heard(struct tx *tx, struct id community, const struct message *m, struct id *ret)
{
	*ret = tx_new_id(tx);
	return insert(tx, &message_insert_heard, community, m, *ret);
}

static QUERY(message_take_back, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_ID),
	"UPDATE message SET recalled_at = ?4 WHERE community_id = ?1 AND channel_id = ?2 AND number = ?3 AND recalled_at = 0"
	" AND id IN (SELECT id FROM message WHERE community_id = ?1 AND group_id = ?5 ORDER BY id DESC LIMIT 2000)");

int message_recalled(struct tx *tx, struct id community, struct id channel, struct id group, struct str number)
{
	return tx_run(tx, &message_take_back, V(community), V(channel), V(number), V(tx_now(tx)), V(group));
}

/* ---- Reading ------------------------------------------------------------------------------------------ */

#define SELECT_MESSAGE \
	"SELECT id, group_id, channel_id, member_id, to_id, number, kind, text, media, reply_to, at, recalled_at FROM message" \
	" WHERE community_id = ?1 AND "

static QUERY(message_by_id, READS, &row_message, TAKES(K_ID, K_ID), SELECT_MESSAGE "id = ?2");
static QUERY(messages_before, READS, &row_message, TAKES(K_ID, K_ID, K_ID, K_INT),
	SELECT_MESSAGE "group_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4");
static QUERY(messages_of_range, READS, &row_message, TAKES(K_ID, K_ID, K_ID),
	SELECT_MESSAGE "id >= ?2 AND id <= ?3 ORDER BY id LIMIT 100000");

int message_get(struct tx *tx, struct id community, struct id message, struct message *ret)
{
	return tx_one(tx, &message_by_id, ret, V(community), V(message));
}

int messages_of_group(struct tx *tx, struct id community, struct id group, struct id before, int64_t limit, struct rows *ret)
{
	return tx_all(tx, &messages_before, ret, V(community), V(group), V(((struct id){ before.n ? before.n : INT64_MAX })), V(limit));
}

int messages_between(struct tx *tx, struct id community, struct id first, struct id last, struct rows *ret)
{
	return tx_all(tx, &messages_of_range, ret, V(community), V(first), V(last));
}

/* ---- API ------------------------------------------------------------------------------------------------ */

#define SELECT_LINE \
	"SELECT s.id, s.member_id, s.to_id, COALESCE((SELECT m.nickname FROM member m WHERE m.community_id = s.community_id AND m.id =" \
	" CASE WHEN s.member_id <> 0 THEN s.member_id ELSE s.to_id END), '') AS nickname, s.number, s.kind, s.text, s.media, s.at," \
	" s.recalled_at" \
	" FROM message s WHERE s.community_id = ?1 AND s.id < ?3 AND "

static QUERY(lines_of_group, READS, &row_message_line, TAKES(K_ID, K_ID, K_ID, K_INT),
	SELECT_LINE "s.group_id = ?2 ORDER BY s.id DESC LIMIT ?4");
static QUERY(lines_of_member, READS, &row_message_line, TAKES(K_ID, K_ID, K_ID, K_INT),
	SELECT_LINE "s.member_id = ?2 AND s.group_id = 0 ORDER BY s.id DESC LIMIT ?4");

static int lines(struct request *rq, const struct query *q, const struct message_query *in, struct page *page)
{
	int64_t limit = in->limit ? in->limit : 50;
	struct id before = { in->after.n ? in->after.n : INT64_MAX };
	int r = tx_all(rq->tx, q, &page->rows, V(rq->community), V(rq->path_id), V(before), V(limit));
	page->total = -1;
	page_end(rq, page, &row_message_line, limit);
	return r < 0 ? r : 0;
}

static int get_group_messages(struct request *rq, const void *in, void *out)
{
	struct group_brief group;
	int r = group_get_brief(rq->tx, rq->community, rq->path_id, &group);
	return r < 0 ? r : lines(rq, &lines_of_group, in, out);
}

static int get_member_messages(struct request *rq, const void *in, void *out)
{
	int r = member_resolve(rq->tx, rq->community, rq->path_id, &rq->path_id);
	return r < 0 ? r : lines(rq, &lines_of_member, in, out);
}

/* ---- Care --------------------------------------------------------------------------------------------------- */

static QUERY(messages_old, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_INT),
	"DELETE FROM message WHERE community_id = ?1 AND id IN (SELECT id FROM message WHERE community_id = ?1 AND at < ?2"
	" ORDER BY id LIMIT ?3)");

static int run_sweep(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return community_sweep(context->store, context->arena, &messages_old, KEEP_DAYS * DAY);
}

static const struct job_kind jobs[] = {
	{ "message_sweep", "Deletes messages older than half a year", run_sweep, .every_ms = 6 * HOUR }, { 0 },
};

/* ---- What is kept about people, and what a merge moves ------------------------------------------------------ */

struct message_shown { struct str group, text; struct instant at; };

ROW(message_shown,
	FIELD(message_shown, group, "Group"),
	FIELD(message_shown, text,  "What was said", .lines = true),
	FIELD(message_shown, at,    "When"));

static QUERY(messages_shown, READS, &row_message_shown, TAKES(K_ID, K_ID),
	"SELECT COALESCE((SELECT g.name FROM chat_group g WHERE g.community_id = s.community_id AND g.id = s.group_id), '') AS \"group\","
	" s.text, s.at FROM message s WHERE s.community_id = ?1 AND s.member_id = ?2 ORDER BY s.id DESC LIMIT 1000");
static QUERY(messages_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM message WHERE community_id = ?1 AND member_id = ?2");
static QUERY(messages_told_drop, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM message WHERE community_id = ?1 AND member_id = 0 AND to_id = ?2");

static const struct personal personal[] = {
	{ "message", "你在群里和对公众号说过的话（半年内）", "What you said in groups and to the account (half a year)",
	  "群 内容 时间", BY_MEMBER,
	  &messages_shown, .erases = { &messages_drop, &messages_told_drop } },
	{ 0 },
};

MEMBER_PLACE(message, "message", "member_id", "CAST(id AS TEXT)", "");

static const struct member_place places[] = { { "message", &message_note, &message_move, NULL }, { 0 } };

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/groups/{id}/messages",  ROLE_READER, get_group_messages,  &row_message_query, &row_message_line,
	  "What was said in a group, newest first", OUT_PAGE, .sees = group_sees },
	{ "GET", "/members/{id}/messages", ROLE_READER, get_member_messages, &row_message_query, &row_message_line,
	  "What a member said to the account, newest first", OUT_PAGE },
	{ 0 },
};

static const struct query *const queries[] = {
	&message_insert, &message_insert_heard,
	&message_take_back, &message_by_id, &messages_before, &messages_of_range, &lines_of_group, &lines_of_member,
	&messages_old, &messages_shown, &messages_drop, &messages_told_drop, &message_note, &message_move, NULL,
};

const struct feature feature_message = {
	.name = "message", .api = "messages", .routes = routes, .queries = queries, .jobs = jobs, .personal = personal, .places = places,
};
