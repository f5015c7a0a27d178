/* audit.h: who did what. Written in the transaction of the act itself, so there is no act without its line. */
#pragma once
#include "http/http.h"

/* `act` is a stable word ("livecode_made"); `detail` is for people and holds no secret. */
int audit_note(struct request *, const char *act, struct id subject, struct str detail);

extern const struct feature feature_audit;
