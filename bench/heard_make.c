/* heard_make.c: QQ groups for bench `channel`: people who are known in them, automations that listen, and what is said.
 *
 * Everything is made through the program's own routes and actions, so what listens and what is stored is what an operator
 * would have. The events of the making have been followed before anything is measured.
 */
#include "bench/heard.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "channel/onebot/onebot.h"
#include "engine/event/event.h"
#include "http/within.h"
#include "people/community.h"
#include "store/schemas.h"

#define PEOPLE_EACH   20
#define PEOPLE_LEAST 500
#define BATCH        500
#define FIRST_GROUP  700000000
#define FIRST_PERSON 2000000000
#define WORD_EVERY   50                           /* one message in so many holds a word that is listened for */

static uint64_t mixed(uint64_t n)
{
	n = (n ^ n >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	n = (n ^ n >> 27) * UINT64_C(0x94D049BB133111EB);
	return n ^ n >> 31;
}

/* ---- Groups and people -------------------------------------------------------------------------- */

struct making { const struct bench_run *run; struct talk *talk; size_t from, until; };

static struct within program(const struct making *m)
{
	return (struct within){ .features = m->run->features, .community = m->talk->community };
}

static struct str group_number(struct arena *arena, size_t i) { return str_format(arena, "%zu", FIRST_GROUP + i); }
static struct str person_number(struct arena *arena, size_t i) { return str_format(arena, "%zu", FIRST_PERSON + i); }

static int found(struct tx *tx, void *arg)
{
	struct making *m = arg;
	struct channel c;
	int r = community_make(tx, S("bench"), S("Asia/Shanghai"), &m->talk->community);
	struct within who = program(m);
	struct within_call connect = { "POST", "/channels", .json = str_format(tx_arena(tx), "{\"kind\":\"onebot\",\"name\":\"QQ\","
		"\"values\":[{\"key\":\"ws_url\",\"text\":\"ws://127.0.0.1:%d\"},{\"key\":\"secret\",\"text\":\"" TALK_SECRET "\"}]}",
		m->talk->port) };
	if (r < 0 || (r = within_do(tx, &who, &connect, &m->talk->channel)) < 0 ||
	    (r = channel_get(tx, m->talk->community, m->talk->channel, &c)) < 0)
		return r;
	m->talk->slug = str_copy(m->run->arena, c.slug);
	for (size_t i = 0; r >= 0 && i < m->talk->groups; i++) {
		struct id group;
		r = channel_bind(tx, m->talk->community, &c, group_number(tx_arena(tx), i), str_format(tx_arena(tx), "车主 %zu 群", i),
		                 (struct id){ 0 }, &group);
	}
	return r < 0 ? r : 0;
}

static int seat_people(struct tx *tx, void *arg)
{
	struct making *m = arg;
	struct channel c;
	int r = channel_get(tx, m->talk->community, m->talk->channel, &c);
	for (size_t i = m->from; r >= 0 && i < m->until; i++) {
		struct came f = { group_number(tx_arena(tx), i % m->talk->groups), person_number(tx_arena(tx), i),
		                  str_format(tx_arena(tx), "车友%zu", i), S(""), S("link"), { tx_now(tx).ms - DAY } };
		r = hear_joined(tx, m->talk->community, &c, &f);
	}
	return r < 0 ? r : 0;
}

/* ---- What listens ----------------------------------------------------------------------------------- */

#define SAID(text) "{\"depth\":1,\"what\":\"said\",\"holds\":\"contains\",\"no\":true,\"texts\":[\"" text "\"]}"

/* Three words each. Two in three have conditions, of what was said and of who said it; half of them act once a day for each. */
static struct str rule_json(struct arena *arena, size_t i)
{
	static const char *const how[] = { "contains", "contains", "prefix", "exact" };
	static const char *const where[] = {
		"", "\"where\":[{\"depth\":0,\"what\":\"all\"}," SAID("不要") "],",
		"\"where\":[{\"depth\":0,\"what\":\"all\"}," SAID("广告") ",{\"depth\":1,\"what\":\"nickname\",\"holds\":\"contains\","
			"\"texts\":[\"车友\"]}],",
	};
	return str_format(arena, "{\"name\":\"规则 %zu\",\"event\":\"message_heard\",\"how\":\"%s\",\"from\":0,\"until\":0,"
		"\"words\":[\"口令%zu号\",\"想问%zu号\",\"怎么办%zu号\"],%s%s,\"actions\":[{\"what\":\"tag_add\",\"settings\":["
		"{\"key\":\"tags\",\"text\":\"聊过 %zu\"}]}]}", i, how[i % 4], i, i, i, where[i % 3],
		i % 2 ? "\"per\":\"member\",\"times\":1,\"days\":1" : "\"per\":\"none\",\"times\":0,\"days\":0", i % 10);
}

static int listen(struct tx *tx, void *arg)
{
	struct making *m = arg;
	struct within who = program(m);
	int r = 0;
	for (size_t i = 0; r >= 0 && i < m->talk->rules; i++) {
		struct id rule;
		struct within_call make = { "POST", "/automations", .json = rule_json(tx_arena(tx), i) };
		if ((r = within_do(tx, &who, &make, &rule)) < 0)
			break;
		struct within_call on = { "POST", "/automations/{id}/state", rule, .json = S("{\"on\":true}") };
		r = within_do(tx, &who, &on, NULL);
	}
	return r < 0 ? r : 0;
}

static int make_with(struct store *store, struct making *m)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 256 << 20);
	int r = store_write(store, (struct id){ 0 }, &arena, found, m);
	for (m->from = 0; r >= 0 && m->from < m->talk->people; m->from = m->until) {
		m->until = m->from + BATCH < m->talk->people ? m->from + BATCH : m->talk->people;
		arena_reset(&arena);
		r = store_write(store, m->talk->community, &arena, seat_people, m);
	}
	if (r >= 0 && (r = store_write(store, m->talk->community, &arena, listen, m)) >= 0)
		r = events_catch_up(store, m->run->features, m->talk->community);
	return r;
}

int talk_make(const struct bench_run *run, size_t groups, size_t rules, int port, struct talk *ret)
{
	struct talk talk = { .groups = groups, .rules = rules, .port = port };
	struct making m = { .run = run, .talk = &talk };
	struct store *store;
	struct str why;
	talk.people = groups * PEOPLE_EACH > PEOPLE_LEAST ? groups * PEOPLE_EACH : PEOPLE_LEAST;
	talk.name = str_z(run->arena, str_format(run->arena, "talk-%zu-%zu", groups, rules));
	talk.file = str_z(run->arena, str_format(run->arena, "%s/%s/quntu.db", run->folder, talk.name));
	talk.copy = str_z(run->arena, str_format(run->arena, "%s/talk-floor-%zu-%zu.db", run->folder, groups, rules));
	const char *url = str_z(run->arena, str_format(run->arena, "sqlite:%s", talk.file));
	struct store_options options = { .url = url, .schemas = embedded_schemas };
	int r = url ? store_open(&options, &store, run->arena, &why) : E_MEMORY;
	if (r < 0)
		return r;
	r = make_with(store, &m);
	if (r >= 0)
		r = store_backup(store, talk.copy, run->arena, &why);
	store_close(store);
	if (r >= 0)
		*ret = talk;
	return r < 0 ? r : 0;
}

/* ---- What is said -------------------------------------------------------------------------------------- */

static struct str words_of(const struct talk *t, struct arena *arena, int64_t n)
{
	static const char *const lines[] = {
		"早上好", "周六的自驾几点集合？", "哈哈哈哈", "我上周刚换的轮胎，四条两千六，动平衡也一起做了，大家可以参考一下", "收到", "谢谢老板",
		"这个保险报价比去年便宜了三百多，是因为没出险吗", "图发不出来，等会儿再试", "同问", "停车场在负二层，从东门进，扫码前两小时免费",
		"有人一起拼单吗", "明天下雨，改到下周日吧", "已经下单了", "好的好的", "4S 店说要等两周", "续航掉得厉害，冬天只有三百公里",
	};
	uint64_t drawn = mixed((uint64_t)n + 17);
	if (t->rules && drawn % WORD_EVERY == 0)
		return str_format(arena, "口令%zu号", (size_t)(drawn / WORD_EVERY % t->rules));
	return str_of(lines[drawn / WORD_EVERY % (sizeof lines / sizeof *lines)]);
}

/* In no order, as clients number them, and never twice. */
static int message_number(int64_t n) { return (int)(int32_t)((uint32_t)n * UINT32_C(2654435761)); }

struct str talk_event(const struct talk *t, struct arena *arena, int64_t n)
{
	uint64_t drawn = mixed((uint64_t)n);
	size_t group = (size_t)(drawn % t->groups), each = t->people / t->groups;
	size_t person = group + (size_t)(drawn / t->groups % each) * t->groups;
	struct str words = words_of(t, arena, n);
	int number = message_number(n);
	long long now = clock_now().ms / SECOND;
	return str_format(arena, "{\"self_id\":10001,\"user_id\":%zu,\"time\":%lld,\"message_id\":%d,\"message_seq\":%d,\"real_id\":%d,"
		"\"message_type\":\"group\",\"sender\":{\"user_id\":%zu,\"nickname\":\"车友%zu\",\"card\":\"嘉兴-车友%zu\",\"role\":\"member\"},"
		"\"raw_message\":\"%.*s\",\"font\":14,\"sub_type\":\"normal\",\"message\":[{\"type\":\"text\",\"data\":{\"text\":\"%.*s\"}}],"
		"\"message_format\":\"array\",\"post_type\":\"message\",\"group_id\":%zu,\"group_name\":\"车主 %zu 群\"}",
		FIRST_PERSON + person, now, number, number, number, FIRST_PERSON + person, person, person,
		STR(words), STR(words), FIRST_GROUP + group, group);
}

struct str talk_last(const struct talk *t, struct arena *arena, int64_t second)
{
	(void)t;
	return str_format(arena, "{\"self_id\":10001,\"user_id\":%zu,\"time\":%lld,\"message_id\":1,\"message_type\":\"group\","
		"\"message\":\"完\",\"post_type\":\"message\",\"group_id\":%zu}", (size_t)FIRST_PERSON, (long long)second, (size_t)FIRST_GROUP);
}

int talk_requests(const struct talk *t, struct arena *arena, int64_t from, size_t count, struct str *ret)
{
	for (size_t i = 0; i < count; i++) {
		struct str body = talk_event(t, arena, from + (int64_t)i);
		unsigned char mac[EVP_MAX_MD_SIZE];
		char hex[41];
		unsigned len = 0;
		if (!HMAC(EVP_sha1(), TALK_SECRET, sizeof TALK_SECRET - 1, (const unsigned char *)body.at, body.len, mac, &len))
			return E_MEMORY;
		for (unsigned k = 0; k < len; k++)
			snprintf(hex + 2 * k, 3, "%02x", mac[k]);
		ret[i] = str_format(arena, "POST /api/in/%.*s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
			"X-Self-ID: 10001\r\nX-Signature: sha1=%s\r\nContent-Length: %zu\r\n\r\n%.*s", STR(t->slug), hex, body.len, STR(body));
	}
	return arena_failed(arena) ? E_MEMORY : 0;
}

/* ---- The floor -------------------------------------------------------------------------------------------- */

static QUERY(bench_message, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO message (community_id, id, group_id, channel_id, member_id, to_id, number, kind, text, media, reply_to, at, recalled_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, 'text', ?7, '', '', ?8, 0)");

static QUERY(bench_said, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_ID, K_ID, K_ID, K_ID),
	"INSERT INTO event (community_id, epoch, id, kind, at, subject_id, actor_id, object_id, via_id, n, word, data)"
	" VALUES (?1, 0, ?2, 'message_heard', ?3, ?4, ?5, ?6, ?7, 0, 'text', '')");

struct bare { const struct talk *talk; int64_t from; size_t batch; };

static int say_barely(struct tx *tx, void *arg)
{
	const struct bare *b = arg;
	const struct talk *t = b->talk;
	int r = 0;
	for (int64_t n = b->from; r >= 0 && n < b->from + (int64_t)b->batch; n++) {
		uint64_t drawn = mixed((uint64_t)n);
		struct id group = { (int64_t)(drawn % t->groups) + 1 }, member = { (int64_t)(drawn % t->people) + 1 }, message = tx_new_id(tx);
		struct str number = str_format(tx_arena(tx), "%d", message_number(n));
		struct instant now = tx_now(tx);
		if ((r = tx_run(tx, &bench_message, V(t->community), V(message), V(group), V(t->channel), V(member), V(number),
				V(words_of(t, tx_arena(tx), n)), V(now))) < 0)
			return r;
		r = tx_run(tx, &bench_said, V(t->community), V(tx_new_id(tx)), V(now), V(group), V(member), V(message), V(t->channel));
	}
	return r < 0 ? r : 0;
}

int talk_floor(const struct bench_run *run, const struct talk *talk, size_t batch, double seconds, double *ret)
{
	struct store *store;
	struct str why;
	const char *url = str_z(run->arena, str_format(run->arena, "sqlite:%s", talk->copy));
	struct store_options options = { .url = url, .schemas = embedded_schemas };
	int r = url ? store_open(&options, &store, run->arena, &why) : E_MEMORY;
	if (r < 0)
		return r;
	struct bare b = { talk, 1, batch };
	static int64_t rounds;
	b.from += rounds++ * 10000000;                /* a copy may be used more than once */
	int64_t first = b.from;
	double began = bench_seconds(), now = began;
	for (; r >= 0 && now < began + seconds; now = bench_seconds()) {
		ARENA_SCOPED arena;
		arena_init(&arena, 64 << 20);
		r = store_write(store, talk->community, &arena, say_barely, &b);
		b.from += (int64_t)batch;
	}
	store_close(store);
	if (r >= 0)
		*ret = (double)(b.from - first) / (now - began);
	return r < 0 ? r : 0;
}
