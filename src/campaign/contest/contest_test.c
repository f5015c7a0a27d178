/* contest_test.c: what a contest promises: nothing is shown before it passed, a vote counts once and within its limits, and
 * the ledger, the gallery and the stages say the same.
 */
#include <pthread.h>

#include "campaign/campaign_test.h"
#include "campaign/contest/contest.h"
#include "media/sample_test.h"

struct contested { struct id id; const char *slug, *path; };

static struct contested contest_running(struct desk *d, const char *settings, const char *stages)
{
	struct contested c;
	c.id = made(d->operator, at(d, "/campaigns"), text(d, "{\"kind\":\"contest\",\"name\":\"晒车大赛\",\"organiser\":\"友信 400-1\","
		"\"rules\":\"晒出你的车\",\"starts_at\":" BEGINS ",\"ends_at\":" ENDS ",\"claim_until\":" CLAIMS ",\"takes_part\":\"all\","
		"\"capacity\":0,\"strength\":\"anonymous\",\"act\":\"tap\",\"new_only\":false,\"helps_each\":0,\"mutual\":true,"
		"\"hold_minutes\":0,\"still_days\":0,\"stages\":[%s]}", stages));
	c.path = at(d, "/campaigns/%lld", (long long)c.id.n);
	struct reply r = put(d->operator, text(d, "%s/contest", c.path), text(d, "{%s}", settings));
	if (r.status != 200)
		fail_msg("contest: %d %.*s", r.status, STR(r.body));
	r = post(d->operator, text(d, "%s/state", c.path), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	if (r.status != 200)
		fail_msg("publish: %d %.*s", r.status, STR(r.body));
	c.slug = text(d, "%.*s", STR(json_at(&r, "slug")));
	return c;
}

#define LIMITS(day, most, entry, quota) "\"day_votes\":" day ",\"most_votes\":" most ",\"entry_votes\":" entry ",\"month_quota\":" quota \
	",\"pictures\":\"optional\""

/* Hands in an entry; the slug of its page. */
static const char *handed_in(struct desk *d, struct browser *b, const char *slug, const char *title)
{
	task(d, b, slug);
	struct reply r = post_multipart(b, text(d, "/t/%s/entry", slug), (const struct part[]){
		{ "nickname", S("林晓"), NULL }, { "title", str_of(title), NULL }, { "body", S("开了三年"), NULL }, { 0 } });
	if (r.status != 200)
		fail_msg("entry: %d %.*s", r.status, STR(r.body));
	return text(d, "%.*s", STR(json_at(&r, "me.slug")));
}

static struct str entrant(struct desk *d, const struct contested *c, const char *title)
{
	struct reply r = get(d->reader, text(d, "%s/entries", c->path));
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		if (str_is(json_at(&r, text(d, "items.%zu.title", i)), title))
			return str_copy(&d->house->arena, json_at(&r, text(d, "items.%zu.id", i)));
	fail_msg("no entry %s", title);
	return S("");
}

static struct reply decide(struct desk *d, struct str who, bool pass, const char *reason)
{
	return post(d->operator, at(d, "/entries/%.*s/decide", STR(who)), text(d, "{\"pass\":%s,\"reason\":\"%s\"}", pass ? "true" : "false", reason));
}

static const char *voted(struct desk *d, struct browser *b, const char *slug)
{
	static int n;
	struct reply r = act(d, b, slug, "vote", text(d, "{\"token\":\"vote-%011d\"}", ++n));
	return r.status == 200 ? "ok" : text(d, "%.*s", STR(json_at(&r, "error.code")));
}

PROMISE(contest_story, "an entry is returned with its reason, handed in again, passes, is voted for, and its stage gives a prize")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct contested c = contest_running(&d, LIMITS("3", "0", "1", "0"), "{\"goal\":2,\"title\":\"\",\"prizes\":[{\"kind\":\"onsite\","
		"\"title\":\"洗车券\",\"note\":\"到店\",\"value\":5000,\"stock\":3}]}");
	struct browser *lin = person(&d, 501), *an = person(&d, 502), *bo = person(&d, 503);
	const char *own = handed_in(&d, lin, c.slug, "我的坦克 300，全网最低");
	struct reply r = get(an, text(&d, "/api/contest/%s/entries", c.slug));
	assert_int_equal(json_length(&r, "items"), 0);
	assert_str(str_of(voted(&d, an, own)), "not_found");
	r = task(&d, an, own);
	assert_str(json_at(&r, "contest.entry.title"), "");
	r = get(d.reader, text(&d, "%s/entries?state=pending", c.path));
	assert_str(json_at(&r, "items.0.words.0"), "全网最低");
	struct str who = entrant(&d, &c, "我的坦克 300，全网最低");
	assert_reply(decide(&d, who, false, ""), 400, "missing_field");
	assert_int_equal(decide(&d, who, false, "请去掉“全网最低”").status, 200);
	r = task(&d, lin, own);
	assert_str(json_at(&r, "contest.mine.state"), "returned");
	assert_str(json_at(&r, "contest.mine.reason"), "请去掉“全网最低”");
	handed_in(&d, lin, c.slug, "我的坦克 300");
	assert_int_equal(decide(&d, who, true, "").status, 200);
	assert_reply(decide(&d, who, true, ""), 409, "already_decided");
	assert_str(str_of(voted(&d, lin, own)), "self_help");
	assert_str(str_of(voted(&d, an, own)), "ok");
	assert_str(str_of(voted(&d, an, own)), "voted");
	r = act(&d, bo, own, "vote", "{\"token\":\"the-same-token-00\"}");
	r = act(&d, bo, own, "vote", "{\"token\":\"the-same-token-00\"}");
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "contest.entry.votes"), "2");
	assert_str(json_at(&r, "contest.entry.place"), "1");
	r = task(&d, lin, own);
	assert_str(json_at(&r, "stages.0.reached"), "true");
	assert_str(json_at(&r, "me.helps"), "2");
	r = act(&d, lin, own, "claim", text(&d, "{\"stage\":\"%.*s\",\"prize\":\"%.*s\"}", STR(json_at(&r, "stages.0.id")),
	        STR(json_at(&r, "stages.0.prizes.0.id"))));
	assert_int_equal(r.status, 200);
	r = get(d.reader, text(&d, "%s/result", c.path));
	assert_str(json_at(&r, "facts.0.word"), "entries");
	assert_str(json_at(&r, "facts.0.n"), "1");
	assert_str(json_at(&r, "counted"), "2");
	assert_str(json_at(&r, "claimed"), "1");
	assert_sound(&d);
	browser_close(lin), browser_close(an), browser_close(bo);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(contest_pictures, "pictures are decoded and written anew; what is none is refused with its field; a needed one is asked for")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct contested c = contest_running(&d, "\"day_votes\":3,\"most_votes\":0,\"entry_votes\":1,\"month_quota\":0,\"pictures\":\"needed\"", "");
	struct browser *lin = person(&d, 511);
	struct pixels photo = sample_photo(64, 48, 7);
	struct blob png = sample_png(&d.house->arena, &photo);
	struct str picture = { png.at, png.len };
	pixels_free(&photo);
	const struct { struct part picture; int status; const char *field; } tries[] = {
		{ { 0 }, 400, "picture1" }, { { "picture1", S("<svg onload=alert(1)>"), "a.png" }, 0, "picture1" },
		{ { "picture4", picture, "a.png" }, 400, "" }, { { "picture2", picture, "a.png" }, 200, "" },
	};
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		task(&d, lin, c.slug);
		struct reply r = post_multipart(lin, text(&d, "/t/%s/entry", c.slug), (const struct part[]){
			{ "nickname", S("林晓"), NULL }, { "title", S("车"), NULL }, tries[i].picture, { 0 } });
		if (tries[i].status)
			assert_int_equal(r.status, tries[i].status);
		else
			assert_in_range(r.status, 400, 499);
		if (*tries[i].field)
			assert_str(json_at(&r, "error.field"), tries[i].field);
		if (r.status == 200)
			assert_int_equal(get(lin, text(&d, "%.*s", STR(json_at(&r, "contest.mine.pictures.0")))).status, 200);
	}
	browser_close(lin);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(contest_limits, "votes a day, in all and for one entry hold; a month's quota lets no more pass; at the edges of its time nothing counts")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct contested c = contest_running(&d, LIMITS("2", "3", "2", "2"), "");
	struct browser *who[4], *fan = person(&d, 530);
	const char *own[4];
	for (int i = 0; i < 4; i++) {
		who[i] = person(&d, 520 + i);
		own[i] = handed_in(&d, who[i], c.slug, text(&d, "车 %d", i));
	}
	for (int i = 0; i < 3; i++) {
		struct reply r = decide(&d, entrant(&d, &c, text(&d, "车 %d", i)), true, "");
		if (i < 2)
			assert_int_equal(r.status, 200);
		else
			assert_reply(r, 409, "month_full");
	}
	assert_str(str_of(voted(&d, fan, own[0])), "ok");
	assert_str(str_of(voted(&d, fan, own[0])), "ok");
	assert_str(str_of(voted(&d, fan, own[0])), "no_vote_today");
	clock_set((struct instant){ DURING + DAY });
	assert_str(str_of(voted(&d, fan, own[0])), "voted");
	assert_str(str_of(voted(&d, fan, own[1])), "ok");
	assert_str(str_of(voted(&d, fan, own[1])), "no_vote");
	clock_set((struct instant){ INT64_C(1795600000000) });
	assert_str(str_of(voted(&d, who[0], own[1])), "campaign_closed");
	clock_set((struct instant){ INT64_C(1795600000000) - 1 });
	assert_str(str_of(voted(&d, who[0], own[1])), "ok");
	struct reply r = get(fan, text(&d, "/api/contest/%s/entries?sort=votes", c.slug));
	assert_str(json_at(&r, "items.0.votes"), "2");
	assert_int_equal(json_length(&r, "items"), 2);
	r = put(d.operator, text(&d, "%s/contest", c.path), "{" LIMITS("1", "3", "2", "2") "}");
	assert_reply(r, 409, "published");
	assert_sound(&d);
	for (int i = 0; i < 4; i++)
		browser_close(who[i]);
	browser_close(fan);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- Anybody, any order, against a model ---- */

#define PEOPLE 9
#define ACTS   220

static uint32_t dice(uint32_t *seed) { return (*seed = *seed * 1664525u + 1013904223u) >> 8; }

PROMISE(contest_model, "whoever votes for whom in whatever order: limits, sums, ledger and places are the model's")
{
	struct desk d;
	uint32_t seed = 5;
	struct browser *people[PEOPLE];
	const char *own[PEOPLE];
	int64_t given[PEOPLE][PEOPLE] = { 0 }, today[PEOPLE] = { 0 }, got[PEOPLE] = { 0 };
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct contested c = contest_running(&d, LIMITS("4", "0", "3", "0"), "");
	for (int i = 0; i < PEOPLE; i++) {
		people[i] = person(&d, 600 + i);
		own[i] = handed_in(&d, people[i], c.slug, text(&d, "车 %d", i));
		assert_int_equal(decide(&d, entrant(&d, &c, text(&d, "车 %d", i)), true, "").status, 200);
	}
	for (int n = 0, days = 0; n < ACTS; n++) {
		int a = (int)(dice(&seed) % PEOPLE), b = (int)(dice(&seed) % PEOPLE);
		if (dice(&seed) % 40 == 0 && days < 2) {
			clock_set((struct instant){ DURING + ++days * DAY });
			memset(today, 0, sizeof today);
		}
		const char *want = a == b ? "self_help" : today[a] >= 4 ? "no_vote_today" : given[a][b] >= 3 ? "voted" : "ok";
		assert_str(str_of(voted(&d, people[a], own[b])), want);
		if (strcmp(want, "ok") == 0)
			today[a]++, given[a][b]++, got[b]++;
	}
	struct reply r = get(d.reader, text(&d, "%s/entries?sort=votes", c.path));
	for (int i = 0; i < PEOPLE; i++) {
		assert_int_equal(helps_of(&d, people[i], own[i]), got[i]);
		if (i)
			assert_true(number_at(&r, text(&d, "items.%d.votes", i)) <= number_at(&r, text(&d, "items.%d.votes", i - 1)));
	}
	assert_sound(&d);
	for (int i = 0; i < PEOPLE; i++)
		browser_close(people[i]);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- Many at once: the limit of one person holds ---- */

struct voter { struct browser *browser; const char *path; char body[64]; int status; pthread_t thread; };

static void *cast(void *arg)
{
	struct voter *v = arg;
	v->status = post(v->browser, v->path, v->body).status;
	return NULL;
}

PROMISE(contest_at_once, "one person's twenty taps at once are as many votes as they have")
{
	static struct voter voters[20];
	struct desk d;
	int ok = 0;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct contested c = contest_running(&d, LIMITS("5", "0", "0", "0"), "");
	struct browser *lin = person(&d, 700);
	const char *own = handed_in(&d, lin, c.slug, "车");
	assert_int_equal(decide(&d, entrant(&d, &c, "车"), true, "").status, 200);
	for (int i = 0; i < 20; i++) {
		voters[i] = (struct voter){ .browser = person(&d, 701), .path = text(&d, "/t/%s/vote", own) };
		task(&d, voters[i].browser, own);
		snprintf(voters[i].body, sizeof voters[i].body, "{\"token\":\"atonce-%010d\"}", i);
	}
	for (int i = 0; i < 20; i++)
		assert_int_equal(pthread_create(&voters[i].thread, NULL, cast, &voters[i]), 0);
	for (int i = 0; i < 20; i++) {
		pthread_join(voters[i].thread, NULL);
		ok += voters[i].status == 200;
	}
	assert_int_equal(ok, 5);
	assert_int_equal(helps_of(&d, lin, own), 5);
	assert_sound(&d);
	for (int i = 0; i < 20; i++)
		browser_close(voters[i].browser);
	browser_close(lin);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(likes_entry, "集赞: who takes part says what is liked; friends see it once staff has let it pass; it is no contest to vote in")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .kind = "likes", .goal = 3 });
	struct browser *lin = person(&d, 501), *an = person(&d, 502);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	struct reply r = task(&d, lin, own);
	assert_false(memmem(r.body.at, r.body.len, "\"number\":1", 10));
	r = act(&d, lin, own, "entry", "{\"title\":\"我的小车\",\"body\":\"六年了\"}");
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "liked.state"), "pending");
	r = task(&d, an, own);
	assert_false(memmem(r.body.at, r.body.len, "我的小车", 12));
	r = get(d.operator, at(&d, "/campaigns/%lld/entries?state=pending", (long long)c.id.n));
	const char *entry = text(&d, "%.*s", STR(json_at(&r, "items.0.id")));
	assert_int_equal(post(d.operator, at(&d, "/entries/%s/decide", entry), "{\"pass\":true,\"reason\":\"\"}").status, 200);
	r = task(&d, an, own);
	assert_str(json_at(&r, "liked.title"), "我的小车");
	assert_reply(act(&d, an, own, "vote", "{\"token\":\"token-token-token-1\"}"), 404, "not_found");
	assert_str(str_of(verdict(&d, an, own)), "counted");
	browser_close(lin), browser_close(an);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
