/* ship_test.c: orders out as a table that is safe to open, shipping numbers in from one, and what nobody came for. */
#include "campaign/campaign_test.h"
#include "engine/jobs/jobs.h"

#define PARCEL "[{\"kind\":\"physical\",\"title\":\"保温杯\",\"value\":1,\"stock\":9}]"
#define TICKET "[{\"kind\":\"onsite\",\"title\":\"洗车\",\"value\":1,\"stock\":2,\"redeem_days\":3}]"

struct winner { struct browser *b; const char *own, *code; struct id order; };

/* Takes part, is helped once, claims. */
static struct winner win(struct desk *d, const struct running *c, int64_t number, const char *name, const char *receiver)
{
	struct winner w = { .b = person(d, number) };
	struct browser *friend = person(d, number + 50);
	w.own = take_part(d, w.b, c->slug, name);
	assert_str(str_of(verdict(d, friend, w.own)), "counted");
	struct reply r = act(d, w.b, w.own, "claim", text(d, "{\"stage\":\"%.*s\",\"prize\":\"%.*s\"%s}", STR(c->stage), STR(c->prize), receiver
		? text(d, ",\"receiver\":\"%s\",\"phone\":\"13800138000\",\"address\":\"上海市\"", receiver) : ""));
	assert_int_equal(r.status, 200);
	w.order = (struct id){ number_at(&r, "stages.0.order.id") };
	w.code = text(d, "%.*s", STR(json_at(&r, "stages.0.order.code")));
	browser_close(friend);
	return w;
}

static struct reply sheet(struct desk *d, const char *table)
{
	return post_multipart(d->operator, at(d, "/orders/sheet"), (struct part[]){ { "sheet", str_of(table), "a.csv" }, { 0 } });
}

PROMISE(ship_sheet, "a sheet ships what fits, by number or code, in UTF-8 or GBK, and names each line that does not; sent twice it changes nothing")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1, .prizes = PARCEL }), t = campaign_running(&d, (struct plan_draft){
		.goal = 1, .prizes = TICKET });
	struct winner w[] = { win(&d, &c, 601, "甲", "林晓"), win(&d, &c, 602, "乙", "安安"), win(&d, &c, 603, "丙", "波波"), win(&d, &t, 604, "丁", NULL) };
	const char *table = text(&d, "单号,备注,快递,订单号\nSF1,x,顺丰,%s\nSF2,,顺丰,%lld\nSF3,,顺丰,999\nSF4,,顺丰,%s\n,,,%s\nSF6,,顺丰,\n",
		w[0].code, (long long)w[1].order.n, w[3].code, w[2].code);
	struct reply r = sheet(&d, table);
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "shipped"), "2");
	assert_str(json_at(&r, "wrong"), "4");
	assert_str(json_at(&r, "lines.0.line"), "4");
	assert_str(json_at(&r, "lines.1.why"), "这件奖品不用寄");
	assert_str(json_at(&r, "lines.2.why"), "没有快递和单号");
	assert_str(json_at(&r, "lines.3.why"), "没有订单号");
	r = sheet(&d, table);
	assert_str(json_at(&r, "shipped"), "0");
	assert_str(json_at(&r, "known"), "2");
	r = sheet(&d, text(&d, "'%s,ZTO,77\n", w[0].code));            /* no headings; as our own table wrote it */
	assert_str(json_at(&r, "corrected"), "1");
	r = sheet(&d, text(&d, "\xb6\xa9\xb5\xa5\xba\xc5,\xbf\xec\xb5\xdd,\xb5\xa5\xba\xc5\r\n%s,\xcb\xb3\xb7\xe1,SF9\r\n", w[2].code));
	assert_str(json_at(&r, "shipped"), "1");
	r = task(&d, w[2].b, w[2].own);
	assert_str(json_at(&r, "stages.0.order.shipping"), "顺丰 SF9");
	assert_reply(sheet(&d, "\"open"), 400, "csv");
	r = post_multipart(d.reader, at(&d, "/orders/sheet"), (struct part[]){ { "sheet", S("a"), "a.csv" }, { 0 } });
	assert_reply(r, 403, "forbidden");
	assert_sound(&d);
	for (int i = 0; i < 4; i++)
		browser_close(w[i].b);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(ship_table, "orders leave as a table in which no text is a formula; search finds them; taking it out is in the log")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1, .prizes = PARCEL });
	struct winner w[] = { win(&d, &c, 611, "=cmd()", "+86"), win(&d, &c, 612, "安安", "安娜") };
	sheet(&d, text(&d, "%s,顺丰,SF1\n", w[1].code));
	struct reply r = get(d.operator, at(&d, "/campaigns/%lld/orders.csv", (long long)c.id.n));
	assert_int_equal(r.status, 200);
	assert_true(str_starts(header_of(&r, "Content-Type"), S("text/csv")));
	assert_non_null(memmem(r.body.at, r.body.len, "'=cmd()", 7));
	assert_non_null(memmem(r.body.at, r.body.len, "'+86", 4));
	assert_non_null(memmem(r.body.at, r.body.len, w[0].code, strlen(w[0].code)));
	assert_non_null(memmem(r.body.at, r.body.len, "2026-11-", 8));
	r = get(d.operator, at(&d, "/campaigns/%lld/orders.csv?state=shipped", (long long)c.id.n));
	assert_null(memmem(r.body.at, r.body.len, "=cmd()", 6));
	assert_reply(get(d.reader, at(&d, "/campaigns/%lld/orders.csv", (long long)c.id.n)), 403, "forbidden");
	r = get(d.admin, at(&d, "/audit"));
	assert_non_null(memmem(r.body.at, r.body.len, "orders_exported", 15));
	static const char *const finds[] = { "q=%E5%AE%89%E5%A8%9C", "q=SF1", "state=shipped", "q=%E5%AE%89%E5%AE%89" };
	for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
		r = get(d.operator, at(&d, "/campaigns/%lld/orders?%s", (long long)c.id.n, finds[i]));
		assert_int_equal(json_length(&r, "items"), 1);
		assert_str(json_at(&r, "items.0.receiver"), "安娜");
	}
	browser_close(w[0].b), browser_close(w[1].b);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(ship_expired, "what is not redeemed in its days expires and its piece goes back; a day less is refused to those who were promised more")
{
	struct desk d;
	ARENA_SCOPED arena;
	struct str why = S("");
	arena_init(&arena, 8 << 20);
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1, .prizes = TICKET });
	struct winner w[] = { win(&d, &c, 621, "甲", NULL), win(&d, &c, 622, "乙", NULL) };
	struct job_context jc = { .store = d.house->store, .arena = &arena };
	assert_int_equal(post(d.operator, at(&d, "/orders/redeem"), text(&d, "{\"code\":\"%s\"}", w[0].code)).status, 200);
	clock_set((struct instant){ DURING + 3 * DAY - 1 });
	assert_int_equal(feature_prize.jobs[0].run(&jc, &(struct job){ 0 }, &why), 0);
	struct reply r = task(&d, w[1].b, w[1].own);
	assert_str(json_at(&r, "stages.0.order.state"), "to_redeem");
	clock_set((struct instant){ DURING + 3 * DAY });
	assert_reply(post(d.operator, at(&d, "/orders/redeem"), text(&d, "{\"code\":\"%s\"}", w[1].code)), 409, "voucher_expired");
	for (int i = 0; i < 2; i++)
		assert_int_equal(feature_prize.jobs[0].run(&jc, &(struct job){ 0 }, &why), 0);
	r = task(&d, w[1].b, w[1].own);
	assert_str(json_at(&r, "stages.0.order.state"), "expired");
	assert_str(json_at(&r, "stages.0.prizes.0.remaining"), "1");
	r = task(&d, w[0].b, w[0].own);
	assert_str(json_at(&r, "stages.0.order.state"), "redeemed");
	r = put(d.operator, at(&d, "/campaigns/%lld", (long long)c.id.n), campaign_json(&d, (struct plan_draft){ .more = text(&d,
		",\"stages\":[{\"id\":\"%.*s\",\"goal\":1,\"title\":\"一级\",\"prizes\":[{\"id\":\"%.*s\",\"kind\":\"onsite\",\"title\":\"洗车\",\"value\":1,"
		"\"stock\":2,\"redeem_days\":2}]}]", STR(c.stage), STR(c.prize)) }));
	assert_reply(r, 409, "published");
	assert_sound(&d);
	browser_close(w[0].b), browser_close(w[1].b);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
