/* follow.c: 任务宝 through a 公众号: who follows by a friend's poster helps, and gets a poster of their own in the chat.
 *
 * Story      Bo scans Lin's poster and follows the account. He is told "you helped Lin" and how to take part, and his own poster
 *            arrives as a picture; Lin hears of it (message/). Whoever scans the campaign's own code, or sends its
 *            keyword, gets a poster too. Nobody has to follow to see or to claim anything (G2): the page works without.
 * How        Each participant has a parametric code of their own, "t-SLUG"; the campaign has "c-SLUG". A follower of events decides
 *            the help (invite.c) in the log's order; what is said, and the poster, are a job's: they need the server's address and
 *            some milliseconds of drawing, and a lost one is done again.
 * Owns       campaign_follow.
 * Holds      A help counts by invite.c's rules alone. A fan without a browser of their own gets a number like one, so that the same
 *            ledger key holds when they open the page later.
 * Not here   Sharing itself is never asked about (G1).
 * Test       follow_test.c, web/journeys/mp.spec.ts
 */
#include "campaign/campaign.h"

#include "base/json.h"
#include "base/utf8.h"
#include "campaign/poster/poster.h"
#include "channel/mp/mp.h"
#include "engine/file/file.h"
#include "engine/jobs/jobs.h"
#include "media/qr_draw.h"
#include "people/audit.h"
#include "people/member.h"

#define POSTER_WAIT  (2 * SECOND)                 /* until the platform has made the code */
#define WORDS_MOST   300

/* ---- Rows ---- */

struct follow { struct id channel_id, code_id; struct str keyword, greeting, channel, url, trouble; };
struct follow_draft { struct id channel_id; struct str keyword, greeting; };

ROW(follow,
	FIELD(follow, channel_id, "公众号 whose followers count", .optional = true),
	FIELD(follow, code_id,    "The campaign's own QR code (/mp-codes/…/picture)", .optional = true),
	FIELD(follow, keyword,    "Who sends it takes part and gets their poster"),
	FIELD(follow, greeting,   "First line of what a fan is told"),
	FIELD(follow, channel,    "What the account is called"),
	FIELD(follow, url,        "What the campaign's own QR code says; empty: not made yet"),
	FIELD(follow, trouble,    "Why it could not be made, in the platform's words"));

ROW(follow_draft,
	FIELD(follow_draft, channel_id, "公众号 whose followers count"),
	FIELD(follow_draft, keyword,    "Who sends it takes part and gets their poster", .max = 20, .optional = true),
	FIELD(follow_draft, greeting,   "First line of what a fan is told", .max = 200, .lines = true, .optional = true));

struct follow_kept { struct id campaign_id, channel_id; struct str keyword, greeting; };

ROW(follow_kept,
	FIELD(follow_kept, campaign_id, "Campaign"),
	FIELD(follow_kept, channel_id,  "公众号"),
	FIELD(follow_kept, keyword,     "Keyword"),
	FIELD(follow_kept, greeting,    "Greeting"));

#define KEPT "SELECT campaign_id, channel_id, keyword, greeting FROM campaign_follow"

static QUERY(follow_of, READS, &row_follow_kept, TAKES(K_ID, K_ID), KEPT " WHERE community_id = ?1 AND campaign_id = ?2");

static QUERY(follow_of_keyword, READS, &row_follow_kept, TAKES(K_ID, K_ID, K_STR),
	"SELECT f.campaign_id, f.channel_id, f.keyword, f.greeting FROM campaign_follow f JOIN campaign c ON c.community_id = f.community_id"
	" AND c.id = f.campaign_id WHERE f.community_id = ?1 AND f.channel_id = ?2 AND f.keyword_key = ?3 AND f.keyword <> ''"
	" AND c.state = 'running' ORDER BY f.campaign_id DESC LIMIT 1");

static QUERY(follow_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_STR),
	"INSERT INTO campaign_follow (community_id, campaign_id, channel_id, keyword, keyword_key, greeting) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT (community_id, campaign_id) DO UPDATE SET channel_id = excluded.channel_id, keyword = excluded.keyword,"
	" keyword_key = excluded.keyword_key, greeting = excluded.greeting");

/* ---- Codes ---- */

static struct str scene_of(struct arena *arena, const char *kind, struct str slug)
{
	return str_format(arena, "%s-%.*s", kind, STR(slug));
}

/* The campaign's code, or a participant's. */
static int want_code(struct tx *tx, struct id community, const struct follow_kept *f, const struct campaign *c,
                     const struct participant *p)
{
	struct arena *arena = tx_arena(tx);
	return mp_code_want(tx, community, f->channel_id, p ? scene_of(arena, "t", p->slug) : scene_of(arena, "c", c->slug), c->name,
	                    p ? p->id : c->id, false, c->ends_at);
}

int follow_chosen(struct tx *tx, struct id community, struct id campaign, bool *ret)
{
	struct follow_kept f;
	int r = tx_one(tx, &follow_of, &f, V(community), V(campaign));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = r == 0;
	return 0;
}

int follow_channel(struct tx *tx, struct id community, struct id campaign, struct id *ret)
{
	struct follow_kept f;
	int r = tx_one(tx, &follow_of, &f, V(community), V(campaign));
	if (r == 0)
		*ret = f.channel_id;
	return r;
}

int follow_link(struct tx *tx, struct id community, const struct campaign *c, const struct participant *p, struct str *ret)
{
	struct follow_kept f;
	struct mp_code code;
	*ret = S("");
	if (!str_is(c->act, "follow"))
		return 0;
	int r = tx_one(tx, &follow_of, &f, V(community), V(c->id));
	if (r == 0)
		r = mp_code_get(tx, community, f.channel_id, scene_of(tx_arena(tx), "t", p->slug), &code);
	if (r == 0)
		*ret = code.url;
	return r == E_NOT_FOUND ? 0 : r;
}

/* ---- What follows from a follow ---- */

/* What is to be said, kept in a job until it was put into the outbox. */
struct told {
	struct id  channel, member, own, other;   /* own: their participant, 0: none; other: whom they helped */
	struct str verdict;                       /* counted held refused closed, or an error's word */
};

ROW(told,
	FIELD(told, channel, "公众号"),
	FIELD(told, member,  "Who is told"),
	FIELD(told, own,     "Their participant", .optional = true),
	FIELD(told, other,   "The other one's", .optional = true),
	FIELD(told, verdict, "What became of the help", .max = 40));

static const struct job_kind jobs[];

static int tell_later(struct tx *tx, struct id community, struct id event, const struct told *t)
{
	BUF_SCOPED b;
	buf_init(&b, 8192);
	row_write_json(&b, &row_told, t);
	if (buf_failed(&b))
		return E_MEMORY;
	return job_add(tx, community, &jobs[0], str_format(tx_arena(tx), "%lld", (long long)event.n), str_copy(tx_arena(tx), buf_view(&b)),
	               (struct instant){ 0 });
}

/* They take part, if they may, and have a code for their poster; *ret_word says why not. */
static int enter(struct tx *tx, struct id community, const struct follow_kept *f, const struct campaign *c, struct id visitor,
                 struct id parent, struct str nickname, struct participant *ret, struct str *ret_word)
{
	struct request as = { .tx = tx, .arena = tx_arena(tx), .community = community, .visitor = visitor };
	*ret = (struct participant){ 0 };
	int r = participant_make(&as, c, parent, nickname, S(""), ret);
	if (r == E_CAMPAIGN_CLOSED || r == E_FULL || r == E_NOT_FOR_YOU || r == E_WHO_FIRST || r == E_CITY_FIRST || r == E_OTHER_REGION) {
		*ret = (struct participant){ 0 };
		*ret_word = str_of(err_word(r));
		return 0;
	}
	return r < 0 || !str_is(c->act, "follow") ? r : want_code(tx, community, f, c, ret);
}

/* The platform told of the following after its end, or both came at once. */
static int gone_again(struct tx *tx, struct id community, const struct event *e, const struct campaign *c, const struct help *h)
{
	bool lost;
	int r = channel_is_lost(tx, community, e->subject, e->actor, &lost);
	return r < 0 || !lost ? r : leave_followed(tx, community, c, h);
}

/* Bo came by Lin's code. */
static int came_by(struct tx *tx, struct id community, const struct event *e, struct str slug)
{
	struct told t = { .channel = e->subject, .member = e->actor, .verdict = S("") };
	struct id whose, visitor;
	struct participant p, own;
	struct campaign c;
	struct follow_kept f;
	struct str nickname, word = S("");
	int r = participant_by_slug(tx, slug, &whose, &p);
	if (r < 0 || whose.n != community.n)
		return r == E_NOT_FOUND || r == 0 ? 0 : r;
	if ((r = campaign_get(tx, community, p.campaign_id, &c)) < 0 || !str_is(c.act, "follow") ||
	    (r = tx_one(tx, &follow_of, &f, V(community), V(c.id))) < 0 || f.channel_id.n != e->subject.n ||
	    (r = member_nickname(tx, community, e->actor, &nickname)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = visitor_of_member(tx, community, e->actor, &visitor)) < 0)
		return r;
	struct help_act act = { .helper = visitor, .nickname = nickname, .device = S("mp"), .at = e->at };
	struct help verdict = { 0 };
	r = help_do(tx, community, &c, &p, &act, &verdict);
	t.verdict = r == E_CAMPAIGN_CLOSED ? S("closed") : r == E_PHONE_FIRST ? S("phone") : help_waits(r) ? str_of(err_word(r))
	          : str_is(verdict.state, "refused") ? verdict.reason
	          : verdict.state;
	if (r < 0 && !help_waits(r))
		return r;
	if (r == 0 && (r = gone_again(tx, community, e, &c, &verdict)) != 0)
		return r < 0 ? r : 0;                 /* nobody is there to be told anything */
	if (!str_is(t.verdict, "self") && (r = enter(tx, community, &f, &c, visitor, p.id, nickname, &own, &word)) < 0)
		return r;
	t.other = p.id, t.own = str_is(t.verdict, "self") ? p.id : own.id;
	if (word.len && !t.verdict.len)
		t.verdict = word;
	return tell_later(tx, community, e->id, &t);
}

/* They came by the campaign's own code, or sent its keyword. */
static int came_for(struct tx *tx, struct id community, const struct event *e, const struct follow_kept *f, const struct campaign *c)
{
	struct told t = { .channel = f->channel_id, .member = e->actor, .verdict = S("") };
	struct participant own;
	struct str nickname;
	struct id visitor;
	int r = member_nickname(tx, community, e->actor, &nickname);
	if (r < 0 || (r = visitor_of_member(tx, community, e->actor, &visitor)) < 0 ||
	    (r = enter(tx, community, f, c, visitor, (struct id){ 0 }, nickname, &own, &t.verdict)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	t.own = own.id;
	return tell_later(tx, community, e->id, &t);
}

static int apply_scene(struct tx *tx, struct id community, const struct event *e)
{
	LOOSE_SCOPED data = { NULL };
	struct campaign c;
	struct participant owner;
	struct id whose;
	struct follow_kept f;
	if (!e->data.len || loose_read(e->data, &data) < 0)
		return 0;
	struct str scene = loose_text(&data, "scene", tx_arena(tx));
	if (scene.len < 3 || scene.at[1] != '-')
		return 0;
	struct str slug = { scene.at + 2, scene.len - 2 };
	if (scene.at[0] == 't')
		return came_by(tx, community, e, slug);
	if (scene.at[0] != 'c')
		return 0;
	int r = campaign_by_slug(tx, slug, &whose, &c, &owner);
	if (r == 0 && whose.n == community.n && (r = tx_one(tx, &follow_of, &f, V(community), V(c.id))) == 0 && f.channel_id.n == e->subject.n)
		return came_for(tx, community, e, &f, &c);
	return r == E_NOT_FOUND ? 0 : r;
}

static int apply_word(struct tx *tx, struct id community, const struct event *e)
{
	struct message m;
	struct follow_kept f;
	struct campaign c;
	if (e->subject.n || !str_is(e->word, "text"))         /* in a group, or no words */
		return 0;
	int r = message_get(tx, community, e->object, &m);
	if (r < 0 || !m.text.len || m.text.len > 100)
		return r == E_NOT_FOUND ? 0 : r;
	r = tx_one(tx, &follow_of_keyword, &f, V(community), V(m.channel_id), V(name_key(tx_arena(tx), str_trim(m.text))));
	if (r < 0 || (r = campaign_get(tx, community, f.campaign_id, &c)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	return came_for(tx, community, e, &f, &c);
}

/* Who takes part, by whichever door, needs a code for their poster. */
static int apply_joined(struct tx *tx, struct id community, const struct event *e)
{
	struct campaign c;
	struct participant p;
	struct follow_kept f;
	int r = tx_one(tx, &follow_of, &f, V(community), V(e->subject));
	if (r < 0 || (r = campaign_get(tx, community, e->subject, &c)) < 0 || !str_is(c.act, "follow") ||
	    (r = participant_get(tx, community, e->object, &p)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	return want_code(tx, community, &f, &c, &p);
}

static int apply(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++) {
		const struct event *e = &events[i];
		r = str_is(e->kind, "message_heard") ? apply_word(tx, community, e)
		  : str_is(e->kind, "campaign_joined") ? apply_joined(tx, community, e) : apply_scene(tx, community, e);
	}
	return r < 0 ? r : 0;
}

static const struct follower followers[] = {
	{ "campaign_follow", "channel_followed channel_scanned message_heard campaign_joined", apply },
	{ 0 },
};

/* ---- What is said ---- */

struct saying {
	struct id          community;
	struct str         key, origin;
	struct told        t;
	struct campaign    campaign;
	struct participant own, other;
	struct follow_kept follow;
	struct channel     channel;
	struct str         friend;                /* the other one's name */
	int64_t            helps;
	struct poster_made poster;
	bool               later;                 /* the code is not made yet */
};

/* Whoever reads it decides whether to go on: each verdict as a sentence. */
static const struct { const char *word, *zh; } verdicts[] = {
	{ "counted", "助力成功" }, { "held", "助力已收到，稍后生效" }, { "self", "这是你自己的海报，发给好友扫一扫吧" },
	{ "not_new", "你已经是老朋友了，这次只算新关注的好友" }, { "same_person", "你已经助力过了" },
	{ "helped_enough", "你已经帮过不少好友，这次不再计数" }, { "mutual", "你们已经互相助力过，这次不再计数" },
	{ "blocked", "这位好友的活动已暂停" }, { "closed", "活动不在进行中" }, { "phone", "这个活动要先在页面上验证手机号" },
	{ "campaign_closed", "活动不在进行中" }, { "full", "活动名额已满" }, { "not_for_you", "这个活动只对另一部分人开放" },
	{ "who_first", "这个活动只对一部分成员开放，请先在活动页上验证手机号" },
	{ "city_first", "这个活动只面向部分城市的成员，请打开活动页填写你所在的城市" },
	{ "other_region", "这个活动只面向部分城市的成员，你所在的城市不在其中" },
};

static struct str verdict_text(struct str word)
{
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
		if (str_is(word, verdicts[i].word))
			return str_of(verdicts[i].zh);
	return S("");
}

static const struct stage *next_stage(const struct campaign *c, int64_t helps)
{
	const struct stage *stages = c->stages.at;
	for (size_t i = 0; i < c->stages.count; i++)
		if (stages[i].goal > helps)
			return &stages[i];
	return NULL;
}

static struct str prize_of(const struct stage *s)
{
	return s->prizes.count ? ((const struct prize *)s->prizes.at)->title : s->title;
}

static void add_page(struct buf *b, const struct saying *s)
{
	if (s->origin.len && s->own.id.n)
		buf_format(b, "\n查看进度：%.*s/t/%.*s", STR(s->origin), STR(s->own.slug));
}

static void fan_words(struct buf *b, const struct saying *s)
{
	struct str verdict = verdict_text(s->t.verdict);
	const struct stage *stage = next_stage(&s->campaign, s->helps);
	if (s->follow.greeting.len)
		buf_format(b, "%.*s\n", STR(s->follow.greeting));
	if (verdict.len && s->friend.len)
		buf_format(b, "你扫了「%.*s」的海报：%.*s。\n", STR(s->friend), STR(verdict));
	else if (verdict.len)
		buf_format(b, "%.*s。\n", STR(verdict));
	if (!s->own.id.n)
		return;
	buf_format(b, "【%.*s】", STR(s->campaign.name));
	if (stage)
		buf_format(b, "再有 %lld 位好友扫你的海报关注，就能领%.*s。", (long long)(stage->goal - s->helps), STR(prize_of(stage)));
	buf_z(b, "\n下面这张海报是你的专属海报。");
	add_page(b, s);
	buf_z(b, "\n不想再收到消息，取消关注即可。");
}

/* ---- The job ---- */

static int load_others(struct tx *tx, struct saying *s)
{
	int r = 0;
	if (s->t.own.n && (r = participant_get(tx, s->community, s->t.own, &s->own)) < 0)
		return r;
	if (s->t.other.n && s->t.other.n != s->t.own.n) {
		if ((r = participant_get(tx, s->community, s->t.other, &s->other)) < 0)
			return r;
		s->friend = s->other.nickname;
	}
	return s->own.id.n ? ledger_balance(tx, s->community, &book_help, s->own.id, &s->helps) : 0;
}

static int load(struct tx *tx, void *arg)
{
	struct saying *s = arg;
	int r = load_others(tx, s);
	struct id campaign = s->own.id.n ? s->own.campaign_id : s->other.campaign_id;
	if (r < 0 || !campaign.n || (r = campaign_get(tx, s->community, campaign, &s->campaign)) < 0 ||
	    (r = tx_one(tx, &follow_of, &s->follow, V(s->community), V(campaign))) < 0 ||
	    (r = channel_get(tx, s->community, s->t.channel, &s->channel)) < 0)
		return r;
	if (!s->own.id.n)
		return 0;
	struct str link = S("");
	if (str_is(s->campaign.act, "follow")) {
		if ((r = follow_link(tx, s->community, &s->campaign, &s->own, &link)) < 0)
			return r;
		s->later = !link.len;
	} else if (s->origin.len) {
		link = str_format(tx_arena(tx), "%.*s/t/%.*s", STR(s->origin), STR(s->own.slug));
	}
	return link.len ? participant_poster(tx, s->community, &s->campaign, &s->own, link, tx_arena(tx), &s->poster) : 0;
}

static int put(struct tx *tx, const struct saying *s, const char *what, struct str body, const char *suffix)
{
	struct outgoing o = {
		.channel = s->t.channel, .member = s->t.member, .what = what, .body = body, .reason = S("campaign_follow"),
		.source = s->campaign.id,
		.key = str_format(tx_arena(tx), "follow %.*s %s", STR(s->key), suffix), .expires.ms = tx_now(tx).ms + HOUR, .prompt = true,
	};
	int r = outbox_put(tx, s->community, &o, NULL);
	return r == E_NOT_FOUND ? 0 : r < 0 ? r : 0;
}

static int put_text(struct tx *tx, const struct saying *s)
{
	BUF_SCOPED text, body;
	buf_init(&text, 8192);
	buf_init(&body, 16384);
	fan_words(&text, s);
	struct str said = str_trim(buf_view(&text));
	if (!said.len)
		return 0;
	buf_z(&body, "{\"text\":");
	buf_json(&body, said);
	buf_z(&body, "}");
	return buf_failed(&text) || buf_failed(&body) ? E_MEMORY
	     : put(tx, s, "text", str_copy(tx_arena(tx), buf_view(&body)), "text");
}

static int say_it(struct tx *tx, void *arg)
{
	struct saying *s = arg;
	struct str file;
	int r = put_text(tx, s);
	if (r < 0 || !s->poster.bytes.len)
		return r;
	r = file_keep(tx, s->community, (struct blob){ s->poster.bytes.at, s->poster.bytes.len }, "image/jpeg", &file);
	return r < 0 ? r : put(tx, s, "image", str_format(tx_arena(tx), "{\"file\":\"%.*s\"}", STR(file)), "poster");
}

static int run_told(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct saying s = { .community = job->community, .key = job->key, .origin = settings_text(jc->settings, "public_url") };
	struct complaint why;
	if (row_read_json(&row_told, job->payload, jc->arena, &s.t, &why) < 0)
		return 0;
	int r = store_read(jc->store, jc->arena, load, &s);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if (s.later && job->tries < 4) {
		*ret_why = S("the platform has not made the code yet");
		return E_NOT_SENT;
	}
	return s.campaign.id.n ? store_write(jc->store, job->community, jc->arena, say_it, &s) : 0;
}

static const struct job_kind jobs[] = {
	{ "campaign_told", "Tells fans of a 公众号 what became of a help, and sends their poster", run_told, .tries_max = 6,
	  .backoff_ms = POSTER_WAIT },
	{ 0 },
};

/* ---- API ---- */

static int show_follow(struct request *rq, struct follow *ret)
{
	struct follow_kept f;
	struct campaign c;
	struct channel channel;
	struct mp_code code = { .url = S(""), .trouble = S("") };
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	*ret = (struct follow){ 0 };
	if (r < 0 || (r = tx_one(rq->tx, &follow_of, &f, V(rq->community), V(c.id))) < 0)
		return r == E_NOT_FOUND && c.id.n == rq->path_id.n ? 0 : r;
	if ((r = channel_get(rq->tx, rq->community, f.channel_id, &channel)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = mp_code_get(rq->tx, rq->community, f.channel_id, scene_of(rq->arena, "c", c.slug), &code)) < 0 && r != E_NOT_FOUND)
		return r;
	*ret = (struct follow){ f.channel_id, code.id, f.keyword, f.greeting, channel.name, code.url, code.trouble };
	return 0;
}

static int get_follow(struct request *rq, const void *in, void *out)
{
	(void)in;
	return show_follow(rq, out);
}

static int put_follow(struct request *rq, const void *in, void *out)
{
	const struct follow_draft *d = in;
	struct str keyword = str_trim(d->keyword);
	struct channel channel;
	struct campaign c;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = channel_get(rq->tx, rq->community, d->channel_id, &channel)) < 0)
		return r;
	if (!str_is(channel.kind, "mp"))
		return rq_complain(rq, E_NOT_ONE_OF, S("channel_id"));
	struct follow_kept f = { c.id, channel.id, keyword, d->greeting };
	if ((r = tx_run(rq->tx, &follow_put, V(rq->community), V(c.id), V(channel.id), V(keyword), V(name_key(rq->arena, keyword)),
	                V(d->greeting))) < 0 ||
	    (r = want_code(rq->tx, rq->community, &f, &c, NULL)) < 0 ||
	    (r = audit_note(rq, "campaign_follow", c.id, channel.name)) < 0)
		return r;
	return show_follow(rq, out);
}

/* What a friend who came by the link, not by the poster, holds a finger on. */
static int get_picture(struct request *rq, const void *in, void *out)
{
	struct participant p;
	struct campaign c;
	struct str link;
	struct qr_style style = QR_STYLE_PLAIN;
	BUF_SCOPED png;
	buf_init(&png, 1 << 20);
	(void)in;
	int r = participant_by_slug(rq->tx, rq->path_text, &rq->community, &p);
	if (r < 0 || (r = campaign_get(rq->tx, rq->community, p.campaign_id, &c)) < 0)
		return r;
	if (campaign_phase(&c, tx_now(rq->tx)) == CAMPAIGN_HIDDEN)
		return E_NOT_FOUND;
	if ((r = follow_link(rq->tx, rq->community, &c, &p, &link)) < 0)
		return r;
	if (!link.len)
		link = str_format(rq->arena, "%.*s/t/%.*s", STR(rq->origin), STR(p.slug));
	if ((r = qr_png(link, &style, &png)) < 0)
		return r;
	*(struct body *)out = (struct body){ .bytes = str_copy(rq->arena, buf_view(&png)), .type = "image/png" };
	return 0;
}

static const struct route routes[] = {
	{ "GET", "/campaigns/{id}/follow", ROLE_READER,   get_follow,  NULL, &row_follow, "Of act follow: which 公众号, which keyword, and the campaign's own QR code" },
	{ "PUT", "/campaigns/{id}/follow", ROLE_OPERATOR, put_follow,  &row_follow_draft, &row_follow, "Choose the 公众号 whose followers count, and the keyword" },
	{ "GET", "/t/{slug}/follow",       ROLE_PUBLIC,   get_picture, NULL, NULL, "The QR code by which friends of a participant follow", OUT_BODY, .makes = "image/png" },
	{ 0 },
};

static const struct query *const queries[] = { &follow_of, &follow_of_keyword, &follow_put, NULL };

const struct feature feature_campaign_follow = {
	.name = "campaign_follow", .api = "campaigns", .routes = routes, .queries = queries, .followers = followers, .jobs = jobs,
};
