/* late.c: does the outbox keep up? For the doctor.
 *
 * Looks at   whether it is frozen; how long the oldest queue that may go has been waiting; what was given up; what people have not
 *            done in time. Days that a brake holds something back are no lateness: such a queue is not ready.
 * Test       channel/doctor/doctor_test.c
 */
#include "channel/outbox/inside.h"
#include "engine/doctor/doctor.h"

#define LATE      (2 * MINUTE)
#define VERY_LATE (15 * MINUTE)
#define DEAD_FOR  (7 * DAY)       /* older dead letters are history */

struct late_row { int64_t queues; struct instant since; int64_t dead, overdue; struct str why; };

ROW(late_row,
	FIELD(late_row, queues,  "Queues that might go and do not"),
	FIELD(late_row, since,   "Since when the oldest of them might go"),
	FIELD(late_row, dead,    "Sends given up lately"),
	FIELD(late_row, overdue, "For hands, more than an hour late"),
	FIELD(late_row, why,     "What was said of the last one given up"));

#define STUCK " FROM send_queue q WHERE q.community_id = ?1 AND q.holder_id = 0 AND q.ready_at < ?2"

static QUERY(late_look, READS, &row_late_row, TAKES(K_ID, K_INSTANT, K_INSTANT, K_INSTANT),
	"SELECT (SELECT count(*)" STUCK ") AS queues, (SELECT COALESCE(min(q.ready_at), 0)" STUCK ") AS since,"
	" (SELECT count(*) FROM (SELECT 1 FROM send WHERE community_id = ?1 AND state = 'dead' AND ended_at > ?3 LIMIT 1000) d) AS dead,"
	" (SELECT count(*) FROM (SELECT 1 FROM send WHERE community_id = ?1 AND state = 'hand' AND due_at < ?4 LIMIT 1000) h) AS overdue,"
	" COALESCE((SELECT s.why FROM send s WHERE s.community_id = ?1 AND s.state = 'dead' ORDER BY s.id DESC LIMIT 1), '') AS why",
	.scans = true);

struct looking { struct checkup *c; struct late_row late; struct brake brake; };

static int read_late(struct tx *tx, void *arg)
{
	struct looking *l = arg;
	int64_t now = tx_now(tx).ms;
	struct instant late = { now - LATE }, dead = { now - DEAD_FOR }, overdue = { now - HOUR };
	int r = brake_get(tx, l->c->community, &l->brake);
	return r < 0 ? r : tx_one(tx, &late_look, &l->late, V(l->c->community), V(late), V(dead), V(overdue));
}

static void say_stuck(struct checkup *c, const struct late_row *late)
{
	int64_t waited = clock_now().ms - late->since.ms;
	bool none = settings_int(c->house->settings, "outbox_threads") == 0;
	doctor_say(c, waited < VERY_LATE ? WARNING : BROKEN, "outbox_late",
	           saying(c, "有 %lld 个队列该发没发，最久的等了 %lld 分钟", "%lld queues should have left; the oldest waits for %lld minutes",
	                  (long long)late->queues, (long long)(waited / MINUTE)),
	           saying(c, "欢迎语、回复和通知都会迟到。", "Greetings, answers and notices come late."),
	           none ? saying(c, "这个进程设了 outbox_threads = 0，不负责发送：去掉它，或确认另有进程在发",
	                         "this process has outbox_threads = 0 and delivers nothing: take that out, or see that another process does")
	                : saying(c, "看看对方平台是不是很慢；可以调大 outbox_threads，再重启",
			"see whether the platform is slow; raise outbox_threads and restart"));
	doctor_place(c, "outbox");
}

static int look(struct checkup *c)
{
	struct looking l = { .c = c };
	int r = store_read(c->house->store, c->house->arena, read_late, &l);
	if (r < 0)
		return r;
	if (brake_frozen(&l.brake)) {
		struct str why = l.brake.all_frozen_at.ms ? l.brake.all_frozen_why : l.brake.frozen_why;
		doctor_say(c, NOTICE, "outbox_frozen", l.brake.all_frozen_at.ms
		           ? saying(c, "整台服务器的发送已冻结：%.*s", "the whole server is frozen: %.*s", STR(why))
		           : saying(c, "发送已冻结：%.*s", "sending is frozen: %.*s", STR(why)),
		           saying(c, "什么都不会发出去，人工待办也停着。", "Nothing leaves, nor is anything done by hand."),
		           saying(c, "事情处理完就解冻", "let it go on once all is settled"));
		doctor_place(c, "outbox");
	} else if (l.late.queues) {
		say_stuck(c, &l.late);
	}
	if (l.late.dead) {
		doctor_say(c, WARNING, "outbox_dead", saying(c, "最近 7 天有 %s%lld 条没有送出去，最后一条的原因：%.*s",
			"%s%lld sends of the last 7 days were given up; of the last one the platform said: %.*s", l.late.dead == 1000 ? "≥ " : "",
			(long long)l.late.dead, STR(l.late.why)),
		           saying(c, "有人没有收到该收到的话。", "Somebody did not get what was meant for them."),
		           saying(c, "修好原因，再到发送记录里点「重发」；不用发了就取消", "mend the reason, then send them again, or cancel them, in the outbox"));
		doctor_place(c, "outbox");
	}
	if (l.late.overdue) {
		doctor_say(c, NOTICE, "sheet_overdue", saying(c, "有 %s%lld 条人工待办晚了一个多小时", "%s%lld sends for people are more than an hour late",
			l.late.overdue == 1000 ? "≥ " : "", (long long)l.late.overdue), NOTHING,
		           saying(c, "打开今日待办，做完打勾，不用做的跳过", "open the run-sheet: do them, or skip them"));
		doctor_place(c, "runsheet");
	}
	if (!c->count)
		doctor_say(c, SOUND, "outbox", saying(c, "该发的都发出去了", "everything that should leave has left"), NOTHING, NOTHING);
	return 0;
}

static const struct query *const queries[] = { &late_look, NULL };

static const struct examination examinations[] = {
	{ "outbox", "发送", "Sending", OF_COMMUNITY, 5 * SECOND, look },
	{ 0 },
};

const struct feature feature_outbox_late = { .name = "outbox_late", .queries = queries, .examinations = examinations };
