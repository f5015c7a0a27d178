/* same_person.c: two browsers turn out to be one person; or two people after all.
 *
 * Story      Bo helps Lin with his phone, nameless, and again with his tablet a day later. In autumn he proves his number on both:
 *            one member. The older help stays, the other is taken away, and both read why. Staff merged two brothers by
 *            mistake and undo it: the second help counts again. Lin herself had tapped with an old phone: that goes, too.
 * How        Whenever more becomes known of a member, the helps of all their browsers are laid side by side, by participant:
 *            the oldest that is not refused for another reason counts, the others do not; none for their own page. This says
 *            what ought to be, so merging, undoing, splitting and deciding all come here, in any order.
 * Holds      What had counted comes back as it was, by an entry of its own. What had never counted is held for staff when its
 *            reason goes: nobody looked at its other sides. Prizes that were given stay.
 * Test       same_person_test.c; campaign_property_test.c: merges and splits among everything else.
 */
#include "campaign/campaign.h"

#include "people/member.h"

#define HELPS_MOST 2000           /* of one browser that are looked at; who gave more is a matter for fraud/ */

struct side_by_side {
	struct id      participant_id, helper_id, campaign_id;
	struct str     state, reason;
	struct instant acted_at;
};

ROW(side_by_side,
	FIELD(side_by_side, participant_id, "For whom"),
	FIELD(side_by_side, helper_id,      "Visitor who helps"),
	FIELD(side_by_side, campaign_id,    "Campaign"),
	FIELD(side_by_side, state,          "What became of it"),
	FIELD(side_by_side, reason,         "Why"),
	FIELD(side_by_side, acted_at,       "When"));

static QUERY(helps_of_browser, READS, &row_side_by_side, TAKES(K_ID, K_ID, K_INT),
	"SELECT participant_id, helper_id, campaign_id, state, reason, acted_at FROM help WHERE community_id = ?1 AND helper_id = ?2"
	" AND campaign_id > 0 AND acted_at > 0 ORDER BY campaign_id LIMIT ?3");

static bool stands(const struct side_by_side *h) { return str_is(h->state, "counted") || str_is(h->state, "held"); }

/* Put aside by us, and by nobody else. */
static bool aside(const struct side_by_side *h)
{
	return !stands(h) && !str_is(h->state, "rejected") && str_among(h->reason, "self same_person");
}

/* By participant, the oldest first. */
static int compare(const void *left, const void *right)
{
	const struct side_by_side *a = left, *b = right;
	int64_t d = a->participant_id.n - b->participant_id.n;
	if (!d)
		d = a->acted_at.ms - b->acted_at.ms;
	if (!d)
		d = a->helper_id.n - b->helper_id.n;
	return d < 0 ? -1 : d > 0;
}

static struct help as_help(const struct side_by_side *h)
{
	return (struct help){ .participant_id = h->participant_id, .helper_id = h->helper_id, .state = h->state, .reason = h->reason,
	                      .acted_at = h->acted_at };
}

static int put_aside(struct tx *tx, struct id community, const struct side_by_side *h, const char *reason)
{
	struct help help = as_help(h);
	if (!stands(h))                           /* it was put aside before */
		return 0;
	return help_put(tx, community, h->campaign_id, &help, S("refused"), str_of(reason), (struct id){ 0 });
}

static int bring_back(struct tx *tx, struct id community, const struct side_by_side *h)
{
	struct help help = as_help(h);
	struct campaign c;
	if (!aside(h))
		return 0;
	if (!str_is(h->state, "deducted"))
		return help_put(tx, community, h->campaign_id, &help, S("held"), S("told_apart"), (struct id){ 0 });
	int r = campaign_get(tx, community, h->campaign_id, &c);
	return r < 0 ? r : help_accept(tx, community, &c, h->participant_id, h->helper_id);
}

/* All helps of one person for one participant. First what goes, then what comes, so that the sum is never too high. */
static int settle(struct tx *tx, struct id community, const struct rows *browsers, const struct side_by_side *h, size_t count)
{
	const struct id_item *b = browsers->at;
	const struct side_by_side *first = NULL;
	struct participant p;
	bool self = false;
	int r = participant_get(tx, community, h->participant_id, &p);
	for (size_t i = 0; r >= 0 && i < browsers->count; i++)
		self |= b[i].item.n == p.visitor_id.n;
	for (size_t i = 0; r >= 0 && i < count; i++) {
		if (!stands(&h[i]) && !aside(&h[i]))
			continue;
		if (!self && !first)
			first = &h[i];
		else
			r = put_aside(tx, community, &h[i], self ? "self" : "same_person");
	}
	return r < 0 || !first ? r : bring_back(tx, community, first);
}

static int gather(struct tx *tx, struct id community, const struct rows *browsers, struct rows *ret)
{
	const struct id_item *b = browsers->at;
	struct rows *each = arena_take_array(tx_arena(tx), browsers->count + 1, sizeof *each);
	size_t count = 0;
	int r = each ? 0 : E_MEMORY;
	for (size_t i = 0; r >= 0 && i < browsers->count; i++) {
		r = tx_all(tx, &helps_of_browser, &each[i], V(community), V(b[i].item), V((int64_t)HELPS_MOST));
		count += r < 0 ? 0 : each[i].count;
	}
	struct side_by_side *all = r < 0 ? NULL : arena_take_array(tx_arena(tx), count + 1, sizeof *all);
	if (!all)
		return r < 0 ? r : E_MEMORY;
	count = 0;
	for (size_t i = 0; i < browsers->count; i++)
		for (size_t k = 0; k < each[i].count; k++)
			all[count++] = ((const struct side_by_side *)each[i].at)[k];
	*ret = (struct rows){ all, count };
	return 0;
}

static int look(struct tx *tx, struct id community, const struct rows *browsers)
{
	struct rows helps;
	int r = browsers->count ? gather(tx, community, browsers, &helps) : 0;
	if (r < 0 || !browsers->count || !helps.count)
		return r;
	struct side_by_side *h = helps.at;
	qsort(h, helps.count, sizeof *h, compare);
	for (size_t from = 0, to; r >= 0 && from < helps.count; from = to) {
		for (to = from; to < helps.count && h[to].participant_id.n == h[from].participant_id.n; to++)
			;
		r = settle(tx, community, browsers, &h[from], to - from);
	}
	return r < 0 ? r : 0;
}

int same_person_look(struct tx *tx, struct id community, struct id visitor)
{
	struct rows browsers;
	struct id member;
	int r = member_find_visitor(tx, community, visitor, &member);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	r = member_visitors(tx, community, member, &browsers);
	return r < 0 ? r : look(tx, community, &browsers);
}

/* ---- Following ---------------------------------------------------------------------------------------------- */

/* A merge, its undoing and a split say that both members changed. */
static int apply(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	struct rows browsers;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++) {
		if (i && events[i].subject.n == events[i - 1].subject.n)
			continue;
		r = member_visitors(tx, community, events[i].subject, &browsers);
		if (r >= 0)
			r = look(tx, community, &browsers);
	}
	return r < 0 ? r : 0;
}

static const struct follower followers[] = {
	{ "campaign_same_person", "member_joined member_changed", apply },
	{ 0 },
};

static const struct query *const queries[] = { &helps_of_browser, NULL };

const struct feature feature_same_person = { .name = "same_person", .queries = queries, .followers = followers };
