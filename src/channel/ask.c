/* ask.c: who asks to come in: the list staff answer, and the answer's way out.
 *
 * Story      The car owners' group asks "which model do you drive?" of whoever wants in. 老王 writes 宝马 3 系; he stands in the
 *            list of the group's page with what he wrote, and one click lets him in. An automation does it by itself for whoever
 *            names a model. Somebody without an answer is refused, with a reason that the platform shows.
 * Not here   Web rooms, which let in by themselves (web/); what the platform is told (the connectors, by the outbox).
 * Owns       channel_ask.
 * Holds      The platform's flag names a request: told twice it is one. An answer is given once; a second one changes nothing.
 *            The answer goes out through the outbox; should the platform refuse it, it lies among the dead letters.
 *            Staff limited to groups see those groups' requests, and of the others none.
 * Test       ask_test.c
 */
#include "channel/channel.h"

#include "base/utf8.h"
#include "channel/outbox/outbox.h"
#include "groups/group.h"
#include "http/personal.h"
#include "people/member.h"
#include "people/merge.h"
#include "people/staff.h"

#define LIST_MOST    100
#define REASON_MOST  60
#define COMMENT_MOST 200
#define KEEP_DAYS    180

/* ---- Rows ------------------------------------------------------------------------------------- */

struct ask {
	struct id      id, channel_id, group_id, member_id;
	struct str     nickname, group, kind, comment;
	struct instant at;
	struct str     state, reason;
	struct id      answered_by;
	struct instant answered_at;
};

ROW(ask,
	FIELD(ask, id,          "Request"),
	FIELD(ask, channel_id,  "Channel"),
	FIELD(ask, group_id,    "Group; nobody's: none of ours", .optional = true),
	FIELD(ask, member_id,   "Who asks", .optional = true),
	FIELD(ask, nickname,    "What they are called"),
	FIELD(ask, group,       "The group's name"),
	FIELD(ask, kind,        "add: into the group; invite: the account into a group; friend", .one_of = ASK_KINDS),
	FIELD(ask, comment,     "What they wrote", .lines = true),
	FIELD(ask, at,          "When"),
	FIELD(ask, state,       "What became of it", .one_of = "open approved refused"),
	FIELD(ask, reason,      "Said with a refusal"),
	FIELD(ask, answered_by, "Account that answered; nobody's: an automation", .optional = true),
	FIELD(ask, answered_at, "When it was answered", .optional = true));

struct ask_query { struct id group_id, channel_id, after; bool all; int64_t limit; };

ROW(ask_query,
	FIELD(ask_query, group_id,   "Of this group", .optional = true),
	FIELD(ask_query, channel_id, "Of this channel", .optional = true),
	FIELD(ask_query, all,        "The answered ones, too", .optional = true),
	FIELD(ask_query, after,      "Only requests before this one", .optional = true),
	FIELD(ask_query, limit,      "How many", .min = 0, .max = LIST_MOST, .optional = true));

struct ask_answer { bool approve; struct str reason; };

ROW(ask_answer,
	FIELD(ask_answer, approve, "Let them in"),
	FIELD(ask_answer, reason,  "Why not, as they read it", .max = REASON_MOST, .optional = true));

struct answer_body { struct str flag, kind; bool approve; struct str reason; };

ROW(answer_body,
	FIELD(answer_body, flag,    "What the platform wants back"),
	FIELD(answer_body, kind,    "What was asked"),
	FIELD(answer_body, approve, "Let them in"),
	FIELD(answer_body, reason,  "Why not"));

struct ask_way { struct id channel_id, group_id, member_id; struct str kind, flag; };

ROW(ask_way,
	FIELD(ask_way, channel_id, "Channel"),
	FIELD(ask_way, group_id,   "Group"),
	FIELD(ask_way, member_id,  "Who asks"),
	FIELD(ask_way, kind,       "What for"),
	FIELD(ask_way, flag,       "What the platform wants back"));

/* ---- Actions -------------------------------------------------------------------------------------- */

static QUERY(ask_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_INSTANT),
	"INSERT INTO channel_ask (community_id, id, channel_id, group_id, member_id, kind, flag, comment, at, state, reason, answered_by,"
	" answered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'open', '', 0, 0)"
	" ON CONFLICT (community_id, channel_id, flag) DO NOTHING");

int ask_keep(struct tx *tx, struct id community, struct id channel, struct id group, struct id member, const struct asked_in *a,
             struct id *ret)
{
	*ret = tx_new_id(tx);
	struct str kind = str_among(a->kind, ASK_KINDS) ? a->kind : S("add");
	return tx_run(tx, &ask_insert, V(community), V(*ret), V(channel), V(group), V(member), V(kind), V(a->flag),
	              V(utf8_cut(a->comment, COMMENT_MOST)), V(a->at.ms ? a->at : tx_now(tx)));
}

static QUERY(ask_way_of, READS, &row_ask_way, TAKES(K_ID, K_ID),
	"SELECT channel_id, group_id, member_id, kind, flag FROM channel_ask WHERE community_id = ?1 AND id = ?2");
static QUERY(ask_settle, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_ID, K_INSTANT),
	"UPDATE channel_ask SET state = ?3, reason = ?4, answered_by = ?5, answered_at = ?6 WHERE community_id = ?1 AND id = ?2"
	" AND state = 'open'");

int ask_answer(struct tx *tx, struct id community, struct id ask, const struct answering *a)
{
	struct ask_way w;
	struct str reason = a->approve ? S("") : utf8_cut(str_trim(a->reason), REASON_MOST);
	int r = tx_one(tx, &ask_way_of, &w, V(community), V(ask));
	if (r < 0 || (r = tx_run(tx, &ask_settle, V(community), V(ask), V(a->approve ? S("approved") : S("refused")), V(reason),
	                         V(a->actor), V(tx_now(tx)))) <= 0)
		return r;
	BUF_SCOPED json;
	struct answer_body body = { w.flag, w.kind, a->approve, reason };
	buf_init(&json, 8192);
	row_write_json(&json, &row_answer_body, &body);
	if (buf_failed(&json))
		return E_MEMORY;
	struct outgoing out = {
		.channel = w.channel_id, .group = w.group_id, .member = w.member_id, .what = "answer", .body = buf_view(&json),
		.key = str_format(tx_arena(tx), "ask.%lld", (long long)ask.n), .reason = a->source.n ? S("automation") : S("asked_in"),
		.source = a->source, .actor = a->actor, .prompt = true,
	};
	if ((r = outbox_put(tx, community, &out, NULL)) < 0)
		return r;
	struct event e = { .subject = w.group_id, .actor = a->actor, .object = ask, .via = w.channel_id,
	                   .word = a->approve ? S("approved") : S("refused") };
	return (r = event_emit(tx, community, &channel_events[MEMBER_ANSWERED], &e)) < 0 ? r : 1;
}

/* ---- API ---------------------------------------------------------------------------------------------- */

#define SELECT_ASK \
	"SELECT a.id, a.channel_id, a.group_id, a.member_id," \
	" COALESCE((SELECT m.nickname FROM member m WHERE m.community_id = a.community_id AND m.id = a.member_id), '') AS nickname," \
	" COALESCE((SELECT g.name FROM chat_group g WHERE g.community_id = a.community_id AND g.id = a.group_id), '') AS \"group\"," \
	" a.kind, a.comment, a.at, a.state, a.reason, a.answered_by, a.answered_at FROM channel_ask a WHERE a.community_id = ?1 AND "
#define SEES_ASK(only) "(" only " = 0 OR (a.group_id <> 0 AND " SEES_GROUP(only, "a.community_id", "a.group_id") "))"
#define ORDERED " AND (?3 = 0 OR a.channel_id = ?3) AND a.id < ?4 AND " SEES_ASK("?5") " ORDER BY a.id DESC LIMIT ?6"

#define ASK_TAKES TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_INT)
static QUERY(asks_open, READS, &row_ask, ASK_TAKES, SELECT_ASK "a.state = 'open' AND (?2 = 0 OR a.group_id = ?2)" ORDERED);
static QUERY(asks_all, READS, &row_ask, ASK_TAKES, SELECT_ASK "(?2 = 0 OR a.group_id = ?2)" ORDERED);
static QUERY(ask_by_id, READS, &row_ask, TAKES(K_ID, K_ID, K_ID), SELECT_ASK "a.id = ?2 AND " SEES_ASK("?3"));

static int get_asks(struct request *rq, const void *in, void *out)
{
	const struct ask_query *q = in;
	struct page *page = out;
	int64_t limit = q->limit ? q->limit : 50;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int r = tx_all(rq->tx, q->all ? &asks_all : &asks_open, &page->rows, V(rq->community), V(q->group_id), V(q->channel_id), V(before),
	               V(rq->only), V(limit));
	page->total = -1;
	page_end(rq, page, &row_ask, limit);
	return r < 0 ? r : 0;
}

static int ask_sees(struct request *rq)
{
	struct ask a;
	return tx_one(rq->tx, &ask_by_id, &a, V(rq->community), V(rq->path_id), V(rq->only));
}

static int post_answer(struct request *rq, const void *in, void *out)
{
	const struct ask_answer *a = in;
	struct answering answering = { a->approve, a->reason, .actor = rq->account };
	int r = ask_answer(rq->tx, rq->community, rq->path_id, &answering);
	return r <= 0 ? r < 0 ? r : E_ALREADY_DECIDED : tx_one(rq->tx, &ask_by_id, out, V(rq->community), V(rq->path_id), V(rq->only));
}

/* ---- Care, and what is kept about people --------------------------------------------------------------- */

static QUERY(asks_old, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_INT),
	"DELETE FROM channel_ask WHERE community_id = ?1 AND id IN (SELECT id FROM channel_ask WHERE community_id = ?1 AND at < ?2"
	" ORDER BY id LIMIT ?3)");

static int run_sweep(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return community_sweep(context->store, context->arena, &asks_old, KEEP_DAYS * DAY);
}

static const struct job_kind jobs[] = {
	{ "channel_ask_sweep", "Forgets requests to come in that are half a year old", run_sweep, .every_ms = 6 * HOUR }, { 0 },
};

struct ask_shown { struct str group, comment; struct instant at; };

ROW(ask_shown,
	FIELD(ask_shown, group,   "Group"),
	FIELD(ask_shown, comment, "What was written", .lines = true),
	FIELD(ask_shown, at,      "When"));

static QUERY(asks_shown, READS, &row_ask_shown, TAKES(K_ID, K_ID),
	"SELECT COALESCE((SELECT g.name FROM chat_group g WHERE g.community_id = a.community_id AND g.id = a.group_id), '') AS \"group\","
	" a.comment, a.at FROM channel_ask a WHERE a.community_id = ?1 AND a.member_id = ?2 ORDER BY a.id DESC LIMIT 200");
static QUERY(asks_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM channel_ask WHERE community_id = ?1 AND member_id = ?2");

static const struct personal personal[] = {
	{ "channel_ask", "你的入群申请和你当时写的话（半年内）", "Your requests to come into a group, and what you wrote (half a year)",
	  "群 写了什么 时间", BY_MEMBER, &asks_shown, .erases = { &asks_drop } },
	{ 0 },
};

MEMBER_PLACE(channel_ask, "channel_ask", "member_id", "CAST(id AS TEXT)", "");

static const struct member_place places[] = { { "channel_ask", &channel_ask_note, &channel_ask_move, NULL }, { 0 } };

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/asks",             ROLE_READER,   get_asks,    &row_ask_query,  &row_ask,
	  "Who asks to come in, newest first", OUT_PAGE },
	{ "POST", "/asks/{id}/answer", ROLE_OPERATOR, post_answer, &row_ask_answer, &row_ask,
	  "Let them in, or refuse: once", .sees = ask_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&ask_insert, &ask_way_of, &ask_settle, &asks_open, &asks_all, &ask_by_id, &asks_old, &asks_shown, &asks_drop,
	&channel_ask_note, &channel_ask_move, NULL,
};

const struct feature feature_ask = {
	.name = "ask", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs, .personal = personal, .places = places,
};
