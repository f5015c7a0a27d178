/* way.c: contact ways (联系我): codes by which customers add our staff, as targets of live codes.
 *
 * Story      The dealer prints a code for the counter: whoever scans it adds 小王, or whoever of three is free. Each customer it brings
 *            carries its word (state), so that weeks later we know them by the counter's name, or by the live code that showed it.
 * How        As with join ways: wanting one is a row, a job makes it at the platform; the row says what is wanted, `done` says how far the
 *            platform knows it. The answer of making one has its picture; after a crash in between it is asked for again.
 * Owns       wecom_way
 * Holds      What a code adds, one or several, is fixed when it is made: the platform cannot change it. The 500,000 codes of a corp are
 *            shared with join ways; ours are far below.
 * Test       wecom_way_test.c
 */
#include "channel/wecom/wecom.h"

#include "base/secret.h"
#include "base/time.h"
#include "channel/outbox/courier.h"
#include "engine/file/file.h"
#include "groups/livecode.h"
#include "people/audit.h"
#include "people/member.h"

#define STAFF_MAX   100
#define WAYS_MAX    500                           /* of one channel */
#define STATE_MADE  12                            /* characters of a state after its "w-" */

/* ---- Rows ---- */

struct way {
	struct id      id, channel_id, code_id, child_id;
	struct str     kind, title, state;
	struct rows    staff;
	bool           skip_verify;
	struct str     config, picture, trouble;
	int64_t        wanted, done;
	bool           dropped;
	int64_t        customers;
	struct instant created_at;
};

ROW_AS(wecom_way, way,
	FIELD(way, id,          "Contact way"),
	FIELD(way, channel_id,  "Channel"),
	FIELD(way, code_id,     "Live code it is a target of", .optional = true),
	FIELD(way, child_id,    "That target", .optional = true),
	FIELD(way, kind,        "single: one of the staff; multi: whoever of them is free"),
	FIELD(way, title,       "What staff call it: the source of whom it brings"),
	FIELD(way, state,       "What the customers it brought carry"),
	FIELD(way, staff,       "Whom customers add: userid", .of = &row_text_item),
	FIELD(way, skip_verify, "Customers are added without being asked"),
	FIELD(way, config,      "The platform's number of it; empty: not made yet"),
	FIELD(way, picture,     "Key of its picture, or empty"),
	FIELD(way, trouble,     "Why it could not be made or changed, in the platform's words"),
	FIELD(way, wanted,      "How often it was wanted otherwise"),
	FIELD(way, done,        "… and as how much of that the platform knows it"),
	FIELD(way, dropped,     "It is to go"),
	FIELD(way, customers,   "How many who came by it have our staff now"),
	FIELD(way, created_at,  "Made"));

struct way_draft { struct str kind, title; struct rows staff; bool skip_verify; struct id code_id; };

static const struct field staff_fields[] = {
	FIELD(text_item, item, "userid", .min = 1, .max = 64, .pattern = "[A-Za-z0-9_@.-]+"),
};
static const struct row row_way_staff = { "way_staff", sizeof(struct text_item), staff_fields, 1 };

#define WAY_DRAFT \
	FIELD(way_draft, title,       "What staff call it: the source of whom it brings", .min = 1, .max = 30), \
	FIELD(way_draft, staff,       "Whom customers add: userid", .of = &row_way_staff, .min = 1, .max = STAFF_MAX), \
	FIELD(way_draft, skip_verify, "Customers are added without being asked")

ROW(way_draft,
	WAY_DRAFT,
	FIELD(way_draft, kind,    "single: one of the staff; multi: whoever of them is free", .one_of = "single multi"),
	FIELD(way_draft, code_id, "Live code it becomes a target of", .optional = true));
ROW_AS(way_change, way_draft, WAY_DRAFT);

struct way_count { int64_t n; };

ROW(way_count, FIELD(way_count, n, "How many"));

/* ---- Queries ---- */

#define SELECT_WAY \
	"SELECT w.id, w.channel_id, w.code_id, w.child_id, w.kind, w.title, w.state, w.staff, w.skip_verify, w.config, w.picture, w.trouble," \
	" w.wanted, w.done, w.dropped, (SELECT count(DISTINCT f.subject) FROM wecom_follow f WHERE f.community_id = w.community_id" \
	" AND f.channel_id = w.channel_id AND f.state = w.state AND f.gone_at = 0) AS customers, w.created_at" \
	" FROM wecom_way w WHERE w.community_id = ?1"

static QUERY(wecom_way_by_id, READS, &row_wecom_way, TAKES(K_ID, K_ID), SELECT_WAY " AND w.id = ?2");

static QUERY(wecom_way_by_state, READS, &row_wecom_way, TAKES(K_ID, K_ID, K_STR),
	SELECT_WAY " AND w.channel_id = ?2 AND w.state = ?3");

static QUERY(wecom_ways_newest, READS, &row_wecom_way, TAKES(K_ID, K_ID, K_INT),
	SELECT_WAY " AND w.channel_id = ?2 AND w.dropped = FALSE ORDER BY w.id DESC LIMIT ?3");

static QUERY(wecom_way_total, READS, &row_way_count, TAKES(K_ID, K_ID),
	"SELECT count(*) AS n FROM wecom_way WHERE community_id = ?1 AND channel_id = ?2");

static QUERY(wecom_way_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO wecom_way (community_id, id, channel_id, code_id, child_id, kind, title, state, staff, skip_verify, config, picture,"
	" trouble, wanted, done, dropped, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', ?7, '[]', TRUE, '', '', '', 0, 0, FALSE, ?8)");

static QUERY(wecom_way_save, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_BOOL),
	"UPDATE wecom_way SET title = ?3, staff = ?4, skip_verify = ?5, wanted = wanted + 1, trouble = '' WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_way_unwanted, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE wecom_way SET dropped = TRUE, wanted = wanted + 1, trouble = '' WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_way_config, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE wecom_way SET config = ?3 WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_way_known, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INT),
	"UPDATE wecom_way SET picture = ?3, done = ?4, trouble = '' WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_way_refused, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE wecom_way SET trouble = ?3 WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_way_delete, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM wecom_way WHERE community_id = ?1 AND id = ?2");

int wecom_way_source(struct tx *tx, struct id community, struct id channel, struct str state, struct member_origin *ret)
{
	struct way w;
	int r = tx_one(tx, &wecom_way_by_state, &w, V(community), V(channel), V(state));
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	ret->source_label = w.title;
	r = w.code_id.n ? link_first(tx, community, w.code_id, &ret->source, &ret->source_label) : 0;
	return r == E_NOT_FOUND ? 0 : r;
}

int wecom_way_of(struct tx *tx, struct id community, struct id channel, struct str state, struct id *ret)
{
	struct way w = { 0 };
	int r = state.len ? tx_one(tx, &wecom_way_by_state, &w, V(community), V(channel), V(state)) : 0;
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = r == 0 ? w.id : (struct id){ 0 };
	return 0;
}

int wecom_way_is_of(struct tx *tx, struct id community, struct id channel, struct id way)
{
	struct way w;
	int r = tx_one(tx, &wecom_way_by_id, &w, V(community), V(way));
	return r < 0 ? r : w.channel_id.n == channel.n && !w.dropped ? 0 : E_NOT_FOUND;
}

/* ---- Job: what the platform must know ---- */

static const struct job_kind jobs[];

static int do_soon(struct tx *tx, struct id community, struct id way)
{
	return job_add(tx, community, &jobs[0], str_format(tx_arena(tx), "%lld", (long long)way.n), S(""), (struct instant){ 0 });
}

struct making {
	struct wecom   wecom;
	struct id      community, id;
	struct channel channel;
	struct way     way;
	struct str     config, trouble;
	struct blob    png;
};

static int load_making(struct tx *tx, void *arg)
{
	struct making *m = arg;
	int r = tx_one(tx, &wecom_way_by_id, &m->way, V(m->community), V(m->id));
	return r < 0 ? r : channel_get(tx, m->community, m->way.channel_id, &m->channel);
}

static int note_config(struct tx *tx, void *arg)
{
	const struct making *m = arg;
	int r = tx_run(tx, &wecom_way_config, V(m->community), V(m->id), V(m->config));
	return r < 0 ? r : 0;
}

/* The target shows it, unless staff took the target away. */
static int show(struct tx *tx, struct id community, const struct way *w, struct str picture)
{
	int r = w->child_id.n ? livecode_show_made(tx, community, w->child_id, "staff", w->title, picture) : 0;
	return r == E_NOT_FOUND ? 0 : r;
}

static int note_known(struct tx *tx, void *arg)
{
	const struct making *m = arg;
	struct way now;
	struct str key;
	int r = tx_one(tx, &wecom_way_by_id, &now, V(m->community), V(m->id));
	if (r < 0 || (r = file_keep(tx, m->community, m->png, "image/png", &key)) < 0 ||
	    (r = tx_run(tx, &wecom_way_known, V(m->community), V(m->id), V(key), V(m->way.wanted))) < 0 ||
	    (!now.dropped && (r = show(tx, m->community, &now, key)) < 0) ||
	    (now.picture.len && !str_equal(now.picture, key) && (r = file_drop(tx, m->community, now.picture)) < 0))
		return r;
	return 0;
}

static int note_gone(struct tx *tx, void *arg)
{
	const struct making *m = arg;
	int r = tx_run(tx, &wecom_way_delete, V(m->community), V(m->id));
	return r >= 0 && m->way.picture.len ? file_drop(tx, m->community, m->way.picture) : r < 0 ? r : 0;
}

static int note_refused(struct tx *tx, void *arg)
{
	const struct making *m = arg;
	int r = tx_run(tx, &wecom_way_refused, V(m->community), V(m->id), V(m->trouble));
	return r < 0 ? r : 0;
}

static int call(struct making *m, const char *path, struct buf *body, struct wecom_reply *ret)
{
	int r = buf_failed(body) ? E_MEMORY : wecom_call(&m->wecom, path, buf_view(body), ret);
	m->trouble = ret->words;
	return r;
}

/* What may be changed; type and scene only when it is made. */
static void write_whole(struct buf *b, const struct way *w)
{
	const struct text_item *staff = w->staff.at;
	buf_z(b, "{");
	if (w->config.len) {
		buf_z(b, "\"config_id\":");
		loose_write(b, w->config);
	} else {
		buf_format(b, "\"type\":%d,\"scene\":2", str_is(w->kind, "multi") ? 2 : 1);
	}
	buf_z(b, ",\"remark\":");
	loose_write(b, w->title);
	buf_z(b, w->skip_verify ? ",\"skip_verify\":true,\"state\":" : ",\"skip_verify\":false,\"state\":");
	loose_write(b, w->state);
	buf_z(b, ",\"user\":[");
	for (size_t i = 0; i < w->staff.count; i++) {
		buf_z(b, i ? "," : "");
		loose_write(b, staff[i].item);
	}
	buf_z(b, "]}");
}

static void write_config(struct buf *b, struct str config)
{
	buf_z(b, "{\"config_id\":");
	loose_write(b, config);
	buf_z(b, "}");
}

/* Made, or changed. *ret_code: what the platform says. */
static int tell(struct making *m, int64_t *ret_code)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 16384);
	write_whole(&body, &m->way);
	int r = call(m, m->way.config.len ? "/cgi-bin/externalcontact/update_contact_way" : "/cgi-bin/externalcontact/add_contact_way",
	             &body, &reply);
	m->config = m->way.config.len ? m->way.config : loose_text(&reply.json, "config_id", m->wecom.arena);
	if (r >= 0 && !reply.code && !m->config.len)
		reply.code = WECOM_NONSENSE, m->trouble = S("no config_id");
	if (r >= 0 && !reply.code && !m->way.config.len)
		r = store_write(m->wecom.store, m->community, m->wecom.arena, note_config, m);
	loose_free(&reply.json);
	*ret_code = reply.code;
	return r < 0 ? r : 0;
}

static int look(struct making *m, int64_t *ret_code)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 1024);
	write_config(&body, m->config);
	int r = call(m, "/cgi-bin/externalcontact/get_contact_way", &body, &reply);
	*ret_code = reply.code;
	if (r >= 0 && !reply.code)
		r = wecom_qr(&m->wecom, loose_text(&reply.json, "contact_way.qr_code", m->wecom.arena), &m->png, ret_code, &m->trouble);
	loose_free(&reply.json);
	return r;
}

static int drop(struct making *m, int64_t *ret_code)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 1024);
	write_config(&body, m->way.config);
	int r = m->way.config.len ? call(m, "/cgi-bin/externalcontact/del_contact_way", &body, &reply) : 0;
	loose_free(&reply.json);
	*ret_code = reply.code == 41054 ? 0 : reply.code;         /* it is no more */
	return r;
}

static int make(struct making *m)
{
	int64_t code = 0;
	int r = m->way.dropped ? drop(m, &code) : tell(m, &code);
	if (r >= 0 && !code && !m->way.dropped)
		r = look(m, &code);
	if (r < 0)
		return r;
	r = store_write(m->wecom.store, m->community, m->wecom.arena, code ? note_refused : m->way.dropped ? note_gone : note_known, m);
	return r < 0 ? r == E_NOT_FOUND ? 0 : r : code && wecom_later(code) ? E_NOT_SENT : 0;
}

static int run_way(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct making m = { .community = job->community };
	struct courier *courier;
	if (!str_to_int(job->key, &m.id.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load_making, &m);
	if (r < 0 || m.way.wanted == m.way.done)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	if ((r = wecom_open(courier, m.community, &m.channel, &m.wecom)) >= 0)
		r = make(&m);
	*ret_why = str_copy(jc->arena, m.trouble);
	courier_free(courier);
	return r;
}

static const struct job_kind jobs[] = {
	{ "wecom_way", "Makes, changes or drops a contact way of 企业微信", run_way, .backoff_ms = 5 * SECOND },
	{ 0 },
};

/* ---- API ---- */

static int get_ways(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct channel c;
	(void)in;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &wecom_ways_newest, &page->rows, V(rq->community), V(c.id), V((int64_t)WAYS_MAX))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

/* One of a single code, each once. Whether they may receive customers only the platform knows. */
static int staff_check(struct request *rq, struct str kind, struct rows staff)
{
	const struct text_item *one = staff.at;
	if (str_is(kind, "single") && staff.count != 1)
		return rq_complain(rq, E_TOO_LONG, S("staff"));
	for (size_t i = 0; i < staff.count; i++)
		for (size_t k = 0; k < i; k++)
			if (str_equal(one[k].item, one[i].item))
				return rq_complain(rq, E_CONFLICT, S("staff"));
	return 0;
}

static int save(struct request *rq, struct id way, const struct way_draft *d, struct way *ret)
{
	BUF_SCOPED staff;
	buf_init(&staff, 16384);
	rows_write_json(&staff, &row_text_item, d->staff);
	if (buf_failed(&staff))
		return E_MEMORY;
	int r = tx_run(rq->tx, &wecom_way_save, V(rq->community), V(way), V(d->title), V(buf_view(&staff)), V(d->skip_verify));
	if (r < 0 || (r = do_soon(rq->tx, rq->community, way)) < 0)
		return r;
	return tx_one(rq->tx, &wecom_way_by_id, ret, V(rq->community), V(way));
}

static int post_way(struct request *rq, const void *in, void *out)
{
	const struct way_draft *d = in;
	struct channel c;
	struct way_count count;
	struct id child = { 0 }, id = tx_new_id(rq->tx);
	char word[STATE_MADE + 1];
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_one(rq->tx, &wecom_way_total, &count, V(rq->community), V(c.id))) < 0 ||
	    (r = staff_check(rq, d->kind, d->staff)) < 0)
		return r;
	if (count.n >= WAYS_MAX)
		return E_TOO_MANY;
	if (d->code_id.n && (r = livecode_add_made(rq->tx, rq->community, d->code_id, "staff", d->title, &child)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("code_id")) : r;
	secret_slug(word, sizeof word - 1);
	if ((r = tx_run(rq->tx, &wecom_way_insert, V(rq->community), V(id), V(c.id), V(d->code_id), V(child), V(d->kind),
	                V(str_format(rq->arena, "w-%s", word)), V(tx_now(rq->tx)))) < 0 || (r = save(rq, id, d, out)) < 0)
		return r;
	return audit_note(rq, "wecom_way_made", id, d->title);
}

static int put_way(struct request *rq, const void *in, void *out)
{
	const struct way_draft *d = in;
	struct way before;
	int r = tx_one(rq->tx, &wecom_way_by_id, &before, V(rq->community), V(rq->path_id));
	if (r < 0 || before.dropped)
		return r < 0 ? r : E_NOT_FOUND;
	if ((r = staff_check(rq, before.kind, d->staff)) < 0 || (r = save(rq, before.id, d, out)) < 0)
		return r;
	return audit_note(rq, "wecom_way_changed", before.id, d->title);
}

static int delete_way(struct request *rq, const void *in, void *out)
{
	struct way w;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &wecom_way_by_id, &w, V(rq->community), V(rq->path_id));
	if (r < 0 || w.dropped)
		return r < 0 ? r : E_NOT_FOUND;
	if ((r = tx_run(rq->tx, &wecom_way_unwanted, V(rq->community), V(w.id))) < 0 || (r = show(rq->tx, rq->community, &w, S(""))) < 0 ||
	    (r = do_soon(rq->tx, rq->community, w.id)) < 0)
		return r;
	return audit_note(rq, "wecom_way_dropped", w.id, w.title);
}

static int post_again(struct request *rq, const void *in, void *out)
{
	struct way w;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &wecom_way_by_id, &w, V(rq->community), V(rq->path_id));
	return r < 0 ? r : do_soon(rq->tx, rq->community, w.id);
}

static const struct route routes[] = {
	{ "GET",    "/channels/{id}/contact-ways", ROLE_READER,   get_ways,   NULL, &row_wecom_way, "Contact ways (联系我) of 企业微信, newest first", OUT_PAGE },
	{ "POST",   "/channels/{id}/contact-ways", ROLE_OPERATOR, post_way,   &row_way_draft, &row_wecom_way, "One more contact way, and a target of a live code that shows it; it is made within seconds" },
	{ "PUT",    "/contact-ways/{id}",          ROLE_OPERATOR, put_way,    &row_way_change, &row_wecom_way, "Save a contact way; the platform hears of it within seconds" },
	{ "POST",   "/contact-ways/{id}/again",    ROLE_OPERATOR, post_again, NULL, NULL, "Ask the platform again after it refused", OUT_NONE },
	{ "DELETE", "/contact-ways/{id}",          ROLE_OPERATOR, delete_way, NULL, NULL, "Drop a contact way: its target shows nothing from now on, and the platform deletes it", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&wecom_way_by_id, &wecom_way_by_state, &wecom_ways_newest, &wecom_way_total, &wecom_way_insert, &wecom_way_save,
	&wecom_way_unwanted, &wecom_way_config, &wecom_way_known, &wecom_way_refused, &wecom_way_delete, NULL,
};

const struct feature feature_wecom_way = { .name = "wecom_way", .routes = routes, .queries = queries, .jobs = jobs };
