/* try.h: a little feature for this room's tests; only they include it. */
#pragma once
#include "http/inside.h"

extern const struct feature *const try_features[];                /* feature_http and the one below */

#define TRY_BIG (2 * 1024 * 1024)                                 /* body_max of POST /big */

/* What a request knew about who asked: replies of GET /api/who and GET /who. */
struct who {
	struct id  account, session, visitor;
	int64_t    role;
	bool       local, fresh;
	struct str csrf, origin, address, agent, lang;
};

/* How often `ready` and `handle` of POST /big have run. */
extern _Atomic int try_ready_runs, try_handle_runs;
