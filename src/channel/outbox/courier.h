/* courier.h: the way out: HTTPS requests of a connector, over connections that stay open.
 *
 * One courier belongs to one thread. Requests block (10 s by default); addresses typed by people are checked against
 * private networks after DNS resolution (engine/notify); a connector's own hosts come from its settings, so that a test
 * or a proxy may stand in for them.
 * Holds      A connection that was opened without the check serves no request that wants it. Redirects are not followed.
 *            Replies are read up to COURIER_REPLY bytes. Certificates are checked.
 */
#pragma once
#include "channel/channel.h"

#define COURIER_REPLY (8 * 1024 * 1024)

struct courier;
int  courier_make(struct store *, const struct settings *, struct courier **ret);
void courier_free(struct courier *);
struct store          *courier_store(struct courier *);
const struct settings *courier_settings(struct courier *);
struct arena          *courier_arena(struct courier *);       /* emptied between deliveries */

struct letter_part { const char *name, *filename, *type; struct blob bytes; };    /* of multipart/form-data */
struct letter {
	const char        *method;                /* NULL: POST when there is a body, else GET */
	struct str         url;
	struct str         body;
	const char        *type;                  /* of the body; NULL: application/json */
	const char *const *headers;               /* "Name: value", ends with NULL; may be NULL */
	const struct letter_part *parts;          /* multipart instead of a body */
	size_t             part_count;
	int64_t            timeout_ms;            /* 0: 10 s */
	bool               checked;               /* the address was typed by a person: private networks are refused */
};
/* status 0: nobody answered; in the courier's arena. retry_after: seconds that Retry-After asks us to wait, 0: it does not. */
struct answer { int status; struct str body, type; int64_t retry_after; };
/* 0 when an HTTP answer came, whatever it says. E_NOT_SENT with *ret_why otherwise: nobody there, timed out, refused address. */
int courier_ask(struct courier *, const struct letter *, struct answer *ret, struct str *ret_why);
