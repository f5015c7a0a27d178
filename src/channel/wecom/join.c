/* join.c: join ways (加入群聊): the platform's own live codes, each filling up to five groups, as targets of ours.
 *
 * Story      The dealer's live code gets one more target: a join way over three customer groups; when all three are full the platform
 *            opens 车友群4 by itself. Whoever scans our code sees its QR. A member who came so carries its word (state) in the group's
 *            list: that is how we know, weeks later, which live code brought them.
 * How        wish.h: wanting one is a row, a job makes it at the platform. The QR in the picture it gives is read and drawn anew.
 * Owns       wecom_join
 * Holds      `update` replaces the whole configuration, so the whole is sent each time.
 * Test       wecom_join_test.c
 */
#include "channel/wecom/wish.h"

#include "base/secret.h"
#include "base/time.h"
#include "channel/outbox/courier.h"
#include "groups/livecode.h"
#include "media/qr_draw.h"
#include "media/qr_read.h"
#include "people/audit.h"
#include "people/member.h"

#define CHATS_MAX   5
#define JOINS_MAX   500                           /* of one channel; the platform allows 500,000 a corp */
#define STATE_MADE  12                            /* characters of a state after its "q-" */
#define PICTURE     860                           /* pixels */

/* ---- Rows ---- */

struct join {
	WECOM_CODE_ROW;
	struct str     state;
	struct rows    chats;
	bool           auto_create;
	struct str     base_name;
	int64_t        base_id;
	int64_t        members;
	struct instant created_at;
};

ROW_AS(wecom_join, join,
	FIELD(join, id,          "Join way"),
	FIELD(join, channel_id,  "Channel"),
	FIELD(join, code_id,     "Live code it is a target of", .optional = true),
	FIELD(join, child_id,    "That target", .optional = true),
	FIELD(join, title,       "What staff call it"),
	FIELD(join, state,       "What the members it brought carry"),
	FIELD(join, chats,       "The groups it fills: chat_id", .of = &row_text_item),
	FIELD(join, auto_create, "When they are full the platform opens another group"),
	FIELD(join, base_name,   "… called so, and a number"),
	FIELD(join, base_id,     "… from this number on"),
	FIELD(join, picture,     "Key of its picture, or empty"),
	WECOM_WISH_FIELDS(join),
	FIELD(join, members,     "How many who came by it are in groups now"),
	FIELD(join, created_at,  "Made"));

struct join_draft { struct str title; struct rows chats; bool auto_create; struct str base_name; int64_t base_id; struct id code_id; };

static const struct field chat_fields[] = {
	FIELD(text_item, item, "chat_id", .min = 1, .max = 64, .pattern = "[A-Za-z0-9_@.-]+"),
};
static const struct row row_chat = { "join_chat", sizeof(struct text_item), chat_fields, 1 };

#define JOIN_DRAFT \
	FIELD(join_draft, title,       "What staff call it", .min = 1, .max = 30), \
	FIELD(join_draft, chats,       "The groups it fills: chat_id, one to five", .of = &row_chat, .min = 1, .max = CHATS_MAX), \
	FIELD(join_draft, auto_create, "When they are full the platform opens another group"), \
	FIELD(join_draft, base_name,   "… called so, and a number", .max = 40, .optional = true), \
	FIELD(join_draft, base_id,     "… from this number on", .min = 0, .max = 100000, .optional = true)

ROW(join_draft,
	JOIN_DRAFT,
	FIELD(join_draft, code_id,     "Live code it becomes a target of", .optional = true));
ROW_AS(join_change, join_draft, JOIN_DRAFT);

/* ---- Queries ---- */

#define SELECT_JOIN \
	"SELECT j.id, j.channel_id, j.code_id, j.child_id, j.title, j.state, j.chats, j.auto_create, j.base_name, j.base_id, j.picture," \
	" j.config, j.trouble, j.wanted, j.done, j.dropped, CAST(COALESCE((SELECT sum(s.members) FROM wecom_state s" \
	" WHERE s.community_id = j.community_id AND s.channel_id = j.channel_id AND s.state = j.state), 0) AS BIGINT) AS members," \
	" j.created_at FROM wecom_join j WHERE j.community_id = ?1"

static QUERY(wecom_join_by_id, READS, &row_wecom_join, TAKES(K_ID, K_ID), SELECT_JOIN " AND j.id = ?2");

static QUERY(wecom_join_by_state, READS, &row_wecom_join, TAKES(K_ID, K_ID, K_STR),
	SELECT_JOIN " AND j.channel_id = ?2 AND j.state = ?3");

static QUERY(wecom_joins_newest, READS, &row_wecom_join, TAKES(K_ID, K_ID, K_INT),
	SELECT_JOIN " AND j.channel_id = ?2 AND (j.dropped = FALSE OR j.trouble <> '') ORDER BY j.id DESC LIMIT ?3");

static QUERY(wecom_join_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO wecom_join (community_id, id, channel_id, code_id, child_id, title, state, chats, auto_create, base_name, base_id, config,"
	" picture, trouble, wanted, done, dropped, created_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, '', ?6, '[]', TRUE, '', 1, '', '', '', 0, 0, FALSE, ?7)");

static QUERY(wecom_join_save, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_BOOL, K_STR, K_INT),
	"UPDATE wecom_join SET title = ?3, chats = ?4, auto_create = ?5, base_name = ?6, base_id = ?7, wanted = wanted + 1, trouble = ''"
	" WHERE community_id = ?1 AND id = ?2");

WECOM_CODE_QUERIES(wecom_join);

int wecom_source(struct tx *tx, struct id community, struct id channel, struct str state, struct member_origin *ret)
{
	struct join j;
	ret->source_label = state;
	int r = tx_one(tx, &wecom_join_by_state, &j, V(community), V(channel), V(state));
	if (r < 0)
		return r == E_NOT_FOUND ? wecom_way_source(tx, community, channel, state, ret) : r;
	ret->source_label = j.title;
	r = j.code_id.n ? link_first(tx, community, j.code_id, &ret->source, &ret->source_label) : 0;
	return r == E_NOT_FOUND ? 0 : r;
}

/* ---- Job: what the platform must know ---- */

int wecom_qr(struct wecom *w, struct str url, struct blob *ret_png, int64_t *ret_code, struct str *ret_trouble)
{
	struct answer answer = { 0 };
	struct qr_style style = QR_STYLE_PLAIN;
	struct str text;
	BUF_SCOPED png;
	buf_init(&png, 1 << 20);
	style.size = PICTURE;
	struct letter letter = { .url = url, .checked = !str_starts(url, w->api) };
	int r = courier_ask(w->courier, &letter, &answer, ret_trouble);
	if (r == E_NOT_SENT || (r == 0 && answer.status != 200)) {
		*ret_code = WECOM_NOBODY;
		*ret_trouble = r == 0 ? S("the address of the QR picture did not answer") : *ret_trouble;
		return 0;
	}
	if (r < 0)
		return r;
	r = qr_find((struct blob){ answer.body.at, answer.body.len }, w->arena, &text);
	if (r < 0 && r != E_MEMORY) {
		*ret_code = WECOM_NONSENSE, *ret_trouble = S("there is no QR in the picture the platform gives");
		return 0;
	}
	if (r < 0 || (r = qr_png(text, &style, &png)) < 0)
		return r;
	struct str copy = str_copy(w->arena, buf_view(&png));
	*ret_png = (struct blob){ copy.at, copy.len };
	return copy.at ? 0 : E_MEMORY;
}

static int write_whole(struct wecom_making *m, struct buf *b)
{
	const struct join *j = m->row;
	const struct text_item *chats = j->chats.at;
	buf_z(b, "\"scene\":2,\"remark\":");
	loose_write(b, j->title);
	buf_format(b, ",\"auto_create_room\":%d", j->auto_create);
	if (j->auto_create && j->base_name.len) {
		buf_z(b, ",\"room_base_name\":");
		loose_write(b, j->base_name);
		buf_format(b, ",\"room_base_id\":%lld", (long long)j->base_id);
	}
	buf_z(b, ",\"chat_id_list\":[");
	for (size_t i = 0; i < j->chats.count; i++) {
		buf_z(b, i ? "," : "");
		loose_write(b, chats[i].item);
	}
	buf_z(b, "],\"state\":");
	loose_write(b, j->state);
	return 0;
}

static const struct job_kind jobs[];

#define AT "/cgi-bin/externalcontact/groupchat/"
static const struct wecom_wishes wishes = {
	WECOM_WISH_OF(wecom_join), .job = &jobs[0], .most = JOINS_MAX, .add = AT "add_join_way", .update = AT "update_join_way",
	.del = AT "del_join_way", .number = "config_id", .write = write_whole, .see = AT "get_join_way", .picture_at = "join_way.qr_code",
	.target = "wecom", .picture = &wecom_join_picture,
};

static int run_join(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	return wecom_wish_run(jc, job, &wishes, ret_why);
}

static const struct job_kind jobs[] = {
	{ "wecom_join", "Makes, changes or drops a join way of 企业微信", run_join, .backoff_ms = 5 * SECOND },
	{ 0 },
};

/* ---- API ---- */

static int get_joins(struct request *rq, const void *in, void *out)
{
	(void)in;
	return wecom_wish_page(rq, &wishes, &wecom_joins_newest, out);
}

/* Each is a group that the platform lists, once. */
static int chats_check(struct request *rq, struct id channel, struct rows chats)
{
	const struct text_item *chat = chats.at;
	for (size_t i = 0; i < chats.count; i++) {
		struct wecom_group g;
		int r = wecom_group_get(rq->tx, rq->community, channel, chat[i].item, &g);
		if (r == E_NOT_FOUND || (r == 0 && g.gone_at.ms))
			return rq_complain(rq, E_NOT_FOUND, S("chats"));
		if (r < 0)
			return r;
		for (size_t k = 0; k < i; k++)
			if (str_equal(chat[k].item, chat[i].item))
				return rq_complain(rq, E_CONFLICT, S("chats"));
	}
	return 0;
}

static int save(struct request *rq, struct id join, const struct join_draft *d, struct join *ret)
{
	BUF_SCOPED chats;
	buf_init(&chats, 4096);
	rows_write_json(&chats, &row_text_item, d->chats);
	if (buf_failed(&chats))
		return E_MEMORY;
	int r = tx_run(rq->tx, &wecom_join_save, V(rq->community), V(join), V(d->title), V(buf_view(&chats)), V(d->auto_create),
	               V(d->base_name), V(d->base_id ? d->base_id : 1));
	if (r < 0 || (r = wecom_wish_soon(rq->tx, rq->community, &wishes, join)) < 0)
		return r;
	return tx_one(rq->tx, &wecom_join_by_id, ret, V(rq->community), V(join));
}

static int post_join(struct request *rq, const void *in, void *out)
{
	const struct join_draft *d = in;
	struct channel c;
	struct id child = { 0 }, id = tx_new_id(rq->tx);
	char word[STATE_MADE + 1];
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = wecom_wish_room(rq, &wishes, &c)) < 0 || (r = chats_check(rq, c.id, d->chats)) < 0)
		return r;
	if (d->code_id.n && (r = livecode_add_made(rq->tx, rq->community, d->code_id, "wecom", d->title, &child)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("code_id")) : r;
	secret_slug(word, sizeof word - 1);
	if ((r = tx_run(rq->tx, &wecom_join_insert, V(rq->community), V(id), V(c.id), V(d->code_id), V(child),
	                V(str_format(rq->arena, "q-%s", word)), V(tx_now(rq->tx)))) < 0 || (r = save(rq, id, d, out)) < 0)
		return r;
	return audit_note(rq, "wecom_join_made", id, d->title);
}

static int put_join(struct request *rq, const void *in, void *out)
{
	const struct join_draft *d = in;
	struct join before;
	int r = wecom_wish_get(rq, &wishes, &before);
	if (r < 0 || (r = chats_check(rq, before.channel_id, d->chats)) < 0 || (r = save(rq, before.id, d, out)) < 0)
		return r;
	return audit_note(rq, "wecom_join_changed", before.id, d->title);
}

static int delete_join(struct request *rq, const void *in, void *out)
{
	struct join j;
	(void)in, (void)out;
	int r = wecom_wish_drop(rq, &wishes, &j);
	if (r < 0)
		return r;
	return audit_note(rq, "wecom_join_dropped", j.id, j.title);
}

static int post_again(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	return wecom_wish_again(rq, &wishes);
}

static const struct route routes[] = {
	{ "GET",    "/channels/{id}/join-ways", ROLE_READER,   get_joins,   NULL, &row_wecom_join, "Join ways (加入群聊) of 企业微信, newest first", OUT_PAGE },
	{ "POST",   "/channels/{id}/join-ways", ROLE_OPERATOR, post_join,   &row_join_draft, &row_wecom_join, "One more join way, and a target of a live code that shows it; it is made within seconds" },
	{ "PUT",    "/join-ways/{id}",          ROLE_OPERATOR, put_join,    &row_join_change, &row_wecom_join, "Save a join way; the platform hears of it within seconds" },
	{ "POST",   "/join-ways/{id}/again",    ROLE_OPERATOR, post_again,  NULL, NULL, "Ask the platform again after it refused", OUT_NONE },
	{ "DELETE", "/join-ways/{id}",          ROLE_OPERATOR, delete_join, NULL, NULL, "Drop a join way: its target shows nothing from now on, and the platform deletes it", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	WECOM_WISH_LIST(wecom_join), &wecom_join_picture, &wecom_join_by_state, &wecom_joins_newest, &wecom_join_insert, &wecom_join_save,
	NULL,
};

const struct feature feature_wecom_join = { .name = "wecom_join", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs };
