/* wecom_place_test.c: see wecom_place_test.h. */
#include "wecom_place_test.h"

extern const struct feature *const features[];

static struct reply connected(struct place *p, struct wecom_fake *fake)
{
	return post(p->desk.owner, at(&p->desk, "/channels"), text(&p->desk,
		"{\"kind\":\"wecom\",\"name\":\"友信\",\"values\":[{\"key\":\"corpid\",\"text\":\"" WECOM_CORP "\"},"
		"{\"key\":\"secret\",\"text\":\"" WECOM_SECRET "\"},{\"key\":\"token\",\"text\":\"" WECOM_TOKEN "\"},"
		"{\"key\":\"aes_key\",\"text\":\"" WECOM_KEY "\"},{\"key\":\"api\",\"text\":\"%s\"}]}", wecom_fake_url(fake)));
}

struct id place_another(struct place *p, struct wecom_fake *fake)
{
	struct reply r = connected(p, fake);
	assert_int_equal(r.status, 200);
	return (struct id){ number_at(&r, "id") };
}

void place_open(struct place *p, struct house *house)
{
	p->stands_at = clock_now();
	clock_set(p->stands_at);
	desk_open(&p->desk, house, features);
	p->fake = wecom_fake_open(0);
	struct reply r = connected(p, p->fake);
	assert_int_equal(r.status, 200);
	p->channel.n = number_at(&r, "id");
	p->address = text(&p->desk, "%.*s", STR(json_at(&r, "address")));
	wecom_fake_tell(p->fake, p->address, 1);
	wecom_fake_staff(p->fake, "wang");
}

void place_close(struct place *p)
{
	clock_set((struct instant){ 0 });
	wecom_fake_close(p->fake);
	desk_close(&p->desk);
}

const char *place_at(struct place *p, const char *rest)
{
	return at(&p->desk, "/channels/%lld%s", (long long)p->channel.n, rest);
}

#define A_MOMENT 50                               /* ms: what is done twice is not done at the same time */
#define ROUNDS 12                                 /* a job brings another, which is due a second later */

void place_work(struct place *p, int64_t ahead_ms)
{
	clock_set(p->stands_at);
	int64_t now = clock_now().ms + ahead_ms;
	for (int i = 0; i < ROUNDS; i++) {
		assert_true(events_catch_up(p->desk.house->store, features, p->desk.community) >= 0);
		clock_set((struct instant){ now + i * SECOND });
		assert_true(jobs_run_due(p->desk.house->store, site_options(p->desk.site)->settings, features) >= 0);
	}
	if (p->stands_at.ms)
		p->stands_at.ms += A_MOMENT;
	clock_set(p->stands_at);
}

void place_go(struct place *p)
{
	p->stands_at = (struct instant){ 0 };
	clock_set(p->stands_at);
}

void place_noon(struct place *p)
{
	p->stands_at.ms = (clock_now().ms + 8 * HOUR) / DAY * DAY + 4 * HOUR;        /* of the day it is there */
	clock_set(p->stands_at);
}

struct held_count { int64_t n; };

ROW(held_count, FIELD(held_count, n, "How many"));

static const QUERY(events_of_kind, READS, &row_held_count, TAKES(K_ID, K_STR),
	"SELECT count(*) AS n FROM event WHERE community_id = ?1 AND kind = ?2", .scans = true);

struct counting { struct place *p; const char *kind; int64_t n; };

static int count_events(struct tx *tx, void *arg)
{
	struct counting *c = arg;
	struct held_count got;
	int r = tx_one(tx, &events_of_kind, &got, V(c->p->desk.community), V(str_of(c->kind)));
	c->n = r < 0 ? 0 : got.n;
	return r;
}

int64_t place_events(struct place *p, const char *kind)
{
	struct counting c = { p, kind, 0 };
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	assert_int_equal(store_read(p->desk.house->store, &a, count_events, &c), 0);
	return c.n;
}

struct str place_trouble(struct place *p)
{
	struct reply r = get(p->desk.owner, place_at(p, ""));
	return json_at(&r, "trouble");
}

void place_every(struct place *p, const struct feature *feature)
{
	struct job_context jc = { p->desk.house->store, site_options(p->desk.site)->settings, features, &p->desk.house->arena };
	struct str why;
	for (const struct job_kind *k = feature->jobs; k->name; k++)
		if (k->every_ms)
			assert_int_equal(k->run(&jc, &(struct job){ .id = { 1 } }, &why), 0);
}
