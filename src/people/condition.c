/* condition.c: the grammar of a segment's sentences; see condition.h.
 *
 * Holds      The tables `subjects` and `ways` are the grammar: what may be said of what, and which values that takes.
 * Test       segment_test.c
 */
#include "people/condition.h"

#include "base/utf8.h"

#define SUBJECTS \
	"all any nickname name city industry job gender birthday phone level field source group inviter invited tag joined did" \
		" segment said first"
#define WAYS     "is is_not contains empty present between any all none at_least at_most within before"
#define TEXT_MAX 60
#define ACT_MAX  60
#define JOINED_DAYS 3650
#define EDGE     INT64_C(1000000000000000)

ROW_PUBLIC(condition,
	FIELD(condition, depth, "How deep the line stands below the first one", .min = 0, .max = CONDITION_DEPTH),
	FIELD(condition, what,  "Of what the sentence speaks; all and any are groups", .one_of = SUBJECTS),
	FIELD(condition, holds, "What must hold; empty for a group", .one_of = WAYS, .optional = true),
	FIELD(condition, no,    "Turn it round", .optional = true),
	FIELD(condition, field, "Of field: which custom field", .optional = true),
	FIELD(condition, texts, "One of these texts", .of = &row_text_item, .max = CONDITION_VALUES, .optional = true),
	FIELD(condition, ids,   "One of these: tags, links, groups, members, segments", .of = &row_id_item,
	      .max = CONDITION_VALUES, .optional = true),
	FIELD(condition, act,   "Of did: the kind of event", .max = ACT_MAX, .pattern = "[a-z_]*", .optional = true),
	FIELD(condition, n,     "How often", .min = 0, .max = 100000, .optional = true),
	FIELD(condition, days,  "In the last so many days, today included", .min = 0, .max = JOINED_DAYS, .optional = true),
	FIELD(condition, from,  "Of between: from this instant (ms); month; number in 1/10000, fen or day since 1970 of a field",
	      .min = -EDGE, .max = EDGE, .optional = true),
	FIELD(condition, until, "… to this one: an instant is outside, the others are inside", .min = -EDGE, .max = EDGE, .optional = true));

/* ---- The grammar ---------------------------------------------------------------------------------- */

enum values { NO_VALUES, TEXTS, IDS };

static const struct subject {
	const char *word, *ways;
	enum ask    ask;
	enum column column;
	enum values values;
	bool        occasion;
} subjects[] = {
	{ "all",      "",                                 ASK_ALL },
	{ "any",      "",                                 ASK_ANY },
	{ "nickname", "is is_not contains empty present", ASK_COLUMN, COLUMN_NICKNAME, TEXTS },
	{ "name",     "is is_not contains empty present", ASK_COLUMN, COLUMN_NAME, TEXTS },
	{ "city",     "is is_not contains empty present", ASK_COLUMN, COLUMN_CITY, TEXTS },
	{ "industry", "is is_not contains empty present", ASK_COLUMN, COLUMN_INDUSTRY, TEXTS },
	{ "job",      "is is_not contains empty present", ASK_COLUMN, COLUMN_JOB, TEXTS },
	{ "gender",   "is is_not empty present",          ASK_COLUMN, COLUMN_GENDER, TEXTS },
	{ "birthday", "between empty present",            ASK_COLUMN, COLUMN_BIRTHDAY },
	{ "phone",    "empty present",                    ASK_COLUMN, COLUMN_PHONE },
	{ "level",    "is is_not empty present",          ASK_COLUMN, COLUMN_LEVEL, IDS },
	{ "field",    "is is_not contains between empty present", ASK_COLUMN, COLUMN_FIELD, TEXTS },
	{ "source",   "is is_not empty present",          ASK_COLUMN, COLUMN_SOURCE, IDS },
	{ "group",    "is is_not empty present",          ASK_COLUMN, COLUMN_GROUP, IDS },
	{ "inviter",  "is is_not empty present",          ASK_COLUMN, COLUMN_INVITER, IDS },
	{ "invited",  "at_least at_most",                 ASK_INVITED },
	{ "tag",      "any all none empty present",       ASK_TAG, 0, IDS },
	{ "joined",   "between within before",            ASK_JOINED },
	{ "did",      "at_least at_most",                 ASK_DID },
	{ "segment",  "is is_not",                        ASK_SEGMENT, 0, IDS },
	{ "said",     "is is_not contains",               ASK_SAID, 0, TEXTS, .occasion = true },
	{ "first",    "present empty",                    ASK_FIRST, .occasion = true },
};

static const struct way { const char *word; enum holds holds; bool values, number, days, span; } ways[] = {
	{ "is",       HOLDS_IS,       .values = true },
	{ "is_not",   HOLDS_IS_NOT,   .values = true },
	{ "contains", HOLDS_CONTAINS, .values = true },
	{ "any",      HOLDS_ANY,      .values = true },
	{ "all",      HOLDS_ALL,      .values = true },
	{ "none",     HOLDS_NONE,     .values = true },
	{ "empty",    HOLDS_EMPTY },
	{ "present",  HOLDS_PRESENT },
	{ "between",  HOLDS_BETWEEN,  .span = true },
	{ "at_least", HOLDS_AT_LEAST, .number = true },
	{ "at_most",  HOLDS_AT_MOST,  .number = true },
	{ "within",   HOLDS_WITHIN,   .days = true },
	{ "before",   HOLDS_BEFORE,   .days = true },
};

static const struct subject *subject_of(struct str word)
{
	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
		if (str_is(word, subjects[i].word))
			return &subjects[i];
	return NULL;
}

static const struct way *way_of(struct str word)
{
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (str_is(word, ways[i].word))
			return &ways[i];
	return NULL;
}

static bool is_group(const struct subject *s) { return s->ask == ASK_ALL || s->ask == ASK_ANY; }

/* ---- Checking --------------------------------------------------------------------------------------- */

static int blame(struct arena *arena, size_t line, const char *field, int code, struct complaint *why)
{
	*why = (struct complaint){ code, str_format(arena, "where[%zu]%s%s", line, *field ? "." : "", field), S("") };
	return code;
}

static bool any_blank(struct arena *arena, struct rows texts)
{
	const struct text_item *text = texts.at;
	for (size_t i = 0; i < texts.count; i++)
		if (column_text(arena, text[i].item).len == 0)
			return true;
	return false;
}

static int span_wrong(const struct condition *c, const struct subject *s, const char **ret_field)
{
	bool months = s->ask == ASK_COLUMN && s->column == COLUMN_BIRTHDAY;
	*ret_field = "from";
	if (months && (c->from < 1 || c->from > 12))
		return c->from < 1 ? E_TOO_SMALL : E_TOO_LARGE;
	*ret_field = "until";
	if (months)
		return c->until < 1 ? E_TOO_SMALL : c->until > 12 ? E_TOO_LARGE : 0;
	if (s->ask == ASK_JOINED)
		return c->until <= c->from ? E_TIME_ORDER : 0;
	return c->until < c->from ? E_TOO_SMALL : 0;
}

/* Which field is wrong, and how; 0 when none is. */
static int sentence_wrong(const struct condition *c, const struct subject *s, struct arena *arena, const char **ret_field)
{
	const struct way *way = way_of(c->holds);
	const struct text_item *text = c->texts.at;
	*ret_field = "holds";
	if (!way || !str_among(c->holds, s->ways))
		return c->holds.len ? E_NOT_ONE_OF : E_MISSING_FIELD;
	*ret_field = s->values == TEXTS ? "texts" : "ids";
	if (way->values && (s->values == TEXTS ? c->texts : c->ids).count == 0)
		return E_MISSING_FIELD;
	if (way->values && s->values == TEXTS && any_blank(arena, c->texts))
		return E_TOO_SHORT;
	for (size_t i = 0; i < c->texts.count; i++)
		if (utf8_count(text[i].item) > TEXT_MAX)
			return *ret_field = "texts", E_TOO_LONG;
	*ret_field = "act";
	if (s->ask == ASK_DID && c->act.len == 0)
		return E_MISSING_FIELD;
	*ret_field = "n";
	if (way->number && way->holds == HOLDS_AT_LEAST && c->n < 1)
		return E_TOO_SMALL;
	*ret_field = "days";
	if ((way->days || s->ask == ASK_DID) && c->days < 1)
		return E_TOO_SMALL;
	if (s->ask == ASK_DID && c->days > CONDITION_DAYS)
		return E_TOO_LARGE;
	*ret_field = "field";
	if (s->ask == ASK_COLUMN && s->column == COLUMN_FIELD && c->field.n == 0)
		return E_MISSING_FIELD;
	return way->span ? span_wrong(c, s, ret_field) : 0;
}

static int check_lines(struct rows where, bool occasion, struct arena *arena, struct complaint *ret_why)
{
	const struct condition *c = where.at;
	size_t sentences = 0;
	for (size_t i = 0; i < where.count; i++) {
		const struct subject *s = subject_of(c[i].what);
		const char *field = "";
		int r = 0;
		if (!s || (i == 0 && !is_group(s)) || (s->occasion && !occasion))
			return blame(arena, i, "what", E_NOT_ONE_OF, ret_why);
		if (i == 0 ? c[i].depth != 0 : c[i].depth < 1 || c[i].depth > c[i - 1].depth + is_group(subject_of(c[i - 1].what)))
			return blame(arena, i, "depth", E_INVALID, ret_why);
		if (is_group(s)) {
			if (i > 0 && (i + 1 == where.count || c[i + 1].depth <= c[i].depth))
				return blame(arena, i, "", E_TOO_SHORT, ret_why);      /* a group of nobody's sentences */
			continue;
		}
		if (++sentences > CONDITION_SENTENCES)
			return blame(arena, i, "", E_TOO_MANY, ret_why);
		if ((r = sentence_wrong(&c[i], s, arena, &field)) < 0)
			return blame(arena, i, field, r, ret_why);
	}
	return arena_failed(arena) ? E_MEMORY : 0;
}

int condition_check(struct rows where, struct arena *arena, struct complaint *ret_why)
{
	if (where.count == 0)
		return *ret_why = (struct complaint){ E_MISSING_FIELD, S("where"), S("") }, E_MISSING_FIELD;
	return check_lines(where, false, arena, ret_why);
}

int condition_check_occasion(struct rows where, struct arena *arena, struct complaint *ret_why)
{
	return check_lines(where, true, arena, ret_why);
}

/* ---- Preparing ---------------------------------------------------------------------------------------- */

struct str column_text(struct arena *arena, struct str text) { return name_key(arena, text); }

struct str column_id(struct arena *arena, struct id id)
{
	return id.n ? str_copy(arena, (struct str){ (const char *)&id.n, sizeof id.n }) : S("");
}

static int take_values(const struct condition *c, const struct subject *s, struct arena *arena, struct line *line)
{
	const struct text_item *text = c->texts.at;
	const struct id_item *id = c->ids.at;
	size_t count = s->values == TEXTS ? c->texts.count : s->values == IDS ? c->ids.count : 0;
	if (count == 0)
		return 0;
	line->wanted = arena_take_array(arena, count, sizeof *line->wanted);
	line->ids = arena_take_array(arena, count, sizeof *line->ids);
	if (!line->wanted || !line->ids)
		return E_MEMORY;
	for (size_t i = 0; i < count; i++) {
		line->wanted[i] = s->values == TEXTS ? column_text(arena, text[i].item) : column_id(arena, id[i].item);
		line->ids[i] = s->values == IDS ? id[i].item : (struct id){ 0 };
	}
	line->wanted_count = line->id_count = count;
	return 0;
}

static void take_time(const struct condition *c, struct instant now, const struct zone *zone, struct line *line)
{
	int64_t first = day_of(zone, now) - c->days + 1;
	line->from = (struct instant){ 0 }, line->until = (struct instant){ INT64_MAX };
	line->since_day = first;
	if (line->holds == HOLDS_BETWEEN)
		line->from.ms = c->from, line->until.ms = c->until;
	else if (line->holds == HOLDS_BEFORE)
		line->until = day_start(zone, first);
	else
		line->from = day_start(zone, first);
}

static size_t end_of(const struct condition *c, size_t count, size_t i)
{
	size_t end = i + 1;
	while (end < count && c[end].depth > c[i].depth)
		end++;
	return end;
}

int outline_make(struct rows where, struct instant now, const struct zone *zone, struct arena *arena, struct outline *ret)
{
	const struct condition *c = where.at;
	struct line *lines = arena_take_array(arena, where.count, sizeof *lines);
	if (!lines)
		return E_MEMORY;
	for (size_t i = 0; i < where.count; i++) {
		const struct subject *s = subject_of(c[i].what);
		const struct way *way = way_of(c[i].holds);
		struct line *line = &lines[i];
		*line = (struct line){ .ask = s->ask, .column = s->column, .field = c[i].field,
		                       .least = c[i].from, .most = c[i].until, .no = c[i].no, .act = c[i].act, .n = c[i].n,
		                       .holds = way ? way->holds : HOLDS_IS, .end = end_of(c, where.count, i) };
		if (take_values(&c[i], s, arena, line) < 0)
			return E_MEMORY;
		if (s->ask == ASK_JOINED || s->ask == ASK_DID)
			take_time(&c[i], now, zone, line);
	}
	*ret = (struct outline){ lines, where.count };
	return arena_failed(arena) ? E_MEMORY : 0;
}

/* ---- Judging -------------------------------------------------------------------------------------------- */

static bool is_one_wanted(const struct line *line, struct str value)
{
	for (size_t i = 0; i < line->wanted_count; i++)
		if (line->holds == HOLDS_CONTAINS
		    ? value.len && memmem(value.at, value.len, line->wanted[i].at, line->wanted[i].len)
		    : str_equal(value, line->wanted[i]))
			return true;
	return false;
}

static bool is_wanted(const struct line *line, struct str value)
{
	if (line->column != COLUMN_FIELD || str_find(value, SEVERAL) < 0)
		return is_one_wanted(line, value);
	while (value.len)
		if (is_one_wanted(line, str_cut(&value, SEVERAL)))
			return true;
	return false;
}

static bool is_between(const struct line *line, struct str value)
{
	int64_t n;
	if (!str_to_int(value, &n))
		return false;
	return line->least <= line->most ? n >= line->least && n <= line->most : n >= line->least || n <= line->most;
}

bool line_accepts(const struct line *line, struct str value)
{
	switch (line->holds) {
	case HOLDS_IS: case HOLDS_CONTAINS: return is_wanted(line, value);
	case HOLDS_IS_NOT:                  return !is_wanted(line, value);
	case HOLDS_EMPTY:                   return value.len == 0;
	case HOLDS_PRESENT:                 return value.len > 0;
	case HOLDS_BETWEEN:                 return is_between(line, value);
	default:                            return false;
	}
}

bool line_accepts_number(const struct line *line, int64_t n)
{
	return line->holds == HOLDS_AT_LEAST ? n >= line->n : n <= line->n;
}

bool line_accepts_instant(const struct line *line, struct instant t)
{
	return t.ms >= line->from.ms && t.ms < line->until.ms;
}
