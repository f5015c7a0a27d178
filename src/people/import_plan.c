/* import_plan.c: what the columns of somebody's table are.
 *
 * Story      A table says 微信名, 电话 and 生日; another has no headings at all, but its second column is full of numbers of
 *            eleven digits. We guess, the operator corrects, and two columns that would both be the phone are named.
 * Not here   What a cell says (import_row.c). Nothing here asks the store.
 * Test       import_test.c
 */
#include "people/import_inside.h"

#include "base/utf8.h"

#define SAMPLE 50                       /* rows looked into */

ROW_PUBLIC(import_word, FIELD(import_word, item, "A cell or a heading", .max = CSV_ROW_MAX, .lines = true));

/* The same, where people send it. */
static const struct field import_choice_fields[] = { FIELD(import_word, item, "A field's word, or empty", .max = 80) };
static const struct row row_import_choice = { "import_choice", sizeof(struct import_word), import_choice_fields, 1 };

ROW_PUBLIC(import_plan,
	FIELD(import_plan, headings, "The first row holds headings"),
	FIELD(import_plan, match,    "How a row finds a member we know", .one_of = "phone identity nickname_city"),
	FIELD(import_plan, policy,   "What to do with one we know: leave them, fill what is empty, overwrite, or make another",
	      .one_of = "skip fill overwrite new"),
	FIELD(import_plan, columns,  "What each column is: nickname, phone, tags, field:KEY …; empty: leave it out", .of = &row_import_choice,
	      .max = CSV_COLUMNS_MAX),
	FIELD(import_plan, tags,     "Tags for everybody in the table", .of = &row_text_item, .max = IMPORT_TAGS_MAX, .optional = true),
	FIELD(import_plan, source,   "Source of everybody whose row names none", .max = 60, .optional = true));

/* ---- Fields: their words, how people are told of them, and what headings call them ---- */

static const struct { const char *word, *label[LANGS], *called; } fields[F_CUSTOM] = {
	[F_NICKNAME] = { "nickname", { "昵称", "nickname" }, "昵称 微信名 微信昵称 网名 群昵称 nickname nick wechatname displayname" },
	[F_NAME]     = { "name", { "姓名", "real name" }, "姓名 真实姓名 名字 客户姓名 会员姓名 学员姓名 联系人 name fullname realname" },
	[F_PHONE]    = { "phone", { "手机号", "phone" }, "手机 手机号 手机号码 电话 电话号码 联系电话 联系方式 phone mobile tel phonenumber cell" },
	[F_GENDER]   = { "gender", { "性别", "gender" }, "性别 gender sex" },
	[F_CITY]     = { "city", { "城市", "city" }, "城市 所在城市 地区 所在地 city town" },
	[F_INDUSTRY] = { "industry", { "行业", "industry" }, "行业 所属行业 industry" },
	[F_JOB]      = { "job", { "职业", "job" }, "职业 职位 岗位 工作 job title occupation position" },
	[F_BIRTHDAY] = { "birthday", { "生日", "birthday" }, "生日 出生日期 出生年月日 birthday birthdate dateofbirth dob" },
	[F_TAGS]     = { "tags", { "标签", "tags" }, "标签 客户标签 会员标签 tag tags labels" },
	[F_FLAG]     = { "flag", { "标签（列名就是标签）", "a tag of its own" }, "" },
	[F_SOURCE]   = { "source", { "来源", "source" }, "来源 渠道 客户来源 来源渠道 source channel from" },
	[F_INVITER]  = { "inviter", { "邀请人", "inviter" }, "邀请人 推荐人 介绍人 inviter invitedby referrer referredby" },
	[F_GROUP]    = { "group", { "群", "group" }, "群 群名 群名称 所在群 微信群 group groupname" },
	[F_JOINED]   = { "joined", { "加入时间", "member since" }, "加入时间 加入日期 入群时间 注册时间 注册日期 joined joinedat membersince registered createdat" },
	[F_WECOM]    = { "wecom", { "企业微信 ID", "WeCom ID" }, "企业微信id 企微id externaluserid wecomid wecom" },
	[F_MP]       = { "mp", { "公众号 OpenID", "official account OpenID" }, "openid 公众号openid 微信openid mp" },
	[F_ONEBOT]   = { "onebot", { "QQ 号", "QQ number" }, "qq qq号 qq号码 onebot" },
};

static enum import_field field_of_word(struct str word)
{
	for (int f = F_NICKNAME; f < F_CUSTOM; f++)
		if (str_is(word, fields[f].word))
			return (enum import_field)f;
	return F_NONE;
}

struct str import_field_label(const struct import_frame *frame, struct import_column c, enum lang lang)
{
	return c.field == F_CUSTOM ? frame->customs[c.custom].label : str_of(fields[c.field].label[lang]);
}

/* ---- Guessing ---- */

struct guess {
	const struct csv_row       *rows;
	size_t                      count, from, width;   /* from: the first row of people */
	const struct import_custom *customs;
	size_t                      custom_count;
	struct arena               *arena;
	struct import_word         *words;
	bool                        taken[F_CUSTOM];
};

static struct str cell_of(const struct csv_row *row, size_t column)
{
	return column < row->count ? str_trim(row->cells[column]) : S("");
}

static struct str word_of_heading(struct guess *g, struct str heading)
{
	struct str key = name_key(g->arena, heading);
	for (int f = F_NICKNAME; key.len && f < F_CUSTOM; f++)
		if (str_among(key, fields[f].called) && !g->taken[f]) {
			g->taken[f] = true;
			return str_of(fields[f].word);
		}
	for (size_t i = 0; key.len && i < g->custom_count; i++)
		if (str_equal(key, name_key(g->arena, g->customs[i].label)) || str_equal(key, name_key(g->arena, g->customs[i].key)))
			return str_format(g->arena, "field:%.*s", STR(g->customs[i].key));
	return S("");
}

static bool is_mobile(struct arena *arena, struct str s)
{
	struct str phone = import_phone(arena, s);
	return phone.len == 11 && phone.at[0] == '1';
}

static bool is_day(struct arena *arena, struct str s)
{
	int64_t day, plain;
	int minute;
	(void)arena;
	return !str_to_int(s, &plain) && import_date(s, &day, &minute);     /* a bare number may be anything */
}

static bool is_gender(struct arena *arena, struct str s)
{
	return str_among(name_key(arena, s), "男 女 男性 女性 male female m f");
}

static bool is_name(struct arena *arena, struct str s)
{
	(void)arena;
	return utf8_count(s) <= 40 && (s.at[0] < '0' || s.at[0] > '9');
}

/* Do nearly all cells that say something pass? At least two must. */
static bool mostly(const struct guess *g, size_t column, bool (*passes)(struct arena *, struct str))
{
	size_t some = 0, good = 0;
	for (size_t i = g->from; i < g->count && i < SAMPLE; i++) {
		struct str cell = cell_of(&g->rows[i], column);
		some += cell.len > 0;
		good += cell.len > 0 && utf8_valid(cell) && passes(g->arena, cell);
	}
	return good >= 1 && good * 5 >= some * 4;
}

static void guess_by_content(struct guess *g, size_t column)
{
	static const struct { enum import_field field; bool (*passes)(struct arena *, struct str); } signs[] = {
		{ F_PHONE, is_mobile }, { F_GENDER, is_gender }, { F_BIRTHDAY, is_day }, { F_NICKNAME, is_name },
	};
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
		if (g->taken[signs[i].field] || (signs[i].field == F_NICKNAME && g->taken[F_NAME]) || !mostly(g, column, signs[i].passes))
			continue;
		g->taken[signs[i].field] = true;
		g->words[column].item = str_of(fields[signs[i].field].word);
		return;
	}
}

/* Headings: one of them is known, or no cell of the first row looks like what stands below it. */
static bool has_headings(struct guess *g)
{
	bool known = false, number = false;
	for (size_t i = 0; i < g->width; i++) {
		struct str cell = cell_of(&g->rows[0], i);
		known |= (g->words[i].item = word_of_heading(g, cell)).len > 0;
		number |= cell.len && (is_mobile(g->arena, cell) || is_day(g->arena, cell));
	}
	return known || (!number && g->count > 1 && g->width > 1);
}

int import_guess(const struct csv_row *rows, size_t count, const struct import_custom *customs, size_t custom_count,
                 struct arena *arena, struct import_plan *ret)
{
	struct guess g = { .rows = rows, .count = count, .customs = customs, .custom_count = custom_count, .arena = arena };
	for (size_t i = 0; i < count; i++)
		g.width = rows[i].count > g.width ? rows[i].count : g.width;
	g.words = arena_take_array(arena, g.width, sizeof *g.words);
	if (!g.words)
		return E_MEMORY;
	bool headings = has_headings(&g);
	g.from = headings ? 1 : 0;
	for (size_t i = 0; i < g.width; i++)
		if (!g.words[i].item.len && (!headings || !cell_of(&rows[0], i).len))
			guess_by_content(&g, i);
	*ret = (struct import_plan){
		headings, S("phone"), S("fill"), { g.words, g.width }, { 0 }, S(""),
	};
	return arena_failed(arena) ? E_MEMORY : 0;
}

/* ---- A plan that somebody made ---- */

int import_plan_read(struct str json, struct arena *arena, struct import_plan *ret)
{
	struct complaint why;
	if (json.len)
		return row_read_json(&row_import_plan, json, arena, ret, &why);
	*ret = (struct import_plan){ .headings = true, .match = S("phone"), .policy = S("fill") };
	return 0;
}

static int column_of(const struct import_frame *frame, struct str word, struct import_column *ret)
{
	enum import_field field = field_of_word(word);
	*ret = (struct import_column){ field, 0 };
	if (word.len == 0 || field)
		return 0;
	for (size_t i = 0; str_starts(word, S("field:")) && i < frame->custom_count; i++)
		if (str_equal((struct str){ word.at + 6, word.len - 6 }, frame->customs[i].key)) {
			*ret = (struct import_column){ F_CUSTOM, i };
			return 0;
		}
	return E_NOT_ONE_OF;
}

/* What a column is called: its heading, or its number. */
static struct str called(const struct import_frame *frame, size_t column, enum lang lang)
{
	const struct import_word *heading = frame->headings.at;
	if (frame->plan->headings && column < frame->headings.count && heading[column].item.len)
		return heading[column].item;
	return str_format(frame->arena, lang == LANG_ZH ? "第 %zu 列" : "column %zu", column + 1);
}

static bool names_somebody(const struct import_frame *frame)
{
	for (size_t i = 0; i < frame->plan->columns.count; i++)
		if (frame->columns[i].field == F_NICKNAME || frame->columns[i].field == F_NAME || frame->columns[i].field == F_PHONE)
			return true;
	return false;
}

/* 0, or why not, with the two columns by their names. */
static int check_double(const struct import_frame *frame, size_t at, enum lang lang, struct str *ret_detail)
{
	const struct import_column *c = &frame->columns[at];
	for (size_t k = 0; k < at && c->field != F_NONE && c->field != F_FLAG; k++) {
		if (frame->columns[k].field != c->field || frame->columns[k].custom != c->custom)
			continue;
		struct str one = called(frame, k, lang), other = called(frame, at, lang), label = import_field_label(frame, *c, lang);
		*ret_detail = lang == LANG_ZH
			? str_format(frame->arena, "「%.*s」和「%.*s」都对应到了%.*s", STR(one), STR(other), STR(label))
			: str_format(frame->arena, "“%.*s” and “%.*s” are both the %.*s", STR(one), STR(other), STR(label));
		return E_IMPORT_TWICE;
	}
	return 0;
}

int import_columns(struct import_frame *frame, enum lang lang, struct str *ret_detail)
{
	const struct import_word *word = frame->plan->columns.at;
	size_t count = frame->plan->columns.count;
	int first = 0;
	for (size_t i = 0; i < count; i++) {
		int r = column_of(frame, word[i].item, &frame->columns[i]);
		if (r < 0 && !first)
			first = r, *ret_detail = word[i].item;
	}
	for (size_t i = 0; !first && i < count; i++)
		first = check_double(frame, i, lang, ret_detail);
	if (!first && !names_somebody(frame))
		first = E_IMPORT_NOBODY;
	return arena_failed(frame->arena) ? E_MEMORY : first;
}
