/* verify_packet.c: reads a file of red packets and derives every share again: see verify.h, fair.h and packet/shown.c.
 *
 * Holds      Of a packet: what it was split into follows from its seed, and that from what was said when it was opened; a turn is
 *            the lowest that is free, one person has one, and it is full exactly when all turns are taken. After the end: each
 *            packet's seed is that of the campaign's.
 */
#include "campaign/verify_read.h"

#include "campaign/fair.h"

#define TOP INT64_C(1000000000)

/* ---- Rows: the lines of the file ------------------------------------------------------------------- */

struct rules { struct str format, link, name; int64_t total, shares, least; struct str split, due; };
struct act {
	int64_t        n;
	struct instant at;
	int64_t        packet, turn;
	struct str     who, token, commitment, end, seed;
	bool           back;
	struct rows    fen;
};
struct ending { int64_t lines; struct str seed; };

ROW_AS(packet_rules, rules,
	FIELD(rules, format, "Format", .max = 20),
	FIELD(rules, link,   "Link", .max = 20),
	FIELD(rules, name,   "Campaign", .max = 40),
	FIELD(rules, total,  "Fen in a packet", .min = 1, .max = TOP),
	FIELD(rules, shares, "Shares", .min = 1, .max = FAIR_SHARES),
	FIELD(rules, least,  "Fen of the smallest", .min = 0, .max = TOP),
	FIELD(rules, split,  "Split", .one_of = "lucky even"),
	FIELD(rules, due,    "Due", .one_of = "full once"));

#define HEAD \
	FIELD(act, n,      "Number", .min = 1, .max = TOP), \
	FIELD(act, at,     "When"), \
	FIELD(act, packet, "Packet", .min = 1, .max = TOP)

ROW_AS(packet_opened, act, HEAD,
	FIELD(act, who,        "Whose", .min = 1, .max = 40),
	FIELD(act, token,      "Token", .max = 40, .pattern = "[A-Za-z0-9_-]{16,40}"),
	FIELD(act, commitment, "Commitment", .max = FAIR_HEX, .pattern = "[0-9a-f]{64}"));

ROW_AS(packet_taken, act, HEAD,
	FIELD(act, turn, "Share", .min = 1, .max = FAIR_SHARES),
	FIELD(act, who,  "Whose", .min = 1, .max = 40));

ROW_AS(packet_given_back, act, HEAD,
	FIELD(act, turn, "Share", .min = 1, .max = FAIR_SHARES),
	FIELD(act, back, "Taken back"));

ROW_AS(packet_ended, act, HEAD,
	FIELD(act, end,  "How", .one_of = "full lapsed"),
	FIELD(act, seed, "Its seed", .max = FAIR_HEX, .pattern = "[0-9a-f]{64}"),
	FIELD(act, fen,  "By turn", .of = &row_int_item, .max = FAIR_SHARES));

ROW_AS(packet_seed_line, ending,
	FIELD(ending, lines, "How many lines", .min = 0, .max = TOP),
	FIELD(ending, seed,  "The seed", .max = FAIR_HEX, .pattern = "[0-9a-f]{64}"));

/* ---- What is known while reading ---------------------------------------------------------------------- */

struct packet_read {
	struct str  token, commitment;
	struct str *who;                              /* by turn; empty: free, or (done) taken back */
	int64_t     taken;
	bool        done;
};

struct reading {
	struct verify_read  in;
	struct rules        rules;
	struct fair_seed    seed;
	struct packet_read *packets;
	size_t              count, room;
	bool                ready;                    /* the rules could be read */
};

#define FIND(f, zh, en) VERIFY_FIND(&(f)->in, zh, en)
#define FIND_N(f, zh, en, ...) VERIFY_FIND_N(&(f)->in, zh, en, __VA_ARGS__)

static void read_rules(struct reading *f, struct str json)
{
	char want[FAIR_HEX + 1];
	struct complaint why;
	f->ready = row_read_json(&row_packet_rules, json, f->in.arena, &f->rules, &why) == 0 &&
	           f->rules.least <= f->rules.total / f->rules.shares;
	if (!f->ready) {
		FIND(f, "第一行不是红包规则，或者格式不认识。请从活动页重新下载整个文件。",
		     "The first line is not the rules, or of an unknown format. Take the whole file from the campaign's page again.");
		return;
	}
	f->in.v->name = f->rules.name;
	fair_commit(&f->seed, json, want);
	if (f->in.v->revealed && !str_is(f->in.hash, want))
		FIND(f, "承诺值对不上：种子或规则被改过。", "The commitment is not that of this seed and these rules: one of them was changed.");
}

static int64_t lowest_free(const struct reading *f, const struct packet_read *p)
{
	for (int64_t t = 0; t < f->rules.shares; t++)
		if (!p->who[t].len)
			return t + 1;
	return 0;
}

/* ---- The acts ------------------------------------------------------------------------------------------ */

static bool read_opened(struct reading *f, const struct act *a)
{
	struct fair_seed own;
	char want[FAIR_HEX + 1];
	if (a->packet != (int64_t)f->count + 1)
		return FIND_N(f, "应为第 %zu 个红包，却是第 %lld 个。", "Packet %zu is due, but this is %lld.", f->count + 1, (long long)a->packet), true;
	if (!verify_grow(f->in.arena, (void **)&f->packets, f->count, &f->room, sizeof *f->packets))
		return false;
	struct packet_read p = {
		str_copy(f->in.arena, a->token), str_copy(f->in.arena, a->commitment),
		arena_take_array(f->in.arena, (size_t)f->rules.shares, sizeof *p.who), 1, false,
	};
	if (!p.who)
		return false;
	p.who[0] = str_copy(f->in.arena, a->who);
	f->packets[f->count++] = p;
	f->in.v->draws++, f->in.v->wins++;
	if (!f->in.v->revealed)
		return true;
	fair_packet_seed(&f->seed, a->packet, &own);
	fair_packet_commit(&own, want);
	if (!str_is(a->commitment, want))
		FIND(f, "这个红包的承诺值不是由活动的种子推出来的。", "This packet's commitment is not that of the campaign's seed.");
	return true;
}

static void read_taken(struct reading *f, struct packet_read *p, const struct act *a)
{
	for (int64_t t = 0; t < f->rules.shares; t++)
		if (str_equal(p->who[t], a->who))
			return FIND(f, "同一个人在这个红包里领了两份。", "One person has two shares of this packet.");
	if (a->turn > f->rules.shares || p->who[a->turn - 1].len || (!p->done && a->turn != lowest_free(f, p)))
		return FIND_N(f, "第 %lld 份不该在这时被领走。", "Share %lld could not be taken here.", (long long)a->turn);
	p->who[a->turn - 1] = str_copy(f->in.arena, a->who);
	p->taken++, f->in.v->wins++;
}

static void read_back(struct reading *f, struct packet_read *p, const struct act *a)
{
	if (a->turn > f->rules.shares || a->turn == 1 || !p->who[a->turn - 1].len)
		return FIND_N(f, "第 %lld 份没有人领，不能收回。", "Share %lld was nobody's and could not be taken back.", (long long)a->turn);
	p->who[a->turn - 1] = S("");
	p->taken--, f->in.v->wins--;
}

static void check_shares(struct reading *f, const struct packet_read *p, const struct act *a, const int64_t *split)
{
	const struct int_item *fen = a->fen.at;
	bool full = str_is(a->end, "full"), once = str_is(f->rules.due, "once");
	if ((int64_t)a->fen.count != f->rules.shares)
		return FIND(f, "份数和规则里的不一样。", "There are not as many shares as the rules say.");
	for (int64_t t = 0; t < f->rules.shares; t++) {
		int64_t want = full || (once && p->who[t].len) ? split[t] : 0;
		if (fen[t].item != want)
			FIND_N(f, "第 %lld 份由种子推出来是 %lld 分，文件里写的是 %lld 分。", "The seed gives share %lld %lld fen, the file says %lld.",
			       (long long)t + 1, (long long)want, (long long)fen[t].item);
	}
}

static void read_ended(struct reading *f, struct packet_read *p, const struct act *a)
{
	struct fair_seed own;
	char want[FAIR_HEX + 1];
	int64_t split[FAIR_SHARES];
	if (p->done)
		return FIND(f, "这个红包已经结束过了。", "This packet was done before.");
	p->done = true;
	if (str_is(a->end, "full") != (p->taken == f->rules.shares))
		FIND(f, "红包是否集齐，和领走的份数不符。", "Whether it was full does not agree with the shares that were taken.");
	if (!fair_seed_read(a->seed, &own))
		return FIND(f, "这一行读不懂。", "This line cannot be read.");
	fair_packet_commit(&own, want);
	if (!str_is(p->commitment, want))
		FIND(f, "公布的种子和打开红包时的承诺值对不上。", "The seed is not what was committed to when the packet was opened.");
	if (!fair_split(&own, p->token, f->rules.total, f->rules.shares, f->rules.least, str_is(f->rules.split, "even"), split))
		return FIND(f, "按规则无法这样拆分。", "It cannot be split by these rules.");
	check_shares(f, p, a, split);
}

static bool read_act(struct reading *f, struct str before, struct str json)
{
	static const struct row *const rows[] = { &row_packet_opened, &row_packet_taken, &row_packet_given_back, &row_packet_ended };
	struct act a;
	size_t which = 0;
	for (; which < 4; which++) {
		a = (struct act){ 0 };
		if (verify_row(&f->in, rows[which], json, &a))
			break;
	}
	if (which == 4)
		return FIND(f, "这一行读不懂。", "This line cannot be read."), true;
	verify_follow(&f->in, before, json, a.n);
	if (which == 0)
		return read_opened(f, &a);
	if ((size_t)a.packet > f->count)
		return FIND(f, "这个红包还没有打开。", "This packet was not opened."), true;
	struct packet_read *p = &f->packets[a.packet - 1];
	if (which != 3 && !p->done && p->taken == f->rules.shares)
		FIND(f, "红包已经集齐，却没有立刻分。", "The packet was full, but was not split at once.");
	if (which == 1)
		read_taken(f, p, &a);
	else if (which == 2)
		read_back(f, p, &a);
	else
		read_ended(f, p, &a);
	return true;
}

/* ---- The whole file ------------------------------------------------------------------------------------------ */

static void read_seed(struct reading *f, struct str before, struct str json, const struct ending *e)
{
	char want[FAIR_HEX + 1];
	fair_chain(before, json, want);
	if (!str_is(f->in.hash, want))
		FIND(f, "哈希对不上：最后一行或它前面的一行被改过。", "The hash does not follow: the last line, or the one before it, was changed.");
	if (e->lines != f->in.n)
		FIND_N(f, "应有 %lld 行，文件里到 %lld 为止。", "There should be %lld lines; the file has %lld.", (long long)e->lines, (long long)f->in.n);
	for (size_t i = 0; i < f->count; i++)
		if (!f->packets[i].done)
			FIND_N(f, "活动结束了，第 %zu 个红包却没有结果。", "It is all over, but packet %zu has no end.", i + 1);
}

static bool read_line(struct reading *f, struct str before, struct str json, bool is_last)
{
	struct ending e;
	arena_reset(&f->in.line_arena);
	if (f->in.line == 1)
		return read_rules(f, json), true;
	if (!f->ready)
		return true;
	if (is_last && f->in.v->revealed && verify_row(&f->in, &row_packet_seed_line, json, &e))
		return read_seed(f, before, json, &e), true;
	return read_act(f, before, json);
}

static void look_ahead(struct reading *f, struct str file)
{
	struct str hash, json;
	struct ending e;
	if (verify_split(verify_last(file), &hash, &json) && verify_row(&f->in, &row_packet_seed_line, json, &e))
		f->in.v->revealed = fair_seed_read(e.seed, &f->seed);
}

int packets_verify(struct str file, struct arena *arena, struct verified *ret)
{
	struct verified v = { .packets = true };
	struct reading f = { .in = { .arena = arena, .v = &v } };
	struct str before = { 0 }, json;
	bool room = true;
	arena_init(&f.in.line_arena, VERIFY_LINE);
	look_ahead(&f, file);
	for (struct str rest = file; room && verify_next(&f.in, &rest, &json); before = f.in.hash)
		room = read_line(&f, before, json, !str_trim(rest).len);
	arena_free(&f.in.line_arena);
	if (!room || arena_failed(arena))
		return E_MEMORY;
	*ret = v;
	return 0;
}
