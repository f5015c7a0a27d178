/* fan.c: followers: how often each may be told something, and who they are on other accounts.
 *
 * Story      She wrote at nine: five answers until the day after tomorrow. At ten she clicks the menu: three more, within a minute.
 *            The minute is used first, for it ends first.
 * How        How overlapping windows combine is not written down anywhere; each is counted for itself here, and when the platform
 *            says otherwise (45015, 45047) that counts.
 * Owns       mp_fan
 * Holds      A message is counted before it leaves, so that two processes never send a sixth; one the platform refused is given
 *            back.
 */
#include "channel/mp/mp.h"

#include "channel/outbox/courier.h"
#include "base/time.h"
#include "http/personal.h"

#define SAID_MOST   5
#define SAID_TIME   (48 * HOUR - MINUTE)          /* a little less than allowed: clocks differ, networks are slow */
#define ACTED_MOST  3
#define ACTED_TIME  (55 * SECOND)
#define ASK_MOST    100                           /* openids in one question */

/* ---- Windows ---- */

static QUERY(mp_fan_touch, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_INSTANT),
	"INSERT INTO mp_fan (community_id, channel_id, subject, said_at, said_used, acted_at, acted_used, asked_at)"
	" VALUES (?1, ?2, ?3, ?4, 0, ?5, 0, 0) ON CONFLICT (community_id, channel_id, subject) DO UPDATE SET"
	" said_used = CASE WHEN excluded.said_at > 0 AND excluded.said_at >= mp_fan.said_at THEN 0 ELSE mp_fan.said_used END,"
	" said_at = CASE WHEN excluded.said_at > mp_fan.said_at THEN excluded.said_at ELSE mp_fan.said_at END,"
	" acted_used = CASE WHEN excluded.acted_at > 0 AND excluded.acted_at >= mp_fan.acted_at THEN 0 ELSE mp_fan.acted_used END,"
	" acted_at = CASE WHEN excluded.acted_at > mp_fan.acted_at THEN excluded.acted_at ELSE mp_fan.acted_at END");

struct fan { struct instant said_at, acted_at; int64_t said_used, acted_used; };

ROW(fan,
	FIELD(fan, said_at,    "Their last message"),
	FIELD(fan, acted_at,   "Their last follow, scan or click"),
	FIELD(fan, said_used,  "Answers used of the first"),
	FIELD(fan, acted_used, "… and of the second"));

static QUERY(mp_fan_get, READS, &row_fan, TAKES(K_ID, K_ID, K_STR),
	"SELECT said_at, acted_at, said_used, acted_used FROM mp_fan WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3");

static QUERY(mp_fan_take_acted, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_INT),
	"UPDATE mp_fan SET acted_used = acted_used + 1 WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3 AND acted_at > ?4"
	" AND acted_used < ?5");

static QUERY(mp_fan_take_said, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_INT),
	"UPDATE mp_fan SET said_used = said_used + 1 WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3 AND said_at > ?4"
	" AND said_used < ?5");

static QUERY(mp_fan_give, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INT, K_INT),
	"UPDATE mp_fan SET said_used = said_used - ?4, acted_used = acted_used - ?5"
	" WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3 AND said_used >= ?4 AND acted_used >= ?5");

int mp_fan_did(struct tx *tx, struct id community, struct id channel, struct str openid, enum mp_deed deed, struct instant at)
{
	struct instant never = { 0 };
	int r = tx_run(tx, &mp_fan_touch, V(community), V(channel), V(openid), V(deed == MP_SAID ? at : never),
	               V(deed == MP_ACTED ? at : never));
	return r < 0 ? r : 0;
}

int mp_may_tell(struct tx *tx, struct id community, struct id channel, struct str openid, bool *ret)
{
	struct fan f;
	int64_t now = tx_now(tx).ms;
	int r = tx_one(tx, &mp_fan_get, &f, V(community), V(channel), V(openid));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = r == 0 && ((f.acted_at.ms > now - ACTED_TIME && f.acted_used < ACTED_MOST) ||
	                  (f.said_at.ms > now - SAID_TIME && f.said_used < SAID_MOST));
	return 0;
}

int mp_window_take(struct tx *tx, struct id community, struct id channel, struct str openid, enum mp_deed *ret)
{
	struct instant now = tx_now(tx);
	int r = tx_run(tx, &mp_fan_take_acted, V(community), V(channel), V(openid), V((struct instant){ now.ms - ACTED_TIME }),
	               V((int64_t)ACTED_MOST));
	*ret = MP_ACTED;
	if (r != 0)
		return r;
	*ret = MP_SAID;
	return tx_run(tx, &mp_fan_take_said, V(community), V(channel), V(openid), V((struct instant){ now.ms - SAID_TIME }),
	              V((int64_t)SAID_MOST));
}

int mp_window_give(struct tx *tx, struct id community, struct id channel, struct str openid, enum mp_deed deed)
{
	int r = tx_run(tx, &mp_fan_give, V(community), V(channel), V(openid), V((int64_t)(deed == MP_SAID)), V((int64_t)(deed == MP_ACTED)));
	return r < 0 ? r : 0;
}

/* ---- Who are they? ------------------------------------------------------------------------------------------------- */

/* The platform is asked for a hundred at a time: members who follow two accounts of one owner are one person (unionid). */

struct unasked { struct id community_id, channel_id; struct str subject; };

ROW(unasked,
	FIELD(unasked, community_id, "Community"),
	FIELD(unasked, channel_id,   "Account"),
	FIELD(unasked, subject,      "Openid"));

static QUERY(mp_fans_unasked, READS, &row_unasked, TAKES(K_INT),
	"SELECT f.community_id, f.channel_id, f.subject FROM mp_fan f JOIN channel c ON c.community_id = f.community_id"
	" AND c.id = f.channel_id WHERE f.asked_at = 0 AND c.state = 'on' ORDER BY f.community_id, f.channel_id LIMIT ?1", .scans = true);

static QUERY(mp_fan_asked, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"UPDATE mp_fan SET asked_at = ?4 WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3");

struct asking {
	struct mp             mp;
	const struct unasked *fans;
	size_t                count;
	struct loose         *json;               /* NULL: the account may not ask; they are passed over */
};

static int list_unasked(struct tx *tx, void *arg) { return tx_all(tx, &mp_fans_unasked, arg, V((int64_t)ASK_MOST)); }

static int note_asked(struct tx *tx, void *arg)
{
	struct asking *a = arg;
	struct arena *arena = tx_arena(tx);
	char path[80];
	int r = 0;
	for (size_t i = 0; r >= 0 && a->json && i < loose_count(a->json, "user_info_list"); i++) {
		struct id member;
		snprintf(path, sizeof path, "user_info_list.%zu.unionid", i);
		struct str united = loose_text(a->json, path, arena);
		snprintf(path, sizeof path, "user_info_list.%zu.openid", i);
		struct str openid = loose_text(a->json, path, arena);
		if (united.len && openid.len)
			r = hear_person(tx, a->mp.community, &a->mp.channel, openid, united, S(""), &member);
	}
	for (size_t i = 0; r >= 0 && i < a->count; i++)
		r = tx_run(tx, &mp_fan_asked, V(a->mp.community), V(a->mp.channel.id), V(a->fans[i].subject), V(tx_now(tx)));
	return r < 0 ? r : 0;
}

struct which { struct id community, channel; struct channel ret; };

static int get_channel(struct tx *tx, void *arg)
{
	struct which *w = arg;
	return channel_get(tx, w->community, w->channel, &w->ret);
}

static int ask_for(const struct job_context *jc, struct courier *courier, const struct unasked *fans, size_t count)
{
	struct asking a = { .fans = fans, .count = count };
	struct mp_reply reply = { 0 };
	struct which which = { .community = fans[0].community_id, .channel = fans[0].channel_id };
	BUF_SCOPED body;
	buf_init(&body, 64 << 10);
	int r = store_read(jc->store, jc->arena, get_channel, &which);
	if (r < 0 || (r = mp_open(courier, which.community, &which.ret, &a.mp)) < 0)
		return r;
	buf_z(&body, "{\"user_list\":[");
	for (size_t i = 0; i < count; i++) {
		buf_z(&body, i ? ",{\"openid\":" : "{\"openid\":");
		loose_write(&body, fans[i].subject);
		buf_z(&body, "}");
	}
	buf_z(&body, "]}");
	r = mp_ask(&a.mp, &(struct letter){ .url = S("/cgi-bin/user/info/batchget"), .body = buf_view(&body) }, &reply);
	bool later = reply.code == MP_BUSY || reply.code == MP_NOBODY || reply.code == 45009 || reply.code == 45011;
	a.json = reply.code == 0 ? &reply.json : NULL;
	if (r >= 0 && !later)
		r = store_write(jc->store, which.community, jc->arena, note_asked, &a);
	loose_free(&reply.json);
	return r;
}

static int run_fans(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct rows rows = { 0 };
	struct courier *courier;
	(void)job;
	int r = store_read(jc->store, jc->arena, list_unasked, &rows);
	if (r < 0 || !rows.count)
		return r;
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	const struct unasked *fans = rows.at;
	for (size_t from = 0, to; r >= 0 && from < rows.count; from = to) {
		for (to = from + 1; to < rows.count && fans[to].channel_id.n == fans[from].channel_id.n;)
			to++;
		r = ask_for(jc, courier, fans + from, to - from);
	}
	courier_free(courier);
	if (r < 0)
		*ret_why = S("followers could not be asked for");
	return r;
}

static const struct job_kind jobs[] = {
	{ "mp_fans", "Asks 公众号 who their new followers are (unionid)", run_fans, .every_ms = MINUTE },
	{ 0 },
};

/* ---- What is kept about people ---------------------------------------------------------------------------------------- */

struct fan_own { struct str account; struct instant said_at, acted_at; };

ROW(fan_own,
	FIELD(fan_own, account,  "Account"),
	FIELD(fan_own, said_at,  "Your last message"),
	FIELD(fan_own, acted_at, "Your last follow, scan or click"));

#define FANS_OF "EXISTS (SELECT 1 FROM identity i WHERE i.community_id = f.community_id AND i.member_id = ?2 AND i.subject = f.subject" \
	" AND i.channel = 'mp')"

static QUERY(mp_fan_show, READS, &row_fan_own, TAKES(K_ID, K_ID),
	"SELECT COALESCE((SELECT c.name FROM channel c WHERE c.community_id = f.community_id AND c.id = f.channel_id), '') AS account,"
	" f.said_at, f.acted_at FROM mp_fan f WHERE f.community_id = ?1 AND " FANS_OF " ORDER BY f.channel_id LIMIT 100");

static QUERY(mp_fan_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM mp_fan WHERE community_id = ?1 AND EXISTS (SELECT 1 FROM identity i WHERE i.community_id = ?1 AND i.member_id = ?2"
	" AND i.subject = mp_fan.subject AND i.channel = 'mp')");

static const struct personal personal[] = {
	{ "mp_fan", "你和我们的公众号最近一次往来的时间", "When you last wrote to our official account", "公众号 最近留言 最近互动", BY_MEMBER,
	  &mp_fan_show, .erases = { &mp_fan_forget } },
	{ 0 },
};

static const struct query *const queries[] = {
	&mp_fan_touch, &mp_fan_get, &mp_fan_take_acted, &mp_fan_take_said, &mp_fan_give, &mp_fans_unasked, &mp_fan_asked, &mp_fan_show,
	&mp_fan_forget, NULL,
};

const struct feature feature_mp_fan = { .name = "mp_fan", .queries = queries, .jobs = jobs, .personal = personal };
