/* wish.c: see wish.h. */
#include "channel/wecom/wish.h"

#include "base/time.h"
#include "channel/outbox/courier.h"
#include "engine/file/file.h"
#include "groups/livecode.h"

#define BODY_MOST     (512 << 10)
#define CODES_SETTING "codes"

ROW_PUBLIC(wecom_count, FIELD(wecom_count, n, "How many"));

int wecom_wish_soon(struct tx *tx, struct id community, const struct wecom_wishes *of, struct id id)
{
	return job_add(tx, community, of->job, str_format(tx_arena(tx), "%lld", (long long)id.n), S(""), (struct instant){ 0 });
}

/* ---- What becomes of it here ---- */

static int note_made(struct tx *tx, void *arg)
{
	const struct wecom_making *m = arg;
	int r = tx_run(tx, m->of->made, V(m->community), V(m->id), V(m->config));
	return r < 0 ? r : 0;
}

/* The target shows it, unless staff took the target away. */
static int show(struct tx *tx, struct id community, const struct wecom_wishes *of, const struct wecom_code *c, struct str picture)
{
	int r = c->child_id.n ? livecode_show_made(tx, community, c->child_id, of->target, c->title, picture) : 0;
	return r == E_NOT_FOUND ? 0 : r;
}

static int note_picture(struct tx *tx, const struct wecom_making *m, const struct wecom_code *now)
{
	struct str key;
	int r = file_keep(tx, m->community, m->png, "image/png", &key);
	if (r < 0 || (r = tx_run(tx, m->of->picture, V(m->community), V(m->id), V(key))) < 0 ||
	    (!now->dropped && (r = show(tx, m->community, m->of, now, key)) < 0) ||
	    (now->picture.len && !str_equal(now->picture, key) && (r = file_drop(tx, m->community, now->picture)) < 0))
		return r;
	return 0;
}

static int note_known(struct tx *tx, void *arg)
{
	const struct wecom_making *m = arg;
	const struct wecom_wish *told = m->row;
	void *now = arena_take(tx_arena(tx), m->of->by_id->row->size);
	int r = now ? tx_one(tx, m->of->by_id, now, V(m->community), V(m->id)) : E_MEMORY;
	if (r < 0 || (r = tx_run(tx, m->of->known, V(m->community), V(m->id), V(told->wanted))) < 0)
		return r;
	return m->of->picture ? note_picture(tx, m, now) : 0;
}

static int note_gone(struct tx *tx, void *arg)
{
	const struct wecom_making *m = arg;
	const struct wecom_code *c = m->of->picture ? m->row : NULL;
	int r = tx_run(tx, m->of->forget, V(m->community), V(m->id));
	return r >= 0 && c && c->picture.len ? file_drop(tx, m->community, c->picture) : r < 0 ? r : 0;
}

static int note_refused(struct tx *tx, void *arg)
{
	const struct wecom_making *m = arg;
	int r = tx_run(tx, m->of->refused, V(m->community), V(m->id), V(m->trouble));
	return r < 0 ? r : 0;
}

/* ---- Telling the platform ---- */

static int call(struct wecom_making *m, const char *path, struct buf *body, struct wecom_reply *ret)
{
	int r = buf_failed(body) ? E_MEMORY : wecom_call(&m->wecom, path, buf_view(body), ret);
	m->trouble = ret->words, m->code = ret->code;
	return r;
}

static void write_number(struct buf *b, const struct wecom_making *m)
{
	buf_format(b, "{\"%s\":", m->of->number);
	loose_write(b, m->config);
}

/* Made, or changed. */
static int tell(struct wecom_making *m)
{
	struct wecom_reply reply = { 0 };
	bool known = m->config.len;
	BUF_SCOPED body;
	buf_init(&body, BODY_MOST);
	if (known)
		write_number(&body, m);
	buf_z(&body, known ? "," : "{");
	int r = m->of->write(m, &body);
	if (r < 0 || m->code)
		return r;
	buf_z(&body, "}");
	r = call(m, known ? m->of->update : m->of->add, &body, &reply);
	if (r >= 0 && !m->code && !known) {
		m->config = loose_text(&reply.json, m->of->number, m->wecom.arena);
		if (m->config.len)
			r = store_write(m->wecom.store, m->community, m->wecom.arena, note_made, m);
		else
			m->code = WECOM_NONSENSE, m->trouble = str_format(m->wecom.arena, "no %s", m->of->number);
	}
	loose_free(&reply.json);
	return r < 0 ? r : 0;
}

static int look(struct wecom_making *m)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 1024);
	write_number(&body, m);
	buf_z(&body, "}");
	int r = call(m, m->of->see, &body, &reply);
	if (r >= 0 && !m->code)
		r = wecom_qr(&m->wecom, loose_text(&reply.json, m->of->picture_at, m->wecom.arena), &m->png, &m->code, &m->trouble);
	loose_free(&reply.json);
	return r;
}

/* Refused for good: somebody deleted it there, or it may not be deleted from here? Whichever number the refusal has: what cannot be
 * looked at any more, either, is gone. */
static int drop(struct wecom_making *m)
{
	struct wecom_reply reply = { 0 }, seen = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 1024);
	write_number(&body, m);
	buf_z(&body, "}");
	int r = m->config.len ? call(m, m->of->del, &body, &reply) : 0;
	loose_free(&reply.json);
	if (r < 0 || !m->code || wecom_later(m->code) || !m->of->see)
		return r;
	r = wecom_call(&m->wecom, m->of->see, buf_view(&body), &seen);
	loose_free(&seen.json);
	if (seen.code && wecom_later(seen.code))
		m->code = seen.code, m->trouble = seen.words;
	else if (seen.code)
		m->code = 0;
	return r;
}

static int make(struct wecom_making *m)
{
	const struct wecom_wish *w = m->row;
	m->config = w->config;
	int r = w->dropped ? drop(m) : tell(m);
	if (r >= 0 && !m->code && !w->dropped && m->of->picture)
		r = look(m);
	if (r < 0)
		return r;
	r = store_write(m->wecom.store, m->community, m->wecom.arena, m->code ? note_refused : w->dropped ? note_gone : note_known, m);
	return r < 0 ? r == E_NOT_FOUND ? 0 : r : m->code && wecom_later(m->code) ? E_NOT_SENT : 0;
}

static int load(struct tx *tx, void *arg)
{
	struct wecom_making *m = arg;
	const struct wecom_wish *w = m->row;
	int r = tx_one(tx, m->of->by_id, m->row, V(m->community), V(m->id));
	return r < 0 ? r : channel_get(tx, m->community, w->channel_id, &m->channel);
}

int wecom_wish_run(const struct job_context *jc, const struct job *job, const struct wecom_wishes *of, struct str *ret_why)
{
	struct wecom_making m = { .of = of, .community = job->community, .row = arena_take(jc->arena, of->by_id->row->size) };
	const struct wecom_wish *w = m.row;
	struct courier *courier;
	if (!m.row)
		return E_MEMORY;
	if (!str_to_int(job->key, &m.id.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load, &m);
	if (r < 0 || w->wanted == w->done)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	if ((r = wecom_open(courier, m.community, &m.channel, &m.wecom)) >= 0)
		r = make(&m);
	*ret_why = str_copy(jc->arena, m.trouble);
	courier_free(courier);
	return r;
}

/* ---- For routes ---- */

/* Dropped ones count until the platform has deleted them. */
static QUERY(wecom_codes_count, READS, &row_wecom_count, TAKES(K_ID, K_ID),
	"SELECT (SELECT count(*) FROM wecom_join WHERE community_id = ?1 AND channel_id = ?2)"
	" + (SELECT count(*) FROM wecom_way WHERE community_id = ?1 AND channel_id = ?2) AS n");

int wecom_codes_room(struct tx *tx, struct id community, const struct channel *channel, int64_t *ret_used, int64_t *ret_most)
{
	struct wecom_count count;
	struct str most;
	int r = tx_one(tx, &wecom_codes_count, &count, V(community), V(channel->id));
	if (r < 0 || (r = channel_setting(tx, community, channel, CODES_SETTING, &most)) < 0)
		return r;
	*ret_used = count.n;
	if (!str_to_int(most, ret_most) || *ret_most < 0 || *ret_most > WECOM_CODES)
		*ret_most = WECOM_CODES;
	return 0;
}

int wecom_wish_room(struct request *rq, const struct wecom_wishes *of, const struct channel *channel)
{
	struct wecom_count count;
	int64_t used = 0, most = 1;
	int r = tx_one(rq->tx, of->count, &count, V(rq->community), V(channel->id));
	if (r >= 0 && of->picture)
		r = wecom_codes_room(rq->tx, rq->community, channel, &used, &most);
	return r < 0 ? r : used >= most ? E_CORP_CODES : (size_t)count.n >= of->most ? E_TOO_MANY : 0;
}

int wecom_wish_get(struct request *rq, const struct wecom_wishes *of, void *ret)
{
	const struct wecom_wish *w = ret;
	int r = tx_one(rq->tx, of->by_id, ret, V(rq->community), V(rq->path_id));
	return r < 0 ? r : w->dropped ? E_NOT_FOUND : 0;
}

int wecom_wish_drop(struct request *rq, const struct wecom_wishes *of, void *ret)
{
	int r = wecom_wish_get(rq, of, ret);
	if (r < 0 || (r = tx_run(rq->tx, of->unwanted, V(rq->community), V(rq->path_id))) < 0 ||
	    (of->picture && (r = show(rq->tx, rq->community, of, ret, S(""))) < 0))
		return r;
	return wecom_wish_soon(rq->tx, rq->community, of, rq->path_id);
}

int wecom_wish_again(struct request *rq, const struct wecom_wishes *of)
{
	void *row = arena_take(rq->arena, of->by_id->row->size);
	int r = row ? tx_one(rq->tx, of->by_id, row, V(rq->community), V(rq->path_id)) : E_MEMORY;
	return r < 0 ? r : wecom_wish_soon(rq->tx, rq->community, of, rq->path_id);
}

int wecom_wish_page(struct request *rq, const struct wecom_wishes *of, const struct query *list, struct page *ret)
{
	struct channel c;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, list, &ret->rows, V(rq->community), V(c.id), V((int64_t)of->most))) < 0)
		return r;
	ret->total = (int64_t)ret->rows.count;
	return 0;
}


static const struct query *const queries[] = { &wecom_codes_count, NULL };

const struct feature feature_wecom_wish = { .name = "wecom_wish", .queries = queries };
