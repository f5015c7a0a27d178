/* anchor_test.c: what went wrong in others, a test for each: the defects that were found by reading the SCRM systems people come
 * from, turned into promises. Names say which.
 */
#include "campaign/campaign_test.h"

static void begin(struct desk *d, struct house *house)
{
	clock_set((struct instant){ DURING });
	codes_open(d, house);
}

static void end(struct desk *d, struct browser **people, int count)
{
	assert_sound(d);
	for (int i = 0; i < count; i++)
		browser_close(people[i]);
	desk_close(d);
	clock_set((struct instant){ 0 });
}

/* A member of the community since before the campaign. */
static void make_old(struct desk *d, struct browser *b)
{
	struct id code = code_made(d, (struct code_draft){ .title = "老群" });
	clock_set((struct instant){ DURING - 5 * DAY });
	target_group(d, code, group_named(d, "会员群", "https://weixin.qq.com/g/old"), 0, NULL);
	code_run(d, code);
	view(b, code_slug(d, code));
	say(b, code_slug(d, code), "joined", "{\"nickname\":\"老王\"}");
	clock_set((struct instant){ DURING });
}

PROMISE(anchor_new_friend_inverted, "with \"new only\" on, newcomers count and old members do not, and page, list and ledger show one number")
{
	struct desk d;
	begin(&d, house);
	struct browser *p[] = { person(&d, 101), person(&d, 102), person(&d, 103) };
	make_old(&d, p[1]);
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"new_only\":true" });
	const char *own = take_part(&d, p[0], c.slug, "林晓");
	assert_str(str_of(verdict(&d, p[1], own)), "refused not_new");
	assert_int_equal(helps_of(&d, p[0], own), 0);
	assert_str(str_of(verdict(&d, p[2], own)), "counted");
	assert_int_equal(helps_of(&d, p[0], own), 1);
	struct reply r = get(d.reader, at(&d, "/campaigns/%lld/participants", (long long)c.id.n));
	assert_str(json_at(&r, "items.0.helps"), "1");
	r = get(d.reader, at(&d, "/participants/%.*s", STR(json_at(&r, "items.0.id"))));
	assert_str(json_at(&r, "balance"), "1");
	assert_int_equal(json_length(&r, "entries"), 1);
	end(&d, p, 3);
}

PROMISE(anchor_goal_is_no_sum, "a stage is reached at its own goal, not at the sum of all, and stays reached beyond it")
{
	struct desk d;
	begin(&d, house);
	struct browser *p[] = { person(&d, 111), person(&d, 112), person(&d, 113), person(&d, 114), person(&d, 115) };
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"stages\":["
		"{\"goal\":2,\"prizes\":[{\"kind\":\"onsite\",\"title\":\"甲\",\"value\":1,\"stock\":3}]},"
		"{\"goal\":3,\"prizes\":[{\"kind\":\"onsite\",\"title\":\"乙\",\"value\":1,\"stock\":3}]}]" });
	const char *own = take_part(&d, p[0], c.slug, "林晓");
	static const char *const reached[][2] = { { "false", "false" }, { "true", "false" }, { "true", "true" }, { "true", "true" } };
	for (int i = 1; i < 5; i++) {
		assert_str(str_of(verdict(&d, p[i], own)), "counted");
		struct reply r = task(&d, p[0], own);
		assert_str(json_at(&r, "stages.0.reached"), reached[i - 1][0]);
		assert_str(json_at(&r, "stages.1.reached"), reached[i - 1][1]);
	}
	assert_int_equal(act(&d, p[0], own, "claim", claim_json(&d, &c)).status, 200);
	end(&d, p, 5);
}

PROMISE(anchor_claims_whatever_is_sent, "a claim for a stage that is not reached, of another campaign or with another stage's prize, is refused")
{
	struct desk d;
	begin(&d, house);
	struct browser *p[] = { person(&d, 121), person(&d, 122) };
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"stages\":["
		"{\"goal\":1,\"prizes\":[{\"kind\":\"onsite\",\"title\":\"甲\",\"value\":1,\"stock\":3}]},"
		"{\"goal\":9,\"prizes\":[{\"kind\":\"onsite\",\"title\":\"乙\",\"value\":1,\"stock\":3}]}]" });
	struct running other = campaign_running(&d, (struct plan_draft){ .goal = 1 });
	struct reply r = get(d.operator, at(&d, "/campaigns/%lld", (long long)c.id.n));
	const char *far = text(&d, "%.*s", STR(json_at(&r, "stages.1.id"))), *far_prize = text(&d, "%.*s", STR(json_at(&r, "stages.1.prizes.0.id")));
	const char *own = take_part(&d, p[0], c.slug, "林晓");
	assert_reply(act(&d, p[0], own, "claim", claim_json(&d, &c)), 409, "stage_not_reached");
	assert_str(str_of(verdict(&d, p[1], own)), "counted");
	assert_reply(act(&d, p[0], own, "claim", text(&d, "{\"stage\":\"%s\",\"prize\":\"%s\"}", far, far_prize)), 409, "stage_not_reached");
	assert_reply(act(&d, p[0], own, "claim", text(&d, "{\"stage\":\"%.*s\",\"prize\":\"%s\"}", STR(c.stage), far_prize)), 404, "not_found");
	assert_reply(act(&d, p[0], own, "claim", claim_json(&d, &other)), 404, "not_found");
	assert_reply(act(&d, p[1], own, "claim", claim_json(&d, &c)), 409, "stage_not_reached");       /* who only helped claims nothing */
	r = get(d.operator, at(&d, "/campaigns/%lld/orders", (long long)c.id.n));
	assert_int_equal(json_length(&r, "items"), 0);
	end(&d, p, 2);
}

PROMISE(anchor_identity_is_a_parameter, "who somebody is comes from the signed cookie: no parameter, and no forged cookie, makes one another")
{
	struct desk d;
	begin(&d, house);
	struct browser *p[] = { person(&d, 131), person(&d, 132) };
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1 });
	const char *own = take_part(&d, p[0], c.slug, "林晓");
	static const char *const names[] = { "union_id", "visitor", "visitor_id", "helper", "member_id", "participant" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct reply r = act(&d, p[1], own, "help", text(&d, "{\"nickname\":\"友\",\"%s\":\"133\"}", names[i]));
		assert_int_equal(r.status, 400);
		r = act(&d, p[1], text(&d, "%s", own), "claim", text(&d, "{\"stage\":\"%.*s\",\"prize\":\"%.*s\",\"%s\":\"131\"}", STR(c.stage),
		        STR(c.prize), names[i]));
		assert_int_equal(r.status, 400);
	}
	task(&d, p[1], text(&d, "%s", own));
	struct reply r = post(p[1], text(&d, "/t/%s/help?visitor=133&union_id=133", own), "{\"nickname\":\"友\"}");
	assert_true(r.status == 200 || r.status == 400);
	r = get(d.operator, at(&d, "/campaigns/%lld/helps", (long long)c.id.n));
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		assert_str(json_at(&r, text(&d, "items.%zu.helper_id", i)), "132");
	browser_cookie(p[1], "quntu_visitor", "131.forged");           /* becomes somebody new, not the one who is named */
	r = task(&d, p[1], c.slug);
	assert_str(json_at(&r, "me"), "null");
	end(&d, p, 2);
}

PROMISE(anchor_routes_without_session, "joining, helping and claiming ask for the visitor's own word: without it nothing happens")
{
	struct desk d;
	begin(&d, house);
	struct browser *p[] = { person(&d, 141), person(&d, 142), browser_open(d.site) };
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1 });
	const char *own = take_part(&d, p[0], c.slug, "林晓");
	static const char *const acts[] = { "join", "help", "claim" };
	for (int who = 1; who < 3; who++)
		for (size_t i = 0; i < 3; i++) {
			browser_csrf(p[who], NULL);
			struct reply r = post(p[who], text(&d, "/t/%s/%s", own, acts[i]), i == 2 ? claim_json(&d, &c) : "{\"nickname\":\"友\"}");
			assert_int_equal(r.status, 403);
		}
	assert_int_equal(helps_of(&d, p[0], own), 0);
	end(&d, p, 3);
}

PROMISE(anchor_other_campaign_debited, "what is taken away in one campaign leaves the same two people's help in another alone")
{
	struct desk d;
	begin(&d, house);
	struct browser *p[] = { person(&d, 151), person(&d, 152) };
	struct running one = campaign_running(&d, (struct plan_draft){ 0 }), two = campaign_running(&d, (struct plan_draft){ 0 });
	const char *first = take_part(&d, p[0], one.slug, "林晓"), *second = take_part(&d, p[0], two.slug, "林晓");
	assert_str(str_of(verdict(&d, p[1], first)), "counted");
	assert_str(str_of(verdict(&d, p[1], second)), "counted");
	struct reply r = get(d.operator, at(&d, "/campaigns/%lld/helps", (long long)one.id.n));
	r = post(d.operator, at(&d, "/helps/decide"), text(&d, "{\"participant\":\"%.*s\",\"helper\":\"152\",\"accept\":false,\"reason\":\"已退群\"}",
	         STR(json_at(&r, "items.0.participant_id"))));
	assert_int_equal(r.status, 200);
	assert_int_equal(helps_of(&d, p[0], first), 0);
	assert_int_equal(helps_of(&d, p[0], second), 1);
	end(&d, p, 2);
}

PROMISE(anchor_never_deducted, "a help that proves false is taken away by an entry of its own, with its reason; the prize that was given stays")
{
	struct desk d;
	begin(&d, house);
	struct browser *p[] = { person(&d, 161), person(&d, 162) };
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1 });
	const char *own = take_part(&d, p[0], c.slug, "林晓");
	assert_str(str_of(verdict(&d, p[1], own)), "counted");
	assert_int_equal(act(&d, p[0], own, "claim", claim_json(&d, &c)).status, 200);
	struct reply r = get(d.operator, at(&d, "/campaigns/%lld/participants", (long long)c.id.n));
	const char *who = text(&d, "%.*s", STR(json_at(&r, "items.0.id")));
	r = post(d.operator, at(&d, "/helps/decide"), text(&d, "{\"participant\":\"%s\",\"helper\":\"162\",\"accept\":false,\"reason\":\"脚本\"}", who));
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "balance"), "0");
	assert_int_equal(json_length(&r, "entries"), 2);
	assert_str(json_at(&r, "entries.0.amount"), "-1");
	assert_str(json_at(&r, "entries.0.reason"), "rejected");
	r = task(&d, p[0], own);
	assert_str(json_at(&r, "stages.0.order.state"), "to_redeem");
	assert_str(json_at(&r, "friends.0.state"), "deducted");
	assert_str(json_at(&r, "friends.0.reason"), "脚本");
	end(&d, p, 2);
}

PROMISE(anchor_counts_while_not_running, "in a draft, paused, ended or outside its days nothing counts, whatever is sent")
{
	struct desk d;
	begin(&d, house);
	struct browser *p[] = { person(&d, 171), person(&d, 172) };
	struct id draft = made(d.operator, at(&d, "/campaigns"), campaign_json(&d, (struct plan_draft){ 0 }));
	struct reply r = get(d.operator, at(&d, "/campaigns/%lld", (long long)draft.n));
	assert_int_equal(post(p[0], text(&d, "/t/%.*s/join", STR(json_at(&r, "slug"))), "{\"nickname\":\"早\"}").status / 100, 4);
	struct running c = campaign_running(&d, (struct plan_draft){ 0 });
	const char *own = take_part(&d, p[0], c.slug, "林晓"), *path = at(&d, "/campaigns/%lld/state", (long long)c.id.n);
	assert_int_equal(post(d.operator, path, "{\"state\":\"paused\"}").status, 200);
	assert_str(str_of(verdict(&d, p[1], own)), "campaign_closed");
	assert_int_equal(post(d.operator, path, "{\"state\":\"running\"}").status, 200);
	clock_set((struct instant){ INT64_C(1795000000000) - 1 });
	assert_str(str_of(verdict(&d, p[1], own)), "campaign_closed");
	clock_set((struct instant){ DURING });
	assert_int_equal(post(d.operator, path, "{\"state\":\"ended\"}").status, 200);
	assert_str(str_of(verdict(&d, p[1], own)), "campaign_closed");
	assert_int_equal(helps_of(&d, p[0], own), 0);
	end(&d, p, 2);
}

PROMISE(anchor_two_doors_twice, "one person who comes in by two doors of the same group counts once")
{
	struct desk d;
	begin(&d, house);
	struct browser *p[] = { person(&d, 181), person(&d, 182) };
	struct id code = code_made(&d, (struct code_draft){ .title = "新群" });
	target_group(&d, code, group_named(&d, "甲群", "https://weixin.qq.com/g/a"), 0, NULL);
	target_group(&d, code, group_named(&d, "乙群", "https://weixin.qq.com/g/b"), 0, NULL);
	code_run(&d, code);
	const char *doors[] = { code_slug(&d, code), source_slug(&d, code, "小张", NULL), source_slug(&d, code, "小李", NULL) };
	struct running c = campaign_running(&d, (struct plan_draft){ .more = text(&d, ",\"act\":\"join\",\"code_id\":\"%lld\"", (long long)code.n) });
	const char *own = take_part(&d, p[0], c.slug, "林晓");
	task(&d, p[1], own);
	for (size_t i = 0; i < sizeof doors / sizeof *doors; i++) {
		view(p[1], doors[i]);
		say(p[1], doors[i], "joined", "{\"nickname\":\"波波\"}");
		follow(&d);
	}
	assert_int_equal(helps_of(&d, p[0], own), 1);
	end(&d, p, 2);
}

PROMISE(anchor_empty_prize_burns, "who reaches for a prize that has run out loses nothing: another of the stage can still be claimed")
{
	struct desk d;
	begin(&d, house);
	struct browser *p[] = { person(&d, 191), person(&d, 192), person(&d, 193) };
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"stages\":[{\"goal\":1,\"prizes\":["
		"{\"kind\":\"onsite\",\"title\":\"甲\",\"value\":1,\"stock\":1},{\"kind\":\"onsite\",\"title\":\"乙\",\"value\":1,\"stock\":1}]}]" });
	struct reply r = get(d.operator, at(&d, "/campaigns/%lld", (long long)c.id.n));
	const char *second = text(&d, "{\"stage\":\"%.*s\",\"prize\":\"%.*s\"}", STR(c.stage), STR(json_at(&r, "stages.0.prizes.1.id")));
	const char *one = take_part(&d, p[0], c.slug, "林晓"), *two = take_part(&d, p[1], c.slug, "安安");
	assert_str(str_of(verdict(&d, p[2], one)), "counted");
	assert_str(str_of(verdict(&d, p[2], two)), "counted");
	assert_int_equal(act(&d, p[0], one, "claim", claim_json(&d, &c)).status, 200);
	assert_reply(act(&d, p[1], two, "claim", claim_json(&d, &c)), 409, "prize_gone");
	assert_int_equal(act(&d, p[1], two, "claim", second).status, 200);
	end(&d, p, 3);
}
