/* server_test.c: a request's whole way, and every limit on it. */
#include <sys/socket.h>
#include <unistd.h>
#include "browser.h"
#include "http/try.h"
#include "routes_x_roles.h"
#include "test.h"

static const struct id ann = { 11 }, reader = { 12 }, operator = { 13 }, admin = { 14 }, stranger = { 15 };
static const struct id here = { 7 };

static struct site *open_site(struct house *house, const char *settings)
{
	struct site *site = site_open(house, try_features, NULL, settings);
	site_member(site, ann, here, ROLE_OWNER, LANG_ZH);
	site_member(site, reader, here, ROLE_READER, LANG_ZH);
	site_member(site, operator, here, ROLE_OPERATOR, LANG_ZH);
	site_member(site, admin, here, ROLE_ADMIN, LANG_EN);
	site_member(site, stranger, (struct id){ 8 }, ROLE_OWNER, LANG_ZH);
	return site;
}

static struct browser *open_as(struct site *site, struct id account)
{
	struct browser *b = browser_open(site);
	browser_sign_in(b, account);
	return b;
}

PROMISE(every_route_every_role, "every route keeps out who may not, in the order 401, 404, 403, 403 csrf")
{
	struct site *site = open_site(house, NULL);
	struct cast cast = { .community = here };
	cast.by_role[ROLE_PUBLIC] = browser_open(site);
	static const struct id who[] = {
		[ROLE_ACCOUNT] = { 15 }, [ROLE_READER] = { 12 }, [ROLE_HOST] = { 16 }, [ROLE_REVIEWER] = { 17 },
		[ROLE_OPERATOR] = { 13 }, [ROLE_ADMIN] = { 14 }, [ROLE_OWNER] = { 11 },
	};
	site_member(site, who[ROLE_HOST], here, ROLE_HOST, LANG_ZH);
	site_member(site, who[ROLE_REVIEWER], here, ROLE_REVIEWER, LANG_ZH);
	for (enum role role = ROLE_ACCOUNT; role <= ROLE_OWNER; role++)
		cast.by_role[role] = open_as(site, who[role]);
	assert_int_equal(routes_x_roles(try_features, &cast), 16);
	browser_close(cast.by_role[ROLE_PUBLIC]);
	for (enum role role = ROLE_ACCOUNT; role <= ROLE_OWNER; role++)
		browser_close(cast.by_role[role]);
	site_close(site);
}

PROMISE(json_in_and_out, "JSON goes in and out by its row; what is wrong is said with code, field and words")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = open_as(site, operator);
	struct reply r = post(b, "/api/c/7/notes", "{\"text\":\"群\",\"stars\":5}");
	assert_int_equal(r.status, 200);
	assert_str(r.body, "{\"text\":\"群\",\"stars\":5}");
	assert_str(header_of(&r, "Content-Type"), "application/json");
	assert_str(header_of(&r, "Cache-Control"), "no-store");
	assert_str(header_of(&r, "X-Content-Type-Options"), "nosniff");
	assert_str(header_of(&r, "Referrer-Policy"), "same-origin");
	static const struct { const char *body; int status; const char *code, *field; } table[] = {
		{ "{\"text\":\"x\",\"stars\":6}", 400, "too_large", "stars" }, { "{\"text\":\"\"}", 400, "too_short", "text" },
		{ "{\"text\":\"x\",\"b\":1}", 400, "unknown_field", "b" }, { "{", 400, "json", "" },
		{ "[]", 400, "invalid", "" },
		{ "", 400, "missing_field", "text" }, { "{\"text\":\"taken\"}", 409, "name_taken", "text" },
	};
	r = post(b, "/api/c/7/notes", "{\"text\":\"x\",\"stars\":6}");
	assert_str(json_at(&r, "error.message"), "数字太大，请改小。最多 5。");
	r = post(b, "/api/c/7/notes", "{\"text\":\"\"}");
	assert_str(json_at(&r, "error.message"), "太短了，请写长一点。至少 1 个字。");
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		r = post(b, "/api/c/7/notes", table[i].body);
		assert_reply(r, table[i].status, table[i].code);
		assert_str(json_at(&r, "error.field"), table[i].field);
	}
	assert_str(json_at(&r, "error.message"), err_text(E_NAME_TAKEN, LANG_ZH));
	r = ask(b, "POST", "/api/c/7/notes", "text/plain", S("{\"text\":\"x\"}"));
	assert_reply(r, 415, "media_type");
	r = ask(b, "POST", "/api/c/7/notes", "application/json; charset=utf-8", S("{\"text\":\"x\"}"));
	assert_int_equal(r.status, 200);
	r = post_form(b, "/api/c/7/notes", "text=%E7%BE%A4+x&stars=2");
	assert_str(json_at(&r, "text"), "群 x");
	r = post_form(b, "/api/c/7/notes", "text=%E7&stars=2");
	assert_int_equal(r.status, 400);
	browser_close(b);
	site_close(site);
}

PROMISE(pages_of_lists, "a list comes as items, total and next; its query string may carry other people's names")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = open_as(site, reader);
	struct reply r = get(b, "/api/c/7/notes?count=3&after=xyz&utm_source=poster");
	assert_int_equal(json_length(&r, "items"), 3);
	assert_str(json_at(&r, "items.2.stars"), "2");
	assert_str(json_at(&r, "total"), "3");
	assert_str(json_at(&r, "next"), "xyz");
	r = get(b, "/api/c/7/notes");
	assert_str(r.body, "{\"items\":[],\"total\":null,\"next\":\"\"}");
	r = get(b, "/api/c/7/notes?count=1001");
	assert_reply(r, 400, "too_large");
	r = get(b, "/api/c/7/notes?after=%ff");
	assert_int_equal(r.status, 400);
	r = ask(b, "GET", "/api/c/7/notes?count=1", "application/json", S("ignored"));
	assert_int_equal(json_length(&r, "items"), 1);
	browser_close(b);
	site_close(site);
}

PROMISE(other_outputs, "nothing is 204; a file has its name; HEAD has no body")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = open_as(site, ann);
	struct reply r = del(b, "/api/c/7/notes/5");
	assert_int_equal(r.status, 204);
	assert_int_equal(r.body.len, 0);
	r = del(b, "/api/c/7/notes/404");
	assert_reply(r, 404, "not_found");
	r = get(b, "/api/c/7/file");
	assert_str(r.body, "a,b\n1,2\n");
	assert_str(header_of(&r, "Content-Type"), "text/csv");
	assert_str(header_of(&r, "Cache-Control"), "private, max-age=60");
	assert_str(header_of(&r, "Content-Disposition"), "attachment; filename*=UTF-8''%E5%90%8D%E5%8D%95%201.csv");
	r = ask(b, "HEAD", "/api/c/7/file", NULL, (struct str){ 0 });
	assert_int_equal(r.status, 200);
	assert_int_equal(r.body.len, 0);
	assert_str(header_of(&r, "Content-Length"), "8");
	browser_close(b);
	site_close(site);
}

PROMISE(methods_and_paths, "unknown paths are 404, known ones with another method 405 with Allow, odd ones 400 or 404")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = open_as(site, ann);
	struct reply r = ask(b, "PATCH", "/api/c/7/notes", NULL, (struct str){ 0 });
	assert_reply(r, 405, "method");
	assert_str(header_of(&r, "Allow"), "GET, HEAD, POST");
	static const struct { const char *method, *path; int status; } table[] = {
		{ "OPTIONS", "/api/who", 405 }, { "TRACE", "/api/who", 405 }, { "BREW", "/api/who", 405 }, { "POST", "/", 405 },
		{ "GET", "/api/none", 404 }, { "GET", "/api/", 404 }, { "GET", "/api", 404 }, { "GET", "/api/c/7", 404 },
		{ "GET", "/api/c/x/notes", 404 }, { "GET", "/assets/none.js", 404 }, { "GET", "/../etc/passwd", 404 },
		{ "GET", "/assets/../../etc/passwd", 404 }, { "GET", "/api/%00", 400 }, { "GET", "/%ff", 400 },
		{ "GET", "//", 404 },
		{ "GET", "/api/c/7/notes/", 404 }, { "GET", "/.env", 404 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		r = ask(b, table[i].method, table[i].path, NULL, (struct str){ 0 });
		if (r.status != table[i].status || json_at(&r, "error.code").len == 0)
			fail_msg("%s %s: %d %.*s", table[i].method, table[i].path, r.status, STR(r.body));
	}
	browser_close(b);
	site_close(site);
}

PROMISE(errors_speak, "errors come in the account's language, the cookie's or the browser's; on public pages as a page")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = browser_open(site), *english = open_as(site, admin);
	browser_header(b, "Accept-Language: en-GB, zh;q=0.5");
	struct reply r = get(b, "/api/own");
	assert_str(json_at(&r, "error.message"), err_text(E_SIGN_IN, LANG_EN));
	browser_cookie(b, "quntu_lang", "zh");
	browser_header(b, "Accept-Language: en-GB, zh;q=0.5");
	r = get(b, "/api/own");
	assert_str(json_at(&r, "error.message"), err_text(E_SIGN_IN, LANG_ZH));
	browser_cookie(english, "quntu_lang", "zh");
	r = del(english, "/api/c/7/notes/404");
	assert_str(json_at(&r, "error.message"), err_text(E_NOT_FOUND, LANG_EN));
	static const char *const pages[] = { "/g/none", "/g/abc/def/ghi", "/g", "/me/", "/v/x", "/g/%ff" };
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		r = get(b, pages[i]);
		assert_true(r.status == 404 || r.status == 400);
		assert_str(header_of(&r, "Content-Type"), "text/html; charset=utf-8");
		assert_true(str_starts(header_of(&r, "Content-Security-Policy"), S("default-src 'self'; script-src 'self'; ")));
	}
	assert_str(header_of(&r, "Set-Cookie"), "");
	browser_close(b), browser_close(english);
	site_close(site);
}

PROMISE(ready_then_handle, "slow work runs once, in a read, before the write; its refusal writes nothing")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = open_as(site, operator), *low = open_as(site, reader);
	try_ready_runs = try_handle_runs = 0;
	char *bytes = calloc(1, 1500000);
	assert_non_null(bytes);
	const struct part good[] = { { "file", { bytes, 1500000 }, "../群.png" }, { "name", S("码"), NULL }, { 0 } };
	struct reply r = post_multipart(b, "/api/c/7/big", good);
	assert_str(json_at(&r, "bytes"), "1500000");
	assert_str(json_at(&r, "name"), "码");
	assert_true(try_ready_runs == 1 && try_handle_runs == 1);
	const struct part broken[] = { { "file", { bytes, 13 }, "x" }, { 0 } };
	r = post_multipart(b, "/api/c/7/big", broken);
	assert_reply(r, 400, "picture_broken");
	assert_str(json_at(&r, "error.field"), "file");
	r = post_multipart(low, "/api/c/7/big", good);
	assert_reply(r, 403, "forbidden");
	assert_true(try_ready_runs == 2 && try_handle_runs == 1);
	free(bytes);
	browser_close(b), browser_close(low);
	site_close(site);
}

PROMISE(bodies_have_a_maximum, "a body past its maximum is refused: by length, by counting, and at once when it is huge")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = open_as(site, operator);
	size_t len = BODY_DEFAULT + 1;
	char *text = malloc(len + 1), room[2000];
	assert_non_null(text);
	memset(text, ' ', len);
	memcpy(text, "{\"text\":\"x\"}", 12);
	struct reply r = ask(b, "POST", "/api/c/7/notes", "application/json", (struct str){ text, BODY_DEFAULT });
	assert_int_equal(r.status, 200);
	r = ask(b, "POST", "/api/c/7/notes", "application/json", (struct str){ text, len });
	assert_reply(r, 413, "body_too_large");
	browser_header(b, "Transfer-Encoding: chunked");
	r = ask(b, "POST", "/api/c/7/notes", "application/json", (struct str){ text, len });
	assert_reply(r, 413, "body_too_large");
	browser_header(b, "Transfer-Encoding: chunked");
	r = post(b, "/api/c/7/notes", "{\"text\":\"in chunks\"}");
	assert_str(json_at(&r, "text"), "in chunks");
	int fd = raw_open(site);
	raw_send(fd, "POST /api/note HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
	struct str got = raw_read(fd, room, sizeof room, "}}");
	assert_true(str_starts(got, S("HTTP/1.1 413")));
	close(fd);
	fd = raw_open(site);
	raw_send(fd, "POST /api/note HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
	got = raw_read(fd, room, sizeof room, "}}");
	assert_true(str_starts(got, S("HTTP/1.1 413")));
	close(fd);
	free(text);
	browser_close(b);
	site_close(site);
}

PROMISE(bodies_go_by, "who sends a picture of 20 MB to its end before listening hears why it was refused, and may go on")
{
	struct site *site = open_site(house, NULL);
	size_t len = 20 << 20;
	char *bytes = calloc(1, len), room[2000];
	assert_non_null(bytes);
	int fd = raw_open(site);
	raw_send(fd, str_z(&house->arena, str_format(&house->arena, "POST /api/note HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", len)));
	for (size_t sent = 0; sent < len;) {
		ssize_t n = send(fd, bytes + sent, len - sent, MSG_NOSIGNAL);
		assert_true(n > 0);
		sent += (size_t)n;
	}
	struct str got = raw_read(fd, room, sizeof room, "}}");
	assert_true(str_starts(got, S("HTTP/1.1 413")));
	raw_send(fd, "GET /api/nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
	got = raw_read(fd, room, sizeof room, "}}");
	assert_true(str_starts(got, S("HTTP/1.1 404")));
	close(fd);
	free(bytes);
	site_close(site);
}

PROMISE(headers_have_a_maximum, "large cookies are carried or answered 431, never worse; the server goes on")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = browser_open(site);
	static char cookie[40000];
	for (size_t size = 4096; size < sizeof cookie; size *= 2) {
		memset(cookie, 'c', size);
		cookie[size] = '\0';
		browser_cookie(b, "fat", cookie);
		struct reply r = get(b, "/api/who");
		assert_true(r.status == (size == 4096 ? 200 : r.status == 200 ? 200 : 431));
	}
	browser_cookie(b, "fat", NULL);
	struct reply r = get(b, "/api/who");
	assert_int_equal(r.status, 200);
	browser_close(b);
	site_close(site);
}

PROMISE(raw_requests, "pipelines, 100-continue, old HTTP, smugglers and bad hosts each get a proper answer")
{
	static const struct { const char *send, *expect; } table[] = {
		{ "GET /api/who HTTP/1.1\r\nHost: a\r\n\r\nGET /api/none HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404" },
		{ "GET /api/who HTTP/1.0\r\n\r\n", " 200 OK" },
		{ "POST /api/note HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n"
		  "Content-Length: 12\r\n\r\n", "HTTP/1.1 100 Continue" },
		{ "POST /api/note HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc", "HTTP/1.1 400" },
		{ "POST /api/note HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "0\r\n\r\n", "HTTP/1.1 400" },
		{ "POST /api/note HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
		  "5\r\n{\"tex\r\n7\r\nt\":\"x\"}\r\n0\r\n\r\n", "\"text\":\"x\"" },
		{ "GET /api/who HTTP/1.1\r\nHost: a/b\r\n\r\n", "HTTP/1.1 400" },
		{ "GET /api/who HTTP/1.1\r\nHost: evil\"><x\r\n\r\n", "HTTP/1.1 400" },
		{ "GET /api/who?a=%00&b HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200" },
		{ "GET /g/x\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400" },
		{ "POST /api/note HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400" },
	};
	struct site *site = open_site(house, NULL);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char room[4000];
		int fd = raw_open(site);
		raw_send(fd, table[i].send);
		struct str got = raw_read(fd, room, sizeof room, table[i].expect);
		if (!memmem(got.at, got.len, table[i].expect, strlen(table[i].expect)))
			fail_msg("%s\n→ %.*s", table[i].send, STR(got));
		close(fd);
	}
	site_close(site);
}

PROMISE(forwarded_headers, "forwarding headers count from trusted proxies only")
{
	struct site *plain = open_site(house, NULL), *proxied = open_site(house, "trusted_proxies=127.0.0.0/8");
	struct browser *a = browser_open(plain), *b = browser_open(proxied);
	struct reply r = get(a, "/api/who");
	assert_str(json_at(&r, "local"), "true");
	assert_str(json_at(&r, "address"), "127.0.0.1");
	browser_header(a, "Host: rebind.example.com");
	r = get(a, "/api/who");
	assert_str(json_at(&r, "local"), "false");
	struct browser *both[] = { a, b };
	for (int i = 0; i < 2; i++) {
		browser_header(both[i], "X-Forwarded-For: 6.6.6.6, 1.2.3.4");
		browser_header(both[i], "X-Forwarded-Proto: https");
		browser_header(both[i], "X-Forwarded-Host: q.example.com");
	}
	r = get(a, "/api/who");
	assert_str(json_at(&r, "address"), "127.0.0.1");
	assert_str(json_at(&r, "local"), "false");
	assert_true(str_starts(json_at(&r, "origin"), S("http://127.0.0.1:")));
	r = get(b, "/api/who");
	assert_str(json_at(&r, "address"), "1.2.3.4");
	assert_str(json_at(&r, "local"), "false");
	assert_str(json_at(&r, "origin"), "https://q.example.com");
	assert_str(header_of(&r, "Strict-Transport-Security"), "max-age=31536000");
	browser_close(a), browser_close(b);
	site_close(plain), site_close(proxied);
}

PROMISE(start_explains, "a server that cannot start says why, in words that help")
{
	struct site *site = open_site(house, NULL);
	struct server_options again = *site_options(site);
	struct server *server = NULL;
	struct str why = S("");
	again.port = site_port(site), again.lang = LANG_EN;
	assert_int_equal(server_start(&again, &server, &house->arena, &why), E_INVALID);
	assert_non_null(memmem(why.at, why.len, "Address already in use", 22));
	again.listen = "no such host";
	assert_int_equal(server_start(&again, &server, &house->arena, &why), E_INVALID);
	assert_true(str_starts(why, S("cannot listen on no such host port ")));
	again.lang = LANG_ZH;
	assert_int_equal(server_start(&again, &server, &house->arena, &why), E_INVALID);
	assert_true(str_starts(why, S("在 no such host 的 ")));
	assert_null(server);
	site_close(site);
}

PROMISE(scans, "a scan is answered by a redirect with hardly a header; a page has its policy")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = browser_open(site);
	get(b, "/g/abc");
	struct reply r = get(b, "/g/abc");
	assert_int_equal(r.status, 302);
	assert_str(header_of(&r, "Location"), "https://example.com/%E7%BE%A4");
	assert_int_equal(r.header_count, 4);
	r = get(b, "/g/page");
	assert_int_equal(r.body.len, 3 + MAC_TEXT);
	assert_true(header_of(&r, "Content-Security-Policy").len > 0);
	browser_close(b);
	site_close(site);
}

PROMISE(out_of_memory, "whichever allocation fails, the answer is a proper one and the server goes on")
{
	struct site *site = open_site(house, NULL);
	struct browser *b = open_as(site, operator);
	int refused = 0;
	for (long n = 0; n < 60; n++) {
		char room[4000];
		int fd = raw_open(site);
		usleep(2000);                           /* the connection's own memory is taken before the failure is armed */
		mem_fail_after(n);
		raw_send(fd, "POST /api/note HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
		         "Content-Length: 12\r\n\r\n{\"text\":\"x\"}");
		struct str got = raw_read(fd, room, sizeof room, "}");
		mem_fail_after(-1);
		assert_true(got.len == 0 || str_starts(got, S("HTTP/1.1 200")) || str_starts(got, S("HTTP/1.1 503")));
		refused += !str_starts(got, S("HTTP/1.1 200"));
		close(fd);
	}
	assert_true(refused > 0);
	struct reply r = post(b, "/api/c/7/notes", "{\"text\":\"x\"}");
	assert_int_equal(r.status, 200);
	browser_close(b);
	site_close(site);
}
