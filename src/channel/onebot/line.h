/* line.h: the WebSocket to a QQ client (OneBot's "forward WebSocket"): events come in, actions go out, over one connection.
 *
 * Story      The operator types ws://127.0.0.1:3001 instead of an API address. Whichever process of Quntu comes first holds the line; what
 *            is said in the groups is heard a thousand messages in one transaction when it has to be, and one by one when it is
 *            quiet. NapCat is restarted: the line is back some seconds later, and the lists of members are read anew, for nothing
 *            of the time between is told again. The process dies: another one takes the line when its lease has run out.
 * Holds      A channel has one line at a time, by lease (channel_line). Frames wait in memory, at most LINE_WAITING batches; a bot that
 *            tells more is not read until there is room. What could not be stored is tried again; an event that cannot be taken
 *            in by itself is passed over and logged, the others of its batch are not.
 *            A line is alive while heartbeats come in their interval; without heartbeats, while pings are answered.
 * Test       onebot_line_test.c, against test/fakes/fake_onebot.c
 */
#pragma once
#include "base/setting.h"
#include "channel/channel.h"

struct lines;
/* One process, one of them: onebot_line_ask finds it. Threads of its own; with no channel of the kind it asks the store now and then and
 * does nothing. */
int  lines_start(struct store *, struct lines **ret);
void lines_stop(struct lines *);                  /* what was heard is stored first; NULL is fine */

/* Do `action` ("send_group_msg") with these parameters (JSON), over the line this process holds, else over a connection of its own.
 * Waits. 0 with the reply's JSON (arena), or E_NOT_SENT with *ret_why. */
struct line_call { struct id community, channel; struct str url, token, action, parameters; int64_t wait_ms; };       /* wait_ms 0: 10 s */
int line_ask(const struct line_call *, struct arena *, struct str *ret_reply, struct str *ret_why);
