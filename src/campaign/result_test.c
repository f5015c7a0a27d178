/* result_test.c: the page after the end says what the lists say, and its tables are safe to open. */
#include "campaign/campaign_test.h"

PROMISE(result_page, "the result counts what the lists show: who brought whom, what was given and what it cost, what did not count and why")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ .goal = 1, .prizes =
		"[{\"kind\":\"onsite\",\"title\":\"洗车券\",\"value\":5000,\"stock\":1}]" });
	struct browser *lin = person(&d, 701), *an = person(&d, 702), *bo = person(&d, 703);
	const char *own = take_part(&d, lin, c.slug, "=林晓()");
	const char *ans = take_part(&d, an, own, "安安");
	assert_str(str_of(verdict(&d, an, own)), "counted");
	assert_str(str_of(verdict(&d, bo, own)), "counted");
	assert_str(str_of(verdict(&d, lin, ans)), "refused mutual");
	assert_int_equal(act(&d, lin, own, "claim", claim_json(&d, &c)).status, 200);
	struct reply r = get(d.reader, at(&d, "/campaigns/%lld/result", (long long)c.id.n));
	static const struct { const char *path, *is; } says[] = {
		{ "participants", "2" }, { "opened", "3" }, { "helped", "1" }, { "counted", "2" }, { "reached", "1" }, { "claimed", "1" },
		{ "cost", "5000" }, { "cost_each", "2500" }, { "prizes.0.given", "1" }, { "prizes.0.left", "0" }, { "top.0.helps", "2" },
		{ "reasons.0.reason", "mutual" }, { "reasons.0.n", "1" },
	};
	for (size_t i = 0; i < sizeof says / sizeof *says; i++)
		assert_str(json_at(&r, says[i].path), says[i].is);
	assert_int_equal(json_length(&r, "top"), 1);
	assert_non_null(memmem(r.body.at, r.body.len, "发完了", strlen("发完了")));
	r = get(d.operator, at(&d, "/campaigns/%lld/participants.csv", (long long)c.id.n));
	assert_non_null(memmem(r.body.at, r.body.len, "'=林晓()", strlen("'=林晓()")));
	r = get(d.operator, at(&d, "/campaigns/%lld/helps.csv", (long long)c.id.n));
	assert_non_null(memmem(r.body.at, r.body.len, "不算,你们已经互相助力过", strlen("不算,你们已经互相助力过")));
	assert_reply(get(d.reader, at(&d, "/campaigns/%lld/helps.csv", (long long)c.id.n)), 403, "forbidden");
	r = get(d.admin, at(&d, "/audit"));
	assert_non_null(memmem(r.body.at, r.body.len, "campaign_exported", 17));
	browser_close(lin), browser_close(an), browser_close(bo);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
