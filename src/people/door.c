/* door.c: links that let people in: an invitation to a community, a new password for a colleague.
 *
 * Story      An admin makes a link for three helpers, good for two days, with the role and the groups they will have, and
 *            sends it by chat. Each opens it, chooses a name and a password, and is at work; who has an account already
 *            just joins. A colleague forgot their password: the owner hands them a link of the other kind.
 * Not here   E-mail: links travel by whatever the team talks with. What a role may do (http.h).
 * Owns       staff_link.
 * Holds      The word in the link is random, shown once, and kept as a hash. Expired, used up and taken back are told apart, so
 *            that the invited know what to ask for. A link gives no more than its maker has.
 * Test       door_test.c
 */
#include "base/utf8.h"
#include "engine/event/event.h"
#include "people/account.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/second.h"

#define WORD_TEXT   24                            /* 57^24: nobody guesses one */
#define USES_MOST   100
#define HOURS_MOST  (30 * 24)
#define LINKS_MOST  200                           /* open invitations of a community */
#define RESET_LIFE  (24 * HOUR)

/* ---- Rows ------------------------------------------------------------------------------------- */

struct invite_draft { struct str role; bool only_groups; struct rows groups; int64_t hours, uses; struct str note; };

ROW(invite_draft,
	FIELD(invite_draft, role,        "Role it gives", .one_of = ROLES),
	FIELD(invite_draft, only_groups, "Show only the groups named here", .optional = true),
	FIELD(invite_draft, groups,      "The groups", .of = &row_id_item, .max = GROUPS_MOST, .optional = true),
	FIELD(invite_draft, hours,       "Good for so long", .min = 1, .max = HOURS_MOST),
	FIELD(invite_draft, uses,        "For so many people", .min = 1, .max = USES_MOST),
	FIELD(invite_draft, note,        "For whom, to know it again", .max = 40, .optional = true));

/* For the log. */
struct invite_facts { struct str role; bool only_groups; int64_t groups, hours, uses; };

ROW(invite_facts,
	FIELD(invite_facts, role,        "Role it gives"),
	FIELD(invite_facts, only_groups, "Shows only some groups"),
	FIELD(invite_facts, groups,      "How many"),
	FIELD(invite_facts, hours,       "Good for so long"),
	FIELD(invite_facts, uses,        "For so many people"));

struct link_made { struct id id; struct str url; struct instant expires_at; };

ROW(link_made,
	FIELD(link_made, id,         "Link"),
	FIELD(link_made, url,        "Hand this over now; it is not shown again"),
	FIELD(link_made, expires_at, "Good until"));

struct invite {
	struct id      id;
	struct str     role;
	bool           only_groups;
	struct rows    groups;
	struct str     note;
	int64_t        uses_max, uses;
	struct str     made_by;
	struct instant created_at, expires_at, revoked_at;
	struct str     state;
};

ROW(invite,
	FIELD(invite, id,          "Link"),
	FIELD(invite, role,        "Role it gives", .one_of = ROLES),
	FIELD(invite, only_groups, "Shows only some groups"),
	FIELD(invite, groups,      "Which", .of = &row_id_item, .max = GROUPS_MOST),
	FIELD(invite, note,        "For whom"),
	FIELD(invite, uses_max,    "For so many people"),
	FIELD(invite, uses,        "… of whom so many came"),
	FIELD(invite, made_by,     "Shown name of who made it"),
	FIELD(invite, created_at,  "When"),
	FIELD(invite, expires_at,  "Good until"),
	FIELD(invite, revoked_at,  "Taken back", .optional = true),
	FIELD(invite, state,       "Now", .one_of = "open used expired revoked"));

/* What the person with the link sees. */
struct door { struct str community, logo, colour, role; bool limited; struct str by; struct instant expires_at; };

ROW(door,
	FIELD(door, community,  "Where it leads"),
	FIELD(door, logo,       "Address of its logo"),
	FIELD(door, colour,     "Its colour"),
	FIELD(door, role,       "As what", .one_of = ROLES),
	FIELD(door, limited,    "With some groups only"),
	FIELD(door, by,         "Who invites"),
	FIELD(door, expires_at, "Good until"));

struct joining { struct str name, display, password; };

ROW(joining,
	FIELD(joining, name,     "Name to sign in with", .min = 2, .max = MAX_ACCOUNT_NAME),
	FIELD(joining, display,  "Name colleagues see", .min = 1, .max = MAX_DISPLAY),
	FIELD(joining, password, "Password", .min = 1, .max = MAX_PASSWORD));

struct joined { struct id community; struct str name; };

ROW(joined,
	FIELD(joined, community, "Where you are now"),
	FIELD(joined, name,      "Its name"));

struct resetting { struct str name; struct instant expires_at; };

ROW(resetting,
	FIELD(resetting, name,       "Name to sign in with"),
	FIELD(resetting, expires_at, "Good until"));

struct reset_draft { struct str password; };

ROW(reset_draft, FIELD(reset_draft, password, "The new password", .min = 1, .max = MAX_PASSWORD));

struct opened {
	struct id      community_id, id, account_id;
	struct str     role;
	bool           only_groups;
	struct rows    groups;
	int64_t        uses_max, uses;
	struct str     made_by;
	struct instant expires_at, revoked_at;
	struct str     name;
};

ROW(opened,
	FIELD(opened, community_id, "Community"),
	FIELD(opened, id,           "Link"),
	FIELD(opened, account_id,   "Whose password"),
	FIELD(opened, role,         "Role"),
	FIELD(opened, only_groups,  "Only some groups"),
	FIELD(opened, groups,       "Which", .of = &row_id_item, .max = GROUPS_MOST),
	FIELD(opened, uses_max,     "Uses"),
	FIELD(opened, uses,         "… so far"),
	FIELD(opened, made_by,      "Who made it"),
	FIELD(opened, expires_at,   "Good until"),
	FIELD(opened, revoked_at,   "Taken back"),
	FIELD(opened, name,         "Whose password, by name"));

struct tally { int64_t n; };

ROW(tally, FIELD(tally, n, "How many"));

/* ---- Rules ---------------------------------------------------------------------------------------- */

/* 0, or why the link opens nothing now. Taken back counts first: it was meant. */
static int link_usable(const struct opened *link, struct instant now)
{
	if (link->revoked_at.ms)
		return E_LINK_REVOKED;
	if (link->uses >= link->uses_max)
		return E_LINK_USED;
	return link->expires_at.ms <= now.ms ? E_LINK_EXPIRED : 0;
}

/* ---- Making --------------------------------------------------------------------------------------------- */

static QUERY(link_insert, WRITES, NULL,
	TAKES(K_STR, K_ID, K_ID, K_STR, K_ID, K_STR, K_BOOL, K_STR, K_STR, K_INT, K_ID, K_INSTANT, K_INSTANT),
	"INSERT INTO staff_link (word_hash, community_id, id, kind, account_id, role, only_groups, groups, note, uses_max, uses,"
	" made_by, created_at, expires_at, revoked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?12, ?13, 0)");

static struct str word_hash(struct arena *arena, struct str word)
{
	char hash[HASH_TEXT + 1];
	hash_text((struct blob){ word.at, word.len }, hash);
	return str_copy(arena, str_of(hash));
}

/* `path`: "/join/". */
static int link_make(struct request *rq, const char *kind, const char *path, struct id account, const struct invite_draft *d,
                     struct link_made *ret)
{
	struct id id = tx_new_id(rq->tx);
	struct instant now = tx_now(rq->tx), until = { now.ms + d->hours * HOUR };
	char word[WORD_TEXT + 1];
	BUF_SCOPED groups;
	buf_init(&groups, 64 * 1024);
	rows_write_json(&groups, &row_id_item, d->groups);
	secret_slug(word, WORD_TEXT);
	int r = tx_run(rq->tx, &link_insert, V(word_hash(rq->arena, str_of(word))), V(rq->community), V(id), V(str_of(kind)), V(account),
	               V(d->role), V(d->only_groups), V(buf_view(&groups)), V(d->note), V(d->uses), V(rq->account), V(now), V(until));
	if (r < 0)
		return r;
	*ret = (struct link_made){ id, str_format(rq->arena, "%.*s%s%s", STR(rq->origin), path, word), until };
	return 0;
}

static QUERY(links_open, READS, &row_tally, TAKES(K_ID, K_INSTANT),
	"SELECT count(*) AS n FROM staff_link WHERE community_id = ?1 AND kind = 'join' AND revoked_at = 0 AND uses < uses_max"
	" AND expires_at > ?2");

static int groups_there(struct request *rq, struct rows groups)
{
	const struct id_item *group = groups.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < groups.count; i++)
		r = staff_group_there(rq->tx, rq->community, group[i].item);
	return r == E_NOT_FOUND ? rq_complain(rq, r, S("groups")) : r;
}

static int post_invite(struct request *rq, const void *in, void *out)
{
	const struct invite_draft *draft = in;
	struct link_made *made = out;
	struct tally open;
	if (role_of_word(draft->role) > rq->role)
		return rq_complain(rq, E_ABOVE_YOU, S("role"));
	int r = groups_there(rq, draft->groups);
	if (r < 0 || (r = tx_one(rq->tx, &links_open, &open, V(rq->community), V(tx_now(rq->tx)))) < 0)
		return r;
	if (open.n >= LINKS_MOST)
		return E_TOO_MANY;
	if ((r = link_make(rq, "join", "/join/", (struct id){ 0 }, draft, made)) < 0)
		return r;
	struct invite_facts facts = { draft->role, draft->only_groups, (int64_t)draft->groups.count, draft->hours, draft->uses };
	return audit_change(rq, "invite_made", made->id, draft->note, &row_invite_facts, NULL, &facts);
}

static int post_reset(struct request *rq, const void *in, void *out)
{
	struct invite_draft draft = { .hours = RESET_LIFE / HOUR, .uses = 1, .role = S("") };
	enum role role;
	(void)in;
	int r = staff_editable(rq, rq->path_id, &role);
	if (r < 0 || (r = staff_wholly_ours(rq, rq->path_id)) < 0 ||
	    (r = link_make(rq, "reset", "/reset/", rq->path_id, &draft, out)) < 0)
		return r;
	return audit_note(rq, "password_reset_made", rq->path_id, S(""));
}

/* ---- The list ---------------------------------------------------------------------------------------------- */

static QUERY(invites_newest, READS, &row_invite, TAKES(K_ID, K_INSTANT),
	"SELECT l.id, l.role, l.only_groups, l.groups, l.note, l.uses_max, l.uses, COALESCE(a.display, '') AS made_by, l.created_at,"
	" l.expires_at, l.revoked_at, CASE WHEN l.revoked_at > 0 THEN 'revoked' WHEN l.uses >= l.uses_max THEN 'used'"
	" WHEN l.expires_at <= ?2 THEN 'expired' ELSE 'open' END AS state FROM staff_link l LEFT JOIN account a ON a.id = l.made_by"
	" WHERE l.community_id = ?1 AND l.kind = 'join' ORDER BY l.id DESC LIMIT 100");

static int get_invites(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &invites_newest, &page->rows, V(rq->community), V(tx_now(rq->tx)));
	page->total = -1;
	return r < 0 ? r : 0;
}

static QUERY(invite_revoke, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE staff_link SET revoked_at = CASE WHEN revoked_at = 0 THEN ?3 ELSE revoked_at END"
	" WHERE community_id = ?1 AND kind = 'join' AND id = ?2");

static int delete_invite(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	int r = tx_run(rq->tx, &invite_revoke, V(rq->community), V(rq->path_id), V(tx_now(rq->tx)));
	return r < 0 ? r : r == 0 ? E_NOT_FOUND : audit_note(rq, "invite_revoked", rq->path_id, S(""));
}

/* ---- At the door --------------------------------------------------------------------------------------------- */

static QUERY(link_by_word, READS, &row_opened, TAKES(K_STR, K_STR),
	"SELECT l.community_id, l.id, l.account_id, l.role, l.only_groups, l.groups, l.uses_max, l.uses,"
	" COALESCE((SELECT a.display FROM account a WHERE a.id = l.made_by), '') AS made_by, l.expires_at, l.revoked_at,"
	" COALESCE((SELECT a.name FROM account a WHERE a.id = l.account_id), '') AS name"
	" FROM staff_link l WHERE l.word_hash = ?1 AND l.kind = ?2");

static int open_link(struct request *rq, const char *kind, struct opened *ret)
{
	int r = tx_one(rq->tx, &link_by_word, ret, V(word_hash(rq->arena, rq->path_text)), V(str_of(kind)));
	if (r < 0)
		return r == E_NOT_FOUND ? E_LINK_UNKNOWN : r;
	return link_usable(ret, tx_now(rq->tx));
}

/* Guessing a word is hopeless; asking ten thousand times is not free either. */
static bool may_knock(struct request *rq)
{
	return rq_allow(rq, str_format(rq->arena, "door %.*s", STR(rq->address)), 60, 10 * MINUTE);
}

static QUERY(link_use, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE staff_link SET uses = uses + 1 WHERE community_id = ?1 AND id = ?2 AND uses < uses_max");

static int link_spend(struct request *rq, const struct opened *link)
{
	int r = tx_run(rq->tx, &link_use, V(link->community_id), V(link->id));
	return r < 0 ? r : r == 0 ? E_LINK_USED : 0;
}

static int get_door(struct request *rq, const void *in, void *out)
{
	struct opened link;
	struct community c;
	(void)in;
	if (!may_knock(rq))
		return E_SLOW_DOWN;
	int r = open_link(rq, "join", &link);
	if (r < 0 || (r = community_get(rq->tx, link.community_id, &c)) < 0)
		return r;
	*(struct door *)out = (struct door){
		c.name, c.logo.len ? str_format(rq->arena, "/f/%.*s", STR(c.logo)) : S(""), c.colour, link.role, link.only_groups,
		link.made_by, link.expires_at,
	};
	return 0;
}

/* Groups that went since are left out: whoever comes late finds what is there. */
static struct rows groups_left(struct request *rq, const struct opened *link)
{
	struct rows left = { link->groups.at, 0 };
	struct id_item *group = left.at;
	for (size_t i = 0; i < link->groups.count; i++)
		if (staff_group_there(rq->tx, link->community_id, group[i].item) == 0)
			group[left.count++] = group[i];
	return left;
}

static QUERY(seat_taken, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT account_id AS item FROM staff WHERE community_id = ?1 AND account_id = ?2");

/* Whoever is here keeps their seat as it is: a link neither raises a role nor undoes a disabling. */
static int come_in(struct request *rq, const struct opened *link, struct id account, struct joined *ret)
{
	struct community c;
	struct id_item taken;
	int r = tx_one(rq->tx, &seat_taken, &taken, V(link->community_id), V(account));
	if (r != E_NOT_FOUND)
		return r < 0 ? r : E_ALREADY_STAFF;
	if ((r = link_spend(rq, link)) < 0 || (r = community_get(rq->tx, link->community_id, &c)) < 0 ||
	    (r = staff_seat(rq->tx, link->community_id, account, role_of_word(link->role), link->only_groups, groups_left(rq, link))) < 0)
		return r;
	*ret = (struct joined){ c.id, c.name };
	rq->community = c.id, rq->account = account;
	return audit_note(rq, "staff_joined", account, link->role);
}

static int ready_join(struct request *rq, const void *in, void *out)
{
	const struct joining *j = in;
	struct opened link;
	(void)out;
	if (!may_knock(rq))
		return E_SLOW_DOWN;
	int r = open_link(rq, "join", &link);
	return r < 0 ? r : password_ready(rq, j->password, j->name, S("password"));
}

static int post_join(struct request *rq, const void *in, void *out)
{
	const struct joining *j = in;
	struct opened link;
	struct id account;
	int r = open_link(rq, "join", &link);
	if (r < 0)
		return r;
	if ((r = account_make(rq->tx, j->name, j->display, rq->kept, &account)) < 0)
		return r == E_NAME_TAKEN || r == E_TOO_SHORT ? rq_complain(rq, r, S("name")) : r;
	r = come_in(rq, &link, account, out);
	return r < 0 ? r : rq_sign_in(rq, account);
}

static int post_accept(struct request *rq, const void *in, void *out)
{
	struct opened link;
	(void)in;
	int r = open_link(rq, "join", &link);
	return r < 0 ? r : come_in(rq, &link, rq->account, out);
}

static int get_resetting(struct request *rq, const void *in, void *out)
{
	struct opened link;
	(void)in;
	if (!may_knock(rq))
		return E_SLOW_DOWN;
	int r = open_link(rq, "reset", &link);
	if (r < 0)
		return r;
	*(struct resetting *)out = (struct resetting){ link.name, link.expires_at };
	return 0;
}

static int ready_resetting(struct request *rq, const void *in, void *out)
{
	const struct reset_draft *draft = in;
	struct opened link;
	(void)out;
	if (!may_knock(rq))
		return E_SLOW_DOWN;
	int r = open_link(rq, "reset", &link);
	return r < 0 ? r : password_ready(rq, draft->password, link.name, S("password"));
}

/* Signs in nobody: who has a second factor still shows it. */
static int post_resetting(struct request *rq, const void *in, void *out)
{
	struct opened link;
	(void)in, (void)out;
	int r = open_link(rq, "reset", &link);
	if (r < 0 || (r = link_spend(rq, &link)) < 0 || (r = account_set_password(rq->tx, link.account_id, rq->kept)) < 0 ||
	    (r = session_end_all(rq->tx, link.account_id, (struct id){ 0 })) < 0)
		return r;
	rq->community = link.community_id, rq->account = link.account_id;
	return audit_note(rq, "password_reset_used", link.account_id, S(""));
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/invites",         ROLE_ADMIN,   get_invites,   NULL, &row_invite, "Invitations, newest first", OUT_PAGE },
	{ "POST",   "/invites",         ROLE_ADMIN,   post_invite,   &row_invite_draft, &row_link_made, "Make a link that lets people in" },
	{ "DELETE", "/invites/{id}",    ROLE_ADMIN,   delete_invite, NULL, NULL, "Take an invitation back", OUT_NONE },
	{ "POST",   "/staff/{id}/reset", ROLE_OWNER,  post_reset,    NULL, &row_link_made, "Make a link that sets a colleague's password, once" },
	{ "GET",    "/api/join/{word}", ROLE_PUBLIC,  get_door,      NULL, &row_door, "What an invitation says" },
	{ "POST",   "/api/join/{word}", ROLE_PUBLIC,  post_join,     &row_joining, &row_joined, "Come in with a new account", .ready = ready_join,
	  .no_csrf = true },
	{ "POST",   "/api/join/{word}/accept", ROLE_ACCOUNT, post_accept, NULL, &row_joined, "Come in with the account I have" },
	{ "GET",    "/api/reset/{word}", ROLE_PUBLIC, get_resetting, NULL, &row_resetting, "Whose password a link sets" },
	{ "POST",   "/api/reset/{word}", ROLE_PUBLIC, post_resetting, &row_reset_draft, NULL, "Set the new password; ends all sessions", OUT_NONE,
	  .ready = ready_resetting, .no_csrf = true },
	{ 0 },
};

static const struct query *const queries[] = {
	&link_insert, &links_open, &seat_taken, &invites_newest, &invite_revoke, &link_by_word, &link_use, NULL,
};

const struct feature feature_door = { .name = "door", .routes = routes, .queries = queries };
