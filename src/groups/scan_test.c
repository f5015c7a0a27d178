/* scan_test.c: the promises of a scan: which page is true, who is counted, and that a cap is a cap. The gates: gate_test.c. */
#include <pthread.h>

#include "groups/codes_test.h"

#include "media/qr_read.h"
#include "store/schemas.h"

#define LINK "https://weixin.qq.com/g/AwYAAL8kP2xVb1TzQw3mE7dR"

/* A running code with one target. */
struct stand { struct id code; const char *slug; };

static struct stand stand_url(struct desk *d, int cap, struct code_draft draft)
{
	struct stand s = { .code = code_made(d, draft) };
	target_to(d, s.code, "https://go.example/a", cap, NULL);
	code_run(d, s.code);
	s.slug = code_slug(d, s.code);
	return s;
}

/* Shows a page, so that people can press buttons on it. */
static struct stand stand_group(struct desk *d, struct id group, int cap, struct code_draft draft)
{
	struct stand s = { .code = code_made(d, draft) };
	target_group(d, s.code, group, cap, NULL);
	code_run(d, s.code);
	s.slug = code_slug(d, s.code);
	return s;
}

static struct reply change_target(struct desk *d, struct id target, const char *json)
{
	struct reply r = put(d->operator, at(d, "/targets/%lld", (long long)target.n), json);
	if (r.status != 200)
		fail_msg("target: %d %.*s", r.status, STR(r.body));
	return r;
}

static struct id target_id(struct desk *d, struct id code, int index)
{
	struct id id = { 0 };
	str_to_int(target_at(d, code, index, "id"), &id.n);
	return id;
}

/* ---- One phone ---- */

PROMISE(scan_first, "the first scan of an address goes there at once; of a group it shows its QR; the phone is known from then on")
{
	struct desk d;
	codes_open(&d, house);
	struct stand to = stand_url(&d, 0, (struct code_draft){ 0 });
	struct stand show = stand_group(&d, group_named(&d, "会员群 1", LINK), 0, (struct code_draft){ .title = "车主群" });
	struct browser *phone = browser_open(d.site);
	struct reply r = scan(phone, to.slug);
	assert_int_equal(r.status, 302);
	assert_str(header_of(&r, "Location"), "https://go.example/a");
	assert_true(browser_cookie_value(phone, "quntu_visitor").len > 0);
	r = scan(phone, show.slug);
	assert_int_equal(r.status, 200);
	assert_true(str_starts(header_of(&r, "Content-Type"), S("text/html")));
	assert_str(header_of(&r, "Set-Cookie"), "");
	struct reply data = landed(&r);
	assert_str(json_at(&data, "view"), "target");
	assert_str(json_at(&data, "target.title"), "会员群 1");
	assert_str(json_at(&data, "community.name"), "驾校");
	assert_str(json_at(&data, "target.left"), "-1");
	struct reply picture = get(phone, text(&d, "%.*s", STR(json_at(&data, "target.image"))));
	struct str link;
	assert_int_equal(qr_find((struct blob){ picture.body.at, picture.body.len }, &house->arena, &link), 0);
	assert_str(link, LINK);
	browser_close(phone);
	desk_close(&d);
}

PROMISE(scan_again, "who scans again is counted as a scan, not as a visitor, and takes no second place")
{
	struct desk d;
	codes_open(&d, house);
	struct stand s = stand_group(&d, group_named(&d, "会员群 1", LINK), 2, (struct code_draft){ 0 });
	struct browser *a = browser_open(d.site), *b = browser_open(d.site), *c = browser_open(d.site);
	for (int i = 0; i < 3; i++)
		assert_view(a, s.slug, "target");
	struct reply r = page(a, s.slug);
	assert_str(json_at(&r, "target.left"), "1");
	assert_view(b, s.slug, "target");
	assert_view(c, s.slug, "waiting");
	assert_view(a, s.slug, "target");                     /* full, but it was shown to them */
	assert_int_equal(count_of(&d, s.code, "scans"), 6);
	assert_int_equal(count_of(&d, s.code, "visitors"), 3);
	assert_int_equal(count_of(&d, s.code, "shown"), 2);
	assert_str(target_at(&d, s.code, 0, "shown"), "2");
	assert_sound(&d);
	browser_close(a), browser_close(b), browser_close(c);
	desk_close(&d);
}

PROMISE(scan_bots, "what calls itself a bot sees the page and is not counted")
{
	static const char *const bots[] = { "Googlebot/2.1", "Baiduspider", "Mozilla/5.0 HeadlessChrome/120", "some crawler" };
	struct desk d;
	codes_open(&d, house);
	struct stand s = stand_group(&d, group_named(&d, "会员群 1", LINK), 1, (struct code_draft){ 0 });
	struct browser *b = browser_open(d.site);
	for (size_t i = 0; i < 4; i++) {
		browser_header(b, text(&d, "User-Agent: %s", bots[i]));
		assert_view(b, s.slug, "target");
	}
	assert_int_equal(count_of(&d, s.code, "scans"), 0);
	assert_str(target_at(&d, s.code, 0, "shown"), "0");
	struct reply r = get(d.reader, at(&d, "/livecodes/%lld/visits", (long long)s.code.n));
	assert_int_equal(json_length(&r, "items"), 0);
	assert_sound(&d);
	browser_close(b);
	desk_close(&d);
}

PROMISE(scan_looked_first, "who looked at the page or pressed a button before ever scanning is a visitor at the first scan, shown once")
{
	struct desk d;
	codes_open(&d, house);
	struct stand s = stand_group(&d, group_named(&d, "会员群 1", LINK), 5, (struct code_draft){ 0 });
	struct browser *looks = browser_open(d.site), *presses = browser_open(d.site);
	struct reply r = page(looks, s.slug);
	assert_str(json_at(&r, "view"), "target");
	assert_int_equal(count_of(&d, s.code, "scans"), 0);
	assert_int_equal(count_of(&d, s.code, "shown"), 1);
	assert_sound(&d);
	for (int i = 0; i < 2; i++)
		assert_view(looks, s.slug, "target");
	browser_visit(presses, (struct id){ 424242 });
	say(presses, s.slug, "wait", "{\"contact\":\"13800000000\"}");
	assert_view(presses, s.slug, "target");
	assert_int_equal(count_of(&d, s.code, "scans"), 3);
	assert_int_equal(count_of(&d, s.code, "visitors"), 2);
	assert_int_equal(count_of(&d, s.code, "shown"), 2);
	assert_str(target_at(&d, s.code, 0, "shown"), "2");
	assert_sound(&d);
	browser_close(looks), browser_close(presses);
	desk_close(&d);
}

/* ---- A cap is a cap ---- */

struct crowd { struct site *site; char slug[60]; int shown, waiting, other; };

#define THREADS  16
#define VISITORS 50

static void *come(void *arg)
{
	struct crowd *c = arg;
	struct browser *b = browser_open(c->site);
	for (int i = 0; i < VISITORS; i++) {
		browser_cookie(b, "quntu_visitor", NULL);
		struct reply r = scan(b, c->slug);
		c->shown += r.status == 302;
		c->waiting += r.status == 200;
		c->other += r.status != 302 && r.status != 200;
	}
	browser_close(b);
	return NULL;
}

PROMISE(scan_cap, "800 visitors on 16 threads: a cap of 20 is shown to 20, the second target to 30, everybody else waits")
{
	struct desk d;
	struct crowd crowds[THREADS];
	pthread_t threads[THREADS];
	int shown = 0, waiting = 0, other = 0;
	codes_open(&d, house);
	struct stand s = stand_url(&d, 20, (struct code_draft){ .strategy = "balanced" });
	target_to(&d, s.code, "https://go.example/b", 30, NULL);
	for (int i = 0; i < THREADS; i++) {
		crowds[i] = (struct crowd){ .site = d.site };
		snprintf(crowds[i].slug, sizeof crowds[i].slug, "%s", s.slug);
		assert_int_equal(pthread_create(&threads[i], NULL, come, &crowds[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		shown += crowds[i].shown, waiting += crowds[i].waiting, other += crowds[i].other;
	}
	assert_int_equal(other, 0);
	assert_int_equal(shown, 50);
	assert_int_equal(waiting, THREADS * VISITORS - 50);
	assert_str(target_at(&d, s.code, 0, "shown"), "20");
	assert_str(target_at(&d, s.code, 1, "shown"), "30");
	assert_int_equal(count_of(&d, s.code, "visitors"), THREADS * VISITORS);
	assert_int_equal(count_of(&d, s.code, "shown"), 50);
	assert_sound(&d);
	desk_close(&d);
}

PROMISE(scan_cap_later, "a cap set later counts all who ever saw the target, those not yet summed up too")
{
	struct desk d;
	codes_open(&d, house);
	struct stand s = stand_url(&d, 0, (struct code_draft){ 0 });
	struct browser *b = browser_open(d.site);
	for (int i = 0; i < 9; i++) {
		browser_cookie(b, "quntu_visitor", NULL);
		assert_view(b, s.slug, i == 8 ? "waiting" : "302");
		if (i == 2)
			follow(&d);
		if (i == 5)
			change_target(&d, target_id(&d, s.code, 0), target_json(&d, "url", 8, ",\"url\":\"https://go.example/a\""));
	}
	follow(&d);
	assert_str(target_at(&d, s.code, 0, "shown"), "8");
	assert_sound(&d);
	browser_close(b);
	desk_close(&d);
}

PROMISE(scan_balanced, "without caps, too, a balanced code spreads a rush evenly")
{
	struct desk d;
	codes_open(&d, house);
	struct stand s = stand_url(&d, 0, (struct code_draft){ .strategy = "balanced" });
	target_to(&d, s.code, "https://go.example/b", 0, NULL);
	struct browser *b = browser_open(d.site);
	for (int i = 0; i < 30; i++) {
		browser_cookie(b, "quntu_visitor", NULL);
		assert_view(b, s.slug, "302");
	}
	follow(&d);
	assert_str(target_at(&d, s.code, 0, "shown"), "15");
	assert_str(target_at(&d, s.code, 1, "shown"), "15");
	assert_sound(&d);
	browser_close(b);
	desk_close(&d);
}

PROMISE(scan_back, "who is led from one target to another and back holds one place in each")
{
	struct desk d;
	codes_open(&d, house);
	struct stand s = stand_group(&d, group_named(&d, "一群", LINK), 10, (struct code_draft){ 0 });
	struct id first = target_id(&d, s.code, 0), group = group_named(&d, "二群", LINK);
	target_group(&d, s.code, group, 10, NULL);
	const char *on = target_json(&d, "group", 10, text(&d, ",\"group_id\":\"%.*s\"", STR(target_at(&d, s.code, 0, "group_id"))));
	const char *off = target_json(&d, "group", 10, text(&d, ",\"stopped\":true,\"group_id\":\"%.*s\"", STR(target_at(&d, s.code, 0, "group_id"))));
	struct browser *b = browser_open(d.site);
	for (int i = 0; i < 3; i++) {
		change_target(&d, first, on);
		if (i)
			change_target(&d, target_id(&d, s.code, 1), target_json(&d, "group", 10, text(&d, ",\"stopped\":true,\"group_id\":\"%lld\"", (long long)group.n)));
		assert_view(b, s.slug, "target");
		struct reply r = page(b, s.slug);
		assert_str(json_at(&r, "target.title"), "一群");
		change_target(&d, first, off);
		change_target(&d, target_id(&d, s.code, 1), target_json(&d, "group", 10, text(&d, ",\"group_id\":\"%lld\"", (long long)group.n)));
		r = page(b, s.slug);
		assert_str(json_at(&r, "target.title"), "二群");
	}
	assert_str(target_at(&d, s.code, 0, "shown"), "1");
	assert_str(target_at(&d, s.code, 1, "shown"), "1");
	assert_int_equal(count_of(&d, s.code, "shown"), 2);
	assert_sound(&d);
	browser_close(b);
	desk_close(&d);
}

/* ---- The waiting list ---- */

PROMISE(scan_waiting, "when all is full people wait in order, are shown a target when there is room again, and may wait once more")
{
	struct desk d;
	codes_open(&d, house);
	struct id group = group_named(&d, "会员群 1", LINK);
	struct stand s = stand_group(&d, group, 1, (struct code_draft){ .more = "\"contact\":\"李经理 138\"," });
	struct id target = target_id(&d, s.code, 0);
	struct browser *in = browser_open(d.site), *b = browser_open(d.site), *c = browser_open(d.site);
	assert_view(in, s.slug, "target");
	assert_view(b, s.slug, "waiting");
	struct reply r = say(b, s.slug, "wait", "{\"contact\":\"1\"}");
	assert_reply(r, 400, "too_short");
	r = say(b, s.slug, "wait", "{\"nickname\":\"小白\",\"contact\":\"13800000000\"}");
	assert_str(json_at(&r, "view"), "waited");
	assert_str(json_at(&r, "waiting.place"), "1");
	assert_str(json_at(&r, "contact"), "李经理 138");
	assert_view(c, s.slug, "waiting");
	r = say(c, s.slug, "wait", "{\"contact\":\"13900000000\"}");
	assert_str(json_at(&r, "waiting.place"), "2");
	r = say(b, s.slug, "wait", "{\"nickname\":\"小白\",\"contact\":\"13811111111\"}");
	assert_str(json_at(&r, "waiting.place"), "1");
	change_target(&d, target, target_json(&d, "group", 2, text(&d, ",\"group_id\":\"%lld\"", (long long)group.n)));
	assert_view(b, s.slug, "target");
	assert_view(c, s.slug, "waited");
	r = get(d.operator, at(&d, "/livecodes/%lld/waiting", (long long)s.code.n));
	assert_str(json_at(&r, "items.0.contact"), "13900000000");
	assert_str(json_at(&r, "items.0.served_at"), "null");
	assert_str(json_at(&r, "items.1.contact"), "13811111111");
	assert_true(number_at(&r, "items.1.served_at") > 0);
	change_target(&d, target, target_json(&d, "group", 2, text(&d, ",\"stopped\":true,\"group_id\":\"%lld\"", (long long)group.n)));
	assert_view(b, s.slug, "waiting");
	r = say(b, s.slug, "wait", "{\"contact\":\"13822222222\"}");
	assert_str(json_at(&r, "view"), "waited");
	change_target(&d, target, target_json(&d, "group", 2, text(&d, ",\"group_id\":\"%lld\"", (long long)group.n)));
	assert_view(b, s.slug, "target");
	r = get(d.operator, at(&d, "/livecodes/%lld/waiting", (long long)s.code.n));
	assert_str(json_at(&r, "items.1.contact"), "13822222222");
	assert_true(number_at(&r, "items.1.served_at") > 0);
	assert_sound(&d);
	browser_close(in), browser_close(b), browser_close(c);
	desk_close(&d);
}

/* ---- Pages that show no target ---- */

PROMISE(scan_closed_pages, "draft and unknown links say nothing; early, paused and ended ones say what they are; expired and shut ones let wait")
{
	struct desk d;
	struct instant now = clock_now();
	codes_open(&d, house);
	struct browser *b = browser_open(d.site);
	struct reply r = scan(b, "nowhere-at-all"), data = landed(&r);
	assert_int_equal(r.status, 404);
	assert_str(json_at(&data, "view"), "unknown");
	r = page(b, "nowhere-at-all");
	assert_int_equal(r.status, 404);
	struct id draft = code_made(&d, (struct code_draft){ .title = "还没公布" });
	target_to(&d, draft, "https://go.example", 0, NULL);
	const char *slug = code_slug(&d, draft);
	r = scan(b, slug);
	assert_int_equal(r.status, 404);
	assert_null(memmem(r.body.at, r.body.len, "还没公布", strlen("还没公布")));
	r = page(b, slug);
	assert_int_equal(r.status, 404);
	browser_visit(b, (struct id){ 4711 });
	r = say(b, slug, "wait", "{\"contact\":\"13800000000\"}");
	assert_int_equal(r.status, 404);
	assert_int_equal(count_of(&d, draft, "scans"), 0);
	code_run(&d, draft);
	assert_view(b, slug, "302");
	const char *state = at(&d, "/livecodes/%lld/state", (long long)draft.n);
	post(d.operator, state, "{\"state\":\"paused\"}");
	assert_view(b, slug, "paused");
	post(d.operator, state, "{\"state\":\"ended\"}");
	assert_view(b, slug, "ended");
	struct { const char *more, *target, *view; } table[] = {
		{ text(&d, "\"starts_at\":%lld,", (long long)(now.ms + HOUR)), "", "early" },
		{ text(&d, "\"ends_at\":%lld,", (long long)(now.ms - 1)), "", "ended" },
		{ "", text(&d, ",\"expires_at\":%lld", (long long)(now.ms - 1)), "waiting" },
		{ "", ",\"stopped\":true", "waiting" },
		{ "", ",\"dates\":[{\"day\":\"2020-01-01\",\"from\":0,\"until\":1440}],\"windows\":[{\"weekday\":0,\"from\":0,\"until\":1},{\"weekday\":3,\"from\":0,\"until\":1}]", "waiting" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct id code = code_made(&d, (struct code_draft){ .more = table[i].more });
		target_to(&d, code, "https://go.example", 0, table[i].target);
		code_run(&d, code);
		assert_view(b, code_slug(&d, code), table[i].view);
	}
	browser_close(b);
	desk_close(&d);
}

/* ---- Changes are seen by the next scan ---- */

static struct str shown_now(struct browser *b, const char *slug, const char *what)
{
	struct reply r = scan(b, slug), data = landed(&r);
	return json_at(&data, what);
}

PROMISE(scan_fresh, "a new QR, a count, a name, a cap, a setting: the next scan knows")
{
	struct desk d;
	codes_open(&d, house);
	struct id group = group_named(&d, "会员群 1", LINK);
	struct stand s = stand_group(&d, group, 0, (struct code_draft){ .title = "车主群" });
	struct browser *b = browser_open(d.site);
	const char *path = at(&d, "/groups/%lld", (long long)group.n);
	struct str image = shown_now(b, s.slug, "target.image");
	group_renew(&d, group, LINK "2");
	assert_false(str_equal(shown_now(b, s.slug, "target.image"), image));
	post(d.operator, text(&d, "%s/count", path), "{\"count\":150}");
	assert_str(shown_now(b, s.slug, "target.members"), "150");
	assert_str(shown_now(b, s.slug, "target.left"), "50");
	put(d.operator, path, "{\"name\":\"会员一群\"}");
	assert_str(shown_now(b, s.slug, "target.title"), "会员一群");
	put(d.operator, at(&d, "/livecodes/%lld", (long long)s.code.n), code_json(&d, (struct code_draft){ .title = "车友会" }));
	assert_str(shown_now(b, s.slug, "code.title"), "车友会");
	struct reply r = put(d.admin, at(&d, "/community"), "{\"name\":\"新驾校\",\"timezone\":\"Asia/Shanghai\",\"rules\":\"不发广告\"}");
	assert_int_equal(r.status, 200);
	follow(&d);
	assert_str(shown_now(b, s.slug, "community.name"), "新驾校");
	assert_str(shown_now(b, s.slug, "code.rules"), "不发广告");
	post(d.operator, text(&d, "%s/count", path), "{\"count\":200}");
	assert_str(shown_now(b, s.slug, "view"), "waiting");
	post(d.operator, text(&d, "%s/count", path), "{\"count\":20}");
	assert_str(shown_now(b, s.slug, "view"), "target");
	post(d.operator, text(&d, "%s/stage", path), "{\"stage\":\"closed\"}");
	assert_str(shown_now(b, s.slug, "view"), "waiting");
	assert_sound(&d);
	browser_close(b);
	desk_close(&d);
}

PROMISE(scan_two_processes, "what one process changes, the scans of another know; together they keep the cap")
{
	struct desk d;
	if (!house_is_pg(house))
		return;                           /* one process owns an embedded store */
	codes_open(&d, house);
	struct house other = { 0 };
	struct store_options options = { .url = house->url, .schemas = embedded_schemas };
	struct str why;
	arena_init(&other.arena, 16 << 20);
	assert_int_equal(store_open(&options, &other.store, &other.arena, &why), 0);
	struct site *second = site_open(&other, whole_program, NULL, NULL);
	site_member(d.site, (struct id){ 13 }, d.community, ROLE_OPERATOR, LANG_ZH);
	site_member(d.site, (struct id){ 12 }, d.community, ROLE_READER, LANG_ZH);
	struct id group = group_named(&d, "会员群 1", LINK);
	struct stand s = stand_group(&d, group, 3, (struct code_draft){ 0 });
	struct browser *here = browser_open(d.site), *there_ = browser_open(second);
	for (int i = 0; i < 4; i++) {
		browser_cookie(here, "quntu_visitor", NULL);
		browser_cookie(there_, "quntu_visitor", NULL);
		assert_view(here, s.slug, i < 2 ? "target" : "waiting");
		assert_view(there_, s.slug, i < 1 ? "target" : "waiting");
	}
	change_target(&d, target_id(&d, s.code, 0), target_json(&d, "group", 5, text(&d, ",\"group_id\":\"%lld\"", (long long)group.n)));
	assert_view(there_, s.slug, "target");
	put(d.operator, at(&d, "/groups/%lld", (long long)group.n), "{\"name\":\"改名群\"}");
	assert_str(shown_now(there_, s.slug, "target.title"), "改名群");
	assert_str(target_at(&d, s.code, 0, "shown"), "4");
	browser_close(here), browser_close(there_);
	site_close(second);
	store_close(other.store);
	arena_free(&other.arena);
	assert_sound(&d);
	desk_close(&d);
}

/* ---- "I have joined" ---- */

PROMISE(scan_joined, "joining makes a member with source, group, tags and nickname, once; the page then shows their own group")
{
	struct desk d;
	codes_open(&d, house);
	struct id group = group_named(&d, "会员群 1", LINK);
	struct stand s = stand_group(&d, group, 0, (struct code_draft){ .more = "\"tags\":[\"车主\",\"线下\"]," });
	const char *slug = source_slug(&d, s.code, "前台", NULL);
	struct browser *b = browser_open(d.site), *stranger = browser_open(d.site);
	browser_visit(stranger, (struct id){ 99 });
	struct reply r = say(stranger, slug, "joined", "{}");
	assert_reply(r, 403, "gate_closed");                  /* nobody joins what they were never shown */
	assert_view(b, slug, "target");
	r = say(b, slug, "joined", "{\"nickname\":\"小明\"}");
	assert_str(json_at(&r, "view"), "already");
	assert_str(json_at(&r, "target.joined"), "true");
	r = say(b, slug, "joined", "{\"nickname\":\"别名\"}");
	assert_int_equal(r.status, 200);
	assert_view(b, slug, "already");
	r = get(d.reader, at(&d, "/members"));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.nickname"), "小明");
	assert_str(json_at(&r, "items.0.source"), "前台");
	assert_str(json_at(&r, "items.0.group_id"), text(&d, "%lld", (long long)group.n));
	assert_int_equal(json_length(&r, "items.0.tags"), 2);
	assert_int_equal(count_of(&d, s.code, "joined"), 1);
	assert_str(target_at(&d, s.code, 0, "joined"), "1");
	assert_sound(&d);
	browser_close(b), browser_close(stranger);
	desk_close(&d);
}

struct tap { struct browser *browser; char slug[60]; int status; };

static void *tap(void *arg)
{
	struct tap *t = arg;
	for (int i = 0; i < 5; i++)
		t->status = say(t->browser, t->slug, "joined", "{\"nickname\":\"小明\"}").status;
	return NULL;
}

PROMISE(scan_joined_race, "forty taps on eight threads are one join, one member")
{
	struct desk d;
	struct tap taps[8];
	pthread_t threads[8];
	codes_open(&d, house);
	struct stand s = stand_group(&d, group_named(&d, "会员群 1", LINK), 0, (struct code_draft){ .more = "\"tags\":[\"车主\"]," });
	for (int i = 0; i < 8; i++) {
		taps[i].browser = browser_open(d.site);
		snprintf(taps[i].slug, sizeof taps[i].slug, "%s", s.slug);
		browser_visit(taps[i].browser, (struct id){ 1234567 });
	}
	assert_view(taps[0].browser, s.slug, "target");
	for (int i = 0; i < 8; i++)
		browser_visit(taps[i].browser, (struct id){ 1234567 });
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, tap, &taps[i]), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(taps[i].status, 200);
		browser_close(taps[i].browser);
	}
	assert_int_equal(count_of(&d, s.code, "joined"), 1);
	struct reply r = get(d.reader, at(&d, "/members"));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_sound(&d);
	desk_close(&d);
}

PROMISE(scan_guard, "with the duplicate guard who joined is shown their group, whatever opens later; without it they go on")
{
	struct desk d;
	codes_open(&d, house);
	struct id one = group_named(&d, "一群", LINK), two = group_named(&d, "二群", LINK "2");
	for (int guarded = 0; guarded < 2; guarded++) {
		struct stand s = stand_group(&d, one, 0, (struct code_draft){ .unguarded = !guarded, .wandering = true });
		struct browser *b = browser_open(d.site);
		assert_view(b, s.slug, "target");
		say(b, s.slug, "joined", "{}");
		target_group(&d, s.code, two, 0, NULL);
		change_target(&d, target_id(&d, s.code, 0), target_json(&d, "group", 0, text(&d, ",\"stopped\":true,\"group_id\":\"%lld\"", (long long)one.n)));
		assert_view(b, s.slug, guarded ? "already" : "target");
		struct reply r = page(b, s.slug);
		assert_str(json_at(&r, "target.title"), guarded ? "一群" : "二群");
		browser_close(b);
	}
	assert_sound(&d);
	desk_close(&d);
}

/* ---- Where they are ---- */

PROMISE(scan_place, "a code by city asks first; the choice, and the place taken in it, survive; nonsense is refused")
{
	struct desk d;
	codes_open(&d, house);
	struct id bj = group_named(&d, "北京群", LINK), sh = group_named(&d, "上海群", LINK "2"), code = code_made(&d, (struct code_draft){ .strategy = "city" });
	target_group(&d, code, bj, 0, ",\"region\":\"北京\"");
	struct id in_sh = target_group(&d, code, sh, 5, ",\"region\":\"上海\"");
	code_run(&d, code);
	const char *slug = code_slug(&d, code);
	struct browser *b = browser_open(d.site);
	assert_view(b, slug, "choose");
	struct reply r = page(b, slug);
	assert_int_equal(json_length(&r, "choices"), 2);
	r = say(b, slug, "place", "{\"choice\":\"1\"}");
	assert_reply(r, 400, "missing_field");
	r = say(b, slug, "place", "{\"latitude_e6\":90000001}");
	assert_reply(r, 400, "too_large");
	for (int i = 0; i < 2; i++) {
		r = say(b, slug, "place", text(&d, "{\"choice\":\"%lld\"}", (long long)in_sh.n));
		assert_str(json_at(&r, "target.title"), "上海群");
		assert_str(json_at(&r, "target.left"), "4");
	}
	assert_view(b, slug, "target");
	assert_str(target_at(&d, code, 1, "shown"), "1");
	follow(&d);
	r = get(d.reader, at(&d, "/livecodes/%lld/numbers", (long long)code.n));
	assert_str(json_at(&r, "cities.0.key"), "上海");
	assert_str(json_at(&r, "cities.0.shown"), "1");
	assert_sound(&d);
	browser_close(b);
	desk_close(&d);
}

PROMISE(scan_locate, "a code by distance asks where they are; within reach the nearest, out of reach the waiting list")
{
	struct desk d;
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ .strategy = "nearest" });
	target_to(&d, code, "https://go.example/pudong", 0, ",\"latitude_e6\":31240000,\"longitude_e6\":121500000,\"radius_m\":5000,\"region\":\"浦东\"");
	target_to(&d, code, "https://go.example/puxi", 0, ",\"latitude_e6\":31230000,\"longitude_e6\":121470000,\"radius_m\":5000,\"region\":\"浦西\"");
	code_run(&d, code);
	const char *slug = code_slug(&d, code);
	struct browser *b = browser_open(d.site);
	assert_view(b, slug, "locate");
	struct reply r = say(b, slug, "place", "{\"latitude_e6\":31231000,\"longitude_e6\":121471000}");
	assert_str(json_at(&r, "target.link"), "https://go.example/puxi");
	r = scan(b, slug);
	assert_str(header_of(&r, "Location"), "https://go.example/puxi");
	browser_cookie(b, "quntu_visitor", NULL);
	assert_view(b, slug, "locate");
	r = say(b, slug, "place", "{\"latitude_e6\":39904200,\"longitude_e6\":116407400}");
	assert_str(json_at(&r, "view"), "waiting");
	assert_sound(&d);
	browser_close(b);
	desk_close(&d);
}

/* ---- Gifts and complaints ---- */

PROMISE(scan_partner, "who joins through a partner's link gets its voucher, once")
{
	struct desk d;
	codes_open(&d, house);
	struct id partner = made(d.operator, at(&d, "/partners"), "{\"name\":\"茶铺\",\"offer\":\"奶茶一杯\",\"offer_days\":30,\"stock\":1}");
	struct stand s = stand_group(&d, group_named(&d, "会员群 1", LINK), 0, (struct code_draft){ 0 });
	const char *slug = source_slug(&d, s.code, "茶铺", text(&d, ",\"partner_id\":\"%lld\"", (long long)partner.n));
	struct browser *b = browser_open(d.site), *late = browser_open(d.site);
	assert_view(b, slug, "target");
	struct reply r = page(b, slug);
	assert_str(json_at(&r, "voucher.code"), "");
	r = say(b, slug, "joined", "{}");
	struct str code = json_at(&r, "voucher.code");
	assert_int_equal(code.len, 12);
	assert_str(json_at(&r, "voucher.title"), "奶茶一杯");
	r = page(b, slug);
	assert_true(str_equal(json_at(&r, "voucher.code"), code));
	assert_view(late, slug, "target");
	r = say(late, slug, "joined", "{}");
	assert_str(json_at(&r, "view"), "already");
	assert_str(json_at(&r, "voucher.code"), "");          /* none left: joined all the same */
	r = get(d.reader, at(&d, "/partners/%lld/numbers", (long long)partner.n));
	assert_str(json_at(&r, "given"), "1");
	assert_sound(&d);
	browser_close(b), browser_close(late);
	desk_close(&d);
}

PROMISE(scan_report, "a report raises a warning with its words; twice the same is one; reporting is slowed")
{
	struct desk d;
	codes_open(&d, house);
	struct stand s = stand_group(&d, group_named(&d, "会员群 1", LINK), 0, (struct code_draft){ .title = "车主群" });
	struct browser *b = browser_open(d.site);
	assert_view(b, s.slug, "target");
	struct reply r = { 0 };
	for (int i = 0; i < 2; i++) {
		r = say(b, s.slug, "report", "{\"text\":\"群里是骗子\"}");
		assert_int_equal(r.status, 204);
	}
	r = get(d.operator, at(&d, "/alerts?open=true"));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.kind"), "report");
	assert_str(json_at(&r, "items.0.title"), "车主群");
	assert_str(json_at(&r, "items.0.more"), "群里是骗子");
	for (int i = 0; i < 9; i++)
		r = say(b, s.slug, "report", text(&d, "{\"text\":\"第 %d 次\"}", i));
	assert_reply(r, 429, "slow_down");
	browser_csrf(b, "forged");
	r = say(b, s.slug, "report", "{\"text\":\"假的\"}");
	assert_reply(r, 403, "csrf");
	browser_close(b);
	desk_close(&d);
}

/* ---- What people type ---- */

PROMISE(scan_texts, "markup and SQL in any text reach the page as text and nothing else")
{
	#define EVIL "</script><script>alert(1)</script><img src=x onerror=alert(2)>'; DROP TABLE livecode;--{{page}}"
	static const char *const never[] = { "<script>alert(1)", "<img src=x", "</script><script>" };
	struct desk d;
	codes_open(&d, house);
	put(d.admin, at(&d, "/community"), "{\"name\":\"<b>\\\"驾校'</b>\",\"timezone\":\"Asia/Shanghai\",\"slogan\":\"<img src=x onerror=alert(3)>\",\"rules\":\"" EVIL "\"}");
	struct id group = group_named(&d, "<img src=x onerror=1>", LINK);
	struct id code = code_made(&d, (struct code_draft){ .title = "</title><img src=x>{{body}}", .gate = "password",
		.more = "\"guide\":\"" EVIL "\",\"gate_title\":\"<img src=x>\",\"gate_note\":\"" EVIL "\",\"gate_password\":\"1\",\"contact\":\"<img src=x>\"," });
	target_group(&d, code, group, 0, ",\"title\":\"\\\"><img src=x>\"");
	code_run(&d, code);
	follow(&d);
	const char *slug = code_slug(&d, code);
	struct browser *b = browser_open(d.site);
	for (int i = 0; i < 2; i++) {
		struct reply r = scan(b, slug), data = landed(&r);
		assert_str(json_at(&data, "view"), i ? "target" : "gate_password");
		assert_str(json_at(&data, "code.guide"), EVIL);
		assert_str(json_at(&data, "community.name"), "<b>\"驾校'</b>");
		for (size_t k = 0; k < sizeof never / sizeof *never; k++)
			if (memmem(r.body.at, r.body.len, never[k], strlen(never[k])))
				fail_msg("%s in %.*s", never[k], STR(r.body));
		browser_csrf(b, str_z(&house->arena, json_at(&data, "csrf")));
		say(b, slug, "gate", "{\"password\":\"1\"}");
	}
	struct reply r = scan(b, "%3Cimg%20src=x%3E");
	assert_int_equal(r.status, 404);
	assert_null(memmem(r.body.at, r.body.len, "<img src=x", 10));
	browser_close(b);
	desk_close(&d);
}
