/* intercept.c: words that staff of 企业微信 may not say to customers (敏感词): rules of the platform, written and kept the same here.
 *
 * Story      "内部价" is not to be said by the sales people: an operator writes a rule with thirty such words, for two departments; who says
 *            one is stopped and warned. Somebody edits the rule at the platform: a day later, or when asked, it is so here.
 * How        wish.h: wanting one is a row, a job makes it at the platform. Changing differs from making: whom it concerns is told by what
 *            comes and what goes, so the rule is asked for first. Each day, and when staff ask, all are read: what nobody changed here
 *            follows.
 * Owns       wecom_intercept
 * Holds      What is changed here and not told yet wins over what was read. One that is no more there goes here, too, unless somebody is
 *            changing it: then it is made anew. A rule of ours whose number was lost is known by its name.
 *            A corp has at most a hundred. They concern what staff say; whether customers' words are stopped, the platform does not tell.
 * Test       wecom_intercept_test.c
 */
#include "channel/wecom/wish.h"

#include "base/time.h"
#include "channel/outbox/courier.h"
#include "people/audit.h"

#define RULES_MAX  100
#define NAME_MOST  20
#define WORDS_MAX  300
#define WORD_MOST  32
#define RANGE_MAX  1000
#define LOOK_EVERY DAY

/* ---- Rows ---- */

struct intercept {
	WECOM_WISH_ROW;
	struct str     name, act;
	struct rows    words, users, departments;
	bool           phones, mails, packets;
	struct instant created_at;
};

static const struct field word_fields[] = { FIELD(text_item, item, "A word", .min = 1, .max = WORD_MOST) };
static const struct row row_intercept_word = { "intercept_word", sizeof(struct text_item), word_fields, 1 };
static const struct field user_fields[] = { FIELD(text_item, item, "userid", .min = 1, .max = 64, .pattern = "[A-Za-z0-9_@.-]+") };
static const struct row row_intercept_user = { "intercept_user", sizeof(struct text_item), user_fields, 1 };
static const struct field department_fields[] = { FIELD(text_item, item, "Its number", .min = 1, .max = 10, .pattern = "[0-9]+") };
static const struct row row_intercept_department = { "intercept_department", sizeof(struct text_item), department_fields, 1 };

#define INTERCEPT_FIELDS(word, user, department) \
	FIELD(intercept, name,        "What it is called", .min = 1, .max = NAME_MOST), \
	FIELD(intercept, words,       "The words", .of = word, .max = WORDS_MAX), \
	FIELD(intercept, phones,      "Telephone numbers are such words, too"), \
	FIELD(intercept, mails,       "E-mail addresses are"), \
	FIELD(intercept, packets,     "Red packets are"), \
	FIELD(intercept, act,         "block: it does not leave, and who said it is warned; warn: they are only warned", .one_of = "block warn"), \
	FIELD(intercept, users,       "Whom it concerns: userid", .of = user, .max = RANGE_MAX), \
	FIELD(intercept, departments, "… and departments: their numbers", .of = department, .max = RANGE_MAX)

ROW_AS(wecom_intercept, intercept,
	FIELD(intercept, id,         "Rule"),
	FIELD(intercept, channel_id, "Channel"),
	INTERCEPT_FIELDS(&row_text_item, &row_text_item, &row_text_item),
	WECOM_WISH_FIELDS(intercept),
	FIELD(intercept, created_at, "Made, or first read"));

ROW_AS(wecom_intercept_draft, intercept, INTERCEPT_FIELDS(&row_intercept_word, &row_intercept_user, &row_intercept_department));

/* ---- Queries ---- */

#define SELECT_RULE \
	"SELECT id, channel_id, name, words, phones, mails, packets, act, users, departments, config, trouble, wanted, done, dropped," \
	" created_at FROM wecom_intercept WHERE community_id = ?1"

static QUERY(wecom_intercept_by_id, READS, &row_wecom_intercept, TAKES(K_ID, K_ID), SELECT_RULE " AND id = ?2");

static QUERY(wecom_intercepts_newest, READS, &row_wecom_intercept, TAKES(K_ID, K_ID, K_INT),
	SELECT_RULE " AND channel_id = ?2 AND (dropped = FALSE OR trouble <> '') ORDER BY id DESC LIMIT ?3");

static QUERY(wecom_intercepts_all, READS, &row_wecom_intercept, TAKES(K_ID, K_ID),
	SELECT_RULE " AND channel_id = ?2 ORDER BY id LIMIT 1000");

static QUERY(wecom_intercept_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO wecom_intercept (community_id, id, channel_id, name, words, phones, mails, packets, act, users, departments, config,"
	" trouble, wanted, done, dropped, created_at)"
	" VALUES (?1, ?2, ?3, '', '[]', FALSE, FALSE, FALSE, 'block', '[]', '[]', ?4, '', 0, 0, FALSE, ?5)");

#define SET_RULE "UPDATE wecom_intercept SET name = ?3, words = ?4, phones = ?5, mails = ?6, packets = ?7, act = ?8, users = ?9," \
	" departments = ?10"

static QUERY(wecom_intercept_save, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_BOOL, K_BOOL, K_BOOL, K_STR, K_STR, K_STR),
	SET_RULE ", wanted = wanted + 1, trouble = '' WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_intercept_follow, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_BOOL, K_BOOL, K_BOOL, K_STR, K_STR, K_STR),
	SET_RULE " WHERE community_id = ?1 AND id = ?2");

WECOM_WISH_QUERIES(wecom_intercept);

/* ---- Written for the platform, and read ---- */

static bool holds(struct rows list, struct str text)
{
	const struct text_item *one = list.at;
	for (size_t i = 0; i < list.count; i++)
		if (str_equal(one[i].item, text))
			return true;
	return false;
}

/* "name":[…] of those that are not in `but`; numbers stand without quotes. */
static void write_list(struct buf *b, const char *name, struct rows list, struct rows but, bool numbers)
{
	const struct text_item *one = list.at;
	bool more = false;
	buf_format(b, "\"%s\":[", name);
	for (size_t i = 0; i < list.count; i++) {
		if (holds(but, one[i].item))
			continue;
		buf_z(b, more ? "," : "");
		more = true;
		if (numbers)
			buf_str(b, one[i].item);
		else
			loose_write(b, one[i].item);
	}
	buf_byte(b, ']');
}

static void write_range(struct buf *b, const char *name, const struct intercept *of, const struct intercept *but)
{
	buf_format(b, ",\"%s\":{", name);
	write_list(b, "user_list", of->users, but->users, false);
	buf_byte(b, ',');
	write_list(b, "department_list", of->departments, but->departments, true);
	buf_byte(b, '}');
}

static void write_semantics(struct buf *b, const struct intercept *i)
{
	const bool on[] = { i->phones, i->mails, i->packets };
	bool more = false;
	buf_z(b, "\"semantics_list\":[");
	for (int k = 0; k < 3; k++)
		if (on[k]) {
			buf_format(b, "%s%d", more ? "," : "", k + 1);
			more = true;
		}
	buf_byte(b, ']');
}

static int read_list(const struct loose *json, const char *at, struct arena *arena, size_t most, struct rows *ret)
{
	size_t n = loose_count(json, at), count = n < most ? n : most;
	struct text_item *list = arena_take_array(arena, count + 1, sizeof *list);
	char path[100];
	for (size_t i = 0; list && i < count; i++) {
		snprintf(path, sizeof path, "%s.%zu", at, i);
		list[i].item = loose_text(json, path, arena);
	}
	*ret = (struct rows){ list, count };
	return list ? 0 : E_MEMORY;
}

static int read_semantics(const struct loose *json, struct arena *arena, struct intercept *ret)
{
	struct rows list;
	int r = read_list(json, loose_has(json, "rule.extra_rule") ? "rule.extra_rule.semantics_list" : "rule.semantics_list", arena, 9, &list);
	if (r >= 0)
		ret->phones = holds(list, S("1")), ret->mails = holds(list, S("2")), ret->packets = holds(list, S("3"));
	return r;
}

/* The rule as the platform has it: *ret_code says whether it does. */
static int ask_rule(struct wecom *w, struct str number, struct intercept *ret, struct wecom_reply *reply)
{
	BUF_SCOPED body;
	buf_init(&body, 1024);
	buf_z(&body, "{\"rule_id\":");
	loose_write(&body, number);
	buf_z(&body, "}");
	int r = buf_failed(&body) ? E_MEMORY : wecom_call(w, "/cgi-bin/externalcontact/get_intercept_rule", buf_view(&body), reply);
	if (r < 0 || reply->code) {
		loose_free(&reply->json);
		return r;
	}
	ret->config = number;
	ret->name = loose_text(&reply->json, "rule.rule_name", w->arena);
	ret->act = loose_int(&reply->json, "rule.intercept_type", 1) == 2 ? S("warn") : S("block");
	if ((r = read_semantics(&reply->json, w->arena, ret)) >= 0 &&
	    (r = read_list(&reply->json, "rule.word_list", w->arena, WORDS_MAX, &ret->words)) >= 0 &&
	    (r = read_list(&reply->json, "rule.applicable_range.user_list", w->arena, RANGE_MAX, &ret->users)) >= 0)
		r = read_list(&reply->json, "rule.applicable_range.department_list", w->arena, RANGE_MAX, &ret->departments);
	loose_free(&reply->json);
	return r;
}

static int write_whole(struct wecom_making *m, struct buf *b)
{
	const struct intercept *i = m->row;
	struct intercept there = { 0 }, nothing = { 0 };
	struct wecom_reply reply = { 0 };
	bool known = m->config.len;
	int r = known ? ask_rule(&m->wecom, m->config, &there, &reply) : 0;
	m->code = reply.code, m->trouble = reply.words;
	if (r < 0 || m->code)
		return r;
	buf_z(b, "\"rule_name\":");
	loose_write(b, i->name);
	buf_z(b, ",");
	write_list(b, "word_list", i->words, nothing.words, false);
	buf_z(b, known ? ",\"extra_rule\":{" : ",");
	write_semantics(b, i);
	buf_format(b, "%s,\"intercept_type\":%d", known ? "}" : "", str_is(i->act, "warn") ? 2 : 1);
	write_range(b, known ? "add_applicable_range" : "applicable_range", i, &there);
	if (known)
		write_range(b, "remove_applicable_range", &there, i);
	return 0;
}

static const struct job_kind jobs[];

#define AT "/cgi-bin/externalcontact/"
static const struct wecom_wishes wishes = {
	WECOM_WISH_OF(wecom_intercept), .job = &jobs[0], .most = RULES_MAX, .add = AT "add_intercept_rule",
	.update = AT "update_intercept_rule", .del = AT "del_intercept_rule", .see = AT "get_intercept_rule",
	.number = "rule_id", .write = write_whole,
};

static int run_intercept(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	return wecom_wish_run(jc, job, &wishes, ret_why);
}

/* ---- Kept ---- */

static int as_json(struct arena *arena, struct rows list, struct str *ret)
{
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	rows_write_json(&b, &row_text_item, list);
	*ret = buf_failed(&b) ? S("") : str_copy(arena, buf_view(&b));
	return ret->len ? 0 : E_MEMORY;
}

static int keep(struct tx *tx, const struct query *how, struct id community, struct id id, const struct intercept *i)
{
	struct str words, users, departments;
	int r = as_json(tx_arena(tx), i->words, &words);
	if (r < 0 || (r = as_json(tx_arena(tx), i->users, &users)) < 0 || (r = as_json(tx_arena(tx), i->departments, &departments)) < 0)
		return r;
	r = tx_run(tx, how, V(community), V(id), V(i->name), V(words), V(i->phones), V(i->mails), V(i->packets), V(i->act), V(users),
	           V(departments));
	return r < 0 ? r : 0;
}

/* ---- What was changed at the platform ---- */

struct reading {
	struct wecom      wecom;
	struct id         community, channel_id;
	struct channel    channel;
	struct rows       before;                 /* ours, as they were when reading began */
	struct intercept *there;
	size_t            count;
	struct str        trouble;
};

static int load(struct tx *tx, void *arg)
{
	struct reading *g = arg;
	int r = channel_get(tx, g->community, g->channel_id, &g->channel);
	return r < 0 ? r : tx_all(tx, &wecom_intercepts_all, &g->before, V(g->community), V(g->channel_id));
}

/* Ours of this one of theirs: by its number, or one whose number was lost by its name. */
static const struct intercept *ours_of(const struct reading *g, const struct intercept *theirs)
{
	const struct intercept *ours = g->before.at;
	for (size_t i = 0; i < g->before.count; i++)
		if (str_equal(ours[i].config, theirs->config))
			return &ours[i];
	for (size_t i = 0; i < g->before.count; i++)
		if (!ours[i].config.len && str_equal(ours[i].name, theirs->name))
			return &ours[i];
	return NULL;
}

/* Is it as it was when reading began, and does the platform know it so? */
static int is_still(struct tx *tx, const struct reading *g, const struct intercept *was, bool *ret_there, bool *ret_still)
{
	struct intercept now;
	int r = tx_one(tx, &wecom_intercept_by_id, &now, V(g->community), V(was->id));
	*ret_there = r == 0;
	*ret_still = r == 0 && now.wanted == was->wanted && now.done == was->done && now.wanted == now.done && !now.dropped;
	return r == E_NOT_FOUND ? 0 : r;
}

static int follow(struct tx *tx, const struct reading *g, const struct intercept *theirs)
{
	const struct intercept *ours = ours_of(g, theirs);
	struct id id = ours ? ours->id : tx_new_id(tx);
	bool there, still = true;
	int r = ours ? is_still(tx, g, ours, &there, &still)
	             : tx_run(tx, &wecom_intercept_insert, V(g->community), V(id), V(g->channel_id), V(theirs->config), V(tx_now(tx)));
	if (r >= 0 && ours && !ours->config.len)
		r = tx_run(tx, &wecom_intercept_made, V(g->community), V(id), V(theirs->config));
	return r < 0 || !still ? r : keep(tx, &wecom_intercept_follow, g->community, id, theirs);
}

/* One of ours that the platform does not have any more. */
static int miss(struct tx *tx, const struct reading *g, const struct intercept *ours)
{
	bool there, still;
	int r = is_still(tx, g, ours, &there, &still);
	if (r < 0 || !there)
		return r;
	if (still || ours->dropped)
		return tx_run(tx, &wecom_intercept_forget, V(g->community), V(ours->id));
	r = tx_run(tx, &wecom_intercept_made, V(g->community), V(ours->id), V(S("")));
	return r < 0 ? r : wecom_wish_soon(tx, g->community, &wishes, ours->id);
}

static int keep_read(struct tx *tx, void *arg)
{
	const struct reading *g = arg;
	const struct intercept *ours = g->before.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < g->count; i++)
		r = follow(tx, g, &g->there[i]);
	for (size_t i = 0; r >= 0 && i < g->before.count; i++) {
		bool found = !ours[i].config.len;
		for (size_t k = 0; k < g->count; k++)
			found = found || str_equal(g->there[k].config, ours[i].config);
		r = found ? 0 : miss(tx, g, &ours[i]);
	}
	return r < 0 ? r : 0;
}

/* 1: later. */
static int read_all(struct reading *g)
{
	struct wecom_reply reply = { 0 }, one = { 0 };
	char path[40];
	int r = wecom_call(&g->wecom, AT "get_intercept_rule_list", S(""), &reply);
	size_t n = r < 0 || reply.code ? 0 : loose_count(&reply.json, "rule_list");
	g->there = arena_take_array(g->wecom.arena, n + 1, sizeof *g->there);
	for (size_t i = 0; r >= 0 && !one.code && i < n && g->there; i++) {
		snprintf(path, sizeof path, "rule_list.%zu.rule_id", i);
		struct intercept *there = &g->there[g->count];
		*there = (struct intercept){ 0 };
		if ((r = ask_rule(&g->wecom, loose_text(&reply.json, path, g->wecom.arena), there, &one)) >= 0 && !one.code)
			g->count++;
	}
	loose_free(&reply.json);
	int64_t code = reply.code ? reply.code : one.code;
	g->trouble = reply.code ? reply.words : one.words;
	if (r < 0 || code)
		return r < 0 ? r : wecom_later(code) ? 1 : 0;
	return g->there ? store_write(g->wecom.store, g->community, g->wecom.arena, keep_read, g) : E_MEMORY;
}

static int run_read(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct reading g = { .community = job->community };
	struct courier *courier;
	if (!str_to_int(job->key, &g.channel_id.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load, &g);
	if (r < 0 || !str_is(g.channel.state, "on"))
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	if ((r = wecom_open(courier, g.community, &g.channel, &g.wecom)) >= 0)
		r = read_all(&g);
	*ret_why = str_copy(jc->arena, g.trouble);
	courier_free(courier);
	return r > 0 ? E_NOT_SENT : r;
}

static int read_soon(struct tx *tx, struct id community, struct id channel)
{
	return job_add(tx, community, &jobs[1], str_format(tx_arena(tx), "%lld", (long long)channel.n), S(""), (struct instant){ 0 });
}

static int all_soon(struct tx *tx, void *arg)
{
	(void)arg;
	return wecom_channels(tx, read_soon);
}

static int run_round(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return store_write(jc->store, (struct id){ 0 }, jc->arena, all_soon, NULL);
}

static const struct job_kind jobs[] = {
	{ "wecom_intercept", "Makes, changes or drops a rule about words of 企业微信", run_intercept, .backoff_ms = 5 * SECOND },
	{ "wecom_intercept_read", "Reads the rules about words of 企业微信", run_read, .tries_max = 4, .backoff_ms = MINUTE },
	{ "wecom_intercept_round", "Has the rules about words read once a day", run_round, .every_ms = LOOK_EVERY },
	{ 0 },
};

/* ---- API ---- */

static int get_rules(struct request *rq, const void *in, void *out)
{
	(void)in;
	return wecom_wish_page(rq, &wishes, &wecom_intercepts_newest, out);
}

static int save(struct request *rq, struct id id, const struct intercept *d, struct intercept *ret)
{
	if (!d->users.count && !d->departments.count)
		return rq_complain(rq, E_MISSING_FIELD, S("users"));
	if (!d->words.count && !d->phones && !d->mails && !d->packets)
		return rq_complain(rq, E_MISSING_FIELD, S("words"));
	int r = keep(rq->tx, &wecom_intercept_save, rq->community, id, d);
	if (r < 0 || (r = wecom_wish_soon(rq->tx, rq->community, &wishes, id)) < 0)
		return r;
	return tx_one(rq->tx, &wecom_intercept_by_id, ret, V(rq->community), V(id));
}

static int post_rule(struct request *rq, const void *in, void *out)
{
	const struct intercept *d = in;
	struct channel c;
	struct id id = tx_new_id(rq->tx);
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = wecom_wish_room(rq, &wishes, &c)) < 0 ||
	    (r = tx_run(rq->tx, &wecom_intercept_insert, V(rq->community), V(id), V(c.id), V(S("")), V(tx_now(rq->tx)))) < 0 ||
	    (r = save(rq, id, d, out)) < 0)
		return r;
	return audit_note(rq, "wecom_intercept_made", id, d->name);
}

static int put_rule(struct request *rq, const void *in, void *out)
{
	const struct intercept *d = in;
	struct intercept before;
	int r = wecom_wish_get(rq, &wishes, &before);
	if (r < 0 || (r = save(rq, before.id, d, out)) < 0)
		return r;
	return audit_note(rq, "wecom_intercept_changed", before.id, d->name);
}

static int delete_rule(struct request *rq, const void *in, void *out)
{
	struct intercept i;
	(void)in, (void)out;
	int r = wecom_wish_drop(rq, &wishes, &i);
	return r < 0 ? r : audit_note(rq, "wecom_intercept_dropped", i.id, i.name);
}

static int post_again(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	return wecom_wish_again(rq, &wishes);
}

static int post_sync(struct request *rq, const void *in, void *out)
{
	struct channel c;
	(void)in, (void)out;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = read_soon(rq->tx, rq->community, c.id)) < 0)
		return r;
	return audit_note(rq, "wecom_intercepts_read", c.id, c.name);
}

static const struct route routes[] = {
	{ "GET",    "/channels/{id}/intercepts",      ROLE_READER, get_rules,   NULL, &row_wecom_intercept, "Rules about words that staff of 企业微信 may not say (敏感词), newest first", OUT_PAGE },
	{ "POST",   "/channels/{id}/intercepts",      ROLE_ADMIN,  post_rule,   &row_wecom_intercept_draft, &row_wecom_intercept, "One more rule; the platform has it within seconds" },
	{ "POST",   "/channels/{id}/intercepts/sync", ROLE_ADMIN,  post_sync,   NULL, NULL, "Read them at the platform now: what was changed there is changed here", OUT_NONE },
	{ "PUT",    "/intercepts/{id}",               ROLE_ADMIN,  put_rule,    &row_wecom_intercept_draft, &row_wecom_intercept, "Save a rule; the platform hears of it within seconds" },
	{ "POST",   "/intercepts/{id}/again",         ROLE_ADMIN,  post_again,  NULL, NULL, "Ask the platform again after it refused", OUT_NONE },
	{ "DELETE", "/intercepts/{id}",               ROLE_ADMIN,  delete_rule, NULL, NULL, "Drop a rule: the platform deletes it", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	WECOM_WISH_LIST(wecom_intercept), &wecom_intercepts_newest, &wecom_intercepts_all, &wecom_intercept_insert, &wecom_intercept_save,
	&wecom_intercept_follow, NULL,
};

const struct feature feature_wecom_intercept = {
	.name = "wecom_intercept", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs,
};
