/* rule.c: what the owner and the admins of a room may do, on the phone: mute, remove, pin, rename, quiet.
 *
 * Holds      An admin rules members; the owner rules admins, too, and nobody the owner. Staff make somebody owner in the console
 *            (desk.c), or they would have to be in every room; the owner may hand it on and is an admin then.
 * Test       room_test.c: random acts against a model.
 */
#include "channel/web/web.h"

struct rule_input { struct str what; struct id member; int64_t n, minutes; struct str text; };
ROW(rule_input,
	FIELD(rule_input, what,    "What to do", .one_of = "mute unmute remove pin unpin rename quiet loud owner admin member"),
	FIELD(rule_input, member,  "To whom", .optional = true),
	FIELD(rule_input, n,       "With which line", .min = 0, .max = LINES_EVER, .optional = true),
	FIELD(rule_input, minutes, "For how long; removed: 0 until staff allow it", .min = 0, .max = 60 * 24 * 30, .optional = true),
	FIELD(rule_input, text,    "Why, or the new name", .max = WHY_MOST, .optional = true));

static int rank(struct str role)
{
	return str_is(role, "owner") ? 2 : str_is(role, "admin") ? 1 : 0;
}

static struct instant in_minutes(struct tx *tx, int64_t minutes)
{
	return (struct instant){ minutes ? tx_now(tx).ms + minutes * MINUTE : 0 };
}

/* Acts on a person: they are in, and below whoever acts. */
static int rule_person(struct guest *g, const struct rule_input *in)
{
	struct tx *tx = g->rq->tx;
	struct seat seat;
	int r = roster_get(tx, g->rq->community, g->room.group_id, in->member, &seat);
	if (r == E_NOT_FOUND || (r == 0 && seat.left_at.ms))
		return rq_complain(g->rq, E_NOT_FOUND, S("member"));
	if (r < 0)
		return r;
	if (rank(seat.role) >= rank(g->seat.role))
		return E_ABOVE_YOU;
	if (str_is(in->what, "mute"))
		return in->minutes ? room_mute(tx, &g->room, in->member, in_minutes(tx, in->minutes), str_trim(in->text))
		                   : rq_complain(g->rq, E_MISSING_FIELD, S("minutes"));
	if (str_is(in->what, "unmute"))
		return room_mute(tx, &g->room, in->member, (struct instant){ 0 }, S(""));
	if (str_is(in->what, "remove"))
		return room_remove(tx, &g->room, in->member, str_trim(in->text), in_minutes(tx, in->minutes));
	return rank(g->seat.role) < 2 ? E_FORBIDDEN : room_role(tx, &g->room, in->member, in->what);
}

static int rule_pin(struct guest *g, const struct rule_input *in)
{
	int r = line_pin(g->rq->tx, &g->room, in->n, str_is(in->what, "pin"));
	return r == E_NOT_FOUND ? rq_complain(g->rq, r, S("n")) : r;
}

static int post_rule(struct request *rq, const void *in, void *out)
{
	const struct rule_input *input = in;
	struct guest g;
	(void)out;
	int r = guest_inside(rq, &g);
	if (r < 0)
		return r;
	if (!guest_rules(&g))
		return E_FORBIDDEN;
	if (str_among(input->what, "pin unpin"))
		return rule_pin(&g, input);
	if (str_among(input->what, "quiet loud"))
		return room_quiet(rq->tx, &g.room, str_is(input->what, "quiet"));
	if (!str_is(input->what, "rename"))
		return rule_person(&g, input);
	r = room_rename(rq->tx, &g.room, input->text);
	return r == E_NAME_TAKEN || r == E_TOO_SHORT ? rq_complain(rq, r, S("text")) : r;
}

static const struct route routes[] = {
	{ "POST", "/r/{slug}/rule", ROLE_VISITOR, post_rule, &row_rule_input, NULL, "What owner and admins of a room do", OUT_NONE },
	{ 0 },
};

const struct feature feature_room_rule = { .name = "room_rule", .routes = routes };
