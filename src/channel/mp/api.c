/* api.c: asking 公众号: how it gives a token, and what its refusals mean; the asking itself is in wechat/.
 *
 * How        /cgi-bin/stable_token gives the same token to all who ask until five minutes before its end, and both the old and the
 *            new one hold then: so nothing is forced unless the very token that it gives is refused (somebody renewed it by hand);
 *            forcing is scarce (20 a day).
 */
#include "channel/mp/mp.h"

#include "channel/outbox/courier.h"
#include "base/time.h"

#define EARLY (5 * MINUTE)                        /* a token is renewed so long before its end */

/* What only people can mend: the address is not on the list, the secret is wrong, an interface is not granted, the account is
 * restricted. */
static bool is_trouble(int64_t code)
{
	return code == 40164 || code == 40125 || code == 40013 || code == 41002 || code == 41004 || code == 48001 || code == 50002 ||
	       code == 50007 || code == 61004 || code == 89503;
}

static bool is_old(int64_t code) { return code == 40001 || code == 40014 || code == 42001; }

static int ask_for_token(struct wechat *w, bool force, struct wechat_token *t, struct wechat_reply *ret)
{
	BUF_SCOPED body;
	struct wechat_reply reply = { 0 };
	buf_init(&body, 4096);
	buf_z(&body, "{\"grant_type\":\"client_credential\",\"appid\":");
	loose_write(&body, w->number);
	buf_z(&body, ",\"secret\":");
	loose_write(&body, w->secret);
	buf_z(&body, force ? ",\"force_refresh\":true}" : ",\"force_refresh\":false}");
	struct instant asked = clock_now();
	struct letter letter = { .url = S("/cgi-bin/stable_token"), .body = buf_view(&body) };
	int r = buf_failed(&body) ? E_MEMORY : wechat_ask_openly(w, &letter, &reply);
	if (r < 0)
		return r;
	if (!reply.code) {
		int64_t lives = loose_int(&reply.json, "expires_in", 0) * SECOND;
		t->token = loose_text(&reply.json, "access_token", w->arena);
		/* In its last five minutes the old one is still given: looked at again soon. */
		t->until.ms = asked.ms + (lives > EARLY + 10 * SECOND ? lives - EARLY : lives > 20 * SECOND ? 10 * SECOND : lives / 2);
		if (!t->token.len)
			reply.code = MP_NONSENSE, reply.words = S("no access_token");
	}
	loose_free(&reply.json);
	*ret = reply;
	return 0;
}

/* At this door 40001 says that the secret is wrong. */
static int note(struct wechat *w, const struct wechat_reply *reply)
{
	return !reply->code || reply->code == 40001 || is_trouble(reply->code) ? wechat_say_trouble(w, reply->code ? reply->words : S("")) : 0;
}

static int fetch(struct wechat *w, struct wechat_token *t, struct wechat_reply *ret)
{
	bool forced = t->forced;
	t->forced = false;
	int r = ask_for_token(w, false, t, ret);
	if (r >= 0 && !ret->code && str_equal(t->token, t->bad)) {
		t->token = S("");
		if (forced) {
			ret->code = MP_BUSY, ret->words = S("the token was refused twice within a minute");
		} else {
			t->forced = true;
			r = ask_for_token(w, true, t, ret);
		}
	}
	return r < 0 ? r : note(w, ret);
}

static const struct wechat_kind mp_kind = {
	.number = "appid", .fallback = MP_API, .is_trouble = is_trouble, .is_old = is_old, .fetch = fetch,
};

int mp_open(struct courier *courier, struct id community, const struct channel *channel, struct mp *ret)
{
	return wechat_open(courier, community, channel, &mp_kind, &ret->account);
}

int mp_ask(struct mp *mp, const struct letter *letter, struct mp_reply *ret) { return wechat_ask(&mp->account, letter, ret); }

int mp_ask_openly(struct mp *mp, const struct letter *letter, struct mp_reply *ret) { return wechat_ask_openly(&mp->account, letter, ret); }

/* Whether it is given says all: the platform looks at AppID, AppSecret and our address alike. Nothing is forced, nothing kept. */
int mp_try_token(struct mp *mp, struct mp_reply *ret)
{
	struct wechat_token t = { .account = &mp->account };
	int r = ask_for_token(&mp->account, false, &t, ret);
	return r < 0 ? r : note(&mp->account, ret);
}
