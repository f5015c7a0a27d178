/* second.c: the second factor: an authenticator's six digits, and ten recovery codes for the day the phone is gone.
 *
 * Story      An owner scans a QR code with their authenticator, types the six digits it shows, and only then is the factor
 *            on; ten recovery codes are shown once. From now on the sign-in asks for a code. The phone drowns: a recovery
 *            code opens the door, once.
 * Not here   The arithmetic (base/totp), the steps of signing in (account), who must have one (staff_policy).
 * Owns       second_factor, recovery_code.
 * Holds      It is never on before a code has come back. A code is good once: the last step is kept, and only later ones count.
 *            Switching off takes the password; guessing is slowed per account.
 * Test       second_test.c
 */
#include "people/second.h"

#include "base/totp.h"
#include "media/qr_draw.h"
#include "people/account.h"
#include "people/audit.h"

#define CODES       10
#define CODE_TEXT   10                            /* characters, of 31 that are told apart: 49 bits */
#define TRIES       8
#define TRIES_IN    (5 * MINUTE)
#define QR_BYTES    (64 * 1024)

/* ---- Rows ------------------------------------------------------------------------------------- */

struct second { bool enabled; struct instant since; int64_t codes_left; };

ROW(second,
	FIELD(second, enabled,    "The sign-in asks for a code"),
	FIELD(second, since,      "Since when", .optional = true),
	FIELD(second, codes_left, "Recovery codes that are still good"));

struct enrolment { struct str secret, address, qr; };

ROW(enrolment,
	FIELD(enrolment, secret,  "The key to type into an authenticator"),
	FIELD(enrolment, address, "The same as an address: otpauth://…"),
	FIELD(enrolment, qr,      "The same as a picture: SVG"));

struct proof_code { struct str code; };

ROW(proof_code, FIELD(proof_code, code, "Six digits that the authenticator shows now", .min = 1, .max = 20));

struct with_password { struct str password; };

ROW(with_password, FIELD(with_password, password, "The password, to be sure it is you", .min = 1, .max = MAX_PASSWORD));

struct recovery { struct rows codes; };

ROW(recovery, FIELD(recovery, codes, "Keep these now; they are not shown again", .of = &row_text_item, .max = CODES));

struct factor { struct str secret; struct instant confirmed_at; int64_t last_step; };

ROW(factor,
	FIELD(factor, secret,       "Base32"),
	FIELD(factor, confirmed_at, "Since when it is on"),
	FIELD(factor, last_step,    "The last step used"));

struct name_of { struct str name; };

ROW(name_of, FIELD(name_of, name, "Name to sign in with"));

/* ---- Recovery codes -------------------------------------------------------------------------------- */

static const char letters[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/* As people type it → as it was made: capitals, without spaces and dashes. */
static struct str code_plain(struct arena *arena, struct str typed)
{
	char *at = typed.len ? arena_take(arena, typed.len) : NULL;
	size_t len = 0;
	for (size_t i = 0; at && i < typed.len; i++)
		if (typed.at[i] != ' ' && typed.at[i] != '-')
			at[len++] = typed.at[i] >= 'a' && typed.at[i] <= 'z' ? (char)(typed.at[i] - 'a' + 'A') : typed.at[i];
	return (struct str){ at, len };
}

static struct str code_mac(struct request *rq, struct id account, struct str plain)
{
	struct key key;
	char mac[MAC_TEXT + 1];
	key_derive(&key, rq_key(rq), "recovery codes");
	mac_text(&key, str_format(rq->arena, "%lld.%.*s", (long long)account.n, STR(plain)), mac);
	return str_copy(rq->arena, str_of(mac));
}

static QUERY(recovery_drop, WRITES, NULL, TAKES(K_ID), "DELETE FROM recovery_code WHERE account_id = ?1");

static QUERY(recovery_insert, WRITES, NULL, TAKES(K_ID, K_STR),
	"INSERT INTO recovery_code (account_id, mac, used_at) VALUES (?1, ?2, 0)");

static int recovery_make(struct request *rq, struct recovery *ret)
{
	struct text_item *list = arena_take_array(rq->arena, CODES, sizeof *list);
	int r = list ? tx_run(rq->tx, &recovery_drop, V(rq->account)) : E_MEMORY;
	for (size_t i = 0; r >= 0 && i < CODES; i++) {
		char code[CODE_TEXT];
		for (size_t k = 0; k < CODE_TEXT; k++)
			code[k] = letters[secret_random_below(sizeof letters - 1)];
		list[i].item = str_format(rq->arena, "%.5s-%.5s", code, code + 5);
		r = tx_run(rq->tx, &recovery_insert, V(rq->account), V(code_mac(rq, rq->account, (struct str){ code, CODE_TEXT })));
	}
	if (r < 0)
		return r;
	*ret = (struct recovery){ { list, CODES } };
	return 0;
}

static QUERY(recovery_use, WRITES, NULL, TAKES(K_ID, K_STR, K_INSTANT),
	"UPDATE recovery_code SET used_at = ?3 WHERE account_id = ?1 AND mac = ?2 AND used_at = 0");

/* ---- What the sign-in asks ---------------------------------------------------------------------------- */

static QUERY(factor_of, READS, &row_factor, TAKES(K_ID),
	"SELECT secret, confirmed_at, last_step FROM second_factor WHERE account_id = ?1");

int second_is_on(struct tx *tx, struct id account, bool *ret)
{
	struct factor f;
	int r = tx_one(tx, &factor_of, &f, V(account));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = r == 0 && f.confirmed_at.ms;
	return 0;
}

bool second_may_try(struct request *rq, struct id account)
{
	return rq_allow(rq, str_format(rq->arena, "second %lld", (long long)account.n), TRIES, TRIES_IN);
}

static QUERY(factor_step, WRITES, NULL, TAKES(K_ID, K_INT),
	"UPDATE second_factor SET last_step = ?2 WHERE account_id = ?1 AND last_step < ?2");

static int digits_check(struct request *rq, struct id account, const struct factor *f, struct str code)
{
	int64_t step = totp_find(f->secret, code, tx_now(rq->tx));
	int r = step ? tx_run(rq->tx, &factor_step, V(account), V(step)) : E_SECOND_CODE;
	return r < 0 ? r : r == 0 ? E_SECOND_USED : 0;
}

int second_check(struct request *rq, struct id account, struct str code)
{
	struct factor f;
	struct str plain = code_plain(rq->arena, code);
	int r = tx_one(rq->tx, &factor_of, &f, V(account));
	if (r < 0)
		return r == E_NOT_FOUND ? E_SECOND_OFF : r;
	if (plain.len != CODE_TEXT)
		return (r = digits_check(rq, account, &f, plain)) < 0 ? rq_complain(rq, r, S("code")) : 0;
	r = tx_run(rq->tx, &recovery_use, V(account), V(code_mac(rq, account, plain)), V(tx_now(rq->tx)));
	if (r < 0)
		return r;
	if (r == 0)
		return rq_complain(rq, E_SECOND_CODE, S("code"));
	struct id asker = rq->account;
	rq->account = account;
	r = audit_note(rq, "recovery_code_used", account, S(""));
	rq->account = asker;
	return r;
}

static QUERY(factor_drop, WRITES, NULL, TAKES(K_ID), "DELETE FROM second_factor WHERE account_id = ?1");

int second_drop(struct tx *tx, struct id account)
{
	int r = tx_run(tx, &factor_drop, V(account));
	if (r >= 0)
		r = tx_run(tx, &recovery_drop, V(account));
	return r < 0 ? r : 0;
}

/* ---- API: mine ------------------------------------------------------------------------------------------- */

static QUERY(second_of, READS, &row_second, TAKES(K_ID),
	"SELECT f.confirmed_at > 0 AS enabled, f.confirmed_at AS since, (SELECT count(*) FROM recovery_code c"
	" WHERE c.account_id = f.account_id AND c.used_at = 0) AS codes_left FROM second_factor f WHERE f.account_id = ?1");

static int get_second(struct request *rq, const void *in, void *out)
{
	(void)in;
	int r = tx_one(rq->tx, &second_of, out, V(rq->account));
	if (r == E_NOT_FOUND)
		*(struct second *)out = (struct second){ 0 };
	return r == E_NOT_FOUND ? 0 : r;
}

static QUERY(factor_put, WRITES, NULL, TAKES(K_ID, K_STR),
	"INSERT INTO second_factor (account_id, secret, confirmed_at, last_step) VALUES (?1, ?2, 0, 0)"
	" ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, confirmed_at = 0, last_step = 0");

static QUERY(account_name, READS, &row_name_of, TAKES(K_ID), "SELECT name FROM account WHERE id = ?1");

static int post_begin(struct request *rq, const void *in, void *out)
{
	struct enrolment *e = out;
	struct name_of who;
	char secret[TOTP_SECRET + 1];
	bool on;
	BUF_SCOPED svg;
	(void)in;
	int r = second_is_on(rq->tx, rq->account, &on);
	if (r < 0 || (r = tx_one(rq->tx, &account_name, &who, V(rq->account))) < 0)
		return r;
	if (on)
		return E_SECOND_ON;
	totp_secret(secret);
	buf_init(&svg, QR_BYTES);
	e->secret = str_copy(rq->arena, str_of(secret));
	e->address = totp_address(rq->arena, S("群图"), who.name, e->secret);
	if ((r = qr_svg(e->address, &QR_STYLE_PLAIN, &svg)) < 0 || (r = tx_run(rq->tx, &factor_put, V(rq->account), V(e->secret))) < 0)
		return r;
	e->qr = str_copy(rq->arena, buf_view(&svg));
	return 0;
}

static QUERY(factor_confirm, WRITES, NULL, TAKES(K_ID, K_INSTANT),
	"UPDATE second_factor SET confirmed_at = ?2 WHERE account_id = ?1 AND confirmed_at = 0");

static int ready_confirm(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	return second_may_try(rq, rq->account) ? 0 : E_SLOW_DOWN;
}

static int post_confirm(struct request *rq, const void *in, void *out)
{
	const struct proof_code *proof = in;
	struct factor f;
	int r = tx_one(rq->tx, &factor_of, &f, V(rq->account));
	if (r < 0)
		return r == E_NOT_FOUND ? E_SECOND_OFF : r;
	if (f.confirmed_at.ms)
		return E_SECOND_ON;
	if ((r = digits_check(rq, rq->account, &f, proof->code)) < 0)
		return rq_complain(rq, r, S("code"));
	if ((r = tx_run(rq->tx, &factor_confirm, V(rq->account), V(tx_now(rq->tx)))) < 0 || (r = recovery_make(rq, out)) < 0)
		return r;
	return audit_note(rq, "second_factor_on", rq->account, S(""));
}

static int ready_with_password(struct request *rq, const void *in, void *out)
{
	const struct with_password *sent = in;
	bool on;
	(void)out;
	int r = password_asked(rq, sent->password, S("password"));
	if (r < 0 || (r = second_is_on(rq->tx, rq->account, &on)) < 0)
		return r;
	return on ? 0 : E_SECOND_OFF;
}

static int post_codes(struct request *rq, const void *in, void *out)
{
	(void)in;
	int r = recovery_make(rq, out);
	return r < 0 ? r : audit_note(rq, "recovery_codes_made", rq->account, S(""));
}

static int post_off(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	int r = second_drop(rq->tx, rq->account);
	return r < 0 ? r : audit_note(rq, "second_factor_off", rq->account, S(""));
}

/* ---- API: a colleague's, by the owner -------------------------------------------------------------------- */

static int delete_second(struct request *rq, const void *in, void *out)
{
	enum role role;
	(void)in, (void)out;
	int r = staff_editable(rq, rq->path_id, &role);
	if (r < 0 || (r = staff_wholly_ours(rq, rq->path_id)) < 0 || (r = second_drop(rq->tx, rq->path_id)) < 0 ||
	    (r = session_end_all(rq->tx, rq->path_id, rq->session)) < 0)
		return r;
	return audit_note(rq, "second_factor_reset", rq->path_id, S(""));
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/api/second",         ROLE_ACCOUNT, get_second,   NULL, &row_second, "My second factor" },
	{ "POST",   "/api/second",         ROLE_ACCOUNT, post_begin,   NULL, &row_enrolment, "Begin: a key for the authenticator; nothing is on yet" },
	{ "POST",   "/api/second/confirm", ROLE_ACCOUNT, post_confirm, &row_proof_code, &row_recovery,
	  "Switch it on with the first code; gives the recovery codes", .ready = ready_confirm },
	{ "POST",   "/api/second/codes",   ROLE_ACCOUNT, post_codes,   &row_with_password, &row_recovery,
	  "New recovery codes; the old ones are void", .ready = ready_with_password },
	{ "POST",   "/api/second/off",     ROLE_ACCOUNT, post_off,     &row_with_password, NULL, "Switch it off", OUT_NONE,
	  .ready = ready_with_password },
	{ "DELETE", "/staff/{id}/second",  ROLE_OWNER,   delete_second, NULL, NULL, "Take a colleague's second factor off; ends their sessions",
	  OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&recovery_drop, &recovery_insert, &recovery_use, &factor_of, &factor_step, &factor_drop, &second_of, &factor_put,
	&account_name, &factor_confirm, NULL,
};

const struct feature feature_second = { .name = "second", .routes = routes, .queries = queries };
