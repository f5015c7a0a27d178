/* identity.h: the ways a member is known, put right by hand; see identity.c. */
#pragma once
#include "http/http.h"

/* Which identity of a member is meant: a phone number may come back as it was sent, masked. E_NOT_FOUND: none of theirs. */
int identity_meant(struct request *, struct id member, struct str channel, struct str subject, struct str *ret);

extern const struct feature feature_identity;
