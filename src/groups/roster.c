/* roster.c: who is in which group; the story is told in roster.h.
 *
 * Not here   What a platform says, and in which words (channel/hear.c); what was said in a group (channel/message.c).
 * How        One row a member and group, which stays when they leave: it holds the time of the last fact that counted, so a
 *            late "joined" cannot undo a "left". Counting is one number a group, moved with each change.
 *            Who spoke, and how often, is a sum over message_heard: a follower adds it up (it also learns of people whom no
 *            list named: whoever speaks in a group is in it).
 * Owns       seat, roster.
 * Test       roster_test.c
 */
#include "groups/roster.h"

#include "base/utf8.h"
#include "groups/group.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/member.h"
#include "people/merge.h"

#define LIST_MOST     200
#define COUNT_EVERY   HOUR        /* a kept list's count enters the group's history at most so often */

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW_AS_PUBLIC(group_seat, seat,
	FIELD(seat, group_id,    "Group"),
	FIELD(seat, member_id,   "Member"),
	FIELD(seat, nickname,    "What the community calls them"),
	FIELD(seat, role,        "What they are in the group", .one_of = SEAT_ROLES),
	FIELD(seat, card,        "What they are called in this group, or empty"),
	FIELD(seat, inviter_id,  "Member who brought them", .optional = true),
	FIELD(seat, channel_id,  "The channel that told us; nobody: staff", .optional = true),
	FIELD(seat, how,         "How they came, as the channel knows: invite link qr room hand spoke"),
	FIELD(seat, joined_at,   "Since when they are in"),
	FIELD(seat, left_at,     "When they left", .optional = true),
	FIELD(seat, muted_until, "May not speak before then", .optional = true),
	FIELD(seat, spoke_at,    "When they were last heard", .optional = true),
	FIELD(seat, spoken,      "How many messages of theirs were heard"));

struct seat_state { struct instant left_at, fact_at; };

ROW(seat_state,
	FIELD(seat_state, left_at, "When they left"),
	FIELD(seat_state, fact_at, "The last fact that counted"));

struct roster_state { int64_t present; struct instant counted_at, listed_at; };

ROW(roster_state,
	FIELD(roster_state, present,    "How many are in"),
	FIELD(roster_state, counted_at, "When the history was given a count"),
	FIELD(roster_state, listed_at,  "When the whole list was first told"));

struct seat_query { struct str q; bool gone, ruling; struct id after; int64_t limit; };

ROW(seat_query,
	FIELD(seat_query, q,     "Part of what they are called", .max = 40, .optional = true),
	FIELD(seat_query, ruling, "Only owner and admins", .optional = true),
	FIELD(seat_query, gone,  "Those who left instead of those who are in", .optional = true),
	FIELD(seat_query, after, "Only members after this one", .optional = true),
	FIELD(seat_query, limit, "How many", .min = 0, .max = LIST_MOST, .optional = true));

struct roster_draft { struct id member_id; };

ROW(roster_draft,
	FIELD(roster_draft, member_id, "Member"));

struct seat_going { struct id member_id; bool removed; };

ROW(seat_going,
	FIELD(seat_going, member_id, "Member"),
	FIELD(seat_going, removed,   "Staff removed them; otherwise they left by themselves", .optional = true));

/* ---- Rules ---------------------------------------------------------------------------------------- */

/* Does a fact of this time still count? Of two at one moment the one told later does. */
static bool counts(struct instant at, struct instant last)
{
	return at.ms >= last.ms;
}

static struct instant time_of(struct tx *tx, const struct seat_fact *f)
{
	struct instant now = tx_now(tx);
	return f->at.ms && f->at.ms < now.ms ? f->at : now;       /* no platform's clock may run ahead of ours */
}

/* ---- Events ----------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "member_joined_group", "A member came into a group", "group" },
	{ "member_left_group",   "A member left a group, or was removed", "group" },
	{ 0 },
};
enum { JOINED, LEFT };

static int say(struct tx *tx, struct id community, int what, const struct seat_fact *f, struct str word)
{
	return event_emit(tx, community, &events[what],
		&(struct event){ .subject = f->group, .actor = f->member, .object = f->inviter, .via = f->channel, .word = word });
}

/* ---- Actions: counting ------------------------------------------------------------------------------ */

static QUERY(roster_of, READS, &row_roster_state, TAKES(K_ID, K_ID),
	"SELECT present, counted_at, listed_at FROM roster WHERE community_id = ?1 AND group_id = ?2");

static QUERY(roster_move, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INSTANT),
	"UPDATE roster SET present = present + ?3, counted_at = ?4 WHERE community_id = ?1 AND group_id = ?2");

static int count_moved(struct tx *tx, struct id community, struct id group, int64_t by)
{
	struct roster_state s;
	int r = tx_one(tx, &roster_of, &s, V(community), V(group));
	if (r < 0 || by == 0)
		return r == E_NOT_FOUND ? 0 : r;
	struct instant now = tx_now(tx);
	bool told = now.ms - s.counted_at.ms >= COUNT_EVERY;
	r = tx_run(tx, &roster_move, V(community), V(group), V(by), V(told ? now : s.counted_at));
	return r < 0 ? r : group_counted(tx, community, group, s.present + by, told);
}

static QUERY(roster_insert, WRITES, NULL, TAKES(K_ID, K_ID),
	"INSERT INTO roster (community_id, group_id, present, counted_at, listed_at) SELECT ?1, ?2, count(*), 0, 0 FROM seat"
	" WHERE community_id = ?1 AND group_id = ?2 AND left_at = 0 ON CONFLICT (community_id, group_id) DO NOTHING");

static QUERY(roster_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM roster WHERE community_id = ?1 AND group_id = ?2");

int roster_keep(struct tx *tx, struct id community, struct id group, bool kept)
{
	int r = tx_run(tx, kept ? &roster_insert : &roster_drop, V(community), V(group));
	return r < 0 ? r : 0;
}

static QUERY(seats_drop_group, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM seat WHERE community_id = ?1 AND group_id = ?2");

int roster_forget(struct tx *tx, struct id community, struct id group)
{
	int r = tx_run(tx, &seats_drop_group, V(community), V(group));
	return r < 0 ? r : roster_keep(tx, community, group, false);
}

int roster_count(struct tx *tx, struct id community, struct id group, int64_t *ret)
{
	struct roster_state s;
	int r = tx_one(tx, &roster_of, &s, V(community), V(group));
	if (r == 0)
		*ret = s.present;
	return r;
}

/* ---- Actions: coming and going --------------------------------------------------------------------------- */

static QUERY(seat_state_of, READS, &row_seat_state, TAKES(K_ID, K_ID, K_ID),
	"SELECT left_at, fact_at FROM seat WHERE community_id = ?1 AND group_id = ?2 AND member_id = ?3");

static QUERY(seat_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO seat (community_id, group_id, member_id, role, card, inviter_id, channel_id, how, joined_at, left_at, fact_at,"
	" muted_until, spoke_at, spoken) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?9, 0, 0, 0)");

static QUERY(seat_again, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_ID, K_STR, K_INSTANT),
	"UPDATE seat SET inviter_id = ?4, channel_id = ?5, how = ?6, joined_at = ?7, left_at = 0, fact_at = ?7, role = 'member'"
	" WHERE community_id = ?1 AND group_id = ?2 AND member_id = ?3");

static QUERY(seat_known, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"UPDATE seat SET card = CASE WHEN ?4 = '' THEN card ELSE ?4 END, role = CASE WHEN ?5 = '' THEN role ELSE ?5 END, fact_at = ?6"
	" WHERE community_id = ?1 AND group_id = ?2 AND member_id = ?3");

static int seat_take(struct tx *tx, struct id community, const struct seat_fact *f, bool again, struct instant at)
{
	return again
		? tx_run(tx, &seat_again, V(community), V(f->group), V(f->member), V(f->inviter), V(f->channel), V(f->how), V(at))
		: tx_run(tx, &seat_insert, V(community), V(f->group), V(f->member), V(S("member")), V(S("")), V(f->inviter),
		         V(f->channel), V(f->how), V(at));
}

/* What is said of who is in anyway: what they are called there, what they may do. */
static int seat_say(struct tx *tx, struct id community, const struct seat_fact *f, struct instant at)
{
	return tx_run(tx, &seat_known, V(community), V(f->group), V(f->member), V(utf8_cut(str_trim(f->card), SEAT_CARD_MAX)),
	              V(f->role), V(at));
}

int roster_join(struct tx *tx, struct id community, const struct seat_fact *f)
{
	struct seat_state s;
	struct group_brief group;
	struct instant at = time_of(tx, f);
	int r = tx_one(tx, &seat_state_of, &s, V(community), V(f->group), V(f->member));
	bool again = r == 0;
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if (again && !counts(at, s.fact_at))
		return 0;
	if (again && s.left_at.ms == 0)
		return (r = seat_say(tx, community, f, at)) < 0 ? r : 0;
	if ((r = group_get_brief(tx, community, f->group, &group)) < 0 || (r = seat_take(tx, community, f, again, at)) < 0 ||
	    (r = seat_say(tx, community, f, at)) < 0 || (r = count_moved(tx, community, f->group, 1)) < 0)
		return r;
	if (!f->quiet && (r = say(tx, community, JOINED, f, f->how)) < 0)
		return r;
	return 1;
}

static QUERY(seat_leave, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"UPDATE seat SET left_at = ?4, fact_at = ?4 WHERE community_id = ?1 AND group_id = ?2 AND member_id = ?3");

int roster_leave(struct tx *tx, struct id community, const struct seat_fact *f)
{
	struct seat_state s;
	struct instant at = time_of(tx, f);
	int r = tx_one(tx, &seat_state_of, &s, V(community), V(f->group), V(f->member));
	if (r < 0 || s.left_at.ms || !counts(at, s.fact_at))
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = tx_run(tx, &seat_leave, V(community), V(f->group), V(f->member), V(at))) < 0 ||
	    (r = count_moved(tx, community, f->group, -1)) < 0)
		return r;
	if (!f->quiet && (r = say(tx, community, LEFT, f, str_is(f->how, "removed") ? f->how : S("left"))) < 0)
		return r;
	return 1;
}

/* ---- Reading ------------------------------------------------------------------------------------------- */

#define SELECT_SEAT \
	"SELECT s.group_id, s.member_id, m.nickname, s.role, s.card, s.inviter_id, s.channel_id, s.how, s.joined_at, s.left_at," \
	" s.muted_until, s.spoke_at, s.spoken FROM seat s JOIN member m ON m.community_id = s.community_id AND m.id = s.member_id" \
	" WHERE s.community_id = ?1 AND s.group_id = ?2 AND "

static QUERY(seat_by_member, READS, &row_group_seat, TAKES(K_ID, K_ID, K_ID), SELECT_SEAT "s.member_id = ?3");

int roster_get(struct tx *tx, struct id community, struct id group, struct id member, struct seat *ret)
{
	return tx_one(tx, &seat_by_member, ret, V(community), V(group), V(member));
}

static QUERY(seats_in, READS, &row_group_seat, TAKES(K_ID, K_ID, K_ID, K_INT),
	SELECT_SEAT "s.member_id > ?3 AND s.left_at = 0 ORDER BY s.member_id LIMIT ?4");
static QUERY(seats_gone, READS, &row_group_seat, TAKES(K_ID, K_ID, K_ID, K_INT),
	SELECT_SEAT "s.member_id > ?3 AND s.left_at <> 0 ORDER BY s.member_id LIMIT ?4");

/* What is sought is compared as names are: 阿宽 in 杭州-阿宽. */
#define SEATS_FOUND(holds) SELECT_SEAT "s.member_id > ?3 AND s.left_at = 0 AND (NOT ?6 OR s.role <> 'member')" \
	" AND (?5 = '' OR " holds("lower(s.card)", "?5") " > 0 OR " holds("lower(m.nickname)", "?5") " > 0) ORDER BY s.member_id LIMIT ?4"
#define INSTR(a, b)  "instr(" a ", " b ")"
#define STRPOS(a, b) "strpos(" a ", " b ")"
static QUERY(seats_found, READS, &row_group_seat, TAKES(K_ID, K_ID, K_ID, K_INT, K_STR, K_BOOL),
	SEATS_FOUND(INSTR), .pg = SEATS_FOUND(STRPOS));

int roster_page(struct tx *tx, struct id community, struct id group, struct id after, int64_t limit, struct rows *ret)
{
	return tx_all(tx, &seats_in, ret, V(community), V(group), V(after), V(limit));
}

static QUERY(seats_of_member, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT group_id AS item FROM seat WHERE community_id = ?1 AND member_id = ?2 AND left_at = 0 ORDER BY group_id LIMIT 1000");

int roster_groups_of(struct tx *tx, struct id community, struct id member, struct rows *ret)
{
	return tx_all(tx, &seats_of_member, ret, V(community), V(member));
}

static QUERY(seat_set_card, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR),
	"UPDATE seat SET card = ?4 WHERE community_id = ?1 AND group_id = ?2 AND member_id = ?3");
static QUERY(seat_set_role, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR),
	"UPDATE seat SET role = ?4 WHERE community_id = ?1 AND group_id = ?2 AND member_id = ?3");
static QUERY(seat_set_mute, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT),
	"UPDATE seat SET muted_until = ?4 WHERE community_id = ?1 AND group_id = ?2 AND member_id = ?3");

static int known(int changed)
{
	return changed == 0 ? E_NOT_FOUND : changed < 0 ? changed : 0;
}

int roster_set_card(struct tx *tx, struct id community, struct id group, struct id member, struct str card)
{
	return known(tx_run(tx, &seat_set_card, V(community), V(group), V(member), V(utf8_cut(str_trim(card), SEAT_CARD_MAX))));
}

int roster_set_role(struct tx *tx, struct id community, struct id group, struct id member, struct str role)
{
	return known(tx_run(tx, &seat_set_role, V(community), V(group), V(member), V(role)));
}

int roster_mute(struct tx *tx, struct id community, struct id group, struct id member, struct instant until)
{
	return known(tx_run(tx, &seat_set_mute, V(community), V(group), V(member), V(until)));
}

/* ---- A whole list at once -------------------------------------------------------------------------------- */

static int by_member(const void *a, const void *b)
{
	const struct seat_fact *x = a, *y = b;
	return (x->member.n > y->member.n) - (x->member.n < y->member.n);
}

static QUERY(roster_listed, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE roster SET listed_at = ?3 WHERE community_id = ?1 AND group_id = ?2 AND listed_at = 0");

/* The group's first list? Whoever is in it was there before we listened, though some have come or spoken since. */
static int list_is_new(struct tx *tx, struct id community, struct id group, bool *ret)
{
	struct roster_state s;
	int r = tx_one(tx, &roster_of, &s, V(community), V(group));
	*ret = r == E_NOT_FOUND || (r == 0 && !s.listed_at.ms);
	return r == E_NOT_FOUND ? 0 : r;
}

static int absent_leave(struct tx *tx, struct id community, const struct seat_fact *list, size_t count, struct seat_fact f,
                        int64_t *changes)
{
	struct rows page = { .count = LIST_MOST };
	struct id after = { INT64_MIN };
	for (int r; page.count == LIST_MOST; ) {
		if ((r = roster_page(tx, community, f.group, after, LIST_MOST, &page)) < 0)
			return r;
		const struct seat *seat = page.at;
		for (size_t i = 0; i < page.count; i++) {
			after = f.member = seat[i].member_id;
			if (bsearch(&f, list, count, sizeof *list, by_member))
				continue;
			if ((r = roster_leave(tx, community, &f)) < 0)
				return r;
			*changes += r;
		}
	}
	return 0;
}

int roster_replace(struct tx *tx, struct id community, struct id group, struct id channel, struct rows facts, struct instant at,
                   int64_t *ret_changes)
{
	struct seat_fact *list = facts.at;
	int64_t changes = 0;
	bool new;
	int r = list_is_new(tx, community, group, &new);
	if (r < 0 || (r = roster_keep(tx, community, group, true)) < 0 ||
	    (new && (r = tx_run(tx, &roster_listed, V(community), V(group), V(tx_now(tx)))) < 0))
		return r;
	if (facts.count)
		qsort(list, facts.count, sizeof *list, by_member);
	for (size_t i = 0; i < facts.count; i++) {
		struct seat_fact f = list[i];
		f.group = group, f.channel = channel, f.quiet = new;
		f.at = f.at.ms ? f.at : at;
		struct seat_state s;
		if ((r = tx_one(tx, &seat_state_of, &s, V(community), V(group), V(f.member))) == 0 && s.left_at.ms && counts(at, s.fact_at))
			f.at = at;                      /* they are back, whenever they first came */
		if ((r < 0 && r != E_NOT_FOUND) || (r = roster_join(tx, community, &f)) < 0)
			return r;
		changes += r;
	}
	r = absent_leave(tx, community, list, facts.count, (struct seat_fact){ .group = group, .channel = channel, .at = at }, &changes);
	if (r >= 0 && ret_changes)
		*ret_changes = changes;
	return r < 0 ? r : 0;
}

/* ---- Who spoke --------------------------------------------------------------------------------------------- */

static QUERY(seat_spoke, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INT, K_INSTANT),
	"UPDATE seat SET spoken = spoken + ?4, spoke_at = CASE WHEN spoke_at < ?5 THEN ?5 ELSE spoke_at END"
	" WHERE community_id = ?1 AND group_id = ?2 AND member_id = ?3");

static int add_spoken(struct tx *tx, struct id community, struct id group, struct id member, int64_t n, struct instant at)
{
	int r = tx_run(tx, &seat_spoke, V(community), V(group), V(member), V(n), V(at));
	if (r != 0)
		return r;
	struct seat_fact f = { .group = group, .member = member, .how = S("spoke"), .at = at, .quiet = true };
	r = roster_join(tx, community, &f);
	if (r > 0)
		r = tx_run(tx, &seat_spoke, V(community), V(group), V(member), V(n), V(at));
	return r == E_NOT_FOUND ? 0 : r;              /* the group, or they, are gone */
}

static int by_speaker(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	int group = (x->subject.n > y->subject.n) - (x->subject.n < y->subject.n);
	return group ? group : (x->actor.n > y->actor.n) - (x->actor.n < y->actor.n);
}

/* A batch may hold one person's hundred messages: one update. */
static int follow_spoken(struct tx *tx, struct id community, const struct event *events_of, size_t count)
{
	struct event *sorted = arena_take_array(tx_arena(tx), count, sizeof *sorted);
	if (!sorted)
		return E_MEMORY;
	memcpy(sorted, events_of, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, by_speaker);
	for (size_t i = 0, n; i < count; i += n) {
		struct instant last = sorted[i].at;
		for (n = 1; i + n < count && by_speaker(&sorted[i], &sorted[i + n]) == 0; n++)
			last = sorted[i + n].at.ms > last.ms ? sorted[i + n].at : last;
		if (sorted[i].subject.n == 0 || sorted[i].actor.n <= 0)       /* told to the account itself; nobody any more */
			continue;
		int r = add_spoken(tx, community, sorted[i].subject, sorted[i].actor, (int64_t)n, last);
		if (r < 0)
			return r;
	}
	return 0;
}

static const struct follower followers[] = {
	{ "roster_spoken", "message_heard", follow_spoken, .sums = true }, { 0 },
};

/* ---- API --------------------------------------------------------------------------------------------------- */

static int get_seats(struct request *rq, const void *in, void *out)
{
	const struct seat_query *q = in;
	struct page *page = out;
	struct group_brief group;
	int64_t limit = q->limit ? q->limit : 50;
	struct id after = { q->after.n ? q->after.n : INT64_MIN };
	struct str sought = str_lower(rq->arena, str_trim(q->q));
	int r = group_get_brief(rq->tx, rq->community, rq->path_id, &group);
	if (r < 0 || (r = q->gone ? tx_all(rq->tx, &seats_gone, &page->rows, V(rq->community), V(group.id), V(after), V(limit))
	                          : tx_all(rq->tx, &seats_found, &page->rows, V(rq->community), V(group.id), V(after), V(limit), V(sought),
	                                   V(q->ruling))) < 0)
		return r;
	int64_t present;
	r = q->gone || q->ruling || sought.len ? E_NOT_FOUND : roster_count(rq->tx, rq->community, group.id, &present);
	page->total = r == 0 ? present : -1;
	if (page->rows.count == (size_t)limit)
		page->next = str_format(rq->arena, "%lld", (long long)((struct seat *)page->rows.at)[limit - 1].member_id.n);
	return r == E_NOT_FOUND ? 0 : r;
}

/* Who is meant by the body: a merged member's survivor, whom this account may see. */
static int seat_of(struct request *rq, struct id member, struct seat_fact *ret)
{
	*ret = (struct seat_fact){ .group = rq->path_id, .how = S("hand") };
	struct member_brief brief;
	int r = member_resolve(rq->tx, rq->community, member, &ret->member);
	if (r == 0)
		r = member_get_brief(rq->tx, rq->community, rq->only, ret->member, &brief);
	return r == E_NOT_FOUND ? rq_complain(rq, E_NOT_FOUND, S("member_id")) : r;
}

static int post_seat(struct request *rq, const void *in, void *out)
{
	const struct roster_draft *d = in;
	struct seat_fact f;
	int r = seat_of(rq, d->member_id, &f);
	if (r < 0 || (r = roster_join(rq->tx, rq->community, &f)) < 0)
		return r;
	if (r > 0 && (r = audit_note(rq, "seat_taken", f.member, S(""))) < 0)
		return r;
	return roster_get(rq->tx, rq->community, f.group, f.member, out);
}

static int post_leave(struct request *rq, const void *in, void *out)
{
	const struct seat_going *d = in;
	struct seat_fact f;
	int r = seat_of(rq, d->member_id, &f);
	if (r < 0)
		return r;
	f.how = d->removed ? S("removed") : S("left");
	if ((r = roster_leave(rq->tx, rq->community, &f)) > 0)
		r = audit_note(rq, "seat_left", f.member, f.how);
	return r < 0 ? r : roster_get(rq->tx, rq->community, f.group, f.member, out);
}

/* ---- What is kept about people, and what a merge moves ------------------------------------------------------ */

struct seat_shown { struct str group; struct instant joined_at, left_at; int64_t spoken; };

ROW(seat_shown,
	FIELD(seat_shown, group,     "Group"),
	FIELD(seat_shown, joined_at, "Since"),
	FIELD(seat_shown, left_at,   "Until", .optional = true),
	FIELD(seat_shown, spoken,    "Messages heard"));

static QUERY(seats_shown, READS, &row_seat_shown, TAKES(K_ID, K_ID),
	"SELECT COALESCE((SELECT g.name FROM chat_group g WHERE g.community_id = s.community_id AND g.id = s.group_id), '') AS \"group\","
	" s.joined_at, s.left_at, s.spoken FROM seat s WHERE s.community_id = ?1 AND s.member_id = ?2 ORDER BY s.joined_at LIMIT 1000");

/* A tombstone keeps the place in the count; whoever is gone has left. */
static QUERY(seats_uncounted, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE roster SET present = present - 1 WHERE community_id = ?1 AND group_id IN (SELECT group_id FROM seat"
	" WHERE community_id = ?1 AND member_id = ?2 AND left_at = 0)");
static QUERY(seats_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM seat WHERE community_id = ?1 AND member_id = ?2");
static QUERY(seats_uninvited, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE seat SET inviter_id = ?3 WHERE community_id = ?1 AND inviter_id = ?2");

static const struct personal personal[] = {
	{ "seat", "在哪些群里、何时加入与离开", "The groups you are in, since when", "群 加入 离开 消息数", BY_MEMBER, &seats_shown,
	  .erases = { &seats_uncounted, &seats_drop, &seats_uninvited } },
	{ 0 },
};

MEMBER_PLACE(seat, "seat", "member_id", "CAST(group_id AS TEXT)",
	" AND NOT EXISTS (SELECT 1 FROM seat o WHERE o.community_id = seat.community_id AND o.group_id = seat.group_id"
	" AND o.member_id = ?4)");

static const struct member_place places[] = { { "seat", &seat_note, &seat_move, NULL }, { 0 } };

static QUERY(roster_wrong, READS, &row_id_item, TAKES_NOTHING,
	"SELECT r.group_id AS item FROM roster r WHERE r.present <> (SELECT count(*) FROM seat s WHERE s.community_id = r.community_id"
	" AND s.group_id = r.group_id AND s.left_at = 0) LIMIT 20", .scans = true);

static int audit(struct tx *tx, void (*found)(void *, const char *), void *ctx)
{
	struct rows wrong;
	int r = tx_all(tx, &roster_wrong, &wrong);
	const struct id_item *group = wrong.at;
	for (size_t i = 0; r >= 0 && i < wrong.count; i++) {
		char what[100];
		snprintf(what, sizeof what, "group %lld: its list does not hold as many as were counted", (long long)group[i].item.n);
		found(ctx, what);
	}
	return r < 0 ? r : 0;
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/groups/{id}/seats",       ROLE_READER,   get_seats,  &row_seat_query, &row_group_seat,
	  "Who is in a group, or was", OUT_PAGE, .sees = group_sees },
	{ "POST", "/groups/{id}/seats",       ROLE_OPERATOR, post_seat,  &row_roster_draft, &row_group_seat,
	  "Put a member into the list by hand", .also = ALSO(ROLE_HOST), .sees = group_sees },
	{ "POST", "/groups/{id}/seats/leave", ROLE_OPERATOR, post_leave, &row_seat_going, &row_group_seat,
	  "Say that a member left", .also = ALSO(ROLE_HOST), .sees = group_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&roster_of, &roster_move, &roster_insert, &roster_listed, &roster_drop, &seats_drop_group, &seat_state_of, &seat_insert, &seat_again,
	&seat_known, &seat_leave,
	&seat_by_member, &seats_in, &seats_found, &seats_gone, &seats_of_member, &seat_set_card, &seat_set_role, &seat_set_mute, &seat_spoke,
	&seats_shown, &seats_uncounted, &seats_drop, &seats_uninvited, &seat_note, &seat_move, &roster_wrong, NULL,
};

const struct feature feature_roster = {
	.name = "roster", .api = "groups", .routes = routes, .queries = queries, .events = events, .followers = followers, .personal = personal,
	.places = places, .audit = audit,
};
