/* export.c: asking for a table of members, and fetching it. See export.h.
 *
 * Owns       export, export_piece.
 * Not here   Writing the file (export_run.c). API tokens: an export is written later, with all that its maker sees; a program
 *            pages through the list instead.
 * Test       export_test.c
 */
#include "people/export_inside.h"

#include "base/utf8.h"
#include "http/personal.h"
#include "people/audit.h"

#define OPEN_MAX    100             /* exports of a community whose file is not gone yet */
#define REASON_MIN  4
#define PART_PIECES 8               /* pieces fetched at once */

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW_PUBLIC(export,
	FIELD(export, id,          "Export"),
	FIELD(export, account_id,  "Who asked, and the only one who may fetch it"),
	FIELD(export, format,      "Kind of file", .one_of = "csv xlsx"),
	FIELD(export, told,        "Which members, in the words of the page"),
	FIELD(export, phones,      "With whole phone numbers"),
	FIELD(export, reason,      "Why"),
	FIELD(export, state,       "Where it is", .one_of = "waiting running done failed cancelled expired"),
	FIELD(export, records,     "Members in it"),
	FIELD(export, pieces,      "Pieces of the file"),
	FIELD(export, size,        "Its bytes"),
	FIELD(export, downloads,   "How often it was fetched"),
	FIELD(export, why,         "Of a failed one: an error's word"),
	FIELD(export, created_at,  "Asked for"),
	FIELD(export, finished_at, "Written"),
	FIELD(export, expires_at,  "When the file goes"));

struct export_draft { struct str format; struct rows columns, filter; struct str told; bool phones; struct str reason; };

ROW(export_draft,
	FIELD(export_draft, format,  "Kind of file", .one_of = "csv xlsx"),
	FIELD(export_draft, columns, "nickname, phone, tags, field:KEY …, in this order", .of = &row_export_column, .min = 1,
	      .max = EXPORT_COLUMNS_MAX),
	FIELD(export_draft, filter,  "As the list of members takes it; or segment alone", .of = &row_export_filter, .max = 20, .optional = true),
	FIELD(export_draft, told,    "The same in words, for the log", .max = 200, .optional = true),
	FIELD(export_draft, phones,  "Whole phone numbers; admins only, and with a reason", .optional = true),
	FIELD(export_draft, reason,  "Why whole numbers are needed; at least four characters then", .max = 200, .optional = true));

struct export_list { struct id after; };

ROW(export_list,
	FIELD(export_list, after, "Only exports older than this one", .optional = true));

struct export_part { int64_t part; };

ROW(export_part,
	FIELD(export_part, part, "Which eight megabytes of the file, from 0", .min = 0, .max = 100000, .optional = true));

/* ---- Events and jobs -------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "export_moved", "An export went a step on", "export" },
	{ 0 },
};

static int run_sweep(const struct job_context *, const struct job *, struct str *);

static const struct job_kind jobs[] = {
	{ "export", "Writes a table of members", export_run, .tries_max = 12, .backoff_ms = 2000 },
	{ "export_sweep", "Lets go of exported files after a day", run_sweep, .every_ms = 10 * MINUTE },
	{ 0 },
};

/* ---- Actions ------------------------------------------------------------------------------------------ */

#define COLUMNS \
	"id, account_id, format, told, phones, reason, state, records, pieces, size, downloads, why, created_at, finished_at, expires_at"

static QUERY(export_by_id, READS, &row_export, TAKES(K_ID, K_ID),
	"SELECT " COLUMNS " FROM export WHERE community_id = ?1 AND id = ?2");

int export_get(struct tx *tx, struct id community, struct id export, struct export *ret)
{
	return tx_one(tx, &export_by_id, ret, V(community), V(export));
}

int export_tell(struct tx *tx, struct id community, struct id export)
{
	return event_emit(tx, community, &events[0], &(struct event){ .subject = export });
}

/* ---- The file goes ----------------------------------------------------------------------------------------- */

struct export_gone { struct id community_id, id; };

ROW(export_gone,
	FIELD(export_gone, community_id, "Community"),
	FIELD(export_gone, id,           "Export"));

static QUERY(export_next_gone, READS, &row_export_gone, TAKES(K_INSTANT),
	"SELECT community_id, id FROM export WHERE pieces > 0 AND expires_at < ?1 ORDER BY expires_at LIMIT 1");

static QUERY(export_drop_pieces, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM export_piece WHERE community_id = ?1 AND export_id = ?2 AND n <"
	" 8 + (SELECT COALESCE(min(p.n), 0) FROM export_piece p WHERE p.community_id = ?1 AND p.export_id = ?2)");

static QUERY(export_is_gone, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE export SET pieces = 0, state = CASE WHEN state IN ('cancelled', 'failed') THEN state ELSE 'expired' END"
	" WHERE community_id = ?1 AND id = ?2");

struct sweep { bool found; };

static int sweep_action(struct tx *tx, void *arg)
{
	struct sweep *s = arg;
	struct export_gone gone;
	int r = tx_one(tx, &export_next_gone, &gone, V(tx_now(tx)));
	s->found = r >= 0;
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = tx_run(tx, &export_drop_pieces, V(gone.community_id), V(gone.id))) != 0)
		return r < 0 ? r : 0;
	if ((r = tx_run(tx, &export_is_gone, V(gone.community_id), V(gone.id))) < 0)
		return r;
	return export_tell(tx, gone.community_id, gone.id);
}

static int run_sweep(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct sweep sweep = { .found = true };
	int r = 0;
	(void)job, (void)ret_why;
	while (r >= 0 && sweep.found) {
		ARENA_SCOPED arena;
		arena_init(&arena, 1 << 20);
		r = store_write(context->store, (struct id){ 0 }, &arena, sweep_action, &sweep);
	}
	return r;
}

/* ---- API: asking -------------------------------------------------------------------------------------------- */

static QUERY(exports_open, READS, &row_id_item, TAKES(K_ID, K_INSTANT),
	"SELECT count(*) AS item FROM export WHERE community_id = ?1 AND expires_at > ?2 AND state IN ('waiting', 'running', 'done')",
	.scans = true);

static QUERY(export_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_BOOL, K_STR, K_STR, K_INSTANT, K_INSTANT),
	"INSERT INTO export (community_id, id, account_id, format, what, told, phones, reason, lang, state, records, pieces, size,"
	" downloads, why, created_at, finished_at, expires_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'waiting', 0, 0, 0, 0, '', ?10, 0, ?11)");

/* Whole numbers are for admins who say why. */
static int may_have_phones(struct request *rq, const struct export_draft *d)
{
	if (!d->phones)
		return 0;
	if (rq->role < ROLE_ADMIN)
		return rq_complain(rq, E_FORBIDDEN, S("phones"));
	return utf8_count(str_trim(d->reason)) < REASON_MIN ? rq_complain(rq, E_TOO_SHORT, S("reason")) : 0;
}

static struct str audit_words(struct request *rq, const struct export_draft *d)
{
	return str_format(rq->arena, "%.*s · %.*s%s%.*s", STR(d->format), STR(d->told.len ? d->told : S("全部成员")),
	                  d->phones ? " · 完整手机号：" : "", STR(d->phones ? str_trim(d->reason) : S("")));
}

static int post_export(struct request *rq, const void *in, void *out)
{
	const struct export_draft *d = in;
	struct export_wish wish = { d->columns, d->filter };
	struct id_item open;
	struct instant now = tx_now(rq->tx);
	BUF_SCOPED what;
	buf_init(&what, 64 << 10);
	int r = may_have_phones(rq, d);
	if (r < 0 || (r = export_check(rq->tx, rq->community, &wish, rq->arena, &rq->complaint)) < 0 ||
	    (r = tx_one(rq->tx, &exports_open, &open, V(rq->community), V(now))) < 0)
		return r;
	if (open.item.n >= OPEN_MAX)
		return E_TOO_MANY;
	struct id id = tx_new_id(rq->tx);
	row_write_json(&what, &row_export_wish, &wish);
	if (buf_failed(&what))
		return E_MEMORY;
	r = tx_run(rq->tx, &export_insert, V(rq->community), V(id), V(rq->account), V(d->format), V(buf_view(&what)), V(d->told),
	           V(d->phones), V(d->reason), V(rq->lang == LANG_ZH ? S("zh") : S("en")), V(now),
	           V((struct instant){ now.ms + EXPORT_HOURS * HOUR }));
	if (r < 0 || (r = export_tell(rq->tx, rq->community, id)) < 0 ||
	    (r = job_add(rq->tx, rq->community, &jobs[0], str_format(rq->arena, "%lld", (long long)id.n), S(""), (struct instant){ 0 })) < 0 ||
	    (r = audit_note(rq, "members_exported", id, audit_words(rq, d))) < 0)
		return r;
	return export_get(rq->tx, rq->community, id, out);
}

/* Who asked; admins see all, for they answer for it. */
static int seen(struct request *rq, struct export *ret)
{
	int r = export_get(rq->tx, rq->community, rq->path_id, ret);
	if (r < 0)
		return r;
	return ret->account_id.n == rq->account.n || rq->role >= ROLE_ADMIN ? 0 : E_NOT_FOUND;
}

static QUERY(exports_newest, READS, &row_export, TAKES(K_ID, K_ID, K_ID),
	"SELECT " COLUMNS " FROM export WHERE community_id = ?1 AND id < ?2 AND (?3 = 0 OR account_id = ?3) ORDER BY id DESC LIMIT 50");

static int get_exports(struct request *rq, const void *in, void *out)
{
	const struct export_list *q = in;
	struct page *page = out;
	struct id before = { q->after.n ? q->after.n : INT64_MAX }, whose = { rq->role >= ROLE_ADMIN ? 0 : rq->account.n };
	int r = tx_all(rq->tx, &exports_newest, &page->rows, V(rq->community), V(before), V(whose));
	if (r < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_export, 50);
	return 0;
}

static int get_export(struct request *rq, const void *in, void *out)
{
	struct export export;
	(void)in;
	int r = seen(rq, &export);
	if (r >= 0)
		*(struct export *)out = export;
	return r;
}

static QUERY(export_stop, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE export SET state = 'cancelled', expires_at = ?3 WHERE community_id = ?1 AND id = ?2"
	" AND state IN ('waiting', 'running', 'done')");

/* The file, or what there is of it, goes with the next sweep; nobody can fetch it from now on. */
static int post_cancel(struct request *rq, const void *in, void *out)
{
	struct export export;
	(void)in;
	int r = seen(rq, &export);
	if (r < 0 || (r = tx_run(rq->tx, &export_stop, V(rq->community), V(export.id), V(tx_now(rq->tx)))) < 0)
		return r;
	if (r > 0 && ((r = export_tell(rq->tx, rq->community, export.id)) < 0 ||
	              (r = audit_note(rq, "export_dropped", export.id, export.told)) < 0))
		return r;
	return export_get(rq->tx, rq->community, export.id, out);
}

/* ---- API: fetching --------------------------------------------------------------------------------------------- */

struct export_bytes { struct blob bytes; };

ROW(export_bytes,
	FIELD(export_bytes, bytes, "The bytes"));

static QUERY(export_pieces_of, READS, &row_export_bytes, TAKES(K_ID, K_ID, K_INT, K_INT),
	"SELECT bytes FROM export_piece WHERE community_id = ?1 AND export_id = ?2 AND n >= ?3 AND n < ?4 ORDER BY n LIMIT 8");

static QUERY(export_was_fetched, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE export SET downloads = downloads + 1 WHERE community_id = ?1 AND id = ?2");

/* The first part is what is counted and logged. */
static int note_fetched(struct request *rq, const struct export *export)
{
	int r = tx_run(rq->tx, &export_was_fetched, V(rq->community), V(export->id));
	if (r < 0 || (r = export_tell(rq->tx, rq->community, export->id)) < 0)
		return r;
	return audit_note(rq, "export_fetched", export->id, export->told);
}

static int get_file(struct request *rq, const void *in, void *out)
{
	const struct export_part *q = in;
	struct body *body = out;
	struct export export;
	struct rows rows;
	BUF_SCOPED b;
	buf_init(&b, PART_PIECES * EXPORT_PIECE + 1);
	int r = export_get(rq->tx, rq->community, rq->path_id, &export);
	if (r < 0)
		return r;
	if (export.account_id.n != rq->account.n)
		return E_NOT_FOUND;
	if (export.phones && rq->role < ROLE_ADMIN)
		return E_FORBIDDEN;                     /* no longer an admin */
	if (!str_is(export.state, "done") || export.expires_at.ms <= tx_now(rq->tx).ms)
		return E_EXPORT_GONE;
	int64_t from = q->part * PART_PIECES, until = from + PART_PIECES < export.pieces ? from + PART_PIECES : export.pieces;
	r = tx_all(rq->tx, &export_pieces_of, &rows, V(rq->community), V(export.id), V(from), V(until));
	if (r < 0 || (q->part == 0 && (r = note_fetched(rq, &export)) < 0))
		return r;
	const struct export_bytes *piece = rows.at;
	for (size_t i = 0; i < rows.count; i++)
		buf_add(&b, piece[i].bytes.at, piece[i].bytes.len);
	if (buf_failed(&b))
		return E_MEMORY;
	*body = (struct body){ .bytes = str_copy(rq->arena, buf_view(&b)), .type = "application/octet-stream", .filename = S("members") };
	return 0;
}

/* ---- What is kept about people: files hold them too, and nobody can say which ---------------------------------------- */

/* A file that is done goes; one that is being written is begun anew, without them. */
static QUERY(export_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE export SET state = CASE WHEN state = 'done' THEN 'expired' ELSE 'waiting' END, pieces = 0, size = 0"
	" WHERE community_id = ?1 AND ?2 <> 0 AND state IN ('running', 'done')", .scans = true);

static QUERY(export_forget_pieces, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM export_piece WHERE community_id = ?1 AND ?2 <> 0");

static const struct personal personal[] = {
	{ "export export_piece", .by = BY_MEMBER, .erases = { &export_forget, &export_forget_pieces } },
	{ 0 },
};

/* ---- Declaration ------------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/exports",             ROLE_OPERATOR, get_exports, &row_export_list,  &row_export, "Tables of members that were made: one's own; admins see all", OUT_PAGE },
	{ "POST", "/exports",             ROLE_OPERATOR, post_export, &row_export_draft, &row_export, "Have a table of members made; it stands in the audit log", .closed_too = true },
	{ "GET",  "/exports/{id}",        ROLE_OPERATOR, get_export,  NULL, &row_export, "How far it is", .sees = sees_all },
	{ "POST", "/exports/{id}/cancel", ROLE_OPERATOR, post_cancel, NULL, &row_export, "Stop it, or let its file go before the day is over", .sees = sees_all,
	  .closed_too = true },
	{ "GET",  "/exports/{id}/file",   ROLE_OPERATOR, get_file, &row_export_part, NULL, "A part of the file, for who asked for it; the first is counted", OUT_BODY, .writes = true, .makes = "application/octet-stream", .sees = sees_all },
	{ 0 },
};

static const struct query *const queries[] = {
	&export_by_id, &export_next_gone, &export_drop_pieces, &export_is_gone, &exports_open, &export_insert, &exports_newest,
	&export_stop, &export_pieces_of, &export_was_fetched, &export_forget, &export_forget_pieces, NULL,
};

const struct feature feature_export = {
	.name = "export", .routes = routes, .queries = queries, .events = events, .jobs = jobs, .personal = personal,
};
