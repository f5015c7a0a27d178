/* campaign_test.c: what a campaign promises to operators and to those who take part: published rules stand, a person counts
 * once, goals are the ledger's, stock ends where it ends.
 */
#include <pthread.h>
#include <unistd.h>

#include "campaign/campaign_test.h"

/* ---- What all tests of campaigns do ---- */

const char *campaign_json(struct desk *d, struct plan_draft p)
{
	const char *prizes = p.prizes ? p.prizes
		: "[{\"kind\":\"onsite\",\"title\":\"洗车券\",\"note\":\"到店出示\",\"value\":5000,\"stock\":3}]";
	const char *defaults[][2] = {
		{ "\"act\"", ",\"act\":\"tap\"" }, { "\"strength\"", ",\"strength\":\"anonymous\"" }, { "\"takes_part\"", ",\"takes_part\":\"all\"" },
		{ "\"capacity\"", ",\"capacity\":0" }, { "\"new_only\"", ",\"new_only\":false" }, { "\"helps_each\"", ",\"helps_each\":0" },
		{ "\"mutual\"", ",\"mutual\":false" }, { "\"hold_minutes\"", ",\"hold_minutes\":0" }, { "\"still_days\"", ",\"still_days\":0" },
		{ "\"stages\"", NULL }, { "\"ends_at\"", ",\"ends_at\":" ENDS }, { "\"claim_until\"", ",\"claim_until\":" CLAIMS },
		{ "\"rules\"", ",\"rules\":\"三位好友助力，免费洗车\"" }, { "\"organiser\"", ",\"organiser\":\"友信 400-1\"" },
	};
	const char *more = p.more ? p.more : "";
	struct buf b;
	buf_init(&b, 8192);
	buf_format(&b, "{\"kind\":\"%s\",\"name\":\"洗车季\",\"starts_at\":%s%s",
	           p.kind ? p.kind : "treasure", BEGINS, more);
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		if (!strstr(more, defaults[i][0]) && defaults[i][1])
			buf_z(&b, defaults[i][1]);
	if (!strstr(more, "\"stages\""))
		buf_format(&b, ",\"stages\":[{\"goal\":%d,\"title\":\"一级\",\"prizes\":%s}]", p.goal ? p.goal : 2, prizes);
	buf_z(&b, "}");
	const char *json = str_z(&d->house->arena, buf_view(&b));
	buf_free(&b);
	return json;
}

struct running campaign_running(struct desk *d, struct plan_draft p)
{
	struct running c = { .id = made(d->operator, at(d, "/campaigns"), campaign_json(d, p)) };
	struct reply r = post(d->operator, at(d, "/campaigns/%lld/state", (long long)c.id.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	if (r.status != 200)
		fail_msg("publish: %d %.*s", r.status, STR(r.body));
	c.slug = text(d, "%.*s", STR(json_at(&r, "slug")));
	c.stage = str_copy(&d->house->arena, json_at(&r, "stages.0.id"));
	c.prize = str_copy(&d->house->arena, json_at(&r, "stages.0.prizes.0.id"));
	return c;
}

struct browser *person(struct desk *d, int64_t number)
{
	struct browser *b = browser_open(d->site);
	browser_visit(b, (struct id){ number });
	return b;
}

struct reply task(struct desk *d, struct browser *b, const char *slug) { return get(b, text(d, "/t/%s/page", slug)); }

struct reply act_from(struct desk *d, struct browser *b, const char *network, const char *slug, const char *what,
                             const char *json)
{
	static int n;
	task(d, b, slug);
	n++;
	browser_header(b, network ? text(d, "X-Forwarded-For: %s", network) : text(d, "X-Forwarded-For: 10.0.%d.%d", n / 250, n % 250));
	return post(b, text(d, "/t/%s/%s", slug, what), json);
}

struct reply act(struct desk *d, struct browser *b, const char *slug, const char *what, const char *json)
{
	return act_from(d, b, NULL, slug, what, json);
}

const char *take_part(struct desk *d, struct browser *b, const char *slug, const char *name)
{
	struct reply r = act(d, b, slug, "join", text(d, "{\"nickname\":\"%s\"}", name));
	if (r.status != 200)
		fail_msg("join: %d %.*s", r.status, STR(r.body));
	return text(d, "%.*s", STR(json_at(&r, "me.slug")));
}

const char *verdict(struct desk *d, struct browser *b, const char *slug)
{
	struct reply r = act(d, b, slug, "help", "{\"nickname\":\"友\"}");
	if (r.status != 200)
		return text(d, "%.*s", STR(json_at(&r, "error.code")));
	struct str reason = json_at(&r, "help.reason");
	return text(d, "%.*s%s%.*s", STR(json_at(&r, "help.state")), reason.len ? " " : "", STR(reason));
}

int64_t helps_of(struct desk *d, struct browser *b, const char *slug)
{
	struct reply r = task(d, b, slug);
	return number_at(&r, "me.helps");
}

const char *claim_json(struct desk *d, const struct running *c)
{
	return text(d, "{\"stage\":\"%.*s\",\"prize\":\"%.*s\"}", STR(c->stage), STR(c->prize));
}

/* ---- Promises ---- */

PROMISE(campaign_story, "a friend helps, the goal is reached, the prize is claimed, the counter redeems it once")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ 0 });
	struct browser *lin = person(&d, 501), *an = person(&d, 502), *bo = person(&d, 503);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	assert_str(str_of(verdict(&d, an, own)), "counted");
	struct reply r = act(&d, lin, own, "claim", claim_json(&d, &c));
	assert_reply(r, 409, "stage_not_reached");
	assert_str(str_of(verdict(&d, bo, own)), "counted");
	assert_str(str_of(verdict(&d, bo, own)), "counted");
	assert_int_equal(helps_of(&d, lin, own), 2);
	r = act(&d, lin, own, "claim", claim_json(&d, &c));
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "stages.0.order.state"), "to_redeem");
	const char *code = text(&d, "%.*s", STR(json_at(&r, "stages.0.order.code")));
	r = act(&d, lin, own, "claim", claim_json(&d, &c));           /* twice: the same order */
	assert_str(json_at(&r, "stages.0.order.code"), code);
	assert_str(json_at(&r, "stages.0.prizes.0.remaining"), "2");
	r = post(d.reader, at(&d, "/orders/redeem"), text(&d, "{\"code\":\"%s\"}", code));
	assert_reply(r, 403, "forbidden");
	r = post(d.operator, at(&d, "/orders/redeem"), text(&d, "{\"code\":\"%s\"}", code));
	assert_int_equal(r.status, 200);
	r = post(d.operator, at(&d, "/orders/redeem"), text(&d, "{\"code\":\"%s\"}", code));
	assert_reply(r, 409, "voucher_used");
	assert_sound(&d);
	browser_close(lin), browser_close(an), browser_close(bo);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(campaign_erased_friend, "an erased friend's help still counts and is still listed, as nobody's")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"act\":\"sign_up\"" });
	struct browser *lin = person(&d, 501), *an = person(&d, 502);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	assert_str(str_of(verdict(&d, an, own)), "counted");
	struct reply r = get(d.reader, at(&d, "/campaigns/%lld/participants", (long long)c.id.n));
	const char *path = at(&d, "/participants/%lld", (long long)number_at(&r, "items.0.id"));
	r = get(d.reader, path);
	assert_str(json_at(&r, "helps.0.entry_id"), str_z(&house->arena, json_at(&r, "entries.0.id")));
	assert_str(json_at(&r, "entries.0.actor_id"), "502");
	follow(&d);
	r = get(d.reader, at(&d, "/members?q=%%E5%%8F%%8B"));
	long long friend = number_at(&r, "items.0.id");
	r = post(d.admin, at(&d, "/members/%lld/erase", friend), "{\"reason\":\"asked\"}");
	assert_int_equal(r.status, 200);
	follow(&d);
	r = get(d.reader, path);
	assert_str(json_at(&r, "balance"), "1");
	assert_str(json_at(&r, "helps.0.state"), "counted");
	assert_str(json_at(&r, "helps.0.nickname"), "");
	assert_false(str_is(json_at(&r, "helps.0.helper_id"), "502") || str_is(json_at(&r, "entries.0.actor_id"), "502"));
	assert_sound(&d);
	browser_close(lin), browser_close(an);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(campaign_verdicts, "who does not count is told why: self, old members, too many, mutual, the same person again")
{
	struct desk d;
	clock_set((struct instant){ DURING - 5 * DAY });
	codes_open(&d, house);
	struct browser *old = person(&d, 601), *lin = person(&d, 602), *an = person(&d, 603), *bo = person(&d, 604);
	struct id code = code_made(&d, (struct code_draft){ .title = "老群" });
	target_group(&d, code, group_named(&d, "会员群", "https://weixin.qq.com/g/old"), 0, NULL);
	code_run(&d, code);
	view(old, code_slug(&d, code));
	say(old, code_slug(&d, code), "joined", "{\"nickname\":\"老王\"}");
	clock_set((struct instant){ DURING });
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"new_only\":true,\"helps_each\":1" });
	const char *lins = take_part(&d, lin, c.slug, "林晓"), *ans = take_part(&d, an, lins, "安安");
	assert_str(str_of(verdict(&d, lin, lins)), "self_help");
	assert_str(str_of(verdict(&d, old, lins)), "refused not_new");
	assert_str(str_of(verdict(&d, bo, lins)), "counted");
	assert_str(str_of(verdict(&d, bo, ans)), "refused helped_enough");
	assert_str(str_of(verdict(&d, lin, ans)), "counted");
	assert_str(str_of(verdict(&d, an, lins)), "refused mutual");
	assert_int_equal(helps_of(&d, lin, lins), 1);
	assert_int_equal(helps_of(&d, an, ans), 1);
	struct reply r = task(&d, lin, lins);
	assert_int_equal(json_length(&r, "friends"), 3);
	assert_sound(&d);
	browser_close(old), browser_close(lin), browser_close(an), browser_close(bo);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(campaign_windows, "a millisecond before the start and from the end on nothing counts; claims have a time of their own")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1 });
	struct browser *lin = person(&d, 701), *an = person(&d, 702), *bo = person(&d, 703);
	clock_set((struct instant){ INT64_C(1795000000000) - 1 });
	struct reply r = act(&d, lin, c.slug, "join", "{\"nickname\":\"早\"}");
	assert_reply(r, 409, "campaign_closed");
	r = task(&d, lin, c.slug);
	assert_str(json_at(&r, "view"), "early");
	clock_set((struct instant){ INT64_C(1795000000000) });
	const char *own = take_part(&d, lin, c.slug, "林晓");
	clock_set((struct instant){ INT64_C(1795600000000) - 1 });
	assert_str(str_of(verdict(&d, an, own)), "counted");
	clock_set((struct instant){ INT64_C(1795600000000) });
	assert_str(str_of(verdict(&d, bo, own)), "campaign_closed");
	clock_set((struct instant){ INT64_C(1795700000000) });
	r = act(&d, lin, own, "claim", claim_json(&d, &c));
	assert_reply(r, 409, "campaign_closed");
	clock_set((struct instant){ INT64_C(1795700000000) - 1 });
	r = act(&d, lin, own, "claim", claim_json(&d, &c));
	assert_int_equal(r.status, 200);
	browser_close(lin), browser_close(an), browser_close(bo);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(campaign_publish, "what is missing blocks with its field, a guardrail asks to be acknowledged, and the receipt is in the audit log")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct id bad = made(d.operator, at(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){ .more = ",\"rules\":\"\"" }));
	struct reply r = post(d.operator, at(&d, "/campaigns/%lld/state", (long long)bad.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	assert_reply(r, 409, "not_ready");
	assert_str(json_at(&r, "error.field"), "rules");
	struct id good = made(d.operator, at(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){ 0 }));
	r = post(d.operator, at(&d, "/campaigns/%lld/state", (long long)good.n), "{\"state\":\"running\"}");
	assert_reply(r, 409, "guardrail_g1");
	struct id loud = made(d.operator, at(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){ .more = ",\"share_text\":\"全网最低\"" }));
	r = get(d.reader, at(&d, "/campaigns/%lld/check", (long long)loud.n));
	assert_non_null(memmem(r.body.at, r.body.len, "“全网最低”", strlen("“全网最低”")));
	r = get(d.reader, at(&d, "/campaigns/%lld/check", (long long)good.n));
	assert_null(memmem(r.body.at, r.body.len, "G10", 3));
	assert_str(json_at(&r, "items.0.rule"), "G1");
	assert_str(json_at(&r, "items.0.level"), "acknowledge");
	r = post(d.operator, at(&d, "/campaigns/%lld/state", (long long)good.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	assert_int_equal(r.status, 200);
	r = get(d.admin, at(&d, "/audit"));
	assert_true(memmem(r.body.at, r.body.len, "guardrail_acknowledged", 22) != NULL);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(campaign_locked, "once published, goals, prizes and dates change only in favour of those who take part; the rules' words stay and may go on")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ 0 });
	const char *path = at(&d, "/campaigns/%lld", (long long)c.id.n);
	const struct { int goal, stock; const char *more, *field; } tries[] = {
		{ 3, 3, "", "stages" }, { 2, 2, "", "stages" }, { 2, 3, ",\"ends_at\":1795500000000", "ends_at" },
		{ 2, 3, ",\"rules\":\"五位好友助力，免费洗车\"", "rules" }, { 2, 3, ",\"organiser\":\"别家\"", "organiser" },
		{ 2, 3, ",\"new_only\":true", "new_only" }, { 2, 3, ",\"capacity\":5", "capacity" }, { 2, 3, ",\"rules\":\"三位好友助力，免费洗车\\n周末也能用\"", "" },
		{ 2, 3, ",\"rules\":\"三位好友助力，免费洗车\"", "rules" }, { 1, 9, ",\"mutual\":true,\"rules\":\"三位好友助力，免费洗车\\n周末也能用\"", "" },
	};
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		const char *stages = text(&d, "%s,\"stages\":[{\"id\":\"%.*s\",\"goal\":%d,\"title\":\"一级\",\"prizes\":[{\"id\":\"%.*s\",\"kind\":\"onsite\","
			"\"title\":\"洗车券\",\"note\":\"到店出示\",\"value\":5000,\"stock\":%d}]}]", tries[i].more, STR(c.stage), tries[i].goal,
			STR(c.prize), tries[i].stock);
		struct reply r = put(d.operator, path, campaign_json(&d, (struct plan_draft){ .more = stages }));
		if (*tries[i].field) {
			assert_reply(r, 409, "published");
			assert_str(json_at(&r, "error.field"), tries[i].field);
		} else {
			assert_int_equal(r.status, 200);
			assert_str(json_at(&r, "stages.0.prizes.0.remaining"), text(&d, "%d", tries[i].stock));
		}
	}
	assert_sound(&d);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(campaign_join_counts, "joining the group counts for the friend whose page was opened last, once")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ .title = "新群" });
	target_group(&d, code, group_named(&d, "新会员群", "https://weixin.qq.com/g/new"), 0, NULL);
	code_run(&d, code);
	struct running c = campaign_running(&d, (struct plan_draft){
		.more = text(&d, ",\"act\":\"join\",\"code_id\":\"%lld\"", (long long)code.n) });
	struct browser *lin = person(&d, 801), *an = person(&d, 802), *bo = person(&d, 803);
	const char *lins = take_part(&d, lin, c.slug, "林晓"), *ans = take_part(&d, an, c.slug, "安安");
	assert_str(str_of(verdict(&d, bo, ans)), "join_first");
	clock_set((struct instant){ DURING + 5 });
	struct reply r = task(&d, bo, lins);
	assert_str(json_at(&r, "group"), text(&d, "/g/%s", code_slug(&d, code)));
	view(bo, code_slug(&d, code));
	say(bo, code_slug(&d, code), "joined", "{\"nickname\":\"波波\"}");
	follow(&d);
	say(bo, code_slug(&d, code), "joined", "{\"nickname\":\"波波\"}");
	follow(&d);
	assert_int_equal(helps_of(&d, lin, lins), 1);
	assert_int_equal(helps_of(&d, an, ans), 0);
	assert_sound(&d);
	browser_close(lin), browser_close(an), browser_close(bo);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(campaign_burst, "many helps from one network wait for a person, who accepts or rejects; what counted and is rejected is taken away")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ 0 });
	struct browser *lin = person(&d, 1001), *friend[8];
	const char *own = take_part(&d, lin, c.slug, "林晓");
	for (int i = 0; i < 8; i++) {
		friend[i] = person(&d, 1010 + i);
		struct reply r = act_from(&d, friend[i], "203.0.113.9", own, "help", "{\"nickname\":\"友\"}");
		assert_str(json_at(&r, "help.state"), i < 5 ? "counted" : "held");
	}
	assert_int_equal(helps_of(&d, lin, own), 5);
	struct reply r = get(d.operator, at(&d, "/campaigns/%lld/helps?state=held", (long long)c.id.n));
	assert_int_equal(json_length(&r, "items"), 3);
	assert_str(json_at(&r, "items.0.reason"), "burst");
	assert_str(json_at(&r, "items.0.address"), "203.0.113");
	const char *who = text(&d, "%.*s", STR(json_at(&r, "items.0.participant_id")));
	const struct { int64_t helper; bool accept; int status; int64_t balance; } acts[] = {
		{ 1015, true, 200, 6 }, { 1015, true, 409, 6 }, { 1016, false, 200, 6 }, { 1010, false, 200, 5 }, { 1010, false, 409, 5 },
		{ 1010, true, 200, 6 }, { 1010, false, 200, 5 }, { 1016, true, 200, 6 }, { 9999, true, 404, 6 },
	};
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
		r = post(d.operator, at(&d, "/helps/decide"), text(&d, "{\"participant\":\"%s\",\"helper\":\"%lld\",\"accept\":%s,"
			"\"reason\":\"同一网络\"}", who, (long long)acts[i].helper, acts[i].accept ? "true" : "false"));
		assert_int_equal(r.status, acts[i].status);
		assert_int_equal(helps_of(&d, lin, own), acts[i].balance);
	}
	assert_sound(&d);
	for (int i = 0; i < 8; i++)
		browser_close(friend[i]);
	browser_close(lin);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- Many people, many clicks, against a model ------------------------------------------------------------ */

#define PEOPLE 14
#define CLICKS 260

static uint32_t draw(uint32_t *seed) { return (*seed = *seed * 1664525u + 1013904223u) >> 8; }

PROMISE(campaign_model, "whatever people click in whatever order, each counts once for another and never for themselves")
{
	struct desk d;
	uint32_t seed = 7;
	bool counts[PEOPLE][PEOPLE] = { 0 };
	const char *slugs[PEOPLE] = { 0 };
	struct browser *people[PEOPLE];
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 3 });
	for (int i = 0; i < PEOPLE; i++)
		people[i] = person(&d, 900 + i);
	for (int i = 0; i < CLICKS; i++) {
		int a = (int)(draw(&seed) % PEOPLE), b = (int)(draw(&seed) % PEOPLE);
		if (draw(&seed) % 5 == 0 || !slugs[b]) {
			const char *slug = take_part(&d, people[b], slugs[a] ? slugs[a] : c.slug, "人");
			assert_true(!slugs[b] || strcmp(slugs[b], slug) == 0);
			slugs[b] = slug;
			continue;
		}
		struct str got = str_of(verdict(&d, people[a], slugs[b]));
		counts[b][a] |= a != b && !counts[a][b] && str_is(got, "counted");
		assert_true(a == b ? str_is(got, "self_help") : counts[b][a] ? str_is(got, "counted") : str_is(got, "refused mutual"));
	}
	for (int b = 0; b < PEOPLE; b++) {
		int64_t want = 0;
		for (int a = 0; a < PEOPLE; a++)
			want += counts[b][a];
		if (slugs[b])
			assert_int_equal(helps_of(&d, people[b], slugs[b]), want);
	}
	assert_sound(&d);
	for (int i = 0; i < PEOPLE; i++)
		browser_close(people[i]);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- What stands beside the page ---- */

int listen_as(struct desk *d, struct browser *b, const char *slug, struct str *ret, char *room, size_t size)
{
	int fd = raw_open(d->site);
	raw_send(fd, text(d, "GET /t/%s/live HTTP/1.1\r\nHost: a\r\nCookie: quntu_visitor=%.*s\r\n\r\n", slug,
	                  STR(browser_cookie_value(b, "quntu_visitor"))));
	*ret = raw_read(fd, room, size, "\r\n\r\n");
	if (str_starts(*ret, S("HTTP/1.1 200")) && !memmem(room, ret->len, "here\n\n", 6))
		ret->len += raw_read(fd, room + ret->len, size - ret->len, "here\n\n").len;
	return fd;
}

PROMISE(campaign_live, "a page hears that something happened to the one it is about, and nothing else; a newcomer hears of the campaign")
{
	struct desk d;
	struct str got;
	char room[4000], other[4000];
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ 0 });
	struct browser *lin = person(&d, 501), *an = person(&d, 502), *stranger = person(&d, 503);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	task(&d, stranger, c.slug);
	int fd = listen_as(&d, stranger, c.slug, &got, room, sizeof room);
	assert_true(str_starts(got, S("HTTP/1.1 200")));
	task(&d, an, own);
	struct reply r = get(d.reader, at(&d, "/campaigns/%lld/participants", (long long)c.id.n));
	struct id who = { number_at(&r, "items.0.id") };
	int hers = listen_as(&d, lin, c.slug, &got, room, sizeof room), friends = listen_as(&d, an, own, &got, other, sizeof other);
	assert_true(str_starts(got, S("HTTP/1.1 200")) && memmem(other, got.len, "text/event-stream", 17));
	live_tell(site_server(d.site), d.community, "help");
	live_tell_of(site_server(d.site), d.community, (struct id){ who.n + 1 });
	live_tell_of(site_server(d.site), d.elsewhere, who);
	live_tell_inside(site_server(d.site), d.community, c.id);        /* somebody helped somebody else */
	assert_true(raw_untold(hers));
	live_tell_of(site_server(d.site), d.community, who);
	got = raw_read(hers, room, sizeof room, "event: changed");
	assert_true(memmem(room, got.len, "event: changed", 14));
	got = raw_read(friends, other, sizeof other, "event: changed");
	assert_true(memmem(other, got.len, "event: changed", 14));
	assert_true(raw_untold(fd));
	live_tell_of(site_server(d.site), d.community, c.id);            /* paused, ended, changed */
	got = raw_read(fd, room, sizeof room, "event: changed");
	assert_true(memmem(room, got.len, "event: changed", 14));
	close(hers), close(friends), close(fd);
	browser_close(lin), browser_close(an), browser_close(stranger);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(campaign_beside, "a link has its QR picture, a ticket shows its QR code while it can be redeemed, a report reaches the desk once")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1 });
	struct browser *lin = person(&d, 501), *an = person(&d, 502);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	verdict(&d, an, own);
	struct reply r = act(&d, lin, own, "claim", claim_json(&d, &c));
	assert_true(str_starts(json_at(&r, "stages.0.order.qr"), S("data:image/svg+xml,%3Csvg")));
	const char *code = text(&d, "%.*s", STR(json_at(&r, "stages.0.order.code")));
	assert_int_equal(get(an, text(&d, "/t/%s/qr.png", own)).status, 200);
	assert_int_equal(get(an, "/t/nosuchslug/qr.png").status, 404);
	post(d.operator, at(&d, "/orders/redeem"), text(&d, "{\"code\":\"%s\"}", code));
	r = task(&d, lin, own);
	assert_str(json_at(&r, "stages.0.order.qr"), "");
	for (int i = 0; i < 2; i++)
		assert_int_equal(act(&d, an, own, "report", "{\"text\":\"奖品是假的\"}").status, 204);
	r = get(d.operator, at(&d, "/alerts?open=true"));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.kind"), "report_task");
	assert_str(json_at(&r, "items.0.more"), "奖品是假的");
	r = get(d.reader, at(&d, "/campaigns/%lld/tally", (long long)c.id.n));
	assert_str(json_at(&r, "participants"), "1");
	assert_str(json_at(&r, "helps.0.state"), "counted");
	assert_str(json_at(&r, "helps.0.n"), "1");
	assert_str(json_at(&r, "orders.0.state"), "redeemed");
	assert_str(json_at(&r, "stages.0.reached"), "1");
	assert_str(json_at(&r, "stages.0.claimed"), "1");
	browser_close(lin), browser_close(an);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(campaign_poster, "a campaign shows a poster of its own community; whoever takes part has theirs, and a template in use stays")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct id poster = made(d.operator, at(&d, "/posters"), "{\"name\":\"洗车季\",\"width\":750,\"height\":1334,\"layers\":[]}");
	struct running c = campaign_running(&d, (struct plan_draft){ .more = text(&d, ",\"poster_id\":\"%lld\"", (long long)poster.n) });
	struct browser *lin = person(&d, 501), *an = person(&d, 502);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	struct reply r = task(&d, lin, own);
	assert_str(json_at(&r, "poster"), text(&d, "/t/%s/poster", own));
	r = get(lin, text(&d, "/t/%s/poster", own));
	assert_int_equal(r.status, 200);
	assert_true(r.body.len > 1000 && memcmp(r.body.at, "\xff\xd8", 2) == 0);
	task(&d, an, c.slug);
	assert_int_equal(get(an, text(&d, "/t/%s/poster", c.slug)).status, 404);
	assert_int_equal(del(d.operator, at(&d, "/posters/%lld", (long long)poster.n)).status, 409);
	r = post(d.operator, at(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){ .more = ",\"poster_id\":\"999\"" }));
	assert_reply(r, 404, "not_found");
	assert_str(json_at(&r, "error.field"), "poster_id");
	browser_close(lin), browser_close(an);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
