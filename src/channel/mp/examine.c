/* examine.c: is this 公众号 in order? For the doctor.
 *
 * Looks at   its callback, by a check signed as the platform signs it; whether the platform gives a token for AppID and AppSecret,
 *            from this machine's address; the clock there.
 * Source     The platform's error codes; where its pages have moved meanwhile, their names lead there.
 * Test       channel/doctor/doctor_test.c
 */
#include "channel/doctor/doctor.h"
#include "channel/mp/mp.h"
#include "channel/outbox/courier.h"
#include "channel/wire/bizmsg.h"

#define CONSOLE "https://mp.weixin.qq.com"
#define SECRET_LENGTH 32

/* ---- Rules: what the platform means ------------------------------------------------------------- */

static void say_not_listed(struct checkup *c, struct str words)
{
	struct str address = address_told(words);
	if (!address.len)
		address = S("?");
	doctor_say(c, BROKEN, "ip", saying(c, "公众平台不认识这台服务器的 IP：%.*s（40164）",
			"the platform does not know this server's address: %.*s (40164)",
		STR(address)),
	           saying(c, "取不到凭证，消息、菜单和二维码都不能用。", "No token is given: no message, menu or QR code works."),
	           saying(c, "打开 mp.weixin.qq.com → 设置与开发 → 基本配置 → IP 白名单，加上 %.*s，保存后再查一次",
	                  "open mp.weixin.qq.com → settings and development → basic configuration → IP list, add %.*s, save, and examine again",
	                  STR(address)));
	doctor_place(c, CONSOLE);
}

static void say_wrong_secret(struct checkup *c, const struct channel *channel, struct str secret)
{
	bool length = secret.len != SECRET_LENGTH;
	doctor_say(c, BROKEN, "secret", length
	           ? saying(c, "AppSecret 不对：现在填的有 %zu 个字符，应该是 32 个（40125）",
			"the AppSecret is wrong: what was typed has %zu characters, it should have 32 (40125)",
	                    secret.len)
	           : saying(c, "AppSecret 不对，或者被重置过（40125）", "the AppSecret is wrong, or was reset (40125)"),
	           saying(c, "取不到凭证，什么都发不出去。", "No token is given, nothing can be sent."),
	           saying(c, "到公众平台 → 基本配置 → AppSecret 点「重置」，复制新的填到渠道设置里",
	                  "on the platform, basic configuration, reset the AppSecret and type the new one into the channel's settings"));
	doctor_place_of(c, channel);
}

struct meaning { int64_t code; const char *word, *what_zh, *what_en, *fix_zh, *fix_en; };

static const struct meaning meanings[] = {
	{ 40013, "appid", "AppID 不对（40013）", "the AppID is wrong (40013)",
	  "对照公众平台 → 基本配置里的 AppID（wx 开头，18 位）", "compare it with the platform's basic configuration (18 characters, begins with wx)" },
	{ 41002, "appid", "没有 AppID（41002）", "the AppID is missing (41002)", "在渠道设置里填上 AppID", "type the AppID into the channel's settings" },
	{ 40243, "secret", "AppSecret 已被冻结（40243）", "the AppSecret is frozen (40243)",
	  "到公众平台 → 基本配置解冻 AppSecret", "unfreeze it on the platform, basic configuration" },
	{ 48001, "granted", "这个账号没有这个接口的权限（48001）", "this account may not use the interface (48001)",
	  "到公众平台 → 接口权限看看；多数要先完成认证", "see the platform's list of interfaces; most need a verified account" },
	{ 50002, "restricted", "公众号被限制了（50002）", "the account is restricted (50002)", "到公众平台看通知，按要求处理",
			"see the platform's notices and do what they ask" },
	{ 50007, "restricted", "公众号已冻结（50007）", "the account is frozen (50007)", "到公众平台看通知，按要求处理",
			"see the platform's notices and do what they ask" },
	{ 61004, "ip", "调用接口的 IP 没有登记（61004）", "the calling address is not registered (61004)",
	  "到公众平台 → 基本配置 → IP 白名单加上这台服务器的公网 IP", "add this server's public address to the IP list of the basic configuration" },
	{ 89503, "ip", "这次调用要管理员在微信里确认（89503）", "an admin has to confirm the call in WeChat (89503)",
	  "请公众号管理员在微信里点确认", "ask the account's admin to confirm it in WeChat" },
	{ 45009, "quota", "今天取凭证的次数用完了（45009）", "today's calls are used up (45009)",
	  "检查是不是还有别的程序在用同一个公众号；明天零点恢复", "see whether another program uses this account; they come back at midnight" },
	{ 0 },
};

static void say_refused(struct checkup *c, const struct mp *mp, const struct mp_reply *reply)
{
	static const struct meaning other = { 0, "token", "公众平台没有给凭证", "the platform gave no token",
		"按平台的提示处理，再查一次", "do what the platform says, and examine again" };
	const struct meaning *m = meanings;
	if (reply->code == 40164) {
		say_not_listed(c, reply->words);
		return;
	}
	if (reply->code == 40125 || reply->code == 40001) {
		say_wrong_secret(c, &mp->channel, mp->secret);
		return;
	}
	while (m->code && m->code != reply->code)
		m++;
	if (!m->code)
		m = &other;
	bool passing = reply->code == MP_BUSY || reply->code == MP_NONSENSE;
	struct arena *arena = c->house->arena;
	struct saying what = { str_format(arena, "%s：%.*s", m->what_zh, STR(reply->words)), str_format(arena, "%s: %.*s", m->what_en,
			STR(reply->words)) };
	doctor_say(c, passing ? WARNING : BROKEN, m->word, m == &other ? what : (struct saying){ str_of(m->what_zh), str_of(m->what_en) },
	           saying(c, "取不到凭证，什么都发不出去。", "No token is given, nothing can be sent."),
	           (struct saying){ str_of(m->fix_zh), str_of(m->fix_en) });
	doctor_place(c, CONSOLE);
}

/* ---- Asking --------------------------------------------------------------------------------------- */

static int see_token(struct checkup *c, const struct channel *channel)
{
	struct courier *courier;
	struct mp mp;
	struct mp_reply reply;
	int r = courier_make(c->house->store, c->house->settings, &courier);
	if (r < 0)
		return r;
	if ((r = mp_open(courier, c->community, channel, &mp)) == 0)
		r = channel_ask_clock(c, channel, mp.api);
	if (r == 0 && (r = mp_try_token(&mp, &reply)) == 0) {
		if (reply.code)
			say_refused(c, &mp, &reply);
		else
			doctor_say(c, SOUND, "token", saying(c, "公众平台认得这个账号和这台服务器的 IP", "the platform knows this account and this server's address"),
			           NOTHING, NOTHING);
	}
	courier_free(courier);
	return r == E_NOT_SENT ? 0 : r;
}

static int see_key(struct checkup *c, const struct channel *channel)
{
	struct str key, appid, plain;
	struct bizmsg crypt;
	int r = channel_setting_of(c, channel, "aes_key", &key);
	if (r < 0 || (r = channel_setting_of(c, channel, "appid", &appid)) < 0 || (r = channel_setting_of(c, channel, "plain", &plain)) < 0)
		return r;
	if (key.len ? bizmsg_open(S("t"), key, appid, &crypt) == 0 : str_is(plain, "yes"))
		return 0;
	doctor_say(c, BROKEN, "aes_key", key.len
	           ? saying(c, "EncodingAESKey 不对：应该是 43 位字母数字，现在有 %zu 位",
			"the EncodingAESKey is wrong: 43 letters and digits, this has %zu", key.len)
	           : saying(c, "没有填 EncodingAESKey，又不接收明文：什么都收不到",
	                    "there is no EncodingAESKey, and plain messages are not taken: nothing is heard"),
	           saying(c, "粉丝的消息和关注都会被拒收。", "Messages and follows are refused."),
	           saying(c, "到公众平台 → 基本配置 → 服务器配置，选「安全模式」，把 EncodingAESKey 复制过来",
	                  "on the platform, basic configuration, server: choose the safe mode and copy the EncodingAESKey"));
	doctor_place_of(c, channel);
	return 0;
}

/* The check that the platform makes when the address is saved there. */
static int see_callback(struct checkup *c, const struct channel *channel)
{
	struct str token, timestamp = str_format(c->house->arena, "%lld", (long long)(clock_now().ms / SECOND));
	char nonce[12], signature[SHA1_TEXT + 1];
	int r = channel_setting_of(c, channel, "token", &token);
	if (r < 0)
		return r;
	secret_slug(nonce, sizeof nonce - 1);
	bizmsg_sign((struct str[]){ token, timestamp, str_of(nonce) }, 3, signature);
	struct knock k = {
		.query = str_format(c->house->arena, "signature=%s&timestamp=%.*s&nonce=%s&echostr=doctor-%s", signature, STR(timestamp),
				nonce, nonce),
		.wants = str_format(c->house->arena, "doctor-%s", nonce),
	};
	return channel_knock(c, channel, &k);
}

int mp_examine(struct checkup *c, const struct channel *channel)
{
	int r = see_callback(c, channel);
	if (r >= 0)
		r = see_key(c, channel);
	return r < 0 ? r : see_token(c, channel);
}
