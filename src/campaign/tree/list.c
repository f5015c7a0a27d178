/* list.c: the people behind the numbers of a campaign: by step, by parent, by rank, and the way up from one of them.
 *
 * Story      "640 reached the first goal": a tap lists them. Below the three who came first the tree opens level by level, the
 *            largest branch on top; somebody who was searched for is shown with everybody above them.
 * How        The tree (tree.h) says who and in which order; names and states are read from the rows. A plain list and a search
 *            by name need no tree.
 * Owns       nothing.
 * Test       tree_test.c.
 */
#include "campaign/tree/tree.h"

#define LIST_MOST  200
#define LEVEL_MOST 100
#define SKIP_MOST  900            /* LEVEL_MOST more are TREE_TOP_MAX */
#define PATH_MOST  1000
#define MAX_NICKNAME 20

struct participant_line {
	struct id      id, member_id, parent_id;
	struct str     slug, nickname, state;
	int64_t        helps;
	struct instant joined_at;
};

ROW(participant_line,
	FIELD(participant_line, id,        "Participant"),
	FIELD(participant_line, member_id, "Member", .optional = true),
	FIELD(participant_line, parent_id, "Through whose link they came", .optional = true),
	FIELD(participant_line, slug,      "Their own link"),
	FIELD(participant_line, nickname,  "Name"),
	FIELD(participant_line, state,     "active, or blocked by staff"),
	FIELD(participant_line, helps,     "Helps that count: the ledger's balance"),
	FIELD(participant_line, joined_at, "Since"));

#define STEPS "shared reached claimed through direct lost blocked brought"

struct participant_query {
	struct str     q, step;
	int64_t        goal;
	struct id      parent;
	struct instant from, until;
	struct id      after;
	int64_t        limit;
};

ROW(participant_query,
	FIELD(participant_query, q,      "Part of the name", .max = MAX_NICKNAME, .optional = true),
	FIELD(participant_query, step,   "Only those who have a help, `goal` of them, or a prize; came through somebody or nobody; lost a"
	      " help; are blocked; brought somebody", .one_of = STEPS, .optional = true),
	FIELD(participant_query, goal,   "Of step reached", .min = 0, .max = GOAL_MAX, .optional = true),
	FIELD(participant_query, parent, "Only those who came through this one", .optional = true),
	FIELD(participant_query, from,   "Only those since", .optional = true),
	FIELD(participant_query, until,  "Only those before", .optional = true),
	FIELD(participant_query, after,  "Only those before this one", .optional = true),
	FIELD(participant_query, limit,  "How many", .min = 0, .max = LIST_MOST, .optional = true));

struct tree_line {
	struct id      id, parent_id, member_id;
	struct str     nickname, slug, state;
	int64_t        rank, helps, lost, people, below, children, depth;
	struct instant joined_at;
};

ROW(tree_line,
	FIELD(tree_line, id,        "Participant"),
	FIELD(tree_line, parent_id, "Through whose link they came", .optional = true),
	FIELD(tree_line, member_id, "Member", .optional = true),
	FIELD(tree_line, nickname,  "Name"),
	FIELD(tree_line, slug,      "Their own link"),
	FIELD(tree_line, state,     "active, or blocked by staff"),
	FIELD(tree_line, rank,      "Of the leaderboard by helps: how many have more"),
	FIELD(tree_line, helps,     "Helps that count"),
	FIELD(tree_line, lost,      "Helps refused, rejected or taken away"),
	FIELD(tree_line, people,    "Everybody below them, however deep"),
	FIELD(tree_line, below,     "Helps of theirs and of all below them"),
	FIELD(tree_line, children,  "Who came through their own link"),
	FIELD(tree_line, depth,     "How many stand above them"),
	FIELD(tree_line, joined_at, "Since"));

struct tree_query { struct id parent; int64_t skip, limit; };

ROW(tree_query,
	FIELD(tree_query, parent, "Whose branches; empty: those who came through nobody", .optional = true),
	FIELD(tree_query, skip,   "Pass over so many", .min = 0, .max = SKIP_MOST, .optional = true),
	FIELD(tree_query, limit,  "How many", .min = 0, .max = LEVEL_MOST, .optional = true));

struct board_query { struct str by; int64_t limit; };

ROW(board_query,
	FIELD(board_query, by,    "By helps, or by everybody below", .one_of = "helps people", .optional = true),
	FIELD(board_query, limit, "How many", .min = 0, .max = LEVEL_MOST, .optional = true));

struct seen_query { struct str way, device; struct id after; int64_t limit; };

ROW(seen_query,
	FIELD(seen_query, way,    "Only through a participant's link, or the campaign's own", .one_of = "friend link", .optional = true),
	FIELD(seen_query, device, "Only on this kind of device", .max = 20, .optional = true),
	FIELD(seen_query, after,  "Only visitors before this one", .optional = true),
	FIELD(seen_query, limit,  "How many", .min = 0, .max = LIST_MOST, .optional = true));

struct seen_line { struct id id, participant_id, enrolled_id; struct str device, nickname; struct instant at; };

ROW(seen_line,
	FIELD(seen_line, id,             "Visitor"),
	FIELD(seen_line, participant_id, "Whose page they saw first; empty: the campaign's own", .optional = true),
	FIELD(seen_line, device,         "Kind of device"),
	FIELD(seen_line, enrolled_id,    "Who they are as a participant", .optional = true),
	FIELD(seen_line, nickname,       "… by name"),
	FIELD(seen_line, at,             "First look"));

/* ---- Names ------------------------------------------------------------------------------------------- */

#define LINE "p.id, p.member_id, p.parent_id, p.slug, p.nickname, p.state," \
	" COALESCE(" BALANCE_OF("p.community_id", "'help'", "p.id") ", 0) AS helps, p.joined_at FROM participant p"

static QUERY(participants_newest, READS, &row_participant_line, TAKES(K_ID, K_ID, K_ID, K_STR, K_INT),
	"SELECT " LINE " WHERE p.community_id = ?1 AND p.campaign_id = ?2 AND p.id < ?3"
	" AND (?4 = '' OR p.nickname LIKE '%' || ?4 || '%') ORDER BY p.id DESC LIMIT ?5");

static QUERY(participant_line_of, READS, &row_participant_line, TAKES(K_ID, K_ID),
	"SELECT " LINE " WHERE p.community_id = ?1 AND p.id = ?2");

static QUERY(seen_of_campaign, READS, &row_seen_line, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_INT),
	"SELECT s.visitor_id AS id, s.participant_id, s.device, COALESCE(p.id, 0) AS enrolled_id, COALESCE(p.nickname, '') AS nickname, s.at"
	" FROM campaign_seen s LEFT JOIN participant p ON p.community_id = s.community_id AND p.campaign_id = s.campaign_id"
	"  AND p.visitor_id = s.visitor_id WHERE s.community_id = ?1 AND s.campaign_id = ?2 AND s.visitor_id < ?3"
	" AND (?4 = '' OR (?4 = 'friend') = (s.participant_id <> 0)) AND (?5 = '' OR s.device = ?5) ORDER BY s.visitor_id DESC LIMIT ?6");

/* ---- Participants by step -------------------------------------------------------------------------------- */

enum step { ALL, SHARED, REACHED, CLAIMED, THROUGH, DIRECT, LOST, BLOCKED, BROUGHT };

static enum step step_of(struct str word)
{
	static const char *const words[] = { "", "shared", "reached", "claimed", "through", "direct", "lost", "blocked", "brought" };
	enum step step = ALL;
	while (step < BROUGHT && !str_is(word, words[step]))
		step++;
	return step;
}

static bool has_come_to(const struct tree *tree, uint32_t place, enum step step, int64_t goal)
{
	switch (step) {
	case ALL:     return true;
	case SHARED:  return tree_helps(tree, place) > 0;
	case REACHED: return tree_helps(tree, place) >= goal;
	case CLAIMED: return tree_flags(tree, place) & TREE_CLAIMED;
	case THROUGH: return tree_parent(tree, place) != TREE_NOBODY;
	case DIRECT:  return tree_parent(tree, place) == TREE_NOBODY;
	case LOST:    return tree_lost(tree, place) > 0;
	case BLOCKED: return tree_flags(tree, place) & TREE_BLOCKED;
	case BROUGHT: return tree_sums(tree, place).children > 0;
	}
	return false;
}

/* Newest first from `after` on; all that fit are counted. */
static int list_by_step(struct request *rq, struct tree *tree, const struct participant_query *q, int64_t limit, struct page *page)
{
	enum step step = step_of(q->step);
	uint32_t parent = q->parent.n ? tree_place(tree, q->parent) : TREE_NOBODY;
	uint32_t below = q->after.n ? tree_place(tree, q->after) : TREE_NOBODY;
	struct participant_line *lines = arena_take_array(rq->arena, (size_t)limit + 1, sizeof *lines);
	size_t n = 0;
	int r = lines ? tree_sum(tree) : E_MEMORY;
	if (q->parent.n && parent == TREE_NOBODY)
		return E_NOT_FOUND;
	page->total = 0;
	for (size_t i = tree_count(tree); r >= 0 && i-- > 0;) {
		uint32_t place = (uint32_t)i;
		int64_t joined = tree_joined(tree, place).ms;
		if ((q->parent.n && tree_parent(tree, place) != parent) || joined < q->from.ms || (q->until.ms && joined >= q->until.ms) ||
		    !has_come_to(tree, place, step, q->goal))
			continue;
		page->total++;
		if (place < below && n < (size_t)limit)
			r = tx_one(rq->tx, &participant_line_of, &lines[n++], V(rq->community), V(tree_id(tree, place)));
	}
	page->rows = (struct rows){ lines, n };
	return r;
}

static int get_participants(struct request *rq, const void *in, void *out)
{
	const struct participant_query *q = in;
	TREE_SCOPED *tree = NULL;
	struct page *page = out;
	struct campaign c;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	bool plain = !q->step.len && !q->parent.n && !q->from.ms && !q->until.ms;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r >= 0 && (plain || q->q.len)) {
		r = tx_all(rq->tx, &participants_newest, &page->rows, V(rq->community), V(rq->path_id), V(before), V(q->q), V(limit));
		page->total = q->q.len ? -1 : c.participants;
	} else if (r >= 0 && (r = tree_get(rq->tx, rq->community, c.id, &tree)) >= 0) {
		r = list_by_step(rq, tree, q, limit, page);
	}
	if (r >= 0)
		page_end(rq, page, &row_participant_line, limit);
	return r < 0 ? r : 0;
}

/* ---- Branches, ranks and the way up ------------------------------------------------------------------------ */

static int line_of(struct request *rq, struct tree *tree, uint32_t place, struct tree_line *ret)
{
	struct participant_line p;
	struct tree_sums sums = tree_sums(tree, place);
	int r = tx_one(rq->tx, &participant_line_of, &p, V(rq->community), V(tree_id(tree, place)));
	if (r < 0)
		return r;
	*ret = (struct tree_line){
		.id = p.id, .parent_id = p.parent_id, .member_id = p.member_id, .nickname = p.nickname, .slug = p.slug, .state = p.state,
		.helps = tree_helps(tree, place), .lost = tree_lost(tree, place), .people = sums.people, .below = sums.helps,
		.children = sums.children, .depth = sums.depth, .joined_at = p.joined_at,
	};
	return 0;
}

static int lines_of(struct request *rq, struct tree *tree, const uint32_t *places, size_t count, struct page *page)
{
	struct tree_line *lines = arena_take_array(rq->arena, count + 1, sizeof *lines);
	int r = lines ? 0 : E_MEMORY;
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = line_of(rq, tree, places[i], &lines[i]);
	page->rows = (struct rows){ lines, count };
	return r;
}

/* More below first, then more helps. */
static int64_t by_branch(const struct tree *tree, uint32_t place, const void *parent)
{
	int64_t helps = tree_helps(tree, place), most = (1 << 24) - 1;
	if (tree_parent(tree, place) != *(const uint32_t *)parent)
		return -1;
	return tree_sums(tree, place).people << 24 | (helps < most ? helps : most);
}

static int64_t by_helps(const struct tree *tree, uint32_t place, const void *unused)
{
	(void)unused;
	return tree_flags(tree, place) & TREE_BLOCKED || !tree_helps(tree, place) ? -1 : tree_helps(tree, place);
}

static int64_t by_people(const struct tree *tree, uint32_t place, const void *unused)
{
	(void)unused;
	int64_t people = tree_sums(tree, place).people;
	return tree_flags(tree, place) & TREE_BLOCKED || !people ? -1 : people;
}

static int64_t roots_of(const struct tree *tree)
{
	int64_t n = 0;
	for (uint32_t i = 0; i < tree_count(tree); i++)
		n += tree_parent(tree, i) == TREE_NOBODY;
	return n;
}

static int get_tree(struct request *rq, const void *in, void *out)
{
	const struct tree_query *q = in;
	TREE_SCOPED *tree = NULL;
	struct page *page = out;
	uint32_t places[TREE_TOP_MAX], parent = TREE_NOBODY;
	size_t skip = (size_t)q->skip, limit = q->limit ? (size_t)q->limit : 50;
	int r = tree_get(rq->tx, rq->community, rq->path_id, &tree);
	if (r < 0 || (r = tree_sum(tree)) < 0)
		return r;
	if (q->parent.n && (parent = tree_place(tree, q->parent)) == TREE_NOBODY)
		return E_NOT_FOUND;
	size_t n = tree_top(tree, by_branch, &parent, places, skip + limit);
	page->total = q->parent.n ? tree_sums(tree, parent).children : roots_of(tree);
	return lines_of(rq, tree, places + skip, n > skip ? n - skip : 0, page);
}

static int get_board(struct request *rq, const void *in, void *out)
{
	const struct board_query *q = in;
	TREE_SCOPED *tree = NULL;
	struct page *page = out;
	uint32_t places[LEVEL_MOST];
	bool helps = !str_is(q->by, "people");
	int r = tree_get(rq->tx, rq->community, rq->path_id, &tree);
	if (r < 0 || (r = tree_sum(tree)) < 0)
		return r;
	size_t n = tree_top(tree, helps ? by_helps : by_people, NULL, places, q->limit ? (size_t)q->limit : LEVEL_MOST);
	page->total = -1;
	if ((r = lines_of(rq, tree, places, n, page)) < 0 || !helps)
		return r;
	struct tree_line *lines = page->rows.at;
	for (size_t i = 0; i < n; i++)            /* the list begins at the top: who stands before has as many or more */
		lines[i].rank = i && lines[i].helps == lines[i - 1].helps ? lines[i - 1].rank : (int64_t)i;
	return r;
}

static int get_path(struct request *rq, const void *in, void *out)
{
	TREE_SCOPED *tree = NULL;
	struct participant p;
	struct page *page = out;
	uint32_t way[PATH_MOST], places[PATH_MOST];
	size_t n = 0;
	(void)in;
	int r = participant_get(rq->tx, rq->community, rq->path_id, &p);
	if (r < 0 || (r = tree_get(rq->tx, rq->community, p.campaign_id, &tree)) < 0 || (r = tree_sum(tree)) < 0)
		return r;
	for (uint32_t at = tree_place(tree, p.id); at != TREE_NOBODY && n < PATH_MOST; at = tree_parent(tree, at))
		way[n++] = at;
	for (size_t i = 0; i < n; i++)
		places[i] = way[n - 1 - i];
	page->total = (int64_t)n;
	return lines_of(rq, tree, places, n, page);
}

static int get_seen(struct request *rq, const void *in, void *out)
{
	const struct seen_query *q = in;
	struct page *page = out;
	struct campaign c;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = tx_all(rq->tx, &seen_of_campaign, &page->rows, V(rq->community), V(c.id), V(before), V(q->way), V(q->device),
	                         V(limit))) < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_seen_line, limit);
	return 0;
}

/* ---- Declaration ------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/campaigns/{id}/participants", ROLE_READER, get_participants, &row_participant_query, &row_participant_line, "Who takes part, newest first; or who came to a step of the funnel", OUT_PAGE, .sees = campaign_sees },
	{ "GET", "/campaigns/{id}/tree",         ROLE_READER, get_tree,  &row_tree_query,  &row_tree_line, "One level of the invite tree, the largest branch first", OUT_PAGE, .sees = campaign_sees },
	{ "GET", "/campaigns/{id}/board",        ROLE_READER, get_board, &row_board_query, &row_tree_line, "The leaderboard", OUT_PAGE, .sees = campaign_sees },
	{ "GET", "/campaigns/{id}/seen",         ROLE_READER, get_seen,  &row_seen_query,  &row_seen_line, "Who opened a page, newest visitors first", OUT_PAGE, .sees = campaign_sees },
	{ "GET", "/participants/{id}/path",      ROLE_READER, get_path,  NULL, &row_tree_line, "Everybody above a participant, from the top, and the participant", OUT_PAGE, .sees = participant_sees },
	{ 0 },
};

static const struct query *const queries[] = { &participants_newest, &participant_line_of, &seen_of_campaign, NULL };

const struct feature feature_campaign_list = { .name = "campaign_list", .api = "campaigns", .routes = routes, .queries = queries };
