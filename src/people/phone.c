/* phone.c: a phone number proved by a one-time code.
 *
 * Story      See phone.h. Asking writes a row and a job; the job derives the six digits, hands them to the sender and empties
 *            the number in the row. Proving looks at the newest code of this browser and number.
 * Not here   Whose number it is in words (member), signing staff in, sending anything else (outbox).
 * Owns       phone_code; identities of channel "phone".
 * Holds      Limits hold across processes, by the rows; an address has one of its own besides. A wrong try is counted even
 *            though the answer is a refusal: so the refusal is an answer. Digits are compared in constant time.
 * Test       phone_test.c.
 */
#include "people/phone.h"

#include <sodium.h>

#include "base/log.h"
#include "engine/notify/notify.h"
#include "http/personal.h"
#include "people/community.h"
#include "people/member.h"
#include "people/merge.h"

#define CODE_DIGITS   6
#define CODE_LIVES    (5 * MINUTE)
#define TRIES_MOST    5
#define PAUSE         MINUTE      /* between two codes to one number */
#define HOUR_MOST     5
#define DAY_MOST      10
#define ADDRESS_MOST  20          /* an hour: a school's wall has one address */
#define PROVE_MOST    30          /* tries from an address in ten minutes */
#define SENDERS_MOST  8

static const struct setting settings[] = {
	{ "code_console", SET_BOOL, "false", "Communities may have phone codes written into the server's log: for trials only",
	  .zh = "允许社群把手机验证码写进服务器日志：只用于试用" },
	{ 0 },
};

/* ---- Rows ------------------------------------------------------------------------------------- */

struct code {
	struct id      id, visitor_id;
	struct str     phone, phone_key, lang;
	struct instant expires_at;
	int64_t        tries;
	struct instant used_at;
};

ROW(code,
	FIELD(code, id,         "Code"),
	FIELD(code, visitor_id, "Who asked"),
	FIELD(code, phone,      "Number, until it was sent"),
	FIELD(code, phone_key,  "Keyed hash of the number"),
	FIELD(code, lang,       "Language"),
	FIELD(code, expires_at, "Good until"),
	FIELD(code, tries,      "Tries"),
	FIELD(code, used_at,    "Used"));

struct asked { int64_t minute, hour, day; };
ROW(asked,
	FIELD(asked, minute, "Codes to this number in the last minute"),
	FIELD(asked, hour,   "… hour"),
	FIELD(asked, day,    "… day"));

struct how_many { int64_t n; };
ROW(how_many, FIELD(how_many, n, "How many"));

struct code_body { struct str community, phone, code, text; };
ROW(code_body,
	FIELD(code_body, community, "Name of the community"),
	FIELD(code_body, phone,     "Number"),
	FIELD(code_body, code,      "Six digits"),
	FIELD(code_body, text,      "The sentence to send"));

/* ---- Rules: no store, no clock ------------------------------------------------------------------ */

struct str phone_normal(struct arena *arena, struct str typed)
{
	char digits[24];
	size_t len = 0;
	bool plus = false;
	for (size_t i = 0; i < typed.len; i++) {
		char c = typed.at[i];
		if (c == '+' && len == 0)
			plus = true;
		else if (c >= '0' && c <= '9' && len < sizeof digits)
			digits[len++] = c;
		else if (!memchr(" -()", c, 4))
			return S("");
	}
	size_t skip = len >= 4 && memcmp(digits, "0086", 4) == 0 ? 4 : len == 13 && memcmp(digits, "86", 2) == 0 ? 2 : 0;
	bool mobile = len - skip == 11 && digits[skip] == '1' && (skip || !plus);
	if (mobile)
		return str_format(arena, "%.11s", digits + skip);
	return len < 7 || len > 15 || (skip && !plus) ? S("") : str_format(arena, "%s%.*s", plus ? "+" : "", (int)len, digits);
}

static struct str phone_key(struct arena *arena, const struct key *key, struct id community, struct str phone)
{
	char mac[MAC_TEXT + 1];
	mac_text(key, str_format(arena, "phone %lld %.*s", (long long)community.n, STR(phone)), mac);
	return str_copy(arena, str_of(mac));
}

/* Six digits out of 64 bits of a keyed hash: nobody without the key can tell them, and nothing has to be kept. */
static void code_digits(const struct key *key, struct id community, struct id id, struct str phone, char ret[CODE_DIGITS + 1])
{
	unsigned char hash[16];
	uint64_t n;
	char text[120];
	int len = snprintf(text, sizeof text, "code %lld %lld %.*s", (long long)community.n, (long long)id.n, STR(phone));
	crypto_generichash(hash, sizeof hash, (const unsigned char *)text, (size_t)len, key->bytes, sizeof key->bytes);
	memcpy(&n, hash, sizeof n);
	snprintf(ret, CODE_DIGITS + 1, "%06u", (unsigned)(n % 1000000));
}

/* ---- Strength -------------------------------------------------------------------------------------- */

static QUERY(identity_kinds, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT DISTINCT channel AS item FROM identity WHERE community_id = ?1 AND member_id = ?2");

int identity_strength(struct tx *tx, struct id community, struct id visitor, enum strength *ret)
{
	struct id member;
	struct rows channels = { 0 };
	enum strength strength = visitor.n ? STRENGTH_ANONYMOUS : STRENGTH_NONE;
	int r = visitor.n ? member_find_visitor(tx, community, visitor, &member) : E_NOT_FOUND;
	if (r == 0)
		r = tx_all(tx, &identity_kinds, &channels, V(community), V(member));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	const struct text_item *channel = channels.at;
	for (size_t i = 0; i < channels.count; i++) {
		enum strength s = str_among(channel[i].item, "wecom mp onebot") ? STRENGTH_PLATFORM
		                : str_is(channel[i].item, "phone") ? STRENGTH_PHONE : STRENGTH_ANONYMOUS;
		if (s > strength)
			strength = s;
	}
	*ret = strength;
	return 0;
}

/* ---- Senders ------------------------------------------------------------------------------------------ */

static int send_to_log(const struct job_context *context, const struct privacy *privacy, const struct code_message *m,
                       struct str *ret_why)
{
	(void)privacy;
	if (!phone_console_allowed(context->settings)) {
		*ret_why = S("codes may not be written into this server's log: see the setting code_console");
		return E_INVALID;
	}
	log_info("code for %.*s: %.*s", STR(phone_masked(context->arena, m->phone)), STR(m->code));
	return 0;
}

static int send_to_gateway(const struct job_context *context, const struct privacy *privacy, const struct code_message *m,
                           struct str *ret_why)
{
	struct code_body body = { m->community, m->phone, m->code, m->text };
	BUF_SCOPED json;
	buf_init(&json, 4096);
	row_write_json(&json, &row_code_body, &body);
	if (buf_failed(&json))
		return E_MEMORY;
	return notify_webhook(context->settings, privacy->sender_url, buf_view(&json), context->arena, ret_why);
}

static const struct code_sender own[] = { { "console", send_to_log }, { "webhook", send_to_gateway } };
static const struct code_sender *senders[SENDERS_MOST] = { &own[0], &own[1] };

static const struct code_sender **sender_place(struct str name)
{
	for (size_t i = 0; i < SENDERS_MOST; i++)
		if (!senders[i] || str_is(name, senders[i]->name))
			return &senders[i];
	return NULL;
}

void phone_sender_add(const struct code_sender *sender)
{
	const struct code_sender **place = sender_place(str_of(sender->name));
	if (place)
		*place = sender;
}

bool phone_console_allowed(const struct settings *set) { return set && settings_bool(set, "code_console"); }

static bool can_send(const struct privacy *p, const struct settings *set)
{
	const struct code_sender **sender = sender_place(p->sender);
	return sender && *sender && (!str_is(p->sender, "console") || phone_console_allowed(set));
}

int phone_possible(struct request *rq, struct id community, bool *ret)
{
	struct privacy p;
	int r = privacy_get(rq->tx, community, &p);
	if (r < 0)
		return r;
	*ret = can_send(&p, rq_settings(rq));
	return 0;
}

/* ---- Asking --------------------------------------------------------------------------------------------- */

static QUERY(codes_asked, READS, &row_asked, TAKES(K_ID, K_STR, K_INSTANT, K_INSTANT, K_INSTANT),
	"SELECT COALESCE(sum(CASE WHEN made_at > ?3 THEN 1 ELSE 0 END), 0) AS minute,"
	" COALESCE(sum(CASE WHEN made_at > ?4 THEN 1 ELSE 0 END), 0) AS hour, count(*) AS day"
	" FROM phone_code WHERE community_id = ?1 AND phone_key = ?2 AND made_at > ?5");

static QUERY(codes_today, READS, &row_how_many, TAKES(K_ID, K_INSTANT),
	"SELECT count(*) AS n FROM phone_code WHERE community_id = ?1 AND made_at > ?2");

static QUERY(code_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_INSTANT, K_INSTANT),
	"INSERT INTO phone_code (community_id, id, visitor_id, phone, phone_key, lang, made_at, expires_at, tries, used_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0)");

static int run_send(const struct job_context *, const struct job *, struct str *ret_why);

static const struct job_kind jobs[] = {
	{ "phone_code", "Send a one-time code", run_send, .tries_max = 4, .backoff_ms = 5 * SECOND },
	{ 0 },
};

static int check_limits(struct tx *tx, struct id community, struct str key, const struct privacy *p)
{
	struct asked asked;
	struct how_many today;
	int64_t now = tx_now(tx).ms;
	int r = tx_one(tx, &codes_asked, &asked, V(community), V(key), V((struct instant){ now - PAUSE }),
	               V((struct instant){ now - HOUR }), V((struct instant){ now - DAY }));
	if (r < 0 || (r = tx_one(tx, &codes_today, &today, V(community), V((struct instant){ now - DAY }))) < 0)
		return r;
	return asked.minute || asked.hour >= HOUR_MOST || asked.day >= DAY_MOST || today.n >= p->codes_a_day ? E_SLOW_DOWN : 0;
}

int phone_ask(struct request *rq, struct id community, struct str typed)
{
	struct privacy p;
	struct id id = tx_new_id(rq->tx);
	struct str phone = phone_normal(rq->arena, typed);
	int r = privacy_get(rq->tx, community, &p);
	if (r < 0)
		return r;
	if (!can_send(&p, rq_settings(rq)))
		return E_NO_SENDER;
	if (!phone.len)
		return rq_complain(rq, E_BAD_PATTERN, S("phone"));
	struct str key = phone_key(rq->arena, rq_key(rq), community, phone);
	if ((r = check_limits(rq->tx, community, key, &p)) < 0)
		return r;
	struct instant now = tx_now(rq->tx), until = { now.ms + CODE_LIVES };
	r = tx_run(rq->tx, &code_insert, V(community), V(id), V(rq->visitor), V(phone), V(key),
	           V(rq->lang == LANG_EN ? S("en") : S("zh")), V(now), V(until));
	return r < 0 ? r : job_add(rq->tx, community, &jobs[0], str_format(rq->arena, "%lld", (long long)id.n), S(""),
	                           (struct instant){ 0 });
}

/* ---- Sending ---------------------------------------------------------------------------------------------- */

struct sending { struct id community, id; struct code code; struct privacy privacy; struct str name; struct instant now; };

static QUERY(code_by_id, READS, &row_code, TAKES(K_ID, K_ID),
	"SELECT id, visitor_id, phone, phone_key, lang, expires_at, tries, used_at FROM phone_code WHERE community_id = ?1 AND id = ?2");

static int read_code(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	struct community c;
	s->now = tx_now(tx);
	int r = tx_one(tx, &code_by_id, &s->code, V(s->community), V(s->id));
	if (r < 0 || (r = community_get(tx, s->community, &c)) < 0)
		return r;
	s->name = c.name;
	return privacy_get(tx, s->community, &s->privacy);
}

static QUERY(code_sent, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE phone_code SET phone = '' WHERE community_id = ?1 AND id = ?2");

static int mark_sent(struct tx *tx, void *arg)
{
	const struct sending *s = arg;
	int r = tx_run(tx, &code_sent, V(s->community), V(s->id));
	return r < 0 ? r : 0;
}

static struct str sentence(struct arena *arena, const struct sending *s, const char *code)
{
	return str_is(s->code.lang, "en")
		? str_format(arena, "%s is your code for %.*s. Good for 5 minutes; give it to nobody.", code, STR(s->name))
		: str_format(arena, "【%.*s】验证码 %s，5 分钟内有效，请勿告诉任何人。", STR(s->name), code);
}

static int run_send(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct sending s = { .community = job->community };
	struct key key;
	char code[CODE_DIGITS + 1];
	if (!str_to_int(job->key, &s.id.n))
		return E_INVALID;
	int r = store_read(context->store, context->arena, read_code, &s);
	if (r == E_NOT_FOUND || (r == 0 && (!s.code.phone.len || s.now.ms >= s.code.expires_at.ms)))
		return r == 0 ? store_write(context->store, s.community, context->arena, mark_sent, &s) : 0;
	if (r < 0 || (r = server_feature_key(context->store, &key)) < 0)
		return r;
	const struct code_sender **sender = sender_place(s.privacy.sender);
	if (!sender || !*sender) {
		*ret_why = S("no sender of phone codes is set");
		return E_NO_SENDER;
	}
	code_digits(&key, s.community, s.id, s.code.phone, code);
	struct code_message m = { s.name, s.code.phone, str_of(code), sentence(context->arena, &s, code) };
	if ((r = (*sender)->send(context, &s.privacy, &m, ret_why)) < 0)
		return r;
	return store_write(context->store, s.community, context->arena, mark_sent, &s);
}

/* ---- Proving ----------------------------------------------------------------------------------------------- */

static QUERY(code_newest, READS, &row_code, TAKES(K_ID, K_STR, K_ID),
	"SELECT id, visitor_id, phone, phone_key, lang, expires_at, tries, used_at FROM phone_code"
	" WHERE community_id = ?1 AND phone_key = ?2 AND visitor_id = ?3 ORDER BY made_at DESC, id DESC LIMIT 1");

static QUERY(code_tried, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE phone_code SET tries = tries + 1, used_at = ?3 WHERE community_id = ?1 AND id = ?2");

static QUERY(browser_move, WRITES, NULL, TAKES(K_ID, K_STR, K_ID),
	"UPDATE identity SET member_id = ?3 WHERE community_id = ?1 AND channel = 'browser' AND subject = ?2");

/* A browser without a proved number is the same person met twice: its member goes into the one who has the number. One
 * with a number of its own is a phone lent to somebody else: only the browser changes hands. */
static int bring_over(struct request *rq, struct id community, struct id mine, struct str browser, struct id *known)
{
	enum strength strength;
	struct id merge;
	int r = identity_strength(rq->tx, community, rq->visitor, &strength);
	if (r < 0)
		return r;
	if (strength <= STRENGTH_ANONYMOUS)
		return member_merge(rq->tx, rq_features(rq), community, *known, mine, (struct rows){ 0 }, rq->visitor, &merge, known);
	r = tx_run(rq->tx, &browser_move, V(community), V(browser), V(*known));
	return r < 0 ? r : member_changed(rq->tx, community, *known, rq->visitor);
}

/* The number is this browser's: one member holds both from now on, the one who has the number if there is one. */
static int bind(struct request *rq, struct id community, struct str phone, struct id *ret_member)
{
	struct str browser = str_format(rq->arena, "%lld", (long long)rq->visitor.n);
	struct id mine, known, whose;
	struct complaint why;
	bool new;
	int r = member_of_visitor(rq->tx, community, rq->visitor, &(struct member_origin){ 0 }, &mine, &new);
	if (r < 0)
		return r;
	r = member_find(rq->tx, community, S("phone"), phone, &known);
	if (r == E_NOT_FOUND)
		known = mine;
	else if (r < 0)
		return r;
	if (known.n != mine.n && (r = bring_over(rq, community, mine, browser, &known)) < 0)
		return r;
	if ((r = member_identify(rq->tx, community, known, S("phone"), phone, &whose)) < 0)
		return r;
	*ret_member = known;
	r = member_change(rq->tx, community, known, MEMBER_FILL, &(struct member_profile){ .phone = phone }, rq->visitor, &why);
	return r < 0 ? r : 0;
}

int phone_prove(struct request *rq, struct id community, struct str typed, struct str digits, int *ret, struct id *ret_member)
{
	struct str phone = phone_normal(rq->arena, typed), plain = str_trim(digits);
	char want[CODE_DIGITS + 1];
	struct code code;
	if (!phone.len)
		return rq_complain(rq, E_BAD_PATTERN, S("phone"));
	if (!rq_allow(rq, str_format(rq->arena, "prove %.*s", STR(rq->address)), PROVE_MOST, 10 * MINUTE))
		return E_SLOW_DOWN;
	struct str key = phone_key(rq->arena, rq_key(rq), community, phone);
	int r = tx_one(rq->tx, &code_newest, &code, V(community), V(key), V(rq->visitor));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = E_CODE_SPENT;
	if (r == E_NOT_FOUND || code.used_at.ms || code.tries >= TRIES_MOST || tx_now(rq->tx).ms >= code.expires_at.ms)
		return 0;
	code_digits(rq_key(rq), community, code.id, phone, want);
	bool good = plain.len == CODE_DIGITS && sodium_memcmp(plain.at, want, CODE_DIGITS) == 0;
	*ret = good ? 0 : E_CODE_WRONG;
	r = tx_run(rq->tx, &code_tried, V(community), V(code.id), V(good ? tx_now(rq->tx) : (struct instant){ 0 }));
	return r < 0 ? r : good ? bind(rq, community, phone, ret_member) : 0;
}

static QUERY(codes_old, WRITES, NULL, TAKES(K_ID, K_INSTANT), "DELETE FROM phone_code WHERE community_id = ?1 AND made_at < ?2");

int phone_codes_sweep(struct tx *tx, struct id community)
{
	int r = tx_run(tx, &codes_old, V(community), V((struct instant){ tx_now(tx).ms - 2 * DAY }));
	return r < 0 ? r : 0;
}

/* ---- What is kept about people ------------------------------------------------------------------------------ */

static QUERY(codes_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM phone_code WHERE community_id = ?1 AND visitor_id = ?2");

static const struct personal personal[] = {
	{ "phone_code", .by = BY_VISITOR, .erases = { &codes_forget } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct query *const queries[] = {
	&identity_kinds, &codes_asked, &codes_today, &code_insert, &code_by_id, &code_sent, &code_newest, &code_tried,
	&browser_move, &codes_old, &codes_forget, NULL,
};

const struct feature feature_phone = {
	.name = "phone", .queries = queries, .jobs = jobs, .settings = settings, .personal = personal,
};
