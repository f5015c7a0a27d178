/* queries.h: this room's queries, for the list that `quntu check` walks (feature.c). */
#pragma once
#include "store/store.h"

extern const struct row row_session;
extern const struct query session_by_token, sessions_of, session_delete_one, session_by_id, session_insert, session_sweep, session_delete,
                          session_delete_all, session_see, secret_read, secret_insert,
                          once_find, once_sweep, once_keep;
