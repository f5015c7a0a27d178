/* left_test.c: leaving the group right after the reward is a finding with the hours beside it, and a person decides.
 */
#include "campaign/campaign_test.h"
#include "campaign/fraud/fraud.h"

static void seat_set(struct desk *d, struct id group, struct id member, bool in)
{
	struct reply r = post(d->operator, at(d, "/groups/%lld/seats%s", (long long)group.n, in ? "" : "/leave"),
	                      text(d, "{\"member_id\":\"%lld\"}", (long long)member.n));
	assert_int_equal(r.status, 200);
}

static struct id member_called(struct desk *d, const char *name)
{
	struct reply r = get(d->operator, at(d, "/members?q=%s", name));
	return (struct id){ number_at(&r, "items.0.id") };
}

static struct reply findings(struct desk *d, struct id campaign)
{
	return get(d->operator, at(d, "/campaigns/%lld/findings?state=open", (long long)campaign.n));
}

static struct reply decide(struct desk *d, const struct reply *list, bool accept)
{
	return post(d->operator, at(d, "/fraud/decide"), text(d, "{\"ids\":[\"%.*s\"],\"accept\":%s,\"reason\":\"领完就走\"}",
		STR(json_at(list, "items.0.id")), accept ? "true" : "false"));
}

PROMISE(left_after_reward, "who leaves within a day of the prize is noted with both hours; from the third friend on it weighs, later or without a prize it is nothing")
{
	struct desk d;
	struct browser *friend[6];
	struct id members[6];
	clock_set((struct instant){ DURING });
	fraud_limits_changed();
	codes_open(&d, house);
	struct id code = code_made(&d, (struct code_draft){ .title = "新群" });
	struct id group = group_named(&d, "一群", "https://weixin.qq.com/g/one");
	target_group(&d, code, group, 0, NULL);
	code_run(&d, code);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1, .more = text(&d, ",\"act\":\"join\",\"code_id\":\"%lld\"", (long long)code.n) });
	struct browser *lin = person(&d, 801), *an = person(&d, 802);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	take_part(&d, an, c.slug, "安安");
	seat_set(&d, group, member_called(&d, "安安"), true), seat_set(&d, group, member_called(&d, "林晓"), true);
	for (int i = 0; i < 6; i++) {
		friend[i] = person(&d, 810 + i);
		task(&d, friend[i], own);
		view(friend[i], code_slug(&d, code));
		say(friend[i], code_slug(&d, code), "joined", text(&d, "{\"nickname\":\"友%d\"}", i));
		follow(&d);
		seat_set(&d, group, members[i] = member_called(&d, text(&d, "友%d", i)), true);
	}
	seat_set(&d, group, members[5], false), seat_set(&d, group, member_called(&d, "安安"), false);        /* no prize was given yet */
	follow(&d);
	assert_int_equal(act(&d, lin, own, "claim", claim_json(&d, &c)).status, 200);
	for (int i = 0; i < 3; i++) {
		struct reply r = findings(&d, c.id);
		assert_int_equal(json_length(&r, "items"), 0);
		clock_set((struct instant){ DURING + (i + 1) * HOUR });
		seat_set(&d, group, members[i], false);
		follow(&d);
	}
	struct reply r = findings(&d, c.id);
	assert_str(json_at(&r, "items.0.kind"), "left");
	assert_str(json_at(&r, "items.0.risk"), "medium");
	assert_str(json_at(&r, "items.0.n"), "3");
	assert_int_equal(json_length(&r, "items.0.evidence"), 3);
	assert_int_equal(number_at(&r, "items.0.evidence.2.left_at") - number_at(&r, "items.0.evidence.2.given_at"), 3 * HOUR);
	seat_set(&d, group, member_called(&d, "林晓"), false);
	follow(&d);
	r = findings(&d, c.id);
	assert_str(json_at(&r, "items.0.risk"), "high");
	assert_str(json_at(&r, "items.0.n"), "4");
	assert_int_equal(decide(&d, &r, false).status, 200);                  /* what still counted goes; she is stopped; the prize stays */
	assert_int_equal(helps_of(&d, lin, own), 3);
	r = task(&d, lin, own);
	assert_str(json_at(&r, "stages.0.order.state"), "to_redeem");
	assert_str(json_at(&r, "review.appeal"), "may_ask");
	clock_set((struct instant){ DURING + 25 * HOUR });
	seat_set(&d, group, members[3], false);                               /* late enough */
	follow(&d);
	r = findings(&d, c.id);
	assert_int_equal(json_length(&r, "items"), 0);
	assert_sound(&d);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
