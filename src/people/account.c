/* account.c: who may sign in: first run, sign-in, passwords, my own sessions.
 *
 * Story      A newcomer starts the server on an empty folder, opens it and becomes its owner; there is no default
 *            password. Later they sign in from a new laptop, with the code of their authenticator if they have one, and
 *            sign the lost phone out.
 * Not here   Who is what in which community (staff), being let in by a link (door), the authenticator itself (second);
 *            members, who are not accounts.
 * Owns       account. (session is http's.)
 * Holds      Only one set-up ever succeeds. A password is stored as argon2id alone. Guessing is slowed per name
 *            and per address, and costs the same whether the name exists or not.
 *            Between password and code stands a challenge, sealed and good for five minutes: there is no session yet.
 * Test       account_test.c, second_test.c.
 */
#include "people/account.h"

#include <pthread.h>

#include "base/utf8.h"
#include "base/version.h"
#include "engine/event/event.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/second.h"
#include "people/staff.h"

#define MIN_PASSWORD     10
#define CHALLENGE_LIFE   (5 * MINUTE)

/* ---- Rows ------------------------------------------------------------------------------------- */

struct state { bool first_run, needs_setup_code; struct str version, server; bool proxy_ignored; };

ROW(state,
	FIELD(state, first_run,        "Nobody has an account yet"),
	FIELD(state, needs_setup_code, "The set-up must show the code printed in the terminal"),
	FIELD(state, version,          "Version of quntu"),
	FIELD(state, server,           "Which server this is; for quntu doctor"),
	FIELD(state, proxy_ignored,    "A proxy passed this on that is not among trusted_proxies"));

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

struct login_code { struct str challenge, code; };

ROW(login_code,
	FIELD(login_code, challenge, "As the sign-in gave it", .min = 1, .max = 120),
	FIELD(login_code, code,      "Six digits of the authenticator, or a recovery code", .min = 1, .max = 20));

struct seat { struct id id; struct str name, role; bool limited, needs_second; };

ROW(seat,
	FIELD(seat, id,           "Community"),
	FIELD(seat, name,         "Its name"),
	FIELD(seat, role,         "Your role there", .one_of = ROLES),
	FIELD(seat, limited,      "You see only the groups that were named to you"),
	FIELD(seat, needs_second, "It lets you in once you have a second factor"));

struct me { struct id id; struct str name, display, lang, theme, csrf; bool second; struct rows communities; };

ROW(me,
	FIELD(me, id,          "Account"),
	FIELD(me, name,        "Name you sign in with"),
	FIELD(me, display,     "Name colleagues see"),
	FIELD(me, lang,        "Language", .one_of = "zh en"),
	FIELD(me, theme,       "Look", .one_of = "auto light dark"),
	FIELD(me, csrf,        "Word to send back as X-Quntu-CSRF with every change"),
	FIELD(me, second,      "You sign in with a second factor"),
	FIELD(me, communities, "Where you work", .of = &row_seat, .max = 1000));

struct entered { struct str challenge; struct one me; };

ROW(entered,
	FIELD(entered, challenge, "Not signed in yet: send this back with the authenticator's code; empty when you are"),
	FIELD(entered, me,        "Who you are, once you are signed in", .of = &row_me));

struct profile { struct id id; struct str name, display, lang, theme; bool second; };

ROW(profile,
	FIELD(profile, id,      "Account"),
	FIELD(profile, name,    "Name to sign in with"),
	FIELD(profile, display, "Name shown"),
	FIELD(profile, lang,    "Language"),
	FIELD(profile, theme,   "Look"),
	FIELD(profile, second,  "Second factor"));

struct profile_draft { struct str display, lang, theme; };

ROW(profile_draft,
	FIELD(profile_draft, display, "Name colleagues see", .min = 1, .max = MAX_DISPLAY),
	FIELD(profile_draft, lang,    "Language", .one_of = "zh en"),
	FIELD(profile_draft, theme,   "Look", .one_of = "auto light dark"));

struct new_password { struct str old, password; };

ROW(new_password,
	FIELD(new_password, old,      "The password so far", .min = 1, .max = MAX_PASSWORD),
	FIELD(new_password, password, "The new one", .min = 1, .max = MAX_PASSWORD));

struct colleague_draft { struct str name, display, role; };

ROW(colleague_draft,
	FIELD(colleague_draft, name,    "Name to sign in with", .min = 2, .max = MAX_ACCOUNT_NAME),
	FIELD(colleague_draft, display, "Name shown", .min = 1, .max = MAX_DISPLAY),
	FIELD(colleague_draft, role,    "Role here", .one_of = "reader host reviewer operator admin"));

struct colleague_made { struct id id; struct str password; };

ROW(colleague_made,
	FIELD(colleague_made, id,       "Account"),
	FIELD(colleague_made, password, "Hand this over now; it is not shown again"));

/* ---- Rules ---------------------------------------------------------------------------------------- */

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
	char name[SERVER_NAME + 1];
	server_name(rq_key(rq), name);
	*state = (struct state){ !any, !any && !rq->local, S(QUNTU_VERSION), str_copy(rq->arena, str_of(name)), rq->proxy_ignored };
	return 0;
}

int password_ready(struct request *rq, struct str password, struct str name, struct str field)
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
	return password_ready(rq, setup->password, setup->name, S("password"));
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
struct asked { struct id account; struct str hash; };      /* from ready to handle */

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
	struct asked *asked = ARENA_NEW(rq->arena, struct asked);
	if (!asked)
		return E_MEMORY;
	*asked = (struct asked){ known.id, known.password };
	rq->kept = asked;
	return 0;
}

static int enter(struct request *rq, struct id account, struct me *me)
{
	int r = rq_sign_in(rq, account);
	if (r < 0)
		return r;
	rq->account = account;
	if ((r = me_fill(rq, account, me)) < 0)
		return r;
	const struct seat *seats = me->communities.at;      /* every community they work in may read that they came */
	for (size_t i = 0; i < me->communities.count; i++) {
		rq->community = seats[i].id;
		if ((r = audit_note(rq, "signed_in", account, S(""))) < 0)
			return r;
	}
	return 0;
}

/* "account.until.mac": the mac covers the password's hash as well, so a changed password voids what waits for a code. */
static struct str challenge_text(struct request *rq, struct id account, struct instant until, struct str hash)
{
	struct key key;
	char mac[MAC_TEXT + 1];
	key_derive(&key, rq_key(rq), "second factor challenge");
	struct str open = str_format(rq->arena, "%lld.%lld", (long long)account.n, (long long)until.ms);
	mac_text(&key, str_format(rq->arena, "%.*s.%.*s", STR(open), STR(hash)), mac);
	return str_format(rq->arena, "%.*s.%s", STR(open), mac);
}

static int post_login(struct request *rq, const void *in, void *out)
{
	const struct asked *asked = rq->kept;
	struct entered *entered = out;
	struct me *me = ARENA_NEW(rq->arena, struct me);
	bool second;
	(void)in;
	if (!me)
		return E_MEMORY;
	int r = second_is_on(rq->tx, asked->account, &second);
	if (r < 0)
		return r;
	if (second) {
		struct instant until = { tx_now(rq->tx).ms + CHALLENGE_LIFE };
		*entered = (struct entered){ .challenge = challenge_text(rq, asked->account, until, asked->hash) };
		return 0;
	}
	*entered = (struct entered){ .me = { me } };
	return enter(rq, asked->account, me);
}

static QUERY(account_hash, READS, &row_known, TAKES(K_ID), "SELECT id, password FROM account WHERE id = ?1 AND disabled_at = 0");

static int challenge_read(struct request *rq, struct str challenge, struct id *ret)
{
	struct known known;
	struct instant until;
	struct str rest = challenge;
	int64_t account;
	if (!str_to_int(str_cut(&rest, '.'), &account) || !str_to_int(str_cut(&rest, '.'), &until.ms) || until.ms < tx_now(rq->tx).ms)
		return E_SECOND_LATE;
	int r = tx_one(rq->tx, &account_hash, &known, V(((struct id){ account })));
	if (r < 0)
		return r == E_NOT_FOUND ? E_SECOND_LATE : r;
	if (!str_equal(challenge, challenge_text(rq, known.id, until, known.password)))
		return E_SECOND_LATE;
	*ret = known.id;
	return 0;
}

static int ready_code(struct request *rq, const void *in, void *out)
{
	const struct login_code *sent = in;
	struct id account;
	(void)out;
	int r = challenge_read(rq, sent->challenge, &account);
	return r < 0 ? r : second_may_try(rq, account) ? 0 : E_SLOW_DOWN;
}

static int post_code(struct request *rq, const void *in, void *out)
{
	const struct login_code *sent = in;
	struct id account;
	int r = challenge_read(rq, sent->challenge, &account);
	if (r < 0 || (r = second_check(rq, account, sent->code)) < 0)
		return r;
	return enter(rq, account, out);
}

static int post_logout(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	int r = audit_note(rq, "signed_out", rq->account, S(""));
	return r < 0 ? r : rq_sign_out(rq);
}

/* ---- Me ---------------------------------------------------------------------------------------------------------- */

static QUERY(profile_by_id, READS, &row_profile, TAKES(K_ID),
	"SELECT id, name, display, lang, theme, EXISTS (SELECT 1 FROM second_factor f WHERE f.account_id = account.id"
	" AND f.confirmed_at > 0) AS second FROM account WHERE id = ?1");

static QUERY(seats_of, READS, &row_seat, TAKES(K_ID),
	"SELECT c.id, c.name, s.role, s.only_groups AS limited,"
	" EXISTS (SELECT 1 FROM staff_policy p WHERE p.community_id = s.community_id AND p.second_required)"
	"  AND NOT EXISTS (SELECT 1 FROM second_factor f WHERE f.account_id = s.account_id AND f.confirmed_at > 0) AS needs_second"
	" FROM staff s JOIN community c ON c.id = s.community_id"
	" WHERE s.account_id = ?1 AND s.disabled_at = 0 ORDER BY c.id LIMIT 1000");

static int me_fill(struct request *rq, struct id account, struct me *ret)
{
	struct profile p;
	int r = tx_one(rq->tx, &profile_by_id, &p, V(account));
	if (r < 0)
		return r;
	*ret = (struct me){ p.id, p.name, p.display, p.lang, p.theme, rq_csrf(rq), p.second, { 0 } };
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

int password_asked(struct request *rq, struct str password, struct str field)
{
	struct secret known;
	if (!rq_allow(rq, str_format(rq->arena, "password %lld", (long long)rq->account.n), 10, 10 * MINUTE))
		return E_SLOW_DOWN;
	int r = tx_one(rq->tx, &password_of, &known, V(rq->account));
	if (r < 0)
		return r;
	const char *hash = str_z(rq->arena, known.password);
	return hash && password_matches(hash, password) ? 0 : rq_complain(rq, E_PASSWORD_WRONG, field);
}

static int ready_password(struct request *rq, const void *in, void *out)
{
	const struct new_password *new = in;
	struct secret so_far;
	(void)out;
	int r = password_asked(rq, new->old, S("old"));
	if (r < 0 || (r = tx_one(rq->tx, &password_of, &so_far, V(rq->account))) < 0)
		return r;
	return password_ready(rq, new->password, so_far.name, S("password"));
}

static QUERY(password_update, WRITES, NULL, TAKES(K_ID, K_STR), "UPDATE account SET password = ?2 WHERE id = ?1");

int account_set_password(struct tx *tx, struct id account, const char *hash)
{
	int r = tx_run(tx, &password_update, V(account), V(str_of(hash)));
	return r < 0 ? r : r == 0 ? E_NOT_FOUND : 0;
}

static int post_password(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	int r = account_set_password(rq->tx, rq->account, rq->kept);
	if (r < 0 || (r = session_end_all(rq->tx, rq->account, rq->session)) < 0)
		return r;                         /* a changed password ends every other session */
	return audit_note(rq, "password_changed", rq->account, S(""));
}

/* ---- Where I am signed in ------------------------------------------------------------------------------------------- */

static int get_sessions(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = session_list(rq, rq->account, &page->rows);
	page->total = (int64_t)page->rows.count;
	return r < 0 ? r : 0;
}

static int delete_session(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	int r = session_end_one(rq->tx, rq->account, rq->path_id);
	return r < 0 ? r : audit_note(rq, "session_ended", rq->account, S(""));
}

static int delete_sessions(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	int r = session_end_all(rq->tx, rq->account, rq->session);
	return r < 0 ? r : audit_note(rq, "sessions_ended", rq->account, S(""));
}

/* ---- A colleague by hand ---------------------------------------------------------------------------------------------- */

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

/* ---- Declaration -------------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/api/state",    ROLE_PUBLIC,  get_state,    NULL, &row_state, "Is there an owner yet?" },
	{ "POST",   "/api/setup",    ROLE_PUBLIC,  post_setup,   &row_setup, &row_me, "Become the owner of a new server",
	  .ready = ready_setup, .no_csrf = true },
	{ "POST",   "/api/login",    ROLE_PUBLIC,  post_login,   &row_login, &row_entered, "Sign in, or be asked for a code",
	  .ready = ready_login, .no_csrf = true },
	{ "POST",   "/api/login/code", ROLE_PUBLIC, post_code,   &row_login_code, &row_me, "Sign in: the second step",
	  .ready = ready_code, .no_csrf = true },
	{ "POST",   "/api/logout",   ROLE_ACCOUNT, post_logout,  NULL, NULL, "Sign out", OUT_NONE },
	{ "GET",    "/api/session",  ROLE_ACCOUNT, get_me,       NULL, &row_me, "Who am I, and where do I work?" },
	{ "PUT",    "/api/account",  ROLE_ACCOUNT, put_account,  &row_profile_draft, &row_me, "Save my display name, language and look" },
	{ "POST",   "/api/password", ROLE_ACCOUNT, post_password, &row_new_password, NULL, "Change my password; ends my other sessions",
	  OUT_NONE, .ready = ready_password },
	{ "GET",    "/api/sessions", ROLE_ACCOUNT, get_sessions, NULL, &row_session_line, "Where I am signed in", OUT_PAGE },
	{ "DELETE", "/api/sessions/{id}", ROLE_ACCOUNT, delete_session, NULL, NULL, "End one of my sessions", OUT_NONE },
	{ "DELETE", "/api/sessions", ROLE_ACCOUNT, delete_sessions, NULL, NULL, "End all of my sessions but this one", OUT_NONE },
	{ "POST",   "/staff",        ROLE_ADMIN,   post_staff,   &row_colleague_draft, &row_colleague_made,
	  "Add a colleague; the password is shown once", .ready = ready_staff },
	{ 0 },
};

static const struct query *const queries[] = {
	&account_insert, &account_first, &account_by_name, &account_hash, &profile_by_id, &seats_of, &profile_update, &password_of,
	&password_update, NULL,
};

const struct feature feature_account = { .name = "account", .routes = routes, .queries = queries };
