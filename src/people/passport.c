/* passport.c: a member's own page (我的): who they are here, what they agreed to, what is kept, take it, have it erased.
 *
 * Story      From the landing page a member taps 我的. They see under which name they are known, who brought them, switch
 *            "news and offers" off, read in plain words what is kept about them, take a copy home, and, if they like,
 *            type one word and are gone. The receipt's address then says that somebody was erased on that day, and no more.
 * Not here   Groups and vouchers (groups/mine.c, which this page asks for), what each room keeps (its `personal` lines).
 * Owns       nothing.
 * Holds      A person is who the visitor's cookie says, never who a parameter says. A browser that nothing is known of
 *            meets a page, not an error. Whoever is erased leaves with a new cookie: the old number means nobody.
 * Test       passport_test.c.
 */
#include "people/passport.h"

#include "engine/file/file.h"
#include "http/template.h"
#include "people/community.h"
#include "people/consent.h"
#include "people/copy.h"
#include "people/erase.h"
#include "people/member.h"
#include "people/phone.h"
#include "people/privacy.h"

#define COPIES_MOST 6         /* of one address in an hour */
#define ACTS_MOST   120       /* of one address in ten minutes: a whole classroom */
#define MAX_NAME    40

/* ---- Rows: the page, as the browser gets it ---------------------------------------------------- */

struct own_community { struct id id; struct str name, slogan, logo, colour; };
struct own_profile {
	struct str     nickname, phone, city, source, inviter;
	struct instant joined_at;
	struct str     birthday, guardian;
	bool           phone_proved, guardian_missing;
};
struct own_erasure { struct str number; struct instant asked_at, due_at, done_at; };

ROW(own_community,
	FIELD(own_community, id,     "Community"),
	FIELD(own_community, name,   "Name"),
	FIELD(own_community, slogan, "Slogan"),
	FIELD(own_community, logo,   "Address of the logo"),
	FIELD(own_community, colour, "#rrggbb or empty"));

ROW(own_profile,
	FIELD(own_profile, nickname,         "What others in the group read"),
	FIELD(own_profile, phone,            "Phone number, masked: somebody may be looking over the shoulder"),
	FIELD(own_profile, city,             "City"),
	FIELD(own_profile, source,           "What brought them"),
	FIELD(own_profile, inviter,          "Who invited them"),
	FIELD(own_profile, joined_at,        "Member since"),
	FIELD(own_profile, birthday,         "Birthday, 2015-03-01; empty: not said"),
	FIELD(own_profile, guardian,         "Guardian who agreed"),
	FIELD(own_profile, phone_proved,     "The number was proved by a code"),
	FIELD(own_profile, guardian_missing, "Under 14, and no guardian has agreed"));

ROW(own_erasure,
	FIELD(own_erasure, number,   "Number of the receipt"),
	FIELD(own_erasure, asked_at, "When it was asked for"),
	FIELD(own_erasure, due_at,   "When it happens", .optional = true),
	FIELD(own_erasure, done_at,  "When it was done", .optional = true));

struct own_page {
	struct str     view, lang;
	struct instant now;
	struct str     csrf;
	struct one     community, profile;
	struct rows    consents;
	bool           phone_possible;
	int64_t        grace_days;
	struct one     erasure;
};

ROW(own_page,
	FIELD(own_page, view,           "me: a member. visitor: not one. erased: just now. receipt: somebody was. unknown: no such page",
	      .one_of = "me visitor erased receipt unknown"),
	FIELD(own_page, lang,           "Language", .one_of = "zh en"),
	FIELD(own_page, now,            "The server's clock"),
	FIELD(own_page, csrf,           "Word to send back with every act"),
	FIELD(own_page, community,      "Whose page", .of = &row_own_community),
	FIELD(own_page, profile,        "Who they are here", .of = &row_own_profile),
	FIELD(own_page, consents,       "What is asked of them, and what they said", .of = &row_consent_state),
	FIELD(own_page, phone_possible, "A phone number can be proved"),
	FIELD(own_page, grace_days,     "Days in which an erasure can be taken back"),
	FIELD(own_page, erasure,        "An erasure that waits or was done", .of = &row_own_erasure));

/* ---- Rows: what is sent ---------------------------------------------------------------------------- */

struct own_consent { struct str purpose; int64_t version; bool given; };
struct own_draft   { struct str nickname, birthday, guardian, guardian_phone; };
struct own_phone   { struct str phone; };
struct own_code    { struct str phone, code; };
struct own_word    { struct str word; };

ROW(own_consent,
	FIELD(own_consent, purpose, "Key of the purpose", .min = 1, .max = PURPOSE_MAX),
	FIELD(own_consent, version, "Version of the words that were read", .min = 0, .max = 1000000),
	FIELD(own_consent, given,   "Given, or withdrawn"));

ROW(own_draft,
	FIELD(own_draft, nickname,       "What others in the group read", .min = 1, .max = MAX_NAME),
	FIELD(own_draft, birthday,       "2015-03-01; empty: not said", .max = 10, .optional = true),
	FIELD(own_draft, guardian,       "Under 14: the guardian's name", .max = MAX_NAME, .optional = true),
	FIELD(own_draft, guardian_phone, "… and phone number", .max = 24, .optional = true));

ROW(own_phone, FIELD(own_phone, phone, "Phone number", .min = 5, .max = 24));

ROW(own_code,
	FIELD(own_code, phone, "Phone number", .min = 5, .max = 24),
	FIELD(own_code, code,  "The six digits", .min = 1, .max = 12));

ROW(own_word, FIELD(own_word, word, "删除 or DELETE", .min = 1, .max = 12));

struct own_data { struct str what; int64_t count; };

ROW(own_data,
	FIELD(own_data, what,  "What is kept and why"),
	FIELD(own_data, count, "Records of it; -1: only numbers that name nobody when looked at alone"));

/* ---- Who asks --------------------------------------------------------------------------------------- */

struct own { struct request *rq; struct community community; struct person person; struct own_page page; };

/* The community stands in the path; the person is the cookie's. */
static int own_open(struct request *rq, struct own *ret)
{
	struct own own = { .rq = rq };
	int r = community_get(rq->tx, rq->path_id, &own.community);
	if (r < 0 || (r = person_of_visitor(rq->tx, own.community.id, rq->visitor, &own.person)) < 0)
		return r;
	*ret = own;
	return 0;
}

/* For what writes something down, or asks every room: somebody without a face must not fill or tire the store. */
static int own_open_to_act(struct request *rq, struct own *ret)
{
	if (!rq_allow(rq, str_format(rq->arena, "me %.*s", STR(rq->address)), ACTS_MOST, 10 * MINUTE))
		return E_SLOW_DOWN;
	return own_open(rq, ret);
}

static struct consent_by by_cookie(const struct own *own)
{
	return (struct consent_by){ own->person.member, own->rq->visitor, { 0 }, "passport", own->rq->address };
}

/* ---- Filling the page ---------------------------------------------------------------------------------- */

static int fill_community(struct request *rq, const struct community *c, struct own_page *page)
{
	struct own_community *own = ARENA_NEW(rq->arena, struct own_community);
	if (!own)
		return E_MEMORY;
	*own = (struct own_community){ c->id, c->name, c->slogan, file_url(rq->arena, c->logo), c->colour };
	page->community.at = own;
	return 0;
}

static struct own_page page_bare(struct request *rq, const char *view)
{
	return (struct own_page){
		.view = str_of(view), .lang = rq->lang == LANG_EN ? S("en") : S("zh"), .now = tx_now(rq->tx), .csrf = rq_csrf(rq),
	};
}

struct own_member { struct str nickname, phone, city, source, inviter, birthday; struct instant joined_at; };

ROW(own_member,
	FIELD(own_member, nickname,  "Nickname"),
	FIELD(own_member, phone,     "Phone number"),
	FIELD(own_member, city,      "City"),
	FIELD(own_member, source,    "What brought them"),
	FIELD(own_member, inviter,   "Who invited them"),
	FIELD(own_member, birthday,  "Birthday"),
	FIELD(own_member, joined_at, "Member since"));

static QUERY(own_by_id, READS, &row_own_member, TAKES(K_ID, K_ID),
	"SELECT m.nickname, m.phone, m.city, m.source, COALESCE(i.nickname, '') AS inviter, m.birthday, m.joined_at FROM member m"
	" LEFT JOIN member i ON i.community_id = m.community_id AND i.id = m.inviter_id WHERE m.community_id = ?1 AND m.id = ?2");

static int fill_profile(struct own *own)
{
	struct tx *tx = own->rq->tx;
	struct own_profile *p = ARENA_NEW(own->rq->arena, struct own_profile);
	struct own_member m;
	struct guardian g;
	enum strength strength;
	if (!p)
		return E_MEMORY;
	int r = tx_one(tx, &own_by_id, &m, V(own->community.id), V(own->person.member));
	if (r < 0 || (r = guardian_get(tx, own->community.id, own->person.member, &g)) < 0 ||
	    (r = guardian_missing(tx, own->community.id, own->person.member, &p->guardian_missing)) < 0 ||
	    (r = identity_strength(tx, own->community.id, own->rq->visitor, &strength)) < 0)
		return r;
	p->nickname = m.nickname, p->phone = phone_masked(own->rq->arena, m.phone), p->city = m.city, p->source = m.source;
	p->inviter = m.inviter, p->joined_at = m.joined_at, p->birthday = m.birthday, p->guardian = g.name;
	p->phone_proved = strength >= STRENGTH_PHONE;
	own->page.profile.at = p;
	return 0;
}

static struct own_erasure *erasure_of(struct request *rq, const struct erasure *e)
{
	struct own_erasure *own = ARENA_NEW(rq->arena, struct own_erasure);
	if (own)
		*own = (struct own_erasure){ e->number, e->asked_at, e->due_at, e->done_at };
	return own;
}

static int fill(struct own *own)
{
	struct request *rq = own->rq;
	struct privacy privacy;
	struct erasure e;
	own->page = page_bare(rq, own->person.member.n ? "me" : "visitor");
	int r = fill_community(rq, &own->community, &own->page);
	if (r < 0 || (own->person.member.n && (r = fill_profile(own)) < 0) ||
	    (r = consent_states(rq->tx, own->community.id, own->person.member, rq->visitor, rq->lang, &own->page.consents)) < 0 ||
	    (r = phone_possible(rq, own->community.id, &own->page.phone_possible)) < 0 ||
	    (r = privacy_get(rq->tx, own->community.id, &privacy)) < 0)
		return r;
	own->page.grace_days = privacy.grace_days;
	r = erasure_pending(rq->tx, &own->person, &e);
	if (r == 0 && !(own->page.erasure.at = erasure_of(rq, &e)))
		return E_MEMORY;
	return r == E_NOT_FOUND ? 0 : r;
}

static int answer_json(struct request *rq, const struct own_page *page, struct body *body)
{
	BUF_SCOPED json;
	buf_init(&json, 256 << 10);
	row_write_json(&json, &row_own_page, page);
	if (buf_failed(&json))
		return E_MEMORY;
	*body = (struct body){ .bytes = str_copy(rq->arena, buf_view(&json)), .type = "application/json" };
	return 0;
}

static int answer(struct request *rq, struct body *body)
{
	struct own own;
	int r = own_open(rq, &own);
	return r < 0 || (r = fill(&own)) < 0 ? r : answer_json(rq, &own.page, body);
}

/* ---- HTML ------------------------------------------------------------------------------------------------ */

/* What is readable without a script: whose page it is, and that it needs one. */
static void plain_body(struct buf *b, const struct own_page *page, struct str title)
{
	buf_z(b, "<div class=\"page look-plain\"><header class=\"head\"><div class=\"who\"><h1>");
	buf_html(b, title);
	buf_z(b, "</h1></div></header><main class=\"main\"><p class=\"guide\">");
	buf_z(b, str_is(page->lang, "en") ? "Loading…" : "正在打开……");
	buf_z(b, "</p></main></div>");
}

static int html_page(struct request *rq, const struct own_page *page, const char *path, struct body *body)
{
	const struct own_community *c = page->community.at;
	bool en = rq->lang == LANG_EN;
	struct str name = c ? c->name : S("群图 Quntu");
	struct str title = str_format(rq->arena, en ? "My page · %.*s" : "我的 · %.*s", STR(name));
	BUF_SCOPED plain;
	buf_init(&plain, 4096);
	plain_body(&plain, page, title);
	return buf_failed(&plain) ? E_MEMORY : template_page(rq, &(struct shown_page){
		"h5/me.html", &row_own_page, page, .title = title,
		.description = en ? S("Your groups, what you agreed to, and what is kept about you.")
		                  : S("我的群、我同意过什么、这里保存了我的哪些资料。"),
		.path = str_of(path), .image = c ? c->logo : S(""), .body = buf_view(&plain),
	}, body);
}

/* ---- API: looking ---------------------------------------------------------------------------------------- */

static int get_me(struct request *rq, const void *in, void *out)
{
	struct own own;
	struct own_page nothing;
	struct body *body = out;
	(void)in;
	int r = own_open(rq, &own);
	if (r == E_NOT_FOUND) {
		nothing = page_bare(rq, "unknown");
		if ((r = html_page(rq, &nothing, "/me", body)) < 0)
			return r;
		body->status = 404;
		return 0;
	}
	if (r < 0 || (r = fill(&own)) < 0)
		return r;
	return html_page(rq, &own.page, str_z(rq->arena, str_format(rq->arena, "/me/%lld", (long long)own.community.id.n)), body);
}

static int get_page(struct request *rq, const void *in, void *out)
{
	(void)in;
	return answer(rq, out);
}

struct listing { struct own_data *at; size_t count; enum lang lang; };

#define LINES_MAX 200

static int list_line(void *ctx, const struct personal *line, struct rows rows)
{
	struct listing *l = ctx;
	if (l->count < LINES_MAX)
		l->at[l->count++] = (struct own_data){
			str_of(l->lang == LANG_EN ? line->en : line->zh), line->shows ? (int64_t)rows.count : -1,
		};
	return 0;
}

static int get_data(struct request *rq, const void *in, void *out)
{
	struct own own;
	struct page *page = out;
	struct listing l = { arena_take_array(rq->arena, LINES_MAX, sizeof *l.at), 0, rq->lang };
	(void)in;
	if (!l.at)
		return E_MEMORY;
	int r = own_open_to_act(rq, &own);
	if (r < 0 || (r = person_show(rq->tx, rq_features(rq), &own.person, list_line, &l)) < 0)
		return r;
	page->rows = (struct rows){ l.at, l.count };
	page->total = (int64_t)l.count;
	return 0;
}

static int get_copy(struct request *rq, const void *in, void *out)
{
	struct own own;
	BUF_SCOPED zip;
	(void)in;
	buf_init(&zip, 64 << 20);
	if (!rq_allow(rq, str_format(rq->arena, "copy %.*s", STR(rq->address)), COPIES_MOST, HOUR))
		return E_SLOW_DOWN;
	int r = own_open(rq, &own);
	if (r < 0 || (r = copy_zip(rq->tx, rq_features(rq), &own.community, &own.person, rq->lang, &zip)) < 0)
		return r;
	*(struct body *)out = (struct body){
		.bytes = str_copy(rq->arena, buf_view(&zip)), .type = "application/zip",
		.filename = rq->lang == LANG_EN ? S("my-data.zip") : S("我的资料.zip"),
	};
	return arena_failed(rq->arena) ? E_MEMORY : 0;
}

/* ---- API: acting ------------------------------------------------------------------------------------------ */

static int post_consent(struct request *rq, const void *in, void *out)
{
	const struct own_consent *c = in;
	struct own own;
	int r = own_open_to_act(rq, &own);
	if (r < 0)
		return r;
	struct consent_by by = by_cookie(&own);
	r = c->given ? consent_give(rq->tx, own.community.id, &by, c->purpose, c->version)
	             : consent_withdraw(rq->tx, own.community.id, &by, c->purpose);
	return r < 0 ? rq_complain(rq, r, S("purpose")) : answer(rq, out);
}

static int post_profile(struct request *rq, const void *in, void *out)
{
	const struct own_draft *d = in;
	struct own own;
	int r = own_open_to_act(rq, &own);
	if (r < 0)
		return r;
	if (!own.person.member.n)
		return E_NOT_FOUND;
	struct member_profile given = { .nickname = str_trim(d->nickname), .birthday = d->birthday };
	if (!given.nickname.len)
		return rq_complain(rq, E_TOO_SHORT, S("nickname"));
	r = member_change(rq->tx, own.community.id, own.person.member, MEMBER_GIVEN, &given, rq->visitor, &rq->complaint);
	if (r < 0)
		return r;
	struct str phone = phone_normal(rq->arena, d->guardian_phone);
	if (d->guardian_phone.len && !phone.len)
		return rq_complain(rq, E_BAD_PATTERN, S("guardian_phone"));
	if (d->guardian.len && phone.len)
		r = guardian_agree(rq->tx, own.community.id, own.person.member, str_trim(d->guardian), phone);
	return r < 0 ? rq_complain(rq, r, S("guardian")) : answer(rq, out);
}

static int post_phone(struct request *rq, const void *in, void *out)
{
	const struct own_phone *p = in;
	struct own own;
	(void)out;
	int r = own_open_to_act(rq, &own);
	return r < 0 ? r : phone_ask(rq, own.community.id, p->phone);
}

/* A wrong code is counted, so the transaction must not fail: the refusal is written by hand. */
static int refuse(struct request *rq, int code, struct body *body)
{
	BUF_SCOPED json;
	buf_init(&json, 4096);
	buf_format(&json, "{\"error\":{\"code\":\"%s\",\"message\":", err_word(code));
	buf_json(&json, str_of(err_text(code, rq->lang)));
	buf_z(&json, ",\"field\":\"code\",\"detail\":\"\"}}");
	if (buf_failed(&json))
		return E_MEMORY;
	*body = (struct body){ .bytes = str_copy(rq->arena, buf_view(&json)), .type = "application/json", .status = err_status(code) };
	return 0;
}

static int post_code(struct request *rq, const void *in, void *out)
{
	const struct own_code *c = in;
	struct own own;
	struct id member;
	int verdict, r = own_open_to_act(rq, &own);
	if (r < 0 || (r = phone_prove(rq, own.community.id, c->phone, c->code, &verdict, &member)) < 0)
		return r;
	return verdict < 0 ? refuse(rq, verdict, out) : answer(rq, out);
}

static int post_erase(struct request *rq, const void *in, void *out)
{
	const struct own_word *w = in;
	struct own own;
	struct privacy privacy;
	struct erasure e;
	if (!str_equal(str_trim(w->word), S("删除")) && !str_equal_fold(str_trim(w->word), S("DELETE")))
		return rq_complain(rq, E_ERASE_WORD, S("word"));
	int r = own_open_to_act(rq, &own);
	if (r < 0 || (r = privacy_get(rq->tx, own.community.id, &privacy)) < 0 ||
	    (r = erasure_ask(rq->tx, rq_features(rq), &own.person, (struct id){ 0 }, S("self"), privacy.grace_days, &e)) < 0)
		return r;
	if (!e.done_at.ms)
		return answer(rq, out);
	rq_renew_visitor(rq);
	struct own_page page = page_bare(rq, "erased");
	page.erasure.at = erasure_of(rq, &e);
	if (!page.erasure.at || (r = fill_community(rq, &own.community, &page)) < 0)
		return page.erasure.at ? r : E_MEMORY;
	return answer_json(rq, &page, out);
}

static int post_keep(struct request *rq, const void *in, void *out)
{
	struct own own;
	(void)in;
	int r = own_open_to_act(rq, &own);
	if (r >= 0)
		r = erasure_drop(rq->tx, &own.person);
	return r < 0 && r != E_NOT_FOUND ? r : answer(rq, out);
}

/* For whoever holds the number: that somebody was erased, on that day. Not who, not where. */
static int get_receipt(struct request *rq, const void *in, void *out)
{
	struct erasure e;
	struct id community;
	struct body *body = out;
	(void)in;
	int r = erasure_receipt(rq->tx, rq->path_text, &e, &community);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	struct own_page page = page_bare(rq, r < 0 ? "unknown" : "receipt");
	if (r == 0) {
		e.asked_at = e.due_at = (struct instant){ 0 };
		page.erasure.at = erasure_of(rq, &e);
		if (!page.erasure.at)
			return E_MEMORY;
	}
	bool found = r == 0;
	struct str path = str_format(rq->arena, "/erased/%.*s", STR(rq->path_text));
	if ((r = html_page(rq, &page, str_z(rq->arena, path), body)) < 0)
		return r;
	body->status = found ? 200 : 404;
	return 0;
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

#define JSON .makes = "application/json"

static const struct route routes[] = {
	{ "GET",  "/me/{id}",          ROLE_VISITOR, get_me,       NULL, NULL, "A member's own page in this community", OUT_BODY, .makes = "text/html" },
	{ "GET",  "/me/{id}/page",     ROLE_VISITOR, get_page,     NULL, &row_own_page, "Its data now", OUT_BODY, JSON },
	{ "GET",  "/me/{id}/data",     ROLE_VISITOR, get_data,     NULL, &row_own_data, "What is kept about this visitor, line by line", OUT_PAGE },
	{ "GET",  "/me/{id}/copy",     ROLE_VISITOR, get_copy,     NULL, NULL, "All of it, as JSON and as a page, in one zip", OUT_BODY, .makes = "application/zip" },
	{ "POST", "/me/{id}/consent",  ROLE_VISITOR, post_consent, &row_own_consent, &row_own_page, "Agree, or withdraw", OUT_BODY, JSON },
	{ "POST", "/me/{id}/profile",  ROLE_VISITOR, post_profile, &row_own_draft, &row_own_page, "Name, birthday, and under 14 the guardian's word", OUT_BODY, JSON },
	{ "POST", "/me/{id}/phone",    ROLE_VISITOR, post_phone,   &row_own_phone, NULL, "Send a code to this number", OUT_NONE },
	{ "POST", "/me/{id}/code",     ROLE_VISITOR, post_code,    &row_own_code, &row_own_page, "Prove the number by the code", OUT_BODY, JSON },
	{ "POST", "/me/{id}/erase",    ROLE_VISITOR, post_erase,   &row_own_word, &row_own_page, "Erase me", OUT_BODY, JSON },
	{ "POST", "/me/{id}/keep",     ROLE_VISITOR, post_keep,    NULL, &row_own_page, "Take the erasure back", OUT_BODY, JSON },
	{ "GET",  "/erased/{number}",  ROLE_VISITOR, get_receipt,  NULL, NULL, "What a receipt says to whoever holds its number", OUT_BODY, .makes = "text/html" },
	{ 0 },
};

static const struct query *const queries[] = { &own_by_id, NULL };

const struct feature feature_passport = { .name = "passport", .routes = routes, .queries = queries };
