/* kill_test.c: acknowledged means durable, whatever happens to the process.
 *
 * Story      The real program serves a folder; phones scan; in the middle of it the process is killed as the kernel would.
 *            Whoever got an answer is in the store that the next process opens, and `quntu check` finds nothing.
 * Needs      The program: $QUNTU, or `quntu` beside this one, or build/quntu.
 */
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "test.h"
#include "world.h"

#define ROUNDS  3
#define PHONES  4
#define SCANS   100000          /* of one phone in one round, at most … */
#define CALM    2000            /* … from here on it takes its time, for what happens meanwhile may take long */
#define STORM   100             /* answers, at least, before it is killed */

/* ---- The program ---- */

static const char *program(struct arena *arena)
{
	char self[1000] = "";
	const char *named = getenv("QUNTU");
	if (named && *named)
		return named;
	if (readlink("/proc/self/exe", self, sizeof self - 1) > 0) {
		const char *beside = str_z(arena, str_format(arena, "%.*s/quntu", (int)(strrchr(self, '/') - self), self));
		if (beside && access(beside, X_OK) == 0)
			return beside;
	}
	if (access("build/quntu", X_OK) != 0)
		fail_msg("the program is not built: make");
	return "build/quntu";
}

/* A folder to serve, the address it was served at, and where its words go. */
struct served { struct house *house; char data[200], log[240], origin[64]; struct child child; };

static void place(struct served *s, struct house *house)
{
	*s = (struct served){ .house = house };
	if (house_is_pg(house))
		snprintf(s->data, sizeof s->data, "/tmp/quntu-kill-%d", (int)getpid());
	else
		snprintf(s->data, sizeof s->data, "%.*s", (int)(strrchr(house->url, '/') - house->url - 7), house->url + 7);
	snprintf(s->log, sizeof s->log, "/tmp/quntu-kill-%d.log", (int)getpid());
}

/* quntu WORD … --data FOLDER: its exit code; what it says is shown when it fails. */
static void do_well(struct served *s, const char *word, const char *more, const char *data)
{
	struct arena *arena = &s->house->arena;
	BUF_SCOPED said;
	buf_init(&said, 64 * 1024);
	const char *url = house_is_pg(s->house) ? s->house->url : "";
	const char *argv[] = { program(arena), word, "--data", data, "--store", url, more, NULL };
	int code = child_run(argv, &said, arena);
	if (code != 0)
		fail_msg("quntu %s: %d\n%.*s", word, code, STR(buf_view(&said)));
}

static bool find_origin(struct served *s)
{
	char text[4000] = "";
	FILE *log = fopen(s->log, "r");
	size_t len = log ? fread(text, 1, sizeof text - 1, log) : 0;
	if (log)
		fclose(log);
	text[len] = '\0';
	const char *at = strstr(text, "http://localhost:");
	if (at)
		snprintf(s->origin, sizeof s->origin, "http://127.0.0.1:%d", (int)strtol(at + 17, NULL, 10));
	return at != NULL;
}

static void serve(struct served *s)
{
	struct arena *arena = &s->house->arena;
	const char *url = house_is_pg(s->house) ? s->house->url : "";
	const char *argv[] = { program(arena), "serve", "--port", "0", "--data", s->data, "--store", url, NULL };
	unlink(s->log);
	assert_int_equal(child_start(argv, s->log, arena, &s->child), 0);
	if (!comes(find_origin(s) || !child_runs(&s->child)) || !child_runs(&s->child))
		fail_msg("quntu serve does not answer; see %s", s->log);
}

static void kill_now(struct served *s)
{
	assert_int_equal(kill(s->child.pid, SIGKILL), 0);
	assert_int_equal(waitpid(s->child.pid, NULL, 0), s->child.pid);
	s->child.pid = 0;
}

static void stop_well(struct served *s)
{
	int status = 0;
	assert_int_equal(kill(s->child.pid, SIGTERM), 0);
	assert_true(comes(!child_runs(&s->child)));
	assert_int_equal(waitpid(s->child.pid, &status, 0), s->child.pid);
	assert_int_equal(status, 0);
	s->child.pid = 0;
}

/* ---- Phones ---- */

struct phone { char url[200]; struct id now, *seen; _Atomic size_t count; _Atomic bool *over; };

/* A phone that was never here gets its number in a cookie: "Set-Cookie: quntu_visitor=123.…". */
static size_t take_number(char *at, size_t size, size_t count, void *arg)
{
	struct phone *p = arg;
	struct str value = { at, size * count }, name = str_cut(&value, '='), number = str_cut(&value, '.');
	int64_t n;
	if (str_equal_fold(name, S("Set-Cookie: quntu_visitor")) && str_to_int(number, &n))
		p->now.n = n;
	return size * count;
}

static size_t take_page(char *at, size_t size, size_t count, void *arg)
{
	(void)at, (void)arg;
	return size * count;
}

/* Scans as somebody new each time, until nobody answers. */
static void *scan(void *arg)
{
	struct phone *p = arg;
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_URL, p->url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)PATIENCE);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0.49");
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_number);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, p);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_page);
	while (!*p->over && p->count < SCANS) {
		long status = 0;
		p->now.n = 0;
		if (curl_easy_perform(curl) != CURLE_OK)
			break;
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		if ((status == 200 || status == 302) && p->now.n)
			p->seen[p->count++] = p->now;
		if (p->count > CALM)
			usleep(3000);
	}
	curl_easy_cleanup(curl);
	return NULL;
}

struct storm { struct phone phones[PHONES]; pthread_t threads[PHONES]; _Atomic bool over; };

static void storm_begin(struct storm *storm, struct served *s, struct str slug)
{
	storm->over = false;
	for (int i = 0; i < PHONES; i++) {
		struct phone *p = &storm->phones[i];
		*p = (struct phone){ .seen = calloc(SCANS, sizeof *p->seen), .over = &storm->over };
		assert_non_null(p->seen);
		snprintf(p->url, sizeof p->url, "%s/g/%.*s", s->origin, STR(slug));
		assert_int_equal(pthread_create(&storm->threads[i], NULL, scan, p), 0);
	}
}

static size_t storm_answered(const struct storm *storm)
{
	size_t count = 0;
	for (int i = 0; i < PHONES; i++)
		count += storm->phones[i].count;
	return count;
}

static size_t storm_end(struct storm *storm)
{
	storm->over = true;
	for (int i = 0; i < PHONES; i++)
		pthread_join(storm->threads[i], NULL);
	return storm_answered(storm);
}

static void storm_free(struct storm *storm)
{
	for (int i = 0; i < PHONES; i++)
		free(storm->phones[i].seen);
}

/* ---- What the store knows ---- */

struct books { int64_t visitors, scans, events; };

ROW(books,
	FIELD(books, visitors, "Who scanned"),
	FIELD(books, scans,    "How often, together"),
	FIELD(books, events,   "Scans in the log"));

static QUERY(visitors_all, READS, &row_id_item, TAKES_NOTHING,
	"SELECT visitor_id AS item FROM livecode_visitor ORDER BY visitor_id", .scans = true);

static QUERY(books_of, READS, &row_books, TAKES_NOTHING,
	"SELECT COUNT(*) AS visitors, CAST(COALESCE(SUM(scans), 0) AS BIGINT) AS scans,"
	" (SELECT COUNT(*) FROM event WHERE kind = 'livecode_scanned') AS events FROM livecode_visitor", .scans = true);

struct opened { struct rows visitors; struct books books; };

static int open_books(struct tx *tx, void *arg)
{
	struct opened *o = arg;
	int r = tx_all_(tx, &visitors_all, &o->visitors, NULL, 0);
	return r < 0 ? r : tx_one_(tx, &books_of, &o->books, NULL, 0);
}

static struct opened look_into(struct house *house)
{
	struct opened o = { 0 };
	assert_int_equal(store_read(house->store, &house->arena, open_books, &o), 0);
	return o;
}

static bool is_there(struct rows visitors, struct id visitor)
{
	const struct id_item *v = visitors.at;
	size_t low = 0, high = visitors.count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (v[middle].item.n < visitor.n)
			low = middle + 1;
		else
			high = middle;
	}
	return low < visitors.count && v[low].item.n == visitor.n;
}

static void check_all_there(const struct storm *storm, struct rows visitors)
{
	for (int i = 0; i < PHONES; i++)
		for (size_t k = 0; k < storm->phones[i].count; k++)
			if (!is_there(visitors, storm->phones[i].seen[k]))
				fail_msg("visitor %lld had an answer and is gone", (long long)storm->phones[i].seen[k].n);
}

/* A house with a running live code; nobody is at home. */
static struct str prepare(struct house *house)
{
	struct world w;
	world_open(&w, house);
	struct str slug = w.here.at[THE_LINK];
	world_close(&w);
	house_leave(house);
	return slug;
}

/* ---- Promises ---- */

PROMISE(killed, "killed in a storm of scans, three times: every scan that was answered is there, and check finds nothing")
{
	static struct storm storm;
	struct str slug = prepare(house);
	struct served s;
	place(&s, house);
	for (int round = 0; round < ROUNDS; round++) {
		serve(&s);
		storm_begin(&storm, &s, slug);
		assert_true(comes(storm_answered(&storm) >= STORM));
		usleep(100000 * (useconds_t)(round + 1));
		kill_now(&s);
		storm_end(&storm);
		house_restart(house);
		struct opened o = look_into(house);
		check_all_there(&storm, o.visitors);
		assert_int_equal(o.books.scans, o.books.events);
		house_leave(house);
		do_well(&s, "check", NULL, s.data);
		storm_free(&storm);
	}
	unlink(s.log);
	rmdir(s.data);
}

/* Restores the backup into a folder of its own and looks into it. */
static struct books restored(struct served *s, const char *backup, const char *folder)
{
	struct house *other;
	char url[400];
	do_well(s, "restore", backup, folder);
	do_well(s, "check", NULL, folder);
	snprintf(url, sizeof url, "sqlite:%s/quntu.db", folder);
	other = house_open(url);
	assert_non_null(other);
	struct books books = look_into(other).books;
	house_close(other);
	return books;
}

TEST(backup_in_a_storm, "backups taken while phones scan hold one moment each: sound, complete up to it, and restorable")
{
	static struct storm storm;
	struct house *house = house_open("sqlite:");
	assert_non_null(house);
	struct str slug = prepare(house);
	struct served s;
	int64_t last = 0;
	place(&s, house);
	serve(&s);
	storm_begin(&storm, &s, slug);
	for (int round = 0; round < ROUNDS; round++) {
		char file[300], folder[300];
		snprintf(file, sizeof file, "%s/copy%d.db", s.data, round);
		snprintf(folder, sizeof folder, "%s/restored%d", s.data, round);
		assert_true(comes((int64_t)storm_answered(&storm) > last));
		do_well(&s, "backup", file, s.data);
		struct books books = restored(&s, file, folder);
		assert_int_equal(books.scans, books.events);
		assert_true(books.visitors > last);
		last = books.visitors;
	}
	size_t answered = storm_end(&storm);
	stop_well(&s);
	house_restart(house);
	struct opened o = look_into(house);
	check_all_there(&storm, o.visitors);
	assert_true(o.books.visitors >= last && o.books.visitors >= (int64_t)answered);
	house_leave(house);
	storm_free(&storm);
	unlink(s.log);
	house_close(house);
}
