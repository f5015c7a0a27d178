/* export_run.c: the job that writes a table of members.
 *
 * How        The list's own route is asked page by page, as the account that wanted the table: whoever may not see a member
 *            does not find them in the file, and a filter means here what it means on the page. A segment is asked likewise.
 * Holds      A page is read in one transaction, so each row is whole. CSV goes into the store a megabyte at a time; XLSX is
 *            written beside it (media/xlsx.h) and then goes in as well. Begun again after a crash, it begins from nothing.
 * Test       export_test.c
 */
#include "people/export_inside.h"

#include "base/csv.h"
#include "media/xlsx.h"
#include "people/community.h"
#include "people/field.h"
#include "people/import.h"
#include "people/member_inside.h"
#include "people/segment.h"
#include "people/staff.h"

#define PAGE_ROWS 200
#define PAGE      S("200")
#define TOLD  (2 * SECOND)          /* browsers hear of it so often */

/* ---- What is wanted --------------------------------------------------------------------------------- */

ROW_PUBLIC(export_filter,
	FIELD(export_filter, key,   "q, tag, source …", .min = 1, .max = 32),
	FIELD(export_filter, value, "What the list is asked for", .max = 200));

/* A column's word, as people send it. */
static const struct field export_column_fields[] = { FIELD(text_item, item, "nickname, field:KEY …", .min = 1, .max = 80) };
const struct row row_export_column = { "export_column", sizeof(struct text_item), export_column_fields, 1 };

ROW_PUBLIC(export_wish,
	FIELD(export_wish, columns, "Columns", .of = &row_export_column, .max = EXPORT_COLUMNS_MAX),
	FIELD(export_wish, filter,  "Filter", .of = &row_export_filter, .max = 20, .optional = true));

enum column_kind {
	C_NICKNAME, C_NAME, C_PHONE, C_GENDER, C_CITY, C_INDUSTRY, C_JOB, C_BIRTHDAY, C_LEVEL, C_TAGS, C_SOURCE, C_INVITER, C_GROUP,
	C_JOINED, C_ACTIVE, C_CUSTOM, C_UNKNOWN
};

static const struct { const char *word, *label[LANGS]; } kinds[C_CUSTOM] = {
	[C_NICKNAME] = { "nickname", { "昵称", "nickname" } },   [C_NAME]     = { "name", { "姓名", "name" } },
	[C_PHONE]    = { "phone", { "手机号", "phone" } },       [C_GENDER]   = { "gender", { "性别", "gender" } },
	[C_CITY]     = { "city", { "城市", "city" } },           [C_INDUSTRY] = { "industry", { "行业", "industry" } },
	[C_JOB]      = { "job", { "职业", "job" } },             [C_BIRTHDAY] = { "birthday", { "生日", "birthday" } },
	[C_LEVEL]    = { "level", { "等级", "level" } },         [C_TAGS]     = { "tags", { "标签", "tags" } },
	[C_SOURCE]   = { "source", { "来源", "source" } },       [C_INVITER]  = { "inviter", { "邀请人", "inviter" } },
	[C_GROUP]    = { "group", { "群", "group" } },           [C_JOINED]   = { "joined", { "加入时间", "joined" } },
	[C_ACTIVE]   = { "active", { "最近活跃", "last active" } },
};

struct export_custom { struct str key, label; };

ROW(export_custom,
	FIELD(export_custom, key,   "What tables call it"),
	FIELD(export_custom, label, "What people call it"));

static QUERY(export_customs, READS, &row_export_custom, TAKES(K_ID),
	"SELECT key, label FROM member_field WHERE community_id = ?1 AND archived_at = 0 ORDER BY place, id LIMIT 60");

struct column { enum column_kind kind; const struct export_custom *custom; };

static struct column column_of(struct str word, struct rows customs)
{
	const struct export_custom *c = customs.at;
	for (int k = 0; k < C_CUSTOM; k++)
		if (str_is(word, kinds[k].word))
			return (struct column){ (enum column_kind)k, NULL };
	for (size_t i = 0; str_starts(word, S("field:")) && i < customs.count; i++)
		if (str_equal((struct str){ word.at + 6, word.len - 6 }, c[i].key))
			return (struct column){ C_CUSTOM, &c[i] };
	return (struct column){ C_UNKNOWN, NULL };
}

/* The console's list, by which members are found. */
static const struct route *list_route(void)
{
	for (const struct route *r = feature_member.routes; r->method; r++)
		if (strcmp(r->method, "GET") == 0 && strcmp(r->path, "/members") == 0)
			return r;
	return NULL;
}

/* A whole segment is wanted instead of the list; 0: no. */
static struct id segment_of(const struct export_wish *wish)
{
	const struct export_filter *f = wish->filter.at;
	struct id segment = { 0 };
	for (size_t i = 0; i < wish->filter.count; i++)
		if (str_is(f[i].key, "segment") && !str_to_int(f[i].value, &segment.n))
			segment.n = -1;
	return segment;
}

/* Its filter, with how many and from where. */
static int list_input(const struct export_wish *wish, struct str after, struct arena *arena, void **ret, struct complaint *why)
{
	const struct export_filter *f = wish->filter.at;
	struct pair *pairs = arena_take_array(arena, wish->filter.count + 2, sizeof *pairs);
	size_t count = 0;
	*ret = arena_take(arena, list_route()->in->size);
	if (!pairs || !*ret)
		return E_MEMORY;
	for (size_t i = 0; i < wish->filter.count; i++)
		if (!str_is(f[i].key, "after") && !str_is(f[i].key, "limit"))
			pairs[count++] = (struct pair){ .name = f[i].key, .text = f[i].value };
	pairs[count++] = (struct pair){ .name = S("limit"), .text = PAGE };
	if (after.len)
		pairs[count++] = (struct pair){ .name = S("after"), .text = after };
	return row_read_pairs(list_route()->in, pairs, count, false, arena, *ret, why);
}

int export_check(struct tx *tx, struct id community, const struct export_wish *wish, struct arena *arena, struct complaint *ret_why)
{
	const struct text_item *word = wish->columns.at;
	struct rows customs;
	void *input;
	int r = tx_all(tx, &export_customs, &customs, V(community));
	for (size_t i = 0; r >= 0 && i < wish->columns.count; i++)
		if (column_of(word[i].item, customs).kind == C_UNKNOWN) {
			*ret_why = (struct complaint){ E_NOT_ONE_OF, S("columns"), word[i].item };
			return E_NOT_ONE_OF;
		}
	if (r < 0)
		return r;
	if (segment_of(wish).n) {
		struct str name;
		r = wish->filter.count == 1 ? segment_name(tx, community, segment_of(wish), &name) : E_INVALID;
		if (r < 0)
			*ret_why = (struct complaint){ r, S("filter"), S("segment") };
		return r;
	}
	if ((r = list_input(wish, S(""), arena, &input, ret_why)) < 0) {
		ret_why->detail = ret_why->field;
		ret_why->field = S("filter");
	}
	return r;
}

/* ---- One run -------------------------------------------------------------------------------------------- */

struct export_job { struct str what, lang; bool phones; struct id account_id; struct str format, state, timezone; };

ROW(export_job,
	FIELD(export_job, what,       "Filter and columns, JSON"),
	FIELD(export_job, lang,       "Of the headings"),
	FIELD(export_job, phones,     "Whole numbers"),
	FIELD(export_job, account_id, "Who asked"),
	FIELD(export_job, format,     "csv xlsx"),
	FIELD(export_job, state,      "Where it is"),
	FIELD(export_job, timezone,   "Of the community"));

static QUERY(export_job_by_id, READS, &row_export_job, TAKES(K_ID, K_ID),
	"SELECT e.what, e.lang, e.phones, e.account_id, e.format, e.state, c.timezone FROM export e JOIN community c ON c.id = e.community_id"
	" WHERE e.community_id = ?1 AND e.id = ?2");

struct level_name { struct id id; struct str name; };

ROW(level_name,
	FIELD(level_name, id,   "Level"),
	FIELD(level_name, name, "What it is called"));

static QUERY(export_levels, READS, &row_level_name, TAKES(K_ID),
	"SELECT id, name FROM level WHERE community_id = ?1 ORDER BY rank LIMIT 1000");

struct run {
	const struct job_context *context;
	struct id                 community, export;
	struct export_job         job;
	struct export_wish        wish;
	struct column             columns[EXPORT_COLUMNS_MAX];
	struct rows               customs, groups, levels;
	const struct zone        *zone;
	enum lang                 lang;
	struct str                after;          /* where the next page begins; in `mark` */
	char                      mark[256];
	bool                      over;           /* the list is, or nobody wants it any more */
	bool                      again;          /* somebody was erased meanwhile: from the beginning, without them */
	int64_t                   records, pieces, size, told;
	struct buf                text;           /* CSV that is not written yet */
	struct xlsx              *xlsx;
};

/* What the run knows before its first page; lives as long as the job. */
static int begin_action(struct tx *tx, void *arg)
{
	struct run *run = arg;
	struct complaint why;
	int r = tx_one(tx, &export_job_by_id, &run->job, V(run->community), V(run->export));
	if (r < 0)
		return r == E_NOT_FOUND ? (run->over = true, 0) : r;
	run->over = !str_among(run->job.state, "waiting running");
	if ((r = row_read_json(&row_export_wish, run->job.what, tx_arena(tx), &run->wish, &why)) < 0 ||
	    (r = tx_all(tx, &export_customs, &run->customs, V(run->community))) < 0 ||
	    (r = tx_all(tx, &export_levels, &run->levels, V(run->community))) < 0)
		return r;
	const struct text_item *word = run->wish.columns.at;
	for (size_t i = 0; i < run->wish.columns.count; i++)
		run->columns[i] = column_of(word[i].item, run->customs);
	run->lang = str_is(run->job.lang, "en") ? LANG_EN : LANG_ZH;
	run->zone = zone_find(run->job.timezone);
	if (!run->zone)
		run->zone = zone_find(S("Asia/Shanghai"));
	return people_groups(tx, run->community, &run->groups);
}

/* ---- Rows of the file --------------------------------------------------------------------------------------- */

static struct str day_text(const struct run *run, struct arena *arena, struct instant at)
{
	struct local l = zone_local(run->zone, at);
	return at.ms ? str_format(arena, "%04d-%02d-%02d %02d:%02d", l.year, l.month, l.day, l.hour, l.minute) : S("");
}

static struct str name_in(struct rows named, struct id id)      /* of struct people_group or level_name: they are alike */
{
	const struct people_group *one = named.at;
	for (size_t i = 0; i < named.count; i++)
		if (one[i].id.n == id.n)
			return one[i].name;
	return S("");
}

static struct str gender_text(enum lang lang, struct str gender)
{
	static const char *const words[][3] = { { "female", "女", "female" }, { "male", "男", "male" }, { "other", "其他", "other" } };
	for (size_t i = 0; i < 3; i++)
		if (str_is(gender, words[i][0]))
			return str_of(words[i][1 + (lang == LANG_EN)]);
	return gender;
}

static struct str joined(struct arena *arena, struct rows texts)
{
	const struct text_item *item = texts.at;
	BUF_SCOPED b;
	buf_init(&b, 64 << 10);
	for (size_t i = 0; i < texts.count; i++) {
		buf_z(&b, i ? "、" : "");
		buf_str(&b, item[i].item);
	}
	return str_copy(arena, buf_view(&b));
}

static struct str value_text(struct arena *arena, struct rows values, struct str key)
{
	const struct member_value *v = values.at;
	for (size_t i = 0; i < values.count; i++)
		if (str_equal(v[i].key, key)) {
			char *at = arena_take(arena, v[i].text.len + 1);
			for (size_t k = 0; at && k < v[i].text.len; k++)
				at[k] = v[i].text.at[k] == '\n' ? ';' : v[i].text.at[k];
			return (struct str){ at, at ? v[i].text.len : 0 };
		}
	return S("");
}

static struct str cell_of(const struct run *run, struct tx *tx, const struct column *c, const struct member *m, struct rows values)
{
	struct arena *arena = tx_arena(tx);
	struct str inviter = S("");
	switch (c->kind) {
	case C_NICKNAME: return m->nickname;
	case C_NAME:     return m->name;
	case C_PHONE:    return run->job.phones ? m->phone : phone_masked(arena, m->phone);
	case C_GENDER:   return gender_text(run->lang, m->gender);
	case C_CITY:     return m->city;
	case C_INDUSTRY: return m->industry;
	case C_JOB:      return m->job;
	case C_BIRTHDAY: return m->birthday;
	case C_LEVEL:    return name_in(run->levels, m->level_id);
	case C_TAGS:     return joined(arena, m->tags);
	case C_SOURCE:   return m->source;
	case C_INVITER:  return m->inviter_id.n && member_nickname(tx, run->community, m->inviter_id, &inviter) >= 0 ? inviter : S("");
	case C_GROUP:    return name_in(run->groups, m->group_id);
	case C_JOINED:   return day_text(run, arena, m->joined_at);
	case C_ACTIVE:   return day_text(run, arena, m->active_at);
	case C_CUSTOM:   return value_text(arena, values, c->custom->key);
	default:         return S("");
	}
}

static int write_row(struct run *run, const struct str *cells)
{
	size_t count = run->wish.columns.count;
	if (run->xlsx)
		return xlsx_row(run->xlsx, cells, count);
	for (size_t i = 0; i < count; i++)
		csv_cell(&run->text, cells[i], i + 1 == count);
	return buf_failed(&run->text) ? E_MEMORY : 0;
}

static void headings(const struct run *run, struct str cells[EXPORT_COLUMNS_MAX])
{
	for (size_t i = 0; i < run->wish.columns.count; i++) {
		const struct column *c = &run->columns[i];
		cells[i] = c->kind == C_CUSTOM ? c->custom->label : c->kind == C_UNKNOWN ? S("") : str_of(kinds[c->kind].label[run->lang]);
	}
}

/* ---- Pages of the list ----------------------------------------------------------------------------------------- */

struct page_step { struct run *run; struct page page; struct str *cells; };     /* cells: all rows, one behind the other */

/* As the account is now, not as it was when it asked. */
static int as_they_are(struct tx *tx, const struct run *run, struct request *ret)
{
	struct standing standing;
	int r = account_identity.standing(tx, run->job.account_id, run->community, &standing);
	if (r < 0)
		return r == E_NOT_FOUND ? E_FORBIDDEN : r;
	if (standing.refused || standing.role < ROLE_OPERATOR || (run->job.phones && standing.role < ROLE_ADMIN))
		return E_FORBIDDEN;
	*ret = (struct request){
		.tx = tx, .arena = tx_arena(tx), .community = run->community, .account = run->job.account_id, .role = standing.role,
		.only = standing.only, .lang = run->lang,
	};
	return 0;
}

static QUERY(export_member, READS, &row_member, TAKES(K_ID, K_ID),
	SELECT_MEMBER "member m WHERE m.community_id = ?1 AND m.id = ?2",
	.pg = SELECT_MEMBER_PG "member m WHERE m.community_id = ?1 AND m.id = ?2");

/* The next of a segment, newest first, as the list does. */
static int read_segment(const struct request *rq, struct run *run, struct page *ret)
{
	struct id before = { INT64_MAX };
	struct rows ids;
	if (run->after.len && !str_to_int(run->after, &before.n))
		return E_INVALID;
	int r = segment_page_back(rq->tx, run->community, segment_of(&run->wish), rq->only, before, PAGE_ROWS, &ids);
	struct member *members = r < 0 ? NULL : arena_take_array(rq->arena, ids.count + 1, sizeof *members);
	const struct id_item *id = r < 0 ? NULL : ids.at;
	size_t count = 0;
	if (!members)
		return r < 0 ? r : E_MEMORY;
	for (size_t i = 0; i < ids.count; i++) {
		r = tx_one(rq->tx, &export_member, &members[count], V(run->community), V(id[i].item));
		if (r < 0 && r != E_NOT_FOUND)          /* just gone */
			return r;
		count += r >= 0;
	}
	*ret = (struct page){ { members, count }, -1, .next = ids.count < PAGE_ROWS ? S("")
		: str_format(rq->arena, "%lld", (long long)id[ids.count - 1].item.n) };
	return 0;
}

static int read_page(struct tx *tx, void *arg)
{
	struct page_step *s = arg;
	struct request rq;
	void *input;
	int r = as_they_are(tx, s->run, &rq);
	if (r >= 0 && segment_of(&s->run->wish).n)
		return read_segment(&rq, s->run, &s->page);
	if (r < 0 || (r = list_input(&s->run->wish, s->run->after, rq.arena, &input, &rq.complaint)) < 0)
		return r;
	return list_route()->handle(&rq, input, &s->page);
}

static bool wants_values(const struct run *run)
{
	for (size_t i = 0; i < run->wish.columns.count; i++)
		if (run->columns[i].kind == C_CUSTOM)
			return true;
	return false;
}

static int page_action(struct tx *tx, void *arg)
{
	struct page_step *s = arg;
	struct run *run = s->run;
	bool with_values = wants_values(run);
	int r = read_page(tx, s);
	if (r < 0)
		return r;
	size_t width = run->wish.columns.count;
	const struct member *m = s->page.rows.at;
	s->cells = arena_take_array(tx_arena(tx), s->page.rows.count * width + 1, sizeof *s->cells);
	for (size_t i = 0; s->cells && i < s->page.rows.count; i++) {
		struct rows values = { 0 };
		if (with_values && (r = field_values(tx, run->community, m[i].id, &values)) < 0)
			return r;
		for (size_t k = 0; k < width; k++)
			s->cells[i * width + k] = cell_of(run, tx, &run->columns[k], &m[i], values);
	}
	return arena_failed(tx_arena(tx)) ? E_MEMORY : 0;
}

static int write_page(struct run *run, const struct page_step *s)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < s->page.rows.count; i++)
		r = write_row(run, s->cells + i * run->wish.columns.count);
	run->records += (int64_t)s->page.rows.count;
	return r;
}

/* ---- Into the store ----------------------------------------------------------------------------------------------- */

static QUERY(export_piece_put, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_BLOB),
	"INSERT INTO export_piece (community_id, export_id, n, bytes) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id, export_id, n) DO UPDATE SET bytes = excluded.bytes");

/* From nothing, whatever an earlier try had written. */
static QUERY(export_begins, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE export SET state = 'running', records = 0, pieces = 0, size = 0 WHERE community_id = ?1 AND id = ?2"
	" AND state IN ('waiting', 'running')");

static QUERY(export_moved_on, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INT, K_INT),
	"UPDATE export SET records = ?3, pieces = ?4, size = ?5 WHERE community_id = ?1 AND id = ?2 AND state = 'running'");

static QUERY(export_is_done, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT, K_INSTANT),
	"UPDATE export SET state = ?3, why = ?4, finished_at = ?5, expires_at = ?6 WHERE community_id = ?1 AND id = ?2"
	" AND state IN ('waiting', 'running')");

struct put { struct run *run; struct str bytes; const char *end; int why; };

static int put_action(struct tx *tx, void *arg)
{
	struct put *p = arg;
	struct run *run = p->run;
	struct instant now = tx_now(tx), until = { now.ms + EXPORT_HOURS * HOUR };
	int r = tx_run(tx, &export_moved_on, V(run->community), V(run->export), V(run->records), V(run->pieces + (p->bytes.len > 0)),
	               V(run->size + (int64_t)p->bytes.len));
	if (r < 0)
		return r;
	if (r == 0) {                                   /* cancelled; or somebody was erased, whom we may have read already */
		struct export export;
		run->over = true;
		r = export_get(tx, run->community, run->export, &export);
		run->again = r >= 0 && str_is(export.state, "waiting");
		return r == E_NOT_FOUND ? 0 : r;
	}
	if (p->bytes.len && (r = tx_run(tx, &export_piece_put, V(run->community), V(run->export), V(run->pieces),
	                                V(((struct blob){ p->bytes.at, p->bytes.len })))) < 0)
		return r;
	if (p->end && (r = tx_run(tx, &export_is_done, V(run->community), V(run->export), V(str_of(p->end)),
	                          V(p->why ? str_of(err_word(p->why)) : S("")), V(now), V(until))) < 0)
		return r;
	return export_tell(tx, run->community, run->export);
}

static int begins_action(struct tx *tx, void *arg)
{
	struct run *run = arg;
	int r = tx_run(tx, &export_begins, V(run->community), V(run->export));
	run->over = r == 0;
	return r < 0 ? r : export_tell(tx, run->community, run->export);
}

static int put(struct run *run, struct str bytes, const char *end, int why)
{
	ARENA_SCOPED arena;
	struct put p = { run, bytes, end, why };
	arena_init(&arena, 8 << 20);
	int r = store_write(run->context->store, run->community, &arena, put_action, &p);
	if (r < 0 || run->over)
		return r;
	run->pieces += bytes.len > 0, run->size += (int64_t)bytes.len;
	run->told = clock_steady();
	return 0;
}

/* Whole pieces of what was written, or all of it. */
static int flush(struct run *run, bool all)
{
	size_t at = 0;
	int r = 0;
	while (r >= 0 && !run->over && (run->text.len - at >= EXPORT_PIECE || (all && at < run->text.len))) {
		size_t len = run->text.len - at < EXPORT_PIECE ? run->text.len - at : EXPORT_PIECE;
		r = put(run, (struct str){ run->text.at + at, len }, NULL, 0);
		at += len;
	}
	if (at)
		memmove(run->text.at, run->text.at + at, run->text.len - at);
	run->text.len -= at;
	if (r >= 0 && !run->over && clock_steady() - run->told > TOLD)
		r = put(run, S(""), NULL, 0);
	return r;
}

/* The finished spreadsheet, piece by piece. */
static int take_xlsx(struct run *run)
{
	FILE *file;
	int r = xlsx_close(run->xlsx, &file);
	run->xlsx = NULL;
	if (r < 0)
		return r;
	for (size_t len = 1; r >= 0 && !run->over && len > 0;) {
		char *at = buf_space(&run->text, EXPORT_PIECE);
		len = at ? fread(at, 1, EXPORT_PIECE, file) : 0;
		r = !at ? E_MEMORY : len ? put(run, (struct str){ at, len }, NULL, 0) : 0;
	}
	fclose(file);
	return r;
}

static int write_pages(struct run *run)
{
	int r = 0;
	while (r >= 0 && !run->over) {
		ARENA_SCOPED arena;
		struct page_step step = { .run = run };
		arena_init(&arena, 64 << 20);
		if ((r = store_read(run->context->store, &arena, page_action, &step)) < 0)
			return r;
		if ((r = write_page(run, &step)) < 0)
			return r;
		bool last = step.page.next.len == 0 || step.page.next.len >= sizeof run->mark;
		if (!last)
			memcpy(run->mark, step.page.next.at, step.page.next.len);
		run->after = (struct str){ run->mark, last ? 0 : step.page.next.len };
		r = flush(run, last);
		if (last)
			return r;
	}
	return r;
}

static int write_file(struct run *run)
{
	struct str cells[EXPORT_COLUMNS_MAX];
	int r = 0;
	headings(run, cells);
	if ((r = store_write(run->context->store, run->community, run->context->arena, begins_action, run)) < 0 || run->over)
		return r;
	if (str_is(run->job.format, "xlsx")) {
		r = xlsx_open(cells, run->wish.columns.count, &run->xlsx);
	} else {
		buf_z(&run->text, "\xef\xbb\xbf");
		r = write_row(run, cells);
	}
	if (r < 0 || (r = write_pages(run)) < 0 || run->over)
		return r;
	if (run->xlsx && (r = take_xlsx(run)) < 0)
		return r;
	return run->over ? 0 : put(run, S(""), "done", 0);
}

/* What trying again would not mend. */
static bool is_final(int code)
{
	return code == E_FORBIDDEN || code == E_TOO_MANY || code == E_INVALID || code == E_UNKNOWN_FIELD ||
	       code == E_NOT_ONE_OF || code == E_NOT_FOUND;
}

int export_run(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct run *run = ARENA_NEW(context->arena, struct run);
	if (!run)
		return E_MEMORY;
	*run = (struct run){ .context = context, .community = job->community, .told = clock_steady() };
	if (!str_to_int(job->key, &run->export.n))
		return E_INVALID;
	buf_init(&run->text, (size_t)64 << 20);
	int r = store_read(context->store, context->arena, begin_action, run);
	if (r >= 0 && !run->over && (r = write_file(run)) < 0 && is_final(r))
		r = put(run, S(""), "failed", r);
	if (run->xlsx)
		xlsx_drop(run->xlsx);
	buf_free(&run->text);
	if (r >= 0 && run->again) {
		*ret_why = S("somebody was erased while it was written; it begins again without them");
		return E_CONFLICT;
	}
	return r;
}

/* ---- Declaration ------------------------------------------------------------------------------------------------ */

static const struct query *const queries[] = {
	&export_customs, &export_job_by_id, &export_levels, &export_member, &export_begins,
	&export_piece_put, &export_moved_on, &export_is_done, NULL,
};

const struct feature feature_export_run = { .name = "export_run", .queries = queries };
