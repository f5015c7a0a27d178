/* trial_test.c: a dry run tells and does nothing; a test on the past says what the engine did, can be stopped, and forgets people. */
#include "automation/automation_test.h"
#include "test.h"

#define TAGGED(tag) "\"where\":[{\"depth\":0,\"what\":\"all\"},{\"depth\":1,\"what\":\"any\"}," \
	"{\"depth\":2,\"what\":\"tag\",\"holds\":\"any\",\"ids\":[\"" tag "\"]},{\"depth\":2,\"what\":\"said\",\"holds\":\"contains\",\"texts\":[\"急\"]}," \
	"{\"depth\":1,\"what\":\"first\",\"holds\":\"present\"}],"

static struct str member_of(struct town *t, int person)
{
	struct reply r = get(t->d.reader, at(&t->d, "/members?q=%%E8%%BD%%A6%%E5%%8F%%8B%d", person));
	return str_copy(&t->d.house->arena, json_at(&r, "items.0.id"));
}

PROMISE(trial_dry, "a dry run says of each condition whether it holds and what would be said; nothing is sent, counted or kept")
{
	struct town t;
	town_open(&t, house);
	struct id tag = made(t.d.operator, at(&t.d, "/tags"), "{\"name\":\"车主\"}");
	struct id a = town_automation(&t, "报修", text(&t.d, WHEN_SAYS("contains", "\"报修\"") AT_WILL TAGGED("%lld") "\"actions\":["
		SAYS("{nickname}，师傅马上联系你，{unknown}") "," DOES("notify", SET("text", "{nickname} 报修")) "]", (long long)tag.n));
	town_switch(&t, a, false);
	town_say(&t, 1, S("我要报修"));
	town_say(&t, 2, S("报修，很急"));
	struct reply r = get(t.d.reader, at(&t.d, "/automations/%lld/recent", (long long)a.n));
	assert_int_equal(json_length(&r, "items"), 2);
	assert_str(json_at(&r, "items.0.text"), "报修，很急");
	assert_str(json_at(&r, "items.1.nickname"), "车友1");
	const char *try = at(&t.d, "/automations/%lld/try", (long long)a.n);
	struct str calm = str_copy(&house->arena, json_at(&r, "items.1.id")), urgent = str_copy(&house->arena, json_at(&r, "items.0.id"));
	r = post(t.d.reader, try, text(&t.d, "{\"event\":\"%.*s\"}", STR(urgent)));
	assert_str(json_at(&r, "outcome"), "acted");
	assert_str(json_at(&r, "verdicts.2.holds"), "false");
	assert_str(json_at(&r, "verdicts.3.holds"), "true");
	assert_str(json_at(&r, "verdicts.4.holds"), "true");
	assert_str(json_at(&r, "actions.0.said"), "车友2，师傅马上联系你，{unknown}");
	r = post(t.d.reader, try, text(&t.d, "{\"event\":\"%.*s\"}", STR(calm)));
	assert_str(json_at(&r, "outcome"), "where");
	assert_str(json_at(&r, "verdicts.0.holds"), "false");
	assert_int_equal(put(t.d.operator, at(&t.d, "/members/%.*s/tags", STR(member_of(&t, 1))), "{\"tags\":[\"车主\"]}").status, 200);
	r = post(t.d.reader, try, text(&t.d, "{\"event\":\"%.*s\"}", STR(calm)));
	assert_str(json_at(&r, "outcome"), "acted");
	r = post(t.d.reader, try, text(&t.d, "{\"member\":\"%.*s\",\"group\":\"%lld\",\"text\":\"修好了\"}", STR(member_of(&t, 1)), (long long)t.group.n));
	assert_str(json_at(&r, "outcome"), "not_meant");
	r = post(t.d.reader, try, "{\"event\":\"77\"}");
	assert_reply(r, 404, "not_found");
	town_follow(&t);
	assert_int_equal(town_rows(&t, "send") + town_rows(&t, "automation_run") + town_rows(&t, "automation_count") + town_rows(&t, "alert"), 0);
	town_close(&t);
}

PROMISE(trial_past, "a test on the past finds whom the automation met; stopped it stays as it is; a member who is erased stands in no line")
{
	struct town t;
	town_open(&t, house);
	struct id a = town_automation(&t, "早", WHEN_SAYS("prefix", "\"早\"") "\"per\":\"member\",\"times\":2,\"days\":1,"
		"\"where\":[{\"depth\":0,\"what\":\"all\"},{\"depth\":1,\"what\":\"said\",\"holds\":\"is_not\",\"texts\":[\"早退\"]}],"
		"\"actions\":[" SAYS("{nickname}早") "]");
	clock_set(clock_now());                       /* all on one day, whenever the test runs */
	for (int i = 0; i < 30; i++)
		town_say(&t, i % 3, i % 5 ? S("早呀") : S("早 退"));
	town_say(&t, 1, S("晚安"));
	town_follow(&t);
	clock_set((struct instant){ 0 });
	struct id test = made(t.d.operator, at(&t.d, "/automations/%lld/tests", (long long)a.n), "{\"days\":90}");
	town_jobs(&t);
	const char *path = at(&t.d, "/automation-tests/%lld", (long long)test.n);
	struct reply r = get(t.d.reader, path);
	assert_str(json_at(&r, "state"), "done");
	assert_int_equal(number_at(&r, "matched"), town_count(&t, a, "matched"));
	assert_int_equal(number_at(&r, "acted"), town_count(&t, a, "acted"));
	assert_int_equal(number_at(&r, "acted"), 6);
	assert_int_equal(number_at(&r, "people"), 3);
	assert_int_equal(number_at(&r, "by_where"), town_count(&t, a, "by_where"));
	assert_int_equal(number_at(&r, "by_limit"), town_count(&t, a, "by_limit"));
	r = get(t.d.reader, text(&t.d, "%s/lines", path));
	assert_int_equal(json_length(&r, "items"), 6);
	assert_str(json_at(&r, "items.0.text"), "早呀");
	assert_str(json_at(&r, "items.0.said"), text(&t.d, "%.*s早", STR(json_at(&r, "items.0.nickname"))));
	/* Stopped before its job ran: nothing is read any more. */
	struct id other = made(t.d.operator, at(&t.d, "/automations/%lld/tests", (long long)a.n), "{\"days\":1}");
	r = post(t.d.operator, at(&t.d, "/automation-tests/%lld/cancel", (long long)other.n), "{}");
	assert_str(json_at(&r, "state"), "cancelled");
	town_jobs(&t);
	r = get(t.d.reader, at(&t.d, "/automation-tests/%lld", (long long)other.n));
	assert_str(json_at(&r, "state"), "cancelled");
	assert_str(json_at(&r, "seen"), "0");
	int64_t runs = town_rows(&t, "automation_run");
	assert_int_equal(ask(t.d.admin, "DELETE", at(&t.d, "/members/%.*s", STR(member_of(&t, 1))), NULL, S("")).status / 100, 2);
	assert_int_equal(town_rows(&t, "automation_run"), runs);
	assert_int_equal(town_rows(&t, "automation_test_line"), 4);
	town_close(&t);
}

PROMISE(trial_thanks, "who brought a friend is thanked in private; where nobody did, nothing fails")
{
	struct town t;
	town_open(&t, house);
	struct id a = town_automation(&t, "谢谢", WHEN_JOINS AT_WILL "\"actions\":[" DOES("tell", SET("whom", "inviter") "," SET("text", "谢谢你带来 {nickname}")) ","
		DOES("points", SET("whom", "inviter") "," SET("points", "10")) "]");
	town_joins(&t, 1, 0);
	town_joins(&t, 2, 1);
	town_follow(&t);
	assert_int_equal(town_count(&t, a, "acted"), 2);
	assert_int_equal(town_count(&t, a, "failed"), 0);
	assert_int_equal(town_rows(&t, "send"), 1);
	assert_int_equal(town_rows(&t, "ledger_entry"), 1);
	struct reply r = get(t.d.reader, at(&t.d, "/sends"));
	assert_non_null(memmem(r.body.at, r.body.len, "谢谢你带来 车友2", strlen("谢谢你带来 车友2")));
	town_close(&t);
}
