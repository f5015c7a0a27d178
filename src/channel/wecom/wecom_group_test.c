/* wecom_group_test.c: customer groups are listed, bound, and hold who is in them; events make it quick, reading makes it true. */
#include "wecom_place_test.h"

#include "groups/roster.h"

static struct id bind(struct place *p, const char *chat)
{
	struct reply r = post(p->desk.owner, place_at(p, "/groups"), text(&p->desk, "{\"subject\":\"%s\",\"group_id\":null}", chat));
	assert_int_equal(r.status, 200);
	struct id group = { number_at(&r, "group_id") };
	place_work(p, 0);
	return group;
}

static int64_t members_of(struct place *p, struct id group)
{
	struct reply r = get(p->desk.owner, at(&p->desk, "/groups/%lld", (long long)group.n));
	return number_at(&r, "member_count");
}

/* A field of the seat of the member with this name; "" when they are not in. */
static const char *seat(struct place *p, struct id group, const char *name, const char *field)
{
	struct reply r = get(p->desk.owner, at(&p->desk, "/groups/%lld/seats", (long long)group.n));
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		if (str_is(json_at(&r, text(&p->desk, "items.%zu.nickname", i)), name))
			return text(&p->desk, "%.*s", STR(json_at(&r, text(&p->desk, "items.%zu.%s", i, field))));
	return "";
}

static const char *source_of(struct place *p, const char *name)
{
	struct reply r = get(p->desk.owner, at(&p->desk, "/members"));
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		if (str_is(json_at(&r, text(&p->desk, "items.%zu.nickname", i)), name)) {
			struct reply one = get(p->desk.owner, at(&p->desk, "/members/%.*s", STR(json_at(&r, text(&p->desk, "items.%zu.id", i)))));
			return text(&p->desk, "%.*s", STR(json_at(&one, "source")));
		}
	return "";
}

PROMISE(wecom_groups, "the list is read page by page; a group that is bound holds its members quietly, and each one who comes after with an event")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_tell(p.fake, NULL, 0);
	wecom_fake_group(p.fake, "wr1", "车友 1 群", "wang");
	wecom_fake_group(p.fake, "wr2", "", "wang");
	wecom_fake_come(p.fake, "wr1", "wmA", "林晓", 1, "");
	assert_int_equal(post(p.desk.operator, place_at(&p, "/wecom-sync"), "{}").status, 403);
	assert_int_equal(post(p.desk.owner, place_at(&p, "/wecom-sync"), "{}").status, 204);
	place_work(&p, 0);
	struct reply r = get(p.desk.reader, place_at(&p, "/wecom-groups"));
	assert_int_equal(json_length(&r, "items"), 2);
	assert_str(json_at(&r, "items.0.name"), "车友 1 群");
	assert_str(json_at(&r, "items.0.members"), "2");
	assert_str(json_at(&r, "items.0.staff"), "1");
	assert_int_equal(get(p.desk.stranger, place_at(&p, "/wecom-groups")).status, 404);
	struct id group = bind(&p, "wr1");
	assert_int_equal(members_of(&p, group), 2);
	assert_int_equal(place_events(&p, "member_joined_group"), 0);
	assert_string_equal(seat(&p, group, "wang", "role"), "owner");
	assert_string_equal(seat(&p, group, "林晓", "how"), "invite");
	wecom_fake_tell(p.fake, p.address, 3);
	wecom_fake_come(p.fake, "wr1", "wmB", "周舟", 3, "shopcard");
	wecom_fake_come(p.fake, "wr2", "wmC", "高远", 3, "");             /* not bound: nobody of ours */
	place_work(&p, 3 * SECOND);
	assert_int_equal(members_of(&p, group), 3);
	assert_int_equal(place_events(&p, "member_joined_group"), 1);
	assert_string_equal(seat(&p, group, "周舟", "how"), "qr");
	assert_string_equal(source_of(&p, "周舟"), "shopcard");
	r = get(p.desk.owner, at(&p.desk, "/members"));
	assert_int_equal(json_length(&r, "items"), 3);
	place_close(&p);
}

PROMISE(wecom_leave, "who left is out at once, by themselves or removed, without the group being read; a gap has it read")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_group(p.fake, "wr1", "车友 1 群", "wang");
	wecom_fake_come(p.fake, "wr1", "wmA", "林晓", 3, "");
	wecom_fake_come(p.fake, "wr1", "wmB", "周舟", 3, "");
	wecom_fake_come(p.fake, "wr1", "wmC", "高远", 3, "");
	place_work(&p, 3 * SECOND);
	struct id group = bind(&p, "wr1");
	int read = wecom_fake_calls(p.fake, "groupchat/get");
	wecom_fake_tell(p.fake, p.address, 2);
	wecom_fake_go(p.fake, "wr1", "wmA", true);
	assert_int_equal(members_of(&p, group), 3);
	assert_int_equal(place_events(&p, "member_left_group"), 1);
	place_work(&p, 3 * SECOND);
	assert_int_equal(wecom_fake_calls(p.fake, "groupchat/get"), read);
	wecom_fake_tell(p.fake, NULL, 0);
	wecom_fake_come(p.fake, "wr1", "wmD", "何苗", 2, "");             /* nobody is told: the next event shows the gap */
	wecom_fake_tell(p.fake, p.address, 1);
	wecom_fake_go(p.fake, "wr1", "wmB", false);
	place_work(&p, 3 * SECOND);
	assert_int_equal(members_of(&p, group), 3);
	assert_string_equal(seat(&p, group, "何苗", "how"), "link");
	assert_string_equal(seat(&p, group, "周舟", "how"), "");
	assert_int_equal(wecom_fake_calls(p.fake, "groupchat/get"), read + 1);
	place_close(&p);
}

PROMISE(wecom_stale, "a group read too early is read again until the version is there that was told of; who left does not come back by it")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_group(p.fake, "wr1", "车友 1 群", "wang");
	wecom_fake_come(p.fake, "wr1", "wmA", "林晓", 3, "");
	place_work(&p, 3 * SECOND);
	struct id group = bind(&p, "wr1");
	wecom_fake_stale(p.fake, 2);
	wecom_fake_come(p.fake, "wr1", "wmB", "周舟", 3, "");
	place_work(&p, 2 * SECOND);
	assert_int_equal(members_of(&p, group), 3);
	wecom_fake_stale(p.fake, 1);
	wecom_fake_go(p.fake, "wr1", "wmB", false);
	wecom_fake_rename(p.fake, "wr1", "车友 1 群（满）");
	place_work(&p, 2 * SECOND);
	assert_int_equal(members_of(&p, group), 2);
	place_close(&p);
}

PROMISE(wecom_renamed, "a group renamed there is renamed here unless staff gave it another name since; one dismissed is offered no more")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_group(p.fake, "wr1", "车友 1 群", "wang");
	wecom_fake_group(p.fake, "wr2", "车友 2 群", "wang");
	place_work(&p, 3 * SECOND);
	struct id group = bind(&p, "wr1");
	wecom_fake_rename(p.fake, "wr1", "车友核心群");
	place_work(&p, 3 * SECOND);
	struct reply r = get(p.desk.owner, at(&p.desk, "/groups/%lld", (long long)group.n));
	assert_str(json_at(&r, "name"), "车友核心群");
	r = get(p.desk.owner, place_at(&p, "/found"));
	assert_int_equal(json_length(&r, "items"), 1);
	wecom_fake_dismiss(p.fake, "wr2");
	r = get(p.desk.owner, place_at(&p, "/found"));
	assert_int_equal(json_length(&r, "items"), 0);
	wecom_fake_tell(p.fake, NULL, 0);
	wecom_fake_dismiss(p.fake, "wr1");
	post(p.desk.owner, place_at(&p, "/wecom-sync"), "{}");
	place_work(&p, 3 * SECOND);
	r = get(p.desk.owner, place_at(&p, "/wecom-groups?bound=true"));
	assert_true(number_at(&r, "items.0.gone_at") > 0);
	assert_int_equal(members_of(&p, group), 1);
	place_close(&p);
}

PROMISE(wecom_many, "a list of more than a page, with more staff than may be asked about at once, is read whole; broken off, it goes on where it stopped")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_tell(p.fake, NULL, 0);
	for (int i = 0; i < 150; i++)
		wecom_fake_group(p.fake, text(&p.desk, "wr%03d", i), text(&p.desk, "群 %d", i), text(&p.desk, "staff%03d", i));
	wecom_fake_large(p.fake, true);
	post(p.desk.owner, place_at(&p, "/wecom-sync"), "{}");
	place_work(&p, 0);
	struct reply r = get(p.desk.reader, place_at(&p, "/wecom-groups"));
	assert_int_equal(json_length(&r, "items"), 150);
	assert_int_equal(wecom_fake_calls(p.fake, "groupchat/list"), 3);
	assert_int_equal(wecom_fake_calls(p.fake, "groupchat/get") , 150);
	wecom_fake_bar(p.fake, true);
	wecom_fake_tell(p.fake, p.address, 1);
	wecom_fake_come(p.fake, "wr001", "wmA", "林晓", 3, "");
	place_work(&p, 3 * SECOND);
	assert_true(str_starts(place_trouble(&p), S("60020 ")));
	wecom_fake_bar(p.fake, false);
	place_work(&p, MINUTE);
	assert_str(place_trouble(&p), "");
	r = get(p.desk.reader, place_at(&p, "/wecom-groups?q=1"));
	assert_str(json_at(&r, "items.0.members"), "2");
	place_close(&p);
}
