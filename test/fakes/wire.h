/* wire.h: what fakes share: a small HTTP server in the test's own process, and a call to ours. */
#pragma once
#include "base/buf.h"

struct MHD_Connection;

struct wire_ask { const char *method, *path, *query_token; struct str body; struct MHD_Connection *of; };   /* path: no slash before */
const char *wire_header(const struct wire_ask *, const char *name);       /* NULL: there is none */
/* json: to be freed by the wire; len and type for what is none: 0 and NULL otherwise. */
struct wire_reply { int status; char *json; size_t len; const char *type, *retry_after; };

struct wire;
/* Answers are made under the wire's lock, one at a time. port 0: a free one. */
struct wire *wire_open(int port, struct wire_reply (*answer)(void *ctx, const struct wire_ask *), void *ctx);
void         wire_close(struct wire *);
int          wire_port(const struct wire *);

/* POST to our server. The HTTP status; 0: nobody answered. headers end with NULL. */
int wire_post(const char *url, struct str body, const char *const *headers);
/* GET from our server, what it answered in `ret` (cut to its size). The HTTP status; 0: nobody answered. */
int wire_get(const char *url, char *ret, size_t size);
