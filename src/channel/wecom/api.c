/* api.c: asking 企业微信: how it gives a token, and what its refusals mean; the asking itself is in wechat/.
 *
 * Story      It says 60020: our address is not on its list; the channel shows which address that is until it is.
 * How        gettoken gives the same token to all who ask while it lives, so asking twice hurts nobody; only the two of us asking at
 *            once is to be avoided, since the platform counts.
 */
#include "channel/wecom/wecom.h"

#include "base/time.h"
#include "channel/outbox/courier.h"

#define EARLY (3 * MINUTE)                        /* a token is renewed so long before its end */

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

static bool is_old(int64_t code) { return code == 40014 || code == 42001; }

/* The very token that was refused, again: the platform needs a moment. */
static int fetch(struct wechat *w, struct wechat_token *t, struct wechat_reply *ret)
{
	BUF_SCOPED url;
	buf_init(&url, 8192);
	buf_z(&url, "/cgi-bin/gettoken?corpid=");
	buf_url(&url, w->number);
	buf_z(&url, "&corpsecret=");
	buf_url(&url, w->secret);
	struct instant asked = clock_now();
	int r = buf_failed(&url) ? E_MEMORY : wechat_ask_openly(w, &(struct letter){ .url = buf_view(&url) }, ret);
	if (r >= 0 && !ret->code) {
		int64_t lives = loose_int(&ret->json, "expires_in", 7200) * SECOND;
		t->token = loose_text(&ret->json, "access_token", w->arena);
		t->until.ms = asked.ms + (lives > 2 * EARLY ? lives - EARLY : lives / 2);
		if (!t->token.len)
			ret->code = WECOM_NONSENSE, ret->words = S("no access_token");
	}
	loose_free(&ret->json);
	if (r >= 0 && !ret->code && str_equal(t->token, t->bad)) {
		ret->code = WECOM_BUSY, ret->words = S("the platform refuses the token that it gives");
		t->token = S("");
	}
	t->forced = false;
	return r;
}

static const struct wechat_kind wecom_kind = {
	.number = "corpid", .fallback = WECOM_API, .is_trouble = is_trouble, .is_old = is_old, .fetch = fetch, .rest_ms = WECOM_REST,
	.crowds = 3,
};

int wecom_open(struct courier *courier, struct id community, const struct channel *channel, struct wecom *ret)
{
	return wechat_open(courier, community, channel, &wecom_kind, &ret->account);
}

int wecom_ask(struct wecom *w, const struct letter *letter, struct wecom_reply *ret) { return wechat_ask(&w->account, letter, ret); }

int wecom_call(struct wecom *w, const char *path, struct str body, struct wecom_reply *ret)
{
	return wecom_ask(w, &(struct letter){ .url = str_of(path), .body = body }, ret);
}

int wecom_ask_robot(struct wecom *w, const char *path, struct str key, const struct letter *letter, struct wecom_reply *ret)
{
	struct letter whole = *letter;
	BUF_SCOPED url;
	buf_init(&url, 8192);
	buf_z(&url, path);
	buf_url(&url, key);
	whole.url = buf_view(&url);
	return buf_failed(&url) ? E_MEMORY : wechat_ask_openly(&w->account, &whole, ret);
}
