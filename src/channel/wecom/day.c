/* day.c: the platform's own numbers of each day: how many groups there are, how many came, who spoke.
 *
 * Story      Quntu cannot hear what is said in customer groups; the platform counts it. Each morning the numbers of yesterday are fetched,
 *            of all owners together and of each; the first time those of the last thirty days. Then a slow job goes backwards from there,
 *            ten days at a time, until the platform remembers no more: a channel connected today shows half a year.
 * Holds      Days are the platform's: UTC+8, whatever the community's zone. Today cannot be asked for (600018), nor more than 180 days
 *            back; one question spans at most 30 days and 100 owners. What was fetched stays: the platform forgets, we do not.
 * Owns       wecom_day
 * Test       wecom_day_test.c
 */
#include "channel/wecom/wecom.h"

#include "base/time.h"
#include "channel/outbox/courier.h"

#define BEIJING    (8 * HOUR)
#define READY_AT   (4 * HOUR)                     /* before that yesterday is not counted there yet */
#define SPAN       30
#define EACH_SPAN  7                              /* days of which every owner's numbers are fetched when we are late */
#define OWNERS     100                            /* in one owner_filter */
#define OWNERS_MAX 1000
#define PAGE       500
#define PAGES_MOST 20
#define LOOK_EVERY HOUR
#define FORGETS    180                            /* days back that can be asked for */
#define PAST_SPAN  10                             /* days of the past in one run, each owner's, too … */
#define PAST_STEP  (20 * SECOND)                  /* … and so much later the next ones */

/* ---- Rows ---- */

struct wecom_day {
	int64_t    day;
	struct str owner;
	int64_t    new_groups, groups_all, groups_spoke, new_members, members_all, spoke, messages;
};

ROW(wecom_day,
	FIELD(wecom_day, day,          "Days since 1970 in UTC+8"),
	FIELD(wecom_day, owner,        "userid; empty: all owners together"),
	FIELD(wecom_day, new_groups,   "Groups that began"),
	FIELD(wecom_day, groups_all,   "Groups there were"),
	FIELD(wecom_day, groups_spoke, "… in which something was said"),
	FIELD(wecom_day, new_members,  "Customers who came into groups"),
	FIELD(wecom_day, members_all,  "Customers in groups"),
	FIELD(wecom_day, spoke,        "… who said something"),
	FIELD(wecom_day, messages,     "Messages"));

struct wecom_day_query { struct str owner; int64_t days; };

ROW(wecom_day_query,
	FIELD(wecom_day_query, owner, "userid; empty: all owners together", .max = 64, .optional = true),
	FIELD(wecom_day_query, days,  "How many days back; 30 when left out", .min = 0, .max = 400, .optional = true));

struct wecom_owners_query { int64_t day; };

ROW(wecom_owners_query,
	FIELD(wecom_owners_query, day, "Days since 1970 in UTC+8; the last one known when left out", .min = 0, .max = 100000, .optional = true));

struct last_day { int64_t day; };

ROW(last_day, FIELD(last_day, day, "The last one known, or the first; 0: none"));

/* ---- Queries ---- */

#define DAY_NUMBERS "day, owner, new_groups, groups_all, groups_spoke, new_members, members_all, spoke, messages"

static QUERY(wecom_day_last, READS, &row_last_day, TAKES(K_ID, K_ID),
	"SELECT COALESCE(max(day), 0) AS day FROM wecom_day WHERE community_id = ?1 AND channel_id = ?2 AND owner = ''");

static QUERY(wecom_day_first, READS, &row_last_day, TAKES(K_ID, K_ID),
	"SELECT COALESCE(min(day), 0) AS day FROM wecom_day WHERE community_id = ?1 AND channel_id = ?2 AND owner = ''");

static QUERY(wecom_owners, READS, &row_text_item, TAKES(K_ID, K_ID, K_INT),
	"SELECT DISTINCT owner AS item FROM wecom_group WHERE community_id = ?1 AND channel_id = ?2 AND owner <> '' ORDER BY owner LIMIT ?3");

static QUERY(wecom_day_put, WRITES, NULL,
	TAKES(K_ID, K_ID, K_INT, K_STR, K_INT, K_INT, K_INT, K_INT, K_INT, K_INT, K_INT, K_INSTANT),
	"INSERT INTO wecom_day (community_id, channel_id, " DAY_NUMBERS ", taken_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (community_id, channel_id, day, owner) DO UPDATE SET"
	" new_groups = excluded.new_groups, groups_all = excluded.groups_all, groups_spoke = excluded.groups_spoke,"
	" new_members = excluded.new_members, members_all = excluded.members_all, spoke = excluded.spoke, messages = excluded.messages,"
	" taken_at = excluded.taken_at");

static QUERY(wecom_days_of, READS, &row_wecom_day, TAKES(K_ID, K_ID, K_STR, K_INT),
	"SELECT " DAY_NUMBERS " FROM wecom_day WHERE community_id = ?1 AND channel_id = ?2 AND owner = ?3 ORDER BY day DESC LIMIT ?4");

static QUERY(wecom_owners_of_day, READS, &row_wecom_day, TAKES(K_ID, K_ID, K_INT, K_INT),
	"SELECT " DAY_NUMBERS " FROM wecom_day WHERE community_id = ?1 AND channel_id = ?2 AND day = ?3 AND owner <> ''"
	" ORDER BY members_all DESC, owner LIMIT ?4");

/* ---- Asking ---- */

struct counting {
	struct wecom      wecom;
	struct id         community, channel_id;
	struct channel    channel;
	struct rows       owners;
	int64_t           from, until;            /* days, both of them counted */
	struct wecom_day *days;                   /* of all owners, from `from` on */
	struct wecom_day *each;                   /* of each owner */
	size_t            each_count, each_room;
	int64_t           each_from;              /* of each owner from this day on */
	bool              past;                   /* there is more of the past to be asked for */
	struct str        trouble;
};

static int64_t day_of_instant(struct instant at) { return (at.ms + BEIJING) / DAY; }

static int load_who(struct tx *tx, struct counting *c)
{
	int r = channel_get(tx, c->community, c->channel_id, &c->channel);
	return r < 0 ? r : tx_all(tx, &wecom_owners, &c->owners, V(c->community), V(c->channel_id), V((int64_t)OWNERS_MAX));
}

/* The first day that is known, as long as the platform may know of one before it; 0: there is nothing to be asked. */
static int before_first(struct tx *tx, const struct counting *c, int64_t *ret)
{
	struct last_day first;
	int r = tx_one(tx, &wecom_day_first, &first, V(c->community), V(c->channel_id));
	*ret = r == 0 && first.day > day_of_instant(tx_now(tx)) - FORGETS ? first.day : 0;
	return r;
}

static int load_counting(struct tx *tx, void *arg)
{
	struct counting *c = arg;
	struct last_day last;
	int64_t yesterday = day_of_instant((struct instant){ tx_now(tx).ms - READY_AT }) - 1, first = 0;
	int r = load_who(tx, c);
	if (r < 0 || (r = tx_one(tx, &wecom_day_last, &last, V(c->community), V(c->channel_id))) < 0 || (r = before_first(tx, c, &first)) < 0)
		return r;
	c->until = yesterday;
	c->from = last.day + 1 > yesterday - SPAN + 1 ? last.day + 1 : yesterday - SPAN + 1;
	c->each_from = c->until - EACH_SPAN + 1 > c->from ? c->until - EACH_SPAN + 1 : c->from;
	c->past = first || !last.day;
	return 0;
}

static int load_past(struct tx *tx, void *arg)
{
	struct counting *c = arg;
	int64_t first = 0, oldest = day_of_instant(tx_now(tx)) - FORGETS;
	int r = load_who(tx, c);
	if (r < 0 || (r = before_first(tx, c, &first)) < 0)
		return r;
	c->until = first - 1;
	c->from = c->each_from = first - PAST_SPAN > oldest ? first - PAST_SPAN : oldest;
	c->past = c->from > oldest;
	if (!first)
		c->until = c->from - 1;           /* nothing */
	return 0;
}

/* The numbers at this path of an answer are added. */
static void add_numbers(struct wecom_day *d, const struct loose *json, const char *at)
{
	static const struct { const char *name; size_t offset; } numbers[] = {
		{ "new_chat_cnt", offsetof(struct wecom_day, new_groups) }, { "chat_total", offsetof(struct wecom_day, groups_all) },
		{ "chat_has_msg", offsetof(struct wecom_day, groups_spoke) }, { "new_member_cnt", offsetof(struct wecom_day, new_members) },
		{ "member_total", offsetof(struct wecom_day, members_all) }, { "member_has_msg", offsetof(struct wecom_day, spoke) },
		{ "msg_total", offsetof(struct wecom_day, messages) },
	};
	char path[80];
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		snprintf(path, sizeof path, "%s.data.%s", at, numbers[i].name);
		*(int64_t *)(void *)((char *)d + numbers[i].offset) += loose_int(json, path, 0);
	}
}

static void write_question(struct buf *b, const struct counting *c, int64_t from, int64_t until, size_t first)
{
	const struct text_item *owner = c->owners.at;
	buf_format(b, "{\"day_begin_time\":%lld,\"day_end_time\":%lld,\"owner_filter\":{\"userid_list\":[",
	           (long long)((from * DAY - BEIJING) / SECOND), (long long)((until * DAY - BEIJING) / SECOND));
	for (size_t i = first; i < c->owners.count && i < first + OWNERS; i++) {
		buf_z(b, i > first ? "," : "");
		loose_write(b, owner[i].item);
	}
	buf_z(b, "]}");
}

static int ask(struct counting *c, const char *path, struct buf *body, struct wecom_reply *ret)
{
	buf_byte(body, '}');
	int r = buf_failed(body) ? E_MEMORY : wecom_call(&c->wecom, path, buf_view(body), ret);
	if (r >= 0 && ret->code) {
		c->trouble = ret->words;
		loose_free(&ret->json);
		return E_NOT_SENT;
	}
	return r;
}

/* All owners of a hundred together, day by day. */
static int count_days(struct counting *c, size_t first)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	char path[40];
	buf_init(&body, 64 << 10);
	write_question(&body, c, c->from, c->until, first);
	int r = ask(c, "/cgi-bin/externalcontact/groupchat/statistic_group_by_day", &body, &reply);
	for (size_t i = 0; r >= 0 && i < loose_count(&reply.json, "items"); i++) {
		snprintf(path, sizeof path, "items.%zu.stat_time", i);
		int64_t day = day_of_instant((struct instant){ loose_int(&reply.json, path, 0) * SECOND });
		snprintf(path, sizeof path, "items.%zu", i);
		if (day >= c->from && day <= c->until)
			add_numbers(&c->days[day - c->from], &reply.json, path);
	}
	if (r >= 0)
		loose_free(&reply.json);
	return r;
}

/* One page of one day's owners; *ret_next: where the next one begins, 0: there is none. */
static int count_owners(struct counting *c, int64_t day, size_t first, int64_t offset, int64_t *ret_next)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	char path[40];
	buf_init(&body, 64 << 10);
	write_question(&body, c, day, day, first);
	buf_format(&body, ",\"order_by\":2,\"order_asc\":0,\"offset\":%lld,\"limit\":%d", (long long)offset, PAGE);
	int r = ask(c, "/cgi-bin/externalcontact/groupchat/statistic", &body, &reply);
	if (r < 0)
		return r;
	size_t n = loose_count(&reply.json, "items");
	for (size_t i = 0; i < n && c->each_count < c->each_room; i++) {
		struct wecom_day *d = &c->each[c->each_count++];
		snprintf(path, sizeof path, "items.%zu.owner", i);
		*d = (struct wecom_day){ .day = day, .owner = loose_text(&reply.json, path, c->wecom.arena) };
		snprintf(path, sizeof path, "items.%zu", i);
		add_numbers(d, &reply.json, path);
	}
	int64_t next = loose_int(&reply.json, "next_offset", 0);
	*ret_next = n == PAGE && next > offset ? next : 0;
	loose_free(&reply.json);
	return 0;
}

static int count_each(struct counting *c)
{
	int64_t from = c->each_from, next = 0;
	c->each_room = c->owners.count * (size_t)(c->until - from + 1);
	c->each = arena_take_array(c->wecom.arena, c->each_room, sizeof *c->each);
	if (!c->each)
		return E_MEMORY;
	for (int64_t day = from; day <= c->until; day++)
		for (size_t first = 0; first < c->owners.count; first += OWNERS) {
			int pages = 0;
			do {
				int r = count_owners(c, day, first, next, &next);
				if (r < 0)
					return r;
			} while (next && ++pages < PAGES_MOST);
			next = 0;
		}
	return 0;
}

static int put(struct tx *tx, const struct counting *c, const struct wecom_day *d)
{
	return tx_run(tx, &wecom_day_put, V(c->community), V(c->channel_id), V(d->day), V(d->owner), V(d->new_groups), V(d->groups_all),
	              V(d->groups_spoke), V(d->new_members), V(d->members_all), V(d->spoke), V(d->messages), V(tx_now(tx)));
}

static int keep_counts(struct tx *tx, void *arg)
{
	const struct counting *c = arg;
	int r = 0;
	for (int64_t i = 0; r >= 0 && i <= c->until - c->from; i++)
		r = put(tx, c, &c->days[i]);
	for (size_t i = 0; r >= 0 && i < c->each_count; i++)
		r = put(tx, c, &c->each[i]);
	return r < 0 ? r : 0;
}

static int count(struct counting *c)
{
	size_t n = (size_t)(c->until - c->from + 1);
	int r = 0;
	c->days = arena_take_array(c->wecom.arena, n, sizeof *c->days);
	if (!c->days)
		return E_MEMORY;
	for (size_t i = 0; i < n; i++)
		c->days[i] = (struct wecom_day){ .day = c->from + (int64_t)i };
	for (size_t first = 0; r >= 0 && first < c->owners.count; first += OWNERS)
		r = count_days(c, first);
	if (r < 0 || (r = count_each(c)) < 0)
		return r;
	return store_write(c->wecom.store, c->community, c->wecom.arena, keep_counts, c);
}

/* ---- Jobs ---- */

static const struct job_kind jobs[];

enum { JOB_DAYS, JOB_DAY, JOB_PAST };

static int more_of_past(struct tx *tx, void *arg)
{
	const struct counting *c = arg;
	return job_add(tx, c->community, &jobs[JOB_PAST], str_format(tx_arena(tx), "%lld", (long long)c->channel_id.n), S(""),
	               (struct instant){ tx_now(tx).ms + PAST_STEP });
}

static int ask_and_keep(const struct job_context *jc, struct counting *c, struct str *ret_why)
{
	struct courier *courier;
	int r = courier_make(jc->store, jc->settings, &courier);
	if (r < 0)
		return r;
	if ((r = wecom_open(courier, c->community, &c->channel, &c->wecom)) >= 0)
		r = count(c);
	*ret_why = str_copy(jc->arena, c->trouble);
	courier_free(courier);
	return r;
}

static int run(const struct job_context *jc, const struct job *job, int (*load)(struct tx *, void *), struct str *ret_why)
{
	struct counting c = { .community = job->community };
	if (!str_to_int(job->key, &c.channel_id.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load, &c);
	if (r < 0 || !str_is(c.channel.state, "on") || !c.owners.count)
		return r == E_NOT_FOUND ? 0 : r;
	if (c.from <= c.until)
		r = ask_and_keep(jc, &c, ret_why);
	if (r >= 0 && c.past)
		r = store_write(jc->store, c.community, jc->arena, more_of_past, &c);
	return r < 0 ? r : 0;
}

static int run_day(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	return run(jc, job, load_counting, ret_why);
}

static int run_past(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	return run(jc, job, load_past, ret_why);
}

int wecom_days_want(struct tx *tx, struct id community, struct id channel)
{
	return job_add(tx, community, &jobs[JOB_DAY], str_format(tx_arena(tx), "%lld", (long long)channel.n), S(""), (struct instant){ 0 });
}

static int days_soon(struct tx *tx, void *arg)
{
	(void)arg;
	return wecom_channels(tx, wecom_days_want);
}

static int run_days(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return store_write(jc->store, (struct id){ 0 }, jc->arena, days_soon, NULL);
}

static const struct job_kind jobs[] = {
	[JOB_DAYS] = { "wecom_days", "Has yesterday's numbers of 企业微信 fetched, where they are missing", run_days, .every_ms = LOOK_EVERY },
	[JOB_DAY]  = { "wecom_day",  "Fetches the numbers of the last days of customer groups", run_day, .tries_max = 4, .backoff_ms = MINUTE },
	[JOB_PAST] = { "wecom_past", "Fetches those of days before, ten at a time", run_past, .tries_max = 6, .backoff_ms = 5 * MINUTE },
	{ 0 },
};

/* ---- API ---- */

static int get_days(struct request *rq, const void *in, void *out)
{
	const struct wecom_day_query *q = in;
	struct page *page = out;
	struct channel c;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &wecom_days_of, &page->rows, V(rq->community), V(c.id), V(q->owner),
	                         V(q->days ? q->days : (int64_t)SPAN))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

static int get_owners(struct request *rq, const void *in, void *out)
{
	const struct wecom_owners_query *q = in;
	struct page *page = out;
	struct channel c;
	struct last_day last = { q->day };
	int r = wecom_of(rq, &c);
	if (r < 0 || (!last.day && (r = tx_one(rq->tx, &wecom_day_last, &last, V(rq->community), V(c.id))) < 0) ||
	    (r = tx_all(rq->tx, &wecom_owners_of_day, &page->rows, V(rq->community), V(c.id), V(last.day), V((int64_t)OWNERS_MAX))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

static const struct route routes[] = {
	{ "GET", "/channels/{id}/wecom-days",   ROLE_READER, get_days,   &row_wecom_day_query, &row_wecom_day,
	  "The platform's own numbers of customer groups, newest day first", OUT_PAGE },
	{ "GET", "/channels/{id}/wecom-owners", ROLE_READER, get_owners, &row_wecom_owners_query, &row_wecom_day,
	  "… of one day, each owner's, who has most customers first", OUT_PAGE },
	{ 0 },
};

static const struct query *const queries[] = {
	&wecom_day_last, &wecom_day_first, &wecom_owners, &wecom_day_put, &wecom_days_of, &wecom_owners_of_day, NULL,
};

const struct feature feature_wecom_day = { .name = "wecom_day", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs };
