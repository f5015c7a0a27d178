/* notify.h: a warning leaves the house: by e-mail, by webhook. Both block (10 to 30 s at most): for jobs, never for
 * requests or transactions. 0, or E_NOT_SENT / E_INVALID with *ret_why (arena or static) for whoever looks at the job. */
#pragma once
#include "base/setting.h"
#include "base/time.h"

struct mail {
	struct str     to, subject, text;         /* text: UTF-8, lines end with LF */
	struct str     key;                       /* names the message: sent twice it is known to be the same */
	struct instant at;
};

int notify_email(const struct settings *, const struct mail *, struct arena *, struct str *ret_why);
/* POST the JSON; any 2xx is success, redirects are not followed. */
int notify_webhook(const struct settings *, struct str url, struct str json, struct arena *, struct str *ret_why);

/* Does the mail server answer and let us in? Nothing is written. */
int notify_reach(const struct settings *, struct arena *, struct str *ret_why);

struct sockaddr;
/* Loopback, private, link-local, multicast … : nothing that an address typed into a form may reach from here. */
bool address_is_private(const struct sockaddr *);

extern const struct setting notify_settings[];
