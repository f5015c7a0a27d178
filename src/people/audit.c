/* audit.c: the log of every act of staff.
 *
 * Story      An admin asks who stopped the live code on Friday, and sees name, hour, address, and what it said before. For
 *            the yearly review the owner downloads the month as a table; that, too, is in the log.
 * Not here   What members did (events), what the server did by itself (jobs, warnings).
 * Owns       audit.
 * Holds      Lines are only ever added; of an erased member their words go. What changed is computed from the row's
 *            descriptor, so a new field is in the log from its first day. No secret and no whole phone number is ever written here.
 * Test       audit_test.c, and every feature's tests by way of its acts.
 */
#include "people/audit.h"

#include "base/csv.h"
#include "base/utf8.h"
#include "http/personal.h"
#include "people/community.h"
#include "people/member.h"

#define VALUE_MOST    300       /* characters of a value that are kept */
#define CHANGES_MOST  40        /* fields of one line */
#define CHANGES_BYTES (64 * 1024)
#define EXPORT_MOST   20000     /* lines of one table */

/* ---- Rows ------------------------------------------------------------------------------------- */

struct change { struct str field, kind, before, after; };

ROW(change,
	FIELD(change, field,  "Which field"),
	FIELD(change, kind,   "How to read the two: text, a number, yes or no, ms UTC, fen, a list as JSON, or nothing but that it changed",
	      .one_of = "text number bool time money list secret"),
	FIELD(change, before, "What it was", .lines = true),
	FIELD(change, after,  "What it is", .lines = true));

struct audit_line {
	struct id      id;
	struct instant at;
	struct id      account_id;
	struct str     account, token, act;
	struct id      subject_id;
	struct str     detail;
	struct rows    changes;
	struct str     address;
};

ROW(audit_line,
	FIELD(audit_line, id,         "Line"),
	FIELD(audit_line, at,         "When"),
	FIELD(audit_line, account_id, "Whose account"),
	FIELD(audit_line, account,    "Shown name of the account"),
	FIELD(audit_line, token,      "Name of the API token it was done with; empty: by hand"),
	FIELD(audit_line, act,        "What was done, a stable word"),
	FIELD(audit_line, subject_id, "To what", .optional = true),
	FIELD(audit_line, detail,     "In words"),
	FIELD(audit_line, changes,    "What became different", .of = &row_change, .max = CHANGES_MOST),
	FIELD(audit_line, address,    "From which address"));

struct audit_query { struct str act; struct id account, subject; struct str from, to, q; struct id after; int64_t limit; };

#define DAY_PATTERN "([0-9]{4}-[0-9]{2}-[0-9]{2})?"
ROW(audit_query,
	FIELD(audit_query, act,     "Only this act", .max = 40, .optional = true),
	FIELD(audit_query, account, "Only this account", .optional = true),
	FIELD(audit_query, subject, "Only what was done to this", .optional = true),
	FIELD(audit_query, from,    "From this day on, 2026-11-01", .max = 10, .pattern = DAY_PATTERN, .optional = true),
	FIELD(audit_query, to,      "Up to this day", .max = 10, .pattern = DAY_PATTERN, .optional = true),
	FIELD(audit_query, q,       "Part of the words or of what changed", .max = 60, .optional = true),
	FIELD(audit_query, after,   "Only lines older than this one", .optional = true),
	FIELD(audit_query, limit,   "How many", .min = 0, .max = 200, .optional = true));

/* ---- Rules: what became different ------------------------------------------------------------------ */

static bool named(const struct field *f, const char *part) { return strstr(f->name, part) != NULL; }
static bool is_secret(const struct field *f) { return named(f, "password") || named(f, "secret") || named(f, "token"); }

static const char *kind_of(const struct field *f)
{
	if (is_secret(f))
		return "secret";
	switch (f->kind) {
	case K_INT:     return "number";
	case K_ID:      return "number";
	case K_BOOL:    return "bool";
	case K_INSTANT: return "time";
	case K_MONEY:   return "money";
	case K_ROWS: case K_ONE: return "list";
	case K_STR: case K_BLOB: break;
	}
	return "text";
}

static struct str list_text(struct arena *arena, const struct field *f, const void *record)
{
	BUF_SCOPED b;
	buf_init(&b, CHANGES_BYTES);
	if (f->kind == K_ROWS)
		rows_write_json(&b, f->limits.of, *(const struct rows *)field_at(f, record));
	else if (((const struct one *)field_at(f, record))->at)
		row_write_json(&b, f->limits.of, ((const struct one *)field_at(f, record))->at);
	return buf_failed(&b) ? S("…") : str_copy(arena, buf_view(&b));
}

/* The whole value; what is shown of it is cut later. */
static struct str value_text(struct arena *arena, const struct field *f, const void *record)
{
	if (!record)
		return S("");
	const void *at = field_at(f, record);
	switch (f->kind) {
	case K_STR:     return *(const struct str *)at;
	case K_BOOL:    return *(const bool *)at ? S("true") : S("false");
	case K_ID:      return str_format(arena, "%lld", (long long)((const struct id *)at)->n);
	case K_INSTANT: return str_format(arena, "%lld", (long long)((const struct instant *)at)->ms);
	case K_MONEY:   return str_format(arena, "%lld", (long long)((const struct money *)at)->fen);
	case K_INT:     return str_format(arena, "%lld", (long long)*(const int64_t *)at);
	case K_BLOB:    return str_format(arena, "%zu bytes", ((const struct blob *)at)->len);
	case K_ROWS: case K_ONE: return list_text(arena, f, record);
	}
	return S("");
}

static struct str shown(struct arena *arena, const struct field *f, struct str value)
{
	if (is_secret(f))
		return S("");
	if (named(f, "phone"))
		return phone_masked(arena, value);
	return utf8_cut(value, VALUE_MOST);
}

/* The fields that differ, as JSON. When a thing is made or goes, what was or stays empty says nothing. */
static struct str changes_text(struct arena *arena, const struct row *row, const void *before, const void *after)
{
	struct change list[CHANGES_MOST];
	size_t count = 0;
	for (size_t i = 0; i < row->count && count < CHANGES_MOST; i++) {
		const struct field *f = &row->fields[i];
		struct str was = value_text(arena, f, before), is = value_text(arena, f, after);
		if (str_equal(was, is) || f->kind == K_BLOB)
			continue;
		list[count++] = (struct change){ str_of(f->name), str_of(kind_of(f)), shown(arena, f, was), shown(arena, f, is) };
	}
	BUF_SCOPED b;
	buf_init(&b, CHANGES_BYTES);
	rows_write_json(&b, &row_change, (struct rows){ list, count });
	return buf_failed(&b) ? S("[]") : str_copy(arena, buf_view(&b));
}

/* ---- Actions ------------------------------------------------------------------------------------- */

static QUERY(audit_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_ID, K_STR, K_ID, K_STR, K_STR, K_STR, K_ID),
	"INSERT INTO audit (community_id, id, at, account_id, act, subject_id, detail, changes, address, token_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");

static int insert(struct request *rq, const char *act, struct id subject, struct str detail, struct str changes)
{
	int r = tx_run(rq->tx, &audit_insert, V(rq->community), V(tx_new_id(rq->tx)), V(tx_now(rq->tx)), V(rq->account),
	               V(str_of(act)), V(subject), V(detail), V(changes), V(rq->address), V(rq->token));
	return r < 0 ? r : 0;
}

int audit_server(struct tx *tx, const char *act, struct id subject, struct str detail)
{
	struct id nobody = { 0 };
	int r = tx_run(tx, &audit_insert, V(nobody), V(tx_new_id(tx)), V(tx_now(tx)), V(nobody), V(str_of(act)), V(subject),
	               V(detail), V(S("[]")), V(S("")), V(nobody));
	return r < 0 ? r : 0;
}

int audit_note(struct request *rq, const char *act, struct id subject, struct str detail)
{
	return insert(rq, act, subject, detail, S("[]"));
}

int audit_change(struct request *rq, const char *act, struct id subject, struct str detail, const struct row *row,
                 const void *before, const void *after)
{
	struct str changes = changes_text(rq->arena, row, before, after);
	return arena_failed(rq->arena) ? E_MEMORY : insert(rq, act, subject, detail, changes);
}

/* ---- API -------------------------------------------------------------------------------------------- */

#define LINES \
	"SELECT a.id, a.at, a.account_id, COALESCE(w.display, '') AS account, COALESCE(t.name, '') AS token, a.act, a.subject_id," \
	" a.detail, a.changes, a.address FROM audit a LEFT JOIN account w ON w.id = a.account_id" \
	" LEFT JOIN api_token t ON t.community_id = a.community_id AND t.id = a.token_id" \
	" WHERE a.community_id = ?1 AND a.id < ?2 AND (?3 = '' OR a.act = ?3) AND (?4 = 0 OR a.account_id = ?4)" \
	" AND (?5 = 0 OR a.subject_id = ?5) AND a.at >= ?6 AND a.at < ?7"
#define NEWEST " ORDER BY a.id DESC LIMIT ?9"

static QUERY(audit_lines, READS, &row_audit_line, TAKES(K_ID, K_ID, K_STR, K_ID, K_ID, K_INSTANT, K_INSTANT, K_STR, K_INT),
	LINES " AND (?8 = '' OR instr(lower(a.detail), lower(?8)) > 0 OR instr(lower(a.changes), lower(?8)) > 0)" NEWEST, .pg =
	LINES " AND (?8 = '' OR strpos(lower(a.detail), lower(?8)) > 0 OR strpos(lower(a.changes), lower(?8)) > 0)" NEWEST);

/* Whole days of the community's zone. */
static int span_of(struct request *rq, const struct audit_query *q, struct instant *ret_from, struct instant *ret_until,
                   const struct zone **ret_zone)
{
	struct community community;
	int64_t from, to;
	int r = community_get(rq->tx, rq->community, &community);
	if (r < 0)
		return r;
	*ret_zone = community_zone(&community);
	*ret_from = (struct instant){ 0 }, *ret_until = (struct instant){ INT64_MAX };
	if (q->from.len && !day_parse(q->from, &from))
		return rq_complain(rq, E_BAD_PATTERN, S("from"));
	if (q->to.len && !day_parse(q->to, &to))
		return rq_complain(rq, E_BAD_PATTERN, S("to"));
	if (q->from.len && q->to.len && from > to)
		return rq_complain(rq, E_TIME_ORDER, S("to"));
	if (q->from.len)
		*ret_from = day_start(*ret_zone, from);
	if (q->to.len)
		*ret_until = day_start(*ret_zone, to + 1);
	return 0;
}

static int lines(struct request *rq, const struct audit_query *q, int64_t limit, struct rows *ret, const struct zone **ret_zone)
{
	struct instant from, until;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int r = span_of(rq, q, &from, &until, ret_zone);
	return r < 0 ? r : tx_all(rq->tx, &audit_lines, ret, V(rq->community), V(before), V(q->act), V(q->account), V(q->subject),
	                          V(from), V(until), V(q->q), V(limit));
}

static int get_audit(struct request *rq, const void *in, void *out)
{
	const struct audit_query *q = in;
	struct page *page = out;
	const struct zone *zone;
	int64_t limit = q->limit ? q->limit : 50;
	int r = lines(rq, q, limit, &page->rows, &zone);
	if (r < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_audit_line, limit);
	return 0;
}

static void write_line(struct request *rq, struct buf *b, const struct zone *zone, const struct audit_line *line)
{
	const struct change *c = line->changes.at;
	char at[32];
	BUF_SCOPED changes;
	buf_init(&changes, CHANGES_BYTES);
	for (size_t i = 0; i < line->changes.count; i++)
		buf_format(&changes, "%s%.*s: %.*s → %.*s", i ? "; " : "", STR(c[i].field), STR(c[i].before), STR(c[i].after));
	instant_format(zone, line->at, at);
	csv_cell(b, str_of(at), false);
	csv_cell(b, line->account, false);
	csv_cell(b, line->token, false);
	csv_cell(b, line->act, false);
	csv_cell(b, line->subject_id.n ? str_format(rq->arena, "%lld", (long long)line->subject_id.n) : S(""), false);
	csv_cell(b, line->detail, false);
	csv_cell(b, buf_view(&changes), false);
	csv_cell(b, line->address, true);
}

static int get_csv(struct request *rq, const void *in, void *out)
{
	const struct zone *zone;
	struct rows rows;
	BUF_SCOPED b;
	buf_init(&b, 24 << 20);
	int r = lines(rq, in, EXPORT_MOST, &rows, &zone);
	if (r < 0)
		return r;
	buf_z(&b, rq->lang == LANG_EN ? "\xef\xbb\xbf" "time,who,token,act,subject,detail,changes,address\r\n"
	                              : "\xef\xbb\xbf" "时间,谁,令牌,操作,对象,说明,改动,地址\r\n");
	const struct audit_line *line = rows.at;
	for (size_t i = 0; i < rows.count; i++)
		write_line(rq, &b, zone, &line[i]);
	if (buf_failed(&b))
		return E_MEMORY;
	*(struct body *)out = (struct body){ .bytes = str_copy(rq->arena, buf_view(&b)), .type = "text/csv; charset=utf-8",
		.filename = S("audit.csv") };
	return audit_note(rq, "audit_exported", rq->community, str_format(rq->arena, "%zu", rows.count));
}

/* ---- What is kept about people --------------------------------------------------------------------------- */

struct audit_own { struct instant at; struct str act, detail; };

ROW(audit_own,
	FIELD(audit_own, at,     "When"),
	FIELD(audit_own, act,    "What was done, a stable word"),
	FIELD(audit_own, detail, "In words"));

static QUERY(audit_show, READS, &row_audit_own, TAKES(K_ID, K_ID),
	"SELECT at, act, detail FROM audit WHERE community_id = ?1 AND subject_id = ?2 ORDER BY id DESC LIMIT 500");

/* That it was done stays; with whom goes. */
static QUERY(audit_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE audit SET subject_id = ?3, detail = '', changes = '[]' WHERE community_id = ?1 AND subject_id = ?2");

static const struct personal personal[] = {
	{ "audit", "管理员对你的资料做过什么", "What staff did with your record", "时间 操作 说明", BY_MEMBER, &audit_show,
	  .erases = { &audit_forget } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/audit",     ROLE_ADMIN, get_audit, &row_audit_query, &row_audit_line, "Who did what, newest first", OUT_PAGE },
	{ "GET", "/audit.csv", ROLE_ADMIN, get_csv, &row_audit_query, NULL, "The same as a table, at most 20,000 lines; written down itself",
	  OUT_BODY, .writes = true, .makes = "text/csv" },
	{ 0 },
};

static const struct query *const queries[] = { &audit_insert, &audit_lines, &audit_show, &audit_forget, NULL };

const struct feature feature_audit = { .name = "audit", .routes = routes, .queries = queries, .personal = personal };
