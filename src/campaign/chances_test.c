/* chances_test.c: chances of a lottery as a prize: given once with the order, used where they belong, promised only where they can be.
 */
#include <pthread.h>
#include <unistd.h>

#include "campaign/campaign_test.h"
#include "campaign/draw/draw.h"
#include "campaign/verify.h"
#include "engine/jobs/jobs.h"
#include "people/merge.h"

struct wheel { struct id id; const char *slug, *path; };

#define CUP "{\"kind\":\"onsite\",\"title\":\"杯\",\"note\":\"n\",\"value\":1,\"stock\":500,\"ppm\":1000000}"
#define NO_DAY "\"day_chances\":0,\"most\":0,\"helps_chance\":0,\"helps_most\":0,\"wins_day\":0,\"wins_most\":0"
#define LONG ",\"ends_at\":1795900000000,\"claim_until\":1796000000000"          /* past the claims of others */

/* A draft; `more`: of the campaign, `draw`: of what is drawn. */
static struct wheel wheel_drafted(struct desk *d, const char *name, const char *more, const char *draw, const char *places)
{
	struct wheel w = { .id = made(d->operator, at(d, "/campaigns"),
	                              campaign_json(d, (struct plan_draft){ .kind = "lottery", .more = text(d, "%s,\"stages\":[]", more) })) };
	struct reply r = get(d->operator, at(d, "/campaigns/%lld", (long long)w.id.n));
	w.slug = text(d, "%.*s", STR(json_at(&r, "slug"))), w.path = at(d, "/campaigns/%lld", (long long)w.id.n);
	const char *json = campaign_json(d, (struct plan_draft){ .kind = "lottery", .more = text(d, "%s,\"stages\":[]", more) });
	const char *named = text(d, "{\"kind\":\"lottery\",\"name\":\"%s\"%s", name, strstr(json, ",\"starts_at\""));
	assert_int_equal(put(d->operator, w.path, named).status, 200);
	r = put(d->operator, text(d, "%s/draw", w.path), text(d, "{\"looks\":\"wheel\",%s,\"places\":[%s]}", draw, places));
	if (r.status != 200)
		fail_msg("draw: %d %.*s", r.status, STR(r.body));
	return w;
}

static void state(struct desk *d, const char *path, const char *json)
{
	struct reply r = post(d->operator, text(d, "%s/state", path), json);
	if (r.status != 200)
		fail_msg("%s: %d %.*s", json, r.status, STR(r.body));
}

static struct wheel wheel_running(struct desk *d, const char *more)
{
	struct wheel w = wheel_drafted(d, "春季大转盘", more, "\"mode\":\"chance\"," NO_DAY, CUP);
	state(d, w.path, "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	return w;
}

/* The prizes of a stage: so many chances of it, so often. */
static const char *gives(struct desk *d, struct id wheel, int chances, int stock)
{
	return text(d, "[{\"kind\":\"chances\",\"title\":\"转三次\",\"value\":0,\"stock\":%d,\"chances\":%d,\"lottery_id\":\"%lld\"}]", stock, chances,
	            (long long)wheel.n);
}

static int64_t left(struct desk *d, struct browser *b, const struct wheel *w)
{
	struct reply r = task(d, b, w->slug);
	return json_at(&r, "me.slug").len ? number_at(&r, "draw.left") : -1;
}

static const char *spin(struct desk *d, struct browser *b, const struct wheel *w)
{
	static int n;
	struct reply r = act(d, b, w->slug, "draw", text(d, "{\"token\":\"chance-%010d\"}", ++n));
	return r.status == 200 ? "drawn" : text(d, "%.*s", STR(json_at(&r, "error.code")));
}

static void in(struct desk *d, struct house *house)
{
	clock_set((struct instant){ DURING });
	codes_open(d, house);
}

static void out(struct desk *d)
{
	assert_sound(d);
	desk_close(d);
	clock_set((struct instant){ 0 });
}

PROMISE(chances_story, "chances are won for friends, claimed once, used at the wheel; both sides read where they come from; the table of orders says it")
{
	struct desk d;
	in(&d, house);
	struct wheel w = wheel_running(&d, LONG);
	struct running c = campaign_running(&d, (struct plan_draft){ .prizes = gives(&d, w.id, 3, 2) });
	struct browser *lin = person(&d, 501), *an = person(&d, 502), *bo = person(&d, 503);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	struct reply r = task(&d, lin, own);
	assert_str(json_at(&r, "stages.0.prizes.0.lottery"), "春季大转盘");
	assert_int_equal(number_at(&r, "stages.0.prizes.0.chances"), 3);
	assert_reply(act(&d, lin, own, "claim", claim_json(&d, &c)), 409, "stage_not_reached");
	verdict(&d, an, own), verdict(&d, bo, own);
	assert_int_equal(left(&d, lin, &w), -1);
	for (int again = 0; again < 3; again++) {
		r = act(&d, lin, own, "claim", claim_json(&d, &c));
		assert_int_equal(r.status, 200);
		assert_str(json_at(&r, "stages.0.order.state"), "given");
		assert_str(json_at(&r, "stages.0.order.lottery"), "春季大转盘");
		assert_str(json_at(&r, "stages.0.order.lottery_path"), text(&d, "/t/%s", w.slug));
		assert_str(json_at(&r, "stages.0.order.lottery_over"), "false");
		assert_int_equal(number_at(&r, "stages.0.order.chances"), 3);
		assert_int_equal(left(&d, lin, &w), 3);
	}
	r = task(&d, lin, w.slug);
	assert_str(json_at(&r, "me.nickname"), "林晓");
	assert_str(json_at(&r, "draw.chances.0.reason"), "prize");
	assert_str(json_at(&r, "draw.chances.0.campaign"), "洗车季");
	for (int i = 0; i < 3; i++)
		assert_str(str_of(spin(&d, lin, &w)), "drawn");
	assert_str(str_of(spin(&d, lin, &w)), "no_chance");
	r = get(d.reader, text(&d, "%s/participants", w.path));
	r = get(d.reader, at(&d, "/participants/%.*s/chances", STR(json_at(&r, "items.0.id"))));
	assert_int_equal(number_at(&r, "balance"), 0);
	assert_int_equal(json_length(&r, "entries"), 4);
	assert_str(json_at(&r, "entries.3.campaign"), "洗车季");
	assert_str(json_at(&r, "entries.3.source_id"), text(&d, "%lld", (long long)c.id.n));
	r = get(d.operator, at(&d, "/campaigns/%lld/orders.csv", (long long)c.id.n));
	assert_non_null(memmem(r.body.at, r.body.len, "抽奖机会 3 次 · 春季大转盘", strlen("抽奖机会 3 次 · 春季大转盘")));
	r = get(d.reader, at(&d, "/campaigns/%lld", (long long)c.id.n));
	assert_int_equal(number_at(&r, "stages.0.prizes.0.remaining"), 1);
	browser_close(lin), browser_close(an), browser_close(bo);
	out(&d);
}

struct counting { struct id community, lottery; int64_t n; };

static int count_told(struct tx *tx, void *arg)
{
	struct counting *c = arg;
	return event_count_of(tx, c->community, S("campaign_chances"), (struct instant){ 0 }, &c->lottery, 1, &c->n);
}

static int64_t told_of(struct house *house, struct desk *d, struct id lottery)
{
	struct counting c = { d->community, lottery, 0 };
	assert_int_equal(store_read(house->store, &house->arena, count_told, &c), 0);
	return c.n;
}

PROMISE(chances_told, "a page of the lottery that is open when chances arrive, from another campaign or from staff, is told, once each time")
{
	struct desk d;
	struct str got;
	struct events *events;
	char room[4000];
	in(&d, house);
	struct wheel w = wheel_running(&d, LONG);
	struct running c = campaign_running(&d, (struct plan_draft){ .prizes = gives(&d, w.id, 3, 2), .goal = 1 });
	struct browser *lin = person(&d, 501), *an = person(&d, 502);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	take_part(&d, lin, w.slug, "林晓");
	int wheel = listen_as(&d, lin, w.slug, &got, room, sizeof room);
	assert_true(str_starts(got, S("HTTP/1.1 200")));
	assert_int_equal(events_start(house->store, site_server(d.site), whole_program, &events), 0);
	verdict(&d, an, own);
	got = raw_read(wheel, room, sizeof room, "event: changed");      /* the first news of a community are for everybody */
	assert_true(memmem(got.at, got.len, "event: changed", 14));
	assert_true(raw_untold(wheel));
	for (int again = 0; again < 2; again++)
		assert_int_equal(act(&d, lin, own, "claim", claim_json(&d, &c)).status, 200);
	got = raw_read(wheel, room, sizeof room, "event: changed");
	assert_true(memmem(got.at, got.len, "event: changed", 14));
	assert_int_equal(told_of(house, &d, w.id), 1);
	struct reply r = get(d.reader, text(&d, "%s/participants", w.path));
	const char *chances = at(&d, "/participants/%.*s/chances", STR(json_at(&r, "items.0.id")));
	for (int again = 0; again < 2; again++)
		assert_int_equal(post(d.operator, chances, "{\"amount\":2,\"reason\":\"手机坏了\",\"key\":\"given-0001\"}").status, 200);
	got = raw_read(wheel, room, sizeof room, "event: changed");
	assert_true(memmem(got.at, got.len, "event: changed", 14));
	assert_int_equal(told_of(house, &d, w.id), 2);
	events_stop(events);
	close(wheel);
	browser_close(lin), browser_close(an);
	out(&d);
}

PROMISE(chances_guard, "what could not be used is not promised: each reason at its field; a foreign lottery, another play and one that is over cannot be chosen")
{
	struct desk d;
	in(&d, house);
	struct wheel fine = wheel_running(&d, LONG), soon = wheel_running(&d, ""), phone = wheel_running(&d, LONG ",\"strength\":\"phone\""),
	             draft = wheel_drafted(&d, "没发布", LONG, "\"mode\":\"chance\"," NO_DAY, CUP),
	             few = wheel_drafted(&d, "最多两次", LONG, "\"mode\":\"chance\",\"day_chances\":0,\"most\":2,\"helps_chance\":0,\"helps_most\":0,"
	                                 "\"wins_day\":0,\"wins_most\":0", CUP),
	             some = wheel_running(&d, LONG ",\"takes_part\":\"old\"");
	state(&d, few.path, "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	const struct { struct id wheel; int chances; const char *field; } table[] = {
		{ fine.id, 3, "" }, { fine.id, 0, "chances" }, { { 0 }, 3, "lottery_id" }, { soon.id, 3, "lottery_id" }, { phone.id, 3, "lottery_id" },
		{ draft.id, 3, "lottery_id" }, { few.id, 3, "chances" }, { few.id, 2, "" }, { some.id, 1, "" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct id id = made(d.operator, at(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){
			.prizes = table[i].wheel.n ? gives(&d, table[i].wheel, table[i].chances, 5)
			        : "[{\"kind\":\"chances\",\"title\":\"转\",\"value\":0,\"stock\":5,\"chances\":3,\"lottery_id\":null}]" }));
		struct reply r = post(d.operator, at(&d, "/campaigns/%lld/state", (long long)id.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
		if (*table[i].field) {
			assert_reply(r, 409, "not_ready");
			assert_str(json_at(&r, "error.field"), text(&d, "stages[0].prizes[0].%s", table[i].field));
		} else if (r.status != 200) {
			fail_msg("%zu: %d %.*s", i, r.status, STR(r.body));
		}
	}
	/* A standing programme may give those of a lottery that ends: it says so. */
	struct id standing = made(d.operator, at(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){ .kind = "refer", .prizes = gives(&d, fine.id, 3, 5),
		.more = ",\"act\":\"sign_up\",\"helps_each\":1,\"friend_points\":5,\"ends_at\":4102444800000,\"claim_until\":4102444800000" }));
	struct reply check = get(d.reader, at(&d, "/campaigns/%lld/check", (long long)standing.n));
	assert_non_null(memmem(check.body.at, check.body.len, "这个活动没有截止时间", strlen("这个活动没有截止时间")));
	assert_int_equal(post(d.operator, at(&d, "/campaigns/%lld/state", (long long)standing.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}").status, 200);
	/* What can never be right is not saved. */
	struct id foreign = made(d.stranger, there(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){ .kind = "lottery",
	                         .more = LONG ",\"stages\":[]" }));
	struct running c = campaign_running(&d, (struct plan_draft){ .prizes = gives(&d, fine.id, 3, 5) });
	state(&d, soon.path, "{\"state\":\"ended\"}");
	const struct { struct id wheel; int status; const char *code; } never[] = {
		{ foreign, 404, "not_found" }, { { 77 }, 404, "not_found" }, { c.id, 400, "not_one_of" }, { soon.id, 409, "lottery_ended" },
	};
	for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
		struct reply r = post(d.operator, at(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){ .prizes = gives(&d, never[i].wheel, 3, 5) }));
		assert_reply(r, never[i].status, never[i].code);
		assert_str(json_at(&r, "error.field"), "stages[0].prizes[0].lottery_id");
		r = put(d.operator, text(&d, "%s/draw", draft.path), text(&d, "{\"looks\":\"wheel\",\"mode\":\"chance\"," NO_DAY ",\"places\":%s}",
		        gives(&d, never[i].wheel, 3, 5)));
		assert_reply(r, never[i].status, never[i].code);
		assert_str(json_at(&r, "error.field"), "places[0].lottery_id");
	}
	/* Itself: said before publishing. Fewer, or another lottery, once promised: refused. */
	const char *itself = text(&d, "{\"looks\":\"wheel\",\"mode\":\"chance\"," NO_DAY ",\"places\":[{\"kind\":\"chances\",\"title\":\"再来一次\","
		"\"value\":0,\"stock\":5,\"ppm\":10,\"chances\":1,\"lottery_id\":\"%lld\"}]}", (long long)draft.id.n);
	assert_int_equal(put(d.operator, text(&d, "%s/draw", draft.path), itself).status, 200);
	struct reply r = post(d.operator, text(&d, "%s/state", draft.path), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	assert_reply(r, 409, "not_ready");
	assert_str(json_at(&r, "error.field"), "places[0].lottery_id");
	for (int i = 0; i < 3; i++) {
		static const int many[] = { 2, 3, 4 };
		const struct id to[] = { fine.id, some.id, fine.id };
		r = put(d.operator, at(&d, "/campaigns/%lld", (long long)c.id.n), campaign_json(&d, (struct plan_draft){ .more = text(&d,
			",\"stages\":[{\"id\":\"%.*s\",\"goal\":2,\"title\":\"一级\",\"prizes\":[{\"id\":\"%.*s\",%s}]", STR(c.stage), STR(c.prize),
			gives(&d, to[i], many[i], 5) + 2) }));
		assert_int_equal(r.status, i == 2 ? 200 : 409);
	}
	out(&d);
}

PROMISE(chances_over, "who ends a lottery that others promise hears it first; then a claim says so and spends nothing, and another prize can be added and taken")
{
	struct desk d;
	in(&d, house);
	struct wheel w = wheel_running(&d, LONG);
	struct running c = campaign_running(&d, (struct plan_draft){ .prizes = gives(&d, w.id, 3, 2), .more = ",\"reserve\":\"goal\"", .goal = 1 });
	struct browser *lin = person(&d, 501), *an = person(&d, 502), *bo = person(&d, 503);
	const char *own = take_part(&d, lin, c.slug, "林晓"), *his = take_part(&d, bo, c.slug, "小波");
	verdict(&d, an, own), verdict(&d, an, his);
	follow(&d);
	state(&d, w.path, "{\"state\":\"paused\"}");                              /* nobody draws now; what was promised is given */
	assert_int_equal(act(&d, bo, his, "claim", claim_json(&d, &c)).status, 200);
	state(&d, w.path, "{\"state\":\"running\"}");
	assert_str(str_of(spin(&d, bo, &w)), "drawn");
	struct reply r = get(d.reader, text(&d, "%s/check", w.path));
	assert_non_null(memmem(r.body.at, r.body.len, "「洗车季」在送", strlen("「洗车季」在送")));
	assert_reply(post(d.operator, text(&d, "%s/state", w.path), "{\"state\":\"ended\"}"), 409, "guardrail_g7");
	assert_reply(post(d.operator, text(&d, "%s/state", w.path), "{\"state\":\"ended\",\"acknowledge\":\"G1\"}"), 409, "guardrail_g7");
	state(&d, w.path, "{\"state\":\"ended\",\"acknowledge\":\"G7\"}");
	r = get(d.admin, at(&d, "/audit"));
	assert_non_null(memmem(r.body.at, r.body.len, "guardrail_acknowledged", 22));
	assert_reply(act(&d, lin, own, "claim", claim_json(&d, &c)), 409, "lottery_over");
	r = task(&d, lin, own);
	assert_true(!json_at(&r, "stages.0.order.id").len);
	assert_str(json_at(&r, "stages.0.prizes.0.held"), "true");
	r = task(&d, bo, his);
	assert_str(json_at(&r, "stages.0.order.lottery_over"), "true");
	const char *stages = text(&d, ",\"reserve\":\"goal\",\"stages\":[{\"id\":\"%.*s\",\"goal\":1,\"title\":\"一级\",\"prizes\":[{\"id\":\"%.*s\",%.*s,"
		"{\"kind\":\"onsite\",\"title\":\"洗车券\",\"note\":\"n\",\"value\":1,\"stock\":3}]}]", STR(c.stage), STR(c.prize),
		(int)strlen(gives(&d, w.id, 3, 2)) - 3, gives(&d, w.id, 3, 2) + 2);
	r = put(d.operator, at(&d, "/campaigns/%lld", (long long)c.id.n), campaign_json(&d, (struct plan_draft){ .more = stages }));
	if (r.status != 200)
		fail_msg("%.*s", STR(r.body));
	r = act(&d, lin, own, "claim", text(&d, "{\"stage\":\"%.*s\",\"prize\":\"%.*s\"}", STR(c.stage), STR(json_at(&r, "stages.0.prizes.1.id"))));
	assert_str(json_at(&r, "stages.0.order.title"), "洗车券");
	r = get(d.reader, at(&d, "/campaigns/%lld", (long long)c.id.n));
	assert_int_equal(number_at(&r, "stages.0.prizes.0.remaining"), 1);        /* what was put aside went back */
	browser_close(lin), browser_close(an), browser_close(bo);
	out(&d);
}

/* ---- One person ---- */

struct meeting { struct desk *d; int64_t one, other; struct id merge, stays; };

static int do_merge(struct tx *tx, void *arg)
{
	struct meeting *m = arg;
	struct id member[2];
	bool made;
	for (int i = 0; i < 2; i++) {
		int r = member_of_visitor(tx, m->d->community, (struct id){ i ? m->other : m->one }, &(struct member_origin){ .nickname = S("人") },
		                          &member[i], &made);
		if (r < 0)
			return r;
	}
	return member_merge(tx, whole_program, m->d->community, member[0], member[1], (struct rows){ 0 }, (struct id){ 0 }, &m->merge, &m->stays);
}

PROMISE(chances_person, "a person with two browsers has one place at the wheel: won on the phone, claimed on the tablet, drawn on either")
{
	struct desk d;
	in(&d, house);
	struct wheel w = wheel_running(&d, LONG);
	struct running c = campaign_running(&d, (struct plan_draft){ .prizes = gives(&d, w.id, 2, 2), .goal = 1 });
	struct browser *phone = person(&d, 501), *tablet = person(&d, 502), *an = person(&d, 503);
	const char *own = take_part(&d, phone, c.slug, "林晓");
	verdict(&d, an, own);
	struct meeting m = { .d = &d, .one = 501, .other = 502 };
	assert_true(store_write(house->store, d.community, &house->arena, do_merge, &m) >= 0);
	follow(&d);
	assert_int_equal(act(&d, tablet, own, "claim", claim_json(&d, &c)).status, 200);
	assert_int_equal(act(&d, phone, own, "claim", claim_json(&d, &c)).status, 200);
	assert_int_equal(left(&d, phone, &w), 2);
	assert_int_equal(left(&d, tablet, &w), 2);
	assert_str(str_of(spin(&d, phone, &w)), "drawn");
	assert_str(str_of(spin(&d, tablet, &w)), "drawn");
	assert_str(str_of(spin(&d, phone, &w)), "no_chance");
	struct reply r = get(d.reader, w.path);
	assert_int_equal(number_at(&r, "participants"), 1);
	browser_close(phone), browser_close(tablet), browser_close(an);
	out(&d);
}

/* ---- Many at once ---- */

#define CROWD 200
#define PEOPLE 20
#define SHELF  15

struct claimer { struct desk *d; struct browser *browser; const char *path, *body; int status; pthread_t thread; };

static void *reach_for(void *arg)
{
	struct claimer *c = arg;
	struct reply r = post(c->browser, c->path, c->body);
	c->status = r.status;
	return NULL;
}

PROMISE(chances_crowd, "two hundred claims at once of twenty people: fifteen prizes are given, each with its chances once")
{
	static struct claimer claims[CROWD];
	struct browser *helper;
	struct desk d;
	int got[PEOPLE] = { 0 }, people = 0;
	in(&d, house);
	struct wheel w = wheel_running(&d, LONG ",\"capacity\":3");               /* full for others: what was won is given */
	struct running c = campaign_running(&d, (struct plan_draft){ .prizes = gives(&d, w.id, 4, SHELF), .goal = 1 });
	helper = person(&d, 900);
	const char *path[PEOPLE], *body = claim_json(&d, &c);
	for (int i = 0; i < CROWD; i++) {
		struct claimer *one = &claims[i];
		*one = (struct claimer){ .d = &d, .browser = person(&d, 3000 + i % PEOPLE), .body = body };
		if (i < PEOPLE) {
			const char *own = take_part(&d, one->browser, c.slug, text(&d, "人%d", i));
			assert_str(str_of(verdict(&d, helper, own)), "counted");
			path[i] = text(&d, "/t/%s/claim", own);
		} else {
			task(&d, one->browser, c.slug);
		}
		one->path = path[i % PEOPLE];
	}
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(pthread_create(&claims[i].thread, NULL, reach_for, &claims[i]), 0);
	for (int i = 0; i < CROWD; i++)
		pthread_join(claims[i].thread, NULL);
	for (int i = 0; i < CROWD; i++)
		got[i % PEOPLE] += claims[i].status == 200;
	for (int i = 0; i < PEOPLE; i++) {
		people += got[i] > 0;
		assert_int_equal(left(&d, claims[i].browser, &w), got[i] ? 4 : -1);
	}
	assert_int_equal(people, SHELF);
	for (int i = 0; i < CROWD; i++)
		browser_close(claims[i].browser);
	browser_close(helper);
	out(&d);
}

/* ---- A draw that gives chances of another ---- */

static void run_job(struct desk *d, const struct feature *feature)
{
	struct str why;
	struct job_context jc = { .store = d->house->store, .arena = &d->house->arena };
	assert_int_equal(feature->jobs[0].run(&jc, &(struct job){ 0 }, &why), 0);
}

PROMISE(chances_drawn, "a draw gives chances of another lottery, at once or by lot; one that is over stops no draw, says so on the order, and the file holds")
{
	struct desk d;
	in(&d, house);
	struct wheel w = wheel_running(&d, LONG);
	const char *place = text(&d, "{\"kind\":\"chances\",\"title\":\"大转盘两次\",\"value\":0,\"stock\":9,\"ppm\":1000000,\"chances\":2,\"lottery_id\":"
		"\"%lld\"}", (long long)w.id.n);
	struct wheel small = wheel_drafted(&d, "小转盘", "", "\"mode\":\"chance\",\"day_chances\":2,\"most\":0,\"helps_chance\":0,\"helps_most\":0,"
		"\"wins_day\":0,\"wins_most\":0", place);
	struct wheel lots = wheel_drafted(&d, "开奖", "", "\"mode\":\"lots\",\"draw_at\":1795650000000,\"day_chances\":1,\"most\":0,\"helps_chance\":0,"
		"\"helps_most\":0,\"wins_day\":0,\"wins_most\":0", place);
	state(&d, small.path, "{\"state\":\"running\"}");
	state(&d, lots.path, "{\"state\":\"running\"}");
	struct browser *lin = person(&d, 501);
	take_part(&d, lin, small.slug, "林晓"), take_part(&d, lin, lots.slug, "林晓");
	assert_str(str_of(spin(&d, lin, &small)), "drawn");
	assert_int_equal(left(&d, lin, &w), 2);
	assert_str(str_of(spin(&d, lin, &lots)), "drawn");
	assert_reply(post(d.operator, text(&d, "%s/state", w.path), "{\"state\":\"ended\"}"), 409, "guardrail_g7");
	state(&d, w.path, "{\"state\":\"ended\",\"acknowledge\":\"G7\"}");
	assert_str(str_of(spin(&d, lin, &small)), "drawn");
	struct reply r = task(&d, lin, small.slug);
	assert_str(json_at(&r, "draw.mine.0.order.lottery_over"), "true");
	assert_str(json_at(&r, "draw.places.0.lottery"), "春季大转盘");
	clock_set((struct instant){ INT64_C(1795650000000) });
	run_job(&d, &feature_draw_lots);
	r = task(&d, lin, lots.slug);
	assert_int_equal(number_at(&r, "draw.mine.0.order.chances"), 2);
	r = task(&d, lin, w.slug);
	assert_int_equal(json_length(&r, "draw.chances"), 3);
	state(&d, small.path, "{\"state\":\"ended\"}");
	struct verified v;
	r = get(lin, text(&d, "/t/%s/draws", small.slug));
	assert_int_equal(draws_verify(r.body, &house->arena, &v), 0);
	assert_true(v.revealed && v.wrong == 0 && v.draws == 2 && v.wins == 2);
	browser_close(lin);
	out(&d);
}

/* ---- Whatever the order ---- */

#define SOME  6
#define ACTS 200

static uint32_t dice(uint32_t *seed, uint32_t below) { return ((*seed = *seed * 1664525u + 1013904223u) >> 8) % below; }

PROMISE(chances_model, "helped, lost, claimed and drawn in whatever order: chances are those of the claims less those drawn, and what was claimed stays")
{
	struct desk d;
	uint32_t seed = 33;
	struct browser *people[SOME], *helper;
	const char *slugs[SOME], *ids[SOME];
	int64_t drawn[SOME] = { 0 };
	bool counts[SOME] = { 0 }, met[SOME] = { 0 }, got[SOME] = { 0 };
	int shelf = 4;
	in(&d, house);
	struct wheel w = wheel_running(&d, LONG);
	struct running c = campaign_running(&d, (struct plan_draft){ .prizes = gives(&d, w.id, 3, 4), .goal = 1 });
	const char *claim = claim_json(&d, &c);
	helper = person(&d, 800);
	for (int i = 0; i < SOME; i++) {
		people[i] = person(&d, 900 + i);
		slugs[i] = take_part(&d, people[i], c.slug, text(&d, "p%dq", i));
		struct reply r = get(d.operator, at(&d, "/campaigns/%lld/participants?q=p%dq", (long long)c.id.n, i));
		ids[i] = text(&d, "%.*s", STR(json_at(&r, "items.0.id")));
	}
	for (int i = 0; i < ACTS; i++) {
		int a = (int)dice(&seed, SOME), what = (int)dice(&seed, 4);
		if (what == 0 && (!met[a] || !counts[a])) {
			if (!met[a])
				verdict(&d, helper, slugs[a]);
			else
				assert_int_equal(post(d.operator, at(&d, "/helps/decide"), text(&d, "{\"participant\":\"%s\",\"helper\":\"800\",\"accept\":true,"
					"\"reason\":\"核对\"}", ids[a])).status, 200);
			met[a] = counts[a] = true;
		} else if (what == 1 && counts[a]) {
			assert_int_equal(post(d.operator, at(&d, "/helps/decide"), text(&d, "{\"participant\":\"%s\",\"helper\":\"800\",\"accept\":false,"
				"\"reason\":\"核对\"}", ids[a])).status, 200);
			counts[a] = false;
		} else if (what == 2) {
			bool may = got[a] || (counts[a] && shelf > 0);
			assert_int_equal(act(&d, people[a], slugs[a], "claim", claim).status, may ? 200 : 409);
			shelf -= may && !got[a];
			got[a] |= may;
		} else if (what == 3) {
			bool may = got[a] && drawn[a] < 3;
			assert_str(str_of(spin(&d, people[a], &w)), may ? "drawn" : got[a] ? "no_chance" : "take_part_first");
			drawn[a] += may;
		}
		assert_int_equal(left(&d, people[a], &w), got[a] ? 3 - drawn[a] : -1);
	}
	assert_int_equal(shelf, 0);
	for (int i = 0; i < SOME; i++)
		browser_close(people[i]);
	browser_close(helper);
	out(&d);
}
