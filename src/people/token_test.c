/* token_test.c: a token opens what it names, for as long as it is meant to, and never more than its maker may. */
#include <unistd.h>

#include "base/time.h"
#include "desk_test.h"
#include "people/account.h"
#include "people/community.h"
#include "people/token.h"

extern const struct feature *const features[];

/* A desk with real accounts: whose rights are read from the store. */
struct founding { struct desk *desk; struct id accounts[ROLE_OWNER + 1], stranger; };

static int found(struct tx *tx, void *arg)
{
	struct founding *f = arg;
	int r = community_make(tx, S("驾校"), S("Asia/Shanghai"), &f->desk->community);
	if (r >= 0)
		r = community_make(tx, S("奶茶店"), S("Asia/Shanghai"), &f->desk->elsewhere);
	for (enum role role = ROLE_READER; r >= 0 && role <= ROLE_OWNER; role++)
		if ((r = account_make(tx, str_of(role_word(role)), S("林晓"), "x", &f->accounts[role])) >= 0)
			r = account_hire(tx, f->desk->community, f->accounts[role], role);
	if (r >= 0 && (r = account_make(tx, S("stranger"), S("s"), "x", &f->stranger)) >= 0)
		r = account_hire(tx, f->desk->elsewhere, f->stranger, ROLE_ADMIN);
	return r;
}

static struct browser *signed_in(struct desk *d, struct id account)
{
	struct browser *b = browser_open(d->site);
	if (account.n)
		browser_sign_in(b, account);
	return b;
}

static void open_desk(struct desk *d, struct house *house)
{
	struct founding f = { .desk = d };
	*d = (struct desk){ .house = house, .features = features };
	assert_int_equal(store_write(house->store, (struct id){ 0 }, &house->arena, found, &f), 0);
	d->site = site_open(house, features, &account_identity, "trusted_proxies=127.0.0.1");
	d->nobody = signed_in(d, (struct id){ 0 });
	d->stranger = signed_in(d, f.stranger);
	d->reader = signed_in(d, f.accounts[ROLE_READER]);
	d->operator = signed_in(d, f.accounts[ROLE_OPERATOR]);
	d->admin = signed_in(d, f.accounts[ROLE_ADMIN]);
	d->owner = signed_in(d, f.accounts[ROLE_OWNER]);
}

static struct browser *program(struct desk *d, struct browser *maker, const char *more)
{
	struct browser *b = browser_open(d->site);
	struct reply r = post(maker, at(d, "/tokens"), text(d, "{\"name\":\"收银系统\",%s}", more));
	if (r.status != 200)
		fail_msg("%d %.*s", r.status, STR(r.body));
	browser_bearer(b, str_copy(&d->house->arena, json_at(&r, "token")));
	return b;
}

static const char *of_newest(struct desk *d, const char *field)
{
	struct reply r = get(d->owner, at(d, "/tokens"));
	return text(d, "%.*s", STR(json_at(&r, text(d, "items.0.%s", field))));
}

PROMISE(token_scopes, "with its scope a token reads; without, or beyond its community, it is refused and told what is missing")
{
	struct desk d;
	open_desk(&d, house);
	struct browser *b = program(&d, d.owner, "\"scopes\":[\"groups:read\",\"members:write\"],\"days\":30");
	made(d.operator, at(&d, "/groups"), "{\"name\":\"一群\"}");
	struct reply r = get(b, at(&d, "/groups"));
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "items.0.name"), "一群");
	r = get(b, at(&d, "/members"));
	assert_reply(r, 403, "scope_missing");
	assert_str(json_at(&r, "error.detail"), "members:read");
	made(b, at(&d, "/members"), "{\"nickname\":\"安安\"}");           /* no CSRF word is asked of a program */
	assert_reply(post(b, at(&d, "/groups"), "{\"name\":\"x\"}"), 403, "scope_missing");
	assert_reply(get(b, there(&d, "/groups")), 404, "not_found");
	assert_reply(get(b, at(&d, "/audit")), 403, "not_for_tokens");
	assert_reply(get(b, "/api/session"), 403, "not_for_tokens");
	assert_reply(post(b, at(&d, "/tokens"), "{\"name\":\"t\",\"scopes\":[\"groups:read\"],\"days\":0}"), 403, "not_for_tokens");
	assert_int_equal(get(b, "/api/state").status, 200);              /* what is everybody's looks at no token */
	r = get(d.owner, at(&d, "/audit?act=member_made"));
	assert_str(json_at(&r, "items.0.token"), "收银系统");
	desk_close(&d);
}

PROMISE(token_shown_once, "a token is shown when it is made and never again; its first letters, last use and state stand in the list")
{
	struct desk d;
	open_desk(&d, house);
	struct reply r = post(d.admin, at(&d, "/tokens"), "{\"name\":\"BI\",\"scopes\":[\"groups:read\"],\"days\":0}");
	assert_int_equal(r.status, 200);
	struct str token = str_copy(&house->arena, json_at(&r, "token"));
	assert_true(str_starts(token, S("qt_")) && token.len == 43);
	assert_str(json_at(&r, "expires_at"), "null");
	r = get(d.admin, at(&d, "/tokens"));
	assert_null(memmem(r.body.at, r.body.len, token.at, token.len));
	assert_true(str_starts(token, json_at(&r, "items.0.prefix")));
	assert_str(json_at(&r, "items.0.used_at"), "null");
	assert_str(json_at(&r, "items.0.role"), "admin");
	struct browser *b = browser_open(d.site);
	browser_bearer(b, token);
	assert_int_equal(get(b, at(&d, "/groups")).status, 200);
	assert_true(comes(strcmp(of_newest(&d, "used_from"), "127.0.0.1") == 0));        /* a read leaves it to a write that nobody waits for */
	assert_reply(get(d.operator, at(&d, "/tokens")), 403, "forbidden");
	assert_reply(post(d.operator, at(&d, "/tokens"), "{}"), 403, "forbidden");
	desk_close(&d);
}

PROMISE(token_revoked, "revoked or expired, it opens nothing at once, in every process; again is no mistake")
{
	struct desk d;
	open_desk(&d, house);
	struct site *second = site_open(house, features, &account_identity, NULL);
	struct browser *b = program(&d, d.owner, "\"scopes\":[\"groups:read\"],\"days\":1"), *other = browser_open(second);
	struct reply r = post(d.owner, at(&d, "/tokens"), "{\"name\":\"n\",\"scopes\":[\"groups:read\"],\"days\":1}");
	struct str token = str_copy(&house->arena, json_at(&r, "token"));
	browser_bearer(other, token);
	assert_int_equal(get(other, at(&d, "/groups")).status, 200);
	const char *path = at(&d, "/tokens/%s", of_newest(&d, "id"));
	assert_int_equal(del(d.admin, path).status, 204);
	assert_int_equal(del(d.admin, path).status, 204);
	r = get(other, at(&d, "/groups"));
	assert_reply(r, 401, "token_revoked");
	assert_true(str_starts(header_of(&r, "WWW-Authenticate"), S("Bearer")));
	assert_string_equal(of_newest(&d, "state"), "revoked");
	assert_int_equal(get(b, at(&d, "/groups")).status, 200);
	clock_set((struct instant){ clock_now().ms + 2 * DAY });
	assert_reply(get(b, at(&d, "/groups")), 401, "token_expired");
	clock_set((struct instant){ 0 });
	assert_reply(del(d.admin, at(&d, "/tokens/1")), 404, "not_found");
	browser_close(other);
	site_close(second);
	desk_close(&d);
}

PROMISE(token_cookies, "beside a token no cookie counts; a made-up token is nobody; other schemes are a proxy's")
{
	struct desk d;
	open_desk(&d, house);
	static const char *const none[] = { "qt_", "qt_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "x", "" };
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		browser_header(d.owner, text(&d, "Authorization: Bearer %s", none[i]));
		assert_reply(get(d.owner, at(&d, "/groups")), 401, "token_unknown");
	}
	struct browser *b = program(&d, d.owner, "\"scopes\":[\"groups:read\"],\"days\":1");
	browser_cookie(b, "quntu_session", text(&d, "%.*s", STR(browser_cookie_value(d.owner, "quntu_session"))));
	assert_reply(get(b, at(&d, "/members")), 403, "scope_missing");
	browser_header(d.owner, "Authorization: Basic cXVudHU6cXVudHU=");
	assert_int_equal(get(d.owner, at(&d, "/groups")).status, 200);
	browser_header(b, "Origin: https://elsewhere.example");          /* no cookie: nothing to be tricked into */
	assert_reply(post(b, at(&d, "/groups"), "{\"name\":\"x\"}"), 403, "scope_missing");
	desk_close(&d);
}

PROMISE(token_maker, "its maker's rights are its own: less when they are less, none when they are gone")
{
	struct desk d;
	open_desk(&d, house);
	int64_t group = made(d.operator, at(&d, "/groups"), "{\"name\":\"一群\"}").n;
	struct reply r = post(d.owner, at(&d, "/staff"), "{\"name\":\"maker\",\"display\":\"许安\",\"role\":\"admin\"}");
	struct id maker = { number_at(&r, "id") };
	struct browser *hers = browser_open(d.site);
	browser_sign_in(hers, maker);
	struct browser *b = program(&d, hers, "\"scopes\":[\"groups:read\",\"groups:write\",\"members:write\"],\"days\":0");
	struct browser *narrow = program(&d, hers, text(&d, "\"scopes\":[\"groups:read\",\"groups:write\"],\"days\":0,\"only_groups\":true,"
		"\"groups\":[\"%lld\"]", (long long)group));
	const char *seat = at(&d, "/staff/%lld", (long long)maker.n);
	assert_int_equal(post(b, at(&d, "/groups"), "{\"name\":\"二群\"}").status, 200);
	assert_reply(del(narrow, at(&d, "/groups/%lld", (long long)group)), 403, "forbidden");      /* an operator's work at most */
	r = get(narrow, at(&d, "/groups"));
	assert_str(json_at(&r, "total"), "1");
	assert_int_equal(put(d.owner, seat, "{\"role\":\"reader\"}").status, 200);
	assert_reply(post(b, at(&d, "/groups"), "{\"name\":\"三群\"}"), 403, "forbidden");
	assert_int_equal(get(b, at(&d, "/groups")).status, 200);
	assert_int_equal(put(d.owner, seat, "{\"role\":\"operator\",\"only_groups\":true,\"groups\":[]}").status, 200);
	r = get(b, at(&d, "/groups"));
	assert_str(json_at(&r, "total"), "0");
	assert_reply(get(narrow, at(&d, "/groups")), 403, "forbidden");  /* her own groups are none of its */
	assert_int_equal(put(d.owner, seat, "{\"role\":\"owner\"}").status, 200);
	assert_reply(del(b, at(&d, "/tokens/1")), 403, "not_for_tokens");
	assert_int_equal(post(d.owner, at(&d, "/staff/%lld/disabled", (long long)maker.n), "{\"disabled\":true}").status, 200);
	assert_reply(get(b, at(&d, "/groups")), 401, "token_revoked");
	assert_string_equal(of_newest(&d, "state"), "alone");
	assert_int_equal(post(d.owner, at(&d, "/staff/%lld/disabled", (long long)maker.n), "{\"disabled\":false}").status, 200);
	assert_int_equal(get(b, at(&d, "/groups")).status, 200);
	assert_int_equal(del(d.owner, seat).status, 204);
	assert_reply(get(b, at(&d, "/groups")), 401, "token_revoked");
	desk_close(&d);
}

PROMISE(token_rate, "a token that asks too fast is told when to come again; others are not held up")
{
	struct desk d;
	open_desk(&d, house);
	struct site *slow = site_open(house, features, &account_identity, "api_per_minute=3");
	struct browser *one = browser_open(slow), *two = browser_open(slow);
	for (int i = 0; i < 2; i++) {
		struct reply r = post(d.owner, at(&d, "/tokens"), "{\"name\":\"n\",\"scopes\":[\"groups:read\"],\"days\":1}");
		browser_bearer(i ? two : one, str_copy(&house->arena, json_at(&r, "token")));
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(get(one, at(&d, "/groups")).status, 200);
	struct reply r = get(one, at(&d, "/groups"));
	assert_reply(r, 429, "rate_limited");
	int64_t wait = 0;
	assert_true(str_to_int(header_of(&r, "Retry-After"), &wait) && wait >= 1 && wait <= 21);
	assert_int_equal(get(two, at(&d, "/groups")).status, 200);
	browser_close(one);
	browser_close(two);
	site_close(slow);
	desk_close(&d);
}

PROMISE(token_drafts, "a scope that is none, no group of some, another's group, and one too many are refused by name")
{
	struct desk d;
	open_desk(&d, house);
	static const struct { const char *body, *code, *field; int status; } wrong[] = {
		{ "{\"name\":\"n\",\"scopes\":[\"staff:write\"],\"days\":1}", "not_one_of", "scopes", 400 },
		{ "{\"name\":\"n\",\"scopes\":[],\"days\":1}", "too_short", "scopes", 400 },
		{ "{\"name\":\"n\",\"scopes\":[\"groups:read\"],\"days\":1,\"only_groups\":true}", "missing_field", "groups", 400 },
		{ "{\"name\":\"n\",\"scopes\":[\"groups:read\"],\"days\":1,\"only_groups\":true,\"groups\":[\"4711\"]}", "not_found", "groups", 404 },
		{ "{\"name\":\"\",\"scopes\":[\"groups:read\"],\"days\":1}", "too_short", "name", 400 },
		{ "{\"name\":\"n\",\"scopes\":[\"groups:read\"],\"days\":-1}", "too_small", "days", 400 },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct reply r = post(d.owner, at(&d, "/tokens"), wrong[i].body);
		assert_reply(r, wrong[i].status, wrong[i].code);
		assert_str(json_at(&r, "error.field"), wrong[i].field);
	}
	for (int i = 0; i < 50; i++)
		assert_int_equal(post(d.owner, at(&d, "/tokens"), "{\"name\":\"n\",\"scopes\":[\"groups:read\"],\"days\":1}").status, 200);
	assert_reply(post(d.owner, at(&d, "/tokens"), "{\"name\":\"n\",\"scopes\":[\"groups:read\"],\"days\":1}"), 409, "too_many");
	struct reply r = get(d.owner, at(&d, "/tokens/scopes"));
	assert_true(json_length(&r, "items") > 10);
	desk_walk_routes(&d);
	desk_close(&d);
}

static struct reply post_once(struct desk *d, struct browser *b, const char *key, const char *path, const char *body)
{
	browser_header(b, text(d, "Idempotency-Key: %s", key));
	return post(b, path, body);
}

PROMISE(token_once, "a POST with the key of an earlier one is done once and answered alike, for a day; a refusal is no answer; other words are refused")
{
	struct desk d;
	open_desk(&d, house);
	struct browser *b = program(&d, d.owner, "\"scopes\":[\"groups:write\",\"groups:read\",\"members:write\"],\"days\":0");
	struct browser *c = program(&d, d.owner, "\"scopes\":[\"groups:write\"],\"days\":0");
	struct reply one = post_once(&d, b, "order-1", at(&d, "/groups"), "{\"name\":\"一群\"}");
	assert_int_equal(one.status, 200);
	struct reply two = post_once(&d, b, "order-1", at(&d, "/groups"), "{\"name\":\"一群\"}");
	assert_int_equal(two.status, 200);
	assert_true(str_equal(one.body, two.body));
	assert_reply(post_once(&d, b, "order-1", at(&d, "/groups"), "{\"name\":\"二群\"}"), 422, "once_other");
	assert_reply(post_once(&d, b, "order-1", at(&d, "/members"), "{\"nickname\":\"安安\"}"), 422, "once_other");
	struct reply r = get(b, at(&d, "/groups"));
	assert_str(json_at(&r, "total"), "1");
	assert_int_equal(post_once(&d, c, "order-1", at(&d, "/groups"), "{\"name\":\"二群\"}").status, 200);     /* another program's key */
	assert_reply(post_once(&d, b, "order-2", at(&d, "/groups"), "{}"), 400, "missing_field");
	assert_int_equal(post_once(&d, b, "order-2", at(&d, "/groups"), "{\"name\":\"三群\"}").status, 200);
	char longest[202];
	memset(longest, 'k', 201), longest[201] = '\0';
	assert_reply(post_once(&d, b, longest, at(&d, "/groups"), "{\"name\":\"四群\"}"), 400, "too_long");
	clock_set((struct instant){ clock_now().ms + DAY + SECOND });
	assert_int_equal(post_once(&d, b, "order-1", at(&d, "/groups"), "{\"name\":\"七群\"}").status, 200);      /* the day is over */
	clock_set((struct instant){ 0 });
	r = get(b, at(&d, "/groups"));
	assert_str(json_at(&r, "total"), "4");
	browser_header(d.owner, "Idempotency-Key: order-9");             /* of a person's browser it is not asked */
	assert_int_equal(post(d.owner, at(&d, "/groups"), "{\"name\":\"五群\"}").status, 200);
	browser_header(d.owner, "Idempotency-Key: order-9");
	assert_int_equal(post(d.owner, at(&d, "/groups"), "{\"name\":\"六群\"}").status, 200);
	desk_close(&d);
}
