/* menu.c: the menu below the chat of a 公众号.
 *
 * Story      "活动 · 我的 · 客服": the operator writes up to three buttons, each a keyword, an address, or up to five of these; saves;
 *            a job tells the platform, and what it says stands beside the menu. Followers see it within a day, or after following
 *            anew: that is the platform's doing.
 * Owns       mp_menu
 * Holds      A keyword is heard as if the fan had typed it, so one automation answers both.
 * Test       mp_test.c
 */
#include "channel/mp/mp.h"

#include "channel/outbox/courier.h"
#include "people/audit.h"

#define TOP_MOST 3
#define SUB_MOST 5

struct mp_sub { struct str name, does, word; };
struct mp_button { struct str name, does, word; struct rows below; };
struct mp_menu { struct rows buttons; struct str state, trouble; struct instant changed_at; };
struct mp_menu_draft { struct rows buttons; };

#define DOES "keyword address"

ROW(mp_sub,
	FIELD(mp_sub, name, "What stands on it", .min = 1, .max = 8),
	FIELD(mp_sub, does, "keyword: says `word`; address: opens it", .one_of = DOES),
	FIELD(mp_sub, word, "Keyword or address", .min = 1, .max = 500));

ROW(mp_button,
	FIELD(mp_button, name,  "What stands on it", .min = 1, .max = 5),
	FIELD(mp_button, does,  "keyword: says `word`; address: opens it; menu: shows those below", .one_of = DOES " menu"),
	FIELD(mp_button, word,  "Keyword or address; nothing of a menu", .max = 500, .optional = true),
	FIELD(mp_button, below, "Of a menu", .of = &row_mp_sub, .max = SUB_MOST));

ROW(mp_menu_draft, FIELD(mp_menu_draft, buttons, "From left to right; none: no menu", .of = &row_mp_button, .max = TOP_MOST));

ROW(mp_menu,
	FIELD(mp_menu, buttons,    "From left to right", .of = &row_mp_button, .max = TOP_MOST),
	FIELD(mp_menu, state,      "none, waiting for the platform, shown, or refused", .one_of = "none waiting shown refused"),
	FIELD(mp_menu, trouble,    "What the platform said"),
	FIELD(mp_menu, changed_at, "Saved", .optional = true));

struct menu_kept { struct str buttons, state, trouble; struct instant changed_at; };

ROW(menu_kept,
	FIELD(menu_kept, buttons,    "JSON"),
	FIELD(menu_kept, state,      "State"),
	FIELD(menu_kept, trouble,    "What the platform said"),
	FIELD(menu_kept, changed_at, "Saved"));

static QUERY(mp_menu_get, READS, &row_menu_kept, TAKES(K_ID, K_ID),
	"SELECT buttons, state, trouble, changed_at FROM mp_menu WHERE community_id = ?1 AND channel_id = ?2");

static QUERY(mp_menu_put, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO mp_menu (community_id, channel_id, buttons, state, trouble, changed_at) VALUES (?1, ?2, ?3, 'waiting', '', ?4)"
	" ON CONFLICT (community_id, channel_id) DO UPDATE SET buttons = excluded.buttons, state = 'waiting', trouble = '',"
	" changed_at = excluded.changed_at");

/* Unless it was changed meanwhile: then the next run speaks of it. */
static QUERY(mp_menu_said, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"UPDATE mp_menu SET state = ?3, trouble = ?4 WHERE community_id = ?1 AND channel_id = ?2 AND changed_at = ?5");

static int menu_load(struct tx *tx, struct id community, struct id channel, struct mp_menu *ret)
{
	struct menu_kept kept;
	struct complaint why;
	int r = tx_one(tx, &mp_menu_get, &kept, V(community), V(channel));
	*ret = (struct mp_menu){ .state = S("none"), .trouble = S("") };
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	*ret = (struct mp_menu){ .state = kept.state, .trouble = kept.trouble, .changed_at = kept.changed_at };
	return rows_read_json(&row_mp_button, kept.buttons, TOP_MOST, tx_arena(tx), &ret->buttons, &why);
}

/* ---- The platform's words for it ---- */

static void write_act(struct buf *b, struct str name, struct str does, struct str word)
{
	bool key = str_is(does, "keyword");
	buf_z(b, "{\"name\":");
	loose_write(b, name);
	buf_z(b, key ? ",\"type\":\"click\",\"key\":" : ",\"type\":\"view\",\"url\":");
	loose_write(b, word);
	buf_z(b, "}");
}

static void write_menu(struct buf *b, struct rows buttons)
{
	const struct mp_button *top = buttons.at;
	buf_z(b, "{\"button\":[");
	for (size_t i = 0; i < buttons.count; i++) {
		const struct mp_sub *sub = top[i].below.at;
		buf_z(b, i ? "," : "");
		if (!str_is(top[i].does, "menu")) {
			write_act(b, top[i].name, top[i].does, top[i].word);
			continue;
		}
		buf_z(b, "{\"name\":");
		loose_write(b, top[i].name);
		buf_z(b, ",\"sub_button\":[");
		for (size_t k = 0; k < top[i].below.count; k++) {
			buf_z(b, k ? "," : "");
			write_act(b, sub[k].name, sub[k].does, sub[k].word);
		}
		buf_z(b, "]}");
	}
	buf_z(b, "]}");
}

/* ---- Job ---- */

struct telling { struct id community, id; struct channel channel; struct mp_menu menu; struct str state, trouble; };

static int load_telling(struct tx *tx, void *arg)
{
	struct telling *t = arg;
	int r = channel_get(tx, t->community, t->id, &t->channel);
	return r < 0 ? r : menu_load(tx, t->community, t->id, &t->menu);
}

static int note_told(struct tx *tx, void *arg)
{
	struct telling *t = arg;
	int r = tx_run(tx, &mp_menu_said, V(t->community), V(t->id), V(t->state), V(t->trouble), V(t->menu.changed_at));
	return r < 0 ? r : 0;
}

static int tell(const struct job_context *jc, struct courier *courier, struct telling *t, struct str *ret_why)
{
	struct mp mp;
	struct mp_reply reply = { 0 };
	BUF_SCOPED body;
	int r = mp_open(courier, t->community, &t->channel, &mp);
	buf_init(&body, 64 << 10);
	write_menu(&body, t->menu.buttons);
	struct letter letter = { .url = S("/cgi-bin/menu/create"), .body = buf_view(&body) };
	if (!t->menu.buttons.count)
		letter = (struct letter){ .url = S("/cgi-bin/menu/delete") };
	if (r < 0 || (r = buf_failed(&body) ? E_MEMORY : mp_ask(&mp, &letter, &reply)) < 0)
		return r;
	loose_free(&reply.json);
	bool later = reply.code == MP_BUSY || reply.code == MP_NOBODY || reply.code == MP_NONSENSE || reply.code == 40164;
	t->state = later ? S("waiting") : reply.code ? S("refused") : t->menu.buttons.count ? S("shown") : S("none");
	t->trouble = *ret_why = str_copy(jc->arena, reply.words);
	r = store_write(jc->store, t->community, jc->arena, note_told, t);
	return r < 0 ? r : later ? E_NOT_SENT : 0;
}

static int run_menu(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct telling t = { .community = job->community };
	struct courier *courier;
	if (!str_to_int(job->key, &t.id.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load_telling, &t);
	if (r < 0 || !str_is(t.menu.state, "waiting"))
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	r = tell(jc, courier, &t, ret_why);
	courier_free(courier);
	return r;
}

static const struct job_kind jobs[] = {
	{ "mp_menu", "Tells a 公众号 its menu", run_menu, .tries_max = 8, .backoff_ms = 3 * SECOND },
	{ 0 },
};

/* ---- API ---- */

static int of_mp(struct request *rq)
{
	struct channel channel;
	int r = channel_get(rq->tx, rq->community, rq->path_id, &channel);
	return r < 0 ? r : str_is(channel.kind, "mp") ? 0 : E_NOT_FOUND;
}

static int get_menu(struct request *rq, const void *in, void *out)
{
	(void)in;
	int r = of_mp(rq);
	return r < 0 ? r : menu_load(rq->tx, rq->community, rq->path_id, out);
}

static bool is_address(struct str s) { return str_starts(s, S("https://")) || str_starts(s, S("http://")); }

static int check(struct request *rq, struct rows buttons)
{
	const struct mp_button *top = buttons.at;
	for (size_t i = 0; i < buttons.count; i++) {
		const struct mp_sub *sub = top[i].below.at;
		bool menu = str_is(top[i].does, "menu");
		struct str at = str_format(rq->arena, "buttons[%zu]", i);
		if (menu ? !top[i].below.count : !top[i].word.len)
			return rq_complain(rq, E_MISSING_FIELD, str_format(rq->arena, "%.*s.%s", STR(at), menu ? "below" : "word"));
		if (!menu && str_is(top[i].does, "address") && !is_address(top[i].word))
			return rq_complain(rq, E_BAD_PATTERN, str_format(rq->arena, "%.*s.word", STR(at)));
		for (size_t k = 0; menu && k < top[i].below.count; k++)
			if (str_is(sub[k].does, "address") && !is_address(sub[k].word))
				return rq_complain(rq, E_BAD_PATTERN, str_format(rq->arena, "%.*s.below[%zu].word", STR(at), k));
	}
	return 0;
}

static int put_menu(struct request *rq, const void *in, void *out)
{
	const struct mp_menu_draft *draft = in;
	BUF_SCOPED json;
	buf_init(&json, 64 << 10);
	int r = of_mp(rq);
	if (r < 0 || (r = check(rq, draft->buttons)) < 0)
		return r;
	rows_write_json(&json, &row_mp_button, draft->buttons);
	if (buf_failed(&json))
		return E_MEMORY;
	r = tx_run(rq->tx, &mp_menu_put, V(rq->community), V(rq->path_id), V(str_copy(rq->arena, buf_view(&json))), V(tx_now(rq->tx)));
	if (r < 0 || (r = job_add(rq->tx, rq->community, &jobs[0], str_format(rq->arena, "%lld", (long long)rq->path_id.n), S(""),
	                          (struct instant){ 0 })) < 0 ||
	    (r = audit_note(rq, "mp_menu_saved", rq->path_id, S(""))) < 0)
		return r;
	return menu_load(rq->tx, rq->community, rq->path_id, out);
}

static const struct route routes[] = {
	{ "GET", "/channels/{id}/menu", ROLE_READER,   get_menu, NULL, &row_mp_menu, "The menu of a 公众号, and whether it is shown" },
	{ "PUT", "/channels/{id}/menu", ROLE_OPERATOR, put_menu, &row_mp_menu_draft, &row_mp_menu, "Another menu; the platform is told within seconds" },
	{ 0 },
};

static const struct query *const queries[] = { &mp_menu_get, &mp_menu_put, &mp_menu_said, NULL };

const struct feature feature_mp_menu = { .name = "mp_menu", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs };
