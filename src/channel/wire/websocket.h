/* websocket.h: WebSocket connections that we open: a thread, and as many as need be. libwebsockets stays behind it.
 *
 * Holds      `opened`, `said` and `ended` are called on the door's own thread, never with a lock of ours held. `ended` comes exactly once
 *            for each ws_open that gave one, and it is the last: the ws is gone when it returns.
 *            A message is whole, however it was cut; longer than WS_MESSAGE_MAX it ends the connection. A peer that is silent is asked by
 *            a ping, and given up when it does not answer. Certificates of wss:// are checked; no proxy is asked.
 * Test       test/websocket_test.c; onebot_line_test.c, against test/fakes/wire_ws.c
 */
#pragma once
#include "base/buf.h"

#define WS_MESSAGE_MAX (8 << 20)
#define WS_SAY_MAX     (40 << 20)                 /* of one text of ours: a file of 20 MB in base64 */

struct ws_door;
struct ws;
struct ws_hooks {
	void (*opened)(void *ctx);
	/* May wait until there is room: the door reads nothing meanwhile, so the peer waits, too. */
	void (*said)(void *ctx, struct str message);
	/* `status`: of an answer that was no upgrade (401 …), or 0. `why` in the platform's or the library's words. */
	void (*ended)(void *ctx, int status, const char *why);
};

int  ws_start(struct ws_door **ret);
void ws_stop(struct ws_door *);                   /* ends what is open; NULL is fine */

/* ws:// or wss://. The token, where there is one, goes along as Authorization: Bearer. E_INVALID: no such address. Any thread; so are
 * the others, as long as it has not ended. */
int  ws_open(struct ws_door *, struct str url, struct str token, const struct ws_hooks *, void *ctx, struct ws **ret);
int  ws_say(struct ws *, struct str text);
void ws_close(struct ws *);
