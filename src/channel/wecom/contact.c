/* contact.c: customers: who of the staff has whom, and who they are.
 *
 * Story      A customer scans the code at the counter and adds 小王. We hear of it at once: an event with the code's state. A moment
 *            later a job asks who they are: name, unionid, and who else of the staff has them. A week later they delete 小王, but not
 *            小李: they are still reached. Only when the last one is gone have they left.
 * Owns       wecom_follow
 * Holds      Told late or twice, an adding older than the deleting that followed changes nothing.
 */
#include "channel/wecom/wecom.h"

#include "base/time.h"
#include "channel/outbox/courier.h"
#include "http/personal.h"
#include "people/member.h"

#define STATE_MAX  30
#define USER_MAX   64
#define ASK_AFTER  (2 * SECOND)                   /* its data may lag behind its events */
#define FOLLOWS_MOST 200                          /* staff who have one customer */
#define STAFF_SHOWN  1000

ROW_PUBLIC(wecom_follow,
	FIELD(wecom_follow, subject,  "Customer"),
	FIELD(wecom_follow, staff,    "Who of the staff has them"),
	FIELD(wecom_follow, state,    "Of the code they came by, or empty"),
	FIELD(wecom_follow, way,      "How they came, as the platform numbers it; 0: not known"),
	FIELD(wecom_follow, half,     "They have not confirmed yet"),
	FIELD(wecom_follow, added_at, "Since when"),
	FIELD(wecom_follow, gone_at,  "When one deleted the other", .optional = true),
	FIELD(wecom_follow, gone_how, "Who did: staff customer; or empty"));

/* ---- Actions ---- */

static QUERY(wecom_follow_put, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_INT, K_BOOL, K_INSTANT),
	"INSERT INTO wecom_follow (community_id, channel_id, subject, staff, state, way, half, added_at, gone_at, gone_how)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, '') ON CONFLICT (community_id, channel_id, subject, staff) DO UPDATE SET"
	" state = CASE WHEN excluded.state = '' THEN wecom_follow.state ELSE excluded.state END,"
	" way = CASE WHEN excluded.way = 0 THEN wecom_follow.way ELSE excluded.way END, half = excluded.half,"
	" added_at = excluded.added_at, gone_at = 0, gone_how = '' WHERE wecom_follow.gone_at <= excluded.added_at");

static QUERY(wecom_follow_end, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT, K_STR),
	"UPDATE wecom_follow SET gone_at = ?5, gone_how = ?6 WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3 AND staff = ?4"
	" AND gone_at = 0 AND added_at <= ?5");

static QUERY(wecom_follows_of, READS, &row_wecom_follow, TAKES(K_ID, K_ID, K_STR, K_INT),
	"SELECT subject, staff, state, way, half, added_at, gone_at, gone_how FROM wecom_follow WHERE community_id = ?1 AND channel_id = ?2"
	" AND subject = ?3 AND gone_at = 0 ORDER BY added_at, staff LIMIT ?4");

int wecom_follows(struct tx *tx, struct id community, struct id channel, struct str subject, struct rows *ret)
{
	return tx_all(tx, &wecom_follows_of, ret, V(community), V(channel), V(subject), V((int64_t)FOLLOWS_MOST));
}

static const struct job_kind jobs[];

int wecom_contact_soon(struct tx *tx, struct id community, struct id channel, struct str subject, int64_t in_ms)
{
	return job_add(tx, community, &jobs[0], str_format(tx_arena(tx), "%lld %.*s", (long long)channel.n, STR(subject)), S(""),
	               (struct instant){ tx_now(tx).ms + in_ms });
}

static int ask_soon(struct tx *tx, struct id community, const struct channel *c, struct str subject)
{
	return wecom_contact_soon(tx, community, c->id, subject, ASK_AFTER);
}

/* Somebody new came by a code: that is where they are from. */
static int came_by(struct tx *tx, struct id community, const struct channel *c, const struct wecom_follow *f)
{
	struct member_origin origin = { .source_label = c->name, .joined = f->added_at };
	struct id member;
	int r = wecom_source(tx, community, c->id, f->state, &origin);
	return r < 0 ? r : hear_person_from(tx, community, c, f->subject, S(""), S(""), &origin, &member);
}

/* Who had none of the staff begins to follow; who has one and adds another by a code came by that code. */
static int added(struct tx *tx, struct id community, const struct channel *c, const struct wecom_told *t, const struct wecom_follow *f)
{
	struct rows before;
	struct id member;
	bool known = false;
	int r = wecom_follows(tx, community, c->id, f->subject, &before);
	if (r < 0 || (r = tx_run(tx, &wecom_follow_put, V(community), V(c->id), V(f->subject), V(f->staff), V(f->state), V(f->way),
	                         V(f->half), V(f->added_at))) <= 0)
		return r;
	for (size_t i = 0; i < before.count; i++)
		known |= str_equal(((const struct wecom_follow *)before.at)[i].staff, f->staff);
	if ((f->state.len && (r = came_by(tx, community, c, f)) < 0) ||
	    (r = wecom_welcome_heard(tx, community, c, f, flatxml_get(&t->xml, "WelcomeCode"))) < 0)
		return r;
	if (!known && (!before.count || f->state.len) &&
	    (r = hear_following(tx, community, c, before.count ? FOLLOWING_CODE : FOLLOWING_BEGAN, f->subject, f->state, t->number, t->at,
	                        &member)) < 0)
		return r;
	return ask_soon(tx, community, c, f->subject);
}

static int ended(struct tx *tx, struct id community, const struct channel *c, const struct wecom_told *t, const struct wecom_follow *f,
                 struct str how)
{
	struct rows left;
	struct id member;
	int r = tx_run(tx, &wecom_follow_end, V(community), V(c->id), V(f->subject), V(f->staff), V(t->at), V(how));
	if (r <= 0 || (r = wecom_follows(tx, community, c->id, f->subject, &left)) < 0 || left.count)
		return r < 0 ? r : 0;
	r = hear_following(tx, community, c, FOLLOWING_ENDED, f->subject, S(""), t->number, t->at, &member);
	return r < 0 ? r : 0;
}

int wecom_contact_heard(struct tx *tx, struct id community, const struct channel *c, const struct wecom_told *t)
{
	struct wecom_follow f = {
		.subject = flatxml_get(&t->xml, "ExternalUserID"), .staff = flatxml_get(&t->xml, "UserID"),
		.state = flatxml_get(&t->xml, "State"), .half = str_is(t->change, "add_half_external_contact"), .added_at = t->at,
	};
	if (!f.subject.len || f.subject.len > USER_MAX || !f.staff.len || f.staff.len > USER_MAX)
		return 0;
	if (f.state.len > STATE_MAX)
		f.state = S("");
	if (str_is(t->change, "add_external_contact") || f.half)
		return added(tx, community, c, t, &f);
	if (str_is(t->change, "del_external_contact") || str_is(t->change, "del_follow_user"))
		return ended(tx, community, c, t, &f, str_is(t->change, "del_follow_user") ? S("customer") : S("staff"));
	return str_is(t->change, "edit_external_contact") ? ask_soon(tx, community, c, f.subject) : 0;
}

/* ---- Job: who are they? ---- */

struct asking {
	struct wecom  wecom;
	struct id     community;
	struct channel channel;
	struct id     channel_id;
	struct str    subject;
	struct loose *json;
	struct rows   pushes;                     /* tags to be marked there */
};

static int load_channel(struct tx *tx, void *arg)
{
	struct asking *a = arg;
	return channel_get(tx, a->community, a->channel_id, &a->channel);
}

static int64_t number_at(const struct loose *json, char *path, size_t room, size_t i, const char *name)
{
	snprintf(path, room, "follow_user.%zu.%s", i, name);
	return loose_int(json, path, 0);
}

static struct str text_at(const struct loose *json, char *path, size_t room, size_t i, const char *name, struct arena *arena)
{
	snprintf(path, room, "follow_user.%zu.%s", i, name);
	return loose_text(json, path, arena);
}

/* Who has them, as the platform says now: what an event had told is completed, not undone. */
static int keep_follows(struct tx *tx, const struct asking *a)
{
	char path[80];
	int r = 0;
	for (size_t i = 0; r >= 0 && i < loose_count(a->json, "follow_user") && i < FOLLOWS_MOST; i++) {
		struct str staff = text_at(a->json, path, sizeof path, i, "userid", tx_arena(tx));
		struct str state = text_at(a->json, path, sizeof path, i, "state", tx_arena(tx));
		struct instant since = { number_at(a->json, path, sizeof path, i, "createtime") * SECOND };
		if (staff.len && staff.len <= USER_MAX && since.ms > 0)
			r = tx_run(tx, &wecom_follow_put, V(a->community), V(a->channel_id), V(a->subject), V(staff),
			           V(state.len <= STATE_MAX ? state : S("")), V(number_at(a->json, path, sizeof path, i, "add_way")),
			           V(false), V(since));
	}
	return r < 0 ? r : 0;
}

static int keep_answer(struct tx *tx, void *arg)
{
	struct asking *a = arg;
	struct id member;
	int r = hear_person(tx, a->community, &a->channel, a->subject, loose_text(a->json, "external_contact.unionid", tx_arena(tx)),
	                    loose_text(a->json, "external_contact.name", tx_arena(tx)), &member);
	if (r < 0 || (r = keep_follows(tx, a)) < 0)
		return r;
	return wecom_marks_merge(tx, a->community, a->channel_id, member, a->subject, a->json, &a->pushes);
}

static int ask_who(const struct job_context *jc, struct courier *courier, struct asking *a, struct str *ret_why)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED path;
	buf_init(&path, 1024);
	buf_z(&path, "/cgi-bin/externalcontact/get?external_userid=");
	buf_url(&path, a->subject);
	buf_byte(&path, '\0');
	int r = wecom_open(courier, a->community, &a->channel, &a->wecom);
	if (r < 0 || (r = wecom_call(&a->wecom, path.at, S(""), &reply)) < 0)
		return r;
	if (reply.code == 0) {
		a->json = &reply.json;
		r = store_write(jc->store, a->community, jc->arena, keep_answer, a);
	}
	loose_free(&reply.json);
	struct str why = reply.words;
	if (r >= 0 && a->pushes.count)
		r = wecom_marks_push(&a->wecom, a->community, a->subject, a->pushes, &why);
	*ret_why = str_copy(jc->arena, why);              /* the courier's arena ends before the reason is noted */
	return r < 0 ? r : reply.code && wecom_later(reply.code) ? E_NOT_SENT : 0;      /* 84061: nobody has them any more */
}

static int run_contact(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct asking a = { .community = job->community };
	struct courier *courier;
	a.subject = job->key;
	if (!str_to_int(str_cut(&a.subject, ' '), &a.channel_id.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load_channel, &a);
	if (r < 0 || !str_is(a.channel.state, "on"))
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	r = ask_who(jc, courier, &a, ret_why);
	courier_free(courier);
	return r;
}

static const struct job_kind jobs[] = {
	{ "wecom_contact", "Asks 企业微信 who a customer is and who of the staff has them", run_contact, .tries_max = 8,
	  .backoff_ms = 5 * SECOND },
	{ 0 },
};

/* ---- What is kept about people ---- */

struct follow_own { struct str staff; struct instant added_at, gone_at; };

ROW(follow_own,
	FIELD(follow_own, staff,    "Who of our staff you have in 企业微信"),
	FIELD(follow_own, added_at, "Since when"),
	FIELD(follow_own, gone_at,  "Until when", .optional = true));

static QUERY(wecom_follow_show, READS, &row_follow_own, TAKES(K_ID, K_ID),
	"SELECT f.staff, f.added_at, f.gone_at FROM wecom_follow f WHERE f.community_id = ?1 AND EXISTS (SELECT 1 FROM identity i"
	" WHERE i.community_id = f.community_id AND i.member_id = ?2 AND i.subject = f.subject AND i.channel = 'wecom')"
	" ORDER BY f.added_at, f.staff LIMIT 200");

static QUERY(wecom_follow_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM wecom_follow WHERE community_id = ?1 AND EXISTS (SELECT 1 FROM identity i WHERE i.community_id = ?1"
	" AND i.member_id = ?2 AND i.subject = wecom_follow.subject AND i.channel = 'wecom')");

static const struct personal personal[] = {
	{ "wecom_follow", "你在企业微信里加过我们的哪些员工", "Whom of our staff you added in WeCom", "员工 添加时间 删除时间", BY_MEMBER,
	  &wecom_follow_show, .erases = { &wecom_follow_forget } },
	{ 0 },
};

/* ---- API ---- */

struct wecom_staff { struct str userid, name; int64_t groups; };

ROW(wecom_staff,
	FIELD(wecom_staff, userid, "userid"),
	FIELD(wecom_staff, name,   "What they are called, or empty"),
	FIELD(wecom_staff, groups, "Customer groups they own"));

/* Who owns a group, or has a customer. */
static QUERY(wecom_staff_known, READS, &row_wecom_staff, TAKES(K_ID, K_ID, K_INT),
	"SELECT s.userid, COALESCE((SELECT m.nickname FROM identity i JOIN member m ON m.community_id = i.community_id AND m.id = i.member_id"
	" WHERE i.community_id = ?1 AND i.channel = 'wecom' AND i.subject = 'staff:' || s.userid), '') AS name, (SELECT count(*)"
	" FROM wecom_group g WHERE g.community_id = ?1 AND g.channel_id = ?2 AND g.owner = s.userid AND g.gone_at = 0) AS groups FROM"
	" (SELECT owner AS userid FROM wecom_group WHERE community_id = ?1 AND channel_id = ?2 AND owner <> '' UNION SELECT staff FROM"
	" wecom_follow WHERE community_id = ?1 AND channel_id = ?2 AND gone_at = 0) s ORDER BY s.userid LIMIT ?3");

static int get_staff(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct channel c;
	(void)in;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &wecom_staff_known, &page->rows, V(rq->community), V(c.id), V((int64_t)STAFF_SHOWN))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

static const struct route routes[] = {
	{ "GET", "/channels/{id}/wecom-staff", ROLE_READER, get_staff, NULL, &row_wecom_staff,
	  "Staff of 企业微信 who own a customer group or have a customer", OUT_PAGE },
	{ 0 },
};

static const struct query *const queries[] = {
	&wecom_follow_put, &wecom_follow_end, &wecom_follows_of, &wecom_follow_show, &wecom_follow_forget, &wecom_staff_known, NULL,
};

const struct feature feature_wecom_contact = {
	.name = "wecom_contact", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs, .personal = personal,
};
