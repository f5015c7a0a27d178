/* livecode.c: the operator's side of a live code: settings and targets.
 *
 * Story      The community's poster is printed once. Behind its QR stand three groups; when the first is full, the
 *            second takes over; the operator adds a third before the evening. Nobody prints anything again.
 * Not here   What a visitor sees (scan.c), sources (source.c), numbers (numbers.c), payment gates (shop).
 * Owns       livecode, livecode_version, livecode_child, livecode_fill.
 * Holds      Every change of a code, its children or their groups gives the code a new version in the same transaction.
 *            A running code has at least one target. An ended code stays ended.
 *            A proof gate that asks people to share runs only with the guardrail acknowledged (G1).
 * Test       livecode_test.c.
 */
#include "groups/livecode.h"

#include "engine/file/file.h"
#include "groups/alert.h"
#include "groups/group.h"
#include "people/audit.h"

#define LIST_TEXT (256 << 10)     /* a body of 64 KiB, written anew with its defaults */

/* ---- Rows ------------------------------------------------------------------------------------- */

#define STRATEGIES "order balanced weighted rota city nearest"

ROW_PUBLIC(question,
	FIELD(question, key,      "Its name in answers", .min = 1, .max = 20, .pattern = "[a-z][a-z0-9_]*"),
	FIELD(question, label,    "What is asked", .min = 1, .max = 60),
	FIELD(question, kind,     "How it is answered", .one_of = "text phone choice"),
	FIELD(question, required, "Must be answered"),
	FIELD(question, choices,  "Of kind choice", .of = &row_text_item, .max = 12, .optional = true));

ROW_PUBLIC(approving,
	FIELD(approving, key,   "Which question", .min = 1, .max = 20),
	FIELD(approving, holds, "What must hold of the answer", .one_of = "is contains filled"),
	FIELD(approving, value, "Compared with", .max = 60, .optional = true));

#define LIVECODE_SETTINGS \
	FIELD(livecode, title,           "Shown on the landing page", .min = 1, .max = 40), \
	FIELD(livecode, guide,           "What members get, a point a line", .max = 300, .lines = true, .optional = true), \
	FIELD(livecode, avatar,          "Key of a picture", .max = 22, .optional = true), \
	FIELD(livecode, look,            "Look of the landing page", .one_of = "plain card brand"), \
	FIELD(livecode, starts_at,       "Before that visitors are told when; empty: at once", .optional = true), \
	FIELD(livecode, ends_at,         "After that visitors are told it ended; empty: never", .optional = true), \
	FIELD(livecode, strategy,        "Who gets which target", .one_of = STRATEGIES), \
	FIELD(livecode, sticky,          "The same visitor sees the same target"), \
	FIELD(livecode, duplicate_guard, "Who has joined is shown their own group"), \
	FIELD(livecode, gate,            "What a visitor must do first", .one_of = "none form password voucher proof"), \
	FIELD(livecode, gate_title,      "Heading of the gate", .max = 40, .optional = true), \
	FIELD(livecode, gate_note,       "What to do, or the task", .max = 500, .lines = true, .optional = true), \
	FIELD(livecode, gate_password,   "Of gate password", .max = 40, .optional = true), \
	FIELD(livecode, gate_questions,  "Of gate form", .of = &row_question, .max = 12, .optional = true), \
	FIELD(livecode, gate_approve,    "All of these hold: approved at once; empty: a person decides", .of = &row_approving, .max = 12, .optional = true), \
	FIELD(livecode, gate_example,    "Key of a picture that shows a good proof", .max = 22, .optional = true)

#define LIVECODE_LOOKS \
	FIELD(livecode, tags,            "Put on whoever passes", .of = &row_text_item, .max = 20, .optional = true), \
	FIELD(livecode, contact,         "Shown when nothing else helps: a phone, a person", .max = 60, .optional = true), \
	FIELD(livecode, qr_level,        "How much of the QR may be damaged", .one_of = "L M Q H"), \
	FIELD(livecode, qr_logo,         "Key of a picture in the middle of the QR", .max = 22, .optional = true)

ROW(livecode,
	FIELD(livecode, id,            "Live code"),
	LIVECODE_SETTINGS,
	FIELD(livecode, gate_accepted, "When the guardrail was acknowledged", .optional = true),
	LIVECODE_LOOKS,
	FIELD(livecode, state,         "Where it stands", .one_of = "draft running paused ended"),
	FIELD(livecode, created_at,    "Made"),
	FIELD(livecode, updated_at,    "Last changed"));

static const struct field livecode_draft_fields[] = { LIVECODE_SETTINGS, LIVECODE_LOOKS };
static const struct row row_livecode_draft = {
	"livecode_draft", sizeof(struct livecode), livecode_draft_fields,
	sizeof livecode_draft_fields / sizeof *livecode_draft_fields,
};

struct livecode_line {
	struct id      id;
	struct str     title, state, strategy, gate, slug, url;
	int64_t        children, links, visitors, joined;
	struct instant ends_at, created_at, updated_at;
};

ROW(livecode_line,
	FIELD(livecode_line, id,         "Live code"),
	FIELD(livecode_line, title,      "Title"),
	FIELD(livecode_line, state,      "Where it stands", .one_of = "draft running paused ended"),
	FIELD(livecode_line, strategy,   "Who gets which target", .one_of = STRATEGIES),
	FIELD(livecode_line, gate,       "Gate", .one_of = "none form password voucher proof"),
	FIELD(livecode_line, slug,       "Its own short link"),
	FIELD(livecode_line, url,        "The same, whole"),
	FIELD(livecode_line, children,   "How many targets"),
	FIELD(livecode_line, links,      "How many sources"),
	FIELD(livecode_line, visitors,   "Visitors shown a target"),
	FIELD(livecode_line, joined,     "… who said they joined"),
	FIELD(livecode_line, ends_at,    "When it ends", .optional = true),
	FIELD(livecode_line, created_at, "Made"),
	FIELD(livecode_line, updated_at, "Last changed"));

struct livecode_query { struct str q, state; struct id after; int64_t limit; };

ROW(livecode_query,
	FIELD(livecode_query, q,     "Part of the title", .max = 40, .optional = true),
	FIELD(livecode_query, state, "Only these", .one_of = "draft running paused ended", .optional = true),
	FIELD(livecode_query, after, "Only those made before this one", .optional = true),
	FIELD(livecode_query, limit, "How many", .min = 0, .max = 200, .optional = true));

struct state_change { struct str state, acknowledge; };

ROW(state_change,
	FIELD(state_change, state,       "The new state", .one_of = "running paused ended"),
	FIELD(state_change, acknowledge, "Name of the guardrail you have read and accept: G1", .max = 10, .optional = true));

/* A child as it is stored; choose.h's struct child is made from it. */
struct target {
	struct id      id, code_id;
	int64_t        place;
	struct str     kind;
	struct id      group_id;
	struct str     title, picture, url;
	int64_t        scan_cap;
	struct instant expires_at;
	int64_t        weight;
	struct rows    windows, dates;
	struct str     region;
	int64_t        latitude_e6, longitude_e6, radius_m;
	struct str     visitors;
	bool           stopped;
	struct instant updated_at;
};

#define TARGET_DRAFT \
	FIELD(target, kind,         "What it is", .one_of = "group wecom staff url"), \
	FIELD(target, group_id,     "Of kind group", .optional = true), \
	FIELD(target, title,        "As operators read it; a group's own name when empty", .max = 40, .optional = true), \
	FIELD(target, picture,      "Key of a QR picture, of kinds staff and wecom", .max = 22, .optional = true), \
	FIELD(target, url,          "Of kinds url and wecom", .max = 1000, .pattern = "(https?://[^ ]+)?", .optional = true), \
	FIELD(target, scan_cap,     "Shown to so many visitors; 0: no limit", .min = 0, .max = 1000000), \
	FIELD(target, expires_at,   "Not shown after that", .optional = true), \
	FIELD(target, weight,       "Share under strategy weighted", .min = 0, .max = 1000), \
	FIELD(target, windows,      "Weekly hours; empty: always", .of = &row_window, .max = WINDOWS_MAX, .optional = true), \
	FIELD(target, dates,        "Special dates, before the weekly hours", .of = &row_special, .max = DATES_MAX, .optional = true), \
	FIELD(target, region,       "City or shop", .max = 20, .optional = true), \
	FIELD(target, latitude_e6,  "Micro-degrees", .min = -90000000, .max = 90000000, .optional = true), \
	FIELD(target, longitude_e6, "Micro-degrees", .min = -180000000, .max = 180000000, .optional = true), \
	FIELD(target, radius_m,     "Reaches visitors so far away; 0: has no place", .min = 0, .max = 1000000, .optional = true), \
	FIELD(target, visitors,     "For whom", .one_of = "all new returning"), \
	FIELD(target, stopped,      "Taken out by hand", .optional = true)

ROW(target,
	FIELD(target, id,         "Target"),
	FIELD(target, code_id,    "Its live code"),
	FIELD(target, place,      "Order"),
	TARGET_DRAFT,
	FIELD(target, updated_at, "Last changed"));

static const struct field target_draft_fields[] = { TARGET_DRAFT };
static const struct row row_target_draft = {
	"target_draft", sizeof(struct target), target_draft_fields, sizeof target_draft_fields / sizeof *target_draft_fields,
};

struct target_view {
	struct id      id;
	int64_t        place;
	struct str     kind;
	struct id      group_id;
	struct str     group_name, title, picture, picture_url, url;
	int64_t        scan_cap, shown, joined, members;
	struct instant expires_at, picture_expires_at;
	int64_t        weight;
	struct rows    windows, dates;
	struct str     region;
	int64_t        latitude_e6, longitude_e6, radius_m;
	struct str     visitors;
	bool           stopped;
	struct str     state;
	struct instant opens_at, updated_at;
};

ROW(target_view,
	FIELD(target_view, id,                 "Target"),
	FIELD(target_view, place,              "Order"),
	FIELD(target_view, kind,               "What it is", .one_of = "group wecom staff url"),
	FIELD(target_view, group_id,           "Group", .optional = true),
	FIELD(target_view, group_name,         "Its name"),
	FIELD(target_view, title,              "Title"),
	FIELD(target_view, picture,            "Key of its own picture"),
	FIELD(target_view, picture_url,        "The picture that visitors see"),
	FIELD(target_view, url,                "Address"),
	FIELD(target_view, scan_cap,           "Shown to so many; 0: no limit"),
	FIELD(target_view, shown,              "Visitors it was shown to"),
	FIELD(target_view, joined,             "… who said they joined"),
	FIELD(target_view, members,            "Members of the group as last counted"),
	FIELD(target_view, expires_at,         "Not shown after that", .optional = true),
	FIELD(target_view, picture_expires_at, "When the group's QR dies", .optional = true),
	FIELD(target_view, weight,             "Share"),
	FIELD(target_view, windows,            "Weekly hours", .of = &row_window),
	FIELD(target_view, dates,              "Special dates", .of = &row_special),
	FIELD(target_view, region,             "City or shop"),
	FIELD(target_view, latitude_e6,        "Micro-degrees"),
	FIELD(target_view, longitude_e6,       "Micro-degrees"),
	FIELD(target_view, radius_m,           "Reach"),
	FIELD(target_view, visitors,           "For whom", .one_of = "all new returning"),
	FIELD(target_view, stopped,            "Taken out by hand"),
	FIELD(target_view, state,              "Now", .one_of = "waiting filling full expired stopped empty"),
	FIELD(target_view, opens_at,           "When its hours open", .optional = true),
	FIELD(target_view, updated_at,         "Last changed"));

struct target_order { struct rows ids; };

ROW(target_order, FIELD(target_order, ids, "Every target of the code, in the new order", .of = &row_id_item, .max = CHILDREN_MAX));

/* ---- Rules: no store, no clock ------------------------------------------------------------------ */

/* Whatever the case: "Share" at the head of a sentence is the same demand. */
static bool mentions(struct str text, const char *word)
{
	size_t len = strlen(word);
	for (size_t i = 0; i + len <= text.len; i++)
		if (str_equal_fold((struct str){ text.at + i, len }, str_of(word)))
			return true;
	return false;
}

/* Rewards and entry must not hang on sharing (guardrail G1): does the task ask for it? */
static bool asks_to_share(const struct livecode *code)
{
	static const char *const words[] = { "分享", "转发", "朋友圈", "集赞", "点赞", "拉人", "share", "repost", "forward" };
	if (!str_is(code->gate, "proof"))
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (mentions(code->gate_note, words[i]) || mentions(code->gate_title, words[i]))
			return true;
	return false;
}

static int place_of(const char *words, struct str word)
{
	int i = 0;
	struct str rest = str_of(words);
	while (rest.len) {
		if (str_equal(str_cut(&rest, ' '), word))
			return i;
		i++;
	}
	return 0;
}

static struct str missing_field(const struct livecode *code)
{
	if (str_is(code->gate, "password") && !code->gate_password.len)
		return S("gate_password");
	if (str_is(code->gate, "form") && !code->gate_questions.count)
		return S("gate_questions");
	if (str_is(code->gate, "proof") && !code->gate_note.len)
		return S("gate_note");
	return S("");
}

static const struct question *question_of(const struct livecode *code, struct str key, size_t among)
{
	const struct question *q = code->gate_questions.at;
	for (size_t i = 0; i < among; i++)
		if (str_equal(q[i].key, key))
			return &q[i];
	return NULL;
}

/* A form that nobody could fill in, or whose rules could never hold: 0, or the code of what is wrong in *ret_field. */
static int form_check(const struct livecode *code, struct str *ret_field)
{
	const struct question *q = code->gate_questions.at;
	const struct approving *rule = code->gate_approve.at;
	if (!str_is(code->gate, "form"))
		return 0;
	*ret_field = S("gate_questions");
	for (size_t i = 0; i < code->gate_questions.count; i++) {
		if (question_of(code, q[i].key, i))
			return E_NAME_TAKEN;
		if (str_is(q[i].kind, "choice") && !q[i].choices.count)
			return E_MISSING_FIELD;
	}
	*ret_field = S("gate_approve");
	for (size_t i = 0; i < code->gate_approve.count; i++) {
		if (!question_of(code, rule[i].key, code->gate_questions.count))
			return E_NOT_ONE_OF;
		if (!str_is(rule[i].holds, "filled") && !rule[i].value.len)
			return E_MISSING_FIELD;
	}
	return 0;
}

static struct str target_missing(const struct target *t)
{
	if (str_is(t->kind, "group") && !t->group_id.n)
		return S("group_id");
	if (str_is(t->kind, "url") && !t->url.len)
		return S("url");
	if (str_is(t->kind, "staff") && !t->picture.len)
		return S("picture");
	if (str_is(t->kind, "wecom") && !t->url.len && !t->picture.len)
		return S("url");
	return S("");
}

/* Hours that never come: 0, or the code of what is wrong in *ret_field. */
static int hours_check(const struct target *t, struct str *ret_field)
{
	const struct window *w = t->windows.at;
	const struct special *s = t->dates.at;
	*ret_field = S("windows");
	for (size_t i = 0; i < t->windows.count; i++)
		if (w[i].from >= w[i].until)
			return E_TIME_ORDER;
	*ret_field = S("dates");
	for (size_t i = 0; i < t->dates.count; i++) {
		int64_t day;
		if (!day_parse(s[i].day, &day))
			return E_BAD_PATTERN;
		if (s[i].from > s[i].until)
			return E_TIME_ORDER;
	}
	return 0;
}

/* ---- Events ----------------------------------------------------------------------------------------- */

const struct event_kind livecode_events[] = {
	[LIVECODE_MADE]     = { "livecode_made",     "An operator made a live code", "livecode" },
	[LIVECODE_CHANGED]  = { "livecode_changed",  "Settings or targets of a live code changed", "livecode" },
	[LIVECODE_STATE]    = { "livecode_state",    "A live code was started, paused or ended; word: the state", "livecode" },
	[LIVECODE_SCANNED]  = { "livecode_scanned",  "A visitor scanned; n 1: the first time; object: the target; word: device", "scan" },
	[LIVECODE_SHOWN]    = { "livecode_shown",    "A visitor who came before was shown a target (after a gate, or another one)", "scan" },
	[LIVECODE_JOINED]   = { "livecode_joined",   "A visitor confirmed joining; n 1: a new member", "scan" },
	[LIVECODE_APPLIED]  = { "livecode_applied",  "A visitor handed in an application", "application" },
	[LIVECODE_DECIDED]  = { "livecode_decided",  "An application was decided; via: the visitor; word: how", "application" },
	[LIVECODE_WAITING]  = { "livecode_waiting",  "A visitor put themselves on the waiting list", "application" },
	[LIVECODE_REPORTED] = { "livecode_reported", "A visitor reported a page", "alert" },
	{ 0 },
};

/* ---- Actions ------------------------------------------------------------------------------------------ */

static QUERY(livecode_by_id, READS, &row_livecode, TAKES(K_ID, K_ID),
	"SELECT id, title, guide, avatar, look, starts_at, ends_at, strategy, sticky, duplicate_guard, gate, gate_title,"
	" gate_note, gate_password, gate_questions, gate_approve, gate_example, gate_accepted, tags, contact, qr_level,"
	" qr_logo, state, created_at, updated_at FROM livecode WHERE community_id = ?1 AND id = ?2");

int livecode_get(struct tx *tx, struct id community, struct id code, struct livecode *ret)
{
	return tx_one(tx, &livecode_by_id, ret, V(community), V(code));
}

static QUERY(code_is_seen, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT c.id AS item FROM livecode c WHERE c.community_id = ?1 AND c.id = ?2 AND " SEES_CODE("?3", "c.community_id", "c.id"));

static QUERY(code_has_group, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT id AS item FROM livecode_child WHERE community_id = ?1 AND code_id = ?2 AND group_id = ?3 LIMIT 1");

int livecode_has_group(struct tx *tx, struct id community, struct id code, struct id group, bool *ret)
{
	struct id_item child;
	int r = tx_one(tx, &code_has_group, &child, V(community), V(code), V(group));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = r == 0;
	return 0;
}

int livecode_sees(struct tx *tx, struct id community, struct id only, struct id code)
{
	struct id_item seen;
	return only.n ? tx_one(tx, &code_is_seen, &seen, V(community), V(code), V(only)) : 0;
}

int code_sees(struct request *rq)
{
	return livecode_sees(rq->tx, rq->community, rq->only, rq->path_id);
}

static QUERY(code_of_others, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT h.id AS item FROM livecode_child h WHERE h.community_id = ?1 AND h.code_id = ?2 AND NOT "
	SEES_CHILD_GROUP("?3", "h.community_id", "h.group_id") " LIMIT 1");

int code_commands(struct request *rq)
{
	struct id_item other;
	int r = code_sees(rq);
	if (r < 0)
		return r;
	r = tx_one(rq->tx, &code_of_others, &other, V(rq->community), V(rq->path_id), V(rq->only));
	return r == E_NOT_FOUND ? 0 : r < 0 ? r : E_FORBIDDEN;
}

static QUERY(target_is_seen, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT h.id AS item FROM livecode_child h WHERE h.community_id = ?1 AND h.id = ?2 AND "
	SEES_CHILD_GROUP("?3", "h.community_id", "h.group_id") " AND " SEES_CODE("?3", "h.community_id", "h.code_id"));

static int target_sees(struct request *rq)
{
	struct id_item seen;
	return tx_one(rq->tx, &target_is_seen, &seen, V(rq->community), V(rq->path_id), V(rq->only));
}

static QUERY(version_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"INSERT INTO livecode_version (community_id, code_id, version) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (community_id, code_id) DO UPDATE SET version = excluded.version");

/* A version is a fresh id, not a counter: one that was rolled back can never come again with other content. */
int livecode_touch(struct tx *tx, struct id community, struct id code)
{
	int r = tx_run(tx, &version_put, V(community), V(code), V(tx_new_id(tx)));
	return r < 0 ? r : 0;
}

static QUERY(version_put_all, WRITES, NULL, TAKES(K_ID, K_ID), "UPDATE livecode_version SET version = ?2 WHERE community_id = ?1");

int livecode_touch_all(struct tx *tx, struct id community)
{
	int r = tx_run(tx, &version_put_all, V(community), V(tx_new_id(tx)));
	return r < 0 ? r : 0;
}

static QUERY(codes_of_group, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT DISTINCT code_id AS item FROM livecode_child WHERE community_id = ?1 AND group_id = ?2");

int livecode_group_changed(struct tx *tx, struct id community, struct id group)
{
	struct rows codes;
	int r = tx_all(tx, &codes_of_group, &codes, V(community), V(group));
	const struct id_item *code = codes.at;
	for (size_t i = 0; r >= 0 && i < codes.count; i++)
		r = livecode_touch(tx, community, code[i].item);
	return r < 0 ? r : 0;
}

int livecode_uses_group(struct tx *tx, struct id community, struct id group, int64_t *ret)
{
	struct rows codes;
	int r = tx_all(tx, &codes_of_group, &codes, V(community), V(group));
	if (r < 0)
		return r;
	*ret = (int64_t)codes.count;
	return 0;
}

/* JSON text of a list field, for its column. */
static int list_text(struct tx *tx, const struct row *row, struct rows rows, struct str *ret)
{
	BUF_SCOPED json;
	buf_init(&json, LIST_TEXT);
	rows_write_json(&json, row, rows);
	*ret = buf_failed(&json) ? S("") : str_copy(tx_arena(tx), buf_view(&json));
	return ret->len ? 0 : E_MEMORY;
}

static QUERY(livecode_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_ID),
	"INSERT INTO livecode (community_id, id, title, guide, avatar, look, state, starts_at, ends_at, strategy, sticky,"
	" duplicate_guard, gate, gate_title, gate_note, gate_password, gate_questions, gate_approve, gate_example,"
	" gate_accepted, tags, contact, qr_level, qr_logo, made_by, created_at, updated_at)"
	" VALUES (?1, ?2, '', '', '', 'plain', 'draft', 0, 0, 'order', TRUE, TRUE, 'none', '', '', '', '[]', '[]', '', 0,"
	" '[]', '', 'M', '', ?4, ?3, ?3)");

static QUERY(livecode_update, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_INSTANT, K_INSTANT, K_STR, K_BOOL, K_BOOL, K_STR, K_STR, K_STR, K_STR,
	      K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_INSTANT),
	"UPDATE livecode SET title = ?3, guide = ?4, avatar = ?5, look = ?6, starts_at = ?7, ends_at = ?8, strategy = ?9,"
	" sticky = ?10, duplicate_guard = ?11, gate = ?12, gate_title = ?13, gate_note = ?14, gate_password = ?15,"
	" gate_questions = ?16, gate_approve = ?17, gate_example = ?18, tags = ?19, contact = ?20, qr_level = ?21,"
	" qr_logo = ?22, updated_at = ?23 WHERE community_id = ?1 AND id = ?2");

static int livecode_save(struct request *rq, struct id id, const struct livecode *c)
{
	struct tx *tx = rq->tx;
	struct str questions, approve, tags, field;
	int r;
	if (c->ends_at.ms && c->ends_at.ms <= c->starts_at.ms)
		return rq_complain(rq, E_TIME_ORDER, S("ends_at"));
	if (missing_field(c).len)
		return rq_complain(rq, E_MISSING_FIELD, missing_field(c));
	if ((r = form_check(c, &field)) < 0)
		return rq_complain(rq, r, field);
	if ((r = list_text(tx, &row_question, c->gate_questions, &questions)) < 0 ||
	    (r = list_text(tx, &row_approving, c->gate_approve, &approve)) < 0 ||
	    (r = list_text(tx, &row_text_item, c->tags, &tags)) < 0)
		return r;
	r = tx_run(tx, &livecode_update, V(rq->community), V(id), V(c->title), V(c->guide), V(c->avatar), V(c->look),
	               V(c->starts_at), V(c->ends_at), V(c->strategy), V(c->sticky), V(c->duplicate_guard), V(c->gate),
	               V(c->gate_title), V(c->gate_note), V(c->gate_password), V(questions), V(approve), V(c->gate_example),
	               V(tags), V(c->contact), V(c->qr_level), V(c->qr_logo), V(tx_now(tx)));
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	return livecode_touch(tx, rq->community, id);
}

static int livecode_changed(struct request *rq, enum livecode_event what, const char *act, struct id code, struct str detail)
{
	int r = event_emit(rq->tx, rq->community, &livecode_events[what],
	                   &(struct event){ .subject = code, .actor = rq->account, .word = detail });
	return r < 0 ? r : audit_note(rq, act, code, detail);
}

static int livecode_make(struct request *rq, const struct livecode *draft, struct id *ret)
{
	struct id id = tx_new_id(rq->tx), link;
	struct str slug;
	int r = tx_run(rq->tx, &livecode_insert, V(rq->community), V(id), V(tx_now(rq->tx)), V(rq->account));
	if (r < 0 || (r = livecode_save(rq, id, draft)) < 0 ||
	    (r = link_make(rq->tx, rq->community, id, S(""), draft->title, "main", S(""), (struct id){ 0 }, &link, &slug)) < 0)
		return r;
	*ret = id;
	return livecode_changed(rq, LIVECODE_MADE, "livecode_made", id, draft->title);
}

/* What the death clock said of this code, or of one of its targets, matters no longer. */
static int warnings_settle(struct request *rq, struct id code, struct id target)
{
	struct arena *arena = rq->arena;
	if (target.n)
		return alert_settle(rq->tx, rq->community, str_format(arena, "clock %lld %lld ", (long long)code.n, (long long)target.n));
	int r = alert_settle(rq->tx, rq->community, str_format(arena, "clock %lld ", (long long)code.n));
	return r < 0 ? r : alert_settle(rq->tx, rq->community, str_format(arena, "dry %lld ", (long long)code.n));
}

static QUERY(livecode_set_state, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_INSTANT),
	"UPDATE livecode SET state = ?3, updated_at = ?4, gate_accepted = ?5 WHERE community_id = ?1 AND id = ?2");

static QUERY(child_count, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT id AS item FROM livecode_child WHERE community_id = ?1 AND code_id = ?2 LIMIT 1");

static int livecode_set(struct request *rq, const struct state_change *change)
{
	struct livecode code;
	struct id_item any;
	int r = livecode_get(rq->tx, rq->community, rq->path_id, &code);
	if (r < 0)
		return r;
	if (str_is(code.state, "ended") && !str_is(change->state, "ended"))
		return E_ALREADY_ENDED;
	struct instant accepted = code.gate_accepted;
	if (str_is(change->state, "running")) {
		r = tx_one(rq->tx, &child_count, &any, V(rq->community), V(rq->path_id));
		if (r < 0)
			return r == E_NOT_FOUND ? E_NO_TARGET : r;
		if (asks_to_share(&code) && !str_is(change->acknowledge, "G1") && !accepted.ms)
			return rq_complain(rq, E_GUARDRAIL_G1, S("acknowledge"));
		if (asks_to_share(&code) && str_is(change->acknowledge, "G1")) {
			accepted = tx_now(rq->tx);
			if ((r = audit_note(rq, "guardrail_acknowledged", rq->path_id, S("G1"))) < 0)
				return r;
		}
	}
	r = tx_run(rq->tx, &livecode_set_state, V(rq->community), V(rq->path_id), V(change->state), V(tx_now(rq->tx)), V(accepted));
	if (r >= 0 && !str_is(change->state, "running"))
		r = warnings_settle(rq, rq->path_id, (struct id){ 0 });
	if (r < 0 || (r = livecode_touch(rq->tx, rq->community, rq->path_id)) < 0)
		return r;
	return livecode_changed(rq, LIVECODE_STATE, "livecode_state", rq->path_id, change->state);
}

/* ---- Targets ------------------------------------------------------------------------------------------------ */

#define SELECT_TARGET \
	"SELECT id, code_id, place, kind, group_id, title, picture, url, scan_cap, expires_at, weight, windows, dates, region," \
	" latitude_e6, longitude_e6, radius_m, visitors, stopped, updated_at FROM livecode_child"

static QUERY(targets_of, READS, &row_target, TAKES(K_ID, K_ID),
	SELECT_TARGET
	" WHERE community_id = ?1 AND code_id = ?2 ORDER BY place, id LIMIT 50");

static QUERY(target_by_id, READS, &row_target, TAKES(K_ID, K_ID),
	SELECT_TARGET
	" WHERE community_id = ?1 AND id = ?2");

struct fill { int64_t taken, shown, joined; };

ROW(fill,
	FIELD(fill, taken,  "Places given, while it has a cap"),
	FIELD(fill, shown,  "Visitors it was shown to"),
	FIELD(fill, joined, "… who said they joined"));

static QUERY(fill_of, READS, &row_fill, TAKES(K_ID, K_ID),
	"SELECT taken, shown, joined FROM livecode_fill WHERE community_id = ?1 AND child_id = ?2");

static int child_of_target(struct tx *tx, struct id community, const struct target *t, struct child *ret)
{
	struct group_brief group = { 0 };
	struct fill fill = { 0 };
	int r = 0;
	if (t->group_id.n && (r = group_get_brief(tx, community, t->group_id, &group)) < 0 && r != E_NOT_FOUND)
		return r;
	if ((r = tx_one(tx, &fill_of, &fill, V(community), V(t->id))) < 0)
		return r;
	bool closed = str_is(group.stage, "closed");
	*ret = (struct child){
		.id = t->id, .group = t->group_id, .kind = (enum child_kind)place_of("group wecom staff url", t->kind),
		.title = t->title.len ? t->title : group.name, .url = t->group_id.n ? group.page : t->url,
		.picture = t->group_id.n ? group.file : t->picture, .owner = group.owner, .region = t->region,
		.expires_at = t->expires_at, .picture_expires_at = t->group_id.n ? group.qr_expires_at : (struct instant){ 0 },
		.updated_at = t->group_id.n && group.qr_uploaded_at.ms > t->updated_at.ms ? group.qr_uploaded_at : t->updated_at,
		.weight = t->weight, .cap = t->scan_cap, .shown = t->scan_cap ? fill.taken : fill.shown, .joined = fill.joined,
		.members = group.member_count,
		.member_limit = group.scan_limit && group.scan_limit < group.capacity && !group.page.len ? group.scan_limit : group.capacity,
		.windows = t->windows.at, .window_count = t->windows.count, .dates = t->dates.at, .date_count = t->dates.count,
		.latitude_e6 = t->latitude_e6, .longitude_e6 = t->longitude_e6, .radius_m = t->radius_m,
		.visitors = (enum child_visitors)place_of("all new returning", t->visitors), .stopped = t->stopped || closed,
	};
	return 0;
}

static int children_load(struct tx *tx, struct id community, struct id code, struct rows *ret_targets, struct plan *plan)
{
	int r = tx_all(tx, &targets_of, ret_targets, V(community), V(code));
	if (r < 0)
		return r;
	const struct target *targets = ret_targets->at;
	plan->count = ret_targets->count;
	plan->children = arena_take_array(tx_arena(tx), plan->count, sizeof *plan->children);
	if (plan->count && !plan->children)
		return E_MEMORY;
	for (size_t i = 0; i < plan->count; i++)
		if ((r = child_of_target(tx, community, &targets[i], &plan->children[i])) < 0)
			return r;
	return 0;
}

int plan_load(struct tx *tx, const struct community *community, const struct livecode *code, struct plan *ret)
{
	struct rows targets;
	struct plan plan = {
		.community = community->id, .code = code->id, .zone = community_zone(community), .sticky = code->sticky,
		.strategy = (enum strategy)place_of(STRATEGIES, code->strategy),
	};
	int r = children_load(tx, community->id, code->id, &targets, &plan);
	if (r < 0)
		return r;
	*ret = plan;
	return 0;
}

static QUERY(target_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_INT, K_INSTANT),
	"INSERT INTO livecode_child (community_id, id, code_id, place, kind, group_id, title, picture, url, scan_cap,"
	" expires_at, weight, windows, dates, region, latitude_e6, longitude_e6, radius_m, visitors, stopped, updated_at)"
	" VALUES (?1, ?2, ?3, ?4, 'url', 0, '', '', '', 0, 0, 1, '[]', '[]', '', 0, 0, 0, 'all', FALSE, ?5)");

static QUERY(fill_insert, WRITES, NULL, TAKES(K_ID, K_ID),
	"INSERT INTO livecode_fill (community_id, child_id, taken, shown, joined) VALUES (?1, ?2, 0, 0, 0)");

static QUERY(fill_set_taken, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"UPDATE livecode_fill SET taken = ?3 WHERE community_id = ?1 AND child_id = ?2");

/* From here on scans count the places: a new cap counts all who ever saw the target. */
static int cap_begin(struct tx *tx, struct id community, struct id code, struct id child)
{
	struct fill fill;
	int64_t lately;
	int r = tx_one(tx, &fill_of, &fill, V(community), V(child));
	if (r < 0 || (r = livecode_shown_lately(tx, community, code, child, &lately)) < 0)
		return r;
	return tx_run(tx, &fill_set_taken, V(community), V(child), V(fill.shown + lately));
}

static QUERY(target_update, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_ID, K_STR, K_STR, K_STR, K_INT, K_INSTANT, K_INT, K_STR, K_STR, K_STR, K_INT, K_INT, K_INT,
	      K_STR, K_BOOL, K_INSTANT),
	"UPDATE livecode_child SET kind = ?3, group_id = ?4, title = ?5, picture = ?6, url = ?7, scan_cap = ?8,"
	" expires_at = ?9, weight = ?10, windows = ?11, dates = ?12, region = ?13, latitude_e6 = ?14, longitude_e6 = ?15,"
	" radius_m = ?16, visitors = ?17, stopped = ?18, updated_at = ?19 WHERE community_id = ?1 AND id = ?2");

static int target_save(struct request *rq, const struct target *before, const struct target *t)
{
	struct group_brief group;
	struct blob picture;
	struct str windows, dates, field;
	int r;
	if (target_missing(t).len)
		return rq_complain(rq, E_MISSING_FIELD, target_missing(t));
	if ((r = hours_check(t, &field)) < 0)
		return rq_complain(rq, r, field);
	if ((r = list_text(rq->tx, &row_window, t->windows, &windows)) < 0 ||
	    (r = list_text(rq->tx, &row_special, t->dates, &dates)) < 0)
		return r;
	if (str_is(t->kind, "group") && ((r = group_get_brief(rq->tx, rq->community, t->group_id, &group)) < 0 ||
	                                 (r = staff_sees_group(rq->tx, rq->community, rq->only, t->group_id)) < 0))
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("group_id")) : r;
	if (t->picture.len && (r = file_bytes(rq->tx, rq->community, t->picture, &picture)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("picture")) : r;
	if (t->scan_cap && !before->scan_cap && (r = cap_begin(rq->tx, rq->community, before->code_id, before->id)) < 0)
		return r;
	r = tx_run(rq->tx, &target_update, V(rq->community), V(before->id), V(t->kind),
	           V(str_is(t->kind, "group") ? t->group_id : (struct id){ 0 }), V(t->title), V(t->picture), V(t->url),
	           V(t->scan_cap), V(t->expires_at), V(t->weight), V(windows), V(dates), V(t->region), V(t->latitude_e6),
	           V(t->longitude_e6), V(t->radius_m), V(t->visitors), V(t->stopped), V(tx_now(rq->tx)));
	return r == 0 ? E_NOT_FOUND : r < 0 ? r : 0;
}

static int target_add(struct request *rq, struct id code, const struct target *draft, struct id *ret)
{
	struct rows targets;
	struct livecode known;
	struct id id = tx_new_id(rq->tx);
	int r = livecode_get(rq->tx, rq->community, code, &known);
	if (r < 0 || (r = tx_all(rq->tx, &targets_of, &targets, V(rq->community), V(code))) < 0)
		return r;
	if (targets.count >= CHILDREN_MAX)
		return E_TOO_MANY;
	const struct target *last = targets.count ? (const struct target *)targets.at + targets.count - 1 : NULL;
	int64_t place = last ? last->place + 1 : 1;
	if ((r = tx_run(rq->tx, &target_insert, V(rq->community), V(id), V(code), V(place), V(tx_now(rq->tx)))) < 0 ||
	    (r = tx_run(rq->tx, &fill_insert, V(rq->community), V(id))) < 0 ||
	    (r = target_save(rq, &(struct target){ .id = id, .code_id = code }, draft)) < 0 ||
	    (r = livecode_touch(rq->tx, rq->community, code)) < 0)
		return r;
	*ret = id;
	return livecode_changed(rq, LIVECODE_CHANGED, "target_added", code, draft->title);
}

/* ---- Targets that a platform makes -------------------------------------------------------------------------- */

static QUERY(target_show, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_INSTANT),
	"UPDATE livecode_child SET kind = ?3, group_id = 0, title = ?4, picture = ?5, url = '', updated_at = ?6"
	" WHERE community_id = ?1 AND id = ?2");

int livecode_show_made(struct tx *tx, struct id community, struct id child, const char *kind, struct str title, struct str picture)
{
	struct target t;
	int r = tx_one(tx, &target_by_id, &t, V(community), V(child));
	if (r < 0 || (r = tx_run(tx, &target_show, V(community), V(child), V(str_of(kind)), V(title), V(picture),
	                         V(tx_now(tx)))) < 0 ||
	    (r = livecode_touch(tx, community, t.code_id)) < 0)
		return r;
	return event_emit(tx, community, &livecode_events[LIVECODE_CHANGED], &(struct event){ .subject = t.code_id, .word = title });
}

int livecode_add_made(struct tx *tx, struct id community, struct id code, const char *kind, struct str title, struct id *ret_child)
{
	struct rows targets;
	struct livecode known;
	struct id id = tx_new_id(tx);
	int r = livecode_get(tx, community, code, &known);
	if (r < 0 || (r = tx_all(tx, &targets_of, &targets, V(community), V(code))) < 0)
		return r;
	if (str_is(known.state, "ended"))
		return E_ALREADY_ENDED;
	if (targets.count >= CHILDREN_MAX)
		return E_TOO_MANY;
	int64_t place = targets.count ? ((const struct target *)targets.at)[targets.count - 1].place + 1 : 1;
	if ((r = tx_run(tx, &target_insert, V(community), V(id), V(code), V(place), V(tx_now(tx)))) < 0 ||
	    (r = tx_run(tx, &fill_insert, V(community), V(id))) < 0 || (r = livecode_show_made(tx, community, id, kind, title, S(""))) < 0)
		return r;
	*ret_child = id;
	return 0;
}

static QUERY(target_delete, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM livecode_child WHERE community_id = ?1 AND id = ?2");

static QUERY(target_move, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INT),
	"UPDATE livecode_child SET place = ?4 WHERE community_id = ?1 AND code_id = ?2 AND id = ?3");

/* Every target of the code, each once: a list that is older than the last change must not half-sort it. */
static int order_check(struct request *rq, struct rows ids, struct rows targets)
{
	const struct id_item *id = ids.at;
	const struct target *target = targets.at;
	for (size_t i = 0; i < targets.count; i++) {
		size_t times = 0;
		for (size_t k = 0; k < ids.count; k++)
			times += id[k].item.n == target[i].id.n;
		if (times != 1)
			return rq_complain(rq, times ? E_CONFLICT : E_MISSING_FIELD, S("ids"));
	}
	return ids.count == targets.count ? 0 : rq_complain(rq, E_NOT_FOUND, S("ids"));
}

static int targets_reorder(struct request *rq, const struct target_order *order)
{
	const struct id_item *ids = order->ids.at;
	struct livecode known;
	struct rows targets;
	int r = livecode_get(rq->tx, rq->community, rq->path_id, &known);
	if (r < 0 || (r = tx_all(rq->tx, &targets_of, &targets, V(rq->community), V(rq->path_id))) < 0 ||
	    (r = order_check(rq, order->ids, targets)) < 0)
		return r;
	for (size_t i = 0; i < order->ids.count; i++) {
		r = tx_run(rq->tx, &target_move, V(rq->community), V(rq->path_id), V(ids[i].item), V((int64_t)i + 1));
		if (r < 0)
			return r;
	}
	r = livecode_touch(rq->tx, rq->community, rq->path_id);
	return r < 0 ? r : livecode_changed(rq, LIVECODE_CHANGED, "targets_reordered", rq->path_id, S(""));
}

/* ---- API: translate, nothing more ----------------------------------------------------------------------------- */

#define THEIRS SEES_CHILD_GROUP("?6", "h.community_id", "h.group_id")

/* Sums come from the small fill rows, not from visitors: a list of codes stays fast with a million scans. */
static QUERY(livecode_lines, READS, &row_livecode_line, TAKES(K_ID, K_ID, K_STR, K_STR, K_INT, K_ID),
	"SELECT c.id, c.title, c.state, c.strategy, c.gate,"
	" COALESCE((SELECT l.slug FROM livecode_link l WHERE l.community_id = c.community_id AND l.code_id = c.id"
	"  ORDER BY l.id LIMIT 1), '') AS slug, '' AS url,"
	" (SELECT count(*) FROM livecode_child h WHERE h.community_id = c.community_id AND h.code_id = c.id"
	"  AND " THEIRS ") AS children,"
	" (SELECT count(*) FROM livecode_link l WHERE l.community_id = c.community_id AND l.code_id = c.id) AS links,"
	" CAST(COALESCE((SELECT sum(f.shown) FROM livecode_child h JOIN livecode_fill f ON f.community_id = h.community_id"
	"  AND f.child_id = h.id WHERE h.community_id = c.community_id AND h.code_id = c.id AND " THEIRS "), 0) AS BIGINT) AS visitors,"
	" CAST(COALESCE((SELECT sum(f.joined) FROM livecode_child h JOIN livecode_fill f ON f.community_id = h.community_id"
	"  AND f.child_id = h.id WHERE h.community_id = c.community_id AND h.code_id = c.id AND " THEIRS "), 0) AS BIGINT) AS joined,"
	" c.ends_at, c.created_at, c.updated_at FROM livecode c"
	" WHERE c.community_id = ?1 AND c.id < ?2 AND (?3 = '' OR lower(c.title) LIKE lower(?3) ESCAPE '!') AND (?4 = '' OR c.state = ?4)"
	" AND " SEES_CODE("?6", "c.community_id", "c.id") " ORDER BY c.id DESC LIMIT ?5");

/* "Part of the title" for LIKE, whose own signs are made plain. Both stores fold ASCII letters. */
static struct str like_text(struct arena *arena, struct str part)
{
	BUF_SCOPED b;
	buf_init(&b, 1024);
	buf_byte(&b, '%');
	for (size_t i = 0; i < part.len; i++) {
		if (memchr("%_!", part.at[i], 3))
			buf_byte(&b, '!');
		buf_byte(&b, part.at[i]);
	}
	buf_byte(&b, '%');
	return str_copy(arena, buf_view(&b));
}

static int get_livecodes(struct request *rq, const void *in, void *out)
{
	const struct livecode_query *q = in;
	struct page *page = out;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	struct str like = q->q.len ? like_text(rq->arena, q->q) : S("");
	int r = tx_all(rq->tx, &livecode_lines, &page->rows, V(rq->community), V(before), V(like), V(q->state), V(limit), V(rq->only));
	if (r < 0)
		return r;
	struct livecode_line *lines = page->rows.at;
	for (size_t i = 0; i < page->rows.count; i++)
		lines[i].url = link_url(rq, lines[i].slug);
	page->total = -1;
	page_end(rq, page, &row_livecode_line, limit);
	return 0;
}

static int get_livecode(struct request *rq, const void *in, void *out)
{
	(void)in;
	return livecode_get(rq->tx, rq->community, rq->path_id, out);
}

static int post_livecode(struct request *rq, const void *in, void *out)
{
	struct id id;
	int r = livecode_make(rq, in, &id);
	return r < 0 ? r : livecode_get(rq->tx, rq->community, id, out);
}

static int put_livecode(struct request *rq, const void *in, void *out)
{
	struct livecode before;
	int r = livecode_get(rq->tx, rq->community, rq->path_id, &before);
	if (r < 0)
		return r;
	if (str_is(before.state, "ended"))
		return E_ALREADY_ENDED;
	const struct livecode *draft = in;
	if (str_is(before.state, "running") && asks_to_share(draft) && !before.gate_accepted.ms)
		return rq_complain(rq, E_GUARDRAIL_G1, S("gate_note"));
	struct event changed = { .subject = rq->path_id, .actor = rq->account, .word = draft->title };
	if ((r = livecode_save(rq, rq->path_id, draft)) < 0 || (r = livecode_get(rq->tx, rq->community, rq->path_id, out)) < 0 ||
	    (r = event_emit(rq->tx, rq->community, &livecode_events[LIVECODE_CHANGED], &changed)) < 0)
		return r;
	return audit_change(rq, "livecode_changed", rq->path_id, draft->title, &row_livecode, &before, out);
}

static int post_state(struct request *rq, const void *in, void *out)
{
	int r = livecode_set(rq, in);
	return r < 0 ? r : livecode_get(rq->tx, rq->community, rq->path_id, out);
}

static struct target_view view_of(struct request *rq, const struct target *t, const struct child *c, const struct plan *plan)
{
	struct instant now = tx_now(rq->tx);
	return (struct target_view){
		.id = t->id, .place = t->place, .kind = t->kind, .group_id = t->group_id, .title = t->title,
		.group_name = t->group_id.n ? c->title : S(""), .picture = t->picture, .picture_url = file_url(rq->arena, c->picture),
		.url = t->url, .scan_cap = t->scan_cap, .shown = c->shown, .joined = c->joined, .members = c->members,
		.expires_at = t->expires_at, .picture_expires_at = c->picture_expires_at, .weight = t->weight,
		.windows = t->windows, .dates = t->dates, .region = t->region, .latitude_e6 = t->latitude_e6,
		.longitude_e6 = t->longitude_e6, .radius_m = t->radius_m, .visitors = t->visitors, .stopped = t->stopped,
		.state = str_of(child_state_word(child_state(c, plan, now))), .opens_at = child_opens_at(c, plan, now),
		.updated_at = c->updated_at,
	};
}

static int targets_page(struct request *rq, struct id code, struct page *page)
{
	struct community community;
	struct livecode known;
	struct rows targets;
	int r = livecode_get(rq->tx, rq->community, code, &known);
	if (r < 0 || (r = community_get(rq->tx, rq->community, &community)) < 0)
		return r;
	struct plan plan = { .community = rq->community, .code = code, .zone = community_zone(&community) };
	if ((r = children_load(rq->tx, rq->community, code, &targets, &plan)) < 0)
		return r;
	struct target_view *views = arena_take_array(rq->arena, targets.count, sizeof *views);
	if (targets.count && !views)
		return E_MEMORY;
	size_t count = 0;
	for (size_t i = 0; i < targets.count; i++) {
		const struct target *t = (const struct target *)targets.at + i;
		r = t->group_id.n ? staff_sees_group(rq->tx, rq->community, rq->only, t->group_id) : 0;
		if (r == 0)
			views[count++] = view_of(rq, t, &plan.children[i], &plan);
		else if (r != E_NOT_FOUND)
			return r;
	}
	*page = (struct page){ { views, count }, (int64_t)count, S("") };
	return 0;
}

static int get_targets(struct request *rq, const void *in, void *out)
{
	(void)in;
	return targets_page(rq, rq->path_id, out);
}

static int post_target(struct request *rq, const void *in, void *out)
{
	struct id id;
	int r = target_add(rq, rq->path_id, in, &id);
	return r < 0 ? r : targets_page(rq, rq->path_id, out);
}

static int put_target(struct request *rq, const void *in, void *out)
{
	const struct target *draft = in;
	struct target before;
	int r = tx_one(rq->tx, &target_by_id, &before, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = target_save(rq, &before, draft)) < 0 || (r = livecode_touch(rq->tx, rq->community, before.code_id)) < 0 ||
	    (draft->stopped && (r = warnings_settle(rq, before.code_id, rq->path_id)) < 0) ||
	    (r = livecode_changed(rq, LIVECODE_CHANGED, "target_changed", before.code_id, draft->title)) < 0)
		return r;
	return targets_page(rq, before.code_id, out);
}

static int delete_target(struct request *rq, const void *in, void *out)
{
	struct target before;
	struct livecode code;
	struct id_item any;
	(void)in;
	int r = tx_one(rq->tx, &target_by_id, &before, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = livecode_get(rq->tx, rq->community, before.code_id, &code)) < 0 ||
	    (r = tx_run(rq->tx, &target_delete, V(rq->community), V(rq->path_id))) < 0)
		return r;
	if (str_is(code.state, "running") && (r = tx_one(rq->tx, &child_count, &any, V(rq->community), V(before.code_id))) < 0)
		return r == E_NOT_FOUND ? E_NO_TARGET : r;
	if ((r = warnings_settle(rq, before.code_id, rq->path_id)) < 0 ||
	    (r = livecode_touch(rq->tx, rq->community, before.code_id)) < 0 ||
	    (r = livecode_changed(rq, LIVECODE_CHANGED, "target_removed", before.code_id, before.title)) < 0)
		return r;
	return targets_page(rq, before.code_id, out);
}

static int post_order(struct request *rq, const void *in, void *out)
{
	int r = targets_reorder(rq, in);
	return r < 0 ? r : targets_page(rq, rq->path_id, out);
}

/* ---- Declaration --------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/livecodes",               ROLE_READER,   get_livecodes, &row_livecode_query, &row_livecode_line, "Live codes, newest first", OUT_PAGE },
	{ "POST",   "/livecodes",               ROLE_OPERATOR, post_livecode, &row_livecode_draft, &row_livecode, "Make a live code, as a draft with its own short link", .sees = sees_all },
	{ "GET",    "/livecodes/{id}",          ROLE_READER,   get_livecode,  NULL, &row_livecode, "A live code's settings", .sees = code_sees },
	{ "PUT",    "/livecodes/{id}",          ROLE_OPERATOR, put_livecode,  &row_livecode_draft, &row_livecode, "Save its settings", .sees = code_commands },
	{ "POST",   "/livecodes/{id}/state",    ROLE_OPERATOR, post_state,    &row_state_change, &row_livecode, "Start, pause or end it; ended is for good", .sees = code_commands },
	{ "GET",    "/livecodes/{id}/targets",  ROLE_READER,   get_targets,   NULL, &row_target_view, "Its targets in order", OUT_PAGE, .sees = code_sees },
	{ "POST",   "/livecodes/{id}/targets",  ROLE_OPERATOR, post_target,   &row_target_draft, &row_target_view, "Add a target at the end; answers all of them", OUT_PAGE, .sees = code_commands },
	{ "POST",   "/livecodes/{id}/order",    ROLE_OPERATOR, post_order,    &row_target_order, &row_target_view, "Put the targets in a new order", OUT_PAGE, .sees = code_commands },
	{ "PUT",    "/targets/{id}",            ROLE_OPERATOR, put_target,    &row_target_draft, &row_target_view, "Save a target; answers all of its code", OUT_PAGE, .sees = target_sees },
	{ "DELETE", "/targets/{id}",            ROLE_OPERATOR, delete_target, NULL, &row_target_view, "Remove a target; its numbers stay", OUT_PAGE, .sees = target_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&livecode_by_id, &code_is_seen, &code_has_group, &code_of_others, &target_is_seen, &version_put, &version_put_all,
	&codes_of_group, &livecode_insert, &livecode_update, &livecode_set_state, &child_count,
	&targets_of, &target_by_id, &fill_of, &target_insert, &fill_insert, &fill_set_taken, &target_update,
	&target_show, &target_delete, &target_move,
	&livecode_lines, NULL,
};

const struct feature feature_livecode = {
	.name = "livecode", .api = "codes", .routes = routes, .queries = queries, .events = livecode_events,
};
