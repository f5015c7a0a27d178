/* vote_test.c: votes are judged as helps are: what looks false waits, is decided by a person with a reason, is appealed against
 * and given back; "newcomers only" and "no mutual help" hold for votes; ledger and gallery agree all the while.
 */
#include "campaign/campaign_test.h"
#include "campaign/fraud/fraud.h"
#include "engine/jobs/jobs.h"

struct poll { struct desk d; struct id id; const char *slug, *path; struct browser *lin; const char *own; struct str who; };

static void poll_open(struct poll *p, struct house *house, const char *rules, const char *limits, const char *stages)
{
	struct desk *d = &p->d;
	clock_set((struct instant){ DURING });
	fraud_limits_changed();
	codes_open(d, house);
	p->id = made(d->operator, at(d, "/campaigns"), text(d, "{\"kind\":\"contest\",\"name\":\"晒车\",\"organiser\":\"友信\",\"rules\":\"r\","
		"\"starts_at\":" BEGINS ",\"ends_at\":" ENDS ",\"claim_until\":" CLAIMS ",\"takes_part\":\"all\",\"capacity\":0,"
		"\"strength\":\"anonymous\",\"act\":\"tap\",\"helps_each\":0,\"still_days\":0,%s,\"stages\":[%s]}", rules, stages));
	p->path = at(d, "/campaigns/%lld", (long long)p->id.n);
	assert_int_equal(put(d->operator, text(d, "%s/contest", p->path), text(d, "{%s,\"month_quota\":0,\"pictures\":\"optional\"}", limits)).status, 200);
	struct reply r = post(d->operator, text(d, "%s/state", p->path), "{\"state\":\"running\",\"acknowledge\":\"G1\"}");
	assert_int_equal(r.status, 200);
	p->slug = text(d, "%.*s", STR(json_at(&r, "slug")));
}

/* Hands in an entry that passes; the slug of its page. */
static const char *entry_passed(struct poll *p, struct browser *b, struct str *ret_who)
{
	struct desk *d = &p->d;
	task(d, b, p->slug);
	struct reply r = post_multipart(b, text(d, "/t/%s/entry", p->slug), (const struct part[]){
		{ "nickname", S("林晓"), NULL }, { "title", S("我的车"), NULL }, { 0 } });
	assert_int_equal(r.status, 200);
	const char *slug = text(d, "%.*s", STR(json_at(&r, "me.slug")));
	r = get(d->reader, text(d, "%s/entries?state=pending", p->path));
	*ret_who = str_copy(&d->house->arena, json_at(&r, "items.0.id"));
	assert_int_equal(post(d->operator, at(d, "/entries/%.*s/decide", STR(*ret_who)), "{\"pass\":true,\"reason\":\"\"}").status, 200);
	return slug;
}

/* From this network with this device; what the page says of it: "counted", "held burst". */
static const char *vote_from(struct poll *p, struct browser *b, const char *network, const char *device)
{
	static int n;
	struct desk *d = &p->d;
	task(d, b, p->own);
	browser_header(b, text(d, "X-Forwarded-For: %s", network));
	browser_header(b, text(d, "User-Agent: %s", device));
	struct reply r = post(b, text(d, "/t/%s/vote", p->own), text(d, "{\"token\":\"vote-%011d\"}", ++n));
	if (r.status != 200)
		return text(d, "%.*s", STR(json_at(&r, "error.code")));
	struct str why = json_at(&r, "help.reason");
	return text(d, "%.*s%s%.*s", STR(json_at(&r, "help.state")), why.len ? " " : "", STR(why));
}

static void look_now(struct desk *d)
{
	ARENA_SCOPED arena;
	struct str why = S("");
	arena_init(&arena, 8 << 20);
	follow(d);
	assert_int_equal(feature_fraud_look.jobs[0].run(&(struct job_context){ .store = d->house->store, .arena = &arena }, &(struct job){ 0 }, &why), 0);
}

static struct reply findings(struct poll *p) { return get(p->d.operator, text(&p->d, "%s/findings?state=open", p->path)); }

static struct reply decide(struct poll *p, const struct reply *list, int i, bool accept)
{
	return post(p->d.operator, at(&p->d, "/fraud/decide"), text(&p->d, "{\"ids\":[\"%.*s\"],\"accept\":%s,\"reason\":\"机器投票\"}",
		STR(json_at(list, text(&p->d, "items.%d.id", i))), accept ? "true" : "false"));
}

static int64_t votes_shown(struct poll *p)
{
	struct reply r = get(p->d.reader, text(&p->d, "%s/entries", p->path));
	return number_at(&r, "items.0.votes");
}

static void poll_close(struct poll *p)
{
	assert_sound(&p->d);
	desk_close(&p->d);
	clock_set((struct instant){ 0 });
}

#define ANYBODY "\"new_only\":false,\"mutual\":true,\"hold_minutes\":0"
#define VOTES(day, entry) "\"day_votes\":" day ",\"most_votes\":0,\"entry_votes\":" entry

PROMISE(vote_burst, "votes beyond the limit from one network wait, spend themselves, and count or not as a person decides")
{
	struct poll p;
	poll_open(&p, house, ANYBODY, VOTES("0", "2"), "");
	struct desk *d = &p.d;
	p.lin = person(d, 901), p.own = entry_passed(&p, p.lin, &p.who);
	struct browser *b[8];
	for (int i = 0; i < 8; i++)
		assert_str(str_of(vote_from(&p, b[i] = person(d, 910 + i), "203.0.113.9", text(d, "D%d", i))), i < 5 ? "counted" : "held burst");
	assert_int_equal(votes_shown(&p), 5);
	assert_int_equal(helps_of(d, p.lin, p.own), 5);
	assert_str(str_of(vote_from(&p, b[7], "203.0.113.9", "D7")), "held burst");          /* a second vote shares the first one's fate … */
	assert_str(str_of(vote_from(&p, b[7], "203.0.113.9", "D7")), "voted");               /* … and both are spent */
	assert_str(str_of(vote_from(&p, b[0], "203.0.113.9", "D0")), "counted");
	struct reply mine = task(d, p.lin, p.own), r = findings(&p);
	assert_str(json_at(&mine, "review.waiting"), "3");
	assert_str(json_at(&r, "items.0.kind"), "burst");
	assert_int_equal(json_length(&r, "items.0.evidence"), 3);
	assert_str(json_at(&r, "items.0.evidence.0.network"), "203.0.113");
	assert_int_equal(decide(&p, &r, 0, true).status, 200);
	assert_int_equal(votes_shown(&p), 10);
	assert_int_equal(helps_of(d, p.lin, p.own), 10);
	poll_close(&p);
}

PROMISE(vote_story, "votes by one kind of device in one network: under review no prize is claimed with them; rejected, appealed, given back")
{
	struct poll p;
	poll_open(&p, house, ANYBODY, VOTES("0", "2"), "{\"goal\":5,\"title\":\"\",\"prizes\":[{\"kind\":\"onsite\",\"title\":\"洗车券\","
		"\"note\":\"到店\",\"value\":5000,\"stock\":3}]}");
	struct desk *d = &p.d;
	p.lin = person(d, 921), p.own = entry_passed(&p, p.lin, &p.who);
	struct browser *b[4];
	for (int i = 0; i < 4; i++) {
		assert_str(str_of(vote_from(&p, b[i] = person(d, 930 + i), text(d, "198.51.100.%d", i), "Redmi 9")), "counted");
		clock_set((struct instant){ clock_now().ms + HOUR });
	}
	assert_str(str_of(vote_from(&p, b[0], "198.51.100.0", "Redmi 9")), "counted");
	look_now(d);
	struct reply r = findings(&p), mine = task(d, p.lin, p.own);
	assert_str(json_at(&r, "items.0.kind"), "device");
	assert_int_equal(json_length(&r, "items.0.evidence"), 4);
	assert_str(json_at(&mine, "review.waiting"), "5");                      /* four people, five votes */
	const char *claim = text(d, "{\"stage\":\"%.*s\",\"prize\":\"%.*s\"}", STR(json_at(&mine, "stages.0.id")), STR(json_at(&mine, "stages.0.prizes.0.id")));
	assert_reply(act(d, p.lin, p.own, "claim", claim), 409, "under_review");
	assert_int_equal(decide(&p, &r, 0, false).status, 200);
	assert_int_equal(votes_shown(&p), 0);
	assert_int_equal(helps_of(d, p.lin, p.own), 0);
	assert_str(str_of(vote_from(&p, b[1], "198.51.100.1", "Redmi 9")), "deducted 机器投票");       /* told, and no vote is spent */
	assert_int_equal(act(d, p.lin, p.own, "appeal", "{\"text\":\"这是我们店里的展示机\"}").status, 204);
	assert_int_equal(post(d->operator, at(d, "/participants/%.*s/answer", STR(p.who)), "{\"accept\":true,\"answer\":\"核实了\"}").status, 200);
	assert_int_equal(votes_shown(&p), 5);
	assert_int_equal(act(d, p.lin, p.own, "claim", claim).status, 200);
	assert_str(str_of(vote_from(&p, b[1], "198.51.100.1", "Redmi 9")), "counted");
	assert_int_equal(helps_of(d, p.lin, p.own), 6);
	poll_close(&p);
}

PROMISE(vote_rules, "no votes for each other, a time to wait, whoever is listed: the campaign's rules hold for votes")
{
	struct poll p;
	struct str other;
	poll_open(&p, house, "\"new_only\":false,\"mutual\":false,\"hold_minutes\":60", VOTES("0", "1"), "");
	struct desk *d = &p.d;
	struct browser *old = person(d, 941), *bo = person(d, 942), *an = person(d, 943);
	p.lin = person(d, 940), p.own = entry_passed(&p, p.lin, &p.who);
	const char *lins = p.own, *bos = entry_passed(&p, bo, &other);
	assert_str(str_of(vote_from(&p, an, "10.1.1.1", "A")), "held waiting");
	assert_int_equal(votes_shown(&p), 0);
	assert_str(str_of(vote_from(&p, bo, "10.1.2.1", "B")), "held waiting");
	p.own = bos;
	assert_str(str_of(vote_from(&p, p.lin, "10.1.3.1", "C")), "refused mutual");
	p.own = lins;
	clock_set((struct instant){ DURING + 2 * HOUR });
	ARENA_SCOPED arena;
	struct str why = S("");
	arena_init(&arena, 8 << 20);
	assert_int_equal(feature_invite.jobs[0].run(&(struct job_context){ .store = d->house->store, .arena = &arena }, &(struct job){ 0 }, &why), 0);
	assert_int_equal(helps_of(d, p.lin, p.own), 2);
	made(d->operator, at(d, "/fraud/blocks"), "{\"kind\":\"device\",\"word\":\"Bot 1\",\"reason\":\"卖票\",\"days\":1}");
	assert_str(str_of(vote_from(&p, old, "10.1.4.1", "Bot 1")), "held listed");
	assert_int_equal(helps_of(d, p.lin, p.own), 2);
	poll_close(&p);
}

PROMISE(vote_new_only, "a vote of who was a member before the begin is refused with its reason, and spends nothing")
{
	struct poll p;
	poll_open(&p, house, "\"new_only\":true,\"mutual\":true,\"hold_minutes\":0", VOTES("1", "1"), "");
	struct desk *d = &p.d;
	struct browser *old = person(d, 951), *fresh = person(d, 952);
	clock_set((struct instant){ DURING - 5 * DAY });
	struct id code = code_made(d, (struct code_draft){ .title = "老群" });
	target_group(d, code, group_named(d, "会员群", "https://weixin.qq.com/g/old"), 0, NULL);
	code_run(d, code);
	view(old, code_slug(d, code));
	say(old, code_slug(d, code), "joined", "{\"nickname\":\"老王\"}");
	clock_set((struct instant){ DURING });
	p.lin = person(d, 950), p.own = entry_passed(&p, p.lin, &p.who);
	assert_str(str_of(vote_from(&p, old, "10.2.2.1", "A")), "refused not_new");
	assert_str(str_of(vote_from(&p, old, "10.2.2.1", "A")), "refused not_new");
	assert_str(str_of(vote_from(&p, fresh, "10.2.1.1", "A")), "counted");
	assert_str(str_of(vote_from(&p, fresh, "10.2.1.1", "A")), "no_vote_today");
	assert_int_equal(votes_shown(&p), 1);
	poll_close(&p);
}
