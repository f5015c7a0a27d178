/* import_decide.c: whom a row means, and what would happen to them.
 *
 * Story      Row 17 has a phone that we know: under "fill what is empty" it updates that member. Row 900 has it again. A check
 *            that writes nothing remembers what row 17 would have made, so that its counts come true.
 * Not here   Writing (import_run.c).
 * Test       import_test.c
 */
#include "people/import_inside.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "people/community.h"
#include "people/member.h"

/* ---- The frame ---- */

ROW_PUBLIC(people_group,
	FIELD(people_group, id,   "Group"),
	FIELD(people_group, name, "What it is called"));

struct import_planned { struct str plan, timezone; struct rows headings; };

ROW(import_planned,
	FIELD(import_planned, plan,     "The plan, JSON"),
	FIELD(import_planned, timezone, "Of the community"),
	FIELD(import_planned, headings, "The first row", .of = &row_import_word, .max = CSV_COLUMNS_MAX));

static QUERY(import_planned_by_id, READS, &row_import_planned, TAKES(K_ID, K_ID),
	"SELECT i.plan, c.timezone, i.headings FROM import i JOIN community c ON c.id = i.community_id"
	" WHERE i.community_id = ?1 AND i.id = ?2");

ROW(import_custom,
	FIELD(import_custom, id,    "Custom field"),
	FIELD(import_custom, key,   "What tables call it"),
	FIELD(import_custom, label, "What people call it"),
	FIELD(import_custom, kind,  "text, date …"));

static QUERY(import_customs_of, READS, &row_import_custom, TAKES(K_ID),
	"SELECT id, key, label, kind FROM member_field WHERE community_id = ?1 AND archived_at = 0 ORDER BY place, id LIMIT 60");

int import_customs(struct tx *tx, struct id community, struct rows *ret)
{
	return tx_all(tx, &import_customs_of, ret, V(community));
}

int import_frame(struct tx *tx, struct id community, struct id import, struct import_plan *plan, struct import_frame *ret)
{
	struct import_planned planned;
	struct rows customs;
	struct str detail;
	int r = tx_one(tx, &import_planned_by_id, &planned, V(community), V(import));
	if (r < 0 || (r = import_customs(tx, community, &customs)) < 0)
		return r;
	if ((r = import_plan_read(planned.plan, tx_arena(tx), plan)) < 0)
		return r;
	const struct zone *zone = zone_find(planned.timezone);
	*ret = (struct import_frame){
		.plan = plan, .customs = customs.at, .custom_count = customs.count, .headings = planned.headings,
		.zone = zone ? zone : zone_find(S("Asia/Shanghai")), .now = tx_now(tx), .arena = tx_arena(tx),
		.groups = ARENA_NEW(tx_arena(tx), struct rows),
	};
	r = import_columns(ret, LANG_ZH, &detail);      /* a guess may be no good plan yet; a custom field may have gone since */
	return r == E_MEMORY ? r : 0;
}

/* ---- What the table itself has made already ---- */

static uint64_t sum_of(struct str word, char kind)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (unsigned char)kind;
	for (size_t i = 0; i < word.len; i++)
		h = (h ^ (unsigned char)word.at[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 29;
	return h ? h : 1;
}

static size_t place_of(const struct import_seen *seen, uint64_t sum)
{
	size_t i = sum % seen->room;
	while (seen->at[i] && seen->at[i] != sum)
		i = (i + 1) % seen->room;
	return i;
}

static bool has_seen(const struct import_seen *seen, struct str word, char kind)
{
	return seen && word.len && seen->at[place_of(seen, sum_of(word, kind))];
}

static void see(struct import_seen *seen, struct str word, char kind)
{
	uint64_t sum = sum_of(word, kind);
	if (!word.len || seen->count * 4 > seen->room * 3)
		return;
	size_t i = place_of(seen, sum);
	seen->count += !seen->at[i];
	seen->at[i] = sum;
}

/* ---- Finding ---- */

static QUERY(import_by_name, READS, &row_id_item, TAKES(K_ID, K_STR, K_STR, K_INT),
	"SELECT id AS item FROM member WHERE community_id = ?1 AND nickname_key = ?2 AND (?4 = 0 OR city = ?3) ORDER BY id LIMIT 2");

/* The one of this name (and city); E_NOT_FOUND, E_IMPORT_SEVERAL. */
static int find_named(struct tx *tx, struct id community, struct str nickname, const struct str *city, struct id *ret)
{
	struct rows rows;
	int r = tx_all(tx, &import_by_name, &rows, V(community), V(name_key(tx_arena(tx), nickname)), V(city ? *city : S("")),
	               V((int64_t)(city != NULL)));
	if (r < 0)
		return r;
	if (rows.count != 1)
		return rows.count ? E_IMPORT_SEVERAL : E_NOT_FOUND;
	*ret = ((const struct id_item *)rows.at)->item;
	return 0;
}

static const struct { enum import_field field; const char *channel; char kind; } identities[] = {
	{ F_WECOM, "wecom", 'w' }, { F_MP, "mp", 'm' }, { F_ONEBOT, "onebot", 'q' },
};
#define IDENTITIES (sizeof identities / sizeof *identities)

/* An ID may belong to nobody else than whom the row means. */
static int check_identities(struct tx *tx, struct id community, const struct import_person *p, bool by_identity, struct id *member)
{
	for (size_t i = 0; i < IDENTITIES; i++) {
		struct id whose;
		struct str subject = p->text[identities[i].field];
		int r = subject.len ? member_find(tx, community, str_of(identities[i].channel), subject, &whose) : E_NOT_FOUND;
		if (r == E_NOT_FOUND)
			continue;
		if (r < 0)
			return r;
		if (by_identity && !member->n)
			*member = whose;
		if (whose.n != member->n)
			return E_IMPORT_TAKEN;
	}
	return 0;
}

static struct str key_of(const struct import_frame *frame, const struct import_person *p)
{
	return str_format(frame->arena, "%.*s\n%.*s", STR(name_key(frame->arena, p->text[F_NICKNAME])), STR(p->text[F_CITY]));
}

/* In the store: *ret_member; in the table before this row: *ret_above. */
static int find(struct tx *tx, struct id community, const struct import_frame *frame, const struct import_person *p,
                const struct import_seen *seen, struct id *ret_member, bool *ret_above)
{
	struct id member = { 0 };
	int r = E_NOT_FOUND;
	bool by_identity = str_is(frame->plan->match, "identity"), anew = str_is(frame->plan->policy, "new");
	*ret_above = false;
	if (str_is(frame->plan->match, "phone") && !anew && p->text[F_PHONE].len) {
		r = member_find(tx, community, S("phone"), p->text[F_PHONE], &member);
		*ret_above = r == E_NOT_FOUND && has_seen(seen, p->text[F_PHONE], 'p');
	} else if (str_is(frame->plan->match, "nickname_city") && !anew && p->text[F_NICKNAME].len) {
		r = find_named(tx, community, p->text[F_NICKNAME], &p->text[F_CITY], &member);
		*ret_above = r == E_NOT_FOUND && has_seen(seen, key_of(frame, p), 'c');
	}
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if ((r = check_identities(tx, community, p, by_identity && !anew, &member)) < 0)
		return r;
	for (size_t i = 0; i < IDENTITIES; i++)
		if (has_seen(seen, p->text[identities[i].field], identities[i].kind)) {
			if (!by_identity || anew)
				return E_IMPORT_TAKEN;
			*ret_above |= !member.n;
		}
	*ret_member = member;
	return 0;
}

static int find_inviter(struct tx *tx, struct id community, const struct import_frame *frame, struct str text,
                        const struct import_seen *seen, struct id *ret)
{
	struct str phone = import_phone(frame->arena, text);
	int r = phone.len ? member_find(tx, community, S("phone"), phone, ret) : E_NOT_FOUND;
	if (r == E_NOT_FOUND)
		r = find_named(tx, community, text, NULL, ret);
	if (r != E_NOT_FOUND)
		return r;
	return has_seen(seen, phone, 'p') || has_seen(seen, name_key(frame->arena, text), 'n') ? 0 : E_IMPORT_INVITER;
}

/* Three thousand groups at most: one look a transaction, then by name. */
static int find_group(struct tx *tx, struct id community, const struct import_frame *frame, struct str text, struct id *ret)
{
	struct rows *groups = frame->groups;
	if (!groups->at) {
		int r = people_groups(tx, community, groups);
		if (r < 0)
			return r;
	}
	const struct people_group *group = groups->at;
	struct str key = name_key(frame->arena, text);
	for (size_t i = 0; i < groups->count; i++)
		if (str_equal(key, name_key(frame->arena, group[i].name))) {
			*ret = group[i].id;
			return 0;
		}
	return E_IMPORT_GROUP;
}

/* ---- Deciding ---- */

int import_profile(const struct import_frame *frame, const struct import_person *p, struct member_profile *ret)
{
	struct member_value *values = arena_take_array(frame->arena, frame->custom_count + 1, sizeof *values);
	size_t count = 0;
	for (size_t i = 0; values && i < frame->custom_count; i++)
		if (p->custom[i].len)
			values[count++] = (struct member_value){ frame->customs[i].key, p->custom[i] };
	*ret = (struct member_profile){
		.nickname = p->text[F_NICKNAME], .name = p->text[F_NAME], .phone = p->text[F_PHONE], .gender = p->text[F_GENDER],
		.city = p->text[F_CITY], .industry = p->text[F_INDUSTRY], .job = p->text[F_JOB], .birthday = p->text[F_BIRTHDAY],
		.values = { values, count },
	};
	return values ? 0 : E_MEMORY;
}

bool import_is_grave(int code)
{
	return code == E_STORE || code == E_BUSY || code == E_MEMORY || code == E_CONFLICT;
}

struct import_fault import_fault_of(const struct import_frame *frame, int code, struct str field)
{
	const struct import_word *word = frame->plan->columns.at;
	bool custom = str_starts(field, S("values."));
	struct str name = custom ? (struct str){ field.at + 7, field.len - 7 } : field;
	for (size_t i = 0; i < frame->plan->columns.count; i++) {
		struct str at = word[i].item;
		if (custom && str_starts(at, S("field:")))
			at = (struct str){ at.at + 6, at.len - 6 };
		if (str_equal(at, name))
			return (struct import_fault){ code, (int64_t)i };
	}
	return (struct import_fault){ code, -1 };
}

static int64_t column_of(const struct import_frame *frame, enum import_field field)
{
	for (size_t i = 0; i < frame->plan->columns.count; i++)
		if (frame->columns[i].field == field)
			return (int64_t)i;
	return -1;
}

static bool is_row_fault(int code)
{
	return code == E_IMPORT_SEVERAL || code == E_IMPORT_TAKEN || code == E_IMPORT_INVITER || code == E_IMPORT_GROUP;
}

static int fail(struct import_verdict *v, const struct import_frame *frame, int code, enum import_field field)
{
	if (!is_row_fault(code))
		return code;
	v->fate = FATE_FAIL;
	v->fault = (struct import_fault){ code, column_of(frame, field) };
	return 0;
}

/* Would members take it? */
static int check_profile(struct tx *tx, struct id community, const struct import_frame *frame, struct import_verdict *v)
{
	struct member_profile profile;
	struct complaint why = { 0 };
	int r = import_profile(frame, &v->person, &profile);
	if (r < 0)
		return r;
	if ((r = member_check(tx, community, &profile, &why)) >= 0 || import_is_grave(r))
		return r;
	v->fate = FATE_FAIL;
	v->fault = import_fault_of(frame, r, why.field);
	return 0;
}

static void remember(struct import_seen *seen, const struct import_frame *frame, const struct import_person *p)
{
	see(seen, p->text[F_PHONE], 'p');
	if (str_is(frame->plan->match, "nickname_city"))
		see(seen, key_of(frame, p), 'c');
	if (column_of(frame, F_INVITER) >= 0)
		see(seen, name_key(frame->arena, p->text[F_NICKNAME]), 'n');
	for (size_t i = 0; i < IDENTITIES; i++)
		see(seen, p->text[identities[i].field], identities[i].kind);
}

int import_decide(struct tx *tx, struct id community, const struct import_frame *frame, const struct import_line *line,
                  struct import_seen *seen, struct import_verdict *ret)
{
	struct import_verdict v = { .fate = FATE_FAIL };
	struct import_person *p = &v.person;
	bool above = false;
	int r = import_judge(frame, line, p, &v.fault);
	if (r == E_MEMORY)
		return r;
	if (r < 0) {
		*ret = v;
		return 0;
	}
	v.fate = FATE_MAKE;
	r = find(tx, community, frame, p, seen, &v.member, &above);
	enum import_field blame = F_PHONE;
	if (r >= 0 && p->text[F_INVITER].len)
		blame = F_INVITER, r = find_inviter(tx, community, frame, p->text[F_INVITER], seen, &v.inviter);
	if (r >= 0 && p->text[F_GROUP].len)
		blame = F_GROUP, r = find_group(tx, community, frame, p->text[F_GROUP], &v.group);
	if (r < 0 && (r = fail(&v, frame, r, blame)) < 0)
		return r;
	if (v.fate == FATE_MAKE && (r = check_profile(tx, community, frame, &v)) < 0)
		return r;
	if (v.fate == FATE_MAKE && (v.member.n || above))
		v.fate = str_is(frame->plan->policy, "skip") ? FATE_SKIP : FATE_UPDATE;
	if (v.fate == FATE_MAKE && seen)
		remember(seen, frame, p);
	*ret = v;
	return arena_failed(frame->arena) ? E_MEMORY : 0;
}

/* ---- The check: all rows, nothing written but the counts ---- */

struct check {
	const struct job_context *context;
	struct id                 community, import;
	int64_t                   plan_no, chunk, chunks;
	struct import_seen        seen;
	int64_t                   counts[FATES];
	bool                      over;
};

static int check_begin(struct tx *tx, void *arg)
{
	struct check *c = arg;
	struct import import;
	int r = import_get(tx, c->community, c->import, &import);
	c->over = r < 0 || !str_is(import.state, "checking");
	c->plan_no = import.plan_no, c->chunks = import.chunks;
	c->seen.room = 4 * (size_t)import.records + 64;
	return r;
}

static int check_chunk(struct tx *tx, void *arg)
{
	struct check *c = arg;
	struct import_plan plan;
	struct import_frame frame;
	struct import_line *lines;
	struct import_verdict verdict;
	size_t count;
	int r = import_frame(tx, c->community, c->import, &plan, &frame);
	if (r < 0 || (r = import_chunk(tx, c->community, c->import, c->chunk, &lines, &count)) < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (import_is_heading(&frame, c->chunk, i))
			continue;
		if ((r = import_decide(tx, c->community, &frame, &lines[i], &c->seen, &verdict)) < 0)
			return r;
		c->counts[verdict.fate]++;
	}
	return 0;
}

static QUERY(import_foreseen, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INT, K_INT, K_INT, K_INT, K_INT),
	"UPDATE import SET position = ?4, will_make = ?5, will_update = ?6, will_skip = ?7, will_fail = ?8"
	" WHERE community_id = ?1 AND id = ?2 AND plan_no = ?3 AND state = 'checking'");

static int check_tell(struct tx *tx, void *arg)
{
	struct check *c = arg;
	int r = tx_run(tx, &import_foreseen, V(c->community), V(c->import), V(c->plan_no), V(c->chunk), V(c->counts[FATE_MAKE]),
	               V(c->counts[FATE_UPDATE]), V(c->counts[FATE_SKIP]), V(c->counts[FATE_FAIL]));
	c->over = r == 0;                       /* another plan, or nobody wants to know any more */
	if (r <= 0)
		return r;
	return c->chunk == c->chunks ? import_state(tx, c->community, c->import, "ready", S(""))
	                             : import_tell(tx, c->community, c->import);
}

static int check_write(struct check *c)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	return store_write(c->context->store, c->community, &arena, check_tell, c);
}

static int check_all(struct check *c)
{
	int64_t told = clock_steady();
	int r = 0;
	while (r >= 0 && !c->over && c->chunk < c->chunks) {
		ARENA_SCOPED arena;
		struct check before = *c;
		arena_init(&arena, 64 << 20);
		if ((r = store_read(c->context->store, &arena, check_chunk, c)) < 0) {
			*c = before;
			return r;
		}
		c->chunk++;
		if (clock_steady() - told > SECOND) {
			told = clock_steady();
			r = check_write(c);
		}
	}
	return r < 0 || c->over ? r : check_write(c);
}

int import_check(const struct job_context *context, struct id community, struct id import)
{
	struct check c = { .context = context, .community = community, .import = import };
	int r = store_read(context->store, context->arena, check_begin, &c);
	if (r < 0 || c.over)
		return r;
	c.seen.at = mem_take(c.seen.room * sizeof *c.seen.at);
	if (!c.seen.at)
		return E_MEMORY;
	r = check_all(&c);
	mem_give(c.seen.at);
	return r;
}

/* ---- Declaration ---- */

static const struct query *const queries[] = {
	&import_planned_by_id, &import_customs_of, &import_by_name, &import_foreseen, NULL,
};

const struct feature feature_import_decide = { .name = "import_decide", .queries = queries };
