/* plan_test.c: what is remembered of a campaign is what is true in the transaction that uses it. */
#include "campaign/campaign_test.h"
#include "http/within.h"

PROMISE(plan_follows, "a pause, a lower goal and an end are seen by the very next help")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ 0 });
	struct browser *lin = person(&d, 501), *friend[5];
	for (int i = 0; i < 5; i++)
		friend[i] = person(&d, 510 + i);
	const char *own = take_part(&d, lin, c.slug, "林晓"), *state = at(&d, "/campaigns/%lld/state", (long long)c.id.n);
	assert_str(str_of(verdict(&d, friend[0], own)), "counted");
	assert_int_equal(post(d.operator, state, "{\"state\":\"paused\"}").status, 200);
	assert_str(str_of(verdict(&d, friend[1], own)), "campaign_closed");
	assert_int_equal(post(d.operator, state, "{\"state\":\"running\",\"acknowledge\":\"G1\"}").status, 200);
	struct reply r = act(&d, friend[1], own, "help", "{\"nickname\":\"友\"}");
	assert_str(json_at(&r, "stages.0.goal"), "2");
	const char *stages = text(&d, ",\"stages\":[{\"id\":\"%.*s\",\"goal\":1,\"title\":\"一级\",\"prizes\":[{\"id\":\"%.*s\",\"kind\":"
		"\"onsite\",\"title\":\"洗车券\",\"note\":\"到店出示\",\"value\":5000,\"stock\":3}]}]", STR(c.stage), STR(c.prize));
	assert_int_equal(put(d.operator, at(&d, "/campaigns/%lld", (long long)c.id.n),
		campaign_json(&d, (struct plan_draft){ .more = stages })).status, 200);
	r = act(&d, friend[2], own, "help", "{\"nickname\":\"友\"}");
	assert_str(json_at(&r, "stages.0.goal"), "1");
	assert_int_equal(post(d.operator, state, "{\"state\":\"ended\"}").status, 200);
	assert_str(str_of(verdict(&d, friend[3], own)), "campaign_closed");
	for (int i = 0; i < 5; i++)
		browser_close(friend[i]);
	browser_close(lin);
	desk_close(&d);
	clock_set((struct instant){ 0 });
}

/* ---- What was undone was never seen ---- */

struct pausing { const struct desk *desk; struct id campaign; struct str seen; bool fail; };

static QUERY(pause_it, WRITES, NULL, TAKES(K_ID, K_ID, K_STR), "UPDATE campaign SET state = ?3 WHERE community_id = ?1 AND id = ?2");

static int pause_and_look(struct tx *tx, void *arg)
{
	struct pausing *p = arg;
	struct community community;
	struct campaign c;
	int r = p->fail ? tx_run(tx, &pause_it, V(p->desk->community), V(p->campaign), V(S("paused"))) : 0;
	if (p->fail && r >= 0)
		r = campaign_touch(tx, p->desk->community, p->campaign);
	if (r < 0 || (r = campaign_kept(tx, p->desk->community, p->campaign, &community, &c)) < 0)
		return r;
	p->seen = c.state;
	return p->fail ? E_INVALID : 0;
}

PROMISE(plan_undone, "a change that was rolled back leaves nothing behind in what is remembered")
{
	struct desk d;
	clock_set((struct instant){ DURING });
	codes_open(&d, house);
	struct running c = campaign_running(&d, (struct plan_draft){ 0 });
	struct pausing p = { .desk = &d, .campaign = c.id };
	for (int i = 0; i < 4; i++) {
		p.fail = i % 2;
		int r = store_write(d.house->store, d.community, &d.house->arena, pause_and_look, &p);
		assert_int_equal(r, p.fail ? E_INVALID : 0);
		assert_str(p.seen, p.fail ? "paused" : "running");
	}
	desk_close(&d);
	clock_set((struct instant){ 0 });
}
