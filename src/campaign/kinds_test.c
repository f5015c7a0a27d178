/* kinds_test.c: what the plays promise beyond what all campaigns do: a group's benefit is everybody's who came, a friend's
 * coming is rewarded on both sides, once, and can be taken back.
 */
#include "campaign/campaign_test.h"
#include "engine/jobs/jobs.h"

static uint32_t draw(uint32_t *seed) { return (*seed = *seed * 1664525u + 1013904223u) >> 8; }

static int64_t points_of(struct desk *d, struct browser *b, const char *slug)
{
	struct reply r = task(d, b, slug);
	return json_at(&r, "points.balance").len ? number_at(&r, "points.balance") : 0;
}

static const char *participant_named(struct desk *d, struct id campaign, const char *name)
{
	struct reply r = get(d->operator, at(d, "/campaigns/%lld/participants?q=%s", (long long)campaign.n, name));
	return text(d, "%.*s", STR(json_at(&r, "items.0.id")));
}

static int decide(struct desk *d, const char *participant, int64_t helper, bool accept)
{
	return post(d->operator, at(d, "/helps/decide"), text(d, "{\"participant\":\"%s\",\"helper\":\"%lld\",\"accept\":%s,\"reason\":\"核对\"}",
	            participant, (long long)helper, accept ? "true" : "false")).status;
}

/* ---- What each play needs before it is published ---- */

PROMISE(kinds_needs, "each play says what it lacks, at the field that mends it, and asks for nothing once that is there")
{
#define ALL_OF(goal, stock) ",\"stages\":[{\"goal\":" goal ",\"whom\":\"all\",\"prizes\":[{\"kind\":\"onsite\",\"title\":\"券\",\"note\":\"n\",\"value\":1,\"stock\":" stock "}]}]"
#define NO_STAGE ",\"stages\":[]"
	static const struct { const char *kind, *more, *field; } table[] = {
		{ "build", ",\"act\":\"tap\"" ALL_OF("3", "9"), "act" },
		{ "build", ",\"act\":\"join\",\"code_id\":\"%lld\"", "stages" },
		{ "build", ",\"act\":\"join\",\"code_id\":\"%lld\"" ALL_OF("3", "3"), "stages[0].prizes[0].stock" },
		{ "build", ",\"act\":\"join\",\"code_id\":\"%lld\"" ALL_OF("3", "4"), "" },
		{ "refer", ",\"act\":\"tap\",\"helps_each\":1,\"inviter_points\":5,\"friend_points\":5" NO_STAGE, "act" },
		{ "refer", ",\"act\":\"sign_up\",\"helps_each\":0,\"inviter_points\":5,\"friend_points\":5" NO_STAGE, "helps_each" },
		{ "refer", ",\"act\":\"sign_up\",\"helps_each\":1,\"inviter_points\":5,\"friend_points\":0" NO_STAGE, "friend_points" },
		{ "refer", ",\"act\":\"sign_up\",\"helps_each\":1,\"friend_points\":5,\"stages\":[{\"goal\":1,\"whom\":\"friends\",\"prizes\":[{\"kind\":"
		  "\"onsite\",\"title\":\"券\",\"note\":\"n\",\"value\":1,\"stock\":4}]}]", "inviter_points" },
		{ "refer", ",\"act\":\"sign_up\",\"helps_each\":1,\"inviter_points\":5,\"friend_points\":5,\"stages\":[{\"goal\":1,\"whom\":\"own\","
		  "\"prizes\":[{\"kind\":\"money\",\"title\":\"红包\",\"value\":500,\"stock\":4}]}]", "stages[0].prizes[0].kind" },
		{ "refer", ",\"act\":\"sign_up\",\"helps_each\":1,\"inviter_points\":5,\"friend_points\":5" NO_STAGE, "" },
		{ "refer", ",\"act\":\"visit\",\"helps_each\":1,\"inviter_points\":5,\"friend_points\":5,\"ends_at\":4102444800000,"
		  "\"claim_until\":4102444800000" NO_STAGE, "" },
	};
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ .title = "新群" });
	target_group(&d, code, group_named(&d, "新会员群", "https://weixin.qq.com/g/new"), 0, NULL);
	code_run(&d, code);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *place = strstr(table[i].more, "%lld"), *more = table[i].more;
		if (place)
			more = text(&d, "%.*s%lld%s", (int)(place - more), more, (long long)code.n, place + 4);
		struct id id = made(d.operator, at(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){ .kind = table[i].kind, .more = more }));
		struct reply r = post(d.operator, at(&d, "/campaigns/%lld/state", (long long)id.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
		if (*table[i].field) {
			assert_reply(r, 409, "not_ready");
			assert_str(json_at(&r, "error.field"), table[i].field);
		} else if (r.status != 200) {
			fail_msg("%zu: %d %.*s", i, r.status, STR(r.body));
		}
	}
	/* The live code by which friends join does not run: it cannot begin so; later it is said, and nothing else is held up. */
	const char *joins = text(&d, ",\"act\":\"join\",\"code_id\":\"%lld\"", (long long)code.n);
	struct id id = made(d.operator, at(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){ .more = joins }));
	assert_int_equal(post(d.operator, at(&d, "/livecodes/%lld/state", (long long)code.n), "{\"state\":\"paused\"}").status, 200);
	struct reply r = post(d.operator, at(&d, "/campaigns/%lld/state", (long long)id.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	assert_reply(r, 409, "not_ready");
	assert_str(json_at(&r, "error.field"), "code_id");
	code_run(&d, code);
	r = post(d.operator, at(&d, "/campaigns/%lld/state", (long long)id.n), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	assert_int_equal(r.status, 200);
	assert_int_equal(post(d.operator, at(&d, "/livecodes/%lld/state", (long long)code.n), "{\"state\":\"paused\"}").status, 200);
	r = get(d.reader, at(&d, "/campaigns/%lld/check", (long long)id.n));
	assert_non_null(memmem(r.body.at, r.body.len, "没有在运行", strlen("没有在运行")));
	assert_int_equal(post(d.operator, at(&d, "/campaigns/%lld/state", (long long)id.n), "{\"state\":\"paused\"}").status, 200);
	assert_int_equal(post(d.operator, at(&d, "/campaigns/%lld/state", (long long)id.n), "{\"state\":\"running\"}").status, 200);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- 建群宝 ---- */

PROMISE(build_story, "three come into the group by Lin's link: she and each of the three may claim, one each; a passer-by may not")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ .title = "新群" });
	target_group(&d, code, group_named(&d, "新会员群", "https://weixin.qq.com/g/new"), 0, NULL);
	code_run(&d, code);
	struct running c = campaign_running(&d, (struct plan_draft){ .kind = "build", .more = text(&d,
		",\"act\":\"join\",\"code_id\":\"%lld\"" ALL_OF("3", "4"), (long long)code.n) });
	struct browser *lin = person(&d, 501), *friend[4];
	const char *own = take_part(&d, lin, c.slug, "林晓"), *claim = claim_json(&d, &c);
	for (int i = 0; i < 4; i++) {
		friend[i] = person(&d, 510 + i);
		task(&d, friend[i], own);
		if (i == 3)
			break;                    /* the fourth only looks */
		struct reply r = act(&d, friend[i], own, "claim", claim);
		assert_reply(r, 409, "stage_not_reached");
		view(friend[i], code_slug(&d, code));
		say(friend[i], code_slug(&d, code), "joined", text(&d, "{\"nickname\":\"友%d\"}", i));
		follow(&d);
		r = task(&d, friend[i], own);
		assert_int_equal(json_length(&r, "crew"), i + 1);
		assert_str(json_at(&r, "crew.0.nickname"), text(&d, "友%d", i));
		assert_str(json_at(&r, "stages.0.reached"), i == 2 ? "true" : "false");
	}
	for (int i = 0; i < 3; i++) {
		struct reply r = act(&d, friend[i], own, "claim", claim);
		assert_int_equal(r.status, 200);
		assert_str(json_at(&r, "stages.0.order.state"), "to_redeem");
		const char *number = text(&d, "%.*s", STR(json_at(&r, "stages.0.order.code")));
		r = act(&d, friend[i], own, "claim", claim);
		assert_str(json_at(&r, "stages.0.order.code"), number);
	}
	struct reply r = act(&d, friend[3], own, "claim", claim);
	assert_reply(r, 409, "stage_not_reached");
	r = act(&d, lin, own, "claim", claim);
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "stages.0.prizes.0.remaining"), "0");
	assert_sound(&d);
	for (int i = 0; i < 4; i++)
		browser_close(friend[i]);
	browser_close(lin);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

#define PEOPLE 10
#define CLICKS 160

/* Who may have the benefit, by the model: own friends, or those for whom one counts, are enough. */
static bool entitled(bool counts[PEOPLE][PEOPLE], int who, int goal)
{
	int best = 0;
	for (int b = 0; b < PEOPLE; b++) {
		int n = 0;
		for (int a = 0; a < PEOPLE; a++)
			n += counts[b][a];
		if ((b == who || counts[b][who]) && n > best)
			best = n;
	}
	return best >= goal;
}

PROMISE(build_model, "whoever comes, goes or is rejected: the benefit is reached by exactly those whose group is full, and what was claimed stays")
{
	struct desk d;
	uint32_t seed = 11;
	bool counts[PEOPLE][PEOPLE] = { 0 }, spent[PEOPLE][PEOPLE] = { 0 }, claimed[PEOPLE] = { 0 };
	const char *slugs[PEOPLE], *ids[PEOPLE];
	struct browser *people[PEOPLE];
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"mutual\":true" ALL_OF("3", "99") });
	for (int i = 0; i < PEOPLE; i++) {
		people[i] = person(&d, 900 + i);
		slugs[i] = take_part(&d, people[i], c.slug, text(&d, "p%dq", i));
		ids[i] = participant_named(&d, c.id, text(&d, "p%dq", i));
	}
	for (int i = 0; i < CLICKS; i++) {
		int a = (int)(draw(&seed) % PEOPLE), b = (int)(draw(&seed) % PEOPLE), what = (int)(draw(&seed) % 4);
		if (a == b)
			continue;
		if (what == 0 && counts[b][a]) {
			assert_int_equal(decide(&d, ids[b], 900 + a, false), 200);
			counts[b][a] = false, spent[b][a] = true;
		} else if (what == 1) {
			struct reply r = act(&d, people[a], slugs[a], "claim", claim_json(&d, &c));
			bool may = claimed[a] || entitled(counts, a, 3);
			assert_int_equal(r.status, may ? 200 : 409);
			claimed[a] = may;
		} else if (!spent[b][a]) {
			assert_str(str_of(verdict(&d, people[a], slugs[b])), "counted");
			counts[b][a] = true;
		}
		struct reply r = task(&d, people[a], slugs[a]);
		assert_str(json_at(&r, "stages.0.reached"), entitled(counts, a, 3) ? "true" : "false");
		assert_true(!claimed[a] || json_at(&r, "stages.0.order.id").len);
	}
	assert_sound(&d);
	for (int i = 0; i < PEOPLE; i++)
		browser_close(people[i]);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- 老带新 ---- */

PROMISE(refer_story, "a friend who came is rewarded with the one who brought them; taken back on both sides with the reason, but not the prize")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .kind = "refer", .more =
		",\"act\":\"visit\",\"helps_each\":1,\"inviter_points\":50,\"friend_points\":20,\"ends_at\":4102444800000,\"claim_until\":4102444800000,\"stages\":["
		"{\"goal\":1,\"whom\":\"own\",\"prizes\":[{\"kind\":\"onsite\",\"title\":\"洗车\",\"note\":\"n\",\"value\":1,\"stock\":5}]},"
		"{\"goal\":1,\"whom\":\"friends\",\"prizes\":[{\"kind\":\"points\",\"title\":\"见面礼\",\"points\":7,\"value\":0,\"stock\":5}]}]" });
	struct browser *lin = person(&d, 501), *bo = person(&d, 502);
	const char *own = take_part(&d, lin, c.slug, "林晓"), *hers = participant_named(&d, c.id, "林晓");
	assert_str(str_of(verdict(&d, bo, own)), "held visit");
	follow(&d);
	assert_int_equal(points_of(&d, lin, own), 0);
	assert_int_equal(decide(&d, hers, 502, true), 200);          /* staff saw him at the counter */
	follow(&d);
	assert_int_equal(points_of(&d, lin, own), 50);
	assert_int_equal(points_of(&d, bo, own), 20);
	struct reply r = task(&d, bo, own);
	assert_str(json_at(&r, "stages.0.reached"), "false");
	assert_str(json_at(&r, "stages.1.reached"), "true");
	const char *gift = text(&d, "{\"stage\":\"%.*s\",\"prize\":\"%.*s\"}", STR(json_at(&r, "stages.1.id")), STR(json_at(&r, "stages.1.prizes.0.id")));
	assert_int_equal(act(&d, bo, own, "claim", gift).status, 200);
	assert_int_equal(act(&d, bo, own, "claim", gift).status, 200);
	assert_int_equal(points_of(&d, bo, own), 27);
	assert_int_equal(act(&d, lin, own, "claim", gift).status, 409);
	assert_int_equal(act(&d, lin, own, "claim", claim_json(&d, &c)).status, 200);
	assert_int_equal(decide(&d, hers, 502, false), 200);         /* it was her second phone */
	follow(&d);
	assert_int_equal(points_of(&d, lin, own), 0);
	assert_int_equal(points_of(&d, bo, own), 7);
	r = task(&d, lin, own);
	assert_str(json_at(&r, "points.entries.0.reason"), "rejected");
	assert_str(json_at(&r, "stages.0.order.state"), "to_redeem");
	r = get(d.reader, at(&d, "/campaigns/%lld/rewards", (long long)c.id.n));
	assert_str(json_at(&r, "taken"), "1");
	assert_str(json_at(&r, "inviter_points"), "0");
	assert_sound(&d);
	browser_close(lin), browser_close(bo);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

#define FRIENDS 40
#define CAP      3

PROMISE(refer_model, "whoever comes in whatever month, and whoever is rejected: points are the model's, never more than the cap a month")
{
	struct desk d;
	uint32_t seed = 5;
	struct { int inviter, month; bool given, taken, came; } friends[FRIENDS] = { 0 };
	struct browser *lin[2], *people[FRIENDS];
	const char *own[2], *ids[2];
	int64_t day = DURING;
	clock_set((struct instant){ day });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .kind = "refer", .more =
		",\"act\":\"sign_up\",\"helps_each\":1,\"inviter_points\":10,\"friend_points\":4,\"month_cap\":3,\"stages\":[],"
		"\"ends_at\":4102444800000,\"claim_until\":4102444800000" });
	for (int i = 0; i < 2; i++) {
		lin[i] = person(&d, 700 + i);
		own[i] = take_part(&d, lin[i], c.slug, i ? "乙方" : "甲方");
		ids[i] = participant_named(&d, c.id, i ? "乙方" : "甲方");
	}
	for (int i = 0; i < FRIENDS; i++)
		people[i] = person(&d, 800 + i);
	for (int i = 0; i < 90; i++) {
		int who = (int)(draw(&seed) % FRIENDS), to = (int)(draw(&seed) % 2);
		day += (int64_t)(draw(&seed) % 5) * DAY;
		clock_set((struct instant){ day });
		bool back = friends[who].taken && draw(&seed) % 2;
		if (friends[who].came && !back) {
			int want = friends[who].taken ? 409 : 200;
			assert_int_equal(decide(&d, ids[friends[who].inviter], 800 + who, false), want);
			friends[who].taken = true;
		} else {
			if (back) {
				to = friends[who].inviter;
				assert_int_equal(decide(&d, ids[to], 800 + who, true), 200);
				friends[who].taken = false, friends[who].given = false;
			} else {
				assert_str(str_of(verdict(&d, people[who], own[to])), "counted");
			}
			struct local local = zone_local(zone_find(S("Asia/Shanghai")), (struct instant){ day });
			int month = local.year * 12 + local.month, many = 0;
			for (int k = 0; k < FRIENDS; k++)
				many += friends[k].given && !friends[k].taken && friends[k].inviter == to && friends[k].month == month;
			friends[who].inviter = to, friends[who].month = month, friends[who].came = true, friends[who].given = many < CAP;
		}
		follow(&d);
	}
	for (int i = 0; i < 2; i++) {
		int64_t want = 0;
		for (int k = 0; k < FRIENDS; k++)
			want += friends[k].given && !friends[k].taken && friends[k].inviter == i ? 10 : 0;
		assert_int_equal(points_of(&d, lin[i], own[i]), want);
	}
	for (int k = 0; k < FRIENDS; k++)
		assert_int_equal(points_of(&d, people[k], own[0]), friends[k].came && !friends[k].taken ? 4 : 0);
	assert_sound(&d);
	for (int i = 0; i < FRIENDS; i++)
		browser_close(people[i]);
	browser_close(lin[0]), browser_close(lin[1]);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(points_merge, "two members become one: their points do too, what is taken back comes from the one; told apart each has its own")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .kind = "refer", .more =
		",\"act\":\"sign_up\",\"helps_each\":1,\"inviter_points\":10,\"friend_points\":4,\"stages\":[]" });
	struct browser *lin = person(&d, 501), *an = person(&d, 502), *bo = person(&d, 503);
	const char *own = take_part(&d, lin, c.slug, "林晓"), *hers = participant_named(&d, c.id, "林晓"), *ans = take_part(&d, an, own, "安安");
	assert_str(str_of(verdict(&d, bo, own)), "counted");
	follow(&d);
	struct reply r = get(d.operator, at(&d, "/campaigns/%lld/participants", (long long)c.id.n));
	struct id one = { number_at(&r, "items.0.member_id") }, other = { number_at(&r, "items.1.member_id") };
	for (int again = 0; again < 2; again++) {
		r = post(d.operator, at(&d, "/members/%lld/merge", (long long)one.n), text(&d, "{\"from\":\"%lld\",\"take\":[]}", (long long)other.n));
		assert_int_equal(r.status, 200);
		follow(&d);
		assert_int_equal(points_of(&d, an, ans), 10);
		if (again)
			break;
		r = get(d.operator, at(&d, "/members/%lld/merges", (long long)one.n));
		r = post(d.operator, at(&d, "/merges/%.*s/undo", STR(json_at(&r, "items.0.id"))), "{}");
		assert_int_equal(r.status, 200);
		follow(&d);
		assert_int_equal(points_of(&d, an, ans), 0);
		assert_int_equal(points_of(&d, lin, own), 10);
	}
	assert_int_equal(decide(&d, hers, 503, false), 200);
	follow(&d);
	assert_int_equal(points_of(&d, an, ans), 0);
	assert_int_equal(decide(&d, hers, 503, true), 200);
	follow(&d);
	assert_int_equal(points_of(&d, an, ans), 10);
	assert_sound(&d);
	browser_close(lin), browser_close(an), browser_close(bo);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- 进群宝 ---- */

static void jobs_of(struct desk *d)
{
	static const struct feature *const funnels[] = { &feature_funnel, NULL };
	assert_true(jobs_run_due(d->house->store, NULL, funnels) >= 0);
}

static struct running funnel_running(struct desk *d, struct id *ret_code, const char *stock)
{
	*ret_code = code_made(d, (struct code_draft){ .title = "冬季群" });
	target_group(d, *ret_code, group_named(d, "冬季群", "https://weixin.qq.com/g/winter"), 0, NULL);
	code_run(d, *ret_code);
	return campaign_running(d, (struct plan_draft){ .kind = "funnel", .more = text(d,
		",\"act\":\"join\",\"code_id\":\"%lld\",\"wait_minutes\":10,\"stages\":[{\"goal\":1,\"whom\":\"friends\",\"prizes\":[{\"kind\":\"link\","
		"\"title\":\"冬季手册\",\"link\":\"https://e.example/winter\",\"value\":0,\"stock\":%s}]}]", (long long)ret_code->n, stock) });
}

PROMISE(funnel_story, "who joins the group finds the link on the page ten minutes later, not before; when nothing is left the page says so")
{
	struct desk d;
	struct id code;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = funnel_running(&d, &code, "1");
	struct browser *an = person(&d, 501), *bo = person(&d, 502), *passer = person(&d, 503);
	task(&d, passer, c.slug);
	for (int i = 0; i < 2; i++) {
		struct browser *who = i ? bo : an;
		task(&d, who, c.slug);
		view(who, code_slug(&d, code));
		say(who, code_slug(&d, code), "joined", "{\"nickname\":\"友\"}");
		follow(&d);
		struct reply r = task(&d, who, c.slug);
		assert_str(json_at(&r, "arrival.state"), "joined");
		assert_reply(act(&d, who, c.slug, "claim", claim_json(&d, &c)), 409, "stage_not_reached");
	}
	clock_set((struct instant){ DURING + 10 * MINUTE - 1 });
	jobs_of(&d);
	struct reply r = task(&d, an, c.slug);
	assert_str(json_at(&r, "arrival.state"), "joined");
	clock_set((struct instant){ DURING + 10 * MINUTE });
	jobs_of(&d);
	jobs_of(&d);
	r = task(&d, an, c.slug);
	assert_str(json_at(&r, "arrival.state"), "given");
	assert_str(json_at(&r, "stages.0.order.code"), "https://e.example/winter");
	r = task(&d, bo, c.slug);
	assert_str(json_at(&r, "arrival.state"), "gone");
	assert_reply(act(&d, passer, c.slug, "claim", claim_json(&d, &c)), 409, "stage_not_reached");
	assert_int_equal(act(&d, an, c.slug, "opened", "{}").status, 200);
	assert_int_equal(act(&d, bo, c.slug, "opened", "{}").status, 200);
	r = get(d.reader, at(&d, "/campaigns/%lld/steps", (long long)c.id.n));
	assert_str(json_at(&r, "seen"), "3");
	assert_str(json_at(&r, "joined"), "2");
	assert_str(json_at(&r, "given"), "1");
	assert_str(json_at(&r, "opened"), "1");
	assert_str(json_at(&r, "gone"), "1");
	assert_sound(&d);
	browser_close(an), browser_close(bo), browser_close(passer);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

#define VISITORS 12

PROMISE(funnel_model, "in whatever order people look, scan, join and time passes: each step counts whom it should, each is given once")
{
	struct desk d;
	struct id code;
	uint32_t seed = 3;
	struct { bool row, scanned, known, joined, given; int64_t due; } v[VISITORS] = { 0 };
	struct browser *people[VISITORS];
	int64_t now = DURING;
	clock_set((struct instant){ now });
	codes_open(&d, house);
	struct running c = funnel_running(&d, &code, "99");
	const char *slug = code_slug(&d, code);
	for (int i = 0; i < VISITORS; i++)
		people[i] = person(&d, 600 + i);
	for (int i = 0; i < 120; i++) {
		int who = (int)(draw(&seed) % VISITORS), what = (int)(draw(&seed) % 4);
		if (what == 0) {
			task(&d, people[who], c.slug);
			v[who].row = true;
		} else if (what == 1) {
			view(people[who], slug);
			v[who].scanned |= v[who].row;
			v[who].known = true;
		} else if (what == 2 && v[who].known) {
			say(people[who], slug, "joined", "{\"nickname\":\"友\"}");
			if (!v[who].joined)
				v[who].due = now + 10 * MINUTE;
			v[who].row = v[who].scanned = v[who].joined = true;
		} else if (what == 3) {
			now += (int64_t)(draw(&seed) % 7) * MINUTE;
			clock_set((struct instant){ now });
		}
		follow(&d);
		jobs_of(&d);
		int row = 0, scanned = 0, joined = 0, given = 0;
		for (int k = 0; k < VISITORS; k++)
			row += v[k].row, scanned += v[k].scanned, joined += v[k].joined, given += v[k].joined && v[k].due <= now;
		struct reply r = get(d.reader, at(&d, "/campaigns/%lld/steps", (long long)c.id.n));
		assert_int_equal(number_at(&r, "seen"), row);
		assert_int_equal(number_at(&r, "scanned"), scanned);
		assert_int_equal(number_at(&r, "shown"), scanned);
		assert_int_equal(number_at(&r, "joined"), joined);
		assert_int_equal(number_at(&r, "given"), given);
	}
	assert_sound(&d);
	for (int i = 0; i < VISITORS; i++)
		browser_close(people[i]);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
