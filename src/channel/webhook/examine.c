/* examine.c: does this webhook's receiver stand? For the doctor.
 *
 * Looks at   the secret; whether somebody answers at the address, and is it https. Nothing is posted: an event that never happened
 *            would be one too many for whoever counts them.
 * Test       channel/doctor/doctor_test.c
 */
#include "channel/doctor/doctor.h"
#include "channel/webhook/webhook.h"

static void see_secret(struct checkup *c, const struct channel *channel, struct str secret)
{
	if (webhook_secret_good(secret))
		return;
	doctor_say(c, BROKEN, "secret", saying(c, "签名密钥不合规：应该是 whsec_ 加 24–64 字节的 base64",
			"the signing secret must be whsec_ and base64 of 24 to 64 bytes"),
	           saying(c, "签不了名，什么都不会发出去。", "Nothing can be signed, so nothing leaves."),
	           saying(c, "在设置里点「生成」，把新密钥给对方", "let the settings make a new one, and give it to the other side"));
	doctor_place_of(c, channel);
}

int webhook_examine(struct checkup *c, const struct channel *channel)
{
	struct str url, secret;
	struct reached reached;
	int r = channel_setting_of(c, channel, "url", &url);
	if (r < 0 || (r = channel_setting_of(c, channel, "secret", &secret)) < 0)
		return r;
	see_secret(c, channel, secret);
	const char *address = str_z(c->house->arena, url);
	struct question q = { .url = address, .checked = true };
	if ((r = address ? doctor_ask(c, &q, &reached) : E_MEMORY) < 0 && r != E_NOT_SENT)
		return r;
	if (r == E_NOT_SENT && memmem(reached.why.at, reached.why.len, "private network", 15))
		doctor_say(c, BROKEN, "private", saying(c, "对方地址在内网，不允许发送", "the receiver's address leads into a private network"),
		           saying(c, "事件会一直排队重发，直到放弃。", "Events wait and are tried again, until they are given up."),
		           saying(c, "换成公网地址；确实要发到内网，就在 quntu.conf 里写 webhook_private = true，重启",
				"take a public address; if it must be a private one: webhook_private = true in quntu.conf, then restart"));
	else if (r == E_NOT_SENT)
		doctor_say(c, BROKEN, "platform", saying(c, "对方地址打不开：%.*s", "the receiver's address cannot be reached: %.*s", STR(reached.why)),
		           saying(c, "事件会一直排队重发，直到放弃。", "Events wait and are tried again, until they are given up."),
		           saying(c, "请对方检查服务和证书；地址换了就在设置里改",
				"let them look at their server and certificate; a new address is typed into the settings"));
	else if (reached.status >= 500)
		doctor_say(c, WARNING, "platform", saying(c, "对方服务器出错（HTTP %d）",
				"the receiver's server fails (HTTP %d)", reached.status), NOTHING,
		           saying(c, "请对方看看日志；恢复后会自动补发", "let them look at their log; what waits is sent once it is well"));
	else
		doctor_say(c, SOUND, "platform", saying(c, "对方地址有应答（HTTP %d）",
				"the receiver answers (HTTP %d)", reached.status), NOTHING, NOTHING);
	doctor_place_of(c, channel);
	if (r == 0)
		doctor_compare_clocks(c, reached.date, S("webhook"));
	if (!str_starts(url, S("https://")))
		doctor_say(c, NOTICE, "https", saying(c, "对方地址不是 https", "the receiver's address is not https"),
		           saying(c, "内容在路上可以被人看到。", "What is told can be read on its way."), saying(c, "请对方换成 https", "let them take https"));
	return 0;
}
