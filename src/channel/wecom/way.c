/* way.c: contact ways (联系我): codes by which customers add our staff, as targets of live codes.
 *
 * Story      The dealer prints a code for the counter: whoever scans it adds 小王, or whoever of three is free. Each customer it brings
 *            carries its word (state), so that weeks later we know them by the counter's name, or by the live code that showed it.
 * How        wish.h: wanting one is a row, a job makes it at the platform.
 * Owns       wecom_way
 * Holds      What a code adds, one or several, is fixed when it is made: the platform cannot change it. The 500,000 codes of a corp are
 *            shared with join ways; ours are far below.
 * Test       wecom_way_test.c
 */
#include "channel/wecom/wish.h"

#include "base/secret.h"
#include "base/time.h"
#include "groups/livecode.h"
#include "people/audit.h"
#include "people/member.h"

#define STAFF_MAX   100
#define WAYS_MAX    500                           /* of one channel */
#define CUSTOMERS_SHOWN 50
#define STATE_MADE  12                            /* characters of a state after its "w-" */

/* ---- Rows ---- */

struct way {
	WECOM_CODE_ROW;
	struct str     kind, state;
	struct rows    staff;
	bool           skip_verify;
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
	FIELD(way, picture,     "Key of its picture, or empty"),
	WECOM_WISH_FIELDS(way),
	FIELD(way, customers,   "How many who came by it have our staff now"),
	FIELD(way, created_at,  "Made"));

struct way_customer { struct id member_id; struct str nickname, staff; struct instant added_at, gone_at; };

ROW(way_customer,
	FIELD(way_customer, member_id, "Member"),
	FIELD(way_customer, nickname,  "What they are called"),
	FIELD(way_customer, staff,     "Whom they added: userid"),
	FIELD(way_customer, added_at,  "When"),
	FIELD(way_customer, gone_at,   "When one deleted the other", .optional = true));

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

/* ---- Queries ---- */

#define SELECT_WAY \
	"SELECT w.id, w.channel_id, w.code_id, w.child_id, w.kind, w.title, w.state, w.staff, w.skip_verify, w.picture, w.config, w.trouble," \
	" w.wanted, w.done, w.dropped, (SELECT count(DISTINCT f.subject) FROM wecom_follow f WHERE f.community_id = w.community_id" \
	" AND f.channel_id = w.channel_id AND f.state = w.state AND f.gone_at = 0) AS customers, w.created_at" \
	" FROM wecom_way w WHERE w.community_id = ?1"

static QUERY(wecom_way_by_id, READS, &row_wecom_way, TAKES(K_ID, K_ID), SELECT_WAY " AND w.id = ?2");

static QUERY(wecom_way_by_state, READS, &row_wecom_way, TAKES(K_ID, K_ID, K_STR),
	SELECT_WAY " AND w.channel_id = ?2 AND w.state = ?3");

static QUERY(wecom_ways_newest, READS, &row_wecom_way, TAKES(K_ID, K_ID, K_INT),
	SELECT_WAY " AND w.channel_id = ?2 AND (w.dropped = FALSE OR w.trouble <> '') ORDER BY w.id DESC LIMIT ?3");

static QUERY(wecom_way_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO wecom_way (community_id, id, channel_id, code_id, child_id, kind, title, state, staff, skip_verify, config, picture,"
	" trouble, wanted, done, dropped, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', ?7, '[]', TRUE, '', '', '', 0, 0, FALSE, ?8)");

static QUERY(wecom_way_save, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_BOOL),
	"UPDATE wecom_way SET title = ?3, staff = ?4, skip_verify = ?5, wanted = wanted + 1, trouble = '' WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_way_customers, READS, &row_way_customer, TAKES(K_ID, K_ID, K_STR, K_ID, K_INT),
	"SELECT m.id AS member_id, m.nickname, f.staff, f.added_at, f.gone_at FROM wecom_follow f JOIN identity i"
	" ON i.community_id = f.community_id AND i.channel = 'wecom' AND i.subject = f.subject"
	" JOIN member m ON m.community_id = i.community_id AND m.id = i.member_id WHERE f.community_id = ?1 AND f.channel_id = ?2"
	" AND f.state = ?3 AND " SEES_MEMBER("?4", "m.community_id", "m.id") " ORDER BY f.added_at DESC, f.staff LIMIT ?5");

WECOM_CODE_QUERIES(wecom_way);

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

/* What may be changed; type and scene only when it is made. */
static int write_whole(struct wecom_making *m, struct buf *b)
{
	const struct way *w = m->row;
	const struct text_item *staff = w->staff.at;
	if (!w->config.len)
		buf_format(b, "\"type\":%d,\"scene\":2,", str_is(w->kind, "multi") ? 2 : 1);
	buf_z(b, "\"remark\":");
	loose_write(b, w->title);
	buf_z(b, w->skip_verify ? ",\"skip_verify\":true,\"state\":" : ",\"skip_verify\":false,\"state\":");
	loose_write(b, w->state);
	buf_z(b, ",\"user\":[");
	for (size_t i = 0; i < w->staff.count; i++) {
		buf_z(b, i ? "," : "");
		loose_write(b, staff[i].item);
	}
	buf_z(b, "]");
	return 0;
}

static const struct job_kind jobs[];

static const struct wecom_wishes wishes = {
	WECOM_WISH_OF(wecom_way), .job = &jobs[0], .most = WAYS_MAX, .add = "/cgi-bin/externalcontact/add_contact_way",
	.update = "/cgi-bin/externalcontact/update_contact_way", .del = "/cgi-bin/externalcontact/del_contact_way", .number = "config_id",
	.write = write_whole, .see = "/cgi-bin/externalcontact/get_contact_way", .picture_at = "contact_way.qr_code", .target = "staff",
	.picture = &wecom_way_picture,
};

static int run_way(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	return wecom_wish_run(jc, job, &wishes, ret_why);
}

static const struct job_kind jobs[] = {
	{ "wecom_way", "Makes, changes or drops a contact way of 企业微信", run_way, .backoff_ms = 5 * SECOND },
	{ 0 },
};

/* ---- API ---- */

static int get_ways(struct request *rq, const void *in, void *out)
{
	(void)in;
	return wecom_wish_page(rq, &wishes, &wecom_ways_newest, out);
}

static int get_customers(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct way w;
	(void)in;
	int r = tx_one(rq->tx, &wecom_way_by_id, &w, V(rq->community), V(rq->path_id));
	page->total = -1;
	return r < 0 ? r : tx_all(rq->tx, &wecom_way_customers, &page->rows, V(rq->community), V(w.channel_id), V(w.state), V(rq->only),
	                          V((int64_t)CUSTOMERS_SHOWN));
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
	if (r < 0 || (r = wecom_wish_soon(rq->tx, rq->community, &wishes, way)) < 0)
		return r;
	return tx_one(rq->tx, &wecom_way_by_id, ret, V(rq->community), V(way));
}

static int post_way(struct request *rq, const void *in, void *out)
{
	const struct way_draft *d = in;
	struct channel c;
	struct id child = { 0 }, id = tx_new_id(rq->tx);
	char word[STATE_MADE + 1];
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = wecom_wish_room(rq, &wishes, &c)) < 0 || (r = staff_check(rq, d->kind, d->staff)) < 0)
		return r;
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
	int r = wecom_wish_get(rq, &wishes, &before);
	if (r < 0 || (r = staff_check(rq, before.kind, d->staff)) < 0 || (r = save(rq, before.id, d, out)) < 0)
		return r;
	return audit_note(rq, "wecom_way_changed", before.id, d->title);
}

static int delete_way(struct request *rq, const void *in, void *out)
{
	struct way w;
	(void)in, (void)out;
	int r = wecom_wish_drop(rq, &wishes, &w);
	if (r < 0)
		return r;
	return audit_note(rq, "wecom_way_dropped", w.id, w.title);
}

static int post_again(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	return wecom_wish_again(rq, &wishes);
}

static const struct route routes[] = {
	{ "GET",    "/channels/{id}/contact-ways", ROLE_READER,   get_ways,   NULL, &row_wecom_way, "Contact ways (联系我) of 企业微信, newest first", OUT_PAGE },
	{ "POST",   "/channels/{id}/contact-ways", ROLE_OPERATOR, post_way,   &row_way_draft, &row_wecom_way, "One more contact way, and a target of a live code that shows it; it is made within seconds" },
	{ "GET",    "/contact-ways/{id}/customers", ROLE_READER,  get_customers, NULL, &row_way_customer, "The newest customers who came by a contact way", OUT_PAGE, .sees = sees_all },
	{ "PUT",    "/contact-ways/{id}",          ROLE_OPERATOR, put_way,    &row_way_change, &row_wecom_way, "Save a contact way; the platform hears of it within seconds" },
	{ "POST",   "/contact-ways/{id}/again",    ROLE_OPERATOR, post_again, NULL, NULL, "Ask the platform again after it refused", OUT_NONE },
	{ "DELETE", "/contact-ways/{id}",          ROLE_OPERATOR, delete_way, NULL, NULL, "Drop a contact way: its target shows nothing from now on, and the platform deletes it", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	WECOM_WISH_LIST(wecom_way), &wecom_way_picture, &wecom_way_by_state, &wecom_way_customers, &wecom_ways_newest,
	&wecom_way_insert, &wecom_way_save, NULL,
};

const struct feature feature_wecom_way = { .name = "wecom_way", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs };
