/* erase.c: somebody is gone: from every room, from the log of events, from the disk.
 *
 * Story      A member types 删除 on their page. In one transaction every line that features declared about people
 *            (http/personal.h) is deleted or made nameless; the receipt's number is all that stays with them. A job then
 *            goes through the event log and has the store take what was deleted off the disk. With days of grace the same
 *            happens later, and can be taken back until then.
 * Not here   What each room keeps (its own lines), the page (passport), timers (privacy).
 * Owns       erasure.
 * Holds      A receipt holds no person: the member stands in it only while it is pending. Sums, stock and ledgers
 *            stay as they were, for rows they count stay, under a tombstone's number that stands for nobody.
 *            Whatever fails, all of it happened or nothing; the job repeats until it has succeeded.
 *            Backups made before still hold the person until they are replaced: the receipt says so.
 * Test       passport_test.c fills every field with marks and looks for them in the files.
 */
#include "people/erase.h"

#include "engine/event/event.h"
#include "engine/file/file.h"
#include "engine/jobs/jobs.h"
#include "people/audit.h"
#include "people/member.h"
#include "people/merge.h"

#define IDS_MAX 400           /* of a person, so that the job's payload holds them */

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW(forgotten,
	FIELD(forgotten, was,       "The id that was erased"),
	FIELD(forgotten, tombstone, "What stands there now"));

struct task { struct rows ids; };              /* the tombstones without their minus: a payload's ids are not below zero */
ROW(task, FIELD(task, ids, "Whom to forget", .of = &row_forgotten, .max = IDS_MAX));

ROW(erasure,
	FIELD(erasure, id,       "Erasure"),
	FIELD(erasure, number,   "Number of the receipt"),
	FIELD(erasure, asked_at, "When it was asked for"),
	FIELD(erasure, due_at,   "When it happens", .optional = true),
	FIELD(erasure, done_at,  "When it was done", .optional = true));

struct erasure_line {
	struct id      id;
	struct str     number;
	struct instant asked_at, due_at, done_at, dropped_at;
	struct id      account_id;
	struct str     reason;
	int64_t        records;
};

ROW(erasure_line,
	FIELD(erasure_line, id,         "Erasure"),
	FIELD(erasure_line, number,     "Number of the receipt"),
	FIELD(erasure_line, asked_at,   "When it was asked for"),
	FIELD(erasure_line, due_at,     "When it happens"),
	FIELD(erasure_line, done_at,    "When it was done", .optional = true),
	FIELD(erasure_line, dropped_at, "When it was taken back", .optional = true),
	FIELD(erasure_line, account_id, "Staff who did it; empty: the person", .optional = true),
	FIELD(erasure_line, reason,     "Why", .one_of = "self asked mistake duplicate law"),
	FIELD(erasure_line, records,    "Records deleted or made nameless"));

struct receipt { struct id id, community_id; struct str number; struct instant asked_at, due_at, done_at; };
ROW(receipt,
	FIELD(receipt, id,           "Erasure"),
	FIELD(receipt, community_id, "Community"),
	FIELD(receipt, number,       "Number"),
	FIELD(receipt, asked_at,     "Asked for"),
	FIELD(receipt, due_at,       "Due"),
	FIELD(receipt, done_at,      "Done"));

struct erase_draft { struct str reason; };
ROW(erase_draft, FIELD(erase_draft, reason, "Why", .one_of = "asked mistake duplicate law"));

struct erasure_query { struct id after; int64_t limit; };
ROW(erasure_query,
	FIELD(erasure_query, after, "Only those before this one", .optional = true),
	FIELD(erasure_query, limit, "How many", .min = 0, .max = 200, .optional = true));

static int run_due(const struct job_context *, const struct job *, struct str *ret_why);
static int run_settle(const struct job_context *, const struct job *, struct str *ret_why);

enum { ERASE_DUE, ERASE_SETTLE };
static const struct job_kind jobs[] = {
	[ERASE_DUE]    = { "erase_due", "Erase a person whose days of grace are over", run_due, .tries_max = 1000 },
	[ERASE_SETTLE] = { "erase_settle", "Take an erased person out of the event log and off the disk", run_settle, .tries_max = 1000 },
	{ 0 },
};

/* ---- Who ------------------------------------------------------------------------------------------- */

int person_of_member(struct tx *tx, struct id community, struct id member, struct person *ret)
{
	struct person p = { .community = community, .member = member };
	struct str nickname;
	int r = member_resolve(tx, community, member, &p.member);
	if (r < 0 || (r = member_nickname(tx, community, p.member, &nickname)) < 0 ||
	    (r = member_visitors(tx, community, p.member, &p.visitors)) < 0)
		return r;
	*ret = p;
	return 0;
}

int person_of_visitor(struct tx *tx, struct id community, struct id visitor, struct person *ret)
{
	struct id member;
	int r = member_find_visitor(tx, community, visitor, &member);
	if (r != E_NOT_FOUND)
		return r < 0 ? r : person_of_member(tx, community, member, ret);
	struct id_item *alone = ARENA_NEW(tx_arena(tx), struct id_item);
	if (!alone)
		return E_MEMORY;
	alone->item = visitor;
	*ret = (struct person){ .community = community, .visitors = { alone, 1 } };
	return 0;
}

/* ---- What is kept -------------------------------------------------------------------------------------- */

/* Rows of one line under all the keys it is found by, joined. */
static int show_line(struct tx *tx, const struct personal *line, const struct person *p, struct rows *ret)
{
	struct rows all = { 0 };
	const struct id_item *visitor = p->visitors.at;
	size_t keys = line->by == BY_MEMBER ? p->member.n != 0 : p->visitors.count;
	for (size_t i = 0; line->shows && i < keys; i++) {
		struct rows some;
		struct id who = line->by == BY_MEMBER ? p->member : visitor[i].item;
		int r = tx_all(tx, line->shows, &some, V(p->community), V(who));
		size_t size = line->shows->row->size;
		char *joined = r < 0 ? NULL : arena_take_array(tx_arena(tx), all.count + some.count + 1, size);
		if (!joined)
			return r < 0 ? r : E_MEMORY;
		if (all.count)
			memcpy(joined, all.at, all.count * size);
		if (some.count)
			memcpy(joined + all.count * size, some.at, some.count * size);
		all = (struct rows){ joined, all.count + some.count };
	}
	*ret = all;
	return 0;
}

int person_show(struct tx *tx, const struct feature *const *features, const struct person *p, kept_line *each, void *ctx)
{
	for (; *features; features++)
		for (const struct personal *line = (*features)->personal; line && line->tables; line++) {
			struct rows rows;
			int r = line->zh ? show_line(tx, line, p, &rows) : 0;
			if (r < 0 || (line->zh && (r = each(ctx, line, rows)) < 0))
				return r;
		}
	return 0;
}

/* ---- Erasing ------------------------------------------------------------------------------------------- */

static int drop_files(struct tx *tx, struct id community, const struct query *files, struct id who)
{
	struct rows keys;
	int r = tx_all(tx, files, &keys, V(community), V(who));
	const struct text_item *key = keys.at;
	for (size_t i = 0; r >= 0 && i < keys.count; i++)
		r = file_drop(tx, community, key[i].item);
	return r < 0 ? r : (int)keys.count;
}

static int forget_line(struct tx *tx, struct id community, const struct personal *line, struct forgotten f, int64_t *records)
{
	int r = line->files ? drop_files(tx, community, line->files, f.was) : 0;
	if (r < 0)
		return r;
	*records += r;
	for (size_t i = 0; i < sizeof line->erases / sizeof *line->erases && line->erases[i]; i++) {
		r = line->erases[i]->count == 3 ? tx_run(tx, line->erases[i], V(community), V(f.was), V(f.tombstone))
		                                : tx_run(tx, line->erases[i], V(community), V(f.was));
		if (r < 0)
			return r;
		*records += r;
	}
	return 0;
}

static struct id tombstone(struct tx *tx) { return (struct id){ -tx_new_id(tx).n }; }

int person_forget_line(struct tx *tx, struct id community, const struct personal *line, struct id visitor, int64_t *ret_records)
{
	return forget_line(tx, community, line, (struct forgotten){ visitor, tombstone(tx) }, ret_records);
}

/* ids[0] is the member's, perhaps 0; the others are browsers. */
static int forget_everywhere(struct tx *tx, const struct feature *const *features, struct id community, const struct forgotten *ids,
                             size_t count, int64_t *records)
{
	for (; *features; features++)
		for (const struct personal *line = (*features)->personal; line && line->tables; line++)
			for (size_t i = line->by == BY_MEMBER ? 0 : 1; i < (line->by == BY_MEMBER ? 1 : count); i++) {
				int r = ids[i].was.n ? forget_line(tx, community, line, ids[i], records) : 0;
				if (r < 0)
					return r;
			}
	return 0;
}

static void turn_tombstones(struct rows ids)
{
	struct forgotten *f = ids.at;
	for (size_t i = 0; i < ids.count; i++)
		f[i].tombstone.n = -f[i].tombstone.n;
}

/* The last who uses `ids`. */
static int settle_later(struct tx *tx, struct id community, struct rows ids)
{
	struct task task = { ids };
	turn_tombstones(ids);
	BUF_SCOPED json;
	buf_init(&json, 32 << 10);
	row_write_json(&json, &row_task, &task);
	if (buf_failed(&json))
		return E_MEMORY;
	const struct forgotten *first = ids.at;
	return job_add(tx, community, &jobs[ERASE_SETTLE], str_format(tx_arena(tx), "%lld", (long long)first->tombstone.n),
	               buf_view(&json), (struct instant){ 0 });
}

int person_erase(struct tx *tx, const struct feature *const *features, const struct person *p, int64_t *ret_records)
{
	const struct id_item *visitor = p->visitors.at;
	size_t count = 1 + (p->visitors.count < IDS_MAX ? p->visitors.count : IDS_MAX - 1);
	struct forgotten *ids = arena_take_array(tx_arena(tx), count, sizeof *ids);
	int64_t records = 0;
	if (!ids)
		return E_MEMORY;
	for (size_t i = 0; i < count; i++)
		ids[i] = (struct forgotten){ i ? visitor[i - 1].item : p->member, tombstone(tx) };
	int r = forget_everywhere(tx, features, p->community, ids, count, &records);
	if (r >= 0 && p->member.n)
		r = member_say_removed(tx, p->community, p->member);
	if (r < 0 || (r = settle_later(tx, p->community, (struct rows){ ids, count })) < 0)
		return r;
	*ret_records = records;
	return 0;
}

/* ---- Settling: what cannot be done in the transaction ----------------------------------------------------- */

struct settling { const struct feature *const *features; struct id community; const struct task *task; };

/* What followers and slow phones wrote down about them in the meantime. */
static int sweep(struct tx *tx, void *arg)
{
	const struct settling *s = arg;
	int64_t records = 0;
	return forget_everywhere(tx, s->features, s->community, s->task->ids.at, s->task->ids.count, &records);
}

static int run_settle(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct task task;
	struct complaint why;
	struct settling s = { context->features, job->community, &task };
	int r = row_read_json(&row_task, job->payload, context->arena, &task, &why);
	if (r < 0) {
		*ret_why = S("the job's payload cannot be read");
		return r;
	}
	turn_tombstones(task.ids);
	if ((r = events_catch_up(context->store, context->features, job->community)) < 0 ||
	    (r = store_write(context->store, job->community, context->arena, sweep, &s)) < 0 ||
	    (r = event_forget(context->store, job->community, task.ids.at, task.ids.count)) < 0)
		return r;
	if ((r = store_forget(context->store)) < 0)
		*ret_why = S("a long read keeps old pages of the database's log; tried again");
	return r;
}

/* ---- Receipts -------------------------------------------------------------------------------------------- */

static QUERY(erasure_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_ID, K_INSTANT, K_INSTANT, K_INSTANT, K_ID, K_STR, K_INT),
	"INSERT INTO erasure (community_id, id, number, member_id, asked_at, due_at, done_at, dropped_at, account_id,"
	" reason, records) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10)");

static QUERY(erasure_of_member, READS, &row_erasure, TAKES(K_ID, K_ID),
	"SELECT id, number, asked_at, due_at, done_at FROM erasure"
	" WHERE community_id = ?1 AND member_id = ?2 AND done_at = 0 AND dropped_at = 0 ORDER BY id DESC LIMIT 1");

int erasure_pending(struct tx *tx, const struct person *p, struct erasure *ret)
{
	return p->member.n ? tx_one(tx, &erasure_of_member, ret, V(p->community), V(p->member)) : E_NOT_FOUND;
}

int erasure_ask(struct tx *tx, const struct feature *const *features, const struct person *p, struct id account, struct str reason,
                int64_t days, struct erasure *ret)
{
	char slug[ERASURE_NUMBER + 1];
	struct instant now = tx_now(tx), due = { now.ms + days * DAY };
	struct erasure e;
	int64_t records = 0;
	bool wait = days > 0 && p->member.n;      /* who is no member has nothing to think over */
	int r = erasure_pending(tx, p, &e);
	if (r >= 0 && wait) {
		*ret = e;
		return 0;
	}
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if (r >= 0 && (r = erasure_drop(tx, p)) < 0)
		return r;
	secret_slug(slug, ERASURE_NUMBER);
	e = (struct erasure){ tx_new_id(tx), str_copy(tx_arena(tx), str_of(slug)), now, due, { wait ? 0 : now.ms } };
	if (!wait && (r = person_erase(tx, features, p, &records)) < 0)
		return r;
	r = tx_run(tx, &erasure_insert, V(p->community), V(e.id), V(e.number), V(wait ? p->member : (struct id){ 0 }),
	           V(now), V(due), V(e.done_at), V(account), V(reason), V(records));
	if (r < 0 || (wait && (r = job_add(tx, p->community, &jobs[ERASE_DUE], str_format(tx_arena(tx), "%lld", (long long)e.id.n),
	                                   S(""), due)) < 0))
		return r;
	*ret = e;
	return 0;
}

static QUERY(erasure_take_back, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE erasure SET member_id = 0, dropped_at = ?3"
	" WHERE community_id = ?1 AND id = ?2 AND done_at = 0 AND dropped_at = 0");

int erasure_drop(struct tx *tx, const struct person *p)
{
	struct erasure e;
	int r = erasure_pending(tx, p, &e);
	if (r >= 0)
		r = tx_run(tx, &erasure_take_back, V(p->community), V(e.id), V(tx_now(tx)));
	return r < 0 ? r : 0;
}

static QUERY(erasure_waits, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT member_id AS item FROM erasure"
	" WHERE community_id = ?1 AND id = ?2 AND done_at = 0 AND dropped_at = 0");

static QUERY(erasure_finish, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_INT),
	"UPDATE erasure SET member_id = 0, done_at = ?3, records = ?4 WHERE community_id = ?1 AND id = ?2");

struct due { const struct feature *const *features; struct id community, id; };

static int erase_now(struct tx *tx, void *arg)
{
	const struct due *d = arg;
	struct id_item member;
	struct person p;
	int64_t records = 0;
	int r = tx_one(tx, &erasure_waits, &member, V(d->community), V(d->id));
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;      /* taken back, or done */
	r = person_of_member(tx, d->community, member.item, &p);
	if (r >= 0)
		r = person_erase(tx, d->features, &p, &records);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	r = tx_run(tx, &erasure_finish, V(d->community), V(d->id), V(tx_now(tx)), V(records));
	return r < 0 ? r : 0;
}

static int run_due(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct due d = { context->features, job->community, { 0 } };
	(void)ret_why;
	if (!str_to_int(job->key, &d.id.n))
		return E_INVALID;
	return store_write(context->store, job->community, context->arena, erase_now, &d);
}

static QUERY(erasure_by_number, READS, &row_receipt, TAKES(K_STR),
	"SELECT id, community_id, number, asked_at, due_at, done_at FROM erasure WHERE number = ?1 AND done_at > 0");

int erasure_receipt(struct tx *tx, struct str number, struct erasure *ret, struct id *ret_community)
{
	struct receipt found;
	int r = tx_one(tx, &erasure_by_number, &found, V(number));
	if (r < 0)
		return r;
	*ret = (struct erasure){ found.id, found.number, found.asked_at, found.due_at, found.done_at };
	*ret_community = found.community_id;
	return 0;
}

/* ---- API -------------------------------------------------------------------------------------------------- */

/* Staff erase on request: at once, with a reason from a list, so that nobody writes the person down again. */
static int post_member_erase(struct request *rq, const void *in, void *out)
{
	const struct erase_draft *d = in;
	struct person p;
	struct erasure *e = out;
	int r = person_of_member(rq->tx, rq->community, rq->path_id, &p);
	if (r < 0 || (r = erasure_ask(rq->tx, rq_features(rq), &p, rq->account, d->reason, 0, e)) < 0)
		return r;
	return audit_note(rq, "member_erased", e->id, str_format(rq->arena, "%.*s · %.*s", STR(e->number), STR(d->reason)));
}

static QUERY(erasures_newest, READS, &row_erasure_line, TAKES(K_ID, K_ID, K_INT),
	"SELECT id, number, asked_at, due_at, done_at, dropped_at, account_id, reason, records FROM erasure"
	" WHERE community_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3");

static int get_erasures(struct request *rq, const void *in, void *out)
{
	const struct erasure_query *q = in;
	struct page *page = out;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = tx_all(rq->tx, &erasures_newest, &page->rows, V(rq->community), V(before), V(limit));
	if (r < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_erasure_line, limit);
	return 0;
}

/* ---- What is kept about people: the request itself --------------------------------------------------------- */

static QUERY(erasure_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE erasure SET member_id = 0 WHERE community_id = ?1 AND member_id = ?2");

static const struct personal personal[] = {
	{ "erasure", .by = BY_MEMBER, .erases = { &erasure_forget } },
	{ 0 },
};

MEMBER_PLACE(erasure, "erasure", "member_id", "CAST(id AS TEXT)", "");

static const struct member_place places[] = { { "erasure", &erasure_note, &erasure_move, NULL }, { 0 } };

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "POST", "/members/{id}/erase", ROLE_ADMIN, post_member_erase, &row_erase_draft, &row_erasure, "Erase a member everywhere; cannot be undone", .sees = member_sees },
	{ "GET",  "/erasures",           ROLE_ADMIN, get_erasures, &row_erasure_query, &row_erasure_line, "Receipts of erasures, newest first: when, not who", OUT_PAGE },
	{ 0 },
};

static const struct query *const queries[] = {
	&erasure_insert, &erasure_of_member, &erasure_take_back, &erasure_waits, &erasure_finish, &erasure_by_number,
	&erasures_newest, &erasure_forget, &erasure_note, &erasure_move, NULL,
};

const struct feature feature_erase = {
	.name = "erase", .api = "members", .routes = routes, .queries = queries, .jobs = jobs, .personal = personal, .places = places,
};
