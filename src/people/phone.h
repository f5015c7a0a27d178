/* phone.h: how strong is an identity, and a phone number proved by a one-time code.
 *
 * Story      A campaign counts only people it can tell apart. A visitor types their number, gets six digits by text
 *            message, types them, and this browser now belongs to the member with that number.
 * Sender     Texts leave through a sender: the community chooses one of those that are registered. This room brings
 *            "console" (into the server's log, for trials) and "webhook" (the operator's own gateway); a channel that can
 *            send texts adds its own.
 * Holds      A code lives 5 minutes and 5 tries, for the browser that asked; it is derived from the server's key and kept
 *            nowhere. Whether a number is known shows in no answer: not in words, not in a limit.
 */
#pragma once
#include "engine/jobs/jobs.h"
#include "people/privacy.h"

/* Each is worth more than those before. PLATFORM: a chat platform says who it is. */
enum strength { STRENGTH_NONE, STRENGTH_ANONYMOUS, STRENGTH_PHONE, STRENGTH_PLATFORM };

/* Of a visitor in this community. NONE: there is no visitor (0). */
int identity_strength(struct tx *, struct id community, struct id visitor, enum strength *ret);

struct code_message { struct str community, phone, code, text; };   /* text: the whole sentence, in the reader's language */

struct code_sender {
	const char *name;
	/* 0, or < 0 with *ret_why; may block for seconds. Tried again while the code lives. */
	int       (*send)(const struct job_context *, const struct privacy *, const struct code_message *, struct str *ret_why);
};
/* At start, before the server runs; at most 8. The same name again replaces. */
void phone_sender_add(const struct code_sender *);
/* May codes be written into the log here? (setting code_console) */
bool phone_console_allowed(const struct settings *);

/* As typed → as kept: digits, a + before foreign ones, +86 left off. Empty: that is no phone number. */
struct str phone_normal(struct arena *, struct str typed);

/* Ask for a code, for rq->visitor. 0 in any case but: E_BAD_PATTERN, E_NO_SENDER, E_SLOW_DOWN. */
int phone_ask(struct request *, struct id community, struct str phone);
/* *ret: 0, E_CODE_WRONG or E_CODE_SPENT: an answer, not a failure, because the try is counted. On 0 this browser is linked to
 * the member with that number (made when there is none), which is *ret_member. */
int phone_prove(struct request *, struct id community, struct str phone, struct str code, int *ret, struct id *ret_member);
/* Can a phone be proved in this community? */
int phone_possible(struct request *, struct id community, bool *ret);

/* Part of the nightly timer. */
int phone_codes_sweep(struct tx *, struct id community);

extern const struct feature feature_phone, feature_phone_look;
