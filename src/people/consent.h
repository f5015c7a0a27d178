/* consent.h: what people agreed to, asked by whoever sends, shows or publishes something about them. */
#pragma once
#include "http/http.h"

/* Every community has these; it may add purposes of its own. SERVICE is the condition of being here: nobody is asked. */
#define CONSENT_SERVICE   S("service")
#define CONSENT_MARKETING S("marketing")
#define CONSENT_AVATAR    S("avatar")        /* on posters and leaderboards (guardrail G3) */
#define CONSENT_DIRECTORY S("directory")     /* shown to other members */

#define PURPOSE_MAX  24                      /* characters of a purpose's key */
#define PURPOSES_MAX 12

/* Who says it, and how. `member` 0: a visitor who is not one yet; `visitor` 0: staff wrote it down. */
struct consent_by { struct id member, visitor, account; const char *via; struct str address; };

/* May this be done to the member? True only when the newest record says so, of the words that hold now, and, under 14, a
 * guardian agreed too. SERVICE is true. A purpose that is unknown or no longer offered is false. */
int consent_given(struct tx *, struct id community, struct id member, struct str purpose, bool *ret);
/* `version`: of the words they read. E_NOT_FOUND: no such purpose is offered; E_CONFLICT: the words have changed since;
 * E_GUARDIAN: under 14, and no guardian has agreed. Saying it twice writes it down once. */
int consent_give(struct tx *, struct id community, const struct consent_by *, struct str purpose, int64_t version);
/* Always possible, but for SERVICE (E_INVALID): whoever wants that gone has themselves erased. */
int consent_withdraw(struct tx *, struct id community, const struct consent_by *, struct str purpose);

/* A purpose as one person meets it. */
struct consent_state {
	struct str     purpose, title, text;
	int64_t        version;
	bool           needed, given;
	bool           asks;                       /* nothing said yet about these words */
	struct instant at;                         /* of the newest record; 0: none */
};
extern const struct row row_consent_state;
/* All purposes that are offered, in the language asked for. Rows of struct consent_state. */
int consent_states(struct tx *, struct id community, struct id member, struct id visitor, enum lang, struct rows *ret);

/* ---- Under 14 ---- */

struct guardian { struct str name, phone; struct instant agreed_at; };
extern const struct row row_guardian;
/* Years lived on a day (days since 1970); a birthday on 29 February is kept on 1 March in other years. -1: no date. */
int  age_on(struct str birthday, int64_t day);
/* Empty when nobody has agreed. */
int  guardian_get(struct tx *, struct id community, struct id member, struct guardian *ret);
/* Is the member known to be under 14 without a guardian's word? Then no consent, no points. */
int  guardian_missing(struct tx *, struct id community, struct id member, bool *ret);
/* The guardian agrees, from now on: name and phone as the member's page was given them, not checked. */
int  guardian_agree(struct tx *, struct id community, struct id member, struct str name, struct str phone);

/* "203.0.113.*": where from, without the machine. */
struct str address_class(struct arena *, struct str address);

extern const struct feature feature_consent;
