/* account.c: owners and operators: first run, sign-in, sessions, colleagues.
 *
 * Story      A newcomer starts the server on an empty folder, opens it and becomes its owner; there is no default
 *            password. Later they add an operator, hand over a password shown once, and see who is signed in where.
 * Not here   Invite links, second factor, roles per group (People); members, who are not accounts.
 * Owns       account, staff. (session is http's.)
 * Holds      Only one set-up ever succeeds. A password is stored as argon2id alone. Guessing is slowed per name
 *            and per address, and costs the same whether the name exists or not.
 *            A community always has an owner.
 * Test       people_test.c.
 */
#include "people/account.h"

#include <pthread.h>

#include "base/utf8.h"
#include "base/version.h"
#include "engine/event/event.h"
#include "people/audit.h"
#include "people/community.h"

#define MAX_ACCOUNT_NAME 40
#define MAX_DISPLAY      20
#define MAX_PASSWORD     200
#define MIN_PASSWORD     10
#define ROLES            "reader operator admin owner"

/* ---- Rows ------------------------------------------------------------------------------------- */

struct state { bool first_run, needs_setup_code; struct str version; };

ROW(state,
	FIELD(state, first_run,        "Nobody has an account yet"),
	FIELD(state, needs_setup_code, "The set-up must show the code printed in the terminal"),
	FIELD(state, version,          "Version of quntu"));

struct setup { struct str name, password, display, community, timezone, setup_code; };

ROW(setup,
	FIELD(setup, name,       "Name to sign in with", .min = 2, .max = MAX_ACCOUNT_NAME),
	FIELD(setup, password,   "Password", .min = 1, .max = MAX_PASSWORD),
	FIELD(setup, display,    "Name shown to colleagues", .min = 1, .max = MAX_DISPLAY),
	FIELD(setup, community,  "Name of the first community", .min = 1, .max = 40),
	FIELD(setup, timezone,   "IANA time zone; Asia/Shanghai when missing", .max = 40, .optional = true),
	FIELD(setup, setup_code, "The code printed in the terminal, unless you sit at the server", .max = 40, .optional = true));

struct login { struct str name, password; };

ROW(login,
	FIELD(login, name,     "Name", .min = 1, .max = MAX_ACCOUNT_NAME),
	FIELD(login, password, "Password", .min = 1, .max = MAX_PASSWORD));

struct seat { struct id id; struct str name, role; };

ROW(seat,
	FIELD(seat, id,   "Community"),
	FIELD(seat, name, "Its name"),
	FIELD(seat, role, "Your role there", .one_of = ROLES));

struct me { struct id id; struct str name, display, lang, theme, csrf; struct rows communities; };

ROW(me,
	FIELD(me, id,          "Account"),
	FIELD(me, name,        "Name you sign in with"),
	FIELD(me, display,     "Name colleagues see"),
	FIELD(me, lang,        "Language", .one_of = "zh en"),
	FIELD(me, theme,       "Look", .one_of = "auto light dark"),
	FIELD(me, csrf,        "Word to send back as X-Quntu-CSRF with every change"),
	FIELD(me, communities, "Where you work", .of = &row_seat, .max = 1000));

struct profile { struct id id; struct str name, display, lang, theme; };

ROW(profile,
	FIELD(profile, id,      "Account"),
	FIELD(profile, name,    "Name to sign in with"),
	FIELD(profile, display, "Name shown"),
	FIELD(profile, lang,    "Language"),
	FIELD(profile, theme,   "Look"));

struct profile_draft { struct str display, lang, theme; };

ROW(profile_draft,
	FIELD(profile_draft, display, "Name colleagues see", .min = 1, .max = MAX_DISPLAY),
	FIELD(profile_draft, lang,    "Language", .one_of = "zh en"),
	FIELD(profile_draft, theme,   "Look", .one_of = "auto light dark"));

struct new_password { struct str old, password; };

ROW(new_password,
	FIELD(new_password, old,      "The password so far", .min = 1, .max = MAX_PASSWORD),
	FIELD(new_password, password, "The new one", .min = 1, .max = MAX_PASSWORD));

struct colleague { struct id id; struct str name, display, role; struct instant disabled_at, created_at; };

ROW(colleague,
	FIELD(colleague, id,          "Account"),
	FIELD(colleague, name,        "Name to sign in with"),
	FIELD(colleague, display,     "Name shown"),
	FIELD(colleague, role,        "Role here", .one_of = ROLES),
	FIELD(colleague, disabled_at, "Since when the account may not sign in", .optional = true),
	FIELD(colleague, created_at,  "When they joined"));

struct colleague_draft { struct str name, display, role; };

ROW(colleague_draft,
	FIELD(colleague_draft, name,    "Name to sign in with", .min = 2, .max = MAX_ACCOUNT_NAME),
	FIELD(colleague_draft, display, "Name shown", .min = 1, .max = MAX_DISPLAY),
	FIELD(colleague_draft, role,    "Role here", .one_of = "reader operator admin"));

struct colleague_made { struct id id; struct str password; };

ROW(colleague_made,
	FIELD(colleague_made, id,       "Account"),
	FIELD(colleague_made, password, "Hand this over now; it is not shown again"));

/* ---- Rules ---------------------------------------------------------------------------------------- */

static const struct { const char *word; enum role role; } roles[] = {
	{ "reader", ROLE_READER }, { "operator", ROLE_OPERATOR }, { "admin", ROLE_ADMIN }, { "owner", ROLE_OWNER },
};

static enum role role_of_word(struct str word)
{
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (str_is(word, roles[i].word))
			return roles[i].role;
	return ROLE_ACCOUNT;
}

static struct str word_of_role(enum role role)
{
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (role == roles[i].role)
			return str_of(roles[i].word);
	return S("");
}

/* One character repeated, a run like 12345…, or the name itself: what a guesser tries first. */
static bool is_run(struct str s)
{
	bool same = true, up = true, down = true;
	for (size_t i = 1; i < s.len; i++) {
		int step = s.at[i] - s.at[i - 1];
		same &= step == 0;
		up &= step == 1 || (step == -9 && s.at[i] == '0');
		down &= step == -1;
	}
	return same || up || down;
}

int password_check(struct str password, struct str name)
{
	static const char *const common =
		"password12 password123 password1234 1234567890a a1234567890 qwertyuiop qwerty1234 qwerty12345 1q2w3e4r5t"
		" 1qaz2wsx3edc abc1234567 abcd123456 admin12345 admin123456 iloveyou123 woaini1314 woaini520 5201314520"
		" letmein1234 welcome1234 changeme123 administrator quntu12345 88888888888 1111111111 0123456789";
	if (utf8_count(password) < MIN_PASSWORD || is_run(password) || str_among(password, common))
		return E_WEAK_PASSWORD;
	if (name.len >= 3 && str_starts(password, name) && password.len < name.len + 4)
		return E_WEAK_PASSWORD;
	return 0;
}

/* ---- Events ----------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "staff_changed", "A colleague came, left or changed role", "staff" },
	{ 0 },
};

/* ---- Actions ------------------------------------------------------------------------------------------ */

static QUERY(account_insert, WRITES, NULL, TAKES(K_ID, K_STR, K_STR, K_STR, K_STR, K_INSTANT),
	"INSERT INTO account (id, name, name_key, display, password, lang, theme, disabled_at, created_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, 'zh', 'auto', 0, ?6)");

int account_make(struct tx *tx, struct str name, struct str display, const char *hash, struct id *ret)
{
	struct id id = tx_new_id(tx);
	struct str key = name_key(tx_arena(tx), name);
	if (!key.len)
		return arena_failed(tx_arena(tx)) ? E_MEMORY : E_TOO_SHORT;
	int r = tx_run(tx, &account_insert, V(id), V(name), V(key), V(display), V(str_of(hash)),
	               V(tx_now(tx)));
	if (r < 0)
		return r == E_CONFLICT ? E_NAME_TAKEN : r;
	*ret = id;
	return 0;
}

static QUERY(staff_put, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO staff (community_id, account_id, role, created_at) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id, account_id) DO UPDATE SET role = excluded.role");

int account_hire(struct tx *tx, struct id community, struct id account, enum role role)
{
	int r = tx_run(tx, &staff_put, V(community), V(account), V(word_of_role(role)), V(tx_now(tx)));
	if (r < 0)
		return r;
	return event_emit(tx, community, &events[0], &(struct event){ .subject = account, .word = word_of_role(role) });
}

static QUERY(account_first, READS, &row_id_item, TAKES_NOTHING, "SELECT id AS item FROM account LIMIT 1", .scans = true);

int account_any(struct tx *tx, bool *ret)
{
	struct id_item first;
	int r = tx_one_(tx, &account_first, &first, NULL, 0);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = r == 0;
	return 0;
}

/* ---- What the router asks -------------------------------------------------------------------------------- */

static QUERY(role_in, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT role AS item FROM staff WHERE community_id = ?1 AND account_id = ?2");

static int identity_role(struct tx *tx, struct id account, struct id community, enum role *ret)
{
	struct text_item word;
	int r = tx_one(tx, &role_in, &word, V(community), V(account));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = r == 0 ? role_of_word(word.item) : ROLE_ACCOUNT;
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

const struct identity account_identity = { identity_role, identity_account };

/* ---- First run ---------------------------------------------------------------------------------------------- */

static char setup_code[13];
static pthread_once_t setup_once = PTHREAD_ONCE_INIT;

static void make_setup_code(void)
{
	secret_slug(setup_code, sizeof setup_code - 1);
}

struct str account_setup_code(void)
{
	pthread_once(&setup_once, make_setup_code);
	return str_of(setup_code);
}

static int get_state(struct request *rq, const void *in, void *out)
{
	struct state *state = out;
	bool any;
	(void)in;
	int r = account_any(rq->tx, &any);
	if (r < 0)
		return r;
	*state = (struct state){ !any, !any && !rq->local, S(QUNTU_VERSION) };
	return 0;
}

static int hash_for(struct request *rq, struct str password, struct str name, struct str field)
{
	char *hash = arena_take(rq->arena, PASSWORD_HASH);
	if (!hash)
		return E_MEMORY;
	int r = password_check(password, name);
	if (r < 0)
		return rq_complain(rq, r, field);
	rq->kept = hash;
	return password_hash(password, hash);
}

static int ready_setup(struct request *rq, const void *in, void *out)
{
	const struct setup *setup = in;
	bool any;
	(void)out;
	if (!rq_allow(rq, str_format(rq->arena, "setup %.*s", STR(rq->address)), 20, 10 * MINUTE))
		return E_SLOW_DOWN;
	int r = account_any(rq->tx, &any);
	if (r < 0)
		return r;
	if (any)
		return E_SETUP_DONE;
	if (!rq->local && !str_equal(setup->setup_code, account_setup_code()))
		return rq_complain(rq, E_SETUP_CODE, S("setup_code"));
	return hash_for(rq, setup->password, setup->name, S("password"));
}

static int me_fill(struct request *, struct id account, struct me *ret);

static int post_setup(struct request *rq, const void *in, void *out)
{
	const struct setup *setup = in;
	struct id account, community;
	bool any;
	int r = account_any(rq->tx, &any);       /* again, now that nobody else writes: two set-ups at once, one wins */
	if (r < 0)
		return r;
	if (any)
		return E_SETUP_DONE;
	if ((r = account_make(rq->tx, setup->name, setup->display, rq->kept, &account)) < 0)
		return r == E_TOO_SHORT ? rq_complain(rq, r, S("name")) : r;
	r = community_make(rq->tx, setup->community, setup->timezone.len ? setup->timezone : S("Asia/Shanghai"), &community);
	if (r < 0)
		return r == E_BAD_PATTERN ? rq_complain(rq, r, S("timezone"))
		     : r == E_TOO_SHORT ? rq_complain(rq, r, S("community")) : r;
	if ((r = account_hire(rq->tx, community, account, ROLE_OWNER)) < 0 || (r = rq_sign_in(rq, account)) < 0)
		return r;
	rq->account = account, rq->community = community;
	if ((r = audit_note(rq, "server_set_up", account, setup->name)) < 0)
		return r;
	return me_fill(rq, account, out);
}

/* ---- Signing in: slow work in `ready`, outside the writer --------------------------------------------------- */

struct known { struct id id; struct str password; };

ROW(known,
	FIELD(known, id,       "Account"),
	FIELD(known, password, "Hash"));

static QUERY(account_by_name, READS, &row_known, TAKES(K_STR),
	"SELECT id, password FROM account WHERE name_key = ?1 AND disabled_at = 0");

/* A hash nobody's password has: an unknown name costs as much as a known one. */
static char nobody[PASSWORD_HASH];
static pthread_once_t nobody_once = PTHREAD_ONCE_INIT;

static void make_nobody(void)
{
	char random[33];
	secret_slug(random, 32);
	(void)password_hash(str_of(random), nobody);     /* left empty when memory is out: matches nothing then */
}

static bool may_try(struct request *rq, struct str key)
{
	return rq_allow(rq, str_format(rq->arena, "login from %.*s", STR(rq->address)), 40, 5 * MINUTE) &&
	       rq_allow(rq, str_format(rq->arena, "login from %.*s as %.*s", STR(rq->address), STR(key)), 8, 5 * MINUTE) &&
	       rq_allow(rq, str_format(rq->arena, "login as %.*s", STR(key)), 60, 5 * MINUTE);
}

static int ready_login(struct request *rq, const void *in, void *out)
{
	const struct login *login = in;
	struct str key = name_key(rq->arena, login->name);
	struct known known = { 0 };
	(void)out;
	if (!may_try(rq, key))
		return E_SLOW_DOWN;
	int r = tx_one(rq->tx, &account_by_name, &known, V(key));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	pthread_once(&nobody_once, make_nobody);
	const char *hash = r == 0 ? str_z(rq->arena, known.password) : nobody;
	if (!hash)
		return E_MEMORY;
	if (!password_matches(hash, login->password) || r == E_NOT_FOUND)
		return E_BAD_LOGIN;
	struct id *account = ARENA_NEW(rq->arena, struct id);
	if (!account)
		return E_MEMORY;
	*account = known.id;
	rq->kept = account;
	return 0;
}

static int post_login(struct request *rq, const void *in, void *out)
{
	const struct id *account = rq->kept;
	(void)in;
	int r = rq_sign_in(rq, *account);
	if (r < 0)
		return r;
	rq->account = *account;
	if ((r = me_fill(rq, *account, out)) < 0)
		return r;
	const struct me *me = out;                /* every community they work in may read that they came */
	const struct seat *seats = me->communities.at;
	for (size_t i = 0; i < me->communities.count; i++) {
		rq->community = seats[i].id;
		if ((r = audit_note(rq, "signed_in", *account, S(""))) < 0)
			return r;
	}
	return 0;
}

static int post_logout(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	int r = audit_note(rq, "signed_out", rq->account, S(""));
	return r < 0 ? r : rq_sign_out(rq);
}

/* ---- Me ---------------------------------------------------------------------------------------------------------- */

static QUERY(profile_by_id, READS, &row_profile, TAKES(K_ID),
	"SELECT id, name, display, lang, theme FROM account WHERE id = ?1");

static QUERY(seats_of, READS, &row_seat, TAKES(K_ID),
	"SELECT c.id, c.name, s.role FROM staff s JOIN community c ON c.id = s.community_id"
	" WHERE s.account_id = ?1 ORDER BY c.id LIMIT 1000");

static int me_fill(struct request *rq, struct id account, struct me *ret)
{
	struct profile p;
	int r = tx_one(rq->tx, &profile_by_id, &p, V(account));
	if (r < 0)
		return r;
	*ret = (struct me){ p.id, p.name, p.display, p.lang, p.theme, rq_csrf(rq), { 0 } };
	return tx_all(rq->tx, &seats_of, &ret->communities, V(account));
}

static int get_me(struct request *rq, const void *in, void *out)
{
	(void)in;
	return me_fill(rq, rq->account, out);
}

static QUERY(profile_update, WRITES, NULL, TAKES(K_ID, K_STR, K_STR, K_STR),
	"UPDATE account SET display = ?2, lang = ?3, theme = ?4 WHERE id = ?1");

static int put_account(struct request *rq, const void *in, void *out)
{
	const struct profile_draft *p = in;
	int r = tx_run(rq->tx, &profile_update, V(rq->account), V(p->display), V(p->lang), V(p->theme));
	return r < 0 ? r : me_fill(rq, rq->account, out);
}

struct secret { struct str name, password; };

ROW(secret,
	FIELD(secret, name,     "Name"),
	FIELD(secret, password, "Hash"));

static QUERY(password_of, READS, &row_secret, TAKES(K_ID), "SELECT name, password FROM account WHERE id = ?1");

static int ready_password(struct request *rq, const void *in, void *out)
{
	const struct new_password *new = in;
	struct secret so_far;
	(void)out;
	if (!rq_allow(rq, str_format(rq->arena, "password %lld", (long long)rq->account.n), 10, 10 * MINUTE))
		return E_SLOW_DOWN;
	int r = tx_one(rq->tx, &password_of, &so_far, V(rq->account));
	if (r < 0)
		return r;
	const char *old = str_z(rq->arena, so_far.password);
	if (!old || !password_matches(old, new->old))
		return rq_complain(rq, E_BAD_LOGIN, S("old"));
	return hash_for(rq, new->password, so_far.name, S("password"));
}

static QUERY(password_update, WRITES, NULL, TAKES(K_ID, K_STR), "UPDATE account SET password = ?2 WHERE id = ?1");

static int post_password(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	int r = tx_run(rq->tx, &password_update, V(rq->account), V(str_of(rq->kept)));
	if (r < 0 || (r = session_end_all(rq->tx, rq->account, rq->session)) < 0)
		return r;                         /* a changed password ends every other session */
	return audit_note(rq, "password_changed", rq->account, S(""));
}

/* ---- Colleagues ------------------------------------------------------------------------------------------------------ */

static QUERY(staff_of, READS, &row_colleague, TAKES(K_ID),
	"SELECT a.id, a.name, a.display, s.role, a.disabled_at, s.created_at FROM staff s JOIN account a ON a.id = s.account_id"
	" WHERE s.community_id = ?1 ORDER BY s.created_at, a.id LIMIT 500");

static int get_staff(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &staff_of, &page->rows, V(rq->community));
	page->total = (int64_t)page->rows.count;
	return r < 0 ? r : 0;
}

struct newcomer { char password[17], hash[PASSWORD_HASH]; };

static int ready_staff(struct request *rq, const void *in, void *out)
{
	struct newcomer *new = ARENA_NEW(rq->arena, struct newcomer);
	(void)in, (void)out;
	if (!new)
		return E_MEMORY;
	secret_slug(new->password, sizeof new->password - 1);
	rq->kept = new;
	return password_hash(str_of(new->password), new->hash);
}

static int post_staff(struct request *rq, const void *in, void *out)
{
	const struct colleague_draft *draft = in;
	const struct newcomer *new = rq->kept;
	struct colleague_made *made = out;
	struct id account;
	int r = account_make(rq->tx, draft->name, draft->display, new->hash, &account);
	if (r < 0)
		return r == E_NAME_TAKEN || r == E_TOO_SHORT ? rq_complain(rq, r, S("name")) : r;
	if ((r = account_hire(rq->tx, rq->community, account, role_of_word(draft->role))) < 0)
		return r;
	*made = (struct colleague_made){ account, str_of(new->password) };
	return audit_note(rq, "staff_added", account, str_format(rq->arena, "%.*s · %.*s", STR(draft->display), STR(draft->role)));
}

static QUERY(staff_drop, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM staff WHERE community_id = ?1 AND account_id = ?2 AND role <> 'owner'");

static int delete_staff(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	int r = tx_run(rq->tx, &staff_drop, V(rq->community), V(rq->path_id));
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	if ((r = event_emit(rq->tx, rq->community, &events[0], &(struct event){ .subject = rq->path_id })) < 0)
		return r;
	return audit_note(rq, "staff_removed", rq->path_id, S(""));
}

/* ---- Declaration -------------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/api/state",    ROLE_PUBLIC,  get_state,    NULL, &row_state, "Is there an owner yet?" },
	{ "POST",   "/api/setup",    ROLE_PUBLIC,  post_setup,   &row_setup, &row_me, "Become the owner of a new server",
	  .ready = ready_setup, .no_csrf = true },
	{ "POST",   "/api/login",    ROLE_PUBLIC,  post_login,   &row_login, &row_me, "Sign in",
	  .ready = ready_login, .no_csrf = true },
	{ "POST",   "/api/logout",   ROLE_ACCOUNT, post_logout,  NULL, NULL, "Sign out", OUT_NONE },
	{ "GET",    "/api/session",  ROLE_ACCOUNT, get_me,       NULL, &row_me, "Who am I, and where do I work?" },
	{ "PUT",    "/api/account",  ROLE_ACCOUNT, put_account,  &row_profile_draft, &row_me, "Save my display name, language and look" },
	{ "POST",   "/api/password", ROLE_ACCOUNT, post_password, &row_new_password, NULL, "Change my password; ends my other sessions",
	  OUT_NONE, .ready = ready_password },
	{ "GET",    "/staff",        ROLE_READER,  get_staff,    NULL, &row_colleague, "Colleagues", OUT_PAGE },
	{ "POST",   "/staff",        ROLE_ADMIN,   post_staff,   &row_colleague_draft, &row_colleague_made,
	  "Add a colleague; the password is shown once", .ready = ready_staff },
	{ "DELETE", "/staff/{id}",   ROLE_OWNER,   delete_staff, NULL, NULL, "Take a colleague off this community", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&account_insert, &staff_put, &account_first, &role_in, &account_enabled, &account_by_name, &profile_by_id, &seats_of,
	&profile_update, &password_of, &password_update, &staff_of, &staff_drop, NULL,
};

const struct feature feature_account = { .name = "account", .routes = routes, .queries = queries, .events = events };
