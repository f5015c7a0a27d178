/* code.c: parametric QR codes (带参二维码): one picture a source, a person, a shop; the platform says which was scanned.
 *
 * Story      The shop in 徐汇 gets a code of its own for the counter; every participant of a campaign gets one for their poster.
 *            Whoever scans one follows the account, and we hear whose it was. Temporary codes live 30 days: those still wanted
 *            are made anew before they end. But a picture that was printed or saved keeps the old one: what is wanted for longer
 *            than 30 days is a permanent code, as long as the account has some to spare, and the desk shows which is which.
 * How        Wanting one is a row; a job asks the platform for it; its picture is drawn here, from the address that came back.
 * Owns       mp_code
 * Holds      A scene is one code of an account, for good. Permanent codes are scarce (100,000): SPARE of them are left to staff, and
 *            when the platform has no more the code is a temporary one.
 * Test       mp_test.c
 */
#include "channel/mp/mp.h"

#include "channel/outbox/courier.h"
#include "base/time.h"
#include "media/qr_draw.h"
#include "people/audit.h"

#define LIFE_MOST    (30 * DAY)
#define RENEW_BEFORE (2 * DAY)
#define RENEW_LOOK   HOUR
#define RENEW_BATCH  500
#define CODES_SHOWN  200
#define PERMANENT    100000                       /* of one account, says the platform */
#define SPARE        10000
#define NO_MORE      45029                        /* … when they are used up; 40053 in older words */
#define BY_HAND_MOST 2000                         /* codes that staff made, of one account */
#define NOT_YET "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 100\"><rect width=\"100\" height=\"100\" fill=\"#f2f4f5\"/>" \
	"<circle cx=\"38\" cy=\"50\" r=\"3\"/><circle cx=\"50\" cy=\"50\" r=\"3\"/><circle cx=\"62\" cy=\"50\" r=\"3\"/></svg>"

/* ---- Rows ---- */

ROW_PUBLIC(mp_code,
	FIELD(mp_code, id,           "Code"),
	FIELD(mp_code, channel_id,   "Account"),
	FIELD(mp_code, scene,        "What comes back when it is scanned"),
	FIELD(mp_code, title,        "What staff call it"),
	FIELD(mp_code, about_id,     "Participant or campaign it stands for", .optional = true),
	FIELD(mp_code, permanent,    "For ever; else made anew while it is wanted"),
	FIELD(mp_code, wanted_until, "Until when it is wanted", .optional = true),
	FIELD(mp_code, url,          "What the picture says; empty: not made yet"),
	FIELD(mp_code, expires_at,   "When the platform forgets it", .optional = true),
	FIELD(mp_code, trouble,      "Why it could not be made, in the platform's words"),
	FIELD(mp_code, follows,      "How many followed by it"),
	FIELD(mp_code, scans,        "How many who followed already scanned it"),
	FIELD(mp_code, created_at,   "Made"));

struct mp_code_draft { struct str title, scene; bool permanent; int64_t days; };

ROW(mp_code_draft,
	FIELD(mp_code_draft, title,     "What staff call it", .min = 1, .max = 60),
	FIELD(mp_code_draft, scene,     "What comes back when it is scanned; empty: made up", .max = MP_SCENE_MAX,
	      .pattern = "[A-Za-z0-9_-]*", .optional = true),
	FIELD(mp_code_draft, permanent, "For ever"),
	FIELD(mp_code_draft, days,      "Else: for so many days", .min = 0, .max = 366, .optional = true));

struct mp_code_query { struct id after; };

ROW(mp_code_query, FIELD(mp_code_query, after, "Only those before this one", .optional = true));

/* ---- Actions ---- */

#define CODE "id, channel_id, scene, title, about_id, permanent, wanted_until, url, expires_at, trouble, follows, scans, created_at" \
	" FROM mp_code"

static QUERY(mp_code_by_scene, READS, &row_mp_code, TAKES(K_ID, K_ID, K_STR),
	"SELECT " CODE " WHERE community_id = ?1 AND channel_id = ?2 AND scene = ?3");

static QUERY(mp_code_by_id, READS, &row_mp_code, TAKES(K_ID, K_ID), "SELECT " CODE " WHERE community_id = ?1 AND id = ?2");

static QUERY(mp_codes_newest, READS, &row_mp_code, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT " CODE " WHERE community_id = ?1 AND channel_id = ?2 AND about_id = 0 AND id < ?3 ORDER BY id DESC LIMIT ?4");

static QUERY(mp_code_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_ID, K_BOOL, K_INSTANT, K_INSTANT),
	"INSERT INTO mp_code (community_id, id, channel_id, scene, title, about_id, permanent, wanted_until, url, ticket, expires_at, trouble,"
	" follows, scans, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', '', 0, '', 0, 0, ?9)");

static QUERY(mp_code_made, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT, K_STR),
	"UPDATE mp_code SET url = CASE WHEN ?3 = '' THEN url ELSE ?3 END, ticket = CASE WHEN ?3 = '' THEN ticket ELSE ?4 END,"
	" expires_at = CASE WHEN ?3 = '' THEN expires_at ELSE ?5 END, trouble = ?6 WHERE community_id = ?1 AND id = ?2");

static QUERY(mp_code_ends, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE mp_code SET permanent = FALSE WHERE community_id = ?1 AND id = ?2 AND wanted_until > 0");

static QUERY(mp_code_counts, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INT, K_INT),
	"UPDATE mp_code SET follows = follows + ?4, scans = scans + ?5 WHERE community_id = ?1 AND channel_id = ?2 AND scene = ?3");

static QUERY(mp_code_delete, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM mp_code WHERE community_id = ?1 AND id = ?2");

static QUERY(mp_codes_by_hand, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT count(*) AS item FROM mp_code WHERE community_id = ?1 AND channel_id = ?2 AND about_id = 0");

static const struct job_kind jobs[];

static int make_soon(struct tx *tx, struct id community, struct id code)
{
	return job_add(tx, community, &jobs[0], str_format(tx_arena(tx), "%lld", (long long)code.n), S(""), (struct instant){ 0 });
}

int mp_code_get(struct tx *tx, struct id community, struct id channel, struct str scene, struct mp_code *ret)
{
	return tx_one(tx, &mp_code_by_scene, ret, V(community), V(channel), V(scene));
}

static int code_add(struct tx *tx, struct id community, struct mp_code *c)
{
	c->id = tx_new_id(tx), c->created_at = tx_now(tx);
	int r = tx_run(tx, &mp_code_insert, V(community), V(c->id), V(c->channel_id), V(c->scene), V(c->title), V(c->about_id), V(c->permanent),
	               V(c->wanted_until), V(c->created_at));
	return r < 0 ? r : make_soon(tx, community, c->id);
}

static QUERY(mp_codes_permanent, READS, &row_id_item, TAKES(K_ID, K_ID, K_INT),
	"SELECT count(*) AS item FROM (SELECT 1 FROM mp_code WHERE community_id = ?1 AND channel_id = ?2 AND permanent = TRUE"
	" LIMIT ?3) AS known", .scans = true);

/* A picture that is saved or printed must outlive 30 days. */
static int lasts(struct tx *tx, const struct mp_code *c, struct id community, bool *ret)
{
	struct id_item many;
	if (c->permanent || c->wanted_until.ms - tx_now(tx).ms <= LIFE_MOST)
		return 0;
	int r = tx_one(tx, &mp_codes_permanent, &many, V(community), V(c->channel_id), V((int64_t)PERMANENT));
	if (r == 0)
		*ret = many.item.n < PERMANENT - SPARE;
	return r;
}

int mp_code_want(struct tx *tx, struct id community, struct id channel, struct str scene, struct str title, struct id about,
                 bool permanent, struct instant until)
{
	struct mp_code c;
	int r = mp_code_get(tx, community, channel, scene, &c);
	if (r != E_NOT_FOUND)
		return r;
	c = (struct mp_code){ .channel_id = channel, .scene = scene, .title = title, .about_id = about, .permanent = permanent,
	                      .wanted_until = until, .url = S(""), .trouble = S("") };
	r = lasts(tx, &c, community, &c.permanent);
	return r < 0 ? r : code_add(tx, community, &c);
}

int mp_code_met(struct tx *tx, struct id community, struct id channel, struct str scene, bool followed)
{
	int r = tx_run(tx, &mp_code_counts, V(community), V(channel), V(scene), V((int64_t)followed), V((int64_t)!followed));
	return r < 0 ? r : 0;
}

/* ---- Jobs: asking the platform ---- */

struct making {
	struct id      community, id;
	struct mp_code code;
	struct channel channel;
	struct str     url, ticket, trouble;
	struct instant until;
};

static int load_making(struct tx *tx, void *arg)
{
	struct making *m = arg;
	int r = tx_one(tx, &mp_code_by_id, &m->code, V(m->community), V(m->id));
	return r < 0 ? r : channel_get(tx, m->community, m->code.channel_id, &m->channel);
}

/* No permanent one is left: what has an end is asked for once more, as a temporary one. */
static int make_temporary(struct tx *tx, void *arg)
{
	struct making *m = arg;
	int r = tx_run(tx, &mp_code_ends, V(m->community), V(m->id));
	return r <= 0 ? r : make_soon(tx, m->community, m->id);
}

static int note_made(struct tx *tx, void *arg)
{
	struct making *m = arg;
	int r = tx_run(tx, &mp_code_made, V(m->community), V(m->id), V(m->url), V(m->ticket), V(m->until), V(m->trouble));
	return r < 0 ? r : 0;
}

static int64_t life_of(const struct mp_code *c, struct instant now)
{
	int64_t wanted = c->wanted_until.ms - now.ms;
	return wanted > LIFE_MOST ? LIFE_MOST : wanted < DAY ? DAY : wanted;
}

static int ask_for(struct mp *mp, struct making *m, struct mp_reply *ret)
{
	struct instant now = clock_now();
	int64_t life = life_of(&m->code, now);
	BUF_SCOPED body;
	buf_init(&body, 4096);
	buf_format(&body, "{\"action_name\":\"%s\",", m->code.permanent ? "QR_LIMIT_STR_SCENE" : "QR_STR_SCENE");
	if (!m->code.permanent)
		buf_format(&body, "\"expire_seconds\":%lld,", (long long)(life / SECOND));
	buf_z(&body, "\"action_info\":{\"scene\":{\"scene_str\":");
	loose_write(&body, m->code.scene);
	buf_z(&body, "}}}");
	struct letter letter = { .url = S("/cgi-bin/qrcode/create"), .body = buf_view(&body) };
	int r = buf_failed(&body) ? E_MEMORY : mp_ask(mp, &letter, ret);
	if (r < 0 || ret->code)
		return r;
	m->url = loose_text(&ret->json, "url", mp->arena);
	m->ticket = loose_text(&ret->json, "ticket", mp->arena);
	if (!m->code.permanent)
		m->until.ms = now.ms + loose_int(&ret->json, "expire_seconds", life / SECOND) * SECOND;
	return 0;
}

static int make_code(const struct job_context *jc, struct courier *courier, struct making *m, struct str *ret_why)
{
	struct mp mp;
	struct mp_reply reply = { 0 };
	int r = mp_open(courier, m->community, &m->channel, &mp);
	if (r < 0 || (r = ask_for(&mp, m, &reply)) < 0)
		return r;
	m->trouble = str_copy(jc->arena, reply.words);
	bool later = reply.code == MP_BUSY || reply.code == MP_NOBODY || reply.code == MP_NONSENSE || reply.code == 45011 ||
	             reply.code == 40164;
	bool used_up = (reply.code == NO_MORE || reply.code == 40053) && m->code.permanent && m->code.wanted_until.ms;
	r = store_write(jc->store, m->community, jc->arena, note_made, m);
	if (r >= 0 && used_up)
		r = store_write(jc->store, m->community, jc->arena, make_temporary, m);
	loose_free(&reply.json);
	*ret_why = m->trouble;
	return r < 0 ? r : later ? E_NOT_SENT : 0;
}

static int run_code(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct making m = { .community = job->community };
	struct courier *courier;
	if (!str_to_int(job->key, &m.id.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load_making, &m);
	if (r < 0 || !str_is(m.channel.state, "on"))
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	r = make_code(jc, courier, &m, ret_why);
	courier_free(courier);
	return r;
}

struct code_due { struct id community_id, id; };

ROW(code_due,
	FIELD(code_due, community_id, "Community"),
	FIELD(code_due, id,           "Code"));

static QUERY(mp_codes_due, READS, &row_code_due, TAKES(K_INSTANT, K_INT),
	"SELECT community_id, id FROM mp_code WHERE (url = '' AND (permanent = TRUE OR wanted_until > ?1))"
	" OR (url <> '' AND permanent = FALSE AND expires_at < ?1 AND wanted_until > expires_at)"
	" ORDER BY expires_at LIMIT ?2", .scans = true);

static int renew(struct tx *tx, void *arg)
{
	struct rows rows;
	(void)arg;
	int r = tx_all(tx, &mp_codes_due, &rows, V((struct instant){ tx_now(tx).ms + RENEW_BEFORE }), V((int64_t)RENEW_BATCH));
	const struct code_due *due = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = make_soon(tx, due[i].community_id, due[i].id);
	return r < 0 ? r : 0;
}

static int run_renew(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	int r = store_write(jc->store, (struct id){ 0 }, jc->arena, renew, NULL);
	(void)job;
	if (r < 0)
		*ret_why = S("the store did not answer");
	return r;
}

static const struct job_kind jobs[] = {
	{ "mp_code",  "Has a QR code made by a 公众号", run_code, .tries_max = 8, .backoff_ms = 3 * SECOND },
	{ "mp_codes", "Has QR codes made anew before they end, and those that could not be made", run_renew, .every_ms = RENEW_LOOK },
	{ 0 },
};

/* ---- API ---- */

static int of_mp(struct request *rq, struct channel *ret)
{
	int r = channel_get(rq->tx, rq->community, rq->path_id, ret);
	return r < 0 ? r : str_is(ret->kind, "mp") ? 0 : E_NOT_FOUND;
}

static int get_codes(struct request *rq, const void *in, void *out)
{
	const struct mp_code_query *q = in;
	struct page *page = out;
	struct channel channel;
	int r = of_mp(rq, &channel);
	if (r < 0 || (r = tx_all(rq->tx, &mp_codes_newest, &page->rows, V(rq->community), V(channel.id),
	                         V((struct id){ q->after.n ? q->after.n : INT64_MAX }), V((int64_t)CODES_SHOWN))) < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_mp_code, CODES_SHOWN);
	return 0;
}

static int post_code(struct request *rq, const void *in, void *out)
{
	const struct mp_code_draft *d = in;
	struct mp_code *c = out;
	struct channel channel;
	struct id_item many;
	char made_up[11];
	int r = of_mp(rq, &channel);
	if (r < 0 || (r = tx_one(rq->tx, &mp_codes_by_hand, &many, V(rq->community), V(channel.id))) < 0)
		return r;
	if (many.item.n >= BY_HAND_MOST)
		return E_TOO_MANY;
	secret_slug(made_up, sizeof made_up - 1);
	struct str scene = d->scene.len ? d->scene : str_format(rq->arena, "h-%s", made_up);
	if (str_starts(scene, S("t-")) || str_starts(scene, S("c-")))         /* participants' and campaigns' own */
		return rq_complain(rq, E_BAD_PATTERN, S("scene"));
	if ((r = mp_code_get(rq->tx, rq->community, channel.id, scene, c)) != E_NOT_FOUND)
		return r < 0 ? r : rq_complain(rq, E_NAME_TAKEN, S("scene"));
	*c = (struct mp_code){
		.channel_id = channel.id, .scene = scene, .title = d->title, .permanent = d->permanent, .url = S(""), .trouble = S(""),
		.wanted_until.ms = d->permanent ? 0 : tx_now(rq->tx).ms + (d->days ? d->days : 30) * DAY,
	};
	if ((r = lasts(rq->tx, c, rq->community, &c->permanent)) < 0 || (r = code_add(rq->tx, rq->community, c)) < 0)
		return r;
	return audit_note(rq, "mp_code_made", c->id, d->title);
}

static int delete_code(struct request *rq, const void *in, void *out)
{
	struct mp_code c;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &mp_code_by_id, &c, V(rq->community), V(rq->path_id));
	if (r < 0 || c.about_id.n)
		return r < 0 ? r : E_IN_USE;
	r = tx_run(rq->tx, &mp_code_delete, V(rq->community), V(c.id));
	return r < 0 ? r : audit_note(rq, "mp_code_dropped", c.id, c.title);
}

static int get_picture(struct request *rq, const void *in, void *out)
{
	struct mp_code c;
	struct body *body = out;
	struct qr_style style = QR_STYLE_PLAIN;
	BUF_SCOPED png;
	buf_init(&png, 1 << 20);
	(void)in;
	int r = tx_one(rq->tx, &mp_code_by_id, &c, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	if (!c.url.len) {
		*body = (struct body){ .bytes = S(NOT_YET), .type = "image/svg+xml" };
		return 0;
	}
	style.size = 860;
	if ((r = qr_png(c.url, &style, &png)) < 0)
		return r;
	*body = (struct body){ .bytes = str_copy(rq->arena, buf_view(&png)), .type = "image/png",
	                       .filename = str_format(rq->arena, "%.*s.png", STR(c.title)) };
	return 0;
}

static const struct route routes[] = {
	{ "GET",    "/channels/{id}/codes",   ROLE_READER,   get_codes,   &row_mp_code_query, &row_mp_code, "QR codes (带参二维码) of a 公众号 that staff made, newest first", OUT_PAGE },
	{ "POST",   "/channels/{id}/codes",   ROLE_OPERATOR, post_code,   &row_mp_code_draft, &row_mp_code, "One more QR code of a 公众号; it is made within seconds" },
	{ "DELETE", "/mp-codes/{id}",         ROLE_OPERATOR, delete_code, NULL, NULL, "Forget a QR code; who scans it still follows the account", OUT_NONE },
	{ "GET",    "/mp-codes/{id}/picture", ROLE_READER,   get_picture, NULL, NULL, "Its picture", OUT_BODY, .makes = "image/png" },
	{ 0 },
};

static const struct query *const queries[] = {
	&mp_code_by_scene, &mp_code_by_id, &mp_codes_newest, &mp_code_insert, &mp_code_made, &mp_code_counts, &mp_code_delete,
	&mp_codes_by_hand, &mp_codes_due, &mp_codes_permanent, &mp_code_ends, NULL,
};

const struct feature feature_mp_code = { .name = "mp_code", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs };
