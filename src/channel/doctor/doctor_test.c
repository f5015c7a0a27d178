/* doctor_test.c: each fault is named with what mends it, told once, and well again once it is mended. */
#include "channel/doctor/doctor.h"

#include <unistd.h>

#include "base/setting.h"
#include "channel/outbox/outbox.h"
#include "fake_mp.h"
#include "fake_onebot.h"
#include "fake_wecom.h"
#include "people/desk_test.h"
#include "people/staff.h"
#include "test.h"

extern const struct feature *const features[];

/* ---- A ward: a desk, a channel, and the settings that the server's jobs have ---- */

struct ward { struct desk desk; struct settings *settings; struct id channel; };

static struct settings *settings_with(struct ward *w, const char *public_url, const char *name, const char *value)
{
	const struct setting *tables[300];
	struct str why = S("");
	struct settings *ret = NULL;
	size_t n = 0;
	char *argv[] = { (char *)(uintptr_t)"quntu", (char *)(uintptr_t)"--public-url", (char *)(uintptr_t)public_url, (char *)(uintptr_t)name,
	                 (char *)(uintptr_t)value, NULL };
	int argc = name ? 5 : *public_url ? 3 : 1;
	for (const struct feature *const *f = features; *f; f++)
		if ((*f)->settings)
			tables[n++] = (*f)->settings;
	tables[n] = NULL;
	if (settings_read(tables, "/nonexistent/quntu.conf", false, &argc, argv, LANG_EN, &w->desk.house->arena, &ret, &why) < 0)
		fail_msg("settings: %.*s", STR(why));
	return ret;
}

static struct settings *settings_for(struct ward *w, const char *public_url) { return settings_with(w, public_url, NULL, NULL); }

static void ward_open(struct ward *w, struct house *house)
{
	*w = (struct ward){ .channel = { 0 } };
	desk_open(&w->desk, house, features);
	w->settings = settings_for(w, text(&w->desk, "http://127.0.0.1:%d", site_port(w->desk.site)));
}

static struct id connect(struct ward *w, const char *json) { return w->channel = made(w->desk.owner, at(&w->desk, "/channels"), json); }

static const char *path_of(struct ward *w) { return at(&w->desk, "/channels/%lld/doctor", (long long)w->channel.n); }

/* Asked, run, looked at. */
static struct reply examined(struct ward *w)
{
	struct reply r = post(w->desk.operator, path_of(w), "");
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "state"), "waiting");
	assert_true(jobs_run_due(w->desk.house->store, w->settings, features) > 0);
	r = get(w->desk.reader, path_of(w));
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "state"), "done");
	return r;
}

/* Of the finding with this word; empty when there is none. */
static struct str of(const struct reply *r, const char *word, const char *field)
{
	char path[60];
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof path, "findings.%d.word", i);
		if (!str_is(json_at(r, path), word))
			continue;
		snprintf(path, sizeof path, "findings.%d.%s", i, field);
		return json_at(r, path);
	}
	return S("");
}

static bool holds(struct str text, const char *part) { return text.len && memmem(text.at, text.len, part, strlen(part)); }

static int64_t open_alerts(struct ward *w, const char *kind)
{
	struct reply r = get(w->desk.owner, at(&w->desk, "/alerts?open=true"));
	int64_t n = 0;
	char path[40];
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof path, "items.%d.kind", i);
		n += str_is(json_at(&r, path), kind);
	}
	return n;
}

/* ---- Rules ---- */

TEST(doctor_silence, "a silence is long when it is longer than twice the longest of late, and six hours; few facts say nothing")
{
	struct instant times[20];
	for (int i = 0; i < 20; i++)
		times[i].ms = 1767225600000 - i * HOUR;
	assert_false(silence_is_long(times, 20, 5 * HOUR));
	assert_true(silence_is_long(times, 20, 7 * HOUR));
	assert_false(silence_is_long(times, RHYTHM_LEAST - 1, 30 * DAY));
	times[19].ms -= 4 * HOUR;
	assert_false(silence_is_long(times, 20, 7 * HOUR));
	assert_true(silence_is_long(times, 20, 11 * HOUR));
	assert_false(silence_is_long(NULL, 0, DAY));
}

/* ---- 公众号 ---- */

static struct mp_fake *connect_mp(struct ward *w, const char *secret)
{
	struct mp_fake *fake = mp_fake_open(0);
	connect(w, text(&w->desk, "{\"kind\":\"mp\",\"name\":\"友信\",\"values\":[{\"key\":\"appid\",\"text\":\"" FAKE_APPID "\"},"
		"{\"key\":\"secret\",\"text\":\"%s\"},{\"key\":\"token\",\"text\":\"" FAKE_TOKEN "\"},"
		"{\"key\":\"aes_key\",\"text\":\"" FAKE_KEY "\"},{\"key\":\"api\",\"text\":\"%s\"}]}", secret, mp_fake_url(fake)));
	return fake;
}

PROMISE(doctor_mp_listed, "40164 is explained with the very address to add; raised once; mended, it is well again and says so")
{
	struct ward w;
	ward_open(&w, house);
	struct mp_fake *fake = connect_mp(&w, FAKE_SECRET);
	mp_fake_bar(fake, true);
	struct reply r = examined(&w);
	assert_str(json_at(&r, "worst"), "error");
	assert_str(of(&r, "ip", "severity"), "error");
	assert_true(holds(of(&r, "ip", "what"), "203.0.113.9") && holds(of(&r, "ip", "fix"), "IP 白名单，加上 203.0.113.9"));
	assert_str(of(&r, "ip", "place"), "https://mp.weixin.qq.com");
	assert_str(of(&r, "callback", "severity"), "ok");
	struct reply channel = get(w.desk.owner, at(&w.desk, "/channels/%lld", (long long)w.channel.n));
	assert_true(holds(json_at(&channel, "trouble"), "40164"));
	assert_int_equal(open_alerts(&w, "doctor"), 1);
	struct str since = str_copy(&house->arena, of(&r, "ip", "since_at"));
	r = examined(&w);
	assert_true(str_equal(of(&r, "ip", "since_at"), since));
	assert_int_equal(open_alerts(&w, "doctor"), 1);

	mp_fake_bar(fake, false);
	r = examined(&w);
	assert_str(json_at(&r, "worst"), "notice");               /* the test's address is this machine's */
	assert_str(of(&r, "token", "severity"), "ok");
	assert_str(of(&r, "ip", "what"), "");
	channel = get(w.desk.owner, at(&w.desk, "/channels/%lld", (long long)w.channel.n));
	assert_str(json_at(&channel, "trouble"), "");
	assert_int_equal(open_alerts(&w, "doctor"), 0);
	assert_int_equal(open_alerts(&w, "doctor_well"), 1);
	examined(&w);
	assert_int_equal(open_alerts(&w, "doctor_well"), 0);
	mp_fake_close(fake);
	desk_close(&w.desk);
}

PROMISE(doctor_mp_faults, "a wrong secret, a wrong length, a skewed clock, a slow or silent platform, a used-up quota: each is named")
{
	struct ward w;
	ward_open(&w, house);
	struct mp_fake *fake = connect_mp(&w, "tooshort");
	struct reply r = examined(&w);
	assert_str(of(&r, "secret", "severity"), "error");
	assert_true(holds(of(&r, "secret", "what"), "8 个字符") && holds(of(&r, "secret", "fix"), "重置"));
	static const char well[] = "{\"kind\":\"mp\",\"name\":\"友信\",\"values\":[{\"key\":\"secret\",\"text\":\"" FAKE_SECRET "\"}"
		",{\"key\":\"appid\",\"text\":\"" FAKE_APPID "\"},{\"key\":\"api\",\"text\":\"%s\"}%s]}";
	assert_int_equal(put(w.desk.owner, at(&w.desk, "/channels/%lld", (long long)w.channel.n), text(&w.desk, well, mp_fake_url(fake),
			"")).status, 200);
	mp_fake_skew(fake, 10 * MINUTE);
	r = examined(&w);
	assert_str(of(&r, "skew", "severity"), "warning");
	assert_true(holds(of(&r, "skew", "fix"), "timedatectl"));
	mp_fake_skew(fake, 0);
	mp_fake_fail(fake, "/cgi-bin/stable_token", 0, 1, 1500);
	r = examined(&w);
	assert_str(of(&r, "token", "severity"), "ok");
	static const struct { int code; const char *word, *severity; } codes[] = {
		{ 45009, "quota", "error" }, { 48001, "granted", "error" }, { 50002, "restricted", "error" }, { 40013, "appid", "error" },
		{ -1, "token", "warning" }, { 99999, "token", "error" },
	};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		mp_fake_fail(fake, "/cgi-bin/stable_token", codes[i].code, 1, 0);
		r = examined(&w);
		assert_str(of(&r, codes[i].word, "severity"), codes[i].severity);
		assert_true(of(&r, codes[i].word, "fix").len > 0);
	}
	/* A key that nobody can decrypt with. */
	assert_int_equal(put(w.desk.owner, at(&w.desk, "/channels/%lld", (long long)w.channel.n),
	                     text(&w.desk, well, mp_fake_url(fake), ",{\"key\":\"aes_key\",\"text\":\"short\"}")).status, 200);
	r = examined(&w);
	assert_str(of(&r, "aes_key", "severity"), "error");
	mp_fake_close(fake);
	r = examined(&w);
	assert_str(of(&r, "platform", "severity"), "error");
	assert_true(holds(of(&r, "platform", "fix"), "curl -I http://127.0.0.1:"));
	desk_close(&w.desk);
}

PROMISE(doctor_callback, "a callback's address that is missing, unreachable or another's is told apart from one that is ours")
{
	struct ward w;
	ward_open(&w, house);
	struct mp_fake *fake = connect_mp(&w, FAKE_SECRET), *other = mp_fake_open(0);
	w.settings = settings_for(&w, "");
	struct reply r = examined(&w);
	assert_str(of(&r, "public_url", "severity"), "error");
	w.settings = settings_for(&w, "http://127.0.0.1:1");
	r = examined(&w);
	assert_str(of(&r, "callback", "severity"), "error");
	assert_true(holds(of(&r, "callback", "fix"), "443"));
	w.settings = settings_for(&w, mp_fake_url(other));
	r = examined(&w);
	assert_str(of(&r, "callback", "severity"), "error");
	assert_true(holds(of(&r, "callback", "fix"), "/api/in/"));
	/* In the other language, for whoever reads it. */
	browser_header(w.desk.reader, "Accept-Language: en");
	r = get(w.desk.reader, path_of(&w));
	assert_int_equal(r.status, 200);
	mp_fake_close(other);
	mp_fake_close(fake);
	desk_close(&w.desk);
}

/* ---- Secrets ---- */

static const QUERY(spoil_secrets, WRITES, NULL, TAKES(K_ID),
	"UPDATE channel_secret SET sealed = CASE substr(sealed, 1, 1) WHEN 'A' THEN 'B' ELSE 'A' END || substr(sealed, 2)"
	" WHERE channel_id = ?1", .scans = true);

static int spoil(struct tx *tx, void *arg)
{
	struct ward *w = arg;
	int r = tx_run(tx, &spoil_secrets, V(w->channel));
	return r < 0 ? r : 0;
}

PROMISE(doctor_secrets, "what is needed and missing is named; what another server sealed is told; a channel that is off is let be")
{
	struct ward w;
	ward_open(&w, house);
	struct mp_fake *fake = connect_mp(&w, FAKE_SECRET);
	assert_int_equal(store_write(house->store, w.desk.community, &house->arena, spoil, &w), 0);
	struct reply r = examined(&w);
	assert_str(of(&r, "sealed", "severity"), "error");
	assert_true(holds(of(&r, "sealed", "what"), "AppSecret"));
	assert_int_equal(mp_fake_calls(fake, "stable_token"), 0);
	assert_reply(post(w.desk.owner, at(&w.desk, "/channels/%lld/state", (long long)w.channel.n), "{\"on\":false}"), 200, "");
	r = examined(&w);
	assert_str(json_at(&r, "worst"), "notice");
	assert_str(of(&r, "off", "severity"), "notice");
	mp_fake_close(fake);
	desk_close(&w.desk);
}

/* ---- QQ, webhooks, hands, rooms ---- */

PROMISE(doctor_onebot, "a QQ client that is away, signed out, shut to us or never heard is named; our own knock is not heard")
{
	struct ward w;
	ward_open(&w, house);
	struct onebot_fake *fake = onebot_fake_open(0);
	static const char body[] = "{\"kind\":\"onebot\",\"name\":\"QQ 群\",\"values\":[{\"key\":\"api_url\",\"text\":\"http://127.0.0.1:%d\"},"
		"{\"key\":\"token\",\"text\":\"%s\"},{\"key\":\"secret\",\"text\":\"" FAKE_OB_SECRET "\"}]}";
	connect(&w, text(&w.desk, body, onebot_fake_port(fake), "wrong"));
	const char *path = at(&w.desk, "/channels/%lld", (long long)w.channel.n);
	struct reply r = examined(&w);
	assert_str(of(&r, "token", "severity"), "error");
	assert_str(of(&r, "callback", "severity"), "ok");
	struct reply channel = get(w.desk.owner, path);
	assert_str(json_at(&channel, "heard_at"), "null");
	assert_int_equal(put(w.desk.owner, path, text(&w.desk, body, onebot_fake_port(fake), FAKE_OB_TOKEN)).status, 200);
	r = examined(&w);
	assert_str(of(&r, "platform", "severity"), "ok");
	assert_str(of(&r, "beat", "severity"), "warning");
	onebot_fake_offline(fake, true);
	r = examined(&w);
	assert_str(of(&r, "signed_out", "severity"), "error");
	onebot_fake_offline(fake, false);
	onebot_fake_silent(fake, true);
	r = examined(&w);
	assert_str(of(&r, "platform", "severity"), "error");
	onebot_fake_silent(fake, false);
	channel = get(w.desk.owner, path);
	assert_int_equal(onebot_fake_say(fake, text(&w.desk, "%.*s", STR(json_at(&channel, "address"))), "42", "林晓", "在吗"), 200);
	r = examined(&w);
	assert_str(of(&r, "beat", "what"), "");
	assert_int_equal(post(w.desk.owner, at(&w.desk, "/channels/%lld/groups", (long long)w.channel.n),
			"{\"subject\":\"601\",\"group_id\":null}").status,
	                 200);
	r = examined(&w);
	assert_str(of(&r, "groups", "severity"), "warning");
	assert_true(holds(of(&r, "groups", "what"), "601"));
	/* Over a line: what only the other way needs is not missed. */
	connect(&w, text(&w.desk, "{\"kind\":\"onebot\",\"name\":\"QQ 线\",\"values\":[{\"key\":\"ws_url\",\"text\":\"ws://127.0.0.1:%d\"},"
		"{\"key\":\"token\",\"text\":\"" FAKE_OB_TOKEN "\"}]}", onebot_fake_line_port(fake)));
	r = examined(&w);
	assert_str(of(&r, "settings", "what"), "");
	assert_str(of(&r, "callback", "what"), "");
	assert_str(of(&r, "platform", "severity"), "ok");
	onebot_fake_close(fake);
	desk_close(&w.desk);
}

PROMISE(doctor_wecom, "企业微信 that does not know our address names it; a secret, rights and its callback are looked at as well")
{
	struct ward w;
	ward_open(&w, house);
	struct wecom_fake *fake = wecom_fake_open(0);
	connect(&w, text(&w.desk, "{\"kind\":\"wecom\",\"name\":\"友信\",\"values\":[{\"key\":\"corpid\",\"text\":\"" WECOM_CORP "\"},"
		"{\"key\":\"secret\",\"text\":\"" WECOM_SECRET "\"},{\"key\":\"token\",\"text\":\"" WECOM_TOKEN "\"},"
		"{\"key\":\"aes_key\",\"text\":\"" WECOM_KEY "\"},{\"key\":\"api\",\"text\":\"%s\"}]}", wecom_fake_url(fake)));
	wecom_fake_bar(fake, true);
	struct reply r = examined(&w);
	assert_str(of(&r, "ip", "severity"), "error");
	assert_true(holds(of(&r, "ip", "what"), "203.0.113.9") && holds(of(&r, "ip", "fix"), "企业可信 IP，加上 203.0.113.9"));
	assert_str(of(&r, "callback", "severity"), "ok");
	wecom_fake_bar(fake, false);
	r = examined(&w);
	assert_str(of(&r, "staff", "severity"), "warning");               /* nobody may contact customers */
	wecom_fake_staff(fake, "wang");
	r = examined(&w);
	assert_str(of(&r, "token", "severity"), "ok");
	wecom_fake_fail(fake, "follow_user_list", 48002, 1, 0);
	r = examined(&w);
	assert_true(holds(of(&r, "granted", "fix"), "可调用接口的应用"));
	assert_true(of(&r, "codes", "what").len == 0);
	assert_int_equal(put(w.desk.owner, at(&w.desk, "/channels/%lld", (long long)w.channel.n),
	                     text(&w.desk, "{\"kind\":\"wecom\",\"name\":\"友信\",\"values\":[{\"key\":\"corpid\",\"text\":\"" WECOM_CORP
		"\"},{\"key\":\"api\",\"text\":\"%s\"},{\"key\":\"codes\",\"text\":\"0\"}]}", wecom_fake_url(fake))).status, 200);
	r = examined(&w);
	assert_str(of(&r, "codes", "severity"), "error");
	wecom_fake_close(fake);
	desk_close(&w.desk);
}

PROMISE(doctor_others, "a webhook whose receiver is away or private is told; hands and rooms need nobody")
{
	struct ward w;
	ward_open(&w, house);
	connect(&w, "{\"kind\":\"webhook\",\"name\":\"商城\",\"values\":[{\"key\":\"url\",\"text\":\"http://127.0.0.1:1/in\"},"
		"{\"key\":\"secret\",\"text\":\"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"},{\"key\":\"kinds\",\"text\":\"member_joined\"}]}");
	struct reply r = examined(&w);
	assert_str(of(&r, "private", "severity"), "error");
	assert_true(holds(of(&r, "private", "fix"), "webhook_private"));
	assert_str(of(&r, "https", "severity"), "notice");
	connect(&w, "{\"kind\":\"manual\",\"name\":\"微信\",\"values\":[]}");
	r = examined(&w);
	assert_str(json_at(&r, "worst"), "ok");
	connect(&w, "{\"kind\":\"web\",\"name\":\"群聊\",\"values\":[]}");
	r = examined(&w);
	assert_str(json_at(&r, "worst"), "notice");
	desk_close(&w.desk);
}

/* ---- The community: sending, followers ---- */

static int emit(struct tx *tx, void *arg)
{
	struct ward *w = arg;
	return event_emit(tx, w->desk.community, &channel_events[CHANNEL_CHANGED], &(struct event){ .subject = w->channel });
}

/* Of the examination with this name on the whole page. */
static struct reply page(struct ward *w, const char *name, char prefix[40])
{
	struct reply r = get(w->desk.admin, at(&w->desk, "/doctor"));
	assert_int_equal(r.status, 200);
	for (int i = 0; i < 20; i++) {
		snprintf(prefix, 40, "examinations.%d.name", i);
		if (str_is(json_at(&r, prefix), name)) {
			snprintf(prefix, 40, "examinations.%d", i);
			return r;
		}
	}
	fail_msg("there is no examination %s", name);
	return r;
}

static struct str field_of(struct ward *w, const char *name, const char *field)
{
	char prefix[40], path[100];
	struct reply r = page(w, name, prefix);
	snprintf(path, sizeof path, "%s.%s", prefix, field);
	return json_at(&r, path);
}

static void all_examined(struct ward *w)
{
	assert_int_equal(post(w->desk.admin, at(&w->desk, "/doctor"), "").status, 200);
	assert_true(jobs_run_due(w->desk.house->store, w->settings, features) > 0);
}

PROMISE(doctor_followers, "followers that fell behind are told with how far; caught up, they are well")
{
	struct ward w;
	ward_open(&w, house);
	connect(&w, "{\"kind\":\"manual\",\"name\":\"微信\",\"values\":[]}");
	assert_str(field_of(&w, "followers", "state"), "never");
	events_catch_up(house->store, features, w.desk.community);
	clock_set((struct instant){ clock_now().ms - 50 * MINUTE });
	assert_int_equal(store_write(house->store, w.desk.community, &house->arena, emit, &w), 0);
	clock_set((struct instant){ 0 });
	all_examined(&w);
	assert_str(field_of(&w, "followers", "worst"), "error");
	assert_true(holds(field_of(&w, "followers", "findings.0.what"), "50 分钟") || holds(field_of(&w, "followers",
			"findings.0.what"), "49 分钟"));
	assert_int_equal(events_catch_up(house->store, features, w.desk.community), 0);
	all_examined(&w);
	assert_str(field_of(&w, "followers", "worst"), "ok");
	desk_close(&w.desk);
}

PROMISE(doctor_outbox, "a frozen outbox, sends that wait too long and dead letters are told")
{
	struct ward w;
	ward_open(&w, house);
	all_examined(&w);
	assert_str(field_of(&w, "outbox", "worst"), "ok");
	assert_reply(post(w.desk.operator, at(&w.desk, "/outbox/freeze"), "{\"frozen\":true,\"why\":\"投诉\"}"), 200, "");
	all_examined(&w);
	assert_str(field_of(&w, "outbox", "worst"), "notice");
	assert_true(holds(field_of(&w, "outbox", "findings.0.what"), "投诉"));
	desk_close(&w.desk);
}

/* ---- Phone codes ---- */

static void sends_codes(struct ward *w, const char *sender, const char *url, int a_day)
{
	struct reply r = put(w->desk.owner, at(&w->desk, "/privacy"), text(&w->desk, "{\"visitor_months\":24,\"audit_months\":12,"
		"\"event_months\":36,\"grace_days\":0,\"sender\":\"%s\",\"sender_url\":\"%s\",\"codes_a_day\":%d}", sender, url, a_day));
	assert_int_equal(r.status, 200);
}

static const QUERY(put_code, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO phone_code (community_id, id, visitor_id, phone, phone_key, lang, made_at, expires_at, tries, used_at)"
	" VALUES (?1, ?2, 1, ?3, 'k', 'zh', ?4, ?4, 0, 0)");

struct waited { struct id community; const char *phone; };

static int ask_for_code(struct tx *tx, void *arg)
{
	const struct waited *w = arg;
	return tx_run(tx, &put_code, V(w->community), V(tx_new_id(tx)), V(str_of(w->phone)), V((struct instant){ tx_now(tx).ms - HOUR }));
}

static const QUERY(set_sender, WRITES, NULL, TAKES(K_ID),
	"UPDATE privacy SET sender = 'console', codes_a_day = 30 WHERE community_id = ?1");

/* As it was allowed once; the server's settings may be others by now. */
static int write_into_log(struct tx *tx, void *arg)
{
	const struct ward *w = arg;
	return tx_run(tx, &set_sender, V(w->desk.community));
}

PROMISE(doctor_codes, "phone codes: a gateway nobody answers at, a log that may not be used, codes that never left and a full day are told")
{
	struct ward w;
	ward_open(&w, house);
	const char *home = text(&w.desk, "http://127.0.0.1:%d", site_port(w.desk.site));
	all_examined(&w);
	assert_str(field_of(&w, "phone_codes", "worst"), "ok");
	sends_codes(&w, "webhook", text(&w.desk, "%s/send?key=Geheim", home), 30);
	all_examined(&w);
	assert_str(field_of(&w, "phone_codes", "findings.0.word"), "code_gateway");
	assert_true(holds(field_of(&w, "phone_codes", "findings.0.what"), "webhook_private"));
	w.settings = settings_with(&w, home, "--webhook-private", "true");
	all_examined(&w);
	assert_str(field_of(&w, "phone_codes", "worst"), "ok");
	sends_codes(&w, "webhook", "http://me:Geheim@127.0.0.1:1/send?key=Geheim", 30);
	all_examined(&w);
	assert_str(field_of(&w, "phone_codes", "worst"), "error");
	assert_true(holds(field_of(&w, "phone_codes", "findings.0.what"), "127.0.0.1:1"));
	assert_str(field_of(&w, "phone_codes", "findings.0.place"), "settings/privacy");
	char prefix[40];
	struct reply r = page(&w, "phone_codes", prefix);
	assert_null(memmem(r.body.at, r.body.len, "Geheim", 6));
	sends_codes(&w, "webhook", text(&w.desk, "%s/send", home), 2);
	assert_true(store_write(house->store, w.desk.community, &house->arena, ask_for_code, &(struct waited){ w.desk.community, "" }) >= 0);
	all_examined(&w);
	assert_str(field_of(&w, "phone_codes", "worst"), "ok");
	assert_true(store_write(house->store, w.desk.community, &house->arena, ask_for_code,
	                        &(struct waited){ w.desk.community, "13800138000" }) >= 0);
	all_examined(&w);
	assert_str(field_of(&w, "phone_codes", "findings.0.word"), "code_limit");
	assert_str(field_of(&w, "phone_codes", "findings.1.word"), "code_lost");
	assert_str(field_of(&w, "phone_codes", "findings.1.severity"), "warning");
	assert_true(store_write(house->store, w.desk.community, &house->arena, write_into_log, &w) >= 0);
	all_examined(&w);
	assert_str(field_of(&w, "phone_codes", "worst"), "error");
	assert_str(field_of(&w, "phone_codes", "findings.0.word"), "code_console");
	w.settings = settings_with(&w, home, "--code-console", "true");
	all_examined(&w);
	assert_str(field_of(&w, "phone_codes", "findings.0.severity"), "warning");
	desk_close(&w.desk);
}

/* ---- Who sees what ---- */

static int hire(struct tx *tx, void *arg)
{
	struct ward *w = arg;
	return account_hire(tx, w->desk.community, (struct id){ 15 }, ROLE_OWNER);
}

PROMISE(doctor_roles, "admins see the community, whoever keeps the server sees the server; operators examine a channel, readers look")
{
	struct ward w;
	ward_open(&w, house);
	connect(&w, "{\"kind\":\"manual\",\"name\":\"微信\",\"values\":[]}");
	assert_reply(get(w.desk.operator, at(&w.desk, "/doctor")), 403, "forbidden");
	assert_reply(post(w.desk.reader, path_of(&w), ""), 403, "forbidden");
	assert_reply(get(w.desk.reader, path_of(&w)), 200, "");
	assert_reply(get(w.desk.stranger, path_of(&w)), 404, "not_found");
	assert_reply(post(w.desk.stranger, there(&w.desk, "/channels/%lld/doctor", (long long)w.channel.n), ""), 404, "not_found");
	struct reply r = get(w.desk.owner, at(&w.desk, "/doctor"));
	assert_str(json_at(&r, "server"), "false");
	int64_t few = number_at(&r, "total");
	assert_int_equal(store_write(house->store, w.desk.community, &house->arena, hire, &w), 0);
	r = post(w.desk.owner, at(&w.desk, "/doctor"), "");
	assert_str(json_at(&r, "server"), "true");
	assert_true(number_at(&r, "total") > few && number_at(&r, "busy") == number_at(&r, "total"));
	assert_str(json_at(&r, "examinations.0.scope"), "server");
	r = get(w.desk.admin, at(&w.desk, "/doctor"));
	assert_str(json_at(&r, "server"), "false");
	assert_str(json_at(&r, "examinations.0.scope"), "community");
	/* What was removed is not examined, and leaves nothing. */
	assert_int_equal(post(w.desk.operator, path_of(&w), "").status, 200);
	assert_int_equal(del(w.desk.owner, at(&w.desk, "/channels/%lld", (long long)w.channel.n)).status, 204);
	assert_reply(get(w.desk.reader, path_of(&w)), 404, "not_found");
	desk_close(&w.desk);
}
