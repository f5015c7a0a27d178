/* scan.c: the visitor's side: scan → gate → target → "I have joined", and never a dead end.
 *
 * Story      A person holds the phone before a poster. The page names the community, shows one QR to long-press and one button.
 *            If the group is full there is the next; if all are full, a waiting list; if the code has ended, whom to ask.
 * How        Every path goes through `decide`, which looks at code, visitor and plan and says which view is true now. A scan
 *            is a GET that counts: one transaction takes a place in a target, writes the visitor and the event, and the
 *            answer leaves after its commit.
 * Not here   Who gets which target (choose.c), reviewing (gate.c), counting by hour (numbers.c).
 * Owns       livecode_visitor, livecode_left, report; the places taken in livecode_fill.
 * Holds      A target with a cap is never shown to more visitors than the cap: the place is taken by an UPDATE that
 *            checks it. Without a cap there is nothing to decide, and the scan does not write there. A visitor is counted
 *            once per target. Bots see the page and are not counted.
 *            A scan is not a join: both are counted, apart.
 * Test       scan_test.c; kill -9: test/kill_test.c; `quntu bench scan`.
 */
#include "engine/file/file.h"
#include "groups/alert.h"
#include "groups/alliance.h"
#include "groups/visit.h"
#include "http/personal.h"
#include "people/merge.h"
#include "http/template.h"
#include "people/account.h"
#include "people/member.h"
#include "people/tag.h"

/* ---- Rows: the page, as the browser gets it ---------------------------------------------------- */

struct page_community { struct id id; struct str name, slogan, logo, colour; };
struct page_code { struct str title, guide, look, avatar; struct instant starts_at, ends_at; struct str rules; };
struct page_target { struct str kind, title, image, link, owner; int64_t members, left; struct instant expires_at; bool joined; };
struct page_gate { struct str title, note, task; struct rows questions; struct str reason, example; };
struct page_choice { struct id id; struct str title, region; };
struct page_waiting { int64_t place; struct str note; };
struct page_voucher { struct str code, title, partner, qr; struct instant expires_at; bool used; };

ROW(page_community,
	FIELD(page_community, id,     "Community; empty on a page that belongs to none", .optional = true),
	FIELD(page_community, name,   "Name"),
	FIELD(page_community, slogan, "Slogan"),
	FIELD(page_community, logo,   "Address of the logo"),
	FIELD(page_community, colour, "#rrggbb or empty"));

ROW(page_code,
	FIELD(page_code, title,     "Heading"),
	FIELD(page_code, guide,     "What members get, a point a line"),
	FIELD(page_code, look,      "Look", .one_of = "plain card brand"),
	FIELD(page_code, avatar,    "Address of a picture"),
	FIELD(page_code, starts_at, "When it begins", .optional = true),
	FIELD(page_code, ends_at,   "When it ends", .optional = true),
	FIELD(page_code, rules,     "Rules of the group"));

ROW(page_target,
	FIELD(page_target, kind,       "What it is", .one_of = "group wecom staff url"),
	FIELD(page_target, title,      "Its name"),
	FIELD(page_target, image,      "The QR to long-press"),
	FIELD(page_target, link,       "Where a tap leads"),
	FIELD(page_target, owner,      "Who runs it"),
	FIELD(page_target, members,    "Members as last counted; 0: unknown"),
	FIELD(page_target, left,       "Places left; -1: not limited"),
	FIELD(page_target, expires_at, "When the QR dies", .optional = true),
	FIELD(page_target, joined,     "You said you joined"));

ROW(page_gate,
	FIELD(page_gate, title,     "Heading"),
	FIELD(page_gate, note,      "What to do"),
	FIELD(page_gate, task,      "What to prove"),
	FIELD(page_gate, questions, "What is asked", .of = &row_question),
	FIELD(page_gate, reason,    "Why the last application was turned down"),
	FIELD(page_gate, example,   "Address of a picture that shows a good proof"));

ROW(page_choice,
	FIELD(page_choice, id,     "Choice"),
	FIELD(page_choice, title,  "Its name"),
	FIELD(page_choice, region, "City or shop"));

ROW(page_waiting,
	FIELD(page_waiting, place, "How many wait; once you do: your own place"),
	FIELD(page_waiting, note,  "Why there is nothing to show now"));

ROW(page_voucher,
	FIELD(page_voucher, code,       "What the shop types or scans"),
	FIELD(page_voucher, title,      "What it is worth"),
	FIELD(page_voucher, partner,    "Where"),
	FIELD(page_voucher, qr,         "Address of its QR"),
	FIELD(page_voucher, expires_at, "Until when", .optional = true),
	FIELD(page_voucher, used,       "Used up"));

#define VIEWS "target gate_form gate_password gate_voucher gate_proof pending rejected locate choose already waiting waited" \
	" ended early paused unknown voucher"

struct page_view {
	struct str  view, lang;
	struct instant now;
	struct str  csrf, slug;
	struct one  community, code, target, gate;
	struct rows choices;
	struct one  waiting, voucher;
	struct str  contact;
};

ROW(page_view,
	FIELD(page_view, view,      "Which page this is", .one_of = VIEWS),
	FIELD(page_view, lang,      "Language", .one_of = "zh en"),
	FIELD(page_view, now,       "The server's clock, for true countdowns"),
	FIELD(page_view, csrf,      "Word to send back with every act"),
	FIELD(page_view, slug,      "Short link"),
	FIELD(page_view, community, "Whose it is", .of = &row_page_community),
	FIELD(page_view, code,      "The live code", .of = &row_page_code),
	FIELD(page_view, target,    "Where to go", .of = &row_page_target),
	FIELD(page_view, gate,      "What to do first", .of = &row_page_gate),
	FIELD(page_view, choices,   "Cities or shops", .of = &row_page_choice),
	FIELD(page_view, waiting,   "Your place in the waiting list", .of = &row_page_waiting),
	FIELD(page_view, voucher,   "A gift from a partner", .of = &row_page_voucher),
	FIELD(page_view, contact,   "Whom to ask"));

/* ---- Rows: what visitors send -------------------------------------------------------------------- */

struct joined_input { struct str nickname; };
struct wait_input   { struct str nickname, contact; };
struct place_input  { struct id choice; int64_t latitude_e6, longitude_e6; };
struct report_input { struct str text; };

ROW(joined_input, FIELD(joined_input, nickname, "As they are called in the group", .max = 30, .optional = true));

ROW(wait_input,
	FIELD(wait_input, nickname, "Name", .max = 30, .optional = true),
	FIELD(wait_input, contact,  "Where to reach them", .min = 2, .max = 60));

ROW(place_input,
	FIELD(place_input, choice,       "The city or shop they chose", .optional = true),
	FIELD(place_input, latitude_e6,  "Micro-degrees", .min = -90000000, .max = 90000000, .optional = true),
	FIELD(place_input, longitude_e6, "Micro-degrees", .min = -180000000, .max = 180000000, .optional = true));

ROW(report_input, FIELD(report_input, text, "What is wrong", .min = 2, .max = 500, .lines = true));

/* ---- Rules: no store, no clock ------------------------------------------------------------------- */

/* The kind of device, coarse enough to say nothing about the person. Order matters: WeChat's desktop has both words. */
static struct str device_of(struct str agent)
{
	static const struct { const char *has, *device; } marks[] = {
		{ "bot", "bot" }, { "Bot", "bot" }, { "spider", "bot" }, { "Spider", "bot" }, { "crawler", "bot" },
		{ "HeadlessChrome", "bot" }, { "wxwork", "wecom" },
	};
	static const struct { const char *has, *wechat, *other; } systems[] = {
		{ "iPhone", "wechat-ios", "ios" }, { "iPad", "wechat-ios", "ios" }, { "Android", "wechat-android", "android" },
		{ "OpenHarmony", "wechat-android", "android" }, { "", "wechat-desktop", "desktop" },
	};
	if (!agent.len)
		return S("desktop");
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (memmem(agent.at, agent.len, marks[i].has, strlen(marks[i].has)))
			return str_of(marks[i].device);
	bool wechat = memmem(agent.at, agent.len, "MicroMessenger", 14) != NULL;
	for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
		if (!*systems[i].has || memmem(agent.at, agent.len, systems[i].has, strlen(systems[i].has)))
			return str_of(wechat ? systems[i].wechat : systems[i].other);
	return S("desktop");
}

/* Who only asks for the head is a link preview or a monitor. */
struct str device_of_request(const struct request *rq)
{
	return rq->head ? S("bot") : device_of(rq->user_agent);
}

/* A target that is an address is gone to at once: at most one hop (guardrail G5). */
static bool goes_at_once(const struct child *c)
{
	return c->url.len && (c->kind == CHILD_URL || c->kind == CHILD_GROUP || (c->kind == CHILD_WECOM && !c->picture.len));
}

/* Why is nothing open? What could still open wins over what is over. The only sentences the server writes itself: they
 * depend on hours of the community's zone, which the phone does not know. */
static struct str why_nothing(struct arena *arena, const struct plan *plan, struct instant now, enum lang lang)
{
	bool full = false, expired = false, en = lang == LANG_EN;
	struct instant opens = { 0 };
	for (size_t i = 0; i < plan->count; i++) {
		enum child_state state = child_state(&plan->children[i], plan, now);
		struct instant at = child_opens_at(&plan->children[i], plan, now);
		full |= state == CHILD_FULL || state == CHILD_FILLING;   /* filling, but not for this visitor */
		expired |= state == CHILD_EXPIRED;
		if (state == CHILD_WAITING && at.ms && (!opens.ms || at.ms < opens.ms))
			opens = at;
	}
	if (opens.ms) {
		struct local l = zone_local(plan->zone, opens);
		return str_format(arena, en ? "Opens on %d/%d at %02d:%02d. Come back then, or leave a way to reach you."
		                            : "%d 月 %d 日 %02d:%02d 开放。到时再来，或留个联系方式。", l.month, l.day, l.hour, l.minute);
	}
	if (full)
		return en ? S("Every place is taken. Leave a way to reach you, and the admin tells you when one is free.")
		          : S("名额已经用完。留个联系方式，有空位时管理员会通知你。");
	if (expired)
		return en ? S("The group's code ran out and the admin has been told. Leave a way to reach you, or come back to this link soon.")
		          : S("群二维码到期了，已经提醒管理员换新的。留个联系方式，或稍后再打开这个链接。");
	return en ? S("The group is not ready yet. Leave a way to reach you, and the admin tells you when it is.")
	          : S("群还没准备好。留个联系方式，好了管理员会通知你。");
}

/* ---- Actions: the visitor's row ----------------------------------------------------------------------- */

ROW(visit,
	FIELD(visit, link_id,      "Source of the first scan"),
	FIELD(visit, child_id,     "Target shown"),
	FIELD(visit, city,         "City"),
	FIELD(visit, latitude_e6,  "Micro-degrees"),
	FIELD(visit, longitude_e6, "Micro-degrees"),
	FIELD(visit, first_at,     "First scan"),
	FIELD(visit, scans,        "Scans"),
	FIELD(visit, passed_at,    "Passed the gate"),
	FIELD(visit, joined_at,    "Said they joined"),
	FIELD(visit, member_id,    "Member"));

static QUERY(visit_by_id, READS, &row_visit, TAKES(K_ID, K_ID, K_ID),
	"SELECT link_id, child_id, city, latitude_e6, longitude_e6, first_at, scans, passed_at, joined_at, member_id"
	" FROM livecode_visitor WHERE community_id = ?1 AND code_id = ?2 AND visitor_id = ?3");

static QUERY(visit_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_INSTANT, K_INT),
	"INSERT INTO livecode_visitor (community_id, code_id, visitor_id, link_id, child_id, device, city, latitude_e6,"
	" longitude_e6, first_at, last_at, scans, passed_at, joined_at, member_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', 0, 0, ?7, ?7, ?8, 0, 0, 0)");

static QUERY(visit_update, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_INSTANT, K_INT),
	"UPDATE livecode_visitor SET child_id = ?4, last_at = ?5, scans = scans + ?6"
	" WHERE community_id = ?1 AND code_id = ?2 AND visitor_id = ?3");

static QUERY(visit_set_passed, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"UPDATE livecode_visitor SET passed_at = ?4"
	" WHERE community_id = ?1 AND code_id = ?2 AND visitor_id = ?3 AND passed_at = 0");

int visit_pass(struct tx *tx, struct id community, struct id code, struct id visitor)
{
	int r = tx_run(tx, &visit_set_passed, V(community), V(code), V(visitor), V(tx_now(tx)));
	return r < 0 ? r : 0;
}

static QUERY(visit_set_joined, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT, K_ID),
	"UPDATE livecode_visitor SET joined_at = ?4, member_id = ?5"
	" WHERE community_id = ?1 AND code_id = ?2 AND visitor_id = ?3 AND joined_at = 0");

static QUERY(visit_set_place, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_INT, K_INT),
	"UPDATE livecode_visitor SET city = ?4, latitude_e6 = ?5, longitude_e6 = ?6"
	" WHERE community_id = ?1 AND code_id = ?2 AND visitor_id = ?3");

struct taken { int64_t taken; };

ROW(taken, FIELD(taken, taken, "Visitors it was shown to, this one too"));

/* The one place where a seat is decided: checked and taken in one statement. */
static QUERY(place_take, WRITES, &row_taken, TAKES(K_ID, K_ID, K_INT),
	"UPDATE livecode_fill SET taken = taken + 1"
	" WHERE community_id = ?1 AND child_id = ?2 AND taken < ?3 RETURNING taken");

/* E_NOT_FOUND: the last place has gone. Without a cap there is nothing to decide; numbers.c counts. */
static int take_place(struct tx *tx, struct id community, struct child *c)
{
	struct taken taken = { 0 };
	if (!c->cap) {
		__atomic_fetch_add(&c->shown, 1, __ATOMIC_RELAXED);     /* for "least full first" a near number is enough */
		return 0;
	}
	int r = tx_one(tx, &place_take, &taken, V(community), V(c->id), V(c->cap));
	if (r >= 0 || r == E_NOT_FOUND)
		__atomic_store_n(&c->shown, r < 0 ? c->cap : taken.taken, __ATOMIC_RELAXED);
	return r;
}

/* Few visitors ever see a second target: only those who move leave a row behind. */
static QUERY(left_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID),
	"INSERT INTO livecode_left (community_id, code_id, visitor_id, child_id) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id, code_id, visitor_id, child_id) DO NOTHING");

static QUERY(left_find, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID, K_ID),
	"SELECT child_id AS item FROM livecode_left"
	" WHERE community_id = ?1 AND code_id = ?2 AND visitor_id = ?3 AND child_id = ?4");

static QUERY(place_joined, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE livecode_fill SET joined = joined + 1 WHERE community_id = ?1 AND child_id = ?2");

/* ---- Which view is true now? ---------------------------------------------------------------------------- */

struct scan {
	struct request       *rq;
	struct landing       *l;
	struct visit          visit;
	bool                  known;              /* the visitor has a row here */
	bool                  counts;             /* a scan, not a look */
	const struct child   *child;              /* the target to show, or NULL */
	bool                  newly_shown;        /* a place was taken in it */
	struct page_view      page;
};

static int visit_load(struct scan *s)
{
	if (s->rq->visitor_is_new)
		return 0;
	int r = tx_one(s->rq->tx, &visit_by_id, &s->visit, V(s->l->community.id), V(s->l->code.id), V(s->rq->visitor));
	s->known = r == 0;
	return r == E_NOT_FOUND ? 0 : r;
}

static const char *view_of_state(const struct landing *l, struct instant now)
{
	const struct livecode *code = &l->code;
	const struct community *c = &l->community;
	if (strcmp(community_state(c->ends_at, c->archived_at, c->erase_at, now), "open") != 0)
		return "ended";
	if (str_is(code->state, "ended") || (code->ends_at.ms && code->ends_at.ms <= now.ms))
		return "ended";
	if (str_is(code->state, "paused"))
		return "paused";
	return code->starts_at.ms > now.ms ? "early" : NULL;
}

static int view_of_gate(struct scan *s, const char **ret)
{
	struct str gate = s->l->code.gate;
	struct application_brief last;
	*ret = NULL;
	if (str_is(gate, "none") || s->visit.passed_at.ms)
		return 0;
	if (str_is(gate, "password") || str_is(gate, "voucher")) {
		*ret = str_is(gate, "password") ? "gate_password" : "gate_voucher";
		return 0;
	}
	const char *open = str_is(gate, "form") ? "gate_form" : "gate_proof";
	int r = s->known ? application_last(s->rq->tx, s->l->community.id, s->l->code.id, s->rq->visitor, &last) : E_NOT_FOUND;
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = r == E_NOT_FOUND ? open : str_is(last.state, "pending") ? "pending" : str_is(last.state, "rejected") ? "rejected" : open;
	if (r == 0)
		s->page.contact = last.reason;    /* carried to gate_fill; replaced there */
	return 0;
}

static int chooser_of(struct scan *s, struct chooser *ret)
{
	struct id member;
	struct instant now = tx_now(s->rq->tx);
	bool returning = false;
	if (!s->rq->visitor_is_new) {
		int r = member_find_visitor(s->rq->tx, s->l->community.id, s->rq->visitor, &member);
		if (r < 0 && r != E_NOT_FOUND)
			return r;
		returning = r == 0;
	}
	*ret = (struct chooser){
		.now = now, .returning = returning, .shown_before = s->visit.child_id, .city = s->visit.city,
		.placed = s->visit.latitude_e6 || s->visit.longitude_e6, .latitude_e6 = s->visit.latitude_e6,
		.longitude_e6 = s->visit.longitude_e6, .chance = (uint64_t)tx_new_id(s->rq->tx).n * UINT64_C(0x9e3779b97f4a7c15) >> 11,
	};
	return 0;
}

/* 1: this visitor has a place in the target already, or needs none; 0: not; or a code. */
static int has_place(struct scan *s, const struct child *c)
{
	struct id_item known;
	if (c->id.n == s->visit.child_id.n || str_is(device_of_request(s->rq), "bot"))
		return 1;
	if (!s->visit.child_id.n)
		return 0;
	int r = tx_one(s->rq->tx, &left_find, &known, V(s->l->community.id), V(s->l->code.id), V(s->rq->visitor), V(c->id));
	return r == 0 ? 1 : r == E_NOT_FOUND ? 0 : r;
}

/* Choose, and take the place; a target that turns out full is passed over. Looking again takes no second place. Before
 * anybody is told that all is full, the store is asked: what is remembered may come from a scan that was undone. */
static int take_target(struct scan *s)
{
	struct chooser chooser;
	int r = chooser_of(s, &chooser);
	bool bot = str_is(device_of_request(s->rq), "bot");
	while (r >= 0) {
		int i = choose_child(&s->l->plan, &chooser);
		if (i < 0 && (chooser.doubts || bot))
			return 0;
		if (i < 0) {
			chooser.doubts = true;
			continue;
		}
		struct child *c = &s->l->plan.children[i];
		if ((r = has_place(s, c)) != 0) {
			s->child = r > 0 ? c : NULL;
			return r < 0 ? r : 0;
		}
		r = take_place(s->rq->tx, s->l->community.id, c);
		if (r == 0) {
			s->child = c;
			s->newly_shown = true;
			return 0;
		}
		chooser.tried |= UINT64_C(1) << i;
		r = r == E_NOT_FOUND ? 0 : r;
	}
	return r;
}

static int view_now(struct scan *s, const char **ret)
{
	struct chooser chooser;
	int r;
	*ret = view_of_state(s->l, tx_now(s->rq->tx));
	if (*ret)
		return 0;
	if (s->visit.joined_at.ms && s->l->code.duplicate_guard) {
		for (size_t i = 0; i < s->l->plan.count; i++)
			if (s->l->plan.children[i].id.n == s->visit.child_id.n)
				s->child = &s->l->plan.children[i];
		*ret = "already";
		return 0;
	}
	if ((r = view_of_gate(s, ret)) < 0 || *ret)
		return r;
	if (s->l->plan.strategy == BY_CITY || s->l->plan.strategy == NEAREST) {
		if ((r = chooser_of(s, &chooser)) < 0)
			return r;
		if (choose_needs_place(&s->l->plan, &chooser)) {
			*ret = s->l->plan.strategy == NEAREST ? "locate" : "choose";
			return 0;
		}
	}
	if ((r = take_target(s)) < 0)
		return r;
	*ret = s->child ? "target" : "waiting";
	return 0;
}

/* ---- Writing down what happened ------------------------------------------------------------------------- */

static int record(struct scan *s)
{
	struct tx *tx = s->rq->tx;
	struct id community = s->l->community.id, code = s->l->code.id;
	struct str device = device_of_request(s->rq);
	struct id shown = s->child ? s->child->id : s->visit.child_id;
	bool moved = s->visit.child_id.n && shown.n != s->visit.child_id.n;
	int r = 0;
	if (str_is(device, "bot"))
		return 0;
	if (moved && (r = tx_run(tx, &left_insert, V(community), V(code), V(s->rq->visitor), V(s->visit.child_id))) < 0)
		return r;
	if (!s->known)
		r = tx_run(tx, &visit_insert, V(community), V(code), V(s->rq->visitor), V(s->l->link), V(shown), V(device),
		           V(tx_now(tx)), V((int64_t)s->counts));
	else if (s->counts || s->newly_shown || moved)
		r = tx_run(tx, &visit_update, V(community), V(code), V(s->rq->visitor), V(shown), V(tx_now(tx)), V((int64_t)s->counts));
	if (r >= 0 && !s->known && !s->counts)    /* acted before they ever scanned: no event tells of it */
		r = livecode_seen_by(tx, community, code, s->rq->visitor);
	if (r < 0)
		return r;
	struct event event = {
		.subject = code, .actor = s->rq->visitor, .object = shown, .via = s->l->link, .n = !s->visit.scans, .word = device,
	};
	if (s->known && !s->visit.scans)          /* acted before they ever scanned: what they are shown was or is told apart */
		event.object = (struct id){ 0 };
	if (s->counts && (r = event_emit(tx, community, &livecode_events[LIVECODE_SCANNED], &event)) < 0)
		return r;
	event.object = shown;
	if (s->newly_shown && (s->known || !s->counts) &&
	    (r = event_emit(tx, community, &livecode_events[LIVECODE_SHOWN], &event)) < 0)
		return r;
	return s->known && s->child ? waiting_serve(tx, community, code, s->rq->visitor) : 0;
}

/* ---- Filling the page -------------------------------------------------------------------------------------- */

static int fill_target(struct scan *s)
{
	const struct child *c = s->child;
	struct page_target *t = ARENA_NEW(s->rq->arena, struct page_target);
	static const char *const kinds[] = { "group", "wecom", "staff", "url" };
	if (!t)
		return E_MEMORY;
	int64_t by_cap = c->cap ? c->cap - c->shown : INT64_MAX;
	int64_t by_group = c->member_limit && c->members ? c->member_limit - c->members : INT64_MAX;
	int64_t left = by_cap < by_group ? by_cap : by_group;
	*t = (struct page_target){
		.kind = str_of(kinds[c->kind]), .title = c->title, .image = file_url(s->rq->arena, c->picture), .link = c->url,
		.owner = c->owner, .members = c->members, .left = left == INT64_MAX ? -1 : left < 0 ? 0 : left,
		.expires_at = c->picture_expires_at, .joined = s->visit.joined_at.ms != 0,
	};
	s->page.target.at = t;
	return 0;
}

static int fill_gate(struct scan *s)
{
	struct page_gate *g = ARENA_NEW(s->rq->arena, struct page_gate);
	if (!g)
		return E_MEMORY;
	*g = (struct page_gate){
		.title = s->l->code.gate_title, .note = str_is(s->l->code.gate, "proof") ? S("") : s->l->code.gate_note,
		.task = str_is(s->l->code.gate, "proof") ? s->l->code.gate_note : S(""), .questions = s->l->code.gate_questions,
		.reason = s->page.contact, .example = file_url(s->rq->arena, s->l->code.gate_example),
	};
	s->page.gate.at = g;
	return 0;
}

static int fill_choices(struct scan *s)
{
	struct page_choice *list = arena_take_array(s->rq->arena, s->l->plan.count, sizeof *list);
	size_t count = 0;
	if (!list)
		return E_MEMORY;
	for (size_t i = 0; i < s->l->plan.count; i++) {
		const struct child *c = &s->l->plan.children[i];
		bool seen = c->region.len == 0;
		for (size_t k = 0; k < count; k++)
			seen |= str_equal(list[k].region, c->region);
		if (!seen)
			list[count++] = (struct page_choice){ c->id, c->title, c->region };
	}
	s->page.choices = (struct rows){ list, count };
	return 0;
}

static int fill_waiting(struct scan *s)
{
	struct waiting_brief mine = { 0 };
	struct page_waiting *w = ARENA_NEW(s->rq->arena, struct page_waiting);
	if (!w)
		return E_MEMORY;
	int r = waiting_find(s->rq->tx, s->l->community.id, s->l->code.id, s->rq->visitor, &mine);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	bool queued = r == 0 && !mine.served_at.ms;
	w->note = why_nothing(s->rq->arena, &s->l->plan, tx_now(s->rq->tx), s->rq->lang);
	w->place = mine.place;
	if (!queued && (r = waiting_length(s->rq->tx, s->l->community.id, s->l->code.id, &w->place)) < 0)
		return r;
	s->page.waiting.at = w;
	s->page.view = queued ? S("waited") : S("waiting");
	return 0;
}

static struct page_voucher *page_voucher_of(struct request *rq, const struct voucher_brief *v)
{
	struct page_voucher *p = ARENA_NEW(rq->arena, struct page_voucher);
	if (p)
		*p = (struct page_voucher){
			v->code, v->title, v->partner, str_format(rq->arena, "/v/%.*s/qr.png", STR(v->code)), v->expires_at,
			v->used_at.ms != 0,
		};
	return p;
}

static int fill_voucher(struct scan *s)
{
	struct voucher_brief v;
	if (!s->visit.joined_at.ms || !s->l->partner.n)
		return 0;
	int r = voucher_give(s->rq->tx, s->l->community.id, s->l->partner, s->rq->visitor, s->l->code.id, &v);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	s->page.voucher.at = page_voucher_of(s->rq, &v);
	return s->page.voucher.at ? 0 : E_MEMORY;
}

static int fill_frame(struct request *rq, const struct community *c, const struct livecode *code, struct page_view *page)
{
	struct page_community *pc = ARENA_NEW(rq->arena, struct page_community);
	struct page_code *pl = ARENA_NEW(rq->arena, struct page_code);
	if (!pc || !pl)
		return E_MEMORY;
	*pc = (struct page_community){ c->id, c->name, c->slogan, file_url(rq->arena, c->logo), c->colour };
	*pl = (struct page_code){
		code->title, code->guide, code->look, file_url(rq->arena, code->avatar), code->starts_at, code->ends_at, c->rules,
	};
	page->community.at = pc;
	page->code.at = pl;
	return 0;
}

/* What is true now, and it is written down. */
static int decide(struct scan *s)
{
	const char *view;
	int r = view_now(s, &view);
	s->page.view = r < 0 ? S("") : str_of(view);
	return r < 0 ? r : record(s);
}

/* Most scans are sent on at once and need none of this. */
static int fill_page(struct scan *s)
{
	struct page_view *page = &s->page;
	int r = 0;
	page->lang = s->rq->lang == LANG_EN ? S("en") : S("zh");
	page->now = tx_now(s->rq->tx);
	page->csrf = rq_csrf(s->rq);
	page->slug = s->l->slug;
	if (str_starts(page->view, S("gate")) || str_is(page->view, "rejected") || str_is(page->view, "pending"))
		r = fill_gate(s);
	page->contact = s->l->code.contact;
	if (r == 0 && s->child)
		r = fill_target(s);
	if (r == 0 && (str_is(page->view, "locate") || str_is(page->view, "choose")))
		r = fill_choices(s);
	if (r == 0 && str_is(page->view, "waiting"))
		r = fill_waiting(s);
	if (r == 0)
		r = fill_voucher(s);
	return r < 0 ? r : fill_frame(s->rq, &s->l->community, &s->l->code, page);
}

static int page_of(struct scan *s)
{
	int r = decide(s);
	return r < 0 ? r : fill_page(s);
}

/* ---- HTML: the template around the page's data ---------------------------------------------------------------- */

static struct str first_line(struct str text)
{
	return str_cut(&text, '\n');
}

/* What is readable before, and without, any script; classes as web/h5/main.ts names them. */
static void plain_body(struct buf *b, const struct page_view *page)
{
	const struct page_code *code = page->code.at;
	const struct page_target *target = page->target.at;
	buf_z(b, "<div class=\"page look-plain\"><header class=\"head\"><div class=\"who\"><h1>");
	buf_html(b, code->title);
	buf_z(b, "</h1></div></header><main class=\"main\">");
	for (struct str rest = code->guide; rest.len;) {
		buf_z(b, "<p>");
		buf_html(b, str_cut(&rest, '\n'));
		buf_z(b, "</p>");
	}
	if (target && target->image.len) {
		buf_z(b, "<figure class=\"qr\"><img width=\"300\" height=\"300\" alt=\"");
		buf_html(b, target->title);
		buf_z(b, "\" src=\"");
		buf_html(b, target->image);
		buf_z(b, "\"></figure>");
	}
	buf_z(b, "</main></div>");
}

static int html_page(struct request *rq, const struct page_view *page, struct body *body)
{
	const struct page_community *community = page->community.at;
	const struct page_code *code = page->code.at;
	BUF_SCOPED plain;
	buf_init(&plain, 32 << 10);
	plain_body(&plain, page);
	return buf_failed(&plain) ? E_MEMORY : template_page(rq, &(struct shown_page){
		"h5/join.html", &row_page_view, page,
		.title = code->title.len ? code->title : community->name.len ? community->name : S("群图 Quntu"),
		.description = first_line(code->guide.len ? code->guide : community->slogan),
		.path = str_format(rq->arena, "/g/%.*s", STR(page->slug)),
		.image = community->logo.len ? community->logo : code->avatar, .body = buf_view(&plain),
	}, body);
}

/* A page without a live code: an unknown link, or a voucher. */
static int bare_page(struct request *rq, const char *view, const struct community *whose, struct page_view *page)
{
	static const struct community nobody = { 0 };
	static const struct livecode nothing = { .look = { "plain", 5 } };
	*page = (struct page_view){
		.view = str_of(view), .lang = rq->lang == LANG_EN ? S("en") : S("zh"), .csrf = rq_csrf(rq), .now = tx_now(rq->tx),
	};
	return fill_frame(rq, whose ? whose : &nobody, &nothing, page);
}

/* ---- API --------------------------------------------------------------------------------------------------------- */

static void drop(struct landing **l)
{
	if (*l)
		landing_put(*l);
}

#define LANDING_SCOPED __attribute__((cleanup(drop))) struct landing

static int open_scan(struct request *rq, struct landing **l, struct scan *s)
{
	int r = landing_get(rq->tx, rq->path_text, l);
	if (r < 0)
		return r;
	if (str_is((*l)->code.state, "draft"))
		return E_NOT_FOUND;               /* nobody learns from its link what is being prepared, and nobody is counted */
	*s = (struct scan){ .rq = rq, .l = *l };
	return visit_load(s);
}

static int get_scan(struct request *rq, const void *in, void *out)
{
	LANDING_SCOPED *l = NULL;
	struct body *body = out;
	struct scan s;
	(void)in;
	int r = open_scan(rq, &l, &s);
	if (r == E_NOT_FOUND) {
		struct page_view page;
		if ((r = bare_page(rq, "unknown", NULL, &page)) < 0 || (r = html_page(rq, &page, body)) < 0)
			return r;
		body->status = 404;
		return 0;
	}
	s.counts = true;
	if (r < 0 || (r = decide(&s)) < 0)
		return r;
	if (s.child && str_is(s.page.view, "target") && goes_at_once(s.child)) {
		*body = (struct body){ .status = 302, .location = str_copy(rq->arena, s.child->url) };
		return 0;
	}
	return (r = fill_page(&s)) < 0 ? r : html_page(rq, &s.page, body);
}

/* The page's data outlives the landing: rows are written to JSON inside the action, while it is still held. */
static int answer(struct request *rq, struct scan *s, struct body *body)
{
	BUF_SCOPED json;
	buf_init(&json, 128 << 10);
	int r = page_of(s);
	if (r < 0)
		return r;
	row_write_json(&json, &row_page_view, &s->page);
	if (buf_failed(&json))
		return E_MEMORY;
	*body = (struct body){ .bytes = str_copy(rq->arena, buf_view(&json)), .type = "application/json" };
	return 0;
}

static int get_page(struct request *rq, const void *in, void *out)
{
	LANDING_SCOPED *l = NULL;
	struct scan s;
	(void)in;
	int r = open_scan(rq, &l, &s);
	return r < 0 ? r : answer(rq, &s, out);
}

/* A visitor who acts without having scanned (cookies lost in between) gets their row first. */
static int ensure_visit(struct scan *s)
{
	if (s->known)
		return 0;
	int r = tx_run(s->rq->tx, &visit_insert, V(s->l->community.id), V(s->l->code.id), V(s->rq->visitor), V(s->l->link),
	               V((struct id){ 0 }), V(device_of_request(s->rq)), V(tx_now(s->rq->tx)), V((int64_t)0));
	if (r < 0)
		return r;
	s->rq->visitor_is_new = false;
	return visit_load(s);
}

static int ready_gate(struct request *rq, const void *in, void *out)
{
	(void)out;
	return gate_ready(rq, in, (struct proof **)&rq->kept);
}

static int post_gate(struct request *rq, const void *in, void *out)
{
	LANDING_SCOPED *l = NULL;
	struct scan s;
	bool passed = false;
	struct id inviter = { 0 };
	int r = open_scan(rq, &l, &s);
	if (r < 0 || (r = ensure_visit(&s)) < 0)
		return r;
	if (view_of_state(l, tx_now(rq->tx)) || str_is(l->code.gate, "none") || s.visit.passed_at.ms)
		return answer(rq, &s, out);       /* nothing to do any more: show where they stand */
	if ((r = gate_try(rq, l, in, rq->kept, &passed, &inviter)) < 0)
		return r;
	if (passed && (r = visit_pass(rq->tx, l->community.id, l->code.id, rq->visitor)) < 0)
		return r;
	if (inviter.n) {                          /* a member vouched: that is who invited them */
		struct id member;
		bool made;
		struct member_origin origin = { .source = l->link, .source_label = l->link_label, .inviter = inviter };
		if ((r = member_of_visitor(rq->tx, l->community.id, rq->visitor, &origin, &member, &made)) < 0)
			return r;
	}
	return (r = visit_load(&s)) < 0 ? r : answer(rq, &s, out);
}

static int tag_all(struct tx *tx, const struct landing *l, struct id member)
{
	const struct text_item *tags = l->code.tags.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < l->code.tags.count; i++)
		if ((r = tag_put_named(tx, l->community.id, tags[i].item, member)) == E_TOO_MANY)
			return 0;                 /* nobody's joining fails for a tag */
	return r;
}

static int join(struct scan *s, struct str nickname)
{
	struct tx *tx = s->rq->tx;
	const struct landing *l = s->l;
	struct id member, group = { 0 };
	bool made;
	for (size_t i = 0; i < l->plan.count; i++)
		if (l->plan.children[i].id.n == s->visit.child_id.n)
			group = l->plan.children[i].group;
	struct member_origin origin = {
		.nickname = nickname, .city = s->visit.city, .source = l->link, .source_label = l->link_label, .group = group,
	};
	int r = member_of_visitor(tx, l->community.id, s->rq->visitor, &origin, &member, &made);
	if (r < 0 || (r = tag_all(tx, l, member)) < 0)
		return r;
	r = tx_run(tx, &visit_set_joined, V(l->community.id), V(l->code.id), V(s->rq->visitor), V(tx_now(tx)), V(member));
	if (r <= 0)
		return r;                         /* 0: they said so before; said once, counted once */
	if ((r = tx_run(tx, &place_joined, V(l->community.id), V(s->visit.child_id))) < 0)
		return r;
	return event_emit(tx, l->community.id, &livecode_events[LIVECODE_JOINED], &(struct event){
		.subject = l->code.id, .actor = s->rq->visitor, .object = s->visit.child_id, .via = s->visit.link_id, .n = made,
		.word = device_of_request(s->rq),
	});
}

static int post_joined(struct request *rq, const void *in, void *out)
{
	const struct joined_input *input = in;
	LANDING_SCOPED *l = NULL;
	struct scan s;
	int r = open_scan(rq, &l, &s);
	if (r < 0)
		return r;
	if (!s.visit.child_id.n)
		return E_GATE_CLOSED;             /* nobody joins what they were never shown */
	if (!s.visit.joined_at.ms && ((r = join(&s, input->nickname)) < 0 || (r = visit_load(&s)) < 0))
		return r;
	return answer(rq, &s, out);
}

static int post_wait(struct request *rq, const void *in, void *out)
{
	const struct wait_input *input = in;
	LANDING_SCOPED *l = NULL;
	struct scan s;
	int r = open_scan(rq, &l, &s);
	if (r < 0 || (r = ensure_visit(&s)) < 0 || (r = waiting_join(rq, l, input->nickname, input->contact)) < 0)
		return r;
	return answer(rq, &s, out);
}

static int post_place(struct request *rq, const void *in, void *out)
{
	const struct place_input *input = in;
	LANDING_SCOPED *l = NULL;
	struct scan s;
	struct str city = { 0 };
	int r = open_scan(rq, &l, &s);
	if (r < 0 || (r = ensure_visit(&s)) < 0)
		return r;
	for (size_t i = 0; i < l->plan.count; i++)
		if (input->choice.n && l->plan.children[i].id.n == input->choice.n)
			city = l->plan.children[i].region;
	if (!city.len && !input->latitude_e6 && !input->longitude_e6)
		return rq_complain(rq, E_MISSING_FIELD, S("choice"));
	r = tx_run(rq->tx, &visit_set_place, V(l->community.id), V(l->code.id), V(rq->visitor), V(city),
	           V(input->latitude_e6), V(input->longitude_e6));
	return r < 0 || (r = visit_load(&s)) < 0 ? r : answer(rq, &s, out);
}

static QUERY(report_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO report (community_id, id, code_id, visitor_id, text, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT (community_id, code_id, visitor_id, text) DO NOTHING");

int report_write(struct request *rq, struct id community, const struct reported *what, struct str text, struct id *ret)
{
	struct id id = tx_new_id(rq->tx);
	int r = tx_run(rq->tx, &report_insert, V(community), V(id), V(what->id), V(rq->visitor), V(text), V(tx_now(rq->tx)));
	if (r <= 0)
		return r;                         /* 0: a phone that lost its connection says it again */
	*ret = id;
	r = alert_raise(rq->tx, community, &(struct alert){
		.key = str_format(rq->arena, "report %lld", (long long)id.n), .kind = what->kind, .level = S("due"),
		.subject = what->id, .title = what->title, .more = text, .due = tx_now(rq->tx),
	});
	return r < 0 ? r : 1;
}

static int post_report(struct request *rq, const void *in, void *out)
{
	const struct report_input *input = in;
	LANDING_SCOPED *l = NULL;
	struct scan s;
	(void)out;
	if (!rq_allow(rq, str_format(rq->arena, "report %.*s", STR(rq->address)), 10, HOUR))
		return E_SLOW_DOWN;
	int r = open_scan(rq, &l, &s);
	if (r < 0)
		return r;
	struct id id;
	r = report_write(rq, l->community.id, &(struct reported){ S("report"), l->code.id, l->code.title }, input->text, &id);
	return r <= 0 ? r : event_emit(rq->tx, l->community.id, &livecode_events[LIVECODE_REPORTED],
	                               &(struct event){ .subject = l->code.id, .actor = rq->visitor, .object = id });
}

/* A colleague who scans a guest's voucher at the counter comes to redeem it, not to look at it. */
static int may_redeem(struct request *rq, struct id community, bool *ret)
{
	struct standing here = { ROLE_PUBLIC, { 0 }, 0 };
	int r = rq->account.n ? account_identity.standing(rq->tx, rq->account, community, &here) : 0;
	*ret = here.role >= ROLE_OPERATOR && !here.refused;
	return r < 0 ? r : 0;
}

static int get_voucher(struct request *rq, const void *in, void *out)
{
	bool staff = false;
	struct voucher_brief voucher;
	struct community community;
	struct page_view page;
	struct id whose;
	struct body *body = out;
	(void)in;
	int r = voucher_show(rq->tx, rq->path_text, &voucher, &whose);
	if (r >= 0)
		r = community_get(rq->tx, whose, &community);
	if (r < 0 && r != E_NOT_FOUND && r != E_VOUCHER_UNKNOWN)
		return r;
	bool found = r == 0;
	bool worth_something = found && voucher.partner.len;      /* one that only vouches is not redeemed */
	if (worth_something && (r = may_redeem(rq, whose, &staff)) < 0)
		return r;
	if (staff) {
		*body = (struct body){ .status = 302, .location = str_format(rq->arena, "/c/%lld/alliance?part=redeem&code=%.*s",
		                                                            (long long)whose.n, STR(voucher.code)) };
		return 0;
	}
	if ((r = bare_page(rq, found ? "voucher" : "unknown", found ? &community : NULL, &page)) < 0)
		return r;
	if (found && !(page.voucher.at = page_voucher_of(rq, &voucher)))
		return E_MEMORY;
	if ((r = html_page(rq, &page, body)) < 0)
		return r;
	body->status = found ? 200 : 404;
	return 0;
}

/* ---- What is kept about people ----------------------------------------------------------------------------------- */

struct visit_own {
	struct str     code, source, target, device, city;
	struct instant first_at, last_at;
	int64_t        scans;
	struct instant joined_at;
};

ROW(visit_own,
	FIELD(visit_own, code,      "Live code"),
	FIELD(visit_own, source,    "Source of the first scan"),
	FIELD(visit_own, target,    "What was shown"),
	FIELD(visit_own, device,    "Kind of device"),
	FIELD(visit_own, city,      "City chosen"),
	FIELD(visit_own, first_at,  "First scan"),
	FIELD(visit_own, last_at,   "Last scan"),
	FIELD(visit_own, scans,     "Scans"),
	FIELD(visit_own, joined_at, "Said they joined"));

static QUERY(visits_show, READS, &row_visit_own, TAKES(K_ID, K_ID),
	"SELECT COALESCE(c.title, '') AS code, COALESCE((SELECT l.label FROM livecode_link l WHERE l.community_id = v.community_id"
	" AND l.code_id = v.code_id AND l.id = v.link_id), '') AS source, COALESCE(t.title, '') AS target, v.device, v.city,"
	" v.first_at, v.last_at, v.scans, v.joined_at FROM livecode_visitor v"
	" LEFT JOIN livecode c ON c.community_id = v.community_id AND c.id = v.code_id"
	" LEFT JOIN livecode_child t ON t.community_id = v.community_id AND t.id = v.child_id"
	" WHERE v.community_id = ?1 AND v.visitor_id = ?2 ORDER BY v.first_at LIMIT 500");

static QUERY(visit_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE livecode_visitor SET visitor_id = ?3, city = '', latitude_e6 = 0, longitude_e6 = 0, member_id = 0"
	" WHERE community_id = ?1 AND visitor_id = ?2");

static QUERY(left_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE livecode_left SET visitor_id = ?3 WHERE community_id = ?1 AND visitor_id = ?2 AND code_id IN"
	" (SELECT v.code_id FROM livecode_visitor v WHERE v.community_id = ?1 AND v.visitor_id = ?2)");

/* The code's list of its visitors (numbers.c); before the visitor's own rows, which say in which lists they stand. */
static QUERY(seen_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE livecode_seen SET visitor_id = ?3 WHERE community_id = ?1 AND visitor_id = ?2 AND code_id IN"
	" (SELECT v.code_id FROM livecode_visitor v WHERE v.community_id = ?1 AND v.visitor_id = ?2)");

static QUERY(visits_idle, READS, &row_id_item, TAKES(K_ID, K_INSTANT, K_INT),
	"SELECT DISTINCT v.visitor_id AS item FROM livecode_visitor v WHERE v.community_id = ?1 AND v.last_at < ?2 AND v.visitor_id > 0"
	" AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.community_id = v.community_id AND i.channel = 'browser'"
	" AND i.subject = CAST(v.visitor_id AS TEXT)) LIMIT ?3");

static QUERY(report_alert_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE alert SET more = '' WHERE community_id = ?1 AND kind IN ('report', 'report_task') AND key IN"
	" (SELECT 'report ' || CAST(r.id AS TEXT) FROM report r WHERE r.community_id = ?1 AND r.visitor_id = ?2)");

static QUERY(report_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM report WHERE community_id = ?1 AND visitor_id = ?2");

struct report_own { struct str text; struct instant created_at; };

ROW(report_own,
	FIELD(report_own, text,       "What you wrote"),
	FIELD(report_own, created_at, "When"));

static QUERY(reports_show, READS, &row_report_own, TAKES(K_ID, K_ID),
	"SELECT text, created_at FROM report WHERE community_id = ?1 AND visitor_id = ?2 ORDER BY id LIMIT 200");

static QUERY(reports_idle, READS, &row_id_item, TAKES(K_ID, K_INSTANT, K_INT),
	"SELECT DISTINCT v.visitor_id AS item FROM report v WHERE v.community_id = ?1 AND v.created_at < ?2 AND v.visitor_id > 0"
	" AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.community_id = v.community_id AND i.channel = 'browser'"
	" AND i.subject = CAST(v.visitor_id AS TEXT)) LIMIT ?3");

static const struct personal personal[] = {
	{ "livecode_visitor livecode_left livecode_seen", "你扫过哪些码、看到哪个群、什么时候说进群了", "Which codes you scanned, what you were shown, when you said you joined",
	  "活码 来源 目标 设备 城市 第一次 最近一次 次数 进群", BY_VISITOR, &visits_show,
	  .erases = { &left_forget, &seen_forget, &visit_forget }, .idle = &visits_idle },
	{ "report alert", "你举报过什么", "What you reported", "内容 时间", BY_VISITOR, &reports_show,
	  .erases = { &report_alert_forget, &report_forget }, .idle = &reports_idle },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/g/{slug}",        ROLE_VISITOR, get_scan,    NULL, NULL, "A scan: counts, then shows the landing page or goes to the target", OUT_BODY, .writes = true, .makes = "text/html" },
	{ "GET",  "/v/{code}",        ROLE_VISITOR, get_voucher, NULL, NULL, "The page of a voucher, for whoever holds its code", OUT_BODY, .makes = "text/html" },
	{ "GET",  "/g/{slug}/page",   ROLE_VISITOR, get_page,    NULL, &row_page_view, "The landing page's data now, without counting a scan", OUT_BODY, .writes = true, .makes = "application/json" },
	{ "POST", "/g/{slug}/gate",   ROLE_VISITOR, post_gate,   &row_gate_input, &row_page_view, "Try to pass the gate", OUT_BODY, .ready = ready_gate, .body_max = 6 << 20, .makes = "application/json" },
	{ "POST", "/g/{slug}/joined", ROLE_VISITOR, post_joined, &row_joined_input, &row_page_view, "I have joined", OUT_BODY, .makes = "application/json" },
	{ "POST", "/g/{slug}/wait",   ROLE_VISITOR, post_wait,   &row_wait_input, &row_page_view, "Put me on the waiting list", OUT_BODY, .makes = "application/json" },
	{ "POST", "/g/{slug}/place",  ROLE_VISITOR, post_place,  &row_place_input, &row_page_view, "This is where I am", OUT_BODY, .makes = "application/json" },
	{ "POST", "/g/{slug}/report", ROLE_VISITOR, post_report, &row_report_input, NULL, "Something is wrong with this page", OUT_NONE },
	{ 0 },
};

/* A browser's visits follow its member into another. */
MEMBER_PLACE_BY_BROWSER(visits, "livecode_visitor", "member_id", "visitor_id");

static const struct member_place places[] = { { "visits", &visits_note, &visits_move, &visits_split }, { 0 } };

static const struct query *const queries[] = {
	&visit_by_id, &visit_insert, &visit_update, &visit_set_passed, &visit_set_joined, &visit_set_place, &place_take,
	&left_insert, &left_find, &place_joined, &report_insert, &visits_show, &visit_forget, &left_forget, &seen_forget,
	&visits_idle, &report_alert_forget, &report_forget, &reports_show, &reports_idle,
	&visits_note, &visits_move, &visits_split, NULL,
};

const struct feature feature_scan = { .name = "scan", .routes = routes, .queries = queries, .personal = personal, .places = places };
