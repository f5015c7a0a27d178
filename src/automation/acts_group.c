/* acts_group.c: acts that keep order in a group: take a message back, mute, remove, strikes; remind of the card; let in or refuse.
 *
 * Story      Somebody posts a betting link. The message is taken back where the platform lets us (elsewhere it stands in the run-sheet),
 *            they are told why, and it is their first strike. The second within 30 days mutes them for an hour, the third removes
 *            them: each time the reason is said to them first.
 * Holds      The owner and the admins of a group are let be.
 *            Nobody is muted or removed without a reason they can read: it is said before, in the same queue of the outbox.
 *            A strike is an entry of the ledger's book "strikes"; those of the last days are counted, the others have lapsed.
 */
#include "automation/acts.h"
#include "automation/automation.h"
#include "channel/outbox/outbox.h"
#include "engine/ledger/ledger.h"
#include "groups/roster.h"

#define REASON_MOST  60
#define MINUTES_MOST (30 * 24 * 60)
#define STRIKES_SEEN 50

/* ---- Into the outbox ----------------------------------------------------------------- */

struct mute_body { struct id member; int64_t seconds; };
struct kick_body { struct id member; };
struct recall_body { struct str number; };
struct card_body { struct id member; struct str card; };

ROW(mute_body,   FIELD(mute_body, member, "Who"), FIELD(mute_body, seconds, "For so long"));
ROW(kick_body,   FIELD(kick_body, member, "Who"));
ROW(recall_body, FIELD(recall_body, number, "The platform's number of the message"));
ROW(card_body,   FIELD(card_body, member, "Whose"), FIELD(card_body, card, "What they are called"));

static int act_on(struct deed *d, const char *what, struct id member, const struct row *row, const void *body, const char *suffix)
{
	BUF_SCOPED json;
	buf_init(&json, 4096);
	row_write_json(&json, row, body);
	if (buf_failed(&json))
		return E_MEMORY;
	return deed_send(d, what, d->occasion->group, member, str_copy(tx_arena(d->tx), buf_view(&json)), suffix);
}

/* 1: the group, and a member of it who may be called to order; 0: its owner or one of its admins. */
static int both(struct deed *d, struct id *ret)
{
	struct seat seat;
	int r = deed_whom(d, S("member"), ret);
	if (r < 0 || !d->occasion->group.n)
		return r < 0 ? r : E_NOT_FOUND;
	r = roster_get(d->tx, d->community, d->occasion->group, *ret, &seat);
	return r == E_NOT_FOUND ? 1 : r < 0 ? r : !str_among(seat.role, "owner admin");
}

/* In the language of the reason. */
static struct str mute_words(struct deed *d, struct str reason, int64_t minutes)
{
	return str_format(tx_arena(d->tx), deed_is_chinese(reason)
		? "{nickname}：因为「%.*s」，先休息 %lld 分钟再发言。觉得不对，请私信管理员。"
		: "{nickname}: because of “%.*s” you are muted for %lld minutes. If that is wrong, write to the staff.",
		STR(reason), (long long)minutes);
}

static struct str kick_words(struct deed *d, struct str reason)
{
	return str_format(tx_arena(d->tx), deed_is_chinese(reason)
		? "{nickname}：因为「%.*s」，将被移出本群。觉得不对，请联系管理员申诉。"
		: "{nickname}: because of “%.*s” you will be removed from this group. If that is wrong, appeal to the staff.", STR(reason));
}

static struct str strike_words(struct deed *d, struct str reason, int64_t strikes)
{
	return str_format(tx_arena(d->tx), deed_is_chinese(reason)
		? "{nickname}：请注意群规「%.*s」，这是第 %lld 次提醒。"
		: "{nickname}: please mind the rule “%.*s”. This is reminder no. %lld.", STR(reason), (long long)strikes);
}

/* Said in the group, to the member by name. */
static int say_why(struct deed *d, struct id member, struct str words)
{
	return deed_text(d, d->occasion->group, (struct id){ 0 }, words, member, ".why");
}

static int mute(struct deed *d, struct id member, struct str reason, int64_t minutes)
{
	struct mute_body body = { member, minutes * 60 };
	int r = say_why(d, member, mute_words(d, reason, minutes));
	return r < 0 ? r : act_on(d, "mute", member, &row_mute_body, &body, ".mute");
}

static int kick(struct deed *d, struct id member, struct str reason)
{
	struct kick_body body = { member };
	int r = say_why(d, member, kick_words(d, reason));
	return r < 0 ? r : act_on(d, "kick", member, &row_kick_body, &body, ".kick");
}

/* ---- Take back, mute, remove ----------------------------------------------------------------- */

struct nothing { bool unused; };

ROW(nothing, FIELD(nothing, unused, "There is nothing to set", .optional = true));

static int run_recall(struct deed *d, const void *settings)
{
	struct recall_body body = { d->occasion->number };
	struct id member;
	int r = both(d, &member);
	(void)settings;
	if (r <= 0)
		return r;
	return body.number.len ? act_on(d, "recall", (struct id){ 0 }, &row_recall_body, &body, "") : E_NOT_FOUND;
}

struct muting { int64_t minutes; struct str reason; };

ROW(muting,
	FIELD(muting, minutes, "For so many minutes", .min = 1, .max = MINUTES_MOST),
	FIELD(muting, reason,  "Why, as they read it", .min = 1, .max = REASON_MOST));

static int run_mute(struct deed *d, const void *settings)
{
	const struct muting *s = settings;
	struct id member;
	int r = both(d, &member);
	return r <= 0 ? r : mute(d, member, s->reason, s->minutes);
}

struct kicking { struct str reason; };

ROW(kicking, FIELD(kicking, reason, "Why, as they read it", .min = 1, .max = REASON_MOST));

static int run_kick(struct deed *d, const void *settings)
{
	struct id member;
	int r = both(d, &member);
	return r <= 0 ? r : kick(d, member, ((const struct kicking *)settings)->reason);
}

static int says_kick(struct deed *d, const void *settings, struct str *ret)
{
	return deed_fill(d, kick_words(d, ((const struct kicking *)settings)->reason), S(""), 1, ret);
}

static int says_mute(struct deed *d, const void *settings, struct str *ret)
{
	const struct muting *s = settings;
	return deed_fill(d, mute_words(d, s->reason, s->minutes), S(""), 1, ret);
}

/* ---- Strikes ----------------------------------------------------------------- */

struct striking { struct str reason; int64_t days, mute_at, minutes, kick_at; };

ROW(striking,
	FIELD(striking, reason,  "Why, as they read it", .min = 1, .max = REASON_MOST),
	FIELD(striking, days,    "A strike counts for so many days", .min = 1, .max = 365),
	FIELD(striking, mute_at, "Muted at so many; 0: never", .min = 0, .max = 20),
	FIELD(striking, minutes, "… for so many minutes", .min = 0, .max = MINUTES_MOST, .optional = true),
	FIELD(striking, kick_at, "Removed at so many; 0: never", .min = 0, .max = 20));

static int check_strike(struct tx *tx, struct id community, const void *settings, struct str *ret_field)
{
	const struct striking *s = settings;
	(void)tx, (void)community;
	*ret_field = S("minutes");
	if (s->mute_at && !s->minutes)
		return E_TOO_SMALL;
	*ret_field = S("kick_at");
	return s->kick_at && s->kick_at <= s->mute_at ? E_TOO_SMALL : 0;
}

/* Of the last days, the new one included. */
static int strikes_of(struct deed *d, struct id member, int64_t days, int64_t *ret)
{
	struct rows rows;
	struct instant since = { tx_now(d->tx).ms - days * DAY };
	int r = ledger_entries(d->tx, d->community, &book_strikes, member, (struct id){ 0 }, STRIKES_SEEN, &rows);
	const struct ledger_entry *e = rows.at;
	int64_t n = 0;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		n += e[i].at.ms > since.ms ? e[i].amount : 0;
	*ret = n;
	return r < 0 ? r : 0;
}

static int run_strike(struct deed *d, const void *settings)
{
	const struct striking *s = settings;
	struct posting posting = { .amount = 1, .key = d->key, .reason = S("automation"), .source = d->automation };
	struct id member;
	int64_t strikes;
	int r = both(d, &member);
	if (r <= 0)
		return r;
	posting.to = (struct side){ &book_strikes, member, LEDGER_NO_FLOOR };
	if ((r = ledger_post(d->tx, d->community, &posting, NULL)) < 0 || (r = strikes_of(d, member, s->days, &strikes)) < 0)
		return r;
	if (s->kick_at && strikes >= s->kick_at)
		return kick(d, member, s->reason);
	if (s->mute_at && strikes >= s->mute_at)
		return mute(d, member, s->reason, s->minutes);
	return say_why(d, member, strike_words(d, s->reason, strikes));
}

/* As for the next one. */
static int says_strike(struct deed *d, const void *settings, struct str *ret)
{
	const struct striking *s = settings;
	int64_t strikes = 0;
	int r = d->occasion->member.n ? strikes_of(d, d->occasion->member, s->days, &strikes) : 0;
	if (r < 0)
		return r;
	return deed_fill(d, s->kick_at && strikes + 1 >= s->kick_at ? kick_words(d, s->reason)
	                    : s->mute_at && strikes + 1 >= s->mute_at ? mute_words(d, s->reason, s->minutes)
	                    : strike_words(d, s->reason, strikes + 1), S(""), 1, ret);
}

/* ---- The card ----------------------------------------------------------------- */

struct carding { struct str has, text, card; };

ROW(carding,
	FIELD(carding, has,  "What every card holds, as a dash: who has it is not reminded", .min = 1, .max = 10),
	FIELD(carding, text, "The reminder", .min = 1, .max = 500, .lines = true),
	FIELD(carding, card, "Set to this where the platform lets us, as 新人-{nickname}; empty: only remind", .max = 40, .optional = true));

static int run_card(struct deed *d, const void *settings)
{
	const struct carding *s = settings;
	struct id member;
	struct seat seat = { 0 };
	int r = both(d, &member);
	if (r <= 0 || ((r = roster_get(d->tx, d->community, d->occasion->group, member, &seat)) < 0 && r != E_NOT_FOUND))
		return r;
	if (r == E_NOT_FOUND || seat.left_at.ms || memmem(seat.card.at, seat.card.len, s->has.at, s->has.len))
		return 0;                         /* gone, or in order */
	if ((r = deed_text(d, d->occasion->group, (struct id){ 0 }, s->text, member, "")) < 0 || !s->card.len)
		return r;
	struct card_body body = { .member = member };
	if ((r = deed_fill(d, s->card, S(""), 1, &body.card)) < 0)
		return r;
	return act_on(d, "card", member, &row_card_body, &body, ".card");
}

static int says_card(struct deed *d, const void *settings, struct str *ret)
{
	return deed_fill(d, ((const struct carding *)settings)->text, S(""), 1, ret);
}

/* ---- The title ----------------------------------------------------------------- */

#define TITLE_MOST 6                              /* characters: QQ shows no more */

struct titling { struct str title; };
struct title_body { struct id member; struct str title; };

ROW(titling,    FIELD(titling, title, "What stands before their name, as 月度车友", .min = 1, .max = TITLE_MOST));
ROW(title_body, FIELD(title_body, member, "Whose"), FIELD(title_body, title, "Title"));

static int run_title(struct deed *d, const void *settings)
{
	struct title_body body = { .title = ((const struct titling *)settings)->title };
	int r = both(d, &body.member);
	return r <= 0 ? r : act_on(d, "title", body.member, &row_title_body, &body, "");
}

/* ---- Who asks to come in ----------------------------------------------------------------- */

struct refusing { struct str reason; };

ROW(refusing, FIELD(refusing, reason, "Why not, as they read it", .min = 1, .max = REASON_MOST));

static int answer(struct deed *d, bool approve, struct str reason)
{
	return ask_answer(d->tx, d->community, d->occasion->event.object, &(struct answering){ approve, reason, .source = d->automation });
}

static int run_approve(struct deed *d, const void *settings) { return (void)settings, answer(d, true, S("")); }

static int run_refuse(struct deed *d, const void *settings) { return answer(d, false, ((const struct refusing *)settings)->reason); }

/* ---- Declaration ----------------------------------------------------------------- */

#define BOTH (OF_MEMBER | OF_GROUP)

static const struct act_kind acts[] = {
	{ "recall", "撤回这条消息", "take the message back", &row_nothing,  "无", "nothing", OF_TEXT | OF_GROUP, NULL, NULL, run_recall },
	{ "strike", "警告并记一次", "warn and count a strike", &row_striking, "原因 有效天数 第几次禁言 禁言分钟 第几次移出",
	  "reason days mute_at minutes remove_at", BOTH, "member_left_group", check_strike, run_strike, says_strike },
	{ "mute",   "禁言",         "mute",                  &row_muting,   "分钟 原因", "minutes reason", BOTH, NULL, NULL, run_mute, says_mute },
	{ "kick",   "移出群",       "remove from the group", &row_kicking,  "原因", "reason", BOTH, "member_left_group", NULL, run_kick, says_kick },
	{ "approve", "同意进群",     "let them in",          &row_nothing,  "无", "nothing", OF_ASK, "member_joined_group", NULL, run_approve },
	{ "refuse", "拒绝进群",     "refuse them",           &row_refusing, "理由", "reason", OF_ASK, NULL, NULL, run_refuse },
	{ "card",   "提醒改群昵称", "remind of the group nickname", &row_carding, "昵称里要有 提醒文字 直接改成", "holds reminder set_to", BOTH, NULL, NULL, run_card, says_card },
	{ "title",  "给群头衔",     "give a title in the group", &row_titling, "头衔", "title", BOTH, NULL, NULL, run_title },
	{ 0 },
};

const struct feature feature_automation_group_acts = { .name = "automation_group_acts", .acts = acts };
