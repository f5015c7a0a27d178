/* onebot.h: what the files of this connector share. */
#pragma once
#include "channel/channel.h"
#include "channel/onebot/heard.h"

/* "sha1=<hex HMAC-SHA1(secret, body)>"; an empty secret signs nothing. */
bool onebot_signature_holds(struct str secret, struct blob body, struct str signature);
/* … made. */
#define ONEBOT_SIGNATURE 45
void onebot_sign(struct str secret, struct blob body, char ret[ONEBOT_SIGNATURE + 1]);        /* empty: nothing to sign with */

/* ---- Its API: outside any transaction, may wait ---- */

struct json_t;
struct onebot_api { struct str url, ws_url, token; struct id community; const struct channel *channel;
                    int64_t wait_ms; };     /* 0: as usual */
int onebot_open(struct courier *, struct id community, const struct channel *, struct onebot_api *ret);
enum said { SAID_YES, SAID_LATER, SAID_REFUSED, SAID_NO_KEY, SAID_UNKNOWN, SAID_NEVER };      /* SAID_NEVER: we say it, to ourselves */
/* One action. *ret_data is to be released (NULL when there is none); *ret_why in the courier's arena. < 0: our own failure. */
int onebot_do(struct courier *, const struct onebot_api *, const char *action, struct json_t *parameters, enum said *ret,
              struct json_t **ret_data, struct str *ret_why);

/* A number as JSON: some refuse numbers as text. */
struct json_t *onebot_number(struct str text);
/* file.c: a file of ours into a group's files, or to a friend. *ret_number: the client's number of the file. */
int onebot_send_file(struct courier *, const struct onebot_api *, const struct send *, const struct json_t *body, enum said *ret,
                     struct str *ret_number, struct str *ret_why);

/* examine.c: is it in order? For the doctor. */
int onebot_examine(struct checkup *, const struct channel *);

/* Take an event in, whichever way it came. < 0: nothing happened. `ear` may be NULL. */
int onebot_hear(struct tx *, struct id community, const struct channel *, const struct onebot_event *, struct ear *);

/* Read the lists of every QQ account of the job's community (0: of all), at once. */
extern const struct job_kind *const onebot_sync;

extern const struct feature feature_onebot;
