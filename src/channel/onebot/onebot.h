/* onebot.h: what the files of this connector share. */
#pragma once
#include "channel/channel.h"
#include "channel/onebot/heard.h"

/* "sha1=<hex HMAC-SHA1(secret, body)>"; an empty secret signs nothing. */
bool onebot_signature_holds(struct str secret, struct blob body, struct str signature);
/* Take an event in, whichever way it came. < 0: nothing happened. `ear` may be NULL. */
int onebot_hear(struct tx *, struct id community, const struct channel *, const struct onebot_event *, struct ear *);

/* Read the lists of every QQ account of the job's community (0: of all), at once. */
extern const struct job_kind *const onebot_sync;

extern const struct feature feature_onebot;
