/* wire_ws.h: what fakes share: a WebSocket server in the test's own process.
 *
 * Strict     A frame that is not masked ends the connection. Every message may come whole or cut into three, with a ping between; an
 *            unanswered ping is counted (wire_ws_pongs).
 */
#pragma once
#include "base/buf.h"

struct wire_ws;
struct wire_ws_hooks {
	/* May they come in? 101, a status to refuse with, or 1008: let in, told so by `greet`, and shut out. token NULL: none came. */
	int   (*admit)(void *ctx, const char *path, const char *token);
	char *(*greet)(void *ctx, int admitted);              /* the first message; to be freed by the wire; NULL: none */
	char *(*answer)(void *ctx, struct str text);          /* to be freed by the wire; NULL: none */
};
struct wire_ws *wire_ws_open(int port, const struct wire_ws_hooks *, void *ctx);
void            wire_ws_close(struct wire_ws *);
int             wire_ws_port(const struct wire_ws *);
/* To all who are connected. */
void            wire_ws_tell(struct wire_ws *, struct str text, bool cut);
/* Every connection breaks, without a word. */
void            wire_ws_break(struct wire_ws *);
/* How many are connected now; how many came in since it was opened; pongs that came. */
int             wire_ws_count(struct wire_ws *);
int             wire_ws_came(struct wire_ws *);
int             wire_ws_pongs(struct wire_ws *);
