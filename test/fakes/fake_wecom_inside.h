/* fake_wecom_inside.h: what the files of the fake 企业微信 share. Everything is done under the fake's lock. */
#pragma once
#include <jansson.h>
#include <pthread.h>

#include "fake_wecom.h"
#include "wire.h"

/* One path: its method and what answers. `in`: the body, a JSON object, or NULL of a GET; *out: a new object to be filled. Returns
 * the errcode. */
struct wecom_door { const char *path; bool get; int (*answer)(struct wecom_fake *, const struct wire_ask *, json_t *in, json_t *out);
                    bool parts, no_token; };      /* parts: multipart, no JSON: `in` is NULL; no_token: it asks for what it needs itself */
extern const struct wecom_door wecom_doors_contact[], wecom_doors_group[], wecom_doors_join[], wecom_doors_way[], wecom_doors_template[],
                                wecom_doors_tag[], wecom_doors_mass[], wecom_doors_handover[], wecom_doors_robot[], wecom_doors_intercept[];
/* By hand: POST /_fake/NAME; fills *out. */
struct wecom_hand { const char *name; void (*does)(struct wecom_fake *, json_t *in, json_t *out); };
extern const struct wecom_hand wecom_hands_contact[], wecom_hands_group[], wecom_hands_tag[], wecom_hands_mass[],
                                wecom_hands_handover[], wecom_hands_robot[], wecom_hands_intercept[], wecom_hands_way[];

/* No sheet tells by which number a code that is not there is refused: this one is made up, so that nothing comes to rest on it. */
#define WECOM_NO_SUCH 86995

struct wecom_failure { char path[60]; int errcode, times, slow_ms; bool lost, stalls; };

struct wecom_fake {
	struct wire         *wire;
	pthread_mutex_t      lock;
	char                 url[60], address[300];
	int                  told_times;
	char                 token[64];
	int64_t              token_until;
	int                  tokens, numbers;
	bool                 barred;
	int                  confirms_first;      /* the status a task gets in the moment before it is taken back; 0: none */
	json_t              *staff;               /* userid → {} */
	json_t              *customers;           /* external_userid → {name, unionid, follow: {userid: {createtime, state, …}}} */
	json_t              *groups;              /* chat_id → as groupchat/get says it, and "status"; "before": as it was until then */
	json_t              *ways;                /* config_id → as get_join_way says it */
	json_t              *contact_ways;        /* config_id → as get_contact_way says it */
	json_t              *welcomes;            /* welcome code → {external, userid, until, said: the body, once it was used} */
	json_t              *media;               /* media_id → {} */
	json_t              *templates;           /* template_id → as it was asked for */
	json_t              *tags;                /* tag_id → {group, name}: the corp's */
	json_t              *tasks;               /* msgid → {"task": as asked for, "sender", "target", "group", "over", "status", "reminds"} */
	json_t              *handed;              /* [{"owner", "chat", "on_job", "at"}]: which groups went over, and when */
	json_t              *robots;              /* key → {"group", "at": [when it said something], "said": the last, "files": [media_id]} */
	json_t              *rules;               /* rule_id → as get_intercept_rule says it */
	bool                 large;               /* more than a thousand are in the app's visible range */
	int                  stale;               /* so many readings of groups are answered as of before the last change */
	struct wecom_failure failures[16];
	_Atomic bool         goes_on;             /* whoever was stalled is answered */
	struct { char path[80]; int n; } calls[80];
};

/* A parameter of the address; "" when there is none. */
const char *wecom_query(const struct wire_ask *, const char *name);
int64_t wecom_now(void);                          /* seconds */
const char *wecom_text(json_t *in, const char *key);              /* "" when there is none */
/* Is every one of these keys, where it is there, of this kind ('s' text, 'i' number, 'a' list, 'o' object, 'b' truth)? "userid:s limit:i".
 * 0 or 40058. */
int  wecom_kinds(json_t *in, const char *keys);
/* A new number of its kind: "wr0007". */
const char *wecom_number(struct wecom_fake *, const char *kind, char *ret, size_t size);
/* A group of this owner; it begins with them in it. The lock is held. */
json_t *wecom_group_made(struct wecom_fake *, const char *chat, const char *name, const char *owner);
/* Somebody comes into a group, and everybody is told. scene: 1 invited, 2 by a link, 3 by a QR. */
void wecom_come(struct wecom_fake *, const char *chat, const char *who, const char *name, int scene, const char *state);
/* Text of at most so many bytes, and the link or the picture in `of`: 0, or what is wrong. */
int  wecom_check_said(struct wecom_fake *, json_t *in, json_t *of, size_t most);
/* A code to welcome this customer by, from now on for twenty seconds. */
const char *wecom_welcome_code(struct wecom_fake *, const char *external, const char *userid, char *ret, size_t size);
/* The PNG behind a join way's qr_code: to be freed; NULL: there is none of this name. */
char *wecom_way_picture(struct wecom_fake *, const char *path, size_t *ret_len);
/* An event to whom the test wants told; gives the lock away while it is posted. */
void wecom_tell(struct wecom_fake *, const char *fields);
