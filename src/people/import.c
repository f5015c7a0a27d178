/* import.c: taking a file in, planning, and what the console sees of an import.
 *
 * Story      See import.h. The file comes in pieces of at most a megabyte, each after the one before: a line that breaks in a
 *            tunnel goes on where it was. The same file again (name, size, time of change) finds the upload it began.
 * Owns       import, import_piece.
 * Not here   The rows themselves: import_inside.h says in which file.
 * Test       import_test.c
 */
#include "people/import_inside.h"

#include "base/utf8.h"
#include "people/audit.h"
#include "people/community.h"

#define OPEN_MAX     40               /* imports of a community that are not over */
#define UNDO_DAYS    30
#define IDLE_DAYS    7                /* an upload or a plan that nobody goes on with */
#define PREVIEW_ROWS 20
#define PART_CHUNKS  200              /* chunks whose errors are fetched at once */

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW_PUBLIC(import,
	FIELD(import, id,          "Import"),
	FIELD(import, account_id,  "Who"),
	FIELD(import, name,        "Of the file"),
	FIELD(import, size,        "Bytes of the file"),
	FIELD(import, received,    "… that have come"),
	FIELD(import, pieces,      "… in how many pieces: the number of the next one"),
	FIELD(import, state,       "Where it is",
	      .one_of = "uploading reading planning checking ready running done cancelled failed undoing undone"),
	FIELD(import, encoding,    "As guessed"),
	FIELD(import, headings,    "Cells of the first row", .of = &row_import_word, .max = CSV_COLUMNS_MAX),
	FIELD(import, records,     "Rows of the table, with headings"),
	FIELD(import, chunks,      "Steps of the work"),
	FIELD(import, plan_no,     "How often the plan was changed"),
	FIELD(import, position,    "Steps behind us"),
	FIELD(import, will_make,   "The check foresees: made"),
	FIELD(import, will_update, "… updated"),
	FIELD(import, will_skip,   "… left as they are"),
	FIELD(import, will_fail,   "… wrong"),
	FIELD(import, made,        "Rows that made a member"),
	FIELD(import, updated,     "… changed one we knew"),
	FIELD(import, skipped,     "… changed nothing"),
	FIELD(import, failed,      "… were wrong"),
	FIELD(import, removed,     "Undone: members removed"),
	FIELD(import, restored,    "… put back as they were"),
	FIELD(import, kept,        "… left alone, because somebody changed them since"),
	FIELD(import, why,         "Of a failed one: an error's word"),
	FIELD(import, created_at,  "When it began"),
	FIELD(import, started_at,  "When members were first written"),
	FIELD(import, finished_at, "When it was done, cancelled or had failed"),
	FIELD(import, undone_at,   "When it was taken back"),
	FIELD(import, swept_at,    "Since then it cannot be taken back"));

struct import_draft { struct str name; int64_t size; struct instant stamp; };

ROW(import_draft,
	FIELD(import_draft, name,  "Of the file", .min = 1, .max = 120),
	FIELD(import_draft, size,  "Its bytes", .min = 1, .max = IMPORT_SIZE_MAX),
	FIELD(import_draft, stamp, "When it was last changed", .optional = true));

struct import_piece { int64_t n; struct blob bytes; };

ROW(import_piece,
	FIELD(import_piece, n,     "Its number, from 0", .min = 0, .max = 100000),
	FIELD(import_piece, bytes, "The bytes: a file", .max = IMPORT_PIECE_MAX, .optional = true));

struct import_list { struct id after; };

ROW(import_list,
	FIELD(import_list, after, "Only imports older than this one", .optional = true));

struct import_sight { int64_t line; struct str fate, nickname, name, phone, city; struct rows tags; struct str code, column, message;
                      struct rows cells; };

ROW(import_sight,
	FIELD(import_sight, line,     "Line of the file"),
	FIELD(import_sight, fate,     "What will happen", .one_of = "make update skip fail"),
	FIELD(import_sight, nickname, "As it was understood"),
	FIELD(import_sight, name,     "…"),
	FIELD(import_sight, phone,    "…"),
	FIELD(import_sight, city,     "…"),
	FIELD(import_sight, tags,     "…", .of = &row_text_item, .max = IMPORT_TAGS_MAX),
	FIELD(import_sight, code,     "What is wrong, a stable word"),
	FIELD(import_sight, column,   "… in which column"),
	FIELD(import_sight, message,  "… and what to do"),
	FIELD(import_sight, cells,    "The row as it stands", .of = &row_import_word, .max = CSV_COLUMNS_MAX));

struct import_part { int64_t part; };

ROW(import_part,
	FIELD(import_part, part, "Which ten thousand rows of the table, from 0", .min = 0, .max = 1000, .optional = true));

struct import_left { struct id member_id; struct str nickname; int64_t line; };

ROW(import_left,
	FIELD(import_left, member_id, "Member"),
	FIELD(import_left, nickname,  "As they are called now; empty: gone"),
	FIELD(import_left, line,      "Line of the file"));

/* ---- Events ----------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "import_moved", "An import went a step on", "import" },
	{ 0 },
};

/* ---- Actions ----------------------------------------------------------------------------------------- */

#define COLUMNS \
	"id, account_id, name, size, received, pieces, state, encoding, headings, records, chunks, plan_no, position, will_make," \
	" will_update, will_skip, will_fail, made, updated, skipped, failed, removed, restored, kept, why, created_at, started_at," \
	" finished_at, undone_at, swept_at"

static QUERY(import_by_id, READS, &row_import, TAKES(K_ID, K_ID),
	"SELECT " COLUMNS " FROM import WHERE community_id = ?1 AND id = ?2");

int import_get(struct tx *tx, struct id community, struct id import, struct import *ret)
{
	return tx_one(tx, &import_by_id, ret, V(community), V(import));
}

int import_tell(struct tx *tx, struct id community, struct id import)
{
	return event_emit(tx, community, &events[0], &(struct event){ .subject = import });
}

static QUERY(import_set_state, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"UPDATE import SET state = ?3, why = ?4,"
	" started_at = CASE WHEN ?3 = 'running' THEN ?5 ELSE started_at END,"
	" finished_at = CASE WHEN ?3 IN ('done', 'cancelled', 'failed') THEN ?5 ELSE finished_at END,"
	" undone_at = CASE WHEN ?3 = 'undone' THEN ?5 ELSE undone_at END"
	" WHERE community_id = ?1 AND id = ?2");

int import_state(struct tx *tx, struct id community, struct id import, const char *state, struct str why)
{
	int r = tx_run(tx, &import_set_state, V(community), V(import), V(str_of(state)), V(why), V(tx_now(tx)));
	return r < 0 ? r : import_tell(tx, community, import);
}

/* ---- The job ------------------------------------------------------------------------------------------ */

struct looking { struct id community, import; struct import found; };

static int look_action(struct tx *tx, void *arg)
{
	struct looking *l = arg;
	int r = import_get(tx, l->community, l->import, &l->found);
	if (r == E_NOT_FOUND)
		l->found.state = S("");
	return r == E_NOT_FOUND ? 0 : r;
}

static int run_import(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	static const struct { const char *state; int (*work)(const struct job_context *, struct id, struct id); } works[] = {
		{ "reading", import_read }, { "checking", import_check }, { "running", import_run }, { "undoing", import_undo },
	};
	struct looking look = { .community = job->community };
	int r = str_to_int(job->key, &look.import.n) ? store_read(context->store, context->arena, look_action, &look) : E_NOT_FOUND;
	for (size_t i = 0; r >= 0 && i < sizeof works / sizeof *works; i++)
		if (str_is(look.found.state, works[i].state)) {
			r = works[i].work(context, job->community, look.import);
			break;
		}
	if (r < 0)
		*ret_why = str_format(context->arena, "import %.*s, %.*s", STR(job->key), STR(look.found.state));
	return r;
}

static int run_sweep(const struct job_context *, const struct job *, struct str *);

static const struct job_kind jobs[] = {
	{ "import", "Reads, checks, takes in or takes back a table of members", run_import, .tries_max = 20, .backoff_ms = 2000 },
	{ "import_sweep", "Lets go of what old imports kept for their undo", run_sweep, .every_ms = HOUR },
	{ 0 },
};

int import_work(struct tx *tx, struct id community, struct id import)
{
	return job_add(tx, community, &jobs[0], str_format(tx_arena(tx), "%lld", (long long)import.n), S(""), (struct instant){ 0 });
}

/* ---- Sweeping -------------------------------------------------------------------------------------------- */

struct import_old { struct id community_id, id; bool idle, whole; };

ROW(import_old,
	FIELD(import_old, community_id, "Community"),
	FIELD(import_old, id,           "Import"),
	FIELD(import_old, idle,         "Nobody went on with it"),
	FIELD(import_old, whole,        "It cannot be undone any more, or never began"));

/* What nobody will need: of one that is over, the rows that were never taken in. */
static QUERY(import_next_old, READS, &row_import_old, TAKES(K_INSTANT, K_INSTANT),
	"SELECT i.community_id, i.id, i.finished_at = 0 AS idle,"
	" (i.finished_at < ?1 OR i.started_at = 0) AND i.state <> 'undoing' AS whole FROM import i WHERE i.swept_at = 0"
	" AND ((i.finished_at > 0 AND i.finished_at < ?1 AND i.state <> 'undoing')"
	" OR (i.finished_at > 0 AND i.started_at = 0)"
	" OR (i.finished_at > 0 AND EXISTS (SELECT 1 FROM import_chunk c WHERE c.community_id = i.community_id AND c.import_id = i.id))"
	" OR (i.finished_at = 0 AND i.created_at < ?2 AND i.state IN ('uploading', 'planning', 'checking', 'ready')))"
	" ORDER BY i.id LIMIT 1", .scans = true);

static QUERY(import_drop_pieces, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM import_piece WHERE community_id = ?1 AND import_id = ?2 AND n <"
	" 16 + (SELECT COALESCE(min(p.n), 0) FROM import_piece p WHERE p.community_id = ?1 AND p.import_id = ?2)");

static QUERY(import_drop_chunks, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM import_chunk WHERE community_id = ?1 AND import_id = ?2 AND n <"
	" 16 + (SELECT COALESCE(min(p.n), 0) FROM import_chunk p WHERE p.community_id = ?1 AND p.import_id = ?2)");

static QUERY(import_drop_rows, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM import_row WHERE community_id = ?1 AND import_id = ?2 AND chunk <"
	" 16 + (SELECT COALESCE(min(p.chunk), 0) FROM import_row p WHERE p.community_id = ?1 AND p.import_id = ?2)");

static QUERY(import_is_swept, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE import SET swept_at = ?3 WHERE community_id = ?1 AND id = ?2");

struct sweep { struct import_old old; bool found; };

/* A little of the oldest; when nothing is left of it, it is swept. */
static int sweep_action(struct tx *tx, void *arg)
{
	static const struct query *const drops[] = { &import_drop_pieces, &import_drop_chunks, &import_drop_rows };
	struct sweep *s = arg;
	int64_t now = tx_now(tx).ms;
	int r = tx_one(tx, &import_next_old, &s->old, V((struct instant){ now - UNDO_DAYS * DAY }),
	               V((struct instant){ now - IDLE_DAYS * DAY }));
	s->found = r >= 0;
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	struct id community = s->old.community_id, id = s->old.id;
	if (s->old.idle && (r = import_state(tx, community, id, "cancelled", S(""))) < 0)
		return r;
	for (size_t i = 0; i < (s->old.whole ? 3 : 2); i++)
		if ((r = tx_run(tx, drops[i], V(community), V(id))) != 0)
			return r < 0 ? r : 0;
	if (!s->old.whole)
		return 0;
	r = tx_run(tx, &import_is_swept, V(community), V(id), V(tx_now(tx)));
	return r < 0 ? r : import_tell(tx, community, id);
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

/* ---- API: the file ------------------------------------------------------------------------------------------ */

static int show(struct request *rq, struct id id, void *out)
{
	return import_get(rq->tx, rq->community, id, out);
}

static QUERY(import_same, READS, &row_id_item, TAKES(K_ID, K_ID, K_STR, K_INT, K_INSTANT),
	"SELECT id AS item FROM import WHERE community_id = ?1 AND account_id = ?2 AND state = 'uploading' AND name = ?3 AND size = ?4"
	" AND stamp = ?5 ORDER BY id DESC LIMIT 1");

static QUERY(imports_open, READS, &row_id_item, TAKES(K_ID),
	"SELECT count(*) AS item FROM import WHERE community_id = ?1 AND finished_at = 0");

static QUERY(import_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_INT, K_INSTANT, K_INSTANT),
	"INSERT INTO import (community_id, id, account_id, name, size, stamp, state, received, pieces, encoding, headings, records,"
	" chunks, plan, plan_no, position, will_make, will_update, will_skip, will_fail, made, updated, skipped, failed, removed,"
	" restored, kept, why, created_at, started_at, finished_at, undone_at, swept_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'uploading', 0, 0, '', '[]', 0, 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', ?7,"
	" 0, 0, 0, 0)");

static int post_import(struct request *rq, const void *in, void *out)
{
	const struct import_draft *d = in;
	struct id_item known;
	if (rq->only.n)
		return E_FORBIDDEN;                     /* who sees some groups may not change people of others */
	int r = tx_one(rq->tx, &import_same, &known, V(rq->community), V(rq->account), V(d->name), V(d->size), V(d->stamp));
	if (r != E_NOT_FOUND)
		return r < 0 ? r : show(rq, known.item, out);
	if ((r = tx_one(rq->tx, &imports_open, &known, V(rq->community))) < 0)
		return r;
	if (known.item.n >= OPEN_MAX)
		return E_TOO_MANY;
	struct id id = tx_new_id(rq->tx);
	r = tx_run(rq->tx, &import_insert, V(rq->community), V(id), V(rq->account), V(d->name), V(d->size), V(d->stamp),
	           V(tx_now(rq->tx)));
	if (r < 0 || (r = import_tell(rq->tx, rq->community, id)) < 0)
		return r;
	return show(rq, id, out);
}

static QUERY(import_piece_put, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_BLOB),
	"INSERT INTO import_piece (community_id, import_id, n, bytes) VALUES (?1, ?2, ?3, ?4)");

static QUERY(import_has_come, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INT),
	"UPDATE import SET pieces = ?3, received = ?4 WHERE community_id = ?1 AND id = ?2");

/* A piece that came before is not taken again: its answer was lost, not the piece. */
static int post_piece(struct request *rq, const void *in, void *out)
{
	const struct import_piece *piece = in;
	struct import import;
	int r = import_get(rq->tx, rq->community, rq->path_id, &import);
	if (r < 0)
		return r;
	int64_t received = import.received + (int64_t)piece->bytes.len;
	if (piece->n < import.pieces)
		return show(rq, import.id, out);
	if (!str_is(import.state, "uploading"))
		return E_IMPORT_STATE;
	if (piece->n > import.pieces || received > import.size || piece->bytes.len == 0)
		return rq_complain(rq, E_IMPORT_PIECE, S("n"));
	if ((r = tx_run(rq->tx, &import_piece_put, V(rq->community), V(import.id), V(piece->n), V(piece->bytes))) < 0 ||
	    (r = tx_run(rq->tx, &import_has_come, V(rq->community), V(import.id), V(piece->n + 1), V(received))) < 0)
		return r;
	if (received == import.size && ((r = import_state(rq->tx, rq->community, import.id, "reading", S(""))) < 0 ||
	                                (r = import_work(rq->tx, rq->community, import.id)) < 0))
		return r;
	return show(rq, import.id, out);
}

/* ---- API: the plan ------------------------------------------------------------------------------------------- */

static QUERY(import_plan_of, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT plan AS item FROM import WHERE community_id = ?1 AND id = ?2");

static int get_plan(struct request *rq, const void *in, void *out)
{
	struct text_item text;
	(void)in;
	int r = tx_one(rq->tx, &import_plan_of, &text, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	return import_plan_read(text.item, rq->arena, out);
}

static QUERY(import_set_plan, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE import SET plan = ?3, plan_no = plan_no + 1, position = 0, will_make = 0, will_update = 0, will_skip = 0, will_fail = 0"
	" WHERE community_id = ?1 AND id = ?2");

/* A plan that cannot be kept is told at once; one that can is tried on every row. */
static int put_plan(struct request *rq, const void *in, void *out)
{
	const struct import_plan *plan = in;
	struct import import;
	struct import_frame frame = { .plan = plan, .arena = rq->arena };
	struct rows customs;
	struct str detail = { 0 };
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	int r = import_get(rq->tx, rq->community, rq->path_id, &import);
	if (r < 0)
		return r;
	if (!str_among(import.state, "planning checking ready"))
		return E_IMPORT_STATE;
	if ((r = import_customs(rq->tx, rq->community, &customs)) < 0)
		return r;
	frame.customs = customs.at, frame.custom_count = customs.count, frame.headings = import.headings;
	if ((r = import_columns(&frame, rq->lang, &detail)) < 0) {
		rq_complain(rq, r, S("columns"));
		rq->complaint.detail = detail;
		return r;
	}
	row_write_json(&b, &row_import_plan, plan);
	if (buf_failed(&b))
		return E_MEMORY;
	if ((r = tx_run(rq->tx, &import_set_plan, V(rq->community), V(import.id), V(buf_view(&b)))) < 0 ||
	    (r = import_state(rq->tx, rq->community, import.id, "checking", S(""))) < 0 ||
	    (r = import_work(rq->tx, rq->community, import.id)) < 0)
		return r;
	return show(rq, import.id, out);
}

static struct str column_name(const struct import_frame *frame, int64_t column, enum lang lang)
{
	const struct import_word *heading = frame->headings.at;
	if (column < 0)
		return S("");
	if (frame->plan->headings && (size_t)column < frame->headings.count && heading[column].item.len)
		return heading[column].item;
	struct import_column c = frame->columns[column];
	return c.field ? import_field_label(frame, c, lang) : str_format(frame->arena, "%lld", (long long)column + 1);
}

static int sight_of(struct request *rq, const struct import_frame *frame, const struct import_line *line,
                    const struct import_verdict *v, struct import_sight *ret)
{
	static const char *const fates[] = { "make", "update", "skip", "fail" };
	const struct import_person *p = &v->person;
	struct import_word *cells = arena_take_array(rq->arena, line->count + 1, sizeof *cells);
	if (!cells)
		return E_MEMORY;
	for (size_t i = 0; i < line->count; i++)
		cells[i].item = utf8_cut(line->cells[i], 60);
	*ret = (struct import_sight){
		.line = line->line, .fate = str_of(fates[v->fate]), .nickname = p->text[F_NICKNAME], .name = p->text[F_NAME],
		.phone = p->text[F_PHONE], .city = p->text[F_CITY], .tags = p->tags, .cells = { cells, line->count },
	};
	if (v->fate == FATE_FAIL) {
		ret->code = str_of(err_word(v->fault.code));
		ret->message = str_of(err_text(v->fault.code, rq->lang));
		ret->column = column_name(frame, v->fault.column, rq->lang);
	}
	return 0;
}

static int get_preview(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct import_plan plan;
	struct import_frame frame;
	struct import_line *lines;
	uint64_t sums[256] = { 0 };
	struct import_seen seen = { sums, 256, 0 };
	size_t count, shown = 0;
	(void)in;
	int r = import_frame(rq->tx, rq->community, rq->path_id, &plan, &frame);
	if (r < 0 || ((r = import_chunk(rq->tx, rq->community, rq->path_id, 0, &lines, &count)) < 0 && r != E_NOT_FOUND))
		return r;
	if (r == E_NOT_FOUND)
		count = 0;                      /* not read yet, or taken in already */
	struct import_sight *sights = arena_take_array(rq->arena, PREVIEW_ROWS, sizeof *sights);
	for (size_t i = 0; sights && i < count && shown < PREVIEW_ROWS; i++) {
		struct import_verdict verdict;
		if (import_is_heading(&frame, 0, i))
			continue;
		if ((r = import_decide(rq->tx, rq->community, &frame, &lines[i], &seen, &verdict)) < 0 ||
		    (r = sight_of(rq, &frame, &lines[i], &verdict, &sights[shown++])) < 0)
			return r;
	}
	*page = (struct page){ { sights, shown }, -1, { 0 } };
	return sights ? 0 : E_MEMORY;
}

/* ---- API: going, stopping, taking back ------------------------------------------------------------------------ */

static QUERY(import_from_start, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE import SET position = 0 WHERE community_id = ?1 AND id = ?2");

/* state → state, with the line in the log; work begins when `works`. */
static int go(struct request *rq, const char *from, const char *to, const char *act, bool works, void *out)
{
	struct import import;
	int r = import_get(rq->tx, rq->community, rq->path_id, &import);
	if (r < 0)
		return r;
	if (!str_among(import.state, from))
		return E_IMPORT_STATE;
	if ((r = import_state(rq->tx, rq->community, import.id, to, S(""))) < 0 || (r = audit_note(rq, act, import.id, import.name)) < 0)
		return r;
	if (works && (r = import_work(rq->tx, rq->community, import.id)) < 0)
		return r;
	return show(rq, import.id, out);
}

static int post_run(struct request *rq, const void *in, void *out)
{
	(void)in;
	int r = tx_run(rq->tx, &import_from_start, V(rq->community), V(rq->path_id));
	return r < 0 ? r : go(rq, "ready", "running", "import_started", true, out);
}

static int post_cancel(struct request *rq, const void *in, void *out)
{
	(void)in;
	return go(rq, "uploading reading planning checking ready running", "cancelled", "import_cancelled", false, out);
}

static int post_undo(struct request *rq, const void *in, void *out)
{
	struct import import;
	(void)in;
	int r = import_get(rq->tx, rq->community, rq->path_id, &import);
	if (r < 0)
		return r;
	if (import.swept_at.ms || !import.started_at.ms || import.finished_at.ms < tx_now(rq->tx).ms - UNDO_DAYS * DAY)
		return E_IMPORT_STATE;
	return go(rq, "done cancelled", "undoing", "import_undone", true, out);
}

/* ---- API: looking ------------------------------------------------------------------------------------------------ */

static QUERY(imports_newest, READS, &row_import, TAKES(K_ID, K_ID),
	"SELECT " COLUMNS " FROM import WHERE community_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT 50");

static int get_imports(struct request *rq, const void *in, void *out)
{
	const struct import_list *q = in;
	struct page *page = out;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	if (rq->only.n)
		return E_FORBIDDEN;
	int r = tx_all(rq->tx, &imports_newest, &page->rows, V(rq->community), V(before));
	if (r < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_import, 50);
	return 0;
}

static int get_import(struct request *rq, const void *in, void *out)
{
	(void)in;
	return show(rq, rq->path_id, out);
}

static QUERY(import_left_alone, READS, &row_import_left, TAKES(K_ID, K_ID),
	"SELECT r.member_id, COALESCE(CASE WHEN m.nickname <> '' THEN m.nickname ELSE m.name END, '') AS nickname, r.line"
	" FROM import_row r LEFT JOIN member m ON m.community_id = r.community_id AND m.id = r.member_id"
	" WHERE r.community_id = ?1 AND r.import_id = ?2 AND r.outcome = 'kept' ORDER BY r.chunk, r.line LIMIT 500");

static int get_kept(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct import import;
	(void)in;
	int r = import_get(rq->tx, rq->community, rq->path_id, &import);
	if (r < 0 || (r = tx_all(rq->tx, &import_left_alone, &page->rows, V(rq->community), V(rq->path_id))) < 0)
		return r;
	page->total = import.kept;
	return 0;
}

/* ---- API: the table of errors --------------------------------------------------------------------------------------- */

struct import_wrong { int64_t line; struct str code; int64_t at_column; struct rows cells; };

ROW(import_wrong,
	FIELD(import_wrong, line,      "Line of the file"),
	FIELD(import_wrong, code,      "An error's word"),
	FIELD(import_wrong, at_column, "In which column"),
	FIELD(import_wrong, cells,     "The row as it stood", .of = &row_import_word, .max = CSV_COLUMNS_MAX));

static QUERY(import_rows_wrong, READS, &row_import_wrong, TAKES(K_ID, K_ID, K_INT, K_INT),
	"SELECT line, code, at_column, was AS cells FROM import_row WHERE community_id = ?1 AND import_id = ?2 AND chunk >= ?3 AND chunk < ?4"
	" AND outcome = 'failed' ORDER BY chunk, line LIMIT 20000");

static int code_of(struct str word)
{
	for (int n = 1; n < ERR_COUNT; n++)
		if (str_is(word, err_word(-n)))
			return -n;
	return E_INVALID;
}

static void write_headings(struct buf *b, const struct import_frame *frame, enum lang lang)
{
	size_t width = frame->plan->columns.count;
	buf_z(b, "\xef\xbb\xbf");
	for (size_t i = 0; i < width; i++)
		csv_cell(b, column_name(frame, (int64_t)i, lang), false);
	csv_cell(b, lang == LANG_ZH ? S("原表行号") : S("Line of the file"), false);
	csv_cell(b, lang == LANG_ZH ? S("哪一列不对") : S("Column to mend"), false);
	csv_cell(b, lang == LANG_ZH ? S("怎么改") : S("What to do"), true);
}

static void write_wrong(struct buf *b, const struct import_frame *frame, const struct import_wrong *wrong, enum lang lang)
{
	const struct import_word *cell = wrong->cells.at;
	for (size_t i = 0; i < frame->plan->columns.count; i++)
		csv_cell(b, i < wrong->cells.count ? cell[i].item : S(""), false);
	csv_cell(b, str_format(frame->arena, "%lld", (long long)wrong->line), false);
	csv_cell(b, column_name(frame, wrong->at_column, lang), false);
	csv_cell(b, str_of(err_text(code_of(wrong->code), lang)), true);
}

static int get_errors(struct request *rq, const void *in, void *out)
{
	const struct import_part *q = in;
	struct body *body = out;
	struct import_plan plan;
	struct import_frame frame;
	struct rows rows;
	BUF_SCOPED b;
	buf_init(&b, 32 << 20);
	int64_t from = q->part * PART_CHUNKS;
	int r = import_frame(rq->tx, rq->community, rq->path_id, &plan, &frame);
	if (r < 0)
		return r;
	r = tx_all(rq->tx, &import_rows_wrong, &rows, V(rq->community), V(rq->path_id), V(from), V(from + PART_CHUNKS));
	if (r < 0)
		return r;
	if (q->part == 0)
		write_headings(&b, &frame, rq->lang);
	const struct import_wrong *wrong = rows.at;
	for (size_t i = 0; i < rows.count; i++)
		write_wrong(&b, &frame, &wrong[i], rq->lang);
	if (buf_failed(&b))
		return E_MEMORY;
	*body = (struct body){ .bytes = str_copy(rq->arena, buf_view(&b)), .type = "text/csv; charset=utf-8", .filename = S("errors.csv") };
	return 0;
}

/* ---- Declaration --------------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/imports",              ROLE_ADMIN, get_imports, &row_import_list,  &row_import, "Tables of members that were brought, newest first", OUT_PAGE },
	{ "POST", "/imports",              ROLE_ADMIN, post_import, &row_import_draft, &row_import, "Begin to bring a table, or go on with the same one" },
	{ "GET",  "/imports/{id}",         ROLE_ADMIN, get_import,  NULL,              &row_import, "How far it is" },
	{ "POST", "/imports/{id}/pieces",  ROLE_ADMIN, post_piece,  &row_import_piece, &row_import, "The next piece of the file; the last begins the reading",
	  .body_max = IMPORT_PIECE_MAX + (64 << 10) },
	{ "GET",  "/imports/{id}/plan",    ROLE_ADMIN, get_plan,    NULL, &row_import_plan, "What the columns are, as guessed or chosen" },
	{ "PUT",  "/imports/{id}/plan",    ROLE_ADMIN, put_plan,    &row_import_plan, &row_import, "Choose it; every row is then checked" },
	{ "GET",  "/imports/{id}/preview", ROLE_ADMIN, get_preview, NULL, &row_import_sight, "What would become of the first rows", OUT_PAGE },
	{ "POST", "/imports/{id}/run",     ROLE_ADMIN, post_run,    NULL, &row_import, "Take the rows in" },
	{ "POST", "/imports/{id}/cancel",  ROLE_ADMIN, post_cancel, NULL, &row_import, "Stop; what was taken in stays, and can be undone" },
	{ "POST", "/imports/{id}/undo",    ROLE_ADMIN, post_undo,   NULL, &row_import, "Take it back, within 30 days" },
	{ "GET",  "/imports/{id}/errors",  ROLE_ADMIN, get_errors,  &row_import_part, NULL, "Rows that were wrong, with what to mend, as a table to bring again", OUT_BODY, .makes = "text/csv" },
	{ "GET",  "/imports/{id}/kept",    ROLE_ADMIN, get_kept,    NULL, &row_import_left, "Members an undo left alone, because somebody changed them since", OUT_PAGE },
	{ 0 },
};

static const struct query *const queries[] = {
	&import_by_id, &import_set_state, &import_next_old, &import_drop_pieces, &import_drop_chunks, &import_drop_rows, &import_is_swept,
	&import_same, &imports_open, &import_insert, &import_piece_put, &import_has_come, &import_plan_of, &import_set_plan,
	&import_from_start, &imports_newest, &import_left_alone, &import_rows_wrong, NULL,
};

const struct feature feature_import = {
	.name = "import", .api = "members", .routes = routes, .queries = queries, .events = events, .jobs = jobs,
};
