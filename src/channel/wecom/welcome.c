/* welcome.c: the first words to a customer who adds staff: once, within twenty seconds.
 *
 * Story      A customer scans the counter's code and adds 小王; the event brings a code to welcome them by. A job says the contact way's own
 *            words, or the channel's, with their name in them. When something else was quicker the platform says so, and we stop.
 * How        The row is written with the event; its job is prompt: woken by that commit, with workers of its own, whatever else is slow.
 *            The platform uses a code once, so a job that is run again after a crash, or after nobody answered, greets nobody twice.
 *            Before it is asked the row says so ("asked"): when no answer came and the code is then used, we or another program
 *            used it, and nobody can tell which ("unsure").
 * Owns       wecom_welcome, wecom_greeting
 * Holds      No code, no welcome: the console of 企业微信 has one of its own, or the chat had begun. After twenty seconds nothing is tried.
 *            Every greeting ends: said, refused, too late, or dropped because channel or welcome was switched off meanwhile.
 * Test       wecom_way_test.c
 */
#include "channel/wecom/wecom.h"

#include "base/time.h"
#include "base/utf8.h"
#include "channel/outbox/courier.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/member.h"

#define TEXT_BYTES   4000
#define CODE_MOST    200
#define GOOD_FOR     (20 * SECOND)
#define NAME_WAIT    (3 * SECOND)
#define SAY_WAIT     (5 * SECOND)                 /* so that there is time to ask again */
#define KEEP_DAYS    90
#define WELCOMES_MAX 501                          /* as many as contact ways, and the channel's */
#define BAD_CODE     41050
#define WELCOMED     41051
#define OTHER_APP    41096

/* ---- Rows ---- */

struct wecom_welcome { struct id way_id; bool active; WECOM_SPEECH; int64_t sent, late, refused, unsure, dropped; struct str trouble; };

ROW(wecom_welcome,
	FIELD(wecom_welcome, way_id,  "Of this contact way; null: of all that have none of their own", .optional = true),
	FIELD(wecom_welcome, active,  "It is said"),
	WECOM_SPEECH_FIELDS(wecom_welcome, TEXT_BYTES),
	FIELD(wecom_welcome, sent,    "How many were welcomed by it, of the last 90 days as all that follow"),
	FIELD(wecom_welcome, late,    "How many it reached too late"),
	FIELD(wecom_welcome, refused, "How many the platform refused"),
	FIELD(wecom_welcome, unsure,  "How many were welcomed when we asked again, no answer having come: by us, or by another program"),
	FIELD(wecom_welcome, dropped, "How many were not said: the channel or the welcome was switched off meanwhile"),
	FIELD(wecom_welcome, trouble, "Why the last of those two was not said: in the platform's words, or in ours"));

ROW_AS(wecom_welcome_draft, wecom_welcome,
	FIELD(wecom_welcome, way_id, "Of this contact way; null: of all that have none of their own", .optional = true),
	FIELD(wecom_welcome, active, "It is said"),
	WECOM_SPEECH_FIELDS(wecom_welcome, TEXT_BYTES));

struct greeting { struct id id, channel_id, way_id; struct str code, state; struct instant told_at; };

ROW(greeting,
	FIELD(greeting, id,         "Greeting"),
	FIELD(greeting, channel_id, "Channel"),
	FIELD(greeting, way_id,     "Whose words", .optional = true),
	FIELD(greeting, code,       "WelcomeCode"),
	FIELD(greeting, state,      "waiting asked sent refused late unsure dropped"),
	FIELD(greeting, told_at,    "When we heard of them"));

/* ---- Queries ---- */

#define GREETED(state) "(SELECT count(*) FROM wecom_greeting g WHERE g.community_id = w.community_id AND g.channel_id = w.channel_id" \
	" AND g.way_id = w.way_id AND g.state = '" state "')"
#define SELECT_WELCOME \
	"SELECT w.way_id, w.active, w.text, w.attach, w.link_title, w.link_text, w.link_url, w.picture, w.file, " GREETED("sent") " AS sent, " \
	GREETED("late") " AS late, " GREETED("refused") " AS refused, " GREETED("unsure") " AS unsure, " GREETED("dropped") " AS dropped," \
	" COALESCE((SELECT g.trouble FROM wecom_greeting g" \
	" WHERE g.community_id = w.community_id AND g.channel_id = w.channel_id AND g.way_id = w.way_id AND g.trouble <> ''" \
	" ORDER BY g.id DESC LIMIT 1), '') AS trouble FROM wecom_welcome w WHERE w.community_id = ?1 AND w.channel_id = ?2"

static QUERY(wecom_welcomes, READS, &row_wecom_welcome, TAKES(K_ID, K_ID, K_INT), SELECT_WELCOME " ORDER BY w.way_id LIMIT ?3");

static QUERY(wecom_welcome_of, READS, &row_wecom_welcome, TAKES(K_ID, K_ID, K_ID), SELECT_WELCOME " AND w.way_id = ?3");

/* What is to be said to who came by this contact way. */
static QUERY(wecom_welcome_for, READS, &row_wecom_welcome_draft, TAKES(K_ID, K_ID, K_ID),
	"SELECT way_id, active, text, attach, link_title, link_text, link_url, picture, file FROM wecom_welcome WHERE community_id = ?1"
	" AND channel_id = ?2 AND active = TRUE AND (way_id = ?3 OR way_id = 0) ORDER BY way_id DESC LIMIT 1");

static QUERY(wecom_welcome_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_BOOL, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR),
	"INSERT INTO wecom_welcome (community_id, channel_id, way_id, active, text, attach, link_title, link_text, link_url, picture, file)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (community_id, channel_id, way_id) DO UPDATE SET"
	" active = excluded.active, text = excluded.text, attach = excluded.attach, link_title = excluded.link_title,"
	" link_text = excluded.link_text, link_url = excluded.link_url, picture = excluded.picture, file = excluded.file");

static QUERY(wecom_greeting_add, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO wecom_greeting (community_id, id, channel_id, way_id, code, state, trouble, told_at, settled_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', '', ?6, 0) ON CONFLICT (community_id, channel_id, code) DO NOTHING");

static QUERY(wecom_greeting_by_id, READS, &row_greeting, TAKES(K_ID, K_ID),
	"SELECT id, channel_id, way_id, code, state, told_at FROM wecom_greeting WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_greeting_settle, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"UPDATE wecom_greeting SET state = ?3, trouble = ?4, settled_at = ?5 WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_greeting_state, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE wecom_greeting SET state = ?3 WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_greeting_old, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_INT),
	"DELETE FROM wecom_greeting WHERE community_id = ?1 AND id IN (SELECT id FROM wecom_greeting WHERE community_id = ?1"
	" AND told_at < ?2 ORDER BY told_at LIMIT ?3)");

/* ---- Hearing ---- */

static const struct job_kind jobs[];

/* The job must know whom it greets; the row need not. "STAFF CUSTOMER" */
int wecom_welcome_heard(struct tx *tx, struct id community, const struct channel *c, const struct wecom_follow *f, struct str code)
{
	struct wecom_welcome w;
	struct id way, id = tx_new_id(tx);
	if (!code.len || code.len > CODE_MOST)
		return 0;
	int r = wecom_way_of(tx, community, c->id, f->state, &way);
	if (r < 0 || (r = tx_one(tx, &wecom_welcome_for, &w, V(community), V(c->id), V(way))) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	r = tx_run(tx, &wecom_greeting_add, V(community), V(id), V(c->id), V(w.way_id), V(code), V(tx_now(tx)));
	if (r <= 0)
		return r;
	r = job_add(tx, community, &jobs[0], str_format(tx_arena(tx), "%lld", (long long)id.n),
	            str_format(tx_arena(tx), "%.*s %.*s", STR(f->staff), STR(f->subject)), (struct instant){ 0 });
	return r < 0 ? r : 0;
}

/* ---- Job: saying it ---- */

struct greeter {
	struct wecom         wecom;
	struct id            community, id;
	struct channel       channel;
	struct greeting      greeting;
	struct wecom_welcome words;
	struct str           staff, subject, staff_name, nickname, trouble;
	const char          *outcome;
	bool                 asked;               /* at an earlier try, and no answer came */
};

static int name_of(struct tx *tx, const struct greeter *g, struct str subject, struct str *ret)
{
	struct id member;
	int r = member_find_named(tx, g->community, g->channel.kind, subject, &member, ret);
	return r == E_NOT_FOUND ? 0 : r;
}

static int drop(struct greeter *g, const char *why)
{
	g->outcome = "dropped";
	g->trouble = str_of(why);
	return 0;
}

static int load_greeter(struct tx *tx, void *arg)
{
	struct greeter *g = arg;
	int r = tx_one(tx, &wecom_greeting_by_id, &g->greeting, V(g->community), V(g->id));
	if (r < 0)
		return r;
	r = channel_get(tx, g->community, g->greeting.channel_id, &g->channel);
	if (r == E_NOT_FOUND || (r == 0 && !str_is(g->channel.state, "on")))
		return drop(g, "the channel was switched off");
	r = r < 0 ? r : tx_one(tx, &wecom_welcome_for, &g->words, V(g->community), V(g->greeting.channel_id), V(g->greeting.way_id));
	if (r == E_NOT_FOUND)
		return drop(g, "the welcome was switched off");
	if (r < 0 || (r = name_of(tx, g, g->subject, &g->nickname)) < 0)
		return r;
	r = name_of(tx, g, str_format(tx_arena(tx), WECOM_STAFF "%.*s", STR(g->staff)), &g->staff_name);
	g->staff_name = g->staff_name.len ? g->staff_name : g->staff;
	return r;
}

static int settle(struct tx *tx, void *arg)
{
	const struct greeter *g = arg;
	bool why = strcmp(g->outcome, "refused") == 0 || strcmp(g->outcome, "dropped") == 0;
	int r = tx_run(tx, &wecom_greeting_settle, V(g->community), V(g->id), V(str_of(g->outcome)), V(why ? g->trouble : S("")),
	               V(tx_now(tx)));
	return r < 0 ? r : 0;
}

static int note_asked(struct tx *tx, void *arg)
{
	const struct greeter *g = arg;
	int r = tx_run(tx, &wecom_greeting_state, V(g->community), V(g->id), V(S("asked")));
	return r < 0 ? r : 0;
}

static int note_answered(struct tx *tx, void *arg)
{
	const struct greeter *g = arg;
	int r = tx_run(tx, &wecom_greeting_state, V(g->community), V(g->id), V(S("waiting")));
	return r < 0 ? r : 0;
}

/* Whom we never met has no name here yet; a platform that is slow to tell is not waited for. */
static int ask_name(struct greeter *g)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED path;
	buf_init(&path, 1024);
	buf_z(&path, "/cgi-bin/externalcontact/get?external_userid=");
	buf_url(&path, g->subject);
	int r = buf_failed(&path) ? E_MEMORY
	      : wecom_ask(&g->wecom, &(struct letter){ .url = buf_view(&path), .timeout_ms = NAME_WAIT }, &reply);
	if (r >= 0 && !reply.code)
		g->nickname = loose_text(&reply.json, "external_contact.name", g->wecom.arena);
	loose_free(&reply.json);
	return r < 0 ? r : 0;
}

static bool has(struct str text, const char *name) { return text.len && memmem(text.at, text.len, name, strlen(name)); }

static int say(struct greeter *g, int64_t *ret_code, bool *ret_lost)
{
	struct wecom_speech speech = WECOM_SPEECH_OF(&g->words);
	struct wecom_reply reply = { 0 };
	struct str part = S("");
	int r = has(speech.text, "{nickname}") && !g->nickname.len ? ask_name(g) : 0;
	if (r < 0 || (r = wecom_speech_part(&g->wecom, &speech, &part, ret_code, &g->trouble)) < 0 || *ret_code)
		return r;
	struct str text = wecom_speech_fill(g->wecom.arena, speech.text, "{staff}", g->staff_name, TEXT_BYTES * 2);
	text = wecom_speech_fill(g->wecom.arena, text, "{nickname}", g->nickname, TEXT_BYTES);
	BUF_SCOPED body;
	buf_init(&body, 32768);
	buf_z(&body, "{\"welcome_code\":");
	loose_write(&body, g->greeting.code);
	if (text.len) {
		buf_z(&body, ",\"text\":{\"content\":");
		loose_write(&body, text);
		buf_z(&body, "}");
	}
	if (part.len)
		buf_format(&body, ",\"attachments\":[{\"msgtype\":\"%.*s\",%.*s}]", STR(speech.attach), STR(part));
	buf_z(&body, "}");
	r = buf_failed(&body) ? E_MEMORY : g->asked ? 0 : store_write(g->wecom.store, g->community, g->wecom.arena, note_asked, g);
	if (r >= 0)
		r = wecom_ask(&g->wecom, &(struct letter){
			.url = S("/cgi-bin/externalcontact/send_welcome_msg"), .body = buf_view(&body), .timeout_ms = SAY_WAIT }, &reply);
	*ret_lost = wechat_is_lost(&reply);
	loose_free(&reply.json);
	*ret_code = reply.code, g->trouble = reply.words;
	return r;
}

static const char *outcome_of(int64_t code, bool asked)
{
	if (code == 0)
		return "sent";
	if (code == WELCOMED && asked)
		return "unsure";
	return code == OTHER_APP || (code != BAD_CODE && code != WELCOMED && wecom_later(code)) ? NULL : "refused";
}

static int greet(struct greeter *g)
{
	int64_t code = 0;
	bool lost = false;
	int r = say(g, &code, &lost);
	if (r < 0)
		return r;
	g->outcome = outcome_of(code, g->asked);
	if (!g->outcome && !lost && (r = store_write(g->wecom.store, g->community, g->wecom.arena, note_answered, g)) < 0)
		return r;
	return g->outcome ? 0 : E_NOT_SENT;
}

static int run_welcome(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct greeter g = { .community = job->community, .subject = job->payload };
	struct courier *courier;
	g.staff = str_cut(&g.subject, ' ');
	if (!str_to_int(job->key, &g.id.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load_greeter, &g);
	if (r < 0 || !str_among(g.greeting.state, "waiting asked"))
		return r == E_NOT_FOUND ? 0 : r;
	g.asked = str_is(g.greeting.state, "asked");
	if (!g.outcome && clock_now().ms >= g.greeting.told_at.ms + GOOD_FOR)
		g.outcome = "late";
	if (g.outcome)
		return store_write(jc->store, g.community, jc->arena, settle, &g);
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	if ((r = wecom_open(courier, g.community, &g.channel, &g.wecom)) >= 0)
		r = greet(&g);
	if (g.outcome)
		r = store_write(jc->store, g.community, jc->arena, settle, &g);
	*ret_why = str_copy(jc->arena, g.trouble);
	courier_free(courier);
	return r;
}

static int run_sweep(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return community_sweep(jc->store, jc->arena, &wecom_greeting_old, KEEP_DAYS * DAY);
}

static const struct job_kind jobs[] = {
	{ "wecom_welcome", "Welcomes a customer of 企业微信 who was just added", run_welcome, .tries_max = 20, .backoff_ms = SECOND,
	  .prompt = true },
	{ "wecom_welcome_sweep", "Forgets what became of welcomes three months ago", run_sweep, .every_ms = 6 * HOUR },
	{ 0 },
};

/* ---- API ---- */

static int get_welcomes(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct channel c;
	(void)in;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &wecom_welcomes, &page->rows, V(rq->community), V(c.id), V((int64_t)WELCOMES_MAX))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

static int put_welcome(struct request *rq, const void *in, void *out)
{
	const struct wecom_welcome *d = in;
	struct wecom_speech s = WECOM_SPEECH_OF(d);
	struct channel c;
	int r = wecom_of(rq, &c);
	if (r < 0)
		return r;
	if (d->way_id.n && (r = wecom_way_is_of(rq->tx, rq->community, c.id, d->way_id)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("way_id")) : r;
	if ((r = wecom_speech_check(rq, &s, TEXT_BYTES)) < 0 ||
	    (r = tx_run(rq->tx, &wecom_welcome_put, V(rq->community), V(c.id), V(d->way_id), V(d->active), V(d->text), V(d->attach),
	                V(d->link_title), V(d->link_text), V(d->link_url), V(d->picture), V(d->file))) < 0 ||
	    (r = tx_one(rq->tx, &wecom_welcome_of, out, V(rq->community), V(c.id), V(d->way_id))) < 0)
		return r;
	return audit_note(rq, "wecom_welcome_saved", c.id, utf8_cut(d->text, 40));
}

static const struct route routes[] = {
	{ "GET", "/channels/{id}/wecom-welcomes", ROLE_READER,   get_welcomes, NULL, &row_wecom_welcome, "What is said to customers who add staff, and what became of it", OUT_PAGE },
	{ "PUT", "/channels/{id}/wecom-welcomes", ROLE_OPERATOR, put_welcome,  &row_wecom_welcome_draft, &row_wecom_welcome, "Save the welcome of a contact way, or of all others" },
	{ 0 },
};

static const struct query *const queries[] = {
	&wecom_welcomes, &wecom_welcome_of, &wecom_welcome_for, &wecom_welcome_put, &wecom_greeting_add, &wecom_greeting_by_id,
	&wecom_greeting_settle, &wecom_greeting_state, &wecom_greeting_old, NULL,
};

const struct feature feature_wecom_welcome = {
	.name = "wecom_welcome", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs,
};
