/* desk.c: the operator's side of a lottery: its settings, the seed at publishing, chances given by hand, the list of draws.
 *
 * Story      The operator sets up eight prizes with their chances, a draw a day, one more for every two friends. The check says
 *            what is missing; publishing makes the seed and shows its commitment. When the flasks run low she adds twenty:
 *            that is all that can still change. A member whose phone broke gets a chance by hand, with a reason.
 * Owns       draw, draw_place.
 * Holds      See draw.h. The seed leaves the store only after the end.
 * Test       draw_test.c.
 */
#include "campaign/draw/draw.h"

#include "people/audit.h"

#define LIST_MOST 200
#define LOOKS     "wheel grid slot"
#define MODES     "chance lots"

/* ---- Rows ------------------------------------------------------------------------------------- */

#define PLACE_DRAFT \
	FIELD(draw_place, id,      "Prize; empty: a new one", .optional = true), \
	FIELD(draw_place, kind,    "How it is given", .one_of = "physical onsite code link points money chances"), \
	FIELD(draw_place, title,   "What it is", .min = 1, .max = 40), \
	FIELD(draw_place, note,    "How to use it, where, until when", .max = 500, .lines = true, .optional = true), \
	FIELD(draw_place, picture, "Key of a picture", .max = 22, .optional = true), \
	FIELD(draw_place, value,   "What it is worth, in fen", .min = 0, .max = 100000000), \
	FIELD(draw_place, link,    "Of kind link", .max = 1000, .pattern = "(https?://[^ ]+)?", .optional = true), \
	FIELD(draw_place, points,  "Of kind points", .min = 0, .max = 1000000, .optional = true), \
	FIELD(draw_place, stock,   "How many there are", .min = 0, .max = STOCK_MAX), \
	FIELD(draw_place, redeem_days, "Of kind onsite: to be redeemed within so many days of winning; 0: no end", .min = 0, .max = 3650, \
	      .optional = true), \
	FIELD(draw_place, chances, "Of kind chances: so many draws …", .min = 0, .max = PRIZE_CHANCES_MAX, .optional = true), \
	FIELD(draw_place, lottery_id, "… in this other lottery", .optional = true), \
	FIELD(draw_place, ppm,     "How likely, in parts per million", .min = 0, .max = FAIR_WHOLE, .optional = true)

static const struct field place_draft_fields[] = { PLACE_DRAFT };
static const struct row row_place_draft = {
	"draw_place_draft", sizeof(struct draw_place), place_draft_fields, sizeof place_draft_fields / sizeof *place_draft_fields,
};
ROW_PUBLIC(draw_place, PLACE_DRAFT,
	FIELD(draw_place, remaining, "How many are left"),
	FIELD(draw_place, codes,     "Of kind code: how many codes were loaded"),
	FIELD(draw_place, lottery,   "Of kind chances: the other lottery's name"));

#define DRAW_DRAFT \
	FIELD(draw, looks,        "How the page draws", .one_of = LOOKS), \
	FIELD(draw, mode,         "At once by chance, or tickets and winners at an instant", .one_of = MODES), \
	FIELD(draw, draw_at,      "Of lots: when the winners are drawn", .optional = true), \
	FIELD(draw, day_chances,  "Free chances of a day; they lapse with it", .min = 0, .max = 100), \
	FIELD(draw, most,         "Draws of one person in all; 0: no limit", .min = 0, .max = CHANCES_MOST), \
	FIELD(draw, helps_chance, "So many helps give a chance more; 0: none do", .min = 0, .max = 100), \
	FIELD(draw, helps_most,   "Chances from helps at most", .min = 0, .max = 100), \
	FIELD(draw, wins_day,     "Wins of one person a day; 0: no limit", .min = 0, .max = 100), \
	FIELD(draw, wins_most,    "Wins of one person in all; 0: no limit", .min = 0, .max = CHANCES_MOST), \
	FIELD(draw, thanks,       "What no prize is called", .max = 12, .optional = true)

static const struct field draw_draft_fields[] = {
	DRAW_DRAFT,
	FIELD(draw, places, "Prizes in order", .of = &row_place_draft, .max = FAIR_PLACES),
};
static const struct row row_draw_draft = {
	"draw_draft", sizeof(struct draw), draw_draft_fields, sizeof draw_draft_fields / sizeof *draw_draft_fields,
};

#define DRAW_KEPT \
	DRAW_DRAFT, \
	FIELD(draw, seed,       "The seed; empty before the end"), \
	FIELD(draw, rules,      "The line that the commitment covers; empty before publishing"), \
	FIELD(draw, commitment, "What was promised at publishing"), \
	FIELD(draw, drawn,      "Lines of the log"), \
	FIELD(draw, last,       "Hash of the newest line"), \
	FIELD(draw, lots_at,    "Of lots: when they were drawn", .optional = true)

ROW(draw, DRAW_KEPT);

static const struct field draw_whole_fields[] = {
	DRAW_KEPT,
	FIELD(draw, places, "Prizes in order", .of = &row_draw_place),
};
static const struct row row_draw_whole = {
	"draw_whole", sizeof(struct draw), draw_whole_fields, sizeof draw_whole_fields / sizeof *draw_whole_fields,
};

struct draw_query { int64_t after; bool wins; int64_t limit; };
struct draw_line {
	int64_t        n;
	struct id      participant_id;
	struct str     nickname, who, token, title;
	bool           free;
	int64_t        place;
	struct instant at;
};

ROW(draw_query,
	FIELD(draw_query, after, "Only those before this number", .min = 0, .max = INT64_MAX, .optional = true),
	FIELD(draw_query, wins,   "Only those that won", .optional = true),
	FIELD(draw_query, limit,  "How many", .min = 0, .max = LIST_MOST, .optional = true));

ROW(draw_line,
	FIELD(draw_line, n,              "Number"),
	FIELD(draw_line, participant_id, "Whose"),
	FIELD(draw_line, nickname,       "… by name"),
	FIELD(draw_line, who,            "Their mark in the file of draws"),
	FIELD(draw_line, token,          "Made by their browser; of a lot: which"),
	FIELD(draw_line, title,          "The prize; empty: none"),
	FIELD(draw_line, free,           "A day's own chance; else one that was gained"),
	FIELD(draw_line, place,          "Place of the prize; 0: none, -1: a ticket"),
	FIELD(draw_line, at,             "When"));

struct chances_given { int64_t amount; struct str reason, key; };
struct chances_left { int64_t balance; struct rows entries; };

ROW(chances_given,
	FIELD(chances_given, amount, "How many", .min = 1, .max = 100),
	FIELD(chances_given, reason, "Why, for colleagues", .min = 2, .max = 100),
	FIELD(chances_given, key,    "Names this giving: sent twice, it happens once", .min = 8, .max = 40, .pattern = "[A-Za-z0-9_-]+"));

ROW(chances_left,
	FIELD(chances_left, balance, "Chances that were gained and not spent"),
	FIELD(chances_left, entries, "The ledger behind it, newest first", .of = &row_chance_entry));

/* ---- Rules: no store, no clock ------------------------------------------------------------------ */

struct prize draw_prize(const struct draw_place *p)
{
	return (struct prize){
		.id = p->id, .kind = p->kind, .title = p->title, .note = p->note, .picture = p->picture, .value = p->value, .link = p->link,
		.points = p->points, .stock = p->stock, .redeem_days = p->redeem_days,
		.remaining = p->remaining, .codes = p->codes, .chances = p->chances, .lottery_id = p->lottery_id, .lottery = p->lottery,
	};
}

bool draw_is_over(const struct campaign *c, const struct draw *d)
{
	return str_is(c->state, "ended") && (str_is(d->mode, "chance") || d->lots_at.ms);
}

static const struct draw_place *place_of(const struct draw *d, struct id prize)
{
	const struct draw_place *places = d->places.at;
	for (size_t i = 0; prize.n && i < d->places.count; i++)
		if (places[i].id.n == prize.n)
			return &places[i];
	return NULL;
}

/* The first field that was promised and would change; empty: only looks, notes and pictures, and stock that grows. */
static struct str breaks_promise(const struct draw *before, const struct draw *after)
{
	const struct { bool worse; const char *field; } looks[] = {
		{ !str_equal(before->mode, after->mode), "mode" },
		{ before->draw_at.ms != after->draw_at.ms, "draw_at" },
		{ before->day_chances != after->day_chances, "day_chances" },
		{ before->most != after->most, "most" },
		{ before->helps_chance != after->helps_chance, "helps_chance" },
		{ before->helps_most != after->helps_most, "helps_most" },
		{ before->wins_day != after->wins_day, "wins_day" },
		{ before->wins_most != after->wins_most, "wins_most" },
		{ before->places.count != after->places.count, "places" },
	};
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
		if (looks[i].worse)
			return str_of(looks[i].field);
	const struct draw_place *was = before->places.at, *is = after->places.at;
	for (size_t i = 0; i < before->places.count; i++)
		if (was[i].id.n != is[i].id.n || was[i].ppm != is[i].ppm || is[i].stock < was[i].stock || was[i].value.fen != is[i].value.fen
		    || was[i].points != is[i].points || was[i].chances != is[i].chances || was[i].lottery_id.n != is[i].lottery_id.n
		    || !str_equal(was[i].kind, is[i].kind) || !str_equal(was[i].title, is[i].title))
			return S("places");
	return S("");
}

/* What the commitment covers, on one line. */
static int rules_line(struct request *rq, const struct campaign *c, const struct draw *d, struct str zone, struct str *ret)
{
	const struct draw_place *places = d->places.at;
	BUF_SCOPED b;
	buf_init(&b, 64 << 10);
	buf_z(&b, "{\"format\":\"quntu-draws-1\",\"link\":");
	buf_json(&b, c->slug);
	buf_z(&b, ",\"name\":");
	buf_json(&b, c->name);
	buf_z(&b, ",\"mode\":");
	buf_json(&b, d->mode);
	buf_z(&b, ",\"zone\":");
	buf_json(&b, zone);
	buf_format(&b, ",\"wins_day\":%lld,\"wins_most\":%lld,\"places\":[", (long long)d->wins_day, (long long)d->wins_most);
	for (size_t i = 0; i < d->places.count; i++) {
		buf_z(&b, i ? ",{\"title\":" : "{\"title\":");
		buf_json(&b, places[i].title);
		buf_format(&b, ",\"ppm\":%lld,\"stock\":%lld}", (long long)places[i].ppm, (long long)places[i].stock);
	}
	buf_z(&b, "]}");
	*ret = str_copy(rq->arena, buf_view(&b));
	return buf_failed(&b) || !ret->len ? E_MEMORY : 0;
}

/* ---- Actions: settings ------------------------------------------------------------------------------ */

static QUERY(draw_by_campaign, READS, &row_draw, TAKES(K_ID, K_ID),
	"SELECT looks, mode, draw_at, day_chances, most, helps_chance, helps_most, wins_day, wins_most, thanks, seed, rules, commitment,"
	" drawn, last, lots_at FROM draw WHERE community_id = ?1 AND campaign_id = ?2");

static QUERY(draw_places, READS, &row_draw_place, TAKES(K_ID, K_ID),
	"SELECT p.id, p.kind, p.title, p.note, p.picture, p.value, p.link, p.points, p.stock, p.redeem_days, p.chances, p.lottery_id, d.ppm,"
	" COALESCE(" BALANCE_OF("p.community_id", "'stock'", "p.id") ", 0) AS remaining,"
	" (SELECT count(*) FROM prize_code k WHERE k.community_id = p.community_id AND k.prize_id = p.id) AS codes,"
	" " PRIZE_LOTTERY " AS lottery"
	" FROM draw_place d JOIN prize p ON p.community_id = d.community_id AND p.id = d.prize_id"
	" WHERE d.community_id = ?1 AND d.campaign_id = ?2 ORDER BY d.place LIMIT 12");

static QUERY(draw_put, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT, K_INT, K_INT, K_INT, K_INT, K_INT, K_INT, K_STR),
	"INSERT INTO draw (community_id, campaign_id, looks, mode, draw_at, day_chances, most, helps_chance, helps_most, wins_day,"
	" wins_most, thanks, seed, rules, commitment, drawn, last, lots_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, '', '', '', 0, '', 0)"
	" ON CONFLICT (community_id, campaign_id) DO UPDATE SET looks = excluded.looks, mode = excluded.mode,"
	" draw_at = excluded.draw_at, day_chances = excluded.day_chances, most = excluded.most, helps_chance = excluded.helps_chance,"
	" helps_most = excluded.helps_most, wins_day = excluded.wins_day, wins_most = excluded.wins_most, thanks = excluded.thanks");

static QUERY(draw_place_put, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_ID, K_INT),
	"INSERT INTO draw_place (community_id, campaign_id, place, prize_id, ppm) VALUES (?1, ?2, ?3, ?4, ?5)");

static QUERY(draw_places_drop, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM draw_place WHERE community_id = ?1 AND campaign_id = ?2");

int draw_get(struct tx *tx, struct id community, struct id campaign, struct draw *ret)
{
	struct draw d = { .looks = S("wheel"), .mode = S("chance"), .day_chances = 1, .wins_most = 1 };
	int r = tx_one(tx, &draw_by_campaign, &d, V(community), V(campaign));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if ((r = tx_all(tx, &draw_places, &d.places, V(community), V(campaign))) < 0)
		return r;
	*ret = d;
	return 0;
}

/* The list is replaced; a prize that is named again keeps its row and its stock. */
static int places_save(struct request *rq, const struct campaign *c, const struct draw *known, const struct draw *draft)
{
	const struct draw_place *was = known->places.at, *is = draft->places.at;
	int r = tx_run(rq->tx, &draw_places_drop, V(rq->community), V(c->id));
	for (size_t i = 0; r >= 0 && i < known->places.count; i++)
		if (!place_of(draft, was[i].id)) {
			struct prize gone = draw_prize(&was[i]);
			r = prize_forget(rq, c->id, &gone);
		}
	for (size_t i = 0; r >= 0 && i < draft->places.count; i++) {
		const struct draw_place *before = place_of(known, is[i].id);
		struct prize p = draw_prize(&is[i]), old = before ? draw_prize(before) : (struct prize){ 0 };
		for (size_t k = 0; before && k < i; k++)
			if (is[k].id.n == is[i].id.n)
				return rq_complain(rq, E_INVALID, str_format(rq->arena, "places[%zu].id", i));
		if ((r = chances_check(rq, &p, before ? &old : NULL, str_format(rq->arena, "places[%zu].lottery_id", i))) >= 0 &&
		    (r = prize_save(rq, c->id, (struct id){ 0 }, (int64_t)i, &p, before ? &old : NULL)) >= 0)
			r = tx_run(rq->tx, &draw_place_put, V(rq->community), V(c->id), V((int64_t)i + 1), V(p.id), V(is[i].ppm));
	}
	return r < 0 ? r : 0;
}

static int draw_save(struct request *rq, const struct campaign *c, const struct draw *known, const struct draw *d)
{
	if (str_is(d->mode, "lots") && !d->draw_at.ms)
		return rq_complain(rq, E_MISSING_FIELD, S("draw_at"));
	int r = tx_run(rq->tx, &draw_put, V(rq->community), V(c->id), V(d->looks), V(d->mode), V(d->draw_at), V(d->day_chances),
	               V(d->most), V(d->helps_chance), V(d->helps_most), V(d->wins_day), V(d->wins_most), V(d->thanks));
	return r < 0 ? r : places_save(rq, c, known, d);
}

/* ---- Actions: publishing ----------------------------------------------------------------------------- */

static QUERY(draw_commit, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR),
	"UPDATE draw SET seed = ?3, rules = ?4, commitment = ?5, last = ?5 WHERE community_id = ?1 AND campaign_id = ?2 AND seed = ''");

int draw_publish(struct request *rq, const struct campaign *c)
{
	struct fair_seed seed;
	char hex[FAIR_HEX + 1], commitment[FAIR_HEX + 1];
	struct community community;
	struct str rules;
	int r = community_get(rq->tx, rq->community, &community);
	if (r < 0 || (r = rules_line(rq, c, c->draw, community.timezone, &rules)) < 0)
		return r;
	fair_seed_make(&seed);
	fair_seed_hex(&seed, hex);
	fair_commit(&seed, rules, commitment);
	r = tx_run(rq->tx, &draw_commit, V(rq->community), V(c->id), V(str_of(hex)), V(rules), V(str_of(commitment)));
	return r < 0 ? r : audit_note(rq, "draw_committed", c->id, str_of(commitment));
}

/* ---- API ------------------------------------------------------------------------------------------------ */

static int lottery_get(struct request *rq, struct campaign *ret)
{
	int r = campaign_get(rq->tx, rq->community, rq->path_id, ret);
	return r < 0 ? r : ret->draw ? 0 : E_NOT_FOUND;
}

static int show_draw(struct request *rq, const struct campaign *c, struct draw *ret)
{
	struct draw d;
	int r = draw_get(rq->tx, rq->community, c->id, &d);
	if (r < 0)
		return r;
	if (!draw_is_over(c, &d))
		d.seed = S("");
	*ret = d;
	return 0;
}

static int get_draw(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	(void)in;
	int r = lottery_get(rq, &c);
	return r < 0 ? r : show_draw(rq, &c, out);
}

static int put_draw(struct request *rq, const void *in, void *out)
{
	const struct draw *d = in;
	struct campaign c;
	int r = lottery_get(rq, &c);
	if (r < 0)
		return r;
	if (str_is(c.state, "ended"))
		return E_ALREADY_ENDED;
	struct str broken = c.published_at.ms ? breaks_promise(c.draw, d) : S("");
	if (broken.len)
		return rq_complain(rq, E_PUBLISHED, broken);
	if ((r = draw_save(rq, &c, c.draw, d)) < 0 || (r = campaign_get(rq->tx, rq->community, c.id, &c)) < 0)
		return r;
	if ((r = campaign_recheck(rq, &c)) < 0)
		return r;
	r = event_emit(rq->tx, rq->community, &campaign_events[CAMPAIGN_CHANGED],
	               &(struct event){ .subject = c.id, .actor = rq->account, .word = S("draw") });
	if (r < 0 || (r = audit_note(rq, "draw_changed", c.id, c.name)) < 0)
		return r;
	return show_draw(rq, &c, out);
}

static QUERY(draw_lines, READS, &row_draw_line, TAKES(K_ID, K_ID, K_INT, K_BOOL, K_INT),
	"SELECT d.n, d.participant_id, COALESCE(p.nickname, '') AS nickname, d.who, d.token, COALESCE(z.title, '') AS title, d.free,"
	" d.place, d.at FROM drawn d LEFT JOIN participant p ON p.community_id = d.community_id AND p.id = d.participant_id"
	" LEFT JOIN draw_place l ON l.community_id = d.community_id AND l.campaign_id = d.campaign_id AND l.place = d.place"
	" LEFT JOIN prize z ON z.community_id = l.community_id AND z.id = l.prize_id"
	" WHERE d.community_id = ?1 AND d.campaign_id = ?2 AND d.n < ?3 AND (NOT ?4 OR d.place > 0) ORDER BY d.n DESC LIMIT ?5");

static int get_draws(struct request *rq, const void *in, void *out)
{
	const struct draw_query *q = in;
	struct page *page = out;
	struct campaign c;
	int64_t before = q->after ? q->after : INT64_MAX, limit = q->limit ? q->limit : 50;
	int r = lottery_get(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &draw_lines, &page->rows, V(rq->community), V(c.id), V(before), V(q->wins), V(limit))) < 0)
		return r;
	const struct draw_line *lines = page->rows.at;
	page->total = q->wins ? -1 : c.draw->drawn;
	if ((int64_t)page->rows.count == limit)
		page->next = str_format(rq->arena, "%lld", (long long)lines[page->rows.count - 1].n);
	return 0;
}

static int show_chances(struct request *rq, struct id participant, struct chances_left *ret)
{
	struct chances_left left;
	int r = ledger_balance(rq->tx, rq->community, &book_chances, participant, &left.balance);
	if (r < 0 || (r = chances_entries(rq->tx, rq->community, participant, LIST_MOST, &left.entries)) < 0)
		return r;
	*ret = left;
	return 0;
}

static int get_chances(struct request *rq, const void *in, void *out)
{
	struct participant p;
	(void)in;
	int r = participant_get(rq->tx, rq->community, rq->path_id, &p);
	return r < 0 ? r : show_chances(rq, p.id, out);
}

static int post_chances(struct request *rq, const void *in, void *out)
{
	const struct chances_given *given = in;
	struct participant p;
	struct campaign c;
	int r = participant_get(rq->tx, rq->community, rq->path_id, &p);
	if (r < 0 || (r = campaign_get(rq->tx, rq->community, p.campaign_id, &c)) < 0)
		return r;
	if (!c.draw)
		return E_NOT_FOUND;
	struct posting posting = {
		.to = { &book_chances, p.id, 0 }, .amount = given->amount, .key = str_format(rq->arena, "given %.*s", STR(given->key)),
		.reason = S("given"), .source = c.id, .actor = rq->account,
	};
	r = chances_post(rq->tx, rq->community, c.id, &posting);
	if (r < 0 || (r > 0 && (r = audit_note(rq, "chances_given", p.id, given->reason)) < 0))
		return r;
	return show_chances(rq, p.id, out);
}

/* ---- Declaration --------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/campaigns/{id}/draw",       ROLE_READER,   get_draw,     NULL, &row_draw_whole, "What a lottery draws; the seed only after the end" },
	{ "PUT",  "/campaigns/{id}/draw",       ROLE_OPERATOR, put_draw,     &row_draw_draft, &row_draw_whole, "Save it; once published, only stock grows" },
	{ "GET",  "/campaigns/{id}/draws",      ROLE_READER,   get_draws,    &row_draw_query, &row_draw_line, "Draws, newest first", OUT_PAGE },
	{ "GET",  "/participants/{id}/chances", ROLE_READER,   get_chances,  NULL, &row_chances_left, "Chances a participant gained, and the ledger behind them" },
	{ "POST", "/participants/{id}/chances", ROLE_OPERATOR, post_chances, &row_chances_given, &row_chances_left, "Give a participant chances" },
	{ 0 },
};

static const struct query *const queries[] = {
	&draw_by_campaign, &draw_places, &draw_put, &draw_place_put, &draw_places_drop, &draw_commit, &draw_lines, NULL,
};

const struct feature feature_draw = { .name = "draw", .api = "campaigns", .routes = routes, .queries = queries };
