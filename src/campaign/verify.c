/* verify.c: reads a file of draws and derives everything again: see verify.h and fair.h. */
#include "campaign/verify_read.h"

#include "campaign/fair.h"

#define FORMAT     "quntu-draws-1"
#define STOCK_TOP  INT64_C(1000000000)

/* ---- Rows: the lines of the file ------------------------------------------------------------------- */

struct rules_place { struct str title; int64_t ppm, stock; };
struct rules { struct str format, link, name, mode, zone; int64_t wins_day, wins_most; struct rows places; };
struct entry { int64_t n; struct instant at; struct str day, who, token; struct rows left; int64_t place; };
struct lot { int64_t n, lot, ticket, place; };
struct ending { int64_t draws; struct str seed; };

ROW_PUBLIC(int_item, FIELD(int_item, item, "A number", .min = 0, .max = STOCK_TOP));

ROW(rules_place,
	FIELD(rules_place, title, "Prize", .max = 40),
	FIELD(rules_place, ppm,   "Parts per million", .min = 0, .max = FAIR_WHOLE),
	FIELD(rules_place, stock, "Pieces", .min = 0, .max = STOCK_TOP));

ROW(rules,
	FIELD(rules, format,    "Format", .max = 20),
	FIELD(rules, link,      "Link", .max = 20),
	FIELD(rules, name,      "Campaign", .max = 40),
	FIELD(rules, mode,      "Mode", .one_of = "chance lots"),
	FIELD(rules, zone,      "Time zone of the days", .max = 60),
	FIELD(rules, wins_day,  "Wins a day; 0: no limit", .min = 0, .max = STOCK_TOP),
	FIELD(rules, wins_most, "Wins in all; 0: no limit", .min = 0, .max = STOCK_TOP),
	FIELD(rules, places,    "Prizes in order", .of = &row_rules_place, .min = 1, .max = FAIR_PLACES));

#define ENTRY \
	FIELD(entry, n,     "Number", .min = 1, .max = STOCK_TOP), \
	FIELD(entry, at,    "When"), \
	FIELD(entry, day,   "Day", .max = 10, .pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}"), \
	FIELD(entry, who,   "Whose", .min = 1, .max = 40), \
	FIELD(entry, token, "Token", .max = 40, .pattern = "[A-Za-z0-9_-]{16,40}")

static const struct field ticket_fields[] = { ENTRY };
static const struct row row_ticket_entry = {
	"ticket_entry", sizeof(struct entry), ticket_fields, sizeof ticket_fields / sizeof *ticket_fields,
};

ROW(entry, ENTRY,
	FIELD(entry, left,  "Stock before", .of = &row_int_item, .max = FAIR_PLACES),
	FIELD(entry, place, "Result", .min = 0, .max = FAIR_PLACES));

ROW(lot,
	FIELD(lot, n,      "Number", .min = 1, .max = STOCK_TOP),
	FIELD(lot, lot,    "Which lot", .min = 1, .max = STOCK_TOP),
	FIELD(lot, ticket, "The ticket", .min = 1, .max = STOCK_TOP),
	FIELD(lot, place,  "The prize", .min = 1, .max = FAIR_PLACES));

ROW(ending,
	FIELD(ending, draws, "How many lines", .min = 0, .max = STOCK_TOP),
	FIELD(ending, seed,  "The seed", .max = FAIR_HEX, .pattern = "[0-9a-f]{64}"));

/* ---- What is known while reading ---------------------------------------------------------------------- */

struct win { struct str who, day; int64_t line; };
struct ticket { int64_t n; struct str who; };

struct reading {
	struct verify_read in;
	struct rules     rules;
	struct fair_seed seed;
	struct str       last_ticket;
	int64_t          left[FAIR_PLACES];           /* at least so many before the next draw */
	struct win      *wins;
	struct ticket   *tickets;                     /* still in */
	size_t           win_count, win_room, ticket_count, ticket_room;
	int64_t          lots, lots_of[FAIR_PLACES], lot_place;
};

#define FIND(f, zh, en) VERIFY_FIND(&(f)->in, zh, en)
#define FIND_N(f, zh, en, ...) VERIFY_FIND_N(&(f)->in, zh, en, __VA_ARGS__)

/* ---- The parts of the file ------------------------------------------------------------------------------ */

static void read_rules(struct reading *f, struct str json)
{
	char want[FAIR_HEX + 1];
	struct complaint why;
	if (row_read_json(&row_rules, json, f->in.arena, &f->rules, &why) < 0 || !str_is(f->rules.format, FORMAT)) {
		FIND(f, "第一行不是抽奖规则，或者格式不认识。请从活动页重新下载整个文件。",
		     "The first line is not the rules, or of an unknown format. Take the whole file from the lottery's page again.");
		f->rules.places.count = 0;
		return;
	}
	f->in.v->name = f->rules.name;
	const struct rules_place *places = f->rules.places.at;
	for (size_t i = 0; i < f->rules.places.count; i++)
		f->left[i] = places[i].stock;
	if (!f->in.v->revealed)
		return;
	fair_commit(&f->seed, json, want);
	if (!str_is(f->in.hash, want))
		FIND(f, "承诺值对不上：种子或规则被改过。", "The commitment is not that of this seed and these rules: one of them was changed.");
}

static void check_stock(struct reading *f, const struct entry *e)
{
	const struct int_item *left = e->left.at;
	if (e->left.count != f->rules.places.count)
		return FIND(f, "库存的件数和规则里的奖品数不一样。", "The stock does not list the prizes of the rules.");
	for (size_t i = 0; i < e->left.count; i++) {
		if (left[i].item < f->left[i])
			FIND_N(f, "第 %zu 件奖品的库存少了 %lld 份，却没有人抽中。", "The stock of prize %zu fell by %lld although nobody won it.", i + 1,
			       (long long)(f->left[i] - left[i].item));
		f->in.v->restocked += left[i].item > f->left[i] ? left[i].item - f->left[i] : 0;
		f->left[i] = left[i].item;
	}
}

static bool keep_win(struct reading *f, const struct entry *e)
{
	if (!verify_grow(f->in.arena, (void **)&f->wins, f->win_count, &f->win_room, sizeof *f->wins))
		return false;
	f->wins[f->win_count++] = (struct win){ str_copy(f->in.arena, e->who), str_copy(f->in.arena, e->day), f->in.line };
	return true;
}

static bool read_entry(struct reading *f, struct str before, struct str json)
{
	const struct rules_place *rules = f->rules.places.at;
	struct fair_place places[FAIR_PLACES];
	struct entry e;
	if (!verify_row(&f->in, &row_entry, json, &e)) {
		FIND(f, "这一行读不懂。", "This line cannot be read.");
		return true;
	}
	verify_follow(&f->in, before, json, e.n);
	check_stock(f, &e);
	for (size_t i = 0; i < f->rules.places.count; i++)
		places[i] = (struct fair_place){ rules[i].ppm, f->left[i] };
	if (!fair_any(places, f->rules.places.count))
		FIND(f, "奖品已经抽完，不应该再有抽奖。", "Nothing was left: this draw should not have happened.");
	else if (f->in.v->revealed) {
		int64_t want = fair_draw(&f->seed, e.n, e.token, places, f->rules.places.count);
		if (want != e.place)
			FIND_N(f, "由种子推出的结果是 %lld，文件里写的是 %lld（0 为未中奖）。",
			       "The seed gives result %lld, the file says %lld (0: no prize).", (long long)want, (long long)e.place);
	}
	f->in.v->draws++;
	if (e.place <= 0 || (size_t)e.place > f->rules.places.count)
		return true;
	f->left[e.place - 1] -= f->left[e.place - 1] > 0;
	f->in.v->wins++;
	return keep_win(f, &e);
}

static int64_t lots_won(const struct reading *f, struct str who)
{
	int64_t n = 0;
	for (size_t i = 0; i < f->win_count; i++)
		n += str_equal(f->wins[i].who, who);
	return n;
}

static void take_out(struct reading *f, size_t which, bool whole)
{
	struct str who = f->tickets[which].who;
	size_t kept = 0;
	for (size_t i = 0; i < f->ticket_count; i++)
		if (i != which && !(whole && str_equal(f->tickets[i].who, who)))
			f->tickets[kept++] = f->tickets[i];
	f->ticket_count = kept;
}

static bool read_lot(struct reading *f, struct str before, struct str json, const struct lot *l)
{
	const struct rules_place *rules = f->rules.places.at;
	verify_follow(&f->in, before, json, l->n);
	if (l->lot != ++f->lots)
		FIND_N(f, "应为第 %lld 签，却是第 %lld 签。", "Lot %lld is due, but this is lot %lld.", (long long)f->lots, (long long)l->lot);
	if (f->lots == 1)
		f->last_ticket = str_copy(f->in.arena, before);
	if ((size_t)l->place > f->rules.places.count)
		return FIND(f, "没有这件奖品。", "There is no such prize."), true;
	for (int64_t i = f->lot_place ? f->lot_place : 1; i < l->place; i++)
		if (f->lots_of[i - 1] < rules[i - 1].stock)
			FIND_N(f, "第 %lld 件奖品还没有抽完，就开始抽后面的。", "Prize %lld was passed over before its pieces were drawn.", (long long)i);
	if (l->place < f->lot_place)
		FIND(f, "奖品没有按顺序抽。", "The prizes were not drawn in order.");
	f->lot_place = l->place;
	f->lots_of[l->place - 1]++;
	f->in.v->wins++;
	if (!f->ticket_count)
		return FIND(f, "已经没有可抽的票。", "No ticket was left to draw."), true;
	if (!f->in.v->revealed)
		return true;
	size_t which = (size_t)fair_lot(&f->seed, f->lots, f->last_ticket, (int64_t)f->ticket_count);
	struct ticket t = f->tickets[which];
	if (t.n != l->ticket)
		FIND_N(f, "由种子推出的是第 %lld 号票，文件里写的是第 %lld 号。", "The seed gives ticket %lld, the file says %lld.",
		       (long long)t.n, (long long)l->ticket);
	if (!verify_grow(f->in.arena, (void **)&f->wins, f->win_count, &f->win_room, sizeof *f->wins))
		return false;
	f->wins[f->win_count++] = (struct win){ t.who, S(""), f->in.line };
	take_out(f, which, f->rules.wins_most && lots_won(f, t.who) >= f->rules.wins_most);
	return true;
}

static bool read_ticket(struct reading *f, struct str before, struct str json)
{
	struct entry e;
	struct lot l;
	if (!verify_row(&f->in, &row_ticket_entry, json, &e)) {
		if (verify_row(&f->in, &row_lot, json, &l))
			return read_lot(f, before, json, &l);
		FIND(f, "这一行读不懂。", "This line cannot be read.");
		return true;
	}
	verify_follow(&f->in, before, json, e.n);
	f->in.v->draws++;
	if (f->lots)
		FIND(f, "开奖之后又出现了新的票。", "A ticket stands behind the first lot.");
	if (f->ticket_count >= VERIFY_TICKETS)
		return true;
	if (!verify_grow(f->in.arena, (void **)&f->tickets, f->ticket_count, &f->ticket_room, sizeof *f->tickets))
		return false;
	f->tickets[f->ticket_count++] = (struct ticket){ e.n, str_copy(f->in.arena, e.who) };
	return true;
}

static void read_ending(struct reading *f, struct str before, struct str json, const struct ending *e)
{
	char want[FAIR_HEX + 1];
	fair_chain(before, json, want);
	if (!str_is(f->in.hash, want))
		FIND(f, "哈希对不上：最后一行或它前面的一行被改过。", "The hash does not follow: the last line, or the one before it, was changed.");
	if (e->draws != f->in.n)
		FIND_N(f, "应有 %lld 行抽奖，文件里到 %lld 为止。", "There should be %lld draws; the file has %lld.", (long long)e->draws, (long long)f->in.n);
}

/* Pieces were left, and so were tickets. */
static void check_lots(struct reading *f)
{
	const struct rules_place *rules = f->rules.places.at;
	for (size_t i = 0; f->in.v->revealed && str_is(f->rules.mode, "lots") && f->ticket_count && i < f->rules.places.count; i++)
		if (f->lots_of[i] < rules[i].stock)
			FIND_N(f, "第 %zu 件奖品有 %lld 份，只抽了 %lld 份。", "Of prize %zu there were %lld pieces; only %lld were drawn.", i + 1,
			       (long long)rules[i].stock, (long long)f->lots_of[i]);
}

/* ---- Limits of wins --------------------------------------------------------------------------------------- */

static int by_person(const void *a, const void *b)
{
	const struct win *x = a, *y = b;
	int r = str_compare(x->who, y->who);
	return r ? r : x->line < y->line ? -1 : x->line > y->line;
}

static void check_limits(struct reading *f)
{
	int64_t all = 0, today = 0;
	if (!f->win_count)
		return;
	qsort(f->wins, f->win_count, sizeof *f->wins, by_person);
	for (size_t i = 0; i < f->win_count; i++) {
		bool same = i && str_equal(f->wins[i].who, f->wins[i - 1].who);
		all = same ? all + 1 : 1;
		today = same && str_equal(f->wins[i].day, f->wins[i - 1].day) ? today + 1 : 1;
		f->in.line = f->wins[i].line;
		if (f->rules.wins_most && all > f->rules.wins_most)
			FIND(f, "这个人中奖的次数超过了规则的上限。", "This person won more often than the rules allow.");
		else if (f->rules.wins_day && f->wins[i].day.len && today > f->rules.wins_day)
			FIND(f, "这个人一天里中奖的次数超过了规则的上限。", "This person won more often in a day than the rules allow.");
	}
}

/* ---- The whole file ------------------------------------------------------------------------------------------ */

/* The seed stands last, and is needed first. */
static void look_ahead(struct reading *f, struct str file)
{
	struct str hash, json;
	struct ending e;
	if (verify_split(verify_last(file), &hash, &json) && verify_row(&f->in, &row_ending, json, &e))
		f->in.v->revealed = fair_seed_read(e.seed, &f->seed);
}

static bool read_line(struct reading *f, struct str before, struct str json, bool is_last)
{
	struct ending e;
	arena_reset(&f->in.line_arena);
	if (is_last && f->in.v->revealed && verify_row(&f->in, &row_ending, json, &e)) {
		read_ending(f, before, json, &e);
		return true;
	}
	return str_is(f->rules.mode, "lots") ? read_ticket(f, before, json) : read_entry(f, before, json);
}

static int read_all(struct reading *f, struct str rest)
{
	struct str before = { 0 }, json;
	for (; verify_next(&f->in, &rest, &json); before = f->in.hash) {
		if (f->in.line == 1)
			read_rules(f, json);
		else if (f->rules.places.count && !read_line(f, before, json, !str_trim(rest).len))
			return E_MEMORY;
	}
	return 0;
}

int draws_verify(struct str file, struct arena *arena, struct verified *ret)
{
	struct verified v = { 0 };
	struct reading f = { .in = { .arena = arena, .v = &v } };
	arena_init(&f.in.line_arena, VERIFY_LINE);
	look_ahead(&f, file);
	int r = read_all(&f, file);
	if (r == 0 && !f.rules.places.count && !v.wrong)
		FIND(&f, "文件是空的。", "The file is empty.");
	if (r == 0) {
		check_lots(&f);
		check_limits(&f);
	}
	arena_free(&f.in.line_arena);
	if (r < 0 || arena_failed(arena))
		return E_MEMORY;
	*ret = v;
	return 0;
}
