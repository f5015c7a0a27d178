/* shown.c: what the member's page shows of a lottery, and the file of draws that anybody may check.
 *
 * Story      Before the start the page says which prizes there are, how many, how likely each is, and shows the commitment. Lin
 *            sees her chances, what she has drawn and won, and who else has won, without their names' ends. After the end the
 *            seed stands there too, and the file holds all that `quntu verify` needs.
 * File       /t/SLUG/draws, and /api/lottery/SLUG/draws?after=50000 for more of a long log (proof.h).
 * Holds      No name, no id of the store: a person is a mark that means nothing elsewhere.
 * Test       draw_test.c.
 */
#include "campaign/draw/draw.h"

#include "base/utf8.h"
#include "campaign/proof.h"
#include "engine/file/file.h"

#define MINE_SHOWN    50
#define WINNERS_SHOWN 30
#define LOG_PAGE      50
#define LINE_MOST     600                         /* bytes of a line of the file */

/* ---- Rows: in the page -------------------------------------------------------------------------------- */

struct place_shown {
	struct str   kind, title, note, picture;
	struct money value;
	int64_t      points, stock, remaining, ppm, chances;
	struct str   lottery;
};
struct mine_shown { int64_t n; struct instant at; struct str token, title; int64_t place; struct one order; };
struct chance_shown { int64_t amount; struct str reason, campaign; struct instant at; };
struct winner_shown { int64_t n; struct str name, title; struct instant at; };

struct draw_shown {
	struct str     looks, mode;
	struct instant draw_at, lots_at;
	int64_t        day_chances, most, helps_chance, helps_most, wins_day, wins_most;
	struct str     thanks;
	struct rows    places;
	struct str     commitment, rules, last, seed, who, why;
	int64_t        draws, left, drawn, wins;
	struct rows    mine, winners, chances;
};

ROW(place_shown,
	FIELD(place_shown, kind,      "How it is given"),
	FIELD(place_shown, title,     "What it is"),
	FIELD(place_shown, note,      "How to use it"),
	FIELD(place_shown, picture,   "Address of a picture"),
	FIELD(place_shown, value,     "What it is worth, in fen"),
	FIELD(place_shown, points,    "Of kind points"),
	FIELD(place_shown, stock,     "How many there are"),
	FIELD(place_shown, remaining, "How many are left"),
	FIELD(place_shown, ppm,       "How likely, in parts per million"),
	FIELD(place_shown, chances,   "Of kind chances: so many draws …"),
	FIELD(place_shown, lottery,   "… in the other lottery of this name"));

ROW(mine_shown,
	FIELD(mine_shown, n,     "Number of the draw"),
	FIELD(mine_shown, at,    "When"),
	FIELD(mine_shown, token, "What your browser made up for it"),
	FIELD(mine_shown, place, "Place of the prize; 0: none, -1: a ticket"),
	FIELD(mine_shown, title, "The prize"),
	FIELD(mine_shown, order, "Its order", .of = &row_task_order));

ROW(winner_shown,
	FIELD(winner_shown, n,     "Number of the draw"),
	FIELD(winner_shown, name,  "Name, without its end"),
	FIELD(winner_shown, title, "The prize; empty: none"),
	FIELD(winner_shown, at,    "When"));

ROW(chance_shown,
	FIELD(chance_shown, amount,   "How many; below zero: spent"),
	FIELD(chance_shown, reason,   "Why: a stable word"),
	FIELD(chance_shown, campaign, "Of reason prize: of which campaign"),
	FIELD(chance_shown, at,       "When"));

ROW_PUBLIC(draw_shown,
	FIELD(draw_shown, looks,        "How the page draws", .one_of = "wheel grid slot"),
	FIELD(draw_shown, mode,         "At once by chance, or tickets and winners at an instant", .one_of = "chance lots"),
	FIELD(draw_shown, draw_at,      "Of lots: when the winners are drawn", .optional = true),
	FIELD(draw_shown, lots_at,      "Of lots: when they were drawn", .optional = true),
	FIELD(draw_shown, day_chances,  "Free chances of a day"),
	FIELD(draw_shown, most,         "Draws of one person in all; 0: no limit"),
	FIELD(draw_shown, helps_chance, "So many helps give a chance more; 0: none do"),
	FIELD(draw_shown, helps_most,   "Chances from helps at most"),
	FIELD(draw_shown, wins_day,     "Wins of one person a day; 0: no limit"),
	FIELD(draw_shown, wins_most,    "Wins of one person in all; 0: no limit"),
	FIELD(draw_shown, thanks,       "What no prize is called"),
	FIELD(draw_shown, places,       "Prizes in order", .of = &row_place_shown),
	FIELD(draw_shown, commitment,   "What was promised at publishing"),
	FIELD(draw_shown, rules,        "The line that the commitment covers"),
	FIELD(draw_shown, last,         "Hash of the newest line of the log"),
	FIELD(draw_shown, seed,         "The seed; empty before the end"),
	FIELD(draw_shown, draws,        "Lines of the log"),
	FIELD(draw_shown, who,          "Your mark in the file of draws"),
	FIELD(draw_shown, left,         "Chances you have now"),
	FIELD(draw_shown, drawn,        "Draws you have made"),
	FIELD(draw_shown, wins,         "Prizes you have won"),
	FIELD(draw_shown, why,          "Why you cannot draw now: the name of an error; empty: you can"),
	FIELD(draw_shown, mine,         "Your draws, newest first", .of = &row_mine_shown),
	FIELD(draw_shown, winners,      "Who won, newest first", .of = &row_winner_shown),
	FIELD(draw_shown, chances,      "Where your chances came from and went, newest first", .of = &row_chance_shown));

/* ---- Reading ---------------------------------------------------------------------------------------------- */

struct mine_line { int64_t n; struct instant at; struct str token; int64_t place; };

ROW(mine_line,
	FIELD(mine_line, n,     "Number"),
	FIELD(mine_line, at,    "When"),
	FIELD(mine_line, token, "Token"),
	FIELD(mine_line, place, "Place"));

static QUERY(drawn_mine, READS, &row_mine_line, TAKES(K_ID, K_ID, K_ID),
	"SELECT n, at, token, place FROM drawn WHERE community_id = ?1 AND campaign_id = ?2 AND participant_id = ?3"
	" ORDER BY n DESC LIMIT 50");

#define LOG_OF \
	"SELECT d.n, COALESCE(p.nickname, '') AS name, COALESCE(z.title, '') AS title, d.at FROM drawn d" \
	" LEFT JOIN participant p ON p.community_id = d.community_id AND p.id = d.participant_id" \
	" LEFT JOIN draw_place l ON l.community_id = d.community_id AND l.campaign_id = d.campaign_id AND l.place = d.place" \
	" LEFT JOIN prize z ON z.community_id = l.community_id AND z.id = l.prize_id" \
	" WHERE d.community_id = ?1 AND d.campaign_id = ?2 AND d.n < ?3"

static QUERY(drawn_winners, READS, &row_winner_shown, TAKES(K_ID, K_ID, K_INT, K_INT),
	LOG_OF " AND d.place > 0 ORDER BY d.n DESC LIMIT ?4");

static QUERY(drawn_log, READS, &row_winner_shown, TAKES(K_ID, K_ID, K_INT, K_INT), LOG_OF " ORDER BY d.n DESC LIMIT ?4");

/* 林晓 → 林*: that somebody won is public, who it was is theirs to tell. */
static void mask_names(struct arena *a, struct rows rows)
{
	struct winner_shown *list = rows.at;
	for (size_t i = 0; i < rows.count; i++)
		list[i].name = str_format(a, "%.*s**", STR(utf8_cut(list[i].name, 1)));
}

static struct rows places_shown(struct arena *a, const struct draw *d)
{
	const struct draw_place *p = d->places.at;
	struct place_shown *list = arena_take_array(a, d->places.count + 1, sizeof *list);
	for (size_t i = 0; list && i < d->places.count; i++)
		list[i] = (struct place_shown){
			p[i].kind, p[i].title, p[i].note, file_url(a, p[i].picture), p[i].value, p[i].points, p[i].stock, p[i].remaining, p[i].ppm,
			p[i].chances, p[i].lottery,
		};
	return (struct rows){ list, list ? d->places.count : 0 };
}

static struct one order_at(struct request *rq, struct rows orders, int64_t n)
{
	const struct prize_order *o = orders.at;
	for (size_t i = 0; i < orders.count; i++)
		if (o[i].stage_id.n == -n)
			return task_order_of(rq, &o[i]);
	return (struct one){ NULL };
}

static int fill_chances(struct request *rq, const struct participant *me, struct rows *ret)
{
	struct rows entries;
	int r = chances_entries(rq->tx, rq->community, me->id, MINE_SHOWN, &entries);
	struct chance_shown *list = r < 0 ? NULL : arena_take_array(rq->arena, entries.count + 1, sizeof *list);
	if (!list)
		return r < 0 ? r : E_MEMORY;
	const struct chance_entry *e = entries.at;
	for (size_t i = 0; i < entries.count; i++)
		list[i] = (struct chance_shown){ e[i].amount, e[i].reason, e[i].campaign, e[i].at };
	*ret = (struct rows){ list, entries.count };
	return 0;
}

static int fill_mine(struct request *rq, const struct campaign *c, const struct participant *me, struct draw_shown *s)
{
	const struct draw_place *places = c->draw->places.at;
	struct standing_chances chances;
	struct rows lines, orders;
	int r = draw_chances(rq, c, c->draw, me, &chances);
	if (r < 0 || (r = tx_all(rq->tx, &drawn_mine, &lines, V(rq->community), V(c->id), V(me->id))) < 0 ||
	    (r = prize_orders_won(rq->tx, rq->community, me->id, &orders)) < 0 || (r = fill_chances(rq, me, &s->chances)) < 0)
		return r;
	struct mine_shown *list = arena_take_array(rq->arena, lines.count + 1, sizeof *list);
	if (!list)
		return E_MEMORY;
	const struct mine_line *l = lines.at;
	for (size_t i = 0; i < lines.count; i++)
		list[i] = (struct mine_shown){
			l[i].n, l[i].at, l[i].token, l[i].place > 0 ? places[l[i].place - 1].title : S(""), l[i].place, order_at(rq, orders, l[i].n),
		};
	s->mine = (struct rows){ list, lines.count };
	s->left = chances.left, s->drawn = chances.drawn, s->wins = chances.wins;
	s->why = chances.refused ? str_of(err_word(chances.refused)) : S("");
	s->who = draw_who(rq, c, me);
	return 0;
}

int draw_shown(struct request *rq, const struct campaign *c, const struct participant *me, struct one *ret)
{
	const struct draw *d = c->draw;
	struct draw_shown *s;
	int r = 0;
	*ret = (struct one){ NULL };
	if (!d)
		return 0;
	if (!(s = ARENA_NEW(rq->arena, struct draw_shown)))
		return E_MEMORY;
	*s = (struct draw_shown){
		.looks = d->looks, .mode = d->mode, .draw_at = d->draw_at, .lots_at = d->lots_at, .day_chances = d->day_chances, .most = d->most,
		.helps_chance = d->helps_chance, .helps_most = d->helps_most, .wins_day = d->wins_day, .wins_most = d->wins_most,
		.thanks = d->thanks, .places = places_shown(rq->arena, d), .commitment = d->commitment, .rules = d->rules, .last = d->last,
		.seed = draw_is_over(c, d) ? d->seed : S(""), .draws = d->drawn,
	};
	if ((me->id.n && (r = fill_mine(rq, c, me, s)) < 0) ||
	    (r = tx_all(rq->tx, &drawn_winners, &s->winners, V(rq->community), V(c->id), V(INT64_MAX), V((int64_t)WINNERS_SHOWN))) < 0)
		return r;
	mask_names(rq->arena, s->winners);
	ret->at = s;
	return 0;
}

/* ---- The log and the file ----------------------------------------------------------------------------------- */

struct log_query { int64_t after; };
ROW(log_query, FIELD(log_query, after, "The log: only those before this number; the file: only those behind it", .min = 0,
	.max = INT64_MAX, .optional = true));

static QUERY(drawn_lines, READS, &row_proof_line, TAKES(K_ID, K_ID, K_INT, K_INT),
	"SELECT hash, line FROM drawn WHERE community_id = ?1 AND campaign_id = ?2 AND n > ?3 ORDER BY n LIMIT ?4");

static int lottery_of(struct request *rq, struct campaign *c)
{
	struct participant owner;
	int r = campaign_by_slug(rq->tx, rq->path_text, &rq->community, c, &owner);
	return r < 0 ? r : c->draw ? 0 : E_NOT_FOUND;
}

static int get_log(struct request *rq, const void *in, void *out)
{
	const struct log_query *q = in;
	struct page *page = out;
	struct campaign c;
	int64_t before = q->after ? q->after : INT64_MAX;
	int r = lottery_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &drawn_log, &page->rows, V(rq->community), V(c.id), V(before), V((int64_t)LOG_PAGE))) < 0)
		return r;
	const struct winner_shown *lines = page->rows.at;
	mask_names(rq->arena, page->rows);
	page->total = c.draw->drawn;
	if (page->rows.count == LOG_PAGE)
		page->next = str_format(rq->arena, "%lld", (long long)lines[LOG_PAGE - 1].n);
	return 0;
}

static int write_file(struct request *rq, int64_t after, struct body *ret)
{
	struct campaign c;
	int r = lottery_of(rq, &c);
	if (r < 0)
		return r;
	if (!c.draw->commitment.len)
		return E_NOT_FOUND;
	struct proof p = {
		.name = "draws", .counted = "draws", .slug = c.slug, .commitment = c.draw->commitment, .rules = c.draw->rules,
		.seed = c.draw->seed, .last = c.draw->last, .after = after, .total = c.draw->drawn, .over = draw_is_over(&c, c.draw),
	};
	r = tx_all(rq->tx, &drawn_lines, &p.lines, V(rq->community), V(c.id), V(after), V((int64_t)PROOF_LINES));
	return r < 0 ? r : proof_write(rq, &p, LINE_MOST, ret);
}

static int get_file(struct request *rq, const void *in, void *out)
{
	(void)in;
	return write_file(rq, 0, out);
}

static int get_more(struct request *rq, const void *in, void *out)
{
	return write_file(rq, ((const struct log_query *)in)->after, out);
}

static const struct route routes[] = {
	{ "GET", "/api/lottery/{slug}/log",   ROLE_VISITOR, get_log,  &row_log_query, &row_winner_shown, "A lottery's draws, newest first, without whole names", OUT_PAGE },
	{ "GET", "/t/{slug}/draws",           ROLE_VISITOR, get_file, NULL, NULL, "The file of draws, for `quntu verify`; of a long log its first 50,000 lines", OUT_BODY, .makes = "text/plain" },
	{ "GET", "/api/lottery/{slug}/draws", ROLE_VISITOR, get_more, &row_log_query, NULL, "… and 50,000 lines from ?after= on", OUT_BODY, .makes = "text/plain" },
	{ 0 },
};

static const struct query *const queries[] = { &drawn_mine, &drawn_winners, &drawn_log, &drawn_lines, NULL };

const struct feature feature_draw_shown = { .name = "draw_shown", .routes = routes, .queries = queries };
