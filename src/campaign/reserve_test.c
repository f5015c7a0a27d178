/* reserve_test.c: pieces put aside, ends by stock, and who leaves.
 */
#include "campaign/campaign_test.h"
#include "engine/jobs/jobs.h"
#include "groups/roster.h"

static uint32_t draw(uint32_t *seed) { return (*seed = *seed * 1664525u + 1013904223u) >> 8; }

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

static void holds_due_now(struct desk *d)
{
	struct str why;
	struct job_context jc = { .store = d->house->store, .arena = &d->house->arena };
	assert_int_equal(feature_reserve.jobs[0].run(&jc, &(struct job){ 0 }, &why), 0);
}

#define TWO_PRIZES(stock) ",\"stages\":[{\"goal\":1,\"prizes\":[{\"kind\":\"onsite\",\"title\":\"杯\",\"note\":\"n\",\"value\":1,\"stock\":" stock "}," \
	"{\"kind\":\"onsite\",\"title\":\"伞\",\"note\":\"n\",\"value\":1,\"stock\":1}]}]"

PROMISE(reserve_story, "who reached the goal first has a piece put aside; the shelf is empty for the next; never claimed, it goes back in the end")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"reserve\":\"goal\",\"mutual\":true,\"stages\":[{\"goal\":1,\"prizes\":["
		"{\"kind\":\"onsite\",\"title\":\"杯\",\"note\":\"n\",\"value\":1,\"stock\":1}]}]" });
	struct browser *lin = person(&d, 501), *an = person(&d, 502), *bo = person(&d, 503);
	const char *lins = take_part(&d, lin, c.slug, "林晓"), *ans = take_part(&d, an, c.slug, "安安"), *hers = participant_named(&d, c.id, "林晓");
	assert_str(str_of(verdict(&d, bo, lins)), "counted");
	struct reply r = task(&d, lin, lins);
	assert_str(json_at(&r, "stages.0.prizes.0.remaining"), "1");
	assert_str(json_at(&r, "stages.0.prizes.0.held"), "true");
	assert_str(str_of(verdict(&d, bo, ans)), "counted");
	r = task(&d, an, ans);
	assert_str(json_at(&r, "stages.0.prizes.0.remaining"), "0");
	assert_reply(act(&d, an, ans, "claim", claim_json(&d, &c)), 409, "prize_gone");
	assert_int_equal(decide(&d, hers, 503, false), 200);                 /* she loses her friend: the piece is on the shelf again … */
	follow(&d);
	r = task(&d, an, ans);
	assert_str(json_at(&r, "stages.0.prizes.0.remaining"), "1");
	assert_int_equal(decide(&d, hers, 503, true), 200);                  /* … and has them back: put aside again */
	follow(&d);
	assert_reply(act(&d, an, ans, "claim", claim_json(&d, &c)), 409, "prize_gone");
	clock_set((struct instant){ INT64_C(1795700000000) });               /* the time for claims is over */
	holds_due_now(&d);
	r = get(d.reader, at(&d, "/campaigns/%lld", (long long)c.id.n));
	assert_str(json_at(&r, "stages.0.prizes.0.remaining"), "1");
	assert_sound(&d);
	browser_close(lin), browser_close(an), browser_close(bo);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

#define PEOPLE 9
#define CLICKS 150

PROMISE(reserve_model, "whatever is helped, lost and claimed in whatever order: who holds a piece always gets one, and pieces add up to what was promised")
{
	struct desk d;
	uint32_t seed = 21;
	bool counts[PEOPLE] = { 0 }, held[PEOPLE] = { 0 }, got[PEOPLE] = { 0 };
	const char *slugs[PEOPLE], *ids[PEOPLE], *claims[2];
	struct browser *people[PEOPLE], *helper;
	int shelf[2] = { 3, 1 };
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"reserve\":\"goal\"" TWO_PRIZES("3") });
	struct reply r = get(d.reader, at(&d, "/campaigns/%lld", (long long)c.id.n));
	for (int k = 0; k < 2; k++)
		claims[k] = text(&d, "{\"stage\":\"%.*s\",\"prize\":\"%.*s\"}", STR(c.stage), STR(json_at(&r, text(&d, "stages.0.prizes.%d.id", k))));
	helper = person(&d, 800);
	int holding[PEOPLE];                                                 /* of which prize */
	for (int i = 0; i < PEOPLE; i++) {
		people[i] = person(&d, 900 + i), holding[i] = -1;
		slugs[i] = take_part(&d, people[i], c.slug, text(&d, "p%dq", i));
		ids[i] = participant_named(&d, c.id, text(&d, "p%dq", i));
	}
	for (int i = 0; i < CLICKS; i++) {
		int a = (int)(draw(&seed) % PEOPLE), what = (int)(draw(&seed) % 3), k = (int)(draw(&seed) % 2);
		if (what == 0 && !counts[a]) {
			if (!decide(&d, ids[a], 800, true) || !counts[a])
				verdict(&d, helper, slugs[a]);
			counts[a] = true;
			int full = shelf[0] >= shelf[1] ? 0 : 1;
			if (!held[a] && !got[a] && shelf[full] > 0)
				held[a] = true, holding[a] = full, shelf[full]--;
		} else if (what == 1 && counts[a]) {
			assert_int_equal(decide(&d, ids[a], 800, false), 200);
			counts[a] = false;
			if (held[a])
				held[a] = false, shelf[holding[a]]++;
		} else if (what == 2) {
			bool may = got[a] || (counts[a] && (shelf[k] > 0 || (held[a] && holding[a] == k)));
			r = act(&d, people[a], slugs[a], "claim", claims[k]);
			assert_int_equal(r.status, may ? 200 : 409);
			if (may && !got[a]) {
				if (held[a])
					held[a] = false, shelf[holding[a]]++;
				got[a] = true, shelf[k]--;
			}
		}
		follow(&d);
		r = get(d.reader, at(&d, "/campaigns/%lld", (long long)c.id.n));
		assert_int_equal(number_at(&r, "stages.0.prizes.0.remaining"), shelf[0]);
		assert_int_equal(number_at(&r, "stages.0.prizes.1.remaining"), shelf[1]);
	}
	assert_sound(&d);
	for (int i = 0; i < PEOPLE; i++)
		browser_close(people[i]);
	browser_close(helper);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(stock_ends, "where it is so set, the last piece of the last stage ends the campaign; what was reached is still claimed")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"end_by_stock\":true,\"mutual\":true,\"stages\":["
		"{\"goal\":1,\"prizes\":[{\"kind\":\"onsite\",\"title\":\"杯\",\"note\":\"n\",\"value\":1,\"stock\":5}]},"
		"{\"goal\":2,\"prizes\":[{\"kind\":\"onsite\",\"title\":\"伞\",\"note\":\"n\",\"value\":1,\"stock\":1}]}]" });
	struct browser *lin = person(&d, 501), *an = person(&d, 502), *bo = person(&d, 503);
	const char *lins = take_part(&d, lin, c.slug, "林晓"), *ans = take_part(&d, an, c.slug, "安安");
	verdict(&d, an, lins), verdict(&d, bo, lins), verdict(&d, lin, ans);
	struct reply r = task(&d, lin, lins);
	const char *big = text(&d, "{\"stage\":\"%.*s\",\"prize\":\"%.*s\"}", STR(json_at(&r, "stages.1.id")), STR(json_at(&r, "stages.1.prizes.0.id")));
	assert_int_equal(act(&d, lin, lins, "claim", claim_json(&d, &c)).status, 200);
	r = get(d.reader, at(&d, "/campaigns/%lld", (long long)c.id.n));
	assert_str(json_at(&r, "state"), "running");
	r = act(&d, lin, lins, "claim", big);
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "view"), "claims");
	r = get(d.reader, at(&d, "/campaigns/%lld", (long long)c.id.n));
	assert_str(json_at(&r, "state"), "ended");
	assert_str(json_at(&r, "end_reason"), "stock");
	assert_str(str_of(verdict(&d, bo, ans)), "campaign_closed");
	assert_int_equal(act(&d, an, ans, "claim", claim_json(&d, &c)).status, 200);
	assert_sound(&d);
	browser_close(lin), browser_close(an), browser_close(bo);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- Leaving ------------------------------------------------------------------------------------------------ */

struct seating { struct id community; struct seat_fact fact; bool in; };

static int roster_act(struct tx *tx, void *arg)
{
	const struct seating *s = arg;
	return s->in ? roster_join(tx, s->community, &s->fact) : roster_leave(tx, s->community, &s->fact);
}

static void seat_set(struct desk *d, struct id group, struct id member, bool in)
{
	struct seating a = {
		d->community, { .group = group, .member = member, .how = in ? S("hand") : S("left") }, in };
	assert_true(store_write(d->house->store, d->community, &d->house->arena, roster_act, &a) >= 0);
}

PROMISE(leave_deducts, "who leaves within the days no longer counts, both sides read why; later, in another of its groups, or after a prize: nothing is lost that was given")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ .title = "新群" });
	struct id groups[2] = { group_named(&d, "一群", "https://weixin.qq.com/g/one"), group_named(&d, "二群", "https://weixin.qq.com/g/two") };
	for (int i = 0; i < 2; i++)
		target_group(&d, code, groups[i], 0, NULL);
	code_run(&d, code);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1, .more = text(&d,
		",\"act\":\"join\",\"still_days\":3,\"code_id\":\"%lld\"", (long long)code.n) });
	struct browser *lin = person(&d, 501), *friend[4];
	struct id members[4];
	const char *own = take_part(&d, lin, c.slug, "林晓");
	for (int i = 0; i < 4; i++) {
		friend[i] = person(&d, 510 + i);
		task(&d, friend[i], own);
		view(friend[i], code_slug(&d, code));
		say(friend[i], code_slug(&d, code), "joined", text(&d, "{\"nickname\":\"友%d\"}", i));
		follow(&d);
		struct reply r = get(d.operator, at(&d, "/members?q=友%d", i));
		members[i] = (struct id){ number_at(&r, "items.0.id") };
		seat_set(&d, groups[0], members[i], true);
	}
	assert_int_equal(helps_of(&d, lin, own), 4);
	assert_int_equal(act(&d, lin, own, "claim", claim_json(&d, &c)).status, 200);
	clock_set((struct instant){ DURING + DAY });
	seat_set(&d, groups[0], members[0], false);                          /* leaves */
	seat_set(&d, groups[1], members[1], true), seat_set(&d, groups[0], members[1], false);         /* moves to the other one */
	follow(&d);
	assert_int_equal(helps_of(&d, lin, own), 3);
	struct reply r = task(&d, friend[0], own);
	assert_str(json_at(&r, "help.state"), "deducted");
	assert_str(json_at(&r, "help.reason"), "left");
	const char *who = participant_named(&d, c.id, "林晓");
	r = get(d.reader, at(&d, "/participants/%s", who));
	assert_str(json_at(&r, "entries.0.reason"), "left");
	r = task(&d, lin, own);
	assert_str(json_at(&r, "stages.0.order.state"), "to_redeem");
	const char *by_hand = text(&d, "{\"participant\":\"%s\",\"helper\":\"512\"}", who);
	assert_int_equal(post(d.operator, at(&d, "/helps/left"), by_hand).status, 204);        /* nobody hears of that group */
	assert_int_equal(post(d.operator, at(&d, "/helps/left"), by_hand).status, 409);
	assert_int_equal(helps_of(&d, lin, own), 2);
	clock_set((struct instant){ DURING + 3 * DAY + MINUTE });
	seat_set(&d, groups[0], members[3], false);                          /* late enough */
	follow(&d);
	assert_int_equal(helps_of(&d, lin, own), 2);
	r = post(d.operator, at(&d, "/helps/left"), text(&d, "{\"participant\":\"%s\",\"helper\":\"513\"}", who));
	assert_reply(r, 409, "stayed_long_enough");
	assert_sound(&d);
	for (int i = 0; i < 4; i++)
		browser_close(friend[i]);
	browser_close(lin);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- Audience ------------------------------------------------------------------------------------------------ */

PROMISE(audience_segment, "only members of the segment take part; whom we do not know is asked to show who they are; the segment stays while it is used")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct id segment = made(d.operator, at(&d, "/segments"), "{\"name\":\"上海车主\",\"where\":[{\"depth\":0,\"what\":\"all\",\"holds\":\"\",\"no\":false},"
		"{\"depth\":1,\"what\":\"city\",\"holds\":\"is\",\"texts\":[\"上海\"],\"no\":false}]}");
	struct running all = campaign_running(&d, (struct plan_draft){ 0 });
	struct running c = campaign_running(&d, (struct plan_draft){ .more = text(&d, ",\"segment_id\":\"%lld\"", (long long)segment.n) });
	struct browser *lin = person(&d, 501), *stranger = person(&d, 502);
	take_part(&d, lin, all.slug, "林晓");                                 /* makes her a member */
	struct reply r = get(d.operator, at(&d, "/members?q=林晓"));
	const char *path = at(&d, "/members/%.*s", STR(json_at(&r, "items.0.id")));
	r = act(&d, stranger, c.slug, "join", "{\"nickname\":\"路人\"}");
	assert_reply(r, 403, "who_first");
	r = act(&d, lin, c.slug, "join", "{\"nickname\":\"林晓\"}");
	assert_reply(r, 403, "who_first");
	r = put(d.operator, path, "{\"nickname\":\"林晓\",\"name\":\"\",\"phone\":\"\",\"gender\":\"\",\"city\":\"上海\",\"industry\":\"\",\"job\":\"\","
		"\"birthday\":\"\",\"level_id\":null,\"values\":[]}");
	assert_int_equal(r.status, 200);
	r = act(&d, lin, c.slug, "join", "{\"nickname\":\"林晓\"}");
	assert_int_equal(r.status, 200);
	assert_int_equal(del(d.operator, at(&d, "/segments/%lld", (long long)segment.n)).status, 409);
	assert_sound(&d);
	browser_close(lin), browser_close(stranger);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
