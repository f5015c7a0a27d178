/* manual.c: groups on personal WeChat, where a human acts.
 *
 * Story      WeChat lets no program speak in its groups, and Quntu does not pretend otherwise: whatever is to be said or done
 *            there stands in today's run-sheet, with the words ready to copy, until somebody ticks it off.
 * Holds      Nothing leaves by itself; nothing is heard. There is no setting.
 */
#include "channel/channel.h"

const struct connector connector_manual = { .kind = "manual", .zh = "微信群（人工）", .en = "WeChat groups, by hand", .opens = "weixin://" };
