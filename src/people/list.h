/* list.h: GET /members; see list.c. */
#pragma once
#include "http/http.h"

extern const struct row row_list_query;
int list_members(struct request *, const void *in, void *out);

extern const struct feature feature_member_list;
