/* api.c: asking the platform: one access token for all processes; what its errors mean.
 *
 * Story      Two servers send at the same moment and both find the token gone. One gets the lease and asks; the other looks again
 *            each 50 ms and finds what the first has put there. Later the platform refuses the token (somebody renewed it by hand):
 *            it is asked for a new one, once, and what was asked is asked once more.
 * How        /cgi-bin/stable_token gives the same token to all who ask until five minutes before its end, and both the old and the
 *            new one hold then: so nothing is forced unless the very token that it gives is refused; forcing is scarce (20 a day).
 * Owns       mp_lease; the remembered word "token" of the channel
 * Holds      Only these two functions put a token into an address, and no address is ever noted or shown.
 */
#include "channel/mp/mp.h"

#include "channel/outbox/courier.h"
#include "base/time.h"

#define EARLY       (5 * MINUTE)                  /* a token is renewed so long before its end */
#define LEASE       (15 * SECOND)
#define LOOK        (50)                          /* ms between two looks while another process asks */
#define LOOKS       200
#define FORCE_PAUSE (35 * SECOND)
#define WORDS_MOST  200

/* ---- One account ---- */

static const struct { const char *key; size_t at; } wanted[] = {
	{ "api", offsetof(struct mp, api) }, { "appid", offsetof(struct mp, appid) }, { "secret", offsetof(struct mp, secret) },
};

static int read_settings(struct tx *tx, void *arg)
{
	struct mp *mp = arg;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < sizeof wanted / sizeof *wanted; i++)
		r = channel_setting(tx, mp->community, &mp->channel, wanted[i].key, (struct str *)(void *)((char *)mp + wanted[i].at));
	return r;
}

int mp_open(struct courier *courier, struct id community, const struct channel *channel, struct mp *ret)
{
	struct mp mp = {
		.courier = courier, .store = courier_store(courier), .arena = courier_arena(courier), .community = community, .channel = *channel,
	};
	int r = store_read(mp.store, mp.arena, read_settings, &mp);
	if (r < 0)
		return r;
	if (!mp.api.len)
		mp.api = S(MP_API);
	*ret = mp;
	return 0;
}

/* ---- What the platform says ---- */

static struct str complaint_of(struct arena *arena, int64_t code, struct str words)
{
	words.len = words.len < WORDS_MOST ? words.len : WORDS_MOST;
	return str_format(arena, "%lld %.*s", (long long)code, STR(words));
}

static int ask(struct mp *mp, const struct letter *letter, struct str url, struct mp_reply *ret)
{
	struct letter whole = *letter;
	struct answer answer = { 0 };
	struct str why = { 0 };
	struct mp_reply reply = { 0 };
	whole.url = url;
	int r = courier_ask(mp->courier, &whole, &answer, &why);
	if (r == E_NOT_SENT) {
		*ret = (struct mp_reply){ .code = MP_NOBODY, .words = why };
		return 0;
	}
	if (r < 0)
		return r;
	if ((r = loose_read(answer.body, &reply.json)) < 0 && r != E_JSON)
		return r;
	if (answer.status != 200 || !reply.json.json) {
		loose_free(&reply.json);
		*ret = (struct mp_reply){ .code = answer.status == 200 ? MP_NONSENSE : MP_BUSY,
		                          .words = str_format(mp->arena, "HTTP %d", answer.status) };
		return 0;
	}
	reply.code = loose_int(&reply.json, "errcode", 0);
	if (reply.code)
		reply.words = complaint_of(mp->arena, reply.code, loose_text(&reply.json, "errmsg", mp->arena));
	*ret = reply;
	return 0;
}

static const char *joint(struct str path) { return str_find(path, '?') < 0 ? "?" : "&"; }

int mp_ask_openly(struct mp *mp, const struct letter *letter, struct mp_reply *ret)
{
	return ask(mp, letter, str_format(mp->arena, "%.*s%.*s", STR(mp->api), STR(letter->url)), ret);
}

/* ---- Trouble: what only people can mend ---- */

/* The address is not on the list, the secret is wrong, an interface is not granted, the account is restricted. */
static bool is_trouble(int64_t code)
{
	return code == 40164 || code == 40125 || code == 40013 || code == 41002 || code == 41004 || code == 48001 || code == 50002 ||
	       code == 50007 || code == 61004 || code == 89503;
}

struct trouble { const struct mp *mp; struct str what; };

static int note_trouble(struct tx *tx, void *arg)
{
	const struct trouble *t = arg;
	return t->what.len ? channel_trouble(tx, t->mp->community, t->mp->channel.id, t->what)
	                   : channel_well(tx, t->mp->community, t->mp->channel.id);
}

static int say_trouble(struct mp *mp, struct str what)
{
	struct trouble t = { mp, what };
	if (str_equal(what, mp->channel.trouble))
		return 0;
	mp->channel.trouble = what;
	return store_write(mp->store, mp->community, mp->arena, note_trouble, &t);
}

/* ---- The token ---- */

static QUERY(mp_lease_take, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_INSTANT),
	"INSERT INTO mp_lease (community_id, channel_id, what, until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (community_id, channel_id, what)"
	" DO UPDATE SET until = excluded.until WHERE mp_lease.until <= ?5");

static QUERY(mp_lease_give, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE mp_lease SET until = 0 WHERE community_id = ?1 AND channel_id = ?2 AND what = ?3");

struct token {
	const struct mp *mp;
	char             whose[HASH_TEXT + 1];    /* of account and secret: another secret's token is none of ours */
	struct str       bad;                     /* the platform refused this one */
	struct str       token;
	struct instant   until;
	bool             mine;                    /* the lease is ours: we ask */
	bool             forced;                  /* somebody forced one a moment ago */
};

static int look_for(struct tx *tx, void *arg)
{
	struct token *t = arg;
	struct instant until;
	t->token = S("");
	struct str kept;
	int r = channel_recall(tx, t->mp->community, t->mp->channel.id, "token", &kept, &until);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if (str_is(str_cut(&kept, ' '), t->whose) && !str_equal(kept, t->bad))
		t->token = kept;
	return 0;
}

static int look_or_lease(struct tx *tx, void *arg)
{
	struct token *t = arg;
	struct str word;
	struct instant now = tx_now(tx), until;
	t->mine = false;
	int r = look_for(tx, t);
	if (r < 0 || t->token.len)
		return r;
	r = tx_run(tx, &mp_lease_take, V(t->mp->community), V(t->mp->channel.id), V(S("token")), V((struct instant){ now.ms + LEASE }), V(now));
	if (r <= 0)
		return r;
	t->mine = true;
	r = channel_recall(tx, t->mp->community, t->mp->channel.id, "forced", &word, &until);
	t->forced = r == 0;
	return r == E_NOT_FOUND ? 0 : r;
}

static int keep_token(struct tx *tx, void *arg)
{
	struct token *t = arg;
	int r = 0;
	if (t->token.len)
		r = channel_remember(tx, t->mp->community, t->mp->channel.id, "token",
		                     str_format(tx_arena(tx), "%s %.*s", t->whose, STR(t->token)), t->until);
	if (r >= 0 && t->forced)
		r = channel_remember(tx, t->mp->community, t->mp->channel.id, "forced", S("1"), (struct instant){ tx_now(tx).ms + FORCE_PAUSE });
	if (r >= 0)
		r = tx_run(tx, &mp_lease_give, V(t->mp->community), V(t->mp->channel.id), V(S("token")));
	return r < 0 ? r : 0;
}

static int ask_for_token(struct mp *mp, bool force, struct token *t, struct mp_reply *ret)
{
	BUF_SCOPED body;
	struct mp_reply reply = { 0 };
	buf_init(&body, 4096);
	buf_z(&body, "{\"grant_type\":\"client_credential\",\"appid\":");
	loose_write(&body, mp->appid);
	buf_z(&body, ",\"secret\":");
	loose_write(&body, mp->secret);
	buf_z(&body, force ? ",\"force_refresh\":true}" : ",\"force_refresh\":false}");
	struct instant asked = clock_now();
	int r = buf_failed(&body) ? E_MEMORY : mp_ask_openly(mp, &(struct letter){ .url = S("/cgi-bin/stable_token"), .body = buf_view(&body) },
	                                                     &reply);
	if (r < 0)
		return r;
	if (!reply.code) {
		int64_t lives = loose_int(&reply.json, "expires_in", 0) * SECOND;
		t->token = loose_text(&reply.json, "access_token", mp->arena);
		/* In its last five minutes the old one is still given: looked at again soon. */
		t->until.ms = asked.ms + (lives > EARLY + 10 * SECOND ? lives - EARLY : lives > 20 * SECOND ? 10 * SECOND : lives / 2);
		if (!t->token.len)
			reply.code = MP_NONSENSE, reply.words = S("no access_token");
	}
	loose_free(&reply.json);
	*ret = reply;
	return 0;
}

/* Under the lease. */
static int renew(struct mp *mp, struct token *t, struct mp_reply *ret)
{
	bool forced = t->forced;
	t->forced = false;
	int r = ask_for_token(mp, false, t, ret);
	if (r >= 0 && !ret->code && str_equal(t->token, t->bad)) {
		t->token = S("");
		if (forced) {
			ret->code = MP_BUSY, ret->words = S("the token was refused twice within a minute");
		} else {
			t->forced = true;
			r = ask_for_token(mp, true, t, ret);
		}
	}
	int kept = store_write(mp->store, mp->community, mp->arena, keep_token, t);
	if (r < 0 || kept < 0)
		return r < 0 ? r : kept;
	/* At this door 40001 says that the secret is wrong. */
	if (ret->code == 40001 || is_trouble(ret->code))
		return say_trouble(mp, ret->words);
	return ret->code ? 0 : say_trouble(mp, S(""));
}

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	nanosleep(&t, NULL);
}

/* ret->code 0: *ret_token holds one that is not `bad`. */
static int take_token(struct mp *mp, struct str bad, struct str *ret_token, struct mp_reply *ret)
{
	struct token t = { .mp = mp, .bad = bad };
	struct str account = str_format(mp->arena, "%.*s %.*s", STR(mp->appid), STR(mp->secret));
	int r = 0;
	hash_text((struct blob){ account.at, account.len }, t.whose);
	*ret = (struct mp_reply){ 0 };
	for (int looks = 0; looks < LOOKS; looks++) {
		if ((r = store_read(mp->store, mp->arena, look_for, &t)) < 0)
			return r;
		if (!t.token.len && (r = store_write(mp->store, mp->community, mp->arena, look_or_lease, &t)) < 0)
			return r;
		if (!t.token.len && t.mine && (r = renew(mp, &t, ret)) < 0)
			return r;
		if (t.token.len || t.mine) {
			*ret_token = t.token;
			return 0;
		}
		pause_ms(LOOK);
	}
	*ret = (struct mp_reply){ .code = MP_BUSY, .words = S("another process is asking for a token") };
	return 0;
}

int mp_ask(struct mp *mp, const struct letter *letter, struct mp_reply *ret)
{
	struct str token = { 0 }, bad = { 0 };
	struct mp_reply reply;
	for (int tries = 0; ; tries++) {
		int r = take_token(mp, bad, &token, &reply);
		if (r < 0)
			return r;
		if (reply.code)
			break;
		BUF_SCOPED url;
		buf_init(&url, 8192);
		buf_format(&url, "%.*s%.*s%saccess_token=", STR(mp->api), STR(letter->url), joint(letter->url));
		buf_url(&url, token);
		if ((r = buf_failed(&url) ? E_MEMORY : ask(mp, letter, buf_view(&url), &reply)) < 0)
			return r;
		if (tries > 0 || (reply.code != 40001 && reply.code != 40014 && reply.code != 42001))
			break;
		bad = token;
		loose_free(&reply.json);
	}
	int r = is_trouble(reply.code) ? say_trouble(mp, reply.words) : !reply.code && mp->channel.trouble.len ? say_trouble(mp, S("")) : 0;
	if (r < 0) {
		loose_free(&reply.json);
		return r;
	}
	*ret = reply;
	return 0;
}

/* Whether it is given says all: the platform looks at AppID, AppSecret and our address alike. Nothing is forced, nothing kept. */
int mp_try_token(struct mp *mp, struct mp_reply *ret)
{
	struct token t = { .mp = mp };
	int r = ask_for_token(mp, false, &t, ret);
	if (r < 0)
		return r;
	bool people_mend_it = ret->code == 40001 || is_trouble(ret->code);
	return ret->code && !people_mend_it ? 0 : say_trouble(mp, ret->code ? ret->words : S(""));
}

static const struct query *const queries[] = { &mp_lease_take, &mp_lease_give, NULL };

const struct feature feature_mp_api = { .name = "mp_api", .queries = queries };
