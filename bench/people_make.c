/* people_make.c: a large community for bench `people`: members with the tags, sources, fields and acts that years leave.
 *
 * Some thousands are made by the program itself, so that their names, search keys and events are what it makes. The others
 * are their likenesses, made inside the file by the sqlite3 program: its own numbers, places, tags and acts for each.
 * Few tags, sources and groups have most of the members (power law). The followers are told that they have read it all:
 * their work is not measured here.
 */
#include "bench/caller.h"
#include "bench/people.h"
#include "engine/event/event.h"
#include "people/account.h"
#include "people/community.h"
#include "people/member.h"
#include "store/schemas.h"

#define LIKENESSES 4000
#define BATCH      500

/* ---- Those the program makes ---- */

struct making { const struct bench_run *run; struct people *people; size_t from, until; char hash[PASSWORD_HASH]; };

static uint32_t mixed(uint32_t n) { return (uint32_t)((uint64_t)n * UINT64_C(0x9E3779B97F4A7C15) >> 33); }

/* One to three of the common signs of a name, after a common surname. */
static struct str a_name(struct arena *arena, uint32_t n, int signs)
{
	static const char *const surnames[] = { "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "林",
		"郭", "何", "高", "罗", "郑", "梁", "谢", "宋", "唐", "许", "邓", "冯", "韩", "曹", "曾", "彭" };
	static const char *const given[] = { "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明",
		"超", "秀", "霞", "平", "刚", "桂", "英", "华", "文", "斌", "晓", "燕", "建", "国", "红", "鑫", "宇", "佳", "梦", "雨", "子", "浩", "轩", "怡" };
	struct str name = str_of(surnames[mixed(n) % 32]);
	for (int i = 0; i < signs; i++)
		name = str_format(arena, "%.*s%s", STR(name), given[mixed(n * 7 + (uint32_t)i + 1) % 40]);
	return name;
}

static int make_likeness(struct tx *tx, struct id community, uint32_t n)
{
	static const char *const before[] = { "", "小", "阿", "爱吃的", "嘉兴", "快乐" };
	static const char *const industries[] = { "", "教育", "汽车", "餐饮", "互联网" }, *const jobs[] = { "", "老师", "销售", "店长" };
	struct arena *arena = tx_arena(tx);
	struct member_profile p = {
		.nickname = str_format(arena, "%s%.*s", before[mixed(n + 11) % 6], STR(a_name(arena, n + 5000, 1))),
		.name = a_name(arena, n, 1 + (int)(mixed(n) % 2)), .gender = n % 2 ? S("female") : S("male"),
		.industry = str_of(industries[mixed(n + 3) % 5]), .job = str_of(jobs[mixed(n + 4) % 4]),
		.birthday = str_format(arena, "%d-%02d-15", 1960 + (int)(mixed(n + 5) % 45), 1 + (int)(mixed(n + 6) % 12)),
	};
	struct complaint why;
	struct id id;
	return member_make(tx, community, &p, NULL, (struct id){ 0 }, &id, &why);
}

static int make_some(struct tx *tx, void *arg)
{
	struct making *m = arg;
	struct id account;
	int r = 0;
	if (m->people->community.n == 0 &&
	    ((r = community_make(tx, S("bench"), S("Asia/Shanghai"), &m->people->community)) < 0 ||
	     (r = account_make(tx, S(BENCH_NAME), S("bench"), m->hash, &account)) < 0 ||
	     (r = account_hire(tx, m->people->community, account, ROLE_OWNER)) < 0))
		return r;
	for (size_t n = m->from; r >= 0 && n < m->until; n++)
		r = make_likeness(tx, m->people->community, (uint32_t)n);
	return r < 0 ? r : 0;
}

static int make_likenesses(const struct bench_run *run, struct people *people)
{
	struct store *store;
	struct str why;
	struct making m = { .run = run, .people = people };
	const char *url = str_z(run->arena, str_format(run->arena, "sqlite:%s", people->file));
	struct store_options options = { .url = url, .schemas = embedded_schemas };
	int r = url ? password_hash(S(BENCH_PASSWORD), m.hash) : E_MEMORY;
	if (r < 0 || (r = store_open(&options, &store, run->arena, &why)) < 0)
		return r;
	for (m.from = 0; r >= 0 && m.from < LIKENESSES && m.from < people->members; m.from += BATCH) {
		struct id before = people->community;
		ARENA_SCOPED arena;
		arena_init(&arena, 256 << 20);
		m.until = m.from + BATCH;
		r = store_write(store, before, &arena, make_some, &m);
	}
	store_close(store);
	return r < 0 ? r : 0;
}

/* ---- Their likenesses ---- */

/* A number in [0, 1) for row n; a different odd factor each time gives another one. */
#define BY_CHANCE(n, factor) "((((" n ")*" factor "%4294967296*48271%2147483647))/2147483647.0)"

static const char script[] =
	"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-400000; PRAGMA temp_store=FILE;\n"
	"CREATE TEMP TABLE c AS SELECT (SELECT max(id) FROM community) AS id, (SELECT count(*) FROM member) AS made,"
	" (SELECT min(id) FROM member) AS first, CAST(strftime('%s','now') AS INTEGER) * 1000 AS now;\n"
	"CREATE TEMP TABLE like_ AS SELECT row_number() OVER (ORDER BY id) AS k, * FROM member;\n"
	"CREATE INDEX temp.like_k ON like_(k); CREATE INDEX temp.like_id ON like_(id);\n"
	"CREATE TEMP TABLE like_key AS SELECT l.k, m.key FROM member_key m CROSS JOIN like_ l ON l.id = m.member_id;\n"
	"CREATE INDEX temp.like_key_k ON like_key(k, key);\n"
	"CREATE TEMP TABLE some AS SELECT value AS n, c.first - ($N - value + 1) * 64 AS id,"
	" 1 + CAST(c.made * " BY_CHANCE("value", "2654435761") " AS INTEGER) AS k, " BY_CHANCE("value", "2246822519") " AS a, "
	BY_CHANCE("value", "3266489917") " AS b, " BY_CHANCE("value", "668265263") " AS d, " BY_CHANCE("value", "374761393") " AS e,"
	" c.now - ($N - value) * (730 * 86400000 / $N) AS at, 13000000000 + (value * 7919 + 12345678) % 999999937 AS phone"
	" FROM generate_series(1, $N), c;\n"
	"INSERT INTO level SELECT c.id, 100 + value, 'L' || value, 'l' || value, value, 'grey', '', c.now FROM generate_series(1, 5), c;\n"
	"INSERT INTO tag SELECT c.id, 1000 + value, '标签' || value, '标签' || value, 'grey', 0, c.now FROM generate_series(0, 199), c;\n"
	"INSERT INTO member_field SELECT c.id, 2001, 'car', '车型', 'choice', '', json_array('朗逸','坦克300','汉','秦',"
	" '宋'), 0, 0, 0, 1, 0, c.now FROM c;\n"
	"INSERT INTO member_field SELECT c.id, 2002, 'km', '里程', 'number', '', '[]', 0, 0, 0, 2, 0, c.now FROM c;\n"
	"INSERT INTO member (community_id, id, nickname, nickname_key, name, phone, phone_tail, gender, city, industry, job, birthday,"
	" search, level_id, source_id, source, inviter_id, group_id, joined_at, created_at, changed_at, active_at)"
	" SELECT c.id, s.id, l.nickname, l.nickname_key, l.name, s.phone, substr(s.phone,11,1)||substr(s.phone,10,1)||substr(s.phone,9,1)"
	"||substr(s.phone,8,1)||substr(s.phone,7,1)||substr(s.phone,6,1)||substr(s.phone,5,1)||substr(s.phone,4,1)||substr(s.phone,3,1)"
	"||substr(s.phone,2,1)||substr(s.phone,1,1), l.gender, '城市' || CAST(60 * s.a * s.a * s.a AS INTEGER), l.industry, l.job, l.birthday,"
	" l.search, CASE WHEN s.b < 0.6 THEN 101 + CAST(5 * s.b AS INTEGER) ELSE 0 END, 7000000 + CAST(500 * s.d * s.d * s.d AS INTEGER),"
	" '来源' || CAST(500 * s.d * s.d * s.d AS INTEGER), CASE WHEN s.e < 0.3 AND s.n > 100 THEN"
	" c.first - ($N - 1 - CAST(s.n * s.a * s.b * s.d AS INTEGER)) * 64 ELSE 0 END, 8000000 + CAST(300 * s.e * s.e AS INTEGER),"
	" s.at, s.at, s.at, s.at FROM some s JOIN like_ l ON l.k = s.k, c ORDER BY s.id;\n"
	"INSERT INTO identity SELECT c.id, 'browser', CAST(1000000000000 + s.n AS TEXT), s.id, s.at FROM some s, c WHERE s.b < 0.8"
	" ORDER BY 3;\n"
	"INSERT OR IGNORE INTO member_tag SELECT c.id, s.id, 1000 + CAST(200 * r * r * r AS INTEGER), s.at"
	" FROM (SELECT n, id, at, value AS nth, "
	BY_CHANCE("n * 4 + value", "2654435769") " AS r FROM some, generate_series(1, 3)) s, c ORDER BY 2, 3;\n"
	"INSERT INTO member_value SELECT c.id, s.id, 2001, 0, v, v, 0 FROM (SELECT id, CASE CAST(7 * a AS INTEGER) WHEN 0 THEN '朗逸'"
	" WHEN 1 THEN '坦克300'"
	" WHEN 2 THEN '汉' WHEN 3 THEN '秦' WHEN 4 THEN '宋' END AS v FROM some) s, c WHERE v IS NOT NULL ORDER BY 2;\n"
	"INSERT INTO member_value SELECT c.id, some.id, 2002, 0, CAST(CAST(100000 * b AS INTEGER) AS TEXT),"
	" CAST(CAST(100000 * b AS INTEGER) AS TEXT),"
	" CAST(100000 * b AS INTEGER) * 10000 FROM some, c WHERE e < 0.5 ORDER BY 2;\n"
	"INSERT INTO member_key SELECT c.id, k.key, s.id FROM c CROSS JOIN some s CROSS JOIN like_key k ON k.k = s.k ORDER BY 2, 3;\n"
	"INSERT INTO event SELECT c.id, 0, 1000000000000 + value, CASE value % 10 WHEN 0 THEN 'livecode_joined' WHEN 1 THEN 'tag_put'"
	" WHEN 2 THEN 'livecode_shown' ELSE 'livecode_scanned' END, c.now - 60 * 86400000 + value * (60 * 86400000 / (3 * $N)),"
	" CASE value % 10 WHEN 1 THEN c.first - ($N - w) * 64 ELSE 5 END,"
	" CASE value % 10 WHEN 1 THEN 0 ELSE 1000000000000 + w + 1 END, 0, 0, 1, '', ''"
	" FROM (SELECT value, CAST($N * " BY_CHANCE("value", "2654435789") " * " BY_CHANCE("value", "1597334677") " AS INTEGER) AS w"
	" FROM generate_series(1, 3 * $N)), c;\n";

static void with_number(struct buf *out, const char *text, size_t n)
{
	for (const char *at = text; *at; at++)
		if (*at == '$')
			buf_int(out, (int64_t)n), at++;
		else
			buf_byte(out, *at);
}

static int ask_file(const struct bench_run *run, const char *file, const char *text, struct buf *ret_said)
{
	const char *const argv[] = { "sqlite3", "-batch", file, text, NULL };
	int r = child_run(argv, ret_said, run->arena);
	return r > 0 || buf_failed(ret_said) ? E_STORE : r;
}

#define OF_THEM " FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('member', 'identity'," \
	" 'member_tag', 'member_value', 'event')"
static const char indexes_are[] = "SELECT sql || ';'" OF_THEM, indexes_go[] = "SELECT 'DROP INDEX ' || name || ';'" OF_THEM;
static const char has_read[] = "INSERT OR REPLACE INTO follower SELECT c.id, '";
static const char has_read_all[] = "', 0, (SELECT max(id) FROM event), 0, 0, 0, 0 FROM c;\n";

/* Indexes are made when the rows are there. */
static int write_script(const struct bench_run *run, const struct people *people, const char *path)
{
	BUF_SCOPED indexes, drops, text;
	buf_init(&indexes, 1 << 20);
	buf_init(&drops, 1 << 20);
	buf_init(&text, 1 << 20);
	int r = ask_file(run, people->file, indexes_are, &indexes);
	if (r < 0 || (r = ask_file(run, people->file, indexes_go, &drops)) < 0)
		return r;
	buf_str(&text, buf_view(&drops));
	with_number(&text, script, people->members);
	for (const struct feature *const *f = run->features; *f; f++)
		for (const struct follower *one = (*f)->followers; one && one->name; one++)
			buf_z(&text, has_read), buf_z(&text, one->name), buf_z(&text, has_read_all);
	buf_str(&text, buf_view(&indexes));
	buf_byte(&text, '\n');
	FILE *file = buf_failed(&text) ? NULL : fopen(path, "w");
	bool good = file && fwrite(text.at, 1, text.len, file) == text.len;
	return file && fclose(file) == 0 && good ? 0 : E_STORE;
}

int people_make(const struct bench_run *run, size_t members, struct people *ret)
{
	struct people people = { .members = members };
	char name[32];
	snprintf(name, sizeof name, "people-%zu", members);
	people.name = str_z(run->arena, str_of(name));
	people.file = str_z(run->arena, str_format(run->arena, "%s/%s/quntu.db", run->folder, name));
	const char *path = str_z(run->arena, str_format(run->arena, "%s/%s.sql", run->folder, name));
	const char *read = str_z(run->arena, str_format(run->arena, ".read %s", path));
	BUF_SCOPED said;
	buf_init(&said, 1 << 20);
	int r = people.name && people.file && path && read ? make_likenesses(run, &people) : E_MEMORY;
	if (r < 0 || (r = write_script(run, &people, path)) < 0)
		return r;
	const char *const argv[] = { "sqlite3", "-batch", "-bail", people.file, read, NULL };
	r = child_run(argv, &said, run->arena);
	if (r != 0) {
		fprintf(stderr, "bench: sqlite3: %.*s\n", STR(buf_view(&said)));
		return r < 0 ? r : E_STORE;
	}
	*ret = people;
	return 0;
}
