/* session_test.c: what sessions, visitors and the CSRF word hold, against a real server. */
#include <unistd.h>
#include "browser.h"
#include "http/try.h"
#include "test.h"

static const struct id ann = { 11 }, bo = { 12 }, here = { 7 };

static struct site *open_site(struct house *house, const char *settings)
{
	struct site *site = site_open(house, try_features, NULL, settings);
	site_member(site, ann, here, ROLE_OWNER, LANG_EN);
	site_member(site, bo, here, ROLE_READER, LANG_ZH);
	return site;
}

PROMISE(signing_in_and_out, "signing in makes a session that ends on signing out")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = browser_open(site);
	struct reply r = get(b, "/api/own");
	assert_reply(r, 401, "sign_in");
	r = post(b, "/api/enter", "{\"account\":\"11\"}");
	assert_int_equal(r.status, 200);
	struct str cookie = header_of(&r, "Set-Cookie");
	assert_non_null(memmem(cookie.at, cookie.len, "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax", 49));
	assert_null(memmem(cookie.at, cookie.len, "Secure", 6));
	r = get(b, "/api/own");
	assert_str(json_at(&r, "account"), "11");
	assert_str(json_at(&r, "lang"), "en");
	struct str old = str_copy(r.arena, browser_cookie_value(b, "quntu_session"));
	r = post(b, "/api/leave", NULL);
	assert_int_equal(r.status, 204);
	assert_str(browser_cookie_value(b, "quntu_session"), "");
	browser_cookie(b, "quntu_session", str_z(r.arena, old));
	r = get(b, "/api/own");
	assert_reply(r, 401, "sign_in");
	browser_close(b);
	site_close(site);
}

PROMISE(no_fixation, "a sign-in never keeps the token the browser came with, and ends that session")
{
	struct site *site = open_site(house, NULL);
	struct browser *mallory = browser_open(site), *victim = browser_open(site);
	browser_sign_in(mallory, bo);
	struct str planted = browser_cookie_value(mallory, "quntu_session");
	browser_cookie(victim, "quntu_session", planted.at);
	struct reply r = post(victim, "/api/enter", "{\"account\":\"11\"}");
	assert_int_equal(r.status, 200);
	assert_false(str_equal(browser_cookie_value(victim, "quntu_session"), planted));
	r = get(mallory, "/api/own");
	assert_reply(r, 401, "sign_in");
	r = get(victim, "/api/own");
	assert_str(json_at(&r, "account"), "11");
	browser_close(mallory);
	browser_close(victim);
	site_close(site);
}

PROMISE(tampered_cookies, "a cookie that was changed anywhere is nobody's")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = browser_open(site);
	browser_sign_in(b, ann);
	char good[COOKIE_TEXT + 1], bad[COOKIE_TEXT + 8];
	snprintf(good, sizeof good, "%s", browser_cookie_value(b, "quntu_session").at);
	for (size_t i = 0; i < COOKIE_TEXT; i += 5) {
		snprintf(bad, sizeof bad, "%s", good);
		bad[i] = bad[i] == 'x' ? 'y' : 'x';
		browser_cookie(b, "quntu_session", bad);
		struct reply r = get(b, "/api/own");
		assert_reply(r, 401, "sign_in");
	}
	snprintf(bad, sizeof bad, "%sx", good);
	browser_cookie(b, "quntu_session", bad);
	struct reply r = get(b, "/api/own");
	assert_reply(r, 401, "sign_in");
	browser_cookie(b, "quntu_session", ".");
	r = get(b, "/api/own");
	assert_reply(r, 401, "sign_in");
	browser_cookie(b, "quntu_session", NULL);
	snprintf(bad, sizeof bad, "%s", good);
	BUF_SCOPED line;                                /* a stray cookie of the same name before ours does no harm */
	buf_init(&line, 1024);
	buf_format(&line, "Cookie: quntu_session=stray; quntu_session=%s%c", good, 0);
	browser_header(b, line.at);
	r = get(b, "/api/own");
	assert_str(json_at(&r, "account"), "11");
	browser_close(b);
	site_close(site);
}

PROMISE(sessions_slide, "a session used within thirty days lives on; unused, it ends; its use is written once an hour")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = browser_open(site);
	struct instant start = { INT64_C(1800000000000) };
	clock_set(start);
	browser_sign_in(b, ann);
	clock_set((struct instant){ start.ms + 10 * MINUTE });
	struct reply r = get(b, "/api/own");
	assert_str(header_of(&r, "Set-Cookie"), "");
	clock_set((struct instant){ start.ms + 20 * DAY });
	r = get(b, "/api/own");                         /* a read: the write follows by itself */
	assert_int_equal(r.status, 200);
	assert_true(header_of(&r, "Set-Cookie").len > 0);
	assert_true(comes((r = get(b, "/api/own"), header_of(&r, "Set-Cookie").len == 0)));
	clock_set((struct instant){ start.ms + 45 * DAY });
	r = post(b, "/api/c/7/notes", "{\"text\":\"x\"}");
	assert_int_equal(r.status, 200);
	assert_true(header_of(&r, "Set-Cookie").len > 0);
	clock_set((struct instant){ start.ms + 76 * DAY });
	r = get(b, "/api/own");
	assert_reply(r, 401, "sign_in");
	clock_set((struct instant){ 0 });
	browser_close(b);
	site_close(site);
}

static int end_all(struct tx *tx, void *but)
{
	return session_end_all(tx, ann, *(struct id *)but);
}

PROMISE(ending_sessions, "all sessions of an account can be ended, but one; a disabled account's are void")
{
	struct site *site = open_site(house, NULL);
	struct browser *desk = browser_open(site), *phone = browser_open(site), *other = browser_open(site);
	struct id kept = browser_sign_in(desk, ann);
	browser_sign_in(phone, ann);
	browser_sign_in(other, bo);
	assert_int_equal(store_write(house->store, (struct id){ 0 }, &house->arena, end_all, &kept), 0);
	struct reply r = get(desk, "/api/own");
	assert_int_equal(r.status, 200);
	r = get(phone, "/api/own");
	assert_int_equal(r.status, 401);
	r = get(other, "/api/own");
	assert_int_equal(r.status, 200);
	site_forget(site, bo);
	r = get(other, "/api/own");
	assert_int_equal(r.status, 401);
	browser_close(desk), browser_close(phone), browser_close(other);
	site_close(site);
}

PROMISE(csrf_word, "a write needs the word of its own session, in a header or a form field")
{
	struct site *site = open_site(house, NULL);
	struct browser *a = browser_open(site), *b = browser_open(site);
	browser_sign_in(a, ann);
	browser_sign_in(b, ann);
	struct reply r = post(a, "/api/c/7/notes", "{\"text\":\"x\"}");
	assert_int_equal(r.status, 200);
	char form[200];
	snprintf(form, sizeof form, "text=x&csrf=%.*s", STR(browser_csrf_word(a)));
	char stolen[MAC_TEXT + 1];
	snprintf(stolen, sizeof stolen, "%.*s", STR(browser_csrf_word(b)));
	browser_csrf(a, NULL);
	r = post_form(a, "/api/c/7/notes", form);
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "text"), "x");
	r = post_form(a, "/api/c/7/notes", "text=x");
	assert_reply(r, 403, "csrf");
	browser_csrf(a, stolen);
	r = post(a, "/api/c/7/notes", "{\"text\":\"x\"}");
	assert_reply(r, 403, "csrf");
	browser_csrf(a, "");
	r = post(a, "/api/leave", NULL);
	assert_reply(r, 403, "csrf");
	browser_close(a), browser_close(b);
	site_close(site);
}

PROMISE(csrf_origin, "a write that the browser says is another site's is refused, also where no word is needed")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = browser_open(site);
	char own[80];
	snprintf(own, sizeof own, "Origin: http://127.0.0.1:%d", site_port(site));
	static const char *const foreign[] = { "Origin: https://evil.example", "Origin: null", "Origin: http://127.0.0.1",
		"Sec-Fetch-Site: cross-site" };
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
		browser_header(b, foreign[i]);
		struct reply r = post(b, "/api/note", "{\"text\":\"x\"}");
		assert_reply(r, 403, "csrf");
		browser_header(b, foreign[i]);
		r = get(b, "/api/who");                 /* looking is free */
		assert_int_equal(r.status, 200);
	}
	browser_header(b, own);
	browser_header(b, "Sec-Fetch-Site: same-origin");
	struct reply r = post(b, "/api/note", "{\"text\":\"x\"}");
	assert_int_equal(r.status, 200);
	browser_close(b);
	site_close(site);
}

PROMISE(visitors, "a visitor keeps one number, in a cookie nobody can make up, and has a word of their own")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = browser_open(site);
	struct reply r = get(b, "/g/abc");
	assert_int_equal(r.status, 302);
	struct str cookie = header_of(&r, "Set-Cookie");
	assert_non_null(memmem(cookie.at, cookie.len, "; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax", 50));
	r = get(b, "/g/abc");
	assert_str(header_of(&r, "Set-Cookie"), "");
	r = get(b, "/api/visit");
	assert_str(json_at(&r, "fresh"), "false");
	struct str number = json_at(&r, "visitor"), mine = str_copy(r.arena, browser_cookie_value(b, "quntu_visitor"));
	assert_true(str_starts(mine, number));
	r = post(b, "/g/abc/apply", "{\"text\":\"x\"}");        /* learnt from the reply before */
	assert_int_equal(r.status, 200);
	browser_csrf(b, NULL);
	r = post(b, "/g/abc/apply", "{\"text\":\"x\"}");
	assert_reply(r, 403, "csrf");
	browser_cookie(b, "quntu_visitor", str_z(r.arena, str_format(r.arena, "1%.*s", STR(mine))));
	r = get(b, "/api/visit");
	assert_str(json_at(&r, "fresh"), "true");
	assert_false(str_equal(json_at(&r, "visitor"), number));
	browser_close(b);
	site_close(site);
}

PROMISE(https_cookies, "behind https cookies are Secure and the browser is told to stay there")
{
	struct site *site = open_site(house, "public_url=https://q.example.com/");
	struct browser *b = browser_open(site);
	browser_header(b, "Origin: https://q.example.com");
	struct reply r = post(b, "/api/enter", "{\"account\":\"11\"}");
	assert_int_equal(r.status, 200);
	struct str cookie = header_of(&r, "Set-Cookie");
	assert_non_null(memmem(cookie.at, cookie.len, "; Secure", 8));
	assert_str(header_of(&r, "Strict-Transport-Security"), "max-age=31536000");
	r = get(b, "/api/who");
	assert_str(json_at(&r, "origin"), "https://q.example.com");
	browser_close(b);
	site_close(site);
}

PROMISE(secret_is_kept, "the root secret is made once and is the same ever after")
{
	struct key first, second;
	assert_int_equal(secret_start(), 0);
	assert_int_equal(server_secret(house->store, &first), 0);
	house_restart(house);
	assert_int_equal(server_secret(house->store, &second), 0);
	assert_memory_equal(first.bytes, second.bytes, sizeof first.bytes);
}

PROMISE(limits_on_trying, "too many attempts are told to slow down")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = browser_open(site);
	struct reply r = { 0 };
	for (int i = 0; i < 51; i++)
		r = post(b, "/api/enter", "{\"account\":\"11\"}");
	assert_reply(r, 429, "slow_down");
	browser_close(b);
	site_close(site);
}

static void print_finding(void *ctx, const struct finding *f)
{
	(void)ctx;
	fprintf(stderr, "%s: %s\n", f->query, f->what);
}

PROMISE(queries_are_as_declared, "this room's queries are what they say")
{
	assert_int_equal(store_check(house->store, feature_http.queries, print_finding, NULL), 0);
}
