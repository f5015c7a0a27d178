/* fake_mp.h: a platform that is no platform: the part of 公众号 that Quntu talks to, as strict as the real one is.
 *
 * Story      A test opens it on a loopback port, gives its address to a channel as `api` and `open`, lets a fan follow or write (the
 *            fake posts the callback to our server, and opens the windows in which the fan may be answered), and looks at what
 *            was sent.
 * Strict     Tokens end; a wrong one is 40001 or 40014, an old one 42001, none 41001. Bodies that are no JSON are 47001, with \u
 *            40033. Messages need a follower (43004), an open window (45015) and a place in it (45047); pictures are known for
 *            three days (40007). QR codes need a scene of 1 to 64 and a life of at most 30 days (40053). Addresses that are not
 *            on the list get 40164.
 * By hand    build/quntu-test --fake mp [PORT] serves it for journeys; what a test does by calls is done by POST /_fake/… there.
 */
#pragma once
#include "base/str.h"

#define FAKE_APPID  "wx1234567890abcdef"
#define FAKE_SECRET "5ec4e7of7heacc0un7"
#define FAKE_TOKEN  "greenTea42"
#define FAKE_ONCE   "ONCE_1uDxHNXwYQfBmXOfPJcjAS3"      /* the account's one template of one-time subscriptions */
#define FAKE_KEY    "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"

struct mp_fake;
struct mp_fake *mp_fake_open(int port);           /* 0: a free one */
void            mp_fake_close(struct mp_fake *);
int             mp_fake_port(const struct mp_fake *);
const char     *mp_fake_url(const struct mp_fake *);

/* ---- What goes wrong ---- */

/* The next `times` calls whose path has `path` in it are answered with this errcode (0: as usual), `slow_ms` late. */
void mp_fake_fail(struct mp_fake *, const char *path, int errcode, int times, int slow_ms);
void mp_fake_expire(struct mp_fake *);            /* the token in use has ended */
void mp_fake_bar(struct mp_fake *, bool barred);  /* our address is not on the list */
void mp_fake_skew(struct mp_fake *, int64_t ms);  /* its clock, as every Date tells, is ahead of ours by so much */
void mp_fake_virtual(struct mp_fake *, bool);     /* sign-ins are of virtual users */
/* Time passes for windows and tokens. */
void mp_fake_later(struct mp_fake *, int64_t ms);

/* ---- What people do ---- */

enum mp_fake_mode { FAKE_SAFE, FAKE_PLAIN, FAKE_BOTH, FAKE_UNSIGNED, FAKE_OLD, FAKE_BROKEN };
/* Posts a callback to `address` (http://…/api/in/SLUG): the HTTP status; what was answered in `answer` (may be NULL). */
int mp_fake_say(struct mp_fake *, const char *address, enum mp_fake_mode, const char *openid, const char *text, int64_t msgid,
                char *answer, size_t size);
/* event: subscribe, SCAN, unsubscribe, CLICK …; `key`: its EventKey. `at`: CreateTime, seconds. TEMPLATESENDJOBFINISH: `key` is
 * "MSGID success", "MSGID failed:user block". */
int mp_fake_event(struct mp_fake *, const char *address, enum mp_fake_mode, const char *openid, const char *event, const char *key,
                  int64_t at);
/* The address check. true: our server answered with the very echo. */
bool mp_fake_check(struct mp_fake *, const char *address);
/* A unionid, for whoever asks. */
void mp_fake_unite(struct mp_fake *, const char *openid, const char *unionid);
/* A fan is at this address of the platform, where they may allow one message, and says yes or no: where they are sent to. false: the
 * platform would not show the question (a wrong template, scene, appid …). */
bool mp_fake_confirm(struct mp_fake *, const char *address, const char *openid, bool yes, char *ret, size_t size);
/* Who signs in next. */
void mp_fake_who(struct mp_fake *, const char *openid);

/* ---- What arrived ---- */

int mp_fake_calls(struct mp_fake *, const char *path);           /* calls whose path has this in it */
int mp_fake_sent(struct mp_fake *, const char *openid);          /* messages and templates accepted for them; NULL: for all */
/* The body of the nth accepted for them (NULL: for all), as it came; "" when there is none. Until the fake is closed. */
const char *mp_fake_message(struct mp_fake *, const char *openid, int nth);
