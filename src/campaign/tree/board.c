/* board.c: the leaderboard as members see it, and one's own place.
 *
 * Story      Lin looks who leads: 陈** with 212 friends. She herself is 38th of 3,100.
 * Holds      Shown only where the campaign says so. Of others one sees a rank, the first sign of a name and a number; nobody
 *            who is blocked or has no help. Ranks are shared by those who have as many.
 *            At most a second old; claiming is decided elsewhere, by the ledger.
 * Test       tree_test.c.
 */
#include "base/utf8.h"
#include "campaign/tree/tree.h"

struct rank_line { int64_t rank; struct str nickname; int64_t helps; bool mine; };
struct rank_board { bool shown; int64_t of; struct rows top; struct one me; };

ROW(rank_line,
	FIELD(rank_line, rank,     "Place; shared by those who have as many"),
	FIELD(rank_line, nickname, "The first sign of their name; your own in full"),
	FIELD(rank_line, helps,    "Helps that count"),
	FIELD(rank_line, mine,     "This is you"));

ROW(rank_board,
	FIELD(rank_board, shown, "Does this campaign show it?"),
	FIELD(rank_board, of,    "How many take part"),
	FIELD(rank_board, top,   "The first fifty", .of = &row_rank_line),
	FIELD(rank_board, me,    "You, when you take part", .of = &row_rank_line));

static QUERY(board_name, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT nickname AS item FROM participant WHERE community_id = ?1 AND id = ?2");

static struct str masked(struct arena *arena, struct str nickname)
{
	return str_format(arena, "%.*s**", STR(utf8_cut(nickname, 1)));
}

static int fill_top(struct request *rq, struct tree *tree, struct id me, struct rank_board *board)
{
	uint32_t places[TREE_BOARD];
	size_t n = tree_board(tree, places);
	struct rank_line *lines = arena_take_array(rq->arena, n + 1, sizeof *lines);
	int r = lines ? 0 : E_MEMORY;
	for (size_t i = 0; r >= 0 && i < n; i++) {
		struct text_item name;
		int64_t helps = tree_helps(tree, places[i]);
		bool mine = tree_id(tree, places[i]).n == me.n;
		r = tx_one(rq->tx, &board_name, &name, V(rq->community), V(tree_id(tree, places[i])));
		if (r >= 0)
			lines[i] = (struct rank_line){
				i && lines[i - 1].helps == helps ? lines[i - 1].rank : (int64_t)i + 1,
				mine ? name.item : masked(rq->arena, name.item), helps, mine,
			};
	}
	board->top = (struct rows){ lines, r < 0 ? 0 : n };
	return r;
}

static int get_rank_board(struct request *rq, const void *in, void *out)
{
	TREE_SCOPED *tree = NULL;
	struct rank_board board = { 0 };
	struct participant owner, me = { 0 };
	struct campaign c;
	(void)in;
	int r = campaign_by_slug(rq->tx, rq->path_text, &rq->community, &c, &owner);
	if (r >= 0 && c.board && (r = participant_of(rq->tx, rq->community, c.id, rq->visitor, &me)) == E_NOT_FOUND)
		r = 0;
	if (r < 0 || !c.board) {
		*(struct rank_board *)out = board;
		return r;
	}
	if ((r = tree_get(rq->tx, rq->community, c.id, &tree)) < 0 || (r = fill_top(rq, tree, me.id, &board)) < 0)
		return r;
	uint32_t place = me.id.n ? tree_place(tree, me.id) : TREE_NOBODY;
	struct rank_line *own = place != TREE_NOBODY ? ARENA_NEW(rq->arena, struct rank_line) : NULL;
	if (own)
		*own = (struct rank_line){ tree_above(tree, tree_helps(tree, place)) + 1, me.nickname, tree_helps(tree, place), true };
	board.shown = true, board.of = (int64_t)tree_count(tree), board.me.at = own;
	*(struct rank_board *)out = board;
	return 0;
}

static const struct route routes[] = {
	{ "GET", "/t/{slug}/board", ROLE_VISITOR, get_rank_board, NULL, &row_rank_board, "The leaderboard, where the campaign shows it, and one's own place" },
	{ 0 },
};

static const struct query *const queries[] = { &board_name, NULL };

const struct feature feature_campaign_board = { .name = "campaign_board", .routes = routes, .queries = queries };
