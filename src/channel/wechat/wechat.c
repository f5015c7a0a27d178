/* wechat.c: asking 公众号 and 企业微信: one access token for all processes, and what is noted of trouble; see wechat.h.
 *
 * How        A process that finds no token takes the lease for LEASE and asks; the others look again each LOOK ms. The remembered word is
 *            "WHOSE TOKEN". Where a platform counts how often it is asked, its "too often" is remembered as a rest for everybody.
 */
#include "channel/wechat/wechat.h"

#include "base/secret.h"
#include "base/time.h"
#include "channel/outbox/courier.h"

#define LEASE       (15 * SECOND)
#define LOOK        50                            /* ms between two looks while another process asks */
#define LOOK_FOR    (10 * SECOND)                 /* … and then give up */
#define CROWDED     300                           /* ms before it is asked again after 45033 */
#define FORCE_PAUSE (35 * SECOND)
#define WORDS_MOST  280
#define TOO_OFTEN   45009
#define TOO_MANY    45033

/* ---- One account ---- */

static int read_settings(struct tx *tx, void *arg)
{
	struct wechat *w = arg;
	int r = channel_setting(tx, w->community, &w->channel, "api", &w->api);
	if (r >= 0)
		r = channel_setting(tx, w->community, &w->channel, w->kind->number, &w->number);
	return r < 0 ? r : channel_setting(tx, w->community, &w->channel, "secret", &w->secret);
}

int wechat_open(struct courier *courier, struct id community, const struct channel *channel, const struct wechat_kind *kind,
                struct wechat *ret)
{
	struct wechat w = {
		.courier = courier, .store = courier_store(courier), .arena = courier_arena(courier), .community = community, .channel = *channel,
		.kind = kind,
	};
	int r = store_read(w.store, w.arena, read_settings, &w);
	if (r < 0)
		return r;
	if (!w.api.len)
		w.api = str_of(kind->fallback);
	*ret = w;
	return 0;
}

/* ---- What the platform says ---- */

bool wechat_is_lost(const struct wechat_reply *reply)
{
	return !reply->json.json && (reply->code == WECHAT_BUSY || reply->code == WECHAT_NOBODY || reply->code == WECHAT_NONSENSE);
}

static int ask(struct wechat *w, const struct letter *letter, struct str url, struct wechat_reply *ret)
{
	struct letter whole = *letter;
	struct answer answer = { 0 };
	struct str why = { 0 };
	struct wechat_reply reply = { 0 };
	whole.url = url;
	int r = courier_ask(w->courier, &whole, &answer, &why);
	if (r == E_NOT_SENT) {
		*ret = (struct wechat_reply){ .code = WECHAT_NOBODY, .words = why };
		return 0;
	}
	if (r < 0)
		return r;
	if ((r = loose_read(answer.body, &reply.json)) < 0 && r != E_JSON)
		return r;
	if (answer.status != 200 || !reply.json.json) {
		loose_free(&reply.json);
		*ret = (struct wechat_reply){ .code = answer.status == 200 ? WECHAT_NONSENSE : WECHAT_BUSY,
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

int wechat_ask_openly(struct wechat *w, const struct letter *letter, struct wechat_reply *ret)
{
	return ask(w, letter, str_format(w->arena, "%.*s%.*s", STR(w->api), STR(letter->url)), ret);
}

/* ---- Trouble, and rest ---- */

struct noting { const struct wechat *account; struct str what; };

static int note_trouble(struct tx *tx, void *arg)
{
	const struct noting *n = arg;
	return n->what.len ? channel_trouble(tx, n->account->community, n->account->channel.id, n->what)
	                   : channel_well(tx, n->account->community, n->account->channel.id);
}

int wechat_say_trouble(struct wechat *w, struct str what)
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
	return channel_remember(tx, n->account->community, n->account->channel.id, "rest", n->what,
	                        (struct instant){ tx_now(tx).ms + n->account->kind->rest_ms });
}

/* What a refusal means to all that ask. */
static int note_refusal(struct wechat *w, const struct wechat_reply *reply)
{
	struct noting n = { w, reply->words };
	if (w->kind->is_trouble(reply->code))
		return wechat_say_trouble(w, reply->words);
	return reply->code == TOO_OFTEN && w->kind->rest_ms ? store_write(w->store, w->community, w->arena, note_rest, &n) : 0;
}

/* ---- The token ---- */

static QUERY(channel_lease_take, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_INSTANT),
	"INSERT INTO channel_lease (community_id, channel_id, until) VALUES (?1, ?2, ?3) ON CONFLICT (community_id, channel_id)"
	" DO UPDATE SET until = excluded.until WHERE channel_lease.until <= ?4");

static QUERY(channel_lease_give, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE channel_lease SET until = 0 WHERE community_id = ?1 AND channel_id = ?2");

static int look_for(struct tx *tx, void *arg)
{
	struct wechat_token *t = arg;
	const struct wechat *w = t->account;
	struct str kept;
	t->token = t->rest = S("");
	int r = w->kind->rest_ms ? channel_recall(tx, w->community, w->channel.id, "rest", &t->rest, NULL) : E_NOT_FOUND;
	if (r != E_NOT_FOUND)
		return r;
	if ((r = channel_recall(tx, w->community, w->channel.id, "token", &kept, NULL)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if (str_equal(str_cut(&kept, ' '), t->whose) && !str_equal(kept, t->bad))
		t->token = kept;
	return 0;
}

static int look_or_lease(struct tx *tx, void *arg)
{
	struct wechat_token *t = arg;
	const struct wechat *w = t->account;
	struct instant now = tx_now(tx);
	struct str word;
	t->mine = false;
	int r = look_for(tx, t);
	if (r < 0 || t->token.len || t->rest.len)
		return r;
	r = tx_run(tx, &channel_lease_take, V(w->community), V(w->channel.id), V((struct instant){ now.ms + clock_allows(LEASE) }), V(now));
	if (r <= 0)
		return r;
	t->mine = true;
	r = channel_recall(tx, w->community, w->channel.id, "forced", &word, NULL);
	t->forced = r == 0;
	return r == E_NOT_FOUND ? 0 : r;
}

static int keep_token(struct tx *tx, void *arg)
{
	struct wechat_token *t = arg;
	const struct wechat *w = t->account;
	int r = 0;
	if (t->token.len)
		r = channel_remember(tx, w->community, w->channel.id, "token", str_format(tx_arena(tx), "%.*s %.*s", STR(t->whose), STR(t->token)),
		                     t->until);
	if (r >= 0 && t->forced)
		r = channel_remember(tx, w->community, w->channel.id, "forced", S("1"), (struct instant){ tx_now(tx).ms + FORCE_PAUSE });
	if (r >= 0)
		r = tx_run(tx, &channel_lease_give, V(w->community), V(w->channel.id));
	return r < 0 ? r : 0;
}

/* Under the lease. */
static int renew(struct wechat *w, struct wechat_token *t, struct wechat_reply *ret)
{
	int r = w->kind->fetch(w, t, ret);
	int kept = store_write(w->store, w->community, w->arena, keep_token, t);
	return r < 0 || kept < 0 ? r < 0 ? r : kept : note_refusal(w, ret);
}

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	nanosleep(&t, NULL);
}

/* ret->code 0: *ret_token holds one that is not `bad`. */
static int take_token(struct wechat *w, struct str bad, struct str *ret_token, struct wechat_reply *ret)
{
	char whose[HASH_TEXT + 1];
	struct str number = str_format(w->arena, "%.*s %.*s", STR(w->number), STR(w->secret));
	struct wechat_token t = { .account = w, .bad = bad };
	int r = 0;
	hash_text((struct blob){ number.at, number.len }, whose);
	t.whose = str_of(whose);
	*ret = (struct wechat_reply){ 0 };
	for (int64_t until = clock_steady() + clock_allows(LOOK_FOR); clock_steady() < until;) {
		if ((r = store_read(w->store, w->arena, look_for, &t)) < 0)
			return r;
		if (!t.token.len && !t.rest.len && (r = store_write(w->store, w->community, w->arena, look_or_lease, &t)) < 0)
			return r;
		if (!t.token.len && t.mine && (r = renew(w, &t, ret)) < 0)
			return r;
		if (t.rest.len)
			*ret = (struct wechat_reply){ .code = TOO_OFTEN, .words = t.rest };
		if (t.token.len || t.mine || t.rest.len) {
			*ret_token = t.token;
			return 0;
		}
		pause_ms(LOOK);
	}
	*ret = (struct wechat_reply){ .code = WECHAT_BUSY, .words = S("another process is asking for a token") };
	return 0;
}

/* ---- Asking ---- */

static int ask_with(struct wechat *w, const struct letter *letter, struct str token, struct wechat_reply *ret)
{
	BUF_SCOPED url;
	buf_init(&url, 8192);
	buf_format(&url, "%.*s%.*s%saccess_token=", STR(w->api), STR(letter->url), str_find(letter->url, '?') < 0 ? "?" : "&");
	buf_url(&url, token);
	int r = buf_failed(&url) ? E_MEMORY : ask(w, letter, buf_view(&url), ret);
	for (int crowds = 0; r >= 0 && ret->code == TOO_MANY && crowds < w->kind->crowds; crowds++) {
		loose_free(&ret->json);
		pause_ms(CROWDED << crowds);
		r = ask(w, letter, buf_view(&url), ret);
	}
	return r;
}

int wechat_ask(struct wechat *w, const struct letter *letter, struct wechat_reply *ret)
{
	struct str token = { 0 }, bad = { 0 };
	struct wechat_reply reply;
	bool asked = false;
	int r;
	for (int tries = 0; ; tries++) {
		if ((r = take_token(w, bad, &token, &reply)) < 0)
			return r;
		asked = !reply.code;
		if (reply.code)
			break;
		if ((r = ask_with(w, letter, token, &reply)) < 0)
			return r;
		if (tries > 0 || !w->kind->is_old(reply.code))
			break;
		bad = token;
		loose_free(&reply.json);
	}
	r = asked ? reply.code ? note_refusal(w, &reply) : wechat_say_trouble(w, S("")) : 0;
	if (r < 0) {
		loose_free(&reply.json);
		return r;
	}
	*ret = reply;
	return 0;
}

static const struct query *const queries[] = { &channel_lease_take, &channel_lease_give, NULL };

const struct feature feature_wechat = { .name = "wechat", .queries = queries };
