/* room.c: bench `room`: a room of Quntu's own in which people talk while many phones listen.
 *
 * Story      5,000 members are in the room. 10, then 100, 1,000 and 5,000 of their phones hold a stream open; whenever it says that
 *            something happened the phone asks for what came after its last line, as the page's script does. Then people
 *            speak, as fast as every phone keeps within WINDOW lines of the newest; what counts ends when the last phone has the
 *            last line. In the quiet afterwards single messages are timed until the last phone has them.
 *
 *   messages_per_s   said, stored, and on every phone that listens
 *   heard_by_all_ms  from "send" to the last phone, of one message in a quiet room
 *   listener_kb      what one more listening phone costs the server in memory (PSS)
 *
 * The phones run on the same machine and share its processors with the server. Addresses come by X-Forwarded-For, a hundred
 * streams each, so that the limits of one address hold as in the world.
 */
#include "bench/benches.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench/caller.h"
#include "channel/web/web.h"
#include "engine/event/event.h"
#include "http/within.h"
#include "people/community.h"
#include "store/schemas.h"

#define PEOPLE   5000
#define BATCH     500
#define FIRST   INT64_C(3000000000000)            /* number of the first phone */
#define POSTS      32                             /* connections by which phones ask for news */
#define WINDOW     64                             /* lines the slowest phone may be behind */
#define QUIET       7                             /* single messages that are timed */
#define PATIENCE   20.0
#define REPLY    (64 << 10)

/* ---- The room ---------------------------------------------------------------------------------------------------------- */

struct hall {
	const struct bench_run *run;
	struct id   community, group;
	struct str  slug;
	size_t      from;
	struct phone_words words[PEOPLE];
};

static int found(struct tx *tx, void *arg)
{
	struct hall *h = arg;
	struct within who = { .features = h->run->features };
	struct within_call make = { "POST", "/groups", .json = S("{\"name\":\"茶友群\",\"channel\":\"web\",\"capacity\":6000,"
		"\"rename_allowed\":true,\"invite_allowed\":true,\"lifetime\":\"permanent\",\"ends_at\":null}") };
	int r = community_make(tx, S("bench"), S("Asia/Shanghai"), &h->community);
	who.community = h->community;
	return r < 0 ? r : within_do(tx, &who, &make, &h->group);
}

static int let_in(struct tx *tx, void *arg)
{
	struct hall *h = arg;
	struct room room;
	struct id member;
	bool made;
	int r = 0;
	for (size_t i = h->from; r >= 0 && i < h->from + BATCH; i++) {
		struct member_origin origin = { .nickname = str_format(tx_arena(tx), "茶友%zu", i) };
		if ((r = room_of_group(tx, h->community, h->group, &room)) == 0 &&
		    (r = member_of_visitor(tx, h->community, (struct id){ FIRST + (int64_t)i }, &origin, &member, &made)) >= 0)
			r = room_enter(tx, &room, member);
	}
	h->slug = str_copy(h->run->arena, room.slug);
	return r < 0 ? r : 0;
}

static int fill(struct store *store, struct hall *h)
{
	int r = store_write(store, (struct id){ 0 }, h->run->arena, found, h);
	if (r >= 0)
		r = events_catch_up(store, h->run->features, h->community);       /* the group has a room now */
	for (h->from = 0; r >= 0 && h->from < PEOPLE; h->from += BATCH) {
		ARENA_SCOPED arena;
		arena_init(&arena, 64 << 20);
		r = store_write(store, h->community, &arena, let_in, h);
	}
	if (r >= 0)
		r = events_catch_up(store, h->run->features, h->community);
	return r < 0 ? r : server_phones(store, (struct id){ FIRST }, PEOPLE, h->run->arena, h->words);
}

static int make(struct hall *h)
{
	struct str why, folder = str_format(h->run->arena, "%s/room", h->run->folder);
	struct store_options options = {
		.url = str_z(h->run->arena, str_format(h->run->arena, "sqlite:%.*s/quntu.db", STR(folder))), .schemas = embedded_schemas,
	};
	struct store *store;
	int r = store_open(&options, &store, h->run->arena, &why);
	if (r < 0)
		return r;
	r = fill(store, h);
	store_close(store);
	FILE *file = fopen(str_z(h->run->arena, str_format(h->run->arena, "%.*s/quntu.conf", STR(folder))), "w");
	bool good = file && fputs("trusted_proxies = 127.0.0.1\nmax_connections = 12000\n", file) >= 0;
	return r < 0 ? r : file && fclose(file) == 0 && good ? 0 : E_STORE;
}

/* ---- The phones -------------------------------------------------------------------------------------------------------- */

enum part_of { STREAM, NEWS, SPEAKER };

struct phone { int fd; bool open, due; int64_t last; };
struct line  { int fd; bool busy; int phone; size_t got, need; char reply[REPLY]; };     /* a connection that asks */

struct crowd {
	struct hall  *hall;
	int           port, poll;
	struct phone  phones[PEOPLE];
	int           count, open;                /* streams asked for, streams that stand */
	int           queue[PEOPLE], first, queued;       /* phones that must ask, each once */
	struct line   lines[POSTS], speaker;
	int64_t       newest, said, refused, slowest;
	bool          speaking;
	double        looked;
};

static bool watch(struct crowd *c, int fd, enum part_of kind, int index)
{
	struct epoll_event wanted = { .events = EPOLLIN, .data.u64 = (uint64_t)kind << 32 | (uint32_t)index };
	return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && epoll_ctl(c->poll, EPOLL_CTL_ADD, fd, &wanted) == 0;
}

static bool ask(struct crowd *c, int fd, const char *method, int phone, const char *path, const char *json)
{
	char text[2048];
	const struct phone_words *w = &c->hall->words[phone];
	int n = snprintf(text, sizeof text, "%s /r/%.*s%s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 10.0.%d.%d\r\n"
		"Cookie: quntu_visitor=%.*s\r\nX-Quntu-CSRF: %.*s\r\n%s%zu\r\n\r\n%s",
		method, STR(c->hall->slug), path, phone / 90 / 250, phone / 90 % 250 + 1, STR(w->cookie),
		STR(w->word), json ? "Content-Type: application/json\r\nContent-Length: " : "X-Of: ", json ? strlen(json) : (size_t)phone,
		json ? json : "");
	return send(fd, text, (size_t)n, MSG_NOSIGNAL) == n;
}

/* One more stream, as long as there are phones. */
static bool listen_one(struct crowd *c)
{
	struct phone *p = &c->phones[c->count];
	p->fd = caller_connect(c->port);
	p->last = c->newest;
	return p->fd >= 0 && ask(c, p->fd, "GET", c->count, "/live", NULL) && watch(c, p->fd, STREAM, c->count++);
}

static void must_ask(struct crowd *c, int phone)
{
	if (c->phones[phone].due)
		return;
	c->phones[phone].due = true;
	c->queue[(c->first + c->queued++) % PEOPLE] = phone;
}

static void hear_stream(struct crowd *c, int index)
{
	char text[4096];
	ssize_t n = recv(c->phones[index].fd, text, sizeof text - 1, 0);
	if (n <= 0)
		return;
	text[n] = '\0';
	if (!c->phones[index].open && strncmp(text, "HTTP/1.1 ", 9) == 0) {
		c->phones[index].open = true;
		c->open++;
		c->refused += strncmp(text + 9, "200", 3) != 0;
	}
	if (strstr(text, "event: changed"))
		must_ask(c, index);
}

/* NULL: not whole yet. The body of the reply. */
static const char *hear_reply(struct line *l)
{
	ssize_t n = recv(l->fd, l->reply + l->got, REPLY - 1 - l->got, 0);
	if (n <= 0)
		return NULL;
	l->got += (size_t)n;
	l->reply[l->got] = '\0';
	const char *end = strstr(l->reply, "\r\n\r\n"), *length = strstr(l->reply, "Content-Length: ");
	if (!end || !length || l->got < (size_t)(end + 4 - l->reply) + strtoul(length + 16, NULL, 10))
		return NULL;
	l->busy = false, l->got = 0;
	return end + 4;
}

static int64_t number_in(const char *text, const char *before)
{
	const char *at = strstr(text, before);
	return at ? strtoll(at + strlen(before), NULL, 10) : 0;
}

static void hear(struct crowd *c, uint64_t what)
{
	int index = (int)(what & UINT32_MAX);
	if (what >> 32 == STREAM) {
		hear_stream(c, index);
		return;
	}
	struct line *l = what >> 32 == NEWS ? &c->lines[index] : &c->speaker;
	const char *body = hear_reply(l);
	if (!body)
		return;
	if (l == &c->speaker) {
		int64_t n = number_in(body, "\"n\":");
		c->refused += n == 0, c->said += n > 0;
		c->newest = n > c->newest ? n : c->newest;
		return;
	}
	int64_t last = number_in(body, "\"last\":");
	c->refused += last == 0;
	if (last > c->phones[l->phone].last)
		c->phones[l->phone].last = last;
}

static int64_t slowest(struct crowd *c)
{
	int64_t least = INT64_MAX;
	for (int i = 0; i < c->count; i++)
		least = c->phones[i].last < least ? c->phones[i].last : least;
	c->looked = bench_seconds();
	return c->slowest = least;
}

static bool say(struct crowd *c)
{
	char json[200];
	static int64_t key;
	snprintf(json, sizeof json, "{\"text\":\"周六下午三点茶会，带上你的杯子。想喝龙井还是普洱？\",\"key\":\"bench-%09lld\"}", (long long)++key);
	c->speaker.busy = true;
	return ask(c, c->speaker.fd, "POST", (int)(key * 7 % PEOPLE), "/say", json);
}

/* One look at what came, and what is to be asked and said next. */
static int step(struct crowd *c)
{
	struct epoll_event heard[256];
	int n = epoll_wait(c->poll, heard, 256, 2);
	for (int i = 0; i < n; i++)
		hear(c, heard[i].data.u64);
	for (int i = 0; i < POSTS && c->queued; i++) {
		struct line *l = &c->lines[i];
		char path[80];
		if (l->busy)
			continue;
		l->phone = c->queue[c->first];
		c->first = (c->first + 1) % PEOPLE, c->queued--;
		c->phones[l->phone].due = false, l->busy = true;
		snprintf(path, sizeof path, "/news?after=%lld", (long long)c->phones[l->phone].last);
		if (!ask(c, l->fd, "GET", l->phone, path, NULL))
			return E_STORE;
	}
	if (!c->speaking || c->speaker.busy)
		return 0;
	if (c->newest - c->slowest >= WINDOW && (bench_seconds() - c->looked < 0.005 || c->newest - slowest(c) >= WINDOW))
		return 0;
	return say(c) ? 0 : E_STORE;
}

/* Until every phone has the newest line. */
static int settle(struct crowd *c)
{
	double until = bench_seconds() + PATIENCE;
	int r = 0;
	while (r == 0 && (c->speaker.busy || slowest(c) < c->newest) && bench_seconds() < until)
		r = step(c);
	return r < 0 ? r : slowest(c) < c->newest ? E_BUSY : 0;
}

/* ---- Measuring --------------------------------------------------------------------------------------------------------- */

static int talk(struct crowd *c, double seconds, double *ret)
{
	double began = bench_seconds();
	int64_t before = c->said;
	int r = 0;
	c->speaking = true;
	while (r == 0 && bench_seconds() < began + seconds)
		r = step(c);
	c->speaking = false;
	if (r < 0 || (r = settle(c)) < 0)
		return r;
	*ret = (double)(c->said - before) / (bench_seconds() - began);
	return 0;
}

static int one_message(struct crowd *c, double *ret_ms)
{
	double began = bench_seconds();
	int64_t before = c->newest;
	if (!say(c))
		return E_STORE;
	while (c->newest == before && bench_seconds() < began + PATIENCE)
		if (step(c) < 0)
			return E_STORE;
	int r = settle(c);
	*ret_ms = (bench_seconds() - began) * 1000;
	return r;
}

static int grow(struct crowd *c, int count)
{
	double until = bench_seconds() + PATIENCE;
	int r = 0;
	while (c->count < count)
		if (!listen_one(c))
			return E_STORE;
	while (r == 0 && c->open < c->count && bench_seconds() < until)
		r = step(c);
	return r < 0 ? r : c->open < c->count || c->refused ? E_BUSY : settle(c);
}

static int measure(struct crowd *c, pid_t server, int count, double empty_mb)
{
	const struct bench_run *run = c->hall->run;
	struct memory memory;
	double rate, quiet[QUIET];
	int r = grow(c, count);
	bool known = bench_memory(server, &memory);
	if (r < 0 || (r = talk(c, run->seconds, &rate)) < 0)
		return r;
	for (int i = 0; r == 0 && i < QUIET; i++)
		r = one_message(c, &quiet[i]);
	if (r < 0 || c->refused)
		return r < 0 ? r : E_BUSY;
	bench_print(run, &(struct measure){ .bench = "room", .metric = "messages_per_s", .unit = "/s", .ours = rate, .n = count,
		.note = "said and on every phone that listens; phones on the same machine" });
	bench_print(run, &(struct measure){ .bench = "room", .metric = "heard_by_all_ms", .unit = "ms", .ours = bench_median(quiet, QUIET),
		.less_is_better = true, .n = count, .note = "one message in a quiet room, until the last phone has it" });
	if (known && count >= 100)
		bench_print(run, &(struct measure){ .bench = "room", .metric = "listener_kb", .unit = "KB", .less_is_better = true, .n = count,
			.ours = (memory.pss - empty_mb) * 1024 / count, .note = "memory of the server for one more listening phone" });
	return 0;
}

static int connect_all(struct crowd *c)
{
	for (int i = 0; i < POSTS; i++)
		if ((c->lines[i].fd = caller_connect(c->port)) < 0 || !watch(c, c->lines[i].fd, NEWS, i))
			return E_STORE;
	c->speaker.fd = caller_connect(c->port);
	return c->speaker.fd >= 0 && watch(c, c->speaker.fd, SPEAKER, 0) ? 0 : E_STORE;
}

static int curve(struct crowd *c, pid_t server)
{
	static const int sizes[] = { 10, 100, 1000, PEOPLE };
	struct memory empty = { 0 };
	double warm;
	int r = connect_all(c);
	if (r < 0 || (r = one_message(c, &warm)) < 0 || !bench_memory(server, &empty))
		return r < 0 ? r : E_STORE;
	for (size_t i = 0; r == 0 && i < sizeof sizes / sizeof *sizes; i++)
		r = measure(c, server, sizes[i], empty.pss);
	return r;
}

static void hang_up(struct crowd *c)
{
	for (int i = 0; i < c->count; i++)
		close(c->phones[i].fd);
	for (int i = 0; i < POSTS; i++)
		if (c->lines[i].fd > 0)
			close(c->lines[i].fd);
	close(c->poll);
}

static int run_room(const struct bench_run *run)
{
	struct rlimit files;
	struct child server;
	double start;
	struct hall *hall = mem_take(sizeof *hall);
	struct crowd *crowd = mem_take(sizeof *crowd);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {  /* inherited by the server */
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	int r = hall && crowd ? 0 : E_MEMORY;
	if (r == 0) {
		hall->run = run;
		*crowd = (struct crowd){ .hall = hall, .port = bench_free_port(), .poll = epoll_create1(EPOLL_CLOEXEC) };
		if ((r = make(hall)) == 0 && (r = bench_serve(run, "room", crowd->port, &server, &start)) == 0) {
			r = curve(crowd, server.pid);
			hang_up(crowd);
			child_stop(&server);
		}
	}
	mem_give(hall), mem_give(crowd);
	return r < 0 ? r : 0;
}

const struct bench bench_room = { "room", "a room of our own: messages a second on every phone, 10 to 5,000 listening", run_room };
