/* wechat.h: what 公众号 and 企业微信 have in common: answers with an errcode, one access token for all processes, pictures that are
 * uploaded before they are sent.
 *
 * Story      Two servers send at the same moment and both find the token gone. One gets the lease and asks; the other looks again
 *            each 50 ms and finds what the first has put there. Later the platform refuses the token: it is asked for a new one,
 *            once, and what was asked is asked once more. It says that our address is not on its list; the channel shows that until
 *            it is.
 *
 *   wechat.c    asking, the token, what is noted of trouble
 *   picture.c   a picture made fit, and uploaded
 *
 * Owns       channel_lease; the remembered words "token", "forced" and "rest" of a channel
 * Holds      Only wechat.c puts a token into an address, and no address is ever noted or shown. What differs between the two
 *            platforms stands in their struct wechat_kind (mp/api.c, wecom/api.c).
 * Test       mp_test.c, wecom_test.c
 */
#pragma once
#include "channel/channel.h"
#include "channel/wire/loose.h"
#include "media/picture.h"

struct courier;                                   /* outbox/courier.h */
struct letter;
struct wechat_kind;

/* The members of an account that is ready to be asked; `who`: what the platform calls its number (appid, corpid). */
#define WECHAT_ACCOUNT(who) \
	struct courier *courier; \
	struct store *store; \
	struct arena *arena;                      /* the courier's: emptied by whoever made it */ \
	struct id community; \
	struct channel channel; \
	const struct wechat_kind *kind; \
	struct str api, who, secret
struct wechat { WECHAT_ACCOUNT(number); };
/* The same as a connector names it: `account` is all of it. */
#define WECHAT_AS(who) union { struct wechat account; struct { WECHAT_ACCOUNT(who); }; }

/* The platform's errcode, or one of ours: busy (HTTP other than 200), nobody answered, an answer that is no JSON, a picture that cannot
 * be sent. code 0: done. words: "60020 not allow …" */
enum { WECHAT_BUSY = -1, WECHAT_NOBODY = -1000, WECHAT_NONSENSE = -1001, WECHAT_UNFIT = -1002 };
struct wechat_reply { int64_t code; struct str words; struct loose json; };

/* No answer came: what was asked may have been done. (An errcode is an answer.) */
bool wechat_is_lost(const struct wechat_reply *);

struct wechat_token {
	struct str     bad;                       /* the platform refused this one */
	struct str     token, rest;               /* rest: nobody asks now, and why */
	struct instant until;
	bool           forced;                    /* somebody forced one a moment ago; set: we did */
	bool           mine;                      /* the lease is ours: we ask */
	const struct wechat *account;
	struct str     whose;                     /* hash of number and secret: another secret's token is none of ours */
};

struct wechat_kind {
	const char *number, *fallback;            /* the setting that holds it; where the platform is, when none is set */
	bool      (*is_trouble)(int64_t code);    /* only people can mend it */
	bool      (*is_old)(int64_t code);        /* the token has ended */
	/* Under the lease: t->token and t->until, or ret->code with ret->words. */
	int       (*fetch)(struct wechat *, struct wechat_token *t, struct wechat_reply *ret);
	int64_t     rest_ms;                      /* after 45009 (too often) nobody asks for so long, and is answered 45009 here; 0: … */
	int         crowds;                       /* so often 45033 (too many at once) is asked again a moment later */
};

/* On a thread that may wait, outside any transaction. */
int wechat_open(struct courier *, struct id community, const struct channel *, const struct wechat_kind *, struct wechat *ret);
/* letter->url: "/cgi-bin/…", to which host and token are added. 0 whatever the platform says; < 0: a failure of our own. What the
 * account's staff must mend is noted as the channel's trouble; what works again clears it. Free ret->json. */
int wechat_ask(struct wechat *, const struct letter *, struct wechat_reply *ret);
/* The same without a token, at the path as it is; nothing is noted. */
int wechat_ask_openly(struct wechat *, const struct letter *, struct wechat_reply *ret);
/* The channel's trouble; empty: it is well. Cheap when nothing changes. */
int wechat_say_trouble(struct wechat *, struct str what);

/* ---- picture.c ---- */

/* The key of the picture a send's body names ("file", or "url" of one of ours), or empty. */
struct str wechat_picture_key(const struct loose *body, struct arena *);
/* One from somewhere else in the world, whose address a person typed. None: *ret_why says why it is not there now. */
int wechat_picture_fetch(struct wechat *, struct str url, struct blob *ret, struct str *ret_why);
/* Made small enough; *ret_why: it cannot be. */
int wechat_picture_fit(struct arena *, struct blob *bytes, enum picture_type *ret_type, struct str *ret_why);
/* The same, and handed over: *ret_media, or ret->code with its words. Free ret->json. */
int wechat_picture_upload(struct wechat *, struct blob bytes, struct str *ret_media, struct wechat_reply *ret);

extern const struct feature feature_wechat;
