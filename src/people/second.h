/* second.h: what the sign-in asks of the second factor. */
#pragma once
#include "http/http.h"

int  second_is_on(struct tx *, struct id account, bool *ret);
/* Counted: false when they should wait. */
bool second_may_try(struct request *, struct id account);
/* Uses up the authenticator's code or a recovery code: 0, E_SECOND_CODE, E_SECOND_USED. In a write. */
int  second_check(struct request *, struct id account, struct str code);
/* Off, with its recovery codes; 0 too when it was off. */
int  second_drop(struct tx *, struct id account);

extern const struct feature feature_second;
