/* level.c: levels (等级): 青铜, 白银, 黄金 … in an order, with a colour and what they allow, in words.
 *
 * Story      An owner makes three levels; staff put a member on one by hand.
 * Not here   Rules that move members by themselves, and points: they come with the ledger.
 * Owns       level. A member's level is member.level_id.
 * Holds      No two levels of a community have one name or one rank. A level that members have cannot be deleted.
 * Test       member_test.c.
 */
#include "people/level.h"

#include "base/utf8.h"
#include "engine/event/event.h"
#include "people/audit.h"


#define MAX_LEVELS    20
#define MAX_NAME      16
#define MAX_PRIVILEGE 300
#define COLOURS       "grey teal blue orange red"

struct level { struct id id; struct str name; int64_t rank; struct str colour, privilege; struct instant created_at; };

ROW(level,
	FIELD(level, id,         "Level"),
	FIELD(level, name,       "As members read it"),
	FIELD(level, rank,       "1 is the lowest"),
	FIELD(level, colour,     "Colour of the chip", .one_of = COLOURS),
	FIELD(level, privilege,  "What members of it may, in words"),
	FIELD(level, created_at, "When it was made"));

struct level_draft { struct str name; int64_t rank; struct str colour, privilege; };

ROW(level_draft,
	FIELD(level_draft, name,      "As members read it", .min = 1, .max = MAX_NAME),
	FIELD(level_draft, rank,      "1 is the lowest", .min = 1, .max = 99),
	FIELD(level_draft, colour,    "Colour of the chip; grey when missing", .one_of = COLOURS, .optional = true),
	FIELD(level_draft, privilege, "What members of it may, in words", .max = MAX_PRIVILEGE, .lines = true, .optional = true));

static const struct event_kind events[] = {
	{ "level_changed", "Levels were made, edited or deleted", "member" },
	{ 0 },
};

static int say(struct request *rq, const char *act, struct id level, struct str name)
{
	int r = event_emit(rq->tx, rq->community, &events[0], &(struct event){ .subject = level, .actor = rq->account });
	return r < 0 ? r : audit_note(rq, act, level, name);
}

static QUERY(levels_all, READS, &row_level, TAKES(K_ID),
	"SELECT id, name, rank, colour, privilege, created_at FROM level WHERE community_id = ?1 ORDER BY rank LIMIT 100");

static int get_levels(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &levels_all, &page->rows, V(rq->community));
	page->total = (int64_t)page->rows.count;
	return r < 0 ? r : 0;
}

/* The folded name, after looking whether name or rank belong to another level. */
static int check(struct request *rq, struct id self, const struct level_draft *d, struct str *ret_key)
{
	struct rows rows;
	struct str key = name_key(rq->arena, d->name);
	int r = tx_all(rq->tx, &levels_all, &rows, V(rq->community));
	const struct level *level = r < 0 ? NULL : rows.at;
	if (r < 0)
		return r;
	if (key.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("name"));
	if (!self.n && rows.count >= MAX_LEVELS)
		return E_TOO_MANY;
	for (size_t i = 0; i < rows.count; i++) {
		if (level[i].id.n == self.n)
			continue;
		if (str_equal(name_key(rq->arena, level[i].name), key))
			return rq_complain(rq, E_NAME_TAKEN, S("name"));
		if (level[i].rank == d->rank)
			return rq_complain(rq, E_NAME_TAKEN, S("rank"));
	}
	*ret_key = key;
	return 0;
}

static QUERY(level_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INT, K_STR, K_STR, K_INSTANT),
	"INSERT INTO level (community_id, id, name, name_key, rank, colour, privilege, created_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

static QUERY(level_by_id, READS, &row_level, TAKES(K_ID, K_ID),
	"SELECT id, name, rank, colour, privilege, created_at FROM level WHERE community_id = ?1 AND id = ?2");

static int post_level(struct request *rq, const void *in, void *out)
{
	const struct level_draft *d = in;
	struct str key;
	struct id id = tx_new_id(rq->tx);
	int r = check(rq, (struct id){ 0 }, d, &key);
	if (r < 0)
		return r;
	r = tx_run(rq->tx, &level_insert, V(rq->community), V(id), V(str_trim(d->name)), V(key), V(d->rank),
	           V(d->colour.len ? d->colour : S("grey")), V(d->privilege), V(tx_now(rq->tx)));
	if (r < 0 || (r = say(rq, "level_made", id, d->name)) < 0)
		return r;
	return tx_one(rq->tx, &level_by_id, out, V(rq->community), V(id));
}

static QUERY(level_update, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INT, K_STR, K_STR),
	"UPDATE level SET name = ?3, name_key = ?4, rank = ?5, colour = ?6, privilege = ?7 WHERE community_id = ?1 AND id = ?2");

static int put_level(struct request *rq, const void *in, void *out)
{
	const struct level_draft *d = in;
	struct level known;
	struct str key;
	int r = tx_one(rq->tx, &level_by_id, &known, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = check(rq, rq->path_id, d, &key)) < 0)
		return r;
	r = tx_run(rq->tx, &level_update, V(rq->community), V(rq->path_id), V(str_trim(d->name)), V(key), V(d->rank),
	           V(d->colour.len ? d->colour : S("grey")), V(d->privilege));
	if (r < 0 || (r = say(rq, "level_changed", rq->path_id, d->name)) < 0)
		return r;
	return tx_one(rq->tx, &level_by_id, out, V(rq->community), V(rq->path_id));
}

static QUERY(level_somebody, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT id AS item FROM member WHERE community_id = ?1 AND level_id = ?2 LIMIT 1");

static QUERY(level_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM level WHERE community_id = ?1 AND id = ?2");

static int delete_level(struct request *rq, const void *in, void *out)
{
	struct level level;
	struct id_item member;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &level_by_id, &level, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	if ((r = tx_one(rq->tx, &level_somebody, &member, V(rq->community), V(rq->path_id))) != E_NOT_FOUND)
		return r < 0 ? r : E_IN_USE;
	if ((r = tx_run(rq->tx, &level_drop, V(rq->community), V(rq->path_id))) < 0)
		return r;
	return say(rq, "level_removed", rq->path_id, level.name);
}

ROW(level_brief,
	FIELD(level_brief, id,        "Level"),
	FIELD(level_brief, name,      "Name"),
	FIELD(level_brief, rank,      "Rank"),
	FIELD(level_brief, colour,    "Colour"),
	FIELD(level_brief, privilege, "What members of it may"),
	FIELD(level_brief, used,      "Is a member of it?"));

static QUERY(level_briefs, READS, &row_level_brief, TAKES(K_ID),
	"SELECT l.id, l.name, l.rank, l.colour, l.privilege, (EXISTS (SELECT 1 FROM member m WHERE m.community_id = l.community_id"
	" AND m.level_id = l.id)) AS used FROM level l WHERE l.community_id = ?1 ORDER BY l.rank LIMIT 100");

int level_list(struct tx *tx, struct id community, struct rows *ret)
{
	return tx_all(tx, &level_briefs, ret, V(community));
}

static const struct route routes[] = {
	{ "GET",    "/levels",      ROLE_READER, get_levels,   NULL,             &row_level, "Levels, lowest first", OUT_PAGE },
	{ "POST",   "/levels",      ROLE_ADMIN,  post_level,   &row_level_draft, &row_level, "Make a level" },
	{ "PUT",    "/levels/{id}", ROLE_ADMIN,  put_level,    &row_level_draft, &row_level, "Edit a level" },
	{ "DELETE", "/levels/{id}", ROLE_ADMIN,  delete_level, NULL,             NULL, "Delete a level that no member has", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&level_briefs, &levels_all, &level_insert, &level_by_id, &level_update, &level_somebody, &level_drop, NULL,
};

const struct feature feature_level = { .name = "level", .api = "members", .routes = routes, .queries = queries, .events = events };
