/* alert.c: what an operator must know in time, and how it reaches them outside the console.
 *
 * Story      The death clock sees that 会员群 3 is full tomorrow at noon and raises a warning. It stands in the console, and
 *            ten seconds later in the shop owner's mail and in the shop's chat robot. Somebody adds a group: the reason has
 *            gone away, and the warning with it.
 * Not here   Finding out (deathclock, gate), sending itself (notify), what else belongs on today's list.
 * Owns       alert.
 * Holds      A key is raised once until its reason has gone away: a clock that looks every few minutes does not warn every
 *            few minutes, and next month's full group is a new warning.
 *            A warning that was closed before it could be sent is not sent any more.
 * Test       alert_test.c.
 */
#include "groups/alert.h"

#include "groups/livecode.h"
#include "engine/event/event.h"
#include "engine/jobs/jobs.h"
#include "engine/notify/notify.h"
#include "people/audit.h"
#include "people/community.h"

#define KINDS     "child_fills qr_expires child_expires code_dry report community_ends report_task report_room send_overdue" \
	" automation_stopped automation_notice stock_low campaign_ended doctor doctor_well"
#define LIST_MOST 200
#define TEXT_MAX  8192

/* ---- Rows ------------------------------------------------------------------------------------- */

struct warning {
	struct id      id;
	struct str     kind, level;
	struct id      subject_id, object_id;
	struct str     title, more;
	int64_t        n, per_day;
	struct instant due_at, created_at, closed_at;
	struct id      closed_by;
};

ROW(warning,
	FIELD(warning, id,         "Warning"),
	FIELD(warning, kind,       "What is about to happen", .one_of = KINDS),
	FIELD(warning, level,      "due: in time; late: act at once", .one_of = "due late"),
	FIELD(warning, subject_id, "Live code or group"),
	FIELD(warning, object_id,  "Its child", .optional = true),
	FIELD(warning, title,      "Name of the live code or group"),
	FIELD(warning, more,       "Name of the child"),
	FIELD(warning, n,          "Places left"),
	FIELD(warning, per_day,    "Joins a day that the prediction rests on"),
	FIELD(warning, due_at,     "When it happens", .optional = true),
	FIELD(warning, created_at, "When it was raised"),
	FIELD(warning, closed_at,  "When it was closed", .optional = true),
	FIELD(warning, closed_by,  "By which account; nobody: the reason went away", .optional = true));

struct alert_query { bool open; struct id after; int64_t limit; };

ROW(alert_query,
	FIELD(alert_query, open,  "Only those that are still open", .optional = true),
	FIELD(alert_query, after, "Only warnings older than this one", .optional = true),
	FIELD(alert_query, limit, "How many", .min = 0, .max = LIST_MOST, .optional = true));

struct alert_total { int64_t n; };

ROW(alert_total,
	FIELD(alert_total, n, "Open warnings"));

/* What a webhook receives. */
struct notice {
	struct str     event;
	struct id      community_id;
	struct str     community;
	struct id      id;
	struct str     kind, level, title, more;
	int64_t        n, per_day;
	struct instant due_at, created_at;
	struct str     subject, text, link;
};

ROW(notice,
	FIELD(notice, event,        "Always alert"),
	FIELD(notice, community_id, "Community"),
	FIELD(notice, community,    "Its name"),
	FIELD(notice, id,           "Warning: the same number twice is the same warning"),
	FIELD(notice, kind,         "What is about to happen"),
	FIELD(notice, level,        "due or late"),
	FIELD(notice, title,        "Name of the live code or group"),
	FIELD(notice, more,         "Name of the child"),
	FIELD(notice, n,            "Places left"),
	FIELD(notice, per_day,      "Joins a day"),
	FIELD(notice, due_at,       "When it happens", .optional = true),
	FIELD(notice, created_at,   "When it was raised"),
	FIELD(notice, subject,      "One line for people"),
	FIELD(notice, text,         "All of it for people"),
	FIELD(notice, link,         "Where to act"));

/* ---- Rules: what people read ------------------------------------------------------------------------ */

struct words { const char *kind, *soon, *now, *remedy, *place; };

/* soon, now: of what will happen, of what has. place: where in the console the remedy is. */
static const struct words *words_of(struct str kind)
{
	static const struct words all[] = {
		{ "child_fills", "快满了", "已经满了", "给活码加上下一个群，或者把这个群清一清、调高上限。", "codes" },
		{ "qr_expires", "群二维码快过期了", "群二维码已经过期", "在微信里重新生成群二维码，截图上传。", "groups" },
		{ "child_expires", "快到期了", "已经到期", "延长它的有效期，或者给活码换上新的目标。", "codes" },
		{ "code_dry", "快没有可进的群了", "没有可进的群了", "马上加一个群并上传它的二维码；在那之前，来扫码的人会进入候补名单。", "codes" },
		{ "report", "被访客举报了", "被访客举报了", "看看访客说了什么；属实的话先暂停活码，再改页面。", "codes" },
		{ "community_ends", "快结束了", "已经结束", "要继续就在设置里延长结束日期；不延长的话，到时活码会显示「已结束」，资料仍可查看。", "settings" },
		{ "report_room", "被成员举报了", "被成员举报了", "看看成员说了什么；属实的话撤回那条消息，或者禁言、移出发的人。", "groups" },
		{ "report_task", "被访客举报了", "被访客举报了", "看看访客说了什么；属实的话先暂停活动，再改内容。", "campaigns" },
		{ "automation_stopped", "一直失败，已自动停用", "一直失败，已自动停用", "打开它看失败的原因，改好后再打开开关。", "automations" },
		{ "automation_notice", "有一条提醒", "有一条提醒", "看看发生了什么；处理完就把提醒关掉。", "automations" },
		{ "stock_low", "快领完了", "领完了", "加库存，活动的后半程不会断；不加的话，页面会照实写剩多少。", "campaigns" },
		{ "campaign_ended", "结束了", "结束了", "看一页结果；达成目标还没领奖的人，领奖截止前再提醒一次。", "campaigns" },
		{ "doctor", "", "", "打开体检页，照着写的做；改好后再查一次。", "settings/doctor" },
		{ "doctor_well", "（已恢复正常）", "（已恢复正常）", "不用做什么，告诉你一声。", "settings/doctor" },
		{ "send_overdue", "的待办快到时间了", "的待办还没有人做", "打开今日待办，照着发出去，做完打勾；不用发了就跳过并写明原因。", "runsheet" },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_is(kind, all[i].kind))
			return &all[i];
	return &all[0];
}

static bool is_report(const struct warning *w) { return str_among(w->kind, "report report_task report_room"); }

/* "会员活码 · 会员群 3 快满了". What a visitor reported is long and theirs: it stands in the text, not here. */
static struct str subject_line(struct arena *arena, const struct warning *w)
{
	const struct words *words = words_of(w->kind);
	struct str more = is_report(w) ? S("") : w->more;
	return str_trim(str_format(arena, "%s%.*s%s%.*s %s", str_is(w->level, "late") ? "紧急：" : "", STR(w->title), more.len ? " · " : "",
	                           STR(more), w->due_at.ms <= w->created_at.ms ? words->now : words->soon));
}

static struct str link_to(struct arena *arena, struct str site, struct id community, const struct warning *w)
{
	const char *place = words_of(w->kind)->place;
	if (site.len && site.at[site.len - 1] == '/')
		site.len--;
	if (!site.len)
		return S("");
	if (strcmp(place, "codes") == 0 || strcmp(place, "campaigns") == 0 || strcmp(place, "automations") == 0)
		return str_format(arena, "%.*s/c/%lld/%s/%lld", STR(site), (long long)community.n, place, (long long)w->subject_id.n);
	return str_format(arena, "%.*s/c/%lld/%s", STR(site), (long long)community.n, place);
}

static struct str text_for(struct arena *arena, const struct warning *w, const struct community *c, struct str link)
{
	BUF_SCOPED b;
	buf_init(&b, TEXT_MAX);
	struct str subject = subject_line(arena, w);
	buf_format(&b, "%.*s\n\n社群：%.*s\n", STR(subject), STR(c->name));
	if (w->due_at.ms) {
		struct local at = zone_local(community_zone(c), w->due_at);
		buf_format(&b, "时间：%d 年 %d 月 %d 日 %02d:%02d\n", at.year, at.month, at.day, at.hour, at.minute);
	}
	if (str_is(w->kind, "child_fills"))
		buf_format(&b, "还剩：%lld 个位置，最近每天约 %lld 人加入\n", (long long)w->n, (long long)w->per_day);
	if (is_report(w))
		buf_format(&b, "访客说：%.*s\n", STR(w->more));
	buf_format(&b, "怎么办：%s\n", words_of(w->kind)->remedy);
	if (link.len)
		buf_format(&b, "\n去处理：%.*s\n", STR(link));
	else
		buf_z(&b, "\n请打开群图控制台处理。\n");
	return buf_failed(&b) ? subject : str_copy(arena, buf_view(&b));
}

static struct notice notice_of(struct arena *arena, const struct warning *w, const struct community *c, struct str site)
{
	struct str link = link_to(arena, site, c->id, w);
	return (struct notice){
		S("alert"), c->id, c->name, w->id, w->kind, w->level, w->title, w->more, w->n, w->per_day, w->due_at,
		w->created_at, subject_line(arena, w), text_for(arena, w, c, link), link,
	};
}

/* ---- Events ----------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "alert_raised", "Something needs an operator in time", "alert" },
	{ "alert_closed", "A person closed a warning, or its reason went away", "alert" },
	{ 0 },
};
enum { ALERT_RAISED, ALERT_CLOSED };

/* ---- Jobs: out of the house ------------------------------------------------------------------------------- */

static QUERY(alert_by_id, READS, &row_warning, TAKES(K_ID, K_ID),
	"SELECT id, kind, level, subject_id, object_id, title, more, n, per_day, due_at, created_at, closed_at, closed_by"
	" FROM alert WHERE community_id = ?1 AND id = ?2");

struct loaded { struct id community_id, id; struct warning warning; struct community community; };

static int load(struct tx *tx, void *arg)
{
	struct loaded *l = arg;
	int r = tx_one(tx, &alert_by_id, &l->warning, V(l->community_id), V(l->id));
	return r < 0 ? r : community_get(tx, l->community_id, &l->community);
}

/* 1: there is something to send; 0: not any more; or a code. */
static int prepare(const struct job_context *context, const struct job *job, struct loaded *ret, struct notice *ret_notice)
{
	struct loaded l = { .community_id = job->community };
	if (!str_to_int(job->payload, &l.id.n))
		return E_INVALID;
	int r = store_read(context->store, context->arena, load, &l);
	if (r == E_NOT_FOUND || (r == 0 && l.warning.closed_at.ms))
		return 0;
	if (r < 0)
		return r;
	*ret = l;
	*ret_notice = notice_of(context->arena, &l.warning, &l.community, settings_text(context->settings, "public_url"));
	return arena_failed(context->arena) ? E_MEMORY : 1;
}

static int run_email(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct loaded l;
	struct notice notice;
	int r = prepare(context, job, &l, &notice);
	if (r <= 0 || !l.community.warn_email.len)
		return r < 0 ? r : 0;
	struct mail mail = {
		.to = l.community.warn_email, .text = notice.text, .at = notice.created_at,
		.subject = str_format(context->arena, "【群图】%.*s", STR(notice.subject)),
		.key = str_format(context->arena, "alert.%lld", (long long)notice.id.n),
	};
	return notify_email(context->settings, &mail, context->arena, ret_why);
}

static int run_webhook(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct loaded l;
	struct notice notice;
	int r = prepare(context, job, &l, &notice);
	if (r <= 0 || !l.community.warn_webhook.len)
		return r < 0 ? r : 0;
	BUF_SCOPED json;
	buf_init(&json, 4 * TEXT_MAX);
	row_write_json(&json, &row_notice, &notice);
	if (buf_failed(&json))
		return E_MEMORY;
	return notify_webhook(context->settings, l.community.warn_webhook, buf_view(&json), context->arena, ret_why);
}

static const struct job_kind jobs[] = {
	{ "alert_email",   "Send a warning by e-mail", run_email },
	{ "alert_webhook", "Post a warning to the community's address", run_webhook },
	{ 0 },
};
enum { JOB_EMAIL, JOB_WEBHOOK };

/* ---- Actions ------------------------------------------------------------------------------------------ */

static QUERY(alert_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_ID, K_ID, K_STR, K_STR, K_INT, K_INT, K_INSTANT, K_INSTANT),
	"INSERT INTO alert (community_id, id, key, kind, level, subject_id, object_id, title, more, n, per_day, due_at,"
	" created_at, closed_at, closed_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, 0)"
	" ON CONFLICT (community_id, key) DO NOTHING");

static int carry(struct tx *tx, struct id community, struct id alert)
{
	struct str name = str_format(tx_arena(tx), "%lld", (long long)alert.n);
	struct community card;
	int r = community_get(tx, community, &card);
	if (r == 0 && card.warn_email.len)
		r = job_add(tx, community, &jobs[JOB_EMAIL], name, name, (struct instant){ 0 });
	if (r >= 0 && card.warn_webhook.len)
		r = job_add(tx, community, &jobs[JOB_WEBHOOK], name, name, (struct instant){ 0 });
	return r < 0 ? r : 0;
}

int alert_raise(struct tx *tx, struct id community, const struct alert *a)
{
	struct event raised = { .subject = a->subject, .object = a->object, .n = a->n, .word = a->kind };
	struct id id = tx_new_id(tx);
	int r = tx_run(tx, &alert_insert, V(community), V(id), V(a->key), V(a->kind), V(a->level), V(a->subject), V(a->object),
	               V(a->title), V(a->more), V(a->n), V(a->per_day), V(a->due), V(tx_now(tx)));
	if (r <= 0)
		return r;                         /* 0: it was raised before */
	if ((r = event_emit(tx, community, &events[ALERT_RAISED], &raised)) < 0)
		return r;
	return carry(tx, community, id);
}

/* On SQLite text is ordered by its bytes, so a prefix is a range of the index; PostgreSQL's order is the server's. */
#define PREFIXED    " AND key >= ?2 AND key < ?2 || char(1114111)"
#define PREFIXED_PG " AND substr(key, 1, length(?2)) = ?2"

#define CLOSE "UPDATE alert SET closed_at = ?3 WHERE community_id = ?1 AND closed_at = 0"
static QUERY(alert_close_prefix, WRITES, NULL, TAKES(K_ID, K_STR, K_INSTANT), CLOSE PREFIXED, .pg = CLOSE PREFIXED_PG);

#define FREE "UPDATE alert SET key = '-' || CAST(id AS TEXT) || ' ' || key WHERE community_id = ?1"
static QUERY(alert_free_prefix, WRITES, NULL, TAKES(K_ID, K_STR), FREE PREFIXED, .pg = FREE PREFIXED_PG);

int alert_settle(struct tx *tx, struct id community, struct str key_prefix)
{
	int closed = tx_run(tx, &alert_close_prefix, V(community), V(key_prefix), V(tx_now(tx)));
	int r = closed < 0 ? closed : tx_run(tx, &alert_free_prefix, V(community), V(key_prefix));
	if (r < 0 || closed == 0)
		return r < 0 ? r : 0;
	return event_emit(tx, community, &events[ALERT_CLOSED], &(struct event){ .n = closed });
}

/* ---- API -------------------------------------------------------------------------------------------- */

static QUERY(alert_is_seen, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT id AS item FROM alert WHERE community_id = ?1 AND id = ?2 AND " SEES_ALERT("?3"));

static int alert_sees(struct request *rq)
{
	struct id_item seen;
	return tx_one(rq->tx, &alert_is_seen, &seen, V(rq->community), V(rq->path_id), V(rq->only));
}

static QUERY(alert_open_count, READS, &row_alert_total, TAKES(K_ID, K_ID),
	"SELECT count(*) AS n FROM alert WHERE community_id = ?1 AND closed_at = 0 AND " SEES_ALERT("?2"));

#define SELECT_ALERT \
	"SELECT id, kind, level, subject_id, object_id, title, more, n, per_day, due_at, created_at, closed_at, closed_by" \
	" FROM alert WHERE community_id = ?1 AND id < ?2 AND " SEES_ALERT("?4")

static QUERY(alerts_newest, READS, &row_warning, TAKES(K_ID, K_ID, K_INT, K_ID), SELECT_ALERT " ORDER BY id DESC LIMIT ?3");

/* Its own query, because its index finds the few open ones among all that ever were. */
static QUERY(alerts_open, READS, &row_warning, TAKES(K_ID, K_ID, K_INT, K_ID),
	SELECT_ALERT " AND closed_at = 0 ORDER BY id DESC LIMIT ?3");

static int get_alerts(struct request *rq, const void *in, void *out)
{
	const struct alert_query *q = in;
	struct page *page = out;
	struct alert_total open = { -1 };
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = tx_all(rq->tx, q->open ? &alerts_open : &alerts_newest, &page->rows, V(rq->community), V(before), V(limit), V(rq->only));
	if (r < 0 || (q->open && (r = tx_one(rq->tx, &alert_open_count, &open, V(rq->community), V(rq->only))) < 0))
		return r;
	page->total = open.n;
	page_end(rq, page, &row_warning, limit);
	return 0;
}

static QUERY(alert_close, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_ID),
	"UPDATE alert SET closed_at = ?3, closed_by = ?4 WHERE community_id = ?1 AND id = ?2 AND closed_at = 0");

/* Closing what is closed changes nothing: two colleagues may press the button at once. */
static int post_close(struct request *rq, const void *in, void *out)
{
	struct event closed = { .actor = rq->account, .object = rq->path_id, .n = 1 };
	struct warning w;
	(void)in;
	int r = tx_run(rq->tx, &alert_close, V(rq->community), V(rq->path_id), V(tx_now(rq->tx)), V(rq->account));
	bool changed = r > 0;
	if (r < 0 || (r = tx_one(rq->tx, &alert_by_id, &w, V(rq->community), V(rq->path_id))) < 0)
		return r;
	closed.subject = w.subject_id;
	if (changed && ((r = event_emit(rq->tx, rq->community, &events[ALERT_CLOSED], &closed)) < 0 ||
	                (r = audit_note(rq, "alert_closed", rq->path_id, w.title)) < 0))
		return r;
	*(struct warning *)out = w;
	return 0;
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/alerts",            ROLE_READER,   get_alerts, &row_alert_query, &row_warning, "Warnings, newest first", OUT_PAGE },
	{ "POST", "/alerts/{id}/close", ROLE_OPERATOR, post_close, NULL, &row_warning, "Close a warning", .sees = alert_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&alert_by_id, &alert_insert, &alert_close_prefix, &alert_free_prefix, &alert_open_count, &alerts_newest, &alerts_open,
	&alert_close, &alert_is_seen, NULL,
};

const struct feature feature_alert = {
	.name = "alert", .api = "community", .routes = routes, .queries = queries, .events = events, .jobs = jobs, .settings = notify_settings,
};
