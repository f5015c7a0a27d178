/* api.c: asking the platform: one access token for all processes; what its errors mean.
 *
 * Story      Two servers find the token gone at the same moment. One gets the lease and asks; the other looks again each 50 ms and
 *            finds what the first has put there. Later the platform refuses the token: it is asked for a new one and what was asked is
 *            asked once more. It says 60020: our address is not on its list; the channel shows which address that is until it is.
 * How        gettoken gives the same token to all who ask while it lives, so asking twice hurts nobody; only the two of us asking at
 *            once is to be avoided, since the platform counts.
 * Owns       wecom_lease; the remembered words "token" and "rest" of the channel
 * Holds      Only this file puts a token or a secret into an address, and no address is ever noted or shown.
 */
#include "channel/wecom/wecom.h"

#include "base/secret.h"
#include "base/time.h"
#include "channel/outbox/courier.h"

#define EARLY      (3 * MINUTE)                   /* a token is renewed so long before its end */
#define LEASE      (15 * SECOND)
#define LOOK       50                             /* ms between two looks while another process asks */
#define LOOKS      200
#define CROWDED    300                            /* ms before it is asked again after 45033 */
#define CROWDS     3
#define WORDS_MOST 280

/* ---- One account ---- */

static const struct { const char *key; size_t at; } wanted[] = {
	{ "api", offsetof(struct wecom, api) }, { "corpid", offsetof(struct wecom, corpid) },
	{ "secret", offsetof(struct wecom, secret) },
};

static int read_settings(struct tx *tx, void *arg)
{
	struct wecom *w = arg;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < sizeof wanted / sizeof *wanted; i++)
		r = channel_setting(tx, w->community, &w->channel, wanted[i].key, (struct str *)(void *)((char *)w + wanted[i].at));
	return r;
}

int wecom_open(struct courier *courier, struct id community, const struct channel *channel, struct wecom *ret)
{
	struct wecom w = {
		.courier = courier, .store = courier_store(courier), .arena = courier_arena(courier), .community = community, .channel = *channel,
	};
	int r = store_read(w.store, w.arena, read_settings, &w);
	if (r < 0)
		return r;
	*ret = w;
	return 0;
}

/* ---- What the platform says ---- */

bool wecom_later(int64_t code)
{
	return code == WECOM_BUSY || code == WECOM_NOBODY || code == WECOM_NONSENSE || code == 45009 || code == 45033 || code == 60020 ||
	       code == 40001 || code == 40013 || code == 40014 || code == 42001 || code == 48002 || code == 301002;
}

/* What only people can mend: the address is not on the list, secret or corpid are wrong, the app may not do this. */
static bool is_trouble(int64_t code)
{
	return code == 60020 || code == 40001 || code == 40013 || code == 40091 || code == 41002 || code == 41004 || code == 48002 ||
	       code == 60011 || code == 301002;
}

static int ask(struct wecom *w, const struct letter *letter, struct str url, struct wecom_reply *ret)
{
	struct letter whole = *letter;
	struct answer answer = { 0 };
	struct str why = { 0 };
	struct wecom_reply reply = { 0 };
	whole.url = url;
	int r = courier_ask(w->courier, &whole, &answer, &why);
	if (r == E_NOT_SENT) {
		*ret = (struct wecom_reply){ .code = WECOM_NOBODY, .words = why };
		return 0;
	}
	if (r < 0)
		return r;
	if ((r = loose_read(answer.body, &reply.json)) < 0 && r != E_JSON)
		return r;
	if (answer.status != 200 || !reply.json.json) {
		loose_free(&reply.json);
		*ret = (struct wecom_reply){ .code = answer.status == 200 ? WECOM_NONSENSE : WECOM_BUSY,
		                             .words = str_format(w->arena, "HTTP %d", answer.status) };
		return 0;
	}
	reply.code = loose_int(&reply.json, "errcode", 0);
	if (reply.code) {
		struct str words = loose_text(&reply.json, "errmsg", w->arena);
		words.len = words.len < WORDS_MOST ? words.len : WORDS_MOST;
		reply.words = str_format(w->arena, "%lld %.*s", (long long)reply.code, STR(words));
	}
	*ret = reply;
	return 0;
}

/* ---- Trouble, and rest ---- */

struct noting { const struct wecom *wecom; struct str what; };

static int note_trouble(struct tx *tx, void *arg)
{
	const struct noting *n = arg;
	return n->what.len ? channel_trouble(tx, n->wecom->community, n->wecom->channel.id, n->what)
	                   : channel_well(tx, n->wecom->community, n->wecom->channel.id);
}

static int say_trouble(struct wecom *w, struct str what)
{
	struct noting n = { w, what };
	if (str_equal(what, w->channel.trouble))
		return 0;
	w->channel.trouble = what;
	return store_write(w->store, w->community, w->arena, note_trouble, &n);
}

static int note_rest(struct tx *tx, void *arg)
{
	const struct noting *n = arg;
	return channel_remember(tx, n->wecom->community, n->wecom->channel.id, "rest", n->what,
	                        (struct instant){ tx_now(tx).ms + WECOM_REST });
}

static int take_rest(struct wecom *w, struct str words)
{
	struct noting n = { w, words };
	return store_write(w->store, w->community, w->arena, note_rest, &n);
}

/* ---- The token ---- */

static QUERY(wecom_lease_take, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_INSTANT),
	"INSERT INTO wecom_lease (community_id, channel_id, until) VALUES (?1, ?2, ?3) ON CONFLICT (community_id, channel_id)"
	" DO UPDATE SET until = excluded.until WHERE wecom_lease.until <= ?4");

static QUERY(wecom_lease_give, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE wecom_lease SET until = 0 WHERE community_id = ?1 AND channel_id = ?2");

struct token {
	const struct wecom *wecom;
	char                whose[HASH_TEXT + 1]; /* of corp and secret: another secret's token is none of ours */
	struct str          bad;                  /* the platform refused this one */
	struct str          token, rest;          /* rest: nobody asks now, and why */
	struct instant      until;
	bool                mine;                 /* the lease is ours: we ask */
};

/* The remembered word is "WHOSE TOKEN". */
static int look_for(struct tx *tx, void *arg)
{
	struct token *t = arg;
	struct str kept;
	t->token = t->rest = S("");
	int r = channel_recall(tx, t->wecom->community, t->wecom->channel.id, "rest", &t->rest, NULL);
	if (r != E_NOT_FOUND)
		return r;
	if ((r = channel_recall(tx, t->wecom->community, t->wecom->channel.id, "token", &kept, NULL)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if (str_is(str_cut(&kept, ' '), t->whose) && !str_equal(kept, t->bad))
		t->token = kept;
	return 0;
}

static int look_or_lease(struct tx *tx, void *arg)
{
	struct token *t = arg;
	struct instant now = tx_now(tx);
	t->mine = false;
	int r = look_for(tx, t);
	if (r < 0 || t->token.len || t->rest.len)
		return r;
	r = tx_run(tx, &wecom_lease_take, V(t->wecom->community), V(t->wecom->channel.id), V((struct instant){ now.ms + LEASE }), V(now));
	t->mine = r > 0;
	return r < 0 ? r : 0;
}

static int keep_token(struct tx *tx, void *arg)
{
	struct token *t = arg;
	int r = 0;
	if (t->token.len)
		r = channel_remember(tx, t->wecom->community, t->wecom->channel.id, "token",
		                     str_format(tx_arena(tx), "%s %.*s", t->whose, STR(t->token)), t->until);
	if (r >= 0)
		r = tx_run(tx, &wecom_lease_give, V(t->wecom->community), V(t->wecom->channel.id));
	return r < 0 ? r : 0;
}

static int ask_for_token(struct wecom *w, struct token *t, struct wecom_reply *ret)
{
	BUF_SCOPED url;
	buf_init(&url, 8192);
	buf_format(&url, "%.*s/cgi-bin/gettoken?corpid=", STR(w->api));
	buf_url(&url, w->corpid);
	buf_z(&url, "&corpsecret=");
	buf_url(&url, w->secret);
	struct instant asked = clock_now();
	int r = buf_failed(&url) ? E_MEMORY : ask(w, &(struct letter){ 0 }, buf_view(&url), ret);
	if (r < 0 || ret->code)
		return r;
	int64_t lives = loose_int(&ret->json, "expires_in", 7200) * SECOND;
	t->token = loose_text(&ret->json, "access_token", w->arena);
	t->until.ms = asked.ms + (lives > 2 * EARLY ? lives - EARLY : lives / 2);
	if (!t->token.len)
		ret->code = WECOM_NONSENSE, ret->words = S("no access_token");
	return 0;
}

/* Under the lease. The very token that was refused, again: the platform needs a moment. */
static int renew(struct wecom *w, struct token *t, struct wecom_reply *ret)
{
	int r = ask_for_token(w, t, ret);
	loose_free(&ret->json);
	if (r >= 0 && !ret->code && str_equal(t->token, t->bad)) {
		ret->code = WECOM_BUSY, ret->words = S("the platform refuses the token that it gives");
		t->token = S("");
	}
	int kept = store_write(w->store, w->community, w->arena, keep_token, t);
	if (r < 0 || kept < 0)
		return r < 0 ? r : kept;
	return is_trouble(ret->code) ? say_trouble(w, ret->words) : ret->code == 45009 ? take_rest(w, ret->words) : 0;
}

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	nanosleep(&t, NULL);
}

/* ret->code 0: *ret_token holds one that is not `bad`. */
static int take_token(struct wecom *w, struct str bad, struct str *ret_token, struct wecom_reply *ret)
{
	struct token t = { .wecom = w, .bad = bad };
	struct str account = str_format(w->arena, "%.*s %.*s", STR(w->corpid), STR(w->secret));
	int r = 0;
	hash_text((struct blob){ account.at, account.len }, t.whose);
	*ret = (struct wecom_reply){ 0 };
	for (int looks = 0; looks < LOOKS; looks++) {
		if ((r = store_read(w->store, w->arena, look_for, &t)) < 0)
			return r;
		if (!t.token.len && !t.rest.len && (r = store_write(w->store, w->community, w->arena, look_or_lease, &t)) < 0)
			return r;
		if (!t.token.len && t.mine && (r = renew(w, &t, ret)) < 0)
			return r;
		if (t.rest.len)
			*ret = (struct wecom_reply){ .code = 45009, .words = t.rest };
		if (t.token.len || t.mine || t.rest.len) {
			*ret_token = t.token;
			return 0;
		}
		pause_ms(LOOK);
	}
	*ret = (struct wecom_reply){ .code = WECOM_BUSY, .words = S("another process is asking for a token") };
	return 0;
}

/* ---- Asking ---- */

static int ask_with(struct wecom *w, const struct letter *letter, struct str token, struct wecom_reply *ret)
{
	BUF_SCOPED url;
	buf_init(&url, 8192);
	buf_format(&url, "%.*s%.*s%saccess_token=", STR(w->api), STR(letter->url), str_find(letter->url, '?') < 0 ? "?" : "&");
	buf_url(&url, token);
	int r = buf_failed(&url) ? E_MEMORY : ask(w, letter, buf_view(&url), ret);
	for (int crowds = 0; r >= 0 && ret->code == 45033 && crowds < CROWDS; crowds++) {
		loose_free(&ret->json);
		pause_ms(CROWDED << crowds);
		r = ask(w, letter, buf_view(&url), ret);
	}
	return r;
}

int wecom_ask(struct wecom *w, const struct letter *letter, struct wecom_reply *ret)
{
	struct str token = { 0 }, bad = { 0 };
	struct wecom_reply reply;
	bool rested = false;
	int r;
	for (int tries = 0; ; tries++) {
		if ((r = take_token(w, bad, &token, &reply)) < 0)
			return r;
		rested = reply.code == 45009;
		if (reply.code)
			break;
		if ((r = ask_with(w, letter, token, &reply)) < 0)
			return r;
		if (tries > 0 || (reply.code != 40014 && reply.code != 42001))
			break;
		bad = token;
		loose_free(&reply.json);
	}
	r = is_trouble(reply.code) ? say_trouble(w, reply.words) : !reply.code && w->channel.trouble.len ? say_trouble(w, S(""))
	  : reply.code == 45009 && !rested ? take_rest(w, reply.words) : 0;
	if (r < 0) {
		loose_free(&reply.json);
		return r;
	}
	*ret = reply;
	return 0;
}

int wecom_call(struct wecom *w, const char *path, struct str body, struct wecom_reply *ret)
{
	return wecom_ask(w, &(struct letter){ .url = str_of(path), .body = body }, ret);
}

int wecom_ask_robot(struct wecom *w, const char *path, struct str key, const struct letter *letter, struct wecom_reply *ret)
{
	BUF_SCOPED url;
	buf_init(&url, 8192);
	buf_format(&url, "%.*s%s", STR(w->api), path);
	buf_url(&url, key);
	return buf_failed(&url) ? E_MEMORY : ask(w, letter, buf_view(&url), ret);
}

static const struct query *const queries[] = { &wecom_lease_take, &wecom_lease_give, NULL };

const struct feature feature_wecom_api = { .name = "wecom_api", .queries = queries };
