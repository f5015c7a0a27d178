/* lag.c: do the followers of the log keep up? For the doctor.
 *
 * How        A follower is as late as the oldest event it has not applied is old. What is younger than two minutes is nobody's
 *            trouble: a rush is gathered, and another process may be at it.
 * Test       channel/doctor/doctor_test.c
 */
#include "engine/doctor/doctor.h"
#include "engine/event/event.h"

#define LATE      (2 * MINUTE)
#define VERY_LATE (30 * MINUTE)
#define BEGINNING (-(INT64_C(1) << 62))

struct place_row { int64_t epoch; struct id id; };

ROW(place_row,
	FIELD(place_row, epoch, "Up to this transaction"),
	FIELD(place_row, id,    "… and this event"));

struct waiting_row { struct instant at; };

ROW(waiting_row,
	FIELD(waiting_row, at, "When the oldest event that waits happened"));

static QUERY(lag_place, READS, &row_place_row, TAKES(K_ID, K_STR),
		"SELECT epoch, id FROM follower WHERE community_id = ?1 AND name = ?2");

static QUERY(lag_oldest, READS, &row_waiting_row, TAKES(K_ID, K_INT, K_ID, K_INT),
	"SELECT at FROM event WHERE community_id = ?1 AND (epoch, id) > (?2, ?3) AND epoch < ?4 ORDER BY epoch, id LIMIT 1");

struct lag { struct checkup *c; struct str names; int64_t count; int64_t most_ms; };

static int look_at(struct tx *tx, struct lag *lag, const struct follower *f)
{
	struct place_row place = { BEGINNING, { 0 } };
	struct waiting_row oldest;
	int r = tx_one(tx, &lag_place, &place, V(lag->c->community), V(str_of(f->name)));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	r = tx_one(tx, &lag_oldest, &oldest, V(lag->c->community), V(place.epoch), V(place.id), V(tx_horizon(tx)));
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	int64_t late = tx_now(tx).ms - oldest.at.ms;
	if (late < LATE)
		return 0;
	lag->most_ms = late > lag->most_ms ? late : lag->most_ms;
	if (lag->count++ < 5)
		lag->names = str_format(tx_arena(tx), "%.*s%s%s", STR(lag->names), lag->names.len ? ", " : "", f->name);
	return 0;
}

static int look_at_all(struct tx *tx, void *arg)
{
	struct lag *lag = arg;
	int r = 0;
	lag->names = S(""), lag->count = 0, lag->most_ms = 0;
	for (const struct feature *const *f = lag->c->house->features; r >= 0 && *f; f++)
		for (const struct follower *one = (*f)->followers; r >= 0 && one && one->name; one++)
			r = look_at(tx, lag, one);
	return r;
}

static int look(struct checkup *c)
{
	struct lag lag = { .c = c };
	int r = store_read(c->house->store, c->house->arena, look_at_all, &lag);
	if (r < 0)
		return r;
	if (!lag.count)
		doctor_say(c, SOUND, "followers", saying(c, "统计和自动化都跟得上", "counts and automations keep up with what happens"), NOTHING, NOTHING);
	else
		doctor_say(c, lag.most_ms < VERY_LATE ? WARNING : BROKEN, "followers",
		           saying(c, "%lld 项统计或自动化落后了 %lld 分钟（%.*s）", "%lld counts or automations are %lld minutes behind (%.*s)",
		                  (long long)lag.count, (long long)(lag.most_ms / MINUTE), STR(lag.names)),
		           saying(c, "数字是旧的，欢迎语和提醒会迟到。", "Numbers are old; greetings and warnings come late."),
		           saying(c, "看看服务器忙不忙（top），日志里有没有反复失败的一项；重启通常会好：systemctl restart quntu",
		                  "see whether the machine is busy (top), and the log for one that fails again and again; a restart usually helps: "
		                  "systemctl restart quntu"));
	return 0;
}

static const struct query *const queries[] = { &lag_place, &lag_oldest, NULL };

static const struct examination examinations[] = {
	{ "followers", "统计与自动化", "Counts and automations", OF_COMMUNITY, 5 * SECOND, look },
	{ 0 },
};

const struct feature feature_event_lag = { .name = "event_lag", .queries = queries, .examinations = examinations };
