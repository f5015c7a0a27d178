/* tell.c: what happened in a campaign → a send to whom it concerns; see message.h.
 *
 * How        A follower turns each event into a job (helps of one participant into one job, due when the last message is
 *            `gap_minutes` old); the job looks at what is true when it runs, finds the way to the member, puts one send into the
 *            outbox and notes it. Where no channel of the community can write to one person, nothing of this happens at all.
 *            Little stock and the end go to everybody who takes part in slices of a job of its own, where that is switched on;
 *            staff are warned (groups/alert.h) either way.
 * Holds      A message is noted in the transaction that puts its send. Who may not be written to now by a 公众号 gets the one message
 *            they allowed on their page (mp/once.c), else its template where there is one, else it stands on the page only: no
 *            run-sheet is filled with "somebody helped you".
 * Owns       campaign_told (with message.c, which shows it).
 */
#include "campaign/message/message.h"
#include "campaign/packet/packet.h"

#include "channel/mp/mp.h"
#include "channel/outbox/outbox.h"
#include "channel/web/web.h"
#include "engine/jobs/jobs.h"
#include "groups/alert.h"
#include "http/personal.h"
#include "base/utf8.h"
#include "people/member.h"

#define HELPED_LIVES (2 * HOUR)                   /* "Bo helped you" is no news later */
#define OTHER_LIVES  (3 * DAY)
#define NAMES        2                            /* of friends in one message; the others are a number */
#define ENTRIES      100
#define SLICE        200                          /* told of an end in one transaction */

/* ---- Rows ---- */

/* What is to be said, kept in a job. */
struct saying {
	struct id  participant, friend, order, stage, member, campaign;
	struct str what, word;                    /* what: a tiding's word, or "progress": whatever a help is by now */
};

ROW(saying,
	FIELD(saying, participant, "Whom it concerns", .optional = true),
	FIELD(saying, friend,      "Who did it, as a visitor", .optional = true),
	FIELD(saying, order,       "Of shipped and paid: the order; of full: whose packet", .optional = true),
	FIELD(saying, stage,       "Of stage: which", .optional = true),
	FIELD(saying, member,      "Who takes no part, and had a share or was paid: who that is", .optional = true),
	FIELD(saying, campaign,    "… and in which campaign", .optional = true),
	FIELD(saying, what,        "What it tells", .max = 20),
	FIELD(saying, word,        "Why", .max = 60, .optional = true));

/* For everybody: after whom to go on. */
struct crying { struct id campaign, prize, after; struct str what; };

ROW(crying,
	FIELD(crying, campaign, "Campaign"),
	FIELD(crying, prize,    "Of stock: what is nearly gone", .optional = true),
	FIELD(crying, after,    "Whom it reached last", .optional = true),
	FIELD(crying, what,     "What it tells", .one_of = TIDING_WORDS));

static const struct job_kind jobs[];
enum { JOB_TELL, JOB_CRY };

/* ---- Following ---- */

static int put_job(struct tx *tx, struct id community, int job, struct str key, const struct row *row, const void *payload,
                   struct instant due)
{
	BUF_SCOPED b;
	buf_init(&b, 8192);
	row_write_json(&b, row, payload);
	return buf_failed(&b) ? E_MEMORY : job_add(tx, community, &jobs[job], key, str_copy(tx_arena(tx), buf_view(&b)), due);
}

/* Can anything of this community write to one person, or show them a line in a room? */
static int can_tell(struct tx *tx, struct id community, bool *ret)
{
	struct rows channels;
	int r = channel_list(tx, community, S(""), &channels);
	const struct channel *c = channels.at;
	*ret = false;
	for (size_t i = 0; r >= 0 && i < channels.count; i++) {
		const struct connector *k = connector_of(c[i].kind);
		*ret |= k && ((k->can & CAN_TELL) || str_is(c[i].kind, "web")) && str_is(c[i].state, "on");
	}
	return r < 0 ? r : 0;
}

static QUERY(told_last, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT COALESCE(max(at), 0) AS item FROM campaign_told WHERE community_id = ?1 AND participant_id = ?2 AND at > 0"
	" AND what IN ('helped', 'nearly', 'stage')");

/* A help: told at once, or together with the others when the last message is old enough. */
static int follow_help(struct tx *tx, struct id community, const struct event *e)
{
	struct tidings set;
	struct id_item last;
	int r = tidings_get(tx, community, e->subject, &set);
	if (r < 0 || (r = tx_one(tx, &told_last, &last, V(community), V(e->object))) < 0)
		return r;
	struct saying s = { .participant = e->object, .friend = e->actor, .what = S("progress") };
	struct instant due = { last.item.n ? last.item.n + set.gap_minutes * MINUTE : 0 };
	return put_job(tx, community, JOB_TELL, str_format(tx_arena(tx), "p%lld", (long long)e->object.n), &row_saying, &s, due);
}

static int tell(struct tx *tx, struct id community, const struct event *e, const struct saying *s)
{
	return put_job(tx, community, JOB_TELL, str_format(tx_arena(tx), "e%lld", (long long)e->id.n), &row_saying, s, (struct instant){ 0 });
}

static int follow_person(struct tx *tx, struct id community, const struct event *e)
{
	struct saying s = { .participant = e->object, .friend = e->actor, .word = e->word };
	if (str_is(e->kind, "campaign_helped"))
		return follow_help(tx, community, e);
	if (str_is(e->kind, "campaign_stage"))
		s.what = S("stage"), s.stage = e->via, s.word = S("");
	else if (str_is(e->kind, "campaign_help_refused"))
		s.what = str_is(e->word, "same_person") ? S("again") : S("uncounted");
	else if (str_is(e->kind, "campaign_deducted"))
		s.what = S("deducted");
	else if (str_is(e->kind, "campaign_order") && str_is(e->word, "shipped"))
		s.what = S("shipped"), s.order = e->via, s.word = S(""), s.friend.n = 0;
	else
		return 0;
	return tell(tx, community, e, &s);
}

static int tell_member(struct tx *tx, struct id community, const struct event *e, struct id member, const char *what, struct id order)
{
	struct saying s = { .member = member, .campaign = e->subject, .order = order, .what = str_of(what) };
	struct str key = str_format(tx_arena(tx), "e%lld %lld", (long long)e->id.n, (long long)member.n);
	return member.n ? put_job(tx, community, JOB_TELL, key, &row_saying, &s, (struct instant){ 0 }) : 0;
}

/* A packet is full: everybody with a share hears what it is worth. It has lapsed: its opener does. */
static int follow_packet(struct tx *tx, struct id community, const struct event *e)
{
	struct rows shares;
	if (!str_among(e->word, "full lapsed"))
		return 0;
	int r = packet_shares(tx, community, e->object, &shares);
	const struct packet_share *s = shares.at;
	for (size_t i = 0; r >= 0 && i < shares.count; i++)
		if (s[i].turn == 1 || str_is(e->word, "full"))
			r = tell_member(tx, community, e, s[i].member_id, str_is(e->word, "full") ? "full" : "lapsed", e->object);
	return r < 0 ? r : 0;
}

static int follow_payout(struct tx *tx, struct id community, const struct event *e)
{
	struct paid paid;
	int r = str_is(e->word, "paid") ? payout_paid(tx, community, e->via, &paid) : E_NOT_FOUND;
	return r < 0 ? r == E_NOT_FOUND ? 0 : r : tell_member(tx, community, e, paid.member_id, "paid", e->via);
}

/* Who takes part is greeted; through whom they came hears of it when it made them a member. */
static int follow_joined(struct tx *tx, struct id community, const struct event *e)
{
	struct saying own = { .participant = e->object, .what = S("enrolled") };
	struct saying through = { .participant = e->via, .friend = e->actor, .what = S("member") };
	struct str key = str_format(tx_arena(tx), "j%lld", (long long)e->object.n);
	int r = put_job(tx, community, JOB_TELL, key, &row_saying, &own, (struct instant){ 0 });
	return r < 0 || !e->via.n || !e->n ? r : tell(tx, community, e, &through);
}

/* ---- … what concerns everybody ---- */

static int cry(struct tx *tx, struct id community, struct id campaign, struct id prize, enum tiding what, struct id after)
{
	struct crying c = { campaign, prize, after, str_of(tiding_word(what)) };
	struct str key = str_format(tx_arena(tx), "%s %lld", tiding_word(what), (long long)(prize.n ? prize.n : campaign.n));
	return put_job(tx, community, JOB_CRY, key, &row_crying, &c, (struct instant){ 0 });
}

struct shelf { struct id campaign_id, id; struct str title; int64_t stock; };

ROW(shelf,
	FIELD(shelf, campaign_id, "Campaign"),
	FIELD(shelf, id,          "Prize"),
	FIELD(shelf, title,       "What it is"),
	FIELD(shelf, stock,       "Pieces promised"));

static QUERY(shelf_of_order, READS, &row_shelf, TAKES(K_ID, K_ID),
	"SELECT p.campaign_id, p.id, p.title, p.stock FROM prize_order o JOIN prize p ON p.community_id = o.community_id AND p.id = o.prize_id"
	" WHERE o.community_id = ?1 AND o.id = ?2");

static QUERY(shelves_of, READS, &row_shelf, TAKES(K_ID, K_ID),
	"SELECT campaign_id, id, title, stock FROM prize WHERE community_id = ?1 AND campaign_id = ?2 LIMIT 50");

static struct str stock_key(struct tx *tx, struct id prize) { return str_format(tx_arena(tx), "stock %lld ", (long long)prize.n); }

/* A piece was given: is it one of the last? */
static int follow_piece(struct tx *tx, struct id community, const struct event *e, bool reaches)
{
	struct tidings set;
	struct shelf shelf;
	struct campaign c;
	int64_t left;
	int r = tx_one(tx, &shelf_of_order, &shelf, V(community), V(e->via));
	if (r < 0 || (r = prize_left(tx, community, shelf.id, &left)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if (!stock_is_low(shelf.stock, left) || (r = tidings_get(tx, community, shelf.campaign_id, &set)) < 0 ||
	    (r = campaign_get(tx, community, shelf.campaign_id, &c)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	const struct tiding_set *s = &set.of[TIDING_STOCK];
	if (s->staff)
		r = alert_raise(tx, community, &(struct alert){
			.key = str_format(tx_arena(tx), "%.*s%s", STR(stock_key(tx, shelf.id)), left ? "low" : "gone"), .kind = S("stock_low"),
			.level = left ? S("due") : S("late"), .subject = shelf.campaign_id, .title = c.name, .more = shelf.title, .n = left,
			.due = left ? (struct instant){ 0 } : tx_now(tx),
		});
	if (r >= 0 && left && reaches && (s->mp || s->qq || s->wecom))
		r = cry(tx, community, shelf.campaign_id, shelf.id, TIDING_STOCK, (struct id){ 0 });
	return r < 0 ? r : 0;
}

/* More of it was put there: the warning goes. */
static int follow_saved(struct tx *tx, struct id community, const struct event *e)
{
	struct rows rows;
	int r = tx_all(tx, &shelves_of, &rows, V(community), V(e->subject));
	const struct shelf *shelf = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		int64_t left;
		if ((r = prize_left(tx, community, shelf[i].id, &left)) >= 0 && !stock_is_low(shelf[i].stock, left))
			r = alert_settle(tx, community, stock_key(tx, shelf[i].id));
	}
	return r < 0 ? r : 0;
}

/* An end that nobody pressed is said to staff; every end to those who take part. */
static int follow_end(struct tx *tx, struct id community, const struct event *e, bool reaches)
{
	struct tidings set;
	struct campaign c;
	int r = campaign_get(tx, community, e->subject, &c);
	if (r < 0 || (r = tidings_get(tx, community, e->subject, &set)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	const struct tiding_set *s = &set.of[TIDING_ENDED];
	if (s->staff && !str_is(c.end_reason, "manual"))
		r = alert_raise(tx, community, &(struct alert){
			.key = str_format(tx_arena(tx), "campaign ended %lld", (long long)c.id.n), .kind = S("campaign_ended"), .level = S("due"),
			.subject = c.id, .title = c.name, .n = c.participants, .due = tx_now(tx),
		});
	if (r >= 0 && reaches && (s->mp || s->qq || s->wecom))
		r = cry(tx, community, c.id, (struct id){ 0 }, TIDING_ENDED, (struct id){ 0 });
	return r < 0 ? r : 0;
}

static int follow_one(struct tx *tx, struct id community, const struct event *e, bool reaches)
{
	if (str_is(e->kind, "campaign_state"))
		return str_is(e->word, "ended") ? follow_end(tx, community, e, reaches) : 0;
	if (str_is(e->kind, "campaign_claimed"))
		return follow_piece(tx, community, e, reaches);
	if (str_is(e->kind, "campaign_changed"))
		return follow_saved(tx, community, e);
	if (!reaches)
		return 0;
	if (str_is(e->kind, "campaign_packet"))
		return follow_packet(tx, community, e);
	if (str_is(e->kind, "campaign_payout"))
		return follow_payout(tx, community, e);
	return str_is(e->kind, "campaign_joined") ? follow_joined(tx, community, e) : follow_person(tx, community, e);
}

static int apply(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	bool reaches = false;
	int r = can_tell(tx, community, &reaches);
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = follow_one(tx, community, &events[i], reaches);
	return r < 0 ? r : 0;
}

static const struct follower followers[] = {
	{ "campaign_tell", "campaign_joined campaign_helped campaign_help_refused campaign_deducted campaign_stage campaign_order"
	  " campaign_claimed campaign_changed campaign_state campaign_packet campaign_payout", apply },
	{ 0 },
};

/* ---- Saying it ---- */

struct tale {
	struct tx           *tx;
	struct id            community, member;
	struct str           origin, key;
	struct participant   who;
	struct campaign      campaign;
	struct tidings       set;
	enum tiding          kind;
	struct telling       words;
	struct channel       channel;
	struct str           subject;
};

static int name_of(struct tale *t, struct id visitor, struct str *ret)
{
	struct help h;
	struct id member;
	int r = help_of(t->tx, t->community, t->who.id, visitor, &h);
	if (r == 0 && h.nickname.len)
		return *ret = h.nickname, 0;
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	r = member_find_visitor(t->tx, t->community, visitor, &member);
	if (r == 0)
		r = member_nickname(t->tx, t->community, member, ret);
	return r == E_NOT_FOUND ? 0 : r;
}

/* "安安、小白等 5 位": those whose help came since they were told last. None: 0 in *ret_n. */
static int friends_since(struct tale *t, struct instant since, struct str *ret, int64_t *ret_n)
{
	struct rows rows;
	struct str names[NAMES] = { S(""), S("") };
	int64_t n = 0, named = 0;
	int r = ledger_entries(t->tx, t->community, &book_help, t->who.id, (struct id){ 0 }, ENTRIES, &rows);
	const struct ledger_entry *e = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count && e[i].at.ms > since.ms; i++) {
		if (e[i].amount <= 0)
			continue;
		n++;
		if (named < NAMES && (r = name_of(t, e[i].source_id, &names[named])) >= 0 && names[named].len)
			named++;
	}
	*ret_n = n;
	*ret = named < 2 || n < 2 ? names[0] : str_format(tx_arena(t->tx), "%.*s、%.*s", STR(names[0]), STR(names[1]));
	if (n > named && n > 1)
		*ret = str_format(tx_arena(t->tx), "%.*s%s %lld 位好友", STR(*ret), named ? " 等" : "", (long long)n);
	return r < 0 ? r : 0;
}

static struct str yuan(struct tale *t, int64_t fen)
{
	return str_format(tx_arena(t->tx), "%lld.%02lld 元", (long long)(fen / 100), (long long)(fen % 100));
}

/* What their share is worth: of somebody who has one. */
static int look_at_packet(struct tale *t, const struct saying *s)
{
	struct rows shares;
	int r = packet_shares(t->tx, t->community, s->order, &shares);
	const struct packet_share *p = shares.at;
	for (size_t i = 0; r >= 0 && i < shares.count; i++)
		if (p[i].member_id.n == s->member.n && str_among(p[i].state, t->kind == TIDING_FULL ? "given" : "lapsed given")) {
			t->words.prize = yuan(t, p[i].amount.fen);
			return 1;
		}
	return r < 0 ? r : 0;
}

static int look_at_payout(struct tale *t, const struct saying *s)
{
	struct paid paid;
	int r = payout_paid(t->tx, t->community, s->order, &paid);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	t->words.prize = yuan(t, paid.amount.fen), t->words.shipping = paid.note;
	return 1;
}

/* What several helps are by now. 0: nothing that was not told. */
static int look_at_progress(struct tale *t)
{
	const struct stage *stage;
	struct id_item last;
	int64_t fresh;
	int r = tx_one(t->tx, &told_last, &last, V(t->community), V(t->who.id));
	if (r < 0 || (r = friends_since(t, (struct instant){ last.item.n }, &t->words.friend, &fresh)) < 0 || !fresh)
		return r;
	t->kind = tiding_of(&t->campaign, t->words.n, &stage);
	return t->kind == TIDING_STAGE ? 0 : 1;           /* a stage has a job of its own */
}

static int look_at_stage(struct tale *t, const struct saying *s)
{
	const struct stage *stages = t->campaign.stages.at;
	struct id_item last;
	int64_t fresh;
	int r = tx_one(t->tx, &told_last, &last, V(t->community), V(t->who.id));
	for (size_t i = 0; i < t->campaign.stages.count; i++)
		if (stages[i].id.n == s->stage.n)
			t->words.prize = stage_prize(&stages[i]);
	if (r >= 0)
		r = friends_since(t, (struct instant){ last.item.n }, &t->words.friend, &fresh);
	return r < 0 ? r : 1;
}

/* 1: there is something to say; *t knows what. */
static int look(struct tale *t, const struct saying *s)
{
	struct prize_order o;
	int r = ledger_balance(t->tx, t->community, &book_help, t->who.id, &t->words.n);
	if (r < 0 || str_is(s->what, "progress"))
		return r < 0 ? r : look_at_progress(t);
	for (t->kind = 0; t->kind < TIDINGS && !str_is(s->what, tiding_word(t->kind)); t->kind++)
		;
	if (t->kind == TIDINGS)
		return 0;
	t->words.why = tiding_why(s->word, LANG_ZH);
	if (t->kind == TIDING_STAGE)
		return look_at_stage(t, s);
	if (t->kind == TIDING_FULL || t->kind == TIDING_LAPSED)
		return look_at_packet(t, s);
	if (t->kind == TIDING_PAID)
		return look_at_payout(t, s);
	if (t->kind == TIDING_ENROLLED)
		return !str_is(t->campaign.act, "follow");        /* the answer to following says it (follow.c) */
	if (t->kind == TIDING_SHIPPED) {
		r = prize_order_named(t->tx, t->community, str_format(tx_arena(t->tx), "%lld", (long long)s->order.n), &o);
		t->words.prize = o.title, t->words.shipping = o.shipping;
		return r < 0 ? r : 1;
	}
	r = s->friend.n ? name_of(t, s->friend, &t->words.friend) : 0;
	return r < 0 ? r : 1;
}

static QUERY(told_today, READS, &row_id_item, TAKES(K_ID, K_ID, K_INSTANT),
	"SELECT count(*) AS item FROM campaign_told WHERE community_id = ?1 AND participant_id = ?2 AND at > ?3 AND send_id <> 0");

static QUERY(told_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_ID, K_INSTANT),
	"INSERT INTO campaign_told (community_id, id, campaign_id, participant_id, what, way, send_id, at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

static int note(struct tale *t, struct str way, struct id send)
{
	int r = tx_run(t->tx, &told_insert, V(t->community), V(tx_new_id(t->tx)), V(t->campaign.id), V(t->who.id),
	               V(str_of(tiding_word(t->kind))), V(way), V(send), V(tx_now(t->tx)));
	return r < 0 ? r : 0;
}

/* The best way to them that is switched on; of a campaign that a 公众号 carries, that one. 1, or 0. */
static int find_way(struct tale *t)
{
	const struct tiding_set *s = &t->set.of[t->kind];
	const struct { bool on; const char *kind; } ways[] = { { s->mp, "mp" }, { s->qq, "onebot" }, { s->wecom, "wecom" } };
	BUF_SCOPED kinds;
	struct id own;
	buf_init(&kinds, 64);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (ways[i].on)
			buf_format(&kinds, "%s%s", kinds.len ? " " : "", ways[i].kind);
	if (!kinds.len)
		return 0;
	int r = s->mp ? follow_channel(t->tx, t->community, t->campaign.id, &own) : E_NOT_FOUND;
	if (r == 0 && (r = channel_get(t->tx, t->community, own, &t->channel)) == 0 &&
	    (r = channel_subject(t->tx, t->community, &t->channel, t->member, &t->subject)) == 0 && str_is(t->channel.state, "on"))
		return 1;
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	r = channel_reach_by(t->tx, t->community, t->member, str_z(tx_arena(t->tx), buf_view(&kinds)), &t->channel, &t->subject);
	return r == 0 ? 1 : r == E_NOT_FOUND ? 0 : r;
}

static int put(struct tale *t, const char *what, struct str body, struct id *ret_send)
{
	bool progress = t->kind == TIDING_HELPED || t->kind == TIDING_NEARLY;
	struct outgoing o = {
		.channel = t->channel.id, .member = t->member, .what = what, .body = body, .reason = S("campaign_message"),
		.source = t->campaign.id, .key = t->key, .expires.ms = tx_now(t->tx).ms + (progress ? HELPED_LIVES : OTHER_LIVES),
	};
	int r = outbox_put(t->tx, t->community, &o, ret_send);
	return r <= 0 ? r : note(t, t->channel.kind, *ret_send);
}

static int put_text(struct tale *t, struct str text)
{
	struct id send;
	BUF_SCOPED body;
	buf_init(&body, 32 << 10);
	buf_z(&body, "{\"text\":");
	buf_json(&body, text);
	buf_z(&body, "}");
	return buf_failed(&body) ? E_MEMORY : put(t, "text", str_copy(tx_arena(t->tx), buf_view(&body)), &send);
}

/* The one message that she asked for on her page (mp/once.c). */
static int put_once(struct tale *t, struct str text)
{
	struct id send = { 0 };
	struct str title;
	BUF_SCOPED body;
	buf_init(&body, 32 << 10);
	int r = channel_setting(t->tx, t->community, &t->channel, "once_title", &title);
	if (r < 0)
		return r;
	buf_z(&body, "{\"once\":");
	buf_json(&body, title);
	buf_z(&body, ",\"text\":");
	buf_json(&body, utf8_cut(text, 200));
	buf_z(&body, ",\"url\":");
	buf_json(&body, t->words.link);
	buf_z(&body, "}");
	r = buf_failed(&body) ? E_MEMORY : put(t, "template", str_copy(tx_arena(t->tx), buf_view(&body)), &send);
	return r < 0 || !send.n ? r : mp_once_keep(t->tx, t->community, t->channel.id, t->subject, send);
}

/* Outside the time in which a 公众号 may speak freely: its template, whose one field holds 20 characters. */
static int put_template(struct tale *t, struct str text)
{
	struct str template, field;
	struct id send;
	BUF_SCOPED body;
	buf_init(&body, 32 << 10);
	int r = channel_setting(t->tx, t->community, &t->channel, "template", &template);
	if (r < 0 || !template.len)
		return r < 0 ? r : note(t, S("page"), (struct id){ 0 });
	if ((r = channel_setting(t->tx, t->community, &t->channel, "template_field", &field)) < 0)
		return r;
	buf_z(&body, "{\"template\":");
	buf_json(&body, template);
	buf_z(&body, ",\"url\":");
	buf_json(&body, t->words.link);
	buf_z(&body, ",\"values\":{");
	buf_json(&body, field);
	buf_z(&body, ":");
	buf_json(&body, utf8_cut(text, 20));
	buf_z(&body, "}}");
	return buf_failed(&body) ? E_MEMORY : put(t, "template", str_copy(tx_arena(t->tx), buf_view(&body)), &send);
}

/* No channel reaches them: if they are in a room, they find it there. */
static int put_notice(struct tale *t)
{
	struct str path = str_format(tx_arena(t->tx), "/t/%.*s", STR(t->who.slug));
	struct str text = tiding_text(tx_arena(t->tx), &t->set, t->kind, &t->words, LANG_ZH);
	int r = notice_to(t->tx, t->community, t->member, t->key, text, path);
	return r < 0 ? r : note(t, r ? S("room") : S("page"), (struct id){ 0 });
}

/* Everything about *t is known but the way to them. */
static int send_it(struct tale *t)
{
	struct id_item today;
	bool may = true, once = false;
	int r = member_resolve(t->tx, t->community, t->who.member_id, &t->member);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	const struct tiding_set *s = &t->set.of[t->kind];
	if (!tiding_applies(t->kind, t->campaign.kind) || (!s->mp && !s->qq && !s->wecom))
		return 0;
	if ((r = tx_one(t->tx, &told_today, &today, V(t->community), V(t->who.id), V(((struct instant){ tx_now(t->tx).ms - DAY })))) < 0)
		return r;
	if (today.item.n >= t->set.day_most && !tiding_presses(t->kind))
		return note(t, S("limit"), (struct id){ 0 });
	if ((r = find_way(t)) <= 0)
		return r < 0 ? r : put_notice(t);
	if (str_is(t->channel.kind, "mp") && (r = mp_may_tell(t->tx, t->community, t->channel.id, t->subject, &may)) < 0)
		return r;
	if (!may && (r = mp_once_is(t->tx, t->community, t->channel.id, t->subject, &once)) < 0)
		return r;
	struct str text = tiding_text(tx_arena(t->tx), &t->set, t->kind, &t->words, LANG_ZH);
	return may ? put_text(t, text) : once ? put_once(t, text) : put_template(t, text);
}

/* What of the campaign the words about t->who need. 1, or 0: it is gone. */
static int meet_all(struct tale *t)
{
	struct community whose;
	int r;
	if ((r = campaign_get(t->tx, t->community, t->who.campaign_id, &t->campaign)) < 0 ||
	    (r = tidings_get(t->tx, t->community, t->campaign.id, &t->set)) < 0 || (r = community_get(t->tx, t->community, &whose)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	t->words = (struct telling){
		.campaign = &t->campaign, .name = t->who.nickname, .community = whose.name,
		.link = t->origin.len ? str_format(tx_arena(t->tx), "%.*s/t/%.*s", STR(t->origin), STR(t->who.slug)) : S(""),
		.until = table_time(tx_arena(t->tx), community_zone(&whose), t->campaign.claim_until),
	};
	return 1;
}

/* Who it concerns. 1, or 0: nobody any more. */
static int meet(struct tale *t, struct id participant)
{
	int r = participant_get(t->tx, t->community, participant, &t->who);
	return r < 0 && r != E_NOT_FOUND ? r : r < 0 || !t->who.member_id.n || str_is(t->who.state, "blocked") ? 0 : meet_all(t);
}

/* Who has a share, or was paid, may take no part: their link is the campaign's own. */
static int meet_member(struct tale *t, const struct saying *s)
{
	t->who = (struct participant){ .campaign_id = s->campaign, .member_id = s->member };
	int r = member_nickname(t->tx, t->community, s->member, &t->who.nickname);
	if (r >= 0 && (r = meet_all(t)) > 0)
		t->words.link = t->origin.len ? str_format(tx_arena(t->tx), "%.*s/t/%.*s", STR(t->origin), STR(t->campaign.slug)) : S("");
	return r == E_NOT_FOUND ? 0 : r;
}

/* ---- The jobs ---- */

struct one_job { struct id community; struct str origin, name; struct saying s; };

static int say_one(struct tx *tx, void *arg)
{
	const struct one_job *j = arg;
	struct tale t = { .tx = tx, .community = j->community, .origin = j->origin };
	int r = j->s.member.n ? meet_member(&t, &j->s) : meet(&t, j->s.participant);
	if (r <= 0 || (r = look(&t, &j->s)) <= 0)
		return r == E_NOT_FOUND ? 0 : r;
	/* Of helps the key names how far they are; anything else happened once. */
	t.key = str_format(tx_arena(tx), "tell %.*s", STR(j->name));
	if (str_is(j->s.what, "progress"))
		t.key = str_format(tx_arena(tx), "%.*s %lld %lld", STR(t.key), (long long)t.words.n, (long long)tx_now(tx).ms);
	return send_it(&t);
}

static int run_tell(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct one_job j = { .community = job->community, .origin = settings_text(jc->settings, "public_url"), .name = job->key };
	struct complaint why;
	if (row_read_json(&row_saying, job->payload, jc->arena, &j.s, &why) < 0)
		return 0;
	int r = store_write(jc->store, job->community, jc->arena, say_one, &j);
	if (r < 0)
		*ret_why = S("the store did not answer");
	return r < 0 ? r : 0;
}

struct all_job { struct id community; struct str origin; struct crying c; bool more; };

static QUERY(participants_after, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT id AS item FROM participant WHERE community_id = ?1 AND id > ?3 AND campaign_id = ?2 ORDER BY id LIMIT ?4", .scans = true);

/* To one of them: who has claimed it already need not hear that it is nearly gone. */
static int cry_to(struct all_job *j, struct tx *tx, struct id participant, enum tiding kind, const struct shelf *shelf, int64_t left)
{
	struct tale t = { .tx = tx, .community = j->community, .origin = j->origin };
	int r = meet(&t, participant);
	if (r <= 0)
		return r;
	t.kind = kind, t.words.n = left;
	t.words.prize = shelf->title;
	t.key = str_format(tx_arena(tx), "cry %s %lld %lld", tiding_word(kind), (long long)shelf->id.n, (long long)participant.n);
	return send_it(&t);
}

static int cry_slice(struct tx *tx, void *arg)
{
	struct all_job *j = arg;
	struct shelf shelf = { .title = S("") };
	struct rows rows, shelves;
	int64_t left = 0;
	enum tiding kind = str_is(j->c.what, "stock") ? TIDING_STOCK : TIDING_ENDED;
	int r = tx_all(tx, &shelves_of, &shelves, V(j->community), V(j->c.campaign));
	for (size_t i = 0; r >= 0 && i < shelves.count; i++)
		if (((const struct shelf *)shelves.at)[i].id.n == j->c.prize.n)
			shelf = ((const struct shelf *)shelves.at)[i];
	if (r >= 0 && shelf.id.n)
		r = prize_left(tx, j->community, shelf.id, &left);
	if (r >= 0)
		r = tx_all(tx, &participants_after, &rows, V(j->community), V(j->c.campaign), V(j->c.after), V((int64_t)SLICE));
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = cry_to(j, tx, ((const struct id_item *)rows.at)[i].item, kind, &shelf, left);
	j->more = r >= 0 && rows.count == SLICE;
	if (j->more)
		j->c.after = ((const struct id_item *)rows.at)[rows.count - 1].item;
	return r < 0 ? r : 0;
}

static int run_cry(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct all_job j = { .community = job->community, .origin = settings_text(jc->settings, "public_url") };
	struct complaint why;
	int r = 0;
	if (row_read_json(&row_crying, job->payload, jc->arena, &j.c, &why) < 0)
		return 0;
	do {
		r = store_write(jc->store, job->community, jc->arena, cry_slice, &j);
	} while (r >= 0 && j.more);               /* begun anew after a crash: what was put has a key */
	if (r < 0)
		*ret_why = S("the store did not answer");
	return r < 0 ? r : 0;
}

static const struct job_kind jobs[] = {
	[JOB_TELL] = { "campaign_tell", "Tells a member what happened in a campaign, by the way that reaches them", run_tell },
	[JOB_CRY]  = { "campaign_cry",  "Tells everybody who takes part that little is left, or that it is over", run_cry },
	{ 0 },
};

/* ---- What is kept about people ---- */

#define OWN " participant_id IN (SELECT id FROM participant WHERE community_id = ?1 AND visitor_id = ?2)"

struct told_own { struct str campaign, what; struct instant at; };

ROW(told_own,
	FIELD(told_own, campaign, "Campaign"),
	FIELD(told_own, what,     "What you were told"),
	FIELD(told_own, at,       "When"));

static QUERY(told_show, READS, &row_told_own, TAKES(K_ID, K_ID),
	"SELECT c.name AS campaign, t.what, t.at FROM campaign_told t JOIN campaign c ON c.community_id = t.community_id"
	" AND c.id = t.campaign_id WHERE t.community_id = ?1 AND t." OWN " ORDER BY t.id DESC LIMIT 200");

/* Before participant is forgotten (features.def). */
static QUERY(told_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM campaign_told WHERE community_id = ?1 AND" OWN);

static const struct personal personal[] = {
	{ "campaign_told", "活动发给你的消息", "Messages of campaigns that were sent to you", "活动 消息 时间", BY_VISITOR, &told_show,
	  .erases = { &told_forget } },
	{ 0 },
};

static const struct query *const queries[] = {
	&told_last, &shelf_of_order, &shelves_of, &told_today, &told_insert, &participants_after, &told_show, &told_forget, NULL,
};

const struct feature feature_campaign_tell = {
	.name = "campaign_tell", .queries = queries, .followers = followers, .jobs = jobs, .personal = personal,
};
