/* account_test.c: the promises of first run, sign-in, colleagues and the positioning card. */
#include <pthread.h>

#include "browser.h"
#include "engine/event/event.h"
#include "people/account.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/desk_test.h"

static const struct feature *const offices[] = { &feature_account, &feature_community, &feature_audit, NULL };

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
	assert_reply(r, 401, "bad_login");
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
	assert_str(json_at(&r, "communities.0.role"), "operator");
	snprintf(path, sizeof path, "/api/c/%lld/audit", (long long)community.n);
	r = get(ann, path);
	assert_reply(r, 403, "forbidden");
	r = get(owner, path);
	assert_int_equal(json_length(&r, "items"), 2);
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
