/* region_test.c: a campaign for members of some cities. */
#include "campaign/campaign_test.h"

PROMISE(region_rule, "a city is in a region by a place name in it, with or without endings; a name inside another one is none")
{
	(void)house;
	const struct { const char *region, *city; bool in; } tries[] = {
		{ "杭州", "杭州", true }, { "杭州", "杭州市", true }, { "杭州市", " 杭州 ", true }, { "杭州", "浙江省杭州市西湖区", true },
		{ "浙江", "浙江杭州", true }, { "西湖区", "杭州市西湖区", true }, { "浙江省", "浙江 杭州", true }, { "杭州", "浙江-杭州", true },
		{ "内蒙古自治区", "内蒙古呼和浩特", true }, { "南宁", "广西壮族自治区南宁市", true }, { "沙市区", "荆州市沙市区", true },
		{ "海南", "上海南汇", false }, { "杭州", "上海", false }, { "杭州", "", false }, { "吉林", "吉林省吉林市", true },
		{ "york", "York", true }, { "York", "Yorkton", false }, { "York", "New York", true }, { "杭州", "杭", false },
	};
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
		if (region_holds(str_of(tries[i].region), str_of(tries[i].city)) != tries[i].in)
			fail_msg("%s in %s", tries[i].city, tries[i].region);
}

static void live_in(struct desk *d, const char *nickname, const char *city)
{
	struct reply r = get(d->operator, at(d, "/members?q=%s", nickname));
	const char *path = at(d, "/members/%.*s", STR(json_at(&r, "items.0.id")));
	r = put(d->operator, path, text(d, "{\"nickname\":\"%s\",\"name\":\"\",\"phone\":\"\",\"gender\":\"\",\"city\":\"%s\",\"industry\":\"\","
		"\"job\":\"\",\"birthday\":\"\",\"level_id\":null,\"values\":[]}", nickname, city));
	assert_int_equal(r.status, 200);
}

PROMISE(region_admits, "only who lives in one of its cities takes part; who told none is asked once; a profile is believed before what is typed")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running all = campaign_running(&d, (struct plan_draft){ 0 });
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"regions\":[\"杭州\",\" 嘉兴市 \",\"杭州\"]" });
	struct browser *lin = person(&d, 501), *an = person(&d, 502);
	struct reply r = task(&d, lin, all.slug);
	assert_str(json_at(&r, "region"), "");
	r = task(&d, lin, c.slug);
	assert_str(json_at(&r, "region"), "ask");
	assert_str(json_at(&r, "campaign.regions.1"), "嘉兴市");
	assert_reply(act(&d, lin, c.slug, "join", "{\"nickname\":\"林晓\"}"), 400, "city_first");
	assert_reply(act(&d, lin, c.slug, "join", "{\"nickname\":\"林晓\",\"city\":\"上海\"}"), 403, "other_region");
	r = task(&d, lin, c.slug);                                           /* the refusal left nothing */
	assert_str(json_at(&r, "region"), "ask");
	assert_int_equal(act(&d, lin, c.slug, "join", "{\"nickname\":\"林晓\",\"city\":\" 嘉兴 \"}").status, 200);
	r = get(d.operator, at(&d, "/members?q=林晓"));
	r = get(d.operator, at(&d, "/members/%.*s", STR(json_at(&r, "items.0.id"))));
	assert_str(json_at(&r, "city"), "嘉兴");
	take_part(&d, an, all.slug, "安安");
	live_in(&d, "安安", "上海市");
	r = task(&d, an, c.slug);
	assert_str(json_at(&r, "region"), "out");
	assert_reply(act(&d, an, c.slug, "join", "{\"nickname\":\"安安\",\"city\":\"杭州\"}"), 403, "other_region");
	live_in(&d, "安安", "浙江省杭州市");
	assert_int_equal(act(&d, an, c.slug, "join", "{\"nickname\":\"安安\"}").status, 200);
	assert_sound(&d);
	browser_close(lin), browser_close(an);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

PROMISE(region_published, "once published a region may be added or the condition dropped, nothing is narrowed; names are short and not too many")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	const struct { const char *regions; int status; const char *error; } tries[] = {
		{ "[\"杭州\"]", 409, "published" }, { "[\"杭州\",\"宁波\"]", 409, "published" }, { "[\"杭\"]", 400, "too_short" },
		{ "[\"杭州\",\"嘉兴\",\"宁波\"]", 200, "" }, { "[]", 200, "" }, { "[\"杭州\"]", 409, "published" },
	};
	struct running c = campaign_running(&d, (struct plan_draft){ .more = ",\"regions\":[\"杭州\",\"嘉兴\"]" });
	struct reply r = get(d.operator, at(&d, "/campaigns/%lld", (long long)c.id.n));
	const char *path = at(&d, "/campaigns/%lld", (long long)c.id.n);
	const char *stages = text(&d, ",\"stages\":[{\"id\":\"%.*s\",\"goal\":1,\"prizes\":[{\"id\":\"%.*s\",\"kind\":\"onsite\",\"title\":\"%.*s\","
		"\"note\":\"n\",\"value\":5000,\"stock\":100}]}]", STR(c.stage), STR(c.prize), STR(json_at(&r, "stages.0.prizes.0.title")));
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		r = put(d.operator, path, campaign_json(&d, (struct plan_draft){ .more = text(&d, "%s,\"regions\":%s", stages, tries[i].regions) }));
		if (tries[i].status == 200)
			assert_int_equal(r.status, 200);
		else
			assert_reply(r, tries[i].status, tries[i].error);
	}
	r = get(d.reader, path);
	assert_int_equal(json_at(&r, "regions.0").len, 0);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
