/* token.h: API tokens: programs that act for whoever made them, within scopes. http/bearer.c is the way in. */
#pragma once
#include "http/http.h"

/* What the router asks (struct identity). */
int token_bearer(struct tx *, struct str hash, struct bearer *ret);
int token_used(struct tx *, struct id token, struct str address);

extern const struct feature feature_token;
