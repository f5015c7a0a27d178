/* identity.c: the ways a member is known, put right by hand.
 *
 * Story      An operator learns somebody's WeCom id and adds it. It belongs to another member already: the answer says whom,
 *            and the page offers to merge the two. A phone number that was never theirs is taken off.
 * Not here   Browsers: they identify themselves (member_of_visitor).
 * Holds      An identity belongs to one member: adding one that is somebody else's changes nothing.
 * Test       member_test.c.
 */
#include "people/identity.h"

#include "people/audit.h"
#include "people/member_inside.h"

struct identity_draft { struct str channel, subject; };

ROW(identity_draft,
	FIELD(identity_draft, channel, "Where it is valid", .one_of = "phone wecom mp onebot"),
	FIELD(identity_draft, subject, "The name there: phone number, WeCom or open id, QQ number", .min = 1, .max = MAX_SUBJECT));

struct identity_choice { struct str channel, subject; };

ROW(identity_choice,
	FIELD(identity_choice, channel, "Where it is valid", .one_of = CHANNELS),
	FIELD(identity_choice, subject, "The name there, as it was sent", .min = 1, .max = MAX_SUBJECT));

/* Digits that can be a number, without a masking star. */
static bool is_phone(struct str s)
{
	struct str digits = s.len && *s.at == '+' ? (struct str){ s.at + 1, s.len - 1 } : s;
	return is_digits(digits) && digits.len >= 5 && digits.len <= 20;
}

static int post_identity(struct request *rq, const void *in, void *out)
{
	const struct identity_draft *d = in;
	struct id id, whose = { 0 };
	struct rows known;
	bool phone = str_is(d->channel, "phone");
	struct str subject = phone ? phone_plain(rq->arena, d->subject) : str_trim(d->subject);
	int r = member_of_path(rq, &id);
	if (r < 0 || (r = member_identities(rq->tx, rq->community, id, &known)) < 0)
		return r;
	if (subject.len == 0 || (phone && !is_phone(subject)))
		return rq_complain(rq, E_BAD_PATTERN, S("subject"));
	if (known.count >= MAX_IDENTITIES)
		return E_TOO_MANY;
	if ((r = member_identify(rq->tx, rq->community, id, d->channel, subject, &whose)) == E_CONFLICT) {
		rq_complain(rq, E_IDENTITY_TAKEN, S("subject"));
		if (member_is_seen_by(rq, whose) == 0)
			rq->complaint.detail = str_format(rq->arena, "%lld", (long long)whose.n);
		return E_IDENTITY_TAKEN;
	}
	if (r < 0 || (r == 1 && (r = audit_note(rq, "identity_added", id, d->channel)) < 0))
		return r;
	return member_show(rq, id, out);
}

int identity_meant(struct request *rq, struct id member, struct str channel, struct str subject, struct str *ret)
{
	struct rows known;
	int r = member_identities(rq->tx, rq->community, member, &known);
	const struct member_identity *one = r < 0 ? NULL : known.at;
	for (size_t i = 0; r >= 0 && i < known.count; i++) {
		bool phone = str_is(channel, "phone");
		if (!str_equal(one[i].channel, channel) || !(str_equal(one[i].subject, subject) ||
		    (phone && str_equal(phone_masked(rq->arena, one[i].subject), subject))))
			continue;
		*ret = one[i].subject;
		return 0;
	}
	return r < 0 ? r : E_NOT_FOUND;
}

static QUERY(identity_drop, WRITES, NULL, TAKES(K_ID, K_STR, K_STR, K_ID),
	"DELETE FROM identity WHERE community_id = ?1 AND channel = ?2 AND subject = ?3 AND member_id = ?4");

static int post_remove(struct request *rq, const void *in, void *out)
{
	const struct identity_choice *d = in;
	struct str subject;
	struct id id;
	int r = member_of_path(rq, &id);
	if (r < 0)
		return r;
	if ((r = identity_meant(rq, id, d->channel, d->subject, &subject)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("subject")) : r;
	if ((r = tx_run(rq->tx, &identity_drop, V(rq->community), V(d->channel), V(subject), V(id))) < 0 ||
	    (r = member_changed(rq->tx, rq->community, id, rq->account)) < 0 || (r = audit_note(rq, "identity_removed", id, d->channel)) < 0)
		return r;
	return member_show(rq, id, out);
}

static const struct route routes[] = {
	{ "POST", "/members/{id}/identities",        ROLE_OPERATOR, post_identity, &row_identity_draft,  &row_member_detail, "One more way to know a member; identity_taken tells in `detail` whose it is", .sees = member_sees },
	{ "POST", "/members/{id}/identities/remove", ROLE_OPERATOR, post_remove,   &row_identity_choice, &row_member_detail, "Take an identity off", .sees = member_sees },
	{ 0 },
};

static const struct query *const queries[] = { &identity_drop, NULL };

const struct feature feature_identity = { .name = "identity", .api = "members", .routes = routes, .queries = queries };
