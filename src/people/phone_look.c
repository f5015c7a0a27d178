/* phone_look.c: do phone codes reach their phones? For the doctor.
 *
 * Looks at   which sender the community chose; whether this server lets it write codes into its log; whether the gateway's host
 *            answers; codes of the last day that did not leave; whether the day's codes are used up.
 * Holds      Nothing is sent: of the gateway's address only its host is asked, and only its host is named, for the rest may be a key.
 *            A community that chose no sender asks nobody for a code: that is in order.
 * Test       channel/doctor/doctor_test.c
 */
#include "people/phone.h"

#include "engine/doctor/doctor.h"
#include "base/time.h"

#define CERT_SOON (14 * DAY)

struct codes_day { int64_t asked, lost; };

ROW(codes_day,
	FIELD(codes_day, asked, "Codes asked for in the last day"),
	FIELD(codes_day, lost,  "… that were good for nothing any more when nobody had taken them"));

static QUERY(phone_codes_day, READS, &row_codes_day, TAKES(K_ID, K_INSTANT, K_INSTANT),
	"SELECT count(*) AS asked, COALESCE(sum(CASE WHEN phone <> '' AND expires_at < ?3 THEN 1 ELSE 0 END), 0) AS lost"
	" FROM phone_code WHERE community_id = ?1 AND made_at > ?2");

struct looking { struct checkup *c; struct privacy privacy; struct codes_day day; };

static int read_all(struct tx *tx, void *arg)
{
	struct looking *l = arg;
	struct instant now = tx_now(tx);
	int r = privacy_get(tx, l->c->community, &l->privacy);
	return r < 0 ? r : tx_one(tx, &phone_codes_day, &l->day, V(l->c->community), V((struct instant){ now.ms - DAY }), V(now));
}

static void place_it(struct checkup *c) { doctor_place(c, "settings/privacy"); }

static void look_at_log(struct checkup *c)
{
	if (phone_console_allowed(c->house->settings))
		doctor_say(c, WARNING, "code_console", saying(c, "手机验证码只写进服务器的日志，不会发成短信",
				"phone codes are only written into the server's log; no text message leaves"),
		           saying(c, "成员收不到验证码，除非有人替他看日志。", "Members get no code, unless somebody reads the log for them."),
		           saying(c, "试用可以先这样；正式使用时到「设置 → 隐私」把验证码改成短信网关",
		                  "fine for a trial; before members use it choose the text message gateway under Settings, Privacy"));
	else
		doctor_say(c, BROKEN, "code_console", saying(c, "手机验证码要写进日志，但这台服务器不允许",
				"phone codes are to be written into the log, but this server does not allow it"),
		           saying(c, "要验证手机号的活动，谁也通不过。", "Nobody passes where a phone number must be confirmed."),
		           saying(c, "到「设置 → 隐私」填短信网关；只是试用的话，在服务器配置里写 code_console = true 再重启",
		                  "choose the text message gateway under Settings, Privacy; for a trial set code_console = true and restart"));
	place_it(c);
}

/* "https://user@sms.example.com:8443/send?key=1" → "https://sms.example.com:8443", and the host alone. */
static struct str origin_of(struct checkup *c, struct str url, struct str *ret_host)
{
	int64_t slashes = str_find(url, '/');
	struct str rest = slashes < 0 ? url : (struct str){ url.at + slashes + 2, url.len - (size_t)slashes - 2 };
	size_t end = 0;
	while (end < rest.len && !memchr("/?#", rest.at[end], 3))
		end++;
	rest.len = end;
	int64_t at = str_find(rest, '@');
	*ret_host = at < 0 ? rest : (struct str){ rest.at + at + 1, rest.len - (size_t)at - 1 };
	return str_format(c->house->arena, "%s://%.*s", str_starts(url, S("https")) ? "https" : "http", STR(*ret_host));
}

static int look_at_gateway(struct checkup *c, const struct privacy *p)
{
	struct reached reached;
	struct str host, origin = origin_of(c, p->sender_url, &host);
	const char *url = str_z(c->house->arena, origin);
	int r = url ? doctor_ask(c, &(struct question){ .url = url, .checked = true }, &reached) : E_MEMORY;
	if (r == E_NOT_SENT) {
		doctor_say(c, BROKEN, "code_gateway", saying(c, "短信网关 %.*s 连不上：%.*s", "the text message gateway %.*s cannot be reached: %.*s",
				STR(host), STR(reached.why)),
		           saying(c, "验证码发不出去，要验证手机号的活动谁也通不过。",
		                  "No code leaves, and nobody passes where a phone number must be confirmed."),
		           saying(c, "在服务器上试 curl -I %.*s；地址换了就到「设置 → 隐私」改；内网地址要在服务器配置里写 webhook_private = true",
		                  "try curl -I %.*s on the server; if it moved, change it under Settings, Privacy; an address of the inner network "
		                  "needs webhook_private = true", STR(origin)));
		place_it(c);
		return 0;
	}
	if (r < 0)
		return r;
	if (reached.certified_until.ms && reached.certified_until.ms < clock_now().ms + CERT_SOON) {
		doctor_say(c, WARNING, "code_certificate", saying(c, "短信网关 %.*s 的证书两周内到期",
				"the certificate of the text message gateway %.*s ends within two weeks", STR(host)),
		           saying(c, "到期后验证码就发不出去。", "After that no code leaves."),
		           saying(c, "请网关的维护者更新证书", "ask whoever keeps the gateway to renew it"));
		place_it(c);
	}
	return 0;
}

static void look_at_codes(struct checkup *c, const struct looking *l)
{
	if (l->day.lost) {
		doctor_say(c, l->day.lost == l->day.asked ? BROKEN : WARNING, "code_lost",
		           saying(c, "最近一天要了 %lld 个验证码，%lld 个没有发出去", "of %lld codes asked for in the last day, %lld did not leave",
		                  (long long)l->day.asked, (long long)l->day.lost),
		           saying(c, "有人等不到验证码，报不上名，也助不了力。", "Somebody waited for a code in vain, and could not take part or help."),
		           saying(c, "网关要在 30 秒内用 2xx 回答 POST；看它的日志和余额，再看这台服务器日志里的 phone_code",
		                  "the gateway must answer the POST by 2xx within 30 seconds: see its log and its balance, and phone_code in this "
		                  "server's log"));
		place_it(c);
	}
	if (l->day.asked >= l->privacy.codes_a_day) {
		doctor_say(c, BROKEN, "code_limit", saying(c, "一天 %lld 个验证码用完了", "the %lld codes a day are used up",
				(long long)l->privacy.codes_a_day),
		           saying(c, "在满一天之前，谁也要不到验证码。", "Nobody gets one until a day has passed."),
		           saying(c, "看看是不是有人在刷；不是的话，到「设置 → 隐私」调大每天的数量",
		                  "see whether somebody abuses it; if not, allow more a day under Settings, Privacy"));
		place_it(c);
	}
}

static int look(struct checkup *c)
{
	struct looking l = { .c = c };
	int r = store_read(c->house->store, c->house->arena, read_all, &l);
	if (r < 0)
		return r;
	bool none = !l.privacy.sender.len || str_is(l.privacy.sender, "none");
	if (str_is(l.privacy.sender, "console"))
		look_at_log(c);
	if (str_is(l.privacy.sender, "webhook") && (r = look_at_gateway(c, &l.privacy)) < 0)
		return r;
	if (!none)
		look_at_codes(c, &l);
	if (!c->count)
		doctor_say(c, SOUND, "phone_codes", none ? saying(c, "没有开手机验证码", "phone codes are not in use")
		           : saying(c, "短信网关有人应答，验证码都发出去了", "the gateway answers, and every code left"), NOTHING, NOTHING);
	return 0;
}

static const struct query *const queries[] = { &phone_codes_day, NULL };

static const struct examination examinations[] = {
	{ "phone_codes", "手机验证码", "Phone codes", OF_COMMUNITY, 10 * SECOND, look },
	{ 0 },
};

const struct feature feature_phone_look = { .name = "phone_look", .queries = queries, .examinations = examinations };
