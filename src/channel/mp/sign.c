/* sign.c: who a visitor of a member page is, told by the platform (OAuth, snsapi_base: nobody is asked anything).
 *
 * Story      A member opens a campaign's page inside WeChat. The page sends the browser through the platform, which sends it back
 *            with a code; a job asks whose code it is; the browser, which has waited on a page of one line, returns to where it
 *            was, and from now on it is the follower's: their helps, prizes and phone are one person's.
 * How        The code is exchanged by a job, for no request waits for a network. The waiting page asks again each second and gives
 *            up after GIVE_UP: then the visitor stays who they were.
 * Owns       mp_sign
 * Holds      The word that comes back (state) is random, kept beside the visitor of the signed cookie, good once and for
 *            STATE_LIVES: nobody can hang their own openid on another's browser. Virtual users (is_snapshotuser) are refused.
 *            One returns only to our own member pages.
 * Test       mp_test.c
 */
#include "channel/mp/mp.h"

#include "channel/outbox/courier.h"
#include "base/form.h"
#include "base/time.h"
#include "http/personal.h"
#include "people/member.h"
#include "people/merge.h"
#include "people/phone.h"

#define STATE_LENGTH 24
#define STATE_LIVES  (10 * MINUTE)
#define AGAIN        DAY                          /* who could not be known is not asked again before */
#define GIVE_UP      (12 * SECOND)
#define ASKED_MOST   300                          /* bytes of one word in an address */

/* ---- Rows ---- */

struct sign { struct id channel_id; struct str back, nonce, code, state; struct instant asked_at; };

ROW(sign,
	FIELD(sign, channel_id, "Account"),
	FIELD(sign, back,       "Where to return to"),
	FIELD(sign, nonce,      "What the platform must bring back"),
	FIELD(sign, code,       "What it gave"),
	FIELD(sign, state,      "asked back known refused"),
	FIELD(sign, asked_at,   "When"));

struct sign_query { struct str back, code, state; };

static QUERY(mp_sign_get, READS, &row_sign, TAKES(K_ID, K_ID),
	"SELECT channel_id, back, nonce, code, state, asked_at FROM mp_sign WHERE community_id = ?1 AND visitor_id = ?2");

static QUERY(mp_sign_ask, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO mp_sign (community_id, visitor_id, channel_id, back, nonce, code, state, trouble, asked_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, '', 'asked', '', ?6) ON CONFLICT (community_id, visitor_id) DO UPDATE SET"
	" channel_id = excluded.channel_id, back = excluded.back, nonce = excluded.nonce, code = '', state = 'asked', trouble = '',"
	" asked_at = excluded.asked_at");

static QUERY(mp_sign_back, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR),
	"UPDATE mp_sign SET code = ?3, state = 'back', nonce = '' WHERE community_id = ?1 AND visitor_id = ?2 AND nonce = ?4");

static QUERY(mp_sign_set, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR),
	"UPDATE mp_sign SET code = '', state = ?3, trouble = ?4 WHERE community_id = ?1 AND visitor_id = ?2");

/* ---- Rules ---- */

/* A member page of ours, and nothing that a browser could take for another host. */
bool mp_may_return(struct str back)
{
	for (size_t i = 0; i < back.len; i++)
		if ((unsigned char)back.at[i] <= ' ' || back.at[i] == '\\' || (unsigned char)back.at[i] == 0x7f)
			return false;
	return str_starts(back, S("/t/")) || str_starts(back, S("/g/")) || str_starts(back, S("/me/"));
}

void mp_page_words(struct request *rq, struct mp_word *words, size_t count, size_t most)
{
	struct raw raw;
	struct pairs pairs = { .count = 0 };
	rq_raw(rq, &raw);
	if (form_read(raw.query, rq->arena, &pairs) < 0)
		return;
	for (size_t i = 0; i < pairs.count; i++)
		for (size_t k = 0; k < count; k++)
			if (str_is(pairs.at[i].name, words[k].name) && pairs.at[i].text.len <= most)
				words[k].text = pairs.at[i].text;
}

static struct sign_query asked_of(struct request *rq)
{
	struct mp_word words[] = { { "back", S("") }, { "code", S("") }, { "state", S("") } };
	mp_page_words(rq, words, sizeof words / sizeof *words, ASKED_MOST);
	return (struct sign_query){ words[0].text, words[1].text, words[2].text };
}

/* The community's first account that may do this. E_NOT_FOUND. */
static int account_of(struct tx *tx, struct id community, struct channel *ret)
{
	struct rows rows;
	struct str word;
	int r = channel_list(tx, community, S("mp"), &rows);
	const struct channel *c = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		if (!str_is(c[i].state, "on"))
			continue;
		if ((r = channel_setting(tx, community, &c[i], "sign_in", &word)) >= 0 && str_is(word, "yes")) {
			*ret = c[i];
			return 0;
		}
	}
	return r < 0 ? r : E_NOT_FOUND;
}

int mp_sign_path(struct request *rq, struct str back, struct str *ret)
{
	struct channel channel;
	struct sign sign;
	enum strength strength;
	int64_t now = tx_now(rq->tx).ms;
	*ret = S("");
	int r = identity_strength(rq->tx, rq->community, rq->visitor, &strength);
	if (r < 0 || strength >= STRENGTH_PLATFORM || !mp_may_return(back))
		return r < 0 ? r : 0;
	r = tx_one(rq->tx, &mp_sign_get, &sign, V(rq->community), V(rq->visitor));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if (r == 0 && now - sign.asked_at.ms < AGAIN)
		return 0;
	if ((r = account_of(rq->tx, rq->community, &channel)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	BUF_SCOPED b;
	buf_init(&b, 4096);
	buf_format(&b, "/w/%lld?back=", (long long)rq->community.n);
	buf_url(&b, back);
	*ret = str_copy(rq->arena, buf_view(&b));
	return arena_failed(rq->arena) ? E_MEMORY : 0;
}

/* ---- Job: whose code is it? ---- */

struct exchange {
	struct id                    community, visitor;
	struct sign                  sign;
	struct channel               channel;
	const struct feature *const *features;
	struct str                   openid, united, state, trouble;
};

static int load_exchange(struct tx *tx, void *arg)
{
	struct exchange *e = arg;
	int r = tx_one(tx, &mp_sign_get, &e->sign, V(e->community), V(e->visitor));
	return r < 0 ? r : channel_get(tx, e->community, e->sign.channel_id, &e->channel);
}

/* The browser becomes the follower's. What it did before, as a member of its own, comes along. */
static int join_up(struct tx *tx, struct exchange *e)
{
	struct id member, had, whose;
	int r = hear_person(tx, e->community, &e->channel, e->openid, e->united, S(""), &member);
	if (r < 0)
		return r;
	r = member_find_visitor(tx, e->community, e->visitor, &had);
	if (r == E_NOT_FOUND)
		return member_identify(tx, e->community, member, S("browser"), str_format(tx_arena(tx), "%lld", (long long)e->visitor.n), &whose);
	if (r < 0 || had.n == member.n)
		return r;
	enum strength strength;
	if ((r = identity_strength(tx, e->community, e->visitor, &strength)) < 0)
		return r;
	if (strength >= STRENGTH_PLATFORM) {      /* a phone that two people use: the first is not made the second */
		e->state = S("refused"), e->trouble = S("this browser is somebody else's");
		return 0;
	}
	struct id merge, stays;
	return member_merge(tx, e->features, e->community, member, had, (struct rows){ 0 }, e->visitor, &merge, &stays);
}

static int finish(struct tx *tx, void *arg)
{
	struct exchange *e = arg;
	e->state = e->openid.len ? S("known") : S("refused");
	int r = e->openid.len ? join_up(tx, e) : 0;
	if (r >= 0)
		r = tx_run(tx, &mp_sign_set, V(e->community), V(e->visitor), V(e->state), V(e->trouble));
	return r < 0 ? r : 0;
}

static int exchange(const struct job_context *jc, struct courier *courier, struct exchange *e, struct str *ret_why)
{
	struct mp mp;
	struct mp_reply reply = { 0 };
	BUF_SCOPED url;
	buf_init(&url, 4096);
	int r = mp_open(courier, e->community, &e->channel, &mp);
	if (r < 0)
		return r;
	buf_z(&url, "/sns/oauth2/access_token?appid=");
	buf_url(&url, mp.appid);
	buf_z(&url, "&secret=");
	buf_url(&url, mp.secret);
	buf_z(&url, "&code=");
	buf_url(&url, e->sign.code);
	buf_z(&url, "&grant_type=authorization_code");
	if ((r = buf_failed(&url) ? E_MEMORY : mp_ask_openly(&mp, &(struct letter){ .url = buf_view(&url) }, &reply)) < 0)
		return r;
	if (reply.code == MP_BUSY || reply.code == MP_NOBODY) {
		*ret_why = str_copy(jc->arena, reply.words);
		return E_NOT_SENT;
	}
	bool virtual = loose_int(&reply.json, "is_snapshotuser", 0) == 1;
	e->trouble = virtual ? S("is_snapshotuser") : str_copy(jc->arena, reply.words);
	e->openid = reply.code || virtual ? S("") : loose_text(&reply.json, "openid", jc->arena);
	e->united = loose_text(&reply.json, "unionid", jc->arena);
	loose_free(&reply.json);
	return store_write(jc->store, e->community, jc->arena, finish, e);
}

static int run_sign(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct exchange e = { .community = job->community, .features = jc->features };
	struct courier *courier;
	if (!str_to_int(job->key, &e.visitor.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load_exchange, &e);
	if (r < 0 || !str_is(e.sign.state, "back"))
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	r = exchange(jc, courier, &e, ret_why);
	courier_free(courier);
	return r;
}

static const struct job_kind jobs[] = {
	{ "mp_sign", "Asks a 公众号 who a visitor is", run_sign, .tries_max = 3, .backoff_ms = SECOND },
	{ 0 },
};

/* ---- Pages ---- */

/* A page of one line that leads to `to` after so many seconds. Not a redirect: browsers remember those. */
static int lead(struct request *rq, struct body *body, struct str to, int seconds)
{
	BUF_SCOPED html;
	buf_init(&html, 8192);
	buf_format(&html, "<!doctype html><html lang=\"%s\"><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\">"
		"<meta http-equiv=\"refresh\" content=\"%d;url=",
		rq->lang == LANG_EN ? "en" : "zh-CN", seconds);
	buf_html(&html, to);
	buf_z(&html, "\"><title>…</title><p>");
	buf_z(&html, rq->lang == LANG_EN ? "One moment…" : "马上就好…");
	*body = (struct body){ .bytes = str_copy(rq->arena, buf_view(&html)), .type = "text/html; charset=utf-8" };
	return buf_failed(&html) || arena_failed(rq->arena) ? E_MEMORY : 0;
}

int mp_page_leads(struct request *rq, struct body *body, struct str to) { return lead(rq, body, to, 0); }

static int go(struct body *body, struct request *rq, struct str to) { return lead(rq, body, to, 0); }

static int go_home(struct request *rq, struct body *body)
{
	return go(body, rq, str_format(rq->arena, "/me/%lld", (long long)rq->path_id.n));
}

static int get_sign(struct request *rq, const void *in, void *out)
{
	struct sign_query q = asked_of(rq);
	struct channel channel;
	struct str appid, open;
	char nonce[STATE_LENGTH + 1];
	(void)in;
	rq->community = rq->path_id;
	if (!mp_may_return(q.back))
		return go_home(rq, out);
	int r = account_of(rq->tx, rq->community, &channel);
	if (r == E_NOT_FOUND)
		return go(out, rq, q.back);
	if (r < 0 || (r = channel_setting(rq->tx, rq->community, &channel, "appid", &appid)) < 0 ||
	    (r = channel_setting(rq->tx, rq->community, &channel, "open", &open)) < 0)
		return r;
	secret_slug(nonce, STATE_LENGTH);
	if ((r = tx_run(rq->tx, &mp_sign_ask, V(rq->community), V(rq->visitor), V(channel.id), V(q.back), V(str_of(nonce)),
	                V(tx_now(rq->tx)))) < 0)
		return r;
	BUF_SCOPED url;
	buf_init(&url, 8192);
	buf_str(&url, open.len ? open : S(MP_OPEN));
	buf_z(&url, "/connect/oauth2/authorize?appid=");
	buf_url(&url, appid);
	buf_z(&url, "&redirect_uri=");
	buf_url(&url, str_format(rq->arena, "%.*s/w/%lld/back", STR(rq->origin), (long long)rq->community.n));
	buf_format(&url, "&response_type=code&scope=snsapi_base&state=%s#wechat_redirect", nonce);
	if (buf_failed(&url))
		return E_MEMORY;
	*(struct body *)out = (struct body){ .status = 302, .location = str_copy(rq->arena, buf_view(&url)) };
	return 0;
}

static int wait_page(struct request *rq, struct body *body)
{
	return lead(rq, body, str_format(rq->arena, "/w/%lld/wait", (long long)rq->community.n), 1);
}

static int get_back(struct request *rq, const void *in, void *out)
{
	struct sign_query q = asked_of(rq);
	struct sign sign;
	(void)in;
	rq->community = rq->path_id;
	int r = tx_one(rq->tx, &mp_sign_get, &sign, V(rq->community), V(rq->visitor));
	if (r < 0)
		return r == E_NOT_FOUND ? go_home(rq, out) : r;
	bool ours = q.state.len == STATE_LENGTH && str_is(sign.state, "asked") && tx_now(rq->tx).ms - sign.asked_at.ms < STATE_LIVES;
	if (ours && q.code.len) {
		if ((r = tx_run(rq->tx, &mp_sign_back, V(rq->community), V(rq->visitor), V(q.code), V(q.state))) < 0)
			return r;
		if (r == 1) {
			r = job_add(rq->tx, rq->community, &jobs[0], str_format(rq->arena, "%lld", (long long)rq->visitor.n), S(""),
			            (struct instant){ 0 });
			return r < 0 ? r : wait_page(rq, out);
		}
	}
	return go(out, rq, sign.back);            /* refused at the platform, or not what we asked: they stay who they were */
}

static int get_wait(struct request *rq, const void *in, void *out)
{
	struct sign sign;
	(void)in;
	rq->community = rq->path_id;
	int r = tx_one(rq->tx, &mp_sign_get, &sign, V(rq->community), V(rq->visitor));
	if (r < 0)
		return r == E_NOT_FOUND ? go_home(rq, out) : r;
	bool waiting = str_is(sign.state, "back") && tx_now(rq->tx).ms - sign.asked_at.ms < STATE_LIVES;
	bool patient = waiting && rq_allow(rq, str_format(rq->arena, "mp wait %lld", (long long)rq->visitor.n), GIVE_UP / SECOND, MINUTE);
	return patient ? wait_page(rq, out) : go(out, rq, sign.back);
}

/* ---- What is kept about people ---- */

struct sign_own { struct str back; struct instant asked_at; };

ROW(sign_own,
	FIELD(sign_own, back,     "Page"),
	FIELD(sign_own, asked_at, "When"));

static QUERY(mp_sign_show, READS, &row_sign_own, TAKES(K_ID, K_ID),
	"SELECT back, asked_at FROM mp_sign WHERE community_id = ?1 AND visitor_id = ?2");

static QUERY(mp_sign_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM mp_sign WHERE community_id = ?1 AND visitor_id = ?2");

static QUERY(mp_sign_idle, READS, &row_id_item, TAKES(K_ID, K_INSTANT, K_INT),
	"SELECT s.visitor_id AS item FROM mp_sign s WHERE s.community_id = ?1 AND s.asked_at < ?2 AND NOT EXISTS (SELECT 1 FROM identity i"
	" WHERE i.community_id = s.community_id AND i.channel = 'browser' AND i.subject = CAST(s.visitor_id AS TEXT))"
	" ORDER BY s.visitor_id LIMIT ?3", .scans = true);

static const struct personal personal[] = {
	{ "mp_sign", "你在微信里打开页面时的身份识别", "When you were recognised on pages inside WeChat", "页面 时间", BY_VISITOR, &mp_sign_show,
	  .erases = { &mp_sign_forget }, .idle = &mp_sign_idle },
	{ 0 },
};

static const struct route routes[] = {
	{ "GET", "/w/{id}",      ROLE_VISITOR, get_sign, NULL, NULL, "A member page sends its visitor through the platform's sign-in", OUT_BODY, .writes = true, .makes = "text/html" },
	{ "GET", "/w/{id}/back", ROLE_VISITOR, get_back, NULL, NULL, "The platform sends the visitor back", OUT_BODY, .writes = true, .makes = "text/html" },
	{ "GET", "/w/{id}/wait", ROLE_VISITOR, get_wait, NULL, NULL, "Is it known who they are? Then back to the page", OUT_BODY, .makes = "text/html" },
	{ 0 },
};

static const struct query *const queries[] = {
	&mp_sign_get, &mp_sign_ask, &mp_sign_back, &mp_sign_set, &mp_sign_show, &mp_sign_forget, &mp_sign_idle, NULL,
};

const struct feature feature_mp_sign = { .name = "mp_sign", .routes = routes, .queries = queries, .jobs = jobs, .personal = personal };
