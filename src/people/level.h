/* level.h: levels (等级) are made and put on by hand; see level.c. */
#pragma once
#include "http/http.h"

/* All of a community, lowest first: rows of struct level_brief. */
struct level_brief { struct id id; struct str name; int64_t rank; struct str colour, privilege; bool used; };
int level_list(struct tx *, struct id community, struct rows *ret);

extern const struct feature feature_level;
