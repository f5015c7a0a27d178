/* once.c: one message that a fan allows in advance (一次性订阅消息): the way to whom we may not write any more.
 *
 * Story      "有进展，公众号通知我一次" stands on her page. The platform asks her; she agrees and is back. Three days later, long after
 *            the 48 hours, a friend helps: that one message leaves, and the line stands on her page again.
 * How        The page sends the browser to the platform with a scene (a number from 1 on), the account's one template and a word of ours;
 *            it comes back with the same and her openid. A scene is good for one message however often she agrees, so several
 *            that wait have a scene each. A send that wants one keeps it from the transaction that puts it; what it was used for, or
 *            what the platform refuses (43101), is gone.
 * Source     developers.weixin.qq.com: guide/product/message/One-time_subscription_info, api/notify/subscribe/api_templatesubscribe.
 *            How long an agreement lasts is not written there: it is kept half a year, and the platform's word counts.
 * Owns       mp_once
 * Holds      The word that comes back is random, kept beside the visitor of the signed cookie, good once and for STATE_LIVES. The openid
 *            must be the one we know this visitor by: nothing that stands in an address makes anybody somebody else.
 *            A message whose answer was lost is tried with the same scene: the platform sends it once.
 * Test       mp_test.c
 */
#include "channel/mp/mp.h"

#include "base/time.h"
#include "http/personal.h"
#include "people/community.h"
#include "people/member.h"

#define WAITING_MOST 3                            /* that one fan may have allowed and not got yet */
#define STATE_LENGTH 24
#define STATE_LIVES  (10 * MINUTE)
#define KEPT         (180 * DAY)
#define WORD_MOST    300                          /* bytes of one word in an address */

/* ---- Rows ---- */

ROW_AS(mp_once, mp_once,
	FIELD(mp_once, id,         "Row"),
	FIELD(mp_once, channel_id, "Account"),
	FIELD(mp_once, subject,    "Openid"),
	FIELD(mp_once, scene,      "Scene"),
	FIELD(mp_once, nonce,      "What must come back"),
	FIELD(mp_once, back,       "Where to return to"),
	FIELD(mp_once, state,      "asked allowed"),
	FIELD(mp_once, at,         "When"));

#define SELECT_ONCE "SELECT id, channel_id, subject, scene, nonce, back, state, at FROM mp_once WHERE community_id = ?1"
/* Not kept for a send that may still leave. */
#define IS_FREE "state = 'allowed' AND NOT EXISTS (SELECT 1 FROM send s WHERE s.community_id = mp_once.community_id" \
	" AND s.id = mp_once.send_id AND s.state = 'waiting')"

static QUERY(mp_once_asked, READS, &row_mp_once, TAKES(K_ID, K_ID, K_STR),
	SELECT_ONCE " AND visitor_id = ?2 AND nonce = ?3 AND state = 'asked' LIMIT 1");

static QUERY(mp_once_allowed, READS, &row_mp_once, TAKES(K_ID, K_ID, K_STR, K_INT),
	SELECT_ONCE " AND channel_id = ?2 AND subject = ?3 AND state = 'allowed' ORDER BY scene LIMIT ?4");

static QUERY(mp_once_free, READS, &row_mp_once, TAKES(K_ID, K_ID, K_STR),
	SELECT_ONCE " AND channel_id = ?2 AND subject = ?3 AND " IS_FREE " ORDER BY at, id LIMIT 1");

static QUERY(mp_once_of_send, READS, &row_mp_once, TAKES(K_ID, K_ID, K_STR, K_ID),
	SELECT_ONCE " AND channel_id = ?2 AND subject = ?3 AND send_id = ?4 AND state = 'allowed' LIMIT 1");

static QUERY(mp_once_ask, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_INT, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO mp_once (community_id, id, channel_id, subject, scene, visitor_id, nonce, back, state, send_id, at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'asked', 0, ?9) ON CONFLICT (community_id, channel_id, subject, scene) DO UPDATE SET"
	" visitor_id = excluded.visitor_id, nonce = excluded.nonce, back = excluded.back, at = excluded.at WHERE mp_once.state = 'asked'");

static QUERY(mp_once_allow, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE mp_once SET state = 'allowed', nonce = '', back = '', at = ?3 WHERE community_id = ?1 AND id = ?2 AND state = 'asked'");

static QUERY(mp_once_hold, WRITES, NULL, TAKES(K_ID, K_ID, K_ID), "UPDATE mp_once SET send_id = ?3 WHERE community_id = ?1 AND id = ?2");

static QUERY(mp_once_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM mp_once WHERE community_id = ?1 AND id = ?2");

static QUERY(mp_once_old, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_INT),
	"DELETE FROM mp_once WHERE community_id = ?1 AND id IN (SELECT id FROM mp_once WHERE community_id = ?1 AND at < ?2"
	" ORDER BY at LIMIT ?3)");

/* ---- For those who send ---- */

int mp_once_keep(struct tx *tx, struct id community, struct id channel, struct str openid, struct id send)
{
	struct mp_once one;
	int r = tx_one(tx, &mp_once_free, &one, V(community), V(channel), V(openid));
	return r < 0 ? r == E_NOT_FOUND ? 0 : r : tx_run(tx, &mp_once_hold, V(community), V(one.id), V(send));
}

int mp_once_is(struct tx *tx, struct id community, struct id channel, struct str openid, bool *ret)
{
	struct mp_once one;
	int r = tx_one(tx, &mp_once_free, &one, V(community), V(channel), V(openid));
	*ret = r == 0;
	return r == E_NOT_FOUND ? 0 : r;
}

int mp_once_kept(struct tx *tx, struct id community, struct id channel, struct str openid, struct id send, struct mp_once *ret)
{
	return tx_one(tx, &mp_once_of_send, ret, V(community), V(channel), V(openid), V(send));
}

int mp_once_used(struct tx *tx, struct id community, struct id once)
{
	int r = tx_run(tx, &mp_once_drop, V(community), V(once));
	return r < 0 ? r : 0;
}

/* ---- Who may be asked ---- */

/* The visitor as a fan of an account that has a template for this. E_NOT_FOUND: they are none. */
static int fan_of(struct request *rq, struct channel *ret, struct str *ret_openid)
{
	struct rows rows;
	struct str template;
	struct id member;
	int r = channel_list(rq->tx, rq->community, S("mp"), &rows);
	const struct channel *c = r < 0 ? NULL : rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		if (!str_is(c[i].state, "on"))
			continue;
		if ((r = channel_setting(rq->tx, rq->community, &c[i], "once_template", &template)) < 0 || !template.len)
			continue;
		if ((r = member_find_visitor(rq->tx, rq->community, rq->visitor, &member)) < 0)
			return r;
		r = channel_subject(rq->tx, rq->community, &c[i], member, ret_openid);
		if (r == 0)
			*ret = c[i];
		if (r != E_NOT_FOUND)
			return r;
		r = 0;
	}
	return r < 0 ? r : E_NOT_FOUND;
}

/* The first scene of theirs that is free; 0: enough wait already. And how many wait. */
static int free_scene(struct request *rq, const struct channel *c, struct str openid, int64_t *ret, int64_t *ret_waiting)
{
	struct rows rows;
	int r = tx_all(rq->tx, &mp_once_allowed, &rows, V(rq->community), V(c->id), V(openid), V((int64_t)WAITING_MOST));
	const struct mp_once *one = r < 0 ? NULL : rows.at;
	int64_t scene = 1;
	for (size_t i = 0; one && i < rows.count; i++)
		scene += one[i].scene == scene;
	*ret = r < 0 || rows.count >= WAITING_MOST ? 0 : scene;
	*ret_waiting = r < 0 ? 0 : (int64_t)rows.count;
	return r < 0 ? r : 0;
}

int mp_once_path(struct request *rq, struct str back, struct str *ret, int64_t *ret_waiting)
{
	struct channel c;
	struct str openid;
	int64_t scene;
	*ret = S(""), *ret_waiting = 0;
	int r = rq->visitor.n ? fan_of(rq, &c, &openid) : E_NOT_FOUND;
	if (r < 0 || (r = free_scene(rq, &c, openid, &scene, ret_waiting)) < 0 || !scene)
		return r == E_NOT_FOUND ? 0 : r;
	BUF_SCOPED b;
	buf_init(&b, 4096);
	buf_format(&b, "/w/%lld/once?back=", (long long)rq->community.n);
	buf_url(&b, back);
	*ret = str_copy(rq->arena, buf_view(&b));
	return arena_failed(rq->arena) ? E_MEMORY : 0;
}

/* ---- Pages ---- */

static int write_question(struct request *rq, const struct channel *c, int64_t scene, const char *nonce, struct str *ret)
{
	struct str host, appid, template;
	BUF_SCOPED url;
	buf_init(&url, 8192);
	int r = channel_setting(rq->tx, rq->community, c, "confirm", &host);
	if (r < 0 || (r = channel_setting(rq->tx, rq->community, c, "appid", &appid)) < 0 ||
	    (r = channel_setting(rq->tx, rq->community, c, "once_template", &template)) < 0)
		return r;
	buf_str(&url, host.len ? host : S(MP_CONFIRM));
	buf_z(&url, "/mp/subscribemsg?action=get_confirm&appid=");
	buf_url(&url, appid);
	buf_format(&url, "&scene=%lld&template_id=", (long long)scene);
	buf_url(&url, template);
	buf_z(&url, "&redirect_url=");
	buf_url(&url, str_format(rq->arena, "%.*s/w/%lld/once/back", STR(rq->origin), (long long)rq->community.n));
	buf_format(&url, "&reserved=%s#wechat_redirect", nonce);
	*ret = str_copy(rq->arena, buf_view(&url));
	return buf_failed(&url) || arena_failed(rq->arena) ? E_MEMORY : 0;
}

static int get_once(struct request *rq, const void *in, void *out)
{
	struct mp_word words[] = { { "back", S("") } };
	struct channel c;
	struct str openid, to;
	int64_t scene = 0, waiting;
	char nonce[STATE_LENGTH + 1];
	(void)in;
	rq->community = rq->path_id;
	mp_page_words(rq, words, 1, WORD_MOST);
	struct str back = words[0].text;
	if (!mp_may_return(back))
		return mp_page_leads(rq, out, str_format(rq->arena, "/me/%lld", (long long)rq->community.n));
	int r = rq->visitor.n ? fan_of(rq, &c, &openid) : E_NOT_FOUND;
	if (r >= 0)
		r = free_scene(rq, &c, openid, &scene, &waiting);
	if (r == E_NOT_FOUND || (r == 0 && !scene))
		return mp_page_leads(rq, out, back);
	secret_slug(nonce, STATE_LENGTH);
	if (r < 0 || (r = tx_run(rq->tx, &mp_once_ask, V(rq->community), V(tx_new_id(rq->tx)), V(c.id), V(openid), V(scene), V(rq->visitor),
	                         V(str_of(nonce)), V(back), V(tx_now(rq->tx)))) < 0 || (r = write_question(rq, &c, scene, nonce, &to)) < 0)
		return r;
	*(struct body *)out = (struct body){ .status = 302, .location = to };
	return 0;
}

/* Is it her yes to what we asked? */
static int allow(struct request *rq, const struct mp_once *one, const struct mp_word *words)
{
	struct channel c;
	struct str template;
	int64_t scene;
	int r = channel_get(rq->tx, rq->community, one->channel_id, &c);
	if (r < 0 || (r = channel_setting(rq->tx, rq->community, &c, "once_template", &template)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	bool yes = str_is(words[1].text, "confirm") && str_equal(words[2].text, one->subject) && str_equal(words[3].text, template) &&
	           str_to_int(words[4].text, &scene) && scene == one->scene && tx_now(rq->tx).ms - one->at.ms < STATE_LIVES;
	r = yes ? tx_run(rq->tx, &mp_once_allow, V(rq->community), V(one->id), V(tx_now(rq->tx)))
	        : tx_run(rq->tx, &mp_once_drop, V(rq->community), V(one->id));
	return r < 0 ? r : 0;
}

static int get_back(struct request *rq, const void *in, void *out)
{
	struct mp_word words[] = {
		{ "reserved", S("") }, { "action", S("") }, { "openid", S("") }, { "template_id", S("") }, { "scene", S("") },
	};
	struct mp_once one;
	(void)in;
	rq->community = rq->path_id;
	mp_page_words(rq, words, sizeof words / sizeof *words, WORD_MOST);
	int r = words[0].text.len == STATE_LENGTH ? tx_one(rq->tx, &mp_once_asked, &one, V(rq->community), V(rq->visitor), V(words[0].text))
	                                          : E_NOT_FOUND;
	if (r == E_NOT_FOUND)
		return mp_page_leads(rq, out, str_format(rq->arena, "/me/%lld", (long long)rq->community.n));
	return r < 0 || (r = allow(rq, &one, words)) < 0 ? r : mp_page_leads(rq, out, one.back);
}

/* ---- Care ---- */

static int run_sweep(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return community_sweep(jc->store, jc->arena, &mp_once_old, KEPT);
}

static const struct job_kind jobs[] = {
	{ "mp_once_sweep", "Forgets single messages that were allowed half a year ago", run_sweep, .every_ms = 6 * HOUR },
	{ 0 },
};

struct once_own { struct str account, state; struct instant at; };

ROW(once_own,
	FIELD(once_own, account, "Account"),
	FIELD(once_own, state,   "asked allowed"),
	FIELD(once_own, at,      "When"));

#define OF_MEMBER "EXISTS (SELECT 1 FROM identity i WHERE i.community_id = mp_once.community_id AND i.member_id = ?2" \
	" AND i.subject = mp_once.subject AND i.channel = 'mp')"

static QUERY(mp_once_show, READS, &row_once_own, TAKES(K_ID, K_ID),
	"SELECT COALESCE((SELECT c.name FROM channel c WHERE c.community_id = mp_once.community_id AND c.id = mp_once.channel_id), '')"
	" AS account, state, at FROM mp_once WHERE community_id = ?1 AND " OF_MEMBER " ORDER BY at LIMIT 100");

static QUERY(mp_once_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM mp_once WHERE community_id = ?1 AND " OF_MEMBER);

static const struct personal personal[] = {
	{ "mp_once", "你允许公众号发的单条通知", "Single messages you allowed our official account", "公众号 状态 时间", BY_MEMBER, &mp_once_show,
	  .erases = { &mp_once_forget } },
	{ 0 },
};

static const struct route routes[] = {
	{ "GET", "/w/{id}/once",      ROLE_VISITOR, get_once, NULL, NULL, "A member page sends its visitor to the platform, to allow one message", OUT_BODY, .writes = true, .makes = "text/html" },
	{ "GET", "/w/{id}/once/back", ROLE_VISITOR, get_back, NULL, NULL, "The platform sends the visitor back, with yes or no", OUT_BODY, .writes = true, .makes = "text/html" },
	{ 0 },
};

static const struct query *const queries[] = {
	&mp_once_asked, &mp_once_allowed, &mp_once_free, &mp_once_of_send, &mp_once_ask, &mp_once_allow, &mp_once_hold, &mp_once_drop,
	&mp_once_old, &mp_once_show, &mp_once_forget, NULL,
};

const struct feature feature_mp_once = { .name = "mp_once", .routes = routes, .queries = queries, .jobs = jobs, .personal = personal };
