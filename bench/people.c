/* people.c: bench `people`: an operator at a desk with up to 1,000,000 members: the list, the search, segments.
 *
 * Story      The server runs on a file with n members, three tags and three acts each. A signed-in browser asks over HTTP, one
 *            request after the other, as a console does: pages of the list with and without filters, searches by name,
 *            pinyin, initials and phone, and some twenty segments as the builder previews them (count, first twenty, why).
 * Floor      The same pages, searches (where SQL can be asked) and counts as plain SQL by the sqlite3 program on the same file, its start
 *            taken off. SQL that takes longer than SQL_PATIENCE is asked once.
 * Cold       The first segment waits until the members are in memory; that is a line of its own (roll_ready_ms).
 */
#include "bench/people.h"

#include <unistd.h>

#include "bench/caller.h"

#define PEOPLE_MOST  1000000
#define TURNS        12                               /* each question is asked so often */
#define SQL_PATIENCE 400.0                            /* ms */
#define SAMPLES_MAX  1200

/* ---- Questions ---- */

static const char *const lists[] = {
	"limit=50", "limit=50&tag=1000", "limit=50&tag=1120", "limit=50&source=7000000", "limit=50&source=7000300", "limit=50&group=8000001",
	"limit=50&group=8000200", "limit=50&tag=1003&group=8000005", "limit=200",
};
static const char *const searches[] = {
	"q=%E7%8E%8B", "q=%E6%9D%8E%E8%8A%B3", "q=%E5%B0%8F%E6%9E%97", "q=zhang", "q=zw", "q=chenjing", "q=1234", "q=0007",
	"q=%E5%98%89%E5%85%B4", "q=lfy", "q=%E7%88%B1%E5%90%83%E7%9A%84", "q=xyzq",
};

/* As somebody would write it by hand: from the smaller table inwards. */
#define COMMUNITY "(SELECT max(id) FROM community)"
#define WEARS(tag) "id IN (SELECT member_id FROM member_tag WHERE community_id = " COMMUNITY " AND tag_id = " tag ")"
#define PAGE(more, limit) "SELECT m.* FROM member m WHERE m.community_id = " COMMUNITY more " ORDER BY m.id DESC LIMIT " limit
#define NAMED(part) PAGE(" AND (m.nickname LIKE '%" part "%' OR m.name LIKE '%" part "%')", "50")

/* The same pages as plain SQL; of the searches those that SQL can be asked: pinyin and initials it cannot. */
static const char *const list_sql[] = {
	PAGE("", "50"), PAGE(" AND m." WEARS("1000"), "50"), PAGE(" AND m." WEARS("1120"), "50"), PAGE(" AND m.source_id = 7000000", "50"),
	PAGE(" AND m.source_id = 7000300", "50"), PAGE(" AND m.group_id = 8000001", "50"), PAGE(" AND m.group_id = 8000200", "50"),
	PAGE(" AND m." WEARS("1003") " AND m.group_id = 8000005", "50"), PAGE("", "200"),
};
static const char *const search_sql[] = {
	NAMED("王"), NAMED("李芳"), NAMED("小林"), PAGE(" AND m.phone LIKE '%1234'", "50"), PAGE(" AND m.phone LIKE '%0007'", "50"),
	NAMED("嘉兴"), NAMED("爱吃的"), NAMED("xyzq"),
};

#define DID(kind, days, often) "id IN (SELECT i.member_id FROM event e CROSS JOIN identity i ON i.community_id = e.community_id" \
	" AND i.channel = 'browser' AND i.subject = CAST(e.actor_id AS TEXT) WHERE e.community_id = " COMMUNITY " AND e.kind = '" kind "'" \
	" AND e.at >= (SELECT max(at) FROM event) - " days " * 86400000 GROUP BY i.member_id HAVING count(*) >= " often ")"
#define ALL(c) "[{\"depth\":0,\"what\":\"all\"}" c "]"
#define ANY(c) "[{\"depth\":0,\"what\":\"any\"}" c "]"
#define S_CITY(d, how, city) ",{\"depth\":" #d ",\"what\":\"city\",\"holds\":\"" how "\",\"texts\":[\"" city "\"]}"
#define S_TAG(d, how, tag) ",{\"depth\":" #d ",\"what\":\"tag\",\"holds\":\"" how "\",\"ids\":[\"" tag "\"]}"
#define S_IDS(d, what, how, id) ",{\"depth\":" #d ",\"what\":\"" what "\",\"holds\":\"" how "\",\"ids\":[\"" id "\"]}"
#define S_DID(d, how, act, n, days) \
	",{\"depth\":" #d ",\"what\":\"did\",\"holds\":\"" how "\",\"act\":\"" act "\",\"n\":" n ",\"days\":" days "}"

/* sql: what follows "WHERE m.community_id = …". */
static const struct question { const char *where, *sql; } questions[] = {
	{ ALL(""), " AND 1" },
	{ ALL(S_CITY(1, "is", "城市3")), " AND city = '城市3'" },
	{ ALL(S_CITY(1, "contains", "市1")), " AND city LIKE '%市1%'" },
	{ ALL(S_TAG(1, "any", "1000")), " AND " WEARS("1000") },
	{ ALL(S_TAG(1, "none", "1002")), " AND NOT " WEARS("1002") },
	{ ALL(S_TAG(1, "all", "1001") S_TAG(1, "all", "1004")), " AND " WEARS("1001") " AND " WEARS("1004") },
	{ ALL(",{\"depth\":1,\"what\":\"tag\",\"holds\":\"empty\"}"), " AND id NOT IN (SELECT member_id FROM member_tag"
	  " WHERE community_id = " COMMUNITY ")" },
	{ ALL(S_IDS(1, "source", "is", "7000002")), " AND source_id = 7000002" },
	{ ALL(S_IDS(1, "group", "is_not", "8000000")), " AND group_id <> 8000000" },
	{ ALL(S_IDS(1, "level", "is", "103")), " AND level_id = 103" },
	{ ALL(",{\"depth\":1,\"what\":\"inviter\",\"holds\":\"present\"}"), " AND inviter_id <> 0" },
	{ ALL(",{\"depth\":1,\"what\":\"invited\",\"holds\":\"at_least\",\"n\":3}"),
	  " AND id IN (SELECT inviter_id FROM member WHERE community_id = " COMMUNITY " AND inviter_id <> 0 GROUP BY inviter_id"
	  " HAVING count(*) >= 3)" },
	{ ALL(",{\"depth\":1,\"what\":\"joined\",\"holds\":\"within\",\"days\":30}"),
	  " AND joined_at >= (SELECT max(at) FROM event) - 30 * 86400000" },
	{ ALL(S_DID(1, "at_least", "livecode_scanned", "2", "30")), " AND " DID("livecode_scanned", "30", "2") },
	{ ALL(S_DID(1, "at_most", "livecode_scanned", "0", "30")), " AND NOT " DID("livecode_scanned", "30", "1") },
	{ ALL(",{\"depth\":1,\"what\":\"nickname\",\"holds\":\"contains\",\"texts\":[\"小\"]}"), " AND nickname_key LIKE '%小%'" },
	{ ALL(",{\"depth\":1,\"what\":\"birthday\",\"holds\":\"between\",\"from\":11,\"until\":2}"),
	  " AND substr(birthday, 6, 2) IN ('11', '12', '01', '02')" },
	{ ALL(",{\"depth\":1,\"what\":\"field\",\"field\":\"2001\",\"holds\":\"is\",\"texts\":[\"坦克300\"]}"),
	  " AND id IN (SELECT member_id FROM member_value WHERE community_id = " COMMUNITY " AND field_id = 2001 AND text_key = '坦克300')" },
	{ ALL(",{\"depth\":1,\"what\":\"field\",\"field\":\"2002\",\"holds\":\"between\",\"from\":100000000,\"until\":500000000}"),
	  " AND id IN (SELECT member_id FROM member_value WHERE community_id = " COMMUNITY " AND field_id = 2002"
	  " AND number BETWEEN 100000000 AND 500000000)" },
	{ ALL(S_IDS(1, "source", "is", "7000000") ",{\"depth\":1,\"what\":\"any\"}" S_DID(2, "at_least", "livecode_scanned", "2", "30")
	  S_TAG(2, "any", "1000")), " AND source_id = 7000000 AND (" DID("livecode_scanned", "30", "2") " OR " WEARS("1000") ")" },
	{ ANY(S_CITY(1, "is", "城市0") ",{\"depth\":1,\"what\":\"all\",\"no\":true}" S_TAG(2, "any", "1000") S_CITY(2, "is", "城市1")
	  ",{\"depth\":1,\"what\":\"all\"}" S_IDS(2, "level", "is", "101") S_DID(2, "at_least", "livecode_joined", "1", "60")),
	  " AND (city = '城市0' OR NOT (" WEARS("1000") " AND city = '城市1') OR (level_id = 101 AND " DID("livecode_joined", "60", "1") "))" },
};
#define COUNT(list) (sizeof (list) / sizeof *(list))

/* ---- Measuring ---- */

struct samples { double ms[SAMPLES_MAX]; size_t count; };

static int timed(struct caller *v, const char *method, const char *path, const char *json, struct samples *ret)
{
	double began = bench_seconds();
	int status = caller_ask(v, method, path, json);
	if (status != 200) {
		fprintf(stderr, "bench: %s %s: %d %.300s\n", method, path, status, json ? json : "");
		return E_STORE;
	}
	if (ret->count < SAMPLES_MAX)
		ret->ms[ret->count++] = (bench_seconds() - began) * 1000;
	return 0;
}

static double at_share(struct samples *s, double share)
{
	bench_median(s->ms, s->count);                /* sorts */
	return s->count ? s->ms[(size_t)(share * (double)(s->count - 1) + 0.5)] : 0;
}

/* Pages of the list: the first, and one far down. */
static int ask_lists(struct caller *v, const struct people *p, const char *const *queries, size_t count, struct samples *ret)
{
	char path[400], next[40];
	int r = 0;
	for (int turn = 0; turn <= TURNS; turn++)             /* the first turn warms the file's pages and is not counted */
		for (size_t i = 0; r == 0 && i < count; i++) {
			struct samples warm = { .count = 0 }, *to = turn ? ret : &warm;
			snprintf(path, sizeof path, "/api/c/%lld/members?%s", (long long)p->community.n, queries[i]);
			r = timed(v, "GET", path, NULL, to);
			if (r == 0 && caller_cut(v, "\"next\":\"", '"', next, sizeof next) && *next) {
				snprintf(path, sizeof path, "/api/c/%lld/members?%s&after=%s", (long long)p->community.n, queries[i], next);
				r = timed(v, "GET", path, NULL, to);
			}
		}
	return r;
}

static int preview(struct caller *v, const struct people *p, size_t i, struct samples *ret)
{
	char path[80];
	BUF_SCOPED json;
	buf_init(&json, 64 * 1024);
	buf_format(&json, "{\"where\":%s}%c", questions[i].where, '\0');
	snprintf(path, sizeof path, "/api/c/%lld/segments/preview", (long long)p->community.n);
	return buf_failed(&json) ? E_MEMORY : timed(v, "POST", path, json.at, ret);
}

/* How long until the first answer with a number in it. */
static int wake(struct caller *v, const struct people *p, double *ret_ms)
{
	struct samples unused = { .count = 0 };
	double began = bench_seconds();
	do {
		int r = preview(v, p, 0, &unused);
		if (r < 0)
			return r;
		if (memmem(v->reply.at, v->reply.len, "\"ready\":true", 12)) {
			*ret_ms = (bench_seconds() - began) * 1000;
			return 0;
		}
		usleep(20000);
	} while (bench_seconds() < began + 300);
	return E_BUSY;
}

static int ask_segments(struct caller *v, const struct people *p, struct samples *ret)
{
	int r = 0;
	for (int turn = 0; turn < TURNS; turn++)
		for (size_t i = 0; r == 0 && i < COUNT(questions); i++)
			r = preview(v, p, i, ret);
	return r;
}

static const char counted[] = "SELECT count(*) FROM member m WHERE m.community_id = " COMMUNITY;

static double sql_ms(const struct bench_run *run, const struct people *p, const char *text)
{
	const char *const argv[] = { "sqlite3", "-readonly", "-batch", p->file, text, NULL };
	double began = bench_seconds();
	return child_run(argv, NULL, run->arena) == 0 ? (bench_seconds() - began) * 1000 : -1;
}

/* Reads the file first, unless that alone says enough; the program's own start is taken off. */
static double warm_sql_ms(const struct bench_run *run, const struct people *p, const char *text, double start)
{
	double ms = sql_ms(run, p, text) - start;
	if (ms < SQL_PATIENCE)
		ms = sql_ms(run, p, text) - start;
	return ms > 0 ? ms : 0;
}

static void ask_sql(const struct bench_run *run, const struct people *p, const char *const *texts, size_t count, struct samples *ret)
{
	double start = sql_ms(run, p, "SELECT 1");
	for (size_t i = 0; i < count; i++)
		ret->ms[ret->count++] = warm_sql_ms(run, p, texts[i], start);
}

static void ask_counts(const struct bench_run *run, const struct people *p, struct samples *ret)
{
	char texts[COUNT(questions)][1600];
	const char *list[COUNT(questions)];
	for (size_t i = 0; i < COUNT(questions); i++) {
		snprintf(texts[i], sizeof texts[i], "%s%s", counted, questions[i].sql);
		list[i] = texts[i];
	}
	ask_sql(run, p, list, COUNT(questions), ret);
}

static void print(const struct bench_run *run, const struct people *p, const char *metric, const char *unit, double ours, double floor,
                  const char *note)
{
	struct measure m = { .bench = "people", .metric = metric, .unit = unit, .ours = ours, .less_is_better = true, .note = note,
	                     .n = (int64_t)p->members };
	if (floor > 0)
		m.floor = (struct figure){ "plain SQL by sqlite3", floor, NULL };
	bench_print(run, &m);
}

static void print_samples(const struct bench_run *run, const struct people *p, const char *what, struct samples *ours,
                          struct samples *floor, const char *note)
{
	char p95[40], p50[40];
	snprintf(p95, sizeof p95, "%s_p95_ms", what);
	snprintf(p50, sizeof p50, "%s_p50_ms", what);
	print(run, p, p95, "ms", at_share(ours, 0.95), floor ? at_share(floor, 0.95) : 0, note);
	print(run, p, p50, "ms", at_share(ours, 0.5), floor ? at_share(floor, 0.5) : 0, note);
}

struct results { struct samples list, search, segment, list_sql, search_sql, segment_sql; double start, wake; struct memory memory; };

static int measure(const struct bench_run *run, const struct people *p, struct results *res)
{
	CHILD_SCOPED server = { 0 };
	CALLER_SCOPED v = { .fd = -1 };
	double start;
	int port = bench_free_port(), r = bench_serve(run, p->name, port, &server, &start);
	if (r == 0 && (r = caller_sign_in(&v, port)) == 0 && (r = ask_lists(&v, p, lists, COUNT(lists), &res->list)) == 0 &&
	    (r = ask_lists(&v, p, searches, COUNT(searches), &res->search)) == 0 && (r = wake(&v, p, &res->wake)) == 0 &&
	    (r = ask_segments(&v, p, &res->segment)) == 0)
		bench_memory(server.pid, &res->memory);
	res->start = start;
	return r;
}

static int point(const struct bench_run *run, size_t members)
{
	struct results *res = ARENA_NEW(run->arena, struct results);
	struct people p;
	char note[120];
	double began = bench_seconds();
	int r = res ? people_make(run, members, &p) : E_MEMORY;
	double made = bench_seconds() - began;
	if (r < 0 || (r = measure(run, &p, res)) < 0)
		return r;
	ask_sql(run, &p, list_sql, COUNT(list_sql), &res->list_sql);
	ask_sql(run, &p, search_sql, COUNT(search_sql), &res->search_sql);
	ask_counts(run, &p, &res->segment_sql);
	snprintf(note, sizeof note, "%zu questions, made in %.0f s", COUNT(lists), made);
	print_samples(run, &p, "list", &res->list, &res->list_sql, note);
	snprintf(note, sizeof note, "%zu questions: names, pinyin, initials, phone tails", COUNT(searches));
	print_samples(run, &p, "search", &res->search, &res->search_sql, note);
	snprintf(note, sizeof note, "%zu segments as the builder previews them, warm", COUNT(questions));
	print_samples(run, &p, "segment", &res->segment, &res->segment_sql, note);
	print(run, &p, "roll_ready_ms", "ms", res->wake, 0, "cold: from the first question until the members are in memory");
	print(run, &p, "pss_mb", "MB", res->memory.pss, 0, "after all questions");
	unlink(p.file);
	return 0;
}

static int run(const struct bench_run *run)
{
	if (!child_find("sqlite3", run->arena)) {
		fputs("bench: sqlite3 is not installed (./dev bench installs it)\n", stderr);
		return E_NOT_FOUND;
	}
	int r = 0;
	for (size_t n = run->size ? (size_t)run->size : 10000; r == 0 && n <= PEOPLE_MOST; n = run->size ? SIZE_MAX : n * 10)
		r = point(run, n);
	return r;
}

const struct bench bench_people = { "people", "Lists, searches and segments over 10,000 to 1,000,000 members", run };
