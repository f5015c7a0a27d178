/* staff.c: colleagues: their roles, the groups they see, and taking both away.
 *
 * Story      An owner gives two of forty groups to a student helper. The helper signs in and finds two groups, their live
 *            codes and members, and nothing that says there are more. In spring the helper leaves: one button, and the
 *            phone in their hand shows the sign-in page.
 * Not here   Letting people in (door), passwords and sessions (account), second factors (second).
 * Owns       staff, staff_group, staff_policy.
 * Holds      A community always has an owner who may work. Nobody edits above their own role.
 *            An account's password and second factor open all its communities, so only who owns all of them resets these.
 * Test       staff_test.c; test/limited_test.c: nothing of other groups in any route's reply.
 */
#include "people/staff.h"

#include "engine/event/event.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/token.h"

/* ---- Rows ------------------------------------------------------------------------------------- */

struct group_name { struct id id; struct str name; };

ROW(group_name,
	FIELD(group_name, id,   "Group"),
	FIELD(group_name, name, "Its name"));

struct colleague {
	struct id      id;
	struct str     name, display, role;
	bool           only_groups;
	struct rows    groups;
	bool           second;
	struct instant seen_at, disabled_at, created_at;
};

ROW(colleague,
	FIELD(colleague, id,          "Account"),
	FIELD(colleague, name,        "Name to sign in with"),
	FIELD(colleague, display,     "Name shown"),
	FIELD(colleague, role,        "Role here", .one_of = ROLES),
	FIELD(colleague, only_groups, "Sees only the groups named here"),
	FIELD(colleague, groups,      "The groups", .of = &row_group_name, .max = GROUPS_MOST),
	FIELD(colleague, second,      "Signs in with a second factor; told to admins"),
	FIELD(colleague, seen_at,     "When they were last here, to the hour; told to admins", .optional = true),
	FIELD(colleague, disabled_at, "Since when they may not work here", .optional = true),
	FIELD(colleague, created_at,  "When they joined"));

struct seat_draft { struct str role; bool only_groups; struct rows groups; };

ROW(seat_draft,
	FIELD(seat_draft, role,        "Role here", .one_of = ROLES),
	FIELD(seat_draft, only_groups, "Show only the groups named here; admins and owners always see all", .optional = true),
	FIELD(seat_draft, groups,      "The groups", .of = &row_id_item, .max = GROUPS_MOST, .optional = true));

struct disabling { bool disabled; };

ROW(disabling, FIELD(disabling, disabled, "May not work here from now on, or may again"));

struct policy { bool second_required; };

ROW(policy, FIELD(policy, second_required, "Who works here must sign in with a second factor"));

/* For the log: what an edit changes. */
struct seat_facts { struct str role; bool only_groups; struct rows groups; bool disabled; };

ROW(seat_facts,
	FIELD(seat_facts, role,        "Role"),
	FIELD(seat_facts, only_groups, "Sees only some groups"),
	FIELD(seat_facts, groups,      "Groups", .of = &row_text_item, .max = GROUPS_MOST),
	FIELD(seat_facts, disabled,    "May not work here"));

struct seat_row { struct str role; bool only_groups; struct instant disabled_at; bool lacks_second; };

ROW(seat_row,
	FIELD(seat_row, role,         "Role"),
	FIELD(seat_row, only_groups,  "Sees only some groups"),
	FIELD(seat_row, disabled_at,  "May not work here since"),
	FIELD(seat_row, lacks_second, "The community asks for a second factor, and there is none"));

struct tally { int64_t n; };

ROW(tally, FIELD(tally, n, "How many"));

/* ---- Rules ---------------------------------------------------------------------------------------- */

/* Who runs the place sees all of it; a host is somebody of certain groups. */
static bool is_limited(enum role role, bool only_groups)
{
	return role == ROLE_HOST || (role < ROLE_ADMIN && only_groups);
}

/* ---- Events ----------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "staff_changed", "A colleague came, left, or changed role or groups", "staff" },
	{ 0 },
};

static int tell(struct tx *tx, struct id community, struct id account, enum role role)
{
	return event_emit(tx, community, &events[0], &(struct event){ .subject = account, .word = str_of(role_word(role)) });
}

/* ---- Which groups ---------------------------------------------------------------------------------------- */

static QUERY(group_is_seen, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT group_id AS item FROM staff_group WHERE community_id = ?1 AND account_id = ?2 AND group_id = ?3");

int staff_sees_group(struct tx *tx, struct id community, struct id only, struct id group)
{
	struct id_item seen;
	return only.n ? tx_one(tx, &group_is_seen, &seen, V(community), V(only), V(group)) : 0;
}

/* The one look into a room above: a limit to a group that is not there would be a limit to nothing. */
static QUERY(group_there, READS, &row_id_item, TAKES(K_ID, K_ID), "SELECT id AS item FROM chat_group WHERE community_id = ?1 AND id = ?2");

int staff_group_there(struct tx *tx, struct id community, struct id group)
{
	struct id_item there;
	return tx_one(tx, &group_there, &there, V(community), V(group));
}

static QUERY(staff_group_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"INSERT INTO staff_group (community_id, account_id, group_id) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (community_id, account_id, group_id) DO NOTHING");

int staff_gain_group(struct tx *tx, struct id community, struct id account, struct id group)
{
	int r = staff_group_there(tx, community, group);
	if (r >= 0)
		r = tx_run(tx, &staff_group_put, V(community), V(account), V(group));
	return r < 0 ? r : 0;
}

static QUERY(first_group, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT group_id AS item FROM staff_group WHERE community_id = ?1 AND account_id = ?2 ORDER BY group_id LIMIT 1");

int staff_first_group(struct tx *tx, struct id community, struct id account, struct id *ret)
{
	struct id_item first;
	int r = tx_one(tx, &first_group, &first, V(community), V(account));
	if (r == 0)
		*ret = first.item;
	return r;
}

static QUERY(group_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM staff_group WHERE community_id = ?1 AND group_id = ?2");

int staff_forget_group(struct tx *tx, struct id community, struct id group)
{
	int r = tx_run(tx, &group_forget, V(community), V(group));
	return r < 0 ? r : 0;
}

static QUERY(groups_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM staff_group WHERE community_id = ?1 AND account_id = ?2");

static QUERY(staff_put, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_BOOL, K_INSTANT),
	"INSERT INTO staff (community_id, account_id, role, only_groups, disabled_at, created_at) VALUES (?1, ?2, ?3, ?4, 0, ?5)"
	" ON CONFLICT (community_id, account_id) DO UPDATE SET role = excluded.role, only_groups = excluded.only_groups");

int staff_seat(struct tx *tx, struct id community, struct id account, enum role role, bool only_groups, struct rows groups)
{
	const struct id_item *group = groups.at;
	bool limited = is_limited(role, only_groups);
	int r = tx_run(tx, &staff_put, V(community), V(account), V(str_of(role_word(role))), V(limited), V(tx_now(tx)));
	if (r >= 0)
		r = tx_run(tx, &groups_drop, V(community), V(account));
	for (size_t i = 0; r >= 0 && limited && i < groups.count; i++)
		r = staff_gain_group(tx, community, account, group[i].item);
	return r < 0 ? r : tell(tx, community, account, role);
}

int account_hire(struct tx *tx, struct id community, struct id account, enum role role)
{
	return staff_seat(tx, community, account, role, false, (struct rows){ 0 });
}

/* ---- What the router asks -------------------------------------------------------------------------------- */

static QUERY(seat_of, READS, &row_seat_row, TAKES(K_ID, K_ID),
	"SELECT s.role, s.only_groups, s.disabled_at,"
	" EXISTS (SELECT 1 FROM staff_policy p WHERE p.community_id = s.community_id AND p.second_required)"
	"  AND NOT EXISTS (SELECT 1 FROM second_factor f WHERE f.account_id = s.account_id AND f.confirmed_at > 0) AS lacks_second"
	" FROM staff s WHERE s.community_id = ?1 AND s.account_id = ?2");

static int identity_standing(struct tx *tx, struct id account, struct id community, struct standing *ret)
{
	struct seat_row seat;
	int r = tx_one(tx, &seat_of, &seat, V(community), V(account));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = (struct standing){ .role = ROLE_ACCOUNT };
	if (r == E_NOT_FOUND || seat.disabled_at.ms)
		return 0;
	ret->role = role_of_word(seat.role);
	ret->only = is_limited(ret->role, seat.only_groups) ? account : (struct id){ 0 };
	ret->refused = seat.lacks_second ? E_SECOND_NEEDED : 0;
	return 0;
}

static QUERY(account_enabled, READS, &row_text_item, TAKES(K_ID),
	"SELECT lang AS item FROM account WHERE id = ?1 AND disabled_at = 0");

static int identity_account(struct tx *tx, struct id account, enum lang *ret)
{
	struct text_item lang;
	int r = tx_one(tx, &account_enabled, &lang, V(account));
	if (r < 0)
		return r;
	*ret = str_is(lang.item, "en") ? LANG_EN : LANG_ZH;
	return 0;
}

const struct identity account_identity = { identity_standing, identity_account, community_changeable, token_bearer, token_used };

/* ---- May they be edited? ------------------------------------------------------------------------------------ */

int staff_editable(struct request *rq, struct id account, enum role *ret)
{
	struct seat_row seat;
	int r = tx_one(rq->tx, &seat_of, &seat, V(rq->community), V(account));
	if (r < 0)
		return r;
	*ret = role_of_word(seat.role);
	return *ret > rq->role ? E_ABOVE_YOU : 0;
}

static QUERY(other_owners, READS, &row_tally, TAKES(K_ID, K_ID),
	"SELECT count(*) AS n FROM staff s JOIN account a ON a.id = s.account_id WHERE s.community_id = ?1 AND s.role = 'owner'"
	" AND s.disabled_at = 0 AND a.disabled_at = 0 AND s.account_id <> ?2");

/* May this owner stop being one? */
static int may_lose(struct request *rq, struct id account, enum role role)
{
	struct tally others;
	if (role != ROLE_OWNER)
		return 0;
	int r = tx_one(rq->tx, &other_owners, &others, V(rq->community), V(account));
	return r < 0 ? r : others.n == 0 ? E_LAST_OWNER : 0;
}

static QUERY(seats_not_ours, READS, &row_tally, TAKES(K_ID, K_ID),
	"SELECT count(*) AS n FROM staff s WHERE s.account_id = ?1 AND NOT EXISTS (SELECT 1 FROM staff o"
	" WHERE o.community_id = s.community_id AND o.account_id = ?2 AND o.role = 'owner' AND o.disabled_at = 0)");

int staff_wholly_ours(struct request *rq, struct id account)
{
	struct tally elsewhere;
	int r = tx_one(rq->tx, &seats_not_ours, &elsewhere, V(account), V(rq->account));
	return r < 0 ? r : elsewhere.n ? E_WORKS_ELSEWHERE : 0;
}

static QUERY(server_keeper, READS, &row_tally, TAKES(K_ID),
	"SELECT count(*) AS n FROM staff WHERE account_id = ?1 AND role = 'owner' AND disabled_at = 0"
	" AND community_id = (SELECT min(id) FROM community)");

int staff_keeps_server(struct tx *tx, struct id account, bool *ret)
{
	struct tally owner;
	int r = tx_one(tx, &server_keeper, &owner, V(account));
	if (r == 0)
		*ret = owner.n > 0;
	return r;
}

/* ---- Reading ------------------------------------------------------------------------------------------------- */

/* ?2: whose groups may be named. */
#define COLLEAGUE_FROM \
	" AS groups, EXISTS (SELECT 1 FROM second_factor f WHERE f.account_id = a.id AND f.confirmed_at > 0) AS second," \
	" COALESCE((SELECT max(e.seen_at) FROM session e WHERE e.account_id = a.id), 0) AS seen_at," \
	" CASE WHEN s.disabled_at > 0 THEN s.disabled_at ELSE a.disabled_at END AS disabled_at, s.created_at" \
	" FROM staff s JOIN account a ON a.id = s.account_id WHERE s.community_id = ?1"
#define GROUPS_FROM \
	" FROM staff_group p JOIN chat_group g ON g.community_id = p.community_id AND g.id = p.group_id" \
	" WHERE p.community_id = s.community_id AND p.account_id = s.account_id AND " SEES_GROUP("?2", "g.community_id", "g.id") ")"
#define COLLEAGUE "SELECT a.id, a.name, a.display, s.role, s.only_groups," \
	" (SELECT json_group_array(json_object('id', CAST(g.id AS TEXT), 'name', g.name))" GROUPS_FROM COLLEAGUE_FROM
#define COLLEAGUE_PG "SELECT a.id, a.name, a.display, s.role, s.only_groups," \
	" (SELECT COALESCE(json_agg(json_build_object('id', CAST(g.id AS TEXT), 'name', g.name) ORDER BY g.id)::text, '[]')" \
	GROUPS_FROM COLLEAGUE_FROM
#define IN_ORDER " ORDER BY s.created_at, a.id LIMIT 500"

static QUERY(staff_of, READS, &row_colleague, TAKES(K_ID, K_ID), COLLEAGUE IN_ORDER, .pg = COLLEAGUE_PG IN_ORDER);
static QUERY(staff_by_id, READS, &row_colleague, TAKES(K_ID, K_ID, K_ID), COLLEAGUE " AND a.id = ?3",
	.pg = COLLEAGUE_PG " AND a.id = ?3");

/* When a colleague was here, and how they sign in, is for who looks after accounts. */
static void mask(const struct request *rq, struct rows staff)
{
	struct colleague *c = staff.at;
	for (size_t i = 0; rq->role < ROLE_ADMIN && i < staff.count; i++)
		c[i].second = false, c[i].seen_at = (struct instant){ 0 };
}

static int facts_of(struct request *rq, struct id account, struct seat_facts *ret, struct colleague *ret_who)
{
	int r = tx_one(rq->tx, &staff_by_id, ret_who, V(rq->community), V(((struct id){ 0 })), V(account));
	if (r < 0)
		return r;
	const struct group_name *group = ret_who->groups.at;
	struct text_item *names = arena_take_array(rq->arena, ret_who->groups.count, sizeof *names);
	if (ret_who->groups.count && !names)
		return E_MEMORY;
	for (size_t i = 0; i < ret_who->groups.count; i++)
		names[i].item = group[i].name;
	*ret = (struct seat_facts){ ret_who->role, ret_who->only_groups, { names, ret_who->groups.count }, ret_who->disabled_at.ms > 0 };
	return 0;
}

/* ---- API -------------------------------------------------------------------------------------------- */

static int get_staff(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &staff_of, &page->rows, V(rq->community), V(rq->only));
	if (r < 0)
		return r;
	mask(rq, page->rows);
	page->total = (int64_t)page->rows.count;
	return 0;
}

static int put_staff(struct request *rq, const void *in, void *out)
{
	const struct seat_draft *draft = in;
	enum role now, wanted = role_of_word(draft->role);
	struct seat_facts before, after;
	int r = staff_editable(rq, rq->path_id, &now);
	if (r < 0 || (r = facts_of(rq, rq->path_id, &before, out)) < 0)
		return r;
	if (wanted > rq->role)
		return rq_complain(rq, E_ABOVE_YOU, S("role"));
	if (wanted != now && (r = may_lose(rq, rq->path_id, now)) < 0)
		return rq_complain(rq, r, S("role"));
	if ((r = staff_seat(rq->tx, rq->community, rq->path_id, wanted, draft->only_groups, draft->groups)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("groups")) : r;
	if ((r = facts_of(rq, rq->path_id, &after, out)) < 0)
		return r;
	const struct colleague *who = out;
	return audit_change(rq, "staff_changed", rq->path_id, who->display, &row_seat_facts, &before, &after);
}

static QUERY(staff_disable, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE staff SET disabled_at = ?3 WHERE community_id = ?1 AND account_id = ?2");

static int post_disabled(struct request *rq, const void *in, void *out)
{
	const struct disabling *wish = in;
	struct seat_facts before, after;
	struct instant since = { wish->disabled ? tx_now(rq->tx).ms : 0 };
	enum role role;
	int r = staff_editable(rq, rq->path_id, &role);
	if (r < 0 || (r = facts_of(rq, rq->path_id, &before, out)) < 0 ||
	    (wish->disabled && (r = may_lose(rq, rq->path_id, role)) < 0) ||
	    (r = tx_run(rq->tx, &staff_disable, V(rq->community), V(rq->path_id), V(since))) < 0 ||
	    (wish->disabled && (r = session_end_all(rq->tx, rq->path_id, (struct id){ 0 })) < 0) ||
	    (r = tell(rq->tx, rq->community, rq->path_id, role)) < 0 || (r = facts_of(rq, rq->path_id, &after, out)) < 0)
		return r;
	const struct colleague *who = out;
	return audit_change(rq, wish->disabled ? "staff_disabled" : "staff_enabled", rq->path_id, who->display, &row_seat_facts,
	                    &before, &after);
}

static QUERY(staff_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM staff WHERE community_id = ?1 AND account_id = ?2");

static int delete_staff(struct request *rq, const void *in, void *out)
{
	struct seat_facts facts;
	struct colleague who;
	enum role role;
	(void)in, (void)out;
	int r = staff_editable(rq, rq->path_id, &role);
	if (r < 0 || (r = may_lose(rq, rq->path_id, role)) < 0 || (r = facts_of(rq, rq->path_id, &facts, &who)) < 0 ||
	    (r = tx_run(rq->tx, &groups_drop, V(rq->community), V(rq->path_id))) < 0 ||
	    (r = tx_run(rq->tx, &staff_drop, V(rq->community), V(rq->path_id))) < 0 ||
	    (r = tell(rq->tx, rq->community, rq->path_id, role)) < 0)
		return r;
	return audit_change(rq, "staff_removed", rq->path_id, who.display, &row_seat_facts, &facts, NULL);
}

/* ---- API: where a colleague is signed in ---------------------------------------------------------------------- */

static int get_sessions(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	enum role role;
	(void)in;
	int r = staff_editable(rq, rq->path_id, &role);
	if (r < 0 || (r = session_list(rq, rq->path_id, &page->rows)) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

static int delete_sessions(struct request *rq, const void *in, void *out)
{
	enum role role;
	(void)in, (void)out;
	int r = staff_editable(rq, rq->path_id, &role);
	if (r < 0 || (r = session_end_all(rq->tx, rq->path_id, rq->session)) < 0)
		return r;
	return audit_note(rq, "sessions_ended", rq->path_id, S(""));
}

/* ---- API: the second factor, for all --------------------------------------------------------------------------- */

static QUERY(policy_of, READS, &row_policy, TAKES(K_ID), "SELECT second_required FROM staff_policy WHERE community_id = ?1");

static int get_policy(struct request *rq, const void *in, void *out)
{
	(void)in;
	int r = tx_one(rq->tx, &policy_of, out, V(rq->community));
	if (r == E_NOT_FOUND)
		*(struct policy *)out = (struct policy){ false };
	return r == E_NOT_FOUND ? 0 : r;
}

static QUERY(policy_put, WRITES, NULL, TAKES(K_ID, K_BOOL),
	"INSERT INTO staff_policy (community_id, second_required) VALUES (?1, ?2)"
	" ON CONFLICT (community_id) DO UPDATE SET second_required = excluded.second_required");

/* Whoever asks it of others has it: else the next click would shut them out. */
static int put_policy(struct request *rq, const void *in, void *out)
{
	const struct policy *wanted = in;
	struct policy before;
	struct colleague me;
	int r = get_policy(rq, NULL, &before);
	if (r < 0 || (r = tx_one(rq->tx, &staff_by_id, &me, V(rq->community), V(((struct id){ 0 })), V(rq->account))) < 0)
		return r;
	if (wanted->second_required && !me.second)
		return rq_complain(rq, E_SECOND_NEEDED, S("second_required"));
	if ((r = tx_run(rq->tx, &policy_put, V(rq->community), V(wanted->second_required))) < 0)
		return r;
	*(struct policy *)out = *wanted;
	return audit_change(rq, "policy_changed", rq->community, S(""), &row_policy, &before, wanted);
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/staff",               ROLE_READER, get_staff,       NULL, &row_colleague, "Colleagues", OUT_PAGE },
	{ "PUT",    "/staff/{id}",          ROLE_ADMIN,  put_staff,       &row_seat_draft, &row_colleague, "Change a colleague's role and groups" },
	{ "POST",   "/staff/{id}/disabled", ROLE_ADMIN,  post_disabled,   &row_disabling, &row_colleague,
	  "Let a colleague work here no longer, or again; ends their sessions" },
	{ "DELETE", "/staff/{id}",          ROLE_ADMIN,  delete_staff,    NULL, NULL, "Take a colleague off this community", OUT_NONE },
	{ "GET",    "/staff/{id}/sessions", ROLE_ADMIN,  get_sessions,    NULL, &row_session_line, "Where a colleague is signed in", OUT_PAGE },
	{ "DELETE", "/staff/{id}/sessions", ROLE_ADMIN,  delete_sessions, NULL, NULL, "Sign a colleague out everywhere", OUT_NONE },
	{ "GET",    "/policy",              ROLE_READER, get_policy,      NULL, &row_policy, "What is asked of all who work here" },
	{ "PUT",    "/policy",              ROLE_OWNER,  put_policy,      &row_policy, &row_policy, "Ask it, or no longer" },
	{ 0 },
};

static const struct query *const queries[] = {
	&group_is_seen, &group_there, &staff_group_put, &first_group, &group_forget, &groups_drop, &staff_put, &seat_of, &account_enabled,
	&other_owners, &seats_not_ours, &server_keeper, &staff_of, &staff_by_id, &staff_disable, &staff_drop, &policy_of, &policy_put,
	NULL,
};

const struct feature feature_staff = { .name = "staff", .routes = routes, .queries = queries, .events = events };
