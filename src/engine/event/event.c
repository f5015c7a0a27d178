/* event.c: appending to the log, following it in order, telling browsers; see event.h.
 *
 * Owns       event, follower.
 */
#include "engine/event/event.h"

#include <pthread.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/event/dirty.h"
#include "http/personal.h"

#define SWEEP_MS   2000     /* other processes' events are found this late at the most */
#define GATHER_MS  200      /* wait so long after a first event: many scans then share one batch */
#define RUSH_MS   1000      /* … and so long in a rush: a sum written once a second costs a fifth */
#define ROUNDS_MOST 20      /* of catching up: what followers do makes events */
#define HOPS_MOST   4       /* … and of hearing: who is always busy gathers again after so many */
#define HIDDEN_MS  (10 * SECOND)
#define CALM_ROUNDS  3      /* with nothing hidden before them */
#define RUSH      2000      /* events found at once that make a rush */

/* A slice holds the lane of the community, and every scan behind it, for some milliseconds. */
#define SLICE_EVENTS   2000
#define SLICE_SUBJECTS  200

/* ---- Appending ------------------------------------------------------------------------------ */

static QUERY(event_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_ID, K_ID, K_ID, K_ID, K_INT, K_STR, K_STR),
	"INSERT INTO event (community_id, epoch, id, kind, at, subject_id, actor_id, object_id, via_id, n, word, data)"
	" VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	.pg =
	"INSERT INTO event (community_id, epoch, id, kind, at, subject_id, actor_id, object_id, via_id, n, word, data)"
	" VALUES (?1, pg_current_xact_id()::text::bigint, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");

int event_emit(struct tx *tx, struct id community, const struct event_kind *kind, const struct event *e)
{
	int r = tx_run(tx, &event_insert, V(community), V(tx_new_id(tx)), V(str_of(kind->name)), V(tx_now(tx)),
	               V(e->subject), V(e->actor), V(e->object), V(e->via), V(e->n), V(e->word), V(e->data));
	if (r < 0)
		return r;
	tx_announce(tx, community);
	return 0;
}

/* ---- Reading in commit order ----------------------------------------------------------------- */

struct logged {
	int64_t        epoch;
	struct id      id;
	struct str     kind;
	struct instant at;
	struct id      subject_id, actor_id, object_id, via_id;
	int64_t        n;
	struct str     word, data;
};

ROW(logged,
	FIELD(logged, epoch,      "Transaction number"),
	FIELD(logged, id,         "Event"),
	FIELD(logged, kind,       "What happened"),
	FIELD(logged, at,         "When"),
	FIELD(logged, subject_id, "To what"),
	FIELD(logged, actor_id,   "By whom"),
	FIELD(logged, object_id,  "With what"),
	FIELD(logged, via_id,     "Through what"),
	FIELD(logged, n,          "How much"),
	FIELD(logged, word,       "Class"),
	FIELD(logged, data,       "More"));

static QUERY(events_after, READS, &row_logged, TAKES(K_ID, K_INT, K_ID, K_INT, K_INT),
	"SELECT epoch, id, kind, at, subject_id, actor_id, object_id, via_id, n, word, data FROM event"
	" WHERE community_id = ?1 AND (epoch, id) > (?2, ?3) AND epoch < ?4 ORDER BY epoch, id LIMIT ?5");

static QUERY(events_pending_of, READS, &row_logged, TAKES(K_ID, K_INT, K_ID, K_ID),
	"SELECT epoch, id, kind, at, subject_id, actor_id, object_id, via_id, n, word, data FROM event"
	" WHERE community_id = ?1 AND (epoch, id) > (?2, ?3) AND subject_id = ?4 ORDER BY epoch, id");

ROW(event_place,
	FIELD(event_place, epoch, "Up to this transaction"),
	FIELD(event_place, id,    "… and this event"));

static QUERY(cursor_newest, READS, &row_event_place, TAKES(K_ID, K_INT),
	"SELECT epoch, id FROM event WHERE community_id = ?1 AND epoch < ?2 ORDER BY epoch DESC, id DESC LIMIT 1");

/* Before everything: a restored log may have epochs below zero (main/backup.c). */
#define BEGINNING (-(INT64_C(1) << 62))

static int read_after(struct tx *tx, struct id community, int64_t epoch, struct id id, int64_t most, struct rows *ret)
{
	return tx_all(tx, &events_after, ret, V(community), V(epoch), V(id), V(tx_horizon(tx)), V(most));
}

static struct event event_of(const struct logged *l)
{
	return (struct event){
		.id = l->id, .at = l->at, .kind = l->kind, .subject = l->subject_id, .actor = l->actor_id,
		.object = l->object_id, .via = l->via_id, .n = l->n, .word = l->word, .data = l->data,
	};
}

/* ---- Reading by oneself ------------------------------------------------------------------------ */

int event_newest(struct tx *tx, struct id community, struct event_place *ret)
{
	struct event_place newest = { BEGINNING, { 0 } };
	int r = tx_one(tx, &cursor_newest, &newest, V(community), V(tx_horizon(tx)));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = newest;
	return 0;
}

int event_next(struct tx *tx, struct id community, struct event_place *at, struct event **ret, size_t *ret_count)
{
	struct rows rows;
	int r = read_after(tx, community, at->epoch, at->id, FOLLOW_BATCH, &rows);
	if (r < 0)
		return r;
	const struct logged *logged = rows.at;
	struct event *events = rows.count ? arena_take_array(tx_arena(tx), rows.count, sizeof *events) : NULL;
	if (rows.count && !events)
		return E_MEMORY;
	for (size_t i = 0; i < rows.count; i++)
		events[i] = event_of(&logged[i]);
	if (rows.count)
		*at = (struct event_place){ logged[rows.count - 1].epoch, logged[rows.count - 1].id };
	*ret = events, *ret_count = rows.count;
	return 0;
}

static QUERY(place_before, READS, &row_event_place, TAKES(K_ID, K_INT, K_INSTANT),
	"SELECT epoch, id FROM event WHERE community_id = ?1 AND epoch < ?2 AND at < ?3 ORDER BY epoch DESC, id DESC LIMIT 1");

int event_place_before(struct tx *tx, struct id community, struct instant since, struct event_place *ret)
{
	struct event_place place = { BEGINNING, { 0 } };
	int r = tx_one(tx, &place_before, &place, V(community), V(tx_horizon(tx)), V(since));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = place;
	return 0;
}

struct brief {
	int64_t        epoch;
	struct id      id;
	struct str     kind;
	struct instant at;
	struct id      subject_id, actor_id, object_id, via_id;
	int64_t        n;
	struct str     word;
};

ROW(brief,
	FIELD(brief, epoch,      "Transaction number"),
	FIELD(brief, id,         "Event"),
	FIELD(brief, kind,       "What happened"),
	FIELD(brief, at,         "When"),
	FIELD(brief, subject_id, "To what"),
	FIELD(brief, actor_id,   "By whom"),
	FIELD(brief, object_id,  "With what"),
	FIELD(brief, via_id,     "Through what"),
	FIELD(brief, n,          "How much"),
	FIELD(brief, word,       "Class"));

static QUERY(events_before, READS, &row_brief, TAKES(K_ID, K_INT, K_ID, K_INT),
	"SELECT epoch, id, kind, at, subject_id, actor_id, object_id, via_id, n, word FROM event"
	" WHERE community_id = ?1 AND (epoch, id) < (?2, ?3) ORDER BY epoch DESC, id DESC LIMIT ?4");

int event_previous(struct tx *tx, struct id community, struct event_place *at, size_t limit, struct event **ret,
                   size_t *ret_count)
{
	struct rows rows;
	int r = tx_all(tx, &events_before, &rows, V(community), V(at->epoch), V(at->id), V((int64_t)limit));
	if (r < 0)
		return r;
	const struct brief *brief = rows.at;
	struct event *events = rows.count ? arena_take_array(tx_arena(tx), rows.count, sizeof *events) : NULL;
	if (rows.count && !events)
		return E_MEMORY;
	for (size_t i = 0; i < rows.count; i++)
		events[i] = (struct event){ .id = brief[i].id, .at = brief[i].at, .kind = brief[i].kind,
		                            .subject = brief[i].subject_id, .actor = brief[i].actor_id, .object = brief[i].object_id,
		                            .via = brief[i].via_id, .n = brief[i].n, .word = brief[i].word };
	if (rows.count)
		*at = (struct event_place){ brief[rows.count - 1].epoch, brief[rows.count - 1].id };
	*ret = events, *ret_count = rows.count;
	return 0;
}

struct event_total { int64_t n; };

ROW(event_total, FIELD(event_total, n, "How many"));

#define COUNT_OF "SELECT count(*) AS n FROM event WHERE community_id = ?1 AND kind = ?2 AND at >= ?3 AND "

static QUERY(events_of, READS, &row_event_total, TAKES(K_ID, K_STR, K_INSTANT, K_STR),
	COUNT_OF "(subject_id IN (SELECT value FROM json_each(?4)) OR actor_id IN (SELECT value FROM json_each(?4)))",
	.pg = COUNT_OF "(subject_id IN (SELECT value::bigint FROM json_array_elements_text(?4::json))"
	" OR actor_id IN (SELECT value::bigint FROM json_array_elements_text(?4::json)))");

int event_count_of(struct tx *tx, struct id community, struct str kind, struct instant since, const struct id *who,
                   size_t count, int64_t *ret)
{
	struct event_total total;
	BUF_SCOPED list;
	buf_init(&list, 64 * 1024);
	for (size_t i = 0; i < count; i++)
		buf_format(&list, "%s%lld", i ? "," : "[", (long long)who[i].n);
	buf_z(&list, count ? "]" : "[]");
	if (buf_failed(&list))
		return E_MEMORY;
	int r = tx_one(tx, &events_of, &total, V(community), V(kind), V(since), V(buf_view(&list)));
	if (r < 0)
		return r;
	*ret = total.n;
	return 0;
}

/* ---- Following: how far a follower has come ------------------------------------------------------ */

struct progress { int64_t epoch; struct id id; int64_t until_epoch; struct id until_id, done_subject, done_id; };

ROW(progress,
	FIELD(progress, epoch,        "Applied up to this transaction"),
	FIELD(progress, id,           "… and this event"),
	FIELD(progress, until_epoch,  "A batch under way ends with this transaction"),
	FIELD(progress, until_id,     "… and this event; 0: none is"),
	FIELD(progress, done_subject, "… of which is applied what comes up to this subject"),
	FIELD(progress, done_id,      "… and this event"));

static QUERY(progress_of, READS, &row_progress, TAKES(K_ID, K_STR),
	"SELECT epoch, id, until_epoch, until_id, done_subject, done_id FROM follower WHERE community_id = ?1 AND name = ?2");

static QUERY(progress_begin, WRITES, NULL, TAKES(K_ID, K_STR, K_INT),
	"INSERT INTO follower (community_id, name, epoch, id, until_epoch, until_id, done_subject, done_id)"
	" VALUES (?1, ?2, ?3, 0, 0, 0, 0, 0) ON CONFLICT (community_id, name) DO NOTHING");

/* From a state that was read to the next; no row: somebody else was first. */
static QUERY(progress_move, WRITES, NULL,
	TAKES(K_ID, K_STR, K_INT, K_ID, K_ID, K_ID, K_INT, K_ID, K_INT, K_ID, K_ID, K_ID),
	"UPDATE follower SET epoch = ?7, id = ?8, until_epoch = ?9, until_id = ?10, done_subject = ?11, done_id = ?12"
	" WHERE community_id = ?1 AND name = ?2 AND epoch = ?3 AND id = ?4 AND done_subject = ?5 AND done_id = ?6");

static int progress_read(struct tx *tx, struct id community, const char *follower, struct progress *ret)
{
	*ret = (struct progress){ .epoch = BEGINNING };
	int r = tx_one(tx, &progress_of, ret, V(community), V(str_of(follower)));
	return r == E_NOT_FOUND ? 0 : r;
}

/* By subject, then id: the order in which a batch for sums is applied. */
static int compare_keys(struct id subject, struct id id, struct id other_subject, struct id other_id)
{
	if (subject.n != other_subject.n)
		return subject.n < other_subject.n ? -1 : 1;
	return (id.n > other_id.n) - (id.n < other_id.n);
}

static int compare_events(const void *left, const void *right)
{
	const struct event *a = left, *b = right;
	return compare_keys(a->subject, a->id, b->subject, b->id);
}

/* ---- A round: read once for all followers ---------------------------------------------------------- */

/* Most followers stand at the same place, so what was read for one serves the others: each goes to the end of it and no further
 * before all have. What has come since is not in it; the next round sees it. */
struct round {
	struct arena      arena;                  /* of the rows */
	struct rows       rows;                   /* struct logged, all that follow `from` … */
	struct event_place from;
	bool              read, whole;            /* … or, if not whole, the first FOLLOW_SUM of them */
};

static int compare_places(int64_t epoch, struct id id, int64_t other_epoch, struct id other_id)
{
	if (epoch != other_epoch)
		return epoch < other_epoch ? -1 : 1;
	return (id.n > other_id.n) - (id.n < other_id.n);
}

/* The first row after this place. */
static size_t round_find(const struct round *round, int64_t epoch, struct id id)
{
	const struct logged *logged = round->rows.at;
	size_t low = 0, high = round->rows.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_places(logged[middle].epoch, logged[middle].id, epoch, id) > 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int round_fill(struct tx *tx, struct id community, int64_t epoch, struct id id, struct round *round)
{
	arena_reset(&round->arena);
	struct arena *before = tx_use_arena(tx, &round->arena);
	int r = read_after(tx, community, epoch, id, FOLLOW_SUM, &round->rows);
	tx_use_arena(tx, before);
	round->read = r >= 0;
	round->from = (struct event_place){ epoch, id };
	round->whole = r >= 0 && round->rows.count < FOLLOW_SUM;
	return r < 0 ? r : 0;
}

/* The events after a place, as the round has them. Who stands elsewhere than the others, or has come to the end of a round that did
 * not take in everything, begins it anew. */
static int round_after(struct tx *tx, struct id community, int64_t epoch, struct id id, struct round *round, struct rows *ret)
{
	bool reaches = round->read && compare_places(round->from.epoch, round->from.id, epoch, id) <= 0;
	size_t first = reaches ? round_find(round, epoch, id) : 0;
	if (!reaches || (!round->whole && first == round->rows.count)) {
		int r = round_fill(tx, community, epoch, id, round);
		if (r < 0)
			return r;
		first = 0;
	}
	size_t count = round->rows.count - first;
	*ret = (struct rows){ count ? (struct logged *)round->rows.at + first : NULL, count };
	return 0;
}

/* ---- A batch: read aside, applied in slices ------------------------------------------------------- */

struct batch {
	struct round          *round;
	const struct feature *const *features;
	struct id              community;
	const struct follower *follower;
	struct progress        at;                /* the follower's, as we know it */
	struct event_place          until;             /* the batch's last event */
	size_t                 seen;              /* events read */
	bool                   resumed;           /* somebody began it before */
	bool                   more;              /* the round has more behind it */
	struct event          *wanted;            /* those for this follower, as they will be applied */
	size_t                 count;
	size_t                 from, upto;        /* the slice */
	bool                   overtaken;         /* another process went on from there */
};

static size_t batch_most(const struct follower *f) { return f->sums ? FOLLOW_SUM : FOLLOW_BATCH; }

/* Ends a batch that was under way where it ended the first time. */
static size_t cut_batch(const struct progress *at, const struct logged *logged, size_t count)
{
	size_t n = 0;
	while (n < count && (logged[n].epoch < at->until_epoch ||
	                     (logged[n].epoch == at->until_epoch && logged[n].id.n <= at->until_id.n)))
		n++;
	return n;
}

static bool follows(const struct follower *f, struct str kind) { return *f->kinds == '*' || str_among(kind, f->kinds); }

/* Which of them are for this follower. What it passes over costs nothing, so a batch ends when so many are found: one who waits for
 * rare things moves its cursor, and waits for the disk, once where another does ten times. */
static void pick(struct batch *b, const struct logged *logged, bool under_way)
{
	struct str kind = { 0 };
	bool wanted = false;
	for (size_t i = 0; i < b->seen; i++) {
		if (!str_equal(kind, logged[i].kind))    /* in a rush most are of the kind of the last one */
			kind = logged[i].kind, wanted = follows(b->follower, kind);
		if (!wanted || (under_way &&
		    compare_keys(logged[i].subject_id, logged[i].id, b->at.done_subject, b->at.done_id) <= 0))
			continue;
		b->wanted[b->count++] = event_of(&logged[i]);
		if (b->count == batch_most(b->follower) && !under_way) {
			b->more = i + 1 < b->seen;
			b->seen = i + 1;
		}
	}
}

static int read_batch(struct tx *tx, void *arg)
{
	struct batch *b = arg;
	struct rows rows;
	int r = progress_read(tx, b->community, b->follower->name, &b->at);
	bool under_way = b->resumed = b->at.until_id.n != 0;
	if (r >= 0)
		r = under_way ? read_after(tx, b->community, b->at.epoch, b->at.id, TX_ROWS_MAX, &rows)
		              : round_after(tx, b->community, b->at.epoch, b->at.id, b->round, &rows);
	if (r < 0)
		return r;
	const struct logged *logged = rows.at;
	b->seen = under_way ? cut_batch(&b->at, logged, rows.count) : rows.count;
	b->count = 0;
	b->more = false;
	if (b->seen == 0)
		return 0;
	size_t most = under_way || b->seen < batch_most(b->follower) ? b->seen : batch_most(b->follower);
	b->wanted = arena_take_array(tx_arena(tx), most, sizeof *b->wanted);
	if (!b->wanted)
		return E_MEMORY;
	pick(b, logged, under_way);
	b->until = (struct event_place){ logged[b->seen - 1].epoch, logged[b->seen - 1].id };
	if (b->follower->sums)
		qsort(b->wanted, b->count, sizeof *b->wanted, compare_events);
	return 0;
}

/* Where does the slice that begins at b->from end? */
static size_t slice_end(const struct batch *b)
{
	size_t i = b->from, subjects = 0;
	if (!b->follower->sums)
		return b->count;
	for (; i < b->count && i - b->from < SLICE_EVENTS; i++) {
		subjects += i == b->from || b->wanted[i].subject.n != b->wanted[i - 1].subject.n;
		if (subjects > SLICE_SUBJECTS)
			break;
	}
	return i;
}

static struct progress progress_after(const struct batch *b)
{
	if (b->upto == b->count)
		return (struct progress){ .epoch = b->until.epoch, .id = b->until.id };
	const struct event *last = &b->wanted[b->upto - 1];
	return (struct progress){ b->at.epoch, b->at.id, b->until.epoch, b->until.id, last->subject, last->id };
}

static int apply_slice(struct tx *tx, void *arg)
{
	struct batch *b = arg;
	struct str name = str_of(b->follower->name);
	struct progress to = progress_after(b);
	int r = b->at.epoch == BEGINNING ? tx_run(tx, &progress_begin, V(b->community), V(name), V(BEGINNING)) : 0;
	/* The progress first: on PostgreSQL a second process waits here and starts again, instead of clashing inside `apply`. */
	if (r >= 0)
		r = tx_run(tx, &progress_move, V(b->community), V(name), V(b->at.epoch), V(b->at.id), V(b->at.done_subject),
		           V(b->at.done_id), V(to.epoch), V(to.id), V(to.until_epoch), V(to.until_id), V(to.done_subject),
		           V(to.done_id));
	b->overtaken = r == 0;
	if (r <= 0 || b->upto == b->from)
		return r < 0 ? r : 0;
	const struct event *first = b->wanted + b->from;
	size_t count = b->upto - b->from;
	return b->follower->apply_by ? b->follower->apply_by(tx, b->features, b->community, first, count)
	                             : b->follower->apply(tx, b->community, first, count);
}

static int apply_batch(struct store *store, struct arena *arena, struct batch *b)
{
	do {
		b->upto = slice_end(b);
		int r = store_write_soon(store, b->community, arena, apply_slice, b);
		if (r < 0 || b->overtaken)
			return r;
		b->at = progress_after(b);
		b->from = b->upto;
	} while (b->from < b->count);
	return 0;
}

static int follow(struct store *store, const struct feature *const *features, struct id community, const struct follower *follower,
                  struct round *round, size_t *ret_seen)
{
	for (;;) {
		ARENA_SCOPED arena;
		arena_init(&arena, 64 << 20);
		struct batch b = { .round = round, .features = features, .community = community, .follower = follower };
		int r = store_read(store, &arena, read_batch, &b);
		*ret_seen += b.seen;
		if (r < 0 || b.seen == 0 || (r = apply_batch(store, &arena, &b)) < 0)
			return r;
		if (!b.overtaken && !b.resumed && !b.more)
			return 0;
	}
}

/* One round. One that fails does not hold up the others. *ret_left: there is more than the round took in. */
static int follow_all(struct store *store, const struct feature *const *features, struct id community, size_t *ret_seen, bool *ret_left)
{
	int first = 0;
	struct round round = { .read = false };
	arena_init(&round.arena, 64 << 20);
	*ret_left = false;
	for (const struct feature *const *one = features; *one; one++)
		for (const struct follower *f = (*one)->followers; f && f->name; f++) {
			size_t seen = 0;
			int r = follow(store, features, community, f, &round, &seen);
			if (r < 0)
				log_warn("events: follower %s of community %lld: %s; tried again later", f->name,
				         (long long)community.n, err_word(r));
			first = first < 0 ? first : r;
			*ret_left = *ret_left || (r >= 0 && round.read && !round.whole);
			*ret_seen = *ret_seen > seen ? *ret_seen : seen;
		}
	arena_release(&round.arena);
	return first;
}

static int follow_rounds(struct store *store, const struct feature *const *features, struct id community)
{
	int r = 0, rounds = 0;
	for (size_t seen = 1; r >= 0 && seen && rounds < ROUNDS_MOST;) {       /* followers make events, too */
		bool left;
		seen = 0;
		r = follow_all(store, features, community, &seen, &left);
		rounds += !left;
	}
	return r;
}

struct log_end { struct id community; struct event_place newest; bool hidden; };

/* An event that is committed cannot be read while an older transaction goes on. */
static int look_at_end(struct tx *tx, void *arg)
{
	struct log_end *end = arg;
	int r = tx_one(tx, &cursor_newest, &end->newest, V(end->community), V(INT64_MAX));
	end->hidden = r >= 0 && end->newest.epoch >= tx_horizon(tx);
	return r == E_NOT_FOUND ? 0 : r;
}

static int log_end(struct store *store, struct id community, struct log_end *ret)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	*ret = (struct log_end){ .community = community };
	return store_read(store, &arena, look_at_end, ret);
}

int events_catch_up(struct store *store, const struct feature *const *features, struct id community)
{
	struct log_end before, after;
	int64_t give_up = clock_steady() + clock_allows(HIDDEN_MS);
	bool pg = store_is_pg(store);
	int calm = 0, r = pg ? log_end(store, community, &before) : follow_rounds(store, features, community);
	for (; pg && r >= 0; before = after) {
		/* What is hidden now may be readable a moment later: only what was not hidden before a round is surely in it. */
		if ((r = follow_rounds(store, features, community)) < 0 || (r = log_end(store, community, &after)) < 0)
			break;
		calm += !before.hidden;                       /* others write on and on: theirs are not waited for */
		if ((!before.hidden && after.newest.id.n == before.newest.id.n) || calm == CALM_ROUNDS || clock_steady() > give_up)
			break;
		if (after.hidden)
			usleep(1000);
	}
	return r < 0 ? r : 0;
}

int events_pending(struct tx *tx, struct id community, const char *follower, struct id subject, struct rows *ret)
{
	struct progress at;
	struct rows rows;
	int r = progress_read(tx, community, follower, &at);
	if (r < 0 || (r = tx_all(tx, &events_pending_of, &rows, V(community), V(at.epoch), V(at.id), V(subject))) < 0)
		return r;
	const struct logged *logged = rows.at;
	struct event *events = arena_take_array(tx_arena(tx), rows.count, sizeof *events);
	size_t count = 0, before = at.until_id.n ? cut_batch(&at, logged, rows.count) : 0;
	if (rows.count && !events)
		return E_MEMORY;
	for (size_t i = 0; i < rows.count; i++)
		if (i >= before || compare_keys(subject, logged[i].id, at.done_subject, at.done_id) > 0)
			events[count++] = event_of(&logged[i]);
	*ret = (struct rows){ events, count };
	return 0;
}

/* ---- Telling browsers --------------------------------------------------------------------------- */

struct events {
	struct store                *store;
	struct server               *server;
	const struct feature *const *features;
	struct dirty                 dirty;       /* communities with news, and how far their browsers were told */
	pthread_t                    thread;
};

struct told { struct events *events; struct dirty_entry *entry; bool from_now; };

static const char *topic_of(const struct feature *const *features, struct str kind)
{
	for (; *features; features++)
		for (const struct event_kind *k = (*features)->events; k && k->name; k++)
			if (str_is(kind, k->name))
				return k->topic;
	return NULL;
}

/* First sight in this process: the log may be long, and what brought it up may be news. Asking once more is cheap. */
static void tell_everything(const struct events *events, struct id community)
{
	for (const struct feature *const *f = events->features; *f; f++)
		for (const struct event_kind *k = (*f)->events; k && k->name; k++)
			if (k->topic)
				live_tell(events->server, community, k->topic);
	live_tell_of(events->server, community, (struct id){ 0 });
}

/* What has an object concerns that, inside its subject; what has none concerns the subject itself: a campaign that ends, a draw
 * that was held. *last: the subjects told last, so that a burst of helps wakes who watches the campaign once. */
struct last_told { struct id whole, inside; };

static void tell_watchers(struct server *server, struct id community, const struct logged *e, struct last_told *last)
{
	if (e->object_id.n)
		live_tell_of(server, community, e->object_id);
	if (e->subject_id.n && !e->object_id.n && e->subject_id.n != last->whole.n)
		live_tell_of(server, community, last->whole = e->subject_id);
	if (e->subject_id.n && e->object_id.n && e->subject_id.n != last->inside.n)
		live_tell_inside(server, community, last->inside = e->subject_id);
}

static int tell_action(struct tx *tx, void *arg)
{
	struct told *told = arg;
	struct dirty_entry *entry = told->entry;
	struct rows rows;

	if (told->from_now) {
		struct event_place at;
		int r = event_newest(tx, entry->community, &at);
		if (r < 0)
			return r;
		entry->epoch = at.epoch, entry->id = at.id.n;
		tell_everything(told->events, entry->community);
		return 0;
	}
	int r = read_after(tx, entry->community, entry->epoch, (struct id){ entry->id }, FOLLOW_BATCH, &rows);
	if (r < 0)
		return r;
	const struct logged *logged = rows.at;
	const char *before = NULL;
	struct last_told last = { 0 };
	for (size_t i = 0; i < rows.count; i++) {
		const char *topic = topic_of(told->events->features, logged[i].kind);
		if (topic && topic != before)         /* live_tell coalesces; this only spares the calls of a burst */
			live_tell(told->events->server, entry->community, topic);
		before = topic;
		if (topic)
			tell_watchers(told->events->server, entry->community, &logged[i], &last);
		entry->epoch = logged[i].epoch, entry->id = logged[i].id.n;
	}
	return (int)rows.count;
}

static void tell(struct events *events, struct dirty_entry *entry, bool from_now)
{
	int r = FOLLOW_BATCH;
	while (r == FOLLOW_BATCH) {
		ARENA_SCOPED arena;
		arena_init(&arena, 64 << 20);
		r = store_read(events->store, &arena, tell_action, &(struct told){ events, entry, from_now });
	}
}

/* ---- The thread ------------------------------------------------------------------------------------ */

struct community_row { struct id id; };

ROW(community_row, FIELD(community_row, id, "Community"));

static QUERY(community_ids, READS, &row_community_row, TAKES_NOTHING, "SELECT id FROM community", .scans = true);

static int list_communities(struct tx *tx, void *arg)
{
	return tx_all_(tx, &community_ids, arg, NULL, 0);
}

/* Other processes write too, and this one may have stopped between a commit and its followers: look at everybody. */
static void sweep(struct events *events)
{
	ARENA_SCOPED arena;
	struct rows rows;
	arena_init(&arena, 16 << 20);
	if (store_read(events->store, &arena, list_communities, &rows) < 0)
		return;
	const struct community_row *c = rows.at;
	for (size_t i = 0; i < rows.count; i++)
		dirty_mark(&events->dirty, c[i].id);
}

static void heard(void *ctx, struct id community)
{
	struct events *events = ctx;
	if (community.n)
		dirty_mark(&events->dirty, community);
}

static void hear(struct events *events, struct dirty_entry *entry, size_t *ret_seen)
{
	size_t seen = 0;
	int r = 0, hops = 0;
	for (bool left = true; left || (r >= 0 && seen && hops < HOPS_MOST); hops += !left) {
		seen = 0;
		r = follow_all(events->store, events->features, entry->community, &seen, &left);
		*ret_seen = *ret_seen > seen ? *ret_seen : seen;
		bool watched = live_watched(events->server, entry->community);
		if (watched)
			tell(events, entry, !entry->known);
		entry->known = watched;
	}
}

static void *run(void *arg)
{
	struct events *events = arg;
	int64_t next_sweep = 0;
	size_t seen = 0;

	while (dirty_wait(&events->dirty, seen < RUSH ? GATHER_MS : RUSH_MS, SWEEP_MS)) {
		seen = 0;
		if (clock_steady() >= next_sweep) {
			sweep(events);
			next_sweep = clock_steady() + (store_is_pg(events->store) ? SWEEP_MS : 30 * SWEEP_MS);
		}
		struct dirty_entry *entry;
		while ((entry = dirty_next(&events->dirty)))
			hear(events, entry, &seen);
	}
	return NULL;
}

int events_start(struct store *store, struct server *server, const struct feature *const *features, struct events **ret)
{
	struct events *events = mem_take(sizeof *events);
	if (!events)
		return E_MEMORY;
	*events = (struct events){ .store = store, .server = server, .features = features };
	dirty_init(&events->dirty);
	store_listen(store, heard, events);
	if (pthread_create(&events->thread, NULL, run, events) != 0) {
		store_listen(store, NULL, events);
		dirty_free(&events->dirty);
		mem_give(events);
		return E_MEMORY;
	}
	*ret = events;
	return 0;
}

void events_stop(struct events *events)
{
	if (!events)
		return;
	store_listen(events->store, NULL, events);
	dirty_stop(&events->dirty);
	pthread_join(events->thread, NULL);
	dirty_free(&events->dirty);
	mem_give(events);
}

/* ---- Forgetting people --------------------------------------------------------------------------------

 * The log has no index of people: it would cost every scan, for something that is asked for once a month. So a reader
 * looks through it, and what it found is changed by its key, in small transactions. */

#define FORGET_BATCH 1000

struct place { int64_t epoch; struct id id; };

ROW(place,
	FIELD(place, epoch, "Transaction number"),
	FIELD(place, id,    "Event"));

static QUERY(events_naming, READS, &row_place, TAKES(K_ID, K_ID, K_INT),
	"SELECT epoch, id FROM event WHERE community_id = ?1"
	" AND (actor_id = ?2 OR subject_id = ?2 OR object_id = ?2 OR via_id = ?2) ORDER BY epoch, id LIMIT ?3");

static QUERY(events_older, READS, &row_place, TAKES(K_ID, K_INSTANT, K_INT),
	"SELECT epoch, id FROM event WHERE community_id = ?1 AND at < ?2 AND (actor_id > 0 OR data <> '')"
	" ORDER BY epoch, id LIMIT ?3");

static QUERY(event_rename, WRITES, NULL, TAKES(K_ID, K_INT, K_ID, K_ID, K_ID),
	"UPDATE event SET actor_id = CASE WHEN actor_id = ?4 THEN ?5 ELSE actor_id END,"
	" subject_id = CASE WHEN subject_id = ?4 THEN ?5 ELSE subject_id END,"
	" object_id = CASE WHEN object_id = ?4 THEN ?5 ELSE object_id END,"
	" via_id = CASE WHEN via_id = ?4 THEN ?5 ELSE via_id END, data = ''"
	" WHERE community_id = ?1 AND epoch = ?2 AND id = ?3");

static QUERY(event_blank, WRITES, NULL, TAKES(K_ID, K_INT, K_ID),
	"UPDATE event SET actor_id = CASE WHEN actor_id > 0 THEN -1 ELSE actor_id END, data = ''"
	" WHERE community_id = ?1 AND epoch = ?2 AND id = ?3");

struct forgetting { struct id community; const struct forgotten *who; struct instant before; int64_t most; struct rows places; };

static int find_places(struct tx *tx, void *arg)
{
	struct forgetting *f = arg;
	return f->who ? tx_all(tx, &events_naming, &f->places, V(f->community), V(f->who->was), V(f->most))
	              : tx_all(tx, &events_older, &f->places, V(f->community), V(f->before), V(f->most));
}

static int blank_places(struct tx *tx, void *arg)
{
	const struct forgetting *f = arg;
	const struct place *place = f->places.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < f->places.count; i++)
		r = f->who ? tx_run(tx, &event_rename, V(f->community), V(place[i].epoch), V(place[i].id), V(f->who->was),
		                    V(f->who->tombstone))
		           : tx_run(tx, &event_blank, V(f->community), V(place[i].epoch), V(place[i].id));
	return r;
}

/* How many were changed: a full batch means there may be more. */
static int forget_batch(struct store *store, struct forgetting *f)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 8 << 20);
	int r = store_read(store, &arena, find_places, f);
	if (r >= 0 && f->places.count)
		r = store_write(store, f->community, &arena, blank_places, f);
	return r < 0 ? r : (int)f->places.count;
}

int event_forget(struct store *store, struct id community, const struct forgotten *who, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct forgetting f = { .community = community, .who = &who[i], .most = FORGET_BATCH };
		int r;
		while ((r = forget_batch(store, &f)) == FORGET_BATCH)
			;
		if (r < 0)
			return r;
	}
	return 0;
}

int event_forget_before(struct store *store, struct id community, struct instant before, int64_t most)
{
	int64_t done = 0;
	int r = FORGET_BATCH;
	for (; r == FORGET_BATCH && done < most; done += r < 0 ? 0 : r) {
		struct forgetting f = { .community = community, .before = before, .most = FORGET_BATCH };
		r = forget_batch(store, &f);
	}
	return r < 0 ? r : (int)done;
}

int event_count_before(struct tx *tx, struct id community, struct instant before, int64_t most, int64_t *ret)
{
	struct rows places;
	int r = tx_all(tx, &events_older, &places, V(community), V(before), V(most));
	if (r < 0)
		return r;
	*ret = (int64_t)places.count;
	return 0;
}

static const struct personal personal[] = {                     /* event_forget, above, is how they are erased */
	{ "event", "你做过的事：扫码、进群、用券……只作统计用", "What you did: scans, joins, vouchers; for counting", .by = BY_MEMBER },
	{ 0 },
};

/* ---- Declaration ------------------------------------------------------------------------------------- */

static const struct query *const queries[] = {
	&event_insert, &events_after, &events_pending_of, &progress_of, &progress_begin, &progress_move, &cursor_newest,
	&community_ids, &events_naming, &events_older, &event_rename, &event_blank, &events_before, &place_before, &events_of, NULL,
};

const struct feature feature_event = { .name = "event", .queries = queries, .personal = personal };
