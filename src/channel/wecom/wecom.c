/* wecom.c: the connector of 企业微信: its settings and what it can do.
 *
 * Holds      What is said is a task that a colleague confirms (send.c), unless the group has a robot (robot.c): mentions are for
 *            those alone. The platform has no call that renames a customer group, mutes or
 *            removes somebody: what is wanted of that kind stands in the run-sheet, whose button opens the app.
 */
#include "channel/wecom/wecom.h"

static const struct channel_setting settings[] = {
	{ "corpid", "企业 ID", "Corp ID", "管理后台：我的企业 → 企业信息，最下面一行，以 ww 开头",
	  "In its admin console: my company, company information, the last line; begins with ww", .needed = true, .max = 64 },
	{ "secret", "应用 Secret", "App secret",
	  "应用管理 → 自建应用 → Secret。这个应用要加到「客户联系 → 可调用接口的应用」里，可见范围要包含群主和接待成员",
	  "App management, an app of your own. Add that app under customer contact to those that may call the API; group owners must be inside "
	  "its visible range", .secret = true, .needed = true, .max = 100 },
	{ "agent", "AgentId", "AgentId", "同一页上的应用编号，可以不填", "Number of the app on the same page; may stay empty", .max = 20 },
	{ "token", "Token（令牌）", "Token", "客户联系 → 客户 → API → 接收事件服务器，点「随机获取」，两边填一样的",
	  "Customer contact, customers, API, event server: made there; the same on both sides", .secret = true, .needed = true, .max = 32 },
	{ "aes_key", "EncodingAESKey", "EncodingAESKey", "同一页随机生成，43 位", "Made on the same page, 43 characters",
	  .secret = true, .needed = true, .max = 43 },
	{ "codes", "码的总数", "QR codes in all",
	  "一个企业的「联系我」和加群码合计最多 50 万个，别的应用做的也算。别的应用也在用时，填留给群图的数量",
	  "A corp may have 500,000 contact ways and join ways together, other apps' included; where others make them, too, this is our share",
	  .max = 6, .fallback = "500000" },
	{ "mention_phones", "用手机号提醒同事", "Mention by phone",
	  "内部群的机器人点名时，没有企业微信账号记录的成员用资料里的手机号提醒。手机号会发给企业微信，所以默认不开",
	  "When a robot of an inner group mentions members whose WeCom account is not known, it does so by the phone of their profile. The"
	  " number goes to WeCom, so this is off unless you say so", .yes = true, .max = 3 },
	{ "api", "接口地址", "API address", "一般不用改；走代理时填代理地址", "Leave it, unless a proxy stands in between", .max = 200, .fallback = WECOM_API },
	{ 0 },
};

/* Every customer, and every customer group, gets as many a month as the month has days; a robot says twenty things a minute. */
static const struct quota quotas[] = {
	{ "wecom_mass_group",  "群发，每群每月", "Mass sends a group a month", "text image link file", PER_GROUP, 31, A_MONTH, .days = true,
	  .holds = wecom_mass_holds },
	{ "wecom_mass_person", "群发，每位客户每月", "Mass sends a customer a month", "text image link file", PER_PERSON, 31, A_MONTH, .days = true },
	{ "wecom_robot", "群机器人，每群每分钟", "Group robot, a group a minute", "text image link file", PER_GROUP, 20, A_MINUTE,
	  .holds = wecom_robot_holds },
	{ 0 },
};

const struct connector connector_wecom = {
	.kind = "wecom", .zh = "企业微信", .en = "WeCom", .opens = "wxwork://", .settings = settings, .quotas = quotas,
	.can = CAN_TEXT | CAN_IMAGE | CAN_LINK | CAN_FILE | CAN_MENTION | CAN_TELL | CAN_MEMBERS | CAN_COUNT | CAN_QUOTA,
	.deliver = wecom_deliver, .ready = wecom_ready, .heard = wecom_heard, .examine = wecom_examine,
};
