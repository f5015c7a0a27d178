/* routes_x_roles.h: every route as everybody, from the route table alone.
 *
 * Asserts for each route: not signed in → 401; another community's → 404; too low a role → 403 forbidden; a write
 * without its word → 403 csrf; a GET by the lowest role that may → neither 401, 403 forbidden nor 5xx.
 */
#pragma once
#include "browser.h"

struct cast {
	/* [ROLE_PUBLIC]: not signed in; [ROLE_ACCOUNT]: signed in, without a part in the community; NULL: nobody is that */
	struct browser *by_role[ROLE_OWNER + 1];
	struct id       community;
};

/* How many routes were walked. */
size_t routes_x_roles(const struct feature *const *, const struct cast *);

/* The same with API tokens: what is not open to them, or asks for a scope that the token lacks, is refused and says so; else
 * they may what their maker may; another community's is not there. */
struct token_cast {
	struct browser *program;
	struct id       community;
	struct str      by_role[ROLE_OWNER + 1];      /* every scope; its maker is this now. Empty: nobody is that */
	struct str      foreign;                      /* every scope, in another community */
	/* The owner's, with every scope but this one. */
	struct str    (*without)(void *ctx, struct str scope);
	void           *ctx;
};
/* How many routes are open to tokens. */
size_t routes_x_tokens(const struct feature *const *, const struct token_cast *);
