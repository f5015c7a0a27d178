/* person.c: one person, whatever browser they come with.
 *
 * Story      Lin took part on her phone. In the evening she opens the link on her tablet and proves the same number: it is her
 *            page, with her three friends, and no second one for the same prize. Bo, who may help one friend, cannot help another
 *            with his tablet.
 * How        A browser stands for its member (people/member.h), and a member for all of their browsers. Whom nobody knows is
 *            their browser, and nothing else.
 * Strength   Where a campaign counts only people whose number was checked, that holds for who gets something, too: a prize, a draw, a
 *            red packet. Taking part does not ask for it, so that nobody stands before a wall.
 * Not here   What becomes of helps when more becomes known (same_person.c). Who took part with two browsers before anybody knew
 *            keeps both pages, each on its own browser.
 * Test       same_person_test.c, campaign_property_test.c.
 */
#include "campaign/campaign.h"

#include "people/member.h"
#include "people/phone.h"

int person_browsers(struct tx *tx, struct id community, struct id member, struct id visitor, struct rows *ret)
{
	struct rows known = { 0 };
	int r = member.n ? member_visitors(tx, community, member, &known) : 0;
	if (r < 0 || known.count) {
		*ret = known;
		return r < 0 ? r : 0;
	}
	struct id_item *alone = ARENA_NEW(tx_arena(tx), struct id_item);
	if (!alone)
		return E_MEMORY;
	alone->item = visitor;
	*ret = (struct rows){ alone, 1 };
	return 0;
}

int person_at(struct tx *tx, struct id community, struct id visitor, struct rows *ret)
{
	struct id member = { 0 };
	int r = member_find_visitor(tx, community, visitor, &member);
	return r < 0 && r != E_NOT_FOUND ? r : person_browsers(tx, community, member, visitor, ret);
}

int participant_of(struct tx *tx, struct id community, struct id campaign, struct id visitor, struct participant *ret)
{
	struct rows browsers;
	struct participant p, first = { 0 };
	int r = participant_at(tx, community, campaign, visitor, ret);
	if (r != E_NOT_FOUND || (r = person_at(tx, community, visitor, &browsers)) < 0)
		return r;
	const struct id_item *b = browsers.at;
	for (size_t i = 0; i < browsers.count; i++) {
		if ((r = b[i].item.n == visitor.n ? E_NOT_FOUND : participant_at(tx, community, campaign, b[i].item, &p)) < 0 && r != E_NOT_FOUND)
			return r;
		if (r == 0 && (!first.id.n || p.id.n < first.id.n))
			first = p;
	}
	if (!first.id.n)
		return E_NOT_FOUND;
	*ret = first;
	return 0;
}

int person_strong(struct request *rq, const struct campaign *c)
{
	enum strength strength;
	if (!str_is(c->strength, "phone"))
		return 0;
	int r = identity_strength(rq->tx, rq->community, rq->visitor, &strength);
	return r < 0 ? r : strength < STRENGTH_PHONE ? E_PHONE_FIRST : 0;
}
