/* packet_test.c: what red packets promise: all or nothing in time, a share a person, every fen accounted for, paid by hand once,
 * and a file that gives every share again.
 */
#include <pthread.h>

#include "campaign/fraud/fraud.h"
#include "campaign/packet/packet_test.h"
#include "client.h"
#include "engine/jobs/jobs.h"
#include "people/member.h"
#include "people/merge.h"

/* ---- What all tests of packets do ---- */

const char *packet_rule_json(struct desk *d, const char *more)
{
	static const char *const defaults[][2] = {
		{ "\"total\"", "1000" }, { "\"shares\"", "5" }, { "\"least\"", "1" }, { "\"split\"", "\"lucky\"" }, { "\"due\"", "\"full\"" },
		{ "\"hours\"", "24" }, { "\"day_cap\"", "2000" }, { "\"budget\"", "10000" },
	};
	struct buf b;
	buf_init(&b, 4096);
	buf_format(&b, "{%s", more);
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		if (!strstr(more, defaults[i][0]))
			buf_format(&b, "%s%s:%s", b.len > 1 ? "," : "", defaults[i][0], defaults[i][1]);
	buf_z(&b, "}");
	const char *json = str_z(&d->house->arena, buf_view(&b));
	buf_free(&b);
	return json;
}

struct packets packets_drafted(struct desk *d, const char *rule, const char *campaign)
{
	struct packets p = { .id = made(d->operator, at(d, "/campaigns"), campaign_json(d, (struct plan_draft){
		.kind = "packet", .more = text(d, ",\"stages\":[]%s", campaign) })) };
	p.path = at(d, "/campaigns/%lld", (long long)p.id.n);
	struct reply r = put(d->operator, text(d, "%s/packet", p.path), packet_rule_json(d, rule));
	if (r.status != 200)
		fail_msg("packet: %d %.*s", r.status, STR(r.body));
	return p;
}

static struct reply publish(struct desk *d, const struct packets *p)
{
	return post(d->operator, text(d, "%s/state", p->path), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
}

struct packets packets_running(struct desk *d, const char *rule, const char *campaign)
{
	struct packets p = packets_drafted(d, rule, campaign);
	struct reply r = publish(d, &p);
	if (r.status != 200)
		fail_msg("publish: %d %.*s", r.status, STR(r.body));
	p.slug = text(d, "%.*s", STR(json_at(&r, "slug")));
	return p;
}

static const char *token(struct desk *d) { static int n; return text(d, "token-%010d", ++n); }

const char *packet_opened(struct desk *d, struct browser *b, const char *slug, const char *name)
{
	struct reply r = act(d, b, slug, "packet", text(d, "{\"nickname\":\"%s\",\"token\":\"%s\"}", name, token(d)));
	return text(d, "%.*s", STR(json_at(&r, r.status == 200 ? "me.slug" : "error.code")));
}

int64_t packet_number(struct desk *d, struct browser *b, const char *slug, const char *what)
{
	struct reply r = task(d, b, slug);
	return number_at(&r, what);
}

struct reply packet_ask(struct desk *d, struct browser *b, const char *slug, int64_t fen, const char *word)
{
	return act(d, b, slug, "payout", text(d, "{\"amount\":%lld,\"receiver\":\"微信 lin_1990\",\"token\":\"%s\"}", (long long)fen,
		word ? word : token(d)));
}

void packets_lapse(struct desk *d)
{
	ARENA_SCOPED arena;
	struct str why = S("");
	arena_init(&arena, 64 << 20);
	struct job_context context = { d->house->store, site_options(d->site)->settings, d->features, &arena };
	assert_int_equal(feature_packet_open.jobs[0].run(&context, &(struct job){ 0 }, &why), 0);
	follow(d);
}

struct verified packets_checked(struct desk *d, struct browser *b, const char *slug)
{
	struct verified v;
	struct reply r = get(b, text(d, "/t/%s/packets", slug));
	assert_int_equal(r.status, 200);
	assert_int_equal(file_verify(r.body, &d->house->arena, &v), 0);
	for (int64_t i = 0; i < v.wrong && i < 3; i++)
		print_message("line %lld: %.*s\n", (long long)v.findings[i].line, STR(v.findings[i].en));
	assert_true(v.packets);
	return v;
}

struct sum { int64_t sum; };
ROW(sum, FIELD(sum, sum, "Fen"));

/* What the organiser put in has no other side; all else is moved. */
static QUERY(test_fen, READS, &row_sum, TAKES(K_ID),
	"SELECT CAST(COALESCE(sum(amount), 0) AS BIGINT) AS sum FROM ledger_entry WHERE community_id = ?1"
	" AND book IN ('budget', 'packet', 'money', 'payout')", .scans = true);

static QUERY(test_negative, READS, &row_sum, TAKES(K_ID),
	"SELECT count(*) AS sum FROM ledger_entry WHERE community_id = ?1 AND balance < 0 AND book IN ('budget', 'packet', 'money', 'payout')",
	.scans = true);

struct fen { struct id community; int64_t all, negative; };

static int read_fen(struct tx *tx, void *arg)
{
	struct fen *f = arg;
	struct sum sum;
	int r = tx_one(tx, &test_fen, &sum, V(f->community));
	f->all = sum.sum;
	if (r == 0)
		r = tx_one(tx, &test_negative, &sum, V(f->community));
	f->negative = sum.sum;
	return r;
}

void assert_conserved(struct desk *d, const struct packets *p, int64_t budget)
{
	struct fen f = { .community = d->community };
	(void)p;
	assert_int_equal(store_read(d->house->store, &d->house->arena, read_fen, &f), 0);
	assert_int_equal(f.all, budget);
	assert_int_equal(f.negative, 0);
}

static void end(struct desk *d, const struct packets *p)
{
	assert_int_equal(post(d->operator, text(d, "%s/state", p->path), "{\"state\":\"ended\"}").status, 200);
	packets_lapse(d);
}

/* Of everybody in the packet, what they have: the sum. */
static int64_t shares_sum(struct desk *d, struct browser *b, const char *slug, size_t *ret_count)
{
	struct reply r = task(d, b, slug);
	int64_t sum = 0;
	*ret_count = json_length(&r, "packet.packet.shares");
	for (size_t i = 0; i < *ret_count; i++)
		sum += number_at(&r, text(d, "packet.packet.shares.%zu.amount", i));
	return sum;
}

static void close_all(struct desk *d, struct browser **people, size_t count)
{
	for (size_t i = 0; i < count; i++)
		browser_close(people[i]);
	desk_close(d);
	clock_set((struct instant){ 0 });
}

/* ---- Promises ---- */

PROMISE(packet_story, "with the last friend everybody has their share, the packet's seed is shown, money is asked for and paid once, and the file holds")
{
	struct desk d;
	struct browser *p[6];
	size_t count;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct packets c = packets_running(&d, "\"total\":2000", "");
	for (int i = 0; i < 6; i++)
		p[i] = person(&d, 501 + i);
	assert_str(str_of(packet_opened(&d, p[0], c.slug, "")), "missing_field");
	const char *own = packet_opened(&d, p[0], c.slug, "林晓");
	assert_str(str_of(packet_opened(&d, p[0], c.slug, "林晓")), own);      /* opened once */
	assert_str(str_of(verdict(&d, p[0], own)), "self_help");
	for (int i = 1; i < 4; i++)
		assert_str(str_of(verdict(&d, p[i], own)), "counted");
	assert_str(str_of(verdict(&d, p[1], own)), "counted");                 /* twice is once */
	assert_int_equal(shares_sum(&d, p[1], own, &count), 0);                /* nothing is due yet */
	assert_int_equal(count, 4);
	struct reply r = task(&d, p[1], own);
	assert_str(json_at(&r, "packet.packet.seed"), "");
	assert_int_equal(json_at(&r, "packet.packet.commitment").len, FAIR_HEX);
	assert_int_equal(number_at(&r, "money.balance"), 0);
	assert_str(str_of(verdict(&d, p[4], own)), "counted");
	assert_int_equal(shares_sum(&d, p[0], own, &count), 2000);
	assert_str(str_of(verdict(&d, p[5], own)), "packet_full");
	r = task(&d, p[5], own);
	assert_str(json_at(&r, "packet.why"), "packet_full");
	assert_str(json_at(&r, "packet.packet.state"), "full");
	assert_str(json_at(&r, "packet.packet.shares.0.nickname"), "林**");     /* a stranger's */
	assert_int_equal(json_at(&r, "packet.packet.seed").len, FAIR_HEX);
	int64_t has = packet_number(&d, p[0], own, "money.balance"), all = 0;
	for (int i = 0; i < 5; i++)
		all += packet_number(&d, p[i], own, "money.balance");
	assert_int_equal(all, 2000);
	assert_conserved(&d, &c, 10000);

	/* Somebody with a yuan or more asks for it. */
	struct browser *rich = NULL;
	for (int i = 0; i < 5 && !rich; i++)
		if ((has = packet_number(&d, p[i], own, "money.balance")) >= 200)
			rich = p[i];
	assert_reply(packet_ask(&d, rich, own, 99, NULL), 400, "payout_amount");
	assert_reply(packet_ask(&d, rich, own, has + 1, NULL), 409, "not_enough");
	assert_int_equal(packet_ask(&d, rich, own, 100, "token-payout-0001").status, 200);
	r = packet_ask(&d, rich, own, 100, "token-payout-0001");
	assert_int_equal(number_at(&r, "money.balance"), has - 100);
	assert_int_equal(json_length(&r, "money.payouts"), 1);
	r = get(d.reader, text(&d, "%s/payouts", c.path));
	assert_str(json_at(&r, "items.0.receiver"), "***");
	r = get(d.operator, text(&d, "%s/payouts", c.path));
	assert_str(json_at(&r, "items.0.receiver"), "微信 lin_1990");
	const char *order = text(&d, "%.*s", STR(json_at(&r, "items.0.id")));
	assert_int_equal(post(d.reader, at(&d, "/payouts/%s/paid", order), "{\"note\":\"微信转账 1000\"}").status, 403);
	r = post(d.operator, at(&d, "/payouts/%s/paid", order), "{\"note\":\"微信转账 1000\"}");
	assert_str(json_at(&r, "state"), "paid");
	assert_reply(post(d.operator, at(&d, "/payouts/%s/paid", order), "{\"note\":\"微信转账 1000\"}"), 409, "already_decided");
	assert_reply(post(d.operator, at(&d, "/payouts/%s/refuse", order), "{\"reason\":\"不认识\"}"), 409, "already_decided");

	/* Refused: the money is there again, by a reversal. */
	assert_int_equal(packet_ask(&d, rich, own, 100, NULL).status, 200);
	r = get(d.operator, text(&d, "%s/payouts?state=to_pay", c.path));
	order = text(&d, "%.*s", STR(json_at(&r, "items.0.id")));
	assert_int_equal(post(d.operator, at(&d, "/payouts/%s/refuse", order), "{\"reason\":\"不认识\"}").status, 200);
	r = task(&d, rich, own);
	assert_int_equal(number_at(&r, "money.balance"), has - 100);
	assert_str(json_at(&r, "money.entries.0.reason"), "refused");
	assert_str(json_at(&r, "money.payouts.0.note"), "不认识");
	r = get(d.operator, text(&d, "%s/payouts.csv", c.path));
	assert_true(r.status == 200 && memmem(r.body.at, r.body.len, "微信转账 1000", strlen("微信转账 1000")) && memmem(r.body.at, r.body.len, "1.00", 4));

	struct verified v = packets_checked(&d, p[0], own);
	assert_true(!v.revealed && v.wrong == 0 && v.draws == 1 && v.wins == 5);
	end(&d, &c);
	v = packets_checked(&d, p[0], own);
	assert_true(v.revealed && v.wrong == 0);
	r = get(d.reader, text(&d, "%s/packet", c.path));
	assert_int_equal(json_at(&r, "seed").len, FAIR_HEX);
	assert_int_equal(number_at(&r, "left"), 8000);
	assert_int_equal(number_at(&r, "given"), 2000);
	assert_int_equal(number_at(&r, "paid"), 100);
	r = get(d.reader, text(&d, "%s/numbers", c.path));
	assert_int_equal(number_at(&r, "given"), 2000);
	r = get(d.reader, text(&d, "%s/result", c.path));
	static const char *const facts[][2] = { { "full", "1" }, { "lapsed", "0" }, { "shares", "5" } };
	for (size_t i = 0; i < 3; i++) {
		assert_str(json_at(&r, text(&d, "facts.%zu.word", i)), facts[i][0]);
		assert_str(json_at(&r, text(&d, "facts.%zu.n", i)), facts[i][1]);
	}
	assert_str(json_at(&r, "cost"), "2000");
	assert_conserved(&d, &c, 10000);
	assert_sound(&d);
	close_all(&d, p, 6);
}

PROMISE(packet_lapses, "a millisecond before its time the last friend still counts, from then on the packet has lapsed and its money is budget again")
{
	struct desk d;
	struct browser *p[8];
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct packets c = packets_running(&d, "\"shares\":3,\"hours\":24,\"budget\":3000,\"day_cap\":20000", "");
	for (int i = 0; i < 8; i++)
		p[i] = person(&d, 521 + i);
	const char *one = packet_opened(&d, p[0], c.slug, "一"), *two = packet_opened(&d, p[1], c.slug, "二");
	assert_str(str_of(verdict(&d, p[2], one)), "counted");
	assert_str(str_of(verdict(&d, p[2], two)), "counted");
	clock_set((struct instant){ DURING + DAY - 1 });
	packets_lapse(&d);
	assert_str(str_of(verdict(&d, p[3], one)), "counted");
	assert_int_equal(packet_number(&d, p[0], one, "packet.packet.taken"), 3);
	clock_set((struct instant){ DURING + DAY });
	assert_str(str_of(verdict(&d, p[3], two)), "packet_lapsed");           /* before any job has come by */
	struct reply r = task(&d, p[1], two);
	assert_str(json_at(&r, "packet.packet.state"), "lapsed");
	clock_set((struct instant){ DURING + DAY + HOUR });
	packets_lapse(&d);
	packets_lapse(&d);
	assert_str(str_of(verdict(&d, p[3], two)), "packet_lapsed");
	r = task(&d, p[2], two);
	assert_str(json_at(&r, "packet.packet.shares.1.state"), "lapsed");
	assert_int_equal(number_at(&r, "packet.packet.done_at"), DURING + DAY);
	r = get(d.reader, text(&d, "%s/packet", c.path));
	assert_int_equal(number_at(&r, "left"), 2000);
	assert_int_equal(number_at(&r, "lapsed"), 1);

	/* Opened an hour before the campaign's end it lapses with it, to the millisecond. */
	clock_set((struct instant){ INT64_C(1795600000000) - HOUR });
	const char *late = packet_opened(&d, p[4], c.slug, "晚");
	assert_int_equal(packet_number(&d, p[4], late, "packet.packet.due_at"), INT64_C(1795600000000));
	assert_str(str_of(verdict(&d, p[5], late)), "counted");
	clock_set((struct instant){ INT64_C(1795600000000) - 1 });
	assert_int_equal(strlen(packet_opened(&d, p[6], c.slug, "末")), 10);      /* a link: opened with a millisecond to go */
	clock_set((struct instant){ INT64_C(1795600000000) });
	assert_str(str_of(verdict(&d, p[7], late)), "campaign_closed");
	assert_str(str_of(packet_opened(&d, p[7], c.slug, "迟")), "campaign_closed");
	packets_lapse(&d);
	r = get(d.reader, text(&d, "%s/packet", c.path));
	assert_int_equal(number_at(&r, "lapsed"), 3);
	assert_int_equal(number_at(&r, "left"), 2000);
	assert_conserved(&d, &c, 3000);
	assert_sound(&d);
	close_all(&d, p, 8);
}

PROMISE(packet_once, "where shares count at once each is money at once; what nobody took in time is budget again, and the file holds")
{
	struct desk d;
	struct browser *p[4];
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct packets c = packets_running(&d, "\"due\":\"once\",\"split\":\"even\",\"total\":1001,\"shares\":4,\"budget\":1001", "");
	for (int i = 0; i < 4; i++)
		p[i] = person(&d, 541 + i);
	const char *own = packet_opened(&d, p[0], c.slug, "林晓");
	assert_int_equal(packet_number(&d, p[0], own, "money.balance"), 251);
	assert_str(str_of(packet_opened(&d, p[3], c.slug, "安")), "budget_gone");
	assert_str(str_of(verdict(&d, p[1], own)), "counted");
	assert_int_equal(packet_number(&d, p[1], own, "money.balance"), 250);
	clock_set((struct instant){ DURING + DAY });
	packets_lapse(&d);
	assert_int_equal(packet_number(&d, p[1], own, "money.balance"), 250);
	struct reply r = get(d.reader, text(&d, "%s/budget", c.path));
	assert_int_equal(number_at(&r, "balance"), 500);
	r = put(d.operator, text(&d, "%s/packet", c.path), packet_rule_json(&d,
		"\"due\":\"once\",\"split\":\"even\",\"total\":1001,\"shares\":4,\"budget\":1502"));
	assert_int_equal(number_at(&r, "left"), 1001);
	assert_true(strlen(packet_opened(&d, p[3], c.slug, "安")) == 10);
	end(&d, &c);
	struct verified v = packets_checked(&d, p[0], own);
	assert_true(v.revealed && v.wrong == 0 && v.draws == 2);
	assert_conserved(&d, &c, 1502);
	assert_sound(&d);
	close_all(&d, p, 4);
}

/* Staff's word about a help. */
static int decide(struct desk *d, const char *participant, int64_t helper, bool accept)
{
	return post(d->operator, at(d, "/helps/decide"), text(d, "{\"participant\":\"%s\",\"helper\":\"%lld\",\"accept\":%s,\"reason\":\"刷的\"}",
		participant, (long long)helper, accept ? "true" : "false")).status;
}

PROMISE(packet_fraud, "a rejected help's place is free again; after the packet was full its share comes back unless it was paid, and what comes back can be given again")
{
	struct desk d;
	struct browser *p[8];
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct packets c = packets_running(&d, "\"split\":\"even\",\"shares\":4,\"total\":2000", "");
	for (int i = 0; i < 8; i++)
		p[i] = person(&d, 561 + i);
	const char *own = packet_opened(&d, p[0], c.slug, "林晓");
	struct reply r = get(d.reader, text(&d, "%s/packets", c.path));
	const char *lin = text(&d, "%.*s", STR(json_at(&r, "items.0.id")));
	assert_str(str_of(verdict(&d, p[1], own)), "counted");
	assert_str(str_of(verdict(&d, p[2], own)), "counted");
	assert_int_equal(decide(&d, lin, 562, false), 200);                    /* p[1], while it is open */
	assert_int_equal(packet_number(&d, p[0], own, "packet.packet.taken"), 2);
	assert_str(str_of(verdict(&d, p[3], own)), "counted");
	assert_str(str_of(verdict(&d, p[4], own)), "counted");
	assert_int_equal(packet_number(&d, p[4], own, "money.balance"), 500);
	assert_int_equal(decide(&d, lin, 562, true), 409);                     /* full: no share is left for p[1] */
	assert_int_equal(packet_ask(&d, p[2], own, 300, NULL).status, 200);    /* waits: recalled with the rejection */
	assert_int_equal(decide(&d, lin, 563, false), 200);
	r = task(&d, p[2], own);
	assert_int_equal(number_at(&r, "money.balance"), 0);
	assert_str(json_at(&r, "money.payouts.0.state"), "refused");
	r = get(d.reader, text(&d, "%s/packet", c.path));
	assert_int_equal(number_at(&r, "left"), 8500);
	assert_int_equal(decide(&d, lin, 563, true), 200);
	assert_int_equal(packet_number(&d, p[2], own, "money.balance"), 500);
	assert_int_equal(packet_ask(&d, p[3], own, 300, NULL).status, 200);
	r = get(d.operator, text(&d, "%s/payouts?state=to_pay", c.path));
	assert_int_equal(post(d.operator, at(&d, "/payouts/%.*s/paid", STR(json_at(&r, "items.0.id"))), "{\"note\":\"微信 1\"}").status, 200);
	assert_int_equal(decide(&d, lin, 564, false), 200);                    /* p[3]: 3.00 are paid, and stay */
	assert_int_equal(packet_number(&d, p[3], own, "money.balance"), 200);
	end(&d, &c);
	struct verified v = packets_checked(&d, p[0], own);
	assert_true(v.revealed && v.wrong == 0);
	assert_conserved(&d, &c, 10000);
	assert_sound(&d);
	close_all(&d, p, 8);
}

PROMISE(packet_guard, "amounts, daily limit and budget outside guardrail G8 block with its name and field; what was published only grows")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	static const struct { const char *rule, *field, *name; } bad[] = {
		{ "\"total\":99,\"budget\":99", "total", "G8" }, { "\"total\":20001,\"budget\":30000,\"day_cap\":20000", "total", "G8" },
		{ "\"day_cap\":0", "day_cap", "G8" }, { "\"day_cap\":20001", "day_cap", "G8" }, { "\"day_cap\":199,\"total\":2000", "day_cap", "G8" },
		{ "\"budget\":999", "budget", "G8" }, { "\"shares\":1", "shares", "packet" }, { "\"least\":201", "least", "packet" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct packets c = packets_drafted(&d, bad[i].rule, "");
		struct reply r = publish(&d, &c);
		assert_reply(r, 409, "not_ready");
		assert_str(json_at(&r, "error.field"), bad[i].field);
		r = get(d.reader, text(&d, "%s/check", c.path));
		assert_str(json_at(&r, "items.0.rule"), bad[i].name);
		assert_str(json_at(&r, "items.0.level"), "block");
	}
	struct packets c = packets_drafted(&d, "", "");
	assert_reply(post(d.operator, text(&d, "%s/state", c.path), "{\"state\":\"running\"}"), 409, "guardrail_g1");
	assert_int_equal(publish(&d, &c).status, 200);
	static const struct { const char *rule, *field; } tries[] = {
		{ "\"total\":1001", "total" }, { "\"shares\":4", "shares" }, { "\"least\":2", "least" }, { "\"split\":\"even\"", "split" },
		{ "\"due\":\"once\"", "due" }, { "\"hours\":23", "hours" }, { "\"day_cap\":1999", "day_cap" }, { "\"budget\":9999", "budget" },
		{ "\"day_cap\":20001", "day_cap" }, { "\"hours\":48,\"day_cap\":3000,\"budget\":20000", "" },
	};
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		struct reply r = put(d.operator, text(&d, "%s/packet", c.path), packet_rule_json(&d, tries[i].rule));
		assert_int_equal(r.status, *tries[i].field ? 409 : 200);
		assert_str(json_at(&r, *tries[i].field ? "error.field" : "seed"), tries[i].field);
	}
	assert_conserved(&d, &c, 10000 + 99 + 30000 + 10000 * 3 + 999 + 10000 * 2 + 10000);
	assert_sound(&d);
	close_all(&d, NULL, 0);
}

PROMISE(packet_day_cap, "nobody gets more than the daily limit; who would is told, uses up nothing, and may come again tomorrow")
{
	struct desk d;
	struct browser *p[4];
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct packets c = packets_running(&d, "\"split\":\"even\",\"shares\":2,\"total\":1000,\"day_cap\":1000,\"hours\":48", "");
	for (int i = 0; i < 4; i++)
		p[i] = person(&d, 581 + i);
	const char *own[3];
	for (int i = 0; i < 3; i++)
		own[i] = packet_opened(&d, p[i], c.slug, "人");
	assert_str(str_of(verdict(&d, p[3], own[0])), "counted");
	assert_str(str_of(verdict(&d, p[3], own[1])), "counted");
	assert_str(str_of(verdict(&d, p[3], own[2])), "day_cap");
	assert_str(str_of(packet_opened(&d, p[3], c.slug, "友")), "day_cap");
	assert_int_equal(packet_number(&d, p[3], own[2], "money.balance"), 1000);
	clock_set((struct instant){ DURING + DAY });
	assert_str(str_of(verdict(&d, p[3], own[2])), "counted");
	assert_int_equal(packet_number(&d, p[3], own[2], "money.balance"), 1500);
	assert_conserved(&d, &c, 10000);
	assert_sound(&d);
	close_all(&d, p, 4);
}

PROMISE(packet_money_prize, "a stage's prize of money comes out of the budget its stock put there, once; beyond 1 to 200 yuan G8 blocks it; 200 a day are asked for")
{
	struct desk d;
	struct browser *p[3];
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1,
		.prizes = "[{\"kind\":\"money\",\"title\":\"现金红包\",\"value\":20000,\"stock\":2}]" });
	for (int i = 0; i < 3; i++)
		p[i] = person(&d, 591 + i);
	const char *own = take_part(&d, p[0], c.slug, "林晓");
	assert_str(str_of(verdict(&d, p[1], own)), "counted");
	for (int i = 0; i < 2; i++) {
		struct reply r = act(&d, p[0], own, "claim", claim_json(&d, &c));
		assert_str(json_at(&r, "stages.0.order.state"), "given");
		assert_int_equal(number_at(&r, "money.balance"), 20000);
	}
	struct reply r = get(d.reader, at(&d, "/campaigns/%lld/budget", (long long)c.id.n));
	assert_int_equal(number_at(&r, "balance"), 20000);
	r = get(d.reader, at(&d, "/campaigns/%lld/numbers", (long long)c.id.n));
	assert_int_equal(number_at(&r, "given"), 20000);
	assert_reply(packet_ask(&d, p[0], own, 20001, NULL), 400, "payout_amount");
	assert_int_equal(packet_ask(&d, p[0], own, 15000, NULL).status, 200);
	assert_reply(packet_ask(&d, p[0], own, 5001, NULL), 409, "payout_day");
	assert_int_equal(packet_ask(&d, p[0], own, 5000, NULL).status, 200);
	assert_reply(packet_ask(&d, p[0], own, 100, NULL), 409, "payout_day");
	assert_reply(packet_ask(&d, p[2], own, 100, NULL), 409, "not_enough");
	for (int i = 0; i < 2; i++) {
		struct id bad = made(d.operator, at(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){ .prizes = i
			? "[{\"kind\":\"money\",\"title\":\"现金\",\"value\":99,\"stock\":1}]" : "[{\"kind\":\"money\",\"title\":\"现金\",\"value\":20001,\"stock\":1}]" }));
		r = post(d.operator, at(&d, "/campaigns/%lld/state", (long long)bad.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
		assert_reply(r, 409, "not_ready");
		assert_str(json_at(&r, "error.field"), "stages[0].prizes[0].value");
	}
	assert_conserved(&d, NULL, 40000 + 99 + 20001);
	assert_sound(&d);
	close_all(&d, p, 3);
}

/* ---- Who is who ---- */

struct meeting { struct desk *d; int64_t one, other; struct id merge, stays; };

static int meet(struct tx *tx, void *arg)
{
	struct meeting *m = arg;
	struct id one, other;
	int r = member_find_visitor(tx, m->d->community, (struct id){ m->one }, &one);
	if (r < 0 || (r = member_find_visitor(tx, m->d->community, (struct id){ m->other }, &other)) < 0)
		return r;
	return member_merge(tx, whole_program, m->d->community, one, other, (struct rows){ 0 }, (struct id){ 0 }, &m->merge, &m->stays);
}

static int part(struct tx *tx, void *arg)
{
	struct meeting *m = arg;
	return member_unmerge(tx, whole_program, m->d->community, m->merge, (struct id){ 0 }, &m->stays);
}

PROMISE(packet_merge, "two members who become one have one balance, a refused payment comes back to it, and apart again each has their own")
{
	struct desk d;
	struct browser *p[4];
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct packets c = packets_running(&d, "\"split\":\"even\",\"shares\":2,\"total\":1000,\"day_cap\":20000", "");
	for (int i = 0; i < 4; i++)
		p[i] = person(&d, 601 + i);
	const char *one = packet_opened(&d, p[0], c.slug, "一"), *two = packet_opened(&d, p[1], c.slug, "二");
	assert_str(str_of(verdict(&d, p[2], one)), "counted");
	assert_str(str_of(verdict(&d, p[3], two)), "counted");
	assert_int_equal(packet_ask(&d, p[3], two, 300, NULL).status, 200);
	struct meeting m = { .d = &d, .one = 603, .other = 604 };
	assert_int_equal(store_write(house->store, d.community, &d.house->arena, meet, &m), 0);
	follow(&d);
	assert_int_equal(packet_number(&d, p[2], one, "money.balance"), 700);
	struct reply r = get(d.operator, text(&d, "%s/payouts", c.path));
	assert_int_equal(post(d.operator, at(&d, "/payouts/%.*s/refuse", STR(json_at(&r, "items.0.id"))), "{\"reason\":\"重填\"}").status, 200);
	assert_int_equal(packet_number(&d, p[2], one, "money.balance"), 1000);
	assert_int_equal(packet_number(&d, p[3], one, "money.balance"), 1000);
	assert_int_equal(store_write(house->store, d.community, &d.house->arena, part, &m), 0);
	follow(&d);
	assert_int_equal(packet_number(&d, p[2], one, "money.balance"), 500);
	assert_int_equal(packet_number(&d, p[3], one, "money.balance"), 500);
	assert_conserved(&d, &c, 10000);
	assert_sound(&d);
	close_all(&d, p, 4);
}

/* ---- Many at once ------------------------------------------------------------------------------------------------- */

#define CROWD 200

struct tapper { struct browser *browser; const char *path; struct reply reply; pthread_t thread; };

static void *tap(void *arg)
{
	struct tapper *t = arg;
	t->reply = post(t->browser, t->path, "{\"nickname\":\"友\"}");
	return NULL;
}

PROMISE(packet_crowd, "two hundred tap at once on a packet of six: five have a share, the others are told it is full, and the sum is the total")
{
	static struct tapper tappers[CROWD];
	struct desk d;
	struct browser *lin;
	size_t count;
	int won = 0;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct packets c = packets_running(&d, "\"shares\":6", "");
	lin = person(&d, 699);
	const char *own = packet_opened(&d, lin, c.slug, "林晓");
	for (int i = 0; i < CROWD; i++) {
		tappers[i] = (struct tapper){ .browser = person(&d, 3000 + i), .path = text(&d, "/t/%s/help", own) };
		task(&d, tappers[i].browser, own);
		browser_header(tappers[i].browser, text(&d, "X-Forwarded-For: 10.%d.%d.7", i / 100, i));
	}
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(pthread_create(&tappers[i].thread, NULL, tap, &tappers[i]), 0);
	for (int i = 0; i < CROWD; i++)
		pthread_join(tappers[i].thread, NULL);
	for (int i = 0; i < CROWD; i++) {
		won += tappers[i].reply.status == 200 && str_is(json_at(&tappers[i].reply, "help.state"), "counted");
		if (tappers[i].reply.status != 200)
			assert_reply(tappers[i].reply, 409, "packet_full");
	}
	assert_int_equal(won, 5);
	assert_int_equal(shares_sum(&d, lin, own, &count), 1000);
	assert_int_equal(count, 6);
	end(&d, &c);
	struct verified v = packets_checked(&d, lin, own);
	assert_true(v.revealed && v.wrong == 0 && v.wins == 6);
	assert_conserved(&d, &c, 10000);
	assert_sound(&d);
	for (int i = 0; i < CROWD; i++)
		browser_close(tappers[i].browser);
	browser_close(lin);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
