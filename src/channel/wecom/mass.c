/* mass.c: what we say in 企业微信 is a task there, which a colleague confirms on their phone; here is how each of them ends.
 *
 * Story      "周六车展" is for 车友 6 群: the platform takes it and asks 王晓, whose group it is. The send stands as waiting for her, by
 *            name. She forgets; the operator presses the button, the platform knocks at her phone. At noon she confirms, a minute
 *            later the send is noted as sent. Another one is no longer wanted: it is taken back before anybody confirmed.
 * How        A task has its row before the platform is asked for it ("asking"): whoever finds one whose answer was lost looks for it
 *            there (trace.c) instead of asking again. A round finds the open tasks whose turn it is and has each asked about: every
 *            minute at first, then less often.
 * Owns       wecom_mass, wecom_remind
 * Holds      A task ends once, in one transaction with its send. What the platform sent is never sent again; what nobody confirmed
 *            within MASS_WAITS is taken back there first. Somebody may confirm it in that very moment: after taking back it is
 *            asked about once more, and only what the platform then says counts. What it will not tell within MASS_TOLD is
 *            "unknown": people look. No rule rests on the number of a refusal: the platform's words are shown.
 *            Kept for half a year after the end, as the words of sends are.
 * Test       wecom_mass_test.c
 */
#include "channel/wecom/wecom.h"

#include "base/time.h"
#include "channel/outbox/courier.h"
#include "people/audit.h"
#include "people/staff.h"

#define MASS_WAITS   (7 * DAY)
#define MASS_TOLD    (14 * DAY)
#define MASS_KEPT    (180 * DAY)
#define REMINDS_MOST 3                            /* of one task in REMINDS_IN: more the platform refuses */
#define REMINDS_IN   DAY
#define LOOKS_A_ROUND 200
#define SHOWN        100

/* ---- Rows ---- */

ROW_PUBLIC(wecom_task,
	FIELD(wecom_task, id,          "Task"),
	FIELD(wecom_task, channel_id,  "Channel"),
	FIELD(wecom_task, send_id,     "Send"),
	FIELD(wecom_task, msgid,       "The platform's number of it"),
	FIELD(wecom_task, sender,      "userid of who must confirm"),
	FIELD(wecom_task, sender_name, "… and what they are called"),
	FIELD(wecom_task, state,       "How it ended"),
	FIELD(wecom_task, cancel,      "It is to be taken back"),
	FIELD(wecom_task, made_at,     "Made"));

#define TASK_STATES "asking open sent refused limit late cancelled unknown"

struct mass_line {
	struct id      id, send_id, group_id;
	struct str     group, nickname, what, text, sender, sender_name, state, trouble;
	bool           cancel;
	int64_t        reminds;
	struct instant made_at, ended_at;
};

ROW_AS(wecom_mass, mass_line,
	FIELD(mass_line, id,          "Task"),
	FIELD(mass_line, send_id,     "The send it is for"),
	FIELD(mass_line, group_id,    "Group", .optional = true),
	FIELD(mass_line, group,       "Its name"),
	FIELD(mass_line, nickname,    "The member"),
	FIELD(mass_line, what,        "text, image or link"),
	FIELD(mass_line, text,        "Its words"),
	FIELD(mass_line, sender,      "userid of who must confirm"),
	FIELD(mass_line, sender_name, "… and what they are called"),
	FIELD(mass_line, state,       "asking: no answer yet; open: it waits; sent; refused: no longer a customer; limit: has had as much as "
	                              "the platform allows; late: nobody confirmed; cancelled; unknown: the platform does not tell, "
	                              "people must look there", .one_of = TASK_STATES),
	FIELD(mass_line, trouble,     "What the platform complained of last"),
	FIELD(mass_line, cancel,      "It is being taken back"),
	FIELD(mass_line, reminds,     "Reminders in the last 24 hours; three are allowed"),
	FIELD(mass_line, made_at,     "Given to the platform"),
	FIELD(mass_line, ended_at,    "When it was over", .optional = true));

struct mass_query { struct id after; };

ROW(mass_query, FIELD(mass_query, after, "Only older ones than this", .optional = true));

struct due_task { struct id community_id, id; };

ROW(due_task,
	FIELD(due_task, community_id, "Community"),
	FIELD(due_task, id,           "Task"));

struct mass_count { int64_t n; };

ROW(mass_count, FIELD(mass_count, n, "How many"));

/* ---- Queries ---- */

#define SELECT_TASK "SELECT m.id, m.channel_id, m.send_id, m.msgid, m.sender, m.sender_name, m.state, m.cancel, m.made_at FROM wecom_mass m"

static QUERY(wecom_mass_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO wecom_mass (community_id, id, channel_id, send_id, msgid, sender, sender_name, state, cancel, trouble, made_at, look_at,"
	" ended_at) VALUES (?1, ?2, ?3, ?4, '', ?5, ?6, 'asking', FALSE, '', ?7, ?7, 0)");

static QUERY(wecom_mass_anew, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"UPDATE wecom_mass SET state = 'asking', msgid = '', sender = ?3, sender_name = ?4, made_at = ?5, ended_at = 0, trouble = ''"
	" WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_mass_took, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_INSTANT),
	"UPDATE wecom_mass SET state = 'open', msgid = ?3, cancel = FALSE, made_at = ?4, look_at = ?5, ended_at = 0, trouble = ''"
	" WHERE community_id = ?1 AND id = ?2 AND state IN ('asking', 'unknown')");

static QUERY(wecom_mass_refused, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM wecom_mass WHERE community_id = ?1 AND id = ?2 AND state = 'asking'");

static QUERY(wecom_mass_lost, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"UPDATE wecom_mass SET state = 'unknown', trouble = ?3, ended_at = ?4 WHERE community_id = ?1 AND id = ?2 AND state = 'asking'");

static QUERY(wecom_mass_of_send, READS, &row_wecom_task, TAKES(K_ID, K_ID),
	SELECT_TASK " WHERE m.community_id = ?1 AND m.send_id = ?2 AND m.state IN ('asking', 'open', 'unknown') ORDER BY m.id DESC LIMIT 1");

static QUERY(wecom_mass_of_msgid, READS, &row_mass_count, TAKES(K_ID, K_ID, K_STR),
	"SELECT count(*) AS n FROM wecom_mass WHERE community_id = ?1 AND channel_id = ?2 AND msgid = ?3");

static QUERY(wecom_mass_by_id, READS, &row_wecom_task, TAKES(K_ID, K_ID), SELECT_TASK " WHERE m.community_id = ?1 AND m.id = ?2");

static QUERY(wecom_mass_seen, READS, &row_wecom_task, TAKES(K_ID, K_ID, K_ID),
	SELECT_TASK " JOIN send s ON s.community_id = m.community_id AND s.id = m.send_id WHERE m.community_id = ?1 AND m.send_id = ?2"
	" AND m.state = 'open' AND (?3 = 0 OR (s.group_id <> 0 AND " SEES_GROUP("?3", "s.community_id", "s.group_id") "))"
	" ORDER BY m.id DESC LIMIT 1");

static QUERY(wecom_mass_due, READS, &row_due_task, TAKES(K_INSTANT, K_INT),
	"SELECT community_id, id FROM wecom_mass WHERE state = 'open' AND look_at <= ?1 ORDER BY look_at LIMIT ?2", .scans = true);

static QUERY(wecom_mass_later, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_STR),
	"UPDATE wecom_mass SET look_at = ?3, trouble = ?4 WHERE community_id = ?1 AND id = ?2 AND state = 'open'");

static QUERY(wecom_mass_end, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_STR),
	"UPDATE wecom_mass SET state = ?3, ended_at = ?4, trouble = ?5 WHERE community_id = ?1 AND id = ?2 AND state = 'open'");

static QUERY(wecom_mass_unwant, WRITES, NULL, TAKES(K_ID, K_ID, K_BOOL, K_STR),
	"UPDATE wecom_mass SET cancel = ?3, trouble = ?4 WHERE community_id = ?1 AND id = ?2 AND state = 'open'");

#define REMINDS "(SELECT count(*) FROM wecom_remind r WHERE r.community_id = m.community_id AND r.mass_id = m.id AND r.at > ?"

static QUERY(wecom_mass_newest, READS, &row_wecom_mass, TAKES(K_ID, K_ID, K_ID, K_ID, K_INSTANT, K_INT),
	"SELECT m.id, m.send_id, s.group_id, COALESCE((SELECT g.name FROM chat_group g WHERE g.community_id = s.community_id"
	" AND g.id = s.group_id), '') AS \"group\", COALESCE((SELECT p.nickname FROM member p WHERE p.community_id = s.community_id"
	" AND p.id = s.member_id), '') AS nickname, s.what, s.body AS text, m.sender, m.sender_name, m.state, m.trouble, m.cancel, "
	REMINDS "5) AS reminds, m.made_at, m.ended_at FROM wecom_mass m JOIN send s ON s.community_id = m.community_id AND s.id = m.send_id"
	" WHERE m.community_id = ?1 AND m.channel_id = ?2 AND m.id < ?3 AND (?4 = 0 OR (s.group_id <> 0 AND "
	SEES_GROUP("?4", "s.community_id", "s.group_id") ")) ORDER BY m.id DESC LIMIT ?6");

static QUERY(wecom_reminded, READS, &row_mass_count, TAKES(K_ID, K_ID, K_INSTANT),
	"SELECT count(*) AS n FROM wecom_remind WHERE community_id = ?1 AND mass_id = ?2 AND at > ?3");

static QUERY(wecom_remind_put, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"INSERT INTO wecom_remind (community_id, mass_id, at) VALUES (?1, ?2, ?3) ON CONFLICT (community_id, mass_id, at) DO NOTHING");

/* ---- What send.c asks ---- */

int wecom_task_of(struct tx *tx, struct id community, struct id send, struct wecom_task *ret)
{
	return tx_one(tx, &wecom_mass_of_send, ret, V(community), V(send));
}

int wecom_task_is_known(struct tx *tx, struct id community, struct id channel, struct str msgid)
{
	struct mass_count had;
	int r = tx_one(tx, &wecom_mass_of_msgid, &had, V(community), V(channel), V(msgid));
	return r < 0 ? r : had.n > 0;
}

int wecom_task_asked(struct tx *tx, struct id community, struct wecom_task *t)
{
	struct instant now = tx_now(tx);
	if (t->id.n)
		return tx_run(tx, &wecom_mass_anew, V(community), V(t->id), V(t->sender), V(t->sender_name), V(now));
	t->id = tx_new_id(tx);
	return tx_run(tx, &wecom_mass_insert, V(community), V(t->id), V(t->channel_id), V(t->send_id), V(t->sender), V(t->sender_name), V(now));
}

int wecom_task_took(struct tx *tx, struct id community, const struct wecom_task *t)
{
	struct instant now = tx_now(tx);
	return tx_run(tx, &wecom_mass_took, V(community), V(t->id), V(t->msgid), V(now), V((struct instant){ now.ms + MINUTE }));
}

int wecom_task_refused(struct tx *tx, struct id community, struct id task)
{
	return tx_run(tx, &wecom_mass_refused, V(community), V(task));
}

int wecom_task_lost(struct tx *tx, struct id community, struct id task, struct str words)
{
	return tx_run(tx, &wecom_mass_lost, V(community), V(task), V(words), V(tx_now(tx)));
}

/* ---- How it ended ---- */

struct looking {
	struct wecom      wecom;
	struct id         community, id;
	struct channel    channel;
	struct wecom_task task;
	bool              confirmed;
	const char       *state;                  /* how it ended; NULL: not yet */
	struct str        trouble;
};

static const struct { const char *state, *why; } endings[] = {
	{ "refused", "the platform did not send it: no longer a customer of whom it was sent by" },
	{ "limit",   "the platform did not send it: as many mass sends as it allows were had already" },
	{ "late",    "nobody confirmed it within seven days; it was taken back" },
	{ "unknown", "WeCom does not tell what became of it: look there whether it was sent before it is said again" },
};

/* Every minute while people are likely to look at their phones, then less often. */
static struct instant next_look(struct instant made, struct instant now)
{
	int64_t age = now.ms - made.ms;
	return (struct instant){ now.ms + (age < 10 * MINUTE ? MINUTE : age < 2 * HOUR ? 5 * MINUTE : 30 * MINUTE) };
}

static int note(struct tx *tx, void *arg)
{
	const struct looking *l = arg;
	struct instant now = tx_now(tx);
	int r = 0;
	if (l->state && strcmp(l->state, "cancelled") == 0) {
		r = outbox_withdrawn(tx, l->community, l->task.send_id);
	} else if (l->state) {
		struct str why = S("");
		for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
			if (strcmp(endings[i].state, l->state) == 0)
				why = str_of(endings[i].why);
		r = outbox_report(tx, l->community, l->task.send_id, why);
	}
	if (r < 0)
		return r;
	r = r ? tx_run(tx, &wecom_mass_end, V(l->community), V(l->id), V(str_of(l->state)), V(now),
	             V(strcmp(l->state, "unknown") == 0 ? l->trouble : S("")))
	      : tx_run(tx, &wecom_mass_later, V(l->community), V(l->id), V(next_look(l->task.made_at, now)), V(l->trouble));
	return r < 0 ? r : 0;
}

static int note_kept(struct tx *tx, void *arg)
{
	const struct looking *l = arg;
	int r = tx_run(tx, &wecom_mass_unwant, V(l->community), V(l->id), V(false), V(l->trouble));
	return r < 0 ? r : 0;
}

/* ---- Asking ---- */

int wecom_task_call(struct wecom *w, const struct wecom_task *t, const char *path, const char *more, struct wecom_reply *ret)
{
	BUF_SCOPED body;
	buf_init(&body, 4096);
	buf_z(&body, "{\"msgid\":");
	loose_write(&body, t->msgid);
	if (strcmp(path, WECOM_TASK_RESULT) == 0) {
		buf_z(&body, ",\"userid\":");
		loose_write(&body, t->sender);
	}
	buf_z(&body, more);
	return buf_failed(&body) ? E_MEMORY : wecom_call(w, path, buf_view(&body), ret);
}

static int call(struct looking *l, const char *path, const char *more, struct wecom_reply *ret)
{
	int r = wecom_task_call(&l->wecom, &l->task, path, more, ret);
	if (r >= 0)
		l->trouble = ret->words;
	return r;
}

/* Has who must confirm done so? */
static int ask_task(struct looking *l, int64_t *ret_code)
{
	struct wecom_reply reply = { 0 };
	int r = call(l, "/cgi-bin/externalcontact/get_groupmsg_task", ",\"limit\":1000}", &reply);
	l->confirmed = false;
	*ret_code = reply.code;
	for (size_t i = 0; r >= 0 && !reply.code && i < loose_count(&reply.json, "task_list"); i++) {
		char path[40];
		snprintf(path, sizeof path, "task_list.%zu.userid", i);
		bool theirs = str_equal(loose_text(&reply.json, path, l->wecom.arena), l->task.sender);
		snprintf(path, sizeof path, "task_list.%zu.status", i);
		l->confirmed = l->confirmed || (theirs && loose_int(&reply.json, path, 0) == 2);
	}
	loose_free(&reply.json);
	return r;
}

/* What became of it at the one group or customer it was for. */
static int ask_result(struct looking *l, int64_t *ret_code)
{
	static const char *const ended[] = { NULL, "sent", "refused", "limit" };
	struct wecom_reply reply = { 0 };
	int r = call(l, WECOM_TASK_RESULT, ",\"limit\":1000}", &reply);
	if (r >= 0) {
		int64_t status = reply.code ? 0 : loose_int(&reply.json, "send_list.0.status", 0);
		*ret_code = reply.code;
		l->state = status > 0 && status < 4 ? ended[status] : NULL;
	}
	loose_free(&reply.json);
	return r;
}

static int ask(struct looking *l, int64_t *ret_code)
{
	int r = ask_task(l, ret_code);
	return r >= 0 && !*ret_code && l->confirmed ? ask_result(l, ret_code) : r;
}

/* Whatever the platform answers, it may have been confirmed a moment before: what was sent it cannot take back. */
static int take_back(struct looking *l, int64_t *ret_code)
{
	struct wecom_reply reply = { 0 };
	int r = call(l, "/cgi-bin/externalcontact/cancel_groupmsg_send", "}", &reply);
	loose_free(&reply.json);
	if (r < 0 || (r = ask(l, ret_code)) < 0 || *ret_code || l->confirmed)
		return r;
	*ret_code = reply.code;
	if (reply.code)
		l->trouble = reply.words;
	else
		l->state = l->task.cancel ? "cancelled" : "late";
	return 0;
}

static int look_at(struct looking *l)
{
	int64_t code = 0, age = clock_now().ms - l->task.made_at.ms;
	int r = ask(l, &code);
	if (r >= 0 && !code && !l->confirmed && (l->task.cancel || age > MASS_WAITS))
		r = take_back(l, &code);
	if (r < 0)
		return r;
	if (!l->state && age > MASS_TOLD)
		l->state = "unknown";
	if (!l->state && code && wecom_later(code))
		return E_NOT_SENT;
	if (!l->state && code && l->task.cancel && (r = store_write(l->wecom.store, l->community, l->wecom.arena, note_kept, l)) < 0)
		return r;
	return store_write(l->wecom.store, l->community, l->wecom.arena, note, l);
}

static int remind(struct looking *l)
{
	struct wecom_reply reply = { 0 };
	int r = call(l, "/cgi-bin/externalcontact/remind_groupmsg_send", "}", &reply);
	loose_free(&reply.json);
	if (r < 0 || wecom_later(reply.code))
		return r < 0 ? r : E_NOT_SENT;
	return store_write(l->wecom.store, l->community, l->wecom.arena, note, l);
}

/* ---- Jobs ---- */

static int load(struct tx *tx, void *arg)
{
	struct looking *l = arg;
	int r = tx_one(tx, &wecom_mass_by_id, &l->task, V(l->community), V(l->id));
	return r < 0 ? r : channel_get(tx, l->community, l->task.channel_id, &l->channel);
}

static int with_task(const struct job_context *jc, const struct job *job, int (*act)(struct looking *), struct str *ret_why)
{
	struct looking l = { .community = job->community };
	struct courier *courier;
	if (!str_to_int(job->key, &l.id.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load, &l);
	if (r < 0 || !str_is(l.task.state, "open") || !str_is(l.channel.state, "on"))
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	if ((r = wecom_open(courier, l.community, &l.channel, &l.wecom)) >= 0)
		r = act(&l);
	*ret_why = str_copy(jc->arena, l.trouble);
	courier_free(courier);
	return r;
}

static int run_look(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	return with_task(jc, job, look_at, ret_why);
}

static int run_remind(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	return with_task(jc, job, remind, ret_why);
}

static const struct job_kind jobs[];
enum { JOB_ROUND, JOB_LOOK, JOB_REMIND, JOB_SWEEP };

static int soon(struct tx *tx, struct id community, int kind, struct id task)
{
	return job_add(tx, community, &jobs[kind], str_format(tx_arena(tx), "%lld", (long long)task.n), S(""), (struct instant){ 0 });
}

static int look_round(struct tx *tx, void *arg)
{
	struct rows rows;
	(void)arg;
	int r = tx_all(tx, &wecom_mass_due, &rows, V(tx_now(tx)), V((int64_t)LOOKS_A_ROUND));
	const struct due_task *due = r < 0 ? NULL : rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = soon(tx, due[i].community_id, JOB_LOOK, due[i].id);
	return r < 0 ? r : 0;
}

static int run_round(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return store_write(jc->store, (struct id){ 0 }, jc->arena, look_round, NULL);
}

static QUERY(wecom_mass_old, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_INT),
	"DELETE FROM wecom_mass WHERE community_id = ?1 AND id IN (SELECT id FROM wecom_mass WHERE community_id = ?1"
	" AND (ended_at > 0 OR state = 'asking') AND ended_at < ?2 AND made_at < ?2 ORDER BY id LIMIT ?3)");

static QUERY(wecom_remind_old, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_INT),
	"DELETE FROM wecom_remind WHERE community_id = ?1 AND (mass_id, at) IN (SELECT mass_id, at FROM wecom_remind"
	" WHERE community_id = ?1 AND at < ?2 ORDER BY mass_id, at LIMIT ?3)");

static int run_sweep(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	int r = community_sweep(jc->store, jc->arena, &wecom_mass_old, MASS_KEPT);
	return r < 0 ? r : community_sweep(jc->store, jc->arena, &wecom_remind_old, REMINDS_IN);
}

static const struct job_kind jobs[] = {
	[JOB_ROUND]  = { "wecom_mass_round", "Has the mass sends of 企业微信 asked about whose turn it is", run_round, .every_ms = MINUTE },
	[JOB_LOOK]   = { "wecom_mass", "Asks whether a mass send was confirmed, and what became of it", run_look, .backoff_ms = 10 * SECOND },
	[JOB_REMIND] = { "wecom_mass_remind", "Reminds who must confirm a mass send", run_remind, .tries_max = 4, .backoff_ms = 10 * SECOND },
	[JOB_SWEEP]  = { "wecom_mass_sweep", "Deletes mass sends that ended half a year ago, and reminders that no longer count", run_sweep,
	                 .every_ms = 6 * HOUR },
	{ 0 },
};

/* ---- API ---- */

static void show_words(struct arena *arena, struct mass_line *m)
{
	struct loose body = { 0 };
	struct str text = S("");
	if (loose_read(m->text, &body) >= 0)
		text = loose_text(&body, str_is(m->what, "link") ? "title" : str_is(m->what, "file") ? "name" : "text", arena);
	loose_free(&body);
	m->text = text;
}

static int get_masses(struct request *rq, const void *in, void *out)
{
	const struct mass_query *q = in;
	struct page *page = out;
	struct channel c;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	struct instant since = { tx_now(rq->tx).ms - REMINDS_IN };
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &wecom_mass_newest, &page->rows, V(rq->community), V(c.id), V(before), V(rq->only), V(since),
	                         V((int64_t)SHOWN))) < 0)
		return r;
	struct mass_line *m = page->rows.at;
	for (size_t i = 0; i < page->rows.count; i++)
		show_words(rq->arena, &m[i]);
	page->total = -1;
	page_end(rq, page, &row_wecom_mass, SHOWN);
	return 0;
}

/* The open task of the send in the hole, for whoever may see it. */
static int task_in_hole(struct request *rq, struct wecom_task *ret)
{
	return tx_one(rq->tx, &wecom_mass_seen, ret, V(rq->community), V(rq->path_id), V(rq->only));
}

static int post_remind(struct request *rq, const void *in, void *out)
{
	struct wecom_task t;
	struct mass_count had;
	(void)in, (void)out;
	int r = task_in_hole(rq, &t);
	if (r < 0 || (r = tx_one(rq->tx, &wecom_reminded, &had, V(rq->community), V(t.id),
	                         V((struct instant){ tx_now(rq->tx).ms - REMINDS_IN }))) < 0)
		return r;
	if (had.n >= REMINDS_MOST)
		return E_REMINDED_ENOUGH;
	if ((r = tx_run(rq->tx, &wecom_remind_put, V(rq->community), V(t.id), V(tx_now(rq->tx)))) < 0 ||
	    (r = soon(rq->tx, rq->community, JOB_REMIND, t.id)) < 0)
		return r;
	return audit_note(rq, "wecom_mass_reminded", t.send_id, t.sender_name);
}

static int post_withdraw(struct request *rq, const void *in, void *out)
{
	struct wecom_task t;
	(void)in, (void)out;
	int r = task_in_hole(rq, &t);
	if (r < 0 || (r = tx_run(rq->tx, &wecom_mass_unwant, V(rq->community), V(t.id), V(true), V(S("")))) < 0 ||
	    (r = soon(rq->tx, rq->community, JOB_LOOK, t.id)) < 0)
		return r;
	return audit_note(rq, "wecom_mass_withdrawn", t.send_id, t.sender_name);
}

static const struct route routes[] = {
	{ "GET",  "/channels/{id}/wecom-masses", ROLE_READER, get_masses, &row_mass_query, &row_wecom_mass,
	  "What we gave 企业微信 to send, newest first: who must confirm it, and what became of it", OUT_PAGE, .sees = sees_all },
	{ "POST", "/sends/{id}/remind", ROLE_OPERATOR, post_remind, NULL, NULL,
	  "Remind the colleague who must confirm it in 企业微信: three times a day at most", OUT_NONE, .sees = sees_all },
	{ "POST", "/sends/{id}/withdraw", ROLE_OPERATOR, post_withdraw, NULL, NULL,
	  "Take it back from 企业微信, unless it was confirmed meanwhile", OUT_NONE, .sees = sees_all },
	{ 0 },
};

static const struct query *const queries[] = {
	&wecom_mass_insert, &wecom_mass_anew, &wecom_mass_took, &wecom_mass_refused, &wecom_mass_lost, &wecom_mass_old, &wecom_remind_old,
	&wecom_mass_of_send, &wecom_mass_of_msgid, &wecom_mass_by_id, &wecom_mass_seen, &wecom_mass_due, &wecom_mass_later, &wecom_mass_end,
	&wecom_mass_unwant, &wecom_mass_newest, &wecom_reminded, &wecom_remind_put, NULL,
};

const struct feature feature_wecom_mass = { .name = "wecom_mass", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs };
