/* card.c: share cards: what a member page needs so that WeChat shows its own title, text and picture (JS-SDK).
 *
 * Story      A page inside WeChat asks for a signature over its own address; with it the platform's script lets the page say what
 *            its card looks like. Without an account, or before the ticket is there, the page does without.
 * How        The ticket is fetched by a job and remembered for all processes; a request only signs.
 * Holds      Only addresses below our own origin are signed. Nothing is ever asked about whether somebody shared (G1).
 * Test       mp_test.c
 */
#include "channel/mp/mp.h"

#include "channel/outbox/courier.h"
#include "base/time.h"
#include "channel/wire/bizmsg.h"

#define EARLY       (10 * MINUTE)
#define NONCE       16
#define ADDRESS_MAX 1000

struct card_query { struct str url; };
struct share_card { struct str appid, nonce, signature, sign_in; int64_t timestamp; };

ROW(card_query, FIELD(card_query, url, "The page's address, without what follows #", .max = ADDRESS_MAX, .optional = true));

ROW(share_card,
	FIELD(share_card, appid,     "Account; empty: no card can be made (now)"),
	FIELD(share_card, nonce,     "nonceStr"),
	FIELD(share_card, signature, "signature"),
	FIELD(share_card, sign_in,   "Where this visitor would be recognised; empty: nowhere, or they are"),
	FIELD(share_card, timestamp, "timestamp"));

/* ---- Job ---- */

struct fetching { struct id community, id; struct channel channel; struct str ticket; struct instant until; };

static int load_fetching(struct tx *tx, void *arg)
{
	struct fetching *f = arg;
	return channel_get(tx, f->community, f->id, &f->channel);
}

static int keep_ticket(struct tx *tx, void *arg)
{
	struct fetching *f = arg;
	return channel_remember(tx, f->community, f->id, f->ticket.len ? "ticket" : "no ticket", f->ticket.len ? f->ticket : S("1"), f->until);
}

static int fetch(const struct job_context *jc, struct courier *courier, struct fetching *f, struct str *ret_why)
{
	struct mp mp;
	struct mp_reply reply = { 0 };
	struct instant now = clock_now();
	int r = mp_open(courier, f->community, &f->channel, &mp);
	if (r < 0 || (r = mp_ask(&mp, &(struct letter){ .url = S("/cgi-bin/ticket/getticket?type=jsapi") }, &reply)) < 0)
		return r;
	f->ticket = reply.code ? S("") : loose_text(&reply.json, "ticket", jc->arena);
	f->until.ms = now.ms + (f->ticket.len ? loose_int(&reply.json, "expires_in", 0) * SECOND - MINUTE : HOUR);
	*ret_why = str_copy(jc->arena, reply.words);
	loose_free(&reply.json);
	if (reply.code == MP_BUSY || reply.code == MP_NOBODY)
		return E_NOT_SENT;
	return store_write(jc->store, f->community, jc->arena, keep_ticket, f);
}

static int run_ticket(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct fetching f = { .community = job->community };
	struct courier *courier;
	if (!str_to_int(job->key, &f.id.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load_fetching, &f);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	r = fetch(jc, courier, &f, ret_why);
	courier_free(courier);
	return r;
}

static const struct job_kind jobs[] = {
	{ "mp_ticket", "Fetches what share cards are signed with", run_ticket, .tries_max = 4 },
	{ 0 },
};

/* ---- API ---- */

/* The first account that is on. */
static int account_of(struct tx *tx, struct id community, struct channel *ret)
{
	struct rows rows;
	int r = channel_list(tx, community, S("mp"), &rows);
	const struct channel *c = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if (str_is(c[i].state, "on")) {
			*ret = c[i];
			return 0;
		}
	return r < 0 ? r : E_NOT_FOUND;
}

static int sign(struct request *rq, const struct channel *channel, struct str url, struct share_card *ret)
{
	struct str ticket;
	struct instant until, now = tx_now(rq->tx);
	char nonce[NONCE + 1], signature[SHA1_TEXT + 1];
	int r = channel_recall(rq->tx, rq->community, channel->id, "ticket", &ticket, &until), none;
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	bool old = r == E_NOT_FOUND || until.ms - now.ms < EARLY;
	if (old) {
		struct str word;
		struct instant again;
		none = channel_recall(rq->tx, rq->community, channel->id, "no ticket", &word, &again);
		if (none == E_NOT_FOUND)
			none = job_add(rq->tx, rq->community, &jobs[0], str_format(rq->arena, "%lld", (long long)channel->id.n), S(""), now);
		if (none < 0)
			return none;
	}
	if (r == E_NOT_FOUND)
		return 0;
	secret_slug(nonce, NONCE);
	ret->timestamp = now.ms / SECOND;
	sha1_text(str_format(rq->arena, "jsapi_ticket=%.*s&noncestr=%s&timestamp=%lld&url=%.*s", STR(ticket), nonce, (long long)ret->timestamp,
	                     STR(url)), signature);
	ret->nonce = str_copy(rq->arena, str_of(nonce)), ret->signature = str_copy(rq->arena, str_of(signature));
	return channel_setting(rq->tx, rq->community, channel, "appid", &ret->appid);
}

static int get_card(struct request *rq, const void *in, void *out)
{
	const struct card_query *q = in;
	struct share_card *card = out;
	struct channel channel;
	struct str rest = q->url, url = str_cut(&rest, '#'), path = url;
	rq->community = rq->path_id;
	*card = (struct share_card){ 0 };
	if (!url.len)
		return 0;
	if (!str_starts(url, rq->origin) || url.len <= rq->origin.len || url.at[rq->origin.len] != '/')
		return rq_complain(rq, E_BAD_PATTERN, S("url"));
	int r = account_of(rq->tx, rq->community, &channel);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	path.at += rq->origin.len, path.len -= rq->origin.len;
	if ((r = mp_sign_path(rq, path, &card->sign_in)) < 0)
		return r;
	return sign(rq, &channel, url, card);
}

static const struct route routes[] = {
	{ "GET", "/api/w/{id}/card", ROLE_VISITOR, get_card, &row_card_query, &row_share_card, "What a member page inside WeChat needs for its share card", .writes = true },
	{ 0 },
};

const struct feature feature_mp_card = { .name = "mp_card", .routes = routes, .jobs = jobs };
