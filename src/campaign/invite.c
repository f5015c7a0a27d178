/* invite.c: participants and helps: the one place where it is decided whether a friend counts.
 *
 * Story      Lin takes part and sends her link to five friends. Two open it twice, on phone and tablet; one has been a member
 *            for a year although only newcomers count; one is Lin herself with another browser. Two count. Each of them is
 *            told what happened and why, and Lin sees the same words in her list.
 * How        Opening the page leaves a row (open); the act turns it into counted, held or refused, and that verdict stays. For
 *            act "join" the act is an event of the live code: a follower finds the page the visitor opened last.
 *            A help that counts is an entry in the ledger. The row of a help names its entry and is there once for helper and
 *            participant: an entry is made only in the transaction that turns the row to counted.
 * Owns       participant, help; the books "help" (what counts), "prize" and "stock" are declared here and in prize.c.
 * Holds      See campaign.h. A newcomer is who had no member's row in this community when the campaign began.
 *            A help that was refused or rejected is never counted by trying again.
 * Test       campaign_test.c: each verdict; random people, devices and clicks against a model, on both stores.
 */
#include "campaign/contest/contest.h"
#include "campaign/fraud/fraud.h"

#include "base/secret.h"
#include "base/utf8.h"
#include "engine/jobs/jobs.h"
#include "groups/visit.h"
#include "http/personal.h"
#include "people/merge.h"
#include "people/audit.h"
#include "people/member.h"
#include "people/phone.h"
#include "people/segment.h"

#define SLUG_LENGTH  10           /* 57^10: also unguessable */
#define MAX_NICKNAME 20
#define HELD_LOOK    MINUTE
#define HELD_BATCH   500
#define LIST_MOST    200

const struct book book_help = { "help", "help", "Helps that count, of a participant" };

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW_PUBLIC(participant,
	FIELD(participant, id,          "Participant"),
	FIELD(participant, campaign_id, "Campaign"),
	FIELD(participant, visitor_id,  "Visitor"),
	FIELD(participant, member_id,   "Member", .optional = true),
	FIELD(participant, parent_id,   "Through whose link they came", .optional = true),
	FIELD(participant, slug,        "Their own link: /t/SLUG"),
	FIELD(participant, nickname,    "Name"),
	FIELD(participant, state,       "active, or blocked by staff", .one_of = "active blocked"),
	FIELD(participant, joined_at,   "Since"));

#define HELP_STATES "open held counted refused rejected deducted"

ROW_PUBLIC(help,
	FIELD(help, participant_id, "For whom"),
	FIELD(help, helper_id,      "Visitor who helps"),
	FIELD(help, member_id,      "… as a member", .optional = true),
	FIELD(help, nickname,       "Their name, where known"),
	FIELD(help, state,          "What became of it", .one_of = HELP_STATES),
	FIELD(help, reason,         "Why it does not count, or is held: a word"),
	FIELD(help, opened_at,      "Opened the page"),
	FIELD(help, acted_at,       "Did what counts", .optional = true),
	FIELD(help, due_at,         "Held until", .optional = true),
	FIELD(help, entry_id,       "The entry in the ledger by which it counts, or counted last", .optional = true));

struct participant_whole {
	struct id      id, member_id, parent_id;
	struct str     slug, nickname, city, state;
	int64_t        balance;
	struct instant joined_at;
	struct rows    helps, entries;
};

ROW(participant_whole,
	FIELD(participant_whole, id,        "Participant"),
	FIELD(participant_whole, member_id, "Member", .optional = true),
	FIELD(participant_whole, parent_id, "Through whose link they came", .optional = true),
	FIELD(participant_whole, slug,      "Their own link"),
	FIELD(participant_whole, nickname,  "Name"),
	FIELD(participant_whole, city,      "Where they live, by their profile", .optional = true),
	FIELD(participant_whole, state,     "active, or blocked by staff"),
	FIELD(participant_whole, balance,   "Helps that count"),
	FIELD(participant_whole, joined_at, "Since"),
	FIELD(participant_whole, helps,     "Who opened their page, newest first", .of = &row_help),
	FIELD(participant_whole, entries,   "The ledger behind the balance, newest first", .of = &row_ledger_entry));

struct help_query { struct str state; int64_t limit; };

ROW(help_query,
	FIELD(help_query, state, "Only these", .one_of = HELP_STATES, .optional = true),
	FIELD(help_query, limit, "How many", .min = 0, .max = LIST_MOST, .optional = true));

struct help_line {
	struct id      participant_id, helper_id, member_id;
	struct str     participant, nickname, state, reason, address, device;
	struct instant opened_at, acted_at, due_at;
};

ROW(help_line,
	FIELD(help_line, participant_id, "For whom"),
	FIELD(help_line, participant,    "… by name"),
	FIELD(help_line, helper_id,      "Visitor who helps"),
	FIELD(help_line, member_id,      "… as a member", .optional = true),
	FIELD(help_line, nickname,       "Their name, where known"),
	FIELD(help_line, state,          "What became of it", .one_of = HELP_STATES),
	FIELD(help_line, reason,         "Why: a word"),
	FIELD(help_line, address,        "Network they came from, without its end"),
	FIELD(help_line, device,         "Device"),
	FIELD(help_line, opened_at,      "Opened the page"),
	FIELD(help_line, acted_at,       "Did what counts", .optional = true),
	FIELD(help_line, due_at,         "Held until", .optional = true));

struct help_decision { struct id participant, helper; bool accept; struct str reason; };

ROW(help_decision,
	FIELD(help_decision, participant, "For whom"),
	FIELD(help_decision, helper,      "Whose help"),
	FIELD(help_decision, accept,      "Count it; else reject it, and take it away if it counted"),
	FIELD(help_decision, reason,      "Why, as both will read it", .max = 60, .optional = true));

struct crew { int64_t helps, best; };

ROW(crew,
	FIELD(crew, helps, "Participants for whom they count"),
	FIELD(crew, best,  "The highest balance among those"));

struct blocking { bool blocked; struct str reason; };

ROW(blocking,
	FIELD(blocking, blocked, "No help counts for them, and they claim nothing"),
	FIELD(blocking, reason,  "Why, for colleagues", .min = 2, .max = 100));

/* ---- Rules: no store, no clock ------------------------------------------------------------------ */

struct facts {                                    /* about one helper before one participant */
	bool           self;                      /* the same browser, or the same member */
	bool           counted_elsewhere;         /* the same member counts already, by another device */
	bool           known;                     /* was a member when the campaign began */
	bool           weak;                      /* identity below what the campaign asks for */
	bool           helped_back;               /* the participant has helped this helper */
	int64_t        helped;                    /* participants this helper counts for */
};

/* Why it does not count: a word, or NULL. The order is what a person would want to hear first. */
static const char *refusal(const struct campaign *c, const struct participant *p, const struct facts *f)
{
	const struct { bool holds; const char *why; } reasons[] = {
		{ f->self, "self" },
		{ str_is(p->state, "blocked"), "blocked" },
		{ f->counted_elsewhere, "same_person" },
		{ c->new_only && f->known, "not_new" },
		{ c->helps_each && f->helped >= c->helps_each, "helped_enough" },
		{ !c->mutual && f->helped_back, "mutual" },
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].holds)
			return reasons[i].why;
	return NULL;
}

/* For friends the goal is theirs: they count, and that is all. */
bool stage_reached(const struct stage *s, const struct reach *reach)
{
	if (str_is(s->whom, "friends"))
		return reach->helped;
	return reach->own >= s->goal || (str_is(s->whom, "all") && reach->helped && reach->crew >= s->goal);
}

struct str network_of(struct str address)
{
	size_t at = address.len;
	while (at > 0 && address.at[at - 1] != '.' && address.at[at - 1] != ':')
		at--;
	return (struct str){ address.at, at ? at - 1 : address.len };
}

/* ---- Actions: participants --------------------------------------------------------------------------- */

#define PARTICIPANT "id, campaign_id, visitor_id, member_id, parent_id, slug, nickname, state, joined_at FROM participant"

static QUERY(participant_by_id, READS, &row_participant, TAKES(K_ID, K_ID),
	"SELECT " PARTICIPANT " WHERE community_id = ?1 AND id = ?2");

static QUERY(participant_by_visitor, READS, &row_participant, TAKES(K_ID, K_ID, K_ID),
	"SELECT " PARTICIPANT " WHERE community_id = ?1 AND campaign_id = ?2 AND visitor_id = ?3");

/* A participant and whose, in one look. */
struct participant_found {
	struct participant p;
	struct id          community_id;
};

static const struct field participant_found_fields[] = {
	FIELD(participant, id,          "Participant"),
	FIELD(participant, campaign_id, "Campaign"),
	FIELD(participant, visitor_id,  "Visitor"),
	FIELD(participant, member_id,   "Member"),
	FIELD(participant, parent_id,   "Through whose link they came"),
	FIELD(participant, slug,        "Their own link"),
	FIELD(participant, nickname,    "Name"),
	FIELD(participant, state,       "active or blocked"),
	FIELD(participant, joined_at,   "Since"),
	FIELD(participant_found, community_id, "Community"),
};
static const struct row row_participant_found = {
	"participant_found", sizeof(struct participant_found), participant_found_fields,
	sizeof participant_found_fields / sizeof *participant_found_fields,
};

static QUERY(participant_of_slug, READS, &row_participant_found, TAKES(K_STR),
	"SELECT id, campaign_id, visitor_id, member_id, parent_id, slug, nickname, state, joined_at, community_id FROM participant"
	" WHERE slug = ?1");

int participant_get(struct tx *tx, struct id community, struct id participant, struct participant *ret)
{
	return tx_one(tx, &participant_by_id, ret, V(community), V(participant));
}

int participant_at(struct tx *tx, struct id community, struct id campaign, struct id visitor, struct participant *ret)
{
	return tx_one(tx, &participant_by_visitor, ret, V(community), V(campaign), V(visitor));
}

int participant_by_slug(struct tx *tx, struct str slug, struct id *ret_community, struct participant *ret)
{
	struct participant_found found;
	int r = tx_one(tx, &participant_of_slug, &found, V(slug));
	if (r < 0)
		return r;
	*ret_community = found.community_id, *ret = found.p;
	return 0;
}

int visitor_of_member(struct tx *tx, struct id community, struct id member, struct id *ret)
{
	struct rows browsers;
	struct id whose;
	int r = member_visitors(tx, community, member, &browsers);
	if (r < 0)
		return r;
	if (browsers.count) {
		*ret = ((const struct id_item *)browsers.at)->item;
		return 0;
	}
	*ret = tx_new_id(tx);
	return member_identify(tx, community, member, S("browser"), str_format(tx_arena(tx), "%lld", (long long)ret->n), &whose);
}

/* The place is taken by the statement that checks that there is one. */
static QUERY(campaign_take_place, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"UPDATE campaign SET participants = participants + 1"
	" WHERE community_id = ?1 AND id = ?2 AND (?3 = 0 OR participants < ?3)");

static QUERY(participant_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO participant (community_id, id, campaign_id, visitor_id, member_id, parent_id, slug, nickname, state, joined_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'active', ?9)");

/* Was there a member's row for this visitor when the campaign began? */
static int known_before(struct tx *tx, struct id community, const struct campaign *c, struct id visitor, struct id *ret_member,
                        bool *ret)
{
	struct instant since;
	*ret = false;
	*ret_member = (struct id){ 0 };
	int r = member_find_visitor(tx, community, visitor, ret_member);
	if (r == E_NOT_FOUND)
		return 0;
	if (r < 0 || (r = member_since(tx, community, *ret_member, &since)) < 0)
		return r;
	*ret = since.ms < c->starts_at.ms;
	return 0;
}

/* Through whom they came, their member's row, a link of their own. */
static int participant_write(struct request *rq, const struct campaign *c, const struct participant *through, struct str nickname,
                             struct str city, struct participant *ret)
{
	struct tx *tx = rq->tx;
	char slug[SLUG_LENGTH + 1];
	struct id member;
	bool made;
	int r;
	nickname = utf8_cut(str_trim(nickname), MAX_NICKNAME);
	struct member_origin origin = { .nickname = nickname, .city = city, .source_label = c->name, .inviter = through->member_id };
	if ((r = member_of_visitor(tx, rq->community, rq->visitor, &origin, &member, &made)) < 0)
		return r;
	secret_slug(slug, SLUG_LENGTH);
	struct participant p = {
		.id = tx_new_id(tx), .campaign_id = c->id, .visitor_id = rq->visitor, .member_id = member, .parent_id = through->id,
		.slug = str_copy(rq->arena, str_of(slug)), .nickname = nickname, .state = S("active"), .joined_at = tx_now(tx),
	};
	r = tx_run(tx, &participant_insert, V(rq->community), V(p.id), V(c->id), V(p.visitor_id), V(member), V(p.parent_id),
	           V(p.slug), V(p.nickname), V(p.joined_at));
	if (r < 0)
		return r;
	*ret = p;
	return event_emit(tx, rq->community, &campaign_events[CAMPAIGN_JOINED],
	                  &(struct event){ .subject = c->id, .actor = rq->visitor, .object = p.id, .via = p.parent_id, .n = made,
	                                   .word = device_of_request(rq) });
}

/* By the city of their profile, or, where that has none, by what they say. */
static int region_admits(struct request *rq, const struct campaign *c, struct str city)
{
	enum region where;
	int r = region_of_visitor(rq->tx, rq->community, c, rq->visitor, city, &where);
	if (r < 0 || where == REGION_ANY || where == REGION_IN)
		return r;
	return rq_complain(rq, where == REGION_ASK ? E_CITY_FIRST : E_OTHER_REGION, S("city"));
}

/* Of a segment: whom we do not know well enough may yet turn out to be in it. */
static int audience_admits(struct request *rq, const struct campaign *c, struct id member)
{
	enum strength strength;
	bool in = false;
	int r = c->segment_id.n && member.n ? segment_has(rq->tx, rq->community, c->segment_id, member, &in) : 0;
	if (r < 0 || !c->segment_id.n || in)
		return r < 0 ? r : 0;
	r = identity_strength(rq->tx, rq->community, rq->visitor, &strength);
	return r < 0 ? r : strength < STRENGTH_PHONE ? E_WHO_FIRST : E_NOT_FOR_YOU;
}

int participant_make(struct request *rq, const struct campaign *c, struct id parent, struct str nickname, struct str city,
                     struct participant *ret)
{
	struct tx *tx = rq->tx;
	struct participant through = { 0 };
	struct id member;
	bool known;
	int r = participant_of(tx, rq->community, c->id, rq->visitor, ret);
	if (r != E_NOT_FOUND)
		return r;
	if (campaign_phase(c, tx_now(tx)) != CAMPAIGN_OPEN)
		return E_CAMPAIGN_CLOSED;
	if ((r = known_before(tx, rq->community, c, rq->visitor, &member, &known)) < 0)
		return r;
	if ((r = audience_admits(rq, c, member)) < 0)
		return r;
	if ((str_is(c->takes_part, "new") && known) || (str_is(c->takes_part, "old") && !known))
		return E_NOT_FOR_YOU;
	if ((r = region_admits(rq, c, city)) < 0)
		return r;
	if (parent.n && (r = participant_get(tx, rq->community, parent, &through)) < 0 && r != E_NOT_FOUND)
		return r;
	r = tx_run(tx, &campaign_take_place, V(rq->community), V(c->id), V(c->capacity));
	if (r <= 0)
		return r < 0 ? r : E_FULL;
	return participant_write(rq, c, &through, nickname, c->regions.count ? city : S(""), ret);
}

int participant_enter(struct request *rq, const struct campaign *c, const struct participant *through, struct str nickname,
                      struct participant *ret)
{
	int r = tx_run(rq->tx, &campaign_take_place, V(rq->community), V(c->id), V(0));
	return r < 0 ? r : participant_write(rq, c, through, nickname, S(""), ret);
}

int participant_come(struct request *rq, const struct campaign *c, struct participant *ret)
{
	struct participant nobody = { 0 };
	struct id member;
	struct str nickname = { 0 };
	int r = participant_of(rq->tx, rq->community, c->id, rq->visitor, ret);
	if (r != E_NOT_FOUND)
		return r;
	if ((r = member_find_visitor(rq->tx, rq->community, rq->visitor, &member)) == 0)
		r = member_nickname(rq->tx, rq->community, member, &nickname);
	return r < 0 && r != E_NOT_FOUND ? r : participant_enter(rq, c, &nobody, nickname, ret);
}

/* ---- Actions: helps -------------------------------------------------------------------------------------- */

#define HELP_COLUMNS "participant_id, helper_id, member_id, nickname, state, reason, opened_at, acted_at, due_at, entry_id"
#define HELP HELP_COLUMNS " FROM help"

static QUERY(help_by_id, READS, &row_help, TAKES(K_ID, K_ID, K_ID),
	"SELECT " HELP " WHERE community_id = ?1 AND participant_id = ?2 AND helper_id = ?3");

#define HELP_OF "h.participant_id, h.helper_id, h.member_id, h.nickname, h.state, h.reason, h.opened_at, h.acted_at, h.due_at," \
	" h.entry_id FROM "

static QUERY(helps_newest, READS, &row_help, TAKES(K_ID, K_ID, K_INT),
	"SELECT " HELP_COLUMNS " FROM (SELECT * FROM (SELECT " HELP_OF OTHER_HELPS("?1", "?2") " ORDER BY h.opened_at DESC LIMIT ?3) AS a"
	" UNION ALL SELECT * FROM (SELECT " HELP_OF COUNTED_HELPS("?1", "?2") " ORDER BY e.id DESC LIMIT ?3) AS b) AS newest"
	" ORDER BY opened_at DESC, helper_id DESC LIMIT ?3", .scans = true);

static QUERY(help_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_INSTANT, K_INSTANT, K_INSTANT, K_ID),
	"INSERT INTO help (community_id, participant_id, helper_id, campaign_id, member_id, nickname, state, reason, address, device,"
	" opened_at, acted_at, due_at, entry_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)");

static QUERY(help_settle, WRITES, NULL,
	TAKES(K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_INSTANT, K_INSTANT, K_ID),
	"UPDATE help SET member_id = ?4, nickname = ?5, state = ?6, reason = ?7, address = ?8, device = ?9, acted_at = ?10,"
	" due_at = ?11, entry_id = ?12 WHERE community_id = ?1 AND participant_id = ?2 AND helper_id = ?3");

static QUERY(help_set, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR),
	"UPDATE help SET state = ?4, reason = ?5, due_at = 0 WHERE community_id = ?1 AND participant_id = ?2 AND helper_id = ?3"
	" AND (state <> ?4 OR reason <> ?5)");

static QUERY(help_set_entry, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID),
	"UPDATE help SET entry_id = ?4 WHERE community_id = ?1 AND participant_id = ?2 AND helper_id = ?3");

static QUERY(helps_by_helper, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT count(*) AS item FROM help WHERE community_id = ?1 AND helper_id = ?2 AND campaign_id = ?3"
	" AND state IN ('counted', 'held')");

int help_of(struct tx *tx, struct id community, struct id participant, struct id helper, struct help *ret)
{
	return tx_one(tx, &help_by_id, ret, V(community), V(participant), V(helper));
}

int helps_for(struct tx *tx, struct id community, struct id participant, int64_t limit, struct rows *ret)
{
	return tx_all(tx, &helps_newest, ret, V(community), V(participant), V(limit < LIST_MOST ? limit : LIST_MOST));
}

int help_open(struct request *rq, const struct campaign *c, const struct participant *p)
{
	struct help known;
	struct instant none = { 0 };
	int r = help_of(rq->tx, rq->community, p->id, rq->visitor, &known);
	if (r != E_NOT_FOUND || rq->visitor.n == p->visitor_id.n)
		return r == E_NOT_FOUND ? 0 : r;
	r = tx_run(rq->tx, &help_insert, V(rq->community), V(p->id), V(rq->visitor), V(c->id), V((struct id){ 0 }), V(S("")), V(S("open")),
	           V(S("")), V(S("")), V(S("")), V(tx_now(rq->tx)), V(none), V(none), V((struct id){ 0 }));
	return r < 0 ? r : 1;
}

int goal_reached(struct tx *tx, struct id community, const struct campaign *c, const struct event *risen)
{
	const struct stage *stages = c->stages.at;
	struct event e = *risen;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < c->stages.count; i++)
		if (stages[i].goal == e.n) {
			e.via = stages[i].id;
			r = event_emit(tx, community, &campaign_events[CAMPAIGN_STAGE], &e);
			if (r >= 0)
				r = hold_make(tx, community, c, e.object, &stages[i]);
		}
	return r < 0 ? r : 0;
}

/* One entry in the ledger (of a contest, one for each of their votes, and *ret_entry 0); and whoever waits for a stage hears of it.
 * Only for a help that does not count yet, whose row says in this transaction that it does. */
static int count_help(struct tx *tx, struct id community, const struct campaign *c, const struct participant *p, struct id helper,
                      struct str nickname, struct id *ret_entry)
{
	struct id participant = p->id;
	struct posting posting = {
		.to = { &book_help, participant, 0 }, .amount = 1, .reason = S("helped"), .source = helper, .actor = helper,
	};
	*ret_entry = (struct id){ 0 };
	if (str_is(c->kind, "contest"))
		return votes_count(tx, community, c, participant, helper);
	int64_t balance;
	int r = ledger_count(tx, community, &posting, ret_entry, &balance);
	if (r < 0 || (c->packet && (r = packet_take(tx, community, c, p, helper, nickname)) < 0))
		return r;
	struct event e = { .subject = c->id, .actor = helper, .object = participant, .n = balance };
	r = event_emit(tx, community, &campaign_events[CAMPAIGN_HELPED], &e);
	return r < 0 ? r : goal_reached(tx, community, c, &e);
}

static int take_away(struct tx *tx, struct id community, struct id campaign, struct id participant, struct id helper,
                     struct str word, struct id actor)
{
	struct side side = { &book_help, participant, LEDGER_NO_FLOOR };
	struct help h;
	int64_t balance;
	int r = votes_take(tx, community, participant, helper, word, actor, &balance);
	if (r == 0 && (r = help_of(tx, community, participant, helper, &h)) >= 0 && h.entry_id.n)
		r = ledger_uncount(tx, community, &side, h.entry_id, word, actor, &balance);
	if (r <= 0)
		return r;
	if ((r = packet_back(tx, community, participant, helper, word, actor)) < 0)
		return r;
	return event_emit(tx, community, &campaign_events[CAMPAIGN_DEDUCTED], &(struct event){
		.subject = campaign, .actor = helper, .object = participant, .n = balance, .word = word });
}

int help_accept(struct tx *tx, struct id community, const struct campaign *c, struct id participant, struct id helper)
{
	struct participant p;
	struct help h;
	struct id entry;
	int r = participant_get(tx, community, participant, &p);
	if (r < 0 || (r = help_of(tx, community, participant, helper, &h)) < 0)
		return r;
	r = packet_admits(tx, community, c, participant, helper, h.member_id);
	if (r < 0 && (!help_waits(r) || str_is(h.state, "counted")))
		return help_waits(r) ? 0 : r;
	if (r < 0)
		return help_put(tx, community, c->id, &h, S("refused"), str_of(err_word(r)), (struct id){ 0 });
	r = tx_run(tx, &help_set, V(community), V(participant), V(helper), V(S("counted")), V(S("")));
	if (r <= 0 || (r = count_help(tx, community, c, &p, helper, h.nickname, &entry)) < 0)
		return r;
	r = tx_run(tx, &help_set_entry, V(community), V(participant), V(helper), V(entry));
	return r < 0 ? r : 0;
}

int help_put(struct tx *tx, struct id community, struct id campaign, const struct help *h, struct str state, struct str reason,
             struct id actor)
{
	bool counted = str_is(h->state, "counted");
	struct str word = counted ? S("deducted") : state;
	int r = tx_run(tx, &help_set, V(community), V(h->participant_id), V(h->helper_id), V(word), V(reason));
	if (r <= 0)
		return r;
	/* What the log and the ledger keep is a word; staff's own sentence stays in the row. */
	struct str why = str_is(state, "refused") ? reason : state;
	if (counted)
		return take_away(tx, community, campaign, h->participant_id, h->helper_id, why, actor);
	enum campaign_event what = str_is(state, "held") ? CAMPAIGN_HELP_HELD : CAMPAIGN_HELP_REFUSED;
	return event_emit(tx, community, &campaign_events[what], &(struct event){
		.subject = campaign, .actor = h->helper_id, .object = h->participant_id, .word = why });
}

/* Of the helper's browsers: is one the participant's own, does another count already, for how many do they count? */
static int look_at_others(struct tx *tx, struct id community, const struct campaign *c, const struct participant *p,
                          const struct rows *browsers, struct id helper, struct facts *f)
{
	const struct id_item *b = browsers->at;
	struct id_item many;
	struct help other;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < browsers->count; i++) {
		f->self |= b[i].item.n == p->visitor_id.n;
		if (c->helps_each && (r = tx_one(tx, &helps_by_helper, &many, V(community), V(b[i].item), V(c->id))) >= 0)
			f->helped += many.item.n;
		if (r < 0 || b[i].item.n == helper.n)
			continue;
		r = help_of(tx, community, p->id, b[i].item, &other);
		f->counted_elsewhere |= r == 0 && (str_is(other.state, "counted") || str_is(other.state, "held"));
		r = r == E_NOT_FOUND ? 0 : r;
	}
	return r;
}

/* Does any browser of the participant's person count for a page of the helper's? `own`: the helper's, by this browser. */
static int look_back(struct tx *tx, struct id community, const struct participant *own, const struct participant *p, struct facts *f)
{
	struct rows browsers;
	struct help back;
	int r = own->id.n ? person_at(tx, community, p->visitor_id, &browsers) : 0;
	for (size_t i = 0; r >= 0 && own->id.n && i < browsers.count; i++) {
		r = help_of(tx, community, own->id, ((const struct id_item *)browsers.at)[i].item, &back);
		f->helped_back |= r == 0 && (str_is(back.state, "counted") || str_is(back.state, "held"));
		r = r == E_NOT_FOUND ? 0 : r;
	}
	return r;
}

/* All that is asked is asked of the person, on whatever browser; whom nobody knows is their browser. */
static int gather_facts(struct tx *tx, struct id community, const struct campaign *c, const struct participant *p,
                        const struct help_act *act, struct id *ret_member, struct facts *ret)
{
	struct id helper = act->helper;
	struct facts f = { 0 };
	struct rows browsers;
	int r = known_before(tx, community, c, helper, ret_member, &f.known);
	if (r < 0 || (r = person_browsers(tx, community, *ret_member, helper, &browsers)) < 0 ||
	    (r = look_at_others(tx, community, c, p, &browsers, helper, &f)) < 0)
		return r;
	if (str_is(c->strength, "phone")) {
		enum strength strength;
		if ((r = identity_strength(tx, community, helper, &strength)) < 0)
			return r;
		f.weak = strength < STRENGTH_PHONE;
	}
	const struct id_item *b = browsers.at;
	for (size_t i = 0; !c->mutual && i < browsers.count; i++) {
		struct participant own = { 0 };
		if (act->own && b[i].item.n == helper.n)
			own = *act->own;
		else if ((r = participant_at(tx, community, c->id, b[i].item, &own)) < 0 && r != E_NOT_FOUND)
			return r;
		if ((r = look_back(tx, community, &own, p, &f)) < 0)
			return r;
	}
	*ret = f;
	return 0;
}

/* The verdict in words: what is written down, and what both sides read. */
static void decide(const struct campaign *c, const struct participant *p, const struct facts *f, const struct help_act *act,
                   struct help *h)
{
	const char *why = refusal(c, p, f);
	h->state = why ? S("refused") : S("counted");
	h->reason = why ? str_of(why) : S("");
	if (why || (!c->hold_minutes && !act->risk))
		return;
	h->state = S("held");
	h->reason = act->risk ? str_of(act->risk) : S("waiting");
	if (!act->risk)                           /* a risk waits for a person, not for the clock */
		h->due_at.ms = act->at.ms + c->hold_minutes * MINUTE;
}

static int write_verdict(struct tx *tx, struct id community, const struct campaign *c, const struct help_act *act, bool fresh,
                         const struct help *h)
{
	struct str network = network_of(act->address);
	int r = fresh
		? tx_run(tx, &help_insert, V(community), V(h->participant_id), V(h->helper_id), V(c->id), V(h->member_id), V(h->nickname),
		         V(h->state), V(h->reason), V(network), V(act->device), V(h->opened_at), V(h->acted_at), V(h->due_at), V(h->entry_id))
		: tx_run(tx, &help_settle, V(community), V(h->participant_id), V(h->helper_id), V(h->member_id), V(h->nickname),
		         V(h->state), V(h->reason), V(network), V(act->device), V(h->acted_at), V(h->due_at), V(h->entry_id));
	return r < 0 ? r : 0;
}

bool help_waits(int code)
{
	static const int codes[] = { E_CAMPAIGN_CLOSED, E_PHONE_FIRST, E_PACKET_NONE, E_PACKET_FULL, E_PACKET_LAPSED, E_DAY_CAP };
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (code == codes[i])
			return true;
	return false;
}

int help_do(struct tx *tx, struct id community, const struct campaign *c, const struct participant *p,
            const struct help_act *act, struct help *ret)
{
	struct facts facts;
	struct help h = { .participant_id = p->id, .helper_id = act->helper, .opened_at = act->at };
	int r = help_of(tx, community, p->id, act->helper, &h);
	bool fresh = r == E_NOT_FOUND;
	if (r < 0 && !fresh)
		return r;
	if (h.acted_at.ms) {
		*ret = h;
		return 0;
	}
	if (campaign_phase(c, act->at) != CAMPAIGN_OPEN)
		return E_CAMPAIGN_CLOSED;
	if ((r = gather_facts(tx, community, c, p, act, &h.member_id, &facts)) < 0)
		return r;
	if (facts.weak)
		return E_PHONE_FIRST;             /* no verdict yet: they can still show who they are */
	if (!refusal(c, p, &facts) && (r = packet_admits(tx, community, c, p->id, act->helper, h.member_id)) < 0)
		return r;
	h.nickname = utf8_cut(str_trim(act->nickname), MAX_NICKNAME);
	h.acted_at = act->at;
	struct help_act judged = *act;
	struct fraud_limits limits;
	bool listed = false;
	if ((r = fraud_limits(tx, community, c, &limits)) < 0 ||
	    (limits.blocks && (r = fraud_listed(tx, community, act, h.member_id, network_of(act->address), &listed)) < 0))
		return r;
	if (listed)
		judged.risk = "listed";
	decide(c, p, &facts, &judged, &h);
	bool counts = str_is(h.state, "counted");
	if ((counts && (r = count_help(tx, community, c, p, act->helper, h.nickname, &h.entry_id)) < 0) ||
	    (r = write_verdict(tx, community, c, act, fresh, &h)) < 0)
		return r;
	*ret = h;
	if (counts)
		return 0;
	if (str_is(h.state, "held") && str_among(h.reason, "burst listed") &&
	    (r = fraud_note_help(tx, community, c, &h, network_of(act->address), &limits)) < 0)
		return r;
	enum campaign_event what = str_is(h.state, "held") ? CAMPAIGN_HELP_HELD : CAMPAIGN_HELP_REFUSED;
	return event_emit(tx, community, &campaign_events[what], &(struct event){
		.subject = c->id, .actor = act->helper, .object = p->id, .word = h.reason });
}

/* ---- What somebody has reached ------------------------------------------------------------------------------- */

static QUERY(crew_best, READS, &row_crew, TAKES(K_ID, K_ID, K_ID),
	"SELECT count(*) AS helps, COALESCE(max(" BALANCE_OF("h.community_id", "'help'", "h.participant_id") "), 0) AS best FROM help h"
	" WHERE h.community_id = ?1 AND h.helper_id = ?2 AND h.campaign_id = ?3 AND h.state = 'counted'");

int reach_of(struct tx *tx, struct id community, const struct campaign *c, struct id participant, struct id visitor, struct reach *ret)
{
	struct reach reach = { 0 };
	struct rows browsers;
	struct crew crew;
	int r = participant.n ? ledger_balance(tx, community, &book_help, participant, &reach.own) : 0;
	if (r < 0 || (r = person_at(tx, community, visitor, &browsers)) < 0)
		return r;
	const struct id_item *b = browsers.at;
	for (size_t i = 0; i < browsers.count; i++) {
		struct arrival arrival = { 0 };
		if ((r = tx_one(tx, &crew_best, &crew, V(community), V(b[i].item), V(c->id))) < 0)
			return r;
		reach.crew = crew.best > reach.crew ? crew.best : reach.crew;
		if (!str_is(c->kind, "funnel"))
			reach.helped |= crew.helps > 0;
		else if ((r = arrival_of(tx, community, c->id, b[i].item, &arrival)) == 0)
			reach.helped |= arrival.joined_at.ms && arrival.due_at.ms <= tx_now(tx).ms;
		if (r < 0 && r != E_NOT_FOUND)
			return r;
	}
	*ret = reach;
	return 0;
}

/* ---- Following: who joined the group through a friend --------------------------------------------------------- */

struct opened { struct id campaign_id, participant_id; };

ROW(opened,
	FIELD(opened, campaign_id,    "Campaign"),
	FIELD(opened, participant_id, "Whose page was opened last"));

static QUERY(help_opened_last, READS, &row_opened, TAKES(K_ID, K_ID, K_ID),
	"SELECT h.campaign_id, h.participant_id FROM help h JOIN campaign c ON c.community_id = h.community_id"
	" AND c.id = h.campaign_id WHERE h.community_id = ?1 AND h.helper_id = ?2 AND h.campaign_id > 0 AND h.state = 'open' AND c.act = 'join'"
	" AND c.code_id = ?3 AND c.state = 'running' ORDER BY h.opened_at DESC LIMIT 1");

static int apply_join(struct tx *tx, struct id community, const struct event *e)
{
	struct opened last;
	struct campaign c;
	struct participant p;
	struct help verdict;
	int r = tx_one(tx, &help_opened_last, &last, V(community), V(e->actor), V(e->subject));
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = campaign_get(tx, community, last.campaign_id, &c)) < 0 ||
	    (r = participant_get(tx, community, last.participant_id, &p)) < 0)
		return r;
	struct help_act act = { .helper = e->actor, .device = e->word, .at = e->at };
	struct id member;
	if ((r = member_find_visitor(tx, community, e->actor, &member)) == 0)
		r = member_nickname(tx, community, member, &act.nickname);     /* as they call themselves in the group */
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	r = help_do(tx, community, &c, &p, &act, &verdict);
	return help_waits(r) ? 0 : r;
}

static int apply_joins(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = apply_join(tx, community, &events[i]);
	return r;
}

static const struct follower followers[] = {
	{ "campaign_joins", "livecode_joined", apply_joins },
	{ 0 },
};

/* ---- Held helps whose time has come ----------------------------------------------------------------------------- */

struct held { struct id community_id, campaign_id, participant_id, helper_id; };

ROW(held,
	FIELD(held, community_id,   "Community"),
	FIELD(held, campaign_id,    "Campaign"),
	FIELD(held, participant_id, "For whom"),
	FIELD(held, helper_id,      "Whose"));

static QUERY(helps_due, READS, &row_held, TAKES(K_INSTANT, K_INT),
	"SELECT community_id, campaign_id, participant_id, helper_id FROM help WHERE state = 'held' AND due_at > 0 AND due_at <= ?1"
	" ORDER BY due_at LIMIT ?2", .scans = true);

static int list_due(struct tx *tx, void *arg) { return tx_all(tx, &helps_due, arg, V(tx_now(tx)), V((int64_t)HELD_BATCH)); }

static int count_due(struct tx *tx, void *arg)
{
	const struct held *h = arg;
	struct campaign c;
	struct help now;
	int r = help_of(tx, h->community_id, h->participant_id, h->helper_id, &now);
	if (r < 0 || !str_is(now.state, "held"))
		return r == E_NOT_FOUND ? 0 : r;
	r = campaign_get(tx, h->community_id, h->campaign_id, &c);
	return r < 0 ? r : help_accept(tx, h->community_id, &c, h->participant_id, h->helper_id);
}

static int run_held(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct rows rows = { 0 };
	(void)job;
	int r = store_read(jc->store, jc->arena, list_due, &rows);
	struct held *held = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = store_write(jc->store, held[i].community_id, jc->arena, count_due, &held[i]);
	if (r < 0)
		*ret_why = S("the store did not answer");
	return r < 0 ? r : 0;
}

static const struct job_kind jobs[] = {
	{ "campaign_held", "Counts held helps whose time has come", run_held, .every_ms = HELD_LOOK },
	{ 0 },
};

/* ---- API ------------------------------------------------------------------------------------------------------------ */

static int show_participant(struct request *rq, struct id id, struct participant_whole *ret)
{
	struct member_profile profile = { .city = S("") };
	struct participant p;
	struct participant_whole w;
	struct id member;
	int r = participant_get(rq->tx, rq->community, id, &p);
	if (r < 0)
		return r;
	if ((r = member_resolve(rq->tx, rq->community, p.member_id, &member)) == 0)
		r = member_profile_get(rq->tx, rq->community, member, &profile);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	w = (struct participant_whole){
		.id = p.id, .member_id = p.member_id, .parent_id = p.parent_id, .slug = p.slug, .nickname = p.nickname, .state = p.state,
		.joined_at = p.joined_at, .city = profile.city,
	};
	if ((r = ledger_balance(rq->tx, rq->community, &book_help, id, &w.balance)) < 0 ||
	    (r = ledger_entries(rq->tx, rq->community, &book_help, id, (struct id){ 0 }, LIST_MOST, &w.entries)) < 0 ||
	    (r = helps_for(rq->tx, rq->community, id, LIST_MOST, &w.helps)) < 0)
		return r;
	*ret = w;
	return 0;
}

static int get_participant(struct request *rq, const void *in, void *out)
{
	(void)in;
	return show_participant(rq, rq->path_id, out);
}

static QUERY(participant_set_state, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE participant SET state = ?3 WHERE community_id = ?1 AND id = ?2");

int participant_block(struct tx *tx, struct id community, struct id participant, bool blocked)
{
	struct participant p;
	int r = participant_get(tx, community, participant, &p);
	if (r < 0 || (r = tx_run(tx, &participant_set_state, V(community), V(participant), V(blocked ? S("blocked") : S("active")))) < 0)
		return r;
	return event_emit(tx, community, &campaign_events[CAMPAIGN_BLOCKED], &(struct event){
		.subject = p.campaign_id, .object = participant, .n = blocked });
}

static int post_block(struct request *rq, const void *in, void *out)
{
	const struct blocking *b = in;
	struct participant p;
	int r = participant_get(rq->tx, rq->community, rq->path_id, &p);
	if (r < 0 || (r = participant_block(rq->tx, rq->community, p.id, b->blocked)) < 0)
		return r;
	r = audit_note(rq, b->blocked ? "participant_blocked" : "participant_freed", p.id, b->reason);
	return r < 0 ? r : show_participant(rq, p.id, out);
}

static QUERY(helps_of_campaign, READS, &row_help_line, TAKES(K_ID, K_ID, K_STR, K_INT),
	"SELECT h.participant_id, p.nickname AS participant, h.helper_id, h.member_id, h.nickname, h.state, h.reason, h.address,"
	" h.device, h.opened_at, h.acted_at, h.due_at FROM help h JOIN participant p ON p.community_id = h.community_id"
	" AND p.id = h.participant_id WHERE h.community_id = ?1 AND h.campaign_id = ?2 AND (?3 = '' OR h.state = ?3)"
	" ORDER BY h.acted_at DESC, h.helper_id DESC LIMIT ?4", .scans = true);

static int get_helps(struct request *rq, const void *in, void *out)
{
	const struct help_query *q = in;
	struct page *page = out;
	struct campaign c;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = tx_all(rq->tx, &helps_of_campaign, &page->rows, V(rq->community), V(rq->path_id), V(q->state),
	                         V(q->limit ? q->limit : 50))) < 0)
		return r;
	page->total = -1;
	return 0;
}

/* Accepting counts what was held, rejected or refused, and gives back what was taken away; rejecting takes away what counted.
 * That two browsers are one person is no matter of opinion: whoever disagrees tells the members apart. */
static int post_decide(struct request *rq, const void *in, void *out)
{
	const struct help_decision *d = in;
	struct campaign c;
	struct participant p;
	struct help h;
	int r = participant_get(rq->tx, rq->community, d->participant, &p);
	if (r < 0 || (r = help_of(rq->tx, rq->community, p.id, d->helper, &h)) < 0 ||
	    (r = campaign_get(rq->tx, rq->community, p.campaign_id, &c)) < 0)
		return r;
	bool out_already = str_is(h.state, "rejected") || str_is(h.state, "deducted");
	if (!h.acted_at.ms || (d->accept ? str_is(h.state, "counted") || str_among(h.reason, "self same_person") : out_already))
		return E_ALREADY_DECIDED;
	if (d->accept && (r = packet_admits(rq->tx, rq->community, &c, p.id, d->helper, h.member_id)) < 0)
		return r;
	r = d->accept ? help_accept(rq->tx, rq->community, &c, p.id, d->helper)
	              : help_put(rq->tx, rq->community, c.id, &h, S("rejected"), d->reason, rq->account);
	if (r < 0 || (r = same_person_look(rq->tx, rq->community, d->helper)) < 0 ||
	    (r = audit_note(rq, d->accept ? "help_accepted" : "help_rejected", p.id, d->reason)) < 0)
		return r;
	return show_participant(rq, p.id, out);
}

/* ---- What is kept about people ------------------------------------------------------------------------------------------ */

struct part_own { struct str campaign, nickname; int64_t helps; struct instant joined_at; };

ROW(part_own,
	FIELD(part_own, campaign,  "Campaign"),
	FIELD(part_own, nickname,  "Your name there"),
	FIELD(part_own, helps,     "Helps that count"),
	FIELD(part_own, joined_at, "Since"));

static QUERY(parts_show, READS, &row_part_own, TAKES(K_ID, K_ID),
	"SELECT c.name AS campaign, p.nickname, COALESCE(" BALANCE_OF("p.community_id", "'help'", "p.id") ", 0) AS helps, p.joined_at"
	" FROM participant p JOIN campaign c"
	" ON c.community_id = p.community_id AND c.id = p.campaign_id WHERE p.community_id = ?1 AND p.visitor_id = ?2"
	" ORDER BY p.joined_at LIMIT 200");

/* Their link leads nowhere any more: nobody is left to help. */
static QUERY(part_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE participant SET visitor_id = ?3, member_id = 0, nickname = '', state = 'blocked'"
	" WHERE community_id = ?1 AND visitor_id = ?2");

struct help_own { struct str campaign, state; struct instant opened_at; };

ROW(help_own,
	FIELD(help_own, campaign,  "Campaign"),
	FIELD(help_own, state,     "What became of it"),
	FIELD(help_own, opened_at, "When"));

static QUERY(helps_show, READS, &row_help_own, TAKES(K_ID, K_ID),
	"SELECT c.name AS campaign, h.state, h.opened_at FROM help h JOIN campaign c ON c.community_id = h.community_id"
	" AND c.id = h.campaign_id WHERE h.community_id = ?1 AND h.helper_id = ?2 ORDER BY h.opened_at LIMIT 500");

/* A help and its entry name each other: both name nobody from now on. */
static QUERY(help_forget_entries, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE ledger_entry SET source_id = ?3, actor_id = ?3 WHERE community_id = ?1 AND book = 'help' AND (holder_id, id) IN"
	" (SELECT participant_id, entry_id FROM help WHERE community_id = ?1 AND helper_id = ?2 AND entry_id > 0)");

static QUERY(help_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE help SET helper_id = ?3, member_id = 0, nickname = '', address = '', device = ''"
	" WHERE community_id = ?1 AND helper_id = ?2");

static QUERY(helps_idle, READS, &row_id_item, TAKES(K_ID, K_INSTANT, K_INT),
	"SELECT DISTINCT h.helper_id AS item FROM help h WHERE h.community_id = ?1 AND h.opened_at < ?2 AND h.helper_id > 0"
	" AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.community_id = h.community_id AND i.channel = 'browser'"
	"  AND i.subject = CAST(h.helper_id AS TEXT)) ORDER BY h.helper_id LIMIT ?3", .scans = true);

static const struct personal personal[] = {
	{ "participant", "你参加过的活动", "Campaigns you took part in", "活动 称呼 有效助力 参加时间", BY_VISITOR, &parts_show,
	  .erases = { &part_forget } },
	{ "help", "你为好友助力、或打开过谁的活动页", "Helps you gave, and campaign pages of friends that you opened", "活动 结果 时间",
	  BY_VISITOR, &helps_show, .erases = { &help_forget_entries, &help_forget }, .idle = &helps_idle },
	{ 0 },
};

/* A browser's part in campaigns, and its helps, follow its member into another. */
MEMBER_PLACE_BY_BROWSER(parts, "participant", "member_id", "visitor_id");
MEMBER_PLACE_BY_BROWSER(helps, "help", "member_id", "helper_id");

static const struct member_place places[] = {
	{ "parts", &parts_note, &parts_move, &parts_split },
	{ "helps", &helps_note, &helps_move, &helps_split },
	{ 0 },
};

/* ---- Declaration ------------------------------------------------------------------------------------------------------ */

static const struct route routes[] = {
	{ "GET",  "/campaigns/{id}/helps",        ROLE_READER,   get_helps,        &row_help_query, &row_help_line, "Helps, newest first; state held: what waits for a decision", OUT_PAGE, .sees = campaign_sees },
	{ "GET",  "/participants/{id}",           ROLE_READER,   get_participant,  NULL, &row_participant_whole, "One participant: helps, and the ledger behind the balance", .sees = participant_sees },
	{ "POST", "/participants/{id}/block",     ROLE_OPERATOR, post_block,       &row_blocking, &row_participant_whole, "Block a participant, or free them" },
	{ "POST", "/helps/decide",                ROLE_OPERATOR, post_decide,      &row_help_decision, &row_participant_whole, "Accept or reject a help" },
	{ 0 },
};

static const struct query *const queries[] = {
	&participant_by_id, &participant_by_visitor, &participant_of_slug, &campaign_take_place,
	&participant_insert, &help_by_id, &helps_newest, &help_insert, &help_settle, &help_set, &help_set_entry, &helps_by_helper,
	&help_opened_last, &crew_best, &helps_due, &participant_set_state, &helps_of_campaign, &parts_show, &part_forget,
	&helps_show, &help_forget_entries, &help_forget, &helps_idle, &parts_note, &parts_move, &parts_split,
	&helps_note, &helps_move, &helps_split, NULL,
};

const struct feature feature_invite = {
	.name = "invite", .api = "campaigns", .routes = routes, .queries = queries, .followers = followers, .jobs = jobs, .personal = personal,
	.places = places,
};
