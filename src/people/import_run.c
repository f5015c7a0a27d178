/* import_run.c: a table's rows become members, fifty in a transaction; and are taken back.
 *
 * Story      The operator has seen what would happen and says yes. A job takes chunk after chunk; the process is killed in
 *            the middle of one, and the next process begins with that chunk again, as if nothing had been of it. Next day the
 *            undo walks the same way backwards.
 * Owns       import_row.
 * Holds      A chunk's members, its lines in import_row, its counts and the import's position are one transaction.
 *            A job runs for SLICE and then stands in line again: warnings wait a few seconds at most.
 *            Undo compares a sum of the member with the one kept right after the row: other than that, somebody has touched
 *            them, and they stay as they are.
 * Test       import_test.c
 */
#include "people/import_inside.h"

#include "http/personal.h"
#include "people/member.h"
#include "people/tag.h"

#define SLICE (4 * SECOND)

struct batch {
	const struct job_context *context;
	struct id                 community, import;
	bool                      over;         /* nothing more to do, or somebody stopped it */
};

/* ---- What a member is now ---- */

struct import_identity { struct str channel, subject; };

ROW(import_identity,
	FIELD(import_identity, channel, "Where it is valid", .max = 20),
	FIELD(import_identity, subject, "The name there", .max = 200));

/* Of an updated member, for the undo. */
struct import_trace { struct rows was, tags, identities; };

ROW(import_trace,
	FIELD(import_trace, was,        "The profile before: one", .of = &row_member_profile, .max = 1),
	FIELD(import_trace, tags,       "All tags before", .of = &row_text_item, .max = 1000),
	FIELD(import_trace, identities, "The identities that came", .of = &row_import_identity, .max = 3));

static QUERY(import_identities_of, READS, &row_import_identity, TAKES(K_ID, K_ID),
	"SELECT channel, subject FROM identity WHERE community_id = ?1 AND member_id = ?2 ORDER BY channel, subject LIMIT 1000");

/* A sum over profile, tags and identities: a member of another sum is not as the import left them. */
static int mark_of(struct tx *tx, struct id community, struct id member, int64_t *ret)
{
	struct member_profile profile;
	struct rows tags, ids;
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	int r = member_profile_get(tx, community, member, &profile);
	if (r < 0 || (r = tag_names(tx, community, member, &tags)) < 0 ||
	    (r = tx_all(tx, &import_identities_of, &ids, V(community), V(member))) < 0)
		return r;
	row_write_json(&b, &row_member_profile, &profile);
	rows_write_json(&b, &row_text_item, tags);
	rows_write_json(&b, &row_import_identity, ids);
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < b.len; i++)
		sum = (sum ^ (unsigned char)b.at[i]) * UINT64_C(0x100000001b3);
	*ret = (int64_t)(sum >> 1);
	return buf_failed(&b) ? E_MEMORY : 0;
}

/* ---- Writing one row ---- */

static QUERY(import_row_put, WRITES, NULL,
	TAKES(K_ID, K_ID, K_INT, K_INT, K_STR, K_ID, K_STR, K_INT, K_STR, K_INT, K_INSTANT),
	"INSERT INTO import_row (community_id, import_id, chunk, line, outcome, member_id, code, at_column, was, mark, at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");

struct writing {
	struct tx                  *tx;
	struct id                   community, actor;
	const struct import        *import;
	const struct import_frame  *frame;
	int64_t                     chunk;
	const struct import_line   *line;
	int64_t                     counts[FATES];
};

static int note_row(struct writing *w, const char *outcome, struct id member, struct import_fault fault, struct str was, int64_t mark)
{
	int r = tx_run(w->tx, &import_row_put, V(w->community), V(w->import->id), V(w->chunk), V(w->line->line), V(str_of(outcome)),
	               V(member), V(fault.code ? str_of(err_word(fault.code)) : S("")), V(fault.column), V(was), V(mark),
	               V(tx_now(w->tx)));
	return r < 0 ? r : 0;
}

/* As it stood, to be mended and brought again. */
static int row_failed(struct writing *w, struct import_fault fault)
{
	struct import_word *cells = arena_take_array(w->frame->arena, w->line->count + 1, sizeof *cells);
	BUF_SCOPED b;
	buf_init(&b, 8 << 20);
	for (size_t i = 0; cells && i < w->line->count; i++)
		cells[i].item = w->line->cells[i];
	rows_write_json(&b, &row_import_word, (struct rows){ cells, cells ? w->line->count : 0 });
	if (!cells || buf_failed(&b))
		return E_MEMORY;
	w->counts[FATE_FAIL]++;
	return note_row(w, "failed", (struct id){ 0 }, fault, buf_view(&b), 0);
}

static int put_identities(struct writing *w, const struct import_person *p, struct id member, struct import_trace *trace)
{
	static const struct { enum import_field field; const char *channel; } kinds[] = {
		{ F_WECOM, "wecom" }, { F_MP, "mp" }, { F_ONEBOT, "onebot" },
	};
	struct import_identity *came = arena_take_array(w->frame->arena, 3, sizeof *came);
	for (size_t i = 0; came && i < sizeof kinds / sizeof *kinds; i++) {
		struct str subject = p->text[kinds[i].field];
		struct id whose;
		int r = subject.len ? member_identify(w->tx, w->community, member, str_of(kinds[i].channel), subject, &whose) : 0;
		if (r < 0)
			return r;
		if (r > 0)
			came[trace->identities.count++] = (struct import_identity){ str_of(kinds[i].channel), subject };
	}
	trace->identities.at = came;
	return came ? 0 : E_MEMORY;
}

static int put_more(struct writing *w, const struct import_person *p, struct id member, struct import_trace *trace)
{
	const struct text_item *tag = p->tags.at;
	int r = put_identities(w, p, member, trace);
	for (size_t i = 0; r >= 0 && i < p->tags.count; i++)
		if ((r = tag_put_named(w->tx, w->community, tag[i].item, member)) == E_TOO_MANY)
			r = 0;                          /* who carries too many already does not lose the row */
	return r < 0 ? r : 0;
}

static struct str trace_text(struct arena *arena, const struct import_trace *trace)
{
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	row_write_json(&b, &row_import_trace, trace);
	return str_copy(arena, buf_view(&b));
}

static int make(struct writing *w, const struct import_verdict *v)
{
	const struct import_person *p = &v->person;
	struct member_profile profile;
	struct member_origin origin = {
		.source_label = p->text[F_SOURCE], .inviter = v->inviter, .group = v->group, .joined = p->joined_at,
	};
	struct import_trace trace = { 0 };
	struct complaint why = { 0 };
	struct id id;
	int64_t mark;
	int r = import_profile(w->frame, p, &profile);
	if (r < 0)
		return r;
	r = member_make(w->tx, w->community, &profile, &origin, w->actor, &id, &why);
	if (r < 0)
		return import_is_grave(r) ? r : row_failed(w, import_fault_of(w->frame, r, why.field));
	if ((r = put_more(w, p, id, &trace)) < 0 || (r = mark_of(w->tx, w->community, id, &mark)) < 0)
		return r;
	w->counts[FATE_MAKE]++;
	return note_row(w, "made", id, (struct import_fault){ 0, -1 }, S(""), mark);
}

static int update(struct writing *w, const struct import_verdict *v)
{
	const struct import_person *p = &v->person;
	struct member_profile profile, *was = ARENA_NEW(w->frame->arena, struct member_profile);
	struct import_trace trace = { .was = { was, 1 } };
	struct complaint why = { 0 };
	int64_t mark;
	enum member_how how = str_is(w->frame->plan->policy, "overwrite") ? MEMBER_GIVEN : MEMBER_FILL;
	int r = was ? import_profile(w->frame, p, &profile) : E_MEMORY;
	if (r < 0 || (r = member_profile_get(w->tx, w->community, v->member, was)) < 0 ||
	    (r = tag_names(w->tx, w->community, v->member, &trace.tags)) < 0)
		return r;
	r = member_change(w->tx, w->community, v->member, how, &profile, w->actor, &why);
	if (r < 0)
		return import_is_grave(r) ? r : row_failed(w, import_fault_of(w->frame, r, why.field));
	if ((r = put_more(w, p, v->member, &trace)) < 0 || (r = mark_of(w->tx, w->community, v->member, &mark)) < 0)
		return r;
	w->counts[FATE_UPDATE]++;
	return note_row(w, "updated", v->member, (struct import_fault){ 0, -1 }, trace_text(w->frame->arena, &trace), mark);
}

static int take_line(struct writing *w, const struct import_line *line)
{
	struct import_verdict v;
	w->line = line;
	int r = import_decide(w->tx, w->community, w->frame, line, NULL, &v);
	if (r < 0)
		return r;
	switch (v.fate) {
	case FATE_MAKE:
		return make(w, &v);
	case FATE_UPDATE:
		return update(w, &v);
	case FATE_FAIL:
		return row_failed(w, v.fault);
	default:
		w->counts[FATE_SKIP]++;
		return 0;
	}
}

/* ---- Running ---- */

static QUERY(import_chunk_drop, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"DELETE FROM import_chunk WHERE community_id = ?1 AND import_id = ?2 AND n = ?3");

static QUERY(import_moved_on, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INT, K_INT, K_INT, K_INT),
	"UPDATE import SET position = position + 1, made = made + ?4, updated = updated + ?5, skipped = skipped + ?6,"
	" failed = failed + ?7 WHERE community_id = ?1 AND id = ?2 AND position = ?3 AND state = 'running'");

static int run_action(struct tx *tx, void *arg)
{
	struct batch *b = arg;
	struct import import;
	struct import_plan plan;
	struct import_frame frame;
	struct import_line *lines;
	size_t count;
	int r = import_get(tx, b->community, b->import, &import);
	b->over = r < 0 || !str_is(import.state, "running");
	if (b->over)
		return r;
	if (import.position == import.chunks) {
		b->over = true;
		return import_state(tx, b->community, b->import, "done", S(""));
	}
	struct writing w = {
		.tx = tx, .community = b->community, .actor = import.account_id, .import = &import, .frame = &frame, .chunk = import.position,
	};
	if ((r = import_frame(tx, b->community, b->import, &plan, &frame)) < 0 ||
	    (r = import_chunk(tx, b->community, b->import, import.position, &lines, &count)) < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if (!import_is_heading(&frame, import.position, i) && (r = take_line(&w, &lines[i])) < 0)
			return r;
	if ((r = tx_run(tx, &import_chunk_drop, V(b->community), V(b->import), V(import.position))) < 0)
		return r;
	r = tx_run(tx, &import_moved_on, V(b->community), V(b->import), V(import.position), V(w.counts[FATE_MAKE]),
	           V(w.counts[FATE_UPDATE]), V(w.counts[FATE_SKIP]), V(w.counts[FATE_FAIL]));
	return r < 0 ? r : 0;
}

static int again_action(struct tx *tx, void *arg)
{
	const struct batch *b = arg;
	int r = import_work(tx, b->community, b->import);
	return r < 0 ? r : import_tell(tx, b->community, b->import);
}

static int tell_action(struct tx *tx, void *arg)
{
	const struct batch *b = arg;
	return import_tell(tx, b->community, b->import);
}

static int write(const struct batch *b, tx_action *action)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 64 << 20);
	return store_write(b->context->store, b->community, &arena, action, (void *)(uintptr_t)b);
}

/* One action after the other until it is over or the slice is; then a place in the line again. */
static int work_through(struct batch *b, tx_action *action)
{
	int64_t end = clock_steady() + SLICE, told = clock_steady();
	int r = 0;
	while (r >= 0 && !b->over && clock_steady() < end) {
		r = write(b, action);
		if (r >= 0 && !b->over && clock_steady() - told > SECOND) {
			told = clock_steady();
			r = write(b, tell_action);
		}
	}
	return r < 0 || b->over ? r : write(b, again_action);
}

int import_run(const struct job_context *context, struct id community, struct id import)
{
	struct batch b = { context, community, import, false };
	return work_through(&b, run_action);
}

/* ---- Undoing: the same chunks, backwards ---- */

struct import_done { int64_t line; struct str outcome; struct id member_id; struct str was; int64_t mark; };

ROW(import_done,
	FIELD(import_done, line,      "Of the file"),
	FIELD(import_done, outcome,   "Made or updated"),
	FIELD(import_done, member_id, "Whom"),
	FIELD(import_done, was,       "Before"),
	FIELD(import_done, mark,      "Right after"));

static QUERY(import_rows_done, READS, &row_import_done, TAKES(K_ID, K_ID, K_INT),
	"SELECT line, outcome, member_id, was, mark FROM import_row WHERE community_id = ?1 AND import_id = ?2 AND chunk = ?3"
	" AND outcome IN ('made', 'updated') ORDER BY line DESC LIMIT 1000");

static QUERY(import_row_undone, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INT, K_STR),
	"UPDATE import_row SET outcome = ?5, was = '' WHERE community_id = ?1 AND import_id = ?2 AND chunk = ?3 AND line = ?4");

static QUERY(import_identity_drop, WRITES, NULL, TAKES(K_ID, K_STR, K_STR, K_ID),
	"DELETE FROM identity WHERE community_id = ?1 AND channel = ?2 AND subject = ?3 AND member_id = ?4");

/* What the profile has now and had not before must be cleared by name. */
static int with_clearings(struct tx *tx, struct id community, struct id member, struct member_profile *was)
{
	struct member_profile now;
	int r = member_profile_get(tx, community, member, &now);
	if (r < 0)
		return r;
	const struct member_value *old = was->values.at, *new = now.values.at;
	struct member_value *all = arena_take_array(tx_arena(tx), was->values.count + now.values.count + 1, sizeof *all);
	size_t count = was->values.count;
	if (!all)
		return E_MEMORY;
	for (size_t i = 0; i < count; i++)
		all[i] = old[i];
	for (size_t i = 0; i < now.values.count; i++) {
		bool kept = false;
		for (size_t k = 0; k < was->values.count; k++)
			kept |= str_equal(old[k].key, new[i].key);
		if (!kept)
			all[count++] = (struct member_value){ new[i].key, S("") };
	}
	was->values = (struct rows){ all, count };
	return 0;
}

static int put_back(struct tx *tx, struct id community, struct id actor, const struct import_done *done,
                    const struct import_trace *trace)
{
	struct complaint why = { 0 };
	struct member_profile *was = trace->was.at;
	const struct import_identity *id = trace->identities.at;
	int r;
	if ((r = with_clearings(tx, community, done->member_id, was)) < 0 ||
	    (r = tag_set_named(tx, community, trace->tags, done->member_id, actor)) < 0)
		return r;
	for (size_t i = 0; i < trace->identities.count; i++)
		if ((r = tx_run(tx, &import_identity_drop, V(community), V(id[i].channel), V(id[i].subject), V(done->member_id))) < 0)
			return r;
	return member_change(tx, community, done->member_id, MEMBER_SET, was, actor, &why);
}

/* 1: it is as before; 0: somebody touched it, so it stays. */
static int undo_row(struct tx *tx, struct id community, struct id actor, const struct import_done *done)
{
	struct import_trace trace = { 0 };
	struct complaint why = { 0 };
	struct id now;
	int64_t mark;
	int r = member_resolve(tx, community, done->member_id, &now);
	if (r >= 0 && now.n != done->member_id.n)
		return 0;
	if (r < 0 || (r = mark_of(tx, community, done->member_id, &mark)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if (mark != done->mark)
		return 0;
	if (done->was.len && (r = row_read_json(&row_import_trace, done->was, tx_arena(tx), &trace, &why)) < 0)
		return r;
	r = trace.was.count ? put_back(tx, community, actor, done, &trace) : member_delete(tx, community, done->member_id, actor);
	return r < 0 ? r : 1;
}

static QUERY(import_moved_back, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INT, K_INT, K_INT),
	"UPDATE import SET position = position - 1, removed = removed + ?4, restored = restored + ?5, kept = kept + ?6"
	" WHERE community_id = ?1 AND id = ?2 AND position = ?3 AND state = 'undoing'");

static int undo_action(struct tx *tx, void *arg)
{
	struct batch *b = arg;
	struct import import;
	struct rows rows;
	int64_t removed = 0, restored = 0, kept = 0;
	int r = import_get(tx, b->community, b->import, &import);
	b->over = r < 0 || !str_is(import.state, "undoing");
	if (b->over)
		return r;
	if (import.position == 0) {
		b->over = true;
		return import_state(tx, b->community, b->import, "undone", S(""));
	}
	int64_t chunk = import.position - 1;
	if ((r = tx_all(tx, &import_rows_done, &rows, V(b->community), V(b->import), V(chunk))) < 0)
		return r;
	const struct import_done *done = rows.at;
	for (size_t i = 0; i < rows.count; i++) {
		bool was_made = str_is(done[i].outcome, "made");
		if ((r = undo_row(tx, b->community, import.account_id, &done[i])) < 0)
			return r;
		*(!r ? &kept : was_made ? &removed : &restored) += 1;
		r = tx_run(tx, &import_row_undone, V(b->community), V(b->import), V(chunk), V(done[i].line),
		           V(!r ? S("kept") : was_made ? S("removed") : S("restored")));
		if (r < 0)
			return r;
	}
	r = tx_run(tx, &import_moved_back, V(b->community), V(b->import), V(import.position), V(removed), V(restored), V(kept));
	return r < 0 ? r : 0;
}

int import_undo(const struct job_context *context, struct id community, struct id import)
{
	struct batch b = { context, community, import, false };
	return work_through(&b, undo_action);
}

/* ---- What is kept about people ---- */

struct import_own { int64_t line; struct str outcome; struct instant at; };

ROW(import_own,
	FIELD(import_own, line,    "Row of the table"),
	FIELD(import_own, outcome, "What it did"),
	FIELD(import_own, at,      "When"));


static QUERY(import_shown, READS, &row_import_own, TAKES(K_ID, K_ID),
	"SELECT line, outcome, at FROM import_row WHERE community_id = ?1 AND member_id = ?2 ORDER BY at LIMIT 100");

static QUERY(import_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM import_row WHERE community_id = ?1 AND member_id = ?2");

static const struct personal personal[] = {
	{ "import_row", "工作人员用表格导入你的资料的记录", "That staff brought you in with a table", "行号 结果 时间", BY_MEMBER, &import_shown,
	  .erases = { &import_forget } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct query *const queries[] = {
	&import_identities_of, &import_row_put, &import_chunk_drop, &import_moved_on, &import_rows_done,
	&import_row_undone, &import_identity_drop, &import_moved_back, &import_shown, &import_forget, NULL,
};

const struct feature feature_import_run = { .name = "import_run", .queries = queries, .personal = personal };
