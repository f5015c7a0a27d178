/* community.c: the tenant and its positioning card (社群定位).
 *
 * Story      An owner writes down what the community is for, whom it serves and why people would join; join pages
 *            show its name, logo, colour and rules; every day and hour shown anywhere is one of its time zone.
 * Not here   Who may do what (account), templates that fill a community, groups.
 * Owns       community.
 * Holds      The time zone exists on this machine when it is saved.
 * Test       people_test.c.
 */
#include "people/community.h"

#include "base/utf8.h"
#include "engine/event/event.h"
#include "people/account.h"
#include "people/audit.h"

#define MAX_NAME  40
#define MAX_CARD  1000      /* a paragraph; the card is read on one screen */
#define MAX_RULES 5000

/* ---- Rows ------------------------------------------------------------------------------------- */

#define CARD_FIELDS \
	FIELD(card, name,           "Name of the community", .min = 1, .max = MAX_NAME), \
	FIELD(card, purpose,        "What it is for", .max = MAX_CARD, .lines = true, .optional = true), \
	FIELD(card, target_members, "Whom it serves", .max = MAX_CARD, .lines = true, .optional = true), \
	FIELD(card, value_promised, "What members get", .max = MAX_CARD, .lines = true, .optional = true), \
	FIELD(card, why_join,       "Why people join", .max = MAX_CARD, .lines = true, .optional = true), \
	FIELD(card, kind,           "Type", .one_of = "product knowledge interest business vertical", .optional = true), \
	FIELD(card, need,           "How often members need it", .one_of = "frequent rare niche", .optional = true), \
	FIELD(card, gathered_by,    "Why people gather", .one_of = "contact work friends learning promotion life", .optional = true), \
	FIELD(card, governance,     "Who leads", .one_of = "central decentral mixed", .optional = true), \
	FIELD(card, slogan,         "One line under the name on join pages", .max = 60, .optional = true), \
	FIELD(card, manifesto,      "What it believes", .max = MAX_CARD, .lines = true, .optional = true), \
	FIELD(card, persona,        "Who the owner's account is to members", .max = MAX_CARD, .lines = true, .optional = true), \
	FIELD(card, rules,          "Rules of the groups, shown on join pages", .max = MAX_RULES, .lines = true, .optional = true), \
	FIELD(card, logo,           "Key of a file", .max = 22, .optional = true), \
	FIELD(card, colour,         "Colour of the pages, #rrggbb", .max = 7, .pattern = "(#[0-9a-fA-F]{6})?", .optional = true), \
	FIELD(card, timezone,       "IANA time zone", .min = 1, .max = 40, .pattern = "[A-Za-z0-9_+/-]+"), \
	FIELD(card, opens_at,       "Working hours begin, minutes after midnight", .min = 0, .max = 1440, .optional = true), \
	FIELD(card, closes_at,      "Working hours end, minutes after midnight", .min = 0, .max = 1440, .optional = true), \
	FIELD(card, warn_email,     "E-mail address that hears of warnings", .max = 200, .pattern = "([^@ ]+@[^@ ]+)?", .optional = true), \
	FIELD(card, warn_webhook,   "Address that hears of warnings by POST", .max = 500, .pattern = "(https?://.+)?", .optional = true), \
	FIELD(card, ends_at,        "When it ends; empty: permanent", .optional = true)

ROW_PUBLIC(card, FIELD(card, id, "Community"), CARD_FIELDS,
	FIELD(card, archived_at, "Since when it is archived", .optional = true),
	FIELD(card, erase_at,    "When everything in it is erased", .optional = true),
	FIELD(card, state,       "open; ended: its time is over; archived; leaving: will be erased", .one_of = COMMUNITY_STATES),
	FIELD(card, created_at,  "Made"));

static const struct field card_draft_fields[] = { CARD_FIELDS };
const struct row row_card_draft = {
	"card_draft", sizeof(struct card), card_draft_fields, sizeof card_draft_fields / sizeof *card_draft_fields,
};

ROW(community,
	FIELD(community, id,           "Community"),
	FIELD(community, name,         "Name"),
	FIELD(community, slogan,       "Slogan"),
	FIELD(community, logo,         "Key of a file"),
	FIELD(community, colour,       "Colour of its pages"),
	FIELD(community, rules,        "Rules"),
	FIELD(community, timezone,     "Time zone"),
	FIELD(community, warn_email,   "Who hears of warnings"),
	FIELD(community, warn_webhook, "Who hears of warnings"),
	FIELD(community, ends_at,      "When it ends"),
	FIELD(community, archived_at,  "Archived"),
	FIELD(community, erase_at,     "To be erased"));

struct community_draft { struct str name, timezone; };

ROW(community_draft,
	FIELD(community_draft, name,     "Name of the community", .min = 1, .max = MAX_NAME),
	FIELD(community_draft, timezone, "IANA time zone; Asia/Shanghai when missing", .max = 40, .optional = true));

struct community_made { struct id id; struct str name; };

ROW(community_made,
	FIELD(community_made, id,   "Community"),
	FIELD(community_made, name, "Its name"));

/* ---- Events ------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "community_changed", "The positioning card was saved", "community" },
	{ 0 },
};

/* ---- Actions ------------------------------------------------------------------------------------- */

static QUERY(community_by_id, READS, &row_community, TAKES(K_ID),
	"SELECT id, name, slogan, logo, colour, rules, timezone, warn_email, warn_webhook, ends_at,"
	" archived_at, erase_at FROM community WHERE id = ?1");

int community_get(struct tx *tx, struct id id, struct community *ret)
{
	return tx_one(tx, &community_by_id, ret, V(id));
}

const struct zone *community_zone(const struct community *c)
{
	const struct zone *zone = zone_find(c->timezone);
	return zone ? zone : zone_find(S("Asia/Shanghai"));
}

static QUERY(community_insert, WRITES, NULL, TAKES(K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO community (id, name, purpose, target_members, value_promised, why_join, kind, need, gathered_by,"
	" governance, slogan, manifesto, persona, rules, logo, colour, timezone, opens_at, closes_at, warn_email,"
	" warn_webhook, ends_at, archived_at, erase_at, created_at)"
	" VALUES (?1, ?2, '', '', '', '', 'product', 'frequent', 'contact', 'central', '', '', '', '', '', '', ?3,"
	" 540, 1080, '', '', 0, 0, 0, ?4)");

int community_make(struct tx *tx, struct str name, struct str timezone, struct id *ret)
{
	struct id id = tx_new_id(tx);
	if (!name_key(tx_arena(tx), name).len)
		return arena_failed(tx_arena(tx)) ? E_MEMORY : E_TOO_SHORT;
	if (!zone_find(timezone))
		return E_BAD_PATTERN;
	int r = tx_run(tx, &community_insert, V(id), V(name), V(timezone), V(tx_now(tx)));
	if (r < 0)
		return r;
	*ret = id;
	return 0;
}

static QUERY(community_all, READS, &row_id_item, TAKES_NOTHING, "SELECT id AS item FROM community ORDER BY id",
	.scans = true);

struct sweeping { const struct query *old; struct id community; int64_t keep_ms; };

static int sweep_one(struct tx *tx, void *arg)
{
	const struct sweeping *s = arg;
	struct instant before = { tx_now(tx).ms - s->keep_ms };
	return tx_run(tx, s->old, V(s->community), V(before), V((int64_t)SWEEP_MOST));
}

static int list_all(struct tx *tx, void *ret)
{
	int r = community_list(tx, ret);
	return r < 0 ? r : 0;
}

int community_sweep(struct store *store, struct arena *arena, const struct query *old, int64_t keep_ms)
{
	struct rows all = { 0 };
	int r = store_read(store, arena, list_all, &all);
	for (size_t i = 0; r >= 0 && i < all.count; i++) {
		struct sweeping s = { old, ((const struct id_item *)all.at)[i].item, keep_ms };
		r = store_sweep(store, s.community, arena, sweep_one, &s, SWEEP_MOST);
	}
	return r < 0 ? r : 0;
}

int community_list(struct tx *tx, struct rows *ret)
{
	return tx_all_(tx, &community_all, ret, NULL, 0);
}

static QUERY(card_by_id, READS, &row_card, TAKES(K_ID),
	"SELECT id, name, purpose, target_members, value_promised, why_join, kind, need, gathered_by, governance, slogan,"
	" manifesto, persona, rules, logo, colour, timezone, opens_at, closes_at, warn_email, warn_webhook, ends_at,"
	" archived_at, erase_at, '' AS state, created_at FROM community WHERE id = ?1");

int community_card(struct tx *tx, struct id id, struct card *ret)
{
	struct card card;
	int r = tx_one(tx, &card_by_id, &card, V(id));
	if (r < 0)
		return r;
	card.state = str_of(community_state(card.ends_at, card.archived_at, card.erase_at, tx_now(tx)));
	*ret = card;
	return 0;
}

/* ---- Is it open? ---- */

const char *community_state(struct instant ends_at, struct instant archived_at, struct instant erase_at, struct instant now)
{
	return erase_at.ms ? "leaving" : archived_at.ms ? "archived" : ends_at.ms && ends_at.ms <= now.ms ? "ended" : "open";
}

static QUERY(community_set_closed, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_INSTANT),
	"UPDATE community SET archived_at = ?2, erase_at = ?3 WHERE id = ?1");

int community_close(struct tx *tx, struct id id, struct instant archived_at, struct instant erase_at)
{
	int r = tx_run(tx, &community_set_closed, V(id), V(archived_at), V(erase_at));
	return r < 0 ? r : r ? 0 : E_NOT_FOUND;
}

static QUERY(community_open, READS, &row_id_item, TAKES(K_ID, K_INSTANT),
	"SELECT id AS item FROM community WHERE id = ?1 AND archived_at = 0 AND erase_at = 0 AND (ends_at = 0 OR ends_at > ?2)");

int community_changeable(struct tx *tx, struct id id)
{
	struct id_item open;
	int r = tx_one(tx, &community_open, &open, V(id), V(tx_now(tx)));
	return r == E_NOT_FOUND ? E_COMMUNITY_CLOSED : r;
}

static QUERY(card_update, WRITES, NULL,
	TAKES(K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR,
	      K_STR, K_INT, K_INT, K_STR, K_STR, K_INSTANT),
	"UPDATE community SET name = ?2, purpose = ?3, target_members = ?4, value_promised = ?5, why_join = ?6, kind = ?7,"
	" need = ?8, gathered_by = ?9, governance = ?10, slogan = ?11, manifesto = ?12, persona = ?13, rules = ?14,"
	" logo = ?15, colour = ?16, timezone = ?17, opens_at = ?18, closes_at = ?19, warn_email = ?20, warn_webhook = ?21,"
	" ends_at = ?22 WHERE id = ?1");

int community_card_save(struct request *rq, const struct card *c)
{
	if (!zone_find(c->timezone))
		return rq_complain(rq, E_BAD_PATTERN, S("timezone"));
	if (!name_key(rq->arena, c->name).len)
		return rq_complain(rq, arena_failed(rq->arena) ? E_MEMORY : E_TOO_SHORT, S("name"));
	struct card before, after;
	int r = community_card(rq->tx, rq->community, &before);
	if (r < 0)
		return r;
	r = tx_run(rq->tx, &card_update, V(rq->community), V(c->name), V(c->purpose), V(c->target_members),
	               V(c->value_promised), V(c->why_join), V(c->kind), V(c->need), V(c->gathered_by), V(c->governance),
	               V(c->slogan), V(c->manifesto), V(c->persona), V(c->rules), V(c->logo), V(c->colour), V(c->timezone),
	               V(c->opens_at), V(c->closes_at), V(c->warn_email), V(c->warn_webhook), V(c->ends_at));
	if (r < 0)
		return r;
	r = event_emit(rq->tx, rq->community, &events[0], &(struct event){ .subject = rq->community, .actor = rq->account });
	if (r < 0 || (r = community_card(rq->tx, rq->community, &after)) < 0)
		return r;
	return audit_change(rq, "community_changed", rq->community, S(""), &row_card, &before, &after);
}

/* ---- API -------------------------------------------------------------------------------------------- */

static int get_card(struct request *rq, const void *in, void *out)
{
	(void)in;
	return community_card(rq->tx, rq->community, out);
}

static int put_card(struct request *rq, const void *in, void *out)
{
	struct card card;
	int r = community_card(rq->tx, rq->community, &card);
	if (r == 0 && (card.archived_at.ms || card.erase_at.ms))     /* one whose time is over may be given more of it */
		return E_COMMUNITY_CLOSED;
	r = r < 0 ? r : community_card_save(rq, in);
	return r < 0 ? r : get_card(rq, NULL, out);
}

static int post_community(struct request *rq, const void *in, void *out)
{
	const struct community_draft *draft = in;
	struct community_made *made = out;
	struct id id;
	int r = community_make(rq->tx, draft->name, draft->timezone.len ? draft->timezone : S("Asia/Shanghai"), &id);
	if (r < 0)
		return r == E_BAD_PATTERN ? rq_complain(rq, r, S("timezone"))
		     : r == E_TOO_SHORT ? rq_complain(rq, r, S("name")) : r;
	if ((r = account_hire(rq->tx, id, rq->account, ROLE_OWNER)) < 0)
		return r;
	*made = (struct community_made){ id, draft->name };
	rq->community = id;
	return audit_note(rq, "community_made", id, draft->name);
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "POST", "/api/communities", ROLE_ACCOUNT, post_community, &row_community_draft, &row_community_made,
	  "Make a community; you become its owner" },
	{ "GET",  "/community", ROLE_READER, get_card, NULL, &row_card, "The positioning card" },
	{ "PUT",  "/community", ROLE_ADMIN,  put_card, &row_card_draft, &row_card, "Save the positioning card", .closed_too = true },
	{ 0 },
};

static const struct query *const queries[] = {
	&community_by_id, &community_insert, &community_all, &card_by_id, &card_update,
	&community_set_closed, &community_open, NULL,
};

const struct feature feature_community = {
	.name = "community", .api = "community", .routes = routes, .queries = queries, .events = events,
};
