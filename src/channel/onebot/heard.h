/* heard.h: one event of a OneBot implementation, read; whatever it is.
 *
 * Source     OneBot 11, "event", and what NapCat, LLOneBot, Lagrange and go-cqhttp make of it: numbers may be text, the message a
 *            string or a list, a dissolved group is told in two ways, a whole group's mute has user 0.
 * Holds      Unknown kinds are read as ONEBOT_OTHER: an implementation may say what it likes. E_INVALID is kept for what is no
 *            event at all.
 * Test       onebot_test.c; fuzz harness test/fuzz/onebot.c
 */
#pragma once
#include "base/time.h"
#include "channel/onebot/segment.h"

enum onebot_kind {
	ONEBOT_OTHER, ONEBOT_GROUP_MESSAGE, ONEBOT_PRIVATE_MESSAGE, ONEBOT_JOINED, ONEBOT_LEFT, ONEBOT_REMOVED, ONEBOT_GROUP_GONE,
	ONEBOT_MUTED, ONEBOT_RECALLED, ONEBOT_CARD, ONEBOT_ROLE, ONEBOT_ASKED, ONEBOT_BEAT,
	ONEBOT_KNOCKED                            /* the doctor's own post */
};
#define ONEBOT_KNOCK "quntu_doctor"               /* its meta_event_type */

struct onebot_event {
	enum onebot_kind kind;
	struct instant   at;
	struct str       self, group, user, operator;     /* numbers, as text; empty: none */
	struct str       number;                  /* of a message */
	struct str       nickname, card, role;
	struct str       words, what, media, reply_to;    /* of a message; what: text image … */
	struct str       file;                    /* what names a file that was sent: it may be told as a message and as a notice */
	bool             mentions_us;
	int64_t          seconds;                 /* of a mute; -1: until lifted */
	struct str       sub_type, flag, comment; /* of a request: add or invite */
	bool             good;                    /* of a heartbeat: the client is online */
	int64_t          interval_ms;             /* … and the next comes after so long; 0: not said */
};

/* Of the body of a POST, or one frame. E_INVALID, E_MEMORY. */
int onebot_read(struct str json, struct arena *, struct onebot_event *ret);
