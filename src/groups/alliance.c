/* alliance.c: partner shops (异业联盟) and the vouchers that bind them, and members who vouch for others.
 *
 * Story      The driving school's code hangs in the milk-tea shop. Who joins through it gets a voucher for a free tea; the
 *            shop scans it once, and at the end of the month both see how many were given and redeemed.
 *            A member gets five gate vouchers and hands them to friends, whom they let in without an application.
 * Not here   Which link belongs to which partner (source), the gate itself (gate), the voucher's page (scan), settling money.
 * Owns       partner, voucher.
 * Holds      A partner's stock never falls below zero: it is taken in the transaction that gives the voucher.
 *            A visitor holds at most one voucher of a partner. A voucher is used once, and who used it, and when, is kept.
 * Test       alliance_test.c.
 */
#include "groups/alliance.h"

#include "base/utf8.h"
#include "engine/event/event.h"
#include "engine/file/file.h"
#include "groups/livecode.h"
#include "media/qr_draw.h"
#include "http/personal.h"
#include "people/merge.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/member.h"

#define MAX_PARTNERS 500
#define MAX_NAME     40
#define MAX_CONTACT  100
#define MAX_OFFER    100
#define MAX_NOTE     1000
#define MAX_STOCK    1000000
#define MAX_DAYS     3650
#define MAX_ISSUE    20
#define GATE_DAYS    30       /* a gate voucher is an invitation, not a possession */
#define CODE_TEXT    12
#define LIST_MOST    200
#define QR_BYTES     (64 << 10)

/* ---- Rows ------------------------------------------------------------------------------------- */

struct partner {
	struct id      id;
	struct str     name, contact, offer;
	int64_t        offer_days, stock;
	struct str     note;
	bool           stopped;
	int64_t        given, redeemed;
	struct instant created_at;
};

ROW(partner,
	FIELD(partner, id,         "Partner"),
	FIELD(partner, name,       "Name of the shop"),
	FIELD(partner, contact,    "Whom to call there"),
	FIELD(partner, offer,      "What its voucher is worth, in words"),
	FIELD(partner, offer_days, "A voucher is valid so many days"),
	FIELD(partner, stock,      "Vouchers that may still be given"),
	FIELD(partner, note,       "What to remember", .lines = true),
	FIELD(partner, stopped,    "No more vouchers are given"),
	FIELD(partner, given,      "Vouchers given so far"),
	FIELD(partner, redeemed,   "… of which redeemed"),
	FIELD(partner, created_at, "When it was added"));

struct partner_draft { struct str name, contact, offer; int64_t offer_days, stock; struct str note; bool stopped; };

ROW(partner_draft,
	FIELD(partner_draft, name,       "Name of the shop", .min = 1, .max = MAX_NAME),
	FIELD(partner_draft, contact,    "Whom to call there", .max = MAX_CONTACT, .optional = true),
	FIELD(partner_draft, offer,      "What its voucher is worth, in words", .min = 1, .max = MAX_OFFER),
	FIELD(partner_draft, offer_days, "A voucher is valid so many days", .min = 1, .max = MAX_DAYS),
	FIELD(partner_draft, stock,      "Vouchers that may still be given", .min = 0, .max = MAX_STOCK),
	FIELD(partner_draft, note,       "What to remember", .max = MAX_NOTE, .lines = true, .optional = true),
	FIELD(partner_draft, stopped,    "Give no more vouchers", .optional = true));

struct partner_numbers { int64_t given, redeemed, expired, open, stock; };

ROW(partner_numbers,
	FIELD(partner_numbers, given,    "Vouchers given"),
	FIELD(partner_numbers, redeemed, "… of which redeemed"),
	FIELD(partner_numbers, expired,  "… of which expired unused"),
	FIELD(partner_numbers, open,     "… of which still good"),
	FIELD(partner_numbers, stock,    "Vouchers that may still be given"));

ROW_PUBLIC(voucher_brief,
	FIELD(voucher_brief, code,       "Code"),
	FIELD(voucher_brief, title,      "What it is worth"),
	FIELD(voucher_brief, partner,    "Where"),
	FIELD(voucher_brief, expires_at, "Good until"),
	FIELD(voucher_brief, used_at,    "When it was used", .optional = true));

struct voucher {
	struct id      id, community_id;
	struct str     code, kind, title, partner;
	struct id      member_id, partner_id, visitor_id, code_id;
	struct instant expires_at, used_at;
	struct id      used_by;
	struct instant created_at;
};

#define KINDS "gate alliance"

ROW(voucher,
	FIELD(voucher, id,           "Voucher"),
	FIELD(voucher, community_id, "Community"),
	FIELD(voucher, code,         "Code"),
	FIELD(voucher, kind,         "gate: a member vouches; alliance: worth something at a partner's", .one_of = KINDS),
	FIELD(voucher, title,        "What it is worth, or who vouches"),
	FIELD(voucher, partner,      "Name of the partner"),
	FIELD(voucher, member_id,    "Who vouches", .optional = true),
	FIELD(voucher, partner_id,   "Partner", .optional = true),
	FIELD(voucher, visitor_id,   "Visitor who holds it (alliance) or used it (gate)", .optional = true),
	FIELD(voucher, code_id,      "Live code it came from or was used at", .optional = true),
	FIELD(voucher, expires_at,   "Good until"),
	FIELD(voucher, used_at,      "When it was used", .optional = true),
	FIELD(voucher, used_by,      "Account that redeemed it", .optional = true),
	FIELD(voucher, created_at,   "When it was issued"));

struct voucher_query { struct id partner; struct str kind, used; struct id after; int64_t limit; };

ROW(voucher_query,
	FIELD(voucher_query, partner, "Only this partner's", .optional = true),
	FIELD(voucher_query, kind,    "Only this kind", .one_of = KINDS, .optional = true),
	FIELD(voucher_query, used,    "Only used ones, or only unused ones", .one_of = "true false", .optional = true),
	FIELD(voucher_query, after,   "Only vouchers older than this one", .optional = true),
	FIELD(voucher_query, limit,   "How many", .min = 0, .max = LIST_MOST, .optional = true));

struct voucher_issue { int64_t count; };

ROW(voucher_issue,
	FIELD(voucher_issue, count, "How many", .min = 1, .max = MAX_ISSUE));

struct voucher_code { struct str code; };

ROW(voucher_code,
	FIELD(voucher_code, code, "Code of the voucher", .min = 1, .max = 40));

/* What whoever holds the code may see. */
struct voucher_page {
	struct str     code, kind, title, partner;
	struct instant created_at, expires_at, used_at;
	struct str     qr, community, colour, logo;
};

ROW(voucher_page,
	FIELD(voucher_page, code,       "Code"),
	FIELD(voucher_page, kind,       "gate or alliance", .one_of = KINDS),
	FIELD(voucher_page, title,      "What it is worth, or who vouches"),
	FIELD(voucher_page, partner,    "Where it is worth that"),
	FIELD(voucher_page, created_at, "When it was issued"),
	FIELD(voucher_page, expires_at, "Good until"),
	FIELD(voucher_page, used_at,    "When it was used", .optional = true),
	FIELD(voucher_page, qr,         "Address of its QR picture"),
	FIELD(voucher_page, community,  "Name of the community"),
	FIELD(voucher_page, colour,     "Colour of its pages"),
	FIELD(voucher_page, logo,       "Address of its logo"));

struct partner_offer { struct str name, offer; int64_t offer_days; };

ROW(partner_offer,
	FIELD(partner_offer, name,       "Name of the shop"),
	FIELD(partner_offer, offer,      "What its voucher is worth"),
	FIELD(partner_offer, offer_days, "A voucher is valid so many days"));

struct partner_total { int64_t n; };

ROW(partner_total,
	FIELD(partner_total, n, "How many"));

/* ---- Rules ---------------------------------------------------------------------------------------- */

/* 0, or why this voucher is good for nothing now. Used counts before expired: it says more. */
static int voucher_usable(struct instant used_at, struct instant expires_at, struct instant now)
{
	if (used_at.ms)
		return E_VOUCHER_USED;
	return expires_at.ms <= now.ms ? E_VOUCHER_EXPIRED : 0;
}

/* Codes are read aloud, and phones capitalise: one case, nothing that looks like something else. 59 bits. */
static void code_make(char ret[CODE_TEXT + 1])
{
	static const char letters[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
	for (size_t i = 0; i < CODE_TEXT; i++)
		ret[i] = letters[secret_random_below(sizeof letters - 1)];
	ret[CODE_TEXT] = '\0';
}

/* As people type it → as it is kept. */
static struct str code_plain(struct arena *arena, struct str typed)
{
	char *at = typed.len ? arena_take(arena, typed.len) : NULL;
	size_t len = 0;
	for (size_t i = 0; at && i < typed.len; i++) {
		char c = typed.at[i];
		if (c != ' ' && c != '-')
			at[len++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	return (struct str){ at, len };
}

static struct instant days_after(struct instant from, int64_t days)
{
	return (struct instant){ from.ms + days * DAY };
}

/* ---- Events ----------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "partner_changed",  "A partner was added or edited", "alliance" },
	{ "voucher_given",    "A visitor got a partner's voucher", "alliance" },
	{ "voucher_issued",   "A member got gate vouchers", "alliance" },
	{ "voucher_vouched",  "A gate voucher let a visitor in", "alliance" },
	{ "voucher_redeemed", "A partner's voucher was redeemed", "alliance" },
	{ 0 },
};
enum { PARTNER_CHANGED, VOUCHER_GIVEN, VOUCHER_ISSUED, VOUCHER_VOUCHED, VOUCHER_REDEEMED };

/* ---- Actions: partners ------------------------------------------------------------------------------------ */

/* ?2: who counts. Vouchers of a partner come through codes; one of codes they do not see is not theirs to count. */
#define VOUCHERS " FROM voucher v WHERE v.community_id = p.community_id AND v.partner_id = p.id AND " \
	SEES_CODE("?2", "v.community_id", "v.code_id")
#define SELECT_PARTNER \
	"SELECT p.id, p.name, p.contact, p.offer, p.offer_days, p.stock, p.note, p.stopped, (SELECT count(*)" VOUCHERS ")" \
	" AS given, (SELECT count(*)" VOUCHERS " AND v.used_at > 0) AS redeemed, p.created_at FROM partner p" \
	" WHERE p.community_id = ?1"

static QUERY(partner_by_id, READS, &row_partner, TAKES(K_ID, K_ID, K_ID), SELECT_PARTNER " AND p.id = ?3");

int partner_known(struct tx *tx, struct id community, struct id partner)
{
	struct partner found;
	return tx_one(tx, &partner_by_id, &found, V(community), V(((struct id){ 0 })), V(partner));
}

static QUERY(partners_by_name, READS, &row_partner, TAKES(K_ID, K_ID), SELECT_PARTNER
	" AND (?2 = 0 OR EXISTS (SELECT 1 FROM livecode_link l WHERE l.community_id = p.community_id AND l.partner_id = p.id"
	"  AND " SEES_CODE("?2", "l.community_id", "l.code_id") ")) ORDER BY p.name_key, p.id LIMIT 500");

static QUERY(partner_count, READS, &row_partner_total, TAKES(K_ID),
	"SELECT count(*) AS n FROM partner WHERE community_id = ?1");

static QUERY(partner_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_INT, K_INT, K_STR, K_BOOL, K_INSTANT),
	"INSERT INTO partner (community_id, id, name, name_key, contact, offer, offer_days, stock, note, stopped, created_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");

static QUERY(partner_update, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_INT, K_INT, K_STR, K_BOOL),
	"UPDATE partner SET name = ?3, name_key = ?4, contact = ?5, offer = ?6, offer_days = ?7, stock = ?8, note = ?9,"
	" stopped = ?10 WHERE community_id = ?1 AND id = ?2");

static int partner_key(struct request *rq, struct str name, struct str *ret)
{
	struct str key = name_key(rq->arena, name);
	if (arena_failed(rq->arena))
		return E_MEMORY;
	if (!key.len)
		return rq_complain(rq, E_TOO_SHORT, S("name"));
	*ret = key;
	return 0;
}

static int partner_make(struct request *rq, const struct partner_draft *d, struct id id)
{
	struct str name = str_trim(d->name), key;
	struct partner_total total;
	int r = partner_key(rq, name, &key);
	if (r < 0 || (r = tx_one(rq->tx, &partner_count, &total, V(rq->community))) < 0)
		return r;
	if (total.n >= MAX_PARTNERS)
		return E_TOO_MANY;
	r = tx_run(rq->tx, &partner_insert, V(rq->community), V(id), V(name), V(key), V(d->contact), V(d->offer),
	           V(d->offer_days), V(d->stock), V(d->note), V(d->stopped), V(tx_now(rq->tx)));
	return r == E_CONFLICT ? rq_complain(rq, E_NAME_TAKEN, S("name")) : r < 0 ? r : 0;
}

static int partner_change(struct request *rq, const struct partner_draft *d, struct id id)
{
	struct str name = str_trim(d->name), key;
	int r = partner_key(rq, name, &key);
	if (r < 0)
		return r;
	r = tx_run(rq->tx, &partner_update, V(rq->community), V(id), V(name), V(key), V(d->contact), V(d->offer),
	           V(d->offer_days), V(d->stock), V(d->note), V(d->stopped));
	if (r <= 0)
		return r == E_CONFLICT ? rq_complain(rq, E_NAME_TAKEN, S("name")) : r < 0 ? r : E_NOT_FOUND;
	return 0;
}

/* ---- Actions: vouchers -------------------------------------------------------------------------------------- */

static QUERY(voucher_insert, WRITES, NULL,
	TAKES(K_STR, K_ID, K_ID, K_STR, K_ID, K_ID, K_ID, K_ID, K_STR, K_INSTANT, K_INSTANT),
	"INSERT INTO voucher (code, community_id, id, kind, member_id, partner_id, visitor_id, code_id, title, expires_at,"
	" used_at, used_by, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, ?11)");

/* Fills in id, code and the date of issue. */
static int voucher_make(struct tx *tx, struct id community, struct voucher *v)
{
	char code[CODE_TEXT + 1];
	code_make(code);
	v->id = tx_new_id(tx), v->community_id = community, v->created_at = tx_now(tx);
	v->code = str_copy(tx_arena(tx), str_of(code));
	int r = tx_run(tx, &voucher_insert, V(v->code), V(community), V(v->id), V(v->kind), V(v->member_id),
	               V(v->partner_id), V(v->visitor_id), V(v->code_id), V(v->title), V(v->expires_at), V(v->created_at));
	return r < 0 ? r : 0;
}

static QUERY(voucher_of_partner, READS, &row_voucher_brief, TAKES(K_ID, K_ID, K_ID),
	"SELECT v.code, v.title, COALESCE(p.name, '') AS partner, v.expires_at, v.used_at FROM voucher v"
	" LEFT JOIN partner p ON p.community_id = v.community_id AND p.id = v.partner_id"
	" WHERE v.community_id = ?1 AND v.visitor_id = ?2 AND v.kind = 'alliance' AND v.partner_id = ?3"
	" ORDER BY v.id LIMIT 1");

static QUERY(partner_take, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE partner SET stock = stock - 1 WHERE community_id = ?1 AND id = ?2 AND stock > 0 AND NOT stopped");

static QUERY(partner_offers, READS, &row_partner_offer, TAKES(K_ID, K_ID),
	"SELECT name, offer, offer_days FROM partner WHERE community_id = ?1 AND id = ?2");

int voucher_give(struct tx *tx, struct id community, struct id partner, struct id visitor, struct id livecode,
                 struct voucher_brief *ret)
{
	struct partner_offer p;
	int r = tx_one(tx, &voucher_of_partner, ret, V(community), V(visitor), V(partner));
	if (r != E_NOT_FOUND)
		return r;
	if ((r = tx_run(tx, &partner_take, V(community), V(partner))) <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	if ((r = tx_one(tx, &partner_offers, &p, V(community), V(partner))) < 0)
		return r;
	struct voucher v = {
		.kind = S("alliance"), .title = p.offer, .partner_id = partner, .visitor_id = visitor, .code_id = livecode,
		.expires_at = days_after(tx_now(tx), p.offer_days),
	};
	if ((r = voucher_make(tx, community, &v)) < 0)
		return r;
	struct event given = { .subject = partner, .actor = visitor, .object = v.id, .via = livecode };
	if ((r = event_emit(tx, community, &events[VOUCHER_GIVEN], &given)) < 0)
		return r;
	*ret = (struct voucher_brief){ v.code, v.title, p.name, v.expires_at, v.used_at };
	return 0;
}

static QUERY(vouchers_show, READS, &row_voucher_brief, TAKES(K_ID, K_ID),
	"SELECT v.code, v.title, COALESCE(p.name, '') AS partner, v.expires_at, v.used_at FROM voucher v"
	" LEFT JOIN partner p ON p.community_id = v.community_id AND p.id = v.partner_id"
	" WHERE v.community_id = ?1 AND v.visitor_id = ?2 AND v.kind = 'alliance' ORDER BY v.id DESC LIMIT 200");

int vouchers_of_visitor(struct tx *tx, struct id community, struct id visitor, struct rows *ret)
{
	int r = tx_all(tx, &vouchers_show, ret, V(community), V(visitor));
	return r < 0 ? r : 0;
}

#define SELECT_VOUCHER \
	"SELECT v.id, v.community_id, v.code, v.kind, v.title, COALESCE(p.name, '') AS partner, v.member_id, v.partner_id," \
	" v.visitor_id, v.code_id, v.expires_at, v.used_at, v.used_by, v.created_at FROM voucher v" \
	" LEFT JOIN partner p ON p.community_id = v.community_id AND p.id = v.partner_id"

static QUERY(voucher_by_code, READS, &row_voucher, TAKES(K_STR), SELECT_VOUCHER " WHERE v.code = ?1");

int voucher_show(struct tx *tx, struct str code, struct voucher_brief *ret, struct id *ret_community)
{
	struct voucher v;
	int r = tx_one(tx, &voucher_by_code, &v, V(code_plain(tx_arena(tx), code)));
	if (r < 0)
		return r == E_NOT_FOUND ? E_VOUCHER_UNKNOWN : r;
	*ret = (struct voucher_brief){ v.code, v.title, v.partner, v.expires_at, v.used_at };
	*ret_community = v.community_id;
	return 0;
}

/* E_VOUCHER_UNKNOWN: no such code, another community's, or of the other kind. */
static int voucher_find(struct tx *tx, struct id community, struct str code, const char *kind, struct voucher *ret)
{
	struct voucher v;
	int r = tx_one(tx, &voucher_by_code, &v, V(code_plain(tx_arena(tx), code)));
	if (r < 0)
		return r == E_NOT_FOUND ? E_VOUCHER_UNKNOWN : r;
	if (v.community_id.n != community.n || !str_is(v.kind, kind))
		return E_VOUCHER_UNKNOWN;
	if ((r = voucher_usable(v.used_at, v.expires_at, tx_now(tx))) < 0)
		return r;
	*ret = v;
	return 0;
}

static QUERY(voucher_use, WRITES, NULL, TAKES(K_STR, K_ID, K_INSTANT, K_ID, K_ID, K_ID),
	"UPDATE voucher SET used_at = ?3, used_by = ?4, visitor_id = ?5, code_id = ?6"
	" WHERE code = ?1 AND community_id = ?2 AND used_at = 0");

/* The row itself decides who was first. */
static int voucher_mark(struct tx *tx, struct voucher *v, struct id account, struct id visitor, struct id livecode)
{
	v->used_at = tx_now(tx), v->used_by = account, v->visitor_id = visitor, v->code_id = livecode;
	int r = tx_run(tx, &voucher_use, V(v->code), V(v->community_id), V(v->used_at), V(account), V(visitor), V(livecode));
	return r < 0 ? r : r == 0 ? E_VOUCHER_USED : 0;
}

int voucher_vouch(struct tx *tx, struct id community, struct str code, struct id visitor, struct id livecode,
                  struct id *ret_member)
{
	struct voucher v;
	int r = voucher_find(tx, community, code, "gate", &v);
	if (r < 0 || (r = voucher_mark(tx, &v, (struct id){ 0 }, visitor, livecode)) < 0)
		return r;
	struct event vouched = { .subject = v.member_id, .actor = visitor, .object = v.id, .via = livecode };
	if ((r = event_emit(tx, community, &events[VOUCHER_VOUCHED], &vouched)) < 0)
		return r;
	*ret_member = v.member_id;
	return 0;
}

static int alliance_redeem(struct tx *tx, struct id community, struct str code, struct id account, struct id only, struct voucher *ret)
{
	struct voucher v;
	int r = voucher_find(tx, community, code, "alliance", &v);
	if (r >= 0 && (r = livecode_sees(tx, community, only, v.code_id)) == E_NOT_FOUND)
		r = E_VOUCHER_UNKNOWN;
	if (r < 0 || (r = voucher_mark(tx, &v, account, v.visitor_id, v.code_id)) < 0)
		return r;
	struct event redeemed = { .subject = v.partner_id, .actor = account, .object = v.id };
	if ((r = event_emit(tx, community, &events[VOUCHER_REDEEMED], &redeemed)) < 0)
		return r;
	*ret = v;
	return 0;
}

/* ---- API: partners -------------------------------------------------------------------------------------------- */

static int get_partners(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &partners_by_name, &page->rows, V(rq->community), V(rq->only));
	page->total = (int64_t)page->rows.count;
	return r < 0 ? r : 0;
}

static int partner_done(struct request *rq, struct id id, const char *act, struct partner *ret)
{
	struct event changed = { .subject = id, .actor = rq->account };
	int r = tx_one(rq->tx, &partner_by_id, ret, V(rq->community), V(((struct id){ 0 })), V(id));
	if (r < 0 || (r = event_emit(rq->tx, rq->community, &events[PARTNER_CHANGED], &changed)) < 0)
		return r;
	return audit_note(rq, act, id, ret->name);
}

static int post_partner(struct request *rq, const void *in, void *out)
{
	struct id id = tx_new_id(rq->tx);
	int r = partner_make(rq, in, id);
	return r < 0 ? r : partner_done(rq, id, "partner_made", out);
}

static int put_partner(struct request *rq, const void *in, void *out)
{
	int r = partner_change(rq, in, rq->path_id);
	return r < 0 ? r : partner_done(rq, rq->path_id, "partner_changed", out);
}

static QUERY(partner_sums, READS, &row_partner_numbers, TAKES(K_ID, K_ID, K_INSTANT),
	"SELECT count(v.code) AS given, COALESCE(sum(CASE WHEN v.used_at > 0 THEN 1 ELSE 0 END), 0) AS redeemed,"
	" COALESCE(sum(CASE WHEN v.used_at = 0 AND v.expires_at <= ?3 THEN 1 ELSE 0 END), 0) AS expired,"
	" COALESCE(sum(CASE WHEN v.used_at = 0 AND v.expires_at > ?3 THEN 1 ELSE 0 END), 0) AS open, p.stock FROM partner p"
	" LEFT JOIN voucher v ON v.community_id = p.community_id AND v.partner_id = p.id"
	" WHERE p.community_id = ?1 AND p.id = ?2 GROUP BY p.id, p.stock");

static int get_numbers(struct request *rq, const void *in, void *out)
{
	(void)in;
	return tx_one(rq->tx, &partner_sums, out, V(rq->community), V(rq->path_id), V(tx_now(rq->tx)));
}

/* ---- API: vouchers -------------------------------------------------------------------------------------------- */

/* One that a member vouches with is seen by who sees the member; one worth something, by who sees the code it came through. */
#define SEES_VOUCHER(only) "((v.kind = 'gate' AND " SEES_MEMBER(only, "v.community_id", "v.member_id") ")" \
	" OR (v.kind <> 'gate' AND " SEES_CODE(only, "v.community_id", "v.code_id") "))"

static QUERY(vouchers_newest, READS, &row_voucher, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_INT, K_ID),
	SELECT_VOUCHER " WHERE v.community_id = ?1 AND v.id < ?2 AND (?3 = 0 OR v.partner_id = ?3) AND (?4 = '' OR v.kind = ?4)"
	" AND (?5 = '' OR (?5 = 'true' AND v.used_at > 0) OR (?5 = 'false' AND v.used_at = 0)) AND " SEES_VOUCHER("?7")
	" ORDER BY v.id DESC LIMIT ?6");

static int get_vouchers(struct request *rq, const void *in, void *out)
{
	const struct voucher_query *q = in;
	struct page *page = out;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = tx_all(rq->tx, &vouchers_newest, &page->rows, V(rq->community), V(before), V(q->partner), V(q->kind),
	               V(q->used), V(limit), V(rq->only));
	if (r < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_voucher, limit);
	return 0;
}

static int post_member_vouchers(struct request *rq, const void *in, void *out)
{
	const struct voucher_issue *issue = in;
	struct page *page = out;
	struct str nickname;
	struct voucher *made = arena_take_array(rq->arena, MAX_ISSUE, sizeof *made);
	if (!made)
		return E_MEMORY;
	int r = member_nickname(rq->tx, rq->community, rq->path_id, &nickname);
	for (int64_t i = 0; r >= 0 && i < issue->count; i++) {
		made[i] = (struct voucher){
			.kind = S("gate"), .title = nickname, .member_id = rq->path_id,
			.expires_at = days_after(tx_now(rq->tx), GATE_DAYS),
		};
		r = voucher_make(rq->tx, rq->community, &made[i]);
	}
	struct event issued = { .subject = rq->path_id, .actor = rq->account, .n = issue->count };
	if (r < 0 || (r = event_emit(rq->tx, rq->community, &events[VOUCHER_ISSUED], &issued)) < 0)
		return r;
	page->rows = (struct rows){ made, (size_t)issue->count };
	page->total = issue->count;
	return audit_note(rq, "voucher_issued", rq->path_id,
	                  str_format(rq->arena, "%.*s · %lld", STR(nickname), (long long)issue->count));
}

static int post_redeem(struct request *rq, const void *in, void *out)
{
	const struct voucher_code *typed = in;
	struct voucher *v = out;
	int r = alliance_redeem(rq->tx, rq->community, typed->code, rq->account, rq->only, v);
	if (r < 0)
		return r == E_VOUCHER_UNKNOWN ? rq_complain(rq, r, S("code")) : r;
	return audit_note(rq, "voucher_redeemed", v->id,
	                  str_format(rq->arena, "%.*s · %.*s", STR(v->partner), STR(v->title)));
}

/* ---- API: what the holder sees ----------------------------------------------------------------------------------- */

static int get_page(struct request *rq, const void *in, void *out)
{
	struct voucher v;
	struct community c;
	(void)in;
	int r = tx_one(rq->tx, &voucher_by_code, &v, V(code_plain(rq->arena, rq->path_text)));
	if (r < 0 || (r = community_get(rq->tx, v.community_id, &c)) < 0)
		return r == E_NOT_FOUND ? E_VOUCHER_UNKNOWN : r;
	*(struct voucher_page *)out = (struct voucher_page){
		v.code, v.kind, v.title, v.partner, v.created_at, v.expires_at, v.used_at,
		str_format(rq->arena, "/v/%.*s/qr.png", STR(v.code)), c.name, c.colour, file_url(rq->arena, c.logo),
	};
	return 0;
}

/* Its QR is its page's address: the partner's phone opens it, a colleague's console reads the code from it. */
static int get_qr(struct request *rq, const void *in, void *out)
{
	struct voucher_brief v;
	struct id whose;
	BUF_SCOPED png;
	(void)in;
	buf_init(&png, QR_BYTES);
	int r = voucher_show(rq->tx, rq->path_text, &v, &whose);
	if (r < 0)
		return r;
	struct str address = str_format(rq->arena, "%.*s/v/%.*s", STR(rq->origin), STR(v.code));
	if ((r = qr_png(address, &QR_STYLE_PLAIN, &png)) < 0)
		return r;
	*(struct body *)out = (struct body){ .bytes = str_copy(rq->arena, buf_view(&png)), .type = "image/png", .max_age = 3600 };
	return 0;
}

/* ---- Is the store in order? ------------------------------------------------------------------------------------------ */

static QUERY(partner_overdrawn, READS, &row_partner_total, TAKES_NOTHING,
	"SELECT count(*) AS n FROM partner WHERE stock < 0", .scans = true);

static int audit_stock(struct tx *tx, void (*found)(void *, const char *what), void *ctx)
{
	struct partner_total overdrawn;
	int r = tx_one_(tx, &partner_overdrawn, &overdrawn, NULL, 0);
	if (r < 0)
		return r;
	if (overdrawn.n)
		found(ctx, "partner: a stock of vouchers is below zero");
	return 0;
}

/* ---- What is kept about people ------------------------------------------------------------------------------------------ */

/* Given and redeemed stay counted. One that was not used lapses: nobody is left to use it. */
static QUERY(voucher_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE voucher SET visitor_id = ?3, expires_at = CASE WHEN used_at = 0 THEN created_at ELSE expires_at END"
	" WHERE community_id = ?1 AND visitor_id = ?2");

static QUERY(vouched_show, READS, &row_voucher_brief, TAKES(K_ID, K_ID),
	"SELECT code, title, '' AS partner, expires_at, used_at FROM voucher"
	" WHERE community_id = ?1 AND member_id = ?2 AND kind = 'gate' ORDER BY id DESC LIMIT 200");

static QUERY(vouched_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE voucher SET member_id = ?3, title = '', expires_at = CASE WHEN used_at = 0 THEN created_at ELSE expires_at END"
	" WHERE community_id = ?1 AND member_id = ?2");

static const struct personal personal[] = {
	{ "voucher", "你拿到的券；没用过的会作废", "Vouchers you were given; unused ones lapse", "券码 内容 商家 有效期 使用时间", BY_VISITOR,
	  &vouchers_show, .erases = { &voucher_forget } },
	{ "voucher", "以你的名义发出去的担保券", "Vouchers in your name, to bring friends", "券码 内容 商家 有效期 使用时间", BY_MEMBER, &vouched_show,
	  .erases = { &vouched_forget } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/partners",              ROLE_READER,   get_partners, NULL, &row_partner, "Partners by name", OUT_PAGE },
	{ "POST", "/partners",              ROLE_OPERATOR, post_partner, &row_partner_draft, &row_partner, "Add a partner" },
	{ "PUT",  "/partners/{id}",         ROLE_OPERATOR, put_partner,  &row_partner_draft, &row_partner, "Save a partner" },
	{ "GET",  "/partners/{id}/numbers", ROLE_READER,   get_numbers,  NULL, &row_partner_numbers, "Vouchers given and redeemed" },
	{ "GET",  "/vouchers",              ROLE_READER,   get_vouchers, &row_voucher_query, &row_voucher, "Vouchers, newest first", OUT_PAGE },
	{ "POST", "/vouchers/redeem",       ROLE_OPERATOR, post_redeem,  &row_voucher_code, &row_voucher, "Redeem a partner's voucher, once", .sees = sees_all },
	{ "POST", "/members/{id}/vouchers", ROLE_OPERATOR, post_member_vouchers, &row_voucher_issue, &row_voucher,
	  "Issue gate vouchers for a member to hand on", OUT_PAGE, .sees = member_sees },
	{ "GET",  "/v/{code}/page",         ROLE_VISITOR,  get_page,     NULL, &row_voucher_page, "What the holder of a voucher sees" },
	{ "GET",  "/v/{code}/qr.png",       ROLE_PUBLIC,   get_qr,       NULL, NULL, "The voucher's QR", OUT_BODY, .makes = "image/png" },
	{ 0 },
};

/* What a member vouched with goes where the member goes. */
MEMBER_PLACE(voucher, "voucher", "member_id", "code", "");

static const struct member_place places[] = { { "voucher", &voucher_note, &voucher_move, NULL }, { 0 } };

static const struct query *const queries[] = {
	&partner_by_id, &partners_by_name, &partner_count, &partner_insert, &partner_update, &voucher_insert,
	&voucher_of_partner, &partner_take, &partner_offers, &voucher_by_code, &voucher_use, &partner_sums, &vouchers_newest,
	&partner_overdrawn, &vouchers_show, &voucher_forget, &vouched_show, &vouched_forget, &voucher_note, &voucher_move,
	NULL,
};

const struct feature feature_alliance = {
	.name = "alliance", .api = "partners", .routes = routes, .queries = queries, .events = events, .audit = audit_stock,
	.personal = personal,
	.places = places,
};
