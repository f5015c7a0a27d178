/* template.c: welcomes of customer groups (入群欢迎语): written here, kept at the platform, applied to a group by a colleague in the app.
 *
 * Story      "欢迎 {nickname}，看车找小王" with a link to the price list: staff save it, a job hands it to the platform, which tells the owners
 *            of customer groups that there is a new one. Each of them chooses it for their group in the app; from then on the
 *            platform says it to whoever joins. Nothing else can apply it: no interface does.
 * How        wish.h: wanting one is a row, a job makes it at the platform.
 * Owns       wecom_template
 * Holds      A corp has at most a hundred, each edited and deleted by whoever made it; one attachment each. Owners are told of a new one
 *            only. {nickname} is the platform's %NICKNAME%, which has as many bytes.
 * Test       wecom_template_test.c
 */
#include "channel/wecom/wish.h"

#include "base/time.h"
#include "base/utf8.h"
#include "people/audit.h"

#define TEXT_BYTES    3000
#define TEMPLATES_MAX 100
#define AUDIT_WORDS   40

/* ---- Rows ---- */

struct template {
	WECOM_WISH_ROW;
	WECOM_SPEECH;
	bool           notify;
	struct instant created_at;
};

ROW_AS(wecom_template, template,
	FIELD(template, id,         "Group welcome"),
	FIELD(template, channel_id, "Channel"),
	WECOM_SPEECH_FIELDS(template, TEXT_BYTES),
	FIELD(template, notify,     "Owners of groups are told of it when it is made"),
	WECOM_WISH_FIELDS(template),
	FIELD(template, created_at, "Made"));

ROW_AS(wecom_template_draft, template,
	WECOM_SPEECH_FIELDS(template, TEXT_BYTES),
	FIELD(template, notify, "Owners of groups are told of it when it is made"));

/* ---- Queries ---- */

#define SELECT_TEMPLATE \
	"SELECT id, channel_id, text, attach, link_title, link_text, link_url, picture, file, notify, config, trouble, wanted, done," \
	" dropped, created_at FROM wecom_template WHERE community_id = ?1"

static QUERY(wecom_template_by_id, READS, &row_wecom_template, TAKES(K_ID, K_ID), SELECT_TEMPLATE " AND id = ?2");

static QUERY(wecom_templates_newest, READS, &row_wecom_template, TAKES(K_ID, K_ID, K_INT),
	SELECT_TEMPLATE " AND channel_id = ?2 AND (dropped = FALSE OR trouble <> '') ORDER BY id DESC LIMIT ?3");

static QUERY(wecom_template_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"INSERT INTO wecom_template (community_id, id, channel_id, text, attach, link_title, link_text, link_url, picture, file, notify,"
	" config, trouble, wanted, done, dropped, created_at)"
	" VALUES (?1, ?2, ?3, '', 'none', '', '', '', '', '', TRUE, '', '', 0, 0, FALSE, ?4)");

static QUERY(wecom_template_save, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_BOOL),
	"UPDATE wecom_template SET text = ?3, attach = ?4, link_title = ?5, link_text = ?6, link_url = ?7, picture = ?8, file = ?9,"
	" notify = ?10, wanted = wanted + 1, trouble = '' WHERE community_id = ?1 AND id = ?2");

WECOM_WISH_QUERIES(wecom_template);

/* ---- Job: what the platform must know ---- */

static int write_whole(struct wecom_making *m, struct buf *b)
{
	const struct template *t = m->row;
	struct wecom_speech s = WECOM_SPEECH_OF(t);
	struct str part = S("");
	int r = wecom_speech_part(&m->wecom, &s, &part, &m->code, &m->trouble);
	if (r < 0 || m->code)
		return r;
	if (!t->config.len)
		buf_format(b, "\"notify\":%d,", t->notify);
	if (s.text.len) {
		buf_z(b, "\"text\":{\"content\":");
		loose_write(b, wecom_speech_fill(m->wecom.arena, s.text, "{nickname}", S("%NICKNAME%"), TEXT_BYTES));
		buf_z(b, part.len ? "}," : "}");
	}
	buf_str(b, part);
	return 0;
}

static const struct job_kind jobs[];

#define AT "/cgi-bin/externalcontact/group_welcome_template/"
static const struct wecom_wishes wishes = {
	WECOM_WISH_OF(wecom_template), .job = &jobs[0], .most = TEMPLATES_MAX, .add = AT "add", .update = AT "edit", .del = AT "del",
	.see = AT "get", .number = "template_id", .write = write_whole,
};

static int run_template(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	return wecom_wish_run(jc, job, &wishes, ret_why);
}

static const struct job_kind jobs[] = {
	{ "wecom_template", "Makes, changes or drops a group welcome of 企业微信", run_template, .backoff_ms = 5 * SECOND },
	{ 0 },
};

/* ---- API ---- */

static int get_templates(struct request *rq, const void *in, void *out)
{
	(void)in;
	return wecom_wish_page(rq, &wishes, &wecom_templates_newest, out);
}

static struct str words_of(const struct template *t) { return utf8_cut(t->text.len ? t->text : t->link_title, AUDIT_WORDS); }

static int save(struct request *rq, struct id id, const struct template *d, struct template *ret)
{
	struct wecom_speech s = WECOM_SPEECH_OF(d);
	int r = wecom_speech_check(rq, &s, TEXT_BYTES);
	if (r < 0 ||
	    (r = tx_run(rq->tx, &wecom_template_save, V(rq->community), V(id), V(d->text), V(d->attach), V(d->link_title), V(d->link_text),
	                V(d->link_url), V(d->picture), V(d->file), V(d->notify))) < 0 ||
	    (r = wecom_wish_soon(rq->tx, rq->community, &wishes, id)) < 0)
		return r;
	return tx_one(rq->tx, &wecom_template_by_id, ret, V(rq->community), V(id));
}

static int post_template(struct request *rq, const void *in, void *out)
{
	const struct template *d = in;
	struct channel c;
	struct id id = tx_new_id(rq->tx);
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = wecom_wish_room(rq, &wishes, &c)) < 0 ||
	    (r = tx_run(rq->tx, &wecom_template_insert, V(rq->community), V(id), V(c.id), V(tx_now(rq->tx)))) < 0 ||
	    (r = save(rq, id, d, out)) < 0)
		return r;
	return audit_note(rq, "wecom_template_made", id, words_of(d));
}

static int put_template(struct request *rq, const void *in, void *out)
{
	const struct template *d = in;
	struct template before;
	int r = wecom_wish_get(rq, &wishes, &before);
	if (r < 0 || (r = save(rq, before.id, d, out)) < 0)
		return r;
	return audit_note(rq, "wecom_template_changed", before.id, words_of(d));
}

static int delete_template(struct request *rq, const void *in, void *out)
{
	struct template t;
	(void)in, (void)out;
	int r = wecom_wish_drop(rq, &wishes, &t);
	return r < 0 ? r : audit_note(rq, "wecom_template_dropped", t.id, words_of(&t));
}

static int post_again(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	return wecom_wish_again(rq, &wishes);
}

static const struct route routes[] = {
	{ "GET",    "/channels/{id}/group-welcomes", ROLE_READER,   get_templates,   NULL, &row_wecom_template, "Group welcomes (入群欢迎语) of 企业微信, newest first; a colleague applies one to their group in the app", OUT_PAGE },
	{ "POST",   "/channels/{id}/group-welcomes", ROLE_OPERATOR, post_template,   &row_wecom_template_draft, &row_wecom_template, "One more group welcome; the platform has it within seconds" },
	{ "PUT",    "/group-welcomes/{id}",          ROLE_OPERATOR, put_template,    &row_wecom_template_draft, &row_wecom_template, "Save a group welcome; groups that have it say the new words" },
	{ "POST",   "/group-welcomes/{id}/again",    ROLE_OPERATOR, post_again,      NULL, NULL, "Ask the platform again after it refused", OUT_NONE },
	{ "DELETE", "/group-welcomes/{id}",          ROLE_OPERATOR, delete_template, NULL, NULL, "Drop a group welcome: the platform deletes it, and no group says it any more", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	WECOM_WISH_LIST(wecom_template), &wecom_templates_newest, &wecom_template_insert, &wecom_template_save, NULL,
};

const struct feature feature_wecom_template = {
	.name = "wecom_template", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs,
};
