/* acts.c: what campaigns offer to automations: enrol a member, give chances, put a member's poster into their hands.
 *
 * Story      "Who joins the group takes part in this month's treasure, and gets their poster": an automation, made of a trigger it had
 *            and two acts it finds here.
 * How        Enrolling and chances happen in the event's batch. A poster needs the server's address and some milliseconds of
 *            drawing: a job makes it and puts text and picture into the outbox, under the key of the act.
 * Holds      A campaign's own rules decide who may take part; who may not is a failure of the act, counted with its reason.
 *            Chances go through the ledger under the key of the act: once for an event.
 * Test       acts_test.c
 */
#include "campaign/campaign.h"

#include "automation/act.h"
#include "campaign/draw/draw.h"
#include "campaign/poster/poster.h"
#include "channel/outbox/outbox.h"
#include "engine/file/file.h"
#include "engine/jobs/jobs.h"
#include "people/member.h"

#define WORDS_MOST  300
#define CODE_WAIT   (2 * SECOND)              /* until a platform has made the code of a poster */
#define POSTER_LIVES DAY

struct enrol   { struct id campaign; };
struct chances { struct id campaign; int64_t amount; };
struct posting_act { struct id campaign; struct str text; };

ROW(enrol,   FIELD(enrol, campaign, "Campaign"));
ROW(chances, FIELD(chances, campaign, "Lottery"), FIELD(chances, amount, "How many", .min = 1, .max = 100));
ROW(posting_act,
	FIELD(posting_act, campaign, "Campaign"),
	FIELD(posting_act, text,     "What is said with it", .max = WORDS_MOST, .lines = true, .optional = true));

/* A poster that is still to be made and sent. */
struct poster_due { struct id participant, automation; struct str key, text; bool late; };

ROW(poster_due,
	FIELD(poster_due, participant, "Whose"),
	FIELD(poster_due, automation,  "Who wanted it"),
	FIELD(poster_due, key,         "Name of the act", .max = 80),
	FIELD(poster_due, text,        "What is said with it", .max = 4000, .lines = true, .optional = true),
	FIELD(poster_due, late,        "Long after the event"));

/* ---- Taking part ---- */

/* As whom the member of the event takes part, from now on if not before. */
static int take_part(struct deed *d, struct id campaign, struct campaign *c, struct participant *ret, bool *ret_new)
{
	struct id visitor;
	struct str nickname;
	int r = campaign_get(d->tx, d->community, campaign, c);
	if (r < 0 || (r = member_nickname(d->tx, d->community, d->occasion->member, &nickname)) < 0 ||
	    (r = visitor_of_member(d->tx, d->community, d->occasion->member, &visitor)) < 0)
		return r;
	struct request as = { .tx = d->tx, .arena = tx_arena(d->tx), .community = d->community, .visitor = visitor };
	r = participant_of(d->tx, d->community, c->id, visitor, ret);
	*ret_new = r == E_NOT_FOUND;
	return *ret_new ? participant_make(&as, c, (struct id){ 0 }, nickname, S(""), ret) : r;
}

static int check_campaign(struct tx *tx, struct id community, struct id campaign, bool lottery, struct str *ret_field)
{
	struct campaign c;
	*ret_field = S("campaign");
	int r = campaign_get(tx, community, campaign, &c);
	return r < 0 ? r : lottery && !c.draw ? E_NOT_ONE_OF : 0;
}

static int check_enrol(struct tx *tx, struct id community, const void *settings, struct str *ret_field)
{
	return check_campaign(tx, community, ((const struct enrol *)settings)->campaign, false, ret_field);
}

static int run_enrol(struct deed *d, const void *settings)
{
	struct campaign c;
	struct participant p;
	bool fresh;
	int r = take_part(d, ((const struct enrol *)settings)->campaign, &c, &p, &fresh);
	return r < 0 ? r : fresh;
}

/* ---- Chances ---- */

static int check_chances(struct tx *tx, struct id community, const void *settings, struct str *ret_field)
{
	return check_campaign(tx, community, ((const struct chances *)settings)->campaign, true, ret_field);
}

static int run_chances(struct deed *d, const void *settings)
{
	const struct chances *s = settings;
	struct campaign c;
	struct participant p;
	bool fresh;
	int r = take_part(d, s->campaign, &c, &p, &fresh);
	if (r < 0 || !c.draw)
		return r < 0 ? r : 0;
	if (campaign_phase(&c, tx_now(d->tx)) != CAMPAIGN_OPEN)
		return E_CAMPAIGN_CLOSED;
	struct posting posting = {
		.to = { &book_chances, p.id, 0 }, .amount = s->amount, .key = str_format(tx_arena(d->tx), "auto %.*s", STR(d->key)),
		.reason = S("given"), .source = d->automation, .actor = d->automation,
	};
	return ledger_post(d->tx, d->community, &posting, NULL);
}

/* ---- Posters ---- */

static const struct job_kind jobs[];

static int check_poster(struct tx *tx, struct id community, const void *settings, struct str *ret_field)
{
	return check_campaign(tx, community, ((const struct posting_act *)settings)->campaign, false, ret_field);
}

static int says_poster(struct deed *d, const void *settings, struct str *ret)
{
	return deed_fill(d, ((const struct posting_act *)settings)->text, S(""), 1, ret);
}

static int run_poster(struct deed *d, const void *settings)
{
	const struct posting_act *s = settings;
	struct poster_due due = { .automation = d->automation, .key = d->key, .late = d->late };
	struct campaign c;
	struct participant p;
	bool fresh;
	BUF_SCOPED b;
	buf_init(&b, 32 << 10);
	int r = take_part(d, s->campaign, &c, &p, &fresh);
	if (r < 0 || (r = deed_fill(d, s->text, S(""), 1, &due.text)) < 0)
		return r;
	due.participant = p.id;
	row_write_json(&b, &row_poster_due, &due);
	if (buf_failed(&b))
		return E_MEMORY;
	r = job_add(d->tx, d->community, &jobs[0], d->key, str_copy(tx_arena(d->tx), buf_view(&b)), (struct instant){ 0 });
	return r < 0 ? r : 1;
}

struct sending {
	struct id          community;
	struct str         origin;
	struct poster_due  due;
	struct participant who;
	struct poster_made poster;
	bool               later;                 /* the platform has not made its code yet */
};

static int draw_poster(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	struct campaign c;
	struct str link;
	int r = participant_get(tx, s->community, s->due.participant, &s->who);
	if (r < 0 || (r = campaign_get(tx, s->community, s->who.campaign_id, &c)) < 0 ||
	    (r = follow_link(tx, s->community, &c, &s->who, &link)) < 0)
		return r;
	s->later = str_is(c.act, "follow") && !link.len;
	if (!link.len)
		link = str_format(tx_arena(tx), "%.*s/t/%.*s", STR(s->origin), STR(s->who.slug));
	return s->later ? 0 : participant_poster(tx, s->community, &c, &s->who, link, tx_arena(tx), &s->poster);
}

static int put(struct tx *tx, const struct sending *s, const char *what, struct str body)
{
	struct outgoing o = {
		.member = s->who.member_id, .what = what, .body = body, .reason = S("automation"), .source = s->due.automation,
		.key = str_format(tx_arena(tx), "%.*s.%c", STR(s->due.key), *what), .expires.ms = tx_now(tx).ms + POSTER_LIVES,
		.prompt = !s->due.late,
	};
	int r = outbox_put(tx, s->community, &o, NULL);
	return r < 0 && r != E_NOT_FOUND ? r : 0;
}

static int put_both(struct tx *tx, void *arg)
{
	const struct sending *s = arg;
	struct str file;
	int r = 0;
	BUF_SCOPED text;
	buf_init(&text, 64 << 10);
	buf_z(&text, "{\"text\":");
	buf_json(&text, s->due.text);
	buf_z(&text, "}");
	if (buf_failed(&text))
		return E_MEMORY;
	if (s->due.text.len)
		r = put(tx, s, "text", str_copy(tx_arena(tx), buf_view(&text)));
	if (r >= 0)
		r = file_keep(tx, s->community, (struct blob){ s->poster.bytes.at, s->poster.bytes.len }, "image/jpeg", &file);
	return r < 0 ? r : put(tx, s, "image", str_format(tx_arena(tx), "{\"file\":\"%.*s\"}", STR(file)));
}

static int run_due(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct sending s = { .community = job->community, .origin = settings_text(jc->settings, "public_url") };
	struct complaint why;
	if (row_read_json(&row_poster_due, job->payload, jc->arena, &s.due, &why) < 0)
		return 0;
	int r = store_read(jc->store, jc->arena, draw_poster, &s);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if (s.later) {
		*ret_why = S("the platform has not made the code yet");
		return job->tries < 4 ? E_NOT_SENT : 0;
	}
	return s.who.member_id.n ? store_write(jc->store, job->community, jc->arena, put_both, &s) : 0;
}

static const struct job_kind jobs[] = {
	{ "campaign_poster", "Makes the poster that an automation gives a member, and sends it", run_due, .tries_max = 6, .backoff_ms = CODE_WAIT },
	{ 0 },
};

/* ---- Declaration ---- */

static const struct act_kind acts[] = {
	{ "campaign_enrol",   "让 TA 参加活动", "let them take part in a campaign", &row_enrol, "活动", "campaign", OF_MEMBER, "campaign_joined",
	  check_enrol, run_enrol },
	{ "campaign_poster",  "发活动海报",     "send their poster of a campaign",  &row_posting_act, "活动 附上的话", "campaign text", OF_MEMBER,
	  "campaign_joined", check_poster, run_poster, says_poster },
	{ "campaign_chances", "给抽奖机会",     "give chances in a lottery",        &row_chances, "抽奖 几次", "lottery amount", OF_MEMBER,
	  "campaign_joined", check_chances, run_chances },
	{ 0 },
};

const struct feature feature_campaign_acts = { .name = "campaign_acts", .jobs = jobs, .acts = acts };
