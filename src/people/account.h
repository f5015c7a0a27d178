/* account.h: who may sign in. */
#pragma once
#include "http/http.h"
#include "people/staff.h"

/* A new account with a password already hashed. E_NAME_TAKEN; E_TOO_SHORT: the name is nothing but spaces. */
int account_make(struct tx *, struct str name, struct str display, const char *password_hash, struct id *ret);
int account_set_password(struct tx *, struct id account, const char *password_hash);

/* While the server has no owner: the code that a set-up from another machine must show. Made once a process. */
struct str account_setup_code(void);
/* Has anybody an account? */
int account_any(struct tx *, bool *ret);

/* Long enough, and not one of the passwords everybody tries. 0 or E_WEAK_PASSWORD. */
int password_check(struct str password, struct str name);
/* In `ready`: the hash of a new password, into rq->kept (char[PASSWORD_HASH]). */
int password_ready(struct request *, struct str password, struct str name, struct str field);
/* In `ready`: is it really them? E_PASSWORD_WRONG at the field. */
int password_asked(struct request *, struct str password, struct str field);

#define MAX_ACCOUNT_NAME 40
#define MAX_DISPLAY      20
#define MAX_PASSWORD     200

extern const struct feature feature_account;
