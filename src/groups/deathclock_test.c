/* deathclock_test.c: the promises of the death clock: in time, once, and taken back when the reason is gone. */
#include "engine/jobs/jobs.h"
#include "groups/codes_test.h"

#define LINK "https://weixin.qq.com/g/AwYAAL8kP2xVb1TzQw3mE7dR"

static const struct job_kind *the_clock(void)
{
	for (const struct job_kind *j = feature_deathclock.jobs; j && j->name; j++)
		if (strcmp(j->name, "death_clock") == 0)
			return j;
	fail_msg("no job death_clock");
	return NULL;
}

/* As the worker would run it. */
static void look(struct desk *d)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 16 << 20);
	follow(d);
	struct job_context context = { .store = d->house->store, .features = whole_program, .arena = &arena };
	struct str why = S("");
	assert_int_equal(the_clock()->run(&context, &(struct job){ 0 }, &why), 0);
}

static void go_to(struct desk *d, int64_t ms)
{
	clock_set((struct instant){ ms });
	browser_sign_in(d->operator, (struct id){ 13 });
	browser_sign_in(d->reader, (struct id){ 12 });
}

static size_t open_alerts(struct desk *d, const char *kind)
{
	struct reply r = get(d->reader, at(d, "/alerts?open=true&limit=200"));
	size_t n = 0;
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		n += str_is(json_at(&r, text(d, "items.%zu.kind", i)), kind);
	return n;
}

static size_t all_alerts(struct desk *d)
{
	struct reply r = get(d->reader, at(d, "/alerts?limit=200"));
	return json_length(&r, "items");
}

PROMISE(clock_qr, "a QR is warned of 48, 24 and 2 hours before it dies, once for all codes that show it, and anew the week after")
{
	static const struct { int64_t before; size_t open; } steps[] = {
		{ 49 * HOUR, 0 }, { 48 * HOUR, 1 }, { 47 * HOUR, 1 }, { 25 * HOUR, 1 }, { 24 * HOUR, 2 }, { 3 * HOUR, 2 }, { 2 * HOUR, 3 }, { HOUR, 3 },
	};
	struct desk d;
	codes_open(&d, house);
	go_to(&d, clock_now().ms);
	struct id group = group_named(&d, "会员群 1", LINK), spare = group_named(&d, "备用群", LINK "2");
	struct id code = { 0 };
	for (int i = 0; i < 3; i++) {
		code = code_made(&d, (struct code_draft){ .title = text(&d, "活码 %d", i) });
		target_group(&d, code, group, 0, i == 2 ? ",\"title\":\"别名\"" : NULL);
		target_group(&d, code, spare, 0, NULL);
		code_run(&d, code);
	}
	for (int week = 0; week < 2; week++) {
		int64_t dies;
		assert_true(str_to_int(target_at(&d, code, 0, "picture_expires_at"), &dies));
		for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
			go_to(&d, dies - steps[i].before);
			group_renew(&d, spare, LINK "2");
			look(&d);
			look(&d);
			if (open_alerts(&d, "qr_expires") != steps[i].open)
				fail_msg("%lld h before: %zu", (long long)(steps[i].before / HOUR), open_alerts(&d, "qr_expires"));
		}
		struct reply r = get(d.reader, at(&d, "/alerts?open=true"));
		assert_str(json_at(&r, "items.0.title"), "会员群 1");
		assert_str(json_at(&r, "items.0.subject_id"), text(&d, "%lld", (long long)group.n));
		assert_true(str_starts(json_at(&r, "items.0.more"), S("活码 ")));
		assert_str(json_at(&r, "items.0.level"), "late");
		assert_int_equal(number_at(&r, "items.0.due_at"), dies);
		group_renew(&d, group, LINK);
		look(&d);
		assert_int_equal(open_alerts(&d, "qr_expires"), 0);
		assert_int_equal(all_alerts(&d), 3 * (size_t)(week + 1));
	}
	clock_set((struct instant){ 0 });
	desk_close(&d);
}

PROMISE(clock_fills, "a target that will be full is warned of with places and speed; a larger cap takes it back; then it may fill again")
{
	struct desk d;
	codes_open(&d, house);
	int64_t start = clock_now().ms / HOUR * HOUR + 30 * MINUTE;
	go_to(&d, start);
	struct id code = code_made(&d, (struct code_draft){ .title = "车主群" }), target = target_to(&d, code, "https://go.example/a", 60, ",\"title\":\"甲\"");
	target_to(&d, code, "https://go.example/b", 0, NULL);
	code_run(&d, code);
	const char *slug = code_slug(&d, code);
	struct browser *b = browser_open(d.site);
	look(&d);
	assert_int_equal(all_alerts(&d), 0);
	for (int i = 0; i < 24; i++) {
		browser_cookie(b, "quntu_visitor", NULL);
		assert_view(b, slug, "302");
	}
	look(&d);                                             /* 24 in the last day and hour: 2.5 an hour, 36 left: 14.4 h */
	struct reply r = get(d.reader, at(&d, "/alerts?open=true"));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.kind"), "child_fills");
	assert_str(json_at(&r, "items.0.level"), "due");
	assert_str(json_at(&r, "items.0.more"), "甲");
	assert_str(json_at(&r, "items.0.n"), "36");
	assert_str(json_at(&r, "items.0.per_day"), "60");
	assert_int_equal(number_at(&r, "items.0.due_at") - start, (int64_t)(14.4 * (double)HOUR));
	r = get(d.reader, at(&d, "/livecodes/%lld/clock", (long long)code.n));
	assert_str(json_at(&r, "items.0.why"), "fills");
	assert_str(json_at(&r, "items.0.left"), "36");
	assert_str(json_at(&r, "items.1.left"), "-1");
	assert_str(json_at(&r, "items.1.why"), "none");
	const char *path = at(&d, "/targets/%lld", (long long)target.n);
	put(d.operator, path, target_json(&d, "url", 170, ",\"url\":\"https://go.example/a\",\"title\":\"甲\""));
	look(&d);                                             /* 58 h: no new warning, and no taking back: predictions sway */
	assert_int_equal(open_alerts(&d, "child_fills"), 1);
	put(d.operator, path, target_json(&d, "url", 1000, ",\"url\":\"https://go.example/a\",\"title\":\"甲\""));
	look(&d);
	assert_int_equal(open_alerts(&d, "child_fills"), 0);
	put(d.operator, path, target_json(&d, "url", 60, ",\"url\":\"https://go.example/a\",\"title\":\"甲\""));
	look(&d);
	assert_int_equal(open_alerts(&d, "child_fills"), 1);
	put(d.operator, path, target_json(&d, "url", 60, ",\"url\":\"https://go.example/a\",\"stopped\":true"));
	assert_int_equal(open_alerts(&d, "child_fills"), 0);
	clock_set((struct instant){ 0 });
	browser_close(b);
	desk_close(&d);
}

PROMISE(clock_expires, "a target's own date is warned of beside its QR; a later date, removal, or the end of the code takes it back")
{
	struct desk d;
	codes_open(&d, house);
	int64_t now = clock_now().ms;
	go_to(&d, now);
	struct id codes[3], targets[3];
	for (int i = 0; i < 3; i++) {
		codes[i] = code_made(&d, (struct code_draft){ 0 });
		targets[i] = target_to(&d, codes[i], "https://go.example/a", 0, text(&d, ",\"expires_at\":%lld", (long long)(now + 30 * HOUR)));
		target_to(&d, codes[i], "https://go.example/b", 0, NULL);
		code_run(&d, codes[i]);
	}
	look(&d);
	assert_int_equal(open_alerts(&d, "child_expires"), 3);
	go_to(&d, now + 7 * HOUR);
	look(&d);
	assert_int_equal(open_alerts(&d, "child_expires"), 6);
	put(d.operator, at(&d, "/targets/%lld", (long long)targets[0].n), target_json(&d, "url", 0,
		text(&d, ",\"url\":\"https://go.example/a\",\"expires_at\":%lld", (long long)(now + 90 * DAY))));
	look(&d);
	assert_int_equal(open_alerts(&d, "child_expires"), 4);
	del(d.operator, at(&d, "/targets/%lld", (long long)targets[1].n));
	assert_int_equal(open_alerts(&d, "child_expires"), 2);
	post(d.operator, at(&d, "/livecodes/%lld/state", (long long)codes[2].n), "{\"state\":\"ended\"}");
	assert_int_equal(open_alerts(&d, "child_expires"), 0);
	clock_set((struct instant){ 0 });
	desk_close(&d);
}

PROMISE(clock_dry, "when nothing is left to take over, that is late; it is taken back when something opens, and may come again")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ .title = "车主群" }), target = target_to(&d, code, "https://go.example/a", 0, ",\"stopped\":true");
	struct id idle = code_made(&d, (struct code_draft){ 0 });
	target_to(&d, idle, "https://go.example/a", 0, ",\"stopped\":true");      /* a draft is nobody's business */
	code_run(&d, code);
	const char *path = at(&d, "/targets/%lld", (long long)target.n);
	for (int i = 0; i < 3; i++) {
		look(&d);
		look(&d);
		struct reply r = get(d.reader, at(&d, "/alerts?open=true"));
		assert_int_equal(json_length(&r, "items"), 1);
		assert_str(json_at(&r, "items.0.kind"), "code_dry");
		assert_str(json_at(&r, "items.0.level"), "late");
		assert_str(json_at(&r, "items.0.title"), "车主群");
		put(d.operator, path, target_json(&d, "url", 0, ",\"url\":\"https://go.example/a\""));
		look(&d);
		assert_int_equal(open_alerts(&d, "code_dry"), 0);
		put(d.operator, path, target_json(&d, "url", 0, ",\"url\":\"https://go.example/a\",\"stopped\":true"));
	}
	look(&d);
	post(d.operator, at(&d, "/livecodes/%lld/state", (long long)code.n), "{\"state\":\"paused\"}");
	assert_int_equal(open_alerts(&d, "code_dry"), 0);
	desk_close(&d);
}

PROMISE(clock_set_back, "hours that lie ahead, after the clock was set back, do no harm")
{
	struct desk d;
	codes_open(&d, house);
	int64_t now = clock_now().ms;
	struct id code = code_made(&d, (struct code_draft){ 0 });
	target_to(&d, code, "https://go.example/a", 100, NULL);
	code_run(&d, code);
	const char *slug = code_slug(&d, code);
	struct browser *b = browser_open(d.site);
	for (int i = 1; i < 100; i += 7) {
		go_to(&d, now + i * HOUR);
		browser_cookie(b, "quntu_visitor", NULL);
		assert_view(b, slug, "302");
	}
	go_to(&d, now);
	look(&d);
	struct reply r = get(d.reader, at(&d, "/livecodes/%lld/clock", (long long)code.n));
	assert_str(json_at(&r, "items.0.per_day"), "0");
	clock_set((struct instant){ 0 });
	browser_close(b);
	desk_close(&d);
}
