/* privacy.c: how long people are kept, and the timer that forgets them.
 *
 * Story      An owner opens Settings → Privacy, sets "visitors who never joined: 12 months" and reads at once how many
 *            that would be today. Each night the timer forgets them, clears the addresses of old audit lines, and makes
 *            old events nobody's. Sums stay; names go.
 * Not here   Members (who are kept until they or staff say otherwise: erase), what each room keeps of visitors (their
 *            own `idle` and `erases`, http/personal.h).
 * Owns       privacy.
 * Holds      A member is never forgotten by the timer. It works in small transactions and stops after a while: the rest
 *            goes the next night. Running it twice is running it once.
 * Test       privacy_test.c.
 */
#include "people/privacy.h"

#include "engine/event/event.h"
#include "engine/jobs/jobs.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/erase.h"
#include "people/phone.h"

#define MONTH        (30 * DAY)
#define BATCH        200         /* visitors in one transaction */
#define NIGHT_MOST   20000       /* visitors of one table, and events, that one night forgets */
#define COUNT_MOST   10000       /* a preview counts no further */
#define MONTHS_MAX   240

/* ---- Rows ------------------------------------------------------------------------------------- */

#define SENDERS "none console webhook"

ROW_PUBLIC(privacy,
	FIELD(privacy, visitor_months, "Visitors who never joined are forgotten after so many months; 0: never", .min = 0, .max = MONTHS_MAX),
	FIELD(privacy, audit_months,   "Addresses in the audit log are cleared after so many months; 0: never", .min = 0, .max = MONTHS_MAX),
	FIELD(privacy, event_months,   "Who did what becomes nobody after so many months; 0: never", .min = 0, .max = MONTHS_MAX),
	FIELD(privacy, grace_days,     "Days in which a member can take back that they want to be erased; 0: erased at once", .min = 0, .max = 7),
	FIELD(privacy, sender,         "How phone codes are sent", .one_of = SENDERS),
	FIELD(privacy, sender_url,     "Address of the text message gateway, which gets them by POST", .max = 500,
	      .pattern = "(https?://.+)?", .optional = true),
	FIELD(privacy, codes_a_day,    "Codes sent a day at most", .min = 1, .max = 100000));

struct privacy_page {
	int64_t    visitor_months, audit_months, event_months, grace_days;
	struct str sender, sender_url;
	int64_t    codes_a_day;
	bool       console_allowed;
};

ROW(privacy_page,
	FIELD(privacy_page, visitor_months,  "Months until visitors who never joined are forgotten; 0: never"),
	FIELD(privacy_page, audit_months,    "Months until addresses in the audit log are cleared; 0: never"),
	FIELD(privacy_page, event_months,    "Months until events are nobody's; 0: never"),
	FIELD(privacy_page, grace_days,      "Days in which an erasure can be taken back"),
	FIELD(privacy_page, sender,          "How phone codes are sent", .one_of = SENDERS),
	FIELD(privacy_page, sender_url,      "Address of the gateway"),
	FIELD(privacy_page, codes_a_day,     "Codes sent a day at most"),
	FIELD(privacy_page, console_allowed, "This server may write codes into its log, for trials"));

struct preview_query { int64_t visitor_months, audit_months, event_months; };

ROW(preview_query,
	FIELD(preview_query, visitor_months, "As it would be set", .min = 0, .max = MONTHS_MAX, .optional = true),
	FIELD(preview_query, audit_months,   "As it would be set", .min = 0, .max = MONTHS_MAX, .optional = true),
	FIELD(preview_query, event_months,   "As it would be set", .min = 0, .max = MONTHS_MAX, .optional = true));

struct preview { int64_t visitors, addresses, events, most; };

ROW(preview,
	FIELD(preview, visitors,  "Records of visitors that would be forgotten tonight"),
	FIELD(preview, addresses, "Audit lines whose address would be cleared"),
	FIELD(preview, events,    "Events that would become nobody's"),
	FIELD(preview, most,      "Counted no further than this: there may be more"));

struct how_many { int64_t n; };
ROW(how_many, FIELD(how_many, n, "How many"));

/* ---- Settings ------------------------------------------------------------------------------------ */

static const struct privacy defaults = { 24, 12, 36, 0, { "none", 4 }, { "", 0 }, 200 };

static QUERY(privacy_of, READS, &row_privacy, TAKES(K_ID),
	"SELECT visitor_months, audit_months, event_months, grace_days, sender, sender_url, codes_a_day FROM privacy"
	" WHERE community_id = ?1");

static QUERY(privacy_put, WRITES, NULL, TAKES(K_ID, K_INT, K_INT, K_INT, K_INT, K_STR, K_STR, K_INT),
	"INSERT INTO privacy (community_id, visitor_months, audit_months, event_months, grace_days, sender, sender_url, codes_a_day)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (community_id) DO UPDATE SET visitor_months = excluded.visitor_months,"
	" audit_months = excluded.audit_months, event_months = excluded.event_months, grace_days = excluded.grace_days,"
	" sender = excluded.sender, sender_url = excluded.sender_url, codes_a_day = excluded.codes_a_day");

int privacy_get(struct tx *tx, struct id community, struct privacy *ret)
{
	struct privacy p = defaults;
	int r = tx_one(tx, &privacy_of, &p, V(community));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = p;
	return 0;
}

static int get_privacy(struct request *rq, const void *in, void *out)
{
	struct privacy p;
	(void)in;
	int r = privacy_get(rq->tx, rq->community, &p);
	if (r < 0)
		return r;
	*(struct privacy_page *)out = (struct privacy_page){
		p.visitor_months, p.audit_months, p.event_months, p.grace_days, p.sender,
		rq->role >= ROLE_ADMIN ? p.sender_url : S(""), p.codes_a_day,
		phone_console_allowed(rq_settings(rq)),
	};
	return 0;
}

static int put_privacy(struct request *rq, const void *in, void *out)
{
	const struct privacy *p = in;
	if (str_is(p->sender, "webhook") && !p->sender_url.len)
		return rq_complain(rq, E_MISSING_FIELD, S("sender_url"));
	if (str_is(p->sender, "console") && !phone_console_allowed(rq_settings(rq)))
		return rq_complain(rq, E_NOT_ONE_OF, S("sender"));
	int r = tx_run(rq->tx, &privacy_put, V(rq->community), V(p->visitor_months), V(p->audit_months), V(p->event_months),
	               V(p->grace_days), V(p->sender), V(p->sender_url), V(p->codes_a_day));
	if (r < 0)
		return r;
	struct str detail = str_format(rq->arena, "%lld · %lld · %lld · %lld · %.*s", (long long)p->visitor_months,
		(long long)p->audit_months, (long long)p->event_months, (long long)p->grace_days, STR(p->sender));
	if ((r = audit_note(rq, "privacy_changed", rq->community, detail)) < 0)
		return r;
	return get_privacy(rq, NULL, out);
}

/* ---- What the timer would do ------------------------------------------------------------------------ */

static QUERY(audit_addresses, READS, &row_how_many, TAKES(K_ID, K_INSTANT),
	"SELECT count(*) AS n FROM audit WHERE community_id = ?1 AND at < ?2 AND address <> ''");

static QUERY(audit_blank, WRITES, NULL, TAKES(K_ID, K_INSTANT),
	"UPDATE audit SET address = '' WHERE community_id = ?1 AND at < ?2 AND address <> ''");

/* Instant 0 when the timer is off: nothing is older. */
static struct instant months_ago(struct instant now, int64_t months)
{
	return (struct instant){ months ? now.ms - months * MONTH : 0 };
}

static int count_visitors(struct tx *tx, const struct feature *const *features, struct id community, struct instant before,
                          int64_t *ret)
{
	for (*ret = 0; *features; features++)
		for (const struct personal *line = (*features)->personal; line && line->tables; line++) {
			struct rows idle = { 0 };
			int r = line->idle ? tx_all(tx, line->idle, &idle, V(community), V(before), V((int64_t)COUNT_MOST)) : 0;
			if (r < 0)
				return r;
			*ret += (int64_t)idle.count;
		}
	return 0;
}

static int get_preview(struct request *rq, const void *in, void *out)
{
	const struct preview_query *q = in;
	struct instant now = tx_now(rq->tx);
	struct preview p = { .most = COUNT_MOST };
	struct how_many addresses;
	int r = count_visitors(rq->tx, rq_features(rq), rq->community, months_ago(now, q->visitor_months), &p.visitors);
	if (r < 0 || (r = tx_one(rq->tx, &audit_addresses, &addresses, V(rq->community), V(months_ago(now, q->audit_months)))) < 0 ||
	    (r = event_count_before(rq->tx, rq->community, months_ago(now, q->event_months), COUNT_MOST, &p.events)) < 0)
		return r;
	p.addresses = addresses.n;
	*(struct preview *)out = p;
	return 0;
}

/* ---- The timer ---------------------------------------------------------------------------------------- */

struct night {
	const struct feature *const *features;
	struct id                    community;
	struct privacy               privacy;
	struct instant               now, before;
	const struct personal       *line;
	size_t                       done;
};

static int read_settings(struct tx *tx, void *arg)
{
	struct night *n = arg;
	n->now = tx_now(tx);
	return privacy_get(tx, n->community, &n->privacy);
}

static int forget_some(struct tx *tx, void *arg)
{
	struct night *n = arg;
	struct rows idle;
	int64_t records = 0;
	int r = tx_all(tx, n->line->idle, &idle, V(n->community), V(n->before), V((int64_t)BATCH));
	const struct id_item *visitor = idle.at;
	n->done = 0;
	for (size_t i = 0; r >= 0 && i < idle.count; i++)
		r = person_forget_line(tx, n->community, n->line, visitor[i].item, &records);
	if (r >= 0)
		n->done = idle.count;
	return r;
}

static int forget_visitors(struct store *store, struct night *n)
{
	n->before = months_ago(n->now, n->privacy.visitor_months);
	for (const struct feature *const *f = n->features; *f && n->before.ms; f++)
		for (n->line = (*f)->personal; n->line && n->line->tables; n->line++) {
			n->done = n->line->idle ? BATCH : 0;
			for (size_t total = 0; n->done == BATCH && total < NIGHT_MOST; total += n->done) {
				ARENA_SCOPED arena;
				arena_init(&arena, 16 << 20);
				int r = store_write(store, n->community, &arena, forget_some, n);
				if (r < 0)
					return r;
			}
		}
	return 0;
}

static int forget_small(struct tx *tx, void *arg)
{
	const struct night *n = arg;
	int r = tx_run(tx, &audit_blank, V(n->community), V(months_ago(n->now, n->privacy.audit_months)));
	return r < 0 ? r : phone_codes_sweep(tx, n->community);
}

static int list_communities(struct tx *tx, void *arg) { return community_list(tx, arg); }

/* Who failed does not keep the others waiting: it is the next night's first. */
static int one_community(const struct job_context *context, struct id community)
{
	struct night n = { .features = context->features, .community = community };
	ARENA_SCOPED arena;
	arena_init(&arena, 16 << 20);
	int r = store_read(context->store, &arena, read_settings, &n);
	if (r < 0 || (r = forget_visitors(context->store, &n)) < 0 ||
	    (r = store_write(context->store, community, &arena, forget_small, &n)) < 0)
		return r;
	struct instant before = months_ago(n.now, n.privacy.event_months);
	return before.ms ? event_forget_before(context->store, community, before, NIGHT_MOST) : 0;
}

static int run_retention(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct rows communities;
	(void)job;
	int failed = 0, r = store_read(context->store, context->arena, list_communities, &communities);
	const struct id_item *community = communities.at;
	if (r < 0)
		return r;
	for (size_t i = 0; i < communities.count; i++)
		if ((r = one_community(context, community[i].item)) < 0) {
			*ret_why = str_format(context->arena, "community %lld", (long long)community[i].item.n);
			failed = r;
		}
	return failed;
}

/* ---- What is kept about people: nothing; and the timer's own declaration -------------------------------------- */

static const struct job_kind jobs[] = {
	{ "retention", "Forget visitors, addresses and actors that are older than the community keeps them", run_retention,
	  .every_ms = DAY },
	{ 0 },
};

static const struct route routes[] = {
	{ "GET", "/privacy",         ROLE_READER, get_privacy, NULL, &row_privacy_page, "How long people are kept, and how phone codes are sent" },
	{ "PUT", "/privacy",         ROLE_ADMIN,  put_privacy, &row_privacy, &row_privacy_page, "Set it" },
	{ "GET", "/privacy/preview", ROLE_ADMIN,  get_preview, &row_preview_query, &row_preview, "What the timer would forget tonight; it forgets nothing" },
	{ 0 },
};

static const struct query *const queries[] = { &privacy_of, &privacy_put, &audit_addresses, &audit_blank, NULL };

const struct feature feature_privacy = { .name = "privacy", .routes = routes, .queries = queries, .jobs = jobs };
