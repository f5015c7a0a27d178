/* wecom_handover_test.c: groups get another owner: each says whether it went over, or why not. */
#include "wecom_place_test.h"

static struct reply lines(struct place *p) { return get(p->desk.reader, place_at(p, "/wecom-handovers")); }

static struct reply hand(struct place *p, const char *chats, const char *owner)
{
	return post(p->desk.owner, place_at(p, "/wecom-handovers"), text(&p->desk, "{\"chats\":[%s],\"new_owner\":\"%s\"}", chats, owner));
}

/* The newest line of this group: one of its fields. */
static struct str of(struct place *p, const char *chat, const char *field)
{
	struct reply r = lines(p);
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		if (str_is(json_at(&r, text(&p->desk, "items.%zu.subject", i)), chat))
			return json_at(&r, text(&p->desk, "items.%zu.%s", i, field));
	return S("");
}

static void groups(struct place *p, int n)
{
	for (int i = 1; i <= n; i++)
		wecom_fake_group(p->fake, text(&p->desk, "wr%d", i), text(&p->desk, "车友 %d 群", i), "wang");
	wecom_fake_staff(p->fake, "li");
	place_work(p, 3 * SECOND);
}

PROMISE(wecom_handover, "groups of who works there, and of who left, go over by their own calls; one that is refused says why, beside the others")
{
	struct place p;
	place_open(&p, house);
	groups(&p, 3);
	wecom_fake_tell(p.fake, NULL, 0);             /* wr3 ends, and we do not hear of it */
	wecom_fake_dismiss(p.fake, "wr3");
	struct reply r = hand(&p, "\"wr1\",\"wr2\",\"wr3\"", "li");
	assert_str(json_at(&r, "wanted"), "3");
	place_work(&p, 0);
	assert_string_equal(wecom_fake_owner(p.fake, "wr1"), "li");
	assert_str(of(&p, "wr1", "state"), "done");
	assert_str(of(&p, "wr1", "owner"), "wang");
	assert_str(of(&p, "wr2", "state"), "done");
	assert_str(of(&p, "wr3", "state"), "failed");
	assert_true(str_starts(of(&p, "wr3", "trouble"), S("90501 ")));
	r = get(p.desk.reader, place_at(&p, "/wecom-groups"));
	assert_str(json_at(&r, "items.0.owner"), "li");
	assert_int_equal(wecom_fake_calls(p.fake, "groupchat/transfer"), 0);
	assert_int_equal(wecom_fake_calls(p.fake, "groupchat/onjob_transfer"), 1);
	wecom_fake_quit(p.fake, "li");
	assert_int_equal(post(p.desk.owner, place_at(&p, "/wecom-sync"), "{}").status, 204);
	place_work(&p, 3 * SECOND);
	hand(&p, "\"wr1\"", "wang");
	place_work(&p, 0);
	assert_string_equal(wecom_fake_owner(p.fake, "wr1"), "wang");
	assert_int_equal(wecom_fake_calls(p.fake, "groupchat/transfer"), 1);
	r = get(p.desk.reader, place_at(&p, "/wecom-staff"));
	assert_int_equal(json_length(&r, "items"), 2);
	assert_str(json_at(&r, "items.1.userid"), "wang");
	assert_int_equal(get(p.desk.stranger, place_at(&p, "/wecom-handovers")).status, 404);
	place_close(&p);
}

PROMISE(wecom_handover_limits, "twice in 90 days while the owner works there, not to who has it: the third is refused here; a wrong owner fails all")
{
	struct place p;
	place_open(&p, house);
	groups(&p, 2);
	for (int i = 0; i < 2; i++) {
		hand(&p, "\"wr1\"", i ? "wang" : "li");
		place_work(&p, 3 * SECOND);
		assert_str(of(&p, "wr1", "state"), "done");
	}
	int asked = wecom_fake_calls(p.fake, "onjob_transfer");
	struct reply r = hand(&p, "\"wr1\",\"wr2\"", "li");
	assert_str(json_at(&r, "wanted"), "1");
	assert_str(json_at(&r, "failed"), "1");
	assert_str(of(&p, "wr1", "trouble"), "often");
	hand(&p, "\"wr2\"", "li");
	assert_str(of(&p, "wr2", "trouble"), "open");
	place_work(&p, 3 * SECOND);
	assert_int_equal(wecom_fake_calls(p.fake, "onjob_transfer"), asked + 1);
	hand(&p, "\"wr2\"", "li");
	assert_str(of(&p, "wr2", "trouble"), "same");
	hand(&p, "\"wr2\"", "nobody");
	place_work(&p, 3 * SECOND);
	assert_true(str_starts(of(&p, "wr2", "trouble"), S("40003 ")));
	wecom_fake_fail(p.fake, "onjob_transfer", 45033, 9, 0);
	hand(&p, "\"wr2\"", "wang");
	place_work(&p, 3 * SECOND);
	place_work(&p, MINUTE);
	place_work(&p, 10 * MINUTE);
	assert_str(of(&p, "wr2", "state"), "done");
	assert_reply(hand(&p, "\"wrX\"", "li"), 404, "not_found");
	assert_int_equal(post(p.desk.operator, place_at(&p, "/wecom-handovers"), "{\"chats\":[\"wr1\"],\"new_owner\":\"li\"}").status, 403);
	place_close(&p);
}
