/* wecom_day_test.c: the platform's numbers are fetched once a day, and slowly as far back as it allows. */
#include "wecom_place_test.h"

PROMISE(wecom_days, "the first time thirty days are fetched, then only what is missing; owners' numbers stand beside the sum")
{
	struct place p;
	place_open(&p, house);
	for (int i = 0; i < 130; i++)                 /* more owners than one question takes */
		wecom_fake_group(p.fake, text(&p.desk, "wr%03d", i), "", text(&p.desk, "staff%03d", i));
	wecom_fake_group(p.fake, "wr900", "", "staff000");
	wecom_fake_come(p.fake, "wr900", "wmA", "林晓", 3, "");
	place_work(&p, 3 * SECOND);
	place_work(&p, 3 * SECOND);
	place_every(&p, &feature_wecom_day);
	place_work(&p, 0);
	struct reply r = get(p.desk.reader, place_at(&p, "/wecom-days"));
	assert_int_equal(json_length(&r, "items"), 30);
	assert_str(json_at(&r, "items.0.groups_all"), "131");
	assert_str(json_at(&r, "items.0.messages"), "1310");
	assert_str(json_at(&r, "items.0.members_all"), "1");
	r = get(p.desk.reader, place_at(&p, "/wecom-owners"));
	assert_int_equal(json_length(&r, "items"), 130);
	assert_str(json_at(&r, "items.0.owner"), "staff000");
	assert_str(json_at(&r, "items.0.groups_all"), "2");
	int asked = wecom_fake_calls(p.fake, "groupchat/statistic");
	place_every(&p, &feature_wecom_day);
	place_work(&p, 0);
	assert_int_equal(wecom_fake_calls(p.fake, "groupchat/statistic"), asked);
	r = get(p.desk.reader, place_at(&p, "/wecom-days?owner=staff000&days=3"));
	assert_int_equal(json_length(&r, "items"), 3);
	assert_int_equal(get(p.desk.stranger, place_at(&p, "/wecom-days")).status, 404);
	place_close(&p);
}

PROMISE(wecom_days_past, "then the days before are fetched, ten at a time, as far back as the platform allows; after trouble they go on where they stopped")
{
	struct place p;
	place_open(&p, house);
	place_noon(&p);                               /* hours from here: yesterday must stay yesterday */
	wecom_fake_group(p.fake, "wr1", "", "wang");
	place_work(&p, 3 * SECOND);
	place_work(&p, 3 * SECOND);
	place_every(&p, &feature_wecom_day);
	place_work(&p, 0);
	place_work(&p, MINUTE);
	struct reply r = get(p.desk.reader, place_at(&p, "/wecom-days?days=400"));
	assert_int_equal(json_length(&r, "items"), 40);
	wecom_fake_fail(p.fake, "groupchat/statistic", 45009, 1, 0);
	place_work(&p, 2 * MINUTE);
	r = get(p.desk.reader, place_at(&p, "/wecom-days?days=400"));
	assert_int_equal(json_length(&r, "items"), 40);
	for (int i = 3; i < 30; i++)
		place_work(&p, 3 * i * MINUTE);
	r = get(p.desk.reader, place_at(&p, "/wecom-days?days=400"));
	assert_int_equal(json_length(&r, "items"), 180);
	assert_str(json_at(&r, "items.179.groups_all"), "1");
	r = get(p.desk.reader, place_at(&p, "/wecom-days?days=400&owner=wang"));
	assert_int_equal(json_length(&r, "items"), 157);              /* of the first thirty only the last seven */
	int asked = wecom_fake_calls(p.fake, "groupchat/statistic");
	place_every(&p, &feature_wecom_day);
	place_work(&p, 2 * HOUR);
	assert_int_equal(wecom_fake_calls(p.fake, "groupchat/statistic"), asked);
	place_close(&p);
}
