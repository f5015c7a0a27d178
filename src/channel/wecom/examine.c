/* examine.c: is this 企业微信 in order? For the doctor.
 *
 * Looks at   its callback, by a check signed and encrypted as the platform does it; whether the platform gives a token for corpid and
 *            secret from this machine's address; whether the app may ask for customers and groups; the clock there.
 * Test       wecom_test.c
 */
#include "base/secret.h"
#include "channel/doctor/doctor.h"
#include "channel/outbox/courier.h"
#include "channel/wecom/wecom.h"
#include "channel/wire/bizmsg.h"

#define CONSOLE "https://work.weixin.qq.com/wework_admin/frame"
#define ECHO    "7104221990338015"

/* ---- Rules: what the platform means ---- */

/* "60020 not allow to access from your ip, hint: […], from ip: 203.0.113.9, more info …": the address it saw. */
struct str wecom_address_in(struct str words)
{
	static const char before[] = "from ip: ";
	const char *at = words.len ? memmem(words.at, words.len, before, sizeof before - 1) : NULL;
	if (!at)
		return S("?");
	struct str rest = { at + sizeof before - 1, words.len - (size_t)(at - words.at) - (sizeof before - 1) };
	return str_trim(str_cut(&rest, ','));
}

struct meaning { int64_t code; const char *word, *what_zh, *what_en, *fix_zh, *fix_en; };

static const struct meaning meanings[] = {
	{ 40001, "secret", "应用 Secret 不对，或者被重置过（40001）", "the app's secret is wrong, or was reset (40001)",
	  "管理后台 → 应用管理 → 这个自建应用 → 查看 Secret，填到渠道设置里", "copy the secret of the app from the admin console into the channel's settings" },
	{ 40013, "corpid", "企业 ID 不对（40013）", "the corp ID is wrong (40013)",
	  "对照管理后台 → 我的企业 → 企业信息，最下面的企业 ID", "compare it with my company, company information, the last line" },
	{ 48002, "granted", "这个应用没有「客户联系」的权限（48002）", "the app may not use customer contact (48002)",
	  "管理后台 → 客户联系 → 客户 → API → 可调用接口的应用，把这个应用加上", "customer contact, customers, API: add the app to those that may call" },
	{ 60011, "range", "要看的人不在应用的可见范围里（60011）", "those asked about are outside the app's visible range (60011)",
	  "管理后台 → 应用管理 → 这个应用 → 可见范围，加上群主和接待成员", "add group owners and those who receive customers to the app's visible range" },
	{ 301002, "range", "应用没有权限（301002）", "the app has no right to it (301002)",
	  "管理后台 → 应用管理 → 这个应用 → 可见范围，加上群主和接待成员", "add group owners and those who receive customers to the app's visible range" },
	{ 45009, "quota", "今天调用接口太多了（45009）", "the interface was asked too often (45009)",
	  "检查是不是还有别的程序在用同一个应用；过一会儿会恢复", "see whether another program uses the same app; it comes back after a while" },
	{ 0 },
};

static void say_not_listed(struct checkup *c, struct str words)
{
	struct str address = wecom_address_in(words);
	doctor_say(c, BROKEN, "ip", saying(c, "企业微信不认识这台服务器的 IP：%.*s（60020）", "WeCom does not know this server's address: %.*s (60020)",
	                                   STR(address)),
	           saying(c, "客户群、成员和活码都读不到、改不了。", "Neither groups nor members nor codes can be read or changed."),
	           saying(c, "管理后台 → 应用管理 → 这个应用 → 企业可信 IP，加上 %.*s，保存后再查一次",
	                  "in the admin console, the app's trusted IPs: add %.*s, save, and examine again", STR(address)));
	doctor_place(c, CONSOLE);
}

static void say_refused(struct checkup *c, const struct wecom_reply *reply)
{
	static const struct meaning other = { 0, "token", "企业微信退回了请求", "the platform refused us",
		"按平台的提示处理，再查一次", "do what the platform says, and examine again" };
	const struct meaning *m = meanings;
	if (reply->code == 60020) {
		say_not_listed(c, reply->words);
		return;
	}
	while (m->code && m->code != reply->code)
		m++;
	if (!m->code)
		m = &other;
	bool passing = reply->code == WECOM_BUSY || reply->code == WECOM_NONSENSE || reply->code == 45009;
	doctor_say(c, passing ? WARNING : BROKEN, m->word,
	           m == &other ? saying(c, "%s：%.*s", "%s: %.*s", m->what_zh, STR(reply->words))
	                       : (struct saying){ str_of(m->what_zh), str_of(m->what_en) },
	           saying(c, "客户群和成员读不到，活码改不了。", "Groups and members cannot be read, codes not changed."),
	           (struct saying){ str_of(m->fix_zh), str_of(m->fix_en) });
	doctor_place(c, CONSOLE);
}

/* ---- Asking ---- */

static int see_platform(struct checkup *c, const struct channel *channel)
{
	struct courier *courier;
	struct wecom w;
	struct wecom_reply reply = { 0 };
	int r = courier_make(c->house->store, c->house->settings, &courier);
	if (r < 0)
		return r;
	if ((r = wecom_open(courier, c->community, channel, &w)) == 0)
		r = channel_ask_clock(c, channel, w.api);
	if (r == 0 && (r = wecom_call(&w, "/cgi-bin/externalcontact/get_follow_user_list", S(""), &reply)) == 0) {
		size_t staff = reply.code ? 0 : loose_count(&reply.json, "follow_user");
		if (reply.code)
			say_refused(c, &reply);
		else if (staff == 0)
			doctor_say(c, WARNING, "staff", saying(c, "没有一个成员开通了「客户联系」", "nobody of the staff may contact customers"),
			           saying(c, "没有人能建客户群、加客户。", "Nobody can open a customer group or add a customer."),
			           saying(c, "管理后台 → 客户联系 → 权限配置 → 使用范围，加上员工", "customer contact, rights: add staff to those who use it"));
		else
			doctor_say(c, SOUND, "token",
			           saying(c, "企业微信认得这个应用和这台服务器的 IP，%zu 位员工开通了客户联系",
			                  "the platform knows this app and this server's address; %zu of the staff contact customers", staff),
			           NOTHING, NOTHING);
		loose_free(&reply.json);
	}
	courier_free(courier);
	return r == E_NOT_SENT ? 0 : r;
}

/* The check that the platform makes when the address is saved there. */
static int see_callback(struct checkup *c, const struct channel *channel)
{
	struct str token, key, corpid, encrypted, timestamp = str_format(c->house->arena, "%lld", (long long)(clock_now().ms / SECOND));
	struct bizmsg crypt;
	char nonce[12], random[17], signature[SHA1_TEXT + 1];
	int r = channel_setting_of(c, channel, "token", &token);
	if (r < 0 || (r = channel_setting_of(c, channel, "aes_key", &key)) < 0 || (r = channel_setting_of(c, channel, "corpid", &corpid)) < 0)
		return r;
	if (bizmsg_open(token, key, corpid, &crypt) < 0) {
		doctor_say(c, BROKEN, "aes_key", saying(c, "EncodingAESKey 不对：应该是 43 位字母数字，现在有 %zu 位",
		                                        "the EncodingAESKey is wrong: 43 letters and digits, this has %zu", key.len),
		           saying(c, "客户和群的变化都收不到。", "No change of customers or groups is heard."),
		           saying(c, "管理后台 → 客户联系 → 客户 → API → 接收事件服务器，把 EncodingAESKey 复制过来",
		                  "copy the EncodingAESKey from customer contact, customers, API, event server"));
		doctor_place_of(c, channel);
		return 0;
	}
	secret_slug(nonce, sizeof nonce - 1);
	secret_slug(random, sizeof random - 1);
	if ((r = bizmsg_write(&crypt, (const unsigned char *)random, S(ECHO), c->house->arena, &encrypted)) < 0)
		return r;
	bizmsg_sign((struct str[]){ token, timestamp, str_of(nonce), encrypted }, 4, signature);
	BUF_SCOPED query;
	buf_init(&query, 4096);
	buf_format(&query, "msg_signature=%s&timestamp=%.*s&nonce=%s&echostr=", signature, STR(timestamp), nonce);
	buf_url(&query, encrypted);
	struct knock k = { .query = str_copy(c->house->arena, buf_view(&query)), .wants = S(ECHO) };
	return buf_failed(&query) ? E_MEMORY : channel_knock(c, channel, &k);
}

struct codes { struct checkup *c; const struct channel *channel; int64_t used, most; };

static int count_codes(struct tx *tx, void *arg)
{
	struct codes *k = arg;
	return wecom_codes_room(tx, k->c->community, k->channel, &k->used, &k->most);
}

/* Said before the platform refuses. */
static int see_codes(struct checkup *c, const struct channel *channel)
{
	struct codes k = { .c = c, .channel = channel };
	int r = store_read(c->house->store, c->house->arena, count_codes, &k);
	if (r < 0 || k.used * 10 < k.most * 9)
		return r;
	doctor_say(c, k.used < k.most ? WARNING : BROKEN, "codes",
	           saying(c, "「联系我」和加群码已有 %lld 个，最多 %lld 个", "there are %lld contact ways and join ways, and may be %lld",
	                  (long long)k.used, (long long)k.most),
	           saying(c, "满了就做不了新的码。", "Once they are that many no new code can be made."),
	           saying(c, "删掉不用的；一个企业合计 50 万个，渠道设置里的「码的总数」是留给群图的那一份",
	                  "delete those out of use; a corp has 500,000 in all: our share of them is a setting of the channel"));
	doctor_place_of(c, channel);
	return 0;
}

struct robots { struct checkup *c; const struct channel *channel; int64_t n; struct str names; };

static int read_robots(struct tx *tx, void *arg)
{
	struct robots *k = arg;
	return wecom_robots_refused(tx, k->c->community, k->channel->id, &k->n, &k->names);
}

/* Nothing is posted: who was refused last is known. */
static int see_robots(struct checkup *c, const struct channel *channel)
{
	struct robots k = { .c = c, .channel = channel };
	int r = store_read(c->house->store, c->house->arena, read_robots, &k);
	if (r < 0 || !k.n)
		return r;
	doctor_say(c, WARNING, "robot", saying(c, "%lld 个群的机器人发不出去：%.*s", "the robots of %lld groups are refused: %.*s", (long long)k.n,
	                                       STR(k.names)),
	           saying(c, "要发到这些群的话都留在发件箱的「没发出去」里。", "What was to be said there lies in the outbox, given up."),
	           saying(c, "在企业微信群里重新复制机器人的 Webhook 地址，在下面「群机器人」点「换地址」，再到发件箱重发",
	                  "copy the robot's Webhook address in the WeCom group again, give it another address below, then send again"));
	doctor_place_of(c, channel);
	return 0;
}

int wecom_examine(struct checkup *c, const struct channel *channel)
{
	int r = see_callback(c, channel);
	if (r < 0 || (r = see_codes(c, channel)) < 0 || (r = see_robots(c, channel)) < 0)
		return r;
	return see_platform(c, channel);
}
