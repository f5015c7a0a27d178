/* ward.c: what holds of every channel, whatever its kind; then its connector's own examination.
 *
 * Looks at   whether it is on; secrets: set, and sealed with this server's key; whether something was heard as lately as usual; what
 *            waits for it or was given up; the trouble it noted, unless the connector explains that better.
 * Test       doctor_test.c
 */
#include "channel/doctor/doctor.h"

#include "channel/outbox/outbox.h"

#define SILENCE_LEAST (6 * HOUR)
#define RHYTHM_DAYS   14
#define RHYTHM_MOST   2000
#define DEAD_FOR      (7 * DAY)
#define CERT_SOON     (14 * DAY)
#define PATIENCE      (30 * SECOND)

/* ---- Rows ------------------------------------------------------------------------------------- */

struct heard_at { struct instant at; };

ROW(heard_at,
	FIELD(heard_at, at, "When something was heard"));

struct left_over { int64_t dead; struct str why; };

ROW(left_over,
	FIELD(left_over, dead, "Sends given up lately"),
	FIELD(left_over, why,  "What was said of the last"));

static QUERY(ward_heard, READS, &row_heard_at, TAKES(K_ID, K_ID, K_INSTANT, K_INT),
	"SELECT at FROM channel_heard WHERE community_id = ?1 AND channel_id = ?2 AND at >= ?3 ORDER BY at DESC LIMIT ?4");

static QUERY(ward_dead, READS, &row_left_over, TAKES(K_ID, K_ID, K_INSTANT),
	"SELECT (SELECT count(*) FROM (SELECT 1 FROM send s WHERE s.community_id = ?1 AND s.state = 'dead' AND s.channel_id = ?2"
	" AND s.ended_at > ?3 LIMIT 1000) d) AS dead, COALESCE((SELECT s.why FROM send s WHERE s.community_id = ?1 AND s.state = 'dead'"
	" AND s.channel_id = ?2 ORDER BY s.id DESC LIMIT 1), '') AS why", .scans = true);

/* ---- Rules -------------------------------------------------------------------------------------- */

bool silence_is_long(const struct instant *times, size_t count, int64_t silence_ms)
{
	int64_t longest = 0;
	if (count < RHYTHM_LEAST)
		return false;
	for (size_t i = 1; i < count; i++)
		if (times[i - 1].ms - times[i].ms > longest)
			longest = times[i - 1].ms - times[i].ms;
	return silence_ms > SILENCE_LEAST && silence_ms > 2 * longest;
}

/* ---- What connectors use ------------------------------------------------------------------------ */

struct wanting { struct checkup *c; const struct channel *channel; const char *key; struct str value; };

static int read_setting(struct tx *tx, void *arg)
{
	struct wanting *w = arg;
	return channel_setting(tx, w->c->community, w->channel, w->key, &w->value);
}

int channel_setting_of(struct checkup *c, const struct channel *channel, const char *key, struct str *ret)
{
	struct wanting w = { c, channel, key, S("") };
	int r = store_read(c->house->store, c->house->arena, read_setting, &w);
	*ret = w.value;
	return r < 0 ? r : 0;
}

void doctor_place_of(struct checkup *c, const struct channel *channel)
{
	doctor_place(c, "channels?open=%lld", (long long)channel->id.n);
}

/* "https://host" of an address, for people. */
static struct str host_of(struct str url)
{
	size_t slashes = 0, i = 0;
	for (; i < url.len; i++)
		if (url.at[i] == '/' && ++slashes == 3)
			break;
	return (struct str){ url.at, i };
}

int channel_ask_clock(struct checkup *c, const struct channel *channel, struct str address)
{
	struct reached reached;
	struct str host = host_of(address);
	const char *url = str_z(c->house->arena, str_format(c->house->arena, "%.*s/", STR(host)));
	struct question q = { .url = url };
	int r = url ? doctor_ask(c, &q, &reached) : E_MEMORY;
	if (r == E_NOT_SENT) {
		doctor_say(c, BROKEN, "platform", saying(c, "连不上 %.*s：%.*s", "%.*s cannot be reached: %.*s", STR(host), STR(reached.why)),
		           saying(c, "发不出去，也取不到凭证。", "Nothing can be sent, no token fetched."),
		           saying(c, "在服务器上试一下 curl -I %.*s；检查域名解析、防火墙和代理，地址填错的话在渠道设置里改",
		                  "try curl -I %.*s on the server; look at name resolution, firewall and proxy; a wrong address is changed in the "
		                  "channel's settings", STR(host)));
		doctor_place_of(c, channel);
		return r;
	}
	if (r == 0)
		doctor_compare_clocks(c, reached.date, host);
	return r;
}

/* "invalid ip 203.0.113.9 ipv6 …, not in whitelist"; "…, from ip: 203.0.113.9, more info at https://…" */
struct str address_told(struct str words)
{
	while (words.len) {
		struct str word = str_cut(&words, ' ');
		size_t dots = 0, colons = 0, others = 0;
		while (word.len && (word.at[word.len - 1] == ',' || word.at[word.len - 1] == '.'))
			word.len--;
		for (size_t i = 0; i < word.len; i++) {
			char c = word.at[i];
			dots += c == '.';
			colons += c == ':';
			others += !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '.' || c == ':');
		}
		if (!others && (dots == 3 || colons > 1))
			return word;
	}
	return S("");
}

/* ---- The callback's address ------------------------------------------------------------------------ */

static bool see_address(struct checkup *c, struct str site)
{
	if (!site.len) {
		doctor_say(c, BROKEN, "public_url", saying(c, "没有设置公网地址，平台不知道往哪里回调",
				"no public address is set: the platform has nowhere to call"),
		           saying(c, "收不到任何消息和事件。", "No message and no event arrives."),
		           saying(c, "在 quntu.conf 里写 public_url = https://你的域名，重启，再把新的回调地址填到平台",
		                  "public_url = https://your.domain in quntu.conf, restart, then give the platform the new address"));
		return false;
	}
	if (url_is_local(site))
		doctor_say(c, NOTICE, "public_url", saying(c, "公网地址 %.*s 只有本机能打开",
				"the public address %.*s leads to this machine only", STR(site)),
		           saying(c, "别的机器上的平台打不进来。", "A platform on another machine cannot call."),
		           saying(c, "正式使用前换成 https 域名", "take an https domain before going live"));
	else if (!str_starts(site, S("https://")))
		doctor_say(c, NOTICE, "public_url", saying(c, "回调地址是 http，不是 https", "the callback's address is http, not https"),
		           saying(c, "内容在路上可以被人看到。", "What is said can be read on its way."),
		           saying(c, "让 nginx 或 Caddy 做 https：/usr/share/doc/quntu/examples",
				"let nginx or Caddy do https: /usr/share/doc/quntu/examples"));
	return true;
}

static void say_unreachable(struct checkup *c, struct str site, struct str why)
{
	doctor_say(c, BROKEN, "callback", saying(c, "从服务器自己打不开回调地址 %.*s：%.*s",
			"the callback's address %.*s cannot be reached from the server itself: %.*s",
		STR(site), STR(why)),
	           saying(c, "平台多半也打不进来。", "Most likely the platform cannot call either."),
	           saying(c, "检查域名解析、防火墙的 443 端口、证书和反向代理",
			"look at the domain's address, port 443 in the firewall, the certificate and the proxy"));
}

static void say_refused(struct checkup *c, const struct reached *reached)
{
	bool ours = reached->body.len && memmem(reached->body.at, reached->body.len, "\"error\"", 7);
	if (reached->status == 403 && ours)
		doctor_say(c, BROKEN, "callback", saying(c, "回调地址通了，但我们自己签名的消息没有通过验证（HTTP 403）",
			"the callback's address answers, but refuses a message that we signed ourselves (HTTP 403)"),
		           saying(c, "平台发来的也会被拒收。", "It refuses the platform's as well."),
		           saying(c, "把密钥重新填一遍并保存；代理不能改动网址里的参数和正文", "type the secrets anew and save; a proxy must not change query or body"));
	else
		doctor_say(c, BROKEN, "callback", saying(c, "回调地址有应答，但不是这台群图（HTTP %d）",
				"the callback's address answers, but it is not this Quntu (HTTP %d)",
			reached->status),
		           saying(c, "平台的回调送到别处去了。", "The platform's calls go somewhere else."),
		           saying(c, "让反向代理把 /api/in/ 原样转给群图（proxy_pass），不要缓存、不要拦截",
		                  "let the proxy pass /api/in/ to Quntu as it is, neither cached nor blocked"));
}

static struct saying last_heard(struct checkup *c, const struct channel *channel)
{
	int64_t ago = clock_now().ms - channel->heard_at.ms;
	if (!channel->heard_at.ms)
		return saying(c, "回调地址通过自测，平台还没有来过", "the callback's address passed our own test; the platform has not called yet");
	return ago < HOUR ? saying(c, "回调地址通过自测，%lld 分钟前还收到过平台的消息",
			"the callback's address passed our own test; the platform was heard %lld minutes ago",
	                           (long long)(ago / MINUTE))
	                  : saying(c, "回调地址通过自测，上次收到平台的消息是 %lld 小时前",
			"the callback's address passed our own test; the platform was last heard %lld hours ago",
	                           (long long)(ago / HOUR));
}

static void see_certificate(struct checkup *c, const struct reached *reached, struct str site)
{
	int64_t left = reached->certified_until.ms - clock_now().ms;
	if (!reached->certified_until.ms || left > CERT_SOON)
		return;
	doctor_say(c, WARNING, "certificate", saying(c, "%.*s 的证书 %lld 天后过期",
			"the certificate of %.*s ends in %lld days", STR(site), (long long)(left / DAY)),
	           saying(c, "过期后平台和成员都打不开。", "After that neither platforms nor members get in."),
	           saying(c, "续期：certbot renew，或看看 Caddy 的日志", "renew it: certbot renew, or look at Caddy's log"));
}

int channel_knock(struct checkup *c, const struct channel *channel, const struct knock *k)
{
	struct reached reached;
	struct arena *arena = c->house->arena;
	struct str site = doctor_public_url(c);
	if (!see_address(c, site))
		return 0;
	struct str address = str_format(arena, "%.*s/api/in/%.*s%s%.*s", STR(site), STR(channel->slug), k->query.len ? "?" : "",
			STR(k->query));
	struct question q = { .url = str_z(arena, address), .body = k->body, .headers = k->headers };
	int r = q.url ? doctor_ask(c, &q, &reached) : E_MEMORY;
	if (r == E_NOT_SENT)
		say_unreachable(c, site, reached.why);
	else if (r == 0 && (reached.status != 200 || (k->wants.len && !str_equal(reached.body, k->wants))))
		say_refused(c, &reached);
	else if (r == 0)
		doctor_say(c, SOUND, "callback", last_heard(c, channel), NOTHING, NOTHING);
	if (r == 0)
		see_certificate(c, &reached, site);
	doctor_place_of(c, channel);
	return r == E_NOT_SENT ? 0 : r;
}

/* ---- One channel ------------------------------------------------------------------------------------ */

struct patient {
	struct checkup   *c;
	struct channel    channel;
	bool              gone;
	struct str        missing_zh, missing_en;     /* labels of settings that are needed and not there */
	struct str        shut_zh, shut_en;           /* … that this server cannot read */
	struct rows       times;
	struct left_over  left;
	bool              waits;
};

static void add_label(struct arena *arena, struct str *zh, struct str *en, const struct channel_setting *s)
{
	*zh = str_format(arena, "%.*s%s%s", STR(*zh), zh->len ? "、" : "", s->zh);
	*en = str_format(arena, "%.*s%s%s", STR(*en), en->len ? ", " : "", s->en);
}

static int read_secrets(struct tx *tx, struct patient *p, const struct connector *k)
{
	for (const struct channel_setting *s = k->settings; s && s->key; s++) {
		struct str value = S(""), instead = S("");
		bool shut = false;
		int r = channel_setting(tx, p->c->community, &p->channel, s->key, &value);
		if (r >= 0 && s->unless)
			r = channel_setting(tx, p->c->community, &p->channel, s->unless, &instead);
		if (r >= 0 && s->secret)
			r = channel_secret_shut(tx, p->c->community, p->channel.id, s->key, &shut);
		if (r < 0)
			return r;
		if (shut)
			add_label(tx_arena(tx), &p->shut_zh, &p->shut_en, s);
		else if (s->needed && !value.len && !instead.len)
			add_label(tx_arena(tx), &p->missing_zh, &p->missing_en, s);
	}
	return 0;
}

static int read_patient(struct tx *tx, void *arg)
{
	struct patient *p = arg;
	struct instant since = { tx_now(tx).ms - RHYTHM_DAYS * DAY }, dead = { tx_now(tx).ms - DEAD_FOR };
	struct id community = p->c->community;
	int r = channel_get(tx, community, p->c->about, &p->channel);
	p->gone = r == E_NOT_FOUND;
	if (r < 0)
		return p->gone ? 0 : r;
	const struct connector *k = connector_of(p->channel.kind);
	p->missing_zh = p->missing_en = p->shut_zh = p->shut_en = S("");
	if ((k && (r = read_secrets(tx, p, k)) < 0) ||
	    (r = tx_all(tx, &ward_heard, &p->times, V(community), V(p->channel.id), V(since), V((int64_t)RHYTHM_MOST))) < 0)
		return r;
	return tx_one(tx, &ward_dead, &p->left, V(community), V(p->channel.id), V(dead));
}

static void see_secrets(struct checkup *c, const struct patient *p)
{
	if (p->missing_zh.len)
		doctor_say(c, BROKEN, "settings", (struct saying){ str_format(c->house->arena, "还没有填：%.*s", STR(p->missing_zh)),
			str_format(c->house->arena, "not filled in yet: %.*s", STR(p->missing_en)) },
		           saying(c, "没有它什么都做不了。", "Nothing works without it."), saying(c, "在下面的设置里填好并保存", "fill it in below and save"));
	if (p->missing_zh.len)
		doctor_place_of(c, &p->channel);
	if (p->shut_zh.len)
		doctor_say(c, BROKEN, "sealed", (struct saying){ str_format(c->house->arena, "解不开已保存的密钥：%.*s", STR(p->shut_zh)),
			str_format(c->house->arena, "secrets that were kept cannot be opened: %.*s", STR(p->shut_en)) },
		           saying(c, "它们是用另一台服务器的主密钥封存的（比如从别处恢复了数据）。",
		                  "They were sealed with another server's key (data was brought here from elsewhere, perhaps)."),
		           saying(c, "重新填一遍并保存", "type them again and save"));
	if (p->shut_zh.len)
		doctor_place_of(c, &p->channel);
}

/* The platform may have taken its complaint back while the connector asked. */
static int read_trouble(struct tx *tx, void *arg)
{
	struct patient *p = arg;
	int r = channel_get(tx, p->c->community, p->c->about, &p->channel);
	return r == E_NOT_FOUND ? 0 : r;
}

static void see_silence(struct checkup *c, const struct patient *p)
{
	int64_t silence = clock_now().ms - p->channel.heard_at.ms;
	const struct connector *k = connector_of(p->channel.kind);
	if (!k || !k->ready)
		return;
	if (p->channel.heard_at.ms && silence_is_long(p->times.at, p->times.count, silence))
		doctor_say(c, WARNING, "silence", saying(c, "已经 %lld 小时没有收到消息，比平时久得多", "nothing was heard for %lld hours, much longer than usual",
			(long long)(silence / HOUR)),
		           saying(c, "多半是平台那边的回调断了。", "Most likely the platform does not call any more."),
		           saying(c, "自己发一条试试；没有反应就到平台后台看看回调是否被停用，重新保存一次",
		                  "say something yourself; should nothing happen, see whether the platform switched the callback off"));
	else
		return;
	doctor_place_of(c, &p->channel);
}

static void see_left_over(struct checkup *c, const struct patient *p)
{
	if (!p->left.dead)
		return;
	doctor_say(c, WARNING, "given_up", saying(c, "最近 7 天有 %s%lld 条没有送出去，最后一条平台说：%.*s",
		"%s%lld sends of the last 7 days were given up; of the last one the platform said: %.*s", p->left.dead == 1000 ? "≥ " : "",
		(long long)p->left.dead, STR(p->left.why)), NOTHING,
	           saying(c, "修好原因，再到发送记录里重发或取消", "mend the reason, then send them again, or cancel them, in the outbox"));
	doctor_place(c, "outbox");
}

static int look(struct checkup *c)
{
	struct patient p = { .c = c };
	int r = store_read(c->house->store, c->house->arena, read_patient, &p);
	if (r < 0 || p.gone)
		return r < 0 ? r : 0;
	const struct connector *k = connector_of(p.channel.kind);
	if (str_is(p.channel.state, "off") || !k) {
		doctor_say(c, NOTICE, "off", saying(c, "已停用：不收也不发", "it is switched off: it neither hears nor speaks"), NOTHING,
		           saying(c, "要用就在渠道里重新启用", "switch it on again to use it"));
		doctor_place_of(c, &p.channel);
		return 0;
	}
	see_secrets(c, &p);
	if (!p.missing_zh.len && !p.shut_zh.len && k->examine && (r = k->examine(c, &p.channel)) < 0)
		return r;
	if ((r = store_read(c->house->store, c->house->arena, read_trouble, &p)) < 0)
		return r;
	see_silence(c, &p);
	if (p.channel.trouble.len && c->worst < WARNING) {
		doctor_say(c, WARNING, "trouble", saying(c, "平台上次说：%.*s", "the platform said last: %.*s", STR(p.channel.trouble)), NOTHING,
		           saying(c, "照着改好；下一次发送成功后自动消失", "mend it; this goes away with the next send that succeeds"));
		doctor_place_of(c, &p.channel);
	}
	see_left_over(c, &p);
	return 0;
}

const struct examination channel_examination = { "channel", "渠道", "Channel", OF_CHANNEL, PATIENCE, look };

static const struct query *const queries[] = { &ward_heard, &ward_dead, NULL };

const struct feature feature_ward = { .name = "ward", .queries = queries };
