/* same_person_test.c: helpers known at different strengths, who turn out to be one person, and told apart again. */
#include "campaign/campaign_test.h"
#include "people/merge.h"
#include "people/phone.h"

struct meeting { struct desk *d; int64_t one, other; const char *phone; struct id merge, stays; };

static int member_at(struct tx *tx, struct id community, int64_t visitor, struct id *ret)
{
	bool made;
	return member_of_visitor(tx, community, (struct id){ visitor }, &(struct member_origin){ .nickname = S("人") }, ret, &made);
}

static int do_merge(struct tx *tx, void *arg)
{
	struct meeting *m = arg;
	struct id one, other;
	int r = member_at(tx, m->d->community, m->one, &one);
	if (r < 0 || (r = member_at(tx, m->d->community, m->other, &other)) < 0)
		return r;
	return member_merge(tx, whole_program, m->d->community, one, other, (struct rows){ 0 }, (struct id){ 0 }, &m->merge, &m->stays);
}

static int do_unmerge(struct tx *tx, void *arg)
{
	struct meeting *m = arg;
	return member_unmerge(tx, whole_program, m->d->community, m->merge, (struct id){ 0 }, &m->stays);
}

static int do_split(struct tx *tx, void *arg)
{
	struct meeting *m = arg;
	struct id member, new;
	int r = member_at(tx, m->d->community, m->other, &member);
	return r < 0 ? r : member_split(tx, whole_program, m->d->community, member, S("browser"), str_of(text(m->d, "%lld", (long long)m->other)),
	                                S("另一位"), (struct id){ 0 }, &new);
}

static int do_prove(struct tx *tx, void *arg)
{
	struct meeting *m = arg;
	struct id member, whose;
	int r = member_at(tx, m->d->community, m->one, &member);
	return r < 0 ? r : member_identify(tx, m->d->community, member, S("phone"), str_of(m->phone), &whose);
}

static void meet(struct meeting *m, tx_action *action)
{
	assert_true(store_write(m->d->house->store, m->d->community, &m->d->house->arena, action, m) >= 0);
	follow(m->d);
}

/* "counted", "deducted same_person" …: of this helper, as the helper reads it. */
static const char *now(struct desk *d, struct browser *b, const char *slug)
{
	struct reply r = task(d, b, slug);
	struct str reason = json_at(&r, "help.reason");
	return text(d, "%.*s%s%.*s", STR(json_at(&r, "help.state")), reason.len ? " " : "", STR(reason));
}

PROMISE(same_person_merged, "two browsers that are one person count once: the older help stays, both sides read why, and telling them apart gives it back")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 2 });
	struct browser *lin = person(&d, 301), *phone = person(&d, 302), *tablet = person(&d, 303);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	assert_str(str_of(verdict(&d, phone, own)), "counted");
	clock_set((struct instant){ DURING + DAY });
	assert_str(str_of(verdict(&d, tablet, own)), "counted");
	assert_int_equal(act(&d, lin, own, "claim", claim_json(&d, &c)).status, 200);
	struct meeting m = { .d = &d, .one = 303, .other = 302 };
	for (int again = 0; again < 3; again++) {             /* merged, undone, merged … each an entry of its own */
		meet(&m, do_merge);
		assert_int_equal(helps_of(&d, lin, own), 1);
		assert_str(str_of(now(&d, phone, own)), "counted");
		assert_str(str_of(now(&d, tablet, own)), "deducted same_person");
		struct reply r = task(&d, lin, own);
		assert_str(json_at(&r, "friends.0.reason"), "same_person");
		assert_str(json_at(&r, "stages.0.order.state"), "to_redeem");       /* what was given stays */
		meet(&m, do_unmerge);
		assert_int_equal(helps_of(&d, lin, own), 2);
		assert_str(str_of(now(&d, tablet, own)), "counted");
	}
	meet(&m, do_merge);
	m.one = 302, m.other = 303;
	meet(&m, do_split);
	assert_int_equal(helps_of(&d, lin, own), 2);
	assert_sound(&d);
	browser_close(lin), browser_close(phone), browser_close(tablet);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(same_person_self, "an old phone that helped its own owner is found out when it is known whose it is")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ 0 });
	struct browser *lin = person(&d, 311), *old = person(&d, 312), *third = person(&d, 313);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	assert_str(str_of(verdict(&d, old, own)), "counted");
	struct meeting m = { .d = &d, .one = 311, .other = 312 };
	meet(&m, do_merge);
	assert_int_equal(helps_of(&d, lin, own), 0);
	struct reply r = task(&d, old, own);                    /* it is her page now, on that phone too */
	assert_str(json_at(&r, "me.slug"), own);
	assert_str(json_at(&r, "friends.0.state"), "deducted");
	assert_str(json_at(&r, "friends.0.reason"), "self");
	m.other = 313;
	meet(&m, do_merge);
	assert_str(str_of(verdict(&d, third, own)), "refused self");
	assert_int_equal(helps_of(&d, lin, own), 0);
	meet(&m, do_unmerge);                                   /* never looked at otherwise: staff decide */
	assert_str(str_of(now(&d, third, own)), "held told_apart");
	assert_sound(&d);
	browser_close(lin), browser_close(old), browser_close(third);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(same_person_nameless, "a nameless help is remembered by its browser: whoever becomes a member later and helps again has helped already")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ 0 });
	struct browser *lin = person(&d, 321), *one = person(&d, 322), *two = person(&d, 323);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	assert_str(str_of(verdict(&d, one, own)), "counted");
	struct meeting m = { .d = &d, .one = 322, .other = 323 };
	meet(&m, do_merge);
	assert_str(str_of(verdict(&d, two, own)), "refused same_person");
	struct reply r = get(d.operator, at(&d, "/campaigns/%lld/helps?state=refused", (long long)c.id.n));
	const char *who = text(&d, "%.*s", STR(json_at(&r, "items.0.participant_id")));
	r = post(d.operator, at(&d, "/helps/decide"), text(&d, "{\"participant\":\"%s\",\"helper\":\"323\",\"accept\":true}", who));
	assert_reply(r, 409, "already_decided");              /* one person is one person, whatever staff think of the help */
	r = post(d.operator, at(&d, "/helps/decide"), text(&d, "{\"participant\":\"%s\",\"helper\":\"322\",\"accept\":false,\"reason\":\"脚本\"}", who));
	assert_int_equal(r.status, 200);
	assert_str(str_of(now(&d, two, own)), "held told_apart");
	assert_int_equal(helps_of(&d, lin, own), 0);
	assert_sound(&d);
	browser_close(lin), browser_close(one), browser_close(two);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(same_person_strength, "where a checked phone number is asked for, who helps and who claims is asked for it first, and one number is one person")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1, .more = ",\"strength\":\"phone\"" });
	struct browser *lin = person(&d, 331), *one = person(&d, 332), *two = person(&d, 333);
	const char *own = take_part(&d, lin, c.slug, "林晓");
	assert_str(str_of(verdict(&d, one, own)), "phone_first");
	struct meeting m = { .d = &d, .one = 332, .other = 333, .phone = "13800138000" };
	meet(&m, do_prove);
	assert_str(str_of(verdict(&d, one, own)), "counted");
	assert_str(str_of(verdict(&d, two, own)), "phone_first");
	meet(&m, do_merge);                                     /* the second phone proves the same number */
	assert_str(str_of(verdict(&d, two, own)), "refused same_person");
	assert_int_equal(helps_of(&d, lin, own), 1);
	assert_reply(act(&d, lin, own, "claim", claim_json(&d, &c)), 403, "phone_first");     /* who gets something is known as well */
	meet(&(struct meeting){ .d = &d, .one = 331, .phone = "13800138001" }, do_prove);
	assert_int_equal(act(&d, lin, own, "claim", claim_json(&d, &c)).status, 200);
	assert_sound(&d);
	browser_close(lin), browser_close(one), browser_close(two);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(same_person_devices, "a person takes part once on whatever device, one stage gives one prize, and what one friend may do is asked of the person")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1, .more = ",\"helps_each\":1" });
	struct browser *lin = person(&d, 341), *tablet = person(&d, 342), *bo = person(&d, 343), *pad = person(&d, 344), *an = person(&d, 345);
	const char *own = take_part(&d, lin, c.slug, "林晓"), *other = take_part(&d, an, c.slug, "安安");
	struct meeting hers = { .d = &d, .one = 341, .other = 342 }, his = { .d = &d, .one = 343, .other = 344 };
	meet(&hers, do_merge), meet(&his, do_merge);
	assert_str(str_of(take_part(&d, tablet, c.slug, "林晓的平板")), own);
	assert_str(str_of(verdict(&d, bo, own)), "counted");
	assert_str(str_of(verdict(&d, pad, other)), "refused helped_enough");       /* one friend, though with another device */
	assert_str(str_of(verdict(&d, tablet, own)), "refused self");
	struct reply r = act(&d, tablet, c.slug, "claim", claim_json(&d, &c));
	assert_int_equal(r.status, 200);
	const char *code = text(&d, "%.*s", STR(json_at(&r, "stages.0.order.code")));
	r = act(&d, lin, own, "claim", claim_json(&d, &c));
	assert_str(json_at(&r, "stages.0.order.code"), code);
	assert_str(str_of(verdict(&d, an, own)), "counted");
	assert_str(str_of(verdict(&d, tablet, other)), "refused mutual");           /* An counts for her, whichever device she holds */
	r = get(d.operator, at(&d, "/campaigns/%lld", (long long)c.id.n));
	assert_str(json_at(&r, "participants"), "2");
	assert_str(json_at(&r, "stages.0.prizes.0.remaining"), text(&d, "%lld", (long long)number_at(&r, "stages.0.prizes.0.stock") - 1));
	assert_sound(&d);
	browser_close(lin), browser_close(tablet), browser_close(bo), browser_close(pad), browser_close(an);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
