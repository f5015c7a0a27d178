/* draw_test.c: what a lottery promises: a chance is spent once and never for nothing, stock and limits hold whoever taps when,
 * and the file of draws gives every result again.
 */
#include <pthread.h>

#include "campaign/campaign_test.h"
#include "campaign/draw/draw.h"
#include "campaign/verify.h"
#include "client.h"
#include "engine/jobs/jobs.h"

#define PRIZE(kind, title, stock, ppm) \
	"{\"kind\":\"" kind "\",\"title\":\"" title "\",\"note\":\"到店出示\",\"value\":5000,\"stock\":" stock ",\"ppm\":" ppm "}"

struct lottery { struct id id; const char *slug, *path; };

/* A draft of kind lottery with these settings; `draw` are fields of its own. */
static struct lottery lottery_drafted(struct desk *d, const char *draw, const char *places)
{
	struct lottery l;
	l.id = made(d->operator, at(d, "/campaigns"), text(d, "{\"kind\":\"lottery\",\"name\":\"洗车季抽奖\",\"organiser\":\"友信 400-1\","
		"\"rules\":\"每天一次\",\"starts_at\":" BEGINS ",\"ends_at\":" ENDS ",\"claim_until\":" CLAIMS ",\"takes_part\":\"all\","
		"\"capacity\":0,\"strength\":\"anonymous\",\"act\":\"tap\",\"new_only\":false,\"helps_each\":0,\"mutual\":false,"
		"\"hold_minutes\":0,\"still_days\":0}"));
	l.path = at(d, "/campaigns/%lld", (long long)l.id.n);
	struct reply r = put(d->operator, text(d, "%s/draw", l.path), text(d, "{\"looks\":\"wheel\",%s,\"places\":[%s]}", draw, places));
	if (r.status != 200)
		fail_msg("draw: %d %.*s", r.status, STR(r.body));
	return l;
}

#define CHANCE(day, most, helps, wins_day, wins_most) "\"mode\":\"chance\",\"day_chances\":" day ",\"most\":" most \
	",\"helps_chance\":" helps ",\"helps_most\":5,\"wins_day\":" wins_day ",\"wins_most\":" wins_most

static struct lottery lottery_running(struct desk *d, const char *draw, const char *places)
{
	struct lottery l = lottery_drafted(d, draw, places);
	struct reply r = post(d->operator, text(d, "%s/state", l.path), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	if (r.status != 200)
		fail_msg("publish: %d %.*s", r.status, STR(r.body));
	l.slug = text(d, "%.*s", STR(json_at(&r, "slug")));
	return l;
}

/* Draws with a token of its own: "won TITLE", "none", or the error's word. */
static const char *drawn(struct desk *d, struct browser *b, const char *slug, const char *token)
{
	struct reply r = act(d, b, slug, "draw", text(d, "{\"token\":\"%s\"}", token));
	if (r.status != 200)
		return text(d, "%.*s", STR(json_at(&r, "error.code")));
	for (size_t i = 0; i < json_length(&r, "draw.mine"); i++)
		if (str_is(json_at(&r, text(d, "draw.mine.%zu.token", i)), token)) {
			struct str title = json_at(&r, text(d, "draw.mine.%zu.title", i));
			return title.len ? text(d, "won %.*s", STR(title)) : "none";
		}
	return "lost";
}

static const char *token(struct desk *d) { static int n; return text(d, "token-%010d", ++n); }

static void end(struct desk *d, const struct lottery *l)
{
	assert_int_equal(post(d->operator, text(d, "%s/state", l->path), "{\"state\":\"ended\"}").status, 200);
}

/* The file, checked: how many lines are wrong. */
static struct verified checked(struct desk *d, struct browser *b, const char *slug)
{
	struct verified v;
	struct reply r = get(b, text(d, "/t/%s/draws", slug));
	assert_int_equal(r.status, 200);
	assert_int_equal(draws_verify(r.body, &d->house->arena, &v), 0);
	for (int64_t i = 0; i < v.wrong && i < 3; i++)
		print_message("line %lld: %.*s\n", (long long)v.findings[i].line, STR(v.findings[i].en));
	return v;
}

static int64_t shown(struct desk *d, struct browser *b, const char *slug, const char *what)
{
	struct reply r = task(d, b, slug);
	return number_at(&r, text(d, "draw.%s", what));
}

PROMISE(draw_story, "a chance is drawn once whoever asks twice, the prize is redeemed, the seed is shown after the end and the file holds")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct lottery l = lottery_running(&d, CHANCE("1", "0", "0", "0", "0"), PRIZE("onsite", "洗车券", "3", "1000000"));
	struct browser *lin = person(&d, 501);
	struct reply r = get(lin, text(&d, "/t/%s", l.slug));
	assert_true(memmem(r.body.at, r.body.len, "commitment", 10) && memmem(r.body.at, r.body.len, "洗车券", strlen("洗车券")));
	assert_str(str_of(drawn(&d, lin, l.slug, "token-one-0000001")), "take_part_first");
	take_part(&d, lin, l.slug, "林晓");
	assert_int_equal(shown(&d, lin, l.slug, "left"), 1);
	assert_str(str_of(drawn(&d, lin, l.slug, "token-one-0000001")), "won 洗车券");
	assert_str(str_of(drawn(&d, lin, l.slug, "token-one-0000001")), "won 洗车券");
	assert_str(str_of(drawn(&d, lin, l.slug, "token-two-0000001")), "no_chance");
	assert_int_equal(shown(&d, lin, l.slug, "places.0.remaining"), 2);
	clock_set((struct instant){ DURING + DAY });
	assert_str(str_of(drawn(&d, lin, l.slug, "token-two-0000001")), "won 洗车券");
	r = task(&d, lin, l.slug);
	assert_int_equal(json_length(&r, "draw.mine"), 2);
	assert_str(json_at(&r, "draw.mine.0.order.state"), "to_redeem");
	assert_str(json_at(&r, "draw.seed"), "");
	r = post(d.operator, at(&d, "/orders/redeem"), text(&d, "{\"code\":\"%.*s\"}", STR(json_at(&r, "draw.mine.0.order.code"))));
	assert_int_equal(r.status, 200);
	r = get(d.admin, text(&d, "%s/draw", l.path));
	assert_str(json_at(&r, "seed"), "");
	struct verified v = checked(&d, lin, l.slug);
	assert_true(!v.revealed && v.wrong == 0 && v.draws == 2);
	end(&d, &l);
	v = checked(&d, lin, l.slug);
	assert_true(v.revealed && v.wrong == 0 && v.draws == 2 && v.wins == 2);
	r = task(&d, lin, l.slug);
	assert_int_equal(json_at(&r, "draw.seed").len, FAIR_HEX);
	r = get(lin, text(&d, "/api/lottery/%s/log", l.slug));
	assert_str(json_at(&r, "items.0.name"), "林**");
	r = get(d.reader, at(&d, "/campaigns/%lld/result", (long long)l.id.n));
	assert_str(json_at(&r, "facts.0.word"), "draws");
	assert_str(json_at(&r, "facts.0.n"), "2");
	assert_str(json_at(&r, "facts.1.word"), "wins");
	assert_str(json_at(&r, "facts.1.n"), "2");
	assert_str(json_at(&r, "prizes.0.given"), "2");
	assert_sound(&d);
	browser_close(lin);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(draw_chances_from, "helps and staff give chances, once each; the ledger says where from; limits of draws and wins hold for the person")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct lottery l = lottery_running(&d, CHANCE("1", "5", "2", "2", "3"), PRIZE("onsite", "洗车券", "50", "1000000"));
	struct browser *lin = person(&d, 511);
	const char *own = take_part(&d, lin, l.slug, "林晓");
	for (int i = 0; i < 5; i++) {
		struct browser *friend = person(&d, 520 + i);
		assert_str(str_of(verdict(&d, friend, own)), "counted");
		browser_close(friend);
	}
	follow(&d);
	follow(&d);
	assert_int_equal(shown(&d, lin, own, "left"), 3);              /* the day's, and two for five friends */
	struct reply r = get(d.reader, at(&d, "/campaigns/%lld/participants", (long long)l.id.n));
	const char *chances = at(&d, "/participants/%.*s/chances", STR(json_at(&r, "items.0.id")));
	for (int i = 0; i < 2; i++) {
		r = post(d.operator, chances, "{\"amount\":2,\"reason\":\"手机坏了\",\"key\":\"given-0001\"}");
		assert_str(json_at(&r, "balance"), "4");
	}
	assert_int_equal(post(d.reader, chances, "{\"amount\":2,\"reason\":\"手机坏了\",\"key\":\"given-0002\"}").status, 403);
	assert_str(str_of(drawn(&d, lin, own, token(&d))), "won 洗车券");
	assert_str(str_of(drawn(&d, lin, own, token(&d))), "won 洗车券");
	assert_str(str_of(drawn(&d, lin, own, token(&d))), "won_enough_today");
	assert_int_equal(shown(&d, lin, own, "left"), 3);              /* refused: nothing was spent; five draws at most */
	clock_set((struct instant){ DURING + DAY });
	assert_str(str_of(drawn(&d, lin, own, token(&d))), "won 洗车券");
	assert_str(str_of(drawn(&d, lin, own, token(&d))), "won_enough");
	r = get(d.reader, chances);
	assert_str(json_at(&r, "balance"), "3");
	assert_str(json_at(&r, "entries.0.reason"), "drawn");
	end(&d, &l);
	assert_int_equal(checked(&d, lin, own).wrong, 0);
	assert_sound(&d);
	browser_close(lin);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(draw_windows, "a millisecond before the start and from the end on no chance is spent; a day begins at the community's midnight")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct lottery l = lottery_running(&d, CHANCE("1", "0", "0", "0", "0"), PRIZE("onsite", "洗车券", "50", "1000000"));
	struct browser *lin = person(&d, 531);
	const struct { int64_t at; const char *says; } tries[] = {
		{ INT64_C(1795000000000), "won 洗车券" }, { INT64_C(1795000000000) + 1, "no_chance" },
		{ INT64_C(1795017600000) - 1, "no_chance" },              /* 2026-11-18, 23:59:59.999 in Shanghai */
		{ INT64_C(1795017600000), "won 洗车券" }, { INT64_C(1795600000000) - 1, "won 洗车券" },
		{ INT64_C(1795600000000), "campaign_closed" },
	};
	clock_set((struct instant){ INT64_C(1795000000000) });
	take_part(&d, lin, l.slug, "林晓");
	clock_set((struct instant){ INT64_C(1795000000000) - 1 });
	assert_str(str_of(drawn(&d, lin, l.slug, token(&d))), "campaign_closed");
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		clock_set((struct instant){ tries[i].at });
		assert_str(str_of(drawn(&d, lin, l.slug, token(&d))), tries[i].says);
	}
	browser_close(lin);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(draw_guard, "what is missing or forbidden blocks with its field; once published only stock grows; without helps no guardrail is touched")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	static const struct { const char *draw, *places, *field; } bad[] = {
		{ CHANCE("1", "0", "0", "0", "0"), "", "places" },
		{ CHANCE("1", "0", "0", "0", "0"), PRIZE("onsite", "a", "1", "600000") "," PRIZE("onsite", "b", "1", "600000"), "places" },
		{ CHANCE("1", "0", "0", "0", "0"), PRIZE("onsite", "a", "1", "0"), "places[0].ppm" },
		{ CHANCE("1", "0", "0", "0", "0"), PRIZE("onsite", "a", "0", "5"), "places[0].stock" },
		{ CHANCE("1", "0", "0", "0", "0"), "{\"kind\":\"onsite\",\"title\":\"车\",\"value\":5000001,\"stock\":1,\"ppm\":1}", "places[0].value" },
		{ "\"mode\":\"lots\",\"draw_at\":1795599999999,\"day_chances\":1,\"most\":1,\"helps_chance\":0,\"helps_most\":0,\"wins_day\":0,"
		  "\"wins_most\":1", PRIZE("onsite", "a", "1", "0"), "draw_at" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct lottery l = lottery_drafted(&d, bad[i].draw, bad[i].places);
		struct reply r = post(d.operator, text(&d, "%s/state", l.path), "{\"state\":\"running\"}");
		assert_reply(r, 409, "not_ready");
		assert_str(json_at(&r, "error.field"), bad[i].field);
	}
	struct lottery g1 = lottery_drafted(&d, CHANCE("1", "0", "2", "0", "1"), PRIZE("onsite", "a", "1", "5"));
	assert_reply(post(d.operator, text(&d, "%s/state", g1.path), "{\"state\":\"running\"}"), 409, "guardrail_g1");
	struct lottery l = lottery_drafted(&d, CHANCE("1", "0", "0", "0", "1"), PRIZE("onsite", "a", "1", "5"));
	assert_int_equal(post(d.operator, text(&d, "%s/state", l.path), "{\"state\":\"running\"}").status, 200);
	const char *path = text(&d, "%s/draw", l.path);
	struct reply r = get(d.reader, path);
	const char *id = text(&d, "%.*s", STR(json_at(&r, "places.0.id")));
	const struct { const char *draw; int stock, ppm; const char *field; } tries[] = {
		{ CHANCE("1", "0", "0", "0", "1"), 1, 6, "places" }, { CHANCE("1", "0", "0", "0", "1"), 0, 5, "places" },
		{ CHANCE("2", "0", "0", "0", "1"), 1, 5, "day_chances" }, { CHANCE("1", "0", "0", "0", "1"), 9, 5, "" },
	};
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		r = put(d.operator, path, text(&d, "{\"looks\":\"grid\",%s,\"places\":[{\"id\":\"%s\",\"kind\":\"onsite\",\"title\":\"a\",\"note\":\"n\","
			"\"value\":5000,\"stock\":%d,\"ppm\":%d}]}", tries[i].draw, id, tries[i].stock, tries[i].ppm));
		if (*tries[i].field) {
			assert_reply(r, 409, "published");
			assert_str(json_at(&r, "error.field"), tries[i].field);
		} else {
			assert_str(json_at(&r, "places.0.remaining"), "9");
		}
	}
	assert_sound(&d);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- Anybody, any time, against a model ------------------------------------------------------------------------- */

#define PLAYERS 8
#define ACTS    240

static uint32_t dice(uint32_t *seed) { return (*seed = *seed * 1664525u + 1013904223u) >> 8; }

struct model { int64_t left[3], gained[PLAYERS], today[PLAYERS], wins[PLAYERS], wins_today[PLAYERS], drawn; };

static void model_draw(struct desk *d, struct model *m, struct browser **who, int i, const char *slug, const char *const titles[3])
{
	bool empty = m->left[0] + m->left[1] + m->left[2] == 0;
	const char *want = empty ? "draw_empty" : m->wins[i] >= 4 ? "won_enough" : m->wins_today[i] >= 2 ? "won_enough_today"
		: m->today[i] == 0 && m->gained[i] == 0 ? "no_chance" : NULL;
	const char *got = drawn(d, who[i], slug, token(d));
	if (want) {
		assert_str(str_of(got), want);
		return;
	}
	if (m->today[i])
		m->today[i]--;
	else
		m->gained[i]--;
	m->drawn++;
	for (int k = 0; k < 3; k++)
		if (strcmp(got, text(d, "won %s", titles[k])) == 0)
			m->left[k]--, m->wins[i]++, m->wins_today[i]++, assert_true(m->left[k] >= 0), got = "none";
	assert_str(str_of(got), "none");
}

PROMISE(draw_model, "whoever draws, gains and waits in whatever order: chances, stock and limits are the model's, and the file gives every result again")
{
	static const char *const titles[3] = { "一等奖", "二等奖", "三等奖" };
	struct desk d;
	uint32_t seed = 11;
	struct browser *people[PLAYERS];
	const char *chances[PLAYERS];
	struct model m = { .left = { 1, 3, 9 } };
	int64_t today = day_of(zone_find(S("Asia/Shanghai")), (struct instant){ DURING });
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct lottery l = lottery_running(&d, CHANCE("2", "0", "0", "2", "4"), PRIZE("onsite", "一等奖", "1", "50000") ","
		PRIZE("physical", "二等奖", "3", "150000") "," PRIZE("onsite", "三等奖", "9", "300000"));
	for (int i = 0; i < PLAYERS; i++) {
		people[i] = person(&d, 700 + i);
		take_part(&d, people[i], l.slug, "人");
		struct reply r = get(d.reader, at(&d, "/campaigns/%lld/participants", (long long)l.id.n));
		chances[i] = at(&d, "/participants/%.*s/chances", STR(json_at(&r, "items.0.id")));
		m.today[i] = 2;
	}
	for (int a = 0; a < ACTS; a++) {
		int i = (int)(dice(&seed) % PLAYERS);
		switch (dice(&seed) % 12) {
		case 0:
			assert_int_equal(post(d.operator, chances[i], text(&d, "{\"amount\":1,\"reason\":\"补\",\"key\":\"%s\"}", token(&d))).status, 400);
			assert_int_equal(post(d.operator, chances[i], text(&d, "{\"amount\":1,\"reason\":\"补发\",\"key\":\"%s\"}", token(&d))).status, 200);
			m.gained[i]++;
			break;
		case 1:
			if (a % 5 == 0) {
				clock_set((struct instant){ clock_now().ms + 6 * 60 * MINUTE });
				int64_t day = day_of(zone_find(S("Asia/Shanghai")), clock_now());
				for (int k = 0; day != today && k < PLAYERS; k++)
					m.today[k] = 2, m.wins_today[k] = 0;
				today = day;
			}
			break;
		default:
			model_draw(&d, &m, people, i, l.slug, titles);
		}
	}
	struct reply r = get(d.reader, text(&d, "%s/draw", l.path));
	for (int k = 0; k < 3; k++)
		assert_int_equal(number_at(&r, text(&d, "places.%d.remaining", k)), m.left[k]);
	assert_int_equal(number_at(&r, "drawn"), m.drawn);
	end(&d, &l);
	struct verified v = checked(&d, people[0], l.slug);
	assert_true(v.revealed && v.wrong == 0 && v.draws == m.drawn);
	assert_sound(&d);
	for (int i = 0; i < PLAYERS; i++)
		browser_close(people[i]);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- Many at once ------------------------------------------------------------------------------------------------- */

#define CROWD 200

struct tapper { struct browser *browser; const char *path; char body[64]; int status; struct reply reply; pthread_t thread; };

static void *tap(void *arg)
{
	struct tapper *t = arg;
	t->reply = post(t->browser, t->path, t->body);
	t->status = t->reply.status;
	return NULL;
}

PROMISE(draw_last_prize, "two hundred tap at once for the last prize: one has it, everybody else keeps their chance, and the file holds")
{
	static struct tapper tappers[CROWD];
	struct desk d;
	int won = 0;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct lottery l = lottery_running(&d, CHANCE("1", "0", "0", "0", "1"), PRIZE("onsite", "最后一份", "1", "1000000"));
	for (int i = 0; i < CROWD; i++) {
		tappers[i] = (struct tapper){ .browser = person(&d, 3000 + i), .path = text(&d, "/t/%s/draw", l.slug) };
		take_part(&d, tappers[i].browser, l.slug, "人");
		snprintf(tappers[i].body, sizeof tappers[i].body, "{\"token\":\"crowd-%010d\"}", i);
	}
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(pthread_create(&tappers[i].thread, NULL, tap, &tappers[i]), 0);
	for (int i = 0; i < CROWD; i++)
		pthread_join(tappers[i].thread, NULL);
	for (int i = 0; i < CROWD; i++) {
		won += tappers[i].status == 200;
		if (tappers[i].status != 200)
			assert_reply(tappers[i].reply, 409, "draw_empty");
	}
	assert_int_equal(won, 1);
	for (int i = 0; i < CROWD; i += 40)
		assert_int_equal(shown(&d, tappers[i].browser, l.slug, "left") + (tappers[i].status == 200), 1);
	end(&d, &l);
	struct verified v = checked(&d, tappers[0].browser, l.slug);
	assert_true(v.revealed && v.wrong == 0 && v.draws == 1 && v.wins == 1);
	assert_sound(&d);
	for (int i = 0; i < CROWD; i++)
		browser_close(tappers[i].browser);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* A repeating job of the program, now. */
static void run_job(struct desk *d, const struct feature *feature)
{
	ARENA_SCOPED arena;
	struct str why = S("");
	arena_init(&arena, 64 << 20);
	struct job_context context = { d->house->store, site_options(d->site)->settings, d->features, &arena };
	assert_int_equal(feature->jobs[0].run(&context, &(struct job){ 0 }, &why), 0);
}

PROMISE(draw_lots_time, "tickets close at the end; at the set instant the winners are drawn once, each ticket once, and the file holds")
{
	struct desk d;
	struct browser *people[12];
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct lottery l = lottery_running(&d, "\"mode\":\"lots\",\"draw_at\":1795650000000,\"day_chances\":2,\"most\":0,\"helps_chance\":0,"
		"\"helps_most\":0,\"wins_day\":0,\"wins_most\":1", PRIZE("physical", "保温杯", "2", "0") "," PRIZE("onsite", "洗车券", "4", "0"));
	for (int i = 0; i < 12; i++) {
		people[i] = person(&d, 800 + i);
		take_part(&d, people[i], l.slug, "人");
		for (int k = 0; k <= i % 2; k++)
			assert_str(str_of(drawn(&d, people[i], l.slug, token(&d))), "none");
	}
	clock_set((struct instant){ INT64_C(1795600000000) });
	assert_str(str_of(drawn(&d, people[0], l.slug, token(&d))), "campaign_closed");
	run_job(&d, &feature_draw_lots);
	run_job(&d, &feature_campaign);
	assert_int_equal(checked(&d, people[0], l.slug).wins, 0);
	clock_set((struct instant){ INT64_C(1795650000000) - 1 });
	run_job(&d, &feature_draw_lots);
	assert_false(checked(&d, people[0], l.slug).revealed);
	clock_set((struct instant){ INT64_C(1795650000000) });
	run_job(&d, &feature_draw_lots);
	run_job(&d, &feature_draw_lots);
	struct verified v = checked(&d, people[0], l.slug);
	assert_true(v.revealed && v.wrong == 0 && v.draws == 18 && v.wins == 6);
	int winners = 0;
	for (int i = 0; i < 12; i++) {
		struct reply r = task(&d, people[i], l.slug);
		int64_t wins = 0;
		for (size_t k = 0; k < json_length(&r, "draw.mine"); k++) {
			struct str title = json_at(&r, text(&d, "draw.mine.%zu.title", k));
			wins += title.len > 0;
			if (!str_is(title, "保温杯"))
				continue;
			assert_str(json_at(&r, text(&d, "draw.mine.%zu.order.asks_address", k)), "true");
			struct str order = json_at(&r, text(&d, "draw.mine.%zu.order.id", k));
			struct reply sent = act(&d, people[i], l.slug, "address", text(&d, "{\"order\":\"%.*s\",\"receiver\":\"林晓\","
				"\"phone\":\"13800138000\",\"address\":\"上海\"}", STR(order)));
			assert_int_equal(sent.status, 200);
			assert_reply(act(&d, people[(i + 1) % 12], l.slug, "address", text(&d, "{\"order\":\"%.*s\",\"receiver\":\"别人\","
				"\"phone\":\"13800138000\",\"address\":\"上海\"}", STR(order))), 404, "not_found");
		}
		assert_in_range(wins, 0, 1);
		winners += (int)wins;
	}
	assert_int_equal(winners, 6);
	assert_sound(&d);
	for (int i = 0; i < 12; i++)
		browser_close(people[i]);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
