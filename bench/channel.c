/* channel.c: bench `channel`: how fast Quntu speaks (here) and hears (heard.c).
 *
 * sends_per_s  20,000 sends in 500 groups of 10 channels, put in transactions, then delivered by the outbox over HTTP to a
 *              fake platform on this machine that says yes at once: taken by lease, counted against a quota, sent in order,
 *              noted as sent, with their place in the group's history and their event. The floor is the same requests
 *              over the same number of connections with libcurl alone, nothing stored.
 */
#include "bench/heard.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/outbox/courier.h"
#include "channel/outbox/outbox.h"
#include "people/community.h"
#include "store/schemas.h"

#define CHANNELS   10
#define GROUPS     500
#define SENDS      20000
#define PUT_BATCH  250
#define THREADS    8
#define PATIENCE   120.0                          /* seconds */

/* ---- A platform that always says yes ------------------------------------------------------------ */

struct platform { int fd, port; pthread_t door; };

static void *answer(void *arg)
{
	static const char yes[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		"Content-Length: 26\r\n\r\n{\"errcode\":0,\"msgid\":1234}";
	int fd = (int)(intptr_t)arg;
	char room[4096];
	size_t len = 0;
	for (ssize_t n; (n = recv(fd, room + len, sizeof room - 1 - len, 0)) > 0;) {
		len += (size_t)n;
		room[len] = '\0';
		const char *body = strstr(room, "\r\n\r\n"), *length = strcasestr(room, "Content-Length: ");
		if (!body || !length || len < (size_t)(body + 4 - room) + strtoul(length + 16, NULL, 10))
			continue;
		len = 0;
		if (send(fd, yes, sizeof yes - 1, MSG_NOSIGNAL) < 0)
			break;
	}
	close(fd);
	return NULL;
}

static void *welcome(void *arg)
{
	struct platform *p = arg;
	for (int fd; (fd = accept(p->fd, NULL, NULL)) >= 0;) {
		pthread_t thread;
		int one = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (pthread_create(&thread, NULL, answer, (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
		else
			close(fd);
	}
	return NULL;
}

static int platform_open(struct platform *p)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(p->fd, 64) != 0 ||
	    getsockname(p->fd, (struct sockaddr *)&at, &len) != 0 || pthread_create(&p->door, NULL, welcome, p) != 0)
		return E_STORE;
	p->port = ntohs(at.sin_port);
	return 0;
}

static void platform_close(struct platform *p)
{
	shutdown(p->fd, SHUT_RDWR);
	pthread_join(p->door, NULL);
	close(p->fd);
}

/* ---- Its connector --------------------------------------------------------------------------------- */

static char where[64];

static int say(struct courier *c, struct str body, struct answer *ret)
{
	struct str why;
	struct letter letter = { .url = str_of(where), .body = body };
	return courier_ask(c, &letter, ret, &why);
}

static int deliver(struct courier *c, const struct channel *channel, const struct send *s, struct delivery *ret)
{
	struct answer a;
	(void)channel;
	int r = say(c, s->body, &a);
	ret->outcome = r == 0 && a.status == 200 ? DELIVERED : NOT_NOW;
	ret->number = s->key;
	return r == E_NOT_SENT ? 0 : r;
}

static const struct quota quotas[] = {
	{ "minute", "每分钟", "A minute", NULL, PER_CHANNEL, 1000000, A_MINUTE, NULL }, { 0 },
};

static const struct connector yes_platform = {
	.kind = "onebot", .zh = "假平台", .en = "A fake", .can = CAN_TEXT | CAN_TELL, .quotas = quotas, .deliver = deliver,
};

/* ---- The community ------------------------------------------------------------------------------------ */

struct office { struct id community, channels[CHANNELS], groups[GROUPS]; int64_t next; };

static QUERY(bench_channel_insert, WRITES, NULL, TAKES(K_ID, K_ID),
	"INSERT INTO channel (community_id, id, kind, name, state, subject, slug, settings, trouble, troubled_at, heard_at, said_at,"
	" created_at) VALUES (?1, ?2, 'onebot', 'QQ', 'on', '', CAST(?2 AS TEXT), '{}', '', 0, 0, 0, 1)");

static int found(struct tx *tx, void *arg)
{
	struct office *o = arg;
	struct channel c;
	int r = community_make(tx, S("车友会"), S("Asia/Shanghai"), &o->community);
	for (int i = 0; r >= 0 && i < CHANNELS; i++)
		r = tx_run(tx, &bench_channel_insert, V(o->community), V(o->channels[i] = tx_new_id(tx)));
	for (int i = 0; r >= 0 && i < GROUPS; i++) {
		struct str name = str_format(tx_arena(tx), "车主 %d 群", i);
		if ((r = channel_get(tx, o->community, o->channels[i % CHANNELS], &c)) >= 0)
			r = channel_bind(tx, o->community, &c, name, name, (struct id){ 0 }, &o->groups[i]);
	}
	return r;
}

#define WORDS "{\"text\":\"欢迎新车主！先看群公告，再改群名片：车型-城市-昵称。周五晚八点有用车答疑，带着问题来。\"}"

static int put_batch(struct tx *tx, void *arg)
{
	const struct office *o = arg;
	int r = 0;
	for (int64_t i = o->next; r >= 0 && i < o->next + PUT_BATCH; i++) {
		struct outgoing out = {
			.group = o->groups[i % GROUPS], .what = "text", .body = S(WORDS), .reason = S("bench"), .prompt = true,
			.key = str_format(tx_arena(tx), "bench-%lld", (long long)i),
		};
		r = outbox_put(tx, o->community, &out, NULL);
	}
	return r < 0 ? r : 0;
}

struct left { int64_t n; };
ROW(left, FIELD(left, n, "How many are not sent yet"));
static QUERY(bench_left, READS, &row_left, TAKES_NOTHING, "SELECT count(*) AS n FROM send WHERE state = 'waiting'", .scans = true);

static int left_action(struct tx *tx, void *ret) { return tx_one_(tx, &bench_left, ret, NULL, 0); }

/* ---- sends_per_s --------------------------------------------------------------------------------------- */

struct bare { struct courier *courier; struct store *store; const struct settings *settings; _Atomic int64_t *left; int failed; };

static void *ask_barely(void *arg)
{
	struct bare *b = arg;
	struct answer a;
	while (atomic_fetch_sub(b->left, 1) > 0) {
		arena_reset(courier_arena(b->courier));
		b->failed += say(b->courier, S(WORDS), &a) != 0;
	}
	return NULL;
}

static int measure_floor(struct store *store, const struct settings *settings, double *ret)
{
	struct bare bare[THREADS] = { 0 };
	pthread_t threads[THREADS];
	_Atomic int64_t left = SENDS;
	int r = 0, failed = 0, started = 0;
	for (int i = 0; r == 0 && i < THREADS; i++) {
		bare[i] = (struct bare){ .left = &left };
		r = courier_make(store, settings, &bare[i].courier);
	}
	double began = bench_seconds();
	for (; r == 0 && started < THREADS; started++)
		if (pthread_create(&threads[started], NULL, ask_barely, &bare[started]) != 0)
			r = E_MEMORY;
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	*ret = SENDS / (bench_seconds() - began);
	for (int i = 0; i < THREADS; i++) {
		failed += bare[i].failed;
		courier_free(bare[i].courier);
	}
	return r < 0 ? r : failed ? E_NOT_SENT : 0;
}

static int drain(struct store *store, const struct settings *settings, struct arena *arena, double *ret)
{
	struct outbox_options options = { .store = store, .settings = settings, .threads = THREADS };
	struct outbox *outbox;
	struct left left = { SENDS };
	double began = bench_seconds();
	int r = outbox_start(&options, &outbox);
	while (r == 0 && left.n && bench_seconds() < began + PATIENCE) {
		usleep(10000);
		r = store_read(store, arena, left_action, &left);
	}
	*ret = SENDS / (bench_seconds() - began);
	outbox_stop(outbox);
	return r < 0 ? r : left.n ? E_BUSY : 0;
}

static int measure_sends(const struct bench_run *run, struct store *store, const struct settings *settings, struct office *o)
{
	double ours[BENCH_ROUNDS], floor[BENCH_ROUNDS], put[BENCH_ROUNDS];
	for (int round = 0; round < BENCH_ROUNDS; round++) {
		double began = bench_seconds();
		int r = 0;
		for (int64_t end = o->next + SENDS; r == 0 && o->next < end; o->next += PUT_BATCH)
			r = store_write(store, o->community, run->arena, put_batch, o);
		put[round] = SENDS / (bench_seconds() - began);
		if (r < 0 || (r = drain(store, settings, run->arena, &ours[round])) < 0 || (r = measure_floor(store, settings, &floor[round])) < 0)
			return r;
	}
	bench_print(run, &(struct measure){
		.bench = "channel", .metric = "sends_per_s", .unit = "/s", .ours = bench_median(ours, BENCH_ROUNDS), .n = SENDS,
		.note = "20,000 sends in 500 groups of 10 channels, over HTTP to a fake on this machine, 8 threads",
		.floor = { "libcurl alone", bench_median(floor, BENCH_ROUNDS), NULL },
	});
	bench_print(run, &(struct measure){
		.bench = "channel", .metric = "puts_per_s", .unit = "/s", .ours = bench_median(put, BENCH_ROUNDS), .n = SENDS,
		.note = "sends promised, 250 in a transaction",
	});
	return 0;
}

/* ---- All of it ------------------------------------------------------------------------------------------- */

static int run_sends(const struct bench_run *run)
{
	static const struct setting *const tables[] = { outbox_settings, NULL };
	struct store_options options = { .schemas = embedded_schemas };
	struct platform platform = { 0 };
	struct office office = { .next = 0 };
	struct settings *settings;
	struct store *store;
	struct str why = S("");
	char url[4096];
	int argc = 0, r;
	snprintf(url, sizeof url, "sqlite:%s/quntu.db", run->folder);
	options.url = url;
	if ((r = secret_start()) < 0 || (r = settings_read(tables, "", false, &argc, NULL, LANG_EN, run->arena, &settings, &why)) < 0 ||
	    (r = store_open(&options, &store, run->arena, &why)) < 0)
		return r;
	if ((r = platform_open(&platform)) == 0) {
		snprintf(where, sizeof where, "http://127.0.0.1:%d/send", platform.port);
		connector_stand_in(&yes_platform);
		if ((r = store_write(store, (struct id){ 0 }, run->arena, found, &office)) >= 0)
			r = measure_sends(run, store, settings, &office);
		connector_stand_in(NULL);
		platform_close(&platform);
	}
	store_close(store);
	return r < 0 ? r : 0;
}

/* Each opens what it needs below run->folder, in a folder of its own name when it is not the first. */
static int (*const parts[])(const struct bench_run *) = { run_sends, bench_hearing };

static int run_channel(const struct bench_run *run)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < sizeof parts / sizeof *parts; i++)
		r = parts[i](run);
	return r;
}

const struct bench bench_channel = {
	"channel", "Speaking through the outbox; hearing, with a hundred automations that listen", run_channel,
};
