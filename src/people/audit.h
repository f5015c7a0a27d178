/* audit.h: who did what. Written in the transaction of the act itself, so there is no act without its line. */
#pragma once
#include "http/http.h"

/* `act` is a stable word ("livecode_made"); `detail` is for people and holds no secret. */
int audit_note(struct request *, const char *act, struct id subject, struct str detail);
/* The same, with what became different: the fields of `row` that are not alike in `before` and `after` (both structs of that
 * row; NULL: there was, or is, nothing). Phones are masked; of passwords and secrets is said only that they changed. */
int audit_change(struct request *, const char *act, struct id subject, struct str detail, const struct row *,
                 const void *before, const void *after);

/* What the server did by itself, for the whole of it: community 0, no account. */
int audit_server(struct tx *, const char *act, struct id subject, struct str detail);

extern const struct feature feature_audit;
