/* mp.h: 公众号 (WeChat official accounts): what they tell us, what we may tell their followers.
 *
 * Story      A fan scans a friend's poster and follows the account. The platform calls us; within a second she has a greeting and
 *            her own poster, for a follow allows three messages in one minute. Next day she writes: that allows five within
 *            48 hours. When neither is open, only a template message may leave, or a person must write.
 *
 *   callback.c  what the platform calls: the address check; messages and events, plain and encrypted
 *   api.c       how the platform gives a token, and what its errors mean (asking: wechat/)
 *   send.c      what leaves: customer-service messages within their windows, template messages, pictures
 *   code.c      parametric QR codes (带参二维码)
 *   fan.c       windows of followers, and their unionid
 *   sign.c      who a visitor is (OAuth)
 *   card.c      share cards (JS-SDK)
 *   menu.c      the menu below the chat
 *   examine.c   is it in order? For the doctor
 *   receipt.c   what became of template messages
 *   once.c      one message that a fan allows in advance (一次性订阅消息)
 *
 * Holds      One process asks for a token, the others wait for it. A token the platform refuses is renewed once, and what was
 *            asked is asked once more. Answers to callbacks never wait for anything: "success", then the outbox.
 *            Platform hosts are settings, so that tests and proxies may stand in for them.
 * Test       mp_test.c, against test/fakes/fake_mp.c, which refuses what the platform refuses
 */
#pragma once
#include "channel/channel.h"
#include "channel/outbox/outbox.h"
#include "channel/wechat/wechat.h"

#define MP_API  "https://api.weixin.qq.com"
#define MP_OPEN "https://open.weixin.qq.com"
#define MP_CONFIRM "https://mp.weixin.qq.com"
#define MP_SCENE_MAX 64

extern const struct connector connector_mp;
extern const struct feature feature_mp, feature_mp_send, feature_mp_fan, feature_mp_code, feature_mp_menu,
                            feature_mp_sign, feature_mp_card, feature_mp_receipt, feature_mp_once;

enum mp_event { MP_TEMPLATE_DONE };
extern const struct event_kind mp_events[];

/* ---- api.c: on a thread that may wait, outside any transaction ---- */

struct mp { WECHAT_AS(appid); };                  /* one account, ready to be asked */
int mp_open(struct courier *, struct id community, const struct channel *, struct mp *ret);

enum { MP_BUSY = WECHAT_BUSY, MP_NOBODY = WECHAT_NOBODY, MP_NONSENSE = WECHAT_NONSENSE };
#define mp_reply wechat_reply                     /* struct mp_reply: the same */

/* As wechat_ask. A refused token (40001, 40014, 42001) is renewed, and what was asked is asked once more. */
int mp_ask(struct mp *, const struct letter *, struct mp_reply *ret);
/* The same without a token: for /sns/oauth2. */
int mp_ask_openly(struct mp *, const struct letter *, struct mp_reply *ret);
/* Would the platform give us a token now? What it says, noted as trouble or clearing it. */
int mp_try_token(struct mp *, struct mp_reply *ret);

/* ---- callback.c, send.c: the connector's hands ---- */

int mp_ready(struct callback *);
int mp_heard(struct callback *);
int mp_examine(struct checkup *, const struct channel *);
int mp_deliver(struct courier *, const struct channel *, const struct send *, struct delivery *ret);

/* ---- receipt.c ---- */

/* The platform took this send and calls it so. */
int mp_receipt_of(struct tx *, struct id community, struct id channel, struct str number, struct id send);
/* … and says what became of that number: "success", "failed:user block" … In whichever order. */
int mp_receipt_says(struct tx *, struct id community, struct id channel, struct str number, struct str status);

/* ---- fan.c ---- */

enum mp_deed { MP_SAID, MP_ACTED, MP_HEARD };     /* MP_HEARD: opens nothing */
int mp_fan_did(struct tx *, struct id community, struct id channel, struct str openid, enum mp_deed, struct instant at);
/* May they be told something now? */
int mp_may_tell(struct tx *, struct id community, struct id channel, struct str openid, bool *ret);
/* 1: one message of a window is taken (*ret: of which); 0: none is open. */
int mp_window_take(struct tx *, struct id community, struct id channel, struct str openid, enum mp_deed *ret);
/* It was not used after all. */
int mp_window_give(struct tx *, struct id community, struct id channel, struct str openid, enum mp_deed);

/* ---- code.c ---- */

struct mp_code {
	struct id      id, channel_id;
	struct str     scene, title;
	struct id      about_id;
	bool           permanent;
	struct instant wanted_until;
	struct str     url;                       /* what its QR picture says; empty: not made yet */
	struct instant expires_at;
	struct str     trouble;
	int64_t        follows, scans;
	struct instant created_at;
};
extern const struct row row_mp_code;
/* A code with this scene, made soon by a job; one that is there is kept. Part of the caller's transaction. */
int mp_code_want(struct tx *, struct id community, struct id channel, struct str scene, struct str title, struct id about,
                 bool permanent, struct instant until);
/* E_NOT_FOUND. */
int mp_code_get(struct tx *, struct id community, struct id channel, struct str scene, struct mp_code *ret);
/* It was scanned: counted. */
int mp_code_met(struct tx *, struct id community, struct id channel, struct str scene, bool followed);

/* ---- sign.c ---- */

/* Where a visitor of a page at `back` is sent to be known; empty: there is no account that can, or they are known. */
int mp_sign_path(struct request *, struct str back, struct str *ret);
/* May a visitor be led there: a member page of ours, and nothing that a browser could take for another host? */
bool mp_may_return(struct str back);
/* What stands in the address of a page under these names, each at most so long; read loosely, for whatever somebody typed leads
 * somewhere. What is not there stays as it is. */
struct mp_word { const char *name; struct str text; };
void mp_page_words(struct request *, struct mp_word *, size_t count, size_t most);
/* A page that leads there at once: no redirect, browsers remember those. */
int mp_page_leads(struct request *, struct body *, struct str to);

/* ---- once.c ---- */

struct mp_once { struct id id, channel_id; struct str subject; int64_t scene; struct str nonce, back, state; struct instant at; };
/* Where this visitor may allow one message; empty: no account has a template for it, they are no fan of one, or enough wait already.
 * *ret_waiting: how many they have allowed that did not leave yet. */
int mp_once_path(struct request *, struct str back, struct str *ret, int64_t *ret_waiting);
/* Has this fan allowed one that nobody else waits with? */
int mp_once_is(struct tx *, struct id community, struct id channel, struct str openid, bool *ret);
/* It is for this send. 1; 0: there is none. */
int mp_once_keep(struct tx *, struct id community, struct id channel, struct str openid, struct id send);
/* The one this send may use: E_NOT_FOUND. It was used, or the platform knows of none. */
int mp_once_kept(struct tx *, struct id community, struct id channel, struct str openid, struct id send, struct mp_once *ret);
int mp_once_used(struct tx *, struct id community, struct id once);
