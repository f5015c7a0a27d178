/* consent.c: what people agreed to, by purpose and version of the words they read (guardrail G11).
 *
 * Story      A member opens their page and switches on "news and offers". Months later the operator rewrites the words: the
 *            switch is off again and asks once more, for nobody agreed to the new words. Off is one tap, as on was.
 *            A member who turns out to be twelve needs a parent's word before anything of this counts.
 * Not here   The page itself (passport), what is done with a consent (whoever asks consent_given).
 * Owns       consent_text, consent, guardian.
 * Holds      Records are only added; the newest of a person and purpose counts, and only for the version that holds now.
 *            Saying the same again adds nothing. An address is kept as its network only.
 * Test       passport_test.c.
 */
#include "people/consent.h"

#include "http/personal.h"
#include "people/merge.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/member.h"

#define TITLE_MAX    30
#define TEXT_MAX     600
#define RECORDS_MAX  200
#define GROWN_UP     14
#define BROWSERS_MAX 50

/* ---- Rows ------------------------------------------------------------------------------------- */

struct words { struct str purpose; int64_t version; struct str title_zh, title_en, text_zh, text_en; bool offered; };

#define WORDS_FIELDS(type) \
	FIELD(type, title_zh, "Its name, Chinese", .min = 1, .max = TITLE_MAX), \
	FIELD(type, title_en, "Its name, English; empty: the Chinese one", .max = 60, .optional = true), \
	FIELD(type, text_zh,  "What is done and why, Chinese", .min = 1, .max = TEXT_MAX, .lines = true), \
	FIELD(type, text_en,  "What is done and why, English", .max = 2 * TEXT_MAX, .lines = true, .optional = true), \
	FIELD(type, offered,  "Members are asked")

struct words_draft { struct str purpose, title_zh, title_en, text_zh, text_en; bool offered; };
ROW(words_draft,
	FIELD(words_draft, purpose, "Key of the purpose: a letter, then letters, digits and _", .min = 1, .max = PURPOSE_MAX,
	      .pattern = "[a-z][a-z0-9_]*"),
	WORDS_FIELDS(words_draft));

ROW(words,
	FIELD(words, purpose, "Key of the purpose"),
	FIELD(words, version, "Version of its words; a new one asks again"),
	WORDS_FIELDS(words));

struct purpose {
	struct str purpose;
	int64_t    version;
	struct str title_zh, title_en, text_zh, text_en;
	bool       offered, needed, own;
	int64_t    given;
};

ROW(purpose,
	FIELD(purpose, purpose, "Key of the purpose"),
	FIELD(purpose, version, "Version of its words; a new one asks again"),
	WORDS_FIELDS(purpose),
	FIELD(purpose, needed,  "The condition of being here: shown, but not asked"),
	FIELD(purpose, own,     "Added by this community"),
	FIELD(purpose, given,   "Members who agreed to the words that hold now"));

ROW_PUBLIC(consent_state,
	FIELD(consent_state, purpose, "Key of the purpose"),
	FIELD(consent_state, title,   "Its name"),
	FIELD(consent_state, text,    "What is done and why"),
	FIELD(consent_state, version, "Version of these words"),
	FIELD(consent_state, needed,  "The condition of being here: no switch"),
	FIELD(consent_state, given,   "Agreed, to these words"),
	FIELD(consent_state, asks,    "Nothing was said about these words yet"),
	FIELD(consent_state, at,      "When the newest record was made", .optional = true));

struct said { struct id id; int64_t version; bool given; struct instant at; };
ROW(said,
	FIELD(said, id,      "Record"),
	FIELD(said, version, "Of which words"),
	FIELD(said, given,   "Given, or withdrawn"),
	FIELD(said, at,      "When"));

struct consent_record {
	struct id      id;
	struct str     purpose;
	int64_t        version;
	bool           given;
	struct instant at;
	struct str     via, address;
	struct id      account_id;
};

ROW(consent_record,
	FIELD(consent_record, id,         "Record"),
	FIELD(consent_record, purpose,    "Purpose"),
	FIELD(consent_record, version,    "Version of the words"),
	FIELD(consent_record, given,      "Given, or withdrawn"),
	FIELD(consent_record, at,         "When"),
	FIELD(consent_record, via,        "Where", .one_of = "passport console"),
	FIELD(consent_record, address,    "Network it came from"),
	FIELD(consent_record, account_id, "Staff who wrote it down", .optional = true));

ROW_PUBLIC(guardian,
	FIELD(guardian, name,      "Guardian"),
	FIELD(guardian, phone,     "The guardian's phone, as the member said"),
	FIELD(guardian, agreed_at, "When the guardian agreed", .optional = true));

struct member_consents { struct rows states, records; struct str guardian; bool guardian_missing; };
ROW(member_consents,
	FIELD(member_consents, states,   "Where the member stands now", .of = &row_consent_state),
	FIELD(member_consents, records,  "All that was said, newest first", .of = &row_consent_record),
	FIELD(member_consents, guardian, "Name of the guardian who agreed"),
	FIELD(member_consents, guardian_missing, "Under 14, and no guardian has agreed"));

struct consent_draft { struct str purpose; bool given; };
ROW(consent_draft,
	FIELD(consent_draft, purpose, "Key of the purpose", .min = 1, .max = PURPOSE_MAX),
	FIELD(consent_draft, given,   "Given, or withdrawn"));

/* ---- Built-in words ------------------------------------------------------------------------------ */

static const struct built_in { const char *purpose, *title_zh, *title_en, *text_zh, *text_en; } built_in[] = {
	{ "service", "提供社群服务", "Running the community",
	  "为了让你进群、认出你、把你应得的东西发给你，我们保存你的昵称、进群记录和你填写的内容。这是加入社群必需的；不想要了，可以在这一页删除全部资料。",
	  "To let you in, to recognise you and to give you what is yours, we keep your name, how you joined and what you filled in. "
	  "Being here needs it; when you no longer want it, delete everything on this page." },
	{ "marketing", "接收活动和优惠消息", "News and offers",
	  "我们会不时把活动、优惠和新品消息发给你。不同意也不影响进群和其他服务。",
	  "Now and then we send you news, events and offers. Saying no changes nothing else." },
	{ "avatar", "在海报和榜单上显示头像", "My picture on posters",
	  "你生成的海报、活动榜单上会显示你的头像。不同意时只显示昵称的第一个字。",
	  "Posters you make and leaderboards show your picture. If you say no, they show the first letter of your name." },
	{ "directory", "让其他成员看到我", "Shown to other members",
	  "同一社群的成员可以在成员名录里看到你的昵称、头像和城市，看不到手机号。不同意就不会出现在名录里。",
	  "Members of this community see your name, picture and city in the directory, never your phone number. "
	  "If you say no, you are not in it." },
};
#define BUILT_IN (sizeof built_in / sizeof *built_in)

static bool is_needed(struct str purpose) { return str_equal(purpose, CONSENT_SERVICE); }

static struct words words_built_in(size_t i)
{
	const struct built_in *b = &built_in[i];
	return (struct words){ str_of(b->purpose), 1, str_of(b->title_zh), str_of(b->title_en), str_of(b->text_zh),
	                       str_of(b->text_en), true };
}

static size_t built_in_of(struct str purpose)
{
	size_t i = 0;
	while (i < BUILT_IN && !str_is(purpose, built_in[i].purpose))
		i++;
	return i;
}

/* ---- Rules: no store, no clock ------------------------------------------------------------------ */

int age_on(struct str birthday, int64_t day)
{
	int64_t born, y = 0, m = 0, d = 0;
	struct str rest = birthday;
	if (!day_parse(birthday, &born) || !str_to_int(str_cut(&rest, '-'), &y) || !str_to_int(str_cut(&rest, '-'), &m) ||
	    !str_to_int(rest, &d))
		return -1;
	struct local today = zone_local(zone_find(S("UTC")), (struct instant){ day * DAY });
	int age = today.year - (int)y;
	return today.month < m || (today.month == m && today.day < d) ? age - 1 : age;
}

struct str address_class(struct arena *arena, struct str address)
{
	bool v6 = str_find(address, ':') >= 0;
	size_t seen = 0;
	for (size_t i = 0; i < address.len; i++)
		if (address.at[i] == (v6 ? ':' : '.') && ++seen == 3)
			return str_format(arena, "%.*s*", (int)i + 1, address.at);
	return S("");
}

/* ---- Words ----------------------------------------------------------------------------------------- */

static QUERY(words_now, READS, &row_words, TAKES(K_ID, K_STR),
	"SELECT purpose, version, title_zh, title_en, text_zh, text_en, offered FROM consent_text"
	" WHERE community_id = ?1 AND purpose = ?2 ORDER BY version DESC LIMIT 1");

static QUERY(words_all, READS, &row_words, TAKES(K_ID),
	"SELECT t.purpose, t.version, t.title_zh, t.title_en, t.text_zh, t.text_en, t.offered FROM consent_text t"
	" WHERE t.community_id = ?1 AND t.version = (SELECT max(o.version) FROM consent_text o"
	" WHERE o.community_id = t.community_id AND o.purpose = t.purpose) ORDER BY t.purpose LIMIT 100");

static QUERY(words_insert, WRITES, NULL,
	TAKES(K_ID, K_STR, K_INT, K_STR, K_STR, K_STR, K_STR, K_BOOL, K_INSTANT, K_ID),
	"INSERT INTO consent_text (community_id, purpose, version, title_zh, title_en, text_zh, text_en, offered, made_at,"
	" account_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");

/* E_NOT_FOUND: no such purpose. */
static int words_get(struct tx *tx, struct id community, struct str purpose, struct words *ret)
{
	int r = tx_one(tx, &words_now, ret, V(community), V(purpose));
	size_t i = r == E_NOT_FOUND ? built_in_of(purpose) : BUILT_IN;
	if (i == BUILT_IN)
		return r;
	*ret = words_built_in(i);
	return 0;
}

/* The built-in ones in their order, then the community's own. */
static int words_list(struct tx *tx, struct id community, struct rows *ret)
{
	struct rows kept;
	int r = tx_all(tx, &words_all, &kept, V(community));
	struct words *list = r < 0 ? NULL : arena_take_array(tx_arena(tx), kept.count + BUILT_IN, sizeof *list);
	const struct words *known = kept.at;
	size_t count = BUILT_IN;
	if (!list)
		return r < 0 ? r : E_MEMORY;
	for (size_t i = 0; i < BUILT_IN; i++)
		list[i] = words_built_in(i);
	for (size_t i = 0; i < kept.count; i++) {
		size_t at = built_in_of(known[i].purpose);
		list[at < BUILT_IN ? at : count++] = known[i];
	}
	*ret = (struct rows){ list, count };
	return 0;
}

/* ---- Records --------------------------------------------------------------------------------------- */

static QUERY(said_by_member, READS, &row_said, TAKES(K_ID, K_ID, K_STR),
	"SELECT id, version, given, at FROM consent WHERE community_id = ?1 AND member_id = ?2 AND purpose = ?3"
	" ORDER BY id DESC LIMIT 1");

static QUERY(said_by_visitor, READS, &row_said, TAKES(K_ID, K_ID, K_STR),
	"SELECT id, version, given, at FROM consent WHERE community_id = ?1 AND visitor_id = ?2 AND purpose = ?3"
	" AND member_id = 0 ORDER BY id DESC LIMIT 1");

/* The newest word: the member's own, or one of their browsers before they became one. id 0: nothing was said. */
static int said_last(struct tx *tx, struct id community, struct id member, struct id visitor, struct str purpose, struct said *ret)
{
	struct said found = { 0 }, other;
	struct rows browsers = { 0 };
	int r = 0;
	if (member.n) {
		r = tx_one(tx, &said_by_member, &found, V(community), V(member), V(purpose));
		if (r == E_NOT_FOUND)
			r = member_visitors(tx, community, member, &browsers);
	} else if (visitor.n) {
		r = tx_one(tx, &said_by_visitor, &found, V(community), V(visitor), V(purpose));
	}
	const struct id_item *browser = browsers.at;
	for (size_t i = 0; r >= 0 && i < browsers.count && i < BROWSERS_MAX; i++) {
		r = tx_one(tx, &said_by_visitor, &other, V(community), V(browser[i].item), V(purpose));
		if (r == 0 && other.id.n > found.id.n)
			found = other;
		r = r == E_NOT_FOUND ? 0 : r;
	}
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = found;
	return 0;
}

static QUERY(consent_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_ID, K_STR, K_INT, K_BOOL, K_INSTANT, K_STR, K_STR, K_ID),
	"INSERT INTO consent (community_id, id, member_id, visitor_id, purpose, version, given, at, via, address, account_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");

static int record(struct tx *tx, struct id community, const struct consent_by *by, const struct words *w, bool given)
{
	struct said last;
	int r = said_last(tx, community, by->member, by->visitor, w->purpose, &last);
	if (r < 0)
		return r;
	if (last.id.n ? last.given == given && last.version == w->version : !given)
		return 0;                         /* said already; and who never agreed has nothing to withdraw */
	r = tx_run(tx, &consent_insert, V(community), V(tx_new_id(tx)), V(by->member), V(by->visitor), V(w->purpose),
	           V(w->version), V(given), V(tx_now(tx)), V(str_of(by->via)), V(address_class(tx_arena(tx), by->address)),
	           V(by->account));
	if (r < 0 || !by->member.n)
		return r < 0 ? r : 0;
	return member_changed(tx, community, by->member, by->account);
}

int consent_given(struct tx *tx, struct id community, struct id member, struct str purpose, bool *ret)
{
	struct words w;
	struct said last;
	bool missing;
	int r = words_get(tx, community, purpose, &w);
	if (r == E_NOT_FOUND || (r == 0 && !w.offered) || is_needed(purpose)) {
		*ret = is_needed(purpose);
		return 0;
	}
	if (r < 0 || (r = said_last(tx, community, member, (struct id){ 0 }, purpose, &last)) < 0 ||
	    (r = guardian_missing(tx, community, member, &missing)) < 0)
		return r;
	*ret = last.id.n && last.given && last.version == w.version && !missing;
	return 0;
}

int consent_give(struct tx *tx, struct id community, const struct consent_by *by, struct str purpose, int64_t version)
{
	struct words w;
	bool missing = false;
	int r = words_get(tx, community, purpose, &w);
	if (r < 0 || (by->member.n && (r = guardian_missing(tx, community, by->member, &missing)) < 0))
		return r;
	if (!w.offered || is_needed(purpose))
		return is_needed(purpose) ? 0 : E_NOT_FOUND;
	if (w.version != version)
		return E_CONFLICT;
	return missing ? E_GUARDIAN : record(tx, community, by, &w, true);
}

int consent_withdraw(struct tx *tx, struct id community, const struct consent_by *by, struct str purpose)
{
	struct words w;
	if (is_needed(purpose))
		return E_INVALID;
	int r = words_get(tx, community, purpose, &w);
	return r < 0 ? r : record(tx, community, by, &w, false);
}

int consent_states(struct tx *tx, struct id community, struct id member, struct id visitor, enum lang lang, struct rows *ret)
{
	struct rows words;
	bool missing = false;
	int r = words_list(tx, community, &words);
	if (r >= 0 && member.n)
		r = guardian_missing(tx, community, member, &missing);
	struct consent_state *states = r < 0 ? NULL : arena_take_array(tx_arena(tx), words.count, sizeof *states);
	const struct words *w = r < 0 ? NULL : words.at;
	size_t count = 0;
	if (!states)
		return r < 0 ? r : E_MEMORY;
	for (size_t i = 0; i < words.count; i++) {
		struct said last;
		bool en = lang == LANG_EN;
		if (!w[i].offered)
			continue;
		if ((r = said_last(tx, community, member, visitor, w[i].purpose, &last)) < 0)
			return r;
		bool now = last.id.n && last.version == w[i].version;
		states[count++] = (struct consent_state){
			w[i].purpose, en && w[i].title_en.len ? w[i].title_en : w[i].title_zh,
			en && w[i].text_en.len ? w[i].text_en : w[i].text_zh, w[i].version, is_needed(w[i].purpose),
			is_needed(w[i].purpose) || (now && last.given && !missing), !is_needed(w[i].purpose) && !now, last.at,
		};
	}
	*ret = (struct rows){ states, count };
	return 0;
}

/* ---- Under 14 --------------------------------------------------------------------------------------- */

static QUERY(guardian_of, READS, &row_guardian, TAKES(K_ID, K_ID),
	"SELECT name, phone, agreed_at FROM guardian WHERE community_id = ?1 AND member_id = ?2");

static QUERY(guardian_put, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO guardian (community_id, member_id, name, phone, agreed_at) VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT (community_id, member_id) DO UPDATE SET name = excluded.name, phone = excluded.phone,"
	" agreed_at = excluded.agreed_at");

int guardian_get(struct tx *tx, struct id community, struct id member, struct guardian *ret)
{
	struct guardian g = { 0 };
	int r = tx_one(tx, &guardian_of, &g, V(community), V(member));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = g;
	return 0;
}

static QUERY(birthday_of, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT birthday AS item FROM member WHERE community_id = ?1 AND id = ?2");

int guardian_missing(struct tx *tx, struct id community, struct id member, bool *ret)
{
	struct guardian g;
	struct text_item birthday = { 0 };
	struct community c;
	int r = tx_one(tx, &birthday_of, &birthday, V(community), V(member));
	*ret = false;
	if (r < 0 || !birthday.item.len)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = guardian_get(tx, community, member, &g)) < 0 || (r = community_get(tx, community, &c)) < 0)
		return r;
	int age = age_on(birthday.item, day_of(community_zone(&c), tx_now(tx)));
	*ret = age >= 0 && age < GROWN_UP && !g.agreed_at.ms;
	return 0;
}

int guardian_agree(struct tx *tx, struct id community, struct id member, struct str name, struct str phone)
{
	int r = tx_run(tx, &guardian_put, V(community), V(member), V(name), V(phone), V(tx_now(tx)));
	return r < 0 ? r : member_changed(tx, community, member, (struct id){ 0 });
}

/* ---- API ---------------------------------------------------------------------------------------------- */

static QUERY(given_count, READS, &row_id_item, TAKES(K_ID, K_STR, K_INT),
	"SELECT count(*) AS item FROM consent c WHERE c.community_id = ?1 AND c.purpose = ?2 AND c.version = ?3 AND c.given"
	" AND c.member_id >= 0 AND NOT EXISTS (SELECT 1 FROM consent n WHERE n.community_id = c.community_id"
	" AND n.member_id = c.member_id AND n.purpose = c.purpose AND n.id > c.id"
	" AND (c.member_id > 0 OR n.visitor_id = c.visitor_id))", .scans = true);

static int get_purposes(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct rows words;
	(void)in;
	int r = words_list(rq->tx, rq->community, &words);
	struct purpose *list = r < 0 ? NULL : arena_take_array(rq->arena, words.count, sizeof *list);
	const struct words *w = r < 0 ? NULL : words.at;
	if (!list)
		return r < 0 ? r : E_MEMORY;
	for (size_t i = 0; i < words.count; i++) {
		struct id_item given;
		if ((r = tx_one(rq->tx, &given_count, &given, V(rq->community), V(w[i].purpose), V(w[i].version))) < 0)
			return r;
		list[i] = (struct purpose){
			w[i].purpose, w[i].version, w[i].title_zh, w[i].title_en, w[i].text_zh, w[i].text_en, w[i].offered,
			is_needed(w[i].purpose), built_in_of(w[i].purpose) == BUILT_IN, given.item.n,
		};
	}
	page->rows = (struct rows){ list, words.count };
	page->total = (int64_t)words.count;
	return 0;
}

static bool same_words(const struct words *w, const struct words_draft *d)
{
	return str_equal(w->title_zh, d->title_zh) && str_equal(w->title_en, d->title_en) && str_equal(w->text_zh, d->text_zh)
	    && str_equal(w->text_en, d->text_en) && w->offered == d->offered;
}

static int put_purpose(struct request *rq, const void *in, void *out)
{
	const struct words_draft *d = in;
	struct words w = { .purpose = d->purpose };
	struct rows all;
	int r = words_get(rq->tx, rq->community, d->purpose, &w);
	bool new = r == E_NOT_FOUND;
	if ((r < 0 && !new) || (r = words_list(rq->tx, rq->community, &all)) < 0)
		return r;
	if (new && all.count >= PURPOSES_MAX)
		return E_TOO_MANY;
	if (is_needed(d->purpose) && !d->offered)
		return rq_complain(rq, E_INVALID, S("offered"));
	if (new || !same_words(&w, d)) {
		w.version++;
		r = tx_run(rq->tx, &words_insert, V(rq->community), V(d->purpose), V(w.version), V(d->title_zh), V(d->title_en),
		           V(d->text_zh), V(d->text_en), V(d->offered), V(tx_now(rq->tx)), V(rq->account));
		if (r < 0 || (r = audit_note(rq, "purpose_changed", (struct id){ w.version },
		                             str_format(rq->arena, "%.*s · v%lld", STR(d->purpose), (long long)w.version))) < 0)
			return r;
	}
	return words_get(rq->tx, rq->community, d->purpose, out);
}

static QUERY(records_of, READS, &row_consent_record, TAKES(K_ID, K_ID, K_INT),
	"SELECT id, purpose, version, given, at, via, address, account_id FROM consent"
	" WHERE community_id = ?1 AND member_id = ?2 ORDER BY id DESC LIMIT ?3");

static int get_member_consents(struct request *rq, const void *in, void *out)
{
	struct member_consents c = { 0 };
	struct guardian g;
	struct str nickname;
	(void)in;
	int r = member_nickname(rq->tx, rq->community, rq->path_id, &nickname);
	if (r < 0 || (r = consent_states(rq->tx, rq->community, rq->path_id, (struct id){ 0 }, rq->lang, &c.states)) < 0 ||
	    (r = tx_all(rq->tx, &records_of, &c.records, V(rq->community), V(rq->path_id), V((int64_t)RECORDS_MAX))) < 0 ||
	    (r = guardian_get(rq->tx, rq->community, rq->path_id, &g)) < 0 ||
	    (r = guardian_missing(rq->tx, rq->community, rq->path_id, &c.guardian_missing)) < 0)
		return r;
	c.guardian = g.name;
	*(struct member_consents *)out = c;
	return 0;
}

/* Somebody said it at the counter or on the phone: written down with the name of who heard it. */
static int post_member_consents(struct request *rq, const void *in, void *out)
{
	const struct consent_draft *d = in;
	struct consent_by by = { .member = rq->path_id, .account = rq->account, .via = "console", .address = rq->address };
	struct words w;
	struct str nickname;
	int r = member_nickname(rq->tx, rq->community, rq->path_id, &nickname);
	if (r < 0 || (r = words_get(rq->tx, rq->community, d->purpose, &w)) < 0)
		return r == E_NOT_FOUND && nickname.at ? rq_complain(rq, r, S("purpose")) : r;
	r = d->given ? consent_give(rq->tx, rq->community, &by, d->purpose, w.version)
	             : consent_withdraw(rq->tx, rq->community, &by, d->purpose);
	if (r < 0)
		return rq_complain(rq, r, S("purpose"));
	if ((r = audit_note(rq, d->given ? "consent_given" : "consent_withdrawn", rq->path_id, d->purpose)) < 0)
		return r;
	return get_member_consents(rq, NULL, out);
}

/* ---- What is kept about people --------------------------------------------------------------------------- */

static QUERY(consent_forget_member, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE consent SET member_id = ?3, visitor_id = 0, address = '' WHERE community_id = ?1 AND member_id = ?2");

static QUERY(consent_forget_visitor, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE consent SET visitor_id = ?3, address = '' WHERE community_id = ?1 AND visitor_id = ?2");

static QUERY(guardian_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM guardian WHERE community_id = ?1 AND member_id = ?2");

static QUERY(consent_show, READS, &row_consent_record, TAKES(K_ID, K_ID),
	"SELECT id, purpose, version, given, at, via, address, account_id FROM consent"
	" WHERE community_id = ?1 AND member_id = ?2 ORDER BY id DESC LIMIT 500");

static const struct personal personal[] = {
	{ "consent", "你同意和撤回过什么", "What you agreed to and withdrew", "记录 用途 版本 同意 时间 途径 网络 经办人", BY_MEMBER,
	  &consent_show, .erases = { &consent_forget_member } },
	{ "consent", .by = BY_VISITOR, .erases = { &consent_forget_visitor } },
	{ "guardian", "未满 14 岁时，监护人的姓名和电话", "Under 14: your guardian's name and phone", "监护人 电话 同意时间",
	  BY_MEMBER, &guardian_of, .erases = { &guardian_forget } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/purposes",              ROLE_READER,   get_purposes, NULL, &row_purpose, "What members are asked to agree to", OUT_PAGE },
	{ "PUT",  "/purposes",              ROLE_ADMIN,    put_purpose,  &row_words_draft, &row_words, "Change the words of a purpose, or add one; members are asked again" },
	{ "GET",  "/members/{id}/consents", ROLE_READER,   get_member_consents, NULL, &row_member_consents, "What a member agreed to, and every record of it", .sees = member_sees },
	{ "POST", "/members/{id}/consents", ROLE_OPERATOR, post_member_consents, &row_consent_draft, &row_member_consents, "Write down what a member said in person", .sees = member_sees },
	{ 0 },
};

/* Two members become one: every consent counts, the newest wins; the survivor's guardian, if there is one, stays. */
MEMBER_PLACE(consent, "consent", "member_id", "CAST(id AS TEXT)", "");
MEMBER_PLACE(guardian, "guardian", "member_id", "'guardian'",
	" AND NOT EXISTS (SELECT 1 FROM guardian k WHERE k.community_id = ?1 AND k.member_id = ?4)");

static const struct member_place places[] = {
	{ "consent",  &consent_note,  &consent_move,  NULL },
	{ "guardian", &guardian_note, &guardian_move, NULL },
	{ 0 },
};

static const struct query *const queries[] = {
	&words_now, &words_all, &words_insert, &said_by_member, &said_by_visitor, &consent_insert, &guardian_of, &guardian_put,
	&birthday_of, &given_count, &records_of, &consent_forget_member, &consent_forget_visitor, &guardian_forget, &consent_show,
	&consent_note,
	&consent_move, &guardian_note, &guardian_move, NULL,
};

const struct feature feature_consent = {
	.name = "consent", .api = "members", .routes = routes, .queries = queries, .personal = personal, .places = places,
};
