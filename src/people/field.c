/* field.c: see field.h.
 *
 * Story      A dealer adds 车型 (one choice) and 上牌日期 (date). Staff fill them in on a member's page, an import fills
 *            thousands, segments and lists ask for "车型 is 坦克 300". Later a choice is renamed for everybody at once.
 * Owns       member_field, member_value.
 */
#include "people/field.h"

#include "base/utf8.h"
#include "engine/event/event.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/field_inside.h"

#define MAX_KEY      32
#define MAX_LABEL    24
#define MAX_HELP     120
#define MAX_CHOICES  60
#define MAX_CHOICE   40

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW(member_field,
	FIELD(member_field, id,         "Field"),
	FIELD(member_field, key,        "What import and API call it"),
	FIELD(member_field, label,      "As staff read it"),
	FIELD(member_field, kind,       "What values look like", .one_of = FIELD_KINDS),
	FIELD(member_field, help,       "What to write here"),
	FIELD(member_field, choices,    "Possible values", .of = &row_text_item),
	FIELD(member_field, required,   "People who edit a member must fill it in"),
	FIELD(member_field, at_least,   "Smallest number or amount; empty: none"),
	FIELD(member_field, at_most,    "Largest number or amount; empty: none"),
	FIELD(member_field, archived,   "No longer asked for; its values are kept"),
	FIELD(member_field, used,       "Does a member have a value?"),
	FIELD(member_field, created_at, "When it was made"));

static const struct field stored_fields[] = {
	FIELD(member_field, id,          "Field"),
	FIELD(member_field, key,         "Key"),
	FIELD(member_field, label,       "Label"),
	FIELD(member_field, kind,        "Kind", .one_of = FIELD_KINDS),
	FIELD(member_field, help,        "Help"),
	FIELD(member_field, choices,     "Choices", .of = &row_text_item),
	FIELD(member_field, required,    "Required"),
	FIELD(member_field, least,       "Smallest"),
	FIELD(member_field, most,        "Largest"),
	FIELD(member_field, archived_at, "Archived"),
	FIELD(member_field, created_at,  "Made"),
	FIELD(member_field, used,        "Used"),
};
static const struct row row_stored = { "stored_field", sizeof(struct member_field), stored_fields,
	sizeof stored_fields / sizeof *stored_fields };

#define FIELD_BODY(type) \
	FIELD(type, label,    "As staff read it", .min = 1, .max = MAX_LABEL), \
	FIELD(type, help,     "What to write here", .max = MAX_HELP, .optional = true), \
	FIELD(type, choices,  "Possible values of choice and choices", .of = &row_choice_item, .max = MAX_CHOICES, .optional = true), \
	FIELD(type, required, "People who edit a member must fill it in", .optional = true), \
	FIELD(type, least,    "Smallest number or amount; empty: none", .max = 20, .pattern = "[-0-9.,]*", .optional = true), \
	FIELD(type, most,     "Largest number or amount; empty: none", .max = 20, .pattern = "[-0-9.,]*", .optional = true)

struct field_draft { struct str key, kind, label, help; struct rows choices; bool required; struct str least, most; };

static const struct field choice_item_fields[] = { FIELD(text_item, item, "A choice", .min = 1, .max = MAX_CHOICE) };
static const struct row row_choice_item = { "choice_item", sizeof(struct text_item), choice_item_fields, 1 };

ROW(field_draft,
	FIELD(field_draft, key,  "What import and API call it: a letter, then letters, digits and _; never changes", .min = 1,
	      .max = MAX_KEY, .pattern = "[a-z][a-z0-9_]*"),
	FIELD(field_draft, kind, "What values look like; never changes", .one_of = FIELD_KINDS),
	FIELD_BODY(field_draft));

static const struct field field_edit_fields[] = { FIELD_BODY(field_draft) };
static const struct row row_field_edit = { "field_edit", sizeof(struct field_draft), field_edit_fields,
	sizeof field_edit_fields / sizeof *field_edit_fields };

struct field_archive { bool archived; };

ROW(field_archive, FIELD(field_archive, archived, "No longer asked for"));

struct field_order { struct rows ids; };

ROW(field_order,
	FIELD(field_order, ids, "All fields that are not archived, in the new order", .of = &row_id_item, .max = MEMBER_VALUES_MAX));

struct choice_rename { struct str from, to; };

ROW(choice_rename,
	FIELD(choice_rename, from, "The choice as it is", .min = 1, .max = MAX_CHOICE),
	FIELD(choice_rename, to,   "Its new words; those of another choice merge the two", .min = 1, .max = MAX_CHOICE));

ROW_PUBLIC(member_value,
	FIELD(member_value, key,  "Key of the custom field", .min = 1, .max = MAX_KEY),
	FIELD(member_value, text, "Its value; several choices: one a line; empty: none", .max = MAX_LINES, .lines = true));

struct field_value { struct id field_id; struct str text; };

ROW(field_value,
	FIELD(field_value, field_id, "Field"),
	FIELD(field_value, text,     "Value; several choices: one a line"));

struct field_total { int64_t n; };

ROW(field_total, FIELD(field_total, n, "How many"));

/* ---- Reading ------------------------------------------------------------------------------------------------ */

#define STORED "SELECT f.id, f.key, f.label, f.kind, f.help, f.choices, f.required, f.least, f.most, f.archived_at, f.created_at," \
	" (EXISTS (SELECT 1 FROM member_value v WHERE v.community_id = f.community_id AND v.field_id = f.id)) AS used FROM member_field f"

static QUERY(fields_all, READS, &row_stored, TAKES(K_ID),
	STORED " WHERE f.community_id = ?1 ORDER BY f.place, f.id LIMIT 200");

static QUERY(field_by_id, READS, &row_stored, TAKES(K_ID, K_ID), STORED " WHERE f.community_id = ?1 AND f.id = ?2");

static int definitions(struct tx *tx, struct id community, struct rows *ret)
{
	int r = tx_all(tx, &fields_all, ret, V(community));
	return r < 0 ? r : 0;
}

static const struct member_field *by_key(struct rows fields, struct str key)
{
	const struct member_field *f = fields.at;
	for (size_t i = 0; i < fields.count; i++)
		if (str_equal(f[i].key, key))
			return &f[i];
	return NULL;
}

static QUERY(values_of, READS, &row_field_value, TAKES(K_ID, K_ID),
	"SELECT field_id, text FROM member_value WHERE community_id = ?1 AND member_id = ?2 ORDER BY field_id, nth LIMIT 4000");

/* A field's rows among a member's, as one text. */
static struct str value_of(struct arena *arena, struct rows values, struct id field)
{
	const struct field_value *v = values.at;
	struct str text = { 0 };
	for (size_t i = 0; i < values.count; i++)
		if (v[i].field_id.n == field.n)
			text = text.len ? str_format(arena, "%.*s\n%.*s", STR(text), STR(v[i].text)) : v[i].text;
	return text;
}

static int values_in_use(struct tx *tx, struct id community, struct id member, bool archived, struct rows *ret)
{
	struct rows fields, values;
	int r = tx_all(tx, &values_of, &values, V(community), V(member));
	*ret = (struct rows){ 0 };
	if (r <= 0)
		return r;
	if ((r = definitions(tx, community, &fields)) < 0)
		return r;
	const struct member_field *f = fields.at;
	struct member_value *list = arena_take_array(tx_arena(tx), fields.count + 1, sizeof *list);
	size_t n = 0;
	if (!list)
		return E_MEMORY;
	for (size_t i = 0; i < fields.count; i++) {
		struct str text = f[i].archived_at.ms && !archived ? S("") : value_of(tx_arena(tx), values, f[i].id);
		if (text.len)
			list[n++] = (struct member_value){ f[i].key, text };
	}
	*ret = (struct rows){ list, n };
	return 0;
}

int field_values(struct tx *tx, struct id community, struct id member, struct rows *ret)
{
	return values_in_use(tx, community, member, false, ret);
}

int field_values_kept(struct tx *tx, struct id community, struct id member, struct rows *ret)
{
	return values_in_use(tx, community, member, true, ret);
}

int field_compare(struct tx *tx, struct id community, struct str key, struct str text, struct id *ret_field, struct str *ret_key)
{
	struct rows fields;
	int r = definitions(tx, community, &fields);
	if (r < 0)
		return r;
	const struct member_field *f = by_key(fields, key);
	struct parsed parsed;
	if (!f)
		return E_NOT_FOUND;
	*ret_field = f->id;
	/* What cannot be a value of this kind is nobody's value: compare it as it stands. */
	if (field_parse(tx_arena(tx), f, text, &parsed) == 0 && parsed.texts.count == 1)
		text = ((const struct text_item *)parsed.texts.at)->item;
	*ret_key = field_compared(tx_arena(tx), text);
	return 0;
}

/* ---- Actions: values ------------------------------------------------------------------------------------------ */

static QUERY(value_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INT, K_STR, K_STR, K_INT),
	"INSERT INTO member_value (community_id, member_id, field_id, nth, text, text_key, number) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

static QUERY(value_drop, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"DELETE FROM member_value WHERE community_id = ?1 AND member_id = ?2 AND field_id = ?3");

static QUERY(values_drop, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM member_value WHERE community_id = ?1 AND member_id = ?2");

int field_drop_member(struct tx *tx, struct id community, struct id member)
{
	int r = tx_run(tx, &values_drop, V(community), V(member));
	return r < 0 ? r : 0;
}

static int wrong(struct tx *tx, int code, struct str key, struct complaint *ret_why)
{
	*ret_why = (struct complaint){ .code = code, .field = str_format(tx_arena(tx), "values.%.*s", STR(key)) };
	return code;
}

static int write_value(struct tx *tx, struct id community, struct id member, struct id field, const struct parsed *parsed)
{
	const struct text_item *text = parsed->texts.at;
	int r = tx_run(tx, &value_drop, V(community), V(member), V(field));
	for (size_t i = 0; r >= 0 && i < parsed->texts.count; i++)
		r = tx_run(tx, &value_insert, V(community), V(member), V(field), V((int64_t)i), V(text[i].item),
		           V(field_compared(tx_arena(tx), text[i].item)), V(parsed->number));
	return r < 0 ? r : 0;
}

/* The text that the parsed value will read as. */
static struct str joined(struct arena *arena, const struct parsed *parsed)
{
	const struct text_item *item = parsed->texts.at;
	struct str text = { 0 };
	for (size_t i = 0; i < parsed->texts.count; i++)
		text = text.len ? str_format(arena, "%.*s\n%.*s", STR(text), STR(item[i].item)) : item[i].item;
	return text;
}

/* The definition a given value belongs to, and what it means. */
static int understand(struct tx *tx, struct rows fields, const struct member_value *given, const struct member_field **ret,
                      struct parsed *ret_parsed, struct complaint *ret_why)
{
	const struct member_field *f = by_key(fields, given->key);
	if (!f || f->archived_at.ms)
		return wrong(tx, E_UNKNOWN_FIELD, given->key, ret_why);
	int r = field_parse(tx_arena(tx), f, given->text, ret_parsed);
	if (r < 0)
		return r == E_MEMORY ? r : wrong(tx, r, given->key, ret_why);
	*ret = f;
	return 0;
}

int field_check(struct tx *tx, struct id community, struct rows values, struct complaint *ret_why)
{
	const struct member_value *given = values.at;
	const struct member_field *f;
	struct parsed parsed;
	struct rows fields;
	int r = values.count ? definitions(tx, community, &fields) : 0;
	for (size_t i = 0; r >= 0 && i < values.count; i++)
		r = understand(tx, fields, &given[i], &f, &parsed, ret_why);
	return r;
}

int field_put(struct tx *tx, struct id community, struct id member, struct rows values, bool fill, struct complaint *ret_why)
{
	const struct member_value *given = values.at;
	struct rows fields, known;
	int changed = 0;
	if (values.count == 0)
		return 0;
	int r = definitions(tx, community, &fields);
	if (r < 0 || (r = tx_all(tx, &values_of, &known, V(community), V(member))) < 0)
		return r;
	for (size_t i = 0; i < values.count; i++) {
		const struct member_field *f;
		struct parsed parsed;
		if ((r = understand(tx, fields, &given[i], &f, &parsed, ret_why)) < 0)
			return r;
		struct str before = value_of(tx_arena(tx), known, f->id);
		if ((fill && before.len) || str_equal(before, joined(tx_arena(tx), &parsed)))
			continue;
		if ((r = write_value(tx, community, member, f->id, &parsed)) < 0)
			return r;
		changed = 1;
	}
	return arena_failed(tx_arena(tx)) ? E_MEMORY : changed;
}

int field_restore(struct tx *tx, struct id community, struct id member, struct rows values)
{
	const struct member_value *kept = values.at;
	struct rows fields;
	int r = definitions(tx, community, &fields);
	if (r < 0 || (r = tx_run(tx, &values_drop, V(community), V(member))) < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < values.count; i++) {
		const struct member_field *f = by_key(fields, kept[i].key);
		struct parsed parsed;
		if (f && (r = field_parse_again(tx_arena(tx), f, kept[i].text, &parsed)) == 0)
			r = write_value(tx, community, member, f->id, &parsed);
	}
	return r < 0 ? r : 0;
}

int field_require(struct tx *tx, struct id community, struct id member, struct complaint *ret_why)
{
	struct rows fields, known;
	int r = definitions(tx, community, &fields);
	if (r < 0 || (r = tx_all(tx, &values_of, &known, V(community), V(member))) < 0)
		return r;
	const struct member_field *f = fields.at;
	for (size_t i = 0; i < fields.count; i++)
		if (f[i].required && !f[i].archived_at.ms && value_of(tx_arena(tx), known, f[i].id).len == 0)
			return wrong(tx, E_MISSING_FIELD, f[i].key, ret_why);
	return 0;
}

/* ---- Events ------------------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "field_changed", "Definitions of custom fields changed", "member" },
	{ 0 },
};

static int say(struct request *rq, const char *act, struct id id, struct str detail)
{
	int r = event_emit(rq->tx, rq->community, &events[0], &(struct event){ .subject = id, .actor = rq->account });
	return r < 0 ? r : audit_note(rq, act, id, detail);
}

/* ---- API: definitions ------------------------------------------------------------------------------------------ */

static void dress(struct arena *arena, struct member_field *f)
{
	bool money = str_is(f->kind, "money"), bounds = f->least || f->most;
	f->at_least = bounds ? field_decimal_text(arena, f->least, money) : S("");
	f->at_most = bounds ? field_decimal_text(arena, f->most, money) : S("");
	f->archived = f->archived_at.ms != 0;
}

static int get_fields(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &fields_all, &page->rows, V(rq->community));
	struct member_field *f = page->rows.at;
	for (size_t i = 0; r >= 0 && i < page->rows.count; i++)
		dress(rq->arena, &f[i]);
	page->total = (int64_t)page->rows.count;
	return r < 0 ? r : 0;
}

static int show(struct request *rq, struct id id, void *out)
{
	struct member_field f = { 0 };
	int r = tx_one(rq->tx, &field_by_id, &f, V(rq->community), V(id));
	if (r < 0)
		return r;
	dress(rq->arena, &f);
	*(struct member_field *)out = f;
	return 0;
}

/* Choices without spaces around them, none twice; at least one where they are asked for, none elsewhere. */
static int tidy_choices(struct request *rq, struct str kind, struct rows in, struct rows *ret)
{
	const struct text_item *typed = in.at;
	struct text_item *list = arena_take_array(rq->arena, in.count + 1, sizeof *list);
	bool asked = str_among(kind, "choice choices");
	if (!list)
		return E_MEMORY;
	if (asked != (in.count > 0))
		return rq_complain(rq, asked ? E_MISSING_FIELD : E_INVALID, S("choices"));
	for (size_t i = 0; i < in.count; i++) {
		list[i].item = str_trim(typed[i].item);
		struct str key = name_key(rq->arena, list[i].item);
		if (key.len == 0)
			return rq_complain(rq, E_TOO_SHORT, S("choices"));
		for (size_t j = 0; j < i; j++)
			if (str_equal(key, name_key(rq->arena, list[j].item)))
				return rq_complain(rq, E_NAME_TAKEN, S("choices"));
	}
	*ret = (struct rows){ list, in.count };
	return 0;
}

/* One bound alone leaves the other side as open as numbers get. */
static int tidy_bounds(struct request *rq, struct str kind, const struct field_draft *d, int64_t *ret_least, int64_t *ret_most)
{
	int places = str_is(kind, "money") ? 2 : 4;
	struct str least = str_trim(d->least), most = str_trim(d->most);
	*ret_least = *ret_most = 0;
	if (least.len == 0 && most.len == 0)
		return 0;
	if (!str_among(kind, "number money"))
		return rq_complain(rq, E_INVALID, least.len ? S("least") : S("most"));
	*ret_least = -INT64_C(9000000000000000), *ret_most = INT64_C(9000000000000000);
	if (least.len && !field_decimal(least, places, ret_least))
		return rq_complain(rq, E_BAD_PATTERN, S("least"));
	if (most.len && !field_decimal(most, places, ret_most))
		return rq_complain(rq, E_BAD_PATTERN, S("most"));
	if (*ret_least > *ret_most || (*ret_least == 0 && *ret_most == 0))
		return rq_complain(rq, E_TOO_SMALL, S("most"));
	return 0;
}

static struct str json_of(struct arena *arena, struct rows texts)
{
	BUF_SCOPED b;
	buf_init(&b, 64 * 1024);
	rows_write_json(&b, &row_text_item, texts);
	return str_copy(arena, buf_view(&b));
}

static QUERY(field_count, READS, &row_field_total, TAKES(K_ID), "SELECT count(*) AS n FROM member_field WHERE community_id = ?1");

static QUERY(field_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_BOOL, K_INT, K_INT, K_INT, K_INSTANT),
	"INSERT INTO member_field (community_id, id, key, label, kind, help, choices, required, least, most, place, archived_at,"
	" created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12)");

static int post_field(struct request *rq, const void *in, void *out)
{
	const struct field_draft *d = in;
	struct field_total total;
	struct rows choices;
	struct id id = tx_new_id(rq->tx);
	struct str label = str_trim(d->label);
	int64_t least, most;
	int r = tx_one(rq->tx, &field_count, &total, V(rq->community));
	if (r < 0 || (r = tidy_choices(rq, d->kind, d->choices, &choices)) < 0 || (r = tidy_bounds(rq, d->kind, d, &least, &most)) < 0)
		return r;
	if (total.n >= MEMBER_VALUES_MAX)
		return E_TOO_MANY;
	if (label.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("label"));
	r = tx_run(rq->tx, &field_insert, V(rq->community), V(id), V(d->key), V(label), V(d->kind), V(d->help),
	           V(json_of(rq->arena, choices)), V(d->required), V(least), V(most), V(total.n + 1), V(tx_now(rq->tx)));
	if (r < 0)
		return r == E_CONFLICT ? rq_complain(rq, E_NAME_TAKEN, S("key")) : r;
	r = say(rq, "field_made", id, label);
	return r < 0 ? r : show(rq, id, out);
}

static QUERY(choice_used, READS, &row_field_total, TAKES(K_ID, K_ID, K_STR),
	"SELECT count(*) AS n FROM (SELECT 1 AS one FROM member_value WHERE community_id = ?1 AND field_id = ?2 AND text_key = ?3"
	" LIMIT 1000) c");

/* A choice that somebody carries stays, or is renamed: nothing is lost by editing a definition. */
static int choices_stay(struct request *rq, const struct member_field *f, struct rows wanted)
{
	const struct text_item *before = f->choices.at;
	struct member_field after = { .choices = wanted };
	struct field_total used;
	for (size_t i = 0; i < f->choices.count; i++) {
		if (field_choice(rq->arena, &after, before[i].item))
			continue;
		int r = tx_one(rq->tx, &choice_used, &used, V(rq->community), V(f->id), V(field_compared(rq->arena, before[i].item)));
		if (r < 0)
			return r;
		if (used.n) {
			rq_complain(rq, E_IN_USE, S("choices"));
			rq->complaint.detail = str_format(rq->arena, "%.*s: %s%lld", STR(before[i].item), used.n == 1000 ? "≥ " : "",
			                                  (long long)used.n);
			return E_IN_USE;
		}
	}
	return 0;
}

static QUERY(field_update, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_BOOL, K_INT, K_INT),
	"UPDATE member_field SET label = ?3, help = ?4, choices = ?5, required = ?6, least = ?7, most = ?8"
	" WHERE community_id = ?1 AND id = ?2");

static int put_field(struct request *rq, const void *in, void *out)
{
	const struct field_draft *d = in;
	struct member_field f;
	struct rows choices;
	struct str label = str_trim(d->label);
	int64_t least, most;
	int r = tx_one(rq->tx, &field_by_id, &f, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = tidy_choices(rq, f.kind, d->choices, &choices)) < 0 || (r = tidy_bounds(rq, f.kind, d, &least, &most)) < 0 ||
	    (r = choices_stay(rq, &f, choices)) < 0)
		return r;
	if (label.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("label"));
	r = tx_run(rq->tx, &field_update, V(rq->community), V(rq->path_id), V(label), V(d->help), V(json_of(rq->arena, choices)),
	           V(d->required), V(least), V(most));
	if (r < 0 || (r = say(rq, "field_changed", rq->path_id, label)) < 0)
		return r;
	return show(rq, rq->path_id, out);
}

static QUERY(field_set_archived, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE member_field SET archived_at = ?3 WHERE community_id = ?1 AND id = ?2");

static int post_archive(struct request *rq, const void *in, void *out)
{
	const struct field_archive *a = in;
	struct instant at = { a->archived ? tx_now(rq->tx).ms : 0 };
	int r = tx_run(rq->tx, &field_set_archived, V(rq->community), V(rq->path_id), V(at));
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	r = say(rq, a->archived ? "field_archived" : "field_restored", rq->path_id, S(""));
	return r < 0 ? r : show(rq, rq->path_id, out);
}

static QUERY(field_set_place, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"UPDATE member_field SET place = ?3 WHERE community_id = ?1 AND id = ?2");

static int post_order(struct request *rq, const void *in, void *out)
{
	const struct field_order *order = in;
	const struct id_item *ids = order->ids.at;
	(void)out;
	for (size_t i = 0; i < order->ids.count; i++) {
		int r = tx_run(rq->tx, &field_set_place, V(rq->community), V(ids[i].item), V((int64_t)i + 1));
		if (r <= 0)
			return r < 0 ? r : rq_complain(rq, E_NOT_FOUND, S("ids"));
	}
	return say(rq, "fields_ordered", (struct id){ 0 }, S(""));
}

static QUERY(choice_replace, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR),
	"UPDATE member_value SET text = ?4, text_key = ?5 WHERE community_id = ?1 AND field_id = ?2 AND text_key = ?3");

/* Who has both keeps the one. */
static QUERY(choice_drop_double, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR),
	"DELETE FROM member_value WHERE community_id = ?1 AND field_id = ?2 AND text_key = ?3 AND EXISTS (SELECT 1"
	" FROM member_value o WHERE o.community_id = member_value.community_id AND o.member_id = member_value.member_id"
	" AND o.field_id = member_value.field_id AND o.text_key = ?4)");

static int post_rename(struct request *rq, const void *in, void *out)
{
	const struct choice_rename *rename = in;
	struct member_field f;
	struct str to = str_trim(rename->to), key = field_compared(rq->arena, to);
	int r = tx_one(rq->tx, &field_by_id, &f, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	const struct str *from = field_choice(rq->arena, &f, rename->from), *other = field_choice(rq->arena, &f, to);
	if (!from)
		return rq_complain(rq, E_NOT_ONE_OF, S("from"));
	if (key.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("to"));
	struct text_item *list = arena_take_array(rq->arena, f.choices.count + 1, sizeof *list);
	const struct text_item *before = f.choices.at;
	struct str from_key = field_compared(rq->arena, *from);
	bool merges = other && other != from;
	size_t n = 0;
	for (size_t i = 0; list && i < f.choices.count; i++)
		if (&before[i].item != from)
			list[n++] = before[i];
		else if (!merges)
			list[n++].item = to;
	if (merges)
		to = *other;
	if (!list)
		return E_MEMORY;
	if ((merges && (r = tx_run(rq->tx, &choice_drop_double, V(rq->community), V(f.id), V(from_key), V(key))) < 0) ||
	    (r = tx_run(rq->tx, &choice_replace, V(rq->community), V(f.id), V(from_key), V(to), V(key))) < 0 ||
	    (r = tx_run(rq->tx, &field_update, V(rq->community), V(f.id), V(f.label), V(f.help),
	                V(json_of(rq->arena, (struct rows){ list, n })), V(f.required), V(f.least), V(f.most))) < 0 ||
	    (r = say(rq, "choice_renamed", f.id, str_format(rq->arena, "%.*s → %.*s", STR(rename->from), STR(to)))) < 0)
		return r;
	return show(rq, f.id, out);
}

static QUERY(field_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM member_field WHERE community_id = ?1 AND id = ?2");

static int delete_field(struct request *rq, const void *in, void *out)
{
	struct member_field f;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &field_by_id, &f, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	if (f.used)
		return E_IN_USE;
	if ((r = tx_run(rq->tx, &field_drop, V(rq->community), V(f.id))) < 0)
		return r;
	return say(rq, "field_removed", f.id, f.label);
}

/* ---- What is kept about people ------------------------------------------------------------------------------- */

struct value_shown { struct str label, text; };

ROW(value_shown,
	FIELD(value_shown, label, "What it is"),
	FIELD(value_shown, text,  "Value"));

static QUERY(values_shown, READS, &row_value_shown, TAKES(K_ID, K_ID),
	"SELECT f.label, v.text FROM member_value v JOIN member_field f ON f.community_id = v.community_id AND f.id = v.field_id"
	" WHERE v.community_id = ?1 AND v.member_id = ?2 ORDER BY f.place, f.id, v.nth LIMIT 4000");

static const struct personal personal[] = {
	{ "member_value", "社群想了解的其他情况", "What else the community asks about", "项目 内容", BY_MEMBER, &values_shown,
	  .erases = { &values_drop } },
	{ 0 },
};

ROW(field_brief,
	FIELD(field_brief, id,       "Field"),
	FIELD(field_brief, key,      "Key"),
	FIELD(field_brief, kind,     "Kind"),
	FIELD(field_brief, label,    "Label"),
	FIELD(field_brief, help,     "Help"),
	FIELD(field_brief, choices,  "Choices", .of = &row_text_item),
	FIELD(field_brief, required, "Required"),
	FIELD(field_brief, used,     "Does a member have a value?"));

static QUERY(field_briefs, READS, &row_field_brief, TAKES(K_ID),
	"SELECT f.id, f.key, f.kind, f.label, f.help, f.choices, f.required, (EXISTS (SELECT 1 FROM member_value v"
	" WHERE v.community_id = f.community_id AND v.field_id = f.id)) AS used FROM member_field f"
	" WHERE f.community_id = ?1 AND f.archived_at = 0 ORDER BY f.place, f.id LIMIT 200");

int field_list(struct tx *tx, struct id community, struct rows *ret)
{
	return tx_all(tx, &field_briefs, ret, V(community));
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/member-fields",              ROLE_READER, get_fields,   NULL,               &row_member_field, "Custom fields, in order, archived ones too", OUT_PAGE },
	{ "POST",   "/member-fields",              ROLE_ADMIN,  post_field,   &row_field_draft,   &row_member_field, "Make a custom field" },
	{ "PUT",    "/member-fields/{id}",         ROLE_ADMIN,  put_field,    &row_field_edit,    &row_member_field, "Change label, help, choices and limits; a choice in use cannot go" },
	{ "POST",   "/member-fields/{id}/archive", ROLE_ADMIN,  post_archive, &row_field_archive, &row_member_field, "Ask for it no longer, or again; values are kept" },
	{ "POST",   "/member-fields/{id}/rename",  ROLE_ADMIN,  post_rename,  &row_choice_rename, &row_member_field, "Rename a choice for everybody who carries it" },
	{ "POST",   "/member-fields/order",        ROLE_ADMIN,  post_order,   &row_field_order,   NULL, "Put them into this order", OUT_NONE },
	{ "DELETE", "/member-fields/{id}",         ROLE_ADMIN,  delete_field, NULL,               NULL, "Delete one that no member has a value of", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&field_briefs, &fields_all, &field_by_id, &values_of, &value_insert, &value_drop, &values_drop, &field_count,
		&field_insert, &choice_used,
	&field_update, &field_set_archived, &field_set_place, &choice_replace, &choice_drop_double, &field_drop, &values_shown, NULL,
};

const struct feature feature_field = {
	.name = "field", .api = "members", .routes = routes, .queries = queries, .events = events, .personal = personal,
};
