/* redeem.c: the rule of each prize, and redeeming at the counter.
 *
 * Story      See redeem.h. The operator sets the rule beside the campaign's orders, before or after publishing; the clerk's
 *            phone needs nothing but the page.
 * Owns       redeem_rule. Orders are prize.c's.
 * Holds      Who is asked first, then the order, then the clock: a stranger learns nothing of an order. The shop that is written
 *            down is one where this account works, that the prize names, and that is open now.
 * Test       redeem_test.c.
 */
#include "campaign/redeem/redeem.h"

#include "people/audit.h"
#include "people/staff.h"

/* ---- Rows ------------------------------------------------------------------------------------- */

#define RULE_DRAFT \
	FIELD(redeem_rule, from_at,  "Not before", .optional = true), \
	FIELD(redeem_rule, until_at, "Not after; what nobody came for expires then", .optional = true), \
	FIELD(redeem_rule, hours,    "Only in these hours; none: always", .of = &row_open_span, .max = REDEEM_SPANS), \
	FIELD(redeem_rule, places,   "Only at these shops, by who works there", .of = &row_id_item, .max = REDEEM_PLACES), \
	FIELD(redeem_rule, clerks,   "Accounts who redeem it wherever; none and no shops: operators and hosts", .of = &row_id_item, .max = REDEEM_CLERKS)

ROW_AS(redeem_draft, redeem_rule, RULE_DRAFT);
ROW(redeem_rule, FIELD(redeem_rule, prize, "Prize"), RULE_DRAFT);

struct redeem_line { struct id prize; struct str title; struct instant from_at, until_at; struct rows hours, places, clerks; };

ROW(redeem_line,
	FIELD(redeem_line, prize,    "Prize"),
	FIELD(redeem_line, title,    "What it is"),
	FIELD(redeem_line, from_at,  "Not before", .optional = true),
	FIELD(redeem_line, until_at, "Not after", .optional = true),
	FIELD(redeem_line, hours,    "Only in these hours", .of = &row_open_span),
	FIELD(redeem_line, places,   "Only at these shops", .of = &row_id_item),
	FIELD(redeem_line, clerks,   "Accounts who redeem it wherever", .of = &row_id_item));

struct place_named { struct str title, address, hours; };

ROW(place_named,
	FIELD(place_named, title,   "Name"),
	FIELD(place_named, address, "Where it is"),
	FIELD(place_named, hours,   "When it is open, in words"));

ROW_PUBLIC(redeem_shown,
	FIELD(redeem_shown, from_at,  "Not before", .optional = true),
	FIELD(redeem_shown, until_at, "Not after", .optional = true),
	FIELD(redeem_shown, hours,    "In these hours, in words; empty: always"),
	FIELD(redeem_shown, places,   "At these shops; none: ask the organiser", .of = &row_place_named));

struct redeeming { struct str code; };

ROW(redeeming, FIELD(redeeming, code, "What the holder shows", .min = 6, .max = 40));
ROW_AS(shown_code, redeeming, FIELD(redeeming, code, "What the holder shows", .max = 40, .optional = true));

/* ---- The rule --------------------------------------------------------------------------------------- */

#define RULE "prize_id AS prize, from_at, until_at, hours, places, clerks FROM redeem_rule"

static QUERY(rule_of_prize, READS, &row_redeem_rule, TAKES(K_ID, K_ID), "SELECT " RULE " WHERE community_id = ?1 AND prize_id = ?2");

static QUERY(rule_put, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_INSTANT, K_STR, K_STR, K_STR),
	"INSERT INTO redeem_rule (community_id, prize_id, from_at, until_at, hours, places, clerks) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
	" ON CONFLICT (community_id, prize_id) DO UPDATE SET from_at = excluded.from_at, until_at = excluded.until_at,"
	" hours = excluded.hours, places = excluded.places, clerks = excluded.clerks");

static QUERY(rule_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM redeem_rule WHERE community_id = ?1 AND prize_id = ?2");

int redeem_rule_of(struct tx *tx, struct id community, struct id prize, struct redeem_rule *ret)
{
	struct redeem_rule rule = { .prize = prize };
	int r = tx_one(tx, &rule_of_prize, &rule, V(community), V(prize));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = rule;
	return 0;
}

int redeem_forget(struct tx *tx, struct id community, struct id prize)
{
	int r = tx_run(tx, &rule_drop, V(community), V(prize));
	return r < 0 ? r : 0;
}

int redeem_json(struct arena *arena, const struct row *row, struct rows rows, struct str *ret)
{
	BUF_SCOPED b;
	buf_init(&b, 16 << 10);
	rows_write_json(&b, row, rows);
	if (buf_failed(&b))
		return E_MEMORY;
	*ret = str_copy(arena, buf_view(&b));
	return ret->len ? 0 : E_MEMORY;
}

int redeem_clerks_check(struct request *rq, struct rows clerks)
{
	const struct id_item *c = clerks.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < clerks.count; i++) {
		struct standing standing = { 0 };
		r = account_identity.standing(rq->tx, c[i].item, rq->community, &standing);
		if (r == E_NOT_FOUND || (r >= 0 && standing.role < ROLE_READER))
			return rq_complain(rq, E_NOT_FOUND, str_format(rq->arena, "clerks[%zu]", i));
	}
	return r < 0 ? r : 0;
}

/* ---- Who, where, when -------------------------------------------------------------------------------- */

static bool among(struct rows ids, struct id id)
{
	for (size_t i = 0; i < ids.count; i++)
		if (((const struct id_item *)ids.at)[i].item.n == id.n)
			return true;
	return false;
}

/* What stands between this account and this prize at this moment; `place`: the shop that is written down, or empty. */
struct counter { struct redeem_rule rule; struct rows places; bool named, may; int clock; struct str place, hours; };

static void look_at_places(struct request *rq, const struct zone *zone, struct counter *c)
{
	const struct redeem_place *p = c->places.at;
	bool wherever = c->may, open = false, closed = false;
	for (size_t i = 0; i < c->places.count; i++) {
		if (!among(p[i].clerks, rq->account))
			continue;
		bool now = hours_open(p[i].hours, zone, tx_now(rq->tx));
		if (now && !open)
			c->place = p[i].title;
		else if (!now && !c->hours.len)
			c->hours = hours_text(rq->arena, p[i].hours, rq->lang);
		open |= now, closed |= !now;
	}
	c->may |= open || closed;
	if (!wherever && closed && !open)
		c->clock = E_REDEEM_CLOSED;
}

static int stand_at(struct request *rq, struct id prize, struct counter *ret)
{
	struct counter c = { 0 };
	struct community community;
	int64_t now = tx_now(rq->tx).ms;
	int r = redeem_rule_of(rq->tx, rq->community, prize, &c.rule);
	if (r < 0 || (r = community_get(rq->tx, rq->community, &community)) < 0 ||
	    (r = redeem_places(rq->tx, rq->community, c.rule.places, &c.places)) < 0)
		return r;
	const struct zone *zone = community_zone(&community);
	c.named = c.rule.places.count || c.rule.clerks.count;
	c.may = rq->role >= ROLE_ADMIN || among(c.rule.clerks, rq->account) ||
	        (!c.named && (rq->role >= ROLE_OPERATOR || rq->role == ROLE_HOST));
	look_at_places(rq, zone, &c);
	if (!hours_open(c.rule.hours, zone, (struct instant){ now }))
		c.clock = E_REDEEM_CLOSED, c.hours = hours_text(rq->arena, c.rule.hours, rq->lang);
	if (c.rule.from_at.ms > now)
		c.clock = E_REDEEM_EARLY;
	if (c.rule.until_at.ms && c.rule.until_at.ms <= now)
		c.clock = E_VOUCHER_EXPIRED;
	*ret = c;
	return 0;
}

/* ---- API: at the counter -------------------------------------------------------------------------------- */

/* A clerk named for the prize sees its order, whatever groups they see. */
static int sees_order(struct request *rq, const struct prize_order *o, const struct counter *c)
{
	return c->named && c->may ? 0 : campaign_is_seen(rq, o->campaign_id);
}

/* Who shows a code that was used already is told when, where, and by whom it was redeemed. */
static int get_named(struct request *rq, const void *in, void *out)
{
	const struct redeeming *q = in;
	struct page *page = out;
	struct counter c;
	struct prize_order *o = ARENA_NEW(rq->arena, struct prize_order);
	int r = o ? prize_order_shown(rq->tx, rq->community, str_trim(q->code), o) : E_MEMORY;
	if (r == 0 && (r = stand_at(rq, o->prize_id, &c)) == 0)
		r = sees_order(rq, o, &c);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if (r == 0)
		prize_orders_mask(rq, o, 1);
	page->rows = (struct rows){ o, r == 0 };
	page->total = r == 0;
	return 0;
}

static int refused(struct request *rq, const struct prize_order *o, const struct counter *c)
{
	if (!c->may)
		return c->named ? E_NOT_CLERK : E_FORBIDDEN;
	if (str_is(o->state, "redeemed"))
		return E_VOUCHER_USED;
	if (!str_is(o->state, "to_redeem") || (o->expires_at.ms && o->expires_at.ms <= tx_now(rq->tx).ms))
		return E_VOUCHER_EXPIRED;
	return c->clock;
}

static int post_redeem(struct request *rq, const void *in, void *out)
{
	const struct redeeming *input = in;
	struct prize_order o;
	struct counter c;
	int r = prize_order_shown(rq->tx, rq->community, str_trim(input->code), &o);
	if (r == 0 && (r = stand_at(rq, o.prize_id, &c)) == 0)
		r = sees_order(rq, &o, &c);
	if (r < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, E_VOUCHER_UNKNOWN, S("code")) : r;
	if ((r = refused(rq, &o, &c)) < 0) {
		if (r == E_FORBIDDEN)
			return r;
		rq_complain(rq, r, S("code"));
		rq->complaint.detail = r == E_REDEEM_CLOSED ? c.hours : S("");
		return r;
	}
	return prize_redeem(rq, &o, c.place, out);
}

/* ---- API: the rules ------------------------------------------------------------------------------------------ */

static QUERY(rules_of_campaign, READS, &row_redeem_line, TAKES(K_ID, K_ID),
	"SELECT p.id AS prize, p.title, COALESCE(r.from_at, 0) AS from_at, COALESCE(r.until_at, 0) AS until_at,"
	" COALESCE(r.hours, '[]') AS hours, COALESCE(r.places, '[]') AS places, COALESCE(r.clerks, '[]') AS clerks FROM prize p"
	" LEFT JOIN redeem_rule r ON r.community_id = p.community_id AND r.prize_id = p.id WHERE p.community_id = ?1"
	" AND p.campaign_id = ?2 AND p.kind = 'onsite' ORDER BY p.stage_id, p.place LIMIT 100");

struct prize_head { struct id campaign_id; struct str kind, title; int64_t redeem_days; };

ROW(prize_head,
	FIELD(prize_head, campaign_id, "Campaign"),
	FIELD(prize_head, kind,        "How it is given"),
	FIELD(prize_head, title,       "What it is"),
	FIELD(prize_head, redeem_days, "To be redeemed within so many days"));

static QUERY(prize_head_of, READS, &row_prize_head, TAKES(K_ID, K_ID),
	"SELECT campaign_id, kind, title, redeem_days FROM prize WHERE community_id = ?1 AND id = ?2");

static int get_rules(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct campaign c;
	(void)in;
	int r = campaign_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = tx_all(rq->tx, &rules_of_campaign, &page->rows, V(rq->community), V(c.id))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

/* What was promised to holders: the first day, and the last (guardrail G7). */
static struct str narrower(const struct redeem_rule *before, const struct redeem_rule *after)
{
	if (after->from_at.ms > before->from_at.ms)
		return S("from_at");
	return after->until_at.ms && (!before->until_at.ms || after->until_at.ms < before->until_at.ms) ? S("until_at") : S("");
}

static int rule_check(struct request *rq, const struct campaign *c, const struct redeem_rule *before, const struct redeem_rule *d)
{
	struct rows places;
	struct str wrong = hours_wrong(rq->arena, d->hours), less = c->published_at.ms ? narrower(before, d) : S("");
	if (wrong.len)
		return rq_complain(rq, E_INVALID, wrong);
	if (d->until_at.ms && d->until_at.ms <= d->from_at.ms)
		return rq_complain(rq, E_TIME_ORDER, S("until_at"));
	if (less.len)
		return rq_complain(rq, E_PUBLISHED, less);
	int r = redeem_places(rq->tx, rq->community, d->places, &places);
	if (r < 0)
		return r;
	return places.count != d->places.count ? rq_complain(rq, E_NOT_FOUND, S("places")) : redeem_clerks_check(rq, d->clerks);
}

static int put_rule(struct request *rq, const void *in, void *out)
{
	const struct redeem_rule *d = in;
	struct prize_head head;
	struct campaign c;
	struct redeem_rule before;
	struct str hours, places, clerks;
	int r = tx_one(rq->tx, &prize_head_of, &head, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = campaign_get(rq->tx, rq->community, head.campaign_id, &c)) < 0)
		return r;
	if (!str_is(head.kind, "onsite"))
		return E_NOT_FOUND;
	if ((r = redeem_rule_of(rq->tx, rq->community, rq->path_id, &before)) < 0 || (r = rule_check(rq, &c, &before, d)) < 0 ||
	    (r = redeem_json(rq->arena, &row_open_span, d->hours, &hours)) < 0 ||
	    (r = redeem_json(rq->arena, &row_id_item, d->places, &places)) < 0 ||
	    (r = redeem_json(rq->arena, &row_id_item, d->clerks, &clerks)) < 0 ||
	    (r = tx_run(rq->tx, &rule_put, V(rq->community), V(rq->path_id), V(d->from_at), V(d->until_at), V(hours), V(places),
	                V(clerks))) < 0 ||
	    (r = prize_orders_until(rq->tx, rq->community, &(struct prize_order){ .campaign_id = c.id, .prize_id = rq->path_id },
	                        head.redeem_days, before.until_at, d->until_at)) < 0 ||
	    (r = redeem_rule_of(rq->tx, rq->community, rq->path_id, out)) < 0)
		return r;
	return audit_change(rq, "redeem_rule_set", rq->path_id, head.title, &row_redeem_rule, &before, out);
}

static int sees_prize(struct request *rq)
{
	struct prize_head head;
	int r = tx_one(rq->tx, &prize_head_of, &head, V(rq->community), V(rq->path_id));
	return r < 0 ? r : campaign_is_seen(rq, head.campaign_id);
}

/* ---- For the holder ------------------------------------------------------------------------------------------- */

int redeem_shown(struct request *rq, const struct prize_order *o, struct one *ret)
{
	struct redeem_rule rule;
	struct rows places;
	*ret = (struct one){ NULL };
	if (!str_is(o->kind, "onsite") || !str_is(o->state, "to_redeem"))
		return 0;
	int r = redeem_rule_of(rq->tx, rq->community, o->prize_id, &rule);
	if (r < 0 || (r = redeem_places(rq->tx, rq->community, rule.places, &places)) < 0)
		return r;
	struct redeem_shown *s = ARENA_NEW(rq->arena, struct redeem_shown);
	struct place_named *list = arena_take_array(rq->arena, places.count + 1, sizeof *list);
	if (!s || !list)
		return E_MEMORY;
	const struct redeem_place *p = places.at;
	for (size_t i = 0; i < places.count; i++)
		list[i] = (struct place_named){ p[i].title, p[i].address, hours_text(rq->arena, p[i].hours, rq->lang) };
	*s = (struct redeem_shown){ rule.from_at, o->expires_at.ms ? o->expires_at : rule.until_at, hours_text(rq->arena, rule.hours, rq->lang),
	                            { list, places.count } };
	ret->at = s;
	return 0;
}

/* ---- Declaration --------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "POST", "/orders/redeem",            ROLE_READER,   post_redeem, &row_redeeming, &row_prize_order, "Redeem what the holder shows; whoever the prize names, else operators and hosts", .sees = sees_all },
	{ "GET",  "/orders/named",             ROLE_READER,   get_named,   &row_shown_code, &row_prize_order, "The order of a code that is shown at a counter, if there is one", OUT_PAGE },
	{ "GET",  "/campaigns/{id}/redeeming", ROLE_READER,   get_rules,   NULL, &row_redeem_line, "Who may hand out its prizes, where and when", OUT_PAGE, .sees = campaign_sees },
	{ "PUT",  "/prizes/{id}/redeeming",    ROLE_OPERATOR, put_rule,    &row_redeem_draft, &row_redeem_rule, "Set it for one prize; once published, its dates only widen", .sees = sees_prize },
	{ 0 },
};

static const struct query *const queries[] = { &rule_of_prize, &rule_put, &rule_drop, &rules_of_campaign, &prize_head_of, NULL };

const struct feature feature_redeem = { .name = "redeem", .routes = routes, .queries = queries };
