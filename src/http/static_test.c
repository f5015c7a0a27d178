/* static_test.c: the pages inside the program. */
#include "browser.h"
#include "http/try.h"
#include "test.h"

static const char page[] = "<!doctype html><title>desk</title>", script[] = "console.log(1)", gz[] = "\x1f\x8b pretend";

static const struct embedded table[] = {
	{ "assets/console/app-1a2b.js", "hash1", script, script + sizeof script - 1, gz, gz + sizeof gz - 1 },
	{ "console/index.html", "hash2", page, page + sizeof page - 1, NULL, NULL },
	{ "favicon.svg", "hash3", "<svg/>", NULL, NULL, NULL },
	{ 0 },
};
static struct embedded files[4];

static struct site *open_site(struct house *house)
{
	memcpy(files, table, sizeof files);
	files[2].end = files[2].at + 6;
	static_table = files;
	return site_open(house, try_features, NULL, NULL);
}

static void close_site(struct site *site)
{
	site_close(site);
	static_table = embedded_files;
}

PROMISE(assets_are_kept, "assets may be kept for ever, come gzipped to who can read that, and 304 to who has them")
{
	struct site *site = open_site(house);
	struct browser *b = browser_open(site);
	struct reply r = get(b, "/assets/console/app-1a2b.js");
	assert_str(r.body, script);
	assert_str(header_of(&r, "Cache-Control"), "public, max-age=31536000, immutable");
	assert_str(header_of(&r, "ETag"), "W/\"hash1\"");
	assert_str(header_of(&r, "Content-Type"), "text/javascript; charset=utf-8");
	assert_str(header_of(&r, "Content-Encoding"), "");
	browser_header(b, "Accept-Encoding: br, gzip");
	r = get(b, "/assets/console/app-1a2b.js");
	assert_str(header_of(&r, "Content-Encoding"), "gzip");
	assert_str(r.body, gz);
	browser_header(b, "If-None-Match: W/\"hash1\"");
	r = get(b, "/assets/console/app-1a2b.js");
	assert_int_equal(r.status, 304);
	assert_int_equal(r.body.len, 0);
	r = get(b, "/assets/console/other.js");
	assert_reply(r, 404, "not_found");
	browser_close(b);
	close_site(site);
}

PROMISE(console_everywhere, "any place that is not the API's shows the console's page, asked for anew each time")
{
	struct site *site = open_site(house);
	struct browser *b = browser_open(site);
	static const char *const places[] = { "/", "/groups/12?tab=codes", "/console/index.html", "/%E7%BE%A4",
		"/a/b/c/d/e/f/g/h/i/j/k/l" };
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct reply r = get(b, places[i]);
		assert_int_equal(r.status, 200);
		assert_str(r.body, page);
		assert_str(header_of(&r, "Cache-Control"), "no-cache");
		assert_true(str_starts(header_of(&r, "Content-Security-Policy"), S("default-src 'self';")));
	}
	struct reply r = get(b, "/favicon.svg");
	assert_str(r.body, "<svg/>");
	assert_str(static_text("console/index.html"), page);
	assert_str(static_text("h5/none.html"), "");
	browser_close(b);
	close_site(site);
}

PROMISE(without_pages, "a program without pages says what to do")
{
	static const struct embedded none[] = { { 0 } };
	static_table = none;
	struct site *site = site_open(house, try_features, NULL, NULL);
	struct browser *b = browser_open(site);
	struct reply r = get(b, "/");
	assert_int_equal(r.status, 200);
	assert_non_null(memmem(r.body.at, r.body.len, "./dev build", 11));
	browser_close(b);
	close_site(site);
}
