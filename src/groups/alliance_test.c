/* alliance_test.c: the promises of partners and vouchers. */
#include <pthread.h>

#include "engine/event/event.h"
#include "engine/file/file.h"
#include "groups/alliance.h"
#include "media/qr_read.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/desk_test.h"
#include "people/member.h"
#include "people/tag.h"

static const struct feature *const alliance[] = {
	&feature_audit, &feature_community, &feature_file, &feature_member, &feature_tag, &feature_alliance, NULL,
};

#define THREADS 8

static struct id a_partner(struct desk *d, const char *name, int stock)
{
	return made(d->operator, at(d, "/partners"), text(d,
		"{\"name\":\"%s\",\"offer\":\"奶茶一杯\",\"offer_days\":30,\"stock\":%d}", name, stock));
}

struct giving {
	struct house *house;
	struct id     community, partner, visitor;
	struct voucher_brief brief;
	struct str    code;
	struct id     member;
	int           result, given;
};

static int give(struct tx *tx, void *arg)
{
	struct giving *g = arg;
	return voucher_give(tx, g->community, g->partner, g->visitor, (struct id){ 5 }, &g->brief);
}

static int vouch(struct tx *tx, void *arg)
{
	struct giving *g = arg;
	return voucher_vouch(tx, g->community, g->code, g->visitor, (struct id){ 5 }, &g->member);
}

static int act(struct giving *g, tx_action *action)
{
	return store_write(g->house->store, g->community, &g->house->arena, action, g);
}

static int64_t sum(struct desk *d, struct id partner, const char *what)
{
	struct reply r = get(d->reader, at(d, "/partners/%lld/numbers", (long long)partner.n));
	return number_at(&r, what);
}

PROMISE(alliance_declared, "every query fits the store, every route asks for its role")
{
	struct desk d;
	desk_open(&d, house, alliance);
	desk_check_queries(&d);
	desk_walk_routes(&d);
	desk_close(&d);
}

PROMISE(partner_names, "a partner's name is taken whatever its width; its numbers begin at nothing")
{
	struct desk d;
	desk_open(&d, house, alliance);
	struct id p = a_partner(&d, "Tea 1", 3);
	struct reply r = post(d.operator, at(&d, "/partners"), "{\"name\":\"ｔｅａ1\",\"offer\":\"x\",\"offer_days\":1,\"stock\":0}");
	assert_reply(r, 409, "name_taken");
	r = post(d.operator, at(&d, "/partners"), "{\"name\":\"y\",\"offer\":\"x\",\"offer_days\":1,\"stock\":-1}");
	assert_reply(r, 400, "too_small");
	r = put(d.operator, at(&d, "/partners/%lld", (long long)p.n),
	        "{\"name\":\"tea 1\",\"offer\":\"'); DROP TABLE voucher;--<b>%s\",\"offer_days\":7,\"stock\":9,\"stopped\":true}");
	assert_str(json_at(&r, "offer"), "'); DROP TABLE voucher;--<b>%s");
	assert_str(json_at(&r, "stopped"), "true");
	assert_int_equal(sum(&d, p, "given"), 0);
	assert_int_equal(sum(&d, p, "stock"), 9);
	r = get(d.reader, at(&d, "/partners"));
	assert_str(json_at(&r, "items.0.given"), "0");
	desk_close(&d);
}

/* ---- Giving ---- */

PROMISE(voucher_once, "a visitor gets one voucher of a partner, however often they come, and none when it is stopped or out")
{
	struct desk d;
	desk_open(&d, house, alliance);
	struct giving g = { .house = house, .community = d.community, .partner = a_partner(&d, "茶", 2), .visitor = { 1 } };
	assert_int_equal(act(&g, give), 0);
	struct str first = g.brief.code;
	assert_int_equal(first.len, 12);
	assert_str(g.brief.partner, "茶");
	assert_int_equal(act(&g, give), 0);
	assert_true(str_equal(g.brief.code, first));
	assert_int_equal(sum(&d, g.partner, "stock"), 1);
	g.visitor.n = 2;
	assert_int_equal(act(&g, give), 0);
	g.visitor.n = 3;
	assert_int_equal(act(&g, give), E_NOT_FOUND);
	g.visitor.n = 1;
	assert_int_equal(act(&g, give), 0);
	struct reply r = put(d.operator, at(&d, "/partners/%lld", (long long)g.partner.n),
		"{\"name\":\"茶\",\"offer\":\"x\",\"offer_days\":1,\"stock\":5,\"stopped\":true}");
	assert_int_equal(r.status, 200);
	g.visitor.n = 4;
	assert_int_equal(act(&g, give), E_NOT_FOUND);
	g.community = d.elsewhere;
	assert_int_equal(act(&g, give), E_NOT_FOUND);
	desk_close(&d);
}

static void *give_many(void *arg)
{
	struct giving *g = arg;
	for (int i = 0; i < 10; i++) {
		ARENA_SCOPED arena;
		arena_init(&arena, 1 << 20);
		g->visitor.n++;
		int r = store_write(g->house->store, g->community, &arena, give, g);
		g->given += r == 0;
		g->result = r == 0 || r == E_NOT_FOUND ? g->result : r;
	}
	return NULL;
}

PROMISE(voucher_stock, "eight at once never give more than there is")
{
	struct desk d;
	desk_open(&d, house, alliance);
	struct id partner = a_partner(&d, "茶", 33);
	struct giving g[THREADS];
	pthread_t threads[THREADS];
	int given = 0;
	for (int i = 0; i < THREADS; i++) {
		g[i] = (struct giving){ .house = house, .community = d.community, .partner = partner, .visitor = { 1000 * (i + 1) } };
		assert_int_equal(pthread_create(&threads[i], NULL, give_many, &g[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(g[i].result, 0);
		given += g[i].given;
	}
	assert_int_equal(given, 33);
	assert_int_equal(sum(&d, partner, "given"), 33);
	assert_int_equal(sum(&d, partner, "stock"), 0);
	desk_close(&d);
}

PROMISE(voucher_swept, "whichever statement of giving fails, stock and vouchers still add up")
{
	struct desk d;
	desk_open(&d, house, alliance);
	struct giving g = { .house = house, .community = d.community, .partner = a_partner(&d, "茶", 5), .visitor = { 1 } };
	int r = -1;
	for (long n = 0; n < 40 && r < 0; n++) {
		store_fault_after(n, false);
		r = act(&g, give);
		store_fault_after(-1, false);
		assert_int_equal(sum(&d, g.partner, "stock") + sum(&d, g.partner, "given"), 5);
	}
	assert_int_equal(r, 0);
	assert_int_equal(sum(&d, g.partner, "given"), 1);
	desk_close(&d);
}

/* ---- Redeeming ---- */

static struct reply redeem(struct browser *b, struct desk *d, struct str code)
{
	return post(b, at(d, "/vouchers/redeem"), text(d, "{\"code\":\"%.*s\"}", STR(code)));
}

PROMISE(voucher_redeemed, "a voucher is redeemed once, however its code was typed; who and when is kept")
{
	struct desk d;
	desk_open(&d, house, alliance);
	struct giving g = { .house = house, .community = d.community, .partner = a_partner(&d, "茶", 5), .visitor = { 1 } };
	assert_int_equal(act(&g, give), 0);
	struct str c = g.brief.code;
	char typed[20];
	snprintf(typed, sizeof typed, " %.4s-%.4s %.4s", c.at, c.at + 4, c.at + 8);
	for (char *t = typed; *t; t++)
		*t = *t >= 'A' && *t <= 'Z' ? (char)(*t - 'A' + 'a') : *t;
	struct reply r = redeem(d.operator, &d, str_of(typed));
	assert_int_equal(r.status / 100, 2);
	assert_str(json_at(&r, "title"), "奶茶一杯");
	assert_str(json_at(&r, "partner"), "茶");
	assert_str(json_at(&r, "used_by"), "13");
	assert_true(number_at(&r, "used_at") >= number_at(&r, "created_at"));
	r = redeem(d.operator, &d, c);
	assert_reply(r, 409, "voucher_used");
	r = redeem(d.operator, &d, S("ABCDEFGHJKMN"));
	assert_reply(r, 404, "voucher_unknown");
	r = post(d.stranger, there(&d, "/vouchers/redeem"), text(&d, "{\"code\":\"%.*s\"}", STR(c)));
	assert_reply(r, 404, "voucher_unknown");
	assert_int_equal(sum(&d, g.partner, "redeemed"), 1);
	r = get(d.admin, at(&d, "/audit?act=voucher_redeemed"));
	assert_int_equal(json_length(&r, "items"), 1);
	r = get(d.reader, at(&d, "/vouchers?used=true&kind=alliance&partner=%lld", (long long)g.partner.n));
	assert_int_equal(json_length(&r, "items"), 1);
	r = get(d.reader, at(&d, "/vouchers?used=false"));
	assert_int_equal(json_length(&r, "items"), 0);
	desk_close(&d);
}

PROMISE(voucher_expired, "a voucher past its days is not redeemed")
{
	struct desk d;
	struct instant now = clock_now();
	desk_open(&d, house, alliance);
	struct giving g = { .house = house, .community = d.community, .partner = a_partner(&d, "茶", 5), .visitor = { 1 } };
	assert_int_equal(act(&g, give), 0);
	clock_set((struct instant){ now.ms + 29 * DAY });
	assert_int_equal(sum(&d, g.partner, "open"), 1);
	clock_set((struct instant){ now.ms + 31 * DAY });
	browser_sign_in(d.operator, (struct id){ 13 });
	browser_sign_in(d.reader, (struct id){ 12 });
	struct reply r = redeem(d.operator, &d, g.brief.code);
	assert_reply(r, 409, "voucher_expired");
	assert_int_equal(sum(&d, g.partner, "expired"), 1);
	clock_set((struct instant){ 0 });
	desk_close(&d);
}

struct till { struct desk *desk; struct browser *browser; struct str code; int status; };

static void *press(void *arg)
{
	struct till *t = arg;
	char path[80], body[60];
	snprintf(path, sizeof path, "/api/c/%lld/vouchers/redeem", (long long)t->desk->community.n);
	snprintf(body, sizeof body, "{\"code\":\"%.*s\"}", STR(t->code));
	t->status = post(t->browser, path, body).status;
	return NULL;
}

PROMISE(voucher_race, "eight tills scan one voucher, one of them redeems it")
{
	struct desk d;
	desk_open(&d, house, alliance);
	struct giving g = { .house = house, .community = d.community, .partner = a_partner(&d, "茶", 5), .visitor = { 1 } };
	assert_int_equal(act(&g, give), 0);
	struct till tills[THREADS];
	pthread_t threads[THREADS];
	int redeemed = 0, refused = 0;
	for (int i = 0; i < THREADS; i++) {
		tills[i] = (struct till){ &d, browser_open(d.site), g.brief.code, 0 };
		browser_sign_in(tills[i].browser, (struct id){ 13 });
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, press, &tills[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		redeemed += tills[i].status / 100 == 2;
		refused += tills[i].status == 409;
		browser_close(tills[i].browser);
	}
	assert_int_equal(redeemed, 1);
	assert_int_equal(refused, THREADS - 1);
	assert_int_equal(sum(&d, g.partner, "redeemed"), 1);
	desk_close(&d);
}

/* ---- Vouching ---- */

PROMISE(voucher_vouches, "a member's gate voucher lets one visitor in, in its own community, and is no voucher at a till")
{
	struct desk d;
	desk_open(&d, house, alliance);
	struct id ann = made(d.operator, at(&d, "/members"), "{\"nickname\":\"安安\"}");
	const char *path = at(&d, "/members/%lld/vouchers", (long long)ann.n);
	struct reply r = post(d.operator, path, "{\"count\":21}");
	assert_reply(r, 400, "too_large");
	r = post(d.operator, path, "{\"count\":20}");
	assert_int_equal(json_length(&r, "items"), 20);
	assert_str(json_at(&r, "items.0.title"), "安安");
	struct str code = json_at(&r, "items.0.code");
	r = post(d.operator, at(&d, "/members/1/vouchers"), "{\"count\":1}");
	assert_reply(r, 404, "not_found");
	r = redeem(d.operator, &d, code);
	assert_reply(r, 404, "voucher_unknown");

	struct giving g = { .house = house, .community = d.elsewhere, .visitor = { 9 }, .code = code };
	assert_int_equal(act(&g, vouch), E_VOUCHER_UNKNOWN);
	g.community = d.community;
	assert_int_equal(act(&g, vouch), 0);
	assert_true(g.member.n == ann.n);
	g.visitor.n = 10;
	assert_int_equal(act(&g, vouch), E_VOUCHER_USED);
	desk_close(&d);
}

/* ---- The holder's page ---- */

PROMISE(voucher_page, "who has the code sees what it is worth and where; its QR leads to that page")
{
	struct desk d;
	desk_open(&d, house, alliance);
	struct giving g = { .house = house, .community = d.community, .partner = a_partner(&d, "茶", 5), .visitor = { 1 } };
	assert_int_equal(act(&g, give), 0);
	struct reply r = get(d.nobody, text(&d, "/v/%.*s/page", STR(g.brief.code)));
	assert_str(json_at(&r, "title"), "奶茶一杯");
	assert_str(json_at(&r, "partner"), "茶");
	assert_str(json_at(&r, "community"), "驾校");
	r = get(d.nobody, text(&d, "%.*s", STR(json_at(&r, "qr"))));
	struct str link;
	assert_int_equal(qr_find((struct blob){ r.body.at, r.body.len }, &house->arena, &link), 0);
	assert_str(link, text(&d, "http://127.0.0.1:%d/v/%.*s", site_port(d.site), STR(g.brief.code)));
	r = get(d.nobody, "/v/ABCDEFGHJKMN/page");
	assert_int_equal(r.status, 404);
	desk_close(&d);
}
