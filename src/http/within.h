/* within.h: a request without a network: the program uses its own routes.
 *
 * The example community and the benches are made through the same handlers that HTTP calls, so they can hold nothing the product
 * could not make, and every sum agrees with its facts. Input is JSON (or form fields) read by the route's own row.
 * Who calls is trusted: role, session and CSRF are not asked.
 */
#pragma once
#include "http/http.h"

struct within {
	const struct feature *const *features;
	struct id                    community, account, visitor;
	struct str                   agent;       /* the user agent it pretends to be */
};

struct within_call {
	const char        *method, *path;         /* as the route row has them */
	struct id          id;                    /* {id} */
	struct str         text;                  /* or {slug} … */
	struct str         json;
	const struct pair *pairs;                 /* instead of JSON; then the route's `ready` runs too */
	size_t             pair_count;
	void              *kept;                  /* what `ready` would have left, when it does not run */
	struct str         address;               /* for the audit log; this machine when empty */
	struct complaint  *why;                   /* may be NULL: what was wrong with the input; then nothing is logged */
};

/* Part of the caller's transaction. *ret_id (may be NULL): the field "id" of the answer, 0 without one. A failure is
 * logged with the route and field, unless it is E_GATE_CLOSED or E_FULL (life, not a mistake). */
int within_do(struct tx *, const struct within *, const struct within_call *, struct id *ret_id);
