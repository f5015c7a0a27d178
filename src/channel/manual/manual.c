/* manual.c: groups on personal WeChat, where a human acts.
 *
 * Story      WeChat lets no program speak in its groups, and Quntu does not pretend otherwise: whatever is to be said or done
 *            there stands in today's run-sheet, with the words ready to copy, until somebody ticks it off.
 * Holds      Nothing leaves by itself; nothing is heard. There is no setting.
 */
#include "channel/doctor/doctor.h"

static int manual_examine(struct checkup *c, const struct channel *channel)
{
	(void)channel;
	doctor_say(c, SOUND, "manual", saying(c, "由人来发，不用连接任何平台", "people do it: there is no platform to reach"), NOTHING, NOTHING);
	return 0;
}

const struct connector connector_manual = {
	.kind = "manual", .zh = "微信群（人工）", .en = "WeChat groups, by hand", .opens = "weixin://", .examine = manual_examine,
};
