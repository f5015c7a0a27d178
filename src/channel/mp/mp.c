/* mp.c: the connector of 公众号: its settings, what it can do, and whether it is in order.
 *
 * Holds      No platform host stands anywhere but in mp.h; both are settings.
 */
#include "channel/mp/mp.h"

static const struct channel_setting settings[] = {
	{ "appid", "AppID", "AppID", "公众平台：设置与开发 → 基本配置，以 wx 开头", "On the platform: settings and development, basic configuration; begins with wx",
	  .needed = true, .max = 40 },
	{ "secret", "AppSecret", "AppSecret", "同一页，点「重置」后复制；离开页面就看不到了", "The same page; copied when it is reset, never shown again",
	  .secret = true, .needed = true, .max = 80 },
	{ "token", "Token（令牌）", "Token", "自己想一串 3–32 位字母数字，两边填一样的", "3 to 32 letters and digits of your own choice; the same on both sides",
	  .secret = true, .needed = true, .max = 32 },
	{ "aes_key", "EncodingAESKey", "EncodingAESKey", "43 位，公众平台可以随机生成；消息加解密方式请选「安全模式」",
	  "43 characters, made by the platform; choose the safe mode there", .secret = true, .max = 43 },
	{ "plain", "允许明文模式", "Plain messages allowed", "接收不加密的消息。明文消息无法确认来源，能不开就不开",
	  "Unencrypted messages are taken, too. Nobody can tell who sent those: better leave it off", .yes = true, .max = 3, .fallback = "no" },
	{ "sign_in", "网页授权", "Sign-in on pages", "已认证的服务号可以打开：成员在微信里打开页面时静默识别身份。先在公众平台设置「网页授权域名」",
	  "For a verified service account: members are known on pages inside WeChat. Set the domain for web authorisation there first",
	  .yes = true, .max = 3, .fallback = "no" },
	{ "template", "助力进度模板 ID", "Template for progress", "超过 48 小时不能发消息时，用这个模板通知发起人；不填就不通知",
	  "Tells participants who can no longer be written to; empty: they are not told", .max = 80 },
	{ "template_field", "模板里的文字字段", "Its text field", "模板内容里放一句话的字段名，例如 thing1", "Name of the field that takes a sentence, such as thing1",
	  .max = 30, .fallback = "thing1" },
	{ "once_template", "一次性订阅模板 ID", "Template for one message",
	  "公众平台：接口权限 → 一次性订阅消息。填了，参加活动的粉丝可以预约「有进展通知我一次」，过了 48 小时也能收到这一条；页面域名要设为业务域名",
	  "On the platform: interface permissions, one-time subscription. Fans may then ask to be told once, also after 48 hours; set our "
	  "domain as a business domain there", .max = 80 },
	{ "once_title", "一次性订阅消息的标题", "Title of that message", "15 个字以内", "15 characters at most", .max = 15, .fallback = "活动进展" },
	{ "confirm", "订阅确认页地址", "Address of its question", "一般不用改", "Leave it", .max = 200, .fallback = MP_CONFIRM },
	{ "api", "接口地址", "API address", "一般不用改；走代理时填代理地址", "Leave it, unless a proxy stands in between", .max = 200, .fallback = MP_API },
	{ "open", "授权页地址", "Sign-in address", "一般不用改", "Leave it", .max = 200, .fallback = MP_OPEN },
	{ 0 },
};

/* The windows of each fan are counted in fan.c: they begin with what the fan did, not with the clock. */
static const struct quota quotas[] = {
	{ "mp_template", "模板消息，每天", "Template messages a day", "template", PER_CHANNEL, 100000, A_DAY, NULL },
	{ 0 },
};

const struct connector connector_mp = {
	.kind = "mp", .zh = "公众号", .en = "WeChat official account",
	.can = CAN_TELL | CAN_HEAR_ONE | CAN_TEXT | CAN_IMAGE | CAN_LINK | CAN_IDENTIFY | CAN_QUOTA,
	.quotas = quotas, .settings = settings, .deliver = mp_deliver, .ready = mp_ready, .heard = mp_heard, .examine = mp_examine,
};

const struct event_kind mp_events[] = {
	[MP_TEMPLATE_DONE] = { "mp_template_done",
		"A template message of a 公众号 arrived, or did not; subject: channel; word: success, failed", "channel" },
	{ 0 },
};

const struct feature feature_mp = { .name = "mp", .events = mp_events };
