/* fault_test.c: whichever statement or allocation fails, a scan, a join, an application, an import, a saving happened whole
 * or not at all, and the next try goes through. The acts go through the product's own routes, without a network: the memory
 * that fails is then surely the product's, not the browser's. */
#include "base/log.h"
#include "groups/codes_test.h"
#include "groups/visit.h"
#include "http/within.h"

#define LINK "https://weixin.qq.com/g/AwYAAL8kP2xVb1TzQw3mE7dR"
#define MOST 600                                /* more statements or allocations than any of these acts takes */

struct act;

struct deed {
	const char *gate, *more;
	bool        scanned;                    /* the visitor has scanned before */
	struct within_call call;
	int64_t   (*done)(struct act *);        /* how much of it there is */
	int64_t     before, after;
};

struct act { struct desk *desk; const struct deed *deed; struct id code, visitor; struct str slug; int64_t members; };

static int64_t members(struct desk *d)
{
	struct reply r = get(d->reader, at(d, "/members?limit=200"));
	return (int64_t)json_length(&r, "items");
}

static int perform(struct tx *tx, void *arg)
{
	struct act *a = arg;
	struct within who = { .features = whole_program, .community = a->desk->community, .account = { 13 }, .visitor = a->visitor };
	struct within_call call = a->deed->call;
	call.id = a->code, call.text = a->slug;
	return within_do(tx, &who, &call, NULL);
}

static int act(struct act *a)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 16 << 20);
	return store_write(a->desk->house->store, a->desk->community, &arena, perform, a);
}

/* A new code with room for one, and somebody who has or has not scanned it. */
static struct act stage(struct desk *d, const struct deed *deed, long n)
{
	struct act a = { .desk = d, .deed = deed, .visitor = { 7000 + n } };
	a.code = code_made(d, (struct code_draft){ .gate = deed->gate, .more = deed->more });
	target_group(d, a.code, group_named(d, text(d, "会员群 %ld", n), LINK), 1, NULL);
	code_run(d, a.code);
	a.slug = str_of(code_slug(d, a.code));
	if (deed->scanned) {
		struct browser *b = browser_open(d->site);
		browser_visit(b, a.visitor);
		view(b, a.slug.at);
		browser_close(b);
	}
	a.members = members(d);
	return a;
}

/* Statement or allocation n fails, once. True: it had something to fail. */
static bool try_with(struct act *a, bool memory, long n, bool *ret_good)
{
	log_set_level(LOG_OFF);                   /* each try says what failed */
	mem_fail_after(memory ? n : -1);
	store_fault_after(memory ? -1 : n, false);
	int r = act(a);
	bool struck = memory ? mem_failed() : store_fault_struck();
	mem_fail_after(-1);
	store_fault_after(-1, false);
	log_set_level(LOG_INFO);
	*ret_good = r >= 0;
	int64_t done = a->deed->done(a);
	if (done != (r >= 0 ? a->deed->after : a->deed->before))
		fail_msg("%s %ld: %s, and %lld is there", memory ? "allocation" : "statement", n, r < 0 ? err_word(r) : "done", (long long)done);
	return struck;
}

/* What could not be remembered in a cache may fail and the act be done all the same: the sweep goes on with a new one. */
static void sweep(struct house *house, const struct deed *deed)
{
	for (int memory = 0; memory < 2; memory++) {
		struct desk d;
		struct act a = { 0 };
		bool struck = true, good = true;
		codes_open(&d, house);
		for (long n = 0; struck; n++) {
			assert_true(n < MOST);
			if (good)
				a = stage(&d, deed, n);
			struck = try_with(&a, memory, n, &good);
		}
		assert_true(good);
		assert_sound(&d);
		desk_close(&d);
	}
}

/* ---- The acts ---- */

static int64_t shown(struct act *a)
{
	int64_t n;
	assert_true(str_to_int(target_at(a->desk, a->code, 0, "shown"), &n));
	return n;
}

static int64_t scans(struct act *a)
{
	int64_t n = shown(a);
	if (count_of(a->desk, a->code, "scans") != n)
		fail_msg("%s: %lld scans, %lld shown", a->desk->house->url, (long long)count_of(a->desk, a->code, "scans"), (long long)n);
	assert_int_equal(count_of(a->desk, a->code, "shown"), n);
	struct reply r = get(a->desk->reader, at(a->desk, "/livecodes/%lld/visits", (long long)a->code.n));
	assert_int_equal(json_length(&r, "items"), n);
	return n;
}

PROMISE(fault_scan, "a scan that fails took no place, not even the last one; the next takes it")
{
	sweep(house, &(struct deed){ .call = { .method = "GET", .path = "/g/{slug}" }, .done = scans, .after = 1 });
}

static int64_t joins(struct act *a)
{
	int64_t joined;
	assert_true(str_to_int(target_at(a->desk, a->code, 0, "joined"), &joined));
	struct reply r = get(a->desk->reader, at(a->desk, "/members"));
	assert_int_equal(members(a->desk), a->members + joined);
	if (joined)
		assert_int_equal(json_length(&r, "items.0.tags"), 2);
	assert_int_equal(count_of(a->desk, a->code, "joined"), joined);
	return joined;
}

PROMISE(fault_join, "a join that fails made no member, no tag and no number")
{
	sweep(house, &(struct deed){ .more = "\"tags\":[\"车主\",\"线下\"],", .scanned = true, .done = joins, .after = 1,
		.call = { .method = "POST", .path = "/g/{slug}/joined", .json = S("{\"nickname\":\"小明\"}") } });
}

static int64_t applications(struct act *a)
{
	struct reply r = get(a->desk->operator, at(a->desk, "/applications?code=%lld", (long long)a->code.n));
	int64_t n = (int64_t)json_length(&r, "items");
	assert_int_equal(shown(a), n);            /* approved at once: the application and the place are one thing */
	if (n)
		assert_str(json_at(&r, "items.0.answers.0.text"), "轿车");
	return n;
}

PROMISE(fault_application, "an application that fails was never handed in, and one that a rule approves has its place with it")
{
	struct proof none = { 0 };                /* what `ready` finds when there is no picture */
	sweep(house, &(struct deed){ .gate = "form", .scanned = true, .done = applications, .after = 1,
		.more = "\"gate_questions\":[{\"key\":\"car\",\"label\":\"车型\",\"kind\":\"text\",\"required\":true}],"
		"\"gate_approve\":[{\"key\":\"car\",\"holds\":\"filled\"}],",
		.call = { .method = "POST", .path = "/g/{slug}/gate", .json = S("{\"answers\":[{\"key\":\"car\",\"text\":\"轿车\"}]}"), .kept = &none } });
}

static int64_t sources(struct act *a)
{
	struct reply r = get(a->desk->reader, at(a->desk, "/livecodes/%lld/links", (long long)a->code.n));
	return (int64_t)json_length(&r, "items");
}

PROMISE(fault_import, "a table that fails half-way made no source")
{
	static const char table[] = "来源,类型\n一号桌,desk\n二号桌,desk\n三号桌,desk\n";
	static const struct pair pairs[] = { { .name = { "file", 4 }, .bytes = { table, sizeof table - 1 }, .filename = { "t.csv", 5 } } };
	sweep(house, &(struct deed){ .done = sources, .before = 1, .after = 4,
		.call = { .method = "POST", .path = "/livecodes/{id}/links/import", .pairs = pairs, .pair_count = 1 } });
}

static int64_t saved(struct act *a)
{
	struct reply r = get(a->desk->reader, at(a->desk, "/livecodes/%lld", (long long)a->code.n));
	int64_t n = (int64_t)json_length(&r, "gate_questions");
	assert_int_equal(json_length(&r, "tags"), n);
	assert_str(json_at(&r, "gate"), n ? "form" : "none");
	return n;
}

PROMISE(fault_save, "settings that fail to be saved are as they were, lists and all")
{
	sweep(house, &(struct deed){ .done = saved, .after = 2, .call = { .method = "PUT", .path = "/livecodes/{id}", .json =
		S("{\"title\":\"新\",\"look\":\"plain\",\"strategy\":\"order\",\"gate\":\"form\",\"sticky\":true,\"duplicate_guard\":true,"
		  "\"qr_level\":\"M\",\"tags\":[\"x\",\"y\"],\"gate_questions\":[{\"key\":\"a\",\"label\":\"甲\",\"kind\":\"text\",\"required\":true},"
		  "{\"key\":\"b\",\"label\":\"乙\",\"kind\":\"text\",\"required\":true}]}") } });
}
