/* campaign_make.c: a campaign with up to a million participants for bench `campaign`, and the helps that come.
 *
 * The campaign is made through the program's own routes. The participants, and a help and its ledger entry for each who came
 * through somebody, are written by bare statements, as the program would have written them, in the order of their tables.
 * They are nobody's members and their events are not in the log: who follows it has nothing to catch up with.
 */
#include "bench/campaign.h"

#include <unistd.h>

#include "base/mem.h"
#include "bench/caller.h"
#include "http/within.h"
#include "people/account.h"
#include "people/community.h"
#include "store/schemas.h"

#define BATCH     5000
#define ROOTS     20
#define VISITORS  INT64_C(1000000000000)
#define HELPERS   INT64_C(2000000000000)
#define ADDRESSES 16000000

static const char draft[] = "{\"kind\":\"treasure\",\"name\":\"三人助力，免费洗车\",\"cover\":\"\",\"rules\":\"邀请好友助力，达到人数就能领奖。\\n"
	"每位好友只能助力一次。\\n奖品有限，先到先得。\",\"organiser\":\"友信汽车 400-100-2000\",\"starts_at\":1000,\"ends_at\":4102444800000,"
	"\"claim_until\":4102444800000,\"takes_part\":\"all\",\"capacity\":0,\"strength\":\"anonymous\",\"act\":\"tap\",\"code_id\":null,"
	"\"new_only\":false,\"helps_each\":3,\"mutual\":false,\"hold_minutes\":0,\"still_days\":0,\"share_title\":\"帮我助力\","
	"\"share_text\":\"帮我点一下 {link}\",\"poster_id\":null,\"stages\":["
	"{\"id\":null,\"goal\":3,\"title\":\"一级\",\"prizes\":[{\"id\":null,\"kind\":\"onsite\",\"title\":\"洗车券\",\"note\":\"到店出示\","
	"\"picture\":\"\",\"value\":5000,\"link\":\"\",\"points\":0,\"stock\":1000000}]},"
	"{\"id\":null,\"goal\":8,\"title\":\"二级\",\"prizes\":[{\"id\":null,\"kind\":\"onsite\",\"title\":\"保养套餐\",\"note\":\"到店出示\","
	"\"picture\":\"\",\"value\":30000,\"link\":\"\",\"points\":0,\"stock\":100000}]}]}";

/* ---- The tree ------------------------------------------------------------------------------------ */

static uint64_t mixed(uint64_t n)
{
	n = (n ^ n >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	n = (n ^ n >> 27) * UINT64_C(0x94D049BB133111EB);
	return n ^ n >> 31;
}

/* Three in five follow somebody's link to where that one came from; so those with many get more. */
static uint32_t drawn(const uint32_t *parents, uint64_t chance, size_t among)
{
	uint32_t some = (uint32_t)(mixed(chance) % among) + 1, above = parents[some - 1];
	return above && mixed(chance + 1) % 5 < 3 ? above : some;
}

static int grow(struct fair *fair)
{
	fair->parents = mem_take(fair->people * sizeof *fair->parents);
	for (size_t i = ROOTS; fair->parents && i < fair->people; i++)
		fair->parents[i] = drawn(fair->parents, i * 2, i);
	return fair->parents ? 0 : E_MEMORY;
}

size_t fair_drawn(const struct fair *fair, int64_t n)
{
	return drawn(fair->parents, UINT64_C(77777777777) + (uint64_t)n * 2, fair->people) - 1;
}

/* ---- Its rows -------------------------------------------------------------------------------------- */

static QUERY(bench_participant, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO participant (community_id, id, campaign_id, visitor_id, member_id, parent_id, slug, nickname, state, joined_at)"
	" VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, '林晓', 'active', ?7)");

static QUERY(bench_help, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_INSTANT, K_ID),
	"INSERT INTO help (community_id, participant_id, helper_id, campaign_id, member_id, nickname, state, reason, address, device,"
	" opened_at, acted_at, due_at, entry_id) VALUES (?1, ?2, ?3, ?4, 0, '安安', 'counted', '', '10.20.30', 'Mozilla/5.0 (iPhone; CPU"
	" iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0.40', ?5, ?5, 0, ?6)");

static QUERY(bench_entry, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT, K_INT, K_ID),
	"INSERT INTO ledger_entry (community_id, book, holder_id, id, key, at, amount, balance, reason, source_id, actor_id, other_book,"
	" other_id, reverses_id) VALUES (?1, 'help', ?2, ?3, '', ?4, 1, ?5, 'helped', ?6, ?6, '', 0, 0)");

static QUERY(bench_balance, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT balance AS item FROM ledger_entry WHERE community_id = ?1 AND book = 'help' AND holder_id = ?2 ORDER BY id DESC LIMIT 1");

static QUERY(bench_event, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_ID, K_ID, K_ID, K_INT),
	"INSERT INTO event (community_id, epoch, id, kind, at, subject_id, actor_id, object_id, via_id, n, word, data)"
	" VALUES (?1, 0, ?2, 'campaign_helped', ?3, ?4, ?5, ?6, 0, ?7, '', '')");

static QUERY(bench_count, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"UPDATE campaign SET participants = ?3 WHERE community_id = ?1 AND id = ?2");

struct filling {
	const struct bench_run *run;
	struct fair            *fair;
	size_t                  from, until;
	const uint32_t         *order, *begins;
	char                    hash[PASSWORD_HASH];
};

static int found(struct tx *tx, void *arg)
{
	struct filling *f = arg;
	struct fair *fair = f->fair;
	struct within who = { .features = f->run->features };
	struct within_call make = { "POST", "/campaigns", .json = str_of(draft) };
	struct id account;
	int r = community_make(tx, S("bench"), S("Asia/Shanghai"), &fair->community);
	who.community = fair->community;
	if (r < 0 || (r = account_make(tx, S(BENCH_NAME), S("bench"), f->hash, &account)) < 0 ||
	    (r = account_hire(tx, fair->community, account, ROLE_OWNER)) < 0 || (r = within_do(tx, &who, &make, &fair->campaign)) < 0)
		return r;
	struct within_call start = { "POST", "/campaigns/{id}/state", fair->campaign,
	                             .json = S("{\"state\":\"running\",\"acknowledge\":\"G1\"}") };
	fair->first = (struct id){ fair->campaign.n + 1 };
	if ((r = within_do(tx, &who, &start, NULL)) < 0)
		return r;
	return tx_run(tx, &bench_count, V(fair->community), V(fair->campaign), V((int64_t)fair->people));
}

static struct id person(const struct fair *fair, size_t i) { return (struct id){ fair->first.n + (int64_t)i }; }

/* The entry of the help by which participant i came. */
static struct id entry_of(const struct fair *fair, size_t i) { return (struct id){ fair->first.n + (int64_t)(fair->people + i) }; }

static int fill_people(struct tx *tx, void *arg)
{
	struct filling *f = arg;
	struct fair *fair = f->fair;
	char slug[24];
	int r = 0;
	for (size_t i = f->from; r >= 0 && i < f->until; i++) {
		struct id parent = { fair->parents[i] ? person(fair, fair->parents[i] - 1).n : 0 };
		struct instant at = { tx_now(tx).ms - 7 * DAY + (int64_t)(i * (uint64_t)(7 * DAY) / fair->people) };
		snprintf(slug, sizeof slug, FAIR_SLUG, i);
		struct id visitor = { VISITORS + (int64_t)i };
		r = tx_run(tx, &bench_participant, V(fair->community), V(person(fair, i)), V(fair->campaign), V(visitor), V(parent),
		           V(str_of(slug)), V(at));
	}
	return r < 0 ? r : 0;
}

/* By whom they are for: entries. */
static int fill_entries(struct tx *tx, void *arg)
{
	struct filling *f = arg;
	struct fair *fair = f->fair;
	int r = 0;
	for (size_t i = f->from; r >= 0 && i < f->until; i++)
		for (uint32_t k = f->begins[i]; r >= 0 && k < f->begins[i + 1]; k++)
			r = tx_run(tx, &bench_entry, V(fair->community), V(person(fair, i)), V(entry_of(fair, f->order[k])), V(tx_now(tx)),
			           V((int64_t)(k - f->begins[i] + 1)), V((struct id){ VISITORS + f->order[k] }));
	return r < 0 ? r : 0;
}

/* By who gave them: helps. */
static int fill_helps(struct tx *tx, void *arg)
{
	struct filling *f = arg;
	struct fair *fair = f->fair;
	int r = 0;
	for (size_t i = f->from; r >= 0 && i < f->until; i++)
		if (fair->parents[i])
			r = tx_run(tx, &bench_help, V(fair->community), V(person(fair, fair->parents[i] - 1)), V((struct id){ VISITORS + (int64_t)i }),
			           V(fair->campaign), V(tx_now(tx)), V(entry_of(fair, i)));
	return r < 0 ? r : 0;
}

static int fill_with(struct store *store, struct filling *f, tx_action *action)
{
	int r = 0;
	for (f->from = 0; r >= 0 && f->from < f->fair->people; f->from = f->until) {
		ARENA_SCOPED arena;
		arena_init(&arena, 256 << 20);
		f->until = f->from + BATCH < f->fair->people ? f->from + BATCH : f->fair->people;
		r = store_write(store, f->fair->community, &arena, action, f);
	}
	return r;
}

/* Sorted by whom they came through: order[begins[p]] … are the children of p. */
static int sort_children(const struct fair *fair, uint32_t *begins, uint32_t *order)
{
	for (size_t i = 0; i < fair->people; i++)
		if (fair->parents[i])
			begins[fair->parents[i]]++;
	for (size_t i = 0; i < fair->people; i++)
		begins[i + 1] += begins[i];
	uint32_t *next = mem_take((fair->people + 1) * sizeof *next);
	if (!next)
		return E_MEMORY;
	memcpy(next, begins, (fair->people + 1) * sizeof *next);
	for (size_t i = 0; i < fair->people; i++)
		if (fair->parents[i])
			order[next[fair->parents[i] - 1]++] = (uint32_t)i;
	mem_give(next);
	return 0;
}

static int fill(struct store *store, struct filling *f)
{
	uint32_t *begins = mem_take((f->fair->people + 1) * sizeof *begins), *order = mem_take((f->fair->people + 1) * sizeof *order);
	ARENA_SCOPED arena;
	arena_init(&arena, 64 << 20);
	int r = begins && order ? grow(f->fair) : E_MEMORY;
	if (r >= 0)
		r = sort_children(f->fair, begins, order);
	f->begins = begins, f->order = order;
	if (r >= 0 && (r = store_write(store, (struct id){ 0 }, &arena, found, f)) >= 0 && (r = fill_with(store, f, fill_people)) >= 0 &&
	    (r = fill_with(store, f, fill_entries)) >= 0)
		r = fill_with(store, f, fill_helps);
	mem_give(begins), mem_give(order);
	return r;
}

static int say_settings(const struct bench_run *run, const char *name)
{
	const char *path = str_z(run->arena, str_format(run->arena, "%s/%s/quntu.conf", run->folder, name));
	FILE *file = path ? fopen(path, "w") : NULL;
	bool good = file && fputs("trusted_proxies = 127.0.0.1\n", file) >= 0;
	return file && fclose(file) == 0 && good ? 0 : E_STORE;
}

int fair_make(const struct bench_run *run, size_t people, struct fair *ret)
{
	struct fair fair = { .people = people };
	struct filling f = { .run = run, .fair = &fair };
	struct store *store;
	struct str why;
	char name[32];
	snprintf(name, sizeof name, "campaign-%zu", people);
	fair.name = str_z(run->arena, str_of(name));
	fair.file = str_z(run->arena, str_format(run->arena, "%s/%s/quntu.db", run->folder, name));
	fair.copy = str_z(run->arena, str_format(run->arena, "%s/floor-%zu.db", run->folder, people));
	const char *url = str_z(run->arena, str_format(run->arena, "sqlite:%s", fair.file));
	struct store_options options = { .url = url, .schemas = embedded_schemas };
	int r = url ? password_hash(S(BENCH_PASSWORD), f.hash) : E_MEMORY;
	if (r < 0 || (r = store_open(&options, &store, run->arena, &why)) < 0)
		return r;
	r = fill(store, &f);
	if (r >= 0)
		r = store_backup(store, fair.copy, run->arena, &why);
	store_close(store);
	if (r < 0 || (r = say_settings(run, name)) < 0)
		return r;
	*ret = fair;
	return 0;
}

/* ---- The helps that come ------------------------------------------------------------------------------ */

struct asking { const struct fair *fair; struct arena *arena; struct str *requests; };

static struct str request_of(const struct fair *fair, struct arena *arena, int64_t n, const struct phone_words *words)
{
	uint64_t address = mixed((uint64_t)n + 5) % ADDRESSES;
	char slug[24];
	snprintf(slug, sizeof slug, FAIR_SLUG, fair_drawn(fair, n));
	return str_format(arena, "POST /t/%s/help HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
		"User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0.40\r\n"
		"X-Forwarded-For: 10.%d.%d.%d\r\nCookie: quntu_visitor=%.*s\r\nX-Quntu-CSRF: %.*s\r\nContent-Length: 21\r\n\r\n"
		"{\"nickname\":\"安安\"}", slug, (int)(address >> 16 & 255), (int)(address >> 8 & 255), (int)(address & 255),
		STR(words->cookie), STR(words->word));
}

int fair_helps(const struct bench_run *run, const struct fair *fair, int64_t from, size_t count, struct str *ret)
{
	struct store *store;
	struct str why;
	const char *url = str_z(run->arena, str_format(run->arena, "sqlite:%s", fair->file));
	struct store_options options = { .url = url, .schemas = embedded_schemas, .guest = true };
	struct phone_words *words = arena_take_array(run->arena, count, sizeof *words);
	int r = url && words ? store_open(&options, &store, run->arena, &why) : E_MEMORY;
	if (r < 0)
		return r;
	r = server_phones(store, (struct id){ HELPERS + from }, count, run->arena, words);
	store_close(store);
	for (size_t i = 0; r >= 0 && i < count; i++)
		ret[i] = request_of(fair, run->arena, from + (int64_t)i, &words[i]);
	return r < 0 ? r : arena_failed(run->arena) ? E_MEMORY : 0;
}

/* ---- The floor ------------------------------------------------------------------------------------------ */

struct bare { const struct fair *fair; int64_t from; size_t batch; };

static int help_barely(struct tx *tx, void *arg)
{
	const struct bare *b = arg;
	const struct fair *fair = b->fair;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < b->batch; i++) {
		int64_t n = b->from + (int64_t)i;
		struct id to = person(fair, fair_drawn(fair, n)), helper = { HELPERS + n };
		struct id_item last = { { 0 } };
		struct id entry = tx_new_id(tx);
		r = tx_one(tx, &bench_balance, &last, V(fair->community), V(to));
		if ((r < 0 && r != E_NOT_FOUND) ||
		    (r = tx_run(tx, &bench_entry, V(fair->community), V(to), V(entry), V(tx_now(tx)), V(last.item.n + 1), V(helper))) < 0 ||
		    (r = tx_run(tx, &bench_help, V(fair->community), V(to), V(helper), V(fair->campaign), V(tx_now(tx)), V(entry))) < 0)
			return r;
		r = tx_run(tx, &bench_event, V(fair->community), V(tx_new_id(tx)), V(tx_now(tx)), V(fair->campaign), V(helper), V(to),
		           V(last.item.n + 1));
	}
	return r < 0 ? r : 0;
}

int fair_floor(const struct bench_run *run, const struct fair *fair, int64_t from, size_t batch, double seconds, double *ret)
{
	struct store *store;
	struct str why;
	const char *url = str_z(run->arena, str_format(run->arena, "sqlite:%s", fair->copy));
	struct store_options options = { .url = url, .schemas = embedded_schemas };
	int r = url ? store_open(&options, &store, run->arena, &why) : E_MEMORY;
	if (r < 0)
		return r;
	struct bare b = { fair, from, batch };
	double began = bench_seconds(), now = began;
	for (; r >= 0 && now < began + seconds; now = bench_seconds()) {
		ARENA_SCOPED arena;
		arena_init(&arena, 64 << 20);
		r = store_write(store, fair->community, &arena, help_barely, &b);
		b.from += (int64_t)batch;
	}
	store_close(store);
	if (r >= 0)
		*ret = (double)(b.from - from) / (now - began);
	return r < 0 ? r : 0;
}
