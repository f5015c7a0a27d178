/* account.h: who may sign in, and what they are in which community. */
#pragma once
#include "http/http.h"

/* Make this account staff of a community; hiring again changes the role. */
int account_hire(struct tx *, struct id community, struct id account, enum role role);
/* A new account with a password already hashed. E_NAME_TAKEN; E_TOO_SHORT: the name is nothing but spaces. */
int account_make(struct tx *, struct str name, struct str display, const char *password_hash, struct id *ret);

/* What the router asks. */
extern const struct identity account_identity;

/* While the server has no owner: the code that a set-up from another machine must show. Made once a process. */
struct str account_setup_code(void);
/* Has anybody an account? */
int account_any(struct tx *, bool *ret);

/* Long enough, and not one of the passwords everybody tries. 0 or E_WEAK_PASSWORD. */
int password_check(struct str password, struct str name);

extern const struct feature feature_account;
