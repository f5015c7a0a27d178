/* note.c: what staff write down about a member.
 *
 * Story      A coach notes "怕坡起，周末有空". A colleague pins "不要打电话，只发微信". Everybody reads both; each edits their own.
 * Owns       member_note.
 * Holds      At most MAX_NOTES a member. Only who wrote a note may change or delete it; admins may delete any. Pinning is open
 *            to all who may write.
 * Test       member_test.c.
 */
#include "people/note.h"

#include "engine/event/event.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/member_inside.h"
#include "people/merge.h"

#define MAX_NOTES 200
#define MAX_TEXT  2000

struct note {
	struct id      id, member_id, account_id;
	struct str     text;
	bool           pinned;
	struct instant created_at, changed_at;
	bool           mine;
};

#define NOTE_FIELDS \
	FIELD(note, id,         "Note"), \
	FIELD(note, member_id,  "About whom"), \
	FIELD(note, account_id, "Who wrote it"), \
	FIELD(note, text,       "What it says", .lines = true), \
	FIELD(note, pinned,     "Stands above the others"), \
	FIELD(note, created_at, "When it was written"), \
	FIELD(note, changed_at, "When it was last edited; as created_at: never")

static const struct field note_fields[] = { NOTE_FIELDS, FIELD(note, mine, "Did you write it?") };
static const struct row row_note = { "note", sizeof(struct note), note_fields, sizeof note_fields / sizeof *note_fields };

static const struct field stored_note_fields[] = { NOTE_FIELDS };
static const struct row row_stored_note = { "stored_note", sizeof(struct note), stored_note_fields,
	sizeof stored_note_fields / sizeof *stored_note_fields };

struct note_draft { struct str text; bool pinned; };

ROW(note_draft,
	FIELD(note_draft, text,   "What it says", .min = 1, .max = MAX_TEXT, .lines = true),
	FIELD(note_draft, pinned, "Stands above the others", .optional = true));

struct note_total { int64_t n; };

ROW(note_total, FIELD(note_total, n, "How many"));

static const struct event_kind events[] = {
	{ "note_made",    "Staff noted something about a member", "member" },
	{ "note_changed", "A note was edited, pinned or deleted", "member" },
	{ 0 },
};
enum { NOTE_MADE, NOTE_CHANGED };

static int say(struct request *rq, int what, const char *act, struct id member, struct id note)
{
	int r = event_emit(rq->tx, rq->community, &events[what], &(struct event){ .subject = member, .actor = rq->account, .object = note });
	return r < 0 ? r : audit_note(rq, act, member, S(""));
}

#define NOTE "SELECT id, member_id, account_id, text, pinned, created_at, changed_at FROM member_note WHERE community_id = ?1 AND "

static QUERY(notes_of, READS, &row_stored_note, TAKES(K_ID, K_ID),
	NOTE "member_id = ?2 ORDER BY pinned DESC, id DESC LIMIT 400");

static int get_notes(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct id id;
	(void)in;
	int r = member_of_path(rq, &id);
	if (r < 0 || (r = tx_all(rq->tx, &notes_of, &page->rows, V(rq->community), V(id))) < 0)
		return r;
	struct note *note = page->rows.at;
	for (size_t i = 0; i < page->rows.count; i++)
		note[i].mine = note[i].account_id.n == rq->account.n;
	page->total = (int64_t)page->rows.count;
	return 0;
}

static QUERY(note_by_id, READS, &row_stored_note, TAKES(K_ID, K_ID), NOTE "id = ?2");

static int show(struct request *rq, struct id id, void *out)
{
	struct note note = { 0 };
	int r = tx_one(rq->tx, &note_by_id, &note, V(rq->community), V(id));
	note.mine = note.account_id.n == rq->account.n;
	if (r == 0)
		*(struct note *)out = note;
	return r;
}

/* Whoever sees the member. */
static int note_sees(struct request *rq)
{
	struct note note;
	int r = tx_one(rq->tx, &note_by_id, &note, V(rq->community), V(rq->path_id));
	return r < 0 ? r : member_is_seen_by(rq, note.member_id);
}

static QUERY(note_count, READS, &row_note_total, TAKES(K_ID, K_ID),
	"SELECT count(*) AS n FROM member_note WHERE community_id = ?1 AND member_id = ?2");

static QUERY(note_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_STR, K_BOOL, K_INSTANT),
	"INSERT INTO member_note (community_id, id, member_id, account_id, text, pinned, created_at, changed_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)");

static int post_note(struct request *rq, const void *in, void *out)
{
	const struct note_draft *d = in;
	struct note_total total;
	struct str text = str_trim(d->text);
	struct id member, id = tx_new_id(rq->tx);
	int r = member_of_path(rq, &member);
	if (r < 0 || (r = tx_one(rq->tx, &note_count, &total, V(rq->community), V(member))) < 0)
		return r;
	if (text.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("text"));
	if (total.n >= MAX_NOTES)
		return E_TOO_MANY;
	r = tx_run(rq->tx, &note_insert, V(rq->community), V(id), V(member), V(rq->account), V(text), V(d->pinned), V(tx_now(rq->tx)));
	if (r < 0 || (r = say(rq, NOTE_MADE, "note_made", member, id)) < 0)
		return r;
	return show(rq, id, out);
}

static QUERY(note_update, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_BOOL, K_INSTANT),
	"UPDATE member_note SET text = ?3, pinned = ?4, changed_at = ?5 WHERE community_id = ?1 AND id = ?2");

/* Pinning leaves the text as it was, so it is open to colleagues. */
static int put_note(struct request *rq, const void *in, void *out)
{
	const struct note_draft *d = in;
	struct str text = str_trim(d->text);
	struct note note;
	int r = tx_one(rq->tx, &note_by_id, &note, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	bool edits = !str_equal(text, note.text);
	if (edits && note.account_id.n != rq->account.n)
		return E_FORBIDDEN;
	if (text.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("text"));
	r = tx_run(rq->tx, &note_update, V(rq->community), V(note.id), V(text), V(d->pinned), V(edits ? tx_now(rq->tx) : note.changed_at));
	if (r < 0 || (r = say(rq, NOTE_CHANGED, "note_changed", note.member_id, note.id)) < 0)
		return r;
	return show(rq, note.id, out);
}

static QUERY(note_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM member_note WHERE community_id = ?1 AND id = ?2");

static int delete_note(struct request *rq, const void *in, void *out)
{
	struct note note;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &note_by_id, &note, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	if (note.account_id.n != rq->account.n && rq->role < ROLE_ADMIN)
		return E_FORBIDDEN;
	if ((r = tx_run(rq->tx, &note_drop, V(rq->community), V(note.id))) < 0)
		return r;
	return say(rq, NOTE_CHANGED, "note_removed", note.member_id, note.id);
}

/* ---- What is kept about people, and what a merge moves ------------------------------------------------------ */

struct note_shown { struct str text; struct instant created_at; };

ROW(note_shown,
	FIELD(note_shown, text,       "What it says", .lines = true),
	FIELD(note_shown, created_at, "When it was written"));

static QUERY(notes_shown, READS, &row_note_shown, TAKES(K_ID, K_ID),
	"SELECT text, created_at FROM member_note WHERE community_id = ?1 AND member_id = ?2 ORDER BY id LIMIT 1000");

static QUERY(notes_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM member_note WHERE community_id = ?1 AND member_id = ?2");

static const struct personal personal[] = {
	{ "member_note", "管理员写下的备注", "What staff noted", "备注 时间", BY_MEMBER, &notes_shown, .erases = { &notes_drop } },
	{ 0 },
};

MEMBER_PLACE(member_note, "member_note", "member_id", "CAST(id AS TEXT)", "");

static const struct member_place places[] = { { "member_note", &member_note_note, &member_note_move, NULL }, { 0 } };

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/members/{id}/notes", ROLE_READER,   get_notes,   NULL,            &row_note, "Notes about a member, pinned ones first, then newest", OUT_PAGE, .sees = member_sees },
	{ "POST",   "/members/{id}/notes", ROLE_OPERATOR, post_note,   &row_note_draft, &row_note, "Note something", .sees = member_sees },
	{ "PUT",    "/notes/{id}",         ROLE_OPERATOR, put_note,    &row_note_draft, &row_note, "Edit your own note, or pin any", .sees = note_sees },
	{ "DELETE", "/notes/{id}",         ROLE_OPERATOR, delete_note, NULL,            NULL, "Delete your own note; admins any", OUT_NONE, .sees = note_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&notes_of, &note_by_id, &note_count, &note_insert, &note_update, &note_drop, &notes_shown, &notes_drop, &member_note_note,
	&member_note_move, NULL,
};

const struct feature feature_note = {
	.name = "note", .api = "members", .routes = routes, .queries = queries, .events = events, .personal = personal, .places = places,
};
