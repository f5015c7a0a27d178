/* doctor.c: examinations asked for, run as jobs, kept and shown; a warning when something turned bad, a word when it is well.
 *
 * Story      The admin presses "examine now". Each examination is a job of its own, so that the page fills as they end and other
 *            work goes on in between. 友信's platform says 40164: the page tells the very number to add and where. Every morning at four
 *            the doctor comes by itself; what turned bad since yesterday is a warning in the console, in the mail, in the shop's
 *            robot; the day it is mended, a second one says so.
 * Not here   Looking (examinations of each room, ward.c, the connectors), the terminal (main/doctor.c).
 * Owns       checkup.
 * Holds      What concerns the server is kept under community 0 and shown to those who keep the server alone (people/staff.h).
 *            A finding of a community or channel names nothing of another community.
 *            Asking twice is asking once: an examination that waits or runs is not asked for again.
 * Test       doctor_test.c
 */
#include "channel/doctor/doctor.h"

#include "groups/alert.h"
#include "people/community.h"
#include "people/staff.h"

#define EXAMS_MOST    200                 /* shown: those of a community and its channels */
#define HOUR_OF_ROUND 4                   /* in Beijing */
#define ROUND_LEAST   (20 * HOUR)
#define ROUND_MOST    (30 * HOUR)
#define ROUND_STEP    (2 * SECOND)        /* between two communities */
#define STALE         (10 * MINUTE)       /* "running" that long: whoever ran it is gone */

/* ---- Rows ------------------------------------------------------------------------------------- */

struct kept_finding { struct str word, severity, what_zh, what_en, why_zh, why_en, fix_zh, fix_en, place; struct instant since_at; };

ROW(kept_finding,
	FIELD(kept_finding, word,     "Check"),
	FIELD(kept_finding, severity, "How bad"),
	FIELD(kept_finding, what_zh,  "What is seen"),
	FIELD(kept_finding, what_en,  "… in English"),
	FIELD(kept_finding, why_zh,   "Why it matters"),
	FIELD(kept_finding, why_en,   "… in English"),
	FIELD(kept_finding, fix_zh,   "What mends it"),
	FIELD(kept_finding, fix_en,   "… in English"),
	FIELD(kept_finding, place,    "Where"),
	FIELD(kept_finding, since_at, "Since when"));

struct kept { struct id about_id; struct str name, state; struct instant asked_at,
		ended_at; struct str worst; struct rows findings; struct str memo; };

ROW(kept,
	FIELD(kept, about_id, "Channel"),
	FIELD(kept, name,     "Examination"),
	FIELD(kept, state,    "waiting running done"),
	FIELD(kept, asked_at, "Asked for"),
	FIELD(kept, ended_at, "Ended"),
	FIELD(kept, worst,    "The worst finding"),
	FIELD(kept, findings, "What was found", .of = &row_kept_finding),
	FIELD(kept, memo,     "Remembered"));

/* As pages see it, in the reader's language. */
struct doctor_finding { struct str word, severity, what, why, fix, place; struct instant since_at; };

ROW(doctor_finding,
	FIELD(doctor_finding, word,     "Names the check for good"),
	FIELD(doctor_finding, severity, "How bad it is", .one_of = SEVERITIES),
	FIELD(doctor_finding, what,     "What is seen, a sentence"),
	FIELD(doctor_finding, why,      "Why it matters, or empty"),
	FIELD(doctor_finding, fix,      "What mends it; empty when it is in order"),
	FIELD(doctor_finding, place,    "Where to mend it: a page of the console (channels?open=7), or https://…; or empty"),
	FIELD(doctor_finding, since_at, "Since when it is so"));

struct exam_line {
	struct str     scope, name, title, about;
	struct id      about_id;
	struct str     state, worst;
	struct instant asked_at, ended_at;
	struct rows    findings;
};

ROW(exam_line,
	FIELD(exam_line, scope,    "What it looks at", .one_of = "server community channel"),
	FIELD(exam_line, name,     "Names the examination for good"),
	FIELD(exam_line, title,    "What is looked at, in your language"),
	FIELD(exam_line, about,    "The channel's name, or empty"),
	FIELD(exam_line, about_id, "The channel", .optional = true),
	FIELD(exam_line, state,    "waiting and running: it is being examined now; never: not yet", .one_of = "never waiting running done"),
	FIELD(exam_line, worst,    "The worst it found last; empty: never examined", .one_of = SEVERITIES),
	FIELD(exam_line, asked_at, "When it was asked for last", .optional = true),
	FIELD(exam_line, ended_at, "When it was examined last", .optional = true),
	FIELD(exam_line, findings, "What it found then, the worst first", .of = &row_doctor_finding));

struct doctor_page { struct rows examinations; int64_t total, busy, errors, warnings, notices; struct instant ended_at; bool server; };

ROW(doctor_page,
	FIELD(doctor_page, examinations, "What is examined here", .of = &row_exam_line),
	FIELD(doctor_page, total,    "How many examinations there are"),
	FIELD(doctor_page, busy,     "How many of them are waiting or running now"),
	FIELD(doctor_page, errors,   "Findings that stop something"),
	FIELD(doctor_page, warnings, "Findings that will, or may"),
	FIELD(doctor_page, notices,  "Things to know"),
	FIELD(doctor_page, ended_at, "When the last of them ended", .optional = true),
	FIELD(doctor_page, server,   "You keep the server, so its examinations are among them"));

struct round_row { struct id community_id; };

ROW(round_row,
	FIELD(round_row, community_id, "Community"));

struct name_row { struct id id; struct str name; };

ROW(name_row,
	FIELD(name_row, id,   "Channel"),
	FIELD(name_row, name, "Its name"));

/* ---- Asking ----------------------------------------------------------------------------------------- */

static int run_examination(const struct job_context *, const struct job *, struct str *ret_why);
static int run_round(const struct job_context *, const struct job *, struct str *ret_why);

static const struct job_kind jobs[] = {
	{ "doctor",       "Examine one thing", run_examination, .tries_max = 2, .backoff_ms = MINUTE },
	{ "doctor_round", "The doctor comes once a day", run_round, .every_ms = HOUR },
	{ 0 },
};

static QUERY(checkup_ask, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_INSTANT),
	"INSERT INTO checkup (community_id, about_id, examination, state, asked_at, ended_at, worst, findings, memo)"
	" VALUES (?1, ?2, ?3, 'waiting', ?4, 0, '', '[]', '') ON CONFLICT (community_id, about_id, examination) DO UPDATE"
	" SET state = 'waiting', asked_at = ?4 WHERE checkup.state = 'done' OR checkup.asked_at < ?5");

static int call(struct tx *tx, struct id community, struct id about, const struct examination *e, struct instant due)
{
	struct instant now = tx_now(tx), stale = { now.ms - STALE };
	struct str payload = str_format(tx_arena(tx), "%s %lld", e->name, (long long)about.n);
	int r = tx_run(tx, &checkup_ask, V(community), V(about), V(str_of(e->name)), V(due.ms ? due : now), V(stale));
	return r <= 0 ? r : job_add(tx, community, &jobs[0], payload, payload, due);
}

static QUERY(doctor_channels, READS, &row_name_row, TAKES(K_ID),
		"SELECT id, name FROM channel WHERE community_id = ?1 ORDER BY id LIMIT 100");

/* Those that a feature declares of this scope. */
static int call_all(struct tx *tx, const struct feature *const *features, struct id community, enum examined of, struct instant due)
{
	int r = 0;
	for (; r >= 0 && *features; features++)
		for (const struct examination *e = (*features)->examinations; r >= 0 && e && e->name; e++)
			if (e->of == of)
				r = call(tx, community, (struct id){ 0 }, e, due);
	return r;
}

static int call_community(struct tx *tx, const struct feature *const *features, struct id community, struct instant due)
{
	struct rows channels;
	int r = call_all(tx, features, community, OF_COMMUNITY, due);
	if (r >= 0)
		r = tx_all(tx, &doctor_channels, &channels, V(community));
	const struct name_row *channel = r < 0 ? NULL : channels.at;
	for (size_t i = 0; r >= 0 && i < channels.count; i++)
		r = call(tx, community, channel[i].id, &channel_examination, due);
	return r < 0 ? r : 0;
}

int doctor_call(struct tx *tx, const struct feature *const *features, struct id community, bool server)
{
	int r = call_community(tx, features, community, (struct instant){ 0 });
	if (r >= 0 && server)
		r = call_all(tx, features, (struct id){ 0 }, OF_SERVER, (struct instant){ 0 });
	return r < 0 ? r : 0;
}

int doctor_call_channel(struct tx *tx, struct id community, struct id channel)
{
	int r = call(tx, community, channel, &channel_examination, (struct instant){ 0 });
	return r < 0 ? r : 0;
}

/* ---- Running ------------------------------------------------------------------------------------------ */

#define KEPT "SELECT about_id, examination AS name, state, asked_at, ended_at, worst, findings, memo FROM checkup WHERE community_id = ?1"

static QUERY(checkup_one, READS, &row_kept, TAKES(K_ID, K_ID, K_STR), KEPT " AND about_id = ?2 AND examination = ?3");

static QUERY(checkup_begin, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE checkup SET state = 'running' WHERE community_id = ?1 AND about_id = ?2 AND examination = ?3");

static QUERY(checkup_end, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_STR, K_STR, K_STR),
	"UPDATE checkup SET state = 'done', ended_at = ?4, worst = ?5, findings = ?6, memo = ?7"
	" WHERE community_id = ?1 AND about_id = ?2 AND examination = ?3");

static QUERY(checkup_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM checkup WHERE community_id = ?1 AND about_id = ?2");

static QUERY(doctor_channel, READS, &row_name_row, TAKES(K_ID, K_ID), "SELECT id, name FROM channel WHERE community_id = ?1 AND id = ?2");

struct running {
	struct checkup            *c;
	const struct examination  *e;
	struct kept                before;
	struct str                 name;          /* of the channel, the community, or the server */
	struct id                  told;          /* the community that hears of it */
	bool                       gone;
};

/* Of one finding, or (NULL) what all of this examination begin with. */
static struct str alert_key(struct tx *tx, const char *kind, const struct running *run, const struct kept_finding *f)
{
	struct str of = str_format(tx_arena(tx), "%s %lld %s ", kind, (long long)run->c->about.n, run->e->name);
	return f ? str_format(tx_arena(tx), "%.*s%.*s.", STR(of), STR(f->word)) : of;
}

static int begin(struct tx *tx, void *arg)
{
	struct running *run = arg;
	struct name_row channel;
	struct checkup *c = run->c;
	int r = c->about.n ? tx_one(tx, &doctor_channel, &channel, V(c->community), V(c->about)) : 0;
	run->gone = r == E_NOT_FOUND;
	if (run->gone && (r = alert_settle(tx, c->community, alert_key(tx, "doctor", run, NULL))) >= 0)
		return tx_run(tx, &checkup_drop, V(c->community), V(c->about));
	if (r < 0 || (r = tx_run(tx, &checkup_begin, V(c->community), V(c->about), V(str_of(run->e->name)))) < 0)
		return r;
	r = tx_one(tx, &checkup_one, &run->before, V(c->community), V(c->about), V(str_of(run->e->name)));
	run->gone = r == E_NOT_FOUND;
	return run->gone ? 0 : r;
}

static bool is_bad(struct str severity) { return str_is(severity, "warning") || str_is(severity, "error"); }

static const struct kept_finding *find(const struct rows *rows, struct str word)
{
	const struct kept_finding *f = rows->at;
	for (size_t i = 0; i < rows->count; i++)
		if (str_equal(f[i].word, word))
			return &f[i];
	return NULL;
}

/* As they will be kept, the worst first. What was said before, as badly, is as old as it was. */
static struct rows keep(struct tx *tx, const struct running *run)
{
	const struct checkup *c = run->c;
	struct kept_finding *to = arena_take_array(tx_arena(tx), c->count + 1, sizeof *to);
	struct rows ret = { to, 0 };
	for (int severity = BROKEN; to && severity >= SOUND; severity--)
		for (size_t i = 0; i < c->count; i++) {
			const struct diagnosis *d = &c->said[i];
			if ((int)d->severity != severity)
				continue;
			const struct kept_finding *was = find(&run->before.findings, str_of(d->word));
			bool same = was && str_is(was->severity, severity_word(d->severity));
			to[ret.count++] = (struct kept_finding){
				str_of(d->word), str_of(severity_word(d->severity)), d->what.zh, d->what.en, d->why.zh, d->why.en, d->fix.zh, d->fix.en,
				d->place, same ? was->since_at : tx_now(tx),
			};
		}
	return ret;
}

/* ---- Warnings: something turned bad; it is well again ------------------------------------------------------- */

static int raise(struct tx *tx, const struct running *run, const char *kind, const struct kept_finding *f)
{
	struct alert a = {
		.key = alert_key(tx, kind, run, f), .kind = str_of(kind), .level = str_is(f->severity, "error") ? S("late") : S("due"),
		.subject = run->c->about, .title = run->name, .more = f->what_zh, .due = tx_now(tx),
	};
	if (strcmp(kind, "doctor_well") == 0)
		a.level = S("due");
	return alert_raise(tx, run->told, &a);
}

static int tell_changes(struct tx *tx, const struct running *run, const struct rows *now)
{
	const struct kept_finding *f = now->at, *was = run->before.findings.at;
	/* That something was well again was news the last time. */
	int r = alert_settle(tx, run->told, alert_key(tx, "doctor_well", run, NULL));
	for (size_t i = 0; r >= 0 && i < now->count; i++)
		if (is_bad(f[i].severity))
			r = raise(tx, run, "doctor", &f[i]);
	for (size_t i = 0; r >= 0 && i < run->before.findings.count; i++) {
		const struct kept_finding *is = find(now, was[i].word);
		if (!is_bad(was[i].severity) || (is && is_bad(is->severity)))
			continue;
		if ((r = alert_settle(tx, run->told, alert_key(tx, "doctor", run, &was[i]))) >= 0)
			r = raise(tx, run, "doctor_well", &was[i]);
	}
	return r;
}

/* Of what concerns the server the first community hears: whoever owns it keeps the server. */
static QUERY(home_community, READS, &row_id_item, TAKES_NOTHING, "SELECT id AS item FROM community ORDER BY id LIMIT 1", .scans = true);

static int name_patient(struct tx *tx, struct running *run)
{
	struct name_row channel;
	struct community card;
	struct id_item home = { { 0 } };
	int r = run->c->community.n ? 0 : tx_one_(tx, &home_community, &home, NULL, 0);
	run->told = run->c->community.n ? run->c->community : home.item;
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if (run->c->about.n && (r = tx_one(tx, &doctor_channel, &channel, V(run->c->community), V(run->c->about))) == 0)
		run->name = channel.name;
	else if (r == 0 && run->c->community.n && (r = community_get(tx, run->c->community, &card)) == 0)
		run->name = card.name;
	else if (r == 0)
		run->name = S("服务器");
	return r;
}

static int end(struct tx *tx, void *arg)
{
	struct running *run = arg;
	struct checkup *c = run->c;
	BUF_SCOPED json;
	buf_init(&json, 1 << 20);
	struct rows now = keep(tx, run);
	int r = name_patient(tx, run);
	if (r < 0 || !now.at)
		return r == E_NOT_FOUND ? 0 : r < 0 ? r : E_MEMORY;     /* it was removed meanwhile */
	const struct kept_finding *f = now.at;
	for (size_t i = 0; i < now.count; i++) {
		buf_z(&json, i ? "," : "[");
		row_write_json(&json, &row_kept_finding, &f[i]);
	}
	buf_z(&json, now.count ? "]" : "[]");
	if (buf_failed(&json))
		return E_MEMORY;
	struct str memo = { c->memo.at, c->memo.len < MEMO_OF_EXAMINATION ? c->memo.len : MEMO_OF_EXAMINATION };
	r = tx_run(tx, &checkup_end, V(c->community), V(c->about), V(str_of(run->e->name)), V(tx_now(tx)), V(str_of(severity_word(c->worst))),
	           V(buf_view(&json)), V(memo));
	if (r <= 0 || !run->told.n)
		return r;
	int open = community_changeable(tx, run->told);
	return open == E_COMMUNITY_CLOSED || open == E_NOT_FOUND ? 0 : open < 0 ? open : tell_changes(tx, run, &now);
}

static const struct examination *examination_of(const struct feature *const *features, struct str name)
{
	if (str_is(name, channel_examination.name))
		return &channel_examination;
	for (; *features; features++)
		for (const struct examination *e = (*features)->examinations; e && e->name; e++)
			if (str_is(name, e->name))
				return e;
	return NULL;
}

static int run_examination(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct str rest = job->payload, name = str_cut(&rest, ' ');
	struct checkup *c = ARENA_NEW(context->arena, struct checkup);
	struct running run = { .c = c, .e = examination_of(context->features, name) };
	(void)ret_why;
	if (!c)
		return E_MEMORY;
	*c = (struct checkup){ .house = context, .community = job->community };
	if (!run.e || !str_to_int(rest, &c->about.n))
		return 0;                         /* of another version */
	int r = store_write(context->store, job->community, context->arena, begin, &run);
	if (r < 0 || run.gone)
		return r < 0 ? r : 0;
	c->memo = run.before.memo;
	examine(c, run.e);
	if (arena_failed(context->arena))
		return E_MEMORY;
	r = store_write(context->store, job->community, context->arena, end, &run);
	return r < 0 ? r : 0;
}

/* ---- Every morning -------------------------------------------------------------------------------------------- */

static QUERY(last_round, READS, &row_kept, TAKES(K_ID), KEPT " ORDER BY ended_at DESC LIMIT 1", .scans = true);

static QUERY(open_communities, READS, &row_round_row, TAKES_NOTHING,
	"SELECT id AS community_id FROM community WHERE archived_at = 0 AND erase_at = 0 ORDER BY id LIMIT 5000", .scans = true);

static int come(struct tx *tx, void *arg)
{
	const struct feature *const *features = arg;
	struct kept last = { 0 };
	struct rows communities;
	int64_t now = tx_now(tx).ms;
	int r = tx_one(tx, &last_round, &last, V((struct id){ 0 }));
	bool morning = zone_local(zone_find(S("Asia/Shanghai")), tx_now(tx)).hour == HOUR_OF_ROUND;
	int64_t ago = now - last.asked_at.ms;
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if (!(morning && ago > ROUND_LEAST) && !(last.asked_at.ms && ago > ROUND_MOST))
		return 0;
	if ((r = call_all(tx, features, (struct id){ 0 }, OF_SERVER, (struct instant){ 0 })) < 0 ||
	    (r = tx_all_(tx, &open_communities, &communities, NULL, 0)) < 0)
		return r;
	const struct round_row *row = communities.at;
	for (size_t i = 0; r >= 0 && i < communities.count; i++)
		r = call_community(tx, features, row[i].community_id, (struct instant){ now + (int64_t)i * ROUND_STEP });
	return r;
}

static int run_round(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return store_write(context->store, (struct id){ 0 }, context->arena, come, (void *)(uintptr_t)context->features);
}

/* ---- Showing ---------------------------------------------------------------------------------------------------- */

static QUERY(checkups_of, READS, &row_kept, TAKES(K_ID), KEPT " ORDER BY about_id, examination LIMIT 1000");

struct showing { struct request *rq; struct rows kept; struct exam_line *lines; size_t count; };

static const struct kept *kept_of(const struct rows *rows, struct id about, const char *name)
{
	const struct kept *k = rows->at;
	for (size_t i = 0; i < rows->count; i++)
		if (k[i].about_id.n == about.n && str_is(k[i].name, name))
			return &k[i];
	return NULL;
}

static struct rows in_language(struct request *rq, const struct rows *kept)
{
	const struct kept_finding *f = kept->at;
	struct doctor_finding *to = arena_take_array(rq->arena, kept->count + 1, sizeof *to);
	bool zh = rq->lang == LANG_ZH;
	for (size_t i = 0; to && i < kept->count; i++)
		to[i] = (struct doctor_finding){ f[i].word, f[i].severity, zh ? f[i].what_zh : f[i].what_en, zh ? f[i].why_zh : f[i].why_en,
		                               zh ? f[i].fix_zh : f[i].fix_en, f[i].place, f[i].since_at };
	return (struct rows){ to, to ? kept->count : 0 };
}

static void show_one(struct showing *s, const char *scope, const struct examination *e, struct id about, struct str name)
{
	const struct kept *k = kept_of(&s->kept, about, e->name);
	if (s->count == EXAMS_MOST)
		return;
	struct exam_line *line = &s->lines[s->count++];
	*line = (struct exam_line){ str_of(scope), str_of(e->name), str_of(s->rq->lang == LANG_ZH ? e->zh : e->en), name, about,
			S("never"), S(""),
	                            { 0 }, { 0 }, { NULL, 0 } };
	if (!k)
		return;
	bool gone = !str_is(k->state, "done") && k->asked_at.ms < tx_now(s->rq->tx).ms - STALE;
	line->state = !gone ? k->state : k->ended_at.ms ? S("done") : S("never");
	line->worst = k->ended_at.ms ? k->worst : S("");
	line->asked_at = k->asked_at, line->ended_at = k->ended_at;
	line->findings = in_language(s->rq, &k->findings);
}

static int show_all(struct showing *s, const char *scope, enum examined of, struct id community)
{
	int r = tx_all(s->rq->tx, &checkups_of, &s->kept, V(community));
	for (const struct feature *const *f = rq_features(s->rq); r >= 0 && *f; f++)
		for (const struct examination *e = (*f)->examinations; e && e->name; e++)
			if (e->of == of)
				show_one(s, scope, e, (struct id){ 0 }, S(""));
	return r;
}

static void count_page(struct doctor_page *page)
{
	const struct exam_line *line = page->examinations.at;
	page->total = (int64_t)page->examinations.count;
	for (size_t i = 0; i < page->examinations.count; i++) {
		const struct doctor_finding *f = line[i].findings.at;
		page->busy += str_is(line[i].state, "waiting") || str_is(line[i].state, "running");
		page->ended_at.ms = line[i].ended_at.ms > page->ended_at.ms ? line[i].ended_at.ms : page->ended_at.ms;
		for (size_t k = 0; k < line[i].findings.count; k++) {
			page->errors += str_is(f[k].severity, "error");
			page->warnings += str_is(f[k].severity, "warning");
			page->notices += str_is(f[k].severity, "notice");
		}
	}
}

static int show(struct request *rq, struct doctor_page *ret)
{
	struct showing s = { .rq = rq, .lines = arena_take_array(rq->arena, EXAMS_MOST, sizeof *s.lines) };
	struct doctor_page page = { .total = 0 };
	struct rows channels;
	int r = s.lines ? staff_keeps_server(rq->tx, rq->account, &page.server) : E_MEMORY;
	if (r < 0 || (page.server && (r = show_all(&s, "server", OF_SERVER, (struct id){ 0 })) < 0) ||
	    (r = show_all(&s, "community", OF_COMMUNITY, rq->community)) < 0 ||
	    (r = tx_all(rq->tx, &doctor_channels, &channels, V(rq->community))) < 0)
		return r;
	const struct name_row *channel = channels.at;
	for (size_t i = 0; i < channels.count; i++)
		show_one(&s, "channel", &channel_examination, channel[i].id, channel[i].name);
	page.examinations = (struct rows){ s.lines, s.count };
	count_page(&page);
	*ret = page;
	return 0;
}

static int get_doctor(struct request *rq, const void *in, void *out)
{
	(void)in;
	return show(rq, out);
}

static int post_doctor(struct request *rq, const void *in, void *out)
{
	bool server = false;
	(void)in;
	int r = staff_keeps_server(rq->tx, rq->account, &server);
	if (r < 0 || (r = doctor_call(rq->tx, rq_features(rq), rq->community, server)) < 0)
		return r;
	return show(rq, out);
}

static int show_channel(struct request *rq, void *out)
{
	struct name_row channel;
	struct showing s = { .rq = rq, .lines = out };
	int r = tx_one(rq->tx, &doctor_channel, &channel, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = tx_all(rq->tx, &checkups_of, &s.kept, V(rq->community))) < 0)
		return r;
	show_one(&s, "channel", &channel_examination, channel.id, channel.name);
	return 0;
}

static int get_channel_doctor(struct request *rq, const void *in, void *out)
{
	(void)in;
	return show_channel(rq, out);
}

static int post_channel_doctor(struct request *rq, const void *in, void *out)
{
	struct name_row channel;
	(void)in;
	int r = tx_one(rq->tx, &doctor_channel, &channel, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = doctor_call_channel(rq->tx, rq->community, channel.id)) < 0)
		return r;
	return show_channel(rq, out);
}

/* ---- For the terminal ------------------------------------------------------------------------------------------------ */

struct told_row { struct str community, channel; struct rows findings; };

ROW(told_row,
	FIELD(told_row, community, "Its name"),
	FIELD(told_row, channel,   "The channel's name, or empty"),
	FIELD(told_row, findings,  "What was found", .of = &row_kept_finding));

static QUERY(checkups_bad, READS, &row_told_row, TAKES_NOTHING,
	"SELECT c.name AS community, COALESCE((SELECT n.name FROM channel n WHERE n.community_id = k.community_id AND n.id = k.about_id), '')"
	" AS channel, k.findings FROM checkup k JOIN community c ON c.id = k.community_id WHERE k.worst <> 'ok' AND k.worst <> ''"
	" ORDER BY k.community_id, k.about_id, k.examination LIMIT 1000", .scans = true);

static enum severity severity_of(struct str word)
{
	enum severity s = SOUND;
	while (s < BROKEN && !str_is(word, severity_word(s)))
		s++;
	return s;
}

int doctor_each_kept(struct tx *tx, enum severity least, void (*each)(void *, const struct kept_diagnosis *), void *ctx)
{
	struct rows rows;
	int r = tx_all_(tx, &checkups_bad, &rows, NULL, 0);
	const struct told_row *row = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		const struct kept_finding *f = row[i].findings.at;
		struct str about = !row[i].channel.len ? row[i].community
		                                       : str_format(tx_arena(tx), "%.*s · %.*s", STR(row[i].community), STR(row[i].channel));
		for (size_t k = 0; k < row[i].findings.count; k++)
			if (severity_of(f[k].severity) >= least)
				each(ctx, &(struct kept_diagnosis){ about, f[k].word, f[k].severity, { f[k].what_zh, f[k].what_en },
				                                    { f[k].why_zh, f[k].why_en }, { f[k].fix_zh, f[k].fix_en }, f[k].place });
	}
	return r < 0 ? r : 0;
}

/* ---- Declaration --------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/doctor",               ROLE_ADMIN,    get_doctor,  NULL, &row_doctor_page, "What was examined, and what was found" },
	{ "POST", "/doctor",               ROLE_ADMIN,    post_doctor, NULL, &row_doctor_page, "Examine everything now" },
	{ "GET",  "/channels/{id}/doctor", ROLE_READER,   get_channel_doctor,  NULL, &row_exam_line, "What was found of a channel", .sees = sees_all },
	{ "POST", "/channels/{id}/doctor", ROLE_OPERATOR, post_channel_doctor, NULL, &row_exam_line, "Examine a channel now" },
	{ 0 },
};

static const struct query *const queries[] = {
	&checkup_ask, &doctor_channels, &checkup_one, &checkup_begin, &checkup_end, &checkup_drop, &doctor_channel, &home_community,
	&last_round, &open_communities, &checkups_of, &checkups_bad, NULL,
};

const struct feature feature_doctor = { .name = "doctor", .routes = routes, .queries = queries, .jobs = jobs };
