/* campaign.h: one engine for invitation-driven activities (裂变活动); what its files share.
 *
 * Story      An operator sets a goal and a prize: "three friends, a car wash". Lin opens the page and takes part; her own
 *            page and poster have her own link. A friend opens it and does what counts (taps, joins the group, leaves a
 *            number): one help for her, both see it within a second. At three she claims the car wash.
 *
 *   campaign.c   the operator's side: settings, stages, prizes, publishing, ending
 *   guard.c      what must be right, and what the guardrails say, before it is published; pure
 *   plan.c       a campaign as helps need it, remembered while it is true
 *   invite.c     participants and helps: the one place where a help is decided
 *   region.c     … for members of some cities or regions
 *   person.c     one person, whatever browser they come with
 *   same_person.c  two browsers turn out to be one person, or two after all
 *   result.c     what came of it, on one page; tables of everybody and every help
 *   ship.c       orders as tables, out and in
 *   prize.c      claims, orders, codes, redemption
 *   points.c     points people earn in campaigns
 *   chances.c    chances in a lottery as a prize of another campaign
 *   reserve.c    a piece put aside for who has reached a goal
 *   leave.c      who leaves the group soon after does not count
 *   refer.c      老带新: what inviter and friend get for a friend who counts
 *   funnel.c     进群宝: from the page through the live code into the group, and what is given then
 *   visit.c      the visitor's pages: /t/SLUG
 *   beside.c     what stands beside a page: its QR picture, its news, a code to show at the counter, reports
 *   tally.c      the desk's numbers of one campaign
 *   forecast/    what to expect of it before, and how right that was (forecast/forecast.h)
 *   acts.c       what automations may do with campaigns
 *   message/     what members are told, by which way (message/message.h)
 *   tree/        who brought whom, the funnel, the leaderboard (tree/tree.h)
 *   redeem/      who may hand a prize out, where and when
 *   draw/        the lottery, with fair.c and verify.c
 *   contest/     submissions and votes
 *   packet/      red packets that are split, and money people get
 *
 * Kinds      treasure 任务宝, likes 集赞, resource 资料裂变, build 建群宝, refer 老带新 and funnel 进群宝 are settings of this engine: which act
 *            counts, for whom a stage's prize is, and what the page says. Only what no setting can say has a file of its own.
 * Holds      Who a person is comes from the visitor's cookie and the member behind it, never from a parameter.
 *            One person counts once for a participant, whatever they click and on how many devices; nobody for
 *            themselves. Goals are judged by the ledger's balance; a prize once given is never taken back.
 *            Stock is a ledger account, so it cannot fall below zero. Outside the campaign's time nothing counts.
 *            What was published changes only in favour of those who take part (guardrail G7).
 */
#pragma once
#include "engine/event/event.h"
#include "engine/ledger/ledger.h"
#include "people/community.h"

#define STAGES_MAX        10
#define STAGE_PRIZES_MAX   5
#define CAMPAIGNS_MAX   1000      /* in a community */
#define GOAL_MAX       10000
#define REGIONS_MAX      30
#define STOCK_MAX    1000000
#define PRIZE_CHANCES_MAX 100     /* draws that one prize gives */
#define ENDLESS      INT64_C(4102444800000)   /* an end from here on (2100) means none: a standing programme */

struct prize {
	struct id    id, stage_id;
	struct str   kind, title, note, picture;
	struct money value;
	struct str   link;
	int64_t      points, stock, redeem_days, remaining, codes;         /* remaining: the ledger's balance; codes: loaded, of kind code */
	int64_t      chances;                     /* of kind chances: how many, … */
	struct id    lottery_id;                  /* … and in which lottery */
	struct str   lottery;                     /* by name */
};
extern const struct row row_prize;

struct stage { struct id id; int64_t goal; struct str title, whom; struct rows prizes; };
extern const struct row row_stage;

struct campaign {
	struct id      id;
	struct str     slug, kind, name, cover, rules, organiser;
	struct instant starts_at, ends_at, claim_until;
	struct str     takes_part;
	int64_t        capacity;
	struct str     strength, act;
	struct id      code_id;
	bool           new_only;
	int64_t        helps_each;
	bool           mutual;
	int64_t        hold_minutes, still_days;
	int64_t        inviter_points, friend_points, month_cap, wait_minutes;
	struct str     reserve;
	bool           end_by_stock;
	struct id      segment_id;
	struct str     share_title, share_text;
	struct id      poster_id;
	bool           board;
	struct rows    regions;                   /* struct text_item: only who lives there takes part; none: whoever */
	struct rows    stages;                    /* struct stage, by goal */
	struct str     state, end_reason;
	int64_t        participants;
	struct str     acknowledged;
	struct instant published_at, ended_at, created_at, updated_at;
	struct str     url;                       /* its own link, whole; only in what the API answers */
	const struct draw *draw;                  /* of kind lottery, else NULL; campaign_get fills it */
	const struct packet_rule *packet;         /* of kind packet, else NULL; campaign_get fills it, too */
	bool           account;                   /* of act follow: a 公众号 was chosen; only where it is judged (guard.c) */
	bool           door;                      /* of act join: its live code runs; likewise */
	struct rows    lotteries;                 /* struct campaign: those whose chances its prizes are; likewise */
	struct rows    promised_by;               /* of kind lottery: struct text_item: who still gives its chances; likewise */
};

/* With its stages and prizes, lowest goal first. E_NOT_FOUND. */
int campaign_get(struct tx *, struct id community, struct id campaign, struct campaign *ret);

/* In SQL: may `only` see this campaign? Those that fill a group they see: act join, by its live code. */
#define SEES_CAMPAIGN(only, community, code) "(" only " = 0 OR (" code " <> 0 AND " SEES_CODE(only, community, code) "))"
/* For routes with a campaign, or a participant, in the hole. */
int campaign_sees(struct request *);
int participant_sees(struct request *);
/* 0 or E_NOT_FOUND. */
int campaign_is_seen(struct request *, struct id campaign);

/* ---- plan.c ---- */

/* As campaign_get, and whose it is, from memory where that is still true: settings, stages and state are those of this
 * transaction; how many take part, what is left of a prize and the community's card may be a second old. Copies. E_NOT_FOUND. */
int campaign_kept(struct tx *, struct id community, struct id campaign, struct community *ret_community, struct campaign *ret);
/* It changed: whoever remembers it must look again. */
int campaign_touch(struct tx *, struct id community, struct id campaign);
#define PLANS_MAX 512             /* campaigns remembered by a process, some 10 KB each */
/* A prize of a stage, or (stage 0) of another part of the campaign, at its place; `before`: as it was, or NULL for a new one,
 * which gets its id here. Its stock follows. E_NOT_ENOUGH: more are given already. */
int prize_save(struct request *, struct id campaign, struct id stage, int64_t place, struct prize *, const struct prize *before);
/* It goes, and its stock with it. */
int prize_forget(struct request *, struct id campaign, const struct prize *);

/* After a change, with the campaign read anew: what is published still passes the check, or E_NOT_READY with the field. */
int campaign_recheck(struct request *, const struct campaign *);

/* Where it stands for a visitor now; a state of "running" past its end is over, whoever has noticed. */
enum phase_of { CAMPAIGN_HIDDEN, CAMPAIGN_EARLY, CAMPAIGN_OPEN, CAMPAIGN_PAUSED, CAMPAIGN_CLAIMS, CAMPAIGN_OVER };
enum phase_of campaign_phase(const struct campaign *, struct instant now);

/* ---- guard.c: pure ---- */

struct objection { struct str rule, level, field, text; };      /* level: block acknowledge warn */
extern const struct row row_objection;
/* What stands against publishing it, worst first, in the asker's language: rows of struct objection, in the arena. */
int campaign_objections(struct arena *, const struct campaign *, enum lang, struct rows *ret);
/* The first field by which `after` is worse than the published `before` for those who take part; empty: none. */
struct str campaign_worse(const struct campaign *before, const struct campaign *after);

/* ---- invite.c ---- */

/* Ends it with reason "stock" where it is so set and the last stage has nothing left on its shelves. */
int campaign_end_empty(struct tx *, struct id community, const struct campaign *);

struct participant {
	struct id      id, campaign_id, visitor_id, member_id, parent_id;
	struct str     slug, nickname, state;
	struct instant joined_at;
};
extern const struct row row_participant;

int participant_get(struct tx *, struct id community, struct id participant, struct participant *ret);
/* Of this browser alone; E_NOT_FOUND. For who is not known to be anybody else, and where each question counts. */
int participant_at(struct tx *, struct id community, struct id campaign, struct id visitor, struct participant *ret);
/* A member's browser; who has none yet gets a number like one, so that what they do counts under it. */
int visitor_of_member(struct tx *, struct id community, struct id member, struct id *ret);
/* Of a link, in whatever community: *ret_community. E_NOT_FOUND. */
int participant_by_slug(struct tx *, struct str slug, struct id *ret_community, struct participant *ret);

/* What somebody has reached in a campaign, by whichever way a stage may count it. */
struct reach {
	int64_t own;                              /* their balance */
	int64_t crew;                             /* the highest balance among those for whom they count */
	bool    helped;                           /* they count for somebody; of kind funnel: they joined, and their time has come */
};
/* `participant` 0: they only help. */
int  reach_of(struct tx *, struct id community, const struct campaign *, struct id participant, struct id visitor, struct reach *ret);
bool stage_reached(const struct stage *, const struct reach *);

/* Take part; who takes part already keeps what they have. `parent`: through whose link, or 0.
 * E_CAMPAIGN_CLOSED: not its time. E_FULL: all places are taken. E_NOT_FOR_YOU: only for newcomers, or only for members.
 * Where it is for some regions, `city` is what they say of themselves; their profile comes first, and takes it where it has none.
 * E_CITY_FIRST, E_OTHER_REGION. */
int participant_make(struct request *, const struct campaign *, struct id parent, struct str nickname, struct str city,
                     struct participant *ret);

/* Who has reached something by helping and claims it takes part from then on, whatever limits there are for others. */
int participant_enter(struct request *, const struct campaign *, const struct participant *through, struct str nickname,
                      struct participant *ret);
/* Who is given something in it takes part from then on, by the name their member has; who took part before, as they did. */
int participant_come(struct request *, const struct campaign *, struct participant *ret);
/* Staff, or an appeal: no help counts for them and they claim nothing, or they are free again. */
int participant_block(struct tx *, struct id community, struct id participant, bool blocked);
/* 203.0.113.7 → 203.0.113: enough to see that many came from one place, and all that is kept of an address. */
struct str network_of(struct str address);

struct help {
	struct id      participant_id, helper_id, member_id;
	struct str     nickname, state, reason;
	struct instant opened_at, acted_at, due_at;
	struct id      entry_id;                  /* in the ledger: by which it counts, or counted last; 0: none */
};
extern const struct row row_help;

/* In SQL, after FROM: helps h for a participant. Those that count by an entry e are found by it in the ledger, where they stand
 * together anyway; all others (a contest's votes have entries of their own) by the index help_other. (What is said of the time is
 * always true, and makes SQLite take that index: ARCHITECTURE.md, Ugly spots.) */
#define COUNTED_HELPS(community, participant) "ledger_entry e JOIN help h ON h.community_id = e.community_id" \
	" AND h.helper_id = e.source_id AND h.participant_id = e.holder_id AND h.entry_id = e.id WHERE e.community_id = " community \
	" AND e.book = 'help' AND e.holder_id = " participant " AND h.state = 'counted'"
#define OTHER_HELPS(community, participant) "help h WHERE h.community_id = " community " AND h.participant_id = " participant \
	" AND h.opened_at > 0 AND (h.state <> 'counted' OR h.entry_id = 0)"

/* The visitor opened the participant's page: remembered once, so that what they do next counts for the right person.
 * 1: it was the first time; 0. */
int help_open(struct request *, const struct campaign *, const struct participant *);
struct help_act {                                 /* somebody did what counts */
	struct id      helper;                    /* visitor */
	struct str     nickname, address, device;
	struct instant at;
	const char    *risk;                      /* a word: held until staff decides; NULL: none seen */
	const struct participant *own;            /* who the helper is in this campaign, id 0: nobody; NULL: not looked at yet */
};
/* The verdict is in ret->state and ret->reason; doing it again changes nothing and answers the first verdict.
 * Without a verdict, so that they may come again: E_CAMPAIGN_CLOSED: not its time. E_PHONE_FIRST: the campaign asks for a phone
 * number that was checked. Of kind packet: E_PACKET_NONE, _FULL, _LAPSED, E_DAY_CAP. */
int help_do(struct tx *, struct id community, const struct campaign *, const struct participant *, const struct help_act *,
            struct help *ret);
/* Is this one of those? */
bool help_waits(int code);
/* For those who look again. Count it, whatever it was before: 0 also when it counts already, or when the packet has no share left for
 * it: then it is refused and says so. */
int help_accept(struct tx *, struct id community, const struct campaign *, struct id participant, struct id helper);
/* It does not count: `h` as it is in this transaction. What counted is "deducted" from now on, by an entry of its own in the
 * ledger; anything else becomes `state` (rejected, refused, held). `reason`: a word, or staff's own sentence; both sides read it. */
int help_put(struct tx *, struct id community, struct id campaign, const struct help *h, struct str state, struct str reason,
             struct id actor);
/* The participant's balance (risen->n) has come to this: who waits for a goal hears of it, and its prize is put aside. */
int goal_reached(struct tx *, struct id community, const struct campaign *, const struct event *risen);
/* What the visitor has done for this participant; E_NOT_FOUND. */
int help_of(struct tx *, struct id community, struct id participant, struct id helper, struct help *ret);
/* ---- person.c ---- */

/* Of the person with this browser: by it, or else by the one of their browsers that took part first; E_NOT_FOUND. */
int participant_of(struct tx *, struct id community, struct id campaign, struct id visitor, struct participant *ret);
/* All browsers of a member (struct id_item); member 0, or one that has none: `visitor` alone. */
int person_browsers(struct tx *, struct id community, struct id member, struct id visitor, struct rows *ret);
/* … of whoever has this one. */
int person_at(struct tx *, struct id community, struct id visitor, struct rows *ret);

/* Is the visitor known as well as the campaign asks for, to get something in it? 0; E_PHONE_FIRST. */
int person_strong(struct request *, const struct campaign *);

/* ---- packet/open.c ---- */

/* May this person have a share of the participant's packet now? 0, or why not (help_do). */
int packet_admits(struct tx *, struct id community, const struct campaign *, struct id participant, struct id helper, struct id member);
/* A help counts: the next share is theirs; with the last one it is full. */
int packet_take(struct tx *, struct id community, const struct campaign *, const struct participant *, struct id helper,
                struct str nickname);
/* A help counts no longer: its share is free again, or, once given, comes back as long as it was not paid. 0 also where there is none. */
int packet_back(struct tx *, struct id community, struct id participant, struct id helper, struct str word, struct id actor);

/* leave.c: they unfollowed the account before their follow was heard: where days were published it is taken back. 1: it was. */
int leave_followed(struct tx *, struct id community, const struct campaign *, const struct help *);
/* Newest first: rows of struct help. */
int helps_for(struct tx *, struct id community, struct id participant, int64_t limit, struct rows *ret);

/* ---- region.c ---- */

enum region { REGION_ANY, REGION_IN, REGION_ASK, REGION_OUT };         /* ANY: the campaign asks for none; ASK: no city is known */
/* `typed`: what they say, where their profile has no city. */
int region_of_visitor(struct tx *, struct id community, const struct campaign *, struct id visitor, struct str typed, enum region *ret);
/* Is this city in that region? Pure: 浙江省杭州市 is in 浙江 and in 杭州. */
bool region_holds(struct str region, struct str city);
/* Somebody who could take part before could not any more. */
bool regions_are_worse(const struct campaign *before, const struct campaign *after);
/* 杭州、嘉兴 */
struct str regions_named(struct arena *, const struct campaign *);
int regions_load(struct tx *, struct id community, struct campaign *);
int regions_save(struct tx *, struct id community, struct id campaign, struct rows names);

/* ---- same_person.c ---- */

/* More is known of who this visitor is, or of what counts: of all browsers that are one person, the help that is oldest counts for
 * a participant, and none for themselves. Part of the caller's transaction; saying it again changes nothing. */
int same_person_look(struct tx *, struct id community, struct id visitor);

extern const struct book book_help, book_stock, book_prize;

/* ---- prize.c ---- */

struct prize_order {
	struct id      id, campaign_id, participant_id, stage_id, prize_id;
	struct str     participant, kind, title, state, code, receiver, phone, address, shipping, note, handled_by;
	int64_t        chances;
	struct id      lottery_id;
	struct str     lottery;
	struct instant handled_at;
	struct str     place;
	struct instant expires_at, created_at;
};
extern const struct row row_prize_order;

struct claim {
	struct id  stage, prize;
	struct str receiver, phone, address;
	struct id  visitor;                       /* the browser they claim with; 0: the participant's. Never from outside */
};
extern const struct row row_claim;

/* The participant's prize of a stage; claimed before, the same order is answered.
 * E_STAGE_NOT_REACHED, E_PRIZE_GONE: nothing is left of it. E_CAMPAIGN_CLOSED. A missing address is a complaint.
 * E_LOTTERY_OVER: of kind chances; the stage is not spent. */
int prize_claim(struct request *, const struct campaign *, const struct participant *, const struct claim *,
                struct prize_order *ret);
/* A piece of the stock and its order, under the name of a stage, or a number below zero that names something else a prize is
 * given for (a draw). E_PRIZE_GONE. `claim` may be empty: a parcel's address can follow. */
int prize_give(struct tx *, struct id community, const struct participant *, struct id stage, const struct prize *,
               const struct claim *, struct prize_order *ret);
struct order_address { struct id order; struct str receiver, phone, address; };
extern const struct row row_order_address;
/* Where a parcel goes, as long as it has not left. E_NOT_FOUND, E_ALREADY_DECIDED, E_CAMPAIGN_CLOSED. */
int prize_address(struct request *, const struct campaign *, const struct participant *, const struct order_address *);
/* What this participant has claimed of stages; what a number below zero gave, the newest first: rows of struct prize_order. */
int prize_orders_of(struct tx *, struct id community, struct id participant, struct rows *ret);
int prize_orders_won(struct tx *, struct id community, struct id participant, struct rows *ret);
/* Stock follows what the operator promises: the ledger moves by the difference. E_NOT_ENOUGH: more are given already. */
int prize_restock(struct request *, struct id prize, int64_t before, int64_t after);
/* By its number or its code. E_NOT_FOUND. */
int prize_order_named(struct tx *, struct id community, struct str name, struct prize_order *ret);
/* By the code its holder shows. E_NOT_FOUND. */
int prize_order_shown(struct tx *, struct id community, struct str code, struct prize_order *ret);
/* It is handed out, at that shop (or empty). E_VOUCHER_USED: somebody was faster. */
int prize_redeem(struct request *, const struct prize_order *, struct str place, struct prize_order *ret);
/* The last day of a prize (of->prize_id, of->campaign_id) moved: so do orders that ended then. */
int prize_orders_until(struct tx *, struct id community, const struct prize_order *of, int64_t redeem_days, struct instant before,
                       struct instant until);
/* What the asker's role may not see of them goes. Every way out to staff passes here. */
void prize_orders_mask(struct request *, struct prize_order *, size_t count);
/* 1: it is on its way, by `shipping`; 0: it was already. The order is to_ship or shipped. */
int prize_ship(struct request *, const struct prize_order *, struct str shipping);
/* Oldest first, all of them or those in a state: rows of struct prize_order, at most TX_ROWS_MAX. */
int prize_orders_all(struct tx *, struct id community, struct id campaign, struct str state, struct rows *ret);
/* Has the participant claimed this stage? */
int prize_claimed(struct tx *, struct id community, struct id participant, struct id stage, bool *ret);
/* What is left of it. */
int prize_left(struct tx *, struct id community, struct id prize, int64_t *ret);

/* ---- reserve.c ---- */

struct prize_hold { struct id participant_id, stage_id, campaign_id, prize_id; int64_t turn; struct str state; struct instant until; };
extern const struct row row_prize_hold;
/* They have reached the goal: put a piece aside, where the campaign says so and there is one. */
int hold_make(struct tx *, struct id community, const struct campaign *, struct id participant, const struct stage *);
/* What was put aside goes back to its shelf: claimed (to be taken at once) or released. 0: nothing was. */
int hold_finish(struct tx *, struct id community, struct id participant, struct id stage, const char *how);
/* Of this participant, all that ever was: rows of struct prize_hold. */
int holds_for(struct tx *, struct id community, struct id participant, struct rows *ret);

/* ---- leave.c ---- */

/* Did the member of this event leave what the live code leads to, and is in no other of its groups? */
int leave_is_out(struct tx *, struct id community, struct id code, const struct event *, bool *ret);

/* ---- funnel.c ---- */

struct arrival {
	struct str     state;
	struct instant seen_at, scanned_at, shown_at, joined_at, due_at, given_at, opened_at;
};
extern const struct row row_arrival;
/* The visitor opened the campaign's page; remembered once. */
int arrival_see(struct request *, const struct campaign *);
/* They opened what they were given. */
int arrival_open(struct request *, const struct campaign *);
/* E_NOT_FOUND: they never came. */
int arrival_of(struct tx *, struct id community, struct id campaign, struct id visitor, struct arrival *ret);

/* ---- points.c ---- */

/* Once for this key; 1, or 0 when it was given before. */
int points_give(struct tx *, struct id community, struct id member, int64_t points, struct str key, const char *reason,
                struct id source, struct id actor);
/* Take back what was given under the key; spent points may leave a debt. 1, or 0: nothing was given. */
int points_take(struct tx *, struct id community, struct id member, struct str key, struct str reason, struct id actor);

/* ---- chances.c ---- */

/* In SQL: of a prize p, the name of the lottery it gives chances of. */
#define PRIZE_LOTTERY "COALESCE((SELECT l.name FROM campaign l WHERE l.community_id = p.community_id AND l.id = p.lottery_id), '')"

/* What comes into the book "chances" from outside of its lottery. 1; 0: it was posted before; or a code, as ledger_post. */
int chances_post(struct tx *, struct id community, struct id lottery, const struct posting *);
/* The prize of this order: chances in its lottery, once for the order. Whoever gets them takes part there from now on. A lottery that
 * is over takes them, too: what was won is not refused. */
int chances_give(struct tx *, struct id community, const struct participant *, const struct prize *, const struct prize_order *,
                 struct id visitor);
/* May they be claimed: 0, or E_LOTTERY_OVER. They may before it begins and while it is paused. */
int chances_ready(struct tx *, struct id community, const struct prize *);
/* What is saved names a lottery of this community, and none that is over unless `before` did. A complaint at `field`. */
int chances_check(struct request *, const struct prize *, const struct prize *before, struct str field);
/* For guard.c: fills `lotteries` and, as far as `only` sees them (SEES_CAMPAIGN), `promised_by`. */
int chances_judge(struct tx *, struct id community, struct id only, struct campaign *);
/* Of kind chances: what the card of an order shows. `over`: nobody draws there any more. */
struct lottery_card { struct str name, slug; bool over; };
int chances_card(struct tx *, struct id community, const struct prize_order *, struct lottery_card *ret);

/* Where a participant's chances came from and went: rows of struct chance_entry, newest first. */
struct chance_entry {
	struct id      id;
	struct instant at;
	int64_t        amount, balance;
	struct str     reason;
	struct id      source_id;
	struct str     campaign;
};
extern const struct row row_chance_entry;
int chances_entries(struct tx *, struct id community, struct id participant, int64_t limit, struct rows *ret);

/* What a member who was merged away has in this book is the survivor's. */
int account_sweep(struct tx *, struct id community, const struct book *, struct id from, struct id to, struct str key, struct id actor);

/* ---- follow.c ---- */

/* Was a 公众号 chosen, whose followers count? */
int follow_chosen(struct tx *, struct id community, struct id campaign, bool *ret);
/* The 公众号 that was chosen. E_NOT_FOUND: none. */
int follow_channel(struct tx *, struct id community, struct id campaign, struct id *ret);
/* What stands on a participant's poster instead of their page's address: their own code of the 公众号; empty: none (yet). */
int follow_link(struct tx *, struct id community, const struct campaign *, const struct participant *, struct str *ret);

/* ---- poster/share.c ---- */

struct poster_made;
/* Their poster as a JPEG, with this address in its code. */
int participant_poster(struct tx *, struct id community, const struct campaign *, const struct participant *, struct str link,
                       struct arena *, struct poster_made *ret);

extern const struct event_kind campaign_events[];
enum campaign_event { CAMPAIGN_MADE, CAMPAIGN_CHANGED, CAMPAIGN_STATE, CAMPAIGN_SEEN, CAMPAIGN_JOINED, CAMPAIGN_HELPED,
                      CAMPAIGN_HELP_HELD, CAMPAIGN_HELP_REFUSED, CAMPAIGN_DEDUCTED, CAMPAIGN_BLOCKED, CAMPAIGN_STAGE,
                      CAMPAIGN_CLAIMED, CAMPAIGN_ORDER, CAMPAIGN_REWARDED, CAMPAIGN_DRAWN, CAMPAIGN_WON,
                      CAMPAIGN_CHANCES, ENTRY_SUBMITTED, ENTRY_PASSED, ENTRY_RETURNED, ENTRY_VOTED,
                      CAMPAIGN_ARRIVED, CAMPAIGN_PACKET, CAMPAIGN_PAYOUT };

/* ---- ship.c ---- */

/* "2026-11-22 09:30" for tables; empty for never. */
struct str table_time(struct arena *, const struct zone *, struct instant);

/* ---- visit.c ---- */

/* Whose link is it: *ret_owner when it is a participant's (else id 0). Drafts are not found: nobody has their links. */
int campaign_by_slug(struct tx *, struct str slug, struct id *ret_community, struct campaign *ret, struct participant *ret_owner);

/* For kinds with acts of their own: the whole page as it is now, and its parts. */
extern const struct row row_task_page, row_task_order;
int task_answer(struct request *, struct body *ret);
struct one task_order_of(struct request *, const struct prize_order *);

/* ---- beside.c ---- */

/* The order's code as a QR picture for the counter, as a data address; empty when it cannot be redeemed (any more). */
struct str ticket_picture(struct request *, const struct prize_order *);

extern const struct row row_campaign_whole;

/* ---- tree/seen.c ---- */

/* A visitor looks at a page: the campaign's own (owner's id 0), or a participant's (`opened`: help_open said 1). Who only asks
 * for a preview is not counted. */
int campaign_seen(struct request *, struct id campaign, const struct participant *owner, bool opened);

extern const struct feature feature_campaign, feature_campaign_follow,
                            feature_campaign_plan, feature_campaign_region, feature_invite, feature_prize, feature_points,
                            feature_chances, feature_refer,
                            feature_funnel, feature_reserve, feature_leave,
                            feature_campaign_visit, feature_campaign_beside, feature_campaign_tally;
