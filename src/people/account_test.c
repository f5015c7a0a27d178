/* account_test.c: the promises of first run, sign-in, colleagues and the positioning card. */
#include <pthread.h>

#include "browser.h"
#include "engine/event/event.h"
#include "people/account.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/desk_test.h"
#include "people/second.h"

static const struct feature *const offices[] = { &feature_account, &feature_staff, &feature_second, &feature_community, &feature_audit, NULL };

#define WORD  "九月的风吹过-4242"
#define SETUP "{\"name\":\"Boss\",\"password\":\"" WORD "\",\"display\":\"老板\",\"community\":\"驾校\"}"

/* A house with an owner at `b`, signed in; answers the owner's community. */
static struct id set_up(struct browser *b)
{
	struct reply r = post(b, "/api/setup", SETUP);
	if (r.status / 100 != 2)
		fail_msg("setup: %d %.*s", r.status, STR(r.body));
	return (struct id){ number_at(&r, "communities.0.id") };
}

static struct reply sign_in_as(struct browser *b, const char *name, const char *password)
{
	char body[300];
	snprintf(body, sizeof body, "{\"name\":\"%s\",\"password\":\"%s\"}", name, password);
	return post(b, "/api/login", body);
}

TEST(password_weak, "what everybody tries first is no password")
{
	static const struct { const char *password; bool weak; } table[] = {
		{ "short", true }, { "aaaaaaaaaaaa", true }, { "123456789012", true }, { "9876543210", true }, { "password123", true },
		{ "bossboss1", true }, { "boss2024", true }, { WORD, false }, { "correct horse", false }, { "一二三四五六七八九十", false },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if ((password_check(str_of(table[i].password), S("boss")) < 0) != table[i].weak)
			fail_msg("%s", table[i].password);
}

static void *try_setup(void *arg)
{
	struct browser *b = arg;
	return (void *)(intptr_t)post(b, "/api/setup", SETUP).status;
}

PROMISE(setup_once, "eight set-ups at once make one owner")
{
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *browsers[8];
	pthread_t threads[8];
	int owners = 0, refused = 0;
	for (int i = 0; i < 8; i++)
		browsers[i] = browser_open(site);
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, try_setup, browsers[i]), 0);
	for (int i = 0; i < 8; i++) {
		void *status;
		pthread_join(threads[i], &status);
		owners += (intptr_t)status / 100 == 2;
		refused += (intptr_t)status == 409;
	}
	assert_int_equal(owners, 1);
	assert_int_equal(refused, 7);
	struct reply r = get(browsers[0], "/api/state");
	assert_str(json_at(&r, "first_run"), "false");
	for (int i = 0; i < 8; i++)
		browser_close(browsers[i]);
	site_close(site);
}

PROMISE(login_alike, "a wrong name and a wrong password get one answer, and guessing is slowed")
{
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *owner = browser_open(site), *guest = browser_open(site);
	set_up(owner);
	struct reply r = sign_in_as(guest, "ｂｏｓｓ", WORD);
	assert_int_equal(r.status / 100, 2);
	struct reply wrong = sign_in_as(guest, "Boss", "not the one"), unknown = sign_in_as(guest, "Nobody", "not the one");
	assert_reply(wrong, 401, "bad_login");
	assert_true(str_equal(wrong.body, unknown.body));
	for (int i = 0; i < 8; i++)
		r = sign_in_as(guest, "Boss", "not the one");
	assert_reply(r, 429, "slow_down");
	r = sign_in_as(guest, "Boss", WORD);
	assert_reply(r, 429, "slow_down");
	browser_close(owner);
	browser_close(guest);
	site_close(site);
}

PROMISE(password_changed, "a new password ends every other session, and the old one opens nothing")
{
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *here = browser_open(site), *elsewhere = browser_open(site);
	set_up(here);
	sign_in_as(elsewhere, "boss", WORD);
	struct reply r = post(here, "/api/password", "{\"old\":\"wrong\",\"password\":\"十月的雨下了-43-夜\"}");
	assert_reply(r, 400, "password_wrong");
	assert_str(json_at(&r, "error.field"), "old");
	r = post(here, "/api/password", "{\"old\":\"" WORD "\",\"password\":\"0123456789\"}");
	assert_reply(r, 400, "weak_password");
	r = post(here, "/api/password", "{\"old\":\"" WORD "\",\"password\":\"十月的雨下了-43-夜\"}");
	assert_int_equal(r.status, 204);
	r = get(here, "/api/session");
	assert_int_equal(r.status, 200);
	r = get(elsewhere, "/api/session");
	assert_reply(r, 401, "sign_in");
	r = sign_in_as(elsewhere, "boss", WORD);
	assert_reply(r, 401, "bad_login");
	browser_close(here);
	browser_close(elsewhere);
	site_close(site);
}

PROMISE(staff_hired, "a colleague signs in with the password shown once, sees the audit only as admin, and can be let go")
{
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *owner = browser_open(site), *ann = browser_open(site);
	struct id community = set_up(owner);
	char path[100];
	snprintf(path, sizeof path, "/api/c/%lld/staff", (long long)community.n);
	struct reply hired = post(owner, path, "{\"name\":\"ann\",\"display\":\"安安\",\"role\":\"operator\"}");
	assert_int_equal(json_at(&hired, "password").len, 16);
	struct reply r = post(owner, path, "{\"name\":\"ＡＮＮ\",\"display\":\"x\",\"role\":\"reader\"}");
	assert_reply(r, 409, "name_taken");
	r = post(owner, path, "{\"name\":\"bo\",\"display\":\"x\",\"role\":\"owner\"}");
	assert_reply(r, 400, "not_one_of");
	r = sign_in_as(ann, "ann", str_z(&house->arena, json_at(&hired, "password")));
	assert_str(json_at(&r, "me.communities.0.role"), "operator");
	snprintf(path, sizeof path, "/api/c/%lld/audit", (long long)community.n);
	r = get(ann, path);
	assert_reply(r, 403, "forbidden");
	r = get(owner, path);
	assert_int_equal(json_length(&r, "items"), 3);        /* set up, hired, signed in */
	assert_null(strstr(str_z(&house->arena, r.body), WORD));
	assert_null(strstr(str_z(&house->arena, r.body), str_z(&house->arena, json_at(&hired, "password"))));
	snprintf(path, sizeof path, "/api/c/%lld/staff/%.*s", (long long)community.n, STR(json_at(&hired, "id")));
	r = del(owner, path);
	assert_int_equal(r.status, 204);
	snprintf(path, sizeof path, "/api/c/%lld/staff", (long long)community.n);
	r = get(ann, path);
	assert_reply(r, 404, "not_found");
	browser_close(owner);
	browser_close(ann);
	site_close(site);
}

PROMISE(card_kept, "the positioning card keeps what was typed, and only a time zone that exists")
{
	struct desk d;
	desk_open(&d, house, offices);
	desk_check_queries(&d);
	struct reply r = put(d.admin, at(&d, "/community"),
		"{\"name\":\"驾校\",\"timezone\":\"Asia/Urumqi\",\"purpose\":\"'); DROP TABLE community;--\\n<b>%s\",\"opens_at\":480}");
	assert_str(json_at(&r, "purpose"), "'); DROP TABLE community;--\n<b>%s");
	assert_str(json_at(&r, "timezone"), "Asia/Urumqi");
	r = put(d.admin, at(&d, "/community"), "{\"name\":\"驾校\",\"timezone\":\"Mars/Base\"}");
	assert_reply(r, 400, "bad_pattern");
	assert_str(json_at(&r, "error.field"), "timezone");
	r = get(d.stranger, at(&d, "/community"));
	assert_reply(r, 404, "not_found");
	desk_close(&d);
}

/* ---- Strangers at the first run ---- */

/* Behind a proxy nobody is local, whatever the proxy's own address is. */
static struct reply set_up_from(struct browser *b, const char *code, const char *more)
{
	char body[400];
	browser_header(b, "X-Forwarded-For: 203.0.113.9");
	snprintf(body, sizeof body, "{\"name\":\"Boss\",\"password\":\"" WORD "\",\"display\":\"老板\",\"community\":\"驾校\"%s%s%s%s}",
	         code ? ",\"setup_code\":\"" : "", code ? code : "", code ? "\"" : "", more);
	return post(b, "/api/setup", body);
}

PROMISE(setup_from_afar, "from another machine the set-up needs the code of the terminal; guesses of it are slowed")
{
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *b = browser_open(site);
	browser_header(b, "X-Forwarded-For: 203.0.113.9");
	struct reply r = get(b, "/api/state");
	assert_str(json_at(&r, "needs_setup_code"), "true");
	r = get(b, "/api/state");
	assert_str(json_at(&r, "needs_setup_code"), "false");
	r = set_up_from(b, NULL, "");
	assert_reply(r, 403, "setup_code");
	for (int i = 0; i < 18; i++)
		r = set_up_from(b, "abcdefghijkm", "");
	assert_reply(r, 403, "setup_code");
	assert_str(json_at(&r, "error.field"), "setup_code");
	r = set_up_from(b, str_z(&house->arena, account_setup_code()), ",\"timezone\":\"Mars/Base\"");
	assert_reply(r, 400, "bad_pattern");
	r = set_up_from(b, "abcdefghijkm", "");
	assert_reply(r, 429, "slow_down");
	r = get(b, "/api/state");
	assert_str(json_at(&r, "first_run"), "true");
	browser_close(b);
	site_close(site);
}

PROMISE(setup_with_code, "with the code the set-up succeeds from anywhere, once")
{
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *b = browser_open(site);
	const char *code = str_z(&house->arena, account_setup_code());
	struct reply r = set_up_from(b, code, ",\"timezone\":\"Asia/Urumqi\"");
	assert_int_equal(r.status, 200);
	r = set_up_from(b, code, "");
	assert_reply(r, 409, "setup_done");
	r = get(b, "/api/session");
	assert_str(json_at(&r, "communities.0.role"), "owner");
	browser_close(b);
	site_close(site);
}

PROMISE(setup_zones, "a time zone is one of the system's, and never a path")
{
	static const char *const none[] = { "../etc/passwd", "/etc/localtime", "Asia/../Asia/Shanghai", "Mars/Base", "Asia", " ", ".", "Asia/" };
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *b = browser_open(site);
	set_up(b);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		char body[200];
		snprintf(body, sizeof body, "{\"name\":\"二店\",\"timezone\":\"%s\"}", none[i]);
		struct reply r = post(b, "/api/communities", body);
		assert_reply(r, 400, "bad_pattern");
		assert_str(json_at(&r, "error.field"), "timezone");
	}
	struct reply r = post(b, "/api/communities", "{\"name\":\"二店\",\"timezone\":\"America/St_Johns\"}");
	assert_int_equal(r.status, 200);
	r = get(b, "/api/session");
	assert_int_equal(json_length(&r, "communities"), 2);
	browser_close(b);
	site_close(site);
}

/* ---- Names ---- */

PROMISE(names_blank, "a name of nothing but spaces is no name, for people and for communities")
{
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *b = browser_open(site);
	struct reply r = post(b, "/api/setup", "{\"name\":\"　　\",\"password\":\"" WORD "\",\"display\":\"x\",\"community\":\"c\"}");
	assert_reply(r, 400, "too_short");
	assert_str(json_at(&r, "error.field"), "name");
	r = post(b, "/api/setup", "{\"name\":\"boss\",\"password\":\"" WORD "\",\"display\":\"x\",\"community\":\"   \"}");
	assert_reply(r, 400, "too_short");
	assert_str(json_at(&r, "error.field"), "community");
	struct id community = set_up(b);
	char path[100];
	snprintf(path, sizeof path, "/api/c/%lld/staff", (long long)community.n);
	r = post(b, path, "{\"name\":\"   \",\"display\":\"x\",\"role\":\"reader\"}");
	assert_reply(r, 400, "too_short");
	assert_str(json_at(&r, "error.field"), "name");
	r = post(b, "/api/communities", "{\"name\":\"  \"}");
	assert_reply(r, 400, "too_short");
	browser_close(b);
	site_close(site);
}

/* ---- Signing in ---- */

PROMISE(login_no_fixation, "signing in gives a new session, whatever cookie one came with, and ends the one before")
{
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *owner = browser_open(site), *guest = browser_open(site);
	set_up(owner);
	const char *laid = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA";
	browser_cookie(guest, "quntu_session", laid);
	struct reply r = sign_in_as(guest, "boss", WORD);
	assert_int_equal(r.status, 200);
	const char *first = str_z(&house->arena, browser_cookie_value(guest, "quntu_session"));
	assert_string_not_equal(first, laid);
	r = sign_in_as(guest, "boss", WORD);
	const char *second = str_z(&house->arena, browser_cookie_value(guest, "quntu_session"));
	assert_string_not_equal(first, second);
	browser_cookie(guest, "quntu_session", first);
	r = get(guest, "/api/session");
	assert_reply(r, 401, "sign_in");
	browser_cookie(guest, "quntu_session", second);
	r = post(guest, "/api/logout", NULL);
	assert_int_equal(r.status, 204);
	browser_cookie(guest, "quntu_session", second);
	r = get(guest, "/api/session");
	assert_reply(r, 401, "sign_in");
	r = get(owner, "/api/session");
	assert_int_equal(r.status, 200);
	browser_close(owner);
	browser_close(guest);
	site_close(site);
}

static QUERY(test_disable, WRITES, NULL, TAKES(K_INSTANT), "UPDATE account SET disabled_at = ?1");

static int disable_all(struct tx *tx, void *arg)
{
	(void)arg;
	return tx_run(tx, &test_disable, V(tx_now(tx)));
}

PROMISE(account_disabled, "a disabled account is signed out everywhere and cannot come back, and nobody can tell it from a wrong name")
{
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *b = browser_open(site);
	set_up(b);
	assert_true(store_write(house->store, (struct id){ 0 }, &house->arena, disable_all, NULL) > 0);
	struct reply r = get(b, "/api/session");
	assert_reply(r, 401, "sign_in");
	struct reply disabled = sign_in_as(b, "boss", WORD), unknown = sign_in_as(b, "nobody", WORD);
	assert_reply(disabled, 401, "bad_login");
	assert_true(str_equal(disabled.body, unknown.body));
	r = get(b, "/api/state");
	assert_str(json_at(&r, "first_run"), "false");
	browser_close(b);
	site_close(site);
}

TEST(login_names_and_addresses, "a name that looks like an address shuts nobody's address out")
{
	struct house *house = house_open("sqlite:");      /* once: forty passwords are slow on purpose */
	assert_non_null(house);
	struct site *site = site_open(house, offices, &account_identity, "trusted_proxies=127.0.0.1");
	struct browser *owner = browser_open(site), *guest = browser_open(site);
	char from[60];
	browser_header(owner, "X-Forwarded-For: 198.51.100.7");
	struct reply r = post(owner, "/api/setup", str_z(&house->arena, str_format(&house->arena,
		"{\"name\":\"Boss\",\"password\":\"" WORD "\",\"display\":\"x\",\"community\":\"c\",\"setup_code\":\"%.*s\"}",
		STR(account_setup_code()))));
	assert_int_equal(r.status, 200);
	for (int i = 0; i < 41; i++) {
		snprintf(from, sizeof from, "X-Forwarded-For: 203.0.113.%d", i);
		browser_header(guest, from);
		r = sign_in_as(guest, "198.51.100.7", "not the one");
		assert_reply(r, 401, "bad_login");
	}
	browser_header(owner, "X-Forwarded-For: 198.51.100.7");
	r = sign_in_as(owner, "boss", WORD);
	assert_int_equal(r.status, 200);
	browser_close(owner);
	browser_close(guest);
	site_close(site);
	house_close(house);
}

PROMISE(password_like_name, "a new password may not be the name one signs in with")
{
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *b = browser_open(site);
	struct reply r = post(b, "/api/setup",
		"{\"name\":\"driving-school\",\"password\":\"" WORD "\",\"display\":\"x\",\"community\":\"c\"}");
	assert_int_equal(r.status, 200);
	r = post(b, "/api/password", "{\"old\":\"" WORD "\",\"password\":\"driving-school1\"}");
	assert_reply(r, 400, "weak_password");
	browser_close(b);
	site_close(site);
}

/* ---- Colleagues ---- */

PROMISE(staff_rules, "an owner cannot be removed, a reader changes nothing, and an account of elsewhere is nobody here")
{
	struct desk d;
	desk_open(&d, house, offices);
	struct browser *owner = d.owner;
	struct reply r = post(d.admin, at(&d, "/staff"), "{\"name\":\"ann\",\"display\":\"安安\",\"role\":\"reader\"}");
	assert_int_equal(r.status, 200);
	int64_t ann = number_at(&r, "id");
	r = del(d.operator, at(&d, "/staff/%lld", (long long)ann));
	assert_reply(r, 403, "forbidden");
	r = post(d.reader, at(&d, "/staff"), "{\"name\":\"bo\",\"display\":\"x\",\"role\":\"reader\"}");
	assert_reply(r, 403, "forbidden");
	r = put(d.reader, at(&d, "/community"), "{\"name\":\"x\",\"timezone\":\"Asia/Shanghai\"}");
	assert_reply(r, 403, "forbidden");
	r = del(owner, at(&d, "/staff/%lld", (long long)ann));
	assert_int_equal(r.status, 204);
	r = del(owner, at(&d, "/staff/%lld", (long long)ann));
	assert_reply(r, 404, "not_found");
	desk_close(&d);

	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *b = browser_open(site);
	r = sign_in_as(b, "ann", WORD);
	assert_reply(r, 401, "bad_login");
	browser_close(b);
	site_close(site);
}

PROMISE(owner_stays, "the owner of a community stays, even when the owner wants to go")
{
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *b = browser_open(site);
	struct id community = set_up(b);
	char path[100];
	struct reply r = get(b, "/api/session");
	snprintf(path, sizeof path, "/api/c/%lld/staff/%.*s", (long long)community.n, STR(json_at(&r, "id")));
	r = del(b, path);
	assert_reply(r, 409, "last_owner");
	snprintf(path, sizeof path, "/api/c/%lld/staff", (long long)community.n);
	r = get(b, path);
	assert_str(json_at(&r, "items.0.role"), "owner");
	browser_close(b);
	site_close(site);
}

PROMISE(profile_saved, "display name, language and look are kept, and errors speak the language")
{
	struct site *site = site_open(house, offices, &account_identity, NULL);
	struct browser *b = browser_open(site);
	set_up(b);
	struct reply r = put(b, "/api/account", "{\"display\":\"Boss <b>\",\"lang\":\"en\",\"theme\":\"dark\"}");
	assert_int_equal(r.status, 200);
	r = get(b, "/api/session");
	assert_str(json_at(&r, "display"), "Boss <b>");
	assert_str(json_at(&r, "lang"), "en");
	assert_str(json_at(&r, "theme"), "dark");
	r = put(b, "/api/account", "{\"display\":\"x\",\"lang\":\"fr\",\"theme\":\"dark\"}");
	assert_reply(r, 400, "not_one_of");
	assert_str(json_at(&r, "error.message"), err_text(E_NOT_ONE_OF, LANG_EN));
	browser_close(b);
	site_close(site);
}
