/* handover.c: customer groups get another owner (转接、继承).
 *
 * Story      小王 goes on leave, or has left. Staff choose her groups and who takes them; a job tells the platform, a hundred at a time, and
 *            each group's line says whether it went over, or why not: in the platform's words, or in ours.
 * How        The platform has two calls: one for owners who left (status 1 of the group), one for those who work there still.
 * Owns       wecom_handover
 * Holds      At most 300 groups of one owner a day, and one group at most twice in 90 days while its owner works there: a group beyond
 *            that has its line at once, failed, and the platform is not asked; the others go on. A handing over raises no callback: the
 *            group's row changes with it, and is read again.
 * Test       wecom_handover_test.c
 */
#include "channel/wecom/wecom.h"

#include "base/time.h"
#include "channel/outbox/courier.h"
#include "people/audit.h"

#define CHATS_MOST  100                           /* of one call */
#define OWNER_DAY   300                           /* groups of one owner */
#define GROUP_MOST  2                             /* times for one group while its owner works there */
#define GROUP_SPAN  (90 * DAY)
#define BEIJING     (8 * HOUR)
#define SHOWN       200
#define OWNER_LEFT  1                             /* status of a group */

/* ---- Rows ---- */

struct handover {
	struct id      id, channel_id;
	struct str     subject, name, owner, new_owner;
	bool           on_job;
	struct str     state, trouble;
	struct instant made_at, done_at;
};

ROW_AS(wecom_handover, handover,
	FIELD(handover, id,         "Handing over"),
	FIELD(handover, channel_id, "Channel"),
	FIELD(handover, subject,    "chat_id"),
	FIELD(handover, name,       "The group's name, then"),
	FIELD(handover, owner,      "Owner until then"),
	FIELD(handover, new_owner,  "Owner from then on"),
	FIELD(handover, on_job,     "The old owner still works there"),
	FIELD(handover, state,      "wanted: the platform is being told; done; failed", .one_of = "wanted done failed"),
	FIELD(handover, trouble,    "Why it failed, in the platform's words, or one of ours: same, open, often, many, gone"),
	FIELD(handover, made_at,    "Wanted"),
	FIELD(handover, done_at,    "Answered", .optional = true));

struct handover_draft { struct rows chats; struct str new_owner; };

static const struct field handover_chat_fields[] = {
	FIELD(text_item, item, "chat_id", .min = 1, .max = 64, .pattern = "[A-Za-z0-9_@.-]+"),
};
static const struct row row_handover_chat = { "handover_chat", sizeof(struct text_item), handover_chat_fields, 1 };

ROW_AS(wecom_handover_draft, handover_draft,
	FIELD(handover_draft, chats,     "The groups: chat_id", .of = &row_handover_chat, .min = 1, .max = CHATS_MOST),
	FIELD(handover_draft, new_owner, "Who takes them: userid", .min = 1, .max = 64, .pattern = "[A-Za-z0-9_@.-]+"));

struct handover_result { int64_t wanted, failed; };

ROW_AS(wecom_handover_result, handover_result,
	FIELD(handover_result, wanted, "Groups the platform is being told of"),
	FIELD(handover_result, failed, "Groups that cannot go over now; their lines say why"));

struct handover_count { int64_t n; };

ROW(handover_count, FIELD(handover_count, n, "How many"));

/* ---- Queries ---- */

#define SELECT_HANDOVER \
	"SELECT id, channel_id, subject, name, owner, new_owner, on_job, state, trouble, made_at, done_at FROM wecom_handover" \
	" WHERE community_id = ?1 AND channel_id = ?2"

static QUERY(wecom_handovers_newest, READS, &row_wecom_handover, TAKES(K_ID, K_ID, K_INT), SELECT_HANDOVER " ORDER BY id DESC LIMIT ?3");

static QUERY(wecom_handovers_wanted, READS, &row_wecom_handover, TAKES(K_ID, K_ID, K_INT),
	SELECT_HANDOVER " AND state = 'wanted' ORDER BY new_owner, on_job, id LIMIT ?3");

static QUERY(wecom_handovers_of_owner, READS, &row_handover_count, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"SELECT count(*) AS n FROM wecom_handover WHERE community_id = ?1 AND channel_id = ?2 AND owner = ?3 AND made_at >= ?4"
	" AND state <> 'failed'");

static QUERY(wecom_handovers_of_group, READS, &row_handover_count, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"SELECT count(*) AS n FROM wecom_handover WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3 AND made_at >= ?4"
	" AND state <> 'failed' AND on_job = TRUE");

static QUERY(wecom_handovers_open, READS, &row_handover_count, TAKES(K_ID, K_ID, K_STR),
	"SELECT count(*) AS n FROM wecom_handover WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3 AND state = 'wanted'");

static QUERY(wecom_handover_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_BOOL, K_STR, K_STR, K_INSTANT, K_INSTANT),
	"INSERT INTO wecom_handover (community_id, id, channel_id, subject, name, owner, new_owner, on_job, state, trouble, made_at, done_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");

static QUERY(wecom_handover_end, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"UPDATE wecom_handover SET state = ?3, trouble = ?4, done_at = ?5 WHERE community_id = ?1 AND id = ?2 AND state = 'wanted'");

/* ---- Job ---- */

static const struct job_kind jobs[];

static int tell_soon(struct tx *tx, struct id community, struct id channel)
{
	int r = job_add(tx, community, &jobs[0], str_format(tx_arena(tx), "%lld", (long long)channel.n), S(""), (struct instant){ 0 });
	return r < 0 ? r : 0;
}

struct handing {
	struct wecom   wecom;
	struct id      community;
	struct channel channel;
	struct rows    due;
	size_t         count;                     /* of the first of them that go in one call */
	struct loose  *json;
	struct str     trouble;                   /* why all of them failed, or empty */
};

static int load(struct tx *tx, void *arg)
{
	struct handing *h = arg;
	int r = channel_get(tx, h->community, h->channel.id, &h->channel);
	return r < 0 ? r : tx_all(tx, &wecom_handovers_wanted, &h->due, V(h->community), V(h->channel.id), V((int64_t)CHATS_MOST));
}

/* Why this one failed; empty: it went over. */
static struct str failure_of(const struct handing *h, struct str chat, struct arena *arena)
{
	char path[60];
	for (size_t i = 0; h->json && i < loose_count(h->json, "failed_chat_list"); i++) {
		snprintf(path, sizeof path, "failed_chat_list.%zu.chat_id", i);
		if (!str_equal(loose_text(h->json, path, arena), chat))
			continue;
		snprintf(path, sizeof path, "failed_chat_list.%zu.errcode", i);
		int64_t code = loose_int(h->json, path, -1);
		snprintf(path, sizeof path, "failed_chat_list.%zu.errmsg", i);
		struct str words = loose_text(h->json, path, arena);
		words.len = words.len < 200 ? words.len : 200;
		return str_format(arena, "%lld %.*s", (long long)code, STR(words));
	}
	return h->trouble;
}

static int note(struct tx *tx, void *arg)
{
	const struct handing *h = arg;
	const struct handover *one = h->due.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < h->count; i++) {
		struct str why = failure_of(h, one[i].subject, tx_arena(tx));
		r = tx_run(tx, &wecom_handover_end, V(h->community), V(one[i].id), V(why.len ? S("failed") : S("done")), V(why), V(tx_now(tx)));
		if (r > 0)
			r = why.len ? wecom_group_again(tx, h->community, h->channel.id, one[i].subject)
			            : wecom_group_owned(tx, h->community, h->channel.id, one[i].subject, one[i].new_owner);
	}
	return r < 0 ? r : tell_soon(tx, h->community, h->channel.id);
}

static int hand_over(struct handing *h)
{
	const struct handover *one = h->due.at;
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 64 << 10);
	buf_z(&body, "{\"chat_id_list\":[");
	while (h->count < h->due.count && str_equal(one[h->count].new_owner, one[0].new_owner) && one[h->count].on_job == one[0].on_job) {
		buf_z(&body, h->count ? "," : "");
		loose_write(&body, one[h->count++].subject);
	}
	buf_z(&body, "],\"new_owner\":");
	loose_write(&body, one[0].new_owner);
	buf_z(&body, "}");
	int r = buf_failed(&body) ? E_MEMORY : wecom_call(&h->wecom, one[0].on_job ? "/cgi-bin/externalcontact/groupchat/onjob_transfer"
	                                                                         : "/cgi-bin/externalcontact/groupchat/transfer",
	                                                  buf_view(&body), &reply);
	if (r < 0)
		return r;
	h->json = &reply.json, h->trouble = reply.words;
	if (!reply.code || !wecom_later(reply.code))
		r = store_write(h->wecom.store, h->community, h->wecom.arena, note, h);
	loose_free(&reply.json);
	return r < 0 ? r : reply.code && wecom_later(reply.code) ? E_NOT_SENT : 0;
}

static int run_handover(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct handing h = { .community = job->community };
	struct courier *courier;
	if (!str_to_int(job->key, &h.channel.id.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load, &h);
	if (r < 0 || !str_is(h.channel.state, "on") || !h.due.count)
		return r == E_NOT_FOUND || r >= 0 ? 0 : r;
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	if ((r = wecom_open(courier, h.community, &h.channel, &h.wecom)) >= 0)
		r = hand_over(&h);
	*ret_why = str_copy(jc->arena, h.trouble);
	courier_free(courier);
	return r;
}

static const struct job_kind jobs[] = {
	{ "wecom_handover", "Gives customer groups of 企业微信 another owner", run_handover, .backoff_ms = 5 * SECOND },
	{ 0 },
};

/* ---- API ---- */

static int get_handovers(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct channel c;
	(void)in;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &wecom_handovers_newest, &page->rows, V(rq->community), V(c.id), V((int64_t)SHOWN))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

/* Why this group cannot go over now: one of our words, or empty. */
static int hindrance_of(struct request *rq, const struct channel *c, const struct wecom_group *g, struct str new_owner, struct str *ret)
{
	struct handover_count open, owner, group;
	struct instant now = tx_now(rq->tx), since = { now.ms - GROUP_SPAN };
	struct instant today = { (now.ms + BEIJING) / DAY * DAY - BEIJING };
	int r = tx_one(rq->tx, &wecom_handovers_open, &open, V(rq->community), V(c->id), V(g->subject));
	if (r < 0 || (r = tx_one(rq->tx, &wecom_handovers_of_owner, &owner, V(rq->community), V(c->id), V(g->owner), V(today))) < 0 ||
	    (r = tx_one(rq->tx, &wecom_handovers_of_group, &group, V(rq->community), V(c->id), V(g->subject), V(since))) < 0)
		return r;
	*ret = g->gone_at.ms ? S("gone") : str_equal(g->owner, new_owner) ? S("same") : open.n ? S("open")
	     : g->status != OWNER_LEFT && group.n >= GROUP_MOST ? S("often") : owner.n >= OWNER_DAY ? S("many") : S("");
	return 0;
}

static int want(struct request *rq, const struct channel *c, struct str chat, struct str new_owner, struct handover_result *ret)
{
	struct wecom_group g;
	struct str why = S("");
	struct instant now = tx_now(rq->tx), none = { 0 };
	int r = wecom_group_get(rq->tx, rq->community, c->id, chat, &g);
	if (r < 0 || (r = hindrance_of(rq, c, &g, new_owner, &why)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("chats")) : r;
	r = tx_run(rq->tx, &wecom_handover_insert, V(rq->community), V(tx_new_id(rq->tx)), V(c->id), V(g.subject), V(g.name), V(g.owner),
	           V(new_owner), V(g.status != OWNER_LEFT), V(why.len ? S("failed") : S("wanted")), V(why), V(now), V(why.len ? now : none));
	*(why.len ? &ret->failed : &ret->wanted) += 1;
	return r < 0 ? r : 0;
}

static int post_handover(struct request *rq, const void *in, void *out)
{
	const struct handover_draft *d = in;
	const struct text_item *chat = d->chats.at;
	struct handover_result *ret = out;
	struct channel c;
	int r = wecom_of(rq, &c);
	*ret = (struct handover_result){ 0 };
	for (size_t i = 0; r >= 0 && i < d->chats.count; i++)
		r = want(rq, &c, chat[i].item, d->new_owner, ret);
	if (r < 0 || (r = tell_soon(rq->tx, rq->community, c.id)) < 0)
		return r;
	return audit_note(rq, "wecom_handed_over", c.id, d->new_owner);
}

static const struct route routes[] = {
	{ "GET",  "/channels/{id}/wecom-handovers", ROLE_READER, get_handovers, NULL, &row_wecom_handover,
	  "Customer groups that got another owner, or are to, newest first", OUT_PAGE, .sees = sees_all },
	{ "POST", "/channels/{id}/wecom-handovers", ROLE_ADMIN,  post_handover, &row_wecom_handover_draft, &row_wecom_handover_result,
	  "Give customer groups another owner; the platform hears of it within seconds" },
	{ 0 },
};

static const struct query *const queries[] = {
	&wecom_handovers_newest, &wecom_handovers_wanted, &wecom_handovers_of_owner, &wecom_handovers_of_group, &wecom_handovers_open,
	&wecom_handover_insert, &wecom_handover_end, NULL,
};

const struct feature feature_wecom_handover = {
	.name = "wecom_handover", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs,
};
