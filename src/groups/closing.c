/* closing.c: the communities an account works in; and how one of them ends.
 *
 * Story      Whoever runs five brands sees at a glance which of them needs a hand. A camp of 21 days is reminded of its end a
 *            week and a day before; on the day its codes say that it has ended, and everything can still be read. A shop
 *            closes: its owner types the name, has 30 days to think better of it, and then it is gone, every row of it.
 * Not here   Whether a community takes changes (people/community.c, asked by the router), leaving members (people/erase.c).
 * Owns       nothing.
 * Holds      Deleting needs the typed name and is erased only after GRACE, by a job that begins again where it was stopped:
 *            the community's own row goes last. What was erased is written down for the whole server: when, by whom, and
 *            how much; not what.
 * Test       test/closing_test.c
 */
#include "engine/event/event.h"
#include "engine/jobs/jobs.h"
#include "groups/alert.h"
#include "groups/livecode.h"
#include "people/audit.h"
#include "people/community.h"
#include "store/schemas.h"

#define GRACE      (30 * DAY)
#define LOOK_EVERY HOUR

/* ---- Rows ------------------------------------------------------------------------------------- */

struct place { struct id id; struct str name, role, logo, colour, state; struct instant ends_at, archived_at,
	erase_at; int64_t alerts; };

ROW(place,
	FIELD(place, id,          "Community"),
	FIELD(place, name,        "Its name"),
	FIELD(place, role,        "Your role there"),
	FIELD(place, logo,        "Key of its logo"),
	FIELD(place, colour,      "Colour of its pages"),
	FIELD(place, state,       "open; ended: its time is over; archived; leaving: will be erased", .one_of = COMMUNITY_STATES),
	FIELD(place, ends_at,     "When it ends", .optional = true),
	FIELD(place, archived_at, "Since when it is archived", .optional = true),
	FIELD(place, erase_at,    "When everything in it is erased", .optional = true),
	FIELD(place, alerts,      "Open warnings"));

struct closing { struct str how, name; };

ROW(closing,
	FIELD(closing, how,  "archive: keep everything, to read; delete: the same, and erase it all in 30 days", .one_of = "archive delete"),
	FIELD(closing, name, "The community's name, typed: this is meant", .min = 1, .max = 40));

/* ---- API: where I work ---------------------------------------------------------------------------------------- */

/* Whoever sees only some groups is told of their warnings alone. */
static QUERY(my_places, READS, &row_place, TAKES(K_ID),
	"SELECT c.id, c.name, s.role, c.logo, c.colour, '' AS state, c.ends_at, c.archived_at, c.erase_at,"
	" (SELECT count(*) FROM alert WHERE alert.community_id = c.id AND alert.closed_at = 0 AND "
	SEES_ALERT("(CASE WHEN s.only_groups THEN s.account_id ELSE 0 END)") ") AS alerts"
	" FROM staff s JOIN community c ON c.id = s.community_id WHERE s.account_id = ?1 ORDER BY c.name, c.id LIMIT 1000");

static int get_communities(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &my_places, &page->rows, V(rq->account));
	if (r < 0)
		return r;
	struct place *p = page->rows.at;
	for (size_t i = 0; i < page->rows.count; i++)
		p[i].state = str_of(community_state(p[i].ends_at, p[i].archived_at, p[i].erase_at, tx_now(rq->tx)));
	page->total = (int64_t)page->rows.count;
	return 0;
}

/* ---- API: closing and opening again -------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "community_closed", "A community was archived, deleted or opened again; word: how", "community" },
	{ 0 },
};

static int tell(struct request *rq, const char *how, struct str name)
{
	struct event event = { .subject = rq->community, .actor = rq->account, .word = str_of(how) };
	int r = livecode_touch_all(rq->tx, rq->community);
	if (r < 0 || (r = event_emit(rq->tx, rq->community, &events[0], &event)) < 0)
		return r;
	return audit_note(rq, how, rq->community, name);
}

static int post_close(struct request *rq, const void *in, void *out)
{
	const struct closing *closing = in;
	struct card card;
	bool leaves = str_is(closing->how, "delete");
	int r = community_card(rq->tx, rq->community, &card);
	if (r < 0)
		return r;
	if (!str_equal(str_trim(closing->name), str_trim(card.name)))
		return rq_complain(rq, E_NOT_ONE_OF, S("name"));
	struct instant now = tx_now(rq->tx), erase = { leaves ? now.ms + GRACE : 0 };
	r = community_close(rq->tx, rq->community, card.archived_at.ms ? card.archived_at : now, erase);
	if (r < 0 || (r = tell(rq, leaves ? "community_deleted" : "community_archived", card.name)) < 0)
		return r;
	return community_card(rq->tx, rq->community, out);
}

static int post_reopen(struct request *rq, const void *in, void *out)
{
	struct card card;
	(void)in;
	int r = community_card(rq->tx, rq->community, &card);
	if (r == 0 && card.erase_at.ms && card.erase_at.ms <= tx_now(rq->tx).ms)
		return E_NOT_FOUND;                       /* parts of it are gone already */
	if (r < 0 || (r = community_close(rq->tx, rq->community, (struct instant){ 0 }, (struct instant){ 0 })) < 0 ||
	    (r = tell(rq, "community_reopened", card.name)) < 0)
		return r;
	return community_card(rq->tx, rq->community, out);
}

/* ---- Job: reminding -------------------------------------------------------------------------------------------------- */

static int remind(struct tx *tx, const struct community *c)
{
	static const struct { int days; const char *level; } before[] = { { 7, "due" }, { 1, "late" } };
	int64_t left = c->ends_at.ms - tx_now(tx).ms;
	int r = 0;
	if (!c->ends_at.ms || left > before[0].days * DAY || c->archived_at.ms)
		return alert_settle(tx, c->id, S("ends "));
	for (size_t i = 0; r >= 0 && left > 0 && i < sizeof before / sizeof *before; i++)
		if (left <= before[i].days * DAY)
			r = alert_raise(tx, c->id, &(struct alert){
				.key = str_format(tx_arena(tx), "ends %lld %d", (long long)c->ends_at.ms, before[i].days),
				.kind = S("community_ends"), .level = str_of(before[i].level), .subject = c->id, .title = c->name, .due = c->ends_at });
	return r;
}

static int remind_one(struct tx *tx, void *arg)
{
	struct community c;
	int r = community_get(tx, *(const struct id *)arg, &c);
	return r == E_NOT_FOUND ? 0 : r < 0 ? r : remind(tx, &c);
}

static int list_all(struct tx *tx, void *ret) { return community_list(tx, ret); }

static int run_reminders(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct rows all;
	(void)job, (void)ret_why;
	int r = store_read(context->store, context->arena, list_all, &all);
	struct id_item *ids = all.at;
	for (size_t i = 0; r >= 0 && i < all.count; i++)
		r = store_write(context->store, ids[i].item, context->arena, remind_one, &ids[i].item);
	return r < 0 ? r : 0;
}

/* ---- Job: erasing ----------------------------------------------------------------------------------------------------- */

static QUERY(leaving_now, READS, &row_id_item, TAKES(K_INSTANT),
	"SELECT id AS item FROM community WHERE erase_at > 0 AND erase_at <= ?1 ORDER BY id LIMIT 100", .scans = true);

static QUERY(still_leaving, READS, &row_id_item, TAKES(K_ID, K_INSTANT),
	"SELECT id AS item FROM community WHERE id = ?1 AND erase_at > 0 AND erase_at <= ?2");

static QUERY(community_drop, WRITES, NULL, TAKES(K_ID, K_INSTANT),
	"DELETE FROM community WHERE id = ?1 AND erase_at > 0 AND erase_at <= ?2");

struct erasing { struct id community; const struct query *query; int64_t rows; };

static int find_leaving(struct tx *tx, void *ret) { return tx_all(tx, &leaving_now, ret, V(tx_now(tx))); }

/* One piece of one table; asked anew each time whether it is still meant. */
static int erase_piece(struct tx *tx, void *arg)
{
	struct erasing *e = arg;
	struct id_item still;
	int r = tx_one(tx, &still_leaving, &still, V(e->community), V(tx_now(tx)));
	return r < 0 ? r : tx_run(tx, e->query, V(e->community));
}

static int erase_last(struct tx *tx, void *arg)
{
	struct erasing *e = arg;
	int r = tx_run(tx, &community_drop, V(e->community), V(tx_now(tx)));
	if (r <= 0)
		return r;
	struct str detail = str_format(tx_arena(tx), "%lld", (long long)e->rows);
	return audit_server(tx, "community_erased", e->community, detail);
}

static int erase_one(const struct job_context *context, struct id community)
{
	struct erasing e = { .community = community };
	for (const struct query *const *q = community_erasing; *q; q++)
		for (int n = 1; n > 0; e.rows += n) {
			e.query = *q;
			n = store_write(context->store, community, context->arena, erase_piece, &e);
			if (n < 0)
				return n == E_NOT_FOUND ? 0 : n;          /* opened again meanwhile */
		}
	return store_write(context->store, community, context->arena, erase_last, &e);
}

static int run_erasing(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct rows leaving;
	(void)job, (void)ret_why;
	int r = store_read(context->store, context->arena, find_leaving, &leaving);
	const struct id_item *ids = leaving.at;
	for (size_t i = 0; r >= 0 && i < leaving.count; i++)
		r = erase_one(context, ids[i].item);
	return r < 0 ? r : 0;
}

static const struct job_kind jobs[] = {
	{ "community_reminders", "Remind of communities whose time is nearly over", run_reminders, .every_ms = LOOK_EVERY },
	{ "community_erasing",   "Erase the communities whose 30 days are over", run_erasing, .every_ms = LOOK_EVERY },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/api/communities",   ROLE_ACCOUNT, get_communities, NULL, &row_place, "Where you work, with open warnings", OUT_PAGE },
	{ "POST", "/community/close",   ROLE_OWNER, post_close, &row_closing, &row_card,
	  "Archive it, or delete it: erased after 30 days", .closed_too = true },
	{ "POST", "/community/reopen",  ROLE_OWNER, post_reopen, NULL, &row_card, "Open an archived or deleted community again", .closed_too = true },
	{ 0 },
};

static const struct query *const queries[] = {
	&my_places, &leaving_now, &still_leaving, &community_drop, NULL,
};

const struct feature feature_closing = { .name = "closing", .routes = routes, .queries = queries, .events = events, .jobs = jobs };
const struct feature feature_erasing = { .name = "erasing", .queries = community_erasing };
