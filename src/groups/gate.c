/* gate.c: what stands before a target: form, password, voucher, proof; and the waiting list.
 *
 * Story      Car owners fill in plate and model; the operator approves forty at once and turns two down with a reason that
 *            they read. Somebody sends a picture that was handed in last week: it is found.
 * Not here   Payment and deposit (shop); what the visitor sees next (scan.c).
 * Owns       application, waiting.
 * Holds      An application is decided once. Turned down, a visitor may try again; approved or waiting, not.
 *            The very same picture is refused from another visitor; one that only looks the same is marked for the reviewer.
 *            Passwords are compared in constant time and their guessing is slowed.
 * Test       scan_test.c, gate_test.c.
 */
#include <sodium.h>

#include "engine/file/file.h"
#include "groups/alliance.h"
#include "groups/visit.h"
#include "http/personal.h"
#include "media/picture.h"
#include "people/audit.h"

#define PROOF_SIDE     1600       /* pixels; enough to read a screenshot */
#define LOOKS_BACK     2000       /* applications of the code that a new picture is compared with */

/* ---- Rows ------------------------------------------------------------------------------------- */

struct answer { struct str key, text; };

ROW(answer,
	FIELD(answer, key,  "Which question", .min = 1, .max = 20),
	FIELD(answer, text, "The answer", .max = 200, .optional = true));

ROW_PUBLIC(gate_input,
	FIELD(gate_input, answers,  "Of a form", .of = &row_answer, .max = 12, .optional = true),
	FIELD(gate_input, password, "Of a password gate", .max = 40, .optional = true),
	FIELD(gate_input, voucher,  "Of a voucher gate", .max = 40, .optional = true),
	FIELD(gate_input, link,     "Proof as a link", .max = 500, .pattern = "(https?://[^ ]+)?", .optional = true),
	FIELD(gate_input, picture,  "Proof as a picture", .max = 6 << 20, .optional = true));

struct answered { struct str key, label, text; };

ROW(answered,
	FIELD(answered, key,   "Which question"),
	FIELD(answered, label, "As it was asked"),
	FIELD(answered, text,  "The answer"));

struct application {
	struct id      id, code_id;
	struct str     code;
	struct id      visitor_id;
	struct str     source, kind;
	struct rows    answers;
	struct str     picture, url;
	struct id      same_as;
	struct str     state, reason;
	struct id      decided_by;
	struct instant decided_at, created_at;
};

ROW(application,
	FIELD(application, id,         "Application"),
	FIELD(application, code_id,    "Live code"),
	FIELD(application, code,       "Its title"),
	FIELD(application, visitor_id, "Visitor"),
	FIELD(application, source,     "Source that brought them"),
	FIELD(application, kind,       "What was handed in", .one_of = "form proof"),
	FIELD(application, answers,    "Answers", .of = &row_answered),
	FIELD(application, picture,    "Address of the picture"),
	FIELD(application, url,        "Link handed in"),
	FIELD(application, same_as,    "An earlier application with a picture that looks the same", .optional = true),
	FIELD(application, state,      "Where it stands", .one_of = "pending approved rejected"),
	FIELD(application, reason,     "Why it was turned down; the visitor reads it"),
	FIELD(application, decided_by, "Account; empty: a rule decided", .optional = true),
	FIELD(application, decided_at, "When", .optional = true),
	FIELD(application, created_at, "Handed in"));

struct application_query { struct id code; struct str state; struct id after; int64_t limit; };

ROW(application_query,
	FIELD(application_query, code,  "Only of this live code", .optional = true),
	FIELD(application_query, state, "Only these", .one_of = "pending approved rejected", .optional = true),
	FIELD(application_query, after, "Only those before this one", .optional = true),
	FIELD(application_query, limit, "How many", .min = 0, .max = 200, .optional = true));

struct decision { struct rows ids; bool approve; struct str reason; };

ROW(decision,
	FIELD(decision, ids,     "Applications", .of = &row_id_item, .min = 1, .max = 200),
	FIELD(decision, approve, "Let them in, or turn them down"),
	FIELD(decision, reason,  "Why not; the visitor reads it", .max = 100, .optional = true));

struct decided { int64_t decided, already; };

ROW(decided,
	FIELD(decided, decided, "Decided now"),
	FIELD(decided, already, "… had been decided before, and stay as they were"));

struct waiting_line { struct id id; struct str nickname, contact, source; struct instant since, served_at; };

ROW(waiting_line,
	FIELD(waiting_line, id,        "Visitor"),
	FIELD(waiting_line, nickname,  "Name"),
	FIELD(waiting_line, contact,   "Where to reach them"),
	FIELD(waiting_line, source,    "Source that brought them"),
	FIELD(waiting_line, since,     "Since when"),
	FIELD(waiting_line, served_at, "When they were shown a target after all", .optional = true));

/* ---- Rules: no store, no clock ------------------------------------------------------------------ */

static const struct answer *answer_to(struct rows answers, struct str key)
{
	const struct answer *a = answers.at;
	for (size_t i = 0; i < answers.count; i++)
		if (str_equal(a[i].key, key))
			return &a[i];
	return NULL;
}

static bool is_phone(struct str s)
{
	size_t digits = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] >= '0' && s.at[i] <= '9')
			digits++;
		else if (!memchr("+- ()", s.at[i], 5))
			return false;
	}
	return digits >= 7 && digits <= 15;
}

static bool is_choice(const struct question *q, struct str text)
{
	const struct text_item *c = q->choices.at;
	for (size_t i = 0; i < q->choices.count; i++)
		if (str_equal(c[i].item, text))
			return true;
	return false;
}

/* 0, or the code of what is wrong with the answer to this question. */
static int answer_check(const struct question *q, struct str text)
{
	if (!text.len)
		return q->required ? E_MISSING_FIELD : 0;
	if (str_is(q->kind, "phone") && !is_phone(text))
		return E_BAD_PATTERN;
	return str_is(q->kind, "choice") && !is_choice(q, text) ? E_NOT_ONE_OF : 0;
}

/* All rules hold; no rules: a person decides. */
static bool approves_itself(const struct livecode *code, struct rows answers)
{
	const struct approving *rule = code->gate_approve.at;
	for (size_t i = 0; i < code->gate_approve.count; i++) {
		const struct answer *a = answer_to(answers, rule[i].key);
		struct str text = a ? str_trim(a->text) : S("");
		bool holds = str_is(rule[i].holds, "filled") ? text.len > 0
			: str_is(rule[i].holds, "is") ? str_equal(text, rule[i].value)
			: text.len && memmem(text.at, text.len, rule[i].value.at, rule[i].value.len);
		if (!holds)
			return false;
	}
	return code->gate_approve.count > 0;
}

static bool same_secret(struct str a, struct str b)
{
	unsigned char x[32], y[32];
	crypto_generichash(x, sizeof x, (const unsigned char *)(a.len ? a.at : ""), a.len, NULL, 0);
	crypto_generichash(y, sizeof y, (const unsigned char *)(b.len ? b.at : ""), b.len, NULL, 0);
	return sodium_memcmp(x, y, sizeof x) == 0;
}

/* ---- Handing in -------------------------------------------------------------------------------------- */

ROW(application_brief,
	FIELD(application_brief, id,     "Application"),
	FIELD(application_brief, state,  "Where it stands"),
	FIELD(application_brief, reason, "Why"));

static QUERY(application_newest, READS, &row_application_brief, TAKES(K_ID, K_ID, K_ID),
	"SELECT id, state, reason FROM application"
	" WHERE community_id = ?1 AND code_id = ?2 AND visitor_id = ?3 ORDER BY id DESC LIMIT 1");

int application_last(struct tx *tx, struct id community, struct id code, struct id visitor, struct application_brief *ret)
{
	return tx_one(tx, &application_newest, ret, V(community), V(code), V(visitor));
}

/* Slow work, before the transaction: decode the picture, write it anew without metadata, learn what it looks like. */
int gate_ready(struct request *rq, const struct gate_input *in, struct proof **ret)
{
	if (!rq_allow(rq, str_format(rq->arena, "gate %.*s", STR(rq->address)), 60, 10 * MINUTE))
		return E_SLOW_DOWN;
	struct proof *proof = ARENA_NEW(rq->arena, struct proof);
	if (!proof)
		return E_MEMORY;
	*ret = proof;
	if (!in->picture.len)
		return 0;
	struct picture_key *key = ARENA_NEW(rq->arena, struct picture_key);
	enum picture_type type;
	if (!key)
		return E_MEMORY;
	int r = picture_reduce(in->picture, PROOF_SIDE, rq->arena, &proof->picture, &type);
	if (r < 0 || (r = picture_same_key(in->picture, key)) < 0)
		return rq_complain(rq, r, S("picture"));
	proof->type = picture_media_type(type);
	proof->hash = str_of(key->exact);
	proof->look = (int64_t)key->look;
	return 0;
}

static QUERY(application_with_hash, READS, &row_id_item, TAKES(K_ID, K_STR, K_ID),
	"SELECT id AS item FROM application"
	" WHERE community_id = ?1 AND picture_hash = ?2 AND visitor_id <> ?3 ORDER BY id LIMIT 1");

struct looked { struct id id; int64_t picture_look; };

ROW(looked,
	FIELD(looked, id,           "Application"),
	FIELD(looked, picture_look, "What its picture looks like"));

static QUERY(application_looks, READS, &row_looked, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT id, picture_look FROM application WHERE community_id = ?1 AND code_id = ?2 AND visitor_id <> ?3"
	" AND picture <> '' ORDER BY id DESC LIMIT ?4");

static int find_same(struct request *rq, const struct landing *l, const struct proof *proof, struct id *ret)
{
	struct id_item same;
	struct rows rows;
	int r = tx_one(rq->tx, &application_with_hash, &same, V(l->community.id), V(proof->hash), V(rq->visitor));
	if (r != E_NOT_FOUND)
		return r < 0 ? r : rq_complain(rq, E_SAME_PROOF, S("picture"));
	r = tx_all(rq->tx, &application_looks, &rows, V(l->community.id), V(l->code.id), V(rq->visitor), V((int64_t)LOOKS_BACK));
	const struct looked *looked = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if (picture_likeness((uint64_t)proof->look, (uint64_t)looked[i].picture_look) <= PICTURE_ALIKE)
			*ret = looked[i].id;
	return r < 0 ? r : 0;
}

static QUERY(application_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_INT, K_ID, K_STR, K_STR, K_INSTANT, K_INSTANT),
	"INSERT INTO application (community_id, id, code_id, visitor_id, link_id, kind, answers, picture, picture_hash,"
	" picture_look, same_as, url, state, reason, decided_by, decided_at, created_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, '', 0, ?14, ?15)");

static int answers_text(struct request *rq, const struct livecode *code, struct rows answers, struct str *ret)
{
	const struct question *q = code->gate_questions.at;
	struct answered *list = arena_take_array(rq->arena, code->gate_questions.count, sizeof *list);
	BUF_SCOPED json;
	buf_init(&json, 64 << 10);
	if (code->gate_questions.count && !list)
		return E_MEMORY;
	for (size_t i = 0; i < code->gate_questions.count; i++) {
		const struct answer *a = answer_to(answers, q[i].key);
		struct str text = a ? str_trim(a->text) : S("");
		int r = answer_check(&q[i], text);
		if (r < 0)
			return rq_complain(rq, r, str_copy(rq->arena, q[i].key));
		list[i] = (struct answered){ q[i].key, q[i].label, text };
	}
	rows_write_json(&json, &row_answered, (struct rows){ list, code->gate_questions.count });
	*ret = str_copy(rq->arena, buf_view(&json));
	return buf_failed(&json) ? E_MEMORY : 0;
}

static int hand_in(struct request *rq, const struct landing *l, const struct gate_input *in, const struct proof *proof,
                   bool *ret_passed)
{
	bool form = str_is(l->code.gate, "form");
	struct str answers = S("[]"), picture = S("");
	struct id same = { 0 }, id = tx_new_id(rq->tx);
	struct application_brief last;
	int r = application_last(rq->tx, l->community.id, l->code.id, rq->visitor, &last);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if (r == 0 && !str_is(last.state, "rejected"))
		return 0;                         /* handed in already: a double tap changes nothing */
	if (form && (r = answers_text(rq, &l->code, in->answers, &answers)) < 0)
		return r;
	if (!form && !proof->picture.len && !in->link.len)
		return rq_complain(rq, E_MISSING_FIELD, S("picture"));
	if (proof->picture.len && ((r = find_same(rq, l, proof, &same)) < 0 ||
	    (r = file_keep(rq->tx, l->community.id, proof->picture, proof->type, &picture)) < 0))
		return r;
	bool passed = form && approves_itself(&l->code, in->answers);
	r = tx_run(rq->tx, &application_insert, V(l->community.id), V(id), V(l->code.id), V(rq->visitor), V(l->link),
	           V(form ? S("form") : S("proof")), V(answers), V(picture), V(proof->hash), V(proof->look), V(same), V(in->link),
	           V(passed ? S("approved") : S("pending")), V(passed ? tx_now(rq->tx) : (struct instant){ 0 }), V(tx_now(rq->tx)));
	if (r < 0)
		return r;
	*ret_passed = passed;
	return event_emit(rq->tx, l->community.id, &livecode_events[LIVECODE_APPLIED], &(struct event){
		.subject = l->code.id, .actor = rq->visitor, .object = id, .via = l->link, .word = passed ? S("approved") : S("pending"),
	});
}

int gate_try(struct request *rq, const struct landing *l, const struct gate_input *in, const struct proof *proof,
             bool *ret_passed, struct id *ret_voucher_of)
{
	if (str_is(l->code.gate, "password")) {
		if (!same_secret(str_trim(in->password), str_trim(l->code.gate_password)))
			return rq_complain(rq, E_GATE_PASSWORD, S("password"));
		*ret_passed = true;
		return 0;
	}
	if (str_is(l->code.gate, "voucher")) {
		int r = voucher_vouch(rq->tx, l->community.id, str_trim(in->voucher), rq->visitor, l->code.id, ret_voucher_of);
		*ret_passed = r == 0;
		return r < 0 ? rq_complain(rq, r, S("voucher")) : 0;
	}
	return hand_in(rq, l, in, proof, ret_passed);
}

/* ---- Deciding ---------------------------------------------------------------------------------------------- */

static QUERY(applications_of, READS, &row_application, TAKES(K_ID, K_ID, K_STR, K_ID, K_INT, K_ID),
	"SELECT a.id, a.code_id, COALESCE(c.title, '') AS code, a.visitor_id,"
	" COALESCE((SELECT l.label FROM livecode_link l WHERE l.community_id = a.community_id AND l.code_id = a.code_id"
	"  AND l.id = a.link_id), '') AS source,"
	" a.kind, a.answers, a.picture, a.url, a.same_as, a.state, a.reason, a.decided_by, a.decided_at, a.created_at"
	" FROM application a LEFT JOIN livecode c ON c.community_id = a.community_id AND c.id = a.code_id"
	" WHERE a.community_id = ?1 AND (?2 = 0 OR a.code_id = ?2) AND (?3 = '' OR a.state = ?3) AND a.id < ?4"
	" AND " SEES_CODE("?6", "a.community_id", "a.code_id") " ORDER BY a.id DESC LIMIT ?5");

static int get_applications(struct request *rq, const void *in, void *out)
{
	const struct application_query *q = in;
	struct page *page = out;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = tx_all(rq->tx, &applications_of, &page->rows, V(rq->community), V(q->code), V(q->state), V(before), V(limit), V(rq->only));
	if (r < 0)
		return r;
	struct application *a = page->rows.at;
	for (size_t i = 0; i < page->rows.count; i++)
		a[i].picture = file_url(rq->arena, a[i].picture);
	page->total = -1;
	page_end(rq, page, &row_application, limit);
	return 0;
}

struct whose { struct id code_id, visitor_id; };

ROW(whose,
	FIELD(whose, code_id,    "Live code"),
	FIELD(whose, visitor_id, "Visitor"));

static QUERY(application_decide, WRITES, &row_whose, TAKES(K_ID, K_ID, K_STR, K_STR, K_ID, K_INSTANT),
	"UPDATE application SET state = ?3, reason = ?4, decided_by = ?5, decided_at = ?6"
	" WHERE community_id = ?1 AND id = ?2 AND state = 'pending' RETURNING code_id, visitor_id");

static QUERY(application_exists, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT a.id AS item FROM application a WHERE a.community_id = ?1 AND a.id = ?2 AND "
	SEES_CODE("?3", "a.community_id", "a.code_id"));

/* 1: decided now; 0: somebody had decided it. */
static int decide_one(struct request *rq, struct id id, const struct decision *d)
{
	struct whose whose;
	struct id_item known;
	struct str state = d->approve ? S("approved") : S("rejected");
	int r = tx_one(rq->tx, &application_exists, &known, V(rq->community), V(id), V(rq->only));
	if (r < 0)
		return r;
	r = tx_one(rq->tx, &application_decide, &whose, V(rq->community), V(id), V(state), V(d->reason), V(rq->account), V(tx_now(rq->tx)));
	if (r == E_NOT_FOUND)
		return 0;
	if (r < 0 || (d->approve && (r = visit_pass(rq->tx, rq->community, whose.code_id, whose.visitor_id)) < 0))
		return r;
	r = event_emit(rq->tx, rq->community, &livecode_events[LIVECODE_DECIDED], &(struct event){
		.subject = whose.code_id, .actor = rq->account, .object = id, .via = whose.visitor_id, .word = state,
	});
	return r < 0 ? r : (r = audit_note(rq, "application_decided", id, state)) < 0 ? r : 1;
}

static int post_decide(struct request *rq, const void *in, void *out)
{
	const struct decision *d = in;
	const struct id_item *ids = d->ids.at;
	struct decided decided = { 0 };
	if (!d->approve && !d->reason.len)
		return rq_complain(rq, E_MISSING_FIELD, S("reason"));     /* nobody is turned away without a word */
	for (size_t i = 0; i < d->ids.count; i++) {
		int r = decide_one(rq, ids[i].item, d);
		if (r < 0)
			return r;
		decided.decided += r;
		decided.already += !r;
	}
	if (d->ids.count == 1 && decided.already)
		return E_ALREADY_DECIDED;
	*(struct decided *)out = decided;
	return 0;
}

/* ---- The waiting list ------------------------------------------------------------------------------------------ */

ROW(waiting_brief,
	FIELD(waiting_brief, since,     "Since when"),
	FIELD(waiting_brief, served_at, "Served"),
	FIELD(waiting_brief, place,     "How many wait before, and this one"));

static QUERY(waiting_of_visitor, READS, &row_waiting_brief, TAKES(K_ID, K_ID, K_ID),
	"SELECT w.since, w.served_at, (SELECT count(*) FROM waiting o WHERE o.community_id = w.community_id AND"
	" o.code_id = w.code_id AND o.served_at = 0 AND (o.since, o.visitor_id) <= (w.since, w.visitor_id)) AS place"
	" FROM waiting w WHERE w.community_id = ?1 AND w.code_id = ?2 AND w.visitor_id = ?3");

int waiting_find(struct tx *tx, struct id community, struct id code, struct id visitor, struct waiting_brief *ret)
{
	return tx_one(tx, &waiting_of_visitor, ret, V(community), V(code), V(visitor));
}

static QUERY(waiting_now, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT count(*) AS item FROM waiting WHERE community_id = ?1 AND code_id = ?2 AND served_at = 0");

int waiting_length(struct tx *tx, struct id community, struct id code, int64_t *ret)
{
	struct id_item count;
	int r = tx_one(tx, &waiting_now, &count, V(community), V(code));
	if (r < 0)
		return r;
	*ret = count.item.n;
	return 0;
}

static QUERY(waiting_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO waiting (community_id, code_id, visitor_id, link_id, nickname, contact, since, served_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)"
	" ON CONFLICT (community_id, code_id, visitor_id) DO UPDATE SET nickname = excluded.nickname,"
	"  contact = excluded.contact, served_at = 0,"
	"  since = CASE WHEN waiting.served_at = 0 THEN waiting.since ELSE excluded.since END");

int waiting_join(struct request *rq, const struct landing *l, struct str nickname, struct str contact)
{
	int r = tx_run(rq->tx, &waiting_put, V(l->community.id), V(l->code.id), V(rq->visitor), V(l->link), V(nickname),
	               V(contact), V(tx_now(rq->tx)));
	if (r < 0)
		return r;
	return event_emit(rq->tx, l->community.id, &livecode_events[LIVECODE_WAITING],
	                  &(struct event){ .subject = l->code.id, .actor = rq->visitor, .via = l->link });
}

static QUERY(waiting_set_served, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"UPDATE waiting SET served_at = ?4 WHERE community_id = ?1 AND code_id = ?2 AND visitor_id = ?3 AND served_at = 0");

int waiting_serve(struct tx *tx, struct id community, struct id code, struct id visitor)
{
	int r = tx_run(tx, &waiting_set_served, V(community), V(code), V(visitor), V(tx_now(tx)));
	return r < 0 ? r : 0;
}

static QUERY(waiting_lines, READS, &row_waiting_line, TAKES(K_ID, K_ID),
	"SELECT w.visitor_id AS id, w.nickname, w.contact, COALESCE((SELECT l.label FROM livecode_link l"
	" WHERE l.community_id = w.community_id AND l.code_id = w.code_id AND l.id = w.link_id), '') AS source,"
	" w.since, w.served_at FROM waiting w WHERE w.community_id = ?1 AND w.code_id = ?2"
	" ORDER BY w.served_at, w.since, w.visitor_id LIMIT 500");

static int get_waiting(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct livecode code;
	(void)in;
	int r = livecode_get(rq->tx, rq->community, rq->path_id, &code);
	if (r < 0 || (r = tx_all(rq->tx, &waiting_lines, &page->rows, V(rq->community), V(rq->path_id))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

/* ---- What is kept about people -------------------------------------------------------------------------------------- */

struct application_own { struct str code; struct rows answers; struct str url, state, reason; struct instant created_at; };

ROW(application_own,
	FIELD(application_own, code,       "Live code"),
	FIELD(application_own, answers,    "Answers", .of = &row_answered),
	FIELD(application_own, url,        "Link handed in"),
	FIELD(application_own, state,      "Where it stands"),
	FIELD(application_own, reason,     "Why it was turned down"),
	FIELD(application_own, created_at, "Handed in"));

static QUERY(applications_show, READS, &row_application_own, TAKES(K_ID, K_ID),
	"SELECT COALESCE(c.title, '') AS code, a.answers, a.url, a.state, a.reason, a.created_at FROM application a"
	" LEFT JOIN livecode c ON c.community_id = a.community_id AND c.id = a.code_id"
	" WHERE a.community_id = ?1 AND a.visitor_id = ?2 ORDER BY a.id LIMIT 500");

static QUERY(application_files, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT picture AS item FROM application WHERE community_id = ?1 AND visitor_id = ?2 AND picture <> '' LIMIT 500");

/* How many were let in stays true; who it was and what they wrote goes. */
static QUERY(application_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE application SET visitor_id = ?3, answers = '[]', picture = '', picture_hash = '', picture_look = 0, url = '',"
	" reason = '' WHERE community_id = ?1 AND visitor_id = ?2");

static QUERY(applications_idle, READS, &row_id_item, TAKES(K_ID, K_INSTANT, K_INT),
	"SELECT DISTINCT v.visitor_id AS item FROM application v WHERE v.community_id = ?1 AND v.created_at < ?2 AND v.visitor_id > 0"
	" AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.community_id = v.community_id AND i.channel = 'browser'"
	" AND i.subject = CAST(v.visitor_id AS TEXT)) LIMIT ?3");

struct waiting_own { struct str code, nickname, contact; struct instant since; };

ROW(waiting_own,
	FIELD(waiting_own, code,     "Live code"),
	FIELD(waiting_own, nickname, "Name"),
	FIELD(waiting_own, contact,  "Where to reach you"),
	FIELD(waiting_own, since,    "Since when"));

static QUERY(waiting_show, READS, &row_waiting_own, TAKES(K_ID, K_ID),
	"SELECT COALESCE(c.title, '') AS code, w.nickname, w.contact, w.since FROM waiting w"
	" LEFT JOIN livecode c ON c.community_id = w.community_id AND c.id = w.code_id"
	" WHERE w.community_id = ?1 AND w.visitor_id = ?2 ORDER BY w.since LIMIT 500");

static QUERY(waiting_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM waiting WHERE community_id = ?1 AND visitor_id = ?2");

static QUERY(waiting_idle, READS, &row_id_item, TAKES(K_ID, K_INSTANT, K_INT),
	"SELECT DISTINCT v.visitor_id AS item FROM waiting v WHERE v.community_id = ?1 AND v.since < ?2 AND v.visitor_id > 0"
	" AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.community_id = v.community_id AND i.channel = 'browser'"
	" AND i.subject = CAST(v.visitor_id AS TEXT)) LIMIT ?3");

static const struct personal personal[] = {
	{ "application", "你交过的入群申请：回答、截图、链接", "Applications: your answers, pictures and links", "活码 回答 链接 结果 原因 时间",
	  BY_VISITOR, &applications_show, &application_files, { &application_forget }, &applications_idle },
	{ "waiting", "你在候补名单上留的称呼和联系方式", "The name and contact you left on a waiting list", "活码 称呼 联系方式 时间",
	  BY_VISITOR, &waiting_show, .erases = { &waiting_forget }, .idle = &waiting_idle },
	{ 0 },
};

/* ---- Declaration ---------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/applications",            ROLE_OPERATOR, get_applications, &row_application_query, &row_application, "Applications, newest first", OUT_PAGE, .also = ALSO(ROLE_REVIEWER) },
	{ "POST", "/applications/decide",     ROLE_OPERATOR, post_decide, &row_decision, &row_decided, "Approve or turn down, many at once", .also = ALSO(ROLE_REVIEWER), .sees = sees_all },
	{ "GET",  "/livecodes/{id}/waiting",  ROLE_OPERATOR, get_waiting, NULL, &row_waiting_line, "The waiting list", OUT_PAGE, .sees = code_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&application_newest, &application_with_hash, &application_looks, &application_insert, &applications_of,
	&application_decide, &application_exists, &waiting_of_visitor, &waiting_now, &waiting_put, &waiting_set_served, &waiting_lines,
	&applications_show, &application_files, &application_forget, &applications_idle, &waiting_show, &waiting_forget, &waiting_idle, NULL,
};

const struct feature feature_gate = { .name = "gate", .api = "codes", .routes = routes, .queries = queries, .personal = personal };
